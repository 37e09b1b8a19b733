//! What an endpoint is: request data, the type of its answer, and a constant that describes it.

use std::fmt;

use http::Method;
pub use seam_model::__private::ParameterKind;
use seam_model::{AccessCode, ActionAttempt, ActionResult, NoiseThreshold, Pagination};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{CredentialKind, Page};

/// A request that one route of the API understands.
///
/// The implementing type is the request's parameters; serializing it gives their names and values.
/// Everything else about the route is in [`SPEC`](Self::SPEC). You can write your own for a route
/// that this crate does not have yet:
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
/// A test double needs more than a client: see [`Servable`].
pub trait Endpoint: Serialize + Send + Sync + 'static {
    /// What the route answers.
    type Output: Output;

    /// What is known about the route.
    const SPEC: &'static Spec;
}

/// A route that answers a list in pages. Only endpoints of this crate implement it.
pub trait Paged: Endpoint<Output = Page<Self::Item>> + sealed::Paged {
    /// What the list is of.
    type Item: DeserializeOwned + Send + Sync + 'static;

    /// The cursor of the page that this asks for; `None` for the first one.
    fn page_cursor(&self) -> Option<&str>;

    /// Makes this a request for the page at `cursor`, with all other parameters unchanged.
    fn set_page_cursor(&mut self, cursor: String);
}

/// What keeps other crates from implementing the traits that this crate may extend.
pub(crate) mod sealed {
    pub trait ActionAnswer {}

    pub trait Output {}

    pub trait Paged {}

    pub trait StartsAction {}
}

/// What is known about a route before any request is made.
///
/// Made with [`Spec::new`] and the methods that follow it, in a constant.
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
    /// Creates the description of a route without parameters, whose response holds no value.
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

    /// Makes the value a list that comes in pages.
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

    /// Adds sets of parameters of which one has to be given in full.
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

    /// Returns the verb. A request that carries a secret, seen by its type (`Pin`, `Token` and so on), goes as `POST` all
    /// the same, so that the secret is in the body and not in the URL: every route accepts that.
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

    /// Returns where in the response the value is.
    #[must_use]
    pub const fn response_key(&self) -> ResponseKey {
        self.response_key
    }

    /// Returns whether the value is a list that comes in pages.
    #[must_use]
    pub const fn is_paginated(&self) -> bool {
        self.is_paginated
    }

    /// Returns the parameters that the route takes.
    #[must_use]
    pub const fn parameters(&self) -> &'static [Parameter] {
        self.parameters
    }

    /// Returns the sets of parameters that name what the request is about, of which at least one has to be given in full.
    /// Empty where the required parameters already do that.
    #[must_use]
    pub const fn selectors(&self) -> &'static [&'static [&'static str]] {
        self.selectors
    }

    /// Returns the kinds of credentials that the route accepts. Empty means every kind.
    #[must_use]
    pub const fn credentials(&self) -> &'static [CredentialKind] {
        self.credentials
    }

    /// Returns the ids and keys among the parameters that the resource in the response repeats, each under its own name.
    /// A response with another value is the response to another request, and reported as an invalid response.
    #[must_use]
    pub const fn echoes(&self) -> &'static [&'static str] {
        self.echoes
    }

    /// Whether the parameters go in the query, unless one is a secret.
    pub(crate) fn takes_query(&self) -> bool {
        self.method == Method::GET || self.method == Method::DELETE
    }
}

/// Whether a request may be sent more than once.
///
/// Decided by what a route does, not by its verb: there are `PUT` routes that create something new
/// each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Idempotency {
    /// Changes nothing.
    ReadOnly,
    /// Changes something, but a second time changes nothing more.
    Idempotent,
    /// An action: does something each time it arrives. Seam has no idempotency keys, so it is never repeated
    /// unless it is certain that it did not arrive.
    NonIdempotent,
}

/// Where in a response the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseKey {
    /// There is none: the answer is only that it worked.
    None,
    /// Under this key, or the response is invalid.
    Required(&'static str),
    /// Under this key, if the server has one to give.
    Optional(&'static str),
}

impl ResponseKey {
    /// The key, if there is one.
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
    /// What kind of value it has.
    pub kind: ParameterKind,
    /// Whether the route refuses a request without it.
    pub required: bool,
}

impl Parameter {
    /// A parameter that has to be given.
    #[must_use]
    pub const fn required(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, required: true }
    }

    /// A parameter that may be left out.
    #[must_use]
    pub const fn optional(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, required: false }
    }
}

/// What an endpoint answers: any value that is read from under the response key, or a [`Page`].
///
/// Implemented for everything that serde can read; there is no need to implement it.
pub trait Output: Sized + Send + sealed::Output + 'static {
    /// What is under the response key.
    #[doc(hidden)]
    type Value: DeserializeOwned;

    /// Whether a response says where in a list it stands.
    #[doc(hidden)]
    const IS_PAGE: bool;

    /// Puts the parts of a response together.
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

/// A route whose response may hold an action attempt: it sets a device to work and does not wait for it. Only endpoints of
/// this crate implement it.
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

/// The answer of a route that [starts an action](StartsAction).
pub trait ActionAnswer: Output + sealed::ActionAnswer {
    /// The answer once the action is done.
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

/// `None` when the route had nothing to wait for.
impl ActionAnswer for Option<ActionAttempt> {
    fn finished(self, attempt: ActionAttempt) -> Self {
        Some(attempt)
    }
}

impl sealed::ActionAnswer for AccessCode {}

/// The code as it is on the device, where the attempt says how.
impl ActionAnswer for AccessCode {
    fn finished(self, attempt: ActionAttempt) -> Self {
        match attempt.typed_result() {
            Some(ActionResult::CreateAccessCode(code)) => *code,
            _ => self,
        }
    }
}

impl sealed::ActionAnswer for NoiseThreshold {}

/// The limit as it is on the device, where the attempt says how.
impl ActionAnswer for NoiseThreshold {
    fn finished(self, attempt: ActionAttempt) -> Self {
        match attempt.typed_result() {
            Some(ActionResult::CreateNoiseThreshold(threshold)) => *threshold,
            _ => self,
        }
    }
}

/// An endpoint that a test double can serve: its requests can be read and printed, and its output can be written.
///
/// Implemented for all endpoints of this crate. One of your own also needs `Deserialize` and `Debug`, and an output with
/// `Serialize`:
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

/// An output that a test double can write: any value that serde can read and write, or a [`Page`] of such values.
pub trait ServableOutput: Output<Value: Serialize> {
    /// Takes the output apart, into what is under the response key and the pagination beside it.
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

/// Writes `output` as the JSON object that Seam would answer, for test doubles.
///
/// # Errors
///
/// When the value refuses to be written as JSON, which no type of `seam-model` does.
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
