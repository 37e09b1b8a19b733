//! Thermostats: what they are set to, and what is simulated at them.

mod presets;
mod programs;
mod schedules;

pub(crate) use programs::{
    change_week, finish_updating as finish_updating_program, follow_week_if as follow_weekly_program,
};
pub(crate) use schedules::{end_override_of, follow as follow_schedule};

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    dependent::{to_celsius, to_fahrenheit},
    device,
    json::{Object, flag, has_text, inner, object, set, text},
    reachability,
    routes::common,
    scheduler::{ActionError, Effect, ThermostatChange},
    state::State,
    tables::{Device, Id, Resource, ThermostatSchedule, workspace_of},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/thermostats/cool" => |state, call| set_mode(state, call, "cool"),
        "/thermostats/heat" => |state, call| set_mode(state, call, "heat"),
        "/thermostats/heat_cool" => |state, call| set_mode(state, call, "heat_cool"),
        "/thermostats/off" => |state, call| set_mode(state, call, "off"),
        "/thermostats/set_hvac_mode" => {
            |state, call| set_mode(state, call, call.text("hvac_mode_setting").unwrap_or_default())
        }
        "/thermostats/set_fan_mode" => set_fan_mode,
        "/thermostats/set_temperature_threshold" => set_temperature_threshold,
        "/thermostats/simulate/hvac_mode_adjusted" => simulate_adjustment,
        "/thermostats/simulate/temperature_reached" => simulate_temperature,
        _ => return presets::handler(path).or_else(|| programs::handler(path)).or_else(|| schedules::handler(path)),
    })
}

/// The thermostat that the parameters name.
fn thermostat<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, &call.id::<Device>())?;
    if common::is_thermostat(device) { Ok(device) } else { Err(not_found(Device::TABLE)) }
}

/// What a device says of itself.
fn properties(device: &Object) -> Option<&Object> {
    device.get("properties")?.as_object()
}

/// What a device in the state says of itself, to change it.
fn properties_mut<'a>(state: &'a mut State, device_id: &Id<Device>) -> Option<&'a mut Object> {
    inner(state.get_mut(device_id)?, "properties")
}

/// A field of the properties of a device in the state.
fn property<'a>(state: &'a State, device_id: &Id<Device>, name: &str) -> Option<&'a Value> {
    properties(state.get(device_id)?)?.get(name).filter(|value| !value.is_null())
}

/// Lets something be known that happened to a thermostat.
fn emit(state: &mut State, event_type: &str, device_id: &Id<Device>, fields: Value) {
    let workspace = state.get(device_id).map(workspace_of).unwrap_or_default();
    let mut event = object(fields);
    set(&mut event, "device_id", device_id);
    state.emit(event_type, &workspace, event);
}

// --- Temperatures.

/// A temperature in both units, each as it was given or to a hundredth.
#[derive(Clone, Copy, Debug)]
struct Temperature {
    celsius: f64,
    fahrenheit: f64,
}

impl Temperature {
    /// The temperature that an object says under this name, in either unit or in both.
    fn of(object: &Object, name: &str) -> Option<Self> {
        let number = |unit: &str| object.get(&format!("{name}_{unit}")).and_then(Value::as_f64);
        match (number("celsius"), number("fahrenheit")) {
            (Some(celsius), Some(fahrenheit)) => Some(Self { celsius, fahrenheit }),
            (Some(celsius), None) => Some(Self { celsius, fahrenheit: to_fahrenheit(name, celsius) }),
            (None, Some(fahrenheit)) => Some(Self { celsius: to_celsius(name, fahrenheit), fahrenheit }),
            (None, None) => None,
        }
    }

    /// The temperature that is asked for under this name, in one of the units.
    fn asked(call: &Call, name: &str) -> Result<Option<Self>, ApiFault> {
        let [celsius, fahrenheit] = [format!("{name}_celsius"), format!("{name}_fahrenheit")];
        if call.number(&celsius).is_some() && call.number(&fahrenheit).is_some() {
            return Err(invalid(&fahrenheit, "Give a temperature in one unit, not in both"));
        }
        Ok(Self::of(&call.parameters, name))
    }

