//! Webhooks and events as resources.

use jiff::Timestamp;
use seam_core::http;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, object, text, texts},
    routes::{filters, generic},
    state::State,
    tables::{Event, Webhook},
    visibility::is_visible,
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/webhooks/create" => create,
        "/events/get" => get_event,
        "/events/list" => list_events,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let url = call.text("url").unwrap_or_default();
    if url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned)).is_none() {
        return Err(invalid("url", "Invalid url"));
    }
    let types: Vec<&str> = texts(&call.parameters, "event_types").collect();
    let is_known = |event_type: &&str| *event_type == "*" || seam_spec::api().event(event_type).is_some();
    if !types.iter().all(is_known) {
        return Err(seam_core::test_util::ApiFault::new(400, "invalid_event_types", "Invalid event types"));
    }
    let types = if types.is_empty() { vec!["*"] } else { types };
    let number = state.new_token("");
    let secret = format!("whsec_{}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, number));
    let webhook = object(json!({
        "url": url, "event_types": types, "secret": secret, "workspace_id": &call.workspace(),
    }));
    let id = state.insert::<Webhook>(webhook);
    call.answer_with(state, "webhook", &id)
}

fn get_event(state: &mut State, call: &Call) -> Answer {
    let id = generic::find_id::<Event>(state, call)?;
    call.answer_with(state, "event", &id)
}

/// Events have filters of their own: `since`, `between`, and one for every kind of thing that an event can be about.
fn list_events(state: &mut State, call: &Call) -> Answer {
    let since = call.time("since")?;
    let between = match call.parameters.get("between").and_then(Value::as_array).map(Vec::as_slice) {
        Some([from, to]) => {
            let read = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
            Some(read(from).zip(read(to)).ok_or_else(|| invalid("between", "Invalid datetime"))?)
        }
        _ => None,
    };
    let offset = call.parameters.get("unstable_offset").and_then(Value::as_u64).unwrap_or_default();
    let limit = call.parameters.get("limit").and_then(Value::as_u64).unwrap_or(500);
    let is_in_time = |event: &Object| {
        let when = text(event, "occurred_at").and_then(|text| text.parse::<Timestamp>().ok());
        when.is_some_and(|when| {
            since.is_none_or(|since| when >= since) && between.is_none_or(|(from, to)| when >= from && when <= to)
        })
    };
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows = state.rows::<Event>().filter(|event| {
        is_visible(state, &call.caller, event)
            && filters::is_match(state, event, &call.parameters, &["since", "between", "unstable_offset", "limit"])
            && is_in_time(event)
    });
    let events: Vec<Value> = rows.skip(skip).take(most).cloned().map(Value::Object).collect();
    Ok(object(json!({ "events": events })))
}
