//! Retries, with a transport that counts requests and a clock that advances without waiting.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use seam_core::{
    Credentials, Endpoint, Error, ErrorKind, Idempotency, Outcome, Request, RequestExt, Response, RetryPolicy, Seam,
    Spec, Transport, TransportError, TransportErrorKind, async_trait,
    endpoints::{access_codes, locks},
    http::{HeaderValue, header},
    transport_fn,
};
use seam_mock::{API_KEY, ApiFault, TestClock, json_response};
use serde_json::json;

type Answer = Result<Response, TransportError>;

/// A transport that responds by the number of the request, and counts requests.
#[derive(Clone)]
struct Counter {
    requests: Arc<AtomicUsize>,
    answer: Arc<dyn Fn(usize) -> Answer + Send + Sync>,
}

impl Counter {
    fn new(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        Self { requests: Arc::default(), answer: Arc::new(answer) }
    }

    fn count(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn seam(&self, clock: &TestClock) -> Seam {
        builder(self.clone(), clock).build().unwrap()
    }
}

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counter")
    }
}

#[async_trait]
impl Transport for Counter {
    async fn send(&self, _: Request) -> Answer {
        (self.answer)(self.requests.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

fn builder(transport: impl Transport, clock: &TestClock) -> seam_core::Builder {
    seam_mock::builder(transport).credentials(Credentials::api_key(API_KEY).unwrap()).clock(clock.clone())
}

fn status(status: u16) -> Answer {
    Ok(ApiFault::new(status, "some_error", "Something happened").to_response())
}

fn after(status: u16, retry_after: &'static str) -> Answer {
    let mut response = ApiFault::new(status, "some_error", "Something happened").to_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(retry_after));
    Ok(response)
}

/// Makes a call of a read-only endpoint.
async fn read(seam: &Seam) -> Error {
    seam.access_codes().get("26d6").await.unwrap_err()
}

async fn idempotent(seam: &Seam) -> Error {
    seam.access_codes().delete("26d6").await.unwrap_err()
}

async fn action(seam: &Seam) -> Error {
    seam.locks().unlock_door("front-door").await.unwrap_err()
}

#[test]
fn the_three_calls_have_the_three_idempotencies() {
    let specs = [access_codes::Get::SPEC, access_codes::Delete::SPEC, locks::UnlockDoor::SPEC];
    assert_eq!(
        specs.map(Spec::idempotency),
        [Idempotency::ReadOnly, Idempotency::Idempotent, Idempotency::NonIdempotent]
    );
}

/// The number of requests, and whether the request may have been applied, for each idempotency and failure.
#[tokio::test]
async fn retries_after_each_failure_depend_on_the_idempotency() {
    use TransportErrorKind::{Body, Interrupted, NotSent, Other, Timeout, TooLarge};

    type Case = (fn() -> Answer, [(usize, bool); 3]);
    let (all, once) = ((3, false), (1, false));
    let (may, open) = ((3, true), (1, true));
    let cases: [(&str, Case); 23] = [
        ("not sent", (|| Err(NotSent.into()), [all, all, all])),
        ("interrupted", (|| Err(Interrupted.into()), [all, may, open])),
        ("timeout", (|| Err(Timeout.into()), [all, may, open])),
        ("body", (|| Err(Body.into()), [all, may, open])),
        ("too large", (|| Err(TooLarge.into()), [once, open, open])),
        ("other", (|| Err(Other.into()), [once, open, open])),
        ("400", (|| status(400), [once, once, once])),
        ("401", (|| status(401), [once, once, once])),
        ("404", (|| status(404), [once, once, once])),
        ("408", (|| status(408), [all, may, open])),
        ("409", (|| status(409), [once, once, once])),
        ("429", (|| status(429), [all, all, once])),
        ("500", (|| status(500), [all, may, open])),
        ("502", (|| status(502), [all, may, open])),
        ("503", (|| status(503), [all, may, open])),
        ("504", (|| status(504), [all, may, open])),
        ("redirect", (|| status(307), [once, once, once])),
        ("see other", (|| Ok(json_response(303, json!({}))), [once, open, open])),
        ("a proxy's 499", (|| Ok(json_response(499, json!({}))), [once, open, open])),
        ("Seam's 499", (|| status(499), [once, once, once])),
        ("999", (|| Ok(json_response(999, json!({}))), [once, open, open])),
        ("switching", (|| status(101), [once, open, open])),
        ("garbage", (|| Ok(json_response(200, json!([]))), [once, open, open])),
    ];
    for (name, (answer, expected)) in cases {
        for (idempotency, (requests, may_have_been_applied)) in
            [Idempotency::ReadOnly, Idempotency::Idempotent, Idempotency::NonIdempotent].into_iter().zip(expected)
        {
            let counter = Counter::new(move |_| answer());
            let seam = counter.seam(&TestClock::new());
            let error = match idempotency {
                Idempotency::ReadOnly => read(&seam).await,
                Idempotency::Idempotent => idempotent(&seam).await,
                _ => action(&seam).await,
            };
            let what = format!("{idempotency:?} after {name}: {error}");
            assert_eq!(counter.count(), requests, "{what}");
            assert_eq!(error.attempts(), u32::try_from(requests).unwrap(), "{what}");
            assert_eq!(error.may_have_been_applied(), may_have_been_applied, "{what}");
            let outcome = match (idempotency, may_have_been_applied) {
                _ if error.is_not_sent() => Outcome::NotSent,
                (Idempotency::NonIdempotent, true) => Outcome::Unknown,
                (_, true) => Outcome::UnknownIdempotent,
                (_, false) => Outcome::NotApplied,
            };
            assert_eq!(error.outcome(), outcome, "{what}");
            assert_eq!(
                error.is_outcome_unknown(),
                idempotency == Idempotency::NonIdempotent && may_have_been_applied,
                "{what}"
            );
            assert_eq!(error.is_not_sent(), name == "not sent", "{what}");
            assert_eq!(error.is_rate_limited(), name == "429", "{what}");
        }
    }
}

#[tokio::test]
async fn the_response_to_a_later_attempt_is_returned() {
    let counter = Counter::new(|attempt| match attempt {
        1 => Err(TransportErrorKind::Interrupted.into()),
        2 => status(503),
        _ => Ok(json_response(200, json!({ "access_code": { "access_code_id": "26d6" } }))),
    });
    let clock = TestClock::new();
    let response = counter.seam(&clock).access_codes().get("26d6").full_response().await.unwrap();
    assert_eq!((response.attempts(), counter.count()), (3, 3));
    assert_eq!(clock.pauses().len(), 2);
}

#[tokio::test]
async fn waits_are_random_and_double() {
    let clock = TestClock::new();
    let counter = Counter::new(|_| status(503));
    let policy = RetryPolicy::new().max_attempts(NonZeroU32::new(10).unwrap()).retry_budget(10_000);
    let seam = builder(counter.clone(), &clock).retry_policy(policy).timeout(Duration::MAX).build().unwrap();
    for _ in 0..200 {
        read(&seam).await;
    }
    let pauses = clock.pauses();
    assert_eq!(pauses.len(), 200 * 9);
    for (place, longest) in [200_u64, 400, 800, 1600, 3200, 6400, 12_800, 20_000, 20_000].into_iter().enumerate() {
        let longest = Duration::from_millis(longest);
        let of_place: Vec<_> = pauses.iter().skip(place).step_by(9).copied().collect();
        assert!(of_place.iter().all(|pause| *pause <= longest), "attempt {place}");
        // Full jitter: waits are between zero and the maximum, and each tenth of that range has some of 200 waits.
        for tenth in 0..10 {
            let (from, to) = (longest * tenth / 10, longest * (tenth + 1) / 10);
            assert!(of_place.iter().any(|pause| (from..=to).contains(pause)), "attempt {place}, tenth {tenth}");
        }
    }
}

#[tokio::test]
async fn retry_after_is_observed() {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
    let cases: [(&str, u64); 20] = [
        ("3", 3),
        (" 3 ", 3),
        ("0", 0),
        ("003", 3),
        ("3.0", 3),
        ("2.000", 2),
        ("3.", 0),
        (".3", 0),
        ("+3", 0),
        ("3e0", 0),
        ("3s", 0),
        ("0x3", 0),
        ("inf", 0),
        ("3, 4", 0),
        ("Sun, 06 Nov 1994 08:49:44 GMT", 7),
        ("Sunday, 06-Nov-94 08:49:44 GMT", 7),
        ("Sun Nov  6 08:49:44 1994", 7),
        ("Sun, 06 Nov 1994 08:49:30 GMT", 0),
        ("-3", 0),
        ("soon", 0),
    ];
    for (requested, seconds) in cases {
        for refused in [429, 503] {
            let clock = TestClock::at(wall);
            let counter = Counter::new(move |attempt| match attempt {
                1 => after(refused, requested),
                _ => Ok(json_response(200, json!({ "access_code": { "access_code_id": "26d6" } }))),
            });
            counter.seam(&clock).access_codes().get("26d6").await.unwrap();
            let waited = clock.elapsed();
            let from = Duration::from_secs(seconds);
            assert!(waited >= from && waited <= from + Duration::from_millis(200), "{requested}: {waited:?}");
        }
    }
}

/// Values that are not valid in HTTP, but that servers send: a fraction, and an invalid value before a valid one.
#[tokio::test]
async fn the_first_valid_retry_after_counts() {
    let cases: [(&[&str], u64); 8] = [
        (&["1.5"], 1500),
        (&["0.25"], 250),
        (&["soon", "3"], 3000),
        (&["", "-1", "1.5.1", "3", "7"], 3000),
        (&["3", "soon"], 3000),
        (&["3", "Sun, 06 Nov 1994 08:49:44 GMT"], 3000),
        (&["Sun, 06 Foo 1994 08:49:44 GMT", "2"], 2000),
        (&["soon", "later"], 0),
    ];
    for (values, milliseconds) in cases {
        let clock = TestClock::new();
        let counter = Counter::new(move |attempt| {
            let Ok(mut response) = status(if attempt == 1 { 429 } else { 404 }) else { panic!("a response") };
            for value in values {
                response.headers_mut().append(header::RETRY_AFTER, HeaderValue::from_static(value));
            }
            // Not valid ASCII, and before the others.
            response.headers_mut().append("x-other", HeaderValue::from_static("1"));
            Ok(response)
        });
        read(&counter.seam(&clock)).await;
        let (waited, from) = (clock.elapsed(), Duration::from_millis(milliseconds));
        assert!(waited >= from && waited <= from + Duration::from_millis(200), "{values:?}: {waited:?}");
    }
}

/// With any number of attempts, a backoff of zero stays zero, and a short one grows up to the maximum.
#[tokio::test]
async fn waits_double_from_any_initial_backoff() {
    for (first, longest) in [
        (Duration::ZERO, Duration::ZERO),
        (Duration::from_nanos(1), Duration::from_secs(20)),
        (Duration::from_secs(30), Duration::from_secs(20)),
        (Duration::MAX, Duration::from_secs(20)),
    ] {
        let clock = TestClock::new();
        let policy =
            RetryPolicy::new().max_attempts(NonZeroU32::new(150).unwrap()).initial_backoff(first).retry_budget(10_000);
        let seam =
            builder(Counter::new(|_| status(503)), &clock).retry_policy(policy).timeout(Duration::MAX).build().unwrap();
        for _ in 0..10 {
            read(&seam).await;
        }
        let pauses = clock.pauses();
        assert_eq!(pauses.len(), 1490);
        assert!(pauses.iter().all(|pause| *pause <= longest), "{first:?}");
        // At high attempt numbers, where doubling would overflow, some of 500 random waits are long.
        let late = pauses.chunks(149).flat_map(|pauses| &pauses[99..]);
        assert!(late.into_iter().any(|pause| *pause >= longest / 2), "{first:?}");
    }
}

#[tokio::test]
async fn the_date_of_the_response_takes_precedence_over_the_local_clock() {
    // A clock that is years behind would wait for years.
    let clock = TestClock::at(SystemTime::UNIX_EPOCH);
    let counter = Counter::new(|attempt| {
        let Ok(mut response) = after(503, "Sun, 06 Nov 1994 08:49:40 GMT") else { panic!("a response") };
        response.headers_mut().insert(header::DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        match attempt {
            1 => Ok(response),
            _ => status(404),
        }
    });
    read(&counter.seam(&clock)).await;
    assert_eq!((counter.count(), clock.elapsed().as_secs()), (2, 3));
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    // A number that no clock can represent, and one that is just too large.
    for requested in ["31", "99999999999999999999999999", "18446744073709551615", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        let clock = TestClock::new();
        let counter = Counter::new(move |_| after(429, requested));
        let error = read(&counter.seam(&clock)).await;
        assert_eq!((counter.count(), clock.elapsed()), (1, Duration::ZERO), "{requested}");
        assert!(error.is_rate_limited() && error.retry_after() > Some(Duration::from_secs(30)), "{error}");
    }
    // Without a timeout, five minutes are the maximum.
    for (requested, requests) in [("299", 2), ("301", 1)] {
        let clock = TestClock::new();
        let counter = Counter::new(move |attempt| if attempt == 1 { after(429, requested) } else { status(404) });
        let call = counter.seam(&clock).access_codes().get("26d6").with_timeout(Duration::MAX);
        call.await.unwrap_err();
        assert_eq!(counter.count(), requests, "{requested}");
    }
}

#[tokio::test]
async fn an_outage_is_not_amplified() {
    for answer in
        [|| status(503), || Err(TransportErrorKind::Interrupted.into()), || Err(TransportErrorKind::Timeout.into())]
            as [fn() -> Answer; 3]
    {
        let clock = TestClock::new();
        let reads = Counter::new(move |_| answer());
        let seam = reads.seam(&clock);
        for _ in 0..500 {
            read(&seam).await;
            // Clones share the budget, and so does a client with other credentials.
            read(&seam.with_credentials(Credentials::api_key("seam_other").unwrap())).await;
        }
        assert_eq!(reads.count(), 1020);

        let actions = Counter::new(move |_| answer());
        let seam = actions.seam(&clock);
        for _ in 0..1000 {
            action(&seam).await;
        }
        assert_eq!(actions.count(), 1000);
    }
}

/// Starts `count` concurrent reads.
fn read_at_once(seam: &Seam, count: usize) -> Vec<tokio::task::JoinHandle<Error>> {
    let begin = |_| {
        let seam = seam.clone();
        tokio::spawn(async move { read(&seam).await })
    };
    (0..count).map(begin).collect()
}

/// Concurrent failures all see a full budget, and still share it.
#[tokio::test]
async fn an_outage_is_not_amplified_by_concurrent_calls() {
    let counter = Counter::new(|_| status(503));
    let seam = counter.seam(&TestClock::new());
    for call in read_at_once(&seam, 200) {
        call.await.unwrap();
    }
    assert_eq!(counter.count(), 220);
}

/// Only a final response refills the budget; no failure of any request does.
#[tokio::test]
async fn failures_do_not_fill_the_budget() {
    let failures: [fn() -> Answer; 7] = [
        || status(503),
        || status(408),
        || status(429),
        || Err(TransportErrorKind::Interrupted.into()),
        || Err(TransportErrorKind::Timeout.into()),
        || Err(TransportErrorKind::NotSent.into()),
        || Err(TransportErrorKind::TooLarge.into()),
    ];
    for failure in failures {
        let counter = Counter::new(move |_| failure());
        let seam = counter.seam(&TestClock::new());
        for _ in 0..100 {
            read(&seam).await;
            idempotent(&seam).await;
            action(&seam).await;
        }
        let before = counter.count();
        assert!(before <= 320, "{before}");
        for _ in 0..100 {
            action(&seam).await;
        }
        for _ in 0..100 {
            read(&seam).await;
        }
        // TooLarge is never retried, so it has not emptied the budget.
        assert_eq!(counter.count() - before, 200);
    }
}

#[tokio::test]
async fn responses_refill_the_budget_up_to_its_capacity() {
    let is_dead = Arc::new(Mutex::new(true));
    let dead = Arc::clone(&is_dead);
    let counter = Counter::new(move |_| if *dead.lock().unwrap() { status(503) } else { status(404) });
    let seam = counter.seam(&TestClock::new());
    let requests_of = async |calls: usize| {
        let before = counter.count();
        for _ in 0..calls {
            read(&seam).await;
        }
        counter.count() - before
    };
    assert_eq!(requests_of(100).await, 120);
    assert_eq!(requests_of(100).await, 100);
    *is_dead.lock().unwrap() = false;
    // A rejection is a final response too.
    assert_eq!(requests_of(35).await, 35);
    *is_dead.lock().unwrap() = true;
    assert_eq!(requests_of(100).await, 103);
    *is_dead.lock().unwrap() = false;
    assert_eq!(requests_of(1000).await, 1000);
    *is_dead.lock().unwrap() = true;
    assert_eq!(requests_of(100).await, 120);
}

#[tokio::test]
async fn a_call_and_a_client_can_disable_retries() {
    let counter = Counter::new(|_| status(503));
    counter.seam(&TestClock::new()).access_codes().get("26d6").without_retries().await.unwrap_err();
    assert_eq!(counter.count(), 1);

    let seam = builder(counter.clone(), &TestClock::new()).retry_policy(RetryPolicy::none()).build().unwrap();
    read(&seam).await;
    assert_eq!(counter.count(), 2);

    let policy = RetryPolicy::new().attempt_timeout(Duration::ZERO);
    let error = builder(counter.clone(), &TestClock::new()).retry_policy(policy).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration);
}

#[tokio::test]
async fn a_repeated_delete_with_404_reports_that_it_may_have_been_applied() {
    let counter = Counter::new(|attempt| match attempt {
        1 => Err(TransportErrorKind::Interrupted.into()),
        _ => Ok(ApiFault::not_found("access_code_not_found", "Access code not found").to_response()),
    });
    let error = idempotent(&counter.seam(&TestClock::new())).await;
    assert!(error.is_not_found() && error.may_have_been_applied());
    assert_eq!(
        error.to_string(),
        "DELETE /access_codes/delete: 404 access_code_not_found: Access code not found (request request-000000) \
         after 2 attempts, an earlier one of which may have been applied"
    );

    // A read cannot have been applied.
    let first: [fn() -> Answer; 2] = [|| Err(TransportErrorKind::NotSent.into()), || status(429)];
    for first in first {
        let counter = Counter::new(move |attempt| if attempt == 1 { first() } else { status(404) });
        let error = idempotent(&counter.seam(&TestClock::new())).await;
        assert!(error.is_not_found() && !error.may_have_been_applied() && error.attempts() == 2, "{error}");
    }
}

#[tokio::test]
async fn an_earlier_attempt_that_was_sent_is_recorded() {
    // The last attempt was not sent, but the first one was.
    let counter = Counter::new(|attempt| match attempt {
        1 => Err(TransportErrorKind::Timeout.into()),
        _ => Err(TransportErrorKind::NotSent.into()),
    });
    let error = idempotent(&counter.seam(&TestClock::new())).await;
    assert!(!error.is_not_sent() && error.may_have_been_applied(), "{error}");
}

#[tokio::test]
async fn an_earlier_rejected_attempt_counts_as_sent() {
    let counter = Counter::new(|attempt| match attempt {
        1 => status(429),
        _ => Err(TransportErrorKind::NotSent.into()),
    });
    let error = idempotent(&counter.seam(&TestClock::new())).await;
    assert!(!error.is_not_sent() && !error.may_have_been_applied(), "{error}");
}

/// A call that is dropped while it waits for a retry consumes no budget.
#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_consumes_no_budget() {
    let counter = Counter::new(|_| status(503));
    let seam = counter.seam(&TestClock::new());
    for _ in 0..50 {
        let mut call = std::pin::pin!(seam.access_codes().get("26d6").into_future());
        // One poll runs the call to its first wait.
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    assert_eq!(counter.count(), 50);
    read(&seam).await;
    assert_eq!(counter.count(), 53);
}

/// Concurrent waits overlap with the clock of a test too.
#[tokio::test]
async fn waits_of_concurrent_calls_overlap() {
    let counter = Counter::new(|attempt| if attempt % 2 == 0 { status(404) } else { status(503) });
    let clock = TestClock::new();
    let policy = RetryPolicy::new()
        .max_attempts(NonZeroU32::new(100).unwrap())
        .initial_backoff(Duration::from_millis(10))
        .retry_budget(1_000_000);
    let seam = builder(counter, &clock).retry_policy(policy).build().unwrap();
    for call in read_at_once(&seam, 200) {
        assert!(call.await.unwrap().is_not_found());
    }
    assert!(clock.elapsed() < Duration::from_secs(30), "{:?}", clock.elapsed());
}

#[tokio::test]
async fn an_action_is_repeated_only_while_nothing_was_sent() {
    let counter = Counter::new(|attempt| match attempt {
        1 | 2 => Err(TransportErrorKind::NotSent.into()),
        _ => Err(TransportErrorKind::Interrupted.into()),
    });
    let error = action(&counter.seam(&TestClock::new())).await;
    assert_eq!((counter.count(), error.kind()), (3, ErrorKind::OutcomeUnknown));

    let counter = Counter::new(|attempt| match attempt {
        1 => Err(TransportErrorKind::NotSent.into()),
        _ => Err(TransportErrorKind::Interrupted.into()),
    });
    action(&counter.seam(&TestClock::new())).await;
    assert_eq!(counter.count(), 2);
}

#[tokio::test]
async fn a_rejection_with_a_body_over_the_limit_is_a_rejection() {
    let large = || {
        let mut response = json_response(400, json!({ "padding": "x".repeat(2000) }));
        response.headers_mut().insert("seam-request-id", HeaderValue::from_static("7c1e"));
        Ok(response)
    };
    let counter = Counter::new(move |_| large());
    let seam = builder(counter, &TestClock::new()).response_limit(1000).build().unwrap();
    let error = action(&seam).await;
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::Transport, false));
    assert_eq!((error.status().map(|status| status.as_u16()), error.request_id()), (Some(400), Some("7c1e")));
}

/// The head and the body of a request.
fn parts(request: &Request) -> String {
    format!("{} {} {:?} {:?}", request.method(), request.uri(), request.headers(), request.body().as_ref())
}

#[tokio::test]
async fn each_attempt_sends_the_same_request() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&sent);
    let transport = transport_fn(move |request: Request| {
        let deadline = request.deadline();
        assert_eq!(request.spec().unwrap().path(), "/access_codes/unmanaged/get");
        requests.lock().unwrap().push((parts(&request), deadline));
        async { status(503) }
    });
    let seam = builder(transport, &TestClock::new()).build().unwrap();
    // A secret parameter, so that the request has a body.
    let call = seam.access_codes().unmanaged().get_by_code("front-door", "1988").with_header("x-trace", "7");
    let expected = parts(&call.to_request().unwrap());
    assert!(call.await.is_err());
    let sent = sent.lock().unwrap();
    assert_eq!(sent.len(), 3);
    for (attempt, deadline) in sent.iter() {
        assert_eq!(*attempt, expected);
        assert!(deadline.is_some() && *deadline == sent[0].1);
    }
}
