//! A clock for tests, which advances over pauses without waiting.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use crate::{Clock, Instant, Sleep, SystemClock};

/// A clock for tests, which advances only by pauses and [`advance`](Self::advance).
///
/// A pause (before a retry, before the next poll of an action) takes no real time: once no other task makes progress,
/// the clock advances to the earliest end of a pause. Calls that wait concurrently therefore overlap. A deadline passes
/// only when the clock has been advanced to it. Clones share one clock.
///
/// ```
/// use std::time::Duration;
/// use seam_core::{Credentials, Seam, TransportErrorKind};
/// use seam_mock::{API_KEY, Script, TestClock};
/// use seam_core::endpoints::access_codes::unmanaged;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let script = Script::new();
/// script.expect::<unmanaged::Get>(|_| true).times(3).fail(TransportErrorKind::Interrupted);
///
/// let clock = TestClock::new();
/// let credentials = Credentials::api_key(API_KEY)?;
/// let seam = Seam::builder(script.transport()).credentials(credentials).clock(clock.clone()).build()?;
/// let error = seam.access_codes().unmanaged().get("26d6138c").await.unwrap_err();
/// assert_eq!(error.attempts(), 3);
/// let pauses = clock.pauses();
/// assert!(pauses[0] <= Duration::from_millis(200) && pauses[1] <= Duration::from_millis(400));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    start: Instant,
    system_time: SystemTime,
    passed: Duration,
    pauses: Vec<Duration>,
    /// The ends of the pauses that are not over, each with a unique number.
    ends: BTreeSet<(Duration, u64)>,
    next_number: u64,
    /// The number of polls of pauses since any other use of this clock.
    idle: u32,
    /// The wakers of tasks that wait for a deadline.
    waiting: Vec<Waker>,
}

/// The number of polls per pause after which all other tasks are considered idle.
const IDLE: u32 = 16;

impl TestClock {
    /// Creates a clock that begins at the current system time.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemClock.system_time())
    }

    /// Creates a clock that begins at `system_time`.
    #[must_use]
    pub fn at(system_time: SystemTime) -> Self {
        let state = State {
            start: SystemClock.now(),
            system_time,
            passed: Duration::ZERO,
            pauses: Vec::new(),
            ends: BTreeSet::new(),
            next_number: 0,
            idle: 0,
            waiting: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Advances the clock, up to a hundred years in total.
    pub fn advance(&self, duration: Duration) {
        let passed = self.lock().passed.saturating_add(duration);
        self.move_to(passed);
    }

    fn move_to(&self, passed: Duration) {
        let mut state = self.lock();
        state.passed = passed.min(MAX_ELAPSED).max(state.passed);
        state.idle = 0;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns the time by which the clock has advanced.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().passed
    }

    /// Returns all pauses so far, in the order in which they began.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.lock().pauses.clone()
    }

    /// Locks the state and ignores poisoning: no code panics while it is inconsistent.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let mut state = self.lock();
        state.idle = 0;
        state.start.checked_add(state.passed).unwrap_or(state.start)
    }

    fn system_time(&self) -> SystemTime {
        let state = self.lock();
        state.system_time.checked_add(state.passed).unwrap_or(state.system_time)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut pause = Pause { clock: self.clone(), duration, end: None };
        Box::pin(poll_fn(move |context| pause.poll(context)))
    }

    fn deadline(&self, deadline: Instant) -> Sleep {
        let clock = self.clone();
        Box::pin(poll_fn(move |context| {
            let mut state = clock.lock();
            if state.start.checked_add(state.passed).is_none_or(|now| now >= deadline) {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        }))
    }
}

/// The maximum elapsed time, so that arithmetic with times does not overflow.
const MAX_ELAPSED: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A pause. Dropping it removes it from the clock.
struct Pause {
    clock: TestClock,
    duration: Duration,
    end: Option<(Duration, u64)>,
}

impl Pause {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        let Some(end) = self.end else {
            let end = (state.passed.saturating_add(self.duration), state.next_number);
            state.next_number += 1;
            state.pauses.push(self.duration);
            state.ends.insert(end);
            state.idle = 0;
            self.end = Some(end);
            context.waker().wake_by_ref();
            return Poll::Pending;
        };
        if state.passed >= end.0.min(MAX_ELAPSED) {
            return Poll::Ready(());
        }
        state.idle = state.idle.saturating_add(1);
        let all = u32::try_from(state.ends.len()).unwrap_or(u32::MAX);
        let is_first = state.ends.first() == Some(&end);
        // If the first pause is no longer polled, the others must not wait for it forever.
        let polls = IDLE.saturating_mul(all).saturating_mul(if is_first { 1 } else { 64 });
        let is_time = state.idle >= polls;
        drop(state);
        if is_time {
            self.clock.move_to(end.0);
        }
        // A deadline within the pause is checked before the pause ends.
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some(end) = self.end {
            self.clock.lock().ends.remove(&end);
        }
    }
}
