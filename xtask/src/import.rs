//! `cargo xtask import FILE`: writes the API description from Seam's OpenAPI document.
//!
//! It writes only to `crates/seam-spec/api`, and only if the annotations cover the whole document: they must have an idempotency
//! class for each route, a decision for each possible secret, and a name for each struct.

#![allow(clippy::indexing_slicing, reason = "indexing a JSON value returns `null` for a missing entry")]

mod keep;

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use seam_spec::{ApiDescription, Field, Kind, Limit, Location, Resource, Route, Schema, Variant};
use serde_json::{Map, Value};
use xtask_programs::Result;

use crate::generate;

/// The folder of the API description.
const FOLDER: &str = "crates/seam-spec/api";

/// The first lines of the files with resources, events and routes.
const HEADER: &str = "\
# The API description. Written by `cargo xtask import`, never by hand: ../annotations has what is decided by hand.
# The notation is explained in ../src/notation.rs.
";

/// The first lines of the file with the versions of the sources.
const SOURCES_HEADER: &str = "\
# The API description. Written by `cargo xtask import`, never by hand: ../annotations has what is decided by hand.
# The versions of the documents that it was imported from. A mark such as `@python` names the source of a fact that the
# published OpenAPI document does not have.
";

/// Imports the OpenAPI document in a file.
pub(crate) fn run(file: &str) -> Result {
    let document = document(file)?;
    let mut api = description(document).map_err(|problem| format!("{file}: {problem}"))?;
    let mut sources = sources(document);
    if !has_marks(document) {
        // Seam's own document lacks the items of other sources.
        api = keep::keep_marked(seam_spec::api(), &api);
        sources = seam_spec::sources().chain(sources).collect();
    }
    let problems = generate::problems(&api)?;
    if !problems.is_empty() {
        return Err(format!(
            "no file was written, because the annotations do not cover the document:\n\n{}\n",
            problems.join("\n")
        ));
    }
    write(&api, &sources)
}

/// Reads the API description from the OpenAPI document in a file.
pub(crate) fn read(file: &str) -> Result<ApiDescription> {
    description(document(file)?).map_err(|problem| format!("{file}: {problem}"))
}

fn document(file: &str) -> Result<&'static Value> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| format!("{file} is not JSON: {error}"))?;
    Ok(prepared(document))
}

/// Leaks a document, so that a description can borrow its strings.
///
/// The document that `cargo xtask openapi` writes has a schema for each variant of a union. The references to them are replaced
/// with the schemas.
fn prepared(mut document: Value) -> &'static Value {
    let schemas = document["components"]["schemas"].as_object_mut();
    let (variants, others): (Map<_, _>, _) =
        schemas.map(std::mem::take).unwrap_or_default().into_iter().partition(|(_, schema)| is_variant(schema));
    let mut others = Value::Object(others);
    insert_variants(&mut others, &variants);
    if let Some(paths) = document.get_mut("paths") {
        insert_variants(paths, &variants);
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas") {
        *schemas = others;
    }
    Box::leak(Box::new(document))
}

fn is_variant(schema: &Value) -> bool {
    schema["x-variant"] == Value::Bool(true)
}

fn insert_variants(value: &mut Value, variants: &Map<String, Value>) {
    let name = value["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
    if let Some(variant) = name.and_then(|name| variants.get(name)) {
        *value = variant.clone();
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| insert_variants(item, variants)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| insert_variants(entry, variants)),
        _ => {}
    }
}

