//! Deliveries of webhooks: which event goes to which webhook, signed, and again when it is not accepted.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    time::{Duration, SystemTime},
};

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
    pub(crate) webhook_id: String,
    pub(crate) body: String,
    /// How often it has been tried before.
    pub(crate) tried: usize,
}

/// What is to be delivered now.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    due: Vec<Delivery>,
    /// Taken to be sent, without an answer yet, by message. A saved state delivers them again.
    in_flight: BTreeMap<String, Delivery>,
    count: u64,
    /// The most recent attempts, the oldest first.
    #[serde(skip)]
    attempts: VecDeque<Attempt>,
}

/// An attempt to deliver a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) delivery: Delivery,
    pub(crate) time: Timestamp,
    pub(crate) outcome: Outcome,
}

/// How an attempt to deliver a webhook has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It waits to be sent.
    Pending,
    /// It was sent, or a test has taken it; there is no answer yet.
    Sent,
    /// The receiver answered with this status.
    Answered(u16),
    /// The receiver could not be reached, or did not answer in time.
    NoAnswer,
}

/// How many deliveries nobody takes are kept.
const MOST: usize = 10_000;

/// The number of attempts that are kept; the oldest go first.
const ATTEMPT_LIMIT: usize = 1_000;

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

    /// Takes what is to be delivered now, as the requests that Seam would make, signed at this time or at that of the
    /// state.
    pub(crate) fn take_deliveries(&mut self, signed_at: Option<SystemTime>) -> Vec<(Delivery, Request)> {
        let signed_at = signed_at.unwrap_or_else(|| system_time(self.now()));
        let due = mem::take(&mut self.deliveries.due);
        for delivery in &due {
            self.deliveries.record(delivery, self.now());
        }
        let requests: Vec<(Delivery, Request)> = due
            .into_iter()
            .filter_map(|delivery| {
                let webhook = self.get(WEBHOOKS, &delivery.webhook_id)?;
                let request = signed(text(webhook, "url")?, text(webhook, "secret")?, &delivery, signed_at)?;
                Some((delivery, request))
            })
            .collect();
        let taken = requests.iter().map(|(delivery, _)| (delivery.message_id.clone(), delivery.clone()));
        self.deliveries.in_flight.extend(taken);
        requests
    }

    /// Notes how a delivery went: what does not answer 2xx gets it again later.
    pub(crate) fn delivered(&mut self, delivery: Delivery, status: Option<u16>) {
        self.deliveries.answered(&delivery, status);
        self.revision += 1;
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

impl Deliveries {
    /// The attempts that are kept, the oldest first, and the deliveries that wait to be sent.
    pub(crate) fn attempts(&self, now: Timestamp) -> impl Iterator<Item = Attempt> {
        let due = self.due.iter().map(move |delivery| Attempt {
            delivery: delivery.clone(),
            time: now,
            outcome: Outcome::Pending,
        });
        self.attempts.iter().cloned().chain(due)
    }

    fn record(&mut self, delivery: &Delivery, time: Timestamp) {
        self.attempts.push_back(Attempt { delivery: delivery.clone(), time, outcome: Outcome::Sent });
        if self.attempts.len() > ATTEMPT_LIMIT {
            self.attempts.pop_front();
        }
    }

    fn answered(&mut self, delivery: &Delivery, status: Option<u16>) {
        let is_meant = |attempt: &&mut Attempt| {
            attempt.delivery.message_id == delivery.message_id && attempt.delivery.tried == delivery.tried
        };
        if let Some(attempt) = self.attempts.iter_mut().rev().find(is_meant) {
            attempt.outcome = status.map_or(Outcome::NoAnswer, Outcome::Answered);
        }
    }
}

fn signed(url: &str, secret: &str, delivery: &Delivery, now: SystemTime) -> Option<Request> {
    let verifier = WebhookVerifier::new(secret).ok()?;
    let headers = verifier.sign(&delivery.message_id, now, delivery.body.as_bytes()).ok()?;
    let mut request = http::Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(delivery.body.clone()))
        .ok()?;
    request.headers_mut().extend(headers);
    Some(request)
}
