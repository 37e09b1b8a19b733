//! Client-side rate limits: when requests are sent, and in what order.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use proptest::prelude::*;
use seam_core::{
    Clock, Credentials, Endpoint, Error, ErrorKind, RateLimits, Request, RequestExt, Response, Seam, Sleep, Transport,
    TransportError, TransportErrorKind, async_trait,
    endpoints::{
        access_codes::{Create, CreateMultiple},
        locks::{LockDoor, UnlockDoor},
    },
};
use seam_mock::{API_KEY, ApiFault, TestClock};

/// The time of a request, its path and its device.
type Sent = (Instant, &'static str, String);

/// A transport that records the time, path and device of each request, and rejects it.
#[derive(Clone, Debug)]
struct Log<C> {
    clock: C,
    requests: Arc<Mutex<Vec<Sent>>>,
}

#[async_trait]
impl<C: Clock> Transport for Log<C> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let body: serde_json::Value = serde_json::from_slice(request.body().as_ref()).unwrap_or_default();
        let device = body.get("device_id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
        let path = request.spec().unwrap().path();
        self.requests.lock().unwrap().push((self.clock.now(), path, device));
        Ok(ApiFault::new(404, "device_not_found", "Device not found").to_response())
    }
}

impl<C: Clock + Clone> Log<C> {
    fn new(clock: C) -> Self {
        Self { clock, requests: Arc::default() }
    }

