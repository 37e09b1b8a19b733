//! Credentials: PINs, cards, mobile keys and cloud keys for the entrances of access systems.

use serde_json::{Value, json};

use super::{
    access::entrances_of_credential,
    system_kinds::set_type,
    user_records::{find_or_add_user, find_user},
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, add_string, flag, format_time, inner, object, push, set, string, time},
    routes::{generic, pages},
    scheduler::Job,
    shape,
    state::State,
    tables::{AcsCredential, AcsEntrance, AcsSystem, AcsUser, Id, Resource, UserIdentity, workspace_of},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/credentials/create" => create,
        "/acs/credentials/update" => update,
        "/acs/credentials/assign" => assign,
        "/acs/credentials/unassign" => unassign,
        "/acs/credentials/delete" => |state, call| {
            let id = generic::find_id(state, call)?;
            delete(state, &id);
            generic::done()
        },
        "/acs/credentials/list_accessible_entrances" => list_accessible_entrances,
        _ => return None,
    })
}

/// The number of digits of a generated PIN.
const CODE_LENGTH: usize = 6;

fn create(state: &mut State, call: &Call) -> Answer {
    let (starts_at, ends_at) = (call.time("starts_at")?, call.time("ends_at")?);
    if ends_at.is_some_and(|ends_at| ends_at <= starts_at.unwrap_or(state.now())) {
        return Err(invalid("ends_at", "The end must be after the start"));
    }
    let system = system(state, call)?;
    let entrances = Id::<AcsEntrance>::in_list(&call.parameters, "allowed_acs_entrance_ids");
    for entrance in &entrances {
        if !system.is_in(call.find(state, entrance)?) {
            return Err(invalid("allowed_acs_entrance_ids", "The entrance belongs to another access system"));
        }
    }
    let manager = Id::<AcsSystem>::in_field(&call.parameters, "credential_manager_acs_system_id");
    if let Some(manager) = &manager {
        if !flag(call.find(state, manager)?, "is_credential_manager") {
            return Err(invalid("credential_manager_acs_system_id", "The access system is not a credential manager"));
        }
    }
    let user = find_or_add_user(state, call, &system)?;
    let mut credential = object(json!({ "_acs_entrance_ids": entrances }));
    for (name, value) in &call.parameters {
        let is_stored = matches!(
            name.as_str(),
            "access_method"
                | "code"
                | "starts_at"
                | "ends_at"
                | "is_multi_phone_sync_credential"
                | "visionline_metadata"
                | "assa_abloy_vostio_metadata"
        );
        if is_stored && !value.is_null() {
            credential.insert(name.clone(), value.clone());
        }
    }
    if let Some(manager) = manager {
        set(&mut credential, "_credential_manager_acs_system_id", &manager);
        let identity = state.get(&user).and_then(Id::<UserIdentity>::of);
        if let Some(identity) = identity.and_then(|identity| state.get_mut(&identity)) {
            add_string(identity, "_credential_manager_acs_system_ids", &manager);
        }
    }
    let id = add(state, &system, &user, credential);
    call.answer_with(state, "acs_credential", &id)
}

/// Returns the access system of a new credential: that of its user, or that in the parameters with a user identity.
fn system(state: &State, call: &Call) -> Result<Id<AcsSystem>, ApiFault> {
    let named = call.given_id::<AcsSystem>();
    if let Some(system) = &named {
        call.find(state, system)?;
    }
    let of_user = match call.given_id::<AcsUser>() {
        Some(user) => Id::of(call.find(state, &user)?),
        None => None,
    };
    let identity = call.given_id::<UserIdentity>();
    of_user
        .or(named.filter(|_| identity.is_some()))
        .ok_or_else(|| invalid("", "Expected acs_user_id, or user_identity_id and acs_system_id"))
}

/// Adds a credential. Unless it is a card, it is issued after the action delay.
pub(crate) fn add(
    state: &mut State,
    system: &Id<AcsSystem>,
    user: &Id<AcsUser>,
    credential: Object,
) -> Id<AcsCredential> {
    let owner = state.get(system).cloned().unwrap_or_default();
    let method = string(&credential, "access_method").unwrap_or_default().to_owned();
    let now = state.now_string();
    let waiting = json!({
        "warning_code": "waiting_to_be_issued", "message": "The credential is not issued yet", "created_at": now,
    });
    let mut row = object(json!({
        "acs_system_id": system, "acs_user_id": user, "workspace_id": owner.get("workspace_id"), "is_managed": true,
        "connected_account_id": owner.get("connected_account_id"), "display_name": shape::in_words(&method),
        "is_issued": false, "issued_at": null, "is_multi_phone_sync_credential": false, "is_one_time_use": false,
        "is_latest_desired_state_synced_with_provider": false, "latest_desired_state_synced_with_provider_at": null,
        "starts_at": now, "warnings": [waiting],
    }));
    set_type(state, AcsCredential::TABLE, &mut row);
    if let Some(identity) = state.get(user).and_then(Id::<UserIdentity>::of) {
        set(&mut row, "user_identity_id", identity);
    }
    row.extend(credential);
    if method == "code" {
        choose_code(state, &mut row, system);
    }
    if string(&row, "external_type") == Some("visionline_card") {
        let entrances = Id::<AcsEntrance>::in_list(&row, "_acs_entrance_ids");
        let number = state.new_digits(8);
        if let Some(metadata) = inner(&mut row, "visionline_metadata") {
            metadata.entry("card_function_type").or_insert_with(|| Value::from("guest"));
            set(metadata, "guest_acs_entrance_ids", entrances);
            set(metadata, "credential_id", number);
            set(metadata, "is_valid", true);
        }
    }
    let id = state.insert::<AcsCredential>(row);
    if method != "card" {
        issue_later(state, &id);
    }
    schedule_end(state, &id);
    id
}

