//! A server that does its worst by chance: on loopback, it answers each request with the id that the request carries,
//! fails in every way that a network has, and counts what reaches it.
//!
//! An id is a text that looks like `call-17`, wherever it stands in the request. So an answer that reaches another call
//! than its own is found out.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Fault, Faults, KEY, PIN,
    random::{action, chance, pages},
};

/// How many items each page of a list has.
pub(crate) const ITEMS: usize = 3;

/// How often an action attempt may be looked at. It is more than anybody here has the time for.
pub(crate) const LOOKS: usize = 40;

/// How long nobody listens when connections are refused.
const OUTAGE: Duration = Duration::from_millis(10);

/// What reached a server, and what it did then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that arrived whole.
    pub requests: u64,
    /// What happened to them, by the name of the fault.
    pub faults: BTreeMap<String, u64>,
    /// Actions that arrived again.
    pub duplicates: u64,
    /// Other requests that arrived more often than three times.
    pub too_often: u64,
    /// Some of both.
    pub examples: Vec<String>,
}

impl Tally {
    /// As JSON, for another process.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { requests, faults, duplicates, too_often, examples } = self;
        json!({
            "requests": requests, "faults": faults, "duplicates": duplicates, "too_often": too_often, "examples": examples
        })
        .to_string()
    }

    /// From what [`to_json`](Self::to_json) wrote.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let number = |value: &Value| value.as_u64();
        let faults = value.get("faults")?.as_object()?.iter();
        let examples = value.get("examples")?.as_array()?.iter();
        Some(Self {
            requests: number(value.get("requests")?)?,
            faults: faults.map(|(name, count)| Some((name.clone(), number(count)?))).collect::<Option<_>>()?,
            duplicates: number(value.get("duplicates")?)?,
            too_often: number(value.get("too_often")?)?,
            examples: examples.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }
}

/// What arrived, with what arrived long ago forgotten.
#[derive(Debug)]
struct Ledger {
    tally: Tally,
    keep: Option<Duration>,
    since: Instant,
    arrived: HashMap<String, usize>,
    before: HashMap<String, usize>,
}

impl Ledger {
    /// Writes an arrival down, and says which it is.
    fn arrive(&mut self, request: &Asked) -> usize {
        if self.keep.is_some_and(|keep| self.since.elapsed() >= keep) {
            self.before = std::mem::take(&mut self.arrived);
            self.since = Instant::now();
        }
        let before = self.before.remove(&request.key);
        let count = self.arrived.entry(request.key.clone()).or_insert(before.unwrap_or_default());
        *count += 1;
        let count = *count;
        self.tally.requests += 1;
        if count > request.kind.most() {
            let is_action = request.kind == Kind::Action;
            *if is_action { &mut self.tally.duplicates } else { &mut self.tally.too_often } += 1;
            if self.tally.examples.len() < 10 {
                self.tally.examples.push(format!("{} arrived {count} times", request.key));
            }
        }
        count
    }
}

#[derive(Debug)]
struct Shared {
    faults: Faults,
    ledger: Mutex<Ledger>,
    closes_next: AtomicBool,
    outage: Notify,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server. It ends when this is dropped.
#[derive(Debug)]
pub struct RandomServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accept: JoinHandle<()>,
}

