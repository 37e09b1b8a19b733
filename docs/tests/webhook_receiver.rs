//! The receiver in the guide, over real HTTP on a loopback port.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use seam_axum::{DEFAULT_BODY_LIMIT, WebhookReceiver};
use seam_core::{
    Bytes, Credentials, Seam, WebhookVerifier,
    model::{Event, EventType},
};
use seam_fake::{API_KEY, FRONT_DOOR, FakeSeam};
use seam_guide::{hyper_transport::HyperTransport, webhook_receiver::router};
use tokio::{net::TcpListener, sync::mpsc};

const UNLOCKED: &str = r#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#;
const DISCONNECTED: &str = r#"{"event_id":"e2","event_type":"device.disconnected","device_id":"d1"}"#;

/// A receiver, with its queue and the verifier that signs deliveries.
struct Receiver {
    url: String,
    events: mpsc::Receiver<Event>,
    seam: WebhookVerifier,
}

impl Receiver {
    async fn start(room: usize) -> Self {
        let seam = WebhookVerifier::new("whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==").unwrap();
        let (queue, events) = mpsc::channel(room);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/seam", listener.local_addr().unwrap());
        let app = router(WebhookReceiver::new(seam.clone()), queue);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, events, seam }
    }

    fn sign(&self, message_id: &str, body: &str) -> HeaderMap {
        self.seam.sign(message_id, SystemTime::now(), body.as_bytes()).unwrap()
    }

    async fn send(&self, headers: HeaderMap, body: &str) -> StatusCode {
        let mut request = Request::post(&self.url).body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
        request.headers_mut().extend(headers);
        Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap().status()
    }

    async fn deliver(&self, message_id: &str, body: &str) -> StatusCode {
        self.send(self.sign(message_id, body), body).await
    }

    /// Returns the ids of the received events.
    fn received(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.events.try_recv().ok()).map(|event| event.event_id.to_string()).collect()
    }
}

#[tokio::test]
async fn an_event_is_queued_once_however_often_it_is_delivered() {
    let mut receiver = Receiver::start(8).await;
    assert_eq!(receiver.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    // The same message again, a replay of it, and the event in the message of another webhook.
    assert_eq!(receiver.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    let recorded = receiver.sign("msg_1", UNLOCKED);
    assert_eq!(receiver.send(recorded.clone(), UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.send(recorded, UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.deliver("msg_2", UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.deliver("msg_3", DISCONNECTED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.received(), ["e1", "e2"]);
    // Also after the event was processed.
    assert_eq!(receiver.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.received(), [""; 0]);
}

#[tokio::test]
async fn a_delivery_that_seam_did_not_sign_is_rejected() {
    let mut receiver = Receiver::start(8).await;
    assert_eq!(receiver.send(HeaderMap::new(), UNLOCKED).await, StatusCode::BAD_REQUEST);
    assert_eq!(receiver.send(receiver.sign("msg_1", DISCONNECTED), UNLOCKED).await, StatusCode::UNAUTHORIZED);
    let mut changed = receiver.sign("msg_1", UNLOCKED);
    changed.insert("svix-id", HeaderValue::from_static("msg_2"));
    assert_eq!(receiver.send(changed, UNLOCKED).await, StatusCode::UNAUTHORIZED);
    let hour = Duration::from_secs(3600);
    let old = receiver.seam.sign("msg_1", SystemTime::now() - hour, UNLOCKED.as_bytes()).unwrap();
    assert_eq!(receiver.send(old, UNLOCKED).await, StatusCode::UNAUTHORIZED);
    assert_eq!(receiver.received(), [""; 0]);
}

#[tokio::test]
async fn a_signed_delivery_that_is_not_an_event_is_rejected() {
    let mut receiver = Receiver::start(8).await;
    assert_eq!(receiver.deliver("msg_1", "{}").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(receiver.deliver("msg_1", "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(receiver.received(), [""; 0]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_rejected_even_if_it_is_signed() {
    let mut receiver = Receiver::start(8).await;
    let mut body = UNLOCKED.to_owned();
    body.push_str(&" ".repeat(DEFAULT_BODY_LIMIT - body.len()));
    assert_eq!(receiver.deliver("msg_1", &body).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.received(), ["e1"]);

    let mut body = DISCONNECTED.to_owned();
    body.push_str(&" ".repeat(DEFAULT_BODY_LIMIT + 1 - body.len()));
    assert_eq!(receiver.deliver("msg_2", &body).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(receiver.received(), [""; 0]);
}

#[tokio::test]
async fn an_event_that_does_not_fit_in_the_queue_is_queued_when_it_is_repeated() {
    let mut receiver = Receiver::start(1).await;
    assert_eq!(receiver.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.deliver("msg_2", DISCONNECTED).await, StatusCode::SERVICE_UNAVAILABLE);
    // A known event needs no capacity.
    assert_eq!(receiver.deliver("msg_1", UNLOCKED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.received(), ["e1"]);
    assert_eq!(receiver.deliver("msg_2", DISCONNECTED).await, StatusCode::NO_CONTENT);
    assert_eq!(receiver.received(), ["e2"]);
}

#[tokio::test]
async fn deliveries_of_the_in_memory_seam_are_received() {
    let fake = FakeSeam::new();
    fake.advance_to(SystemTime::now());
    let server = fake.serve().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/seam", listener.local_addr().unwrap());

    let credentials = Credentials::api_key(API_KEY).unwrap();
    let seam = Seam::builder(HyperTransport::new(HttpConnector::new()))
        .base_url(server.url())
        .credentials(credentials)
        .build()
        .unwrap();
    let webhook = seam.webhooks().create(url).event_types([EventType::LockUnlocked]).await.unwrap();
    let verifier = WebhookVerifier::new(webhook.secret.unwrap()).unwrap();
    let (queue, mut events) = mpsc::channel(8);
    tokio::spawn(async move { axum::serve(listener, router(WebhookReceiver::new(verifier), queue)).await });

    seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    let event = tokio::time::timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap();
    assert_eq!(event.event_type, EventType::LockUnlocked);
}
