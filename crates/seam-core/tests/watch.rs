//! Watching events: each event is delivered once for any order and limit of the server, the times of polls, and errors.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use proptest::prelude::*;
use seam_core::{
    Credentials, Error, ErrorKind, Request, Response, RetryPolicy, Seam, TransportError, TransportErrorKind, Watch,
    endpoints::events::List, http::header, model::Timestamp, transport_fn,
};
use seam_mock::{API_KEY, ApiFault, TestClock, json_response};
use serde_json::{Value, json};
use support::{run, sent_query};

type Answer = Result<Response, TransportError>;
type Respond = fn(&Request) -> Response;

/// The events of a workspace, by creation time (in milliseconds) and delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Happened {
    number: u32,
    created: u64,
    late: u64,
}

/// The order in which a server lists events.
#[derive(Clone, Copy, Debug)]
enum Order {
    OldestFirst,
    NewestFirst,
    Mixed,
}

/// A server with events. Its time begins at zero and follows the clock of the client.
#[derive(Clone)]
struct Server {
    events: Arc<Mutex<Vec<Happened>>>,
    order: Order,
    clock: TestClock,
    requests: Arc<Mutex<Vec<Request>>>,
    /// Requests whose number is a multiple of this fail.
    fail_every: usize,
    /// The responses to the next requests, instead of events.
    failures: Arc<Mutex<Vec<Answer>>>,
}

fn time(milliseconds: u64) -> Timestamp {
    let start: Timestamp = "2026-01-01T00:00:00.000Z".parse().unwrap();
    start + Duration::from_millis(milliseconds)
}

impl Server {
    fn new(order: Order, events: impl Into<Vec<Happened>>) -> Self {
        let clock = TestClock::at(time(0).try_into().unwrap());
        let events = Arc::new(Mutex::new(events.into()));
        Self { events, order, clock, requests: Arc::default(), fail_every: usize::MAX, failures: Arc::default() }
    }

    fn now(&self) -> u64 {
        self.clock.elapsed().as_millis().try_into().unwrap()
    }

    fn answer(&self, request: Request) -> Answer {
        let query: BTreeMap<String, Vec<String>> =
            sent_query(&request).into_iter().fold(BTreeMap::new(), |mut query, (name, value)| {
                query.entry(name).or_default().push(value);
                query
            });
        self.requests.lock().unwrap().push(request);
        if self.requests.lock().unwrap().len() % self.fail_every == 0 {
            return Err(TransportErrorKind::Interrupted.into());
        }
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return failure;
        }
        let times = |name: &str| -> Vec<Timestamp> {
            query.get(name).into_iter().flatten().map(|text| text.parse().unwrap()).collect()
        };
        let (since, between) = (times("since"), times("between"));
        let limit: usize = query["limit"][0].parse().unwrap();
        let mut events: Vec<Happened> = self.events.lock().unwrap().clone();
        events.retain(|event| {
            let at = time(event.created);
            event.created + event.late <= self.now()
                && since.iter().all(|since| at >= *since)
                && (between.is_empty() || (at > between[0] && at < between[1]))
        });
        events.sort_by_key(|event| match self.order {
            Order::OldestFirst => i64::try_from(event.created).unwrap(),
            Order::NewestFirst => -i64::try_from(event.created).unwrap(),
            Order::Mixed => i64::from(event.number.wrapping_mul(0x9E37_79B9) >> 8),
        });
        Ok(list(events.into_iter().take(limit).map(json_event).collect()))
    }

    fn seam(&self) -> Seam {
        let server = self.clone();
        let transport = transport_fn(move |request| {
            let answer = server.answer(request);
            async move { answer }
        });
        let builder = seam_mock::builder(transport).clock(self.clock.clone()).retry_policy(RetryPolicy::none());
        builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap()
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    fn fail(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        *self.failures.lock().unwrap() = answers;
    }
}

fn json_event(event: Happened) -> Value {
    let at = time(event.created).to_string();
    json!({ "event_id": event.number.to_string(), "event_type": "lock.unlocked", "device_id": "d1", "created_at": at })
}

fn list(events: Vec<Value>) -> Response {
    json_response(200, json!({ "events": events, "ok": true }))
}