/// Writes the description to its files.
fn write(api: &ApiDescription, sources: &BTreeMap<&str, &str>) -> Result {
    let mut versions = format!("{SOURCES_HEADER}\n");
    for (name, version) in sources {
        // Writing to a string cannot fail.
        let _ = writeln!(versions, "{name}: {version}");
    }
    fs::write(Path::new(FOLDER).join("sources.txt"), versions).map_err(|error| format!("sources.txt: {error}"))?;
    let (events, resources): (Vec<_>, Vec<_>) = api.resources().iter().partition(|resource| resource.name == "event");
    for (name, text) in [
        ("resources", seam_spec::print_resources(resources)),
        ("events", seam_spec::print_resources(events)),
        ("routes", seam_spec::print_routes(api.routes())),
    ] {
        let path = Path::new(FOLDER).join(format!("{name}.txt"));
        fs::write(&path, format!("{HEADER}\n{}\n", text.trim_end()))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Reads a parsed document.
fn description(document: &'static Value) -> Result<ApiDescription> {
    check_marks(document, &sources(document))?;
    let (mut resources, mut routes) = (Vec::new(), Vec::new());
    let schemas = object(&document["components"]["schemas"]).ok_or("has no components.schemas")?;
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema["x-undocumented"].is_null()) {
        let schema = read_schema(schema).map_err(|problem| format!("{name}: {problem}"))?;
        resources.push(Resource { name, schema, location: Location::default() });
    }
    let paths = object(&document["paths"]).ok_or("has no paths")?;
    let schemes = &document["components"]["securitySchemes"];
    for (path, verbs) in paths {
        if let Some(route) = route(path, verbs, schemes).map_err(|problem| format!("{path}: {problem}"))? {
            routes.push(route);
        }
    }
    // A description that cannot be read back must not be committed.
    let written = seam_spec::print_resources(&resources) + &seam_spec::print_routes(&routes);
    let read_back = seam_spec::parse("import", written.leak()).map_err(|error| error.to_string())?;
    if read_back != (resources.clone(), routes.clone()) {
        return Err("the notation of crates/seam-spec/api cannot represent the document".to_owned());
    }
    Ok(ApiDescription::new(resources, routes))
}

/// Returns the versions of the sources of a document.
fn sources(document: &'static Value) -> BTreeMap<&'static str, &'static str> {
    let sources = object(&document["x-sources"]).into_iter().flatten();
    sources.filter_map(|(name, version)| Some((name.as_str(), text(version)?))).collect()
}

/// Returns whether a document has items of other sources.
fn has_marks(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_marks),
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| key == "x-source" || key == "x-source-values" || has_marks(value))
        }
        _ => false,
    }
}

