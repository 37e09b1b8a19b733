//! Tests of the console and the connect webview of a served fake over real sockets: the pages and the event stream.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_fake::{API_KEY, FRONT_DOOR, FakeSeam, NewDevice, Server};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The timeout of each test step.
const LIMIT: Duration = Duration::from_secs(20);

/// The maximum number of open consoles.
const MAX_SUBSCRIBERS: usize = 16;

fn host(server: &Server) -> &str {
    server.url().strip_prefix("http://").unwrap()
}

async fn connect(server: &Server, request: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host(server)).await.unwrap();
    let (host, length) = (host(server), body.len());
    let request =
        format!("{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Sends a request and returns the head and the body of the response.
async fn exchange(server: &Server, request: &str, body: &str) -> (String, String) {
    let response = async {
        let mut text = String::new();
        connect(server, request, body).await.read_to_string(&mut text).await.unwrap();
        text
    };
    let response = timeout(LIMIT, response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A console that is connected to the event stream of a fake.
struct Subscriber {
    stream: TcpStream,
    received: String,
}

impl Subscriber {
    async fn open(server: &Server, query: &str) -> Self {
        let stream = connect(server, &format!("GET /_fake/console/events{query}"), "").await;
        Self { stream, received: String::new() }
    }

    /// Reads until the stream contains `part`. Removes and returns everything up to its end.
    async fn read_until(&mut self, part: &str) -> String {
        let read = async {
            loop {
                if let Some((before, after)) = self.received.split_once(part) {
                    let (before, after) = (before.to_owned(), after.to_owned());
                    self.received = after;
                    return before;
                }
                let mut buffer = [0; 16 * 1024];
                let count = self.stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the stream ends: {}", self.received);
                self.received.push_str(std::str::from_utf8(buffer.get(..count).unwrap()).unwrap());
            }
        };
        timeout(LIMIT, read).await.unwrap()
    }

    async fn head(&mut self) -> String {
        self.read_until("\r\n\r\n").await
    }

    /// Returns the next snapshot, as a string and as JSON.
    async fn snapshot(&mut self) -> (String, Value) {
        self.read_until("event: snapshot\ndata: ").await;
        let text = self.read_until("\n\n").await;
        let data = serde_json::from_str(&text).unwrap();
        (text, data)
    }

    /// Returns the first snapshot for which `predicate` is true.
    async fn snapshot_where(&mut self, predicate: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let (_, snapshot) = self.snapshot().await;
                if predicate(&snapshot) {
                    return snapshot;
                }
            }
        };
        timeout(LIMIT, search).await.unwrap()
    }
}

/// Sends a request to an API route.
async fn api(server: &Server, path: &str, parameters: Value) -> Value {
    let mut stream = TcpStream::connect(host(server)).await.unwrap();
    let body = parameters.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {API_KEY}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        host(server),
        body.len()
    );
    let response = async {
        let mut text = String::new();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    let response = timeout(LIMIT, response).await.unwrap();
    serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn the_page_loads_no_resources_and_other_origins_cannot_read_it() {
    let server = FakeSeam::new().serve().await.unwrap();
    let (head, page) = exchange(&server, "GET /", "").await;
    assert_eq!((status(&head), header(&head, "content-type")), ("200", Some("text/html; charset=utf-8")));
    let policy = header(&head, "content-security-policy").unwrap();
    for directive in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "script-src 'sha256-"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&head, "access-control-allow-origin"), None);
    for path in ["/", "/_fake/console/events"] {
        let foreign = format!("GET {path} HTTP/1.1\r\norigin: https://example.com\r\nx-rest:");
        let (head, _) = exchange(&server, &foreign, "").await;
        assert_eq!((status(&head), header(&head, "access-control-allow-origin")), ("403", None), "{path}");
    }
    assert!(page.contains("fake-seam") && !page.contains("/*script*/") && !page.contains("/*style*/"));
}

