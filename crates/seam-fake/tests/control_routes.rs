//! Tests of the control routes below `/_fake`.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use seam_core::{
    Body, Credentials, ErrorKind, Request, Response, RetryPolicy, Seam, Transport, TransportError, TransportErrorKind,
    async_trait,
    endpoints::{devices, locks},
    http,
};
use seam_fake::{
    API_KEY, FRONT_DOOR, FakeSeam, Fault, NewAccessCode, NewAcsSystem, NewDevice, NewSpace, NewUserIdentity, WORKSPACE,
};
use serde_json::{Value, json};

/// Returns a client without retries.
fn once(fake: &FakeSeam) -> Seam {
    let credentials = Credentials::api_key(API_KEY).unwrap();
    fake.builder().credentials(credentials).retry_policy(RetryPolicy::none()).build().unwrap()
}

async fn raw(fake: &FakeSeam, method: &str, path: &str, body: &str) -> http::Response<Value> {
    let request = http::Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
    fake.send(request).await.unwrap().map(|body| serde_json::from_slice(body.as_ref()).unwrap())
}

/// Sends a control request that succeeds.
async fn control(fake: &FakeSeam, method: &str, path: &str, body: Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let response = raw(fake, method, path, &body).await;
    assert_eq!(response.status(), 200, "{method} {path}: {}", response.body());
    response.into_body()
}

async fn routes(fake: &FakeSeam) -> Vec<Value> {
    let listed = control(fake, "GET", "/_fake", Value::Null).await;
    listed.get("routes").and_then(Value::as_array).unwrap().clone()
}

#[tokio::test]
async fn all_routes_are_listed_and_documented() {
    let listed = routes(&FakeSeam::empty()).await;
    assert!(listed.len() > 20, "{}", listed.len());
    let page = include_str!("../../../docs/reference/fake-seam.md");
    let (_, page) = page.split_once("## Control routes").unwrap();
    let (page, _) = page.split_once("\n## ").unwrap();
    for route in &listed {
        let row = format!("| `{} {}`", route["methods"][0].as_str().unwrap(), route["path"].as_str().unwrap());
        let row = page.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| panic!("no row {row}"));
        for member in route["members"].as_array().into_iter().flatten() {
            assert!(row.contains(member.as_str().unwrap()), "{member} is not in {row}");
        }
    }
    let documented = page.lines().filter(|line| line.starts_with("| `") && line.contains(" /_fake")).count();
    assert_eq!(documented, listed.len());
}

