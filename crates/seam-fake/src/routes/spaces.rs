//! Spaces, and what is in them: devices and entrances name their spaces, spaces name their accounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, not_found},
    json::{Object, add_text, has_text, inner, object, remove_text, set, text, texts},
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
        "/spaces/add_connected_account" => |state, call| change_account(state, call, add_text),
        "/spaces/add_devices" => |state, call| change_members::<Device>(state, call, add),
        "/spaces/create" => create,
        "/spaces/delete" => delete,
        "/spaces/get" => get,
        "/spaces/get_related" => get_related,
        "/spaces/remove_acs_entrances" => |state, call| change_members::<AcsEntrance>(state, call, remove_member),
        "/spaces/remove_connected_account" => |state, call| change_account(state, call, remove_text),
        "/spaces/remove_devices" => |state, call| change_members::<Device>(state, call, remove_member),
        "/spaces/update" => update,
        _ => return None,
    })
}

// --- Members of a space.

/// The rows of a table that are in a space.
fn members<K: Resource>(state: &State, space_id: &Id<Space>) -> Vec<Id<K>> {
    state.ids_where(|row| has_text(row, "space_ids", space_id))
}

/// The name of the parameter that lists rows of a table.
fn list_name<K: Resource>() -> String {
    format!("{}s", K::TABLE.id)
}

/// The rows of a table that the parameters list, all of which exist.
fn listed<K: Resource>(state: &State, call: &Call) -> Result<Vec<Id<K>>, ApiFault> {
    let ids = Id::in_list(&call.parameters, &list_name::<K>());
    ids.iter().try_for_each(|id| call.find(state, id).map(|_| ()))?;
    Ok(ids)
}

pub(crate) fn add<K: Resource>(state: &mut State, id: &Id<K>, space_id: &Id<Space>) {
    if let Some(row) = state.get_mut(id) {
        add_text(row, "space_ids", space_id);
    }
}

fn remove_member<K: Resource>(state: &mut State, id: &Id<K>, space_id: &Id<Space>) {
    if let Some(row) = state.get_mut(id) {
        remove_text(row, "space_ids", space_id);
    }
}

/// Lets something be known that happened to a space.
fn emit(state: &mut State, event_type: &str, space: &Object) {
    let id = Id::of(space).unwrap_or_default();
    let (devices, entrances) = contents(state, &id);
    let mut event = object(json!({ "space_id": id, "device_ids": devices, "acs_entrance_ids": entrances }));
    if let Some(key) = text(space, "space_key") {
        set(&mut event, "space_key", key);
    }
    state.emit(event_type, &workspace_of(space), event);
}

/// The devices and entrances in a space.
type Contents = (Vec<Id<Device>>, Vec<Id<AcsEntrance>>);

fn contents(state: &State, space_id: &Id<Space>) -> Contents {
    (members(state, space_id), members(state, space_id))
}

/// Emits an event if the devices or entrances in a space are others than `before`.
fn emit_if_changed(state: &mut State, space_id: &Id<Space>, before: &Contents) {
    if contents(state, space_id) == *before {
        return;
    }
    if let Some(space) = state.get(space_id).cloned() {
        emit(state, "space.device_membership_changed", &space);
    }
}

/// Adds or removes what the parameters list.
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

/// The space of a workspace that has this key.
pub(crate) fn with_key<'a>(state: &'a State, workspace_id: &Id<Workspace>, key: &str) -> Option<&'a Object> {
    let is_meant = |space: &&Object| workspace_id.is_in(space) && text(space, "space_key") == Some(key);
    state.rows::<Space>().find(is_meant)
}

/// The space that the parameters name, by id or else by key.
fn find_id(state: &State, call: &Call) -> Result<Id<Space>, ApiFault> {
    let by_key = || call.text("space_key").and_then(|key| Id::of(with_key(state, &call.workspace(), key)?));
    let id = call.given_id().or_else(by_key).ok_or_else(|| not_found(Space::TABLE))?;
    call.find(state, &id)?;
    Ok(id)
}

/// Refuses a key that another space of the workspace has.
fn check_key(state: &State, call: &Call, own_id: Option<&Id<Space>>) -> Result<(), ApiFault> {
    let other = call.text("space_key").and_then(|key| with_key(state, &call.workspace(), key));
    if other.is_some_and(|other| Id::of(other).as_ref() != own_id) {
        return Err(ApiFault::new(409, "space_key_in_use", "Another space has this key"));
    }
    Ok(())
}

fn get(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    call.answer_with(state, "space", &id)
}

/// Makes a space in a workspace; its id.
pub(crate) fn make(state: &mut State, workspace_id: &Id<Workspace>, name: &str, more: Object) -> Id<Space> {
    let mut space = object(json!({ "workspace_id": workspace_id, "name": name, "display_name": name }));
    space.extend(more);
    state.insert::<Space>(space)
}

