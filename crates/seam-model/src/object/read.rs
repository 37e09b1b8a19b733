//! Reads structs from JSON objects.
//!
//! A struct with a field `extra` is read leniently. A value of an unexpected type is kept in [`Extra`], and its field
//! is empty or its entry is omitted from the list. Only required fields are strict: without them the outermost struct
//! is an error, and a nested struct is a mismatch.
//!
//! A struct without `extra`, such as a request, is read strictly: a value of an unexpected type and an unknown field
//! are errors.
//!
//! Slots are read with `deserialize_any`, so that the visitor receives values of any type and no value is read twice.
//! Without mismatches this allocates nothing.

use std::{any::type_name, fmt};

use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Number, Value as JsonValue};

use super::{Entries, Field, List, Names, Object, Slot, Text, Value, View, WithKept, index::find, whole};
use crate::{
    Extra,
    extra::{Absence, Kept, Unfit},
    mismatch::{self, Mismatches, Step},
};

/// The result of reading a value.
pub(crate) enum Found {
    /// The value is `null`.
    Null,
    /// The value has the expected type.
    Fits,
    /// The value has the expected type, and is an empty string, list or map.
    Empty,
    /// The value, or a part of it, is not of the expected type.
    Mismatched(Box<Mismatched>),
}

/// The parts of a value that are not of the expected type.
pub(crate) struct Mismatched {
    pub(crate) mismatches: Mismatches,
    /// The parts that the value cannot represent, and that its parent object keeps.
    kept: Option<Kept>,
}

/// Returns the result for a value that is not of the expected type.
#[cold]
fn unfit(value: JsonValue, expected: &'static str) -> Found {
    let kept = Some(Kept::Whole(Unfit { value, expected }));
    Found::Mismatched(Box::new(Mismatched { mismatches: Mismatches::one(expected), kept }))
}

/// The expected type of an object without its own id.
const WITH_ID: &str = "an object with its own id";

/// The expected type of a key that is not valid JSON, in errors.
#[doc(hidden)]
pub const VALID_KEY: &str = "a valid JSON string";

/// Reads a JSON object into `object`, whose fields are not set.
#[doc(hidden)]
pub fn read<'de, D: Deserializer<'de>>(object: &mut dyn Object, deserializer: D) -> Result<(), D::Error> {
    if let Some(mismatches) = deserializer.deserialize_map(ObjectVisitor(object))? {
        mismatch::report(mismatches);
    }
    Ok(())
}

/// Reads an object that may be absent, or returns the value that is not an object.
#[doc(hidden)]
pub fn read_optional<'de, T: Value, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<Option<T>, JsonValue>, D::Error> {
    let mut field = None;
    Ok(match deserializer.deserialize_any(TargetVisitor(Target::Optional(&mut field)))? {
        Found::Null => Ok(None),
        Found::Fits | Found::Empty => Ok(field),
        Found::Mismatched(mismatched) => {
            mismatch::report(mismatched.mismatches);
            match mismatched.kept {
                Some(Kept::Whole(unfit)) => Err(unfit.value),
                _ => Ok(field),
            }
        }
    })
}

/// Reads a value that was already parsed as JSON.
pub(crate) fn read_value(field: &mut dyn Value, value: &JsonValue) -> Found {
    let expected = field.slot().expected();
    // Reading JSON never fails, because every value fits or is kept.
    value.deserialize_any(TargetVisitor(Target::Entry(field))).unwrap_or_else(|_| unfit(value.clone(), expected))
}

impl Mismatched {
    /// Returns whether the whole value was rejected.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kept, Some(Kept::Whole(_)))
    }
}

/// Reads a string outside of a model strictly, such as an id in a struct of a user.
pub(crate) fn read_text<'de, D: Deserializer<'de>>(slot: Slot<'_>, deserializer: D) -> Result<(), D::Error> {
    struct TextVisitor<'a>(Slot<'a>);

    impl Visitor<'_> for TextVisitor<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0.expected())
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
            let result = match self.0 {
                Slot::Text(value) => value.set(text),
                slot => match put_text(slot, text) {
                    Found::Mismatched(_) => Err("a string"),
                    Found::Null | Found::Fits | Found::Empty => Ok(()),
                },
            };
            result.map_err(|expected| E::invalid_value(Unexpected::Other("string"), &expected))
        }
    }

    deserializer.deserialize_str(TextVisitor(slot))
}

