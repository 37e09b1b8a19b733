//! User identities: people, and the resources that belong to them.

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    dependent::known_name,
    json::{Object, add_string, flag, has_string, object, remove_string, set, string, strings},
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

/// The details that must be unique in a workspace.
const UNIQUE: [&str; 3] = ["user_identity_key", "email_address", "phone_number"];

/// The personal details in the parameters.
const DETAILS: [&str; 4] = ["user_identity_key", "email_address", "phone_number", "full_name"];

/// Rejects details that another user identity in the workspace has.
pub(crate) fn check_details(
    state: &State,
    call: &Call,
    details: &Object,
    own: Option<&Id<UserIdentity>>,
) -> Result<(), ApiFault> {
    for name in UNIQUE {
        let Some(value) = string(details, name) else { continue };
        let is_taken = state.rows::<UserIdentity>().any(|other| {
            call.workspace().is_in(other)
                && Id::of(other).as_ref() != own
                && (string(other, name) == Some(value)
                    || (name == "user_identity_key" && has_string(other, "merged_user_identity_keys", value)))
        });
        if is_taken {
            return Err(invalid(name, "Another user identity already has this value"));
        }
    }
    Ok(())
}

/// Adds a user identity. All details are optional.
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

fn set_display_name(identity: &mut Object) {
    let name = known_name(identity).unwrap_or("Unnamed").to_owned();
    set(identity, "display_name", name);
}

fn create(state: &mut State, call: &Call) -> Answer {
    let systems = Id::<AcsSystem>::in_list(&call.parameters, "acs_system_ids");
    for system in &systems {
        call.find(state, system)?;
    }
    check_details(state, call, &call.parameters, None)?;
    let id = add(state, &call.workspace(), &call.parameters);
    if let (Some(customer), Some(row)) = (call.string("customer_key"), state.get_mut(&id)) {
        set(row, "_customer_key", customer);
    }
    for system in systems {
        acs::of_identity_or_new(state, &id, &system);
    }
    call.answer_with(state, "user_identity", &id)
}

/// Returns the user identity of a call.
fn find(state: &State, call: &Call) -> Result<Id<UserIdentity>, ApiFault> {
    let id = call.id::<UserIdentity>();
    call.find(state, &id)?;
    Ok(id)
}

/// Returns the user identity with this key.
fn find_by_key(state: &State, call: &Call, key: &str) -> Result<Id<UserIdentity>, ApiFault> {
    let has_key = |row: &&Object| string(row, "user_identity_key") == Some(key) && is_visible(state, &call.caller, row);
    let found = state.rows::<UserIdentity>().find(has_key).and_then(Id::of);
    found.ok_or_else(|| not_found(UserIdentity::TABLE))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    check_details(state, call, &call.parameters, Some(&id))?;
    change_details(state, &id, &call.parameters);
    generic::done()
}

/// Changes the details of a user identity, and those of its users in access systems.
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

