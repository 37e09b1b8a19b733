//! The rate limits per device that Seam documents.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::tables::Device;
use crate::tables::Id;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// The times of the requests within the last minute.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct RateLimits {
    /// By device, then by the index of the documented limit.
    requests: HashMap<Id<Device>, BTreeMap<usize, VecDeque<Timestamp>>>,
    pub(crate) is_off: bool,
}

impl RateLimits {
    /// Counts a request. Returns the number of seconds to wait if the limit is exceeded.
    pub(crate) fn count(&mut self, path: &str, device: &Id<Device>, now: Timestamp) -> Option<i64> {
        let mut limits = (0..).zip(seam_spec::rate_limits());
        let (index, limit) = limits.find(|(_, limit)| limit.routes.iter().any(|route| route == path))?;
        let max = usize::try_from(limit.requests).unwrap_or(usize::MAX);
        if self.is_off {
            return None;
        }
        let requests = self.requests.entry(device.clone()).or_default().entry(index).or_default();
        while requests.front().is_some_and(|when| now.duration_since(*when) >= MINUTE) {
            requests.pop_front();
        }
        if requests.len() < max {
            requests.push_back(now);
            return None;
        }
        let oldest = requests.front().copied().unwrap_or(now);
        let left = MINUTE.as_millis().saturating_sub(now.duration_since(oldest).as_millis());
        i64::try_from(left).ok().map(|left| left.div_euclid(1000) + 1)
    }
}
