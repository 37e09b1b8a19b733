//! An OpenAPI document of the API description and the annotations.
//!
//! The document is for OpenAPI 3.0. `cargo xtask import` reads it back as the same description: extensions hold the data
//! for which OpenAPI has no keyword.
//!
//! | Extension | Of | Content |
//! |---|---|---|
//! | `x-sources` | the document | versions of the documents that the description was imported from |
//! | `x-source`, `x-source-values`, `x-source-optional`, `x-source-deprecated` | any item | source of data that Seam's own document lacks |
//! | `x-semantic-method` | operations | method of the route; `POST` is also accepted |
//! | `x-action-attempt-type` | operations | type of the action attempt that it starts |
//! | `x-response-key` | operations | key of the response that holds the result |
//! | `x-paginated` | operations | whether it is paginated |
//! | `x-at-least-one-of` | operations | parameters of which one is required |
//! | `x-idempotency` | operations | `read-only`, `idempotent` or `non-idempotent`: whether a request may be repeated |
//! | `x-rate-limit` | operations | requests per device and minute, and the routes that share them |
//! | `x-described-as` | schemas | type or format in the description, where an annotation is more exact |
//! | `x-secret` | schemas | kind of secret |
//! | `x-enum-descriptions` | schemas | documentation of the values of an enum |
//! | `x-variant` | schemas of components | a variant of a union, not a resource |
//! | `x-null` | schemas without a type | the value may be `null`; in a choice, the option `null` |
//! | `x-observed-absent` | schemas | the field is declared as required, but real responses omit it |
//! | `x-companion` | security schemes | additional header that is required with other credentials |

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use serde_json::{Map, Value, json};

use crate::{
    Annotations, ApiDescription, Field, Format, Idempotency, Kind, Limit, RateLimit, Route, Schema, SecretDecision,
    TypeAnnotation, Variant,
};

/// The version of OpenAPI: the newest that has `nullable`, as Seam's own document does.
const VERSION: &str = "3.0.3";

/// The base URL of Seam.
const SERVER: &str = "https://connect.getseam.com";

const DESCRIPTION: &str = "\
The API of Seam as the Rust SDK knows it: Seam's published description, what the official SDKs have besides, and the \
documentation and classifications of the SDK. This document is not published by Seam.

Every route accepts `POST` with a JSON body. Other methods are alternatives: `GET` and `DELETE` take the parameters in \
the query, with fields of objects as `a.b=1`. Send requests that carry a secret as `POST`, since URLs are logged.

Enums and unions are open: Seam adds values without a new version.";

/// Returns the OpenAPI document of the description and annotations that are compiled into this crate.
///
/// This takes tens of milliseconds. The document, of 1.5 MB, is not cached.
#[must_use]
pub fn openapi() -> Value {
    Writer {
        api: crate::api(),
        annotations: crate::annotations(),
        sources: crate::sources().collect(),
        observed_absent: crate::observed_absent().collect(),
        variants: RefCell::default(),
    }
    .document()
}

type Object = Map<String, Value>;

struct Writer {
    api: &'static ApiDescription,
    annotations: &'static Annotations,
    /// The versions of the sources.
    sources: BTreeMap<&'static str, &'static str>,
    observed_absent: HashSet<&'static str>,
    /// The schemas of variants written so far, by name: OpenAPI's discriminators refer to named schemas.
    variants: RefCell<Object>,
}

