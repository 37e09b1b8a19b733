//! The query of `GET` and `DELETE` requests, compared with a second implementation of the rules.

use std::{cmp::Ordering, collections::BTreeMap};

use arbitrary::{Result, Unstructured};
use seam_core::query::to_string;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::exchange::choice;

/// Encodes a query. An input is a letter and its argument: for `a` the parameters as JSON, in which the strings `NaN`, `Infinity`
/// and `-Infinity` represent these numbers; for other letters, bytes from which parameters are generated.
///
/// The query is accepted or rejected by the rules, and decoding it restores the parameters.
pub fn query(input: &[u8]) {
    let (letter, rest) = choice(input);
    let parameters = if letter % 2 == 0 {
        serde_json::from_slice::<Value>(rest).ok().map(Node::from)
    } else {
        object(&mut Unstructured::new(rest), 0).ok().map(Node::Object)
    };
    let Some(parameters) = parameters else { return };
    let written = to_string(&parameters);
    let expected = expected(&parameters);
    match (&written, &expected) {
        (Ok(written), Some(expected)) => assert_pairs(written, expected),
        (Err(error), None) => assert!(!error.to_string().is_empty()),
        _ => panic!("found {written:?}, expected {expected:?}"),
    }
}

/// A parameter of a type that serde can serialize.
#[derive(Debug)]
enum Node {
    Null,
    Boolean(bool),
    Whole(i64),
    Large(u64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(BTreeMap<String, Node>),
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Boolean(boolean),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Self::Whole(whole),
                (None, Some(large)) => Self::Large(large),
                (None, None) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => match &*text {
                "NaN" => Self::Number(f64::NAN),
                "Infinity" => Self::Number(f64::INFINITY),
                "-Infinity" => Self::Number(f64::NEG_INFINITY),
                _ => Self::Text(text),
            },
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, Self::from(value))).collect())
            }
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Boolean(boolean) => boolean.serialize(serializer),
            Self::Whole(whole) => whole.serialize(serializer),
            Self::Large(large) => large.serialize(serializer),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => text.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            Self::Object(members) => members.serialize(serializer),
        }
    }
}

/// The maximum nesting of generated parameters, which is deeper than that of all endpoints.
const MAX_DEPTH: usize = 6;

fn object(input: &mut Unstructured<'_>, depth: usize) -> Result<BTreeMap<String, Node>> {
    let mut members = BTreeMap::new();
    for _ in 0..input.int_in_range(0..=6)? {
        members.insert(name(input)?, node(input, depth + 1)?);
    }
    Ok(members)
}

fn name(input: &mut Unstructured<'_>) -> Result<String> {
    const NAMES: [&str; 12] =
        ["a", "b", "ab", "", "_strict", "_", "a.b", "~ *-._", "\u{e000}", "\u{1f512}", "\u{ff5e}", "&=+%"];
    if input.ratio(1_u8, 4_u8)? { input.arbitrary() } else { Ok((*input.choose(&NAMES)?).to_owned()) }
}

fn node(input: &mut Unstructured<'_>, depth: usize) -> Result<Node> {
    Ok(match input.int_in_range(0..=9)? {
        0 => Node::Null,
        1 => Node::Boolean(input.arbitrary()?),
        2 => Node::Whole(input.arbitrary()?),
        3 => Node::Large(input.arbitrary()?),
        4 => Node::Number(input.arbitrary()?),
        5 => Node::Text(String::new()),
        6 => Node::Text(input.arbitrary()?),
        7 => Node::Text(name(input)?),
        8 if depth < MAX_DEPTH => {
            let mut items = Vec::new();
            for _ in 0..input.int_in_range(0..=3)? {
                items.push(node(input, depth + 1)?);
            }
            Node::List(items)
        }
        9 if depth < MAX_DEPTH => Node::Object(object(input, depth)?),
        _ => Node::Whole(0),
    })
}

/// The expected value of a parameter in a query.
#[derive(Debug)]
enum ExpectedValue {
    String(String),
    /// Any string that JavaScript parses as this number.
    Number(f64),
}

/// Returns the expected names and values in order, without `_strict`, or `None` if an error is expected.
fn expected(parameters: &Node) -> Option<Vec<(String, ExpectedValue)>> {
    let Node::Object(members) = parameters else { return None };
    if !is_finite(parameters) {
        return None;
    }
    let mut pairs = Vec::new();
    add(&mut Vec::new(), members, &mut pairs)?;
    pairs.retain(|(name, _)| name != "_strict");
    // The sort is stable, so that values with the same name keep their order.
    pairs.sort_by(|(left, _), (right, _)| by_utf_16(left, right));
    Some(pairs)
}

