//! Lists in responses: tracks the index of the entry that is read, and removes entries that cannot be decoded.

use std::fmt;

use seam_model::__private::{Step, placed};
use serde::{
    Deserializer,
    de::{DeserializeSeed, SeqAccess, Visitor},
};

use crate::response::repair::{string_end, value_end};

/// A deserializer that forwards to `inner`, and records mismatches in the entries of a list with their indexes.
pub(crate) struct Indexed<'a, D> {
    pub(crate) inner: D,
    /// The original indexes of the entries that the list lacks, in order.
    pub(crate) omitted: &'a [usize],
}

/// Forwards methods to `inner`.
macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*)),* $(,)?) => { $(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* visitor)
        }
    )* };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Indexed<'_, D> {
    type Error = D::Error;

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_seq(Indexed { inner: visitor, omitted: self.omitted })
    }

    forward! {
        deserialize_any(), deserialize_bool(), deserialize_i8(), deserialize_i16(), deserialize_i32(),
        deserialize_i64(), deserialize_i128(), deserialize_u8(), deserialize_u16(), deserialize_u32(),
        deserialize_u64(), deserialize_u128(), deserialize_f32(), deserialize_f64(), deserialize_char(),
        deserialize_str(), deserialize_string(), deserialize_bytes(), deserialize_byte_buf(), deserialize_option(),
        deserialize_unit(), deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct(name: &'static str), deserialize_tuple(length: usize),
        deserialize_tuple_struct(name: &'static str, length: usize), deserialize_map(),
        deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]), deserialize_identifier(),
        deserialize_ignored_any(),
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Indexed<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(IndexedItems { inner: items, omitted: self.omitted, index: 0 })
    }
}

struct IndexedItems<'a, A> {
    inner: A,
    omitted: &'a [usize],
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for IndexedItems<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        while let [first, rest @ ..] = self.omitted {
            if *first != self.index {
                break;
            }
            self.omitted = rest;
            self.index += 1;
        }
        let item = placed(Step::Index(self.index), || self.inner.next_element_seed(seed));
        self.index += 1;
        item
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// Returns the document without the entries of the list under the top-level `key` that are of the same kind as the
/// entry that ends at `offset`, and the indexes of those entries. `None` if there is no such entry, or if it is an
/// object.
pub(crate) fn without_kind_at(document: &[u8], key: &str, offset: usize) -> Option<(Vec<u8>, Vec<usize>)> {
    let (start, entries) = list_around(document, key, offset)?;
    let end = value_end(document, start)?;
    let kind = |(start, _): &(usize, usize)| document.get(*start).map(|byte| kind_of(*byte));
    // serde_json reports an error at the start of a list, and at the end of any other value.
    let entry = entries.iter().find(|(start, end)| (*start..=*end).contains(&offset))?;
    let unwanted = kind(entry).filter(|kind| *kind != b'{')?;

    let mut without = Vec::with_capacity(document.len());
    without.extend_from_slice(document.get(..=start)?);
    let mut indexes = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if kind(entry) == Some(unwanted) {
            indexes.push(index);
            continue;
        }
        if without.len() > start + 1 {
            without.push(b',');
        }
        without.extend_from_slice(document.get(entry.0..entry.1)?);
    }
    without.extend_from_slice(document.get(end - 1..)?);
    Some((without, indexes))
}

/// Returns the kind of the value that begins with a byte, as the first byte of one value of that kind.
fn kind_of(first: u8) -> u8 {
    match first {
        b't' | b'f' => b't',
        b'-' | b'0'..=b'9' => b'0',
        other => other,
    }
}

/// Returns the list under the top-level `key` that contains `offset`: its start, and the starts and ends of its
/// entries.
fn list_around(document: &[u8], key: &str, offset: usize) -> Option<(usize, Vec<(usize, usize)>)> {
    let mut at = skip_whitespace(document, 0);
    if document.get(at) != Some(&b'{') {
        return None;
    }
    loop {
        // After `{` or `,`.
        let name = skip_whitespace(document, at + 1);
        let name_end = string_end(document, name).filter(|_| document.get(name) == Some(&b'"'))?;
        let colon = skip_whitespace(document, name_end + 1);
        let value = skip_whitespace(document, colon + 1);
        let end = any_end(document, value)?;
        let is_it = document.get(name + 1..name_end) == Some(key.as_bytes());
        if is_it && document.get(value) == Some(&b'[') && (value..=end).contains(&offset) {
            return entries(document, value).map(|entries| (value, entries));
        }
        at = skip_whitespace(document, end);
        if document.get(at) != Some(&b',') {
            return None;
        }
    }
}

