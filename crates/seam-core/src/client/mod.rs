//! The client and its settings: base URL, credentials and clock.

mod base_url;
mod builder;
#[expect(clippy::module_inception, reason = "the module of the client also contains its settings")]
mod client;
mod client_session;
pub(crate) mod clock;
mod credential_kind;
mod credentials;
mod environment;
pub(crate) mod instant;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) mod timer;

pub use base_url::is_loopback;
pub use builder::{Builder, DEFAULT_TIMEOUT};
pub use client::Seam;
pub use clock::{Clock, Sleep, SystemClock};
pub use credential_kind::CredentialKind;
pub use credentials::Credentials;
pub use environment::Environment;
pub use instant::Instant;