#[tokio::test]
async fn invalid_control_requests_are_described() {
    let fake = FakeSeam::new();
    let response = raw(&fake, "POST", "/_fake/rest", "{}").await;
    assert_eq!(response.status(), 404);
    assert!(response.body()["error"]["message"].as_str().unwrap().contains("GET /_fake"), "{}", response.body());
    // API routes are not control routes, and control routes are not API routes.
    assert_eq!(raw(&fake, "POST", "/_fake/locks/unlock_door", "{}").await.status(), 404);

    let listed = routes(&fake).await;
    for route in &listed {
        let path = route["path"].as_str().unwrap();
        let method = route["methods"][0].as_str().unwrap();
        let response = raw(&fake, "TRACE", path, "").await;
        assert_eq!(response.status(), 405, "{path}");
        let allowed = response.headers()["allow"].to_str().unwrap();
        assert!(allowed.contains(method), "{path}: {allowed}");
        assert!(response.body()["error"]["message"].as_str().unwrap().contains(method), "{}", response.body());

        let secret = "4711";
        for (body, problem) in [
            (format!("{{ {secret}"), "not JSON"),
            (json!([secret]).to_string(), "not a JSON object"),
            (json!({ "no_such_member": secret }).to_string(), "no_such_member"),
        ] {
            let response = raw(&fake, method, path, &body).await;
            assert_eq!(response.status(), 400, "{method} {path} {body}");
            let message = response.body()["error"]["message"].as_str().unwrap();
            assert!(message.contains(problem) && message.contains("expected"), "{message}");
            assert!(!message.contains(secret), "{message}");
            for member in route["members"].as_array().into_iter().flatten() {
                assert!(message.contains(member.as_str().unwrap()), "{message} lacks {member}");
            }
        }
    }
    // The rejected requests had no effect.
    assert!(fake.faults().is_empty());
    assert_eq!(fake.seam().devices().list().await.unwrap().items.len(), 5);
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_described() {
    let fake = FakeSeam::new();
    for (path, body, member) in [
        ("/_fake/reset", json!({ "seed": 1 }), "seed"),
        ("/_fake/reset", json!({ "seed": "house" }), "seed"),
        ("/_fake/advance_time", json!({}), "seconds"),
        ("/_fake/advance_time", json!({ "seconds": "60" }), "seconds"),
        ("/_fake/settings", json!({ "rate_limits": "no" }), "rate_limits"),
        ("/_fake/settings", json!({ "rate_limits": false, "action_delay_seconds": -1 }), "action_delay_seconds"),
        ("/_fake/add", json!({ "kind": "doors", "resource": {} }), "kind"),
        ("/_fake/add", json!({ "kind": "spaces" }), "resource"),
        ("/_fake/add", json!({ "kind": "spaces", "resource": { "space_id": 7 } }), "resource"),
        ("/_fake/add_device", json!({}), "device_type"),
        ("/_fake/add_device", json!({ "device_type": "august_lock", "battery_level": 10 }), "battery_level"),
        ("/_fake/add_device", json!({ "device_type": "august_lock", "locked": "no" }), "locked"),
        ("/_fake/fail_next_action", json!({ "message": "no" }), "error_type"),
        ("/_fake/delay_next_action", json!({ "seconds": -1 }), "seconds"),
        ("/_fake/jam_lock", json!({ "device_id": 7 }), "device_id"),
        ("/_fake/set_battery_level", json!({ "device_id": FRONT_DOOR, "battery_level": 2 }), "battery_level"),
        ("/_fake/simulate_workspace_outage", json!({ "workspace_id": WORKSPACE, "routes": "/locks" }), "routes"),
    ] {
        let response = raw(&fake, "POST", path, &body.to_string()).await;
        assert_eq!(response.status(), 400, "{path} {body}");
        let error = &response.body()["error"];
        assert!(error["message"].as_str().unwrap().starts_with(member), "{error}");
        assert!(error["validation_errors"][member]["_errors"][0].is_string(), "{error}");
    }
    let settings = control(&fake, "GET", "/_fake/settings", Value::Null).await;
    assert_eq!(settings["rate_limits"], true, "half of a request had an effect");
}

#[tokio::test]
async fn resources_are_added() {
    let fake = FakeSeam::empty();
    let device = json!({
        "device_type": "schlage_lock", "device_id": "gate", "name": "Gate", "battery_level": 0.02, "online": false,
        "locked": false, "space_ids": ["garden"], "properties": { "serial_number": "S1" },
    });
    assert_eq!(control(&fake, "POST", "/_fake/add_device", device).await["id"], "gate");
    let space = json!({ "kind": "spaces", "resource": { "space_id": "garden", "name": "Garden" } });
    assert_eq!(control(&fake, "POST", "/_fake/add", space).await["resource"]["name"], "Garden");
    let code = json!({ "kind": "access_codes", "resource": { "device_id": "gate", "code": "1357", "name": "Ada" } });
    let code = control(&fake, "POST", "/_fake/add", code).await["id"].as_str().unwrap().to_owned();

    let seam = fake.seam();
    let gate = &seam.devices().list().space_id("garden").await.unwrap().items[0];
    let properties = gate.properties.clone().unwrap();
    assert_eq!((properties.online, properties.locked), (Some(false), Some(false)));
    assert_eq!(properties.serial_number.as_deref(), Some("S1"));
    assert_eq!(properties.battery.unwrap().status.unwrap().to_string(), "critical");
    assert_eq!(gate.errors.len(), 1);
    assert_eq!(seam.access_codes().get(code).await.unwrap().status.unwrap().to_string(), "set");
}

#[tokio::test]
async fn the_next_action_is_planned() {
    let fake = FakeSeam::new();
    let plan = json!({ "error_type": "lock_jammed", "message": "The bolt does not move" });
    control(&fake, "POST", "/_fake/fail_next_action", plan).await;
    control(&fake, "POST", "/_fake/hang_next_action", Value::Null).await;
    control(&fake, "POST", "/_fake/delay_next_action", json!({ "seconds": 5 })).await;
    let seam = fake.seam();
    let error = seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ActionFailed);
    assert!(error.to_string().contains("lock_jammed"), "{error}");
    let error = seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ActionPending);
    let began = fake.clock().elapsed();
    seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    assert!(fake.clock().elapsed() - began >= Duration::from_secs(5));
}

