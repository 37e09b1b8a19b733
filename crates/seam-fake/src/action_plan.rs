//! What tests have planned for the next actions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What happens to an action.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ActionPlan {
    /// How long the lock takes; `None` for as long as usual.
    pub(crate) delay: Option<Duration>,
    pub(crate) outcome: ActionOutcome,
    /// The device or other resource whose next action it applies to; `None` for the next action of any.
    pub(crate) subject: Option<String>,
}

impl ActionPlan {
    /// The action fails with this error, and nothing is done.
    pub(crate) fn failure(kind: &str, message: &str) -> Self {
        let outcome = ActionOutcome::Failure { kind: kind.to_owned(), message: message.to_owned() };
        Self { outcome, ..Self::default() }
    }

    /// The action never ends.
    pub(crate) fn pending() -> Self {
        Self { outcome: ActionOutcome::Pending, ..Self::default() }
    }

    /// The action takes this long.
    pub(crate) fn delayed(delay: Duration) -> Self {
        Self { delay: Some(delay), ..Self::default() }
    }
}

/// How an action ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum ActionOutcome {
    /// As it will.
    #[default]
    Natural,
    /// With this error, and nothing done.
    Failure { kind: String, message: String },
    /// Never.
    Pending,
}
