//! Sending again what may be sent again: reads and idempotent writes after a failure that passes,
//! actions only when nothing was sent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use http::{HeaderMap, StatusCode, header};

use crate::{
    Clock, Request, Response, Safety, Transport, TransportError, TransportErrorKind,
    client::clock::FOREVER,
    policy::trace,
    transport::{self, Terms},
};

/// No wait before a retry is longer than this, unless the server asks for it.
const LONGEST_DELAY: Duration = Duration::from_secs(20);

/// How long a server may ask a call to wait that has no deadline.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// How long an attempt may take that another one may follow, unless a policy says otherwise: 5 s.
pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// When a request is sent again, and how often.
///
/// What may be sent again is decided by the [`Safety`] of the endpoint and not by the verb:
///
/// | Safety | is sent again after |
/// |---|---|
/// | [`Read`](Safety::Read), [`Idempotent`](Safety::Idempotent) | a broken connection, a timeout, and the statuses 408, 429 and 5xx |
/// | [`Action`](Safety::Action) | nothing but [`TransportErrorKind::NotSent`]: it is certain that nothing was sent |
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    pub(crate) attempts: u32,
    pub(crate) first_delay: Duration,
    pub(crate) budget: u32,
    pub(crate) attempt_timeout: Duration,
}

impl RetryPolicy {
    /// Up to three attempts, with a budget of 20 retries and [`DEFAULT_ATTEMPT_TIMEOUT`].
    pub fn new() -> Self {
        Self {
            attempts: 3,
            first_delay: Duration::from_millis(200),
            budget: 20,
            attempt_timeout: DEFAULT_ATTEMPT_TIMEOUT,
        }
    }

    /// Nothing is ever sent again.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::new() }
    }

    /// How often a request is sent at most, the first time included. Not zero.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The longest wait before the second attempt. It doubles with each attempt after that, up to 20 s.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// How many retries all clones of the client may make before an answer fills the budget again.
    pub fn budget(mut self, retries: u32) -> Self {
        self.budget = retries;
        self
    }

    /// Sets how long an attempt may take that another one may follow: [`DEFAULT_ATTEMPT_TIMEOUT`] unless set.
    /// [`Duration::MAX`] leaves all attempts the time of their call. Not zero.
    ///
    /// An attempt is not ended early where that would not help: for an action, for the last attempt, while the retry
    /// budget is empty, and where the call does not have the time for a next attempt that takes as long.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The longest wait after that many attempts.
    fn longest_delay(&self, attempts: u32) -> Duration {
        let factor = 1_u128.checked_shl(attempts.saturating_sub(1)).unwrap_or(u128::MAX);
        let longest = self.first_delay.as_nanos().saturating_mul(factor).min(LONGEST_DELAY.as_nanos());
        Duration::from_nanos(u64::try_from(longest).unwrap_or(u64::MAX))
    }

    /// A random wait after that many attempts. Without the randomness, all who failed together would
    /// come back together.
    fn delay(&self, attempts: u32) -> Duration {
        self.longest_delay(attempts).mul_f64(fastrand::f64())
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// What came before an answer, or before the last error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct History {
    /// How often it was tried to send the request.
    pub(crate) attempts: u32,
    /// Whether an attempt before the last one reached the server, or may have.
    pub(crate) earlier_was_sent: bool,
    /// Whether an attempt before the last one may have been carried out.
    pub(crate) earlier_may_be_done: bool,
}

/// The attempt that a request belongs to: an extension of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    /// Counted from one.
    pub(crate) number: u32,
    /// How it may end early; `None` if no other attempt may follow it.
    pub(crate) cut: Option<Cut>,
}

/// The end of an attempt whose connection may have gone silent, at the cost of a retry.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    timeout: Duration,
    /// The longest wait before the next attempt.
    delay: Duration,
    budget: Arc<Budget>,
}

impl Cut {
    /// When an attempt that begins now ends; `None` where the next one would have less time than this one.
    pub(crate) fn end(&self, now: Instant, deadline: Option<Instant>) -> Option<Instant> {
        let end = now.checked_add(self.timeout)?;
        let next = self.delay.saturating_add(self.timeout);
        deadline.is_none_or(|deadline| deadline.saturating_duration_since(end) >= next).then_some(end)
    }

