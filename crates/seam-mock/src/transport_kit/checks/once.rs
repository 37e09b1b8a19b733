//! Checks that a request reaches the server at most once, and that `NotSent` means that it did not reach the server.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use seam_core::TransportErrorKind;

use super::{no_server, server};
use crate::transport_kit::{
    exchanges::{BODY, broken_exchanges, json_response, with_headers},
    probe::{Exchange, Probe, TIME_LIMIT, within},
    report::Findings,
    server::{Connection, Gate, Record, Script, Server, Step},
};

/// Checks the result of a request that may have reached the server.
pub(crate) fn check_received(findings: &mut Findings, what: &str, exchange: &Exchange, received: usize) {
    if received > 1 {
        findings.broken(format!("{what}: the server received the request {received} times"));
    }
    match exchange {
        Exchange::Failed(error) if received > 0 && error.kind().is_not_sent() => {
            findings.broken(format!("{what}: the server received the request, and {}", exchange.describe()));
        }
        Exchange::Unfinished | Exchange::Panicked => findings.broken(format!("{what}: {}", exchange.describe())),
        _ => {}
    }
}

pub(crate) async fn broken_connections(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for broken in broken_exchanges() {
        let server = server!(Server::start(broken.script));
        let marked = probe.request(&server.url());
        let exchange = probe.send(&probe.transport(), marked.request).await;
        check_received(&mut findings, &broken.name, &exchange, server.record().occurrences(&marked.marker));
    }
    for (what, script) in [
        ("closed on accept", Script::always(Connection::new())),
        ("reset on accept", Script::always(Connection::new().reset())),
    ] {
        let server = server!(Server::start(script));
        let marked = probe.request(&server.url());
        let exchange = probe.send(&probe.transport(), marked.request).await;
        check_received(&mut findings, what, &exchange, server.record().occurrences(&marked.marker));
        // The server reads nothing, so its record is empty. The number of connections is checked instead.
        let connections = server.record().connections();
        if connections > 1 {
            findings.broken(format!("{what}: the transport opened {connections} connections for one request"));
        }
    }
    findings
}

pub(crate) async fn pooled_connections(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let answered = || Connection::new().read().write(json_response(200, BODY));
    let second = || answered().read();
    for (what, connection) in [
        ("closed after the second request", second()),
        ("reset after the second request", second().reset()),
        ("closed within the second response", second().write("HTTP/1.1 200 OK\r\ncontent-le")),
    ] {
        let server = server!(Server::start(Script::each([connection, answered()])));
        let transport = probe.transport();
        let first = probe.send(&transport, probe.request(&server.url()).request).await;
        if !matches!(first, Exchange::Answered(_)) {
            findings.broken(format!("{what}: before that, {}", first.describe()));
            continue;
        }
        let marked = probe.request(&server.url());
        let second = probe.send(&transport, marked.request).await;
        check_received(&mut findings, what, &second, server.record().occurrences(&marked.marker));
    }
    for (what, step) in [("closed", Step::Close), ("reset", Step::Reset)] {
        let what = format!("{what} while it was idle");
        let (found, is_lost) = idle_connection(&probe, &what, step.clone()).await;
        // hyper can lose a request that is queued in the same moment in which the task of its connection ends. It then
        // returns nothing until the client's timeout. A second loss shows that it is no coincidence.
        let found = if is_lost { idle_connection(&probe, &what, step).await.0 } else { found };
        findings.0.extend(found.0);
    }
    findings
}

