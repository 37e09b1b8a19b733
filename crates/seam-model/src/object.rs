//! How a struct is read from a JSON object and written back.
//!
//! [`json_object!`] takes the place of serde's derive. A struct lists its fields once, behind a trait
//! object each, and one reader and one writer serve all structs: they are compiled once per format,
//! where a derive compiles each struct for each. With the size of this API that is the difference
//! between seconds and minutes. The rules of this crate are built in: `null` is the same as absent, a list
//! may be missing, unknown fields are kept, and all of it is written back as it came.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::Value as JsonValue;

use crate::{Extra, Timestamp, secret::SECRET};

/// How a field without a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// As `null`.
    Null,
    /// As an empty list or map.
    Empty,
}

/// A type that a JSON value is read into.
pub trait Value {
    /// What there is before anything is read.
    fn blank() -> Self
    where
        Self: Sized;
    /// Where to put the value that is read.
    fn slot(&mut self) -> Slot<'_>;
    /// What to write.
    fn view(&self) -> View<'_>;
}

/// Where a JSON value goes, by the kind of value that is expected.
#[allow(missing_debug_implementations, reason = "not part of the interface")]
pub enum Slot<'a> {
    /// A string.
    Text(&'a mut dyn Text),
    /// `true` or `false`.
    Boolean(&'a mut bool),
    /// A whole number.
    Integer(&'a mut dyn Integer),
    /// A number.
    Number(&'a mut f64),
    /// A struct.
    Object(&'a mut dyn Object),
    /// A list.
    List(&'a mut dyn List),
    /// A map with any names.
    Map(&'a mut dyn Entries),
    /// Anything.
    Json(&'a mut JsonValue),
    /// Nowhere: the value is read and dropped.
    Nothing,
}

/// What is written as a JSON value.
#[allow(missing_debug_implementations, reason = "not part of the interface")]
pub enum View<'a> {
    /// `null`.
    Null,
    /// A string.
    Text(Cow<'a, str>),
    /// A string that must not be seen.
    Secret(&'a str),
    /// A string that is a point in time.
    Time(&'a Timestamp),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number, written without a fraction when it has none, as JavaScript does.
    Number(f64),
    /// A struct.
    Object(&'a dyn Object),
    /// A list.
    List(&'a dyn List),
    /// A map with any names.
    Map(&'a dyn Entries),
    /// Anything.
    Json(&'a JsonValue),
}

/// A type that is a string in JSON.
pub trait Text {
    /// Takes the text that was read; or says what would be right.
    ///
    /// # Errors
    ///
    /// When the text is not of the expected form.
    fn set(&mut self, text: &str) -> Result<(), &'static str>;

    /// What would be right.
    fn expected(&self) -> &'static str {
        "a string"
    }
}

/// A type that is a whole number in JSON.
pub trait Integer {
    /// Takes the number that was read; or says what would be right.
    ///
    /// # Errors
    ///
    /// When the number is out of range.
    fn set(&mut self, integer: i64) -> Result<(), &'static str>;
}

/// A type that is a list in JSON.
pub trait List {
    /// Adds an item; where to put it.
    fn push(&mut self) -> Slot<'_>;
    /// How many items there are.
    fn len(&self) -> usize;
    /// The item at a place.
    fn get(&self, place: usize) -> View<'_>;
}

/// A type that is an object with any names in JSON.
pub trait Entries {
    /// Adds an entry; where to put it.
    fn insert(&mut self, name: String) -> Slot<'_>;
    /// How many entries there are.
    fn len(&self) -> usize;
    /// The entry with a name.
    fn get(&self, name: &str) -> Option<View<'_>>;
    /// Shows all entries in order.
    fn each(&self, show: &mut dyn FnMut(&str, View<'_>));
}

/// A field that does not have to be there.
pub trait Field {
    /// What is read from an absent field.
    fn absent() -> Self
    where
        Self: Sized;
    /// Makes it what is read from `null`.
    fn set_null(&mut self);
    /// Where to put a value that is there.
    fn present(&mut self) -> Slot<'_>;
    /// Whether there is nothing to write.
    fn is_blank(&self) -> bool;
    /// What to write.
    fn view(&self) -> View<'_>;
}

/// The names of a struct and its fields.
#[derive(Debug)]
pub struct Names {
    /// The names of the required fields, and after them those of the others, as they are in Rust.
    pub fields: &'static [&'static str],
    /// How many of them are required.
    pub required: usize,
}

/// Borrows all fields of a struct at once, in the order of [`Names::fields`].
pub type FieldsMut<'f> = dyn FnMut(&mut [&mut dyn Value], &mut [&mut dyn Field], Option<&mut Extra>) + 'f;
/// Borrows all fields of a struct, in the order of the names that come with them.
pub type Fields<'f> = dyn FnMut(&'static Names, &[&dyn Value], &[&dyn Field], Option<&Extra>) + 'f;

/// A struct that is an object in JSON. Implemented by `json_object!`.
pub trait Object {
    /// The names of its fields.
    fn names(&self) -> &'static Names;
    /// Passes its fields to `visit`, all at once or in parts.
    fn fields(&self, visit: &mut Fields<'_>);
    /// Passes its fields to `visit`, for changing them.
    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>);
    /// Called when all fields were read.
    fn finish(&mut self) {}
}

/// For what has no fields of its own.
pub(crate) const NO_NAMES: &Names = &Names { fields: &[], required: 0 };

/// The field name of a Rust identifier: without the `r#` of a raw one.
fn wire_name(identifier: &'static str) -> &'static str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
}

/// Reads a JSON object into `object`, which is blank before.
#[doc(hidden)]
pub fn read<'de, D: Deserializer<'de>>(object: &mut dyn Object, deserializer: D) -> Result<(), D::Error> {
    deserializer.deserialize_map(ObjectVisitor(object))
}

/// Writes `object` as a JSON object.
#[doc(hidden)]
pub fn write<S: Serializer>(object: &dyn Object, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    let mut result = Ok(());
    object.fields(&mut |names, required, optional, extra| {
        if result.is_ok() {
            result = write_fields(&mut map, names, required, optional, extra);
        }
    });
    result?;
    map.end()
}

fn write_fields<M: SerializeMap>(
    map: &mut M,
    names: &'static Names,
    required: &[&dyn Value],
    optional: &[&dyn Field],
    extra: Option<&Extra>,
) -> Result<(), M::Error> {
    let (required_names, optional_names) = names.fields.split_at(names.required);
    for (name, value) in required_names.iter().zip(required) {
        map.serialize_entry(wire_name(name), &value.view())?;
    }
    for (name, field) in optional_names.iter().zip(optional) {
        let name = wire_name(name);
        if !field.is_blank() {
            map.serialize_entry(name, &field.view())?;
            continue;
        }
        match extra.and_then(|extra| extra.blank(name)) {
            Some(Blank::Null) => map.serialize_entry(name, &View::Null)?,
            Some(Blank::Empty) => map.serialize_entry(name, &field.view())?,
            None => {}
        }
    }
    for (name, value) in extra.into_iter().flat_map(Extra::iter) {
        map.serialize_entry(name, value)?;
    }
    Ok(())
}

struct ObjectVisitor<'a>(&'a mut dyn Object);

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let names = self.0.names();
        let mut result = Ok(());
        self.0.fields_mut(&mut |required, optional, extra| {
            result = read_fields(&mut map, names, required, optional, extra);
        });
        self.0.finish();
        result
    }
}

fn read_fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    names: &'static Names,
    required: &mut [&mut dyn Value],
    optional: &mut [&mut dyn Field],
    extra: Option<&mut Extra>,
) -> Result<(), A::Error> {
    let mut unused = Extra::default();
    let extra = extra.unwrap_or(&mut unused);
    // One bit for each required field that was not there yet; the macro refuses more than 64.
    let mut missing =
        u64::MAX.checked_shr(u64::BITS.saturating_sub(u32::try_from(required.len()).unwrap_or(u64::BITS))).unwrap_or(0);
    let mut expected = 0;
    while let Some(key) = map.next_key_seed(KeySeed { names: names.fields, expected })? {
        let place = match key {
            Ok(place) => place,
            Err(name) => {
                extra.insert(name, map.next_value()?);
                continue;
            }
        };
        expected = place + 1;
        if let Some(value) = required.get_mut(place) {
            if map.next_value_seed(NullableSeed::Required(*value))? {
                missing &= !(1 << place);
            }
        } else if let (Some(field), Some(name)) =
            (optional.get_mut(place.saturating_sub(names.required)), names.fields.get(place))
        {
            let name = wire_name(name);
            if !map.next_value_seed(NullableSeed::Optional(*field))? {
                field.set_null();
                extra.note(name, Blank::Null);
            } else if field.is_blank() {
                extra.note(name, Blank::Empty);
            }
        }
    }
    match names.fields.get(missing.trailing_zeros() as usize) {
        Some(name) if missing != 0 => Err(A::Error::missing_field(wire_name(name))),
        _ => Ok(()),
    }
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

/// Reads a value into a field, unless it is `null`; whether it was not.
enum NullableSeed<'a> {
    Required(&'a mut dyn Value),
    Optional(&'a mut dyn Field),
}

impl<'de> DeserializeSeed<'de> for NullableSeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for NullableSeed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        let slot = match self {
            Self::Required(value) => value.slot(),
            Self::Optional(field) => field.present(),
        };
        slot.deserialize(deserializer).map(|()| true)
    }
}

impl<'de> DeserializeSeed<'de> for Slot<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Slot::Text(text) => deserializer.deserialize_str(TextVisitor(text)),
            Slot::Boolean(boolean) => bool::deserialize(deserializer).map(|value| *boolean = value),
            Slot::Integer(integer) => deserializer.deserialize_i64(IntegerVisitor(integer)),
            Slot::Number(number) => deserializer.deserialize_f64(NumberVisitor).map(|value| *number = value),
            Slot::Object(object) => deserializer.deserialize_map(ObjectVisitor(object)),
            Slot::List(list) => deserializer.deserialize_seq(ListVisitor(list)),
            Slot::Map(map) => deserializer.deserialize_map(EntriesVisitor(map)),
            Slot::Json(json) => JsonValue::deserialize(deserializer).map(|value| *json = value),
            Slot::Nothing => IgnoredAny::deserialize(deserializer).map(|_| ()),
        }
    }
}

struct TextVisitor<'a>(&'a mut dyn Text);

impl Visitor<'_> for TextVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.expected())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.set(text).map_err(|expected| E::invalid_value(serde::de::Unexpected::Other("text"), &expected))
    }
}

/// Reads a whole number, also one that was written with a fraction of zero.
struct IntegerVisitor<'a>(&'a mut dyn Integer);

impl Visitor<'_> for IntegerVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.0.set(value).map_err(|expected| E::invalid_value(serde::de::Unexpected::Signed(value), &expected))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(serde::de::Unexpected::Unsigned(value), &self)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        match whole(value) {
            Some(value) => self.visit_i64(value),
            None => Err(E::invalid_value(serde::de::Unexpected::Float(value), &self)),
        }
    }
}

