//! A tower service as a transport.

use std::{
    any::type_name, error::Error as StdError, fmt, future::poll_fn, iter::successors, marker::PhantomData,
    time::Duration,
};

use futures_util::lock::Mutex;
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use seam_core::{
    Body, Bytes, Request, RequestExt, Response, Transport, TransportError, TransportErrorKind, async_trait,
    http::{self, HeaderMap, StatusCode},
};
use tower_service::Service;

use crate::BoxError;

/// The user's classification of the errors of a service.
type Classify = Box<dyn Fn(&(dyn StdError + 'static)) -> Option<TransportErrorKind> + Send + Sync>;

/// A [`Transport`] that sends requests through a [`Service`].
///
/// The service must be `Send`, but need not be `Clone` or `Sync`. One task at a time waits for it to be ready and calls
/// it; the exchanges themselves run concurrently. Requests keep their extensions, so layers can call [`RequestExt`] on
/// them.
///
/// # Errors of the service
///
/// Only the service knows which of its errors mean that nothing was sent. By default:
///
/// | Error | [`TransportErrorKind`] |
/// |---|---|
/// | of `poll_ready` | `NotSent`: the service did not receive the request |
/// | a [`TransportError`], or an error with one among its sources | the same kind, status, headers and `retry_after` |
/// | any other error of a response future | `Interrupted`: an action is not sent again, and its outcome is unknown |
/// | of the response body | `Body`, or `TooLarge` beyond the response limit |
///
/// With [`classify_errors`](Self::classify_errors), a failed connection can be retried:
///
/// ```
/// use http_body_util::Full;
/// use hyper_util::client::legacy::{self, Client, connect::HttpConnector};
/// use hyper_util::rt::TokioExecutor;
/// use seam_core::{Bytes, TransportErrorKind};
/// use seam_tower::TowerTransport;
/// use tower::timeout::error::Elapsed;
///
/// # let connector = HttpConnector::new();
/// let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
///     // hyper-util must not send a request again by itself.
///     .retry_canceled_requests(false)
///     .build(connector);
/// let transport = TowerTransport::new(client).classify_errors(|error| {
///     let is_connect = error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect);
///     if is_connect {
///         Some(TransportErrorKind::NotSent)
///     } else if error.is::<Elapsed>() {
///         Some(TransportErrorKind::Timeout)
///     } else {
///         None
///     }
/// });
/// # drop(transport);
/// ```
///
/// # Requirements of the stack
///
/// Disable retries, redirects, cookies and decompression of the service; see [`Transport`]. Test a stack with the
/// conformance kit of `seam-mock`, `transport_kit`.
pub struct TowerTransport<S, B = Full<Bytes>> {
    service: Mutex<S>,
    classify: Option<Classify>,
    body: PhantomData<fn() -> B>,
}

impl<S> TowerTransport<S> {
    /// Creates a transport over a service that accepts requests with a `Full<Bytes>` body, or with any body.
    pub fn new(service: S) -> Self
    where
        S: Service<http::Request<Full<Bytes>>>,
    {
        Self::with_request_body(service)
    }
}

impl<S, B> TowerTransport<S, B> {
    /// Creates a transport over a service that accepts requests with another body: `TowerTransport::<_,
    /// axum::body::Body>::with_request_body(service)`.
    pub fn with_request_body(service: S) -> Self
    where
        S: Service<http::Request<B>>,
    {
        Self { service: Mutex::new(service), classify: None, body: PhantomData }
    }

    /// Sets the classification of errors of the service. `classify` is called with an error of a response future and
    /// then with each of its sources, until it returns `Some`. If it returns `None` for all of them, the error is
    /// `Interrupted`.
    ///
    /// Return [`NotSent`](TransportErrorKind::NotSent) only if it is certain that nothing was sent: the client then
    /// sends the request again, even if it unlocks a door.
    #[must_use]
    pub fn classify_errors(
        mut self,
        classify: impl Fn(&(dyn StdError + 'static)) -> Option<TransportErrorKind> + Send + Sync + 'static,
    ) -> Self {
        self.classify = Some(Box::new(classify));
        self
    }

    /// Converts an error of a response future to a transport error.
    fn failure(&self, error: BoxError) -> TransportError {
        let error = match error.downcast::<TransportError>() {
            Ok(error) => return *error,
            Err(error) => error,
        };
        let mut chain = successors(Some(&*error as &(dyn StdError + 'static)), |&error| error.source());
        let known = chain.find_map(|source| match source.downcast_ref::<TransportError>() {
            Some(inner) => Some(Known::of(inner)),
            None => self.classify.as_ref().and_then(|classify| classify(source)).map(Known::from),
        });
        known.unwrap_or(TransportErrorKind::Interrupted.into()).error(error)
    }
}

/// The information about an exchange in an error of a service.
struct Known {
    kind: TransportErrorKind,
    response: Option<(StatusCode, HeaderMap)>,
    retry_after: Option<Duration>,
}

impl Known {
    fn of(error: &TransportError) -> Self {
        let response = error.status().map(|status| (status, error.headers().clone()));
        Self { kind: error.kind(), response, retry_after: error.retry_after() }
    }

    /// Returns a transport error with the error of the service as its source.
    fn error(self, source: BoxError) -> TransportError {
        let mut error = TransportError::new(self.kind, source);
        if let Some((status, headers)) = self.response {
            error = error.with_response(status, &headers);
        }
        match self.retry_after {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        }
    }
}

impl From<TransportErrorKind> for Known {
    fn from(kind: TransportErrorKind) -> Self {
        Self { kind, response: None, retry_after: None }
    }
}

#[async_trait]
impl<S, B, R> Transport for TowerTransport<S, B>
where
    S: Service<http::Request<B>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send> + Send + 'static,
    B: From<Bytes> + Send + 'static,
    R: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let request = request.map(|body| B::from(body.into_bytes()));
        let exchange = {
            // A service wakes only the last task that waits for it to be ready, so one task waits at a time. If its
            // future is dropped, the next task continues.
            let mut service = self.service.lock().await;
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(|error| TransportError::new(TransportErrorKind::NotSent, error))?;
            service.call(request)
        };
        let response = exchange.await.map_err(|error| self.failure(error.into()))?;
        let (head, body) = response.into_parts();
        match read(body, limit).await {
            Ok(body) => Ok(Response::from_parts(head, body)),
            Err(error) => Err(error.with_response(head.status, &head.headers)),
        }
    }
}

/// Reads a body to its end, but not beyond `limit` bytes.
async fn read<R>(body: R, limit: usize) -> Result<Body, TransportError>
where
    R: HttpBody<Data: Send, Error: Into<BoxError>> + Send,
{
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(TransportErrorKind::TooLarge.into());
    }
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        let kind = if error.is::<LengthLimitError>() { TransportErrorKind::TooLarge } else { TransportErrorKind::Body };
        TransportError::new(kind, error)
    })?;
    let body = body.to_bytes();
    // Over HTTP/2, hyper treats a stream that is reset without an error as the end of the body.
    if u64::try_from(body.len()).is_ok_and(|length| length < announced) {
        return Err(TransportErrorKind::Body.into());
    }
    Ok(body.into())
}

impl<S, B> fmt::Debug for TowerTransport<S, B> {
    /// Prints the type of the service, because its value may contain a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TowerTransport({})", type_name::<S>())
    }
}
