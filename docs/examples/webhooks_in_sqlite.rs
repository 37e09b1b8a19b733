//! Receives webhooks with axum, and records processed events in a SQLite database, which survives restarts and can be
//! shared by several processes.
//!
//! ```console
//! $ cargo run --example webhooks_in_sqlite
//! lock.unlocked
//! 1 event was processed
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{
    error::Error,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension};
use seam_axum::{BoxError, Claim, ReplayGuard, WebhookReceiver};
use seam_core::{
    WebhookVerifier, async_trait,
    model::{EventId, EventType},
};
use seam_fake::{FRONT_DOOR, FakeSeam};
use seam_guide::webhook_receiver::router;
use tokio::{net::TcpListener, sync::mpsc};

/// Processed events are deleted after a week. Seam repeats a delivery for about a day.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS webhook_events (
        event_id TEXT PRIMARY KEY,
        is_processed INTEGER NOT NULL DEFAULT 0,
        claimed_until INTEGER NOT NULL
    ) STRICT;
    DELETE FROM webhook_events WHERE is_processed AND claimed_until < unixepoch() - 7 * 86400;
";

/// Claims an event that is new, or whose claim has expired. A claim lasts a minute, which is longer than a handler
/// runs.
const CLAIM: &str = "
    INSERT INTO webhook_events (event_id, claimed_until) VALUES (?1, unixepoch() + 60)
    ON CONFLICT (event_id) DO UPDATE SET claimed_until = excluded.claimed_until
        WHERE NOT is_processed AND claimed_until <= unixepoch()
";

/// A replay guard in a database.
struct SqliteReplayGuard(Mutex<Connection>);

impl SqliteReplayGuard {
    fn new(connection: Connection) -> rusqlite::Result<Self> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Each statement takes less than a millisecond, so it may block the thread.
#[async_trait]
impl ReplayGuard for SqliteReplayGuard {
    async fn claim(&self, event_id: &EventId) -> Result<Claim, BoxError> {
        let connection = self.connection();
        if connection.execute(CLAIM, [event_id.as_str()])? == 1 {
            return Ok(Claim::New);
        }
        let state = "SELECT is_processed FROM webhook_events WHERE event_id = ?1";
        let is_processed = connection.query_row(state, [event_id.as_str()], |row| row.get(0)).optional()?;
        Ok(if is_processed == Some(true) { Claim::Processed } else { Claim::InProgress })
    }

    async fn processed(&self, event_id: &EventId) -> Result<(), BoxError> {
        let update = "UPDATE webhook_events SET is_processed = 1 WHERE event_id = ?1";
        self.connection().execute(update, [event_id.as_str()])?;
        Ok(())
    }

    fn release(&self, event_id: &EventId) {
        let delete = "DELETE FROM webhook_events WHERE event_id = ?1 AND NOT is_processed";
        // If this fails, the claim expires.
        let _ = self.connection().execute(delete, [event_id.as_str()]);
    }
}

impl std::fmt::Debug for SqliteReplayGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteReplayGuard").finish_non_exhaustive()
    }
}

/// Receives the deliveries of an in-memory Seam over HTTP.
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("webhooks-{}.db", std::process::id()));
    let guard = SqliteReplayGuard::new(Connection::open(&path)?)?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/seam", listener.local_addr()?);
    let fake = FakeSeam::new();
    let _server = fake.serve().await?;
    let webhook = fake.seam().webhooks().create(url).event_types([EventType::LockUnlocked]).await?;
    let verifier = WebhookVerifier::new(webhook.secret.ok_or("the webhook has no secret")?)?;

    let (queue, mut events) = mpsc::channel(1024);
    let app = router(WebhookReceiver::new(verifier).replay_guard(guard), queue);
    tokio::spawn(axum::serve(listener, app).into_future());

    fake.seam().locks().unlock_door(FRONT_DOOR).and_wait().await?;
    if let Some(event) = events.recv().await {
        println!("{}", event.event_type);
    }

    // The view of another process, once the response is sent.
    let count = || -> rusqlite::Result<u64> {
        let query = "SELECT count(*) FROM webhook_events WHERE is_processed";
        Connection::open(&path)?.query_row(query, [], |row| row.get(0))
    };
    while count()? == 0 {
        tokio::task::yield_now().await;
    }
    println!("{} event was processed", count()?);
    std::fs::remove_file(&path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_is_claimed_once() {
        let path = std::env::temp_dir().join(format!("webhooks-test-{}.db", std::process::id()));
        let open = || SqliteReplayGuard::new(Connection::open(&path).unwrap()).unwrap();
        let (guard, other_process) = (open(), open());
        let id = EventId::from("e1");

        assert_eq!(guard.claim(&id).await.unwrap(), Claim::New);
        assert_eq!(other_process.claim(&id).await.unwrap(), Claim::InProgress);
        guard.release(&id);
        assert_eq!(other_process.claim(&id).await.unwrap(), Claim::New);
        other_process.processed(&id).await.unwrap();
        guard.release(&id);
        assert_eq!(guard.claim(&id).await.unwrap(), Claim::Processed);
        // After a restart.
        assert_eq!(open().claim(&id).await.unwrap(), Claim::Processed);

        // A process that ended while it held a claim.
        let lost = EventId::from("e2");
        assert_eq!(guard.claim(&lost).await.unwrap(), Claim::New);
        guard.connection().execute("UPDATE webhook_events SET claimed_until = unixepoch()", []).unwrap();
        assert_eq!(other_process.claim(&lost).await.unwrap(), Claim::New);
        assert_eq!(guard.claim(&lost).await.unwrap(), Claim::InProgress);
        // A processed event cannot be claimed after the expiry.
        assert_eq!(guard.claim(&id).await.unwrap(), Claim::Processed);
        std::fs::remove_file(&path).unwrap();
    }
}
