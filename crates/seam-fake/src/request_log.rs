//! The log of the latest requests and their outcomes.

use std::{collections::VecDeque, fmt, time::Duration};

use jiff::Timestamp;
use seam_core::{Body, Request};

use crate::control_paths::{is_control, is_health};

/// The maximum number of records.
const MAX_RECORDS: usize = 1_000;

/// The maximum number of bytes of request bodies and URIs.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A request and its outcome.
///
/// The request contains PINs: use the module `mask` for any output. Headers are not recorded, since they contain credentials.
pub(crate) struct RequestRecord {
    /// The number in the request id: 1 for `request-000001`.
    pub(crate) number: u64,
    /// The time of arrival, by the clock of the fake.
    pub(crate) time: Timestamp,
    pub(crate) request: Request,
    /// The status of the response; `None` if the connection was closed without one.
    pub(crate) status: Option<u16>,
    /// The duration of the exchange, including injected latency.
    pub(crate) duration: Duration,
}

impl RequestRecord {
    /// Copies a request. A clone would share memory with it and keep the whole read buffer of its connection alive.
    pub(crate) fn new(
        number: u64,
        time: Timestamp,
        request: &Request,
        status: Option<u16>,
        duration: Duration,
    ) -> Self {
        let mut copy = Request::new(Body::from(request.body().as_ref().to_vec()));
        copy.method_mut().clone_from(request.method());
        // A parsed URI can always be parsed again.
        *copy.uri_mut() = request.uri().to_string().parse().unwrap_or_default();
        Self { number, time, request: copy, status, duration }
    }
}

impl fmt::Debug for RequestRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestRecord")
            .field("number", &self.number)
            .field("time", &self.time)
            .field("method", self.request.method())
            .field("path", &self.request.uri().path())
            .field("status", &self.status)
            .field("duration", &self.duration)
            .finish()
    }
}

/// A ring buffer of the latest 1,000 requests, or fewer if their bodies and URIs exceed 16 MiB.
///
/// Requests that control the fake (`/_fake` and below) and health checks are not recorded.
///
/// ```ignore
/// let unlocks = state.request_log.iter().filter(|record| record.request.uri().path() == "/locks/unlock_door");
/// assert_eq!(unlocks.map(|record| record.status).collect::<Vec<_>>(), [Some(200)]);
/// ```
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: VecDeque<RequestRecord>,
    bytes: usize,
}

impl RequestLog {
    /// Adds a record, and drops the oldest ones over the bounds.
    pub(crate) fn record(&mut self, record: RequestRecord) {
        let path = record.request.uri().path();
        if is_control(path) || is_health(path) {
            return;
        }
        self.bytes += bytes(&record);
        self.records.push_back(record);
        while self.records.len() > MAX_RECORDS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes -= bytes(&oldest);
        }
    }

    /// Returns the records, the oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RequestRecord> {
        self.records.iter()
    }
}

fn bytes(record: &RequestRecord) -> usize {
    let uri = record.request.uri();
    record.request.body().as_ref().len() + uri.path().len() + uri.query().map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use seam_core::http;

    use super::*;

    fn record(number: u64, path: &str, body: String) -> RequestRecord {
        let request =
            http::Request::builder().uri(path).header("x", "y".repeat(100_000)).body(Body::from(body)).unwrap();
        RequestRecord::new(number, Timestamp::UNIX_EPOCH, &request, Some(200), Duration::ZERO)
    }

    fn numbers(log: &RequestLog) -> Vec<u64> {
        log.iter().map(|record| record.number).collect()
    }

    #[test]
    fn the_oldest_records_are_dropped_over_the_bound() {
        let mut log = RequestLog::default();
        for number in 0..1_002 {
            log.record(record(number, "/devices/list", String::new()));
        }
        assert_eq!(numbers(&log), (2..1_002).collect::<Vec<_>>());
    }

    #[test]
    fn bodies_are_bounded_in_total() {
        let mut log = RequestLog::default();
        for number in 0..20 {
            log.record(record(number, "/devices/list", "x".repeat(1024 * 1024)));
        }
        // Each has a path as well.
        assert_eq!(numbers(&log), (5..20).collect::<Vec<_>>());
        assert!(log.bytes <= MAX_BYTES);
        for number in 0..500 {
            log.record(record(number, &format!("/{}?{}", "x".repeat(40_000), "y".repeat(20_000)), String::new()));
        }
        assert!(log.bytes <= MAX_BYTES && log.records.len() < 300, "{}", log.records.len());
    }

    #[test]
    fn headers_are_not_kept() {
        let mut log = RequestLog::default();
        log.record(record(1, "/devices/list", String::new()));
        assert!(log.iter().all(|record| record.request.headers().is_empty()));
    }

    #[test]
    fn control_requests_are_not_recorded() {
        let mut log = RequestLog::default();
        for path in ["/_fake", "/_fake/advance_time", "/health", "/nowhere"] {
            log.record(record(1, path, String::new()));
        }
        assert_eq!(log.iter().map(|record| record.request.uri().path()).collect::<Vec<_>>(), ["/nowhere"]);
    }

    #[test]
    fn debug_output_has_no_parameters() {
        let record = record(1, "/access_codes/get?code=1988", "4711".to_owned());
        let text = format!("{record:?}");
        assert!(text.contains("/access_codes/get") && !text.contains("1988") && !text.contains("4711"), "{text}");
    }
}
