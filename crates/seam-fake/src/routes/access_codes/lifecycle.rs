//! The lifecycle of access codes: they are installed on their locks, changed there and removed again, as time passes
//! and as devices become reachable.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    backups,
    code::{self, Phase, conflicting, is_kept_to_times, is_on_device, phase},
    draft,
};
use crate::{
    device,
    json::{Object, collect_object, flag, inner, object, set, text, time},
    reachability,
    routes::generic::is_managed,
    scheduler::ActionError,
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};

/// Adds a new code that is started and ended at its times, and returns its identifier. The pool of backup codes of its
/// device is enabled if the code uses it.
pub(crate) fn create(state: &mut State, code: Object) -> Id<AccessCode> {
    let uses_backup_pool = flag(&code, "_uses_backup_pool");
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let id = draft::insert(state, code);
    if uses_backup_pool {
        if let Some(properties) = state.get_mut(&device_id).and_then(|device| inner(device, "properties")) {
            set(properties, "backup_access_code_pool_enabled", true);
        }
        backups::fill(state, &device_id);
    }
    backups::update_availability(state, &device_id);
    id
}

/// Does what is due for a code; the code as it is then.
pub(crate) fn reconciled(state: &mut State, id: &Id<AccessCode>) -> Result<Value, ActionError> {
    reconcile(state, id)?;
    match code::project(state, id) {
        Some(code) => Ok(json!({ "access_code": code })),
        None => Err(ActionError::new("access_code_not_found", "The access code is gone")),
    }
}

/// Requests new times of a code.
pub(crate) fn request_times(state: &mut State, id: &Id<AccessCode>, starts_at: Value, ends_at: Value) {
    let Some(code) = state.get(id) else { return };
    let code_type = Value::from(draft::kind(ends_at.as_str()));
    // Changes that were requested before, and have not happened yet, remain requested.
    let mut changes = code.get("_changes").and_then(Value::as_object).cloned().unwrap_or_default();
    changes.extend(object(json!({ "starts_at": starts_at, "ends_at": ends_at, "type": code_type })));
    request_changes(state, id, changes);
}

/// Notes what is to become of a code when the lock gets to it.
pub(crate) fn request_changes(state: &mut State, id: &Id<AccessCode>, changes: Object) {
    let now = state.now_text();
    let Some(code) = state.get_mut(id) else { return };
    let mut mutations = Vec::new();
    for (mutation, message, names) in [
        ("updating_name", "The name is being changed", &["name"][..]),
        ("updating_code", "The PIN is being changed", &["code"]),
        ("updating_time_frame", "The times are being changed", &["starts_at", "ends_at"]),
    ] {
        if names.iter().any(|name| changes.contains_key(*name)) {
            let old = |name: &str| code.get(name).cloned().unwrap_or_default();
            let new = |name: &str| changes.get(name).cloned().unwrap_or_else(|| old(name));
            let from = collect_object(&mut names.iter().map(|name| ((*name).to_owned(), old(name))));
            let to = collect_object(&mut names.iter().map(|name| ((*name).to_owned(), new(name))));
            mutations.push(json!({
                "mutation_code": mutation, "message": message, "created_at": now, "from": from, "to": to,
            }));
        }
    }
    if !mutations.is_empty() {
        set(code, "_changes", changes);
        code::request_mutations(state, id, mutations);
    }
}

/// A code is to go when the lock gets to it; the identifier of its device.
pub(crate) fn request_removal(state: &mut State, id: &Id<AccessCode>) -> Id<Device> {
    let now = state.now_text();
    let mut device_id = Id::default();
    if let Some(code) = state.get_mut(id) {
        device_id = Id::of(code).unwrap_or_default();
        let on_device = is_on_device(code);
        set(code, "_on_device", on_device);
        set(code, "status", "removing");
        let warning =
            json!({ "warning_code": "being_deleted", "message": "The code is being deleted", "created_at": now });
        set(code, "warnings", vec![warning]);
        code.remove("_changes");
    }
    let mutation = json!({ "mutation_code": "deleting", "message": "The code is being deleted", "created_at": now });
    code::request_mutations(state, id, vec![mutation]);
    device_id
}

/// A code begins or ends, unless the time in this field has changed since.
pub(crate) fn time_reached(state: &mut State, id: &Id<AccessCode>, field: &str, when: Timestamp) {
    if state.get(id).is_some_and(|code| time(code, field) == Some(when)) {
        start_or_end(state, id);
    }
}

/// The code begins or ends: at once if the lock goes by the times itself, else when the lock has been told.
fn start_or_end(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return };
    if is_on_device(code) && is_kept_to_times(state, code) {
        // There is no action to fail: what is in the way is in the errors of the code.
        let _ = reconcile(state, id);
        return;
    }
    let status = if phase(code, state.now()) == Phase::After { "removing" } else { "setting" };
    let pending = code::pending_creation(state, code);
    if let Some(code) = state.get_mut(id) {
        set(code, "status", status);
        if status == "setting" {
            set(code, "pending_mutations", pending);
        }
    }
    code::reconcile_soon(state, id);
}

