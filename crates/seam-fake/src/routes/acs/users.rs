//! The users of access systems.

use serde_json::{Value, json};

use super::{
    all_entrances_of_user, credentials, find_user,
    groups::{add_member, remove_member},
    set_type,
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    routes::common,
    state::{
        ACS_ACCESS_GROUPS, ACS_CREDENTIALS, ACS_ENTRANCES, ACS_SYSTEMS, ACS_USERS, Object, State, USER_IDENTITIES,
        add_text, collect_object, flag, object, remove_text, set, text, texts,
    },
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/users/create" => create,
        "/acs/users/get" => get,
        "/acs/users/update" => update,
        "/acs/users/delete" => |state, call| {
            let user = find_user(state, call, None)?;
            delete(state, &user);
            common::done()
        },
        "/acs/users/suspend" => |state, call| suspend(state, call, true),
        "/acs/users/unsuspend" => |state, call| suspend(state, call, false),
        "/acs/users/add_to_access_group" => add_to_access_group,
        "/acs/users/remove_from_access_group" => remove_from_access_group,
        "/acs/users/list_accessible_entrances" => list_accessible_entrances,
        "/acs/users/revoke_access_to_all_entrances" => revoke_access_to_all_entrances,
        _ => return None,
    })
}

/// The user that a person is in an access system; in any, if none is named.
pub(crate) fn of_identity(state: &State, identity: &str, system: Option<&str>) -> Option<String> {
    let is_meant = |user: &&Object| {
        text(user, "user_identity_id") == Some(identity)
            && system.is_none_or(|system| text(user, "acs_system_id") == Some(system))
    };
    state.rows(ACS_USERS).find(is_meant).and_then(|user| text(user, "acs_user_id")).map(str::to_owned)
}

/// The user that a person is in an access system. One that is nobody's and has the person's email address becomes the
/// person's; if there is none, the person becomes a new user.
pub(crate) fn of_identity_or_new(state: &mut State, identity: &str, system: &str) -> String {
    if let Some(user) = of_identity(state, identity, Some(system)) {
        return user;
    }
    let person = state.get(USER_IDENTITIES, identity).cloned().unwrap_or_default();
    let email = text(&person, "email_address");
    let same = state.rows(ACS_USERS).find(|user| {
        text(user, "acs_system_id") == Some(system)
            && text(user, "user_identity_id").is_none()
            && email.is_some()
            && text(user, "email_address") == email
    });
    if let Some(user) = same.and_then(|user| text(user, "acs_user_id")).map(str::to_owned) {
        link(state, &user, identity);
        return user;
    }
    let mut user = object(json!({
        "full_name": text(&person, "full_name").or_else(|| text(&person, "display_name")).unwrap_or_default(),
    }));
    for name in ["email_address", "phone_number"] {
        if let Some(value) = text(&person, name) {
            set(&mut user, name, value);
        }
    }
    add(state, system, Some(identity), user)
}

/// Puts a user into an access system.
fn add(state: &mut State, system: &str, identity: Option<&str>, user: Object) -> String {
    let owner = state.get(ACS_SYSTEMS, system).cloned().unwrap_or_default();
    let mut row = object(json!({
        "acs_system_id": system, "workspace_id": owner.get("workspace_id"), "is_managed": true, "is_suspended": false,
        "connected_account_id": owner.get("connected_account_id"), "display_name": user.get("full_name"),
    }));
    set_type(state, ACS_USERS, &mut row);
    row.extend(user);
    say_email_twice(&mut row);
    let workspace = text(&row, "workspace_id").unwrap_or_default().to_owned();
    let id = state.insert(ACS_USERS, row);
    if let Some(identity) = identity {
        link(state, &id, identity);
    }
    state.note_mutation(ACS_USERS, &id, "creating", "The access system does not have the user yet", json!({}));
    state.emit("acs_user.created", &workspace, object(json!({ "acs_user_id": id })));
    id
}

/// `email` is the old name of `email_address`.
fn say_email_twice(user: &mut Object) {
    if let Some(email) = user.get("email_address").cloned() {
        user.insert("email".to_owned(), email);
    }
}

