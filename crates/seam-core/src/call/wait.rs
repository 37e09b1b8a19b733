//! Starting an action and polling its action attempt until it is finished.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use seam_model::{ActionAttempt, ActionAttemptStatus, Message};

use crate::{
    ActionAnswer, Call, Error, ErrorKind, ResponseKey, StartsAction,
    call::{blocking, call::MAX_POLL_TIMEOUT},
    endpoints::action_attempts,
    policy::trace,
    response::{echo::ResourceIds, interpret::Origin},
};

/// The default timeout of [`and_wait`](Call::and_wait): 10 s.
pub const DEFAULT_ACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The default interval between two polls of an action attempt: 0.5 s.
pub const DEFAULT_POLL_INTERVAL: Duration = Duration::from_millis(500);

/// A call that starts an action, and polls its action attempt until it is finished. Created by [`Call::and_wait`].
///
/// The action is sent like any call, and never again by the wait. Then the action attempt is polled, as a read, until
/// it is finished. A failure after Seam accepted the action is never reported as a failed action:
///
/// | [`ErrorKind`] | |
/// |---|---|
/// | [`ActionFailed`](ErrorKind::ActionFailed) | the action failed, see [`error_type`](Error::error_type) and [`message`](Error::message) |
/// | [`ActionPending`](ErrorKind::ActionPending) | the action was still pending at the end of the timeout, and continues |
/// | [`ActionStatusUnknown`](ErrorKind::ActionStatusUnknown) | the action attempt has a status that this version does not know |
/// | [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) | a poll failed, and the [`source`](std::error::Error::source) is its error; or a response had the attempt of another action |
///
/// All four have the last known [`action_attempt`](Error::action_attempt), and in [`body`](Error::body) the response
/// with which Seam accepted the action, which contains for example a created code. To continue the wait, use
/// `seam.action_attempts().get(id).and_wait()`.
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct AndWait<E> {
    call: Call<E>,
    timeout: Duration,
    poll_interval: Duration,
}

impl<E: StartsAction> Call<E> {
    /// Returns a future that sends the request and waits until the action that it starts is finished.
    ///
    /// ```
    /// # async fn example(seam: seam_core::Seam) -> Result<(), seam_core::Error> {
    /// use std::time::Duration;
    ///
    /// let attempt = seam.locks().unlock_door("front-door").and_wait().timeout(Duration::from_secs(30)).await?;
    /// println!("{:?}", attempt.typed_result());
    /// # Ok(())
    /// # }
    /// ```
    pub fn and_wait(self) -> AndWait<E> {
        AndWait { call: self, timeout: DEFAULT_ACTION_TIMEOUT, poll_interval: DEFAULT_POLL_INTERVAL }
    }
}

impl<E: StartsAction> AndWait<E> {
    /// Sets the timeout of the wait, from the time when Seam accepted the action. Defaults to
    /// [`DEFAULT_ACTION_TIMEOUT`]. [`Call::with_timeout`] sets the timeout of the request that starts it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the interval between two polls of the action attempt. Defaults to [`DEFAULT_POLL_INTERVAL`]. Limited to
    /// half of the timeout. Must not be zero.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Blocks the thread until the action is finished, like [`Call::block`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as awaiting it, and [`ErrorKind::InvalidConfiguration`] when the client does not [allow
    /// blocking](crate::Builder::allow_blocking).
    pub fn block(self) -> Result<E::Output, Error> {
        let seam = self.call.seam().clone();
        blocking::run(&seam, self.run())
    }

    async fn run(self) -> Result<E::Output, Error> {
        if self.poll_interval.is_zero() {
            let message = "the interval between two polls of an action attempt must not be zero (nothing was sent)";
            return Err(
                Error::of_kind(ErrorKind::InvalidRequest, message).of_operation(E::SPEC.method().clone(), E::SPEC)
            );
        }
        let started = self.call.send().await?;
        match started.decode_at::<Option<ActionAttempt>>(ResponseKey::Optional("action_attempt")) {
            Ok(None) => Ok(started.value),
            Ok(Some(attempt)) => {
                // Every error keeps the response with which Seam accepted the action.
                let attempt = self.follow(attempt, &started.origin, started.body.as_ref()).await;
                let attempt = attempt.map_err(|error| error.change(|inner| inner.body = Some(started.body)))?;
                Ok(started.value.finished(attempt))
            }
            Err(failure) => {
                let message =
                    format!("the action was accepted, but its action attempt cannot be decoded: {}", failure.reason);
                Err(started.origin.error(ErrorKind::OutcomeUnknown, &message).change(|inner| {
                    inner.may_have_been_applied = true;
                    inner.body = Some(started.body);
                }))
            }
        }
    }

