//! The macro that defines the payloads of events.

/// Defines the payloads of all event types, and the conversions between types and payloads.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        /// The fields of one event type.
        ///
        /// Seam adds types without notice: a `match` needs an arm for [`Unknown`](Self::Unknown).
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum EventPayload {
            $($(#[$doc])* $name(Box<$name>),)*
            /// The fields of an event of a type that this version does not know, or without the fields that its type
            /// requires.
            Unknown($crate::Extra),
        }

        #[allow(deprecated, reason = "deprecated events are serialized and deserialized like all others")]
        impl EventPayload {
            /// Returns the event type of this payload; `None` for [`Unknown`](Self::Unknown).
            #[inline]
            #[must_use]
            pub fn event_type(&self) -> Option<$crate::EventType> {
                match self {
                    $(Self::$name(_) => Some($crate::EventType::$name),)*
                    Self::Unknown(_) => None,
                }
            }

            /// Creates the payload of an event type without values.
            #[inline]
            pub(crate) fn empty(event_type: &$crate::EventType) -> Self {
                match event_type {
                    $($crate::EventType::$name => Self::$name($crate::object::Value::empty()),)*
                    _ => Self::Unknown($crate::Extra::default()),
                }
            }

            /// Returns the payload as an object.
            #[inline]
            pub(crate) fn object(&self) -> &dyn $crate::object::Object {
                match self {
                    $(Self::$name(payload) => &**payload,)*
                    Self::Unknown(extra) => extra,
                }
            }

            #[inline]
            pub(crate) fn object_mut(&mut self) -> &mut dyn $crate::object::Object {
                match self {
                    $(Self::$name(payload) => &mut **payload,)*
                    Self::Unknown(extra) => extra,
                }
            }
        }
    };
}
pub(crate) use events;
