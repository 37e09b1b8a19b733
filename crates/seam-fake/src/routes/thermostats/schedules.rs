//! Schedules: time frames in which a thermostat follows a climate preset, and what happens when somebody sets it to
//! something else in the meantime.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{presets, programs, properties_mut, property, thermostat};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, object, set, text, time, time_text},
    reachability,
    routes::common,
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

// --- The routes.

fn create(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    presets::check_exists(device, call.text("climate_preset_key").unwrap_or_default())?;
    let mut schedule = object(json!({
        "workspace_id": &call.workspace(), "device_id": call.given_id::<Device>(), "name": null, "errors": [],
        "is_override_allowed": true, "max_override_period_minutes": null,
    }));
    change(call, &mut schedule)?;
    check_times(state, &schedule)?;
    let id = state.insert::<ThermostatSchedule>(schedule);
    set_alarms(state, &id);
    call.answer_with(state, "thermostat_schedule", &id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = common::find_id::<ThermostatSchedule>(state, call)?;
    let schedule = state.remove(&id).unwrap_or_default();
    follow(state, &Id::<Device>::of(&schedule).unwrap_or_default());
    common::done()
}

fn list(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    common::page(state, call, ThermostatSchedule::TABLE, |_| true)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = common::find_id::<ThermostatSchedule>(state, call)?;
    let mut schedule = state.get(&id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&schedule).unwrap_or_default();
    if let (Some(key), Some(device)) = (call.text("climate_preset_key"), state.get(&device_id)) {
        presets::check_exists(device, key)?;
    }
    let old_key = text(&schedule, "climate_preset_key").map(str::to_owned);
    change(call, &mut schedule)?;
    check_times(state, &schedule)?;
    let has_other_key = text(&schedule, "climate_preset_key") != old_key.as_deref();
    set(&mut schedule, "errors", json!([]));
    state.put(&id, schedule);
    let was_active = active_schedule(state, &device_id).is_some_and(|active| *active == *id);
    set_alarms(state, &id);
    if was_active && has_other_key && active_schedule(state, &device_id).is_some_and(|active| *active == *id) {
        end_override(state, &device_id);
    }
    common::done()
}

/// Takes over what the parameters say of a schedule.
fn change(call: &Call, schedule: &mut Object) -> Result<(), ApiFault> {
    for name in ["starts_at", "ends_at"] {
        if let Some(when) = call.time(name)? {
            set(schedule, name, time_text(when));
        }
    }
    for name in ["climate_preset_key", "name", "is_override_allowed"] {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(schedule, name, value.clone());
        }
    }
    // Here `null` says something: that an override lasts as long as the schedule.
    if let Some(minutes) = call.parameters.get("max_override_period_minutes") {
        set(schedule, "max_override_period_minutes", minutes.clone());
    }
    Ok(())
}

/// The time frame of a schedule.
fn frame(schedule: &Object) -> Option<(Timestamp, Timestamp)> {
    time(schedule, "starts_at").zip(time(schedule, "ends_at"))
}

/// Refuses a time frame that is over or empty, or in which the thermostat already follows another schedule.
fn check_times(state: &State, schedule: &Object) -> Result<(), ApiFault> {
    let (starts_at, ends_at) = frame(schedule).ok_or_else(|| invalid("starts_at", "Invalid datetime"))?;
    if starts_at >= ends_at {
        return Err(invalid("ends_at", "A schedule has to end after it starts"));
    }
    if ends_at <= state.now() {
        return Err(invalid("ends_at", "The schedule is over already"));
    }
    let is_in_the_way = |other: &Object| {
        let is_other = other.get("thermostat_schedule_id") != schedule.get("thermostat_schedule_id");
        let overlaps = frame(other).is_some_and(|(start, end)| start < ends_at && starts_at < end);
        is_other && overlaps && other.get("device_id") == schedule.get("device_id")
    };
    if state.rows::<ThermostatSchedule>().any(is_in_the_way) {
        return Err(invalid("starts_at", "The thermostat has another schedule at that time"));
    }
    Ok(())
}

// --- What the thermostat does about it.

