//! Views: values for writing, comparing and printing.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::Value as JsonValue;

use super::{View, debug, equal, write};

/// The newtype name under which secrets are serialized. Formats ignore it; `seam-core` uses it to detect secrets at any
/// depth of a request.
pub const SECRET: &str = "$seam::Secret";

/// Returns a float as an integer, if it is a whole number that floats represent exactly.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked first")]
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // Minus zero has a sign, which an integer would lose.
    let is_whole = number.fract() == 0.0 && number.abs() < EXACT && !(number == 0.0 && number.is_sign_negative());
    is_whole.then_some(number as i64)
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            View::Null => serializer.serialize_none(),
            View::Text(text) => serializer.serialize_str(text),
            View::Secret(secret) => serializer.serialize_newtype_struct(SECRET, secret),
            View::Time(timestamp) => serializer.collect_str(timestamp),
            View::Boolean(boolean) => serializer.serialize_bool(*boolean),
            View::Integer(integer) => serializer.serialize_i64(*integer),
            View::Number(number) => match whole(*number) {
                Some(integer) => serializer.serialize_i64(integer),
                None => serializer.serialize_f64(*number),
            },
            View::Object(object) => write(*object, serializer),
            View::List(list) => {
                let mut items = serializer.serialize_seq(Some(list.len()))?;
                for index in 0..list.len() {
                    items.serialize_element(&list.get(index))?;
                }
                items.end()
            }
            View::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                let mut result = Ok(());
                entries.each(&mut |name, value| {
                    if result.is_ok() {
                        result = map.serialize_entry(name, &value);
                    }
                });
                result?;
                map.end()
            }
            View::Json(json) => json.serialize(serializer),
        }
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            View::Null => f.write_str("null"),
            View::Text(text) => fmt::Debug::fmt(text, f),
            View::Secret(_) => f.write_str("***"),
            View::Time(timestamp) => fmt::Display::fmt(timestamp, f),
            View::Boolean(boolean) => fmt::Debug::fmt(boolean, f),
            View::Integer(integer) => fmt::Debug::fmt(integer, f),
            View::Number(number) => fmt::Debug::fmt(number, f),
            View::Object(object) => debug(*object, f),
            View::List(list) => f.debug_list().entries((0..list.len()).map(|index| list.get(index))).finish(),
            View::Map(entries) => {
                let mut map = f.debug_map();
                entries.each(&mut |name, value| {
                    map.entry(&name, &value);
                });
                map.finish()
            }
            View::Json(json) => f.write_str(printed(json)),
        }
    }
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (View::Null, View::Null) => true,
            (View::Text(left), View::Text(right)) => left == right,
            (View::Secret(left), View::Secret(right)) => left == right,
            (View::Time(left), View::Time(right)) => left.instant() == right.instant(),
            (View::Boolean(left), View::Boolean(right)) => left == right,
            (View::Integer(left), View::Integer(right)) => left == right,
            (View::Number(left), View::Number(right)) => left == right,
            (View::Object(left), View::Object(right)) => equal(*left, *right),
            (View::List(left), View::List(right)) => {
                left.len() == right.len() && (0..left.len()).all(|index| left.get(index) == right.get(index))
            }
            (View::Map(left), View::Map(right)) => {
                let mut is_equal = left.len() == right.len();
                left.each(&mut |name, value| is_equal &= right.get(name) == Some(value));
                is_equal
            }
            (View::Json(left), View::Json(right)) => left == right,
            _ => false,
        }
    }
}

/// Returns the `Debug` string of a value that may contain secrets.
pub(crate) fn printed(value: &JsonValue) -> &'static str {
    match value {
        JsonValue::Null => "Json(null)",
        JsonValue::Bool(_) => "Json(boolean)",
        JsonValue::Number(_) => "Json(number)",
        JsonValue::String(_) => "Json(string)",
        JsonValue::Array(_) => "Json(array)",
        JsonValue::Object(_) => "Json(object)",
    }
}
