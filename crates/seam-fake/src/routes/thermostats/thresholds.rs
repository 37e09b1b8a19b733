//! Temperature thresholds, and the warning about a temperature outside the limits.

use serde_json::{Value, json};

use super::{
    properties::{emit, properties, properties_mut, thermostat},
    temperature::Temperature,
};
use crate::{
    call::{Answer, Call, invalid},
    json::{Object, set},
    routes::generic,
    state::State,
    tables::{Device, Id},
};

const LOWER: &str = "lower_limit";
const UPPER: &str = "upper_limit";

/// Sets both limits; without a temperature in either unit, a limit is removed.
pub(crate) fn set_temperature_threshold(state: &mut State, call: &Call) -> Answer {
    thermostat(state, call)?;
    let mut threshold = Object::new();
    for name in [LOWER, UPPER] {
        match Temperature::requested(call, name)? {
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
        return Err(invalid("upper_limit_celsius", "The upper limit must be above the lower one"));
    }
    let id = call.id::<Device>();
    if let Some(properties) = properties_mut(state, &id) {
        set(properties, "temperature_threshold", threshold);
    }
    update_warning(state, &id);
    generic::done()
}

/// Adds or removes the warning about a temperature outside the limits, and emits an event.
pub(crate) fn update_warning(state: &mut State, device_id: &Id<Device>) {
    const WARNING: &str = "temperature_threshold_exceeded";
    let Some(device) = state.get(device_id) else { return };
    let Some(properties) = properties(device) else { return };
    let Some(temperature) = Temperature::of(properties, "temperature") else { return };
    let Some(threshold) = properties.get("temperature_threshold").and_then(Value::as_object) else { return };
    let is_below = Temperature::of(threshold, LOWER).is_some_and(|lower| temperature.celsius < lower.celsius);
    let is_above = Temperature::of(threshold, UPPER).is_some_and(|upper| temperature.celsius > upper.celsius);
    let is_outside = is_below || is_above;
    let mut warnings = device.get("warnings").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_this = |warning: &Value| warning.get("warning_code").and_then(Value::as_str) == Some(WARNING);
    if is_outside == warnings.iter().any(is_this) {
        return;
    }
    let mut event = threshold.clone();
    temperature.put(&mut event, "temperature");
    let event_type = if is_outside {
        warnings.push(json!({
            "warning_code": WARNING, "message": "The temperature is outside the configured limits",
            "created_at": state.now_string(),
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
