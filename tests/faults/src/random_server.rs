//! A server on loopback that applies random faults to its responses, and counts the requests that reach it.
//!
//! Each request contains the id of its call, such as `call-17`, and the response contains the same id. A client can therefore
//! detect a response that reaches another call.

mod request;
mod respond;

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

use request::{ParsedRequest, RequestKind, read_request};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

use crate::{Fault, Faults, random::rng};

/// The number of items of each page of a list.
pub(crate) const ITEMS_PER_PAGE: usize = 3;

/// The upper limit of the polls of one action attempt. No call of a [`Load`](crate::Load) has the time for more.
pub(crate) const MAX_POLLS: usize = 40;

/// The time without a listener in [`Fault::RefuseConnections`].
const OUTAGE: Duration = Duration::from_millis(10);

/// The counts of requests and faults of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of complete requests.
    pub requests: u64,
    /// The number of requests for each fault, by its name.
    pub faults: BTreeMap<String, u64>,
    /// The number of actions that arrived more than once.
    pub duplicate_actions: u64,
    /// The number of other requests that arrived more often than retries allow.
    pub excess_requests: u64,
    /// Examples of both.
    pub examples: Vec<String>,
}

impl Tally {
    /// Returns the counts as JSON, for another process.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { requests, faults, duplicate_actions, excess_requests, examples } = self;
        json!({
            "requests": requests, "faults": faults, "duplicate_actions": duplicate_actions, "excess_requests": excess_requests, "examples": examples
        })
        .to_string()
    }

    /// Parses the output of [`to_json`](Self::to_json).
    #[must_use]
    pub fn from_json(json: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(json).ok()?;
        let number = |value: &Value| value.as_u64();
        let faults = value.get("faults")?.as_object()?.iter();
        let examples = value.get("examples")?.as_array()?.iter();
        Some(Self {
            requests: number(value.get("requests")?)?,
            faults: faults.map(|(name, count)| Some((name.clone(), number(count)?))).collect::<Option<_>>()?,
            duplicate_actions: number(value.get("duplicate_actions")?)?,
            excess_requests: number(value.get("excess_requests")?)?,
            examples: examples.filter_map(Value::as_str).map(str::to_owned).collect(),
        })
    }
}

/// The number of arrivals of each request. Old requests are discarded if there is a retention time.
#[derive(Debug)]
struct Arrivals {
    tally: Tally,
    /// The minimum time for which a request is remembered, or `None` to remember all.
    retention: Option<Duration>,
    /// The start of the current period, which lasts for the retention time.
    period_start: Instant,
    /// The requests of the current period.
    current: HashMap<String, usize>,
    /// The requests of the previous period.
    previous: HashMap<String, usize>,
}

impl Arrivals {
    fn new(retention: Option<Duration>) -> Self {
        let (current, previous) = (HashMap::new(), HashMap::new());
        Self { tally: Tally::default(), retention, period_start: Instant::now(), current, previous }
    }

    /// Counts an arrival of a request, and returns its number of arrivals.
    fn count(&mut self, request: &ParsedRequest) -> usize {
        if self.retention.is_some_and(|retention| self.period_start.elapsed() >= retention) {
            self.previous = std::mem::take(&mut self.current);
            self.period_start = Instant::now();
        }
        let earlier = self.previous.remove(&request.key).unwrap_or_default();
        let count = self.current.entry(request.key.clone()).or_insert(earlier);
        *count += 1;
        let count = *count;
        self.tally.requests += 1;
        if count > request.kind.max_arrivals() {
            let is_action = request.kind == RequestKind::Action;
            *if is_action { &mut self.tally.duplicate_actions } else { &mut self.tally.excess_requests } += 1;
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
    arrivals: Mutex<Arrivals>,
    /// Whether to close the next connection.
    close_next: AtomicBool,
    /// Notified to stop listening for [`OUTAGE`].
    outage: Notify,
}

impl Shared {
    fn arrivals(&self) -> MutexGuard<'_, Arrivals> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that applies faults to its responses. It stops when this value is dropped.
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
    /// If no port is available.
    pub async fn start(faults: Faults) -> io::Result<Self> {
        Self::new(faults, None).await
    }

    /// Starts a server that remembers requests only for a retention time, so that its memory stays bounded. A request that arrives
    /// again later than twice the retention time counts as new.
    ///
    /// # Errors
    ///
    /// If no port is available.
    pub async fn start_with_retention(faults: Faults, retention: Duration) -> io::Result<Self> {
        Self::new(faults, Some(retention)).await
    }

    async fn new(faults: Faults, retention: Option<Duration>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let arrivals = Mutex::new(Arrivals::new(retention));
        let shared = Arc::new(Shared { faults, arrivals, close_next: AtomicBool::new(false), outage: Notify::new() });
        let accept = tokio::spawn(accept(listener, address, Arc::clone(&shared)));
        Ok(Self { address, shared, accept })
    }

    /// Returns the base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the number of arrivals of each request. The keys are `call-17` for a call, `call-17.p2` for its second page, and
    /// `call-17.poll` for the polls of its action attempt.
    #[must_use]
    pub fn arrived(&self) -> HashMap<String, usize> {
        let arrivals = self.shared.arrivals();
        let all = arrivals.previous.iter().chain(&arrivals.current);
        all.map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// Returns whether a request arrived.
    #[must_use]
    pub fn has_arrived(&self, request: &str) -> bool {
        let arrivals = self.shared.arrivals();
        arrivals.current.contains_key(request) || arrivals.previous.contains_key(request)
    }

    /// Returns the number of requests that arrived.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.arrivals().tally.requests
    }

    /// Returns the counts of requests and faults.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.shared.arrivals().tally.clone()
    }
}

impl Drop for RandomServer {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// Accepts connections until the task is aborted.
async fn accept(mut listener: TcpListener, address: SocketAddr, shared: Arc<Shared>) {
    // Dropped with this task, so that no connection outlives the server.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                while connections.try_join_next().is_some() {}
                match accepted {
                    Ok(_) if shared.close_next.swap(false, Ordering::Relaxed) => {}
                    Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&shared)))),
                    // A transient error, such as too many open files.
                    Err(_) => tokio::time::sleep(OUTAGE).await,
                }
            }
            () = shared.outage.notified() => {
                drop(listener);
                listener = loop {
                    tokio::time::sleep(OUTAGE).await;
                    // Another program may use the port for a moment.
                    if let Ok(listener) = TcpListener::bind(address).await {
                        break listener;
                    }
                };
            }
        }
    }
}

/// Serves one connection until either side closes it.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    // Disables Nagle's algorithm, so that a response that is written in parts arrives in parts.
    stream.set_nodelay(true).ok()?;
    let mut unread = Vec::new();
    loop {
        let request = ParsedRequest::parse(&read_request(&mut stream, &mut unread).await?)?;
        let (arrival, fault) = {
            let mut arrivals = shared.arrivals();
            let arrival = arrivals.count(&request);
            let fault = shared.faults.of(&request.key, arrival);
            *arrivals.tally.faults.entry(fault.name()).or_default() += 1;
            (arrival, fault)
        };
        let seed = shared.faults.seed();
        let mut rng = rng(seed, &format!("{} @{arrival}", request.key));
        let body = request.body(seed, arrival).to_string();
        respond::respond(&mut stream, fault, &request, &body, &mut rng).await?;
        match fault {
            Fault::CloseNextConnection => shared.close_next.store(true, Ordering::Relaxed),
            Fault::RefuseConnections => {
                shared.outage.notify_one();
                return None;
            }
            _ => {}
        }
    }
}
