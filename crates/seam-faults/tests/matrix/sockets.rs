//! Servers that are code and not a script: for what is below HTTP, beside it, or about two connections at once.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_core::Error;
use seam_faults::{Case, Expected, KEY, Network, Run};
use seam_reqwest::{ReqwestTransport, ReqwestTransportBuilder, reqwest};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
};

/// What reached a server. All clones are of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    connections: AtomicUsize,
    requests: AtomicUsize,
    bytes: Mutex<Vec<u8>>,
    hung_up: AtomicUsize,
    change: Notify,
}

impl Seen {
    /// A request came whole.
    pub(crate) fn request(&self) {
        self.0.requests.fetch_add(1, Ordering::SeqCst);
        self.0.change.notify_waiters();
    }

    /// These bytes came.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    /// A client hung up.
    pub(crate) fn hung_up(&self) {
        self.0.hung_up.fetch_add(1, Ordering::SeqCst);
        self.0.change.notify_waiters();
    }

    pub(crate) fn requests(&self) -> usize {
        self.0.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.0.connections.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until_requests(&self, requests: usize) {
        self.until(|| self.requests() >= requests).await;
    }

    /// Waits until so many clients have hung up.
    pub(crate) async fn until_hung_up(&self, clients: usize) {
        self.until(|| self.0.hung_up.load(Ordering::SeqCst) >= clients).await;
    }

    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let change = self.0.change.notified();
            if is_so() {
                return;
            }
            change.await;
        }
    }

    /// What is wrong, unless these bytes came so many times.
    pub(crate) fn times(&self, part: &str, times: usize) -> Option<String> {
        let bytes = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = String::from_utf8_lossy(&bytes).matches(part).count();
        (found != times).then(|| format!("{part:?} came {found} times and not {times}"))
    }

    /// Nothing of a request came, above all no key.
    pub(crate) fn nothing_of_a_request(&self) -> Run {
        let bytes = self.0.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        let found = [KEY, "authorization", "access_codes", "user-agent"].into_iter().find(|part| text.contains(part));
        match (found, self.requests()) {
            (None, 0) => Ok(()),
            (found, requests) => Err(format!("{requests} requests and {found:?} reached the server")),
        }
    }
}

/// A server. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) port: u16,
    pub(crate) seen: Seen,
    accept: JoinHandle<()>,
}

impl Peer {
    /// A server on 127.0.0.1 that serves each connection so.
    pub(crate) async fn start<F>(serve: impl Fn(Wire) -> F + Send + 'static) -> Result<Self, String>
    where
        F: Future<Output = Option<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let seen = Seen::default();
        let shared = seen.clone();
        let accept = tokio::spawn(async move {
            // Dropped with this task, so that nothing outlives the server.
            let mut served = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = shared.0.connections.fetch_add(1, Ordering::SeqCst);
                // What is written in pieces arrives in pieces.
                let _ = stream.set_nodelay(true);
                served.spawn(serve(Wire { stream, unread: Vec::new(), number, seen: shared.clone() }));
            }
        });
        Ok(Self { port, seen, accept })
    }

    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn https(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// One connection, as the server has it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    pub(crate) unread: Vec<u8>,
    /// How many connections came before it.
    pub(crate) number: usize,
    pub(crate) seen: Seen,
}

impl Wire {
    /// Reads something; `None` when the client hung up.
    pub(crate) async fn some(&mut self) -> Option<()> {
        let before = self.unread.len();
        if self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0 {
            self.seen.hung_up();
            return None;
        }
        self.seen.bytes(self.unread.get(before..)?);
        Some(())
    }

    /// Reads the head of a request, or of what looks like one.
    pub(crate) async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                let rest = self.unread.split_off(end + 4);
                return Some(String::from_utf8_lossy(&std::mem::replace(&mut self.unread, rest)).into_owned());
            }
            self.some().await?;
        }
    }

    /// Reads a whole request, and counts it: its head.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let head = self.head().await?;
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let length = length.unwrap_or(0);
        while self.unread.len() < length {
            self.some().await?;
        }
        self.unread.drain(..length);
        self.seen.request();
        Some(head)
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> Option<()> {
        self.stream.write_all(bytes.as_ref()).await.ok()
    }

    /// Waits until the client hangs up.
    pub(crate) async fn rest(&mut self) {
        while self.some().await.is_some() {}
    }

    /// Resets the connection: closing without lingering does.
    pub(crate) fn reset(self) -> Option<()> {
        self.stream.set_zero_linger().ok()
    }
}

/// A transport that a user would build, without what the environment says about proxies.
pub(crate) fn transport(
    configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
) -> ReqwestTransportBuilder {
    ReqwestTransport::builder().client(move |client| configure(client.no_proxy()))
}

/// A client over reqwest that talks to `url`.
pub(crate) fn client(builder: ReqwestTransportBuilder, url: &str) -> Result<Network, String> {
    Network::over(builder.build().map_err(|error| error.to_string())?, url, None)
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Read,
    Act,
}

impl Ask {
    /// Both, with the ends of their names.
    pub(crate) const BOTH: [(Self, &'static str); 2] = [(Self::Read, "a read"), (Self::Act, "an action")];

    pub(crate) async fn of(self, network: &Network, timeout: Duration) -> Result<(), Error> {
        match self {
            Self::Read => network.read(timeout).await,
            Self::Act => network.act(timeout).await,
        }
    }
}

/// A read and an action, judged by the count of the peer that `connect` makes, and then by `check`.
pub(crate) fn both<F>(
    name: &str,
    timeout: Duration,
    connect: impl Fn() -> F + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
    check: fn(&Seen) -> Run,
) -> Vec<Case>
where
    F: Future<Output = Result<(Network, Peer), String>> + Send + 'static,
{
    let expected = [read, action];
    let rows = Ask::BOTH.into_iter().zip(expected);
    rows.map(|((ask, what), expected)| {
        let connect = connect.clone();
        Case::new(format!("{name}: {what}"), move || {
            let (connecting, expected) = (connect(), expected.clone());
            async move {
                let (network, peer) = connecting.await?;
                let started = std::time::Instant::now();
                let result = ask.of(&network, timeout).await;
                let took = started.elapsed();
                if took > timeout + Duration::from_secs(2) {
                    return Err(format!("it took {took:?}"));
                }
                expected.judge(result, peer.seen.requests())?;
                check(&peer.seen)
            }
        })
    })
    .collect()
}

/// Nothing to check.
pub(crate) fn anything(_: &Seen) -> Run {
    Ok(())
}

/// Nothing of a request came.
pub(crate) fn nothing(seen: &Seen) -> Run {
    seen.nothing_of_a_request()
}
