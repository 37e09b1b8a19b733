//! Exchanges that a server interrupts, from half of a request to the last chunk of a response.

use seam_core::TransportErrorKind;

use super::server::{Connection, Script, Step};

/// The body of interrupted exchanges: a resource of Seam.
pub const BODY: &str = r#"{"access_code":{"access_code_id":"26d6138c"}}"#;

/// The number of bytes that a server reads before it interrupts a request.
const PART: usize = 40;

/// An exchange that the server interrupts.
#[derive(Clone, Debug)]
pub struct BrokenExchange {
    /// The description of the behavior of the server.
    pub name: String,
    /// The behavior of the server.
    pub script: Script,
    /// Whether the server read a whole request.
    pub is_request_read: bool,
    /// Whether the head of a response with status 200 was sent.
    pub is_head_sent: bool,
}

impl BrokenExchange {
    /// Returns the error that a transport should return.
    #[must_use]
    pub fn error_kind(&self) -> TransportErrorKind {
        if self.is_head_sent { TransportErrorKind::Body } else { TransportErrorKind::Interrupted }
    }
}

/// Returns every interrupted exchange of HTTP/1.1.
#[must_use]
pub fn broken_exchanges() -> Vec<BrokenExchange> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let length = BODY.len();
    let heads = [
        ("after the request", String::new()),
        ("after one byte of a head", "H".to_owned()),
        ("within the status line", "HTTP/1.1 20".to_owned()),
        ("before the headers", "HTTP/1.1 200 OK\r\n".to_owned()),
        ("within a header", format!("{head}content-len")),
        ("before the end of the head", format!("{head}content-length: 10\r\n")),
        ("before the end of the head of a chunked response", format!("{head}transfer-encoding: chunked\r\n")),
        ("within the last line break of the head", format!("{head}content-length: 10\r\n\r")),
        ("after a 100", "HTTP/1.1 100 Continue\r\n\r\n".to_owned()),
        ("after a 103", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_owned()),
    ];
    let bodies = [
        ("before the body", format!("{head}content-length: {length}\r\n\r\n")),
        ("within the body", format!("{head}content-length: {}\r\n\r\n{BODY}", length + 1)),
        ("before the first chunk", format!("{head}transfer-encoding: chunked\r\n\r\n")),
        ("before the last chunk", format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n{BODY}\r\n")),
    ];
    let mut exchanges = Vec::new();
    for (how, step) in [("reset", Step::Reset), ("closed", Step::Close), ("half-closed", Step::HalfClose)] {
        exchanges.push(BrokenExchange {
            name: format!("{how} after half of the request"),
            script: Script::always(Connection::new().then(Step::ReadPart(PART)).then(step.clone())),
            is_request_read: false,
            is_head_sent: false,
        });
        let heads = heads.iter().map(|(at, bytes)| (at, bytes, false));
        for (at, bytes, is_head_sent) in heads.chain(bodies.iter().map(|(at, bytes)| (at, bytes, true))) {
            exchanges.push(BrokenExchange {
                name: format!("{how} {at}"),
                script: Script::always(Connection::new().read().write(bytes.as_bytes()).then(step.clone())),
                is_request_read: true,
                is_head_sent,
            });
        }
    }
    exchanges
}

/// Writes a response with a JSON body.
#[must_use]
pub fn json_response(status: u16, body: &str) -> String {
    with_headers(status, "content-type: application/json\r\n", body)
}

/// Writes a response with these headers, each with its line break, and the length of the body.
#[must_use]
pub fn with_headers(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}
