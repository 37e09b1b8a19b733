//! `cargo xtask import FILE`: makes the facts from Seam's OpenAPI document.
//!
//! Only `facts/` is written. When the document brings something that the words do not decide yet (a route without a
//! class of safety, a text that may be a secret, a struct without a name), that is said, and nothing is written.

#![allow(clippy::indexing_slicing, reason = "a JSON value is indexed, which gives `null` for what is not there")]

use std::{collections::BTreeMap, fs, path::Path};

use seam_spec::{Facts, Field, Kind, Route, Schema, Type, Variant};
use serde_json::{Map, Value};

use crate::{Result, generate};

/// Where the facts are.
pub(crate) const FACTS: &str = "xtask/spec/facts";

const HEADER: &str = "\
# Facts of the Seam API. Written by `cargo xtask import`, never by hand: what is ours to decide is in ../words.
# The notation is explained in ../src/notation.rs.
";

/// Imports a document.
pub(crate) fn run(file: &str) -> Result {
    let facts = read(file)?;
    let undecided = generate::undecided(&facts)?;
    if !undecided.is_empty() {
        return Err(format!(
            "nothing was written, since the words in xtask/spec/words do not decide this yet:\n\n{}\n",
            undecided.join("\n")
        ));
    }
    write(&facts)
}

/// Reads the facts out of an OpenAPI document: a JSON file, or a JavaScript module that exports one as JSON.
pub(crate) fn read(file: &str) -> Result<Facts> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| format!("{file} is not JSON: {error}"))?;
    facts(&document).map_err(|problem| format!("{file}: {problem}"))
}

/// Writes the facts to their files.
fn write(facts: &Facts) -> Result {
    fs::create_dir_all(FACTS).map_err(|error| format!("{FACTS}: {error}"))?;
    let (events, resources): (Vec<_>, Vec<_>) =
        facts.schemas.iter().cloned().partition(|schema| schema.name == "event");
    for (name, text) in [
        ("sources", seam_spec::print_sources(&facts.sources)),
        ("resources", seam_spec::print_schemas(&resources)),
        ("events", seam_spec::print_schemas(&events)),
        ("routes", seam_spec::print_routes(&facts.routes)),
    ] {
        let path = Path::new(FACTS).join(format!("{name}.txt"));
        fs::write(&path, format!("{HEADER}\n{}\n", text.trim_end()))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Makes facts of a parsed document.
fn facts(document: &Value) -> Result<Facts> {
    let mut facts = Facts { sources: sources(document), ..Facts::default() };
    check_marks(document, &facts.sources)?;
    let schemas = object(&document["components"]["schemas"]).ok_or("has no components.schemas")?;
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema["x-undocumented"].is_null()) {
        facts.schemas.push(Schema { name: name.clone(), shape: shape(schema).map_err(|p| format!("{name}: {p}"))? });
    }
    let paths = object(&document["paths"]).ok_or("has no paths")?;
    for (path, verbs) in paths {
        if let Some(route) = route(path, verbs).map_err(|problem| format!("{path}: {problem}"))? {
            facts.routes.push(route);
        }
    }
    facts.schemas.sort_by(|a, b| a.name.cmp(&b.name));
    facts.routes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(facts)
}

/// The versions of the sources that the document names.
fn sources(document: &Value) -> BTreeMap<String, String> {
    let sources = object(&document["x-sources"]).into_iter().flatten();
    sources.filter_map(|(name, version)| Some((name.clone(), text(version)?.to_owned()))).collect()
}

/// Checks that all marks name a source at its version, since the description keeps the versions in one place.
fn check_marks(value: &Value, sources: &BTreeMap<String, String>) -> Result {
    let check = |mark: &str| match mark.split_once('-') {
        Some((name, version)) if sources.get(name).is_some_and(|known| known == version) => Ok(()),
        _ => Err(format!("the mark `{mark}` is not a source of x-sources with its version")),
    };
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check_marks(item, sources)),
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| match (key.as_str(), value) {
            ("x-source" | "x-source-deprecated" | "x-source-optional", Value::String(mark)) => check(mark),
            ("x-source-values", Value::Object(values)) => values.keys().try_for_each(|mark| check(mark)),
            _ => check_marks(value, sources),
        }),
        _ => Ok(()),
    }
}

