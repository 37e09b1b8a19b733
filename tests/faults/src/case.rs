//! Cases: what a server does, what the caller must get, and how many requests may reach the server.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use rustls::ServerConfig;
use seam_core::{Builder, Credentials, Error, ErrorKind, Seam, Transport, TransportErrorKind};

use seam_mock::transport_kit::{Script, Server};

use crate::{Canaries, Impatient, KEY, PIN, Stack};

type Check = (&'static str, Arc<dyn Fn(&Error) -> bool + Send + Sync>);

/// What a caller must get, and how many requests may reach the server.
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

/// An error of this kind, after one request.
#[must_use]
pub fn expect(kind: ErrorKind) -> Expected {
    Expected { kind: Some(kind), transport: None, status: None, requests: 1, checks: Vec::new() }
}

impl Expected {
    /// A value, after one request.
    #[must_use]
    pub fn ok() -> Self {
        Self { kind: None, transport: None, status: None, requests: 1, checks: Vec::new() }
    }

    /// With this conclusion of the transport's.
    #[must_use]
    pub fn transport(mut self, kind: TransportErrorKind) -> Self {
        self.transport = Some(kind);
        self
    }

    /// With this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// After this many requests that reached the server whole.
    #[must_use]
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// With something else that must be so.
    #[must_use]
    pub fn that(mut self, what: &'static str, check: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.checks.push((what, Arc::new(check)));
        self
    }

    /// Compares it with what came.
    ///
    /// # Errors
    ///
    /// What was not as it must be.
    pub fn judge(&self, result: Result<(), Error>, requests: usize) -> Run {
        if requests != self.requests {
            return Err(format!("{requests} requests reached the server, not {}: {result:?}", self.requests));
        }
        let error = match (result, self.kind) {
            (Ok(()), None) => return Ok(()),
            (Ok(()), Some(kind)) => return Err(format!("a value came, and not {kind:?}")),
            (Err(error), None) => return Err(format!("a value was expected, and not {error:?}")),
            (Err(error), Some(_)) => error,
        };
        if let Some(found) = Canaries::new().find_in_error(&error) {
            return Err(format!("a secret is shown: {found}"));
        }
        let found = (
            Some(error.kind()),
            self.transport.and(error.transport_error_kind()),
            self.status.and(error.status()).map(|status| status.as_u16()),
        );
        if found != (self.kind, self.transport, self.status) {
            return Err(format!("expected {:?}, and got {error:?}", (self.kind, self.transport, self.status)));
        }
        for (what, check) in &self.checks {
            if !check(&error) {
                return Err(format!("not {what}: {error:?}"));
            }
        }
        let is_open = error.kind() == ErrorKind::OutcomeUnknown;
        if is_open && (error.is_not_sent() || !error.may_have_been_applied()) {
            return Err(format!("an unknown outcome that claims to know: {error:?}"));
        }
        Ok(())
    }
}

/// What came of a case: nothing to say, or what was not as it must be.
pub type Run = Result<(), String>;

/// A server and a client that talks to it.
#[derive(Debug)]
pub struct Network {
    /// The server; `None` where there is none to talk to.
    pub server: Option<Server>,
    /// The client. It retries without pauses, and has 10 s for each call.
    pub seam: Seam,
    /// Its clock.
    pub clock: Impatient,
}

impl Network {
    /// A server that speaks plain HTTP, and a client.
    ///
    /// # Errors
    ///
    /// When this machine has no port or no TLS.
    pub async fn http(script: Script) -> Result<Self, String> {
        let server = Server::start(script).map_err(|error| error.to_string())?;
        Self::over(Stack::of_environment().transport().build()?, &server.url(), Some(server))
    }

    /// A server that speaks HTTP over TLS, and a client that trusts what this machine trusts.
    ///
    /// # Errors
    ///
    /// When this machine has no port or no TLS.
    pub async fn https(script: Script, config: Arc<ServerConfig>) -> Result<Self, String> {
        let server = Server::start_tls(config, script).map_err(|error| error.to_string())?;
        Self::over(Stack::of_environment().transport().build()?, &server.url(), Some(server))
    }

    /// A client over `transport` that talks to `url`.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used.
    pub fn over(transport: impl Transport, url: &str, server: Option<Server>) -> Result<Self, String> {
        Self::build(Seam::builder(transport), url, server)
    }

    /// A client of `builder` that talks to `url`.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used.
    pub fn build(builder: Builder, url: &str, server: Option<Server>) -> Result<Self, String> {
        let clock = Impatient::default();
        let seam = Credentials::api_key(KEY).and_then(|key| {
            let builder = builder.credentials(key).base_url(url).clock(clock.clone());
            // Hosts of the tests' own, which only their resolvers know.
            builder.allow_plain_http().timeout(Duration::from_secs(10)).build()
        });
        Ok(Self { server, seam: seam.map_err(|error| error.to_string())?, clock })
    }

    /// How many requests reached the server.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.server.as_ref().map_or(0, |server| server.record().request_count())
    }

    /// A read that carries the PIN: it looks for a code.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub async fn read(&self, timeout: Duration) -> Result<(), Error> {
        self.seam.access_codes().unmanaged().get_by_code("front-door", PIN).with_timeout(timeout).await.map(drop)
    }

    /// An action that carries the PIN: it makes a code.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub async fn act(&self, timeout: Duration) -> Result<(), Error> {
        self.seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await.map(drop)
    }
}

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One row of the matrix.
pub struct Case {
    /// What happens, in words.
    pub name: String,
    run: Box<dyn Fn() -> Boxed<Run> + Send + Sync>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

impl Case {
    /// A case that judges for itself.
    pub fn new<F: Future<Output = Run> + Send + 'static>(
        name: impl Into<String>,
        run: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), run: Box::new(move || Box::pin(run())) }
    }

    /// A read over a network that `connect` makes.
    pub fn read<F: Future<Output = Result<Network, String>> + Send + 'static>(
        name: impl AsRef<str>,
        connect: impl Fn() -> F + Send + Sync + 'static,
        timeout: Duration,
        expected: Expected,
    ) -> Self {
        Self::judged(format!("{}: a read", name.as_ref()), connect, timeout, expected, false)
    }

    /// An action over a network that `connect` makes.
    pub fn action<F: Future<Output = Result<Network, String>> + Send + 'static>(
        name: impl AsRef<str>,
        connect: impl Fn() -> F + Send + Sync + 'static,
        timeout: Duration,
        expected: Expected,
    ) -> Self {
        Self::judged(format!("{}: an action", name.as_ref()), connect, timeout, expected, true)
    }

    fn judged<F: Future<Output = Result<Network, String>> + Send + 'static>(
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
                expected.judge(result, network.requests())
            }
        })
    }

    /// A read and an action over plain HTTP, with ten seconds each.
    #[must_use]
    pub fn both(name: &str, script: Script, read: Expected, action: Expected) -> [Self; 2] {
        Self::both_within(name, Duration::from_secs(10), script, read, action)
    }

    /// A read and an action over plain HTTP, with so long for each.
    #[must_use]
    pub fn both_within(name: &str, timeout: Duration, script: Script, read: Expected, action: Expected) -> [Self; 2] {
        let again = script.clone();
        [
            Self::read(name, move || Network::http(script.clone()), timeout, read),
            Self::action(name, move || Network::http(again.clone()), timeout, action),
        ]
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// What was not as it must be.
    pub async fn run(&self) -> Run {
        (self.run)().await
    }
}
