//! Waiting for an action: the requests, their times, and each result.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests assert by panicking")]

use std::{
    error::Error as StdError,
    sync::{Arc, Mutex},
    time::Duration,
};

use seam_core::{
    Credentials, Error, ErrorKind, Outcome, Request, Response, Seam, Transport, TransportError, TransportErrorKind,
    async_trait,
    model::{ActionAttemptStatus, ActionResult},
};
use seam_mock::{API_KEY, ApiFault, TestClock, json_response};
use serde_json::{Value, json};

type Answer = Result<Response, TransportError>;
type Poll = fn() -> Answer;

/// A door: responds to the action with `started`, and to poll number `n` of the attempt, counted from one, with
/// `poll(n)`.
#[derive(Clone)]
struct Door {
    started: Arc<dyn Fn() -> Answer + Send + Sync>,
    poll: Arc<dyn Fn(usize) -> Answer + Send + Sync>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}

#[async_trait]
impl Transport for Door {
    async fn send(&self, request: Request) -> Answer {
        let uri = request.uri().to_string();
        let path = uri.rsplit("getseam.com").next().unwrap().to_owned();
        let is_poll = |path: &String| path.starts_with("/action_attempts/get");
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(path.clone());
            requests.iter().filter(|path| is_poll(path)).count()
        };
        if is_poll(&path) { (self.poll)(number) } else { (self.started)() }
    }
}

impl Door {
    /// Responds to polls with these one after another, and repeats the last.
    fn new(started: impl Fn() -> Answer + Send + Sync + 'static, polls: impl Into<Vec<Poll>>) -> Self {
        let polls = polls.into();
        Self::polled(started, move |number| polls[(number - 1).min(polls.len() - 1)]())
    }

