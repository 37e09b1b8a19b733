//! Injection: redirects, cookies, and strings of the caller or the server with special characters.

use std::{sync::Arc, time::Duration};

use percent_encoding::percent_decode_str;
use seam_core::{Credentials, Error, ErrorKind};
use seam_faults::{Case, Expected, KEY, Network, PIN, Run, expect};
use seam_mock::transport_kit::{Connection, Script, Server};
use serde_json::{Value, json as value};

use crate::matrix::support::{BODY, invalid, json_response, unexpected, unusable_response, with_headers};

const TIMEOUT: Duration = Duration::from_secs(10);
const JSON: &str = "content-type: application/json\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    redirects(&mut cases);
    cookies(&mut cases);
    ids(&mut cases);
    strings(&mut cases);
    credentials(&mut cases);
    extra_headers(&mut cases);
    hostile_pages(&mut cases);
    cases
}

fn redirects(cases: &mut Vec<Case>) {
    for status in [300, 301, 302, 303, 305, 307, 308] {
        for (what, location) in [
            ("to another origin", "http://127.0.0.1:OTHER/access_codes/unmanaged/get"),
            ("to another origin, without a scheme", "//127.0.0.1:OTHER/access_codes/unmanaged/get"),
            ("to another host name of the server", "http://localhost:PORT/access_codes/unmanaged/get"),
            ("to another path", "/access_codes/elsewhere"),
            ("to the same URL", "http://127.0.0.1:PORT/access_codes/unmanaged/get"),
        ] {
            for is_action in [false, true] {
                let name = format!("{status} {what}: {}", if is_action { "an action" } else { "a read" });
                cases.push(Case::new(name, move || redirected(status, location, is_action)));
            }
        }
    }
    for (name, headers) in [
        ("302 without a location", String::new()),
        ("302 with an empty location", "location:\r\n".to_owned()),
        ("302 to an invalid URL", "location: http://[::::]:x/%%%\r\n".to_owned()),
        ("302 to a file", "location: file:///etc/passwd\r\n".to_owned()),
        ("302 with two locations", "location: /a\r\nlocation: /b\r\n".to_owned()),
        ("302 to a URL with the key", format!("location: http://localhost/{KEY}\r\n")),
        ("302 to a URL of 10 kB", format!("location: /{}\r\n", "x".repeat(10_000))),
        ("200 with a location and a refresh", "location: /a\r\nrefresh: 0; url=/b\r\n".to_owned()),
    ] {
        let (status, read, action) = match name.starts_with("302") {
            true => (302, unexpected(302), unusable_response().status(302)),
            false => (200, Expected::ok(), Expected::ok()),
        };
        let body = if status == 302 { "<a href=/a>Moved</a>" } else { BODY };
        cases.extend(Case::both(name, Script::answer(with_headers(status, &headers, body)), read, action));
    }
}

/// The client receives a redirect, and must not follow it.
async fn redirected(status: u16, location: &'static str, is_action: bool) -> Run {
    let other = Server::start(Script::answer(json_response(200, BODY))).map_err(|error| error.to_string())?;
    // The script of the first server contains its own port, so a free port is reserved first.
    let location = location.replace("OTHER", &other.port().to_string());
    let network = match location.contains("PORT") {
        false => Network::http(Script::answer(moved(status, &location))).await?,
        true => {
            let free = Server::start(Script::always(Connection::new())).map_err(|error| error.to_string())?;
            let port = free.port().to_string();
            drop(free);
            Network::http(Script::answer(moved(status, &location.replace("PORT", &port)))).await?
        }
    };
    let result = if is_action { network.act(TIMEOUT).await } else { network.read(TIMEOUT).await };
    // 307 and 308 require the same request at another URL, so this server has not executed it.
    let is_unknown = is_action && status != 307 && status != 308;
    let expected = if is_unknown { unusable_response().status(status) } else { unexpected(status) };
    expected.check(result, network.requests())?;
    match other.record().connections() {
        0 => Ok(()),
        connections => Err(format!("{connections} connections to the other server")),
    }
}

fn moved(status: u16, location: &str) -> String {
    with_headers(status, &format!("location: {location}\r\n"), "")
}

