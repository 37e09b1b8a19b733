//! Tests of devices, locks and noise sensors.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Credentials, Error, Seam,
    endpoints::devices::{DeviceSettings, ReportedDevice, TimeZoneMetadata},
    model::{Device, DeviceErrorCode, DeviceId, DeviceType, Manufacturer, MetadataValue, ProviderCategory},
};
use seam_fake::{
    BACK_DOOR, BUILDING, FRONT_DOOR, FakeSeam, GARAGE, NOISE_SENSOR, NewDevice, ONGOING_CODE, THERMOSTAT,
    TIME_BOUND_CODE,
};
use serde_json::{Value, json};

/// The duration of an action of a device.
const ACTION: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Returns the events whose type begins with `prefix`, without `connected_account_id` and similar fields.
fn events(fake: &FakeSeam, prefix: &str) -> Vec<Value> {
    let database = fake.database();
    let events = database.get("events").unwrap().as_array().unwrap();
    let name = |event: &Value| event.get("event_type").unwrap().as_str().unwrap().to_owned();
    events.iter().filter(|event| name(event).starts_with(prefix)).cloned().collect()
}

fn event_types(fake: &FakeSeam, prefix: &str) -> Vec<String> {
    let events = events(fake, prefix);
    events.iter().map(|event| event.get("event_type").unwrap().as_str().unwrap().to_owned()).collect()
}

fn status_and_type(error: &Error) -> (u16, &str) {
    (error.status().unwrap().as_u16(), error.error_type().unwrap())
}

fn is_invalid(error: &Error, parameter: &str) -> bool {
    error.is_invalid_input() && error.validation_errors().get(parameter).next().is_some()
}

fn ids(devices: impl IntoIterator<Item = Device>) -> Vec<String> {
    devices.into_iter().map(|device| device.device_id.as_str().to_owned()).collect()
}

async fn is_locked(seam: &Seam, id: &str) -> bool {
    seam.devices().get(id).await.unwrap().properties.unwrap().locked.unwrap()
}

fn errors(device: &Device) -> Vec<DeviceErrorCode> {
    device.errors.iter().filter_map(|error| error.error_code.clone()).collect()
}

/// Returns a client of the second workspace of the official fake, which is empty.
fn other_workspace(fake: &FakeSeam) -> Seam {
    let credentials = Credentials::api_key("seam_apikey2_token").unwrap();
    fake.seam().with_credentials(credentials)
}

// --- Devices.

