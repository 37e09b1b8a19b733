//! Locks: remote locking and unlocking, and simulated actions at the keypad.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler},
    device,
    json::{Object, flag, inner, later, object, set, time},
    reachability,
    routes::{
        access_codes::{code, lifecycle},
        devices,
        generic::{is_managed, only_in_sandbox},
    },
    scheduler::{ActionError, Effect, Job},
    state::State,
    tables::{AccessCode, ActionAttempt, Device, Id, workspace_of},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/locks/lock_door" => lock_door,
        "/locks/unlock_door" => unlock_door,
        "/locks/configure_auto_lock" => configure_auto_lock,
        "/locks/simulate/keypad_code_entry" => keypad_code_entry,
        "/locks/simulate/manual_lock_via_keypad" => manual_lock_via_keypad,
        _ => return None,
    })
}

/// The default delay of auto-lock, in seconds.
const AUTO_LOCK_DELAY: f64 = 30.0;

/// Returns the device of the call, if it has the capability.
fn capable_device(state: &State, call: &Call, capability: &str, message: &str) -> Result<Id<Device>, ApiFault> {
    let id = call.id::<Device>();
    let device = devices::managed(state, call, &id)?;
    if !device::flag(device, capability) {
        return Err(ApiFault::new(400, "device_type_not_supported", message));
    }
    Ok(id)
}

fn lock_door(state: &mut State, call: &Call) -> Answer {
    let id = capable_device(state, call, "can_remotely_lock", "The device cannot be locked remotely")?;
    Ok(move_remotely(state, call, id, true))
}

fn unlock_door(state: &mut State, call: &Call) -> Answer {
    let id = capable_device(state, call, "can_remotely_unlock", "The device cannot be unlocked remotely")?;
    Ok(move_remotely(state, call, id, false))
}

fn move_remotely(state: &mut State, call: &Call, id: Id<Device>, locked: bool) -> Object {
    call.start(state, Effect::MoveBolt { device_id: id, locked, method: REMOTE.to_owned() })
}

/// The method of an event about a bolt that was moved through the API.
const REMOTE: &str = "remote";

pub(crate) fn finish_moving(
    state: &mut State,
    id: &Id<Device>,
    locked: bool,
    method: &str,
    action_attempt_id: &Id<ActionAttempt>,
) -> Result<Value, ActionError> {
    reachability::check(state, id)?;
    move_bolt(state, id, locked, json!({ "method": method, "action_attempt_id": action_attempt_id }));
    Ok(if method == REMOTE { json!({ "was_confirmed_by_device": true }) } else { json!({}) })
}

/// Moves the bolt and emits an event. An unlocked lock with auto-lock is scheduled to lock.
fn move_bolt(state: &mut State, id: &Id<Device>, locked: bool, about: Value) {
    let now = state.now_string();
    let Some(device) = state.get_mut(id) else { return };
    let workspace = workspace_of(device);
    let Some(properties) = inner(device, "properties") else { return };
    set(properties, "locked", locked);
    set(properties, "_moved_at", now);
    let delay = properties.get("auto_lock_delay_seconds").and_then(Value::as_f64).unwrap_or(AUTO_LOCK_DELAY);
    let has_auto_lock = !locked && flag(properties, "auto_lock_enabled");
    let mut about = object(about);
    set(&mut about, "device_id", id);
    state.emit(if locked { "lock.locked" } else { "lock.unlocked" }, &workspace, about);
    if let Ok(delay) = Duration::try_from_secs_f64(delay) {
        if has_auto_lock {
            state.after(delay, Job::AutoLock { device_id: id.clone(), delay });
        }
    }
}

/// Locks a lock, unless it was moved since it was unlocked or auto-lock was disabled.
pub(crate) fn auto_lock(state: &mut State, id: &Id<Device>, delay: Duration) {
    let properties = state.get(id).and_then(|device| device.get("properties")).and_then(Value::as_object);
    let is_due = |properties: &Object| {
        let is_last = time(properties, "_moved_at").is_some_and(|moved| later(moved, delay) <= state.now());
        flag(properties, "auto_lock_enabled") && !flag(properties, "locked") && is_last
    };
    if properties.is_some_and(is_due) {
        move_bolt(state, id, true, json!({ "method": "automatic" }));
    }
}

