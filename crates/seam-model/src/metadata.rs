//! Labels that a program puts on Seam's things.

use std::collections::BTreeMap;

use crate::{
    Json,
    object::{Kind, ParameterKind, Slot, Value, View, serde_by_value},
};

/// Labels that a program puts on Seam's things, such as the key of a room in its own system.
pub type CustomMetadata = BTreeMap<String, MetadataValue>;

/// The value of a label: a text, or `true` or `false`.
///
/// `Debug` says only what kind of value it is, since a program may keep there what it likes.
///
/// ```
/// use seam_model::{CustomMetadata, MetadataValue};
///
/// let labels = CustomMetadata::from([("room".to_owned(), "204".into()), ("vip".to_owned(), true.into())]);
/// assert_eq!(labels.get("room").and_then(MetadataValue::as_str), Some("204"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataValue(Json);

impl MetadataValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_value().as_str()
    }

    /// `true` or `false`, if it is one of them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.0.as_value().as_bool()
    }

    /// The value as it came, whatever it is.
    #[must_use]
    pub fn as_json(&self) -> &serde_json::Value {
        self.0.as_value()
    }

    /// A value that takes a label away from the thing that it is on.
    #[must_use]
    pub fn null() -> Self {
        Self(Json::from(serde_json::Value::Null))
    }
}

impl From<&str> for MetadataValue {
    fn from(text: &str) -> Self {
        Self(Json::from(serde_json::Value::from(text)))
    }
}

impl From<String> for MetadataValue {
    fn from(text: String) -> Self {
        Self(Json::from(serde_json::Value::from(text)))
    }
}

impl From<bool> for MetadataValue {
    fn from(boolean: bool) -> Self {
        Self(Json::from(serde_json::Value::from(boolean)))
    }
}

impl Kind for CustomMetadata {
    const KIND: ParameterKind = ParameterKind::Object;
}

impl Value for MetadataValue {
    fn empty() -> Self {
        Self::null()
    }

    fn slot(&mut self) -> Slot<'_> {
        self.0.slot()
    }

    fn view(&self) -> View<'_> {
        self.0.view()
    }
}

serde_by_value!(MetadataValue, json);
