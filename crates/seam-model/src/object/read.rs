//! Reads structs from JSON objects.
//!
//! A struct with a field `extra` is read tolerantly. A value of another type than expected leaves its field empty, or
//! its entry out of the list, and is kept in [`Extra`]. Only the struct's required fields are strict: without them the
//! outermost struct is an error, and a struct inside another one is a value that does not fit.
//!
//! A struct without `extra`, which is a request, is read strictly: a value of another type and an unknown field are
//! errors.
//!
//! Slots are read with `deserialize_any`, so that a value of any type arrives at the visitor and nothing has to be read
//! twice. Where all is as expected, nothing is allocated for this.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Number, Value as JsonValue};

use super::{Entries, Field, List, Names, Object, Slot, Text, Value, View, WithKept, whole, wire_name};
use crate::{
    Extra,
    extra::{Absence, Kept, Unfit},
    mismatch::{self, Mismatches, Step},
};

/// What came of reading a value.
pub(crate) enum Found {
    /// It is `null`.
    Null,
    /// It is in its place.
    Fits,
    /// Something in it is not of the expected type.
    Odd(Box<Odd>),
}

/// What is not of the expected type in a value.
pub(crate) struct Odd {
    pub(crate) mismatches: Mismatches,
    /// What has no place in the value, and is for the object around it to keep.
    kept: Option<Kept>,
}

/// A value of another type, as a whole.
#[cold]
fn unfit(value: JsonValue, expected: &'static str) -> Found {
    let kept = Some(Kept::Whole(Unfit { value, expected }));
    Found::Odd(Box::new(Odd { mismatches: Mismatches::one(expected), kept }))
}

/// What is expected of an object that has not got its own id.
const WITH_ID: &str = "an object with its own id";

/// Reads a JSON object into `object`, which has no field set before.
#[doc(hidden)]
pub fn read<'de, D: Deserializer<'de>>(object: &mut dyn Object, deserializer: D) -> Result<(), D::Error> {
    if let Some(mismatches) = deserializer.deserialize_map(ObjectVisitor(object))? {
        mismatch::report(mismatches);
    }
    Ok(())
}

/// Reads an object that may be absent; or, what is there instead of one.
#[doc(hidden)]
pub fn read_optional<'de, T: Value, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<Option<T>, JsonValue>, D::Error> {
    let mut field = None;
    Ok(match deserializer.deserialize_any(TargetVisitor(Target::Optional(&mut field)))? {
        Found::Null => Ok(None),
        Found::Fits => Ok(field),
        Found::Odd(odd) => {
            mismatch::report(odd.mismatches);
            match odd.kept {
                Some(Kept::Whole(unfit)) => Err(unfit.value),
                _ => Ok(field),
            }
        }
    })
}

/// Reads what was read as JSON before.
pub(crate) fn read_value(slot: Slot<'_>, value: &JsonValue) -> Found {
    let expected = slot.expected();
    // JSON never fails to be read, since any of it fits or is kept.
    value.deserialize_any(TargetVisitor(Target::Entry(slot))).unwrap_or_else(|_| unfit(value.clone(), expected))
}

impl Odd {
    /// Whether nothing could be read.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kept, Some(Kept::Whole(_)))
    }
}

/// Reads a value that is a string and stands on its own, such as an id in a struct of the user's. Strict.
pub(crate) fn read_text<'de, D: Deserializer<'de>>(text: &mut dyn Text, deserializer: D) -> Result<(), D::Error> {
    struct TextVisitor<'a>(&'a mut dyn Text);

    impl Visitor<'_> for TextVisitor<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0.expected())
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
            self.0.set(text).map_err(|expected| E::invalid_value(Unexpected::Other("text"), &expected))
        }
    }

    deserializer.deserialize_str(TextVisitor(text))
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
            Found::Odd(odd) if odd.is_whole() => Err(A::Error::invalid_type(Unexpected::Other("value"), &"an object")),
            Found::Odd(odd) => Ok(Some(odd.mismatches)),
            Found::Null | Found::Fits => Ok(None),
        }
    }
}

