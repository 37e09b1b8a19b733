//! Tests of a served fake over real sockets, with a minimal HTTP client.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{collections::BTreeSet, time::Duration};

use seam_fake::{API_KEY, FRONT_DOOR, FakeSeam, ONGOING_CODE, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The timeout of each test step.
const LIMIT: Duration = Duration::from_secs(20);

fn address(server: &Server) -> String {
    server.url().strip_prefix("http://").unwrap().to_owned()
}

/// Sends `head`, with the headers of every request added, and `body`, and reads until the server closes the connection.
async fn exchange(server: &Server, head: &str, body: &[u8]) -> (String, Value) {
    let exchange = async {
        let mut stream = TcpStream::connect(address(server)).await.unwrap();
        let head = format!(
            "{head}\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            address(server),
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    };
    let response = timeout(LIMIT, exchange).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

async fn get(server: &Server, id: &str) -> (String, Value) {
    let head =
        format!("GET /access_codes/unmanaged/get?access_code_id={id} HTTP/1.1\r\nauthorization: Bearer {API_KEY}");
    exchange(server, &head, b"").await
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[tokio::test]
async fn it_listens_on_the_loopback_only() {
    let server = FakeSeam::new().serve().await.unwrap();
    assert!(server.url().starts_with("http://127.0.0.1:"), "{}", server.url());
    assert!(!server.url().ends_with(":0"));
}

#[tokio::test]
async fn responses_are_the_same_over_a_socket() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let (head, body) = get(&server, ONGOING_CODE).await;
    assert_eq!(status(&head), "200");
    assert_eq!(header(&head, "content-type"), Some("application/json"));
    assert_eq!(header(&head, "seam-request-id"), Some("request-000001"));
    let code = serde_json::to_value(fake.unmanaged_access_codes().first().unwrap()).unwrap();
    assert_eq!(body, json!({ "access_code": code, "ok": true }));
}

#[tokio::test]
async fn errors_are_the_same_over_a_socket() {
    let server = FakeSeam::new().serve().await.unwrap();
    let (head, body) = get(&server, "no-such-code").await;
    assert_eq!((status(&head), header(&head, "seam-request-id")), ("404", Some("request-000001")));
    assert_eq!(
        body,
        json!({
            "error": {
                "type": "access_code_not_found",
                "message": "Could not find an access_code with device_id or access_code_id",
                "request_id": "request-000001",
            },
            "ok": false,
        })
    );

    let (head, body) = exchange(&server, "GET /access_codes/unmanaged/get HTTP/1.1", b"").await;
    assert_eq!((status(&head), body.pointer("/error/type")), ("401", Some(&json!("unauthorized"))));
}

#[tokio::test]
async fn a_body_is_read_and_the_state_is_shared() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let head = format!("POST /access_codes/unmanaged/get HTTP/1.1\r\nauthorization: Bearer {API_KEY}");
    let parameters = json!({ "device_id": FRONT_DOOR, "code": "1988" }).to_string();
    let (_, body) = exchange(&server, &head, parameters.as_bytes()).await;
    assert_eq!(body.pointer("/access_code/access_code_id"), Some(&json!(ONGOING_CODE)));

    let head = format!("PATCH /access_codes/unmanaged/update HTTP/1.1\r\nauthorization: Bearer {API_KEY}");
    let parameters = json!({ "access_code_id": ONGOING_CODE, "is_managed": true }).to_string();
    let (head, body) = exchange(&server, &head, parameters.as_bytes()).await;
    assert_eq!((status(&head), body), ("200", json!({ "ok": true })));

    assert!(fake.seam().access_codes().unmanaged().get(ONGOING_CODE).await.unwrap_err().is_not_found());
    assert_eq!(fake.request_count(), 3);
}

#[tokio::test]
async fn a_connection_carries_more_than_one_request() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let conversation = async {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        for connection in ["keep-alive", "close"] {
            let head = format!("GET /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: {connection}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        let mut responses = String::new();
        stream.read_to_string(&mut responses).await.unwrap();
        responses
    };
    let responses = timeout(LIMIT, conversation).await.unwrap();
    assert_eq!(responses.matches("HTTP/1.1 404 Not Found").count(), 2, "{responses}");
    assert_eq!(fake.request_count(), 2);
}

#[tokio::test]
async fn concurrent_requests_have_distinct_ids() {
    let fake = FakeSeam::new();
    let server = std::sync::Arc::new(fake.serve().await.unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let server = std::sync::Arc::clone(&server);
        tasks.spawn(async move { header(&get(&server, ONGOING_CODE).await.0, "seam-request-id").unwrap().to_owned() });
    }
    let ids: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 16);
    assert_eq!(fake.request_count(), 16);
}

#[tokio::test]
async fn a_body_over_the_limit_is_rejected() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let head = format!("POST /access_codes/unmanaged/get HTTP/1.1\r\nauthorization: Bearer {API_KEY}");
    let (response, body) = exchange(&server, &head, &vec![b' '; 1024 * 1024 + 1]).await;
    assert_eq!((status(&response), body.pointer("/error/type")), ("413", Some(&json!("payload_too_large"))));
    assert_eq!(header(&response, "seam-request-id"), Some("request-000001"));

    let mut largest = json!({ "access_code_id": ONGOING_CODE }).to_string().into_bytes();
    largest.resize(1024 * 1024, b' ');
    let (response, _) = exchange(&server, &head, &largest).await;
    assert_eq!(status(&response), "200");
}

#[tokio::test]
async fn invalid_requests_do_not_affect_other_connections() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let nonsense = async {
        let mut stream = TcpStream::connect(address(&server)).await.unwrap();
        stream.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n").await.unwrap();
        // The server closes the connection after any response.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    };
    timeout(LIMIT, nonsense).await.unwrap();
    assert_eq!(fake.request_count(), 0);
    assert_eq!(status(&get(&server, ONGOING_CODE).await.0), "200");
}

#[tokio::test]
async fn dropping_the_server_closes_its_port_and_its_connections() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let address = address(&server);
    let mut idle = TcpStream::connect(&address).await.unwrap();
    get(&server, ONGOING_CODE).await;

    drop(server);
    let end = timeout(LIMIT, idle.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    assert!(timeout(LIMIT, TcpStream::connect(&address)).await.unwrap().is_err());

    // The state remains and can be served again.
    let again = fake.serve().await.unwrap();
    assert_eq!(header(&get(&again, ONGOING_CODE).await.0, "seam-request-id"), Some("request-000002"));
}

#[tokio::test]
async fn control_routes_work_over_a_socket() {
    let server = FakeSeam::empty().serve().await.unwrap();
    let device = json!({ "device_type": "august_lock", "device_id": "gate", "battery_level": 0.1 }).to_string();
    let (head, body) = exchange(&server, "POST /_fake/add_device HTTP/1.1", device.as_bytes()).await;
    assert_eq!((status(&head), body.pointer("/id")), ("200", Some(&json!("gate"))));
    let fault = json!({ "kind": "status", "status": 503, "route": "/devices/list" }).to_string();
    let (_, body) = exchange(&server, "POST /_fake/faults HTTP/1.1", fault.as_bytes()).await;
    let fault = body.pointer("/fault_id").and_then(Value::as_str).unwrap().to_owned();
    let (head, _) = exchange(&server, &format!("DELETE /_fake/faults?fault_id={fault} HTTP/1.1"), b"").await;
    assert_eq!(status(&head), "200");

    let list = format!("POST /devices/list HTTP/1.1\r\nauthorization: Bearer {API_KEY}");
    let (_, body) = exchange(&server, &list, b"").await;
    assert_eq!(body.pointer("/devices/0/properties/battery/status"), Some(&json!("low")));
    let (_, body) = exchange(&server, "GET /_fake/requests HTTP/1.1", b"").await;
    assert_eq!(body.pointer("/requests/0/path"), Some(&json!("/devices/list")));
    let (head, _) = exchange(&server, "PATCH /_fake/reset HTTP/1.1", b"").await;
    assert_eq!((status(&head), header(&head, "allow")), ("405", Some("POST")));
}
