//! Thermostats: their settings, and simulations.

mod daily_programs;
mod overrides;
mod presets;
mod properties;
mod schedules;
mod setting;
mod temperature;
mod thresholds;
mod weekly_program;

pub(crate) use self::{
    daily_programs::finish_updating as finish_updating_program,
    overrides::end_numbered as end_override,
    schedules::follow as follow_schedule,
    setting::update_activity_of,
    weekly_program::{finish_changing as finish_changing_week, follow_numbered as follow_weekly_program},
};

use serde_json::{Value, json};

use self::{
    properties::{emit, properties_mut, thermostat},
    setting::{adjust, check_setting, requested_setting, start_change, update_activity},
    temperature::{COOLING, HEATING, Temperature},
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, flag, object},
    reachability,
    routes::generic,
    scheduler::{ActionError, ThermostatChange},
    state::State,
    tables::{Device, Id, ThermostatSchedule},
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/cool" => |state, call| set_mode(state, call, "cool"),
        "/thermostats/heat" => |state, call| set_mode(state, call, "heat"),
        "/thermostats/heat_cool" => |state, call| set_mode(state, call, "heat_cool"),
        "/thermostats/off" => |state, call| set_mode(state, call, "off"),
        "/thermostats/set_hvac_mode" => {
            |state, call| set_mode(state, call, call.string("hvac_mode_setting").unwrap_or_default())
        }
        "/thermostats/set_fan_mode" => set_fan_mode,
        "/thermostats/set_temperature_threshold" => thresholds::set_temperature_threshold,
        "/thermostats/simulate/hvac_mode_adjusted" => simulate_adjustment,
        "/thermostats/simulate/temperature_reached" => simulate_temperature,
        _ => {
            let handlers: [fn(&str) -> Option<Handler>; 4] =
                [daily_programs::handler, presets::handler, schedules::handler, weekly_program::handler];
            return handlers.iter().find_map(|handler| handler(path));
        }
    })
}

/// Changes the settings of a thermostat, unless its active schedule does not allow overrides.
pub(crate) fn finish_changing(
    state: &mut State,
    device_id: &Id<Device>,
    change: ThermostatChange,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if !overrides::are_allowed(state, device_id) {
        return Err(ActionError::new(
            "override_not_allowed",
            "The schedule of the thermostat does not allow overrides",
        ));
    }
    match change {
        ThermostatChange::Adjust(setting) => adjust(state, device_id, &setting, "seam"),
        ThermostatChange::ApplyPreset(key) => presets::apply(state, device_id, &key, None, false),
    }
    overrides::start(state, device_id);
    Ok(json!({}))
}

fn set_mode(state: &mut State, call: &Call, mode: &str) -> Answer {
    let setting = requested_setting(call, thermostat(state, call)?, mode)?;
    Ok(start_change(state, call, ThermostatChange::Adjust(setting)))
}

fn set_fan_mode(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    let mode = call.string("fan_mode_setting").or_else(|| call.string("fan_mode"));
    let mode = mode.ok_or_else(|| invalid("fan_mode_setting", "Required"))?;
    let setting = object(json!({ "fan_mode_setting": mode }));
    check_setting(device, &setting)?;
    Ok(start_change(state, call, ThermostatChange::Adjust(setting)))
}

/// Simulates a manual setting at the device. A schedule that does not allow overrides is applied again immediately.
fn simulate_adjustment(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    generic::only_in_sandbox(state, call)?;
    let setting = requested_setting(call, device, call.string("hvac_mode").unwrap_or_default())?;
    let id = call.id::<Device>();
    adjust(state, &id, &setting, "external");
    if overrides::are_allowed(state, &id) {
        overrides::start(state, &id);
    } else {
        overrides::end(state, &id);
    }
    generic::done()
}

fn simulate_temperature(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    generic::only_in_sandbox(state, call)?;
    let temperature = Temperature::requested(call, "temperature")?;
    let temperature = temperature.ok_or_else(|| invalid("temperature_celsius", "Required"))?;
    let id = call.id::<Device>();
    let Some(properties) = properties_mut(state, &id) else { return generic::done() };
    let active_set_point = |properties: &Object| {
        if flag(properties, "is_heating") {
            Some(HEATING)
        } else if flag(properties, "is_cooling") {
            Some(COOLING)
        } else {
            None
        }
    };
    let before = active_set_point(properties);
    temperature.put(properties, "temperature");
    update_activity(properties);
    let has_reached = before.filter(|before| active_set_point(properties) != Some(before));
    let setting = properties.get("current_climate_setting").and_then(Value::as_object);
    let desired = setting.zip(has_reached).and_then(|(setting, name)| Temperature::of(setting, name));
    let mut event = Object::new();
    temperature.put(&mut event, "temperature");
    emit(state, "thermostat.temperature_changed", &id, Value::Object(event.clone()));
    if let Some(desired) = desired {
        desired.put(&mut event, "desired_temperature");
        emit(state, "thermostat.temperature_reached_set_point", &id, Value::Object(event));
    }
    thresholds::update_warning(state, &id);
    generic::done()
}

/// Schedules the jobs of all schedules and weekly programs in a restored state.
pub(crate) fn resume(state: &mut State) {
    for schedule in state.ids_where::<ThermostatSchedule>(|_| true) {
        schedules::schedule_jobs(state, &schedule);
    }
    for device in state.ids_where::<Device>(generic::is_thermostat) {
        weekly_program::resume(state, &device);
    }
}
