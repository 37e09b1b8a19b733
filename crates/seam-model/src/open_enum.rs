//! Open enums: enums of known strings that keep unknown ones.

use std::fmt;

/// A value for which this version of the crate has no variant, kept as Seam wrote it.
///
/// It can only be created by converting a string to an enum. A known value therefore always has its own variant, and
/// two values of an enum compare equal regardless of how they were created.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(value: String) -> Self {
        Self(value.into_boxed_str())
    }

    /// Returns the value as Seam wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Defines an enum over strings that keeps unknown values.
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        ///
        /// Seam adds values without notice: a `match` needs an arm for [`Unknown`](Self::Unknown), and a later version
        /// of this crate may add a variant for a value that is unknown today.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version does not know, kept and serialized unchanged.
            Unknown($crate::UnknownValue),
        }

        #[allow(deprecated, reason = "deprecated values are serialized and deserialized like all others")]
        impl $name {
            /// Returns the value as Seam writes it.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => value.as_str(),
                }
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(value: String) -> Self {
                Self::from(value.as_str())
            }
        }

        #[allow(deprecated, reason = "deprecated values are serialized and deserialized like all others")]
        impl From<&str> for $name {
            #[inline]
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    _ => Self::Unknown($crate::UnknownValue::new(value.to_owned())),
                }
            }
        }

        impl From<&String> for $name {
            #[inline]
            fn from(value: &String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            #[inline]
            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(value))
            }
        }

        impl AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        $crate::id::compare_with_str!($name);

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        $crate::object::text_value!($name, Self::from, Text(Self::as_str));
    };
}
pub(crate) use open_enum;

/// Implements `Field` for an enum that is always present: `Unknown` with an empty string means that the field is
/// absent.
macro_rules! unknown_when_absent {
    ($name:ident) => {
        impl $crate::object::Field for $name {
            #[inline]
            fn absent() -> Self {
                Self::from("")
            }

            #[inline]
            fn set_null(&mut self) {
                *self = Self::from("");
            }

            #[inline]
            fn present(&mut self) -> $crate::object::Slot<'_> {
                $crate::object::Value::slot(self)
            }

            #[inline]
            fn is_absent(&self) -> bool {
                self.as_str().is_empty()
            }

            #[inline]
            fn view(&self) -> $crate::object::View<'_> {
                $crate::object::Value::view(self)
            }
        }
    };
}
pub(crate) use unknown_when_absent;
