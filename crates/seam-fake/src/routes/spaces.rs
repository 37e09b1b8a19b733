//! Spaces and their members. Devices and entrances store the ids of their spaces, spaces those of their accounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, not_found},
    json::{Object, add_string, has_string, inner, object, remove_string, set, string, strings},
    routes::generic,
    state::State,
    tables::{
        AccessGrant, AccessMethod, AcsEntrance, AcsSystem, ConnectedAccount, Device, Id, Resource, Space, Table,
        Workspace, workspace_of,
    },
    visibility::is_visible,
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/spaces/add_acs_entrances" => |state, call| change_members::<AcsEntrance>(state, call, add),
        "/spaces/add_connected_account" => |state, call| change_account(state, call, add_string),
        "/spaces/add_devices" => |state, call| change_members::<Device>(state, call, add),
        "/spaces/create" => create,
        "/spaces/delete" => delete,
        "/spaces/get" => get,
        "/spaces/get_related" => get_related,
        "/spaces/remove_acs_entrances" => |state, call| change_members::<AcsEntrance>(state, call, remove_member),
        "/spaces/remove_connected_account" => |state, call| change_account(state, call, remove_string),
        "/spaces/remove_devices" => |state, call| change_members::<Device>(state, call, remove_member),
        "/spaces/update" => update,
        _ => return None,
    })
}

// --- Members of a space.

/// Returns the rows of a table that are in a space.
fn members<K: Resource>(state: &State, space_id: &Id<Space>) -> Vec<Id<K>> {
    state.ids_where(|row| has_string(row, "space_ids", space_id))
}

/// Returns the name of the parameter that lists rows of a table.
fn list_name<K: Resource>() -> String {
    format!("{}s", K::TABLE.id)
}

/// Returns the rows of a table that the parameters list. Checks that all of them exist.
fn listed<K: Resource>(state: &State, call: &Call) -> Result<Vec<Id<K>>, ApiFault> {
    let ids = Id::in_list(&call.parameters, &list_name::<K>());
    ids.iter().try_for_each(|id| call.find(state, id).map(|_| ()))?;
    Ok(ids)
}

pub(crate) fn add<K: Resource>(state: &mut State, id: &Id<K>, space_id: &Id<Space>) {
    if let Some(row) = state.get_mut(id) {
        add_string(row, "space_ids", space_id);
    }
}

fn remove_member<K: Resource>(state: &mut State, id: &Id<K>, space_id: &Id<Space>) {
    if let Some(row) = state.get_mut(id) {
        remove_string(row, "space_ids", space_id);
    }
}

/// Emits an event about a space.
fn emit(state: &mut State, event_type: &str, space: &Object) {
    let id = Id::of(space).unwrap_or_default();
    let (devices, entrances) = contents(state, &id);
    let mut event = object(json!({ "space_id": id, "device_ids": devices, "acs_entrance_ids": entrances }));
    if let Some(key) = string(space, "space_key") {
        set(&mut event, "space_key", key);
    }
    state.emit(event_type, &workspace_of(space), event);
}

/// The devices and entrances in a space.
type Contents = (Vec<Id<Device>>, Vec<Id<AcsEntrance>>);

fn contents(state: &State, space_id: &Id<Space>) -> Contents {
    (members(state, space_id), members(state, space_id))
}

/// Emits an event if the devices or entrances in a space differ from `before`.
fn emit_if_changed(state: &mut State, space_id: &Id<Space>, before: &Contents) {
    if contents(state, space_id) == *before {
        return;
    }
    if let Some(space) = state.get(space_id).cloned() {
        emit(state, "space.device_membership_changed", &space);
    }
}

/// Adds or removes the members that the parameters list.
fn change_members<K: Resource>(state: &mut State, call: &Call, change: fn(&mut State, &Id<K>, &Id<Space>)) -> Answer {
    let space_id = find_id(state, call)?;
    let ids = listed::<K>(state, call)?;
    let before = contents(state, &space_id);
    for id in &ids {
        change(state, id, &space_id);
    }
    emit_if_changed(state, &space_id, &before);
    generic::done()
}

/// Adds or removes an account.
fn change_account(state: &mut State, call: &Call, change: fn(&mut Object, &str, &str)) -> Answer {
    let space_id = find_id(state, call)?;
    let account = call.id::<ConnectedAccount>();
    call.find(state, &account)?;
    if let Some(space) = state.get_mut(&space_id) {
        change(space, "_connected_account_ids", &account);
    }
    generic::done()
}

