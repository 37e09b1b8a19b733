//! Weekly programs: the daily programs of a thermostat for each day of the week.

use jiff::{
    Timestamp, ToSpan,
    civil::{Time, Weekday},
    tz::TimeZone,
};
use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::{
    overrides, presets,
    properties::{follows_weekly_program, properties, properties_mut, property, thermostat},
};
use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    device,
    json::{Object, set, string},
    reachability,
    scheduler::{ActionError, Effect, Job},
    state::State,
    tables::{DailyProgram, Device, Id, Resource},
};

/// The action type of all changes here; the API description has none for the activation of a program.
const PUSH: &str = "PUSH_THERMOSTAT_PROGRAMS";

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/activate_weekly_program" => activate,
        "/thermostats/update_weekly_program" => update,
        _ => return None,
    })
}

/// The fields of a weekly program with the daily program of each day, from Monday on.
pub(crate) const DAYS: [&str; 7] = [
    "monday_program_id",
    "tuesday_program_id",
    "wednesday_program_id",
    "thursday_program_id",
    "friday_program_id",
    "saturday_program_id",
    "sunday_program_id",
];

/// Returns the field of a weekly program for a day.
fn day_name(day: Weekday) -> &'static str {
    let index = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
    DAYS.get(index).copied().unwrap_or_default()
}

/// Assigns daily programs to days: `null` removes one, and a day that is absent keeps its program.
fn update(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_run_thermostat_programs") {
        return Err(invalid("device_id", "The thermostat does not support programs"));
    }
    let old = properties(device).and_then(|properties| properties.get("thermostat_weekly_program")?.as_object());
    let mut week = old.cloned().unwrap_or_default();
    for day in DAYS {
        if let Some(id) = Id::<DailyProgram>::in_field(&call.parameters, day) {
            let program = call.find(state, &id)?;
            if Id::<Device>::of(program) != call.given_id() {
                return Err(not_found(DailyProgram::TABLE));
            }
        }
        let program = call.parameters.get(day).or_else(|| week.get(day)).cloned().unwrap_or_default();
        set(&mut week, day, program);
    }
    check_week(device, &week)?;
    set(&mut week, "created_at", state.now_string());
    Ok(start(state, call, Some(week)))
}

/// Rejects a week whose days differ more than the thermostat supports.
fn check_week(device: &Object, week: &Object) -> Result<(), ApiFault> {
    let days = DAYS.map(|day| week.get(day));
    let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = days;
    let is_same = days.iter().all(|day| *day == monday);
    let is_weekday_weekend = [tuesday, wednesday, thursday, friday] == [monday; 4] && saturday == sunday;
    let can = |variant: &str| device::flag(device, &format!("can_program_thermostat_programs_as_{variant}"));
    let is_possible = can("different_each_day")
        || (is_weekday_weekend && can("weekday_weekend"))
        || (is_same && (can("same_each_day") || can("weekday_weekend")));
    if is_possible {
        Ok(())
    } else {
        Err(invalid("", "The thermostat does not support different programs for these days"))
    }
}

/// Starts an action after which a thermostat follows its weekly program.
fn activate(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_activate_weekly_program") {
        return Err(invalid("device_id", "The thermostat does not support activating its weekly program"));
    }
    if !properties(device)
        .is_some_and(|properties| properties.get("thermostat_weekly_program").is_some_and(Value::is_object))
    {
        return Err(invalid("device_id", "The thermostat has no weekly program"));
    }
    Ok(start(state, call, None))
}

/// Starts an action after which a thermostat follows its weekly program, or this new one.
fn start(state: &mut State, call: &Call, program: Option<Object>) -> Object {
    let device_id = call.id::<Device>();
    let effect = Effect::FollowWeeklyProgram { device_id, program };
    let attempt = state.start_action(&call.workspace(), PUSH, effect);
    Object::from_iter([("action_attempt".to_owned(), Value::Object(attempt))])
}

/// Sets the weekly program, if there is a new one, and follows it.
pub(crate) fn finish_changing(
    state: &mut State,
    device_id: &Id<Device>,
    program: Option<Object>,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if let Some(properties) = properties_mut(state, device_id) {
        if let Some(program) = program {
            set(properties, "thermostat_weekly_program", program);
        }
        set(properties, "_follows_week", true);
    }
    resume(state, device_id);
    Ok(json!({}))
}

/// Returns the times and presets of the weekly program within a week from now, in order.
fn switches(state: &State, device_id: &Id<Device>) -> Vec<(Timestamp, String)> {
    let week = property(state, device_id, "thermostat_weekly_program").and_then(Value::as_object);
    // The fake has no time zones: all of its thermostats are in UTC.
    let today = TimeZone::UTC.to_datetime(state.now()).date();
    let mut switches = Vec::new();
    for offset in -7..=7 {
        let Ok(date) = today.checked_add(offset.days()) else { continue };
        let program = week.and_then(|week| Id::<DailyProgram>::in_field(week, day_name(date.weekday())));
        let periods = program.and_then(|id| state.get(&id)?.get("periods")?.as_array());
        for period in periods.into_iter().flatten().filter_map(Value::as_object) {
            let when = period_start(period).and_then(|time| TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok());
            if let Some((when, key)) = when.zip(string(period, "climate_preset_key")) {
                switches.push((when, key.to_owned()));
            }
        }
    }
    switches
}

/// Activates the current preset of the weekly program, and schedules the next one. An active schedule has priority.
pub(crate) fn resume(state: &mut State, device_id: &Id<Device>) {
    if !follows_weekly_program(state, device_id) {
        return;
    }
    let now = state.now();
    let switches = switches(state, device_id);
    if !overrides::is_schedule_active(state, device_id) && reachability::check(state, device_id).is_ok() {
        if let Some((_, key)) = switches.iter().rev().find(|(when, _)| *when <= now) {
            overrides::clear(state, device_id);
            presets::apply(state, device_id, key, None, false);
        }
    }
    let Some(properties) = properties_mut(state, device_id) else { return };
    let number = properties.get("_week").and_then(Value::as_u64).unwrap_or_default().wrapping_add(1);
    set(properties, "_week", number);
    let Some((when, _)) = switches.into_iter().find(|(when, _)| *when > now) else { return };
    state.at(when, Job::FollowWeeklyProgram { device_id: device_id.clone(), number });
}

/// Like [`resume`], unless the program has changed since this job was scheduled.
pub(crate) fn follow_numbered(state: &mut State, device_id: &Id<Device>, number: u64) {
    if property(state, device_id, "_week").and_then(Value::as_u64) == Some(number) {
        resume(state, device_id);
    }
}

/// Returns the time of day at which a period starts.
pub(crate) fn period_start(period: &Object) -> Option<Time> {
    string(period, "starts_at_time")?.parse().ok()
}
