//! The program of the tutorial: a small hotel whose guests get a PIN for the lock of their room.
//!
//! ```console
//! $ cargo run --example hotel
//! rooms: Back Door, Front Door, Garage
//! the PIN for booking 7731 is 4860
//! the door is unlocked
//! no lock went offline
//! ```
//!
//! `cargo test --example hotel` runs its tests. With `SEAM_API_KEY` it creates an access code on a real lock and unlocks it. The name of
//! the lock is required as an argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{collections::BTreeMap, time::Duration};

use seam_guide::example;
use seam_reqwest::{
    Error, Outcome, Seam,
    model::{AccessCode, DeviceId, EventType, Pin, Timestamp},
};

/// A hotel, whose rooms are the locks of a workspace.
struct Hotel {
    seam: Seam,
    rooms: BTreeMap<String, DeviceId>,
}

impl Hotel {
    /// Reads the locks of a workspace. The name of a lock is the name of its room.
    async fn open(seam: Seam) -> Result<Self, Error> {
        let mut rooms = BTreeMap::new();
        let mut devices = seam.devices().list().items();
        while let Some(device) = devices.next().await {
            let device = device?;
            if let (Some(true), Some(name)) = (device.can_remotely_unlock, device.display_name) {
                rooms.insert(name, device.device_id);
            }
        }
        Ok(Self { seam, rooms })
    }
}

/// A booking: a PIN works from the arrival to the departure.
struct Stay {
    booking: &'static str,
    arrival: Timestamp,
    departure: Timestamp,
}

impl Hotel {
    /// Creates the access code of a booking. Returns the existing one if an earlier request created it.
    async fn check_in(&self, lock: &DeviceId, stay: &Stay) -> Result<AccessCode, Error> {
        let name = format!("Booking {}", stay.booking);
        let codes = self.seam.access_codes();
        let create = codes.create(lock).name(&name).starts_at(&stay.arrival).ends_at(&stay.departure);
        let error = match create.await {
            Err(error) if error.is_outcome_unknown() => error,
            result => return result,
        };
        // Seam may have created the code. Creating it again could leave two PINs on the lock.
        let mut found = codes.list().device_id(lock).search(name.as_str()).items();
        while let Some(code) = found.next().await {
            let code = code?;
            if code.name.as_deref() == Some(&name) {
                return Ok(code);
            }
        }
        Err(error)
    }

    /// Waits until the lock has an access code, or an error prevents it.
    async fn wait_until_set(&self, code: &AccessCode) -> Result<AccessCode, Error> {
        let get = self.seam.access_codes().get(&code.access_code_id);
        let wait = get.until(|code| code.pending_mutations.is_empty() || !code.errors.is_empty());
        wait.timeout(Duration::from_secs(60)).await
    }
}

/// The result of unlocking a door.
#[derive(Debug, PartialEq)]
enum Entry {
    Unlocked,
    Failed(String),
    /// The door may be unlocked, or become unlocked later.
    Unknown,
}

impl Hotel {
    /// Unlocks a door for a guest without a PIN, and waits for the lock.
    async fn unlock(&self, lock: &DeviceId) -> Result<Entry, Error> {
        let wait = self.seam.locks().unlock_door(lock).and_wait().timeout(Duration::from_secs(20));
        let Err(error) = wait.await else { return Ok(Entry::Unlocked) };
        match error.outcome() {
            Outcome::Failed => Ok(Entry::Failed(error.message().to_owned())),
            Outcome::Pending | Outcome::Unknown => Ok(Entry::Unknown),
            _ => Err(error),
        }
    }
}

