//! The transport over hyper, which sends each request at most once.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::{
    client::{
        legacy::{self, Client, connect::HttpConnector},
        proxy::matcher::Matcher,
    },
    rt::{TokioExecutor, TokioTimer},
};
use seam_core::{
    Body, Bytes, Error, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
    http::{
        Uri,
        header::{Entry, PROXY_AUTHORIZATION},
        uri::Scheme,
    },
};
use seam_tokio::{BodyBuffer, Connections, DEFAULT_CONNECT_TIMEOUT, IDLE_TIMEOUT, Lookups, resolve, was_not_processed};
#[cfg(feature = "http2")]
use seam_tokio::{PING_INTERVAL, PING_TIMEOUT};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
use seam_tokio::{SystemTls, rustls::ClientConfig};

use crate::connector::{Connector, Proxies, Resolve, Resolver, Settings};

/// The interval of TCP keep-alive probes, and the time without data before the first one.
const TCP_KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The number of unanswered probes after which a connection is closed.
const TCP_KEEP_ALIVE_RETRIES: u32 = 3;

/// The maximum time for which sent data may be unacknowledged.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// A [`Transport`](seam_core::Transport) over the client of hyper-util. It needs a tokio runtime with IO and time
/// enabled.
///
/// Clones share one connection pool. The proxy of the environment is used, except for loopback addresses.
///
/// Idle connections are kept for 50 s. An HTTP/2 connection with requests is pinged after 5 s without data, and closed
/// if the ping is not answered within another 5 s. After a call was dropped without a response, for example by its
/// timeout, the transport uses new connections.
#[derive(Clone)]
pub struct HyperTransport {
    connections: Arc<Connections<Client<Connector, Full<Bytes>>>>,
    connector: Connector,
    /// The reason why HTTPS cannot be used.
    tls_problem: Option<Arc<str>>,
}

impl HyperTransport {
    /// Returns a builder of a transport.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder {
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            proxy: Proxy::System,
            resolve: None,
            #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
            tls: None,
            #[cfg(feature = "http2")]
            keep_alive: (PING_INTERVAL, PING_TIMEOUT),
        }
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}

enum Proxy {
    System,
    None,
    Url(String),
}

/// A builder of a [`HyperTransport`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct HyperTransportBuilder {
    connect_timeout: Duration,
    proxy: Proxy,
    resolve: Option<Arc<Resolve>>,
    #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
    tls: Option<ClientConfig>,
    #[cfg(feature = "http2")]
    keep_alive: (Duration, Duration),
}

impl fmt::Debug for HyperTransportBuilder {
    /// Omits the proxy, whose URL may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder").field("connect_timeout", &self.connect_timeout).finish_non_exhaustive()
    }
}

impl HyperTransportBuilder {
    /// Sets the timeout for connecting. Defaults to [`DEFAULT_CONNECT_TIMEOUT`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends all requests through this HTTP proxy instead of that of the environment, including those to loopback
    /// addresses. The URL may contain a user name and a password: `http://user:password@proxy.example:3128`.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::Url(url.into());
        self
    }

    /// Disables the proxy of the environment.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// Sets the resolver of host names. Defaults to that of the operating system. The addresses are tried in order;
    /// with both IPv6 and IPv4 addresses, the second kind is tried concurrently after 300 ms.
    pub fn resolver<F>(mut self, resolve: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<IpAddr>>> + Send + 'static,
    {
        self.resolve = Some(Arc::new(move |host| {
            let found = resolve(host);
            Box::pin(async move { Ok(found.await?.into_iter().map(|address| SocketAddr::new(address, 0)).collect()) })
        }));
        self
    }

    /// Sets the TLS settings, such as for other root certificates or another cryptography provider. The transport sets
    /// ALPN.
    #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
    pub fn tls(mut self, config: ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Sets the time without data after which an HTTP/2 connection with requests is pinged, and the timeout of the
    /// ping. Defaults to 5 s each.
    #[cfg(feature = "http2")]
    pub fn http2_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.keep_alive = (interval, timeout);
        self
    }

    /// Builds the transport. Sends nothing. Also succeeds on a machine without root certificates, for plain HTTP to a
    /// loopback address; HTTPS requests then fail with nothing sent.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when TLS cannot be
    /// configured, or the URL of the proxy is invalid.
    pub fn build(self) -> Result<HyperTransport, Error> {
        let proxies = match self.proxy {
            Proxy::None => Proxies::None,
            Proxy::System => Proxies::System(Matcher::from_system()),
            Proxy::Url(url) => Proxies::All(matcher(url)?),
        };
        let resolver = self.resolve.unwrap_or_else(|| {
            let lookups = Lookups::new();
            Arc::new(move |host| Box::pin(resolve(host, lookups.clone())))
        });
        #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
        let SystemTls { config, problem } = match self.tls {
            Some(config) => SystemTls { config, problem: None },
            None => SystemTls::new()?,
        };
        #[cfg(not(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs")))]
        let problem: Option<String> = None;
        let connector = Connector::new(Settings {
            tcp: tcp(Resolver(resolver), self.connect_timeout),
            #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
            tls_to_proxy: Arc::new(with_alpn(config.clone(), &[])),
            #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
            tls: Arc::new(with_alpn(config, if cfg!(feature = "http2") { &["h2", "http/1.1"] } else { &["http/1.1"] })),
            proxies,
            timeout: self.connect_timeout,
        });
        let mut client = Client::builder(TokioExecutor::new());
        client
            // Only requests that hyper has not begun to send, when a pooled connection closes.
            .retry_canceled_requests(true)
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT);
        #[cfg(feature = "http2")]
        client.http2_keep_alive_interval(self.keep_alive.0).http2_keep_alive_timeout(self.keep_alive.1);
        let connect = connector.clone();
        let connections = Connections::new(move || Ok(client.build(connect.clone())))?;
        Ok(HyperTransport { connections: Arc::new(connections), connector, tls_problem: problem.map(Arc::from) })
    }
}

