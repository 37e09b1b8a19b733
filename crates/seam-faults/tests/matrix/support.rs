//! What the cases have in common: answers, the authority that is trusted, and what most of them come to.

use std::time::Duration;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Authority, Expected, expect};

/// The environment variable with the file of the authority.
pub(crate) const AUTHORITY: &str = "SEAM_FAULTS_AUTHORITY";

/// How long a call may take that is not going to be answered.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// A body in which both the read and the action of the cases find their answer.
pub(crate) const FOUND: &str = r#"{"access_code":{"access_code_id":"26d6138c"}}"#;

/// The authority that is trusted while the cases run.
pub(crate) fn authority() -> Result<Authority, String> {
    let file = std::env::var(AUTHORITY).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Authority::from_pem(&text).map_err(|error| error.to_string())
}

/// A response with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> String {
    with_headers(status, "content-type: application/json\r\n", body)
}

/// A response with these headers, each with its line break, beside the length of the body.
pub(crate) fn with_headers(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Nothing was sent, however often it was tried.
pub(crate) fn not_sent() -> Expected {
    let expected = expect(ErrorKind::Transport).transport(TransportErrorKind::NotSent).requests(0);
    expected.that("known not to be sent", |error| error.is_not_sent() && !error.may_have_been_applied())
}

/// A read whose exchange failed each time.
pub(crate) fn failed(kind: TransportErrorKind) -> Expected {
    expect(ErrorKind::Transport).transport(kind).requests(3)
}

/// An action whose exchange failed, once.
pub(crate) fn unknown(kind: TransportErrorKind) -> Expected {
    expect(ErrorKind::OutcomeUnknown).transport(kind)
}

/// An action whose answer says nothing that can be relied on.
pub(crate) fn unknown_answer() -> Expected {
    expect(ErrorKind::OutcomeUnknown)
}

/// A read whose answer is not one.
pub(crate) fn invalid() -> Expected {
    expect(ErrorKind::InvalidResponse)
}

/// A status that is nobody's answer, without an error of Seam's.
pub(crate) fn unexpected(status: u16) -> Expected {
    expect(ErrorKind::UnexpectedStatus).status(status)
}