    fn polled(
        started: impl Fn() -> Answer + Send + Sync + 'static,
        poll: impl Fn(usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self { started: Arc::new(started), poll: Arc::new(poll), requests: Arc::default() }
    }

    fn seam(&self, clock: &TestClock) -> Seam {
        let builder = seam_mock::builder(self.clone()).clock(clock.clone());
        builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn attempt(status: &str) -> Value {
    json!({ "action_attempt_id": "a1", "action_type": "UNLOCK_DOOR", "status": status, "result": null, "error": null })
}

fn answer(attempt: Value) -> Answer {
    Ok(json_response(200, json!({ "action_attempt": attempt, "ok": true })))
}

fn pending() -> Answer {
    answer(attempt("pending"))
}

fn success() -> Answer {
    let mut attempt = attempt("success");
    attempt["result"] = json!({ "was_confirmed_by_device": true });
    answer(attempt)
}

fn failed() -> Answer {
    let mut attempt = attempt("error");
    attempt["error"] = json!({ "type": "device_unreachable", "message": "The door is out of reach" });
    answer(attempt)
}

/// Unlocks, waits, and returns the error with the number of requests and the elapsed time.
async fn unlock(door: &Door) -> (Error, TestClock) {
    let clock = TestClock::new();
    (door.seam(&clock).locks().unlock_door("front").and_wait().await.unwrap_err(), clock)
}

#[tokio::test]
async fn an_action_that_is_done_at_once_is_not_polled() {
    let door = Door::new(success, [pending as Poll]);
    let clock = TestClock::new();
    let attempt = door.seam(&clock).locks().unlock_door("front").and_wait().await.unwrap();
    assert_eq!(attempt.status, ActionAttemptStatus::Success);
    assert_eq!((door.requests(), clock.elapsed()), (vec!["/locks/unlock_door".to_owned()], Duration::ZERO));
}

#[tokio::test]
async fn an_action_is_polled_until_it_is_done() {
    let door = Door::new(pending, [pending as Poll, pending, success]);
    let clock = TestClock::new();
    let attempt = door.seam(&clock).locks().unlock_door("front").and_wait().await.unwrap();
    let Some(ActionResult::UnlockDoor(result)) = attempt.typed_result() else { panic!("{attempt:?}") };
    assert_eq!(result.was_confirmed_by_device, Some(true));
    let poll = "/action_attempts/get?action_attempt_id=a1&_strict=true".to_owned();
    assert_eq!(door.requests(), ["/locks/unlock_door".to_owned(), poll.clone(), poll.clone(), poll]);
    assert_eq!(clock.pauses(), [Duration::from_millis(500); 3]);
}

#[tokio::test]
async fn the_default_timeout_is_ten_seconds() {
    let door = Door::new(pending, [pending as Poll]);
    let (error, clock) = unlock(&door).await;
    assert_eq!(
        (error.kind(), error.is_timeout(), error.may_have_been_applied()),
        (ErrorKind::ActionPending, true, true)
    );
    assert_eq!(error.action_attempt().unwrap().status, ActionAttemptStatus::Pending);
    assert_eq!(error.action_attempt_id().unwrap().as_str(), "a1");
    assert_eq!(
        error.to_string(),
        "POST /locks/unlock_door: the action was still pending at the last poll within 10 s, and continues"
    );
    assert_eq!((door.requests().len(), clock.elapsed()), (20, Duration::from_millis(9500)));

    for (timeout, interval, polls, waited) in [(60_000, 5000, 11, 55_000), (300, 500, 1, 150), (1000, 1000, 1, 500)] {
        let door = Door::new(pending, [pending as Poll]);
        let clock = TestClock::new();
        let waiting = door.seam(&clock).locks().unlock_door("front").and_wait();
        let waiting = waiting.timeout(Duration::from_millis(timeout)).poll_interval(Duration::from_millis(interval));
        assert_eq!(waiting.await.unwrap_err().kind(), ErrorKind::ActionPending);
        assert_eq!((door.requests().len() - 1, clock.elapsed()), (polls, Duration::from_millis(waited)));
    }
}

#[tokio::test]
async fn an_interval_of_zero_is_rejected_before_anything_is_sent() {
    let door = Door::new(pending, [pending as Poll]);
    let waiting = door.seam(&TestClock::new()).locks().unlock_door("front").and_wait().poll_interval(Duration::ZERO);
    let error = waiting.await.unwrap_err();
    assert_eq!((error.kind(), door.requests().len()), (ErrorKind::InvalidRequest, 0), "{error}");
}

#[tokio::test]
async fn the_error_of_a_failed_action_has_its_reason() {
    let (error, _) = unlock(&Door::new(pending, [failed as Poll])).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::ActionFailed, Outcome::Failed));
    assert_eq!((error.error_type(), error.message()), (Some("device_unreachable"), "The door is out of reach"));
    assert_eq!(error.action_attempt().unwrap().status, ActionAttemptStatus::Error);
    assert!(!error.may_have_been_applied() && !error.is_timeout());
    assert_eq!(error.to_string(), "POST /locks/unlock_door: device_unreachable: The door is out of reach");
}

#[tokio::test]
async fn an_unknown_status_is_neither_success_nor_failure() {
    let paused = || answer(attempt("paused"));
    let (error, _) = unlock(&Door::new(pending, [paused as Poll])).await;
    assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::ActionStatusUnknown, true));
    assert_eq!(error.outcome(), Outcome::Pending);
    assert_eq!(error.action_attempt().unwrap().status.as_str(), "paused");
}

#[tokio::test]
async fn a_poll_is_retried_like_a_read() {
    let broken = || Err(TransportErrorKind::Interrupted.into());
    let door = Door::new(pending, [broken as Poll, broken, success]);
    door.seam(&TestClock::new()).locks().unlock_door("front").and_wait().await.unwrap();
    assert_eq!(door.requests().len(), 4);
}