fn cookies(cases: &mut Vec<Case>) {
    for (name, headers) in [
        ("a cookie", "set-cookie: session=4711\r\n"),
        ("a cookie for the whole site", "set-cookie: session=4711; path=/; max-age=99999\r\n"),
        ("several cookies", "set-cookie: a=1\r\nset-cookie: b=2; secure\r\nset-cookie2: c=3\r\n"),
        ("an alternative service", "alt-svc: h2=\":1\"; ma=9999\r\nstrict-transport-security: max-age=9999\r\n"),
        (
            "a cache validator",
            "etag: \"x\"\r\ncache-control: max-age=9999\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        ),
    ] {
        cases.push(Case::new(format!("{name} is not kept"), move || async move {
            let response = with_headers(200, &format!("{JSON}{headers}"), BODY);
            let connection = (0..6).fold(Connection::new(), |connection, _| connection.read().write(response.clone()));
            let network = Network::http(Script::always(connection)).await?;
            for requests in [2, 4, 6] {
                Expected::ok().requests(requests - 1).check(network.read(TIMEOUT).await, network.requests())?;
                Expected::ok().requests(requests).check(network.act(TIMEOUT).await, network.requests())?;
            }
            let sent = requests(&network);
            let first = heads(&sent, 2);
            match heads(&sent, 6).chunks(2).all(|pair| pair == first) {
                true => Ok(()),
                false => Err(format!("later requests differ from the first ones: {sent:?}")),
            }
        }));
    }
}

/// Returns the head and the body of each request that reached the server.
fn requests(network: &Network) -> Vec<String> {
    let requests = network.server.as_ref().map(|server| server.record().requests()).unwrap_or_default();
    requests.iter().map(|request| format!("{}{}", request.head(), String::from_utf8_lossy(request.body()))).collect()
}

fn heads(requests: &[String], count: usize) -> Vec<String> {
    requests.iter().take(count).map(|request| request.to_ascii_lowercase()).collect()
}

/// Returns strings with special characters of paths, queries, headers or JSON, which the client must encode.
fn hostile_strings() -> Vec<(&'static str, String)> {
    vec![
        ("..", "..".to_owned()),
        ("../..", "../../workspaces/list".to_owned()),
        ("a/b", "a/b".to_owned()),
        ("a backslash", "a\\b".to_owned()),
        ("%2e", "%2e%2e%2f".to_owned()),
        ("%", "100%".to_owned()),
        ("?", "a?b=c".to_owned()),
        ("#", "a#b".to_owned()),
        ("&", "a&access_code_id=b&_strict=false".to_owned()),
        ("a plus", "a+b".to_owned()),
        ("quotes", "a\"},\"b\":{\"c\":\"'".to_owned()),
        ("a semicolon", "a;b=c".to_owned()),
        ("%0d%0a", "a%0d%0aX-Injected:%20yes".to_owned()),
        ("not ASCII", "Tür-鍵-🔒".to_owned()),
        ("right to left", "a\u{202e}b".to_owned()),
        ("a URL", "http://127.0.0.1:1/x".to_owned()),
        ("null", "null".to_owned()),
        ("10 kB", "x".repeat(10_000)),
    ]
}

/// Returns strings that no id contains.
fn invalid_strings() -> Vec<(&'static str, String)> {
    vec![
        ("CR and LF", "a\r\nX-Injected: yes".to_owned()),
        ("a whole request", "a HTTP/1.1\r\nhost: x\r\n\r\nGET /workspaces/list HTTP/1.1\r\n\r\n".to_owned()),
        ("LF", "a\nb".to_owned()),
        ("CR", "a\rb".to_owned()),
        ("NUL", "a\0b".to_owned()),
        ("a space", "a b".to_owned()),
        ("a tab", "a\tb".to_owned()),
        ("DEL", "a\u{7f}b".to_owned()),
        ("a line break of Unicode", "a\u{2028}b".to_owned()),
        ("a next line of Latin-1", "a\u{85}b".to_owned()),
        ("an empty string", String::new()),
    ]
}

/// A call with a string of the caller, and the position at which the server must receive it.
#[derive(Clone, Copy)]
enum Position {
    IdOfRead,
    IdOfList,
    IdOfAction,
    IdInList,
    Search,
    Cursor,
    Name,
}

impl Position {
    async fn call(self, network: &Network, text: &str) -> Result<(), Error> {
        let seam = &network.seam;
        match self {
            Self::IdOfRead => seam.access_codes().unmanaged().get(text).await.map(drop),
            Self::IdOfList => seam.access_codes().unmanaged().list(text).await.map(drop),
            Self::IdOfAction => seam.access_codes().create(text).await.map(drop),
            Self::IdInList => seam.devices().list().device_ids([text, "last"]).await.map(drop),
            Self::Search => seam.devices().list().search(text).await.map(drop),
            Self::Cursor => seam.devices().list().page_cursor(text).await.map(drop),
            Self::Name => seam.access_codes().create("front-door").name(text).await.map(drop),
        }
    }

    /// Returns the request line with a placeholder for the string, and the decoded string.
    fn parse(self, request: &str) -> Option<(String, String)> {
        let (head, body) = request.split_once("\r\n\r\n")?;
        let line = head.lines().next()?;
        let target = line.split(' ').nth(1)?;
        let (line, sent) = match target.split_once('?') {
            None => {
                let body: Value = serde_json::from_str(body).ok()?;
                let member = if matches!(self, Self::Name) { "name" } else { "device_id" };
                (line.to_owned(), body.get(member)?.as_str()?.to_owned())
            }
            Some((_, query)) => {
                let mut pairs = query.split('&');
                let encoded = pairs.next()?.split_once('=')?.1;
                let is_safe = encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._%+".contains(&byte));
                let decoded = percent_decode_str(&encoded.replace('+', " ")).decode_utf8().ok()?.into_owned();
                (line.replacen(encoded, "TEXT", 1), if is_safe { decoded } else { return None })
            }
        };
        Some((line, sent))
    }

    fn line(self) -> &'static str {
        match self {
            Self::IdOfRead => "GET /access_codes/unmanaged/get?access_code_id=TEXT&_strict=true HTTP/1.1",
            Self::IdOfList => "GET /access_codes/unmanaged/list?device_id=TEXT&_strict=true HTTP/1.1",
            Self::IdInList => "GET /devices/list?device_ids=TEXT&device_ids=last&_strict=true HTTP/1.1",
            Self::Search => "GET /devices/list?search=TEXT&_strict=true HTTP/1.1",
            Self::Cursor => "GET /devices/list?page_cursor=TEXT&_strict=true HTTP/1.1",
            Self::IdOfAction | Self::Name => "POST /access_codes/create HTTP/1.1",
        }
    }
}