/// Sets the PIN of a credential: the requested one, or a generated one if none is requested or another credential of
/// the access system has it.
fn choose_code(state: &mut State, credential: &mut Object, system: &Id<AcsSystem>) {
    let is_taken = |state: &State, code: &str| {
        state.rows::<AcsCredential>().any(|other| system.is_in(other) && string(other, "code") == Some(code))
    };
    let requested = string(credential, "code").map(str::to_owned);
    if requested.as_ref().is_some_and(|requested| !is_taken(state, requested)) {
        return;
    }
    let mut code = state.new_digits(CODE_LENGTH);
    while is_taken(state, &code) {
        code = state.new_digits(CODE_LENGTH);
    }
    if let Some(requested) = requested {
        let warning = json!({
            "warning_code": "requested_code_unavailable", "message": "Another user has the requested code",
            "created_at": state.now_string(), "original_code": requested, "new_code": code,
        });
        push(credential, "warnings", warning);
    }
    set(credential, "code", code);
}

/// Issues a credential after the action delay.
fn issue_later(state: &mut State, id: &Id<AcsCredential>) {
    state.after(state.action_delay, Job::IssueCredential { acs_credential_id: id.clone() });
}

/// Issues a credential in its current state, and its access method with it.
pub(crate) fn issue(state: &mut State, id: &Id<AcsCredential>) {
    let now = state.now_string();
    let number = state.new_digits(10);
    let Some(row) = state.get_mut(id) else { return };
    let was_issued = flag(row, "is_issued");
    set(row, "is_issued", true);
    if !was_issued {
        set(row, "issued_at", now.as_str());
    }
    set(row, "is_latest_desired_state_synced_with_provider", true);
    set(row, "latest_desired_state_synced_with_provider_at", now);
    drop_warnings(row, &["waiting_to_be_issued", "needs_to_be_reissued"]);
    if string(row, "access_method") == Some("card") && string(row, "card_number").is_none() {
        set(row, "card_number", number.as_str());
        if let Some(Value::Object(metadata)) = row.get_mut("visionline_metadata") {
            set(metadata, "card_id", number);
        }
    }
    let workspace = workspace_of(row);
    let method = Id::in_field(row, "_access_method_id");
    let event_type = if was_issued { "acs_credential.reissued" } else { "acs_credential.issued" };
    state.emit(event_type, &workspace, object(json!({ "acs_credential_id": id })));
    if let Some(access_method_id) = method {
        state.run(Job::IssueAccessMethod { access_method_id });
    }
}

/// Removes the warnings with these codes.
fn drop_warnings(credential: &mut Object, codes: &[&str]) {
    if let Some(Value::Array(warnings)) = credential.get_mut("warnings") {
        warnings.retain(|warning| !codes.iter().any(|code| warning.get("warning_code") == Some(&Value::from(*code))));
    }
}

/// Schedules the end of a credential.
fn schedule_end(state: &mut State, id: &Id<AcsCredential>) {
    let Some(end) = state.get(id).and_then(|row| time(row, "ends_at")) else { return };
    state.at(end, Job::CredentialEnds { acs_credential_id: id.clone() });
}

/// Invalidates a credential whose time has ended.
pub(crate) fn end_credential(state: &mut State, id: &Id<AcsCredential>) {
    let now = state.now();
    let Some(row) = state.get_mut(id) else { return };
    // A later end has its own job.
    if !flag(row, "_is_over") && time(row, "ends_at").is_some_and(|end| end <= now) {
        set(row, "_is_over", true);
        if let Some(Value::Object(metadata)) = row.get_mut("visionline_metadata") {
            set(metadata, "is_valid", false);
        }
        let workspace = workspace_of(row);
        state.emit("acs_credential.invalidated", &workspace, object(json!({ "acs_credential_id": id })));
    }
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<AcsCredential>();
    let row = call.find(state, &id)?;
    let mut changes = Object::new();
    if let Some(code) = call.string("code") {
        if string(row, "access_method") != Some("code") {
            return Err(invalid("code", "The credential is not a PIN"));
        }
        let is_taken = state.rows::<AcsCredential>().any(|other| {
            !id.is_in(other)
                && string(other, "acs_system_id") == string(row, "acs_system_id")
                && string(other, "code") == Some(code)
        });
        if is_taken {
            return Err(invalid("code", "Another user of the access system has this code"));
        }
        set(&mut changes, "code", code);
    }
    if let Some(ends_at) = call.time("ends_at")? {
        if time(row, "starts_at").is_some_and(|starts_at| ends_at <= starts_at) {
            return Err(invalid("ends_at", "The end must be after the start"));
        }
        set(&mut changes, "ends_at", format_time(ends_at));
    }
    apply(state, &id, changes);
    call.answer_with(state, "acs_credential", &id)
}

