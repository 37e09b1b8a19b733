//! Making what a grant asks for: codes on locks, credentials in access systems, keys on phones; and taking it away.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{codes_of, credentials_of, methods_of};
use crate::{
    json::{Object, add_text, flag, has_text, object, push, remove_text, set, text, texts},
    reachability,
    routes::{
        access_codes::{code, draft, lifecycle, pins},
        acs, instant_keys,
    },
    scheduler::Job,
    state::State,
    tables::{
        AccessGrant, AccessMethod, AcsCredential, AcsEntrance, AcsSystem, ClientSession, Device, Id, UserIdentity,
        workspace_of,
    },
};

/// How long after a lock could not be reached it is tried again; after that, each time twice as long.
const RETRY: Duration = Duration::from_secs(60);

/// The way in, in words.
pub(crate) fn name_of(mode: &str) -> &'static str {
    match mode {
        "code" => "PIN code",
        "card" => "Card",
        "mobile_key" => "Mobile key",
        _ => "Cloud key",
    }
}

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
        "code" => has_text(device, "capabilities_supported", "access_code"),
        "mobile_key" | "cloud_key" => flag(device, "can_remotely_unlock"),
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

/// Puts an access method into the state that is not issued yet.
fn add(state: &mut State, grant: &Id<AccessGrant>, row: &Object, wanted: &Object, more: Value) -> Id<AccessMethod> {
    let mode = text(wanted, "mode").unwrap_or_default();
    let mut method = object(json!({
        "workspace_id": row.get("workspace_id"), "mode": mode, "display_name": name_of(mode), "is_managed": true,
        "is_issued": false, "issued_at": null, "display_status": "pending", "_access_grant_ids": [grant],
        "_space_ids": row.get("space_ids"), "_reservation_key": row.get("reservation_key"), "_device_ids": [],
        "_acs_entrance_ids": [], "_access_code_ids": [], "_acs_credential_ids": [],
        // A client session sees the access methods of its own person, by this field, which they do not show.
        "user_identity_id": row.get("user_identity_id"),
    }));
    method.extend(object(more));
    if let Some(key) = text(row, "access_grant_key") {
        set(&mut method, "_access_grant_key", key);
    }
    let profile = text(row, "customization_profile_id");
    if let Some(profile) = profile {
        set(&mut method, "customization_profile_id", profile);
    }
    if mode == "mobile_key" {
        let workspace = workspace_of(row);
        let mut more =
            object(json!({ "_max_use_count": wanted.get("instant_key_max_use_count").unwrap_or(&json!(1)) }));
        if let Some(profile) = profile {
            set(&mut more, "customization_profile_id", profile);
        }
        let key = instant_keys::add(state, &workspace, &Id::<UserIdentity>::of(row).unwrap_or_default(), more);
        let key_row = state.get(&key).cloned().unwrap_or_default();
        let session = Id::<ClientSession>::of(&key_row).and_then(|id| state.get(&id)).cloned();
        let token = session.as_ref().and_then(|session| session.get("token")).cloned().unwrap_or_default();
        let link = key_row.get("instant_key_url").cloned().unwrap_or_default();
        if let Some(row) = state.get_mut(grant) {
            row.entry("instant_key_url").or_insert_with(|| link.clone());
            row.entry("client_session_token").or_insert_with(|| token.clone());
        }
        set(&mut method, "instant_key_url", link);
        set(&mut method, "client_session_token", token);
        set(&mut method, "_instant_key_id", key);
    }
    let id = state.insert::<AccessMethod>(method);
    announce(state, "access_method.created", &id);
    id
}

/// An event about an access method.
fn announce(state: &mut State, event_type: &str, method: &Id<AccessMethod>) {
    let Some(row) = state.get(method) else { return };
    let grants: Vec<&str> = texts(row, "_access_grant_ids").collect();
    let mut event = object(json!({ "access_method_id": method, "access_grant_ids": grants }));
    if let Some(key) = text(row, "_access_grant_key") {
        set(&mut event, "access_grant_keys", vec![key]);
    }
    if let Some(code) = text(row, "code").filter(|_| event_type.ends_with("issued")) {
        set(&mut event, "code", code);
        set(&mut event, "is_backup_code", false);
    }
    let workspace = workspace_of(row);
    state.emit(event_type, &workspace, event);
}

