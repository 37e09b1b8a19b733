//! An HTTP server for the in-memory Seam, which also sends webhooks.

mod body;
mod database;
mod guard;
mod webhook_sender;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use http_body_util::{BodyExt, Either, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use seam_core::{
    Body, Bytes, Request, Response,
    http::{self, HeaderValue, Method, StatusCode, header},
    test_util::ApiFault,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle, time::timeout};
use tokio_io_timeout::TimeoutStream;

use self::{
    body::{ConnectionLost, ResponseBody},
    database::DatabaseStream,
};
use crate::{
    FakeSeam,
    console::{Answer, Console, EventStream},
    control_paths::is_below_control,
    exchange::{Ending, Exchange},
    log::{self, Values},
};

/// The maximum size of a request body in bytes. Requests to Seam are far smaller.
const REQUEST_LIMIT: usize = 1024 * 1024;

/// The maximum size of a request body for routes below `/_fake`: the database of 100,000 devices has 150 MB.
const CONTROL_LIMIT: usize = 256 * REQUEST_LIMIT;

/// The interval at which due timers run and webhooks are sent while no requests arrive.
const TICK: Duration = Duration::from_millis(50);

/// The default of [`Serve::io_timeout`].
const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// The default of [`Serve::connection_limit`].
const CONNECTION_LIMIT: usize = 1024;

/// The maximum number of concurrent webhook requests, so that slow receivers do not exhaust the file handles.
const MAX_DELIVERIES: usize = 128;

/// The maximum pace: more than eleven days per second.
const MAX_PACE: f64 = 1_000_000.0;

/// The maximum delay of a response, in real time.
const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

impl FakeSeam {
    /// Serves this Seam over HTTP on a free port of `127.0.0.1`, until the [`Server`] is dropped.
    ///
    /// While it is served, its clock advances with real time; see [`Serve::pace`]. The server runs on the current tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// Fails if no port can be opened.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn serve(&self) -> io::Result<Server> {
        self.serve_with().start().await
    }

    /// Returns a builder of a server with more options than [`serve`](Self::serve).
    pub fn serve_with(&self) -> Serve {
        Serve {
            fake: self.clone(),
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            pace: 1.0,
            io_timeout: IO_TIMEOUT,
            connection_limit: CONNECTION_LIMIT,
            allows_remote_webhooks: false,
            values: Values::Masked,
            log: None,
        }
    }
}

/// A builder of a [`Server`].
#[must_use = "the server does not run until it is started"]
pub struct Serve {
    fake: FakeSeam,
    address: SocketAddr,
    pace: f64,
    io_timeout: Duration,
    connection_limit: usize,
    allows_remote_webhooks: bool,
    values: Values,
    log: Option<Log>,
}

type Log = Arc<dyn Fn(&str) + Send + Sync>;

impl Serve {
    /// Sets the address and port. Default: a free port of `127.0.0.1`.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets the number of seconds that the clock advances per real second: 1 by default, at most 1,000,000. With 0, the clock
    /// advances only with [`FakeSeam::advance`] and `/_fake/advance_time`.
    ///
    /// Negative numbers and NaN count as 0.
    pub fn pace(mut self, pace: f64) -> Self {
        self.pace = if pace.is_nan() { 0.0 } else { pace.clamp(0.0, MAX_PACE) };
        self
    }

    /// Sets the timeout for receiving the head of a request, for receiving its body, and for each write of the response: 30 s
    /// by default.
    pub fn io_timeout(mut self, timeout: Duration) -> Self {
        self.io_timeout = timeout;
        self
    }

