//! Responses of test doubles: JSON, and errors in Seam's format.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::{Body, Response};

/// Creates a response with a JSON body.
///
/// An invalid `status` becomes 500, so that a test that relies on it fails.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "tests pass the temporary values of the macro json!")]
pub fn json_response(status: u16, body: Value) -> Response {
    let mut response = http::Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error in the format of Seam.
///
/// ```
/// use seam_mock::ApiFault;
///
/// let fault = ApiFault::invalid_input("Invalid parameters").with_validation_error("device_id", "Required");
/// assert_eq!(fault.to_response().status(), 400);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
// Boxed, so that a `Result` with it is not large.
pub struct ApiFault(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    status: u16,
    error_type: String,
    message: String,
    request_id: String,
    /// By the path of the parameter, which is empty for the whole request.
    validation_errors: BTreeMap<Vec<String>, Vec<String>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiFault {
    /// Creates an error with a status, a type and a message.
    pub fn new(status: u16, error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            error_type: error_type.into(),
            message: message.into(),
            request_id: "request-000000".to_owned(),
            validation_errors: BTreeMap::new(),
            headers: Vec::new(),
        }))
    }

    /// Creates a 404 error for a missing resource, with a type such as `access_code_not_found`.
    pub fn not_found(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(404, error_type, message)
    }

    /// Creates a 401 error for missing or invalid credentials.
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Missing or invalid credentials")
    }

    /// Creates a 400 error for missing or invalid parameters.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_input", message)
    }

    /// Creates a 429 error for too many requests.
    pub fn rate_limited() -> Self {
        Self::new(429, "rate_limit_exceeded", "Too many requests")
    }

    /// Adds a message for one parameter; an empty name means the whole request.
    pub fn with_validation_error(mut self, parameter: impl Into<String>, message: impl Into<String>) -> Self {
        let parameter = parameter.into();
        let path = if parameter.is_empty() { Vec::new() } else { vec![parameter] };
        self.0.validation_errors.entry(path).or_default().push(message.into());
        self
    }

    /// Adds messages by the path of their value; an empty path means the whole request.
    pub fn with_validation_errors(mut self, errors: impl IntoIterator<Item = (Vec<String>, Vec<String>)>) -> Self {
        self.0.validation_errors.extend(errors);
        self
    }

    /// Adds a header, such as `Retry-After`.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Sets the request id. Defaults to `request-000000`.
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = request_id.into();
        self
    }

    /// Returns the response with this error.
    #[must_use]
    pub fn to_response(&self) -> Response {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.0.error_type));
        error.insert("message".to_owned(), json!(self.0.message));
        error.insert("request_id".to_owned(), json!(self.0.request_id));
        if !self.0.validation_errors.is_empty() {
            let mut tree = json!({});
            for (path, messages) in &self.0.validation_errors {
                let mut node = &mut tree;
                for name in path {
                    node = child(node, name);
                }
                *child(node, "_errors") = json!(messages);
            }
            error.insert("validation_errors".to_owned(), tree);
        }
        let mut response = json_response(self.0.status, json!({ "error": error, "ok": false }));
        response.headers_mut().extend(self.0.headers.iter().cloned());
        // A request id that is not valid in a header is only in the body.
        if let Ok(request_id) = HeaderValue::from_str(&self.0.request_id) {
            response.headers_mut().insert(HeaderName::from_static("seam-request-id"), request_id);
        }
        response
    }
}

/// Returns the member of an object, which is created if it is missing.
fn child<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    if !object.is_object() {
        *object = json!({});
    }
    // Indexing an object inserts the missing member.
    &mut object[name]
}