/// Reads a number. Integers beyond what a float holds exactly are rounded, as JavaScript does.
struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }
}

/// The whole number that a float is, if it is one that a float holds exactly.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // Not minus zero, which has a sign to keep.
    let is_whole = number.fract() == 0.0 && number.abs() < EXACT && !(number == 0.0 && number.is_sign_negative());
    is_whole.then_some(number as i64)
}

struct ListVisitor<'a>(&'a mut dyn List);

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(ItemSeed(self.0))?.is_some() {}
        Ok(())
    }
}

/// Reads an item of a list. An item is added only once there is one.
struct ItemSeed<'a>(&'a mut dyn List);

impl<'de> DeserializeSeed<'de> for ItemSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.push().deserialize(deserializer)
    }
}

struct EntriesVisitor<'a>(&'a mut dyn Entries);

impl<'de> Visitor<'de> for EntriesVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(self.0.insert(name))?;
        }
        Ok(())
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            View::Null => serializer.serialize_none(),
            View::Text(text) => serializer.serialize_str(text),
            View::Secret(secret) => serializer.serialize_newtype_struct(SECRET, secret),
            View::Time(timestamp) => serializer.collect_str(timestamp),
            View::Boolean(boolean) => serializer.serialize_bool(*boolean),
            View::Integer(integer) => serializer.serialize_i64(*integer),
            View::Number(number) => match whole(*number) {
                Some(integer) => serializer.serialize_i64(integer),
                None => serializer.serialize_f64(*number),
            },
            View::Object(object) => write(*object, serializer),
            View::List(list) => {
                let mut items = serializer.serialize_seq(Some(list.len()))?;
                for place in 0..list.len() {
                    items.serialize_element(&list.get(place))?;
                }
                items.end()
            }
            View::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                let mut result = Ok(());
                entries.each(&mut |name, value| {
                    if result.is_ok() {
                        result = map.serialize_entry(name, &value);
                    }
                });
                result?;
                map.end()
            }
            View::Json(json) => json.serialize(serializer),
        }
    }
}

