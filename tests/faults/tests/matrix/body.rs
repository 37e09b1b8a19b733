//! Faults in the bodies of responses: truncated, too long, slow, endless, and wrongly chunked.

use std::time::Duration;

use seam_core::{Credentials, Error, ErrorKind, Seam, TransportErrorKind};
use seam_faults::{Case, Expected, ImmediateClock, KEY, Network, PIN, Run, Stack, expect};
use seam_mock::transport_kit::{Connection, Script, Server, Step};

use crate::matrix::support::{
    BODY, SHORT_TIMEOUT, failed, invalid, json_response, message, unexpected, unknown, unusable_response, with_headers,
};

/// The head of a response with JSON, without its length and the empty line.
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
/// The head of a response in chunks.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

/// The response limit of the client in the cases of [`too_large`], in bytes.
const LIMIT: usize = 10_000;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    slow(&mut cases);
    short_and_long(&mut cases);
    too_large(&mut cases);
    chunks(&mut cases);
    encodings(&mut cases);
    rejected(&mut cases);
    cases.extend(prefixes());
    cases
}

/// Adds cases for a response that is valid in spite of its form.
fn expect_ok(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    cases.extend(Case::both(name, Script::answer(response), Expected::ok(), Expected::ok()));
}

/// Adds cases for a response with a valid head and an incomplete body.
fn expect_incomplete(cases: &mut Vec<Case>, name: &str, connection: Connection) {
    let kind = TransportErrorKind::Body;
    let (read, action) = (failed(kind).status(200), unknown(kind).status(200));
    cases.extend(Case::both(name, Script::always(connection), read, action));
}

/// Adds cases for a complete body that is not a valid response, with a part of the error message.
fn expect_invalid(cases: &mut Vec<Case>, name: &str, message: &'static str, response: impl Into<Vec<u8>>) {
    let has_message = move |error: &Error| error.message().contains(message);
    let read = invalid().that("specific", has_message);
    let action = unusable_response().that("specific", has_message);
    cases.extend(Case::both(name, Script::answer(response), read.status(200), action.status(200)));
}

/// Returns a connection that reads a request and writes a response.
fn respond_with(response: impl Into<Vec<u8>>) -> Connection {
    Connection::new().read().write(response)
}

fn slow(cases: &mut Vec<Case>) {
    let length = BODY.len();
    let (half, _) = BODY.split_at(length / 2);
    let announced = format!("{HEAD}content-length: {length}\r\n\r\n");
    let pause = Duration::from_millis(50);
    for (name, connection) in [
        ("a body that does not begin", respond_with(announced.clone()).hang()),
        ("a body that stops", respond_with(format!("{announced}{half}")).hang()),
        (
            "a body that is sent byte by byte beyond the deadline",
            respond_with(announced.clone()).then(Step::WriteSlowly(BODY.into(), pause)),
        ),
        ("a body without length on an open connection", respond_with(format!("{HEAD}\r\n{BODY}")).hang()),
        ("chunks that do not begin", respond_with(CHUNKED).hang()),
        ("a chunk that stops", respond_with(format!("{CHUNKED}{length:x}\r\n{half}")).hang()),
        (
            "chunks without the last one on an open connection",
            respond_with(format!("{CHUNKED}{length:x}\r\n{BODY}\r\n")).hang(),
        ),
        (
            "trailers that do not end",
            respond_with(format!("{CHUNKED}{length:x}\r\n{BODY}\r\n0\r\nx-sum: 1\r\n")).hang(),
        ),
        (
            "spaces that are sent one by one after the JSON",
            respond_with(format!("{HEAD}\r\n{BODY}")).then(Step::WriteSlowly(b" ".repeat(100), pause)),
        ),
    ] {
        let kind = TransportErrorKind::Timeout;
        let read = failed(kind).requests(1).that("a timeout", Error::is_timeout);
        cases.extend(Case::both_within(name, SHORT_TIMEOUT, Script::always(connection), read, unknown(kind)));
    }
    let quick = Duration::from_micros(100);
    for (name, connection) in [
        (
            "a body that is sent byte by byte within the deadline",
            respond_with(announced).then(Step::WriteSlowly(BODY.into(), quick)),
        ),
        (
            "chunks that are sent byte by byte within the deadline",
            respond_with(CHUNKED)
                .then(Step::WriteSlowly(format!("{length:x}\r\n{BODY}\r\n0\r\n\r\n").into_bytes(), quick)),
        ),
    ] {
        cases.extend(Case::both(name, Script::always(connection), Expected::ok(), Expected::ok()));
    }
}

