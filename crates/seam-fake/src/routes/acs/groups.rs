//! Access groups: users who may use the same entrances.

use serde_json::json;

use super::find_user;
use crate::{
    call::{Answer, Call, Handler, invalid},
    routes::common,
    state::{
        ACS_ACCESS_GROUPS, ACS_ENTRANCES, ACS_USERS, Object, State, USER_IDENTITIES, add_text, has_text, object,
        remove_text, text, texts,
    },
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
fn find(state: &State, call: &Call) -> Result<(String, Object), ApiFault> {
    let id = call.text("acs_access_group_id").unwrap_or_default();
    Ok((id.to_owned(), common::find(state, call, ACS_ACCESS_GROUPS, id)?.clone()))
}

/// Whether a user can be in a group: both have to be there, and in the same access system.
pub(crate) fn check(state: &State, call: &Call, group: &str, user: &str) -> Result<(), ApiFault> {
    let system = text(common::find(state, call, ACS_ACCESS_GROUPS, group)?, "acs_system_id");
    if text(common::find(state, call, ACS_USERS, user)?, "acs_system_id") != system {
        return Err(invalid("acs_access_group_id", "The group belongs to another access system than the user"));
    }
    Ok(())
}

/// Puts a user into a group, in which it may be already.
pub(crate) fn add_member(state: &mut State, group: &str, user: &str) {
    let Some(row) = state.get_mut(ACS_USERS, user) else { return };
    if has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    add_text(row, "_acs_access_group_ids", group);
    note_membership(state, group, user, true);
}

/// Takes a user out of a group, in which it may not be.
pub(crate) fn remove_member(state: &mut State, group: &str, user: &str) {
    let Some(row) = state.get_mut(ACS_USERS, user) else { return };
    if !has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    remove_text(row, "_acs_access_group_ids", group);
    note_membership(state, group, user, false);
}

/// Notes at the user and at the group that the access system does not know of a change yet.
fn note_membership(state: &mut State, group: &str, user: &str, is_new: bool) {
    let change = |name: &str, id: &str| {
        let (with, without) = (json!({ name: id }), json!({ name: null }));
        if is_new { json!({ "from": without, "to": with }) } else { json!({ "from": with, "to": without }) }
    };
    let message = "The access system does not know yet who is in the group";
    let of_user = change("acs_access_group_id", group);
    state.note_mutation(ACS_USERS, user, "updating_group_membership", message, of_user);
    let of_group = change("acs_user_id", user);
    state.note_mutation(ACS_ACCESS_GROUPS, group, "updating_user_membership", message, of_group);
}

fn is_member(user: &Object, group: &str) -> bool {
    has_text(user, "_acs_access_group_ids", group)
}

fn add_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = super::find_or_add_user(state, call, text(&row, "acs_system_id").unwrap_or_default())?;
    add_member(state, &group, &user);
    common::done()
}

fn remove_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = find_user(state, call, text(&row, "acs_system_id"))?;
    remove_member(state, &group, &user);
    common::done()
}

fn list(state: &mut State, call: &Call) -> Answer {
    let mut users = None;
    if let Some(user) = call.text("acs_user_id") {
        common::find(state, call, ACS_USERS, user)?;
        users = Some(vec![user.to_owned()]);
    } else if let Some(identity) = call.text("user_identity_id") {
        common::find(state, call, USER_IDENTITIES, identity)?;
        users = Some(state.ids_where(ACS_USERS, |user| text(user, "user_identity_id") == Some(identity)));
    }
    let groups: Option<Vec<String>> = users.map(|users| {
        let users = users.iter().filter_map(|user| state.get(ACS_USERS, user));
        users.flat_map(|user| super::groups_of(state, user)).collect()
    });
    common::page_ignoring(state, call, ACS_ACCESS_GROUPS, &["acs_user_id", "user_identity_id"], |row| {
        let id = text(row, "acs_access_group_id").unwrap_or_default();
        groups.as_ref().is_none_or(|groups| groups.iter().any(|group| group == id))
    })
}

fn list_users(state: &mut State, call: &Call) -> Answer {
    let (group, _) = find(state, call)?;
    common::all(state, call, ACS_USERS, |user| is_member(user, &group))
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let (_, row) = find(state, call)?;
    common::all(state, call, ACS_ENTRANCES, |entrance| {
        texts(&row, "_acs_entrance_ids").any(|id| text(entrance, "acs_entrance_id") == Some(id))
    })
}

/// Deletes a group. Its users stay, but may no longer use what only the group let them use.
fn delete(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    for user in state.rows_mut(ACS_USERS) {
        remove_text(user, "_acs_access_group_ids", &group);
    }
    state.remove(ACS_ACCESS_GROUPS, &group);
    let event = json!({
        "acs_access_group_id": group, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_access_group.deleted", call.workspace(), object(event));
    common::done()
}
