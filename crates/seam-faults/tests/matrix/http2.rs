//! HTTP/2, frame by frame: streams that are refused or reset, connections that go away, and floods.

use std::{future::Future, time::Duration};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Certificate, Expected, Network, PIN, Run, expect};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::matrix::{
    sockets::{Ask, Peer, Seen, Wire, anything, both, client, transport},
    support::{FOUND, SHORT, authority, failed, invalid, not_sent, unknown, unknown_answer},
};

const LONG: Duration = Duration::from_secs(10);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
const HTTP_1_1_REQUIRED: u32 = 13;

/// Status 200 and a JSON content type, in HPACK.
const OK_HEAD: &[u8] = b"\x88\x0f\x10\x10application/json";

/// Status 503, from a name in the table and a text.
const UNAVAILABLE: &[u8] = b"\x08\x03503";

/// A connection of HTTP/2, as the server has it.
pub(crate) struct Frames {
    stream: TlsStream<TcpStream>,
    unread: Vec<u8>,
    seen: Seen,
    /// How many connections came before it.
    pub(crate) number: usize,
}

struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
}

impl Frames {
    /// The next frame; `None` when the client hung up.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((&[a, b, c, kind, flags, d, e, f, g], rest)) = self.unread.split_first_chunk() {
                let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
                if rest.len() >= length {
                    self.unread.drain(..9 + length);
                    return Some(Frame { kind, flags, stream: u32::from_be_bytes([d, e, f, g]) });
                }
            }
            if self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0 {
                self.seen.hung_up();
                return None;
            }
        }
    }

    /// Reads until a request is whole, and counts it: the number of its stream.
    pub(crate) async fn request(&mut self) -> Option<u32> {
        loop {
            let frame = self.next().await?;
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => self.write(SETTINGS, ACK, 0, &[]).await?,
                HEADERS | DATA if frame.flags & END_STREAM != 0 => {
                    self.seen.request();
                    return Some(frame.stream);
                }
                _ => {}
            }
        }
    }

    async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Option<()> {
        self.stream.write_all(&frame(kind, flags, stream, payload)).await.ok()?;
        self.stream.flush().await.ok()
    }

    async fn reset(&mut self, stream: u32, reason: u32) -> Option<()> {
        self.write(RST_STREAM, 0, stream, &reason.to_be_bytes()).await
    }

    /// Says that no stream after `last` was looked at.
    async fn go_away(&mut self, last: u32, reason: u32) -> Option<()> {
        let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
        self.write(GOAWAY, 0, 0, &payload).await
    }

    pub(crate) async fn answer(&mut self, stream: u32, body: &str) -> Option<()> {
        self.write(HEADERS, END_HEADERS, stream, OK_HEAD).await?;
        self.write(DATA, END_STREAM, stream, body.as_bytes()).await
    }

    /// Answers all that come.
    pub(crate) async fn answer_all(&mut self) -> Option<()> {
        loop {
            let stream = self.request().await?;
            self.answer(stream, FOUND).await?;
        }
    }

    /// Writes the head of an answer, and nothing of its body.
    pub(crate) async fn answer_head(&mut self, stream: u32) -> Option<()> {
        self.write(HEADERS, END_HEADERS, stream, OK_HEAD).await
    }

    /// Waits for a ping, and answers it.
    pub(crate) async fn ping(&mut self) -> Option<()> {
        while self.next().await?.kind != PING {}
        // What a ping says is not looked at here, and whatever answers it is as good.
        self.write(PING, ACK, 0, &[0x3b, 0x7c, 0xdb, 0x7a, 0x0b, 0x87, 0x16, 0xb4]).await
    }

    /// Waits until the client hangs up.
    pub(crate) async fn rest(&mut self) -> Option<()> {
        while self.next().await.is_some() {}
        Some(())
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    let mut frame = vec![a, b, c, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A client, and a server that serves each connection so once both have said that they speak HTTP/2.
async fn speaking<F>(serve: impl Fn(Frames) -> F + Clone + Send + Sync + 'static) -> Result<(Network, Peer), String>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    with_settings(Vec::new(), serve).await
}

async fn with_settings<F>(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> F + Clone + Send + Sync + 'static,
) -> Result<(Network, Peer), String>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let peer = peer(settings, serve).await?;
    Ok((client(transport(|client| client), &peer.https())?, peer))
}

/// A server that serves each connection so once both sides have said that they speak HTTP/2.
pub(crate) async fn peer<F>(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> F + Clone + Send + Sync + 'static,
) -> Result<Peer, String>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let config = authority()?.server(Certificate::Good, &["h2"]).map_err(|error| error.to_string())?;
    let acceptor = TlsAcceptor::from(config);
    Peer::start(move |wire: Wire| {
        let (acceptor, serve, settings) = (acceptor.clone(), serve.clone(), settings.clone());
        async move {
            let Wire { stream, seen, number, .. } = wire;
            let mut stream = acceptor.accept(stream).await.ok()?;
            let mut preface = [0; 24];
            stream.read_exact(&mut preface).await.ok()?;
            let mut frames = Frames { stream, unread: Vec::new(), seen, number };
            frames.write(SETTINGS, 0, 0, &settings).await?;
            serve(frames).await
        }
    })
    .await
}

