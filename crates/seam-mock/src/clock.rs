//! A clock that waits for nothing: pauses are over at once, and the time they would have taken has passed.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant, SystemTime},
};

use seam_core::{Clock, Sleep};

/// A clock for tests, which stands still but for pauses and [`advance`](Self::advance).
///
/// A pause (before a retry, before the next look at an action) takes no time: it moves the clock on by its length and
/// is over. A deadline comes when the clock has been moved there, and never before. Clones are one clock.
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
/// script.on::<unmanaged::Get>(|_| true).times(3).fail(TransportErrorKind::Interrupted);
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
    time_of_day: SystemTime,
    passed: Duration,
    pauses: Vec<Duration>,
    /// Those who wait for a deadline.
    waiting: Vec<Waker>,
}

impl TestClock {
    /// A clock that begins at the time of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self::at(SystemTime::now())
    }

    /// A clock that begins at `time_of_day`.
    #[must_use]
    pub fn at(time_of_day: SystemTime) -> Self {
        let state = State {
            start: Instant::now(),
            time_of_day,
            passed: Duration::ZERO,
            pauses: Vec::new(),
            waiting: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.lock();
        state.passed = state.passed.saturating_add(duration);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How much time has passed since the clock was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.lock().passed
    }

    /// The pauses so far, in the order in which they began.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.lock().pauses.clone()
    }

    /// The state, also after a panic elsewhere: it is never left half changed.
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
        let state = self.lock();
        state.start.checked_add(state.passed).unwrap_or(state.start)
    }

    fn time_of_day(&self) -> SystemTime {
        let state = self.lock();
        state.time_of_day.checked_add(state.passed).unwrap_or(state.time_of_day)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let mut has_begun = false;
        Box::pin(poll_fn(move |context| {
            if has_begun {
                return Poll::Ready(());
            }
            has_begun = true;
            clock.lock().pauses.push(duration);
            clock.advance(duration);
            // A deadline that lies within the pause gets its turn before the pause is over.
            context.waker().wake_by_ref();
            Poll::Pending
        }))
    }

    fn deadline(&self, deadline: Instant) -> Sleep {
        let clock = self.clone();
        Box::pin(poll_fn(move |context| {
            if clock.now() >= deadline {
                return Poll::Ready(());
            }
            clock.lock().waiting.push(context.waker().clone());
            Poll::Pending
        }))
    }
}
