//! Timestamps, times of day, durations and ids: any string is valid or an error, and a valid one is serialized
//! unchanged.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::SystemTime,
};

use proptest::prelude::*;
use seam_model::{AccessCodeId, ActionType, DeviceId, IsoDuration, TimeOfDay, Timestamp};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z0-9 _-]{0,12}", 1 => any::<String>(), 1 => "[\"\\\\\u{0}-\u{1f}\u{2028}\u{1f512}]{0,6}"]
}

/// Generates strings that resemble timestamps.
fn timestamp_text() -> impl Strategy<Value = String> {
    let date = (1_u16..9999, 1_u8..=12, 1_u8..=28);
    let time = (0_u8..24, 0_u8..60, 0_u8..60);
    let fraction = prop_oneof![Just(String::new()), "\\.[0-9]{3}", "\\.[0-9]{6}", "\\.[0-9]{9}"];
    let offset = prop_oneof![Just("Z".to_owned()), "[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]"];
    (date, time, fraction, offset).prop_map(|((year, month, day), (hour, minute, second), fraction, offset)| {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
    })
}

fn instant() -> impl Strategy<Value = jiff::Timestamp> {
    let seconds = jiff::Timestamp::MIN.as_second() + 1..jiff::Timestamp::MAX.as_second();
    let nanoseconds = prop_oneof![
        Just(0),
        (0..1000).prop_map(|milliseconds| milliseconds * 1_000_000),
        (0..1_000_000).prop_map(|microseconds| microseconds * 1_000),
        0..1_000_000_000,
    ];
    (seconds, nanoseconds).prop_map(|(seconds, nanoseconds)| jiff::Timestamp::new(seconds, nanoseconds).unwrap())
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![timestamp_text().prop_map(|text| text.parse().unwrap()), instant().prop_map(Timestamp::from),]
}

proptest! {
    #[test]
    fn any_string_is_a_time_of_day_or_an_error_and_never_panics(text in "[0-9]{0,3}:?[0-9]{0,2}(:[0-9]{0,3}([.,][0-9]{0,10})?)?Z?|\\PC{0,12}") {
        if let Ok(time) = text.parse::<TimeOfDay>() {
            prop_assert_eq!(time.to_string(), text.clone());
            prop_assert_eq!(time.as_str().get(..2).unwrap().parse::<i8>().unwrap(), time.to_jiff().hour());
        }
    }

    #[test]
    fn any_string_is_a_duration_or_an_error_and_never_panics(text in "-?P?([0-9]{0,9}[YMWDTHMS]?){0,5}|\\PC{0,12}") {
        if let Ok(duration) = text.parse::<IsoDuration>() {
            prop_assert!(text.starts_with('P'));
            prop_assert_eq!(duration.to_string(), text);
        }
    }

    #[test]
    fn a_time_of_day_is_written_in_the_form_that_the_api_takes(hour in 0_i8..24, minute in 0_i8..60, second in 0_i8..60) {
        let time = jiff::civil::time(hour, minute, second, 5);
        let written = TimeOfDay::from(time);
        prop_assert_eq!(written.as_str(), format!("{hour:02}:{minute:02}:{second:02}"));
        prop_assert_eq!(&written.as_str().parse::<TimeOfDay>().unwrap(), &written);
        prop_assert_eq!(written.to_jiff(), jiff::civil::time(hour, minute, second, 0));
    }

    #[test]
    fn any_string_is_a_timestamp_or_an_error_and_never_panics(text in any::<String>()) {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            prop_assert_eq!(timestamp.to_string(), text);
        }
    }

    #[test]
    fn any_string_that_resembles_a_timestamp_is_kept_or_rejected(
        text in "-?[0-9]{2,6}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}:?[0-9]{2}(:?[0-9]{2}([.,][0-9]{0,11})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?)?(\\[[a-zA-Z!=/+-]{0,9}\\])?",
    ) {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            prop_assert_eq!(timestamp.to_string(), text);
        }
    }

    #[test]
    fn a_timestamp_displays_its_original_string(text in timestamp_text()) {
        let timestamp: Timestamp = text.parse().unwrap();
        prop_assert_eq!(timestamp.to_string(), text.clone());
        prop_assert_eq!(format!("{timestamp:?}"), format!("Timestamp({text})"));
    }

    #[test]
    fn a_timestamp_round_trips_through_display(instant in instant()) {
        let timestamp = Timestamp::from(instant);
        let parsed: Timestamp = timestamp.to_string().parse().unwrap();
        prop_assert_eq!(parsed.to_jiff(), instant);
        prop_assert_eq!(jiff::Timestamp::from(parsed.clone()), instant);
        prop_assert_eq!(parsed.to_string(), timestamp.to_string());
        let (_, fraction) = timestamp.to_string().split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        prop_assert!(fraction.len() >= "000Z".len(), "fewer digits than milliseconds: {timestamp}");
    }

    #[test]
    fn timestamps_are_equal_ordered_and_hashed_by_their_instant(left in timestamp(), right in timestamp()) {
        let hash = |timestamp: &Timestamp| {
            let mut hasher = DefaultHasher::new();
            timestamp.hash(&mut hasher);
            hasher.finish()
        };
        prop_assert_eq!(left.cmp(&right), left.to_jiff().cmp(&right.to_jiff()));
        prop_assert_eq!(left == right, left.to_jiff() == right.to_jiff());
        let same = Timestamp::from(left.to_jiff());
        prop_assert_eq!(&same, &left);
        prop_assert_eq!(hash(&same), hash(&left));
    }

    #[test]
    fn a_timestamp_and_the_systems_time_name_the_same_instant(timestamp in timestamp()) {
        let system = SystemTime::try_from(timestamp.clone()).unwrap();
        prop_assert_eq!(Timestamp::from(system), timestamp);
    }

    #[test]
    fn ids_and_enums_display_their_original_string(text in text()) {
        prop_assert_eq!(AccessCodeId::from(text.as_str()).to_string(), text.clone());
        prop_assert_eq!(String::from(DeviceId::from(text.clone())), text.clone());
        prop_assert_eq!(ActionType::from(text.as_str()).to_string(), text.clone());
        prop_assert_eq!(ActionType::from(text.clone()), ActionType::from(text.as_str()));
    }
}

