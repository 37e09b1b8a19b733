//! Strings, booleans and numbers.

use std::borrow::Cow;

use super::{Slot, Value, View};

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

/// Implements [`Value`], [`Text`] and [`Kind`](super::Kind) for a type that is a string in JSON, by functions from and to
/// it.
macro_rules! text_value {
    ($name:ident, $from:expr, $kind:ident($to:expr)) => {
        impl $crate::object::Value for $name {
            fn blank() -> Self {
                $from("")
            }

            fn slot(&mut self) -> $crate::object::Slot<'_> {
                $crate::object::Slot::Text(self)
            }

            fn view(&self) -> $crate::object::View<'_> {
                $crate::object::text_value!(@view $kind $to(self).into())
            }
        }

        impl $crate::object::Text for $name {
            fn set(&mut self, text: &str) -> Result<(), &'static str> {
                *self = $from(text);
                Ok(())
            }
        }

        impl $crate::object::Kind for $name {
            const KIND: $crate::object::ParameterKind = $crate::object::ParameterKind::$kind;
        }

        $crate::object::serde_by_value!($name, text);
    };
    (@view Secret $text:expr) => {
        $crate::object::View::Secret($text)
    };
    (@view $kind:ident $text:expr) => {
        $crate::object::View::Text($text)
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
        $crate::object::read::read_text(&mut $value, $deserializer)?
    };
    (@read object $value:ident $deserializer:ident) => {
        $crate::object::read::read(&mut $value, $deserializer)?
    };
    (@read json $value:ident $deserializer:ident) => {
        if let $crate::object::Slot::Json(json) = $crate::object::Value::slot(&mut $value) {
            *json = serde::Deserialize::deserialize($deserializer)?;
        }
    };
}
pub(crate) use serde_by_value;
