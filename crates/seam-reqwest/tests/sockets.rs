//! The contract of `ReqwestTransport`, checked by a server that counts requests.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_reqwest::{
    Body, Credentials, Error, ErrorKind, Request, ReqwestTransport, Seam, Transport, TransportErrorKind, http,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const CODE_ID: &str = "26d6138c";
const FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n\
                     {\"access_code\":{\"access_code_id\":\"26d6138c\"}}";

/// A server that responds to every request with the same bytes and closes the connection.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
    last: Arc<std::sync::Mutex<String>>,
}

impl Server {
    async fn start(response: impl Into<String>) -> Self {
        let response = response.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            last: Arc::default(),
        };
        let (requests, last) = (server.requests.clone(), server.last.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                requests.fetch_add(1, Ordering::SeqCst);
                *last.lock().unwrap() = request;
                // In some tests the client closes the connection.
                let _ = stream.write_all(response.as_bytes()).await;
            }
        });
        server
    }

    fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn last(&self) -> String {
        self.last.lock().unwrap().clone()
    }

    fn seam(&self) -> Seam {
        client(ReqwestTransport::builder().build().unwrap(), &self.url)
    }
}

/// Reads one request with its body; `None` if the client sent none.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(text.into_owned());
        }
    }
}

fn client(transport: ReqwestTransport, url: &str) -> Seam {
    Seam::builder(transport)
        .credentials(Credentials::api_key("seam_canary_key").unwrap())
        .base_url(url)
        .build()
        .unwrap()
}

async fn get(seam: &Seam) -> Result<seam_reqwest::model::UnmanagedAccessCode, Error> {
    seam.access_codes().unmanaged().get(CODE_ID).await
}

#[tokio::test]
async fn a_get_arrives_with_its_query_and_headers_and_its_answer_is_read() {
    let server = Server::start(FOUND).await;
    let code = get(&server.seam()).await.unwrap();
    assert_eq!(code.access_code_id.as_str(), "26d6138c");
    let request = server.last();
    assert!(
        request.starts_with(&format!("GET /access_codes/unmanaged/get?access_code_id={CODE_ID}&_strict=true HTTP/1.1"))
    );
    for header in ["authorization: Bearer seam_canary_key", "seam-sdk-name: seam-rs", "user-agent: seam-rs/"] {
        assert!(request.contains(header), "{header} is missing");
    }
    for header in ["accept-encoding", "cookie", "referer", "seam-lts-version"] {
        assert!(!request.to_ascii_lowercase().contains(header), "{header} was sent");
    }
}

#[tokio::test]
async fn a_pin_travels_in_the_body() {
    let server = Server::start(FOUND).await;
    server.seam().access_codes().unmanaged().get_by_code("front-door", "1988").await.unwrap();
    let request = server.last();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /access_codes/unmanaged/get HTTP/1.1"));
    assert!(!head.contains("1988"));
    assert_eq!(body, r#"{"code":"1988","device_id":"front-door"}"#);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Server::start(FOUND).await;
    let location = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", target.url);
    let server = Server::start(location).await;
    let error = get(&server.seam()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(307));
    assert_eq!((server.count(), target.count()), (1, 0));
}

#[tokio::test]
async fn nothing_is_retried_by_the_transport() {
    for response in ["", "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"] {
        let server = Server::start(response).await;
        let seam = server.seam();
        seam.access_codes().unmanaged().get(CODE_ID).without_retries().await.unwrap_err();
        assert_eq!(server.count(), 1, "after {response:?}");
    }
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let server = Server::start(FOUND.replace("content-type", "set-cookie: a=b\r\ncontent-type")).await;
    let seam = server.seam();
    get(&seam).await.unwrap();
    get(&seam).await.unwrap();
    assert_eq!(server.count(), 2);
    assert!(!server.last().contains("cookie"));
}

#[tokio::test]
async fn a_compressed_body_is_not_decompressed() {
    let server = Server::start(FOUND.replace("content-type", "content-encoding: gzip\r\ncontent-type")).await;
    assert_eq!(get(&server.seam()).await.unwrap().access_code_id.as_str(), "26d6138c");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read_to_its_end() {
    // One body has a content length over the limit, and one is endless without a content length.
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(100_000));
    for response in ["HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_owned(), endless] {
        let server = Server::start(response).await;
        let transport = ReqwestTransport::builder().build().unwrap();
        let builder = Seam::builder(transport).credentials(Credentials::api_key("seam_canary_key").unwrap());
        let seam = builder.base_url(&server.url).response_limit(50_000).build().unwrap();
        let error = get(&seam).await.unwrap_err();
        assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::TooLarge));
    }
}

