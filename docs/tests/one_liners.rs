//! Common tasks in one line. Each line is what a programmer would expect, and must compile and hold.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::{Duration, SystemTime},
};

use seam_core::{
    Call, Credentials, Error, Idempotency, Items, Outcome, RetryPolicy, Seam, Transport,
    endpoints::locks,
    http::StatusCode,
    model::{
        AccessCode, AccessCodeType, ActionAttemptStatus, CustomMetadata, Device, DeviceId, DeviceProperties, Event,
        EventPayload, EventType, Extra, IsoDuration, Patch, Pin, TimeOfDay, Timestamp, events,
    },
};
use seam_fake::{FRONT_DOOR, FakeSeam, THERMOSTAT};

fn device() -> Device {
    Device::new("d1").display_name("Front Door").properties(DeviceProperties::new().battery_level(0.4).online(true))
}

#[test]
fn ids() {
    let id = DeviceId::from("d1");
    let text: &str = &id;
    assert_eq!(text, "d1");
    let owned = String::from("d1");
    assert!(id == "d1");
    assert!("d1" == id);
    assert!(id == owned);
    assert_eq!(device().connected_account_id.as_deref(), None);
    assert_eq!(device().connected_account_id("a1").connected_account_id.as_deref(), Some("a1"));
    assert_eq!("d1".parse::<DeviceId>().unwrap(), id);
    assert_eq!(format!("{id:>4}"), "  d1");
    assert_eq!(HashMap::from([(id.clone(), 1)]).get("d1"), Some(&1));
    assert!(HashSet::from([id.clone()]).contains("d1"));
    assert!(BTreeSet::from([id.clone()]).contains("d1"));
    assert!(["d1", "d2"].contains(&&*id));
    assert_eq!(
        ["d1", "d2"].map(DeviceId::from).to_vec(),
        ["d1", "d2"].into_iter().map(DeviceId::from).collect::<Vec<_>>()
    );
    assert_eq!(String::from(id.clone()), "d1");
    assert_eq!(DeviceId::from(uuid()).to_string().len(), 36);
    assert!(id.starts_with('d'));
    let mut sorted = vec![DeviceId::from("d2"), id];
    sorted.sort();
    assert_eq!(sorted, ["d1", "d2"]);
}

fn uuid() -> String {
    "c9cd621d-d94c-4c8a-8d45-b0a0f2c2a0a1".to_owned()
}

