//! A loopback server that follows a script for each connection, byte by byte, and records the received requests.
//!
//! It uses a thread for each connection and needs no async runtime, so that it works with transports of any runtime.

use std::{
    collections::HashMap,
    fmt,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
    thread,
    time::Duration,
};

#[cfg(feature = "transport-kit-tls")]
use super::stream;
use super::{received::Received, stream::Stream};

/// The time without data after which the server closes a connection. It bounds the threads of a test whose client never
/// closes its connections.
const SILENCE_LIMIT: Duration = Duration::from_secs(20);

/// The interval at which a connection that waits at a gate checks whether its client has closed it.
const GATE_INTERVAL: Duration = Duration::from_millis(2);

/// The size of the read buffer.
const READ_SIZE: usize = 16 * 1024;

/// The maximum number of received bytes that are recorded. Requests of tests are far smaller.
const RECORD_LIMIT: usize = 16 * 1024 * 1024;

/// One step of the script of a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// Reads a whole request and counts it. The script ends if the client closes the connection before that.
    Read,
    /// Reads until it has this many bytes of a request, without counting it.
    ReadPart(usize),
    /// Writes bytes.
    Write(Vec<u8>),
    /// Writes bytes one by one with this pause between them, until all are written or the client closes the connection.
    WriteSlowly(Vec<u8>, Duration),
    /// Writes the bytes repeatedly, until the client closes the connection.
    Repeat(Vec<u8>),
    /// Waits until a test opens the gate.
    Gate(Gate),
    /// Waits until the client closes the connection.
    Hang,
    /// Closes the write direction of the connection.
    HalfClose,
    /// Resets the connection.
    Reset,
    /// Closes the connection, as does the end of a script.
    Close,
}

/// The script of one connection: a list of [`Step`]s.
#[derive(Clone, Debug, Default)]
pub struct Connection(Vec<Step>);

impl Connection {
    /// Creates a connection that is closed as soon as it is accepted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Adds [`Step::Read`].
    #[must_use]
    pub fn read(self) -> Self {
        self.then(Step::Read)
    }

    /// Adds [`Step::Write`].
    #[must_use]
    pub fn write(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Write(bytes.into()))
    }

    /// Adds [`Step::Hang`].
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// Adds [`Step::Reset`].
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }
}

/// The script of a server: its connections in the order in which they are accepted. The last one applies to all further
/// connections.
#[derive(Clone, Debug)]
pub struct Script(Vec<Connection>);

impl Script {
    /// Creates a script with the same steps for every connection.
    #[must_use]
    pub fn always(connection: Connection) -> Self {
        Self(vec![connection])
    }

    /// Creates a script from a list of connections.
    #[must_use]
    pub fn each(connections: impl IntoIterator<Item = Connection>) -> Self {
        Self(connections.into_iter().collect())
    }

    /// Creates a script that responds to the first request of each connection with these bytes, and then closes the
    /// connection.
    #[must_use]
    pub fn answer(response: impl Into<Vec<u8>>) -> Self {
        Self::always(Connection::new().read().write(response))
    }

    fn serve(&self, mut wire: Wire) -> Option<()> {
        let connection = self.0.get(wire.number).or(self.0.last())?;
        let mut steps = connection.0.iter().peekable();
        while let Some(step) = steps.next() {
            match step {
                Step::Write(bytes) if matches!(steps.peek(), None | Some(Step::Close)) => return wire.finish(bytes),
                Step::Write(bytes) if matches!(steps.peek(), Some(Step::HalfClose)) => wire.write_before_end(bytes)?,
                Step::Read => drop(wire.request()?),
                Step::ReadPart(length) => {
                    while wire.unread.len() < *length {
                        wire.receive()?;
                    }
                }
                Step::Write(bytes) => wire.write(bytes)?,
                Step::WriteSlowly(bytes, pause) => {
                    for byte in bytes {
                        wire.write([*byte])?;
                        thread::sleep(*pause);
                    }
                }
                Step::Repeat(bytes) => loop {
                    wire.write(bytes)?;
                },
                Step::Gate(gate) => gate.wait(),
                Step::Hang => return wire.wait_for_close(),
                Step::HalfClose => wire.half_close()?,
                Step::Reset => return wire.reset(),
                Step::Close => return None,
            }
        }
        Some(())
    }
}

/// A gate that blocks the connections of a server until a test opens it. Clones share one gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, std::sync::Condvar)>);

impl Gate {
    /// Creates a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens the gate permanently.
    pub fn open(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_all();
    }

    /// Returns whether the gate is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *lock(&self.0.0)
    }

    /// Blocks until the gate is open, or until the timeout of a connection passes.
    pub fn wait(&self) {
        let is_closed = |open: &mut bool| !*open;
        drop(self.0.1.wait_timeout_while(lock(&self.0.0), SILENCE_LIMIT, is_closed));
    }
}

/// The record of the requests and connections of a server. Clones share one record. `Debug` prints only counts.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Seen>>);

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("connections", &self.connections())
            .field("requests", &self.request_count())
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Received>,
    /// The number of complete requests that are not in `requests`.
    others: usize,
    closed_by_client: usize,
    ended: usize,
    bytes: Vec<u8>,
    wakers: Vec<Waker>,
}

