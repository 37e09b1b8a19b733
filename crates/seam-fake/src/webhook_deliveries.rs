//! Deliveries of webhooks: which event goes to which webhook, signed, and again when it is not accepted.

use std::{collections::BTreeMap, mem, time::Duration};

use jiff::Timestamp;
use seam_core::{
    Body, Request, WebhookVerifier,
    http::{self, Method, header::CONTENT_TYPE},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    scheduler::Job,
    state::{Object, State, WEBHOOKS, system_time, text, texts},
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) message_id: String,
    webhook_id: String,
    body: String,
    /// How often it has been tried before.
    tried: usize,
}

/// What is to be delivered now.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    due: Vec<Delivery>,
    /// Taken to be sent, without an answer yet, by message. A saved state delivers them again.
    in_flight: BTreeMap<String, Delivery>,
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
            self.add_delivery(Delivery { message_id, webhook_id, body: body.clone(), tried: 0 });
        }
    }

    /// Adds a delivery that is due now.
    pub(crate) fn add_delivery(&mut self, delivery: Delivery) {
        if self.deliveries.due.len() < MOST {
            self.deliveries.due.push(delivery);
        }
    }

    /// Makes deliveries due again whose answers a loaded state cannot get any more.
    pub(crate) fn redeliver(&mut self) {
        let in_flight = mem::take(&mut self.deliveries.in_flight);
        self.deliveries.due.extend(in_flight.into_values());
    }

    /// What is to be delivered now, as the requests that Seam would make.
    pub(crate) fn take_deliveries(&mut self) -> Vec<(Delivery, Request)> {
        let due = mem::take(&mut self.deliveries.due);
        let requests: Vec<(Delivery, Request)> = due
            .into_iter()
            .filter_map(|delivery| {
                let webhook = self.get(WEBHOOKS, &delivery.webhook_id)?;
                let request = signed(text(webhook, "url")?, text(webhook, "secret")?, &delivery, self.now())?;
                Some((delivery, request))
            })
            .collect();
        let taken = requests.iter().map(|(delivery, _)| (delivery.message_id.clone(), delivery.clone()));
        self.deliveries.in_flight.extend(taken);
        requests
    }

    /// Notes how a delivery went: what does not answer 2xx gets it again later.
    pub(crate) fn delivered(&mut self, delivery: Delivery, status: Option<u16>) {
        self.deliveries.in_flight.remove(&delivery.message_id);
        if status.is_some_and(|status| (200..300).contains(&status)) {
            return;
        }
        if let Some(delay) = RETRIES.get(delivery.tried) {
            let again = Delivery { tried: delivery.tried + 1, ..delivery };
            self.after(*delay, Job::DeliverWebhook { delivery: again });
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
