//! Rendering of rows in responses, without internal fields.

use seam_spec::{Field, Kind};
use serde_json::Value;

use crate::{counts, device, json::Object, shape, state::State, tables::Table};

/// Renders the fields of a response: adds counts, and removes fields that the resources do not define.
pub(crate) fn fields(state: &State, fields: &[Field], answer: &mut Object) {
    for field in fields {
        if let Some(value) = answer.get_mut(field.name) {
            counts::fill(state, &field.schema.kind, value);
            *value = project(&field.schema.kind, value.take());
        }
    }
}

pub(crate) fn project(kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::List(item), Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| project(&item.kind, value)).collect())
        }
        (Kind::Reference("device" | "unmanaged_device"), Value::Object(mut row)) if device::is_compact(&row) => {
            device::complete(&mut row);
            project(kind, Value::Object(row))
        }
        (Kind::Reference(name), value) => match shape::resource(name) {
            Some(schema) => project(&schema.kind, value),
            None => value,
        },
        (Kind::Object(fields), Value::Object(mut object)) => {
            let mut projected = Object::new();
            for field in fields {
                if let Some(value) = object.remove(field.name) {
                    projected.insert(field.name.to_owned(), project(&field.schema.kind, value));
                }
            }
            Value::Object(projected)
        }
        (Kind::Variants { by, common, variants }, Value::Object(mut object)) => {
            let fields = || common.iter().chain(variants.iter().flat_map(|variant| &variant.fields));
            let is_known = |name: &str| *by == Some(name) || fields().any(|field| field.name == name);
            object.retain(|name, _| is_known(name));
            Value::Object(object)
        }
        (_, Value::Object(mut object)) => {
            object.retain(|name, _| !name.starts_with('_'));
            Value::Object(object)
        }
        (_, value) => value,
    }
}

/// Renders a row with the fields that its resource defines.
pub(crate) fn resource(table: &Table, row: &Object) -> Value {
    let row = self::row(row);
    match shape::resource(table.resource) {
        Some(schema) => project(&schema.kind, row),
        None => row,
    }
}

/// Renders a row with all fields, including internal ones.
pub(crate) fn row(row: &Object) -> Value {
    let mut row = row.clone();
    device::complete(&mut row);
    Value::Object(row)
}
