//! Tests of invariants that hold across routes.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Credentials, Seam,
    endpoints::{access_grants::NewAccessMethod, thermostats::daily_programs::DailyProgramPeriod},
};
use seam_fake::{BUILDING, FRONT_DOOR, FakeSeam, GUEST, NewDevice, THERMOSTAT};
use serde_json::json;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Returns a client with a client session that has access only to shared resources.
fn visitor(fake: &FakeSeam) -> Seam {
    let session = json!({ "token": "seam_cst_visitor", "expires_at": "2099-01-01T00:00:00.000Z" });
    fake.add("client_sessions", session).unwrap();
    let credentials = Credentials::client_session_token("seam_cst_visitor").unwrap();
    fake.seam().with_credentials(credentials)
}

#[tokio::test]
async fn a_session_does_not_see_action_attempts_of_other_devices() {
    let fake = FakeSeam::new();
    let attempt = fake.seam().locks().unlock_door(FRONT_DOOR).await.unwrap();
    let visitor = visitor(&fake);
    assert!(visitor.action_attempts().get(&attempt.action_attempt_id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_session_removes_only_visible_resources_from_a_space() {
    let fake = FakeSeam::new();
    visitor(&fake).spaces().update(BUILDING).device_ids(Vec::<&str>::new()).await.unwrap();
    assert_eq!(fake.seam().devices().list().space_id(BUILDING).await.unwrap().items.len(), 5);
}

#[tokio::test]
async fn counts_of_a_space_are_the_same_in_each_response() {
    let seam = FakeSeam::new().seam();
    let grant = seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).space_ids([BUILDING]).await.unwrap();
    seam.spaces().remove_devices(BUILDING, [seam_fake::GARAGE]).await.unwrap();

    let related = seam.access_grants().get_related().access_grant_ids([&grant.access_grant_id]).await.unwrap();
    let space = related.spaces.into_iter().next().unwrap();
    assert_eq!((space.device_count, space.acs_entrance_count), (Some(4.0), Some(2.0)));
}

/// Returns a fake with a timer of each kind.
async fn busy() -> FakeSeam {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let lock = fake.add_device(NewDevice::of_type("august_lock").offline());
    seam.access_codes().create(&lock).await.unwrap();
    seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).device_ids([lock]).await.unwrap();
    let periods = ["00:00:00", "08:00:00", "18:00:00"]
        .map(|time| DailyProgramPeriod::new(time.parse::<seam_core::model::TimeOfDay>().unwrap(), "away"));
    let program = seam.thermostats().daily_programs().create(THERMOSTAT, "Day", periods).await.unwrap();
    let id = program.thermostat_daily_program_id;
    let week = seam.thermostats().update_weekly_program(THERMOSTAT);
    week.monday_program_id(id.clone()).friday_program_id(id).and_wait().await.unwrap();
    seam.webhooks().create("https://example.com/hook").await.unwrap();
    fake
}

#[tokio::test]
async fn a_century_runs_no_superfluous_timers() {
    let fake = busy().await;
    fake.advance(100 * YEAR);
    // Most of the timers belong to the weekly program.
    let events = fake.database().get("events").and_then(serde_json::Value::as_array).unwrap().len();
    assert!(events < 50_000, "{events}");
}

#[tokio::test]
async fn late_times_do_not_overflow() {
    let fake = FakeSeam::new();
    let lock = fake.add_device(NewDevice::of_type("august_lock").offline());
    fake.seam().access_grants().create(GUEST, [NewAccessMethod::new("code")]).device_ids([lock]).await.unwrap();
    fake.advance(10_000 * YEAR);
}

#[tokio::test]
async fn a_lock_that_is_online_again_gets_its_code_immediately() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).device_ids([FRONT_DOOR]).await.unwrap();
    fake.advance(YEAR);
    let is_issued =
        async || seam.access_methods().list().device_id(FRONT_DOOR).await.unwrap().items.remove(0).is_issued;
    assert_eq!(is_issued().await, Some(false));
    seam.devices().simulate().connect(FRONT_DOOR).await.unwrap();
    fake.advance(Duration::from_secs(1));
    assert_eq!(is_issued().await, Some(true));
    fake.advance(YEAR);
    let reissued = seam.events().list().event_type("access_method.reissued").await.unwrap();
    assert!(reissued.is_empty(), "{reissued:?}");
}

#[tokio::test]
async fn auto_lock_counts_from_the_last_unlock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let locks = seam.locks();
    locks.configure_auto_lock(FRONT_DOOR, true).auto_lock_delay_seconds(20_u32).and_wait().await.unwrap();
    locks.unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    locks.lock_door(FRONT_DOOR).and_wait().await.unwrap();
    fake.advance(Duration::from_secs(10));
    locks.unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    let is_locked = async || seam.devices().get(FRONT_DOOR).await.unwrap().properties.unwrap().locked;
    fake.advance(Duration::from_secs(15));
    assert_eq!(is_locked().await, Some(false));
    fake.advance(Duration::from_secs(5));
    assert_eq!(is_locked().await, Some(true));
}

#[tokio::test]
async fn a_deleted_space_is_removed_from_grants() {
    let seam = FakeSeam::new().seam();
    let grant = seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).space_ids([BUILDING]).await.unwrap();
    seam.spaces().delete(BUILDING).await.unwrap();
    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    assert!(grant.space_ids.is_empty() && grant.location_ids.is_empty());
}

#[tokio::test]
async fn a_publishable_key_does_not_extend_an_existing_session() {
    let fake = FakeSeam::new();
    let credentials = Credentials::publishable_key("seam_pk_fake_publishable_key").unwrap();
    let page = fake.seam().with_credentials(credentials);
    let session = || page.client_sessions().get_or_create().user_identifier_key("ada");
    session().await.unwrap();
    let account = fake.seam().connected_accounts().list().await.unwrap().items.remove(0).connected_account_id;
    let error = session().connected_account_ids([account]).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 403);
}
