//! [`RecordedRequest`], the public form of a recorded request.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use seam_core::{Parameter, Servable, Spec, http::Method, test_util};
use serde_json::{Map, Value};

use crate::{
    json::system_time,
    mask::{MASK, is_not_secret},
    request_log::RequestRecord,
    routes::find_route,
};

/// A request that the fake has received, and the outcome.
///
/// `Debug` shows no parameters, since any of them may be secret.
#[derive(Clone)]
pub struct RecordedRequest {
    number: u64,
    time: SystemTime,
    method: Method,
    path: String,
    status: Option<u16>,
    duration: Duration,
    spec: Option<&'static Spec>,
    parameters: Map<String, Value>,
}

impl RecordedRequest {
    /// Reads a recorded request.
    pub(crate) fn new(record: &RequestRecord) -> Self {
        let request = &record.request;
        let spec = find_route(request.uri().path()).map(|route| route.spec);
        let parameters = spec.and_then(|spec| test_util::parameters(spec, request).ok());
        Self {
            number: record.number,
            time: system_time(record.time),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            status: record.status,
            duration: record.duration,
            spec,
            parameters: parameters.unwrap_or_default(),
        }
    }

    /// Returns the number of the request, which is in its request id: 7 for `request-000007`.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the time of arrival, by the clock of the fake.
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

    /// Returns the duration of the exchange, including injected latency.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the parameters from the query or the body, including secrets.
    ///
    /// The map is empty for unknown paths, and for parameters that could not be read.
    #[must_use]
    pub const fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Reads the request as a request of the endpoint `E`; `None` for another route, or if a required parameter is absent.
    #[must_use]
    pub fn read<E: Servable>(&self) -> Option<E> {
        let value = (self.path == E::SPEC.path()).then(|| Value::Object(self.parameters.clone()))?;
        serde_json::from_value(value).ok()
    }

    /// Returns the parameters, with each value masked that may be secret.
    pub(crate) fn masked_parameters(&self) -> Map<String, Value> {
        let known = self.spec.map_or(&[][..], |spec| spec.parameters());
        let mask = |(name, value): (&String, &Value)| {
            let kind = known.iter().find(|parameter: &&Parameter| parameter.name == *name).map(|of| of.kind);
            let value =
                if kind.is_some_and(|kind| is_not_secret(kind, value)) { value.clone() } else { Value::from(MASK) };
            (name.clone(), value)
        };
        self.parameters.iter().map(mask).collect()
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
