//! What the cases have in common: answers, the authority that is trusted, and what most of them come to.

use std::time::Duration;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Expected, expect};
use seam_mock::transport_kit::Authority;
/// A body in which both the read and the action of the cases find their answer, and responses that have it.
pub(crate) use seam_mock::transport_kit::{BODY as FOUND, json_response as json, with_headers};

/// The environment variable with the file of the authority.
pub(crate) const AUTHORITY: &str = "SEAM_FAULTS_AUTHORITY";

/// How long a call may take that is not going to be answered.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// The authority that is trusted while the cases run.
pub(crate) fn authority() -> Result<Authority, String> {
    let file = std::env::var(AUTHORITY).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Authority::from_pem(&text).map_err(|error| error.to_string())
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
