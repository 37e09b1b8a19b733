//! The most recent requests to Seam's own routes, for tests that check what a program sent.

use std::{
    collections::VecDeque,
    fmt,
    time::{Duration, SystemTime},
};

use seam_core::{Body, Endpoint, Parameter, ParameterKind, Request, Spec, http::Method, test_util};
use serde_json::{Map, Value};

/// The number of requests that are kept; the oldest go first.
const REQUEST_LIMIT: usize = 1_000;

/// The number of bytes of request bodies that are kept; the oldest requests go first.
const BYTE_LIMIT: usize = 16 * 1024 * 1024;

/// The value that a masked parameter has.
const MASK: &str = "***";

/// A request that the fake has received, and how it answered.
///
/// `Debug` shows no parameters, since any of them may be secret.
#[derive(Clone)]
pub struct RecordedRequest {
    number: u64,
    time: SystemTime,
    method: Method,
    path: String,
    status: Option<u16>,
    latency: Duration,
    spec: Option<&'static Spec>,
    parameters: Map<String, Value>,
}

impl RecordedRequest {
    /// Returns the number of the request, the one in its request id: 7 for `request-000007`.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns when the request arrived, by the clock of the fake.
    #[must_use]
    pub const fn time(&self) -> SystemTime {
        self.time
    }

    /// Returns the HTTP method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path, such as `/locks/unlock_door`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the status of the response; `None` if a fault closed the connection without a response.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the latency that faults added, in the time of the fake.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }

    /// Returns the parameters, from the query or the body. Secrets are among them.
    ///
    /// The map is empty for a path that is no route, and for parameters that could not be read.
    #[must_use]
    pub const fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Reads the request as one to the endpoint `E`; `None` if it went to another route, or lacks a parameter that `E`
    /// requires.
    #[must_use]
    pub fn read<E: Endpoint>(&self) -> Option<E> {
        let value = (self.path == E::SPEC.path).then(|| Value::Object(self.parameters.clone()))?;
        serde_json::from_value(value).ok()
    }

    /// The parameters, with a mask for each value that may be secret.
    pub(crate) fn masked_parameters(&self) -> Map<String, Value> {
        let known = self.spec.map_or(&[][..], |spec| spec.parameters);
        let mask = |(name, value): (&String, &Value)| {
            let kind = known.iter().find(|parameter: &&Parameter| parameter.name == *name).map(|of| of.kind);
            let value = if kind.is_some_and(may_be_shown) { value.clone() } else { Value::from(MASK) };
            (name.clone(), value)
        };
        self.parameters.iter().map(mask).collect()
    }
}

/// Whether values of this kind cannot be secret: the same rule as for log lines.
fn may_be_shown(kind: ParameterKind) -> bool {
    match kind {
        ParameterKind::Id
        | ParameterKind::Time
        | ParameterKind::Boolean
        | ParameterKind::Integer
        | ParameterKind::Number => true,
        ParameterKind::ListOf(kind) => may_be_shown(*kind),
        _ => false,
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("number", &self.number)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A request as it is kept: it is read only when a test wants to see it.
#[derive(Debug)]
struct Entry {
    number: u64,
    time: SystemTime,
    /// Without headers, which hold credentials.
    request: Request,
    spec: Option<&'static Spec>,
    status: Option<u16>,
    latency: Duration,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.request.body().len()
    }

    fn read(&self) -> RecordedRequest {
        let parameters = self.spec.and_then(|spec| test_util::parameters(spec, &self.request).ok());
        RecordedRequest {
            number: self.number,
            time: self.time,
            method: self.request.method().clone(),
            path: self.request.uri().path().to_owned(),
            status: self.status,
            latency: self.latency,
            spec: self.spec,
            parameters: parameters.unwrap_or_default(),
        }
    }
}

/// The most recent requests.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl RequestLog {
    /// Records a request and how it was answered.
    pub(crate) fn record(
        &mut self,
        number: u64,
        time: SystemTime,
        request: &Request,
        spec: Option<&'static Spec>,
        status: Option<u16>,
        latency: Duration,
    ) {
        // A copy: the bytes that came may be a part of a larger buffer.
        let body = Body::from(request.body().as_ref().to_vec());
        let mut kept = Request::new(body);
        *kept.method_mut() = request.method().clone();
        *kept.uri_mut() = request.uri().clone();
        let entry = Entry { number, time, request: kept, spec, status, latency };
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > REQUEST_LIMIT || self.bytes > BYTE_LIMIT {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.bytes -= oldest.bytes();
        }
    }

    /// The requests that are kept, the oldest first.
    pub(crate) fn requests(&self) -> impl Iterator<Item = RecordedRequest> {
        self.entries.iter().map(Entry::read)
    }
}
