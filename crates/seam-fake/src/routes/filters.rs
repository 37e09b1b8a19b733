//! Filters: which rows match the parameters of a list.

use serde_json::Value;

use crate::{
    device,
    json::{Object, text, time},
    state::State,
    tables::{AcsSystem, ActionAttempt, ConnectedAccount, Device, Resource, Table},
};

/// The tables whose rows others belong to. A row belongs to rows of later tables only, whatever its fields refer to, so that
/// no chain of references is endless.
const OWNERS: [&Table; 3] = [Device::TABLE, AcsSystem::TABLE, ConnectedAccount::TABLE];

/// The parameters of lists that are no filters.
const NOT_FILTERS: [&str; 4] = ["limit", "page_cursor", "search", "_strict"];

/// Returns whether a row matches all filters among the parameters, except those in `ignored`.
///
/// A filter matches the field of its name. A filter that is a list matches if one of its values does, with the field of
/// its name in the singular. A field that is a list matches if it contains the value.
pub(crate) fn is_match(state: &State, row: &Object, parameters: &Object, ignored: &[&str]) -> bool {
    parameters
        .iter()
        .filter(|(name, value)| {
            !value.is_null() && !NOT_FILTERS.contains(&name.as_str()) && !ignored.contains(&name.as_str())
        })
        .all(|(name, wanted)| match (name.as_str(), wanted) {
            ("created_before", Value::String(wanted)) => {
                let limit = wanted.parse::<jiff::Timestamp>();
                limit.is_ok_and(|limit| time(row, "created_at").is_some_and(|time| time < limit))
            }
            ("custom_metadata_has", Value::Object(wanted)) => {
                let metadata = row.get("custom_metadata").and_then(Value::as_object);
                wanted.iter().all(|(name, value)| metadata.and_then(|metadata| metadata.get(name)) == Some(value))
            }
            ("event_type", wanted) => row.get("event_type") == Some(wanted),
            (_, Value::Array(wanted)) => {
                let name = name.strip_suffix('s').unwrap_or(name);
                wanted.iter().any(|wanted| has_value(state, row, name, wanted, &OWNERS))
            }
            _ => has_value(state, row, name, wanted, &OWNERS),
        })
}

/// Returns whether a row has this value in this field or in the list of its name, or belongs to a row of `owners` that has.
fn has_value(state: &State, row: &Object, name: &str, wanted: &Value, owners: &[&Table]) -> bool {
    if let Some(value) = device::field(row, name).filter(|value| !value.is_null()) {
        return value == wanted;
    }
    for names in [format!("{name}s"), format!("_{name}s")] {
        if let Some(Value::Array(values)) = row.get(&names) {
            return values.contains(wanted);
        }
    }
    if let Some(value) = row.get(&format!("_{name}")) {
        return value == wanted;
    }
    // Location is the deprecated name of space.
    if name == "location_id" || name == "unstable_location_id" {
        return has_value(state, row, "space_id", wanted, owners);
    }
    if name == "manufacturer" || (name == "name" && row.contains_key("properties")) {
        return device::property(row, name) == Some(wanted);
    }
    // An action attempt belongs to the device that performs it.
    if name == Device::TABLE.id && row.contains_key(ActionAttempt::TABLE.id) {
        return row.get("_subject") == Some(wanted);
    }
    // A device has the customer of its account, an access code that of its device.
    let mut owners = owners;
    while let [table, later @ ..] = owners {
        let owner = text(row, table.id).and_then(|id| state.table(table).get(id));
        if owner.is_some_and(|owner| has_value(state, owner, name, wanted, later)) {
            return true;
        }
        owners = later;
    }
    false
}