/// Creates events at these times, without delays.
fn at(times: &[u64]) -> Vec<Happened> {
    (0..).zip(times).map(|(number, created)| Happened { number, created: *created, late: 0 }).collect()
}

/// Polls a watch until the clock reaches `end`, and returns the ids and the errors that it delivers.
fn drain(server: &Server, watch: &mut Watch, end: u64) -> (Vec<u32>, Vec<Error>) {
    let mut context = Context::from_waker(Waker::noop());
    let (mut ids, mut errors) = (Vec::new(), Vec::new());
    while server.now() < end {
        let next = std::pin::pin!(watch.next());
        match next.poll(&mut context) {
            Poll::Ready(Some(Ok(event))) => ids.push(event.event_id.as_str().parse().unwrap()),
            Poll::Ready(Some(Err(error))) => errors.push(error),
            Poll::Ready(None) => break,
            Poll::Pending => {}
        }
    }
    (ids, errors)
}

fn happened() -> impl Strategy<Value = Vec<Happened>> {
    // Many concurrent events, and few.
    let created = prop_oneof![0..200_u64, 0..200_000_u64];
    proptest::collection::vec((created, 0..=10_000_u64), 0..60).prop_map(|events| {
        (0..).zip(events).map(|(number, (created, late))| Happened { number, created, late }).collect()
    })
}

proptest! {
    // Each case has about fifty polls.
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Each event is delivered once, for any order and limit of the server and any failed polls, as long as it is no
    /// later than the overlap, and no full response has only events of one instant.
    #[test]
    fn each_event_is_delivered_once(
        events in happened(),
        order in prop_oneof![Just(Order::OldestFirst), Just(Order::NewestFirst), Just(Order::Mixed)],
        limit in 12_u32..30,
        fail_every in prop_oneof![Just(usize::MAX), 2..6_usize],
    ) {
        let server = Server { fail_every, ..Server::new(order, events.clone()) };
        let mut watch = server.seam().events().list().limit(limit).watch(time(0)).overlap(Duration::from_secs(15));
        let (mut ids, errors) = drain(&server, &mut watch, 240_000);
        // If three milliseconds have more events than fit in a response, they cannot be split.
        let is_dense = |event: &Happened| {
            events.iter().filter(|other| other.created.abs_diff(event.created) <= 3).count() >= limit as usize
        };
        if !events.iter().any(is_dense) {
            prop_assert!(errors.iter().all(|error| error.kind() == ErrorKind::Transport), "{errors:?}");
            prop_assert_eq!(errors.len(), server.requests().len() / fail_every);
            ids.sort_unstable();
            let all: Vec<u32> = events.iter().map(|event| event.number).collect();
            prop_assert_eq!(ids, all);
        }
    }

    /// A watch that resumes where another one was dropped misses no event, and delivers no skipped event again.
    #[test]
    fn a_watch_resumes_where_another_one_ended(events in happened(), end in 1..200_000_u64) {
        let server = Server::new(Order::Mixed, events.clone());
        let watch = |since| server.seam().events().watch(since).overlap(Duration::from_secs(15));
        let mut first = watch(time(0));
        let (before, _) = drain(&server, &mut first, end);
        let position = first.position();
        drop(first);
        let mut second = watch(position).skip_events(before.iter().map(u32::to_string));
        let (after, _) = drain(&server, &mut second, 240_000);
        let mut ids = [before, after].concat();
        ids.sort_unstable();
        prop_assert_eq!(ids, (0..u32::try_from(events.len()).unwrap()).collect::<Vec<_>>());
    }
}

#[test]
fn events_are_in_order_and_polls_follow_after_the_interval() {
    let server = Server::new(Order::NewestFirst, at(&[0, 2000, 11_000, 12_000]));
    let seam = server.seam();
    let mut watch = seam.events().watch(time(0));
    let (ids, errors) = drain(&server, &mut watch, 21_000);
    assert_eq!((ids, errors.len()), (vec![0, 1, 2, 3], 0));
    assert_eq!(server.clock.pauses(), [Duration::from_secs(5); 5]);
    let requests = server.requests();
    for request in &requests {
        assert_eq!(request.headers()[header::CACHE_CONTROL], "no-store");
    }
    let since = |request: &Request| sent_query(request).into_iter().find(|(name, _)| name == "since").unwrap().1;
    assert_eq!(since(&requests[0]), time(0).to_string());
    // Never before the beginning, even if the overlap is longer.
    assert_eq!(since(requests.last().unwrap()), time(0).to_string());
}

