//! A TOML or JSON document as one tree in which each value has its byte offset.

use jsonc_parser::{CollectOptions, ParseOptions, ast, common::Ranged, parse_to_ast};
use toml::de::{DeTable, DeValue};

/// A value and its byte offset in the document.
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) value: Value,
}

pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    String(String),
    /// An unquoted date or time of TOML.
    Time(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table, with the byte offset of the key.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

/// A syntax error: its byte offset and a message.
pub(super) type SyntaxError = (usize, String);

impl Value {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Time(_) => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Parses a document: JSON if it begins with `{`, which no TOML document does, else TOML.
pub(super) fn parse(text: &str) -> Result<Node, Vec<SyntaxError>> {
    if text.trim_start().starts_with('{') { parse_json(text) } else { parse_toml(text) }
}

fn parse_toml(text: &str) -> Result<Node, Vec<SyntaxError>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { at: 0, value: toml_table(table.get_ref()) });
    }
    let located = |error: toml::de::Error| {
        (error.span().map_or(0, |span| span.start), error.message().lines().collect::<Vec<_>>().join(", "))
    };
    Err(errors.into_iter().map(located).collect())
}

fn toml_table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            at: key.span().start,
            node: toml_node(value.span().start, value.get_ref()),
        })
        .collect();
    // The parser sorts the entries by key.
    entries.sort_by_key(|entry| entry.at);
    Value::Table(entries)
}

fn toml_node(at: usize, value: &DeValue<'_>) -> Node {
    let value = match value {
        DeValue::String(string) => Value::String(string.to_string()),
        DeValue::Integer(integer) => {
            // An integer of more than 128 bits exceeds all limits.
            let number = i128::from_str_radix(integer.as_str(), integer.radix()).unwrap_or(i128::MAX);
            Value::Number(number.to_string().parse().unwrap_or(f64::MAX))
        }
        DeValue::Float(float) => Value::Number(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(time) => Value::Time(time.to_string()),
        DeValue::Array(array) => {
            Value::List(array.iter().map(|item| toml_node(item.span().start, item.get_ref())).collect())
        }
        DeValue::Table(table) => toml_table(table),
    };
    Node { at, value }
}

/// Parses JSON twice: with serde_json, which is strict and limits the depth, and with a parser that reports positions.
fn parse_json(text: &str) -> Result<Node, Vec<SyntaxError>> {
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        return Err(vec![(offset(text, &error), message.to_owned())]);
    }
    match parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()) {
        Ok(parsed) => parsed.value.as_ref().map(json_node).ok_or_else(|| vec![(0, "expected an object".to_owned())]),
        Err(error) => Err(vec![(error.range().start, "invalid JSON".to_owned())]),
    }
}

/// Returns the byte offset of an error. Its line and its column, in bytes, begin at 1.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let mut at = (lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn json_node(value: &ast::Value<'_>) -> Node {
    let at = value.start();
    let value = match value {
        ast::Value::StringLit(string) => Value::String(string.value.to_string()),
        ast::Value::NumberLit(number) => Value::Number(number.value.parse().unwrap_or(f64::NAN)),
        ast::Value::BooleanLit(boolean) => Value::Boolean(boolean.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => Value::List(array.elements.iter().map(json_node).collect()),
        ast::Value::Object(object) => Value::Table(
            object
                .properties
                .iter()
                .map(|property| Entry {
                    key: property.name.as_str().to_owned(),
                    at: property.name.start(),
                    node: json_node(&property.value),
                })
                .collect(),
        ),
    };
    Node { at, value }
}