#[test]
fn enums() {
    assert!(EventType::LockUnlocked == "lock.unlocked");
    assert_eq!(EventType::from("lock.locked"), EventType::LockLocked);
    assert_eq!(AccessCode::new("c1").r#type("time_bound").r#type, Some(AccessCodeType::TimeBound));
    assert!(AccessCode::new("c1").r#type(AccessCodeType::Ongoing).r#type.is_some_and(|kind| kind == "ongoing"));
    assert_eq!(ActionAttemptStatus::Success.to_string(), "success");
}

#[test]
fn times() {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    assert_eq!(Timestamp::try_from("2026-01-01T12:00:00Z").unwrap(), noon);
    assert_eq!((&noon + Duration::from_secs(60)).to_string(), "2026-01-01T12:01:00.000Z");
    assert!(noon < Timestamp::now() || noon > Timestamp::now());
    assert_eq!((noon.clone() + Duration::from_secs(60)).duration_since(&noon).as_secs(), 60);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_268_800);
    assert_eq!(noon.duration_until(now).as_secs(), 0);
    assert_eq!(noon.duration_since(now - Duration::from_secs(5)).as_secs(), 5);
    assert_eq!(
        "22:00[Europe/Berlin]".parse::<TimeOfDay>().is_ok(),
        TimeOfDay::try_from("22:00[Europe/Berlin]").is_ok()
    );
    assert_eq!("P29D".parse::<IsoDuration>().unwrap().to_string(), "P29D");
}

#[test]
fn models() {
    assert_eq!(device().properties.as_ref().and_then(|properties| properties.battery_level), Some(0.4));
    assert!(device().properties.is_some_and(|properties| properties.online == Some(true)));
    assert_eq!(device().display_name.as_deref(), Some("Front Door"));
    assert_eq!(serde_json::to_value(AccessCode::new("c1").code("1988")).unwrap()["code"], "1988");
    assert!(!format!("{:?}", AccessCode::new("c1").code("1988")).contains("1988"));
    assert_eq!(AccessCode::new("c1").code("1988").code.as_ref().map(Pin::expose_secret), Some("1988"));
    assert!(AccessCode::new("c1").code("1988").code == Some("1988".into()));
    let labels: CustomMetadata =
        [("room".to_owned(), "204".into()), ("vip".to_owned(), true.into())].into_iter().collect();
    assert_eq!(Device::new("d1").custom_metadata([("room", "204")]).custom_metadata.len(), labels.len() - 1);
    let extra: Extra = [("floor".to_owned(), serde_json::json!(3))].into_iter().collect();
    assert_eq!(extra.iter().next(), Some(("floor", &serde_json::json!(3))));
    let event = Event::new("e1", EventPayload::LockUnlocked(events::LockUnlocked::new("d1").into()));
    assert!(matches!(&event.payload, EventPayload::LockUnlocked(unlocked) if unlocked.device_id == "d1"));
    assert_eq!(event.device_id().as_deref(), Some("d1"));
    assert_eq!(
        match event.event_type {
            EventType::LockUnlocked => 1,
            _ => 2,
        },
        1
    );
    assert_eq!(Patch::from(Some(1)), Patch::Value(1));
}

#[tokio::test]
async fn calls() -> Result<(), Error> {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let hour = Duration::from_secs(3600);

    let devices = seam.devices().list().await?;
    let names: Vec<&str> = devices.iter().filter_map(|device| device.display_name.as_deref()).collect();
    assert_eq!(names.len(), devices.len());
    let by_id: HashMap<DeviceId, Device> =
        devices.into_iter().map(|device| (device.device_id.clone(), device)).collect();
    assert!(by_id.contains_key(FRONT_DOOR));
    let all: Vec<Device> = seam.devices().list().items().try_collect().await?;
    assert_eq!(all.len(), by_id.len());
    let online = |device: &Device| device.properties.as_ref().and_then(|properties| properties.online) == Some(true);
    assert!(seam.devices().get(FRONT_DOOR).until(online).await.is_ok());

    let code = seam.access_codes().create(FRONT_DOOR).code("482913").ends_at(seam.now() + hour).await?;
    let code = seam.access_codes().get(&code.access_code_id).until(|code| code.pending_mutations.is_empty()).await?;
    assert!(code.ends_at.is_some_and(|end| end.duration_since(seam.now()).as_secs() > 3500));
    seam.access_codes().delete(code.access_code_id).await?;
    assert!(seam.locks().unlock_door(FRONT_DOOR).and_wait().timeout(hour).await?.status == "success");
    assert_eq!(seam.locks().lock_door(FRONT_DOOR).with_timeout(hour).without_retries().await?.status, "pending");
    assert!(seam.thermostats().cool(THERMOSTAT).cooling_set_point_celsius(21.5).and_wait().await.is_ok());

    let (door, thermostat) = tokio::try_join!(seam.devices().get(FRONT_DOOR), seam.devices().get(THERMOSTAT))?;
    assert_eq!((door.device_id, thermostat.device_id), (FRONT_DOOR.into(), THERMOSTAT.into()));
    let locked = [FRONT_DOOR, "nowhere"].map(|door| {
        let seam = seam.clone();
        tokio::spawn(async move { seam.locks().lock_door(door).await })
    });
    let mut results = Vec::new();
    for door in locked {
        results.push(door.await.is_ok_and(|result| result.is_ok()));
    }
    assert_eq!(results, [true, false]);
    fake.advance_to(seam.now() + hour);
    let yesterday = FakeSeam::starting_at(SystemTime::now() - 24 * hour).empty();
    assert!(yesterday.seam().now() < SystemTime::now().into());

    let error = seam.devices().get("nowhere").await.unwrap_err();
    assert!(error.is_not_found() && error.outcome() == Outcome::NotApplied && error.clone().attempts() == 1);
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    let found = seam
        .devices()
        .get("nowhere")
        .await
        .or_else(|error| if error.is_not_found() { Ok(device()) } else { Err(error) });
    assert_eq!(found?.device_id, "d1");
    Ok(())
}

#[test]
fn clients() -> Result<(), Error> {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let boxed: Box<dyn Transport> = Box::new(FakeSeam::new());
    let seam = Seam::builder(boxed)
        .credentials(Credentials::api_key("seam_example_key")?)
        .timeout(Duration::from_secs(5))
        .retry_policy(RetryPolicy::none())
        .user_agent_suffix("front-desk/2.1")
        .build()?;
    shared(&seam);
    let request = locks::UnlockDoor::new(FRONT_DOOR);
    let call: Call<locks::UnlockDoor> = seam.call(request);
    assert!(call.to_curl()?.starts_with("curl "));
    assert_eq!(<locks::UnlockDoor as seam_core::Endpoint>::SPEC.idempotency(), Idempotency::NonIdempotent);
    let _: Items<_> = seam.devices().list().items();
    Ok(())
}
