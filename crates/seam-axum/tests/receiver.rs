//! The extractor behind axum, over HTTP on a loopback port.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRef, State},
    http::{HeaderMap, HeaderValue, Request, StatusCode},
    response::Response,
    routing::post,
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use seam_axum::{
    BoxError, Claim, DEFAULT_BODY_LIMIT, MemoryReplayGuard, ReplayGuard, SeamEvent, WebhookReceiver, WebhookRejection,
};
use seam_core::{
    WebhookVerifier, async_trait,
    model::{Event, EventId, EventType},
};
use seam_fake::{FRONT_DOOR, FakeSeam};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tracing::{
    Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

const SECRET: &str = "whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==";
const OTHER_SECRET: &str = "whsec_YW5vdGhlciBzZWNyZXQgb2Ygc2VhbS1ycw==";
const UNLOCKED: &str = r#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#;

/// The timeout of each wait, so that a broken receiver fails the test instead of blocking it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The function that the handler calls with an event.
type Act = Arc<dyn Fn(&Event) -> Result<(), StatusCode> + Send + Sync>;

#[derive(Clone)]
struct App {
    receiver: WebhookReceiver,
    act: Act,
    /// The handler acquires a permit of this semaphore.
    permits: Arc<Semaphore>,
    started: Arc<AtomicUsize>,
    processed: Arc<Mutex<Vec<Event>>>,
}

impl FromRef<App> for WebhookReceiver {
    fn from_ref(app: &App) -> Self {
        app.receiver.clone()
    }
}

async fn receive(State(app): State<App>, event: SeamEvent) -> Response {
    event
        .process(|event| async move {
            app.started.fetch_add(1, Ordering::SeqCst);
            app.permits.acquire().await.unwrap().forget();
            (app.act)(&event)?;
            app.processed.lock().unwrap().push(event);
            Ok::<(), StatusCode>(())
        })
        .await
}

/// A receiver on a port, and the verifier that signs deliveries.
struct Server {
    url: String,
    seam: WebhookVerifier,
    app: App,
}

impl Server {
    async fn start() -> Self {
        Self::start_with(|receiver| receiver, |_| Ok(())).await
    }

    async fn start_with(
        set: impl FnOnce(WebhookReceiver) -> WebhookReceiver,
        act: impl Fn(&Event) -> Result<(), StatusCode> + Send + Sync + 'static,
    ) -> Self {
        let seam = WebhookVerifier::new(SECRET).unwrap();
        let app = App {
            receiver: set(WebhookReceiver::new(seam.clone())),
            act: Arc::new(act),
            permits: Arc::new(Semaphore::new(1000)),
            started: Arc::default(),
            processed: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/seam", listener.local_addr().unwrap());
        // A small limit of axum, which must have no effect.
        let router = Router::new().route("/seam", post(receive)).layer(DefaultBodyLimit::max(10));
        let service = router.with_state(app.clone());
        tokio::spawn(axum::serve(listener, service).into_future());
        Self { url, seam, app }
    }

    fn sign(&self, message_id: &str, body: &str) -> HeaderMap {
        self.seam.sign(message_id, SystemTime::now(), body.as_bytes()).unwrap()
    }

    async fn deliver(&self, message_id: &str, body: &str) -> StatusCode {
        send(&self.url, self.sign(message_id, body), body).await
    }

    /// Returns the ids of the processed events.
    fn processed(&self) -> Vec<String> {
        self.app.processed.lock().unwrap().iter().map(|event| event.event_id.to_string()).collect()
    }

    fn started(&self) -> usize {
        self.app.started.load(Ordering::SeqCst)
    }
}

async fn send(url: &str, headers: HeaderMap, body: &str) -> StatusCode {
    let mut request = Request::post(url).body(Body::from(body.to_owned())).unwrap();
    request.headers_mut().extend(headers);
    let response = Client::builder(TokioExecutor::new()).build_http().request(request);
    let response = tokio::time::timeout(TIMEOUT, response).await.unwrap().unwrap();
    assert!(response.headers().get("content-length").is_none_or(|length| length == "0"));
    response.status()
}

#[tokio::test]
async fn an_event_is_processed_once() {
    let server = Server::start().await;
    assert_eq!(server.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    // The same delivery again, a replay of it, and the event in the message of another webhook.
    let recorded = server.sign("msg_1", UNLOCKED);
    for headers in [server.sign("msg_1", UNLOCKED), recorded.clone(), recorded, server.sign("msg_2", UNLOCKED)] {
        assert_eq!(send(&server.url, headers, UNLOCKED).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(server.deliver("msg_3", &UNLOCKED.replace("e1", "e2")).await, StatusCode::NO_CONTENT);
    assert_eq!(server.processed(), ["e1", "e2"]);
    assert_eq!(server.started(), 2);
}

#[tokio::test]
async fn a_delivery_that_seam_did_not_sign_is_rejected() {
    let server = Server::start().await;
    let status = async |headers: HeaderMap| send(&server.url, headers, UNLOCKED).await.as_u16();
    let changed = |name: &'static str, value: &str| {
        let mut headers = server.sign("msg_1", UNLOCKED);
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    };
    // Not a webhook.
    assert_eq!(status(HeaderMap::new()).await, 400);
    assert_eq!(status(changed("svix-timestamp", "yesterday")).await, 400);
    assert_eq!(status(changed("svix-signature", "v1,short")).await, 400);
    // Forged.
    assert_eq!(status(server.sign("msg_1", "{}")).await, 401);
    assert_eq!(status(changed("svix-id", "msg_2")).await, 401);
    let other = WebhookVerifier::new(OTHER_SECRET).unwrap();
    assert_eq!(status(other.sign("msg_1", SystemTime::now(), UNLOCKED.as_bytes()).unwrap()).await, 401);
    // In the past and in the future.
    let hour = Duration::from_secs(3600);
    for time in [SystemTime::now() - hour, SystemTime::now() + hour] {
        assert_eq!(status(server.seam.sign("msg_1", time, UNLOCKED.as_bytes()).unwrap()).await, 401);
    }
    assert_eq!(server.started(), 0);
    // No rejected delivery has claimed the event.
    assert_eq!(server.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_signed_delivery_that_is_not_an_event_is_rejected() {
    let server = Server::start().await;
    for body in ["{}", "", "code=1988", "[1]", r#"{"event_type":"lock.unlocked"}"#, "{\"event_id\":\"e1\""] {
        assert_eq!(server.deliver("msg_1", body).await, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(send(&server.url, server.sign("msg_1", "other"), body).await, StatusCode::UNAUTHORIZED, "{body}");
    }
    // An event of an unknown type, and another content type than JSON, are accepted because Seam signed the delivery.
    let unknown = r#"{"event_id":"e1","event_type":"lock.painted","device_id":"d1"}"#;
    let mut headers = server.sign("msg_1", unknown);
    headers.insert("content-type", HeaderValue::from_static("text/plain"));
    assert_eq!(send(&server.url, headers, unknown).await, StatusCode::NO_CONTENT);
    assert_eq!(server.app.processed.lock().unwrap()[0].event_type.as_str(), "lock.painted");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected() {
    for (limit, server) in [
        (DEFAULT_BODY_LIMIT, Server::start().await),
        (100, Server::start_with(|receiver| receiver.body_limit(100), |_| Ok(())).await),
    ] {
        let sized = |length: usize| format!("{UNLOCKED}{}", " ".repeat(length - UNLOCKED.len()));
        assert_eq!(server.deliver("msg_1", &sized(limit)).await, StatusCode::NO_CONTENT);
        assert_eq!(server.deliver("msg_2", &sized(limit + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[tokio::test]
async fn a_large_content_length_is_rejected_before_the_body() {
    let server = Server::start_with(|receiver| receiver.body_limit(100), |_| Ok(())).await;
    let address = server.url.strip_prefix("http://").unwrap().strip_suffix("/seam").unwrap();
    for length in ["101", "9223372036854775807"] {
        let mut sender = TcpStream::connect(address).await.unwrap();
        let head = format!("POST /seam HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
        sender.write_all(head.as_bytes()).await.unwrap();
        let mut response = [0; 12];
        tokio::time::timeout(TIMEOUT, sender.read_exact(&mut response)).await.unwrap().unwrap();
        assert_eq!(response, *b"HTTP/1.1 413");
    }
}

/// The length of a chunked body is known only when it is read.
#[tokio::test]
async fn a_body_without_a_length_is_limited() {
    let server = Server::start_with(|receiver| receiver.body_limit(100), |_| Ok(())).await;
    let address = server.url.strip_prefix("http://").unwrap().strip_suffix("/seam").unwrap();
    let head = "POST /seam HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";

    let mut endless = TcpStream::connect(address).await.unwrap();
    endless.write_all(format!("{head}65\r\n{}\r\n", "x".repeat(101)).as_bytes()).await.unwrap();
    let mut response = [0; 12];
    tokio::time::timeout(TIMEOUT, endless.read_exact(&mut response)).await.unwrap().unwrap();
    assert_eq!(response, *b"HTTP/1.1 413");

    // A truncated body never reaches the handler.
    let mut cut = TcpStream::connect(address).await.unwrap();
    cut.write_all(format!("{head}5\r\nxx").as_bytes()).await.unwrap();
    cut.shutdown().await.unwrap();
    let mut response = Vec::new();
    tokio::time::timeout(TIMEOUT, cut.read_to_end(&mut response)).await.unwrap().unwrap();
    assert!(response.is_empty() || response.starts_with(b"HTTP/1.1 400"), "{response:?}");
    assert_eq!(server.started(), 0);
}

/// Records the event ids of tracing events, each with whether it is a string, which subscribers escape.
#[derive(Clone, Default)]
struct EventIds(Arc<Mutex<Vec<(String, bool)>>>);

impl EventIds {
    fn add(&self, field: &Field, value: String, is_string: bool) {
        if field.name() == "event_id" {
            self.0.lock().unwrap().push((value, is_string));
        }
    }
}

impl Visit for EventIds {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"), false);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned(), true);
    }
}

impl Subscriber for EventIds {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event id with line breaks cannot forge a line of a log.
#[tokio::test]
async fn an_event_id_is_traced_as_a_string() {
    let server = Server::start().await;
    let ids = EventIds::default();
    let _guard = tracing::subscriber::set_default(ids.clone());
    let body = UNLOCKED.replace("e1", r"e1\nERROR forged");
    for message in ["msg_1", "msg_2"] {
        assert_eq!(server.deliver(message, &body).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(*ids.0.lock().unwrap(), [("e1\nERROR forged".to_owned(), true)]);
}

#[tokio::test]
async fn any_of_several_secrets_is_enough() {
    let new = WebhookVerifier::new(OTHER_SECRET).unwrap();
    let both = new.clone().also(SECRET).unwrap();
    let server = Server::start_with(|_| WebhookReceiver::new(both), |_| Ok(())).await;
    assert_eq!(server.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    let body = UNLOCKED.replace("e1", "e2");
    let headers = new.sign("msg_2", SystemTime::now(), body.as_bytes()).unwrap();
    assert_eq!(send(&server.url, headers, &body).await, StatusCode::NO_CONTENT);
    assert_eq!(server.processed(), ["e1", "e2"]);
}

#[tokio::test]
async fn concurrent_duplicates_are_processed_once() {
    let server = Arc::new(Server::start().await);
    server.app.permits.forget_permits(1000);
    let deliver = |number: usize| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.deliver(&format!("msg_{number}"), UNLOCKED).await })
    };
    let deliveries: Vec<_> = (0..20).map(deliver).collect();
    let started = async {
        while server.started() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(TIMEOUT, started).await.unwrap();
    // All others get a response while the first one is being processed.
    let mut statuses = Vec::new();
    let mut waiting = Vec::new();
    for delivery in deliveries {
        let mut delivery = delivery;
        match tokio::time::timeout(Duration::from_millis(200), &mut delivery).await {
            Ok(status) => statuses.push(status.unwrap()),
            Err(_) => waiting.push(delivery),
        }
    }
    assert_eq!((statuses.len(), waiting.len()), (19, 1));
    assert!(statuses.iter().all(|status| *status == StatusCode::CONFLICT), "{statuses:?}");
    server.app.permits.add_permits(1);
    assert_eq!(waiting.remove(0).await.unwrap(), StatusCode::NO_CONTENT);
    assert_eq!(server.deliver("msg_20", UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!((server.started(), server.processed().len()), (1, 1));
}

/// An event whose handler fails, panics or is dropped is processed when its delivery is repeated.
#[tokio::test]
async fn an_event_that_was_not_processed_is_processed_when_it_is_delivered_again() {
    let count = AtomicUsize::new(0);
    let act = move |_: &Event| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Err(StatusCode::SERVICE_UNAVAILABLE),
        1 => panic!("the handler panics"),
        _ => Ok(()),
    };
    let server = Server::start_with(|receiver| receiver, act).await;
    assert_eq!(server.deliver("msg_1", UNLOCKED).await, StatusCode::SERVICE_UNAVAILABLE);

    let mut request = Request::post(&server.url).body(Body::from(UNLOCKED)).unwrap();
    request.headers_mut().extend(server.sign("msg_1", UNLOCKED));
    assert!(Client::builder(TokioExecutor::new()).build_http().request(request).await.is_err());

    // The connection is closed while the handler waits.
    server.app.permits.forget_permits(1000);
    let cut_off = tokio::time::timeout(Duration::from_millis(200), server.deliver("msg_1", UNLOCKED)).await;
    assert!(cut_off.is_err());
    assert_eq!(server.started(), 3);
    server.app.permits.add_permits(1000);
    let processed = async {
        while server.deliver("msg_1", UNLOCKED).await == StatusCode::CONFLICT {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, processed).await.unwrap();
    assert_eq!(server.processed(), ["e1"]);
}

/// A guard with a failing method.
#[derive(Debug)]
struct Failing {
    claims: bool,
    inner: MemoryReplayGuard,
}

#[async_trait]
impl ReplayGuard for Failing {
    async fn claim(&self, event_id: &EventId) -> Result<Claim, BoxError> {
        if self.claims { Err("no database".into()) } else { self.inner.claim(event_id).await }
    }

    async fn processed(&self, _: &EventId) -> Result<(), BoxError> {
        Err("no database".into())
    }

    fn release(&self, event_id: &EventId) {
        self.inner.release(event_id);
    }
}

#[tokio::test]
async fn a_guard_that_fails_is_no_success() {
    for claims in [true, false] {
        let guard = Failing { claims, inner: MemoryReplayGuard::new() };
        let server = Server::start_with(|receiver| receiver.replay_guard(guard), |_| Ok(())).await;
        for _ in 0..2 {
            assert_eq!(server.deliver("msg_1", UNLOCKED).await, StatusCode::SERVICE_UNAVAILABLE);
        }
        // The claim has ended: the event is processed again.
        assert_eq!(server.started(), if claims { 0 } else { 2 });
    }
}

#[tokio::test]
async fn the_guard_in_memory_is_bounded() {
    let guard = MemoryReplayGuard::with_capacity(2);
    for id in ["e1", "e2", "e3", "e3"] {
        let id = EventId::from(id);
        guard.claim(&id).await.unwrap();
        guard.processed(&id).await.unwrap();
    }
    assert_eq!(format!("{guard:?}"), "MemoryReplayGuard { capacity: 2, claimed: 0, processed: 2 }");
    let mut claims = Vec::new();
    for id in ["e1", "e2", "e3", "e1"] {
        claims.push(guard.claim(&id.into()).await.unwrap());
    }
    assert_eq!(claims, [Claim::New, Claim::Processed, Claim::Processed, Claim::InProgress]);
    guard.release(&"e1".into());
    assert_eq!(guard.claim(&"e1".into()).await.unwrap(), Claim::New);
}

/// A handler can receive the rejection, and inspect the event before it processes it.
#[tokio::test]
async fn a_handler_can_take_the_rejection() {
    async fn receive(event: Result<SeamEvent, WebhookRejection>) -> Result<String, StatusCode> {
        match event {
            Ok(event) => {
                let seen = format!("{} {} {}", event.event_id(), event.event_type(), event.message_id());
                assert!(event.sent_at().elapsed().unwrap() < Duration::from_secs(60));
                assert_eq!(
                    event.process(|_| async { Ok::<(), StatusCode>(()) }).await.status(),
                    StatusCode::NO_CONTENT
                );
                Ok(seen)
            }
            Err(rejection) => {
                assert!(rejection.to_string().contains("svix-id"), "{rejection}");
                Err(rejection.status())
            }
        }
    }
    let seam = WebhookVerifier::new(SECRET).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(receive)).with_state(WebhookReceiver::new(seam.clone()));
    tokio::spawn(axum::serve(listener, router).into_future());
    assert_eq!(send(&url, HeaderMap::new(), UNLOCKED).await, StatusCode::BAD_REQUEST);
    let mut request = Request::post(&url).body(Body::from(UNLOCKED)).unwrap();
    request.headers_mut().extend(seam.sign("msg_1", SystemTime::now(), UNLOCKED.as_bytes()).unwrap());
    let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
    let body = axum::body::to_bytes(Body::new(response.into_body()), 1000).await.unwrap();
    assert_eq!(body, "e1 lock.unlocked msg_1");
}

/// The in-memory Seam delivers over HTTP, and repeats deliveries without a 2xx.
#[tokio::test]
async fn deliveries_of_the_in_memory_seam_are_received() {
    let fake = FakeSeam::new();
    let _server = fake.serve().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/seam", listener.local_addr().unwrap());
    // Two webhooks have the same URL, so each event is delivered twice.
    let mut verifier = None;
    for _ in 0..2 {
        let webhook = fake.seam().webhooks().create(&url).event_types([EventType::LockUnlocked]).await.unwrap();
        let secret = webhook.secret.unwrap();
        verifier = Some(match verifier {
            None => WebhookVerifier::new(secret).unwrap(),
            Some(verifier) => WebhookVerifier::also(verifier, secret).unwrap(),
        });
    }
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let app = App {
        receiver: WebhookReceiver::new(verifier.unwrap()),
        act: Arc::new(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
            0 => Err(StatusCode::SERVICE_UNAVAILABLE),
            _ => Ok(()),
        }),
        permits: Arc::new(Semaphore::new(1000)),
        started: Arc::default(),
        processed: Arc::default(),
    };
    let router = Router::new().route("/seam", post(receive)).with_state(app.clone());
    tokio::spawn(axum::serve(listener, router).into_future());

    fake.seam().locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    // The first repetition follows after five seconds of the fake's clock.
    let is_processed = || !app.processed.lock().unwrap().is_empty();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_processed() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
        fake.advance(Duration::from_secs(5));
    }
    for _ in 0..10 {
        fake.advance(Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Of at least three deliveries, one failed and one succeeded.
    assert_eq!((count.load(Ordering::SeqCst), app.processed.lock().unwrap().len()), (2, 1));
}
