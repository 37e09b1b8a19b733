//! Memberships of users in access groups.

use seam_core::test_util::ApiFault;
use serde_json::json;

use crate::{
    call::{Call, invalid},
    json::{Object, add_string, has_string, remove_string, string},
    state::State,
    tables::{AcsAccessGroup, AcsUser, Id},
};

/// Checks that a user and a group exist and belong to the same access system.
pub(crate) fn check(
    state: &State,
    call: &Call,
    group: &Id<AcsAccessGroup>,
    user: &Id<AcsUser>,
) -> Result<(), ApiFault> {
    let system = string(call.find(state, group)?, "acs_system_id");
    if string(call.find(state, user)?, "acs_system_id") != system {
        return Err(invalid("acs_access_group_id", "The group and the user belong to different access systems"));
    }
    Ok(())
}

/// Adds a user to a group, unless it is already a member.
pub(crate) fn add_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if has_string(row, "_acs_access_group_ids", group) {
        return;
    }
    add_string(row, "_acs_access_group_ids", group);
    add_mutations(state, group, user, true);
}

/// Removes a user from a group, if it is a member.
pub(crate) fn remove_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if !has_string(row, "_acs_access_group_ids", group) {
        return;
    }
    remove_string(row, "_acs_access_group_ids", group);
    add_mutations(state, group, user, false);
}

/// Adds pending mutations to the user and to the group.
fn add_mutations(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>, is_new: bool) {
    let change = |name: &str, id: &str| {
        let (with, without) = (json!({ name: id }), json!({ name: null }));
        if is_new { json!({ "from": without, "to": with }) } else { json!({ "from": with, "to": without }) }
    };
    let message = "The access system has not applied the membership yet";
    let of_user = change("acs_access_group_id", group);
    state.add_mutation(user, "updating_group_membership", message, of_user);
    let of_group = change("acs_user_id", user);
    state.add_mutation(group, "updating_user_membership", message, of_group);
}

/// Whether a user is a member of a group.
pub(crate) fn is_member(user: &Object, group: &Id<AcsAccessGroup>) -> bool {
    has_string(user, "_acs_access_group_ids", group)
}

/// Returns the access groups of a user.
pub(crate) fn groups_of(state: &State, user: &Object) -> Vec<Id<AcsAccessGroup>> {
    let mut groups = Id::in_list(user, "_acs_access_group_ids");
    groups.retain(|group| state.get(group).is_some());
    groups
}
