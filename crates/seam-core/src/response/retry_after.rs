//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use crate::client::instant::FOREVER;

/// How long a server asks to wait: the first `Retry-After` that is a number of seconds, or a date. Anything else is
/// ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok()).map(str::trim);
    let wait = values.filter_map(|value| seconds(value).or_else(|| until(value, headers, now))).next()?;
    Some(wait.min(FOREVER))
}

/// A number of seconds in digits. HTTP has whole ones only, some servers send a fraction.
fn seconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let seconds: f64 = value.parse().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER))
}

/// The time that is left until a date; none if it has passed.
fn until(value: &str, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(value).ok()?;
    // By the server's own clock, if it tells: that of this machine may be wrong.
    let date_of_response = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = date_of_response.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(date.duration_since(now).unwrap_or_default())
}
