//! Faults at the level of HTTP/2 frames: refused and reset streams, GOAWAY, and floods.

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
    sockets::{CallKind, any_record, both, client, transport, until_closed, until_requests},
    support::{BODY, SHORT_TIMEOUT, authority, failed, invalid, not_sent, unknown, unusable_response},
};

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The header block of status 503.
const UNAVAILABLE: &[u8] = b"\x08\x03503";

/// Starts an HTTP/2 server, and creates a client for it. `serve` serves a connection after the prefaces.
fn connect(serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static) -> Result<(Network, Server), String> {
    with_settings(Vec::new(), serve)
}

fn with_settings(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
) -> Result<(Network, Server), String> {
    let server = server(settings, serve)?;
    Ok((client(transport(), &server.url())?, server))
}

/// Starts an HTTP/2 server. `serve` serves a connection after the prefaces.
pub(crate) fn server(
    settings: Vec<u8>,
    serve: impl Fn(Frames) -> Option<()> + Send + Sync + 'static,
) -> Result<Server, String> {
    let config = authority()?.server(Certificate::Good, &["h2"]).map_err(|error| error.to_string())?;
    let server = Server::serve_tls(config, move |wire| serve(Frames::accept(wire, &settings)?));
    server.map_err(|error| error.to_string())
}

/// Creates a case with a read and a case with an action. `serve` serves a connection.
fn rows(
    name: &str,
    timeout: Duration,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case> {
    let connect = move || std::future::ready(connect(serve.clone()));
    both(&format!("HTTP/2: {name}"), timeout, connect, read, action, any_record)
}

/// Creates such cases with a short timeout, on an established connection, because a handshake may take longer than the timeout.
/// The first request establishes the connection.
fn rows_with_short_timeout(
    name: &str,
    serve: impl Fn(Frames) -> Option<()> + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
) -> Vec<Case> {
    let connect = move || {
        let serve = serve.clone();
        async move {
            let (network, server) = connect(move |mut frames| {
                let stream = frames.request()?;
                frames.answer(stream, BODY)?;
                serve(frames)
            })?;
            network.read(LONG_TIMEOUT).await.map_err(|error| error.to_string())?;
            Ok((network, server))
        }
    };
    both(&format!("HTTP/2: {name}"), SHORT_TIMEOUT, connect, read.requests(2), action.requests(2), any_record)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = refused();
    cases.extend(broken());
    cases.extend(stalled());
    cases.extend(several());
    cases
}

/// The way in which a server rejects a request without processing it.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    Reset,
    GoAway(u32),
    GoAwayAndClose(u32),
    /// GOAWAY before the server has read a request.
    GoAwayFirst,
}

