//! Classification of failed attempts: whether they are transient, and whether the request may have been applied.

use http::StatusCode;

use crate::{Idempotency, Response, TransportError, TransportErrorKind};

/// Returns whether a status reports a transient failure, before or after the request was carried out.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT
}

/// Returns whether a status is ambiguous, so that the request may have been carried out: every status that neither
/// confirms nor rejects it. A redirect may follow a request that was carried out (303 usually does), unless it requests
/// that the same request is sent elsewhere. Statuses that HTTP does not define come from intermediaries.
pub(crate) fn is_ambiguous(status: StatusCode) -> bool {
    let is_rejection = status.is_client_error() && !is_transient(status) && status.canonical_reason().is_some();
    let requests_repetition = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    !(status.is_success() || is_rejection || requests_repetition)
}

/// The reason why the result of an attempt is not final.
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

    /// Returns whether the request was or may have been sent.
    pub(crate) fn was_sent(self) -> bool {
        match self {
            Self::Status(_) => true,
            Self::Transport(kind) => !kind.is_not_sent(),
        }
    }

    /// Returns whether the request may have been carried out.
    pub(crate) fn may_have_been_applied(self) -> bool {
        match self {
            Self::Status(status) => is_transient(status),
            Self::Transport(_) => self.was_sent(),
        }
    }

    /// Returns whether another attempt may succeed and is safe.
    pub(crate) fn may_be_retried(self, idempotency: Idempotency) -> bool {
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
