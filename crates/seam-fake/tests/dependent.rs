//! Tests of dependent fields: setting a field also sets the fields that depend on it, and events name their cause.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_fake::{FRONT_DOOR, FakeSeam, GUEST_ROOMS, NewDevice, OFFICES};
use serde_json::{Value, json};

/// Returns a device as JSON.
fn device(fake: &FakeSeam, id: &str) -> Value {
    let database = fake.database();
    let devices = database.get("devices").and_then(Value::as_array).unwrap();
    devices.iter().find(|device| device.get("device_id") == Some(&json!(id))).cloned().unwrap()
}

/// Adds a device with `fields` and returns its values at these JSON pointers.
fn found<const N: usize>(device_type: &str, fields: &Value, pointers: [&str; N]) -> [Value; N] {
    let fake = FakeSeam::empty();
    let mut new = NewDevice::of_type(device_type);
    for (name, value) in fields.as_object().unwrap() {
        new = match name.strip_prefix("properties.") {
            Some(name) => new.property(name, value.clone()),
            None => new.field(name, value.clone()),
        };
    }
    let id = fake.add_device(new);
    let device = device(&fake, id.as_str());
    pointers.map(|pointer| device.pointer(pointer).cloned().unwrap_or_default())
}

#[test]
fn all_fields_of_a_battery_agree() {
    let pointers = ["/properties/battery_level", "/properties/battery/level", "/properties/battery/status"];
    for (fields, expected) in [
        (json!({}), (1.0, "full")),
        (json!({ "properties.battery_level": 0.1 }), (0.1, "low")),
        (json!({ "properties.battery_level": 0.05 }), (0.05, "critical")),
        (json!({ "properties.battery": { "level": 0.5 } }), (0.5, "good")),
        (json!({ "properties.battery": { "status": "critical" } }), (0.05, "critical")),
        (json!({ "properties.battery": { "level": 0.4, "status": "low" } }), (0.4, "low")),
    ] {
        let (level, status) = expected;
        assert_eq!(found("august_lock", &fields, pointers), [json!(level), json!(level), json!(status)], "{fields}");
    }
}

#[test]
fn online_and_errors_determine_each_other() {
    let pointers = ["/properties/online", "/errors/0/error_code"];
    let offline = json!([{ "error_code": "device_offline", "message": "Offline", "is_device_error": true }]);
    for (fields, online, error) in [
        (json!({}), true, json!(null)),
        (json!({ "properties.online": false }), false, json!("device_offline")),
        (json!({ "errors": offline }), false, json!("device_offline")),
        (json!({ "properties.online": false, "errors": [] }), false, json!(null)),
    ] {
        assert_eq!(found("august_lock", &fields, pointers), [json!(online), error], "{fields}");
    }
}

#[test]
fn temperatures_are_set_in_both_units() {
    let of = |fields, pointer| found("ecobee_thermostat", &fields, [pointer]);
    assert_eq!(of(json!({ "properties.temperature_celsius": 30.0 }), "/properties/temperature_fahrenheit"), [86.0]);
    assert_eq!(of(json!({ "properties.temperature_fahrenheit": 50.0 }), "/properties/temperature_celsius"), [10.0]);
    let delta = json!({ "properties.min_heating_cooling_delta_celsius": 5.0 });
    assert_eq!(of(delta, "/properties/min_heating_cooling_delta_fahrenheit"), [9.0]);
    let setting = json!({ "properties.current_climate_setting": { "cooling_set_point_celsius": 25.0 } });
    assert_eq!(of(setting, "/properties/current_climate_setting/cooling_set_point_fahrenheit"), [77.0]);
    let presets = json!({ "properties.available_climate_presets": [{ "heating_set_point_fahrenheit": 59.0 }] });
    assert_eq!(of(presets, "/properties/available_climate_presets/0/heating_set_point_celsius"), [15.0]);

    let activity = ["/properties/is_heating", "/properties/is_cooling", "/properties/is_fan_running"];
    let cold = json!({ "properties.temperature_celsius": 10.0 });
    assert_eq!(found("ecobee_thermostat", &cold, activity), [true, false, true]);
    let modes = json!({ "properties.available_hvac_mode_settings": ["heat", "off"] });
    assert_eq!(found("ecobee_thermostat", &modes, ["/can_hvac_heat", "/can_hvac_cool"]), [true, false]);
}

