//! Parsing, formatting and order of timestamps.

use std::time::SystemTime;

use seam_core::model::{Event, Timestamp};

/// Parses one timestamp from each line.
///
/// A parsed timestamp is formatted as its input, in JSON and in plain text. RFC 3339 is always accepted, as the instant that a
/// second implementation computes. The order of timestamps is the order of their instants, for all conversions.
pub fn timestamps(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let read: Vec<Timestamp> = text.split('\n').filter_map(parse).take(16).collect();
    for (left, right) in read.iter().zip(read.iter().skip(1)) {
        let order = left.cmp(right);
        assert_eq!(order, right.cmp(left).reverse());
        assert_eq!(order, left.to_jiff().cmp(&right.to_jiff()));
        assert_eq!(order.is_eq(), left == right);
        if let (Ok(left), Ok(right)) = (SystemTime::try_from(left.clone()), SystemTime::try_from(right.clone())) {
            assert_eq!(order, left.cmp(&right));
        }
    }
}

/// Parses a timestamp and checks it.
fn parse(text: &str) -> Option<Timestamp> {
    let by_calendar = rfc_3339(text);
    let Ok(timestamp) = text.parse::<Timestamp>() else {
        assert_eq!(by_calendar, None, "{text} is RFC 3339, but is rejected");
        assert_eq!(from_json(text), None, "{text} is accepted in JSON only");
        return in_model(text);
    };
    assert_eq!(timestamp.to_string(), text);
    if let Some((seconds, nanoseconds)) = by_calendar {
        assert_eq!(timestamp.to_jiff().as_nanosecond(), i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds));
    }
    assert_eq!(from_json(text).as_ref(), Some(&timestamp), "{text} is rejected in JSON");
    assert_eq!(in_model(text).as_ref(), Some(&timestamp), "{text} is rejected in a model");

    // A timestamp from an instant is formatted in the canonical form, which parses to the same instant.
    let canonical = Timestamp::from(timestamp.to_jiff());
    assert_eq!(canonical, timestamp);
    match canonical.to_string().parse::<Timestamp>() {
        Ok(again) => assert_eq!(again, timestamp, "{canonical}"),
        Err(error) => panic!("{canonical}: {error}"),
    }
    if let Ok(time) = SystemTime::try_from(timestamp.clone()) {
        assert_eq!(Timestamp::from(time), timestamp, "{text}");
    }
    Some(timestamp)
}

/// Decodes the string as the field of a model, which accepts incomplete timestamps and encodes them unchanged.
fn in_model(text: &str) -> Option<Timestamp> {
    let json = serde_json::json!({ "event_id": "e1", "created_at": text });
    let Ok(event) = serde_json::from_str::<Event>(&json.to_string()) else { panic!("an event is rejected: {json}") };
    assert_eq!(serde_json::to_value(&event).ok(), Some(json));
    event.created_at
}

fn from_json(text: &str) -> Option<Timestamp> {
    let json = serde_json::Value::from(text);
    let timestamp: Timestamp = serde_json::from_str(&json.to_string()).ok()?;
    assert_eq!(serde_json::to_value(&timestamp).ok(), Some(json));
    Some(timestamp)
}

/// Returns the seconds since 1970 and the nanoseconds of a string such as `2022-08-26T12:50:17.858+02:00`, or `None` for other
/// formats, leap seconds, and years near the ends of the calendar.
fn rfc_3339(text: &str) -> Option<(i64, u32)> {
    let (date, rest) = text.split_at_checked(10)?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let rest = rest.strip_prefix('T')?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("0", rest),
    };
    let offset = match offset.strip_prefix(['+', '-']) {
        Some(digits) => {
            let [hours, minutes, _] = numbers(&format!("{digits}:00"), ':', [2, 2, 2])?;
            let is_valid = hours <= 23 && minutes <= 59;
            let seconds = is_valid.then_some((hours * 60 + minutes) * 60)?;
            if offset.starts_with('-') { -seconds } else { seconds }
        }
        None if offset == "Z" => 0,
        None => return None,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let is_date = (1..=9998).contains(&year) && (1..=length).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 59 || !(1..=9).contains(&fraction.len()) {
        return None;
    }
    let before = year - 1;
    let days = before * 365 + before / 4 - before / 100
        + before / 400
        + lengths.iter().take(usize::try_from(month - 1).ok()?).sum::<i64>()
        + day
        - 1
        - 719_162;
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second - offset, nanoseconds))
}

fn numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[i64; 3]> {
    let parts: [&str; 3] = text.split(separator).collect::<Vec<_>>().try_into().ok()?;
    let is_well_formed = parts
        .iter()
        .zip(lengths)
        .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_well_formed {
        return None;
    }
    let [first, second, third] = parts.map(|part| part.parse().unwrap_or_default());
    Some([first, second, third])
}
