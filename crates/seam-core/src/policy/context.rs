//! The context of a request: what its call asks of those who handle it, in the request's extensions.

use std::sync::Arc;

use http::Request;

use crate::{
    Instant, Spec,
    response::{echo::Echoes, redact::Redactor},
};

/// The most bytes that a response may have unless a client says otherwise: 16 MiB.
pub const DEFAULT_RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// What the client says about a [`Request`](crate::Request), for transports. Implemented for requests with any body, so
/// that middleware of an HTTP stack, which knows the body as another type, can read it too.
///
/// ```
/// use seam_core::{Idempotency, Request, RequestExt};
///
/// fn may_be_sent_again(request: &Request) -> bool {
///     request.spec().is_some_and(|spec| spec.idempotency() != Idempotency::NonIdempotent)
/// }
/// ```
pub trait RequestExt: sealed::RequestExt {
    /// Returns the endpoint that the request was made for; `None` if it was not made by this library.
    fn spec(&self) -> Option<&'static Spec>;

    /// Returns when the call that the request belongs to has to be over; `None` if it has no timeout.
    ///
    /// A transport need not observe it: the future of [`send`](crate::Transport::send) is dropped then.
    fn deadline(&self) -> Option<Instant>;

    /// Returns the most bytes that the response may have. A transport stops reading there and returns
    /// [`TransportErrorKind::TooLarge`](crate::TransportErrorKind::TooLarge).
    fn response_limit(&self) -> usize;
}

mod sealed {
    pub trait RequestExt {}

    impl<B> RequestExt for http::Request<B> {}
}

impl<B> RequestExt for Request<B> {
    fn spec(&self) -> Option<&'static Spec> {
        RequestContext::of(self)?.spec
    }

    fn deadline(&self) -> Option<Instant> {
        RequestContext::of(self)?.deadline
    }

    fn response_limit(&self) -> usize {
        RequestContext::of(self).map_or(DEFAULT_RESPONSE_LIMIT, |context| context.response_limit)
    }
}

/// The context of a request.
#[derive(Debug)]
pub(crate) struct RequestContext {
    /// The endpoint; `None` for a request that no call made.
    pub(crate) spec: Option<&'static Spec>,
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
    pub(crate) fn of<B>(request: &Request<B>) -> Option<&Arc<Self>> {
        request.extensions().get()
    }
}
