//! The in-memory Seam on a port, over the same code as in memory; and webhooks, which it sends to other ports.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    client::conn::http1 as client,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use seam_core::{
    Body, Bytes, Request, Response,
    http::{self, HeaderValue, Method, StatusCode, header},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    FakeSeam,
    console::{Answer, Console, EventStream},
    exchange::Ending,
    log,
};
use seam_core::test_util::ApiFault;

/// The most bytes that a request may have. Nothing that Seam takes comes near it.
const REQUEST_LIMIT: usize = 1024 * 1024;

/// The most bytes that a request may have that steers the fake: a state with 100,000 devices has 150 MB.
const CONTROL_LIMIT: usize = 1024 * REQUEST_LIMIT;

/// How often the state is looked after when nobody asks for anything.
const TICK: Duration = Duration::from_millis(50);

/// How long a webhook may take to answer, in real time.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);

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
        Serve { fake: self.clone(), address: (Ipv4Addr::LOCALHOST, 0).into(), pace: 1.0, log: None }
    }
}

/// How a Seam is going to be served.
#[must_use = "nothing is served until it is started"]
pub struct Serve {
    fake: FakeSeam,
    address: SocketAddr,
    pace: f64,
    log: Option<Log>,
}

type Log = Arc<dyn Fn(&str) + Send + Sync>;

impl Serve {
    /// On this address and port, instead of a free port of `127.0.0.1`.
    pub fn address(mut self, address: impl Into<SocketAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// How many seconds pass in the state in each real one: 1 unless this is called, 60 to make a minute of a second,
    /// 0 to let time pass only by [`FakeSeam::advance`] and `/_fake/advance_time`.
    ///
    /// What is negative, or no number, is 0.
    pub fn pace(mut self, pace: f64) -> Self {
        self.pace = if pace.is_finite() { pace.max(0.0) } else { 0.0 };
        self
    }

    /// Says a line for each request: what was asked for, without anything secret, and what came of it.
    pub fn log(mut self, log: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
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
            pace: self.pace,
            log: self.log,
            kept_up: Mutex::new(Instant::now()),
        });
        let task = tokio::spawn(host.run(listener));
        Ok(Server { url, address, task })
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("address", &self.address).field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// What serves a Seam.
struct Host {
    fake: FakeSeam,
    console: Console,
    pace: f64,
    log: Option<Log>,
    /// Until when real time has passed in the state.
    kept_up: Mutex<Instant>,
}

impl Host {
    async fn run(self: Arc<Self>, listener: TcpListener) {
        // All tasks end with this set, which ends with this task.
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(Arc::clone(&self).look_after());
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // One that gave up before it was accepted, or no file handle left for it: the next may be well.
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let host = Arc::clone(&self);
            tasks.spawn(async move {
                let service = service_fn(|request| host.respond(request));
                // A client that hangs up ends its connection with an error, which is its own affair.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
            while tasks.try_join_next().is_some() {}
        }
    }

    /// Lets as much time pass in the state as has passed outside.
    fn keep_up(&self) {
        let mut kept_up = self.kept_up.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let passed = now.duration_since(*kept_up).as_secs_f64() * self.pace;
        *kept_up = now;
        if let Ok(passed) = Duration::try_from_secs_f64(passed) {
            self.fake.advance(passed);
        }
    }

    /// Lets things happen at their time though nobody asks, and sends webhooks.
    async fn look_after(self: Arc<Self>) {
        let mut sending = tokio::task::JoinSet::new();
        loop {
            tokio::time::sleep(TICK).await;
            self.keep_up();
            let due = self.fake.take_deliveries_for_http();
            for (delivery, request) in due {
                let host = Arc::clone(&self);
                sending.spawn(async move {
                    let status = tokio::time::timeout(WEBHOOK_TIMEOUT, send(&request)).await.ok().and_then(Result::ok);
                    if let Some(log) = &host.log {
                        log(&log::of_webhook(&request, &delivery.message_id, status));
                    }
                    host.fake.lock().delivered(delivery, status);
                });
            }
            while sending.try_join_next().is_some() {}
        }
    }

    /// Answers a request; `Err` closes the connection.
    async fn respond(
        &self,
        request: http::Request<Incoming>,
    ) -> Result<http::Response<Either<ResponseBody, EventStream>>, ConnectionLost> {
        let (head, body) = request.into_parts();
        // Without the headers that let a page from elsewhere read it.
        match self.console.answer(&self.fake, &head) {
            Some(Answer::Whole(response)) => {
                Ok(response.map(|body| Either::Left(ResponseBody::whole(body.into_bytes()))))
            }
            Some(Answer::Stream(stream)) => Ok(stream.respond().map(Either::Right)),
            None => self.exchange(head, body).await.map(|response| response.map(Either::Left)),
        }
    }

    async fn exchange(
        &self,
        head: http::request::Parts,
        body: Incoming,
    ) -> Result<http::Response<ResponseBody>, ConnectionLost> {
        let began = Instant::now();
        if head.method == Method::OPTIONS {
            return Ok(open_to_browsers(http::Response::new(Body::from(String::new())), ResponseBody::whole));
        }
        self.keep_up();
        let limit = if head.uri.path().starts_with("/_fake/") { CONTROL_LIMIT } else { REQUEST_LIMIT };
        let (request, exchange) = match Limited::new(body, limit).collect().await {
            Ok(body) => {
                let request = Request::from_parts(head, Body::from(body.to_bytes()));
                let exchange = self.fake.exchange(&request);
                (request, exchange)
            }
            Err(_) => {
                let request = Request::from_parts(head, Body::from(String::new()));
                let fault = ApiFault::new(413, "payload_too_large", "The body is too large, or broke off");
                let exchange = self.fake.refuse(&request, fault);
                (request, exchange)
            }
        };
        if exchange.delay > Duration::ZERO {
            // At the pace of the state; where time stands still, not at all.
            let delay = if self.pace > 0.0 { exchange.delay.div_f64(self.pace) } else { Duration::ZERO };
            tokio::time::sleep(delay).await;
        }
        if let Some(log) = &self.log {
            log(&log::of_exchange(&request, &exchange.ending, began.elapsed()));
        }
        match exchange.ending {
            Ending::Response(response) => Ok(open_to_browsers(response, ResponseBody::whole)),
            Ending::Truncated(response) => Ok(open_to_browsers(response, ResponseBody::broken)),
            Ending::Lost(_) => Err(ConnectionLost),
        }
    }
}

/// A response that a page from anywhere may read: there is nothing here to protect.
fn open_to_browsers(response: Response, body: fn(Bytes) -> ResponseBody) -> http::Response<ResponseBody> {
    let mut response = response.map(|bytes| body(bytes.into_bytes()));
    let any = HeaderValue::from_static("*");
    for name in [
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
    ] {
        response.headers_mut().insert(name, any.clone());
    }
    // A star does not stand for `authorization`, and this list is what the official SDKs send.
    let allowed = HeaderValue::from_static(
        "authorization, content-type, client-session-token, seam-publishable-key, seam-sdk-name, seam-sdk-version, \
         seam-workspace, user-agent",
    );
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    response
}

/// The connection is to be closed without a response.
#[derive(Debug, thiserror::Error)]
#[error("the fake was told to fail")]
struct ConnectionLost;

/// The body of a response, which may break off.
struct ResponseBody {
    rest: Option<Bytes>,
    length: u64,
    breaks_off: bool,
    has_paused: bool,
}

impl ResponseBody {
    fn whole(bytes: Bytes) -> Self {
        let length = bytes.len().try_into().unwrap_or(u64::MAX);
        Self { rest: Some(bytes).filter(|bytes| !bytes.is_empty()), length, breaks_off: false, has_paused: false }
    }

