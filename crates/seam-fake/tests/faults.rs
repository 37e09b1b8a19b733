//! Tests of injected faults and of the rate limits of devices.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{Body, Credentials, ErrorKind, RetryPolicy, Seam, Transport, http, model::Timestamp};
use seam_fake::{API_KEY, BACK_DOOR, FRONT_DOOR, FakeSeam, Fault};
use serde_json::{Value, json};

/// Returns a client without retries.
fn once(fake: &FakeSeam) -> Seam {
    let credentials = Credentials::api_key(API_KEY).unwrap();
    Seam::builder(fake.clone())
        .clock(fake.clock())
        .credentials(credentials)
        .retry_policy(RetryPolicy::none())
        .build()
        .unwrap()
}

async fn control(fake: &FakeSeam, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = http::Request::builder().method(method).uri(path).body(Body::from(body.to_string())).unwrap();
    let response = fake.send(request).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

async fn is_locked(fake: &FakeSeam) -> bool {
    let device = once(fake).devices().get(FRONT_DOOR).await.unwrap();
    device.properties.unwrap().locked.unwrap()
}

#[tokio::test]
async fn retries_survive_an_outage() {
    let fake = FakeSeam::new();
    fake.inject(Fault::status(503).on("/devices/get").times(2));
    assert_eq!(fake.seam().devices().get(FRONT_DOOR).await.unwrap().device_id.as_str(), FRONT_DOOR);
    assert_eq!(fake.request_count(), 3);

    fake.inject(Fault::status(503));
    let error = once(&fake).devices().get(FRONT_DOOR).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    assert!(error.request_id().is_some());
    fake.clear_faults();
    assert!(once(&fake).devices().get(FRONT_DOOR).await.is_ok());
}

#[tokio::test]
async fn an_outage_can_be_limited_to_one_workspace() {
    let fake = FakeSeam::with_default_seed();
    fake.inject(Fault::status(503).in_workspace("seed_workspace_2"));
    for (key, is_well) in [("seam_apikey1_token", true), ("seam_apikey2_token", false)] {
        let seam = fake.seam().with_credentials(Credentials::api_key(key).unwrap());
        assert_eq!(seam.devices().list().await.is_ok(), is_well);
    }
}

#[tokio::test]
async fn a_lost_response_does_not_undo_the_action() {
    let fake = FakeSeam::new();
    assert!(is_locked(&fake).await);
    fake.inject(Fault::lost_response().on("/locks/unlock_door").times(1));
    let error = fake.seam().locks().unlock_door(FRONT_DOOR).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    fake.advance(Duration::from_secs(1));
    assert!(!is_locked(&fake).await);
}

#[tokio::test]
async fn a_request_that_is_not_sent_has_no_effect() {
    let fake = FakeSeam::new();
    fake.inject(Fault::unreachable().on("/locks/unlock_door").times(1));
    // The request was certainly not sent, so that even an action is retried.
    fake.seam().locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    assert!(!is_locked(&fake).await);
}

#[tokio::test]
async fn bodies_can_be_truncated() {
    let fake = FakeSeam::new();
    fake.inject(Fault::malformed().times(1));
    let error = once(&fake).devices().get(FRONT_DOOR).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    fake.inject(Fault::truncated().times(1));
    let error = once(&fake).devices().get(FRONT_DOOR).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
}

#[tokio::test]
async fn latency_uses_the_simulated_clock() {
    let fake = FakeSeam::new();
    fake.inject(Fault::latency(Duration::from_secs(3)).on("/devices/get"));
    once(&fake).devices().get(FRONT_DOOR).await.unwrap();
    assert!(fake.clock().elapsed() >= Duration::from_secs(3));

    fake.inject(Fault::latency(Duration::from_secs(600)));
    let error = once(&fake).devices().get(FRONT_DOOR).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[tokio::test]
async fn the_selection_of_failing_requests_is_deterministic() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let fake = FakeSeam::new();
        fake.inject(Fault::status(500).rate(0.3));
        let mut failed = Vec::new();
        for number in 0..100 {
            if once(&fake).devices().get(FRONT_DOOR).await.is_err() {
                failed.push(number);
            }
        }
        runs.push(failed);
    }
    assert_eq!(runs[0], runs[1]);
    assert!((15..45).contains(&runs[0].len()), "{}", runs[0].len());
}

