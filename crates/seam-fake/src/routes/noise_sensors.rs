//! Noise sensors: how loud it may be, and what happens when it is louder.

use std::time::Duration;

use jiff::civil::Time;
use seam_spec::Kind;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    exchange::shown,
    providers::{self, DeviceKind},
    routes::{
        access_codes::life,
        common::{self, find, only_in_sandbox},
        devices,
    },
    scheduler::{Effect, Job},
    state::{
        ActionError, DEVICES, NOISE_THRESHOLDS, Object, State, collect_object, flag, inner, not_found, object,
        remove_text, set, text,
    },
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

/// How long it stays loud when noise is simulated.
const NOISE: Duration = Duration::from_secs(60);

/// How loud it is at a sensor when it is not too loud.
const QUIET: f64 = 40.0;

/// The noise sensor that the call is about.
fn sensor<'a>(state: &'a State, call: &Call) -> Result<&'a Object, ApiFault> {
    let device = devices::managed(state, call, call.text("device_id").unwrap_or_default())?;
    let is_sensor = providers::of_device(device).is_some_and(|provider| provider.kind == DeviceKind::NoiseSensor);
    if is_sensor { Ok(device) } else { Err(not_found(DEVICES)) }
}

/// The threshold that the call is about, of its sensor.
fn threshold(state: &State, call: &Call) -> Result<String, ApiFault> {
    sensor(state, call)?;
    let threshold = find(state, call, NOISE_THRESHOLDS, call.text("noise_threshold_id").unwrap_or_default())?;
    if text(threshold, "device_id") != call.text("device_id") {
        return Err(not_found(NOISE_THRESHOLDS));
    }
    Ok(text(threshold, "noise_threshold_id").unwrap_or_default().to_owned())
}

/// The fields of a threshold that the call gives, if they make sense.
fn fields(state: &State, call: &Call) -> Result<Object, ApiFault> {
    for name in ["starts_daily_at", "ends_daily_at"] {
        if call.text(name).is_some_and(|text| !is_time_of_day(text)) {
            return Err(invalid(name, "Expected a time of day with a time zone, such as 22:00:00[Europe/Berlin]"));
        }
    }
    let scores = call.number("noise_threshold_nrs").is_some();
    if scores && call.number("noise_threshold_decibels").is_some() {
        return Err(invalid("noise_threshold_nrs", "Cannot be given together with noise_threshold_decibels"));
    }
    let make = providers::of_device(sensor(state, call)?).map_or("", |provider| provider.name);
    if scores && make != "noiseaware" {
        return Err(invalid("noise_threshold_nrs", "The device knows no noise risk scores"));
    }
    let names = ["name", "starts_daily_at", "ends_daily_at", "noise_threshold_decibels", "noise_threshold_nrs"];
    let given = |name: &str| call.parameters.get(name).filter(|value| !value.is_null()).cloned();
    Ok(collect_object(&mut names.into_iter().filter_map(|name| Some((name.to_owned(), given(name)?)))))
}

fn is_time_of_day(text: &str) -> bool {
    let parts = text.strip_suffix(']').and_then(|text| text.split_once('['));
    parts.is_some_and(|(time, zone)| time.parse::<Time>().is_ok() && !zone.is_empty())
}

