//! The lifecycle of access codes: installs codes on their locks, changes them and removes them, when their times are reached
//! and when devices become reachable.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    backups,
    code::{self, Phase, conflicting, is_on_device, is_scheduled_by_lock, phase},
    draft,
};
use crate::{
    device,
    json::{Object, collect_object, flag, inner, object, set, string, time},
    reachability,
    routes::generic::is_managed,
    scheduler::ActionError,
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};

/// Adds a new code, schedules its start and end, and returns its identifier. Enables the pool of backup codes of its device
/// if the code uses it.
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

/// Reconciles a code with its lock, and returns the code.
pub(crate) fn reconciled(state: &mut State, id: &Id<AccessCode>) -> Result<Value, ActionError> {
    reconcile(state, id)?;
    match code::project(state, id) {
        Some(code) => Ok(json!({ "access_code": code })),
        None => Err(ActionError::new("access_code_not_found", "The access code was deleted")),
    }
}

/// Requests new times of a code.
pub(crate) fn request_times(state: &mut State, id: &Id<AccessCode>, starts_at: Value, ends_at: Value) {
    let Some(code) = state.get(id) else { return };
    let code_type = Value::from(draft::kind(ends_at.as_str()));
    // Changes that were requested earlier and are still pending also apply.
    let mut changes = code.get("_changes").and_then(Value::as_object).cloned().unwrap_or_default();
    changes.extend(object(json!({ "starts_at": starts_at, "ends_at": ends_at, "type": code_type })));
    request_changes(state, id, changes);
}

