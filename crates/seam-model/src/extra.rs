//! What a JSON object said beyond the fields that its type knows.

use std::fmt;

use serde_json::{Map, Value};

use crate::object::{self, Blank, serde_by_value};

/// The fields of a JSON object that its type does not know, kept and written back as they came.
///
/// It lets a program use a field that Seam has introduced before this crate knows it. `Debug`
/// writes the names only, since nobody has said which of the values are secrets.
///
/// It also remembers which known fields came as `null` or as an empty list rather than not at all,
/// so that they are written back the same way. That has no meaning of its own: two objects that
/// differ only in it are equal.
///
/// ```
/// use seam_model::UnmanagedAccessCode;
///
/// let code: UnmanagedAccessCode =
///     serde_json::from_str(r#"{"access_code_id":"26d6138c","floor":3}"#)?;
/// assert_eq!(code.extra.get("floor").and_then(|floor| floor.as_u64()), Some(3));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Inner>>);

#[derive(Clone, Default)]
struct Inner {
    unknown: Map<String, Value>,
    blank: Vec<(&'static str, Blank)>,
}

impl Extra {
    /// The value of the unknown field `name`, if the object had one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref().and_then(|inner| inner.unknown.get(name))
    }

    /// All unknown fields, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|inner| inner.unknown.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// Whether the object had no unknown field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|inner| inner.unknown.is_empty())
    }

    /// Keeps a field that the type does not know. The last of several with one name stays.
    #[doc(hidden)]
    pub fn insert(&mut self, name: String, value: Value) {
        self.0.get_or_insert_default().unknown.insert(name, value);
    }

    /// Takes the unknown fields away; what is known of the others stays.
    pub(crate) fn take_unknown(&mut self) -> Map<String, Value> {
        self.0.as_mut().map(|inner| std::mem::take(&mut inner.unknown)).unwrap_or_default()
    }

    /// Remembers how a known field without a value was written.
    pub(crate) fn note(&mut self, name: &'static str, blank: Blank) {
        self.0.get_or_insert_default().blank.push((name, blank));
    }

    /// How the known field `name` was written when it had no value; `None` when it was absent.
    pub(crate) fn blank(&self, name: &str) -> Option<Blank> {
        let inner = self.0.as_ref()?;
        inner.blank.iter().rev().find(|(noted, _)| *noted == name).map(|(_, blank)| *blank)
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(unknown: Map<String, Value>) -> Self {
        if unknown.is_empty() { Self::default() } else { Self(Some(Box::new(Inner { unknown, blank: Vec::new() }))) }
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// A JSON value that has no type of its own yet, kept as it came.
///
/// `Debug` says only what kind of value it is, since it may hold secrets.
#[derive(Clone, PartialEq)]
pub struct Json(pub Value);

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Value::Null => "Json(null)",
            Value::Bool(_) => "Json(boolean)",
            Value::Number(_) => "Json(number)",
            Value::String(_) => "Json(string)",
            Value::Array(_) => "Json(array)",
            Value::Object(_) => "Json(object)",
        })
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl object::Value for Json {
    fn blank() -> Self {
        Self(Value::Null)
    }

    fn slot(&mut self) -> object::Slot<'_> {
        object::Slot::Json(&mut self.0)
    }

    fn view(&self) -> object::View<'_> {
        object::View::Json(&self.0)
    }
}

serde_by_value!(Json);