/// After an action was accepted, no failure of a poll may suggest that sending the action again is safe.
#[tokio::test]
async fn a_failed_poll_is_never_reported_as_a_failed_action() {
    let polls: [Poll; 8] = [
        || Err(TransportErrorKind::NotSent.into()),
        || Err(TransportErrorKind::Interrupted.into()),
        || Ok(ApiFault::unauthorized().to_response()),
        || Ok(ApiFault::rate_limited().to_response()),
        || Ok(ApiFault::not_found("action_attempt_not_found", "Action attempt not found").to_response()),
        || Ok(ApiFault::invalid_input("Invalid").to_response()),
        || Ok(json_response(503, json!({}))),
        || Ok(json_response(200, json!({ "action_attempt": null }))),
    ];
    for poll in polls {
        let (error, _) = unlock(&Door::new(pending, [poll])).await;
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        assert!(error.may_have_been_applied() && error.is_outcome_unknown());
        let predicates = [
            error.is_not_sent(),
            error.is_not_found(),
            error.is_rate_limited(),
            error.is_unauthorized(),
            error.is_invalid_input(),
        ];
        assert_eq!(predicates, [false; 5], "{error}");
        assert_eq!((error.transport_error_kind(), error.is_timeout()), (None, false));
        assert_eq!((error.status(), error.error_type()), (None, None));
        assert_eq!(error.action_attempt().unwrap().action_attempt_id.as_str(), "a1");
        let source = error.source().unwrap().downcast_ref::<Error>().unwrap();
        assert!(error.message().ends_with(&source.to_string()), "{error}");
        assert!(
            error
                .to_string()
                .starts_with("POST /locks/unlock_door: the action was accepted, but polling its status failed"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_poll_ends_at_the_deadline_of_the_wait() {
    /// A door whose polls take a minute.
    #[derive(Debug)]
    struct Slow(Door, TestClock);

    #[async_trait]
    impl Transport for Slow {
        async fn send(&self, request: Request) -> Answer {
            if request.uri().path() == "/action_attempts/get" {
                seam_core::Clock::sleep(&self.1, Duration::from_secs(60)).await;
            }
            self.0.send(request).await
        }
    }

    let clock = TestClock::new();
    let transport = Slow(Door::new(pending, [success as Poll]), clock.clone());
    let builder = seam_mock::builder(transport).credentials(Credentials::api_key(API_KEY).unwrap());
    let seam = builder.clock(clock).build().unwrap();
    let error = seam.locks().unlock_door("front").and_wait().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::ActionPending, Outcome::Pending), "{error}");
    assert!(error.source().unwrap().downcast_ref::<Error>().unwrap().is_timeout());
}

#[tokio::test]
async fn a_poll_without_a_response_does_not_end_a_long_wait() {
    /// A door that does not respond to the first poll, and responds to the second one a minute later.
    #[derive(Debug)]
    struct Hanging(Door, TestClock);

    #[async_trait]
    impl Transport for Hanging {
        async fn send(&self, request: Request) -> Answer {
            if request.uri().path() == "/action_attempts/get" && self.0.requests().len() == 1 {
                self.0.requests.lock().unwrap().push("hanging".to_owned());
                seam_core::Clock::sleep(&self.1, Duration::from_secs(60)).await;
            }
            self.0.send(request).await
        }
    }

    let clock = TestClock::new();
    let door = Door::new(pending, [success as Poll]);
    let builder = seam_mock::builder(Hanging(door, clock.clone())).credentials(Credentials::api_key(API_KEY).unwrap());
    let seam = builder.clock(clock).build().unwrap();
    seam.locks().unlock_door("front").and_wait().timeout(Duration::from_secs(300)).await.unwrap();
}

#[tokio::test]
async fn polls_have_the_headers_of_their_call_and_never_flood_the_server() {
    #[derive(Debug)]
    struct Wants(Door);

    #[async_trait]
    impl Transport for Wants {
        async fn send(&self, request: Request) -> Answer {
            assert_eq!(request.headers()["x-tenant"], "7");
            self.0.send(request).await
        }
    }

    let door = Door::new(pending, [pending as Poll, success]);
    let seam = seam_mock::seam(Wants(door.clone()));
    seam.locks().unlock_door("front").with_header("x-tenant", "7").and_wait().await.unwrap();
    let waiting = seam.locks().unlock_door("front").with_header("x-tenant", "7").and_wait();
    waiting.timeout(Duration::from_nanos(1)).await.unwrap_or_else(|error| {
        assert_eq!(error.kind(), ErrorKind::ActionPending);
        error.action_attempt().unwrap().clone()
    });
    assert_eq!(door.requests().len(), 4);
}

#[tokio::test]
async fn concurrent_waits_overlap() {
    let door = Door::new(pending, [pending as Poll]);
    let polls = Arc::new(Mutex::new(0));
    let seam = door.seam(&TestClock::new());
    let waits: Vec<_> = (0..50)
        .map(|_| {
            let (seam, polls) = (seam.clone(), Arc::clone(&polls));
            tokio::spawn(async move {
                let error = seam.locks().unlock_door("front").and_wait().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ActionPending);
                *polls.lock().unwrap() += 1;
            })
        })
        .collect();
    for wait in waits {
        wait.await.unwrap();
    }
    // Each polls as often as a single wait: 19 times in ten seconds.
    assert_eq!((*polls.lock().unwrap(), door.requests().len()), (50, 50 * 20));
}

#[tokio::test]
async fn an_action_that_was_not_accepted_fails_like_any_call() {
    let refused = || Ok(ApiFault::not_found("device_not_found", "Device not found").to_response());
    let (error, _) = unlock(&Door::new(refused, [success as Poll])).await;
    assert!(error.is_not_found() && error.action_attempt().is_none(), "{error}");
    let (error, _) = unlock(&Door::new(|| Err(TransportErrorKind::Timeout.into()), [success as Poll])).await;
    assert!(error.is_outcome_unknown() && error.action_attempt().is_none(), "{error}");
}

#[tokio::test]
async fn a_code_that_is_created_is_the_one_on_the_lock() {
    let started = || {
        let mut attempt = attempt("pending");
        attempt["action_type"] = json!("CREATE_ACCESS_CODE");
        let code = json!({ "access_code_id": "c1", "status": "setting" });
        Ok(json_response(200, json!({ "access_code": code, "action_attempt": attempt })))
    };
    let done = || {
        let mut attempt = attempt("success");
        attempt["action_type"] = json!("CREATE_ACCESS_CODE");
        attempt["result"] = json!({ "access_code": { "access_code_id": "c1", "status": "set", "code": "1988" } });
        answer(attempt)
    };
    let seam = Door::new(started, [done as Poll]).seam(&TestClock::new());
    let code = seam.access_codes().create("front").and_wait().await.unwrap();
    assert_eq!((code.status.unwrap().as_str(), code.code), ("set", Some("1988".into())));

    // If the wait fails, the error has the created code.
    let setting = || {
        let mut attempt = attempt("pending");
        attempt["action_type"] = json!("CREATE_ACCESS_CODE");
        answer(attempt)
    };
    let door = Door::new(started, [setting as Poll]);
    let error = door.seam(&TestClock::new()).access_codes().create("front").and_wait().await.unwrap_err();
    let body: Value = serde_json::from_slice(error.body().unwrap().as_ref()).unwrap();
    assert_eq!((error.kind(), &body["access_code"]["access_code_id"]), (ErrorKind::ActionPending, &json!("c1")));

    // Without an attempt in the response, the call does not wait.
    let without = || Ok(json_response(200, json!({ "access_code": { "access_code_id": "c1", "status": "setting" } })));
    let seam = Door::new(without, [pending as Poll]).seam(&TestClock::new());
    let code = seam.access_codes().create("front").and_wait().await.unwrap();
    assert_eq!(code.status.unwrap().as_str(), "setting");

    // If the attempt cannot be decoded, the code was accepted nevertheless.
    let broken = || Ok(json_response(200, json!({ "access_code": { "access_code_id": "c1" }, "action_attempt": [] })));
    let seam = Door::new(broken, [pending as Poll]).seam(&TestClock::new());
    let error = seam.access_codes().create("front").and_wait().await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.may_have_been_applied(), "{error}");
}

