//! Replay protection by the ids of processed events.

use std::{
    collections::{HashSet, VecDeque},
    error::Error as StdError,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use seam_core::{async_trait, model::EventId};

/// The default number of processed events that a [`MemoryReplayGuard`] stores.
pub const DEFAULT_CAPACITY: usize = 100_000;

/// The error of a [`ReplayGuard`].
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The result of [`ReplayGuard::claim`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// The event was not processed. Only the caller may process it until the claim ends.
    New,
    /// Another delivery of the event has claimed it.
    InProgress,
    /// The event was processed.
    Processed,
}

/// A record of processed events, so that each is processed once, however often it is delivered.
///
/// Seam repeats a delivery that gets no response, and delivers an event once for each matching webhook. An attacker can
/// replay a recorded delivery as long as its signature is accepted. All of them have the same event id.
///
/// An event is claimed before it is processed. The claim ends in [`processed`](Self::processed), or in
/// [`release`](Self::release) when processing fails. A persistent guard must let claims expire after a time that is
/// longer than processing takes: otherwise an event is lost if its process ends in between. The guide's page about
/// webhooks has an implementation with SQLite.
#[async_trait]
pub trait ReplayGuard: fmt::Debug + Send + Sync + 'static {
    /// Claims an event. Of several concurrent calls, at most one returns [`Claim::New`].
    ///
    /// The future may be dropped before it returns, when the connection ends. [`release`](Self::release) is not called
    /// then, so such a claim must expire.
    ///
    /// # Errors
    ///
    /// Returns an error when the guard cannot decide. The delivery is then rejected with 503.
    async fn claim(&self, event_id: &EventId) -> Result<Claim, BoxError>;

    /// Ends a claim, and records that the event was processed.
    ///
    /// # Errors
    ///
    /// Returns an error when it could not be recorded. The response is then 503, and the event is processed again when
    /// Seam repeats the delivery.
    async fn processed(&self, event_id: &EventId) -> Result<(), BoxError>;

    /// Ends a claim of an event that was not processed, so that it can be claimed again. It is called in a destructor,
    /// so it must not block for long. A guard that cannot release claims must let them expire.
    ///
    /// It may also be called after [`processed`](Self::processed) has recorded the event: when the future of that call is
    /// dropped before it returns. The event must then stay processed.
    fn release(&self, event_id: &EventId);
}

/// A [`ReplayGuard`] in memory. It stores a bounded number of events, and loses them on a restart.
///
/// Only events signed by Seam are stored. When it is full, the event that was processed first is removed.
pub struct MemoryReplayGuard {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    claimed: HashSet<EventId>,
    processed: HashSet<EventId>,
    /// The processed events, the oldest first.
    order: VecDeque<EventId>,
}

impl MemoryReplayGuard {
    /// Creates a guard that stores [`DEFAULT_CAPACITY`] events.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Creates a guard that stores `capacity` events.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryReplayGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryReplayGuard")
            .field("capacity", &self.capacity)
            .field("claimed", &state.claimed.len())
            .field("processed", &state.processed.len())
            .finish()
    }
}

#[async_trait]
impl ReplayGuard for MemoryReplayGuard {
    async fn claim(&self, event_id: &EventId) -> Result<Claim, BoxError> {
        let mut state = self.state();
        Ok(if state.processed.contains(event_id) {
            Claim::Processed
        } else if state.claimed.insert(event_id.clone()) {
            Claim::New
        } else {
            Claim::InProgress
        })
    }

    async fn processed(&self, event_id: &EventId) -> Result<(), BoxError> {
        let mut state = self.state();
        state.claimed.remove(event_id);
        if state.processed.insert(event_id.clone()) {
            state.order.push_back(event_id.clone());
        }
        while state.order.len() > self.capacity {
            if let Some(oldest) = state.order.pop_front() {
                state.processed.remove(&oldest);
            }
        }
        Ok(())
    }

    fn release(&self, event_id: &EventId) {
        self.state().claimed.remove(event_id);
    }
}
