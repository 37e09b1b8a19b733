//! How codes come onto their locks and off them again, as time passes and locks come and go.

use jiff::Timestamp;
use seam_spec::Kind;
use serde_json::{Value, json};

use super::{backups, plan::rival};
use crate::{
    json::{Object, collect_object, flag, object, set, text, time},
    providers, reachability, render,
    routes::common::is_managed,
    scheduler::{ActionError, Job},
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};

/// How a time frame lies to the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    During,
    After,
}

pub(crate) fn phase(code: &Object, now: Timestamp) -> Phase {
    if time(code, "ends_at").is_some_and(|end| end <= now) {
        Phase::After
    } else if time(code, "starts_at").is_some_and(|start| start > now) {
        Phase::Before
    } else {
        Phase::During
    }
}

/// Whether the lock has the code. What a seed or a test has put into the state says it with its status alone.
pub(crate) fn is_on_device(code: &Object) -> bool {
    code.get("_on_device").and_then(Value::as_bool).unwrap_or_else(|| text(code, "status") == Some("set"))
}

/// Whether the lock can have the code before its time, and goes by the times itself.
pub(crate) fn is_kept_to_times(state: &State, code: &Object) -> bool {
    let device = Id::<Device>::of(code).and_then(|id| state.get(&id));
    let provider = device.and_then(providers::of_device);
    flag(code, "is_offline_access_code")
        || (!flag(code, "_not_scheduled_natively") && provider.is_some_and(providers::Provider::schedules_codes))
}

/// The managed codes of a device.
pub(crate) fn codes_of(state: &State, device_id: &Id<Device>) -> Vec<Id<AccessCode>> {
    let codes = state.codes_of_device(device_id).filter(|code| is_managed(code));
    codes.filter_map(Id::of).collect()
}

/// The code as Seam answers it.
pub(crate) fn shown_code(state: &State, id: &Id<AccessCode>) -> Option<Value> {
    let code = state.get(id)?.clone();
    Some(render::project(&Kind::Reference("access_code"), Value::Object(code)))
}

// --- Time.

/// Has something happen when the code begins and when it ends.
pub(crate) fn schedule(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id) else { return };
    let now = state.now();
    let times: Vec<(&str, Timestamp)> = ["starts_at", "ends_at"]
        .into_iter()
        .filter_map(|name| Some((name, time(code, name)?)))
        .filter(|(_, when)| *when > now)
        .collect();
    for (name, when) in times {
        let job = Job::AccessCodeTime { access_code_id: id.clone(), field: name.to_owned(), when };
        state.at(when, job);
    }
}

/// A code begins or ends, unless the time in this field has changed since.
pub(crate) fn at_time(state: &mut State, id: &Id<AccessCode>, field: &str, when: Timestamp) {
    if state.get(id).is_some_and(|code| time(code, field) == Some(when)) {
        come_due(state, id);
    }
}

/// The code begins or ends: at once if the lock goes by the times itself, else when the lock has been told.
fn come_due(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return };
    if is_on_device(code) && is_kept_to_times(state, code) {
        // There is no action to fail: what is in the way is in the errors of the code.
        let _ = settle(state, id);
        return;
    }
    let status = if phase(code, state.now()) == Phase::After { "removing" } else { "setting" };
    let pending = pending_creation(state, code);
    if let Some(code) = state.get_mut(id) {
        set(code, "status", status);
        if status == "setting" {
            set(code, "pending_mutations", pending);
        }
    }
    settle_soon(state, id);
}

/// Has the lock do what is due for the code, which takes it a while.
pub(crate) fn settle_soon(state: &mut State, id: &Id<AccessCode>) {
    state.after(state.action_delay, Job::ReconcileAccessCode { access_code_id: id.clone() });
}

/// Updates the device errors of all codes of a device, and continues what waits for it.
pub(crate) fn device_changed(state: &mut State, device_id: &Id<Device>, is_reachable: bool) {
    for id in codes_of(state, device_id) {
        set_errors(state, &id, |error| error.get("is_access_code_error") == Some(&json!(true)), None);
        if is_reachable {
            settle_soon(state, &id);
        }
    }
}

// --- What a lock does.

/// Does what is due for a code on its lock; tells what is in the way, if anything is.
pub(crate) fn settle(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let Some(code) = state.get(id).filter(|code| is_managed(code)) else { return Ok(()) };
    if text(code, "status") == Some("removing") || phase(code, state.now()) == Phase::After {
        return take_off(state, id);
    }
    apply_changes(state, id)?;
    let Some(code) = state.get(id) else { return Ok(()) };
    let is_begun = match phase(code, state.now()) {
        // The change has ended it.
        Phase::After => return take_off(state, id),
        Phase::Before => false,
        Phase::During => true,
    };
    if !is_on_device(code) && (is_begun || is_kept_to_times(state, code)) {
        put_on(state, id)?;
    }
    let Some(code) = state.get_mut(id) else { return Ok(()) };
    if is_begun && text(code, "status") != Some("set") {
        set(code, "status", "set");
        let device_id = Id::<Device>::of(code).unwrap_or_default();
        announce(state, "access_code.set_on_device", id);
        // A spare code that is set stands ready for the others, and a code that is set may use a spare.
        backups::note(state, &device_id);
    }
    Ok(())
}