#[tokio::test]
async fn faults_can_be_injected_over_http() {
    let fake = FakeSeam::new();
    let fault = json!({ "kind": "rate_limited", "seconds": 7, "route": "/devices/get", "times": 1, "rate": 1 });
    assert_eq!(control(&fake, "POST", "/_fake/faults", fault).await.0, 200);
    let error = once(&fake).devices().get(FRONT_DOOR).await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));

    for kind in ["unreachable", "lost_response", "malformed", "truncated"] {
        assert_eq!(control(&fake, "POST", "/_fake/faults", json!({ "kind": kind })).await.0, 200, "{kind}");
    }
    assert_eq!(control(&fake, "DELETE", "/_fake/faults", json!({})).await.0, 200);
    assert!(once(&fake).devices().get(FRONT_DOOR).await.is_ok());

    for (wrong, parameter) in [
        (json!({}), "kind"),
        (json!({ "kind": "earthquake" }), "kind"),
        (json!({ "kind": "status" }), "status"),
        (json!({ "kind": "status", "status": 99 }), "status"),
        (json!({ "kind": "latency" }), "seconds"),
        (json!({ "kind": "malformed", "seconds": 1 }), "seconds"),
        (json!({ "kind": "malformed", "route": "/locks/unlock" }), "route"),
        (json!({ "kind": "malformed", "times": 0 }), "times"),
        (json!({ "kind": "malformed", "rate": 1.5 }), "rate"),
        (json!({ "kind": "latency", "seconds": -1 }), "seconds"),
    ] {
        let (status, body) = control(&fake, "POST", "/_fake/faults", wrong).await;
        assert_eq!(status, 400);
        assert!(body.pointer(&format!("/error/validation_errors/{parameter}/_errors/0")).is_some(), "{body}");
    }
}

#[tokio::test]
async fn time_and_state_can_be_controlled_over_http() {
    let fake = FakeSeam::new();
    let attempt = once(&fake).locks().unlock_door(FRONT_DOOR).await.unwrap();
    assert_eq!(control(&fake, "POST", "/_fake/advance_time", json!({ "seconds": 1.5 })).await.0, 200);
    let attempt = once(&fake).action_attempts().get(attempt.action_attempt_id).await.unwrap();
    assert_eq!(attempt.status.to_string(), "success");

    // A row of the database can be sent back.
    let (_, before) = control(&fake, "GET", "/_fake/database", json!({})).await;
    assert_eq!(control(&fake, "POST", "/_fake/reset", json!({ "seed": "empty" })).await.0, 200);
    assert!(once(&fake).devices().list().await.unwrap().items.is_empty());
    assert_eq!(control(&fake, "PUT", "/_fake/database", before).await.0, 200);
    assert_eq!(once(&fake).devices().list().await.unwrap().items.len(), 5);

    // The timers of the new state run at their times.
    let other = FakeSeam::empty();
    let tomorrow: Timestamp = "2026-11-25T09:00:00Z".parse().unwrap();
    let code = once(&fake).access_codes().create(FRONT_DOOR).code("482913").starts_at(tomorrow).await.unwrap();
    let (_, before) = control(&fake, "GET", "/_fake/database", json!({})).await;
    assert_eq!(control(&other, "PUT", "/_fake/database", before).await.0, 200);
    other.advance(Duration::from_secs(25 * 60 * 60));
    let code = once(&other).access_codes().get(code.access_code_id).await.unwrap();
    assert_eq!(code.status.unwrap().to_string(), "set");

    for (path, body) in [
        ("/_fake/reset", json!({ "seed": "house" })),
        ("/_fake/advance_time", json!({})),
        ("/_fake/settings", json!({ "action_delay_seconds": "long" })),
        ("/_fake/database", json!({ "devices": "all" })),
    ] {
        assert_eq!(control(&fake, "POST", path, body).await.0, 400, "{path}");
    }
    assert_eq!(control(&fake, "POST", "/_fake/settings", json!({ "action_delay_seconds": 0 })).await.0, 200);
    let attempt = once(&fake).locks().lock_door(FRONT_DOOR).await.unwrap();
    assert_eq!(attempt.status.to_string(), "success");
    assert_eq!(control(&fake, "GET", "/_fake/nothing", json!({})).await.0, 404);
}

#[tokio::test]
async fn the_requests_to_a_device_are_limited() {
    let fake = FakeSeam::new();
    let seam = once(&fake);
    for _ in 0..15 {
        seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    }
    let error = seam.locks().unlock_door(FRONT_DOOR).await.unwrap_err();
    assert!(error.is_rate_limited());
    let wait = error.retry_after().unwrap();
    // Other devices and other routes have their own limits.
    seam.locks().unlock_door(BACK_DOOR).await.unwrap();
    seam.locks().lock_door(FRONT_DOOR).await.unwrap();
    fake.advance(wait);
    seam.locks().unlock_door(FRONT_DOOR).await.unwrap();

    fake.disable_rate_limits();
    for _ in 0..30 {
        seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    }
}

#[tokio::test]
async fn planned_actions_end_as_configured() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    fake.fail_next_action("lock_jammed", "The bolt does not move");
    let error = seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ActionFailed);
    assert!(is_locked(&fake).await);

    fake.hang_next_action();
    let error = seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ActionPending);

    fake.delay_next_action(Duration::from_secs(5));
    let began = fake.clock().elapsed();
    seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    assert!(fake.clock().elapsed() - began >= Duration::from_secs(5));
    assert!(!is_locked(&fake).await);
}
