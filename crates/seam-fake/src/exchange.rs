//! The processing of each request: faults, authentication, validation, rate limits, the route's handler and rendering.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use seam_core::{
    Body, CredentialKind, Request, Response, TransportErrorKind,
    http::{
        HeaderValue, Method,
        header::{ALLOW, CONTENT_TYPE, RETRY_AFTER},
    },
    test_util::{self, ApiFault, json_response},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    auth,
    call::{Call, invalid, no_such_route},
    control, counts,
    faults::FaultKind,
    json::{Object, object, set},
    render::Rendered,
    request_log::RequestRecord,
    routes::{Route, find_route, pages},
    shape,
    state::State,
    tables::{AccessCode, Device, Id},
    webview,
};

/// Sets the header with the request id. Request ids of this crate are always valid header values.
pub(crate) fn set_request_id(response: &mut Response, request_id: &str) {
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("seam-request-id", request_id);
    }
}

/// The outcome of a request.
pub(crate) struct Exchange {
    /// The injected latency.
    pub(crate) delay: Duration,
    pub(crate) ending: Ending,
}

/// The end of an exchange.
pub(crate) enum Ending {
    Response(Response),
    /// The connection is lost; the kind determines whether the request was applied.
    Lost(TransportErrorKind),
    /// The response is truncated after half of its body.
    Truncated(Response),
}

impl Ending {
    /// Returns the status of the response; `None` if the connection is closed without one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Response(response) | Self::Truncated(response) => Some(response.status().as_u16()),
            Self::Lost(_) => None,
        }
    }
}

/// Processes one request.
pub(crate) fn exchange(state: &mut State, request: &Request) -> Exchange {
    let began = Instant::now();
    let arrival = Arrival::count(state);
    let request_id = arrival.request_id();
    let (delay, fault) = apply_faults(state, request);
    let mut respond = || respond(state, request, &request_id);
    let ending = match fault {
        None => Ending::Response(respond()),
        Some(FaultKind::Status(status)) => {
            let mut response = json_response(status, Value::Null).map(|_| Body::from(String::new()));
            response.headers_mut().remove(CONTENT_TYPE);
            set_request_id(&mut response, &request_id);
            Ending::Response(response)
        }
        Some(FaultKind::RateLimited(wait)) => {
            let mut response = ApiFault::rate_limited().with_request_id(&request_id).to_response();
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
            Ending::Response(response)
        }
        Some(FaultKind::Unreachable) => Ending::Lost(TransportErrorKind::NotSent),
        Some(FaultKind::LostResponse) => {
            respond();
            Ending::Lost(TransportErrorKind::Interrupted)
        }
        Some(FaultKind::Malformed) => Ending::Response(respond().map(|_| Body::from("{\"ok\": tru".to_owned()))),
        Some(FaultKind::Truncated) => Ending::Truncated(respond()),
    };
    arrival.record(state, request, &ending, began.elapsed().saturating_add(delay));
    Exchange { delay, ending }
}

/// Rejects a request that could not be read. It is counted and recorded like any other.
#[cfg(feature = "serve")]
pub(crate) fn reject(state: &mut State, request: &Request, fault: ApiFault) -> Exchange {
    let arrival = Arrival::count(state);
    let ending = Ending::Response(fault.with_request_id(arrival.request_id()).to_response());
    arrival.record(state, request, &ending, Duration::ZERO);
    Exchange { delay: Duration::ZERO, ending }
}

/// The number of a request, and its time of arrival.
struct Arrival {
    number: u64,
    time: Timestamp,
}

impl Arrival {
    /// Counts a request that has just arrived.
    fn count(state: &mut State) -> Self {
        Self { number: state.requests.next(), time: state.now() }
    }

    fn request_id(&self) -> String {
        format!("request-{:06}", self.number)
    }

    /// Records the request with its outcome.
    fn record(self, state: &mut State, request: &Request, ending: &Ending, duration: Duration) {
        let Self { number, time } = self;
        let status = ending.status();
        state.request_log.record(RequestRecord::new(number, time, request, status, duration));
    }
}

