//! The client side of the kit: requests that can be identified on the wire, and their results.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use seam_core::{
    Body, Clock, Request, Response, SystemClock, Transport, TransportError,
    http::{HeaderValue, Method, Request as HttpRequest, header},
    test_util::set_response_limit,
};

/// The timeout of an exchange. Servers of the kit respond at once, or close a connection well before that.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(8);

/// The secret in the authorization, the query and the body of each request, which no error may print.
pub(crate) const SECRET: &str = "transport-kit-secret-4711";

/// A function that creates the transport under test.
pub(crate) type Factory = Arc<dyn Fn() -> Arc<dyn Transport> + Send + Sync>;

/// The result of an exchange.
pub(crate) enum Exchange {
    Answered(Response),
    Failed(TransportError),
    /// The exchange did not end before the timeout.
    Unfinished,
    Panicked,
}

impl Exchange {
    /// Describes the result in a few words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Answered(response) => {
                format!("the transport returned status {} with {} bytes", response.status(), response.body().len())
            }
            Self::Failed(error) => format!("the transport returned {:?}", error.kind()),
            Self::Unfinished => format!("the transport returned nothing within {} s", TIME_LIMIT.as_secs()),
            Self::Panicked => "the transport panicked".to_owned(),
        }
    }
}

/// A transport, with methods that send requests through it.
#[derive(Clone)]
pub(crate) struct Probe {
    factory: Factory,
    /// The places where a secret was printed.
    leaks: Arc<Mutex<Vec<String>>>,
    next: Arc<AtomicUsize>,
}

/// A request that can be identified on the wire.
pub(crate) struct Marked {
    pub(crate) request: Request,
    /// A part of its target that no other request has.
    pub(crate) marker: String,
}

impl Probe {
    pub(crate) fn new(factory: Factory) -> Self {
        Self { factory, leaks: Arc::default(), next: Arc::default() }
    }

    /// Returns a probe with the same requests and record of secrets, and other transports.
    #[cfg(feature = "transport-kit-tls")]
    pub(crate) fn with(self, factory: Factory) -> Self {
        Self { factory, ..self }
    }

    /// Creates a transport with its own connection pool.
    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        (self.factory)()
    }

    /// Creates a request like those of the client: an action with a JSON body.
    pub(crate) fn request(&self, base_url: &str) -> Marked {
        let body = format!(r#"{{"code":"{SECRET}"}}"#);
        self.request_with(Method::POST, base_url, body.into())
    }

    pub(crate) fn request_with(&self, method: Method, base_url: &str, body: Body) -> Marked {
        let marker = format!("exchange-{}x", self.next.fetch_add(1, Ordering::Relaxed));
        let mut request = HttpRequest::new(body);
        *request.method_mut() = method;
        let uri = format!("{base_url}/{marker}?token={SECRET}");
        *request.uri_mut() = uri.parse().unwrap_or_default();
        let headers = request.headers_mut();
        let authorization = HeaderValue::try_from(format!("Bearer {SECRET}"));
        headers.insert(header::AUTHORIZATION, authorization.unwrap_or(HeaderValue::from_static("")));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("transport-kit"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if !request.body().is_empty() {
            request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Marked { request, marker }
    }

    /// Sends a request and waits for its result.
    pub(crate) async fn send(&self, transport: &Arc<dyn Transport>, request: Request) -> Exchange {
        let sending = AssertUnwindSafe(transport.send(request)).catch_unwind();
        let exchange = match within(TIME_LIMIT, sending).await {
            None => Exchange::Unfinished,
            Some(Err(_)) => Exchange::Panicked,
            Some(Ok(Ok(response))) => Exchange::Answered(response),
            Some(Ok(Err(error))) => Exchange::Failed(error),
        };
        if let Exchange::Failed(error) = &exchange {
            self.find_secrets("an error", &printed(error));
        }
        self.find_secrets("the transport", &format!("{transport:?}"));
        exchange
    }

    fn find_secrets(&self, what: &str, text: &str) {
        let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner);
        let leak = format!("{what} printed a header, query or body of its request");
        if text.contains(SECRET) && !leaks.contains(&leak) {
            leaks.push(leak);
        }
    }

    pub(crate) fn leaks(&self) -> Vec<String> {
        self.leaks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Returns everything that an error and its sources print.
fn printed(error: &TransportError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}

/// Creates a request whose response may have at most `limit` bytes.
pub(crate) fn limited(mut marked: Marked, limit: usize) -> Marked {
    set_response_limit(&mut marked.request, limit);
    marked
}

/// Returns the output of `future`, or `None` if it takes longer than `limit`.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), SystemClock.sleep(limit)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
