//! Programs: what a thermostat does over the course of a day, and on which days of the week it does that.

use jiff::{
    Timestamp, ToSpan,
    civil::{Time, Weekday},
    tz::TimeZone,
};
use serde_json::{Value, json};

use super::{presets, properties, properties_mut, property, schedules, thermostat};
use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    device,
    json::{Object, flag, object, set, text},
    reachability,
    routes::common,
    scheduler::{ActionError, Effect, Job},
    state::State,
    tables::{DailyProgram, Device, Id, Resource},
};
use seam_core::test_util::ApiFault;

/// What the actions here are; the facts know no type of its own for activating a program.
const PUSH: &str = "PUSH_THERMOSTAT_PROGRAMS";

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/activate_weekly_program" => activate,
        "/thermostats/daily_programs/create" => create,
        "/thermostats/daily_programs/delete" => delete,
        "/thermostats/daily_programs/update" => update,
        "/thermostats/update_weekly_program" => update_week,
        _ => return None,
    })
}

// --- Daily programs.

/// Refuses periods that the thermostat cannot run.
fn check_periods(call: &Call, device: &Object) -> Result<(), ApiFault> {
    let empty = Object::new();
    let properties = properties(device).unwrap_or(&empty);
    let limit = |name: &str| properties.get(name).and_then(Value::as_u64).filter(|limit| *limit > 0);
    let periods: Vec<&Object> = call
        .parameters
        .get("periods")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    if periods.is_empty() {
        return Err(invalid("periods", "Array must contain at least 1 element(s)"));
    }
    let most = limit("max_thermostat_daily_program_periods_per_day").and_then(|most| usize::try_from(most).ok());
    if let Some(most) = most.filter(|most| periods.len() > *most) {
        return Err(invalid("periods", &format!("Array must contain at most {most} element(s)")));
    }
    let precision = limit("thermostat_daily_program_period_precision_minutes").unwrap_or(1);
    let mut last = None;
    for period in periods {
        let starts_at = starts_at(period).ok_or_else(|| invalid("periods", "Invalid time"))?;
        let minutes = u64::try_from(i32::from(starts_at.hour()) * 60 + i32::from(starts_at.minute()));
        if starts_at.second() != 0 || !minutes.is_ok_and(|minutes| minutes % precision == 0) {
            return Err(invalid("periods", &format!("Periods start at multiples of {precision} minutes")));
        }
        if last.is_some_and(|last| last >= starts_at) {
            return Err(invalid("periods", "Each period has to start after the one before it"));
        }
        last = Some(starts_at);
        let preset = presets::check_exists(device, text(period, "climate_preset_key").unwrap_or_default())?;
        if !flag(preset, "can_use_with_thermostat_daily_programs") {
            return Err(invalid("periods", "A climate preset cannot be used in daily programs"));
        }
    }
    Ok(())
}

/// When a period begins.
fn starts_at(period: &Object) -> Option<Time> {
    text(period, "starts_at_time")?.parse().ok()
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_run_thermostat_programs") {
        return Err(invalid("device_id", "The thermostat cannot run programs"));
    }
    check_periods(call, device)?;
    let program = object(json!({
        "workspace_id": &call.workspace(), "device_id": call.given_id::<Device>(), "name": call.text("name"),
        "periods": call.parameters.get("periods"),
    }));
    let id = state.insert::<DailyProgram>(program);
    tell_device(state, &call.id::<Device>());
    call.answer_with(state, "thermostat_daily_program", &id)
}

/// The program that the parameters name, and the thermostat that it is for.
fn find_program(state: &State, call: &Call) -> Result<(Id<DailyProgram>, Id<Device>), ApiFault> {
    let id = common::find_id(state, call)?;
    let device_id = state.get(&id).and_then(Id::of);
    Ok((id, device_id.unwrap_or_default()))
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let (id, device_id) = find_program(state, call)?;
    state.remove(&id);
    tell_device(state, &device_id);
    if let Some(Value::Object(week)) =
        properties_mut(state, &device_id).and_then(|properties| properties.get_mut("thermostat_weekly_program"))
    {
        for day in DAYS {
            if text(week, day) == Some(&id) {
                set(week, day, Value::Null);
            }
        }
    }
    resume(state, &device_id);
    common::done()
}

fn update(state: &mut State, call: &Call) -> Answer {
    let (id, device_id) = find_program(state, call)?;
    check_periods(call, call.find(state, &device_id)?)?;
    let [name, periods] = ["name", "periods"].map(|name| call.parameters.get(name).cloned().unwrap_or_default());
    let subject = device_id.clone();
    let effect = Effect::UpdateDailyProgram { device_id, thermostat_daily_program_id: id, name, periods };
    Ok(call.start(state, &subject, effect))
}

pub(crate) fn finish_updating(
    state: &mut State,
    device_id: &Id<Device>,
    id: &Id<DailyProgram>,
    name: Value,
    periods: Value,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if let Some(program) = state.get_mut(id) {
        set(program, "name", name);
        set(program, "periods", periods);
    }
    tell_device(state, device_id);
    resume(state, device_id);
    Ok(json!({}))
}

/// Has the thermostat say which daily programs it has.
fn tell_device(state: &mut State, device_id: &Id<Device>) {
    let programs = state.rows::<DailyProgram>().filter(|program| device_id.is_in(program));
    let programs: Vec<Value> = programs.cloned().map(Value::Object).collect();
    if let Some(properties) = properties_mut(state, device_id) {
        set(properties, "thermostat_daily_programs", programs);
    }
}

// --- The week.

