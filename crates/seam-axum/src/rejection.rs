//! Rejections of deliveries.

use axum_core::response::{IntoResponse, Response};
use seam_core::{WebhookError, http::StatusCode, model::EventId};

use crate::BoxError;

/// The rejection of a delivery before it reaches the handler. As a response, it is a [status](Self::status) without a
/// body.
///
/// A handler with an argument of type `Result<SeamEvent, WebhookRejection>` receives it instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// The delivery is not from Seam, outside of the tolerance, or not an event.
    #[error(transparent)]
    Invalid(WebhookError),
    /// The body exceeds the limit.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body could not be read completely.
    #[error("the body could not be read")]
    Body(#[source] BoxError),
    /// The event was processed before. The response is a success.
    #[error("the event was processed before")]
    AlreadyProcessed(EventId),
    /// Another delivery of the event is being processed.
    #[error("the event is being processed for another delivery")]
    InProgress(EventId),
    /// The replay protection failed.
    #[error("the replay protection failed")]
    Guard(#[source] BoxError),
}

impl WebhookRejection {
    /// Returns the status of the response, see the table in the documentation of [the crate](crate).
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(error) => match error {
                WebhookError::MissingHeader(_)
                | WebhookError::ConflictingHeaders(_)
                | WebhookError::InvalidMessageId
                | WebhookError::InvalidTimestamp
                | WebhookError::TooManySignatures
                | WebhookError::NoSignature => StatusCode::BAD_REQUEST,
                WebhookError::NotAnEvent { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                _ => StatusCode::UNAUTHORIZED,
            },
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::AlreadyProcessed(_) => StatusCode::NO_CONTENT,
            Self::InProgress(_) => StatusCode::CONFLICT,
            Self::Guard(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Records the rejection with `tracing`; the response does not contain it.
    pub(crate) fn trace(self) -> Self {
        let status = self.status().as_u16();
        match &self {
            Self::AlreadyProcessed(event_id) | Self::InProgress(event_id) => {
                // As a string, which subscribers escape: an id may contain line breaks.
                tracing::debug!(status, event_id = event_id.as_str(), "webhook not processed: {self}");
            }
            Self::Guard(error) => tracing::error!(status, error, "webhook rejected: {self}"),
            Self::Body(error) => tracing::warn!(status, error, "webhook rejected: {self}"),
            Self::Invalid(_) | Self::TooLarge { .. } => tracing::warn!(status, "webhook rejected: {self}"),
        }
        self
    }
}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}
