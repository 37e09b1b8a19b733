//! Planned outcomes of the next actions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The planned delay and outcome of an action.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ActionPlan {
    /// The delay; `None` for the action delay.
    pub(crate) delay: Option<Duration>,
    pub(crate) outcome: ActionOutcome,
    /// The device or other resource whose next action it applies to; `None` for the next action of any.
    pub(crate) subject: Option<String>,
}

impl ActionPlan {
    /// Returns a plan to fail with this error, without an effect.
    pub(crate) fn failure(kind: &str, message: &str) -> Self {
        let outcome = ActionOutcome::Failure { kind: kind.to_owned(), message: message.to_owned() };
        Self { outcome, ..Self::default() }
    }

    /// Returns a plan to stay pending.
    pub(crate) fn pending() -> Self {
        Self { outcome: ActionOutcome::Pending, ..Self::default() }
    }

    /// Returns a plan to finish after this delay.
    pub(crate) fn delayed(delay: Duration) -> Self {
        Self { delay: Some(delay), ..Self::default() }
    }
}

/// The planned outcome of an action.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum ActionOutcome {
    /// The natural outcome of its effect.
    #[default]
    Natural,
    /// This error, without an effect.
    Failure { kind: String, message: String },
    /// The action stays pending.
    Pending,
}
