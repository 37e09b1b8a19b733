//! Access grants: the access of a person to devices and entrances during a time.

pub(crate) mod lifecycle;
pub(crate) mod provision;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, not_found},
    device,
    json::{Object, flag, format_time, object, push, set, string, strings, time},
    routes::{access_methods::lifecycle as access_methods, generic, related, spaces, user_identities},
    scheduler::Job,
    state::State,
    tables::{AccessGrant, AcsEntrance, AcsSystem, Device, Id, Resource, Space, UserIdentity},
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/access_grants/create" => create,
        "/access_grants/request_access_methods" => request_access_methods,
        "/access_grants/update" => update,
        "/access_grants/delete" => |state, call| {
            let id = generic::find_id(state, call)?;
            lifecycle::delete(state, &id);
            generic::done()
        },
        "/access_grants/get_related" => related::of_grants,
        "/access_grants/unmanaged/update" => manage,
        _ => return None,
    })
}

/// The doors of a grant.
#[derive(Default)]
struct Doors {
    devices: Vec<Id<Device>>,
    entrances: Vec<Id<AcsEntrance>>,
    spaces: Vec<Id<Space>>,
}

impl Doors {
    /// Returns the doors in the parameters, individually or by their spaces.
    fn find(state: &State, call: &Call) -> Result<Self, ApiFault> {
        let mut doors = Self::default();
        let nothing = Object::new();
        let location = call.parameters.get("location").and_then(Value::as_object).unwrap_or(&nothing);
        for parameters in [&call.parameters, location] {
            for device in Id::in_list(parameters, "device_ids") {
                call.find(state, &device)?;
                add_once(&mut doors.devices, device);
            }
            for entrance in Id::in_list(parameters, "acs_entrance_ids") {
                call.find(state, &entrance)?;
                add_once(&mut doors.entrances, entrance);
            }
        }
        // "Location" is the former name of spaces.
        for space in ["space_ids", "location_ids"].iter().flat_map(|name| Id::in_list(&call.parameters, name)) {
            call.find(state, &space)?;
            add_once(&mut doors.spaces, space);
        }
        for key in strings(&call.parameters, "space_keys") {
            let has_key =
                |space: &&Object| string(space, "space_key") == Some(key) && is_visible(state, &call.caller, space);
            let space = state.rows::<Space>().find(has_key).and_then(Id::of);
            add_once(&mut doors.spaces, space.ok_or_else(|| not_found(Space::TABLE))?);
        }
        let is_within = |row: &Object| {
            strings(row, "space_ids").any(|space| doors.spaces.iter().any(|other| other.as_str() == space))
        };
        // A space also contains devices that are not doors.
        let is_door = |device: &Object| {
            generic::is_managed(device)
                && (device::has_capability(device, "lock") || device::has_capability(device, "access_code"))
        };
        let devices = state.ids_where::<Device>(|device| is_within(device) && is_door(device));
        let entrances = state.ids_where::<AcsEntrance>(is_within);
        devices.into_iter().for_each(|device| add_once(&mut doors.devices, device));
        entrances.into_iter().for_each(|entrance| add_once(&mut doors.entrances, entrance));
        Ok(doors)
    }
}

