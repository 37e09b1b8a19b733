//! Faults in the heads of responses: late, endless, malformed, and missing.

use std::time::Duration;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, KEY, PIN};
use seam_mock::transport_kit::{Connection, Script, Step};

use crate::matrix::support::{
    BODY, SHORT_TIMEOUT, failed, invalid, json_response, unexpected, unknown, unusable_response, with_headers,
};

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
    rejections(&mut cases);
    ambiguous(&mut cases);
    lengths(&mut cases);
    lines(&mut cases);
    content_types(&mut cases);
    secrets(&mut cases);
    cases
}

/// Returns a response with this head and the usual body.
fn response(head: &str) -> String {
    format!("{head}\r\n{BODY}")
}

/// Adds cases for a response that is valid in spite of its form.
fn expect_ok(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    cases.extend(Case::both(name, Script::answer(response), Expected::ok(), Expected::ok()));
}

/// Adds cases for bytes that are not a response: the client retries a read, but not an action.
fn expect_interrupted(cases: &mut Vec<Case>, name: &str, response: impl Into<Vec<u8>>) {
    let kind = TransportErrorKind::Interrupted;
    cases.extend(Case::both(name, Script::answer(response), failed(kind), unknown(kind)));
}

fn late(cases: &mut Vec<Case>) {
    let complete = json_response(200, BODY).into_bytes();
    let late = [
        ("no response", Connection::new().read().hang()),
        ("a status line that stalls", Connection::new().read().write("HTTP/1.1 200 O").hang()),
        ("headers that stall", Connection::new().read().write("HTTP/1.1 200 OK\r\ncontent-type: appl").hang()),
        ("headers without the empty line", Connection::new().read().write(format!("HTTP/1.1 200 OK\r\n{JSON}")).hang()),
        (
            "headers that are sent byte by byte beyond the deadline",
            Connection::new().read().then(Step::WriteSlowly(complete.clone(), Duration::from_millis(20))),
        ),
        (
            "endless 100 Continue",
            Connection::new().read().then(Step::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        ),
        ("100 Continue, and no response", Connection::new().read().write("HTTP/1.1 100 Continue\r\n\r\n").hang()),
        (
            "early hints that are sent byte by byte beyond the deadline",
            Connection::new()
                .read()
                .then(Step::WriteSlowly(b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(20), Duration::from_millis(2))),
        ),
    ];
    for (name, connection) in late {
        let expected = (timed_out(1), unknown(TransportErrorKind::Timeout));
        cases.extend(Case::both_within(name, SHORT_TIMEOUT, Script::always(connection), expected.0, expected.1));
    }
    let slow = Connection::new().read().then(Step::WriteSlowly(complete, Duration::from_micros(100)));
    let slow = Script::always(slow);
    cases.extend(Case::both(
        "headers that are sent byte by byte within the deadline",
        slow,
        Expected::ok(),
        Expected::ok(),
    ));
}

/// Expects the timeout of a read.
fn timed_out(requests: usize) -> Expected {
    failed(TransportErrorKind::Timeout).requests(requests).that("a timeout", seam_core::Error::is_timeout)
}

fn endless(cases: &mut Vec<Case>) {
    let after = |start: &str, more: &str| {
        Script::always(Connection::new().read().write(start).then(Step::Repeat(more.repeat(1000).into_bytes())))
    };
    let endless = [
        ("endless headers", after("HTTP/1.1 200 OK\r\n", "x-more: more\r\n")),
        ("an endless header name", after("HTTP/1.1 200 OK\r\n", "x-more-and-more")),
        ("an endless header value", after("HTTP/1.1 200 OK\r\nx-more: ", "and more, ")),
        ("an endless reason phrase", after("HTTP/1.1 200 ", "OK OK OK ")),
        ("endless empty lines", after("", "\r\n\r\n\r\n\r\n")),
    ];
    for (name, script) in endless {
        let kind = TransportErrorKind::Interrupted;
        cases.extend(Case::both(name, script, failed(kind), unknown(kind)));
    }
    let large = |size: usize| with_headers(200, &format!("{JSON}x-big: {}\r\n", "a".repeat(size)), BODY);
    expect_ok(cases, "a head of 64 KiB", large(64 * 1024));
    expect_interrupted(cases, "a head of 1 MiB", large(1024 * 1024));
    let many = |count: usize| {
        let headers: String = (0..count).map(|number| format!("x-{number}: y\r\n")).collect();
        with_headers(200, &format!("{JSON}{headers}"), BODY)
    };
    expect_ok(cases, "90 headers", many(90));
    expect_interrupted(cases, "10,000 headers", many(10_000));
}

fn not_http(cases: &mut Vec<Case>) {
    expect_interrupted(cases, "arbitrary bytes", b"\x00\x01\xfe\xff\x80\r\n\r\n\x00".to_vec());
    expect_interrupted(cases, "only empty lines", "\r\n\r\n\r\n\r\n");
    expect_interrupted(cases, "the greeting of an SSH server", "SSH-2.0-OpenSSH_9.6\r\n");
    expect_interrupted(cases, "the greeting of a mail server", "220 mail.example ESMTP\r\n");
    expect_interrupted(cases, "a TLS alert", b"\x15\x03\x01\x00\x02\x02\x28".to_vec());
    expect_interrupted(cases, "HTTP/0.9: a body without a head", BODY);
    expect_interrupted(cases, "HTTP/0.9: HTML without a head", "<html>hello</html>\r\n\r\n");
    expect_interrupted(cases, "the connection preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect_interrupted(cases, "a frame of HTTP/2", b"\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec());
    expect_interrupted(cases, "a request instead of a response", "GET / HTTP/1.1\r\nhost: seam\r\n\r\n");
}

fn status_lines(cases: &mut Vec<Case>) {
    let line = |line: &str| response(&format!("{line}\r\n{JSON}content-length: {}\r\n", BODY.len()));
    expect_ok(cases, "a status without a reason phrase", line("HTTP/1.1 200"));
    expect_ok(cases, "a status with an empty reason phrase", line("HTTP/1.1 200 "));
    expect_ok(cases, "a reason phrase that is not ASCII", line("HTTP/1.1 200 dåccord ✓"));
    expect_ok(cases, "a reason phrase of 10 kB", line(&format!("HTTP/1.1 200 {}", "x".repeat(10_000))));
    expect_ok(cases, "empty lines before the status line", format!("\r\n\r\n{}", line("HTTP/1.1 200 OK")));
    for (what, text) in [
        ("in lower case", "http/1.1 200 OK"),
        ("of another protocol", "RTSP/1.0 200 OK"),
        ("of SHOUTcast", "ICY 200 OK"),
        ("of HTTP/1.2", "HTTP/1.2 200 OK"),
        ("of HTTP/2", "HTTP/2 200 OK"),
        ("without a version", "HTTP 200 OK"),
        ("with a leading space", " HTTP/1.1 200 OK"),
        ("with two spaces before the status", "HTTP/1.1  200 OK"),
        ("with a tab before the status", "HTTP/1.1\t200 OK"),
        ("with NUL in its reason phrase", "HTTP/1.1 200 O\0K"),
        ("with status 0", "HTTP/1.1 0 OK"),
        ("with status 000", "HTTP/1.1 000 OK"),
        ("with status -1", "HTTP/1.1 -1 OK"),
        ("with status +200", "HTTP/1.1 +200 OK"),
        ("with status 20", "HTTP/1.1 20 OK"),
        ("with status 2000", "HTTP/1.1 2000 OK"),
        ("with status 2e2", "HTTP/1.1 2e2 OK"),
        ("with status 200.0", "HTTP/1.1 200.0 OK"),
        ("with a word as its status", "HTTP/1.1 OK"),
        ("with Arabic-Indic digits", "HTTP/1.1 ٢٠٠ OK"),
        ("without a status", "HTTP/1.1"),
    ] {
        expect_interrupted(cases, &format!("a status line {what}"), line(text));
    }
}

fn versions(cases: &mut Vec<Case>) {
    let length = BODY.len();
    expect_ok(
        cases,
        "HTTP/1.0 with a length",
        response(&format!("HTTP/1.0 200 OK\r\n{JSON}content-length: {length}\r\n")),
    );
    expect_ok(cases, "HTTP/1.0 whose body ends with the connection", response(&format!("HTTP/1.0 200 OK\r\n{JSON}")));
    let keep_alive = format!("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n{JSON}content-length: {length}\r\n");
    expect_ok(cases, "HTTP/1.0 with keep-alive on a closed connection", response(&keep_alive));
    let keep_alive = Script::always(Connection::new().read().write(response(&keep_alive)).hang());
    cases.extend(Case::both("HTTP/1.0 with keep-alive", keep_alive, Expected::ok(), Expected::ok()));
    let open = Connection::new().read().write(response(&format!("HTTP/1.0 200 OK\r\n{JSON}"))).hang();
    let (read, action) = (timed_out(1), unknown(TransportErrorKind::Timeout));
    cases.extend(Case::both_within(
        "HTTP/1.0 without length on an open connection",
        SHORT_TIMEOUT,
        Script::always(open),
        read,
        action,
    ));
}

fn informational(cases: &mut Vec<Case>) {
    let answer = json_response(200, BODY);
    for (what, first) in [
        ("100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("102", "HTTP/1.1 102 Processing\r\n\r\n".to_owned()),
        ("103", "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n".to_owned()),
        ("199", "HTTP/1.1 199 Odd\r\n\r\n".to_owned()),
        ("100 twenty times", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20)),
    ] {
        expect_ok(cases, &format!("status {what}, then a response"), format!("{first}{answer}"));
    }
    for status in [100, 103, 199] {
        expect_interrupted(
            cases,
            &format!("status {status}, and no response"),
            format!("HTTP/1.1 {status} Status\r\n\r\n"),
        );
    }
    let switched = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";
    cases.extend(Case::both(
        "status 101",
        Script::answer(format!("{switched}{answer}")),
        unexpected(101),
        unusable_response().status(101),
    ));
}

fn successes(cases: &mut Vec<Case>) {
    for status in [200, 201, 202, 203, 206, 207, 226, 299] {
        expect_ok(cases, &format!("status {status} with a valid body"), json_response(status, BODY));
    }
    for (name, response) in [
        ("status 204", "HTTP/1.1 204 No Content\r\n\r\n".to_owned()),
        ("status 204 with a body", json_response(204, BODY)),
        ("status 205 without a body", "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n".to_owned()),
        ("status 200 without a body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()),
    ] {
        let status = response.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        let (read, action) = (invalid().status(status), unusable_response().status(status));
        cases.extend(Case::both(name, Script::answer(response), read, action));
    }
}

/// Statuses that reject a request: an action was not executed.
fn rejections(cases: &mut Vec<Case>) {
    let certain =
        |error: &seam_core::Error| !error.may_have_been_applied() && !error.is_not_sent() && !error.is_not_found();
    for status in
        [307, 308, 400, 402, 403, 404, 405, 407, 409, 410, 411, 413, 414, 418, 421, 422, 423, 425, 426, 431, 451]
    {
        let expected = unexpected(status).that("certain that the action was not executed", certain);
        let script = Script::answer(json_response(status, "{}"));
        cases.extend(Case::both(&format!("status {status}"), script, expected.clone(), expected));
    }
    // A status that only proxies use does not reveal whether the server received the request.
    let script = Script::answer(with_headers(499, "", ""));
    let unknown = seam_faults::expect(ErrorKind::OutcomeUnknown).status(499);
    cases.extend(Case::both("status 499 without a body", script, unexpected(499), unknown));
    let expected = seam_faults::expect(ErrorKind::Unauthorized).status(401);
    cases.extend(Case::both("status 401", Script::answer(json_response(401, "{}")), expected.clone(), expected));
}

/// Statuses after which the outcome of an action is unknown.
fn ambiguous(cases: &mut Vec<Case>) {
    for status in [300, 301, 302, 303, 304, 305, 306, 399, 600, 700, 999] {
        let script = Script::answer(format!("HTTP/1.1 {status} Status\r\n{JSON}connection: close\r\n\r\n"));
        let (read, action) = (unexpected(status), unusable_response().status(status));
        cases.extend(Case::both(&format!("status {status}"), script, read, action));
    }
    let script = Script::answer(json_response(304, BODY));
    cases.extend(Case::both("status 304 with a body", script, unexpected(304), unusable_response().status(304)));
    for status in [408, 500, 501, 502, 503, 504, 505, 507, 508, 520, 530, 599] {
        let script = Script::answer(json_response(status, "{}"));
        let (read, action) = (unexpected(status).requests(3), unusable_response().status(status));
        cases.extend(Case::both(&format!("status {status} for each attempt"), script, read, action));
    }
}

fn lengths(cases: &mut Vec<Case>) {
    let length = BODY.len();
    let with = |headers: &str| response(&format!("HTTP/1.1 200 OK\r\n{JSON}{headers}"));
    expect_ok(cases, "two equal lengths", with(&format!("content-length: {length}\r\ncontent-length: {length}\r\n")));
    for (name, headers) in [
        ("two lengths, the first one correct", format!("content-length: {length}\r\ncontent-length: 2\r\n")),
        ("two lengths, the second one correct", format!("content-length: 2\r\ncontent-length: {length}\r\n")),
        ("two lengths in one line", format!("content-length: {length}, 2\r\n")),
        ("a negative length", "content-length: -1\r\n".to_owned()),
        ("a length with a sign", format!("content-length: +{length}\r\n")),
        ("a length in hexadecimal", "content-length: 0x2f\r\n".to_owned()),
        ("a length that is a word", "content-length: long\r\n".to_owned()),
        ("an empty length", "content-length:\r\n".to_owned()),
        ("a length with a fraction", format!("content-length: {length}.0\r\n")),
        ("a length beyond 64 bits", format!("content-length: 1{}\r\n", "0".repeat(30))),
        ("a length of 2^64 - 1", format!("content-length: {}\r\n", u64::MAX)),
    ] {
        expect_interrupted(cases, name, with(&headers));
    }
    for (name, length) in [("2^63", 1_u64 << 63), ("2^64 - 3", u64::MAX - 2)] {
        let script = Script::answer(with(&format!("content-length: {length}\r\n")));
        let kind = TransportErrorKind::TooLarge;
        let (read, action) = (failed(kind).requests(1).status(200), unknown(kind).status(200));
        cases.extend(Case::both(&format!("a length of {name}"), script, read, action));
    }
    // By RFC 9112, section 6.3, the body ends with the connection.
    expect_ok(cases, "an unknown transfer coding", with("transfer-encoding: sausages\r\n"));
    // By RFC 9112, section 6.3, the transfer coding overrides the length.
    for (name, headers) in [
        ("a length, and chunks", "content-length: 2\r\ntransfer-encoding: chunked\r\n"),
        ("chunks, and a length", "transfer-encoding: chunked\r\ncontent-length: 2\r\n"),
        ("chunks with a header in upper case", "Transfer-Encoding: CHUNKED\r\n"),
    ] {
        let chunked = format!("HTTP/1.1 200 OK\r\n{JSON}{headers}\r\n{length:x}\r\n{BODY}\r\n0\r\n\r\n");
        expect_ok(cases, name, chunked);
    }
}

fn lines(cases: &mut Vec<Case>) {
    let length = BODY.len();
    let with = |headers: &str| with_headers(200, &format!("{JSON}{headers}"), BODY);
    expect_ok(cases, "headers in upper case", response(&format!("HTTP/1.1 200 OK\r\nCONTENT-LENGTH: {length}\r\n")));
    expect_ok(cases, "headers without spaces", response(&format!("HTTP/1.1 200 OK\r\ncontent-length:{length}\r\n")));
    expect_ok(cases, "line ends without CR", json_response(200, BODY).replace("\r\n", "\n"));
    expect_ok(cases, "a header with an empty value", with("x-empty:\r\n"));
    for (name, header) in [("a header in Latin-1", "x-name"), ("a request id in Latin-1", "seam-request-id")] {
        let (before, after) =
            (format!("HTTP/1.1 200 OK\r\n{header}: caf"), format!("\r\ncontent-length: {length}\r\n\r\n"));
        expect_ok(cases, name, [before.as_bytes(), b"\xe9", after.as_bytes(), BODY.as_bytes()].concat());
    }
    for (name, headers) in [
        ("a header on two lines", "x-long: one\r\n two\r\n"),
        ("a header with NUL in its value", "x-nul: a\0b\r\n"),
        ("a header with NUL in its name", "x-n\0ul: a\r\n"),
        ("a header with CR in its value", "x-cr: a\rb\r\n"),
        ("a header without a colon", "x-header\r\n"),
        ("a header without a name", ": value\r\n"),
        ("a header with a space in its name", "x header: value\r\n"),
        ("a header with a space before its colon", "x-header : value\r\n"),
        ("a header whose name is not ASCII", "x-größe: 1\r\n"),
    ] {
        expect_interrupted(cases, name, with(headers));
    }
}

fn content_types(cases: &mut Vec<Case>) {
    let of = |headers: &str| with_headers(200, headers, BODY);
    for (name, headers) in [
        ("no content type", ""),
        ("an empty content type", "content-type:\r\n"),
        ("an invalid content type", "content-type: ;;;//\r\n"),
        ("a content type of plain text", "content-type: text/plain\r\n"),
        ("a content type of bytes", "content-type: application/octet-stream\r\n"),
        ("a content type of problem details", "content-type: application/problem+json\r\n"),
        ("a content type in upper case", "Content-Type: APPLICATION/JSON\r\n"),
        ("the charset UTF-8", "content-type: application/json; charset=utf-8\r\n"),
        ("the charset Latin-1 with ASCII", "content-type: application/json; charset=iso-8859-1\r\n"),
        ("the charset UTF-16 with UTF-8", "content-type: application/json; charset=utf-16\r\n"),
        ("two equal content types", "content-type: application/json\r\ncontent-type: application/json\r\n"),
        ("two content types, the first JSON", "content-type: application/json\r\ncontent-type: text/html\r\n"),
    ] {
        expect_ok(cases, name, of(headers));
    }
    for (name, headers) in [
        ("a content type of HTML with JSON", "content-type: text/html\r\n"),
        ("a content type of HTML in upper case with JSON", "content-type: TEXT/HTML; charset=utf-8\r\n"),
        ("two content types, the first HTML", "content-type: text/html\r\ncontent-type: application/json\r\n"),
    ] {
        cases.extend(Case::both(name, Script::answer(of(headers)), invalid(), unusable_response()));
    }
    let error = r#"{"error":{"type":"device_not_found","message":"There is none"}}"#;
    for (name, headers, is_seams) in [
        ("a Seam error without a content type", "", true),
        ("a Seam error with a charset", "content-type: application/json; charset=utf-8\r\n", true),
        ("a Seam error as plain text", "content-type: text/plain\r\n", false),
        ("a Seam error as HTML", "content-type: text/html\r\n", false),
        ("a Seam error as JSON and as HTML", "content-type: application/json\r\ncontent-type: text/html\r\n", true),
    ] {
        let kind = if is_seams { ErrorKind::Api } else { ErrorKind::UnexpectedStatus };
        let expected = seam_faults::expect(kind).status(404);
        let expected =
            expected.that("consistent with the type of the Seam error", move |error| error.is_not_found() == is_seams);
        cases.extend(Case::both(name, Script::answer(with_headers(404, headers, error)), expected.clone(), expected));
    }
}

/// Heads that contain secrets.
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
        cases.extend(Case::both(&format!("{name}, with an invalid body"), script, invalid(), unusable_response()));
        let script = Script::answer(with_headers(404, &headers, "[]"));
        cases.extend(Case::both(&format!("{name}, with a 404"), script, unexpected(404), unexpected(404)));
    }
    expect_interrupted(cases, "a status line that is the key", format!("{KEY}\r\n\r\n"));
    expect_interrupted(cases, "a header line that is the key", format!("HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n"));
}