/// Whether two objects of one type say the same.
#[doc(hidden)]
#[must_use]
pub fn equal(left: &dyn Object, right: &dyn Object) -> bool {
    let mut is_equal = true;
    let mut part = 0;
    left.fields(&mut |_, required, optional, extra| {
        let mut other_part = 0;
        right.fields(&mut |_, other_required, other_optional, other_extra| {
            let mut values = required.iter().zip(other_required);
            let mut fields = optional.iter().zip(other_optional);
            is_equal &= part != other_part
                || values.all(|(left, right)| left.view() == right.view())
                    // Not given and `null` look the same, but are not.
                    && fields.all(|(left, right)| left.is_blank() == right.is_blank() && left.view() == right.view())
                    && extra == other_extra;
            other_part += 1;
        });
        part += 1;
    });
    is_equal
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (View::Null, View::Null) => true,
            (View::Text(left), View::Text(right)) => left == right,
            (View::Secret(left), View::Secret(right)) => left == right,
            (View::Time(left), View::Time(right)) => left == right,
            (View::Boolean(left), View::Boolean(right)) => left == right,
            (View::Integer(left), View::Integer(right)) => left == right,
            (View::Number(left), View::Number(right)) => left == right,
            (View::Object(left), View::Object(right)) => equal(*left, *right),
            (View::List(left), View::List(right)) => {
                left.len() == right.len() && (0..left.len()).all(|place| left.get(place) == right.get(place))
            }
            (View::Map(left), View::Map(right)) => {
                let mut is_equal = left.len() == right.len();
                left.each(&mut |name, value| is_equal &= right.get(name) == Some(value));
                is_equal
            }
            (View::Json(left), View::Json(right)) => left == right,
            _ => false,
        }
    }
}

