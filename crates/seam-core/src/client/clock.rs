//! Time, as far as calls need it: timeouts, the waits before a retry, the waits for an action.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    task::Poll,
    time::{Duration, SystemTime},
};

use crate::client::Instant;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
use crate::client::timer::{self, Pause};

/// A pause, to be awaited.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a client gets its time from.
///
/// A client uses [`SystemClock`] unless its builder is given another one: that of the async runtime it
/// runs on, or one that a test moves by hand.
///
/// # WebAssembly
///
/// On `wasm32-unknown-unknown` the standard library has no clock. There, `now` and `system_time` have no default
/// implementation, [`Instant`] is a type of this crate with a constructor of its own, and a client needs a clock
/// that gets its time from the host.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current instant, which never goes back, for timeouts and pauses.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Returns the current instant, which never goes back, for timeouts and pauses.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    fn now(&self) -> Instant;

    /// Returns the time of the wall clock, for dates that servers write and the signatures of webhooks.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn system_time(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Returns the time of the wall clock, for dates that servers write and the signatures of webhooks.
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    fn system_time(&self) -> SystemTime;

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

    /// Returns a future that is ready when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Returns a future that is ready when [`now`](Self::now) is at or after `deadline`.
    ///
    /// For a clock that runs by itself this is a pause like any other. A clock of a test can distinguish them: a pause may
    /// take no time at all, but a deadline must not end before its time.
    fn deadline(&self, deadline: Instant) -> Sleep {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

/// The clock of this machine. Works under every async runtime and without one; one thread, which starts
/// with the first request, runs the timers of all clients of the program. A forked child starts a thread of its own.
///
/// On `wasm32-unknown-unknown`, which has neither a clock nor threads, [`prepare`](Clock::prepare) returns an error, so that every
/// call of a client without a [clock](crate::Builder::clock) of its own fails before anything is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SystemClock;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_origin(Duration::ZERO)
    }

    fn system_time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn prepare(&self) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "this platform has none; pass one to `Builder::clock`"))
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
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
