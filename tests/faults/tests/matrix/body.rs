//! Bodies of responses: short, long, slow, endless, or in pieces that do not fit.

use std::time::Duration;

use seam_core::{Credentials, Error, ErrorKind, Seam, TransportErrorKind};
use seam_faults::{Case, Expected, Impatient, KEY, Network, PIN, Run, Stack, expect};
use seam_mock::transport_kit::{Connection, Script, Server, Step};

use crate::matrix::support::{FOUND, SHORT, failed, invalid, json, unexpected, unknown, unknown_answer, with_headers};

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

/// How much a response may be, where a case is about that.
const LIMIT: usize = 10_000;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    slow(&mut cases);
    short_and_long(&mut cases);
    too_large(&mut cases);
    chunks(&mut cases);
    encodings(&mut cases);
    refused(&mut cases);
    cases.extend(prefixes());
    cases
}

fn fine(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    cases.extend(Case::both(name, Script::answer(response), Expected::ok(), Expected::ok()));
}

/// A response that breaks off: what is known of it is its head.
fn broken(cases: &mut Vec<Case>, name: &str, connection: Connection) {
    let kind = TransportErrorKind::Body;
    let (read, action) = (failed(kind).status(200), unknown(kind).status(200));
    cases.extend(Case::both(name, Script::always(connection), read, action));
}

/// A body that is there, and no answer.
fn useless(cases: &mut Vec<Case>, name: &str, says: &'static str, response: impl Into<Vec<u8>>) {
    let says_so = move |error: &Error| error.message().contains(says);
    let (read, action) = (invalid().that("saying what it is", says_so), unknown_answer().that("saying so", says_so));
    cases.extend(Case::both(name, Script::answer(response), read.status(200), action.status(200)));
}

fn answering(response: impl Into<Vec<u8>>) -> Connection {
    Connection::new().read().write(response)
}

fn slow(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    let (half, _) = FOUND.split_at(length / 2);
    let announced = format!("{HEAD}content-length: {length}\r\n\r\n");
    let pause = Duration::from_millis(50);
    for (name, connection) in [
        ("a body that never comes", answering(announced.clone()).hang()),
        ("a body that stops", answering(format!("{announced}{half}")).hang()),
        ("a body that drips beyond the deadline", answering(announced.clone()).then(Step::Drip(FOUND.into(), pause))),
        ("a body whose end is not told", answering(format!("{HEAD}\r\n{FOUND}")).hang()),
        ("chunks that never come", answering(CHUNKED).hang()),
        ("a chunk that stops", answering(format!("{CHUNKED}{length:x}\r\n{half}")).hang()),
        (
            "chunks without the last one, and an open connection",
            answering(format!("{CHUNKED}{length:x}\r\n{FOUND}\r\n")).hang(),
        ),
        ("trailers that never end", answering(format!("{CHUNKED}{length:x}\r\n{FOUND}\r\n0\r\nx-sum: 1\r\n")).hang()),
        (
            "empty space that drips behind an answer",
            answering(format!("{HEAD}\r\n{FOUND}")).then(Step::Drip(b" ".repeat(100), pause)),
        ),
    ] {
        let kind = TransportErrorKind::Timeout;
        let read = failed(kind).requests(1).that("known as a timeout", Error::is_timeout);
        cases.extend(Case::both_within(name, SHORT, Script::always(connection), read, unknown(kind)));
    }
    let quick = Duration::from_micros(100);
    for (name, connection) in [
        ("a body that drips within the deadline", answering(announced).then(Step::Drip(FOUND.into(), quick))),
        (
            "chunks that drip within the deadline",
            answering(CHUNKED).then(Step::Drip(format!("{length:x}\r\n{FOUND}\r\n0\r\n\r\n").into_bytes(), quick)),
        ),
    ] {
        cases.extend(Case::both(name, Script::always(connection), Expected::ok(), Expected::ok()));
    }
}

