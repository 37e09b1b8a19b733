//! Conversion of schemas of the API description to Rust types: merges the fields of unions, detects ids, times and
//! secrets, and names structs and enums.

use std::fmt;

use seam_spec::{Annotations, Field, Format, Kind, Limit, Location, Schema, SecretDecision, TypeAnnotation};

/// The folder that the locations are relative to.
const CRATE: &str = "crates/seam-spec";

/// Merges the options of unions. The result has no [`Kind::Choice`] and no [`Kind::Variants`].
pub(super) fn flatten(schema: &Schema, location: Location) -> Schema {
    let kind = match &schema.kind {
        Kind::Object(fields) => Kind::Object(fields.iter().map(flatten_field).collect()),
        Kind::List(item) => Kind::List(Box::new(flatten(item, location))),
        Kind::Map(item) => Kind::Map(Box::new(flatten(item, location))),
        Kind::Choice(options) => {
            options.iter().map(|option| flatten(option, location).kind).reduce(merge).unwrap_or(Kind::Any)
        }
        Kind::Variants { by, common, variants } => {
            let options = variants.iter().map(|variant| {
                let mut fields: Vec<Field> = common.iter().chain(&variant.fields).map(flatten_field).collect();
                if let (Some(name), Some(value)) = (by, variant.value) {
                    let schema = Schema::of(Kind::Enum(vec![value]));
                    fields.insert(0, discriminator(name, schema, location));
                }
                Kind::Object(fields)
            });
            options.reduce(merge).unwrap_or(Kind::Any)
        }
        plain => plain.clone(),
    };
    Schema { kind, ..schema.clone() }
}

fn discriminator(name: &'static str, schema: Schema, location: Location) -> Field {
    Field { name, required: true, deprecated: false, optional_source: None, deprecated_source: None, schema, location }
}

pub(super) fn flatten_field(field: &Field) -> Field {
    Field { schema: flatten(&field.schema, field.location), ..field.clone() }
}

/// Returns the fields of an object, merged over its variants.
pub(super) fn merged_fields(schema: &Schema, location: Location) -> Vec<Field> {
    match flatten(schema, location).kind {
        Kind::Object(fields) => fields,
        _ => Vec::new(),
    }
}

/// Returns the sentences about the limits of a value and its default.
fn limits(schema: &Schema) -> String {
    let range = |min: Option<String>, max: Option<String>, unit: &str| match (min, max) {
        (Some(min), Some(max)) if min == "1" && max == "1" => format!("Exactly 1{}.", unit.trim_end_matches('s')),
        (Some(min), Some(max)) if min == max => format!("Exactly {min}{unit}."),
        (Some(min), Some(max)) => format!("From {min} to {max}{unit}."),
        (Some(min), None) if min == "1" && !unit.is_empty() => "Not empty.".to_owned(),
        (Some(min), None) => format!("At least {min}{unit}."),
        (None, Some(max)) => format!("At most {max}{unit}."),
        (None, None) => String::new(),
    };
    let find = |value: fn(&Limit) -> Option<String>| schema.limits.iter().find_map(value);
    macro_rules! limit {
        ($limit:ident) => {
            find(|limit| if let Limit::$limit(value) = limit { Some(value.to_string()) } else { None })
        };
    }
    let is_digits = schema.limits.contains(&Limit::Pattern(r"^\d+$"));
    let default = |value: &str| match value {
        "[]" => "Default: none.".to_owned(),
        value if value.parse::<f64>().is_ok() => format!("Default: {value}."),
        value => format!("Default: `{value}`."),
    };
    let parts = [
        range(limit!(Min), limit!(Max), ""),
        limit!(Above).map(|limit| format!("More than {limit}.")).unwrap_or_default(),
        range(limit!(MinLength), limit!(MaxLength), if is_digits { " digits" } else { " characters" }),
        range(limit!(MinItems), limit!(MaxItems), " items"),
        schema.default_value().map(default).unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Returns the most specific kind that includes both kinds.
fn merge(a: Kind, b: Kind) -> Kind {
    use Kind::{Any, Email, Enum, Integer, List, Map, Number, Object, String, Time, Uri, Uuid};
    match (a, b) {
        (a, b) if a == b => a,
        (Any, known @ (Object(_) | List(_) | Map(_) | String | Uri | Email | Time))
        | (known @ (Object(_) | List(_) | Map(_) | String | Uri | Email | Time), Any) => known,
        (Enum(mut a), Enum(b)) => {
            for value in b {
                if !a.contains(&value) {
                    a.push(value);
                }
            }
            Enum(a)
        }
        // Open enums accept any string.
        (values @ Enum(_), String | Uri | Email) | (String | Uri | Email, values @ Enum(_)) => values,
        (String | Uri | Email | Uuid | Time, String | Uri | Email | Uuid | Time) => String,
        (Integer, Number) | (Number, Integer) => Number,
        (List(a), List(b)) => List(Box::new(Schema::of(merge(a.kind, b.kind)))),
        (Map(a), Map(b)) => Map(Box::new(Schema::of(merge(a.kind, b.kind)))),
        (Object(a), Object(b)) => Object(merge_fields(&a, b)),
        _ => Any,
    }
}

/// Merges the fields of two options of a union. A field is required if it is required in both.
fn merge_fields(a: &[Field], b: Vec<Field>) -> Vec<Field> {
    let mut merged: Vec<Field> = Vec::new();
    for known in a {
        let mut field = known.clone();
        match b.iter().find(|other| other.name == known.name) {
            Some(other) => {
                field.required &= other.required;
                field.deprecated &= other.deprecated;
                field.schema.nullable |= other.schema.nullable;
                field.schema.kind = merge(field.schema.kind, other.schema.kind.clone());
            }
            None => field.required = false,
        }
        merged.push(field);
    }
    for other in b {
        if a.iter().all(|known| known.name != other.name) {
            merged.push(Field { required: false, ..other });
        }
    }
    merged
}

/// A type of the generated code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RustType {
    Bool,
    U32,
    I64,
    F64,
    String,
    Timestamp,
    TimeOfDay,
    IsoDuration,
    Json,
    CustomMetadata,
    Id(String),
    Secret(String),
    Enum(String),
    Struct(String),
    List(Box<RustType>),
}

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::U32 => f.write_str("u32"),
            Self::I64 => f.write_str("i64"),
            Self::F64 => f.write_str("f64"),
            Self::String => f.write_str("String"),
            Self::Timestamp => f.write_str("Timestamp"),
            Self::TimeOfDay => f.write_str("TimeOfDay"),
            Self::IsoDuration => f.write_str("IsoDuration"),
            Self::Json => f.write_str("Json"),
            Self::CustomMetadata => f.write_str("CustomMetadata"),
            Self::Id(name) | Self::Secret(name) | Self::Enum(name) | Self::Struct(name) => f.write_str(name),
            Self::List(item) => write!(f, "Vec<{item}>"),
        }
    }
}

