//! Proxies that do not let through, and what they say instead of Seam.

use std::{sync::Arc, time::Duration};

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Certificate, Expected, KEY, Network, expect};
use seam_reqwest::{ReqwestTransport, reqwest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::matrix::{
    sockets::{Ask, Peer, Seen, Wire, anything, both, client, nothing, transport},
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
    let proxy = reqwest::Proxy::all(proxy).map_err(|error| error.to_string())?;
    client(transport(move |client| client.proxy(proxy.clone())).connect_timeout(timeout), url)
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
            let proxy = Peer::start(move |mut wire| async move {
                if matches!(answer, Connect::Resets) {
                    return wire.reset();
                }
                wire.head().await?;
                match answer {
                    Connect::Closes(bytes) => wire.write(bytes).await,
                    Connect::Stays(bytes) => {
                        wire.write(bytes).await?;
                        wire.rest().await;
                        Some(())
                    }
                    Connect::Resets => None,
                }
            });
            let proxy = proxy.await?;
            let timeout = if matches!(answer, Connect::Stays(_)) { CONNECT } else { LONG };
            Ok((through(&proxy.http(), "https://door.example", timeout)?, proxy))
        };
        cases.extend(both(&format!("a proxy {what}"), LONG, connect, not_sent(), not_sent(), nothing));
    }

    for (ask, what) in Ask::BOTH {
        cases.push(Case::new(format!("a proxy that is not there: {what}"), move || async move {
            let gone = Peer::start(|_| async { None }).await?.http();
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
            let proxy = tunnel(certificate).await?;
            Ok((through(&proxy.http(), "https://door.example", LONG)?, proxy))
        };
        cases.extend(both(&format!("a tunnel {what}"), LONG, connect, expected.clone(), expected, |_| Ok(())));
    }

    // A password for the proxy is a secret too.
    let password = || async {
        let proxy = Peer::start(|mut wire| async move {
            wire.head().await?;
            wire.write("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await
        });
        let proxy = proxy.await?;
        let mut url = reqwest::Url::parse(&proxy.http()).map_err(|error| error.to_string())?;
        url.set_password(Some(KEY)).map_err(|()| "no password".to_owned())?;
        Ok((through(url.as_str(), "https://door.example", LONG)?, proxy))
    };
    cases.extend(both("a proxy refuses a password", LONG, password, not_sent(), not_sent(), anything));
    cases
}

/// A proxy that is server, too: what comes out of its tunnels is TLS with a certificate for `door.example`, or not.
async fn tunnel(certificate: Certificate) -> Result<Peer, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    let acceptor = TlsAcceptor::from(config);
    Peer::start(move |mut wire: Wire| {
        let acceptor = acceptor.clone();
        async move {
            if !wire.head().await?.starts_with("CONNECT door.example:443 HTTP/1.1\r\n") {
                return None;
            }
            wire.write("HTTP/1.1 200 OK\r\n\r\n").await?;
            let Wire { stream, seen, .. } = wire;
            let mut stream = acceptor.accept(stream).await.ok()?;
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                if stream.read_buf(&mut request).await.ok()? == 0 {
                    return None;
                }
            }
            seen.request();
            stream.write_all(json(200, FOUND).as_bytes()).await.ok()
        }
    })
    .await
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
        let bytes: Arc<str> = bytes.into();
        let connect = move || {
            let bytes = Arc::clone(&bytes);
            async move {
                let proxy = Peer::start(move |mut wire: Wire| {
                    let bytes = Arc::clone(&bytes);
                    async move {
                        if !wire.request().await?.contains(" http://door.example/") {
                            return None;
                        }
                        wire.write(&*bytes).await
                    }
                });
                let proxy = proxy.await?;
                Ok((through(&proxy.http(), "http://door.example", LONG)?, proxy))
            }
        };
        let check: fn(&Seen) -> _ = anything;
        cases.extend(both(&format!("a proxy for plain HTTP {what}"), LONG, connect, read, action, check));
    }
    cases
}

/// The proxy that this process has in its environment answers 407 to everything.
fn environment() -> Vec<Case> {
    let outside = |url: &'static str| {
        move || async move {
            let transport = ReqwestTransport::builder().build().map_err(|error| error.to_string())?;
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
                let peer = Peer::start(|mut wire| async move {
                    wire.request().await?;
                    wire.write(json(200, FOUND)).await
                });
                let peer = peer.await?;
                let transport = ReqwestTransport::builder().build().map_err(|error| error.to_string())?;
                let network = Network::over(transport, &format!("http://{host}:{}", peer.port), None)?;
                Expected::ok().judge(network.act(LONG).await, peer.seen.requests())?;
            }
            Ok(())
        }),
    ]
}