#[tokio::test]
async fn one_fault_is_ended_and_others_stay() {
    let fake = FakeSeam::new();
    let outage = json!({ "kind": "status", "status": 503, "route": "/devices/get" });
    let outage = control(&fake, "POST", "/_fake/faults", outage).await["fault_id"].clone();
    let limit = json!({ "kind": "rate_limited", "seconds": 7, "route": "/devices/list", "times": 2, "rate": 1 });
    let limit = control(&fake, "POST", "/_fake/faults", limit).await["fault_id"].clone();
    assert!(once(&fake).devices().list().await.unwrap_err().is_rate_limited());

    let listed = control(&fake, "GET", "/_fake/faults", Value::Null).await;
    assert_eq!(
        listed["faults"],
        json!([
            { "fault_id": outage, "kind": "status", "status": 503, "route": "/devices/get", "rate": 1.0 },
            {
                "fault_id": limit, "kind": "rate_limited", "seconds": 7.0, "route": "/devices/list", "times": 1,
                "rate": 1.0,
            },
        ])
    );
    control(&fake, "DELETE", &format!("/_fake/faults?fault_id={}", outage.as_str().unwrap()), Value::Null).await;
    assert!(once(&fake).devices().get(FRONT_DOOR).await.is_ok());
    assert!(once(&fake).devices().list().await.unwrap_err().is_rate_limited());
    // The fault has already ended.
    let response = raw(&fake, "DELETE", "/_fake/faults", &json!({ "fault_id": limit }).to_string()).await;
    assert_eq!((response.status().as_u16(), &response.body()["error"]["type"]), (404, &json!("fault_not_found")));

    let kept = fake.inject(Fault::malformed().on("/devices/get"));
    let ended = fake.inject(Fault::status(500));
    assert_ne!(kept, ended);
    assert!(fake.end_fault(ended) && !fake.end_fault(ended));
    assert_eq!(fake.faults(), [(kept, Fault::malformed().on("/devices/get"))]);
    control(&fake, "DELETE", "/_fake/faults", Value::Null).await;
    assert!(fake.faults().is_empty());
}

#[tokio::test]
async fn requests_are_listed_with_masked_secrets() {
    let fake = FakeSeam::new();
    fake.seam().access_codes().create(FRONT_DOOR).name("Ada").code("482913").await.unwrap();
    fake.inject(Fault::unreachable().on("/devices/list").times(1));
    once(&fake).devices().list().await.unwrap_err();

    let masked = control(&fake, "GET", "/_fake/requests", Value::Null).await;
    let requests = masked["requests"].as_array().unwrap();
    assert_eq!(requests.len(), 2, "requests to /_fake are not among them: {masked}");
    assert_eq!((&requests[0]["path"], &requests[0]["status"]), (&json!("/access_codes/create"), &json!(200)));
    assert_eq!(requests[0]["parameters"], json!({ "device_id": FRONT_DOOR, "name": "***", "code": "***" }));
    assert_eq!((&requests[1]["path"], &requests[1]["status"]), (&json!("/devices/list"), &Value::Null));
    let open = control(&fake, "GET", "/_fake/requests?show_secrets=true", Value::Null).await;
    assert_eq!(open["requests"][0]["parameters"]["code"], "482913");
}