#[test]
fn a_device_has_one_name() {
    let pointers = ["/display_name", "/properties/name", "/properties/appearance/name"];
    assert_eq!(found("august_lock", &json!({ "display_name": "Gate" }), pointers), ["Gate", "Gate", "Gate"]);
}

#[test]
fn a_device_added_as_json_is_completed() {
    let fake = FakeSeam::empty();
    let id = fake.add("devices", json!({ "properties": { "battery_level": 0.1, "online": false } })).unwrap();
    let device = device(&fake, &id);
    assert_eq!(device.pointer("/properties/battery/status"), Some(&json!("low")));
    assert_eq!(device.pointer("/errors/0/error_code"), Some(&json!("device_offline")));
}

#[test]
fn types_follow_the_access_system() {
    let fake = FakeSeam::new();
    for (table, field) in [("acs_users", "external_type"), ("acs_access_groups", "access_group_type")] {
        fake.add(table, json!({ "acs_system_id": OFFICES })).unwrap();
        let database = fake.database();
        for row in database.get(table).and_then(Value::as_array).unwrap() {
            let external_type = row.get(field).and_then(Value::as_str).unwrap();
            assert!(external_type.starts_with("brivo_"), "{table} {external_type}");
        }
    }
    let card = fake.add("acs_credentials", json!({ "acs_system_id": GUEST_ROOMS })).unwrap();
    let database = fake.database();
    let rows = database.get("acs_credentials").and_then(Value::as_array).unwrap();
    let card = rows.iter().find(|row| row.get("acs_credential_id") == Some(&json!(card))).unwrap();
    assert_eq!(card.get("external_type"), Some(&json!("visionline_card")));
}

#[tokio::test]
async fn events_of_a_lock_name_the_action_attempt() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let attempt = seam.locks().configure_auto_lock(FRONT_DOOR, true).auto_lock_delay_seconds(30_u32);
    attempt.and_wait().await.unwrap();
    let unlocked = seam.locks().unlock_door(FRONT_DOOR).await.unwrap().action_attempt_id;
    fake.advance(Duration::from_secs(60));
    let events = fake.database().get("events").and_then(Value::as_array).cloned().unwrap();
    let of =
        |event_type: &str| events.iter().find(|event| event.get("event_type") == Some(&json!(event_type))).unwrap();
    let get = |event: &Value, name: &str| event.get(name).cloned().unwrap_or_default();

    let event = of("lock.unlocked");
    assert_eq!(get(event, "action_attempt_id"), json!(unlocked.as_str()));
    assert_eq!((get(event, "method"), get(event, "event_description")), (json!("remote"), json!("Lock unlocked")));
    // The lock has locked automatically.
    let event = of("lock.locked");
    assert_eq!((get(event, "action_attempt_id"), get(event, "method")), (json!(null), json!("automatic")));
    assert!(events.iter().all(|event| event.get("event_description").is_some_and(Value::is_string)));
}

#[tokio::test]
async fn the_user_identity_of_the_guide_is_new() {
    let seam = FakeSeam::new().seam();
    let person = seam.user_identities().create().full_name("Ada Example").email_address("ada@example.com");
    assert!(person.user_identity_key("guest-1815").await.is_ok());
}

#[tokio::test]
async fn the_name_of_a_resource_is_its_display_name() {
    let fake = FakeSeam::new();
    for (kind, id, given, name) in [
        ("user_identities", "user_identity_id", json!({ "full_name": "Ada" }), "Ada"),
        ("user_identities", "user_identity_id", json!({ "email_address": "a@b.example" }), "a@b.example"),
        ("user_identities", "user_identity_id", json!({ "full_name": "Ada", "display_name": "A." }), "A."),
        ("user_identities", "user_identity_id", json!({ "full_name": "Ada", "is_managed": false }), "Ada"),
        ("acs_users", "acs_user_id", json!({ "full_name": "Ada", "acs_system_id": GUEST_ROOMS }), "Ada"),
        ("spaces", "space_id", json!({ "name": "Attic" }), "Attic"),
    ] {
        let added = fake.add(kind, given.clone()).unwrap();
        let database = fake.database();
        let rows = database.get(kind).and_then(Value::as_array).unwrap();
        let row = rows.iter().find(|row| row.get(id) == Some(&json!(added))).unwrap();
        assert_eq!(row.get("display_name"), Some(&json!(name)), "{kind} {given}");
    }
}
