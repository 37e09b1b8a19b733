//! Validation of values against schemas of the API description, and default values of resources.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seam_spec::{Field, Kind, Limit, Schema, Variant};
use serde_json::{Map, Value};

/// Returns the schema of a resource.
pub(crate) fn resource(name: &str) -> Option<&'static Schema> {
    seam_spec::api().resource(name).map(|resource| &resource.schema)
}

/// The problems of a value: the JSON path of each, and its messages.
pub(crate) type Problems = BTreeMap<Vec<String>, Vec<String>>;

/// The number of problems after which the remaining values of a list or map are not checked. The message for an enum lists
/// all of its values: without a limit, a response could be fifty times as long as the request.
const MAX_PROBLEMS: usize = 100;

/// Checks a value, and returns its problems.
///
/// The messages are those of the validator that the official servers use, except that they never quote the value, which may
/// be a PIN.
pub(crate) fn check(schema: &Schema, value: &Value) -> Problems {
    let mut problems = Problems::new();
    Checker { path: Vec::new(), problems: &mut problems }.value(schema, value);
    problems
}

struct Checker<'a> {
    path: Vec<String>,
    problems: &'a mut Problems,
}

impl Checker<'_> {
    fn report(&mut self, message: impl Into<String>) {
        self.problems.entry(self.path.clone()).or_default().push(message.into());
    }

    fn value(&mut self, schema: &Schema, value: &Value) {
        if value.is_null() && schema.nullable {
            return;
        }
        match (&schema.kind, value) {
            (Kind::Any, _)
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::Number, Value::Number(_))
            | (Kind::String | Kind::Email, Value::String(_)) => {}
            (Kind::Uuid, Value::String(text)) if text.is_empty() => {
                self.report("String must contain at least 1 character(s)");
            }
            (Kind::Uri, Value::String(text)) if !is_url(text) => self.report("Invalid url"),
            (Kind::Time, Value::String(text)) if text.parse::<Timestamp>().is_err() => self.report("Invalid datetime"),
            (Kind::Uuid | Kind::Uri | Kind::Time, Value::String(_)) => {}
            (Kind::Integer, Value::Number(number)) => {
                if number.as_f64().is_none_or(|number| number.fract() != 0.0) {
                    self.report("Expected integer, received float");
                }
            }
            (Kind::Enum(values), Value::String(text)) => {
                if !values.contains(&text.as_str()) {
                    self.report(format!("Invalid enum value. Expected '{}'", values.join("' | '")));
                }
            }
            (Kind::Object(fields), Value::Object(object)) => self.fields(fields, object),
            (Kind::List(item), Value::Array(values)) => {
                let numbers = (0..values.len()).map(|number| number.to_string());
                self.items(item, numbers.zip(values));
            }
            (Kind::Map(item), Value::Object(object)) => {
                self.items(item, object.iter().map(|(name, value)| (name.clone(), value)));
            }
            (Kind::Choice(choices), value) => self.one_of(choices.iter().map(|choice| check(choice, value))),
            (Kind::Variants { by, common, variants }, Value::Object(object)) => {
                self.fields(common, object);
                self.variants(*by, variants, object);
            }
            (Kind::Reference(name), value) => {
                if let Some(schema) = resource(name) {
                    self.value(schema, value);
                }
            }
            (kind, _) => {
                self.report(format!("Expected {}, received {}", name_of(kind), type_of(value)));
                return;
            }
        }
        self.limits(&schema.limits, value);
    }

    /// Checks the items of a list or map until there are too many problems.
    fn items<'v>(&mut self, schema: &Schema, items: impl Iterator<Item = (String, &'v Value)>) {
        for (name, value) in items {
            if self.problems.len() >= MAX_PROBLEMS {
                break;
            }
            self.within(name, |checker| checker.value(schema, value));
        }
    }

    /// Checks the fields of the variant that the discriminator `by` selects, or of the variant that fits best.
    fn variants(&mut self, by: Option<&str>, variants: &[Variant], object: &Map<String, Value>) {
        let chosen = by.and_then(|by| object.get(by)).and_then(Value::as_str);
        let candidates = variants.iter().filter(|variant| chosen.is_none_or(|value| variant.value == Some(value)));
        self.one_of(candidates.map(|variant| {
            let mut problems = Problems::new();
            Checker { path: Vec::new(), problems: &mut problems }.fields(&variant.fields, object);
            problems
        }));
    }

    fn within(&mut self, name: String, check: impl FnOnce(&mut Self)) {
        self.path.push(name);
        check(self);
        self.path.pop();
    }

    fn fields(&mut self, fields: &[Field], object: &Map<String, Value>) {
        for field in fields {
            match object.get(field.name) {
                None if field.required => self.within(field.name.to_owned(), |checker| checker.report("Required")),
                None => {}
                // `null` counts as absent for optional fields.
                Some(Value::Null) if !field.required => {}
                Some(value) => self.within(field.name.to_owned(), |checker| checker.value(&field.schema, value)),
            }
        }
    }

    /// Adds the problems of the choice that has the fewest.
    fn one_of(&mut self, choices: impl Iterator<Item = Problems>) {
        for (path, messages) in choices.min_by_key(BTreeMap::len).unwrap_or_default() {
            let path = self.path.iter().cloned().chain(path).collect();
            self.problems.entry(path).or_default().extend(messages);
        }
    }

    fn limits(&mut self, limits: &[Limit], value: &Value) {
        let number = value.as_f64();
        let length = value.as_str().map(|text| text.chars().count());
        let items = value.as_array().map(Vec::len);
        for limit in limits {
            let problem = match *limit {
                Limit::Min(least) if number.is_some_and(|number| number < least) => {
                    format!("Number must be greater than or equal to {least}")
                }
                Limit::Max(most) if number.is_some_and(|number| number > most) => {
                    format!("Number must be less than or equal to {most}")
                }
                Limit::Above(bound) if number.is_some_and(|number| number <= bound) => {
                    format!("Number must be greater than {bound}")
                }
                Limit::MinLength(least) if length.is_some_and(|length| length < least) => {
                    format!("String must contain at least {least} character(s)")
                }
                Limit::MaxLength(most) if length.is_some_and(|length| length > most) => {
                    format!("String must contain at most {most} character(s)")
                }
                Limit::MinItems(least) if items.is_some_and(|items| items < least) => {
                    format!("Array must contain at least {least} element(s)")
                }
                Limit::MaxItems(most) if items.is_some_and(|items| items > most) => {
                    format!("Array must contain at most {most} element(s)")
                }
                Limit::Pattern(pattern) if value.as_str().is_some_and(|text| !is_match(pattern, text)) => {
                    "Invalid".to_owned()
                }
                _ => continue,
            };
            self.report(problem);
        }
    }
}

