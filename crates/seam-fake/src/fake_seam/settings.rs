//! The settings of a [`FakeSeam`].

use std::time::Duration;

use crate::FakeSeam;

impl FakeSeam {
    /// Sets the delay until devices have performed an action: 1 s by default.
    pub fn set_action_delay(&self, delay: Duration) {
        self.configure(|state| state.action_delay = delay);
    }

    /// Sets the maximum number of events and of action attempts: 10,000 of each by default, at least 1. Over the limit, the
    /// oldest events and finished attempts are removed immediately; pending attempts are kept.
    pub fn set_history_limit(&self, limit: usize) {
        self.configure(|state| state.set_history_limit(limit));
    }

    /// Disables Seam's rate limits per device.
    pub fn disable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = true);
    }

    /// Enables Seam's rate limits per device, which is the default: requests over a limit get status 429.
    pub fn enable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = false);
    }
}
