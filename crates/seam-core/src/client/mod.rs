//! The client and its settings: where Seam is, with which credentials, and by which clock.

mod base_url;
mod builder;
#[expect(clippy::module_inception, reason = "the client is a part of what belongs to it")]
mod client;
pub(crate) mod clock;
mod credentials;
mod environment;
mod timer;

pub use base_url::is_loopback;
pub use builder::{Builder, DEFAULT_DEADLINE, DEFAULT_RESPONSE_LIMIT};
pub use client::Seam;
pub use clock::{Clock, Sleep, SystemClock};
pub use credentials::{CredentialKind, Credentials};
pub use environment::Environment;