fn is_finite(node: &Node) -> bool {
    match node {
        Node::Number(number) => number.is_finite(),
        Node::List(items) => items.iter().all(is_finite),
        Node::Object(members) => members.values().all(is_finite),
        _ => true,
    }
}

fn by_utf_16(left: &str, right: &str) -> Ordering {
    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    units(left).cmp(&units(right))
}

fn add<'a>(
    outer: &mut Vec<&'a str>,
    members: &'a BTreeMap<String, Node>,
    pairs: &mut Vec<(String, ExpectedValue)>,
) -> Option<()> {
    for (name, value) in members {
        if name.contains('.') {
            return None;
        }
        outer.push(name);
        let path = outer.join(".");
        match value {
            Node::Object(members) => add(outer, members, pairs)?,
            Node::List(items) if items.is_empty() => pairs.push((path, ExpectedValue::String(String::new()))),
            Node::List(items) => {
                for item in items {
                    let expected = scalar(item)
                        .filter(|expected| !matches!(expected, ExpectedValue::String(text) if text.is_empty()))?;
                    pairs.push((path.clone(), expected));
                }
            }
            Node::Null => pairs.push((path, ExpectedValue::String(String::new()))),
            Node::Text(text) if text.is_empty() => {}
            _ => pairs.push((path, scalar(value)?)),
        }
        outer.pop();
    }
    Some(())
}

fn scalar(node: &Node) -> Option<ExpectedValue> {
    Some(match node {
        Node::Boolean(boolean) => ExpectedValue::String(boolean.to_string()),
        Node::Whole(whole) => ExpectedValue::String(whole.to_string()),
        Node::Large(large) => ExpectedValue::String(large.to_string()),
        Node::Number(number) => ExpectedValue::Number(*number),
        Node::Text(text) => ExpectedValue::String(text.clone()),
        Node::Null | Node::List(_) | Node::Object(_) => return None,
    })
}

fn assert_pairs(written: &str, expected: &[(String, ExpectedValue)]) {
    if expected.is_empty() {
        assert_eq!(written, "", "the query of no parameters is not empty");
        return;
    }
    let Some(pairs) = written.strip_suffix("&_strict=true") else { panic!("{written} does not end with _strict") };
    let pairs: Vec<&str> = pairs.split('&').collect();
    assert_eq!(pairs.len(), expected.len(), "{written}");
    for (pair, (name, expected)) in pairs.iter().zip(expected) {
        let Some((written_name, written_value)) = pair.split_once('=') else { panic!("{pair} has no =") };
        assert_eq!(decode(written_name), *name, "{written}");
        let value = decode(written_value);
        match expected {
            ExpectedValue::String(text) => assert_eq!(value, *text, "{written}"),
            ExpectedValue::Number(number) => assert_is_number(&value, *number),
        }
    }
}

/// Checks that a number is formatted as in JavaScript: without a fraction if it is integral, and with an exponent only if it is
/// very large or small.
fn assert_is_number(written: &str, number: f64) {
    let read: f64 = written.parse().unwrap_or(f64::NAN);
    assert!(read == number, "{number} is encoded as {written}");
    let size = number.abs();
    let is_plain = size == 0.0 || (1e-6..1e21).contains(&size);
    assert_eq!(is_plain, !written.contains('e'), "{number} is encoded as {written}");
    if is_plain && number.fract() == 0.0 {
        assert!(!written.contains('.') && written != "-0", "{number} is encoded as {written}");
    }
}

/// Decodes form encoding, and checks that it is canonical.
fn decode(written: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = written.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'+', rest @ ..] => {
                bytes.push(b' ');
                rest
            }
            [b'%', high, low, rest @ ..] => {
                let digit = |letter: u8| match letter {
                    b'0'..=b'9' => letter - b'0',
                    b'A'..=b'F' => letter - b'A' + 10,
                    _ => panic!("{written} has a % without two digits"),
                };
                let byte = digit(*high) * 16 + digit(*low);
                assert!(!is_safe(byte) && byte != b' ', "{written} encodes a byte that needs no encoding");
                bytes.push(byte);
                rest
            }
            [byte, rest @ ..] => {
                assert!(is_safe(*byte), "{written} has a byte that must be encoded");
                bytes.push(*byte);
                rest
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("{written} is not UTF-8"),
    }
}

fn is_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"*-._".contains(&byte)
}
