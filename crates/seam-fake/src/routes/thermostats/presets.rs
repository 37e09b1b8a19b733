//! Climate presets: sets of settings with a key, which are activated together.

use serde_json::{Value, json};

use super::{
    properties::{emit, properties, properties_mut, property, thermostat},
    setting::{apply_setting, check_setting, start_change},
    temperature::{COOLING, HEATING, Temperature},
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, object, set, string},
    routes::generic,
    scheduler::ThermostatChange,
    state::State,
    tables::{DailyProgram, Device, Id, ThermostatSchedule},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/activate_climate_preset" => activate,
        "/thermostats/create_climate_preset" => create,
        "/thermostats/delete_climate_preset" => delete,
        "/thermostats/set_fallback_climate_preset" => set_fallback,
        "/thermostats/update_climate_preset" => update,
        _ => return None,
    })
}

/// Returns the preset of a thermostat with this key.
pub(crate) fn find<'a>(device: &'a Object, key: &str) -> Option<&'a Object> {
    let presets = properties(device)?.get("available_climate_presets")?.as_array()?;
    presets.iter().filter_map(Value::as_object).find(|preset| string(preset, "climate_preset_key") == Some(key))
}

/// Returns the preset of a thermostat with this key, or the error of a route.
pub(crate) fn check_exists<'a>(device: &'a Object, key: &str) -> Result<&'a Object, ApiFault> {
    find(device, key).ok_or_else(|| ApiFault::not_found("climate_preset_not_found", "Climate preset not found"))
}

/// Activates a preset. Does nothing if the thermostat or the preset no longer exists.
pub(crate) fn apply(
    state: &mut State,
    device_id: &Id<Device>,
    key: &str,
    schedule_id: Option<&Id<ThermostatSchedule>>,
    is_fallback: bool,
) {
    let Some(preset) = state.get(device_id).and_then(|device| find(device, key)).cloned() else { return };
    apply_setting(state, device_id, &preset);
    let event = json!({
        "climate_preset_key": key, "thermostat_schedule_id": schedule_id, "is_fallback_climate_preset": is_fallback,
    });
    emit(state, "thermostat.climate_preset_activated", device_id, event);
}

fn key(call: &Call) -> &str {
    call.string("climate_preset_key").unwrap_or_default()
}

fn activate(state: &mut State, call: &Call) -> Answer {
    check_exists(thermostat(state, call)?, key(call))?;
    let key = key(call).to_owned();
    Ok(start_change(state, call, ThermostatChange::ApplyPreset(key)))
}

/// Applies the parameters to a preset.
fn change(call: &Call, device: &Object, preset: &mut Object) -> Result<(), ApiFault> {
    for name in
        ["climate_preset_mode", "ecobee_metadata", "fan_mode_setting", "hvac_mode_setting", "manual_override_allowed"]
    {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(preset, name, value.clone());
        }
    }
    for name in [HEATING, COOLING] {
        if let Some(set_point) = Temperature::requested(call, name)? {
            set_point.put(preset, name);
        }
    }
    if let Some(name) = call.parameters.get("name") {
        set(preset, "name", name.clone());
        set(preset, "display_name", name.as_str().unwrap_or(key(call)));
    }
    check_setting(device, preset)
}

/// Changes the list of presets of a thermostat.
fn change_list(state: &mut State, device_id: &Id<Device>, change: impl FnOnce(&mut Vec<Value>)) {
    let Some(properties) = properties_mut(state, device_id) else { return };
    let presets = properties.entry("available_climate_presets").or_insert_with(|| json!([]));
    if let Value::Array(presets) = presets {
        change(presets);
    }
}

fn has_key(preset: &Value, key: &str) -> bool {
    preset.get("climate_preset_key").and_then(Value::as_str) == Some(key)
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    let key = key(call);
    if key.is_empty() {
        return Err(invalid("climate_preset_key", "String must contain at least 1 character(s)"));
    }
    if find(device, key).is_some() {
        return Err(invalid("climate_preset_key", "The thermostat already has a preset with this key"));
    }
    let mut preset = object(json!({
        "climate_preset_key": key, "can_edit": true, "can_delete": true, "manual_override_allowed": true,
        "can_use_with_thermostat_daily_programs": device::flag(device, "can_run_thermostat_programs"),
        "display_name": key, "name": null,
    }));
    change(call, device, &mut preset)?;
    let id = call.id::<Device>();
    change_list(state, &id, |presets| presets.push(Value::Object(preset)));
    generic::done()
}

/// Changes a preset. If it is active, the change applies from its next activation.
fn update(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    let key = key(call);
    let mut preset = check_exists(device, key)?.clone();
    if !flag(&preset, "can_edit") {
        return Err(invalid("climate_preset_key", "This preset cannot be changed"));
    }
    change(call, device, &mut preset)?;
    let id = call.id::<Device>();
    change_list(state, &id, |presets| {
        if let Some(old) = presets.iter_mut().find(|old| has_key(old, key)) {
            *old = Value::Object(preset);
        }
    });
    generic::done()
}

/// Deletes a preset that no daily program uses. A schedule that uses it gets an error when it starts.
fn delete(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    let key = key(call);
    if !flag(check_exists(device, key)?, "can_delete") {
        return Err(invalid("climate_preset_key", "This preset cannot be deleted"));
    }
    let id = call.id::<Device>();
    let uses_preset = |program: &Object| {
        let periods = program.get("periods").and_then(Value::as_array);
        id.is_in(program) && periods.into_iter().flatten().any(|period| has_key(period, key))
    };
    if state.rows::<DailyProgram>().any(uses_preset) {
        return Err(invalid("climate_preset_key", "A daily program uses this preset"));
    }
    change_list(state, &id, |presets| presets.retain(|preset| !has_key(preset, key)));
    if property(state, &id, "fallback_climate_preset_key").and_then(Value::as_str) == Some(key) {
        if let Some(properties) = properties_mut(state, &id) {
            set(properties, "fallback_climate_preset_key", Value::Null);
        }
    }
    generic::done()
}

/// Sets the preset that is activated when a schedule ends.
fn set_fallback(state: &mut State, call: &Call) -> Answer {
    check_exists(thermostat(state, call)?, key(call))?;
    if let Some(properties) = properties_mut(state, &call.id::<Device>()) {
        set(properties, "fallback_climate_preset_key", key(call));
    }
    generic::done()
}