/// Reads the outermost object.
struct ObjectVisitor<'a>(&'a mut dyn Object);

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = Option<Mismatches>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<Mismatches>, A::Error> {
        match read_object(self.0, map, true)? {
            Found::Mismatched(mismatched) if mismatched.is_whole() => {
                Err(A::Error::invalid_type(Unexpected::Other("value"), &"an object"))
            }
            Found::Mismatched(mismatched) => Ok(Some(mismatched.mismatches)),
            Found::Null | Found::Fits | Found::Empty => Ok(None),
        }
    }
}

fn read_object<'de, A: MapAccess<'de>>(object: &mut dyn Object, map: A, is_outermost: bool) -> Result<Found, A::Error> {
    let names = object.names();
    let mut reader =
        ObjectReader { map, names, is_outermost, progress: Progress::new(names), rest: None, result: Ok(false) };
    loop {
        object.fields_mut(&mut |required, optional, extra, rest| reader.read(required, optional, extra, rest));
        if !std::mem::replace(&mut reader.result, Ok(false))? {
            break;
        }
        reader.rest = Some(change_rest(object));
    }
    let rest = reader.rest.and_then(|mut rest| {
        if rest.missing != 0 {
            reset_rest(object, &mut rest);
        }
        rest.report
    });
    if reader.progress.report.is_none() && rest.is_none() {
        return Ok(Found::Fits);
    }
    Ok(mismatched_object(object, reader.progress.report, rest))
}

/// The state of reading an object, outside of its fields.
struct ObjectReader<A, E> {
    map: A,
    names: &'static Names,
    is_outermost: bool,
    progress: Progress,
    /// The progress of the rest, if there is one.
    rest: Option<Progress>,
    /// Whether reading stopped at the tag.
    result: Result<bool, E>,
}

impl<'de, A: MapAccess<'de>> ObjectReader<A, A::Error> {
    /// Reads fields up to the end of the object, or up to and including the tag.
    #[inline]
    fn read(
        &mut self,
        required: &mut [&mut dyn Value],
        optional: &mut [&mut dyn Field],
        extra: Option<&mut Extra>,
        rest: Option<&mut dyn Object>,
    ) {
        let (is_strict, mut unused) = (extra.is_none(), Extra::default());
        let (extra, progress) = (extra.unwrap_or(&mut unused), &mut self.progress);
        let (names, is_outermost) = (self.names, self.is_outermost);
        let mut fields = FieldReader { names, required, optional, extra, is_strict, is_outermost, progress };
        let map = &mut self.map;
        let is_tag = match rest {
            Some(object) => Rest { object, progress: self.rest.get_or_insert_default() }
                .fields(|rest| fields.read(map, Some(rest)))
                .unwrap_or(Ok(false)),
            None => fields.read(map, None),
        };
        self.result = is_tag.and_then(|is_tag| if is_tag { Ok(true) } else { fields.end() });
    }
}

/// Sets the type of the rest of `object` by its tag. Fields of the rest before the tag are read again.
fn change_rest(object: &mut dyn Object) -> Progress {
    let earlier = object.set_rest();
    let mut progress = Progress::default();
    object.fields_mut(&mut |_, _, _, rest| {
        let Some(rest) = rest else { return };
        progress = Progress::new(rest.names());
        if let Some(earlier) = &earlier {
            // Reading JSON never fails, because every value fits or is kept.
            let _ = earlier.deserialize_map(RestVisitor(Rest { object: rest, progress: &mut progress }));
        }
    });
    progress
}

/// Sets the rest of `object` to an unknown type, because it lacks required fields.
#[cold]
fn reset_rest(object: &mut dyn Object, progress: &mut Progress) {
    object.fields_mut(&mut |_, _, _, rest| {
        if let Some(object) = rest {
            Rest { object, progress: &mut *progress }.fields(|fields| drop(fields.note_missing()));
        }
    });
    object.reset_rest();
}

