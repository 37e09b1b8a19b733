//! Complete bodies that are not valid responses, and bodies that quote secrets.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::{Error, ErrorKind};
use seam_faults::{Case, Expected, KEY, Network, PIN, Run, URI_COMPONENT, expect, lower_case_percent};
use seam_mock::transport_kit::Script;
use serde_json::{Value, json as value};

use crate::matrix::support::{BODY, invalid, json_response, message, unexpected, unusable_response, with_headers};

const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    pages(&mut cases);
    bytes(&mut cases);
    syntax(&mut cases);
    nesting(&mut cases);
    numbers(&mut cases);
    envelopes(&mut cases);
    wrong_types(&mut cases);
    error_objects(&mut cases);
    quotes(&mut cases);
    cases
}

/// Adds cases for a body that is valid in spite of its content.
fn expect_ok(cases: &mut Vec<Case>, name: &str, body: impl AsRef<[u8]>) {
    cases.extend(Case::both(name, Script::answer(with_body(200, body)), Expected::ok(), Expected::ok()));
}

/// Adds cases for a body that is not a valid response, with a part of the error message, which must be short.
fn expect_invalid(cases: &mut Vec<Case>, name: &str, message: &'static str, body: impl AsRef<[u8]>) {
    let is_specific = move |error: &Error| error.message().contains(message) && error.to_string().len() < 600;
    let read = invalid().status(200).that("short and specific", is_specific);
    let action = unusable_response().status(200).that("short and specific", is_specific);
    cases.extend(Case::both(name, Script::answer(with_body(200, body)), read, action));
}

