//! A client whose transport returns responses from the input, and properties of every exchange.

use std::{
    error::Error as StdError,
    fmt::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use seam_core::{
    Body, Credentials, DEFAULT_TIMEOUT, Error, Idempotency, Request, Response, Seam, Spec, Transport, TransportError,
    async_trait,
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
};
use seam_mock::TestClock;

/// The API key of the client, which no error may contain. Inputs contain `@KEY` as a placeholder.
pub(crate) const KEY: &str = "seam_canary4711_Kx8";
/// The PIN of requests, which no error may contain. Inputs contain `@PIN` as a placeholder.
pub(crate) const PIN: &str = "7391Canary";

/// The upper limit of the requests of one call.
const MAX_REQUESTS: usize = 1_000;

/// The start of the test clock: 2026-01-01T12:00:00Z.
pub(crate) const NOON: u64 = 1_767_268_800;

pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOON)
}

/// Splits the input into a choice, which is its first byte as a letter, and the rest. A line break after the letter is optional.
pub(crate) fn choice(input: &[u8]) -> (usize, &[u8]) {
    match input {
        [letter, b'\n', rest @ ..] | [letter, rest @ ..] => (usize::from(letter.wrapping_sub(b'a')), rest),
        [] => (0, input),
    }
}

/// Parses responses: a line with the status, lines with headers, an empty line and the body. A line `===` separates responses. Other
/// input is the JSON body of a response with status 200.
pub(crate) fn responses_in(input: &[u8]) -> Vec<Response> {
    let input = replace(&replace(input, b"@PIN", PIN.as_bytes()), b"@KEY", KEY.as_bytes());
    split(&input, b"\n===\n").into_iter().map(response).collect()
}

fn response(text: &[u8]) -> Response {
    let (head, body) = match split_once(text, b"\n\n") {
        Some((head, body)) => (head, body),
        None => (&b"200\ncontent-type: application/json"[..], text),
    };
    let mut response = Response::new(Body::from(body.to_vec()));
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| StatusCode::from_bytes(line).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    for line in lines {
        let Some((name, value)) = split_once(line, b":") else { continue };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii_start()))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Returns a response with status 200 and JSON.
pub(crate) fn json_response(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let index = text.windows(separator.len()).position(|window| window == separator)?;
    let (before, after) = text.split_at_checked(index)?;
    Some((before, after.strip_prefix(separator)?))
}

fn split<'a>(mut text: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some((before, after)) = split_once(text, separator) {
        parts.push(before);
        text = after;
    }
    parts.push(text);
    parts
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    split(text, from).join(to)
}

/// A client with its clock and its transport.
pub(crate) struct Bench {
    pub(crate) seam: Seam,
    pub(crate) clock: TestClock,
    server: Server,
}

impl Bench {
    /// Creates a client that receives the responses in order. The last response is repeated.
    pub(crate) fn new(responses: &[Response]) -> Self {
        // Seeds the jitter of the client, so that an input always has the same result.
        fastrand::seed(1);
        let server = Server(Arc::new(Inner {
            responses: responses.to_vec(),
            received: Mutex::default(),
            has_pin: AtomicBool::new(false),
        }));
        let clock = TestClock::at(noon());
        let Ok(seam) = Credentials::api_key(KEY).and_then(|credentials| {
            seam_mock::builder(server.clone()).clock(clock.clone()).credentials(credentials).build()
        }) else {
            panic!("a client can be built from constants")
        };
        Self { seam, clock, server }
    }

    /// Returns the paths of all requests, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.server.0.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks the number of requests to an endpoint and the duration of the call, and returns the number of requests.
    pub(crate) fn check_requests(&self, spec: &Spec, wait_timeout: Duration) -> usize {
        let count = self.paths().iter().filter(|path| *path == spec.path()).count();
        match spec.idempotency() {
            Idempotency::NonIdempotent => {
                assert_eq!(count, 1, "the action {} was sent again after a response", spec.path());
            }
            _ => assert!((1..=3).contains(&count), "{} was sent {count} times", spec.path()),
        }
        let elapsed = self.clock.elapsed();
        assert!(elapsed <= DEFAULT_TIMEOUT + wait_timeout, "the call took {elapsed:?}");
        count
    }
}

/// A transport that returns the responses in order, and then repeats the last one.
#[derive(Clone, Debug)]
struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    responses: Vec<Response>,
    received: Mutex<Vec<String>>,
    /// Whether the first request contains the PIN.
    has_pin: AtomicBool,
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut received = self.0.received.lock().unwrap_or_else(PoisonError::into_inner);
        let index = received.len();
        assert!(index < MAX_REQUESTS, "the call sent more than {MAX_REQUESTS} requests");
        received.push(request.uri().path().to_owned());
        if index == 0 {
            let has_pin = split_once(request.body().as_ref(), PIN.as_bytes()).is_some();
            self.0.has_pin.store(has_pin, Ordering::Relaxed);
        }
        // The URLs of later requests may contain an id or a cursor from a response.
        assert!(index > 0 || !request.uri().to_string().contains(PIN), "a URL contains a PIN");
        Ok(self.0.responses.get(index).or(self.0.responses.last()).cloned().unwrap_or_default())
    }
}

/// Returns all output of an error and its sources.
pub(crate) fn print_error(error: &Error) -> String {
    let mut printed = format!("{error}\n{error:?}\n{error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(printed, "\n{inner}\n{inner:?}\n{inner:#?}");
        source = inner.source();
    }
    printed
}

/// Checks an error of a call whose requests all got a response.
pub(crate) fn check_error(bench: &Bench, error: &Error) {
    let mut printed = print_error(error);
    let parts = [error.message(), error.error_type().unwrap_or_default(), error.request_id().unwrap_or_default()];
    let validation = error.validation_errors().iter().flat_map(|(name, message)| [name, message]);
    for part in parts.into_iter().chain(validation) {
        let _ = write!(printed, "\n{part}");
    }
    // A string of the server that equals the PIN is no secret if the request had no PIN.
    let has_pin = bench.server.0.has_pin.load(Ordering::Relaxed);
    for canary in [KEY, PIN].into_iter().take(if has_pin { 2 } else { 1 }) {
        assert!(!printed.contains(canary), "an error contains {canary}:\n{printed}");
    }
    assert!(!error.is_not_sent(), "{error}");
    assert!(error.kind() != seam_core::ErrorKind::OutcomeUnknown || error.may_have_been_applied(), "{error}");
    assert!(!error.to_string().is_empty());
}
