//! Access codes: the routes. [`lifecycle`] installs codes on their locks and removes them.

pub(crate) mod backups;
pub(crate) mod code;
pub(crate) mod draft;
pub(crate) mod lifecycle;
pub(crate) mod pins;
pub(crate) mod unmanaged;

use std::{collections::HashSet, slice};

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    json::{Object, collect_object, flag, inner, object, set, string, time},
    providers::{self, Unmanaged},
    reachability,
    routes::generic::{self, find_id, is_managed},
    routes::pages,
    scheduler::Effect,
    state::State,
    tables::{AccessCode, Device, Id, Resource},
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/access_codes/create" => create,
        "/access_codes/create_multiple" => create_multiple,
        "/access_codes/delete" => delete,
        "/access_codes/generate_code" => generate_code,
        "/access_codes/list" => list,
        "/access_codes/pull_backup_access_code" => pull_backup_access_code,
        "/access_codes/report_device_constraints" => report_device_constraints,
        "/access_codes/update" => update,
        "/access_codes/update_multiple" => update_multiple,
        path => return unmanaged::handler(path),
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let device_id = call.id::<Device>();
    draft::lock(state, call, &device_id)?;
    let code = draft::new(state, &call.workspace(), &call.parameters)?;
    let id = lifecycle::create(state, code);
    let mut answer = call.start(state, Effect::ReconcileAccessCode { device_id, access_code_id: id.clone() });
    answer.extend(call.answer_with(state, "access_code", &id)?);
    Ok(answer)
}

fn create_multiple(state: &mut State, call: &Call) -> Answer {
    let mut seen = HashSet::new();
    let mut devices: Vec<Id<Device>> = Id::in_list(&call.parameters, "device_ids");
    devices.retain(|device| seen.insert(device.clone()));
    for device in &devices {
        draft::lock(state, call, device)?;
    }
    if devices.is_empty() {
        return Err(invalid("device_ids", "Array must contain at least 1 element(s)"));
    }
    let preferred_length = call.number("preferred_code_length");
    let shared = match call.string("code") {
        Some(pin) => Some(pin.to_owned()),
        None => pins::generate(state, &devices, preferred_length),
    };
    let may_differ = call.string("behavior_when_code_cannot_be_shared") == Some("create_random_code");
    let cannot_share = || ApiFault::new(400, "code_cannot_be_shared", "The devices cannot have the same PIN");
    // All codes are validated before any is created.
    let mut codes = Vec::new();
    let mut parameters = call.parameters.clone();
    // The list must not be copied for each code, which would take quadratic time.
    parameters.remove("device_ids");
    for device in &devices {
        set(&mut parameters, "device_id", device.as_str());
        let code = match &shared {
            Some(pin) => {
                set(&mut parameters, "code", pin.as_str());
                let planned = draft::new(state, &call.workspace(), &parameters);
                parameters.remove("code");
                match planned {
                    // The PIN may be the only problem, so another one is tried.
                    Err(_) if may_differ => draft::new(state, &call.workspace(), &parameters)?,
                    planned => planned?,
                }
            }
            None if may_differ => draft::new(state, &call.workspace(), &parameters)?,
            None => return Err(cannot_share()),
        };
        codes.push(code);
    }
    let key = state.new_token("auto_set_by_create_multiple_");
    let mut answers = Vec::new();
    for mut code in codes {
        set(&mut code, "common_code_key", key.as_str());
        let id = lifecycle::create(state, code);
        code::reconcile_soon(state, &id);
        answers.push(call.find(state, &id)?.clone());
    }
    Ok(object(json!({ "access_codes": answers })))
}

/// Generates a PIN that is valid on the device. It is not stored.
fn generate_code(state: &mut State, call: &Call) -> Answer {
    let device_id = call.id::<Device>();
    draft::lock(state, call, &device_id)?;
    let pin = pins::generate(state, slice::from_ref(&device_id), None)
        .ok_or_else(|| ApiFault::new(400, "no_code_available", "No unused PIN is available on the device"))?;
    Ok(object(json!({ "generated_code": { "device_id": device_id, "code": pin } })))
}

/// Lists managed codes, except unused backup codes.
fn list(state: &mut State, call: &Call) -> Answer {
    pages::page(state, call, AccessCode::TABLE, |code| is_managed(code) && !backups::is_unused(code))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    let code = state.get(&id).cloned().unwrap_or_default();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    if call.parameters.get("is_managed") == Some(&Value::Bool(false)) {
        convert_to_unmanaged(state, &id);
        return Ok(call.start(state, Effect::Nothing { device_id }));
    }
    let changes = requested_changes(state, &code, &call.parameters)?;
    if !reachability::errors(state, &device_id).is_empty() {
        draft::check_reachable(&call.parameters)?;
    }
    if ["allow_external_modification", "is_external_modification_allowed"]
        .iter()
        .any(|name| call.parameters.get(*name).is_some_and(Value::is_boolean))
    {
        if let Some(code) = state.get_mut(&id) {
            set(code, "is_external_modification_allowed", draft::allows_modification(&call.parameters));
        }
    }
    lifecycle::request_changes(state, &id, changes);
    Ok(call.start(state, Effect::ReconcileAccessCode { device_id, access_code_id: id }))
}