impl<T: Value> Field for Option<T> {
    fn absent() -> Self {
        None
    }

    fn set_null(&mut self) {
        *self = None;
    }

    fn present(&mut self) -> Slot<'_> {
        self.insert(T::blank()).slot()
    }

    fn is_blank(&self) -> bool {
        self.is_none()
    }

    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, Value::view)
    }
}

impl<T: Value> Field for Vec<T> {
    fn absent() -> Self {
        Self::new()
    }

    fn set_null(&mut self) {
        self.clear();
    }

    fn present(&mut self) -> Slot<'_> {
        self.clear();
        self.slot()
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn view(&self) -> View<'_> {
        Value::view(self)
    }
}

impl<T: Value> Field for BTreeMap<String, T> {
    fn absent() -> Self {
        Self::new()
    }

    fn set_null(&mut self) {
        self.clear();
    }

    fn present(&mut self) -> Slot<'_> {
        self.clear();
        self.slot()
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }

    fn view(&self) -> View<'_> {
        Value::view(self)
    }
}

impl<T: Value> List for Vec<T> {
    fn push(&mut self) -> Slot<'_> {
        self.push(T::blank());
        self.last_mut().map_or(Slot::Nothing, Value::slot)
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> View<'_> {
        self.as_slice().get(place).map_or(View::Null, Value::view)
    }
}