fn configure_auto_lock(state: &mut State, call: &Call) -> Answer {
    let id = capable_device(state, call, "can_configure_auto_lock", "The device does not support auto-lock")?;
    let enabled = flag(&call.parameters, "auto_lock_enabled");
    let delay = call.parameters.get("auto_lock_delay_seconds").filter(|delay| !delay.is_null()).cloned();
    Ok(call.start(state, Effect::ConfigureAutoLock { device_id: id, enabled, delay_seconds: delay }))
}

pub(crate) fn finish_configuring(
    state: &mut State,
    id: &Id<Device>,
    enabled: bool,
    delay: Option<Value>,
) -> Result<Value, ActionError> {
    reachability::check(state, id)?;
    if let Some(properties) = state.get_mut(id).and_then(|device| inner(device, "properties")) {
        set(properties, "auto_lock_enabled", enabled);
        if let Some(delay) = delay {
            set(properties, "auto_lock_delay_seconds", delay);
        }
    }
    Ok(json!({}))
}

// --- Simulated actions at the keypad.

/// Simulates the entry of a code, which unlocks the door if it is valid.
fn keypad_code_entry(state: &mut State, call: &Call) -> Answer {
    only_in_sandbox(state, call)?;
    let id = capable_device(state, call, "can_unlock_with_code", "The device has no keypad")?;
    let pin = call.string("code").unwrap_or_default().to_owned();
    Ok(call.start(state, Effect::EnterCode { device_id: id, code: pin }))
}

pub(crate) fn finish_entering(state: &mut State, id: &Id<Device>, pin: &str) -> Result<Value, ActionError> {
    // An unreachable lock cannot report the entry to Seam.
    reachability::check(state, id)?;
    enter(state, id, pin);
    Ok(json!({}))
}

fn enter(state: &mut State, id: &Id<Device>, pin: &str) {
    let of_pin: Vec<&Object> = state
        .codes_of_device(id)
        .filter(|code| code::pin_of(code) == Some(pin))
        .filter(|code| !is_managed(code) || code::is_on_device(code))
        .collect();
    let now = state.now();
    let works = |code: &&&Object| {
        time(code, "starts_at").is_none_or(|start| start <= now) && time(code, "ends_at").is_none_or(|end| end > now)
    };
    if let Some(code) = of_pin.iter().find(works) {
        let code = (*code).clone();
        let code_id = Id::<AccessCode>::of(&code).unwrap_or_default();
        let about = json!({
            "method": "keycode", "access_code_id": code_id, "access_code_is_managed": is_managed(&code), "code": pin,
        });
        move_bolt(state, id, false, about);
        if is_managed(&code) && flag(&code, "is_one_time_use") {
            lifecycle::request_removal(state, &code_id);
            code::reconcile_soon(state, &code_id);
        }
        return;
    }
    let (reason, message) = match of_pin.iter().any(|code| time(code, "ends_at").is_some_and(|end| end <= now)) {
        true => ("expired_code", "The code has expired"),
        false => ("unknown_code", "The code is unknown"),
    };
    let device = state.get(id);
    let workspace = device.map(workspace_of).unwrap_or_default();
    let about = json!({ "device_id": id, "reason": { "reason_code": reason, "message": message } });
    state.emit("lock.access_denied", &workspace, object(about));
}

fn manual_lock_via_keypad(state: &mut State, call: &Call) -> Answer {
    only_in_sandbox(state, call)?;
    let id = capable_device(state, call, "can_unlock_with_code", "The device has no keypad")?;
    Ok(call.start(state, Effect::MoveBolt { device_id: id, locked: true, method: "manual".to_owned() }))
}
