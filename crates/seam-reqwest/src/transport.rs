//! The transport over reqwest, with everything disabled that would send a request more than once.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, Url, redirect};
use seam_core::{
    Body, Error, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
    http::{
        self,
        uri::{Authority, PathAndQuery, Scheme},
    },
    is_loopback,
};
use seam_tokio::{BodyBuffer, Connections, DEFAULT_CONNECT_TIMEOUT, IDLE_TIMEOUT, was_not_processed};
#[cfg(feature = "http2")]
use seam_tokio::{PING_INTERVAL, PING_TIMEOUT};

use crate::{clients::Clients, resolver::SystemResolver, tls::Tls};

/// A timeout that no call reaches.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A [`Transport`](seam_core::Transport) over a [`reqwest::Client`]. It needs a tokio runtime with IO and time enabled.
///
/// Clones share one connection pool. The proxy of the environment is used, except for loopback addresses.
///
/// Idle connections are kept for 50 s. An HTTP/2 connection with requests is pinged after 5 s without data, and closed
/// if the ping is not answered within another 5 s. After a call was dropped without a response, for example by its
/// timeout, the transport uses new connections.
#[derive(Clone)]
pub struct ReqwestTransport {
    connections: Arc<Connections<Clients>>,
    /// The reason why HTTPS cannot be used.
    tls_problem: Option<Arc<str>>,
}

impl ReqwestTransport {
    /// Returns a builder of a transport with its own client.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder { configure: None, connect_timeout: DEFAULT_CONNECT_TIMEOUT }
    }

    /// Creates a transport over your own client, with all its settings, including TLS.
    ///
    /// Disable redirects, retries and cookies of the client: a redirect or a retry can send an action twice. The
    /// timeouts of the client apply too. The transport cannot replace a client that it did not build, so over HTTP/2 an
    /// attempt after a timeout may use the same unresponsive connection: enable HTTP/2 pings, and keep idle connections
    /// for less than 60 s. To change only the proxy, the resolver or the connection pool, use
    /// [`ReqwestTransportBuilder::client`], which keeps the other settings of this transport.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use seam_reqwest::{ReqwestTransport, Seam, reqwest};
    ///
    /// fn over_my_client(client: reqwest::ClientBuilder) -> reqwest::Result<seam_reqwest::Builder> {
    ///     let client = client
    ///         .redirect(reqwest::redirect::Policy::none())
    ///         .retry(reqwest::retry::never())
    ///         .connect_timeout(Duration::from_secs(3))
    ///         .pool_idle_timeout(Duration::from_secs(50))
    ///         .http2_keep_alive_interval(Duration::from_secs(5))
    ///         .http2_keep_alive_timeout(Duration::from_secs(5));
    ///     Ok(Seam::builder(ReqwestTransport::from_client(client.build()?)))
    /// }
    ///
    /// over_my_client(reqwest::Client::builder())?;
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    ///
    /// With `rustls-ring` and without the default features, reqwest has no cryptography provider. Building the client
    /// then panics unless the program installs a `rustls::crypto::CryptoProvider` first or passes a TLS configuration
    /// to the builder.
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self { connections: Arc::new(Connections::fixed(Clients::of(client))), tls_problem: None }
    }
}

impl fmt::Debug for ReqwestTransport {
    /// Omits the clients, because they print their default headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

type Configure = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// A builder of a [`ReqwestTransport`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct ReqwestTransportBuilder {
    configure: Option<Configure>,
    connect_timeout: Duration,
}

impl fmt::Debug for ReqwestTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

impl ReqwestTransportBuilder {
    /// Configures the client, including the one for loopback addresses: proxy, resolver, connection pool, default
    /// headers. `configure` is called with the settings of this transport, and again whenever the transport replaces
    /// its connections.
    ///
    /// The transport overrides the settings for TLS, timeouts, redirects, retries and compression, and disables
    /// `connection_verbose`, which would log keys and PINs. It does not override a cookie store.
    pub fn client(mut self, configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// Sets the timeout for connecting. Defaults to [`DEFAULT_CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Builds the transport. Sends nothing. Also succeeds on a machine without root certificates, for plain HTTP to a
    /// loopback address; HTTPS requests then fail with nothing sent.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when TLS or the client
    /// cannot be configured.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        let Self { configure, connect_timeout } = self;
        let tls = Tls::new()?;
        let tls_problem = tls.problem.as_deref().map(Arc::from);
        let resolver = Arc::new(SystemResolver::new());
        let build = move || {
            let client = || begin(&resolver);
            Ok(match &configure {
                Some(configure) => {
                    // Only the timeout of the call applies. reqwest cannot unset the timeouts of the user, so they are replaced.
                    let client = configure(client()).timeout(FOREVER).read_timeout(FOREVER);
                    Clients::of(finish(client, &tls, connect_timeout)?)
                }
                None => {
                    let client = finish(client(), &tls, connect_timeout)?;
                    let (tls, resolver) = (tls.clone(), Arc::clone(&resolver));
                    Clients::new(client, move || finish(begin(&resolver).no_proxy(), &tls, connect_timeout))
                }
            })
        };
        Ok(ReqwestTransport { connections: Arc::new(Connections::new(build)?), tls_problem })
    }
}

