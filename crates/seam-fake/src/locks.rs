//! Locks: locking and unlocking from afar, and what people do at them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    Answer, Call, Handler,
    access_codes::{self, life, plan},
    common::{is_managed, only_in_sandbox},
    devices,
    world::{ACCESS_CODES, ActionError, DEVICES, Object, World, flag, inner, later, object, set, text, time},
};
use seam_core::test_util::ApiFault;

pub(super) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/locks/lock_door" => lock_door,
        "/locks/unlock_door" => unlock_door,
        "/locks/configure_auto_lock" => configure_auto_lock,
        "/locks/simulate/keypad_code_entry" => keypad_code_entry,
        "/locks/simulate/manual_lock_via_keypad" => manual_lock_via_keypad,
        _ => return None,
    })
}

/// After how many seconds a lock locks by itself that has not been told.
const AUTO_LOCK_DELAY: f64 = 30.0;

/// The device that the call is about, if it can do this.
fn able(world: &World, call: &Call, ability: &str, message: &str) -> Result<String, ApiFault> {
    let id = call.text("device_id").unwrap_or_default();
    let device = devices::managed(world, call, id)?;
    if !flag(device, ability) {
        return Err(ApiFault::new(400, "device_type_not_supported", message));
    }
    Ok(id.to_owned())
}

fn lock_door(world: &mut World, call: &Call) -> Answer {
    let id = able(world, call, "can_remotely_lock", "The device cannot be locked from afar")?;
    Ok(move_remotely(world, call, id, true))
}

fn unlock_door(world: &mut World, call: &Call) -> Answer {
    let id = able(world, call, "can_remotely_unlock", "The device cannot be unlocked from afar")?;
    Ok(move_remotely(world, call, id, false))
}

fn move_remotely(world: &mut World, call: &Call, id: String, locked: bool) -> Object {
    let subject = id.clone();
    call.start(world, &subject, move |world| {
        life::reach(world, &id)?;
        move_bolt(world, &id, locked, json!({ "method": "remote" }));
        Ok(json!({ "was_confirmed_by_device": true }))
    })
}

/// The bolt moves, and an event tells so. A lock that locks by itself will, some time after it was unlocked.
fn move_bolt(world: &mut World, id: &str, locked: bool, about: Value) {
    let now = world.now_text();
    let Some(device) = world.get_mut(DEVICES, id) else { return };
    let workspace = text(device, "workspace_id").unwrap_or_default().to_owned();
    let Some(properties) = inner(device, "properties") else { return };
    set(properties, "locked", locked);
    set(properties, "_moved_at", now);
    let delay = properties.get("auto_lock_delay_seconds").and_then(Value::as_f64).unwrap_or(AUTO_LOCK_DELAY);
    let locks_itself = !locked && flag(properties, "auto_lock_enabled");
    let mut about = object(about);
    set(&mut about, "device_id", id);
    world.emit(if locked { "lock.locked" } else { "lock.unlocked" }, &workspace, about);
    if let Ok(delay) = Duration::try_from_secs_f64(delay) {
        if locks_itself {
            let id = id.to_owned();
            world.after(delay, move |world| lock_itself(world, &id, delay));
        }
    }
}

/// The lock locks, if nobody has moved it since it was unlocked, and it is still meant to.
fn lock_itself(world: &mut World, id: &str, delay: Duration) {
    let properties = world.get(DEVICES, id).and_then(|device| device.get("properties")).and_then(Value::as_object);
    let is_meant = |properties: &Object| {
        let is_last = time(properties, "_moved_at").is_some_and(|moved| later(moved, delay) <= world.now());
        flag(properties, "auto_lock_enabled") && !flag(properties, "locked") && is_last
    };
    if properties.is_some_and(is_meant) {
        move_bolt(world, id, true, json!({ "method": "automatic" }));
    }
}

fn configure_auto_lock(world: &mut World, call: &Call) -> Answer {
    let id = able(world, call, "can_configure_auto_lock", "The device does not lock by itself")?;
    let enabled = flag(&call.parameters, "auto_lock_enabled");
    let delay = call.parameters.get("auto_lock_delay_seconds").filter(|delay| !delay.is_null()).cloned();
    let subject = id.clone();
    Ok(call.start(world, &subject, move |world| {
        life::reach(world, &id)?;
        if let Some(properties) = world.get_mut(DEVICES, &id).and_then(|device| inner(device, "properties")) {
            set(properties, "auto_lock_enabled", enabled);
            if let Some(delay) = delay {
                set(properties, "auto_lock_delay_seconds", delay);
            }
        }
        Ok(json!({}))
    }))
}

// --- What people do at the lock.

/// Somebody types a code in: the right one opens.
fn keypad_code_entry(world: &mut World, call: &Call) -> Answer {
    only_in_sandbox(world, call)?;
    let id = able(world, call, "can_unlock_with_code", "The device has no keypad")?;
    let pin = call.text("code").unwrap_or_default().to_owned();
    let subject = id.clone();
    Ok(call.start(world, &subject, move |world| {
        // Seam hears of it only from a lock that it can reach.
        life::reach(world, &id)?;
        enter(world, &id, &pin);
        Ok(json!({}))
    }))
}

fn enter(world: &mut World, id: &str, pin: &str) {
    let of_pin: Vec<&Object> = world
        .rows(ACCESS_CODES)
        .filter(|code| text(code, "device_id") == Some(id) && plan::pin_of(code) == Some(pin))
        .filter(|code| !is_managed(code) || life::is_on_device(code))
        .collect();
    let now = world.now();
    let works = |code: &&&Object| {
        time(code, "starts_at").is_none_or(|start| start <= now) && time(code, "ends_at").is_none_or(|end| end > now)
    };
    if let Some(code) = of_pin.iter().find(works) {
        let code = (*code).clone();
        let code_id = text(&code, "access_code_id").unwrap_or_default();
        let about = json!({
            "method": "keycode", "access_code_id": code_id, "access_code_is_managed": is_managed(&code), "code": pin,
        });
        move_bolt(world, id, false, about);
        if is_managed(&code) && flag(&code, "is_one_time_use") {
            access_codes::remove(world, code_id);
            life::settle_soon(world, code_id);
        }
        return;
    }
    let (reason, message) = match of_pin.iter().any(|code| time(code, "ends_at").is_some_and(|end| end <= now)) {
        true => ("expired_code", "The time of this code is over"),
        false => ("unknown_code", "The lock has no such code"),
    };
    let device = world.get(DEVICES, id);
    let workspace = device.and_then(|device| text(device, "workspace_id")).unwrap_or_default().to_owned();
    let about = json!({ "device_id": id, "reason": { "reason_code": reason, "message": message } });
    world.emit("lock.access_denied", &workspace, object(about));
}

fn manual_lock_via_keypad(world: &mut World, call: &Call) -> Answer {
    only_in_sandbox(world, call)?;
    let id = able(world, call, "can_unlock_with_code", "The device has no keypad")?;
    let subject = id.clone();
    Ok(call.start(world, &subject, move |world| -> Result<Value, ActionError> {
        life::reach(world, &id)?;
        move_bolt(world, &id, true, json!({ "method": "manual" }));
        Ok(json!({}))
    }))
}
