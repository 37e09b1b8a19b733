//! What may be concluded from a failed attempt: whether it may pass, and whether the request may have been applied.

use http::StatusCode;

use crate::{Idempotency, Response, TransportError, TransportErrorKind};

/// Whether a status says that something failed which may pass, after the request was carried out or before.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

/// Whether a status leaves open if the request was carried out: all that neither say so nor refuse it. A redirect may be
/// an answer to what was done (303 mostly is), unless it asks for the very same request elsewhere; and numbers that HTTP
/// does not know come from servers in between.
pub(crate) fn is_ambiguous(status: StatusCode) -> bool {
    let is_refusal = status.is_client_error() && !is_transient(status) && status.canonical_reason().is_some();
    let is_to_be_repeated = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    !(status.is_success() || is_refusal || is_to_be_repeated)
}

/// Why an attempt has no answer that is final.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    Status(StatusCode),
    Transport(TransportErrorKind),
}

impl Failure {
    pub(crate) fn of(result: &Result<Response, TransportError>) -> Option<Self> {
        match result {
            Ok(response) => {
                let status = response.status();
                let is_failure = is_transient(status) || status == StatusCode::TOO_MANY_REQUESTS;
                is_failure.then_some(Self::Status(status))
            }
            Err(error) => Some(Self::Transport(error.kind())),
        }
    }

    /// Whether the request left this machine, or may have.
    pub(crate) fn was_sent(self) -> bool {
        match self {
            Self::Status(_) => true,
            Self::Transport(kind) => !kind.is_not_sent(),
        }
    }

    /// Whether the request may have been carried out all the same.
    pub(crate) fn may_have_been_applied(self) -> bool {
        match self {
            Self::Status(status) => is_transient(status),
            Self::Transport(_) => self.was_sent(),
        }
    }

    /// Whether another attempt may fare better and does no harm.
    pub(crate) fn passes(self, idempotency: Idempotency) -> bool {
        match (idempotency, self) {
            (_, Self::Transport(TransportErrorKind::NotSent)) => true,
            (Idempotency::NonIdempotent, _) => false,
            (_, Self::Status(_)) => true,
            (_, Self::Transport(kind)) => {
                matches!(kind, TransportErrorKind::Interrupted | TransportErrorKind::Timeout | TransportErrorKind::Body)
            }
        }
    }
}
