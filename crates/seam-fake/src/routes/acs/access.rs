//! The entrances that users and credentials can open.

use super::membership::groups_of;
use crate::{
    json::{Object, flag, time},
    state::State,
    tables::{AcsCredential, AcsEntrance, AcsUser, Id},
};

/// Returns the entrances to which a user has access directly or through its groups.
fn entrances_of_user(state: &State, user: &Object) -> Vec<Id<AcsEntrance>> {
    if flag(user, "is_suspended") {
        return Vec::new();
    }
    let mut entrances = Id::in_list(user, "_acs_entrance_ids");
    for group in groups_of(state, user) {
        let group = state.get(&group);
        entrances.extend(group.into_iter().flat_map(|group| Id::in_list(group, "_acs_entrance_ids")));
    }
    entrances
}

/// Returns the entrances that a credential opens: its own, and those of its user.
pub(crate) fn entrances_of_credential(state: &State, credential: &Object) -> Vec<Id<AcsEntrance>> {
    let user = Id::<AcsUser>::of(credential).and_then(|user| state.get(&user));
    if user.is_some_and(|user| flag(user, "is_suspended")) {
        return Vec::new();
    }
    let mut entrances = Id::in_list(credential, "_acs_entrance_ids");
    entrances.extend(user.into_iter().flat_map(|user| entrances_of_user(state, user)));
    entrances
}

/// Returns the entrances to which a user has access: directly, through its groups, or by its credentials.
pub(crate) fn all_entrances_of_user(state: &State, user: &Id<AcsUser>) -> Vec<Id<AcsEntrance>> {
    let Some(row) = state.get(user) else { return Vec::new() };
    let mut entrances = entrances_of_user(state, row);
    for credential in state.rows::<AcsCredential>().filter(|row| user.is_in(row)) {
        entrances.extend(entrances_of_credential(state, credential));
    }
    entrances
}

/// Whether a credential currently opens this entrance.
pub(crate) fn opens(state: &State, credential: &Object, entrance: &Id<AcsEntrance>) -> bool {
    is_active(state, credential) && entrances_of_credential(state, credential).contains(entrance)
}

/// Whether a credential is issued and within its times.
fn is_active(state: &State, credential: &Object) -> bool {
    let now = state.now();
    flag(credential, "is_issued")
        && time(credential, "starts_at").is_none_or(|start| start <= now)
        && time(credential, "ends_at").is_none_or(|end| end > now)
}
