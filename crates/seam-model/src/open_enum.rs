//! Open enums: the values Seam is known to send, and room for those it will send one day.

use std::fmt;

/// A value that this version of the crate has no variant for, kept as Seam wrote it.
///
/// Only reading an enum makes one, so a known value is always its own variant and comparing two
/// values of an enum is never a matter of how they were made.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(value: String) -> Self {
        Self(value.into_boxed_str())
    }

    /// The value as Seam wrote it.
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

/// Defines an enum over strings that keeps the values it does not know.
macro_rules! open_enum {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        ///
        /// Seam adds values without notice: a `match` needs an arm for [`Unknown`](Self::Unknown),
        /// and a later version may turn what is unknown today into a variant of its own.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that this version does not know, kept and written back as it came.
            Unknown($crate::UnknownValue),
        }

        #[allow(deprecated, reason = "deprecated values are read and written like all others")]
        impl $name {
            /// The value as Seam writes it.
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

        #[allow(deprecated, reason = "deprecated values are read and written like all others")]
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

/// Makes an enum a field that is always there: `Unknown` with an empty string stands for none.
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
