//! Decodes the body of a response: finds the response key without a wrapper type per endpoint, and reports a failure
//! with its JSON path and the expected type.

use std::{fmt, marker::PhantomData};

use seam_model::{
    __private::{Mismatches, Step, VALID_KEY, placed, read_optional, record},
    Mismatch, Pagination,
};
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor, value::UnitDeserializer},
};

use serde_json::Value;

use crate::{
    Output, ResponseKey,
    response::{
        json_list,
        json_path::{offset, path_at, path_before},
        redact::MAX_NAME,
        repair::repair,
    },
};

/// The reason why a body could not be decoded. It never quotes a value, which may be a secret.
#[derive(Debug)]
pub(crate) struct DecodeFailure {
    /// The JSON path; empty for the whole document.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl DecodeFailure {
    pub(crate) fn whole(reason: String) -> Self {
        Self { path: String::new(), reason }
    }
}

/// A value that was read from a document.
pub(crate) struct Decoded<T> {
    pub(crate) value: T,
    /// The values of an unexpected type, and the repairs of the document. Their paths begin at its root.
    pub(crate) mismatches: Mismatches,
}

/// Decodes the output of an endpoint from the body of a successful response.
pub(crate) fn decode<T: Output>(key: ResponseKey, body: &[u8]) -> Result<Decoded<T>, DecodeFailure> {
    let Decoded { value: envelope, mismatches } = read_tolerantly(body, key.name(), |body, omitted| {
        let seed = EnvelopeSeed::<T::Value> { key: key.name(), is_page: T::IS_PAGE, omitted, value: PhantomData };
        parse(seed, body)
    })?;
    let value = match (envelope.value, key) {
        (Some(value), _) => value,
        // The value is absent, and the output type can express that: `()` or `None`.
        (None, ResponseKey::None | ResponseKey::Optional(_)) if !envelope.has_error => {
            T::Value::deserialize(UnitDeserializer::<serde::de::value::Error>::new())
                .map_err(|_| DecodeFailure::whole("the endpoint's output type has no empty value".to_owned()))?
        }
        (None, ResponseKey::Required(key)) if !envelope.has_error => {
            let how = if envelope.was_null { "is null" } else { "is missing" };
            return Err(DecodeFailure::whole(format!("the response key {key} {how}")));
        }
        (None, _) => {
            return Err(DecodeFailure::whole("the status is a success, but the body reports an error".to_owned()));
        }
    };
    Ok(Decoded { value: T::assemble(value, envelope.pagination), mismatches })
}

/// Reads a document with `parse`, after repairs if necessary.
#[cfg(feature = "webhooks")]
pub(crate) fn read<T>(
    body: &[u8],
    parse: impl Fn(&[u8]) -> serde_json::Result<T>,
) -> Result<Decoded<T>, DecodeFailure> {
    read_tolerantly(body, None, |document, _| parse(document))
}

