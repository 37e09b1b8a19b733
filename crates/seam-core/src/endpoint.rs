//! Endpoints: a request type, its output type, and a constant that describes the route.

use std::fmt;

use http::Method;
pub use seam_model::__private::ParameterKind;
use seam_model::{AccessCode, ActionAttempt, ActionResult, NoiseThreshold, Pagination};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{CredentialKind, Page};

/// A request of one route of the API.
///
/// The implementing type has the parameters of the request, and is serialized to their names and values. Everything
/// else about the route is in [`SPEC`](Self::SPEC). Implement it for a route that this crate does not support yet:
///
/// ```
/// use seam_core::{Endpoint, Idempotency, Spec, http::Method};
///
/// #[derive(serde::Serialize)]
/// struct Health {}
///
/// impl Endpoint for Health {
///     type Output = ();
///     const SPEC: &'static Spec = &Spec::new(Method::GET, "/health", Idempotency::ReadOnly);
/// }
/// ```
///
/// A test double requires more traits: see [`Servable`].
pub trait Endpoint: Serialize + Send + Sync + 'static {
    /// The type of the value in the response.
    type Output: Output;

    /// The description of the route.
    const SPEC: &'static Spec;
}

/// A route that returns a paginated list. Only endpoints of this crate implement it.
pub trait Paged: Endpoint<Output = Page<Self::Item>> + sealed::Paged {
    /// The type of the items.
    type Item: DeserializeOwned + Send + Sync + 'static;

    /// Returns the cursor of the requested page; `None` for the first one.
    fn page_cursor(&self) -> Option<&str>;

    /// Sets the cursor of the requested page, and leaves all other parameters unchanged.
    fn set_page_cursor(&mut self, cursor: String);
}

/// Supertraits that prevent other crates from implementing traits that this crate may extend.
pub(crate) mod sealed {
    pub trait ActionAnswer {}

    pub trait Output {}

    pub trait Paged {}

    pub trait StartsAction {}
}

/// The description of a route.
///
/// Created in a constant with [`Spec::new`] and its builder methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    method: Method,
    path: &'static str,
    idempotency: Idempotency,
    response_key: ResponseKey,
    is_paginated: bool,
    parameters: &'static [Parameter],
    selectors: &'static [&'static [&'static str]],
    credentials: &'static [CredentialKind],
    echoes: &'static [&'static str],
}

impl Spec {
    /// Creates the description of a route without parameters and without a value in its response.
    #[must_use]
    pub const fn new(method: Method, path: &'static str, idempotency: Idempotency) -> Self {
        Self {
            method,
            path,
            idempotency,
            response_key: ResponseKey::None,
            is_paginated: false,
            parameters: &[],
            selectors: &[],
            credentials: &[],
            echoes: &[],
        }
    }

    /// Adds the key of the value in the response.
    #[must_use]
    pub const fn with_response_key(mut self, key: ResponseKey) -> Self {
        self.response_key = key;
        self
    }

    /// Marks the value as a paginated list.
    #[must_use]
    pub const fn with_pages(mut self) -> Self {
        self.is_paginated = true;
        self
    }

    /// Adds the parameters.
    #[must_use]
    pub const fn with_parameters(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// Adds sets of parameters, of which at least one must be set completely.
    #[must_use]
    pub const fn with_selectors(mut self, selectors: &'static [&'static [&'static str]]) -> Self {
        self.selectors = selectors;
        self
    }

    /// Adds the kinds of credentials that the route accepts.
    #[must_use]
    pub const fn with_credentials(mut self, kinds: &'static [CredentialKind]) -> Self {
        self.credentials = kinds;
        self
    }

    /// Adds the parameters that the resource in the response repeats.
    #[must_use]
    pub const fn with_echoes(mut self, names: &'static [&'static str]) -> Self {
        self.echoes = names;
        self
    }

    /// Returns the verb. A request with a parameter of a secret type (`Pin`, `Token` and so on) is sent as `POST`
    /// instead, which every route accepts, so that the secret is in the body and not in the URL.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path below the base URL, such as `/access_codes/unmanaged/get`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Returns whether the request may be sent more than once.
    #[must_use]
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// Returns the key of the value in the response.
    #[must_use]
    pub const fn response_key(&self) -> ResponseKey {
        self.response_key
    }

    /// Returns whether the value is a paginated list.
    #[must_use]
    pub const fn is_paginated(&self) -> bool {
        self.is_paginated
    }

    /// Returns the parameters of the route.
    #[must_use]
    pub const fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Returns the sets of parameters that select the resource, of which at least one must be set completely. Empty if
    /// the required parameters select it.
    #[must_use]
    pub const fn selectors(&self) -> &'static [&'static [&'static str]] {
        self.selectors
    }

    /// Returns the kinds of credentials that the route accepts. Empty means every kind.
    #[must_use]
    pub const fn credentials(&self) -> &'static [CredentialKind] {
        self.credentials
    }

