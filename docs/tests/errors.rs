//! Checks the table of errors in `docs/reference/errors.md`: each row is reproduced, with real sockets if it involves a
//! server, and compared with the page.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{collections::BTreeMap, pin::Pin, time::Duration};

use seam_fake::FakeSeam;
use seam_reqwest::{Credentials, Environment, Error, ReqwestTransport, RetryPolicy, Seam};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const CODE_ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
const DEVICE_ID: &str = "front-door";

/// A row of the table: the situation, the kind, the message, and whether there is a request id.
struct Row {
    kind: String,
    message: String,
    request_id: String,
}

/// Returns the rows of the table, by their situation.
fn table() -> BTreeMap<String, Row> {
    include_str!("../reference/errors.md")
        .lines()
        .filter_map(|line| {
            let cells: Vec<String> = line
                .strip_prefix("| ")?
                .strip_suffix(" |")?
                .split(" | ")
                .map(|cell| cell.trim_matches('`').to_owned())
                .collect();
            let [what, kind, message, request_id] = cells.try_into().ok()?;
            (what != "Situation").then_some((what, Row { kind, message, request_id }))
        })
        .collect()
}

/// Returns a client whose server sends `response` to any request, and closes the connection.
async fn answered_with(response: &'static str) -> Seam {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.unwrap() == 0 {
                return;
            }
        }
        stream.write_all(response.as_bytes()).await.unwrap();
    });
    client_of(&format!("http://{address}"))
}

fn client_of(url: &str) -> Seam {
    let transport = ReqwestTransport::builder().build().unwrap();
    // Each server responds once.
    let builder = builder(transport, url).retry_policy(RetryPolicy::none());
    builder.timeout(Duration::from_millis(500)).build().unwrap()
}

fn builder(transport: ReqwestTransport, url: &str) -> seam_reqwest::Builder {
    Seam::builder(transport).credentials(Credentials::api_key(seam_mock::API_KEY).unwrap()).base_url(url)
}

async fn get(seam: Seam) -> Error {
    seam.access_codes().unmanaged().get(CODE_ID).await.unwrap_err()
}

/// Returns the error of a `get` whose response has `$head`, a request id and `$body`.
macro_rules! get_answered {
    ($head:literal, $body:literal) => {
        Box::pin(async {
            get(answered_with(concat!("HTTP/1.1 ", $head, "\r\nseam-request-id: 7c1e\r\n\r\n", $body)).await).await
        })
    };
}

type Scenario = Pin<Box<dyn Future<Output = Error>>>;