/// Checks that all marks name a source and its version in `x-sources`, because the description has one version for each source.
fn check_marks(value: &Value, sources: &BTreeMap<&str, &str>) -> Result {
    let check = |mark: &str| match mark.split_once('-') {
        Some((name, version)) if sources.get(name) == Some(&version) => Ok(()),
        _ => Err(format!("the mark `{mark}` is no source of x-sources with its version")),
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

/// Returns the name of the source in a mark such as `python-3.18.0`.
fn source(mark: &'static Value) -> Option<&'static str> {
    text(mark)?.split_once('-').map(|(name, _)| name)
}

fn is_deprecated(schema: &Value) -> bool {
    schema["deprecated"] == Value::Bool(true) || !schema["x-deprecated"].is_null()
}

/// Reads a route from its path item, or returns `None` if the route is undocumented.
fn route(path: &'static str, verbs: &'static Value, schemes: &Value) -> Result<Option<Route>> {
    let post = &verbs["post"];
    let operation = if post.is_null() { &verbs["get"] } else { post };
    if operation.is_null() {
        return Err("has neither a POST nor a GET operation".to_owned());
    }
    if !operation["x-undocumented"].is_null() {
        return Ok(None);
    }
    let verb = text(&operation["x-semantic-method"])
        .or_else(|| ["patch", "put", "delete", "get"].into_iter().find(|verb| !verbs[*verb].is_null()))
        .unwrap_or("post");
    let semantic = &verbs[verb.to_lowercase()];

    let mut parameters = match &operation["requestBody"]["content"]["application/json"]["schema"] {
        Value::Null => Schema::of(Kind::Object(Vec::new())),
        schema => read_schema(schema)?,
    };
    // Some parameters are documented for the query only.
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
    if let Kind::Object(fields) = &mut parameters.kind {
        sort_fields(fields);
    }

    let success = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let mut response = match read_schema(success)?.kind {
        Kind::Object(fields) => fields,
        Kind::Any => Vec::new(),
        _ => return Err("has a response that is not an object".to_owned()),
    };
    response.retain(|field| field.name != "ok");

    let mut credentials: Vec<&str> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(object)
        .flat_map(|kinds| kinds.keys().map(String::as_str))
        // A header that accompanies credentials is no kind of credentials.
        .filter(|kind| schemes[kind]["x-companion"] != Value::Bool(true))
        .collect();
    credentials.sort();
    credentials.dedup();
    Ok(Some(Route {
        method: verb.to_uppercase().leak(),
        path,
        source: source(&operation["x-source"]),
        deprecated: is_deprecated(operation),
        paginated: operation["x-paginated"] == Value::Bool(true)
            || operation["x-paginated"].is_null() && response.iter().any(|field| field.name == "pagination"),
        credentials,
        action_type: text(&operation["x-action-attempt-type"]),
        response_key: text(&operation["x-response-key"]),
        at_least_one_of: operation["x-at-least-one-of"].as_array().into_iter().flatten().filter_map(text).collect(),
        parameters,
        response,
        location: Location::default(),
    }))
}

fn object(value: &'static Value) -> Option<&'static Map<String, Value>> {
    value.as_object()
}

fn text(value: &'static Value) -> Option<&'static str> {
    value.as_str()
}

/// Reads a JSON schema.
fn read_schema(schema: &'static Value) -> Result<Schema> {
    if !schema["x-undocumented"].is_null() {
        return Ok(Schema::of(Kind::Any));
    }
    let is_null = |schema: &Value| schema["x-null"] == Value::Bool(true);
    let mut nullable = schema["nullable"] == Value::Bool(true) || is_null(schema);
    let mut value_sources = BTreeMap::new();
    for (mark, values) in object(&schema["x-source-values"]).into_iter().flatten() {
        let name = mark.split_once('-').map_or(mark.as_str(), |(name, _)| name);
        value_sources.extend(values.as_array().into_iter().flatten().filter_map(text).map(|value| (value, name)));
    }
    let kind = if let Some(reference) = text(&schema["$ref"]) {
        Kind::Reference(reference.rsplit('/').next().unwrap_or(reference))
    } else if let Some(parts) = schema["allOf"].as_array() {
        parts.iter().map(read_schema).try_fold(Kind::Any, |all, part| intersection(all, part?.kind))?
    } else if let Some(options) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let has_null = options.iter().any(is_null);
        nullable |= has_null;
        let documented = options.iter().filter(|option| option["x-undocumented"].is_null() && !is_null(option));
        let options = documented.map(|option| Ok((read_schema(option)?, is_deprecated(option))));
        let options = options.collect::<Result<Vec<_>>>()?;
        for (option, _) in &options {
            // If an enum comes from one source, so do its values.
            if let (Kind::Enum(values), Some(source)) = (&option.kind, option.source) {
                value_sources.extend(values.iter().map(|value| (*value, source)));
            }
            value_sources.extend(&option.value_sources);
        }
        match options.as_slice() {
            // A single option, or null.
            [(only, _)] if has_null => only.kind.clone(),
            _ => one_of(options, text(&schema["discriminator"]["propertyName"])),
        }
    } else {
        plain(schema)?
    };
    Ok(Schema { kind, nullable, limits: read_limits(schema)?, source: source(&schema["x-source"]), value_sources })
}

/// Reads the schema of items without its limits, which the notation cannot represent.
fn without_limits(schema: &'static Value) -> Result<Schema> {
    Ok(Schema { limits: Vec::new(), ..read_schema(schema)? })
}

fn read_limits(schema: &'static Value) -> Result<Vec<Limit>> {
    let number = |key: &str| schema[key].as_f64();
    let count = |key: &str| match &schema[key] {
        Value::Null => Ok(None),
        value => {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            count.map(Some).ok_or_else(|| format!("has a {key} that is not an unsigned integer"))
        }
    };
    // In OpenAPI 3.0, `exclusiveMinimum` is a flag that modifies `minimum`. In OpenAPI 3.1 it is a number.
    let (min, above) = match schema["exclusiveMinimum"] {
        Value::Bool(true) => (None, number("minimum")),
        _ => (number("minimum"), number("exclusiveMinimum")),
    };
    let default = match &schema["default"] {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.as_str()),
        other => Some(&*other.to_string().leak()),
    };
    let limits = [
        min.map(Limit::Min),
        above.map(Limit::Above),
        number("maximum").map(Limit::Max),
        count("minLength")?.map(Limit::MinLength),
        count("maxLength")?.map(Limit::MaxLength),
        count("minItems")?.map(Limit::MinItems),
        count("maxItems")?.map(Limit::MaxItems),
        text(&schema["pattern"]).map(Limit::Pattern),
        default.map(Limit::Default),
    ];
    Ok(limits.into_iter().flatten().collect())
}

fn plain(schema: &'static Value) -> Result<Kind> {
    if let Some(properties) = object(&schema["properties"]) {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(text).collect();
        let mut fields = Vec::new();
        // Required fields keep the order of the document. The others are sorted by name.
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
        fields.retain(|field| properties.get(field.name).is_none_or(|schema| schema["x-undocumented"].is_null()));
        return Ok(Kind::Object(fields));
    }
    // `x-described-as` is the original type or format, where an annotation has replaced it with a more exact one.
    let described = text(&schema["x-described-as"]);
    Ok(match described.filter(|kind| *kind == "number").or_else(|| text(&schema["type"])) {
        None => Kind::Any,
        Some("object") => match &schema["additionalProperties"] {
            item @ Value::Object(_) => Kind::Map(Box::new(without_limits(item)?)),
            _ => Kind::Object(Vec::new()),
        },
        Some("array") => Kind::List(Box::new(without_limits(&schema["items"])?)),
        Some("boolean") => Kind::Boolean,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("string") => match (schema["enum"].as_array(), described.or_else(|| text(&schema["format"]))) {
            (Some(values), _) => Kind::Enum(values.iter().filter_map(text).collect()),
            (None, Some("uuid")) => Kind::Uuid,
            (None, Some("date-time")) => Kind::Time,
            (None, Some("uri")) => Kind::Uri,
            (None, Some("email")) => Kind::Email,
            (None, _) => Kind::String,
        },
        Some(other) => return Err(format!("has the unknown type `{other}`")),
    })
}

fn field(name: &'static str, value: &'static Value, required: bool) -> Result<Field> {
    let schema = read_schema(value).map_err(|problem| format!("{name}: {problem}"))?;
    Ok(Field {
        name,
        required,
        deprecated: is_deprecated(value),
        optional_source: source(&value["x-source-optional"]),
        deprecated_source: source(&value["x-source-deprecated"]),
        schema,
        location: Location::default(),
    })
}

/// Moves the optional fields behind the required ones, and sorts them by name. The order of the required fields does not change.
fn sort_fields(fields: &mut Vec<Field>) {
    let (required, mut optional): (Vec<_>, Vec<_>) = fields.drain(..).partition(|field| field.required);
    optional.sort_by_key(|field| field.name);
    fields.extend(required);
    fields.extend(optional);
}

/// Returns the intersection of two kinds, for `allOf`.
fn intersection(a: Kind, b: Kind) -> Result<Kind> {
    match (a, b) {
        (Kind::Any, other) | (other, Kind::Any) => Ok(other),
        (Kind::Object(mut a), Kind::Object(b)) => {
            for field in b {
                if a.iter().all(|known| known.name != field.name) {
                    a.push(field);
                }
            }
            sort_fields(&mut a);
            Ok(Kind::Object(a))
        }
        (Kind::Variants { by, common, variants }, Kind::Object(fields))
        | (Kind::Object(fields), Kind::Variants { by, common, variants }) => {
            let Kind::Object(common) = intersection(Kind::Object(common), Kind::Object(fields))? else {
                return Err("has an allOf of kinds that cannot be combined".to_owned());
            };
            Ok(Kind::Variants { by, common, variants })
        }
        _ => Err("has an allOf of kinds that cannot be combined".to_owned()),
    }
}

/// Returns the union of options, each with a flag that it is deprecated. Objects become variants, and their common fields are
/// separated from those of the variants.
fn one_of(options: Vec<(Schema, bool)>, by: Option<&'static str>) -> Kind {
    let values = |(option, _): &(Schema, bool)| match &option.kind {
        Kind::Enum(values) => Some(values.clone()),
        _ => None,
    };
    if let Some(enums) = options.iter().map(values).collect::<Option<Vec<_>>>() {
        let mut all: Vec<&str> = Vec::new();
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
    let value_of = |fields: &[Field], name: &str| match &fields.iter().find(|field| field.name == name)?.schema.kind {
        Kind::Enum(values) if values.len() == 1 => values.first().copied(),
        _ => None,
    };
    // Some unions have a field that distinguishes their options, but declare no discriminator.
    let by = by.or_else(|| {
        let is_discriminator = |field: &&Field| objects.iter().all(|fields| value_of(fields, field.name).is_some());
        let mut candidates = first.iter().filter(is_discriminator);
        candidates.next().filter(|_| candidates.next().is_none()).map(|field| field.name)
    });
    let discriminator_value = |fields: &[Field]| by.and_then(|by| value_of(fields, by));
    let by = by.filter(|_| objects.iter().all(|fields| discriminator_value(fields).is_some()));
    let common: Vec<Field> = first
        .iter()
        .filter(|field| Some(field.name) != by && objects.iter().all(|fields| fields.contains(field)))
        .cloned()
        .collect();
    let variants = objects
        .into_iter()
        .zip(options)
        .map(|(fields, (option, deprecated))| Variant {
            value: by.and_then(|by| value_of(&fields, by)),
            deprecated,
            source: option.source,
            fields: fields.into_iter().filter(|field| Some(field.name) != by && !common.contains(field)).collect(),
        })
        .collect();
    Kind::Variants { by, common, variants }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports the OpenAPI document that `cargo xtask openapi` writes.
    fn imported() -> (ApiDescription, BTreeMap<&'static str, &'static str>) {
        let document = prepared(seam_spec::openapi());
        (description(document).unwrap(), sources(document))
    }

    #[test]
    fn the_written_document_is_imported_as_the_same_description() {
        let (imported, sources) = imported();
        let api = seam_spec::api();
        for (imported, known) in imported.routes().iter().zip(api.routes()) {
            assert_eq!(imported, known, "{}", known.path);
        }
        for (imported, known) in imported.resources().iter().zip(api.resources()) {
            let printed = [imported, known].map(|resource| seam_spec::print_resources([resource]));
            let difference = printed[0].lines().zip(printed[1].lines()).find(|(imported, known)| imported != known);
            assert_eq!(difference, None, "{}", known.name);
        }
        assert_eq!(&imported, api);
        assert_eq!(sources, seam_spec::sources().collect());
    }
}