#[tokio::test]
async fn webhook_deliveries_are_listed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    seam.webhooks().create("https://example.com/seam").await.unwrap();
    seam.access_codes().create(FRONT_DOOR).code("482913").await.unwrap();
    let pending = control(&fake, "GET", "/_fake/webhook_deliveries", Value::Null).await;
    assert_eq!(pending["webhook_deliveries"][0]["outcome"], "pending");
    assert!(!pending.to_string().contains("482913"), "{pending}");

    let mut statuses = vec![204, 500];
    fake.on_webhook(move |_| statuses.pop().unwrap_or(204));
    let tried = control(&fake, "GET", "/_fake/webhook_deliveries?show_secrets=true", Value::Null).await;
    let first = &tried["webhook_deliveries"][0];
    assert_eq!((&first["outcome"], &first["status"], &first["attempt"]), (&json!("rejected"), &json!(500), &json!(1)));
    assert_eq!(first["event"]["event_id"], first["event_id"]);
    fake.advance(Duration::from_secs(6));
    let tried = control(&fake, "GET", "/_fake/webhook_deliveries", Value::Null).await;
    let again = tried["webhook_deliveries"].as_array().unwrap().iter().rfind(|one| one["attempt"] == 2).unwrap();
    assert_eq!((&again["message_id"], &again["outcome"]), (&first["message_id"], &json!("accepted")));
}

#[tokio::test]
async fn a_reset_restores_the_initial_state() {
    let fake = FakeSeam::new();
    control(&fake, "POST", "/_fake/reset", json!({ "seed": "building" })).await;
    let fresh = {
        let mut fresh = Vec::new();
        for path in ["settings", "faults", "requests", "webhook_deliveries", "database"] {
            fresh.push((path, control(&fake, "GET", &format!("/_fake/{path}"), Value::Null).await));
        }
        fresh
    };

    // Changes everything that a test can set or use up.
    let settings = json!({ "action_delay_seconds": 9, "rate_limits": true });
    control(&fake, "POST", "/_fake/settings", settings).await;
    let seam = once(&fake);
    seam.webhooks().create("https://example.com/seam").await.unwrap();
    seam.access_codes().create(FRONT_DOOR).code("482913").await.unwrap();
    for _ in 0..15 {
        seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    }
    assert!(seam.locks().unlock_door(FRONT_DOOR).await.unwrap_err().is_rate_limited());
    control(&fake, "POST", "/_fake/settings", json!({ "rate_limits": false })).await;
    control(&fake, "POST", "/_fake/hang_next_action", Value::Null).await;
    control(&fake, "POST", "/_fake/jam_lock", json!({ "device_id": FRONT_DOOR })).await;
    control(&fake, "POST", "/_fake/faults", json!({ "kind": "status", "status": 503 })).await;
    let outage = json!({ "workspace_id": WORKSPACE, "routes": ["/devices/list"] });
    control(&fake, "POST", "/_fake/simulate_workspace_outage", outage).await;
    for (path, before) in &fresh {
        assert_ne!(
            &control(&fake, "GET", &format!("/_fake/{path}"), Value::Null).await,
            before,
            "{path} was not changed"
        );
    }

    control(&fake, "POST", "/_fake/reset", json!({ "seed": "building" })).await;
    for (path, before) in &fresh {
        assert_eq!(&control(&fake, "GET", &format!("/_fake/{path}"), Value::Null).await, before, "{path}");
    }
    // The rate limit of the device, the action plans and the ids are reset.
    let attempt = seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    assert_eq!(fake.requests()[0].number(), fake.request_count());
    for _ in 1..15 {
        seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    }
    assert!(seam.locks().unlock_door(FRONT_DOOR).await.unwrap_err().is_rate_limited(), "limits hold again");
    fake.advance(Duration::from_secs(1));
    let attempt = seam.action_attempts().get(attempt.action_attempt_id).await.unwrap();
    assert_eq!(attempt.status.to_string(), "success", "actions take a second again");
}