impl RustType {
    /// Returns the type to import.
    pub(super) fn import(&self) -> Option<String> {
        match self {
            Self::Bool | Self::U32 | Self::I64 | Self::F64 | Self::String => None,
            Self::List(item) => item.import(),
            named => Some(named.to_string()),
        }
    }

    /// Whether functions take it by value instead of as `impl Into`.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Bool | Self::U32 | Self::I64 | Self::F64)
    }
}

/// Whether a path is that of a parameter, which begins with its route.
fn is_parameter(path: &str) -> bool {
    path.starts_with('/')
}

/// A struct or an enum that a value requires.
pub(super) enum Defined<'a> {
    Struct { annotation: &'a TypeAnnotation, path: String, fields: Vec<Field> },
    Enum { annotation: &'a TypeAnnotation, values: Vec<&'static str> },
}

/// Determines the types of values, and collects problems.
pub(super) struct Resolver<'a> {
    pub(super) annotations: &'a Annotations,
    /// Items that the annotations do not cover, and name collisions, each with its location.
    pub(super) problems: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(annotations: &'a Annotations) -> Self {
        Self { annotations, problems: Vec::new() }
    }

    /// Reports a problem at a line of the description or of the annotations.
    pub(super) fn problem(&mut self, location: Location, problem: impl fmt::Display) {
        // Items that were just imported are not in a file of the crate yet; the problem has their path in the API.
        let problem =
            if location.file.is_empty() { problem.to_string() } else { format!("{CRATE}/{location}: {problem}") };
        self.problems.push(problem);
    }

    /// Returns the type of the value at `path`. Adds the structs and enums that it requires to `define`.
    pub(super) fn resolve(
        &mut self,
        path: &str,
        location: Location,
        schema: &Schema,
        define: &mut Vec<Defined<'a>>,
    ) -> RustType {
        let name = path.rsplit('.').next().unwrap_or(path);
        match &schema.kind {
            Kind::Any => RustType::Json,
            Kind::Boolean => RustType::Bool,
            Kind::Number | Kind::Integer if is_parameter(path) && self.format(path) == Some(Format::WholeNumber) => {
                RustType::U32
            }
            Kind::Integer => RustType::I64,
            Kind::Number => RustType::F64,
            Kind::Time => RustType::Timestamp,
            Kind::Uuid | Kind::String | Kind::Uri | Kind::Email => {
                self.resolve_string(path, location, schema.kind == Kind::Uuid, define)
            }
            Kind::Enum(values) => self.resolve_enum(path, location, values, define),
            Kind::Object(fields) if fields.is_empty() => RustType::Json,
            Kind::Object(fields) => self.resolve_object(path, location, fields, define),
            Kind::List(item) => RustType::List(Box::new(self.resolve(path, location, item, define))),
            Kind::Map(_) if name.contains("custom_metadata") => RustType::CustomMetadata,
            Kind::Map(_) | Kind::Choice(_) | Kind::Variants { .. } => RustType::Json,
            Kind::Reference(name) => match TypeAnnotation::find(&self.annotations.types, name) {
                Some(annotation) => RustType::Struct(annotation.name.clone()),
                // The description refers to resources that it does not describe.
                None => RustType::Json,
            },
        }
    }

    fn format(&self, path: &str) -> Option<Format> {
        self.annotations.formats.get(path).map(|(_, format)| *format)
    }

    /// Returns the type of a string: an id, an enum, a time or a secret if the annotations define it as one.
    fn resolve_string(
        &mut self,
        path: &str,
        location: Location,
        is_uuid: bool,
        define: &mut Vec<Defined<'a>>,
    ) -> RustType {
        let name = path.rsplit('.').next().unwrap_or(path);
        if let Some(id) = self.id(path, location, name, is_uuid) {
            return RustType::Id(id);
        }
        // The description declares some enums as strings; the annotations have their values.
        let closed = |annotation: &&TypeAnnotation| annotation.at.iter().any(|at| at == path);
        if let Some(annotation) = self.annotations.enums.iter().find(closed) {
            define.push(Defined::Enum { annotation, values: Vec::new() });
            return RustType::Enum(annotation.name.clone());
        }
        match self.format(path) {
            // In responses, a string without the format of a time may have any content.
            Some(Format::Time) if is_parameter(path) => RustType::Timestamp,
            Some(Format::TimeOfDay) => RustType::TimeOfDay,
            Some(Format::Duration) => RustType::IsoDuration,
            _ => self.secret(path, location, name).map_or(RustType::String, RustType::Secret),
        }
    }

    fn resolve_enum(
        &mut self,
        path: &str,
        location: Location,
        values: &[&'static str],
        define: &mut Vec<Defined<'a>>,
    ) -> RustType {
        if let Some(annotation) = TypeAnnotation::find(&self.annotations.enums, path) {
            define.push(Defined::Enum { annotation, values: values.to_vec() });
            return RustType::Enum(annotation.name.clone());
        }
        // Time zones are strings, since the IANA list changes.
        if !path.ends_with(".time_zone") {
            let values = values.join(" ");
            self.problem(location, format!("{path}: an enum without a name in enums.txt: {values}"));
        }
        RustType::String
    }

    fn resolve_object(
        &mut self,
        path: &str,
        location: Location,
        fields: &[Field],
        define: &mut Vec<Defined<'a>>,
    ) -> RustType {
        if let Some(annotation) = TypeAnnotation::find(&self.annotations.types, path) {
            define.push(Defined::Struct { annotation, path: path.to_owned(), fields: fields.to_vec() });
            return RustType::Struct(annotation.name.clone());
        }
        let names = fields.iter().map(|field| field.name).collect::<Vec<_>>().join(" ");
        self.problem(location, format!("{path}: a struct without a name in types.txt: {names}"));
        RustType::Json
    }

    fn id(&mut self, path: &str, location: Location, name: &str, is_uuid: bool) -> Option<String> {
        let is_one = |id: &str| name == id || name.strip_suffix('s') == Some(id);
        let id = self.annotations.ids.iter().find(|id| id.names.iter().any(|name| is_one(name)));
        // An id of a provider's own system may have the same name.
        let is_foreign = path.split('.').rev().skip(1).any(|part| part.ends_with("_metadata"));
        match id {
            Some(id) if is_uuid || !is_foreign => Some(id.name.to_owned()),
            None if is_uuid && !is_foreign => {
                self.problem(location, format!("{path}: an id without a type in ids.txt"));
                None
            }
            _ => None,
        }
    }

    fn secret(&mut self, path: &str, location: Location, name: &str) -> Option<String> {
        match self.annotations.secrets.get(path) {
            Some((_, SecretDecision::Secret(secret))) => Some(secret.clone()),
            Some((_, SecretDecision::Public(_))) => None,
            None => {
                if name.split('_').any(|word| self.annotations.possible_secrets.contains(&word)) {
                    self.problem(location, format!("{path}: a possible secret that secrets.txt does not decide"));
                }
                None
            }
        }
    }

    /// Returns the documentation of the field at `path`.
    pub(super) fn meaning(&mut self, path: &str, field: &Field) -> String {
        let meaning = match self.annotations.glossary.get(path) {
            Some((_, meaning)) => meaning.clone(),
            None => {
                self.problem(field.location, format!("{path}: not in glossary.txt"));
                String::new()
            }
        };
        let limits = if is_parameter(path) { limits(&field.schema) } else { String::new() };
        format!("{meaning} {limits}").trim_end().to_owned()
    }

    /// Returns the replacement of the deprecated item at `path`.
    pub(super) fn deprecation(&mut self, path: &str, location: Location, is_deprecated: bool) -> Option<String> {
        if !is_deprecated {
            return None;
        }
        let note = self.annotations.deprecated.get(path).map(|(_, note)| note.clone());
        if note.is_none() {
            self.problem(location, format!("{path}: deprecated, but deprecated.txt does not name a replacement"));
        }
        note
    }
}
