//! User identities: people, and what is theirs.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    dependent::known_name,
    json::{Object, add_text, flag, has_text, object, remove_text, set, text, texts},
    routes::pages,
    routes::{access_grants::lifecycle as access_grants, acs, generic, instant_keys, phones},
    state::State,
    tables::{
        AccessGrant, AccessMethod, AcsCredential, AcsEntrance, AcsSystem, AcsUser, ClientSession, ConnectedAccount,
        Device, Id, InstantKey, Phone, Resource, Table, UserIdentity, Workspace,
    },
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/user_identities/create" => create,
        "/user_identities/update" => update,
        "/user_identities/unmanaged/update" => manage,
        "/user_identities/delete" => delete,
        "/user_identities/merge" => merge,
        "/user_identities/add_acs_user" => add_acs_user,
        "/user_identities/remove_acs_user" => remove_acs_user,
        "/user_identities/grant_access_to_device" => grant_access_to_device,
        "/user_identities/revoke_access_to_device" => revoke_access_to_device,
        "/user_identities/list_accessible_devices" => list_accessible_devices,
        "/user_identities/list_accessible_entrances" => list_accessible_entrances,
        "/user_identities/list_acs_systems" => list_acs_systems,
        "/user_identities/list_acs_users" => list_acs_users,
        "/user_identities/generate_instant_key" => instant_keys::generate,
        _ => return None,
    })
}

/// What nobody else in a workspace may have.
const UNIQUE: [&str; 3] = ["user_identity_key", "email_address", "phone_number"];

/// What the parameters may say about a person.
const DETAILS: [&str; 4] = ["user_identity_key", "email_address", "phone_number", "full_name"];

/// Refuses details that somebody else in the workspace has.
pub(crate) fn check_details(
    state: &State,
    call: &Call,
    details: &Object,
    own: Option<&Id<UserIdentity>>,
) -> Result<(), ApiFault> {
    for name in UNIQUE {
        let Some(value) = text(details, name) else { continue };
        let is_taken = state.rows::<UserIdentity>().any(|other| {
            call.workspace().is_in(other)
                && Id::of(other).as_ref() != own
                && (text(other, name) == Some(value)
                    || (name == "user_identity_key" && has_text(other, "merged_user_identity_keys", value)))
        });
        if is_taken {
            return Err(invalid(name, "Another user identity has this already"));
        }
    }
    Ok(())
}

/// Makes a user identity, of which nothing needs to be known.
pub(crate) fn add(state: &mut State, workspace: &Id<Workspace>, details: &Object) -> Id<UserIdentity> {
    let mut row = object(json!({
        "workspace_id": workspace, "is_managed": true, "acs_user_ids": [], "merged_user_identity_ids": [],
        "merged_user_identity_keys": [],
    }));
    for name in DETAILS {
        row.insert(name.to_owned(), details.get(name).cloned().unwrap_or_default());
    }
    set_display_name(&mut row);
    state.insert::<UserIdentity>(row)
}

fn set_display_name(person: &mut Object) {
    let name = known_name(person).unwrap_or("Somebody").to_owned();
    set(person, "display_name", name);
}

fn create(state: &mut State, call: &Call) -> Answer {
    let systems = Id::<AcsSystem>::in_list(&call.parameters, "acs_system_ids");
    for system in &systems {
        call.find(state, system)?;
    }
    check_details(state, call, &call.parameters, None)?;
    let id = add(state, &call.workspace(), &call.parameters);
    if let (Some(customer), Some(row)) = (call.text("customer_key"), state.get_mut(&id)) {
        set(row, "_customer_key", customer);
    }
    for system in systems {
        acs::of_identity_or_new(state, &id, &system);
    }
    call.answer_with(state, "user_identity", &id)
}

/// The user identity that a call names.
fn find(state: &State, call: &Call) -> Result<Id<UserIdentity>, ApiFault> {
    let id = call.id::<UserIdentity>();
    call.find(state, &id)?;
    Ok(id)
}

