//! Polling a read until a condition holds: the requests, their times, and each result.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::{
    error::Error as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use seam_core::{
    Clock, Credentials, Error, ErrorKind, Request, RequestExt, Response, Seam, TransportError, TransportErrorKind,
    Until, endpoints::access_codes::Get, http::header, model::AccessCode, model::AccessCodeStatus, transport_fn,
};
use seam_mock::{API_KEY, ApiFault, TestClock, json_response};
use serde_json::json;
use support::everything_printed;

type Answer = Result<Response, TransportError>;

/// A server with one access code, which responds to poll number `n`, counted from one, with `answer(n)`.
struct Code {
    seam: Seam,
    clock: TestClock,
    requests: Arc<Mutex<Vec<Request>>>,
    /// The remaining time of each request.
    timeouts: Arc<Mutex<Vec<Duration>>>,
}

impl Code {
    fn new(answer: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Self {
        let clock = TestClock::new();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let timeouts: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let (sent, times, now) = (Arc::clone(&requests), Arc::clone(&timeouts), clock.clone());
        let transport = transport_fn(move |request: Request| {
            let timeout = request.deadline().map_or(Duration::MAX, |deadline| deadline - now.now());
            times.lock().unwrap().push(timeout);
            sent.lock().unwrap().push(request);
            let answer = answer(sent.lock().unwrap().len());
            async move { answer }
        });
        let builder = seam_mock::builder(transport).clock(clock.clone());
        let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
        Self { seam, clock, requests, timeouts }
    }

    fn until_set(&self) -> Until<Get, impl FnMut(&AccessCode) -> bool + Send + use<>> {
        self.seam.access_codes().get("c1").until(|code| code.status == Some(AccessCodeStatus::Set))
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

fn status(status: &str) -> Answer {
    Ok(json_response(200, json!({ "access_code": { "access_code_id": "c1", "status": status }, "ok": true })))
}

fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test]
async fn a_condition_that_already_holds_needs_one_request() {
    let code = Code::new(|_| status("set"));
    assert_eq!(code.until_set().await.unwrap().status, Some(AccessCodeStatus::Set));
    assert_eq!((code.requests(), code.clock.elapsed()), (1, Duration::ZERO));
}

#[tokio::test]
async fn a_read_is_polled_until_the_condition_holds() {
    let code = Code::new(|number| status(if number < 4 { "setting" } else { "set" }));
    let mut seen = Vec::new();
    // The condition is called once per poll, and may keep state.
    let until = code.seam.access_codes().get("c1").with_header("x-trace", "7").until(move |code| {
        seen.push(code.status.clone());
        seen.len() == 4
    });
    assert_eq!(until.await.unwrap().status, Some(AccessCodeStatus::Set));
    assert_eq!(code.clock.pauses(), [millis(1000); 3]);
    for request in code.requests.lock().unwrap().iter() {
        assert_eq!(request.uri().path(), "/access_codes/get");
        assert_eq!(request.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(request.headers()["x-trace"], "7");
    }
}

#[tokio::test]
async fn a_condition_that_does_not_hold_in_time_is_an_error_with_the_last_value() {
    let code = Code::new(|number| status(if number == 60 { "unset" } else { "setting" }));
    let error = code.until_set().await.unwrap_err();
    assert_eq!((error.kind(), error.is_timeout(), error.is_not_sent()), (ErrorKind::ConditionNotMet, true, false));
    assert!(!error.may_have_been_applied());
    assert_eq!(error.to_string(), "GET /access_codes/get: the condition did not hold within 60 s (polled 60 times)");
    assert_eq!(error.last_value::<AccessCode>().unwrap().status, Some(AccessCodeStatus::Unset));
    assert!(error.last_value::<String>().is_none());
    assert!(error.body().unwrap().as_ref().starts_with(b"{"));
    assert_eq!((code.requests(), code.clock.elapsed()), (60, millis(59_000)));
}

/// The interval is at most half of the timeout, and the wait ends when no time remains for another poll.
#[tokio::test]
async fn the_wait_ends_when_there_is_no_time_for_another_poll() {
    for (timeout, interval, polls, waited) in [(60_000, 5000, 12, 55_000), (300, 1000, 2, 150), (1, 1000, 1, 0)] {
        let code = Code::new(|_| status("setting"));
        let error = code.until_set().timeout(millis(timeout)).poll_interval(millis(interval)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConditionNotMet);
        assert_eq!((code.requests(), code.clock.elapsed()), (polls, millis(waited)), "{error}");
    }
}

#[tokio::test]
async fn an_interval_or_a_timeout_of_zero_sends_nothing() {
    let code = Code::new(|_| status("set"));
    let error = code.until_set().poll_interval(Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.is_not_sent()), (ErrorKind::InvalidRequest, true), "{error}");
    let error = code.until_set().timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!((error.kind(), error.last_value::<AccessCode>()), (ErrorKind::ConditionNotMet, None), "{error}");
    let source = error.source().and_then(|source| source.downcast_ref::<Error>());
    assert!(source.unwrap().is_not_sent());
    assert_eq!(code.requests(), 0);
}

#[tokio::test]
async fn a_poll_with_a_permanent_error_ends_the_wait() {
    let code = Code::new(|number| match number {
        1 => status("setting"),
        _ => Ok(ApiFault::not_found("access_code_not_found", "It is gone").to_response()),
    });
    let error = code.until_set().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(code.requests(), 2);
}

#[tokio::test]
async fn a_poll_is_retried_and_one_that_times_out_is_followed_by_another() {
    let code = Code::new(|number| match number {
        1 => Err(TransportErrorKind::Interrupted.into()),
        2 => status("setting"),
        // One poll has three attempts.
        3..=5 => Err(TransportErrorKind::Timeout.into()),
        _ => status("set"),
    });
    code.until_set().await.unwrap();
    assert_eq!(code.requests(), 6);
    assert_eq!(code.clock.pauses().iter().filter(|pause| **pause == millis(1000)).count(), 2);

    let code =
        Code::new(|number| if number == 1 { status("setting") } else { Err(TransportErrorKind::Timeout.into()) });
    let error = code.until_set().timeout(millis(2500)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConditionNotMet);
    assert_eq!(error.last_value::<AccessCode>().unwrap().status, Some(AccessCodeStatus::Setting));
    let source = error.source().and_then(|source| source.downcast_ref::<Error>());
    assert_eq!(source.unwrap().transport_error_kind(), Some(TransportErrorKind::Timeout));
}

#[tokio::test]
async fn a_poll_has_the_timeout_of_its_call_up_to_the_remaining_time() {
    let code = Code::new(|_| status("setting"));
    code.until_set().timeout(millis(6500)).await.unwrap_err();
    let timeouts: Vec<_> = [5000, 5000, 4500, 3500, 2500, 1500, 500].map(millis).into();
    assert_eq!(*code.timeouts.lock().unwrap(), timeouts);

    let code = Code::new(|_| status("setting"));
    let get = code.seam.access_codes().get("c1").with_timeout(millis(8000));
    get.until(|_| false).timeout(millis(9500)).await.unwrap_err();
    let timeouts = code.timeouts.lock().unwrap().clone();
    assert_eq!(timeouts.first_chunk(), Some(&[8000, 8000, 7500].map(millis)), "{timeouts:?}");
}

#[test]
fn a_condition_can_be_awaited_on_a_thread() {
    let code = Code::new(|number| status(if number < 3 { "setting" } else { "set" }));
    assert_eq!(code.until_set().block().unwrap().status, Some(AccessCodeStatus::Set));
    assert_eq!(code.clock.pauses(), [millis(1000); 2]);
}

#[tokio::test]
async fn neither_the_wait_nor_its_error_prints_the_value() {
    let answer = json!({ "access_code": { "access_code_id": "c1", "code": "7391", "name": "a secret name" } });
    let code = Code::new(move |_| Ok(json_response(200, answer.clone())));
    let error = code.until_set().await.unwrap_err();
    let printed = everything_printed(&error);
    assert!(!printed.contains("7391") && !printed.contains("secret name"), "{printed}");
    assert!(error.last_value::<AccessCode>().is_some());
    assert_eq!(format!("{:?}", code.until_set()).find("Until { call: Call(Get"), Some(0));
}
