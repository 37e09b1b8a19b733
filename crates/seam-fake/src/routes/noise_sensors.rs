//! Noise sensors: thresholds and simulated noise.

use std::time::Duration;

use jiff::civil::Time;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, collect_object, flag, inner, object, remove_string, set, string},
    providers::{self, DeviceKind},
    reachability, render,
    routes::{
        devices,
        generic::{self, only_in_sandbox},
        pages,
    },
    scheduler::{ActionError, Effect, Job},
    state::State,
    tables::{Device, Id, NoiseThreshold, Resource},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/noise_sensors/noise_thresholds/create" => create,
        "/noise_sensors/noise_thresholds/list" => list,
        "/noise_sensors/noise_thresholds/update" => update,
        "/noise_sensors/noise_thresholds/delete" => delete,
        "/noise_sensors/simulate/trigger_noise_threshold" => trigger,
        _ => return None,
    })
}

/// The duration of simulated noise.
const NOISE: Duration = Duration::from_secs(60);

/// The noise level without simulated noise, in decibels.
const QUIET: f64 = 40.0;

/// Returns the noise sensor of the call.
fn sensor<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let device = devices::managed(state, call, &call.id::<Device>())?;
    let is_sensor = providers::of_device(device).is_some_and(|provider| provider.kind == DeviceKind::NoiseSensor);
    if is_sensor { Ok(device) } else { Err(not_found(Device::TABLE)) }
}

/// Returns the threshold of the call, which must belong to its sensor.
fn threshold(state: &State, call: &Call) -> Result<Id<NoiseThreshold>, ApiFault> {
    sensor(state, call)?;
    let threshold = call.find(state, &call.id::<NoiseThreshold>())?;
    if Id::<Device>::of(threshold) != call.given_id() {
        return Err(not_found(NoiseThreshold::TABLE));
    }
    Ok(Id::of(threshold).unwrap_or_default())
}

/// Returns the validated fields of a threshold in the parameters.
fn fields(state: &State, call: &Call) -> Result<Object, ApiFault> {
    for name in ["starts_daily_at", "ends_daily_at"] {
        if call.string(name).is_some_and(|text| !is_time_of_day(text)) {
            return Err(invalid(name, "Expected a time of day with a time zone, such as 22:00:00[Europe/Berlin]"));
        }
    }
    let scores = call.number("noise_threshold_nrs").is_some();
    if scores && call.number("noise_threshold_decibels").is_some() {
        return Err(invalid("noise_threshold_nrs", "Cannot be combined with noise_threshold_decibels"));
    }
    let provider = providers::of_device(sensor(state, call)?).map_or("", |provider| provider.name);
    if scores && provider != "noiseaware" {
        return Err(invalid("noise_threshold_nrs", "The device does not support noise risk scores"));
    }
    let names = ["name", "starts_daily_at", "ends_daily_at", "noise_threshold_decibels", "noise_threshold_nrs"];
    let given = |name: &str| call.parameters.get(name).filter(|value| !value.is_null()).cloned();
    Ok(collect_object(&mut names.into_iter().filter_map(|name| Some((name.to_owned(), given(name)?)))))
}

pub(crate) fn is_time_of_day(text: &str) -> bool {
    let parts = text.strip_suffix(']').and_then(|text| text.split_once('['));
    parts.is_some_and(|(time, zone)| time.parse::<Time>().is_ok() && !zone.is_empty())
}