/// The user identity with this key.
fn find_by_key(state: &State, call: &Call, key: &str) -> Result<Id<UserIdentity>, ApiFault> {
    let has_key = |row: &&Object| text(row, "user_identity_key") == Some(key) && is_visible(state, &call.caller, row);
    let found = state.rows::<UserIdentity>().find(has_key).and_then(Id::of);
    found.ok_or_else(|| not_found(UserIdentity::TABLE))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    check_details(state, call, &call.parameters, Some(&id))?;
    change_details(state, &id, &call.parameters);
    generic::done()
}

/// Takes over what is said about a person; its users in access systems say the same.
fn change_details(state: &mut State, id: &Id<UserIdentity>, details: &Object) {
    let Some(row) = state.get_mut(id) else { return };
    for name in DETAILS {
        if let Some(value) = details.get(name) {
            row.insert(name.to_owned(), value.clone());
        }
    }
    set_display_name(row);
    for user in Id::in_list(row, "acs_user_ids") {
        acs::link(state, &user, id);
    }
}

/// Puts an unmanaged user identity under Seam's management.
fn manage(state: &mut State, call: &Call) -> Answer {
    if !flag(&call.parameters, "is_managed") {
        return Err(invalid("is_managed", "Invalid literal value, expected true"));
    }
    let id = generic::find_id(state, call)?;
    check_details(state, call, &call.parameters, Some(&id))?;
    if let Some(row) = state.get_mut(&id) {
        set(row, "is_managed", true);
        row.entry("user_identity_key").or_insert(Value::Null);
        if let Some(key) = call.text("user_identity_key") {
            set(row, "user_identity_key", key);
        }
    }
    generic::done()
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    remove(state, &id);
    generic::done()
}

/// Deletes a person, with everything that only this person had: access, users in access systems, sessions, phones.
pub(crate) fn remove(state: &mut State, id: &Id<UserIdentity>) {
    let is_theirs = |row: &Object| id.is_in(row);
    for grant in state.ids_where::<AccessGrant>(is_theirs) {
        access_grants::delete(state, &grant);
    }
    for user in state.ids_where::<AcsUser>(is_theirs) {
        acs::delete_user(state, &user);
    }
    for key in state.ids_where::<InstantKey>(is_theirs) {
        instant_keys::delete(state, &key);
    }
    for phone in state.ids_where::<Phone>(is_theirs) {
        phones::deactivate(state, &phone);
    }
    for session in state.rows_mut::<ClientSession>(|session| has_text(session, "user_identity_ids", id)) {
        remove_text(session, "user_identity_ids", id);
    }
    for session in state.ids_where::<ClientSession>(is_theirs) {
        instant_keys::delete_session(state, &session);
    }
    state.remove(id);
}

/// Makes one person out of several: the first takes in what the others have.
fn merge(state: &mut State, call: &Call) -> Answer {
    let (id, merged) = match call.text("user_identity_key") {
        Some(key) => {
            let keys = texts(&call.parameters, "merged_user_identity_keys");
            let merged: Result<Vec<Id<UserIdentity>>, ApiFault> =
                keys.map(|key| find_by_key(state, call, key)).collect();
            (find_by_key(state, call, key)?, merged?)
        }
        None => {
            let merged = Id::in_list(&call.parameters, "merged_user_identity_ids");
            for other in &merged {
                call.find(state, other)?;
            }
            (find(state, call)?, merged)
        }
    };
    if merged.contains(&id) {
        return Err(invalid("", "A user identity cannot be merged into itself"));
    }
    for other in merged {
        take_in(state, &id, &other);
    }
    generic::done()
}