impl Refusal {
    fn send(self, frames: &mut Frames) -> Option<()> {
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

/// Refused requests, which the server has not processed by the definition of RFC 9113, section 8.7. The client retries them.
fn refused() -> Vec<Case> {
    let mut cases =
        rows("a response", LONG_TIMEOUT, |mut frames| frames.answer_all(BODY), Expected::ok(), Expected::ok());
    for (what, refusal, counted) in [
        ("a stream is refused", Refusal::Reset, 1),
        ("GOAWAY before the stream", Refusal::GoAway(NO_ERROR), 1),
        ("GOAWAY before the stream, with INTERNAL_ERROR", Refusal::GoAway(INTERNAL_ERROR), 1),
        ("GOAWAY before the stream, with ENHANCE_YOUR_CALM", Refusal::GoAway(ENHANCE_YOUR_CALM), 1),
        ("GOAWAY before the stream, and a closed connection", Refusal::GoAwayAndClose(NO_ERROR), 1),
        ("GOAWAY before a request", Refusal::GoAwayFirst, 0),
    ] {
        let once = move |mut frames: Frames| {
            // The connection stays open after a refused stream.
            if frames.wire().number() == 0 {
                match refusal {
                    Refusal::Reset => {
                        let stream = frames.request()?;
                        frames.reset(stream, REFUSED_STREAM)?;
                    }
                    _ => return refusal.send(&mut frames),
                }
            }
            frames.answer_all(BODY)
        };
        let ok = || Expected::ok().requests(1 + counted);
        cases.extend(rows(&format!("{what}, once"), LONG_TIMEOUT, once, ok(), ok()));
        let always = move |mut frames: Frames| {
            loop {
                refusal.send(&mut frames)?;
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
            cases.extend(rows(&format!("{what}, each time"), LONG_TIMEOUT, always, refused(), refused()));
        } else {
            let refused = || not_sent().requests(3 * counted);
            cases.extend(rows(&format!("{what}, each time"), LONG_TIMEOUT, always, refused(), refused()));
        }
    }
    cases
}

/// Requests that the server may have processed.
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
        ("an unknown error code", 4711),
    ] {
        let serve = move |mut frames: Frames| {
            loop {
                let stream = frames.request()?;
                frames.reset(stream, reason)?;
            }
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a stream is reset with {what}"), LONG_TIMEOUT, serve, read, action));
    }

    for (what, reason) in
        [("NO_ERROR", NO_ERROR), ("INTERNAL_ERROR", INTERNAL_ERROR), ("ENHANCE_YOUR_CALM", ENHANCE_YOUR_CALM)]
    {
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(stream, reason)
        };
        let (read, action) = lost();
        let name = format!("GOAWAY with {what} after the stream, and a closed connection");
        cases.extend(rows(&name, LONG_TIMEOUT, serve, read, action));
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(stream, reason)?;
            frames.answer(stream, BODY)?;
            frames.wait_for_close()
        };
        let name = format!("GOAWAY with {what} after the stream, and a response");
        cases.extend(rows(&name, LONG_TIMEOUT, serve, Expected::ok(), Expected::ok()));
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            frames.go_away(0x7fff_ffff, NO_ERROR)?;
            frames.go_away(stream, reason)
        };
        let (read, action) = lost();
        cases.extend(rows(
            &format!("two GOAWAY, the second with {what}, and a closed connection"),
            LONG_TIMEOUT,
            serve,
            read,
            action,
        ));
    }

    // Protocol errors of the server after it has read the request, before a response.
    let payloads: [(&str, Vec<u8>); 12] = [
        ("closes the connection", Vec::new()),
        ("speaks HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()),
        ("sends a frame that is too large", frame(DATA, 0, 1, &[0; 100_000])),
        ("sends data before headers", frame(DATA, 0, 1, b"{}")),
        ("sends headers that are not valid HPACK", frame(HEADERS, END_HEADERS, 1, &[0xff; 32])),
        ("sends headers without a status", frame(HEADERS, END_HEADERS, 1, b"\x0f\x10\x10application/json")),
        ("sends a PUSH_PROMISE", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x84, 0x87])),
        ("sends headers for a stream that was not opened", frame(HEADERS, END_HEADERS, 99, OK_HEAD)),
        ("sends headers for a stream with an even number", frame(HEADERS, END_HEADERS, 2, OK_HEAD)),
        ("sends settings of an odd length", frame(SETTINGS, 0, 0, &[1, 2, 3])),
        ("overflows a window", [(); 2].map(|()| frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255])).concat()),
        (
            "sends headers without END_HEADERS",
            [frame(HEADERS, 0, 1, OK_HEAD), frame(CONTINUATION, 0, 1, OK_HEAD)].concat(),
        ),
    ];
    for (what, bytes) in payloads {
        let serve = move |mut frames: Frames| {
            frames.request()?;
            frames.wire().write(&bytes)
        };
        let (read, action) = lost();
        cases.extend(rows(&format!("a server {what}"), LONG_TIMEOUT, serve, read, action));
    }

    // 16 headers of 4 KiB each.
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
            frames.write(DATA, END_STREAM, stream, BODY.as_bytes())?;
        }
    };
    let (read, action) = lost();
    cases.extend(rows("headers of 64 KiB", LONG_TIMEOUT, serve, read, action));

    // After the beginning of a response, the server has processed the request.
    for (what, reason) in [("REFUSED_STREAM", REFUSED_STREAM), ("INTERNAL_ERROR", INTERNAL_ERROR), ("CANCEL", CANCEL)] {
        let serve = move |mut frames: Frames| {
            loop {
                let stream = frames.request()?;
                frames.write(HEADERS, END_HEADERS, stream, OK_HEAD)?;
                frames.write(DATA, 0, stream, BODY.as_bytes())?;
                frames.reset(stream, reason)?;
            }
        };
        let body = TransportErrorKind::Body;
        let (read, action) = (failed(body).status(200), unknown(body).status(200));
        cases.extend(rows(&format!("a body ends with {what}"), LONG_TIMEOUT, serve, read, action));
    }
    // hyper treats NO_ERROR as the end of the body. Only a length reveals that a part is missing.
    for (what, reset) in [("a stream is reset with NO_ERROR", true), ("GOAWAY with NO_ERROR", false)] {
        let length = b"\x0f\x0d\x02".iter().chain(format!("{:02}", BODY.len()).as_bytes()).copied().collect();
        let body = TransportErrorKind::Body;
        for (when, head, sent, read, action) in [
            ("before the end of a body with length", length, "{", failed(body).status(200), unknown(body).status(200)),
            ("within a body without length", Vec::new(), "{", invalid(), unusable_response()),
            ("after a body without length", Vec::new(), BODY, Expected::ok(), Expected::ok()),
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
            cases.extend(rows(&format!("{what} {when}"), LONG_TIMEOUT, serve, read, action));
        }
    }

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.write(HEADERS, END_HEADERS | END_STREAM, stream, UNAVAILABLE)?;
        }
    };
    let read = expect(ErrorKind::UnexpectedStatus).status(503).requests(3);
    cases.extend(rows(
        "503 for each attempt",
        LONG_TIMEOUT,
        serve,
        read,
        expect(ErrorKind::OutcomeUnknown).status(503),
    ));

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.write(HEADERS, END_HEADERS, stream, b"\x08\x03103")?;
            frames.answer(stream, BODY)?;
        }
    };
    cases.extend(rows("a 103 before the response", LONG_TIMEOUT, serve, Expected::ok(), Expected::ok()));

    let serve = |mut frames: Frames| {
        loop {
            let stream = frames.request()?;
            frames.answer(stream, BODY)?;
            frames.reset(stream, INTERNAL_ERROR)?;
        }
    };
    cases.extend(rows("a stream is reset after its response", LONG_TIMEOUT, serve, Expected::ok(), Expected::ok()));
    cases
}

