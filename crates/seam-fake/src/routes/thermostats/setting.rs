//! Climate settings: reading, checking and applying them.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::{
    properties::{emit, properties, properties_mut},
    temperature::{COOLING, HEATING, TOLERANCE, Temperature, set_points_of},
};
use crate::{
    call::{Call, invalid},
    device,
    json::{Object, has_string, inner, object, set, string},
    routes::generic,
    scheduler::{Effect, ThermostatChange},
    state::State,
    tables::{Device, Id},
};

/// Returns the setting in the parameters: this mode with its set points.
///
/// A set point that is absent keeps its current value.
pub(crate) fn requested_setting(call: &Call, device: &Object, mode: &str) -> Result<Object, ApiFault> {
    let current = properties(device).and_then(|properties| properties.get("current_climate_setting")?.as_object());
    let mut setting = object(json!({ "hvac_mode_setting": mode }));
    for name in set_points_of(mode) {
        let known = || current.and_then(|current| Temperature::of(current, name));
        let set_point = Temperature::requested(call, name)?.or_else(known);
        set_point.ok_or_else(|| invalid(&format!("{name}_celsius"), "Required"))?.put(&mut setting, name);
    }
    check_setting(device, &setting)?;
    Ok(setting)
}

/// Rejects a setting that a thermostat does not support.
pub(crate) fn check_setting(device: &Object, setting: &Object) -> Result<(), ApiFault> {
    let empty = Object::new();
    let properties = properties(device).unwrap_or(&empty);
    let mode = string(setting, "hvac_mode_setting");
    if let Some(mode) = mode {
        let capability = match mode {
            "heat" => "can_hvac_heat",
            "cool" => "can_hvac_cool",
            "heat_cool" => "can_hvac_heat_cool",
            "off" => "can_turn_off_hvac",
            _ => "",
        };
        let is_capable = device::field(device, capability) != Some(&Value::Bool(false));
        if !is_capable || !has_string(properties, "available_hvac_mode_settings", mode) {
            let error_type = match mode {
                "heat" => "heat_mode_not_available",
                "cool" => "cool_mode_not_available",
                "heat_cool" => "heat_cool_not_available",
                _ => return Err(invalid("hvac_mode_setting", "The thermostat does not support this mode")),
            };
            return Err(ApiFault::new(400, error_type, format!("The thermostat does not support the mode '{mode}'")));
        }
    }
    if let Some(fan) = string(setting, "fan_mode_setting") {
        if !has_string(properties, "available_fan_mode_settings", fan) {
            return Err(invalid("fan_mode_setting", "The fan of the thermostat does not support this mode"));
        }
    }
    for name in [HEATING, COOLING] {
        let Some(set_point) = Temperature::of(setting, name) else { continue };
        let bound = |which: &str| Temperature::of(properties, &format!("{which}_{name}")).map(|bound| bound.celsius);
        let is_low = bound("min").is_some_and(|min| set_point.celsius < min - TOLERANCE);
        let is_high = bound("max").is_some_and(|max| set_point.celsius > max + TOLERANCE);
        if is_low || is_high {
            return Err(invalid(&format!("{name}_celsius"), "The temperature is outside the range of the thermostat"));
        }
    }
    let both = Temperature::of(setting, HEATING).zip(Temperature::of(setting, COOLING));
    let delta = Temperature::of(properties, "min_heating_cooling_delta").map(|delta| delta.celsius);
    if let (Some((heating, cooling)), Some(delta), None | Some("heat_cool")) = (both, delta, mode) {
        if cooling.celsius - heating.celsius < delta - TOLERANCE {
            return Err(ApiFault::new(
                400,
                "invalid_heating_cooling_delta",
                format!("The set points must differ by {delta} degrees Celsius or more"),
            ));
        }
    }
    Ok(())
}

/// Like [`update_activity`], for a device in the state. Does nothing if the device is not a thermostat.
pub(crate) fn update_activity_of(state: &mut State, device_id: &Id<Device>) {
    if state.get(device_id).is_some_and(generic::is_thermostat) {
        properties_mut(state, device_id).into_iter().for_each(update_activity);
    }
}

/// Sets whether a thermostat heats, cools and runs its fan, according to its setting and the temperature.
pub(crate) fn update_activity(properties: &mut Object) {
    let setting = properties.get("current_climate_setting").and_then(Value::as_object).cloned().unwrap_or_default();
    let mode = string(&setting, "hvac_mode_setting").unwrap_or_default();
    let temperature = Temperature::of(properties, "temperature").map(|temperature| temperature.celsius);
    let set_point = |name: &str| {
        let applies = mode == "eco" || set_points_of(mode).contains(&name);
        Temperature::of(&setting, name).filter(|_| applies).map(|set_point| set_point.celsius)
    };
    let is_heating = temperature.zip(set_point(HEATING)).is_some_and(|(current, target)| current < target);
    let is_cooling = temperature.zip(set_point(COOLING)).is_some_and(|(current, target)| current > target);
    let is_fan_on = string(properties, "fan_mode_setting").is_some_and(|fan| fan != "auto");
    set(properties, "is_heating", is_heating);
    set(properties, "is_cooling", is_cooling);
    set(properties, "is_fan_running", is_heating || is_cooling || is_fan_on);
}

/// The fields of the current setting that only presets have.
const OF_PRESETS: [&str; 4] = ["climate_preset_key", "climate_preset_mode", "ecobee_metadata", "name"];

/// Changes the current setting of a thermostat. Fields that are absent in `setting` are kept.
pub(crate) fn apply_setting(state: &mut State, device_id: &Id<Device>, setting: &Object) {
    let Some(properties) = properties_mut(state, device_id) else { return };
    if let Some(fan) = string(setting, "fan_mode_setting") {
        set(properties, "fan_mode_setting", fan);
    }
    if let Some(current) = inner(properties, "current_climate_setting") {
        current.retain(|name, _| !OF_PRESETS.contains(&name.as_str()));
        current.extend(setting.clone());
    }
    update_activity(properties);
}

/// Applies a manual setting; `method` is `seam` or `external`.
pub(crate) fn adjust(state: &mut State, device_id: &Id<Device>, setting: &Object, method: &str) {
    let mut manual = object(json!({
        "display_name": "Manual setting", "can_edit": false, "can_delete": false,
        "can_use_with_thermostat_daily_programs": false, "manual_override_allowed": true,
    }));
    manual.extend(setting.clone());
    apply_setting(state, device_id, &manual);
    let mut event = setting.clone();
    set(&mut event, "method", method);
    emit(state, "thermostat.manually_adjusted", device_id, Value::Object(event));
}

/// Starts an action that changes a thermostat.
pub(crate) fn start_change(state: &mut State, call: &Call, change: ThermostatChange) -> Object {
    let device_id = call.id::<Device>();
    call.start(state, Effect::ChangeThermostat { device_id, change })
}
