//! Exchanges that break off, and answers that nobody asked for.

use std::{sync::mpsc, time::Duration};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, Network, PIN, Run, expect};
use seam_mock::transport_kit::{Connection, Gate, Script, Step, broken_exchanges};

use crate::matrix::{
    sockets::{Ask, anything, both, client, serve, transport, until_requests},
    support::{FOUND, SHORT, failed, json, unknown, with_headers},
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
    for broken in broken_exchanges() {
        let (read, action) = (failed(broken.error_kind()), unknown(broken.error_kind()));
        let (read, action) = match (broken.is_request_read, broken.is_head_sent) {
            (false, _) => (read.requests(0), action.requests(0)),
            (true, false) => (read, action),
            (true, true) => (read.status(200), action.status(200)),
        };
        cases.extend(Case::both(&broken.name, broken.script, read, action));
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
    let written = Gate::new();
    let writes = written.clone();
    let peer = serve(move |mut wire| {
        let mut is_first = wire.number() == 0;
        loop {
            wire.request()?;
            let id = wire.record().request_count().to_string();
            match (std::mem::take(&mut is_first), apart) {
                (false, _) => wire.write(answer(&id))?,
                (true, false) => wire.write(format!("{}{stray}", answer(&id)))?,
                (true, true) => {
                    wire.write(answer(&id))?;
                    wire.write(&stray)?;
                }
            }
            writes.open();
        }
    })?;
    let network = client(transport(), &peer.url())?;
    for call in ["1", "2", "3"] {
        match code(&network, LONG).await {
            Ok(found) if found == call => {}
            found => return Err(format!("call {call} got {found:?}")),
        }
        // The stray bytes have come before the next call begins: later ones cannot be told from its response.
        written.wait();
        turns().await;
    }
    if peer.record().request_count() == 3 { Ok(()) } else { Err(format!("{} requests", peer.record().request_count())) }
}

/// Turns of the runtime, in which the client sees what happened to its connections.
async fn turns() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
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
            let peer = serve(|mut wire| {
                wire.request()?;
                wire.finish(with_headers(200, "connection: close\r\n", FOUND))
            })?;
            let network = client(transport(), &peer.url())?;
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
    let gate = Gate::new();
    let answered = || Connection::new().read().write(json(200, FOUND));
    let script = Script::each([answered().then(Step::Gate(gate.clone())).then(step), answered().hang()]);
    let network = Network::http(script).await?;
    Expected::ok().judge(network.act(LONG).await, 1)?;
    gate.open();
    if let Some(server) = &network.server {
        server.record().until(|record| record.ended() >= 1).await;
    }
    turns().await;
    Expected::ok().requests(2).judge(ask.of(&network, LONG).await, network.requests())?;
    match network.server.as_ref().map_or(0, |server| server.record().connections()) {
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
    let network = client(transport(), &format!("http://{address}"))?;
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
    let answer_all = Gate::new();
    let gate = answer_all.clone();
    let peer = serve(move |mut wire| {
        let request = wire.request()?;
        let unread = wire.unread().len();
        gate.wait();
        if unread > 0 {
            return None;
        }
        wire.finish(answer(request.target()))
    })?;
    let network = client(transport(), &peer.url())?;
    let (first, second, ()) = tokio::join!(code(&network, LONG), code(&network, LONG), async {
        until_requests(&peer, 2).await;
        answer_all.open();
    });
    match (first, second, peer.record().connections(), peer.record().request_count()) {
        (Ok(_), Ok(_), 2, 2) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
