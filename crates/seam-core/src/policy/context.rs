//! The context of a request, which policies and transports read from the extensions of the request.

use std::sync::Arc;

use http::Request;

use crate::{
    Instant, Spec,
    policy::attempt::Attempt,
    response::{echo::Echoes, redact::Redactor},
};

/// The default maximum size of a response in bytes: 16 MiB.
pub const DEFAULT_RESPONSE_LIMIT: usize = 16 * 1024 * 1024;

/// An extension trait of [`Request`](crate::Request) for transports. Implemented for requests with a body of any type,
/// so that middleware of an HTTP stack can use it too.
///
/// ```
/// use seam_core::{Idempotency, Request, RequestExt};
///
/// fn may_be_sent_again(request: &Request) -> bool {
///     request.spec().is_some_and(|spec| spec.idempotency() != Idempotency::NonIdempotent)
/// }
/// ```
pub trait RequestExt: sealed::RequestExt {
    /// Returns the description of the endpoint; `None` if the request was not created by this crate.
    fn spec(&self) -> Option<&'static Spec>;

    /// Returns the deadline of the call; `None` if the call has no timeout.
    ///
    /// A transport need not enforce it: the client drops the future of [`send`](crate::Transport::send) at the
    /// deadline.
    fn deadline(&self) -> Option<Instant>;

    /// Returns the maximum size of the response in bytes. A transport stops reading there and returns
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
    /// The endpoint; `None` for a request that was not created by a call.
    pub(crate) spec: Option<&'static Spec>,
    pub(crate) response_limit: usize,
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller allows retries where they are safe.
    pub(crate) may_retry: bool,
    /// The ids of the devices that the request concerns.
    pub(crate) device_ids: Vec<String>,
    /// The parameters that the response repeats.
    pub(crate) echoes: Echoes,
    /// The secrets of the request, which must not reach a log.
    pub(crate) redactor: Redactor,
}

impl RequestContext {
    pub(crate) fn of<B>(request: &Request<B>) -> Option<&Arc<Self>> {
        Some(&Carried::of(request)?.context)
    }
}

/// The only extension of a request: its context, and the attempt that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) context: Arc<RequestContext>,
    pub(crate) attempt: Attempt,
}

impl Carried {
    pub(crate) fn new(context: Arc<RequestContext>) -> Self {
        Self { context, attempt: Attempt::default() }
    }

    pub(crate) fn of<B>(request: &Request<B>) -> Option<&Self> {
        request.extensions().get()
    }

    /// Takes a request to send it. Leaves an empty request, or a copy if another attempt may follow. The copy has no extensions,
    /// since most requests need no second attempt.
    pub(crate) fn take(request: &mut crate::Request) -> crate::Request {
        let mut copy = crate::Request::default();
        if Self::of(request).is_some_and(|carried| carried.attempt.may_repeat) {
            copy.method_mut().clone_from(request.method());
            copy.uri_mut().clone_from(request.uri());
            copy.headers_mut().clone_from(request.headers());
            copy.body_mut().clone_from(request.body());
        }
        std::mem::replace(request, copy)
    }
}
