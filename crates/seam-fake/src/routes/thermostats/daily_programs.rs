//! Daily programs: the climate presets of a thermostat over a day.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::{
    presets,
    properties::{properties, properties_mut, thermostat},
    weekly_program::{self, DAYS, period_start},
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    device,
    json::{Object, flag, object, set, string},
    reachability,
    routes::generic,
    scheduler::{ActionError, Effect},
    state::State,
    tables::{DailyProgram, Device, Id},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/daily_programs/create" => create,
        "/thermostats/daily_programs/delete" => delete,
        "/thermostats/daily_programs/update" => update,
        _ => return None,
    })
}

/// Rejects periods that the thermostat does not support.
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
    let max = limit("max_thermostat_daily_program_periods_per_day").and_then(|max| usize::try_from(max).ok());
    if let Some(max) = max.filter(|max| periods.len() > *max) {
        return Err(invalid("periods", &format!("Array must contain at most {max} element(s)")));
    }
    let precision = limit("thermostat_daily_program_period_precision_minutes").unwrap_or(1);
    let mut last = None;
    for period in periods {
        let starts_at = period_start(period).ok_or_else(|| invalid("periods", "Invalid time"))?;
        let minutes = u64::try_from(i32::from(starts_at.hour()) * 60 + i32::from(starts_at.minute()));
        if starts_at.second() != 0 || !minutes.is_ok_and(|minutes| minutes % precision == 0) {
            return Err(invalid("periods", &format!("Periods start at multiples of {precision} minutes")));
        }
        if last.is_some_and(|last| last >= starts_at) {
            return Err(invalid("periods", "Each period must start after the previous one"));
        }
        last = Some(starts_at);
        let preset = presets::check_exists(device, string(period, "climate_preset_key").unwrap_or_default())?;
        if !flag(preset, "can_use_with_thermostat_daily_programs") {
            return Err(invalid("periods", "A climate preset cannot be used in daily programs"));
        }
    }
    Ok(())
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    if !device::flag(device, "can_run_thermostat_programs") {
        return Err(invalid("device_id", "The thermostat does not support programs"));
    }
    check_periods(call, device)?;
    let program = object(json!({
        "workspace_id": &call.workspace(), "device_id": call.given_id::<Device>(), "name": call.string("name"),
        "periods": call.parameters.get("periods"),
    }));
    let id = state.insert::<DailyProgram>(program);
    update_property(state, &call.id::<Device>());
    call.answer_with(state, "thermostat_daily_program", &id)
}

/// Returns the program of a call, and its thermostat.
fn find_program(state: &State, call: &Call) -> Result<(Id<DailyProgram>, Id<Device>), ApiFault> {
    let id = generic::find_id(state, call)?;
    let device_id = state.get(&id).and_then(Id::of);
    Ok((id, device_id.unwrap_or_default()))
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let (id, device_id) = find_program(state, call)?;
    state.remove(&id);
    update_property(state, &device_id);
    if let Some(Value::Object(week)) =
        properties_mut(state, &device_id).and_then(|properties| properties.get_mut("thermostat_weekly_program"))
    {
        for day in DAYS {
            if string(week, day) == Some(&id) {
                set(week, day, Value::Null);
            }
        }
    }
    weekly_program::resume(state, &device_id);
    generic::done()
}

fn update(state: &mut State, call: &Call) -> Answer {
    let (id, device_id) = find_program(state, call)?;
    check_periods(call, call.find(state, &device_id)?)?;
    let [name, periods] = ["name", "periods"].map(|name| call.parameters.get(name).cloned().unwrap_or_default());
    let effect = Effect::UpdateDailyProgram { device_id, thermostat_daily_program_id: id, name, periods };
    Ok(call.start(state, effect))
}

/// Updates a daily program.
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
    update_property(state, device_id);
    weekly_program::resume(state, device_id);
    Ok(json!({}))
}

/// Sets the property that lists the daily programs of a thermostat.
fn update_property(state: &mut State, device_id: &Id<Device>) {
    let programs = state.rows::<DailyProgram>().filter(|program| device_id.is_in(program));
    let programs: Vec<Value> = programs.cloned().map(Value::Object).collect();
    if let Some(properties) = properties_mut(state, device_id) {
        set(properties, "thermostat_daily_programs", programs);
    }
}
