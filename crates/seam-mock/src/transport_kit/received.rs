//! HTTP/1.1 requests as a server received them.

use std::fmt;

/// A request as the server received it: its head as a string, its body without any transfer coding.
///
/// `Debug` prints only the method and the lengths of head and body, because a request may contain secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    head: String,
    body: Vec<u8>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Received({}, head of {} bytes, body of {} bytes)", self.method(), self.head.len(), self.body.len())
    }
}

impl Received {
    /// Parses the first request in `bytes`, and returns it with its length; `None` while it is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
        let mut received = Self { head, body: Vec::new() };
        let rest = bytes.get(end..)?;
        let length = if received.header("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
            let (body, length) = chunks(rest)?;
            received.body = body;
            length
        } else {
            let length = received.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            received.body = rest.get(..length)?.to_vec();
            length
        };
        Some((received, end + length))
    }

    /// Returns the request line and the headers, as they were received.
    #[must_use]
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// Returns the request target: path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// Returns the values of all headers with this name, which is case-insensitive.
    pub fn headers<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_owned();
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(move |(found, _)| found.eq_ignore_ascii_case(&name)).map(|(_, value)| value.trim())
    }

    /// Returns the value of the first header with this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Parses a chunked body, and returns it with its length on the wire.
fn chunks(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let start = line + 2;
        let end = start.checked_add(size)?;
        body.extend_from_slice(rest.get(start..end)?);
        // The line break after a chunk, or after the last one, which has no trailers here.
        at = at.checked_add(end)?.checked_add(2)?;
        if bytes.len() < at {
            return None;
        }
        if size == 0 {
            return Some((body, at));
        }
    }
}
