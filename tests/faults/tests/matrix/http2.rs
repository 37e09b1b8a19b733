//! HTTP/2, frame by frame: streams that are refused or reset, connections that go away, and floods.

use std::{future::Future, time::Duration};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, Network, PIN, Run, expect};
use seam_mock::transport_kit::{
    Certificate, Frames, OK_HEAD, Server,
    flag::{END_HEADERS, END_STREAM},
    frame,
    kind::{CONTINUATION, DATA, HEADERS, PING, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE},
    reason::{CANCEL, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM},
};

use crate::matrix::{
    sockets::{Ask, anything, both, client, transport, until_hung_up, until_requests},
    support::{FOUND, SHORT, authority, failed, invalid, not_sent, unknown, unknown_answer},
};

const LONG: Duration = Duration::from_secs(10);

/// Status 503, from a name in the table and a text.
const UNAVAILABLE: &[u8] = b"\x08\x03503";

/// A client, and a server that serves each connection so once both have said that they speak HTTP/2.
fn speaking(serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static) -> Result<(Network, Server), String> {
    with_settings(Vec::new(), serve)
}

fn with_settings(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
) -> Result<(Network, Server), String> {
    let peer = peer(settings, serve)?;
    Ok((client(transport(), &peer.url())?, peer))
}

/// A server that serves each connection so once both sides have said that they speak HTTP/2.
pub(crate) fn peer(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> Option<()> + Send + Sync + 'static,
) -> Result<Server, String> {
    let config = authority()?.server(Certificate::Good, &["h2"]).map_err(|error| error.to_string())?;
    let server = Server::serve_tls(config, move |wire| serve(Frames::accept(wire, &settings)?));
    server.map_err(|error| error.to_string())
}

