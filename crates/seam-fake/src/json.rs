//! Access to the fields of JSON objects, and times.

use std::{
    slice,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// A row of the state, or a part of one. Fields whose names begin with `_` are internal and are never in responses.
pub(crate) type Object = Map<String, Value>;

/// An iterator over the strings of a JSON array. A named type reduces the number of monomorphized adapters.
struct Strings<'a>(slice::Iter<'a, Value>);

impl<'a> Iterator for Strings<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(Value::as_str)
    }
}

/// Returns the object in a value; empty for other values.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Collects fields into an object. `collect` would be monomorphized, with a sort, for each iterator type.
pub(crate) fn collect_object(fields: &mut dyn Iterator<Item = (String, Value)>) -> Object {
    let mut object = Object::new();
    for (name, value) in fields {
        object.insert(name, value);
    }
    object
}

/// Returns a string field of an object; `None` if it is absent or not a string.
pub(crate) fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Whether a field is present and `true`.
pub(crate) fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// Returns the strings of a list in an object.
pub(crate) fn strings<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a str> {
    Strings(object.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter())
}

/// Whether a list in an object contains this string.
pub(crate) fn has_string(object: &Object, name: &str, value: &str) -> bool {
    strings(object, name).any(|text| text == value)
}

/// Sets a field.
pub(crate) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

/// Returns a nested object, which is created if it is absent; `None` if the field has another type.
pub(crate) fn inner<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object.entry(name).or_insert_with(|| Value::Object(Object::new())).as_object_mut()
}

/// Adds a string to a list in an object, unless the list contains it.
pub(crate) fn add_string(object: &mut Object, name: &str, text: &str) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => {
            if !values.iter().any(|value| value == text) {
                values.push(Value::from(text));
            }
        }
        _ => set(object, name, vec![text]),
    }
}

/// Adds a value to a list in an object.
pub(crate) fn push(object: &mut Object, name: &str, value: Value) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        _ => set(object, name, vec![value]),
    }
}

/// Removes a string from a list in an object.
pub(crate) fn remove_string(object: &mut Object, name: &str, text: &str) {
    if let Some(Value::Array(values)) = object.get_mut(name) {
        values.retain(|value| value != text);
    }
}

/// Formats a time as Seam does: UTC, with milliseconds.
pub(crate) fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Returns the time in a field.
pub(crate) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    string(object, name)?.parse().ok()
}

/// Converts a time to a [`SystemTime`]; a time before 1970 is replaced by the start of 1970.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::try_from(time.as_duration()).unwrap_or_default()
}

/// Returns `time + delay`, or the maximum if that cannot be represented.
pub(crate) fn later(time: Timestamp, delay: Duration) -> Timestamp {
    SignedDuration::try_from(delay).ok().and_then(|delay| time.checked_add(delay).ok()).unwrap_or(Timestamp::MAX)
}
