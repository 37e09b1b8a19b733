//! Action attempts: the record of something that Seam asked a device or a system to do.

use crate::{
    AccessCode, AccessMethod, AcsCredential, ActionAttemptId, ActionAttemptStatus, ActionType, Json, Message,
    NoiseThreshold, ScanCredentialResult,
    object::{Value, model},
    open_enum::unknown_when_absent,
};

model! {
    /// Something that Seam was asked to do to a device, and how it went.
    ///
    /// Seam answers at once with a [pending](ActionAttemptStatus::Pending) attempt and finishes it
    /// while the device answers.
    pub struct ActionAttempt {
        /// Identifies the attempt, for asking how it went.
        #[required]
        pub action_attempt_id: ActionAttemptId,
        /// How far it is. [`Unknown`](ActionAttemptStatus::Unknown) with an empty string when the attempt does not say it.
        pub status: ActionAttemptStatus,
        /// What was asked for.
        pub action_type: Option<ActionType>,
        /// What came of it, once it succeeded.
        pub result: Option<Json>,
        /// Why it failed, if it did.
        pub error: Option<Box<ActionAttemptError>>,
    }
    new: by_hand
}
unknown_when_absent!(ActionAttemptStatus);

model! {
    /// Why an action attempt failed.
    pub struct ActionAttemptError {
        /// The kind of failure, for programs.
        pub r#type: Option<String>,
        /// An explanation in English, for people. It may quote a PIN.
        pub message: Option<Message>,
    }
}

impl ActionAttempt {
    /// Creates an attempt with this status; everything else is absent.
    #[must_use]
    pub fn new(action_attempt_id: impl Into<ActionAttemptId>, status: impl Into<ActionAttemptStatus>) -> Self {
        Self { action_attempt_id: action_attempt_id.into(), status: status.into(), ..Value::empty() }
    }

    /// What came of it, as the type that belongs to [`action_type`](Self::action_type). `None` unless it
    /// [succeeded](ActionAttemptStatus::Success) and says what came of it.
    ///
    /// A result of a kind that this version does not know, or one that is not as it should be, is
    /// [`Other`](ActionResult::Other): nothing is lost.
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

/// What came of an action attempt that succeeded, by the type of the action.
///
/// Seam adds types without notice: a `match` needs an arm for what it does not name.
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
    /// A card was read and given to a person.
    ScanToAssignCredential(Box<AcsCredential>),
    /// A credential was given to a person.
    AssignCredential(Box<AccessMethod>),
    /// An access code was put on a lock.
    CreateAccessCode(Box<AccessCode>),
    /// An access code was changed on a lock.
    UpdateAccessCode(Box<AccessCode>),
    /// A limit was set on a noise sensor.
    CreateNoiseThreshold(Box<NoiseThreshold>),
    /// A limit was changed on a noise sensor.
    UpdateNoiseThreshold(Box<NoiseThreshold>),
    /// Anything else, as it came. Most actions have an empty result.
    Other(Json),
}

model! {
    /// What a lock says after it was locked or unlocked.
    pub struct DoorResult {
        /// Whether the lock itself confirmed it. Absent when the maker's cloud does not tell.
        pub was_confirmed_by_device: Option<bool>,
    }
}