    /// Half of what was announced.
    fn broken(bytes: Bytes) -> Self {
        let half = bytes.slice(..bytes.len() / 2);
        Self { rest: Some(half), breaks_off: true, ..Self::whole(bytes) }
    }
}

impl hyper::body::Body for ResponseBody {
    type Data = Bytes;
    type Error = ConnectionLost;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ConnectionLost>>> {
        Poll::Ready(match self.rest.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.breaks_off && !self.has_paused => {
                // A pause in which what there is goes out; with the error at its heels it would not.
                self.has_paused = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            None if self.breaks_off => Some(Err(ConnectionLost)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.rest.is_none() && !self.breaks_off { 0 } else { self.length })
    }
}

/// Sends a webhook over plain HTTP, and says which status comes back.
async fn send(request: &Request) -> Result<u16, Box<dyn std::error::Error + Send + Sync>> {
    let uri = request.uri();
    if uri.scheme_str() != Some("http") {
        return Err("webhooks are sent over http only".into());
    }
    let host = uri.host().ok_or("no host")?;
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), uri.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut outgoing = http::Request::builder()
        .method(Method::POST)
        .uri(uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
        .header(header::HOST, uri.authority().map_or(host, http::uri::Authority::as_str))
        .body(Full::new(request.body().clone().into_bytes()))?;
    outgoing.headers_mut().extend(request.headers().clone());
    let status = sender.send_request(outgoing).await.map(|response| response.status());
    connection.abort();
    Ok(status.map(|status: StatusCode| status.as_u16())?)
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
