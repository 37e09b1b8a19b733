//! Tests of settings: changes of settings, faults and action plans change the state's revision.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_fake::{FRONT_DOOR, FakeSeam, Fault};

type Setter = fn(&FakeSeam);

fn count(fake: &FakeSeam, kind: &str) -> usize {
    fake.database().get(kind).and_then(|rows| rows.as_array().map(Vec::len)).unwrap()
}

#[test]
fn each_setter_changes_the_revision() {
    let fake = FakeSeam::new();
    let setters: [(&str, Setter); 9] = [
        ("inject", |fake| {
            fake.inject(Fault::unreachable());
        }),
        ("end_fault", |fake| assert!(fake.end_fault(fake.faults()[0].0))),
        ("clear_faults", FakeSeam::clear_faults),
        ("set_action_delay", |fake| fake.set_action_delay(Duration::ZERO)),
        ("set_history_limit", |fake| fake.set_history_limit(10)),
        ("disable_rate_limits", |fake| fake.disable_rate_limits()),
        ("fail_next_action", |fake| fake.fail_next_action("lock_jammed", "The bolt is jammed")),
        ("hang_next_action", FakeSeam::hang_next_action),
        ("delay_next_action", |fake| fake.delay_next_action(Duration::from_secs(5))),
    ];
    for (name, set) in setters {
        let before = fake.revision();
        set(&fake);
        assert!(fake.revision() > before, "{name}");
    }
}

#[tokio::test]
async fn a_lower_history_limit_applies_immediately() {
    let fake = FakeSeam::new();
    fake.disable_rate_limits();
    let seam = fake.seam();
    fake.hang_next_action();
    let pending = seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    let mut ended = Vec::new();
    for _ in 0..20 {
        ended.push(seam.locks().unlock_door(FRONT_DOOR).await.unwrap().action_attempt_id);
        fake.advance(Duration::from_secs(1));
    }
    assert_eq!(count(&fake, "action_attempts"), 21);

    fake.set_history_limit(5);
    assert_eq!((count(&fake, "action_attempts"), count(&fake, "events")), (5, 5));
    seam.action_attempts().get(&pending.action_attempt_id).await.unwrap();
    seam.action_attempts().get(&ended[19]).await.unwrap();
    assert!(seam.action_attempts().get(&ended[15]).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn rate_limits_can_be_enabled_again() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unlock = async || seam.locks().unlock_door(FRONT_DOOR).without_retries().await;
    fake.disable_rate_limits();
    for _ in 0..20 {
        unlock().await.unwrap();
    }
    fake.enable_rate_limits();
    // Earlier requests do not count.
    for _ in 0..15 {
        unlock().await.unwrap();
    }
    assert!(unlock().await.unwrap_err().is_rate_limited());
    fake.advance(Duration::from_secs(60));
    unlock().await.unwrap();
}
