//! The types of the Seam API: resources, events, ids, open enums, timestamps and secrets, as serde types without I/O.
//!
//! ```
//! use seam_model::{AccessCode, AccessCodeType};
//!
//! fn main() -> Result<(), serde_json::Error> {
//!     let received = r#"{"access_code_id":"26d6138c","name":"Guest","code":"1988","type":"ongoing"}"#;
//!     let code: AccessCode = serde_json::from_str(received)?;
//!     assert_eq!(code.name.as_deref(), Some("Guest"));
//!     assert_eq!(code.r#type, Some(AccessCodeType::Ongoing));
//!
//!     // `Debug` does not print a PIN.
//!     println!("{code:?}");
//!     assert_eq!(code.code.as_ref().map(|pin| pin.expose_secret()), Some("1988"));
//!
//!     // A test creates a value with a constructor and setters.
//!     let expected = AccessCode::new("26d6138c").name("Guest").code("1988").r#type("ongoing");
//!     assert_eq!(code, expected);
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | call Seam | the crate `seam-reqwest`, whose `model` is this crate |
//! | read a device, an access code, an event | [`Device`], [`AccessCode`], [`Event`] |
//! | compare and store ids | [`DeviceId`] and the other id types |
//! | handle times | [`Timestamp`] |
//! | read a PIN or a link | [`Pin`], [`SecretUrl`], [`Token`] |
//! | use a field that this version does not know | [`Extra`] |
//!
//! The [guide](../seam_guide/index.html) has a page on each topic.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `chrono` | no | [`Timestamp`] from any `chrono::DateTime`, and to `chrono::DateTime<Utc>` |
//! | `time` | no | [`Timestamp`] from and to `time::OffsetDateTime` |
//! | `uuid` | no | ids from `uuid::Uuid`; an id that is a UUID is read back by `id.as_str().parse::<Uuid>()` |
//!
//! # Lenient decoding
//!
//! A resource is decoded if it has its own id. All other fields are optional, because servers of different versions
//! omit different fields:
//!
//! * a field that is absent or `null` is `None`; a list that is absent or `null` is empty;
//! * an enum value that this version does not know is kept ([`AccessCodeType::Unknown`]);
//! * a field that this version does not know is kept in [`Extra`];
//! * a value of an unexpected type is kept in [`Extra`] too, and its field is `None`. An entry of a list that is not of
//!   the expected type is removed from the list and kept in [`Extra`].
//!
//! A struct of your own is deserialized strictly: an id that is a number, or a [`Timestamp`] without an offset, is an
//! error there.
//!
//! A value that was deserialized is serialized unchanged, including redundant `null`s. (Numbers of unknown fields are
//! 64-bit floats, as in JavaScript: more than 17 digits are rounded.)
//!
//! ```
//! use seam_model::UnmanagedAccessCode;
//!
//! let sent = r#"{"access_code_id":"26d6138c","name":null,"type":"brand_new","shape":"round"}"#;
//! let code: UnmanagedAccessCode = serde_json::from_str(sent)?;
//! assert_eq!(code.r#type.as_ref().map(|kind| kind.as_str()), Some("brand_new"));
//! assert_eq!(serde_json::to_string(&code)?, sent);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Secrets
//!
//! A [`Pin`] opens a door, a [`Token`] grants access to a workspace, and a [`SecretUrl`] may do either. None of them is
//! printed: `Debug` and `Display` write `***`. Only `expose_secret`, such as [`Pin::expose_secret`], returns the value.
//!
//! # Ids, enums and strings
//!
//! An id is created from any string. Ids and open enums are compared with strings, and a map with ids as its keys can
//! be looked up by a string:
//!
//! ```
//! use std::collections::HashMap;
//!
//! use seam_model::{DeviceId, EventType};
//!
//! let names = HashMap::from([(DeviceId::from("c9cd621d"), "Front door")]);
//! assert_eq!(names.get("c9cd621d"), Some(&"Front door"));
//! assert!(DeviceId::from("c9cd621d") == "c9cd621d" && EventType::LockUnlocked == "lock.unlocked");
//! ```
//!
//! An id of one kind is not accepted where another kind is expected:
//!
//! ```compile_fail
//! # use seam_model::{AccessCodeId, DeviceId};
//! fn unlock(device_id: impl Into<DeviceId>) {}
//!
//! unlock(AccessCodeId::from("26d6138c"));
//! ```
//!
//! # Databases
//!
//! A value is converted where it is bound to a statement (`params![..]` of rusqlite, `.bind(..)` of sqlx), and where it is
//! read from a row (`row.get(..)?`):
//!
//! | Type | Column | To the statement | From the row |
//! |---|---|---|---|
//! | an id, an open enum | text | `id.as_str()` | `DeviceId::from(string)` |
//! | [`Timestamp`] | text | `timestamp.to_string()` | `string.parse::<Timestamp>()?` |
//! | [`Timestamp`] | integer | `jiff::Timestamp::from(&timestamp).as_millisecond()` | `jiff::Timestamp::from_millisecond(integer)?.into()` |
//! | [`Timestamp`] | `TIMESTAMPTZ` | `chrono::DateTime::from(&timestamp)` (feature `chrono`) | `Timestamp::from(date_time)` |
//! | [`Timestamp`] | `TIMESTAMPTZ` | `time::OffsetDateTime::from(&timestamp)` (feature `time`) | `Timestamp::from(date_time)` |
//!
//! The string of a timestamp keeps the offset from UTC that Seam wrote, so it does not sort by time. The other columns
//! do.
//!
//! ```
//! use seam_model::{AccessCodeId, Timestamp};
//!
//! let (id, ends_at) = (AccessCodeId::from("26d6138c"), "2026-01-01T12:00:00.000+01:00".parse::<Timestamp>()?);
//! let row: (&str, i64) = (id.as_str(), jiff::Timestamp::from(&ends_at).as_millisecond());
//! assert_eq!(row, ("26d6138c", 1_767_265_200_000));
//!
//! assert_eq!(AccessCodeId::from(row.0), id);
//! assert_eq!(Timestamp::from(jiff::Timestamp::from_millisecond(row.1)?), ends_at);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod action_attempt;
mod civil;
mod event;
mod event_payload;
pub mod events;
mod extra;
mod generated_code;
mod id;
mod ids;
mod json;
mod metadata;
mod mismatch;
mod object;
mod open_enum;
mod patch;
mod resources;
mod secret;
mod timestamp;

pub use action_attempt::{ActionAttempt, ActionAttemptError, ActionResult, DoorResult};
pub use civil::{IsoDuration, IsoDurationError, TimeOfDay, TimeOfDayError};
pub use event::Event;
pub use events::EventPayload;
pub use extra::Extra;
pub use generated_code::GeneratedCode;
pub use ids::*;
pub use json::Json;
pub use metadata::{CustomMetadata, MetadataValue};
pub use mismatch::Mismatch;
pub use open_enum::UnknownValue;
pub use patch::Patch;
pub use resources::*;
pub use secret::{
    CardNumber, Message, Pin, SearchText, SecretUrl, SessionDescription, Token, UserIdentifierKey, WebhookSecret,
};
pub use timestamp::{Timestamp, TimestampError};

/// Items that the macros of this crate expand to. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::mismatch::{Mismatches, Step, placed, record};
    pub use crate::object::{
        Field, Fields, FieldsMut, Kind, Names, Object, ParameterKind, SECRET, Slot, Table, Value, View, debug, equal,
        index, index_len,
        read::{VALID_KEY, read, read_optional},
        wire_name, write,
    };
    pub use serde;
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
