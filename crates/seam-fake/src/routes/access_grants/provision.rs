//! Provisioning: the access methods that a grant requests, with codes on devices and credentials in access systems.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    device,
    json::{Object, add_text, flag, object, push, set, text},
    routes::{
        access_codes::{draft, lifecycle as access_codes, pins},
        access_methods::lifecycle as access_methods,
        acs,
    },
    scheduler::Job,
    state::State,
    tables::{AccessGrant, AccessMethod, AcsEntrance, AcsSystem, Device, Id, UserIdentity, workspace_of},
};

/// Makes everything that a grant asks for and that is not made yet.
pub(crate) fn provision(state: &mut State, grant: &Id<AccessGrant>) {
    let Some(row) = state.get(grant).cloned() else { return };
    let requested = row.get("requested_access_methods").and_then(Value::as_array).cloned().unwrap_or_default();
    for (place, wanted) in requested.into_iter().map(object).enumerate() {
        if flag(&wanted, "_is_made") {
            continue;
        }
        let made = make(state, grant, &row, &wanted);
        let Some(row) = state.get_mut(grant) else { return };
        for method in &made {
            add_text(row, "access_method_ids", method);
        }
        let wanted = row.get_mut("requested_access_methods").and_then(|requested| requested.get_mut(place));
        if let Some(wanted) = wanted.and_then(Value::as_object_mut) {
            set(wanted, "_is_made", true);
            set(wanted, "created_access_method_ids", made);
        }
    }
}

/// Makes the access methods for one request: one for all locks, and one in each access system.
fn make(state: &mut State, grant: &Id<AccessGrant>, row: &Object, wanted: &Object) -> Vec<Id<AccessMethod>> {
    let mode = text(wanted, "mode").unwrap_or_default();
    let all = Id::in_list(row, "_device_ids");
    let (devices, others): (Vec<Id<Device>>, Vec<Id<Device>>) =
        all.into_iter().partition(|id| state.get(id).is_some_and(|device| takes(device, mode)));
    let mut systems: BTreeMap<Id<AcsSystem>, Vec<Id<AcsEntrance>>> = BTreeMap::new();
    for entrance in Id::<AcsEntrance>::in_list(row, "_acs_entrance_ids").iter().filter_map(|id| state.get(id)) {
        if flag(entrance, &format!("can_unlock_with_{mode}")) {
            let system = Id::of(entrance).unwrap_or_default();
            systems.entry(system).or_default().push(Id::of(entrance).unwrap_or_default());
        }
    }
    if devices.is_empty() && systems.is_empty() {
        refuse(state, grant, row, &others);
        return Vec::new();
    }
    if mode == "code" {
        for device in others {
            let warning = json!({
                "warning_code": "device_does_not_support_access_codes", "device_id": device,
                "message": "The device takes no codes", "created_at": state.now_text(),
            });
            warn(state, grant, warning);
        }
    }
    let mut made = Vec::new();
    if !devices.is_empty() {
        made.push(make_for_devices(state, grant, row, wanted, &devices));
    }
    for (system, entrances) in systems {
        made.push(make_for_system(state, grant, row, wanted, &system, &entrances));
    }
    made
}

/// Whether a device lets people in like this. Nothing but an access system takes cards.
fn takes(device: &Object, mode: &str) -> bool {
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

/// Says of a grant that something it asks for cannot be made.
fn refuse(state: &mut State, grant: &Id<AccessGrant>, row: &Object, devices: &[Id<Device>]) {
    let message = "No door of the access grant lets people in like this";
    let mut error = object(json!({
        "error_code": "cannot_create_requested_access_methods", "message": message, "created_at": state.now_text(),
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

/// One access method for all locks: the same code on each, or the same phone for all.
fn make_for_devices(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    wanted: &Object,
    devices: &[Id<Device>],
) -> Id<AccessMethod> {
    let method = access_methods::create(state, grant, row, wanted, json!({ "_device_ids": devices }));
    if text(wanted, "mode") == Some("code") {
        let code = choose_code(state, grant, wanted, devices);
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

/// A code that all locks can take: the requested one if that is possible.
fn choose_code(state: &mut State, grant: &Id<AccessGrant>, wanted: &Object, devices: &[Id<Device>]) -> String {
    let fits = |state: &State, code: &str, device: &Id<Device>| {
        let lengths = pins::lengths(state, device);
        let is_taken = state.codes_of_device(device).any(|other| text(other, "code") == Some(code));
        !is_taken && (lengths.is_empty() || lengths.contains(&code.len()))
    };
    let requested = text(wanted, "code");
    let unfit = requested.and_then(|code| devices.iter().find(|device| !fits(state, code, device)));
    if let (Some(code), None) = (requested, unfit) {
        return code.to_owned();
    }
    // Where locks have no PIN in generic, the first one decides; where it has all PINs, one of them comes twice.
    let code = pins::generate(state, devices, None)
        .or_else(|| pins::generate(state, devices.get(..1)?, None))
        .unwrap_or_else(|| state.new_digits(4));
    if let (Some(original), Some(device)) = (requested, unfit) {
        let warning = json!({
            "warning_code": "requested_code_unavailable", "message": "A lock cannot take the requested code",
            "created_at": state.now_text(), "device_id": device, "original_code": original, "new_code": code,
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
        add_text(method, "_access_code_ids", &id);
    }
    if let Some(grant) = state.get_mut(grant) {
        add_text(grant, "_access_code_ids", &id);
    }
}

/// One access method in an access system: a credential for the person there.
fn make_for_system(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    wanted: &Object,
    system: &Id<AcsSystem>,
    entrances: &[Id<AcsEntrance>],
) -> Id<AccessMethod> {
    let mode = text(wanted, "mode").unwrap_or_default();
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
    let method = access_methods::create(state, grant, row, wanted, Value::Object(more));
    let user = acs::of_identity_or_new(state, &Id::<UserIdentity>::of(row).unwrap_or_default(), system);
    if let Some(row) = state.get_mut(&method) {
        set(row, "_acs_user_id", user.as_str());
    }
    // A card that is known by its number is there already; somebody says which one it is.
    if is_assigned {
        return method;
    }
    let mut credential = object(json!({
        "access_method": mode, "starts_at": row.get("starts_at"), "_acs_entrance_ids": entrances,
        "_access_method_id": method,
    }));
    for (name, value) in [("ends_at", row.get("ends_at")), ("code", wanted.get("code"))] {
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
