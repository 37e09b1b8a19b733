//! Methods that inject faults into a [`FakeSeam`], and fail or delay actions.

use std::time::Duration;

use crate::{FakeSeam, Fault, FaultId, action_plan::ActionPlan};

impl FakeSeam {
    /// Injects a fault, and returns its id, with which it can be [ended](Self::end_fault).
    #[expect(clippy::must_use_candidate, reason = "most faults end after a number of requests")]
    pub fn inject(&self, fault: Fault) -> FaultId {
        self.configure(|state| state.faults.add(fault))
    }

    /// Returns the active faults, the oldest first, each with its remaining number of times.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault)> {
        self.lock().faults.iter().map(|(id, fault)| (id, fault.clone())).collect()
    }

    /// Ends one fault; returns `false` if it has already ended.
    #[expect(clippy::must_use_candidate, reason = "most tests do not need to know whether the fault was active")]
    pub fn end_fault(&self, fault: FaultId) -> bool {
        self.configure(|state| state.faults.end(fault))
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.configure(|state| state.faults.clear());
    }

    /// Makes the next action fail with an error of this type, without an effect.
    pub fn fail_next_action(&self, error_type: impl Into<String>, message: impl Into<String>) {
        let plan = ActionPlan::failure(&error_type.into(), &message.into());
        self.configure(|state| state.plans.push_back(plan));
    }

    /// Keeps the next action pending.
    pub fn hang_next_action(&self) {
        self.configure(|state| state.plans.push_back(ActionPlan::pending()));
    }

    /// Delays the next action by this duration, instead of the action delay.
    pub fn delay_next_action(&self, delay: Duration) {
        self.configure(|state| state.plans.push_back(ActionPlan::delayed(delay)));
    }
}
