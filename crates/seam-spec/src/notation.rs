//! The notation of the API description: one fact per line.
//!
//! ```text
//! access_code: object
//!   access_code_id: uuid
//!   code?: string or null
//!   errors: list of variants by error_code
//!     message: string                       a field that all variants have
//!     | account_disconnected
//!       created_at: time                    a field that only this variant has
//!   status: setting | set | unset
//! ```
//!
//! A question mark marks a field as optional. After the value come `or null`, `deprecated`, and limits in braces; an
//! item of a list or map that may be null is `nullable`. Details of a line follow below it, indented by two spaces.
//! Lines that begin with `#` are comments. A string that would be ambiguous is quoted, with `\"`, `\\`, `\n` and `\r`
//! escaped.
//!
//! `@python` marks items that only the source `python` has, not the published OpenAPI document: a value (`search?: string
//! @python`), an item (`list of @python object`), one value of an enum (`lock | speaker@python`), a variant (`| sonos
//! @python`), that a field is optional (`name?: string optional@python`) or deprecated (`status: string
//! deprecated@python`). A route has a line `source: python`.

use std::{
    borrow::Cow,
    collections::HashSet,
    fmt::{self, Write},
};

use crate::{Field, Kind, Limit, Location, ParseError, Resource, Route, Schema, Variant};

/// Enums with more values than this have one per line.
const INLINE_VALUES: usize = 6;

/// The maximum depth of indentation and of nested lists, so that no input overflows the stack.
const MAX_DEPTH: usize = 64;

type Result<T> = std::result::Result<T, ParseError>;

/// Writes resources.
#[must_use]
pub fn print_resources<'a>(resources: impl IntoIterator<Item = &'a Resource>) -> String {
    let mut text = String::new();
    for resource in resources {
        print_line(&mut text, 0, &format!("{}: ", resource.name), &resource.schema, "");
        text.push('\n');
    }
    text
}

/// Writes routes.
#[must_use]
pub fn print_routes<'a>(routes: impl IntoIterator<Item = &'a Route>) -> String {
    let mut text = String::new();
    for route in routes {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}", route.method, route.path);
        let mut fact = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "  {name}: {value}");
            }
        };
        fact("source", route.source.unwrap_or_default());
        fact("deprecated", flag(route.deprecated));
        fact("paginated", flag(route.paginated));
        fact("credentials", &route.credentials.join(" "));
        fact("action", route.action_type.unwrap_or_default());
        fact("answer", route.response_key.unwrap_or_default());
        fact("at least one of", &route.at_least_one_of.join(" "));
        if route.parameters.kind != Kind::Object(Vec::new()) {
            print_line(&mut text, 1, "parameters: ", &route.parameters, "");
        }
        if !route.response.is_empty() {
            print_line(&mut text, 1, "response: ", &Schema::of(Kind::Object(route.response.clone())), "");
        }
        text.push('\n');
    }
    text
}

fn flag(is_set: bool) -> &'static str {
    if is_set { "yes" } else { "" }
}

/// Returns the source mark after `what`, or an empty string for the OpenAPI document.
fn mark(what: &str, source: Option<&&str>) -> String {
    source.map_or_else(String::new, |source| format!("{what}@{source}"))
}

fn print_field(text: &mut String, depth: usize, field: &Field) {
    let name = format!("{}{}: ", field.name, if field.required { "" } else { "?" });
    let mut flags = mark(" optional", field.optional_source.as_ref());
    if field.deprecated {
        flags.push_str(" deprecated");
        flags.push_str(&mark("", field.deprecated_source.as_ref()));
    }
    print_line(text, depth, &name, &field.schema, &flags);
}

