//! Secrets: text that opens doors or accounts, and therefore never prints.

use secrecy::{ExposeSecret, SecretString};

/// Defines the newtypes over [`SecretString`] that this module consists of.
macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        ///
        /// `Debug` and `Display` write `***`. The memory is overwritten when the value is dropped.
        /// Serializing writes the value itself, since that is how it reaches Seam.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The value itself. What you do with it is yours to answer for: do not log it.
            #[must_use]
            #[inline]
            pub fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(secret: String) -> Self {
                Self(SecretString::from(secret))
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(secret: &str) -> Self {
                Self(SecretString::from(secret))
            }
        }

        impl From<&String> for $name {
            #[inline]
            fn from(secret: &String) -> Self {
                Self::from(secret.as_str())
            }
        }

        impl From<&$name> for $name {
            #[inline]
            fn from(secret: &$name) -> Self {
                secret.clone()
            }
        }

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.expose_secret() == other.expose_secret()
            }
        }

        impl Eq for $name {}

        impl std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        impl std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad("***")
            }
        }

        $crate::object::text_value!($name, Self::from, Secret(Self::expose_secret));
    )* };
}

secrets! {
    /// The digits (on some locks: letters) that a person types to open a door.
    Pin
    /// The number of a card or a key, from which a copy can be made.
    CardNumber
    /// An address that grants access to its holder, that repeats what a request asked for, or that a user chose and whose user
    /// name or query may hold a credential.
    SecretUrl
    /// A sentence for people, which may quote a PIN or describe where a key is.
    Message
    /// A text to search access codes for, which may be a PIN or a part of one.
    SearchText
    /// An SDP session description: the addresses and keys of a video stream.
    SessionDescription
    /// A credential of the Seam API: an API key, an access token, a session token.
    Token
    /// Your key for an end user. Anyone who has it can act as that user.
    UserIdentifierKey
    /// What webhook deliveries are signed with.
    WebhookSecret
}