#[tokio::test]
async fn a_device_is_found_by_its_id_and_its_name() {
    let seam = FakeSeam::new().seam();
    let devices = seam.devices();
    let device = devices.get(FRONT_DOOR).await.unwrap();
    assert_eq!(device.display_name.as_deref(), Some("Front Door"));
    assert_eq!((device.is_managed, device.can_remotely_unlock), (Some(true), Some(true)));
    assert_eq!(ids([devices.get_by_name("Front Door").await.unwrap()]), [FRONT_DOOR]);
    assert!(devices.get("other").await.unwrap_err().is_not_found());
    assert!(devices.get_by_name("Side Door").await.unwrap_err().is_not_found());
    assert!(devices.unmanaged().get(FRONT_DOOR).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn lists_of_devices_are_filtered() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let devices = seam.devices();
    let all = [FRONT_DOOR, BACK_DOOR, GARAGE, THERMOSTAT, NOISE_SENSOR];
    assert_eq!(ids(devices.list().await.unwrap()), all);
    assert_eq!(ids(devices.list().device_ids([GARAGE, "other"]).await.unwrap()), [GARAGE]);
    assert_eq!(ids(devices.list().device_type(DeviceType::NukiLock).await.unwrap()), [BACK_DOOR]);
    let types = [DeviceType::AugustLock, DeviceType::MinutSensor];
    assert_eq!(ids(devices.list().device_types(types).await.unwrap()), [FRONT_DOOR, NOISE_SENSOR]);
    assert_eq!(ids(devices.list().manufacturer(Manufacturer::Kwikset).await.unwrap()), [GARAGE]);
    assert_eq!(ids(devices.list().search("door").await.unwrap()), [FRONT_DOOR, BACK_DOOR]);
    assert_eq!(ids(devices.list().space_id(BUILDING).await.unwrap()), all);
    assert_eq!(ids(devices.list().customer_key("example").await.unwrap()), all);
    let account = devices.get(GARAGE).await.unwrap().connected_account_id.unwrap();
    assert_eq!(ids(devices.list().connected_account_id(&account).await.unwrap()), all);
    assert!(devices.list().connected_account_ids(["other"]).await.unwrap().items.is_empty());
    assert!(devices.list().connect_webview_id("other").await.unwrap().items.is_empty());

    fake.advance(HOUR);
    let now: seam_core::model::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let new = fake.add_device(NewDevice::of_type("yale_lock").field("created_at", "2026-11-24T10:00:00.000Z"));
    assert_eq!(ids(devices.list().created_before(now).await.unwrap()), all);
    devices.update(&new).custom_metadata([("floor", "2")]).await.unwrap();
    assert_eq!(ids(devices.list().custom_metadata_has([("floor", "2")]).await.unwrap()), [new.as_str()]);

    let first = devices.list().limit(4_u32).await.unwrap();
    let second = devices.list().limit(4_u32).page_cursor(first.next_cursor().unwrap()).await.unwrap();
    assert_eq!((first.items.len(), ids(second)), (4, vec![NOISE_SENSOR.to_owned(), new.as_str().to_owned()]));
}

#[tokio::test]
async fn a_device_is_renamed_and_described() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let devices = seam.devices();
    devices.update(FRONT_DOOR).name("Main Door").custom_metadata([("floor", "0"), ("key", "k")]).await.unwrap();
    let device = devices.get_by_name("Main Door").await.unwrap();
    assert_eq!(device.display_name.as_deref(), Some("Main Door"));
    let event = events(&fake, "device.name_changed").pop().unwrap();
    assert_eq!(event.get("device_name"), Some(&json!("Main Door")));
    devices.update(FRONT_DOOR).properties(DeviceSettings::new().name("Door")).await.unwrap();
    assert!(devices.get_by_name("Door").await.is_ok());
    devices.update(FRONT_DOOR).clear_name().custom_metadata([("key", MetadataValue::from("other"))]).await.unwrap();
    let device = devices.get(FRONT_DOOR).await.unwrap();
    assert_eq!(device.display_name.as_deref(), Some("Front Door"));
    assert_eq!(serde_json::to_value(&device.custom_metadata).unwrap(), json!({ "floor": "0", "key": "other" }));

    assert!(devices.update("other").name("x").await.unwrap_err().is_not_found());
    let error = devices.update(THERMOSTAT).backup_access_code_pool_enabled(true).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "device_type_not_supported"));
}

#[tokio::test]
async fn a_device_is_managed_or_unmanaged() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let devices = seam.devices();
    let unmanaged = devices.unmanaged();
    let error = unmanaged.update(GARAGE).is_managed(true).await.unwrap_err();
    assert_eq!(status_and_type(&error), (400, "device_managed"));
    devices.update(GARAGE).is_managed(false).await.unwrap();
    assert!(devices.get(GARAGE).await.unwrap_err().is_not_found());
    assert_eq!(status_and_type(&devices.update(GARAGE).name("x").await.unwrap_err()), (400, "device_unmanaged"));
    assert_eq!(status_and_type(&seam.locks().lock_door(GARAGE).await.unwrap_err()), (400, "device_unmanaged"));
    assert!(seam.locks().get(GARAGE).await.unwrap_err().is_not_found());

    assert_eq!(unmanaged.get(GARAGE).await.unwrap().is_managed, Some(false));
    assert_eq!(unmanaged.get_by_name("Garage").await.unwrap().device_id.as_str(), GARAGE);
    assert_eq!(unmanaged.list().manufacturer(Manufacturer::Kwikset).await.unwrap().items.len(), 1);
    assert!(unmanaged.list().search("door").await.unwrap().items.is_empty());

    unmanaged.update(GARAGE).custom_metadata([("floor", "-1")]).await.unwrap();
    unmanaged.update(GARAGE).is_managed(true).await.unwrap();
    let device = devices.get(GARAGE).await.unwrap();
    assert_eq!(serde_json::to_value(&device.custom_metadata).unwrap(), json!({ "floor": "-1" }));
    assert_eq!(
        event_types(&fake, "device."),
        ["device.converted_to_unmanaged", "device.unmanaged.converted_to_managed"]
    );
}

