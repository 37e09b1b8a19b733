//! Membership: which users of access systems are in which access groups.

use seam_core::test_util::ApiFault;
use serde_json::json;

use crate::{
    call::{Call, invalid},
    json::{Object, add_text, has_text, remove_text, text},
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
    let system = text(call.find(state, group)?, "acs_system_id");
    if text(call.find(state, user)?, "acs_system_id") != system {
        return Err(invalid("acs_access_group_id", "The group belongs to another access system than the user"));
    }
    Ok(())
}

/// Adds a user to a group; does nothing if it is a member.
pub(crate) fn add_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    add_text(row, "_acs_access_group_ids", group);
    add_mutations(state, group, user, true);
}

/// Removes a user from a group; does nothing if it is no member.
pub(crate) fn remove_member(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>) {
    let Some(row) = state.get_mut(user) else { return };
    if !has_text(row, "_acs_access_group_ids", group) {
        return;
    }
    remove_text(row, "_acs_access_group_ids", group);
    add_mutations(state, group, user, false);
}

/// Adds pending mutations to the user and to the group: the access system does not have the change yet.
fn add_mutations(state: &mut State, group: &Id<AcsAccessGroup>, user: &Id<AcsUser>, is_new: bool) {
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

/// Returns whether a user is a member of a group.
pub(crate) fn is_member(user: &Object, group: &Id<AcsAccessGroup>) -> bool {
    has_text(user, "_acs_access_group_ids", group)
}

/// Returns the access groups of a user.
pub(crate) fn groups_of(state: &State, user: &Object) -> Vec<Id<AcsAccessGroup>> {
    let mut groups = Id::in_list(user, "_acs_access_group_ids");
    groups.retain(|group| state.get(group).is_some());
    groups
}
