//! An in-memory Seam for tests: all routes, with state, events, webhooks, rate limits, fault injection, and a clock that the
//! test controls. [`FakeSeam`] runs in process; the program `fake-seam` serves it over HTTP.
//!
//! ```
//! use std::time::Duration;
//!
//! use seam_fake::{FRONT_DOOR, FakeSeam};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), seam_core::Error> {
//!     let fake = FakeSeam::new();
//!     let seam = fake.seam();
//!     let code = seam.access_codes().create(FRONT_DOOR).name("Guest").code("482913").await?;
//!     assert!(!code.pending_mutations.is_empty());
//!
//!     // Setting the code takes time on the lock: the test advances the clock instead of waiting.
//!     fake.advance(Duration::from_secs(60));
//!     let code = seam.access_codes().get(code.access_code_id).await?;
//!     assert!(code.pending_mutations.is_empty());
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | get a client | [`FakeSeam::seam`], or [`FakeSeam::builder`] to set its timeouts and retries |
//! | add devices and user identities | [`FakeSeam::add_device`] and the other `add_` methods, `FakeSeam::from_seed` for a seed file |
//! | advance the clock | [`FakeSeam::advance`] |
//! | inject failures | [`FakeSeam::inject`] with a [`Fault`], [`FakeSeam::fail_next_action`] |
//! | inspect the requests | [`FakeSeam::requests_of`] |
//! | serve it to programs in any language | `cargo run -p seam-fake --bin fake-seam -- --seed` |
//! | test a single exchange | the crate `seam-mock` |
//!
//! The guide has pages on [the in-memory Seam](../seam_guide/fake_seam/index.html) and on
//! [testing](../seam_guide/testing/index.html).
//!
//! # Examples
//!
//! The examples in `docs/examples` of the repository run against the fake: `test_doubles` is a test that uses it, and
//! `receive_webhooks` a program that receives its webhooks.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `serve` | yes | `FakeSeam::serve` and the program `fake-seam`; enables `seed-file` |
//! | `seed-file` | yes | `FakeSeam::from_seed`: a building that a TOML or JSON file describes |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod action_attempts;
mod action_plan;
mod additions;
mod auth;
mod builders;
mod call;
#[cfg(feature = "serve")]
mod console;
mod control;
mod control_paths;
mod counter;
mod counts;
mod dependent;
mod device;
mod events;
mod exchange;
mod fake_seam;
mod faults;
mod html;
mod json;
#[cfg(feature = "serve")]
mod log;
mod mask;
mod pending_mutations;
mod projection;
mod providers;
mod rate_limits;
mod reachability;
mod recorded_request;
mod render;
mod request_log;
mod routes;
mod rows;
mod saved_state;
mod scheduler;
mod seeds;
#[cfg(feature = "serve")]
mod server;
mod shape;
mod state;
mod tables;
#[cfg(test)]
mod tests;
mod timers;
mod visibility;
mod webhook_deliveries;
mod webview;

pub use builders::{
    AddedAcsSystem, NewAccessCode, NewAcsSystem, NewDevice, NewSpace, NewUserIdentity, UnknownKindError,
};
pub use fake_seam::{FakeSeam, Start};
pub use faults::{Fault, FaultId};
pub use recorded_request::RecordedRequest;
pub use saved_state::LoadError;
pub use seam_core::test_util::{API_KEY, TestClock};
pub use seeds::building::{
    BACK_DOOR, BUILDING, CODE_WITHOUT_PIN, ENCODER, FRONT_DOOR, GARAGE, GUEST, GUEST_ROOMS, NOISE_SENSOR, OFFICE_DOOR,
    OFFICES, ONGOING_CODE, ROOM_101, ROOM_102, THERMOSTAT, TIME_BOUND_CODE, UNMANAGEABLE_CODE, WORKSPACE,
};
#[cfg(feature = "seed-file")]
pub use seeds::file::{SeedError, SeedProblem};
#[cfg(feature = "serve")]
pub use server::{Serve, Server};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