#[tokio::test]
async fn the_manufacturers_of_devices() {
    let seam = FakeSeam::new().seam();
    let all = seam.devices().list_device_providers().await.unwrap();
    let thermostats = seam.devices().list_device_providers().provider_category(ProviderCategory::Thermostats);
    let thermostats = thermostats.await.unwrap();
    let systems = seam.devices().list_device_providers().provider_category(ProviderCategory::AccessControlSystems);
    assert!(!systems.await.unwrap().is_empty());
    assert!(all.len() > thermostats.len() && !thermostats.is_empty());
    let name = |name: &str| all.iter().find(|provider| provider.device_provider_name == name).unwrap();
    assert_eq!(name("august").can_remotely_unlock, Some(true));
    assert_eq!(name("ecobee").can_hvac_heat, Some(true));
}

#[tokio::test]
async fn time_zones_are_reported() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let schlage = fake.add_device(NewDevice::of_type("schlage_lock"));
    let ultraloq = fake.add_device(NewDevice::of_type("ultraloq_lock"));
    let zone = || TimeZoneMetadata::new("Europe/Berlin");
    let report = |device: &DeviceId| ReportedDevice::new(device.clone());
    let reports = [report(&schlage).schlage_metadata(zone()), report(&ultraloq).ultraloq_metadata(zone())];
    seam.devices().report_provider_metadata(reports).await.unwrap();
    for device in [&schlage, &ultraloq] {
        let device = seam.devices().get(device).await.unwrap();
        assert_eq!(device.location.unwrap().time_zone.as_deref(), Some("Europe/Berlin"));
    }
    // The request records nothing if one of the time zones is invalid.
    let wrong = [
        report(&schlage).schlage_metadata(TimeZoneMetadata::new("Europe/Paris")),
        report(&ultraloq).omnitec_metadata(zone()),
    ];
    let error = seam.devices().report_provider_metadata(wrong).await.unwrap_err();
    assert!(is_invalid(&error, "omnitec_metadata"));
    let device = seam.devices().get(&schlage).await.unwrap();
    assert_eq!(device.location.unwrap().time_zone.as_deref(), Some("Europe/Berlin"));
    let error = seam.devices().report_provider_metadata([report(&"other".into())]).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn a_device_is_disconnected_removed_and_restored() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let simulate = seam.devices().simulate();
    let online = async || seam.devices().get(FRONT_DOOR).await.unwrap().properties.unwrap().online.unwrap();
    simulate.disconnect(FRONT_DOOR).await.unwrap();
    assert_eq!(errors(&seam.devices().get(FRONT_DOOR).await.unwrap()), [DeviceErrorCode::DeviceOffline]);
    assert!(!online().await);
    simulate.disconnect_from_hub(FRONT_DOOR).await.unwrap();
    simulate.connect(FRONT_DOOR).await.unwrap();
    assert_eq!(errors(&seam.devices().get(FRONT_DOOR).await.unwrap()), [DeviceErrorCode::HubDisconnected]);
    assert!(!online().await);
    simulate.connect_to_hub(FRONT_DOOR).await.unwrap();
    assert!(online().await);
    simulate.remove(FRONT_DOOR).await.unwrap();
    assert_eq!(errors(&seam.devices().get(FRONT_DOOR).await.unwrap()), [DeviceErrorCode::DeviceRemoved]);
    simulate.connect(FRONT_DOOR).await.unwrap();
    assert!(seam.devices().get(FRONT_DOOR).await.unwrap().errors.is_empty());
    let happened = event_types(&fake, "device.");
    assert_eq!(
        happened,
        [
            "device.disconnected",
            "device.disconnected",
            "device.connected",
            "device.disconnected",
            "device.removed",
            "device.connected"
        ]
    );
    let codes: Vec<Value> =
        events(&fake, "device.disconnected").iter().map(|event| event["error_code"].clone()).collect();
    assert_eq!(codes, ["device_disconnected", "hub_disconnected", "device_disconnected"]);

    let unmanaged = fake.add_device(NewDevice::of_type("yale_lock").unmanaged());
    simulate.disconnect(&unmanaged).await.unwrap();
    simulate.connect(&unmanaged).await.unwrap();
    assert_eq!(event_types(&fake, "device.unmanaged"), ["device.unmanaged.disconnected", "device.unmanaged.connected"]);
}

