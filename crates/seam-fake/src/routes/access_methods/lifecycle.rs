//! The lifecycle of access methods: creates them, issues them when their devices and access systems have them, changes and
//! revokes them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    json::{Object, add_string, flag, has_string, object, push, remove_string, set, string, strings},
    reachability,
    routes::{
        access_codes::{code, lifecycle as access_codes},
        acs, instant_keys,
    },
    scheduler::Job,
    state::State,
    tables::{
        AccessCode, AccessGrant, AccessMethod, AcsCredential, ClientSession, Device, Id, UserIdentity, workspace_of,
    },
};

/// The initial delay of retries for an unreachable device. It doubles with each retry.
pub(crate) const RETRY: Duration = Duration::from_secs(60);

/// Returns the display name of an access method.
pub(crate) fn name_of(mode: &str) -> &'static str {
    match mode {
        "code" => "PIN code",
        "card" => "Card",
        "mobile_key" => "Mobile key",
        _ => "Cloud key",
    }
}

/// Returns the access methods of a grant.
pub(crate) fn of_grant(state: &State, grant: &Id<AccessGrant>) -> Vec<Id<AccessMethod>> {
    state.ids_where::<AccessMethod>(|method| has_string(method, "_access_grant_ids", grant))
}

/// Returns the codes of an access method on devices.
pub(crate) fn codes_of(method: &Object) -> Vec<Id<AccessCode>> {
    Id::in_list(method, "_access_code_ids")
}

/// Returns the existing credentials of an access method in access systems.
pub(crate) fn credentials_of(state: &State, method: &Object) -> Vec<Id<AcsCredential>> {
    let mut credentials = Id::in_list(method, "_acs_credential_ids");
    credentials.retain(|id| state.get(id).is_some());
    credentials
}

