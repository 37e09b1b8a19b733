//! A whole Seam in memory: [`FakeSeam`], in process or on a port, and the program `fake-seam`.
//!
//! The examples in `docs/examples` of the repository run against it. `test_doubles` shows a test with it, and
//! `receive_webhooks` a program that it sends webhooks to.

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