fn short_and_long(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    for (name, announced) in [("by one byte", length + 1), ("by half", length * 2), ("by nearly 1 MiB", 1 << 20)] {
        let response = format!("{HEAD}content-length: {announced}\r\n\r\n{FOUND}");
        broken(cases, &format!("a body that is too short {name}"), answering(response.clone()));
        broken(cases, &format!("a body that is too short {name}, and half a connection"), {
            answering(response).then(Step::HalfClose).hang()
        });
    }
    let reset = format!("{HEAD}content-length: {}\r\n\r\n{FOUND}", length * 2);
    broken(cases, "a body that ends in a reset", answering(reset).reset());
    for announced in [0, 1, length / 2, length - 1] {
        let says = if announced == 0 { "the body is empty" } else { "the JSON breaks off" };
        let name = format!("a body that is longer than the {announced} bytes announced");
        useless(cases, &name, says, format!("{HEAD}content-length: {announced}\r\n\r\n{FOUND}"));
    }
    fine(cases, "bytes behind the body that was announced", format!("{}stray bytes", json(200, FOUND)));
    fine(cases, "a second response behind the first", json(200, FOUND).repeat(2));
    fine(cases, "a body that ends with the connection", format!("{HEAD}\r\n{FOUND}"));
    useless(cases, "a body cut by the end of the connection", "the JSON breaks off", {
        format!("{HEAD}\r\n{}", FOUND.split_at(length - 1).0)
    });
    useless(cases, "a body cut before its first byte", "the body is empty", format!("{HEAD}\r\n"));
    useless(cases, "an empty body", "the body is empty", with_headers(200, "", ""));
    useless(cases, "a body of blanks", "the body is empty", with_headers(200, "", " \r\n\t "));
    useless(cases, "a body of NUL bytes", "not JSON", with_headers(200, "", "\0\0\0\0"));
}

/// A client that reads up to [`LIMIT`] bytes.
async fn limited(script: Script) -> Result<Network, String> {
    let server = Server::start(script).map_err(|error| error.to_string())?;
    let clock = Impatient::default();
    let transport = Stack::of_environment().transport().build()?;
    let key = Credentials::api_key(KEY).map_err(|error| error.to_string())?;
    let url = format!("http://127.0.0.1:{}", server.port());
    let seam =
        Seam::builder(transport).credentials(key).base_url(url).clock(clock.clone()).response_limit(LIMIT).build();
    Ok(Network { server: Some(server), seam: seam.map_err(|error| error.to_string())?, clock })
}

