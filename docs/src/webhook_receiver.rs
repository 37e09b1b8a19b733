//! A receiver of webhooks with axum, which queues each event once and responds before the event is processed.

use axum::{
    Router,
    extract::{FromRef, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use seam_axum::{SeamEvent, WebhookReceiver};
use seam_core::model::Event;
use tokio::sync::mpsc;

/// The state of the router.
#[derive(Clone, Debug)]
struct App {
    receiver: WebhookReceiver,
    queue: mpsc::Sender<Event>,
}

/// The extractor `SeamEvent` gets the receiver from the state.
impl FromRef<App> for WebhookReceiver {
    fn from_ref(app: &App) -> Self {
        app.receiver.clone()
    }
}

/// Returns a router that receives webhooks at `/seam` and puts their events in `queue`.
pub fn router(receiver: WebhookReceiver, queue: mpsc::Sender<Event>) -> Router {
    Router::new().route("/seam", post(receive)).with_state(App { receiver, queue })
}

async fn receive(State(app): State<App>, event: SeamEvent) -> Response {
    let put = |event| async move {
        // When the queue is full, Seam delivers the event again later.
        app.queue.try_send(event).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    };
    event.process(put).await
}
