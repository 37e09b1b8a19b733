//! Dependent fields: a test that sets one field of a resource also gets the fields that depend on it.

use crate::{
    json::{Object, has_string, inner, push, set, string},
    shape,
    tables::Table,
};
use seam_spec::Kind;
use serde_json::{Value, json};

/// Sets the fields of a device that depend on the fields of `given`, except those that are in `given`.
pub(crate) fn complete_device(device: &mut Object, given: &Object, now: &str) {
    let nothing = Object::new();
    let given_properties = given.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
    complete_name(device, given, given_properties);
    complete_reachability(device, given, given_properties, now);
    complete_modes(device, given, given_properties);
    if let Some(properties) = inner(device, "properties") {
        complete_battery(properties, given_properties);
        complete_temperatures(properties, given_properties);
    }
}

/// Sets the display name of a resource that has none, if its table has display names: its name, or another identifying field.
pub(crate) fn complete_display_name(resource: &mut Object, table: &Table) {
    let described = shape::resource(table.resource).map(|schema| &schema.kind);
    let has_display_name =
        matches!(described, Some(Kind::Object(fields)) if fields.iter().any(|field| field.name == "display_name"));
    if has_display_name && !resource.contains_key("display_name") {
        if let Some(name) = known_name(resource).map(str::to_owned) {
            set(resource, "display_name", name);
        }
    }
}

/// Returns the name of a resource or person, or another identifying field.
pub(crate) fn known_name(resource: &Object) -> Option<&str> {
    let names = ["name", "full_name", "email_address", "phone_number", "user_identity_key"];
    names.iter().find_map(|name| string(resource, name))
}

/// Sets the name in all fields that contain it.
fn complete_name(device: &mut Object, given: &Object, given_properties: &Object) {
    let Some(name) = string(given, "display_name").or_else(|| string(given_properties, "name")) else { return };
    if !given.contains_key("display_name") {
        set(device, "display_name", name);
    }
    let Some(properties) = inner(device, "properties") else { return };
    if !given_properties.contains_key("name") {
        set(properties, "name", name);
    }
    if !given_properties.contains_key("appearance") {
        set(properties, "appearance", json!({ "name": name }));
    }
}

/// Makes `online` and the error `device_offline` consistent.
fn complete_reachability(device: &mut Object, given: &Object, given_properties: &Object, now: &str) {
    let is_error = |error: &Value| error.get("error_code").and_then(Value::as_str) == Some("device_offline");
    let has_error = device.get("errors").and_then(Value::as_array).is_some_and(|errors| errors.iter().any(is_error));
    match given_properties.get("online") {
        Some(Value::Bool(false)) if !given.contains_key("errors") => push(
            device,
            "errors",
            json!({
                "error_code": "device_offline", "message": "The device is offline", "is_device_error": true,
                "created_at": now,
            }),
        ),
        None if has_error => {
            if let Some(properties) = inner(device, "properties") {
                set(properties, "online", false);
            }
        }
        _ => {}
    }
}

/// Sets the capabilities of a thermostat according to its modes.
fn complete_modes(device: &mut Object, given: &Object, given_properties: &Object) {
    if !given_properties.contains_key("available_hvac_mode_settings") {
        return;
    }
    for (mode, ability) in [
        ("heat", "can_hvac_heat"),
        ("cool", "can_hvac_cool"),
        ("heat_cool", "can_hvac_heat_cool"),
        ("off", "can_turn_off_hvac"),
    ] {
        if !given.contains_key(ability) {
            set(device, ability, has_string(given_properties, "available_hvac_mode_settings", mode));
        }
    }
}

/// Returns the status of a battery at a level between 0 and 1. Seam does not document its thresholds.
pub(crate) fn battery_status(level: f64) -> &'static str {
    match level {
        level if level < 0.1 => "critical",
        level if level < 0.3 => "low",
        level if level < 0.9 => "good",
        _ => "full",
    }
}

/// Sets the level of a battery in both of its fields, and the status.
fn complete_battery(properties: &mut Object, given: &Object) {
    let battery = given.get("battery").and_then(Value::as_object);
    let of_status = || match string(battery?, "status")? {
        "critical" => Some(0.05),
        "low" => Some(0.2),
        "good" => Some(0.6),
        "full" => Some(1.0),
        _ => None,
    };
    let level = battery.and_then(|battery| battery.get("level")).or_else(|| given.get("battery_level"));
    let Some(level) = level.and_then(Value::as_f64).or_else(of_status) else { return };
    if !given.contains_key("battery_level") {
        set(properties, "battery_level", level);
    }
    let has = |name: &str| battery.is_some_and(|battery| battery.contains_key(name));
    let (has_level, has_status) = (has("level"), has("status"));
    if let Some(battery) = inner(properties, "battery") {
        if !has_level {
            set(battery, "level", level);
        }
        if !has_status {
            set(battery, "status", battery_status(level));
        }
    }
}

/// Sets each temperature in both units, also within climate settings and presets.
fn complete_temperatures(object: &mut Object, given: &Object) {
    for (name, value) in given {
        match value {
            Value::Number(number) => {
                let Some(number) = number.as_f64() else { continue };
                let other = match (name.strip_suffix("_celsius"), name.strip_suffix("_fahrenheit")) {
                    (Some(name), _) => (format!("{name}_fahrenheit"), to_fahrenheit(name, number)),
                    (_, Some(name)) => (format!("{name}_celsius"), to_celsius(name, number)),
                    _ => continue,
                };
                if !given.contains_key(&other.0) {
                    set(object, &other.0, other.1);
                }
            }
            Value::Object(given) => {
                if let Some(object) = inner(object, name) {
                    complete_temperatures(object, given);
                }
            }
            Value::Array(given) => {
                let Some(Value::Array(values)) = object.get_mut(name) else { continue };
                for (value, given) in values.iter_mut().zip(given) {
                    if let (Value::Object(value), Value::Object(given)) = (value, given) {
                        complete_temperatures(value, given);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Returns the offset between the zero points of the units; 0 for a temperature difference.
fn offset(name: &str) -> f64 {
    if name.ends_with("_delta") { 0.0 } else { 32.0 }
}

/// Converts a temperature or a temperature difference, rounded to hundredths.
pub(crate) fn to_fahrenheit(name: &str, celsius: f64) -> f64 {
    rounded(celsius * 9.0 / 5.0 + offset(name))
}

/// Converts a temperature or a temperature difference, rounded to hundredths.
pub(crate) fn to_celsius(name: &str, fahrenheit: f64) -> f64 {
    rounded((fahrenheit - offset(name)) * 5.0 / 9.0)
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
