//! What came back: from a response, or from a failure to get one, to a value or one error.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderMap, Method, StatusCode, header};
use seam_model::{__private::Mismatches, Mismatch};

use crate::{
    Body, Error, ErrorKind, Output, Response, ResponseKey, Spec, TransportError,
    error::{ApiError, Scrubber},
    response::{self, Decoded},
    retry::History,
    trace,
    transport::Terms,
};

/// An answer with all that came with it: what [`Call::full_response`](crate::Call::full_response) gives.
#[derive(Clone)]
#[non_exhaustive]
pub struct FullResponse<T> {
    /// The answer.
    pub value: T,
    /// The status, which says that it worked.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came. It may hold secrets.
    pub body: Body,
    pub(crate) origin: Origin,
    mismatches: Mismatches,
}

impl<T> FullResponse<T> {
    /// The id that Seam gave the request, which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.origin.request_id.as_deref()
    }

    /// How often it was tried to send the request.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.origin.attempts
    }

    /// The values in the response that are not of the expected type, up to the first 20. Their fields are `None`, or
    /// their entries left out; the values are in [`body`](Self::body), and in the `extra` of the objects they belong to.
    /// Repairs of the document, such as for half of a surrogate pair, are among them.
    #[must_use]
    pub fn mismatches(&self) -> &[Mismatch] {
        self.mismatches.listed()
    }

    /// How many mismatches there are beyond those that are listed.
    #[must_use]
    pub fn unlisted_mismatches(&self) -> usize {
        self.mismatches.unlisted()
    }

    /// Reads what the response has under another key than that of the endpoint.
    pub(crate) fn beside<U: Output>(&self, key: ResponseKey) -> Result<U, response::DecodeFailure> {
        let mut decoded = response::decode(key, self.body.as_ref())?;
        if self.origin.spec.response_key.name() != key.name() {
            report(&mut decoded.mismatches, &self.origin.method, self.origin.spec, &self.origin.terms.scrubber);
        }
        Ok(decoded.value)
    }
}

/// Reports the mismatches of a response. Names in their paths come from the server, and may quote a secret.
fn report(mismatches: &mut Mismatches, method: &Method, spec: &Spec, scrubber: &Scrubber) {
    mismatches.change_paths(|path| scrubber.scrub(path));
    trace::mismatches(method, spec.path, mismatches);
}

/// What an answer was an answer to, for errors that show only after it was read.
#[derive(Clone)]
pub(crate) struct Origin {
    spec: &'static Spec,
    method: Method,
    request_id: Option<String>,
    attempts: u32,
    pub(crate) terms: Arc<Terms>,
}

impl Origin {
    /// A name that a program may compare, without a secret in it.
    pub(crate) fn scrub_name(&self, name: &str) -> String {
        self.terms.scrubber.scrub_unless_name(name)
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: &str) -> Error {
        let message = self.terms.scrubber.scrub(message);
        Error::of_kind(kind, message).of_operation(self.method.clone(), self.spec).change(|inner| {
            inner.request_id.clone_from(&self.request_id);
            inner.history.attempts = self.attempts;
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for FullResponse<T> {
    /// Leaves the headers out, since nobody knows what a server writes there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FullResponse")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("body", &self.body)
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}

/// The error for an exchange without a response.
pub(crate) fn transport_failure(error: TransportError, scrubber: &Scrubber) -> Error {
    let kind = error.kind();
    let error = scrub_source(error, scrubber);
    let mut message = error.to_string();
    // The innermost error says what happened ("Connection refused"); the ones between add layers.
    if let Some(cause) = sources(&error).last() {
        message = format!("{message}: {cause}");
    }
    Error::of_kind(ErrorKind::Transport, message)
        .change(|inner| {
            inner.transport_error_kind = Some(kind);
            inner.status = error.0.status;
            inner.request_id = request_id(&error.0.headers, scrubber);
            inner.history = error.0.history;
            inner.retry_after = error.0.retry_after;
        })
        .with_source(error)
}

/// The same error; or, where the HTTP stack's own one quotes a secret of the request, one with its scrubbed text.
fn scrub_source(error: TransportError, scrubber: &Scrubber) -> TransportError {
    let printed: String = sources(&error).map(|source| format!("{source}\n{source:?}\n")).collect();
    if scrubber.scrub(&printed) == printed {
        return error;
    }
    let innermost = sources(&error).last().map(ToString::to_string).unwrap_or_default();
    error.with_source(scrubber.scrub(&innermost))
}

/// What is behind an error, from the outside in.
fn sources(error: &TransportError) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |inner| inner.source())
}

/// The error for a response whose status says that it failed.
pub(crate) fn refusal(response: Response, retry_after: Option<Duration>, scrubber: &Scrubber) -> Error {
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
        inner.history = history(&response);
        inner.retry_after = retry_after;
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
    trace::request_id(headers).map(|id| scrubber.scrub(id))
}

fn history(response: &Response) -> History {
    response.extensions().get().copied().unwrap_or_default()
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
    pub(crate) spec: &'static Spec,
    pub(crate) method: Method,
    pub(crate) response: Response,
    pub(crate) terms: Arc<Terms>,
}

impl Success {
    /// Reads the answer, and keeps what came with it.
    pub(crate) fn decode<T: Output>(self) -> Result<FullResponse<T>, Error> {
        if content_type(self.response.headers()).is_some_and(|essence| essence.eq_ignore_ascii_case("text/html")) {
            // A page of something in between, whatever else it is.
            return Err(self.invalid(response::DecodeFailure::whole("a web page, and not JSON".to_owned())));
        }
        let body = self.response.body().as_ref();
        // A status that says that there is no body needs none, where none is expected.
        let is_empty = body.is_empty() && self.response.status() == StatusCode::NO_CONTENT;
        match response::decode(self.spec.response_key, if is_empty { b"{}" } else { body }) {
            Ok(Decoded { value, mut mismatches }) => {
                if let Some(mismatch) = self.terms.echoes.mismatch(self.spec.response_key, body) {
                    // What the body says of an action attempt is not about this request.
                    return Err(self.invalid(mismatch).change(|inner| inner.action_attempt_id = None));
                }
                report(&mut mismatches, &self.method, self.spec, &self.terms.scrubber);
                let attempts = history(&self.response).attempts;
                let request_id = request_id(self.response.headers(), &self.terms.scrubber);
                let (head, body) = self.response.into_parts();
                let origin = Origin { spec: self.spec, method: self.method, request_id, attempts, terms: self.terms };
                Ok(FullResponse { value, status: head.status, headers: head.headers, body, origin, mismatches })
            }
            Err(failure) => Err(self.invalid(failure)),
        }
    }

    /// The error for a response that does not hold the answer.
    fn invalid(self, failure: response::DecodeFailure) -> Error {
        let scrubber = &self.terms.scrubber;
        let mut message = if failure.path.is_empty() {
            format!("invalid response: {}", failure.reason)
        } else {
            format!("invalid response: {}: {}", failure.path, failure.reason)
        };
        if !is_json(self.response.headers()) {
            message = format!("{message} (the content type is {})", described_type(self.response.headers()));
        }
        // Names of fields come from the server, and it may put there what it likes.
        Error::of_kind(ErrorKind::InvalidResponse, scrubber.scrub(&message))
            .change(|inner| {
                inner.status = Some(self.response.status());
                inner.request_id = request_id(self.response.headers(), scrubber);
                inner.history = history(&self.response);
                inner.body = Some(self.response.into_body());
            })
            .of_operation(self.method, self.spec)
            .judged_by(self.spec.safety)
    }
}
