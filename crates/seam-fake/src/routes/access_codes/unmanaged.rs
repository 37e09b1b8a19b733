//! Unmanaged codes, which were not created through Seam.

use std::slice;

use serde_json::{Value, json};

use super::{code, draft, lifecycle, pins};
use crate::{
    call::{Answer, Call, Handler},
    json::{Object, flag, object, set},
    providers::{self, Unmanaged},
    reachability,
    routes::generic::{done, find_id, only_in_sandbox},
    scheduler::{ActionError, Effect},
    seeds::building,
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/access_codes/simulate/create_unmanaged_access_code" => create,
        "/access_codes/unmanaged/convert_to_managed" => convert,
        "/access_codes/unmanaged/update" => update,
        "/access_codes/unmanaged/delete" => delete,
        _ => return None,
    })
}

/// Returns the visibility of unmanaged codes on a device.
fn visibility(state: &State, device_id: &Id<Device>) -> Option<Unmanaged> {
    state.get(device_id).and_then(providers::of_device).map(|provider| provider.unmanaged)
}

/// Reduces a code to the data that its lock reports.
pub(crate) fn apply_visibility(code: &mut Object, visibility: Unmanaged) {
    match visibility {
        Unmanaged::WithoutCode => {
            let pin = code.insert("code".to_owned(), Value::Null);
            set(code, "_pin", pin);
        }
        Unmanaged::ReadOnly => {
            set(code, "cannot_be_managed", true);
            set(code, "cannot_delete_unmanaged_access_code", true);
        }
        Unmanaged::Hidden | Unmanaged::Convertible => {}
    }
}

/// Simulates a code that was created at the lock.
fn create(state: &mut State, call: &Call) -> Answer {
    only_in_sandbox(state, call)?;
    let device_id = call.id::<Device>();
    draft::lock(state, call, &device_id)?;
    let visibility = visibility(state, &device_id).unwrap_or(Unmanaged::Hidden);
    if visibility == Unmanaged::Hidden {
        return Err(draft::not_supported("The device does not report unmanaged access codes"));
    }
    let pin = call.string("code").unwrap_or_default();
    pins::check_length(state, &device_id, pin)?;
    let mut code = building::unmanaged_code(object(json!({
        "device_id": device_id, "name": call.string("name"), "code": pin, "workspace_id": &call.workspace(),
        "created_at": state.now_string(),
    })));
    if code::conflicting(state, &code, |_| true).is_some() {
        return Err(ApiFault::new(409, "duplicate_access_code", "Another access code on the device has the same PIN"));
    }
    apply_visibility(&mut code, visibility);
    let id = state.insert::<AccessCode>(code);
    code::emit(state, "access_code.unmanaged.created", &id);
    call.answer_with(state, "access_code", &id)
}

fn convert(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    convert_to_managed(state, call, &id)?;
    done()
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    if flag(&call.parameters, "is_managed") {
        convert_to_managed(state, call, &id)?;
    }
    done()
}

/// Converts a code to a managed one. If the lock does not support it, `force` deletes the code and creates it again.
fn convert_to_managed(state: &mut State, call: &Call, id: &Id<AccessCode>) -> Result<(), ApiFault> {
    let code = call.find(state, id)?.clone();
    let device_id = Id::<Device>::of(&code).unwrap_or_default();
    let is_fixed = flag(&code, "cannot_be_managed") || visibility(state, &device_id) == Some(Unmanaged::ReadOnly);
    if is_fixed && !flag(&call.parameters, "force") {
        let message = "This lock does not support managing its access codes without `force`";
        let error = json!({ "error_code": "provider_issue", "message": message, "created_at": state.now_string() });
        let about = json!({ "access_code_id": id, "access_code_errors": [error] });
        state.emit("access_code.unmanaged.failed_to_convert_to_managed", &workspace_of(&code), object(about));
        return Err(ApiFault::new(400, "cannot_be_managed", message));
    }
    let pin = match code::pin_of(&code) {
        // A code that is created again requires a PIN.
        None if is_fixed => pins::generate(state, slice::from_ref(&device_id), None).map_or(Value::Null, Value::from),
        _ => code.get("code").cloned().unwrap_or_default(),
    };
    let pending = if is_fixed { code::pending_creation(state, &code) } else { json!([]) };
    let mut managed = code.clone();
    for name in ["cannot_be_managed", "cannot_delete_unmanaged_access_code", "_is_hidden"] {
        managed.remove(name);
    }
    for (name, value) in [
        ("is_managed", json!(true)),
        ("is_external_modification_allowed", json!(draft::allows_modification(&call.parameters))),
        ("code", pin),
        ("status", json!(if is_fixed { "setting" } else { "set" })),
        ("_on_device", json!(!is_fixed)),
        ("pending_mutations", pending),
    ] {
        set(&mut managed, name, value);
    }
    state.insert::<AccessCode>(managed);
    code::emit(state, "access_code.unmanaged.converted_to_managed", id);
    code::schedule(state, id);
    if is_fixed {
        code::reconcile_soon(state, id);
    }
    Ok(())
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    let code = call.find(state, &id)?;
    let device_id = Id::<Device>::of(code).unwrap_or_default();
    if flag(code, "cannot_delete_unmanaged_access_code") || visibility(state, &device_id) == Some(Unmanaged::ReadOnly) {
        return Err(ApiFault::new(
            400,
            "cannot_delete_unmanaged_access_code",
            "This lock does not support deleting its unmanaged access codes",
        ));
    }
    Ok(call.start(state, Effect::DeleteUnmanagedAccessCode { device_id, access_code_id: id }))
}

pub(crate) fn finish_deleting(
    state: &mut State,
    device: &Id<Device>,
    id: &Id<AccessCode>,
) -> Result<Value, ActionError> {
    // A test or another call may have converted or removed it in the meantime.
    let exists = state.get(id).is_some_and(|code| !super::is_managed(code));
    if exists {
        // A test may have added the code without its device.
        if state.get(device).is_some() {
            reachability::check(state, device)?;
        }
        code::emit(state, "access_code.unmanaged.removed", id);
        state.remove(id);
        lifecycle::space_freed(state, device);
    }
    Ok(json!({}))
}
