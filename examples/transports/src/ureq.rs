//! ureq as a transport: a blocking HTTP stack, on a thread for each exchange. It needs no async runtime.

use std::{
    io::Read,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use futures_channel::oneshot;
use seam_core::{
    Body, Request, RequestExt, Response, Transport, TransportError,
    TransportErrorKind::{self, Interrupted, NotSent, TooLarge},
    async_trait,
    http::Method,
};
use ureq::{
    Agent,
    config::{AutoHeaderValue, Config},
    tls::TlsConfig,
    unversioned::{
        resolver::DefaultResolver,
        transport::{ConnectionDetails, Connector, DefaultConnector, Transport as Socket},
    },
};

/// A transport over ureq.
#[derive(Clone, Debug)]
pub struct UreqTransport {
    config: Config,
    /// The agents that have no running exchange.
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// An agent that runs one exchange at a time, and so has at most one connection.
#[derive(Clone, Debug)]
struct Connection {
    agent: Agent,
    /// Whether a connection is established, on which the request may have been sent.
    is_connected: Arc<AtomicBool>,
}

impl UreqTransport {
    /// Creates a transport that trusts the authorities of `tls`.
    #[must_use]
    pub fn new(tls: TlsConfig) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).tls_config(tls);
        let config = config.max_redirects(0).max_redirects_will_error(false);
        // Disables compression, even if another crate enables the feature `gzip`.
        Self { config: config.accept_encoding(AutoHeaderValue::None).build(), idle: Arc::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for UreqTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let idle = self.idle().pop();
        let connection = idle.unwrap_or_else(|| Connection::new(self.config.clone()));
        let mut running = Running(Some(connection.clone()));
        let (sender, receiver) = oneshot::channel();
        let exchange = move || drop(sender.send(connection.exchange(request)));
        thread::Builder::new().spawn(exchange).map_err(|error| TransportError::new(NotSent, error))?;
        let response = receiver.await.unwrap_or_else(|_| Err(Interrupted.into()))?;
        self.idle().extend(running.0.take());
        Ok(response)
    }
}

/// Closes the connection when an exchange fails or its future is dropped, which ends the thread.
struct Running(Option<Connection>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.agent.shutdown();
        }
    }
}

impl Connection {
    fn new(config: Config) -> Self {
        let is_connected = Arc::new(AtomicBool::new(false));
        let connector = RecordingConnector(DefaultConnector::new(), Arc::clone(&is_connected));
        Self { agent: Agent::with_parts(config, connector, DefaultResolver::default()), is_connected }
    }

    /// Blocks until the response is received.
    fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let response = match *request.method() {
            Method::GET | Method::DELETE => self.agent.run(request.map(drop)),
            _ => self.agent.run(request.map(|body| body.into_bytes().to_vec())),
        };
        let response = response.map_err(|error| {
            let may_be_sent = self.is_connected.load(Relaxed) && !matches!(error, ureq::Error::HostNotFound);
            TransportError::new(if may_be_sent { Interrupted } else { NotSent }, error)
        })?;

        let (head, body) = response.into_parts();
        let mut read = Vec::new();
        let failed = match body.into_reader().take(limit as u64 + 1).read_to_end(&mut read) {
            Err(error) => TransportError::new(TransportErrorKind::Body, error),
            Ok(_) if read.len() > limit => TooLarge.into(),
            Ok(_) => return Ok(Response::from_parts(head, Body::from(read))),
        };
        Err(failed.with_response(head.status, &head.headers))
    }
}

/// A connector that records whether a connection is established, including TLS.
#[derive(Debug)]
struct RecordingConnector(DefaultConnector, Arc<AtomicBool>);

impl Connector for RecordingConnector {
    type Out = Box<dyn Socket>;

    fn connect(&self, details: &ConnectionDetails<'_>, none: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        self.1.store(false, Relaxed);
        let socket = self.0.connect(details, none)?;
        self.1.store(true, Relaxed);
        Ok(socket)
    }
}