/// A read and an action to a server that serves each connection so.
fn rows<F>(
    name: &str,
    timeout: Duration,
    serve: impl Fn(Frames) -> F + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let connect = move || speaking(serve.clone());
    both(&format!("HTTP/2: {name}"), timeout, connect, read, action, anything)
}

/// The same with little time, on a connection that is there already: a handshake takes what time it likes. The first
/// request is the one that brings the connection about.
fn rows_in_time<F>(
    name: &str,
    serve: impl Fn(Frames) -> F + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case>
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let connect = move || {
        let serve = serve.clone();
        async move {
            let (network, peer) = speaking(move |mut frames| {
                let serve = serve.clone();
                async move {
                    let stream = frames.request().await?;
                    frames.answer(stream, FOUND).await?;
                    serve(frames).await
                }
            })
            .await?;
            network.read(LONG).await.map_err(|error| error.to_string())?;
            Ok((network, peer))
        }
    };
    both(&format!("HTTP/2: {name}"), SHORT, connect, read.requests(2), action.requests(2), anything)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = refused();
    cases.extend(broken());
    cases.extend(stalled());
    cases.extend(several());
    cases
}

/// What a server says about a request that it has not looked at.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Reset,
    GoAway(u32),
    GoAwayAndClose(u32),
    /// Before it has read a request.
    GoAwayFirst,
}

impl Refusal {
    async fn say(self, frames: &mut Frames) -> Option<()> {
        if matches!(self, Self::GoAwayFirst) {
            frames.go_away(0, NO_ERROR).await?;
            return frames.rest().await;
        }
        let stream = frames.request().await?;
        match self {
            Self::Reset => frames.reset(stream, REFUSED_STREAM).await?,
            Self::GoAway(reason) => frames.go_away(0, reason).await?,
            Self::GoAwayAndClose(reason) => return frames.go_away(0, reason).await,
            Self::GoAwayFirst => {}
        }
        frames.rest().await
    }
}

/// RFC 9113, section 8.7: these requests were not processed, and can be sent again.
fn refused() -> Vec<Case> {
    let mut cases =
        rows("an answer", LONG, |mut frames| async move { frames.answer_all().await }, Expected::ok(), Expected::ok());
    for (what, refusal, counted) in [
        ("a stream is refused", Refusal::Reset, 1),
        ("a server goes away before the stream", Refusal::GoAway(NO_ERROR), 1),
        ("a server goes away before the stream, with an error", Refusal::GoAway(INTERNAL_ERROR), 1),
        ("a server goes away before the stream, for calm", Refusal::GoAway(ENHANCE_YOUR_CALM), 1),
        ("a server goes away before the stream, and closes", Refusal::GoAwayAndClose(NO_ERROR), 1),
        ("a server goes away at once", Refusal::GoAwayFirst, 0),
    ] {
        let once = move |mut frames: Frames| async move {
            // A connection outlives a stream that is refused.
            if frames.number == 0 {
                match refusal {
                    Refusal::Reset => {
                        let stream = frames.request().await?;
                        frames.reset(stream, REFUSED_STREAM).await?;
                    }
                    _ => return refusal.say(&mut frames).await,
                }
            }
            frames.answer_all().await
        };
        let ok = || Expected::ok().requests(1 + counted);
        cases.extend(rows(&format!("{what}, once"), LONG, once, ok(), ok()));
        let always = move |mut frames: Frames| async move {
            loop {
                refusal.say(&mut frames).await?;
            }
        };
        if matches!(refusal, Refusal::Reset) {
            let always = move |mut frames: Frames| async move {
                loop {
                    let stream = frames.request().await?;
                    frames.reset(stream, REFUSED_STREAM).await?;
                }
            };
            let refused = || not_sent().requests(3);
            cases.extend(rows(&format!("{what}, each time"), LONG, always, refused(), refused()));
        } else {
            let refused = || not_sent().requests(3 * counted);
            cases.extend(rows(&format!("{what}, each time"), LONG, always, refused(), refused()));
        }
    }
    cases
}