// --- Spaces.

/// Returns the space of a workspace with this key.
pub(crate) fn with_key<'a>(state: &'a State, workspace_id: &Id<Workspace>, key: &str) -> Option<&'a Object> {
    let has_key = |space: &&Object| workspace_id.is_in(space) && string(space, "space_key") == Some(key);
    state.rows::<Space>().find(has_key)
}

/// Returns the space of a call, by id or else by key.
fn find_id(state: &State, call: &Call) -> Result<Id<Space>, ApiFault> {
    let by_key = || call.string("space_key").and_then(|key| Id::of(with_key(state, &call.workspace(), key)?));
    let id = call.given_id().or_else(by_key).ok_or_else(|| not_found(Space::TABLE))?;
    call.find(state, &id)?;
    Ok(id)
}

/// Rejects a key that another space of the workspace has.
fn check_key(state: &State, call: &Call, own_id: Option<&Id<Space>>) -> Result<(), ApiFault> {
    let other = call.string("space_key").and_then(|key| with_key(state, &call.workspace(), key));
    if other.is_some_and(|other| Id::of(other).as_ref() != own_id) {
        return Err(ApiFault::new(409, "space_key_in_use", "Another space has this key"));
    }
    Ok(())
}

fn get(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    call.answer_with(state, "space", &id)
}

/// Adds a space to a workspace, and returns its id.
pub(crate) fn add_space(state: &mut State, workspace_id: &Id<Workspace>, name: &str, more: Object) -> Id<Space> {
    let mut space = object(json!({ "workspace_id": workspace_id, "name": name, "display_name": name }));
    space.extend(more);
    state.insert::<Space>(space)
}

/// Emits the event about a new space.
pub(crate) fn emit_created(state: &mut State, space_id: &Id<Space>) {
    if let Some(space) = state.get(space_id).cloned() {
        emit(state, "space.created", &space);
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    check_key(state, call, None)?;
    let devices = listed::<Device>(state, call)?;
    let entrances = listed::<AcsEntrance>(state, call)?;
    let accounts = listed::<ConnectedAccount>(state, call)?;
    let mut more = object(json!({ "_connected_account_ids": accounts }));
    for name in ["customer_data", "customer_key", "space_key"] {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(&mut more, name, value.clone());
        }
    }
    let id = add_space(state, &call.workspace(), call.string("name").unwrap_or_default(), more);
    devices.iter().for_each(|device| add(state, device, &id));
    entrances.iter().for_each(|entrance| add(state, entrance, &id));
    emit_created(state, &id);
    call.answer_with(state, "space", &id)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    check_key(state, call, Some(&id))?;
    let devices = requested_members::<Device>(state, call)?;
    let entrances = requested_members::<AcsEntrance>(state, call)?;
    let before = contents(state, &id);
    replace_members(state, call, devices, &id);
    replace_members(state, call, entrances, &id);
    if let Some(space) = state.get_mut(&id) {
        if let Some(name) = call.string("name") {
            set(space, "name", name);
            set(space, "display_name", name);
        }
        if let Some(key) = call.string("space_key") {
            set(space, "space_key", key);
        }
        if let Some(Value::Object(data)) = call.parameters.get("customer_data") {
            if let Some(known) = inner(space, "customer_data") {
                known.extend(data.clone());
            }
        }
    }
    emit_if_changed(state, &id, &before);
    call.answer_with(state, "space", &id)
}

/// Returns the rows of a table that replace the members of a space; `None` if the parameter is absent.
fn requested_members<K: Resource>(state: &State, call: &Call) -> Result<Option<Vec<Id<K>>>, ApiFault> {
    let is_listed = call.parameters.get(&list_name::<K>()).is_some_and(Value::is_array);
    listed(state, call).map(|ids| is_listed.then_some(ids))
}

/// Replaces the members of a space that are visible to the caller.
fn replace_members<K: Resource>(state: &mut State, call: &Call, requested: Option<Vec<Id<K>>>, space_id: &Id<Space>) {
    let Some(requested) = requested else { return };
    for id in members::<K>(state, space_id) {
        if state.get(&id).is_some_and(|row| is_visible(state, &call.caller, row)) {
            remove_member(state, &id, space_id);
        }
    }
    requested.iter().for_each(|id| add(state, id, space_id));
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    remove(state, &id);
    generic::done()
}

