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

use std::{sync::Arc, thread};

use seam_core::{Request, Response, Transport, TransportError, TransportErrorKind, async_trait};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

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
/// With the last of its clones the thread ends, and so do the exchanges whose calls were dropped. A forked child does
/// not have the thread: a client that was built before the fork fails there with nothing sent, so build one in the child.
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
        let failed = |error| Error::invalid_configuration("the thread for requests cannot be started", error);
        // A runtime with threads of its own would panic if it cannot start them.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, until_end) = oneshot::channel::<()>();
        let run = move || {
            // It ends when the other half is dropped.
            let _ = runtime.block_on(until_end);
        };
        thread::Builder::new().name("seam-reqwest".to_owned()).spawn(run).map_err(failed)?;
        Ok(Self { transport, runtime: Arc::new(Background { handle, _end: end }) })
    }
}

#[async_trait]
impl Transport for BackgroundTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // In a forked child nothing would ever run.
        self.transport.check_process()?;
        let transport = self.transport.clone();
        let mut exchange = Exchange(self.runtime.handle.spawn(async move { transport.send(request).await }));
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

/// The runtime on the other thread.
#[derive(Debug)]
struct Background {
    handle: Handle,
    /// Ends the runtime when it is dropped.
    _end: oneshot::Sender<()>,
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use crate::{Credentials, TokioClock, TransportErrorKind};

    use super::*;

    /// Forking takes unsafe code, so a test can only make a transport believe that it was built in another process.
    #[test]
    fn a_client_of_another_process_sends_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let transport = || ReqwestTransport::builder().build().unwrap().of_parent();
        let seam = |builder: Builder| {
            let builder = builder.credentials(Credentials::api_key("seam_example_key").unwrap());
            builder.base_url(format!("http://{}", listener.local_addr().unwrap())).build().unwrap()
        };
        let blocking = seam(Seam::builder(BackgroundTransport::new(transport()).unwrap()).allow_blocking());
        let action = |seam: Seam| seam.locks().unlock_door("front-door").with_timeout(Duration::from_secs(5));
        let awaited = seam(Seam::builder(transport()).clock(TokioClock));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for error in
            [action(blocking).block().unwrap_err(), runtime.block_on(action(awaited).into_future()).unwrap_err()]
        {
            assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
            assert!(error.to_string().contains("build a client in the child"), "{error}");
        }
        assert!(listener.accept().is_err(), "nothing connected");
    }
}
