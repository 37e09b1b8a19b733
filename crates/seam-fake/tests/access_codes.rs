//! Tests of access codes: how they are set on locks and removed, and unmanaged access codes.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Error, Seam,
    model::{
        AccessCode, AccessCodeErrorCode, AccessCodeId, AccessCodeMutationCode, AccessCodeStatus, AccessCodeType,
        AccessCodeWarningCode, BehaviorWhenCodeCannotBeShared, Pin, Timestamp, UnmanagedAccessCode,
    },
};
use seam_fake::{
    BACK_DOOR, FRONT_DOOR, FakeSeam, GARAGE, NOISE_SENSOR, NewDevice, ONGOING_CODE, THERMOSTAT, TIME_BOUND_CODE,
    UNMANAGEABLE_CODE,
};
use serde_json::{Value, json};

/// The duration of an action of a lock.
const ACTION: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

/// Returns a time on the day on which the simulated clock starts, at 9:00.
fn today(hour: u32) -> Timestamp {
    at(&format!("2026-11-24T{hour:02}:00:00Z"))
}

/// Advances the clock to `time`.
fn until(fake: &FakeSeam, time: Timestamp) {
    fake.advance_to(time);
}

/// Returns the types of the events of a code, without `mutations_requested`.
fn event_names(fake: &FakeSeam, id: &AccessCodeId) -> Vec<String> {
    let database = fake.database();
    let events = database.get("events").unwrap().as_array().unwrap();
    let of_code = events.iter().filter(|event| event.get("access_code_id") == Some(&json!(id.as_str())));
    let names = of_code.map(|event| event.get("event_type").unwrap().as_str().unwrap());
    names
        .map(|name| name.strip_prefix("access_code.").unwrap_or(name).to_owned())
        .filter(|name| name != "mutations_requested")
        .collect()
}

/// Returns the last event of a type.
fn last_event(fake: &FakeSeam, event_type: &str) -> Value {
    let database = fake.database();
    let events = database.get("events").unwrap().as_array().unwrap();
    events.iter().rfind(|event| event.get("event_type") == Some(&json!(event_type))).unwrap().clone()
}

fn status_and_type(error: &Error) -> (u16, &str) {
    (error.status().unwrap().as_u16(), error.error_type().unwrap())
}

fn is_invalid(error: &Error, parameter: &str) -> bool {
    error.is_invalid_input() && error.validation_errors().get(parameter).next().is_some()
}

fn pin(code: &AccessCode) -> &str {
    code.code.as_ref().map(Pin::expose_secret).unwrap()
}

fn errors(code: &AccessCode) -> Vec<AccessCodeErrorCode> {
    code.errors.iter().filter_map(|error| error.error_code.clone()).collect()
}

async fn get(seam: &Seam, id: &AccessCodeId) -> AccessCode {
    seam.access_codes().get(id).await.unwrap()
}

async fn status(seam: &Seam, id: &AccessCodeId) -> AccessCodeStatus {
    get(seam, id).await.status.unwrap()
}

// --- Ongoing codes.