/// Adds an access method, which is not issued yet.
pub(crate) fn create(
    state: &mut State,
    grant: &Id<AccessGrant>,
    row: &Object,
    request: &Object,
    more: Value,
) -> Id<AccessMethod> {
    let mode = string(request, "mode").unwrap_or_default();
    let mut method = object(json!({
        "workspace_id": row.get("workspace_id"), "mode": mode, "display_name": name_of(mode), "is_managed": true,
        "is_issued": false, "issued_at": null, "display_status": "pending", "_access_grant_ids": [grant],
        "_space_ids": row.get("space_ids"), "_reservation_key": row.get("reservation_key"), "_device_ids": [],
        "_acs_entrance_ids": [], "_access_code_ids": [], "_acs_credential_ids": [],
        // The field determines the visibility for client sessions. It is not part of the resource.
        "user_identity_id": row.get("user_identity_id"),
    }));
    method.extend(object(more));
    if let Some(key) = string(row, "access_grant_key") {
        set(&mut method, "_access_grant_key", key);
    }
    let profile = string(row, "customization_profile_id");
    if let Some(profile) = profile {
        set(&mut method, "customization_profile_id", profile);
    }
    if mode == "mobile_key" {
        let workspace = workspace_of(row);
        let mut more =
            object(json!({ "_max_use_count": request.get("instant_key_max_use_count").unwrap_or(&json!(1)) }));
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
    emit(state, "access_method.created", &id);
    id
}

/// Emits an event about an access method.
pub(crate) fn emit(state: &mut State, event_type: &str, method: &Id<AccessMethod>) {
    let Some(row) = state.get(method) else { return };
    let grants: Vec<&str> = strings(row, "_access_grant_ids").collect();
    let mut event = object(json!({ "access_method_id": method, "access_grant_ids": grants }));
    if let Some(key) = string(row, "_access_grant_key") {
        set(&mut event, "access_grant_keys", vec![key]);
    }
    if let Some(code) = string(row, "code").filter(|_| event_type.ends_with("issued")) {
        set(&mut event, "code", code);
        set(&mut event, "is_backup_code", false);
    }
    let workspace = workspace_of(row);
    state.emit(event_type, &workspace, event);
}

/// Continues the access methods that wait for a device, after it became reachable.
pub(crate) fn device_reachable(state: &mut State, device: &Id<Device>) {
    let is_waiting = |method: &Object| flag(method, "_is_late") && has_string(method, "_device_ids", device);
    for method in state.ids_where::<AccessMethod>(is_waiting) {
        state.after(state.action_delay, Job::IssueOnDevices { access_method_id: method, retry: RETRY });
    }
}

/// Issues an access method on its devices; retries after `retry` if a device is not reachable.
pub(crate) fn issue_on_devices(state: &mut State, method: &Id<AccessMethod>, retry: Duration) {
    let Some(row) = state.get(method) else { return };
    if flag(row, "_is_revoked") || flag(row, "is_issued") {
        return;
    }
    let mut is_complete =
        Id::in_list(row, "_device_ids").iter().all(|device| reachability::errors(state, device).is_empty());
    for code in codes_of(row) {
        is_complete &= access_codes::reconcile(state, &code).is_ok();
    }
    if is_complete {
        issue(state, method);
        return;
    }
    let Some(row) = state.get(method) else { return };
    if !flag(row, "_is_late") {
        let warning = json!({
            "warning_code": "delay_in_issuing", "message": "A device is not reachable", "created_at": state.now_string(),
        });
        if let Some(row) = state.get_mut(method) {
            set(row, "_is_late", true);
            push(row, "warnings", warning);
        }
        emit(state, "access_method.delay_in_issuing", method);
    }
    let job = Job::IssueOnDevices { access_method_id: method.clone(), retry: retry.saturating_mul(2) };
    state.after(retry, job);
}

/// Links a credential to an access method.
pub(crate) fn attach_credential(state: &mut State, method: &Id<AccessMethod>, credential: &Id<AcsCredential>) {
    if let Some(row) = state.get_mut(credential) {
        set(row, "_access_method_id", method);
    }
    if let Some(row) = state.get_mut(method) {
        add_string(row, "_acs_credential_ids", credential);
    }
}

/// Issues or reissues an access method.
pub(crate) fn issue(state: &mut State, method: &Id<AccessMethod>) {
    let now = state.now_string();
    let Some(row) = state.get(method).filter(|row| !flag(row, "_is_revoked")) else { return };
    let credential = credentials_of(state, row).first().and_then(|id| state.get(id)).cloned();
    let Some(row) = state.get_mut(method) else { return };
    let was_issued = flag(row, "is_issued");
    if let Some(code) = credential.as_ref().and_then(|credential| string(credential, "code")) {
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
        emit(state, "access_method.reissued", method);
        return;
    }
    emit(state, "access_method.issued", method);
    emit_for_doors(state, method, "access_grant.access_granted_to_door");
    let Some(row) = state.get(method).cloned() else { return };
    for grant in Id::<AccessGrant>::in_list(&row, "_access_grant_ids") {
        let is_complete = of_grant(state, &grant)
            .iter()
            .all(|method| state.get(method).is_some_and(|method| flag(method, "is_issued")));
        if is_complete {
            let event = object(json!({ "access_grant_id": grant }));
            let workspace = workspace_of(&row);
            state.emit("access_grant.access_granted_to_all_doors", &workspace, event);
        }
    }
}

/// Emits an event for each entrance of an access method.
fn emit_for_doors(state: &mut State, method: &Id<AccessMethod>, event_type: &str) {
    let Some(row) = state.get(method).cloned() else { return };
    let workspace = workspace_of(&row);
    for grant in strings(&row, "_access_grant_ids") {
        for entrance in strings(&row, "_acs_entrance_ids") {
            let event = json!({ "access_grant_id": grant, "acs_entrance_id": entrance });
            state.emit(event_type, &workspace, object(event));
        }
    }
}

/// Applies the new times of a grant to the codes and credentials of an access method.
pub(crate) fn change_times(state: &mut State, method: &Id<AccessMethod>, grant: &Object) {
    let Some(row) = state.get(method).cloned() else { return };
    let field = |name: &str| grant.get(name).cloned().unwrap_or_default();
    for id in codes_of(&row) {
        access_codes::request_times(state, &id, field("starts_at"), field("ends_at"));
        code::reconcile_soon(state, &id);
    }
    for id in credentials_of(state, &row) {
        acs::set_times(state, &id, field("starts_at"), field("ends_at"));
    }
    if flag(&row, "is_issued") && flag(&row, "is_encoding_required") {
        if let Some(row) = state.get_mut(method) {
            set(row, "is_ready_for_encoding", true);
        }
        emit(state, "access_method.card_encoding_required", method);
    }
}

/// Revokes an access method, which remains in the state.
pub(crate) fn revoke(state: &mut State, method: &Id<AccessMethod>) {
    let Some(row) = state.get(method).cloned() else { return };
    if flag(&row, "_is_revoked") {
        return;
    }
    for id in codes_of(&row) {
        access_codes::request_removal(state, &id);
        code::reconcile_soon(state, &id);
        for grant in state.rows_mut::<AccessGrant>(|grant| has_string(grant, "_access_code_ids", &id)) {
            remove_string(grant, "_access_code_ids", &id);
        }
    }
    for id in credentials_of(state, &row) {
        acs::delete_credential(state, &id);
    }
    if let Some(key) = Id::in_field(&row, "_instant_key_id") {
        instant_keys::delete(state, &key);
        let link = row.get("instant_key_url");
        let holders = state.rows_mut::<AccessGrant>(|grant| grant.get("instant_key_url") == link);
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
        emit(state, "access_method.revoked", method);
        emit_for_doors(state, method, "access_grant.access_to_door_lost");
    }
}

/// Deletes an access method, and removes it from its grant.
pub(crate) fn delete(state: &mut State, method: &Id<AccessMethod>) {
    revoke(state, method);
    emit(state, "access_method.deleted", method);
    state.remove(method);
    for grant in state.rows_mut::<AccessGrant>(|grant| has_string(grant, "access_method_ids", method)) {
        remove_string(grant, "access_method_ids", method);
        if let Some(Value::Array(requested)) = grant.get_mut("requested_access_methods") {
            for request in requested.iter_mut().filter_map(Value::as_object_mut) {
                remove_string(request, "created_access_method_ids", method);
            }
        }
    }
}