    /// Takes the retry that the attempt is ended for, so that of many attempts at a slow server only as many end early
    /// as can be sent again.
    pub(crate) fn reserve(&self) -> Option<ReservedRetry> {
        self.budget.take().then(|| ReservedRetry(Some(Arc::clone(&self.budget))))
    }
}

/// A retry that was taken out of the budget. Returned to it when dropped, unless spent.
#[derive(Debug)]
pub(crate) struct ReservedRetry(Option<Arc<Budget>>);

impl ReservedRetry {
    fn spend(mut self) {
        self.0 = None;
    }
}

impl Drop for ReservedRetry {
    fn drop(&mut self) {
        if let Some(budget) = &self.0 {
            budget.put_back();
        }
    }
}

/// Whether a status says that something failed which may pass, after the request was carried out or before.
pub(crate) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

/// Whether a status leaves open if the request was carried out: all that neither say so nor refuse it. A redirect may be
/// an answer to what was done (303 mostly is), unless it asks for the very same request elsewhere; and numbers that HTTP
/// does not know come from servers in between.
pub(crate) fn leaves_open(status: StatusCode) -> bool {
    let is_refusal = status.is_client_error() && !may_pass(status) && status.canonical_reason().is_some();
    let is_to_be_repeated = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    !(status.is_success() || is_refusal || is_to_be_repeated)
}

/// The retries that are left, in tenths.
#[derive(Debug)]
struct Budget {
    tenths: AtomicU32,
    capacity: u32,
}

impl Budget {
    const RETRY: u32 = 10;

    fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(Self::RETRY);
        Self { tenths: AtomicU32::new(capacity), capacity }
    }

    /// Whether there is a retry.
    fn has_some(&self) -> bool {
        self.tenths.load(Ordering::Relaxed) >= Self::RETRY
    }

    /// Takes a retry, if there is one.
    fn take(&self) -> bool {
        let taken =
            self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(Self::RETRY));
        taken.is_ok()
    }

    /// Puts back a retry that was taken and not made.
    fn put_back(&self) {
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(Self::RETRY).min(self.capacity))
        });
    }

    /// An answer came: puts a tenth of a retry back.
    fn refill(&self) {
        // It fails when the budget is full, which is fine.
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < self.capacity).then(|| left.saturating_add(1))
        });
    }
}

/// Sends again what may be sent again.
#[derive(Debug)]
pub(crate) struct Retry<T> {
    policy: RetryPolicy,
    budget: Arc<Budget>,
    clock: Arc<dyn Clock>,
    inner: T,
}

impl<T: Transport> Retry<T> {
    pub(crate) fn new(policy: RetryPolicy, clock: Arc<dyn Clock>, inner: T) -> Self {
        Self { budget: Arc::new(Budget::new(policy.budget)), policy, clock, inner }
    }

    /// Whether an attempt may follow this one, as far as policy and caller are concerned.
    fn allows_another(&self, request: &Request, attempts: u32) -> bool {
        attempts < self.policy.attempts && Terms::of(request).is_none_or(|terms| terms.may_retry)
    }

