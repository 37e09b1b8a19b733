//! Custom metadata of resources.

use std::collections::BTreeMap;

use crate::{
    Json,
    object::{Kind, ParameterKind, Slot, Value, View, serde_by_value},
};

/// Labels that a program attaches to resources of Seam, such as the key of a room in its own database.
pub type CustomMetadata = BTreeMap<String, MetadataValue>;

/// The value of a label: a string or a boolean.
///
/// `Debug` prints only the kind of value, because a label may contain secrets.
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
    /// Returns the string, if the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_value().as_str()
    }

    /// Returns the boolean, if the value is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.0.as_value().as_bool()
    }

    /// Returns the raw value, of any type.
    #[must_use]
    pub fn as_json(&self) -> &serde_json::Value {
        self.0.as_value()
    }

    /// Creates a value that removes a label from its resource.
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
