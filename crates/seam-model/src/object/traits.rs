//! The traits of types that are read from and written as JSON. They refer to each other, so they are in one file.

use std::{borrow::Cow, fmt};

use secrecy::SecretString;
use serde_json::{Map, Value as JsonValue};

use crate::Extra;

/// A type that is read from a JSON value.
pub trait Value {
    /// Returns the value before anything is read.
    fn empty() -> Self
    where
        Self: Sized;
    /// Returns the slot for the value that is read.
    fn slot(&mut self) -> Slot<'_>;
    /// Returns the view of the value.
    fn view(&self) -> View<'_>;
}

/// The destination of a JSON value, by the expected kind of value.
#[allow(missing_debug_implementations, reason = "not part of the interface")]
pub enum Slot<'a> {
    /// Any string.
    String(&'a mut String),
    /// Any string, whose memory is zeroed on drop.
    Secret(&'a mut SecretString),
    /// A string of a certain type.
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
    /// Any value.
    Json(&'a mut JsonValue),
    /// No destination: the value is read and dropped.
    Nothing,
}

impl Slot<'_> {
    /// Returns the expected type.
    pub(crate) fn expected(&self) -> &'static str {
        match self {
            Self::String(_) | Self::Secret(_) => "a string",
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

/// A field that may be absent.
pub trait Field {
    /// Returns the value of an absent field.
    fn absent() -> Self
    where
        Self: Sized;
    /// Sets the value that is read from `null`.
    fn set_null(&mut self);
    /// Returns the slot for a value that is present.
    fn present(&mut self) -> Slot<'_>;
    /// Returns whether the field is absent.
    fn is_absent(&self) -> bool;
    /// Returns the view of the value.
    fn view(&self) -> View<'_>;
}

/// A type that is a string of certain values or of a certain format in JSON.
pub trait Text {
    /// Sets the value from a string, or returns the expected type.
    ///
    /// # Errors
    ///
    /// Returns an error when the string is not of the expected format.
    fn set(&mut self, text: &str) -> Result<(), &'static str>;

    /// Sets the value from a string in a model that [`set`](Self::set) rejected, if its meaning is unambiguous, and
    /// returns the expected type.
    fn set_deviating(&mut self, text: &str) -> Option<&'static str> {
        let _ = text;
        None
    }

    /// Returns the expected type.
    fn expected(&self) -> &'static str {
        "a string"
    }
}

/// A type that is a whole number in JSON.
pub trait Integer {
    /// Sets the value from a number, or returns the expected type.
    ///
    /// # Errors
    ///
    /// Returns an error when the number is out of range.
    fn set(&mut self, integer: i64) -> Result<(), &'static str>;

    /// Returns the expected type.
    fn expected(&self) -> &'static str;
}

/// A point in time that is a string in JSON.
pub trait Time: fmt::Display {
    /// Returns the instant, which is used in comparisons.
    fn instant(&self) -> jiff::Timestamp;
}

/// A type that is a list in JSON.
pub trait List {
    /// Adds an item and returns its slot.
    fn push(&mut self) -> Slot<'_>;
    /// Removes the last item.
    fn pop(&mut self);
    /// Returns the number of items.
    fn len(&self) -> usize;
    /// Returns the item at an index.
    fn get(&self, index: usize) -> View<'_>;
}

/// A type that is an object with any names in JSON.
pub trait Entries {
    /// Adds an entry and returns its value.
    fn insert(&mut self, name: String) -> &mut dyn Value;
    /// Removes an entry.
    fn remove(&mut self, name: &str);
    /// Returns the number of entries.
    fn len(&self) -> usize;
    /// Returns the entry with a name.
    fn get(&self, name: &str) -> Option<View<'_>>;
    /// Calls `visit` with all entries in order.
    fn each(&self, visit: &mut dyn FnMut(&str, View<'_>));
}

/// The names of a struct and its fields.
#[derive(Debug)]
pub struct Names {
    /// The name of the struct.
    pub object: &'static str,
    /// The names of the required fields, followed by those of the optional fields.
    pub fields: &'static [&'static str],
    /// The number of required fields.
    pub required: usize,
    /// The index of the field that determines the type of the rest: an object whose fields are flattened into this one. `None` if
    /// there is no rest.
    pub tag: Option<usize>,
    /// The index of the names of the fields, which `index` computes.
    pub index: &'static [u8],
}

/// A function that receives all fields of a struct mutably, in the order of [`Names::fields`], and its
/// [rest](Names::tag).
pub type FieldsMut<'f> =
    dyn FnMut(&mut [&mut dyn Value], &mut [&mut dyn Field], Option<&mut Extra>, Option<&mut dyn Object>) + 'f;
/// A function that receives the fields of a struct, in the order of their names.
pub type Fields<'f> = dyn FnMut(&'static Names, &[&dyn Value], &[&dyn Field], Option<&Extra>) + 'f;

/// The fields of a struct that is an object in JSON. Implemented by [`json_object!`](crate::json_object).
///
/// The methods are `#[inline]`, and [`Object`] is implemented by a generic `impl`, so that a crate compiles the tables of the
/// structs that it reads, and no others.
pub trait Table: Sized + 'static {
    /// Returns the names of the fields.
    const NAMES: &'static Names;
    /// Passes the fields to `visit`, like [`Object::fields`].
    fn fields(&self, visit: &mut Fields<'_>);
    /// Passes the fields to `visit`, like [`Object::fields_mut`].
    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>);
}

impl<T: Table> Object for T {
    fn names(&self) -> &'static Names {
        T::NAMES
    }

    fn fields(&self, visit: &mut Fields<'_>) {
        Table::fields(self, visit);
    }

    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>) {
        Table::fields_mut(self, visit);
    }
}

/// A value that is an object in JSON.
pub trait Object {
    /// Returns the names of the fields.
    fn names(&self) -> &'static Names;
    /// Passes the fields to `visit`, in one or several calls.
    fn fields(&self, visit: &mut Fields<'_>);
    /// Passes the fields to `visit` for modification.
    fn fields_mut(&mut self, visit: &mut FieldsMut<'_>);

    /// Sets the rest to an empty object of the type of the tag, and returns the previous fields of the rest, if any.
    fn set_rest(&mut self) -> Option<Map<String, JsonValue>> {
        None
    }

    /// Sets the rest to an object of an unknown type with its current fields.
    fn reset_rest(&mut self) {}
}

/// A value that is written as JSON.
pub enum View<'a> {
    /// `null`.
    Null,
    /// A string.
    Text(Cow<'a, str>),
    /// A string that must not be printed.
    Secret(&'a str),
    /// A string that is a point in time.
    Time(&'a dyn Time),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number, written without a fraction if it is whole, as in JavaScript.
    Number(f64),
    /// A struct.
    Object(&'a dyn Object),
    /// A list.
    List(&'a dyn List),
    /// A map with any names.
    Map(&'a dyn Entries),
    /// Any value.
    Json(&'a JsonValue),
}