/// Updates the device errors of all codes of a device, and continues what waits for it.
pub(crate) fn device_changed(state: &mut State, device_id: &Id<Device>, is_reachable: bool) {
    for id in code::managed_codes_of(state, device_id) {
        set_errors(state, &id, |error| error.get("is_access_code_error") == Some(&json!(true)), None);
        if is_reachable {
            code::reconcile_soon(state, &id);
        }
    }
}

/// Does what is due for a code on its lock; tells what is in the way, if anything is.
pub(crate) fn reconcile(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return Ok(()) };
    if text(code, "status") == Some("removing") || phase(code, state.now()) == Phase::After {
        return uninstall(state, id);
    }
    apply_changes(state, id)?;
    let Some(code) = state.get(id) else { return Ok(()) };
    let is_begun = match phase(code, state.now()) {
        // The change has ended it.
        Phase::After => return uninstall(state, id),
        Phase::Before => false,
        Phase::During => true,
    };
    if !is_on_device(code) && (is_begun || is_kept_to_times(state, code)) {
        install(state, id)?;
    }
    let Some(code) = state.get_mut(id) else { return Ok(()) };
    if is_begun && text(code, "status") != Some("set") {
        set(code, "status", "set");
        let device_id = Id::<Device>::of(code).unwrap_or_default();
        code::emit(state, "access_code.set_on_device", id);
        // A spare code that is set stands ready for the others, and a code that is set may use a spare.
        backups::update_availability(state, &device_id);
    }
    Ok(())
}