/// Returns a builder with the settings that a user may change.
fn begin(resolver: &Arc<SystemResolver>) -> ClientBuilder {
    let client = Client::builder().dns_resolver(Arc::clone(resolver)).pool_idle_timeout(IDLE_TIMEOUT);
    #[cfg(feature = "http2")]
    let client = client.http2_keep_alive_interval(PING_INTERVAL).http2_keep_alive_timeout(PING_TIMEOUT);
    client
}

/// Builds a client that sends each request at most once.
fn finish(client: ClientBuilder, tls: &Tls, connect_timeout: Duration) -> Result<Client, Error> {
    let client = client
        .connect_timeout(connect_timeout)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // It would log every byte, including keys and PINs.
        .connection_verbose(false)
        // Disabled by default, unless another crate enables the features.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd();
    tls.configure(client)
        .build()
        .map_err(|error| Error::invalid_configuration("cannot configure the HTTP client", error))
}

fn not_sent(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TransportError {
    TransportError::new(TransportErrorKind::NotSent, problem)
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let exchange = self.connections.begin(&request)?;
        if let Some(problem) = self.tls_problem.as_deref().filter(|_| request.uri().scheme() == Some(&Scheme::HTTPS)) {
            exchange.end();
            return Err(not_sent(problem));
        }
        let result = send(&exchange, request).await;
        exchange.end();
        result
    }
}

async fn send(clients: &Clients, request: Request) -> Result<Response, TransportError> {
    let limit = request.response_limit();
    let client = match request.uri().host() {
        Some(host) if is_loopback(host) => clients.loopback().map_err(not_sent)?,
        _ => &clients.client,
    };
    let request = prepare(request)?;

    let mut response = client.execute(request).await.map_err(|error| {
        // A timeout of the connection is both `is_connect` and `is_timeout`.
        let kind = if error.is_connect() || error.is_builder() || was_not_processed(&error) {
            TransportErrorKind::NotSent
        } else if error.is_timeout() {
            TransportErrorKind::Timeout
        } else {
            TransportErrorKind::Interrupted
        };
        failure(kind, error)
    })?;

    let body = match read(&mut response, limit).await {
        Ok(body) => body,
        Err(error) => return Err(error.with_response(response.status(), response.headers())),
    };
    let mut whole = http::Response::new(body);
    *whole.status_mut() = response.status();
    *whole.version_mut() = response.version();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    Ok(whole)
}

/// Converts a request to the type of reqwest. The conversion of reqwest would format the URI.
fn prepare(request: Request) -> Result<reqwest::Request, TransportError> {
    let (parts, body) = request.into_parts();
    let scheme = parts.uri.scheme_str().unwrap_or_default();
    let authority = parts.uri.authority().map_or("", Authority::as_str);
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let url = Url::parse(&[scheme, "://", authority, path].concat()).map_err(not_sent)?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    let body = body.into_bytes();
    if !body.is_empty() {
        *request.body_mut() = Some(body.into());
    }
    Ok(request)
}

/// Reads the body, up to `limit` bytes.
async fn read(response: &mut reqwest::Response, limit: usize) -> Result<Body, TransportError> {
    let mut whole = BodyBuffer::new(response.content_length().unwrap_or(0), limit)?;
    let failed = |error: reqwest::Error| {
        let kind = if error.is_timeout() { TransportErrorKind::Timeout } else { TransportErrorKind::Body };
        failure(kind, error)
    };
    while let Some(part) = response.chunk().await.map_err(failed)? {
        whole.add(part)?;
    }
    whole.finish()
}

/// Wraps an error of reqwest without the URL, whose query must not be logged.
fn failure(kind: TransportErrorKind, error: reqwest::Error) -> TransportError {
    TransportError::new(kind, error.without_url())
}
