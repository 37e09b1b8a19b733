//! Resources and events as Seam sends them: each is deserialized and serialized unchanged.
#![expect(deprecated, reason = "Seam still sends deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]
#![recursion_limit = "256"] // For samples with many fields.

mod support;

use std::fmt::Debug;

use seam_model::{
    AccessCode, AccessCodeErrorCode, AccessCodeMutationCode, AccessCodeStatus, AccessCodeType, AccessCodeWarningCode,
    AccessGrant, AccessGrantErrorCode, AccessGrantMutationCode, AccessGrantWarningCode, AccessMethod,
    AccessMethodErrorCode, AccessMethodMode, AccessMethodMutationCode, AccessMethodWarningCode, AcsCredential,
    AcsCredentialType, AcsCredentialWarningCode, AcsEncoder, AcsEncoderErrorCode, AcsEntrance, AcsEntranceWarningCode,
    AcsSystem, AcsSystemErrorCode, AcsSystemType, AcsSystemWarningCode, AcsUser, AcsUserErrorCode, AcsUserMutationCode,
    AcsUserType, AcsUserWarningCode, ActionAttempt, ActionAttemptStatus, ActionResult, ActionType, Batch,
    BatteryStatus, Capability, CardFormat, CardFunctionType, CardNumber, ChangeType, ClientSession, ClimatePresetMode,
    ConnectWebview, ConnectWebviewStatus, ConnectedAccount, ConnectedAccountErrorCode, ConnectedAccountWarningCode,
    ConstraintType, Device, DeviceCapability, DeviceErrorCode, DeviceId, DeviceSelectionMode, DeviceType,
    DeviceWarningCode, EcobeeOwner, Event, EventPayload, EventType, FailedDeviceErrorCode, FanMode, HvacMode,
    InstantKey, LogoShape, Message, MetadataValue, NoiseThreshold, NoiseThresholdId, Pin, ScanWarningCode, SecretUrl,
    Space, ThermostatDailyProgram, ThermostatSchedule, TimeOfDay, Timestamp, Token, UnmanagedDevice, UserIdentity,
    VisionlineDoorCategory, VisionlineDoorProfileType, Webhook, WebhookSecret, Workspace,
    events::{BatterySource, LockMethod},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use support::read;

const CODE: &str = "5f0a6a4e-3c1b-4b0e-9f57-0c2d8e7a1b01";
const OTHER_CODE: &str = "5f0a6a4e-3c1b-4b0e-9f57-0c2d8e7a1b02";
const DEVICE: &str = "7be2c1d0-94aa-4d6f-8a35-6f1e5b9d2c01";
const OTHER_DEVICE: &str = "7be2c1d0-94aa-4d6f-8a35-6f1e5b9d2c02";
const ACCOUNT: &str = "91c4e7f2-08bd-47a3-b6d9-2a3f4c5e6d01";
const WORKSPACE: &str = "a8d3b5c6-7e1f-4029-8c4b-d1e2f3a4b501";
const GRANT: &str = "c2f7a9b1-5d3e-4c80-a1b2-e3d4c5b6a701";
const METHOD: &str = "d4e6f8a0-1b2c-4d3e-8f50-617283940a01";
const OTHER_METHOD: &str = "d4e6f8a0-1b2c-4d3e-8f50-617283940a02";
const PERSON: &str = "e1b2c3d4-f5a6-4b78-9c0d-1e2f3a4b5c01";
const SPACE: &str = "f3d2c1b0-a9e8-4f76-8d5c-4b3a29181701";
const SYSTEM: &str = "0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c01";
const ACS_USER: &str = "1b2a3c4d-5e6f-4708-91a2-b3c4d5e6f701";
const CREDENTIAL: &str = "2c3d4e5f-6a7b-4c8d-9e0f-a1b2c3d4e501";
const ENTRANCE: &str = "3d4e5f6a-7b8c-4d9e-8f01-2a3b4c5d6e01";
const OTHER_ENTRANCE: &str = "3d4e5f6a-7b8c-4d9e-8f01-2a3b4c5d6e02";
const ATTEMPT: &str = "4e5f6a7b-8c9d-4e0f-9a1b-2c3d4e5f6a01";
const SESSION: &str = "5f6a7b8c-9d0e-4f1a-8b2c-3d4e5f6a7b01";
const WEBVIEW: &str = "6a7b8c9d-0e1f-4a2b-9c3d-4e5f6a7b8c01";
const SCHEDULE: &str = "7b8c9d0e-1f2a-4b3c-8d4e-5f6a7b8c9d01";
const PROGRAM: &str = "8c9d0e1f-2a3b-4c4d-9e5f-6a7b8c9d0e01";
const EVENT: &str = "9d0e1f2a-3b4c-4d5e-8f6a-7b8c9d0e1f01";
const CREATED: &str = "2026-02-03T09:15:42.120Z";
const STARTS: &str = "2026-03-06T15:00:00.000Z";
const ENDS: &str = "2026-03-09T10:30:00.000Z";

/// Does the same as [`read`], and checks that every field of `sample` at any depth is known.
#[track_caller]
fn read_known<T: DeserializeOwned + Serialize + PartialEq + Debug>(sample: &Value) -> T {
    let value: T = read(sample);
    let debug = format!("{value:?}");
    for unknown in ["extra: {\"", "Unknown("] {
        assert!(!debug.contains(unknown), "a field is unknown: {debug}");
    }
    value
}

/// Returns `sample` with the fields of `changes` added or replaced.
fn with(mut sample: Value, mut changes: Value) -> Value {
    sample.as_object_mut().unwrap().append(changes.as_object_mut().unwrap());
    sample
}

/// Returns the only item of a list.
#[track_caller]
fn only<T: Debug>(list: &[T]) -> &T {
    assert_eq!(list.len(), 1, "{list:?}");
    list.first().unwrap()
}

fn pin(code: &Option<Pin>) -> Option<&str> {
    code.as_ref().map(Pin::expose_secret)
}

fn link(url: &Option<SecretUrl>) -> Option<&str> {
    url.as_ref().map(SecretUrl::expose_secret)
}

fn token(token: &Option<Token>) -> Option<&str> {
    token.as_ref().map(Token::expose_secret)
}

fn time(time: &Option<Timestamp>) -> String {
    time.as_ref().unwrap().to_string()
}

// Access codes

/// Returns an ongoing access code.
fn access_code() -> Value {
    json!({
        "access_code_id": CODE,
        "device_id": DEVICE,
        "workspace_id": WORKSPACE,
        "name": "Night porter",
        "code": "730416",
        "common_code_key": null,
        "type": "ongoing",
        "status": "set",
        "display_status": "Set on the lock",
        "created_at": CREATED,
        "errors": [],
        "warnings": [],
        "pending_mutations": [],
        "is_managed": true,
        "is_backup": false,
        "is_backup_access_code_available": false,
        "is_external_modification_allowed": false,
        "is_offline_access_code": false,
        "is_one_time_use": false,
        "is_scheduled_on_device": false,
        "is_waiting_for_code_assignment": false,
    })
}

/// Returns an access code of a guest, with the time of a stay.
fn guest_code() -> Value {
    with(access_code(), json!({ "name": "Guest 204", "type": "time_bound", "starts_at": STARTS, "ends_at": ENDS }))
}

#[test]
fn an_access_code_that_is_set_is_read() {
    let code: AccessCode = read_known(&access_code());
    assert_eq!(code.access_code_id.as_str(), CODE);
    assert_eq!(code.device_id, Some(DEVICE.into()));
    assert_eq!(code.workspace_id, Some(WORKSPACE.into()));
    assert_eq!(code.name.as_deref(), Some("Night porter"));
    assert_eq!(pin(&code.code), Some("730416"));
    assert_eq!(code.r#type, Some(AccessCodeType::Ongoing));
    assert_eq!(code.status, Some(AccessCodeStatus::Set));
    assert_eq!(code.display_status.as_deref(), Some("Set on the lock"));
    assert_eq!(time(&code.created_at), CREATED);
    assert_eq!((code.is_managed, code.is_backup, code.is_one_time_use), (Some(true), Some(false), Some(false)));
    assert_eq!((code.common_code_key, code.starts_at, code.ends_at), (None, None, None));
    assert!(code.errors.is_empty() && code.warnings.is_empty() && code.pending_mutations.is_empty());
}

#[test]
fn an_access_code_that_is_being_set_is_read_with_its_pending_mutations() {
    let code: AccessCode = read_known(&with(
        guest_code(),
        json!({
            "status": "setting",
            "is_scheduled_on_device": true,
            "pending_mutations": [
                { "mutation_code": "creating", "created_at": CREATED, "message": "Is being put on the lock." },
                {
                    "mutation_code": "deferring_creation",
                    "created_at": CREATED,
                    "scheduled_at": "2026-03-03T15:00:00.000Z",
                    "message": "Will be put on the lock three days before the stay.",
                },
                {
                    "mutation_code": "updating_code",
                    "created_at": CREATED,
                    "message": "A new PIN was requested.",
                    "from": { "code": null },
                    "to": { "code": "118822" },
                },
                {
                    "mutation_code": "updating_name",
                    "created_at": CREATED,
                    "message": "A new name was requested.",
                    "from": { "name": "Guest 204" },
                    "to": { "name": null },
                },
                {
                    "mutation_code": "updating_time_frame",
                    "created_at": CREATED,
                    "message": "A longer stay was requested.",
                    "from": { "starts_at": STARTS, "ends_at": ENDS },
                    "to": { "starts_at": STARTS, "ends_at": null },
                },
                { "mutation_code": "deleting", "created_at": CREATED, "message": "Is being taken off the lock." },
            ],
        }),
    ));
    assert_eq!((code.status, code.r#type), (Some(AccessCodeStatus::Setting), Some(AccessCodeType::TimeBound)));
    assert_eq!((time(&code.starts_at), time(&code.ends_at)), (STARTS.to_owned(), ENDS.to_owned()));
    let [creating, deferring, new_code, new_name, new_time, deleting] = &code.pending_mutations[..] else {
        panic!("six mutations")
    };
    assert_eq!(creating.mutation_code, Some(AccessCodeMutationCode::Creating));
    assert_eq!(deferring.mutation_code, Some(AccessCodeMutationCode::DeferringCreation));
    assert!(deferring.scheduled_at < code.starts_at);
    assert_eq!(new_code.mutation_code, Some(AccessCodeMutationCode::UpdatingCode));
    assert_eq!(new_code.from.as_ref().unwrap().code, None);
    assert_eq!(pin(&new_code.to.as_ref().unwrap().code), Some("118822"));
    assert_eq!(new_name.mutation_code, Some(AccessCodeMutationCode::UpdatingName));
    assert_eq!(new_name.from.as_ref().unwrap().name.as_deref(), Some("Guest 204"));
    assert_eq!(new_name.to.as_ref().unwrap().name, None);
    assert_eq!(new_time.mutation_code, Some(AccessCodeMutationCode::UpdatingTimeFrame));
    assert_eq!(new_time.from.as_ref().unwrap().ends_at, code.ends_at);
    assert_eq!(new_time.to.as_ref().unwrap().ends_at, None);
    assert_eq!(deleting.mutation_code, Some(AccessCodeMutationCode::Deleting));
    assert_eq!(deleting.message.as_ref().map(Message::expose_secret), Some("Is being taken off the lock."));
}

#[test]
fn an_access_code_is_read_with_its_warnings() {
    let code: AccessCode = read_known(&with(
        guest_code(),
        json!({
            "is_external_modification_allowed": true,
            "is_backup_access_code_available": true,
            "pulled_backup_access_code_id": OTHER_CODE,
            "warnings": [
                {
                    "warning_code": "external_modification_in_effect",
                    "message": "The code was changed on the lock.",
                    "created_at": CREATED,
                    "change_type": "modified",
                    "modified_fields": [{ "field": "code", "from": "730416", "to": "730417" }],
                },
                { "warning_code": "using_backup_access_code", "message": "A spare code is used.", "created_at": CREATED },
                { "warning_code": "delay_in_setting_on_device", "message": "It takes longer than usual." },
            ],
        }),
    ));
    assert_eq!(code.pulled_backup_access_code_id, Some(OTHER_CODE.into()));
    assert_eq!(code.is_backup_access_code_available, Some(true));
    let [changed, backup, delay] = &code.warnings[..] else { panic!("three warnings") };
    assert_eq!(changed.warning_code, Some(AccessCodeWarningCode::ExternalModificationInEffect));
    assert_eq!(changed.change_type, Some(ChangeType::Modified));
    assert_eq!(pin(&only(&changed.modified_fields).to), Some("730417"));
    assert_eq!(backup.warning_code, Some(AccessCodeWarningCode::UsingBackupAccessCode));
    assert_eq!(time(&backup.created_at), CREATED);
    assert_eq!(delay.warning_code, Some(AccessCodeWarningCode::DelayInSettingOnDevice));
    assert_eq!(delay.created_at, None);
}

#[test]
fn an_access_code_that_failed_is_read_with_its_errors() {
    let code: AccessCode = read_known(&with(
        guest_code(),
        json!({
            "status": "unset",
            "errors": [
                {
                    "error_code": "failed_to_set_on_device",
                    "message": "The lock did not take the code.",
                    "is_access_code_error": true,
                    "created_at": CREATED,
                },
                {
                    "error_code": "duplicate_code_on_device",
                    "message": "Another code has the same PIN.",
                    "is_access_code_error": true,
                    "managed_access_code_id": OTHER_CODE,
                },
                {
                    "error_code": "device_offline",
                    "message": "The lock cannot be reached.",
                    "is_device_error": true,
                    "created_at": CREATED,
                },
                {
                    "error_code": "account_disconnected",
                    "message": "Reconnect the account.",
                    "is_connected_account_error": true,
                    "is_device_error": false,
                    "created_at": CREATED,
                },
            ],
        }),
    ));
    assert_eq!(code.status, Some(AccessCodeStatus::Unset));
    let [failed, duplicate, offline, account] = &code.errors[..] else { panic!("four errors") };
    assert_eq!(failed.error_code, Some(AccessCodeErrorCode::FailedToSetOnDevice));
    assert_eq!(failed.message.as_ref().map(Message::expose_secret), Some("The lock did not take the code."));
    assert_eq!((failed.is_access_code_error, failed.is_device_error), (Some(true), None));
    assert_eq!(duplicate.error_code, Some(AccessCodeErrorCode::DuplicateCodeOnDevice));
    assert_eq!(duplicate.managed_access_code_id, Some(OTHER_CODE.into()));
    assert_eq!(offline.error_code, Some(AccessCodeErrorCode::DeviceOffline));
    assert_eq!(offline.is_device_error, Some(true));
    assert_eq!(account.error_code, Some(AccessCodeErrorCode::AccountDisconnected));
    assert_eq!((account.is_connected_account_error, account.is_device_error), (Some(true), Some(false)));
}

#[test]
fn an_access_code_that_waits_for_its_pin_has_none() {
    let code: AccessCode = read_known(&with(
        guest_code(),
        json!({
            "code": null,
            "name": null,
            "common_code_key": "family-of-204",
            "status": "unknown",
            "is_offline_access_code": true,
            "is_waiting_for_code_assignment": true,
        }),
    ));
    assert_eq!((code.code, code.name), (None, None));
    assert_eq!(code.common_code_key.as_deref(), Some("family-of-204"));
    assert_eq!(code.status, Some(AccessCodeStatus::UnknownToSeam));
    assert_eq!((code.is_waiting_for_code_assignment, code.is_offline_access_code), (Some(true), Some(true)));
}

// Devices

/// Returns an August lock that is online, with a keypad.
fn august_lock() -> Value {
    json!({
        "device_id": DEVICE,
        "device_type": "august_lock",
        "display_name": "Courtyard door",
        "nickname": "Courtyard",
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "is_managed": true,
        "capabilities_supported": ["access_code", "lock", "battery"],
        "can_remotely_lock": true,
        "can_remotely_unlock": true,
        "can_program_online_access_codes": true,
        "can_configure_auto_lock": false,
        "can_simulate_removal": true,
        "custom_metadata": { "property": "hazel-court", "has_stairs": true },
        "device_manufacturer": {
            "manufacturer": "august",
            "display_name": "August",
            "image_url": "https://pictures.example.com/makers/august.png",
        },
        "device_provider": {
            "device_provider_name": "august",
            "display_name": "August",
            "provider_category": "stable",
            "image_url": "https://pictures.example.com/providers/august.png",
        },
        "location": { "location_name": "Hazel Court", "time_zone": "Europe/Lisbon", "timezone": "Europe/Lisbon" },
        "space_ids": [SPACE],
        "errors": [],
        "warnings": [],
        "properties": {
            "name": "Courtyard door",
            "online": true,
            "locked": true,
            "door_open": false,
            "manufacturer": "august",
            "serial_number": "L5X0042",
            "battery_level": 0.85,
            "battery": { "level": 0.85, "status": "good" },
            "keypad_battery": { "level": 1 },
            "accessory_keypad": { "is_connected": true, "battery": { "level": 1 } },
            "has_direct_power": false,
            "has_native_entry_events": true,
            "auto_lock_enabled": true,
            "auto_lock_delay_seconds": 30,
            "supported_code_lengths": [4, 5, 6],
            "max_active_codes_supported": 100,
            "online_access_codes_enabled": true,
            "offline_access_codes_enabled": false,
            "supports_accessory_keypad": true,
            "supports_backup_access_code_pool": true,
            "supports_offline_access_codes": false,
            "backup_access_code_pool_enabled": true,
            "code_constraints": [
                { "constraint_type": "name_length", "min_length": 1, "max_length": 20 },
                { "constraint_type": "no_all_same_digits" },
            ],
            "image_url": "https://pictures.example.com/locks/august.png",
            "image_alt_text": "A round lock",
            "appearance": { "name": "Courtyard door" },
            "model": {
                "display_name": "Wi-Fi lock",
                "manufacturer_display_name": "August",
                "accessory_keypad_supported": true,
                "can_connect_accessory_keypad": true,
                "has_built_in_keypad": false,
                "online_access_codes_supported": true,
                "offline_access_codes_supported": false,
            },
            "august_metadata": {
                "lock_id": "8F20C1",
                "lock_name": "Courtyard door",
                "house_id": "house-17",
                "house_name": "Hazel Court",
                "has_keypad": true,
                "keypad_battery_level": "full",
                "model": "AUG-SL05",
            },
        },
    })
}

#[test]
fn an_august_lock_that_is_online_is_read() {
    let device: Device = read_known(&august_lock());
    assert_eq!(device.device_id, DeviceId::from(DEVICE));
    assert_eq!(device.device_type, Some(DeviceType::AugustLock));
    assert_eq!(device.display_name.as_deref(), Some("Courtyard door"));
    assert_eq!(device.nickname.as_deref(), Some("Courtyard"));
    assert_eq!(device.connected_account_id, Some(ACCOUNT.into()));
    assert_eq!(
        device.capabilities_supported,
        [DeviceCapability::AccessCode, DeviceCapability::Lock, DeviceCapability::Battery]
    );
    assert_eq!((device.can_remotely_lock, device.can_remotely_unlock), (Some(true), Some(true)));
    assert_eq!((device.can_configure_auto_lock, device.can_hvac_cool), (Some(false), None));
    assert_eq!(device.custom_metadata.get("property").and_then(MetadataValue::as_str), Some("hazel-court"));
    assert_eq!(device.custom_metadata.get("has_stairs").and_then(MetadataValue::as_bool), Some(true));
    assert_eq!(device.device_manufacturer.unwrap().manufacturer.as_deref(), Some("august"));
    assert_eq!(device.device_provider.unwrap().display_name.as_deref(), Some("August"));
    assert_eq!(device.location.unwrap().time_zone.as_deref(), Some("Europe/Lisbon"));
    assert_eq!(device.space_ids, [SPACE]);
    assert!(device.errors.is_empty() && device.warnings.is_empty());

    let properties = device.properties.unwrap();
    assert_eq!((properties.online, properties.locked, properties.door_open), (Some(true), Some(true), Some(false)));
    assert_eq!(properties.battery_level, Some(0.85));
    let battery = properties.battery.unwrap();
    assert_eq!((battery.level, battery.status), (Some(0.85), Some(BatteryStatus::Good)));
    let keypad = properties.accessory_keypad.unwrap();
    assert_eq!((keypad.is_connected, keypad.battery.unwrap().level), (Some(true), Some(1.0)));
    assert_eq!(properties.auto_lock_delay_seconds, Some(30.0));
    assert_eq!(properties.supported_code_lengths, [4.0, 5.0, 6.0]);
    assert_eq!(properties.max_active_codes_supported, Some(100.0));
    let [length, digits] = &properties.code_constraints[..] else { panic!("two constraints") };
    assert_eq!(length.constraint_type, Some(ConstraintType::NameLength));
    assert_eq!((length.min_length, length.max_length), (Some(1.0), Some(20.0)));
    assert_eq!(digits.constraint_type, Some(ConstraintType::NoAllSameDigits));
    assert_eq!(link(&properties.image_url), Some("https://pictures.example.com/locks/august.png"));
    assert_eq!(properties.model.unwrap().manufacturer_display_name.as_deref(), Some("August"));
    let august = properties.august_metadata.unwrap();
    assert_eq!((august.house_name.as_deref(), august.has_keypad), (Some("Hazel Court"), Some(true)));
    assert_eq!(august.keypad_battery_level.as_deref(), Some("full"));
    assert!(properties.schlage_metadata.is_none());
}

#[test]
fn a_schlage_lock_that_is_offline_is_read_with_its_errors() {
    let device: Device = read_known(&json!({
        "device_id": DEVICE,
        "device_type": "schlage_lock",
        "display_name": "Boat house",
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "is_managed": true,
        "capabilities_supported": ["lock", "access_code"],
        "custom_metadata": {},
        "location": null,
        "space_ids": [],
        "errors": [
            {
                "error_code": "device_offline",
                "message": "The lock cannot be reached.",
                "is_device_error": true,
                "created_at": CREATED,
            },
            {
                "error_code": "account_disconnected",
                "message": "Reconnect the account.",
                "is_connected_account_error": true,
                "is_device_error": false,
                "created_at": CREATED,
            },
        ],
        "warnings": [
            {
                "warning_code": "max_access_codes_reached",
                "message": "The lock has no capacity for another code.",
                "created_at": CREATED,
                "active_access_code_count": 30,
                "max_active_access_code_count": 30,
            },
            { "warning_code": "time_zone_unknown", "message": "Tell the time zone of the lock.", "created_at": CREATED },
        ],
        "properties": {
            "name": "Boat house",
            "online": false,
            "locked": null,
            "manufacturer": "schlage",
            "battery_level": 0,
            "battery": { "level": 0, "status": "critical" },
            "image_url": null,
            "supported_code_lengths": [4],
            "schlage_metadata": { "device_id": "sch-3301", "device_name": "Boat house", "model": "be489WB" },
        },
    }));
    assert_eq!(device.device_type, Some(DeviceType::SchlageLock));
    assert!(device.custom_metadata.is_empty() && device.space_ids.is_empty() && device.location.is_none());
    let [offline, account] = &device.errors[..] else { panic!("two errors") };
    assert_eq!(offline.error_code, Some(DeviceErrorCode::DeviceOffline));
    assert_eq!((offline.is_device_error, offline.is_connected_account_error), (Some(true), None));
    assert_eq!(account.error_code, Some(DeviceErrorCode::AccountDisconnected));
    assert_eq!(account.message.as_ref().map(Message::expose_secret), Some("Reconnect the account."));
    let [full, time_zone] = &device.warnings[..] else { panic!("two warnings") };
    assert_eq!(full.warning_code, Some(DeviceWarningCode::MaxAccessCodesReached));
    assert_eq!((full.active_access_code_count, full.max_active_access_code_count), (Some(30), Some(30)));
    assert_eq!(time_zone.warning_code, Some(DeviceWarningCode::TimeZoneUnknown));
    let properties = device.properties.unwrap();
    assert_eq!((properties.online, properties.locked), (Some(false), None));
    assert_eq!(properties.battery.unwrap().status, Some(BatteryStatus::Critical));
    assert_eq!(properties.schlage_metadata.unwrap().model.as_deref(), Some("be489WB"));
}

/// Returns a climate preset of an ecobee thermostat.
fn climate_preset() -> Value {
    json!({
        "climate_preset_key": "guests_in",
        "climate_preset_mode": "home",
        "name": "Guests in",
        "display_name": "Guests in",
        "can_edit": true,
        "can_delete": false,
        "can_use_with_thermostat_daily_programs": true,
        "manual_override_allowed": true,
        "hvac_mode_setting": "heat_cool",
        "fan_mode_setting": "auto",
        "heating_set_point_celsius": 20.5,
        "heating_set_point_fahrenheit": 68.9,
        "cooling_set_point_celsius": 25,
        "cooling_set_point_fahrenheit": 77,
        "ecobee_metadata": { "climate_ref": "smart1", "is_optimized": false, "owner": "user" },
    })
}

/// Returns a thermostat schedule for a stay.
fn thermostat_schedule() -> Value {
    json!({
        "thermostat_schedule_id": SCHEDULE,
        "device_id": DEVICE,
        "workspace_id": WORKSPACE,
        "name": "Stay of 204",
        "climate_preset_key": "guests_in",
        "created_at": CREATED,
        "starts_at": STARTS,
        "ends_at": ENDS,
        "is_override_allowed": true,
        "max_override_period_minutes": 90,
        "errors": [],
    })
}

/// Returns a daily program of a thermostat.
fn daily_program() -> Value {
    json!({
        "thermostat_daily_program_id": PROGRAM,
        "device_id": DEVICE,
        "workspace_id": WORKSPACE,
        "name": "Working day",
        "created_at": CREATED,
        "periods": [
            { "starts_at_time": "06:30:00", "climate_preset_key": "guests_in" },
            { "starts_at_time": "22:00:00", "climate_preset_key": "asleep" },
        ],
    })
}

#[test]
fn an_ecobee_thermostat_is_read_with_its_climate_presets_and_its_schedule() {
    let device: Device = read_known(&json!({
        "device_id": DEVICE,
        "device_type": "ecobee_thermostat",
        "display_name": "Upper floor",
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "is_managed": true,
        "capabilities_supported": ["thermostat"],
        "can_hvac_heat": true,
        "can_hvac_cool": true,
        "can_hvac_heat_cool": true,
        "can_turn_off_hvac": true,
        "can_run_thermostat_programs": true,
        "can_program_thermostat_programs_as_different_each_day": true,
        "custom_metadata": {},
        "errors": [],
        "warnings": [{
            "warning_code": "temperature_threshold_exceeded",
            "message": "It is warmer than allowed.",
            "created_at": CREATED,
        }],
        "properties": {
            "name": "Upper floor",
            "online": true,
            "manufacturer": "ecobee",
            "temperature_celsius": -3,
            "temperature_fahrenheit": 26.6,
            "relative_humidity": 0.36,
            "is_heating": true,
            "is_cooling": false,
            "is_fan_running": true,
            "is_temporary_manual_override_active": false,
            "fan_mode_setting": "auto",
            "available_hvac_mode_settings": ["heat", "cool", "heat_cool", "off"],
            "available_fan_mode_settings": ["auto", "on"],
            "available_climate_preset_modes": ["home", "away", "sleep"],
            "available_climate_presets": [
                climate_preset(),
                {
                    "climate_preset_key": "asleep",
                    "climate_preset_mode": "sleep",
                    "name": null,
                    "display_name": "Asleep",
                    "can_edit": false,
                    "can_delete": false,
                    "can_use_with_thermostat_daily_programs": true,
                    "manual_override_allowed": false,
                    "hvac_mode_setting": "heat",
                    "heating_set_point_celsius": 17,
                },
            ],
            "current_climate_setting": climate_preset(),
            "default_climate_setting": { "manual_override_allowed": true, "hvac_mode_setting": "off" },
            "fallback_climate_preset_key": null,
            "active_thermostat_schedule": thermostat_schedule(),
            "active_thermostat_schedule_id": SCHEDULE,
            "min_heating_set_point_celsius": 7,
            "max_heating_set_point_celsius": 26,
            "min_cooling_set_point_celsius": 18.5,
            "max_cooling_set_point_celsius": 33,
            "min_heating_cooling_delta_celsius": 2.7777777777777777,
            "min_heating_cooling_delta_fahrenheit": 5,
            "temperature_threshold": {
                "lower_limit_celsius": 15.5,
                "lower_limit_fahrenheit": 59.9,
                "upper_limit_celsius": null,
                "upper_limit_fahrenheit": null,
            },
            "max_thermostat_daily_program_periods_per_day": 4,
            "max_unique_climate_presets_per_thermostat_weekly_program": 3,
            "thermostat_daily_program_period_precision_minutes": 30,
            "thermostat_daily_programs": [daily_program()],
            "thermostat_weekly_program": {
                "created_at": CREATED,
                "monday_program_id": PROGRAM,
                "tuesday_program_id": PROGRAM,
                "wednesday_program_id": PROGRAM,
                "thursday_program_id": PROGRAM,
                "friday_program_id": PROGRAM,
                "saturday_program_id": null,
                "sunday_program_id": null,
            },
            "ecobee_metadata": { "ecobee_device_id": "eco-9", "device_name": "Upper floor" },
        },
    }));
    assert_eq!(device.device_type, Some(DeviceType::EcobeeThermostat));
    assert_eq!((device.can_hvac_heat, device.can_hvac_cool), (Some(true), Some(true)));
    assert_eq!(only(&device.warnings).warning_code, Some(DeviceWarningCode::TemperatureThresholdExceeded));
    let properties = device.properties.unwrap();
    assert_eq!(properties.temperature_celsius, Some(-3.0));
    assert_eq!((properties.relative_humidity, properties.temperature_fahrenheit), (Some(0.36), Some(26.6)));
    assert_eq!((properties.is_heating, properties.is_cooling), (Some(true), Some(false)));
    assert_eq!(
        properties.available_hvac_mode_settings,
        [HvacMode::Heat, HvacMode::Cool, HvacMode::HeatCool, HvacMode::Off]
    );
    assert_eq!(properties.available_fan_mode_settings, [FanMode::Auto, FanMode::On]);
    assert_eq!(
        properties.available_climate_preset_modes,
        [ClimatePresetMode::Home, ClimatePresetMode::Away, ClimatePresetMode::Sleep]
    );
    let [home, sleep] = &properties.available_climate_presets[..] else { panic!("two presets") };
    assert_eq!(home.climate_preset_key.as_deref(), Some("guests_in"));
    assert_eq!(home.hvac_mode_setting, Some(HvacMode::HeatCool));
    assert_eq!((home.heating_set_point_celsius, home.cooling_set_point_celsius), (Some(20.5), Some(25.0)));
    assert_eq!(home.ecobee_metadata.as_ref().unwrap().owner, Some(EcobeeOwner::User));
    assert_eq!((sleep.name.as_deref(), sleep.display_name.as_deref()), (None, Some("Asleep")));
    assert_eq!(sleep.climate_preset_mode, Some(ClimatePresetMode::Sleep));
    assert_eq!(properties.current_climate_setting.unwrap().fan_mode_setting, Some(FanMode::Auto));
    assert_eq!(properties.default_climate_setting.unwrap().hvac_mode_setting, Some(HvacMode::Off));
    let schedule = properties.active_thermostat_schedule.unwrap();
    assert_eq!(Some(schedule.thermostat_schedule_id), properties.active_thermostat_schedule_id);
    assert_eq!(schedule.climate_preset_key.as_deref(), Some("guests_in"));
    assert_eq!(properties.min_heating_cooling_delta_celsius, Some(2.777_777_777_777_777_7));
    let threshold = properties.temperature_threshold.unwrap();
    assert_eq!((threshold.lower_limit_celsius, threshold.upper_limit_celsius), (Some(15.5), None));
    assert_eq!(only(&properties.thermostat_daily_programs).periods.len(), 2);
    let week = properties.thermostat_weekly_program.unwrap();
    assert_eq!((week.friday_program_id, week.sunday_program_id), (Some(PROGRAM.into()), None));
    assert_eq!(properties.ecobee_metadata.unwrap().ecobee_device_id.as_deref(), Some("eco-9"));
}

#[test]
fn a_minut_noise_sensor_is_read() {
    let device: Device = read_known(&json!({
        "device_id": DEVICE,
        "device_type": "minut_sensor",
        "display_name": "Living room",
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "is_managed": true,
        "capabilities_supported": ["noise_detection", "battery"],
        "custom_metadata": {},
        "location": { "location_name": "Hazel Court", "room_name": "Living room" },
        "errors": [],
        "warnings": [],
        "properties": {
            "name": "Living room",
            "online": true,
            "manufacturer": "minut",
            "noise_level_decibels": 41.75,
            "currently_triggering_noise_threshold_ids": ["nt-quiet-hours"],
            "battery_level": 1,
            "battery": { "level": 1, "status": "full" },
            "minut_metadata": {
                "device_id": "mnt-55",
                "device_name": "Living room",
                "latest_sensor_values": {
                    "sound": { "time": "2026-02-03T09:15:00Z", "value": 41.75 },
                    "temperature": { "time": "2026-02-03T09:15:00Z", "value": 21 },
                    "humidity": { "time": "2026-02-03T09:15:00Z", "value": 44.2 },
                    "pressure": { "time": "2026-02-03T09:15:00Z", "value": 1013.25 },
                    "accelerometer_z": { "time": "2026-02-03T09:15:00Z", "value": -1.0023 },
                },
            },
        },
    }));
    assert_eq!(device.capabilities_supported, [DeviceCapability::NoiseDetection, DeviceCapability::Battery]);
    assert_eq!(device.location.unwrap().room_name.as_deref(), Some("Living room"));
    let properties = device.properties.unwrap();
    assert_eq!(properties.noise_level_decibels, Some(41.75));
    assert_eq!(properties.currently_triggering_noise_threshold_ids, [NoiseThresholdId::from("nt-quiet-hours")]);
    let values = properties.minut_metadata.unwrap().latest_sensor_values.unwrap();
    assert_eq!(values.temperature.unwrap().value, Some(21.0));
    assert_eq!(values.accelerometer_z.unwrap().value, Some(-1.0023));
    let sound = values.sound.unwrap();
    assert_eq!((sound.time.as_deref(), sound.value), (Some("2026-02-03T09:15:00Z"), Some(41.75)));
}

#[test]
fn a_phone_is_read_as_a_device() {
    let device: Device = read_known(&json!({
        "device_id": DEVICE,
        "device_type": "ios_phone",
        "display_name": "Phone of Ines",
        "nickname": "Ines",
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "is_managed": true,
        "capabilities_supported": ["phone"],
        "custom_metadata": { "guest": "204" },
        "errors": [],
        "warnings": [{
            "warning_code": "unknown_issue_with_phone",
            "message": "Something is wrong with the phone.",
            "created_at": CREATED,
        }],
        "properties": {
            "assa_abloy_credential_service_metadata": {
                "has_active_endpoint": true,
                "endpoints": [
                    { "endpoint_id": "ep-1", "is_active": true },
                    { "endpoint_id": "ep-0", "is_active": false },
                ],
            },
            "salto_space_credential_service_metadata": { "has_active_phone": false },
        },
    }));
    assert_eq!(device.device_type, Some(DeviceType::IosPhone));
    assert_eq!(device.capabilities_supported, [DeviceCapability::Phone]);
    assert_eq!(device.connected_account_id, None);
    assert_eq!(only(&device.warnings).warning_code, Some(DeviceWarningCode::UnknownIssueWithPhone));
    let properties = device.properties.unwrap();
    assert_eq!(properties.online, None);
    let service = properties.assa_abloy_credential_service_metadata.unwrap();
    assert_eq!((service.has_active_endpoint, service.endpoints.len()), (Some(true), 2));
    assert_eq!(service.endpoints[0].endpoint_id.as_deref(), Some("ep-1"));
    assert_eq!(properties.salto_space_credential_service_metadata.unwrap().has_active_phone, Some(false));
}

/// Returns an unmanaged lock.
fn unmanaged_device() -> Value {
    json!({
        "device_id": OTHER_DEVICE,
        "device_type": "nuki_lock",
        "display_name": "Wine cellar",
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "is_managed": false,
        "capabilities_supported": ["lock", "access_code", "battery"],
        "can_remotely_unlock": true,
        "custom_metadata": {},
        "location": { "location_name": "Hazel Court", "time_zone": "Europe/Lisbon" },
        "errors": [{
            "error_code": "device_removed",
            "message": "The lock is not in the account any more.",
            "is_device_error": true,
            "created_at": CREATED,
        }],
        "warnings": [],
        "properties": {
            "name": "Wine cellar",
            "online": true,
            "manufacturer": "nuki",
            "battery_level": 0.4,
            "battery": { "level": 0.4, "status": "low" },
            "accessory_keypad": { "is_connected": false },
            "image_url": "https://pictures.example.com/locks/nuki.png",
            "image_alt_text": "A square lock",
            "online_access_codes_enabled": true,
            "offline_access_codes_enabled": false,
            "model": { "display_name": "Smart Lock", "manufacturer_display_name": "Nuki" },
        },
    })
}

#[test]
fn an_unmanaged_device_is_read() {
    let device: UnmanagedDevice = read_known(&unmanaged_device());
    assert_eq!(device.device_id, OTHER_DEVICE);
    assert_eq!(device.is_managed, Some(false));
    assert_eq!(device.device_type, Some(DeviceType::NukiLock));
    assert_eq!(device.display_name.as_deref(), Some("Wine cellar"));
    assert_eq!(only(&device.errors).error_code, Some(DeviceErrorCode::DeviceRemoved));
    assert_eq!(device.location.unwrap().time_zone.as_deref(), Some("Europe/Lisbon"));
    let properties = device.properties.unwrap();
    assert_eq!((properties.online, properties.battery_level), (Some(true), Some(0.4)));
    assert_eq!(properties.battery.unwrap().status, Some(BatteryStatus::Low));
    assert_eq!(properties.model.unwrap().display_name.as_deref(), Some("Smart Lock"));
}

// Connected accounts and connect webviews

/// Returns a connected account without errors.
fn connected_account() -> Value {
    json!({
        "connected_account_id": ACCOUNT,
        "account_type": "august",
        "account_type_display_name": "August",
        "display_name": "ines@hazel.example",
        "created_at": CREATED,
        "accepted_capabilities": ["lock", "access_control"],
        "automatically_manage_new_devices": true,
        "custom_metadata": { "owner": "ines", "vip": false },
        "customer_key": "hazel",
        "user_identifier": { "email": "ines@hazel.example", "phone": "+351900000000", "exclusive": true },
        "image_url": "https://pictures.example.com/makers/august.png",
        "errors": [],
        "warnings": [],
    })
}

#[test]
fn a_connected_account_that_works_is_read() {
    let account: ConnectedAccount = read_known(&connected_account());
    assert_eq!(account.connected_account_id, ACCOUNT);
    assert_eq!(account.account_type.as_deref(), Some("august"));
    assert_eq!(account.account_type_display_name.as_deref(), Some("August"));
    assert_eq!(account.accepted_capabilities, [Capability::Lock, Capability::AccessControl]);
    assert_eq!(account.automatically_manage_new_devices, Some(true));
    assert_eq!(account.custom_metadata.get("vip").and_then(MetadataValue::as_bool), Some(false));
    assert_eq!(account.customer_key.as_deref(), Some("hazel"));
    assert!(account.errors.is_empty() && account.warnings.is_empty());
    let person = account.user_identifier.unwrap();
    assert_eq!(person.email.as_deref(), Some("ines@hazel.example"));
    assert_eq!((person.phone.as_deref(), person.exclusive), (Some("+351900000000"), Some(true)));
}

#[test]
fn a_connected_account_that_is_disconnected_is_read_with_its_errors_and_warnings() {
    let account: ConnectedAccount = read_known(&with(
        connected_account(),
        json!({
            "account_type": "salto_ks",
            "errors": [
                {
                    "error_code": "account_disconnected",
                    "message": "The owner has to log in again.",
                    "is_connected_account_error": true,
                    "created_at": CREATED,
                },
                {
                    "error_code": "bridge_disconnected",
                    "message": "The bridge is off.",
                    "is_bridge_error": true,
                    "is_connected_account_error": true,
                    "created_at": CREATED,
                },
                {
                    "error_code": "salto_ks_subscription_limit_exceeded",
                    "message": "Too many people.",
                    "is_connected_account_error": true,
                    "created_at": CREATED,
                    "salto_ks_metadata": { "sites": [{
                        "site_id": "site-1",
                        "site_name": "Hazel Court",
                        "site_user_subscription_limit": 50,
                        "subscribed_site_user_count": 51,
                    }] },
                },
            ],
            "warnings": [{
                "warning_code": "account_reauthorization_requested",
                "message": "The owner was asked to log in again.",
                "created_at": CREATED,
            }],
        }),
    ));
    let [disconnected, bridge, limit] = &account.errors[..] else { panic!("three errors") };
    assert_eq!(disconnected.error_code, Some(ConnectedAccountErrorCode::AccountDisconnected));
    assert_eq!(disconnected.is_connected_account_error, Some(true));
    assert_eq!(bridge.error_code, Some(ConnectedAccountErrorCode::BridgeDisconnected));
    assert_eq!(bridge.is_bridge_error, Some(true));
    assert_eq!(limit.error_code, Some(ConnectedAccountErrorCode::SaltoKsSubscriptionLimitExceeded));
    let site = only(&limit.salto_ks_metadata.as_ref().unwrap().sites);
    assert_eq!((site.site_user_subscription_limit, site.subscribed_site_user_count), (Some(50), Some(51)));
    assert_eq!(
        only(&account.warnings).warning_code,
        Some(ConnectedAccountWarningCode::AccountReauthorizationRequested)
    );
}

/// Returns an unused connect webview.
fn connect_webview() -> Value {
    json!({
        "connect_webview_id": WEBVIEW,
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "url": "https://login.example.com/w?token=invented",
        "status": "pending",
        "login_successful": false,
        "authorized_at": null,
        "connected_account_id": null,
        "selected_provider": null,
        "any_provider_allowed": false,
        "accepted_providers": ["august", "yale"],
        "accepted_capabilities": ["lock"],
        "automatically_manage_new_devices": true,
        "wait_for_device_creation": false,
        "device_selection_mode": "multiple",
        "custom_metadata": { "owner": "ines" },
        "custom_redirect_url": "https://hazel.example/done",
        "custom_redirect_failure_url": null,
        "customer_key": "hazel",
    })
}

#[test]
fn a_connect_webview_that_is_pending_is_read() {
    let webview: ConnectWebview = read_known(&connect_webview());
    assert_eq!(webview.connect_webview_id, WEBVIEW);
    assert_eq!(webview.status, Some(ConnectWebviewStatus::Pending));
    assert_eq!(link(&webview.url), Some("https://login.example.com/w?token=invented"));
    assert_eq!(webview.login_successful, Some(false));
    assert_eq!((webview.authorized_at, webview.connected_account_id), (None, None));
    assert_eq!(webview.accepted_providers, ["august", "yale"]);
    assert_eq!(webview.accepted_capabilities, [Capability::Lock]);
    assert_eq!(webview.device_selection_mode, Some(DeviceSelectionMode::Multiple));
    assert_eq!(webview.custom_redirect_url.as_ref().map(SecretUrl::expose_secret), Some("https://hazel.example/done"));
    assert_eq!(webview.custom_redirect_failure_url, None);
}

#[test]
fn a_connect_webview_that_is_authorized_is_read() {
    let webview: ConnectWebview = read_known(&with(
        connect_webview(),
        json!({
            "status": "authorized",
            "login_successful": true,
            "authorized_at": "2026-02-03T09:21:07.004Z",
            "connected_account_id": ACCOUNT,
            "selected_provider": "yale",
        }),
    ));
    assert_eq!(webview.status, Some(ConnectWebviewStatus::Authorized));
    assert_eq!(webview.login_successful, Some(true));
    assert!(webview.authorized_at > webview.created_at);
    assert_eq!(webview.connected_account_id, Some(ACCOUNT.into()));
    assert_eq!(webview.selected_provider.as_deref(), Some("yale"));
}

// Access grants and access methods

/// Returns an access grant for a stay, with a PIN and a mobile key.
fn access_grant() -> Value {
    json!({
        "access_grant_id": GRANT,
        "access_grant_key": "stay-8812",
        "workspace_id": WORKSPACE,
        "user_identity_id": PERSON,
        "name": null,
        "display_name": "Ines, 204",
        "display_status": "Ready",
        "created_at": CREATED,
        "starts_at": STARTS,
        "ends_at": ENDS,
        "space_ids": [SPACE],
        "location_ids": [SPACE],
        "access_method_ids": [METHOD, OTHER_METHOD],
        "requested_access_methods": [
            {
                "mode": "code",
                "display_name": "PIN",
                "code": "4471",
                "created_at": CREATED,
                "created_access_method_ids": [METHOD],
            },
            {
                "mode": "mobile_key",
                "display_name": "Key on the phone",
                "created_at": CREATED,
                "created_access_method_ids": [OTHER_METHOD],
                "instant_key_max_use_count": 3,
            },
            { "mode": "card", "display_name": "Card", "created_at": CREATED, "created_access_method_ids": [] },
        ],
        "reservation_key": "booking-8812",
        "client_session_token": "invented-session-token",
        "instant_key_url": "https://key.example.com/invented",
        "customization_profile_id": "0f1e2d3c-4b5a-4697-8878-695a4b3c2d01",
        "pending_mutations": [],
        "errors": [],
        "warnings": [],
    })
}

#[test]
fn an_access_grant_is_read_with_its_requested_access_methods() {
    let grant: AccessGrant = read_known(&access_grant());
    assert_eq!(grant.access_grant_id, GRANT);
    assert_eq!(grant.access_grant_key.as_deref(), Some("stay-8812"));
    assert_eq!(grant.user_identity_id, Some(PERSON.into()));
    assert_eq!((grant.name.as_deref(), grant.display_name.as_deref()), (None, Some("Ines, 204")));
    assert_eq!((time(&grant.starts_at), time(&grant.ends_at)), (STARTS.to_owned(), ENDS.to_owned()));
    assert_eq!(grant.space_ids, [SPACE]);
    assert_eq!(grant.access_method_ids, [METHOD, OTHER_METHOD]);
    assert_eq!(grant.reservation_key.as_deref(), Some("booking-8812"));
    assert_eq!(token(&grant.client_session_token), Some("invented-session-token"));
    assert_eq!(link(&grant.instant_key_url), Some("https://key.example.com/invented"));
    let [code, key, card] = &grant.requested_access_methods[..] else { panic!("three methods") };
    assert_eq!((&code.mode, pin(&code.code)), (&Some(AccessMethodMode::Code), Some("4471")));
    assert_eq!(code.created_access_method_ids, [METHOD]);
    assert_eq!((&key.mode, key.instant_key_max_use_count), (&Some(AccessMethodMode::MobileKey), Some(3)));
    assert_eq!((&card.mode, card.created_access_method_ids.len()), (&Some(AccessMethodMode::Card), 0));
}

#[test]
fn an_access_grant_in_trouble_is_read_with_its_mutations_errors_and_warnings() {
    let grant: AccessGrant = read_known(&with(
        access_grant(),
        json!({
            "ends_at": null,
            "pending_mutations": [
                {
                    "mutation_code": "updating_spaces",
                    "created_at": CREATED,
                    "message": "Another room was requested.",
                    "from": { "device_ids": [DEVICE] },
                    "to": { "device_ids": [DEVICE, OTHER_DEVICE], "common_code_key": "family-of-204" },
                },
                {
                    "mutation_code": "updating_access_times",
                    "created_at": CREATED,
                    "message": "A longer stay was requested.",
                    "access_method_ids": [METHOD],
                    "from": { "starts_at": STARTS, "ends_at": ENDS },
                    "to": { "starts_at": STARTS, "ends_at": null },
                },
            ],
            "errors": [{
                "error_code": "cannot_create_requested_access_methods",
                "message": "No lock takes a card.",
                "created_at": CREATED,
                "missing_device_ids": [OTHER_DEVICE],
            }],
            "warnings": [
                {
                    "warning_code": "requested_code_unavailable",
                    "message": "The PIN was taken.",
                    "created_at": CREATED,
                    "device_id": DEVICE,
                    "original_code": "4471",
                    "new_code": "9035",
                },
                {
                    "warning_code": "overprovisioned_access",
                    "message": "A lock still has the code.",
                    "created_at": CREATED,
                    "failed_devices": [{
                        "device_id": OTHER_DEVICE,
                        "error_code": "offline_access_code_not_revocable",
                        "message": "The offline code cannot be revoked.",
                    }],
                },
                {
                    "warning_code": "device_time_constraints_violated",
                    "message": "The stay is too long for the lock.",
                    "created_at": CREATED,
                    "device_id": DEVICE,
                    "reason": "duration_exceeds_max",
                },
            ],
        }),
    ));
    assert_eq!(grant.ends_at, None);
    let [spaces, times] = &grant.pending_mutations[..] else { panic!("two mutations") };
    assert_eq!(spaces.mutation_code, Some(AccessGrantMutationCode::UpdatingSpaces));
    assert_eq!(spaces.from.as_ref().unwrap().device_ids, [DEVICE]);
    let to = spaces.to.as_ref().unwrap();
    assert_eq!(to.device_ids, [DEVICE, OTHER_DEVICE]);
    assert_eq!(to.common_code_key.as_deref(), Some("family-of-204"));
    assert_eq!(times.mutation_code, Some(AccessGrantMutationCode::UpdatingAccessTimes));
    assert_eq!(times.access_method_ids, [METHOD]);
    assert_eq!(time(&times.from.as_ref().unwrap().ends_at), ENDS);
    assert_eq!(times.to.as_ref().unwrap().ends_at, None);
    let error = only(&grant.errors);
    assert_eq!(error.error_code, Some(AccessGrantErrorCode::CannotCreateRequestedAccessMethods));
    assert_eq!(error.missing_device_ids, [OTHER_DEVICE]);
    let [code, too_much, too_long] = &grant.warnings[..] else { panic!("three warnings") };
    assert_eq!(code.warning_code, Some(AccessGrantWarningCode::RequestedCodeUnavailable));
    assert_eq!((pin(&code.original_code), pin(&code.new_code)), (Some("4471"), Some("9035")));
    assert_eq!(too_much.warning_code, Some(AccessGrantWarningCode::OverprovisionedAccess));
    let failed = only(&too_much.failed_devices);
    assert_eq!(failed.error_code, Some(FailedDeviceErrorCode::OfflineAccessCodeNotRevocable));
    assert_eq!(too_long.warning_code, Some(AccessGrantWarningCode::DeviceTimeConstraintsViolated));
    assert_eq!(too_long.reason.as_ref().unwrap().as_str(), "duration_exceeds_max");
}

/// Returns an access method with a PIN.
fn access_method() -> Value {
    json!({
        "access_method_id": METHOD,
        "workspace_id": WORKSPACE,
        "mode": "code",
        "display_name": "PIN",
        "display_status": "Issued",
        "code": "4471",
        "created_at": CREATED,
        "issued_at": "2026-02-03T09:16:02.998Z",
        "is_issued": true,
        "pending_mutations": [],
        "errors": [],
        "warnings": [],
    })
}

#[test]
fn an_access_method_that_is_a_code_is_read() {
    let method: AccessMethod = read_known(&access_method());
    assert_eq!(method.access_method_id, METHOD);
    assert_eq!(method.mode, Some(AccessMethodMode::Code));
    assert_eq!(pin(&method.code), Some("4471"));
    assert_eq!(method.is_issued, Some(true));
    assert!(method.issued_at > method.created_at);
    assert_eq!((method.instant_key_url, method.client_session_token), (None, None));
}

#[test]
fn an_access_method_that_is_a_key_on_a_phone_is_read_with_its_link() {
    let method: AccessMethod = read_known(&json!({
        "access_method_id": OTHER_METHOD,
        "workspace_id": WORKSPACE,
        "mode": "mobile_key",
        "display_name": "Key on the phone",
        "display_status": "Issued",
        "created_at": CREATED,
        "issued_at": CREATED,
        "is_issued": true,
        "is_encoding_required": false,
        "is_assignment_required": false,
        "is_ready_for_encoding": false,
        "is_ready_for_assignment": false,
        "instant_key_url": "https://key.example.com/invented",
        "client_session_token": "invented-session-token",
        "customization_profile_id": "0f1e2d3c-4b5a-4697-8878-695a4b3c2d01",
        "pending_mutations": [],
        "errors": [],
        "warnings": [],
    }));
    assert_eq!(method.mode, Some(AccessMethodMode::MobileKey));
    assert_eq!(link(&method.instant_key_url), Some("https://key.example.com/invented"));
    assert_eq!(token(&method.client_session_token), Some("invented-session-token"));
    assert_eq!((method.is_encoding_required, method.code), (Some(false), None));
}

#[test]
fn an_access_method_that_is_not_issued_yet_is_read_with_its_troubles() {
    let method: AccessMethod = read_known(&with(
        access_method(),
        json!({
            "code": null,
            "issued_at": null,
            "is_issued": false,
            "pending_mutations": [
                {
                    "mutation_code": "provisioning_access",
                    "created_at": CREATED,
                    "message": "Is being put on the locks.",
                    "from": { "device_ids": [] },
                    "to": { "device_ids": [DEVICE] },
                },
                {
                    "mutation_code": "updating_access_times",
                    "created_at": CREATED,
                    "message": "A longer stay was requested.",
                    "from": { "starts_at": null, "ends_at": ENDS },
                    "to": { "starts_at": STARTS, "ends_at": null },
                },
            ],
            "errors": [{ "error_code": "failed_to_issue", "message": "No lock took it.", "created_at": CREATED }],
            "warnings": [{
                "warning_code": "pulled_backup_access_code",
                "message": "A spare code is used.",
                "created_at": CREATED,
                "original_access_method_id": OTHER_METHOD,
            }],
        }),
    ));
    assert_eq!((method.code, method.issued_at, method.is_issued), (None, None, Some(false)));
    let [provisioning, times] = &method.pending_mutations[..] else { panic!("two mutations") };
    assert_eq!(provisioning.mutation_code, Some(AccessMethodMutationCode::ProvisioningAccess));
    assert_eq!(provisioning.to.as_ref().unwrap().device_ids, [DEVICE]);
    assert_eq!(times.mutation_code, Some(AccessMethodMutationCode::UpdatingAccessTimes));
    assert_eq!(time(&times.to.as_ref().unwrap().starts_at), STARTS);
    assert_eq!(only(&method.errors).error_code, Some(AccessMethodErrorCode::FailedToIssue));
    let warning = only(&method.warnings);
    assert_eq!(warning.warning_code, Some(AccessMethodWarningCode::PulledBackupAccessCode));
    assert_eq!(warning.original_access_method_id, Some(OTHER_METHOD.into()));
}

// Access control systems

/// Returns a Visionline system of a hotel.
fn acs_system() -> Value {
    json!({
        "acs_system_id": SYSTEM,
        "workspace_id": WORKSPACE,
        "connected_account_id": ACCOUNT,
        "connected_account_ids": [ACCOUNT],
        "created_at": CREATED,
        "name": "Hotel Hazel",
        "external_type": "visionline_system",
        "external_type_display_name": "Visionline",
        "system_type": "visionline_system",
        "system_type_display_name": "Visionline",
        "acs_user_count": 212,
        "acs_access_group_count": 0,
        "is_credential_manager": false,
        "default_credential_manager_acs_system_id": null,
        "image_url": "https://pictures.example.com/systems/visionline.png",
        "image_alt_text": "The maker's sign",
        "location": { "time_zone": "Europe/Lisbon" },
        "visionline_metadata": { "lan_address": "10.20.0.7", "mobile_access_uuid": "mau-1", "system_id": "vis-9" },
        "errors": [],
        "warnings": [],
    })
}

#[test]
fn an_access_control_system_is_read() {
    let system: AcsSystem = read_known(&acs_system());
    assert_eq!(system.acs_system_id, SYSTEM);
    assert_eq!(system.name.as_deref(), Some("Hotel Hazel"));
    assert_eq!(system.external_type, Some(AcsSystemType::VisionlineSystem));
    assert_eq!((system.acs_user_count, system.acs_access_group_count), (Some(212.0), Some(0.0)));
    assert_eq!(system.connected_account_ids, [ACCOUNT]);
    assert_eq!(system.default_credential_manager_acs_system_id, None);
    assert_eq!(system.location.unwrap().time_zone.as_deref(), Some("Europe/Lisbon"));
    assert_eq!(system.visionline_metadata.unwrap().lan_address.as_deref(), Some("10.20.0.7"));
}

#[test]
fn an_access_control_system_that_cannot_be_reached_is_read() {
    let system: AcsSystem = read_known(&with(
        acs_system(),
        json!({
            "location": { "time_zone": null },
            "errors": [
                { "error_code": "visionline_instance_unreachable", "message": "It is off.", "created_at": CREATED },
                {
                    "error_code": "bridge_disconnected",
                    "message": "The bridge is off.",
                    "is_bridge_error": true,
                    "created_at": CREATED,
                },
            ],
            "warnings": [{
                "warning_code": "time_zone_does_not_match_location",
                "message": "Set the time zone.",
                "created_at": CREATED,
                "misconfigured_acs_entrance_ids": [ENTRANCE],
            }],
        }),
    ));
    let [unreachable, bridge] = &system.errors[..] else { panic!("two errors") };
    assert_eq!(unreachable.error_code, Some(AcsSystemErrorCode::VisionlineInstanceUnreachable));
    assert_eq!(
        (&bridge.error_code, bridge.is_bridge_error),
        (&Some(AcsSystemErrorCode::BridgeDisconnected), Some(true))
    );
    let warning = only(&system.warnings);
    assert_eq!(warning.warning_code, Some(AcsSystemWarningCode::TimeZoneDoesNotMatchLocation));
    assert_eq!(warning.misconfigured_acs_entrance_ids, [ENTRANCE]);
    assert_eq!(system.location.unwrap().time_zone, None);
}

/// Returns a user of an access control system.
fn acs_user() -> Value {
    json!({
        "acs_user_id": ACS_USER,
        "acs_system_id": SYSTEM,
        "connected_account_id": ACCOUNT,
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "display_name": "Ines Duarte",
        "full_name": "Ines Duarte",
        "email": "ines@hazel.example",
        "email_address": "ines@hazel.example",
        "phone_number": "+351900000000",
        "external_type": "salto_site_user",
        "external_type_display_name": "Salto user",
        "is_managed": true,
        "is_suspended": false,
        "access_schedule": { "starts_at": STARTS, "ends_at": null },
        "user_identity_id": PERSON,
        "user_identity_full_name": "Ines Duarte",
        "user_identity_email_address": "ines@hazel.example",
        "user_identity_phone_number": null,
        "salto_ks_metadata": { "is_subscribed": true },
        "pending_mutations": [
            {
                "mutation_code": "updating_suspension_state",
                "created_at": CREATED,
                "message": "Is being suspended.",
                "from": { "is_suspended": false },
                "to": { "is_suspended": true },
            },
            {
                "mutation_code": "updating_user_information",
                "created_at": CREATED,
                "message": "The name is being changed.",
                "from": { "full_name": "Ines D.", "email_address": null },
                "to": { "full_name": "Ines Duarte", "email_address": "ines@hazel.example" },
            },
        ],
        "errors": [{ "error_code": "deleted_externally", "message": "The user was removed externally.", "created_at": CREATED }],
        "warnings": [{ "warning_code": "being_deleted", "message": "Is being removed.", "created_at": CREATED }],
    })
}

#[test]
fn a_user_of_an_access_control_system_is_read() {
    let user: AcsUser = read_known(&acs_user());
    assert_eq!(user.acs_user_id, ACS_USER);
    assert_eq!(user.full_name.as_deref(), Some("Ines Duarte"));
    assert_eq!(user.email_address.as_deref(), Some("ines@hazel.example"));
    assert_eq!(user.external_type, Some(AcsUserType::SaltoSiteUser));
    assert_eq!((user.is_managed, user.is_suspended), (Some(true), Some(false)));
    let schedule = user.access_schedule.unwrap();
    assert_eq!((time(&schedule.starts_at), schedule.ends_at), (STARTS.to_owned(), None));
    assert_eq!(user.user_identity_id, Some(PERSON.into()));
    assert_eq!(user.user_identity_phone_number, None);
    let [suspension, name] = &user.pending_mutations[..] else { panic!("two mutations") };
    assert_eq!(suspension.mutation_code, Some(AcsUserMutationCode::UpdatingSuspensionState));
    assert_eq!(suspension.to.as_ref().unwrap().is_suspended, Some(true));
    assert_eq!(name.mutation_code, Some(AcsUserMutationCode::UpdatingUserInformation));
    assert_eq!(name.from.as_ref().unwrap().full_name.as_deref(), Some("Ines D."));
    assert_eq!(only(&user.errors).error_code, Some(AcsUserErrorCode::DeletedExternally));
    assert_eq!(only(&user.warnings).warning_code, Some(AcsUserWarningCode::BeingDeleted));
}

/// Returns a card of a Visionline system.
fn acs_credential() -> Value {
    json!({
        "acs_credential_id": CREDENTIAL,
        "acs_system_id": SYSTEM,
        "acs_user_id": ACS_USER,
        "connected_account_id": ACCOUNT,
        "workspace_id": WORKSPACE,
        "user_identity_id": PERSON,
        "created_at": CREATED,
        "display_name": "Guest card 204",
        "access_method": "card",
        "external_type": "visionline_card",
        "external_type_display_name": "Visionline card",
        "card_number": "00A17F",
        "code": null,
        "starts_at": STARTS,
        "ends_at": ENDS,
        "is_managed": true,
        "is_issued": true,
        "issued_at": "2026-02-03T09:20:00.000Z",
        "is_one_time_use": false,
        "is_multi_phone_sync_credential": false,
        "is_latest_desired_state_synced_with_provider": null,
        "latest_desired_state_synced_with_provider_at": null,
        "visionline_metadata": {
            "card_function_type": "guest",
            "card_id": "17",
            "auto_join": false,
            "is_valid": true,
            "credential_id": "vc-17",
            "guest_acs_entrance_ids": [ENTRANCE],
            "common_acs_entrance_ids": [OTHER_ENTRANCE],
            "joiner_acs_credential_ids": [],
        },
        "errors": [],
        "warnings": [],
    })
}

#[test]
fn a_visionline_credential_is_read() {
    let credential: AcsCredential = read_known(&acs_credential());
    assert_eq!(credential.acs_credential_id, CREDENTIAL);
    assert_eq!(credential.access_method, Some(AccessMethodMode::Card));
    assert_eq!(credential.external_type, Some(AcsCredentialType::VisionlineCard));
    assert_eq!(
        (credential.card_number.as_ref().map(CardNumber::expose_secret), credential.code),
        (Some("00A17F"), None)
    );
    assert!(credential.starts_at < credential.ends_at);
    assert_eq!(credential.is_issued, Some(true));
    assert_eq!(credential.is_latest_desired_state_synced_with_provider, None);
    let visionline = credential.visionline_metadata.unwrap();
    assert_eq!(visionline.card_function_type, Some(CardFunctionType::Guest));
    assert_eq!(visionline.guest_acs_entrance_ids, [ENTRANCE]);
    assert_eq!(visionline.common_acs_entrance_ids, [OTHER_ENTRANCE]);
    assert_eq!(visionline.is_valid, Some(true));
}

#[test]
fn a_credential_with_another_pin_than_requested_is_read() {
    let credential: AcsCredential = read_known(&with(
        acs_credential(),
        json!({
            "access_method": "code",
            "code": "9035",
            "external_type": "salto_ks_credential",
            "errors": [{ "error_code": "not_there", "message": "It is gone.", "created_at": CREATED }],
            "warnings": [{
                "warning_code": "requested_code_unavailable",
                "message": "The PIN was taken.",
                "created_at": CREATED,
                "original_code": "4471",
                "new_code": "9035",
            }],
        }),
    ));
    assert_eq!(pin(&credential.code), Some("9035"));
    assert_eq!(only(&credential.errors).error_code.as_deref(), Some("not_there"));
    let warning = only(&credential.warnings);
    assert_eq!(warning.warning_code, Some(AcsCredentialWarningCode::RequestedCodeUnavailable));
    assert_eq!((pin(&warning.original_code), pin(&warning.new_code)), (Some("4471"), Some("9035")));
}

/// Returns an entrance of a Visionline system.
fn acs_entrance() -> Value {
    json!({
        "acs_entrance_id": ENTRANCE,
        "acs_system_id": SYSTEM,
        "connected_account_id": ACCOUNT,
        "created_at": CREATED,
        "display_name": "Room 204",
        "is_locked": true,
        "space_ids": [SPACE],
        "can_belong_to_reservation": true,
        "can_unlock_with_card": true,
        "can_unlock_with_mobile_key": true,
        "can_unlock_with_code": false,
        "can_unlock_with_cloud_key": false,
        "visionline_metadata": {
            "door_name": "204",
            "door_category": "common (PMS)",
            "profiles": [
                { "visionline_door_profile_id": "touch", "visionline_door_profile_type": "touch" },
                { "visionline_door_profile_id": "ble", "visionline_door_profile_type": "BLE" },
            ],
        },
        "errors": [],
        "warnings": [{ "warning_code": "privacy_mode", "message": "Not to be disturbed.", "created_at": CREATED }],
    })
}

#[test]
fn an_entrance_is_read() {
    let entrance: AcsEntrance = read_known(&acs_entrance());
    assert_eq!(entrance.acs_entrance_id, ENTRANCE);
    assert_eq!((entrance.display_name.as_deref(), entrance.is_locked), (Some("Room 204"), Some(true)));
    assert_eq!((entrance.can_unlock_with_card, entrance.can_unlock_with_code), (Some(true), Some(false)));
    assert_eq!(entrance.space_ids, [SPACE]);
    assert_eq!(only(&entrance.warnings).warning_code, Some(AcsEntranceWarningCode::PrivacyMode));
    let visionline = entrance.visionline_metadata.unwrap();
    assert_eq!(visionline.door_category, Some(VisionlineDoorCategory::CommonPMS));
    let [touch, ble] = &visionline.profiles[..] else { panic!("two profiles") };
    assert_eq!(touch.visionline_door_profile_type, Some(VisionlineDoorProfileType::Touch));
    assert_eq!(ble.visionline_door_profile_type, Some(VisionlineDoorProfileType::Ble));
}

/// Returns a card encoder that was removed.
fn acs_encoder() -> Value {
    json!({
        "acs_encoder_id": "5a6b7c8d-9e0f-4a1b-8c2d-3e4f5a6b7c01",
        "acs_system_id": SYSTEM,
        "connected_account_id": ACCOUNT,
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "display_name": "Front desk, left",
        "errors": [{ "error_code": "acs_encoder_removed", "message": "It was removed.", "created_at": CREATED }],
    })
}

#[test]
fn an_encoder_is_read() {
    let encoder: AcsEncoder = read_known(&acs_encoder());
    assert_eq!(encoder.acs_encoder_id, "5a6b7c8d-9e0f-4a1b-8c2d-3e4f5a6b7c01");
    assert_eq!(encoder.display_name.as_deref(), Some("Front desk, left"));
    assert_eq!(encoder.acs_system_id, Some(SYSTEM.into()));
    assert_eq!(only(&encoder.errors).error_code, Some(AcsEncoderErrorCode::AcsEncoderRemoved));
}

// User identities, spaces, sessions and keys

/// Returns a user identity.
fn user_identity() -> Value {
    json!({
        "user_identity_id": PERSON,
        "user_identity_key": "guest-ines",
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "display_name": "Ines Duarte",
        "full_name": "Ines Duarte",
        "email_address": "ines@hazel.example",
        "phone_number": null,
        "acs_user_ids": [ACS_USER],
        "errors": [{
            "error_code": "issue_with_acs_user",
            "message": "One system does not know her.",
            "created_at": CREATED,
            "acs_system_id": SYSTEM,
            "acs_user_id": ACS_USER,
        }],
        "warnings": [{ "warning_code": "being_deleted", "message": "Is being removed.", "created_at": CREATED }],
    })
}

#[test]
fn a_person_is_read() {
    let person: UserIdentity = read_known(&user_identity());
    assert_eq!(person.user_identity_id, PERSON);
    assert_eq!(person.user_identity_key.as_deref(), Some("guest-ines"));
    assert_eq!((person.email_address.as_deref(), person.phone_number), (Some("ines@hazel.example"), None));
    assert_eq!(person.acs_user_ids, [ACS_USER]);
    let error = only(&person.errors);
    assert_eq!(error.error_code.as_ref().map(ToString::to_string).as_deref(), Some("issue_with_acs_user"));
    assert_eq!((&error.acs_system_id, &error.acs_user_id), (&Some(SYSTEM.into()), &Some(ACS_USER.into())));
    assert_eq!(only(&person.warnings).warning_code.as_ref().map(ToString::to_string).as_deref(), Some("being_deleted"));
}

/// Returns a space with entrances.
fn space() -> Value {
    json!({
        "space_id": SPACE,
        "space_key": "hazel-204",
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "name": "Room 204",
        "display_name": "Room 204",
        "device_count": 2,
        "acs_entrance_count": 1,
        "customer_key": "hazel",
        "customer_data": {
            "address": "Rua da Aveleira 4, Lisboa",
            "default_checkin_time": "15:00",
            "default_checkout_time": "10:30",
            "time_zone": "Europe/Lisbon",
        },
        "geolocation": { "latitude": 38.7223, "longitude": -9.1393 },
    })
}

#[test]
fn a_space_is_read() {
    let space: Space = read_known(&space());
    assert_eq!(space.space_id, SPACE);
    assert_eq!((space.name.as_deref(), space.space_key.as_deref()), (Some("Room 204"), Some("hazel-204")));
    assert_eq!((space.device_count, space.acs_entrance_count), (Some(2.0), Some(1.0)));
    let geolocation = space.geolocation.unwrap();
    assert_eq!((geolocation.latitude, geolocation.longitude), (Some(38.7223), Some(-9.1393)));
    let data = space.customer_data.unwrap();
    assert_eq!(
        (data.default_checkin_time.as_ref().map(TimeOfDay::as_str), data.time_zone.as_deref()),
        (Some("15:00"), Some("Europe/Lisbon"))
    );
}

/// Returns a client session.
fn client_session() -> Value {
    json!({
        "client_session_id": SESSION,
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "expires_at": ENDS,
        "token": "invented-session-token",
        "user_identifier_key": null,
        "customer_key": "hazel",
        "device_count": 7,
        "connect_webview_ids": [WEBVIEW],
        "connected_account_ids": [ACCOUNT],
        "user_identity_id": PERSON,
        "user_identity_ids": [PERSON],
    })
}

#[test]
fn a_client_session_is_read() {
    let session: ClientSession = read_known(&client_session());
    assert_eq!(session.client_session_id, SESSION);
    assert_eq!(token(&session.token), Some("invented-session-token"));
    assert!(session.expires_at > session.created_at);
    assert_eq!(session.user_identifier_key, None);
    assert_eq!(session.device_count, Some(7.0));
    assert_eq!(session.connect_webview_ids, [WEBVIEW]);
    assert_eq!(session.connected_account_ids, [ACCOUNT]);
    assert_eq!(session.user_identity_ids, [PERSON]);
}

/// Returns an instant key.
fn instant_key() -> Value {
    json!({
        "instant_key_id": "6b7c8d9e-0f1a-4b2c-9d3e-4f5a6b7c8d01",
        "client_session_id": SESSION,
        "user_identity_id": PERSON,
        "workspace_id": WORKSPACE,
        "created_at": CREATED,
        "expires_at": ENDS,
        "instant_key_url": "https://key.example.com/invented",
        "customization_profile_id": "0f1e2d3c-4b5a-4697-8878-695a4b3c2d01",
        "customization": {
            "logo_url": "https://hazel.example/logo.svg",
            "primary_color": "#204030",
            "secondary_color": "#f0f0e0",
        },
    })
}

#[test]
fn an_instant_key_is_read() {
    let key: InstantKey = read_known(&instant_key());
    assert_eq!(key.instant_key_id, "6b7c8d9e-0f1a-4b2c-9d3e-4f5a6b7c8d01");
    assert_eq!(link(&key.instant_key_url), Some("https://key.example.com/invented"));
    assert_eq!(time(&key.expires_at), ENDS);
    assert_eq!((key.client_session_id, key.user_identity_id), (Some(SESSION.into()), Some(PERSON.into())));
    assert_eq!(key.customization.unwrap().primary_color.as_deref(), Some("#204030"));
}

// Thermostats and noise

#[test]
fn a_thermostat_schedule_is_read() {
    let schedule: ThermostatSchedule = read_known(&with(
        thermostat_schedule(),
        json!({ "errors": [{ "error_code": "not_reached", "message": "It is off.", "created_at": CREATED }] }),
    ));
    assert_eq!(schedule.thermostat_schedule_id, SCHEDULE);
    assert_eq!(schedule.device_id, Some(DEVICE.into()));
    assert_eq!(schedule.climate_preset_key.as_deref(), Some("guests_in"));
    assert_eq!((time(&schedule.starts_at), time(&schedule.ends_at)), (STARTS.to_owned(), ENDS.to_owned()));
    assert_eq!((schedule.is_override_allowed, schedule.max_override_period_minutes), (Some(true), Some(90)));
    assert_eq!(only(&schedule.errors).error_code.as_deref(), Some("not_reached"));

    let for_ever: ThermostatSchedule = read_known(&with(
        thermostat_schedule(),
        json!({ "name": null, "is_override_allowed": false, "max_override_period_minutes": null }),
    ));
    assert_eq!((for_ever.name, for_ever.max_override_period_minutes), (None, None));
}

#[test]
fn a_daily_program_of_a_thermostat_is_read() {
    let program: ThermostatDailyProgram = read_known(&daily_program());
    assert_eq!(program.thermostat_daily_program_id, PROGRAM);
    assert_eq!(program.name.as_deref(), Some("Working day"));
    let [day, night] = &program.periods[..] else { panic!("two periods") };
    assert_eq!(day.starts_at_time.as_ref().map(TimeOfDay::as_str), Some("06:30:00"));
    assert_eq!(night.climate_preset_key.as_deref(), Some("asleep"));
}

/// Returns a noise threshold for the night.
fn noise_threshold() -> Value {
    json!({
        "noise_threshold_id": "7c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e01",
        "device_id": DEVICE,
        "name": "Quiet hours",
        "starts_daily_at": "22:00:00[Europe/Lisbon]",
        "ends_daily_at": "07:30:00[Europe/Lisbon]",
        "noise_threshold_decibels": 55,
        "noise_threshold_nrs": 40.5,
    })
}

#[test]
fn a_noise_threshold_is_read() {
    let threshold: NoiseThreshold = read_known(&noise_threshold());
    assert_eq!(threshold.noise_threshold_id, "7c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e01");
    assert_eq!((threshold.noise_threshold_decibels, threshold.noise_threshold_nrs), (Some(55.0), Some(40.5)));
    assert_eq!(threshold.starts_daily_at.as_deref(), Some("22:00:00[Europe/Lisbon]"));
    assert_eq!(threshold.ends_daily_at.as_deref(), Some("07:30:00[Europe/Lisbon]"));
}

// Webhooks and workspaces

#[test]
fn a_webhook_is_read() {
    let webhook: Webhook = read_known(&json!({
        "webhook_id": "hook-7",
        "url": "https://hazel.example/seam",
        "event_types": ["device.connected", "device.disconnected"],
        "secret": "whsec_invented",
    }));
    assert_eq!(webhook.webhook_id, "hook-7");
    assert_eq!(webhook.url.as_ref().map(SecretUrl::expose_secret), Some("https://hazel.example/seam"));
    assert_eq!(webhook.event_types, [EventType::DeviceConnected, EventType::DeviceDisconnected]);
    assert_eq!(webhook.secret.as_ref().map(WebhookSecret::expose_secret), Some("whsec_invented"));
}

/// Returns a sandbox workspace.
fn workspace() -> Value {
    json!({
        "workspace_id": WORKSPACE,
        "organization_id": null,
        "name": "Hazel, trials",
        "company_name": "Hazel",
        "connect_partner_name": null,
        "is_sandbox": true,
        "is_suspended": false,
        "is_publishable_key_auth_enabled": true,
        "publishable_key": "invented-publishable-key",
        "connect_webview_customization": {
            "inviter_logo_url": "https://hazel.example/logo.svg",
            "logo_shape": "circle",
            "primary_button_color": "#204030",
            "primary_button_text_color": "#ffffff",
            "success_message": "Thank you!",
        },
    })
}

#[test]
fn a_workspace_is_read() {
    let workspace: Workspace = read_known(&workspace());
    assert_eq!(workspace.workspace_id, WORKSPACE);
    assert_eq!((workspace.name.as_deref(), workspace.company_name.as_deref()), (Some("Hazel, trials"), Some("Hazel")));
    assert_eq!((workspace.is_sandbox, workspace.is_suspended), (Some(true), Some(false)));
    assert_eq!((workspace.organization_id, workspace.connect_partner_name), (None, None));
    assert_eq!(token(&workspace.publishable_key), Some("invented-publishable-key"));
    let look = workspace.connect_webview_customization.unwrap();
    assert_eq!((look.logo_shape, look.success_message.as_deref()), (Some(LogoShape::Circle), Some("Thank you!")));
}

// Action attempts

/// Returns a pending action attempt.
fn action_attempt(action_type: &str) -> Value {
    json!({
        "action_attempt_id": ATTEMPT,
        "action_type": action_type,
        "status": "pending",
        "result": null,
        "error": null,
    })
}

/// Returns a successful action attempt.
fn succeeded(action_type: &str, result: &Value) -> ActionAttempt {
    read_known(&with(action_attempt(action_type), json!({ "status": "success", "result": result })))
}

#[test]
fn an_action_attempt_that_is_pending_has_no_result() {
    let attempt: ActionAttempt = read_known(&action_attempt("UNLOCK_DOOR"));
    assert_eq!(attempt.action_attempt_id, ATTEMPT);
    assert_eq!(attempt.status, ActionAttemptStatus::Pending);
    assert_eq!(attempt.action_type, Some(ActionType::UnlockDoor));
    assert!(attempt.result.is_none() && attempt.error.is_none() && attempt.typed_result().is_none());
}

#[test]
fn a_failed_action_attempt_has_an_error() {
    let attempt: ActionAttempt = read_known(&with(
        action_attempt("LOCK_DOOR"),
        json!({ "status": "error", "error": { "type": "jammed_bolt", "message": "Something is in the way." } }),
    ));
    assert_eq!(attempt.status, ActionAttemptStatus::Error);
    assert_eq!(attempt.typed_result(), None);
    let error = attempt.error.unwrap();
    assert_eq!(error.r#type.as_deref(), Some("jammed_bolt"));
    assert_eq!(error.message.as_ref().map(Message::expose_secret), Some("Something is in the way."));
}

#[test]
fn the_result_of_locking_a_door_has_the_confirmation_of_the_lock() {
    for (result, confirmed) in [
        (json!({ "was_confirmed_by_device": true }), Some(true)),
        (json!({ "was_confirmed_by_device": false }), Some(false)),
        (json!({}), None),
    ] {
        let attempt = succeeded("LOCK_DOOR", &result);
        assert_eq!(attempt.status, ActionAttemptStatus::Success);
        let Some(ActionResult::LockDoor(door)) = attempt.typed_result() else { panic!("{:?}", attempt.typed_result()) };
        assert_eq!(door.was_confirmed_by_device, confirmed);
        let attempt = succeeded("UNLOCK_DOOR", &result);
        assert!(matches!(attempt.typed_result(), Some(ActionResult::UnlockDoor(other)) if other == door));
    }
}

#[test]
fn the_result_of_a_scan_has_the_data_of_the_card() {
    let result = json!({
        "acs_credential_on_encoder": {
            "card_number": "00A17F",
            "created_at": null,
            "is_issued": true,
            "starts_at": STARTS,
            "ends_at": ENDS,
            "visionline_metadata": {
                "cancelled": false,
                "card_format": "rfid48",
                "card_holder": "Ines",
                "card_id": "17",
                "common_acs_entrance_ids": [OTHER_ENTRANCE],
                "guest_acs_entrance_ids": [ENTRANCE],
                "discarded": false,
                "expired": false,
                "number_of_issued_cards": 2,
                "overridden": false,
                "overwritten": true,
                "pending_auto_update": false,
            },
        },
        "acs_credential_on_seam": acs_credential(),
        "warnings": [{
            "warning_code": "acs_credential_on_encoder_out_of_sync",
            "warning_message": "The card is older than the credential.",
        }],
    });
    let Some(ActionResult::ScanCredential(scan)) = succeeded("SCAN_CREDENTIAL", &result).typed_result() else {
        panic!("not a scan result")
    };
    assert_eq!(serde_json::to_value(&scan).unwrap(), result);
    assert_eq!(only(&scan.warnings).warning_code, Some(ScanWarningCode::AcsCredentialOnEncoderOutOfSync));
    assert_eq!(scan.acs_credential_on_seam.unwrap().acs_credential_id, CREDENTIAL);
    let card = scan.acs_credential_on_encoder.unwrap();
    assert_eq!(
        (card.card_number.as_ref().map(CardNumber::expose_secret), card.is_issued),
        (Some("00A17F"), Some(true))
    );
    let visionline = card.visionline_metadata.unwrap();
    assert_eq!(visionline.card_format, Some(CardFormat::Rfid48));
    assert_eq!((visionline.number_of_issued_cards, visionline.overwritten), (Some(2.0), Some(true)));
}

#[test]
fn an_action_attempt_that_read_an_empty_card_has_neither() {
    let result = json!({
        "acs_credential_on_encoder": null,
        "acs_credential_on_seam": null,
        "warnings": [{ "warning_code": "acs_credential_on_seam_not_found", "warning_message": "Not known." }],
    });
    let Some(ActionResult::ScanCredential(scan)) = succeeded("SCAN_CREDENTIAL", &result).typed_result() else {
        panic!("not a scan result")
    };
    assert!(scan.acs_credential_on_encoder.is_none() && scan.acs_credential_on_seam.is_none());
    assert_eq!(only(&scan.warnings).warning_code, Some(ScanWarningCode::AcsCredentialOnSeamNotFound));
}

#[test]
fn an_action_attempt_that_wrote_a_card_has_the_credential() {
    let Some(ActionResult::EncodeCredential(credential)) =
        succeeded("ENCODE_CREDENTIAL", &acs_credential()).typed_result()
    else {
        panic!("not an encoding result")
    };
    assert_eq!(*credential, read::<AcsCredential>(&acs_credential()));
    let attempt = succeeded("SCAN_TO_ASSIGN_CREDENTIAL", &acs_credential());
    assert!(matches!(attempt.typed_result(), Some(ActionResult::ScanToAssignCredential(other)) if other == credential));
}

#[test]
fn an_action_attempt_that_made_an_access_code_has_it() {
    let result = json!({ "access_code": guest_code() });
    let Some(ActionResult::CreateAccessCode(code)) = succeeded("CREATE_ACCESS_CODE", &result).typed_result() else {
        panic!("not an access code result")
    };
    assert_eq!(*code, read::<AccessCode>(&guest_code()));
    assert_eq!(pin(&code.code), Some("730416"));
    let attempt = succeeded("UPDATE_ACCESS_CODE", &result);
    assert!(matches!(attempt.typed_result(), Some(ActionResult::UpdateAccessCode(other)) if other == code));
}

#[test]
fn an_action_attempt_that_made_a_noise_threshold_or_assigned_a_card_has_it() {
    let attempt = succeeded("CREATE_NOISE_THRESHOLD", &json!({ "noise_threshold": noise_threshold() }));
    let Some(ActionResult::CreateNoiseThreshold(threshold)) = attempt.typed_result() else {
        panic!("not a noise threshold result")
    };
    assert_eq!(threshold.noise_threshold_decibels, Some(55.0));
    let Some(ActionResult::AssignCredential(method)) = succeeded("ASSIGN_CREDENTIAL", &access_method()).typed_result()
    else {
        panic!("not an assignment result")
    };
    assert_eq!(method.access_method_id, METHOD);
}

#[test]
fn an_empty_unknown_or_invalid_result_is_kept_unchanged() {
    for (action_type, result) in [
        ("SET_HVAC_MODE", json!({})),
        ("SYNC_ACCESS_CODES", json!({ "count": 4 })),
        ("LOCK_DOOR", json!("done")),
        ("CREATE_ACCESS_CODE", json!({})),
        ("CREATE_ACCESS_CODE", json!([])),
        ("CREATE_ACCESS_CODE", json!({ "access_code": { "code": "1234" } })),
        ("ENCODE_CREDENTIAL", json!({ "card_number": "00A17F" })),
    ] {
        let Some(ActionResult::Other(kept)) = succeeded(action_type, &result).typed_result() else {
            panic!("{action_type} {result}")
        };
        assert_eq!(kept.into_value(), result, "{action_type}");
    }
    let attempt: ActionAttempt =
        read(&with(action_attempt("OPEN_WINDOW"), json!({ "status": "success", "result": { "angle": 30 } })));
    assert_eq!(attempt.action_type.as_ref().map(ActionType::as_str), Some("OPEN_WINDOW"));
    assert_eq!(attempt.typed_result(), Some(ActionResult::Other(json!({ "angle": 30 }).into())));
}

#[test]
fn an_action_attempt_with_an_unknown_status_is_read() {
    let attempt: ActionAttempt = read(&with(action_attempt("LOCK_DOOR"), json!({ "status": "postponed" })));
    assert!(matches!(&attempt.status, ActionAttemptStatus::Unknown(status) if status.as_str() == "postponed"));
}

// Events

/// Returns an event with the fields of all events.
fn event(event_type: &str, payload: Value) -> Value {
    with(
        json!({
            "event_id": EVENT,
            "event_type": event_type,
            "workspace_id": WORKSPACE,
            "created_at": "2026-03-07T18:02:11.500Z",
            "occurred_at": "2026-03-07T18:02:09.000Z",
        }),
        payload,
    )
}

#[test]
fn an_event_of_a_lock_that_was_unlocked_is_read() {
    let event: Event = read_known(&event(
        "lock.unlocked",
        json!({
            "event_description": "Guest 204 unlocked the courtyard door.",
            "device_id": DEVICE,
            "connected_account_id": ACCOUNT,
            "method": "keycode",
            "access_code_id": CODE,
            "access_code_is_managed": true,
            "code": "730416",
            "is_via_bluetooth": false,
            "customer_key": "hazel",
            "device_custom_metadata": { "property": "hazel-court" },
            "connected_account_custom_metadata": {},
        }),
    ));
    assert_eq!(event.event_id, EVENT);
    assert_eq!(event.event_type, EventType::LockUnlocked);
    assert_eq!(event.workspace_id, Some(WORKSPACE.into()));
    assert!(event.occurred_at < event.created_at);
    assert_eq!(
        event.event_description.as_ref().map(Message::expose_secret),
        Some("Guest 204 unlocked the courtyard door.")
    );
    assert_eq!(event.payload.event_type(), Some(EventType::LockUnlocked));
    let EventPayload::LockUnlocked(unlocked) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!(unlocked.device_id, DEVICE);
    assert_eq!(unlocked.method, Some(LockMethod::Keycode));
    assert_eq!((unlocked.access_code_id, unlocked.access_code_is_managed), (Some(CODE.into()), Some(true)));
    assert_eq!(pin(&unlocked.code), Some("730416"));
    assert_eq!((unlocked.is_via_bluetooth, unlocked.is_via_nfc, unlocked.action_attempt_id), (Some(false), None, None));
    assert_eq!(unlocked.device_custom_metadata.get("property").and_then(MetadataValue::as_str), Some("hazel-court"));
    assert!(unlocked.connected_account_custom_metadata.is_empty());
}

#[test]
fn an_event_of_a_lock_with_nulls_is_written_back_with_them() {
    let event: Event = read_known(&event(
        "lock.unlocked",
        json!({ "event_description": null, "device_id": DEVICE, "method": "unknown", "access_code_id": null }),
    ));
    let EventPayload::LockUnlocked(unlocked) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!((unlocked.method, unlocked.access_code_id), (Some(LockMethod::UnknownToSeam), None));
}

#[test]
fn an_event_of_an_access_code_that_was_set_is_read() {
    let event: Event = read_known(&event(
        "access_code.set_on_device",
        json!({ "access_code_id": CODE, "device_id": DEVICE, "connected_account_id": ACCOUNT, "code": "730416" }),
    ));
    let EventPayload::AccessCodeSetOnDevice(set) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!((set.access_code_id, set.device_id), (CODE.into(), Some(DEVICE.into())));
    assert_eq!(pin(&set.code), Some("730416"));
}

#[test]
fn an_event_of_an_access_code_with_a_new_pin_is_read() {
    let event: Event = read_known(&event(
        "access_code.code_changed",
        json!({
            "access_code_id": CODE,
            "device_id": DEVICE,
            "connected_account_id": ACCOUNT,
            "description": "The PIN was changed.",
            "from": { "code": null },
            "to": { "code": "118822" },
        }),
    ));
    let EventPayload::AccessCodeCodeChanged(changed) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!(changed.description.as_ref().map(Message::expose_secret), Some("The PIN was changed."));
    assert_eq!(changed.from.unwrap().code, None);
    assert_eq!(pin(&changed.to.unwrap().code), Some("118822"));
}

#[test]
fn an_event_of_a_low_battery_is_read() {
    let event: Event = read_known(&event(
        "device.low_battery",
        json!({
            "device_id": DEVICE,
            "connected_account_id": ACCOUNT,
            "battery_level": 0.07,
            "battery_source": "accessory_keypad",
        }),
    ));
    let EventPayload::DeviceLowBattery(low) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!((low.battery_level, low.battery_source), (Some(0.07), Some(BatterySource::AccessoryKeypad)));
}

#[test]
fn an_event_of_an_account_that_was_disconnected_is_read() {
    let event: Event = read_known(&event(
        "connected_account.disconnected",
        json!({
            "connected_account_id": ACCOUNT,
            "connected_account_custom_metadata": { "owner": "ines" },
            "connected_account_errors": [{
                "error_code": "account_disconnected",
                "message": "The owner has to log in again.",
                "is_connected_account_error": true,
                "created_at": CREATED,
            }],
            "connected_account_warnings": [],
        }),
    ));
    let EventPayload::ConnectedAccountDisconnected(gone) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!(gone.connected_account_id, ACCOUNT);
    assert_eq!(only(&gone.connected_account_errors).error_code, Some(ConnectedAccountErrorCode::AccountDisconnected));
    assert!(gone.connected_account_warnings.is_empty());
}

#[test]
fn an_event_of_an_unknown_type_keeps_its_fields() {
    let event: Event = read(&event("window.opened", json!({ "window_id": "w-1", "angle": 30, "reason": null })));
    assert_eq!(event.event_type.as_str(), "window.opened");
    assert!(matches!(event.event_type, EventType::Unknown(_)));
    assert_eq!(time(&event.occurred_at), "2026-03-07T18:02:09.000Z");
    assert_eq!(event.payload.event_type(), None);
    let EventPayload::Unknown(fields) = &event.payload else { panic!("{:?}", event.payload) };
    assert_eq!(fields.get("angle"), Some(&json!(30)));
    // The order depends on features of serde_json, which other crates may enable.
    let names: std::collections::BTreeSet<_> = fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["angle", "reason", "window_id"].into());
}

#[test]
fn an_event_without_the_fields_of_its_type_keeps_its_fields() {
    for payload in [
        json!({ "method": "keycode" }),
        json!({ "device_id": null, "method": "keycode" }),
        json!({ "device_id": 7 }),
        json!({}),
    ] {
        let event: Event = read(&event("lock.unlocked", payload.clone()));
        assert_eq!(event.event_type, EventType::LockUnlocked);
        let EventPayload::Unknown(fields) = &event.payload else { panic!("{:?}", event.payload) };
        let kept: Value = fields.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        assert_eq!(kept, payload);
    }
}

#[test]
fn an_event_of_any_type_has_its_subjects() {
    let fields = json!({ "device_id": DEVICE, "access_code_id": "c1", "connected_account_id": ACCOUNT });
    // `device_id` is required, optional or unknown.
    for event_type in ["lock.unlocked", "access_code.changed", "lock.jammed"] {
        let event: Event = read(&event(event_type, fields.clone()));
        assert_eq!(event.device_id(), Some(DEVICE.into()), "{event_type}");
        assert_eq!(event.access_code_id(), Some("c1".into()), "{event_type}");
        assert_eq!(event.connected_account_id(), Some(ACCOUNT.into()), "{event_type}");
    }
    for fields in [json!({}), json!({ "device_id": null }), json!({ "device_id": 7 })] {
        for event_type in ["lock.unlocked", "access_code.changed", "lock.jammed", "phone.deactivated"] {
            let event: Event = read(&event(event_type, fields.clone()));
            assert_eq!(event.device_id(), None, "{event_type} {fields}");
            assert_eq!(event.access_code_id(), None, "{event_type} {fields}");
        }
    }
}

#[test]
fn an_event_of_a_known_type_keeps_fields_that_are_not_known() {
    let event: Event = read(&event("device.low_battery", json!({ "device_id": DEVICE, "battery_kind": "AA" })));
    let EventPayload::DeviceLowBattery(low) = &event.payload else { panic!("{:?}", event.payload) };
    assert_eq!(low.extra.get("battery_kind"), Some(&json!("AA")));
}

// Batches

#[test]
fn a_batch_is_read_into_its_lists() {
    let batch: Batch = read_known(&json!({
        "access_codes": [access_code(), with(guest_code(), json!({ "access_code_id": OTHER_CODE }))],
        "access_grants": [access_grant()],
        "access_methods": [access_method()],
        "acs_credentials": [acs_credential()],
        "acs_encoders": [acs_encoder()],
        "acs_entrances": [acs_entrance()],
        "acs_systems": [acs_system()],
        "acs_users": [acs_user()],
        "action_attempts": [action_attempt("LOCK_DOOR")],
        "client_sessions": [client_session()],
        "connect_webviews": [connect_webview()],
        "connected_accounts": [connected_account()],
        "devices": [august_lock()],
        "events": [event("device.low_battery", json!({ "device_id": DEVICE, "battery_level": 0.1 }))],
        "instant_keys": [instant_key()],
        "noise_thresholds": [noise_threshold()],
        "spaces": [space()],
        "thermostat_daily_programs": [daily_program()],
        "thermostat_schedules": [thermostat_schedule()],
        "unmanaged_access_codes": [],
        "unmanaged_devices": [unmanaged_device()],
        "user_identities": [user_identity()],
        "workspaces": [workspace()],
    }));
    assert_eq!(batch.access_codes.len(), 2);
    assert_eq!(batch.access_codes[1].access_code_id, OTHER_CODE);
    assert_eq!(only(&batch.devices).device_type, Some(DeviceType::AugustLock));
    assert_eq!(only(&batch.spaces).name.as_deref(), Some("Room 204"));
    assert_eq!(only(&batch.access_grants).access_method_ids, [METHOD, OTHER_METHOD]);
    assert_eq!(only(&batch.events).event_type, EventType::DeviceLowBattery);
    assert_eq!(only(&batch.action_attempts).status, ActionAttemptStatus::Pending);
    assert!(batch.unmanaged_access_codes.is_empty() && batch.acs_access_groups.is_empty());
}

#[test]
fn an_empty_batch_is_read() {
    assert_eq!(read::<Batch>(&json!({})), read::<Batch>(&json!({ "devices": [], "spaces": null })));
}

// Properties of all resources

#[test]
fn numbers_are_serialized_as_in_javascript() {
    for text in ["0.85", "21", "-3", "0", "1", "1013.25", "-0.5", "0.1", "9007199254740991", "1e-7"] {
        let sent = format!(r#"{{"device_id":"{DEVICE}","properties":{{"temperature_celsius":{text}}}}}"#);
        let device: Device = serde_json::from_str(&sent).unwrap();
        assert_eq!(serde_json::to_string(&device).unwrap(), sent);
        let expected: f64 = text.parse().unwrap();
        assert_eq!(device.properties.unwrap().temperature_celsius, Some(expected));
    }
    let whole: Device = read(&json!({ "device_id": DEVICE, "properties": { "supported_code_lengths": [4, 6.5, -3] } }));
    assert_eq!(whole.properties.unwrap().supported_code_lengths, [4.0, 6.5, -3.0]);
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
    let text = format!(r#"{{"thermostat_schedule_id":"{SCHEDULE}","max_override_period_minutes":90.0}}"#);
    let schedule: ThermostatSchedule = serde_json::from_str(&text).unwrap();
    assert_eq!(schedule.max_override_period_minutes, Some(90));
}

#[test]
fn times_without_an_offset_and_plain_dates_are_read_as_utc_and_serialized_unchanged() {
    for (text, instant) in [
        ("2026-01-01T12:00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00.250", "2026-01-01T12:00:00.25Z"),
        ("2026-01-01 12:00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-01", "2026-01-01T00:00:00Z"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("2026-01-01T13:00:00+01:00", "2026-01-01T12:00:00Z"),
    ] {
        let credential: AcsCredential = read_known(&with(acs_credential(), json!({ "issued_at": text })));
        assert_eq!(time(&credential.issued_at), text);
        assert_eq!(credential.issued_at.unwrap().to_jiff().to_string(), instant, "{text}");
    }
}

#[test]
fn lists_and_maps_may_be_null() {
    let device: Device = read_known(&json!({
        "device_id": DEVICE,
        "errors": null,
        "warnings": null,
        "capabilities_supported": null,
        "custom_metadata": null,
        "space_ids": null,
        "properties": { "available_climate_presets": null, "supported_code_lengths": null, "code_constraints": null },
    }));
    assert!(device.errors.is_empty() && device.capabilities_supported.is_empty() && device.custom_metadata.is_empty());
    assert!(device.properties.unwrap().available_climate_presets.is_empty());
    let grant: AccessGrant = read_known(&json!({ "access_grant_id": GRANT, "requested_access_methods": null,
        "access_method_ids": null, "pending_mutations": [{ "mutation_code": "updating_spaces",
        "from": { "device_ids": null }, "to": { "device_ids": [] } }] }));
    assert!(grant.requested_access_methods.is_empty());
    assert!(only(&grant.pending_mutations).from.as_ref().unwrap().device_ids.is_empty());
}

#[test]
fn values_that_are_not_known_yet_are_kept() {
    let device: Device = read(&json!({
        "device_id": DEVICE,
        "device_type": "garden_gate",
        "capabilities_supported": ["lock", "doorbell"],
        "errors": [{ "error_code": "out_of_oil", "message": "It squeaks.", "is_device_error": true }],
        "warnings": [{ "warning_code": "windy" }],
        "properties": {
            "battery": { "level": 0.5, "status": "lukewarm" },
            "available_hvac_mode_settings": ["heat", "dry"],
            "code_constraints": [{ "constraint_type": "only_primes" }],
        },
    }));
    assert_eq!(device.device_type.as_ref().map(DeviceType::as_str), Some("garden_gate"));
    assert_eq!(device.capabilities_supported[0], DeviceCapability::Lock);
    assert_eq!(device.capabilities_supported[1].as_str(), "doorbell");
    assert!(matches!(only(&device.errors).error_code, Some(DeviceErrorCode::Unknown(_))));
    assert_eq!(only(&device.warnings).warning_code.as_ref().map(ToString::to_string).as_deref(), Some("windy"));
    let properties = device.properties.unwrap();
    assert!(matches!(properties.battery.unwrap().status, Some(BatteryStatus::Unknown(_))));
    assert_eq!(properties.available_hvac_mode_settings[1].to_string(), "dry");
    assert_eq!(only(&properties.code_constraints).constraint_type.as_ref().unwrap().as_str(), "only_primes");

    let webview: ConnectWebview = read(&with(connect_webview(), json!({ "status": "expired" })));
    assert!(matches!(webview.status, Some(ConnectWebviewStatus::Unknown(_))));
    let code: AccessCode = read(&with(
        access_code(),
        json!({ "status": "resting", "pending_mutations": [{ "mutation_code": "polishing" }] }),
    ));
    assert_eq!(code.status.as_ref().map(AccessCodeStatus::as_str), Some("resting"));
    assert_eq!(
        only(&code.pending_mutations).mutation_code.as_ref().map(ToString::to_string).as_deref(),
        Some("polishing")
    );
}

#[test]
fn fields_that_are_not_known_yet_are_kept_at_every_level() {
    let device: Device = read(&with(
        august_lock(),
        json!({
            "floor": 2,
            "properties": { "online": true, "august_metadata": { "bridge": { "id": "b" } }, "model": { "year": 2026 } },
        }),
    ));
    assert_eq!(device.extra.get("floor"), Some(&json!(2)));
    let properties = device.properties.unwrap();
    assert_eq!(properties.august_metadata.unwrap().extra.get("bridge"), Some(&json!({ "id": "b" })));
    assert_eq!(properties.model.unwrap().extra.get("year"), Some(&json!(2026)));
}

#[test]
fn labels_keep_values_of_any_type() {
    let device: Device = read(&json!({
        "device_id": DEVICE,
        "custom_metadata": { "a": "text", "b": false, "c": null, "d": 4.5, "e": { "f": [] }, "": "" },
    }));
    assert_eq!(device.custom_metadata.len(), 6);
    assert!(device.custom_metadata["c"].as_json().is_null());
    assert_eq!(device.custom_metadata["d"].as_json(), &json!(4.5));
}

#[test]
fn an_unfinished_attempt_has_no_typed_result() {
    for status in ["pending", "error", "brand_new"] {
        let attempt: ActionAttempt = read(&json!({
            "action_attempt_id": "a1", "action_type": "LOCK_DOOR", "status": status, "result": {}, "error": null,
        }));
        assert_eq!(attempt.typed_result(), None, "{status}");
    }
}

#[test]
fn a_time_field_without_a_documented_format_is_a_string() {
    for text in ["", "March 6", "2026-01-01"] {
        let credential: AcsCredential = read_known(&with(acs_credential(), json!({ "starts_at": text })));
        assert_eq!(credential.starts_at.as_deref(), Some(text));
    }
}
