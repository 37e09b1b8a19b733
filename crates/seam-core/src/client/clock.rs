//! The clock of a client: timeouts, waits before retries, and waits between polls.

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

/// The future that [`Clock::sleep`] returns.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The clock of a client.
///
/// A client uses [`SystemClock`] unless its builder sets another one: the clock of the async runtime it runs on, or a
/// clock that a test advances.
///
/// # WebAssembly
///
/// On `wasm32-unknown-unknown` the standard library has no clock. There, `now` and `system_time` have no default
/// implementation, [`Instant`] is a type of this crate with a constructor of its own, and a client needs a clock that
/// reads the time of the host.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the current instant of a monotonic clock, for timeouts and pauses.
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Returns the current instant of a monotonic clock, for timeouts and pauses.
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

    /// Prepares the clock for pauses. A client calls this before it sends a request, because a failure after that would
    /// leave the outcome of the request unknown. The default does nothing.
    ///
    /// # Errors
    ///
    /// Returns an error when pauses do not work, for example because a thread cannot be started. The attempt then fails
    /// with [`TransportErrorKind::NotSent`](crate::TransportErrorKind::NotSent).
    fn prepare(&self) -> io::Result<()> {
        Ok(())
    }

    /// Returns a future that is ready when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Sleep;

    /// Returns a future that is ready when [`now`](Self::now) is at or after `deadline`.
    ///
    /// The default is a [`sleep`](Self::sleep). The clock of a test can distinguish the two: it may end a pause at
    /// once, but must not end a deadline early.
    fn deadline(&self, deadline: Instant) -> Sleep {
        self.sleep(deadline.saturating_duration_since(self.now()))
    }
}

/// The system clock. Works under every async runtime and without one: a single thread, started with the first request,
/// runs the timers of all clients of the program. A forked child process starts its own thread.
///
/// On `wasm32-unknown-unknown`, which has neither a clock nor threads, [`prepare`](Clock::prepare) returns an error, so
/// every call of a client without another [clock](crate::Builder::clock) fails before anything is sent.
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
        Err(io::Error::new(io::ErrorKind::Unsupported, "this platform has no clock; pass one to `Builder::clock`"))
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

/// Returns the output of `future`, or `None` if `deadline` passes first. A future that is ready at the deadline counts
/// as in time.
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
