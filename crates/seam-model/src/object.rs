//! Structs as JSON objects: their fields as trait objects, and the writer.
//!
//! [`json_object!`] takes the place of serde's derive. A struct lists its fields once, behind a trait
//! object each, and one reader and one writer serve all structs: they are compiled once per format,
//! where a derive compiles each struct for each. With the size of this API that is the difference
//! between seconds and minutes. The rules of this crate are built in: `null` is the same as absent, a list
//! may be missing, what is unknown or of another type is kept, and all of it is written back unchanged. The reader is
//! in `read.rs`.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::Value as JsonValue;

use crate::{Extra, Timestamp, extra::Kept, mismatch::Mismatches, secret::SECRET};

/// How a field without a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// As `null`.
    Null,
    /// As an empty list or map.
    Empty,
    /// Not at all, although it is required.
    Absent,
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

impl Slot<'_> {
    /// The type that is expected.
    pub(crate) fn expected(&self) -> &'static str {
        match self {
            Self::Text(text) => text.expected(),
            Self::Boolean(_) => "a boolean",
            Self::Integer(integer) => integer.expected(),
            Self::Number(_) => "a number",
            Self::Object(_) | Self::Map(_) => "an object",
            Self::List(_) => "a list",
            Self::Json(_) | Self::Nothing => "a value",
        }
    }
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

    /// Takes a text inside a model that [`set`](Self::set) refused, if its meaning is clear, and returns what would be
    /// right.
    fn set_deviating(&mut self, text: &str) -> Option<&'static str> {
        let _ = text;
        None
    }

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

    /// What would be right.
    fn expected(&self) -> &'static str;
}

/// A type that is a list in JSON.
pub trait List {
    /// Adds an item; where to put it.
    fn push(&mut self) -> Slot<'_>;
    /// Removes the last item.
    fn pop(&mut self);
    /// How many items there are.
    fn len(&self) -> usize;
    /// The item at a place.
    fn get(&self, place: usize) -> View<'_>;
}

/// A type that is an object with any names in JSON.
pub trait Entries {
    /// Adds an entry; where to put it.
    fn insert(&mut self, name: String) -> Slot<'_>;
    /// Removes an entry.
    fn remove(&mut self, name: &str);
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
    /// Called when all fields were read. Returns the mismatches in what is read only now.
    fn finish(&mut self) -> Option<Box<Mismatches>> {
        None
    }
}

/// For what has no fields of its own.
pub(crate) const NO_NAMES: &Names = &Names { fields: &[], required: 0 };

/// The field name of a Rust identifier: without the `r#` of a raw one.
pub(crate) fn wire_name(identifier: &'static str) -> &'static str {
    identifier.strip_prefix("r#").unwrap_or(identifier)
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
        let name = wire_name(name);
        // An object without its own id is written only to be kept.
        match extra.map(|extra| (extra.kept(name), extra.blank(name))) {
            Some((Some(kept), _)) => map.serialize_entry(name, &WithKept { view: &value.view(), kept })?,
            Some((None, Some(Blank::Absent))) => {}
            Some((None, Some(Blank::Null))) => map.serialize_entry(name, &View::Null)?,
            _ => map.serialize_entry(name, &value.view())?,
        }
    }
    for (name, field) in optional_names.iter().zip(optional) {
        let name = wire_name(name);
        let kept = extra.and_then(|extra| extra.kept(name));
        if let Some(kept @ (Kept::Items(_) | Kept::Entries(_))) = kept {
            map.serialize_entry(name, &WithKept { view: &field.view(), kept })?;
            continue;
        }
        if !field.is_blank() {
            map.serialize_entry(name, &field.view())?;
            continue;
        }
        match (kept, extra.and_then(|extra| extra.blank(name))) {
            (Some(kept), _) => map.serialize_entry(name, &WithKept { view: &View::Null, kept })?,
            (None, Some(Blank::Null)) => map.serialize_entry(name, &View::Null)?,
            (None, Some(Blank::Empty)) => map.serialize_entry(name, &field.view())?,
            (None, Some(Blank::Absent) | None) => {}
        }
    }
    for (name, value) in extra.into_iter().flat_map(Extra::iter) {
        map.serialize_entry(name, value)?;
    }
    Ok(())
}

/// A value together with what did not fit into it.
pub(crate) struct WithKept<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) kept: &'a Kept,
}

impl Serialize for WithKept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.kept, self.view) {
            (Kept::Whole(unfit), _) => unfit.value.serialize(serializer),
            (Kept::Items(unfit), View::List(list)) => {
                let count = list.len() + unfit.len();
                let mut items = serializer.serialize_seq(Some(count))?;
                // Each at its old index, or at the end if the list has become shorter.
                let mut unfit = unfit.iter().peekable();
                let mut fit = (0..list.len()).peekable();
                for index in 0..count {
                    match (unfit.next_if(|(at, _)| *at <= index || fit.peek().is_none()), fit.peek()) {
                        (Some((_, unfit)), _) => items.serialize_element(&unfit.value)?,
                        (None, Some(place)) => {
                            items.serialize_element(&list.get(*place))?;
                            fit.next();
                        }
                        (None, None) => {}
                    }
                }
                items.end()
            }
            (Kept::Entries(unfit), View::Map(entries)) => {
                let mut map = serializer.serialize_map(None)?;
                let mut result = Ok(());
                entries.each(&mut |name, value| {
                    if result.is_ok() {
                        result = map.serialize_entry(name, &value);
                    }
                });
                result?;
                for (name, unfit) in unfit.iter().filter(|(name, _)| entries.get(name).is_none()) {
                    map.serialize_entry(name, &unfit.value)?;
                }
                map.end()
            }
            (Kept::Items(_) | Kept::Entries(_), view) => view.serialize(serializer),
        }
    }
}

/// The whole number that a float is, if it is one that a float holds exactly.
#[allow(clippy::cast_possible_truncation, reason = "the range is checked first")]
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // Not minus zero, which has a sign to keep.
    let is_whole = number.fract() == 0.0 && number.abs() < EXACT && !(number == 0.0 && number.is_sign_negative());
    is_whole.then_some(number as i64)
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

    fn pop(&mut self) {
        self.pop();
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

    fn remove(&mut self, name: &str) {
        self.remove(name);
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

            fn expected(&self) -> &'static str {
                $expected
            }
        }
    )* };
}

integers! { i64: "a whole number", u32: "a whole number from 0 to 4294967295" }

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

        $crate::object::serde_by_value!($name, text);
    };
}
pub(crate) use text_value;

/// Implements `Serialize` and `Deserialize` by [`Value`], for a type that is a string, an object or anything in JSON.
macro_rules! serde_by_value {
    ($name:ident, $kind:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::object::Value::view(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut value = <Self as $crate::object::Value>::blank();
                $crate::object::serde_by_value!(@read $kind value deserializer);
                Ok(value)
            }
        }
    };
    (@read text $value:ident $deserializer:ident) => {
        $crate::read::read_text(&mut $value, $deserializer)?
    };
    (@read object $value:ident $deserializer:ident) => {
        $crate::read::read(&mut $value, $deserializer)?
    };
    (@read json $value:ident $deserializer:ident) => {
        if let $crate::object::Slot::Json(json) = $crate::object::Value::slot(&mut $value) {
            *json = serde::Deserialize::deserialize($deserializer)?;
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
/// `extra` stands for a field `extra: Extra`. Without it the struct is read strictly, which is right for requests: an
/// unknown field is an error, and so is a value of another type. The constructor `new` takes the required fields; after `@without_new` there is none.
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