fn too_large(cases: &mut Vec<Case>) {
    let large = format!(r#"{{"new":"{}",{}"#, "x".repeat(LIMIT), FOUND.split_at(1).1);
    let length = large.len();
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    for (name, connection) in [
        ("1 TiB that is announced", answering(format!("{HEAD}content-length: {}\r\n\r\n", 1_u64 << 40)).hang()),
        ("more than allowed, announced", answering(json(200, &large))),
        ("more than allowed, until the connection ends", answering(format!("{HEAD}\r\n{large}"))),
        ("more than allowed, in one chunk", answering(format!("{CHUNKED}{length:x}\r\n{large}\r\n0\r\n\r\n"))),
        ("more than allowed, in many chunks", answering(format!("{CHUNKED}{}0\r\n\r\n", chunk.repeat(11)))),
        ("chunks without end", answering(CHUNKED).then(Step::Flood(chunk.clone().into_bytes()))),
        ("chunks of one byte without end", answering(CHUNKED).then(Step::Flood(b"1\r\nx\r\n".repeat(100)))),
        ("a body without end", answering(format!("{HEAD}\r\n")).then(Step::Flood(b"x".repeat(1000)))),
        (
            "blanks without end behind an answer",
            answering(format!("{HEAD}\r\n{FOUND}")).then(Step::Flood(b" ".repeat(1000))),
        ),
    ] {
        let (script, again) = (Script::always(connection.clone()), Script::always(connection));
        let kind = TransportErrorKind::TooLarge;
        let timeout = Duration::from_secs(10);
        let read = failed(kind).requests(1).status(200);
        cases.push(Case::read(name, move || limited(script.clone()), timeout, read));
        cases.push(Case::action(name, move || limited(again.clone()), timeout, unknown(kind).status(200)));
    }
    let just = format!("{FOUND}{}", " ".repeat(LIMIT - FOUND.len()));
    let script = Script::answer(json(200, &just));
    cases.push(Case::read("just as much as is allowed", move || limited(script.clone()), SHORT * 10, Expected::ok()));
    let script = Script::answer(json(200, &format!("{just} ")));
    let expected = failed(TransportErrorKind::TooLarge).requests(1);
    cases.push(Case::read("one byte more than is allowed", move || limited(script.clone()), SHORT * 10, expected));
}

fn chunks(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    let (first, second) = FOUND.split_at(length / 2);
    let (one, two) = (first.len(), second.len());
    for (name, body) in [
        ("chunks", format!("{one:x}\r\n{first}\r\n{two:x}\r\n{second}\r\n0\r\n\r\n")),
        ("chunks of one byte", FOUND.chars().map(|c| format!("1\r\n{c}\r\n")).collect::<String>() + "0\r\n\r\n"),
        ("a chunk with extensions", format!("{length:x};a=b;c=\"d\"\r\n{FOUND}\r\n0;e\r\n\r\n")),
        ("chunks with trailers", format!("{length:x}\r\n{FOUND}\r\n0\r\nx-sum: 1\r\nseam-request-id: late\r\n\r\n")),
        ("a chunk whose size has zeros before it", format!("0000{length:x}\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk whose size is in capitals", format!("{length:X}\r\n{FOUND}\r\n0\r\n\r\n")),
        ("stray bytes behind the last chunk", format!("{length:x}\r\n{FOUND}\r\n0\r\n\r\nstray")),
    ] {
        fine(cases, name, format!("{CHUNKED}{body}"));
    }
    for (name, body) in [
        ("no chunk at all", String::new()),
        ("a chunk without its size", format!("\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk whose size is a word", format!("size\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk whose size is negative", format!("-1\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk whose size has 0x before it", format!("0x{length:x}\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk of more than 64 bits", format!("1{}\r\n{FOUND}\r\n0\r\n\r\n", "0".repeat(16))),
        ("a chunk of 2^64 - 1 bytes", format!("{}\r\n{FOUND}\r\n0\r\n\r\n", "f".repeat(16))),
        ("a chunk that is longer than its size", format!("{one:x}\r\n{FOUND}\r\n0\r\n\r\n")),
        ("a chunk that is shorter than its size", format!("{:x}\r\n{FOUND}\r\n0\r\n\r\n", length + 100)),
        ("a chunk that breaks off", format!("{length:x}\r\n{first}")),
        ("a size that breaks off", format!("{one:x}\r\n{first}\r\n{two:x}")),
        ("the last chunk is missing", format!("{length:x}\r\n{FOUND}\r\n")),
        ("the last chunk breaks off", format!("{length:x}\r\n{FOUND}\r\n0")),
        ("trailers break off", format!("{length:x}\r\n{FOUND}\r\n0\r\nx-sum: 1\r\n")),
        ("a body without chunks where they are said to be", FOUND.to_owned()),
        ("an extension of a chunk without end", format!("{length:x};{}", "x".repeat(100_000))),
        ("10,000 trailers", format!("{length:x}\r\n{FOUND}\r\n0\r\n{}\r\n", "x-more: y\r\n".repeat(10_000))),
    ] {
        broken(cases, name, answering(format!("{CHUNKED}{body}")));
    }
    useless(cases, "the last chunk alone", "the body is empty", format!("{CHUNKED}0\r\n\r\n"));
    useless(cases, "the last chunk too early", "the JSON breaks off", {
        format!("{CHUNKED}{one:x}\r\n{first}\r\n0\r\n\r\n{two:x}\r\n{second}\r\n0\r\n\r\n")
    });
}

/// Nobody asked for compression, and nobody takes it off.
fn encodings(cases: &mut Vec<Case>) {
    // `gzip` of an empty object, stored as it is.
    let gzip =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xff{}\x43\xbf\xa6\xa3\x02\x00\x00\x00".to_vec();
    for (name, headers) in [
        ("gzip that nobody asked for", "content-encoding: gzip\r\n"),
        ("gzip that is not said to be", ""),
        ("gzip that is said to be brotli", "content-encoding: br\r\n"),
    ] {
        let head = format!("{HEAD}{headers}content-length: {}\r\n\r\n", gzip.len());
        useless(cases, name, "the body is compressed", [head.as_bytes(), &gzip].concat());
    }
    fine(cases, "an answer that is said to be gzip", with_headers(200, "content-encoding: gzip\r\n", FOUND));
    fine(cases, "an answer in an unknown encoding", with_headers(200, "content-encoding: rot13\r\n", FOUND));
}

/// A refusal is one whatever becomes of its body.
fn refused(cases: &mut Vec<Case>) {
    let cut = |status: u16| format!("HTTP/1.1 {status} Status\r\ncontent-length: 100\r\n\r\n{{");
    let certain = |error: &Error| !error.may_have_been_applied() && !error.is_not_sent();
    let action = expect(ErrorKind::Transport).transport(TransportErrorKind::Body).status(404);
    cases.extend(Case::both(
        "a refusal whose body breaks off",
        Script::answer(cut(404)),
        failed(TransportErrorKind::Body).status(404),
        action.that("certain that nothing was done", certain),
    ));
    cases.extend(Case::both(
        "a failure whose body breaks off",
        Script::answer(cut(503)),
        failed(TransportErrorKind::Body).status(503),
        unknown(TransportErrorKind::Body).status(503),
    ));
    cases.extend(Case::both(
        "an unknown status whose body breaks off",
        Script::answer(cut(999)),
        failed(TransportErrorKind::Body).status(999),
        unknown(TransportErrorKind::Body).status(999),
    ));
    let huge = |status: u16| format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{{", 1_u64 << 40);
    let too_large = expect(ErrorKind::Transport).transport(TransportErrorKind::TooLarge).status(422);
    let too_large = too_large.that("certain that nothing was done", certain);
    cases.extend(Case::both("a refusal of 1 TiB", Script::answer(huge(422)), too_large.clone(), too_large));
    let empty = Script::answer("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
    cases.extend(Case::both("a refusal without a body", empty, unexpected(404), unexpected(404)));
    for (name, expected, end) in [
        ("a read whose first answer breaks off", Expected::ok().requests(2), None),
        ("a read whose first two answers break off", Expected::ok().requests(3), Some(answering(cut(200)))),
    ] {
        let connections = [Some(answering(cut(200))), end, Some(answering(json(200, FOUND)))];
        let script = Script::each(connections.into_iter().flatten());
        let connect = move || Network::http(script.clone());
        cases.push(Case::read(name, connect, Duration::from_secs(10), expected));
    }
}

/// A call whose answer is cut everywhere.
#[derive(Clone, Copy)]
enum Asked {
    Code,
    Page,
    Attempt,
    NewCode,
}

impl Asked {
    async fn ask(self, seam: &Seam) -> Result<(), Error> {
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

    fn answer(self) -> &'static str {
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

/// How the end of a response is told.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Connection,
    Length,
    Chunks,
}

impl End {
    fn response(self, body: &str) -> String {
        match self {
            Self::Connection => format!("{HEAD}\r\n{body}"),
            Self::Length => format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len()),
            Self::Chunks => format!("{CHUNKED}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        }
    }
}

fn prefixes() -> Vec<Case> {
    let asked = [
        ("a read of one", Asked::Code),
        ("a page of a list", Asked::Page),
        ("an action with an attempt", Asked::Attempt),
        ("an action that makes a code", Asked::NewCode),
    ];
    let ends = [
        ("that ends with the connection", End::Connection),
        ("with a length", End::Length),
        ("in chunks", End::Chunks),
    ];
    let mut cases = Vec::new();
    for (call, asked) in asked {
        for (told, end) in ends {
            cases.push(Case::new(format!("every prefix of a response {told}: {call}"), move || cut(asked, end)));
        }
    }
    cases
}

/// Asks once for each prefix of the response. Only the whole of it is an answer.
async fn cut(asked: Asked, end: End) -> Run {
    let whole = end.response(asked.answer());
    let head = whole.find("\r\n\r\n").map_or(0, |at| at + 4);
    // A head is the same to all calls, and one row of each is enough for it.
    let first = if end == End::Length { 0 } else { head };
    let lengths = first..=whole.len();
    let connections = lengths.clone().map(|length| answering(whole.as_bytes().get(..length).unwrap_or_default()));
    let network = Network::http(Script::each(connections)).await?;
    for length in lengths {
        let result = asked.ask(&network.seam).await;
        let at = |problem: String| format!("at {length} of {} bytes: {problem}", whole.len());
        let expected = if length == whole.len() {
            Expected::ok()
        } else if length < head {
            broke_off(asked, TransportErrorKind::Interrupted)
        } else if end != End::Connection {
            broke_off(asked, TransportErrorKind::Body).status(200)
        } else {
            let says = if length == head { "the body is empty" } else { "the JSON breaks off" };
            let expected = if asked.is_action() { unknown_answer() } else { invalid() };
            expected.status(200).that("saying what it is", move |error| error.message().contains(says))
        };
        expected.requests(length - first + 1).judge(result, network.requests()).map_err(at)?;
    }
    Ok(())
}

fn broke_off(asked: Asked, kind: TransportErrorKind) -> Expected {
    if asked.is_action() { unknown(kind) } else { failed(kind) }
}