/// Records requested changes of a code, which are applied to the lock later.
pub(crate) fn request_changes(state: &mut State, id: &Id<AccessCode>, changes: Object) {
    let now = state.now_string();
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

/// Requests the removal of a code from its lock, and returns the identifier of the device.
pub(crate) fn request_removal(state: &mut State, id: &Id<AccessCode>) -> Id<Device> {
    let now = state.now_string();
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

/// Starts or ends a code, unless the time in this field has changed since.
pub(crate) fn time_reached(state: &mut State, id: &Id<AccessCode>, field: &str, when: Timestamp) {
    if state.get(id).is_some_and(|code| time(code, field) == Some(when)) {
        start_or_end(state, id);
    }
}

/// Starts or ends a code: immediately if the lock enforces the times, else after the action delay.
fn start_or_end(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return };
    if is_on_device(code) && is_scheduled_by_lock(state, code) {
        // There is no action attempt to fail: the errors of the code have the reason.
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

/// Updates the device errors of all codes of a device, and continues pending changes.
pub(crate) fn device_changed(state: &mut State, device_id: &Id<Device>, is_reachable: bool) {
    for id in code::managed_codes_of(state, device_id) {
        set_errors(state, &id, |error| error.get("is_access_code_error") == Some(&json!(true)), None);
        if is_reachable {
            code::reconcile_soon(state, &id);
        }
    }
}

/// Applies the due changes of a code to its lock, or returns the error that prevents them.
pub(crate) fn reconcile(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return Ok(()) };
    if string(code, "status") == Some("removing") || phase(code, state.now()) == Phase::After {
        return uninstall(state, id);
    }
    apply_changes(state, id)?;
    let Some(code) = state.get(id) else { return Ok(()) };
    let has_started = match phase(code, state.now()) {
        // The applied change may have moved the end to the past.
        Phase::After => return uninstall(state, id),
        Phase::Before => false,
        Phase::During => true,
    };
    if !is_on_device(code) && (has_started || is_scheduled_by_lock(state, code)) {
        install(state, id)?;
    }
    let Some(code) = state.get_mut(id) else { return Ok(()) };
    if has_started && string(code, "status") != Some("set") {
        set(code, "status", "set");
        let device_id = Id::<Device>::of(code).unwrap_or_default();
        code::emit(state, "access_code.set_on_device", id);
        // A backup code that is set is available for the other codes, and a code that is set may use a backup.
        backups::update_availability(state, &device_id);
    }
    Ok(())
}

fn install(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let code = state.get(id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    // A computed code does not require the lock to be reachable.
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
    // A lock that enforces the times removes an expired code, even if it is not reachable.
    let is_removed_by_lock = flag(&code, "is_offline_access_code") || (is_over && is_scheduled_by_lock(state, &code));
    if is_on_device(&code) && !is_removed_by_lock {
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

/// Continues codes that wait for the PIN or the capacity of a removed code.
pub(crate) fn space_freed(state: &mut State, device_id: &Id<Device>) {
    for id in code::managed_codes_of(state, device_id) {
        let is_waiting = state.get(&id).is_some_and(|code| string(code, "status") == Some("setting"));
        if is_waiting {
            code::reconcile_soon(state, &id);
        }
    }
}

/// Applies the requested changes of a code to its lock.
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
    let is_removed = was_on_device && is_early && !is_scheduled_by_lock(state, &new);
    if is_removed {
        set(&mut new, "_on_device", false);
    }
    let remains = was_on_device && !is_removed;
    set(&mut new, "is_scheduled_on_device", remains && is_early);
    if is_early || !remains {
        set(&mut new, "status", if is_early { "unset" } else { "setting" });
    }
    let pending = if remains { json!([]) } else { code::pending_creation(state, &new) };
    set(&mut new, "pending_mutations", pending);
    state.put(id, new.clone());
    set_errors(state, id, |_| false, None);
    if is_removed {
        code::emit(state, "access_code.removed_from_device", id);
    }
    emit_changes(state, id, &old, &new);
    code::schedule(state, id);
    Ok(())
}

/// Emits the events about the changes of a code.
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

/// Returns the error of a code whose PIN another code on the lock has.
fn duplicate(state: &State, code: &Object) -> Option<Value> {
    let other = conflicting(state, code, |other| !is_managed(other) || is_on_device(other))?;
    let name = if is_managed(other) { "managed_access_code_id" } else { "unmanaged_access_code_id" };
    Some(json!({
        "error_code": "duplicate_code_on_device", "message": "Another code on the device has the same PIN",
        "is_access_code_error": true, "created_at": state.now_string(), name: string(other, "access_code_id"),
    }))
}

/// Returns the error of a code that exceeds the capacity of the lock.
fn no_space(state: &State, device_id: &Id<Device>) -> Option<Value> {
    let max = device::property(state.get(device_id)?, "max_active_codes_supported")?.as_u64()?;
    let is_installed = |code: &&Object| !is_managed(code) || is_on_device(code);
    let count = state.codes_of_device(device_id).filter(is_installed).count();
    (u64::try_from(count).is_ok_and(|count| count >= max)).then(|| {
        json!({
            "error_code": "no_space_for_access_code_on_device", "message": "The device has no capacity for another code",
            "is_access_code_error": true, "created_at": state.now_string(),
        })
    })
}

/// Records the errors that prevent the installation of a code, those of its device and its own, emits an event, and returns
/// the error of the action.
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
        // No backup code may be available.
        let _ = backups::pull(state, id);
    }
    own_errors.iter().chain(&device_errors).next().map_or_else(|| ActionError::new("", ""), reachability::action_error)
}

/// Sets the errors of a code: those of its device, its own errors that match `kept`, and a new one.
fn set_errors(state: &mut State, id: &Id<AccessCode>, kept: impl Fn(&Value) -> bool, own: Option<Value>) {
    let Some(code) = state.get(id) else { return };
    let mut errors = code.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    errors.retain(kept);
    errors.extend(own);
    // A computed code does not depend on the reachability of the device.
    if !flag(code, "is_offline_access_code") {
        errors.extend(reachability::errors(state, &Id::<Device>::of(code).unwrap_or_default()));
    }
    if let Some(code) = state.get_mut(id) {
        set(code, "errors", errors);
    }
}