/// Removes a space, and all references to it.
pub(crate) fn remove(state: &mut State, id: &Id<Space>) {
    let Some(space) = state.remove(id) else { return };
    emit(state, "space.deleted", &space);
    for table in [Device::TABLE, AcsEntrance::TABLE, AccessGrant::TABLE] {
        // `location_ids` is the former name of `space_ids`, which grants still have.
        for list in ["space_ids", "location_ids"] {
            for row in state.table_mut(table).iter_mut(|row| has_string(row, list, id)) {
                remove_string(row, list, id);
            }
        }
    }
}

// --- Related resources.

/// The types of related resources.
const KINDS: [(&str, &Table); 6] = [
    ("spaces", Space::TABLE),
    ("devices", Device::TABLE),
    ("acs_entrances", AcsEntrance::TABLE),
    ("connected_accounts", ConnectedAccount::TABLE),
    ("acs_systems", AcsSystem::TABLE),
    ("access_methods", AccessMethod::TABLE),
];

/// Returns spaces, by default all of them, and their related resources.
fn get_related(state: &mut State, call: &Call) -> Answer {
    let mut spaces: BTreeSet<Id<Space>> = listed(state, call)?.into_iter().collect();
    for key in strings(&call.parameters, "space_keys") {
        let space = with_key(state, &call.workspace(), key).and_then(Id::of);
        spaces.insert(space.ok_or_else(|| not_found(Space::TABLE))?);
    }
    let is_named =
        ["space_ids", "space_keys"].iter().any(|name| call.parameters.get(*name).is_some_and(Value::is_array));
    let is_requested = |space: &Object| !is_named || Id::of(space).is_some_and(|id| spaces.contains(&id));
    let spaces = visible(state, call, Space::TABLE, is_requested);
    let space_ids = field_of(&spaces, "space_id");
    let is_inside = |row: &Object| strings(row, "space_ids").any(|id| space_ids.contains(id));
    let devices = visible(state, call, Device::TABLE, |device| generic::is_managed(device) && is_inside(device));
    let entrances = visible(state, call, AcsEntrance::TABLE, is_inside);
    let mut accounts = field_of(&devices, "connected_account_id");
    accounts.extend(field_of(&entrances, "connected_account_id"));
    accounts.extend(spaces.iter().flat_map(|space| strings(space, "_connected_account_ids")));
    let systems = field_of(&entrances, "acs_system_id");
    let grants = visible(state, call, AccessGrant::TABLE, is_inside);
    let methods: BTreeSet<&str> = grants.iter().flat_map(|grant| strings(grant, "access_method_ids")).collect();

    let included: Vec<&str> = strings(&call.parameters, "include").collect();
    let excluded: Vec<&str> = strings(&call.parameters, "exclude").collect();
    let mut batch = Object::new();
    for (name, table) in KINDS {
        if excluded.contains(&name) || !(included.is_empty() || included.contains(&name)) {
            continue;
        }
        let with_ids = |ids: &BTreeSet<&str>| {
            visible(state, call, table, |row| string(row, table.id).is_some_and(|id| ids.contains(id)))
        };
        let rows = match name {
            "spaces" => spaces.clone(),
            "devices" => devices.clone(),
            "acs_entrances" => entrances.clone(),
            "connected_accounts" => with_ids(&accounts),
            "acs_systems" => with_ids(&systems),
            _ => with_ids(&methods),
        };
        set(&mut batch, name, rows.into_iter().cloned().map(Value::Object).collect::<Vec<_>>());
    }
    Ok(object(json!({ "batch": batch })))
}

/// Returns the rows of a table that are visible to the caller and match the predicate.
fn visible<'a>(
    state: &'a State,
    call: &Call,
    table: &'static Table,
    predicate: impl Fn(&Object) -> bool,
) -> Vec<&'a Object> {
    visible_dyn(state, call, table, &predicate)
}

/// Like [`visible`], without a copy per closure.
fn visible_dyn<'a>(
    state: &'a State,
    call: &Call,
    table: &'static Table,
    predicate: &dyn Fn(&Object) -> bool,
) -> Vec<&'a Object> {
    state.table(table).iter().filter(|row| predicate(row) && is_visible(state, &call.caller, row)).collect()
}

/// Returns the values of a string field.
fn field_of<'a>(rows: &[&'a Object], name: &str) -> BTreeSet<&'a str> {
    rows.iter().filter_map(|row| string(row, name)).collect()
}
