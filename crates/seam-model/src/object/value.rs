//! Values: what a JSON value is read into, and the slot for it.

use serde_json::Value as JsonValue;

use super::{Entries, Integer, List, Object, Text, View};

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