/// Stalled exchanges, and floods of frames.
fn stalled() -> Vec<Case> {
    let timeout =
        || (expect(ErrorKind::Transport).transport(TransportErrorKind::Timeout), unknown(TransportErrorKind::Timeout));
    let mut cases = Vec::new();

    // INITIAL_WINDOW_SIZE is zero, so that the client cannot send a body.
    let connect = || std::future::ready(with_settings(vec![0, 4, 0, 0, 0, 0], |mut frames| frames.answer_all(BODY)));
    let (read, action) = timeout();
    let name = "HTTP/2: a window that never opens";
    cases.push(with_settings_received(name, CallKind::Read, connect, read));
    cases.push(with_settings_received(name, CallKind::Action, connect, action));
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
                frames.answer(stream, BODY)?;
            }
        }))
    };
    let name = "HTTP/2: a window that opens after a delay";
    cases.extend(both(name, LONG_TIMEOUT, connect, Expected::ok(), Expected::ok(), any_record));
    // MAX_CONCURRENT_STREAMS is zero, so that a request waits for a stream.
    let connect = || std::future::ready(with_settings(vec![0, 3, 0, 0, 0, 0], |mut frames| frames.answer_all(BODY)));
    let (read, action) = timeout();
    let name = "HTTP/2: no streams are allowed";
    cases.push(with_settings_received(name, CallKind::Read, connect, read));
    cases.push(with_settings_received(name, CallKind::Action, connect, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| {
        frames.request()?;
        frames.wait_for_close()
    };
    cases.extend(rows_with_short_timeout("no response", serve, read, action));

    let (read, action) = timeout();
    let serve = |mut frames: Frames| {
        let stream = frames.request()?;
        frames.write(HEADERS, END_HEADERS, stream, OK_HEAD)?;
        frames.write(DATA, 0, stream, BODY.as_bytes())?;
        frames.wait_for_close()
    };
    cases.extend(rows_with_short_timeout("a response that does not end", serve, read, action));

    for (what, flood) in [
        ("PING", frame(PING, 0, 0, &[1; 8])),
        ("SETTINGS", frame(SETTINGS, 0, 0, &[])),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1])),
        ("frames of unknown type", frame(0x77, 0, 0, &[1; 64])),
    ] {
        let few = flood.clone();
        let serve = move |mut frames: Frames| {
            let stream = frames.request()?;
            for _ in 0..1000 {
                frames.wire().write(&few)?;
            }
            frames.answer(stream, BODY)?;
            frames.wait_for_close()
        };
        cases.extend(rows(
            &format!("a thousand {what} before the response"),
            LONG_TIMEOUT,
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
                // The client logs every frame. Without a pause, logging would take longer than the timeout of the call.
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        cases.extend(rows_with_short_timeout(&format!("endless {what}"), serve, read, action));
    }
    cases
}

/// Creates a case with a call after the client has received the settings of the server. An earlier call establishes the connection.
fn with_settings_received<F>(
    name: &str,
    call_kind: CallKind,
    connect: impl Fn() -> F + Clone + Send + Sync + 'static,
    expected: Expected,
) -> Case
where
    F: Future<Output = Result<(Network, Server), String>> + Send + 'static,
{
    let kind = if call_kind == CallKind::Read { "a read" } else { "an action" };
    Case::new(format!("{name}: {kind}"), move || {
        let (connecting, expected) = (connect(), expected.clone());
        async move {
            let (network, server) = connecting.await?;
            // This call may be sent before the settings arrive, so its result does not matter.
            let _ = network.read(SHORT_TIMEOUT).await;
            let before = server.record().request_count();
            expected
                .requests(0)
                .check(call_kind.send(&network, SHORT_TIMEOUT).await, server.record().request_count() - before)
        }
    })
}

async fn code(network: &Network) -> Result<String, Error> {
    let code = network.seam.access_codes().create("front-door").code(PIN).with_timeout(LONG_TIMEOUT).await?;
    Ok(code.access_code_id.to_string())
}

fn found(id: &str) -> String {
    format!(r#"{{"access_code":{{"access_code_id":"{id}"}}}}"#)
}

/// Concurrent calls on one connection.
fn several() -> Vec<Case> {
    vec![
        Case::new("HTTP/2: responses arrive in another order than requests", || async { reordered().await }),
        Case::new("HTTP/2: one of two streams is refused", || async { one_refused().await }),
        Case::new("HTTP/2: GOAWAY between two streams", || async { between().await }),
        Case::new("HTTP/2: a connection ends during ten actions", || async { ten_actions().await }),
        Case::new("HTTP/2: GOAWAY on an idle connection", || async { idle().await }),
    ]
}

/// Responses have the id of their stream, so that a mismatch is detected.
async fn reordered() -> Run {
    let (network, server) = connect(|mut frames| {
        // The first call establishes the connection.
        let warm = frames.request()?;
        frames.answer(warm, &found("warm"))?;
        let (first, second) = (frames.request()?, frames.request()?);
        frames.answer(second, &found("second"))?;
        frames.answer(first, &found("first"))?;
        frames.wait_for_close()
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let pair = tokio::join!(code(&network), code(&network));
    match (&pair, server.record().request_count()) {
        ((Ok(first), Ok(second)), 3) if first == "first" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

async fn one_refused() -> Run {
    let (network, server) = connect(|mut frames| {
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
    match (&pair, server.record().request_count()) {
        ((Ok(first), Ok(second)), 4) if first == "first, again" && second == "second" => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// The first stream may have been processed, so its outcome is unknown. The second one was not processed, and is sent again.
async fn between() -> Run {
    let (network, server) = connect(|mut frames| {
        if frames.wire().number() > 0 {
            return frames.answer_all(BODY);
        }
        let warm = frames.request()?;
        frames.answer(warm, BODY)?;
        let (first, second) = (frames.request()?, frames.request()?);
        frames.go_away(first.min(second), NO_ERROR)
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let (first, second) = tokio::join!(network.act(LONG_TIMEOUT), network.act(LONG_TIMEOUT));
    Expected::ok().check(second, 1)?;
    unknown(TransportErrorKind::Interrupted).requests(4).check(first, server.record().request_count())
}

async fn ten_actions() -> Run {
    let (network, server) = connect(|mut frames| {
        let warm = frames.request()?;
        frames.answer(warm, BODY)?;
        for _ in 0..10 {
            frames.request()?;
        }
        Some(())
    })?;
    code(&network).await.map_err(|error| error.to_string())?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let call = network.seam.access_codes().create("front-door").code(PIN).with_timeout(LONG_TIMEOUT);
        calls.spawn(async move { call.await.map(drop) });
    }
    for result in calls.join_all().await {
        unknown(TransportErrorKind::Interrupted).check(result, 1)?;
    }
    if server.record().request_count() == 11 {
        Ok(())
    } else {
        Err(format!("{} requests", server.record().request_count()))
    }
}

/// The client may not have received the GOAWAY when it sends the next action. In either case, the action arrives once.
async fn idle() -> Run {
    let (network, server) = connect(|mut frames| {
        if frames.wire().number() > 0 {
            return frames.answer_all(BODY);
        }
        let stream = frames.request()?;
        frames.answer(stream, BODY)?;
        frames.go_away(stream, NO_ERROR)?;
        frames.wait_for_close()
    })?;
    Expected::ok().check(network.act(LONG_TIMEOUT).await, server.record().request_count())?;
    Expected::ok().requests(2).check(network.act(LONG_TIMEOUT).await, server.record().request_count())
}

/// The call is dropped after its request has arrived. Its stream is reset, the request is not sent again, and the connection stays
/// open for other calls.
pub(crate) async fn dropped(call_kind: CallKind) -> Run {
    let (network, server) = connect(|mut frames| {
        let dropped_stream = frames.request()?;
        loop {
            let frame = frames.read()?;
            if frame.kind == RST_STREAM && frame.stream == dropped_stream {
                frames.wire().record().count_closed_by_client();
                break;
            }
        }
        frames.answer_all(BODY)
    })?;
    let seam = network.seam.clone();
    let calling = tokio::spawn(async move {
        match call_kind {
            CallKind::Read => seam.access_codes().unmanaged().get_by_code("front-door", PIN).await.map(drop),
            CallKind::Action => seam.access_codes().create("front-door").code(PIN).await.map(drop),
        }
    });
    until_requests(&server, 1).await;
    calling.abort();
    until_closed(&server, 1).await;
    Expected::ok().requests(2).check(call_kind.send(&network, LONG_TIMEOUT).await, server.record().request_count())?;
    match server.record().connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}
