//! Checks that requests and responses are passed on unchanged: statuses, redirects, cookies, encodings, framing.

use seam_core::{
    Body,
    http::{HeaderValue, Method, StatusCode},
};

use super::server;
use crate::transport_kit::{
    exchanges::{BODY, json_response, with_headers},
    probe::{Exchange, Probe},
    report::Findings,
    server::{Connection, Script, Server, Step},
};

/// An empty JSON object in gzip, stored without compression.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xff{}\x43\xbf\xa6\xa3\x02\x00\x00\x00";

/// Starts a server that responds to every request of every connection.
fn answering(response: impl Into<Vec<u8>>) -> std::io::Result<Server> {
    let response = response.into();
    Server::serve(move |mut wire| {
        loop {
            wire.request()?;
            wire.write(&response)?;
        }
    })
}

pub(crate) async fn request(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for method in [Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
        let has_body = method != Method::GET && method != Method::DELETE;
        let bodies: [Vec<u8>; 3] = [Vec::new(), b"{\"name\":\"T\xc3\xbcr\"}".to_vec(), vec![b'x'; 1 << 20]];
        for body in bodies.into_iter().filter(|body| has_body || body.is_empty()) {
            let server = server!(answering(json_response(200, BODY)));
            let mut marked = probe.request_with(method.clone(), &server.url(), Body::from(body.clone()));
            let unusual = "a,  b;c=\"d\", *";
            marked.request.headers_mut().insert("x-unusual", HeaderValue::from_static(unusual));
            let target = marked.request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
            let target = format!("{target}&a=&b=1&b=2&c=%7E+%2F%C3%BC*");
            *marked.request.uri_mut() = format!("{}{target}", server.url()).parse().unwrap_or_default();
            let headers = marked.request.headers().clone();
            let what = format!("{method} with a body of {} bytes", body.len());
            let exchange = probe.send(&probe.transport(), marked.request).await;
            if !matches!(&exchange, Exchange::Answered(response) if response.body().as_ref() == BODY.as_bytes()) {
                findings.broken(format!("{what}: {}", exchange.describe()));
            }
            let received = server.record().requests();
            let [received] = received.as_slice() else {
                findings.broken(format!("{what}: the server received {} whole requests", received.len()));
                continue;
            };
            if received.method() != method.as_str() || received.target() != target {
                findings.broken(format!("{what}: the server received another method or target"));
            }
            if received.body() != body {
                findings.broken(format!("{what}: the server received {} bytes of a body", received.body().len()));
            }
            for (name, value) in &headers {
                if received.headers(name.as_str()).ne([value.to_str().unwrap_or_default()]) {
                    findings.broken(format!("{what}: the header `{name}` was not sent once as given"));
                }
            }
            for added in ["accept-encoding", "cookie", "referer", "expect"] {
                let Some(value) = received.header(added) else { continue };
                let saw = format!("{what}: the header `{added}` was added");
                let is_harmless = added == "expect" || (added == "accept-encoding" && value == "identity");
                if is_harmless { findings.weak(saw) } else { findings.broken(saw) }
            }
            if received.headers("host").ne([server.url().trim_start_matches("http://")]) {
                findings.broken(format!("{what}: `host` is not the host and port of the URL, once"));
            }
        }
    }
    findings.once()
}

pub(crate) async fn statuses(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let transport = probe.transport();
    for status in [
        200, 201, 202, 204, 299, 304, 400, 401, 403, 404, 408, 409, 410, 417, 418, 421, 422, 425, 429, 499, 500, 501,
        502, 503, 504, 599, 999,
    ] {
        let has_body = ![204, 304].contains(&status);
        let head = "content-type: application/json\r\nseam-request-id: 7\r\nx-more: one\r\nX-More: two\r\n";
        let response =
            if has_body { with_headers(status, head, BODY) } else { format!("HTTP/1.1 {status} Status\r\n{head}\r\n") };
        let server = server!(answering(response));
        let marked = probe.request(&server.url());
        match probe.send(&transport, marked.request).await {
            Exchange::Answered(response) if response.status().as_u16() == status => {
                if has_body && response.body().as_ref() != BODY.as_bytes() {
                    findings.broken(format!("{status}: the body has {} bytes", response.body().len()));
                }
                let more: Vec<_> = response.headers().get_all("x-more").iter().collect();
                // One header with a list is equivalent.
                let is_kept = more == ["one", "two"] || more == ["one, two"] || more == ["one,two"];
                if !is_kept || response.headers().get("seam-request-id").is_none_or(|id| id != "7") {
                    findings.broken(format!("{status}: headers of the response are missing"));
                }
            }
            Exchange::Failed(_) if status == 999 => {
                findings.weak("999, which HTTP does not define: the transport returned an error".to_owned());
            }
            other => findings.broken(format!("{status}: {}", other.describe())),
        }
    }
    findings
}