    /// Returns the ids and keys among the parameters that the resource in the response repeats, each under its own
    /// name. A response with another value belongs to another request, and is reported as an invalid response.
    #[must_use]
    pub const fn echoes(&self) -> &'static [&'static str] {
        self.echoes
    }

    /// Returns whether the parameters are sent in the query, unless one is a secret.
    pub(crate) fn takes_query(&self) -> bool {
        self.method == Method::GET || self.method == Method::DELETE
    }
}

/// Whether a request may be sent more than once.
///
/// It depends on the effect of the route, not on its verb: some `PUT` routes create a new resource each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Idempotency {
    /// Changes nothing.
    ReadOnly,
    /// Has an effect, but no further one if it is repeated.
    Idempotent,
    /// An action, which has an effect each time it is received. Seam has no idempotency keys, so an action is never
    /// repeated unless it is certain that nothing was sent.
    NonIdempotent,
}

/// The key of the value in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseKey {
    /// The response has no value.
    None,
    /// The value is under this key, and the response is invalid without it.
    Required(&'static str),
    /// The value is under this key, or absent.
    Optional(&'static str),
}

impl ResponseKey {
    /// Returns the key, if there is one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Required(key) | Self::Optional(key) => Some(key),
        }
    }
}

/// One parameter of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter {
    /// The name on the wire, which is also the name of the Rust field.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: ParameterKind,
    /// Whether the route rejects a request without it.
    pub required: bool,
}

impl Parameter {
    /// Creates a required parameter.
    #[must_use]
    pub const fn required(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, required: true }
    }

    /// Creates an optional parameter.
    #[must_use]
    pub const fn optional(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, required: false }
    }
}

/// The output of an endpoint: any value under the response key, or a [`Page`].
///
/// Implemented for all types that serde can deserialize.
pub trait Output: Sized + Send + sealed::Output + 'static {
    /// The type of the value under the response key.
    #[doc(hidden)]
    type Value: DeserializeOwned;

    /// Whether a response has pagination.
    #[doc(hidden)]
    const IS_PAGE: bool;

    /// Combines the parts of a response.
    #[doc(hidden)]
    fn assemble(value: Self::Value, pagination: Option<Pagination>) -> Self;
}

impl<T: DeserializeOwned + Send + 'static> sealed::Output for T {}

impl<T: DeserializeOwned + Send + 'static> Output for T {
    type Value = T;

    const IS_PAGE: bool = false;

    fn assemble(value: T, _: Option<Pagination>) -> T {
        value
    }
}

impl<T: DeserializeOwned + Send + 'static> sealed::Output for Page<T> {}

impl<T: DeserializeOwned + Send + 'static> Output for Page<T> {
    type Value = Vec<T>;

    const IS_PAGE: bool = true;

    fn assemble(items: Vec<T>, pagination: Option<Pagination>) -> Self {
        Self::new(items, pagination)
    }
}

/// A route that starts an action of a device and returns an action attempt without waiting for the action. Only
/// endpoints of this crate implement it.
///
/// ```compile_fail,E0277
/// # use seam_core::{Endpoint, Idempotency, Spec, StartsAction, http::Method, model::ActionAttempt};
/// # #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// struct Knock {}
///
/// impl Endpoint for Knock {
///     type Output = ActionAttempt;
///     const SPEC: &'static Spec = &Spec::new(Method::POST, "/knock", Idempotency::NonIdempotent);
/// }
///
/// impl StartsAction for Knock {}
/// ```
pub trait StartsAction: Endpoint<Output: ActionAnswer> + sealed::StartsAction {}

