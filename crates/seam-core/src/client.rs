//! The client: turns request data into an HTTP request, has it sent, and reads what kind of answer came.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::{Map, Value};

use crate::{
    Body, Call, CredentialKind, Credentials, Endpoint, Environment, Error, ErrorKind, Output, ParameterError,
    ParameterKind, Request, Response, Spec, Transport, TransportError, TransportErrorKind,
    base_url::{self, BaseUrl},
    error::{ApiError, Scrubber},
    parameters::Parameters,
    query, response,
    transport::ResponseLimit,
};

/// The most bytes that a response may have unless a client says otherwise: 16 MiB.
pub const DEFAULT_RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// A client of the Seam API.
///
/// Cloning it is cheap, and all clones share one transport: make one client and pass it around.
/// Its methods are the groups of the API, such as `seam.access_codes()`.
#[derive(Clone, Debug)]
pub struct Seam(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transport: Arc<dyn Transport>,
    base_url: BaseUrl,
    credentials: Credentials,
    response_limit: usize,
}

impl Seam {
    /// Begins to build a client that sends its requests through `transport`.
    pub fn builder(transport: impl Transport) -> Builder {
        Builder {
            transport: Arc::new(transport),
            credentials: None,
            base_url: None,
            allow_plain_http: false,
            response_limit: DEFAULT_RESPONSE_LIMIT,
        }
    }

    /// A call of `request`, for request data that was made on its own. Nothing is sent before the
    /// call is awaited.
    pub fn call<E: Endpoint>(&self, request: E) -> Call<E> {
        Call::new(self.clone(), request)
    }

    /// Sends one request and waits for an answer with a successful status.
    pub(crate) async fn exchange(
        &self,
        spec: &'static Spec,
        parameters: Result<Parameters, ParameterError>,
    ) -> Result<Success, Error> {
        let (request, scrubber) = self.prepare(spec, parameters)?;
        let method = request.method().clone();
        let result = match self.0.transport.send(request).await {
            Ok(response) if response.body().len() > self.0.response_limit => {
                let error = TransportError::from(TransportErrorKind::TooLarge);
                Err(transport_failure(error.with_response(response.status(), response.headers()), &scrubber))
            }
            Ok(response) if response.status().is_success() => Ok(response),
            Ok(response) => Err(refusal(response, &scrubber)),
            Err(error) => Err(transport_failure(error, &scrubber)),
        };
        match result {
            Ok(response) => Ok(Success { spec, method, response, scrubber }),
            Err(error) => Err(error.of_operation(method, spec).judged_by(spec.safety)),
        }
    }