    /// Polls the attempt until it is finished. `body` is the body of the response that contained it.
    async fn follow(&self, mut attempt: ActionAttempt, started: &Origin, body: &[u8]) -> Result<ActionAttempt, Error> {
        let seam = self.call.seam();
        let clock = Arc::clone(seam.clock());
        // At least a millisecond, so that polls never flood the server.
        let interval = self.poll_interval.min(self.timeout / 2).max(Duration::from_millis(1));
        let deadline = clock.now().checked_add(self.timeout);
        let fail = |kind, message: &str, attempt: Option<ActionAttempt>| {
            Err(started.error(kind, message).change(|inner| {
                inner.may_have_been_applied = kind != ErrorKind::ActionFailed;
                inner.action_attempt = attempt;
            }))
        };
        let ids = ResourceIds::read(body);
        let wrong_result = |attempt: &ActionAttempt| {
            attempt.result.as_ref().and_then(|result| started.context.echoes.result_mismatch(&ids, result.as_value()))
        };
        let mismatch = |path: &str, known| {
            let message = format!(
                "the action was accepted, but a response has the action attempt of another action: action_attempt.{path} \
                 differs"
            );
            fail(ErrorKind::OutcomeUnknown, &message, known)
        };
        if let Some(path) = wrong_result(&attempt) {
            return mismatch(&path, None);
        }
        loop {
            match &attempt.status {
                ActionAttemptStatus::Success => return Ok(attempt),
                ActionAttemptStatus::Pending => {}
                ActionAttemptStatus::Error => {
                    let error = attempt.error.clone();
                    let message = error.as_ref().and_then(|error| error.message.as_ref()).map(Message::expose_secret);
                    let failed = fail(ErrorKind::ActionFailed, message.unwrap_or("the action failed"), Some(attempt));
                    let error_type = error.and_then(|error| error.r#type).map(|name| started.print_name(&name));
                    return failed.map_err(|failed| failed.change(|inner| inner.error_type = error_type));
                }
                _ => {
                    let message = "the action attempt has a status that this version does not know";
                    return fail(ErrorKind::ActionStatusUnknown, message, Some(attempt));
                }
            }
            let pending = |attempt| {
                let timeout = self.timeout.as_secs_f64();
                let message =
                    format!("the action was still pending at the last poll within {timeout} s, and continues");
                fail(ErrorKind::ActionPending, &message, Some(attempt))
            };
            let left = |now| deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
            // Without time for another poll, a pause would be useless.
            if left(clock.now()) <= interval {
                return pending(attempt);
            }
            trace::action_poll(interval);
            clock.sleep(interval).await;
            let left = left(clock.now());
            let poll = self.call.poll(action_attempts::Get::new(&attempt.action_attempt_id), &started.context);
            // A poll without a response must not use up the remaining time.
            let poll = poll.with_timeout(left.min(seam.timeout()).min(MAX_POLL_TIMEOUT));
            match poll.await {
                Ok(seen) if is_other_type(&attempt, &seen) => return mismatch("action_type", Some(attempt)),
                Ok(seen) => match wrong_result(&seen) {
                    Some(path) => return mismatch(&path, Some(attempt)),
                    None => attempt = seen,
                },
                Err(error) if error.is_timeout() => {
                    if deadline.is_some_and(|deadline| clock.now() >= deadline) {
                        return pending(attempt).map_err(|pending| pending.with_source(error));
                    }
                }
                Err(error) => {
                    let message = format!("the action was accepted, but polling its status failed: {error}");
                    let unknown = fail(ErrorKind::OutcomeUnknown, &message, Some(attempt));
                    return unknown.map_err(|unknown| unknown.with_source(error));
                }
            }
        }
    }
}

/// Returns whether both attempts have a type and these differ.
fn is_other_type(known: &ActionAttempt, seen: &ActionAttempt) -> bool {
    matches!((&known.action_type, &seen.action_type), (Some(known), Some(seen)) if known != seen)
}

impl<E: StartsAction> IntoFuture for AndWait<E> {
    type Output = Result<E::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<E: fmt::Debug> fmt::Debug for AndWait<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AndWait")
            .field("call", &self.call)
            .field("timeout", &self.timeout)
            .field("poll_interval", &self.poll_interval)
            .finish()
    }
}