/// Writes a value between `before` and its flags, with its details below it.
fn print_line(text: &mut String, depth: usize, before: &str, schema: &Schema, flags: &str) {
    text.push_str(&"  ".repeat(depth));
    text.push_str(before);
    let inner = print_kind(text, schema);
    if schema.nullable {
        text.push_str(" or null");
    }
    text.push_str(&mark(" ", schema.source.as_ref()));
    text.push_str(flags);
    if !schema.limits.is_empty() {
        let limits: Vec<String> = schema.limits.iter().map(Limit::to_string).collect();
        let _ = write!(text, " {{{}}}", limits.join("; "));
    }
    text.push('\n');
    print_parts(text, depth + 1, inner);
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min(value) => write!(f, "min {value}"),
            Self::Max(value) => write!(f, "max {value}"),
            Self::Above(value) => write!(f, "above {value}"),
            Self::MinLength(value) => write!(f, "min-length {value}"),
            Self::MaxLength(value) => write!(f, "max-length {value}"),
            Self::MinItems(value) => write!(f, "min-items {value}"),
            Self::MaxItems(value) => write!(f, "max-items {value}"),
            Self::Pattern(value) => write!(f, "pattern {}", quote(value, &[";"])),
            Self::Default(value) => write!(f, "default {}", quote(value, &[";"])),
        }
    }
}

impl Schema {
    /// Returns the kind in the notation, without the details below it: `list of uuid`, `variants by error_code`.
    #[must_use]
    pub fn kind_name(&self) -> String {
        let mut text = String::new();
        print_kind(&mut text, self);
        text
    }
}

/// Quotes a string if it is ambiguous: empty, surrounded by spaces, quoted itself, of several lines, or with one of
/// `separators` in it.
fn quote<'a>(text: &'a str, separators: &[&str]) -> Cow<'a, str> {
    let is_plain = !text.is_empty()
        && text.trim() == text
        && !text.starts_with('"')
        && !text.contains(['\n', '\r'])
        && !separators.iter().any(|separator| text.contains(separator));
    if is_plain {
        return Cow::Borrowed(text);
    }
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Cow::Owned(quoted)
}

/// Reads a string written by [`quote`]. Strings with escapes are leaked to be `'static`, which is acceptable because
/// they are rare.
fn unquote(location: Location, text: &'static str) -> Result<&'static str> {
    let Some(inner) = text.strip_prefix('"') else { return Ok(text) };
    let inner = inner.strip_suffix('"').ok_or_else(|| location.error("has a quote that is not closed"))?;
    if !inner.contains(['\\', '"']) {
        return Ok(inner);
    }
    let mut value = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        value.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some(other @ ('"' | '\\')) => other,
                _ => return Err(location.error("has an unknown escape in quotes")),
            },
            '"' => return Err(location.error("has a quote within quotes")),
            other => other,
        });
    }
    Ok(value.leak())
}

/// Whether the values of an enum fit on its line.
fn is_inline(values: &[&str]) -> bool {
    let separators = ["|", "{", "\"", "@", "deprecated", "or null"];
    !values.is_empty()
        && values.len() <= INLINE_VALUES
        && values.iter().all(|value| matches!(quote(value, &separators), Cow::Borrowed(_)))
}

/// Writes the kind of a value. Returns the schema whose details follow below.
fn print_kind<'a>(text: &mut String, schema: &'a Schema) -> &'a Schema {
    match &schema.kind {
        Kind::Any => text.push_str("any"),
        Kind::Boolean => text.push_str("boolean"),
        Kind::Integer => text.push_str("integer"),
        Kind::Number => text.push_str("number"),
        Kind::String => text.push_str("string"),
        Kind::Uuid => text.push_str("uuid"),
        Kind::Time => text.push_str("time"),
        Kind::Uri => text.push_str("uri"),
        Kind::Email => text.push_str("email"),
        Kind::Enum(values) if !is_inline(values) => text.push_str("enum"),
        Kind::Enum(values) => {
            let values: Vec<String> =
                values.iter().map(|value| format!("{value}{}", mark("", schema.value_sources.get(value)))).collect();
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
    schema
}

/// Writes the kind of an item of a list or map.
fn print_inner<'a>(text: &mut String, item: &'a Schema) -> &'a Schema {
    if item.nullable {
        text.push_str("nullable ");
    }
    if let Some(source) = item.source {
        let _ = write!(text, "@{source} ");
    }
    print_kind(text, item)
}

