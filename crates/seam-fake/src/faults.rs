//! Fault injection.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{
    counter::Counter,
    tables::{Id, Workspace},
};
use serde::{Deserialize, Serialize};

/// A fault to inject, and the requests that it applies to.
///
/// ```
/// use seam_fake::{FakeSeam, Fault};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::new();
/// // The door is unlocked, but the response is lost.
/// fake.inject(Fault::lost_response().on("/locks/unlock_door").times(1));
///
/// let error = fake.seam().locks().unlock_door(seam_fake::FRONT_DOOR).await.unwrap_err();
/// assert!(error.may_have_been_applied());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    /// `None` for latency only.
    pub(crate) kind: Option<FaultKind>,
    pub(crate) delay: Duration,
    pub(crate) route: Option<String>,
    pub(crate) workspace_id: Option<Id<Workspace>>,
    pub(crate) times: Option<u32>,
    pub(crate) rate: f64,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum FaultKind {
    Status(u16),
    RateLimited(Duration),
    Unreachable,
    LostResponse,
    Malformed,
    Truncated,
}

impl Fault {
    const fn new(kind: FaultKind) -> Self {
        Self { kind: Some(kind), delay: Duration::ZERO, route: None, workspace_id: None, times: None, rate: 1.0 }
    }

    /// Creates a fault that delays responses, on the clock of the fake.
    pub const fn latency(delay: Duration) -> Self {
        Self { kind: None, delay, route: None, workspace_id: None, times: None, rate: 1.0 }
    }

    /// Creates a fault that responds with this status and an empty body, without processing the request: 503 for an outage.
    pub const fn status(status: u16) -> Self {
        Self::new(FaultKind::Status(status))
    }

    /// Creates a fault that responds with status 429 and a `Retry-After` in whole seconds, without processing the request.
    pub const fn rate_limited(retry_after: Duration) -> Self {
        Self::new(FaultKind::RateLimited(retry_after))
    }

    /// Creates a fault that closes the connection without processing the request: before the request is sent or, over HTTP,
    /// before the response.
    pub const fn unreachable() -> Self {
        Self::new(FaultKind::Unreachable)
    }

    /// Creates a fault that processes the request and closes the connection before the response.
    pub const fn lost_response() -> Self {
        Self::new(FaultKind::LostResponse)
    }

    /// Creates a fault that processes the request and responds with invalid JSON under the JSON content type.
    pub const fn malformed() -> Self {
        Self::new(FaultKind::Malformed)
    }

    /// Creates a fault that processes the request and truncates the response body.
    pub const fn truncated() -> Self {
        Self::new(FaultKind::Truncated)
    }

    /// Limits the fault to a route, such as `/locks/unlock_door`.
    pub fn on(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// Limits the fault to requests in a workspace.
    pub fn in_workspace(mut self, workspace_id: impl Into<String>) -> Self {
        self.workspace_id = Some(Id::new(workspace_id));
        self
    }

    /// Limits the number of times the fault is applied. Default: until [`clear_faults`](crate::FakeSeam::clear_faults).
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Limits the fault to this share of the requests, from 0 to 1. They are selected by a random generator with a fixed
    /// seed.
    pub const fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }
}

/// Identifies an injected fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(u64);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault_{}", self.0)
    }
}

/// The active faults.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Faults {
    faults: BTreeMap<FaultId, Fault>,
    count: Counter,
    #[serde(skip, default = "seeded")]
    random: fastrand::Rng,
}

impl Default for Faults {
    fn default() -> Self {
        Self { faults: BTreeMap::new(), count: Counter::default(), random: seeded() }
    }
}

/// Returns the random generator with a fixed seed.
fn seeded() -> fastrand::Rng {
    fastrand::Rng::with_seed(0)
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.count.next());
        self.faults.insert(id, fault);
        id
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (FaultId, &Fault)> {
        self.faults.iter().map(|(id, fault)| (*id, fault))
    }

    /// Ends one fault; returns `false` if it does not exist or has already ended.
    pub(crate) fn end(&mut self, id: FaultId) -> bool {
        self.faults.remove(&id).is_some()
    }

    /// Ends all faults. Ids are not reused.
    pub(crate) fn clear(&mut self) {
        *self = Self { count: self.count, ..Self::default() };
    }

    /// Applies the faults to a request. Returns the total latency, and the first fault that is more than latency.
    pub(crate) fn apply(&mut self, path: &str, workspace_id: Option<&Id<Workspace>>) -> (Duration, Option<FaultKind>) {
        let (mut delay, mut applied) = (Duration::ZERO, None);
        for fault in self.faults.values_mut() {
            let matches = fault.route.as_deref().is_none_or(|route| route == path)
                && fault.workspace_id.as_ref().is_none_or(|other| Some(other) == workspace_id)
                && fault.times != Some(0)
                && (fault.kind.is_none() || applied.is_none())
                && (fault.rate >= 1.0 || self.random.f64() < fault.rate);
            if matches {
                fault.times = fault.times.map(|times| times.saturating_sub(1));
                delay = delay.saturating_add(fault.delay);
                applied = applied.or_else(|| fault.kind.clone());
            }
        }
        self.faults.retain(|_, fault| fault.times != Some(0));
        (delay, applied)
    }
}