#[tokio::test]
async fn a_subscription_expires() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let simulate = seam.devices().simulate();
    simulate.paid_subscription(NOISE_SENSOR, true).await.unwrap();
    assert_eq!(errors(&seam.devices().get(NOISE_SENSOR).await.unwrap()), [DeviceErrorCode::SubscriptionRequired]);
    simulate.paid_subscription(NOISE_SENSOR, false).await.unwrap();
    assert!(seam.devices().get(NOISE_SENSOR).await.unwrap().errors.is_empty());
    assert_eq!(
        event_types(&fake, "device."),
        ["device.error.subscription_required", "device.error.subscription_required.resolved"]
    );
}

#[tokio::test]
async fn unsupported_simulations_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let simulate = seam.devices().simulate();
    for error in [
        simulate.connect_to_hub(THERMOSTAT).await.unwrap_err(),
        simulate.disconnect_from_hub(THERMOSTAT).await.unwrap_err(),
        simulate.paid_subscription(FRONT_DOOR, true).await.unwrap_err(),
    ] {
        assert_eq!(status_and_type(&error), (400, "device_type_not_supported"));
    }
    assert!(simulate.connect("other").await.unwrap_err().is_not_found());

    let fake = FakeSeam::with_default_seed();
    fake.add("devices", json!({ "device_id": "gate", "workspace_id": "seed_workspace_2" })).unwrap();
    let elsewhere = other_workspace(&fake);
    let devices = elsewhere.devices();
    for error in [
        devices.simulate().disconnect("gate").await.unwrap_err(),
        elsewhere.locks().simulate().manual_lock_via_keypad("gate").await.unwrap_err(),
        elsewhere.noise_sensors().simulate().trigger_noise_threshold("gate").await.unwrap_err(),
        elsewhere.access_codes().simulate().create_unmanaged_access_code("gate", "x", "1234").await.unwrap_err(),
    ] {
        assert_eq!(status_and_type(&error), (400, "workspace_not_sandbox"));
    }
}

#[tokio::test]
async fn devices_of_another_workspace_are_not_found() {
    let fake = FakeSeam::with_default_seed();
    let seam = other_workspace(&fake);
    assert!(seam.devices().list().await.unwrap().items.is_empty());
    for error in [
        seam.devices().get("august_device_1").await.unwrap_err(),
        seam.devices().update("august_device_1").name("x").await.unwrap_err(),
        seam.locks().unlock_door("august_device_1").await.unwrap_err(),
        seam.noise_sensors().noise_thresholds().list("minut_device_1").await.unwrap_err(),
        seam.noise_sensors()
            .noise_thresholds()
            .create("minut_device_1", "22:00:00[Europe/Berlin]", "07:00:00[Europe/Berlin]")
            .await
            .unwrap_err(),
    ] {
        assert_eq!(status_and_type(&error), (404, "device_not_found"));
    }
}

// --- Locks.