/// The response to a poll with another attempt, such as from a cache or a faulty proxy, does not describe this one.
#[tokio::test]
async fn another_attempt_than_the_requested_one_is_an_error() {
    for status in ["success", "error", "pending", "paused"] {
        for (field, other) in [("action_attempt_id", "a2"), ("action_type", "LOCK_DOOR"), ("action_type", "OPEN_DOOR")]
        {
            let other = move || {
                let mut attempt = attempt(status);
                attempt[field] = json!(other);
                attempt["error"] = json!({ "type": "device_unreachable", "message": "another door" });
                answer(attempt)
            };
            let door = Door::polled(pending, move |number| if number == 1 { pending() } else { other() });
            let (error, _) = unlock(&door).await;
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
            assert!(error.may_have_been_applied() && !error.is_timeout(), "{error}");
            let known = error.action_attempt().unwrap();
            assert_eq!((known.action_attempt_id.as_str(), known.status.as_str()), ("a1", "pending"), "{error}");
            assert_eq!((error.error_type(), door.requests().len()), (None, 3), "{error}");
            assert!(error.message().contains(&format!("action_attempt.{field}")), "{error}");
            let printed = format!("{error} {error:?}");
            assert!(!printed.contains("another door") && !printed.contains("a2"), "{printed}");
        }
    }
    // An attempt without a type is not compared.
    let untyped = || {
        let mut attempt = attempt("success");
        attempt["action_type"] = Value::Null;
        answer(attempt)
    };
    let seam = Door::new(pending, [untyped as Poll]).seam(&TestClock::new());
    seam.locks().unlock_door("front").and_wait().await.unwrap();
}