    /// How an attempt may end early.
    fn cut(&self, request: &Request, attempts: u32, safety: Safety) -> Option<Cut> {
        let may_end = Failure::Transport(TransportErrorKind::Timeout).passes(safety);
        (may_end && self.allows_another(request, attempts)).then(|| Cut {
            timeout: self.policy.attempt_timeout,
            delay: self.policy.longest_delay(attempts),
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
        let asked = response.and_then(|response| retry_after(response.headers(), self.clock.time_of_day()));
        let delay = asked.unwrap_or_default().saturating_add(self.policy.delay(attempts));
        let now = self.clock.now();
        let patience = match transport::deadline(request) {
            Some(deadline) => deadline.saturating_duration_since(now),
            None => LONGEST_RETRY_AFTER,
        };
        (delay < patience && (is_reserved || self.budget.has_some())).then_some(delay)
    }
}

#[async_trait]
impl<T: Transport> Transport for Retry<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let safety = transport::safety(&request);
        let mut history = History::default();
        loop {
            history.attempts += 1;
            let mut attempt = request.clone();
            let cut = self.cut(&request, history.attempts, safety);
            attempt.extensions_mut().insert(Attempt { number: history.attempts, cut });
            let mut result = self.inner.send(attempt).await;
            let reserved = result.as_mut().err().and_then(|error| error.0.reserved_retry.take());
            let failure = Failure::of(&result);
            if matches!(failure, Some(Failure::Transport(TransportErrorKind::NotSentInTime))) {
                // It never came to it.
                history.attempts -= 1;
            }
            if failure.is_none() {
                self.budget.refill();
            }
            let delay = match failure {
                Some(failure) if failure.passes(safety) => {
                    self.delay(&request, history.attempts, &result, reserved.is_some())
                }
                _ => None,
            };
            if let Some(delay) = delay {
                trace::retry(history.attempts, delay);
                self.clock.sleep(delay).await;
                // A timer may be late, and others may have been faster. A caller that gave up meanwhile takes nothing.
                let is_late = transport::deadline(&request).is_some_and(|deadline| self.clock.now() >= deadline);
                let has_retry = || match reserved {
                    Some(reserved) => {
                        reserved.spend();
                        true
                    }
                    None => self.budget.take(),
                };
                if !is_late && has_retry() {
                    history.earlier_was_sent |= failure.is_some_and(Failure::was_sent);
                    history.earlier_may_be_done |= failure.is_some_and(Failure::may_be_done);
                    continue;
                }
            }
            match &mut result {
                Ok(response) => {
                    response.extensions_mut().insert(history);
                }
                Err(error) => error.0.history = history,
            }
            return result;
        }
    }
}

/// Why an attempt has no answer that is final.
#[derive(Clone, Copy)]
enum Failure {
    Status(StatusCode),
    Transport(TransportErrorKind),
}

impl Failure {
    fn of(result: &Result<Response, TransportError>) -> Option<Self> {
        match result {
            Ok(response) => {
                let status = response.status();
                let is_failure = may_pass(status) || status == StatusCode::TOO_MANY_REQUESTS;
                is_failure.then_some(Self::Status(status))
            }
            Err(error) => Some(Self::Transport(error.kind())),
        }
    }

    /// Whether the request left this machine, or may have.
    fn was_sent(self) -> bool {
        match self {
            Self::Status(_) => true,
            Self::Transport(kind) => !kind.is_not_sent(),
        }
    }

    /// Whether the request may have been carried out all the same.
    fn may_be_done(self) -> bool {
        match self {
            Self::Status(status) => may_pass(status),
            Self::Transport(_) => self.was_sent(),
        }
    }

    /// Whether another attempt may fare better and does no harm.
    fn passes(self, safety: Safety) -> bool {
        match (safety, self) {
            (_, Self::Transport(TransportErrorKind::NotSent)) => true,
            (Safety::Action, _) => false,
            (_, Self::Status(_)) => true,
            (_, Self::Transport(kind)) => {
                matches!(kind, TransportErrorKind::Interrupted | TransportErrorKind::Timeout | TransportErrorKind::Body)
            }
        }
    }
}

/// How long a server asks to wait: the first `Retry-After` that is a number of seconds, or a date. Anything else is
/// ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok()).map(str::trim);
    let wait = values.filter_map(|value| seconds(value).or_else(|| until(value, headers, now))).next()?;
    Some(wait.min(FOREVER))
}

/// A number of seconds in digits. HTTP has whole ones only, some servers send a fraction.
fn seconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let seconds: f64 = value.parse().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER))
}

/// The time that is left until a date; none if it has passed.
fn until(value: &str, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(value).ok()?;
    // By the server's own clock, if it tells: that of this machine may be wrong.
    let date_of_response = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = date_of_response.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    /// Through a client, two threads meet here too rarely for a test to see it.
    #[test]
    fn no_retry_is_taken_twice_by_two_threads() {
        const RETRIES: u32 = 200_000;
        // Several times, since a thread may be done before the others have begun.
        for _ in 0..20 {
            let (budget, start) = (Budget::new(RETRIES), Barrier::new(4));
            let take_all = || {
                start.wait();
                (0..).take_while(|_| budget.take()).count()
            };
            let taken: usize = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(take_all)).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
            });
            assert_eq!(u32::try_from(taken), Ok(RETRIES));
        }
    }
}