/// Has the thermostat look at its schedules now, and when this one starts and ends.
pub(crate) fn set_alarms(state: &mut State, id: &Id<ThermostatSchedule>) {
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

/// The schedule that a thermostat says it follows.
fn active_schedule(state: &State, device_id: &Id<Device>) -> Option<Id<ThermostatSchedule>> {
    property(state, device_id, "active_thermostat_schedule_id")?.as_str().map(Id::new)
}

/// Whether a thermostat follows a schedule at the moment.
pub(crate) fn holds(state: &State, device_id: &Id<Device>) -> bool {
    active_schedule(state, device_id).is_some()
}

/// Has a thermostat follow the schedule that holds now; after one it goes back to its fallback.
pub(crate) fn follow(state: &mut State, device_id: &Id<Device>) {
    let now = state.now();
    let holds_now = |schedule: &&Object| {
        device_id.is_in(schedule) && frame(schedule).is_some_and(|(start, end)| start <= now && now < end)
    };
    let schedule = state.rows::<ThermostatSchedule>().find(holds_now).cloned();
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
        end_override(state, device_id);
        return;
    }
    forget_override(state, device_id);
    let fallback = property(state, device_id, "fallback_climate_preset_key").and_then(Value::as_str);
    match fallback.map(str::to_owned) {
        Some(fallback) if reachability::check(state, device_id).is_ok() => {
            presets::apply(state, device_id, &fallback, None, true);
        }
        _ => programs::resume(state, device_id),
    }
}

/// Whether people may set the thermostat to something else at the moment.
pub(crate) fn allows_override(state: &State, device_id: &Id<Device>) -> bool {
    let schedule = active_schedule(state, device_id).and_then(|id| state.get(&id));
    schedule.is_none_or(|schedule| schedule.get("is_override_allowed") != Some(&Value::Bool(false)))
}

/// Somebody has set the thermostat to something else than its schedule or program says: for as long as that allows.
pub(crate) fn begin_override(state: &mut State, device_id: &Id<Device>) {
    let schedule_id = active_schedule(state, device_id);
    if schedule_id.is_none() && !programs::is_followed(state, device_id) {
        return;
    }
    let minutes = schedule_id.as_ref().and_then(|id| state.get(id)?.get("max_override_period_minutes")?.as_u64());
    let Some(properties) = properties_mut(state, device_id) else { return };
    let number = override_number(properties) + 1;
    set(properties, "_override", number);
    set(properties, "is_temporary_manual_override_active", true);
    if let Some(minutes) = minutes {
        let job = Job::OverrideEnds { device_id: device_id.clone(), number, thermostat_schedule_id: schedule_id };
        state.after(Duration::from_secs(minutes.saturating_mul(60)), job);
    }
}

/// Ends an override, if it is still this one and under this schedule.
pub(crate) fn end_override_of(
    state: &mut State,
    device_id: &Id<Device>,
    number: u64,
    schedule_id: Option<Id<ThermostatSchedule>>,
) {
    let is_the_same = property(state, device_id, "_override").and_then(Value::as_u64) == Some(number);
    if is_the_same && active_schedule(state, device_id) == schedule_id {
        end_override(state, device_id);
    }
}

/// How often somebody has set this thermostat to something else.
fn override_number(properties: &Object) -> u64 {
    properties.get("_override").and_then(Value::as_u64).unwrap_or_default()
}

/// What was set by hand no longer holds; it cannot end later, either.
pub(crate) fn forget_override(state: &mut State, device_id: &Id<Device>) {
    if let Some(properties) = properties_mut(state, device_id) {
        let number = override_number(properties) + 1;
        set(properties, "_override", number);
        set(properties, "is_temporary_manual_override_active", false);
    }
}

/// The schedule has its way: now that it starts, or after something else was set by hand.
///
/// A thermostat that cannot be reached, or that no longer has the preset, stays as it is, and the schedule says so.
pub(crate) fn end_override(state: &mut State, device_id: &Id<Device>) {
    forget_override(state, device_id);
    let Some(id) = active_schedule(state, device_id) else { return };
    let Some(schedule) = state.get(&id) else { return };
    let key = text(schedule, "climate_preset_key").unwrap_or_default().to_owned();
    let has_preset = state.get(device_id).is_some_and(|device| presets::find(device, &key).is_some());
    let problem = match reachability::check(state, device_id) {
        Err(error) => Some((error.kind, error.message)),
        Ok(()) if has_preset => None,
        Ok(()) => Some(("climate_preset_not_found".to_owned(), "The climate preset is gone".to_owned())),
    };
    match problem {
        None => presets::apply(state, device_id, &key, Some(&id), false),
        Some((code, message)) => {
            let error = json!({ "error_code": code, "message": message, "created_at": state.now_text() });
            if let Some(schedule) = state.get_mut(&id) {
                set(schedule, "errors", json!([error]));
            }
        }
    }
}
