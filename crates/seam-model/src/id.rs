//! Identifiers: one type per kind of resource, so that the id of a device cannot be passed as the id of an access code.

/// Defines newtypes over `String`.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        ///
        /// Seam writes UUIDs, but an id is opaque: any string is kept unchanged. A request is rejected before it is
        /// sent if an id is empty or contains whitespace or control characters.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Returns the id as a string.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<&&str> for $name {
            #[inline]
            fn from(id: &&str) -> Self {
                Self::from(*id)
            }
        }

        impl From<&String> for $name {
            #[inline]
            fn from(id: &String) -> Self {
                Self::from(id.as_str())
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            #[inline]
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            #[inline]
            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(id))
            }
        }

        /// Formats the UUID in lowercase with hyphens, as Seam does.
        #[cfg(feature = "uuid")]
        impl From<uuid::Uuid> for $name {
            #[inline]
            fn from(id: uuid::Uuid) -> Self {
                Self(id.to_string())
            }
        }

        #[cfg(feature = "uuid")]
        impl From<&uuid::Uuid> for $name {
            #[inline]
            fn from(id: &uuid::Uuid) -> Self {
                Self(id.to_string())
            }
        }

        $crate::id::compare_with_str!($name);

        /// An id is compared and hashed as its string, so a map with ids as its keys can be looked up by a `&str`.
        impl std::borrow::Borrow<str> for $name {
            #[inline]
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        /// An id owns its string like `String`, and derefs to `&str`. A parameter that is an id takes `impl Into` its
        /// own type, so an id of another kind is still a compile error.
        impl std::ops::Deref for $name {
            type Target = str;

            #[inline]
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }

        $crate::object::text_value!($name, Self::from, Id(Self::as_str));
    )* };
}
pub(crate) use ids;

/// Implements comparisons of a type that has `as_str` with strings, in both directions.
macro_rules! compare_with_str {
    ($name:ident) => {
        impl PartialEq<str> for $name {
            #[inline]
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            #[inline]
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialEq<String> for $name {
            #[inline]
            fn eq(&self, other: &String) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<$name> for str {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                self == other.as_str()
            }
        }

        impl PartialEq<$name> for &str {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                *self == other.as_str()
            }
        }

        impl PartialEq<$name> for String {
            #[inline]
            fn eq(&self, other: &$name) -> bool {
                self == other.as_str()
            }
        }
    };
}
pub(crate) use compare_with_str;
