//! Builds the HTTP request of a call, and exchanges it for a response.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use seam_model::Token;
use serde_json::{Map, Value};

use crate::{
    Body, CredentialKind, Credentials, Error, ErrorKind, ParameterError, ParameterKind, Request, Seam, Spec,
    TransportError, TransportErrorKind,
    call::{
        parameters::{Added, Parameters},
        query,
    },
    policy::context::{Carried, RequestContext},
    response::{
        echo::Echoes,
        interpret::{Success, failed_response, transport_failure},
        redact::Redactor,
        retry_after::retry_after,
    },
};

/// The options of a call.
#[derive(Clone)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) may_retry: bool,
    pub(crate) headers: Vec<(String, String)>,
    /// Whether the call is one of several polls with the same URL, for which a cache must not reuse a response.
    pub(crate) is_poll: bool,
    /// Parameters in addition to those of the request.
    pub(crate) added: Vec<Added>,
    /// The context of the call that this one follows up. Responses may quote the secrets of both.
    pub(crate) follows: Option<Arc<RequestContext>>,
}

impl Seam {
    /// Sends one request, and returns its response if the status is a success.
    pub(crate) async fn exchange(
        &self,
        spec: &'static Spec,
        parameters: Result<Parameters, ParameterError>,
        options: &CallOptions,
    ) -> Result<Success, Error> {
        let (request, context) = self.prepare(spec, parameters, options)?;
        let method = request.method().clone();
        let result = match self.inner.transport.send(request).await {
            Ok(response) if response.body().len() > self.inner.response_limit => {
                let error = TransportError::from(TransportErrorKind::TooLarge);
                Err(transport_failure(error.with_response(response.status(), response.headers()), &context.redactor))
            }
            Ok(response) if response.status().is_success() => Ok(response),
            Ok(response) => {
                let retry_after = retry_after(response.headers(), self.inner.clock.system_time());
                Err(failed_response(response, retry_after, &context.redactor))
            }
            Err(error) => Err(transport_failure(error, &context.redactor)),
        };
        match result {
            Ok(response) => Ok(Success { spec, method, response, context }),
            Err(error) => Err(error.of_operation(method, spec).with_idempotency(spec.idempotency())),
        }
    }