/// The mismatches in the fields of an object.
#[derive(Default)]
struct Report {
    mismatches: Mismatches,
    lacks_id: bool,
    /// The number, if the object represents one: see [`number_in`].
    number: Option<Number>,
}

#[cold]
fn mismatched_object(object: &dyn Object, report: Option<Box<Report>>, of_rest: Option<Box<Report>>) -> Found {
    let Report { mut mismatches, lacks_id, number } = report.map(|report| *report).unwrap_or_default();
    if let Some(number) = number {
        return unfit(number.into(), "an object");
    }
    mismatches.append(of_rest.map(|report| report.mismatches).unwrap_or_default());
    let kept = lacks_id.then(|| Kept::Whole(Unfit { value: written(&View::Object(object)), expected: WITH_ID }));
    Found::Mismatched(Box::new(Mismatched { mismatches, kept }))
}

/// Converts a value to JSON.
pub(crate) fn written(value: &impl serde::Serialize) -> JsonValue {
    // A value that was read from JSON can always be written as JSON.
    serde_json::to_value(value).unwrap_or_default()
}

/// The progress of reading an object.
#[derive(Default)]
struct Progress {
    /// One bit for each required field without a value; the macro allows fewer than 64.
    missing: u64,
    /// The index of the probable next field, because fields are often in the same order.
    next: usize,
    report: Option<Box<Report>>,
}

impl Progress {
    fn new(names: &Names) -> Self {
        Self { missing: (1 << names.required) - 1, ..Self::default() }
    }

    fn report(&mut self) -> &mut Report {
        self.report.get_or_insert_default()
    }
}

/// The fields of an object while they are read.
struct FieldReader<'a, 'v, 'f> {
    names: &'static Names,
    required: &'a mut [&'v mut dyn Value],
    optional: &'a mut [&'f mut dyn Field],
    /// The destination of unknown fields and values of unexpected types, unless the object is read strictly.
    extra: &'a mut Extra,
    is_strict: bool,
    is_outermost: bool,
    progress: &'a mut Progress,
}

