//! Provisioning: creates the access methods that a grant requests, with codes on devices and credentials in access systems.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    device,
    json::{Object, add_string, flag, object, push, set, string},
    routes::{
        access_codes::{draft, lifecycle as access_codes, pins},
        access_methods::lifecycle as access_methods,
        acs,
    },
    scheduler::Job,
    state::State,
    tables::{AccessGrant, AccessMethod, AcsEntrance, AcsSystem, Device, Id, UserIdentity, workspace_of},
};

/// Creates the requested access methods of a grant that do not exist yet.
pub(crate) fn provision(state: &mut State, grant: &Id<AccessGrant>) {
    let Some(row) = state.get(grant).cloned() else { return };
    let requested = row.get("requested_access_methods").and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, request) in requested.into_iter().map(object).enumerate() {
        if flag(&request, "_is_provisioned") {
            continue;
        }
        let created = create_methods(state, grant, &row, &request);
        let Some(row) = state.get_mut(grant) else { return };
        for method in &created {
            add_string(row, "access_method_ids", method);
        }
        let request = row.get_mut("requested_access_methods").and_then(|requested| requested.get_mut(index));
        if let Some(request) = request.and_then(Value::as_object_mut) {
            set(request, "_is_provisioned", true);
            set(request, "created_access_method_ids", created);
        }
    }
}

/// Creates the access methods for one request: one for all devices, and one in each access system.
fn create_methods(state: &mut State, grant: &Id<AccessGrant>, row: &Object, request: &Object) -> Vec<Id<AccessMethod>> {
    let mode = string(request, "mode").unwrap_or_default();
    let all = Id::in_list(row, "_device_ids");
    let (devices, others): (Vec<Id<Device>>, Vec<Id<Device>>) =
        all.into_iter().partition(|id| state.get(id).is_some_and(|device| supports(device, mode)));
    let mut systems: BTreeMap<Id<AcsSystem>, Vec<Id<AcsEntrance>>> = BTreeMap::new();
    for entrance in Id::<AcsEntrance>::in_list(row, "_acs_entrance_ids").iter().filter_map(|id| state.get(id)) {
        if flag(entrance, &format!("can_unlock_with_{mode}")) {
            let system = Id::of(entrance).unwrap_or_default();
            systems.entry(system).or_default().push(Id::of(entrance).unwrap_or_default());
        }
    }
    if devices.is_empty() && systems.is_empty() {
        fail(state, grant, row, &others);
        return Vec::new();
    }
    if mode == "code" {
        for device in others {
            let warning = json!({
                "warning_code": "device_does_not_support_access_codes", "device_id": device,
                "message": "The device does not support access codes", "created_at": state.now_string(),
            });
            warn(state, grant, warning);
        }
    }
    let mut created = Vec::new();
    if !devices.is_empty() {
        created.push(create_for_devices(state, grant, row, request, &devices));
    }
    for (system, entrances) in systems {
        created.push(create_for_system(state, grant, row, request, &system, &entrances));
    }
    created
}

/// Whether a device supports this type of access method. Only access systems support cards.
fn supports(device: &Object, mode: &str) -> bool {
    match mode {
        "code" => device::has_capability(device, "access_code"),
        "mobile_key" | "cloud_key" => device::flag(device, "can_remotely_unlock"),
        _ => false,
    }
}

fn warn(state: &mut State, grant: &Id<AccessGrant>, warning: Value) {
    if let Some(row) = state.get_mut(grant) {
        push(row, "warnings", warning);
    }
}

/// Records that no door of a grant supports a requested access method, and emits an event.
fn fail(state: &mut State, grant: &Id<AccessGrant>, row: &Object, devices: &[Id<Device>]) {
    let message = "No door of the access grant supports the requested access method";
    let mut error = object(json!({
        "error_code": "cannot_create_requested_access_methods", "message": message, "created_at": state.now_string(),
    }));
    let mut event = object(json!({ "access_grant_id": grant, "error_message": message }));
    if !devices.is_empty() {
        set(&mut error, "missing_device_ids", devices);
        set(&mut event, "missing_device_ids", devices);
    }
    if let Some(row) = state.get_mut(grant) {
        push(row, "errors", Value::Object(error));
    }
    let workspace = workspace_of(row);
    state.emit("access_grant.could_not_create_requested_access_methods", &workspace, event);
}