fn read_object<'de, A: MapAccess<'de>>(
    object: &mut dyn Object,
    mut map: A,
    is_outermost: bool,
) -> Result<Found, A::Error> {
    let names = object.names();
    let mut result = Ok(None);
    object.fields_mut(&mut |required, optional, extra| {
        result = read_fields(&mut map, names, required, optional, extra, is_outermost);
    });
    let report = result?;
    let of_parts = object.finish();
    if report.is_none() && of_parts.is_none() {
        return Ok(Found::Fits);
    }
    Ok(odd_object(object, report, of_parts))
}

/// What is odd about the fields of an object.
#[derive(Default)]
struct Report {
    mismatches: Mismatches,
    lacks_id: bool,
    /// The object is none, but a number: see [`number_in`].
    number: Option<Number>,
}

#[cold]
fn odd_object(object: &dyn Object, report: Option<Box<Report>>, of_parts: Option<Box<Mismatches>>) -> Found {
    let Report { mut mismatches, lacks_id, number } = report.map(|report| *report).unwrap_or_default();
    if let Some(number) = number {
        return unfit(number.into(), "an object");
    }
    mismatches.append(of_parts.map(|mismatches| *mismatches).unwrap_or_default());
    let kept = lacks_id.then(|| Kept::Whole(Unfit { value: written(&View::Object(object)), expected: WITH_ID }));
    Found::Odd(Box::new(Odd { mismatches, kept }))
}

/// A value as JSON.
fn written(value: &impl serde::Serialize) -> JsonValue {
    // Nothing that was read from JSON refuses to be written as JSON.
    serde_json::to_value(value).unwrap_or_default()
}

fn read_fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    names: &'static Names,
    required: &mut [&mut dyn Value],
    optional: &mut [&mut dyn Field],
    extra: Option<&mut Extra>,
    is_outermost: bool,
) -> Result<Option<Box<Report>>, A::Error> {
    let mut unused = Extra::default();
    let is_strict = extra.is_none();
    let extra = extra.unwrap_or(&mut unused);
    let mut report: Option<Box<Report>> = None;
    // One bit for each required field that was not there yet; the macro refuses more than 64.
    let mut missing =
        u64::MAX.checked_shr(u64::BITS.saturating_sub(u32::try_from(required.len()).unwrap_or(u64::BITS))).unwrap_or(0);
    let mut expected = 0;
    while let Some(key) = map.next_key_seed(KeySeed { names: names.fields, expected })? {
        let place = match key {
            Ok(place) => place,
            Err(name) if is_strict => return Err(A::Error::custom(format_args!("unknown field `{name}`"))),
            Err(name) => {
                let value = map.next_value()?;
                match number_in(&name, &value) {
                    Some(number) => report.get_or_insert_default().number = Some(number),
                    None => extra.insert(name, value),
                }
                continue;
            }
        };
        expected = place + 1;
        let Some(name) = names.fields.get(place).map(|name| wire_name(name)) else { continue };
        extra.forget(name);
        let odd = if let Some(value) = required.get_mut(place) {
            let found = map.next_value_seed(Target::Required(*value))?;
            let bit = 1 << place;
            missing = if matches!(found, Found::Fits) { missing & !bit } else { missing | bit };
            match found {
                Found::Odd(odd) if is_outermost || is_strict => return Err(refuse(name, &odd)),
                Found::Odd(odd) => odd,
                Found::Null => {
                    extra.note(name, Absence::Null);
                    continue;
                }
                Found::Fits => {
                    extra.forget_absence(name);
                    continue;
                }
            }
        } else {
            let Some(field) = optional.get_mut(place.saturating_sub(names.required)) else { continue };
            match map.next_value_seed(Target::Optional(*field))? {
                Found::Fits => {
                    if field.is_absent() {
                        extra.note(name, Absence::Empty);
                    }
                    continue;
                }
                Found::Null => {
                    field.set_null();
                    extra.note(name, Absence::Null);
                    continue;
                }
                Found::Odd(odd) if is_strict => return Err(refuse(name, &odd)),
                Found::Odd(odd) => {
                    if odd.is_whole() {
                        field.set_null();
                    }
                    odd
                }
            }
        };
        report.get_or_insert_default().mismatches.add(Step::Name(name), odd.mismatches);
        if let Some(kept) = odd.kept {
            extra.keep(name, kept);
        }
    }
    if missing == 0 {
        return Ok(report);
    }
    let mut lacking = names.fields.iter().zip(0..).filter(|(_, place)| missing & (1 << place) != 0);
    if is_outermost || is_strict {
        let name = lacking.next().map_or("", |(name, _)| wire_name(name));
        return Err(A::Error::missing_field(name));
    }
    let report = report.get_or_insert_default();
    report.lacks_id = true;
    for (name, place) in lacking {
        let name = wire_name(name);
        // One that is odd is reported already.
        if extra.kept(name).is_none() {
            if extra.absence(name).is_none() {
                extra.note(name, Absence::Missing);
            }
            let expected = required.get_mut(place).map_or("a value", |value| value.slot().expected());
            report.mismatches.add(Step::Name(name), Mismatches::one(expected));
        }
    }
    Ok(Some(std::mem::take(report)))
}