#[tokio::test]
async fn locks_are_listed() {
    let seam = FakeSeam::new().seam();
    let locks = seam.locks();
    assert_eq!(ids(locks.list().await.unwrap()), [FRONT_DOOR, BACK_DOOR, GARAGE]);
    assert_eq!(ids(locks.list().device_type(DeviceType::KwiksetLock).await.unwrap()), [GARAGE]);
    assert_eq!(ids([locks.get(FRONT_DOOR).await.unwrap()]), [FRONT_DOOR]);
    assert_eq!(ids([locks.get_by_name("Garage").await.unwrap()]), [GARAGE]);
    assert!(locks.get(THERMOSTAT).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_door_is_unlocked_and_locked_remotely() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let locks = seam.locks();
    locks.unlock_door(FRONT_DOOR).await.unwrap();
    assert!(is_locked(&seam, FRONT_DOOR).await);
    fake.advance(ACTION);
    assert!(!is_locked(&seam, FRONT_DOOR).await);
    let attempt = locks.lock_door(FRONT_DOOR).and_wait().await.unwrap();
    assert_eq!(serde_json::to_value(&attempt).unwrap()["result"], json!({ "was_confirmed_by_device": true }));
    assert!(is_locked(&seam, FRONT_DOOR).await);
    let happened = events(&fake, "lock.");
    let happened: Vec<_> = happened.iter().map(|event| (&event["event_type"], &event["method"])).collect();
    assert_eq!(happened, [(&json!("lock.unlocked"), &json!("remote")), (&json!("lock.locked"), &json!("remote"))]);
}

#[tokio::test]
async fn unsupported_actions_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let locks = seam.locks();
    let code_only = fake.add_device(NewDevice::of_type("linear_lock"));
    for error in [
        locks.unlock_door(&code_only).await.unwrap_err(),
        locks.lock_door(THERMOSTAT).await.unwrap_err(),
        locks.configure_auto_lock(GARAGE, true).await.unwrap_err(),
        locks.simulate().keypad_code_entry(NOISE_SENSOR, "1234").await.unwrap_err(),
    ] {
        assert_eq!(status_and_type(&error), (400, "device_type_not_supported"));
    }
    assert!(locks.lock_door("other").await.unwrap_err().is_not_found());
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    for error in [
        locks.unlock_door(FRONT_DOOR).and_wait().await.unwrap_err(),
        locks.configure_auto_lock(FRONT_DOOR, true).and_wait().await.unwrap_err(),
        locks.simulate().keypad_code_entry(FRONT_DOOR, "1988").and_wait().await.unwrap_err(),
        locks.simulate().manual_lock_via_keypad(FRONT_DOOR).and_wait().await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("device_offline"), "{error}");
    }
    assert!(is_locked(&seam, FRONT_DOOR).await);
    assert!(events(&fake, "lock.").is_empty());
}

#[tokio::test]
async fn an_action_of_a_deleted_lock_is_ignored() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let account = seam.devices().get(FRONT_DOOR).await.unwrap().connected_account_id.unwrap();
    let attempt = seam.locks().simulate().keypad_code_entry(FRONT_DOOR, "1988").await.unwrap();
    seam.connected_accounts().delete(account).await.unwrap();
    let error = seam.action_attempts().get(attempt.action_attempt_id).and_wait().await.unwrap_err();
    assert!(error.to_string().contains("device_removed"), "{error}");
    assert!(events(&fake, "lock.").is_empty());
}

#[tokio::test]
async fn a_lock_locks_automatically() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let locks = seam.locks();
    locks.configure_auto_lock(FRONT_DOOR, true).auto_lock_delay_seconds(20_u32).and_wait().await.unwrap();
    let properties = seam.devices().get(FRONT_DOOR).await.unwrap().properties.unwrap();
    assert_eq!((properties.auto_lock_enabled, properties.auto_lock_delay_seconds), (Some(true), Some(20.0)));
    locks.unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    fake.advance(Duration::from_secs(19));
    assert!(!is_locked(&seam, FRONT_DOOR).await);
    fake.advance(ACTION);
    assert!(is_locked(&seam, FRONT_DOOR).await);
    assert_eq!(events(&fake, "lock.locked").pop().unwrap()["method"], "automatic");

    locks.configure_auto_lock(FRONT_DOOR, false).and_wait().await.unwrap();
    locks.unlock_door(FRONT_DOOR).and_wait().await.unwrap();
    fake.advance(HOUR);
    assert!(!is_locked(&seam, FRONT_DOOR).await);
}