/// The result of an action must have the device of the request, and the id in the first response.
#[tokio::test]
async fn a_result_with_another_resource_is_an_error() {
    let cases = [
        ("access_code", json!({ "access_code_id": "c2", "device_id": "front" }), Some("access_code_id")),
        ("access_code", json!({ "access_code_id": "c1", "device_id": "back" }), Some("device_id")),
        ("access_code", json!({ "access_code_id": "C1", "device_id": "Front" }), None),
        ("access_code", json!({ "access_code_id": "c1" }), None),
        // Not the resource of the call.
        ("hub", json!({ "hub_id": "h1" }), None),
    ];
    for (resource, result, mismatch) in cases {
        let finished = {
            let mut attempt = attempt("success");
            attempt["action_type"] = json!("CREATE_ACCESS_CODE");
            attempt["result"] = json!({ resource: result });
            attempt
        };
        let started = |attempt: Value| {
            let code = json!({ "access_code_id": "c1", "device_id": "front" });
            Ok(json_response(200, json!({ "access_code": code, "action_attempt": attempt })))
        };
        let pending = {
            let mut attempt = attempt("pending");
            attempt["action_type"] = json!("CREATE_ACCESS_CODE");
            attempt
        };
        // In the response to a poll, or to the action.
        for is_at_once in [false, true] {
            let first = if is_at_once { finished.clone() } else { pending.clone() };
            let polled = finished.clone();
            let door = Door::polled(move || started(first.clone()), move |_| answer(polled.clone()));
            let result = door.seam(&TestClock::new()).access_codes().create("front").and_wait().await;
            let Some(name) = mismatch else {
                assert_eq!(result.unwrap().access_code_id.as_str().to_ascii_lowercase(), "c1");
                continue;
            };
            let error = result.unwrap_err();
            assert_eq!((error.kind(), error.may_have_been_applied()), (ErrorKind::OutcomeUnknown, true));
            assert!(error.message().ends_with(&format!("action_attempt.result.access_code.{name} differs")), "{error}");
            let known = error.action_attempt().map(|attempt| attempt.status.as_str());
            assert_eq!(known, if is_at_once { None } else { Some("pending") }, "{error}");
        }
    }
}