impl RandomServer {
    /// Starts a server with these faults.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start(faults: Faults) -> io::Result<Self> {
        Self::new(faults, None).await
    }

    /// Starts a server that forgets what arrived, but not before so long: one that can go on for hours. A request that
    /// arrives again after that is taken for a new one.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start_and_forget(faults: Faults, after: Duration) -> io::Result<Self> {
        Self::new(faults, Some(after)).await
    }

    async fn new(faults: Faults, keep: Option<Duration>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (arrived, before) = (HashMap::new(), HashMap::new());
        let ledger = Ledger { tally: Tally::default(), keep, since: Instant::now(), arrived, before };
        let shared =
            Shared { faults, ledger: Mutex::new(ledger), closes_next: AtomicBool::new(false), outage: Notify::new() };
        let shared = Arc::new(shared);
        let accept = tokio::spawn(accept(listener, address, Arc::clone(&shared)));
        Ok(Self { address, shared, accept })
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often each request arrived: `call-17`, its second page `call-17.p2`, and looks at its action `call-17.poll`.
    #[must_use]
    pub fn arrived(&self) -> HashMap<String, usize> {
        let ledger = self.shared.ledger();
        let all = ledger.before.iter().chain(&ledger.arrived);
        all.map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// Whether this request arrived.
    #[must_use]
    pub fn has(&self, request: &str) -> bool {
        let ledger = self.shared.ledger();
        ledger.arrived.contains_key(request) || ledger.before.contains_key(request)
    }

    /// How many requests arrived.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shared.ledger().tally.requests
    }

    /// What reached it, and what it did then.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.shared.ledger().tally.clone()
    }
}

impl Drop for RandomServer {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

async fn accept(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    // Dropped with this task, so that nothing outlives the server.
    let mut served = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                while served.try_join_next().is_some() {}
                match accepted {
                    Ok(_) if shared.closes_next.swap(false, Ordering::Relaxed) => {}
                    Ok((stream, _)) => drop(served.spawn(serve(stream, Arc::clone(&shared)))),
                    // Too many open files, perhaps: it passes.
                    Err(_) => tokio::time::sleep(OUTAGE).await,
                }
            }
            () = shared.outage.notified() => {
                drop(listener);
                listener = loop {
                    tokio::time::sleep(OUTAGE).await;
                    // Somebody else may have the port for a moment.
                    if let Ok(listener) = TcpListener::bind(address).await {
                        break listener;
                    }
                };
            }
        }
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Action,
    Poll,
    Page(usize),
}

impl Kind {
    /// How often such a request may arrive.
    fn most(self) -> usize {
        match self {
            Self::Action => 1,
            Self::Read | Self::Page(_) => 3,
            Self::Poll => 3 * LOOKS,
        }
    }
}

/// A request, as far as it matters here.
#[derive(Debug)]
struct Asked {
    id: String,
    /// The id, and what of it is asked for.
    key: String,
    kind: Kind,
    /// The secrets that it carries: what an answer may quote.
    secrets: &'static str,
}

impl Asked {
    fn read(request: &str) -> Option<Self> {
        let number: String = request.split_once("call-")?.1.chars().take_while(char::is_ascii_digit).collect();
        let id = format!("call-{number}");
        let path = request.split_ascii_whitespace().nth(1)?.split('?').next()?;
        let (kind, key) = match path {
            "/locks/unlock_door" | "/access_codes/create" => (Kind::Action, id.clone()),
            "/action_attempts/get" => (Kind::Poll, format!("{id}.poll")),
            "/devices/list" => {
                let cursor = request.split_once(&format!("{id}.p")).map(|(_, rest)| rest);
                let number = cursor.and_then(|rest| rest.chars().next()?.to_digit(10)).unwrap_or(1);
                (Kind::Page(usize::try_from(number).ok()?), format!("{id}.p{number}"))
            }
            // Also what is idempotent: it may arrive as often.
            _ => (Kind::Read, id.clone()),
        };
        let secrets = if request.contains("canary/é 4711") { PIN } else { "no PIN" };
        Some(Self { id, key, kind, secrets })
    }

    /// The body that answers it.
    fn answer(&self, seed: u64, arrival: usize) -> Value {
        let id = &self.id;
        if let Kind::Page(number) = self.kind {
            let items = (0..ITEMS).map(|item| json!({"device_id": format!("{id}.p{number}.i{item}")}));
            let next = (number < pages(seed, id)).then(|| format!("{id}.p{}", number + 1));
            return json!({
                "devices": items.collect::<Vec<_>>(),
                "pagination": {"has_next_page": next.is_some(), "next_page_cursor": next, "next_page_url": null},
            });
        }
        let (looks, fails) = action(seed, id);
        let seen = if self.kind == Kind::Poll { arrival } else { 0 };
        let status = match looks {
            Some(looks) if seen < looks => "pending",
            Some(_) if fails => "error",
            Some(_) => "success",
            None => "pending",
        };
        let error = json!({"type": "device_offline", "message": format!("{id} is out of reach")});
        let code = json!({"access_code_id": format!("code-{id}"), "device_id": id, "code": PIN});
        let attempt = json!({
            "action_attempt_id": format!("attempt-{id}"),
            "action_type": "CREATE_ACCESS_CODE",
            "status": status,
            "result": (status == "success").then(|| json!({"access_code": code})),
            "error": (status == "error").then_some(error),
        });
        json!({"access_code": code, "action_attempt": attempt})
    }