/// Whether the string may be a URL. This checks only for a colon, as the official fake does.
pub(crate) fn is_url(text: &str) -> bool {
    text.contains(':')
}

/// Whether the string matches the pattern. A test checks that all patterns are valid.
fn is_match(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn name_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer | Kind::Number => "number",
        Kind::Object(_) | Kind::Map(_) | Kind::Variants { .. } => "object",
        Kind::List(_) => "array",
        Kind::Any | Kind::Choice(_) | Kind::Reference(_) => "value",
        Kind::String | Kind::Uuid | Kind::Time | Kind::Uri | Kind::Email | Kind::Enum(_) => "string",
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Returns a name of the description for display: "Salto site user" for `salto_site_user`, "Lock unlocked" for
/// `lock.unlocked`.
pub(crate) fn in_words(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or((name, ""));
    format!("{}{}", first.to_uppercase(), rest.replace(['_', '.'], " "))
}

/// Returns the field names of a schema over all variants; `None` if any name is allowed.
pub(crate) fn names(schema: &Schema) -> Option<Vec<&'static str>> {
    match &schema.kind {
        Kind::Object(_) => Some(schema.fields().map(|field| field.name).collect()),
        Kind::Variants { by, .. } => Some(schema.fields().map(|field| field.name).chain(*by).collect()),
        Kind::Choice(choices) => {
            let names: Option<Vec<Vec<_>>> = choices.iter().map(names).collect();
            names.map(|names| names.concat())
        }
        _ => None,
    }
}

