//! Schedules: time frames in which a climate preset is active.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    overrides::{self, active_schedule},
    presets,
    properties::{properties_mut, property, thermostat},
    weekly_program,
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, format_time, object, set, string, time},
    reachability,
    routes::{generic, pages},
    scheduler::Job,
    state::State,
    tables::{Device, Id, Resource, ThermostatSchedule},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/schedules/create" => create,
        "/thermostats/schedules/delete" => delete,
        "/thermostats/schedules/list" => list,
        "/thermostats/schedules/update" => update,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    presets::check_exists(device, call.string("climate_preset_key").unwrap_or_default())?;
    let mut schedule = object(json!({
        "workspace_id": &call.workspace(), "device_id": call.given_id::<Device>(), "name": null, "errors": [],
        "is_override_allowed": true, "max_override_period_minutes": null,
    }));
    change(call, &mut schedule)?;
    check_times(state, &schedule)?;
    let id = state.insert::<ThermostatSchedule>(schedule);
    schedule_jobs(state, &id);
    call.answer_with(state, "thermostat_schedule", &id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = generic::find_id::<ThermostatSchedule>(state, call)?;
    let schedule = state.remove(&id).unwrap_or_default();
    follow(state, &Id::<Device>::of(&schedule).unwrap_or_default());
    generic::done()
}

fn list(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    pages::page(state, call, ThermostatSchedule::TABLE, |_| true)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = generic::find_id::<ThermostatSchedule>(state, call)?;
    let mut schedule = state.get(&id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&schedule).unwrap_or_default();
    if let (Some(key), Some(device)) = (call.string("climate_preset_key"), state.get(&device_id)) {
        presets::check_exists(device, key)?;
    }
    let old_key = string(&schedule, "climate_preset_key").map(str::to_owned);
    change(call, &mut schedule)?;
    check_times(state, &schedule)?;
    let has_other_key = string(&schedule, "climate_preset_key") != old_key.as_deref();
    set(&mut schedule, "errors", json!([]));
    state.put(&id, schedule);
    let was_active = active_schedule(state, &device_id).is_some_and(|active| *active == *id);
    schedule_jobs(state, &id);
    if was_active && has_other_key && active_schedule(state, &device_id).is_some_and(|active| *active == *id) {
        overrides::end(state, &device_id);
    }
    generic::done()
}

/// Applies the parameters to a schedule.
fn change(call: &Call, schedule: &mut Object) -> Result<(), ApiFault> {
    for name in ["starts_at", "ends_at"] {
        if let Some(when) = call.time(name)? {
            set(schedule, name, format_time(when));
        }
    }
    for name in ["climate_preset_key", "name", "is_override_allowed"] {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(schedule, name, value.clone());
        }
    }
    // `null` is a valid value: an override lasts as long as the schedule.
    if let Some(minutes) = call.parameters.get("max_override_period_minutes") {
        set(schedule, "max_override_period_minutes", minutes.clone());
    }
    Ok(())
}

/// Returns the start and end of a schedule.
fn frame(schedule: &Object) -> Option<(Timestamp, Timestamp)> {
    time(schedule, "starts_at").zip(time(schedule, "ends_at"))
}

/// Rejects a time frame that is in the past or empty, or that overlaps another schedule of the thermostat.
fn check_times(state: &State, schedule: &Object) -> Result<(), ApiFault> {
    let (starts_at, ends_at) = frame(schedule).ok_or_else(|| invalid("starts_at", "Invalid datetime"))?;
    if starts_at >= ends_at {
        return Err(invalid("ends_at", "A schedule must end after it starts"));
    }
    if ends_at <= state.now() {
        return Err(invalid("ends_at", "The schedule must end in the future"));
    }
    let is_conflicting = |other: &Object| {
        let is_other = other.get("thermostat_schedule_id") != schedule.get("thermostat_schedule_id");
        let overlaps = frame(other).is_some_and(|(start, end)| start < ends_at && starts_at < end);
        is_other && overlaps && other.get("device_id") == schedule.get("device_id")
    };
    if state.rows::<ThermostatSchedule>().any(is_conflicting) {
        return Err(invalid("starts_at", "The thermostat has another schedule at that time"));
    }
    Ok(())
}

/// Schedules the jobs at the start and end of a schedule, and applies the currently active schedule.
pub(crate) fn schedule_jobs(state: &mut State, id: &Id<ThermostatSchedule>) {
    let Some(schedule) = state.get(id) else { return };
    let Some((starts_at, ends_at)) = frame(schedule) else { return };
    let device_id = Id::<Device>::of(schedule).unwrap_or_default();
    for when in [starts_at, ends_at] {
        let device_id = device_id.clone();
        if when > state.now() {
            state.at(when, Job::FollowSchedule { device_id });
        }
    }
    follow(state, &device_id);
}

/// Applies the currently active schedule. After a schedule, the thermostat returns to its fallback preset or its weekly
/// program.
pub(crate) fn follow(state: &mut State, device_id: &Id<Device>) {
    let now = state.now();
    let is_active_now = |schedule: &&Object| {
        device_id.is_in(schedule) && frame(schedule).is_some_and(|(start, end)| start <= now && now < end)
    };
    let schedule = state.rows::<ThermostatSchedule>().find(is_active_now).cloned();
    let id = schedule.as_ref().and_then(Id::of);
    let before = active_schedule(state, device_id);
    if let Some(properties) = properties_mut(state, device_id) {
        set(properties, "active_thermostat_schedule_id", id.clone());
        set(properties, "active_thermostat_schedule", schedule);
    }
    if before == id {
        return;
    }
    if id.is_some() {
        overrides::end(state, device_id);
        return;
    }
    overrides::clear(state, device_id);
    let fallback = property(state, device_id, "fallback_climate_preset_key").and_then(Value::as_str);
    match fallback.map(str::to_owned) {
        Some(fallback) if reachability::check(state, device_id).is_ok() => {
            presets::apply(state, device_id, &fallback, None, true);
        }
        _ => weekly_program::resume(state, device_id),
    }
}
