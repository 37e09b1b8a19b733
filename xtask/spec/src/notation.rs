//! The facts as text, one fact a line, and back.
//!
//! ```text
//! access_code: object
//!   access_code_id: uuid
//!   code?: string or null
//!   errors: list of variants by error_code
//!     message: string                       a field that all variants have
//!     | account_disconnected
//!       created_at: time                    a field that only this one has
//!   status: setting | set | unset
//! ```
//!
//! A question mark says that a field may be left out. Behind the value come `or null`, `deprecated`, and limits in
//! braces. What belongs to a line stands below it, indented by two blanks. Lines that begin with `#` are comments.
//!
//! `@python` marks what the published OpenAPI document lacks and the source `python` has; `source python: 3.18.0` gives
//! the version. The mark stands behind a value (`search?: string @python`), an item (`list of object (@python)`), one
//! value of an enum (`lock | speaker@python`), a variant (`| sonos @python`), `optional` (`name?: string
//! optional@python`) or `deprecated` (`status: string deprecated@python`). A route has a line `source: python`.

use std::{collections::BTreeMap, fmt, fmt::Write};

use crate::{Facts, Field, Kind, Route, Schema, Type, Variant};

/// A line that is not of the notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for NotationError {}

/// Enums with more values than this have one on each line.
const INLINE_VALUES: usize = 6;

/// Writes the versions of the sources.
#[must_use]
pub fn print_sources(sources: &BTreeMap<String, String>) -> String {
    sources.iter().map(|(name, version)| format!("source {name}: {version}\n")).collect()
}

/// Writes resources.
#[must_use]
pub fn print_schemas(schemas: &[Schema]) -> String {
    let mut text = String::new();
    for schema in schemas {
        print_line(&mut text, 0, &format!("{}: ", schema.name), &schema.shape, "");
        text.push('\n');
    }
    text
}

/// Writes routes.
#[must_use]
pub fn print_routes(routes: &[Route]) -> String {
    let mut text = String::new();
    for route in routes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}", route.verb, route.path);
        let mut fact = |name: &str, value: String| {
            if !value.is_empty() {
                let _ = writeln!(text, "  {name}: {value}");
            }
        };
        fact("source", route.source.clone().unwrap_or_default());
        fact("deprecated", flag(route.deprecated));
        fact("paginated", flag(route.paginated));
        fact("credentials", route.credentials.join(" "));
        fact("action", route.action.clone().unwrap_or_default());
        fact("answer", route.response_key.clone().unwrap_or_default());
        fact("at least one of", route.at_least_one_of.join(" "));
        if route.parameters.kind != Kind::Object(Vec::new()) {
            print_line(&mut text, 1, "parameters: ", &route.parameters, "");
        }
        if !route.response.is_empty() {
            print_line(&mut text, 1, "response: ", &Type::of(Kind::Object(route.response.clone())), "");
        }
        text.push('\n');
    }
    text
}

fn flag(is_set: bool) -> String {
    if is_set { "yes".to_owned() } else { String::new() }
}

/// A mark for a source, behind `what`; nothing for the OpenAPI document.
fn mark(what: &str, source: Option<&String>) -> String {
    source.map_or_else(String::new, |source| format!("{what}@{source}"))
}

fn print_field(text: &mut String, depth: usize, field: &Field) {
    let name = format!("{}{}: ", field.name, if field.required { "" } else { "?" });
    let mut flags = mark(" optional", field.optional_source.as_ref());
    if field.deprecated {
        flags.push_str(" deprecated");
        flags.push_str(&mark("", field.deprecated_source.as_ref()));
    }
    print_line(text, depth, &name, &field.shape, &flags);
}

/// Writes a value between what introduces it and its flags, and below it what it consists of.
fn print_line(text: &mut String, depth: usize, before: &str, shape: &Type, flags: &str) {
    text.push_str(&"  ".repeat(depth));
    text.push_str(before);
    let inner = print_kind(text, shape);
    if shape.nullable {
        text.push_str(" or null");
    }
    text.push_str(&mark(" ", shape.source.as_ref()));
    text.push_str(flags);
    if !shape.limits.is_empty() {
        let limits: Vec<String> = shape.limits.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let _ = write!(text, " {{{}}}", limits.join("; "));
    }
    text.push('\n');
    print_parts(text, depth + 1, inner);
}

