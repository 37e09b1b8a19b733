//! Webhooks: which event goes to whom, signed, and sent again when it does not arrive.

use std::{mem, time::Duration};

use jiff::Timestamp;
use seam_core::{
    Body, Request, WebhookVerifier,
    http::{self, Method, header::CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    routes::common,
    state::{EVENTS_TABLE, Object, State, WEBHOOKS, object, system_time, text, texts},
};

/// How long after the one before it each further attempt is made. After the last one the webhook is given up.
pub(crate) const RETRIES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
];

/// An event on its way to a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) message_id: String,
    webhook_id: String,
    body: String,
    /// How often it has been tried before.
    tried: usize,
}

/// What is to be delivered now.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    due: Vec<Delivery>,
    count: u64,
}

/// How many deliveries nobody takes are kept.
const MOST: usize = 10_000;

impl State {
    /// Puts an event on its way to every webhook that wants it.
    pub(crate) fn deliver(&mut self, event: &Object) {
        let event_type = text(event, "event_type");
        let wants = |webhook: &&Object| {
            let mut wanted = texts(webhook, "event_types").peekable();
            text(webhook, "workspace_id") == text(event, "workspace_id")
                && (wanted.peek().is_none() || wanted.any(|wanted| wanted == "*" || Some(wanted) == event_type))
        };
        let webhooks: Vec<String> = self
            .rows(WEBHOOKS)
            .filter(wants)
            .filter_map(|webhook| text(webhook, "webhook_id"))
            .map(str::to_owned)
            .collect();
        let body = Value::Object(event.clone()).to_string();
        for webhook_id in webhooks {
            self.deliveries.count += 1;
            let message_id = format!("msg_{:024}", self.deliveries.count);
            self.is_due(Delivery { message_id, webhook_id, body: body.clone(), tried: 0 });
        }
    }

    fn is_due(&mut self, delivery: Delivery) {
        if self.deliveries.due.len() < MOST {
            self.deliveries.due.push(delivery);
        }
    }

    /// What is to be delivered now, as the requests that Seam would make.
    pub(crate) fn take_deliveries(&mut self) -> Vec<(Delivery, Request)> {
        let due = mem::take(&mut self.deliveries.due);
        due.into_iter()
            .filter_map(|delivery| {
                let webhook = self.get(WEBHOOKS, &delivery.webhook_id)?;
                let request = signed(text(webhook, "url")?, text(webhook, "secret")?, &delivery, self.now())?;
                Some((delivery, request))
            })
            .collect()
    }

    /// Notes how a delivery went: what does not answer 2xx gets it again later.
    pub(crate) fn delivered(&mut self, delivery: Delivery, status: Option<u16>) {
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        if let Some(delay) = RETRIES.get(delivery.tried) {
            let again = Delivery { tried: delivery.tried + 1, ..delivery };
            self.after(*delay, move |state| state.is_due(again));
        }
    }
}

fn signed(url: &str, secret: &str, delivery: &Delivery, now: Timestamp) -> Option<Request> {
    let verifier = WebhookVerifier::new(secret).ok()?;
    let headers = verifier.sign(&delivery.message_id, system_time(now), delivery.body.as_bytes()).ok()?;
    let mut request = http::Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(delivery.body.clone()))
        .ok()?;
    request.headers_mut().extend(headers);
    Some(request)
}

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
        "url": url, "event_types": types, "secret": secret, "workspace_id": call.workspace(),
    }));
    let id = state.insert(WEBHOOKS, webhook);
    call.answer_with(state, "webhook", WEBHOOKS, &id)
}

fn get_event(state: &mut State, call: &Call) -> Answer {
    let id = common::find_id(state, call)?;
    call.answer_with(state, "event", EVENTS_TABLE, &id)
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
    let rows = state.rows(EVENTS_TABLE).filter(|event| {
        common::is_visible(state, &call.caller, event)
            && common::is_match(state, event, &call.parameters, &["since", "between", "unstable_offset", "limit"])
            && is_in_time(event)
    });
    let events: Vec<Value> = rows.skip(skip).take(most).cloned().map(Value::Object).collect();
    Ok(object(json!({ "events": events })))
}
