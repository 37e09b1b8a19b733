//! Why a delivery does not reach the handler.

use axum_core::response::{IntoResponse, Response};
use seam_core::{WebhookError, http::StatusCode, model::EventId};

use crate::BoxError;

/// Why a delivery does not reach the handler. As a response, it is a [status](Self::status) without a body.
///
/// A handler that takes `Result<SeamEvent, WebhookRejection>` gets it instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// It is not from Seam, not of now, or not an event.
    #[error(transparent)]
    Invalid(WebhookError),
    /// The body is larger than allowed.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that are allowed.
        limit: usize,
    },
    /// The body could not be read to its end.
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
    /// Returns the status of the response. The documentation of [the crate](crate) has them in a table.
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

    /// Reports the rejection, which the sender learns nothing about.
    pub(crate) fn trace(self) -> Self {
        let status = self.status().as_u16();
        match &self {
            Self::AlreadyProcessed(event_id) | Self::InProgress(event_id) => {
                tracing::debug!(status, %event_id, "webhook not processed: {self}");
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