#[tokio::test]
async fn a_code_is_set_after_the_lock_has_stored_it() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = seam.access_codes().create(FRONT_DOOR).name("Guest").code("482913").await.unwrap();
    let id = code.access_code_id.clone();
    assert_eq!((code.status, code.r#type), (Some(AccessCodeStatus::Setting), Some(AccessCodeType::Ongoing)));
    assert_eq!(code.pending_mutations.first().unwrap().mutation_code, Some(AccessCodeMutationCode::Creating));
    assert_eq!(code.created_at, Some(today(9)));

    fake.advance(ACTION);
    let code = get(&seam, &id).await;
    assert_eq!((code.status.as_ref(), pin(&code)), (Some(&AccessCodeStatus::Set), "482913"));
    assert!(code.pending_mutations.is_empty() && code.errors.is_empty());
    assert_eq!(event_names(&fake, &id), ["created", "set_on_device"]);
    let event = last_event(&fake, "access_code.set_on_device");
    assert_eq!(event.get("code"), Some(&json!("482913")));
    assert_eq!(event.get("device_id"), Some(&json!(FRONT_DOOR)));
    let by_code = seam.access_codes().get_by_code(FRONT_DOOR, "482913").await.unwrap();
    assert_eq!(by_code.access_code_id, id);
    assert!(seam.access_codes().get_by_code(BACK_DOOR, "482913").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn and_wait_returns_a_set_code() {
    let seam = FakeSeam::new().seam();
    let code = seam.access_codes().create(FRONT_DOOR).code("482913").and_wait().await.unwrap();
    assert_eq!(code.status, Some(AccessCodeStatus::Set));
}

#[tokio::test]
async fn generated_pins_are_valid_for_the_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let first = codes.create(FRONT_DOOR).await.unwrap();
    let second = codes.create(FRONT_DOOR).preferred_code_length(6).await.unwrap();
    let third = codes.create(FRONT_DOOR).preferred_code_length(9).await.unwrap();
    assert_eq!([&first, &second, &third].map(|code| pin(code).len()), [4, 6, 4]);
    assert_ne!(pin(&first), pin(&third));
    let generated = codes.generate_code(BACK_DOOR).await.unwrap();
    assert_eq!(generated.code.unwrap().expose_secret().len(), 6);
    // Generated PINs are the same in every run.
    let again = FakeSeam::new().seam().access_codes().create(FRONT_DOOR).await.unwrap();
    assert_eq!(pin(&again), pin(&first));
}

#[tokio::test]
async fn unsupported_codes_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    assert!(is_invalid(&codes.create(FRONT_DOOR).code("12345678").await.unwrap_err(), "code"));
    assert!(is_invalid(&codes.create(FRONT_DOOR).code("12ab").await.unwrap_err(), "code"));
    assert_eq!(status_and_type(&codes.create("other").await.unwrap_err()), (404, "device_not_found"));
    assert_eq!(status_and_type(&codes.generate_code("other").await.unwrap_err()), (404, "device_not_found"));
    for device in [THERMOSTAT, NOISE_SENSOR] {
        assert_eq!(status_and_type(&codes.create(device).await.unwrap_err()), (400, "device_type_not_supported"));
    }
    let unmanaged = fake.add_device(NewDevice::of_type("august_lock").unmanaged());
    assert_eq!(status_and_type(&codes.create(unmanaged).await.unwrap_err()), (400, "device_unmanaged"));
    let of_others = fake.add_device(NewDevice::of_type("august_lock").workspace("others"));
    assert_eq!(status_and_type(&codes.create(of_others).await.unwrap_err()), (404, "device_not_found"));
    assert!(codes.list().device_id(FRONT_DOOR).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_pin_is_unique_on_a_lock_at_each_time() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let first = codes.create(GARAGE).code("4829").starts_at(today(10)).ends_at(today(12)).await.unwrap();
    let error = codes.create(GARAGE).code("4829").await.unwrap_err();
    assert_eq!(status_and_type(&error), (409, "duplicate_access_code"));
    assert!(!format!("{error:?} {error}").contains("4829"));
    let overlapping = codes.create(GARAGE).code("4829").starts_at(today(11)).ends_at(today(13));
    assert_eq!(status_and_type(&overlapping.await.unwrap_err()), (409, "duplicate_access_code"));
    codes.create(GARAGE).code("4829").starts_at(today(12)).ends_at(today(13)).await.unwrap();
    codes.create(FRONT_DOOR).code("4829").await.unwrap();
    // A code that is being removed does not block its PIN.
    codes.delete(first.access_code_id).await.unwrap();
    codes.create(GARAGE).code("4829").starts_at(today(10)).ends_at(today(12)).await.unwrap();
}

#[tokio::test]
async fn the_pin_of_an_unmanaged_code_conflicts_until_the_code_is_removed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let error = codes.create(FRONT_DOOR).code("1988").and_wait().await.unwrap_err();
    assert!(error.to_string().contains("duplicate_code_on_device"), "{error}");
    let code = codes.get_by_code(FRONT_DOOR, "1988").await.unwrap();
    assert_eq!(code.status, Some(AccessCodeStatus::Setting));
    let error = code.errors.first().unwrap();
    assert_eq!(error.error_code, Some(AccessCodeErrorCode::DuplicateCodeOnDevice));
    assert_eq!(error.unmanaged_access_code_id.as_ref().unwrap().as_str(), ONGOING_CODE);
    assert_eq!(event_names(&fake, &code.access_code_id), ["created", "failed_to_set_on_device"]);

    codes.unmanaged().delete(ONGOING_CODE).and_wait().await.unwrap();
    fake.advance(ACTION);
    let code = get(&seam, &code.access_code_id).await;
    assert_eq!((code.status, code.errors.len()), (Some(AccessCodeStatus::Set), 0));
}

#[tokio::test]
async fn the_number_of_codes_on_a_lock_is_limited() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let gate = fake.add_device(NewDevice::of_type("kwikset_lock").property("max_active_codes_supported", 1));
    let first = seam.access_codes().create(&gate).and_wait().await.unwrap();
    let second = seam.access_codes().create(&gate).await.unwrap().access_code_id;
    fake.advance(ACTION);
    let second = get(&seam, &second).await;
    assert_eq!(errors(&second), [AccessCodeErrorCode::NoSpaceForAccessCodeOnDevice]);
    seam.access_codes().delete(first.access_code_id).and_wait().await.unwrap();
    fake.advance(ACTION);
    assert_eq!(status(&seam, &second.access_code_id).await, AccessCodeStatus::Set);
}