#[tokio::test]
async fn a_body_as_large_as_the_limit_is_read() {
    let body = format!("{}{}", " ".repeat(1000), r#"{"access_code":{"access_code_id":"26d6138c"}}"#);
    let server = Server::start(format!("HTTP/1.1 200 OK\r\n\r\n{body}")).await;
    let transport = ReqwestTransport::builder().build().unwrap();
    let builder = Seam::builder(transport).credentials(Credentials::api_key("seam_canary_key").unwrap());
    get(&builder.base_url(&server.url).response_limit(body.len()).build().unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_deadline_covers_a_body_that_drips() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let drip = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await.unwrap();
        // Ends when the client closes the connection, or after 10 s.
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..1000 {
            ticks.tick().await;
            if stream.write_all(b" ").await.is_err() {
                break;
            }
        }
    });
    let seam = client(ReqwestTransport::builder().build().unwrap(), &url);
    let call = seam.access_codes().unmanaged().get(CODE_ID).with_timeout(Duration::from_millis(200));
    let error = call.await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drip.abort();
}

#[tokio::test]
async fn nothing_is_sent_over_plain_text_where_tls_is_expected() {
    let server = Server::start(FOUND).await;
    let transport = ReqwestTransport::builder().connect_timeout(Duration::from_millis(200)).build().unwrap();
    let error = get(&client(transport, &server.url.replace("http:", "https:"))).await.unwrap_err();
    assert!(error.is_not_sent(), "{error}");
    assert!(!server.last().contains("Bearer"));
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let seam = client(ReqwestTransport::builder().build().unwrap(), "http://127.0.0.1:9");
    let call = seam.access_codes().unmanaged().get(CODE_ID).without_retries();
    let mut future = std::pin::pin!(call.into_future());
    let polled = future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    let std::task::Poll::Ready(Err(error)) = polled else { panic!("the error is returned at once") };
    assert!(error.is_not_sent() && error.to_string().contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn a_client_of_ones_own_is_used_as_it_is() {
    let server = Server::start(FOUND).await;
    let own = |client: reqwest::ClientBuilder| {
        let headers = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("x-own"),
            http::HeaderValue::from_static("canary"),
        )]);
        client.default_headers(headers)
    };
    let whole = ReqwestTransport::from_client(own(reqwest::Client::builder()).build().unwrap());
    let built = ReqwestTransport::builder().client(own);
    assert!(!format!("{whole:?} {built:?}").contains("canary"));
    for transport in [whole, built.build().unwrap()] {
        get(&client(transport, &server.url)).await.unwrap();
        assert!(server.last().contains("x-own: canary"));
    }
}

#[tokio::test]
async fn an_error_shows_neither_url_nor_key() {
    // A refused connection, whose error reqwest would print with the URL.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut request: Request = http::Request::new(Body::default());
    *request.uri_mut() = format!("http://{address}/path?canary=query").parse().unwrap();
    let transport = ReqwestTransport::builder().build().unwrap();
    let error = transport.send(request).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::NotSent);
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        shown.push_str(&format!("{inner} {inner:?}"));
        source = inner.source();
    }
    assert!(!shown.contains("canary") && !shown.contains("/path"), "{shown}");
}

/// Runs this test program in a child process with a proxy in its environment.
#[tokio::test]
async fn the_proxy_of_the_environment_is_not_used_for_loopback_addresses() {
    let proxy = Server::start("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n").await;
    let url = proxy.url.clone();
    let output = tokio::task::spawn_blocking(move || {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_get_arrives_with_its_query_and_headers_and_its_answer_is_read"])
            .env("HTTP_PROXY", &url)
            .env("http_proxy", &url)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.count(), 0);
}
