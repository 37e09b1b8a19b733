//! Retries: reads and idempotent writes after a transient failure, actions only when nothing was sent.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{
    Clock, Idempotency, Instant, Request, RequestExt, Response, Spec, Transport, TransportError, TransportErrorKind,
    policy::{
        attempt::{Attempt, AttemptHistory, Cut},
        context::{Carried, RequestContext},
        rate_limit::RateLimit,
        retry_budget::{ReservedRetry, RetryBudget},
        trace,
    },
    response::{classify::Failure, retry_after::retry_after},
    transport::Exchange,
};

/// The maximum wait before a retry, unless the server requests a longer one.
const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// The maximum `Retry-After` that is observed for a call without a timeout.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

// Evaluated at compile time, where zero is an error.
const DEFAULT_MAX_ATTEMPTS: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// The default timeout of an attempt that another one may follow: 5 s.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// The policy for retries: which failures are retried, how often, and after which waits.
///
/// The [`Idempotency`] of the endpoint, not the HTTP verb, decides whether a request may be sent again:
///
/// | Idempotency | Sent again after |
/// |---|---|
/// | [`ReadOnly`](Idempotency::ReadOnly), [`Idempotent`](Idempotency::Idempotent) | a lost connection, a timeout, and the statuses 408, 429 and 5xx |
/// | [`NonIdempotent`](Idempotency::NonIdempotent) | only [`TransportErrorKind::NotSent`], when it is certain that nothing was sent |
///
/// The wait before the second attempt is random and at most 0.2 s, before the third at most 0.4 s. The delay of a
/// `Retry-After` is added to it. If the wait would end after the deadline of the call, the call fails at once with the
/// error or response of the last attempt.
///
/// A connection can become unresponsive without an error. An attempt of a read or an idempotent write therefore ends
/// after the [attempt timeout](Self::attempt_timeout), and the next one uses another connection. The last attempt, and
/// each attempt of an action, may use all the remaining time of its call.
///
/// All clones of a client share a retry budget, so that retries do not amplify an outage: each retry takes one from it,
/// each response that needs no retry adds a tenth, and while it is empty no request is retried. A thousand reads from
/// an unreachable server cause at most 1,020 requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct RetryPolicy {
    max_attempts: NonZeroU32,
    initial_backoff: Duration,
    retry_budget: u32,
    attempt_timeout: Duration,
}

impl RetryPolicy {
    /// Returns a policy of up to three attempts, with a budget of 20 retries and [`DEFAULT_ATTEMPT_TIMEOUT`].
    pub fn new() -> Self {
        Self {
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            initial_backoff: Duration::from_millis(200),
            retry_budget: 20,
            attempt_timeout: DEFAULT_ATTEMPT_TIMEOUT,
        }
    }

    /// Returns a policy without retries: each request is sent once.
    pub fn none() -> Self {
        Self { max_attempts: NonZeroU32::MIN, ..Self::new() }
    }

    /// Sets the maximum number of attempts, including the first. Defaults to 3.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use seam_core::RetryPolicy;
    ///
    /// const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
    ///
    /// assert_eq!(RetryPolicy::new().max_attempts(FIVE).get_max_attempts(), FIVE);
    /// ```
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the maximum wait before the second attempt. Defaults to 0.2 s. The maximum doubles with each further
    /// attempt, up to 20 s.
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// Sets the capacity of the retry budget, which all clones of the client share. Defaults to 20 retries.
    pub fn retry_budget(mut self, retries: u32) -> Self {
        self.retry_budget = retries;
        self
    }

    /// Sets the timeout of an attempt that another one may follow. Defaults to [`DEFAULT_ATTEMPT_TIMEOUT`].
    /// [`Duration::MAX`] disables it. With zero, [`Builder::build`](crate::Builder::build) fails.
    ///
    /// The timeout does not apply to an action, to the last attempt, while the retry budget is empty, and when less
    /// time than this remains for the next attempt.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Returns the maximum number of attempts.
    #[must_use]
    pub fn get_max_attempts(&self) -> NonZeroU32 {
        self.max_attempts
    }

    /// Returns the maximum wait before the second attempt.
    #[must_use]
    pub fn get_initial_backoff(&self) -> Duration {
        self.initial_backoff
    }

    /// Returns the capacity of the retry budget.
    #[must_use]
    pub fn get_retry_budget(&self) -> u32 {
        self.retry_budget
    }

    /// Returns the timeout of an attempt that another one may follow.
    #[must_use]
    pub fn get_attempt_timeout(&self) -> Duration {
        self.attempt_timeout
    }

    /// Returns the maximum wait after that many attempts.
    fn max_delay(&self, attempts: u32) -> Duration {
        let factor = 1_u128.checked_shl(attempts.saturating_sub(1)).unwrap_or(u128::MAX);
        let max = self.initial_backoff.as_nanos().saturating_mul(factor).min(MAX_BACKOFF.as_nanos());
        Duration::from_nanos(u64::try_from(max).unwrap_or(u64::MAX))
    }

