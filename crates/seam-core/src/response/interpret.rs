//! Converts a response or a transport error to a value or an [`Error`].

use std::{
    error::Error as StdError,
    fmt::{self, Write},
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use seam_model::{__private::Mismatches, Mismatch};

use crate::{
    Body, Error, ErrorKind, Output, Response, ResponseKey, Spec, TransportError,
    policy::{attempt::AttemptHistory, context::RequestContext, trace},
    response::{
        decode::{self, Decoded},
        error_body::{ApiError, ERROR_BODY_LIMIT},
        memory,
        redact::{MAX_NAME, Redactor},
    },
};

/// A value with the status, headers and body of its response, returned by
/// [`Call::full_response`](crate::Call::full_response).
#[derive(Clone)]
#[non_exhaustive]
pub struct FullResponse<T> {
    /// The value.
    pub value: T,
    /// The status, which is a success.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The raw body. It may contain secrets.
    pub body: Body,
    pub(crate) origin: Origin,
    mismatches: Mismatches,
}

impl<T> FullResponse<T> {
    /// Returns Seam's id of the request, for requests to Seam's support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.origin.request_id()
    }

    /// Returns the number of attempts.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.origin.attempts
    }

    /// Returns the first 20 values in the response that are not of the expected type, including repairs of the
    /// document, such as of a lone surrogate. Their fields are `None`, or their entries are omitted; the values are in
    /// [`body`](Self::body), and in the `extra` of their objects.
    #[must_use]
    pub fn mismatches(&self) -> &[Mismatch] {
        self.mismatches.listed()
    }

    /// Returns the number of mismatches that are not listed.
    #[must_use]
    pub fn unlisted_mismatches(&self) -> usize {
        self.mismatches.unlisted()
    }

    /// Decodes the value under another key than that of the endpoint.
    pub(crate) fn decode_at<U: Output>(&self, key: ResponseKey) -> Result<U, decode::DecodeFailure> {
        let mut decoded = decode::decode(key, self.body.as_ref())?;
        if self.origin.spec.response_key().name() != key.name() {
            report(&mut decoded.mismatches, &self.origin.method, self.origin.spec, &self.origin.context.redactor);
        }
        Ok(decoded.value)
    }
}

/// Reports the mismatches of a response. Their paths are redacted, because names from the server may quote a secret.
fn report(mismatches: &mut Mismatches, method: &Method, spec: &Spec, redactor: &Redactor) {
    mismatches.change_paths(|path| redactor.print(path));
    trace::mismatches(method, spec.path(), mismatches);
}

/// The request of a response, for errors that are detected after the response was decoded.
#[derive(Clone)]
pub(crate) struct Origin {
    spec: &'static Spec,
    method: Method,
    /// The request id as the server sent it.
    request_id_header: Option<HeaderValue>,
    /// The redacted request id, computed on first use because most calls do not need it.
    request_id: OnceLock<Option<String>>,
    attempts: u32,
    pub(crate) context: Arc<RequestContext>,
}

impl Origin {
    fn request_id(&self) -> Option<&str> {
        let print =
            || Some(self.context.redactor.print_within(MAX_NAME, self.request_id_header.as_ref()?.to_str().ok()?));
        self.request_id.get_or_init(print).as_deref()
    }

    /// Returns a name for programs to compare, without secrets.
    pub(crate) fn print_name(&self, name: &str) -> String {
        self.context.redactor.print_name(name)
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: &str) -> Error {
        Error::of_kind(kind, self.context.redactor.print(message)).of_operation(self.method.clone(), self.spec).change(
            |inner| {
                inner.request_id = self.request_id().map(str::to_owned);
                inner.history.attempts = self.attempts;
            },
        )
    }
}

impl<T: fmt::Debug> fmt::Debug for FullResponse<T> {
    /// Omits the headers, because a server may write secrets there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FullResponse")
            .field("value", &self.value)
            .field("status", &self.status)
            .field("body", &self.body)
            .field("attempts", &self.attempts())
            .finish_non_exhaustive()
    }
}

/// Returns the error of an exchange without a response.
pub(crate) fn transport_failure(error: TransportError, redactor: &Redactor) -> Error {
    let kind = error.kind();
    let error = print_sources(error, redactor);
    let mut message = error.to_string();
    // The innermost error has the cause ("connection refused"); those in between only add context.
    if let Some(cause) = sources(&error).last() {
        message = format!("{message}: {cause}");
    }
    Error::of_kind(ErrorKind::Transport, redactor.print(&message))
        .change(|inner| {
            inner.transport_error_kind = Some(kind);
            inner.status = error.status();
            inner.request_id = request_id(error.headers(), redactor);
            inner.history = error.extensions().get().copied().unwrap_or_default();
            inner.retry_after = error.retry_after();
        })
        .with_source(error)
}

