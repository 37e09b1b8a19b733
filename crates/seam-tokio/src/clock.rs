//! The clock of tokio.

use std::{
    io,
    time::{Duration, Instant},
};

use seam_core::{Clock, Sleep, SystemClock};

use crate::runtime;

/// The clock of the tokio runtime that a call runs on, or the [`SystemClock`] without a runtime, or with a runtime
/// without timers.
///
/// In a runtime with paused time, it stops, and jumps to the deadline while a call waits for a socket: use the
/// [`SystemClock`] for real requests in such a test. It also stops on a blocked thread of a runtime: a client that
/// [allows blocking](seam_core::Builder::allow_blocking) needs the [`SystemClock`] too.
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
