//! Spaces, and what is in them: devices and entrances name their spaces, spaces name their accounts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler},
    routes::common,
    state::{
        ACCESS_GRANTS, ACCESS_METHODS, ACS_ENTRANCES, ACS_SYSTEMS, CONNECTED_ACCOUNTS, DEVICES, Object, SPACES, State,
        Table, add_text, has_text, inner, not_found, object, remove_text, set, text, texts,
    },
};
use seam_core::test_util::ApiFault;

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/spaces/add_acs_entrances" => |state, call| change_members(state, call, ACS_ENTRANCES, add),
        "/spaces/add_connected_account" => |state, call| change_account(state, call, add_text),
        "/spaces/add_devices" => |state, call| change_members(state, call, DEVICES, add),
        "/spaces/create" => create,
        "/spaces/delete" => delete,
        "/spaces/get" => get,
        "/spaces/get_related" => get_related,
        "/spaces/remove_acs_entrances" => |state, call| change_members(state, call, ACS_ENTRANCES, take_out),
        "/spaces/remove_connected_account" => |state, call| change_account(state, call, remove_text),
        "/spaces/remove_devices" => |state, call| change_members(state, call, DEVICES, take_out),
        "/spaces/update" => update,
        _ => return None,
    })
}

// --- Who is in a space.

/// The things of a kind that are in a space.
fn members(state: &State, table: &'static Table, space_id: &str) -> Vec<String> {
    state.ids_where(table, |thing| has_text(thing, "space_ids", space_id))
}

/// The name of the parameter that lists things of a kind.
fn list_name(table: &Table) -> String {
    format!("{}s", table.id)
}

/// The things of a kind that the parameters list, all of which there are.
fn listed(state: &State, call: &Call, table: &'static Table) -> Result<Vec<String>, ApiFault> {
    let name = list_name(table);
    let ids = texts(&call.parameters, &name).map(|id| {
        common::find(state, call, table, id)?;
        Ok(id.to_owned())
    });
    ids.collect()
}

pub(crate) fn add(state: &mut State, table: &'static Table, id: &str, space_id: &str) {
    if let Some(thing) = state.get_mut(table, id) {
        add_text(thing, "space_ids", space_id);
    }
}

fn take_out(state: &mut State, table: &'static Table, id: &str, space_id: &str) {
    if let Some(thing) = state.get_mut(table, id) {
        remove_text(thing, "space_ids", space_id);
    }
}

/// Lets something be known that happened to a space.
fn emit(state: &mut State, event_type: &str, space: &Object) {
    let id = text(space, "space_id").unwrap_or_default();
    let mut event = object(json!({
        "space_id": id, "device_ids": members(state, DEVICES, id), "acs_entrance_ids": members(state, ACS_ENTRANCES, id),
    }));
    if let Some(key) = text(space, "space_key") {
        set(&mut event, "space_key", key);
    }
    state.emit(event_type, text(space, "workspace_id").unwrap_or_default(), event);
}

/// What is in a space, to see whether that changes.
fn contents(state: &State, space_id: &str) -> [Vec<String>; 2] {
    [DEVICES, ACS_ENTRANCES].map(|table| members(state, table, space_id))
}

/// Lets it be known if there is now something else in a space than before.
fn tell_if_changed(state: &mut State, space_id: &str, before: &[Vec<String>; 2]) {
    if contents(state, space_id) == *before {
        return;
    }
    if let Some(space) = state.get(SPACES, space_id).cloned() {
        emit(state, "space.device_membership_changed", &space);
    }
}

/// Adds or removes what the parameters list.
fn change_members(
    state: &mut State,
    call: &Call,
    table: &'static Table,
    change: fn(&mut State, &'static Table, &str, &str),
) -> Answer {
    let space_id = find_id(state, call)?;
    let ids = listed(state, call, table)?;
    let before = contents(state, &space_id);
    for id in ids {
        change(state, table, &id, &space_id);
    }
    tell_if_changed(state, &space_id, &before);
    common::done()
}

/// Adds or removes an account.
fn change_account(state: &mut State, call: &Call, change: fn(&mut Object, &str, &str)) -> Answer {
    let space_id = find_id(state, call)?;
    let account = call.text("connected_account_id").unwrap_or_default();
    common::find(state, call, CONNECTED_ACCOUNTS, account)?;
    if let Some(space) = state.get_mut(SPACES, &space_id) {
        change(space, "_connected_account_ids", account);
    }
    common::done()
}

// --- Spaces.

/// The space of a workspace that has this key.
pub(crate) fn with_key<'a>(state: &'a State, workspace_id: &str, key: &str) -> Option<&'a Object> {
    let is_meant =
        |space: &&Object| text(space, "workspace_id") == Some(workspace_id) && text(space, "space_key") == Some(key);
    state.rows(SPACES).find(is_meant)
}

/// The space that the parameters name, by id or else by key.
fn find_id(state: &State, call: &Call) -> Result<String, ApiFault> {
    let by_key = || call.text("space_key").and_then(|key| text(with_key(state, call.workspace(), key)?, "space_id"));
    let id = call.text("space_id").or_else(by_key).ok_or_else(|| not_found(SPACES))?;
    common::find(state, call, SPACES, id)?;
    Ok(id.to_owned())
}

/// Refuses a key that another space of the workspace has.
fn check_key(state: &State, call: &Call, own_id: Option<&str>) -> Result<(), ApiFault> {
    let other = call.text("space_key").and_then(|key| with_key(state, call.workspace(), key));
    if other.is_some_and(|other| text(other, "space_id") != own_id) {
        return Err(ApiFault::new(409, "space_key_in_use", "Another space has this key"));
    }
    Ok(())
}

