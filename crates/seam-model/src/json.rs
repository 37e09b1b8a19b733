//! JSON values without a type of their own.

use std::fmt;

use serde_json::Value;

use crate::object::{self, Kind, ParameterKind, serde_by_value};

/// A JSON value that has no type of its own yet, kept as it came.
///
/// `Debug` says only what kind of value it is, since it may hold secrets.
#[derive(Clone, PartialEq)]
pub struct Json(pub Value);

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
