//! From the bytes of a response to a value: finds the response key, without a wrapper type per
//! endpoint, and explains a failure by the JSON path and what was expected there.

use std::{fmt, marker::PhantomData};

use seam_model::Pagination;
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor, value::UnitDeserializer},
};

use serde_json::Value;

use crate::{Output, ResponseKey, json_path::path_at};

/// Why a body could not be read. Says nothing of the values in it, which may be secrets.
#[derive(Debug)]
pub(crate) struct DecodeFailure {
    /// Where in the document; empty for the document as a whole.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl DecodeFailure {
    pub(crate) fn whole(reason: String) -> Self {
        Self { path: String::new(), reason }
    }
}

/// Reads the answer of an endpoint from the body of a successful response.
pub(crate) fn decode<T: Output>(key: ResponseKey, body: &[u8]) -> Result<T, DecodeFailure> {
    let envelope = read(EnvelopeSeed::<T::Value> { key: key.name(), is_page: T::IS_PAGE, value: PhantomData }, body)?;
    let value = match (envelope.value, key) {
        (Some(value), _) => value,
        // Nothing there, which the endpoint's type has a value for: `()` or `None`.
        (None, ResponseKey::None | ResponseKey::Optional(_)) if !envelope.has_error => {
            T::Value::deserialize(UnitDeserializer::<serde::de::value::Error>::new())
                .map_err(|_| DecodeFailure::whole("the endpoint's output type has no empty value".to_owned()))?
        }
        (None, ResponseKey::Required(key)) if !envelope.has_error => {
            let how = if envelope.was_null { "is null" } else { "is not there" };
            return Err(DecodeFailure::whole(format!("the response key {key} {how}")));
        }
        (None, _) => {
            return Err(DecodeFailure::whole("a successful status, but the body says that it failed".to_owned()));
        }
    };
    Ok(T::assemble(value, envelope.pagination))
}

/// Reads a whole JSON document, or says where and why that fails.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(seed: S, body: &'de [u8]) -> Result<S::Value, DecodeFailure> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| explain(&error, body))
}

/// serde's messages quote the value that was found, which may be a PIN. What was expected is safe.
fn explain(error: &serde_json::Error, body: &[u8]) -> DecodeFailure {
    use serde_json::error::Category;

    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let reason = match error.classify() {
        Category::Eof if body.iter().all(u8::is_ascii_whitespace) => "the body is empty".to_owned(),
        Category::Eof => "the JSON breaks off".to_owned(),
        Category::Syntax | Category::Io => format!("not JSON: {message}"),
        Category::Data if message.starts_with("missing field `") => message.to_owned(),
        Category::Data => match message.rsplit_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "not of the expected form".to_owned(),
        },
    };
    DecodeFailure { path: path_at(body, error.line(), error.column()), reason }
}

struct EnvelopeSeed<T> {
    key: Option<&'static str>,
    is_page: bool,
    value: PhantomData<T>,
}

struct Envelope<T> {
    value: Option<T>,
    was_null: bool,
    pagination: Option<Pagination>,
    has_error: bool,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for EnvelopeSeed<T> {
    type Value = Envelope<T>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Envelope<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for EnvelopeSeed<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<T>, A::Error> {
        let mut envelope = Envelope { value: None, was_null: false, pagination: None, has_error: false };
        while let Some(member) = map.next_key_seed(MemberSeed(self.key))? {
            match member {
                Member::Value => {
                    envelope.value = map.next_value()?;
                    envelope.was_null = envelope.value.is_none();
                }
                Member::Pagination if self.is_page => envelope.pagination = map.next_value()?,
                Member::Error => envelope.has_error |= map.next_value::<Option<IgnoredAny>>()?.is_some(),
                // It matters only where there is no value: what has its answer has worked.
                Member::Ok => envelope.has_error |= map.next_value::<Value>()? == Value::Bool(false),
                Member::Pagination | Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}

enum Member {
    Value,
    Pagination,
    Error,
    Ok,
    Other,
}

struct MemberSeed(Option<&'static str>);

impl<'de> DeserializeSeed<'de> for MemberSeed {
    type Value = Member;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberSeed {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Member, E> {
        Ok(match name {
            _ if Some(name) == self.0 => Member::Value,
            "pagination" => Member::Pagination,
            "error" => Member::Error,
            "ok" => Member::Ok,
            _ => Member::Other,
        })
    }
}
