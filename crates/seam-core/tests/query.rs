//! The query encoding of `GET` and `DELETE` requests, rule by rule.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use seam_core::{ParameterError, query::to_string};
use serde::Serialize;
use serde_json::{Value, json};

/// Checks the query of `$parameters` without the trailing `_strict=true`, which is checked too.
macro_rules! assert_query {
    ($parameters:expr, $expected:expr) => {{
        let query = to_string(&$parameters).unwrap();
        assert_eq!(query.strip_suffix("&_strict=true"), Some($expected), "{query}");
    }};
}

#[track_caller]
fn rejection<T: Serialize + ?Sized>(parameters: &T) -> ParameterError {
    to_string(parameters).unwrap_err()
}

#[test]
fn names_are_sorted() {
    assert_query!(json!({ "b": 1, "a": 2, "B": 3, "a_": 4, "10": 5, "9": 6 }), "10=5&9=6&B=3&a=2&a_=4&b=1");
}

#[test]
fn fields_are_sorted_by_name_and_not_by_declaration() {
    #[derive(Serialize)]
    struct Parameters {
        z: u8,
        a: u8,
        m: u8,
    }
    assert_query!(Parameters { z: 1, a: 2, m: 3 }, "a=2&m=3&z=1");
}

#[test]
fn names_are_sorted_by_utf_16_code_unit() {
    // In UTF-8, and by code point, U+FF61 comes before U+1F600; in UTF-16 the latter begins with D83D.
    assert!("\u{ff61}" < "\u{1f600}");
    assert_query!(json!({ "\u{ff61}": 1, "\u{1f600}": 2 }), "%F0%9F%98%80=2&%EF%BD%A1=1");
}

#[test]
fn nested_names_are_sorted_as_they_are_written() {
    assert_query!(json!({ "a0": 3, "a": { "z": 1, "b": 4 }, "a-b": 2 }), "a-b=2&a.b=4&a.z=1&a0=3");
}

#[test]
fn values_of_one_name_keep_their_order() {
    assert_query!(json!({ "b": [3, 1, 2, 1], "a": ["z", "a"] }), "a=z&a=a&b=3&b=1&b=2&b=1");
}

#[test]
fn strict_is_the_last_parameter_of_a_query() {
    assert_eq!(to_string(&json!({ "a": 1, "zz": 2 })).unwrap(), "a=1&zz=2&_strict=true");
}

#[test]
fn only_the_client_sets_strict() {
    for strict in [json!(false), json!(null), json!([1, 2]), json!("x")] {
        assert_eq!(to_string(&json!({ "_strict": strict, "a": 1 })).unwrap(), "a=1&_strict=true");
        assert_eq!(to_string(&json!({ "_strict": strict })).unwrap(), "");
    }
}

#[test]
fn an_empty_query_is_empty() {
    #[derive(Serialize)]
    struct Nothing {}
    assert_eq!(to_string(&json!({})).unwrap(), "");
    assert_eq!(to_string(&Nothing {}).unwrap(), "");
    assert_eq!(to_string(&json!({ "a": "", "b": {}, "c": { "d": "", "e": {} } })).unwrap(), "");
}

#[test]
fn null_is_written_as_an_empty_value() {
    assert_query!(json!({ "a": null, "b": { "c": null } }), "a=&b.c=");
    #[derive(Serialize)]
    struct Parameters {
        none: Option<u8>,
        some: Option<u8>,
        unit: (),
    }
    assert_query!(Parameters { none: None, some: Some(1), unit: () }, "none=&some=1&unit=");
}

#[test]
fn absent_parameters_are_omitted() {
    #[derive(Serialize)]
    struct Parameters {
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<u8>,
        here: u8,
    }
    assert_query!(Parameters { absent: None, here: 1 }, "here=1");
}

#[test]
fn an_empty_string_is_omitted() {
    assert_query!(json!({ "a": "", "b": 1, "c": { "d": "" } }), "b=1");
}

#[test]
fn a_space_is_not_empty() {
    assert_query!(json!({ "a": " " }), "a=+");
}

#[test]
fn an_empty_list_is_written_as_an_empty_value() {
    assert_query!(json!({ "a": [], "b": { "c": [] } }), "a=&b.c=");
}

