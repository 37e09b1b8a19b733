//! `Retry-After` and `Date`, compared with a second, simple parser.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seam_core::{
    Response,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{DATE, RETRY_AFTER},
    },
};

use crate::exchange::{Bench, check_error, choice, noon, responses_in};

/// The maximum jitter in milliseconds that the client adds to a requested pause before the second and the third attempt.
const JITTER: [u64; 2] = [200, 400];

/// Sends a call to a server that responds with 429. An input is a letter for the timeout, and the response with its headers.
///
/// The client waits at least for the requested pause, at most with jitter, and the call ends by its deadline.
pub fn retry_after(input: &[u8]) {
    let (letter, rest) = choice(input);
    let Some(mut response) = responses_in(rest).into_iter().next() else { return };
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let timeout = [Some(30), Some(1), Some(3_600), Some(0), None].get(letter % 5).copied().flatten();
    let timeout = timeout.map_or(Duration::MAX, Duration::from_secs);
    read(&response, timeout);
    action(&response, timeout);
}

fn read(response: &Response, timeout: Duration) {
    let bench = Bench::new(std::slice::from_ref(response));
    let Err(error) = bench.seam.devices().get("device-1").with_timeout(timeout).block() else {
        panic!("a call with 429 succeeded")
    };
    let elapsed = bench.clock.elapsed();
    // Without a timeout, the client accepts pauses of at most 5 minutes.
    let longest = if timeout == Duration::MAX { Duration::from_secs(2 * 300) } else { timeout };
    assert!(elapsed <= longest, "{elapsed:?} of {timeout:?}");
    let pauses = bench.clock.pauses();
    if timeout.is_zero() {
        assert!(error.is_not_sent() && pauses.is_empty() && bench.paths().is_empty(), "{error}");
        return;
    }
    check_error(&bench, &error);
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(bench.paths().len(), pauses.len() + 1, "an attempt follows each pause");
    assert_eq!(error.attempts() as usize, bench.paths().len());

    // The header `date` is constant, but the clock advances.
    let mut now = noon();
    for (pause, jitter) in pauses.iter().zip(JITTER) {
        if let Some(requested) = requested(response.headers(), now) {
            let longest = requested.unwrap_or_default().saturating_add(Duration::from_millis(jitter));
            assert!(requested.unwrap_or_default() <= *pause && *pause <= longest, "{pause:?}, requested {requested:?}");
        }
        now = now.checked_add(*pause).unwrap_or(now);
    }
    if let Some(requested) = requested(response.headers(), now) {
        assert_eq!(error.retry_after(), requested, "{:?}", response.headers());
        let left = timeout.saturating_sub(elapsed);
        let is_short = |longest: Duration| requested.unwrap_or_default().saturating_add(longest) < longest.max(left);
        if pauses.len() < 2 && timeout != Duration::MAX {
            assert!(
                !is_short(Duration::from_millis(400)),
                "the client did not use the time for another attempt: {error}"
            );
        }
    }
}

/// Sends an action, which is never retried after a response.
fn action(response: &Response, timeout: Duration) {
    let bench = Bench::new(std::slice::from_ref(response));
    let Err(error) = bench.seam.locks().unlock_door("device-1").with_timeout(timeout).block() else {
        panic!("a call with 429 succeeded")
    };
    assert_eq!(bench.paths().len(), usize::from(!timeout.is_zero()), "{error}");
    assert!(bench.clock.pauses().is_empty());
}

/// Returns the requested pause: `Some(None)` for no pause, and `None` for headers that this parser does not support.
fn requested(headers: &HeaderMap, now: SystemTime) -> Option<Option<Duration>> {
    for value in headers.get_all(RETRY_AFTER) {
        // The first valid header counts.
        match requested_by(value, headers, now)? {
            None => {}
            requested => return Some(requested),
        }
    }
    Some(None)
}

fn requested_by(value: &HeaderValue, headers: &HeaderMap, now: SystemTime) -> Option<Option<Duration>> {
    let Ok(text) = value.to_str() else { return Some(None) };
    let text = text.trim();
    if text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        // Possibly a number with a fraction.
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

/// The limit of the pause in an error, so that a caller can add it to a time.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Parses a date in the preferred format: `Thu, 01 Jan 2026 12:00:00 GMT`. The day of the week must be correct.
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