impl FieldReader<'_, '_, '_> {
    /// Reads fields up to the end of the object, or up to and including the tag. Returns whether it stopped at the tag.
    /// Fields that this object does not know are those of `rest`.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
        mut rest: Option<&mut FieldReader<'_, '_, '_>>,
    ) -> Result<bool, A::Error> {
        let mut keys =
            KeySeed { names: self.names, next: self.progress.next, rest: rest.as_ref().map(|rest| (rest.names, 0)) };
        while let Some(key) = map.next_key_seed(&keys)? {
            match (key, &mut rest) {
                (Key::Known(index), _) => {
                    keys.next = index + 1;
                    self.read_field(index, map)?;
                    if self.names.tag == Some(index) {
                        self.progress.next = keys.next;
                        return Ok(true);
                    }
                }
                (Key::OfRest(index), rest) => {
                    if let Some(rest) = rest {
                        keys.rest = Some((rest.names, index + 1));
                        rest.read_field(index, map)?;
                    }
                }
                (Key::Unknown(name), _) if self.is_strict => {
                    return Err(A::Error::custom(format_args!("unknown field `{name}`")));
                }
                (Key::Unknown(name), rest) => {
                    let value = map.next_value()?;
                    match (number_in(&name, &value), rest) {
                        (Some(number), _) => self.progress.report().number = Some(number),
                        (None, Some(rest)) => rest.extra.insert(name.into(), value),
                        (None, None) => self.extra.insert(name.into(), value),
                    }
                }
            }
        }
        Ok(false)
    }

    #[inline(always)]
    fn read_field<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error> {
        let required = self.required.len();
        let target = if let Some(value) = self.required.get_mut(index) {
            Target::Required(*value)
        } else if let Some(field) = self.optional.get_mut(index - required) {
            Target::Optional(*field)
        } else {
            return Ok(());
        };
        let found = map.next_value_seed(target)?;
        if !matches!(found, Found::Fits) || self.extra.has_records() {
            let name = self.names.fields.get(index).copied().unwrap_or_default();
            return self.record(index, name, found).map_err(|mismatched| mismatch_error(name, &mismatched));
        }
        if index < required {
            self.progress.missing &= !(1 << index);
        }
        Ok(())
    }

    /// Records an unusual result of reading the field at an index. Returns a value of an unexpected type that is an error.
    #[cold]
    fn record(&mut self, index: usize, name: &'static str, found: Found) -> Result<(), Box<Mismatched>> {
        let extra = &mut *self.extra;
        extra.forget(name);
        let mismatched = if index < self.required.len() {
            let bit = 1 << index;
            match found {
                Found::Fits | Found::Empty => {
                    self.progress.missing &= !bit;
                    extra.forget_absence(name);
                    return Ok(());
                }
                Found::Null => {
                    self.progress.missing |= bit;
                    extra.note(index, name, Absence::Null);
                    return Ok(());
                }
                Found::Mismatched(mismatched) if self.is_outermost || self.is_strict => return Err(mismatched),
                Found::Mismatched(mismatched) => {
                    self.progress.missing |= bit;
                    mismatched
                }
            }
        } else {
            let Some(field) = self.optional.get_mut(index - self.required.len()) else { return Ok(()) };
            match found {
                Found::Fits => return Ok(()),
                Found::Empty => {
                    if field.is_absent() {
                        extra.note(index, name, Absence::Empty);
                    }
                    return Ok(());
                }
                Found::Null => {
                    field.set_null();
                    let is_null = matches!(field.view(), View::Null);
                    extra.note(index, name, if is_null { Absence::Empty } else { Absence::Null });
                    return Ok(());
                }
                Found::Mismatched(mismatched) if self.is_strict => return Err(mismatched),
                Found::Mismatched(mismatched) => {
                    if mismatched.is_whole() {
                        field.set_null();
                    }
                    mismatched
                }
            }
        };
        self.progress.report().mismatches.add(Step::Name(name), mismatched.mismatches);
        if let Some(kept) = mismatched.kept {
            extra.keep(name, kept);
        }
        Ok(())
    }

    /// Checks that the required fields are present.
    fn end<E: Error>(&mut self) -> Result<bool, E> {
        if self.progress.missing == 0 {
            return Ok(false);
        }
        if self.is_outermost || self.is_strict {
            return Err(E::missing_field(self.missing().next().map_or("", |(name, _)| name)));
        }
        let absent = self.note_missing();
        let report = self.progress.report();
        report.lacks_id = true;
        for (name, expected) in absent {
            report.mismatches.add(Step::Name(name), Mismatches::one(expected));
        }
        Ok(false)
    }

    /// The names and indexes of the required fields without a value.
    fn missing(&self) -> impl Iterator<Item = (&'static str, usize)> + use<> {
        let missing = self.progress.missing;
        self.names.fields.iter().copied().zip(0..).filter(move |(_, index)| missing & (1 << index) != 0)
    }

    /// Records the missing required fields. Returns those that are not kept as values of an unexpected type, with their
    /// expected types.
    #[cold]
    fn note_missing(&mut self) -> Vec<(&'static str, &'static str)> {
        let missing = self.missing();
        let extra = &mut *self.extra;
        let mut absent = Vec::new();
        for (name, index) in missing.filter(|(name, _)| extra.kept(name).is_none()).collect::<Vec<_>>() {
            if extra.absence(index, name).is_none() {
                extra.note(index, name, Absence::Missing);
            }
            absent.push((name, self.required.get_mut(index).map_or("a value", |value| value.slot().expected())));
        }
        absent
    }
}

/// The rest of an object that is being read, see [`Object::tag`].
struct Rest<'a> {
    object: &'a mut dyn Object,
    progress: &'a mut Progress,
}

