//! The timeout: no exchange outlives the call that it belongs to, and no attempt the time that it has.

use std::{pin::pin, sync::Arc};

use crate::{
    Clock, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, client::clock::before,
    policy::attempt::Attempt,
};

/// Ends each exchange at the deadline of its call, however little of the body is missing, and one that another attempt
/// may follow at the timeout of its attempt.
///
/// It stands right around the transport. What waits above it (for a retry, for a limit) looks at the
/// deadline before it waits, so that an exchange that has not begun is never taken for one that broke off.
#[derive(Debug)]
pub(crate) struct Timeout {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inner: Arc<dyn Transport>,
}

impl Timeout {
    pub(crate) async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let now = self.clock.now();
        let deadline = request.deadline();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Err(TransportErrorKind::NotSentInTime.into());
        }
        // After the request was sent it would be too late to find out.
        if let Err(error) = self.clock.prepare() {
            let problem = format!("the clock of the client cannot end the exchange in time: {error}");
            return Err(TransportError::new(TransportErrorKind::NotSent, problem));
        }
        let attempt = request.extensions().get::<Attempt>().cloned().unwrap_or_default();
        let mut exchange = pin!(self.inner.send(request));
        if let Some((cut, end)) = attempt.cut.and_then(|cut| cut.end(now, deadline).map(|end| (cut, end))) {
            if let Some(result) = before(&*self.clock, end, exchange.as_mut()).await {
                return result;
            }
            // Without a retry to spend, the exchange goes on: a slow response is better than none.
            if let Some(retry) = cut.reserve() {
                let mut error = TransportError::from(TransportErrorKind::Timeout);
                error.extensions_mut().insert(retry);
                return Err(error);
            }
        }
        let Some(deadline) = deadline else { return exchange.await };
        match before(&*self.clock, deadline, exchange).await {
            Some(result) => result,
            None => Err(TransportErrorKind::Timeout.into()),
        }
    }
}
