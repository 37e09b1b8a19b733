//! Proxies that do not let through, and what they say instead of Seam.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, KEY, Network, Stack, expect};
use seam_mock::transport_kit::{Certificate, Server, Wire};

use crate::matrix::{
    sockets::{Ask, anything, both, client, nothing, serve, transport},
    support::{FOUND, authority, failed, invalid, json, not_sent, unknown, unknown_answer, with_headers},
};

const CONNECT: Duration = Duration::from_millis(100);

const LONG: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = tunnels();
    cases.extend(plain());
    cases.extend(environment());
    cases
}

/// A client that asks `url` through the proxy.
fn through(proxy: &str, url: &str, timeout: Duration) -> Result<Network, String> {
    client(transport().proxy(proxy).connect_timeout(timeout), url)
}

/// What a proxy answers to CONNECT.
#[derive(Clone, Copy, Debug)]
enum Connect {
    /// This, and then it closes.
    Closes(&'static str),
    /// This, and then it waits.
    Stays(&'static str),
    /// Nothing, not even reading.
    Resets,
}

fn tunnels() -> Vec<Case> {
    let html = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 17\r\n\r\n<html>Bad Gateway";
    let denied = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"a\"\r\n\
        content-length: 0\r\n\r\n";
    let rows = [
        ("answers 407", Connect::Closes(denied)),
        ("answers 407 and stays", Connect::Stays(denied)),
        ("answers HTML with 502", Connect::Closes(html)),
        ("answers HTML with 502 and stays", Connect::Stays(html)),
        ("answers 403", Connect::Closes("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")),
        ("answers 401", Connect::Closes("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")),
        ("answers 503", Connect::Closes("HTTP/1.1 503 Unavailable\r\nretry-after: 100\r\ncontent-length: 0\r\n\r\n")),
        ("answers a redirect", Connect::Closes("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\n\r\n")),
        ("answers a 204", Connect::Stays("HTTP/1.1 204 No Content\r\n\r\n")),
        ("answers a 100 without end", Connect::Stays("HTTP/1.1 100 Continue\r\n\r\n")),
        ("answers no HTTP", Connect::Closes("no\r\n\r\n")),
        ("answers half a head", Connect::Closes("HTTP/1.1 200 OK\r\n")),
        ("answers half a head and stays", Connect::Stays("HTTP/1.1 200 OK\r\n")),
        ("closes", Connect::Closes("")),
        ("hangs", Connect::Stays("")),
        ("resets", Connect::Resets),
        ("opens a tunnel and closes it", Connect::Closes("HTTP/1.1 200 OK\r\n\r\n")),
        ("opens a tunnel to nowhere", Connect::Stays("HTTP/1.1 200 OK\r\n\r\n")),
        (
            "opens a tunnel and speaks HTML",
            Connect::Closes("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>"),
        ),
        (
            "answers 200 with HTML as if it were asked for a page",
            Connect::Stays("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 12\r\n\r\n<html>Log in"),
        ),
    ];
    let mut cases = Vec::new();
    for (what, answer) in rows {
        let connect = move || async move {
            let proxy = serve(move |mut wire| {
                if matches!(answer, Connect::Resets) {
                    return wire.reset();
                }
                wire.head()?;
                match answer {
                    Connect::Closes(bytes) => wire.write(bytes),
                    Connect::Stays(bytes) => {
                        wire.write(bytes)?;
                        wire.wait_for_close()
                    }
                    Connect::Resets => None,
                }
            })?;
            let timeout = if matches!(answer, Connect::Stays(_)) { CONNECT } else { LONG };
            Ok((through(&proxy.url(), "https://door.example", timeout)?, proxy))
        };
        cases.extend(both(&format!("a proxy {what}"), LONG, connect, not_sent(), not_sent(), nothing));
    }

    for (ask, what) in Ask::BOTH {
        cases.push(Case::new(format!("a proxy that is not there: {what}"), move || async move {
            let gone = serve(|_| None)?.url();
            tokio::task::yield_now().await;
            not_sent().judge(ask.of(&through(&gone, "https://door.example", LONG)?, LONG).await, 0)
        }));
    }

    for (what, certificate, expected) in [
        ("that leads to the server", Certificate::WrongHost, Expected::ok()),
        ("that leads to another server", Certificate::Good, not_sent()),
        ("that leads to a server of an unknown authority", Certificate::Untrusted, not_sent()),
    ] {
        let connect = move || async move {
            let proxy = tunnel(certificate)?;
            Ok((through(&proxy.url(), "https://door.example", LONG)?, proxy))
        };
        cases.extend(both(&format!("a tunnel {what}"), LONG, connect, expected.clone(), expected, |_| Ok(())));
    }

    // A password for the proxy is a secret too.
    let password = || async {
        let proxy = serve(|mut wire| {
            wire.head()?;
            wire.finish("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        })?;
        let password = utf8_percent_encode(KEY, NON_ALPHANUMERIC);
        let url = format!("http://guest:{password}@127.0.0.1:{}", proxy.port());
        Ok((through(&url, "https://door.example", LONG)?, proxy))
    };
    cases.extend(both("a proxy refuses a password", LONG, password, not_sent(), not_sent(), anything));
    cases
}

/// A proxy that is server, too: what comes out of its tunnels is TLS with a certificate for `door.example`, or not.
fn tunnel(certificate: Certificate) -> Result<Server, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    serve(move |mut wire: Wire| {
        if !wire.head()?.starts_with("CONNECT door.example:443 HTTP/1.1\r\n") {
            return None;
        }
        wire.write("HTTP/1.1 200 OK\r\n\r\n")?;
        let mut wire = wire.secure(&config)?;
        wire.request()?;
        wire.finish(json(200, FOUND))
    })
}

/// Proxies that see plain HTTP, and answer in the place of Seam.
fn plain() -> Vec<Case> {
    let html = |status: u16| with_headers(status, "content-type: text/html\r\n", "<html>Log in</html>");
    let odd = |status: u16| expect(ErrorKind::UnexpectedStatus).status(status);
    let open = || expect(ErrorKind::OutcomeUnknown);
    let rows = [
        ("answers HTML with 200", html(200), invalid(), unknown_answer()),
        ("answers HTML with 407", html(407), odd(407), odd(407)),
        ("answers HTML with 403", html(403), odd(403), odd(403)),
        ("answers HTML with 502", html(502), odd(502).requests(3), open().status(502)),
        ("answers HTML with 504", html(504), odd(504).requests(3), open().status(504)),
        ("closes", String::new(), failed(TransportErrorKind::Interrupted), unknown(TransportErrorKind::Interrupted)),
        ("lets through", json(200, FOUND), Expected::ok(), Expected::ok()),
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
                Ok((through(&proxy.url(), "http://door.example", LONG)?, proxy))
            }
        };
        cases.extend(both(&format!("a proxy for plain HTTP {what}"), LONG, connect, read, action, anything));
    }
    cases
}

/// The proxy that this process has in its environment answers 407 to everything.
fn environment() -> Vec<Case> {
    let outside = |url: &'static str| {
        move || async move {
            let transport = Stack::of_environment().transport().build()?;
            Network::over(transport, url, None)
        }
    };
    let refused = expect(ErrorKind::UnexpectedStatus).status(407).requests(0);
    let name = "a proxy of the environment's refuses";
    let secure = not_sent();
    vec![
        Case::read(format!("{name} plain HTTP"), outside("http://door.example"), LONG, refused.clone()),
        Case::action(format!("{name} plain HTTP"), outside("http://door.example"), LONG, refused),
        Case::read(format!("{name} a tunnel"), outside("https://door.example"), LONG, secure.clone()),
        Case::action(format!("{name} a tunnel"), outside("https://door.example"), LONG, secure),
        Case::new("a proxy of the environment's is not asked for this machine", || async {
            for host in ["127.0.0.1", "localhost"] {
                let peer = serve(|mut wire| {
                    wire.request()?;
                    wire.finish(json(200, FOUND))
                })?;
                let transport = Stack::of_environment().transport().build()?;
                let network = Network::over(transport, &format!("http://{host}:{}", peer.port()), None)?;
                Expected::ok().judge(network.act(LONG).await, peer.record().request_count())?;
            }
            Ok(())
        }),
    ]
}