/// One access method for all locks: the same code on each, or the same phone for all.
fn make_for_devices(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    wanted: &Object,
    devices: &[Id<Device>],
) -> Id<AccessMethod> {
    let method = add(state, grant, row, wanted, json!({ "_device_ids": devices }));
    if text(wanted, "mode") == Some("code") {
        let code = choose_code(state, grant, wanted, devices);
        for device in devices {
            add_code(state, grant, row, &method, device, &code);
        }
        if let Some(method) = state.get_mut(&method) {
            set(method, "code", code);
        }
    }
    state.after(state.action_delay, Job::IssueOnDevices { access_method_id: method.clone(), retry: RETRY });
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
    // Where locks have no PIN in common, the first one decides; where it has all PINs, one of them comes twice.
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
    let id = lifecycle::create(state, code);
    if let Some(method) = state.get_mut(method) {
        add_text(method, "_access_code_ids", &id);
    }
    if let Some(grant) = state.get_mut(grant) {
        add_text(grant, "_access_code_ids", &id);
    }
}

/// A device can be reached again: what waits for it goes on.
pub(crate) fn device_is_back(state: &mut State, device: &Id<Device>) {
    let waits = |method: &Object| flag(method, "_is_late") && has_text(method, "_device_ids", device);
    for method in state.ids_where::<AccessMethod>(waits) {
        state.after(state.action_delay, Job::IssueOnDevices { access_method_id: method, retry: RETRY });
    }
}

/// The locks get what they are told; one that cannot be reached is tried again after `retry`.
pub(crate) fn issue_on_devices(state: &mut State, method: &Id<AccessMethod>, retry: Duration) {
    let Some(row) = state.get(method) else { return };
    if flag(row, "_is_revoked") || flag(row, "is_issued") {
        return;
    }
    let mut is_complete =
        Id::in_list(row, "_device_ids").iter().all(|device| reachability::errors(state, device).is_empty());
    for code in codes_of(row) {
        is_complete &= lifecycle::reconcile(state, &code).is_ok();
    }
    if is_complete {
        is_issued(state, method);
        return;
    }
    let Some(row) = state.get(method) else { return };
    if !flag(row, "_is_late") {
        let warning = json!({
            "warning_code": "delay_in_issuing", "message": "A lock cannot be reached", "created_at": state.now_text(),
        });
        if let Some(row) = state.get_mut(method) {
            set(row, "_is_late", true);
            push(row, "warnings", warning);
        }
        announce(state, "access_method.delay_in_issuing", method);
    }
    let job = Job::IssueOnDevices { access_method_id: method.clone(), retry: retry.saturating_mul(2) };
    state.after(retry, job);
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
    let method = add(state, grant, row, wanted, Value::Object(more));
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
    hold(state, &method, &credential);
    if is_encoded {
        announce(state, "access_method.card_encoding_required", &method);
    }
    method
}

/// Notes which credential belongs to an access method.
pub(crate) fn hold(state: &mut State, method: &Id<AccessMethod>, credential: &Id<AcsCredential>) {
    if let Some(row) = state.get_mut(credential) {
        set(row, "_access_method_id", method);
    }
    if let Some(row) = state.get_mut(method) {
        add_text(row, "_acs_credential_ids", credential);
    }
}

/// The access method lets its person in now: for the first time, or with something new.
pub(crate) fn is_issued(state: &mut State, method: &Id<AccessMethod>) {
    let now = state.now_text();
    let Some(row) = state.get(method).filter(|row| !flag(row, "_is_revoked")) else { return };
    let credential = credentials_of(state, row).first().and_then(|id| state.get(id)).cloned();
    let Some(row) = state.get_mut(method) else { return };
    let was_issued = flag(row, "is_issued");
    if let Some(code) = credential.as_ref().and_then(|credential| text(credential, "code")) {
        set(row, "code", code);
    }
    set(row, "is_issued", true);
    set(row, "display_status", "issued");
    set(row, "issued_at", now);
    for name in ["is_ready_for_encoding", "is_ready_for_assignment"] {
        if row.contains_key(name) {
            set(row, name, false);
        }
    }
    if let Some(Value::Array(warnings)) = row.get_mut("warnings") {
        warnings.retain(|warning| warning.get("warning_code") != Some(&Value::from("delay_in_issuing")));
    }
    if was_issued {
        announce(state, "access_method.reissued", method);
        return;
    }
    announce(state, "access_method.issued", method);
    announce_doors(state, method, "access_grant.access_granted_to_door");
    let Some(row) = state.get(method).cloned() else { return };
    for grant in Id::<AccessGrant>::in_list(&row, "_access_grant_ids") {
        let is_complete = methods_of(state, &grant)
            .iter()
            .all(|method| state.get(method).is_some_and(|method| flag(method, "is_issued")));
        if is_complete {
            let event = object(json!({ "access_grant_id": grant }));
            let workspace = workspace_of(&row);
            state.emit("access_grant.access_granted_to_all_doors", &workspace, event);
        }
    }
}

