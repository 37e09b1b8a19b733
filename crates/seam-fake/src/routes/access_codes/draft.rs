//! Drafts: new codes that are validated and complete, but not in the state yet.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};

use super::{code, pins};
use crate::{
    call::{Call, invalid},
    device,
    json::{Object, flag, format_time, object, set, string},
    reachability,
    routes::generic::is_managed,
    state::State,
    tables::{AccessCode, Device, Id, Workspace},
};
use seam_core::test_util::ApiFault;

/// Returns the error for a device without support for such codes.
pub(crate) fn not_supported(message: &str) -> ApiFault {
    ApiFault::new(400, "device_type_not_supported", message)
}

/// Returns the device with this identifier, if it is managed, supports codes, and is visible to the caller.
pub(crate) fn lock<'a>(state: &'a State, call: &Call, id: &Id<Device>) -> Result<&'a Object, ApiFault> {
    let device = call.find(state, id)?;
    if !is_managed(device) {
        return Err(ApiFault::new(400, "device_unmanaged", "The device is not managed"));
    }
    if !device::flag(device, "can_program_online_access_codes")
        && !device::flag(device, "can_program_offline_access_codes")
    {
        return Err(not_supported("The device does not support access codes"));
    }
    Ok(device)
}

/// Returns the code requested by the parameters of `/access_codes/create`, if its lock supports it.
pub(crate) fn new(state: &mut State, workspace: &Id<Workspace>, parameters: &Object) -> Result<Object, ApiFault> {
    let device_id = Id::<Device>::of(parameters).unwrap_or_default();
    let device = state.get(&device_id).cloned().unwrap_or_default();
    let is_offline = flag(parameters, "is_offline_access_code") || flag(parameters, "use_offline_access_code");
    let capability = if is_offline { "can_program_offline_access_codes" } else { "can_program_online_access_codes" };
    if !device::flag(&device, capability) {
        return Err(not_supported(if is_offline {
            "The device does not support offline access codes"
        } else {
            "The device supports only offline access codes"
        }));
    }
    let (starts_at, ends_at) = time_frame(state, parameters, None, None, is_offline)?;
    let errors = reachability::errors(state, &device_id);
    if !is_offline && !errors.is_empty() {
        check_reachable(parameters)?;
    }
    let uses_backup_pool = flag(parameters, "use_backup_access_code_pool");
    if uses_backup_pool && ends_at.is_none() {
        return Err(invalid("use_backup_access_code_pool", "Only a time-bound code can have a backup"));
    }
    let supports_pool = device::property(&device, "supports_backup_access_code_pool");
    if uses_backup_pool && supports_pool != Some(&json!(true)) {
        return Err(not_supported("The device does not support backup codes"));
    }
    let mut code = managed(
        state,
        &device_id,
        object(json!({
            "workspace_id": workspace, "name": parameters.get("name"), "starts_at": starts_at, "ends_at": ends_at,
            "common_code_key": parameters.get("common_code_key"), "is_offline_access_code": is_offline,
            "is_external_modification_allowed": allows_modification(parameters),
            "is_one_time_use": flag(parameters, "is_one_time_use"), "_uses_backup_pool": uses_backup_pool,
            "_not_scheduled_natively": parameters.get("prefer_native_scheduling") == Some(&json!(false)),
        })),
    );
    let pin = pins::choose(state, parameters, &code, is_offline)?;
    set(&mut code, "code", pin);
    Ok(code)
}

/// Returns a managed code that is not on its device yet, with defaults for absent fields.
pub(crate) fn managed(state: &State, device_id: &Id<Device>, fields: Object) -> Object {
    let mut code = object(json!({
        "device_id": device_id, "is_managed": true, "name": null, "code": null, "status": "setting", "starts_at": null,
        "ends_at": null, "common_code_key": null, "created_at": state.now_string(), "errors": [], "warnings": [],
        "pending_mutations": [], "is_backup": false, "is_backup_access_code_available": false,
        "is_external_modification_allowed": false, "is_offline_access_code": false, "is_one_time_use": false,
        "is_scheduled_on_device": false, "is_waiting_for_code_assignment": false,
        "pulled_backup_access_code_id": null, "dormakaba_oracode_metadata": null, "_on_device": false,
    }));
    code.extend(fields);
    let code_type = kind(string(&code, "ends_at"));
    set(&mut code, "type", code_type);
    // The PIN of an offline code is computed, so the device need not be reachable.
    if !flag(&code, "is_offline_access_code") {
        set(&mut code, "errors", reachability::errors(state, device_id));
    }
    if code::phase(&code, state.now()) == code::Phase::Before {
        set(&mut code, "status", "unset");
    }
    code
}

/// Adds a draft to the state, and schedules its start and end. A reconciliation sets it on its device.
pub(crate) fn insert(state: &mut State, draft: Object) -> Id<AccessCode> {
    let id = state.insert::<AccessCode>(draft);
    code::emit(state, "access_code.created", &id);
    let pending = state.get(&id).map(|code| code::pending_creation(state, code));
    if let Some(Value::Array(pending)) = pending {
        code::request_mutations(state, &id, pending);
    }
    code::schedule(state, &id);
    id
}

/// Whether the parameters allow changes at the lock, under either name of the parameter.
pub(crate) fn allows_modification(parameters: &Object) -> bool {
    flag(parameters, "is_external_modification_allowed") || flag(parameters, "allow_external_modification")
}

/// Rejects the request with status 400 if the parameters do not allow an unreachable device.
pub(crate) fn check_reachable(parameters: &Object) -> Result<(), ApiFault> {
    if parameters.get("attempt_for_offline_device") == Some(&Value::Bool(false)) {
        return Err(ApiFault::new(400, "device_offline", "The device is offline"));
    }
    Ok(())
}

/// Returns the type of a code. A code without an end is ongoing, even if it has a start.
pub(crate) fn kind(ends_at: Option<&str>) -> &'static str {
    if ends_at.is_some() { "time_bound" } else { "ongoing" }
}

/// Returns the requested time frame in Seam's format. Absent times keep their old values.
pub(crate) fn time_frame(
    state: &State,
    parameters: &Object,
    old_start: Option<Timestamp>,
    old_end: Option<Timestamp>,
    is_in_hours: bool,
) -> Result<(Option<String>, Option<String>), ApiFault> {
    let read = |name: &str| match string(parameters, name) {
        Some(text) => text.parse::<Timestamp>().map(Some).map_err(|_| invalid(name, "Invalid datetime")),
        None => Ok(None),
    };
    let (start, end) = (read("starts_at")?.or(old_start), read("ends_at")?.or(old_end));
    if let Some(end) = end {
        if start.is_some_and(|start| end <= start) {
            return Err(invalid("ends_at", "Expected a time after starts_at"));
        }
        if end <= state.now() {
            return Err(invalid("ends_at", "Expected a time in the future"));
        }
    }
    // A code with an end also has a start.
    let start = start.or(end.map(|_| state.now()));
    // Computed codes support only whole hours.
    let rounded = |time: Timestamp, mode: RoundMode| {
        let round = TimestampRound::new().smallest(Unit::Hour).mode(mode);
        if is_in_hours { time.round(round).unwrap_or(time) } else { time }
    };
    let format = |time: Option<Timestamp>, mode: RoundMode| time.map(|time| format_time(rounded(time, mode)));
    Ok((format(start, RoundMode::Floor), format(end, RoundMode::Ceil)))
}