/// If the first response has no resource, the ids in the request are compared. Each key of the result is compared with
/// the response to the action, which is read once for all keys.
#[tokio::test]
async fn a_result_with_many_keys_takes_linear_time() {
    let results = |device_id: &str| -> Value {
        let mut results: Vec<(String, Value)> =
            (0..20_000).map(|number| (format!("r{number}"), json!({ "device_id": "front" }))).collect();
        results.push(("s".to_owned(), json!({ "device_id": device_id })));
        Value::Object(results.into_iter().collect())
    };
    let answered = |result: Value| {
        let mut attempt = attempt("success");
        attempt["result"] = result;
        answer(attempt)
    };
    let clock = TestClock::new();
    let door = Door::new(move || answered(results("front")), [pending as Poll]);
    door.seam(&clock).locks().unlock_door("front").and_wait().await.unwrap();
    let door = Door::new(move || answered(results("other")), [pending as Poll]);
    let error = door.seam(&clock).locks().unlock_door("front").and_wait().await.unwrap_err();
    assert!(error.message().contains("action_attempt.result.s.device_id differs"), "{error}");
}

#[tokio::test]
async fn the_result_of_an_update_is_compared_with_the_request() {
    for (id, is_own) in [("c1", true), ("c2", false)] {
        let updated = move |_| {
            let mut attempt = attempt("success");
            attempt["result"] = json!({ "access_code": { "access_code_id": id } });
            answer(attempt)
        };
        let seam = Door::polled(pending, updated).seam(&TestClock::new());
        let result = seam.access_codes().update("c1").name("Guest").and_wait().await;
        assert_eq!(result.is_ok(), is_own, "{result:?}");
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
        }
    }
}

