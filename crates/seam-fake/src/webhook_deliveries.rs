//! Webhook deliveries: the due ones, those in flight, and the latest attempts.

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

/// The delay before each retry. After the last one the delivery is dropped.
const RETRIES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
];

/// A delivery of an event to a webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) message_id: String,
    pub(crate) webhook_id: Id<Webhook>,
    pub(crate) body: String,
    /// The number of earlier attempts.
    pub(crate) tried: usize,
}

/// The due deliveries.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    due: Vec<Delivery>,
    /// Deliveries that are being sent, by message. A saved state delivers them again.
    in_flight: BTreeMap<String, Delivery>,
    count: Counter,
    /// The number of scheduled retries.
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

/// The outcome of an attempt to deliver a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not sent yet.
    Pending,
    /// Sent, or removed by a test, without a response yet.
    Sent,
    /// The receiver responded with this status.
    Answered(u16),
    /// The receiver could not be reached, or the request timed out.
    NoAnswer,
}

/// The maximum number of due deliveries, and of scheduled retries. Deliveries over the limit are dropped.
const MAX_WAITING: usize = 10_000;

/// The maximum number of recorded attempts. The oldest are removed first.
const ATTEMPT_LIMIT: usize = 1_000;

impl Deliveries {
    /// Adds a due delivery of a message to a webhook.
    pub(crate) fn add_message(&mut self, webhook_id: Id<Webhook>, body: String) {
        let message_id = format!("msg_{:024}", self.count.next());
        self.add(Delivery { message_id, webhook_id, body, tried: 0 });
    }

    /// Adds a due delivery.
    pub(crate) fn add(&mut self, delivery: Delivery) {
        if self.due.len() < MAX_WAITING {
            self.due.push(delivery);
        }
    }

    /// Returns the retry of a failed delivery, and its delay; `None` after the last attempt, or if too many retries are
    /// scheduled.
    pub(crate) fn retry(&mut self, failed: Delivery) -> Option<(Duration, Delivery)> {
        let delay = RETRIES.get(failed.tried).filter(|_| self.retries < MAX_WAITING)?;
        self.retries += 1;
        Some((*delay, Delivery { tried: failed.tried + 1, ..failed }))
    }

    /// Adds a due retry.
    pub(crate) fn add_retry(&mut self, delivery: Delivery) {
        self.retries = self.retries.saturating_sub(1);
        self.add(delivery);
    }

    /// Resets the number of retries, after their jobs were removed.
    pub(crate) fn forget_retries(&mut self) {
        self.retries = 0;
    }

    /// Removes and returns the first due deliveries, at most `limit`.
    pub(crate) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<Delivery> {
        let due: Vec<Delivery> = self.due.drain(..limit.min(self.due.len())).collect();
        for delivery in &due {
            self.record(delivery, now);
        }
        due
    }

    /// Records a sent delivery until its outcome is known.
    pub(crate) fn sent(&mut self, delivery: &Delivery) {
        self.in_flight.insert(delivery.message_id.clone(), delivery.clone());
    }

    /// Makes the deliveries in flight of a loaded state due again, and sets the number of scheduled `retries`.
    pub(crate) fn redeliver(&mut self, retries: usize) {
        self.retries = retries;
        let in_flight = mem::take(&mut self.in_flight);
        self.due.extend(in_flight.into_values());
    }

    /// Returns the recorded attempts, the oldest first, followed by the due deliveries.
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
        let is_attempt = |attempt: &&mut Attempt| {
            attempt.delivery.message_id == delivery.message_id && attempt.delivery.tried == delivery.tried
        };
        if let Some(attempt) = self.attempts.iter_mut().rev().find(is_attempt) {
            attempt.outcome = status.map_or(Outcome::NoAnswer, Outcome::Answered);
        }
    }
}

/// Returns the request that delivers a message, signed at this time; `None` if the URL or the secret is invalid.
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
        let scheduled = (0..MAX_WAITING + 5).filter_map(|_| deliveries.retry(delivery())).count();
        assert_eq!(scheduled, MAX_WAITING);
        // Once one of them is due, another can be scheduled.
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
