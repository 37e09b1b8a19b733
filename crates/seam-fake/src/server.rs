//! The in-memory Seam on a port, over the same code as in memory; and webhooks, which it sends to other ports.

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

/// The most bytes that a request may have. Nothing that Seam takes comes near it.
const REQUEST_LIMIT: usize = 1024 * 1024;

/// The most bytes that a request to a route below `/_fake` may have: the database of 100,000 devices has 150 MB.
const CONTROL_LIMIT: usize = 256 * REQUEST_LIMIT;

/// How often timers run and webhooks are sent while no requests come.
const TICK: Duration = Duration::from_millis(50);

/// How long the head of a request may take to arrive, then its body, and then each part of the response to be taken,
/// unless [`Serve::io_timeout`] is called.
const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// How many connections are served at once, unless [`Serve::connection_limit`] is called. Further ones wait.
const CONNECTION_LIMIT: usize = 1024;

/// How many webhooks are sent at once: receivers that do not answer must not use up the file handles of the process.
const MOST_DELIVERIES: usize = 128;

/// The fastest pace: more than eleven days in a second.
const MAX_PACE: f64 = 1_000_000.0;

/// How long a response is delayed at most, in real time.
const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

impl FakeSeam {
    /// Serves this Seam over HTTP on a free port of `127.0.0.1`, until the [`Server`] is dropped.
    ///
    /// From then on its time passes as real time does; see [`Serve::pace`]. It runs on the tokio runtime that this is
    /// called from.
    ///
    /// # Errors
    ///
    /// When no port can be opened.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn serve(&self) -> io::Result<Server> {
        self.serve_with().start().await
    }

    /// Begins to serve this Seam over HTTP, with more to decide than [`serve`](Self::serve) leaves open.
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

/// How a Seam is going to be served.
#[must_use = "nothing is served until it is started"]
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
    /// On this address and port, instead of a free port of `127.0.0.1`.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets how many seconds pass in the state in each real one: 1 by default, 60 to make a minute of a second, 0 to let
    /// time pass only by [`FakeSeam::advance`] and `/_fake/advance_time`. At most 1,000,000.
    ///
    /// A negative number, or one that is not a number, is 0.
    pub fn pace(mut self, pace: f64) -> Self {
        self.pace = if pace.is_nan() { 0.0 } else { pace.clamp(0.0, MAX_PACE) };
        self
    }

    /// Sets how long the head of a request may take to arrive, then its body, and then each part of the response to be
    /// taken: 30 s by default.
    pub fn io_timeout(mut self, timeout: Duration) -> Self {
        self.io_timeout = timeout;
        self
    }

    /// Sets how many connections are served at once: 1,024 by default, at least 1. Further ones wait to be accepted.
    pub fn connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit.max(1);
        self
    }

    /// Lets webhooks go to addresses that are not loopback addresses, too.
    pub fn allow_remote_webhooks(mut self) -> Self {
        self.allows_remote_webhooks = true;
        self
    }

    /// Calls `log` with a line for each request and each webhook, in which nothing is secret and no control character is
    /// left.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Shows all values of parameters in the lines of [`log`](Self::log), for data that is made up. Without this, only
    /// identifiers, times, numbers and booleans are shown.
    pub fn log_values(mut self) -> Self {
        self.values = Values::Shown;
        self
    }

    /// Opens the port.
    ///
    /// # Errors
    ///
    /// When the port cannot be opened.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
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

/// What serves a Seam.
struct Host {
    fake: FakeSeam,
    console: Console,
    is_on_loopback: bool,
    pace: f64,
    io_timeout: Duration,
    allows_remote_webhooks: bool,
    values: Values,
    log: Option<Log>,
    /// When the clock of the state was synced last.
    synced_at: Mutex<Instant>,
}

impl Host {
    async fn run(self: Arc<Self>, listener: TcpListener, connection_limit: usize) {
        // All tasks end with this set, which ends with this task.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Arc::clone(&self).tick());
        let permits = Arc::new(Semaphore::new(connection_limit.min(Semaphore::MAX_PERMITS)));
        loop {
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                // The client gave up before it was accepted, or no file handle is left: the next may succeed.
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
                // A client that does not read its response would otherwise keep its connection for ever.
                stream.set_write_timeout(Some(host.io_timeout));
                let stream = TokioIo::new(Box::pin(stream));
                // A client that hangs up ends its connection with an error that concerns nobody else.
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

    /// Runs due jobs and sends webhooks while no requests arrive.
    async fn tick(self: Arc<Self>) {
        let mut sending = tokio::task::JoinSet::new();
        loop {
            tokio::time::sleep(TICK).await;
            self.sync_clock();
            // Receivers compare the time of a signature with the real one, whatever the time of the state is.
            let due =
                self.fake.take_deliveries_for_http(SystemTime::now(), MOST_DELIVERIES.saturating_sub(sending.len()));
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

    /// Answers a request; `Err` closes the connection.
    async fn respond(&self, request: http::Request<Incoming>) -> Result<http::Response<AnyBody>, ConnectionLost> {
        let (head, body) = request.into_parts();
        if let Err(fault) = guard::check(&head, self.is_on_loopback) {
            let (_, exchange) = self.reject(head, fault);
            return finish(exchange.ending, None).map(|response| response.map(Either::Left));
        }
        // Console responses carry no headers that let a page of another origin read them.
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
            // The rest of the body would be read as the next request.
            Err(fault) => self.reject(head, fault.with_header(header::CONNECTION, HeaderValue::from_static("close"))),
        };
        if exchange.delay > Duration::ZERO {
            // At the pace of the state; where time stands still, not at all.
            let seconds = exchange.delay.as_secs_f64() / self.pace;
            let delay = Duration::try_from_secs_f64(seconds).unwrap_or(MAX_DELAY).min(MAX_DELAY);
            tokio::time::sleep(if self.pace > 0.0 { delay } else { Duration::ZERO }).await;
        }
        if let Some(log) = &self.log {
            log(&log::of_exchange(&request, &exchange.ending, began.elapsed(), self.values));
        }
        finish(exchange.ending, origin)
    }

    /// Rejects a request that does not reach the state.
    fn reject(&self, head: http::request::Parts, fault: ApiFault) -> (Request, Exchange) {
        let request = Request::from_parts(head, Body::from(String::new()));
        let exchange = self.fake.reject(&request, fault);
        (request, exchange)
    }
}

/// Sends the response of an exchange; a page of the origin `origin` may read it.
fn finish(ending: Ending, origin: Option<HeaderValue>) -> Result<http::Response<ResponseBody>, ConnectionLost> {
    let (response, body): (Response, fn(Bytes) -> ResponseBody) = match ending {
        Ending::Response(response) => (response, ResponseBody::whole),
        Ending::Truncated(response) => (response, ResponseBody::broken),
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
        // A star does not stand for `authorization`. The official SDKs send the others.
        let allowed = HeaderValue::from_static(
            "authorization, content-type, client-session-token, seam-publishable-key, seam-sdk-name, \
             seam-sdk-version, seam-workspace, user-agent",
        );
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    Ok(response)
}

/// An in-memory Seam that is being served. Dropping it closes its port and its connections.
#[derive(Debug)]
#[must_use = "the server stops when this is dropped"]
pub struct Server {
    url: String,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// The base URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address and port.
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