/// The id in the request after the one with the hostile string.
const NEXT: &str = "next";

/// Returns the script of a server that reads consecutive requests, so that it would count an injected request. The first response
/// has this id.
fn consecutive(text: &str) -> Script {
    let ids = [text, NEXT, NEXT];
    Script::always(ids.iter().fold(Connection::new(), |connection, id| connection.read().write(answer(id))))
}

fn answer(id: &str) -> String {
    let body = value!({ "access_code": { "access_code_id": id }, "access_codes": [], "devices": [] });
    json_response(200, &body.to_string())
}

async fn sent_unchanged(position: Position, text: String) -> Run {
    let network = Network::http(consecutive(&text)).await?;
    let result = position.call(&network, &text).await;
    Expected::ok().check(result, network.requests())?;
    // The server can parse the next request, so the first one ended at its declared length.
    let result = position.call(&network, NEXT).await;
    Expected::ok().requests(2).check(result, network.requests())?;
    let requests = requests(&network);
    let request = requests.first().ok_or("no request")?;
    let head = request.split_once("\r\n\r\n").map_or("", |(head, _)| head);
    let names: Vec<String> =
        head.lines().skip(1).map(|line| line.split(':').next().unwrap_or_default().to_ascii_lowercase()).collect();
    let next = requests.get(1).and_then(|next| next.split_once("\r\n\r\n")).map_or("", |(head, _)| head);
    let expected: Vec<String> =
        next.lines().skip(1).map(|line| line.split(':').next().unwrap_or_default().to_ascii_lowercase()).collect();
    if names != expected {
        return Err(format!("the headers are {names:?}, expected {expected:?}"));
    }
    match position.parse(request) {
        Some((line, sent)) if line == position.line() && sent == text => Ok(()),
        other => Err(format!("parsed {other:?} from {request:?}")),
    }
}

async fn rejected(position: Position, text: String) -> Run {
    let network = Network::http(consecutive(NEXT)).await?;
    let result = position.call(&network, &text).await;
    not_sent(ErrorKind::InvalidRequest).check(result, network.requests())?;
    match network.server.as_ref().map(|server| server.record().connections()) {
        Some(0) => Ok(()),
        other => Err(format!("{other:?} connections")),
    }
}

