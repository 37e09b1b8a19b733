//! Fields that may be absent.

use super::{Slot, Value, View};

/// How a field without a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// As `null`.
    Null,
    /// As an empty list or map.
    Empty,
    /// Not at all, although it is required.
    Missing,
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