#[test]
fn later_polls_request_the_overlap_again() {
    let server = Server::new(Order::OldestFirst, at(&[100_000]));
    let mut watch = server.seam().events().watch(time(0)).poll_interval(Duration::from_secs(200));
    let (ids, _) = drain(&server, &mut watch, 500_000);
    assert_eq!(ids, [0]);
    assert_eq!(watch.position(), time(40_000));
    let requests = server.requests();
    let query = sent_query(requests.last().unwrap());
    assert!(query.contains(&("since".to_owned(), time(40_000).to_string())), "{query:?}");
    assert!(query.contains(&("limit".to_owned(), "500".to_owned())), "{query:?}");
}

#[test]
fn filters_and_options_apply_to_each_poll_and_the_watch_sets_the_time_frame() {
    let server = Server::new(Order::OldestFirst, at(&[0]));
    let list = server.seam().events().list().device_id("d1").unstable_offset(3).between([time(1), time(2)]);
    let mut watch = list.with_header("x-trace", "7").watch(time(0));
    drain(&server, &mut watch, 11_000);
    for request in server.requests() {
        let names: BTreeSet<String> = sent_query(&request).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["_strict", "device_id", "limit", "since"].map(str::to_owned).into());
        assert_eq!(request.headers()["x-trace"], "7");
    }
}

#[test]
fn a_failed_poll_is_reported_and_the_watch_continues() {
    let server = Server::new(Order::OldestFirst, at(&[0, 1000]));
    server.fail([
        Err(TransportErrorKind::Interrupted.into()),
        Ok(json_response(503, json!({}))),
        Ok(ApiFault::unauthorized().to_response()),
        Ok(ApiFault::rate_limited().to_response()),
        Ok(json_response(200, json!({ "nothing": true }))),
    ]);
    let mut watch = server.seam().events().watch(time(0));
    let (ids, errors) = drain(&server, &mut watch, 600_000);
    let kinds: Vec<_> = errors.iter().map(Error::kind).collect();
    let api = ErrorKind::Api;
    let expected =
        [ErrorKind::Transport, ErrorKind::UnexpectedStatus, ErrorKind::Unauthorized, api, ErrorKind::InvalidResponse];
    assert_eq!((kinds.as_slice(), ids), (expected.as_slice(), vec![0, 1]));
    // Pauses grow with the failures, and are reset by a success.
    let pauses = server.clock.pauses();
    for (pause, longest) in pauses.iter().zip([5, 10, 20, 40, 80]) {
        let longest = Duration::from_secs(longest);
        assert!(*pause <= longest && *pause >= longest / 2, "{pauses:?}");
    }
    assert_eq!(pauses[5], Duration::from_secs(5));
}

#[test]
fn a_server_can_request_a_longer_pause() {
    let server = Server::new(Order::OldestFirst, at(&[0]));
    let mut response = ApiFault::rate_limited().to_response();
    response.headers_mut().insert(header::RETRY_AFTER, "90".parse().unwrap());
    server.fail([Ok(response)]);
    drain(&server, &mut server.seam().events().watch(time(0)), 100_000);
    assert_eq!(server.clock.pauses()[0], Duration::from_secs(90));
}

#[test]
fn a_request_that_is_rejected_ends_the_watch() {
    let server = Server::new(Order::OldestFirst, at(&[0]));
    server.fail([Ok(ApiFault::invalid_input("Invalid").to_response())]);
    let mut watch = server.seam().events().watch(time(0));
    assert!(run(watch.next()).unwrap().unwrap_err().is_invalid_input());
    assert!(run(watch.next()).is_none() && run(watch.next()).is_none());

    let zero_interval = server.seam().events().watch(time(0)).poll_interval(Duration::ZERO);
    let zero_limit = server.seam().events().list().limit(0).watch(time(0));
    for mut watch in [zero_interval, zero_limit] {
        let error = run(watch.next()).unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_not_sent()), (ErrorKind::InvalidRequest, true), "{error}");
        assert!(run(watch.next()).is_none());
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn more_events_of_one_instant_than_fit_in_a_response_are_reported() {
    let times = [[1000; 5].as_slice(), &[90_000, 91_000]].concat();
    let server = Server::new(Order::OldestFirst, at(&times));
    let mut watch = server.seam().events().list().limit(4).watch(time(0));
    server.clock.advance(Duration::from_secs(1));
    let (ids, errors) = drain(&server, &mut watch, 200_000);
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert!(known.len() == ids.len() && known.is_superset(&[0, 1, 2, 3, 5, 6].into()), "{ids:?}");
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidResponse);
        assert!(error.to_string().contains("4 events, which is the limit"), "{error}");
    }
}

