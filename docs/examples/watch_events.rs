//! Watches the events of a lock until it is locked.
//!
//! ```console
//! $ cargo run --example watch_events
//! 2026-11-24T09:00:01.000Z lock.unlocked
//! 2026-11-24T09:00:01.000Z action_attempt.unlock_door.succeeded
//! 2026-11-24T09:00:02.000Z lock.locked
//! resume at 2026-11-24T09:00:00.000Z
//! ```
//!
//! With `SEAM_API_KEY` and the id of a lock as an argument it watches a real lock, and changes nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints what it does")]

use seam_fake::FRONT_DOOR;
use seam_guide::example;
use seam_reqwest::{Error, model::EventPayload};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let lock = example::argument("DEVICE_ID", FRONT_DOOR, "this watches a lock");
    let seam = example::seam()?;
    let mut events = seam.events().list().device_id(&lock).watch(example::now());

    if let Some(fake) = example::fake() {
        // Without this, the in-memory Seam would have no event.
        fake.seam().locks().unlock_door(&lock).and_wait().await?;
        fake.seam().locks().lock_door(&lock).and_wait().await?;
    }

    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                let time = event.occurred_at.map(|time| time.to_string()).unwrap_or_default();
                println!("{time} {}", event.event_type);
                if matches!(event.payload, EventPayload::LockLocked(_)) {
                    break;
                }
            }
            // A failed poll does not end the watch; the next one follows after a pause.
            Err(error) => eprintln!("{error}"),
        }
    }
    // A program that stores the position can resume there without missing an event.
    println!("resume at {}", events.position());
    Ok(())
}