#[tokio::test]
async fn a_valid_code_unlocks() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = seam.access_codes().create(FRONT_DOOR).code("4829").and_wait().await.unwrap();
    let enter = async |pin: &str| seam.locks().simulate().keypad_code_entry(FRONT_DOOR, pin).and_wait().await.unwrap();
    for (pin, id, is_managed) in [("4829", code.access_code_id.as_str(), true), ("1988", ONGOING_CODE, false)] {
        enter(pin).await;
        assert!(!is_locked(&seam, FRONT_DOOR).await);
        let event = events(&fake, "lock.unlocked").pop().unwrap();
        let fields = (&event["method"], &event["access_code_id"], &event["access_code_is_managed"], &event["code"]);
        assert_eq!(fields, (&json!("keycode"), &json!(id), &json!(is_managed), &json!(pin)));
        seam.locks().simulate().manual_lock_via_keypad(FRONT_DOOR).and_wait().await.unwrap();
        assert!(is_locked(&seam, FRONT_DOOR).await);
        assert_eq!(events(&fake, "lock.locked").pop().unwrap()["method"], "manual");
    }
    enter("4711").await;
    assert_eq!(events(&fake, "lock.unlocked").pop().unwrap()["access_code_id"], TIME_BOUND_CODE);
}

#[tokio::test]
async fn an_invalid_code_does_not_unlock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let enter = async |pin: &str| {
        seam.locks().simulate().keypad_code_entry(FRONT_DOOR, pin).and_wait().await.unwrap();
        assert!(is_locked(&seam, FRONT_DOOR).await);
        events(&fake, "lock.access_denied").pop().unwrap()["reason"]["reason_code"].clone()
    };
    assert_eq!(enter("9999").await, "unknown_code");
    // A code that is not set on the lock yet.
    let tomorrow = ["2026-11-25T09:00:00Z", "2026-11-25T12:00:00Z"].map(|time| time.parse().unwrap());
    let [from, until]: [seam_core::model::Timestamp; 2] = tomorrow;
    seam.access_codes().create(FRONT_DOOR).code("4829").starts_at(from).ends_at(until).and_wait().await.unwrap();
    assert_eq!(enter("4829").await, "unknown_code");
    fake.advance(100 * HOUR);
    assert_eq!(enter("4711").await, "expired_code");
    assert!(events(&fake, "lock.unlocked").is_empty());
}

#[tokio::test]
async fn a_one_time_code_unlocks_once() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let code = seam.access_codes().create(FRONT_DOOR).code("4829").is_one_time_use(true).and_wait().await.unwrap();
    seam.locks().simulate().keypad_code_entry(FRONT_DOOR, "4829").and_wait().await.unwrap();
    fake.advance(ACTION);
    assert!(seam.access_codes().get(&code.access_code_id).await.unwrap_err().is_not_found());
}

// --- Noise sensors.

#[tokio::test]
async fn noise_thresholds_are_stored_on_the_sensor() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    assert_eq!(ids(seam.noise_sensors().list().await.unwrap()), [NOISE_SENSOR]);
    assert!(seam.noise_sensors().list().customer_key("other").await.unwrap().is_empty());
    let thresholds = seam.noise_sensors().noise_thresholds();
    let create = || thresholds.create(NOISE_SENSOR, "12:00:00[Europe/Berlin]", "14:00:00[Europe/Berlin]");
    let threshold = create().name("Noon").noise_threshold_decibels(70.0).await.unwrap();
    let id = threshold.noise_threshold_id;
    assert_eq!(thresholds.list(NOISE_SENSOR).await.unwrap().len(), 2);
    fake.advance(ACTION);
    assert_eq!(thresholds.list(NOISE_SENSOR).await.unwrap().len(), 2);

    thresholds.update(&id, NOISE_SENSOR).noise_threshold_decibels(65.0).await.unwrap();
    assert_eq!(thresholds.get(&id).await.unwrap().noise_threshold_decibels, Some(70.0));
    fake.advance(ACTION);
    let threshold = thresholds.get(&id).await.unwrap();
    assert_eq!((threshold.noise_threshold_decibels, threshold.name.as_deref()), (Some(65.0), Some("Noon")));

    thresholds.delete(&id, NOISE_SENSOR).and_wait().await.unwrap();
    assert!(thresholds.get(&id).await.unwrap_err().is_not_found());
    assert!(thresholds.delete(&id, NOISE_SENSOR).await.unwrap_err().is_not_found());
    let waited = create().noise_threshold_decibels(50.0).and_wait().await.unwrap();
    assert_eq!(waited.noise_threshold_decibels, Some(50.0));
}