fn install(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let code = state.get(id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    // A code that is computed needs nothing from the lock.
    if !flag(&code, "is_offline_access_code") {
        if !reachability::errors(state, &device_id).is_empty() {
            return Err(fail_to_install(state, id, None));
        }
        if let Some(error) = duplicate(state, &code).or_else(|| no_space(state, &device_id)) {
            return Err(fail_to_install(state, id, Some(error)));
        }
    }
    let is_early = phase(&code, state.now()) == Phase::Before;
    if let Some(code) = state.get_mut(id) {
        set(code, "_on_device", true);
        set(code, "pending_mutations", json!([]));
        set(code, "is_scheduled_on_device", is_early);
    }
    set_errors(state, id, |_| false, None);
    if is_early {
        code::emit(state, "access_code.scheduled_on_device", id);
    }
    Ok(())
}

fn uninstall(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let code = state.get(id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let is_over = phase(&code, state.now()) == Phase::After;
    // A code whose time is over is gone from a lock that goes by the times, whether Seam can reach it or not.
    let goes_by_itself = flag(&code, "is_offline_access_code") || (is_over && is_kept_to_times(state, &code));
    if is_on_device(&code) && !goes_by_itself {
        let errors = reachability::errors(state, &device_id);
        if let Some(error) = errors.first() {
            set_errors(state, id, |_| false, None);
            let about = json!({ "access_code_id": id, "device_errors": reachability::in_event(&errors), "access_code_errors": [] });
            state.emit("access_code.delay_in_removing_from_device", &workspace_of(&code), object(about));
            return Err(reachability::action_error(error));
        }
    }
    if is_on_device(&code) {
        code::emit(state, "access_code.removed_from_device", id);
    }
    code::emit(state, "access_code.deleted", id);
    state.remove(id);
    space_freed(state, &device_id);
    if flag(&code, "is_backup") {
        backups::fill(state, &device_id);
    }
    Ok(())
}

/// A code has left a device: others that waited for its PIN or its place may come.
pub(crate) fn space_freed(state: &mut State, device_id: &Id<Device>) {
    for id in code::managed_codes_of(state, device_id) {
        let waits = state.get(&id).is_some_and(|code| text(code, "status") == Some("setting"));
        if waits {
            code::reconcile_soon(state, &id);
        }
    }
}

/// The changes that were asked for happen on the lock.
fn apply_changes(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let Some(old) = state.get(id).cloned() else { return Ok(()) };
    let Some(changes) = old.get("_changes").and_then(Value::as_object).cloned() else { return Ok(()) };
    let mut new = old.clone();
    new.remove("_changes");
    new.extend(changes.clone());
    let was_on_device = is_on_device(&old);
    if was_on_device && !flag(&old, "is_offline_access_code") {
        let device_id = Id::<Device>::of(&old).unwrap_or_default();
        if !reachability::errors(state, &device_id).is_empty() {
            return Err(fail_to_install(state, id, None));
        }
        if let Some(error) = duplicate(state, &new).filter(|_| changes.contains_key("code")) {
            return Err(fail_to_install(state, id, Some(error)));
        }
    }
    let is_early = phase(&new, state.now()) == Phase::Before;
    let leaves = was_on_device && is_early && !is_kept_to_times(state, &new);
    if leaves {
        set(&mut new, "_on_device", false);
    }
    let stays = was_on_device && !leaves;
    set(&mut new, "is_scheduled_on_device", stays && is_early);
    if is_early || !stays {
        set(&mut new, "status", if is_early { "unset" } else { "setting" });
    }
    let pending = if stays { json!([]) } else { code::pending_creation(state, &new) };
    set(&mut new, "pending_mutations", pending);
    state.put(id, new.clone());
    set_errors(state, id, |_| false, None);
    if leaves {
        code::emit(state, "access_code.removed_from_device", id);
    }
    emit_changes(state, id, &old, &new);
    code::schedule(state, id);
    Ok(())
}

/// The events that tell what has become of a code.
fn emit_changes(state: &mut State, id: &Id<AccessCode>, old: &Object, new: &Object) {
    let value = |code: &Object, name: &str| code.get(name).cloned().unwrap_or_default();
    let is_changed = |name: &str| value(old, name) != value(new, name);
    let names = ["name", "code", "starts_at", "ends_at"];
    let properties: Vec<Value> = names
        .into_iter()
        .filter(|name| is_changed(name))
        .map(|name| json!({ "property": name, "from": value(old, name), "to": value(new, name) }))
        .collect();
    if properties.is_empty() {
        return;
    }
    let about = json!({ "access_code_id": id, "changed_properties": properties });
    state.emit("access_code.changed", &workspace_of(new), object(about));
    for (event, names, description) in [
        ("access_code.name_changed", &["name"][..], "The name was changed through the API"),
        ("access_code.code_changed", &["code"], "The PIN was changed through the API"),
        ("access_code.time_frame_changed", &["starts_at", "ends_at"], "The times were changed through the API"),
    ] {
        if names.iter().any(|name| is_changed(name)) {
            let part = |code: &Object| -> Object {
                collect_object(&mut names.iter().map(|name| ((*name).to_owned(), value(code, name))))
            };
            let about = json!({
                "access_code_id": id, "from": part(old), "to": part(new), "description": description,
            });
            state.emit(event, &workspace_of(new), object(about));
        }
    }
}

/// The error of a code whose PIN another code on the lock has.
fn duplicate(state: &State, code: &Object) -> Option<Value> {
    let other = conflicting(state, code, |other| !is_managed(other) || is_on_device(other))?;
    let name = if is_managed(other) { "managed_access_code_id" } else { "unmanaged_access_code_id" };
    Some(json!({
        "error_code": "duplicate_code_on_device", "message": "Another code on the device has the same PIN",
        "is_access_code_error": true, "created_at": state.now_text(), name: text(other, "access_code_id"),
    }))
}

/// The error of a code for which the lock has no place.
fn no_space(state: &State, device_id: &Id<Device>) -> Option<Value> {
    let most = device::property(state.get(device_id)?, "max_active_codes_supported")?.as_u64()?;
    let is_there = |code: &&Object| !is_managed(code) || is_on_device(code);
    let count = state.codes_of_device(device_id).filter(is_there).count();
    (u64::try_from(count).is_ok_and(|count| count >= most)).then(|| {
        json!({
            "error_code": "no_space_for_access_code_on_device", "message": "The device can hold no further codes",
            "is_access_code_error": true, "created_at": state.now_text(),
        })
    })
}

/// Notes what keeps a code from its lock, the device or something of its own, and lets it be known; the error of the
/// action that wanted it there.
fn fail_to_install(state: &mut State, id: &Id<AccessCode>, own: Option<Value>) -> ActionError {
    let code = state.get(id).cloned().unwrap_or_default();
    let device_errors = reachability::errors(state, &Id::<Device>::of(&code).unwrap_or_default());
    let event = match own {
        Some(_) => "access_code.failed_to_set_on_device",
        None => "access_code.delay_in_setting_on_device",
    };
    let own_errors: Vec<Value> = own.iter().cloned().collect();
    set_errors(state, id, |_| false, own);
    let about = json!({
        "access_code_id": id, "access_code_errors": reachability::in_event(&own_errors), "device_errors": reachability::in_event(&device_errors),
    });
    state.emit(event, &workspace_of(&code), object(about));
    if flag(&code, "_uses_backup_pool") && phase(&code, state.now()) == Phase::During {
        // Without a spare code there is none to stand in.
        let _ = backups::pull(state, id);
    }
    own_errors.iter().chain(&device_errors).next().map_or_else(|| ActionError::new("", ""), reachability::action_error)
}

/// Sets the errors of a code: those of its device, those of its own that are `kept`, and a new one.
fn set_errors(state: &mut State, id: &Id<AccessCode>, kept: impl Fn(&Value) -> bool, own: Option<Value>) {
    let Some(code) = state.get(id) else { return };
    let mut errors = code.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    errors.retain(kept);
    errors.extend(own);
    // A code that is computed does not depend on the device's being there.
    if !flag(code, "is_offline_access_code") {
        errors.extend(reachability::errors(state, &Id::<Device>::of(code).unwrap_or_default()));
    }
    if let Some(code) = state.get_mut(id) {
        set(code, "errors", errors);
    }
}
