//! Access groups: users with access to the same entrances.

use serde_json::json;

use super::{
    membership::{add_member, groups_of, is_member, remove_member},
    user_records::{find_or_add_user, find_user},
};
use crate::{
    call::{Answer, Call, Handler},
    json::{Object, has_string, object, remove_string},
    routes::{generic, pages},
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

/// Returns the group of a call.
fn find(state: &State, call: &Call) -> Result<(Id<AcsAccessGroup>, Object), ApiFault> {
    let id = call.id();
    let row = call.find(state, &id)?.clone();
    Ok((id, row))
}

fn add_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = find_or_add_user(state, call, &Id::<AcsSystem>::of(&row).unwrap_or_default())?;
    add_member(state, &group, &user);
    generic::done()
}

fn remove_user(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    let user = find_user(state, call, Id::of(&row).as_ref())?;
    remove_member(state, &group, &user);
    generic::done()
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
        users.flat_map(|user| groups_of(state, user)).collect()
    });
    pages::page_ignoring(state, call, AcsAccessGroup::TABLE, &["acs_user_id", "user_identity_id"], |row| {
        groups.as_ref().is_none_or(|groups| groups.iter().any(|group| group.is_in(row)))
    })
}

fn list_users(state: &mut State, call: &Call) -> Answer {
    let (group, _) = find(state, call)?;
    pages::all(state, call, AcsUser::TABLE, |user| is_member(user, &group))
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let (_, row) = find(state, call)?;
    pages::all(state, call, AcsEntrance::TABLE, |entrance| {
        Id::<AcsEntrance>::of(entrance).is_some_and(|id| has_string(&row, "_acs_entrance_ids", &id))
    })
}

/// Deletes a group. Its users are kept, without the access through the group.
fn delete(state: &mut State, call: &Call) -> Answer {
    let (group, row) = find(state, call)?;
    for user in state.rows_mut::<AcsUser>(|user| has_string(user, "_acs_access_group_ids", &group)) {
        remove_string(user, "_acs_access_group_ids", &group);
    }
    state.remove(&group);
    let event = json!({
        "acs_access_group_id": group, "acs_system_id": row.get("acs_system_id"),
        "connected_account_id": row.get("connected_account_id"),
    });
    state.emit("acs_access_group.deleted", &call.workspace(), object(event));
    generic::done()
}