    /// Writes it into an object, in both units.
    fn put(self, object: &mut Object, name: &str) {
        set(object, &format!("{name}_celsius"), self.celsius);
        set(object, &format!("{name}_fahrenheit"), self.fahrenheit);
    }
}

const HEATING: &str = "heating_set_point";
const COOLING: &str = "cooling_set_point";

/// The set points that go with a mode.
fn set_points_of(mode: &str) -> &'static [&'static str] {
    match mode {
        "heat" => &[HEATING],
        "cool" => &[COOLING],
        "heat_cool" => &[HEATING, COOLING],
        _ => &[],
    }
}

/// The setting that the parameters ask for: this mode, with the set points that go with it.
///
/// A set point that is not given stays as the thermostat has it.
fn asked_setting(call: &Call, device: &Object, mode: &str) -> Result<Object, ApiFault> {
    let current = properties(device).and_then(|properties| properties.get("current_climate_setting")?.as_object());
    let mut setting = object(json!({ "hvac_mode_setting": mode }));
    for name in set_points_of(mode) {
        let known = || current.and_then(|current| Temperature::of(current, name));
        let set_point = Temperature::asked(call, name)?.or_else(known);
        set_point.ok_or_else(|| invalid(&format!("{name}_celsius"), "Required"))?.put(&mut setting, name);
    }
    check_setting(device, &setting)?;
    Ok(setting)
}