#[tokio::test]
async fn the_stream_starts_with_a_snapshot_and_sends_changes() {
    let server = FakeSeam::new().serve().await.unwrap();
    let mut console = Subscriber::open(&server, "").await;
    let head = console.head().await;
    assert_eq!((status(&head), header(&head, "content-type")), ("200", Some("text/event-stream")));
    assert_eq!(header(&head, "access-control-allow-origin"), None);
    let (_, first) = console.snapshot().await;
    assert_eq!(first.pointer("/counts/locks"), Some(&json!(3)));
    assert_eq!(first.pointer("/devices/locks/0/locked"), Some(&json!(true)));
    assert_eq!(first.pointer("/counts/access_codes"), Some(&json!(4)));

    api(&server, "/locks/unlock_door", json!({ "device_id": FRONT_DOOR })).await;
    let opened =
        console.snapshot_where(|snapshot| snapshot.pointer("/devices/locks/0/locked") == Some(&json!(false))).await;
    let requests = opened.get("requests").and_then(Value::as_array).unwrap();
    let request = requests.first().unwrap();
    assert_eq!(request.get("path"), Some(&json!("/locks/unlock_door")));
    assert_eq!(request.get("status"), Some(&json!(200)));
    let events = opened.get("events").and_then(Value::as_array).unwrap();
    assert!(events.iter().any(|event| event.get("event_type") == Some(&json!("lock.unlocked"))), "{events:?}");

    // A new connection starts with the complete state.
    let mut again = Subscriber::open(&server, "").await;
    assert_eq!(again.snapshot().await.1.pointer("/devices/locks/0/locked"), Some(&json!(false)));
}

#[tokio::test]
async fn a_snapshot_has_pending_actions_and_errors_of_failed_ones() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    fake.fail_next_action("lock_jammed", "The bolt does not move");
    api(&server, "/locks/unlock_door", json!({ "device_id": FRONT_DOOR })).await;
    api(&server, "/_fake/advance_time", json!({ "seconds": 5 })).await;
    fake.hang_next_action();
    api(&server, "/locks/unlock_door", json!({ "device_id": FRONT_DOOR })).await;
    let (_, snapshot) = Subscriber::open(&server, "").await.snapshot().await;
    let pending = |index| snapshot.pointer(&format!("/devices/locks/{index}/pending_action"));
    assert_eq!([pending(0), pending(1)], [Some(&json!("UNLOCK_DOOR")), Some(&Value::Null)]);
    let failed = snapshot.pointer("/events/0").unwrap();
    assert_eq!(failed.get("event_type"), Some(&json!("action_attempt.unlock_door.failed")));
    assert_eq!(failed.get("detail"), Some(&json!("lock_jammed")));
}

#[tokio::test]
async fn a_snapshot_has_no_pin() {
    let server = FakeSeam::new().serve().await.unwrap();
    api(&server, "/access_codes/create", json!({ "device_id": FRONT_DOOR, "name": "Guest", "code": "482913" })).await;
    api(&server, "/access_codes/list", json!({ "search": "482913" })).await;
    api(&server, "/_fake/advance_time", json!({ "seconds": 5 })).await;
    api(&server, "/locks/simulate/keypad_code_entry", json!({ "device_id": FRONT_DOOR, "code": "482913" })).await;
    api(&server, "/_fake/advance_time", json!({ "seconds": 5 })).await;
    let (text, snapshot) = Subscriber::open(&server, "").await.snapshot().await;
    // The snapshot has the keypad event and the requests that contained the PIN.
    assert!(text.contains("keycode") && text.contains("/locks/simulate/keypad_code_entry"), "{text}");
    assert_eq!(snapshot.pointer("/counts/access_codes"), Some(&json!(5)));
    for pin in ["482913", "1988", "4711", "2580"] {
        assert!(!text.contains(pin), "{pin} is in {text}");
    }
}

