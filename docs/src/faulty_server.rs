//! A server that does its worst: on loopback, it counts what reaches it and fails in every way that a network has.
//!
//! For the tests of the promises that retries make, and for the example that measures them.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: it is answered with a body that every route can read.
    None,
    /// The connection is closed before anything is read from it.
    CloseUnread,
    /// The request arrives, and the connection is closed without an answer.
    CloseUnanswered,
    /// The request arrives, and the connection is reset.
    Reset,
    /// The connection is closed in the middle of the head of the answer.
    HalfHead,
    /// The connection is closed in the middle of the body of the answer.
    HalfBody,
    /// An answer with this status.
    Status(u16),
    /// A successful status, and a body that is not JSON.
    Garbage,
    /// No answer ever.
    Hang,
    /// An answer that comes byte by byte, and never ends.
    Drip,
}

impl Fault {
    /// All of them, each as likely as the others, and as many requests without one.
    const ALL: [Self; 18] = [
        Self::CloseUnread,
        Self::CloseUnanswered,
        Self::Reset,
        Self::HalfHead,
        Self::HalfBody,
        Self::Status(408),
        Self::Status(429),
        Self::Status(500),
        Self::Status(502),
        Self::Status(503),
        Self::Garbage,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
        Self::None,
    ];

    /// One by chance. One in 500 hangs or drips, for as long as the caller has patience.
    #[must_use]
    pub fn by_chance(random: &mut fastrand::Rng) -> Self {
        match random.usize(0..1000) {
            0 => Self::Hang,
            1 => Self::Drip,
            number => Self::ALL.get(number % Self::ALL.len()).copied().unwrap_or(Self::None),
        }
    }
}

/// The server. It ends when this is dropped.
#[derive(Debug)]
pub struct FaultyServer {
    url: String,
    arrived: Arc<Mutex<HashMap<String, usize>>>,
    accept: JoinHandle<()>,
}

impl FaultyServer {
    /// Starts a server in which `fault` decides for each request, with a source of chance that is always the same.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub async fn start(fault: fn(&mut fastrand::Rng) -> Fault) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let arrived = Arc::default();
        let counts = Arc::clone(&arrived);
        let accept = tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(7);
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, random.fork(), fault, Arc::clone(&counts)));
            }
        });
        Ok(Self { url, arrived, accept })
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often each id arrived: the texts that look like `call-17`.
    #[must_use]
    pub fn arrived(&self) -> HashMap<String, usize> {
        lock(&self.arrived).clone()
    }

    /// How many requests arrived.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.arrived).values().sum()
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

fn lock(arrived: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    arrived.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves one connection until it ends. The client may hang up at any time: that is the point.
async fn serve(
    mut stream: TcpStream,
    mut random: fastrand::Rng,
    fault: fn(&mut fastrand::Rng) -> Fault,
    arrived: Arc<Mutex<HashMap<String, usize>>>,
) -> Option<()> {
    let mut unread = Vec::new();
    loop {
        let fault = fault(&mut random);
        if fault == Fault::CloseUnread {
            return None;
        }
        let request = read_request(&mut stream, &mut unread).await?;
        *lock(&arrived).entry(id_in(&request)?).or_default() += 1;
        let answer = |status: u16, body: &str| {
            format!(
                "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        match fault {
            Fault::None => stream.write_all(answer(200, FOUND).as_bytes()).await.ok()?,
            Fault::Status(status) => stream.write_all(answer(status, "{}").as_bytes()).await.ok()?,
            Fault::Garbage => stream.write_all(answer(200, "<html>").as_bytes()).await.ok()?,
            Fault::CloseUnread | Fault::CloseUnanswered => return None,
            Fault::Reset => {
                // Closing without lingering is a reset.
                stream.set_zero_linger().ok()?;
                return None;
            }
            Fault::HalfHead => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-le").await.ok()?;
                return None;
            }
            Fault::HalfBody => {
                let whole = answer(200, FOUND);
                let (half, _) = whole.split_at_checked(whole.len().saturating_sub(10))?;
                stream.write_all(half.as_bytes()).await.ok()?;
                return None;
            }
            Fault::Hang => {
                // Until the client hangs up.
                stream.read_buf(&mut unread).await.ok()?;
                return None;
            }
            Fault::Drip => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await.ok()?;
                loop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    stream.write_all(b" ").await.ok()?;
                }
            }
        }
    }
}

/// An answer in which every route of the tests finds its own.
const FOUND: &str =
    r#"{"access_code":{"access_code_id":"c1"},"action_attempt":{"action_attempt_id":"a1","status":"success"}}"#;

/// A whole request; `None` when the client hung up.
async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some((head, length)) = split(unread) {
            let rest = unread.split_off(head + length);
            let request = std::mem::replace(unread, rest);
            return String::from_utf8(request).ok();
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// How long the head and the body are, once both are there.
fn split(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(Some(0), |length| length.parse().ok())?;
    (bytes.len() >= head + length).then_some((head, length))
}

fn id_in(request: &str) -> Option<String> {
    let (_, rest) = request.split_once("call-")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("call-{number}"))
}
