//! A transport on a background thread, for programs without async.

use std::{sync::Arc, thread};

use seam_core::{Error, Request, Response, Transport, TransportError, TransportErrorKind, async_trait};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

use crate::runtime::Process;

/// A transport on a background thread with its own tokio runtime, which can be used without a runtime.
///
/// The thread ends when the last clone is dropped, and so do the exchanges of dropped calls. A forked child process
/// does not have the thread: the calls of a client that was built before the fork fail there, with nothing sent. Build
/// a client in the child.
#[derive(Debug)]
pub struct BackgroundTransport<T> {
    transport: Arc<T>,
    runtime: Arc<Background>,
    process: Process,
}

impl<T: Transport> BackgroundTransport<T> {
    /// Creates a transport and starts its thread.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when no thread can be
    /// started.
    pub fn new(transport: T) -> Result<Self, Error> {
        let failed = |error| Error::invalid_configuration("cannot start the thread for requests", error);
        // A multi-threaded runtime would panic if it could not start its threads.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, until_end) = oneshot::channel::<()>();
        let run = move || {
            // Ends when the sender is dropped.
            let _ = runtime.block_on(until_end);
        };
        thread::Builder::new().name("seam-tokio".to_owned()).spawn(run).map_err(failed)?;
        let runtime = Arc::new(Background { handle, _end: end });
        Ok(Self { transport: Arc::new(transport), runtime, process: Process::current() })
    }
}

impl<T> Clone for BackgroundTransport<T> {
    fn clone(&self) -> Self {
        let (transport, runtime) = (Arc::clone(&self.transport), Arc::clone(&self.runtime));
        Self { transport, runtime, process: self.process }
    }
}

#[async_trait]
impl<T: Transport> Transport for BackgroundTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // In a forked child process the thread does not exist.
        self.process.check().map_err(|problem| TransportError::new(TransportErrorKind::NotSent, problem))?;
        let transport = Arc::clone(&self.transport);
        let mut exchange = Exchange(self.runtime.handle.spawn(async move { transport.send(request).await }));
        match (&mut exchange.0).await {
            Ok(result) => result,
            Err(error) => Err(TransportError::new(TransportErrorKind::Other, error)),
        }
    }
}

/// An exchange on the background thread, which is aborted on drop.
struct Exchange(JoinHandle<Result<Response, TransportError>>);

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The runtime on the background thread.
#[derive(Debug)]
struct Background {
    handle: Handle,
    /// Shuts down the runtime when dropped.
    _end: oneshot::Sender<()>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use seam_core::{Credentials, Seam, transport_fn};

    use super::*;

    /// Forking requires unsafe code, so the test creates a transport with the id of another process.
    #[test]
    fn a_client_of_another_process_sends_nothing() {
        let count = Arc::new(AtomicUsize::new(0));
        let sent = Arc::clone(&count);
        let never = transport_fn(move |_| {
            sent.fetch_add(1, Ordering::SeqCst);
            async { Err(TransportErrorKind::Interrupted.into()) }
        });
        let mut transport = BackgroundTransport::new(never).unwrap();
        transport.process = Process::another();
        let builder = Seam::builder(transport).allow_blocking();
        let seam = builder.credentials(Credentials::api_key("seam_example_key").unwrap()).build().unwrap();
        let error = seam.locks().unlock_door("front-door").block().unwrap_err();
        assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
        assert!(error.to_string().contains("build a client in the child"), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }
}
