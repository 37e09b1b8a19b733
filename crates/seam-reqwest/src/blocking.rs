//! Clients for programs without async: the same calls, which end in `block()` instead of `.await`.
//!
//! ```no_run
//! fn main() -> Result<(), seam_reqwest::Error> {
//!     let seam = seam_reqwest::blocking::from_env()?;
//!     for device in seam.devices().list().items().blocking() {
//!         println!("{}", device?.device_id);
//!     }
//!     seam.locks().unlock_door("front-door").and_wait().block()?;
//!     Ok(())
//! }
//! ```
//!
//! The requests are sent by a background thread, so the calls can also be awaited, on any async runtime.

pub use seam_tokio::BackgroundTransport;

use crate::{Builder, Environment, Error, ReqwestTransport, Seam, build_with_api_key, model};

/// Creates a client with the credentials and the base URL of the environment.
///
/// # Errors
///
/// Returns the errors of [`seam_reqwest::from_env`](crate::from_env).
pub fn from_env() -> Result<Seam, Error> {
    builder()?.environment(Environment::read()?).build()
}

/// Creates a client with an API key, and the base URL of the environment if it is set.
///
/// # Errors
///
/// Returns the errors of [`seam_reqwest::with_api_key`](crate::with_api_key).
pub fn with_api_key(key: impl Into<model::Token>) -> Result<Seam, Error> {
    build_with_api_key(builder()?, key)
}

/// Returns a builder of a client that allows blocking, over a [`BackgroundTransport`].
///
/// # Errors
///
/// Returns [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) when TLS cannot be configured,
/// or no thread can be started.
pub fn builder() -> Result<Builder, Error> {
    let transport = BackgroundTransport::new(ReqwestTransport::builder().build()?)?;
    Ok(Seam::builder(transport).allow_blocking())
}