/// Checks a request while the server ends the idle connection of the request before it. Also returns whether the
/// transport returned nothing for a request that the server did not receive.
async fn idle_connection(probe: &Probe, what: &str, step: Step) -> (Findings, bool) {
    let answered = || Connection::new().read().write(json_response(200, BODY));
    let mut findings = Findings::default();
    let gate = Gate::new();
    let idle = answered().then(Step::Gate(gate.clone())).then(step);
    let server = match Server::start(Script::each([idle, answered()])) {
        Ok(server) => server,
        Err(error) => return (no_server(&error), false),
    };
    let transport = probe.transport();
    let first = probe.send(&transport, probe.request(&server.url()).request).await;
    gate.open();
    let marked = probe.request(&server.url());
    let second = probe.send(&transport, marked.request).await;
    if !matches!(first, Exchange::Answered(_)) {
        findings.broken(format!("{what}: before that, {}", first.describe()));
    }
    let received = server.record().occurrences(&marked.marker);
    check_received(&mut findings, what, &second, received);
    (findings, received == 0 && matches!(second, Exchange::Unfinished))
}

pub(crate) async fn retry_statuses(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for (status, header) in [
        (401, "www-authenticate: Basic realm=\"doors\"\r\n"),
        (401, "www-authenticate: Digest realm=\"doors\", nonce=\"1\", qop=\"auth\"\r\n"),
        (408, "connection: close\r\n"),
        (417, ""),
        (421, ""),
        (425, ""),
        (429, "retry-after: 0\r\n"),
        (500, ""),
        (502, ""),
        (503, "retry-after: 0\r\n"),
        (504, ""),
    ] {
        let response = with_headers(status, &format!("content-type: application/json\r\n{header}"), "{}");
        let server = server!(Server::serve(move |mut wire| {
            loop {
                wire.request()?;
                wire.write(&response)?;
                if response.contains("connection: close") {
                    return Some(());
                }
            }
        }));
        let marked = probe.request(&server.url());
        let exchange = probe.send(&probe.transport(), marked.request).await;
        check_received(
            &mut findings,
            &format!("status {status}"),
            &exchange,
            server.record().occurrences(&marked.marker),
        );
    }
    findings
}

/// The delay of a slow server, longer than the delays after which a stack hedges a request.
const SLOW: Duration = Duration::from_secs(3);

pub(crate) async fn slow_responses(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let server = server!(Server::serve(|mut wire| {
        loop {
            wire.request()?;
            std::thread::sleep(SLOW);
            wire.write(json_response(200, BODY))?;
        }
    }));
    let marked = probe.request(&server.url());
    let what = format!("a response after {} s", SLOW.as_secs());
    let exchange = probe.send(&probe.transport(), marked.request).await;
    check_received(&mut findings, &what, &exchange, server.record().occurrences(&marked.marker));
    match &exchange {
        Exchange::Answered(response) if response.body().as_ref() == BODY.as_bytes() => {}
        Exchange::Failed(_) => findings.weak(format!("{what}: {}", exchange.describe())),
        _ => findings.broken(format!("{what}: {}, which the server did not send", exchange.describe())),
    }
    findings
}

pub(crate) async fn not_sent(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    // No program listens on a port that was free a moment ago.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    let port = server!(port).port();
    // A label of more than 63 bytes, which resolvers reject without a query.
    let name = format!("http://{}.invalid", "d".repeat(64));
    for (what, url) in
        [("no server at the port", format!("http://127.0.0.1:{port}")), ("a host without an address", name)]
    {
        let exchange = probe.send(&probe.transport(), probe.request(&url).request).await;
        match &exchange {
            Exchange::Failed(error) if error.kind() == TransportErrorKind::NotSent => {}
            Exchange::Failed(_) => {
                findings.weak(format!("{what}: {}, so an action is not retried", exchange.describe()));
            }
            _ => findings.broken(format!("{what}: {}", exchange.describe())),
        }
    }
    // A response before the whole request was read: the server has read some of it.
    let early =
        Connection::new().then(Step::ReadPart(64 * 1024)).write(json_response(413, "{}")).then(Step::HalfClose).hang();
    let server = server!(Server::start(Script::always(early)));
    let marked = probe.request_with(seam_core::http::Method::POST, &server.url(), vec![b'x'; 8 << 20].into());
    let exchange = probe.send(&probe.transport(), marked.request).await;
    let what = "a response before the whole request was sent";
    check_received(&mut findings, what, &exchange, server.record().occurrences(&marked.marker));
    findings
}