impl<T: Value> Value for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }

    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl<T: Value> Entries for BTreeMap<String, T> {
    fn insert(&mut self, name: String) -> Slot<'_> {
        let entry = self.entry(name).or_insert_with(T::blank);
        // The last of two entries with one name counts.
        *entry = T::blank();
        entry.slot()
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, name: &str) -> Option<View<'_>> {
        self.get(name).map(Value::view)
    }

    fn each(&self, show: &mut dyn FnMut(&str, View<'_>)) {
        for (name, value) in self {
            show(name, value.view());
        }
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    fn blank() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Map(self)
    }

    fn view(&self) -> View<'_> {
        View::Map(self)
    }
}

impl<T: Value> Value for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn slot(&mut self) -> Slot<'_> {
        (**self).slot()
    }

    fn view(&self) -> View<'_> {
        (**self).view()
    }
}

impl Value for String {
    fn blank() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Text(self)
    }

    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
}

impl Text for String {
    fn set(&mut self, text: &str) -> Result<(), &'static str> {
        text.clone_into(self);
        Ok(())
    }
}

impl Value for bool {
    fn blank() -> Self {
        false
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Boolean(self)
    }

    fn view(&self) -> View<'_> {
        View::Boolean(*self)
    }
}

impl Value for f64 {
    fn blank() -> Self {
        0.0
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::Number(self)
    }

    fn view(&self) -> View<'_> {
        View::Number(*self)
    }
}

/// Implements [`Value`] for types of whole numbers.
macro_rules! integers {
    ($($type:ty: $expected:literal),*) => { $(
        impl Value for $type {
            fn blank() -> Self {
                0
            }

            fn slot(&mut self) -> Slot<'_> {
                Slot::Integer(self)
            }

            fn view(&self) -> View<'_> {
                View::Integer((*self).into())
            }
        }

        impl Integer for $type {
            fn set(&mut self, integer: i64) -> Result<(), &'static str> {
                *self = integer.try_into().map_err(|_| $expected)?;
                Ok(())
            }
        }
    )* };
}

integers! { i64: "a whole number of 64 bits", u32: "a whole number from 0 to 4294967295" }

/// Implements [`Value`] and [`Text`] for a type that is a string in JSON, by functions from and to it.
macro_rules! text_value {
    ($name:ident, $from:expr, $view:ident($to:expr)) => {
        impl $crate::object::Value for $name {
            fn blank() -> Self {
                $from("")
            }

            fn slot(&mut self) -> $crate::object::Slot<'_> {
                $crate::object::Slot::Text(self)
            }

            fn view(&self) -> $crate::object::View<'_> {
                $crate::object::View::$view($to(self).into())
            }
        }

        impl $crate::object::Text for $name {
            fn set(&mut self, text: &str) -> Result<(), &'static str> {
                *self = $from(text);
                Ok(())
            }
        }

        $crate::object::serde_by_value!($name);
    };
}
pub(crate) use text_value;

