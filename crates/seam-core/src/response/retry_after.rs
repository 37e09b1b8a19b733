//! The header `Retry-After`.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use crate::client::instant::FOREVER;

/// Returns the wait that a server requests: the first `Retry-After` that is a number of seconds or a date. Other values
/// are ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let values = headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| value.to_str().ok()).map(str::trim);
    let wait = values.filter_map(|value| seconds(value).or_else(|| until(value, headers, now))).next()?;
    Some(wait.min(FOREVER))
}

/// Parses a number of seconds. HTTP allows only whole seconds, but some servers send a fraction.
fn seconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let is_number = [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let seconds: f64 = value.parse().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(FOREVER))
}

/// Returns the time until a date; zero if it has passed.
fn until(value: &str, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = httpdate::parse_http_date(value).ok()?;
    // Compared with the clock of the server if the header `Date` is present, because the local clock may be wrong.
    let date_of_response = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    let now = date_of_response.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(date.duration_since(now).unwrap_or_default())
}
