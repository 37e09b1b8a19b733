//! What came back: from a response, or from a failure to get one, to a value or one error.

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
        self.origin.request_id()
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
    pub(crate) fn beside<U: Output>(&self, key: ResponseKey) -> Result<U, decode::DecodeFailure> {
        let mut decoded = decode::decode(key, self.body.as_ref())?;
        if self.origin.spec.response_key().name() != key.name() {
            report(&mut decoded.mismatches, &self.origin.method, self.origin.spec, &self.origin.context.redactor);
        }
        Ok(decoded.value)
    }
}

/// Reports the mismatches of a response. Names in their paths come from the server, and may quote a secret.
fn report(mismatches: &mut Mismatches, method: &Method, spec: &Spec, redactor: &Redactor) {
    mismatches.change_paths(|path| redactor.print(path));
    trace::mismatches(method, spec.path(), mismatches);
}

/// What an answer was an answer to, for errors that show only after it was read.
#[derive(Clone)]
pub(crate) struct Origin {
    spec: &'static Spec,
    method: Method,
    /// As the server wrote it.
    request_id_header: Option<HeaderValue>,
    /// As it may be printed, once somebody asked for it: most calls need none.
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

    /// A name that a program may compare, without a secret in it.
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
pub(crate) fn transport_failure(error: TransportError, redactor: &Redactor) -> Error {
    let kind = error.kind();
    let error = print_sources(error, redactor);
    let mut message = error.to_string();
    // The innermost error says what happened ("Connection refused"); the ones between add layers.
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

/// Returns the same error; or, where the HTTP stack's own one may not be printed as it is, one with its string as it may.
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

/// The most errors behind an error that are kept.
const MAX_SOURCES: usize = 16;

/// What is behind an error, from the outside in.
fn sources(error: &TransportError) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(StdError::source(error), |inner: &&(dyn StdError + 'static)| (*inner).source())
}

/// The beginning of what an error writes of itself, however much that is.
struct Beginning(String);

impl Beginning {
    const LENGTH: usize = 16 * 1024;

    fn of(text: fmt::Arguments<'_>) -> String {
        let mut beginning = Self(String::new());
        // It fails when there is enough.
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

/// The error for a response whose status says that it failed.
pub(crate) fn refusal(response: Response, retry_after: Option<Duration>, redactor: &Redactor) -> Error {
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
                "the credentials were refused".clone_into(&mut inner.message);
            }
            None => {
                let reason = status.canonical_reason().unwrap_or("an unknown status");
                let content_type = described_type(response.headers(), redactor);
                let mut message = format!(
                    "{reason} without an error of Seam's in the body, which is {length} bytes of {content_type}"
                );
                if length > ERROR_BODY_LIMIT {
                    let _ = write!(message, ", more than the {ERROR_BODY_LIMIT} that are read of an error");
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

/// Says that a body is compressed, if it is: that is never requested, and not undone.
fn compression(response: &Response, redactor: &Redactor) -> Option<String> {
    let encodings: Vec<&[u8]> =
        response.headers().get_all(header::CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let named = String::from_utf8_lossy(&encodings.join(b", ".as_slice())).into_owned();
    let name = match response.body().as_ref() {
        _ if !named.is_empty() && !named.eq_ignore_ascii_case("identity") => {
            format!("content-encoding: {}", redactor.print_within(MAX_NAME, &named))
        }
        [0x1f, 0x8b, ..] => "it begins as gzip does".to_owned(),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "it begins as zstd does".to_owned(),
        [b'x', 0x01 | 0x5e | 0x9c | 0xda, ..] => "it begins as deflate does".to_owned(),
        _ => return None,
    };
    Some(format!("the body is compressed ({name}), which was not requested"))
}

fn request_id(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    trace::request_id(headers).map(|id| redactor.print_within(MAX_NAME, id))
}

fn history(response: &Response) -> AttemptHistory {
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
fn described_type(headers: &HeaderMap, redactor: &Redactor) -> String {
    let essence = content_type(headers).filter(|essence| !essence.is_empty());
    essence.map_or_else(|| "no content type".to_owned(), |essence| redactor.print_within(MAX_NAME, essence))
}

/// A response whose status says that it worked.
pub(crate) struct Success {
    pub(crate) spec: &'static Spec,
    pub(crate) method: Method,
    pub(crate) response: Response,
    pub(crate) context: Arc<RequestContext>,
}

impl Success {
    /// Reads the answer, and keeps what came with it.
    pub(crate) fn decode<T: Output>(self) -> Result<FullResponse<T>, Error> {
        if content_type(self.response.headers()).is_some_and(|essence| essence.eq_ignore_ascii_case("text/html")) {
            // A page of something in between, whatever else it is.
            return Err(self.invalid(decode::DecodeFailure::whole("a web page, and not JSON".to_owned())));
        }
        let body = self.response.body().as_ref();
        if !memory::may_read(body) {
            let reason = "it holds so many small values that it would take more than 20 times its size in memory";
            return Err(self.invalid(decode::DecodeFailure::whole(reason.to_owned())));
        }
        // A status that says that there is no body needs none, where none is expected.
        let is_empty = body.is_empty() && self.response.status() == StatusCode::NO_CONTENT;
        match decode::decode(self.spec.response_key(), if is_empty { b"{}" } else { body }) {
            Ok(Decoded { value, mut mismatches }) => {
                if let Some(mismatch) = self.context.echoes.mismatch(self.spec.response_key(), body) {
                    // What the body says of an action attempt is not about this request.
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

    /// The error for a response that does not hold the answer.
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
            message = format!("{message} (the content type is {content_type})");
        }
        // Names of fields come from the server, and it may put there what it likes.
        Error::of_kind(ErrorKind::InvalidResponse, redactor.print(&message))
            .change(|inner| {
                inner.status = Some(self.response.status());
                inner.request_id = request_id(self.response.headers(), redactor);
                inner.history = history(&self.response);
                inner.body = Some(self.response.into_body());
            })
            .of_operation(self.method, self.spec)
            .judged_by(self.spec.idempotency())
    }
}