impl Rest<'_> {
    /// Passes the fields to `visit`. `None` if there are none.
    fn fields<T>(&mut self, visit: impl FnOnce(&mut FieldReader<'_, '_, '_>) -> T) -> Option<T> {
        let names = self.object.names();
        let progress = &mut *self.progress;
        let mut visit = Some(visit);
        let mut result = None;
        self.object.fields_mut(&mut |required, optional, extra, _| {
            let Some((extra, visit)) = extra.zip(visit.take()) else { return };
            let (is_strict, is_outermost, progress) = (false, false, &mut *progress);
            let mut fields = FieldReader { names, required, optional, extra, is_strict, is_outermost, progress };
            result = Some(visit(&mut fields));
        });
        result
    }
}

/// Reads the fields of the rest before the tag.
struct RestVisitor<'a>(Rest<'a>);

impl<'de> Visitor<'de> for RestVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.0.fields(|fields| fields.read(&mut map, None)).transpose().map(|_| ())
    }
}

/// Returns the error for a value of the field `name` that is not of the expected type, in strict mode.
#[cold]
fn mismatch_error<E: Error>(name: &str, mismatched: &Mismatched) -> E {
    let mismatch = mismatched.mismatches.listed().first();
    let (path, expected) = mismatch.map_or(("", "another value"), |mismatch| (mismatch.path(), mismatch.expected()));
    E::custom(format_args!("invalid value at {}, expected {expected}", Step::Name(name).before(path)))
}

/// The key of an object.
enum Key {
    /// The index of a known field.
    Known(usize),
    /// The index of a known field of the rest.
    OfRest(usize),
    Unknown(Box<str>),
}

/// A seed that reads the key of an object.
struct KeySeed {
    names: &'static Names,
    /// The index of the probable next field.
    next: usize,
    /// The names of the rest, and the index of its probable next field.
    rest: Option<(&'static Names, usize)>,
}

impl<'de> DeserializeSeed<'de> for &KeySeed {
    type Value = Key;

    #[inline(always)]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        // serde_json checks whether a string is valid UTF-8, which costs a quarter of reading a key, and reads bytes
        // unchecked. Known names do not need the check. Other formats may not read a string as bytes.
        if type_name::<D::Error>() == type_name::<serde_json::Error>() {
            deserializer.deserialize_bytes(self)
        } else {
            deserializer.deserialize_str(self)
        }
    }
}

impl Visitor<'_> for &KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    #[inline(always)]
    fn visit_str<E>(self, key: &str) -> Result<Key, E> {
        Ok(self.known(key.as_bytes()).unwrap_or_else(|| Key::Unknown(key.into())))
    }

    #[inline(always)]
    fn visit_borrowed_bytes<E: Error>(self, key: &[u8]) -> Result<Key, E> {
        match self.known(key) {
            Some(known) => Ok(known),
            // JSON has no unescaped control characters.
            None if key.iter().any(|byte| *byte < b' ') => Err(invalid_key()),
            None => unknown(key),
        }
    }

    #[cold]
    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Key, E> {
        self.known(key).map_or_else(|| unknown(key), Ok)
    }
}

impl KeySeed {
    /// Returns the field that `key` names.
    #[inline(always)]
    fn known(&self, key: &[u8]) -> Option<Key> {
        if let Some(index) = find(self.names, self.next, key) {
            return Some(Key::Known(index));
        }
        let (rest, next) = self.rest?;
        find(rest, next, key).map(Key::OfRest)
    }
}

/// Returns an unknown key.
fn unknown<E: Error>(key: &[u8]) -> Result<Key, E> {
    std::str::from_utf8(key).map(|key| Key::Unknown(key.into())).map_err(|_| invalid_key())
}

#[cold]
fn invalid_key<E: Error>() -> E {
    E::invalid_value(Unexpected::Other("string"), &VALID_KEY)
}

