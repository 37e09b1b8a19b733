//! Conversions of ids, open enums and timestamps from and to strings, UUIDs, and the time types of other crates.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use seam_model::{DeviceId, EventType, Timestamp};

const FIRST: jiff::Timestamp = jiff::Timestamp::MIN;
const LAST: jiff::Timestamp = jiff::Timestamp::MAX;

fn instant() -> impl Strategy<Value = jiff::Timestamp> {
    let nanoseconds = FIRST.as_nanosecond()..=LAST.as_nanosecond();
    prop_oneof![
        8 => nanoseconds.prop_map(|nanoseconds| jiff::Timestamp::from_nanosecond(nanoseconds).unwrap()),
        1 => Just(FIRST),
        1 => Just(LAST),
    ]
}

proptest! {
    /// The contract of `Borrow<str>`, on which maps rely.
    #[test]
    fn an_id_is_compared_ordered_and_hashed_as_its_string(left in "\\PC{0,3}", right in "\\PC{0,3}") {
        let (left_id, right_id) = (DeviceId::from(left.as_str()), DeviceId::from(right.as_str()));
        let borrowed: &str = left_id.borrow();
        prop_assert_eq!(borrowed, &left);
        prop_assert_eq!(left_id == right_id, left == right);
        prop_assert_eq!(left_id.cmp(&right_id), left.cmp(&right));
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(&left_id), hasher.hash_one(left.as_str()));
        prop_assert_eq!(left_id == right, left == right);
        prop_assert_eq!(left == right_id, left == right);
    }

    #[test]
    fn an_enum_is_equal_to_the_string_that_seam_writes(text in "\\PC{0,12}") {
        let known = EventType::LockUnlocked;
        prop_assert_eq!(known == text, text == "lock.unlocked");
        let read = EventType::from(&text);
        prop_assert_eq!(&read, &text);
        prop_assert_eq!(&text.parse::<EventType>().unwrap(), &read);
        prop_assert_eq!(&EventType::from(&read), &read);
        prop_assert_eq!(AsRef::<str>::as_ref(&read), &text);
    }

    #[test]
    fn a_sum_is_that_of_the_instants(instant in instant(), seconds in 0..u64::MAX, nanoseconds in 0..1_000_000_000_u32) {
        // Half of the durations are short, and half have any length.
        for seconds in [seconds % 1_000_000_000, seconds] {
            let duration = Duration::new(seconds, nanoseconds);
            let timestamp = Timestamp::from(instant);
            let total = i128::try_from(duration.as_nanos()).unwrap();
            let sum = jiff::Timestamp::from_nanosecond(instant.as_nanosecond() + total).ok();
            prop_assert_eq!(timestamp.checked_add(duration), sum.map(Timestamp::from));
            prop_assert_eq!(&timestamp + duration, Timestamp::from(sum.unwrap_or(LAST)));
            if let Some(sum) = sum.map(Timestamp::from) {
                prop_assert_eq!(sum.duration_since(&timestamp).as_nanos(), total);
                prop_assert_eq!(timestamp.duration_since(&sum).as_nanos(), -total);
            }
            let difference = jiff::Timestamp::from_nanosecond(instant.as_nanosecond() - total).ok();
            prop_assert_eq!(timestamp.checked_sub(duration), difference.map(Timestamp::from));
            prop_assert_eq!(timestamp - duration, Timestamp::from(difference.unwrap_or(FIRST)));
        }
    }

    #[test]
    fn the_times_of_other_crates_name_the_same_instant(instant in instant()) {
        let timestamp = Timestamp::from(instant);
        prop_assert_eq!(&Timestamp::from(chrono::DateTime::from(&timestamp)), &timestamp);
        let microseconds = i128::from(chrono::DateTime::from(&timestamp).timestamp_micros());
        prop_assert_eq!(microseconds, instant.as_nanosecond().div_euclid(1000));
        prop_assert_eq!(&Timestamp::from(time::OffsetDateTime::from(&timestamp)), &timestamp);
        prop_assert_eq!(time::OffsetDateTime::from(&timestamp).unix_timestamp_nanos(), instant.as_nanosecond());
        prop_assert_eq!(&Timestamp::from(SystemTime::try_from(&timestamp).unwrap()), &timestamp);
        prop_assert_eq!(jiff::Timestamp::from(&timestamp), instant);
        prop_assert_eq!(Timestamp::from(&timestamp), timestamp);
    }
}

