//! Faults while the client polls the action attempt of an accepted action. The action itself must arrive exactly once.

use std::time::Duration;

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Canaries, Case, Network, PIN, Run};
use seam_mock::transport_kit::{Record, Server, Wire};

use crate::matrix::{
    sockets::{client, serve, transport, until_closed, until_requests},
    support::{SHORT_TIMEOUT, json_response, with_headers},
};

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The behaviour of the server for a poll.
#[derive(Clone, Copy, Debug)]
enum PollResponse {
    /// Responds with this body.
    Body(&'static str),
    /// Responds with this status, headers and body.
    Status(u16, &'static str, &'static str),
    Close,
    Reset,
    TruncatedHead,
    TruncatedBody,
    /// Keeps the connection open without a response.
    Hang,
}

const PENDING: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"pending"}}"#;
const SUCCESS: &str =
    r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"success","result":{}}}"#;
const FAILED: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"error",
    "error":{"type":"device_offline","message":"it is offline"}}}"#;
const UNKNOWN_STATUS: &str =
    r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"on_its_way"}}"#;
const NOT_FOUND: &str = r#"{"error":{"type":"action_attempt_not_found","message":"there is none"}}"#;
const RATE_LIMITED: &str = r#"{"error":{"type":"rate_limited","message":"slow down"}}"#;
const UNAUTHORIZED: &str = r#"{"error":{"type":"unauthorized","message":"who are you"}}"#;