/// The destination of a value, which may be `null`.
enum Target<'a> {
    /// A required field.
    Required(&'a mut dyn Value),
    /// An optional field.
    Optional(&'a mut dyn Field),
    /// A new item of a list, in which `null` is an ordinary value.
    Item(&'a mut dyn List),
    /// An entry of a map, in which `null` is an ordinary value.
    Entry(&'a mut dyn Value),
}

impl<'a> Target<'a> {
    #[inline(always)]
    fn slot(self) -> Slot<'a> {
        match self {
            Self::Required(value) | Self::Entry(value) => value.slot(),
            Self::Optional(field) => field.present(),
            Self::Item(list) => list.push(),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Target<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(TargetVisitor(self))
    }
}

struct TargetVisitor<'a>(Target<'a>);

impl<'de> Visitor<'de> for TargetVisitor<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E: Error>(self) -> Result<Found, E> {
        self.visit_unit()
    }

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(match self.0 {
            Target::Required(_) | Target::Optional(_) => Found::Null,
            target => put(target.slot(), JsonValue::Null),
        })
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Found, E> {
        Ok(match self.0.slot() {
            Slot::Boolean(boolean) => {
                *boolean = value;
                Found::Fits
            }
            slot => put(slot, value.into()),
        })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Found, E> {
        Ok(put_integer(self.0.slot(), value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Found, E> {
        let slot = self.0.slot();
        Ok(match i64::try_from(value) {
            Ok(value) => put_integer(slot, value),
            Err(_) => put_number(slot, value.into()),
        })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Found, E> {
        Ok(match self.0.slot() {
            Slot::Number(number) => {
                *number = value;
                Found::Fits
            }
            slot => match Number::from_f64(value) {
                Some(number) => put_number(slot, number),
                None => put(slot, JsonValue::Null),
            },
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<Found, E> {
        Ok(put_text(self.0.slot(), text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Found, A::Error> {
        match self.0.slot() {
            Slot::List(list) => read_list(list, items),
            slot => Ok(put(slot, JsonValue::deserialize(SeqAccessDeserializer::new(items))?)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Found, A::Error> {
        match self.0.slot() {
            Slot::Object(object) => read_object(object, map, false),
            Slot::Map(entries) => read_entries(entries, map),
            // With the feature `arbitrary_precision` of serde_json, visitors receive numbers as maps.
            slot => Ok(match JsonValue::deserialize(MapAccessDeserializer::new(map))? {
                JsonValue::Number(number) => put_number(slot, number),
                value => put(slot, value),
            }),
        }
    }
}

/// Stores a string.
#[inline(always)]
fn put_text(slot: Slot<'_>, text: &str) -> Found {
    match slot {
        Slot::String(field) => *field = text.to_owned(),
        Slot::Secret(field) => *field = SecretString::new(text.into()),
        Slot::Text(field) => {
            if let Err(expected) = field.set(text) {
                return put_deviating(field, text, expected);
            }
        }
        slot => return put(slot, text.into()),
    }
    if text.is_empty() { Found::Empty } else { Found::Fits }
}

/// Stores a value in a slot of any type. It does not fit other slots.
fn put(slot: Slot<'_>, value: JsonValue) -> Found {
    match slot {
        Slot::Json(json) => *json = value,
        Slot::Nothing => {}
        slot => return unfit(value, slot.expected()),
    }
    Found::Fits
}

#[cold]
fn put_deviating(field: &mut dyn Text, text: &str, expected: &'static str) -> Found {
    match field.set_deviating(text) {
        Some(expected) => Found::Mismatched(Box::new(Mismatched { mismatches: Mismatches::one(expected), kept: None })),
        None => unfit(text.into(), expected),
    }
}

fn put_integer(slot: Slot<'_>, value: i64) -> Found {
    match slot {
        Slot::Integer(integer) => match integer.set(value) {
            Ok(()) => Found::Fits,
            Err(expected) => unfit(value.into(), expected),
        },
        // A number that a float cannot represent exactly is rounded, as in JavaScript.
        Slot::Number(number) => {
            *number = value as f64;
            Found::Fits
        }
        slot => put(slot, value.into()),
    }
}

/// Stores a number of any size. A whole number may have a fraction of zero.
fn put_number(slot: Slot<'_>, value: Number) -> Found {
    match (slot, value.as_f64()) {
        (Slot::Integer(integer), float) => {
            match value.as_i64().or_else(|| float.and_then(whole)).map(|value| integer.set(value)) {
                Some(Ok(())) => Found::Fits,
                Some(Err(expected)) => unfit(value.into(), expected),
                None => unfit(value.into(), integer.expected()),
            }
        }
        (Slot::Number(number), Some(float)) if float.is_finite() => {
            *number = float;
            Found::Fits
        }
        (slot, _) => put(slot, value.into()),
    }
}

/// Returns the number that an object with one private key represents, as serde_json encodes numbers with its feature
/// `arbitrary_precision`. serde_json decides whether the feature is enabled.
fn number_in(name: &str, value: &JsonValue) -> Option<Number> {
    if !is_private(name) {
        return None;
    }
    let object = JsonValue::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    match JsonValue::deserialize(object) {
        Ok(JsonValue::Number(number)) => Some(number),
        _ => None,
    }
}

fn is_private(name: &str) -> bool {
    name.starts_with("$serde_json::private::")
}

fn read_list<'de, A: SeqAccess<'de>>(list: &mut dyn List, mut items: A) -> Result<Found, A::Error> {
    let mut mismatched: Option<Box<Mismatched>> = None;
    let mut index = 0;
    while let Some(found) = items.next_element_seed(Target::Item(list))? {
        if let Found::Mismatched(item) = found {
            let mismatched = mismatched
                .get_or_insert_with(|| Box::new(Mismatched { mismatches: Mismatches::default(), kept: None }));
            mismatched.mismatches.add(Step::Index(index), item.mismatches);
            if let Some(kept) = item.kept {
                let last = list.len().saturating_sub(1);
                let unfit = whole_entry(kept, &list.get(last));
                list.pop();
                match &mut mismatched.kept {
                    Some(Kept::Items(items)) => items.push((index, unfit)),
                    kept => *kept = Some(Kept::Items(vec![(index, unfit)])),
                }
            }
        }
        index += 1;
    }
    Ok(match mismatched {
        Some(mismatched) => Found::Mismatched(mismatched),
        None if index == 0 => Found::Empty,
        None => Found::Fits,
    })
}

fn read_entries<'de, A: MapAccess<'de>>(entries: &mut dyn Entries, mut map: A) -> Result<Found, A::Error> {
    let mut mismatched: Option<Box<Mismatched>> = None;
    while let Some(name) = map.next_key::<String>()? {
        if let Some(Kept::Entries(kept)) = mismatched.as_mut().and_then(|mismatched| mismatched.kept.as_mut()) {
            kept.remove(&name);
        }
        let found = if is_private(&name) {
            let value = map.next_value()?;
            if let Some(number) = number_in(&name, &value) {
                return Ok(unfit(number.into(), "an object"));
            }
            read_value(entries.insert(name.clone()), &value)
        } else {
            map.next_value_seed(Target::Entry(entries.insert(name.clone())))?
        };
        let Found::Mismatched(entry) = found else { continue };
        let mismatched =
            mismatched.get_or_insert_with(|| Box::new(Mismatched { mismatches: Mismatches::default(), kept: None }));
        mismatched.mismatches.add(Step::Name(&name), entry.mismatches);
        if let Some(kept) = entry.kept {
            let unfit = whole_entry(kept, &entries.get(&name).unwrap_or(View::Null));
            entries.remove(&name);
            match &mut mismatched.kept {
                Some(Kept::Entries(entries)) => drop(entries.insert(name, unfit)),
                kept => *kept = Some(Kept::Entries([(name, unfit)].into())),
            }
        }
    }
    Ok(match mismatched {
        Some(mismatched) => Found::Mismatched(mismatched),
        None if entries.len() == 0 => Found::Empty,
        None => Found::Fits,
    })
}

/// Returns the whole entry of which a part does not fit, because a list or a map cannot keep parts.
#[cold]
fn whole_entry(kept: Kept, view: &View<'_>) -> Unfit {
    match kept {
        Kept::Whole(unfit) => unfit,
        Kept::Items(_) => Unfit { value: written(&WithKept { view, kept: &kept }), expected: "a list" },
        Kept::Entries(_) => Unfit { value: written(&WithKept { view, kept: &kept }), expected: "an object" },
    }
}
