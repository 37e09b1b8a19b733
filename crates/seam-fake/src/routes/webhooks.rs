//! The routes of webhooks. The module `webhook_deliveries` has their deliveries.

use base64::{Engine, engine::general_purpose::STANDARD};
use seam_core::{http, test_util::ApiFault};
use serde_json::json;

use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{object, strings},
    state::State,
    tables::Webhook,
};

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/webhooks/create" => create,
        _ => return None,
    })
}

fn create(state: &mut State, call: &Call) -> Answer {
    let url = call.string("url").unwrap_or_default();
    if url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned)).is_none() {
        return Err(invalid("url", "Invalid url"));
    }
    let types: Vec<&str> = strings(&call.parameters, "event_types").collect();
    let is_known = |event_type: &&str| *event_type == "*" || seam_spec::api().event(event_type).is_some();
    if !types.iter().all(is_known) {
        return Err(ApiFault::new(400, "invalid_event_types", "Invalid event types"));
    }
    let types = if types.is_empty() { vec!["*"] } else { types };
    let number = state.new_token("");
    let secret = format!("whsec_{}", STANDARD.encode(number));
    let webhook = object(json!({
        "url": url, "event_types": types, "secret": secret, "workspace_id": &call.workspace(),
    }));
    let id = state.insert::<Webhook>(webhook);
    call.answer_with(state, "webhook", &id)
}