pub(crate) async fn framing(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let whole = json_response(200, BODY);
    let length = BODY.len();
    let (first, second) = BODY.split_at(length / 2);
    let chunks = format!("{:x}\r\n{first}\r\n{:x};a=b\r\n{second}\r\n0\r\n", first.len(), second.len());
    let rows = [
        ("a length", whole.clone()),
        ("chunks", format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}\r\n")),
        ("chunks and a trailer", format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}x-sum: 1\r\n\r\n")),
        ("the end of the connection", format!("{head}\r\n{BODY}")),
        ("100 before the response", format!("HTTP/1.1 100 Continue\r\n\r\n{whole}")),
        ("103 before the response", format!("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{whole}")),
    ];
    for (what, response) in rows {
        let server = server!(Server::start(Script::answer(response)));
        let exchange = probe.send(&probe.transport(), probe.request(&server.url()).request).await;
        match exchange {
            Exchange::Answered(response)
                if response.status() == StatusCode::OK && response.body().as_ref() == BODY.as_bytes() =>
            {
                if response.headers().contains_key("link") {
                    findings.weak(format!("{what}: headers of the interim response were returned"));
                }
            }
            other => findings.broken(format!("{what}: {}", other.describe())),
        }
    }
    let byte_by_byte = Connection::new().read().then(Step::WriteSlowly(whole.into_bytes(), std::time::Duration::ZERO));
    let server = server!(Server::start(Script::always(byte_by_byte)));
    match probe.send(&probe.transport(), probe.request(&server.url()).request).await {
        Exchange::Answered(response) if response.body().as_ref() == BODY.as_bytes() => {}
        other => findings.broken(format!("byte by byte: {}", other.describe())),
    }
    findings
}

pub(crate) async fn redirects(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for status in [300, 301, 302, 303, 307, 308] {
        let response = with_headers(status, "location: /elsewhere\r\ncontent-type: application/json\r\n", BODY);
        let server = server!(answering(response));
        let marked = probe.request(&server.url());
        let exchange = probe.send(&probe.transport(), marked.request).await;
        match server.record().request_count() {
            1 => {}
            requests => findings.broken(format!("{status}: the server received {requests} requests")),
        }
        if !matches!(&exchange, Exchange::Answered(response) if response.status().as_u16() == status) {
            findings.broken(format!("{status}: {}", exchange.describe()));
        }
    }
    findings
}

pub(crate) async fn cookies(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    let headers = "content-type: application/json\r\nset-cookie: session=1; path=/\r\n";
    let server = server!(answering(with_headers(200, headers, BODY)));
    let transport = probe.transport();
    for _ in 0..2 {
        let exchange = probe.send(&transport, probe.request(&server.url()).request).await;
        match exchange {
            Exchange::Answered(response) if response.headers().contains_key("set-cookie") => {}
            Exchange::Answered(_) => findings.weak("the header `set-cookie` was removed from the response".to_owned()),
            other => findings.broken(other.describe()),
        }
    }
    if server.record().requests().iter().any(|request| request.header("cookie").is_some()) {
        findings.broken("the second request has the cookie of the first response".to_owned());
    }
    findings
}

pub(crate) async fn compression(probe: Probe) -> Findings {
    let mut findings = Findings::default();
    for encoding in ["gzip", "deflate", "br", "zstd", "unknown"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
            GZIP.len()
        );
        let server = server!(answering([head.as_bytes(), GZIP].concat()));
        match probe.send(&probe.transport(), probe.request(&server.url()).request).await {
            Exchange::Answered(response) if response.body().as_ref() == GZIP => {
                if response.headers().get("content-encoding").is_none() {
                    findings.weak(format!("{encoding}: the header `content-encoding` was removed"));
                }
            }
            other => findings.broken(format!("{encoding}: {}", other.describe())),
        }
    }
    findings
}