/// Creates an object of the values that are not null.
fn object<const N: usize>(entries: [(&str, Value); N]) -> Object {
    entries.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Returns `true`, or null if the flag is not set.
fn flag(is_set: bool) -> Value {
    if is_set { Value::Bool(true) } else { Value::Null }
}

/// Returns the string, or null if it is empty.
fn text(text: impl Into<String>) -> Value {
    let text = text.into();
    if text.is_empty() { Value::Null } else { Value::String(text) }
}

fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Value {
    let items: Vec<Value> = items.into_iter().map(Into::into).collect();
    if items.is_empty() { Value::Null } else { Value::Array(items) }
}

/// Writes a number, without a fraction where it has none.
fn number(value: f64) -> Value {
    let text = value.to_string();
    text.parse::<i64>().map_or_else(|_| json!(value), Value::from)
}

/// Joins the parts that are not empty as paragraphs.
fn paragraphs(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Returns the first sentence of a string, without its full stop.
fn summary(text: &str) -> &str {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches('.')
}

/// The group of a path, such as `/access_codes/unmanaged` of `/access_codes/unmanaged/get`.
pub(crate) fn group(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(group, _)| group)
}

/// Returns the name of the security scheme for a header.
fn scheme_name(header: &str) -> String {
    header.replace('-', "_")
}

impl Writer {
    fn document(&self) -> Value {
        let paths: Object = self.api.routes().iter().map(|route| (route.path.to_owned(), self.path(route))).collect();
        let mut schemas: Object = self
            .api
            .resources()
            .iter()
            .map(|resource| {
                let mut schema = self.schema(resource.name, &resource.schema);
                if let Some(annotation) = TypeAnnotation::find(&self.annotations.types, resource.name) {
                    schema.insert("title".to_owned(), annotation.name.clone().into());
                    schema.insert("description".to_owned(), annotation.doc.clone().into());
                }
                (resource.name.to_owned(), Value::Object(schema))
            })
            .collect();
        schemas.append(&mut self.variants.borrow_mut());
        json!({
            "openapi": VERSION,
            "info": {
                "title": "Seam API",
                "version": self.sources.get("openapi").copied().unwrap_or_default(),
                "description": DESCRIPTION,
            },
            "x-sources": self.sources,
            "servers": [{ "url": SERVER }],
            "tags": self.tags(),
            "security": self.security(self.annotations.credentials.keys()),
            "paths": paths,
            "components": {
                "schemas": schemas,
                "responses": { "error": error_response() },
                "securitySchemes": self.security_schemes(),
            },
        })
    }

    fn tags(&self) -> Value {
        let groups: BTreeSet<&str> = self.api.routes().iter().map(|route| group(route.path)).collect();
        let tag = |group: &str| {
            let doc = self.annotations.groups.get(group).cloned().unwrap_or_default();
            Value::Object(object([("name", group.into()), ("description", text(doc))]))
        };
        groups.into_iter().map(tag).collect()
    }

    fn security_schemes(&self) -> Value {
        let mut schemes = Object::new();
        for (name, credential) in &self.annotations.credentials {
            let scheme = match &credential.header {
                Some(header) => json!({ "type": "apiKey", "in": "header", "name": header }),
                None => json!({ "type": "http", "scheme": "bearer" }),
            };
            schemes.insert((*name).to_owned(), with(scheme, "description", &credential.doc));
            if let Some(header) = &credential.also {
                let scheme = json!({ "type": "apiKey", "in": "header", "name": header, "x-companion": true });
                schemes.insert(scheme_name(header), with(scheme, "description", "Header that other credentials need."));
            }
        }
        Value::Object(schemes)
    }

    /// Writes the operations of a route: its method, and `POST`.
    fn path(&self, route: &Route) -> Value {
        let mut operations = Object::new();
        operations.insert("post".to_owned(), Value::Object(self.operation(route, "POST")));
        if route.method != "POST" {
            operations.insert(route.method.to_lowercase(), Value::Object(self.operation(route, route.method)));
        }
        Value::Object(operations)
    }

    fn operation(&self, route: &Route, method: &str) -> Object {
        let mut id = route.path.trim_start_matches('/').replace('/', "_");
        if method != route.method {
            id.push_str("_by_post");
        }
        let limit = self.rate_limit(route);
        let annotation = self.annotations.routes.get(route.path);
        let doc = annotation.map(|annotation| annotation.doc.as_str()).unwrap_or_default();
        let mut operation = object([
            ("operationId", id.into()),
            ("tags", json!([group(route.path)])),
            ("summary", text(summary(doc))),
            ("description", text(self.description(route))),
            ("deprecated", flag(route.deprecated)),
            ("security", self.security(&route.credentials)),
            ("x-semantic-method", route.method.into()),
            ("x-paginated", route.paginated.into()),
            ("x-action-attempt-type", text(route.action_type.unwrap_or_default())),
            ("x-response-key", text(route.response_key.unwrap_or_default())),
            ("x-at-least-one-of", list(route.at_least_one_of.iter().copied())),
            ("x-source", self.mark(route.source)),
            ("x-idempotency", annotation.map_or(Value::Null, |annotation| idempotency(annotation.idempotency).into())),
            (
                "x-rate-limit",
                limit.map_or(Value::Null, |limit| {
                    json!({ "requests": limit.requests, "seconds": 60, "per": "device", "routes": limit.routes })
                }),
            ),
        ]);
        if matches!(method, "GET" | "DELETE") {
            operation.extend(object([("parameters", list(self.query(route)))]));
        } else if route.parameters.fields().next().is_some() {
            operation.insert("requestBody".to_owned(), self.request_body(route));
        }
        operation.insert("responses".to_owned(), self.responses(route));
        operation
    }

    /// Returns the documentation of a route, with its limits, its repetition and its deprecation.
    fn description(&self, route: &Route) -> String {
        let annotation = self.annotations.routes.get(route.path);
        let only = annotation.and_then(|annotation| annotation.only.as_ref());
        paragraphs([
            annotation.map(|annotation| annotation.doc.clone()).unwrap_or_default(),
            only.map(|only| format!("Works only {only}.")).unwrap_or_default(),
            annotation.map(|annotation| repetition(annotation.idempotency, &annotation.reason)).unwrap_or_default(),
            self.rate_limit(route).map(rate_limit_sentence).unwrap_or_default(),
            one_of_sentence(&route.at_least_one_of),
            self.deprecation(route.path, route.deprecated),
        ])
    }

    fn rate_limit(&self, route: &Route) -> Option<&RateLimit> {
        self.annotations.rate_limits.iter().find(|limit| limit.routes.iter().any(|path| path == route.path))
    }

    /// Writes the JSON body of a route's parameters.
    fn request_body(&self, route: &Route) -> Value {
        let schema = self.schema(route.path, &route.parameters);
        let is_required = route.parameters.fields().any(|field| field.required);
        json!({ "content": { "application/json": { "schema": schema } }, "required": is_required })
    }

    /// Writes the kinds of credentials of which one is required. Routes without any use those of the document.
    fn security<'a>(&self, kinds: impl IntoIterator<Item = &'a &'static str>) -> Value {
        list(kinds.into_iter().map(|name| {
            let also = self.annotations.credentials.get(name).and_then(|credential| credential.also.as_ref());
            let names = also.map(|header| scheme_name(header)).into_iter().chain([(*name).to_owned()]);
            Value::Object(names.map(|name| (name, json!([]))).collect())
        }))
    }

    /// Writes the query parameters: those of all variants. A parameter is required if all variants require it.
    fn query(&self, route: &Route) -> Vec<Value> {
        let common: &[Field] = match &route.parameters.kind {
            Kind::Object(fields) => fields,
            Kind::Variants { common, .. } => common,
            _ => &[],
        };
        let mut seen = HashSet::new();
        let fields = route.parameters.fields().filter(|field| seen.insert(field.name));
        fields
            .map(|field| {
                let mut schema = self.field(route.path, field);
                let is_required = field.required && common.contains(field);
                Value::Object(object([
                    ("name", field.name.into()),
                    ("in", "query".into()),
                    ("required", flag(is_required)),
                    ("description", schema.remove("description").unwrap_or_default()),
                    ("deprecated", schema.remove("deprecated").unwrap_or_default()),
                    ("schema", Value::Object(schema)),
                ]))
            })
            .collect()
    }

    fn responses(&self, route: &Route) -> Value {
        let mut properties = Object::new();
        for field in &route.response {
            // The glossary lists an object that is not a resource under the name of the field.
            let mut schema = self.schema(field.name, &field.schema);
            // The documentation of a resource takes precedence over the glossary's entry for fields of this name.
            let doc = self.annotations.glossary.get(&format!("{}.{}", route.path, field.name));
            let doc = doc.filter(|_| !schema.contains_key("$ref")).map(|(_, doc)| doc.clone()).unwrap_or_default();
            self.annotate(&mut schema, &doc, field);
            properties.insert(field.name.to_owned(), Value::Object(schema));
        }
        properties.insert("ok".to_owned(), json!({ "type": "boolean", "description": "Always `true`." }));
        let required = route.response.iter().filter(|field| field.required).map(|field| field.name).chain(["ok"]);
        let schema = json!({ "type": "object", "properties": properties, "required": required.collect::<Vec<_>>() });
        json!({
            "200": { "description": "Success.", "content": { "application/json": { "schema": schema } } },
            "4XX": { "$ref": "#/components/responses/error" },
        })
    }

    /// Writes the mark of a source with its version.
    fn mark(&self, source: Option<&str>) -> Value {
        source.map_or(Value::Null, |source| {
            format!("{source}-{}", self.sources.get(source).copied().unwrap_or_default()).into()
        })
    }

    /// Returns the sentence about the replacement of a deprecated item.
    fn deprecation(&self, path: &str, is_deprecated: bool) -> String {
        let note = self.annotations.deprecated.get(path).filter(|_| is_deprecated);
        note.map(|(_, note)| format!("Deprecated: {note}.")).unwrap_or_default()
    }

    /// Writes a field of the object at `parent`.
    fn field(&self, parent: &str, field: &Field) -> Object {
        let path = format!("{parent}.{}", field.name);
        let mut schema = self.schema(&path, &field.schema);
        let doc = self.annotations.glossary.get(&path).map(|(_, doc)| doc.clone()).unwrap_or_default();
        let format = match self.annotations.formats.get(&path) {
            Some((_, Format::TimeOfDay)) => "A time of day such as `15:00`.",
            Some((_, Format::Duration)) => "A duration of ISO 8601 such as `P29D`.",
            _ => "",
        };
        let doc = paragraphs([doc, format.to_owned(), self.deprecation(&path, field.deprecated)]);
        self.annotate(&mut schema, &doc, field);
        schema.extend(object([("x-observed-absent", flag(self.observed_absent.contains(path.as_str())))]));
        schema
    }

    /// Adds the documentation and the marks of a field to its schema.
    fn annotate(&self, schema: &mut Object, doc: &str, field: &Field) {
        let marks = object([
            ("description", text(doc)),
            ("deprecated", flag(field.deprecated)),
            ("x-source-optional", self.mark(field.optional_source)),
            ("x-source-deprecated", self.mark(field.deprecated_source)),
        ]);
        extend(schema, marks);
    }

    fn schema(&self, path: &str, schema: &Schema) -> Object {
        let mut written = self.kind(path, schema);
        if schema.nullable {
            allow_null(&mut written);
        }
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (value, source) in &schema.value_sources {
            values.entry(source).or_default().push(value);
        }
        let values: Object = values
            .into_iter()
            .filter_map(|(source, values)| Some((self.mark(Some(source)).as_str()?.to_owned(), json!(values))))
            .collect();
        let mut marks = object([
            ("x-source", self.mark(schema.source)),
            ("x-source-values", if values.is_empty() { Value::Null } else { Value::Object(values) }),
        ]);
        for limit in &schema.limits {
            add_limit(&mut marks, limit, &schema.kind);
        }
        extend(&mut written, marks);
        written
    }

    fn kind(&self, path: &str, schema: &Schema) -> Object {
        let plain = |kind: &str| object([("type", kind.into())]);
        match &schema.kind {
            Kind::Any => Object::new(),
            Kind::Boolean => plain("boolean"),
            Kind::Integer => plain("integer"),
            Kind::Number => self.number(path),
            Kind::String => self.string(path, None),
            Kind::Uuid => self.string(path, Some("uuid")),
            Kind::Time => self.string(path, Some("date-time")),
            Kind::Uri => self.string(path, Some("uri")),
            Kind::Email => self.string(path, Some("email")),
            Kind::Enum(values) => self.enumeration(path, values, schema.nullable),
            Kind::Object(fields) => self.object(path, fields.iter()),
            Kind::List(item) => object([("type", "array".into()), ("items", self.schema(path, item).into())]),
            Kind::Map(item) => {
                object([("type", "object".into()), ("additionalProperties", self.schema(path, item).into())])
            }
            Kind::Choice(options) => {
                object([("anyOf", options.iter().map(|option| Value::Object(self.schema(path, option))).collect())])
            }
            Kind::Variants { by: Some(by), common, variants } => self.union(path, by, common, variants),
            // A value may match several of these.
            Kind::Variants { by: None, common, variants } => {
                object([("anyOf", variants.iter().map(|variant| self.variant(path, None, common, variant)).collect())])
            }
            Kind::Reference(name) => object([("$ref", format!("#/components/schemas/{name}").into())]),
        }
    }

    /// Writes an enum with the documentation of its values.
    fn enumeration(&self, path: &str, values: &[&str], nullable: bool) -> Object {
        let docs = TypeAnnotation::find(&self.annotations.enums, path).map(|annotation| &annotation.values);
        let docs = docs.into_iter().flatten().filter(|(value, _)| values.contains(&value.as_str()));
        let docs: Object = docs.map(|(value, doc)| (value.clone(), doc.clone().into())).collect();
        // Where `null` is allowed, OpenAPI requires it among the values.
        let null = nullable.then_some(Value::Null);
        let values: Vec<Value> = values.iter().map(|value| (*value).into()).chain(null).collect();
        object([
            ("type", "string".into()),
            ("enum", Value::Array(values)),
            ("x-enum-descriptions", if docs.is_empty() { Value::Null } else { Value::Object(docs) }),
        ])
    }

    /// Writes a union whose variants the value of the field `by` distinguishes.
    fn union(&self, path: &str, by: &str, common: &[Field], variants: &[Variant]) -> Object {
        let mut mapping = Object::new();
        let mut options = Vec::new();
        for variant in variants {
            let value = variant.value.unwrap_or_default();
            let reference = self.name(path, value, self.variant(path, Some(by), common, variant));
            options.push(json!({ "$ref": reference }));
            mapping.insert(value.to_owned(), reference.into());
        }
        let discriminator = json!({ "propertyName": by, "mapping": mapping });
        object([("oneOf", Value::Array(options)), ("discriminator", discriminator)])
    }

    fn object<'a>(&self, path: &str, fields: impl Iterator<Item = &'a Field> + Clone) -> Object {
        let properties: Object =
            fields.clone().map(|field| (field.name.to_owned(), Value::Object(self.field(path, field)))).collect();
        object([
            ("type", "object".into()),
            ("properties", if properties.is_empty() { Value::Null } else { Value::Object(properties) }),
            ("required", list(fields.filter(|field| field.required).map(|field| field.name))),
        ])
    }

    fn variant(&self, path: &str, by: Option<&str>, common: &[Field], variant: &Variant) -> Object {
        // Events have paths of their own.
        let is_event = path == crate::api::EVENT;
        let value = variant.value.unwrap_or_default();
        let own_path = if is_event { format!("{path}.{}", value.replace('.', "_")) } else { path.to_owned() };
        let mut written = self.object(&own_path, common.iter().chain(&variant.fields));
        let mut doc = self.annotations.events.get(value).filter(|_| is_event).cloned().unwrap_or_default();
        if let Some(by) = by {
            let code_path = format!("{path}.{by}");
            if !is_event {
                let codes = TypeAnnotation::find(&self.annotations.enums, &code_path);
                let documented = codes.and_then(|codes| codes.values.iter().find(|(code, _)| code == value));
                doc = documented.map(|(_, doc)| doc.clone()).unwrap_or_default();
            }
            doc = paragraphs([doc, self.deprecation(&format!("{code_path}.{value}"), variant.deprecated)]);
            let code = json!({ "type": "string", "enum": [value] });
            match written.get_mut("properties") {
                Some(Value::Object(properties)) => drop(properties.insert(by.to_owned(), code)),
                _ => drop(written.insert("properties".to_owned(), json!({ by: code }))),
            }
            match written.get_mut("required") {
                Some(Value::Array(required)) => required.insert(0, by.into()),
                _ => drop(written.insert("required".to_owned(), json!([by]))),
            }
        }
        let marks = object([
            ("description", text(doc)),
            ("deprecated", flag(variant.deprecated)),
            ("x-source", self.mark(variant.source)),
        ]);
        written.extend(marks);
        written
    }

    /// Names the schema of a variant, and returns the reference to it. Equal schemas share a name.
    fn name(&self, path: &str, value: &str, mut schema: Object) -> String {
        schema.insert("x-variant".to_owned(), true.into());
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let base = format!("{}.{value}", path.trim_start_matches('/')).replace(|c| !is_allowed(c), "_");
        let mut name = base.clone();
        let mut variants = self.variants.borrow_mut();
        for number in 2.. {
            match variants.get(&name) {
                Some(Value::Object(known)) if *known != schema => name = format!("{base}_{number}"),
                _ => break,
            }
        }
        let reference = format!("#/components/schemas/{name}");
        variants.insert(name, Value::Object(schema));
        reference
    }

    fn number(&self, path: &str) -> Object {
        match self.annotations.formats.get(path) {
            Some((_, Format::WholeNumber)) if path.starts_with('/') => {
                object([("type", "integer".into()), ("x-described-as", "number".into())])
            }
            _ => object([("type", "number".into())]),
        }
    }

    /// Writes a string with the format of the description, or with a more exact one of the annotations.
    fn string(&self, path: &str, format: Option<&'static str>) -> Object {
        let secret = match self.annotations.secrets.get(path) {
            Some((_, SecretDecision::Secret(secret))) => Some(secret),
            _ => None,
        };
        let exact = match self.annotations.formats.get(path) {
            _ if secret.is_some() => Some("password"),
            Some((_, Format::Time)) if path.starts_with('/') => Some("date-time"),
            Some((_, Format::TimeOfDay)) => Some("time-of-day"),
            Some((_, Format::Duration)) => Some("duration"),
            _ => format,
        };
        let described = if exact == format { None } else { Some(format.unwrap_or("string")) };
        object([
            ("type", "string".into()),
            ("format", text(exact.unwrap_or_default())),
            ("x-described-as", text(described.unwrap_or_default())),
            ("x-secret", text(secret.map(String::as_str).unwrap_or_default())),
        ])
    }
}