fn with_body(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Status\r\n{JSON}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Returns the usual body with an additional member.
fn with_member(member: impl AsRef<str>) -> String {
    format!(r#"{{"access_code":{{"access_code_id":"26d6138c",{}}}}}"#, member.as_ref())
}

fn pages(cases: &mut Vec<Case>) {
    let page = format!("<!doctype html><title>Sign in</title><p>{KEY} {PIN}");
    let html = |status| Script::answer(with_headers(status, "content-type: text/html; charset=utf-8\r\n", &page));
    let unauthorized =
        expect(ErrorKind::Unauthorized).status(401).that("an authorization error", Error::is_unauthorized);
    cases.extend(Case::both("HTML with status 200", html(200), invalid().status(200), unusable_response().status(200)));
    cases.extend(Case::both("HTML with status 401", html(401), unauthorized.clone(), unauthorized));
    cases.extend(Case::both("HTML with status 403", html(403), unexpected(403), unexpected(403)));
    cases.extend(Case::both("HTML with status 404", html(404), unexpected(404), unexpected(404)));
    for status in [500, 502, 503] {
        let (read, action) = (unexpected(status).requests(3), unusable_response().status(status));
        cases.extend(Case::both(&format!("HTML with status {status}"), html(status), read, action));
    }
    expect_invalid(cases, "HTML with the content type of JSON", message::NOT_JSON, &page);
    expect_invalid(cases, "plain text with the content type of JSON", message::NOT_JSON, format!("OK {PIN}"));
    let plain = |status| Script::answer(with_headers(status, "content-type: text/plain\r\n", &format!("No {PIN}")));
    cases.extend(Case::both("plain text with status 200", plain(200), invalid(), unusable_response()));
    cases.extend(Case::both("plain text with status 400", plain(400), unexpected(400), unexpected(400)));
    let (read, action) = (unexpected(502).requests(3), unusable_response().status(502));
    cases.extend(Case::both("plain text with status 502", plain(502), read, action));
}

fn bytes(cases: &mut Vec<Case>) {
    for (what, bytes) in [
        ("an invalid byte", &b"\xff"[..]),
        ("a truncated character", b"\xc3"),
        ("a surrogate in UTF-8", b"\xed\xa0\x80"),
        ("an overlong slash", b"\xc0\xaf"),
        ("a character beyond Unicode", b"\xf5\x80\x80\x80"),
    ] {
        for (position, before) in [
            ("the id", r#"{"access_code":{"access_code_id":"x"#),
            ("the PIN", r#"{"access_code":{"access_code_id":"x","code":"y"#),
        ] {
            let body = [before.as_bytes(), bytes, br#""}}"#].concat();
            expect_ok(cases, &format!("{what} in {position}"), body);
        }
    }
    expect_ok(cases, "a byte order mark before the JSON", format!("\u{feff}{BODY}"));
    let wide = |order: fn(u16) -> [u8; 2]| BODY.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    expect_invalid(cases, "a body in UTF-16, little-endian", message::NOT_JSON, wide(u16::to_le_bytes));
    expect_invalid(cases, "a body in UTF-16, big-endian", message::NOT_JSON, wide(u16::to_be_bytes));
    for (what, text) in [
        ("a lone high surrogate", r"\ud83d"),
        ("a lone low surrogate", r"\udd12"),
        ("surrogates in the wrong order", r"\udd12\ud83d"),
    ] {
        expect_ok(cases, &format!("{what} in the PIN"), with_member(format!(r#""code":"{text}""#)));
        expect_ok(cases, &format!("{what} in a name"), with_member(format!(r#""{text}":1"#)));
    }
    expect_ok(cases, "a pair of surrogates in the PIN", with_member(r#""code":"\ud83d\udd12""#));
    expect_ok(cases, "an escaped NUL in the PIN", with_member(r#""code":"\u0000""#));
    expect_invalid(cases, "a raw NUL in the PIN", message::NOT_JSON, with_member("\"code\":\"\0\""));
    expect_invalid(cases, "a line break in the PIN", message::NOT_JSON, with_member("\"code\":\"1\n2\""));
    expect_ok(cases, "a PIN of 200 kB", with_member(format!(r#""code":"{}""#, "1988".repeat(50_000))));
    expect_ok(cases, "an unknown field of 200 kB", with_member(format!(r#""new":"{}""#, "é".repeat(100_000))));
    expect_ok(cases, "a name of 200 kB", with_member(format!(r#""{}":1"#, "n".repeat(200_000))));
    expect_invalid(
        cases,
        "a truncated body after a name of 200 kB",
        message::TRUNCATED_JSON,
        format!(r#"{{"{}":"#, "n".repeat(200_000)),
    );
    let many: String = (0..10_000).map(|number| format!(r#""new_{number}":{number},"#)).collect();
    expect_ok(cases, "10,000 unknown fields", with_member(format!(r#"{many}"code":"1988""#)));
}

fn syntax(cases: &mut Vec<Case>) {
    for (name, body) in [
        ("two documents", BODY.repeat(2)),
        ("two documents on two lines", format!("{BODY}\n{BODY}")),
        ("text after the JSON", format!("{BODY}{PIN}")),
        ("an additional brace", format!("{BODY}}}")),
        ("NUL after the JSON", format!("{BODY}\0")),
        ("a prefix against JSON hijacking", format!(")]}}',\n{BODY}")),
        ("a JSONP callback", format!("callback({BODY})")),
        ("a server-sent event", format!("data: {BODY}\n\n")),
        ("a comment before the JSON", format!("/* {PIN} */{BODY}")),
        ("a comment in the JSON", format!(r#"{{"access_code":{{"access_code_id":"x" // {PIN}{}}}}}"#, "\n")),
        ("a trailing comma", r#"{"access_code":{"access_code_id":"x",}}"#.to_owned()),
        ("single quotes", BODY.replace('"', "'")),
        ("names without quotes", r#"{access_code:{access_code_id:"x"}}"#.to_owned()),
        ("an escape that JSON does not define", with_member(r#""code":"\x41""#)),
        ("a PIN without quotes", with_member(r#""code":PINcanary"#)),
        ("a Python dictionary", "{'access_code': {'access_code_id': None}}".to_owned()),
        ("undefined", "undefined".to_owned()),
    ] {
        expect_invalid(cases, name, message::NOT_JSON, body);
    }
    expect_ok(cases, "white space around the JSON", format!("\r\n\t {BODY} \n\n"));
}

fn nesting(cases: &mut Vec<Case>) {
    const DEPTH: usize = 100_000;
    for (what, open, close) in [("lists", "[", "]"), ("objects", r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let unclosed = open.repeat(DEPTH);
        expect_invalid(cases, &format!("100,000 nested {what}"), "", &deep);
        expect_invalid(cases, &format!("100,000 unclosed {what}"), "", &unclosed);
        for position in ["code", "errors", "dormakaba_oracode_metadata", "an_unknown_field"] {
            expect_ok(
                cases,
                &format!("100,000 nested {what} in {position}"),
                with_member(format!(r#""{position}":{deep}"#)),
            );
        }
        let id = with_member(format!(r#""access_code_id":{deep}"#));
        expect_invalid(cases, &format!("100,000 nested {what} in the id"), "access_code", id);
        expect_ok(
            cases,
            &format!("100,000 nested {what} beside the response key"),
            format!(r#"{{"new":{deep},{}"#, BODY.split_at(1).1),
        );
        let broken = format!(r#"{{"new":{unclosed}"#);
        expect_invalid(
            cases,
            &format!("100,000 unclosed {what} beside the response key"),
            message::TRUNCATED_JSON,
            broken,
        );
        for (member, status) in [("data", 422), ("validation_errors", 422), ("data", 401)] {
            let body = format!(r#"{{"error":{{"type":"invalid_input","message":"no","{member}":{deep}}}}}"#);
            let expected = match status {
                401 => expect(ErrorKind::Unauthorized).status(401),
                _ => expect(ErrorKind::Api).status(status),
            };
            let name = format!("100,000 nested {what} in the {member} of an error with status {status}");
            cases.extend(Case::both(&name, Script::answer(json_response(status, &body)), expected.clone(), expected));
        }
    }
    let deep = format!("{}{}", r#"{"a":"#.repeat(100), "1".to_owned() + &"}".repeat(100));
    expect_ok(cases, "100 nested objects in an unknown field", with_member(format!(r#""new":{deep}"#)));
}

fn numbers(cases: &mut Vec<Case>) {
    for number in ["NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1_000", "1e", "--1"] {
        expect_invalid(
            cases,
            &format!("the number {number} in an unknown field"),
            message::NOT_JSON,
            with_member(format!(r#""new":{number}"#)),
        );
    }
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "-0",
        "-0.0",
        "1e-400",
        "1e308",
        "123456789012345678901234567890",
    ] {
        expect_ok(
            cases,
            &format!("the number {number} in an unknown field"),
            with_member(format!(r#""new":{number}"#)),
        );
        expect_ok(cases, &format!("the number {number} as the PIN"), with_member(format!(r#""code":{number}"#)));
    }
    expect_ok(cases, "the number 1e400 beside the response key", format!(r#"{{"new":1e400,{}"#, BODY.split_at(1).1));
    for (name, number) in [("1e400", "1e400".to_owned()), ("of 100,000 digits", "9".repeat(100_000))] {
        expect_ok(cases, &format!("the number {name} as the PIN"), with_member(format!(r#""code":{number}"#)));
    }
    for number in ["18446744073709551616", "-1", "1.5", "1e400"] {
        let error = format!(r#"{{"error":{{"type":"x_y","message":"no","data":{{"n":{number}}}}}}}"#);
        let expected = expect(ErrorKind::Api).status(409);
        let name = format!("the number {number} in the data of an error");
        cases.extend(Case::both(&name, Script::answer(json_response(409, &error)), expected.clone(), expected));
    }
}

fn envelopes(cases: &mut Vec<Case>) {
    let error = format!(r#""error":{{"type":"some_error","message":"{}"}}"#, "no");
    for (name, expected, body) in [
        ("an empty object", message::MISSING_KEY, "{}".to_owned()),
        ("only ok", message::MISSING_KEY, r#"{"ok":true}"#.to_owned()),
        ("the response key is null", "access_code is null", r#"{"access_code":null}"#.to_owned()),
        ("the response key of another route", message::MISSING_KEY, r#"{"device":{"device_id":"x"}}"#.to_owned()),
        ("the response key in camel case", message::MISSING_KEY, r#"{"accessCode":{"access_code_id":"x"}}"#.to_owned()),
        ("the resource without its response key", message::MISSING_KEY, r#"{"access_code_id":"x"}"#.to_owned()),
        ("the response key one level deeper", message::MISSING_KEY, format!(r#"{{"data":{BODY}}}"#)),
        ("an error with status 200", message::REPORTS_ERROR, format!("{{{error}}}")),
        ("an error with status 200, and a null", message::REPORTS_ERROR, format!(r#"{{"access_code":null,{error}}}"#)),
        ("a string as the error with status 200", message::REPORTS_ERROR, r#"{"error":"no"}"#.to_owned()),
        ("ok is false with status 200", message::REPORTS_ERROR, r#"{"ok":false}"#.to_owned()),
        (
            "the second of two response keys is null",
            "access_code is null",
            r#"{"access_code":{"access_code_id":"x"},"access_code":null}"#.to_owned(),
        ),
        ("an object without its id", "missing field `access_code_id`", r#"{"access_code":{}}"#.to_owned()),
        ("an id that is null", "access_code", r#"{"access_code":{"access_code_id":null}}"#.to_owned()),
    ] {
        expect_invalid(cases, name, expected, body);
    }
    for (name, body) in [
        ("a list around the object", format!("[{BODY}]")),
        ("the object as a string", value!(BODY).to_string()),
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("a number", "4711".to_owned()),
        ("a string", value!(PIN).to_string()),
        ("an empty list", "[]".to_owned()),
    ] {
        expect_invalid(cases, &format!("{name} instead of an object"), "expected an object", body);
    }
    for (name, wrong) in
        [("a string", value!(PIN)), ("a number", value!(4711)), ("a list", value!([])), ("true", value!(true))]
    {
        expect_invalid(
            cases,
            &format!("{name} as the value of the response key"),
            "access_code: expected an object",
            value!({ "access_code": wrong }).to_string(),
        );
    }
    expect_ok(cases, "an error that is null", format!(r#"{{"error":null,{}"#, BODY.split_at(1).1));
    expect_ok(cases, "a valid response with an error beside it", format!("{{{error},{}", BODY.split_at(1).1));
    expect_ok(cases, "a valid response with ok false", format!(r#"{{"ok":false,{}"#, BODY.split_at(1).1));
    expect_ok(cases, "ok a thousand times", format!(r#"{{{}{}"#, r#""ok":true,"#.repeat(1000), BODY.split_at(1).1));
    expect_ok(
        cases,
        "the response key twice",
        format!(r#"{{"access_code":{{"access_code_id":"a"}},{}"#, BODY.split_at(1).1),
    );
    expect_ok(cases, "an id twice", with_member(r#""access_code_id":"b""#));
    expect_ok(cases, "a PIN twice", with_member(r#""code":"1988","code":"4711""#));
    expect_ok(
        cases,
        "the first of two response keys is null",
        format!(r#"{{"access_code":null,{}"#, BODY.split_at(1).1),
    );
    expect_ok(cases, "a PIN that is null", with_member(r#""code":null"#));
}

fn wrong_types(cases: &mut Vec<Case>) {
    for (what, wrong) in [
        ("a number", value!(4711)),
        ("a fraction", value!(47.11)),
        ("a list", value!([PIN])),
        ("an empty list", value!([])),
        ("an object", value!({ PIN: PIN })),
        ("an object with the key", value!({ KEY: { "x": KEY } })),
        ("true", value!(true)),
    ] {
        let body = value!({ "access_code": { "access_code_id": "x", "code": wrong, "name": PIN } }).to_string();
        expect_ok(cases, &format!("{what} instead of a PIN"), body);
        let body = value!({ "access_code": { "access_code_id": wrong, "name": PIN } }).to_string();
        expect_invalid(
            cases,
            &format!("{what} instead of an id"),
            "access_code.access_code_id: expected a string",
            body,
        );
    }
    for position in ["created_at", "is_managed", "errors", "dormakaba_oracode_metadata"] {
        let body = value!({ "access_code": { "access_code_id": "x", position: PIN } }).to_string();
        expect_ok(cases, &format!("the PIN instead of {position}"), body);
    }
    // Errors contain the JSON path, in which the names come from the server.
    for (what, name) in [("the PIN", PIN), ("the key", KEY)] {
        let within = format!(r#"{{"access_code":{{"access_code_id":"x",{}:nothing}}}}"#, value!(name));
        expect_invalid(cases, &format!("{what} as the name of a field with invalid JSON"), message::NOT_JSON, within);
        let deeper = format!(r#"{{"access_code":{{"access_code_id":"x",{}:{{{}:["#, value!(name), value!(name));
        expect_invalid(cases, &format!("{what} as the name of truncated fields"), message::TRUNCATED_JSON, deeper);
    }
}

fn error_objects(cases: &mut Vec<Case>) {
    let long = "x".repeat(200_000);
    for (name, error) in [
        ("a string", value!("no")),
        ("a list", value!([{ "type": "a", "message": "b" }])),
        ("null", value!(null)),
        ("an empty object", value!({})),
        ("without a message", value!({ "type": "a" })),
        ("without a type", value!({ "message": "b" })),
        ("with a number as its type", value!({ "type": 4711, "message": PIN })),
        ("with an object as its message", value!({ "type": "a", "message": { "text": PIN } })),
        ("with null as its message", value!({ "type": "a", "message": null })),
    ] {
        let body = value!({ "error": error }).to_string();
        let expected = unexpected(400);
        let name = format!("an error that is not a Seam error: {name}");
        cases.extend(Case::both(&name, Script::answer(json_response(400, &body)), expected.clone(), expected));
    }
    for (name, error) in [
        ("with a number as its request id", value!({ "type": "a", "message": "b", "request_id": 4711 })),
        ("with a string as its validation errors", value!({ "type": "a", "message": "b", "validation_errors": PIN })),
        ("with lists as its validation errors", value!({ "type": "a", "message": "b", "validation_errors": [[PIN]] })),
        (
            "with numbers as its validation errors",
            value!({ "type": "a", "message": "b", "validation_errors": { "_errors": [1, null, {}], "x": 1 } }),
        ),
        ("with a string as its data", value!({ "type": "a", "message": "b", "data": PIN })),
        ("with empty strings", value!({ "type": "", "message": "" })),
        ("with a message of 200 kB", value!({ "type": "a", "message": long })),
        ("with unknown fields", value!({ "type": "a", "message": "b", "new": [PIN], "status": "x" })),
    ] {
        let body = value!({ "error": error }).to_string();
        let expected = expect(ErrorKind::Api).status(400);
        let name = format!("a Seam error {name}");
        cases.extend(Case::both(&name, Script::answer(json_response(400, &body)), expected.clone(), expected));
    }
}

/// Returns the encodings in which a server may quote a secret.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = value!(secret).to_string();
    let json = json.trim_matches('"');
    let ascii: String =
        json.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect();
    let every: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let component = utf8_percent_encode(secret, URI_COMPONENT).to_string();
    vec![
        ("raw", secret.to_owned()),
        ("in a sentence", format!("The value \"{secret}\" is taken")),
        ("twice", format!("{secret}{secret}")),
        ("percent-encoded", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()),
        ("percent-encoded in lower case", lower_case_percent(secret)),
        ("as a URL component", component.clone()),
        ("as form data", component.replace("%20", "+")),
        ("as a query", format!("/x?code={}&y=1", component.replace("%20", "+"))),
        ("as JSON", json.to_owned()),
        ("as JSON in ASCII", ascii),
        ("as JSON with slashes escaped", json.replace('/', "\\/")),
        ("as JSON with all characters escaped", every),
        ("as the JSON of the request", format!(r#"{{"code":{},"device_id":"front-door"}}"#, value!(secret))),
        ("as Rust debug output", format!("{secret:?}")),
        ("as Rust debug output in ASCII", secret.escape_default().to_string()),
        ("in base64", STANDARD.encode(secret)),
        ("in base64 for URLs", URL_SAFE_NO_PAD.encode(secret)),
        ("in base64, after one byte", STANDARD.encode(format!(":{secret}"))),
        ("in base64, after two bytes", STANDARD.encode(format!("::{secret}"))),
        ("in base64, as a header", format!("Basic {}", STANDARD.encode(format!("Bearer {secret}\n")))),
        ("in base64, within a request", STANDARD.encode(format!(r#"{{"device_id":"front-door","note":"{secret}"}}"#))),
    ]
}

/// Errors that quote a secret, which the client must redact.
fn quotes(cases: &mut Vec<Case>) {
    for (what, secret) in [("the key", KEY), ("the PIN", PIN)] {
        for (form, quoted) in forms(secret) {
            let name = format!("an error that quotes {what} {form}");
            cases.push(Case::new(name, move || quoting(quoted.clone())));
        }
    }
    cases.push(Case::new("an error without secrets is not changed", || async {
        let message = "No \\u0041 %20%zz ???? a+b c3R1ZmY= \\ \\u {\"code\":1}";
        let body = value!({ "error": { "type": "device_not_found", "message": message } }).to_string();
        let network = Network::http(Script::answer(json_response(404, &body))).await?;
        let result = network.read(std::time::Duration::from_secs(10)).await;
        let is_unchanged = move |error: &Error| error.message() == message;
        expect(ErrorKind::Api).that("unchanged", is_unchanged).check(result, 1)
    }));
}

/// A secret in all fields of an error, for a read and an action, and in other responses.
async fn quoting(quoted: String) -> Run {
    let timeout = std::time::Duration::from_secs(10);
    let id = quoted.chars().filter(char::is_ascii_graphic).collect::<String>();
    let is_header_value = id == quoted;
    let headers = if is_header_value { format!("{JSON}seam-request-id: {id}\r\n") } else { JSON.to_owned() };
    let error: Value = value!({
        "type": quoted,
        "message": quoted,
        "request_id": quoted,
        "data": quoted,
        "validation_errors": { "_errors": [quoted], quoted.as_str(): { "_errors": [quoted] } },
    });
    let body = value!({ "error": error }).to_string();
    for status in [400, 500] {
        let script = Script::answer(with_headers(status, &headers, &body));
        let network = Network::http(script).await?;
        let read = expect(ErrorKind::Api).status(status).requests(if status == 500 { 3 } else { 1 });
        read.check(network.read(timeout).await, network.requests())?;
        let before = network.requests();
        let kind = if status == 500 { ErrorKind::OutcomeUnknown } else { ErrorKind::Api };
        expect(kind).status(status).check(network.act(timeout).await, network.requests() - before)?;
    }
    // As the name of a field in truncated JSON, which the JSON path of the error contains.
    let body = format!(r#"{{"access_code":{{{}:["#, value!(quoted));
    let network = Network::http(Script::answer(with_headers(200, &headers, &body))).await?;
    invalid().check(network.read(timeout).await, network.requests())?;
    // In a failed action attempt.
    let attempt =
        value!({ "action_attempt_id": "a1", "status": "error", "error": { "type": quoted, "message": quoted } });
    let body = value!({ "access_code": { "access_code_id": "x" }, "action_attempt": attempt }).to_string();
    let network = Network::http(Script::answer(with_headers(200, &headers, &body))).await?;
    let result = network.seam.access_codes().create("front-door").code(PIN).and_wait().await;
    expect(ErrorKind::ActionFailed).check(result.map(drop), network.requests())
}