#[test]
fn a_list_is_written_once_for_each_item() {
    assert_query!(json!({ "a": [1, "two", true, 0.5] }), "a=1&a=two&a=true&a=0.5");
    assert_query!(json!({ "a": ["one"] }), "a=one");
    #[derive(Serialize)]
    struct Parameters {
        pair: (u8, &'static str),
    }
    assert_query!(Parameters { pair: (1, "x") }, "pair=1&pair=x");
}

#[test]
fn nested_names_are_joined_with_dots() {
    assert_query!(json!({ "a": { "b": 1, "c": { "d": [1, 2], "e": null } } }), "a.b=1&a.c.d=1&a.c.d=2&a.c.e=");
}

#[test]
fn an_empty_name_is_valid() {
    assert_query!(json!({ "": 1, "a": 2 }), "=1&a=2");
    assert_query!(json!({ "": { "a": 1 }, "a": { "": 2 } }), ".a=1&a.=2");
}

#[test]
fn an_empty_object_is_omitted() {
    assert_query!(json!({ "a": {}, "b": 1, "c": { "d": {} } }), "b=1");
}

#[test]
fn every_ascii_byte_is_form_encoded() {
    for byte in 0..=0x7f_u8 {
        let character = char::from(byte);
        let expected = match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '*' | '-' | '.' | '_' => character.to_string(),
            ' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        };
        assert_query!(json!({ "a": character.to_string() }), format!("a={expected}").as_str());
        if character != '.' {
            assert_query!(json!({ character.to_string(): 1 }), format!("{expected}=1").as_str());
        }
    }
    assert_query!(json!({ "a": "~" }), "a=%7E");
}

#[test]
fn other_characters_are_percent_encoded_utf_8() {
    assert_query!(json!({ "a": "é€\u{1f512}" }), "a=%C3%A9%E2%82%AC%F0%9F%94%92");
    assert_query!(json!({ "é": 1 }), "%C3%A9=1");
}

#[test]
fn a_value_cannot_add_a_parameter() {
    assert_query!(json!({ "a": "1&b=2#c?d=3%26" }), "a=1%26b%3D2%23c%3Fd%3D3%2526");
}

#[test]
fn numbers_are_written_as_javascript_writes_them() {
    for (number, expected) in [
        (json!(1e21), "1e%2B21"),
        (json!(1e20), "100000000000000000000"),
        (json!(-1e21), "-1e%2B21"),
        (json!(123_456_789_012_345_680_000.0), "123456789012345680000"),
        (json!(1e-6), "0.000001"),
        (json!(1e-7), "1e-7"),
        (json!(0.1), "0.1"),
        (json!(-0.0), "0"),
        (json!(1.0), "1"),
        (json!(-1.5), "-1.5"),
        (json!(0.1 + 0.2), "0.30000000000000004"),
        (json!(f64::MAX), "1.7976931348623157e%2B308"),
        (json!(5e-324), "5e-324"),
        (json!(0), "0"),
        (json!(-7), "-7"),
        (json!(u64::MAX), "18446744073709551615"),
        (json!(i64::MIN), "-9223372036854775808"),
    ] {
        assert_query!(json!({ "a": number }), format!("a={expected}").as_str());
        assert_query!(json!({ "a": [number] }), format!("a={expected}").as_str());
    }
}

#[test]
fn booleans_are_true_or_false() {
    assert_query!(json!({ "a": true, "b": false }), "a=true&b=false");
}

#[test]
fn enums_and_maps_are_written_as_serde_writes_them() {
    #[derive(Serialize)]
    enum Kind {
        Plain,
        Number(u8),
        Record { x: u8 },
    }
    #[derive(Serialize)]
    struct Parameters {
        kinds: [Kind; 1],
        number: Kind,
        record: Kind,
        map: BTreeMap<u8, char>,
    }
    let parameters = Parameters {
        kinds: [Kind::Plain],
        number: Kind::Number(1),
        record: Kind::Record { x: 2 },
        map: BTreeMap::from([(7, 'y')]),
    };
    assert_query!(parameters, "kinds=Plain&map.7=y&number.Number=1&record.Record.x=2");
}

#[test]
fn a_number_that_is_not_finite_is_rejected_by_name() {
    #[derive(Serialize)]
    struct Inner {
        b: f64,
        list: Vec<f64>,
        single: f32,
    }
    #[derive(Serialize)]
    struct Outer {
        a: Inner,
    }
    let good = || Inner { b: 0.0, list: vec![0.0], single: 0.0 };
    for (number, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
        let error = rejection(&BTreeMap::from([("limit", number)]));
        assert_eq!(error.name(), "limit");
        assert_eq!(error.to_string(), format!("limit is {name}, which JSON cannot express"));
        assert_eq!(rejection(&Outer { a: Inner { b: number, ..good() } }).name(), "a.b");
        assert_eq!(rejection(&Outer { a: Inner { list: vec![0.0, number], ..good() } }).name(), "a.list.1");
    }
    assert_eq!(rejection(&Outer { a: Inner { single: f32::NAN, ..good() } }).name(), "a.single");
    assert_query!(Outer { a: good() }, "a.b=0&a.list=0&a.single=0");
}

#[test]
fn an_ambiguous_list_is_rejected_by_name() {
    for (item, what) in [
        (json!(null), "null"),
        (json!(""), "an empty string"),
        (json!([]), "a list"),
        (json!([1]), "a list"),
        (json!({}), "an object"),
        (json!({ "b": 1 }), "an object"),
    ] {
        for list in [json!([item]), json!([1, item]), json!([item, "x"])] {
            let error = rejection(&json!({ "ids": list }));
            assert_eq!(error.name(), "ids");
            assert_eq!(error.to_string(), format!("ids is a list that contains {what}, which a query cannot express"));
            assert_eq!(rejection(&json!({ "outer": { "ids": list } })).name(), "outer.ids");
        }
    }
}

#[test]
fn a_name_with_a_dot_is_rejected() {
    assert_eq!(rejection(&json!({ "a.b": 1 })).name(), "a.b");
    assert_eq!(rejection(&json!({ "a": { "b.c": 1 } })).name(), "a.b.c");
    assert_eq!(rejection(&json!({ "a": { ".": {} } })).name(), "a..");
}

#[test]
fn parameters_that_are_not_an_object_are_rejected() {
    for parameters in [json!(null), json!(1), json!("a=1"), json!([["a", 1]])] {
        assert_eq!(rejection(&parameters).name(), "");
    }
}

#[test]
fn the_error_does_not_quote_the_value() {
    let error = rejection(&json!({ "codes": ["canary-7391", null] }));
    assert!(!format!("{error} {error:?}").contains("canary"));
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-c ]{0,2}".prop_map(Value::from),
    ]
}