fn take_in(state: &mut State, id: &Id<UserIdentity>, other: &Id<UserIdentity>) {
    // Somebody may be named twice.
    let Some(gone) = state.remove(other) else { return };
    let Some(row) = state.get_mut(id) else { return };
    add_text(row, "merged_user_identity_ids", other);
    for former in texts(&gone, "merged_user_identity_ids") {
        add_text(row, "merged_user_identity_ids", former);
    }
    for key in text(&gone, "user_identity_key").into_iter().chain(texts(&gone, "merged_user_identity_keys")) {
        add_text(row, "merged_user_identity_keys", key);
    }
    for device in texts(&gone, "_device_ids") {
        add_text(row, "_device_ids", device);
    }
    // What the first one does not say, the others may.
    for name in ["email_address", "phone_number", "full_name"] {
        if text(row, name).is_none() {
            row.insert(name.to_owned(), gone.get(name).cloned().unwrap_or_default());
        }
    }
    set_display_name(row);
    let is_theirs = |row: &Object| other.is_in(row);
    for user in state.ids_where::<AcsUser>(is_theirs) {
        acs::link(state, &user, id);
    }
    let tables: [&'static Table; 8] = [
        AccessGrant::TABLE,
        AccessMethod::TABLE,
        AcsCredential::TABLE,
        ClientSession::TABLE,
        ConnectedAccount::TABLE,
        Device::TABLE,
        InstantKey::TABLE,
        Phone::TABLE,
    ];
    let is_named = |row: &Object, name| text(row, name) == Some(other.as_str());
    for table in tables {
        for name in ["user_identity_id", "_owner_user_identity_id"] {
            for row in state.table_mut(table).iter_mut(|row| is_named(row, name)) {
                set(row, name, id);
            }
        }
        for row in state.table_mut(table).iter_mut(|row| has_text(row, "user_identity_ids", other)) {
            remove_text(row, "user_identity_ids", other);
            add_text(row, "user_identity_ids", id);
        }
    }
}

// --- Users of access systems.

fn add_acs_user(state: &mut State, call: &Call) -> Answer {
    let id = match (call.given_id::<UserIdentity>(), call.text("user_identity_key")) {
        (None, Some(key)) => find_by_key(state, call, key)?,
        _ => find(state, call)?,
    };
    let user = call.id::<AcsUser>();
    let row = call.find(state, &user)?;
    if Id::<UserIdentity>::of(row).is_some_and(|owner| owner != id) {
        return Err(invalid("acs_user_id", "The user belongs to another user identity"));
    }
    acs::check_only_user(state, &id, &Id::of(row).unwrap_or_default(), Some(&user))?;
    acs::link(state, &user, &id);
    generic::done()
}

fn remove_acs_user(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let user = call.id::<AcsUser>();
    if id.is_in(call.find(state, &user)?) {
        acs::unlink(state, &user);
    }
    generic::done()
}

fn list_acs_users(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    pages::all(state, call, AcsUser::TABLE, |user| id.is_in(user))
}

fn list_acs_systems(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let users = state.rows::<AcsUser>().filter(|user| id.is_in(user));
    let systems: Vec<&str> = users.filter_map(|user| text(user, "acs_system_id")).collect();
    pages::all(state, call, AcsSystem::TABLE, |system| is_among(system, AcsSystem::TABLE, &systems))
}

fn is_among(row: &Object, table: &Table, ids: &[&str]) -> bool {
    text(row, table.id).is_some_and(|id| ids.contains(&id))
}

// --- Access.

fn grant_access_to_device(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let device = call.id::<Device>();
    call.find(state, &device)?;
    if let Some(row) = state.get_mut(&id) {
        add_text(row, "_device_ids", &device);
    }
    generic::done()
}

fn revoke_access_to_device(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let device = call.id::<Device>();
    call.find(state, &device)?;
    if let Some(row) = state.get_mut(&id) {
        remove_text(row, "_device_ids", &device);
    }
    generic::done()
}

/// The devices that a person may use: directly, or by access grants that are in force.
fn list_accessible_devices(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let person = state.get(&id);
    let mut devices: Vec<&str> = person.into_iter().flat_map(|person| texts(person, "_device_ids")).collect();
    for grant in access_grants::in_force_for(state, &id) {
        devices.extend(texts(grant, "_device_ids"));
    }
    pages::all(state, call, Device::TABLE, |device| is_among(device, Device::TABLE, &devices))
}

fn list_accessible_entrances(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let users = state.ids_where::<AcsUser>(|user| id.is_in(user));
    let entrances: Vec<Id<AcsEntrance>> =
        users.iter().flat_map(|user| acs::all_entrances_of_user(state, user)).collect();
    let entrances: Vec<&str> = entrances.iter().map(Id::as_str).collect();
    pages::all(state, call, AcsEntrance::TABLE, |entrance| is_among(entrance, AcsEntrance::TABLE, &entrances))
}
