//! Sending again what may be sent again: reads and idempotent writes after a failure that passes,
//! actions only when nothing was sent.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    Clock, Idempotency, Request, RequestExt, Response, Spec, Transport, TransportError, TransportErrorKind,
    policy::{
        attempt::{Attempt, AttemptHistory, Cut},
        context::RequestContext,
        rate_limit::RateLimit,
        retry_budget::{ReservedRetry, RetryBudget},
        trace,
    },
    response::{classify::Failure, retry_after::retry_after},
};

/// No wait before a retry is longer than this, unless the server asks for it.
const MAX_BACKOFF: Duration = Duration::from_secs(20);

/// How long a server may ask a call to wait that has no timeout.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

// Evaluated at compile time, where a zero would not compile.
const DEFAULT_MAX_ATTEMPTS: NonZeroU32 = NonZeroU32::new(3).unwrap();

/// How long an attempt may take that another one may follow, unless a policy says otherwise: 5 s.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// When a request is sent again, and how often.
///
/// What may be sent again is decided by the [`Idempotency`] of the endpoint and not by the verb:
///
/// | Idempotency | is sent again after |
/// |---|---|
/// | [`ReadOnly`](Idempotency::ReadOnly), [`Idempotent`](Idempotency::Idempotent) | a broken connection, a timeout, and the statuses 408, 429 and 5xx |
/// | [`NonIdempotent`](Idempotency::NonIdempotent) | nothing but [`TransportErrorKind::NotSent`]: it is certain that nothing was sent |
///
/// Before the second attempt there is a random wait of up to 0.2 s, before the third one of up to 0.4 s. What
/// the server asks for in `Retry-After` is waited before that. A wait that would end after the call's
/// deadline is not begun: the call fails at once with what it has.
///
/// A connection can go silent without an error. So an attempt of a read or of an idempotent write ends after the
/// [attempt timeout](Self::attempt_timeout), and the next one uses another connection. The last attempt, and each attempt
/// of an action, has all the time that its call has left.
///
/// All clones of a client share a budget of retries, so that an outage is not made worse by those who
/// suffer from it: each retry takes one from it, each answer puts a tenth back, and while it is empty a
/// failure is final. A thousand reads into a dead server are 1,020 requests at most.
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

    /// Sets how often a request is sent at most, the first time included: 3 unless set.
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

    /// Sets the longest wait before the second attempt: 0.2 s unless set. It doubles with each attempt after that, up to
    /// 20 s.
    pub fn initial_backoff(mut self, backoff: Duration) -> Self {
        self.initial_backoff = backoff;
        self
    }

    /// Sets how many retries all clones of the client may make before responses fill the budget again: 20 unless set.
    pub fn retry_budget(mut self, retries: u32) -> Self {
        self.retry_budget = retries;
        self
    }

    /// Sets how long an attempt may take that another one may follow: [`DEFAULT_ATTEMPT_TIMEOUT`] unless set.
    /// [`Duration::MAX`] leaves all attempts the time of their call. With zero, which would end each attempt before its
    /// response, [`Builder::build`](crate::Builder::build) fails.
    ///
    /// An attempt is not ended early where that would not help: for an action, for the last attempt, while the retry
    /// budget is empty, and where the call does not have the time for a next attempt that takes as long.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Returns how often a request is sent at most.
    #[must_use]
    pub fn get_max_attempts(&self) -> NonZeroU32 {
        self.max_attempts
    }

    /// Returns the longest wait before the second attempt.
    #[must_use]
    pub fn get_initial_backoff(&self) -> Duration {
        self.initial_backoff
    }

    /// Returns how many retries all clones of the client may make before responses fill the budget again.
    #[must_use]
    pub fn get_retry_budget(&self) -> u32 {
        self.retry_budget
    }

    /// Returns how long an attempt may take that another one may follow.
    #[must_use]
    pub fn get_attempt_timeout(&self) -> Duration {
        self.attempt_timeout
    }

    /// The longest wait after that many attempts.
    fn max_delay(&self, attempts: u32) -> Duration {
        let factor = 1_u128.checked_shl(attempts.saturating_sub(1)).unwrap_or(u128::MAX);
        let max = self.initial_backoff.as_nanos().saturating_mul(factor).min(MAX_BACKOFF.as_nanos());
        Duration::from_nanos(u64::try_from(max).unwrap_or(u64::MAX))
    }

    /// A random wait after that many attempts. Without the randomness, all who failed together would
    /// come back together.
    fn delay(&self, attempts: u32) -> Duration {
        self.max_delay(attempts).mul_f64(fastrand::f64())
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends again what may be sent again.
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

    /// Whether an attempt may follow this one, as far as policy and caller are concerned.
    fn allows_another(&self, request: &Request, attempts: u32) -> bool {
        attempts < self.policy.max_attempts.get() && RequestContext::of(request).is_none_or(|context| context.may_retry)
    }

    /// How an attempt may end early.
    fn cut(&self, request: &Request, attempts: u32, idempotency: Idempotency) -> Option<Cut> {
        let may_end = Failure::Transport(TransportErrorKind::Timeout).passes(idempotency);
        (may_end && self.allows_another(request, attempts)).then(|| Cut {
            timeout: self.policy.attempt_timeout,
            delay: self.policy.max_delay(attempts),
            budget: Arc::clone(&self.budget),
        })
    }

    /// How long to wait before the next attempt; `None` if there is to be none.
    fn delay(
        &self,
        request: &Request,
        attempts: u32,
        result: &Result<Response, TransportError>,
        is_reserved: bool,
    ) -> Option<Duration> {
        if !self.allows_another(request, attempts) {
            return None;
        }
        let response = result.as_ref().ok();
        let requested = response.and_then(|response| retry_after(response.headers(), self.clock.system_time()));
        let delay = requested.unwrap_or_default().saturating_add(self.policy.delay(attempts));
        let now = self.clock.now();
        let remaining = match request.deadline() {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => MAX_RETRY_AFTER,
        };
        (delay < remaining && (is_reserved || self.budget.has_some())).then_some(delay)
    }
}

#[async_trait]
impl Transport for Retry {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // A request that is not of this library may do something each time it arrives.
        let idempotency = request.spec().map_or(Idempotency::NonIdempotent, Spec::idempotency);
        let mut history = AttemptHistory::default();
        loop {
            history.attempts += 1;
            let mut attempt = request.clone();
            let cut = self.cut(&request, history.attempts, idempotency);
            attempt.extensions_mut().insert(Attempt { number: history.attempts, cut });
            let mut result = self.inner.send(attempt).await;
            let reserved = result.as_mut().err().and_then(|error| error.extensions_mut().remove::<ReservedRetry>());
            let failure = Failure::of(&result);
            if matches!(failure, Some(Failure::Transport(TransportErrorKind::NotSentInTime))) {
                // It never came to it.
                history.attempts -= 1;
            }
            if failure.is_none() {
                self.budget.refill();
            }
            let delay = match failure {
                Some(failure) if failure.passes(idempotency) => {
                    self.delay(&request, history.attempts, &result, reserved.is_some())
                }
                _ => None,
            };
            if let Some(delay) = delay {
                trace::retry(history.attempts, delay);
                self.clock.sleep(delay).await;
                // A timer may be late, and others may have been faster. A caller that gave up meanwhile takes nothing.
                let is_late = request.deadline().is_some_and(|deadline| self.clock.now() >= deadline);
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
                    continue;
                }
            }
            match &mut result {
                Ok(response) => {
                    response.extensions_mut().insert(history);
                }
                Err(error) => {
                    error.extensions_mut().insert(history);
                }
            }
            return result;
        }
    }
}