fn print_parts(text: &mut String, depth: usize, schema: &Schema) {
    let indent = "  ".repeat(depth);
    match &schema.kind {
        Kind::Enum(values) if !is_inline(values) => {
            for value in values {
                let source = mark("", schema.value_sources.get(value));
                let _ = writeln!(text, "{indent}= {}{source}", quote(value, &["@"]));
            }
        }
        Kind::Object(fields) => fields.iter().for_each(|field| print_field(text, depth, field)),
        Kind::Choice(options) => options.iter().for_each(|option| print_line(text, depth, "| ", option, "")),
        Kind::Variants { common, variants, .. } => {
            common.iter().for_each(|field| print_field(text, depth, field));
            for variant in variants {
                let value = match variant.value {
                    None => Cow::Borrowed("-"),
                    // An unquoted dash means no value.
                    Some("-") => Cow::Borrowed("\"-\""),
                    Some(value) => quote(value, &["@", " deprecated"]),
                };
                let deprecated = if variant.deprecated { " deprecated" } else { "" };
                let _ = writeln!(text, "{indent}| {value}{}{deprecated}", mark(" ", variant.source.as_ref()));
                variant.fields.iter().for_each(|field| print_field(text, depth + 1, field));
            }
        }
        _ => {}
    }
}

/// A line and the lines that are indented below it.
struct Line {
    location: Location,
    text: &'static str,
    below: Vec<Line>,
}

impl Line {
    fn error(&self, problem: impl Into<String>) -> ParseError {
        self.location.error(problem)
    }
}

/// Parses resources and routes. `file` is the path for errors and locations.
///
/// # Errors
///
/// Fails at the first line with invalid notation or a repeated name.
pub fn parse(file: &'static str, text: &'static str) -> Result<(Vec<Resource>, Vec<Route>)> {
    let (mut resources, mut routes) = (Vec::new(), Vec::new());
    let mut names = HashSet::new();
    for line in &tree(file, text)? {
        let name = match line.text.split_once(' ') {
            Some((method, path)) if path.starts_with('/') => {
                routes.push(parse_route(line, method, path)?);
                path
            }
            _ => {
                let field = parse_field(line)?;
                resources.push(Resource { name: field.name, schema: field.schema, location: line.location });
                field.name
            }
        };
        if !names.insert(name) {
            return Err(line.error(format!("`{name}` is described twice")));
        }
    }
    Ok((resources, routes))
}

/// Puts each line below the one that it is indented under.
fn tree(file: &'static str, text: &'static str) -> Result<Vec<Line>> {
    let mut open: Vec<Vec<Line>> = vec![Vec::new()];
    for (index, line) in text.lines().enumerate() {
        let content = line.trim_start_matches(' ');
        if content.trim_end().is_empty() || content.starts_with('#') {
            continue;
        }
        let location = Location { file, line: index + 1 };
        let indent = line.len() - content.len();
        if indent % 2 != 0 {
            return Err(location.error("has an indentation of an odd number of spaces"));
        }
        let depth = indent / 2 + 1;
        close(&mut open, depth);
        if open.len() != depth || depth > MAX_DEPTH {
            return Err(location.error("is indented too far"));
        }
        if let Some(level) = open.last_mut() {
            level.push(Line { location, text: content.trim_end(), below: Vec::new() });
        }
        open.push(Vec::new());
    }
    close(&mut open, 1);
    Ok(open.pop().unwrap_or_default())
}

/// Attaches the innermost lines to their parents until only this many levels are open.
fn close(open: &mut Vec<Vec<Line>>, levels: usize) {
    while open.len() > levels {
        let below = open.pop().unwrap_or_default();
        if let Some(line) = open.last_mut().and_then(|level| level.last_mut()) {
            line.below = below;
        }
    }
}

fn parse_route(line: &Line, method: &'static str, path: &'static str) -> Result<Route> {
    let mut route = Route {
        method,
        path,
        source: None,
        deprecated: false,
        paginated: false,
        credentials: Vec::new(),
        action_type: None,
        response_key: None,
        at_least_one_of: Vec::new(),
        parameters: Schema::of(Kind::Object(Vec::new())),
        response: Vec::new(),
        location: line.location,
    };
    for fact in &line.below {
        let (name, value) = fact.text.split_once(": ").ok_or_else(|| fact.error("is not `name: value`"))?;
        match name {
            "source" => route.source = Some(value),
            "deprecated" => route.deprecated = true,
            "paginated" => route.paginated = true,
            "credentials" => route.credentials = value.split_whitespace().collect(),
            "action" => route.action_type = Some(value),
            "answer" => route.response_key = Some(value),
            "at least one of" => route.at_least_one_of = value.split_whitespace().collect(),
            "parameters" => route.parameters = parse_schema(fact, value)?,
            "response" => route.response = parse_fields(&fact.below)?,
            _ => return Err(fact.error(format!("unknown route attribute `{name}`"))),
        }
    }
    Ok(route)
}

