//! Time as tokio has it.

use std::time::{Duration, Instant};

use seam_core::{Clock, Sleep, SystemClock};

/// The time of the tokio runtime that a call runs on, and that of the [`SystemClock`] where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        match tokio::runtime::Handle::try_current() {
            Ok(_) => Box::pin(tokio::time::sleep(duration)),
            Err(_) => SystemClock.sleep(duration),
        }
    }
}