#[tokio::test]
async fn requests_can_be_parsed_by_type() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    seam.locks().unlock_door(FRONT_DOOR).await.unwrap();
    seam.devices().list().limit(2).await.unwrap();
    let [unlock] = &fake.requests_of::<locks::UnlockDoor>()[..] else { panic!("one request") };
    assert_eq!(unlock.device_id.as_str(), FRONT_DOOR);
    assert_eq!(fake.requests_of::<devices::List>()[0].limit, Some(2), "a query has types too");
    assert!(fake.requests_of::<locks::LockDoor>().is_empty());
    let requests = fake.requests();
    assert_eq!(
        (requests[1].method().as_str(), requests[1].path(), requests[1].status()),
        ("GET", "/devices/list", Some(200))
    );
    assert!(requests[0].read::<devices::List>().is_none());
}

/// A middleware that responds to the first request itself.
#[derive(Debug)]
struct FirstFails<T>(T, AtomicBool);

#[async_trait]
impl<T: Transport> Transport for FirstFails<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.1.swap(true, Ordering::Relaxed) {
            return self.0.send(request).await;
        }
        Err(TransportErrorKind::NotSent.into())
    }
}

#[tokio::test]
async fn a_middleware_does_not_replace_the_simulated_clock() {
    let fake = FakeSeam::new();
    fake.set_action_delay(Duration::from_secs(5));
    let began = (fake.clock().elapsed(), Instant::now());
    let seam = fake.seam_through(|transport| FirstFails(transport, AtomicBool::new(false)));
    seam.locks().unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    assert!(fake.clock().elapsed() - began.0 >= Duration::from_secs(5));
    assert!(began.1.elapsed() < Duration::from_secs(5), "it waited in real time");
    assert_eq!(fake.requests_of::<locks::UnlockDoor>().len(), 1, "the first did not come through");
}

#[tokio::test]
async fn builders_set_dependent_fields() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    for (level, status) in [(0.0, "critical"), (0.1, "low"), (0.5, "good"), (1.0, "full")] {
        let device = fake.add_device(NewDevice::lock().battery(level));
        let properties = seam.devices().get(device).await.unwrap().properties.unwrap();
        let battery = properties.battery.unwrap();
        assert_eq!((properties.battery_level, battery.level), (Some(level), Some(level)));
        assert_eq!(battery.status.unwrap().to_string(), status);
    }
    let hallway = fake.add_device(NewDevice::thermostat().temperature_celsius(20.0));
    let properties = seam.devices().get(hallway).await.unwrap().properties.unwrap();
    assert_eq!((properties.temperature_celsius, properties.temperature_fahrenheit), (Some(20.0), Some(68.0)));

    // An active code is set on its lock and is removed at its end.
    let lock = fake.add_device(NewDevice::lock().unlocked());
    let times = ("2026-11-24T08:00:00Z".parse().unwrap(), "2026-11-24T10:00:00Z".parse().unwrap());
    let guest = fake.add_access_code(NewAccessCode::on(&lock).code("482913").between(times.0, times.1));
    let other = fake.add_access_code(NewAccessCode::on(&lock).code("1988").unmanaged());
    assert_eq!(seam.access_codes().get(&guest).await.unwrap().status.unwrap().to_string(), "set");
    assert_eq!(seam.access_codes().unmanaged().get(other).await.unwrap().code.unwrap().expose_secret(), "1988");
    fake.advance(Duration::from_secs(2 * 60 * 60));
    assert!(seam.access_codes().get(guest).await.unwrap_err().is_not_found());

    let ada = fake.add_user_identity(NewUserIdentity::named("Ada").email("ada@example.com").key("guest-1"));
    assert_eq!(seam.user_identities().get_by_key("guest-1").await.unwrap().user_identity_id, ada);
    let hotel =
        fake.add_acs_system(NewAcsSystem::visionline().entrance("Room 101").entrance("Room 102").encoder("Desk"));
    assert_eq!((hotel.acs_entrance_ids.len(), hotel.acs_encoder_ids.len()), (2, 1));
    let system = seam.acs().systems().get(&hotel.acs_system_id).await.unwrap();
    assert_eq!(system.external_type.unwrap().to_string(), "visionline_system");
    let account = seam.connected_accounts().get(system.connected_account_id.unwrap()).await.unwrap();
    assert_eq!(account.account_type.unwrap(), "visionline");
    let space = fake.add_space(NewSpace::named("Lobby").device(&lock).entrance(&hotel.acs_entrance_ids[1]));
    let space = seam.spaces().get(space).await.unwrap();
    assert_eq!((space.device_count, space.acs_entrance_count), (Some(1.0), Some(1.0)));
}

