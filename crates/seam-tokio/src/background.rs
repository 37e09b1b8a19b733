//! A transport on a thread of its own, for programs without async.

use std::{sync::Arc, thread};

use seam_core::{Error, Request, Response, Transport, TransportError, TransportErrorKind, async_trait};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

use crate::runtime::Process;

/// A transport with a thread and a tokio runtime of its own, which needs neither where it is called.
///
/// With the last of its clones the thread ends, and so do the exchanges whose calls were dropped. A forked child does
/// not have the thread: a client that was built before the fork fails there with nothing sent, so build one in the child.
#[derive(Debug)]
pub struct BackgroundTransport<T> {
    transport: Arc<T>,
    runtime: Arc<Background>,
    process: Process,
}

impl<T: Transport> BackgroundTransport<T> {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when no thread can be started.
    pub fn new(transport: T) -> Result<Self, Error> {
        let failed = |error| Error::invalid_configuration("the thread for requests cannot be started", error);
        // A runtime with threads of its own would panic if it cannot start them.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, until_end) = oneshot::channel::<()>();
        let run = move || {
            // It ends when the other half is dropped.
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
        // In a forked child nothing would ever run.
        self.process.check().map_err(|problem| TransportError::new(TransportErrorKind::NotSent, problem))?;
        let transport = Arc::clone(&self.transport);
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use seam_core::{Credentials, Seam, transport_fn};

    use super::*;

    /// Forking takes unsafe code, so a test can only make a transport believe that it was built in another process.
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
