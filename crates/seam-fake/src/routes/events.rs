//! The routes of events.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, object, string},
    routes::{filters::Filters, generic},
    state::State,
    tables::Event,
    visibility::is_visible,
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/events/get" => get,
        "/events/list" => list,
        _ => return None,
    })
}

fn get(state: &mut State, call: &Call) -> Answer {
    let id = generic::find_id::<Event>(state, call)?;
    call.answer_with(state, "event", &id)
}

/// Lists events. In addition to the filters of all lists, it has `since`, `between`, `unstable_offset` and `limit`.
fn list(state: &mut State, call: &Call) -> Answer {
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
        let when = string(event, "occurred_at").and_then(|text| text.parse::<Timestamp>().ok());
        when.is_some_and(|when| {
            since.is_none_or(|since| when >= since) && between.is_none_or(|(from, to)| when >= from && when <= to)
        })
    };
    let skip = usize::try_from(offset).unwrap_or(usize::MAX);
    let max = usize::try_from(limit).unwrap_or(usize::MAX);
    let filters = Filters::new(&call.parameters, &["since", "between", "unstable_offset", "limit"]);
    let rows = state
        .rows::<Event>()
        .filter(|event| is_visible(state, &call.caller, event) && filters.is_match(state, event) && is_in_time(event));
    let events: Vec<Value> = rows.skip(skip).take(max).cloned().map(Value::Object).collect();
    Ok(object(json!({ "events": events })))
}
