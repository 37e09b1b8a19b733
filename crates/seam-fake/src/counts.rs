//! What is counted when it is answered: how much there is in a space or an access system, and what a session sees.

use seam_spec::Kind;
use serde_json::Value;

use crate::{
    json::{Object, set, text, texts},
    state::State,
    tables::{AcsAccessGroup, AcsEntrance, AcsSystem, AcsUser, Device, Resource, Space, Table},
};

/// Puts the counts into everything in a value of this kind that has some.
pub(crate) fn fill(state: &State, kind: &Kind, value: &mut Value) {
    match (kind, value) {
        (Kind::List(item), Value::Array(values)) => values.iter_mut().for_each(|value| fill(state, &item.kind, value)),
        (Kind::Object(fields), Value::Object(object)) => {
            for field in fields {
                if let Some(value) = object.get_mut(field.name) {
                    fill(state, &field.schema.kind, value);
                }
            }
        }
        (Kind::Reference("acs_system"), Value::Object(system)) => {
            let id = text(system, AcsSystem::TABLE.id);
            let count = |table| count(state, table, |row| text(row, AcsSystem::TABLE.id) == id);
            let (users, groups) = (count(AcsUser::TABLE), count(AcsAccessGroup::TABLE));
            set(system, "acs_user_count", users);
            set(system, "acs_access_group_count", groups);
        }
        (Kind::Reference("client_session"), Value::Object(session)) => {
            let sees = |device: &Object| {
                let account = text(device, "connected_account_id");
                texts(session, "connected_account_ids").any(|seen| Some(seen) == account)
            };
            let devices = count(state, Device::TABLE, sees);
            set(session, "device_count", devices);
        }
        (Kind::Reference("space"), Value::Object(space)) => {
            let id = text(space, Space::TABLE.id);
            let count = |table| count(state, table, |row| texts(row, "space_ids").any(|space| Some(space) == id));
            let (devices, entrances) = (count(Device::TABLE), count(AcsEntrance::TABLE));
            set(space, "device_count", devices);
            set(space, "acs_entrance_count", entrances);
        }
        _ => {}
    }
}

fn count(state: &State, table: &'static Table, is_meant: impl Fn(&Object) -> bool) -> usize {
    state.table(table).iter().filter(|row| is_meant(row)).count()
}
