//! Failed TLS handshakes and untrusted servers, which must not receive any part of a request.

use std::{future::ready, net::IpAddr, time::Duration};

use seam_core::TransportErrorKind;
use seam_faults::{Case, Expected, Network};
use seam_mock::transport_kit::{Certificate, Connection, Script, Server, Step};

use crate::matrix::{
    connect::check_ended_on_accept,
    sockets::{CallKind, both, client, https, no_request_data, serve, transport},
    support::{BODY, authority, failed, json_response, not_sent, unknown},
};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = certificates();
    cases.extend(handshakes());
    cases.extend(after_the_handshake());
    cases
}

/// Starts a server with this certificate, and creates a client that uses this host name.
async fn secured(certificate: Certificate, host: &str, script: Script) -> Result<Network, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    let server = Server::start_tls(config, script).map_err(|error| error.to_string())?;
    let loopback = |_| ready(Ok(vec![IpAddr::from([127, 0, 0, 1])]));
    let url = format!("https://{host}:{}", server.port());
    Network::over(transport().resolver(loopback).build()?, &url, Some(server))
}

fn certificates() -> Vec<Case> {
    let rows = [
        ("expired", Certificate::Expired, "127.0.0.1", not_sent()),
        ("not valid yet", Certificate::NotYetValid, "127.0.0.1", not_sent()),
        ("for another host than the address", Certificate::WrongHost, "127.0.0.1", not_sent()),
        ("for another host than the name", Certificate::WrongHost, "localhost", not_sent()),
        ("for a parent domain of the host", Certificate::WrongHost, "a.door.example", not_sent()),
        ("self-signed", Certificate::SelfSigned, "127.0.0.1", not_sent()),
        ("from an unknown authority", Certificate::Untrusted, "127.0.0.1", not_sent()),
        ("for the address", Certificate::Good, "127.0.0.1", Expected::ok()),
        ("for the name", Certificate::Good, "localhost", Expected::ok()),
        ("for a name that only a resolver knows", Certificate::WrongHost, "door.example", Expected::ok()),
        ("not for an address that resolves to the server", Certificate::Good, "door.example", not_sent()),
    ];
    let mut cases = Vec::new();
    for (what, certificate, host, expected) in rows {
        let name = format!("a certificate that is {what}");
        let connect = move || secured(certificate, host, Script::answer(json_response(200, BODY)));
        cases.push(Case::read(&name, connect, LONG_TIMEOUT, expected.clone()));
        cases.push(Case::action(&name, connect, LONG_TIMEOUT, expected));
    }
    cases
}