/// The fields of a weekly program that say which daily program is followed, from Monday on.
const DAYS: [&str; 7] = [
    "monday_program_id",
    "tuesday_program_id",
    "wednesday_program_id",
    "thursday_program_id",
    "friday_program_id",
    "saturday_program_id",
    "sunday_program_id",
];

/// The field of the weekly program for a day.
fn day_name(day: Weekday) -> &'static str {
    let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
    DAYS.get(place).copied().unwrap_or_default()
}

/// Puts daily programs on days: `null` takes one off, and a day that is not given stays as it is.
fn update_week(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_run_thermostat_programs") {
        return Err(invalid("device_id", "The thermostat cannot run programs"));
    }
    let old = properties(device).and_then(|properties| properties.get("thermostat_weekly_program")?.as_object());
    let mut week = old.cloned().unwrap_or_default();
    for day in DAYS {
        let asked = call.parameters.get(day);
        if let Some(id) = Id::<DailyProgram>::in_field(&call.parameters, day) {
            let program = call.find(state, &id)?;
            if Id::<Device>::of(program) != call.given_id() {
                return Err(not_found(DailyProgram::TABLE));
            }
        }
        let program = asked.or_else(|| week.get(day)).cloned().unwrap_or_default();
        set(&mut week, day, program);
    }
    check_week(device, &week)?;
    set(&mut week, "created_at", state.now_text());
    Ok(start(state, call, Some(week)))
}

/// Refuses a week that has more different days than the thermostat can have.
fn check_week(device: &Object, week: &Object) -> Result<(), ApiFault> {
    let days = DAYS.map(|day| week.get(day));
    let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = days;
    let is_same = days.iter().all(|day| *day == monday);
    let is_weekday_weekend = [tuesday, wednesday, thursday, friday] == [monday; 4] && saturday == sunday;
    let can = |how: &str| device::flag(device, &format!("can_program_thermostat_programs_as_{how}"));
    let is_possible = can("different_each_day")
        || (is_weekday_weekend && can("weekday_weekend"))
        || (is_same && (can("same_each_day") || can("weekday_weekend")));
    if is_possible { Ok(()) } else { Err(invalid("", "The thermostat cannot tell these days from one another")) }
}

/// Makes a thermostat that has a weekly program follow it.
fn activate(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_activate_weekly_program") {
        return Err(invalid("device_id", "The thermostat cannot be told to follow its weekly program"));
    }
    if !properties(device)
        .is_some_and(|properties| properties.get("thermostat_weekly_program").is_some_and(Value::is_object))
    {
        return Err(invalid("device_id", "The thermostat has no weekly program"));
    }
    Ok(start(state, call, None))
}

/// Begins an action after which the thermostat follows its weekly program.
fn start(state: &mut State, call: &Call, program: Option<Object>) -> Object {
    let device_id = call.id::<Device>();
    let subject = device_id.clone();
    let effect = Effect::FollowWeeklyProgram { device_id, program };
    let attempt = state.start_action(&call.workspace(), PUSH, &subject, effect);
    Object::from_iter([("action_attempt".to_owned(), Value::Object(attempt))])
}

pub(crate) fn change_week(
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

/// Whether a thermostat follows its weekly program when no schedule holds.
pub(crate) fn is_followed(state: &State, device_id: &Id<Device>) -> bool {
    property(state, device_id, "_follows_week").is_some_and(|follows| follows == &Value::Bool(true))
}

/// The switches to presets that the weekly program has within a week of now, in order.
fn switches(state: &State, device_id: &Id<Device>) -> Vec<(Timestamp, String)> {
    let week = property(state, device_id, "thermostat_weekly_program").and_then(Value::as_object);
    // The fake has no time zones: its thermostats are all where UTC is the time.
    let today = TimeZone::UTC.to_datetime(state.now()).date();
    let mut switches = Vec::new();
    for offset in -7..=7 {
        let Ok(date) = today.checked_add(offset.days()) else { continue };
        let program = week.and_then(|week| Id::<DailyProgram>::in_field(week, day_name(date.weekday())));
        let periods = program.and_then(|id| state.get(&id)?.get("periods")?.as_array());
        for period in periods.into_iter().flatten().filter_map(Value::as_object) {
            let when = starts_at(period).and_then(|time| TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok());
            if let Some((when, key)) = when.zip(text(period, "climate_preset_key")) {
                switches.push((when, key.to_owned()));
            }
        }
    }
    switches
}

/// Has a thermostat do what its weekly program says, now and whenever that changes. A schedule goes before it.
pub(crate) fn resume(state: &mut State, device_id: &Id<Device>) {
    if !is_followed(state, device_id) {
        return;
    }
    let now = state.now();
    let switches = switches(state, device_id);
    if !schedules::holds(state, device_id) && reachability::check(state, device_id).is_ok() {
        if let Some((_, key)) = switches.iter().rev().find(|(when, _)| *when <= now) {
            schedules::forget_override(state, device_id);
            presets::apply(state, device_id, key, None, false);
        }
    }
    let Some(properties) = properties_mut(state, device_id) else { return };
    let number = properties.get("_week").and_then(Value::as_u64).unwrap_or_default() + 1;
    set(properties, "_week", number);
    let Some((when, _)) = switches.into_iter().find(|(when, _)| *when > now) else { return };
    state.at(when, Job::FollowWeeklyProgram { device_id: device_id.clone(), number });
}

/// As [`resume`], unless the program has changed since this job was scheduled.
pub(crate) fn follow_week_if(state: &mut State, device_id: &Id<Device>, number: u64) {
    if property(state, device_id, "_week").and_then(Value::as_u64) == Some(number) {
        resume(state, device_id);
    }
}
