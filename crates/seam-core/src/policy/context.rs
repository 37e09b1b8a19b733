//! The context of a request: what its call asks of those who handle it, in the request's extensions.

use std::{sync::Arc, time::Instant};

use crate::{
    Request,
    response::{echo::Echoes, redact::Redactor},
};

/// The most bytes that a response may have unless a client says otherwise: 16 MiB.
pub const DEFAULT_RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// The most bytes that the response to `request` may have; a transport stops reading there and
/// answers [`TransportErrorKind::TooLarge`](crate::TransportErrorKind::TooLarge).
#[must_use]
pub fn response_limit(request: &Request) -> usize {
    RequestContext::of(request).map_or(DEFAULT_RESPONSE_LIMIT, |context| context.response_limit)
}

/// When the call that `request` belongs to has to be over; `None` if it has all the time.
///
/// A transport need not watch it: the future of [`send`](crate::Transport::send) is dropped then.
#[must_use]
pub fn deadline(request: &Request) -> Option<Instant> {
    RequestContext::of(request)?.deadline
}

/// The context of a request.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub(crate) response_limit: usize,
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller allows that the request is sent again where that does no harm.
    pub(crate) may_retry: bool,
    /// The ids of the devices that the request is about.
    pub(crate) device_ids: Vec<String>,
    /// The parameters that the response repeats.
    pub(crate) echoes: Echoes,
    /// The secrets of the request, which no log may show.
    pub(crate) redactor: Redactor,
}

impl RequestContext {
    pub(crate) fn of(request: &Request) -> Option<&Arc<Self>> {
        request.extensions().get()
    }
}