/// The server may have done what it was asked for.
fn broken() -> Vec<Case> {
    let mut cases = Vec::new();
    let lost = || (failed(TransportErrorKind::Interrupted), unknown(TransportErrorKind::Interrupted));
    for (what, reason) in [
        ("INTERNAL_ERROR", INTERNAL_ERROR),
        ("CANCEL", CANCEL),
        ("NO_ERROR", NO_ERROR),
        ("PROTOCOL_ERROR", PROTOCOL_ERROR),
        ("ENHANCE_YOUR_CALM", ENHANCE_YOUR_CALM),
        ("HTTP_1_1_REQUIRED", HTTP_1_1_REQUIRED),
        ("a reason that nobody knows", 4711),
    ] {
        let serve = move |mut frames: Frames| async move {
            loop {
                let stream = frames.request().await?;
                frames.reset(stream, reason).await?;
            }
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a stream is reset with {what}"), LONG, serve, read, action));
    }

    for (what, reason) in [("", NO_ERROR), (", with an error", INTERNAL_ERROR), (", for calm", ENHANCE_YOUR_CALM)] {
        let serve = move |mut frames: Frames| async move {
            let stream = frames.request().await?;
            frames.go_away(stream, reason).await
        };
        let (read, action) = lost();
        let name = format!("a server goes away after the stream and closes{what}");
        cases.extend(rows(&name, LONG, serve, read, action));
        let serve = move |mut frames: Frames| async move {
            let stream = frames.request().await?;
            frames.go_away(stream, reason).await?;
            frames.answer(stream, FOUND).await?;
            frames.rest().await
        };
        let name = format!("a server goes away after the stream and answers{what}");
        cases.extend(rows(&name, LONG, serve, Expected::ok(), Expected::ok()));
        let serve = move |mut frames: Frames| async move {
            let stream = frames.request().await?;
            frames.go_away(0x7fff_ffff, NO_ERROR).await?;
            frames.go_away(stream, reason).await
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a server goes away twice and closes{what}"), LONG, serve, read, action));
    }

    // What a server does once it has read the request, before a response.
    let payloads: [(&str, Vec<u8>); 12] = [
        ("closes", Vec::new()),
        ("speaks HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("sends a frame that is too large", frame(DATA, 0, 1, &[0; 100_000])),
        ("sends data before headers", frame(DATA, 0, 1, b"{}")),
        ("sends headers that are no HPACK", frame(HEADERS, END_HEADERS, 1, &[0xff; 32])),
        ("sends headers without a status", frame(HEADERS, END_HEADERS, 1, b"\x0f\x10\x10application/json")),
        ("sends a PUSH_PROMISE", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x84, 0x87])),
        ("sends headers for a stream that was not opened", frame(HEADERS, END_HEADERS, 99, OK_HEAD)),
        ("sends headers for a stream of its own", frame(HEADERS, END_HEADERS, 2, OK_HEAD)),
        ("sends settings of an odd length", frame(SETTINGS, 0, 0, &[1, 2, 3])),
        ("overflows a window", [(); 2].map(|()| frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255])).concat()),
        ("sends headers that go on and on", [frame(HEADERS, 0, 1, OK_HEAD), frame(9, 0, 1, OK_HEAD)].concat()),
    ];
    for (what, bytes) in payloads {
        let serve = move |mut frames: Frames| {
            let bytes = bytes.clone();
            async move {
                frames.request().await?;
                frames.stream.write_all(&bytes).await.ok()?;
                frames.stream.flush().await.ok()
            }
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a server {what}"), LONG, serve, read, action));
    }

    // Headers of 64 KiB, and 16 of them.
    let mut large = OK_HEAD.to_vec();
    for letter in b'a'..b'q' {
        large.extend([0x00, 1, letter, 0x7f, 0x81, 0x1f]);
        large.extend([b'x'; 4096]);
    }
    let serve = move |mut frames: Frames| {
        let large = large.clone();
        async move {
            loop {
                let stream = frames.request().await?;
                let mut parts = large.chunks(16_000).peekable();
                let mut kind = HEADERS;
                while let Some(part) = parts.next() {
                    let flags = if parts.peek().is_none() { END_HEADERS } else { 0 };
                    frames.write(kind, flags, stream, part).await?;
                    kind = 9;
                }
                frames.write(DATA, END_STREAM, stream, FOUND.as_bytes()).await?;
            }
        }
    };
    let (read, action) = lost();
    cases.extend(rows("headers of 64 KiB", LONG, serve, read, action));

    // Once a response has begun, nothing is provably undone.
    for (what, reason) in [("REFUSED_STREAM", REFUSED_STREAM), ("INTERNAL_ERROR", INTERNAL_ERROR), ("CANCEL", CANCEL)] {
        let serve = move |mut frames: Frames| async move {
            loop {
                let stream = frames.request().await?;
                frames.write(HEADERS, END_HEADERS, stream, OK_HEAD).await?;
                frames.write(DATA, 0, stream, FOUND.as_bytes()).await?;
                frames.reset(stream, reason).await?;
            }
        };
        let body = TransportErrorKind::Body;
        let (read, action) = (failed(body).status(200), unknown(body).status(200));
        cases.extend(rows(&format!("a body ends with {what}"), LONG, serve, read, action));
    }
    // Without an error, hyper takes it for the end of the body: only the length shows that some is missing.
    for (what, reset) in [("a stream is reset without an error", true), ("a server goes away without an error", false)]
    {
        let length = b"\x0f\x0d\x02".iter().chain(format!("{:02}", FOUND.len()).as_bytes()).copied().collect();
        let body = TransportErrorKind::Body;
        for (when, head, sent, read, action) in [
            ("where a length says more", length, "{", failed(body).status(200), unknown(body).status(200)),
            ("within a body without length", Vec::new(), "{", invalid(), unknown_answer()),
            ("after a body without length", Vec::new(), FOUND, Expected::ok(), Expected::ok()),
        ] {
            let head = [OK_HEAD, &head].concat();
            let serve = move |mut frames: Frames| {
                let head = head.clone();
                async move {
                    let stream = frames.request().await?;
                    frames.write(HEADERS, END_HEADERS, stream, &head).await?;
                    frames.write(DATA, 0, stream, sent.as_bytes()).await?;
                    if reset {
                        frames.reset(stream, NO_ERROR).await?;
                    }
                    frames.go_away(0, NO_ERROR).await
                }
            };
            cases.extend(rows(&format!("{what} {when}"), LONG, serve, read, action));
        }
    }

    let serve = |mut frames: Frames| async move {
        loop {
            let stream = frames.request().await?;
            frames.write(HEADERS, END_HEADERS | END_STREAM, stream, UNAVAILABLE).await?;
        }
    };
    let read = expect(ErrorKind::UnexpectedStatus).status(503).requests(3);
    cases.extend(rows("503 without end", LONG, serve, read, expect(ErrorKind::OutcomeUnknown).status(503)));

    let serve = |mut frames: Frames| async move {
        loop {
            let stream = frames.request().await?;
            frames.write(HEADERS, END_HEADERS, stream, b"\x08\x03103").await?;
            frames.answer(stream, FOUND).await?;
        }
    };
    cases.extend(rows("a 103 before the answer", LONG, serve, Expected::ok(), Expected::ok()));

    let serve = |mut frames: Frames| async move {
        loop {
            let stream = frames.request().await?;
            frames.answer(stream, FOUND).await?;
            frames.reset(stream, INTERNAL_ERROR).await?;
        }
    };
    cases.extend(rows("a stream is reset after its answer", LONG, serve, Expected::ok(), Expected::ok()));
    cases
}