/// Returns the response of a state without faults.
pub(crate) fn respond(state: &mut State, request: &Request, request_id: &str) -> Response {
    let mut response = match webview::respond(state, request).or_else(|| control::openapi(request)) {
        Some(response) => response,
        None => match answer(state, request) {
            Ok(body) => {
                let mut response = Response::new(Body::from(body));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(fault) => fault.with_request_id(request_id).to_response(),
        },
    };
    set_request_id(&mut response, request_id);
    response
}

/// Applies the injected faults to a request. Control routes are never affected.
pub(crate) fn apply_faults(state: &mut State, request: &Request) -> (Duration, Option<FaultKind>) {
    let path = request.uri().path();
    if state.faults.is_empty() || find_route(path).is_none() {
        return (Duration::ZERO, None);
    }
    let workspace = auth::authenticate(state, request).ok().and_then(|caller| caller.workspace_id);
    // Applying a fault may end it, which changes the state.
    state.revision += 1;
    state.faults.apply(path, workspace.as_ref())
}

/// Returns the JSON of a successful response.
fn answer(state: &mut State, request: &Request) -> Result<Vec<u8>, ApiFault> {
    let path = request.uri().path();
    if let Some(answer) = control::answer(state, request) {
        return Ok(json(&answer?));
    }
    let Some(route) = find_route(path) else {
        return Err(no_such_route());
    };
    let method = request.method();
    if method != Method::POST && method != route.spec.method() {
        let mut methods = vec![route.spec.method().as_str()];
        if route.spec.method() != Method::POST {
            methods.push("POST");
        }
        let allowed = HeaderValue::from_str(&methods.join(", "));
        let fault = ApiFault::new(405, "method_not_allowed", format!("only {} accepted", methods.join(",")));
        return Err(allowed.map_or(fault.clone(), |allowed| fault.with_header(ALLOW, allowed)));
    }
    let caller = auth::authenticate(state, request)?;
    if !route.spec.credentials().is_empty() && !route.spec.credentials().contains(&caller.kind) {
        return Err(wrong_credentials(caller.kind));
    }
    if !is_json(request) {
        let message = format!("{method} requests must have Content-Type header with \"application/json\"");
        return Err(ApiFault::new(400, "invalid_content_type", message));
    }
    let mut parameters = test_util::parameters(route.spec, request).map_err(|message| invalid("", &message))?;
    if route.spec.is_paginated() {
        pages::read_link(&mut parameters);
    }
    validate(route, &parameters, is_strict(request))?;
    let mut parameters = Value::Object(parameters);
    shape::drop_unknown(&route.described.parameters, &mut parameters);
    let mut parameters = object(parameters);
    shape::drop_nulls(&route.described.parameters, &mut parameters);
    let call = Call { spec: route.spec, described: route.described, caller, parameters };
    limit_rate(state, &call)?;
    let mut answer = (route.handler)(state, &call)?;
    counts::fill_fields(state, &route.described.response, &mut answer);
    set(&mut answer, "ok", true);
    Ok(json(&Rendered { fields: &route.response, answer: &answer }))
}

/// Returns the JSON of a value. Objects of JSON can always be serialized.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// Returns the error for credentials that the route does not accept.
fn wrong_credentials(kind: CredentialKind) -> ApiFault {
    let message = match kind {
        CredentialKind::PersonalAccessTokenWithoutWorkspace | CredentialKind::ConsoleSessionWithoutWorkspace => {
            "This route requires a Seam-Workspace header"
        }
        _ => "This route does not accept such credentials",
    };
    ApiFault::new(401, "unauthorized", message)
}

/// Whether the body of a request is JSON according to its headers. A request without a `Content-Type` is accepted.
fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    request.body().is_empty() || content_type.is_none_or(|content_type| content_type.contains("json"))
}

/// Whether `request` requires unknown parameters to be rejected.
pub(crate) fn is_strict(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "_strict" && value == "true")
}

/// Rejects missing and invalid parameters, with a message for each.
pub(crate) fn validate(route: &Route, parameters: &Object, is_strict: bool) -> Result<(), ApiFault> {
    let mut problems = shape::check(&route.described.parameters, &Value::Object(parameters.clone()));
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    if is_strict {
        if let Some(known) = shape::names(&route.described.parameters) {
            let mut unknown = parameters.keys().filter(|name| !known.contains(&name.as_str())).peekable();
            if unknown.peek().is_some() {
                let names = unknown.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
                problems.entry(Vec::new()).or_default().push(format!("Unrecognized key(s) in object: {names}"));
            }
        }
    }
    let is_selected = route.spec.selectors().iter().any(|names| names.iter().all(|name| given(name)));
    if !route.spec.selectors().is_empty() && !is_selected && problems.is_empty() {
        let choices: Vec<String> = route.spec.selectors().iter().map(|names| names.join(" and ")).collect();
        problems.entry(Vec::new()).or_default().push(format!("Expected {}", choices.join(", or ")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(ApiFault::invalid_input("Invalid parameters").with_validation_errors(problems))
}

/// Rejects a request with status 429 if the rate limit of its device is exceeded.
pub(crate) fn limit_rate(state: &mut State, call: &Call) -> Result<(), ApiFault> {
    let mut devices = Id::<Device>::in_list(&call.parameters, "device_ids");
    let of_code = || Id::of(state.get(&call.given_id::<AccessCode>()?)?);
    devices.extend(call.given_id().or_else(of_code));
    // The handler rejects invisible devices. They must not add counters to the state.
    devices.retain(|device| call.find(state, device).is_ok());
    let now = state.now();
    for device in devices {
        if let Some(seconds) = state.rate_limits.count(call.spec.path(), &device, now) {
            return Err(ApiFault::rate_limited().with_header(RETRY_AFTER, HeaderValue::from(seconds)));
        }
    }
    Ok(())
}
