//! Unlocks a door, waits until it is unlocked, and distinguishes the ways in which that can fail.
//!
//! ```console
//! $ cargo run --example unlock_and_wait
//! unlocked (action attempt fa4e000a-0000-4000-8000-000000000001)
//! Front Door reports locked: Some(false)
//! ```
//!
//! With `SEAM_API_KEY` it unlocks a real door, whose id is the argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::time::Duration;

use seam_fake::FRONT_DOOR;
use seam_guide::example;
use seam_reqwest::{Error, ErrorKind};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let lock = example::argument("DEVICE_ID", FRONT_DOOR, "this unlocks a real door");
    let seam = example::seam()?;

    match seam.locks().unlock_door(&lock).and_wait().timeout(Duration::from_secs(20)).await {
        Ok(attempt) => println!("unlocked (action attempt {})", attempt.action_attempt_id),
        // The door is unchanged, so another request is safe.
        Err(error) if error.kind() == ErrorKind::ActionFailed => println!("not unlocked: {}", error.message()),
        // Seam accepted the request, and the lock has not reported yet. A second request would unlock the door again later.
        Err(error) if error.kind() == ErrorKind::ActionPending => println!("not unlocked yet: {error}"),
        Err(error) if error.is_outcome_unknown() => println!("it may be unlocked: {error}"),
        Err(error) => return Err(error),
    }

    let door = seam.devices().get(&lock).await?;
    let locked = door.properties.and_then(|properties| properties.locked);
    println!("{} reports locked: {locked:?}", door.display_name.unwrap_or_default());
    Ok(())
}
