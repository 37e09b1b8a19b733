//! Polling a read until a condition holds.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use crate::{Call, Endpoint, Error, ErrorKind, FullResponse, Idempotency, call::blocking, policy::trace};

/// The default timeout of [`until`](Call::until): 60 s.
pub const DEFAULT_UNTIL_TIMEOUT: Duration = Duration::from_secs(60);

/// The default interval between two polls of [`until`](Call::until): 1 s.
pub const DEFAULT_UNTIL_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A read that is polled until a condition holds, created by [`Call::until`].
///
/// The first poll is sent at once, and each further one after the poll interval, measured by the clock of the client.
/// Awaiting it returns the first value for which the condition holds.
///
/// * When no time remains for another poll, the error is [`ConditionNotMet`](ErrorKind::ConditionNotMet), with the
///   value of the last poll in [`last_value`](Error::last_value) and its body in [`body`](Error::body).
/// * A poll is retried like any call. A poll that fails ends the wait with its error, unless it timed out and time
///   remains for another.
/// * The timeout of a poll is that of [`Call::with_timeout`], or that of the client up to 5 s, and never longer than
///   the remaining time.
/// * Polls carry `cache-control: no-store`.
///
/// Dropping the future stops the polling.
#[derive(Clone)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Until<E, P> {
    call: Call<E>,
    condition: P,
    timeout: Duration,
    poll_interval: Duration,
}

impl<E: Endpoint> Call<E> {
    /// Polls until `condition` holds, such as until an access code is set or a device is online.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # async fn example(seam: seam_core::Seam) -> Result<(), seam_core::Error> {
    /// let code = seam.access_codes().create("front-door").name("Guest").await?;
    /// let get = seam.access_codes().get(&code.access_code_id);
    /// let code = get.until(|code| code.pending_mutations.is_empty()).timeout(Duration::from_secs(120)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Only reads can be polled. Any other call does not compile:
    ///
    /// ```compile_fail,E0080
    /// # fn example(seam: &seam_core::Seam) {
    /// let _ = seam.locks().unlock_door("front-door").until(|_| true);
    /// # }
    /// # fn main() {
    /// #     let _: fn(&seam_core::Seam) = example;
    /// # }
    /// ```
    pub fn until<P>(self, condition: P) -> Until<E, P>
    where
        P: FnMut(&E::Output) -> bool + Send,
    {
        const {
            assert!(
                matches!(E::SPEC.idempotency(), Idempotency::ReadOnly),
                "only a call that reads can be polled until a condition holds"
            );
        }
        Until { call: self, condition, timeout: DEFAULT_UNTIL_TIMEOUT, poll_interval: DEFAULT_UNTIL_POLL_INTERVAL }
    }
}

impl<E, P> Until<E, P>
where
    E: Endpoint<Output: Sync>,
    P: FnMut(&E::Output) -> bool + Send,
{
    /// Sets the timeout of the wait, from the first poll on. Defaults to [`DEFAULT_UNTIL_TIMEOUT`]. [`Duration::MAX`]
    /// disables it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the interval between two polls. Defaults to [`DEFAULT_UNTIL_POLL_INTERVAL`]. Limited to half of the
    /// timeout. Must not be zero.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Blocks the thread until the condition holds, like [`Call::block`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as awaiting it, and [`ErrorKind::InvalidConfiguration`] when the client does not [allow
    /// blocking](crate::Builder::allow_blocking).
    pub fn block(self) -> Result<E::Output, Error> {
        let seam = self.call.seam().clone();
        blocking::run(&seam, self.run())
    }

    async fn run(mut self) -> Result<E::Output, Error> {
        if self.poll_interval.is_zero() {
            let message = "the interval between two polls must not be zero (nothing was sent)";
            return Err(
                Error::of_kind(ErrorKind::InvalidRequest, message).of_operation(E::SPEC.method().clone(), E::SPEC)
            );
        }
        let clock = Arc::clone(self.call.seam().clock());
        // At least a millisecond, so that polls never flood the server.
        let interval = self.poll_interval.min(self.timeout / 2).max(Duration::from_millis(1));
        let deadline = clock.now().checked_add(self.timeout);
        let left = || deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(clock.now()));
        let poll_timeout = self.call.poll_timeout();
        let mut call = self.call.polled();
        let mut last = None;
        let mut polls = 0_u64;
        loop {
            call = call.with_timeout(poll_timeout.min(left()));
            polls = polls.saturating_add(1);
            let failure = match call.send().await {
                Ok(response) if (self.condition)(&response.value) => return Ok(response.value),
                Ok(response) => {
                    last = Some(response);
                    None
                }
                Err(error) if error.is_timeout() => Some(error),
                Err(error) => return Err(error),
            };
            if left() <= interval {
                return Err(not_met::<E>(self.timeout, polls, last, failure));
            }
            trace::poll(interval);
            clock.sleep(interval).await;
        }
    }
}

/// Returns the error of a condition that did not hold before the timeout.
fn not_met<E: Endpoint<Output: Sync>>(
    timeout: Duration,
    polls: u64,
    last: Option<FullResponse<E::Output>>,
    failure: Option<Error>,
) -> Error {
    let times = if polls == 1 { "once" } else { &format!("{polls} times") };
    let message = format!("the condition did not hold within {} s (polled {times})", timeout.as_secs_f64());
    let error = match last {
        Some(response) => response.origin.error(ErrorKind::ConditionNotMet, &message).change(|inner| {
            inner.body = Some(response.body);
            inner.last_value = Some(Arc::new(response.value));
        }),
        None => Error::of_kind(ErrorKind::ConditionNotMet, message).of_operation(E::SPEC.method().clone(), E::SPEC),
    };
    match failure {
        Some(failure) => error.with_source(failure),
        None => error,
    }
}

impl<E, P> IntoFuture for Until<E, P>
where
    E: Endpoint<Output: Sync>,
    P: FnMut(&E::Output) -> bool + Send + 'static,
{
    type Output = Result<E::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<E: fmt::Debug, P> fmt::Debug for Until<E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until")
            .field("call", &self.call)
            .field("timeout", &self.timeout)
            .field("poll_interval", &self.poll_interval)
            .finish_non_exhaustive()
    }
}
