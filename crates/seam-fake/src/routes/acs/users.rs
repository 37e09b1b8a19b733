//! The users of access systems.

use serde_json::{Value, json};

use super::{
    access::all_entrances_of_user,
    credentials,
    membership::{self, add_member, groups_of, remove_member},
    user_records::{add, check_only_user, copy_email, find_user, unlink},
};
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, collect_object, flag, object, set, string},
    routes::{generic, pages},
    state::State,
    tables::{
        AcsAccessGroup, AcsCredential, AcsEntrance, AcsSystem, AcsUser, Id, Resource, UserIdentity, workspace_of,
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
            generic::done()
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

fn create(state: &mut State, call: &Call) -> Answer {
    let system = call.id::<AcsSystem>();
    call.find(state, &system)?;
    if let Some(identity) = call.given_id::<UserIdentity>() {
        call.find(state, &identity)?;
        check_only_user(state, &identity, &system, None)?;
    }
    let groups = Id::<AcsAccessGroup>::in_list(&call.parameters, "acs_access_group_ids");
    for group in &groups {
        if !system.is_in(call.find(state, group)?) {
            return Err(invalid("acs_access_group_ids", "The group belongs to another access system"));
        }
    }
    if call.string("full_name").is_none_or(str::is_empty) {
        return Err(ApiFault::new(400, "full_name_required", "A user of an access system must have a full_name"));
    }
    let mut user = details(call);
    if let Some(schedule) = schedule(state, call)? {
        set(&mut user, "access_schedule", schedule);
    }
    let id = add(state, &system, call.given_id().as_ref(), user);
    for group in groups {
        add_member(state, &group, &id);
    }
    call.answer_with(state, "acs_user", &id)
}

/// Returns the personal details in the parameters.
fn details(call: &Call) -> Object {
    let mut details = Object::new();
    for name in ["full_name", "phone_number", "hid_acs_system_id"] {
        if let Some(value) = call.string(name) {
            set(&mut details, name, value);
        }
    }
    if let Some(email) = call.string("email_address").or_else(|| call.string("email")) {
        set(&mut details, "email_address", email);
    }
    details
}

/// Returns the access schedule in the parameters; without a start, it starts now.
fn schedule(state: &State, call: &Call) -> Result<Option<Value>, ApiFault> {
    let Some(Value::Object(schedule)) = call.parameters.get("access_schedule") else { return Ok(None) };
    let now = state.now_string();
    let (starts_at, ends_at) = (string(schedule, "starts_at").unwrap_or(&now), string(schedule, "ends_at"));
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    if ends_at.is_some_and(|ends_at| read(ends_at) <= read(starts_at)) {
        return Err(invalid("access_schedule", "The end must be after the start"));
    }
    Ok(Some(json!({ "starts_at": starts_at, "ends_at": ends_at })))
}

fn get(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    call.answer_with(state, "acs_user", &user)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let details = details(call);
    let schedule = schedule(state, call)?;
    let old = state.get(&user).cloned().unwrap_or_default();
    let drops_schedule = call.parameters.get("access_schedule").is_some_and(Value::is_null);
    if let Some(row) = state.get_mut(&user) {
        row.extend(details.clone());
        if let Some(name) = string(&details, "full_name") {
            set(row, "display_name", name);
        }
        copy_email(row);
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
        let message = "The access system has not applied the new details yet";
        state.add_mutation(&user, "updating_user_information", message, change);
    }
    if schedule.is_some() || drops_schedule {
        let always = || json!({ "starts_at": null, "ends_at": null });
        let from = old.get("access_schedule").cloned().unwrap_or_else(always);
        let change = json!({ "from": from, "to": schedule.unwrap_or_else(always) });
        let message = "The access system has not applied the new schedule yet";
        state.add_mutation(&user, "updating_access_schedule", message, change);
    }
    generic::done()
}

/// Deletes a user and its credentials.
pub(crate) fn delete(state: &mut State, user: &Id<AcsUser>) {
    for credential in state.ids_where::<AcsCredential>(|row| user.is_in(row)) {
        credentials::delete(state, &credential);
    }
    unlink(state, user);
    let Some(row) = state.remove(user) else { return };
    let event = json!({
        "acs_user_id": user, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_user.deleted", &workspace_of(&row), object(event));
}

fn suspend(state: &mut State, call: &Call, is_suspended: bool) -> Answer {
    let user = find_user(state, call, None)?;
    let Some(row) = state.get_mut(&user) else { return generic::done() };
    let was_suspended = flag(row, "is_suspended");
    set(row, "is_suspended", is_suspended);
    if was_suspended != is_suspended {
        let change = json!({ "from": { "is_suspended": was_suspended }, "to": { "is_suspended": is_suspended } });
        let message = "The access system has not applied the suspension yet";
        state.add_mutation(&user, "updating_suspension_state", message, change);
    }
    generic::done()
}

fn add_to_access_group(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let group = call.id::<AcsAccessGroup>();
    membership::check(state, call, &group, &user)?;
    add_member(state, &group, &user);
    generic::done()
}

fn remove_from_access_group(state: &mut State, call: &Call) -> Answer {
    let group = call.id::<AcsAccessGroup>();
    let system = Id::of(call.find(state, &group)?);
    let user = find_user(state, call, system.as_ref())?;
    remove_member(state, &group, &user);
    generic::done()
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let entrances = all_entrances_of_user(state, &user);
    let is_accessible = |row: &Object| entrances.iter().any(|entrance| entrance.is_in(row));
    pages::all(state, call, AcsEntrance::TABLE, is_accessible)
}

/// Removes all access of a user: through groups, direct, and by credentials.
fn revoke_access_to_all_entrances(state: &mut State, call: &Call) -> Answer {
    let user = find_user(state, call, None)?;
    let groups = state.get(&user).map(|row| groups_of(state, row)).unwrap_or_default();
    for group in groups {
        remove_member(state, &group, &user);
    }
    if let Some(row) = state.get_mut(&user) {
        set(row, "_acs_entrance_ids", json!([]));
    }
    for credential in state.rows_mut::<AcsCredential>(|row| user.is_in(row)) {
        set(credential, "_acs_entrance_ids", json!([]));
    }
    generic::done()
}