    /// An error of Seam's, whose message quotes what it should not.
    fn error(&self, status: u16) -> String {
        let message = format!("{}: Bearer {KEY} may not do this with {}", self.id, self.secrets);
        json!({"error": {"type": format!("error_{status}"), "message": message, "request_id": self.key}}).to_string()
    }

    /// A whole response.
    fn response(&self, status: u16, headers: &str, body: &str) -> String {
        self.head(status, &format!("{headers}content-length: {}\r\n", body.len())) + body
    }

    fn head(&self, status: u16, headers: &str) -> String {
        let key = &self.key;
        format!("HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\nseam-request-id: {key}\r\n{headers}\r\n")
    }
}

/// Serves one connection until it ends. The client may hang up at any time: that is the point.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    // What is written in pieces arrives in pieces.
    stream.set_nodelay(true).ok()?;
    let mut unread = Vec::new();
    loop {
        let asked = Asked::read(&read_request(&mut stream, &mut unread).await?)?;
        let (arrival, fault) = {
            let mut ledger = shared.ledger();
            let arrival = ledger.arrive(&asked);
            let fault = shared.faults.of(&asked.key, arrival);
            *ledger.tally.faults.entry(fault.name()).or_default() += 1;
            (arrival, fault)
        };
        let seed = shared.faults.seed();
        let mut random = chance(seed, &format!("{} @{arrival}", asked.key));
        let body = asked.answer(seed, arrival).to_string();
        respond(&mut stream, fault, &asked, &body, &mut random).await?;
        match fault {
            Fault::ClosesNext => shared.closes_next.store(true, Ordering::Relaxed),
            Fault::Refuses => {
                shared.outage.notify_one();
                return None;
            }
            _ => {}
        }
    }
}

