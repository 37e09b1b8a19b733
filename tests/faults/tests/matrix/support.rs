//! Shared parts of the cases: response bodies, the trusted authority, and the most common expectations.

use std::time::Duration;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Expected, expect};
use seam_mock::transport_kit::Authority;
/// A body that is a valid response to both the read and the action of the cases, and functions that build responses.
pub(crate) use seam_mock::transport_kit::{BODY, json_response, with_headers};

/// The environment variable with the path of the authority.
pub(crate) const AUTHORITY: &str = "SEAM_FAULTS_AUTHORITY";

/// The timeout of calls without a response.
pub(crate) const SHORT_TIMEOUT: Duration = Duration::from_millis(300);

/// Returns the authority that the client trusts.
pub(crate) fn authority() -> Result<Authority, String> {
    let file = std::env::var(AUTHORITY).map_err(|error| error.to_string())?;
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    Authority::from_pem(&text).map_err(|error| error.to_string())
}

/// Expects an error of a call whose attempts were all not sent.
pub(crate) fn not_sent() -> Expected {
    let expected = expect(ErrorKind::Transport).transport(TransportErrorKind::NotSent).requests(0);
    expected.that("certain that no request was sent", |error| error.is_not_sent() && !error.may_have_been_applied())
}

/// Expects the error of a read whose attempts all failed.
pub(crate) fn failed(kind: TransportErrorKind) -> Expected {
    expect(ErrorKind::Transport).transport(kind).requests(3)
}

/// Expects the error of an action whose only attempt failed.
pub(crate) fn unknown(kind: TransportErrorKind) -> Expected {
    expect(ErrorKind::OutcomeUnknown).transport(kind)
}

/// Expects the error of an action with an unusable response.
pub(crate) fn unusable_response() -> Expected {
    expect(ErrorKind::OutcomeUnknown)
}

/// Expects the error of a read with an unusable response.
pub(crate) fn invalid() -> Expected {
    expect(ErrorKind::InvalidResponse)
}

/// Expects an error with this status, for a response without an error object of Seam's API.
pub(crate) fn unexpected(status: u16) -> Expected {
    expect(ErrorKind::UnexpectedStatus).status(status)
}

/// Parts of the error messages of the client.
pub(crate) mod message {
    pub(crate) const MISSING_KEY: &str = "access_code is missing";
    pub(crate) const NOT_JSON: &str = "invalid JSON";
    pub(crate) const REPORTS_ERROR: &str = "the body reports an error";
    pub(crate) const TRUNCATED_JSON: &str = "unexpected end of JSON";
}
