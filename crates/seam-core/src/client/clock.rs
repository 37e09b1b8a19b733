//! Time, as far as calls need it: timeouts, the waits before a retry, the waits for an action.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use crate::client::timer::{self, Pause};

/// A pause, to be awaited.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a client gets its time from.
///
/// A client uses [`SystemClock`] unless its builder is given another one: that of the async runtime it
/// runs on, or one that a test moves by hand.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// A time that only ever goes forward, for deadlines.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// The time of the wall clock, for the dates that servers write.
    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Prepares the clock for pauses. Called before each request is sent, because a pause that cannot end is worse
    /// after that. The default does nothing.
    ///
    /// # Errors
    ///
    /// The reason why pauses do not work now, such as a thread that cannot be started. The attempt then fails with
    /// [`TransportErrorKind::NotSent`](crate::TransportErrorKind::NotSent).
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    /// A pause: over when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// The end of somebody's patience: over when [`now`](Self::now) is at or after `deadline`.
    ///
    /// For a clock that runs by itself this is a pause like any other. A clock of a test can tell them
    /// apart: what would pause may take no time at all, but a deadline must not come before its time.
    fn deadline(&self, deadline: Instant) -> Sleep {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

/// The time of this machine. Works under every async runtime and without one; one thread, which starts
/// with the first request, keeps the time for all clients of the program. A forked child starts a thread of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn prepare(&self) -> io::Result<()> {
        timer::start().map(drop)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(Pause::new(duration))
    }
}

/// The output of `future`, or `None` if `deadline` comes first. What is ready at the deadline counts.
pub(crate) async fn before<F: Future>(clock: &dyn Clock, deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    // Most exchanges over a test double are ready at once and need no timer.
    let mut expiry = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        expiry.get_or_insert_with(|| clock.deadline(deadline)).as_mut().poll(context).map(|()| None)
    })
    .await
}