/// Also allows `null`. `nullable` has no effect in a schema without a type.
fn allow_null(schema: &mut Object) {
    let option = || json!({ "type": "string", "nullable": true, "enum": [null], "x-null": true });
    if schema.contains_key("type") {
        schema.insert("nullable".to_owned(), true.into());
    } else if let Some(reference) = schema.remove("$ref") {
        schema.insert("anyOf".to_owned(), json!([{ "$ref": reference }, option()]));
    } else if let Some((_, Value::Array(options))) = schema.iter_mut().find(|(key, _)| key.ends_with("Of")) {
        options.push(option());
    } else {
        schema.insert("x-null".to_owned(), true.into());
    }
}

/// Adds keywords to a schema. OpenAPI ignores keywords beside a `$ref`, so the `$ref` moves into an `allOf`.
fn extend(schema: &mut Object, keywords: Object) {
    if keywords.is_empty() {
        return;
    }
    if let Some(reference) = schema.remove("$ref") {
        schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
    schema.extend(keywords);
}

/// Adds an entry to an object.
fn with(mut value: Value, name: &str, entry: &str) -> Value {
    if let Value::Object(entries) = &mut value {
        entries.insert(name.to_owned(), entry.into());
    }
    value
}

fn add_limit(schema: &mut Object, limit: &Limit, kind: &Kind) {
    let mut add = |name: &str, value: Value| drop(schema.insert(name.to_owned(), value));
    match limit {
        Limit::Min(value) => add("minimum", number(*value)),
        Limit::Max(value) => add("maximum", number(*value)),
        Limit::Above(value) => {
            add("minimum", number(*value));
            add("exclusiveMinimum", true.into());
        }
        Limit::MinLength(value) => add("minLength", (*value).into()),
        Limit::MaxLength(value) => add("maxLength", (*value).into()),
        Limit::MinItems(value) => add("minItems", (*value).into()),
        Limit::MaxItems(value) => add("maxItems", (*value).into()),
        Limit::Pattern(value) => add("pattern", (*value).into()),
        Limit::Default(value) => {
            let is_string =
                matches!(kind, Kind::String | Kind::Uuid | Kind::Time | Kind::Uri | Kind::Email | Kind::Enum(_));
            let parsed = if is_string { None } else { serde_json::from_str(value).ok() };
            add("default", parsed.unwrap_or_else(|| (*value).into()));
        }
    }
}

/// Returns the value of `x-idempotency`.
fn idempotency(idempotency: Idempotency) -> &'static str {
    match idempotency {
        Idempotency::ReadOnly => "read-only",
        Idempotency::Idempotent => "idempotent",
        Idempotency::NonIdempotent => "non-idempotent",
    }
}

