//! TLS sessions that do not come about, or not with whom they should: nothing of a request may reach such a server.

use std::{future::ready, net::IpAddr, time::Duration};

use seam_core::TransportErrorKind;
use seam_faults::{Case, Expected, Network};
use seam_mock::transport_kit::{Certificate, Connection, Script, Server, Step};

use crate::matrix::{
    connect::broken_on_accept,
    sockets::{Ask, both, client, https, nothing, serve, transport},
    support::{FOUND, authority, failed, json, not_sent, unknown},
};

const CONNECT: Duration = Duration::from_millis(100);

const LONG: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = certificates();
    cases.extend(handshakes());
    cases.extend(after_the_handshake());
    cases
}

/// A server with this certificate that a client knows by this name.
async fn secured(certificate: Certificate, host: &str, script: Script) -> Result<Network, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    let server = Server::start_tls(config, script).map_err(|error| error.to_string())?;
    let here = |_| ready(Ok(vec![IpAddr::from([127, 0, 0, 1])]));
    let url = format!("https://{host}:{}", server.port());
    Network::over(transport().resolver(here).build()?, &url, Some(server))
}

fn certificates() -> Vec<Case> {
    let rows = [
        ("expired", Certificate::Expired, "127.0.0.1", not_sent()),
        ("not valid yet", Certificate::NotYetValid, "127.0.0.1", not_sent()),
        ("for another host than the address", Certificate::WrongHost, "127.0.0.1", not_sent()),
        ("for another host than the name", Certificate::WrongHost, "localhost", not_sent()),
        ("for a part of the host's name", Certificate::WrongHost, "a.door.example", not_sent()),
        ("its own authority", Certificate::SelfSigned, "127.0.0.1", not_sent()),
        ("of an unknown authority", Certificate::Untrusted, "127.0.0.1", not_sent()),
        ("for the address", Certificate::Good, "127.0.0.1", Expected::ok()),
        ("for the name", Certificate::Good, "localhost", Expected::ok()),
        ("for a name that only a resolver knows", Certificate::WrongHost, "door.example", Expected::ok()),
        ("not for an address that resolves to the server", Certificate::Good, "door.example", not_sent()),
    ];
    let mut cases = Vec::new();
    for (what, certificate, host, expected) in rows {
        let name = format!("a certificate that is {what}");
        let connect = move || secured(certificate, host, Script::answer(json(200, FOUND)));
        cases.push(Case::read(&name, connect, LONG, expected.clone()));
        cases.push(Case::action(&name, connect, LONG, expected));
    }
    cases
}

/// What a server does that does not get as far as a session.
#[derive(Clone, Copy, Debug)]
enum Handshake {
    /// Reads the client's hello if it is to, writes this, and hangs up when the client does.
    Write { reads: bool, bytes: &'static [u8] },
    /// The same, and closes.
    WriteAndClose { reads: bool, bytes: &'static [u8] },
    /// Reads the client's hello, and resets the connection.
    Reset,
}

/// The head of a record with a server's hello that is 122 bytes long, and a little of it.
const BEGUN: &[u8] = &[0x16, 3, 3, 0, 122, 2, 0, 0, 118, 3, 3, 1, 2, 3, 4];

fn handshakes() -> Vec<Case> {
    let html = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\n<html";
    let rows = [
        ("TLS stalls after accept", Handshake::Write { reads: false, bytes: b"" }),
        ("TLS stalls after the client's hello", Handshake::Write { reads: true, bytes: b"" }),
        ("TLS stalls within the server's hello", Handshake::Write { reads: true, bytes: BEGUN }),
        ("TLS ends within the server's hello", Handshake::WriteAndClose { reads: true, bytes: BEGUN }),
        ("TLS is closed after the client's hello", Handshake::WriteAndClose { reads: true, bytes: b"" }),
        ("TLS is reset after the client's hello", Handshake::Reset),
        ("plain text on a TLS port", Handshake::WriteAndClose { reads: true, bytes: html }),
        ("plain text on a TLS port before the client's hello", Handshake::WriteAndClose { reads: false, bytes: html }),
        ("plain text on a TLS port that stays open", Handshake::Write { reads: true, bytes: html }),
        ("zeros on a TLS port", Handshake::Write { reads: true, bytes: &[0; 4096] }),
        ("a TLS record that announces too much", Handshake::Write { reads: true, bytes: &[0x16, 3, 3, 255, 255, 2] }),
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
            let peer = serve(move |mut wire| match handshake {
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
            // Only those who wait for nothing need a clock to notice.
            let timeout = if name.contains("stalls") { CONNECT } else { LONG };
            Ok((client(transport().connect_timeout(timeout), &https(&peer))?, peer))
        };
        cases.extend(both(name, LONG, connect, not_sent(), not_sent(), nothing));
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
        ("without a word", Connection::new()),
        ("with close_notify", Connection::new().then(Step::HalfClose)),
        ("by a reset", Connection::new().reset()),
    ] {
        let connect = good(Script::always(close));
        for (ask, what) in Ask::BOTH {
            let connect = connect.clone();
            cases.push(Case::new(format!("a TLS session ends {how} at once: {what}"), move || {
                let connecting = connect();
                async move {
                    let network = connecting.await?;
                    let Err(error) = ask.of(&network, LONG).await else { return Err("a value came".to_owned()) };
                    let connections = network.server.as_ref().map_or(0, |server| server.record().connections());
                    broken_on_accept(ask, &error, connections)
                }
            }));
        }
    }

    let closed = Script::always(Connection::new().read());
    cases.push(Case::read("a TLS session ends after the request", good(closed.clone()), LONG, failed(interrupted)));
    cases.push(Case::action("a TLS session ends after the request", good(closed), LONG, unknown(interrupted)));

    // Where the end of the connection is the end of the body, whoever cuts the connection decides what the body says.
    let open = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{FOUND}");
    let cut = Script::always(Connection::new().read().write(open.clone()));
    let whole = Script::always(Connection::new().read().write(open).then(Step::HalfClose));
    let body = TransportErrorKind::Body;
    let name = "a TLS session is cut where a body without length ends";
    cases.push(Case::read(name, good(cut.clone()), LONG, failed(body).status(200)));
    cases.push(Case::action(name, good(cut), LONG, unknown(body).status(200)));
    let name = "a TLS session ends with close_notify where a body without length does";
    cases.push(Case::read(name, good(whole.clone()), LONG, Expected::ok()));
    cases.push(Case::action(name, good(whole), LONG, Expected::ok()));

    // The server takes the request for a hello, and answers with an alert.
    let plain = || async {
        let network = secured(Certificate::Good, "localhost", Script::answer(json(200, FOUND))).await?;
        let Some(server) = network.server else { return Err("there is no server".to_owned()) };
        let transport = transport().build()?;
        let url = format!("http://127.0.0.1:{}", server.port());
        Network::over(transport, &url, Some(server))
    };
    let name = "plain HTTP to a TLS port";
    cases.push(Case::read(name, plain, LONG, failed(interrupted).requests(0)));
    cases.push(Case::action(name, plain, LONG, unknown(interrupted).requests(0)));
    cases
}
