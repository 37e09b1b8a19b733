//! A value that may be left out, and may be taken away.

use crate::object::{Field, Slot, Value, View};

/// A parameter for which "not given" and "none" are not the same.
///
/// An update leaves what is [`Absent`](Self::Absent) as it was, and takes away what is [`Null`](Self::Null).
///
/// ```
/// use seam_model::Patch;
///
/// assert_eq!(Patch::from(Some(1)), Patch::Value(1));
/// assert_eq!(Patch::<i64>::from(None), Patch::Null);
/// assert_eq!(Patch::<i64>::default(), Patch::Absent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// Not given.
    #[default]
    Absent,
    /// Given as none: `null`.
    Null,
    /// Given.
    Value(T),
}

impl<T> Patch<T> {
    /// The value, if one is given.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// As [`Option::as_deref`]: the value, if one is given.
    pub fn as_deref(&self) -> Option<&T::Target>
    where
        T: std::ops::Deref,
    {
        self.value().map(|value| &**value)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Value)
    }
}

impl<T: Value> Field for Patch<T> {
    fn absent() -> Self {
        Self::Absent
    }

    fn set_null(&mut self) {
        *self = Self::Null;
    }

    fn present(&mut self) -> Slot<'_> {
        *self = Self::Value(T::empty());
        match self {
            Self::Value(value) => value.slot(),
            // It was made a value on the line before.
            Self::Absent | Self::Null => Slot::Nothing,
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    fn view(&self) -> View<'_> {
        self.value().map_or(View::Null, Value::view)
    }
}
