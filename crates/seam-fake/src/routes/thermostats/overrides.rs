//! Overrides: manual settings while a schedule or a weekly program is active.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    presets,
    properties::{follows_weekly_program, properties_mut, property},
};
use crate::{
    json::{Object, set, string},
    reachability,
    scheduler::Job,
    state::State,
    tables::{Device, Id, ThermostatSchedule},
};

/// Returns the active schedule of a thermostat.
pub(crate) fn active_schedule(state: &State, device_id: &Id<Device>) -> Option<Id<ThermostatSchedule>> {
    property(state, device_id, "active_thermostat_schedule_id")?.as_str().map(Id::new)
}

/// Whether a thermostat has an active schedule.
pub(crate) fn is_schedule_active(state: &State, device_id: &Id<Device>) -> bool {
    active_schedule(state, device_id).is_some()
}

/// Whether the active schedule, if any, allows manual settings.
pub(crate) fn are_allowed(state: &State, device_id: &Id<Device>) -> bool {
    let schedule = active_schedule(state, device_id).and_then(|id| state.get(&id));
    schedule.is_none_or(|schedule| schedule.get("is_override_allowed") != Some(&Value::Bool(false)))
}

/// Starts an override of the active schedule or weekly program, which ends after the period that the schedule allows.
pub(crate) fn start(state: &mut State, device_id: &Id<Device>) {
    let schedule_id = active_schedule(state, device_id);
    if schedule_id.is_none() && !follows_weekly_program(state, device_id) {
        return;
    }
    let minutes = schedule_id.as_ref().and_then(|id| state.get(id)?.get("max_override_period_minutes")?.as_u64());
    let Some(properties) = properties_mut(state, device_id) else { return };
    let number = latest_number(properties).wrapping_add(1);
    set(properties, "_override", number);
    set(properties, "is_temporary_manual_override_active", true);
    if let Some(minutes) = minutes {
        let job = Job::OverrideEnds { device_id: device_id.clone(), number, thermostat_schedule_id: schedule_id };
        state.after(Duration::from_secs(minutes.saturating_mul(60)), job);
    }
}

/// Ends the override with this number, if it is the latest one and the schedule is still active.
pub(crate) fn end_numbered(
    state: &mut State,
    device_id: &Id<Device>,
    number: u64,
    schedule_id: Option<Id<ThermostatSchedule>>,
) {
    let is_latest = property(state, device_id, "_override").and_then(Value::as_u64) == Some(number);
    if is_latest && active_schedule(state, device_id) == schedule_id {
        end(state, device_id);
    }
}

/// Returns the number of the latest override of a thermostat.
fn latest_number(properties: &Object) -> u64 {
    properties.get("_override").and_then(Value::as_u64).unwrap_or_default()
}

/// Marks the override as ended, and invalidates the job that would end it.
pub(crate) fn clear(state: &mut State, device_id: &Id<Device>) {
    if let Some(properties) = properties_mut(state, device_id) {
        let number = latest_number(properties).wrapping_add(1);
        set(properties, "_override", number);
        set(properties, "is_temporary_manual_override_active", false);
    }
}

/// Ends the override and applies the preset of the active schedule.
///
/// If the thermostat is not reachable or no longer has the preset, its setting is kept and the schedule gets an error.
pub(crate) fn end(state: &mut State, device_id: &Id<Device>) {
    clear(state, device_id);
    let Some(id) = active_schedule(state, device_id) else { return };
    let Some(schedule) = state.get(&id) else { return };
    let key = string(schedule, "climate_preset_key").unwrap_or_default().to_owned();
    let has_preset = state.get(device_id).is_some_and(|device| presets::find(device, &key).is_some());
    let problem = match reachability::check(state, device_id) {
        Err(error) => Some((error.kind, error.message)),
        Ok(()) if has_preset => None,
        Ok(()) => Some(("climate_preset_not_found".to_owned(), "The climate preset was deleted".to_owned())),
    };
    match problem {
        None => presets::apply(state, device_id, &key, Some(&id), false),
        Some((code, message)) => {
            let error = json!({ "error_code": code, "message": message, "created_at": state.now_string() });
            if let Some(schedule) = state.get_mut(&id) {
                set(schedule, "errors", json!([error]));
            }
        }
    }
}