/// Servers that go on for ever, or for long.
fn stalled() -> Vec<Case> {
    let timeout =
        || (expect(ErrorKind::Transport).transport(TransportErrorKind::Timeout), unknown(TransportErrorKind::Timeout));
    let mut cases = Vec::new();

    // INITIAL_WINDOW_SIZE is zero: a body has no way to the server.
    let connect = || with_settings(vec![0, 4, 0, 0, 0, 0], |mut frames| async move { frames.answer_all().await });
    let (read, action) = timeout();
    let name = "HTTP/2: a window that never opens";
    cases.push(settled(name, Ask::Read, connect, read));
    cases.push(settled(name, Ask::Act, connect, action));
    let connect = || {
        with_settings(vec![0, 4, 0, 0, 0, 0], |mut frames| async move {
            loop {
                let stream = loop {
                    let frame = frames.next().await?;
                    if frame.kind == HEADERS {
                        break frame.stream;
                    }
                };
                frames.write(WINDOW_UPDATE, 0, stream, &[0, 0, 255, 255]).await?;
                let stream = frames.request().await?;
                frames.answer(stream, FOUND).await?;
            }
        })
    };
    let name = "HTTP/2: a window that opens late";
    cases.extend(both(name, LONG, connect, Expected::ok(), Expected::ok(), anything));
    // MAX_CONCURRENT_STREAMS is zero: a request waits for its turn.
    let connect = || with_settings(vec![0, 3, 0, 0, 0, 0], |mut frames| async move { frames.answer_all().await });
    let (read, action) = timeout();
    let name = "HTTP/2: no streams are allowed";
    cases.push(settled(name, Ask::Read, connect, read));
    cases.push(settled(name, Ask::Act, connect, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| async move {
        frames.request().await?;
        frames.rest().await
    };
    cases.extend(rows_in_time("no answer", serve, read, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| async move {
        let stream = frames.request().await?;
        frames.write(HEADERS, END_HEADERS, stream, OK_HEAD).await?;
        frames.write(DATA, 0, stream, FOUND.as_bytes()).await?;
        frames.rest().await
    };
    cases.extend(rows_in_time("an answer that does not end", serve, read, action));

    for (what, flood) in [
        ("PING", frame(PING, 0, 0, &[1; 8])),
        ("SETTINGS", frame(SETTINGS, 0, 0, &[])),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])),
        ("frames that nobody knows", frame(0x77, 0, 0, &[1; 64])),
    ] {
        let few = flood.clone();
        let serve = move |mut frames: Frames| {
            let few = few.clone();
            async move {
                let stream = frames.request().await?;
                for _ in 0..1000 {
                    frames.stream.write_all(&few).await.ok()?;
                }
                frames.answer(stream, FOUND).await?;
                frames.rest().await
            }
        };
        cases.extend(rows(
            &format!("a thousand {what} before the answer"),
            LONG,
            serve,
            Expected::ok(),
            Expected::ok(),
        ));
        let (read, action) = timeout();
        let serve = move |mut frames: Frames| {
            let flood = flood.repeat(100);
            async move {
                frames.request().await?;
                loop {
                    frames.stream.write_all(&flood).await.ok()?;
                    tokio::task::yield_now().await;
                }
            }
        };
        cases.extend(rows_in_time(&format!("{what} without end"), serve, read, action));
    }
    cases
}

/// A call on a connection that has settled, so that the client knows the server's settings: the first call does that.
fn settled<F>(name: &str, ask: Ask, connect: impl Fn() -> F + Clone + Send + Sync + 'static, expected: Expected) -> Case
where
    F: Future<Output = Result<(Network, Peer), String>> + Send + 'static,
{
    let kind = if ask == Ask::Read { "a read" } else { "an action" };
    Case::new(format!("{name}: {kind}"), move || {
        let (connecting, expected) = (connect(), expected.clone());
        async move {
            let (network, peer) = connecting.await?;
            // This one may be on its way before the settings are, or not.
            let _ = network.read(SHORT).await;
            let before = peer.seen.requests();
            expected.requests(0).judge(ask.of(&network, SHORT).await, peer.seen.requests() - before)
        }
    })
}

async fn code(network: &Network) -> Result<String, Error> {
    let code = network.seam.access_codes().create("front-door").code(PIN).with_timeout(LONG).await?;
    Ok(code.access_code_id.to_string())
}

fn found(id: &str) -> String {
    format!(r#"{{"access_code":{{"access_code_id":"{id}"}}}}"#)
}

/// Several calls on one connection.
fn several() -> Vec<Case> {
    vec![
        Case::new("HTTP/2: answers come in another order than requests", || async { crossed().await }),
        Case::new("HTTP/2: one of two streams is refused", || async { one_refused().await }),
        Case::new("HTTP/2: a server goes away between two streams", || async { between().await }),
        Case::new("HTTP/2: a connection breaks under ten actions", || async { ten().await }),
        Case::new("HTTP/2: an idle connection went away", || async { idle().await }),
    ]
}

/// Each answer names the device of its request; here the stream stands for it.
async fn crossed() -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        // The connection is there before both are sent.
        let warm = frames.request().await?;
        frames.answer(warm, &found("warm")).await?;
        let (first, second) = (frames.request().await?, frames.request().await?);
        frames.answer(second, &found("second")).await?;
        frames.answer(first, &found("first")).await?;
        frames.rest().await
    })
    .await?;
    code(&network).await.map_err(|error| error.to_string())?;
    let pair = tokio::join!(code(&network), code(&network));
    match (&pair, peer.seen.requests()) {
        ((Ok(first), Ok(second)), 3) if first == "first" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn one_refused() -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        let warm = frames.request().await?;
        frames.answer(warm, &found("warm")).await?;
        let (first, second) = (frames.request().await?, frames.request().await?);
        frames.reset(first, REFUSED_STREAM).await?;
        let third = frames.request().await?;
        frames.answer(third, &found("first, again")).await?;
        frames.answer(second, &found("second")).await?;
        frames.rest().await
    })
    .await?;
    code(&network).await.map_err(|error| error.to_string())?;
    let pair = tokio::join!(code(&network), code(&network));
    match (&pair, peer.seen.requests()) {
        ((Ok(first), Ok(second)), 4) if first == "first, again" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// The first stream may have been processed and breaks off, the second one was not and is sent again.
async fn between() -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        if frames.number > 0 {
            return frames.answer_all().await;
        }
        let warm = frames.request().await?;
        frames.answer(warm, FOUND).await?;
        let (first, second) = (frames.request().await?, frames.request().await?);
        frames.go_away(first.min(second), NO_ERROR).await
    })
    .await?;
    code(&network).await.map_err(|error| error.to_string())?;
    let (first, second) = tokio::join!(network.act(LONG), network.act(LONG));
    Expected::ok().judge(second, 1)?;
    unknown(TransportErrorKind::Interrupted).requests(4).judge(first, peer.seen.requests())
}

