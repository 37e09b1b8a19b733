//! Common parts of the decoding benchmarks: a response object with every field set, and a hand-written struct for it.
#![expect(dead_code, reason = "decoded values are not read")]

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) const OBJECT: &[u8] = include_bytes!("unmanaged_access_code.json");
/// Returns the response object with a field that neither side knows.
pub(crate) fn with_unknown_field() -> Vec<u8> {
    [br#"{"floor_number":3,"#, OBJECT.get(1..).unwrap_or_default()].concat()
}

/// A lock with its properties, five levels deep.
pub(crate) const DEVICE: &[u8] = include_bytes!("device.json");

/// An event with all fields that its type has.
pub(crate) const EVENT: &[u8] = include_bytes!("event.json");
/// A finished action attempt.
pub(crate) const ACTION_ATTEMPT: &[u8] = include_bytes!("action_attempt.json");

/// Returns a list of 100 devices.
pub(crate) fn devices() -> Vec<u8> {
    [b"[".as_slice(), &vec![DEVICE; 100].join(&b","[..]), b"]"].concat()
}

/// The hand-written alternative: plain strings, serde's derive, no open enums, no timestamps, no secrets.
#[derive(Debug, Deserialize)]
pub(crate) struct Plain {
    access_code_id: String,
    cannot_be_managed: Option<bool>,
    cannot_delete_unmanaged_access_code: Option<bool>,
    code: Option<String>,
    created_at: String,
    device_id: String,
    display_status: Option<String>,
    dormakaba_oracode_metadata: Option<PlainMetadata>,
    ends_at: Option<String>,
    errors: Vec<PlainIssue>,
    is_managed: bool,
    name: Option<String>,
    starts_at: Option<String>,
    status: String,
    r#type: String,
    warnings: Vec<PlainIssue>,
    workspace_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainMetadata {
    is_cancellable: Option<bool>,
    is_early_checkin_able: Option<bool>,
    is_extendable: Option<bool>,
    is_overridable: Option<bool>,
    site_name: Option<String>,
    stay_id: Option<f64>,
    user_level_id: Option<String>,
    user_level_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainIssue {
    created_at: Option<String>,
    error_code: Option<String>,
    warning_code: Option<String>,
    message: String,
    is_access_code_error: Option<bool>,
    is_device_error: Option<bool>,
    managed_access_code_id: Option<String>,
    change_type: Option<String>,
    modified_fields: Option<Vec<PlainField>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainField {
    field: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainEvent {
    event_id: String,
    event_type: String,
    created_at: Option<String>,
    occurred_at: Option<String>,
    workspace_id: Option<String>,
    device_id: Option<String>,
    connected_account_id: Option<String>,
    access_code_id: Option<String>,
    method: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainActionAttempt {
    action_attempt_id: String,
    status: String,
    action_type: Option<String>,
    result: Option<serde_json::Value>,
    error: Option<Box<PlainActionError>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainActionError {
    r#type: Option<String>,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainDevice {
    device_id: String,
    device_type: Option<String>,
    display_name: Option<String>,
    nickname: Option<String>,
    workspace_id: Option<String>,
    connected_account_id: Option<String>,
    created_at: Option<String>,
    is_managed: Option<bool>,
    capabilities_supported: Vec<String>,
    can_remotely_lock: Option<bool>,
    can_remotely_unlock: Option<bool>,
    can_program_online_access_codes: Option<bool>,
    can_configure_auto_lock: Option<bool>,
    can_simulate_removal: Option<bool>,
    custom_metadata: BTreeMap<String, serde_json::Value>,
    device_manufacturer: Option<Box<PlainDeviceManufacturer>>,
    device_provider: Option<Box<PlainDeviceProvider>>,
    location: Option<Box<PlainLocation>>,
    space_ids: Vec<String>,
    errors: Vec<PlainIssue>,
    warnings: Vec<PlainIssue>,
    properties: Option<Box<PlainProperties>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainDeviceManufacturer {
    manufacturer: Option<String>,
    display_name: Option<String>,
    image_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainDeviceProvider {
    device_provider_name: Option<String>,
    display_name: Option<String>,
    provider_category: Option<String>,
    image_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainLocation {
    location_name: Option<String>,
    time_zone: Option<String>,
    timezone: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainProperties {
    name: Option<String>,
    online: Option<bool>,
    locked: Option<bool>,
    door_open: Option<bool>,
    manufacturer: Option<String>,
    serial_number: Option<String>,
    battery_level: Option<f64>,
    battery: Option<Box<PlainBattery>>,
    keypad_battery: Option<Box<PlainKeypadBattery>>,
    accessory_keypad: Option<Box<PlainAccessoryKeypad>>,
    has_direct_power: Option<bool>,
    has_native_entry_events: Option<bool>,
    auto_lock_enabled: Option<bool>,
    auto_lock_delay_seconds: Option<f64>,
    supported_code_lengths: Vec<f64>,
    max_active_codes_supported: Option<f64>,
    online_access_codes_enabled: Option<bool>,
    offline_access_codes_enabled: Option<bool>,
    supports_accessory_keypad: Option<bool>,
    supports_backup_access_code_pool: Option<bool>,
    supports_offline_access_codes: Option<bool>,
    backup_access_code_pool_enabled: Option<bool>,
    code_constraints: Vec<PlainCodeConstraint>,
    image_url: Option<String>,
    image_alt_text: Option<String>,
    appearance: Option<Box<PlainAppearance>>,
    model: Option<Box<PlainModel>>,
    august_metadata: Option<Box<PlainAugustMetadata>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainBattery {
    level: Option<f64>,
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainKeypadBattery {
    level: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainAccessoryKeypad {
    is_connected: Option<bool>,
    battery: Option<Box<PlainBattery2>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainBattery2 {
    level: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainCodeConstraint {
    constraint_type: Option<String>,
    min_length: Option<f64>,
    max_length: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainAppearance {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainModel {
    display_name: Option<String>,
    manufacturer_display_name: Option<String>,
    accessory_keypad_supported: Option<bool>,
    can_connect_accessory_keypad: Option<bool>,
    has_built_in_keypad: Option<bool>,
    online_access_codes_supported: Option<bool>,
    offline_access_codes_supported: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PlainAugustMetadata {
    lock_id: Option<String>,
    lock_name: Option<String>,
    house_id: Option<String>,
    house_name: Option<String>,
    has_keypad: Option<bool>,
    keypad_battery_level: Option<String>,
    model: Option<String>,
}