/// Returns the error, with the error of the HTTP stack replaced by its redacted string if that contains a secret.
fn print_sources(error: TransportError, redactor: &Redactor) -> TransportError {
    let may_print = |text: fmt::Arguments<'_>| {
        let text = Beginning::of(text);
        redactor.print(&text) == text
    };
    let mut innermost = None;
    let mut is_printable = true;
    for (depth, source) in sources(&error).enumerate().take(MAX_SOURCES + 1) {
        is_printable &=
            depth < MAX_SOURCES && may_print(format_args!("{source}")) && may_print(format_args!("{source:?}"));
        innermost = Some(source);
    }
    match innermost.filter(|_| !is_printable) {
        Some(innermost) => {
            let printed = redactor.print(&Beginning::of(format_args!("{innermost}")));
            error.with_source(printed)
        }
        None => error,
    }
}

/// The maximum number of sources of an error that are kept.
const MAX_SOURCES: usize = 16;

/// Returns the sources of an error, from the outermost to the innermost.
fn sources(error: &TransportError) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(StdError::source(error), |inner: &&(dyn StdError + 'static)| (*inner).source())
}

/// A writer that keeps the beginning of an unbounded string.
struct Beginning(String);

impl Beginning {
    const LENGTH: usize = 16 * 1024;

    fn of(text: fmt::Arguments<'_>) -> String {
        let mut beginning = Self(String::new());
        // Fails once the limit is reached.
        let _ = beginning.write_fmt(text);
        beginning.0
    }
}

impl Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.0.len() >= Self::LENGTH {
                return Err(fmt::Error);
            }
            self.0.push(c);
        }
        Ok(())
    }
}

/// Returns the error of a response whose status is not a success.
pub(crate) fn failed_response(response: Response, retry_after: Option<Duration>, redactor: &Redactor) -> Error {
    let status = response.status();
    let length = response.body().len();
    let may_read = is_json(response.headers()) && length <= ERROR_BODY_LIMIT;
    let api_error = if may_read { ApiError::read(response.body().as_ref(), redactor) } else { None };
    let kind = match (status, &api_error) {
        (StatusCode::UNAUTHORIZED, _) => ErrorKind::Unauthorized,
        (_, Some(_)) => ErrorKind::Api,
        (_, None) => ErrorKind::UnexpectedStatus,
    };
    Error::of_kind(kind, "").change(|inner| {
        inner.status = Some(status);
        inner.request_id = request_id(response.headers(), redactor);
        inner.history = history(&response);
        inner.retry_after = retry_after;
        match api_error {
            Some(error) => {
                inner.request_id = inner.request_id.take().or(error.request_id);
                inner.error_type = Some(error.error_type);
                inner.message = error.message;
                inner.validation_errors = error.validation_errors;
            }
            None if kind == ErrorKind::Unauthorized => {
                "the credentials were rejected".clone_into(&mut inner.message);
            }
            None => {
                let reason = status.canonical_reason().unwrap_or("unknown status");
                let content_type = described_type(response.headers(), redactor);
                let mut message = format!("{reason}; the body is not a Seam error ({length} bytes of {content_type})");
                if length > ERROR_BODY_LIMIT {
                    let _ = write!(message, ", more than the limit of {ERROR_BODY_LIMIT} bytes");
                } else if let Some(compression) = compression(&response, redactor) {
                    let _ = write!(message, "; {compression}");
                }
                inner.message = message;
            }
        }
        if length <= ERROR_BODY_LIMIT {
            inner.body = Some(response.into_body());
        }
    })
}

