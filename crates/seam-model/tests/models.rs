//! Models in tests: constructors, setters, `Default` and `Debug`.

use seam_model::{
    AccessCode, AccessCodeError, ActionAttempt, ActionAttemptStatus, Device, DeviceProperties, Event, EventPayload,
    GeneratedCode, events::LockUnlocked,
};

#[test]
fn a_device_with_a_battery_level_takes_one_line() {
    let device = Device::new("d1").properties(DeviceProperties::new().battery_level(0.25));
    assert_eq!(device.properties.as_ref().and_then(|properties| properties.battery_level), Some(0.25));
    let read: Device = serde_json::from_str(r#"{"device_id":"d1","properties":{"battery_level":0.25}}"#).unwrap();
    assert_eq!(device, read);
}

#[test]
fn setters_convert_their_argument() {
    let code = AccessCode::new("c1")
        .name("Guest")
        .code("1988")
        .is_managed(true)
        .r#type("ongoing")
        .errors([AccessCodeError::default().error_code("device_offline")]);
    let written = serde_json::to_value(&code).unwrap();
    let expected = serde_json::json!({
        "access_code_id": "c1", "code": "1988", "errors": [{"error_code": "device_offline"}], "is_managed": true,
        "name": "Guest", "type": "ongoing",
    });
    assert_eq!(written, expected);
    let device = Device::new("d1").custom_metadata([("floor", "3")]);
    assert_eq!(serde_json::to_value(&device).unwrap()["custom_metadata"], serde_json::json!({"floor": "3"}));
}

#[test]
fn models_without_required_fields_have_a_default() {
    assert_eq!(GeneratedCode::default(), GeneratedCode::new());
    assert_eq!(serde_json::to_string(&DeviceProperties::default()).unwrap(), "{}");
}

#[test]
fn debug_leaves_absent_fields_out() {
    let device = Device::new("d1").display_name("Front door").properties(DeviceProperties::new().battery_level(0.25));
    let expected = r#"Device { device_id: "d1", display_name: "Front door", properties: DeviceProperties { battery_level: 0.25 } }"#;
    assert_eq!(format!("{device:?}"), expected);
}

#[test]
fn debug_shows_neither_secrets_nor_unknown_values() {
    let read: AccessCode =
        serde_json::from_str(r#"{"access_code_id":"c1","code":"1988","is_managed":"1988","later":"1988"}"#).unwrap();
    assert_eq!(
        format!("{read:?}"),
        r#"AccessCode { access_code_id: "c1", code: ***, extra: {"later", "is_managed"} }"#
    );
    let device = Device::new("d1").custom_metadata([("floor", "1988")]);
    assert_eq!(format!("{device:?}"), r#"Device { device_id: "d1", custom_metadata: {"floor": Json(string)} }"#);
}

#[test]
fn debug_shows_an_event_with_its_payload() {
    let event = Event::new("e1", EventPayload::LockUnlocked(LockUnlocked::new("d1").code("1988").into()));
    let expected = r#"Event { event_id: "e1", event_type: "lock.unlocked", device_id: "d1", code: *** }"#;
    assert_eq!(format!("{event:?}"), expected);
    let attempt = ActionAttempt::new("a1", ActionAttemptStatus::Pending);
    assert_eq!(format!("{attempt:?}"), r#"ActionAttempt { action_attempt_id: "a1", status: "pending" }"#);
}
