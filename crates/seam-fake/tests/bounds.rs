//! Tests of the limits of growing collections, and of indexes: a lookup finds what a scan finds.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{collections::BTreeSet, time::Duration};

use seam_core::Credentials;
use seam_fake::{FRONT_DOOR, FakeSeam, NewAccessCode, NewDevice};
use serde_json::json;

fn count(fake: &FakeSeam, kind: &str) -> usize {
    fake.database().get(kind).and_then(|rows| rows.as_array().map(Vec::len)).unwrap()
}

#[tokio::test]
async fn the_oldest_events_and_ended_actions_are_removed_first() {
    let fake = FakeSeam::new();
    fake.set_history_limit(50);
    fake.disable_rate_limits();
    fake.hang_next_action();
    let seam = fake.seam();
    let pending = seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    let mut ended = Vec::new();
    for _ in 0..120 {
        ended.push(seam.locks().unlock_door(FRONT_DOOR).await.unwrap().action_attempt_id);
        fake.advance(Duration::from_secs(1));
    }
    assert_eq!((count(&fake, "action_attempts"), count(&fake, "events")), (50, 50));
    // The oldest action is pending, so it is kept.
    seam.action_attempts().get(&pending.action_attempt_id).await.unwrap();
    assert!(seam.action_attempts().get(&ended[0]).await.unwrap_err().is_not_found());
    for id in ended.iter().skip(71) {
        seam.action_attempts().get(id).await.unwrap();
    }
    let events = seam.events().list().device_id(FRONT_DOOR).await.unwrap();
    assert_eq!(events.len(), 50);
}

#[tokio::test]
async fn actions_that_stay_pending_are_bounded_too() {
    let fake = FakeSeam::new();
    fake.set_history_limit(150);
    fake.disable_rate_limits();
    let seam = fake.seam();
    let first = seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    for _ in 0..300 {
        seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    }
    assert_eq!(count(&fake, "action_attempts"), 150);
    assert!(seam.action_attempts().get(&first.action_attempt_id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn by_default_ten_thousand_are_kept() {
    let fake = FakeSeam::empty();
    fake.disable_rate_limits();
    fake.set_action_delay(Duration::ZERO);
    let lock = fake.add_device(NewDevice::lock());
    let seam = fake.seam();
    for _ in 0..10_100 {
        seam.locks().unlock_door(&lock).await.unwrap();
    }
    assert_eq!((count(&fake, "action_attempts"), count(&fake, "events")), (10_000, 10_000));
}

#[tokio::test]
async fn the_index_of_codes_follows_each_change() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let locks: Vec<_> = (0..3).map(|_| fake.add_device(NewDevice::lock())).collect();
    let mut expected = vec![BTreeSet::new(); 3];
    for number in 0..30 {
        let lock = number % 3;
        let pin = format!("{}", 4000 + number);
        let id = match number % 4 {
            0 => fake.add_access_code(NewAccessCode::on(&locks[lock]).code(&pin)),
            1 => fake.add_access_code(NewAccessCode::on(&locks[lock]).code(&pin).unmanaged()),
            _ => seam.access_codes().create(&locks[lock]).code(pin.as_str()).await.unwrap().access_code_id,
        };
        expected[lock].insert((id, pin));
        fake.advance(Duration::from_secs(60));
    }
    let deleted = expected[0].pop_first().unwrap();
    seam.access_codes().delete(&deleted.0).and_wait().await.unwrap();
    let mut saved = Vec::new();
    fake.save(&mut saved).unwrap();
    for fake in [fake, FakeSeam::load(&*saved).unwrap()] {
        fake.disable_rate_limits();
        let seam = fake.seam();
        for (lock, codes) in locks.iter().zip(&expected) {
            // Each PIN unlocks its own lock only.
            for (_, pin) in expected.iter().flatten() {
                seam.locks().lock_door(lock).and_wait().await.unwrap();
                seam.locks().simulate().keypad_code_entry(lock, pin.as_str()).and_wait().await.unwrap();
                let locked = seam.devices().get(lock).await.unwrap().properties.unwrap().locked;
                assert_eq!(locked, Some(!codes.iter().any(|(_, own)| own == pin)), "{pin}");
            }
        }
        seam.locks().lock_door(&locks[0]).and_wait().await.unwrap();
        seam.locks().simulate().keypad_code_entry(&locks[0], deleted.1.as_str()).and_wait().await.unwrap();
        assert_eq!(seam.devices().get(&locks[0]).await.unwrap().properties.unwrap().locked, Some(true));
    }
}

#[tokio::test]
async fn a_search_follows_each_change() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let found = async |text: &str| seam.devices().list().search(text).await.unwrap().items.len();
    assert_eq!((found("FRONT").await, found("lobby").await), (1, 0));

    seam.devices().update(FRONT_DOOR).name("Lobby").await.unwrap();
    assert_eq!((found("lobby").await, found("LOBBY").await), (1, 1));

    seam.devices().update(FRONT_DOOR).name("Cellar").await.unwrap();
    assert_eq!((found("lobby").await, found("cellar").await), (0, 1));
}

#[tokio::test]
async fn rejected_requests_change_nothing() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let size = || {
        let mut saved = Vec::new();
        fake.save(&mut saved).unwrap();
        saved.len()
    };
    let before = size();
    for number in 0..1_000 {
        let unknown = format!("{number}-{}", "x".repeat(1_000));
        assert!(seam.locks().unlock_door(unknown).await.unwrap_err().is_not_found());
    }
    // The number of requests has three more digits.
    assert!(size() <= before + 10, "{} bytes more", size() - before);
}

#[tokio::test]
async fn cyclic_references_end() {
    let fake = FakeSeam::new();
    let own = json!({ "connected_account_id": "account", "acs_system_id": "system", "device_id": "device" });
    for (kind, id, extra) in [
        ("connected_accounts", "account", json!({})),
        ("acs_systems", "system", json!({})),
        ("devices", "device", json!({ "device_type": "august_lock" })),
        ("action_attempts", "attempt", json!({ "action_attempt_id": "attempt", "_subject": "attempt" })),
    ] {
        let mut resource = own.clone();
        resource.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(fake.add(kind, resource).unwrap(), id);
    }
    let seam = fake.seam();
    assert!(seam.devices().list().customer_key("unknown").await.unwrap().items.is_empty());
    assert!(seam.acs().systems().list().customer_key("unknown").await.unwrap().is_empty());
    assert!(seam.connected_accounts().list().customer_key("unknown").await.unwrap().items.is_empty());
    let session = seam.client_sessions().create().await.unwrap();
    let token = session.token.unwrap();
    let credentials = Credentials::client_session_token(token.expose_secret()).unwrap();
    let session = fake.builder().credentials(credentials).build().unwrap();
    // The device belongs to an account that the session has no access to.
    assert!(session.action_attempts().get("attempt").await.unwrap_err().is_not_found());
}