/// Removes unknown fields at every depth. Seam ignores such parameters.
pub(crate) fn drop_unknown(schema: &'static Schema, value: &mut Value) {
    match (&schema.kind, value) {
        (Kind::Object(_) | Kind::Variants { .. } | Kind::Choice(_), Value::Object(object)) => {
            if let Some(known) = names(schema) {
                object.retain(|name, _| known.contains(&name.as_str()));
            }
            for (name, value) in object {
                // Variants may have fields of the same name with different schemas: such values are kept unchanged.
                let mut schemas = fields_named(schema, name);
                if let (Some(schema), None) = (schemas.next(), schemas.next()) {
                    drop_unknown(schema, value);
                }
            }
        }
        (Kind::List(item), Value::Array(values)) => {
            for value in values {
                drop_unknown(item, value);
            }
        }
        (Kind::Map(item), Value::Object(object)) => {
            for value in object.values_mut() {
                drop_unknown(item, value);
            }
        }
        (Kind::Reference(name), value) => {
            if let Some(schema) = resource(name) {
                drop_unknown(schema, value);
            }
        }
        _ => {}
    }
}

/// Returns the schemas of the fields of this name, over all variants and choices.
fn fields_named<'a>(schema: &'static Schema, name: &'a str) -> Box<dyn Iterator<Item = &'static Schema> + 'a> {
    match &schema.kind {
        Kind::Choice(choices) => Box::new(choices.iter().flat_map(move |choice| fields_named(choice, name))),
        _ => Box::new(schema.fields().filter(move |field| field.name == name).map(|field| &field.schema)),
    }
}

/// Removes parameters that are `null` unless `null` has a meaning: they count as absent.
pub(crate) fn drop_nulls(schema: &Schema, parameters: &mut Map<String, Value>) {
    if let Kind::Object(_) | Kind::Variants { .. } = &schema.kind {
        let means_something = |name: &str| schema.fields().any(|field| field.name == name && field.schema.nullable);
        parameters.retain(|name, value| !value.is_null() || means_something(name));
    }
}

/// Returns a resource with the default values of its required fields.
pub(crate) fn default_resource(name: &str, now: &str) -> Map<String, Value> {
    match resource(name).map(|schema| default_value(schema, now)) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Adds the default values of absent required fields.
pub(crate) fn fill(fields: &[Field], object: &mut Map<String, Value>, now: &str) {
    for field in fields.iter().filter(|field| field.required) {
        match object.get_mut(field.name) {
            None => {
                object.insert(field.name.to_owned(), default_value(&field.schema, now));
            }
            Some(Value::Object(inner)) => {
                if let Kind::Object(fields) = &field.schema.kind {
                    fill(fields, inner, now);
                }
            }
            Some(_) => {}
        }
    }
}

/// Returns the default value of a schema.
pub(crate) fn default_value(schema: &Schema, now: &str) -> Value {
    if schema.nullable {
        return Value::Null;
    }
    match &schema.kind {
        Kind::Any => Value::Null,
        Kind::Boolean => Value::Bool(false),
        Kind::Integer | Kind::Number => Value::from(0),
        // A string that must not be empty is a dash.
        Kind::String if schema.limits.iter().any(|limit| matches!(limit, Limit::MinLength(_))) => Value::from("-"),
        Kind::String | Kind::Uuid | Kind::Uri | Kind::Email => Value::from(""),
        Kind::Time => Value::from(now),
        Kind::Enum(values) => Value::from(values.first().copied().unwrap_or_default()),
        Kind::Object(fields) => {
            let mut object = Map::new();
            fill(fields, &mut object, now);
            Value::Object(object)
        }
        Kind::List(_) => Value::Array(Vec::new()),
        Kind::Map(_) | Kind::Variants { .. } => Value::Object(Map::new()),
        Kind::Choice(choices) => choices.first().map_or(Value::Null, |choice| default_value(choice, now)),
        Kind::Reference(name) => Value::Object(default_resource(name, now)),
    }
}
