//! Counters that are saved with the state.

use serde::{Deserialize, Serialize};

/// The largest count that a saved state may contain. Real counts are smaller, and counting on from here does not overflow.
const MAX_COUNT: u64 = 1 << 53;

/// A counter that starts at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Counter(#[serde(deserialize_with = "read")] u64);

impl Counter {
    /// Returns the next count.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    /// Returns the latest count; 0 before the first.
    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    /// Continues after a count that was used elsewhere.
    pub(crate) fn skip_to(&mut self, count: u64) {
        self.0 = self.0.max(count);
    }
}

/// Deserializes a count; rejects counts over the maximum.
pub(crate) fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(deserializer)?;
    if count > MAX_COUNT { Err(serde::de::Error::custom("the count is too large")) } else { Ok(count) }
}