/// Returns the sentence about whether a request may be repeated.
fn repetition(idempotency: Idempotency, reason: &str) -> String {
    match idempotency {
        Idempotency::ReadOnly => String::new(),
        Idempotency::Idempotent => format!("Idempotent, since {reason}"),
        Idempotency::NonIdempotent => format!("Not idempotent, since {reason}"),
    }
}

fn rate_limit_sentence(limit: &RateLimit) -> String {
    let routes = limit.routes.iter().map(|route| format!("`{route}`")).collect::<Vec<_>>().join(" and ");
    format!("Rate limit: {} requests per device and minute for {routes}.", limit.requests)
}

fn one_of_sentence(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.is_empty() { names } else { format!("At least one of {names} is required.") }
}

/// Returns the error response.
fn error_response() -> Value {
    json!({
        "description": "The request failed.",
        "content": { "application/json": { "schema": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "ok": { "type": "boolean", "description": "Always `false`." },
                "error": {
                    "type": "object",
                    "required": ["type", "message"],
                    "properties": {
                        "type": { "type": "string", "description": "Kind of error, such as `device_not_found`." },
                        "message": { "type": "string", "format": "password", "x-secret": "Message",
                            "description": "Error message, which may quote parameters." },
                        "request_id": { "type": "string", "description": "Identifies the request." },
                        "validation_errors": { "type": "object", "additionalProperties": {},
                            "description": "Messages by parameter, of `invalid_input`." },
                    },
                },
            },
        } } },
    })
}
