//! Generic handlers: get, list, update and delete. The path of a route selects the table.

use seam_core::test_util::ApiFault;
use serde_json::Value;

use super::{filters::Filters, pages::page};
use crate::{
    call::{Answer, Call, Handler, no_such_route, not_found},
    device,
    json::{Object, flag, set, string},
    state::State,
    tables::{
        AccessCode, AccessGrant, AccessMethod, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem,
        AcsUser, ActionAttempt, ClientSession, ConnectWebview, ConnectedAccount, DailyProgram, Device, Event, Id,
        InstantKey, Media, NoiseThreshold, Phone, Resource, Space, Table, ThermostatSchedule, UserIdentity, Webhook,
        Workspace,
    },
    visibility::is_visible,
};

/// A route group and its rows.
pub(crate) struct Group {
    path: &'static str,
    pub(crate) table: &'static Table,
    /// The predicate for rows of the table that belong to the group.
    keep: fn(&Object) -> bool,
}

const GROUPS: &[Group] = &[
    Group { path: "/access_codes", table: AccessCode::TABLE, keep: is_managed },
    Group { path: "/access_codes/unmanaged", table: AccessCode::TABLE, keep: is_unmanaged },
    Group { path: "/access_grants", table: AccessGrant::TABLE, keep: is_managed },
    Group { path: "/access_grants/unmanaged", table: AccessGrant::TABLE, keep: is_unmanaged },
    Group { path: "/access_methods", table: AccessMethod::TABLE, keep: is_managed },
    Group { path: "/access_methods/unmanaged", table: AccessMethod::TABLE, keep: is_unmanaged },
    Group { path: "/acs/access_groups", table: AcsAccessGroup::TABLE, keep: any },
    Group { path: "/acs/credentials", table: AcsCredential::TABLE, keep: any },
    Group { path: "/acs/encoders", table: AcsEncoder::TABLE, keep: any },
    Group { path: "/acs/entrances", table: AcsEntrance::TABLE, keep: any },
    Group { path: "/acs/systems", table: AcsSystem::TABLE, keep: any },
    Group { path: "/acs/users", table: AcsUser::TABLE, keep: any },
    Group { path: "/action_attempts", table: ActionAttempt::TABLE, keep: any },
    Group { path: "/client_sessions", table: ClientSession::TABLE, keep: any },
    Group { path: "/connect_webviews", table: ConnectWebview::TABLE, keep: any },
    Group { path: "/connected_accounts", table: ConnectedAccount::TABLE, keep: any },
    Group { path: "/devices", table: Device::TABLE, keep: is_managed },
    Group { path: "/devices/unmanaged", table: Device::TABLE, keep: is_unmanaged },
    Group { path: "/events", table: Event::TABLE, keep: any },
    Group { path: "/instant_keys", table: InstantKey::TABLE, keep: any },
    Group { path: "/locks", table: Device::TABLE, keep: is_lock },
    Group { path: "/media", table: Media::TABLE, keep: any },
    Group { path: "/noise_sensors", table: Device::TABLE, keep: is_noise_sensor },
    Group { path: "/noise_sensors/noise_thresholds", table: NoiseThreshold::TABLE, keep: any },
    Group { path: "/phones", table: Phone::TABLE, keep: any },
    Group { path: "/spaces", table: Space::TABLE, keep: any },
    Group { path: "/thermostats", table: Device::TABLE, keep: is_thermostat },
    Group { path: "/thermostats/daily_programs", table: DailyProgram::TABLE, keep: any },
    Group { path: "/thermostats/schedules", table: ThermostatSchedule::TABLE, keep: any },
    Group { path: "/user_identities", table: UserIdentity::TABLE, keep: is_managed },
    Group { path: "/user_identities/unmanaged", table: UserIdentity::TABLE, keep: is_unmanaged },
    Group { path: "/webhooks", table: Webhook::TABLE, keep: any },
    Group { path: "/workspaces", table: Workspace::TABLE, keep: any },
];

/// Matches all rows.
const fn any(_: &Object) -> bool {
    true
}

/// Whether a resource is managed. Resources without the field `is_managed` are.
pub(crate) fn is_managed(object: &Object) -> bool {
    object.get("is_managed").and_then(Value::as_bool) != Some(false)
}

/// Whether a resource is unmanaged and visible to Seam. Some locks do not report all of their codes.
fn is_unmanaged(object: &Object) -> bool {
    !is_managed(object) && !flag(object, "_is_hidden")
}