    /// Makes the HTTP request, or says what is wrong with its parameters.
    fn prepare(
        &self,
        spec: &'static Spec,
        parameters: Result<Parameters, ParameterError>,
    ) -> Result<(Request, Scrubber), Error> {
        let refuse = |kind, message: String| Error::of_kind(kind, message).of_operation(spec.method.clone(), spec);
        let refuse_parameter = |error: ParameterError| {
            refuse(ErrorKind::InvalidRequest, format!("{error} (nothing was sent)")).with_source(error)
        };

        let credentials = &self.0.credentials;
        if !spec.credentials.is_empty() && !spec.credentials.contains(&credentials.kind()) {
            return Err(refuse(ErrorKind::InvalidCredentials, wrong_credentials(credentials.kind(), spec)));
        }
        let Parameters { values: parameters, secrets } = parameters.map_err(refuse_parameter)?;
        check(spec, &parameters).map_err(refuse_parameter)?;

        let in_query = takes_query(spec) && secrets.is_empty();
        let method = if takes_query(spec) && !in_query { Method::POST } else { spec.method.clone() };
        let mut scrubber = Scrubber::default();
        scrubber.add(credentials.token().clone());
        secrets.into_iter().for_each(|secret| scrubber.add(secret));

        let (query, body) = if in_query {
            (query::encode(&parameters).map_err(refuse_parameter)?, Body::default())
        } else {
            (String::new(), Body::from(Value::Object(parameters).to_string()))
        };

        let unusable = |error: http::Error| {
            refuse(ErrorKind::InvalidRequest, "the request is not valid HTTP (nothing was sent)".to_owned())
                .with_source(error)
        };
        let uri = self.0.base_url.join(spec.path, &query).map_err(unusable)?;
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.extend(credentials.headers().clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("seam-rs/", env!("CARGO_PKG_VERSION"))));
        headers.insert(HeaderName::from_static("seam-sdk-name"), HeaderValue::from_static("seam-rs"));
        headers
            .insert(HeaderName::from_static("seam-sdk-version"), HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        if !in_query {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        request.extensions_mut().insert(spec);
        request.extensions_mut().insert(ResponseLimit(self.0.response_limit));
        Ok((request, scrubber))
    }
}

/// Whether the parameters of a route go in the query, unless one is a secret.
fn takes_query(spec: &Spec) -> bool {
    spec.method == Method::GET || spec.method == Method::DELETE
}

/// What can be known to be wrong before Seam is asked.
fn check(spec: &Spec, parameters: &Map<String, Value>) -> Result<(), ParameterError> {
    let is_given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    for parameter in spec.parameters {
        if parameter.required && !is_given(parameter.name) {
            return Err(ParameterError::new(parameter.name, "is required"));
        }
        if let Some(value) = parameters.get(parameter.name) {
            check_value(parameter.name, parameter.kind, value, takes_query(spec))?;
        }
    }
    if !spec.selectors.is_empty() && !spec.selectors.iter().any(|names| names.iter().all(|name| is_given(name))) {
        let choices: Vec<String> = spec.selectors.iter().map(|names| names.join(" with ")).collect();
        return Err(ParameterError::new("", format!("one of these has to be given: {}", choices.join(", or "))));
    }
    Ok(())
}

/// What can be known to be wrong with one value.
fn check_value(name: &str, kind: ParameterKind, value: &Value, in_query: bool) -> Result<(), ParameterError> {
    let problem = match (kind, value) {
        (ParameterKind::ListOf(kind), Value::Array(items)) => {
            return items
                .iter()
                .enumerate()
                .try_for_each(|(place, item)| check_value(&format!("{name}.{place}"), *kind, item, in_query));
        }
        (ParameterKind::Id | ParameterKind::Secret, Value::String(text)) if text.is_empty() => "must not be empty",
        (ParameterKind::Id, Value::String(text)) if text.chars().any(|c| c.is_whitespace() || c.is_control()) => {
            "must not hold blanks, line breaks or control characters"
        }
        // A query leaves an empty text out, and a list without its filter is a list of everything.
        (ParameterKind::Text, Value::String(text)) if text.is_empty() && in_query => {
            "must not be empty; leave it out instead"
        }
        _ => return Ok(()),
    };
    Err(ParameterError::new(name, problem))
}

fn wrong_credentials(kind: CredentialKind, spec: &Spec) -> String {
    let accepted: Vec<&str> = spec.credentials.iter().map(|kind| kind.description()).collect();
    format!("this route does not accept {}; it accepts {} (nothing was sent)", kind.description(), accepted.join(", "))
}

fn transport_failure(error: TransportError, scrubber: &Scrubber) -> Error {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(&error);
    // The innermost error says what happened ("Connection refused"); the ones between add layers.
    while let Some(inner) = source.and_then(std::error::Error::source) {
        source = Some(inner);
    }
    if let Some(cause) = source {
        message = format!("{message}: {cause}");
    }
    Error::of_kind(ErrorKind::Transport, message)
        .change(|inner| {
            inner.status = error.status;
            inner.request_id = request_id(&error.headers, scrubber);
        })
        .with_source(error)
}

/// The error for a response whose status says that it failed.
fn refusal(response: Response, scrubber: &Scrubber) -> Error {
    let status = response.status();
    let is_json = is_json(response.headers());
    let api_error = if is_json { ApiError::read(response.body().as_ref(), scrubber) } else { None };
    let kind = match (status, &api_error) {
        (StatusCode::UNAUTHORIZED, _) => ErrorKind::Unauthorized,
        (_, Some(_)) => ErrorKind::Api,
        (_, None) => ErrorKind::UnexpectedStatus,
    };
    Error::of_kind(kind, "").change(|inner| {
        inner.status = Some(status);
        inner.request_id = request_id(response.headers(), scrubber);
        match api_error {
            Some(error) => {
                inner.request_id = inner.request_id.take().or(error.request_id);
                inner.error_type = Some(error.error_type);
                inner.message = error.message;
                inner.validation_errors = error.validation_errors;
                inner.data = error.data;
            }
            None if kind == ErrorKind::Unauthorized => {
                "the credentials were refused".clone_into(&mut inner.message);
            }
            None => {
                inner.message = format!(
                    "{} without an error of Seam's in the body, which is {} bytes of {}",
                    status.canonical_reason().unwrap_or("an unknown status"),
                    response.body().len(),
                    scrubber.scrub(described_type(response.headers())),
                );
            }
        }
        inner.body = Some(response.into_body());
    })
}

fn request_id(headers: &HeaderMap, scrubber: &Scrubber) -> Option<String> {
    headers.get("seam-request-id").and_then(|id| id.to_str().ok()).map(|id| scrubber.scrub(id))
}

/// The content type without its parameters; empty if it is not plain text.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or_default();
    value.split(';').next().map(str::trim)
}