/// Refuses what a thermostat cannot do.
fn check_setting(device: &Object, setting: &Object) -> Result<(), ApiFault> {
    let empty = Object::new();
    let properties = properties(device).unwrap_or(&empty);
    let mode = text(setting, "hvac_mode_setting");
    if let Some(mode) = mode {
        let ability = match mode {
            "heat" => "can_hvac_heat",
            "cool" => "can_hvac_cool",
            "heat_cool" => "can_hvac_heat_cool",
            "off" => "can_turn_off_hvac",
            _ => "",
        };
        let is_able = device::field(device, ability) != Some(&Value::Bool(false));
        if !is_able || !has_text(properties, "available_hvac_mode_settings", mode) {
            let error_type = match mode {
                "heat" => "heat_mode_not_available",
                "cool" => "cool_mode_not_available",
                "heat_cool" => "heat_cool_not_available",
                _ => return Err(invalid("hvac_mode_setting", "The thermostat does not have this mode")),
            };
            return Err(ApiFault::new(400, error_type, format!("The thermostat does not have the mode '{mode}'")));
        }
    }
    if let Some(fan) = text(setting, "fan_mode_setting") {
        if !has_text(properties, "available_fan_mode_settings", fan) {
            return Err(invalid("fan_mode_setting", "The fan of the thermostat does not have this mode"));
        }
    }
    for name in [HEATING, COOLING] {
        let Some(set_point) = Temperature::of(setting, name) else { continue };
        let bound = |which: &str| Temperature::of(properties, &format!("{which}_{name}")).map(|bound| bound.celsius);
        let is_low = bound("min").is_some_and(|least| set_point.celsius < least - TOLERANCE);
        let is_high = bound("max").is_some_and(|most| set_point.celsius > most + TOLERANCE);
        if is_low || is_high {
            return Err(invalid(&format!("{name}_celsius"), "The thermostat cannot be set to this temperature"));
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

/// What may be lost when degrees of one unit become degrees of the other.
const TOLERANCE: f64 = 0.03;

/// As [`settle`], for a device in the state that may be a thermostat.
pub(crate) fn settle_device(state: &mut State, device_id: &Id<Device>) {
    if state.get(device_id).is_some_and(common::is_thermostat) {
        properties_mut(state, device_id).into_iter().for_each(settle);
    }
}

/// Works out what the thermostat does, from its setting and the temperature.
fn settle(properties: &mut Object) {
    let setting = properties.get("current_climate_setting").and_then(Value::as_object).cloned().unwrap_or_default();
    let mode = text(&setting, "hvac_mode_setting").unwrap_or_default();
    let temperature = Temperature::of(properties, "temperature").map(|temperature| temperature.celsius);
    let set_point = |name: &str| {
        let goes_with_mode = mode == "eco" || set_points_of(mode).contains(&name);
        Temperature::of(&setting, name).filter(|_| goes_with_mode).map(|set_point| set_point.celsius)
    };
    let is_heating = temperature.zip(set_point(HEATING)).is_some_and(|(now, wanted)| now < wanted);
    let is_cooling = temperature.zip(set_point(COOLING)).is_some_and(|(now, wanted)| now > wanted);
    let is_blowing = text(properties, "fan_mode_setting").is_some_and(|fan| fan != "auto");
    set(properties, "is_heating", is_heating);
    set(properties, "is_cooling", is_cooling);
    set(properties, "is_fan_running", is_heating || is_cooling || is_blowing);
}

// --- Settings.

/// The fields of the current setting that only a preset has.
const OF_PRESETS: [&str; 4] = ["climate_preset_key", "climate_preset_mode", "ecobee_metadata", "name"];

/// Changes what a thermostat is set to. What the setting does not say stays as it is.
fn take_setting(state: &mut State, device_id: &Id<Device>, setting: &Object) {
    let Some(properties) = properties_mut(state, device_id) else { return };
    if let Some(fan) = text(setting, "fan_mode_setting") {
        set(properties, "fan_mode_setting", fan);
    }
    if let Some(current) = inner(properties, "current_climate_setting") {
        current.retain(|name, _| !OF_PRESETS.contains(&name.as_str()));
        current.extend(setting.clone());
    }
    settle(properties);
}

/// Somebody sets a thermostat to something that is no preset, through Seam or elsewhere.
fn adjust(state: &mut State, device_id: &Id<Device>, setting: &Object, method: &str) {
    let mut manual = object(json!({
        "display_name": "Manual setting", "can_edit": false, "can_delete": false,
        "can_use_with_thermostat_daily_programs": false, "manual_override_allowed": true,
    }));
    manual.extend(setting.clone());
    take_setting(state, device_id, &manual);
    let mut event = setting.clone();
    set(&mut event, "method", method);
    emit(state, "thermostat.manually_adjusted", device_id, Value::Object(event));
}

/// Begins an action that sets a thermostat by hand, if the schedule that it follows allows that.
fn start_change(state: &mut State, call: &Call, change: ThermostatChange) -> Object {
    let device_id = call.id::<Device>();
    let subject = device_id.clone();
    call.start(state, &subject, Effect::ChangeThermostat { device_id, change })
}

pub(crate) fn change(
    state: &mut State,
    device_id: &Id<Device>,
    change: ThermostatChange,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if !schedules::allows_override(state, device_id) {
        return Err(ActionError::new("override_not_allowed", "The schedule of the thermostat allows no override"));
    }
    match change {
        ThermostatChange::Adjust(setting) => adjust(state, device_id, &setting, "seam"),
        ThermostatChange::ApplyPreset(key) => presets::apply(state, device_id, &key, None, false),
    }
    schedules::begin_override(state, device_id);
    Ok(json!({}))
}

fn set_mode(state: &mut State, call: &Call, mode: &str) -> Answer {
    let setting = asked_setting(call, thermostat(state, call)?, mode)?;
    Ok(start_change(state, call, ThermostatChange::Adjust(setting)))
}

fn set_fan_mode(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    let mode = call.text("fan_mode_setting").or_else(|| call.text("fan_mode"));
    let mode = mode.ok_or_else(|| invalid("fan_mode_setting", "Required"))?;
    let setting = object(json!({ "fan_mode_setting": mode }));
    check_setting(device, &setting)?;
    Ok(start_change(state, call, ThermostatChange::Adjust(setting)))
}

// --- Thresholds.

const LOWER: &str = "lower_limit";
const UPPER: &str = "upper_limit";

/// Sets both limits: there is none where neither unit is given.
fn set_temperature_threshold(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    let mut threshold = Object::new();
    for name in [LOWER, UPPER] {
        match Temperature::asked(call, name)? {
            Some(limit) => limit.put(&mut threshold, name),
            None => {
                for unit in ["celsius", "fahrenheit"] {
                    set(&mut threshold, &format!("{name}_{unit}"), Value::Null);
                }
            }
        }
    }
    let limits = Temperature::of(&threshold, LOWER).zip(Temperature::of(&threshold, UPPER));
    if limits.is_some_and(|(lower, upper)| lower.celsius >= upper.celsius) {
        return Err(invalid("upper_limit_celsius", "The upper limit has to be above the lower one"));
    }
    let id = call.id::<Device>();
    if let Some(properties) = properties_mut(state, &id) {
        set(properties, "temperature_threshold", threshold);
    }
    watch_threshold(state, &id);
    common::done()
}

/// Warns of a temperature that is beyond the limits, and stops when it no longer is.
fn watch_threshold(state: &mut State, device_id: &Id<Device>) {
    const WARNING: &str = "temperature_threshold_exceeded";
    let Some(device) = state.get(device_id) else { return };
    let Some(properties) = properties(device) else { return };
    let Some(temperature) = Temperature::of(properties, "temperature") else { return };
    let Some(threshold) = properties.get("temperature_threshold").and_then(Value::as_object) else { return };
    let is_below = Temperature::of(threshold, LOWER).is_some_and(|lower| temperature.celsius < lower.celsius);
    let is_above = Temperature::of(threshold, UPPER).is_some_and(|upper| temperature.celsius > upper.celsius);
    let is_beyond = is_below || is_above;
    let mut warnings = device.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_this = |warning: &Value| warning.get("warning_code").and_then(Value::as_str) == Some(WARNING);
    if is_beyond == warnings.iter().any(is_this) {
        return;
    }
    let mut event = threshold.clone();
    temperature.put(&mut event, "temperature");
    let event_type = if is_beyond {
        warnings.push(json!({
            "warning_code": WARNING, "message": "The temperature is beyond the limits that are set for it",
            "created_at": state.now_text(),
        }));
        "thermostat.temperature_threshold_exceeded"
    } else {
        warnings.retain(|warning| !is_this(warning));
        "thermostat.temperature_threshold_no_longer_exceeded"
    };
    if let Some(device) = state.get_mut(device_id) {
        set(device, "warnings", warnings);
    }
    emit(state, event_type, device_id, Value::Object(event));
}

// --- What is simulated.

/// Somebody turns the thermostat to something else. A schedule that allows no override has its way again at once.
fn simulate_adjustment(state: &mut State, call: &Call) -> Answer {
    let device = thermostat(state, call)?;
    common::only_in_sandbox(state, call)?;
    let setting = asked_setting(call, device, call.text("hvac_mode").unwrap_or_default())?;
    let id = call.id::<Device>();
    adjust(state, &id, &setting, "external");
    if schedules::allows_override(state, &id) {
        schedules::begin_override(state, &id);
    } else {
        schedules::end_override(state, &id);
    }
    common::done()
}

fn simulate_temperature(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    common::only_in_sandbox(state, call)?;
    let temperature = Temperature::asked(call, "temperature")?;
    let temperature = temperature.ok_or_else(|| invalid("temperature_celsius", "Required"))?;
    let id = call.id::<Device>();
    let Some(properties) = properties_mut(state, &id) else { return common::done() };
    let has_worked = |properties: &Object| {
        if flag(properties, "is_heating") {
            Some(HEATING)
        } else if flag(properties, "is_cooling") {
            Some(COOLING)
        } else {
            None
        }
    };
    let before = has_worked(properties);
    temperature.put(properties, "temperature");
    settle(properties);
    let has_reached = before.filter(|before| has_worked(properties) != Some(before));
    let setting = properties.get("current_climate_setting").and_then(Value::as_object);
    let desired = setting.zip(has_reached).and_then(|(setting, name)| Temperature::of(setting, name));
    let mut event = Object::new();
    temperature.put(&mut event, "temperature");
    emit(state, "thermostat.temperature_changed", &id, Value::Object(event.clone()));
    if let Some(desired) = desired {
        desired.put(&mut event, "desired_temperature");
        emit(state, "thermostat.temperature_reached_set_point", &id, Value::Object(event));
    }
    watch_threshold(state, &id);
    common::done()
}

/// Has schedules and weekly programs go on in a state that was put back.
pub(crate) fn resume(state: &mut State) {
    for schedule in state.ids_where::<ThermostatSchedule>(|_| true) {
        schedules::set_alarms(state, &schedule);
    }
    for device in state.ids_where::<Device>(common::is_thermostat) {
        programs::resume(state, &device);
    }
}
