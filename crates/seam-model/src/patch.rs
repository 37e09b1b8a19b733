//! A parameter that can be absent, `null` or a value.

use crate::object::{Field, Slot, Value, View};

/// A parameter for which absent and `null` have different meanings.
///
/// An update does not change a field that is [`Absent`](Self::Absent), and clears one that is [`Null`](Self::Null).
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
    /// The parameter is not sent.
    #[default]
    Absent,
    /// The parameter is sent as `null`.
    Null,
    /// The parameter is sent with this value.
    Value(T),
}

impl<T> Patch<T> {
    /// Returns the value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Returns the value dereferenced, like [`Option::as_deref`], if there is one.
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
            // Unreachable: the line above set a value.
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