/// The name of the source in a mark such as `python-3.18.0`.
fn source(mark: &Value) -> Option<String> {
    let (name, _) = text(mark)?.split_once('-')?;
    Some(name.to_owned())
}

fn is_deprecated(schema: &Value) -> bool {
    schema["deprecated"] == Value::Bool(true) || !schema["x-deprecated"].is_null()
}

/// A route from what the document says of its path; `None` for one that Seam does not document.
fn route(path: &str, verbs: &Value) -> Result<Option<Route>> {
    let post = &verbs["post"];
    let operation = if post.is_null() { &verbs["get"] } else { post };
    if operation.is_null() {
        return Err("is neither POST nor GET".to_owned());
    }
    if !operation["x-undocumented"].is_null() {
        return Ok(None);
    }
    let verb = text(&operation["x-semantic-method"])
        .or_else(|| ["patch", "put", "delete", "get"].into_iter().find(|verb| !verbs[*verb].is_null()))
        .unwrap_or("post");
    let semantic = &verbs[verb.to_lowercase()];

    let mut parameters = match &operation["requestBody"]["content"]["application/json"]["schema"] {
        Value::Null => Type::of(Kind::Object(Vec::new())),
        schema => shape(schema)?,
    };
    // Some parameters are told of the query only.
    for parameter in semantic["parameters"].as_array().into_iter().flatten() {
        if let (Some(name), Kind::Object(fields)) = (text(&parameter["name"]), &mut parameters.kind) {
            let is_documented = parameter["schema"]["x-undocumented"].is_null();
            if is_documented && fields.iter().all(|field| field.name != name) {
                let required = parameter["required"] == Value::Bool(true);
                let schema = &parameter["schema"];
                fields.push(field(name, schema, required)?);
            }
        }
    }
    sort_fields(&mut parameters);

    let success = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let mut response = match shape(success)?.kind {
        Kind::Object(fields) => fields,
        Kind::Any => Vec::new(),
        _ => return Err("answers something that is not an object".to_owned()),
    };
    response.retain(|field| field.name != "ok");

    let mut credentials: Vec<String> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(object)
        .flat_map(|kinds| kinds.keys().cloned())
        .collect();
    credentials.sort();
    credentials.dedup();
    Ok(Some(Route {
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        source: source(&operation["x-source"]),
        deprecated: is_deprecated(operation),
        paginated: operation["x-paginated"] == Value::Bool(true)
            || operation["x-paginated"].is_null() && response.iter().any(|field| field.name == "pagination"),
        credentials,
        action: text(&operation["x-action-attempt-type"]).map(str::to_owned),
        response_key: text(&operation["x-response-key"]).map(str::to_owned),
        at_least_one_of: operation["x-at-least-one-of"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(text)
            .map(str::to_owned)
            .collect(),
        parameters,
        response,
    }))
}

fn object(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

/// A value from its JSON schema.
fn shape(schema: &Value) -> Result<Type> {
    if !schema["x-undocumented"].is_null() {
        return Ok(Type::of(Kind::Any));
    }
    let nullable = schema["nullable"] == Value::Bool(true);
    let mut value_sources = BTreeMap::new();
    for (mark, values) in object(&schema["x-source-values"]).into_iter().flatten() {
        let values = values.as_array().into_iter().flatten().filter_map(text);
        let source = source(&Value::String(mark.clone())).unwrap_or_default();
        value_sources.extend(values.map(|value| (value.to_owned(), source.clone())));
    }
    let kind = if let Some(reference) = text(&schema["$ref"]) {
        Kind::Reference(reference.rsplit('/').next().unwrap_or(reference).to_owned())
    } else if let Some(parts) = schema["allOf"].as_array() {
        parts.iter().map(shape).try_fold(Kind::Any, |all, part| both(all, part?.kind))?
    } else if let Some(options) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let documented = options.iter().filter(|option| option["x-undocumented"].is_null());
        let options = documented.map(|option| Ok((shape(option)?, is_deprecated(option))));
        let options = options.collect::<Result<Vec<_>>>()?;
        for (option, _) in &options {
            // An enum that only one source describes: so are its values.
            if let (Kind::Enum(values), Some(source)) = (&option.kind, &option.source) {
                value_sources.extend(values.iter().map(|value| (value.clone(), source.clone())));
            }
            value_sources.extend(option.value_sources.clone());
        }
        one_of(options, text(&schema["discriminator"]["propertyName"]))
    } else {
        plain(schema)?
    };
    let mut limits = Vec::new();
    for (name, key) in [
        ("min", "minimum"),
        ("above", "exclusiveMinimum"),
        ("max", "maximum"),
        ("min length", "minLength"),
        ("max length", "maxLength"),
        ("min items", "minItems"),
        ("max items", "maxItems"),
        ("pattern", "pattern"),
        ("default", "default"),
    ] {
        // In this version of OpenAPI, `exclusiveMinimum` is a flag that belongs to `minimum`.
        let is_exclusive = schema["exclusiveMinimum"] == Value::Bool(true);
        let key = match key {
            "minimum" if is_exclusive => continue,
            "exclusiveMinimum" if is_exclusive => "minimum",
            key => key,
        };
        let value = match &schema[key] {
            Value::Null | Value::Object(_) | Value::Bool(false) if key == "exclusiveMinimum" => continue,
            Value::Null | Value::Object(_) => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // The lengths have names of two words, which the notation joins.
        limits.push((name.replace(' ', "-"), value));
    }
    Ok(Type { kind, nullable, limits, source: source(&schema["x-source"]), value_sources })
}

fn plain(schema: &Value) -> Result<Kind> {
    if let Some(properties) = object(&schema["properties"]) {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(text).collect();
        let mut fields = Vec::new();
        // Required ones in the order in which the document asks for them; the others by name.
        for name in &required {
            if let Some(property) = properties.get(*name) {
                fields.push(field(name, property, true)?);
            }
        }
        for (name, property) in properties {
            if !required.contains(&name.as_str()) {
                fields.push(field(name, property, false)?);
            }
        }
        fields.retain(|field| properties.get(&field.name).is_none_or(|schema| schema["x-undocumented"].is_null()));
        return Ok(Kind::Object(fields));
    }
    Ok(match text(&schema["type"]) {
        None => Kind::Any,
        Some("object") => match &schema["additionalProperties"] {
            item @ Value::Object(_) => Kind::Map(Box::new(shape(item)?)),
            _ => Kind::Object(Vec::new()),
        },
        // The notation has no room for the limits of items.
        Some("array") => Kind::List(Box::new(Type { limits: Vec::new(), ..shape(&schema["items"])? })),
        Some("boolean") => Kind::Boolean,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("string") => match (schema["enum"].as_array(), text(&schema["format"])) {
            (Some(values), _) => {
                let values: Vec<String> = values.iter().filter_map(text).map(str::to_owned).collect();
                if let Some(value) = values.iter().find(|value| value.contains(['@', '|'])) {
                    return Err(format!("the value `{value}` has a character that the notation uses"));
                }
                Kind::Enum(values)
            }
            (None, Some("uuid")) => Kind::Uuid,
            (None, Some("date-time")) => Kind::Time,
            (None, Some("uri")) => Kind::Uri,
            (None, Some("email")) => Kind::Email,
            (None, _) => Kind::String,
        },
        Some(other) => return Err(format!("has the type `{other}`")),
    })
}

fn field(name: &str, schema: &Value, required: bool) -> Result<Field> {
    let shape = shape(schema).map_err(|problem| format!("{name}: {problem}"))?;
    Ok(Field {
        name: name.to_owned(),
        required,
        deprecated: is_deprecated(schema),
        optional_source: source(&schema["x-source-optional"]),
        deprecated_source: source(&schema["x-source-deprecated"]),
        shape,
    })
}

/// Optional fields by name, behind the required ones, whose order is that of the document.
fn sort_fields(shape: &mut Type) {
    if let Kind::Object(fields) = &mut shape.kind {
        let (required, mut optional): (Vec<_>, Vec<_>) = fields.drain(..).partition(|field| field.required);
        optional.sort_by(|a, b| a.name.cmp(&b.name));
        fields.extend(required);
        fields.extend(optional);
    }
}

/// What is both, as `allOf` has it.
fn both(a: Kind, b: Kind) -> Result<Kind> {
    match (a, b) {
        (Kind::Any, other) | (other, Kind::Any) => Ok(other),
        (Kind::Object(mut a), Kind::Object(b)) => {
            for field in b {
                if a.iter().all(|known| known.name != field.name) {
                    a.push(field);
                }
            }
            let mut shape = Type::of(Kind::Object(a));
            sort_fields(&mut shape);
            Ok(shape.kind)
        }
        (Kind::Variants { by, common, variants }, Kind::Object(fields))
        | (Kind::Object(fields), Kind::Variants { by, common, variants }) => {
            let Kind::Object(common) = both(Kind::Object(common), Kind::Object(fields))? else {
                return Err("cannot be put together".to_owned());
            };
            Ok(Kind::Variants { by, common, variants })
        }
        _ => Err("has an allOf that this program does not understand".to_owned()),
    }
}

/// One of several, each with whether it is deprecated: objects become variants, whose common fields are told once.
fn one_of(options: Vec<(Type, bool)>, by: Option<&str>) -> Kind {
    let values = |(option, _): &(Type, bool)| match &option.kind {
        Kind::Enum(values) => Some(values.clone()),
        _ => None,
    };
    if let Some(enums) = options.iter().map(values).collect::<Option<Vec<_>>>() {
        let mut all: Vec<String> = Vec::new();
        for value in enums.into_iter().flatten() {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        return Kind::Enum(all);
    }
    let mut objects = Vec::new();
    for (option, _) in &options {
        match &option.kind {
            Kind::Object(fields) => objects.push(fields.clone()),
            _ => return Kind::Choice(options.into_iter().map(|(option, _)| option).collect()),
        }
    }
    let (Some(first), true) = (objects.first().cloned(), objects.len() > 1) else {
        return options.into_iter().next().map_or(Kind::Any, |(only, _)| only.kind);
    };
    let value_of = |fields: &[Field], name: &str| match fields.iter().find(|field| field.name == name)?.shape.kind {
        Kind::Enum(ref values) if values.len() == 1 => values.first().cloned(),
        _ => None,
    };
    // Some unions have a field that tells their options apart without saying so.
    let by = by.map(str::to_owned).or_else(|| {
        let tells_apart = |field: &&Field| objects.iter().all(|fields| value_of(fields, &field.name).is_some());
        let mut candidates = first.iter().filter(tells_apart);
        candidates.next().filter(|_| candidates.next().is_none()).map(|field| field.name.clone())
    });
    let tells = |fields: &[Field]| by.as_deref().and_then(|by| value_of(fields, by));
    let by = by.clone().filter(|_| objects.iter().all(|fields| tells(fields).is_some()));
    let common: Vec<Field> = first
        .iter()
        .filter(|field| Some(&field.name) != by.as_ref() && objects.iter().all(|fields| fields.contains(field)))
        .cloned()
        .collect();
    let variants = objects
        .into_iter()
        .zip(options)
        .map(|(fields, (option, deprecated))| Variant {
            value: by.as_deref().and_then(|by| value_of(&fields, by)),
            deprecated,
            source: option.source,
            fields: fields
                .into_iter()
                .filter(|field| Some(&field.name) != by.as_ref() && !common.contains(field))
                .collect(),
        })
        .collect();
    Kind::Variants { by, common, variants }
}
