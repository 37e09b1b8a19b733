//! Servers whose certificate is not valid, handshakes that fail, and HTTP/2.

use std::{pin::pin, sync::Arc, task::Poll};

use futures_util::future::poll_fn;
use seam_core::TransportErrorKind;

use super::{once::check_received, server};
use crate::transport_kit::{
    Authority, Certificate,
    exchanges::{BODY, json_response},
    http2::{Frames, OK_HEAD, flag, kind, reason},
    probe::{Exchange, Probe, TIME_LIMIT, within},
    report::Findings,
    server::{Connection, Record, Script, Server, Step, Wire},
};

/// Starts a TLS server with a certificate of `authority`, or ends the check.
macro_rules! config {
    ($authority:expr, $certificate:expr, $protocols:expr) => {
        match $authority.server($certificate, $protocols) {
            Ok(config) => config,
            Err(error) => return super::no_server(&std::io::Error::other(error)),
        }
    };
}

pub(crate) async fn handshakes(probe: Probe, authority: Arc<Authority>) -> Findings {
    let mut findings = Findings::default();
    let config = config!(authority, Certificate::Good, &["http/1.1"]);
    let server = server!(Server::start_tls(config, Script::answer(json_response(200, BODY))));
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}", server.port());
        let exchange = probe.send(&probe.transport(), probe.request(&url).request).await;
        if !matches!(&exchange, Exchange::Answered(response) if response.body().as_ref() == BODY.as_bytes()) {
            findings.broken(format!("a valid certificate for {host}: {}", exchange.describe()));
        }
    }
    for (what, certificate) in [
        ("an expired certificate", Certificate::Expired),
        ("a certificate that is not valid yet", Certificate::NotYetValid),
        ("a certificate for another host", Certificate::WrongHost),
        ("a self-signed certificate", Certificate::SelfSigned),
        ("a certificate of an unknown authority", Certificate::Untrusted),
    ] {
        let config = config!(authority, certificate, &["http/1.1"]);
        let server = server!(Server::start_tls(config, Script::answer(json_response(200, BODY))));
        failed(&probe, &mut findings, what, &server, &server.url()).await;
    }
    let html = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    for (what, connection) in [
        ("closed after the ClientHello", Connection::new().then(Step::ReadPart(1))),
        ("reset after the ClientHello", Connection::new().then(Step::ReadPart(1)).reset()),
        ("a plain response to the ClientHello", Connection::new().then(Step::ReadPart(1)).write(html)),
        (
            "the alert handshake_failure",
            Connection::new().then(Step::ReadPart(1)).write(b"\x15\x03\x03\x00\x02\x02\x28".to_vec()),
        ),
    ] {
        let server = server!(Server::start(Script::always(connection)));
        let url = format!("https://127.0.0.1:{}", server.port());
        failed(&probe, &mut findings, what, &server, &url).await;
    }
    findings
}

/// Returns a script of a server with which no TLS session is possible.
async fn failed(probe: &Probe, findings: &mut Findings, what: &str, server: &Server, url: &str) {
    let marked = probe.request(url);
    let exchange = probe.send(&probe.transport(), marked.request).await;
    match &exchange {
        Exchange::Failed(error) if error.kind() == TransportErrorKind::NotSent => {}
        Exchange::Failed(_) => findings.weak(format!("{what}: {}, not NotSent", exchange.describe())),
        _ => findings.broken(format!("{what}: {}", exchange.describe())),
    }
    if server.record().occurrences(&marked.marker) > 0 {
        findings.broken(format!("{what}: the server received the request"));
    }
}

/// The end of the stream of a request by the server.
#[derive(Clone, Copy, Debug)]
enum End {
    Reset(u32),
    /// Sends a GOAWAY with the processed streams, and closes the connection.
    GoAway {
        is_processed: bool,
        reason: u32,
    },
    Close,
    /// Resets the stream after a part of a body with a content length.
    ResetBody(u32),
}

impl End {
    fn apply(self, frames: &mut Frames, stream: u32) -> Option<()> {
        match self {
            Self::Reset(reason) => frames.reset(stream, reason),
            Self::GoAway { is_processed, reason } => {
                frames.go_away(if is_processed { stream } else { 0 }, reason)?;
                None
            }
            Self::Close => None,
            Self::ResetBody(reason) => {
                // `content-length: 100` in HPACK.
                let head = [OK_HEAD, b"\x0f\x0d\x03100"].concat();
                frames.write(kind::HEADERS, flag::END_HEADERS, stream, &head)?;
                frames.write(kind::DATA, 0, stream, b"{")?;
                frames.reset(stream, reason)
            }
        }
    }

    /// Returns whether the server reported that it did not process the request.
    fn is_refusal(self) -> bool {
        matches!(self, Self::Reset(reason::REFUSED_STREAM) | Self::GoAway { is_processed: false, .. })
    }
}