#[tokio::test]
async fn a_deleted_code_is_listed_until_the_lock_has_removed_it() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let id = codes.create(FRONT_DOOR).code("4829").and_wait().await.unwrap().access_code_id;
    assert!(codes.delete(&id).device_id(BACK_DOOR).await.unwrap_err().is_not_found());
    codes.delete(&id).await.unwrap();
    let code = get(&seam, &id).await;
    assert_eq!(code.status, Some(AccessCodeStatus::Removing));
    assert_eq!(code.warnings.first().unwrap().warning_code, Some(AccessCodeWarningCode::BeingDeleted));
    assert_eq!(code.pending_mutations.first().unwrap().mutation_code, Some(AccessCodeMutationCode::Deleting));
    fake.advance(ACTION);
    assert!(codes.get(&id).await.unwrap_err().is_not_found());
    assert!(codes.delete(&id).await.unwrap_err().is_not_found());
    assert_eq!(event_names(&fake, &id), ["created", "set_on_device", "removed_from_device", "deleted"]);
}

#[tokio::test]
async fn codes_wait_for_an_offline_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let set = codes.create(FRONT_DOOR).code("1111").and_wait().await.unwrap().access_code_id;
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    assert_eq!(errors(&get(&seam, &set).await), [AccessCodeErrorCode::DeviceOffline]);

    let error = codes.create(FRONT_DOOR).attempt_for_offline_device(false).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "device_offline"));
    let error = codes.update(&set).name("x").attempt_for_offline_device(false).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "device_offline"));

    let failed = codes.create(FRONT_DOOR).code("2222").and_wait().await.unwrap_err();
    assert!(failed.to_string().contains("device_offline"), "{failed}");
    let waiting = codes.get_by_code(FRONT_DOOR, "2222").await.unwrap();
    assert_eq!(waiting.status, Some(AccessCodeStatus::Setting));
    assert_eq!(errors(&waiting), [AccessCodeErrorCode::DeviceOffline]);
    assert!(waiting.errors.first().unwrap().is_device_error.unwrap());
    codes.delete(&set).and_wait().await.unwrap_err();
    assert_eq!(status(&seam, &set).await, AccessCodeStatus::Removing);
    fake.advance(HOUR);
    assert_eq!(status(&seam, &waiting.access_code_id).await, AccessCodeStatus::Setting);

    seam.devices().simulate().connect(FRONT_DOOR).await.unwrap();
    assert!(get(&seam, &waiting.access_code_id).await.errors.is_empty());
    fake.advance(ACTION);
    assert_eq!(status(&seam, &waiting.access_code_id).await, AccessCodeStatus::Set);
    assert!(codes.get(&set).await.unwrap_err().is_not_found());
    let events = event_names(&fake, &waiting.access_code_id);
    assert_eq!(events, ["created", "delay_in_setting_on_device", "set_on_device"]);
    assert!(event_names(&fake, &set).contains(&"delay_in_removing_from_device".to_owned()));
}

#[tokio::test]
async fn codes_wait_for_a_disconnected_account() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let account = seam.devices().get(FRONT_DOOR).await.unwrap().connected_account_id.unwrap();
    seam.connected_accounts().simulate().disconnect(&account).await.unwrap();
    let id = seam.access_codes().create(FRONT_DOOR).await.unwrap().access_code_id;
    fake.advance(ACTION);
    assert_eq!(errors(&get(&seam, &id).await), [AccessCodeErrorCode::AccountDisconnected]);
    seam.connected_accounts().sync(&account).await.unwrap();
    fake.advance(2 * ACTION);
    assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
}

#[tokio::test]
async fn a_failed_action_does_not_change_the_code() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    fake.fail_next_action("failed_to_set_on_device", "the lock is jammed");
    seam.access_codes().create(FRONT_DOOR).code("4829").and_wait().await.unwrap_err();
    let code = seam.access_codes().get_by_code(FRONT_DOOR, "4829").await.unwrap();
    assert_eq!(code.status, Some(AccessCodeStatus::Setting));
}

// --- Time-bound codes.