/// The values of a parameter in a parsed query, one for each occurrence.
fn model(value: &Value) -> Vec<String> {
    match value {
        Value::Null => vec![String::new()],
        Value::Array(items) if items.is_empty() => vec![String::new()],
        Value::Array(items) => items.iter().flat_map(model).collect(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![2 => scalar(), 1 => Just(Value::Null), 1 => any::<f64>().prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((".{0,3}", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_parsed_query_has_the_original_values(parameters in vec(("[^.]{1,3}", prop_oneof![
        scalar(),
        Just(Value::Null),
        vec(scalar().prop_filter("not empty", |item| *item != json!("")), 0..4).prop_map(Value::from),
    ]), 0..6)) {
        let parameters: BTreeMap<String, Value> = parameters.into_iter().collect();
        let query = to_string(&parameters).unwrap();
        prop_assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._+%&=".contains(&byte)), "{query}");

        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut expected: Vec<(String, String)> = parameters
            .iter()
            .filter(|(name, _)| *name != "_strict")
            .flat_map(|(name, value)| model(value).into_iter().map(|value| (name.clone(), value)))
            .collect();
        expected.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
        if !expected.is_empty() {
            prop_assert_eq!(pairs.pop(), Some(("_strict".to_owned(), "true".to_owned())));
        }
        prop_assert_eq!(pairs, expected);
    }

    #[test]
    fn any_object_is_encoded_or_rejected_and_never_panics(fields in vec((".{0,3}", any_json()), 0..5)) {
        let parameters: serde_json::Map<String, Value> = fields.into_iter().collect();
        match to_string(&parameters) {
            Ok(query) => prop_assert!(query.is_empty() || query.ends_with("&_strict=true"), "{query}"),
            Err(error) => {
                let (first, _) = error.name().split_once('.').unwrap_or((error.name(), ""));
                prop_assert!(parameters.keys().any(|name| name.starts_with(first)), "{error}");
            }
        }
    }

    #[test]
    fn any_number_is_read_back_as_the_same_number(number in any::<f64>()) {
        prop_assume!(number.is_finite());
        let query = to_string(&json!({ "a": number })).unwrap();
        let (_, text) = form_urlencoded::parse(query.as_bytes()).next().unwrap();
        prop_assert_eq!(text.parse::<f64>().unwrap(), number);
    }
}
