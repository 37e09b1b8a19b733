//! The cases of the fault matrix: a server, a call, its expected result, and the expected number of requests.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use rustls::ServerConfig;
use seam_core::{Builder, Credentials, Error, ErrorKind, Seam, Transport, TransportErrorKind};

use seam_mock::transport_kit::{Script, Server};

use crate::{Canaries, ImmediateClock, KEY, PIN, Stack};

/// A description and a predicate of the expected error.
type Check = (&'static str, Arc<dyn Fn(&Error) -> bool + Send + Sync>);

/// The expected result of a call, and the expected number of requests.
#[derive(Clone)]
pub struct Expected {
    kind: Option<ErrorKind>,
    transport: Option<TransportErrorKind>,
    status: Option<u16>,
    requests: usize,
    checks: Vec<Check>,
}

impl std::fmt::Debug for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expected")
            .field("kind", &self.kind)
            .field("transport", &self.transport)
            .field("status", &self.status)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

/// Expects an error of this kind after one request.
#[must_use]
pub fn expect(kind: ErrorKind) -> Expected {
    Expected { kind: Some(kind), transport: None, status: None, requests: 1, checks: Vec::new() }
}

impl Expected {
    /// Expects a value after one request.
    #[must_use]
    pub fn ok() -> Self {
        Self { kind: None, transport: None, status: None, requests: 1, checks: Vec::new() }
    }

    /// Expects this kind of transport error.
    #[must_use]
    pub fn transport(mut self, kind: TransportErrorKind) -> Self {
        self.transport = Some(kind);
        self
    }

    /// Expects an error with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Expects this number of complete requests at the server.
    #[must_use]
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// Expects an error that fulfils a predicate, with a description for the failure message.
    #[must_use]
    pub fn that(
        mut self,
        description: &'static str,
        predicate: impl Fn(&Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.checks.push((description, Arc::new(predicate)));
        self
    }

    /// Compares the expectation with the result of a call and the number of requests.
    ///
    /// # Errors
    ///
    /// The first difference.
    pub fn check(&self, result: Result<(), Error>, requests: usize) -> Run {
        if requests != self.requests {
            return Err(format!("{requests} requests reached the server, expected {}: {result:?}", self.requests));
        }
        let error = match (result, self.kind) {
            (Ok(()), None) => return Ok(()),
            (Ok(()), Some(kind)) => return Err(format!("the call returned a value, expected {kind:?}")),
            (Err(error), None) => return Err(format!("expected a value, found {error:?}")),
            (Err(error), Some(_)) => error,
        };
        if let Some(found) = Canaries::new().find_in_error(&error) {
            return Err(format!("an error contains a secret: {found}"));
        }
        let found = (
            Some(error.kind()),
            self.transport.and(error.transport_error_kind()),
            self.status.and(error.status()).map(|status| status.as_u16()),
        );
        if found != (self.kind, self.transport, self.status) {
            return Err(format!("expected {:?}, found {error:?}", (self.kind, self.transport, self.status)));
        }
        for (description, predicate) in &self.checks {
            if !predicate(&error) {
                return Err(format!("expected an error that is {description}, found {error:?}"));
            }
        }
        let is_unknown = error.kind() == ErrorKind::OutcomeUnknown;
        if is_unknown && (error.is_not_sent() || !error.may_have_been_applied()) {
            return Err(format!("the outcome is unknown, but the error reports it as known: {error:?}"));
        }
        Ok(())
    }
}

/// The result of a case: `Ok`, or a description of the failure.
pub type Run = Result<(), String>;

/// A server, and a client that sends requests to it.
#[derive(Debug)]
pub struct Network {
    /// The server, or `None` if the case has none or starts it separately.
    pub server: Option<Server>,
    /// The client. It retries without pauses, and has a timeout of 10 s for each call.
    pub seam: Seam,
    /// The clock of the client.
    pub clock: ImmediateClock,
}

impl Network {
    /// Starts a server for plain HTTP, and creates a client.
    ///
    /// # Errors
    ///
    /// If no port or no TLS implementation is available.
    pub async fn http(script: Script) -> Result<Self, String> {
        let server = Server::start(script).map_err(|error| error.to_string())?;
        Self::over(Stack::of_environment().transport().build()?, &server.url(), Some(server))
    }

    /// Starts a server for HTTP over TLS, and creates a client that trusts the authorities of the system.
    ///
    /// # Errors
    ///
    /// If no port or no TLS implementation is available.
    pub async fn https(script: Script, config: Arc<ServerConfig>) -> Result<Self, String> {
        let server = Server::start_tls(config, script).map_err(|error| error.to_string())?;
        Self::over(Stack::of_environment().transport().build()?, &server.url(), Some(server))
    }

    /// Creates a client over `transport` for the server at `url`.
    ///
    /// # Errors
    ///
    /// If the URL is not valid.
    pub fn over(transport: impl Transport, url: &str, server: Option<Server>) -> Result<Self, String> {
        Self::build(Seam::builder(transport), url, server)
    }

    /// Builds a client for the server at `url`.
    ///
    /// # Errors
    ///
    /// If the URL is not valid.
    pub fn build(builder: Builder, url: &str, server: Option<Server>) -> Result<Self, String> {
        let clock = ImmediateClock::default();
        let seam = Credentials::api_key(KEY).and_then(|key| {
            let builder = builder.credentials(key).base_url(url).clock(clock.clone());
            // Some tests use host names that only their resolvers know.
            builder.allow_plain_http().timeout(Duration::from_secs(10)).build()
        });
        Ok(Self { server, seam: seam.map_err(|error| error.to_string())?, clock })
    }

    /// Returns the number of requests that reached the server.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.server.as_ref().map_or(0, |server| server.record().request_count())
    }

    /// Sends a read whose request contains the PIN: it gets an access code by its PIN.
    ///
    /// # Errors
    ///
    /// The error of the call.
    pub async fn read(&self, timeout: Duration) -> Result<(), Error> {
        self.seam.access_codes().unmanaged().get_by_code("front-door", PIN).with_timeout(timeout).await.map(drop)
    }

    /// Sends an action whose request contains the PIN: it creates an access code.
    ///
    /// # Errors
    ///
    /// The error of the call.
    pub async fn act(&self, timeout: Duration) -> Result<(), Error> {
        self.seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await.map(drop)
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A case of the fault matrix.
pub struct Case {
    /// The name, which describes the fault.
    pub name: String,
    run: Box<dyn Fn() -> Boxed<Run> + Send + Sync>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

impl Case {
    /// Creates a case from a function that checks its result itself.
    pub fn new<F: Future<Output = Run> + Send + 'static>(
        name: impl Into<String>,
        run: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(move || Box::pin(run())) }
    }

    /// Creates a case with a read over the network that `connect` returns.
    pub fn read<F: Future<Output = Result<Network, String>> + Send + 'static>(
        name: impl AsRef<str>,
        connect: impl Fn() -> F + Send + Sync + 'static,
        timeout: Duration,
        expected: Expected,
    ) -> Self {
        Self::with_call(format!("{}: a read", name.as_ref()), connect, timeout, expected, false)
    }

    /// Creates a case with an action over the network that `connect` returns.
    pub fn action<F: Future<Output = Result<Network, String>> + Send + 'static>(
        name: impl AsRef<str>,
        connect: impl Fn() -> F + Send + Sync + 'static,
        timeout: Duration,
        expected: Expected,
    ) -> Self {
        Self::with_call(format!("{}: an action", name.as_ref()), connect, timeout, expected, true)
    }

    fn with_call<F: Future<Output = Result<Network, String>> + Send + 'static>(
        name: String,
        connect: impl Fn() -> F + Send + Sync + 'static,
        timeout: Duration,
        expected: Expected,
        is_action: bool,
    ) -> Self {
        Self::new(name, move || {
            let (network, expected) = (connect(), expected.clone());
            async move {
                let network = network.await?;
                let result = if is_action { network.act(timeout).await } else { network.read(timeout).await };
                expected.check(result, network.requests())
            }
        })
    }

    /// Creates a case with a read and a case with an action, over plain HTTP and with a timeout of 10 s.
    #[must_use]
    pub fn both(name: &str, script: Script, read: Expected, action: Expected) -> [Self; 2] {
        Self::both_within(name, Duration::from_secs(10), script, read, action)
    }

    /// Creates a case with a read and a case with an action, over plain HTTP and with this timeout.
    #[must_use]
    pub fn both_within(name: &str, timeout: Duration, script: Script, read: Expected, action: Expected) -> [Self; 2] {
        let again = script.clone();
        [
            Self::read(name, move || Network::http(script.clone()), timeout, read),
            Self::action(name, move || Network::http(again.clone()), timeout, action),
        ]
    }

    /// Runs the case.
    ///
    /// # Errors
    ///
    /// A description of the failure.
    pub async fn run(&self) -> Run {
        (self.run)().await
    }
}
