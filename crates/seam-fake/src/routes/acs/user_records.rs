//! Users of access systems: finding, adding, and linking them to user identities.

use seam_core::test_util::ApiFault;
use serde_json::json;

use super::system_kinds::set_type;
use crate::{
    call::{Call, invalid, not_found},
    json::{Object, add_string, has_string, object, remove_string, set, string},
    state::State,
    tables::{AcsCredential, AcsSystem, AcsUser, Id, Resource, UserIdentity, workspace_of},
};

/// Returns the user of a call: by its id, or by its user identity and access system.
pub(crate) fn find_user(state: &State, call: &Call, system: Option<&Id<AcsSystem>>) -> Result<Id<AcsUser>, ApiFault> {
    if let Some(user) = call.given_id::<AcsUser>() {
        call.find(state, &user)?;
        return Ok(user);
    }
    let Some(identity) = call.given_id::<UserIdentity>() else {
        return Err(invalid("acs_user_id", "Expected acs_user_id, or user_identity_id"));
    };
    call.find(state, &identity)?;
    let system = system.cloned().or_else(|| call.given_id());
    of_identity(state, &identity, system.as_ref()).ok_or_else(|| not_found(AcsUser::TABLE))
}

/// Like [`find_user`], but adds a user for a user identity that has none in this access system.
pub(crate) fn find_or_add_user(
    state: &mut State,
    call: &Call,
    system: &Id<AcsSystem>,
) -> Result<Id<AcsUser>, ApiFault> {
    call.find(state, system)?;
    let user = match call.given_id::<UserIdentity>() {
        Some(identity) if call.given_id::<AcsUser>().is_none() => {
            call.find(state, &identity)?;
            of_identity_or_new(state, &identity, system)
        }
        _ => find_user(state, call, None)?,
    };
    if state.get(&user).is_some_and(|user| !system.is_in(user)) {
        return Err(invalid("acs_user_id", "The user belongs to another access system"));
    }
    Ok(user)
}

/// Returns the user of a user identity in an access system; in any system for `None`.
fn of_identity(state: &State, identity: &Id<UserIdentity>, system: Option<&Id<AcsSystem>>) -> Option<Id<AcsUser>> {
    let matches = |user: &&Object| identity.is_in(user) && system.is_none_or(|system| system.is_in(user));
    state.rows::<AcsUser>().find(matches).and_then(Id::of)
}

/// Rejects a second user of a user identity in an access system. `own` may be its user there.
pub(crate) fn check_only_user(
    state: &State,
    identity: &Id<UserIdentity>,
    system: &Id<AcsSystem>,
    own: Option<&Id<AcsUser>>,
) -> Result<(), ApiFault> {
    match of_identity(state, identity, Some(system)) {
        Some(other) if Some(&other) != own => {
            Err(invalid("user_identity_id", "The user identity already has a user in this access system"))
        }
        _ => Ok(()),
    }
}

/// Returns the user of a user identity in an access system. If there is none, links the user without a user identity
/// that has the same email address, or adds a user.
pub(crate) fn of_identity_or_new(
    state: &mut State,
    identity: &Id<UserIdentity>,
    system: &Id<AcsSystem>,
) -> Id<AcsUser> {
    if let Some(user) = of_identity(state, identity, Some(system)) {
        return user;
    }
    let person = state.get(identity).cloned().unwrap_or_default();
    let email = string(&person, "email_address");
    let same = state.rows::<AcsUser>().find(|user| {
        system.is_in(user)
            && string(user, "user_identity_id").is_none()
            && email.is_some()
            && string(user, "email_address") == email
    });
    if let Some(user) = same.and_then(Id::of) {
        link(state, &user, identity);
        return user;
    }
    let mut user = object(json!({
        "full_name": string(&person, "full_name").or_else(|| string(&person, "display_name")).unwrap_or_default(),
    }));
    for name in ["email_address", "phone_number"] {
        if let Some(value) = string(&person, name) {
            set(&mut user, name, value);
        }
    }
    add(state, system, Some(identity), user)
}

/// Adds a user to an access system.
pub(crate) fn add(
    state: &mut State,
    system: &Id<AcsSystem>,
    identity: Option<&Id<UserIdentity>>,
    user: Object,
) -> Id<AcsUser> {
    let owner = state.get(system).cloned().unwrap_or_default();
    let mut row = object(json!({
        "acs_system_id": system, "workspace_id": owner.get("workspace_id"), "is_managed": true, "is_suspended": false,
        "connected_account_id": owner.get("connected_account_id"), "display_name": user.get("full_name"),
    }));
    set_type(state, AcsUser::TABLE, &mut row);
    row.extend(user);
    copy_email(&mut row);
    let workspace = workspace_of(&row);
    let id = state.insert::<AcsUser>(row);
    if let Some(identity) = identity {
        link(state, &id, identity);
    }
    state.add_mutation(&id, "creating", "The access system has not created the user yet", json!({}));
    state.emit("acs_user.created", &workspace, object(json!({ "acs_user_id": id })));
    id
}

/// Copies `email_address` to `email`, its deprecated name.
pub(crate) fn copy_email(user: &mut Object) {
    if let Some(email) = user.get("email_address").cloned() {
        user.insert("email".to_owned(), email);
    }
}

/// Links a user to a user identity, and removes any other link.
pub(crate) fn link(state: &mut State, user: &Id<AcsUser>, identity: &Id<UserIdentity>) {
    unlink(state, user);
    let person = state.get(identity).cloned().unwrap_or_default();
    if let Some(row) = state.get_mut(user) {
        set(row, "user_identity_id", identity);
        for name in ["email_address", "full_name", "phone_number"] {
            set(row, &format!("user_identity_{name}"), person.get(name).cloned().unwrap_or_default());
        }
    }
    if let Some(person) = state.get_mut(identity) {
        add_string(person, "acs_user_ids", user);
    }
    for credential in state.rows_mut::<AcsCredential>(|row| user.is_in(row)) {
        set(credential, "user_identity_id", identity);
    }
}

/// Removes the link between a user and its user identity.
pub(crate) fn unlink(state: &mut State, user: &Id<AcsUser>) {
    let names = ["id", "email_address", "full_name", "phone_number"].map(|name| format!("user_identity_{name}"));
    if let Some(row) = state.get_mut(user) {
        row.retain(|name, _| !names.contains(name));
    }
    for person in state.rows_mut::<UserIdentity>(|person| has_string(person, "acs_user_ids", user)) {
        remove_string(person, "acs_user_ids", user);
    }
    for credential in state.rows_mut::<AcsCredential>(|row| user.is_in(row)) {
        credential.remove("user_identity_id");
    }
}
