//! Strings, booleans, numbers and boxes.

use std::borrow::Cow;

use super::{Integer, Slot, Value, View};

impl Value for String {
    fn empty() -> Self {
        Self::new()
    }

    fn slot(&mut self) -> Slot<'_> {
        Slot::String(self)
    }

    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
}

impl Value for bool {
    fn empty() -> Self {
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
    fn empty() -> Self {
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
            fn empty() -> Self {
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

impl<T: Value> Value for Box<T> {
    fn empty() -> Self {
        Self::new(T::empty())
    }

    fn slot(&mut self) -> Slot<'_> {
        (**self).slot()
    }

    fn view(&self) -> View<'_> {
        (**self).view()
    }
}
