//! A function that opens doors, and its tests with each test double: an in-memory Seam, a script, and a mockall mock.
//!
//! ```console
//! $ cargo run --example test_doubles
//! unlocked: true
//! ```
//!
//! `cargo test --example test_doubles` runs the tests. With `SEAM_API_KEY` the program unlocks a real door, whose id is
//! the argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use seam_fake::FRONT_DOOR;
use seam_guide::example;
use seam_reqwest::{Error, Seam};

/// Unlocks a door, unless the lock is offline. Returns whether it is unlocked.
async fn let_in(seam: &Seam, lock: &str) -> Result<bool, Error> {
    let device = seam.devices().get(lock).await?;
    if device.properties.and_then(|properties| properties.online) != Some(true) {
        return Ok(false);
    }
    seam.locks().unlock_door(lock).and_wait().await?;
    Ok(true)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let lock = example::argument("DEVICE_ID", FRONT_DOOR, "this unlocks a real door");
    println!("unlocked: {}", let_in(&example::seam()?, &lock).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use seam_core::{TransportErrorKind, endpoints, model::Device};
    use seam_fake::{FakeSeam, NewDevice};
    use seam_mock::{MockTransport, Script, json_response};
    use serde_json::json;

    use super::*;

    /// State: changes can be read afterwards.
    #[tokio::test]
    async fn unlocks_a_door_that_is_online() {
        let fake = FakeSeam::new();
        assert!(let_in(&fake.seam(), FRONT_DOOR).await.unwrap());
        let door = fake.seam().devices().get(FRONT_DOOR).await.unwrap();
        assert_eq!(door.properties.unwrap().locked, Some(false));

        let shed = fake.add_device(NewDevice::lock().offline());
        assert!(!let_in(&fake.seam(), shed.as_str()).await.unwrap());
    }

    /// Sequence: typed requests with their responses, including network failures.
    #[tokio::test]
    async fn does_not_unlock_twice_after_a_timeout() {
        let online: Device =
            serde_json::from_value(json!({ "device_id": "d1", "properties": { "online": true } })).unwrap();
        let script = Script::new();
        script.expect::<endpoints::devices::Get>(|get| get.device_id == Some("d1".into())).respond(online);
        script.expect::<endpoints::locks::UnlockDoor>(|_| true).fail(TransportErrorKind::Timeout);

        assert!(let_in(&script.seam(), "d1").await.unwrap_err().is_outcome_unknown());
        script.verify();
    }

    /// HTTP: requests and responses as they are on the wire.
    #[tokio::test]
    async fn sends_nothing_to_a_lock_that_is_offline() {
        let mut transport = MockTransport::new();
        transport.expect_send().times(1).returning(|request| {
            assert_eq!(request.uri().path(), "/devices/get");
            Ok(json_response(200, json!({ "device": { "device_id": "d1", "properties": { "online": false } } })))
        });
        assert!(!let_in(&seam_mock::seam(transport), "d1").await.unwrap());
    }
}
