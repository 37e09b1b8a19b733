//! Action attempts: the record of something that Seam asked a device or a system to do.

use crate::{ActionAttemptId, Extra, Json, json_object, open_enum::open_enum};

/// Something that Seam was asked to do to a device, and how it went.
///
/// Seam answers at once with a [pending](ActionAttemptStatus::Pending) attempt and finishes it
/// while the device answers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ActionAttempt {
    /// Identifies the attempt, for asking how it went.
    pub action_attempt_id: ActionAttemptId,
    /// How far it is.
    pub status: ActionAttemptStatus,
    /// What was asked for.
    pub action_type: Option<ActionType>,
    /// What came of it, once it succeeded.
    pub result: Option<Json>,
    /// Why it failed, if it did.
    pub error: Option<ActionAttemptError>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    ActionAttempt { action_attempt_id: ActionAttemptId, status: ActionAttemptStatus } [
        action_type, result, error,
    ] extra
}

/// Why an action attempt failed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ActionAttemptError {
    /// The kind of failure, for programs.
    pub r#type: Option<String>,
    /// An explanation in English, for people.
    pub message: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

json_object! {
    ActionAttemptError {} [r#type, message] extra
}

open_enum! {
    /// How far an action attempt is.
    pub enum ActionAttemptStatus {
        /// The device has not answered yet.
        Pending = "pending",
        /// It is done.
        Success = "success",
        /// It failed.
        Error = "error",
    }
}

open_enum! {
    /// What an action attempt was asked to do.
    pub enum ActionType {
        /// Make a thermostat's climate preset the active one.
        ActivateClimatePreset = "ACTIVATE_CLIMATE_PRESET",
        /// Give a credential to a person.
        AssignCredential = "ASSIGN_CREDENTIAL",
        /// Set when a lock locks itself.
        ConfigureAutoLock = "CONFIGURE_AUTO_LOCK",
        /// Put an unmanaged access code under Seam's management.
        ConvertAccessCodeToManaged = "CONVERT_ACCESS_CODE_TO_MANAGED",
        /// Put an access code on a lock.
        CreateAccessCode = "CREATE_ACCESS_CODE",
        /// Set a limit on a noise sensor.
        CreateNoiseThreshold = "CREATE_NOISE_THRESHOLD",
        /// Take an access code off a lock.
        DeleteAccessCode = "DELETE_ACCESS_CODE",
        /// Take a limit off a noise sensor.
        DeleteNoiseThreshold = "DELETE_NOISE_THRESHOLD",
        /// Write a credential to a card.
        EncodeCredential = "ENCODE_CREDENTIAL",
        /// Lock a door.
        LockDoor = "LOCK_DOOR",
        /// Write weekly programs to a thermostat.
        PushThermostatPrograms = "PUSH_THERMOSTAT_PROGRAMS",
        /// Put a sandbox workspace back to its beginning.
        ResetSandboxWorkspace = "RESET_SANDBOX_WORKSPACE",
        /// Read a card on an encoder.
        ScanCredential = "SCAN_CREDENTIAL",
        /// Read a card on an encoder and give it to a person.
        ScanToAssignCredential = "SCAN_TO_ASSIGN_CREDENTIAL",
        /// Set a thermostat's fan.
        SetFanMode = "SET_FAN_MODE",
        /// Set whether a thermostat heats or cools.
        SetHvacMode = "SET_HVAC_MODE",
        /// Pretend that a PIN was typed in, in a sandbox.
        SimulateKeypadCodeEntry = "SIMULATE_KEYPAD_CODE_ENTRY",
        /// Pretend that a door was locked at the keypad, in a sandbox.
        SimulateManualLockViaKeypad = "SIMULATE_MANUAL_LOCK_VIA_KEYPAD",
        /// Compare the codes on a lock with those that Seam knows.
        SyncAccessCodes = "SYNC_ACCESS_CODES",
        /// Unlock a door.
        UnlockDoor = "UNLOCK_DOOR",
        /// Change an access code on a lock.
        UpdateAccessCode = "UPDATE_ACCESS_CODE",
        /// Change a limit on a noise sensor.
        UpdateNoiseThreshold = "UPDATE_NOISE_THRESHOLD",
    }
}
