//! Filters of lists.

use std::{collections::HashSet, slice};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    device,
    json::{Object, string, time},
    state::State,
    tables::{AcsSystem, ActionAttempt, ConnectedAccount, Device, Resource, Table},
};

/// The tables of owners. An owner is looked up only in later tables than the row itself, so that circular references end.
const OWNERS: [&Table; 3] = [Device::TABLE, AcsSystem::TABLE, ConnectedAccount::TABLE];

/// The parameters of lists that are not filters.
const NOT_FILTERS: [&str; 4] = ["limit", "page_cursor", "search", "_strict"];

/// The maximum number of values that are compared one by one. More values are stored in a set.
const FEW: usize = 8;

/// The filters of a list, read once and applied to each row.
///
/// A filter matches the field of its name. A filter that is a list matches if one of its values does, with the field of
/// its name in the singular. A field that is a list matches if it contains the value.
pub(crate) struct Filters<'a>(Vec<Filter<'a>>);

enum Filter<'a> {
    CreatedBefore(Option<Timestamp>),
    CustomMetadata(&'a Object),
    EventType(&'a Value),
    Field(&'a str, Values<'a>),
}

/// The accepted values of a field.
enum Values<'a> {
    Few(&'a [Value]),
    Many { strings: HashSet<&'a str>, others: Vec<&'a Value> },
}

impl<'a> Values<'a> {
    fn new(values: &'a [Value]) -> Self {
        if values.len() <= FEW {
            return Self::Few(values);
        }
        let others = values.iter().filter(|value| !value.is_string()).collect();
        Self::Many { strings: values.iter().filter_map(Value::as_str).collect(), others }
    }

    fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Few(values), value) => values.contains(value),
            (Self::Many { strings, .. }, Value::String(value)) => strings.contains(value.as_str()),
            (Self::Many { others, .. }, value) => others.contains(&value),
        }
    }
}

impl<'a> Filters<'a> {
    /// Reads the filters among the parameters, except those in `ignored`.
    pub(crate) fn new(parameters: &'a Object, ignored: &[&str]) -> Self {
        let filters = parameters.iter().filter(|(name, value)| {
            !value.is_null() && !NOT_FILTERS.contains(&name.as_str()) && !ignored.contains(&name.as_str())
        });
        let read = |(name, value): (&'a String, &'a Value)| match (name.as_str(), value) {
            ("created_before", Value::String(time)) => Filter::CreatedBefore(time.parse().ok()),
            ("custom_metadata_has", Value::Object(values)) => Filter::CustomMetadata(values),
            ("event_type", value) => Filter::EventType(value),
            (name, Value::Array(values)) => Filter::Field(name.strip_suffix('s').unwrap_or(name), Values::new(values)),
            (name, value) => Filter::Field(name, Values::new(slice::from_ref(value))),
        };
        Self(filters.map(read).collect())
    }

    /// Whether a row matches all filters.
    pub(crate) fn is_match(&self, state: &State, row: &Object) -> bool {
        self.0.iter().all(|filter| match filter {
            Filter::CreatedBefore(limit) => {
                limit.is_some_and(|limit| time(row, "created_at").is_some_and(|time| time < limit))
            }
            Filter::CustomMetadata(values) => {
                let metadata = row.get("custom_metadata").and_then(Value::as_object);
                values.iter().all(|(name, value)| metadata.and_then(|metadata| metadata.get(name)) == Some(value))
            }
            Filter::EventType(value) => row.get("event_type") == Some(*value),
            Filter::Field(name, values) => has_value(state, row, name, values, &OWNERS),
        })
    }
}

/// Whether a row, or one of its `owners`, has one of the accepted values in this field or in the list with its plural name.
fn has_value(state: &State, row: &Object, name: &str, values: &Values<'_>, owners: &[&Table]) -> bool {
    let matches = |value: &Value| values.contains(value);
    if let Some(value) = device::field(row, name).filter(|value| !value.is_null()) {
        return matches(value);
    }
    for names in [format!("{name}s"), format!("_{name}s")] {
        if let Some(Value::Array(values)) = row.get(&names) {
            return values.iter().any(matches);
        }
    }
    if let Some(value) = row.get(&format!("_{name}")) {
        return matches(value);
    }
    // "Location" is the deprecated name of spaces.
    if name == "location_id" || name == "unstable_location_id" {
        return has_value(state, row, "space_id", values, owners);
    }
    if name == "manufacturer" || (name == "name" && row.contains_key("properties")) {
        return device::property(row, name).is_some_and(matches);
    }
    // An action attempt belongs to the device that performs it.
    if name == Device::TABLE.id && row.contains_key(ActionAttempt::TABLE.id) {
        return row.get("_subject").is_some_and(matches);
    }
    // For example, the customer of a device is that of its account.
    let mut owners = owners;
    while let [table, later @ ..] = owners {
        let owner = string(row, table.id).and_then(|id| state.table(table).get(id));
        if owner.is_some_and(|owner| has_value(state, owner, name, values, later)) {
            return true;
        }
        owners = later;
    }
    false
}
