//! Responses that are truncated or too large, and exchanges whose future is dropped.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use futures_util::future::poll_fn;
use seam_core::{TransportErrorKind, http::StatusCode};

use super::server;
use crate::transport_kit::{
    exchanges::{BODY, broken_exchanges, json_response},
    probe::{Exchange, Probe, TIME_LIMIT, limited, within},
    report::Findings,
    server::{Connection, Record, Script, Server},
};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

pub(crate) async fn truncation(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for broken in broken_exchanges() {
        let server = server!(Server::start(broken.script));
        let exchange = probe.send(&probe.transport(), probe.request(&server.url()).request).await;
        match &exchange {
            // This check ignores whether the server received the request.
            Exchange::Failed(_) if !broken.is_head_sent => {}
            Exchange::Failed(error) if error.kind() == TransportErrorKind::Body => {
                if error.status() != Some(StatusCode::OK) {
                    findings.weak("the error has no status, although the head was received".to_owned());
                }
            }
            Exchange::Failed(error) if !error.kind().is_not_sent() => {
                findings.weak(format!("{}: {}, not Body", broken.name, exchange.describe()));
            }
            _ => findings.broken(format!("{}: {}", broken.name, exchange.describe())),
        }
    }
    findings.once()
}

/// The response limit of the checks of that limit, in bytes.
const LIMIT: usize = 10_000;

/// The number of bytes of an endless response: far more than the buffers between server and transport.
const MAX_WRITTEN: usize = 64 << 20;

pub(crate) async fn response_limit(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let exact = " ".repeat(LIMIT);
    let server = server!(Server::start(Script::answer(json_response(200, &exact))));
    match probe.send(&probe.transport(), limited(probe.request(&server.url()), LIMIT).request).await {
        Exchange::Answered(response) if response.body().len() == LIMIT => {}
        other => findings.broken(format!("a response of exactly the limit: {}", other.describe())),
    }
    let announced = format!("{HEAD}content-length: {}\r\n\r\n", 1_u64 << 40);
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let plain = "x".repeat(1000);
    for (what, response, rest) in [
        ("one byte over the limit", json_response(200, &format!("{exact} ")), ""),
        ("a content length of 1 TiB", announced, plain.as_str()),
        ("chunks over the limit", format!("{chunked}{}0\r\n\r\n", chunk.repeat(11)), ""),
        ("endless chunks", chunked, chunk.as_str()),
        ("an endless body", format!("{HEAD}\r\n"), plain.as_str()),
    ] {
        let (rest, written) = (rest.repeat(1000), Arc::new(AtomicBool::new(false)));
        let is_all_written = Arc::clone(&written);
        let server = server!(Server::serve(move |mut wire| {
            wire.request()?;
            wire.write(&response)?;
            let mut left = if rest.is_empty() { return None } else { MAX_WRITTEN };
            while left > 0 {
                wire.write(&rest)?;
                left = left.saturating_sub(rest.len());
            }
            written.store(true, Ordering::SeqCst);
            None
        }));
        let transport = probe.transport();
        let exchange = probe.send(&transport, limited(probe.request(&server.url()), LIMIT).request).await;
        match &exchange {
            _ if is_all_written.load(Ordering::SeqCst) => {
                findings.broken(format!(
                    "{what}: the transport read {} MiB, with a limit of {LIMIT} bytes",
                    MAX_WRITTEN >> 20
                ));
            }
            Exchange::Failed(error) if error.kind() == TransportErrorKind::TooLarge => {
                if error.status() != Some(StatusCode::OK) {
                    findings.weak("the error has no status, although the head was received".to_owned());
                }
            }
            Exchange::Failed(error) if !error.kind().is_not_sent() => {
                findings.weak(format!("{what}: {}, not TooLarge", exchange.describe()));
            }
            _ => findings.broken(format!("{what}: {}", exchange.describe())),
        }
    }
    findings.once()
}

pub(crate) async fn cancellation(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for (what, connection) in [
        ("before the response", Connection::new().read().hang()),
        ("within the head", Connection::new().read().write(HEAD).hang()),
        ("within the body", Connection::new().read().write(format!("{HEAD}content-length: 100\r\n\r\n{{")).hang()),
    ] {
        // If the exchange blocks the thread, it cannot be dropped, so the server ends it.
        let server = server!(Server::start(Script::always(connection)));
        let transport = probe.transport();
        let marked = probe.request(&server.url());
        let record = server.record().clone();
        let is_sent = {
            let mut sending = pin!(transport.send(marked.request));
            let mut received = pin!(record.until(|record: &Record| record.request_count() >= 1));
            within(
                TIME_LIMIT,
                poll_fn(|context| {
                    if sending.as_mut().poll(context).is_ready() {
                        return Poll::Ready(false);
                    }
                    received.as_mut().poll(context).map(|()| true)
                }),
            )
            .await
        };
        match is_sent {
            Some(true) => {
                let closed = record.until(|record: &Record| record.closed_by_client() >= 1);
                if within(TIME_LIMIT / 4, closed).await.is_none() {
                    findings.broken(format!("dropped {what}: the connection stayed open"));
                }
            }
            Some(false) => {
                findings.broken(format!("dropped {what}: `send` returned only when the server closed the connection"));
                // The other cases would also time out.
                break;
            }
            None => findings.broken(format!("dropped {what}: the server did not receive the request")),
        }
    }
    // The transport must remain usable.
    let server = server!(Server::start(Script::answer(json_response(200, BODY))));
    let transport = probe.transport();
    let hanging = server!(Server::start(Script::always(Connection::new().read().hang())));
    {
        let mut sending = pin!(transport.send(probe.request(&hanging.url()).request));
        poll_fn(|context| {
            let _ = sending.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    let exchange = probe.send(&transport, probe.request(&server.url()).request).await;
    if !matches!(exchange, Exchange::Answered(_)) {
        findings.broken(format!("the request after a dropped one: {}", exchange.describe()));
    }
    findings
}
