//! The macros for types that are a string, or any value, in JSON.

/// Implements [`Value`] and [`Kind`](super::Kind) for a type that is a string in JSON, with the given conversions, and
/// [`Text`] unless the type is a newtype over a string or a secret.
macro_rules! text_value {
    ($name:ident, $from:expr, $kind:ident($to:expr)) => {
        impl $crate::object::Value for $name {
            #[inline]
            fn empty() -> Self {
                $from("")
            }

            #[inline]
            fn slot(&mut self) -> $crate::object::Slot<'_> {
                $crate::object::text_value!(@slot $kind self)
            }

            #[inline]
            fn view(&self) -> $crate::object::View<'_> {
                $crate::object::text_value!(@view $kind $to(self).into())
            }
        }

        $crate::object::text_value!(@text $kind $name $from);

        impl $crate::object::Kind for $name {
            const KIND: $crate::object::ParameterKind = $crate::object::ParameterKind::$kind;
        }

        $crate::object::serde_by_value!($name, text);
    };
    (@slot Id $value:ident) => {
        $crate::object::Slot::String(&mut $value.0)
    };
    (@slot Secret $value:ident) => {
        $crate::object::Slot::Secret(&mut $value.0)
    };
    (@slot Text $value:ident) => {
        $crate::object::Slot::Text($value)
    };
    (@text Text $name:ident $from:expr) => {
        impl $crate::object::Text for $name {
            #[inline]
            fn set(&mut self, text: &str) -> Result<(), &'static str> {
                *self = $from(text);
                Ok(())
            }
        }
    };
    (@text $kind:ident $name:ident $from:expr) => {};
    (@view Secret $text:expr) => {
        $crate::object::View::Secret($text)
    };
    (@view $kind:ident $text:expr) => {
        $crate::object::View::Text($text)
    };
}
pub(crate) use text_value;

/// Implements `Serialize` and `Deserialize` through [`Value`], for a type that is a string, an object or any value in
/// JSON.
macro_rules! serde_by_value {
    ($name:ident, $kind:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::object::Value::view(self).serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut value = <Self as $crate::object::Value>::empty();
                $crate::object::serde_by_value!(@read $kind value deserializer);
                Ok(value)
            }
        }
    };
    (@read text $value:ident $deserializer:ident) => {
        $crate::object::read::read_text($crate::object::Value::slot(&mut $value), $deserializer)?
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
