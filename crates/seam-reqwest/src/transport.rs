//! The transport: one exchange by reqwest, with everything off that would send more than one.

#[cfg(feature = "http2")]
use std::error::Error as _;
use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, ClientBuilder, Url, redirect};
use seam_core::{
    Body, Bytes, Error, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
    http::{
        self,
        uri::{Authority, PathAndQuery, Scheme},
    },
    is_loopback,
};

use seam_tokio::{Connections, DEFAULT_CONNECT_TIMEOUT, IDLE_TIMEOUT};
#[cfg(feature = "http2")]
use seam_tokio::{PING_INTERVAL, PING_TIMEOUT};

use crate::{clients::Clients, resolver::SystemResolver, tls::Tls};

/// Longer than any call takes.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Sends requests with a [`reqwest::Client`], on a tokio runtime that has IO and time enabled.
///
/// Its clones share one pool of connections. A proxy that the environment names is used, except for
/// requests to this machine.
///
/// Connections are kept for 50 s without a request. HTTP/2 connections are pinged while they have requests and say nothing
/// for 5 s; one that does not answer within another 5 s is given up. After a call that was dropped unanswered, by its
/// timeout say, the transport uses new connections.
#[derive(Clone)]
pub struct ReqwestTransport {
    connections: Arc<Connections<Clients>>,
    /// Why HTTPS cannot be used.
    tls_problem: Option<Arc<str>>,
}

impl ReqwestTransport {
    /// Begins to build a transport with a client of its own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder { configure: None, connect_timeout: DEFAULT_CONNECT_TIMEOUT }
    }

    /// A transport with a client that is yours in everything, TLS too.
    ///
    /// What it does with redirects, retries and cookies is not overruled, so turn them off: a redirect that is
    /// followed, or a retry, can send an action twice. Its timeouts are its own as well. The transport cannot replace a
    /// client that it did not build, so over HTTP/2 an attempt after a timeout may use the same silent connection: let
    /// HTTP/2 ping, and keep idle connections for less than 60 s. Where only a proxy, a resolver or the pool
    /// are to be yours, [`ReqwestTransportBuilder::client`] takes care of all that.
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
    /// With `rustls-ring` and without the default features, reqwest has no cryptography of its own, and building the client
    /// panics unless the program installs a `rustls::crypto::CryptoProvider` first or gives the builder a TLS configuration.
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self { connections: Arc::new(Connections::fixed(Clients::of(client))), tls_problem: None }
    }
}

impl fmt::Debug for ReqwestTransport {
    /// Leaves the clients out, since they print their default headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

type Configure = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;

/// The settings of a [`ReqwestTransport`] in the making.
#[must_use = "a builder does nothing until it builds"]
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
    /// Changes the client: your proxy, resolver, pool, default headers, for requests to this machine too. `configure` is
    /// called with the settings of this transport, and again whenever it replaces its connections.
    ///
    /// Its settings for TLS, timeouts, redirects, retries and compression are overruled by those of this transport, and
    /// `connection_verbose`, which would log keys and PINs. What it does with cookies is yours.
    pub fn client(mut self, configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// How long to try to connect, [`DEFAULT_CONNECT_TIMEOUT`] unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Makes the transport. Nothing is sent. On a machine without certificates to trust it can be built, for plain HTTP to
    /// that machine; an HTTPS request then fails with nothing sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when TLS or the client cannot be
    /// set up.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        let Self { configure, connect_timeout } = self;
        let tls = Tls::new()?;
        let tls_problem = tls.problem.as_deref().map(Arc::from);
        let resolver = Arc::new(SystemResolver::new());
        let build = move || {
            let client = || begin(&resolver);
            Ok(match &configure {
                Some(configure) => {
                    // The timeout of the call is what counts. There is no way to have none that were set before.
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

/// A client with the settings that a user may change.
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
        // It logs every byte, keys and PINs too.
        .connection_verbose(false)
        // Off already, but for features that another crate may have turned on.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd();
    tls.configure(client)
        .build()
        .map_err(|error| Error::invalid_configuration("the HTTP client cannot be set up", error))
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
        // A connection that took too long is a timeout too; a request that took too long is no connection.
        let kind = if error.is_connect() || error.is_builder() || was_not_begun(&error) {
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
    let mut whole = http::Response::new(Body::from(body));
    *whole.status_mut() = response.status();
    *whole.version_mut() = response.version();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    Ok(whole)
}

/// The same request in the form of reqwest. What reqwest has for it prints the URI by way of the formatter.
fn prepare(request: Request) -> Result<reqwest::Request, TransportError> {
    let (parts, body) = request.into_parts();
    let scheme = parts.uri.scheme_str().unwrap_or_default();
    let authority = parts.uri.authority().map_or("", Authority::as_str);
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let url = Url::parse(&[scheme, "://", authority, path].concat()).map_err(not_sent)?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(body.into_bytes().into());
    Ok(request)
}

/// Whether it is certain that no server has begun to carry out a request that has no response: the server says by
/// HTTP/2 that it has not looked at it.
///
/// By RFC 9113, section 8.7, a stream that is refused, or beyond the last one that a GOAWAY names, was not processed in
/// any way. h2 ends no other stream with the GOAWAY of a server.
#[cfg(feature = "http2")]
fn was_not_begun(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(error) = inner.downcast_ref::<h2::Error>() {
            let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return error.is_remote() && (is_refused || error.is_go_away());
        }
        source = inner.source();
    }
    false
}

/// By HTTP/1.1 no server says so.
#[cfg(not(feature = "http2"))]
fn was_not_begun(_: &reqwest::Error) -> bool {
    false
}

/// Reads the body, up to `limit` bytes.
async fn read(response: &mut reqwest::Response, limit: usize) -> Result<Bytes, TransportError> {
    let announced = response.content_length().unwrap_or(0);
    let is_cut = |body: &[u8]| u64::try_from(body.len()).is_ok_and(|length| length < announced);
    if usize::try_from(announced).is_ok_and(|announced| announced <= limit) {
        let mut body = Vec::new();
        loop {
            let chunk = response.chunk().await.map_err(|error| {
                let kind = if error.is_timeout() { TransportErrorKind::Timeout } else { TransportErrorKind::Body };
                failure(kind, error)
            })?;
            match chunk {
                Some(chunk) if chunk.len() > limit - body.len() => break,
                Some(chunk) => body.extend_from_slice(&chunk),
                // By HTTP/2, hyper takes a stream that is reset without an error for a body that ended.
                None if is_cut(&body) => return Err(TransportErrorKind::Body.into()),
                None => return Ok(body.into()),
            }
        }
    }
    Err(TransportErrorKind::TooLarge.into())
}

/// Wraps an error of reqwest's without the URL, whose query has no place in a log.
fn failure(kind: TransportErrorKind, error: reqwest::Error) -> TransportError {
    TransportError::new(kind, error.without_url())
}
