//! How a struct is read from a JSON object and written back.
//!
//! [`json_object!`] takes the place of serde's derive. It compiles to a fraction of the code, which
//! matters for the size of this API, and it has the rules of this crate built in: `null` is the same
//! as absent, a list may be missing, unknown fields are kept, and all of it is written back as it came.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::MapAccess, ser::SerializeMap};

use crate::Extra;

/// How a field without a value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// As `null`.
    Null,
    /// As an empty list.
    Empty,
}

/// A type that a field may have which does not have to be there.
pub trait Field {
    /// What is read from an absent field and from `null`.
    fn absent() -> Self;
    /// Whether there is nothing to write.
    fn is_blank(&self) -> bool;
}

impl<T> Field for Option<T> {
    fn absent() -> Self {
        None
    }

    fn is_blank(&self) -> bool {
        self.is_none()
    }
}

impl<T> Field for Vec<T> {
    fn absent() -> Self {
        Self::new()
    }

    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}

/// The field name of a Rust identifier: without the `r#` of a raw one.
#[must_use]
pub const fn wire_name(identifier: &'static str) -> &'static str {
    match identifier.as_bytes() {
        [b'r', b'#', name @ ..] => match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => identifier,
        },
        _ => identifier,
    }
}

/// Reads an object's key: `Ok` is its place among the known names, `Err` the text of an unknown one.
#[derive(Clone, Copy, Debug)]
pub struct KeySeed(pub &'static [&'static str]);

impl<'de> serde::de::DeserializeSeed<'de> for KeySeed {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl serde::de::Visitor<'_> for KeySeed {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key).ok_or_else(|| key.to_owned()))
    }
}

/// Reads the value of an optional field into `field`.
#[doc(hidden)]
pub fn read<'de, A: MapAccess<'de>, T: Field + Deserialize<'de>>(
    map: &mut A,
    name: &'static str,
    field: &mut T,
    extra: &mut Extra,
) -> Result<(), A::Error> {
    *field = match map.next_value::<Option<T>>()? {
        Some(value) => {
            if value.is_blank() {
                extra.note(name, Blank::Empty);
            }
            value
        }
        None => {
            extra.note(name, Blank::Null);
            T::absent()
        }
    };
    Ok(())
}

/// Writes an optional field: its value, or without one the way in which it came without one.
#[doc(hidden)]
pub fn write<M: SerializeMap, T: Field + Serialize>(
    map: &mut M,
    name: &'static str,
    field: &T,
    extra: &Extra,
) -> Result<(), M::Error> {
    if !field.is_blank() {
        return map.serialize_entry(name, field);
    }
    match extra.blank(name) {
        Some(Blank::Null) => map.serialize_entry(name, &None::<()>),
        Some(Blank::Empty) => map.serialize_entry(name, field),
        None => Ok(()),
    }
}

/// Implements `Serialize`, `Deserialize` and a constructor for a struct that is a JSON object.
///
/// ```text
/// json_object! {
///     Name { required: TypeOfRequired } [optional, fields, and, lists] extra
/// }
/// ```
///
/// `extra` stands for a field `extra: Extra`; without it unknown fields are dropped, which is right
/// for requests. The constructor `new` takes the required fields.
#[doc(hidden)]
#[macro_export]
macro_rules! json_object {
    ($name:ident { $($required:ident: $type:ty),* } [$($optional:ident),* $(,)?] $($extra:ident)?) => {
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

        $crate::json_object!(@serde $name { $($required: $type),* } [$($optional),*] $($extra)?);
    };
    (@serde $name:ident { $($required:ident: $type:ty),* } [$($optional:ident),* $(,)?] $($extra:ident)?) => {
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                use $crate::__private::{serde::ser::SerializeMap, wire_name, write};

                #[allow(unused_variables, reason = "requests have no `extra` to consult")]
                let extra = &$crate::Extra::default();
                $(let extra = &self.$extra;)?
                let mut map = serializer.serialize_map(None)?;
                $(map.serialize_entry(wire_name(stringify!($required)), &self.$required)?;)*
                $(write(&mut map, wire_name(stringify!($optional)), &self.$optional, extra)?;)*
                for (name, value) in extra.iter() {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: $crate::__private::serde::Deserializer<'de>,
            {
                use $crate::__private::{Field, KeySeed, read, serde::de, wire_name};

                #[allow(non_camel_case_types, reason = "one variant per field, named after it")]
                enum Place { $($required,)* $($optional,)* }

                struct Visitor;

                impl<'de> de::Visitor<'de> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        const NAMES: &[&str] =
                            &[$(wire_name(stringify!($required)),)* $(wire_name(stringify!($optional)),)*];
                        $(let mut $required: Option<$type> = None;)*
                        $(let mut $optional = Field::absent();)*
                        let mut unknown = $crate::Extra::default();
                        while let Some(key) = map.next_key_seed(KeySeed(NAMES))? {
                            match key {
                                $(Ok(place) if place == Place::$required as usize => {
                                    $required = map.next_value()?;
                                })*
                                $(Ok(place) if place == Place::$optional as usize => {
                                    read(&mut map, wire_name(stringify!($optional)), &mut $optional, &mut unknown)?;
                                })*
                                Ok(_) => {}
                                Err(name) => unknown.insert(name, map.next_value()?),
                            }
                        }
                        Ok($name {
                            $($required: $required.ok_or_else(|| de::Error::missing_field(wire_name(stringify!($required))))?,)*
                            $($optional,)*
                            $($extra: unknown,)?
                        })
                    }
                }

                deserializer.deserialize_map(Visitor)
            }
        }
    };
}