/// Expects an error before a request was sent.
fn not_sent(kind: ErrorKind) -> Expected {
    let expected = expect(kind).requests(0);
    expected.that("certain that no request was sent", |error| error.is_not_sent() && !error.may_have_been_applied())
}

fn ids(cases: &mut Vec<Case>) {
    for (whose, position) in [
        ("the id of a read", Position::IdOfRead),
        ("the id of a list", Position::IdOfList),
        ("the id of an action", Position::IdOfAction),
        ("an id among several", Position::IdInList),
    ] {
        for (what, text) in hostile_strings() {
            cases.push(Case::new(format!("{what} in {whose}"), move || sent_unchanged(position, text.clone())));
        }
        for (what, text) in invalid_strings() {
            cases.push(Case::new(format!("{what} in {whose}"), move || rejected(position, text.clone())));
        }
    }
    for (whose, position) in [("the id of a read", Position::IdOfRead), ("an id among several", Position::IdInList)] {
        cases.push(Case::new(format!("100 kB in {whose}"), move || rejected(position, "x".repeat(100_000))));
    }
    cases
        .push(Case::new("200 kB in the id of an action", || sent_unchanged(Position::IdOfAction, "x".repeat(200_000))));
}

fn strings(cases: &mut Vec<Case>) {
    let all = hostile_strings().into_iter().chain(invalid_strings()).filter(|(_, text)| !text.is_empty());
    let all: Vec<_> = all.collect();
    for (whose, position) in
        [("a search", Position::Search), ("a cursor of the caller", Position::Cursor), ("a name", Position::Name)]
    {
        for (what, text) in all.clone() {
            cases.push(Case::new(format!("{what} in {whose}"), move || sent_unchanged(position, text.clone())));
        }
    }
    for (whose, position) in [("a search", Position::Search), ("a cursor of the caller", Position::Cursor)] {
        cases.push(Case::new(format!("an empty string in {whose}"), move || rejected(position, String::new())));
        cases.push(Case::new(format!("200 kB in {whose}"), move || rejected(position, "x".repeat(200_000))));
    }
}

fn credentials(cases: &mut Vec<Case>) {
    const TOKEN: &str = "seam_at_canary";
    let more = || [("a string that is not ASCII", "Tür-鍵".to_owned()), ("quotes", "a'".to_owned())];
    for (what, text) in invalid_strings().into_iter().chain(more()) {
        let key = if text.is_empty() { String::new() } else { format!("{KEY}{text}") };
        cases.push(Case::new(format!("{what} in an API key"), move || {
            let result = Credentials::api_key(key.clone()).map(drop);
            async move { not_sent(ErrorKind::InvalidCredentials).check(result, 0) }
        }));
        cases.push(Case::new(format!("{what} in a workspace id"), move || {
            let result = Credentials::personal_access_token(TOKEN, text.clone()).map(drop);
            async move { not_sent(ErrorKind::InvalidCredentials).check(result, 0) }
        }));
    }
    let plain = || hostile_strings().into_iter().filter(|(what, text)| text.is_ascii() && *what != "quotes");
    for (what, text) in plain() {
        cases.push(Case::new(format!("{what} in a workspace id"), move || {
            let text = text.clone();
            async move {
                let token =
                    Credentials::personal_access_token(TOKEN, text.clone()).map_err(|error| error.to_string())?;
                let expected = [format!("seam-workspace: {text}"), format!("authorization: Bearer {TOKEN}")];
                with_credentials(token, &expected).await
            }
        }));
    }
    for (what, text) in plain() {
        cases.push(Case::new(format!("{what} in an API key"), move || {
            let text = format!("{KEY}{text}");
            async move {
                let key = Credentials::api_key(text.clone()).map_err(|error| error.to_string())?;
                with_credentials(key, &[format!("authorization: Bearer {text}")]).await
            }
        }));
    }
}

/// Checks that the server receives each of these headers once.
async fn with_credentials(credentials: Credentials, expected: &[String]) -> Run {
    let mut network = Network::http(consecutive(NEXT)).await?;
    network.seam = network.seam.with_credentials(credentials);
    Expected::ok().check(network.read(TIMEOUT).await, network.requests())?;
    has_headers(&network, expected)
}