#[tokio::test]
async fn lists_in_a_snapshot_are_limited_and_counted() {
    let fake = FakeSeam::empty();
    for number in 0..250 {
        fake.add_device(NewDevice::of_type("august_lock").name(format!("Door {number}")));
    }
    let server = fake.serve().await.unwrap();
    let (_, snapshot) = Subscriber::open(&server, "").await.snapshot().await;
    assert_eq!(snapshot.pointer("/counts/locks"), Some(&json!(250)));
    assert_eq!(snapshot.pointer("/devices/locks").and_then(Value::as_array).map(Vec::len), Some(200));
}

#[tokio::test]
async fn the_number_of_consoles_is_limited() {
    let server = FakeSeam::new().serve().await.unwrap();
    let mut consoles = Vec::new();
    for _ in 0..MAX_SUBSCRIBERS {
        let mut console = Subscriber::open(&server, "").await;
        assert_eq!(status(&console.head().await), "200");
        consoles.push(console);
    }
    assert_eq!(status(&exchange(&server, "GET /_fake/console/events", "").await.0), "503");

    // A closed console releases its capacity.
    consoles.pop();
    let reopened = async {
        loop {
            let mut console = Subscriber::open(&server, "").await;
            if status(&console.head().await) == "200" {
                return console;
            }
        }
    };
    timeout(LIMIT, reopened).await.unwrap().snapshot().await;
}

#[tokio::test]
async fn a_console_follows_its_workspace() {
    let server = FakeSeam::with_default_seed().serve().await.unwrap();
    let (_, first) = Subscriber::open(&server, "").await.snapshot().await;
    let ids: Vec<&str> = first
        .get("workspaces")
        .and_then(Value::as_array)
        .unwrap()
        .iter()
        .filter_map(|workspace| workspace.get("workspace_id")?.as_str())
        .collect();
    let other = *ids.last().unwrap();
    assert_ne!(first.get("workspace_id"), Some(&json!(other)));
    let (_, second) = Subscriber::open(&server, &format!("?workspace_id={other}")).await.snapshot().await;
    assert_eq!(second.get("workspace_id"), Some(&json!(other)));
    assert_ne!(second.get("devices"), first.get("devices"));
}

// --- Control routes of the console.

#[tokio::test]
async fn a_jam_applies_to_the_next_action_of_one_lock() {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let seam = fake.seam();
    api(&server, "/_fake/jam_lock", json!({ "device_id": FRONT_DOOR })).await;
    seam.locks().unlock_door(seam_fake::BACK_DOOR).and_wait().await.unwrap();
    let error = seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap_err();
    assert_eq!(error.kind(), seam_core::ErrorKind::ActionFailed);
    seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
}

#[tokio::test]
async fn a_battery_level_sets_its_status() {
    let server = FakeSeam::new().serve().await.unwrap();
    for (level, status) in [(0.02, "critical"), (0.1, "low"), (0.5, "good"), (1.0, "full")] {
        api(&server, "/_fake/set_battery_level", json!({ "device_id": FRONT_DOOR, "battery_level": level })).await;
        let answer = api(&server, "/devices/get", json!({ "device_id": FRONT_DOOR })).await;
        assert_eq!(answer.pointer("/device/properties/battery_level"), Some(&json!(level)));
        assert_eq!(answer.pointer("/device/properties/battery"), Some(&json!({ "level": level, "status": status })));
    }
    let error = api(&server, "/_fake/set_battery_level", json!({ "device_id": FRONT_DOOR, "battery_level": 2 })).await;
    assert_eq!(error.pointer("/error/type"), Some(&json!("invalid_input")));
}

// --- The connect webview.

/// Creates a connect webview and returns its path and query.
async fn webview(server: &Server, parameters: Value) -> (Value, String) {
    let answer = api(server, "/connect_webviews/create", parameters).await;
    let url = answer.pointer("/connect_webview/url").and_then(Value::as_str).unwrap();
    let path = url.strip_prefix(server.url()).unwrap().to_owned();
    (answer.pointer("/connect_webview/connect_webview_id").cloned().unwrap(), path)
}