/// Lets it be known that there is a new space.
pub(crate) fn tell_of_new(state: &mut State, space_id: &Id<Space>) {
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
    let id = make(state, &call.workspace(), call.text("name").unwrap_or_default(), more);
    devices.iter().for_each(|device| add(state, device, &id));
    entrances.iter().for_each(|entrance| add(state, entrance, &id));
    tell_of_new(state, &id);
    call.answer_with(state, "space", &id)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    check_key(state, call, Some(&id))?;
    let devices = wanted_members::<Device>(state, call)?;
    let entrances = wanted_members::<AcsEntrance>(state, call)?;
    let before = contents(state, &id);
    replace_members(state, call, devices, &id);
    replace_members(state, call, entrances, &id);
    if let Some(space) = state.get_mut(&id) {
        if let Some(name) = call.text("name") {
            set(space, "name", name);
            set(space, "display_name", name);
        }
        if let Some(key) = call.text("space_key") {
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

/// The rows of a table that are to be in the space; `None` if the parameters do not list any.
fn wanted_members<K: Resource>(state: &State, call: &Call) -> Result<Option<Vec<Id<K>>>, ApiFault> {
    let is_listed = call.parameters.get(&list_name::<K>()).is_some_and(Value::is_array);
    listed(state, call).map(|ids| is_listed.then_some(ids))
}

/// Replaces the members of a space that the caller may see.
fn replace_members<K: Resource>(state: &mut State, call: &Call, wanted: Option<Vec<Id<K>>>, space_id: &Id<Space>) {
    let Some(wanted) = wanted else { return };
    for id in members::<K>(state, space_id) {
        if state.get(&id).is_some_and(|row| is_visible(state, &call.caller, row)) {
            remove_member(state, &id, space_id);
        }
    }
    wanted.iter().for_each(|id| add(state, id, space_id));
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    remove(state, &id);
    generic::done()
}

/// Takes a space out of the state, and out of all that names it.
pub(crate) fn remove(state: &mut State, id: &Id<Space>) {
    let Some(space) = state.remove(id) else { return };
    emit(state, "space.deleted", &space);
    for table in [Device::TABLE, AcsEntrance::TABLE, AccessGrant::TABLE] {
        // The second is the old name of the same, which grants still have.
        for list in ["space_ids", "location_ids"] {
            for row in state.table_mut(table).iter_mut(|row| has_text(row, list, id)) {
                remove_text(row, list, id);
            }
        }
    }
}

// --- Spaces with what belongs to them.

/// What can be asked for along with spaces.
const KINDS: [(&str, &Table); 6] = [
    ("spaces", Space::TABLE),
    ("devices", Device::TABLE),
    ("acs_entrances", AcsEntrance::TABLE),
    ("connected_accounts", ConnectedAccount::TABLE),
    ("acs_systems", AcsSystem::TABLE),
    ("access_methods", AccessMethod::TABLE),
];

/// Spaces, all of them if none are named, and what belongs to them.
fn get_related(state: &mut State, call: &Call) -> Answer {
    let mut spaces: BTreeSet<Id<Space>> = listed(state, call)?.into_iter().collect();
    for key in texts(&call.parameters, "space_keys") {
        let space = with_key(state, &call.workspace(), key).and_then(Id::of);
        spaces.insert(space.ok_or_else(|| not_found(Space::TABLE))?);
    }
    let is_named =
        ["space_ids", "space_keys"].iter().any(|name| call.parameters.get(*name).is_some_and(Value::is_array));
    let is_meant = |space: &Object| !is_named || Id::of(space).is_some_and(|id| spaces.contains(&id));
    let spaces = visible(state, call, Space::TABLE, is_meant);
    let space_ids = field_of(&spaces, "space_id");
    let is_inside = |thing: &Object| texts(thing, "space_ids").any(|id| space_ids.contains(id));
    let devices = visible(state, call, Device::TABLE, |device| generic::is_managed(device) && is_inside(device));
    let entrances = visible(state, call, AcsEntrance::TABLE, is_inside);
    let mut accounts = field_of(&devices, "connected_account_id");
    accounts.extend(field_of(&entrances, "connected_account_id"));
    accounts.extend(spaces.iter().flat_map(|space| texts(space, "_connected_account_ids")));
    let systems = field_of(&entrances, "acs_system_id");
    let grants = visible(state, call, AccessGrant::TABLE, is_inside);
    let methods: BTreeSet<&str> = grants.iter().flat_map(|grant| texts(grant, "access_method_ids")).collect();

    let included: Vec<&str> = texts(&call.parameters, "include").collect();
    let excluded: Vec<&str> = texts(&call.parameters, "exclude").collect();
    let mut batch = Object::new();
    for (name, table) in KINDS {
        if excluded.contains(&name) || !(included.is_empty() || included.contains(&name)) {
            continue;
        }
        let with_ids = |ids: &BTreeSet<&str>| {
            visible(state, call, table, |thing| text(thing, table.id).is_some_and(|id| ids.contains(id)))
        };
        let things = match name {
            "spaces" => spaces.clone(),
            "devices" => devices.clone(),
            "acs_entrances" => entrances.clone(),
            "connected_accounts" => with_ids(&accounts),
            "acs_systems" => with_ids(&systems),
            _ => with_ids(&methods),
        };
        set(&mut batch, name, things.into_iter().cloned().map(Value::Object).collect::<Vec<_>>());
    }
    Ok(object(json!({ "batch": batch })))
}

/// The things of a kind that the caller may see and that are `wanted`.
fn visible<'a>(
    state: &'a State,
    call: &Call,
    table: &'static Table,
    wanted: impl Fn(&Object) -> bool,
) -> Vec<&'a Object> {
    visible_dyn(state, call, table, &wanted)
}

/// As [`visible`], compiled once.
fn visible_dyn<'a>(
    state: &'a State,
    call: &Call,
    table: &'static Table,
    wanted: &dyn Fn(&Object) -> bool,
) -> Vec<&'a Object> {
    state.table(table).iter().filter(|thing| wanted(thing) && is_visible(state, &call.caller, thing)).collect()
}

/// What things say in a field.
fn field_of<'a>(things: &[&'a Object], name: &str) -> BTreeSet<&'a str> {
    things.iter().filter_map(|thing| text(thing, name)).collect()
}