impl Hotel {
    /// Returns the rooms whose locks went offline after a point in time.
    async fn offline_since(&self, since: &Timestamp) -> Result<Vec<String>, Error> {
        let list = self.seam.events().list().since(since).event_type(EventType::DeviceDisconnected);
        let events = list.await?;
        let went_offline = |lock: &DeviceId| events.iter().any(|event| event.device_id().as_ref() == Some(lock));
        Ok(self.rooms.iter().filter(|(_, lock)| went_offline(lock)).map(|(room, _)| room.clone()).collect())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seam = example::seam()?;
    let start = seam.now();
    let hotel = Hotel::open(seam).await?;
    let rooms: Vec<_> = hotel.rooms.keys().map(String::as_str).collect();
    println!("rooms: {}", rooms.join(", "));

    let room = example::argument("ROOM", "Front Door", "this unlocks a real door");
    let lock = hotel.rooms.get(&room).ok_or("there is no such room")?;
    let departure = start.clone() + Duration::from_secs(3 * 24 * 60 * 60);
    let stay = Stay { booking: "7731", arrival: start.clone(), departure };
    let code = hotel.check_in(lock, &stay).await?;
    let code = hotel.wait_until_set(&code).await?;
    // Only the message to the guest reads the PIN.
    println!("the PIN for booking {} is {}", stay.booking, code.code.as_ref().map_or("not known", Pin::expose_secret));

    match hotel.unlock(lock).await? {
        Entry::Unlocked => println!("the door is unlocked"),
        Entry::Failed(reason) => println!("the door is not unlocked: {reason}"),
        Entry::Unknown => println!("the door may be unlocked: ask the guest"),
    }

    match hotel.offline_since(&start).await?.as_slice() {
        [] => println!("no lock went offline"),
        rooms => println!("offline: {}", rooms.join(", ")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use seam_core::{TransportErrorKind, endpoints::locks};
    use seam_fake::{FakeSeam, Fault, NewDevice};
    use seam_mock::Script;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// A hotel with one room.
    async fn hotel() -> (FakeSeam, Hotel, DeviceId) {
        let fake = FakeSeam::empty();
        let lock = fake.add_device(NewDevice::lock().name("Room 101"));
        let hotel = Hotel::open(fake.seam()).await.unwrap();
        (fake, hotel, lock)
    }

    /// A stay that begins tomorrow and lasts two days.
    fn stay(hotel: &Hotel) -> Stay {
        let arrival = hotel.seam.now() + DAY;
        Stay { booking: "7731", departure: arrival.clone() + 2 * DAY, arrival }
    }

    #[tokio::test]
    async fn the_code_is_on_the_lock_during_the_stay() {
        let (fake, hotel, lock) = hotel().await;
        let stay = stay(&hotel);
        let code = hotel.check_in(&lock, &stay).await.unwrap();
        assert!(!code.pending_mutations.is_empty());

        fake.advance_to(stay.arrival);
        let code = hotel.wait_until_set(&code).await.unwrap();
        assert!(code.errors.is_empty());

        fake.advance_to(stay.departure + Duration::from_secs(60));
        let error = hotel.seam.access_codes().get(&code.access_code_id).await.unwrap_err();
        assert!(error.is_not_found());
    }

    #[tokio::test]
    async fn a_lost_response_does_not_create_a_second_code() {
        let (fake, hotel, lock) = hotel().await;
        fake.inject(Fault::lost_response().on("/access_codes/create").times(1));

        let code = hotel.check_in(&lock, &stay(&hotel)).await.unwrap();
        assert_eq!(code.name.as_deref(), Some("Booking 7731"));
        assert_eq!(hotel.seam.access_codes().list().device_id(&lock).await.unwrap().items.len(), 1);
    }

    #[tokio::test]
    async fn a_jammed_lock_and_a_slow_lock_are_different() {
        let (fake, hotel, lock) = hotel().await;
        fake.fail_next_action("lock_jammed", "The bolt does not move");
        assert_eq!(hotel.unlock(&lock).await.unwrap(), Entry::Failed("The bolt does not move".to_owned()));

        fake.hang_next_action();
        assert_eq!(hotel.unlock(&lock).await.unwrap(), Entry::Unknown);

        assert_eq!(hotel.unlock(&lock).await.unwrap(), Entry::Unlocked);
    }

    #[tokio::test]
    async fn an_offline_lock_is_reported() {
        let (_fake, hotel, lock) = hotel().await;
        let start = hotel.seam.now();
        assert!(hotel.offline_since(&start).await.unwrap().is_empty());

        hotel.seam.devices().simulate().disconnect(&lock).await.unwrap();
        assert_eq!(hotel.offline_since(&start).await.unwrap(), ["Room 101"]);
    }

    #[tokio::test]
    async fn unlocking_is_not_repeated_after_a_timeout() {
        let script = Script::new();
        script.expect::<locks::UnlockDoor>(|_| true).fail(TransportErrorKind::Timeout);
        let hotel = Hotel { seam: script.seam(), rooms: BTreeMap::new() };

        assert_eq!(hotel.unlock(&"room-101".into()).await.unwrap(), Entry::Unknown);
        script.verify();
    }
}
