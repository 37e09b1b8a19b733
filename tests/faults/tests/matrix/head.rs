//! Heads of responses: late, endless, strange, or none at all.

use std::time::Duration;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, KEY, PIN};
use seam_mock::transport_kit::{Connection, Script, Step};

use crate::matrix::support::{FOUND, SHORT, failed, invalid, json, unexpected, unknown, unknown_answer, with_headers};

const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    late(&mut cases);
    endless(&mut cases);
    not_http(&mut cases);
    status_lines(&mut cases);
    versions(&mut cases);
    informational(&mut cases);
    successes(&mut cases);
    refusals(&mut cases);
    open_ends(&mut cases);
    lengths(&mut cases);
    lines(&mut cases);
    content_types(&mut cases);
    secrets(&mut cases);
    cases
}

/// The answer of the cases, behind a status line and headers of its own.
fn found(head: &str) -> String {
    format!("{head}\r\n{FOUND}")
}

/// A response that is an answer in spite of all.
fn fine(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    cases.extend(Case::both(name, Script::answer(response), Expected::ok(), Expected::ok()));
}

/// What is not a response at all: a read is sent again, an action is not.
fn broken(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    let kind = TransportErrorKind::Interrupted;
    cases.extend(Case::both(name, Script::answer(response), failed(kind), unknown(kind)));
}

fn late(cases: &mut Vec<Case>) {
    let whole = json(200, FOUND).into_bytes();
    let late = [
        ("headers that never come", Connection::new().read().hang()),
        ("a status line that stops", Connection::new().read().write("HTTP/1.1 200 O").hang()),
        ("headers that stop", Connection::new().read().write("HTTP/1.1 200 OK\r\ncontent-type: appl").hang()),
        ("headers without the blank line", Connection::new().read().write(format!("HTTP/1.1 200 OK\r\n{JSON}")).hang()),
        (
            "headers that drip beyond the deadline",
            Connection::new().read().then(Step::Drip(whole.clone(), Duration::from_millis(20))),
        ),
        (
            "100 Continue without end",
            Connection::new().read().then(Step::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        ),
        ("100 Continue, and nothing else", Connection::new().read().write("HTTP/1.1 100 Continue\r\n\r\n").hang()),
        (
            "early hints that drip beyond the deadline",
            Connection::new()
                .read()
                .then(Step::Drip(b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20), Duration::from_millis(2))),
        ),
    ];
    for (name, connection) in late {
        let expected = (timed_out(1), unknown(TransportErrorKind::Timeout));
        cases.extend(Case::both_within(name, SHORT, Script::always(connection), expected.0, expected.1));
    }
    let dripping = Connection::new().read().then(Step::Drip(whole, Duration::from_micros(100)));
    let dripping = Script::always(dripping);
    cases.extend(Case::both("headers that drip within the deadline", dripping, Expected::ok(), Expected::ok()));
}

/// A read whose time ran out. None is left for another attempt.
fn timed_out(requests: usize) -> Expected {
    failed(TransportErrorKind::Timeout).requests(requests).that("known as a timeout", seam_core::Error::is_timeout)
}

fn endless(cases: &mut Vec<Case>) {
    let after = |start: &str, more: &str| {
        Script::always(Connection::new().read().write(start).then(Step::Flood(more.repeat(1000).into_bytes())))
    };
    let floods = [
        ("headers without end", after("HTTP/1.1 200 OK\r\n", "x-more: more\r\n")),
        ("the name of a header without end", after("HTTP/1.1 200 OK\r\n", "x-more-and-more")),
        ("the value of a header without end", after("HTTP/1.1 200 OK\r\nx-more: ", "and more, ")),
        ("a status text without end", after("HTTP/1.1 200 ", "OK OK OK ")),
        ("blank lines without end", after("", "\r\n\r\n\r\n\r\n")),
    ];
    for (name, script) in floods {
        let kind = TransportErrorKind::Interrupted;
        cases.extend(Case::both(name, script, failed(kind), unknown(kind)));
    }
    let big = |size: usize| with_headers(200, &format!("{JSON}x-big: {}\r\n", "a".repeat(size)), FOUND);
    fine(cases, "a head of 64 KiB", big(64 * 1024));
    broken(cases, "a head of 1 MiB", big(1024 * 1024));
    let many = |count: usize| {
        let headers: String = (0..count).map(|number| format!("x-{number}: y\r\n")).collect();
        with_headers(200, &format!("{JSON}{headers}"), FOUND)
    };
    fine(cases, "90 headers", many(90));
    broken(cases, "10,000 headers", many(10_000));
}