#[test]
fn a_leap_second_and_a_lowercase_timestamp_are_serialized_unchanged() {
    for text in [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.000Z",
        "2016-12-31T23:59:60.123456Z",
        "2022-08-26t12:50:17.858z",
        "2022-08-26T12:50:17.858-00:00",
    ] {
        let timestamp: Timestamp = text.parse().unwrap();
        assert_eq!(timestamp.to_string(), text);
    }
}

#[test]
fn only_the_documented_forms_of_a_time_of_day_are_read() {
    for text in ["00:00", "15:00", "23:59:59", "06:30:00.5"] {
        assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
    }
    for text in
        ["", "1500", "15", "T15:00", "24:00", "15:60", "3 pm", "2026-01-02T15:00", "15:00Z", "22:00:00[Europe/Berlin]"]
    {
        assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
    }
}

#[test]
fn only_durations_of_iso_8601_are_read() {
    for (text, hours, days) in [("PT672H", 672, 0), ("P29D", 0, 29), ("P1DT12H", 12, 1)] {
        let duration: IsoDuration = text.parse().unwrap();
        assert_eq!((duration.to_jiff().get_hours(), duration.to_jiff().get_days()), (hours, days), "{text}");
    }
    for text in ["", "29 days", "29d", "P", "-P1D", "PT1H ", "1"] {
        assert!(text.parse::<IsoDuration>().is_err(), "{text}");
    }
}

/// Each date of the usual format, and each character of it replaced, is read as by jiff's parser.
#[test]
fn the_usual_format_is_read_as_by_jiff() {
    let check = |text: &str| {
        let expected: Option<jiff::Timestamp> = text.parse().ok();
        assert_eq!(text.parse::<Timestamp>().ok().map(|time| time.to_jiff()), expected, "{text}");
    };
    for year in [0, 1600, 1899, 1900, 1969, 1970, 1972, 1999, 2000, 2023, 2024, 2100, 2400, 9998] {
        for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
            check(&format!("{year:04}-{month:02}-{day:02}T23:59:58.987Z"));
            check(&format!("{year:04}-{month:02}-{day:02}T01:02:03Z"));
        }
    }
    for usual in ["2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56Z"] {
        for (at, byte) in (0..usual.len()).flat_map(|at| (b' '..=b'~').map(move |byte| (at, byte))) {
            let mut text = usual.as_bytes().to_vec();
            text[at] = byte;
            check(std::str::from_utf8(&text).unwrap());
        }
    }
}