#[tokio::test]
async fn invalid_noise_thresholds_are_rejected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let thresholds = seam.noise_sensors().noise_thresholds();
    let (from, until) = ("22:00:00[Europe/Berlin]", "07:00:00[Europe/Berlin]");
    assert!(is_invalid(&thresholds.create(NOISE_SENSOR, from, until).await.unwrap_err(), "noise_threshold_decibels"));
    let create = |from: &str| thresholds.create(NOISE_SENSOR, from, until).noise_threshold_decibels(60.0);
    for wrong in ["22:00:00", "25:00:00[Europe/Berlin]", "22:00:00[]", "soon[Europe/Berlin]"] {
        assert!(is_invalid(&create(wrong).await.unwrap_err(), "starts_daily_at"));
    }
    assert!(is_invalid(&create(from).noise_threshold_nrs(20.0).await.unwrap_err(), "noise_threshold_nrs"));
    let of_minut = thresholds.create(NOISE_SENSOR, from, until).noise_threshold_nrs(20.0).await.unwrap_err();
    assert!(is_invalid(&of_minut, "noise_threshold_nrs"));
    let of_lock = thresholds.create(FRONT_DOOR, from, until).noise_threshold_decibels(60.0).await.unwrap_err();
    assert_eq!(status_and_type(&of_lock), (404, "device_not_found"));

    let noiseaware = fake.add_device(NewDevice::of_type("noiseaware_activity_zone"));
    let threshold = thresholds.create(&noiseaware, from, until).noise_threshold_nrs(20.0).and_wait().await.unwrap();
    assert_eq!(threshold.noise_threshold_nrs, Some(20.0));
    let error = thresholds.update(&threshold.noise_threshold_id, NOISE_SENSOR).name("x").await.unwrap_err();
    assert_eq!(status_and_type(&error), (404, "noise_threshold_not_found"));

    seam.devices().simulate().disconnect(NOISE_SENSOR).await.unwrap();
    let error = create(from).and_wait().await.unwrap_err();
    assert!(error.to_string().contains("device_offline"), "{error}");
}

#[tokio::test]
async fn a_noise_threshold_is_triggered() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let threshold = seam.noise_sensors().noise_thresholds().list(NOISE_SENSOR).await.unwrap().pop().unwrap();
    let id = threshold.noise_threshold_id.as_str().to_owned();
    seam.noise_sensors().simulate().trigger_noise_threshold(NOISE_SENSOR).await.unwrap();
    let properties = seam.devices().get(NOISE_SENSOR).await.unwrap().properties.unwrap();
    assert_eq!(properties.currently_triggering_noise_threshold_ids, [id.as_str()]);
    assert_eq!(properties.noise_level_decibels, Some(65.0));
    let event = events(&fake, "noise_sensor.noise_threshold_triggered").pop().unwrap();
    assert_eq!((&event["noise_threshold_id"], &event["noise_threshold_name"]), (&json!(id), &json!("Quiet hours")));
    fake.advance(Duration::from_secs(60));
    let properties = seam.devices().get(NOISE_SENSOR).await.unwrap().properties.unwrap();
    assert!(properties.currently_triggering_noise_threshold_ids.is_empty());
    assert_eq!(properties.noise_level_decibels, Some(40.0));

    seam.noise_sensors().noise_thresholds().delete(id, NOISE_SENSOR).and_wait().await.unwrap();
    let error = seam.noise_sensors().simulate().trigger_noise_threshold(NOISE_SENSOR).await.unwrap_err();
    assert_eq!(status_and_type(&error), (404, "noise_threshold_not_found"));
    assert!(seam.noise_sensors().simulate().trigger_noise_threshold(FRONT_DOOR).await.unwrap_err().is_not_found());
}