/// Reads a whole document.
pub(crate) fn parse<'de, S: DeserializeSeed<'de>>(seed: S, body: &'de [u8]) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Reads a document with `parse`, and returns the JSON path and the reason if that fails.
///
/// A damaged document is repaired and read again. If the value under `list` is a list of objects with an entry that is
/// not an object, the document is read again without all entries of that kind; `parse` receives their original indexes.
fn read_tolerantly<T>(
    body: &[u8],
    list: Option<&'static str>,
    parse: impl Fn(&[u8], &[usize]) -> serde_json::Result<T>,
) -> Result<Decoded<T>, DecodeFailure> {
    let mut slow = SlowPath::default();
    loop {
        let document = slow.document.as_deref().unwrap_or(body);
        let (result, found) = record(|| parse(document, &slow.omitted));
        let error = match result {
            Ok(value) => {
                slow.mismatches.append_new(found);
                return Ok(Decoded { value, mismatches: slow.mismatches });
            }
            Err(error) => error,
        };
        if !slow.improve(body, list, &error) {
            let mut failure = explain(&error, slow.document.as_deref().unwrap_or(body));
            if let Some(path) = list.and_then(|list| json_list::original_path(&failure.path, list, &slow.omitted)) {
                failure.path = path;
            }
            return Err(failure);
        }
    }
}

/// The state of reading a document that needs changes.
#[derive(Default)]
struct SlowPath {
    /// The document to read instead of the original one.
    document: Option<Vec<u8>>,
    is_repaired: bool,
    /// The number of passes that removed entries of one kind.
    kinds_omitted: usize,
    /// The original indexes of the removed entries, in order.
    omitted: Vec<usize>,
    mismatches: Mismatches,
}

impl SlowPath {
    /// The number of kinds of JSON values other than objects. If a document has several lists under the key, each pass
    /// removes the entries of one kind from one list, so the number of passes needs a bound.
    const MAX_KINDS: usize = 5;

    /// Changes the document after this error. Returns whether there is a new document to read.
    #[cold]
    fn improve(&mut self, body: &[u8], list: Option<&'static str>, error: &serde_json::Error) -> bool {
        let document = self.document.as_deref().unwrap_or(body);
        let improved =
            if (error.is_syntax() || expects(error, |expected| expected.starts_with(VALID_KEY))) && !self.is_repaired {
                self.is_repaired = true;
                repair(document).map(|repaired| {
                    for repair in &repaired.repairs {
                        let path = path_before(document, repair.offset);
                        let original = list.and_then(|list| json_list::original_path(&path, list, &self.omitted));
                        let path = original.unwrap_or(path);
                        self.mismatches.push(Mismatch::new(path, repair.expected));
                    }
                    self.mismatches.add_unlisted(repaired.more);
                    repaired.body
                })
            } else if let Some(list) = list.filter(|_| self.kinds_omitted < Self::MAX_KINDS && expects_object(error)) {
                self.kinds_omitted += 1;
                json_list::without_kind_at(document, list, offset(document, error.line(), error.column())).map(
                    |(document, indexes)| {
                        for index in json_list::original_indexes(&mut self.omitted, &indexes) {
                            self.mismatches.push(Mismatch::new(format!("{list}[{index}]"), "an object"));
                        }
                        document
                    },
                )
            } else {
                None
            };
        let is_improved = improved.is_some();
        self.document = improved.or(self.document.take());
        is_improved
    }
}

/// Returns whether the error is that of a value where an object was expected: a model, or a struct or map of the user.
/// In a list of other types, such as timestamps, entries of the same kind may be valid, so none is removed.
fn expects_object(error: &serde_json::Error) -> bool {
    expects(error, |expected| {
        let is_expected = |kind| expected.strip_prefix(kind).is_some_and(|rest: &str| !rest.contains(" with "));
        ["an object", "struct ", "a map"].into_iter().any(is_expected)
    })
}

/// Returns whether the error is that of a value whose expected type and position match.
fn expects(error: &serde_json::Error, is_match: impl Fn(&str) -> bool) -> bool {
    let message = error.to_string();
    error.is_data() && message.rsplit_once(", expected ").is_some_and(|(_, expected)| is_match(expected))
}

/// Converts an error of serde, whose message quotes the value that was found, which may be a PIN. Only the expected
/// type is kept.
fn explain(error: &serde_json::Error, body: &[u8]) -> DecodeFailure {
    use serde_json::error::Category;

    let position = format!(" at line {} column {}", error.line(), error.column());
    let message = error.to_string();
    let message = message.strip_suffix(&position).unwrap_or(&message);
    let mut path = path_at(body, error.line(), error.column());
    let reason = match error.classify() {
        Category::Eof if body.iter().all(u8::is_ascii_whitespace) => "the body is empty".to_owned(),
        Category::Eof => "unexpected end of JSON".to_owned(),
        Category::Syntax | Category::Io => format!("invalid JSON: {message}"),
        Category::Data if message.starts_with("missing field `") => message.to_owned(),
        Category::Data => match message.rsplit_once(", expected ") {
            Some((found, expected)) => {
                // serde_json reports an error in the last field of an object after the end of that object.
                if let Some(field) = found.strip_prefix("invalid value at ").filter(|field| is_path(field)) {
                    if !path.ends_with(field) {
                        path = format!("{path}{}{field}", if path.is_empty() { "" } else { "." });
                    }
                }
                format!("expected {expected}")
            }
            None => "not of the expected type".to_owned(),
        },
    };
    DecodeFailure { path, reason }
}

/// Returns whether a string is a path as models write it, and not a value that a user's type quotes.
fn is_path(text: &str) -> bool {
    text.len() <= MAX_NAME && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.?[]".contains(&byte))
}

struct EnvelopeSeed<'a, T> {
    key: Option<&'static str>,
    is_page: bool,
    /// The original indexes of the entries that the list lacks.
    omitted: &'a [usize],
    value: PhantomData<T>,
}

struct Envelope<T> {
    value: Option<T>,
    was_null: bool,
    pagination: Option<Pagination>,
    has_error: bool,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for EnvelopeSeed<'_, T> {
    type Value = Envelope<T>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Envelope<T>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for EnvelopeSeed<'_, T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<T>, A::Error> {
        let mut envelope = Envelope { value: None, was_null: false, pagination: None, has_error: false };
        while let Some(member) = map.next_key_seed(MemberSeed(self.key))? {
            match member {
                Member::Value => {
                    let seed = ValueSeed { omitted: self.omitted, value: PhantomData };
                    envelope.value = placed(Step::Name(self.key.unwrap_or_default()), || map.next_value_seed(seed))?;
                    envelope.was_null = envelope.value.is_none();
                }
                Member::Pagination if self.is_page => {
                    envelope.pagination = placed(Step::Name("pagination"), || map.next_value_seed(PaginationSeed))?;
                }
                Member::Error => envelope.has_error |= map.next_value::<Option<IgnoredAny>>()?.is_some(),
                // Relevant only without a value: a response with its value is a success.
                Member::Ok => envelope.has_error |= map.next_value::<Value>()? == Value::Bool(false),
                Member::Pagination | Member::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}

/// Reads the value under the response key, unless it is `null`.
struct ValueSeed<'a, T> {
    omitted: &'a [usize],
    value: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for ValueSeed<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for ValueSeed<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::deserialize(json_list::Indexed { inner: deserializer, omitted: self.omitted }).map(Some)
    }
}

/// Reads the pagination. A value that is not an object is kept in `extra`, so that the list does not end early without
/// an error.
struct PaginationSeed;

impl<'de> DeserializeSeed<'de> for PaginationSeed {
    type Value = Option<Pagination>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Option<Pagination>, D::Error> {
        Ok(read_optional(deserializer)?.unwrap_or_else(|value| {
            let mut pagination = Pagination::new();
            pagination.extra.insert("pagination".to_owned(), value);
            Some(pagination)
        }))
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