fn has_headers(network: &Network, expected: &[String]) -> Run {
    let requests = requests(network);
    let head = requests.first().and_then(|request| request.split_once("\r\n\r\n")).map_or("", |(head, _)| head);
    match expected.iter().find(|header| head.lines().filter(|line| line == header).count() != 1) {
        None => Ok(()),
        Some(header) => Err(format!("{header:?} does not occur once in {head:?}")),
    }
}

fn extra_headers(cases: &mut Vec<Case>) {
    for (what, value) in hostile_strings() {
        cases.push(Case::new(format!("{what} in a header of the caller"), move || extra_header(value.clone())));
    }
    // Valid in a header value, although not in an id.
    for (what, value) in [
        ("a space", "a b".to_owned()),
        ("a line break of Unicode", "a\u{2028}b".to_owned()),
        ("a next line of Latin-1", "a\u{85}b".to_owned()),
        ("the key", KEY.to_owned()),
    ] {
        cases.push(Case::new(format!("{what} in a header of the caller"), move || extra_header(value.clone())));
    }
    for (what, value) in invalid_strings() {
        if value.contains(['\r', '\n', '\0', '\u{7f}']) {
            let name = format!("{what} in a header of the caller");
            cases.push(Case::new(name, move || rejected_header("x-note", value.clone())));
        }
    }
    for (what, name) in [
        ("CR and LF", "x-note: a\r\nx-injected"),
        ("a colon", "x-note:"),
        ("a space", "x note"),
        ("NUL", "x\0note"),
        ("a string that is not ASCII", "x-größe"),
        ("an empty string", ""),
        ("the key", "seam_canary.key~7391/x"),
        ("a pseudo-header of HTTP/2", ":authority"),
        ("the host", "Host"),
        ("a length", "Content-Length"),
        ("a transfer coding", "transfer-encoding"),
        ("a connection", "Connection"),
        ("an upgrade", "upgrade"),
        ("other credentials", "Authorization"),
        ("another workspace", "seam-workspace"),
        ("another session", "client-session-token"),
        ("another agent", "user-agent"),
    ] {
        let title = format!("{what} as the name of a header of the caller");
        cases.push(Case::new(title, move || rejected_header(name, "7".to_owned())));
    }
}

/// Sends an action with an additional header.
async fn with_header(network: &Network, name: &str, value: &str) -> Result<(), Error> {
    network.seam.access_codes().create("front-door").code(PIN).with_header(name, value).await.map(drop)
}

async fn extra_header(value: String) -> Run {
    let network = Network::http(consecutive(NEXT)).await?;
    let result = with_header(&network, "x-note", &value).await;
    Expected::ok().check(result, network.requests())?;
    // The server can parse the next request, so the header has injected no data.
    Expected::ok().requests(2).check(network.act(TIMEOUT).await, network.requests())?;
    has_headers(&network, &[format!("x-note: {value}")])
}

async fn rejected_header(name: &str, value: String) -> Run {
    let network = Network::http(consecutive(NEXT)).await?;
    let result = with_header(&network, name, &value).await;
    not_sent(ErrorKind::InvalidRequest).check(result, network.requests())
}