fn parse_fields<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    for line in lines {
        let field = parse_field(line)?;
        if fields.iter().any(|other| other.name == field.name) {
            return Err(line.error(format!("`{}` is described twice", field.name)));
        }
        fields.push(field);
    }
    Ok(fields)
}

fn parse_field(line: &Line) -> Result<Field> {
    let (name, schema) = line.text.split_once(": ").ok_or_else(|| line.error("is not `name: value`"))?;
    let (schema, limits) = split_limits(schema);
    let (schema, deprecated, deprecated_source) = strip_flag(schema, " deprecated");
    let (schema, _, optional_source) = strip_flag(schema, " optional");
    let schema = schema_with_limits(line, schema, limits)?;
    let (name, required) = match name.strip_suffix('?') {
        Some(name) => (name, false),
        None => (name, true),
    };
    Ok(Field { name, required, deprecated, optional_source, deprecated_source, schema, location: line.location })
}

/// Splits off the limits, which begin with a brace.
fn split_limits(text: &'static str) -> (&'static str, Option<&'static str>) {
    text.split_once(" {").map_or((text, None), |(text, limits)| (text, Some(limits)))
}

/// Splits off a mark such as `@python`.
fn split_source(text: &'static str) -> (&'static str, Option<&'static str>) {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.rsplit_once('@').filter(|(_, name)| is_name(name)).map_or((text, None), |(text, name)| (text, Some(name)))
}

/// Removes `flag`, or `flag@source`, from the end. Returns the rest, whether the flag was present, and the source.
fn strip_flag(text: &'static str, flag: &str) -> (&'static str, bool, Option<&'static str>) {
    let (unmarked, source) = split_source(text);
    match (text.strip_suffix(flag), unmarked.strip_suffix(flag)) {
        (Some(rest), _) => (rest, true, None),
        (None, Some(rest)) => (rest, true, source),
        (None, None) => (text, false, None),
    }
}

fn parse_schema(line: &Line, text: &'static str) -> Result<Schema> {
    let (text, limits) = split_limits(text);
    schema_with_limits(line, text, limits)
}

fn schema_with_limits(line: &Line, text: &'static str, limits: Option<&'static str>) -> Result<Schema> {
    let limits = match limits {
        Some(limits) => {
            let limits = limits.strip_suffix('}').ok_or_else(|| line.error("has a brace that is not closed"))?;
            parse_limits(line, limits)?
        }
        None => Vec::new(),
    };
    let (text, _, source) = strip_flag(text, " ");
    let (text, nullable) = match text.strip_suffix(" or null") {
        Some(text) => (text, true),
        None => (text, false),
    };
    Ok(Schema { nullable, limits, source, ..parse_kind(line, text)? })
}

fn parse_limits(line: &Line, text: &'static str) -> Result<Vec<Limit>> {
    let mut limits = Vec::new();
    let mut rest = text;
    loop {
        let (limit, after) = split_limit(rest);
        limits.push(parse_limit(line, limit)?);
        match after {
            Some(after) => rest = after,
            None => return Ok(limits),
        }
    }
}

/// Splits off the first limit, at the first semicolon outside quotes.
fn split_limit(text: &'static str) -> (&'static str, Option<&'static str>) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            // A quoted string begins after the name of the limit; elsewhere it is a character of a plain string.
            b'"' if is_quoted || text.get(..index).is_some_and(is_limit_name) => {
                is_quoted = !is_quoted;
            }
            b';' if !is_quoted => {
                if let (Some(limit), Some(rest)) = (text.get(..index), text.get(index..)) {
                    if let Some(rest) = rest.strip_prefix("; ") {
                        return (limit, Some(rest));
                    }
                }
            }
            _ => {}
        }
    }
    (text, None)
}

/// Returns whether this is the name of a limit and the space after it.
fn is_limit_name(text: &str) -> bool {
    text.strip_suffix(' ').is_some_and(|name| !name.contains(' '))
}

