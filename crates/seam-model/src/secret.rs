//! Secrets: strings that grant access to doors or accounts, and are never printed.

use secrecy::{ExposeSecret, SecretString};

/// Defines newtypes over [`SecretString`].
macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        ///
        /// `Debug` and `Display` write `***`. The memory is zeroed on drop. Serialization writes the value itself,
        /// because requests to Seam must contain it.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Returns the value. Do not log it.
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
    /// The digits (on some locks: letters) that open a door when typed on its keypad.
    Pin
    /// The number of a card or a key, from which a copy can be made.
    CardNumber
    /// A URL that grants access to its holder, that contains parameters of a request, or that a user set and whose user
    /// name or query may contain a credential.
    SecretUrl
    /// A message for users, which may quote a PIN or describe the location of a key.
    Message
    /// A search string for access codes, which may be a PIN or a part of one.
    SearchText
    /// An SDP session description: the addresses and keys of a video stream.
    SessionDescription
    /// A credential of the Seam API: an API key, an access token, a session token.
    Token
    /// Your identifier of an end user. Anyone who knows it can act as that user.
    UserIdentifierKey
    /// The secret that signs webhook deliveries.
    WebhookSecret
}