pub(crate) async fn correlation(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for (what, stray) in [
        ("stray bytes", "stray".to_owned()),
        ("a line break", "\r\n".to_owned()),
        ("a second response", json_response(200, r#"{"unrequested":true}"#)),
        ("a 408", "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()),
    ] {
        // In one write with the response: later bytes would be indistinguishable from the next response.
        let server = server!(Server::serve(move |mut wire| {
            loop {
                let received = wire.request()?;
                let body = received.target().split(['?', '/']).nth(1).unwrap_or_default().to_owned();
                let stray = if wire.record().request_count() == 1 { stray.as_str() } else { "" };
                wire.write(format!("{}{stray}", json_response(200, &body)))?;
            }
        }));
        let transport = probe.transport();
        for number in 1..=3 {
            let marked = probe.request(&server.url());
            let what = format!("{what} after the first response: request {number}");
            let exchange = probe.send(&transport, marked.request).await;
            match &exchange {
                Exchange::Answered(response) if response.body().as_ref() == marked.marker.as_bytes() => {}
                Exchange::Answered(_) => findings.broken(format!("{what}: got the response of another request")),
                // The transport may detect that the connection is broken.
                _ => check_received(&mut findings, &what, &exchange, server.record().occurrences(&marked.marker)),
            }
        }
    }
    findings
}

/// The number of concurrent requests.
const CONCURRENT: usize = 8;

pub(crate) async fn concurrency(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let gate = Gate::new();
    let held = gate.clone();
    let server = server!(Server::serve(move |mut wire| {
        loop {
            let received = wire.request()?;
            held.wait();
            let body = received.target().split(['?', '/']).nth(1).unwrap_or_default().to_owned();
            wire.write(json_response(200, &body))?;
        }
    }));
    let transport = probe.transport();
    let marked: Vec<_> = (0..CONCURRENT).map(|_| probe.request(&server.url())).collect();
    let sending = futures_util::future::join_all(marked.into_iter().map(|marked| async {
        let exchange = probe.send(&transport, marked.request).await;
        (marked.marker, exchange)
    }));
    let arriving = async {
        let all = server.record().until(|record: &Record| record.request_count() >= CONCURRENT);
        // Shorter than the time limit of the kit, and than the time for which a thread may be blocked.
        let _ = within(TIME_LIMIT / 2, all).await;
        let together = server.record().request_count();
        gate.open();
        together
    };
    // A transport that blocks this thread is released by a thread of the kit.
    let release = gate.clone();
    let released = std::thread::spawn(move || {
        std::thread::park_timeout(TIME_LIMIT / 2);
        release.open();
    });
    let (exchanges, together) = futures_util::future::join(sending, arriving).await;
    released.thread().unpark();
    let _ = released.join();
    if together < CONCURRENT {
        findings.broken(format!(
            "of {CONCURRENT} concurrent requests, the server received {together} before it responded to one"
        ));
    }
    for (marker, exchange) in exchanges {
        match exchange {
            Exchange::Answered(response) if response.body().as_ref() == marker.as_bytes() => {}
            Exchange::Answered(_) => findings.broken("a request got the response of another one".to_owned()),
            other => findings.broken(other.describe()),
        }
    }
    findings.once()
}

pub(crate) async fn reuse(probe: Probe) -> Findings {
    const REQUESTS: usize = 10;

    let mut findings = Findings::default();
    let server = server!(Server::serve(|mut wire| {
        loop {
            wire.request()?;
            wire.write(json_response(200, BODY))?;
        }
    }));
    let transport = probe.transport();
    for _ in 0..REQUESTS {
        let exchange = probe.send(&transport, probe.request(&server.url()).request).await;
        if !matches!(exchange, Exchange::Answered(_)) {
            findings.broken(exchange.describe());
        }
    }
    let connections = server.record().connections();
    // A stack may return a connection to its pool a moment after it returned the response.
    if connections > REQUESTS / 2 {
        findings.weak(format!("{REQUESTS} requests one after another used {connections} connections"));
    }
    findings.once()
}
