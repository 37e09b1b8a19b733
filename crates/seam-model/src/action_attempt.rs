//! Action attempts.

use crate::{
    AccessCode, AccessMethod, AcsCredential, ActionAttemptId, ActionAttemptStatus, ActionType, Json, Message,
    NoiseThreshold, ScanCredentialResult,
    object::{Value, model},
    open_enum::unknown_when_absent,
};

model! {
    /// The status of an action that Seam performs on a device or an access control system.
    ///
    /// Seam responds at once with a [pending](ActionAttemptStatus::Pending) attempt, and finishes it when the device
    /// has responded.
    pub struct ActionAttempt {
        /// Identifies the attempt, for polling its status.
        #[required]
        pub action_attempt_id: ActionAttemptId,
        /// The status. [`Unknown`](ActionAttemptStatus::Unknown) with an empty string if it is absent.
        pub status: ActionAttemptStatus,
        /// The type of the action.
        pub action_type: Option<ActionType>,
        /// The result, once the action succeeded.
        pub result: Option<Json>,
        /// The error, if the action failed.
        pub error: Option<Box<ActionAttemptError>>,
    }
    new: by_hand
}
unknown_when_absent!(ActionAttemptStatus);

model! {
    /// The error of a failed action attempt.
    pub struct ActionAttemptError {
        /// The type of the error, for programs.
        pub r#type: Option<String>,
        /// An explanation in English, for users. It may quote a PIN.
        pub message: Option<Message>,
    }
}

impl ActionAttempt {
    /// Creates an attempt with this status. All other fields are absent.
    #[must_use]
    pub fn new(action_attempt_id: impl Into<ActionAttemptId>, status: impl Into<ActionAttemptStatus>) -> Self {
        Self { action_attempt_id: action_attempt_id.into(), status: status.into(), ..Value::empty() }
    }

    /// Returns the result as the type that belongs to [`action_type`](Self::action_type). `None` unless the action
    /// [succeeded](ActionAttemptStatus::Success) and has a result.
    ///
    /// A result of an unknown or unexpected type is [`Other`](ActionResult::Other), so that no data is lost.
    #[inline]
    #[must_use]
    pub fn typed_result(&self) -> Option<ActionResult> {
        if self.status != ActionAttemptStatus::Success {
            return None;
        }
        let result = self.result.as_ref()?.as_value();
        let typed = match self.action_type.as_ref()? {
            ActionType::LockDoor => read(result).map(ActionResult::LockDoor),
            ActionType::UnlockDoor => read(result).map(ActionResult::UnlockDoor),
            ActionType::ScanCredential => read(result).map(ActionResult::ScanCredential),
            ActionType::EncodeCredential => read(result).map(ActionResult::EncodeCredential),
            ActionType::ScanToAssignCredential => read(result).map(ActionResult::ScanToAssignCredential),
            ActionType::AssignCredential => read(result).map(ActionResult::AssignCredential),
            ActionType::CreateAccessCode => read(&result["access_code"]).map(ActionResult::CreateAccessCode),
            ActionType::UpdateAccessCode => read(&result["access_code"]).map(ActionResult::UpdateAccessCode),
            ActionType::CreateNoiseThreshold => {
                read(&result["noise_threshold"]).map(ActionResult::CreateNoiseThreshold)
            }
            ActionType::UpdateNoiseThreshold => {
                read(&result["noise_threshold"]).map(ActionResult::UpdateNoiseThreshold)
            }
            _ => None,
        };
        Some(typed.unwrap_or_else(|| ActionResult::Other(result.clone().into())))
    }
}

fn read<T: serde::de::DeserializeOwned>(result: &serde_json::Value) -> Option<T> {
    T::deserialize(result).ok()
}

/// The result of a successful action attempt, by the type of the action.
///
/// Seam adds types without notice: a `match` needs a wildcard arm.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ActionResult {
    /// A door was locked.
    LockDoor(DoorResult),
    /// A door was unlocked.
    UnlockDoor(DoorResult),
    /// A card was read.
    ScanCredential(Box<ScanCredentialResult>),
    /// A credential was written to a card.
    EncodeCredential(Box<AcsCredential>),
    /// A card was read and assigned to a user.
    ScanToAssignCredential(Box<AcsCredential>),
    /// A credential was assigned to a user.
    AssignCredential(Box<AccessMethod>),
    /// An access code was set on a lock.
    CreateAccessCode(Box<AccessCode>),
    /// An access code was updated on a lock.
    UpdateAccessCode(Box<AccessCode>),
    /// A noise threshold was created on a noise sensor.
    CreateNoiseThreshold(Box<NoiseThreshold>),
    /// A noise threshold was updated on a noise sensor.
    UpdateNoiseThreshold(Box<NoiseThreshold>),
    /// The result of any other action, unchanged. Most actions have an empty result.
    Other(Json),
}

model! {
    /// The result of locking or unlocking a door.
    pub struct DoorResult {
        /// Whether the lock itself confirmed the action. Absent if the cloud of the provider does not report it.
        pub was_confirmed_by_device: Option<bool>,
    }
}