/// Does to one request what is to be done to it. `None` ends the connection.
async fn respond(
    stream: &mut TcpStream,
    fault: Fault,
    asked: &Asked,
    body: &str,
    random: &mut fastrand::Rng,
) -> Option<()> {
    let whole = asked.response(200, "", body);
    let (half_of_head, _) = whole.split_at_checked(random.usize(1..40))?;
    let (half_of_body, _) = whole.split_at_checked(whole.len().checked_sub(random.usize(1..body.len()))?)?;
    let millis = |random: &mut fastrand::Rng, most| Duration::from_millis(random.u64(1..=most));
    match fault {
        Fault::None | Fault::ClosesNext | Fault::Refuses => write(stream, &whole).await,
        Fault::Late => {
            tokio::time::sleep(millis(random, 60)).await;
            write(stream, &whole).await
        }
        Fault::SlowDrip => {
            for piece in whole.as_bytes().chunks(whole.len().div_ceil(8)) {
                stream.write_all(piece).await.ok()?;
                tokio::time::sleep(millis(random, 5)).await;
            }
            Some(())
        }
        Fault::Interim => write(stream, &format!("HTTP/1.1 100 Continue\r\n\r\n{whole}")).await,
        Fault::Chunked => {
            let head = asked.head(200, "transfer-encoding: chunked\r\n");
            write(stream, &format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len())).await
        }
        Fault::CloseDelimited => {
            write(stream, &(asked.head(200, "") + body)).await?;
            None
        }
        Fault::SaysClose => {
            write(stream, &asked.response(200, "connection: close\r\n", body)).await?;
            None
        }
        Fault::ClosesSilently => {
            write(stream, &whole).await?;
            tokio::time::sleep(millis(random, 4)).await;
            None
        }
        Fault::Stray => {
            let stranger =
                Asked { id: "stray".to_owned(), key: "stray".to_owned(), kind: asked.kind, secrets: "no PIN" };
            let stray = stranger.response(200, "", &stranger.answer(0, usize::MAX).to_string());
            write(stream, &(whole + &stray)).await
        }
        Fault::CloseUnanswered => None,
        Fault::Reset => {
            // Closing without lingering is a reset.
            stream.set_zero_linger().ok()?;
            None
        }
        Fault::HalfHead => {
            write(stream, half_of_head).await?;
            None
        }
        Fault::HalfBody => {
            write(stream, half_of_body).await?;
            None
        }
        Fault::Stall => {
            write(stream, half_of_body).await?;
            hang(stream).await
        }
        Fault::Status(204) => write(stream, &asked.head(204, "")).await,
        Fault::Status(302) => write(stream, &asked.response(302, "location: /elsewhere?call-0\r\n", "")).await,
        Fault::Status(status @ (407 | 502)) => write(stream, &page(asked, status)).await,
        Fault::Status(status) => write(stream, &asked.response(status, "", &asked.error(status))).await,
        Fault::RetryAfter(seconds) => {
            write(stream, &asked.response(429, &format!("retry-after: {seconds}\r\n"), &asked.error(429))).await
        }
        Fault::Garbage => write(stream, &page(asked, 200)).await,
        Fault::WrongShape => {
            let secrets = asked.secrets;
            let wrong = json!({
                "access_code": {"access_code_id": [KEY, secrets], "code": {"is": secrets}},
                "action_attempt": {"action_attempt_id": {"is": secrets}, "status": [KEY]},
                "devices": {"device_id": secrets},
            });
            write(stream, &asked.response(200, "", &wrong.to_string())).await
        }
        Fault::GarbageHead => {
            let bytes: Vec<u8> = (0..random.usize(1..200)).map(|_| random.u8(..)).collect();
            stream.write_all(&bytes).await.ok()?;
            None
        }
        Fault::HeadFlood => {
            write(stream, "HTTP/1.1 200 OK\r\n").await?;
            loop {
                write(stream, "x-more: and more and more and more and more and more and more and more\r\n").await?;
            }
        }
        Fault::TooLong => {
            let length = body.len().saturating_add(random.usize(1..100));
            write(stream, &(asked.head(200, &format!("content-length: {length}\r\n")) + body)).await?;
            None
        }
        Fault::TooShort => {
            let length = body.len().saturating_sub(random.usize(1..body.len()));
            write(stream, &(asked.head(200, &format!("content-length: {length}\r\n")) + body)).await
        }
        Fault::WrongChunks => {
            write(stream, &(asked.head(200, "transfer-encoding: chunked\r\n") + "zz\r\n" + body)).await?;
            None
        }
        Fault::TwoLengths => {
            let lengths = format!("content-length: {}\r\ncontent-length: 3\r\n", body.len());
            write(stream, &(asked.head(200, &lengths) + body)).await
        }
        Fault::Hang => hang(stream).await,
        Fault::Drip => {
            write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await?;
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                write(stream, " ").await?;
            }
        }
    }
}

/// A page for people that shows what it should not.
fn page(asked: &Asked, status: u16) -> String {
    let body = format!("<html><pre>authorization: Bearer {KEY}\n\n{}</pre></html>", asked.secrets);
    let key = &asked.key;
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: text/html\r\nseam-request-id: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn write(stream: &mut TcpStream, text: &str) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

/// Until the client hangs up.
async fn hang(stream: &mut TcpStream) -> Option<()> {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await.ok()? > 0 {}
    None
}

/// A whole request; `None` when the client hung up.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(length) = length_of(unread) {
            let rest = unread.split_off(length);
            return String::from_utf8(std::mem::replace(unread, rest)).ok();
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// How long a request is, once all of it is there.
fn length_of(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?.checked_add(4)?;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = head.checked_add(length.map_or(Some(0), |length| length.parse().ok())?)?;
    (bytes.len() >= length).then_some(length)
}