/// Sets the times of a credential.
pub(crate) fn set_times(state: &mut State, id: &Id<AcsCredential>, starts_at: Value, ends_at: Value) {
    apply(state, id, object(json!({ "starts_at": starts_at, "ends_at": ends_at })));
}

/// Changes a credential. The access system applies the change; a card must be encoded again.
fn apply(state: &mut State, id: &Id<AcsCredential>, changes: Object) {
    let now = state.now();
    let now_string = state.now_string();
    let Some(row) = state.get_mut(id) else { return };
    row.extend(changes);
    // The field is absent if there is no end.
    row.retain(|name, value| name != "ends_at" || !value.is_null());
    if time(row, "ends_at").is_none_or(|end| end > now) {
        row.remove("_is_over");
        if let Some(Value::Object(metadata)) = row.get_mut("visionline_metadata") {
            set(metadata, "is_valid", true);
        }
    }
    let is_issued = flag(row, "is_issued");
    set(row, "is_latest_desired_state_synced_with_provider", false);
    if is_issued && string(row, "access_method") == Some("card") {
        drop_warnings(row, &["needs_to_be_reissued"]);
        let message = "The card must be encoded again";
        let warning = json!({ "warning_code": "needs_to_be_reissued", "message": message, "created_at": now_string });
        push(row, "warnings", warning);
    } else if is_issued {
        issue_later(state, id);
    }
    schedule_end(state, id);
}

/// Deletes a credential.
pub(crate) fn delete(state: &mut State, id: &Id<AcsCredential>) {
    let Some(row) = state.remove(id) else { return };
    let event = json!({
        "acs_credential_id": id, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_credential.deleted", &workspace_of(&row), object(event));
}

/// Assigns a credential to a user.
pub(crate) fn assign_to(state: &mut State, id: &Id<AcsCredential>, user: &Id<AcsUser>) {
    let identity = state.get(user).and_then(Id::<UserIdentity>::of);
    let Some(row) = state.get_mut(id) else { return };
    set(row, "acs_user_id", user);
    row.remove("user_identity_id");
    if let Some(identity) = identity {
        set(row, "user_identity_id", identity);
    }
}

fn assign(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<AcsCredential>();
    let row = call.find(state, &id)?;
    let system = Id::<AcsSystem>::of(row).unwrap_or_default();
    let old = Id::<AcsUser>::of(row);
    let user = find_or_add_user(state, call, &system)?;
    assign_to(state, &id, &user);
    if old.as_ref() != Some(&user) {
        add_assignment_mutation(state, &user, Value::Null, Value::from(&id));
        if let Some(old) = old {
            add_assignment_mutation(state, &old, Value::from(&id), Value::Null);
        }
    }
    call.answer_with(state, "acs_credential", &id)
}

/// Adds a pending mutation to a user whose credential changes.
fn add_assignment_mutation(state: &mut State, user: &Id<AcsUser>, from: Value, to: Value) {
    let change = json!({ "from": { "acs_credential_id": from }, "to": { "acs_credential_id": to } });
    let message = "The access system has not applied the assignment yet";
    state.add_mutation(user, "updating_credential_assignment", message, change);
}

fn unassign(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<AcsCredential>();
    let row = call.find(state, &id)?;
    let holder = Id::<AcsUser>::of(row);
    if call.given_id::<AcsUser>().is_some() || call.given_id::<UserIdentity>().is_some() {
        let user = find_user(state, call, Id::of(row).as_ref())?;
        if holder.as_ref().is_some_and(|holder| *holder != user) {
            return Err(invalid("acs_user_id", "The credential belongs to another user"));
        }
    }
    if let Some(row) = state.get_mut(&id) {
        row.remove("acs_user_id");
        row.remove("user_identity_id");
    }
    if let Some(holder) = holder {
        add_assignment_mutation(state, &holder, Value::from(&id), Value::Null);
    }
    call.answer_with(state, "acs_credential", &id)
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let id = call.id::<AcsCredential>();
    let entrances = entrances_of_credential(state, call.find(state, &id)?);
    pages::all(state, call, AcsEntrance::TABLE, |row| entrances.iter().any(|entrance| entrance.is_in(row)))
}
