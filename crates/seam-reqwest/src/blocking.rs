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
//! The requests are made on one thread in the background. So the calls can be awaited as well, on any async runtime.

use std::sync::Arc;

use seam_core::{Request, Response, Transport, TransportError, TransportErrorKind, async_trait};
use tokio::{runtime::Runtime, task::JoinHandle};

use crate::{Builder, Environment, Error, ReqwestTransport, Seam, build_with_api_key, model};

/// A client with the credentials and the base URL that the environment names.
///
/// # Errors
///
/// Those of [`seam_reqwest::from_env`](crate::from_env).
pub fn from_env() -> Result<Seam, Error> {
    builder()?.environment(Environment::read()?).build()
}

/// A client with an API key, and the base URL that the environment names, if it does.
///
/// # Errors
///
/// Those of [`seam_reqwest::with_api_key`](crate::with_api_key).
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
    let transport = BackgroundTransport::new(ReqwestTransport::builder().build()?)?;
    Ok(Seam::builder(transport).allow_blocking())
}

/// A [`ReqwestTransport`] with a thread and a runtime of its own, which needs neither where it is called.
///
/// With the last of its clones the thread ends, and so do the exchanges that nobody waits for any more.
#[derive(Clone, Debug)]
pub struct BackgroundTransport {
    transport: ReqwestTransport,
    runtime: Arc<Background>,
}

impl BackgroundTransport {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`](crate::ErrorKind::InvalidConfiguration) when no thread can be started.
    pub fn new(transport: ReqwestTransport) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("seam-reqwest")
            .enable_all()
            .build()
            .map_err(|error| Error::invalid_configuration("the thread for requests cannot be started", error))?;
        Ok(Self { transport, runtime: Arc::new(Background(Some(runtime))) })
    }
}

#[async_trait]
impl Transport for BackgroundTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(runtime) = &self.runtime.0 else { return Err(TransportErrorKind::NotSent.into()) };
        let transport = self.transport.clone();
        let mut exchange = Exchange(runtime.spawn(async move { transport.send(request).await }));
        match (&mut exchange.0).await {
            Ok(result) => result,
            Err(error) => Err(TransportError::new(TransportErrorKind::Other, error)),
        }
    }
}

/// An exchange on the other thread, which ends when nobody waits for it any more.
struct Exchange(JoinHandle<Result<Response, TransportError>>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The runtime; `None` only while it is dropped.
#[derive(Debug)]
struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which must not be done on the thread of another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
