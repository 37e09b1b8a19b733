//! A request at the random server, and the responses to it.

use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpStream};

use super::{ITEMS_PER_PAGE, MAX_POLLS};
use crate::{
    KEY, PIN,
    random::{attempt_plan, page_count},
};

/// The kind of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// A read, or another idempotent request.
    Read,
    Action,
    /// A poll of an action attempt.
    Poll,
    /// A page of a list, by its number from 1.
    Page(usize),
}

impl RequestKind {
    /// Returns the number of times that such a request may arrive.
    pub(super) fn max_arrivals(self) -> usize {
        match self {
            Self::Action => 1,
            Self::Read | Self::Page(_) => 3,
            Self::Poll => 3 * MAX_POLLS,
        }
    }
}

/// The parts of a request on which the response depends.
#[derive(Debug)]
pub(super) struct ParsedRequest {
    /// The id of the call.
    id: String,
    /// The id of the call, with a suffix for a page or a poll.
    pub(super) key: String,
    pub(super) kind: RequestKind,
    /// The PIN of the request, which a faulty response quotes.
    pub(super) pin: &'static str,
}

impl ParsedRequest {
    /// Parses a request, or returns `None` if it is not one of a [`Load`](crate::Load).
    pub(super) fn parse(request: &str) -> Option<Self> {
        let number: String = request.split_once("call-")?.1.chars().take_while(char::is_ascii_digit).collect();
        let id = format!("call-{number}");
        let path = request.split_ascii_whitespace().nth(1)?.split('?').next()?;
        let (kind, key) = match path {
            "/locks/unlock_door" | "/access_codes/create" => (RequestKind::Action, id.clone()),
            "/action_attempts/get" => (RequestKind::Poll, format!("{id}.poll")),
            "/devices/list" => {
                let cursor = request.split_once(&format!("{id}.p")).map(|(_, rest)| rest);
                let number = cursor.and_then(|rest| rest.chars().next()?.to_digit(10)).unwrap_or(1);
                (RequestKind::Page(usize::try_from(number).ok()?), format!("{id}.p{number}"))
            }
            _ => (RequestKind::Read, id.clone()),
        };
        let pin = if request.contains("canary/é 4711") { PIN } else { "no PIN" };
        Some(Self { id, key, kind, pin })
    }

    /// Returns the request to which an unrequested response of the same kind would belong.
    pub(super) fn unrequested(kind: RequestKind) -> Self {
        Self { id: "stray".to_owned(), key: "stray".to_owned(), kind, pin: "no PIN" }
    }

    /// Returns the body of a normal response.
    pub(super) fn body(&self, seed: u64, arrival: usize) -> Value {
        let id = &self.id;
        if let RequestKind::Page(number) = self.kind {
            let items = (0..ITEMS_PER_PAGE).map(|item| json!({"device_id": format!("{id}.p{number}.i{item}")}));
            let next = (number < page_count(seed, id)).then(|| format!("{id}.p{}", number + 1));
            return json!({
                "devices": items.collect::<Vec<_>>(),
                "pagination": {"has_next_page": next.is_some(), "next_page_cursor": next, "next_page_url": null},
            });
        }
        let plan = attempt_plan(seed, id);
        let polls = if self.kind == RequestKind::Poll { arrival } else { 0 };
        let status = match plan.pending_polls {
            Some(pending_polls) if polls < pending_polls => "pending",
            Some(_) if plan.fails => "error",
            Some(_) => "success",
            None => "pending",
        };
        let error = json!({"type": "device_offline", "message": format!("{id} is out of reach")});
        let code = json!({"access_code_id": format!("code-{id}"), "device_id": id, "code": PIN});
        let attempt = json!({
            "action_attempt_id": format!("attempt-{id}"),
            "action_type": "CREATE_ACCESS_CODE",
            "status": status,
            "result": (status == "success").then(|| json!({"access_code": code})),
            "error": (status == "error").then_some(error),
        });
        json!({"access_code": code, "action_attempt": attempt})
    }

    /// Returns the body of an error in Seam's format, whose message quotes the secrets of the request.
    pub(super) fn error(&self, status: u16) -> String {
        let message = format!("{}: Bearer {KEY} may not do this with {}", self.id, self.pin);
        json!({"error": {"type": format!("error_{status}"), "message": message, "request_id": self.key}}).to_string()
    }

    /// Returns a complete response.
    pub(super) fn response(&self, status: u16, headers: &str, body: &str) -> String {
        self.head(status, &format!("{headers}content-length: {}\r\n", body.len())) + body
    }

    /// Returns the head of a response.
    pub(super) fn head(&self, status: u16, headers: &str) -> String {
        let key = &self.key;
        format!("HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\nseam-request-id: {key}\r\n{headers}\r\n")
    }
}

/// Reads the next request of a connection, or returns `None` if the client has closed it.
///
/// `unread` holds the bytes after the request.
pub(super) async fn read_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(length) = request_length(unread) {
            let rest = unread.split_off(length);
            return String::from_utf8(std::mem::replace(unread, rest)).ok();
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

/// Returns the length of the first request in `bytes`, or `None` if it is not complete.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?.checked_add(4)?;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = head.checked_add(length.map_or(Some(0), |length| length.parse().ok())?)?;
    (bytes.len() >= length).then_some(length)
}
