//! Comparison of JSON documents.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

/// Returns the document in `text`, or `None` if it is not valid JSON or an object has two members with the same name, of which
/// a decoder may use either.
pub(crate) fn unambiguous(text: &[u8]) -> Option<Value> {
    let HasUniqueNames(is_unique) = serde_json::from_slice(text).ok()?;
    if is_unique { serde_json::from_slice(text).ok() } else { None }
}

/// A document, decoded only to detect whether all members of each object have different names.
struct HasUniqueNames(bool);

impl<'de> Deserialize<'de> for HasUniqueNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueNamesVisitor)
    }
}

struct UniqueNamesVisitor;

impl<'de> Visitor<'de> for UniqueNamesVisitor {
    type Value = HasUniqueNames;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_i64<E>(self, _: i64) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_u64<E>(self, _: u64) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_f64<E>(self, _: f64) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_str<E>(self, _: &str) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_unit<E>(self) -> Result<HasUniqueNames, E> {
        Ok(HasUniqueNames(true))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<HasUniqueNames, A::Error> {
        let mut is_unique = true;
        while let Some(HasUniqueNames(item)) = list.next_element()? {
            is_unique &= item;
        }
        Ok(HasUniqueNames(is_unique))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<HasUniqueNames, A::Error> {
        let mut is_unique = true;
        let mut names = BTreeSet::new();
        while let Some((name, HasUniqueNames(member))) = object.next_entry::<String, HasUniqueNames>()? {
            is_unique &= member && names.insert(name);
        }
        Ok(HasUniqueNames(is_unique))
    }
}

/// Checks that two documents are equal. `1`, `1.0` and `1e0` are equal numbers.
pub(crate) fn assert_same(sent: &Value, written: &Value, path: &str) {
    match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => {
            for name in sent.keys().chain(written.keys()) {
                match (sent.get(name), written.get(name)) {
                    (Some(sent), Some(written)) => assert_same(sent, written, &format!("{path}.{name}")),
                    (None, _) => panic!("{path}.{name} is in the output, but not in the input"),
                    (_, None) => panic!("{path}.{name} is in the input, but not in the output"),
                }
            }
        }
        (Value::Array(sent), Value::Array(written)) => {
            assert_eq!(sent.len(), written.len(), "{path}: the lists have different lengths");
            for (sent, written) in sent.iter().zip(written) {
                assert_same(sent, written, &format!("{path}[]"));
            }
        }
        (Value::Number(sent), Value::Number(written)) => {
            assert!(is_same_number(sent, written), "{path}: {sent} became {written}");
        }
        _ => assert_eq!(sent, written, "{path}"),
    }
}

fn is_same_number(sent: &Number, written: &Number) -> bool {
    sent == written || sent.as_f64() == written.as_f64()
}
