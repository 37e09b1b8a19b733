//! A server that does what a script says, to each connection, byte by byte, and counts the requests that reach it.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// One thing that the server does to a connection.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads a whole request, and counts it. The script ends if the client hangs up before that.
    Read,
    /// Reads until there are this many bytes of a request, and does not count it.
    ReadPart(usize),
    /// Writes bytes.
    Write(Vec<u8>),
    /// Writes bytes one by one, with this time between them, until they are all written or the client hangs up.
    Drip(Vec<u8>, Duration),
    /// Writes the bytes again and again, until the client hangs up.
    Flood(Vec<u8>),
    /// Waits until somebody opens the gate.
    Gate(Arc<Notify>),
    /// Waits until the client hangs up.
    Hang,
    /// Writes no more, but reads on.
    HalfClose,
    /// Resets the connection.
    Reset,
    /// Closes the connection. So does the end of a script.
    Close,
}

/// What the server does to one connection.
#[derive(Clone, Debug, Default)]
pub struct Connection(Vec<Step>);

impl Connection {
    /// A connection that is closed at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Then this.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Then reads a request.
    #[must_use]
    pub fn read(self) -> Self {
        self.then(Step::Read)
    }

    /// Then writes.
    #[must_use]
    pub fn write(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Write(bytes.into()))
    }

    /// Then waits until the client hangs up.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// Then resets the connection.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }
}

/// What the server does: to the first connection, to the second one, and so on. The last one is for all that follow.
#[derive(Clone, Debug)]
pub struct Script(Vec<Connection>);

impl Script {
    /// The same to every connection.
    #[must_use]
    pub fn always(connection: Connection) -> Self {
        Self(vec![connection])
    }

    /// One after another.
    #[must_use]
    pub fn each(connections: impl IntoIterator<Item = Connection>) -> Self {
        Self(connections.into_iter().collect())
    }

    /// Reads requests, and answers each with the same bytes, over as many connections as it takes.
    #[must_use]
    pub fn answer(response: impl Into<Vec<u8>>) -> Self {
        Self::always(Connection::new().read().write(response))
    }
}

/// The server. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<usize>>,
    accept: JoinHandle<()>,
}

impl Server {
    /// Starts a server on a port of 127.0.0.1 that is free.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn start(script: Script, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let connections = Arc::default();
        let (log, count) = (Arc::clone(&requests), Arc::clone(&connections));
        let accept = tokio::spawn(async move {
            // Dropped with this task, so that nothing outlives the server.
            let mut served = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut count = lock(&count);
                    *count += 1;
                    *count - 1
                };
                let connection = script.0.get(number).or(script.0.last()).cloned().unwrap_or_default();
                served.spawn(serve(stream, connection, tls.clone(), Arc::clone(&log)));
            }
        });
        Ok(Self { port, requests, connections, accept })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The requests that reached the server whole, as they came.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.requests).clone()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        *lock(&self.connections)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Follows the script. An error ends it: the client has hung up, which many of the cases are about.
async fn serve(
    stream: TcpStream,
    connection: Connection,
    tls: Option<Arc<ServerConfig>>,
    log: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    // What is written in pieces arrives in pieces.
    stream.set_nodelay(true).ok()?;
    if connection.0.iter().any(|step| matches!(step, Step::Reset)) {
        // Closing without lingering is a reset.
        stream.set_zero_linger().ok()?;
    }
    let mut stream: Pin<Box<dyn Stream>> = match tls {
        Some(config) => Box::pin(TlsAcceptor::from(config).accept(stream).await.ok()?),
        None => Box::pin(stream),
    };
    let mut unread = Vec::new();
    for step in connection.0 {
        match step {
            Step::Read => {
                let request = read_request(&mut stream, &mut unread).await?;
                lock(&log).push(request);
            }
            Step::ReadPart(length) => {
                while unread.len() < length {
                    if stream.read_buf(&mut unread).await.ok()? == 0 {
                        return None;
                    }
                }
            }
            Step::Write(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.flush().await.ok()?;
            }
            Step::Drip(bytes, pause) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await.ok()?;
                    stream.flush().await.ok()?;
                    tokio::time::sleep(pause).await;
                }
            }
            Step::Flood(bytes) => loop {
                stream.write_all(&bytes).await.ok()?;
            },
            Step::Gate(gate) => gate.notified().await,
            Step::Hang => while stream.read_buf(&mut unread).await.ok()? > 0 {},
            Step::HalfClose => stream.shutdown().await.ok()?,
            Step::Reset | Step::Close => return None,
        }
    }
    Some(())
}

/// A whole request; `None` when the client hung up.
async fn read_request(stream: &mut Pin<Box<dyn Stream>>, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(length) = length_of_request(unread) {
            let rest = unread.split_off(length);
            return Some(String::from_utf8_lossy(&std::mem::replace(unread, rest)).into_owned());
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// How long a request is, once it is whole.
fn length_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length = head + length.unwrap_or(0);
    (bytes.len() >= length).then_some(length)
}
