//! The deadline: no exchange outlives the call that it belongs to.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Clock, Request, Response, Transport, TransportError, TransportErrorKind, clock::before, transport};

/// Ends each exchange at the deadline of its call, however little of the body is missing.
///
/// It stands right around the transport. What waits above it (for a retry, for a limit) looks at the
/// deadline before it waits, so that an exchange that has not begun is never taken for one that broke off.
#[derive(Debug)]
pub(crate) struct Deadline<T> {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inner: T,
}

#[async_trait]
impl<T: Transport> Transport for Deadline<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(deadline) = transport::deadline(&request) else { return self.inner.send(request).await };
        if self.clock.now() >= deadline {
            return Err(TransportErrorKind::NotSentInTime.into());
        }
        match before(&*self.clock, deadline, self.inner.send(request)).await {
            Some(result) => result,
            None => Err(TransportErrorKind::Timeout.into()),
        }
    }
}