    /// Sets the maximum number of concurrent connections: 1,024 by default, at least 1. Further connections wait to be
    /// accepted.
    pub fn connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit.max(1);
        self
    }

    /// Allows webhooks to addresses that are not loopback addresses.
    pub fn allow_remote_webhooks(mut self) -> Self {
        self.allows_remote_webhooks = true;
        self
    }

    /// Calls `log` with a line for each request and each webhook. The lines contain no secrets and no control characters.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Includes all parameter values in the lines of [`log`](Self::log), for test data. Default: only identifiers, times,
    /// numbers and booleans.
    pub fn log_values(mut self) -> Self {
        self.values = Values::Shown;
        self
    }

    /// Opens the port.
    ///
    /// # Errors
    ///
    /// Fails if the port cannot be opened.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime.
    pub async fn start(self) -> io::Result<Server> {
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        self.fake.lock().base_url.clone_from(&url);
        let host = Arc::new(Host {
            fake: self.fake,
            console: Console::new(),
            is_on_loopback: address.ip().to_canonical().is_loopback(),
            pace: self.pace,
            io_timeout: self.io_timeout,
            allows_remote_webhooks: self.allows_remote_webhooks,
            values: self.values,
            log: self.log,
            synced_at: Mutex::new(Instant::now()),
        });
        let task = tokio::spawn(host.run(listener, self.connection_limit));
        Ok(Server { url, address, task })
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("address", &self.address).field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// The body of any response.
type AnyBody = Either<ResponseBody, Either<EventStream, DatabaseStream>>;

/// The state of a running server.
struct Host {
    fake: FakeSeam,
    console: Console,
    is_on_loopback: bool,
    pace: f64,
    io_timeout: Duration,
    allows_remote_webhooks: bool,
    values: Values,
    log: Option<Log>,
    /// The time of the last sync of the clock.
    synced_at: Mutex<Instant>,
}

impl Host {
    async fn run(self: Arc<Self>, listener: TcpListener, connection_limit: usize) {
        // Dropping the set aborts its tasks when this task is aborted.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Arc::clone(&self).tick());
        let permits = Arc::new(Semaphore::new(connection_limit.min(Semaphore::MAX_PERMITS)));
        loop {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                // The client closed the connection, or no file handle is available: the next accept may succeed.
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let host = Arc::clone(&self);
            tasks.spawn(async move {
                let _permit = permit;
                let service = service_fn(|request| host.respond(request));
                let mut connection = http1::Builder::new();
                connection.timer(TokioTimer::new()).header_read_timeout(host.io_timeout);
                let mut stream = TimeoutStream::new(stream);
                // Otherwise a client that does not read its response would keep its connection forever.
                stream.set_write_timeout(Some(host.io_timeout));
                let stream = TokioIo::new(Box::pin(stream));
                // Errors of one connection do not affect others.
                let _ = connection.serve_connection(stream, service).await;
            });
            while tasks.try_join_next().is_some() {}
        }
    }

    /// Advances the clock of the state by the real time since the last call, at the pace of the server.
    fn sync_clock(&self) {
        let mut synced_at = self.synced_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.duration_since(*synced_at).as_secs_f64() * self.pace;
        *synced_at = now;
        if let Ok(passed) = Duration::try_from_secs_f64(passed) {
            self.fake.advance(passed);
        }
    }

    /// Periodically runs due jobs and sends webhooks.
    async fn tick(self: Arc<Self>) {
        let mut sending = tokio::task::JoinSet::new();
        loop {
            tokio::time::sleep(TICK).await;
            self.sync_clock();
            // Receivers compare the time of a signature with real time, not with the clock of the state.
            let due =
                self.fake.take_deliveries_for_http(SystemTime::now(), MAX_DELIVERIES.saturating_sub(sending.len()));
            for (delivery, request) in due {
                let host = Arc::clone(&self);
                sending.spawn(async move {
                    let status = webhook_sender::send(&request, host.allows_remote_webhooks).await;
                    if let Some(log) = &host.log {
                        log(&log::of_webhook(&request, &delivery.message_id, &status));
                    }
                    host.fake.lock().delivered(delivery, status.ok());
                });
            }
            while sending.try_join_next().is_some() {}
        }
    }

    /// Responds to a request; `Err` closes the connection.
    async fn respond(&self, request: http::Request<Incoming>) -> Result<http::Response<AnyBody>, ConnectionLost> {
        let (head, body) = request.into_parts();
        if let Err(fault) = guard::check(&head, self.is_on_loopback) {
            let (_, exchange) = self.reject(head, fault);
            return finish(exchange.ending, None).map(|response| response.map(Either::Left));
        }
        // Console responses have no CORS headers, so pages of other origins cannot read them.
        match self.console.answer(&self.fake, &head) {
            Some(Answer::Whole(response)) => {
                Ok(response.map(|body| Either::Left(ResponseBody::whole(body.into_bytes()))))
            }
            Some(Answer::Stream(stream)) => Ok(stream.respond().map(|stream| Either::Right(Either::Left(stream)))),
            None if head.method == Method::GET && head.uri.path() == "/_fake/database" => {
                self.sync_clock();
                Ok(DatabaseStream::respond(self.fake.clone()).map(|stream| Either::Right(Either::Right(stream))))
            }
            None => self.exchange(head, body).await.map(|response| response.map(Either::Left)),
        }
    }

    async fn exchange(
        &self,
        head: http::request::Parts,
        body: Incoming,
    ) -> Result<http::Response<ResponseBody>, ConnectionLost> {
        let began = Instant::now();
        let origin = guard::allowed_origin(&head.headers, head.uri.path());
        if head.method == Method::OPTIONS {
            let mut response = http::Response::new(Body::from(String::new()));
            *response.status_mut() = StatusCode::NO_CONTENT;
            return finish(Ending::Response(response), origin);
        }
        self.sync_clock();
        let limit = if is_below_control(head.uri.path()) { CONTROL_LIMIT } else { REQUEST_LIMIT };
        let body = match timeout(self.io_timeout, Limited::new(body, limit).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(ApiFault::new(413, "payload_too_large", format!("The body is longer than {limit} bytes")))
            }
            Ok(Err(_)) => Err(ApiFault::new(400, "invalid_body", "The body ended before its announced length")),
            Err(_) => {
                let message = format!("The body did not arrive within {} s", self.io_timeout.as_secs_f64());
                Err(ApiFault::new(408, "request_timeout", message))
            }
        };
        let (request, exchange) = match body {
            Ok(body) => {
                let request = Request::from_parts(head, Body::from(body));
                let exchange = self.fake.exchange(&request);
                (request, exchange)
            }
            // Otherwise the rest of the body would be parsed as the next request.
            Err(fault) => self.reject(head, fault.with_header(header::CONNECTION, HeaderValue::from_static("close"))),
        };
        if exchange.delay > Duration::ZERO {
            // The delay follows the pace of the clock; with pace 0 there is none.
            let seconds = exchange.delay.as_secs_f64() / self.pace;
            let delay = Duration::try_from_secs_f64(seconds).unwrap_or(MAX_DELAY).min(MAX_DELAY);
            tokio::time::sleep(if self.pace > 0.0 { delay } else { Duration::ZERO }).await;
        }
        if let Some(log) = &self.log {
            log(&log::of_exchange(&request, &exchange.ending, began.elapsed(), self.values));
        }
        finish(exchange.ending, origin)
    }

    /// Rejects a request before it is processed.
    fn reject(&self, head: http::request::Parts, fault: ApiFault) -> (Request, Exchange) {
        let request = Request::from_parts(head, Body::from(String::new()));
        let exchange = self.fake.reject(&request, fault);
        (request, exchange)
    }
}

/// Returns the HTTP response of an exchange, with CORS headers for `origin`.
fn finish(ending: Ending, origin: Option<HeaderValue>) -> Result<http::Response<ResponseBody>, ConnectionLost> {
    let (response, body): (Response, fn(Bytes) -> ResponseBody) = match ending {
        Ending::Response(response) => (response, ResponseBody::whole),
        Ending::Truncated(response) => (response, ResponseBody::truncated),
        Ending::Lost(_) => return Err(ConnectionLost),
    };
    let mut response = response.map(|bytes| body(bytes.into_bytes()));
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let any = HeaderValue::from_static("*");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, any.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, any);
        // A wildcard does not include `authorization`. The other headers are those of the official SDKs.
        let allowed = HeaderValue::from_static(
            "authorization, content-type, client-session-token, seam-publishable-key, seam-sdk-name, \
             seam-sdk-version, seam-workspace, user-agent",
        );
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    Ok(response)
}

/// A running server. Dropping it closes its port and its connections.
#[derive(Debug)]
#[must_use = "the server stops when this is dropped"]
pub struct Server {
    url: String,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Returns the base URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the address and port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