/// Returns the result of an action on a threshold.
fn result(state: &State, id: &Id<NoiseThreshold>) -> Result<Value, ActionError> {
    match state.get(id).cloned() {
        Some(threshold) => {
            let threshold = render::project("noise_threshold", &Value::Object(threshold));
            Ok(json!({ "noise_threshold": threshold }))
        }
        None => Err(ActionError::new("noise_threshold_not_found", "The noise threshold was deleted")),
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device_id = Id::<Device>::of(sensor(state, call)?).unwrap_or_default();
    let mut threshold = fields(state, call)?;
    if call.number("noise_threshold_decibels").or(call.number("noise_threshold_nrs")).is_none() {
        return Err(invalid("noise_threshold_decibels", "Required without noise_threshold_nrs"));
    }
    set(&mut threshold, "device_id", &device_id);
    set(&mut threshold, "workspace_id", call.workspace());
    set(&mut threshold, "_is_waiting", true);
    let id = state.insert::<NoiseThreshold>(threshold);
    let mut answer = call.start(state, Effect::CreateNoiseThreshold { device_id, noise_threshold_id: id.clone() });
    answer.extend(call.answer_with(state, "noise_threshold", &id)?);
    Ok(answer)
}

pub(crate) fn finish_creating(
    state: &mut State,
    device_id: &Id<Device>,
    id: &Id<NoiseThreshold>,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if let Some(threshold) = state.get_mut(id) {
        threshold.remove("_is_waiting");
    }
    result(state, id)
}

fn list(state: &mut State, call: &Call) -> Answer {
    call.find(state, &call.id::<Device>())?;
    pages::page(state, call, NoiseThreshold::TABLE, |_| true)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = threshold(state, call)?;
    let fields = fields(state, call)?;
    let device_id = call.id::<Device>();
    Ok(call.start(state, Effect::UpdateNoiseThreshold { device_id, noise_threshold_id: id, fields }))
}

pub(crate) fn finish_updating(
    state: &mut State,
    device_id: &Id<Device>,
    id: &Id<NoiseThreshold>,
    fields: Object,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    if let Some(threshold) = state.get_mut(id) {
        threshold.extend(fields);
    }
    result(state, id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = threshold(state, call)?;
    let device_id = call.id::<Device>();
    Ok(call.start(state, Effect::DeleteNoiseThreshold { device_id, noise_threshold_id: id }))
}

pub(crate) fn finish_deleting(
    state: &mut State,
    device_id: &Id<Device>,
    id: &Id<NoiseThreshold>,
) -> Result<Value, ActionError> {
    reachability::check(state, device_id)?;
    state.remove(id);
    end_noise(state, device_id, id);
    Ok(json!({}))
}

// --- Noise.

/// Simulates noise for a while: triggers all thresholds of the sensor, with an event for each.
fn trigger(state: &mut State, call: &Call) -> Answer {
    only_in_sandbox(state, call)?;
    let device_id = Id::<Device>::of(sensor(state, call)?).unwrap_or_default();
    let is_active = |threshold: &&Object| device_id.is_in(threshold) && !flag(threshold, "_is_waiting");
    let thresholds: Vec<Object> = state.rows::<NoiseThreshold>().filter(is_active).cloned().collect();
    if thresholds.is_empty() {
        return Err(not_found(NoiseThreshold::TABLE));
    }
    let level = |threshold: &Object| threshold.get("noise_threshold_decibels").and_then(Value::as_f64);
    let loudest = thresholds.iter().filter_map(level).fold(QUIET, f64::max) + 5.0;
    let ids: Vec<&str> = thresholds.iter().filter_map(|threshold| string(threshold, "noise_threshold_id")).collect();
    if let Some(properties) = state.get_mut(&device_id).and_then(|device| inner(device, "properties")) {
        set(properties, "noise_level_decibels", loudest);
        set(properties, "currently_triggering_noise_threshold_ids", ids);
    }
    for threshold in thresholds {
        let mut about = object(json!({
            "device_id": device_id, "noise_level_decibels": loudest,
            "noise_threshold_id": threshold.get("noise_threshold_id"), "noise_threshold_name": threshold.get("name"),
        }));
        if let Some(score) = threshold.get("noise_threshold_nrs").and_then(Value::as_f64) {
            set(&mut about, "noise_level_nrs", score + 5.0);
        }
        state.emit("noise_sensor.noise_threshold_triggered", &call.workspace(), about);
        let id = Id::<NoiseThreshold>::of(&threshold).unwrap_or_default();
        state.after(NOISE, Job::NoiseEnds { device_id: device_id.clone(), noise_threshold_id: id });
    }
    generic::done()
}

/// Ends the simulated noise for a threshold. The noise level returns to normal after the last one.
pub(crate) fn end_noise(state: &mut State, device_id: &Id<Device>, id: &Id<NoiseThreshold>) {
    let Some(properties) = state.get_mut(device_id).and_then(|device| inner(device, "properties")) else {
        return;
    };
    remove_string(properties, "currently_triggering_noise_threshold_ids", id);
    let triggering = properties.get("currently_triggering_noise_threshold_ids").and_then(Value::as_array);
    if triggering.is_none_or(Vec::is_empty) {
        set(properties, "noise_level_decibels", QUIET);
    }
}