/// Says that a user is this person, and no other.
pub(crate) fn link(state: &mut State, user: &str, identity: &str) {
    unlink(state, user);
    let person = state.get(USER_IDENTITIES, identity).cloned().unwrap_or_default();
    if let Some(row) = state.get_mut(ACS_USERS, user) {
        set(row, "user_identity_id", identity);
        for name in ["email_address", "full_name", "phone_number"] {
            set(row, &format!("user_identity_{name}"), person.get(name).cloned().unwrap_or_default());
        }
    }
    if let Some(person) = state.get_mut(USER_IDENTITIES, identity) {
        add_text(person, "acs_user_ids", user);
    }
    for credential in state.rows_mut(ACS_CREDENTIALS).filter(|row| text(row, "acs_user_id") == Some(user)) {
        set(credential, "user_identity_id", identity);
    }
}

/// Says that a user is nobody in particular.
pub(crate) fn unlink(state: &mut State, user: &str) {
    let names = ["id", "email_address", "full_name", "phone_number"].map(|name| format!("user_identity_{name}"));
    if let Some(row) = state.get_mut(ACS_USERS, user) {
        row.retain(|name, _| !names.contains(name));
    }
    for person in state.rows_mut(USER_IDENTITIES) {
        remove_text(person, "acs_user_ids", user);
    }
    for credential in state.rows_mut(ACS_CREDENTIALS).filter(|row| text(row, "acs_user_id") == Some(user)) {
        credential.remove("user_identity_id");
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let system = call.text("acs_system_id").unwrap_or_default();
    common::find(state, call, ACS_SYSTEMS, system)?;
    if let Some(identity) = call.text("user_identity_id") {
        common::find(state, call, USER_IDENTITIES, identity)?;
    }
    let groups: Vec<&str> = texts(&call.parameters, "acs_access_group_ids").collect();
    for group in &groups {
        if text(common::find(state, call, ACS_ACCESS_GROUPS, group)?, "acs_system_id") != Some(system) {
            return Err(invalid("acs_access_group_ids", "The group belongs to another access system"));
        }
    }
    if call.text("full_name").is_none_or(str::is_empty) {
        return Err(ApiFault::new(400, "full_name_required", "A user of an access system has to have a full_name"));
    }
    let mut user = details(call);
    if let Some(schedule) = schedule(state, call)? {
        set(&mut user, "access_schedule", schedule);
    }
    let id = add(state, system, call.text("user_identity_id"), user);
    for group in groups {
        add_member(state, group, &id);
    }
    call.answer_with(state, "acs_user", ACS_USERS, &id)
}

/// What the parameters say about the person.
fn details(call: &Call) -> Object {
    let mut details = Object::new();
    for name in ["full_name", "phone_number", "hid_acs_system_id"] {
        if let Some(value) = call.text(name) {
            set(&mut details, name, value);
        }
    }
    if let Some(email) = call.text("email_address").or_else(|| call.text("email")) {
        set(&mut details, "email_address", email);
    }
    details
}

/// The access schedule that the parameters ask for: from now on, unless they say since when.
fn schedule(state: &State, call: &Call) -> Result<Option<Value>, ApiFault> {
    let Some(Value::Object(schedule)) = call.parameters.get("access_schedule") else { return Ok(None) };
    let now = state.now_text();
    let (starts_at, ends_at) = (text(schedule, "starts_at").unwrap_or(&now), text(schedule, "ends_at"));
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    if ends_at.is_some_and(|ends_at| read(ends_at) <= read(starts_at)) {
        return Err(invalid("access_schedule", "The end has to be after the start"));
    }
    Ok(Some(json!({ "starts_at": starts_at, "ends_at": ends_at })))
}

fn get(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    call.answer_with(state, "acs_user", ACS_USERS, &user)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let details = details(call);
    let schedule = schedule(state, call)?;
    let old = state.get(ACS_USERS, &user).cloned().unwrap_or_default();
    let drops_schedule = call.parameters.get("access_schedule").is_some_and(Value::is_null);
    if let Some(row) = state.get_mut(ACS_USERS, &user) {
        row.extend(details.clone());
        if let Some(name) = text(&details, "full_name") {
            set(row, "display_name", name);
        }
        say_email_twice(row);
        match &schedule {
            Some(schedule) => set(row, "access_schedule", schedule.clone()),
            None if drops_schedule => {
                row.remove("access_schedule");
            }
            None => {}
        }
    }
    if !details.is_empty() {
        let of = |row: &Object| -> Object {
            let names = details.keys().filter(|name| *name != "hid_acs_system_id");
            collect_object(&mut names.map(|name| (name.clone(), row.get(name).cloned().unwrap_or_default())))
        };
        let change = json!({ "from": of(&old), "to": of(&details) });
        let message = "The access system does not have the new details yet";
        state.note_mutation(ACS_USERS, &user, "updating_user_information", message, change);
    }
    if schedule.is_some() || drops_schedule {
        let always = || json!({ "starts_at": null, "ends_at": null });
        let from = old.get("access_schedule").cloned().unwrap_or_else(always);
        let change = json!({ "from": from, "to": schedule.unwrap_or_else(always) });
        let message = "The access system does not have the new schedule yet";
        state.note_mutation(ACS_USERS, &user, "updating_access_schedule", message, change);
    }
    common::done()
}

/// Takes a user out of its access system, with its credentials.
pub(crate) fn delete(state: &mut State, user: &str) {
    for credential in state.ids_where(ACS_CREDENTIALS, |row| text(row, "acs_user_id") == Some(user)) {
        credentials::delete(state, &credential);
    }
    unlink(state, user);
    let Some(row) = state.remove(ACS_USERS, user) else { return };
    let event = json!({
        "acs_user_id": user, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_user.deleted", text(&row, "workspace_id").unwrap_or_default(), object(event));
}

fn suspend(state: &mut State, call: &Call, is_suspended: bool) -> Answer {
    let user = find_user(state, call, None)?;
    let Some(row) = state.get_mut(ACS_USERS, &user) else { return common::done() };
    let was_suspended = flag(row, "is_suspended");
    set(row, "is_suspended", is_suspended);
    if was_suspended != is_suspended {
        let change = json!({ "from": { "is_suspended": was_suspended }, "to": { "is_suspended": is_suspended } });
        let message = "The access system does not know yet whether the user is suspended";
        state.note_mutation(ACS_USERS, &user, "updating_suspension_state", message, change);
    }
    common::done()
}

fn add_to_access_group(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let group = call.text("acs_access_group_id").unwrap_or_default();
    super::groups::check(state, call, group, &user)?;
    add_member(state, group, &user);
    common::done()
}

fn remove_from_access_group(state: &mut State, call: &Call) -> Answer {
    let group = call.text("acs_access_group_id").unwrap_or_default();
    let system = text(common::find(state, call, ACS_ACCESS_GROUPS, group)?, "acs_system_id");
    let user = find_user(state, call, system)?;
    remove_member(state, group, &user);
    common::done()
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let entrances = all_entrances_of_user(state, &user);
    let is_accessible =
        |row: &Object| text(row, "acs_entrance_id").is_some_and(|id| entrances.iter().any(|other| other == id));
    common::all(state, call, ACS_ENTRANCES, is_accessible)
}

/// Nothing lets the user in any more: neither its groups nor its credentials.
fn revoke_access_to_all_entrances(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let groups = state.get(ACS_USERS, &user).map(|row| super::groups_of(state, row)).unwrap_or_default();
    for group in groups {
        remove_member(state, &group, &user);
    }
    if let Some(row) = state.get_mut(ACS_USERS, &user) {
        set(row, "_acs_entrance_ids", json!([]));
    }
    for credential in state.rows_mut(ACS_CREDENTIALS).filter(|row| text(row, "acs_user_id") == Some(&user)) {
        set(credential, "_acs_entrance_ids", json!([]));
    }
    common::done()
}
