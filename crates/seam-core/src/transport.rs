//! The seam between this library and an HTTP stack: one exchange, a request for a response.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode};

/// A request, ready to send: absolute URI, all headers, the whole body.
///
/// Its extensions hold what a transport can ask it by [`RequestExt`](crate::RequestExt): the `&'static Spec` of the
/// endpoint, so that a transport knows the operation and not only its verb, the response limit and the deadline.
pub type Request = http::Request<Body>;

/// A response with its whole body.
pub type Response = http::Response<Body>;

/// One HTTP exchange.
///
/// # What an implementation owes its caller
///
/// * Every status is `Ok`, also 404 and 503: the caller reads errors from the response.
/// * Redirects are not followed, cookies not kept, bodies not decompressed and nothing is retried:
///   the request is sent at most once. Only the caller knows whether it may be sent again.
/// * [`TransportErrorKind::NotSent`] is said only when it is certain that nothing was sent.
/// * The body is read to its end, but not beyond [`response_limit`](crate::RequestExt::response_limit) bytes.
/// * Dropping the future ends the exchange.
///
/// The guide's page "Choosing or writing a transport" has a complete one to start from. `transport_kit` of the crate
/// `seam-mock` checks that a transport keeps these promises.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and waits for the whole response.
    ///
    /// # Errors
    ///
    /// A [`TransportError`] when there is no response, or only a part of one.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Box<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}

/// The bytes of a request or response. `Debug` prints how many there are, never what they say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// The bytes, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// Why an exchange gave no response.
///
/// `Display` says what may be concluded; [`source`](StdError::source) has the HTTP stack's own
/// error. A transport must strip URLs from that error, since queries do not belong in logs.
pub struct TransportError(Box<Inner>);

struct Inner {
    kind: TransportErrorKind,
    /// What is known of the response, if its head came.
    status: Option<StatusCode>,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    /// What the policy records, as it does in the extensions of a request and of a response.
    extensions: Extensions,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// Creates an error with the HTTP stack's own error as its source.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from(kind).with_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the head of a response whose body did not arrive, from which an [`Error`](crate::Error) has its status and
    /// request id.
    #[must_use]
    pub fn with_response(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.headers.clone_from(headers);
        self
    }

    /// Adds the time after which a request that was not sent has a chance: of a transport with a rate limit of its own.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Returns what may be concluded.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.0.kind
    }

    /// Returns the status of the response, if its head arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the headers of the response; none if its head did not arrive.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the time after which the request may be tried again, where a rate limit prevented that it was sent. What a
    /// server requests is in the header `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    pub(crate) fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.0.extensions
    }
}

impl From<TransportErrorKind> for TransportError {
    fn from(kind: TransportErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            status: None,
            headers: HeaderMap::new(),
            retry_after: None,
            extensions: Extensions::new(),
            source: None,
        }))
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().conclusion())
    }
}

impl fmt::Debug for TransportError {
    /// Leaves the headers out, since nobody knows what a server writes there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// What may be concluded from a failed exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// Nothing was sent: no address, no connection, no TLS session. So it is too when a server says, as HTTP/2 lets
    /// it, that it has not looked at the request. Safe to send again.
    NotSent,
    /// Time ran out, or would have, before anything was sent. Safe to send again.
    NotSentInTime,
    /// The connection broke after something may have been sent. It may have been carried out.
    Interrupted,
    /// Time ran out after something may have been sent. It may have been carried out.
    Timeout,
    /// A response began and did not arrive whole. The request was probably carried out.
    Body,
    /// The response has more bytes than were allowed. The request was carried out.
    TooLarge,
    /// None of the above, and nothing that goes away by itself. It may have been carried out.
    Other,
}

impl TransportErrorKind {
    /// Whether it is certain that nothing was sent.
    #[must_use]
    pub fn is_not_sent(self) -> bool {
        matches!(self, Self::NotSent | Self::NotSentInTime)
    }

    /// Whether time ran out.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::NotSentInTime | Self::Timeout)
    }

    fn conclusion(self) -> &'static str {
        match self {
            Self::NotSent => "could not connect, nothing was sent",
            Self::NotSentInTime => "no time was left to send it, nothing was sent",
            Self::Interrupted => "the connection broke before a response came",
            Self::Timeout => "no response in time",
            Self::Body => "the response broke off",
            Self::TooLarge => "the response is larger than allowed",
            Self::Other => "the exchange failed",
        }
    }
}
