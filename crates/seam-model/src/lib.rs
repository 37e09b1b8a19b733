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
//!     // A PIN does not print.
//!     println!("{code:?}");
//!     assert_eq!(code.code.as_ref().map(|pin| pin.expose_secret()), Some("1988"));
//!
//!     // For a test, a value in one line.
//!     let expected = AccessCode::new("26d6138c").name("Guest").code("1988").r#type("ongoing");
//!     assert_eq!(code, expected);
//!     Ok(())
//! }
//! ```
//!
//! # Start here
//!
//! | To | See |
//! |---|---|
//! | call Seam | the crate `seam-reqwest`, whose `model` is this crate |
//! | read a device, an access code, an event | [`Device`], [`AccessCode`], [`Event`] |
//! | compare and store ids | [`DeviceId`] and its kin |
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
//! # Reading anything Seam sends
//!
//! A resource decodes as long as its own id is there. Everything else is optional, because servers of different ages
//! leave different things out:
//!
//! * a field that is absent or `null` is `None`; a list that is absent or `null` is empty;
//! * an enum value that this version does not know is kept ([`AccessCodeType::Unknown`]);
//! * a field that this version does not know is kept in [`Extra`];
//! * a value of another type than expected is kept in [`Extra`] too, and its field is `None`. An entry of a list that is not
//!   of the expected type is left out and kept.
//!
//! A struct of your own is read as serde reads it: an id that is a number or a [`Timestamp`] without an offset is an error
//! there.
//!
//! What was read is written back as it came, down to a `null` that could have been left out. (Numbers of
//! unknown fields are those of JavaScript, as Seam's are: more than 17 digits are rounded.)
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
//! A [`Pin`] opens a door, a [`Token`] opens all of them, and a [`SecretUrl`] may do either. None of them
//! can be printed: `Debug` and `Display` write `***`, and [`Pin::expose_secret`] is the one way to
//! read it.
//!
//! # Ids, enums and strings
//!
//! An id is made of any string. Ids and open enums are compared with strings, and a map with ids as its keys is searched by
//! a string:
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
//! The text of a timestamp is as Seam wrote it, with its offset from UTC, so it does not sort by time; the other columns do.
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

/// What the macros of this crate expand to. Not part of its interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::mismatch::{Mismatches, Step, placed, record};
    pub use crate::object::{
        Field, Fields, FieldsMut, Kind, Names, Object, ParameterKind, SECRET, Slot, Table, Value, View, debug, equal,
        read::{read, read_optional},
        wire_name, write,
    };
    pub use serde;
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
