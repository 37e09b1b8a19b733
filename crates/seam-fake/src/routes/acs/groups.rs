//! Access groups: users who may use the same entrances.

use serde_json::json;

use super::find_user;
use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, add_text, has_text, object, remove_text, text},
    routes::common,
    state::State,
    tables::{AcsAccessGroup, AcsEntrance, AcsSystem, AcsUser, Id, Resource, UserIdentity},
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/acs/access_groups/add_user" => add_user,
        "/acs/access_groups/remove_user" => remove_user,
        "/acs/access_groups/list" => list,
        "/acs/access_groups/list_users" => list_users,
        "/acs/access_groups/list_accessible_entrances" => list_accessible_entrances,
        "/acs/access_groups/delete" => delete,
        _ => return None,
    })
}

/// The group that a call names.
fn find(state: &State, call: &Call) -> Result<(Id<AcsAccessGroup>, Object), ApiFault> {
    let id = call.id();
    let row = call.find(state, &id)?.clone();
    Ok((id, row))
}

/// Whether a user can be in a group: both have to be there, and in the same access system.
pub(crate) fn check(
    state: &State,
    call: &Call,
    group: &Id<AcsAccessGroup>,
    user: &Id<AcsUser>,
) -> Result<(), ApiFault> {
    let system = text(call.find(state, group)?, "acs_system_id");
    if text(call.find(state, user)?, "acs_system_id") != system {
        return Err(invalid("acs_access_group_id", "The group belongs to another access system than the user"));
    }
    Ok(())
}

/// Puts a user into a group, in which it may be already.
pub(crate) fn add_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    add_text(row, "_acs_access_group_ids", group);
    note_membership(state, group, user, true);
}

/// Takes a user out of a group, in which it may not be.
pub(crate) fn remove_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if !has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    remove_text(row, "_acs_access_group_ids", group);
    note_membership(state, group, user, false);
}

/// Notes at the user and at the group that the access system does not know of a change yet.
fn note_membership(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>, is_new: bool) {
    let change = |name: &str, id: &str| {
        let (with, without) = (json!({ name: id }), json!({ name: null }));
        if is_new { json!({ "from": without, "to": with }) } else { json!({ "from": with, "to": without }) }
    };
    let message = "The access system does not know yet who is in the group";
    let of_user = change("acs_access_group_id", group);
    state.add_mutation(user, "updating_group_membership", message, of_user);
    let of_group = change("acs_user_id", user);
    state.add_mutation(group, "updating_user_membership", message, of_group);
}

fn is_member(user: &Object, group: &Id<AcsAccessGroup>) -> bool {
    has_text(user, "_acs_access_group_ids", group)
}

fn add_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = super::find_or_add_user(state, call, &Id::<AcsSystem>::of(&row).unwrap_or_default())?;
    add_member(state, &group, &user);
    common::done()
}

fn remove_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = find_user(state, call, Id::of(&row).as_ref())?;
    remove_member(state, &group, &user);
    common::done()
}

fn list(state: &mut State, call: &Call) -> Answer {
    let mut users = None;
    if let Some(user) = call.given_id::<AcsUser>() {
        call.find(state, &user)?;
        users = Some(vec![user]);
    } else if let Some(identity) = call.given_id::<UserIdentity>() {
        call.find(state, &identity)?;
        users = Some(state.ids_where::<AcsUser>(|user| identity.is_in(user)));
    }
    let groups: Option<Vec<Id<AcsAccessGroup>>> = users.map(|users| {
        let users = users.iter().filter_map(|user| state.get(user));
        users.flat_map(|user| super::groups_of(state, user)).collect()
    });
    common::page_ignoring(state, call, AcsAccessGroup::TABLE, &["acs_user_id", "user_identity_id"], |row| {
        groups.as_ref().is_none_or(|groups| groups.iter().any(|group| group.is_in(row)))
    })
}

fn list_users(state: &mut State, call: &Call) -> Answer {
    let (group, _) = find(state, call)?;
    common::all(state, call, AcsUser::TABLE, |user| is_member(user, &group))
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let (_, row) = find(state, call)?;
    common::all(state, call, AcsEntrance::TABLE, |entrance| {
        Id::<AcsEntrance>::of(entrance).is_some_and(|id| has_text(&row, "_acs_entrance_ids", &id))
    })
}

/// Deletes a group. Its users stay, but may no longer use what only the group let them use.
fn delete(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    for user in state.rows_mut::<AcsUser>() {
        remove_text(user, "_acs_access_group_ids", &group);
    }
    state.remove(&group);
    let event = json!({
        "acs_access_group_id": group, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_access_group.deleted", &call.workspace(), object(event));
    common::done()
}