/// The behaviour of a server that completes no handshake.
#[derive(Clone, Copy, Debug)]
enum Handshake {
    /// Optionally reads the client hello, writes bytes, and keeps the connection open until the client closes it.
    Write { reads: bool, bytes: &'static [u8] },
    /// Optionally reads the client hello, writes bytes, and closes the connection.
    WriteAndClose { reads: bool, bytes: &'static [u8] },
    /// Reads the client hello, and resets the connection.
    Reset,
}

/// The header of a record with a server hello of 122 bytes, and the first bytes of the server hello.
const TRUNCATED_HELLO: &[u8] = &[0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3, 1, 2, 3, 4];

fn handshakes() -> Vec<Case> {
    let html = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<html";
    let rows = [
        ("TLS stalls after accept", Handshake::Write { reads: false, bytes: b"" }),
        ("TLS stalls after the client hello", Handshake::Write { reads: true, bytes: b"" }),
        ("TLS stalls within the server hello", Handshake::Write { reads: true, bytes: TRUNCATED_HELLO }),
        ("TLS ends within the server hello", Handshake::WriteAndClose { reads: true, bytes: TRUNCATED_HELLO }),
        ("TLS is closed after the client hello", Handshake::WriteAndClose { reads: true, bytes: b"" }),
        ("TLS is reset after the client hello", Handshake::Reset),
        ("plain text on a TLS port", Handshake::WriteAndClose { reads: true, bytes: html }),
        ("plain text on a TLS port before the client hello", Handshake::WriteAndClose { reads: false, bytes: html }),
        ("plain text on a TLS port that stays open", Handshake::Write { reads: true, bytes: html }),
        ("zeros on a TLS port", Handshake::Write { reads: true, bytes: &[0; 4096] }),
        ("a TLS record with an excessive length", Handshake::Write { reads: true, bytes: &[0x16, 3, 3, 255, 255, 2] }),
        ("an empty TLS record", Handshake::Write { reads: true, bytes: &[0x16, 3, 3, 0, 0] }),
        ("TLS data before a handshake", Handshake::Write { reads: true, bytes: &[0x17, 3, 3, 0, 4, 1, 2, 3, 4] }),
        ("the TLS alert handshake_failure", Handshake::Write { reads: true, bytes: &[0x15, 3, 3, 0, 2, 2, 40] }),
        ("the TLS alert protocol_version", Handshake::Write { reads: true, bytes: &[0x15, 3, 1, 0, 2, 2, 70] }),
        ("the TLS alert unrecognized_name", Handshake::Write { reads: true, bytes: &[0x15, 3, 3, 0, 2, 2, 112] }),
        ("the TLS alert internal_error", Handshake::Write { reads: true, bytes: &[0x15, 3, 3, 0, 2, 2, 80] }),
        ("the TLS alert close_notify", Handshake::WriteAndClose { reads: true, bytes: &[0x15, 3, 3, 0, 2, 1, 0] }),
        ("an SSL 2 server", Handshake::Write { reads: true, bytes: &[0x80, 0x0b, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0] }),
        ("an SSH server", Handshake::Write { reads: false, bytes: b"SSH-2.0-OpenSSH_9.9\r\n" }),
    ];
    let mut cases = Vec::new();
    for (name, handshake) in rows {
        let connect = move || async move {
            let server = serve(move |mut wire| match handshake {
                Handshake::Write { reads, bytes } => {
                    if reads {
                        wire.receive()?;
                    }
                    wire.write(bytes)?;
                    wire.wait_for_close()
                }
                Handshake::WriteAndClose { reads, bytes } => {
                    if reads {
                        wire.receive()?;
                    }
                    wire.write(bytes)
                }
                Handshake::Reset => {
                    wire.receive()?;
                    wire.reset()
                }
            })?;
            // Only a stalled handshake waits for the connect timeout.
            let timeout = if name.contains("stalls") { CONNECT_TIMEOUT } else { LONG_TIMEOUT };
            Ok((client(transport().connect_timeout(timeout), &https(&server))?, server))
        };
        cases.extend(both(name, LONG_TIMEOUT, connect, not_sent(), not_sent(), no_request_data));
    }
    cases
}

fn after_the_handshake() -> Vec<Case> {
    let mut cases = Vec::new();
    let good = |script: Script| {
        move || {
            let script = script.clone();
            async move { secured(Certificate::Good, "localhost", script).await }
        }
    };
    let interrupted = TransportErrorKind::Interrupted;

    for (how, close) in [
        ("without close_notify", Connection::new()),
        ("with close_notify", Connection::new().then(Step::HalfClose)),
        ("by a reset", Connection::new().reset()),
    ] {
        let connect = good(Script::always(close));
        for (call_kind, what) in CallKind::BOTH {
            let connect = connect.clone();
            cases.push(Case::new(format!("a TLS session ends {how} at once: {what}"), move || {
                let connecting = connect();
                async move {
                    let network = connecting.await?;
                    let Err(error) = call_kind.send(&network, LONG_TIMEOUT).await else {
                        return Err("the call returned a value".to_owned());
                    };
                    let connections = network.server.as_ref().map_or(0, |server| server.record().connections());
                    check_ended_on_accept(call_kind, &error, connections)
                }
            }));
        }
    }

    let closed = Script::always(Connection::new().read());
    cases.push(Case::read(
        "a TLS session ends after the request",
        good(closed.clone()),
        LONG_TIMEOUT,
        failed(interrupted),
    ));
    cases.push(Case::action("a TLS session ends after the request", good(closed), LONG_TIMEOUT, unknown(interrupted)));

    // If a body ends with the connection, an attacker could truncate it by closing the connection.
    let open = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{BODY}");
    let truncated = Script::always(Connection::new().read().write(open.clone()));
    let complete = Script::always(Connection::new().read().write(open).then(Step::HalfClose));
    let body = TransportErrorKind::Body;
    let name = "a TLS session ends without close_notify at the end of a body without length";
    cases.push(Case::read(name, good(truncated.clone()), LONG_TIMEOUT, failed(body).status(200)));
    cases.push(Case::action(name, good(truncated), LONG_TIMEOUT, unknown(body).status(200)));
    let name = "a TLS session ends with close_notify at the end of a body without length";
    cases.push(Case::read(name, good(complete.clone()), LONG_TIMEOUT, Expected::ok()));
    cases.push(Case::action(name, good(complete), LONG_TIMEOUT, Expected::ok()));

    // The server parses the request as a client hello, and sends an alert.
    let plain = || async {
        let network = secured(Certificate::Good, "localhost", Script::answer(json_response(200, BODY))).await?;
        let Some(server) = network.server else { return Err("the network has no server".to_owned()) };
        let transport = transport().build()?;
        let url = format!("http://127.0.0.1:{}", server.port());
        Network::over(transport, &url, Some(server))
    };
    let name = "plain HTTP to a TLS port";
    cases.push(Case::read(name, plain, LONG_TIMEOUT, failed(interrupted).requests(0)));
    cases.push(Case::action(name, plain, LONG_TIMEOUT, unknown(interrupted).requests(0)));
    cases
}
