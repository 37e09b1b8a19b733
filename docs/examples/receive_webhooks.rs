//! Receives webhooks with axum. The receiver itself is in `docs/src/webhook_receiver.rs`, which you can copy: it
//! verifies each delivery and processes each event once.
//!
//! ```console
//! $ cargo run --example receive_webhooks
//! lock.unlocked
//! ```
//!
//! With `SEAM_WEBHOOK_SECRET`, and without an API key, it receives the deliveries of a real workspace on port 3000
//! until it is stopped. Create a webhook whose URL points to that port.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{env, error::Error};

use seam_axum::WebhookReceiver;
use seam_core::{
    WebhookError, WebhookVerifier,
    model::{Event, EventType, WebhookSecret},
};
use seam_fake::{FRONT_DOOR, FakeSeam};
use seam_guide::webhook_receiver::router;
use tokio::{net::TcpListener, sync::mpsc};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Ok(secret) = env::var("SEAM_WEBHOOK_SECRET") else { return in_memory().await };
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let mut events = receive(listener, secret.into())?;
    while let Some(event) = events.recv().await {
        println!("{}", event.event_type);
    }
    Ok(())
}

/// Starts the receiver, and returns the channel of its events.
fn receive(listener: TcpListener, secret: WebhookSecret) -> Result<mpsc::Receiver<Event>, WebhookError> {
    let (queue, events) = mpsc::channel(1024);
    let app = router(WebhookReceiver::new(WebhookVerifier::new(secret)?), queue);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(events)
}

/// Receives the deliveries of an in-memory Seam over HTTP.
async fn in_memory() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/seam", listener.local_addr()?);

    let fake = FakeSeam::new();
    let _server = fake.serve().await?;
    let webhook = fake.seam().webhooks().create(url).event_types([EventType::LockUnlocked]).await?;
    let mut events = receive(listener, webhook.secret.ok_or("the webhook has no secret")?)?;

    fake.seam().locks().unlock_door(FRONT_DOOR).and_wait().await?;
    if let Some(event) = events.recv().await {
        println!("{}", event.event_type);
    }
    Ok(())
}
