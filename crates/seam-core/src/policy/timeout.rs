//! Timeouts of calls and of attempts.

use std::sync::Arc;

use crate::{
    Clock, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, client::clock::before,
    policy::context::Carried,
};

/// Ends each exchange at the deadline of its call, or earlier at the timeout of its attempt if another attempt may
/// follow.
///
/// This layer wraps the transport directly. Retries and rate limits check the deadline before they wait, so an exchange
/// that has not begun is never reported as interrupted.
#[derive(Debug)]
pub(crate) struct Timeout {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inner: Arc<dyn Transport>,
}

impl Timeout {
    /// Sends a request, and leaves what [`Carried::take`] leaves.
    pub(crate) async fn send(&self, request: &mut Request) -> Result<Response, TransportError> {
        let now = self.clock.now();
        let deadline = request.deadline();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Err(TransportErrorKind::NotSentInTime.into());
        }
        // A failure after the request was sent would leave its outcome unknown.
        if let Err(error) = self.clock.prepare() {
            let problem = format!("the clock of the client cannot enforce the timeout: {error}");
            return Err(TransportError::new(TransportErrorKind::NotSent, problem));
        }
        let cut = Carried::of(request).and_then(|carried| carried.attempt.cut.clone());
        let mut exchange = self.inner.send(Carried::take(request));
        if let Some((cut, end)) = cut.and_then(|cut| cut.end(now, deadline).map(|end| (cut, end))) {
            if let Some(result) = before(&*self.clock, end, exchange.as_mut()).await {
                return result;
            }
            // Without a retry in the budget, the exchange continues: a slow response is better than none.
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
