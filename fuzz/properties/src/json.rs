//! JSON as the properties compare it.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

/// The document in `text`, if it is one and says each thing once: of two members with one name, readers may take
/// either.
pub(crate) fn unambiguous(text: &[u8]) -> Option<Value> {
    let Once(is_once) = serde_json::from_slice(text).ok()?;
    if is_once { serde_json::from_slice(text).ok() } else { None }
}

/// Whether an object in the document has two members with one name.
struct Once(bool);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(true))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Once, A::Error> {
        let mut is_once = true;
        while let Some(Once(item)) = list.next_element()? {
            is_once &= item;
        }
        Ok(Once(is_once))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Once, A::Error> {
        let mut is_once = true;
        let mut names = BTreeSet::new();
        while let Some((name, Once(member))) = object.next_entry::<String, Once>()? {
            is_once &= member && names.insert(name);
        }
        Ok(Once(is_once))
    }
}

/// Checks that two documents say the same. `1`, `1.0` and `1e0` are one number.
pub(crate) fn assert_same(sent: &Value, written: &Value, path: &str) {
    match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => {
            for name in sent.keys().chain(written.keys()) {
                match (sent.get(name), written.get(name)) {
                    (Some(sent), Some(written)) => assert_same(sent, written, &format!("{path}.{name}")),
                    (None, _) => panic!("{path}.{name} was written and not sent"),
                    (_, None) => panic!("{path}.{name} was sent and not written"),
                }
            }
        }
        (Value::Array(sent), Value::Array(written)) => {
            assert_eq!(sent.len(), written.len(), "{path}: a list of another length");
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