    /// A client without a timeout.
    fn seam(&self, limits: RateLimits) -> Seam {
        let builder = seam_mock::builder(self.clone()).clock(self.clock.clone()).timeout(Duration::MAX);
        builder.credentials(Credentials::api_key(API_KEY).unwrap()).rate_limits(limits).build().unwrap()
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

/// A transport that never connects.
#[derive(Debug)]
struct Unreachable;

#[async_trait]
impl Transport for Unreachable {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Err(TransportErrorKind::NotSent.into())
    }
}

async fn unlock(seam: &Seam, device: &str) -> Error {
    seam.locks().unlock_door(device).await.unwrap_err()
}

#[tokio::test]
async fn no_more_requests_than_documented_are_sent() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let seam = log.seam(RateLimits::documented());
    for _ in 0..15 {
        unlock(&seam, "front").await;
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    // Locking has its own limit, and so has another door.
    for _ in 0..15 {
        seam.locks().lock_door("front").await.unwrap_err();
        unlock(&seam, "back").await;
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    unlock(&seam, "front").await;
    assert_eq!(clock.elapsed(), Duration::from_secs(61));
    assert_eq!(log.count(), 46);
}

#[tokio::test]
async fn each_documented_limit_holds() {
    for (limit, call) in [(10, "create"), (10, "update"), (20, "delete"), (15, "lock"), (15, "unlock")] {
        let clock = TestClock::new();
        let log = Log::new(clock.clone());
        let seam = log.seam(RateLimits::documented());
        for number in 0..=limit {
            assert_eq!(clock.elapsed(), Duration::ZERO, "{call} {number}");
            let codes = seam.access_codes();
            let error = match call {
                "create" => codes.create("front").await.map(drop),
                "update" => codes.update("26d6").device_id("front").name("Guest").await.map(drop),
                "delete" => codes.delete("26d6").device_id("front").await.map(drop),
                "lock" => seam.locks().lock_door("front").await.map(drop),
                _ => seam.locks().unlock_door("front").await.map(drop),
            };
            assert!(error.unwrap_err().is_not_found());
        }
        assert_eq!(clock.elapsed(), Duration::from_secs(61), "{call}");
    }
}

#[tokio::test]
async fn creating_codes_on_several_devices_counts_for_each() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let seam = log.seam(RateLimits::documented());
    for _ in 0..9 {
        seam.access_codes().create("front").await.unwrap_err();
    }
    // A device that is named twice counts once.
    seam.access_codes().create_multiple(["back", "front", "front"]).await.unwrap_err();
    assert_eq!(clock.elapsed(), Duration::ZERO);
    seam.access_codes().create("back").await.unwrap_err();
    assert_eq!(clock.elapsed(), Duration::ZERO);
    seam.access_codes().create_multiple(["back", "front"]).await.unwrap_err();
    assert_eq!(clock.elapsed(), Duration::from_secs(61));
}

/// The order of calls is kept when a call waits for several devices.
#[tokio::test]
async fn a_call_for_several_devices_waits_for_each() {
    let log = Log::new(TestClock::new());
    let limits = RateLimits::none().per_minute([Create::SPEC, CreateMultiple::SPEC], 2);
    let seam = log.seam(limits);
    let create = async |device: &str| drop(seam.access_codes().create(device).await);
    create("back").await;
    create("back").await;
    let clock = log.clock.clone();
    let started = clock.now();
    seam.access_codes().create_multiple(["back", "front"]).await.unwrap_err();
    assert_eq!(clock.now() - started, Duration::from_secs(61));
    create("front").await;
    assert_eq!(clock.now() - started, Duration::from_secs(61));
    create("front").await;
    assert_eq!(clock.now() - started, Duration::from_secs(122));
}

#[tokio::test]
async fn a_request_without_a_device_is_not_limited() {
    let clock = TestClock::new();
    let seam = Log::new(clock.clone()).seam(RateLimits::documented());
    for _ in 0..100 {
        seam.access_codes().delete("26d6").await.unwrap_err();
        seam.devices().get("front").await.unwrap_err();
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_fails_at_once_and_uses_no_permit() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let seam = log.seam(RateLimits::documented());
    for _ in 0..15 {
        unlock(&seam, "front").await;
    }
    for _ in 0..100 {
        let error = seam.locks().unlock_door("front").with_timeout(Duration::from_secs(30)).await.unwrap_err();
        assert!(
            error.is_rate_limited() && error.is_not_sent() && error.is_timeout() && !error.may_have_been_applied(),
            "{error}"
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
        assert_eq!(
            error.to_string(),
            "POST /locks/unlock_door: the deadline passed before the request was sent: the rate limit is 15 requests per \
             device and minute, and the next one is permitted in 61 s, after the deadline"
        );
    }
    assert_eq!((log.count(), clock.elapsed()), (15, Duration::ZERO));
    unlock(&seam, "front").await;
    assert_eq!((log.count(), clock.elapsed()), (16, Duration::from_secs(61)));
}

#[tokio::test]
async fn limits_can_be_set() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let limits = RateLimits::documented().per_minute([LockDoor::SPEC, UnlockDoor::SPEC], 2);
    let seam = log.seam(limits);
    unlock(&seam, "front").await;
    seam.locks().lock_door("front").await.unwrap_err();
    assert_eq!(clock.elapsed(), Duration::ZERO);
    unlock(&seam, "front").await;
    assert_eq!(clock.elapsed(), Duration::from_secs(61));

    let builder = seam_mock::builder(log).credentials(Credentials::api_key(API_KEY).unwrap());
    let error = builder.rate_limits(RateLimits::none().per_minute([UnlockDoor::SPEC], 0)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
    assert!(error.message().contains("`RateLimits::per_minute` must not be zero (for /locks/unlock_door)"), "{error}");
}

/// The clock of tokio. While it is paused, it advances when all tasks wait.
#[derive(Clone, Debug)]
struct TokioTime;

impl Clock for TokioTime {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_sent_in_order_and_wait_no_longer_than_necessary() {
    let log = Log::new(TokioTime);
    let seam = log.seam(RateLimits::documented());
    let started = TokioTime.now();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..60_u64 {
        let (seam, order) = (seam.clone(), Arc::clone(&order));
        tasks.push(tokio::spawn(async move {
            unlock(&seam, "front").await;
            order.lock().unwrap().push((number / 15, TokioTime.now() - started));
        }));
        // The calls start one after another.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let order = order.lock().unwrap();
    assert!(order.is_sorted_by_key(|(round, _)| *round), "{order:?}");
    for (number, (round, waited)) in (0..).zip(order.iter()) {
        // The nth call of a round is sent 61 s after the nth of the previous round.
        let due = Duration::from_secs(61 * round) + Duration::from_millis(10 * (number % 15));
        let late = waited.checked_sub(due).unwrap();
        assert!(late < Duration::from_millis(5), "{number}: {waited:?} and not {due:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_also_waits_for_another_device_is_not_overtaken() {
    let log = Log::new(TokioTime);
    let seam = log.seam(RateLimits::none().per_minute([Create::SPEC, CreateMultiple::SPEC], 1));
    let started = TokioTime.now();
    seam.access_codes().create("back").await.unwrap_err();
    let both = {
        let seam = seam.clone();
        tokio::spawn(async move { drop(seam.access_codes().create_multiple(["back", "front"]).await) })
    };
    tokio::task::yield_now().await;
    seam.access_codes().create("front").await.unwrap_err();
    both.await.unwrap();
    let sent: Vec<_> = log.requests.lock().unwrap().iter().map(|(time, ..)| (*time - started).as_secs()).collect();
    assert_eq!(sent, [0, 61, 122]);
}

/// A call that is dropped while it waits, or that cannot connect, uses no permit.
#[tokio::test]
async fn unused_permits_are_returned() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let seam = log.seam(RateLimits::documented());
    for _ in 0..15 {
        unlock(&seam, "front").await;
    }
    for _ in 0..150 {
        let mut call = std::pin::pin!(seam.locks().unlock_door("front").into_future());
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    unlock(&seam, "front").await;
    assert_eq!(clock.elapsed(), Duration::from_secs(61));

    let clock = TestClock::new();
    let builder = seam_mock::builder(Unreachable).clock(clock.clone()).rate_limits(RateLimits::documented());
    let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
    for _ in 0..60 {
        assert!(seam.locks().unlock_door("front").without_retries().await.unwrap_err().is_not_sent());
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
}

/// A request that was or may have been sent uses its permit, because Seam may have counted it.
#[tokio::test]
async fn permits_of_sent_requests_are_used() {
    /// A transport with this result for the first request, which rejects all others.
    #[derive(Debug)]
    struct First(Mutex<Option<Option<TransportErrorKind>>>);

    #[async_trait]
    impl Transport for First {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            let first = self.0.lock().unwrap().take();
            match first {
                Some(Some(kind)) => Err(kind.into()),
                Some(None) => std::future::pending().await,
                None => Ok(ApiFault::new(404, "device_not_found", "Device not found").to_response()),
            }
        }
    }

    use TransportErrorKind::{Body, Interrupted, NotSent, NotSentInTime, Other, Timeout, TooLarge};
    let kinds = [Body, Interrupted, Other, Timeout, TooLarge, NotSent, NotSentInTime].map(Some);
    for first in kinds.into_iter().chain([None]) {
        let clock = TestClock::new();
        let builder = seam_mock::builder(First(Mutex::new(Some(first)))).clock(clock.clone());
        let builder = builder.rate_limits(RateLimits::none().per_minute([UnlockDoor::SPEC], 1)).timeout(Duration::MAX);
        let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
        // One poll sends the request, and then the call is dropped.
        let mut call = Box::pin(seam.locks().unlock_door("front").without_retries().into_future());
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        assert_eq!(polled.is_pending(), first.is_none());
        drop(call);
        unlock(&seam, "front").await;
        let is_sent = !first.is_some_and(TransportErrorKind::is_not_sent);
        assert_eq!(clock.elapsed(), Duration::from_secs(if is_sent { 61 } else { 0 }), "{first:?}");
    }
}

/// After a machine was suspended, all calls are late, and must still not be sent together.
#[tokio::test]
async fn a_call_that_misses_its_permit_acquires_a_new_one() {
    let clock = TestClock::new();
    let log = Log::new(clock.clone());
    let seam = log.seam(RateLimits::none().per_minute([UnlockDoor::SPEC], 1));
    unlock(&seam, "front").await;
    let mut waiting: Vec<_> = (0..2).map(|_| Box::pin(seam.locks().unlock_door("front").into_future())).collect();
    for call in &mut waiting {
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    clock.advance(Duration::from_secs(1000));
    for call in waiting {
        call.await.unwrap_err();
    }
    let times: Vec<_> = log.requests.lock().unwrap().iter().map(|(time, ..)| *time).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_secs(61)), "{times:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No more requests than allowed are sent to a device within any 61 s, and no request waits unnecessarily.
    #[test]
    fn no_window_has_more_than_allowed(
        calls in prop::collection::vec((0_u64..20_000, 0_usize..3), 1..200),
        limit in 1_u32..6,
    ) {
        let clock = TestClock::new();
        let log = Log::new(clock.clone());
        let seam = log.seam(RateLimits::none().per_minute([UnlockDoor::SPEC], limit));
        let mut requested = Vec::new();
        for (pause, device) in calls {
            clock.advance(Duration::from_millis(pause));
            requested.push(clock.now());
            let _ = seam.locks().unlock_door(["front", "back", "side"][device]).block();
        }
        let mut by_device: HashMap<String, Vec<(Instant, Instant)>> = HashMap::new();
        for ((sent, _, device), requested) in log.requests.lock().unwrap().iter().zip(requested) {
            by_device.entry(device.clone()).or_default().push((*sent, requested));
        }
        for requests in by_device.values() {
            for (index, (sent, requested)) in requests.iter().enumerate() {
                let due = match index.checked_sub(limit as usize) {
                    Some(before) => (requests[before].0 + Duration::from_secs(61)).max(*requested),
                    None => *requested,
                };
                prop_assert_eq!(*sent, due);
            }
        }
    }
}