/// Returns a matcher that sends all requests to this proxy.
fn matcher(proxy: String) -> Result<Matcher, Error> {
    let matcher = Matcher::builder().all(proxy).build();
    match matcher.intercept(&Uri::from_static("https://localhost")) {
        Some(_) => Ok(matcher),
        None => Err(Error::invalid_configuration("the URL of the proxy is invalid", "it is not an HTTP URL")),
    }
}

fn tcp(resolver: Resolver, connect_timeout: Duration) -> HttpConnector<Resolver> {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // The timeout is divided among the addresses.
    tcp.set_connect_timeout(Some(connect_timeout));
    tcp.set_keepalive(Some(TCP_KEEP_ALIVE));
    tcp.set_keepalive_interval(Some(TCP_KEEP_ALIVE));
    tcp.set_keepalive_retries(Some(TCP_KEEP_ALIVE_RETRIES));
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    tcp.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT));
    tcp
}

#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
fn with_alpn(mut config: ClientConfig, protocols: &[&str]) -> ClientConfig {
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    config
}

#[async_trait]
impl Transport for HyperTransport {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let exchange = self.connections.begin(&request)?;
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            if let Some(problem) = self.tls_problem.as_deref() {
                return Err(TransportError::new(TransportErrorKind::NotSent, problem));
            }
        } else if let Some(proxy) = self.connector.proxies().intercept(request.uri()) {
            // Without a tunnel, each request carries the password for the proxy.
            if let (Some(authorization), Entry::Vacant(entry)) =
                (proxy.basic_auth(), request.headers_mut().entry(PROXY_AUTHORIZATION))
            {
                entry.insert(authorization.clone());
            }
        }
        let result = send(&exchange, request).await;
        exchange.end();
        result
    }
}

async fn send(client: &Client<Connector, Full<Bytes>>, request: Request) -> Result<Response, TransportError> {
    let limit = request.response_limit();
    let request = request.map(|body| Full::new(body.into_bytes()));
    let response = client.request(request).await.map_err(|error| {
        let is_not_sent = error.is_connect() || was_canceled(&error) || was_not_processed(&error);
        TransportError::new(
            if is_not_sent { TransportErrorKind::NotSent } else { TransportErrorKind::Interrupted },
            error,
        )
    })?;
    let (head, body) = response.into_parts();
    match read(body, limit).await {
        Ok(body) => Ok(Response::from_parts(head, body)),
        Err(error) => Err(error.with_response(head.status, &head.headers)),
    }
}

/// Returns whether hyper had not begun to send the request when the connection closed.
fn was_canceled(error: &legacy::Error) -> bool {
    let source = std::error::Error::source(error);
    source.and_then(|source| source.downcast_ref::<hyper::Error>()).is_some_and(hyper::Error::is_canceled)
}

/// Reads the body, up to `limit` bytes.
async fn read(mut body: Incoming, limit: usize) -> Result<Body, TransportError> {
    let mut whole = BodyBuffer::new(body.size_hint().lower(), limit)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| TransportError::new(TransportErrorKind::Body, error))?;
        if let Ok(data) = frame.into_data() {
            whole.add(data)?;
        }
    }
    whole.finish()
}
