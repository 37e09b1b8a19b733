//! Bodies of responses that arrive whole, and do not say what they should; and what they quote.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::{Error, ErrorKind};
use seam_faults::{COMPONENT, Case, Expected, KEY, Network, PIN, Run, expect, lower_case_percent};
use seam_mock::transport_kit::Script;
use serde_json::{Value, json as value};

use crate::matrix::support::{FOUND, invalid, json, unexpected, unknown_answer, with_headers};

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

/// An answer in spite of all.
fn fine(cases: &mut Vec<Case>, name: &str, body: impl AsRef<[u8]>) {
    cases.extend(Case::both(name, Script::answer(with_body(200, body)), Expected::ok(), Expected::ok()));
}

/// No answer, and an error that is short and names what is wrong.
fn useless(cases: &mut Vec<Case>, name: &str, says: &'static str, body: impl AsRef<[u8]>) {
    let says_so = move |error: &Error| error.message().contains(says) && error.to_string().len() < 600;
    let read = invalid().status(200).that("short, and saying what it is", says_so);
    let action = unknown_answer().status(200).that("short, and saying what it is", says_so);
    cases.extend(Case::both(name, Script::answer(with_body(200, body)), read, action));
}

fn with_body(status: u16, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status} Status\r\n{JSON}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The answer of the cases with one member more.
fn with_member(member: impl AsRef<str>) -> String {
    format!(r#"{{"access_code":{{"access_code_id":"26d6138c",{}}}}}"#, member.as_ref())
}

fn pages(cases: &mut Vec<Case>) {
    let page = format!("<!doctype html><title>Sign in</title><p>{KEY} {PIN}");
    let html = |status| Script::answer(with_headers(status, "content-type: text/html; charset=utf-8\r\n", &page));
    let unauthorized = expect(ErrorKind::Unauthorized).status(401).that("unauthorized", Error::is_unauthorized);
    cases.extend(Case::both("a page with status 200", html(200), invalid().status(200), unknown_answer().status(200)));
    cases.extend(Case::both("a page with status 401", html(401), unauthorized.clone(), unauthorized));
    cases.extend(Case::both("a page with status 403", html(403), unexpected(403), unexpected(403)));
    cases.extend(Case::both("a page with status 404", html(404), unexpected(404), unexpected(404)));
    for status in [500, 502, 503] {
        let (read, action) = (unexpected(status).requests(3), unknown_answer().status(status));
        cases.extend(Case::both(&format!("a page with status {status}"), html(status), read, action));
    }
    useless(cases, "a page that is said to be JSON", "not JSON", &page);
    useless(cases, "plain text that is said to be JSON", "not JSON", format!("OK {PIN}"));
    let plain = |status| Script::answer(with_headers(status, "content-type: text/plain\r\n", &format!("No {PIN}")));
    cases.extend(Case::both("plain text with status 200", plain(200), invalid(), unknown_answer()));
    cases.extend(Case::both("plain text with status 400", plain(400), unexpected(400), unexpected(400)));
    let (read, action) = (unexpected(502).requests(3), unknown_answer().status(502));
    cases.extend(Case::both("plain text with status 502", plain(502), read, action));
}

fn bytes(cases: &mut Vec<Case>) {
    for (what, bytes) in [
        ("a byte that no text has", &b"\xff"[..]),
        ("a character cut short", b"\xc3"),
        ("a surrogate in UTF-8", b"\xed\xa0\x80"),
        ("a slash in two bytes", b"\xc0\xaf"),
        ("a character beyond Unicode", b"\xf5\x80\x80\x80"),
    ] {
        for (place, before) in [
            ("the id", r#"{"access_code":{"access_code_id":"x"#),
            ("the PIN", r#"{"access_code":{"access_code_id":"x","code":"y"#),
        ] {
            let body = [before.as_bytes(), bytes, br#""}}"#].concat();
            fine(cases, &format!("{what} in {place}"), body);
        }
    }
    fine(cases, "a byte order mark before the answer", format!("\u{feff}{FOUND}"));
    let wide = |order: fn(u16) -> [u8; 2]| FOUND.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    useless(cases, "an answer in UTF-16, the low byte first", "not JSON", wide(u16::to_le_bytes));
    useless(cases, "an answer in UTF-16, the high byte first", "not JSON", wide(u16::to_be_bytes));
    for (what, text) in [
        ("a high surrogate alone", r"\ud83d"),
        ("a low surrogate alone", r"\udd12"),
        ("surrogates in the wrong order", r"\udd12\ud83d"),
    ] {
        fine(cases, &format!("{what} in the PIN"), with_member(format!(r#""code":"{text}""#)));
        fine(cases, &format!("{what} in a name"), with_member(format!(r#""{text}":1"#)));
    }
    fine(cases, "a pair of surrogates in the PIN", with_member(r#""code":"\ud83d\udd12""#));
    fine(cases, "NUL in the PIN, as JSON writes it", with_member(r#""code":"\u0000""#));
    useless(cases, "NUL in the PIN, as it is", "not JSON", with_member("\"code\":\"\0\""));
    useless(cases, "a line break in the PIN", "not JSON", with_member("\"code\":\"1\n2\""));
    fine(cases, "a PIN of 200 kB", with_member(format!(r#""code":"{}""#, "1988".repeat(50_000))));
    fine(cases, "an unknown field of 200 kB", with_member(format!(r#""new":"{}""#, "é".repeat(100_000))));
    fine(cases, "a name of 200 kB", with_member(format!(r#""{}":1"#, "n".repeat(200_000))));
    useless(
        cases,
        "a name of 200 kB, and then nothing",
        "the JSON breaks off",
        format!(r#"{{"{}":"#, "n".repeat(200_000)),
    );
    let many: String = (0..10_000).map(|number| format!(r#""new_{number}":{number},"#)).collect();
    fine(cases, "10,000 unknown fields", with_member(format!(r#"{many}"code":"1988""#)));
}

fn syntax(cases: &mut Vec<Case>) {
    for (name, body) in [
        ("two documents", FOUND.repeat(2)),
        ("two documents on two lines", format!("{FOUND}\n{FOUND}")),
        ("garbage behind the answer", format!("{FOUND}{PIN}")),
        ("a brace too many", format!("{FOUND}}}")),
        ("NUL behind the answer", format!("{FOUND}\0")),
        ("a prefix against hijacking", format!(")]}}',\n{FOUND}")),
        ("a function around the answer", format!("callback({FOUND})")),
        ("an event of a stream", format!("data: {FOUND}\n\n")),
        ("a comment before the answer", format!("/* {PIN} */{FOUND}")),
        ("a comment in the answer", format!(r#"{{"access_code":{{"access_code_id":"x" // {PIN}{}}}}}"#, "\n")),
        ("a comma too many", r#"{"access_code":{"access_code_id":"x",}}"#.to_owned()),
        ("single quotes", FOUND.replace('"', "'")),
        ("names without quotes", r#"{access_code:{access_code_id:"x"}}"#.to_owned()),
        ("an escape that JSON does not have", with_member(r#""code":"\x41""#)),
        ("a PIN without quotes", with_member(r#""code":PINcanary"#)),
        ("a Python dictionary", "{'access_code': {'access_code_id': None}}".to_owned()),
        ("undefined", "undefined".to_owned()),
    ] {
        useless(cases, name, "not JSON", body);
    }
    fine(cases, "blanks around the answer", format!("\r\n\t {FOUND} \n\n"));
}

fn nesting(cases: &mut Vec<Case>) {
    const DEPTH: usize = 100_000;
    for (what, open, close) in [("lists", "[", "]"), ("objects", r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let unclosed = open.repeat(DEPTH);
        useless(cases, &format!("100,000 {what} in each other"), "", &deep);
        useless(cases, &format!("100,000 {what} that are never closed"), "", &unclosed);
        for place in ["code", "errors", "dormakaba_oracode_metadata", "an_unknown_field"] {
            fine(cases, &format!("100,000 {what} in {place}"), with_member(format!(r#""{place}":{deep}"#)));
        }
        let id = with_member(format!(r#""access_code_id":{deep}"#));
        useless(cases, &format!("100,000 {what} in the id"), "access_code", id);
        fine(cases, &format!("100,000 {what} beside the answer"), format!(r#"{{"new":{deep},{}"#, FOUND.split_at(1).1));
        let broken = format!(r#"{{"new":{unclosed}"#);
        useless(
            cases,
            &format!("100,000 {what} beside the answer that are never closed"),
            "the JSON breaks off",
            broken,
        );
        for (member, status) in [("data", 422), ("validation_errors", 422), ("data", 401)] {
            let body = format!(r#"{{"error":{{"type":"invalid_input","message":"no","{member}":{deep}}}}}"#);
            let expected = match status {
                401 => expect(ErrorKind::Unauthorized).status(401),
                _ => expect(ErrorKind::Api).status(status),
            };
            let name = format!("100,000 {what} in the {member} of an error with status {status}");
            cases.extend(Case::both(&name, Script::answer(json(status, &body)), expected.clone(), expected));
        }
    }
    let deep = format!("{}{}", r#"{"a":"#.repeat(100), "1".to_owned() + &"}".repeat(100));
    fine(cases, "100 objects in an unknown field", with_member(format!(r#""new":{deep}"#)));
}

fn numbers(cases: &mut Vec<Case>) {
    for number in ["NaN", "Infinity", "-Infinity", "+1", "01", ".5", "1.", "0x10", "1_000", "1e", "--1"] {
        useless(
            cases,
            &format!("the number {number} in an unknown field"),
            "not JSON",
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
        fine(cases, &format!("the number {number} in an unknown field"), with_member(format!(r#""new":{number}"#)));
        fine(cases, &format!("the number {number} for the PIN"), with_member(format!(r#""code":{number}"#)));
    }
    fine(cases, "the number 1e400 beside the answer", format!(r#"{{"new":1e400,{}"#, FOUND.split_at(1).1));
    for (name, number) in [("1e400", "1e400".to_owned()), ("of 100,000 digits", "9".repeat(100_000))] {
        fine(cases, &format!("the number {name} for the PIN"), with_member(format!(r#""code":{number}"#)));
    }
    for number in ["18446744073709551616", "-1", "1.5", "1e400"] {
        let error = format!(r#"{{"error":{{"type":"x_y","message":"no","data":{{"n":{number}}}}}}}"#);
        let expected = expect(ErrorKind::Api).status(409);
        let name = format!("the number {number} in the data of an error");
        cases.extend(Case::both(&name, Script::answer(json(409, &error)), expected.clone(), expected));
    }
}

fn envelopes(cases: &mut Vec<Case>) {
    let error = format!(r#""error":{{"type":"some_error","message":"{}"}}"#, "no");
    for (name, says, body) in [
        ("an empty object", "access_code is not there", "{}".to_owned()),
        ("ok alone", "access_code is not there", r#"{"ok":true}"#.to_owned()),
        ("the response key is null", "access_code is null", r#"{"access_code":null}"#.to_owned()),
        ("the response key of another route", "access_code is not there", r#"{"device":{"device_id":"x"}}"#.to_owned()),
        (
            "the response key in other letters",
            "access_code is not there",
            r#"{"accessCode":{"access_code_id":"x"}}"#.to_owned(),
        ),
        ("the answer without its key", "access_code is not there", r#"{"access_code_id":"x"}"#.to_owned()),
        ("the answer one level deeper", "access_code is not there", format!(r#"{{"data":{FOUND}}}"#)),
        ("an error with status 200", "says that it failed", format!("{{{error}}}")),
        ("an error with status 200, and a null", "says that it failed", format!(r#"{{"access_code":null,{error}}}"#)),
        ("a text for an error with status 200", "says that it failed", r#"{"error":"no"}"#.to_owned()),
        ("not ok with status 200", "says that it failed", r#"{"ok":false}"#.to_owned()),
        (
            "the second of two answers is null",
            "access_code is null",
            r#"{"access_code":{"access_code_id":"x"},"access_code":null}"#.to_owned(),
        ),
        ("an object without its id", "missing field `access_code_id`", r#"{"access_code":{}}"#.to_owned()),
        ("an id that is null", "access_code", r#"{"access_code":{"access_code_id":null}}"#.to_owned()),
    ] {
        useless(cases, name, says, body);
    }
    for (name, body) in [
        ("a list around the answer", format!("[{FOUND}]")),
        ("the answer as a text", value!(FOUND).to_string()),
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("a number", "4711".to_owned()),
        ("a text", value!(PIN).to_string()),
        ("an empty list", "[]".to_owned()),
    ] {
        useless(cases, &format!("{name} in place of an object"), "expected an object", body);
    }
    for (name, wrong) in
        [("a text", value!(PIN)), ("a number", value!(4711)), ("a list", value!([])), ("true", value!(true))]
    {
        useless(cases, &format!("{name} for the response key"), "access_code: expected an object", {
            value!({ "access_code": wrong }).to_string()
        });
    }
    fine(cases, "an error that is null", format!(r#"{{"error":null,{}"#, FOUND.split_at(1).1));
    fine(cases, "an answer, and an error beside it", format!("{{{error},{}", FOUND.split_at(1).1));
    fine(cases, "an answer that is not ok", format!(r#"{{"ok":false,{}"#, FOUND.split_at(1).1));
    fine(cases, "ok many times", format!(r#"{{{}{}"#, r#""ok":true,"#.repeat(1000), FOUND.split_at(1).1));
    fine(cases, "an answer twice", format!(r#"{{"access_code":{{"access_code_id":"a"}},{}"#, FOUND.split_at(1).1));
    fine(cases, "an id twice", with_member(r#""access_code_id":"b""#));
    fine(cases, "a PIN twice", with_member(r#""code":"1988","code":"4711""#));
    fine(cases, "the first of two answers is null", format!(r#"{{"access_code":null,{}"#, FOUND.split_at(1).1));
    fine(cases, "a PIN that is null", with_member(r#""code":null"#));
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
        fine(cases, &format!("{what} in place of a PIN"), body);
        let body = value!({ "access_code": { "access_code_id": wrong, "name": PIN } }).to_string();
        useless(cases, &format!("{what} in place of an id"), "access_code.access_code_id: expected a string", body);
    }
    for place in ["created_at", "is_managed", "errors", "dormakaba_oracode_metadata"] {
        let body = value!({ "access_code": { "access_code_id": "x", place: PIN } }).to_string();
        fine(cases, &format!("the PIN in place of {place}"), body);
    }
    // The name of a field is the server's to choose, and errors say where they are.
    for (what, name) in [("the PIN", PIN), ("the key", KEY)] {
        let within = format!(r#"{{"access_code":{{"access_code_id":"x",{}:nothing}}}}"#, value!(name));
        useless(cases, &format!("{what} as the name of a field that cannot be read"), "not JSON", within);
        let deeper = format!(r#"{{"access_code":{{"access_code_id":"x",{}:{{{}:["#, value!(name), value!(name));
        useless(cases, &format!("{what} as the name of fields that break off"), "the JSON breaks off", deeper);
    }
}

fn error_objects(cases: &mut Vec<Case>) {
    let long = "x".repeat(200_000);
    for (name, error) in [
        ("a text", value!("no")),
        ("a list", value!([{ "type": "a", "message": "b" }])),
        ("null", value!(null)),
        ("an empty object", value!({})),
        ("without a message", value!({ "type": "a" })),
        ("without a type", value!({ "message": "b" })),
        ("with a number for its type", value!({ "type": 4711, "message": PIN })),
        ("with an object for its message", value!({ "type": "a", "message": { "text": PIN } })),
        ("with null for its message", value!({ "type": "a", "message": null })),
    ] {
        let body = value!({ "error": error }).to_string();
        let expected = unexpected(400);
        let name = format!("an error that is no error of Seam's: {name}");
        cases.extend(Case::both(&name, Script::answer(json(400, &body)), expected.clone(), expected));
    }
    for (name, error) in [
        ("with a number for its request id", value!({ "type": "a", "message": "b", "request_id": 4711 })),
        ("with a text for its validation errors", value!({ "type": "a", "message": "b", "validation_errors": PIN })),
        ("with lists for its validation errors", value!({ "type": "a", "message": "b", "validation_errors": [[PIN]] })),
        (
            "with numbers for its validation errors",
            value!({ "type": "a", "message": "b", "validation_errors": { "_errors": [1, null, {}], "x": 1 } }),
        ),
        ("with a text for its data", value!({ "type": "a", "message": "b", "data": PIN })),
        ("with empty texts", value!({ "type": "", "message": "" })),
        ("with a message of 200 kB", value!({ "type": "a", "message": long })),
        ("with what it does not need", value!({ "type": "a", "message": "b", "new": [PIN], "status": "x" })),
    ] {
        let body = value!({ "error": error }).to_string();
        let expected = expect(ErrorKind::Api).status(400);
        let name = format!("an error of Seam's {name}");
        cases.extend(Case::both(&name, Script::answer(json(400, &body)), expected.clone(), expected));
    }
}

/// The ways in which a server may quote what it was sent.
fn forms(secret: &str) -> Vec<(&'static str, String)> {
    let json = value!(secret).to_string();
    let json = json.trim_matches('"');
    let ascii: String =
        json.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect();
    let every: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let component = utf8_percent_encode(secret, COMPONENT).to_string();
    vec![
        ("as it is", secret.to_owned()),
        ("in a sentence", format!("The value \"{secret}\" is taken")),
        ("twice", format!("{secret}{secret}")),
        ("percent-encoded", utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string()),
        ("percent-encoded in lower case", lower_case_percent(secret)),
        ("as a part of a URL", component.clone()),
        ("as a form", component.replace("%20", "+")),
        ("as a query", format!("/x?code={}&y=1", component.replace("%20", "+"))),
        ("as JSON", json.to_owned()),
        ("as JSON in ASCII", ascii),
        ("as JSON with slashes escaped", json.replace('/', "\\/")),
        ("as JSON with everything escaped", every),
        ("as a JSON text of the request", format!(r#"{{"code":{},"device_id":"front-door"}}"#, value!(secret))),
        ("as Rust prints it", format!("{secret:?}")),
        ("as Rust prints it in ASCII", secret.escape_default().to_string()),
        ("in base64", STANDARD.encode(secret)),
        ("in base64 for URLs", URL_SAFE_NO_PAD.encode(secret)),
        ("in base64, behind one byte", STANDARD.encode(format!(":{secret}"))),
        ("in base64, behind two bytes", STANDARD.encode(format!("::{secret}"))),
        ("in base64, as a header", format!("Basic {}", STANDARD.encode(format!("Bearer {secret}\n")))),
        ("in base64, within a request", STANDARD.encode(format!(r#"{{"device_id":"front-door","note":"{secret}"}}"#))),
    ]
}

/// Errors that quote a secret: what is printed of them is judged by the canaries.
fn quotes(cases: &mut Vec<Case>) {
    for (what, secret) in [("the key", KEY), ("the PIN", PIN)] {
        for (form, quoted) in forms(secret) {
            let name = format!("an error that quotes {what} {form}");
            cases.push(Case::new(name, move || quoting(quoted.clone())));
        }
    }
    cases.push(Case::new("an error that quotes neither is left as it is", || async {
        let message = "No \\u0041 %20%zz ???? a+b c3R1ZmY= \\ \\u {\"code\":1}";
        let body = value!({ "error": { "type": "device_not_found", "message": message } }).to_string();
        let network = Network::http(Script::answer(json(404, &body))).await?;
        let result = network.read(std::time::Duration::from_secs(10)).await;
        let as_it_is = move |error: &Error| error.message() == message;
        expect(ErrorKind::Api).that("as it came", as_it_is).judge(result, 1)
    }));
}

/// An error that quotes something wherever it can, to a read and to an action; and responses that do.
async fn quoting(quoted: String) -> Run {
    let timeout = std::time::Duration::from_secs(10);
    let id = quoted.chars().filter(char::is_ascii_graphic).collect::<String>();
    let is_whole = id == quoted;
    let headers = if is_whole { format!("{JSON}seam-request-id: {id}\r\n") } else { JSON.to_owned() };
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
        read.judge(network.read(timeout).await, network.requests())?;
        let before = network.requests();
        let kind = if status == 500 { ErrorKind::OutcomeUnknown } else { ErrorKind::Api };
        expect(kind).status(status).judge(network.act(timeout).await, network.requests() - before)?;
    }
    // As the name of a field in an answer that breaks off, where the path would say it.
    let body = format!(r#"{{"access_code":{{{}:["#, value!(quoted));
    let network = Network::http(Script::answer(with_headers(200, &headers, &body))).await?;
    invalid().judge(network.read(timeout).await, network.requests())?;
    // In a failed attempt, which an action is waited for.
    let attempt =
        value!({ "action_attempt_id": "a1", "status": "error", "error": { "type": quoted, "message": quoted } });
    let body = value!({ "access_code": { "access_code_id": "x" }, "action_attempt": attempt }).to_string();
    let network = Network::http(Script::answer(with_headers(200, &headers, &body))).await?;
    let result = network.seam.access_codes().create("front-door").code(PIN).and_wait().await;
    expect(ErrorKind::ActionFailed).judge(result.map(drop), network.requests())
}
