//! Rendering of rows in responses, without internal fields.

use seam_spec::{Field, Kind};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{device, json::Object, shape, tables::Table};

/// The body of a response.
pub(crate) struct Rendered<'a> {
    pub(crate) fields: &'a [Field],
    pub(crate) answer: &'a Object,
}

impl Serialize for Rendered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = |name: &str| self.fields.iter().find(|field| field.name == name).map(|field| &field.schema.kind);
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.answer {
            match kind(name) {
                Some(kind) => map.serialize_entry(name, &Projected { kind, value, absent: &[] })?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

/// A value with only the fields that its kind defines. It is serialized from the rows, without a tree of its own: copies of
/// rows were most of the cost of a request.
struct Projected<'a> {
    kind: &'a Kind,
    value: &'a Value,
    /// The objects with the fields that the value lacks.
    absent: &'a [&'a Object],
}

impl<'a> Projected<'a> {
    const fn new(kind: &'a Kind, value: &'a Value) -> Self {
        Self { kind, value, absent: &[] }
    }

    fn object<S: Serializer>(&self, fields: &[Field], object: &Object, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(fields.iter().filter_map(|field| {
            let absent = || self.absent.iter().find_map(|object| object.get(field.name));
            let value = object.get(field.name).or_else(absent)?;
            Some((field.name, Projected::new(&field.schema.kind, value)))
        }))
    }
}

impl Serialize for Projected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.kind, self.value) {
            (Kind::List(item), Value::Array(values)) => {
                serializer.collect_seq(values.iter().map(|value| Projected::new(&item.kind, value)))
            }
            (Kind::Reference(name), value) => {
                let kind = shape::resource(name).map(|schema| &schema.kind);
                match (kind, value.as_object().and_then(device::Compact::of)) {
                    (Some(Kind::Object(fields)), Some(row)) => compact_device(fields, &row, serializer),
                    (Some(kind), _) => Projected::new(kind, value).serialize(serializer),
                    (None, _) => value.serialize(serializer),
                }
            }
            (Kind::Object(fields), Value::Object(object)) => self.object(fields, object, serializer),
            (Kind::Variants { by, common, variants }, Value::Object(object)) => {
                let chosen = by.and_then(|by| object.get(by)).and_then(Value::as_str);
                // Most fields are those of the chosen variant, which is therefore searched first.
                let chosen = variants.iter().filter(|variant| chosen.is_some() && variant.value == chosen);
                let variants = || chosen.clone().chain(variants);
                let is_known = |name: &str| {
                    let mut fields = common.iter().chain(variants().flat_map(|variant| &variant.fields));
                    *by == Some(name) || fields.any(|field| field.name == name)
                };
                serializer.collect_map(object.iter().filter(|(name, _)| is_known(name)))
            }
            (_, Value::Object(object)) => {
                serializer.collect_map(object.iter().filter(|(name, _)| !name.starts_with('_')))
            }
            (_, value) => value.serialize(serializer),
        }
    }
}

/// Serializes a compact row of a device with the values of its type.
fn compact_device<S: Serializer>(
    fields: &[Field],
    row: &device::Compact<'_>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let empty = Value::Object(Object::new());
    let mut map = serializer.serialize_map(None)?;
    for field in fields {
        let kind = &field.schema.kind;
        if field.name == "properties" {
            let value = row.own.get(field.name).unwrap_or(&empty);
            let absent = &[row.shared_properties, &row.derived_properties];
            map.serialize_entry(field.name, &Projected { kind, value, absent })?;
        } else if let Some(value) = row.own.get(field.name).or_else(|| row.shared_fields.get(field.name)) {
            map.serialize_entry(field.name, &Projected::new(kind, value))?;
        }
    }
    map.end()
}

/// Returns a value with only the fields that its kind defines.
pub(crate) fn project(kind: &Kind, value: &Value) -> Value {
    serde_json::to_value(Projected::new(kind, value)).unwrap_or_default()
}

/// Renders a row with the fields that its resource defines.
pub(crate) fn resource(table: &Table, row: &Object) -> Value {
    let row = self::row(row);
    match shape::resource(table.resource) {
        Some(schema) => project(&schema.kind, &row),
        None => row,
    }
}

/// Renders a row with all fields, including internal ones.
pub(crate) fn row(row: &Object) -> Value {
    let mut row = row.clone();
    device::complete(&mut row);
    Value::Object(row)
}
