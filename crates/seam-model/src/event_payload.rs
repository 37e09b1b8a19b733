//! The payloads of events: the macro that lists them, and how one is read.

use serde_json::{Map, Value as JsonValue};

use crate::{
    Extra,
    mismatch::Mismatches,
    object::{
        Value,
        read::{Found, read_value},
    },
};

/// Defines the payload of each type of event, and the way from one to the other.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        /// What only events of one type have.
        ///
        /// Seam adds types without notice: a `match` needs an arm for [`Unknown`](Self::Unknown).
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum EventPayload {
            $($(#[$doc])* $name(Box<$name>),)*
            /// The fields of an event whose type this version does not know, or that is not as
            /// its type says.
            Unknown($crate::Extra),
        }

        #[allow(deprecated, reason = "deprecated events are read and written like all others")]
        impl EventPayload {
            /// The type that an event with this payload has. `None` for [`Unknown`](Self::Unknown).
            #[must_use]
            pub fn event_type(&self) -> Option<$crate::EventType> {
                match self {
                    $(Self::$name(_) => Some($crate::EventType::$name),)*
                    Self::Unknown(_) => None,
                }
            }

            pub(crate) fn read(
                event_type: &$crate::EventType,
                fields: serde_json::Map<String, serde_json::Value>,
            ) -> (Self, Option<Box<$crate::mismatch::Mismatches>>) {
                match event_type {
                    $($crate::EventType::$name => $crate::event_payload::read_payload(fields, Self::$name, Self::Unknown),)*
                    _ => (Self::Unknown(fields.into()), None),
                }
            }

            pub(crate) fn fields(&self, visit: &mut $crate::object::Fields<'_>) {
                use $crate::object::Object;

                match self {
                    $(Self::$name(payload) => payload.fields(visit),)*
                    Self::Unknown(extra) => visit($crate::object::NO_NAMES, &[], &[], Some(extra)),
                }
            }
        }
    };
}
pub(crate) use events;

/// Reads a payload; one without the id of its subject is kept unchanged, as `unknown`.
pub(crate) fn read_payload<T: Value, P>(
    fields: Map<String, JsonValue>,
    known: fn(Box<T>) -> P,
    unknown: fn(Extra) -> P,
) -> (P, Option<Box<Mismatches>>) {
    let fields = JsonValue::Object(fields);
    let mut payload = Box::new(T::empty());
    match (read_value(payload.slot(), &fields), fields) {
        (Found::Odd(mut odd), JsonValue::Object(fields)) if odd.is_whole() => {
            // That a field is absent is no mismatch.
            odd.mismatches.retain_members_of(&fields);
            (unknown(fields.into()), Some(Box::new(odd.mismatches)))
        }
        (Found::Odd(odd), _) => (known(payload), Some(Box::new(odd.mismatches))),
        _ => (known(payload), None),
    }
}