/// Implements `Serialize` and `Deserialize` by [`Value`].
macro_rules! serde_by_value {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::object::Value::view(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut value = <Self as $crate::object::Value>::blank();
                let slot = $crate::object::Value::slot(&mut value);
                serde::de::DeserializeSeed::deserialize(slot, deserializer)?;
                Ok(value)
            }
        }
    };
}
pub(crate) use serde_by_value;

/// Implements [`Object`], `PartialEq`, `Serialize`, `Deserialize` and a constructor for a struct that is a JSON object.
///
/// ```text
/// json_object! {
///     Name { required: TypeOfRequired } [optional, fields, and, lists] extra
/// }
/// ```
///
/// `extra` stands for a field `extra: Extra`; without it unknown fields are dropped, which is right
/// for requests. The constructor `new` takes the required fields; after `@without_new` there is none.
#[doc(hidden)]
#[macro_export]
macro_rules! json_object {
    ($name:ident { $($required:ident: $type:ty),* } [$($optional:ident),* $(,)?] $($extra:ident)?) => {
        #[allow(deprecated, reason = "deprecated fields are read and written like all others")]
        impl $name {
            /// Makes one of what is required; everything else is absent.
            #[must_use]
            pub fn new($($required: impl Into<$type>),*) -> Self {
                Self {
                    $($required: $required.into(),)*
                    $($optional: $crate::__private::Field::absent(),)*
                    $($extra: $crate::Extra::default(),)?
                }
            }
        }

        $crate::json_object!(@without_new $name { $($required: $type),* } [$($optional),*] $($extra)?);
    };
    (@without_new $name:ident { $($required:ident: $type:ty),* } [$($optional:ident),* $(,)?] $($extra:ident)?) => {
        #[allow(deprecated, reason = "deprecated fields are read and written like all others")]
        impl $crate::__private::Object for $name {
            fn names(&self) -> &'static $crate::__private::Names {
                const REQUIRED: &[&str] = &[$(stringify!($required)),*];
                const { assert!(REQUIRED.len() <= 64) };
                const NAMES: &$crate::__private::Names = &$crate::__private::Names {
                    fields: &[
                        $(stringify!($required),)*
                        $(stringify!($optional),)*
                    ],
                    required: REQUIRED.len(),
                };
                NAMES
            }

            fn fields(&self, visit: &mut $crate::__private::Fields<'_>) {
                visit(
                    self.names(),
                    &[$(&self.$required),*],
                    &[$(&self.$optional),*],
                    $crate::json_object!(@extra & self $($extra)?),
                );
            }

            fn fields_mut(&mut self, visit: &mut $crate::__private::FieldsMut<'_>) {
                visit(
                    &mut [$(&mut self.$required),*],
                    &mut [$(&mut self.$optional),*],
                    $crate::json_object!(@extra &mut self $($extra)?),
                );
            }
        }

        #[allow(deprecated, reason = "deprecated fields are read and written like all others")]
        impl $crate::__private::Value for $name {
            fn blank() -> Self {
                Self {
                    $($required: $crate::__private::Value::blank(),)*
                    $($optional: $crate::__private::Field::absent(),)*
                    $($extra: $crate::Extra::default(),)?
                }
            }

            fn slot(&mut self) -> $crate::__private::Slot<'_> {
                $crate::__private::Slot::Object(self)
            }

            fn view(&self) -> $crate::__private::View<'_> {
                $crate::__private::View::Object(self)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                $crate::__private::equal(self, other)
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::__private::write(self, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut object = <Self as $crate::__private::Value>::blank();
                $crate::__private::read(&mut object, deserializer)?;
                Ok(object)
            }
        }
    };
    (@extra & $self:ident) => { None };
    (@extra &mut $self:ident) => { None };
    (@extra & $self:ident $extra:ident) => { Some(&$self.$extra) };
    (@extra &mut $self:ident $extra:ident) => { Some(&mut $self.$extra) };
}
