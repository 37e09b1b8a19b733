//! Tracing: a span for each request that is sent, and an event for each wait.
//!
//! Names follow OpenTelemetry's conventions for HTTP clients. Paths of the API contain no ids. Queries, bodies and
//! headers are never recorded, except for the request id.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, uri::Scheme};
use seam_model::__private::Mismatches;
use tracing::{Instrument, Span, debug, field::Empty, info_span, warn};

use crate::{
    Request, RequestExt, Response, TransportError, TransportErrorKind,
    policy::{
        context::{Carried, RequestContext},
        timeout::Timeout,
    },
    response::redact::MAX_NAME,
};

/// The layer that records each request in a span of the level `INFO`. It costs almost nothing without a subscriber.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) inner: Timeout,
}

impl Trace {
    /// Sends a request, and leaves what [`Carried::take`] leaves.
    pub(crate) async fn send(&self, request: &mut Request) -> Result<Response, TransportError> {
        let span = span(request);
        if span.is_disabled() {
            return self.inner.send(request).await;
        }
        let context = RequestContext::of(request).cloned();
        let result = self.inner.send(request).instrument(span.clone()).await;
        let (status, headers) = match &result {
            Ok(response) => (Some(response.status()), response.headers()),
            Err(error) => (error.status(), error.headers()),
        };
        if let Some(status) = status {
            span.record("http.response.status_code", status.as_u16());
        }
        if let (Some(id), Some(context)) = (request_id(headers), context) {
            span.record("seam.request_id", context.redactor.print_within(MAX_NAME, id));
        }
        let failure = match (&result, &status) {
            (Err(error), _) => Some(name(error.kind())),
            (Ok(_), Some(status)) if status.is_client_error() || status.is_server_error() => Some(status.as_str()),
            (Ok(_), _) => None,
        };
        if let Some(failure) = failure {
            span.record("error.type", failure);
            span.record("otel.status_code", "ERROR");
        }
        result
    }
}

fn span(request: &Request) -> Span {
    let template = request.spec().map_or("", |spec| spec.path());
    let uri = request.uri();
    let attempt = Carried::of(request).map_or(0, |carried| carried.attempt.number);
    let span = info_span!(
        "seam.request",
        otel.name = format_args!("{} {template}", request.method()),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        url.template = template,
        server.address = uri.host(),
        server.port = uri.port_u16().unwrap_or(if uri.scheme() == Some(&Scheme::HTTP) { 80 } else { 443 }),
        "error.type" = Empty,
        seam.request_id = Empty,
    );
    if attempt > 1 {
        span.record("http.request.resend_count", attempt - 1);
    }
    span
}

const REQUEST_ID: HeaderName = HeaderName::from_static("seam-request-id");

/// Returns the request id of Seam.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    request_id_header(headers)?.to_str().ok()
}

/// Returns the header with the request id, which is cheap to clone.
pub(crate) fn request_id_header(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(REQUEST_ID)
}

/// Records that a request is sent again after `delay`.
pub(crate) fn retry(attempts: u32, delay: Duration) {
    debug!(http.request.resend_count = attempts, delay_seconds = delay.as_secs_f64(), "retrying");
}

/// Records that a request waits for the rate limit of a device.
pub(crate) fn rate_limit(wait: Duration) {
    debug!(delay_seconds = wait.as_secs_f64(), "waiting for the rate limit of a device");
}

/// Records that an action attempt is polled again after `interval`.
pub(crate) fn action_poll(interval: Duration) {
    debug!(delay_seconds = interval.as_secs_f64(), "waiting for an action");
}

/// Records that a condition is polled again after `interval`.
pub(crate) fn poll(interval: Duration) {
    debug!(delay_seconds = interval.as_secs_f64(), "waiting for a condition");
}

/// Records that a watch polls again after `pause`.
pub(crate) fn watch(pause: Duration) {
    debug!(delay_seconds = pause.as_secs_f64(), "waiting for events");
}

/// Records the values of a response that are not of the expected type, by their paths and expected types, never the
/// values.
pub(crate) fn mismatches(method: &Method, template: &str, mismatches: &Mismatches) {
    let method = method.as_str();
    for mismatch in mismatches.listed() {
        let (path, expected) = (mismatch.path(), mismatch.expected());
        warn!(
            target: "seam::mismatch",
            { http.request.method = method, url.template = template, json.path = path, expected },
            "a value is not of the expected type"
        );
    }
    let count = mismatches.unlisted();
    if count > 0 {
        warn!(
            target: "seam::mismatch",
            { http.request.method = method, url.template = template, count },
            "more values are not of the expected type"
        );
    }
}

fn name(kind: TransportErrorKind) -> &'static str {
    match kind {
        TransportErrorKind::NotSent => "not_sent",
        TransportErrorKind::NotSentInTime => "not_sent_in_time",
        TransportErrorKind::Interrupted => "interrupted",
        TransportErrorKind::Timeout => "timeout",
        TransportErrorKind::Body => "body",
        TransportErrorKind::TooLarge => "too_large",
        TransportErrorKind::Other => "other",
    }
}
