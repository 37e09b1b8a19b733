//! Whether a response answers its request: ids and keys that occur in both must be the same.

use std::fmt;

use seam_model::Token;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{
    ParameterKind, ResponseKey, Spec,
    response::{self, DecodeFailure},
};

/// The ids of one request, and the other parameters that its response repeats.
#[derive(Debug, Default)]
pub(crate) struct Echoes(Vec<Echo>);

#[derive(Debug)]
struct Echo {
    name: String,
    /// A key may be a secret.
    sent: Token,
    is_id: bool,
    /// Whether the resource in the response repeats it.
    is_echoed: bool,
}

impl Echo {
    fn is(&self, received: &str) -> bool {
        let sent = self.sent.expose_secret();
        if self.is_id { is_same_id(sent, received) } else { sent == received }
    }
}

/// Seam accepts ids in either case, and writes them in lower case.
fn is_same_id(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl Echoes {
    pub(crate) fn of(spec: &Spec, parameters: &Map<String, Value>) -> Self {
        let echoes = parameters.iter().filter_map(|(name, value)| {
            let is_id = spec.parameters.iter().any(|known| known.name == name && known.kind == ParameterKind::Id);
            let is_echoed = spec.echoes.contains(&name.as_str());
            let sent = value.as_str().filter(|_| is_id || is_echoed)?;
            Some(Echo { name: name.clone(), sent: Token::from(sent), is_id, is_echoed })
        });
        Self(echoes.collect())
    }

    /// Why the body of a successful response is not the answer to the request; `None` if it is, as far as can be
    /// seen. A field that is absent, or not a string, proves nothing.
    pub(crate) fn mismatch(&self, key: ResponseKey, body: &[u8]) -> Option<DecodeFailure> {
        let key = key.name()?;
        let echo = self.0.iter().filter(|echo| echo.is_echoed).find(|echo| {
            let differs = |received: &str| !echo.is(received);
            field_is(body, key, &echo.name, &differs)
        })?;
        let reason = "not the value in the request; this is the answer to another request".to_owned();
        Some(DecodeFailure { path: format!("{key}.{}", echo.name), reason })
    }

    /// Which field of an action's result is about another resource or device than the request and `started`, the
    /// body of the response to it.
    pub(crate) fn result_mismatch(&self, started: &[u8], result: &Value) -> Option<String> {
        result.as_object()?.iter().find_map(|(key, resource)| {
            [format!("{key}_id"), "device_id".to_owned()].into_iter().find_map(|name| {
                let received = resource.get(&name)?.as_str()?;
                let is_other = self.0.iter().any(|echo| echo.name == name && !echo.is(received))
                    || field_is(started, key, &name, &|known| !is_same_id(known, received));
                is_other.then(|| format!("result.{key}.{name}"))
            })
        })
    }
}

/// Whether `test` is true of the string at `key.name` in a JSON document.
fn field_is(body: &[u8], key: &str, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
    let seed = Within { name: key, then: Within { name, then: Test(test) } };
    response::read(body, |document| response::parse(seed, document)).is_ok_and(|decoded| decoded.value)
}

/// Applies `then` to the member of an object that has this name: the last one, which is the one that is decoded.
#[derive(Clone, Copy)]
struct Within<'a, S> {
    name: &'a str,
    then: S,
}

impl<'de, S: DeserializeSeed<'de, Value = bool> + Copy> DeserializeSeed<'de> for Within<'_, S> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = bool> + Copy> Visitor<'de> for Within<'_, S> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut is_true = false;
        while let Some(is_it) = map.next_key_seed(Is(self.name))? {
            if is_it {
                is_true = map.next_value_seed(self.then)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(is_true)
    }
}

/// Whether the name of a member is this one.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Whether a value is a string of which this is true.
#[derive(Clone, Copy)]
struct Test<'a>(&'a dyn Fn(&str) -> bool);

impl<'de> DeserializeSeed<'de> for Test<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Test<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, received: &str) -> Result<bool, E> {
        Ok((self.0)(received))
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<bool, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<bool, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}
