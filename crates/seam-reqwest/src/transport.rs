//! The transport: one exchange by reqwest, with everything off that would send more than one.

use std::{error::Error as _, fmt, time::Duration};

use reqwest::{Client, redirect};
use seam_core::{
    Body, Bytes, Error, Request, Response, Transport, TransportError, TransportErrorKind, async_trait, http,
    is_loopback, response_limit,
};

use crate::tls;

/// How long a transport tries to connect unless set: 3 s.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Longer than any call takes.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Sends requests with a [`reqwest::Client`], on a tokio runtime that has IO and time enabled.
///
/// Its clones share one pool of connections. A proxy that the environment names is used, except for
/// requests to this machine.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: Client,
    /// For this machine: no proxy of the environment's gets to see what was not to leave it.
    loopback: Client,
}

impl ReqwestTransport {
    /// Begins to build a transport with a client of its own.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder { client: None, connect_timeout: DEFAULT_CONNECT_TIMEOUT }
    }

    /// A transport with a client that is yours in everything, TLS too.
    ///
    /// What it does with redirects, retries and cookies is not overruled, so turn them off: a redirect that is
    /// followed, or a retry, can send an action twice. Where only a proxy, a resolver or the pool
    /// are to be yours, [`ReqwestTransportBuilder::client`] takes care of that.
    ///
    /// ```
    /// use seam_reqwest::{ReqwestTransport, Seam, reqwest};
    ///
    /// fn over_my_client(client: reqwest::ClientBuilder) -> reqwest::Result<seam_reqwest::Builder> {
    ///     let client = client.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    ///     Ok(Seam::builder(ReqwestTransport::from_client(client.build()?)))
    /// }
    /// ```
    #[must_use]
    pub fn from_client(client: Client) -> Self {
        Self { loopback: client.clone(), client }
    }
}

impl fmt::Debug for ReqwestTransport {
    /// Leaves the client out, since it prints its default headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

/// The settings of a [`ReqwestTransport`] in the making.
#[must_use = "a builder does nothing until it builds"]
pub struct ReqwestTransportBuilder {
    client: Option<reqwest::ClientBuilder>,
    connect_timeout: Duration,
}

impl fmt::Debug for ReqwestTransportBuilder {
    /// Leaves the client out, since it prints its default headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransportBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}

impl ReqwestTransportBuilder {
    /// What to build the client from: your proxy, resolver, pool, default headers, for requests to this machine too. Its
    /// settings for TLS, timeouts, redirects, retries and compression are overruled by those of this transport. What it
    /// does with cookies is yours.
    pub fn client(mut self, client: reqwest::ClientBuilder) -> Self {
        self.client = Some(client);
        self
    }

    /// How long to try to connect, [`DEFAULT_CONNECT_TIMEOUT`] unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Makes the transport. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfiguration`](seam_core::ErrorKind::InvalidConfiguration) when TLS cannot be
    /// set up on this machine.
    pub fn build(self) -> Result<ReqwestTransport, Error> {
        let Self { client, connect_timeout } = self;
        match client {
            Some(client) => Ok(ReqwestTransport::from_client(finish(client, connect_timeout)?)),
            None => Ok(ReqwestTransport {
                client: finish(Client::builder(), connect_timeout)?,
                loopback: finish(Client::builder().no_proxy(), connect_timeout)?,
            }),
        }
    }
}

/// Builds a client that sends each request at most once.
fn finish(client: reqwest::ClientBuilder, connect_timeout: Duration) -> Result<Client, Error> {
    let client = client
        .connect_timeout(connect_timeout)
        // The deadline of the call is what counts. There is no way to have none that were set before.
        .timeout(FOREVER)
        .read_timeout(FOREVER)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Off already, but for features that another crate may have turned on.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd();
    tls::configure(client)
        .map_err(|error| Error::invalid_configuration("TLS cannot be set up", error))?
        .build()
        .map_err(|error| Error::invalid_configuration("the HTTP client cannot be set up", error))
}

#[async_trait]
impl Transport for ReqwestTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // Without one, what is below would panic.
        if tokio::runtime::Handle::try_current().is_err() {
            let problem = "a ReqwestTransport needs a tokio runtime; seam_reqwest::blocking brings its own";
            return Err(TransportError::new(TransportErrorKind::NotSent, problem));
        }
        let limit = response_limit(&request);
        let client = match request.uri().host() {
            Some(host) if is_loopback(host) => &self.loopback,
            _ => &self.client,
        };
        let request = reqwest::Request::try_from(request.map(Body::into_bytes))
            .map_err(|error| failure(TransportErrorKind::NotSent, error))?;

        let mut response = client.execute(request).await.map_err(|error| {
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
}

/// Whether it is certain that no server has begun to carry out a request that has no response: hyper gives it back
/// without having written any of it, or the server says by HTTP/2 that it has not looked at it.
///
/// By RFC 9113, section 8.7, a stream that is refused, or beyond the last one that a GOAWAY names, was not processed in
/// any way. h2 ends no other stream with the GOAWAY of a server.
fn was_not_begun(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled) {
            return true;
        }
        #[cfg(feature = "http2")]
        if let Some(error) = inner.downcast_ref::<h2::Error>() {
            let is_refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return error.is_remote() && (is_refused || error.is_go_away());
        }
        source = inner.source();
    }
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
