//! A client over a transport that answers with the bytes of the input, and what holds for every exchange.

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

/// What no error may show: the key of the client, and a PIN of the request. `@KEY` and `@PIN` stand for them in inputs.
pub(crate) const KEY: &str = "seam_canary4711_Kx8";
pub(crate) const PIN: &str = "7391Canary";

/// More requests than any call sends in the time that it has.
const TOO_MANY: usize = 1_000;

/// Where the test clock begins: 2026-01-01T12:00:00Z.
pub(crate) const NOON: u64 = 1_767_268_800;

pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOON)
}

/// A first byte that chooses, written as a letter; a line break may follow it.
pub(crate) fn choice(input: &[u8]) -> (usize, &[u8]) {
    match input {
        [letter, b'\n', rest @ ..] | [letter, rest @ ..] => (usize::from(letter.wrapping_sub(b'a')), rest),
        [] => (0, input),
    }
}

/// Reads responses: a line with the status, lines with headers, an empty line and the body; `===` on a line of its own
/// is between two of them. What is not of this form is taken as a body of JSON under status 200.
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

/// A response with this status and JSON.
pub(crate) fn json_response(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(separator.len()).position(|window| window == separator)?;
    let (before, after) = text.split_at_checked(at)?;
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

/// A client and what its transport has seen.
pub(crate) struct Bench {
    pub(crate) seam: Seam,
    pub(crate) clock: TestClock,
    server: Server,
}

impl Bench {
    /// The last of the answers is given to all requests after it.
    pub(crate) fn new(answers: &[Response]) -> Self {
        // The waits before a retry are random. So that an input does the same each time, they are not.
        fastrand::seed(1);
        let server = Server(Arc::new(Inner {
            answers: answers.to_vec(),
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

    /// The paths that were asked for, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.server.0.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often `spec` was asked for: what holds for each call, whatever the answers were.
    pub(crate) fn judge(&self, spec: &Spec, patience: Duration) -> usize {
        let count = self.paths().iter().filter(|path| *path == spec.path()).count();
        match spec.idempotency() {
            Idempotency::NonIdempotent => {
                assert_eq!(count, 1, "{} is an action, and each request got an answer", spec.path());
            }
            _ => assert!((1..=3).contains(&count), "{} was sent {count} times", spec.path()),
        }
        let elapsed = self.clock.elapsed();
        assert!(elapsed <= DEFAULT_TIMEOUT + patience, "the call took {elapsed:?}");
        count
    }
}

/// Answers in order, and then with the last one for ever.
#[derive(Clone, Debug)]
struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    answers: Vec<Response>,
    received: Mutex<Vec<String>>,
    /// Whether the first request, which is the caller's own, has the PIN in it.
    has_pin: AtomicBool,
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut received = self.0.received.lock().unwrap_or_else(PoisonError::into_inner);
        let place = received.len();
        assert!(place < TOO_MANY, "the call never ends");
        received.push(request.uri().path().to_owned());
        if place == 0 {
            let has_pin = split_once(request.body().as_ref(), PIN.as_bytes()).is_some();
            self.0.has_pin.store(has_pin, Ordering::Relaxed);
        }
        // Later ones may have an id or a cursor in it that the server gave.
        assert!(place > 0 || !request.uri().to_string().contains(PIN), "a PIN is never in a URL");
        Ok(self.0.answers.get(place).or(self.0.answers.last()).cloned().unwrap_or_default())
    }
}

/// What an error says, and all its sources.
pub(crate) fn everything_printed(error: &Error) -> String {
    let mut printed = format!("{error}\n{error:?}\n{error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(printed, "\n{inner}\n{inner:?}\n{inner:#?}");
        source = inner.source();
    }
    printed
}

/// What holds for each error of a call that got an answer to each of its requests.
pub(crate) fn judge_error(bench: &Bench, error: &Error) {
    let mut printed = everything_printed(error);
    let parts = [error.message(), error.error_type().unwrap_or_default(), error.request_id().unwrap_or_default()];
    let validation = error.validation_errors().iter().flat_map(|(name, message)| [name, message]);
    for part in parts.into_iter().chain(validation) {
        let _ = write!(printed, "\n{part}");
    }
    // Where the request had no PIN, a text of the server that is like one is just a text.
    let has_pin = bench.server.0.has_pin.load(Ordering::Relaxed);
    for canary in [KEY, PIN].into_iter().take(if has_pin { 2 } else { 1 }) {
        assert!(!printed.contains(canary), "an error shows {canary}:\n{printed}");
    }
    assert!(!error.is_not_sent(), "{error}");
    assert!(error.kind() != seam_core::ErrorKind::OutcomeUnknown || error.may_have_been_applied(), "{error}");
    assert!(!error.to_string().is_empty());
}
