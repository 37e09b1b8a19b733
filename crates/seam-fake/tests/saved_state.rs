//! Tests of saved states: a loaded state continues as the saved one.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;
use seam_core::{Body, Transport, http};
use seam_fake::{
    API_KEY, FRONT_DOOR, FakeSeam, Fault, GUEST, LoadError, NOISE_SENSOR, NewDevice, ROOM_101, THERMOSTAT,
};
use serde_json::{Value, json};

/// Sends a request with the key of the fake, and returns the status and the body of the response.
async fn post(fake: &FakeSeam, path: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::post(path).header("authorization", format!("Bearer {API_KEY}"));
    let response = fake.send(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap_or_default())
}

fn reload(fake: &FakeSeam) -> FakeSeam {
    let mut saved = Vec::new();
    fake.save(&mut saved).unwrap();
    FakeSeam::load(&*saved).unwrap()
}

/// Returns requests that leave pending jobs and actions of every kind.
fn requests() -> Vec<(&'static str, Value)> {
    let soon = "2026-11-24T09:10:00.000Z";
    let later = "2026-11-24T10:00:00.000Z";
    vec![
        ("/webhooks/create", json!({ "url": "http://127.0.0.1:9/hook" })),
        (
            "/locks/configure_auto_lock",
            json!({ "device_id": FRONT_DOOR, "auto_lock_enabled": true, "auto_lock_delay_seconds": 60 }),
        ),
        ("/locks/unlock_door", json!({ "device_id": FRONT_DOOR })),
        (
            "/access_codes/create",
            json!({ "device_id": FRONT_DOOR, "code": "4711", "starts_at": soon, "ends_at": later }),
        ),
        ("/locks/simulate/keypad_code_entry", json!({ "device_id": FRONT_DOOR, "code": "1988" })),
        (
            "/thermostats/create_climate_preset",
            json!({
                "device_id": THERMOSTAT, "climate_preset_key": "asleep", "name": "Asleep", "hvac_mode_setting": "off",
            }),
        ),
        (
            "/thermostats/schedules/create",
            json!({
                "device_id": THERMOSTAT, "climate_preset_key": "asleep", "starts_at": soon, "ends_at": later, "name": "Night",
                "max_override_period_minutes": 20, "is_override_allowed": true,
            }),
        ),
        ("/thermostats/off", json!({ "device_id": THERMOSTAT })),
        (
            "/noise_sensors/noise_thresholds/create",
            json!({
                "device_id": NOISE_SENSOR, "starts_daily_at": "20:00:00[UTC]", "ends_daily_at": "08:00:00[UTC]",
                "noise_threshold_decibels": 60,
            }),
        ),
        ("/noise_sensors/simulate/trigger_noise_threshold", json!({ "device_id": NOISE_SENSOR })),
        (
            "/access_grants/create",
            json!({
                "user_identity_id": GUEST, "device_ids": [FRONT_DOOR], "acs_entrance_ids": [ROOM_101],
                "requested_access_methods": [{ "mode": "code" }, { "mode": "card" }], "starts_at": soon, "ends_at": later,
            }),
        ),
        ("/locks/lock_door", json!({ "device_id": FRONT_DOOR })),
    ]
}

/// Returns the state without the parts that the process adds, and the deliveries.
fn outcome(fake: &FakeSeam, deliveries: &Mutex<Vec<String>>) -> (Value, Vec<String>) {
    (fake.database(), deliveries.lock().unwrap().clone())
}

/// Rejects every webhook and records the identifiers of the messages.
fn reject_webhooks(fake: &FakeSeam) -> Arc<Mutex<Vec<String>>> {
    let deliveries = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&deliveries);
    fake.on_webhook(move |request| {
        record.lock().unwrap().push(request.headers()["svix-id"].to_str().unwrap().to_owned());
        503
    });
    deliveries
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// A restart at any time does not change what happens afterwards.
    #[test]
    fn a_restart_changes_nothing(
        steps in proptest::collection::vec((0..requests().len(), 0_u64..400), 1..24),
        restart in 0_usize..24,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let through = FakeSeam::new();
            let mut restarted = FakeSeam::new();
            let (all, first) = (reject_webhooks(&through), reject_webhooks(&restarted));
            let mut second = None;
            let requests = requests();
            for (number, (request, seconds)) in steps.iter().enumerate() {
                if number == restart {
                    restarted = reload(&restarted);
                    second = Some(reject_webhooks(&restarted));
                }
                let (path, body) = &requests[*request];
                let expected = post(&through, path, body).await;
                assert_eq!(post(&restarted, path, body).await, expected);
                for fake in [&through, &restarted] {
                    fake.advance(Duration::from_secs(*seconds));
                }
            }
            for fake in [&through, &restarted] {
                fake.advance(Duration::from_secs(3 * 24 * 60 * 60));
            }
            let (database, deliveries) = outcome(&through, &all);
            let (after_restart, mut before) = outcome(&restarted, &first);
            assert_eq!(after_restart, database);
            before.extend(second.map(|second| second.lock().unwrap().clone()).unwrap_or_default());
            assert_eq!(before, deliveries);
        });
    }
}

