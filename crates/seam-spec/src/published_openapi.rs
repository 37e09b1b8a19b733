//! The OpenAPI document in the form that Seam publishes, which tools for Seam's document require.
//!
//! It has the same routes and schemas in another form: variants of unions are inlined, unions are `oneOf`, and responses
//! are inlined. In addition to the extensions of [`openapi`](crate::openapi()) it has these extensions of Seam:
//!
//! | Extension | Of | Content |
//! |---|---|---|
//! | `x-response-key` | operations | `null` where the response has no result |
//! | `x-batch-keys` | operations | the lists of a result that holds resources of several kinds |
//! | `x-route-path` | resources and events | the route group that they belong to |
//! | `x-resource-type` | errors of resources | the resource that the error is about |

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::{group, openapi};

type Object = Map<String, Value>;

const SCHEMAS: &str = "#/components/schemas/";

/// The group of resources that match no other group.
const FALLBACK_GROUP: &str = "/devices";

/// The group of the schema of results that hold resources of several kinds.
const BATCH: (&str, &str) = ("batch", "/workspaces");

/// Returns [`openapi`] in the form that Seam publishes, for tools that read Seam's document and for servers that imitate
/// Seam.
///
/// Variants of unions are inlined and unions are `oneOf`, which carries less information for general OpenAPI tools.
/// `x-response-key`, `x-batch-keys`, `x-route-path` and `x-resource-type` are at the same paths as in Seam's document.
#[must_use]
pub fn published_openapi() -> Value {
    let document = openapi();
    let mut published = rewrite(&document, &document);
    let groups = groups(&published);
    if let Some(paths) = published.get_mut("paths").and_then(Value::as_object_mut) {
        let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Object::values_mut);
        operations.filter_map(Value::as_object_mut).for_each(add_keys);
    }
    if let Some(schemas) = published.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.retain(|_, schema| schema.get("x-variant").is_none());
        for (name, schema) in schemas.iter_mut() {
            add_resource_types(schema, name.strip_prefix("unmanaged_").unwrap_or(name));
            set(schema, "x-route-path", groups.get(name).map_or(FALLBACK_GROUP, String::as_str).into());
        }
        let events = schemas.get_mut("event").and_then(|event| event.get_mut("oneOf")).and_then(Value::as_array_mut);
        for event in events.into_iter().flatten() {
            let group = group_of_event(event, &groups);
            set(event, "x-route-path", group.into());
        }
    }
    published
}

/// Rewrites a value, with responses and variants inlined.
fn rewrite(document: &Value, value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| rewrite(document, item)).collect(),
        Value::Object(entries) => {
            let reference = entries.get("$ref").and_then(Value::as_str);
            let target = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
            let is_written_out = |target: &&Value| {
                target.get("x-variant").is_some() || reference.is_some_and(|reference| !reference.starts_with(SCHEMAS))
            };
            if let Some(target) = target.filter(is_written_out) {
                return rewrite(document, target);
            }
            Value::Object(entries.iter().map(|(key, value)| rewrite_entry(document, key, value)).collect())
        }
        value => value.clone(),
    }
}

fn rewrite_entry(document: &Value, key: &str, value: &Value) -> (String, Value) {
    let (key, value) = match (key, value) {
        ("anyOf", options @ Value::Array(_)) => ("oneOf", rewrite(document, options)),
        // The schemas that the mapping refers to are inlined.
        ("discriminator", Value::Object(discriminator)) if discriminator.contains_key("mapping") => {
            (key, json!({ "propertyName": discriminator.get("propertyName") }))
        }
        ("enum", Value::Array(values)) => (key, values.iter().filter(|value| !value.is_null()).cloned().collect()),
        ("x-null", Value::Bool(_)) => ("nullable", value.clone()),
        _ => (key, rewrite(document, value)),
    };
    (key.to_owned(), value)
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// The properties of the response of an operation.
fn response(operation: &Object) -> Option<&Object> {
    operation.get("responses")?.pointer("/200/content/application~1json/schema/properties").and_then(Value::as_object)
}

/// Returns the name of the schema that a schema refers to, by itself or for its items.
fn referred(schema: &Value) -> Option<&str> {
    let reference = schema.get("$ref").or_else(|| schema.get("items")?.get("$ref"))?;
    reference.as_str()?.strip_prefix(SCHEMAS)
}

/// Adds the keys of the result to an operation.
fn add_keys(operation: &mut Object) {
    let key = operation.entry("x-response-key").or_insert(Value::Null).as_str();
    let result = key.map(str::to_owned).and_then(|key| response(operation)?.get(&key)?.get("properties")?.as_object());
    let batch = result.filter(|lists| lists.values().all(|list| referred(list).is_some()));
    if let Some(keys) = batch.map(|lists| lists.keys().cloned().collect::<Vec<_>>()) {
        operation.insert("x-batch-keys".to_owned(), keys.into());
    }
}

/// Returns the route group of each schema: that of the route that returns one resource, else a list, else another route.
fn groups(document: &Value) -> BTreeMap<String, String> {
    let mut groups = BTreeMap::from([(BATCH.0.to_owned(), BATCH.1.to_owned())]);
    let paths = document.get("paths").and_then(Value::as_object);
    for suffix in ["/get", "/list", ""] {
        for (path, operations) in paths.into_iter().flatten().filter(|(path, _)| path.ends_with(suffix)) {
            let properties = operations.get("post").and_then(Value::as_object).and_then(response);
            for name in properties.into_iter().flat_map(Object::values).filter_map(referred) {
                groups.entry(name.to_owned()).or_insert_with(|| group(path).to_owned());
            }
        }
    }
    // Some events are about subjects that have routes but are not resources, such as locks.
    for path in paths.into_iter().flat_map(Object::keys) {
        let group = group(path);
        let name = group.trim_start_matches('/').strip_suffix('s').unwrap_or_default();
        groups.entry(name.to_owned()).or_insert_with(|| group.to_owned());
    }
    groups
}

/// Returns the route group of what an event is about.
fn group_of_event(event: &Value, groups: &BTreeMap<String, String>) -> String {
    let event_type = event.pointer("/properties/event_type/enum/0").and_then(Value::as_str).unwrap_or_default();
    let subject = match event_type.split('.').collect::<Vec<_>>()[..] {
        [subject, "unmanaged", ..] => format!("unmanaged_{subject}"),
        [subject, ..] => subject.to_owned(),
        [] => String::new(),
    };
    groups.get(&subject).map_or(FALLBACK_GROUP, String::as_str).to_owned()
}

/// Adds to each error of a resource the resource that it is about: an error of a code may be one of its lock.
fn add_resource_types(schema: &mut Value, resource: &str) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| add_resource_types(item, resource)),
        Value::Object(entries) => {
            entries.values_mut().for_each(|entry| add_resource_types(entry, resource));
            let properties =
                entries.get("properties").filter(|properties| properties.pointer("/error_code/enum").is_some());
            let about = properties.map(|properties| {
                let is_flagged = |name: &&str| properties.get(format!("is_{name}_error")).is_some();
                ["connected_account", "device", "access_code"]
                    .into_iter()
                    .find(is_flagged)
                    .unwrap_or(resource)
                    .to_owned()
            });
            if let Some(about) = about {
                entries.insert("x-resource-type".to_owned(), about.into());
            }
        }
        _ => {}
    }
}
