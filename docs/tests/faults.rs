//! 20,000 calls under random faults with a test clock: no action is sent twice, and each call ends by its deadline.
//! The same policies over a custom transport, a mock of mockall and the in-memory Seam.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use seam_core::{
    Credentials, Idempotency, Request, RequestExt, Response, RetryPolicy, Seam, Spec, Transport, TransportError,
    TransportErrorKind, async_trait, endpoints::access_codes::unmanaged,
};
use seam_fake::{FakeSeam, ONGOING_CODE};
use seam_mock::{ApiFault, MockTransport};
use seam_reqwest::TokioClock;
use tokio::task::JoinSet;

/// A transport behind a network with random failures and delays.
#[derive(Debug)]
struct Faulty<T> {
    server: T,
    random: Mutex<fastrand::Rng>,
    /// The number of times that each request was sent, by the id in the request.
    sent: Mutex<HashMap<String, usize>>,
}

impl<T: Transport> Faulty<T> {
    fn new(server: T) -> Arc<Self> {
        Arc::new(Self { server, random: Mutex::new(fastrand::Rng::with_seed(11)), sent: Mutex::default() })
    }

    fn seam(self: &Arc<Self>) -> Seam {
        let builder = Seam::builder(Arc::clone(self)).clock(TokioClock);
        let builder = builder.credentials(Credentials::api_key(seam_mock::API_KEY).unwrap());
        // With an unlimited budget, so that every permitted retry happens.
        builder.retry_policy(RetryPolicy::new().retry_budget(u32::MAX / 10)).build().unwrap()
    }

    /// Checks that no action was sent twice, and no other request more than three times.
    fn check(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        for (id, count) in sent.iter() {
            let most = if id.starts_with("Action") { 1 } else { 3 };
            assert!(*count <= most, "{id} was sent {count} times");
        }
        sent.values().filter(|count| **count == 3).count()
    }
}

#[async_trait]
impl<T: Transport> Transport for Faulty<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        use TransportErrorKind::{Body, Interrupted, NotSent, Timeout};

        let (fault, before, after) = {
            let mut random = self.random.lock().unwrap();
            let pause = |random: &mut fastrand::Rng| match random.u8(0..10) {
                // One in ten takes up to a minute.
                0 => Duration::from_millis(random.u64(0..60_000)),
                _ => Duration::from_millis(random.u64(0..300)),
            };
            (random.u8(0..16), pause(&mut random), pause(&mut random))
        };
        tokio::time::sleep(before).await;
        if fault == 0 {
            return Err(NotSent.into());
        }
        let idempotency = request.spec().unwrap().idempotency();
        let id = format!("{idempotency:?} {}", request.headers()["x-call"].to_str().unwrap());
        *self.sent.lock().unwrap().entry(id).or_default() += 1;
        let answer = self.server.send(request).await;
        tokio::time::sleep(after).await;
        let status = |status| Ok(ApiFault::new(status, "some_error", "Something happened").to_response());
        match fault {
            1 => Err(Interrupted.into()),
            2 => Err(Timeout.into()),
            3 => Err(Body.into()),
            4 => status(500),
            5 => status(503),
            6 => status(429),
            7 => status(408),
            8 => {
                let mut response = ApiFault::rate_limited().to_response();
                response.headers_mut().insert("retry-after", "7".parse().unwrap());
                Ok(response)
            }
            _ => answer,
        }
    }
}

/// Makes calls of every idempotency, each with its own timeout, and checks that none is late.
async fn many_calls(seam: &Seam, calls: usize) {
    let mut random = fastrand::Rng::with_seed(13);
    let mut running = JoinSet::new();
    for number in 0..calls {
        let (seam, timeout) = (seam.clone(), Duration::from_millis(random.u64(0..30_000)));
        running.spawn(async move {
            let started = tokio::time::Instant::now();
            let unmanaged = seam.access_codes().unmanaged();
            let id = number.to_string();
            match number % 3 {
                0 => drop(unmanaged.get(ONGOING_CODE).with_header("x-call", id).with_timeout(timeout).await),
                1 => drop(unmanaged.delete("no-such").with_header("x-call", id).with_timeout(timeout).await),
                _ => {
                    drop(unmanaged.convert_to_managed("no-such").with_header("x-call", id).with_timeout(timeout).await);
                }
            }
            let took = started.elapsed();
            // The clock has a resolution of a millisecond.
            assert!(took <= timeout + Duration::from_millis(1), "{took:?} of {timeout:?}");
        });
        if running.len() == 1000 {
            running.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[test]
fn the_calls_are_of_every_idempotency() {
    use seam_core::Endpoint;

    let specs = [unmanaged::Get::SPEC, unmanaged::Delete::SPEC, unmanaged::ConvertToManaged::SPEC];
    assert_eq!(
        specs.map(Spec::idempotency),
        [Idempotency::ReadOnly, Idempotency::Idempotent, Idempotency::NonIdempotent]
    );
}

#[tokio::test(start_paused = true)]
async fn in_20_000_calls_no_action_is_sent_twice_and_none_is_late() {
    let network = Faulty::new(FakeSeam::new());
    many_calls(&network.seam(), 20_000).await;
    let (thrice, once) = (network.check(), network.sent.lock().unwrap().len());
    assert!(thrice > 200 && once > 16_000, "{thrice} of {once}");
}

#[tokio::test(start_paused = true)]
async fn over_mockall_it_is_the_same() {
    let mut mock = MockTransport::new();
    mock.expect_send().returning(|_| Ok(ApiFault::not_found("not_found", "Not found").to_response()));
    let network = Faulty::new(mock);
    many_calls(&network.seam(), 5000).await;
    assert!(network.check() > 50);
}