#[tokio::test]
async fn a_lock_that_supports_schedules_stores_the_code_in_advance() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = seam.access_codes().create(FRONT_DOOR).code("4829").starts_at(today(12)).ends_at(today(14));
    let code = code.await.unwrap();
    let id = code.access_code_id.clone();
    assert_eq!((code.status, code.r#type), (Some(AccessCodeStatus::Unset), Some(AccessCodeType::TimeBound)));
    assert_eq!((code.starts_at, code.ends_at), (Some(today(12)), Some(today(14))));
    fake.advance(ACTION);
    let code = get(&seam, &id).await;
    assert_eq!((code.status, code.is_scheduled_on_device), (Some(AccessCodeStatus::Unset), Some(true)));
    assert!(code.pending_mutations.is_empty());

    // The lock activates the code without a connection.
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    until(&fake, today(12));
    assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
    until(&fake, today(14));
    assert!(seam.access_codes().get(&id).await.unwrap_err().is_not_found());
    let events = event_names(&fake, &id);
    assert_eq!(events, ["created", "scheduled_on_device", "set_on_device", "removed_from_device", "deleted"]);
}

#[tokio::test]
async fn a_lock_without_schedules_gets_the_code_at_its_start() {
    for is_kwikset in [true, false] {
        let fake = FakeSeam::new();
        let seam = fake.seam();
        let codes = seam.access_codes();
        let create =
            if is_kwikset { codes.create(GARAGE) } else { codes.create(FRONT_DOOR).prefer_native_scheduling(false) };
        let code = create.starts_at(today(12)).ends_at(today(14)).and_wait().await.unwrap();
        let id = code.access_code_id;
        assert_eq!((code.status, code.is_scheduled_on_device), (Some(AccessCodeStatus::Unset), Some(false)));
        let pending = code.pending_mutations.first().unwrap();
        assert_eq!(pending.mutation_code, Some(AccessCodeMutationCode::DeferringCreation));
        assert_eq!(pending.scheduled_at, Some(today(12)));

        until(&fake, today(12));
        assert_eq!(status(&seam, &id).await, AccessCodeStatus::Setting);
        fake.advance(ACTION);
        assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
        until(&fake, today(14));
        assert_eq!(status(&seam, &id).await, AccessCodeStatus::Removing);
        fake.advance(ACTION);
        assert!(codes.get(&id).await.unwrap_err().is_not_found());
        assert_eq!(event_names(&fake, &id), ["created", "set_on_device", "removed_from_device", "deleted"]);
    }
}

#[tokio::test]
async fn invalid_times_are_rejected() {
    let seam = FakeSeam::new().seam();
    let codes = seam.access_codes();
    let create = || codes.create(FRONT_DOOR);
    assert!(is_invalid(&create().starts_at(today(12)).ends_at(today(11)).await.unwrap_err(), "ends_at"));
    assert!(is_invalid(&create().starts_at(today(7)).ends_at(today(8)).await.unwrap_err(), "ends_at"));
    let id = create().await.unwrap().access_code_id;
    let update = || codes.update(&id);
    assert!(is_invalid(&update().ends_at(today(8)).await.unwrap_err(), "ends_at"));
    assert!(is_invalid(&update().r#type(AccessCodeType::TimeBound).await.unwrap_err(), "ends_at"));
    let both = update().r#type(AccessCodeType::Ongoing).starts_at(today(12)).ends_at(today(13));
    assert!(is_invalid(&both.await.unwrap_err(), "type"));
}

#[tokio::test]
async fn a_code_may_have_only_a_start_or_only_an_end() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let begins = codes.create(FRONT_DOOR).starts_at(today(12)).await.unwrap();
    assert_eq!((begins.status, begins.r#type), (Some(AccessCodeStatus::Unset), Some(AccessCodeType::Ongoing)));
    let ends = codes.create(FRONT_DOOR).ends_at(today(12)).await.unwrap();
    assert_eq!((ends.starts_at, ends.r#type), (Some(today(9)), Some(AccessCodeType::TimeBound)));
    fake.advance(ACTION);
    assert_eq!(status(&seam, &ends.access_code_id).await, AccessCodeStatus::Set);
    until(&fake, today(12));
    assert_eq!(status(&seam, &begins.access_code_id).await, AccessCodeStatus::Set);
    assert!(codes.get(&ends.access_code_id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_offline_code_needs_no_connection() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let lock = fake.add_device(NewDevice::of_type("igloohome_lock").offline());
    assert_eq!(status_and_type(&codes.create(&lock).await.unwrap_err()), (400, "device_type_not_supported"));
    let of_august = codes.create(FRONT_DOOR).is_offline_access_code(true);
    assert_eq!(status_and_type(&of_august.await.unwrap_err()), (400, "device_type_not_supported"));
    let chosen = codes.create(&lock).is_offline_access_code(true).code("12345678").await.unwrap_err();
    assert!(is_invalid(&chosen, "code"));

    let create = codes.create(&lock).is_offline_access_code(true).is_one_time_use(true);
    let create = create.starts_at(at("2026-11-24T12:20:00Z")).ends_at(at("2026-11-24T14:20:00Z"));
    let code = create.and_wait().await.unwrap();
    assert_eq!((code.is_offline_access_code, code.is_one_time_use), (Some(true), Some(true)));
    assert_eq!((pin(&code).len(), code.errors.len(), code.is_scheduled_on_device), (8, 0, Some(true)));
    assert_eq!((code.starts_at.as_ref(), code.ends_at.as_ref()), (Some(&today(12)), Some(&today(15))));
    until(&fake, today(12));
    assert_eq!(status(&seam, &code.access_code_id).await, AccessCodeStatus::Set);
}

// --- Changing codes.

#[tokio::test]
async fn the_lock_uses_the_old_values_until_it_has_the_new_ones() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let id = codes.create(FRONT_DOOR).name("Old").code("1111").and_wait().await.unwrap().access_code_id;
    let update = codes.update(&id).name("New").code("222222").is_external_modification_allowed(true);
    update.starts_at(today(8)).ends_at(today(12)).await.unwrap();
    let code = get(&seam, &id).await;
    assert_eq!((pin(&code), code.name.as_deref(), code.ends_at.as_ref()), ("1111", Some("Old"), None));
    assert_eq!(code.is_external_modification_allowed, Some(true));
    let pending: Vec<_> = code.pending_mutations.iter().filter_map(|mutation| mutation.mutation_code.clone()).collect();
    let expected = [
        AccessCodeMutationCode::UpdatingName,
        AccessCodeMutationCode::UpdatingCode,
        AccessCodeMutationCode::UpdatingTimeFrame,
    ];
    assert_eq!(pending, expected);
    let to = code.pending_mutations.first().unwrap().to.as_ref().unwrap();
    assert_eq!(to.name.as_deref(), Some("New"));

    fake.advance(ACTION);
    let code = get(&seam, &id).await;
    assert_eq!((pin(&code), code.name.as_deref(), code.ends_at.as_ref()), ("222222", Some("New"), Some(&today(12))));
    assert_eq!((code.status, code.r#type), (Some(AccessCodeStatus::Set), Some(AccessCodeType::TimeBound)));
    assert!(code.pending_mutations.is_empty());
    let events = event_names(&fake, &id);
    assert_eq!(events, ["created", "set_on_device", "changed", "name_changed", "code_changed", "time_frame_changed"]);
    assert_eq!(last_event(&fake, "access_code.code_changed").pointer("/to/code"), Some(&json!("222222")));

    // The code ends at its time, or is extended, or becomes ongoing.
    codes.update(&id).ends_at(today(13)).and_wait().await.unwrap();
    until(&fake, today(12));
    assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
    codes.update(&id).r#type(AccessCodeType::Ongoing).and_wait().await.unwrap();
    fake.advance(24 * HOUR);
    let code = get(&seam, &id).await;
    assert_eq!((code.status, code.ends_at), (Some(AccessCodeStatus::Set), None));
}

#[tokio::test]
async fn a_postponed_code_is_removed_from_a_lock_without_schedules() {
    for (device, stays) in [(GARAGE, false), (FRONT_DOOR, true)] {
        let fake = FakeSeam::new();
        let seam = fake.seam();
        let codes = seam.access_codes();
        let id = codes.create(device).and_wait().await.unwrap().access_code_id;
        codes.update(&id).starts_at(today(12)).ends_at(today(13)).and_wait().await.unwrap();
        let code = get(&seam, &id).await;
        assert_eq!((code.status, code.is_scheduled_on_device), (Some(AccessCodeStatus::Unset), Some(stays)));
        assert_eq!(event_names(&fake, &id).contains(&"removed_from_device".to_owned()), !stays);
        until(&fake, today(12));
        fake.advance(ACTION);
        assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
    }
}

#[tokio::test]
async fn invalid_changes_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    codes.create(FRONT_DOOR).code("1111").await.unwrap();
    let id = codes.create(FRONT_DOOR).code("2222").and_wait().await.unwrap().access_code_id;
    assert_eq!(status_and_type(&codes.update(&id).code("1111").await.unwrap_err()), (409, "duplicate_access_code"));
    assert!(is_invalid(&codes.update(&id).code("12345678").await.unwrap_err(), "code"));
    assert!(codes.update("other").name("x").await.unwrap_err().is_not_found());
    assert!(codes.update(ONGOING_CODE).name("x").await.unwrap_err().is_not_found());
    // Only the lock detects a conflict with a PIN that it does not report.
    codes.update(&id).code("1988").and_wait().await.unwrap_err();
    let code = get(&seam, &id).await;
    assert_eq!(errors(&code), [AccessCodeErrorCode::DuplicateCodeOnDevice]);
    assert_eq!(pin(&code), "2222");
    codes.update(&id).code("3333").and_wait().await.unwrap();
    let code = get(&seam, &id).await;
    assert_eq!((pin(&code), code.errors.len()), ("3333", 0));
}

#[tokio::test]
async fn a_code_that_becomes_unmanaged_stays_on_the_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let id = codes.create(FRONT_DOOR).code("4829").and_wait().await.unwrap().access_code_id;
    codes.update(&id).is_managed(false).and_wait().await.unwrap();
    assert!(codes.get(&id).await.unwrap_err().is_not_found());
    let code = codes.unmanaged().get(&id).await.unwrap();
    assert_eq!(code.code, Some("4829".into()));
    // A lock that does not report its codes does not report this one.
    let hidden = codes.create(GARAGE).and_wait().await.unwrap().access_code_id;
    codes.update(&hidden).is_managed(false).await.unwrap();
    assert!(codes.unmanaged().get(&hidden).await.unwrap_err().is_not_found());
    // A code that was never set on the lock is gone.
    let early = codes.create(GARAGE).starts_at(today(12)).ends_at(today(13)).await.unwrap().access_code_id;
    codes.update(&early).is_managed(false).await.unwrap();
    assert!(codes.unmanaged().get(&early).await.unwrap_err().is_not_found());
    assert!(codes.get(&early).await.unwrap_err().is_not_found());
}

// --- Codes on several locks.

#[tokio::test]
async fn one_code_for_several_locks() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let new = codes.create_multiple([FRONT_DOOR, BACK_DOOR, GARAGE]).name("Cleaning").await.unwrap();
    assert_eq!(new.len(), 3);
    let key = new.first().unwrap().common_code_key.clone().unwrap();
    let first = pin(new.first().unwrap());
    // All three locks support six digits.
    assert_eq!(first.len(), 6);
    for code in &new {
        assert_eq!((pin(code), code.common_code_key.as_ref()), (first, Some(&key)));
    }
    fake.advance(ACTION);
    for code in &new {
        assert_eq!(status(&seam, &code.access_code_id).await, AccessCodeStatus::Set);
    }

    codes.update_multiple(&key).name("Repairs").starts_at(today(9)).ends_at(today(12)).await.unwrap();
    fake.advance(ACTION);
    for code in &new {
        let code = get(&seam, &code.access_code_id).await;
        assert_eq!((code.name.as_deref(), code.ends_at), (Some("Repairs"), Some(today(12))));
    }
    until(&fake, today(12));
    fake.advance(ACTION);
    assert!(codes.update_multiple(&key).name("x").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn locks_without_a_common_pin_length() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let schlage = fake.add_device(NewDevice::of_type("schlage_lock").id("schlage"));
    let locks = [BACK_DOOR, schlage.as_str()];
    let error = codes.create_multiple(locks).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "code_cannot_be_shared"));
    assert!(is_invalid(&codes.create_multiple(locks).code("123456").await.unwrap_err(), "code"));
    assert!(codes.list().device_id(BACK_DOOR).await.unwrap().items.is_empty());
    assert!(codes.create_multiple([FRONT_DOOR, "other"]).await.unwrap_err().is_not_found());

    let random = BehaviorWhenCodeCannotBeShared::CreateRandomCode;
    let new = codes.create_multiple(locks).behavior_when_code_cannot_be_shared(random.clone()).await.unwrap();
    assert_eq!(new.iter().map(|code| pin(code).len()).collect::<Vec<_>>(), [6, 4]);
    let new = codes.create_multiple(locks).code("123456").behavior_when_code_cannot_be_shared(random).await.unwrap();
    assert_eq!(pin(new.first().unwrap()), "123456");
    assert_eq!(pin(new.last().unwrap()).len(), 4);
}

#[tokio::test]
async fn codes_with_a_common_key_have_the_same_pin() {
    let seam = FakeSeam::new().seam();
    let codes = seam.access_codes();
    let first = codes.create(FRONT_DOOR).common_code_key("crew").code("482913").await.unwrap();
    let second = codes.create(BACK_DOOR).common_code_key("crew").await.unwrap();
    assert_eq!(pin(&second), pin(&first));
    let other = codes.create(GARAGE).common_code_key("crew").code("1111").await.unwrap_err();
    assert!(is_invalid(&other, "code"));
}

// --- Lists.

#[tokio::test]
async fn lists_of_codes_are_filtered() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let one = codes.create(FRONT_DOOR).name("Booking 1").await.unwrap().access_code_id;
    let two = codes.create(FRONT_DOOR).name("Booking 2").await.unwrap().access_code_id;
    let garage = codes.create(GARAGE).name("Booking 3").await.unwrap().access_code_id;
    let other = fake.add_device(NewDevice::of_type("yale_lock"));
    codes.create(other).name("Other").await.unwrap();
    let ids = |page: seam_core::Page<AccessCode>| -> Vec<AccessCodeId> {
        page.items.into_iter().map(|code| code.access_code_id).collect()
    };
    assert_eq!(ids(codes.list().device_id(FRONT_DOOR).await.unwrap()), [one.clone(), two.clone()]);
    let chosen = codes.list().access_code_ids([&one, &garage]);
    assert_eq!(ids(chosen.await.unwrap()), [one.clone(), garage.clone()]);
    assert_eq!(ids(codes.list().device_id(FRONT_DOOR).search("booking 2").await.unwrap()), std::slice::from_ref(&two));
    assert_eq!(ids(codes.list().customer_key("example").await.unwrap()), [one.clone(), two.clone(), garage]);
    assert!(codes.list().access_grant_id("none").await.unwrap().items.is_empty());
    let page = codes.list().device_id(FRONT_DOOR).limit(1_u32).await.unwrap();
    let next = codes.list().device_id(FRONT_DOOR).limit(1_u32).page_cursor(page.next_cursor().unwrap());
    assert_eq!(ids(next.await.unwrap()), [two]);
    codes.list().await.unwrap_err();
}

// --- Backup codes.

#[tokio::test]
async fn codes_report_that_a_backup_code_is_available() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = || seam.access_codes().create(FRONT_DOOR).starts_at(today(9)).ends_at(today(12));
    let before = code().await.unwrap().access_code_id;
    fake.advance(ACTION);
    assert_eq!(get(&seam, &before).await.is_backup_access_code_available, Some(false));
    seam.devices().update(FRONT_DOOR).backup_access_code_pool_enabled(true).await.unwrap();
    fake.advance(ACTION);
    assert_eq!(get(&seam, &before).await.is_backup_access_code_available, Some(true));
    let after = code().await.unwrap().access_code_id;
    fake.advance(ACTION);
    assert_eq!(get(&seam, &after).await.is_backup_access_code_available, Some(true));
}

#[tokio::test]
async fn a_backup_code_is_pulled() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    seam.devices().update(FRONT_DOOR).backup_access_code_pool_enabled(true).await.unwrap();
    fake.advance(ACTION);
    let id =
        codes.create(FRONT_DOOR).name("Guest").starts_at(today(9)).ends_at(today(12)).await.unwrap().access_code_id;
    fake.advance(ACTION);
    assert_eq!(get(&seam, &id).await.is_backup_access_code_available, Some(true));
    // Backup codes of the pool belong to no access code.
    assert_eq!(codes.list().device_id(FRONT_DOOR).await.unwrap().items.len(), 1);

    let backup = codes.pull_backup_access_code(&id).await.unwrap();
    assert_eq!((backup.is_backup, backup.status), (Some(true), Some(AccessCodeStatus::Set)));
    assert_eq!(backup.ends_at, Some(today(12)));
    let code = get(&seam, &id).await;
    assert_eq!(code.pulled_backup_access_code_id.as_ref(), Some(&backup.access_code_id));
    assert_eq!(code.is_backup_access_code_available, Some(false));
    assert_eq!(code.warnings.first().unwrap().warning_code, Some(AccessCodeWarningCode::UsingBackupAccessCode));
    let event = last_event(&fake, "access_code.backup_access_code_pulled");
    assert_eq!(event.get("backup_access_code_id"), Some(&json!(backup.access_code_id.as_str())));
    // A repeated request returns the same code.
    assert_eq!(codes.pull_backup_access_code(&id).await.unwrap().access_code_id, backup.access_code_id);

    // The pool is refilled, and emptied when no access code uses it any more.
    let count = || {
        let database = fake.database();
        database
            .get("access_codes")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .filter(|code| code.get("is_backup") == Some(&json!(true)))
            .count()
    };
    assert_eq!(count(), 3);
    seam.devices().update(FRONT_DOOR).backup_access_code_pool_enabled(false).await.unwrap();
    fake.advance(2 * ACTION);
    assert_eq!(count(), 1);
    until(&fake, today(12));
    assert_eq!(count(), 0);
}

#[tokio::test]
async fn backup_codes_require_a_time_bound_code() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let ongoing = codes.create(FRONT_DOOR).await.unwrap().access_code_id;
    let error = codes.pull_backup_access_code(&ongoing).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "access_code_not_time_bound"));
    let error = codes.create(FRONT_DOOR).use_backup_access_code_pool(true).await.unwrap_err();
    assert!(is_invalid(&error, "use_backup_access_code_pool"));
    let timed = codes.create(FRONT_DOOR).starts_at(today(9)).ends_at(today(12)).await.unwrap().access_code_id;
    let error = codes.pull_backup_access_code(&timed).await.unwrap_err();
    assert_eq!(status_and_type(&error), (404, "backup_access_code_not_found"));
    assert!(codes.pull_backup_access_code("other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_backup_code_is_pulled_automatically_for_an_offline_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let create = codes.create(GARAGE).starts_at(today(12)).ends_at(today(14)).use_backup_access_code_pool(true);
    let id = create.await.unwrap().access_code_id;
    fake.advance(ACTION);
    seam.devices().simulate().disconnect(GARAGE).await.unwrap();
    until(&fake, today(12));
    fake.advance(ACTION);
    let code = get(&seam, &id).await;
    assert_eq!(code.status, Some(AccessCodeStatus::Setting));
    assert_eq!(status(&seam, &code.pulled_backup_access_code_id.unwrap()).await, AccessCodeStatus::Set);
}

// --- Constraints on PINs.

#[tokio::test]
async fn reported_constraints_apply_to_later_codes() {
    let seam = FakeSeam::new().seam();
    let codes = seam.access_codes();
    codes.report_device_constraints(FRONT_DOOR).min_code_length(7_u32).max_code_length(8_u32).await.unwrap();
    assert!(is_invalid(&codes.create(FRONT_DOOR).code("4829").await.unwrap_err(), "code"));
    assert_eq!(pin(&codes.create(FRONT_DOOR).await.unwrap()).len(), 7);
    codes.report_device_constraints(FRONT_DOOR).supported_code_lengths([5_u32]).await.unwrap();
    assert_eq!(pin(&codes.create(FRONT_DOOR).await.unwrap()).len(), 5);
    let report = || codes.report_device_constraints(FRONT_DOOR);
    assert!(report().await.unwrap_err().is_invalid_input());
    assert!(is_invalid(&report().min_code_length(8_u32).await.unwrap_err(), "max_code_length"));
    assert!(is_invalid(&report().max_code_length(8_u32).await.unwrap_err(), "min_code_length"));
    let reversed = report().min_code_length(8_u32).max_code_length(6_u32).await.unwrap_err();
    assert!(is_invalid(&reversed, "max_code_length"));
    let other = codes.report_device_constraints("other").supported_code_lengths([5_u32]).await.unwrap_err();
    assert!(other.is_not_found());
}

// --- Unmanaged codes.

#[tokio::test]
async fn an_unmanaged_code_is_created_at_the_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let codes = seam.access_codes();
    let create = |lock: &str| codes.simulate().create_unmanaged_access_code(lock, "Neighbour", "736251");
    let code = create(FRONT_DOOR).await.unwrap();
    assert_eq!((code.code, code.is_managed), (Some("736251".into()), Some(false)));
    assert_eq!(event_names(&fake, &code.access_code_id), ["unmanaged.created"]);
    assert_eq!(status_and_type(&create(FRONT_DOOR).await.unwrap_err()), (409, "duplicate_access_code"));
    assert_eq!(status_and_type(&create(GARAGE).await.unwrap_err()), (400, "device_type_not_supported"));
    let lockly = fake.add_device(NewDevice::of_type("lockly_lock"));
    let code = create(lockly.as_str()).await.unwrap();
    assert_eq!(code.code, None);
    assert!(codes.unmanaged().get_by_code(&lockly, "736251").await.unwrap_err().is_not_found());
    let code = create(BACK_DOOR).await.unwrap();
    assert_eq!((code.cannot_be_managed, code.cannot_delete_unmanaged_access_code), (Some(true), Some(true)));
    let long = codes.simulate().create_unmanaged_access_code(FRONT_DOOR, "x", "12345678").await.unwrap_err();
    assert!(is_invalid(&long, "code"));
    assert!(create("other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_converted_code_is_managed() {
    for is_update in [false, true] {
        let fake = FakeSeam::new();
        let seam = fake.seam();
        let unmanaged = seam.access_codes().unmanaged();
        if is_update {
            unmanaged.update(TIME_BOUND_CODE, true).is_external_modification_allowed(true).await.unwrap();
        } else {
            unmanaged.convert_to_managed(TIME_BOUND_CODE).is_external_modification_allowed(true).await.unwrap();
        }
        let id = AccessCodeId::from(TIME_BOUND_CODE);
        let code = get(&seam, &id).await;
        assert_eq!((code.status.as_ref(), pin(&code)), (Some(&AccessCodeStatus::Set), "4711"));
        assert_eq!(code.is_external_modification_allowed, Some(true));
        assert_eq!(event_names(&fake, &id), ["unmanaged.converted_to_managed"]);
        // As a managed code it ends at its time.
        until(&fake, at("2026-11-27T17:00:00Z"));
        assert!(seam.access_codes().get(&id).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn force_replaces_the_code() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    let id = AccessCodeId::from(UNMANAGEABLE_CODE);
    assert_eq!(status_and_type(&unmanaged.convert_to_managed(&id).await.unwrap_err()), (400, "cannot_be_managed"));
    unmanaged.convert_to_managed(&id).force(true).await.unwrap();
    let code = get(&seam, &id).await;
    assert_eq!((code.status.as_ref(), pin(&code)), (Some(&AccessCodeStatus::Setting), "2580"));
    fake.advance(ACTION);
    assert_eq!(status(&seam, &id).await, AccessCodeStatus::Set);
    let events = event_names(&fake, &id);
    assert_eq!(events, ["unmanaged.failed_to_convert_to_managed", "unmanaged.converted_to_managed", "set_on_device"]);
}

#[tokio::test]
async fn an_unmanaged_code_is_deleted_after_the_lock_confirms() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let unmanaged = seam.access_codes().unmanaged();
    let id = AccessCodeId::from(ONGOING_CODE);
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    unmanaged.delete(&id).and_wait().await.unwrap_err();
    unmanaged.get(&id).await.unwrap();
    seam.devices().simulate().connect(FRONT_DOOR).await.unwrap();
    unmanaged.delete(&id).and_wait().await.unwrap();
    assert!(unmanaged.get(&id).await.unwrap_err().is_not_found());
    assert_eq!(event_names(&fake, &id), ["unmanaged.removed"]);
}

#[tokio::test]
async fn a_code_of_another_workspace_is_not_found() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = json!({ "access_code_id": "other-code", "device_id": "gate", "code": "4829", "workspace_id": "others" });
    fake.add("access_codes", code).unwrap();
    let mut typed_in = UnmanagedAccessCode::new("typed-in");
    typed_in.workspace_id = Some("others".into());
    fake.add_unmanaged_access_code(typed_in);
    let codes = seam.access_codes();
    assert!(codes.get("other-code").await.unwrap_err().is_not_found());
    assert!(codes.delete("other-code").await.unwrap_err().is_not_found());
    assert!(codes.update("other-code").name("x").await.unwrap_err().is_not_found());
    assert!(codes.list().device_id("gate").await.unwrap().items.is_empty());
    assert!(codes.unmanaged().get("typed-in").await.unwrap_err().is_not_found());
    assert!(codes.unmanaged().convert_to_managed("typed-in").await.unwrap_err().is_not_found());
}