/// Whether a body may be JSON, by its content type or for want of one.
fn is_json(headers: &HeaderMap) -> bool {
    content_type(headers).is_none_or(|essence| {
        let essence = essence.to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    })
}

/// The content type for a message.
fn described_type(headers: &HeaderMap) -> &str {
    content_type(headers).filter(|essence| !essence.is_empty()).unwrap_or("no content type")
}

/// A response whose status says that it worked.
pub(crate) struct Success {
    spec: &'static Spec,
    method: Method,
    response: Response,
    scrubber: Scrubber,
}

impl Success {
    /// Reads the answer.
    pub(crate) fn decode<T: Output>(self) -> Result<T, Error> {
        if content_type(self.response.headers()).is_some_and(|essence| essence.eq_ignore_ascii_case("text/html")) {
            // A page of something in between, whatever else it is.
            return Err(self.invalid(response::DecodeFailure::whole("a web page, and not JSON".to_owned())));
        }
        match response::decode(self.spec.response_key, self.response.body().as_ref()) {
            Ok(value) => Ok(value),
            Err(failure) => Err(self.invalid(failure)),
        }
    }

    /// The error for a response that does not hold the answer.
    fn invalid(self, failure: response::DecodeFailure) -> Error {
        let mut message = if failure.path.is_empty() {
            format!("invalid response: {}", failure.reason)
        } else {
            format!("invalid response: {}: {}", failure.path, failure.reason)
        };
        if !is_json(self.response.headers()) {
            message = format!("{message} (the content type is {})", described_type(self.response.headers()));
        }
        // Names of fields come from the server, and it may put there what it likes.
        Error::of_kind(ErrorKind::InvalidResponse, self.scrubber.scrub(&message))
            .change(|inner| {
                inner.status = Some(self.response.status());
                inner.request_id = request_id(self.response.headers(), &self.scrubber);
                inner.body = Some(self.response.into_body());
            })
            .of_operation(self.method, self.spec)
            .judged_by(self.spec.safety)
    }
}

/// The settings of a [`Seam`] in the making.
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    transport: Arc<dyn Transport>,
    credentials: Option<Credentials>,
    base_url: Option<String>,
    allow_plain_http: bool,
    response_limit: usize,
}

impl fmt::Debug for Builder {
    /// Leaves the base URL out: until the client is built, nobody has looked whether it holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("transport", &self.transport)
            .field("credentials", &self.credentials)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("response_limit", &self.response_limit)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Who is asking. Without it [`build`](Self::build) fails.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Credentials and base URL as the environment has them. What the builder is told by its other
    /// methods comes first, before and after.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.credentials = self.credentials.or(Some(environment.credentials));
        self.base_url = self.base_url.or(environment.base_url);
        self
    }

    /// Where Seam is, if not at `https://connect.getseam.com`. A path is kept, and a slash at its
    /// end does not matter.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows a base URL that is `http`, on another machine. Everybody on the way can then read
    /// the credentials and every PIN. To this machine `http` is always allowed.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// The most bytes that a response may have, [`DEFAULT_RESPONSE_LIMIT`] unless set.
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`] without credentials, [`ErrorKind::InvalidConfiguration`] when
    /// the base URL cannot be used.
    pub fn build(self) -> Result<Seam, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::of_kind(ErrorKind::InvalidCredentials, "a client needs credentials, such as Credentials::api_key")
        })?;
        let base_url = BaseUrl::parse(self.base_url.as_deref().unwrap_or(base_url::DEFAULT), self.allow_plain_http)?;
        Ok(Seam(Arc::new(Inner {
            transport: self.transport,
            base_url,
            credentials,
            response_limit: self.response_limit,
        })))
    }
}