fn short_and_long(cases: &mut Vec<Case>) {
    let length = BODY.len();
    for (name, announced) in [("by one byte", length + 1), ("by half", length * 2), ("by nearly 1 MiB", 1 << 20)] {
        let response = format!("{HEAD}content-length: {announced}\r\n\r\n{BODY}");
        expect_incomplete(cases, &format!("a body that is too short {name}"), respond_with(response.clone()));
        expect_incomplete(cases, &format!("a body that is too short {name}, on a half-closed connection"), {
            respond_with(response).then(Step::HalfClose).hang()
        });
    }
    let reset = format!("{HEAD}content-length: {}\r\n\r\n{BODY}", length * 2);
    expect_incomplete(cases, "a body that ends with a reset", respond_with(reset).reset());
    for announced in [0, 1, length / 2, length - 1] {
        let message = if announced == 0 { "the body is empty" } else { message::TRUNCATED_JSON };
        let name = format!("a body that is longer than its length of {announced} bytes");
        expect_invalid(cases, &name, message, format!("{HEAD}content-length: {announced}\r\n\r\n{BODY}"));
    }
    expect_ok(cases, "bytes after the body", format!("{}stray bytes", json_response(200, BODY)));
    expect_ok(cases, "a second response after the first", json_response(200, BODY).repeat(2));
    expect_ok(cases, "a body that ends with the connection", format!("{HEAD}\r\n{BODY}"));
    expect_invalid(cases, "a body that is truncated by the end of the connection", message::TRUNCATED_JSON, {
        format!("{HEAD}\r\n{}", BODY.split_at(length - 1).0)
    });
    expect_invalid(cases, "a connection that ends before the body", "the body is empty", format!("{HEAD}\r\n"));
    expect_invalid(cases, "an empty body", "the body is empty", with_headers(200, "", ""));
    expect_invalid(cases, "a body of spaces", "the body is empty", with_headers(200, "", " \r\n\t "));
    expect_invalid(cases, "a body of NUL bytes", message::NOT_JSON, with_headers(200, "", "\0\0\0\0"));
}

/// Returns a network with a client that reads at most [`LIMIT`] bytes of a response.
async fn limited(script: Script) -> Result<Network, String> {
    let server = Server::start(script).map_err(|error| error.to_string())?;
    let clock = ImmediateClock::default();
    let transport = Stack::of_environment().transport().build()?;
    let key = Credentials::api_key(KEY).map_err(|error| error.to_string())?;
    let url = format!("http://127.0.0.1:{}", server.port());
    let seam =
        Seam::builder(transport).credentials(key).base_url(url).clock(clock.clone()).response_limit(LIMIT).build();
    Ok(Network { server: Some(server), seam: seam.map_err(|error| error.to_string())?, clock })
}

