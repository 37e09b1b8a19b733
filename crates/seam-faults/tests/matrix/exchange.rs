//! Exchanges that break off, and answers that nobody asked for.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Connection, Expected, Network, PIN, Run, Script, Server, Step, expect};
use tokio::sync::Notify;

use crate::matrix::{
    sockets::{Ask, Peer, anything, both, client, transport},
    support::{FOUND, SHORT, failed, json, unknown},
};

const LONG: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = broken();
    cases.extend(early());
    cases.extend(unasked());
    cases.extend(idle());
    cases.push(Case::new("two calls at once never share a connection of HTTP/1.1", pipelined));
    cases
}

/// The connection ends somewhere between request and response.
fn broken() -> Vec<Case> {
    let mut cases = Vec::new();
    let interrupted = TransportErrorKind::Interrupted;
    let none = |step| Script::always(Connection::new().then(Step::ReadPart(40)).then(step));
    for (name, script) in [
        ("reset after half of the request", none(Step::Reset)),
        ("closed after half of the request", none(Step::Close)),
        ("half-closed after half of the request", none(Step::HalfClose)),
    ] {
        cases.extend(Case::both(name, script, failed(interrupted).requests(0), unknown(interrupted).requests(0)));
    }

    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let after = |bytes: String, step| Script::always(Connection::new().read().write(bytes).then(step));
    for (how, step) in [("reset", Step::Reset), ("closed", Step::Close), ("half-closed", Step::HalfClose)] {
        for (at, bytes) in [
            ("after the request", String::new()),
            ("after one byte of a head", "H".to_owned()),
            ("within the status line", "HTTP/1.1 20".to_owned()),
            ("before the headers", "HTTP/1.1 200 OK\r\n".to_owned()),
            ("within a header", format!("{head}content-len")),
            ("before the end of the head", format!("{head}content-length: 10\r\n")),
            ("within the last line break of the head", format!("{head}content-length: 10\r\n\r")),
            ("after a 100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
            ("after a 103", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_owned()),
        ] {
            let script = after(bytes, step.clone());
            cases.extend(Case::both(&format!("{how} {at}"), script, failed(interrupted), unknown(interrupted)));
        }
        let body = TransportErrorKind::Body;
        for (at, bytes) in [
            ("before the body", format!("{head}content-length: {}\r\n\r\n", FOUND.len())),
            ("within the body", format!("{head}content-length: {}\r\n\r\n{FOUND}", FOUND.len() + 1)),
            ("before the first chunk", format!("{head}transfer-encoding: chunked\r\n\r\n")),
            (
                "before the last chunk",
                format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{FOUND}\r\n", FOUND.len()),
            ),
        ] {
            let script = after(bytes, step.clone());
            let read = failed(body).status(200);
            cases.extend(Case::both(&format!("{how} {at}"), script, read, unknown(body).status(200)));
        }
    }
    cases
}

/// Answers before the whole request was read, and answers before the answer.
fn early() -> Vec<Case> {
    let found = json(200, FOUND);
    let found = found.as_str();
    let ok = Expected::ok;
    // Half-closed, so that no later request is written to a server that is not going to answer it.
    let begun = |bytes: String| {
        Script::always(Connection::new().then(Step::ReadPart(40)).write(bytes).then(Step::HalfClose).hang())
    };
    let mut cases = Vec::new();
    cases.extend(Case::both(
        "an answer after half of the request",
        begun(found.to_owned()),
        ok().requests(0),
        ok().requests(0),
    ));
    let large = || expect(ErrorKind::UnexpectedStatus).status(413).requests(0);
    cases.extend(Case::both("a refusal after half of the request", begun(json(413, "")), large(), large()));
    cases.extend(Case::both(
        "a 503 after half of the request",
        begun(json(503, "{}")),
        expect(ErrorKind::UnexpectedStatus).status(503).requests(0),
        expect(ErrorKind::OutcomeUnknown).status(503).requests(0),
    ));
    let hundred = "HTTP/1.1 100 Continue\r\n\r\n";
    let answered = [
        ("a 100 before the answer", format!("{hundred}{found}")),
        ("ten times 100 before the answer", format!("{}{found}", hundred.repeat(10))),
        ("a 102 before the answer", format!("HTTP/1.1 102 Processing\r\n\r\n{found}")),
        ("a 103 before the answer", format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{found}")),
    ];
    for (name, bytes) in answered {
        cases.extend(Case::both(name, Script::answer(bytes), ok(), ok()));
    }
    cases.extend(Case::both_within(
        "100 without end",
        SHORT,
        Script::always(Connection::new().read().then(Step::Flood(hundred.into()))),
        expect(ErrorKind::Transport).transport(TransportErrorKind::Timeout),
        unknown(TransportErrorKind::Timeout),
    ));
    cases.extend(Case::both(
        "a request is read byte by byte and answered byte by byte",
        Script::always(Connection::new().read().then(Step::Drip(found.into(), Duration::ZERO))),
        ok(),
        ok(),
    ));
    cases
}

/// The code that the call answers.
async fn code(network: &Network, timeout: Duration) -> Result<String, Error> {
    let code = network.seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await?;
    Ok(code.access_code_id.to_string())
}

/// An answer of its own to each call.
fn answer(id: &str) -> String {
    json(200, &format!(r#"{{"access_code":{{"access_code_id":"{id}"}}}}"#))
}

/// What follows a response on its connection must not be taken for the answer to the next call.
fn unasked() -> Vec<Case> {
    let mut cases = Vec::new();
    let rows = [
        ("stray bytes", "stray".to_owned()),
        ("a stray line break", "\r\n".to_owned()),
        ("a second response", answer("intruder")),
        ("a 408", "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()),
        ("a 100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("half of a response", "HTTP/1.1 200 OK\r\ncontent-le".to_owned()),
        ("a thousand responses", answer("intruder").repeat(1000)),
        ("more body than announced", format!("{FOUND}{}", answer("intruder"))),
    ];
    for (what, stray) in rows {
        for (when, apart) in [("at once", false), ("in a write of its own", true)] {
            let stray = stray.clone();
            cases.push(Case::new(format!("{what} after a response, {when}: the next calls"), move || {
                let stray = stray.clone();
                async move { keep_apart(stray, apart).await }
            }));
        }
    }
    cases
}

/// Three actions, the first of which is answered with something more.
async fn keep_apart(stray: String, apart: bool) -> Run {
    let peer = Peer::start(move |mut wire| {
        let stray = stray.clone();
        async move {
            let mut is_first = wire.number == 0;
            loop {
                wire.request().await?;
                let id = wire.seen.requests().to_string();
                match (std::mem::take(&mut is_first), apart) {
                    (false, _) => wire.write(answer(&id)).await?,
                    (true, false) => wire.write(format!("{}{stray}", answer(&id))).await?,
                    (true, true) => {
                        wire.write(answer(&id)).await?;
                        wire.write(&stray).await?;
                    }
                }
            }
        }
    });
    let peer = peer.await?;
    let network = client(transport(|client| client), &peer.http())?;
    for call in ["1", "2", "3"] {
        match code(&network, LONG).await {
            Ok(found) if found == call => {}
            found => return Err(format!("call {call} got {found:?}")),
        }
        // The stray bytes have come, or come while the next call is begun.
        tokio::task::yield_now().await;
    }
    if peer.seen.requests() == 3 { Ok(()) } else { Err(format!("{} requests", peer.seen.requests())) }
}

/// Connections that were good for a call, and are not for the next one.
fn idle() -> Vec<Case> {
    let mut cases = Vec::new();
    for (how, step) in [("closed", Step::Close), ("reset", Step::Reset), ("half-closed", Step::HalfClose)] {
        for (ask, what) in Ask::BOTH {
            let again = step.clone();
            cases.push(Case::new(format!("an idle connection was {how}: {what}"), move || {
                let step = again.clone();
                async move { noticed(ask, step).await }
            }));
        }
    }
    for (ask, what) in Ask::BOTH {
        cases.push(Case::new(format!("an idle connection was closed, and nobody looked: {what}"), move || {
            unnoticed(ask)
        }));
    }

    let answered = || Connection::new().read().write(json(200, FOUND));
    for (how, step) in [("closed", Step::Close), ("reset", Step::Reset)] {
        for (ask, what) in Ask::BOTH {
            let step = step.clone();
            cases.push(Case::new(format!("{how} after the second request of a connection: {what}"), move || {
                let script = Script::each([answered().read().then(step.clone()), answered()]);
                async move {
                    let network = Network::http(script).await?;
                    Expected::ok().judge(ask.of(&network, LONG).await, network.requests())?;
                    let expected = match ask {
                        Ask::Read => Expected::ok().requests(3),
                        Ask::Act => unknown(TransportErrorKind::Interrupted).requests(2),
                    };
                    expected.judge(ask.of(&network, LONG).await, network.requests())
                }
            }));
        }
    }
    cases.extend(both(
        "a server that closes after each answer, and says so",
        LONG,
        || async {
            let peer = Peer::start(|mut wire| async move {
                wire.request().await?;
                wire.write(crate::matrix::support::with_headers(200, "connection: close\r\n", FOUND)).await
            });
            let peer = peer.await?;
            let network = client(transport(|client| client), &peer.http())?;
            network.act(LONG).await.map_err(|error| error.to_string())?;
            Ok((network, peer))
        },
        Expected::ok().requests(2),
        Expected::ok().requests(2),
        anything,
    ));
    cases
}

/// The client has had the time to see that an idle connection ended: the next call uses another one.
async fn noticed(ask: Ask, step: Step) -> Run {
    let gate = Arc::new(Notify::new());
    let answered = || Connection::new().read().write(json(200, FOUND));
    let script = Script::each([answered().then(Step::Gate(Arc::clone(&gate))).then(step), answered().hang()]);
    let network = Network::http(script).await?;
    Expected::ok().judge(network.act(LONG).await, 1)?;
    gate.notify_one();
    // Turns of the runtime, in which the server ends the connection and the client sees it.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    Expected::ok().requests(2).judge(ask.of(&network, LONG).await, network.requests())?;
    match network.server.as_ref().map_or(0, Server::connections) {
        2 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}

/// The server closed an idle connection while this thread was busy: the request goes where nobody is any more. What the
/// client gets to know of it is a reset, as it would be if the server had begun to carry the action out.
async fn unnoticed(ask: Ask) -> Run {
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    let failure = |error: std::io::Error| error.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failure)?;
    let address = listener.local_addr().map_err(failure)?;
    let (close, closing) = mpsc::channel();
    let (closed, is_closed) = mpsc::channel();
    let (seen, requests) = mpsc::channel();
    let server = std::thread::spawn(move || -> std::io::Result<()> {
        for number in 0.. {
            let (mut stream, _) = listener.accept()?;
            let mut request = Vec::new();
            // The end of a request's body here.
            while !request.ends_with(b"}") {
                let mut part = [0; 1024];
                let length = stream.read(&mut part)?;
                if length == 0 {
                    return Ok(());
                }
                request.extend_from_slice(part.get(..length).unwrap_or_default());
            }
            let _ = seen.send(());
            stream.write_all(json(200, FOUND).as_bytes())?;
            // To close twice is for nobody.
            if number == 0 && closing.recv().is_ok() {
                drop(stream);
                let _ = closed.send(());
            }
        }
        Ok(())
    });
    let network = client(transport(|client| client), &format!("http://{address}"))?;
    Expected::ok().judge(network.act(LONG).await, requests.try_iter().count())?;
    close.send(()).map_err(|error| error.to_string())?;
    is_closed.recv().map_err(|error| error.to_string())?;
    let result = ask.of(&network, LONG).await;
    let requests = requests.try_iter().count();
    if ask == Ask::Act && result.is_err() {
        unknown(TransportErrorKind::Interrupted).requests(0).judge(result, requests)?;
        // The server's thread waits for a connection still.
        drop(std::net::TcpStream::connect(address));
    } else {
        Expected::ok().judge(result, requests)?;
        drop(network);
        drop(std::net::TcpStream::connect(address));
    }
    match server.join() {
        Ok(_) => Ok(()),
        Err(_) => Err("the server panicked".to_owned()),
    }
}

/// The second call does not wait behind the first one, and is not written after it.
async fn pipelined() -> Run {
    let answer_all = Arc::new(Notify::new());
    let gate = Arc::clone(&answer_all);
    let peer = Peer::start(move |mut wire| {
        let gate = Arc::clone(&gate);
        async move {
            let head = wire.request().await?;
            let unread = wire.unread.len();
            gate.notified().await;
            if unread > 0 {
                return None;
            }
            let id = head.split_once("\r\n")?.0.len().to_string();
            wire.write(answer(&id)).await
        }
    });
    let peer = peer.await?;
    let network = client(transport(|client| client), &peer.http())?;
    let (first, second, ()) = tokio::join!(code(&network, LONG), code(&network, LONG), async {
        peer.seen.until_requests(2).await;
        answer_all.notify_waiters();
    });
    match (first, second, peer.seen.connections(), peer.seen.requests()) {
        (Ok(_), Ok(_), 2, 2) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
