//! Counts that are computed for each response: the contents of a space or access system, and the devices of a session.

use seam_spec::{Field, Kind};
use serde_json::Value;

use crate::{
    json::{Object, set, string, strings},
    state::State,
    tables::{AcsAccessGroup, AcsEntrance, AcsSystem, AcsUser, Device, Resource, Space, Table},
};

/// Sets the counts in the fields of a response.
pub(crate) fn fill_fields(state: &State, fields: &[Field], object: &mut Object) {
    for field in fields {
        if let Some(value) = object.get_mut(field.name) {
            fill(state, &field.schema.kind, value);
        }
    }
}

/// Sets the counts in a value of this kind.
fn fill(state: &State, kind: &Kind, value: &mut Value) {
    match (kind, value) {
        (Kind::List(item), Value::Array(values)) => values.iter_mut().for_each(|value| fill(state, &item.kind, value)),
        (Kind::Object(fields), Value::Object(object)) => fill_fields(state, fields, object),
        (Kind::Reference("acs_system"), Value::Object(system)) => {
            let id = string(system, AcsSystem::TABLE.id);
            let count = |table| count(state, table, |row| string(row, AcsSystem::TABLE.id) == id);
            let (users, groups) = (count(AcsUser::TABLE), count(AcsAccessGroup::TABLE));
            set(system, "acs_user_count", users);
            set(system, "acs_access_group_count", groups);
        }
        (Kind::Reference("client_session"), Value::Object(session)) => {
            let is_visible = |device: &Object| {
                let account = string(device, "connected_account_id");
                strings(session, "connected_account_ids").any(|seen| Some(seen) == account)
            };
            let devices = count(state, Device::TABLE, is_visible);
            set(session, "device_count", devices);
        }
        (Kind::Reference("space"), Value::Object(space)) => {
            let id = string(space, Space::TABLE.id);
            let count = |table| count(state, table, |row| strings(row, "space_ids").any(|space| Some(space) == id));
            let (devices, entrances) = (count(Device::TABLE), count(AcsEntrance::TABLE));
            set(space, "device_count", devices);
            set(space, "acs_entrance_count", entrances);
        }
        _ => {}
    }
}

fn count(state: &State, table: &'static Table, predicate: impl Fn(&Object) -> bool) -> usize {
    state.table(table).iter().filter(|row| predicate(row)).count()
}