#[test]
fn an_id_is_compared_with_strings_of_all_kinds() {
    let id: DeviceId = "front-door".parse().unwrap();
    assert_eq!(["front-door"].iter().map(DeviceId::from).next().as_ref(), Some(&id));
    let owned = "front-door".to_owned();
    assert!(id == "front-door" && id == *"front-door" && id == owned);
    assert!("front-door" == id && *"front-door" == id && owned == id);
    assert!(id != "back-door");
    assert!("back-door" != id);
    assert_eq!(id, "front-door");
}

#[test]
fn collections_of_ids_are_searched_by_strings() {
    let ids = ["front-door", "back-door"].map(DeviceId::from);
    assert!(HashSet::from(ids.clone()).contains("front-door"));
    assert_eq!(HashMap::from(ids.clone().map(|id| (id, 1))).get("back-door"), Some(&1));
    assert_eq!(BTreeMap::from(ids.map(|id| (id, 1))).get("side-door"), None);
}

#[test]
fn a_uuid_is_converted_to_the_format_of_seam() {
    let text = "c9cd621d-ef0c-45c8-b608-026ebdb74615";
    let uuid: uuid::Uuid = text.to_uppercase().parse().unwrap();
    assert_eq!(DeviceId::from(uuid), text);
    assert_eq!(DeviceId::from(&uuid), text);
    assert_eq!(DeviceId::from(uuid).as_str().parse(), Ok(uuid));
}

#[test]
fn an_enum_is_compared_with_strings_of_all_kinds() {
    let unlocked = EventType::LockUnlocked;
    assert_eq!(unlocked, "lock.unlocked");
    assert_eq!("lock.unlocked", unlocked);
    assert!(unlocked != "lock.jammed");
    let unknown = EventType::from("lock.jammed");
    assert_eq!(unknown, "lock.jammed");
    assert_eq!("lock.unlocked".parse(), Ok(unlocked));
}

#[test]
fn the_current_time_has_whole_milliseconds() {
    let before = SystemTime::now() - Duration::from_millis(1);
    let now = Timestamp::now();
    assert!(Timestamp::from(before) < now && now <= Timestamp::from(SystemTime::now()), "{now}");
    assert_eq!(now.to_string().len(), "2022-08-26T12:50:17.858Z".len(), "{now}");
    assert_eq!(now.to_string().parse::<Timestamp>().unwrap(), now);
}

#[test]
fn a_sum_is_written_in_utc() {
    let mut time: Timestamp = "2022-08-26T14:50:17.858+02:00".parse().unwrap();
    assert_eq!((&time + Duration::from_secs(60)).to_string(), "2022-08-26T12:51:17.858Z");
    time += Duration::from_secs(10);
    assert_eq!(time.to_string(), "2022-08-26T12:50:27.858Z");
    time -= Duration::from_secs(28);
    assert_eq!(time.to_string(), "2022-08-26T12:49:59.858Z");
}

#[test]
fn a_time_out_of_range_is_the_end_of_the_range() {
    let centuries = Duration::from_secs(20_000 * 365 * 86_400);
    let (early, late) = (SystemTime::UNIX_EPOCH - centuries, SystemTime::UNIX_EPOCH + centuries);
    assert_eq!((Timestamp::from(early), Timestamp::from(late)), (FIRST.into(), LAST.into()));
    let (early, late) = (chrono::DateTime::<chrono::Utc>::MIN_UTC, chrono::DateTime::<chrono::Utc>::MAX_UTC);
    assert_eq!((Timestamp::from(early), Timestamp::from(late)), (FIRST.into(), LAST.into()));
    // The last hours of the year 9999 are out of the range of jiff.
    let (early, late) = (time::PrimitiveDateTime::MIN.assume_utc(), time::PrimitiveDateTime::MAX.assume_utc());
    assert_eq!((Timestamp::from(early), Timestamp::from(late)), (FIRST.into(), LAST.into()));
}

#[test]
fn a_leap_second_of_chrono_is_the_end_of_the_second_before() {
    let leap = chrono::DateTime::from_timestamp(1_483_228_799, 1_500_000_000).unwrap();
    assert_eq!(Timestamp::from(leap).to_string(), "2016-12-31T23:59:59.999999999Z");
    let offset = chrono::DateTime::parse_from_rfc3339("2022-08-26T14:50:17.858+02:00").unwrap();
    assert_eq!(Timestamp::from(offset).to_string(), "2022-08-26T12:50:17.858Z");
}