/// Pages with a hostile cursor or URL of the next page.
fn hostile_pages(cases: &mut Vec<Case>) {
    for (what, url) in [
        ("another origin", value!("http://127.0.0.1:OTHER/access_codes/unmanaged/list")),
        ("another origin, without a scheme", value!("//127.0.0.1:OTHER/")),
        ("a file", value!("file:///etc/passwd")),
        ("CR and LF", value!("http://127.0.0.1:OTHER/\r\nx-injected: yes")),
        ("an invalid URL", value!("::::")),
        ("a string of 200 kB", value!("x".repeat(200_000))),
        ("null", value!(null)),
    ] {
        let url = Arc::new(url);
        cases.push(Case::new(format!("the URL of the next page is {what}"), move || {
            let url = Arc::clone(&url);
            async move {
                let other = Server::start(Script::answer(answer(NEXT))).map_err(|error| error.to_string())?;
                let url = match url.as_str() {
                    Some(text) => value!(text.replace("OTHER", &other.port().to_string())),
                    None => Value::Null,
                };
                follow(value!("c2"), url).await?;
                match other.record().connections() {
                    0 => Ok(()),
                    connections => Err(format!("{connections} connections to the other server")),
                }
            }
        }));
    }
    let texts = hostile_strings().into_iter().chain(invalid_strings()).filter(|(_, text)| !text.is_empty());
    for (what, cursor) in texts {
        let name = format!("{what} in a cursor of the server");
        cases.push(Case::new(name, move || follow(value!(cursor), value!("http://127.0.0.1:1/"))));
    }
    for (what, cursor) in [
        ("null", value!(null)),
        ("an empty string", value!("")),
        ("a number", value!(4711)),
        ("a list", value!([PIN])),
        ("an object", value!({ PIN: PIN })),
    ] {
        cases.push(Case::new(format!("a cursor of the server that is {what}"), move || {
            let body = page(&cursor, &Value::Null);
            async move {
                let (network, items, result) = all_items(Script::answer(json_response(200, &body))).await?;
                let expected = invalid().that("specific", move |error| error.message().contains("no cursor"));
                expected.check(result, network.requests())?;
                if items == 1 {
                    Ok(())
                } else {
                    Err(format!("the call returned {items} items, expected the one of the first page"))
                }
            }
        }));
    }
    cases.push(Case::new("a cursor of the server of 200 kB", || async {
        let body = page(&value!("x".repeat(200_000)), &Value::Null);
        let (network, items, result) = all_items(Script::answer(json_response(200, &body))).await?;
        let short = |error: &Error| error.to_string().len() < 600;
        invalid().that("short", short).check(result, network.requests())?;
        if items == 1 { Ok(()) } else { Err(format!("the call returned {items} items")) }
    }));
    for (what, cursors, requests) in [
        ("repeats at once", vec!["a"], 2),
        ("repeats after one other", vec!["a", "b"], 3),
        ("repeats after many others", vec!["a", "b", "c", "d", "e"], 6),
    ] {
        cases.push(Case::new(format!("a cursor of the server that {what}"), move || {
            let loop_of_cursors = cursors.iter().chain(cursors.first());
            let pages = loop_of_cursors
                .map(|cursor| Connection::new().read().write(json_response(200, &page(&value!(cursor), &Value::Null))));
            let script = Script::each(pages);
            async move {
                let (network, items, result) = all_items(script).await?;
                let is_specific = |error: &Error| error.message().contains("used before");
                invalid().requests(requests).that("specific", is_specific).check(result, network.requests())?;
                if items == requests { Ok(()) } else { Err(format!("the call returned {items} items")) }
            }
        }));
    }
}

/// Returns a page with one access code, and the cursor and URL of a next page.
fn page(cursor: &Value, url: &Value) -> String {
    let pagination = value!({ "has_next_page": true, "next_page_cursor": cursor, "next_page_url": url });
    value!({ "access_codes": [{ "access_code_id": "x" }], "pagination": pagination }).to_string()
}

/// Reads all items of a list, and returns their number and the error that ended the list, if any.
async fn all_items(script: Script) -> Result<(Network, usize, Result<(), Error>), String> {
    let network = Network::http(script).await?;
    let mut items = network.seam.access_codes().unmanaged().list("front-door").items();
    let mut count = 0;
    let mut result = Ok(());
    while let Some(item) = items.next().await {
        match item {
            Ok(_) => count += 1,
            Err(error) => result = Err(error),
        }
    }
    Ok((network, count, result))
}

/// Checks that the client requests the next page at the same path with the cursor.
async fn follow(cursor: Value, url: Value) -> Run {
    let last = r#"{"access_codes":[{"access_code_id":"y"}],"pagination":{"has_next_page":false}}"#;
    let script = Script::each([
        Connection::new().read().write(json_response(200, &page(&cursor, &url))),
        Connection::new().read().write(json_response(200, last)),
    ]);
    let (network, items, result) = all_items(script).await?;
    Expected::ok().requests(2).check(result, network.requests())?;
    let requests = requests(&network);
    let line = requests.get(1).and_then(|request| request.lines().next()).unwrap_or_default();
    let start = "GET /access_codes/unmanaged/list?device_id=front-door&page_cursor=";
    let sent =
        line.strip_prefix(start).and_then(|rest| rest.strip_suffix("&_strict=true HTTP/1.1")).unwrap_or_default();
    let decoded = percent_decode_str(&sent.replace('+', " ")).decode_utf8_lossy().into_owned();
    if items == 2 && cursor.as_str() == Some(&decoded) {
        Ok(())
    } else {
        Err(format!("{items} items, and then {line}"))
    }
}