fn add_once<K>(ids: &mut Vec<Id<K>>, id: Id<K>) {
    if !ids.contains(&id) {
        ids.push(id);
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    let starts_at = call.time("starts_at")?.unwrap_or(state.now());
    let ends_at = call.time("ends_at")?;
    check_times(starts_at, ends_at)?;
    check_key(state, call, None)?;
    let mut doors = Doors::find(state, call)?;
    let identity = match call.parameters.get("user_identity").and_then(Value::as_object) {
        Some(details) => {
            user_identities::check_details(state, call, details, None)?;
            user_identities::add(state, &call.workspace(), details)
        }
        None => {
            let id = call.id::<UserIdentity>();
            call.find(state, &id)?;
            id
        }
    };
    if let Some(Value::Object(location)) = call.parameters.get("location") {
        doors.spaces.push(add_location(state, call, location));
    }
    let identity_row = state.get(&identity).cloned().unwrap_or_default();
    let name = call.string("name");
    let display_name = name.or_else(|| string(&identity_row, "display_name")).unwrap_or("Access grant");
    let mut row = object(json!({
        "workspace_id": &call.workspace(), "user_identity_id": identity, "name": name, "display_name": display_name,
        "space_ids": doors.spaces, "location_ids": doors.spaces, "access_method_ids": [], "requested_access_methods": [],
        "starts_at": format_time(starts_at), "ends_at": ends_at.map(format_time), "is_managed": true,
        "_device_ids": doors.devices, "_acs_entrance_ids": doors.entrances,
        "_acs_system_ids": systems(state, &doors.entrances), "_access_code_ids": [],
        "_customer_key": customer_key(state, call, &identity_row, &doors.spaces),
    }));
    for name in ["access_grant_key", "customization_profile_id", "reservation_key"] {
        if let Some(value) = call.string(name) {
            set(&mut row, name, value);
        }
    }
    let id = state.insert::<AccessGrant>(row);
    request(state, call, &id);
    lifecycle::refresh_status(state, &id);
    state.emit("access_grant.created", &call.workspace(), object(json!({ "access_grant_id": id })));
    lifecycle::watch_times(state, &id);
    call.answer_with(state, "access_grant", &id)
}

/// Returns the access systems of these entrances.
fn systems(state: &State, entrances: &[Id<AcsEntrance>]) -> Vec<Id<AcsSystem>> {
    let mut systems = Vec::new();
    for entrance in entrances.iter().filter_map(|id| state.get(id)) {
        add_once(&mut systems, Id::of(entrance).unwrap_or_default());
    }
    systems
}

/// Returns the customer of a grant: that of the session, of the user identity or of a space.
fn customer_key(state: &State, call: &Call, identity: &Object, spaces: &[Id<Space>]) -> Option<String> {
    let session = call.caller.client_session_id.as_ref().and_then(|id| state.get(id));
    let of_space = || spaces.iter().find_map(|id| string(state.get(id)?, "customer_key"));
    let key = session.and_then(|session| string(session, "customer_key"));
    key.or_else(|| string(identity, "_customer_key")).or_else(of_space).map(str::to_owned)
}

/// Adds a space for a location in the parameters.
fn add_location(state: &mut State, call: &Call, location: &Object) -> Id<Space> {
    let id = spaces::add_space(state, &call.workspace(), string(location, "name").unwrap_or("Location"), Object::new());
    for device in Id::<Device>::in_list(location, "device_ids") {
        spaces::add(state, &device, &id);
    }
    for entrance in Id::<AcsEntrance>::in_list(location, "acs_entrance_ids") {
        spaces::add(state, &entrance, &id);
    }
    spaces::emit_created(state, &id);
    id
}

fn check_times(starts_at: Timestamp, ends_at: Option<Timestamp>) -> Result<(), ApiFault> {
    if ends_at.is_some_and(|ends_at| ends_at <= starts_at) {
        return Err(invalid("ends_at", "The end must be after the start"));
    }
    Ok(())
}

/// Rejects a key that another grant in the workspace has.
fn check_key(state: &State, call: &Call, own: Option<&Id<AccessGrant>>) -> Result<(), ApiFault> {
    let Some(key) = call.string("access_grant_key") else { return Ok(()) };
    let is_taken = state.rows::<AccessGrant>().any(|other| {
        string(other, "workspace_id") == Some(&call.workspace())
            && string(other, "access_grant_key") == Some(key)
            && Id::of(other).as_ref() != own
    });
    if is_taken { Err(invalid("access_grant_key", "Another access grant has this key")) } else { Ok(()) }
}

/// Records the requested access methods, which are provisioned after the response.
fn request(state: &mut State, call: &Call, grant: &Id<AccessGrant>) {
    let now = state.now_string();
    let requested = call.parameters.get("requested_access_methods").and_then(Value::as_array).cloned();
    let Some(row) = state.get_mut(grant) else { return };
    for requested in requested.into_iter().flatten() {
        let mut requested = object(requested);
        let name = access_methods::name_of(string(&requested, "mode").unwrap_or_default());
        set(&mut requested, "display_name", name);
        set(&mut requested, "created_at", now.as_str());
        set(&mut requested, "created_access_method_ids", json!([]));
        push(row, "requested_access_methods", Value::Object(requested));
    }
    state.after(Duration::ZERO, Job::ProvisionAccessGrant { access_grant_id: grant.clone() });
}

fn request_access_methods(state: &mut State, call: &Call) -> Answer {
    let id = generic::find_id(state, call)?;
    request(state, call, &id);
    call.answer_with(state, "access_grant", &id)
}

/// Returns the grant of an update: by its id, or else by its key.
fn find_updated(state: &State, call: &Call) -> Result<Id<AccessGrant>, ApiFault> {
    if call.given_id::<AccessGrant>().is_some() {
        return generic::find_id(state, call);
    }
    let key = call.string("access_grant_key");
    let has_key = |grant: &&Object| {
        key.is_some()
            && string(grant, "access_grant_key") == key
            && generic::is_managed(grant)
            && is_visible(state, &call.caller, grant)
    };
    let found = state.rows::<AccessGrant>().find(has_key).and_then(Id::of);
    found.ok_or_else(|| not_found(AccessGrant::TABLE))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_updated(state, call)?;
    check_key(state, call, Some(&id))?;
    let old = state.get(&id).cloned().unwrap_or_default();
    let starts_at = call.time("starts_at")?.or_else(|| time(&old, "starts_at"));
    let is_endless = call.parameters.get("ends_at").is_some_and(Value::is_null);
    let ends_at = call.time("ends_at")?.or_else(|| time(&old, "ends_at")).filter(|_| !is_endless);
    check_times(starts_at.unwrap_or(state.now()), ends_at)?;
    if let Some(row) = state.get_mut(&id) {
        if let Some(name) = call.parameters.get("name") {
            row.insert("name".to_owned(), name.clone());
            if let Some(name) = name.as_str() {
                set(row, "display_name", name);
            }
        }
        set(row, "starts_at", starts_at.map(format_time));
        set(row, "ends_at", ends_at.map(format_time));
    }
    if let Some(key) = call.string("access_grant_key") {
        if let Some(row) = state.get_mut(&id) {
            set(row, "access_grant_key", key);
        }
        for method in access_methods::of_grant(state, &id) {
            if let Some(method) = state.get_mut(&method) {
                set(method, "_access_grant_key", key);
            }
        }
    }
    let changed = |name: &str| state.get(&id).and_then(|row| row.get(name)) != old.get(name);
    if changed("starts_at") || changed("ends_at") {
        lifecycle::change_times(state, &id, &old);
    }
    generic::done()
}

/// Converts an unmanaged grant to a managed one.
fn manage(state: &mut State, call: &Call) -> Answer {
    if !flag(&call.parameters, "is_managed") {
        return Err(invalid("is_managed", "Invalid literal value, expected true"));
    }
    let id = generic::find_id(state, call)?;
    check_key(state, call, Some(&id))?;
    if let Some(row) = state.get_mut(&id) {
        set(row, "is_managed", true);
        row.entry("display_status").or_insert_with(|| Value::from("active"));
        if let Some(key) = call.string("access_grant_key") {
            set(row, "access_grant_key", key);
        }
    }
    for method in access_methods::of_grant(state, &id) {
        if let Some(method) = state.get_mut(&method) {
            set(method, "is_managed", true);
        }
    }
    generic::done()
}