/// The error for the value of the field `name` that is not of the expected type, where that is not tolerated.
#[cold]
fn refuse<E: Error>(name: &str, odd: &Odd) -> E {
    let mismatch = odd.mismatches.listed().first();
    let (path, expected) = mismatch.map_or(("", "another value"), |mismatch| (mismatch.path(), mismatch.expected()));
    E::custom(format_args!("invalid value at {}, expected {expected}", Step::Name(name).before(path)))
}

/// Reads an object's key: `Ok` is its place among the known names, `Err` the text of an unknown one.
struct KeySeed {
    names: &'static [&'static str],
    /// Where the search begins, since fields often come in the same order.
    expected: usize,
}

impl KeySeed {
    /// The place of the first name that `is` the one, from the expected one on and then from the beginning.
    fn find(&self, is: impl Fn(&str) -> bool) -> Option<usize> {
        let (before, after) = self.names.split_at(self.expected.min(self.names.len()));
        let found = after.iter().position(|name| is(name)).map(|place| before.len() + place);
        found.or_else(|| before.iter().position(|name| is(name)))
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        // Few names are raw identifiers, so those are looked for last; and a key never is one.
        let found = self
            .find(|name| name == key && !key.starts_with("r#"))
            .or_else(|| self.find(|name| name.strip_prefix("r#") == Some(key)));
        Ok(found.ok_or_else(|| key.to_owned()))
    }
}

