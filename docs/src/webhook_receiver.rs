//! A complete receiver of webhooks, on axum: takes each event once, and answers before acting on it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use seam_core::{
    WebhookVerifier,
    model::{Event, EventId},
};
use tokio::sync::mpsc;

/// Many times what an event of Seam's takes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Where events wait for the part of the program that acts on them.
///
/// This one is in memory and forgets. A program that must not lose an event has a table in its place, with `event_id`
/// as the key: what is inserted there is known and waits, both at once.
#[derive(Clone, Debug)]
pub struct Inbox {
    known: Arc<Mutex<HashSet<EventId>>>,
    waiting: mpsc::Sender<Event>,
}

impl Inbox {
    /// An inbox with room for so many events, and the end at which they come out.
    #[must_use]
    pub fn new(room: usize) -> (Self, mpsc::Receiver<Event>) {
        let (waiting, events) = mpsc::channel(room);
        (Self { known: Arc::default(), waiting }, events)
    }

    /// Puts an event in, unless it was there before. `false` when that cannot be done now.
    fn put(&self, event: Event) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&event.event_id) {
            return true;
        }
        // Known is what waits, never what found no room: that is to come again.
        let event_id = event.event_id.clone();
        self.waiting.try_send(event).is_ok() && known.insert(event_id)
    }
}

/// Receives webhooks at `/seam`.
pub fn router(verifier: WebhookVerifier, inbox: Inbox) -> Router {
    Router::new()
        .route("/seam", post(receive))
        // Reading stops there, and the answer is 413.
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state((verifier, inbox))
}

/// The body is taken as bytes. `Json` would parse it before the signature is checked, and the bytes be lost.
async fn receive(
    State((verifier, inbox)): State<(WebhookVerifier, Inbox)>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(delivery) = verifier.verify(&headers, &body) else {
        // Log why, for yourself. A stranger is told no more than this.
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(event) = delivery.event() else {
        // From Seam, and not to be understood: log why, and the message id.
        return StatusCode::UNPROCESSABLE_ENTITY;
    };
    if inbox.put(event) { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}
