//! Connections: to the server or through a proxy, with TLS for HTTPS URLs.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
use hyper_rustls::HttpsConnector;
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::{
    legacy::connect::{Connected, Connection, HttpConnector, dns::Name},
    proxy::matcher::{Intercept, Matcher},
};
use seam_core::{
    http::{Uri, uri::Scheme},
    is_loopback,
};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
use seam_tokio::rustls::ClientConfig;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A function that resolves the addresses of a host. Their ports are ignored.
pub(crate) type Resolve = dyn Fn(String) -> BoxFuture<io::Result<Vec<SocketAddr>>> + Send + Sync;

#[derive(Clone)]
pub(crate) struct Resolver(pub(crate) Arc<Resolve>);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = (self.0)(name.as_str().to_owned());
        Box::pin(async move { Ok(found.await?.into_iter()) })
    }
}

/// The proxies of requests.
pub(crate) enum Proxies {
    None,
    /// The proxies of the environment, except for loopback addresses: these requests must not leave the machine.
    System(Matcher),
    All(Matcher),
}

impl Proxies {
    /// Returns the proxy for a request to this URL.
    pub(crate) fn intercept(&self, url: &Uri) -> Option<Intercept> {
        match self {
            Self::None => None,
            Self::System(_) if url.host().is_none_or(is_loopback) => None,
            Self::System(matcher) | Self::All(matcher) => matcher.intercept(url),
        }
    }
}

/// A connector. Clones share the settings.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Settings>);

pub(crate) struct Settings {
    pub(crate) tcp: HttpConnector<Resolver>,
    #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
    pub(crate) tls: Arc<ClientConfig>,
    /// Like `tls`, without ALPN, because proxies use HTTP/1.1.
    #[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
    pub(crate) tls_to_proxy: Arc<ClientConfig>,
    pub(crate) proxies: Proxies,
    pub(crate) timeout: Duration,
}

impl Connector {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(settings))
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        &self.0.proxies
    }

    async fn connect(self, url: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.0.proxies.intercept(&url) else { return self.direct(url).await };
        if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
            return Err("the proxy for this request is not supported; only HTTP proxies are".into());
        }
        if url.scheme() == Some(&Scheme::HTTPS) {
            return self.tunnel(url, &proxy).await;
        }
        let mut stream = self.to_proxy(proxy.uri().clone()).await?;
        stream.is_proxy = true;
        Ok(stream)
    }
}

#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
impl Connector {
    async fn direct(&self, url: Uri) -> Result<Stream, BoxError> {
        let mut connector = HttpsConnector::from((self.0.tcp.clone(), Arc::clone(&self.0.tls)));
        connector.call(url).await.map(Stream::new)
    }

    async fn to_proxy(&self, proxy: Uri) -> Result<Stream, BoxError> {
        let mut connector = HttpsConnector::from((self.0.tcp.clone(), Arc::clone(&self.0.tls_to_proxy)));
        connector.call(proxy).await.map(Stream::new)
    }

    async fn tunnel(&self, url: Uri, proxy: &Intercept) -> Result<Stream, BoxError> {
        let to_proxy = HttpsConnector::from((self.0.tcp.clone(), Arc::clone(&self.0.tls_to_proxy)));
        let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let mut connector = HttpsConnector::from((tunnel, Arc::clone(&self.0.tls)));
        connector.call(url).await.map(Stream::new)
    }
}

#[cfg(not(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs")))]
impl Connector {
    async fn direct(&self, url: Uri) -> Result<Stream, BoxError> {
        if url.scheme() != Some(&Scheme::HTTP) {
            return Err(
                "HTTPS is not supported; enable one of the features rustls-aws-lc-rs and rustls-ring of seam-hyper"
                    .into(),
            );
        }
        Ok(Stream::new(self.0.tcp.clone().call(url).await?))
    }

    async fn to_proxy(&self, proxy: Uri) -> Result<Stream, BoxError> {
        self.direct(proxy).await
    }

    async fn tunnel(&self, url: Uri, _: &Intercept) -> Result<Stream, BoxError> {
        self.direct(url).await
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<Result<Stream, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let timeout = self.0.timeout;
        let connecting = self.clone().connect(url);
        Box::pin(async move {
            let timed_out = |_| io::Error::new(io::ErrorKind::TimedOut, "connecting timed out");
            tokio::time::timeout(timeout, connecting).await.map_err(timed_out)?
        })
    }
}

trait Io: Connection + Read + Write + Send + Unpin {}

impl<T: Connection + Read + Write + Send + Unpin> Io for T {}

/// A connection, with or without TLS.
pub(crate) struct Stream {
    io: Box<dyn Io>,
    is_proxy: bool,
}

impl Stream {
    fn new(io: impl Io + 'static) -> Self {
        Self { io: Box::new(io), is_proxy: false }
    }
}

impl Connection for Stream {
    /// Omits the addresses, which hyper-util would add to each response.
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.is_proxy);
        if self.io.connected().is_negotiated_h2() { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }
}