fn not_http(cases: &mut Vec<Case>) {
    broken(cases, "bytes that mean nothing", b"\x00\x01\xfe\xff\x80\r\n\r\n\x00".to_vec());
    broken(cases, "nothing but blank lines", "\r\n\r\n\r\n\r\n");
    broken(cases, "the greeting of an SSH server", "SSH-2.0-OpenSSH_9.6\r\n");
    broken(cases, "the greeting of a mail server", "220 mail.example ESMTP\r\n");
    broken(cases, "an alert of TLS", b"\x15\x03\x01\x00\x02\x02\x28".to_vec());
    broken(cases, "HTTP/0.9: a body without a head", FOUND);
    broken(cases, "HTTP/0.9: a page without a head", "<html>hello</html>\r\n\r\n");
    broken(cases, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    broken(cases, "a frame of HTTP/2", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec());
    broken(cases, "a request in place of a response", "GET / HTTP/1.1\r\nhost: seam\r\n\r\n");
}

fn status_lines(cases: &mut Vec<Case>) {
    let line = |line: &str| found(&format!("{line}\r\n{JSON}content-length: {}\r\n", FOUND.len()));
    fine(cases, "a status without its text", line("HTTP/1.1 200"));
    fine(cases, "a status with a blank for its text", line("HTTP/1.1 200 "));
    fine(cases, "a status text of another language", line("HTTP/1.1 200 dåccord ✓"));
    fine(cases, "a status text of 10 kB", line(&format!("HTTP/1.1 200 {}", "x".repeat(10_000))));
    fine(cases, "blank lines before the status line", format!("\r\n\r\n{}", line("HTTP/1.1 200 OK")));
    for (what, text) in [
        ("in lower case", "http/1.1 200 OK"),
        ("of another protocol", "RTSP/1.0 200 OK"),
        ("of a radio station", "ICY 200 OK"),
        ("of HTTP/1.2", "HTTP/1.2 200 OK"),
        ("of HTTP/2", "HTTP/2 200 OK"),
        ("without a version", "HTTP 200 OK"),
        ("with a blank before it", " HTTP/1.1 200 OK"),
        ("with two blanks before the status", "HTTP/1.1  200 OK"),
        ("with a tab before the status", "HTTP/1.1\t200 OK"),
        ("with NUL in its text", "HTTP/1.1 200 O\0K"),
        ("with status 0", "HTTP/1.1 0 OK"),
        ("with status 000", "HTTP/1.1 000 OK"),
        ("with status -1", "HTTP/1.1 -1 OK"),
        ("with status +200", "HTTP/1.1 +200 OK"),
        ("with status 20", "HTTP/1.1 20 OK"),
        ("with status 2000", "HTTP/1.1 2000 OK"),
        ("with status 2e2", "HTTP/1.1 2e2 OK"),
        ("with status 200.0", "HTTP/1.1 200.0 OK"),
        ("with a word for its status", "HTTP/1.1 OK"),
        ("with the digits of another script", "HTTP/1.1 ٢٠٠ OK"),
        ("without a status", "HTTP/1.1"),
    ] {
        broken(cases, &format!("a status line {what}"), line(text));
    }
}

fn versions(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    fine(cases, "HTTP/1.0 with a length", found(&format!("HTTP/1.0 200 OK\r\n{JSON}content-length: {length}\r\n")));
    fine(cases, "HTTP/1.0 whose end is that of the connection", found(&format!("HTTP/1.0 200 OK\r\n{JSON}")));
    let kept = format!("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n{JSON}content-length: {length}\r\n");
    fine(cases, "HTTP/1.0 with keep-alive that is closed", found(&kept));
    let kept = Script::always(Connection::new().read().write(found(&kept)).hang());
    cases.extend(Case::both("HTTP/1.0 with keep-alive", kept, Expected::ok(), Expected::ok()));
    let open = Connection::new().read().write(found(&format!("HTTP/1.0 200 OK\r\n{JSON}"))).hang();
    let (read, action) = (timed_out(1), unknown(TransportErrorKind::Timeout));
    cases.extend(Case::both_within("HTTP/1.0 that is never closed", SHORT, Script::always(open), read, action));
}

fn informational(cases: &mut Vec<Case>) {
    let answer = json(200, FOUND);
    for (what, first) in [
        ("100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("102", "HTTP/1.1 102 Processing\r\n\r\n".to_owned()),
        ("103", "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n".to_owned()),
        ("199", "HTTP/1.1 199 Odd\r\n\r\n".to_owned()),
        ("100 twenty times", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20)),
    ] {
        fine(cases, &format!("status {what}, then an answer"), format!("{first}{answer}"));
    }
    for status in [100, 103, 199] {
        broken(cases, &format!("status {status} and nothing else"), format!("HTTP/1.1 {status} Status\r\n\r\n"));
    }
    let switched = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
    cases.extend(Case::both(
        "status 101",
        Script::answer(format!("{switched}{answer}")),
        unexpected(101),
        unknown_answer().status(101),
    ));
}

fn successes(cases: &mut Vec<Case>) {
    for status in [200, 201, 202, 203, 206, 207, 226, 299] {
        fine(cases, &format!("status {status} with an answer"), json(status, FOUND));
    }
    for (name, response) in [
        ("status 204", "HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        ("status 204 with a body", json(204, FOUND)),
        ("status 205 without a body", "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n".to_owned()),
        ("status 200 without a body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()),
    ] {
        let status = response.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        let (read, action) = (invalid().status(status), unknown_answer().status(status));
        cases.extend(Case::both(name, Script::answer(response), read, action));
    }
}

/// What says that nothing was done, for an action as for a read.
fn refusals(cases: &mut Vec<Case>) {
    let certain =
        |error: &seam_core::Error| !error.may_have_been_applied() && !error.is_not_sent() && !error.is_not_found();
    for status in
        [307, 308, 400, 402, 403, 404, 405, 407, 409, 410, 411, 413, 414, 418, 421, 422, 423, 425, 426, 431, 451]
    {
        let expected = unexpected(status).that("certain that nothing was done", certain);
        let script = Script::answer(json(status, "{}"));
        cases.extend(Case::both(&format!("status {status}"), script, expected.clone(), expected));
    }
    // A number that is a proxy's own says nothing of what is behind it.
    let script = Script::answer(with_headers(499, "", ""));
    let unknown = seam_faults::expect(ErrorKind::OutcomeUnknown).status(499);
    cases.extend(Case::both("status 499 without a body", script, unexpected(499), unknown));
    let expected = seam_faults::expect(ErrorKind::Unauthorized).status(401);
    cases.extend(Case::both("status 401", Script::answer(json(401, "{}")), expected.clone(), expected));
}

/// What leaves open whether an action was done.
fn open_ends(cases: &mut Vec<Case>) {
    for status in [300, 301, 302, 303, 304, 305, 306, 399, 600, 700, 999] {
        let script = Script::answer(format!("HTTP/1.1 {status} Status\r\n{JSON}connection: close\r\n\r\n"));
        let (read, action) = (unexpected(status), unknown_answer().status(status));
        cases.extend(Case::both(&format!("status {status}"), script, read, action));
    }
    let script = Script::answer(json(304, FOUND));
    cases.extend(Case::both("status 304 with a body", script, unexpected(304), unknown_answer().status(304)));
    for status in [408, 500, 501, 502, 503, 504, 505, 507, 508, 520, 530, 599] {
        let script = Script::answer(json(status, "{}"));
        let (read, action) = (unexpected(status).requests(3), unknown_answer().status(status));
        cases.extend(Case::both(&format!("status {status} without end"), script, read, action));
    }
}

fn lengths(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    let with = |headers: &str| found(&format!("HTTP/1.1 200 OK\r\n{JSON}{headers}"));
    fine(cases, "the same length twice", with(&format!("content-length: {length}\r\ncontent-length: {length}\r\n")));
    for (name, headers) in [
        ("two lengths, the first one right", format!("content-length: {length}\r\ncontent-length: 2\r\n")),
        ("two lengths, the second one right", format!("content-length: 2\r\ncontent-length: {length}\r\n")),
        ("two lengths in one line", format!("content-length: {length}, 2\r\n")),
        ("a negative length", "content-length: -1\r\n".to_owned()),
        ("a length with a sign", format!("content-length: +{length}\r\n")),
        ("a length in hexadecimal", "content-length: 0x2f\r\n".to_owned()),
        ("a length that is a word", "content-length: long\r\n".to_owned()),
        ("a length that is empty", "content-length:\r\n".to_owned()),
        ("a length with a fraction", format!("content-length: {length}.0\r\n")),
        ("a length beyond 64 bits", format!("content-length: 1{}\r\n", "0".repeat(30))),
        ("a length of 2^64 - 1", format!("content-length: {}\r\n", u64::MAX)),
    ] {
        broken(cases, name, with(&headers));
    }
    for (name, length) in [("2^63", 1_u64 << 63), ("2^64 - 3", u64::MAX - 2)] {
        let script = Script::answer(with(&format!("content-length: {length}\r\n")));
        let kind = TransportErrorKind::TooLarge;
        let (read, action) = (failed(kind).requests(1).status(200), unknown(kind).status(200));
        cases.extend(Case::both(&format!("a length of {name}"), script, read, action));
    }
    // Its end is that of the connection: so says HTTP.
    fine(cases, "an unknown transfer coding", with("transfer-encoding: sausages\r\n"));
    // Chunks count, and not the length: so says HTTP.
    for (name, headers) in [
        ("a length, and chunks", "content-length: 2\r\ntransfer-encoding: chunked\r\n"),
        ("chunks, and a length", "transfer-encoding: chunked\r\ncontent-length: 2\r\n"),
        ("chunks in capitals", "Transfer-Encoding: CHUNKED\r\n"),
    ] {
        let chunked = format!("HTTP/1.1 200 OK\r\n{JSON}{headers}\r\n{length:x}\r\n{FOUND}\r\n0\r\n\r\n");
        fine(cases, name, chunked);
    }
}

fn lines(cases: &mut Vec<Case>) {
    let length = FOUND.len();
    let with = |headers: &str| with_headers(200, &format!("{JSON}{headers}"), FOUND);
    fine(cases, "headers in capitals", found(&format!("HTTP/1.1 200 OK\r\nCONTENT-LENGTH: {length}\r\n")));
    fine(cases, "headers without blanks", found(&format!("HTTP/1.1 200 OK\r\ncontent-length:{length}\r\n")));
    fine(cases, "line ends without CR", json(200, FOUND).replace("\r\n", "\n"));
    fine(cases, "a header with an empty value", with("x-empty:\r\n"));
    for (name, header) in [("a header in Latin-1", "x-name"), ("a request id in Latin-1", "seam-request-id")] {
        let (before, after) =
            (format!("HTTP/1.1 200 OK\r\n{header}: caf"), format!("\r\ncontent-length: {length}\r\n\r\n"));
        fine(cases, name, [before.as_bytes(), b"\xe9", after.as_bytes(), FOUND.as_bytes()].concat());
    }
    for (name, headers) in [
        ("a header on two lines", "x-long: one\r\n two\r\n"),
        ("a header with NUL in its value", "x-nul: a\0b\r\n"),
        ("a header with NUL in its name", "x-n\0ul: a\r\n"),
        ("a header with CR in its value", "x-cr: a\rb\r\n"),
        ("a header without a colon", "x-header\r\n"),
        ("a header without a name", ": value\r\n"),
        ("a header with a blank in its name", "x header: value\r\n"),
        ("a header with a blank before its colon", "x-header : value\r\n"),
        ("a header whose name is of another language", "x-größe: 1\r\n"),
    ] {
        broken(cases, name, with(headers));
    }
}

fn content_types(cases: &mut Vec<Case>) {
    let of = |headers: &str| with_headers(200, headers, FOUND);
    for (name, headers) in [
        ("no content type", ""),
        ("an empty content type", "content-type:\r\n"),
        ("a content type that makes no sense", "content-type: ;;;//\r\n"),
        ("a content type of plain text", "content-type: text/plain\r\n"),
        ("a content type of bytes", "content-type: application/octet-stream\r\n"),
        ("a content type of problems", "content-type: application/problem+json\r\n"),
        ("a content type in capitals", "Content-Type: APPLICATION/JSON\r\n"),
        ("the charset UTF-8", "content-type: application/json; charset=utf-8\r\n"),
        ("the charset Latin-1, and ASCII", "content-type: application/json; charset=iso-8859-1\r\n"),
        ("the charset UTF-16, and none of it", "content-type: application/json; charset=utf-16\r\n"),
        ("two content types that agree", "content-type: application/json\r\ncontent-type: application/json\r\n"),
        ("two content types, the first JSON", "content-type: application/json\r\ncontent-type: text/html\r\n"),
    ] {
        fine(cases, name, of(headers));
    }
    for (name, headers) in [
        ("a content type of pages, and JSON", "content-type: text/html\r\n"),
        ("a content type of pages in capitals, and JSON", "content-type: TEXT/HTML; charset=utf-8\r\n"),
        ("two content types, the first a page's", "content-type: text/html\r\ncontent-type: application/json\r\n"),
    ] {
        cases.extend(Case::both(name, Script::answer(of(headers)), invalid(), unknown_answer()));
    }
    let error = r#"{"error":{"type":"device_not_found","message":"There is none"}}"#;
    for (name, headers, is_seams) in [
        ("an error of Seam's without a content type", "", true),
        ("an error of Seam's with a charset", "content-type: application/json; charset=utf-8\r\n", true),
        ("an error of Seam's as plain text", "content-type: text/plain\r\n", false),
        ("an error of Seam's as a page", "content-type: text/html\r\n", false),
        (
            "an error of Seam's as JSON and as a page",
            "content-type: application/json\r\ncontent-type: text/html\r\n",
            true,
        ),
    ] {
        let kind = if is_seams { ErrorKind::Api } else { ErrorKind::UnexpectedStatus };
        let expected = seam_faults::expect(kind).status(404);
        let expected = expected.that("found or not as Seam says", move |error| error.is_not_found() == is_seams);
        cases.extend(Case::both(name, Script::answer(with_headers(404, headers, error)), expected.clone(), expected));
    }
}

/// Heads that quote what must not be printed.
fn secrets(cases: &mut Vec<Case>) {
    let pin = PIN.replace('é', "e");
    for (name, headers) in [
        ("a content type that is the key", format!("content-type: {KEY}\r\n")),
        ("a request id that is the key", format!("{JSON}seam-request-id: {KEY}\r\n")),
        (
            "headers that are the key and the PIN",
            format!("{JSON}x-{}: 1\r\nx-pin: {pin}\r\n", KEY.replace(['~', '/'], "-")),
        ),
    ] {
        let script = Script::answer(with_headers(200, &headers, "[]"));
        cases.extend(Case::both(&format!("{name}, and no answer"), script, invalid(), unknown_answer()));
        let script = Script::answer(with_headers(404, &headers, "[]"));
        cases.extend(Case::both(&format!("{name}, and a refusal"), script, unexpected(404), unexpected(404)));
    }
    broken(cases, "a status line that is the key", format!("{KEY}\r\n\r\n"));
    broken(cases, "a header that is not one but the key", format!("HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n"));
}
