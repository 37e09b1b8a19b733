//! Reads single values of a JSON document and skips the rest, so that only kept values use memory. A value of an
//! unexpected type counts as absent.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::response::repair::repair;

/// Reads a whole document, after repairs if necessary.
pub(crate) fn read<R: for<'de> Reader<'de, Output = T> + Copy, T>(reader: R, body: &[u8]) -> Option<T> {
    let parse = |body: &[u8]| {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let value = Lenient(reader).deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    };
    parse(body).or_else(|error| repair(body).map_or(Err(error), |repaired| parse(&repaired.body))).ok()?
}

/// A reader of JSON values of one kind, which skips values of other kinds.
pub(crate) trait Reader<'de>: Sized {
    type Output;

    fn text(self, _: &str) -> Option<Self::Output> {
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Self::Output>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<Self::Output>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn read<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Self::Output>, D::Error> {
        deserializer.deserialize_any(Lenient(self))
    }
}

pub(crate) struct Lenient<R>(pub(crate) R);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Lenient<R> {
    type Value = Option<R::Output>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.read(deserializer)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Lenient<R> {
    type Value = Option<R::Output>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        self.0.list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        self.0.object(object)
    }
}

/// Reads the value at a path of at least one name. If a name is repeated, the last value is read.
#[derive(Clone, Copy)]
pub(crate) struct Within<'a, R> {
    pub(crate) path: &'a [&'a str],
    pub(crate) reader: R,
}

impl<'de, R: Reader<'de> + Copy> Reader<'de> for Within<'_, R> {
    type Output = R::Output;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Option<R::Output>, A::Error> {
        let mut found = None;
        let (first, path) = self.path.split_first().map_or(("", self.path), |(first, path)| (*first, path));
        while let Some(is_first) = object.next_key_seed(Is(first))? {
            if !is_first {
                object.next_value::<IgnoredAny>()?;
            } else if path.is_empty() {
                found = object.next_value_seed(Lenient(self.reader))?;
            } else {
                found = object.next_value_seed(Lenient(Within { path, ..self }))?;
            }
        }
        Ok(found)
    }
}

/// Compares a name.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Reads a string.
#[derive(Clone, Copy)]
pub(crate) struct Text<F>(pub(crate) F);

impl<'de, T, F: FnMut(&str) -> T> Reader<'de> for Text<F> {
    type Output = T;

    fn text(mut self, text: &str) -> Option<T> {
        Some((self.0)(text))
    }
}

/// Reads any value completely.
#[derive(Clone, Copy)]
pub(crate) struct Whole;

impl<'de> Reader<'de> for Whole {
    type Output = Value;

    fn read<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
}