/// Threshold as Seam answers it, for the result of an action.
fn result(state: &State, id: &str) -> Result<Value, ActionError> {
    match state.get(NOISE_THRESHOLDS, id).cloned() {
        Some(threshold) => {
            let threshold = shown(&Kind::Reference("noise_threshold"), Value::Object(threshold));
            Ok(json!({ "noise_threshold": threshold }))
        }
        None => Err(ActionError::new("noise_threshold_not_found", "The noise threshold is gone")),
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device_id = text(sensor(state, call)?, "device_id").unwrap_or_default().to_owned();
    let mut threshold = fields(state, call)?;
    if call.number("noise_threshold_decibels").or(call.number("noise_threshold_nrs")).is_none() {
        return Err(invalid("noise_threshold_decibels", "Required without noise_threshold_nrs"));
    }
    set(&mut threshold, "device_id", device_id.as_str());
    set(&mut threshold, "workspace_id", call.workspace());
    set(&mut threshold, "_is_waiting", true);
    let id = state.insert(NOISE_THRESHOLDS, threshold);
    let effect = Effect::CreateNoiseThreshold { device_id: device_id.clone(), noise_threshold_id: id.clone() };
    let mut answer = call.start(state, &device_id, effect);
    answer.extend(call.answer_with(state, "noise_threshold", NOISE_THRESHOLDS, &id)?);
    Ok(answer)
}

pub(crate) fn finish_creating(state: &mut State, device_id: &str, id: &str) -> Result<Value, ActionError> {
    life::reach(state, device_id)?;
    if let Some(threshold) = state.get_mut(NOISE_THRESHOLDS, id) {
        threshold.remove("_is_waiting");
    }
    result(state, id)
}

fn list(state: &mut State, call: &Call) -> Answer {
    find(state, call, DEVICES, call.text("device_id").unwrap_or_default())?;
    common::page(state, call, NOISE_THRESHOLDS, |_| true)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = threshold(state, call)?;
    let fields = fields(state, call)?;
    let device_id = call.text("device_id").unwrap_or_default().to_owned();
    let subject = device_id.clone();
    Ok(call.start(state, &subject, Effect::UpdateNoiseThreshold { device_id, noise_threshold_id: id, fields }))
}

pub(crate) fn finish_updating(
    state: &mut State,
    device_id: &str,
    id: &str,
    fields: Object,
) -> Result<Value, ActionError> {
    life::reach(state, device_id)?;
    if let Some(threshold) = state.get_mut(NOISE_THRESHOLDS, id) {
        threshold.extend(fields);
    }
    result(state, id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = threshold(state, call)?;
    let device_id = call.text("device_id").unwrap_or_default().to_owned();
    let subject = device_id.clone();
    Ok(call.start(state, &subject, Effect::DeleteNoiseThreshold { device_id, noise_threshold_id: id }))
}

pub(crate) fn finish_deleting(state: &mut State, device_id: &str, id: &str) -> Result<Value, ActionError> {
    life::reach(state, device_id)?;
    state.remove(NOISE_THRESHOLDS, id);
    calm(state, device_id, id);
    Ok(json!({}))
}

// --- Noise.

/// It is too loud for a while: every threshold that the sensor has is triggered, and an event tells of each.
fn trigger(state: &mut State, call: &Call) -> Answer {
    only_in_sandbox(state, call)?;
    let device_id = text(sensor(state, call)?, "device_id").unwrap_or_default().to_owned();
    let is_meant =
        |threshold: &&Object| text(threshold, "device_id") == Some(&device_id) && !flag(threshold, "_is_waiting");
    let thresholds: Vec<Object> = state.rows(NOISE_THRESHOLDS).filter(is_meant).cloned().collect();
    if thresholds.is_empty() {
        return Err(not_found(NOISE_THRESHOLDS));
    }
    let level = |threshold: &Object| threshold.get("noise_threshold_decibels").and_then(Value::as_f64);
    let loudest = thresholds.iter().filter_map(level).fold(QUIET, f64::max) + 5.0;
    let ids: Vec<&str> = thresholds.iter().filter_map(|threshold| text(threshold, "noise_threshold_id")).collect();
    if let Some(properties) = state.get_mut(DEVICES, &device_id).and_then(|device| inner(device, "properties")) {
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
        state.emit("noise_sensor.noise_threshold_triggered", call.workspace(), about);
        let id = text(&threshold, "noise_threshold_id").unwrap_or_default().to_owned();
        state.after(NOISE, Job::NoiseEnds { device_id: device_id.clone(), noise_threshold_id: id });
    }
    common::done()
}

/// It is no longer too loud for this threshold; when it is so for none, it is quiet.
pub(crate) fn calm(state: &mut State, device_id: &str, id: &str) {
    let Some(properties) = state.get_mut(DEVICES, device_id).and_then(|device| inner(device, "properties")) else {
        return;
    };
    remove_text(properties, "currently_triggering_noise_threshold_ids", id);
    let triggering = properties.get("currently_triggering_noise_threshold_ids").and_then(Value::as_array);
    if triggering.is_none_or(Vec::is_empty) {
        set(properties, "noise_level_decibels", QUIET);
    }
}
