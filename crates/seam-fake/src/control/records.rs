//! Routes that list the recorded requests and webhook deliveries.

use serde_json::{Value, json};

use super::members::boolean;
use crate::{
    call::Answer,
    json::{Object, format_time, object, set},
    recorded_request::RecordedRequest,
    request_log::RequestRecord,
    state::State,
    webhook_deliveries::{Attempt, Outcome},
};

pub(super) fn list_requests(state: &mut State, members: &Object) -> Answer {
    let show_secrets = boolean(members, "show_secrets")?.unwrap_or_default();
    let describe = |record: &RequestRecord| {
        let request = RecordedRequest::new(record);
        let parameters = if show_secrets { request.parameters().clone() } else { request.masked_parameters() };
        json!({
            "number": request.number(), "time": format_time(record.time),
            "method": request.method().as_str(), "path": request.path(), "status": request.status(),
            "duration_seconds": request.duration().as_secs_f64(), "parameters": parameters,
        })
    };
    Ok(object(json!({ "requests": state.request_log.iter().map(describe).collect::<Vec<_>>() })))
}

pub(super) fn list_webhook_deliveries(state: &mut State, members: &Object) -> Answer {
    let show_secrets = boolean(members, "show_secrets")?.unwrap_or_default();
    let describe = |attempt: Attempt| {
        let delivery = &attempt.delivery;
        let event: Value = serde_json::from_str(&delivery.body).unwrap_or_default();
        let (outcome, status) = match attempt.outcome {
            Outcome::Pending => ("pending", None),
            Outcome::Sent => ("sent", None),
            Outcome::Answered(status) if (200..300).contains(&status) => ("accepted", Some(status)),
            Outcome::Answered(status) => ("rejected", Some(status)),
            Outcome::NoAnswer => ("no_answer", None),
        };
        let mut described = object(json!({
            "message_id": delivery.message_id, "webhook_id": delivery.webhook_id, "attempt": delivery.tried.saturating_add(1),
            "time": format_time(attempt.time), "event_id": event.get("event_id"), "event_type": event.get("event_type"),
            "outcome": outcome, "status": status,
        }));
        if show_secrets {
            set(&mut described, "event", event);
        }
        Value::Object(described)
    };
    let attempts = state.deliveries.attempts(state.now());
    Ok(object(json!({ "webhook_deliveries": attempts.map(describe).collect::<Vec<_>>() })))
}