fn get(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    call.answer_with(state, "space", SPACES, &id)
}

/// Makes a space in a workspace; its id.
pub(crate) fn make(state: &mut State, workspace_id: &str, name: &str, more: Object) -> String {
    let mut space = object(json!({ "workspace_id": workspace_id, "name": name, "display_name": name }));
    space.extend(more);
    state.insert(SPACES, space)
}

/// Lets it be known that there is a new space.
pub(crate) fn tell_of_new(state: &mut State, space_id: &str) {
    if let Some(space) = state.get(SPACES, space_id).cloned() {
        emit(state, "space.created", &space);
    }
}

fn create(state: &mut State, call: &Call) -> Answer {
    check_key(state, call, None)?;
    let [devices, entrances, accounts] =
        [DEVICES, ACS_ENTRANCES, CONNECTED_ACCOUNTS].map(|table| listed(state, call, table));
    let (devices, entrances, accounts) = (devices?, entrances?, accounts?);
    let mut more = object(json!({ "_connected_account_ids": accounts }));
    for name in ["customer_data", "customer_key", "space_key"] {
        if let Some(value) = call.parameters.get(name).filter(|value| !value.is_null()) {
            set(&mut more, name, value.clone());
        }
    }
    let id = make(state, call.workspace(), call.text("name").unwrap_or_default(), more);
    for (table, ids) in [(DEVICES, devices), (ACS_ENTRANCES, entrances)] {
        for thing in ids {
            add(state, table, &thing, &id);
        }
    }
    tell_of_new(state, &id);
    call.answer_with(state, "space", SPACES, &id)
}

fn update(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    check_key(state, call, Some(&id))?;
    let mut wanted = Vec::new();
    for table in [DEVICES, ACS_ENTRANCES] {
        let ids = listed(state, call, table)?;
        if call.parameters.get(&list_name(table)).is_some_and(Value::is_array) {
            wanted.push((table, ids));
        }
    }
    let before = contents(state, &id);
    for (table, ids) in wanted {
        // What the caller may not know of stays in.
        for thing in members(state, table, &id) {
            if state.get(table, &thing).is_some_and(|row| common::is_visible(state, &call.caller, row)) {
                take_out(state, table, &thing, &id);
            }
        }
        for thing in ids {
            add(state, table, &thing, &id);
        }
    }
    if let Some(space) = state.get_mut(SPACES, &id) {
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
    tell_if_changed(state, &id, &before);
    call.answer_with(state, "space", SPACES, &id)
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let id = find_id(state, call)?;
    remove(state, &id);
    common::done()
}

/// Takes a space out of the state, and out of all that names it.
pub(crate) fn remove(state: &mut State, id: &str) {
    let Some(space) = state.remove(SPACES, id) else { return };
    emit(state, "space.deleted", &space);
    for table in [DEVICES, ACS_ENTRANCES, ACCESS_GRANTS] {
        for thing in state.rows_mut(table) {
            remove_text(thing, "space_ids", id);
            // The old name of the same, which grants still say.
            remove_text(thing, "location_ids", id);
        }
    }
}

// --- Spaces with what belongs to them.

/// What can be asked for along with spaces.
const KINDS: [(&str, &Table); 6] = [
    ("spaces", SPACES),
    ("devices", DEVICES),
    ("acs_entrances", ACS_ENTRANCES),
    ("connected_accounts", CONNECTED_ACCOUNTS),
    ("acs_systems", ACS_SYSTEMS),
    ("access_methods", ACCESS_METHODS),
];

/// Spaces, all of them if none are named, and what belongs to them.
fn get_related(state: &mut State, call: &Call) -> Answer {
    let mut spaces: BTreeSet<String> = listed(state, call, SPACES)?.into_iter().collect();
    for key in texts(&call.parameters, "space_keys") {
        let space = with_key(state, call.workspace(), key).and_then(|space| text(space, "space_id"));
        spaces.insert(space.ok_or_else(|| not_found(SPACES))?.to_owned());
    }
    let is_named =
        ["space_ids", "space_keys"].iter().any(|name| call.parameters.get(*name).is_some_and(Value::is_array));
    let is_meant = |space: &Object| !is_named || text(space, "space_id").is_some_and(|id| spaces.contains(id));
    let spaces = visible(state, call, SPACES, is_meant);
    let space_ids = field_of(&spaces, "space_id");
    let is_inside = |thing: &Object| texts(thing, "space_ids").any(|id| space_ids.contains(id));
    let devices = visible(state, call, DEVICES, |device| common::is_managed(device) && is_inside(device));
    let entrances = visible(state, call, ACS_ENTRANCES, is_inside);
    let mut accounts = field_of(&devices, "connected_account_id");
    accounts.extend(field_of(&entrances, "connected_account_id"));
    accounts.extend(spaces.iter().flat_map(|space| texts(space, "_connected_account_ids")));
    let systems = field_of(&entrances, "acs_system_id");
    let grants = visible(state, call, ACCESS_GRANTS, is_inside);
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
    state.rows(table).filter(|thing| wanted(thing) && common::is_visible(state, &call.caller, thing)).collect()
}

/// What things say in a field.
fn field_of<'a>(things: &[&'a Object], name: &str) -> BTreeSet<&'a str> {
    things.iter().filter_map(|thing| text(thing, name)).collect()
}