fn too_large(cases: &mut Vec<Case>) {
    let large = format!(r#"{{"new":"{}",{}"#, "x".repeat(LIMIT), BODY.split_at(1).1);
    let length = large.len();
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    for (name, connection) in [
        ("a length of 1 TiB", respond_with(format!("{HEAD}content-length: {}\r\n\r\n", 1_u64 << 40)).hang()),
        ("more than the limit, with a length", respond_with(json_response(200, &large))),
        ("more than the limit, until the connection ends", respond_with(format!("{HEAD}\r\n{large}"))),
        ("more than the limit, in one chunk", respond_with(format!("{CHUNKED}{length:x}\r\n{large}\r\n0\r\n\r\n"))),
        ("more than the limit, in many chunks", respond_with(format!("{CHUNKED}{}0\r\n\r\n", chunk.repeat(11)))),
        ("endless chunks", respond_with(CHUNKED).then(Step::Repeat(chunk.clone().into_bytes()))),
        ("endless chunks of one byte", respond_with(CHUNKED).then(Step::Repeat(b"1\r\nx\r\n".repeat(100)))),
        ("an endless body", respond_with(format!("{HEAD}\r\n")).then(Step::Repeat(b"x".repeat(1000)))),
        (
            "endless spaces after the JSON",
            respond_with(format!("{HEAD}\r\n{BODY}")).then(Step::Repeat(b" ".repeat(1000))),
        ),
    ] {
        let (script, again) = (Script::always(connection.clone()), Script::always(connection));
        let kind = TransportErrorKind::TooLarge;
        let timeout = Duration::from_secs(10);
        let read = failed(kind).requests(1).status(200);
        cases.push(Case::read(name, move || limited(script.clone()), timeout, read));
        cases.push(Case::action(name, move || limited(again.clone()), timeout, unknown(kind).status(200)));
    }
    let full = format!("{BODY}{}", " ".repeat(LIMIT - BODY.len()));
    let script = Script::answer(json_response(200, &full));
    cases.push(Case::read("exactly the limit", move || limited(script.clone()), SHORT_TIMEOUT * 10, Expected::ok()));
    let script = Script::answer(json_response(200, &format!("{full} ")));
    let expected = failed(TransportErrorKind::TooLarge).requests(1);
    cases.push(Case::read(
        "one byte more than the limit",
        move || limited(script.clone()),
        SHORT_TIMEOUT * 10,
        expected,
    ));
}

fn chunks(cases: &mut Vec<Case>) {
    let length = BODY.len();
    let (first, second) = BODY.split_at(length / 2);
    let (one, two) = (first.len(), second.len());
    for (name, body) in [
        ("chunks", format!("{one:x}\r\n{first}\r\n{two:x}\r\n{second}\r\n0\r\n\r\n")),
        ("chunks of one byte", BODY.chars().map(|c| format!("1\r\n{c}\r\n")).collect::<String>() + "0\r\n\r\n"),
        ("a chunk with extensions", format!("{length:x};a=b;c=\"d\"\r\n{BODY}\r\n0;e\r\n\r\n")),
        ("chunks with trailers", format!("{length:x}\r\n{BODY}\r\n0\r\nx-sum: 1\r\nseam-request-id: late\r\n\r\n")),
        ("a chunk whose size has leading zeros", format!("0000{length:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk whose size has upper-case digits", format!("{length:X}\r\n{BODY}\r\n0\r\n\r\n")),
        ("bytes after the last chunk", format!("{length:x}\r\n{BODY}\r\n0\r\n\r\nstray")),
    ] {
        expect_ok(cases, name, format!("{CHUNKED}{body}"));
    }
    for (name, body) in [
        ("no chunk", String::new()),
        ("a chunk without its size", format!("\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk whose size is a word", format!("size\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk whose size is negative", format!("-1\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk whose size begins with 0x", format!("0x{length:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk of more than 64 bits", format!("1{}\r\n{BODY}\r\n0\r\n\r\n", "0".repeat(16))),
        ("a chunk of 2^64 - 1 bytes", format!("{}\r\n{BODY}\r\n0\r\n\r\n", "f".repeat(16))),
        ("a chunk that is longer than its size", format!("{one:x}\r\n{BODY}\r\n0\r\n\r\n")),
        ("a chunk that is shorter than its size", format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", length + 100)),
        ("a truncated chunk", format!("{length:x}\r\n{first}")),
        ("a truncated size of a chunk", format!("{one:x}\r\n{first}\r\n{two:x}")),
        ("the last chunk is missing", format!("{length:x}\r\n{BODY}\r\n")),
        ("the last chunk is truncated", format!("{length:x}\r\n{BODY}\r\n0")),
        ("the trailers are truncated", format!("{length:x}\r\n{BODY}\r\n0\r\nx-sum: 1\r\n")),
        ("a body that is not chunked in spite of its header", BODY.to_owned()),
        ("a chunk with an extension of 100 kB", format!("{length:x};{}", "x".repeat(100_000))),
        ("10,000 trailers", format!("{length:x}\r\n{BODY}\r\n0\r\n{}\r\n", "x-more: y\r\n".repeat(10_000))),
    ] {
        expect_incomplete(cases, name, respond_with(format!("{CHUNKED}{body}")));
    }
    expect_invalid(cases, "only the last chunk", "the body is empty", format!("{CHUNKED}0\r\n\r\n"));
    expect_invalid(cases, "the last chunk too early", message::TRUNCATED_JSON, {
        format!("{CHUNKED}{one:x}\r\n{first}\r\n0\r\n\r\n{two:x}\r\n{second}\r\n0\r\n\r\n")
    });
}

/// The client neither requests compression nor decompresses responses.
fn encodings(cases: &mut Vec<Case>) {
    // An empty JSON object in gzip, stored without compression.
    let gzip =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xff{}\x43\xbf\xa6\xa3\x02\x00\x00\x00".to_vec();
    for (name, headers) in [
        ("gzip with its content encoding", "content-encoding: gzip\r\n"),
        ("gzip without a content encoding", ""),
        ("gzip with the content encoding of Brotli", "content-encoding: br\r\n"),
    ] {
        let head = format!("{HEAD}{headers}content-length: {}\r\n\r\n", gzip.len());
        expect_invalid(cases, name, "the body is compressed", [head.as_bytes(), &gzip].concat());
    }
    expect_ok(cases, "JSON with the content encoding of gzip", with_headers(200, "content-encoding: gzip\r\n", BODY));
    expect_ok(cases, "JSON with an unknown content encoding", with_headers(200, "content-encoding: rot13\r\n", BODY));
}

/// A status that rejects the request is certain, even if its body is incomplete.
fn rejected(cases: &mut Vec<Case>) {
    let truncated = |status: u16| format!("HTTP/1.1 {status} Status\r\ncontent-length: 100\r\n\r\n{{");
    let certain = |error: &Error| !error.may_have_been_applied() && !error.is_not_sent();
    let action = expect(ErrorKind::Transport).transport(TransportErrorKind::Body).status(404);
    cases.extend(Case::both(
        "a 404 whose body is truncated",
        Script::answer(truncated(404)),
        failed(TransportErrorKind::Body).status(404),
        action.that("certain that the action was not executed", certain),
    ));
    cases.extend(Case::both(
        "a 503 whose body is truncated",
        Script::answer(truncated(503)),
        failed(TransportErrorKind::Body).status(503),
        unknown(TransportErrorKind::Body).status(503),
    ));
    cases.extend(Case::both(
        "a 999 whose body is truncated",
        Script::answer(truncated(999)),
        failed(TransportErrorKind::Body).status(999),
        unknown(TransportErrorKind::Body).status(999),
    ));
    let huge = |status: u16| format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{{", 1_u64 << 40);
    let too_large = expect(ErrorKind::Transport).transport(TransportErrorKind::TooLarge).status(422);
    let too_large = too_large.that("certain that the action was not executed", certain);
    cases.extend(Case::both("a 422 of 1 TiB", Script::answer(huge(422)), too_large.clone(), too_large));
    let empty = Script::answer("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
    cases.extend(Case::both("a 404 without a body", empty, unexpected(404), unexpected(404)));
    for (name, expected, second) in [
        ("a read whose first response is truncated", Expected::ok().requests(2), None),
        (
            "a read whose first two responses are truncated",
            Expected::ok().requests(3),
            Some(respond_with(truncated(200))),
        ),
    ] {
        let connections = [Some(respond_with(truncated(200))), second, Some(respond_with(json_response(200, BODY)))];
        let script = Script::each(connections.into_iter().flatten());
        let connect = move || Network::http(script.clone());
        cases.push(Case::read(name, connect, Duration::from_secs(10), expected));
    }
}

/// A call whose response is truncated at each position.
#[derive(Clone, Copy)]
enum TruncatedCall {
    Code,
    Page,
    Attempt,
    NewCode,
}

impl TruncatedCall {
    async fn send(self, seam: &Seam) -> Result<(), Error> {
        match self {
            Self::Code => seam.access_codes().unmanaged().get("26d6138c").without_retries().await.map(drop),
            Self::Page => seam.access_codes().unmanaged().list("front-door").without_retries().await.map(drop),
            Self::Attempt => seam.locks().unlock_door("front-door").await.map(drop),
            Self::NewCode => seam.access_codes().create("front-door").code(PIN).await.map(drop),
        }
    }

    fn is_action(self) -> bool {
        matches!(self, Self::Attempt | Self::NewCode)
    }

    fn body(self) -> &'static str {
        match self {
            Self::Code | Self::NewCode => CODE,
            Self::Page => PAGE,
            Self::Attempt => ATTEMPT,
        }
    }
}

const CODE: &str = r#"{"access_code":{"access_code_id":"26d6138c","code":"1988","errors":[],"warnings":[{"warning_code":"x","message":"a \"b\" \u00e9"}],"is_managed":false,"name":null}}"#;
const PAGE: &str = r#"{"access_codes":[{"access_code_id":"a"},{"access_code_id":"b"}],"pagination":{"has_next_page":true,"next_page_cursor":"c2","next_page_url":null},"ok":true}"#;
const ATTEMPT: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"pending","result":null,"error":null}}"#;

/// The way in which a response marks the end of its body.
#[derive(Clone, Copy, PartialEq)]
enum BodyEnd {
    Connection,
    Length,
    Chunks,
}

impl BodyEnd {
    fn response(self, body: &str) -> String {
        match self {
            Self::Connection => format!("{HEAD}\r\n{body}"),
            Self::Length => format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()),
            Self::Chunks => format!("{CHUNKED}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        }
    }
}

fn prefixes() -> Vec<Case> {
    let calls = [
        ("a read of one", TruncatedCall::Code),
        ("a page of a list", TruncatedCall::Page),
        ("an action with an attempt", TruncatedCall::Attempt),
        ("an action that creates an access code", TruncatedCall::NewCode),
    ];
    let ends = [
        ("that ends with the connection", BodyEnd::Connection),
        ("with a length", BodyEnd::Length),
        ("in chunks", BodyEnd::Chunks),
    ];
    let mut cases = Vec::new();
    for (call_name, call) in calls {
        for (end_name, end) in ends {
            cases.push(Case::new(format!("every prefix of a response {end_name}: {call_name}"), move || {
                truncate(call, end)
            }));
        }
    }
    cases
}

/// Sends the call once for each prefix of the response. Only the complete response is valid.
async fn truncate(call: TruncatedCall, end: BodyEnd) -> Run {
    let whole = end.response(call.body());
    let head = whole.find("\r\n\r\n").map_or(0, |index| index + 4);
    // The prefixes of the head are tested with one kind of end only, because the result does not depend on it.
    let first = if end == BodyEnd::Length { 0 } else { head };
    let lengths = first..=whole.len();
    let connections = lengths.clone().map(|length| respond_with(whole.as_bytes().get(..length).unwrap_or_default()));
    let network = Network::http(Script::each(connections)).await?;
    for length in lengths {
        let result = call.send(&network.seam).await;
        let with_length = |problem: String| format!("with {length} of {} bytes: {problem}", whole.len());
        let expected = if length == whole.len() {
            Expected::ok()
        } else if length < head {
            incomplete(call, TransportErrorKind::Interrupted)
        } else if end != BodyEnd::Connection {
            incomplete(call, TransportErrorKind::Body).status(200)
        } else {
            let message = if length == head { "the body is empty" } else { message::TRUNCATED_JSON };
            let expected = if call.is_action() { unusable_response() } else { invalid() };
            expected.status(200).that("specific", move |error| error.message().contains(message))
        };
        expected.requests(length - first + 1).check(result, network.requests()).map_err(with_length)?;
    }
    Ok(())
}

/// Expects the error of a call whose response is incomplete.
fn incomplete(call: TruncatedCall, kind: TransportErrorKind) -> Expected {
    if call.is_action() { unknown(kind) } else { failed(kind) }
}
