//! `Retry-After` and `Date`, against a simple reading of what they may say.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seam_core::{
    Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{DATE, RETRY_AFTER},
    },
};

use crate::exchange::{Bench, choice, judge_error, noon, responses_in};

/// The longest wait that the client adds to what the server asks for: before the second attempt, before the third.
const JITTER: [u64; 2] = [200, 400];

/// Makes a call that a server answers with 429. An input is a letter for the timeout, and the response with its headers.
///
/// The client never waits less than it is asked to, waits a little longer at most, and is over at its deadline.
pub fn retry_after(input: &[u8]) {
    let (letter, rest) = choice(input);
    let Some(mut answer) = responses_in(rest).into_iter().next() else { return };
    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let timeout = [Some(30), Some(1), Some(3_600), Some(0), None].get(letter % 5).copied().flatten();
    let timeout = timeout.map_or(Duration::MAX, Duration::from_secs);
    read(&answer, timeout);
    action(&answer, timeout);
}

fn read(answer: &Response, timeout: Duration) {
    let bench = Bench::new(std::slice::from_ref(answer));
    let Err(error) = bench.seam.devices().get("device-1").with_timeout(timeout).block() else {
        panic!("429 is no success")
    };
    let elapsed = bench.clock.elapsed();
    // Without a timeout of its own, a call lets itself be told to wait for 5 minutes each time.
    let most = if timeout == Duration::MAX { Duration::from_secs(2 * 300) } else { timeout };
    assert!(elapsed <= most, "{elapsed:?} of {timeout:?}");
    let pauses = bench.clock.pauses();
    if timeout.is_zero() {
        assert!(error.is_not_sent() && pauses.is_empty() && bench.paths().is_empty(), "{error}");
        return;
    }
    judge_error(&bench, &error);
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(bench.paths().len(), pauses.len() + 1, "a pause is followed by an attempt");
    assert_eq!(error.attempts() as usize, bench.paths().len());

    // What is asked for with each answer; the date is the same each time, but the clock goes on.
    let mut now = noon();
    for (pause, jitter) in pauses.iter().zip(JITTER) {
        if let Some(asked) = asked(answer.headers(), now) {
            let most = asked.unwrap_or_default().saturating_add(Duration::from_millis(jitter));
            assert!(asked.unwrap_or_default() <= *pause && *pause <= most, "{pause:?}, asked for {asked:?}");
        }
        now = now.checked_add(*pause).unwrap_or(now);
    }
    if let Some(asked) = asked(answer.headers(), now) {
        assert_eq!(error.retry_after(), asked, "{:?}", answer.headers());
        let left = timeout.saturating_sub(elapsed);
        let is_short = |longest: Duration| asked.unwrap_or_default().saturating_add(longest) < longest.max(left);
        if pauses.len() < 2 && timeout != Duration::MAX {
            assert!(!is_short(Duration::from_millis(400)), "there was time for one more attempt: {error}");
        }
    }
}

/// What does something each time is not sent again, whatever the server asks for.
fn action(answer: &Response, timeout: Duration) {
    let bench = Bench::new(std::slice::from_ref(answer));
    let Err(error) = bench.seam.locks().unlock_door("device-1").with_timeout(timeout).block() else {
        panic!("429 is no success")
    };
    assert_eq!(bench.paths().len(), usize::from(!timeout.is_zero()), "{error}");
    assert!(bench.clock.pauses().is_empty());
}

/// What the headers ask for: `Some(None)` is nothing, and `None` is what this reading cannot tell.
fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Option<Duration>> {
    for value in headers.get_all(RETRY_AFTER) {
        // The first one that asks for something counts.
        match asked_by(value, headers, now)? {
            None => {}
            asked => return Some(asked),
        }
    }
    Some(None)
}

fn asked_by(value: &HeaderValue, headers: &HeaderMap, now: SystemTime) -> Option<Option<Duration>> {
    let Ok(text) = value.to_str() else { return Some(None) };
    let text = text.trim();
    if text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        // A fraction, perhaps.
        return None;
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.bytes().try_fold(0_u64, |seconds, digit| {
            seconds.checked_mul(10)?.checked_add(u64::from(digit.saturating_sub(b'0')))
        });
        return Some(Some(seconds.map_or(YEAR, Duration::from_secs).min(YEAR)));
    }
    if !text.contains(',') && !text.contains(':') {
        return Some(None);
    }
    let until = http_date(text)?;
    let now = match headers.get(DATE) {
        None => now,
        Some(date) => http_date(date.to_str().ok()?)?,
    };
    Some(Some(until.duration_since(now).unwrap_or_default().min(YEAR)))
}

/// The longest time that is told to a caller, so that it can be added to another.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The one form of a date that servers are to write: `Thu, 01 Jan 2026 12:00:00 GMT`. The day of the week has to be right.
fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

    let (weekday, rest) = text.split_once(", ")?;
    let [day, month, year, time] = rest.strip_suffix(" GMT")?.split(' ').collect::<Vec<_>>().try_into().ok()?;
    let [hour, minute, second] = time.split(':').collect::<Vec<_>>().try_into().ok()?;
    let number = |text: &str, length: usize| -> Option<u64> {
        let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { text.parse().ok() } else { None }
    };
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (day, year) = (number(day, 2)?, number(year, 4)?);
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    let is_leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if year < 1970 || !(1..=*lengths.get(month)?).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let days = years + lengths.iter().take(month).sum::<u64>() + day - 1;
    if DAYS.iter().position(|name| *name == weekday) != usize::try_from(days % 7).ok() {
        return None;
    }
    UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
}
