//! What goes wrong on demand.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{
    counter::Counter,
    tables::{Id, Workspace},
};
use serde::{Deserialize, Serialize};

/// Something that goes wrong, and for which requests.
///
/// ```
/// use seam_fake::{FakeSeam, Fault};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::new();
/// // The door opens, but nobody hears of it.
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
    /// `None` for one that only takes time.
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

    /// The answer takes this long, in the time of the fake.
    pub const fn latency(delay: Duration) -> Self {
        Self { kind: None, delay, route: None, workspace_id: None, times: None, rate: 1.0 }
    }

    /// Nothing is done, and the answer is an empty one with this status: 503 for an outage.
    pub const fn status(status: u16) -> Self {
        Self::new(FaultKind::Status(status))
    }

    /// Nothing is done, and the answer is 429 with a `Retry-After`, in whole seconds.
    pub const fn rate_limited(retry_after: Duration) -> Self {
        Self::new(FaultKind::RateLimited(retry_after))
    }

    /// Nothing is done, and the connection is gone before the request is sent; over HTTP, before it is answered.
    pub const fn unreachable() -> Self {
        Self::new(FaultKind::Unreachable)
    }

    /// The request is carried out, and the connection is gone before the answer comes.
    pub const fn lost_response() -> Self {
        Self::new(FaultKind::LostResponse)
    }

    /// The request is carried out, and what is answered is not JSON, though it says so.
    pub const fn malformed() -> Self {
        Self::new(FaultKind::Malformed)
    }

    /// The request is carried out, and the answer breaks off in the middle.
    pub const fn truncated() -> Self {
        Self::new(FaultKind::Truncated)
    }

    /// Only for this route, such as `/locks/unlock_door`.
    pub fn on(mut self, route: impl Into<String>) -> Self {
        self.route = Some(route.into());
        self
    }

    /// Only for requests in this workspace.
    pub fn in_workspace(mut self, workspace_id: impl Into<String>) -> Self {
        self.workspace_id = Some(Id::new(workspace_id));
        self
    }

    /// Only this often; without it, until [`clear_faults`](crate::FakeSeam::clear_faults).
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only for this share of the requests, from 0 to 1. Which ones is random, and the same in every run.
    pub const fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }
}

/// Identifies an injected fault, so that it can be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(u64);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault_{}", self.0)
    }
}

/// The faults that there are now.
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

/// The same random numbers in every run.
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

    /// Ends one fault; `false` if there is none with this id, also because it has ended by itself.
    pub(crate) fn end(&mut self, id: FaultId) -> bool {
        self.faults.remove(&id).is_some()
    }

    /// Ends all faults. An id is not used a second time.
    pub(crate) fn clear(&mut self) {
        *self = Self { count: self.count, ..Self::default() };
    }

    /// What goes wrong with this request: how long it takes longer, and the first fault of those that are more than that.
    pub(crate) fn strike(&mut self, path: &str, workspace_id: Option<&Id<Workspace>>) -> (Duration, Option<FaultKind>) {
        let (mut delay, mut struck) = (Duration::ZERO, None);
        for fault in self.faults.values_mut() {
            let is_meant = fault.route.as_deref().is_none_or(|route| route == path)
                && fault.workspace_id.as_ref().is_none_or(|wanted| Some(wanted) == workspace_id)
                && fault.times != Some(0)
                && (fault.kind.is_none() || struck.is_none())
                && (fault.rate >= 1.0 || self.random.f64() < fault.rate);
            if is_meant {
                fault.times = fault.times.map(|times| times.saturating_sub(1));
                delay = delay.saturating_add(fault.delay);
                struck = struck.or_else(|| fault.kind.clone());
            }
        }
        self.faults.retain(|_, fault| fault.times != Some(0));
        (delay, struck)
    }
}