/// Returns a function that reproduces each row.
fn scenarios() -> Vec<(&'static str, Scenario)> {
    vec![
        (
            "An unknown id",
            Box::pin(async {
                let fake = FakeSeam::new();
                let server = fake.serve().await.unwrap();
                client_of(server.url()).access_codes().unmanaged().get("no-such-code").await.unwrap_err()
            }),
        ),
        (
            "A rejected key",
            Box::pin(async {
                let fake = FakeSeam::new();
                let server = fake.serve().await.unwrap();
                let transport = ReqwestTransport::builder().build().unwrap();
                let other = Credentials::api_key("seam_another_key").unwrap();
                get(builder(transport, server.url()).credentials(other).build().unwrap()).await
            }),
        ),
        (
            "An invalid parameter",
            get_answered!(
                "400 Bad Request\r\ncontent-type: application/json",
                r#"{"error":{"type":"invalid_input","message":"Invalid request","request_id":"7c1e","validation_errors":{"_errors":["One id is enough"],"access_code_id":{"_errors":["Not a UUID"]}}}}"#
            ),
        ),
        (
            "An unknown error type",
            get_answered!(
                "418 I'm a teapot\r\ncontent-type: application/json",
                r#"{"error":{"type":"lock_is_a_teapot","message":"This lock makes tea","request_id":"7c1e"}}"#
            ),
        ),
        ("HTML with status 502", get_answered!("502 Bad Gateway\r\ncontent-type: text/html", "<h1>Bad gateway</h1>")),
        ("HTML with status 200", get_answered!("200 OK\r\ncontent-type: text/html; charset=utf-8", "<h1>Welcome</h1>")),
        (
            "Truncated JSON",
            get_answered!("200 OK\r\ncontent-type: application/json", r#"{"access_code":{"access_code_id":"26d6"#),
        ),
        ("A missing response key", get_answered!("200 OK\r\ncontent-type: application/json", r#"{"ok":true}"#)),
        (
            "A null response key",
            get_answered!("200 OK\r\ncontent-type: application/json", r#"{"access_code":null,"ok":true}"#),
        ),
        (
            "An id of the wrong type",
            get_answered!(
                "200 OK\r\ncontent-type: application/json",
                r#"{"access_code":{"access_code_id":26,"code":"1988"}}"#
            ),
        ),
        ("An empty body", get_answered!("200 OK\r\ncontent-type: application/json\r\ncontent-length: 0", "")),
        (
            "A refused connection",
            Box::pin(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                drop(listener);
                get(client_of(&format!("http://{address}"))).await
            }),
        ),
        (
            "No response before the timeout",
            Box::pin(async {
                // The backlog of the listener accepts the connection, but no response is sent.
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                get(client_of(&format!("http://{}", listener.local_addr().unwrap()))).await
            }),
        ),
        ("A broken connection", Box::pin(async { get(answered_with("").await).await })),
        (
            "A truncated body",
            Box::pin(async {
                get(answered_with("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"access_code\"").await).await
            }),
        ),
        (
            "A body over the limit",
            Box::pin(async {
                let fake = FakeSeam::new();
                let server = fake.serve().await.unwrap();
                let transport = ReqwestTransport::builder().build().unwrap();
                get(builder(transport, server.url()).response_limit(10).build().unwrap()).await
            }),
        ),
        (
            "An action without a response",
            Box::pin(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let seam = client_of(&format!("http://{}", listener.local_addr().unwrap()));
                seam.access_codes().unmanaged().convert_to_managed(CODE_ID).await.unwrap_err()
            }),
        ),
        ("A token of another kind", Box::pin(async { Credentials::api_key("seam_cst_canary").unwrap_err() })),
        ("A line break in the key", Box::pin(async { Credentials::api_key("seam_canary\r\n").unwrap_err() })),
        ("No key in the environment", Box::pin(async { Environment::read_from(|_| Ok(None)).unwrap_err() })),
        (
            "A line break in an id",
            Box::pin(async {
                client_of("http://127.0.0.1:9").access_codes().unmanaged().get("26d6\r\nx: y").await.unwrap_err()
            }),
        ),
        (
            "An empty id",
            Box::pin(async { client_of("http://127.0.0.1:9").access_codes().unmanaged().list("").await.unwrap_err() }),
        ),
        (
            "An empty PIN",
            Box::pin(async {
                client_of("http://127.0.0.1:9").access_codes().unmanaged().get_by_code(DEVICE_ID, "").await.unwrap_err()
            }),
        ),
        (
            "An insecure base URL",
            Box::pin(async {
                let transport = ReqwestTransport::builder().build().unwrap();
                builder(transport, "http://connect.getseam.com").build().unwrap_err()
            }),
        ),
    ]
}

#[tokio::test]
async fn each_row_of_the_page_is_reproduced() {
    let mut rows = table();
    let mut differences = Vec::new();
    for (what, scenario) in scenarios() {
        let error = tokio::time::timeout(Duration::from_secs(10), scenario).await.unwrap();
        let kind = format!("{:?}", error.kind());
        // The numbers of errors differ between operating systems.
        let message = error.to_string().split(" (os error").next().unwrap_or_default().to_owned();
        let request_id = error.request_id().map_or("none", |_| "yes").to_owned();
        let happened = format!("| {what} | `{kind}` | `{message}` | {request_id} |");
        match rows.remove(what) {
            Some(row) if row.kind == kind && row.message == message && row.request_id == request_id => {}
            _ => differences.push(happened),
        }
    }
    if !differences.is_empty() || !rows.is_empty() {
        panic!(
            "docs/reference/errors.md differs from the errors:\n{}\nrows that were not reproduced: {:?}",
            differences.join("\n"),
            rows.keys()
        );
    }
}
