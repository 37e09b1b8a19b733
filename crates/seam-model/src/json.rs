//! Untyped JSON values.

use std::fmt;

use serde_json::Value;

use crate::object::{self, Kind, ParameterKind, serde_by_value};

/// A JSON value without a type of its own, kept unchanged.
///
/// `Debug` prints only the kind of value, because it may contain secrets.
///
/// ```
/// use seam_model::Json;
///
/// let result = Json::from(serde_json::json!({ "was_confirmed_by_device": true }));
/// assert_eq!(result.as_value()["was_confirmed_by_device"], true);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Value);

impl Json {
    /// Returns the value.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// Returns the value.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        json.0
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(object::printed(&self.0))
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl object::Value for Json {
    fn empty() -> Self {
        Self(Value::Null)
    }

    fn slot(&mut self) -> object::Slot<'_> {
        object::Slot::Json(&mut self.0)
    }

    fn view(&self) -> object::View<'_> {
        object::View::Json(&self.0)
    }
}

serde_by_value!(Json, json);

impl Kind for Json {
    const KIND: ParameterKind = ParameterKind::Object;
}
