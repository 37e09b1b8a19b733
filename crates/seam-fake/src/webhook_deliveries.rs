//! Deliveries to webhooks: those that are due, those without an outcome yet, and the latest attempts.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    time::{Duration, SystemTime},
};

use crate::{
    counter::Counter,
    tables::{Id, Webhook},
};
use jiff::Timestamp;
use seam_core::{
    Body, Request, WebhookVerifier,
    http::{self, Method, header::CONTENT_TYPE},
};
use serde::{Deserialize, Serialize};

/// How long after the one before it each further attempt is made. After the last one the webhook is given up.
const RETRIES: [Duration; 7] = [
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
    pub(crate) webhook_id: Id<Webhook>,
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
    count: Counter,
    /// How many retries are scheduled.
    #[serde(skip)]
    retries: usize,
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

/// How many deliveries wait to be sent at most, and how many to be sent again. Further ones are dropped.
const MOST: usize = 10_000;

/// The number of attempts that are kept; the oldest go first.
const ATTEMPT_LIMIT: usize = 1_000;

impl Deliveries {
    /// Adds a message with this body to this webhook, which is due now.
    pub(crate) fn add_message(&mut self, webhook_id: Id<Webhook>, body: String) {
        let message_id = format!("msg_{:024}", self.count.next());
        self.add(Delivery { message_id, webhook_id, body, tried: 0 });
    }

    /// Adds a delivery that is due now.
    pub(crate) fn add(&mut self, delivery: Delivery) {
        if self.due.len() < MOST {
            self.due.push(delivery);
        }
    }

    /// Returns the delivery that is to be scheduled after a failed one, and its delay; `None` after the last attempt, or if
    /// too many wait.
    pub(crate) fn retry(&mut self, failed: Delivery) -> Option<(Duration, Delivery)> {
        let delay = RETRIES.get(failed.tried).filter(|_| self.retries < MOST)?;
        self.retries += 1;
        Some((*delay, Delivery { tried: failed.tried + 1, ..failed }))
    }

    /// Adds a delivery whose retry is due now.
    pub(crate) fn add_retry(&mut self, delivery: Delivery) {
        self.retries = self.retries.saturating_sub(1);
        self.add(delivery);
    }

    /// Forgets the retries, which are no longer scheduled.
    pub(crate) fn forget_retries(&mut self) {
        self.retries = 0;
    }

    /// Takes the first deliveries that are due, at most this many.
    pub(crate) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<Delivery> {
        let due: Vec<Delivery> = self.due.drain(..limit.min(self.due.len())).collect();
        for delivery in &due {
            self.record(delivery, now);
        }
        due
    }

    /// Remembers a delivery that was sent, until its outcome is known.
    pub(crate) fn sent(&mut self, delivery: &Delivery) {
        self.in_flight.insert(delivery.message_id.clone(), delivery.clone());
    }

    /// Makes deliveries due again whose answers a loaded state cannot get any more, and counts the `retries` that are
    /// scheduled.
    pub(crate) fn redeliver(&mut self, retries: usize) {
        self.retries = retries;
        let in_flight = mem::take(&mut self.in_flight);
        self.due.extend(in_flight.into_values());
    }

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

    /// Records the outcome of a delivery that was sent.
    pub(crate) fn answered(&mut self, delivery: &Delivery, status: Option<u16>) {
        self.in_flight.remove(&delivery.message_id);
        let is_meant = |attempt: &&mut Attempt| {
            attempt.delivery.message_id == delivery.message_id && attempt.delivery.tried == delivery.tried
        };
        if let Some(attempt) = self.attempts.iter_mut().rev().find(is_meant) {
            attempt.outcome = status.map_or(Outcome::NoAnswer, Outcome::Answered);
        }
    }
}

/// The request that delivers a message, signed at this time; `None` if the webhook has no valid URL or secret.
pub(crate) fn signed(url: &str, secret: &str, delivery: &Delivery, now: SystemTime) -> Option<Request> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery { message_id: "msg_1".to_owned(), webhook_id: Id::new("hook"), body: "{}".to_owned(), tried: 0 }
    }

    #[test]
    fn a_receiver_that_never_answers_does_not_fill_the_memory() {
        let mut deliveries = Deliveries::default();
        let scheduled = (0..MOST + 5).filter_map(|_| deliveries.retry(delivery())).count();
        assert_eq!(scheduled, MOST);
        // When one of them is due, there is room for another.
        deliveries.add_retry(delivery());
        let (delay, again) = deliveries.retry(delivery()).unwrap();
        assert_eq!((delay, again.tried), (RETRIES[0], 1));
        assert!(deliveries.retry(delivery()).is_none());
        let last = Delivery { tried: RETRIES.len(), ..delivery() };
        assert!(Deliveries::default().retry(last).is_none());
    }

    #[test]
    fn deliveries_are_taken_a_few_at_a_time_and_in_order() {
        let mut deliveries = Deliveries::default();
        for number in 0..5 {
            deliveries.add_message(Id::new("hook"), number.to_string());
        }
        let mut take = |limit| -> Vec<String> {
            deliveries.take_due(Timestamp::UNIX_EPOCH, limit).into_iter().map(|delivery| delivery.body).collect()
        };
        assert_eq!(
            (take(2), take(0), take(9), take(9)),
            (vec!["0".into(), "1".into()], vec![], vec!["2".into(), "3".into(), "4".into()], vec![])
        );
    }
}