/// Returns a message if a body is compressed, which requests do not accept and the client does not decode.
fn compression(response: &Response, redactor: &Redactor) -> Option<String> {
    let encodings: Vec<&[u8]> =
        response.headers().get_all(header::CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let named = String::from_utf8_lossy(&encodings.join(b", ".as_slice())).into_owned();
    let name = match response.body().as_ref() {
        _ if !named.is_empty() && !named.eq_ignore_ascii_case("identity") => {
            format!("content-encoding: {}", redactor.print_within(MAX_NAME, &named))
        }
        [0x1f, 0x8b, ..] => "it begins like gzip".to_owned(),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it begins like zstd".to_owned(),
        [b'x', 0x01 | 0x5e | 0x9c | 0xda, ..] => "it begins like deflate".to_owned(),
        _ => return None,
    };
    Some(format!("the body is compressed ({name}), which was not requested"))
}

fn request_id(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    trace::request_id(headers).map(|id| redactor.print_within(MAX_NAME, id))
}

fn history(response: &Response) -> AttemptHistory {
    response.extensions().get().copied().unwrap_or(AttemptHistory::FIRST)
}

/// Returns the content type without its parameters; empty if it is not visible ASCII.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or_default();
    value.split(';').next().map(str::trim)
}

/// Returns whether a body may be JSON: by its content type, or because it has none.
fn is_json(headers: &HeaderMap) -> bool {
    content_type(headers).is_none_or(|essence| {
        let essence = essence.to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    })
}

/// Returns the content type for a message.
fn described_type(headers: &HeaderMap, redactor: &Redactor) -> String {
    let essence = content_type(headers).filter(|essence| !essence.is_empty());
    essence.map_or_else(|| "unspecified type".to_owned(), |essence| redactor.print_within(MAX_NAME, essence))
}

/// A response whose status is a success.
pub(crate) struct Success {
    pub(crate) spec: &'static Spec,
    pub(crate) method: Method,
    pub(crate) response: Response,
    pub(crate) context: Arc<RequestContext>,
}

impl Success {
    /// Decodes the value, and keeps the status, headers and body.
    pub(crate) fn decode<T: Output>(self) -> Result<FullResponse<T>, Error> {
        if content_type(self.response.headers()).is_some_and(|essence| essence.eq_ignore_ascii_case("text/html")) {
            // No endpoint returns HTML, so the page comes from an intermediary.
            return Err(self.invalid(decode::DecodeFailure::whole("expected JSON, got an HTML page".to_owned())));
        }
        let body = self.response.body().as_ref();
        if !memory::may_read(body) {
            let reason =
                "it has so many small values that decoding it would need more than 20 times its size in memory";
            return Err(self.invalid(decode::DecodeFailure::whole(reason.to_owned())));
        }
        // The status 204 has no body, which is valid for an endpoint without a value.
        let is_empty = body.is_empty() && self.response.status() == StatusCode::NO_CONTENT;
        match decode::decode(self.spec.response_key(), if is_empty { b"{}" } else { body }) {
            Ok(Decoded { value, mut mismatches }) => {
                if let Some(mismatch) = self.context.echoes.mismatch(self.spec.response_key(), body) {
                    // The action attempt in the body belongs to another request.
                    return Err(self.invalid(mismatch).change(|inner| inner.action_attempt_id = None));
                }
                report(&mut mismatches, &self.method, self.spec, &self.context.redactor);
                let attempts = history(&self.response).attempts;
                let request_id_header = trace::request_id_header(self.response.headers()).cloned();
                let (head, body) = self.response.into_parts();
                let origin = Origin {
                    spec: self.spec,
                    method: self.method,
                    request_id_header,
                    request_id: OnceLock::new(),
                    attempts,
                    context: self.context,
                };
                Ok(FullResponse { value, status: head.status, headers: head.headers, body, origin, mismatches })
            }
            Err(failure) => Err(self.invalid(failure)),
        }
    }

    /// Returns the error of a response without a valid value.
    fn invalid(self, failure: decode::DecodeFailure) -> Error {
        let redactor = &self.context.redactor;
        let compression = compression(&self.response, redactor);
        let mut message = if let Some(compression) = &compression {
            format!("invalid response: {compression}")
        } else if failure.path.is_empty() {
            format!("invalid response: {}", failure.reason)
        } else {
            format!("invalid response: {}: {}", failure.path, failure.reason)
        };
        if compression.is_none() && !is_json(self.response.headers()) {
            let content_type = described_type(self.response.headers(), redactor);
            message = format!("{message} (content type: {content_type})");
        }
        // The path has names from the server, which may quote a secret.
        Error::of_kind(ErrorKind::InvalidResponse, redactor.print(&message))
            .change(|inner| {
                inner.status = Some(self.response.status());
                inner.request_id = request_id(self.response.headers(), redactor);
                inner.history = history(&self.response);
                inner.body = Some(self.response.into_body());
            })
            .of_operation(self.method, self.spec)
            .with_idempotency(self.spec.idempotency())
    }
}
