//! Actions that are accepted and then waited for: whatever becomes of the looks, the action arrives exactly once.

use std::time::Duration;

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Canaries, Case, Network, PIN, Run};
use seam_mock::transport_kit::{Record, Server, Wire};

use crate::matrix::{
    sockets::{client, serve, transport, until_hung_up, until_requests},
    support::{SHORT, json, with_headers},
};

const LONG: Duration = Duration::from_secs(10);

/// What the server does to a look at the attempt.
#[derive(Clone, Copy, Debug)]
enum Look {
    Answers(&'static str),
    Says(u16, &'static str, &'static str),
    Closes,
    Resets,
    CutsHead,
    CutsBody,
    Hangs,
}

const PENDING: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"pending"}}"#;
const SUCCESS: &str =
    r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"success","result":{}}}"#;
const FAILED: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"error",
    "error":{"type":"device_offline","message":"it is offline"}}}"#;
const ODD: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"on_its_way"}}"#;
const GONE: &str = r#"{"error":{"type":"action_attempt_not_found","message":"there is none"}}"#;
const LIMITED: &str = r#"{"error":{"type":"rate_limited","message":"slow down"}}"#;
const REFUSED: &str = r#"{"error":{"type":"unauthorized","message":"who are you"}}"#;

const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let unknown = |source| Outcome { kind: ErrorKind::OutcomeUnknown, source };
    let transport = |kind| unknown(Source::Transport(kind));
    let interrupted = TransportErrorKind::Interrupted;
    let body = TransportErrorKind::Body;
    let done = None;
    let rows: Vec<(&str, Vec<Look>, Option<Outcome>, usize)> = vec![
        ("is done at the first look", vec![Look::Answers(SUCCESS)], done, 1),
        ("is done at the fourth look", vec![Look::Answers(PENDING); 3], done, 4),
        ("fails", vec![Look::Answers(FAILED)], Some(Outcome::of(ErrorKind::ActionFailed)), 1),
        ("has an odd status", vec![Look::Answers(ODD)], Some(Outcome::of(ErrorKind::ActionStatusUnknown)), 1),
        ("has vanished", vec![Look::Says(404, JSON, GONE); 9], Some(unknown(Source::Status(404))), 1),
        (
            "vanishes after a look",
            vec![Look::Answers(PENDING), Look::Says(404, JSON, GONE)],
            Some(unknown(Source::Status(404))),
            2,
        ),
        ("may no longer be seen", vec![Look::Says(401, JSON, REFUSED); 9], Some(unknown(Source::Status(401))), 1),
        (
            "is hidden by HTML",
            vec![Look::Says(200, "content-type: text/html\r\n", "<html>"); 9],
            Some(unknown(Source::Invalid)),
            1,
        ),
        ("is hidden by another body", vec![Look::Answers(r#"{"ok":true}"#); 9], Some(unknown(Source::Invalid)), 1),
        ("is null", vec![Look::Answers(r#"{"action_attempt":null}"#); 9], Some(unknown(Source::Invalid)), 1),
        ("is limited once", vec![Look::Says(429, JSON, LIMITED)], done, 2),
        ("is limited for ever", vec![Look::Says(429, JSON, LIMITED); 9], Some(unknown(Source::Status(429))), 3),
        ("is unavailable once", vec![Look::Says(503, JSON, "{}")], done, 2),
        ("is unavailable twice", vec![Look::Says(503, JSON, "{}"); 2], done, 3),
        ("is unavailable for ever", vec![Look::Says(503, JSON, "{}"); 9], Some(unknown(Source::Status(503))), 3),
        ("redirects", vec![Look::Says(302, "location: /elsewhere\r\n", ""); 9], Some(unknown(Source::Status(302))), 1),
        ("is closed once", vec![Look::Closes], done, 2),
        ("is closed for ever", vec![Look::Closes; 9], Some(transport(interrupted)), 3),
        ("is reset once", vec![Look::Resets], done, 2),
        ("is reset for ever", vec![Look::Resets; 9], Some(transport(interrupted)), 3),
        ("is cut in its head once", vec![Look::CutsHead], done, 2),
        ("is cut in its head for ever", vec![Look::CutsHead; 9], Some(transport(interrupted)), 3),
        ("is cut in its body once", vec![Look::CutsBody], done, 2),
        ("is cut in its body for ever", vec![Look::CutsBody; 9], Some(transport(body)), 3),
    ];
    let mut cases = Vec::new();
    for (what, looks, outcome, requests) in rows {
        for (how, closes) in [("", false), (", over another connection", true)] {
            let looks = looks.clone();
            cases.push(Case::new(format!("waiting for an attempt that {what}{how}"), move || {
                let looks = looks.clone();
                async move {
                    let (network, peer) = accepting(looks, PENDING, closes)?;
                    let result = unlock(&network, LONG).await;
                    judge(result, outcome, peer.record(), requests)
                }
            }));
        }
    }
    for (what, look) in [("stays pending", Look::Answers(PENDING)), ("is not answered for", Look::Hangs)] {
        cases.push(Case::new(format!("waiting for an attempt that {what}"), move || async move {
            let (network, peer) = accepting(vec![look; 1_000_000], PENDING, false)?;
            let result = unlock(&network, SHORT).await;
            let looks = peer.record().request_count().saturating_sub(1);
            judge(result, Some(Outcome::of(ErrorKind::ActionPending)), peer.record(), looks)
        }));
    }
    cases.extend(starts());
    cases
}

/// What waiting must come to; `None` where it must succeed.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    kind: ErrorKind,
    source: Source,
}

impl Outcome {
    fn of(kind: ErrorKind) -> Self {
        Self { kind, source: Source::Any }
    }
}

/// What the source of the error must be.
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

fn judge(result: Result<(), Error>, outcome: Option<Outcome>, record: &Record, looks: usize) -> Run {
    if record.request_count() != looks + 1 {
        return Err(format!("{} requests, not {}: {result:?}", record.request_count(), looks + 1));
    }
    let actions = record.occurrences("POST /locks/unlock_door");
    if actions != 1 {
        return Err(format!("the action came {actions} times"));
    }
    let (error, outcome) = match (result, outcome) {
        (Ok(()), None) => return Ok(()),
        (Err(error), Some(outcome)) => (error, outcome),
        (result, outcome) => return Err(format!("{outcome:?} was expected, and not {result:?}")),
    };
    if let Some(found) = Canaries::new().find_in_error(&error) {
        return Err(format!("a secret is shown: {found}"));
    }
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Error>());
    let is_right = error.kind() == outcome.kind
        && error.action_attempt().is_some_and(|attempt| attempt.action_attempt_id.as_str() == "a1")
        && error.body().is_some()
        && !error.is_not_sent()
        && !error.is_not_found()
        && !error.is_unauthorized()
        && error.may_have_been_applied() == (outcome.kind != ErrorKind::ActionFailed)
        && match outcome.source {
            Source::Any => true,
            Source::Status(status) => {
                source.and_then(Error::status).is_some_and(|found| found.as_u16() == status)
                    && error.status() != source.and_then(Error::status)
            }
            Source::Invalid => source.is_some_and(|source| source.kind() == ErrorKind::InvalidResponse),
            Source::Transport(kind) => source.and_then(Error::transport_error_kind) == Some(kind),
        };
    if is_right { Ok(()) } else { Err(format!("{outcome:?} was expected, and not {error:?}")) }
}

/// A server that accepts every action, and then does to each look what is its turn, and answers that it is done after
/// that.
fn accepting(looks: Vec<Look>, accepted: &'static str, closes: bool) -> Result<(Network, Server), String> {
    let peer = serve(move |mut wire: Wire| {
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
            // The action was the first request.
            let number = wire.record().request_count().checked_sub(2)?;
            match looks.get(number).copied().unwrap_or(Look::Answers(SUCCESS)) {
                Look::Answers(body) => wire.write(json(200, body))?,
                Look::Says(status, headers, body) => wire.write(with_headers(status, headers, body))?,
                Look::Closes => return None,
                Look::Resets => return wire.reset(),
                Look::CutsHead => return wire.write("HTTP/1.1 200 OK\r\ncontent-"),
                Look::CutsBody => {
                    return wire.write(format!("HTTP/1.1 200 OK\r\n{JSON}content-length: 900\r\n\r\n{SUCCESS}"));
                }
                Look::Hangs => return wire.wait_for_close(),
            }
        }
    })?;
    Ok((client(transport(), &peer.url())?, peer))
}

/// What is wrong with the answer to the action itself.
fn starts() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, accepted) in [
        ("whose attempt has no id", r#"{"action_attempt":{"status":"pending"}}"#),
        ("whose attempt is a text", r#"{"action_attempt":"a1"}"#),
        ("whose attempt is a list", r#"{"action_attempt":[]}"#),
        ("without an attempt", r#"{"ok":true}"#),
        ("whose attempt is null", r#"{"action_attempt":null}"#),
        ("that is cut", r#"{"action_attempt":{"action_attempt_id":"a1""#),
        ("that is empty", ""),
    ] {
        cases.push(Case::new(format!("waiting after an answer {what}"), move || async move {
            let (network, peer) = accepting(Vec::new(), accepted, false)?;
            let Err(error) = unlock(&network, LONG).await else { return Err("a value came".to_owned()) };
            let is_open =
                error.kind() == ErrorKind::OutcomeUnknown && error.may_have_been_applied() && !error.is_not_sent();
            match (is_open, peer.record().request_count()) {
                (true, 1) => Ok(()),
                (_, requests) => Err(format!("after {requests} requests: {error:?}")),
            }
        }));
    }

    // A code is there at once, and the attempt that brings it to the device is waited for.
    let both = r#"{"access_code":{"access_code_id":"26d6138c"},"action_attempt":{"action_attempt_id":"a1",
        "action_type":"CREATE_ACCESS_CODE","status":"pending"}}"#;
    cases.push(Case::new("waiting for a code whose attempt vanishes keeps the code", move || async move {
        let (network, peer) = accepting(vec![Look::Says(404, JSON, GONE); 9], both, false)?;
        let Err(error) = network.seam.access_codes().create("front-door").code(PIN).and_wait().await else {
            return Err("a value came".to_owned());
        };
        if let Some(found) = Canaries::new().find_in_error(&error) {
            return Err(format!("a secret is shown: {found}"));
        }
        let body = error.body().map(|body| String::from_utf8_lossy(body.as_ref()).into_owned());
        let is_right = error.kind() == ErrorKind::OutcomeUnknown
            && body.is_some_and(|body| body.contains("26d6138c"))
            && peer.record().request_count() == 2;
        if is_right { Ok(()) } else { Err(format!("{error:?}")) }
    }));
    cases.push(Case::new("waiting is dropped: the action was sent once, and nobody looks any more", || async {
        let (network, peer) = accepting(vec![Look::Hangs; 9], PENDING, false)?;
        let seam = network.seam.clone();
        let waiting = tokio::spawn(async move { seam.locks().unlock_door("front-door").and_wait().await.map(drop) });
        until_requests(&peer, 2).await;
        waiting.abort();
        until_hung_up(&peer, 1).await;
        match peer.record().request_count() {
            2 => Ok(()),
            requests => Err(format!("{requests} requests")),
        }
    }));
    cases
}
