//! The extractor of verified, decoded and claimed events.

use std::{error::Error as StdError, fmt, sync::Arc, time::SystemTime};

use axum_core::{
    extract::{FromRef, FromRequest, Request},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use seam_core::{
    Bytes,
    http::{HeaderMap, StatusCode, header},
    model::{Event, EventId, EventType},
};

use crate::{Claim, ReplayGuard, WebhookReceiver, WebhookRejection};

/// An event from Seam that was not processed before. Use it as the last argument of a handler.
///
/// The state of the router must contain a [`WebhookReceiver`]. Only [`process`](Self::process) passes the event to the
/// handler, so that no handler forgets to record that it was processed. An event that is dropped instead is processed
/// when Seam repeats the delivery.
#[must_use = "an event that is dropped is delivered again"]
pub struct SeamEvent {
    event: Event,
    message_id: String,
    sent_at: SystemTime,
    claim: OpenClaim,
}

impl SeamEvent {
    /// Processes the event, and returns the response: 204 if `handle` succeeds, and otherwise its error as a response.
    /// After an error, a panic, or a drop of the future, such as when the connection is closed, the event is processed
    /// again when Seam repeats the delivery.
    ///
    /// Seam waits only a few seconds for the response. Put the event in a queue if processing may take longer.
    pub async fn process<F, Fut, E>(self, handle: F) -> Response
    where
        F: FnOnce(Event) -> Fut,
        Fut: Future<Output = Result<(), E>>,
        E: IntoResponse,
    {
        let Self { event, claim, .. } = self;
        if let Err(error) = handle(event).await {
            return error.into_response();
        }
        match claim.end().await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(rejection) => rejection.into_response(),
        }
    }

    /// Returns the id of the event, which is the same in all deliveries of it.
    #[must_use]
    pub fn event_id(&self) -> &EventId {
        &self.event.event_id
    }

    /// Returns the type of the event.
    #[must_use]
    pub fn event_type(&self) -> &EventType {
        &self.event.event_type
    }

    /// Returns the id of the message, for logs and for requests to Seam's support.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// Returns the time at which this delivery was sent, in whole seconds.
    #[must_use]
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }
}

impl fmt::Debug for SeamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeamEvent")
            .field("event", &self.event)
            .field("message_id", &self.message_id)
            .field("sent_at", &self.sent_at)
            .finish_non_exhaustive()
    }
}

impl<S> FromRequest<S> for SeamEvent
where
    WebhookReceiver: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebhookRejection> {
        receive(request, WebhookReceiver::from_ref(state)).await.map_err(WebhookRejection::trace)
    }
}

async fn receive(request: Request, receiver: WebhookReceiver) -> Result<SeamEvent, WebhookRejection> {
    let (head, body) = request.into_parts();
    let limit = receiver.body_limit;
    // Checked first, because the sender may never send the rest of the body.
    if announced_length(&head.headers)
        .is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit))
    {
        return Err(WebhookRejection::TooLarge { limit });
    }
    let body = read(body, limit).await?;
    let delivery = receiver.verifier.verify(&head.headers, &body).map_err(WebhookRejection::Invalid)?;
    let event = delivery.event().map_err(WebhookRejection::Invalid)?;
    let event_id = event.event_id.clone();
    match receiver.guard.claim(&event_id).await.map_err(WebhookRejection::Guard)? {
        Claim::New => {}
        Claim::InProgress => return Err(WebhookRejection::InProgress(event_id)),
        Claim::Processed => return Err(WebhookRejection::AlreadyProcessed(event_id)),
    }
    Ok(SeamEvent {
        event,
        message_id: delivery.message_id().to_owned(),
        sent_at: delivery.sent_at(),
        claim: OpenClaim { guard: receiver.guard, event_id, is_open: true },
    })
}

/// Returns the length of a body that is not chunked.
fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads the raw body, which is the signed content.
async fn read(body: axum_core::body::Body, limit: usize) -> Result<Bytes, WebhookRejection> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_of_length(&*error) => Err(WebhookRejection::TooLarge { limit }),
        Err(error) => Err(WebhookRejection::Body(error)),
    }
}

/// Returns whether the body exceeded a limit, this one or that of a layer.
fn is_of_length(error: &(dyn StdError + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(is_of_length)
}

/// A claim that is released on drop unless it is completed.
struct OpenClaim {
    guard: Arc<dyn ReplayGuard>,
    event_id: EventId,
    is_open: bool,
}

impl OpenClaim {
    async fn end(mut self) -> Result<(), WebhookRejection> {
        let result = self.guard.processed(&self.event_id).await;
        self.is_open = result.is_err();
        result.map_err(|error| WebhookRejection::Guard(error).trace())
    }
}

impl Drop for OpenClaim {
    fn drop(&mut self) {
        if self.is_open {
            self.guard.release(&self.event_id);
        }
    }
}