/// Writes what kind of value it is; the value whose parts belong below.
fn print_kind<'a>(text: &mut String, shape: &'a Type) -> &'a Type {
    match &shape.kind {
        Kind::Any => text.push_str("any"),
        Kind::Boolean => text.push_str("boolean"),
        Kind::Integer => text.push_str("integer"),
        Kind::Number => text.push_str("number"),
        Kind::String => text.push_str("string"),
        Kind::Uuid => text.push_str("uuid"),
        Kind::Time => text.push_str("time"),
        Kind::Uri => text.push_str("uri"),
        Kind::Email => text.push_str("email"),
        Kind::Enum(values) if values.len() > INLINE_VALUES => text.push_str("enum"),
        Kind::Enum(values) => {
            let values: Vec<String> = values.iter().map(|value| print_value(shape, value)).collect();
            let _ = write!(text, "enum {}", values.join(" | "));
        }
        Kind::Object(_) => text.push_str("object"),
        Kind::List(item) => {
            text.push_str("list of ");
            return print_inner(text, item);
        }
        Kind::Map(item) => {
            text.push_str("map of ");
            return print_inner(text, item);
        }
        Kind::Choice(_) => text.push_str("choice"),
        Kind::Variants { by, .. } => match by {
            Some(by) => {
                let _ = write!(text, "variants by {by}");
            }
            None => text.push_str("variants"),
        },
        Kind::Reference(name) => {
            let _ = write!(text, "ref {name}");
        }
    }
    shape
}

/// A value of an enum, with its source.
fn print_value(shape: &Type, value: &str) -> String {
    format!("{value}{}", mark("", shape.value_sources.get(value)))
}

/// As [`print_kind`], for an item of a list or map, whose own `null` and source are written in brackets.
fn print_inner<'a>(text: &mut String, item: &'a Type) -> &'a Type {
    let inner = print_kind(text, item);
    if item.nullable {
        text.push_str(" (or null)");
    }
    if let Some(source) = &item.source {
        let _ = write!(text, " (@{source})");
    }
    inner
}

fn print_parts(text: &mut String, depth: usize, shape: &Type) {
    let indent = "  ".repeat(depth);
    match &shape.kind {
        Kind::Enum(values) if values.len() > INLINE_VALUES => {
            for value in values {
                let _ = writeln!(text, "{indent}= {}", print_value(shape, value));
            }
        }
        Kind::Object(fields) => fields.iter().for_each(|field| print_field(text, depth, field)),
        Kind::Choice(options) => options.iter().for_each(|option| print_line(text, depth, "| ", option, "")),
        Kind::Variants { common, variants, .. } => {
            common.iter().for_each(|field| print_field(text, depth, field));
            for variant in variants {
                let value = variant.value.as_deref().unwrap_or("-");
                let deprecated = if variant.deprecated { " deprecated" } else { "" };
                let _ = writeln!(text, "{indent}| {value}{}{deprecated}", mark(" ", variant.source.as_ref()));
                variant.fields.iter().for_each(|field| print_field(text, depth + 1, field));
            }
        }
        _ => {}
    }
}

/// A line with those that belong to it.
struct Line<'a> {
    number: usize,
    text: &'a str,
    below: Vec<Line<'a>>,
}

impl Line<'_> {
    fn error(&self, problem: impl Into<String>) -> NotationError {
        NotationError { line: self.number, problem: problem.into() }
    }
}

/// Reads resources and routes.
///
/// # Errors
///
/// At the first line that is not of the notation.
pub fn parse(text: &str) -> Result<Facts, NotationError> {
    let mut facts = Facts::default();
    for line in &tree(text)? {
        match line.text.split_once(' ') {
            Some((verb, path)) if path.starts_with('/') => facts.routes.push(parse_route(line, verb, path)?),
            Some(("source", source)) => {
                let (name, version) = source.split_once(": ").ok_or_else(|| line.error("is not `name: version`"))?;
                facts.sources.insert(name.to_owned(), version.to_owned());
            }
            _ => {
                let field = parse_field(line)?;
                facts.schemas.push(Schema { name: field.name, shape: field.shape });
            }
        }
    }
    Ok(facts)
}