/// Every poll has the same URL, so a cache could return an old response.
#[tokio::test]
async fn no_poll_is_answered_by_a_cache() {
    /// A path and the values of its header.
    type Seen = (String, Vec<String>);

    #[derive(Clone, Debug, Default)]
    struct Headers(Arc<Mutex<Vec<Seen>>>);

    #[async_trait]
    impl Transport for Headers {
        async fn send(&self, request: Request) -> Answer {
            let values = request.headers().get_all("cache-control").iter();
            let values = values.map(|value| value.to_str().unwrap().to_owned()).collect();
            self.0.lock().unwrap().push((request.uri().path().to_owned(), values));
            if request.uri().path() == "/action_attempts/get" { success() } else { pending() }
        }
    }

    let headers = Headers::default();
    let seam = seam_mock::seam(headers.clone());
    seam.locks().unlock_door("front").and_wait().await.unwrap();
    // A cache header of the call applies only to the call itself.
    seam.locks().unlock_door("front").with_header("cache-control", "max-age=60").and_wait().await.unwrap();
    seam.action_attempts().get("a1").await.unwrap();
    let poll = || ("/action_attempts/get".to_owned(), vec!["no-store".to_owned()]);
    let action = |values: &[&str]| ("/locks/unlock_door".to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
    assert_eq!(*headers.0.lock().unwrap(), [action(&[]), poll(), action(&["max-age=60"]), poll(), poll()]);
}

#[tokio::test]
async fn a_deletion_without_an_attempt_is_done() {
    let seam = Door::new(|| Ok(json_response(200, json!({}))), [pending as Poll]).seam(&TestClock::new());
    assert_eq!(seam.access_codes().delete("c1").and_wait().await.unwrap(), None);
    let seam = Door::new(pending, [success as Poll]).seam(&TestClock::new());
    let attempt = seam.access_codes().delete("c1").and_wait().await.unwrap().unwrap();
    assert_eq!(attempt.status, ActionAttemptStatus::Success);
}

#[tokio::test]
async fn a_wait_can_be_repeated_for_an_attempt() {
    let seam = Door::new(pending, [pending as Poll, success]).seam(&TestClock::new());
    let attempt = seam.action_attempts().get("a1").and_wait().await.unwrap();
    assert_eq!(attempt.status, ActionAttemptStatus::Success);
}

#[tokio::test]
async fn a_pin_in_the_message_of_a_device_is_redacted() {
    let failed = || {
        let mut attempt = attempt("error");
        attempt["error"] = json!({ "type": "duplicate_code", "message": "The code 198877 is taken" });
        Ok(json_response(200, json!({ "access_code": { "access_code_id": "c1" }, "action_attempt": attempt })))
    };
    let seam = Door::new(failed, [pending as Poll]).seam(&TestClock::new());
    let error = seam.access_codes().create("front").code("198877").and_wait().await.unwrap_err();
    assert_eq!(error.to_string(), "POST /access_codes/create: duplicate_code: The code *** is taken");
    assert!(!format!("{error:?}").contains("198877"));
}

/// During a wait, the server may quote parameters of the action, in the attempt or in an error.
#[tokio::test]
async fn a_pin_that_a_poll_quotes_is_redacted() {
    const PIN: &str = "canary-7391";

    let polls: [Poll; 4] = [
        || {
            let error = json!({ "type": PIN, "message": format!("{PIN} is taken") });
            answer(json!({ "action_attempt_id": "a1", "status": "error", "error": error }))
        },
        || Ok(ApiFault::not_found("not_found", format!("no attempt for {PIN}")).with_request_id(PIN).to_response()),
        || Ok(ApiFault::invalid_input("no").with_validation_error(PIN, PIN).to_response()),
        || Ok(json_response(200, json!({ "action_attempt": { PIN: 1 } }))),
    ];
    for poll in polls {
        let started = || {
            Ok(json_response(
                200,
                json!({ "access_code": { "access_code_id": "c1" }, "action_attempt": attempt("pending") }),
            ))
        };
        let seam = Door::new(started, [poll]).seam(&TestClock::new());
        let error = seam.access_codes().create("d1").code(PIN).and_wait().await.unwrap_err();
        let mut printed = format!("{error} {error:?} {:?}", error.error_type());
        let mut source = error.source();
        while let Some(inner) = source {
            printed = format!("{printed} {inner} {inner:?}");
            source = inner.source();
        }
        assert!(!printed.contains("7391"), "{printed}");
        assert!(printed.contains("***") || error.kind() == ErrorKind::OutcomeUnknown, "{printed}");
    }
}

#[tokio::test]
async fn an_attempt_without_a_readable_status_is_not_taken_for_a_success() {
    for status in [json!(null), json!(true), json!(["success"]), json!({}), json!("")] {
        let mut unknown = attempt("pending");
        unknown["status"] = status.clone();
        unknown["result"] = json!({ "was_confirmed_by_device": true });
        let seam = Door::new(move || answer(unknown.clone()), [(|| answer(attempt("success"))) as Poll])
            .seam(&TestClock::new());
        let error = seam.locks().unlock_door("d1").and_wait().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ActionStatusUnknown, "{status}");
        assert!(error.may_have_been_applied() && error.action_attempt().is_some());
    }
}

#[tokio::test]
async fn polls_do_not_carry_the_parameters_that_were_added_to_the_action() {
    let door = Door::new(|| answer(attempt("pending")), [(|| answer(attempt("success"))) as Poll]);
    let seam = door.seam(&TestClock::new());
    seam.locks().unlock_door("d1").with_parameter("speed", "slow").and_wait().await.unwrap();
    let requests = door.requests();
    assert_eq!(requests.len(), 2);
    assert!(!requests[1].contains("speed"), "{requests:?}");
}
