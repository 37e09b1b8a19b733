//! A clock with real deadlines, which records sleeps and ends them at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use seam_core::{Clock, Sleep};
use seam_tokio::TokioClock;

/// A clock whose sleeps end at once, so that a test waits for sockets only. Its deadlines are those of the system clock.
#[derive(Clone, Debug, Default)]
pub struct ImmediateClock(Arc<Mutex<Vec<Duration>>>);

impl ImmediateClock {
    /// Returns the durations of all sleeps so far.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Clock for ImmediateClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(duration);
        Box::pin(std::future::ready(()))
    }

    fn deadline(&self, deadline: Instant) -> Sleep {
        TokioClock.deadline(deadline)
    }
}
