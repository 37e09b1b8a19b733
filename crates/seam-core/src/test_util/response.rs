//! What a test double answers: JSON responses, and errors in Seam's form.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use crate::{Body, Response};

/// A response with a JSON body.
///
/// A `status` that HTTP does not have becomes 500, so that a test which relies on it fails.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "the json! macro makes values, and a test reads better without &")]
pub fn json_response(status: u16, body: Value) -> Response {
    let mut response = http::Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error as Seam sends one.
///
/// ```
/// use seam_mock::ApiFault;
///
/// let fault = ApiFault::invalid_input("Invalid parameters").with_validation_error("device_id", "Required");
/// assert_eq!(fault.to_response().status(), 400);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
// In a box, so that what may fail with one is not large for it.
pub struct ApiFault(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    status: u16,
    error_type: String,
    message: String,
    request_id: String,
    /// By the way to what is wrong, which is empty for the request as a whole.
    validation_errors: BTreeMap<Vec<String>, Vec<String>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiFault {
    /// An error of any status, type and message.
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

    /// 404: there is no such thing. Types are named after it, such as `access_code_not_found`.
    pub fn not_found(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(404, error_type, message)
    }

    /// 401: the credentials are missing or wrong.
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Missing or invalid credentials")
    }

    /// 400: parameters are missing or wrong.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_input", message)
    }

    /// 429: too many requests.
    pub fn rate_limited() -> Self {
        Self::new(429, "rate_limit_exceeded", "Too many requests")
    }

    /// With what is wrong about one parameter; an empty name stands for the request as a whole.
    pub fn with_validation_error(mut self, parameter: impl Into<String>, message: impl Into<String>) -> Self {
        let parameter = parameter.into();
        let path = if parameter.is_empty() { Vec::new() } else { vec![parameter] };
        self.0.validation_errors.entry(path).or_default().push(message.into());
        self
    }

    /// Adds messages by the path to the value that they are about; an empty path stands for the request as a whole.
    pub fn with_validation_errors(mut self, errors: impl IntoIterator<Item = (Vec<String>, Vec<String>)>) -> Self {
        self.0.validation_errors.extend(errors);
        self
    }

    /// With a header, such as `Retry-After`.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// With another request id than `request-000000`.
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = request_id.into();
        self
    }

    /// The response that carries it.
    #[must_use]
    pub fn to_response(&self) -> Response {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.0.error_type));
        error.insert("message".to_owned(), json!(self.0.message));
        error.insert("request_id".to_owned(), json!(self.0.request_id));
        if !self.0.validation_errors.is_empty() {
            let mut tree = json!({});
            for (path, messages) in &self.0.validation_errors {
                let mut place = &mut tree;
                for name in path {
                    place = child(place, name);
                }
                *child(place, "_errors") = json!(messages);
            }
            error.insert("validation_errors".to_owned(), tree);
        }
        let mut response = json_response(self.0.status, json!({ "error": error, "ok": false }));
        response.headers_mut().extend(self.0.headers.iter().cloned());
        // A request id that cannot be a header is in the body alone.
        if let Ok(request_id) = HeaderValue::from_str(&self.0.request_id) {
            response.headers_mut().insert(HeaderName::from_static("seam-request-id"), request_id);
        }
        response
    }
}

/// The value of this name within an object, which is made if it is not there.
fn child<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    if !object.is_object() {
        *object = json!({});
    }
    // An object makes the place that it is asked for.
    &mut object[name]
}