/// Puts each line below the one that it is indented under.
fn tree(text: &str) -> Result<Vec<Line<'_>>, NotationError> {
    let mut open: Vec<Vec<Line<'_>>> = vec![Vec::new()];
    for (index, line) in text.lines().enumerate() {
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let error = |problem: &str| NotationError { line: index + 1, problem: problem.to_owned() };
        let indent = line.len() - content.len();
        if indent % 2 != 0 {
            return Err(error("is indented by an odd number of blanks"));
        }
        close(&mut open, indent / 2 + 1);
        if open.len() != indent / 2 + 1 {
            return Err(error("is indented too far"));
        }
        if let Some(level) = open.last_mut() {
            level.push(Line { number: index + 1, text: content.trim_end(), below: Vec::new() });
        }
        open.push(Vec::new());
    }
    close(&mut open, 1);
    Ok(open.pop().unwrap_or_default())
}

/// Gives the innermost lines to the line that they belong to, until only this many levels are open.
fn close<'a>(open: &mut Vec<Vec<Line<'a>>>, levels: usize) {
    while open.len() > levels {
        let below = open.pop().unwrap_or_default();
        if let Some(line) = open.last_mut().and_then(|level| level.last_mut()) {
            line.below = below;
        }
    }
}

fn parse_route(line: &Line<'_>, verb: &str, path: &str) -> Result<Route, NotationError> {
    let mut route = Route {
        verb: verb.to_owned(),
        path: path.to_owned(),
        source: None,
        deprecated: false,
        paginated: false,
        credentials: Vec::new(),
        action: None,
        response_key: None,
        at_least_one_of: Vec::new(),
        parameters: Type::of(Kind::Object(Vec::new())),
        response: Vec::new(),
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    for fact in &line.below {
        let (name, value) = fact.text.split_once(": ").ok_or_else(|| fact.error("is not `name: value`"))?;
        match name {
            "source" => route.source = Some(value.to_owned()),
            "deprecated" => route.deprecated = true,
            "paginated" => route.paginated = true,
            "credentials" => route.credentials = words(value),
            "action" => route.action = Some(value.to_owned()),
            "answer" => route.response_key = Some(value.to_owned()),
            "at least one of" => route.at_least_one_of = words(value),
            "parameters" => route.parameters = parse_shape(fact, value)?,
            "response" => route.response = parse_fields(&fact.below)?,
            _ => return Err(fact.error(format!("`{name}` is not a fact of a route"))),
        }
    }
    Ok(route)
}

fn parse_fields(lines: &[Line<'_>]) -> Result<Vec<Field>, NotationError> {
    lines.iter().map(parse_field).collect()
}

fn parse_field(line: &Line<'_>) -> Result<Field, NotationError> {
    let (name, shape) = line.text.split_once(": ").ok_or_else(|| line.error("is not `name: value`"))?;
    let (shape, limits) = split_limits(shape);
    let (shape, deprecated, deprecated_source) = strip_flag(shape, " deprecated");
    let (shape, _, optional_source) = strip_flag(shape, " optional");
    let shape = parse_shape(line, &format!("{shape}{limits}"))?;
    let (name, required) = match name.strip_suffix('?') {
        Some(name) => (name, false),
        None => (name, true),
    };
    Ok(Field { name: name.to_owned(), required, deprecated, optional_source, deprecated_source, shape })
}

/// Splits off the limits, which begin with their brace.
fn split_limits(text: &str) -> (&str, &str) {
    text.find(" {").and_then(|start| text.split_at_checked(start)).unwrap_or((text, ""))
}

/// Takes `flag` or `flag@source` from the end: the rest, whether it is there, and the source.
fn strip_flag<'a>(text: &'a str, flag: &str) -> (&'a str, bool, Option<String>) {
    match text.rsplit_once(flag) {
        Some((text, "")) => (text, true, None),
        Some((before, end)) => match end.strip_prefix('@') {
            Some(source) if !source.contains(' ') => (before, true, Some(source.to_owned())),
            _ => (text, false, None),
        },
        None => (text, false, None),
    }
}

/// Reads a value with its limits.
fn parse_shape(line: &Line<'_>, text: &str) -> Result<Type, NotationError> {
    let (text, limits) = match split_limits(text) {
        (text, "") => (text, Vec::new()),
        (text, limits) => {
            let limits = limits.strip_prefix(" {").and_then(|limits| limits.strip_suffix('}'));
            let limit = |limit: &str| {
                limit
                    .split_once(' ')
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .ok_or_else(|| line.error("has a limit without a value"))
            };
            let limits = limits.ok_or_else(|| line.error("has a brace that is not closed"))?;
            (text, limits.split("; ").map(limit).collect::<Result<_, _>>()?)
        }
    };
    let (text, _, source) = strip_flag(text, " ");
    let (text, nullable) = match text.strip_suffix(" or null") {
        Some(text) => (text, true),
        None => (text, false),
    };
    Ok(Type { nullable, limits, source, ..parse_kind(line, text)? })
}

fn parse_kind(line: &Line<'_>, text: &str) -> Result<Type, NotationError> {
    let item = |text: &str| -> Result<Box<Type>, NotationError> {
        let (text, source) = match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (@")) {
            Some((text, source)) => (text, Some(source.to_owned())),
            None => (text, None),
        };
        let (text, nullable) = match text.strip_suffix(" (or null)") {
            Some(text) => (text, true),
            None => (text, false),
        };
        Ok(Box::new(Type { nullable, source, ..parse_kind(line, text)? }))
    };
    let mut value_sources = BTreeMap::new();
    let mut value = |text: &str| match text.split_once('@') {
        Some((value, source)) => {
            value_sources.insert(value.to_owned(), source.to_owned());
            value.to_owned()
        }
        None => text.to_owned(),
    };
    let kind = match text {
        "any" => Kind::Any,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "number" => Kind::Number,
        "string" => Kind::String,
        "uuid" => Kind::Uuid,
        "time" => Kind::Time,
        "uri" => Kind::Uri,
        "email" => Kind::Email,
        "object" => Kind::Object(parse_fields(&line.below)?),
        "choice" => Kind::Choice(
            line.below
                .iter()
                .map(|option| {
                    let text = option.text.strip_prefix("| ").ok_or_else(|| option.error("is not `| value`"))?;
                    parse_shape(option, text)
                })
                .collect::<Result<_, _>>()?,
        ),
        "enum" => Kind::Enum(
            line.below
                .iter()
                .map(|line| {
                    let text = line.text.strip_prefix("= ").ok_or_else(|| line.error("is not `= value`"))?;
                    Ok(value(text))
                })
                .collect::<Result<_, _>>()?,
        ),
        "variants" => parse_variants(line, None)?,
        _ => match text.split_once(' ') {
            Some(("list", rest)) if rest.starts_with("of ") => Kind::List(item(rest.trim_start_matches("of "))?),
            Some(("map", rest)) if rest.starts_with("of ") => Kind::Map(item(rest.trim_start_matches("of "))?),
            Some(("enum", values)) => Kind::Enum(values.split(" | ").map(value).collect()),
            Some(("ref", name)) => Kind::Reference(name.to_owned()),
            Some(("variants", by)) => parse_variants(line, by.strip_prefix("by ").map(str::to_owned))?,
            _ => return Err(line.error(format!("`{text}` is not a kind of value"))),
        },
    };
    Ok(Type { value_sources, ..Type::of(kind) })
}

fn parse_variants(line: &Line<'_>, by: Option<String>) -> Result<Kind, NotationError> {
    let mut common = Vec::new();
    let mut variants = Vec::new();
    for part in &line.below {
        match part.text.strip_prefix("| ") {
            Some(value) => {
                let (value, deprecated, _) = strip_flag(value, " deprecated");
                let (value, _, source) = strip_flag(value, " ");
                let value = (value != "-").then(|| value.to_owned());
                variants.push(Variant { value, deprecated, source, fields: parse_fields(&part.below)? });
            }
            None => common.push(parse_field(part)?),
        }
    }
    Ok(Kind::Variants { by, common, variants })
}