    /// Builds the HTTP request, or returns an error if its parameters are invalid.
    pub(crate) fn prepare(
        &self,
        spec: &'static Spec,
        parameters: Result<Parameters, ParameterError>,
        options: &CallOptions,
    ) -> Result<(Request, Arc<RequestContext>), Error> {
        let reject = |kind, message: String| Error::of_kind(kind, message).of_operation(spec.method().clone(), spec);
        let reject_parameter = |error: ParameterError| {
            reject(ErrorKind::InvalidRequest, format!("{error} (nothing was sent)")).with_source(error)
        };

        let credentials = self.current_credentials();
        if !spec.credentials().is_empty() && !spec.credentials().contains(&credentials.kind()) {
            return Err(reject(ErrorKind::InvalidCredentials, wrong_credentials(credentials.kind(), spec)));
        }
        let Parameters { values: parameters, secrets } = parameters.map_err(reject_parameter)?;
        check(spec, &parameters).map_err(reject_parameter)?;

        let in_query = spec.takes_query() && secrets.is_empty();
        let method = if spec.takes_query() && !in_query { Method::POST } else { spec.method().clone() };
        let context = RequestContext {
            spec: Some(spec),
            response_limit: self.inner.response_limit,
            deadline: self.inner.clock.now().checked_add(options.timeout.unwrap_or(self.inner.timeout)),
            may_retry: options.may_retry,
            device_ids: device_ids(&parameters),
            echoes: Echoes::of(spec, &parameters),
            redactor: redactor(&credentials, secrets, options),
        };
        let (query, body) = if in_query {
            (query::encode(&parameters).map_err(reject_parameter)?, Body::default())
        } else {
            (String::new(), Body::from(Value::Object(parameters).to_string()))
        };

        let unusable = |error: http::Error| {
            reject(ErrorKind::InvalidRequest, "the request cannot be expressed in HTTP (nothing was sent)".to_owned())
                .with_source(error)
        };
        let uri = self.inner.base_url.join(spec.path(), &query).map_err(unusable)?;
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        self.set_headers(headers, &credentials);
        if !in_query {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        add_headers(headers, &options.headers)
            .map_err(|problem| reject(ErrorKind::InvalidRequest, format!("{problem} (nothing was sent)")))?;
        if options.is_poll || spec.path() == POLLED_PATH {
            // All polls of a resource have the same URL, so a cache must not reuse a response, even if the caller added
            // a header that allows it.
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        let context = Arc::new(context);
        request.extensions_mut().insert(Carried::new(Arc::clone(&context)));
        Ok((request, context))
    }

    /// Sets the headers that all requests have.
    fn set_headers(&self, headers: &mut HeaderMap, credentials: &Credentials) {
        headers.reserve(HEADERS);
        for (name, value) in credentials.headers() {
            headers.insert(name, value.clone());
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, self.inner.user_agent.clone());
        headers.insert(SDK_NAME, HeaderValue::from_static("seam-rs"));
        headers.insert(SDK_VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    }
}

/// Returns the redactor of everything secret in a request, which a response may quote.
fn redactor(credentials: &Credentials, secrets: Vec<Token>, options: &CallOptions) -> Redactor {
    let mut redactor = Redactor::default();
    redactor.add(credentials.token().clone());
    secrets.into_iter().for_each(|secret| redactor.add(secret));
    options.headers.iter().for_each(|(_, value)| redactor.add(value.into()));
    options.follows.iter().for_each(|earlier| redactor.add_all(&earlier.redactor));
    redactor
}

/// The number of headers of a request, including those that an HTTP stack adds, so that the map need not grow.
const HEADERS: usize = 12;

const SDK_NAME: HeaderName = HeaderName::from_static("seam-sdk-name");

const SDK_VERSION: HeaderName = HeaderName::from_static("seam-sdk-version");

/// The route of the polls of an action attempt.
const POLLED_PATH: &str = "/action_attempts/get";

/// The headers that only the client or the connection may set, even if a request has none of them.
const RESERVED: [HeaderName; 20] = [
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("client-session-token"),
    HeaderName::from_static("seam-publishable-key"),
    HeaderName::from_static("seam-workspace"),
];

/// Adds the headers that the caller adds to the call.
fn add_headers(headers: &mut HeaderMap, extra: &[(String, String)]) -> Result<(), String> {
    let mut added = HeaderMap::new();
    for (name, value) in extra {
        // The message does not quote the name: the caller may have swapped it with a secret value.
        let name: HeaderName = name.parse().map_err(|_| "the name of an added header is not valid in HTTP")?;
        if RESERVED.contains(&name) || headers.contains_key(&name) {
            return Err(format!("the header {name} is set by the client and cannot be added"));
        }
        let value = HeaderValue::from_str(value);
        let mut value = value.map_err(|_| format!("the value of the added header {name} is not valid in HTTP"))?;
        value.set_sensitive(true);
        added.append(name, value);
    }
    headers.extend(added);
    Ok(())
}

/// Returns the ids of the devices that a request concerns.
fn device_ids(parameters: &Map<String, Value>) -> Vec<String> {
    let one = parameters.get("device_id").into_iter();
    let several = parameters.get("device_ids").and_then(Value::as_array).into_iter().flatten();
    one.chain(several).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Checks the parameters that can be validated without Seam.
fn check(spec: &Spec, parameters: &Map<String, Value>) -> Result<(), ParameterError> {
    let is_given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    for parameter in spec.parameters() {
        if parameter.required && !is_given(parameter.name) {
            return Err(ParameterError::new(parameter.name, "is required"));
        }
        if let Some(value) = parameters.get(parameter.name) {
            check_value(parameter.name, parameter.kind, value, spec.takes_query())?;
        }
    }
    if !spec.selectors().is_empty() && !spec.selectors().iter().any(|names| names.iter().all(|name| is_given(name))) {
        let choices: Vec<String> = spec.selectors().iter().map(|names| names.join(" with ")).collect();
        return Err(ParameterError::new("", format!("one of these is required: {}", choices.join(", or "))));
    }
    Ok(())
}

/// Checks one value.
fn check_value(name: &str, kind: ParameterKind, value: &Value, in_query: bool) -> Result<(), ParameterError> {
    let problem = match (kind, value) {
        (ParameterKind::ListOf(kind), Value::Array(items)) => {
            return items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| check_value(&format!("{name}.{index}"), *kind, item, in_query));
        }
        (ParameterKind::Id | ParameterKind::Secret, Value::String(text)) if text.is_empty() => "must not be empty",
        (ParameterKind::Id, Value::String(text)) if text.bytes().all(|byte| byte.is_ascii_graphic()) => return Ok(()),
        (ParameterKind::Id, Value::String(text)) if text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            "must not contain whitespace or control characters"
        }
        // A query omits an empty string, and a list without its filter returns all resources.
        (ParameterKind::Text, Value::String(text)) if text.is_empty() && in_query => {
            "must not be empty; omit it instead"
        }
        _ => return Ok(()),
    };
    Err(ParameterError::new(name, problem))
}

fn wrong_credentials(kind: CredentialKind, spec: &Spec) -> String {
    let accepted: Vec<&str> = spec.credentials().iter().map(|kind| kind.description()).collect();
    format!("this route does not accept {}; it accepts {} (nothing was sent)", kind.description(), accepted.join(", "))
}