fn parse_limit(line: &Line, text: &'static str) -> Result<Limit> {
    let (name, value) = text.split_once(' ').ok_or_else(|| line.error("has a limit without a value"))?;
    let number = || match value.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(line.error(format!("`{value}` is not a number"))),
    };
    let count = || value.parse().map_err(|_| line.error(format!("`{value}` is not a count")));
    Ok(match name {
        "min" => Limit::Min(number()?),
        "max" => Limit::Max(number()?),
        "above" => Limit::Above(number()?),
        "min-length" => Limit::MinLength(count()?),
        "max-length" => Limit::MaxLength(count()?),
        "min-items" => Limit::MinItems(count()?),
        "max-items" => Limit::MaxItems(count()?),
        "pattern" => Limit::Pattern(unquote(line.location, value)?),
        "default" => Limit::Default(unquote(line.location, value)?),
        _ => return Err(line.error(format!("`{name}` is not a limit"))),
    })
}

/// Returns the kind of a list or map of this item.
type Container = fn(Box<Schema>) -> Kind;

fn parse_kind(line: &Line, text: &'static str) -> Result<Schema> {
    // Lists and maps, from the outside in, each with whether its item may be null and the source of the item.
    let mut containers: Vec<(Container, bool, Option<&'static str>)> = Vec::new();
    let mut text = text;
    loop {
        let container: Container = match text.split_once(" of ") {
            Some(("list", _)) => Kind::List,
            Some(("map", _)) => Kind::Map,
            _ => break,
        };
        let (_, item) = text.split_once(" of ").unwrap_or_default();
        let (item, nullable) = match item.strip_prefix("nullable ") {
            Some(item) => (item, true),
            None => (item, false),
        };
        let (item, source) = match item.strip_prefix('@').and_then(|item| item.split_once(' ')) {
            Some((source, item)) => (item, Some(source)),
            None => (item, None),
        };
        containers.push((container, nullable, source));
        if containers.len() > MAX_DEPTH {
            return Err(line.error("has too many lists in lists"));
        }
        text = item;
    }
    let mut schema = parse_item(line, text)?;
    for (container, nullable, source) in containers.into_iter().rev() {
        schema = Schema::of(container(Box::new(Schema { nullable, source, ..schema })));
    }
    Ok(schema)
}

fn parse_item(line: &Line, text: &'static str) -> Result<Schema> {
    Ok(Schema::of(match text {
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
                    parse_schema(option, text)
                })
                .collect::<Result<_>>()?,
        ),
        "enum" => {
            let value = |value: &Line| {
                let text = value.text.strip_prefix("= ").ok_or_else(|| value.error("is not `= value`"))?;
                let (text, source) = split_source(text);
                Ok((unquote(value.location, text)?, source))
            };
            return Ok(enumeration(line.below.iter().map(value).collect::<Result<_>>()?));
        }
        "variants" => parse_variants(line, None)?,
        _ => match text.split_once(' ') {
            Some(("enum", values)) => return Ok(enumeration(values.split(" | ").map(split_source).collect())),
            Some(("ref", name)) => Kind::Reference(name),
            Some(("variants", by)) if by.starts_with("by ") => parse_variants(line, by.strip_prefix("by "))?,
            _ => return Err(line.error(format!("`{text}` is not a kind of value"))),
        },
    }))
}

/// Creates the schema of an enum from its values and their sources.
fn enumeration(values: Vec<(&'static str, Option<&'static str>)>) -> Schema {
    let value_sources = values.iter().filter_map(|(value, source)| Some((*value, (*source)?))).collect();
    let values = values.into_iter().map(|(value, _)| value).collect();
    Schema { value_sources, ..Schema::of(Kind::Enum(values)) }
}

fn parse_variants(line: &Line, by: Option<&'static str>) -> Result<Kind> {
    let common = parse_fields(line.below.iter().filter(|part| !part.text.starts_with("| ")))?;
    let mut variants = Vec::new();
    for part in &line.below {
        let Some(value) = part.text.strip_prefix("| ") else { continue };
        let (value, deprecated, _) = strip_flag(value, " deprecated");
        let (value, _, source) = strip_flag(value, " ");
        let value = if value == "-" { None } else { Some(unquote(part.location, value)?) };
        variants.push(Variant { value, deprecated, source, fields: parse_fields(&part.below)? });
    }
    Ok(Kind::Variants { by, common, variants })
}
