//! Objects of JSON: reading and setting their fields, and times in them.

use std::{
    slice,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// A row of the state, or a part of one. Names that begin with `_` are the fake's own and are never answered.
pub(crate) type Object = Map<String, Value>;

/// The strings of a JSON array. One type, so that few adapters are compiled per use.
struct Texts<'a>(slice::Iter<'a, Value>);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(Value::as_str)
    }
}

/// The object that `json!` made.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Collects fields into an object. `collect` would compile a sort for each kind of iterator.
pub(crate) fn collect_object(fields: &mut dyn Iterator<Item = (String, Value)>) -> Object {
    let mut object = Object::new();
    for (name, value) in fields {
        object.insert(name, value);
    }
    object
}

/// A text in an object; `None` if it is missing, or something else.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Whether a field is there and `true`.
pub(crate) fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The texts of a list in an object.
pub(crate) fn texts<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a str> {
    Texts(object.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter())
}

/// Whether a list in an object has this string.
pub(crate) fn has_text(object: &Object, name: &str, wanted: &str) -> bool {
    texts(object, name).any(|text| text == wanted)
}

/// Sets a field.
pub(crate) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

/// An object within an object, which is made if it is not there; `None` if something else is there.
pub(crate) fn inner<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object.entry(name).or_insert_with(|| Value::Object(Object::new())).as_object_mut()
}

/// Adds a text to a list in an object, once.
pub(crate) fn add_text(object: &mut Object, name: &str, text: &str) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => {
            if !values.iter().any(|value| value == text) {
                values.push(Value::from(text));
            }
        }
        _ => set(object, name, vec![text]),
    }
}

/// Adds something to a list in an object.
pub(crate) fn push(object: &mut Object, name: &str, value: Value) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        _ => set(object, name, vec![value]),
    }
}

/// Removes a text from a list in an object.
pub(crate) fn remove_text(object: &mut Object, name: &str, text: &str) {
    if let Some(Value::Array(values)) = object.get_mut(name) {
        values.retain(|value| value != text);
    }
}

/// A time as Seam writes it: UTC, with milliseconds.
pub(crate) fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The time in a field.
pub(crate) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    text(object, name)?.parse().ok()
}

/// A time as the standard library has it; one before 1970 becomes 1970.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::try_from(time.as_duration()).unwrap_or_default()
}

/// `time` and a while.
pub(crate) fn later(time: Timestamp, delay: Duration) -> Timestamp {
    SignedDuration::try_from(delay).ok().and_then(|delay| time.checked_add(delay).ok()).unwrap_or(Timestamp::MAX)
}
