//! Clients for programs without async: the same calls, which end in `block()` instead of `.await`.
//!
//! ```no_run
//! fn main() -> Result<(), seam_hyper::Error> {
//!     let seam = seam_hyper::blocking::from_env()?;
//!     for device in seam.devices().list().items().blocking() {
//!         println!("{}", device?.device_id);
//!     }
//!     seam.locks().unlock_door("front-door").and_wait().block()?;
//!     Ok(())
//! }
//! ```
//!
//! The requests are made on one thread in the background. So the calls can be awaited as well, on any async runtime.

pub use seam_tokio::BackgroundTransport;

use crate::{Builder, Environment, Error, HyperTransport, Seam, build_with_api_key, model};

/// A client with the credentials and the base URL that the environment names.
///
/// # Errors
///
/// Those of [`seam_hyper::from_env`](crate::from_env).
pub fn from_env() -> Result<Seam, Error> {
    builder()?.environment(Environment::read()?).build()
}

/// A client with an API key, and the base URL that the environment names, if it does.
///
/// # Errors
///
/// Those of [`seam_hyper::with_api_key`](crate::with_api_key).
pub fn with_api_key(key: impl Into<model::Token>) -> Result<Seam, Error> {
    build_with_api_key(builder()?, key)
}

/// Begins to build a client that may block, over a [`BackgroundTransport`].
///
/// # Errors
///
/// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) when TLS cannot be set up on this machine,
/// or no thread can be started.
pub fn builder() -> Result<Builder, Error> {
    let transport = BackgroundTransport::new(HyperTransport::builder().build()?)?;
    Ok(Seam::builder(transport).allow_blocking())
}