pub(crate) async fn http2(probe: Probe, authority: Arc<Authority>) -> Findings {
    let mut findings = Findings::default();
    for (what, end) in [
        ("a stream reset with INTERNAL_ERROR", End::Reset(reason::INTERNAL_ERROR)),
        ("a stream reset with CANCEL", End::Reset(reason::CANCEL)),
        ("a stream reset with NO_ERROR", End::Reset(reason::NO_ERROR)),
        ("a stream reset with ENHANCE_YOUR_CALM", End::Reset(reason::ENHANCE_YOUR_CALM)),
        ("a stream reset with HTTP_1_1_REQUIRED", End::Reset(reason::HTTP_1_1_REQUIRED)),
        ("a stream reset with REFUSED_STREAM", End::Reset(reason::REFUSED_STREAM)),
        ("GOAWAY after the stream", End::GoAway { is_processed: true, reason: reason::NO_ERROR }),
        ("GOAWAY after the stream with an error", End::GoAway { is_processed: true, reason: reason::INTERNAL_ERROR }),
        ("GOAWAY before the stream", End::GoAway { is_processed: false, reason: reason::NO_ERROR }),
        ("a closed connection", End::Close),
        ("a body that is reset with INTERNAL_ERROR", End::ResetBody(reason::INTERNAL_ERROR)),
        ("a body that is reset with CANCEL", End::ResetBody(reason::CANCEL)),
        ("a body that is reset with NO_ERROR", End::ResetBody(reason::NO_ERROR)),
    ] {
        for is_pooled in [false, true] {
            let what = format!("{what}{}", if is_pooled { ", on a pooled connection" } else { "" });
            let config = config!(authority, Certificate::Good, &["h2"]);
            let serve = move |wire: Wire| {
                if wire.protocol() != Some(b"h2") {
                    return None;
                }
                let mut frames = Frames::accept(wire, &[])?;
                if is_pooled {
                    let stream = frames.request()?;
                    frames.answer(stream, BODY)?;
                }
                loop {
                    let stream = frames.request()?;
                    end.apply(&mut frames, stream)?;
                }
            };
            let server = server!(Server::serve_tls(config, serve));
            let transport = probe.transport();
            if is_pooled {
                let first = probe.send(&transport, probe.request(&server.url()).request).await;
                if !matches!(first, Exchange::Answered(_)) {
                    findings.broken(format!("{what}: before that, {}", first.describe()));
                    continue;
                }
            }
            let before = server.record().request_count();
            let exchange = probe.send(&transport, probe.request(&server.url()).request).await;
            let received = server.record().request_count() - before;
            if before + received == 0 {
                return Findings::skipped("the transport does not support HTTP/2");
            }
            if end.is_refusal() {
                refused(&mut findings, &what, &exchange, received);
            } else {
                check_received(&mut findings, &what, &exchange, received);
                if matches!(exchange, Exchange::Answered(_)) {
                    findings.broken(format!("{what}: {}", exchange.describe()));
                }
            }
        }
    }
    dropped(&probe, &authority, &mut findings).await;
    findings
}

/// RFC 9113, section 8.7: a refused request was not processed. Sending it again is safe, but must be left to the
/// client.
fn refused(findings: &mut Findings, what: &str, exchange: &Exchange, received: usize) {
    match exchange {
        Exchange::Failed(error) if error.kind() == TransportErrorKind::NotSent => {}
        Exchange::Failed(_) => {
            findings.weak(format!("{what}: {}, so an action is not retried", exchange.describe()));
        }
        // The response to the request that was sent again.
        Exchange::Answered(_) if received > 1 => {}
        _ => findings.broken(format!("{what}: {}", exchange.describe())),
    }
    if received > 1 {
        findings.weak(format!(
            "{what}: the transport sent the request {received} times, outside of the client's retry budget"
        ));
    }
}

/// Dropping the future resets the stream, or closes the connection.
async fn dropped(probe: &Probe, authority: &Authority, findings: &mut Findings) {
    let Ok(config) = authority.server(Certificate::Good, &["h2"]) else { return };
    // A reset stream is counted as another request, so that the test can detect it.
    let server = Server::serve_tls(config, |wire| {
        let mut frames = Frames::accept(wire, &[])?;
        frames.request()?;
        while frames.read()?.kind != kind::RST_STREAM {}
        frames.wire().record().count_request();
        Some(())
    });
    let Ok(server) = server else { return };
    let record = server.record().clone();
    let transport = probe.transport();
    let is_sent = {
        let mut sending = pin!(transport.send(probe.request(&server.url()).request));
        let mut received = pin!(record.until(|record: &Record| record.request_count() >= 1));
        let sent = poll_fn(|context| match sending.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(false),
            Poll::Pending => received.as_mut().poll(context).map(|()| true),
        });
        within(TIME_LIMIT, sent).await
    };
    let ended = record.until(|record: &Record| record.request_count() >= 2 || record.closed_by_client() >= 1);
    if is_sent != Some(true) || within(TIME_LIMIT / 4, ended).await.is_none() {
        findings.broken("the future was dropped: the stream stayed open".to_owned());
    }
}
