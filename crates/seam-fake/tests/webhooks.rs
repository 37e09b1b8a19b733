//! Tests of webhooks: signatures, event filters and retries.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use seam_core::{Clock, Request, WebhookVerifier, model::EventType};
use seam_fake::{BACK_DOOR, FRONT_DOOR, FakeSeam};

const URL: &str = "https://example.com/hook";

async fn unlock(fake: &FakeSeam, door: &str) {
    fake.seam().locks().unlock_door(door).and_wait().await.unwrap();
}

fn event_type(request: &Request) -> String {
    let event: serde_json::Value = serde_json::from_slice(request.body().as_ref()).unwrap();
    event.get("event_type").unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn events_are_signed_and_delivered() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let webhook = seam.webhooks().create(URL).event_types([EventType::LockUnlocked]).await.unwrap();
    let verifier = WebhookVerifier::new(webhook.secret.clone().unwrap()).unwrap();
    assert!(fake.take_webhooks().is_empty());

    unlock(&fake, FRONT_DOOR).await;
    seam.locks().lock_door(FRONT_DOOR).and_wait().await.unwrap();
    let requests = fake.take_webhooks();
    assert_eq!(requests.iter().map(event_type).collect::<Vec<_>>(), ["lock.unlocked"]);
    let [request] = &requests[..] else { panic!("one") };
    assert_eq!(request.uri(), URL);
    let delivery = verifier.verify_at(request.headers(), request.body().as_ref(), fake.clock().system_time()).unwrap();
    assert_eq!(delivery.event().unwrap().event_type, EventType::LockUnlocked);
    assert!(fake.take_webhooks().is_empty());
}

#[tokio::test]
async fn webhooks_are_created_changed_and_deleted() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let webhook = seam.webhooks().create(URL).await.unwrap();
    assert_eq!(webhook.event_types.len(), 1);
    let id = webhook.webhook_id;
    assert_eq!(seam.webhooks().get(id.clone()).await.unwrap().url, Some(URL.into()));
    seam.webhooks().update(id.clone(), ["lock.locked"]).await.unwrap();
    unlock(&fake, FRONT_DOOR).await;
    assert!(fake.take_webhooks().is_empty());
    assert_eq!(seam.webhooks().list().await.unwrap().len(), 1);
    seam.webhooks().delete(id.clone()).await.unwrap();
    assert!(seam.webhooks().get(id).await.unwrap_err().is_not_found());
    assert!(seam.webhooks().create("not a url").await.is_err());
}

#[tokio::test]
async fn a_failed_delivery_is_retried_on_the_schedule_of_seam() {
    let fake = FakeSeam::new();
    fake.seam().webhooks().create(URL).event_types([EventType::LockUnlocked]).await.unwrap();
    let ids = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ids);
    fake.on_webhook(move |request| {
        let id = request.headers().get("svix-id").unwrap().to_str().unwrap().to_owned();
        seen.lock().unwrap().push(id);
        500
    });
    unlock(&fake, BACK_DOOR).await;
    let count = || ids.lock().unwrap().len();
    assert_eq!(count(), 1);
    let (minute, hour) = (60, 60 * 60);
    for (tries, pause) in [5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 10 * hour].into_iter().enumerate()
    {
        fake.advance(Duration::from_secs(pause - 1));
        assert_eq!(count(), tries + 1, "a second before {pause} s");
        fake.advance(Duration::from_secs(1));
        assert_eq!(count(), tries + 2, "after {pause} s");
    }
    fake.advance(Duration::from_secs(100 * hour));
    assert_eq!(count(), 8);
    // Each attempt has the same message id, so that receivers can detect duplicates.
    let ids = ids.lock().unwrap();
    assert!(ids.iter().all(|id| id == &ids[0]));
}

#[tokio::test]
async fn a_delivered_message_is_not_retried() {
    let fake = FakeSeam::new();
    fake.seam().webhooks().create(URL).event_types([EventType::LockUnlocked]).await.unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&tries);
    fake.on_webhook(move |_| if seen.fetch_add(1, Ordering::SeqCst) < 2 { 503 } else { 204 });
    unlock(&fake, FRONT_DOOR).await;
    fake.advance(Duration::from_secs(48 * 60 * 60));
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}