#[tokio::test]
async fn a_form_without_javascript_signs_in() {
    let server = FakeSeam::new().serve().await.unwrap();
    let (id, path) = webview(&server, json!({ "accepted_providers": ["schlage", "yale"] })).await;
    let (head, page) = exchange(&server, &format!("GET {path}"), "").await;
    assert_eq!(status(&head), "200");
    assert!(page.contains("<form method=\"post\">") && !page.contains("<script"), "{page}");
    assert!(page.contains("Schlage") && page.contains("Yale") && !page.contains("August"), "{page}");

    let error = exchange(&server, &format!("POST {path}"), "provider=august&status=authorized").await;
    assert_eq!(status(&error.0), "400");
    let (_, page) = exchange(&server, &format!("POST {path}"), "status=failed").await;
    assert!(page.contains("Sign-in failed"), "{page}");
    let form = "provider=yale&email=jane%40example.com&status=authorized";
    let (head, page) = exchange(&server, &format!("POST {path}"), form).await;
    assert!(status(&head) == "200" && page.contains("Account connected"), "{page}");
    let webview = api(&server, "/connect_webviews/get", json!({ "connect_webview_id": id })).await;
    assert_eq!(webview.pointer("/connect_webview/status"), Some(&json!("authorized")));
    let account = json!({ "connected_account_id": webview.pointer("/connect_webview/connected_account_id") });
    let account = api(&server, "/connected_accounts/get", account).await;
    assert_eq!(account.pointer("/connected_account/user_identifier/email"), Some(&json!("jane@example.com")));
    assert_eq!(account.pointer("/connected_account/account_type"), Some(&json!("yale")));
    // A second sign-in on the same webview is rejected.
    assert_eq!(status(&exchange(&server, &format!("POST {path}"), form).await.0), "400");
}

#[tokio::test]
async fn the_user_is_redirected_to_the_custom_url() {
    let server = FakeSeam::new().serve().await.unwrap();
    let links = json!({
        "custom_redirect_url": "https://example.com/done", "custom_redirect_failure_url": "https://example.com/failed",
    });
    let (_, path) = webview(&server, links).await;
    for (form, location) in
        [("status=failed", "https://example.com/failed"), ("status=authorized", "https://example.com/done")]
    {
        let (head, _) = exchange(&server, &format!("POST {path}"), form).await;
        assert_eq!((status(&head), header(&head, "location")), ("303", Some(location)));
    }
}

#[tokio::test]
async fn a_link_without_its_token_is_rejected() {
    let server = FakeSeam::new().serve().await.unwrap();
    let (id, path) = webview(&server, json!({})).await;
    let (bare, _) = path.split_once("&auth_token").unwrap();
    assert_eq!(status(&exchange(&server, &format!("GET {bare}"), "").await.0), "404");
    assert_eq!(status(&exchange(&server, &format!("POST {bare}"), "status=authorized").await.0), "404");
    let webview = api(&server, "/connect_webviews/get", json!({ "connect_webview_id": id })).await;
    assert_eq!(webview.pointer("/connect_webview/status"), Some(&json!("pending")));
}

#[tokio::test]
async fn values_of_the_state_are_escaped_on_the_webview() {
    let fake = FakeSeam::new();
    let provider = "\"><img src=x onerror=alert(1)>";
    let webview = json!({
        "connect_webview_id": "1", "url": "http://127.0.0.1/", "status": "pending", "accepted_providers": [provider],
    });
    fake.add("connect_webviews", webview).unwrap();
    let server = fake.serve().await.unwrap();
    let (head, page) = exchange(&server, "GET /connect_webviews/view?connect_webview_id=1", "").await;
    assert_eq!(status(&head), "200");
    assert!(!page.contains("<img") && page.contains("&quot;&gt;&lt;img"), "{page}");
    let policy = header(&head, "content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
}