/// Returns the starts and ends of the entries of the list at `start`.
fn entries(document: &[u8], start: usize) -> Option<Vec<(usize, usize)>> {
    let mut entries = Vec::new();
    let mut at = skip_whitespace(document, start + 1);
    while document.get(at) != Some(&b']') {
        let end = any_end(document, at)?;
        entries.push((at, end));
        at = skip_whitespace(document, end);
        if document.get(at) == Some(&b',') {
            at = skip_whitespace(document, at + 1);
        } else if document.get(at) != Some(&b']') {
            return None;
        }
    }
    Some(entries)
}

/// Returns the position after the value that starts at `start`.
fn any_end(document: &[u8], start: usize) -> Option<usize> {
    match document.get(start)? {
        b'"' => string_end(document, start).map(|end| end + 1),
        b'{' | b'[' => value_end(document, start),
        _ => {
            let rest = document.get(start..)?;
            let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace();
            let length = rest.iter().position(is_end).unwrap_or(rest.len());
            (length > 0).then_some(start + length)
        }
    }
}

fn skip_whitespace(document: &[u8], at: usize) -> usize {
    let rest = document.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// Converts indexes in a list without the entries `omitted` to original indexes, adds them to `omitted`, and returns
/// them.
pub(crate) fn original_indexes(omitted: &mut Vec<usize>, indexes: &[usize]) -> Vec<usize> {
    let mut missing = omitted.iter().peekable();
    let mut originals = Vec::with_capacity(indexes.len());
    let mut shift = 0;
    for index in indexes {
        while missing.next_if(|missing| **missing <= index + shift).is_some() {
            shift += 1;
        }
        originals.push(index + shift);
    }
    omitted.extend(&originals);
    omitted.sort_unstable();
    originals
}

/// Converts a path in a document whose list lacks entries to the path in the original document.
pub(crate) fn original_path(path: &str, list: &str, omitted: &[usize]) -> Option<String> {
    let (index, rest) = path.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
    let original = original_indexes(&mut omitted.to_vec(), &[index.parse().ok()?]);
    original.first().map(|index| format!("{list}[{index}]{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_kind_are_removed() {
        let document = br#" { "ok": "[", "a" : [ null,{"x":[1,"]"]}, 5 ,"n", -7,null ] , "b":[null]}"#;
        let at = |text: &str| {
            let document = std::str::from_utf8(document).unwrap();
            document.find(text).unwrap() + text.trim_end_matches(' ').len()
        };
        let (without, indexes) = without_kind_at(document, "a", at("null")).unwrap();
        assert_eq!(
            std::str::from_utf8(&without).unwrap(),
            r#" { "ok": "[", "a" : [{"x":[1,"]"]},5,"n",-7] , "b":[null]}"#
        );
        assert_eq!(indexes, [0, 5]);
        assert_eq!(without_kind_at(document, "a", at("5 ")).unwrap().1, [2, 4]);
        assert_eq!(without_kind_at(document, "a", at("\"n\"")).unwrap().1, [3]);
        assert!(without_kind_at(document, "a", at("]\"]}")).is_none(), "it is an object");
        assert!(without_kind_at(document, "ok", at("\"[\"")).is_none(), "it is not a list");
        for broken in [&b"{\"a\":[null"[..], b"[null]", b"{\"a\":[null 1]}", b"{", b"", b"{\"a\"}"] {
            assert!(without_kind_at(broken, "a", 9).is_none());
        }
    }

    #[test]
    fn indexes_are_those_of_the_original_list() {
        let mut omitted = Vec::new();
        assert_eq!(original_indexes(&mut omitted, &[0, 3]), [0, 3]);
        assert_eq!(original_indexes(&mut omitted, &[0, 1, 2]), [1, 2, 4]);
        assert_eq!(omitted, [0, 1, 2, 3, 4]);
        assert_eq!(original_path("a[1].b[0]", "a", &omitted).unwrap(), "a[6].b[0]");
        assert_eq!(original_path("b[1]", "a", &omitted), None);
        assert_eq!(original_indexes(&mut omitted, &[1]), [6]);
    }
}
