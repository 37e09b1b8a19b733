//! Proxies that reject requests or respond instead of Seam.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, KEY, Network, Stack, expect};
use seam_mock::transport_kit::{Certificate, Server, Wire};

use crate::matrix::{
    sockets::{CallKind, any_record, both, client, no_request_data, serve, transport},
    support::{BODY, authority, failed, invalid, json_response, not_sent, unknown, unusable_response, with_headers},
};

const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = tunnels();
    cases.extend(plain());
    cases.extend(environment());
    cases
}

/// Creates a client for `url` that uses a proxy.
fn through(proxy: &str, url: &str, timeout: Duration) -> Result<Network, String> {
    client(transport().proxy(proxy).connect_timeout(timeout), url)
}

/// The response of a proxy to CONNECT.
#[derive(Clone, Copy, Debug)]
enum Connect {
    /// Writes bytes and closes the connection.
    Close(&'static str),
    /// Writes bytes and keeps the connection open.
    KeepOpen(&'static str),
    /// Resets the connection before reading from it.
    Reset,
}

fn tunnels() -> Vec<Case> {
    let html = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 17\r\n\r\n<html>Bad Gateway";
    let denied = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"a\"\r\n\
        content-length: 0\r\n\r\n";
    let rows = [
        ("responds with 407", Connect::Close(denied)),
        ("responds with 407 and stays open", Connect::KeepOpen(denied)),
        ("responds with 502 and HTML", Connect::Close(html)),
        ("responds with 502 and HTML and stays open", Connect::KeepOpen(html)),
        ("responds with 403", Connect::Close("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")),
        ("responds with 401", Connect::Close("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")),
        (
            "responds with 503",
            Connect::Close("HTTP/1.1 503 Unavailable\r\nretry-after: 100\r\ncontent-length: 0\r\n\r\n"),
        ),
        ("responds with a redirect", Connect::Close("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\n\r\n")),
        ("responds with 204", Connect::KeepOpen("HTTP/1.1 204 No Content\r\n\r\n")),
        ("responds with 100 only", Connect::KeepOpen("HTTP/1.1 100 Continue\r\n\r\n")),
        ("does not speak HTTP", Connect::Close("no\r\n\r\n")),
        ("responds with half a head", Connect::Close("HTTP/1.1 200 OK\r\n")),
        ("responds with half a head and stays open", Connect::KeepOpen("HTTP/1.1 200 OK\r\n")),
        ("closes the connection", Connect::Close("")),
        ("does not respond", Connect::KeepOpen("")),
        ("resets the connection", Connect::Reset),
        ("opens a tunnel and closes it", Connect::Close("HTTP/1.1 200 OK\r\n\r\n")),
        ("opens a tunnel without a server", Connect::KeepOpen("HTTP/1.1 200 OK\r\n\r\n")),
        (
            "opens a tunnel and sends HTML",
            Connect::Close("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>"),
        ),
        (
            "responds to CONNECT with 200 and HTML",
            Connect::KeepOpen("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 12\r\n\r\n<html>Log in"),
        ),
    ];
    let mut cases = Vec::new();
    for (what, response) in rows {
        let connect = move || async move {
            let proxy = serve(move |mut wire| {
                if matches!(response, Connect::Reset) {
                    return wire.reset();
                }
                wire.head()?;
                match response {
                    Connect::Close(bytes) => wire.write(bytes),
                    Connect::KeepOpen(bytes) => {
                        wire.write(bytes)?;
                        wire.wait_for_close()
                    }
                    Connect::Reset => None,
                }
            })?;
            let timeout = if matches!(response, Connect::KeepOpen(_)) { CONNECT_TIMEOUT } else { LONG_TIMEOUT };
            Ok((through(&proxy.url(), "https://door.example", timeout)?, proxy))
        };
        cases.extend(both(&format!("a proxy {what}"), LONG_TIMEOUT, connect, not_sent(), not_sent(), no_request_data));
    }

    for (call_kind, what) in CallKind::BOTH {
        cases.push(Case::new(format!("a proxy that is not running: {what}"), move || async move {
            let proxy_url = serve(|_| None)?.url();
            tokio::task::yield_now().await;
            not_sent().check(
                call_kind.send(&through(&proxy_url, "https://door.example", LONG_TIMEOUT)?, LONG_TIMEOUT).await,
                0,
            )
        }));
    }

    for (what, certificate, expected) in [
        ("to the server", Certificate::WrongHost, Expected::ok()),
        ("to another server", Certificate::Good, not_sent()),
        ("to a server of an unknown authority", Certificate::Untrusted, not_sent()),
    ] {
        let connect = move || async move {
            let proxy = tunnel(certificate)?;
            Ok((through(&proxy.url(), "https://door.example", LONG_TIMEOUT)?, proxy))
        };
        cases.extend(both(&format!("a tunnel {what}"), LONG_TIMEOUT, connect, expected.clone(), expected, |_| Ok(())));
    }

    // The password of a proxy is a secret as well.
    let password = || async {
        let proxy = serve(|mut wire| {
            wire.head()?;
            wire.finish("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        })?;
        let password = utf8_percent_encode(KEY, NON_ALPHANUMERIC);
        let url = format!("http://guest:{password}@127.0.0.1:{}", proxy.port());
        Ok((through(&url, "https://door.example", LONG_TIMEOUT)?, proxy))
    };
    cases.extend(both("a proxy rejects a password", LONG_TIMEOUT, password, not_sent(), not_sent(), any_record));
    cases
}

/// Starts a proxy whose tunnels end at a TLS server with this certificate.
fn tunnel(certificate: Certificate) -> Result<Server, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    serve(move |mut wire: Wire| {
        if !wire.head()?.starts_with("CONNECT door.example:443 HTTP/1.1\r\n") {
            return None;
        }
        wire.write("HTTP/1.1 200 OK\r\n\r\n")?;
        let mut wire = wire.secure(&config)?;
        wire.request()?;
        wire.finish(json_response(200, BODY))
    })
}

/// Proxies for plain HTTP, which respond instead of Seam.
fn plain() -> Vec<Case> {
    let html = |status: u16| with_headers(status, "content-type: text/html\r\n", "<html>Log in</html>");
    let unexpected_status = |status: u16| expect(ErrorKind::UnexpectedStatus).status(status);
    let unknown_outcome = || expect(ErrorKind::OutcomeUnknown);
    let rows = [
        ("responds with 200 and HTML", html(200), invalid(), unusable_response()),
        ("responds with 407 and HTML", html(407), unexpected_status(407), unexpected_status(407)),
        ("responds with 403 and HTML", html(403), unexpected_status(403), unexpected_status(403)),
        ("responds with 502 and HTML", html(502), unexpected_status(502).requests(3), unknown_outcome().status(502)),
        ("responds with 504 and HTML", html(504), unexpected_status(504).requests(3), unknown_outcome().status(504)),
        (
            "closes the connection",
            String::new(),
            failed(TransportErrorKind::Interrupted),
            unknown(TransportErrorKind::Interrupted),
        ),
        ("forwards the request", json_response(200, BODY), Expected::ok(), Expected::ok()),
    ];
    let mut cases = Vec::new();
    for (what, bytes, read, action) in rows {
        let connect = move || {
            let bytes = bytes.clone();
            async move {
                let proxy = serve(move |mut wire: Wire| {
                    if !wire.request()?.target().starts_with("http://door.example/") {
                        return None;
                    }
                    wire.finish(&bytes)
                })?;
                Ok((through(&proxy.url(), "http://door.example", LONG_TIMEOUT)?, proxy))
            }
        };
        cases.extend(both(&format!("a proxy for plain HTTP {what}"), LONG_TIMEOUT, connect, read, action, any_record));
    }
    cases
}

/// The proxy in the environment of this process responds to every request with 407.
fn environment() -> Vec<Case> {
    let to = |url: &'static str| {
        move || async move {
            let transport = Stack::of_environment().transport().build()?;
            Network::over(transport, url, None)
        }
    };
    let rejected = expect(ErrorKind::UnexpectedStatus).status(407).requests(0);
    let name = "a proxy of the environment rejects";
    let secure = not_sent();
    vec![
        Case::read(format!("{name} plain HTTP"), to("http://door.example"), LONG_TIMEOUT, rejected.clone()),
        Case::action(format!("{name} plain HTTP"), to("http://door.example"), LONG_TIMEOUT, rejected),
        Case::read(format!("{name} a tunnel"), to("https://door.example"), LONG_TIMEOUT, secure.clone()),
        Case::action(format!("{name} a tunnel"), to("https://door.example"), LONG_TIMEOUT, secure),
        Case::new("a proxy of the environment is not used for this machine", || async {
            for host in ["127.0.0.1", "localhost"] {
                let server = serve(|mut wire| {
                    wire.request()?;
                    wire.finish(json_response(200, BODY))
                })?;
                let transport = Stack::of_environment().transport().build()?;
                let network = Network::over(transport, &format!("http://{host}:{}", server.port()), None)?;
                Expected::ok().check(network.act(LONG_TIMEOUT).await, server.record().request_count())?;
            }
            Ok(())
        }),
    ]
}