/// Neither a server that ignores the time frame nor one whose responses are always full is flooded with requests.
#[test]
fn a_server_that_is_always_full_is_not_flooded() {
    let ignoring = |_: &Request| {
        list((0..20).map(|n| json_event(Happened { number: n, created: 86_400_000 * u64::from(n), late: 0 })).collect())
    };
    let timeless = |_: &Request| list((0..20).map(|n| json!({ "event_id": n.to_string() })).collect());
    // Every time frame is full of the same ids.
    let obedient = |request: &Request| {
        let query = sent_query(request);
        let from = query.iter().find(|(name, _)| name == "since" || name == "between").unwrap();
        let from = from.1.parse::<Timestamp>().unwrap() + Duration::from_millis(1);
        list((0..20).map(|n| json!({ "event_id": n.to_string(), "created_at": from.to_string() })).collect())
    };
    // A poll every five seconds, except for a few of the first, and many to the server that filters.
    let cases: [(Respond, usize); 3] = [(ignoring, 125), (timeless, 125), (obedient, 300)];
    for (answer, most) in cases {
        let clock = TestClock::new();
        let count = Arc::new(Mutex::new(0));
        let sent = Arc::clone(&count);
        let transport = transport_fn(move |request: Request| {
            *sent.lock().unwrap() += 1;
            let answer = answer(&request);
            async move { Ok(answer) }
        });
        let builder = seam_mock::builder(transport).clock(clock.clone());
        let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
        let mut watch = seam.events().list().limit(20).watch(time(0));
        let mut context = Context::from_waker(Waker::noop());
        let mut delivered = 0;
        while clock.elapsed() < Duration::from_secs(600) && *count.lock().unwrap() < 10_000 {
            if let Poll::Ready(Some(Ok(_))) = std::pin::pin!(watch.next()).poll(&mut context) {
                delivered += 1;
            }
        }
        let count = *count.lock().unwrap();
        assert!(count <= most, "{count} requests in ten minutes");
        assert_eq!(delivered, 20);
    }
}

#[test]
fn a_dropped_future_loses_no_event() {
    let server = Server::new(Order::OldestFirst, at(&[0, 1, 7000]));
    let mut watch = server.seam().events().watch(time(0));
    // Each future is polled once, and dropped if it is pending.
    let (ids, _) = drain(&server, &mut watch, 30_000);
    assert_eq!(ids, [0, 1, 2]);
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn a_program_without_async_iterates() {
    let server = Server::new(Order::NewestFirst, at(&[0, 1000, 61_000]));
    let mut watch = server.seam().events().watch(time(0)).blocking();
    let ids: Vec<_> = watch.by_ref().take(3).map(|event| event.unwrap().event_id).collect();
    assert_eq!(ids, ["0", "1", "2"]);
    assert_eq!(watch.position(), time(1000));
}

#[test]
fn an_event_whose_device_has_a_wrong_clock_does_not_end_the_watch() {
    let server = Server::new(Order::OldestFirst, at(&[6000]));
    let future = json!({ "event_id": "77", "event_type": "lock.unlocked", "device_id": "d1", "occurred_at": "2099-01-01T00:00:00.000Z" });
    server.fail([Ok(list(vec![future]))]);
    let (ids, errors) = drain(&server, &mut server.seam().events().watch(time(0)), 20_000);
    assert_eq!((ids, errors.len()), (vec![77, 0], 0));
}

#[test]
fn a_watch_prints_no_event() {
    let server = Server::new(Order::OldestFirst, at(&[0]));
    let watch: Watch = server.seam().call(List::new()).watch(time(0));
    assert!(format!("{watch:?}").starts_with("Watch { since: Timestamp(2026-01-01T00:00:00.000Z)"), "{watch:?}");
}
