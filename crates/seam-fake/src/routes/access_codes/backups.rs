//! The pool of backup codes on a lock, which can replace codes that do not work.

use serde_json::{Value, json};

use super::{code, draft};
use crate::{
    call::not_found,
    json::{Object, flag, object, set, string},
    routes::generic::is_managed,
    state::State,
    tables::{AccessCode, Device, Id, Resource, workspace_of},
};
use seam_core::test_util::ApiFault;

/// The number of unused backup codes on a lock.
const POOL_SIZE: usize = 2;

/// Returns the unused backup codes of a device.
fn unused(state: &State, device_id: &Id<Device>) -> Vec<Id<AccessCode>> {
    let unused = state.codes_of_device(device_id).filter(|code| is_unused(code));
    unused.filter_map(Id::of).collect()
}

/// Whether a code is an unused backup code.
pub(crate) fn is_unused(code: &Object) -> bool {
    is_managed(code) && flag(code, "is_backup") && !flag(code, "_is_pulled")
}

/// Returns an unused backup code that is set on the device.
fn ready(state: &State, device_id: &Id<Device>) -> Option<Id<AccessCode>> {
    let is_ready = |code: &&Object| is_unused(code) && string(code, "status") == Some("set");
    state.codes_of_device(device_id).find(is_ready).and_then(Id::of)
}

/// Fills the pool of a device, if the pool is enabled.
pub(crate) fn fill(state: &mut State, device_id: &Id<Device>) {
    let Some(device) = state.get(device_id) else { return };
    let is_enabled = device.get("properties").and_then(|of| of.get("backup_access_code_pool_enabled"));
    if is_enabled != Some(&json!(true)) {
        return;
    }
    let workspace = workspace_of(device);
    let parameters = object(json!({ "device_id": device_id, "name": "Backup" }));
    for _ in unused(state, device_id).len()..POOL_SIZE {
        // No unused PIN is available on the lock.
        let Ok(mut code) = draft::new(state, &workspace, &parameters) else { return };
        set(&mut code, "is_backup", true);
        let id = draft::insert(state, code);
        code::reconcile_soon(state, &id);
    }
}

/// Removes the unused backup codes from a device.
pub(crate) fn drain(state: &mut State, device_id: &Id<Device>) {
    for id in unused(state, device_id) {
        if let Some(code) = state.get_mut(&id) {
            set(code, "status", "removing");
        }
        code::reconcile_soon(state, &id);
    }
    update_availability(state, device_id);
}

/// Sets `is_backup_access_code_available` of all codes of a device.
pub(crate) fn update_availability(state: &mut State, device_id: &Id<Device>) {
    let is_ready = ready(state, device_id).is_some();
    let is_available = |code: &Object| {
        is_ready
            && string(code, "type") == Some("time_bound")
            && !flag(code, "is_backup")
            && string(code, "pulled_backup_access_code_id").is_none()
    };
    let is_outdated = |code: &&Object| {
        let stored = code.get("is_backup_access_code_available").and_then(Value::as_bool);
        is_managed(code) && stored != Some(is_available(code))
    };
    // Only the codes that change: a code that is borrowed for a change is indexed again.
    let outdated: Vec<Id<AccessCode>> =
        state.codes_of_device(device_id).filter(is_outdated).filter_map(Id::of).collect();
    for id in outdated {
        if let Some(code) = state.get_mut(&id) {
            let is_available = is_available(code);
            set(code, "is_backup_access_code_available", is_available);
        }
    }
}

/// Replaces a code with a backup code, and returns the identifier of the backup code. Repeated calls return the same one.
pub(crate) fn pull(state: &mut State, id: &Id<AccessCode>) -> Result<Id<AccessCode>, ApiFault> {
    let code = state.get(id).cloned().ok_or_else(|| not_found(AccessCode::TABLE))?;
    if string(&code, "type") != Some("time_bound") {
        let message = "Only a time-bound code can have a backup";
        return Err(ApiFault::new(400, "access_code_not_time_bound", message));
    }
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let pulled = Id::<AccessCode>::in_field(&code, "pulled_backup_access_code_id").filter(|id| state.get(id).is_some());
    if let Some(pulled) = pulled {
        return Ok(pulled);
    }
    let Some(backup_id) = ready(state, &device_id) else {
        return Err(ApiFault::not_found("backup_access_code_not_found", "No backup code is available on the device"));
    };
    let now = state.now_string();
    if let Some(backup) = state.get_mut(&backup_id) {
        // The backup code works until the end of the replaced code.
        for (name, value) in [
            ("name", code.get("name").cloned().unwrap_or_default()),
            ("type", json!("time_bound")),
            ("starts_at", json!(now)),
            ("ends_at", code.get("ends_at").cloned().unwrap_or_default()),
            ("_is_pulled", json!(true)),
        ] {
            set(backup, name, value);
        }
    }
    if let Some(code) = state.get_mut(id) {
        set(code, "pulled_backup_access_code_id", backup_id.as_str());
        let warning = json!({
            "warning_code": "using_backup_access_code", "message": "A backup code replaces this code",
            "created_at": now,
        });
        set(code, "warnings", vec![warning]);
    }
    code::schedule(state, &backup_id);
    let about = json!({ "access_code_id": id, "backup_access_code_id": backup_id });
    state.emit("access_code.backup_access_code_pulled", &workspace_of(&code), object(about));
    update_availability(state, &device_id);
    fill(state, &device_id);
    Ok(backup_id)
}
