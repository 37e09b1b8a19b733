//! Interrupted exchanges, and unrequested responses.

use std::{sync::mpsc, time::Duration};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, Network, PIN, Run, expect};
use seam_mock::transport_kit::{Connection, Gate, Script, Step, broken_exchanges};

use crate::matrix::{
    sockets::{CallKind, any_record, both, client, serve, transport, until_requests},
    support::{BODY, SHORT_TIMEOUT, failed, json_response, unknown, with_headers},
};

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = broken();
    cases.extend(early());
    cases.extend(unrequested());
    cases.extend(idle());
    cases.push(Case::new("concurrent calls never share a connection of HTTP/1.1", pipelined));
    cases
}

/// The connection ends between the request and the response.
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

/// Responses before the request is complete, and informational responses.
fn early() -> Vec<Case> {
    let found = json_response(200, BODY);
    let found = found.as_str();
    let ok = Expected::ok;
    // Half-closed, so that the client sends no further request on this connection.
    let begun = |bytes: String| {
        Script::always(Connection::new().then(Step::ReadPart(40)).write(bytes).then(Step::HalfClose).hang())
    };
    let mut cases = Vec::new();
    cases.extend(Case::both(
        "a response after half of the request",
        begun(found.to_owned()),
        ok().requests(0),
        ok().requests(0),
    ));
    let large = || expect(ErrorKind::UnexpectedStatus).status(413).requests(0);
    cases.extend(Case::both("a 413 after half of the request", begun(json_response(413, "")), large(), large()));
    cases.extend(Case::both(
        "a 503 after half of the request",
        begun(json_response(503, "{}")),
        expect(ErrorKind::UnexpectedStatus).status(503).requests(0),
        expect(ErrorKind::OutcomeUnknown).status(503).requests(0),
    ));
    let hundred = "HTTP/1.1 100 Continue\r\n\r\n";
    let responding = [
        ("a 100 before the response", format!("{hundred}{found}")),
        ("ten 100 before the response", format!("{}{found}", hundred.repeat(10))),
        ("a 102 before the response", format!("HTTP/1.1 102 Processing\r\n\r\n{found}")),
        ("a 103 before the response", format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{found}")),
    ];
    for (name, bytes) in responding {
        cases.extend(Case::both(name, Script::answer(bytes), ok(), ok()));
    }
    cases.extend(Case::both_within(
        "endless 100",
        SHORT_TIMEOUT,
        Script::always(Connection::new().read().then(Step::Repeat(hundred.into()))),
        expect(ErrorKind::Transport).transport(TransportErrorKind::Timeout),
        unknown(TransportErrorKind::Timeout),
    ));
    cases.extend(Case::both(
        "a response that is sent byte by byte",
        Script::always(Connection::new().read().then(Step::WriteSlowly(found.into(), Duration::ZERO))),
        ok(),
        ok(),
    ));
    cases
}

/// Creates an access code, and returns its id.
async fn create_code(network: &Network, timeout: Duration) -> Result<String, Error> {
    let code = network.seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await?;
    Ok(code.access_code_id.to_string())
}

/// Returns a response with this id of an access code.
fn response(id: &str) -> String {
    json_response(200, &format!(r#"{{"access_code":{{"access_code_id":"{id}"}}}}"#))
}

/// Bytes after a response on its connection, which must not become the response to the next call.
fn unrequested() -> Vec<Case> {
    let mut cases = Vec::new();
    let rows = [
        ("stray bytes", "stray".to_owned()),
        ("a stray line break", "\r\n".to_owned()),
        ("a second response", response("unrequested")),
        ("a 408", "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()),
        ("a 100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("half of a response", "HTTP/1.1 200 OK\r\ncontent-le".to_owned()),
        ("a thousand responses", response("unrequested").repeat(1000)),
        ("a body longer than its length", format!("{BODY}{}", response("unrequested"))),
    ];
    for (what, stray) in rows {
        for (when, apart) in [("at once", false), ("in a separate write", true)] {
            let stray = stray.clone();
            cases.push(Case::new(format!("{what} after a response, {when}: the next calls"), move || {
                let stray = stray.clone();
                async move { send_stray(stray, apart).await }
            }));
        }
    }
    cases
}

/// Sends three actions. Stray bytes follow the response to the first one.
async fn send_stray(stray: String, apart: bool) -> Run {
    let written = Gate::new();
    let writes = written.clone();
    let server = serve(move |mut wire| {
        let mut is_first = wire.number() == 0;
        loop {
            wire.request()?;
            let id = wire.record().request_count().to_string();
            match (std::mem::take(&mut is_first), apart) {
                (false, _) => wire.write(response(&id))?,
                (true, false) => wire.write(format!("{}{stray}", response(&id)))?,
                (true, true) => {
                    wire.write(response(&id))?;
                    wire.write(&stray)?;
                }
            }
            writes.open();
        }
    })?;
    let network = client(transport(), &server.url())?;
    for call in ["1", "2", "3"] {
        match create_code(&network, LONG_TIMEOUT).await {
            Ok(found) if found == call => {}
            found => return Err(format!("call {call} got {found:?}")),
        }
        // The stray bytes arrive before the next call begins. The client could not distinguish later ones from its response.
        written.wait();
        yield_to_tasks().await;
    }
    if server.record().request_count() == 3 {
        Ok(())
    } else {
        Err(format!("{} requests", server.record().request_count()))
    }
}

/// Lets other tasks of the runtime run, so that the client detects closed connections.
async fn yield_to_tasks() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Connections that end between two calls.
fn idle() -> Vec<Case> {
    let mut cases = Vec::new();
    for (how, step) in [("closed", Step::Close), ("reset", Step::Reset), ("half-closed", Step::HalfClose)] {
        for (call_kind, suffix) in CallKind::BOTH {
            let again = step.clone();
            cases.push(Case::new(format!("an idle connection was {how}: {suffix}"), move || {
                let step = again.clone();
                async move { detected(call_kind, step).await }
            }));
        }
    }
    for (call_kind, suffix) in CallKind::BOTH {
        cases.push(Case::new(
            format!("an idle connection was closed, and the client has not detected it: {suffix}"),
            move || undetected(call_kind),
        ));
    }

    let responding = || Connection::new().read().write(json_response(200, BODY));
    for (how, step) in [("closed", Step::Close), ("reset", Step::Reset)] {
        for (call_kind, suffix) in CallKind::BOTH {
            let step = step.clone();
            cases.push(Case::new(format!("{how} after the second request of a connection: {suffix}"), move || {
                let script = Script::each([responding().read().then(step.clone()), responding()]);
                async move {
                    let network = Network::http(script).await?;
                    Expected::ok().check(call_kind.send(&network, LONG_TIMEOUT).await, network.requests())?;
                    let expected = match call_kind {
                        CallKind::Read => Expected::ok().requests(3),
                        CallKind::Action => unknown(TransportErrorKind::Interrupted).requests(2),
                    };
                    expected.check(call_kind.send(&network, LONG_TIMEOUT).await, network.requests())
                }
            }));
        }
    }
    cases.extend(both(
        "a server that closes after each response with `connection: close`",
        LONG_TIMEOUT,
        || async {
            let server = serve(|mut wire| {
                wire.request()?;
                wire.finish(with_headers(200, "connection: close\r\n", BODY))
            })?;
            let network = client(transport(), &server.url())?;
            network.act(LONG_TIMEOUT).await.map_err(|error| error.to_string())?;
            Ok((network, server))
        },
        Expected::ok().requests(2),
        Expected::ok().requests(2),
        any_record,
    ));
    cases
}

/// The client has detected that an idle connection has ended. The next call uses another connection.
async fn detected(call_kind: CallKind, step: Step) -> Run {
    let gate = Gate::new();
    let responding = || Connection::new().read().write(json_response(200, BODY));
    let script = Script::each([responding().then(Step::Gate(gate.clone())).then(step), responding().hang()]);
    let network = Network::http(script).await?;
    Expected::ok().check(network.act(LONG_TIMEOUT).await, 1)?;
    gate.open();
    if let Some(server) = &network.server {
        server.record().until(|record| record.ended() >= 1).await;
    }
    yield_to_tasks().await;
    Expected::ok().requests(2).check(call_kind.send(&network, LONG_TIMEOUT).await, network.requests())?;
    match network.server.as_ref().map_or(0, |server| server.record().connections()) {
        2 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}

/// The server closed an idle connection while this thread was busy, and the client writes a request to it. The client receives a
/// reset, as if the server had begun to execute the action.
async fn undetected(call_kind: CallKind) -> Run {
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
            // All request bodies of this case end with a brace.
            while !request.ends_with(b"}") {
                let mut part = [0; 1024];
                let length = stream.read(&mut part)?;
                if length == 0 {
                    return Ok(());
                }
                request.extend_from_slice(part.get(..length).unwrap_or_default());
            }
            let _ = seen.send(());
            stream.write_all(json_response(200, BODY).as_bytes())?;
            // Only the first connection is closed.
            if number == 0 && closing.recv().is_ok() {
                drop(stream);
                let _ = closed.send(());
            }
        }
        Ok(())
    });
    let network = client(transport(), &format!("http://{address}"))?;
    Expected::ok().check(network.act(LONG_TIMEOUT).await, requests.try_iter().count())?;
    close.send(()).map_err(|error| error.to_string())?;
    is_closed.recv().map_err(|error| error.to_string())?;
    let result = call_kind.send(&network, LONG_TIMEOUT).await;
    let requests = requests.try_iter().count();
    if call_kind == CallKind::Action && result.is_err() {
        unknown(TransportErrorKind::Interrupted).requests(0).check(result, requests)?;
        // Ends the thread of the server, which waits for a connection.
        drop(std::net::TcpStream::connect(address));
    } else {
        Expected::ok().check(result, requests)?;
        drop(network);
        drop(std::net::TcpStream::connect(address));
    }
    match server.join() {
        Ok(_) => Ok(()),
        Err(_) => Err("the server panicked".to_owned()),
    }
}

/// The second call neither waits for the first one, nor is written to the same connection.
async fn pipelined() -> Run {
    let respond = Gate::new();
    let gate = respond.clone();
    let server = serve(move |mut wire| {
        let request = wire.request()?;
        let unread = wire.unread().len();
        gate.wait();
        if unread > 0 {
            return None;
        }
        wire.finish(response(request.target()))
    })?;
    let network = client(transport(), &server.url())?;
    let (first, second, ()) =
        tokio::join!(create_code(&network, LONG_TIMEOUT), create_code(&network, LONG_TIMEOUT), async {
            until_requests(&server, 2).await;
            respond.open();
        });
    match (first, second, server.record().connections(), server.record().request_count()) {
        (Ok(_), Ok(_), 2, 2) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}