#[tokio::test]
async fn the_requests_of_these_tests_succeed() {
    let fake = FakeSeam::new();
    for (path, body) in requests() {
        let (status, answer) = post(&fake, path, &body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        fake.advance(Duration::from_secs(2));
    }
}

#[tokio::test]
async fn plans_faults_and_settings_are_saved() {
    let fake = FakeSeam::new();
    fake.set_action_delay(Duration::from_secs(30));
    fake.disable_rate_limits();
    fake.fail_next_action("jammed", "The lock is jammed");
    fake.inject(Fault::status(503).on("/devices/list").times(2));
    let restarted = reload(&fake);
    let seam = restarted.seam();

    let error = seam.devices().list().without_retries().await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    // No limits for devices, each action takes 30 s, and the first one fails.
    let mut ids = Vec::new();
    for _ in 0..20 {
        let (status, answer) = post(&restarted, "/locks/unlock_door", &json!({ "device_id": FRONT_DOOR })).await;
        assert_eq!(status, 200);
        ids.push(answer["action_attempt"]["action_attempt_id"].clone());
    }
    for (seconds, expected) in [(29, vec!["pending"; 20]), (1, [vec!["error"], vec!["success"; 19]].concat())] {
        restarted.advance(Duration::from_secs(seconds));
        let mut statuses = Vec::new();
        for id in &ids {
            let (_, answer) = post(&restarted, "/action_attempts/get", &json!({ "action_attempt_id": id })).await;
            statuses.push(answer["action_attempt"]["status"].as_str().unwrap().to_owned());
        }
        assert_eq!(statuses, expected);
    }
}

#[test]
fn a_delivery_without_a_response_is_retried() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let fake = FakeSeam::new();
        post(&fake, "/webhooks/create", &json!({ "url": "http://127.0.0.1:9/hook" })).await;
        post(&fake, "/locks/unlock_door", &json!({ "device_id": FRONT_DOOR })).await;
        // Saves the state before the receiver has responded, as by a process that ends then.
        let saved = Arc::new(Mutex::new(Vec::new()));
        let (sender, state) = (fake.clone(), Arc::clone(&saved));
        fake.on_webhook(move |_| {
            let mut saved = Vec::new();
            sender.save(&mut saved).unwrap();
            state.lock().unwrap().push(saved);
            200
        });
        fake.advance(Duration::from_secs(1));
        let saved = saved.lock().unwrap();
        let total = saved.len();
        assert!(total > 0);
        for (answered, saved) in saved.iter().enumerate() {
            assert_eq!(FakeSeam::load(&**saved).unwrap().take_webhooks().len(), total - answered);
        }
    });
}

#[test]
fn files_are_replaced_atomically_and_readable_only_by_their_owner() {
    let folder = std::env::temp_dir().join(format!("seam-fake-saved-state-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("state.json");
    let fake = FakeSeam::new();
    fake.save_to_file(&path).unwrap();
    fake.save_to_file(&path).unwrap();
    assert_eq!(FakeSeam::load_from_file(&path).unwrap().database(), fake.database());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let missing = folder.join("missing").join("state.json");
    assert!(fake.save_to_file(&missing).is_err());
    assert!(matches!(FakeSeam::load_from_file(&missing), Err(LoadError::Read(_))));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_invalid_saved_state_is_rejected_without_quoting_it() {
    let of = |saved: &str| FakeSeam::load(saved.as_bytes()).unwrap_err();
    assert_eq!(of("").to_string(), "invalid saved state at line 1, column 0");
    assert_eq!(
        of(r#"{"fake_seam_state": 99}"#).to_string(),
        "unsupported format 99 of the saved state; this version supports format 1"
    );
    let mut saved = Vec::new();
    FakeSeam::new().save(&mut saved).unwrap();
    let text = String::from_utf8(saved).unwrap();
    for cut in [text.len() / 3, text.len() / 2, text.len() - 1] {
        assert!(matches!(of(text.get(..cut).unwrap()), LoadError::Invalid { .. }));
    }
    // Values that would overflow, and rows that would replace others.
    let mut state: Value = serde_json::from_str(&text).unwrap();
    for counter in
        ["/state/rows", "/state/requests", "/state/ids/devices", "/state/deliveries/count", "/state/faults/count"]
    {
        let mut state = state.clone();
        if counter == "/state/ids/devices" {
            state["state"]["ids"] = json!({ "devices": 0 });
        }
        *state.pointer_mut(counter).unwrap() = json!(u64::MAX);
        assert!(matches!(of(&state.to_string()), LoadError::Invalid { .. }), "{counter}");
    }
    let row = state["state"]["tables"]["devices"][0].clone();
    for (name, value) in [("number", json!(u64::MAX)), ("number", json!(0)), ("object", json!({ "device_id": "new" }))]
    {
        let mut row = row.clone();
        row[name] = value;
        let mut state = state.clone();
        state["state"]["tables"]["devices"].as_array_mut().unwrap().push(row);
        assert!(matches!(of(&state.to_string()), LoadError::Invalid { .. }), "{name}");
    }
    // A counter that is lower than the ids of its rows continues after them.
    state["state"]["rows"] = json!(0);
    let fake = FakeSeam::load(state.to_string().as_bytes()).unwrap();
    let before = fake.database();
    fake.add_device(NewDevice::lock());
    for device in before["devices"].as_array().unwrap() {
        assert!(fake.database()["devices"].as_array().unwrap().contains(device));
    }

    let renamed = text.replace("\"devices\"", "\"secret-4711\"");
    assert!(!of(&renamed).to_string().contains("4711"));
}

proptest! {
    #[test]
    fn no_input_panics(saved in ".*") {
        let _ = FakeSeam::load(saved.as_bytes());
    }
}
