//! Time as tokio has it.

use std::{
    io,
    time::{Duration, Instant},
};

use seam_core::{Clock, Sleep, SystemClock};

use crate::runtime;

/// The time of the tokio runtime that a call runs on, and that of the [`SystemClock`] where there is none, or one without
/// timers.
///
/// It stands still with a runtime whose time is paused, and then jumps to the deadline while a socket is waited for: for
/// real requests in such a test, take the [`SystemClock`]. So does it on a thread that blocks: a client that
/// [may block](seam_core::Builder::allow_blocking) needs that one too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn prepare(&self) -> io::Result<()> {
        if runtime::has_time() { Ok(()) } else { SystemClock.prepare() }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        if runtime::has_time() { Box::pin(tokio::time::sleep(duration)) } else { SystemClock.sleep(duration) }
    }
}