/// Converts an unmanaged user identity to a managed one.
fn manage(state: &mut State, call: &Call) -> Answer {
    if !flag(&call.parameters, "is_managed") {
        return Err(invalid("is_managed", "Invalid literal value, expected true"));
    }
    let id = generic::find_id(state, call)?;
    check_details(state, call, &call.parameters, Some(&id))?;
    if let Some(row) = state.get_mut(&id) {
        set(row, "is_managed", true);
        row.entry("user_identity_key").or_insert(Value::Null);
        if let Some(key) = call.string("user_identity_key") {
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

/// Deletes a user identity with its access grants, users in access systems, sessions and phones.
pub(crate) fn remove(state: &mut State, id: &Id<UserIdentity>) {
    let is_owned = |row: &Object| id.is_in(row);
    for grant in state.ids_where::<AccessGrant>(is_owned) {
        access_grants::delete(state, &grant);
    }
    for user in state.ids_where::<AcsUser>(is_owned) {
        acs::delete_user(state, &user);
    }
    for key in state.ids_where::<InstantKey>(is_owned) {
        instant_keys::delete(state, &key);
    }
    for phone in state.ids_where::<Phone>(is_owned) {
        phones::deactivate(state, &phone);
    }
    for session in state.rows_mut::<ClientSession>(|session| has_string(session, "user_identity_ids", id)) {
        remove_string(session, "user_identity_ids", id);
    }
    for session in state.ids_where::<ClientSession>(is_owned) {
        instant_keys::delete_session(state, &session);
    }
    state.remove(id);
}

/// Merges user identities: the first one receives the resources of the others.
fn merge(state: &mut State, call: &Call) -> Answer {
    let (id, merged) = match call.string("user_identity_key") {
        Some(key) => {
            let keys = strings(&call.parameters, "merged_user_identity_keys");
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
        merge_one(state, &id, &other);
    }
    generic::done()
}

/// Merges `other` into the user identity `id`.
fn merge_one(state: &mut State, id: &Id<UserIdentity>, other: &Id<UserIdentity>) {
    // The parameters may list a user identity twice.
    let Some(merged) = state.remove(other) else { return };
    let Some(row) = state.get_mut(id) else { return };
    add_string(row, "merged_user_identity_ids", other);
    for former in strings(&merged, "merged_user_identity_ids") {
        add_string(row, "merged_user_identity_ids", former);
    }
    for key in string(&merged, "user_identity_key").into_iter().chain(strings(&merged, "merged_user_identity_keys")) {
        add_string(row, "merged_user_identity_keys", key);
    }
    for device in strings(&merged, "_device_ids") {
        add_string(row, "_device_ids", device);
    }
    // Absent details are copied from the others.
    for name in ["email_address", "phone_number", "full_name"] {
        if string(row, name).is_none() {
            row.insert(name.to_owned(), merged.get(name).cloned().unwrap_or_default());
        }
    }
    set_display_name(row);
    let is_owned = |row: &Object| other.is_in(row);
    for user in state.ids_where::<AcsUser>(is_owned) {
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
    let is_named = |row: &Object, name| string(row, name) == Some(other.as_str());
    for table in tables {
        for name in ["user_identity_id", "_owner_user_identity_id"] {
            for row in state.table_mut(table).iter_mut(|row| is_named(row, name)) {
                set(row, name, id);
            }
        }
        for row in state.table_mut(table).iter_mut(|row| has_string(row, "user_identity_ids", other)) {
            remove_string(row, "user_identity_ids", other);
            add_string(row, "user_identity_ids", id);
        }
    }
}

// --- Users of access systems.

fn add_acs_user(state: &mut State, call: &Call) -> Answer {
    let id = match (call.given_id::<UserIdentity>(), call.string("user_identity_key")) {
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
    let systems: Vec<&str> = users.filter_map(|user| string(user, "acs_system_id")).collect();
    pages::all(state, call, AcsSystem::TABLE, |system| is_among(system, AcsSystem::TABLE, &systems))
}

fn is_among(row: &Object, table: &Table, ids: &[&str]) -> bool {
    string(row, table.id).is_some_and(|id| ids.contains(&id))
}

// --- Access.

fn grant_access_to_device(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let device = call.id::<Device>();
    call.find(state, &device)?;
    if let Some(row) = state.get_mut(&id) {
        add_string(row, "_device_ids", &device);
    }
    generic::done()
}

fn revoke_access_to_device(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let device = call.id::<Device>();
    call.find(state, &device)?;
    if let Some(row) = state.get_mut(&id) {
        remove_string(row, "_device_ids", &device);
    }
    generic::done()
}

/// Lists the devices that a user identity can access: directly, or through active access grants.
fn list_accessible_devices(state: &mut State, call: &Call) -> Answer {
    let id = find(state, call)?;
    let identity = state.get(&id);
    let mut devices: Vec<&str> = identity.into_iter().flat_map(|identity| strings(identity, "_device_ids")).collect();
    for grant in access_grants::active_for(state, &id) {
        devices.extend(strings(grant, "_device_ids"));
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