/// A read and an action to a server that serves each connection so.
fn rows(
    name: &str,
    timeout: Duration,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case> {
    let connect = move || std::future::ready(speaking(serve.clone()));
    both(&format!("HTTP/2: {name}"), timeout, connect, read, action, anything)
}

/// The same with little time, on a connection that is there already: a handshake takes what time it likes. The first
/// request is the one that brings the connection about.
fn rows_in_time(
    name: &str,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case> {
    let connect = move || {
        let serve = serve.clone();
        async move {
            let (network, peer) = speaking(move |mut frames| {
                let stream = frames.request()?;
                frames.answer(stream, FOUND)?;
                serve(frames)
            })?;
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
    fn say(self, frames: &mut Frames) -> Option<()> {
        if matches!(self, Self::GoAwayFirst) {
            frames.go_away(0, NO_ERROR)?;
            return frames.wait_for_close();
        }
        let stream = frames.request()?;
        match self {
            Self::Reset => frames.reset(stream, REFUSED_STREAM)?,
            Self::GoAway(reason) => frames.go_away(0, reason)?,
            Self::GoAwayAndClose(reason) => return frames.go_away(0, reason),
            Self::GoAwayFirst => {}
        }
        frames.wait_for_close()
    }
}

/// RFC 9113, section 8.7: these requests were not processed, and can be sent again.
fn refused() -> Vec<Case> {
    let mut cases = rows("an answer", LONG, |mut frames| frames.answer_all(FOUND), Expected::ok(), Expected::ok());
    for (what, refusal, counted) in [
        ("a stream is refused", Refusal::Reset, 1),
        ("a server goes away before the stream", Refusal::GoAway(NO_ERROR), 1),
        ("a server goes away before the stream, with an error", Refusal::GoAway(INTERNAL_ERROR), 1),
        ("a server goes away before the stream, for calm", Refusal::GoAway(ENHANCE_YOUR_CALM), 1),
        ("a server goes away before the stream, and closes", Refusal::GoAwayAndClose(NO_ERROR), 1),
        ("a server goes away at once", Refusal::GoAwayFirst, 0),
    ] {
        let once = move |mut frames: Frames| {
            // A connection outlives a stream that is refused.
            if frames.wire().number() == 0 {
                match refusal {
                    Refusal::Reset => {
                        let stream = frames.request()?;
                        frames.reset(stream, REFUSED_STREAM)?;
                    }
                    _ => return refusal.say(&mut frames),
                }
            }
            frames.answer_all(FOUND)
        };
        let ok = || Expected::ok().requests(1 + counted);
        cases.extend(rows(&format!("{what}, once"), LONG, once, ok(), ok()));
        let always = move |mut frames: Frames| {
            loop {
                refusal.say(&mut frames)?;
            }
        };
        if matches!(refusal, Refusal::Reset) {
            let always = move |mut frames: Frames| {
                loop {
                    let stream = frames.request()?;
                    frames.reset(stream, REFUSED_STREAM)?;
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
        let serve = move |mut frames: Frames| {
            loop {
                let stream = frames.request()?;
                frames.reset(stream, reason)?;
            }
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a stream is reset with {what}"), LONG, serve, read, action));
    }

    for (what, reason) in [("", NO_ERROR), (", with an error", INTERNAL_ERROR), (", for calm", ENHANCE_YOUR_CALM)] {
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(stream, reason)
        };
        let (read, action) = lost();
        let name = format!("a server goes away after the stream and closes{what}");
        cases.extend(rows(&name, LONG, serve, read, action));
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(stream, reason)?;
            frames.answer(stream, FOUND)?;
            frames.wait_for_close()
        };
        let name = format!("a server goes away after the stream and answers{what}");
        cases.extend(rows(&name, LONG, serve, Expected::ok(), Expected::ok()));
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(0x7fff_ffff, NO_ERROR)?;
            frames.go_away(stream, reason)
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
        (
            "sends headers that go on and on",
            [frame(HEADERS, 0, 1, OK_HEAD), frame(CONTINUATION, 0, 1, OK_HEAD)].concat(),
        ),
    ];
    for (what, bytes) in payloads {
        let serve = move |mut frames: Frames| {
            frames.request()?;
            frames.wire().write(&bytes)
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
        loop {
            let stream = frames.request()?;
            let mut parts = large.chunks(16_000).peekable();
            let mut kind = HEADERS;
            while let Some(part) = parts.next() {
                let flags = if parts.peek().is_none() { END_HEADERS } else { 0 };
                frames.write(kind, flags, stream, part)?;
                kind = CONTINUATION;
            }
            frames.write(DATA, END_STREAM, stream, FOUND.as_bytes())?;
        }
    };
    let (read, action) = lost();
    cases.extend(rows("headers of 64 KiB", LONG, serve, read, action));

    // Once a response has begun, nothing is provably undone.
    for (what, reason) in [("REFUSED_STREAM", REFUSED_STREAM), ("INTERNAL_ERROR", INTERNAL_ERROR), ("CANCEL", CANCEL)] {
        let serve = move |mut frames: Frames| {
            loop {
                let stream = frames.request()?;
                frames.write(HEADERS, END_HEADERS, stream, OK_HEAD)?;
                frames.write(DATA, 0, stream, FOUND.as_bytes())?;
                frames.reset(stream, reason)?;
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
                let stream = frames.request()?;
                frames.write(HEADERS, END_HEADERS, stream, &head)?;
                frames.write(DATA, 0, stream, sent.as_bytes())?;
                if reset {
                    frames.reset(stream, NO_ERROR)?;
                }
                frames.go_away(0, NO_ERROR)
            };
            cases.extend(rows(&format!("{what} {when}"), LONG, serve, read, action));
        }
    }

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.write(HEADERS, END_HEADERS | END_STREAM, stream, UNAVAILABLE)?;
        }
    };
    let read = expect(ErrorKind::UnexpectedStatus).status(503).requests(3);
    cases.extend(rows("503 without end", LONG, serve, read, expect(ErrorKind::OutcomeUnknown).status(503)));

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.write(HEADERS, END_HEADERS, stream, b"\x08\x03103")?;
            frames.answer(stream, FOUND)?;
        }
    };
    cases.extend(rows("a 103 before the answer", LONG, serve, Expected::ok(), Expected::ok()));

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.answer(stream, FOUND)?;
            frames.reset(stream, INTERNAL_ERROR)?;
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
    let connect = || std::future::ready(with_settings(vec![0, 4, 0, 0, 0, 0], |mut frames| frames.answer_all(FOUND)));
    let (read, action) = timeout();
    let name = "HTTP/2: a window that never opens";
    cases.push(settled(name, Ask::Read, connect, read));
    cases.push(settled(name, Ask::Act, connect, action));
    let connect = || {
        std::future::ready(with_settings(vec![0, 4, 0, 0, 0, 0], |mut frames| {
            loop {
                let stream = loop {
                    let frame = frames.read()?;
                    if frame.kind == HEADERS {
                        break frame.stream;
                    }
                };
                frames.write(WINDOW_UPDATE, 0, stream, &[0, 0, 255, 255])?;
                let stream = frames.request()?;
                frames.answer(stream, FOUND)?;
            }
        }))
    };
    let name = "HTTP/2: a window that opens late";
    cases.extend(both(name, LONG, connect, Expected::ok(), Expected::ok(), anything));
    // MAX_CONCURRENT_STREAMS is zero: a request waits for its turn.
    let connect = || std::future::ready(with_settings(vec![0, 3, 0, 0, 0, 0], |mut frames| frames.answer_all(FOUND)));
    let (read, action) = timeout();
    let name = "HTTP/2: no streams are allowed";
    cases.push(settled(name, Ask::Read, connect, read));
    cases.push(settled(name, Ask::Act, connect, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| {
        frames.request()?;
        frames.wait_for_close()
    };
    cases.extend(rows_in_time("no answer", serve, read, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| {
        let stream = frames.request()?;
        frames.write(HEADERS, END_HEADERS, stream, OK_HEAD)?;
        frames.write(DATA, 0, stream, FOUND.as_bytes())?;
        frames.wait_for_close()
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
            let stream = frames.request()?;
            for _ in 0..1000 {
                frames.wire().write(&few)?;
            }
            frames.answer(stream, FOUND)?;
            frames.wait_for_close()
        };
        cases.extend(rows(
            &format!("a thousand {what} before the answer"),
            LONG,
            serve,
            Expected::ok(),
            Expected::ok(),
        ));
        let (read, action) = timeout();
        let flood = flood.repeat(100);
        let serve = move |mut frames: Frames| {
            frames.request()?;
            loop {
                frames.wire().write(&flood)?;
                // Every frame is logged here: without a pause the log alone would take more time than the call has.
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        cases.extend(rows_in_time(&format!("{what} without end"), serve, read, action));
    }
    cases
}

/// A call on a connection that has settled, so that the client knows the server's settings: the first call does that.
fn settled<F>(name: &str, ask: Ask, connect: impl Fn() -> F + Clone + Send + Sync + 'static, expected: Expected) -> Case
where
    F: Future<Output = Result<(Network, Server), String>> + Send + 'static,
{
    let kind = if ask == Ask::Read { "a read" } else { "an action" };
    Case::new(format!("{name}: {kind}"), move || {
        let (connecting, expected) = (connect(), expected.clone());
        async move {
            let (network, peer) = connecting.await?;
            // This one may be on its way before the settings are, or not.
            let _ = network.read(SHORT).await;
            let before = peer.record().request_count();
            expected.requests(0).judge(ask.of(&network, SHORT).await, peer.record().request_count() - before)
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
    let (network, peer) = speaking(|mut frames| {
        // The connection is there before both are sent.
        let warm = frames.request()?;
        frames.answer(warm, &found("warm"))?;
        let (first, second) = (frames.request()?, frames.request()?);
        frames.answer(second, &found("second"))?;
        frames.answer(first, &found("first"))?;
        frames.wait_for_close()
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let pair = tokio::join!(code(&network), code(&network));
    match (&pair, peer.record().request_count()) {
        ((Ok(first), Ok(second)), 3) if first == "first" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn one_refused() -> Run {
    let (network, peer) = speaking(|mut frames| {
        let warm = frames.request()?;
        frames.answer(warm, &found("warm"))?;
        let (first, second) = (frames.request()?, frames.request()?);
        frames.reset(first, REFUSED_STREAM)?;
        let third = frames.request()?;
        frames.answer(third, &found("first, again"))?;
        frames.answer(second, &found("second"))?;
        frames.wait_for_close()
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let pair = tokio::join!(code(&network), code(&network));
    match (&pair, peer.record().request_count()) {
        ((Ok(first), Ok(second)), 4) if first == "first, again" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// The first stream may have been processed and breaks off, the second one was not and is sent again.
async fn between() -> Run {
    let (network, peer) = speaking(|mut frames| {
        if frames.wire().number() > 0 {
            return frames.answer_all(FOUND);
        }
        let warm = frames.request()?;
        frames.answer(warm, FOUND)?;
        let (first, second) = (frames.request()?, frames.request()?);
        frames.go_away(first.min(second), NO_ERROR)
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let (first, second) = tokio::join!(network.act(LONG), network.act(LONG));
    Expected::ok().judge(second, 1)?;
    unknown(TransportErrorKind::Interrupted).requests(4).judge(first, peer.record().request_count())
}

async fn ten() -> Run {
    let (network, peer) = speaking(|mut frames| {
        let warm = frames.request()?;
        frames.answer(warm, FOUND)?;
        for _ in 0..10 {
            frames.request()?;
        }
        Some(())
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let call = network.seam.access_codes().create("front-door").code(PIN).with_timeout(LONG);
        calls.spawn(async move { call.await.map(drop) });
    }
    for result in calls.join_all().await {
        unknown(TransportErrorKind::Interrupted).judge(result, 1)?;
    }
    if peer.record().request_count() == 11 {
        Ok(())
    } else {
        Err(format!("{} requests", peer.record().request_count()))
    }
}

/// The client may or may not have seen it when the next action is due: it is carried out once, all the same.
async fn idle() -> Run {
    let (network, peer) = speaking(|mut frames| {
        if frames.wire().number() > 0 {
            return frames.answer_all(FOUND);
        }
        let stream = frames.request()?;
        frames.answer(stream, FOUND)?;
        frames.go_away(stream, NO_ERROR)?;
        frames.wait_for_close()
    })?;
    Expected::ok().judge(network.act(LONG).await, peer.record().request_count())?;
    Expected::ok().requests(2).judge(network.act(LONG).await, peer.record().request_count())
}

/// The call is dropped once its request has come: its stream is reset, and nothing comes again. Others go on.
pub(crate) async fn dropped(ask: Ask) -> Run {
    let (network, peer) = speaking(|mut frames| {
        let given_up = frames.request()?;
        loop {
            let frame = frames.read()?;
            if frame.kind == RST_STREAM && frame.stream == given_up {
                frames.wire().record().count_hang_up();
                break;
            }
        }
        frames.answer_all(FOUND)
    })?;
    let seam = network.seam.clone();
    let calling = tokio::spawn(async move {
        match ask {
            Ask::Read => seam.access_codes().unmanaged().get_by_code("front-door", PIN).await.map(drop),
            Ask::Act => seam.access_codes().create("front-door").code(PIN).await.map(drop),
        }
    });
    until_requests(&peer, 1).await;
    calling.abort();
    until_hung_up(&peer, 1).await;
    Expected::ok().requests(2).judge(ask.of(&network, LONG).await, peer.record().request_count())?;
    match peer.record().connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}