const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let unknown = |source| ExpectedError { kind: ErrorKind::OutcomeUnknown, source };
    let transport = |kind| unknown(Source::Transport(kind));
    let interrupted = TransportErrorKind::Interrupted;
    let body = TransportErrorKind::Body;
    let done = None;
    let rows: Vec<(&str, Vec<PollResponse>, Option<ExpectedError>, usize)> = vec![
        ("succeeds at the first poll", vec![PollResponse::Body(SUCCESS)], done, 1),
        ("succeeds at the fourth poll", vec![PollResponse::Body(PENDING); 3], done, 4),
        ("fails", vec![PollResponse::Body(FAILED)], Some(ExpectedError::of(ErrorKind::ActionFailed)), 1),
        (
            "has an unknown status",
            vec![PollResponse::Body(UNKNOWN_STATUS)],
            Some(ExpectedError::of(ErrorKind::ActionStatusUnknown)),
            1,
        ),
        ("is not found", vec![PollResponse::Status(404, JSON, NOT_FOUND); 9], Some(unknown(Source::Status(404))), 1),
        (
            "is not found at the second poll",
            vec![PollResponse::Body(PENDING), PollResponse::Status(404, JSON, NOT_FOUND)],
            Some(unknown(Source::Status(404))),
            2,
        ),
        (
            "is no longer accessible",
            vec![PollResponse::Status(401, JSON, UNAUTHORIZED); 9],
            Some(unknown(Source::Status(401))),
            1,
        ),
        (
            "is polled through a proxy with HTML",
            vec![PollResponse::Status(200, "content-type: text/html\r\n", "<html>"); 9],
            Some(unknown(Source::Invalid)),
            1,
        ),
        (
            "is missing in the response",
            vec![PollResponse::Body(r#"{"ok":true}"#); 9],
            Some(unknown(Source::Invalid)),
            1,
        ),
        ("is null", vec![PollResponse::Body(r#"{"action_attempt":null}"#); 9], Some(unknown(Source::Invalid)), 1),
        ("is rate-limited once", vec![PollResponse::Status(429, JSON, RATE_LIMITED)], done, 2),
        (
            "is rate-limited for all polls",
            vec![PollResponse::Status(429, JSON, RATE_LIMITED); 9],
            Some(unknown(Source::Status(429))),
            3,
        ),
        ("is unavailable once", vec![PollResponse::Status(503, JSON, "{}")], done, 2),
        ("is unavailable twice", vec![PollResponse::Status(503, JSON, "{}"); 2], done, 3),
        (
            "is unavailable for all polls",
            vec![PollResponse::Status(503, JSON, "{}"); 9],
            Some(unknown(Source::Status(503))),
            3,
        ),
        (
            "is redirected",
            vec![PollResponse::Status(302, "location: /elsewhere\r\n", ""); 9],
            Some(unknown(Source::Status(302))),
            1,
        ),
        ("is polled on a connection that is closed once", vec![PollResponse::Close], done, 2),
        ("is polled on connections that are closed", vec![PollResponse::Close; 9], Some(transport(interrupted)), 3),
        ("is polled on a connection that is reset once", vec![PollResponse::Reset], done, 2),
        ("is polled on connections that are reset", vec![PollResponse::Reset; 9], Some(transport(interrupted)), 3),
        ("has a truncated head once", vec![PollResponse::TruncatedHead], done, 2),
        ("has a truncated head for all polls", vec![PollResponse::TruncatedHead; 9], Some(transport(interrupted)), 3),
        ("has a truncated body once", vec![PollResponse::TruncatedBody], done, 2),
        ("has a truncated body for all polls", vec![PollResponse::TruncatedBody; 9], Some(transport(body)), 3),
    ];
    let mut cases = Vec::new();
    for (what, polls, expected, requests) in rows {
        for (how, closes) in [("", false), (", over another connection", true)] {
            let polls = polls.clone();
            cases.push(Case::new(format!("waiting for an attempt that {what}{how}"), move || {
                let polls = polls.clone();
                async move {
                    let (network, server) = accepting(polls, PENDING, closes)?;
                    let result = unlock(&network, LONG_TIMEOUT).await;
                    check(result, expected, server.record(), requests)
                }
            }));
        }
    }
    for (what, poll) in [("stays pending", PollResponse::Body(PENDING)), ("has no response", PollResponse::Hang)] {
        cases.push(Case::new(format!("waiting for an attempt that {what}"), move || async move {
            let (network, server) = accepting(vec![poll; 1_000_000], PENDING, false)?;
            let result = unlock(&network, SHORT_TIMEOUT).await;
            let polls = server.record().request_count().saturating_sub(1);
            check(result, Some(ExpectedError::of(ErrorKind::ActionPending)), server.record(), polls)
        }));
    }
    cases.extend(action_responses());
    cases
}

/// The expected error of a call that waits for its action attempt.
#[derive(Clone, Copy, Debug)]
struct ExpectedError {
    kind: ErrorKind,
    source: Source,
}

impl ExpectedError {
    fn of(kind: ErrorKind) -> Self {
        Self { kind, source: Source::Any }
    }
}

/// The expected source of the error.
#[derive(Clone, Copy, Debug)]
enum Source {
    Any,
    Status(u16),
    Invalid,
    Transport(TransportErrorKind),
}

async fn unlock(network: &Network, timeout: Duration) -> Result<(), Error> {
    let interval = Duration::from_millis(20);
    network.seam.locks().unlock_door("front-door").and_wait().timeout(timeout).poll_interval(interval).await.map(drop)
}

/// Checks the result of a call, the number of requests, and that the action arrived once.
fn check(result: Result<(), Error>, expected: Option<ExpectedError>, record: &Record, polls: usize) -> Run {
    if record.request_count() != polls + 1 {
        return Err(format!(
            "{} requests reached the server, expected {}: {result:?}",
            record.request_count(),
            polls + 1
        ));
    }
    let actions = record.occurrences("POST /locks/unlock_door");
    if actions != 1 {
        return Err(format!("the action arrived {actions} times"));
    }
    let (error, expected) = match (result, expected) {
        (Ok(()), None) => return Ok(()),
        (Err(error), Some(expected)) => (error, expected),
        (result, expected) => return Err(format!("expected {expected:?}, found {result:?}")),
    };
    if let Some(found) = Canaries::new().find_in_error(&error) {
        return Err(format!("the error contains a secret: {found}"));
    }
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>());
    let is_right = error.kind() == expected.kind
        && error.action_attempt().is_some_and(|attempt| attempt.action_attempt_id.as_str() == "a1")
        && error.body().is_some()
        && !error.is_not_sent()
        && !error.is_not_found()
        && !error.is_unauthorized()
        && error.may_have_been_applied() == (expected.kind != ErrorKind::ActionFailed)
        && match expected.source {
            Source::Any => true,
            Source::Status(status) => {
                source.and_then(Error::status).is_some_and(|found| found.as_u16() == status)
                    && error.status() != source.and_then(Error::status)
            }
            Source::Invalid => source.is_some_and(|source| source.kind() == ErrorKind::InvalidResponse),
            Source::Transport(kind) => source.and_then(Error::transport_error_kind) == Some(kind),
        };
    if is_right { Ok(()) } else { Err(format!("expected {expected:?}, found {error:?}")) }
}

/// Starts a server that accepts every action, responds to polls in the given order, and then reports success.
fn accepting(polls: Vec<PollResponse>, accepted: &'static str, closes: bool) -> Result<(Network, Server), String> {
    let server = serve(move |mut wire: Wire| {
        loop {
            let request = wire.request()?;
            if ["/locks/unlock_door", "/access_codes/create"].contains(&request.target()) {
                let headers = if closes { "connection: close\r\ncontent-type: application/json\r\n" } else { JSON };
                wire.write(with_headers(200, headers, accepted))?;
                if closes {
                    return Some(());
                }
                continue;
            }
            // The first request is the action.
            let number = wire.record().request_count().checked_sub(2)?;
            match polls.get(number).copied().unwrap_or(PollResponse::Body(SUCCESS)) {
                PollResponse::Body(body) => wire.write(json_response(200, body))?,
                PollResponse::Status(status, headers, body) => wire.write(with_headers(status, headers, body))?,
                PollResponse::Close => return None,
                PollResponse::Reset => return wire.reset(),
                PollResponse::TruncatedHead => return wire.write("HTTP/1.1 200 OK\r\ncontent-"),
                PollResponse::TruncatedBody => {
                    return wire.write(format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 900\r\n\r\n{SUCCESS}"));
                }
                PollResponse::Hang => return wire.wait_for_close(),
            }
        }
    })?;
    Ok((client(transport(), &server.url())?, server))
}

/// Faults in the response to the action itself.
fn action_responses() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, accepted) in [
        ("whose attempt has no id", r#"{"action_attempt":{"status":"pending"}}"#),
        ("whose attempt is a string", r#"{"action_attempt":"a1"}"#),
        ("whose attempt is a list", r#"{"action_attempt":[]}"#),
        ("without an attempt", r#"{"ok":true}"#),
        ("whose attempt is null", r#"{"action_attempt":null}"#),
        ("that is truncated", r#"{"action_attempt":{"action_attempt_id":"a1""#),
        ("that is empty", ""),
    ] {
        cases.push(Case::new(format!("waiting after a response {what}"), move || async move {
            let (network, server) = accepting(Vec::new(), accepted, false)?;
            let Err(error) = unlock(&network, LONG_TIMEOUT).await else {
                return Err("the call returned a value".to_owned());
            };
            let is_open =
                error.kind() == ErrorKind::OutcomeUnknown && error.may_have_been_applied() && !error.is_not_sent();
            match (is_open, server.record().request_count()) {
                (true, 1) => Ok(()),
                (_, requests) => Err(format!("after {requests} requests: {error:?}")),
            }
        }));
    }

    // The access code exists at once, and the attempt that sends it to the device is pending.
    let both = r#"{"access_code":{"access_code_id":"26d6138c"},"action_attempt":{"action_attempt_id":"a1",
        "action_type":"CREATE_ACCESS_CODE","status":"pending"}}"#;
    cases.push(Case::new(
        "waiting for an access code whose attempt is not found keeps the code in the error",
        move || async move {
            let (network, server) = accepting(vec![PollResponse::Status(404, JSON, NOT_FOUND); 9], both, false)?;
            let Err(error) = network.seam.access_codes().create("front-door").code(PIN).and_wait().await else {
                return Err("the call returned a value".to_owned());
            };
            if let Some(found) = Canaries::new().find_in_error(&error) {
                return Err(format!("the error contains a secret: {found}"));
            }
            let body = error.body().map(|body| String::from_utf8_lossy(body.as_ref()).into_owned());
            let is_right = error.kind() == ErrorKind::OutcomeUnknown
                && body.is_some_and(|body| body.contains("26d6138c"))
                && server.record().request_count() == 2;
            if is_right { Ok(()) } else { Err(format!("{error:?}")) }
        },
    ));
    cases.push(Case::new("waiting is dropped: the action was sent once, and the client stops polling", || async {
        let (network, server) = accepting(vec![PollResponse::Hang; 9], PENDING, false)?;
        let seam = network.seam.clone();
        let waiting = tokio::spawn(async move { seam.locks().unlock_door("front-door").and_wait().await.map(drop) });
        until_requests(&server, 2).await;
        waiting.abort();
        until_closed(&server, 1).await;
        match server.record().request_count() {
            2 => Ok(()),
            requests => Err(format!("{requests} requests")),
        }
    }));
    cases
}