impl Record {
    /// Returns the number of accepted connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.0).connections
    }

    /// Returns the number of complete requests.
    #[must_use]
    pub fn request_count(&self) -> usize {
        let seen = lock(&self.0);
        seen.requests.len() + seen.others
    }

    /// Returns the complete HTTP/1.1 requests, in the order in which their last bytes were received.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.0).requests.clone()
    }

    /// Returns the number of connections that the client closed.
    #[must_use]
    pub fn closed_by_client(&self) -> usize {
        lock(&self.0).closed_by_client
    }

    /// Returns the number of connections that either side closed.
    #[must_use]
    pub fn ended(&self) -> usize {
        lock(&self.0).ended
    }

    /// Returns the number of occurrences of `part` in the received bytes, including incomplete requests. Over TLS these
    /// are the decrypted bytes.
    #[must_use]
    pub fn occurrences(&self, part: &str) -> usize {
        let seen = lock(&self.0);
        let part = part.as_bytes();
        seen.bytes.windows(part.len().max(1)).filter(|window| *window == part).count()
    }

    /// Waits until `is_so` holds for this record. It is checked again whenever the server receives data or a
    /// connection.
    pub async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        std::future::poll_fn(|context| {
            if is_so(self) {
                return Poll::Ready(());
            }
            let mut seen = lock(&self.0);
            if !seen.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                seen.wakers.push(context.waker().clone());
            }
            drop(seen);
            // Data received meanwhile found no waker.
            if is_so(self) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        let wakers = {
            let mut seen = lock(&self.0);
            change(&mut seen);
            std::mem::take(&mut seen.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Counts a complete request that [`Wire::request`] did not read, such as one of HTTP/2.
    pub fn count_request(&self) {
        self.change(|seen| seen.others += 1);
    }

    /// Counts a closed connection that [`Wire::receive`] did not detect, such as the end of an HTTP/2 stream.
    pub fn count_closed_by_client(&self) {
        self.change(|seen| seen.closed_by_client += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server on a free port of 127.0.0.1. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    record: Record,
    /// The open connections by their numbers, which are closed when the server ends.
    open: Arc<Mutex<HashMap<usize, TcpStream>>>,
    is_over: Arc<AtomicBool>,
    scheme: &'static str,
}

impl Server {
    /// Starts a server that follows a script.
    ///
    /// # Errors
    ///
    /// Returns an error when no port is free or no thread can be started.
    pub fn start(script: Script) -> io::Result<Self> {
        Self::serve(move |wire| script.serve(wire))
    }

    /// Starts a server that calls `serve` for each connection, in a separate thread. The connection is closed when
    /// `serve` returns; `None` means that the client closed it.
    ///
    /// # Errors
    ///
    /// Returns an error when no port is free or no thread can be started.
    pub fn serve(serve: impl Fn(Wire) -> Option<()> + Send + Sync + 'static) -> io::Result<Self> {
        Self::listen("http", |stream| Ok(Box::new(stream)), serve)
    }

    /// Starts a server that follows a script over TLS.
    ///
    /// # Errors
    ///
    /// Returns an error when no port is free or no thread can be started.
    #[cfg(feature = "transport-kit-tls")]
    pub fn start_tls(config: Arc<rustls::ServerConfig>, script: Script) -> io::Result<Self> {
        Self::serve_tls(config, move |wire| script.serve(wire))
    }

    /// Starts a server that calls `serve` for each connection after the TLS handshake.
    ///
    /// # Errors
    ///
    /// Returns an error when no port is free or no thread can be started.
    #[cfg(feature = "transport-kit-tls")]
    pub fn serve_tls(
        config: Arc<rustls::ServerConfig>,
        serve: impl Fn(Wire) -> Option<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::listen("https", move |stream| stream::accept(&config, stream), serve)
    }

    fn listen(
        scheme: &'static str,
        accept: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
        serve: impl Fn(Wire) -> Option<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let server = Self { address, record: Record::default(), open: Arc::default(), is_over: Arc::default(), scheme };
        let (record, open, is_over) = (server.record.clone(), Arc::clone(&server.open), Arc::clone(&server.is_over));
        let serve = Arc::new(move |socket: TcpStream, number, record: Record| {
            let stream = accept(socket.try_clone().ok()?).ok()?;
            serve(Wire { socket, stream, unread: Vec::new(), number, record })
        });
        thread::Builder::new().name("transport-kit".to_owned()).spawn(move || {
            for socket in listener.incoming().flatten() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let number = record.connections();
                record.change(|seen| seen.connections += 1);
                let _ = prepare(&socket);
                let Ok(clone) = socket.try_clone() else { return };
                lock(&open).insert(number, clone);
                let (serve, record, open) = (Arc::clone(&serve), record.clone(), Arc::clone(&open));
                let served = thread::Builder::new().name("transport-kit".to_owned()).spawn(move || {
                    serve(socket, number, record.clone());
                    // Dropping the last handle closes or resets the connection.
                    lock(&open).remove(&number);
                    record.change(|seen| seen.ended += 1);
                });
                if served.is_err() {
                    return;
                }
            }
        })?;
        Ok(server)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the base URL, with the address as its host.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Returns the record of the server, which is updated continuously.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }
}

fn prepare(socket: &TcpStream) -> io::Result<()> {
    // Separate writes must not be merged.
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(SILENCE_LIMIT))?;
    socket.set_write_timeout(Some(SILENCE_LIMIT))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
        for (_, socket) in lock(&self.open).drain() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// The server side of one connection. Its methods block; `None` means that the client closed or reset the connection.
pub struct Wire {
    socket: TcpStream,
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
    number: usize,
    record: Record,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("number", &self.number).field("unread", &self.unread.len()).finish_non_exhaustive()
    }
}

impl Wire {
    /// Returns the number of connections that the server accepted before this one.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// Returns the record of the server.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Returns the protocol negotiated by ALPN, such as `h2`.
    #[must_use]
    pub fn protocol(&self) -> Option<&[u8]> {
        self.stream.protocol()
    }

    /// Returns the bytes that were received and not read yet.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Receives at least one byte.
    pub fn receive(&mut self) -> Option<()> {
        let mut buffer = [0; READ_SIZE];
        let received = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.unwrap_or(0),
            }
        };
        let bytes = buffer.get(..received)?;
        if bytes.is_empty() {
            self.record.change(|seen| seen.closed_by_client += 1);
            return None;
        }
        self.unread.extend_from_slice(bytes);
        self.record.change(|seen| {
            if seen.bytes.len() < RECORD_LIMIT {
                seen.bytes.extend_from_slice(bytes);
            }
        });
        Some(())
    }

    /// Reads the head of a request without counting it.
    pub fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(String::from_utf8_lossy(&self.bytes(end + 4)?).into_owned());
            }
            self.receive()?;
        }
    }

    /// Reads exactly `count` bytes.
    pub fn bytes(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.unread.len() < length {
            self.receive()?;
        }
        let rest = self.unread.split_off(length);
        Some(std::mem::replace(&mut self.unread, rest))
    }

    /// Reads a complete HTTP/1.1 request and counts it.
    pub fn request(&mut self) -> Option<Received> {
        loop {
            if let Some((received, length)) = Received::parse(&self.unread) {
                self.unread.drain(..length);
                let counted = received.clone();
                self.record.change(|seen| seen.requests.push(counted));
                return Some(received);
            }
            self.receive()?;
        }
    }

    /// Writes bytes.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> Option<()> {
        self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush()).ok()
    }

    /// Closes the write direction, over TLS with `close_notify`.
    pub fn half_close(&mut self) -> Option<()> {
        self.stream.half_close().ok()
    }

    /// Reads until the client closes the connection, and always returns `None`.
    pub fn wait_for_close(&mut self) -> Option<()> {
        loop {
            self.receive()?;
            self.unread.clear();
        }
    }

    /// Waits until the gate is open; `None` if the client closes the connection before that.
    pub fn wait_for(&mut self, gate: &Gate) -> Option<()> {
        let buffer = &mut [0];
        self.socket.set_read_timeout(Some(GATE_INTERVAL)).ok()?;
        while !gate.is_open() {
            match self.socket.peek(buffer) {
                Ok(0) => {
                    self.record.count_closed_by_client();
                    return None;
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                // Bytes of the next request, which is not read before the gate is open.
                Ok(_) => thread::sleep(GATE_INTERVAL),
                Err(_) => return None,
            }
        }
        self.socket.set_read_timeout(Some(SILENCE_LIMIT)).ok()
    }

    /// Performs a TLS handshake on a plain connection, such as that of a proxy.
    #[cfg(feature = "transport-kit-tls")]
    #[must_use = "`None` means that the connection is closed"]
    pub fn secure(self, config: &Arc<rustls::ServerConfig>) -> Option<Self> {
        let stream = stream::accept(config, self.socket.try_clone().ok()?).ok()?;
        Some(Self { stream, unread: Vec::new(), ..self })
    }

    /// Writes bytes and closes the connection. If the system supports it, both are sent together, so that a client
    /// never treats the connection as open.
    pub fn finish(mut self, bytes: impl AsRef<[u8]>) -> Option<()> {
        self.write_before_end(bytes)
    }

    /// Writes bytes that the system delays, if it can, until the end of the stream is sent with them.
    fn write_before_end(&mut self, bytes: impl AsRef<[u8]>) -> Option<()> {
        #[cfg(target_os = "linux")]
        let _ = socket2::SockRef::from(&self.socket).set_tcp_cork(true);
        self.write(bytes)
    }

    /// Resets the connection, and always returns `None`.
    #[must_use = "`None` ends the function that serves the connection"]
    pub fn reset(self) -> Option<()> {
        // Closing a socket with a linger time of zero resets the connection. All clones share the socket option.
        let _ = socket2::SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
        None
    }
}