fn put_on(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
    let code = state.get(id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    // A code that is computed needs nothing from the lock.
    if !flag(&code, "is_offline_access_code") {
        if !reachability::errors(state, &device_id).is_empty() {
            return Err(hold_up(state, id, None));
        }
        if let Some(error) = duplicate(state, &code).or_else(|| no_space(state, &device_id)) {
            return Err(hold_up(state, id, Some(error)));
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
        announce(state, "access_code.scheduled_on_device", id);
    }
    Ok(())
}

fn take_off(state: &mut State, id: &Id<AccessCode>) -> Result<(), ActionError> {
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
        announce(state, "access_code.removed_from_device", id);
    }
    announce(state, "access_code.deleted", id);
    state.remove(id);
    room_made(state, &device_id);
    if flag(&code, "is_backup") {
        backups::fill(state, &device_id);
    }
    Ok(())
}

/// A code has left a device: others that waited for its PIN or its place may come.
pub(crate) fn room_made(state: &mut State, device_id: &Id<Device>) {
    for id in codes_of(state, device_id) {
        let waits = state.get(&id).is_some_and(|code| text(code, "status") == Some("setting"));
        if waits {
            settle_soon(state, &id);
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
            return Err(hold_up(state, id, None));
        }
        if let Some(error) = duplicate(state, &new).filter(|_| changes.contains_key("code")) {
            return Err(hold_up(state, id, Some(error)));
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
    let pending = if stays { json!([]) } else { pending_creation(state, &new) };
    set(&mut new, "pending_mutations", pending);
    state.put(id, new.clone());
    set_errors(state, id, |_| false, None);
    if leaves {
        announce(state, "access_code.removed_from_device", id);
    }
    tell_changes(state, id, &old, &new);
    schedule(state, id);
    Ok(())
}

/// The events that tell what has become of a code.
fn tell_changes(state: &mut State, id: &Id<AccessCode>, old: &Object, new: &Object) {
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

// --- What is in the way.

/// The error of a code whose PIN another code on the lock has.
fn duplicate(state: &State, code: &Object) -> Option<Value> {
    let other = rival(state, code, |other| !is_managed(other) || is_on_device(other))?;
    let name = if is_managed(other) { "managed_access_code_id" } else { "unmanaged_access_code_id" };
    Some(json!({
        "error_code": "duplicate_code_on_device", "message": "Another code on the device has the same PIN",
        "is_access_code_error": true, "created_at": state.now_text(), name: text(other, "access_code_id"),
    }))
}

/// The error of a code for which the lock has no place.
fn no_space(state: &State, device_id: &Id<Device>) -> Option<Value> {
    let most = state.get(device_id)?.get("properties")?.get("max_active_codes_supported")?.as_u64()?;
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
fn hold_up(state: &mut State, id: &Id<AccessCode>, own: Option<Value>) -> ActionError {
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

// --- What is to be said of a code.

/// What is still to happen to a code that is not on its lock.
pub(crate) fn pending_creation(state: &State, code: &Object) -> Value {
    let now = state.now_text();
    if phase(code, state.now()) == Phase::Before && !is_kept_to_times(state, code) {
        json!([{
            "mutation_code": "deferring_creation", "message": "The code is set when its time comes", "created_at": now,
            "scheduled_at": code.get("starts_at"),
        }])
    } else {
        json!([{ "mutation_code": "creating", "message": "The code is being set", "created_at": now }])
    }
}

/// Notes what is to happen to a code, and lets it be known.
pub(crate) fn request_mutations(state: &mut State, id: &Id<AccessCode>, mutations: Vec<Value>) {
    let part = |mutation: &Value| {
        let names = ["mutation_code", "from", "to"];
        collect_object(&mut names.iter().filter_map(|name| Some(((*name).to_owned(), mutation.get(name)?.clone()))))
    };
    let requested: Vec<Object> = mutations.iter().map(part).collect();
    let Some(code) = state.get_mut(id) else { return };
    let workspace = workspace_of(code);
    set(code, "pending_mutations", mutations);
    let about = json!({ "access_code_id": id, "requested_mutations": requested });
    state.emit("access_code.mutations_requested", &workspace, object(about));
}

/// Lets it be known that something has happened to a code; events that tell the PIN tell it.
pub(crate) fn announce(state: &mut State, event: &str, id: &Id<AccessCode>) {
    let code = state.get(id).cloned().unwrap_or_default();
    let mut about = object(json!({ "access_code_id": id }));
    let tells_pin =
        ["access_code.set_on_device", "access_code.scheduled_on_device", "access_code.deleted"].contains(&event);
    if tells_pin {
        if let Some(pin) = text(&code, "code") {
            set(&mut about, "code", pin);
        }
    }
    state.emit(event, &workspace_of(&code), about);
}