/// An event for each entrance of an access method.
fn announce_doors(state: &mut State, method: &Id<AccessMethod>, event_type: &str) {
    let Some(row) = state.get(method).cloned() else { return };
    let workspace = workspace_of(&row);
    for grant in texts(&row, "_access_grant_ids") {
        for entrance in texts(&row, "_acs_entrance_ids") {
            let event = json!({ "access_grant_id": grant, "acs_entrance_id": entrance });
            state.emit(event_type, &workspace, object(event));
        }
    }
}

/// Brings the new times of a grant to the codes and credentials of an access method.
pub(crate) fn change_times(state: &mut State, method: &Id<AccessMethod>, grant: &Object) {
    let Some(row) = state.get(method).cloned() else { return };
    let said = |name: &str| grant.get(name).cloned().unwrap_or_default();
    for id in codes_of(&row) {
        lifecycle::request_times(state, &id, said("starts_at"), said("ends_at"));
        code::reconcile_soon(state, &id);
    }
    for id in credentials_of(state, &row) {
        acs::set_times(state, &id, said("starts_at"), said("ends_at"));
    }
    if flag(&row, "is_issued") && flag(&row, "is_encoding_required") {
        if let Some(row) = state.get_mut(method) {
            set(row, "is_ready_for_encoding", true);
        }
        announce(state, "access_method.card_encoding_required", method);
    }
}

/// An access method opens nothing any more; it is still there to be seen.
pub(crate) fn revoke(state: &mut State, method: &Id<AccessMethod>) {
    let Some(row) = state.get(method).cloned() else { return };
    if flag(&row, "_is_revoked") {
        return;
    }
    for id in codes_of(&row) {
        lifecycle::request_removal(state, &id);
        code::reconcile_soon(state, &id);
        for grant in state.rows_mut::<AccessGrant>() {
            remove_text(grant, "_access_code_ids", &id);
        }
    }
    for id in credentials_of(state, &row) {
        acs::delete_credential(state, &id);
    }
    if let Some(key) = Id::in_field(&row, "_instant_key_id") {
        instant_keys::delete(state, &key);
        let link = row.get("instant_key_url");
        let holders = state.rows_mut::<AccessGrant>().filter(|grant| grant.get("instant_key_url") == link);
        for grant in holders {
            grant.remove("instant_key_url");
            grant.remove("client_session_token");
        }
    }
    let was_issued = flag(&row, "is_issued");
    if let Some(row) = state.get_mut(method) {
        set(row, "_is_revoked", true);
        set(row, "is_issued", false);
        set(row, "display_status", "revoked");
        for name in ["is_ready_for_encoding", "is_ready_for_assignment"] {
            if row.contains_key(name) {
                set(row, name, false);
            }
        }
    }
    if was_issued {
        announce(state, "access_method.revoked", method);
        announce_doors(state, method, "access_grant.access_to_door_lost");
    }
}

/// Takes an access method out of the state, and out of its grant.
pub(crate) fn delete(state: &mut State, method: &Id<AccessMethod>) {
    revoke(state, method);
    announce(state, "access_method.deleted", method);
    state.remove(method);
    for grant in state.rows_mut::<AccessGrant>() {
        remove_text(grant, "access_method_ids", method);
        if let Some(Value::Array(requested)) = grant.get_mut("requested_access_methods") {
            for wanted in requested.iter_mut().filter_map(Value::as_object_mut) {
                remove_text(wanted, "created_access_method_ids", method);
            }
        }
    }
}
