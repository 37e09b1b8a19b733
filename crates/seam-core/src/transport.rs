//! The seam between this library and an HTTP stack: one exchange, a request for a response.

use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    Safety, Spec,
    policy::retry::{History, ReservedRetry},
    response::{echo::Echoes, redact::Redactor},
};

/// A request, ready to send: absolute URI, all headers, the whole body.
///
/// Its extensions hold the `&'static Spec` of the endpoint ([`Spec::of`](crate::Spec::of)), so
/// that a transport knows the operation and not only its verb, the [`response_limit`] and the [`deadline`].
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
/// * The body is read to its end, but not beyond [`response_limit`] bytes.
/// * Dropping the future ends the exchange.
///
/// The guide's page "Choosing or writing a transport" has a complete one to start from.
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

/// The most bytes that the response to `request` may have; a transport stops reading there and
/// answers [`TransportErrorKind::TooLarge`].
#[must_use]
pub fn response_limit(request: &Request) -> usize {
    Terms::of(request).map_or(crate::DEFAULT_RESPONSE_LIMIT, |terms| terms.response_limit)
}

/// When the call that `request` belongs to has to be over; `None` if it has all the time.
///
/// A transport need not watch it: the future of [`send`](Transport::send) is dropped then.
#[must_use]
pub fn deadline(request: &Request) -> Option<Instant> {
    Terms::of(request)?.deadline
}

/// What a call asks of those who handle its request: an extension of the request.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) response_limit: usize,
    pub(crate) deadline: Option<Instant>,
    /// Whether the caller allows that the request is sent again where that does no harm.
    pub(crate) may_retry: bool,
    /// The ids of the devices that the request is about.
    pub(crate) device_ids: Vec<String>,
    /// The parameters that the response repeats.
    pub(crate) echoes: Echoes,
    /// The secrets of the request, which no log may show.
    pub(crate) redactor: Redactor,
}

impl Terms {
    pub(crate) fn of(request: &Request) -> Option<&Arc<Self>> {
        request.extensions().get()
    }
}

/// Whether `request` may be sent more than once. One that nobody says anything about is an action.
pub(crate) fn safety(request: &Request) -> Safety {
    Spec::of(request).map_or(Safety::Action, |spec| spec.safety)
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
pub struct TransportError(pub(crate) Box<Failure>);

pub(crate) struct Failure {
    kind: TransportErrorKind,
    /// What is known of the response, if its head came.
    pub(crate) status: Option<http::StatusCode>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) history: History,
    /// When there will be room for the request, if that is what it lacked.
    pub(crate) retry_after: Option<Duration>,
    /// The retry that was taken out of the budget to end this attempt early.
    pub(crate) reserved_retry: Option<ReservedRetry>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error with the HTTP stack's own error as its source.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::from(kind).with_source(source)
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// With the head of a response whose body did not come, so that the caller learns the status and
    /// the request id.
    #[must_use]
    pub fn with_response(mut self, status: http::StatusCode, headers: &http::HeaderMap) -> Self {
        self.0.status = Some(status);
        self.0.headers.clone_from(headers);
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn with_reserved_retry(mut self, retry: ReservedRetry) -> Self {
        self.0.reserved_retry = Some(retry);
        self
    }

    /// What may be concluded.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.0.kind
    }
}

impl From<TransportErrorKind> for TransportError {
    fn from(kind: TransportErrorKind) -> Self {
        Self(Box::new(Failure {
            kind,
            status: None,
            headers: http::HeaderMap::new(),
            history: History::default(),
            retry_after: None,
            reserved_retry: None,
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
