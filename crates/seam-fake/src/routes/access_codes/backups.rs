//! The spare codes that a lock holds, for the moment when another code does not work.

use serde_json::json;

use super::{code, draft};
use crate::{
    call::not_found,
    json::{Object, flag, object, set, text},
    routes::generic::is_managed,
    state::State,
    tables::{AccessCode, Device, Id, Resource, workspace_of},
};
use seam_core::test_util::ApiFault;

/// How many spare codes a lock holds.
const POOL_SIZE: usize = 2;

/// The spare codes of a device that stand in for none.
fn spares(state: &State, device_id: &Id<Device>) -> Vec<Id<AccessCode>> {
    let spares = state.codes_of_device(device_id).filter(|code| is_spare(code));
    spares.filter_map(Id::of).collect()
}

/// Whether it is a spare code that stands in for none.
pub(crate) fn is_spare(code: &Object) -> bool {
    is_managed(code) && flag(code, "is_backup") && !flag(code, "_stands_in")
}

/// A spare code that the device has.
fn ready(state: &State, device_id: &Id<Device>) -> Option<Id<AccessCode>> {
    let is_ready = |id: &Id<AccessCode>| state.get(id).is_some_and(|code| text(code, "status") == Some("set"));
    spares(state, device_id).into_iter().find(is_ready)
}

/// Makes as many spare codes as a device is to have, if it is to have any.
pub(crate) fn fill(state: &mut State, device_id: &Id<Device>) {
    let Some(device) = state.get(device_id) else { return };
    let is_enabled = device.get("properties").and_then(|of| of.get("backup_access_code_pool_enabled"));
    if is_enabled != Some(&json!(true)) {
        return;
    }
    let workspace = workspace_of(device);
    let parameters = object(json!({ "device_id": device_id, "name": "Backup" }));
    for _ in spares(state, device_id).len()..POOL_SIZE {
        // A lock without a PIN left gets no further spare code.
        let Ok(mut code) = draft::new(state, &workspace, &parameters) else { return };
        set(&mut code, "is_backup", true);
        let id = draft::insert(state, code);
        code::reconcile_soon(state, &id);
    }
}

/// Takes the spare codes off a device.
pub(crate) fn drain(state: &mut State, device_id: &Id<Device>) {
    for id in spares(state, device_id) {
        if let Some(code) = state.get_mut(&id) {
            set(code, "status", "removing");
        }
        code::reconcile_soon(state, &id);
    }
    update_availability(state, device_id);
}

/// Has the codes of a device say whether there is a spare code for them.
pub(crate) fn update_availability(state: &mut State, device_id: &Id<Device>) {
    let is_ready = ready(state, device_id).is_some();
    for id in code::managed_codes_of(state, device_id) {
        let Some(code) = state.get_mut(&id) else { continue };
        let is_meant = text(code, "type") == Some("time_bound")
            && !flag(code, "is_backup")
            && text(code, "pulled_backup_access_code_id").is_none();
        set(code, "is_backup_access_code_available", is_ready && is_meant);
    }
}

/// Has a spare code stand in for another code; its identifier. Asked again, it is the same one.
pub(crate) fn pull(state: &mut State, id: &Id<AccessCode>) -> Result<Id<AccessCode>, ApiFault> {
    let code = state.get(id).cloned().ok_or_else(|| not_found(AccessCode::TABLE))?;
    if text(&code, "type") != Some("time_bound") {
        let message = "Only a code that works for a time can have a backup";
        return Err(ApiFault::new(400, "access_code_not_time_bound", message));
    }
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let pulled = Id::<AccessCode>::in_field(&code, "pulled_backup_access_code_id").filter(|id| state.get(id).is_some());
    if let Some(pulled) = pulled {
        return Ok(pulled);
    }
    let Some(spare_id) = ready(state, &device_id) else {
        return Err(ApiFault::not_found("backup_access_code_not_found", "The device has no backup code ready"));
    };
    let now = state.now_text();
    if let Some(spare) = state.get_mut(&spare_id) {
        // It works from now on, and as long as the other would have.
        for (name, value) in [
            ("name", code.get("name").cloned().unwrap_or_default()),
            ("type", json!("time_bound")),
            ("starts_at", json!(now)),
            ("ends_at", code.get("ends_at").cloned().unwrap_or_default()),
            ("_stands_in", json!(true)),
        ] {
            set(spare, name, value);
        }
    }
    if let Some(code) = state.get_mut(id) {
        set(code, "pulled_backup_access_code_id", spare_id.as_str());
        let warning = json!({
            "warning_code": "using_backup_access_code", "message": "A backup code stands in for this one",
            "created_at": now,
        });
        set(code, "warnings", vec![warning]);
    }
    code::schedule(state, &spare_id);
    let about = json!({ "access_code_id": id, "backup_access_code_id": spare_id });
    state.emit("access_code.backup_access_code_pulled", &workspace_of(&code), object(about));
    update_availability(state, &device_id);
    fill(state, &device_id);
    Ok(spare_id)
}