/// Where a value goes, which may be `null`.
enum Target<'a> {
    /// A field that has to be there.
    Required(&'a mut dyn Value),
    /// A field.
    Optional(&'a mut dyn Field),
    /// An entry of a list or a map, where `null` is a value like any other.
    Entry(Slot<'a>),
}

impl<'a> Target<'a> {
    fn slot(self) -> Slot<'a> {
        match self {
            Self::Required(value) => value.slot(),
            Self::Optional(field) => field.present(),
            Self::Entry(slot) => slot,
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
            Target::Entry(slot) => put(slot, JsonValue::Null),
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
        Ok(match self.0.slot() {
            Slot::Text(place) => match place.set(text) {
                Ok(()) => Found::Fits,
                Err(expected) => put_deviating(place, text, expected),
            },
            slot => put(slot, text.into()),
        })
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
            // Where serde_json has its feature `arbitrary_precision`, numbers are maps for visitors.
            slot => Ok(match JsonValue::deserialize(MapAccessDeserializer::new(map))? {
                JsonValue::Number(number) => put_number(slot, number),
                value => put(slot, value),
            }),
        }
    }
}

/// Puts a value where anything goes; anywhere else it does not fit.
fn put(slot: Slot<'_>, value: JsonValue) -> Found {
    match slot {
        Slot::Json(json) => *json = value,
        Slot::Nothing => {}
        slot => return unfit(value, slot.expected()),
    }
    Found::Fits
}

#[cold]
fn put_deviating(place: &mut dyn Text, text: &str, expected: &'static str) -> Found {
    match place.set_deviating(text) {
        Some(expected) => Found::Odd(Box::new(Odd { mismatches: Mismatches::one(expected), kept: None })),
        None => unfit(text.into(), expected),
    }
}

fn put_integer(slot: Slot<'_>, value: i64) -> Found {
    match slot {
        Slot::Integer(integer) => match integer.set(value) {
            Ok(()) => Found::Fits,
            Err(expected) => unfit(value.into(), expected),
        },
        // Beyond what a float holds exactly it is rounded, as JavaScript does.
        Slot::Number(number) => {
            *number = value as f64;
            Found::Fits
        }
        slot => put(slot, value.into()),
    }
}

/// Puts a number that may be anything. A whole one may be written with a fraction of zero.
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

/// A number in the form that serde_json gives it with its feature `arbitrary_precision`: an object with one private
/// key. Whether the feature is on is for serde_json to say.
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

/// Reads an item of a list. An item is added only once there is one.
struct ItemSeed<'a>(&'a mut dyn List);

impl<'de> DeserializeSeed<'de> for ItemSeed<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(TargetVisitor(Target::Entry(self.0.push())))
    }
}

fn read_list<'de, A: SeqAccess<'de>>(list: &mut dyn List, mut items: A) -> Result<Found, A::Error> {
    let mut odd: Option<Box<Odd>> = None;
    let mut index = 0;
    while let Some(found) = items.next_element_seed(ItemSeed(list))? {
        if let Found::Odd(item) = found {
            let odd = odd.get_or_insert_with(|| Box::new(Odd { mismatches: Mismatches::default(), kept: None }));
            odd.mismatches.add(Step::Index(index), item.mismatches);
            if let Some(kept) = item.kept {
                let place = list.len().saturating_sub(1);
                let unfit = whole_entry(kept, &list.get(place));
                list.pop();
                match &mut odd.kept {
                    Some(Kept::Items(items)) => items.push((index, unfit)),
                    kept => *kept = Some(Kept::Items(vec![(index, unfit)])),
                }
            }
        }
        index += 1;
    }
    Ok(odd.map_or(Found::Fits, Found::Odd))
}

fn read_entries<'de, A: MapAccess<'de>>(entries: &mut dyn Entries, mut map: A) -> Result<Found, A::Error> {
    let mut odd: Option<Box<Odd>> = None;
    while let Some(name) = map.next_key::<String>()? {
        if let Some(Kept::Entries(kept)) = odd.as_mut().and_then(|odd| odd.kept.as_mut()) {
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
        let Found::Odd(entry) = found else { continue };
        let odd = odd.get_or_insert_with(|| Box::new(Odd { mismatches: Mismatches::default(), kept: None }));
        odd.mismatches.add(Step::Name(&name), entry.mismatches);
        if let Some(kept) = entry.kept {
            let unfit = whole_entry(kept, &entries.get(&name).unwrap_or(View::Null));
            entries.remove(&name);
            match &mut odd.kept {
                Some(Kept::Entries(entries)) => drop(entries.insert(name, unfit)),
                kept => *kept = Some(Kept::Entries([(name, unfit)].into())),
            }
        }
    }
    Ok(odd.map_or(Found::Fits, Found::Odd))
}

/// The whole of an entry in which something does not fit: a list or a map has no place to keep a part of it.
#[cold]
fn whole_entry(kept: Kept, view: &View<'_>) -> Unfit {
    match kept {
        Kept::Whole(unfit) => unfit,
        Kept::Items(_) => Unfit { value: written(&WithKept { view, kept: &kept }), expected: "a list" },
        Kept::Entries(_) => Unfit { value: written(&WithKept { view, kept: &kept }), expected: "an object" },
    }
}
