//! The time of this machine, with pauses that are written down in place of being waited for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use seam_core::{Clock, Sleep};
use seam_tokio::TokioClock;

/// A clock whose pauses take no time and whose deadlines are real: sockets take the time that they take, and nothing
/// else does.
#[derive(Clone, Debug, Default)]
pub struct Impatient(Arc<Mutex<Vec<Duration>>>);

impl Impatient {
    /// The pauses so far.
    #[must_use]
    pub fn pauses(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Clock for Impatient {
    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(duration);
        Box::pin(std::future::ready(()))
    }

    fn deadline(&self, deadline: Instant) -> Sleep {
        TokioClock.deadline(deadline)
    }
}
