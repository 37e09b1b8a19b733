//! Rendering of rows in responses, without internal fields.

use std::iter;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{
    device,
    json::Object,
    projection::{Fields, Projection},
    tables::Table,
};

/// The body of a response.
pub(crate) struct Rendered<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) answer: &'a Object,
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.answer {
            match self.fields.get(name.as_str()) {
                Some(projection) => map.serialize_entry(name, &Projected::new(projection, value))?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// A value with only the fields of its projection. It is serialized from the rows, without a tree of its own: copies of rows
/// were most of the cost of a request.
struct Projected<'a> {
    projection: &'a Projection,
    value: &'a Value,
    /// The objects with the fields that the value lacks.
    absent: &'a [&'a Object],
    /// The objects with the fields that its properties lack.
    absent_properties: &'a [&'a Object],
}

impl<'a> Projected<'a> {
    const fn new(projection: &'a Projection, value: &'a Value) -> Self {
        Self { projection, value, absent: &[], absent_properties: &[] }
    }

    /// Serializes the fields of an object, and those that it lacks.
    fn object<S: Serializer>(&self, fields: &Fields, object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = || iter::once(object).chain(self.absent.iter().copied());
        let mut map = serializer.serialize_map(None)?;
        for (index, part) in parts().enumerate() {
            for (name, value) in part {
                let Some(projection) = fields.get(name.as_str()) else { continue };
                if parts().take(index).any(|earlier| earlier.contains_key(name)) {
                    continue;
                }
                let absent = if name == "properties" { self.absent_properties } else { &[] };
                map.serialize_entry(name, &Projected { absent, ..Projected::new(projection, value) })?;
            }
        }
        map.end()
    }
}

impl Serialize for Projected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.projection, self.value) {
            (Projection::List(item), Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(|value| Projected::new(item, value)))
            }
            (Projection::Resource(name), value) => {
                let Some(projection) = Projection::resource(name) else { return value.serialize(serializer) };
                let Some(row) = value.as_object().and_then(device::Compact::of) else {
                    return Projected::new(projection, value).serialize(serializer);
                };
                let absent = &[row.shared_fields];
                let absent_properties = &[row.shared_properties, &row.derived_properties];
                Projected { projection, value, absent, absent_properties }.serialize(serializer)
            }
            (Projection::Object(fields), Value::Object(object)) => self.object(fields, object, serializer),
            (Projection::Union(names), Value::Object(object)) => {
                serializer.collect_map(object.iter().filter(|(name, _)| names.contains(name.as_str())))
            }
            (_, Value::Object(object)) => {
                serializer.collect_map(object.iter().filter(|(name, _)| !name.starts_with('_')))
            }
            (_, value) => value.serialize(serializer),
        }
    }
}

/// Returns a resource with only the fields of the API description.
pub(crate) fn project(resource: &'static str, value: &Value) -> Value {
    serde_json::to_value(Projected::new(&Projection::Resource(resource), value)).unwrap_or_default()
}

/// Renders a row with the fields that its resource defines.
pub(crate) fn resource(table: &Table, row: &Object) -> Value {
    project(table.resource, &self::row(row))
}

/// Renders a row with all fields, including internal ones.
pub(crate) fn row(row: &Object) -> Value {
    let mut row = row.clone();
    device::complete(&mut row);
    Value::Object(row)
}