fn has_capability(device: &Object, capability: &str) -> bool {
    is_managed(device) && device::has_capability(device, capability)
}

fn is_lock(device: &Object) -> bool {
    has_capability(device, "lock") || (is_managed(device) && flag(device, "_is_lock"))
}

fn is_noise_sensor(device: &Object) -> bool {
    has_capability(device, "noise_detection")
}

pub(crate) fn is_thermostat(device: &Object) -> bool {
    has_capability(device, "thermostat")
}

/// Returns the generic handler of a route.
pub(crate) fn handler(path: &str) -> Option<Handler> {
    group(path)?;
    Some(match path.rsplit_once('/')?.1 {
        "get" => get,
        "list" => list,
        "update" => update,
        "delete" => delete,
        _ => return None,
    })
}

pub(crate) fn group(path: &str) -> Option<&'static Group> {
    let (group, _) = path.rsplit_once('/')?;
    GROUPS.iter().find(|other| other.path == group)
}

/// Returns the group of a call. It always exists, since only routes of a group are handled here.
fn group_of(call: &Call) -> Result<&'static Group, ApiFault> {
    group(call.spec.path()).ok_or_else(no_such_route)
}

/// Returns the row of a call: by its identifier, or by the other parameters as filters.
pub(crate) fn find_one<'a>(state: &'a State, call: &Call, group: &Group) -> Result<&'a Object, ApiFault> {
    let is_accessible = |row: &&Object| (group.keep)(row) && is_visible(state, &call.caller, row);
    let found = match call.string(group.table.id) {
        Some(id) => state.table(group.table).get(id).filter(is_accessible).filter(|row| {
            // A device in the parameters must match that of the row, such as the device of an access code.
            call.string("device_id").is_none_or(|device| string(row, "device_id").is_none_or(|of| of == device))
        }),
        None => {
            let filters = Filters::new(&call.parameters, &[]);
            state.table(group.table).iter().filter(is_accessible).find(|row| filters.is_match(state, row))
        }
    };
    found.ok_or_else(|| not_found(group.table))
}

/// Returns the identifier of the row of a call, for a route of a group with this table.
pub(crate) fn find_id<K: Resource>(state: &State, call: &Call) -> Result<Id<K>, ApiFault> {
    let group = group_of(call).ok().filter(|group| group.table == K::TABLE).ok_or_else(no_such_route)?;
    find_row_id(state, call, group).map(Id::new)
}

/// Returns the identifier of the row of a call, as a string.
fn find_row_id(state: &State, call: &Call, group: &Group) -> Result<String, ApiFault> {
    let id = string(find_one(state, call, group)?, group.table.id).unwrap_or_default();
    Ok(id.to_owned())
}

pub(crate) fn get(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let row = find_one(state, call, group)?;
    Ok(call.answer_fields(|_| Value::Object(row.clone())))
}

fn list(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    page(state, call, group.table, |row| (group.keep)(row))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let id = find_row_id(state, call, group)?;
    if let Some(row) = state.table_mut(group.table).get_mut(&id) {
        change(row, &call.parameters, group.table);
    }
    let row = state.table(group.table).get(&id);
    Ok(call.answer_fields(|_| Value::Object(row.cloned().unwrap_or_default())))
}

/// Applies the parameters to a row. Objects are merged, and `null` in them removes a member.
pub(crate) fn change(row: &mut Object, parameters: &Object, table: &Table) {
    for (name, value) in parameters.iter().filter(|(name, _)| *name != table.id && !name.starts_with('_')) {
        match (row.get_mut(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                for (name, value) in new {
                    if value.is_null() {
                        old.remove(name);
                    } else {
                        old.insert(name.clone(), value.clone());
                    }
                }
            }
            _ => set(row, name, value.clone()),
        }
    }
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let id = find_row_id(state, call, group)?;
    state.table_mut(group.table).remove(&id);
    done()
}

/// Returns an error of status 400 unless the workspace of the caller is a sandbox.
pub(crate) fn only_in_sandbox(state: &State, call: &Call) -> Result<(), ApiFault> {
    if state.get(&call.workspace()).is_some_and(|workspace| flag(workspace, "is_sandbox")) {
        return Ok(());
    }
    Err(ApiFault::new(400, "workspace_not_sandbox", "Resets and simulations are supported only in sandbox workspaces"))
}

/// Returns a response without fields.
#[expect(clippy::unnecessary_wraps, reason = "handlers return it as their result")]
pub(crate) fn done() -> Answer {
    Ok(Object::new())
}