/// The output of a route that [starts an action](StartsAction).
pub trait ActionAnswer: Output + sealed::ActionAnswer {
    /// Returns the output once the action is finished.
    #[must_use]
    fn finished(self, attempt: ActionAttempt) -> Self;
}

impl sealed::ActionAnswer for ActionAttempt {}

impl ActionAnswer for ActionAttempt {
    fn finished(self, attempt: ActionAttempt) -> Self {
        attempt
    }
}

impl sealed::ActionAnswer for Option<ActionAttempt> {}

/// `None` if the route started no action.
impl ActionAnswer for Option<ActionAttempt> {
    fn finished(self, attempt: ActionAttempt) -> Self {
        Some(attempt)
    }
}

impl sealed::ActionAnswer for AccessCode {}

/// The code as set on the device, if the attempt contains it.
impl ActionAnswer for AccessCode {
    fn finished(self, attempt: ActionAttempt) -> Self {
        match attempt.typed_result() {
            Some(ActionResult::CreateAccessCode(code)) => *code,
            _ => self,
        }
    }
}

impl sealed::ActionAnswer for NoiseThreshold {}

/// The threshold as set on the device, if the attempt contains it.
impl ActionAnswer for NoiseThreshold {
    fn finished(self, attempt: ActionAttempt) -> Self {
        match attempt.typed_result() {
            Some(ActionResult::CreateNoiseThreshold(threshold)) => *threshold,
            _ => self,
        }
    }
}

/// An endpoint that a test double can serve: its requests can be deserialized and printed, and its output can be
/// serialized.
///
/// Implemented for all endpoints of this crate. An endpoint of your own also needs `Deserialize` and `Debug`, and an
/// output with `Serialize`:
///
/// ```
/// # use seam_core::{Endpoint, Idempotency, Servable, Spec, http::Method};
/// #[derive(Debug, serde::Serialize, serde::Deserialize)]
/// struct Health {}
/// # impl Endpoint for Health {
/// #     type Output = ();
/// #     const SPEC: &'static Spec = &Spec::new(Method::GET, "/health", Idempotency::ReadOnly);
/// # }
///
/// fn served_by_a_test_double<E: Servable>() {}
/// served_by_a_test_double::<Health>();
/// ```
pub trait Servable: Endpoint<Output: ServableOutput> + DeserializeOwned + fmt::Debug {}

impl<E: Endpoint<Output: ServableOutput> + DeserializeOwned + fmt::Debug> Servable for E {}

/// An output that a test double can serialize: any value that serde can serialize and deserialize, or a [`Page`] of
/// such values.
pub trait ServableOutput: Output<Value: Serialize> {
    /// Splits the output into the value under the response key and the pagination.
    #[doc(hidden)]
    fn disassemble(&self) -> (&Self::Value, Option<&Pagination>);
}

impl<T: Serialize + DeserializeOwned + Send + 'static> ServableOutput for T {
    fn disassemble(&self) -> (&T, Option<&Pagination>) {
        (self, None)
    }
}

impl<T: Serialize + DeserializeOwned + Send + 'static> ServableOutput for Page<T> {
    fn disassemble(&self) -> (&Vec<T>, Option<&Pagination>) {
        (&self.items, self.pagination.as_ref())
    }
}

/// Converts `output` to the JSON object of a response of Seam, for test doubles.
///
/// # Errors
///
/// Returns an error when the value cannot be serialized to JSON. Types of `seam-model` always can.
pub fn to_response_object<T: ServableOutput>(spec: &Spec, output: &T) -> serde_json::Result<Map<String, Value>> {
    let (value, pagination) = output.disassemble();
    let mut object = Map::new();
    if let Some(key) = spec.response_key().name() {
        let value = serde_json::to_value(value)?;
        if !value.is_null() {
            object.insert(key.to_owned(), value);
        }
    }
    if let Some(pagination) = pagination {
        object.insert("pagination".to_owned(), serde_json::to_value(pagination)?);
    }
    object.insert("ok".to_owned(), Value::Bool(true));
    Ok(object)
}
