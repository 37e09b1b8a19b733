//! The settings of a `HyperTransport`: proxies and the resolver, as recorded by servers, and the content of its errors.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    error::Error as _,
    future::ready,
    io,
    net::{IpAddr, Ipv4Addr},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use seam_hyper::{
    Body, Credentials, Error, ErrorKind, HyperTransport, HyperTransportBuilder, Request, Seam, Transport,
    TransportErrorKind, http,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n\
                     {\"access_code\":{\"access_code_id\":\"26d6138c\"}}";

/// A server or proxy that sends the same response to each request, and records the heads of the requests.
struct Server {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(response: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), heads: Arc::default() };
        let heads = Arc::clone(&server.heads);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                while !bytes.ends_with(b"\r\n\r\n") && stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {}
                heads.lock().unwrap().push(String::from_utf8(bytes).unwrap());
                // The client may have closed the connection.
                let _ = stream.write_all(response.as_bytes()).await;
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn transport() -> HyperTransportBuilder {
    HyperTransport::builder().no_proxy()
}

/// A read that is sent once.
async fn read(transport: HyperTransportBuilder, url: &str) -> Result<(), Error> {
    let builder = Seam::builder(transport.build().unwrap()).base_url(url).allow_plain_http();
    let seam = builder.credentials(Credentials::api_key("seam_canary_key").unwrap()).build().unwrap();
    seam.access_codes().get("26d6138c").without_retries().await.map(drop)
}

#[tokio::test]
async fn plain_http_uses_a_proxy_with_its_password() {
    let proxy = Server::start(FOUND).await;
    let url = format!("http://guest:secret@127.0.0.1:{}", proxy.port);
    read(transport().proxy(url), "http://door.example").await.unwrap();
    let [head] = &proxy.heads()[..] else { panic!("one request reached the proxy") };
    assert!(head.starts_with("GET http://door.example/access_codes/get?"), "{head}");
    assert!(head.contains("proxy-authorization: Basic Z3Vlc3Q6c2VjcmV0\r\n"), "{head}");
}

#[cfg(any(feature = "rustls-aws-lc-rs", feature = "rustls-ring"))]
#[tokio::test]
async fn https_uses_a_tunnel_that_receives_the_password_and_no_key() {
    let proxy = Server::start("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://guest:secret@127.0.0.1:{}", proxy.port);
    let error = read(transport().proxy(url), "https://door.example").await.unwrap_err();
    assert!(error.is_not_sent(), "{error}");
    let [head] = &proxy.heads()[..] else { panic!("one request reached the proxy") };
    assert!(head.starts_with("CONNECT door.example:443 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Basic Z3Vlc3Q6c2VjcmV0") && !head.contains("seam_canary_key"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_an_error() {
    for url in ["", "ftp://proxy.example", "http://user:canary@"] {
        let error = transport().proxy(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert!(!format!("{:?}", transport().proxy("http://user:canary@proxy.example")).contains("canary"));
    let error = read(transport().proxy("socks5://127.0.0.1:9"), "http://door.example").await.unwrap_err();
    assert!(error.is_not_sent() && error.to_string().contains("only HTTP proxies are"), "{error}");
}

#[tokio::test]
async fn a_resolver_decides_where_a_name_leads() {
    let server = Server::start(FOUND).await;
    let here = |host: String| {
        assert_eq!(host, "door.example");
        ready(Ok(vec![IpAddr::from(Ipv4Addr::LOCALHOST)]))
    };
    read(transport().resolver(here), &format!("http://door.example:{}", server.port)).await.unwrap();
    assert!(server.heads()[0].contains(&format!("host: door.example:{}\r\n", server.port)));

    let failing = transport().resolver(|_| ready(Err(io::Error::other("no such host"))));
    let error = read(failing, "http://door.example").await.unwrap_err();
    assert!(error.is_not_sent() && error.to_string().contains("no such host"), "{error}");
}

#[tokio::test]
async fn connecting_ends_after_its_timeout() {
    let transport = transport().resolver(|_| std::future::pending()).connect_timeout(Duration::from_millis(50));
    let error = read(transport, "http://door.example").await.unwrap_err();
    assert!(error.is_not_sent() && error.to_string().contains("connecting timed out"), "{error}");
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let call = read(transport(), "http://127.0.0.1:9");
    let future = std::pin::pin!(call);
    let polled = future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("the error is returned at once") };
    assert!(error.is_not_sent() && error.to_string().contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn an_error_shows_neither_url_nor_key() {
    // A refused connection.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut request: Request = http::Request::new(Body::default());
    *request.uri_mut() = format!("http://{address}/path?canary=query").parse().unwrap();
    let error = transport().build().unwrap().send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::NotSent);
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        shown.push_str(&format!("{inner} {inner:?}"));
        source = inner.source();
    }
    assert!(!shown.contains("canary") && !shown.contains("/path"), "{shown}");
}

/// The environment variable with the URL of a server, for the test in a child process with a proxy in its environment.
const TARGET: &str = "SEAM_TEST_TARGET";

/// Runs in a child process, started below with a proxy in its environment.
#[tokio::test]
async fn reads_by_way_of_the_environment() {
    if let Ok(url) = std::env::var(TARGET) {
        read(HyperTransport::builder(), &url).await.unwrap();
    }
}

#[tokio::test]
async fn the_proxy_of_the_environment_is_used_except_for_loopback_addresses() {
    let proxy = Server::start(FOUND).await;
    let server = Server::start(FOUND).await;
    let rows = [
        ("HTTP_PROXY", "", "http://door.example".to_owned(), 1),
        ("http_proxy", "", "http://door.example".to_owned(), 2),
        ("all_proxy", "other.example", "http://door.example".to_owned(), 3),
        ("HTTP_PROXY", "", server.url(), 3),
    ];
    for (name, no_proxy, target, count) in rows {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", "reads_by_way_of_the_environment"]).env(TARGET, target);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "no_proxy"] {
            program.env_remove(name);
        }
        program.env(name, proxy.url()).env("NO_PROXY", no_proxy).env_remove("REQUEST_METHOD");
        let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "{name}: {printed}");
        assert_eq!(proxy.heads().len(), count, "{name}");
    }
    assert_eq!(server.heads().len(), 1);
}