/// Changes all codes with the same `common_code_key`.
fn update_multiple(state: &mut State, call: &Call) -> Answer {
    let key = call.string("common_code_key");
    let codes: Vec<Object> = state
        .rows::<AccessCode>()
        .filter(|code| is_managed(code) && string(code, "common_code_key") == key)
        .filter(|code| is_visible(state, &call.caller, code))
        .cloned()
        .collect();
    if codes.is_empty() {
        return Err(not_found(AccessCode::TABLE));
    }
    // All changes are validated before any is applied.
    let mut changes = Vec::new();
    for code in codes {
        let id = Id::<AccessCode>::of(&code).unwrap_or_default();
        changes.push((id, requested_changes(state, &code, &call.parameters)?));
    }
    for (id, changes) in changes {
        lifecycle::request_changes(state, &id, changes);
        code::reconcile_soon(state, &id);
    }
    generic::done()
}

/// Returns the changed fields of a code, with their new values.
fn requested_changes(state: &State, code: &Object, parameters: &Object) -> Result<Object, ApiFault> {
    let mut new = code.clone();
    // Changes that were requested earlier and are still pending also apply.
    if let Some(Value::Object(changes)) = code.get("_changes") {
        new.extend(changes.clone());
    }
    if let Some(name) = string(parameters, "name") {
        set(&mut new, "name", name);
    }
    if let Some(pin) = string(parameters, "code") {
        if flag(code, "is_offline_access_code") {
            return Err(invalid("code", "The PIN of an offline access code cannot be chosen"));
        }
        pins::check_length(state, &Id::<Device>::of(code).unwrap_or_default(), pin)?;
        set(&mut new, "code", pin);
    }
    let has_times = string(parameters, "starts_at").is_some() || string(parameters, "ends_at").is_some();
    match string(parameters, "type") {
        Some("ongoing") if has_times => {
            return Err(invalid("type", "An ongoing code cannot have times"));
        }
        Some("ongoing") => {
            for (name, value) in [("type", json!("ongoing")), ("starts_at", Value::Null), ("ends_at", Value::Null)] {
                set(&mut new, name, value);
            }
        }
        kind => {
            if has_times {
                let is_in_hours = flag(code, "is_offline_access_code");
                let (old_start, old_end) = (time(&new, "starts_at"), time(&new, "ends_at"));
                let (start, end) = draft::time_frame(state, parameters, old_start, old_end, is_in_hours)?;
                set(&mut new, "type", draft::kind(end.as_deref()));
                set(&mut new, "starts_at", start);
                set(&mut new, "ends_at", end);
            }
            if kind == Some("time_bound") && time(&new, "ends_at").is_none() {
                return Err(invalid("ends_at", "Required for a time_bound code"));
            }
        }
    }
    let may_conflict = ["code", "starts_at", "ends_at"].iter().any(|name| code.get(*name) != new.get(*name));
    if may_conflict {
        pins::check_unique(state, &new)?;
    }
    let names = ["name", "code", "type", "starts_at", "ends_at"];
    let changed = names.into_iter().filter(|name| code.get(*name) != new.get(*name));
    Ok(collect_object(&mut changed.map(|name| (name.to_owned(), new.get(name).cloned().unwrap_or_default()))))
}

/// Converts a code to an unmanaged one that stays on its lock. A code that is not on its lock yet is deleted.
fn convert_to_unmanaged(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id).cloned() else { return };
    if !code::is_on_device(&code) {
        code::emit(state, "access_code.deleted", id);
        state.remove(id);
        return;
    }
    let device = Id::<Device>::of(&code).and_then(|id| state.get(&id));
    let unmanaged = device.and_then(providers::of_device).map(|provider| provider.unmanaged);
    let Some(code) = state.get_mut(id) else { return };
    for (name, value) in [
        ("is_managed", json!(false)),
        ("status", json!("set")),
        ("errors", json!([])),
        ("warnings", json!([])),
        ("pending_mutations", json!([])),
    ] {
        set(code, name, value);
    }
    code.remove("_changes");
    if let Some(unmanaged) = unmanaged {
        unmanaged::apply_visibility(code, unmanaged);
        set(code, "_is_hidden", unmanaged == Unmanaged::Hidden);
    }
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    let device_id = lifecycle::request_removal(state, &id);
    Ok(call.start(state, Effect::DeleteAccessCode { device_id, access_code_id: id }))
}

fn pull_backup_access_code(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    let backup = backups::pull(state, &id)?;
    let backup = call.find(state, &backup)?.clone();
    Ok(call.answer_fields(|_| Value::Object(backup.clone())))
}

/// Stores the supported PIN lengths of a device. Existing codes are not affected.
fn report_device_constraints(state: &mut State, call: &Call) -> Answer {
    let device_id = call.id::<Device>();
    call.find(state, &device_id)?;
    let bound = |name: &str| call.parameters.get(name).and_then(Value::as_u64);
    let lengths: Vec<u64> = match (bound("min_code_length"), bound("max_code_length")) {
        (Some(shortest), Some(longest)) if shortest <= longest => (shortest..=longest).collect(),
        (Some(_), Some(_)) => return Err(invalid("max_code_length", "Expected at least min_code_length")),
        (Some(_), None) => return Err(invalid("max_code_length", "Required with min_code_length")),
        (None, Some(_)) => return Err(invalid("min_code_length", "Required with max_code_length")),
        (None, None) => {
            let lengths = call.parameters.get("supported_code_lengths").and_then(Value::as_array);
            lengths
                .ok_or_else(|| {
                    invalid("supported_code_lengths", "Required without min_code_length and max_code_length")
                })?
                .iter()
                .filter_map(Value::as_u64)
                .collect()
        }
    };
    if let Some(properties) = state.get_mut(&device_id).and_then(|device| inner(device, "properties")) {
        set(properties, "supported_code_lengths", lengths);
    }
    generic::done()
}