async fn ten() -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        let warm = frames.request().await?;
        frames.answer(warm, FOUND).await?;
        for _ in 0..10 {
            frames.request().await?;
        }
        Some(())
    })
    .await?;
    code(&network).await.map_err(|error| error.to_string())?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let call = network.seam.access_codes().create("front-door").code(PIN).with_timeout(LONG);
        calls.spawn(async move { call.await.map(drop) });
    }
    for result in calls.join_all().await {
        unknown(TransportErrorKind::Interrupted).judge(result, 1)?;
    }
    if peer.seen.requests() == 11 { Ok(()) } else { Err(format!("{} requests", peer.seen.requests())) }
}

/// The client may or may not have seen it when the next action is due: it is carried out once, all the same.
async fn idle() -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        if frames.number > 0 {
            return frames.answer_all().await;
        }
        let stream = frames.request().await?;
        frames.answer(stream, FOUND).await?;
        frames.go_away(stream, NO_ERROR).await?;
        frames.rest().await
    })
    .await?;
    Expected::ok().judge(network.act(LONG).await, peer.seen.requests())?;
    Expected::ok().requests(2).judge(network.act(LONG).await, peer.seen.requests())
}

/// The call is dropped once its request has come: its stream is reset, and nothing comes again. Others go on.
pub(crate) async fn dropped(ask: Ask) -> Run {
    let (network, peer) = speaking(|mut frames| async move {
        let given_up = frames.request().await?;
        loop {
            let frame = frames.next().await?;
            if frame.kind == RST_STREAM && frame.stream == given_up {
                frames.seen.hung_up();
                break;
            }
        }
        frames.answer_all().await
    })
    .await?;
    let seam = network.seam.clone();
    let calling = tokio::spawn(async move {
        match ask {
            Ask::Read => seam.access_codes().unmanaged().get_by_code("front-door", PIN).await.map(drop),
            Ask::Act => seam.access_codes().create("front-door").code(PIN).await.map(drop),
        }
    });
    peer.seen.until_requests(1).await;
    calling.abort();
    peer.seen.until_hung_up(1).await;
    Expected::ok().requests(2).judge(ask.of(&network, LONG).await, peer.seen.requests())?;
    match peer.seen.connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}