    /// Returns a random wait after that many attempts. The jitter spreads the retries of requests that failed at the
    /// same time.
    fn delay(&self, attempts: u32) -> Duration {
        self.max_delay(attempts).mul_f64(fastrand::f64())
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// The layer that retries requests.
#[derive(Debug)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    budget: Arc<RetryBudget>,
    clock: Arc<dyn Clock>,
    inner: RateLimit,
}

impl Retry {
    pub(crate) fn new(policy: RetryPolicy, clock: Arc<dyn Clock>, inner: RateLimit) -> Self {
        Self { budget: Arc::new(RetryBudget::new(policy.retry_budget)), policy, clock, inner }
    }

    /// Returns whether the policy and the caller allow another attempt.
    fn allows_another(&self, request: &Request, attempts: u32) -> bool {
        attempts < self.policy.max_attempts.get() && RequestContext::of(request).is_none_or(|context| context.may_retry)
    }

    /// Returns the early end of an attempt, if it may end early.
    fn cut(&self, request: &Request, attempts: u32, idempotency: Idempotency) -> Option<Cut> {
        let may_end = Failure::Transport(TransportErrorKind::Timeout).may_be_retried(idempotency);
        (may_end && self.allows_another(request, attempts)).then(|| Cut {
            timeout: self.policy.attempt_timeout,
            delay: self.policy.max_delay(attempts),
            budget: Arc::clone(&self.budget),
        })
    }

    /// Returns the wait before the next attempt; `None` if the request is not sent again.
    fn delay(
        &self,
        deadline: Option<Instant>,
        attempts: u32,
        result: &Result<Response, TransportError>,
        is_reserved: bool,
    ) -> Option<Duration> {
        let response = result.as_ref().ok();
        let requested = response.and_then(|response| retry_after(response.headers(), self.clock.system_time()));
        let delay = requested.unwrap_or_default().saturating_add(self.policy.delay(attempts));
        let now = self.clock.now();
        let remaining = match deadline {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => MAX_RETRY_AFTER,
        };
        (delay < remaining && (is_reserved || self.budget.has_some())).then_some(delay)
    }
}

// Written out, since an async function would keep a second place for the request in its future.
impl Transport for Retry {
    fn send<'a, 'b>(&'a self, mut request: Request) -> Exchange<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let deadline = request.deadline();
            // A request that this crate did not create may not be idempotent.
            let idempotency = request.spec().map_or(Idempotency::NonIdempotent, Spec::idempotency);
            // A request that this crate did not create has no context, and is sent once.
            let context = RequestContext::of(&request).cloned();
            let mut history = AttemptHistory::default();
            loop {
                history.attempts += 1;
                let may_repeat = context.is_some() && self.allows_another(&request, history.attempts);
                let cut = self.cut(&request, history.attempts, idempotency);
                if let Some(carried) = request.extensions_mut().get_mut::<Carried>() {
                    carried.attempt = Attempt { number: history.attempts, may_repeat, cut };
                }
                let mut result = self.inner.send(&mut request).await;
                let reserved = result.as_mut().err().and_then(|error| error.extensions_mut().remove::<ReservedRetry>());
                let failure = Failure::of(&result);
                if matches!(failure, Some(Failure::Transport(TransportErrorKind::NotSentInTime))) {
                    // No attempt was made.
                    history.attempts -= 1;
                }
                if failure.is_none() {
                    self.budget.refill();
                }
                let delay = match failure {
                    Some(failure) if may_repeat && failure.may_be_retried(idempotency) => {
                        self.delay(deadline, history.attempts, &result, reserved.is_some())
                    }
                    _ => None,
                };
                if let (Some(delay), Some(context)) = (delay, &context) {
                    trace::retry(history.attempts, delay);
                    self.clock.sleep(delay).await;
                    // The timer may be late, and other calls may have emptied the budget. A call that was dropped meanwhile takes no retry.
                    let is_late = deadline.is_some_and(|deadline| self.clock.now() >= deadline);
                    let has_retry = || match reserved {
                        Some(reserved) => {
                            reserved.spend();
                            true
                        }
                        None => self.budget.take(),
                    };
                    if !is_late && has_retry() {
                        history.earlier_was_sent |= failure.is_some_and(Failure::was_sent);
                        history.earlier_may_have_been_applied |= failure.is_some_and(Failure::may_have_been_applied);
                        request.extensions_mut().insert(Carried::new(Arc::clone(context)));
                        continue;
                    }
                }
                match &mut result {
                    Ok(_) if history == AttemptHistory::FIRST => {}
                    Ok(response) => {
                        response.extensions_mut().insert(history);
                    }
                    Err(error) => {
                        error.extensions_mut().insert(history);
                    }
                }
                return result;
            }
        })
    }
}
