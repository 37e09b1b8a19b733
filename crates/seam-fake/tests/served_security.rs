//! Tests of the security of a served fake: web pages of other origins have no access, and each request is limited.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use seam_core::{WebhookVerifier, http};
use seam_fake::{API_KEY, FRONT_DOOR, FakeSeam, NewDevice, Server};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// The timeout of each test step.
const LIMIT: Duration = Duration::from_secs(20);

/// Sends bytes and returns the response, read until the server closes the connection.
async fn send(server: &Server, bytes: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        String::from_utf8(response).unwrap()
    };
    timeout(LIMIT, exchange).await.unwrap()
}

async fn get(server: &Server, path: &str, headers: &str) -> String {
    send(
        server,
        &format!("GET {path} HTTP/1.1\r\n{headers}connection: close\r\nauthorization: Bearer {API_KEY}\r\n\r\n"),
    )
    .await
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

const PATHS: [&str; 5] = ["/devices/list", "/_fake/database", "/", "/health", "/openapi.json"];

#[tokio::test]
async fn a_loopback_server_accepts_only_loopback_host_names() {
    let server = FakeSeam::new().serve().await.unwrap();
    for path in PATHS {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1", "127.8.8.8:1", "[::1]:4", "fake.localhost", "localhost."]
        {
            assert_eq!(status(&get(&server, path, &format!("host: {host}\r\n")).await), "200", "{host} {path}");
        }
        for host in [
            "attacker.example",
            "localhost.attacker.example",
            "192.168.0.1",
            "[fe80::1]",
            "127.0.0.1.attacker.example",
            "attacker-localhost",
        ] {
            let response = get(&server, path, &format!("host: {host}\r\n")).await;
            assert_eq!(status(&response), "421", "{host} {path}");
            assert!(!response.contains(API_KEY) && !response.contains(FRONT_DOOR));
        }
        for host in [
            "a b",
            "localhost\r\nhost: attacker.example",
            "@",
            "user@localhost",
            "localhost:80.attacker.example",
            "localhost:99999",
        ] {
            let response = get(&server, path, &format!("host: {host}\r\n")).await;
            assert!(["400", "421"].contains(&status(&response)), "{host} {path} {response}");
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_can_neither_read_nor_write() {
    let server = FakeSeam::new().serve().await.unwrap();
    let own = server.url().to_owned();
    let host = server.address();
    for origin in [
        "https://attacker.example",
        "null",
        "http://localhost.attacker.example",
        "http://192.168.0.1",
        "file://",
        "http://localhost:80.attacker.example",
        "http://attacker.example@localhost",
        "http://localhost:3000\r\norigin: http://attacker.example",
    ] {
        for path in PATHS {
            let response = get(&server, path, &format!("host: {host}\r\norigin: {origin}\r\n")).await;
            assert_eq!(status(&response), "403", "{origin} {path}");
            assert!(!response.contains("access-control"), "{response}");
        }
        let reset = format!(
            "POST /_fake/reset HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
        );
        assert_eq!(status(&send(&server, &reset).await), "403");
    }
    assert!(get(&server, "/devices/list", &format!("host: {host}\r\n")).await.contains(FRONT_DOOR));
    for (path, expected) in [("/devices/list", "200"), ("/_fake/database", "403"), ("/", "403")] {
        let response = get(&server, path, &format!("host: {host}\r\norigin: http://localhost:3000\r\n")).await;
        assert_eq!(status(&response), expected, "{path}");
        let allowed = response.contains("access-control-allow-origin: http://localhost:3000\r\n");
        assert_eq!(allowed, expected == "200", "{response}");
    }
    for path in PATHS {
        let response = get(&server, path, &format!("host: {host}\r\norigin: {own}\r\n")).await;
        assert_eq!(status(&response), "200", "{path}");
    }
}

#[tokio::test]
async fn only_pages_of_the_server_can_call_control_routes() {
    let server = FakeSeam::new().serve_with().address(([0, 0, 0, 0], 0)).start().await.unwrap();
    let database = |headers: String| {
        let request = format!("GET /_fake/database HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        let port = server.address().port();
        async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).await.unwrap();
            status(&response).to_owned()
        }
    };
    assert_eq!(database("host: fake.example:4000\r\n".to_owned()).await, "200");
    assert_eq!(database("host: fake.example\r\norigin: http://fake.example\r\n".to_owned()).await, "200");
    assert_eq!(database("host: fake.example\r\norigin: http://attacker.example\r\n".to_owned()).await, "403");
}

#[tokio::test]
async fn heads_and_bodies_are_limited() {
    let serve = FakeSeam::new().serve_with().io_timeout(Duration::from_millis(50));
    let server = serve.start().await.unwrap();
    assert_eq!(send(&server, "GET /devices/list HTTP/1.1\r\nhost: localhost\r\nx-never: ").await, "");
    let body = "POST /devices/list HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    assert_eq!(status(&send(&server, body).await), "408");
    let chunked = "POST /_fake/reset HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n";
    assert_eq!(status(&send(&server, chunked).await), "408");
}

#[tokio::test]
async fn webhooks_are_signed_with_real_time_and_sent_only_to_loopback() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let webhook = seam.webhooks().create(format!("http://{}/hook", receiver.local_addr().unwrap())).await.unwrap();
    seam.webhooks().create("http://192.0.2.1/hook").await.unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let _server = fake.serve_with().log(move |line| log.lock().unwrap().push(line.to_owned())).start().await.unwrap();
    // A year later by the simulated clock.
    seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    fake.advance(Duration::from_secs(365 * 24 * 60 * 60));

    let received = async {
        let (mut stream, _) = receiver.accept().await.unwrap();
        let mut request = Vec::new();
        let (head, body) = loop {
            stream.read_buf(&mut request).await.unwrap();
            let text = String::from_utf8(request.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                break (head.to_owned(), body.to_owned());
            }
        };
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        (head, body)
    };
    let (head, body) = timeout(LIMIT, received).await.unwrap();
    let mut headers = http::HeaderMap::new();
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let verifier = WebhookVerifier::new(webhook.secret.unwrap().expose_secret()).unwrap();
    verifier.verify(&headers, body.as_bytes()).unwrap();

    let rejected = async {
        while !lines
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains("192.0.2.1") && line.contains("not a loopback address"))
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, rejected).await.unwrap();
}

#[tokio::test]
async fn a_rejected_request_changes_nothing() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let before = fake.database();
    for headers in ["host: attacker.example\r\n", "host: localhost\r\norigin: https://attacker.example\r\n"] {
        let body = json!({ "device_id": FRONT_DOOR }).to_string();
        let request = format!(
            "POST /locks/unlock_door HTTP/1.1\r\n{headers}authorization: Bearer {API_KEY}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        assert!(["403", "421"].contains(&status(&send(&server, &request).await)));
    }
    assert_eq!(fake.database(), before);
}

#[tokio::test]
async fn a_connection_is_closed_if_the_client_does_not_read() {
    let fake = FakeSeam::new();
    for _ in 0..300 {
        fake.add_device(NewDevice::lock().property("padding", "x".repeat(64 * 1024)));
    }
    let serve = fake.serve_with().io_timeout(Duration::from_millis(100)).connection_limit(1);
    let server = serve.start().await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET /_fake/database HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).await.unwrap();
    // The server responds only after the first connection is closed.
    assert_eq!(status(&get(&server, "/health", "host: localhost\r\n").await), "200");
    let mut rest = Vec::new();
    let _ = timeout(LIMIT, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() < 300 * 64 * 1024, "{}", rest.len());
}

#[tokio::test]
async fn the_chunked_database_equals_the_database() {
    let fake = FakeSeam::new();
    for _ in 0..600 {
        fake.add_device(NewDevice::lock());
    }
    let server = fake.serve().await.unwrap();
    let response = get(&server, "/_fake/database", "host: localhost\r\n").await;
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    // Removes the lengths of the chunks.
    let mut rest = body;
    let mut document = String::new();
    while let Some((length, chunk)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        document.push_str(chunk.get(..length).unwrap());
        rest = chunk.get(length + 2..).unwrap();
    }
    assert_eq!(serde_json::from_str::<serde_json::Value>(&document).unwrap(), fake.database());
}

#[tokio::test]
async fn the_clock_can_start_before_the_times_of_the_seed() {
    let start = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for fake in [FakeSeam::starting_at(start).building(), FakeSeam::starting_at(start).default_seed()] {
        let database = fake.database();
        let devices = database["devices"].as_array().unwrap();
        assert!(devices.iter().all(|device| device["created_at"].as_str().unwrap().starts_with("2023-11-14T")));
    }
}
