//! The interface between this crate and an HTTP stack: one exchange of a request for a response.

use std::{error::Error as StdError, fmt, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode};

/// A request, ready to send: absolute URI, all headers, the whole body.
///
/// A transport reads its extensions through [`RequestExt`](crate::RequestExt): the `&'static Spec` of the endpoint,
/// which identifies the operation, the response limit and the deadline.
pub type Request = http::Request<Body>;

/// A response with its whole body.
pub type Response = http::Response<Body>;

/// A type that performs HTTP exchanges.
///
/// # Contract
///
/// * Every status is `Ok`, including 404 and 503: the caller reads errors from the response.
/// * The request is sent at most once. An implementation does not retry, follow redirects, store cookies or decompress
///   bodies, because only the caller knows whether a request may be sent again.
/// * [`TransportErrorKind::NotSent`] is returned only when it is certain that nothing was sent.
/// * The body is read to its end, but not beyond [`response_limit`](crate::RequestExt::response_limit) bytes.
/// * Dropping the future ends the exchange.
///
/// The guide's page "Choosing or writing a transport" has a complete implementation to start from. The module
/// `transport_kit` of the crate `seam-mock` tests an implementation against this contract.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and waits for the whole response.
    ///
    /// # Errors
    ///
    /// Returns a [`TransportError`] when no response, or only a part of one, was received.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

/// What [`Transport::send`] returns, as `async_trait` writes it.
pub(crate) type Exchange<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

// Written out, since an async function would put the future of the inner one in a box of its own.
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send<'a, 'b>(&'a self, request: Request) -> Exchange<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        (**self).send(request)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send<'a, 'b>(&'a self, request: Request) -> Exchange<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        (**self).send(request)
    }
}

/// The bytes of a request or response. `Debug` prints their number, never their content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(Bytes);

impl Body {
    /// Returns the bytes, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Returns the number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the body is empty.
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

/// The error of an exchange without a complete response.
///
/// `Display` describes the [kind](TransportErrorKind); [`source`](StdError::source) returns the error of the HTTP
/// stack. A transport must strip URLs from that error, because a query must not reach a log.
pub struct TransportError(Box<Inner>);

struct Inner {
    kind: TransportErrorKind,
    /// The status of the response, if its head was received.
    status: Option<StatusCode>,
    headers: HeaderMap,
    retry_after: Option<Duration>,
    /// Records of the policies, as in the extensions of a request and of a response.
    extensions: Extensions,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// Creates an error whose source is the error of the HTTP stack.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from(kind).with_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds the head of a response whose body was not received. An [`Error`](crate::Error) takes its status and request
    /// id from there.
    #[must_use]
    pub fn with_response(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.headers.clone_from(headers);
        self
    }

    /// Adds the time after which the request may be sent again, for a transport that rejected it because of a rate
    /// limit of its own.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Returns the kind of error, which states whether the request may have been sent.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.0.kind
    }

    /// Returns the status of the response, if its head was received.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// Returns the headers of the response. Empty if its head was not received.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the time after which the request may be sent again, if a rate limit of the transport prevented it from
    /// being sent. The time that a server requests is in the header `Retry-After`.
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
    /// Omits the headers, because a server may write secrets there.
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

/// The kinds of [`TransportError`], by what may be concluded about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// Nothing was sent: the name was not resolved, or no connection or TLS session was established. Also when an
    /// HTTP/2 server reports that it has not processed the request. Safe to send again.
    NotSent,
    /// The deadline passed, or would have passed, before anything was sent. Safe to send again.
    NotSentInTime,
    /// The connection was lost after bytes may have been sent. The request may have been carried out.
    Interrupted,
    /// The deadline passed after bytes may have been sent. The request may have been carried out.
    Timeout,
    /// The response is incomplete. The request was probably carried out.
    Body,
    /// The response exceeds the response limit. The request reached the server, and may have been carried out.
    TooLarge,
    /// None of the above, and not transient. The request may have been carried out.
    Other,
}

impl TransportErrorKind {
    /// Returns whether it is certain that nothing was sent.
    #[must_use]
    pub fn is_not_sent(self) -> bool {
        matches!(self, Self::NotSent | Self::NotSentInTime)
    }

    /// Returns whether the deadline passed.
    #[must_use]
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::NotSentInTime | Self::Timeout)
    }

    fn conclusion(self) -> &'static str {
        match self {
            Self::NotSent => "could not connect, nothing was sent",
            Self::NotSentInTime => "the deadline passed before the request was sent",
            Self::Interrupted => "the connection was lost before a response was received",
            Self::Timeout => "no response was received before the deadline",
            Self::Body => "the response is incomplete",
            Self::TooLarge => "the response exceeds the response limit",
            Self::Other => "the exchange failed",
        }
    }
}