/// Creates one access method for all devices: the same code on each, or one key.
fn create_for_devices(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    request: &Object,
    devices: &[Id<Device>],
) -> Id<AccessMethod> {
    let method = access_methods::create(state, grant, row, request, json!({ "_device_ids": devices }));
    if string(request, "mode") == Some("code") {
        let code = choose_code(state, grant, request, devices);
        for device in devices {
            add_code(state, grant, row, &method, device, &code);
        }
        if let Some(method) = state.get_mut(&method) {
            set(method, "code", code);
        }
    }
    state.after(
        state.action_delay,
        Job::IssueOnDevices { access_method_id: method.clone(), retry: access_methods::RETRY },
    );
    method
}

/// Returns a PIN that all devices support: the requested one if possible.
fn choose_code(state: &mut State, grant: &Id<AccessGrant>, request: &Object, devices: &[Id<Device>]) -> String {
    let fits = |state: &State, code: &str, device: &Id<Device>| {
        let lengths = pins::lengths(state, device);
        let is_taken = state.codes_of_device(device).any(|other| string(other, "code") == Some(code));
        !is_taken && (lengths.is_empty() || lengths.contains(&code.len()))
    };
    let requested = string(request, "code");
    let unfit = requested.and_then(|code| devices.iter().find(|device| !fits(state, code, device)));
    if let (Some(code), None) = (requested, unfit) {
        return code.to_owned();
    }
    // If no PIN is valid on all devices, the first device determines it; if that has no unused PIN, one is used twice.
    let code = pins::generate(state, devices, None)
        .or_else(|| pins::generate(state, devices.get(..1)?, None))
        .unwrap_or_else(|| state.new_digits(4));
    if let (Some(original), Some(device)) = (requested, unfit) {
        let warning = json!({
            "warning_code": "requested_code_unavailable", "message": "A device cannot use the requested code",
            "created_at": state.now_string(), "device_id": device, "original_code": original, "new_code": code,
        });
        warn(state, grant, warning);
    }
    code
}

/// Creates the code of an access method on one device.
fn add_code(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    method: &Id<AccessMethod>,
    device: &Id<Device>,
    pin: &str,
) {
    let fields = json!({
        "workspace_id": row.get("workspace_id"), "code": pin, "name": row.get("display_name"),
        "starts_at": row.get("starts_at"), "ends_at": row.get("ends_at"), "_access_grant_id": grant,
        "_access_grant_key": row.get("access_grant_key"), "_access_method_id": method,
    });
    let code = draft::managed(state, device, object(fields));
    let id = access_codes::create(state, code);
    if let Some(method) = state.get_mut(method) {
        add_string(method, "_access_code_ids", &id);
    }
    if let Some(grant) = state.get_mut(grant) {
        add_string(grant, "_access_code_ids", &id);
    }
}

/// Creates an access method in an access system, with a credential.
fn create_for_system(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    request: &Object,
    system: &Id<AcsSystem>,
    entrances: &[Id<AcsEntrance>],
) -> Id<AccessMethod> {
    let mode = string(request, "mode").unwrap_or_default();
    let is_encoded = mode == "card" && acs::kind_of(state, system).is_none_or(|kind| kind.has_encoders);
    let is_assigned = mode == "card" && !is_encoded;
    let mut more = object(json!({ "_acs_entrance_ids": entrances, "_acs_system_id": system }));
    if mode == "card" {
        let status = if is_encoded { "encoding_required" } else { "assignment_required" };
        more.extend(object(json!({
            "is_encoding_required": is_encoded, "is_ready_for_encoding": is_encoded, "display_status": status,
            "is_assignment_required": is_assigned, "is_ready_for_assignment": is_assigned,
        })));
    }
    let method = access_methods::create(state, grant, row, request, Value::Object(more));
    let user = acs::of_identity_or_new(state, &Id::<UserIdentity>::of(row).unwrap_or_default(), system);
    if let Some(row) = state.get_mut(&method) {
        set(row, "_acs_user_id", user.as_str());
    }
    // The card exists already and is assigned by its number later.
    if is_assigned {
        return method;
    }
    let mut credential = object(json!({
        "access_method": mode, "starts_at": row.get("starts_at"), "_acs_entrance_ids": entrances,
        "_access_method_id": method,
    }));
    for (name, value) in [("ends_at", row.get("ends_at")), ("code", request.get("code"))] {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            credential.insert(name.to_owned(), value.clone());
        }
    }
    let credential = acs::add_credential(state, system, &user, credential);
    access_methods::attach_credential(state, &method, &credential);
    if is_encoded {
        access_methods::emit(state, "access_method.card_encoding_required", &method);
    }
    method
}