#[test]
#[should_panic(expected = "the battery level must be from 0 to 1, not 10")]
fn a_battery_level_in_percent_is_rejected() {
    drop(NewDevice::lock().battery(10.0));
}

#[tokio::test]
async fn an_added_device_has_the_capabilities_of_its_type() {
    let fake = FakeSeam::empty();
    let lock = json!({ "device_id": "gate", "device_type": "august_lock", "properties": { "name": "Gate" } });
    let without_unlock =
        json!({ "device_id": "no-remote-unlock", "device_type": "august_lock", "can_remotely_unlock": false });
    for resource in [lock, without_unlock, json!({ "device_id": "unknown" })] {
        control(&fake, "POST", "/_fake/add", json!({ "kind": "devices", "resource": resource })).await;
    }
    let seam = fake.seam();
    seam.locks().unlock_door("gate").and_wait().await.unwrap();
    let code = seam.access_codes().create("gate").await.unwrap();
    assert!(code.code.is_some());
    assert_eq!(seam.devices().get("gate").await.unwrap().display_name.as_deref(), Some("Gate"));

    let error = seam.locks().unlock_door("no-remote-unlock").await.unwrap_err();
    assert_eq!(error.error_type(), Some("device_type_not_supported"));
    let error = seam.locks().lock_door("unknown").await.unwrap_err();
    assert_eq!(error.error_type(), Some("device_type_not_supported"));
}

#[tokio::test]
async fn an_added_resource_has_the_account_of_its_system_or_device() {
    let fake = FakeSeam::with_default_seed();
    let of_system = json!({ "acs_system_id": "visionline_acs_system_1" });
    for (kind, id, owner) in [
        ("acs_entrances", "acs_entrance_id", of_system.clone()),
        ("acs_users", "acs_user_id", of_system.clone()),
        ("events", "event_id", json!({ "device_id": "august_device_1", "event_type": "lock.locked" })),
    ] {
        let added = control(&fake, "POST", "/_fake/add", json!({ "kind": kind, "resource": owner })).await;
        let database = control(&fake, "GET", "/_fake/database", Value::Null).await;
        let rows = database.get(kind).and_then(Value::as_array).unwrap();
        let row = rows.iter().find(|row| row[id] == added["id"]).unwrap();
        assert_eq!(row["workspace_id"], "seed_workspace_1", "{kind}");
        assert_eq!(row["connected_account_id"], "john_connected_account_id", "{kind}");
    }
    let other = json!({ "acs_system_id": "visionline_acs_system_1", "connected_account_id": "other" });
    let added = control(&fake, "POST", "/_fake/add", json!({ "kind": "acs_entrances", "resource": other })).await;
    assert_eq!(added["resource"]["connected_account_id"], "other");
}

#[tokio::test]
async fn both_methods_return_the_default_seed() {
    let fake = FakeSeam::empty();
    let got = control(&fake, "GET", "/_fake/default_seed", Value::Null).await;
    assert_eq!(got["seam_apikey1_token"], "seam_apikey1_token");
    assert_eq!(control(&fake, "POST", "/_fake/default_seed", Value::Null).await, got);
}
