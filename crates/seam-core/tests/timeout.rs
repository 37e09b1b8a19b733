//! The timeout of a call, with a slow transport and a clock that advances over pauses.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use seam_core::{
    Clock, Credentials, Request, RequestExt, Response, RetryPolicy, Seam, Sleep, Transport, TransportError,
    TransportErrorKind, async_trait,
};
use seam_mock::{API_KEY, ApiFault, TestClock};

/// A transport that responds with `status` after a pause.
#[derive(Debug)]
struct Slow {
    clock: TestClock,
    pause: Duration,
    status: u16,
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        assert!(
            request.deadline().is_none_or(|deadline| deadline > self.clock.now()),
            "it is sent before the deadline"
        );
        self.clock.sleep(self.pause).await;
        Ok(ApiFault::new(self.status, "some_error", "Something happened").to_response())
    }
}

fn seam(clock: &TestClock, pause: Duration, status: u16) -> Seam {
    let transport = Slow { clock: clock.clone(), pause, status };
    let builder = seam_mock::builder(transport).clock(clock.clone());
    // Attempts with a timeout of their own are tested in `attempt_timeout.rs`.
    let builder = builder.retry_policy(RetryPolicy::new().attempt_timeout(Duration::MAX));
    builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_and_not_before() {
    for (pause, is_in_time) in [(29, true), (31, false)] {
        let clock = TestClock::new();
        let error = seam(&clock, seconds(pause), 404).access_codes().get("26d6").await.unwrap_err();
        assert_eq!((error.is_not_found(), error.is_timeout()), (is_in_time, !is_in_time), "{error}");
    }
    let clock = TestClock::new();
    let seam = seam(&clock, seconds(31), 404);
    let error = seam.access_codes().get("26d6").with_timeout(seconds(32)).await.unwrap_err();
    assert!(error.is_not_found());
    let error = seam.access_codes().get("26d6").with_timeout(Duration::MAX).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn the_timeout_covers_all_attempts_and_the_waits_between_them() {
    let clock = TestClock::new();
    // Three attempts would take a little over 30 s.
    let error = seam(&clock, seconds(10), 503).access_codes().get("26d6").await.unwrap_err();
    assert!(error.is_timeout() && error.attempts() == 3, "{error}");
    // The second attempt would begin after the deadline, so the call returns the first response.
    let clock = TestClock::new();
    let call =
        seam(&clock, seconds(10), 503).access_codes().get("26d6").with_timeout(seconds(10) + Duration::from_nanos(1));
    let error = call.await.unwrap_err();
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(503), 1), "{error}");
}

#[tokio::test]
async fn an_action_that_timed_out_may_have_been_applied_unless_it_was_not_sent() {
    let clock = TestClock::new();
    let seam = seam(&clock, seconds(31), 404);
    let error = seam.locks().unlock_door("front-door").await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_timeout() && !error.is_not_sent(), "{error}");

    let error = seam.locks().unlock_door("front-door").with_timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSentInTime));
    assert!(error.is_not_sent() && error.is_timeout() && !error.may_have_been_applied(), "{error}");
}

/// A clock whose timers are late by a second, as on a busy machine.
#[derive(Debug)]
struct Late(TestClock);

impl Clock for Late {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration + seconds(1))
    }

    fn deadline(&self, deadline: Instant) -> Sleep {
        self.0.deadline(deadline)
    }
}

#[tokio::test]
async fn a_late_timer_causes_no_attempt_after_the_deadline() {
    let clock = TestClock::new();
    let transport = Slow { clock: clock.clone(), pause: Duration::ZERO, status: 503 };
    let builder = seam_mock::builder(transport).clock(Late(clock.clone()));
    let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap();
    let error = seam.access_codes().get("26d6").with_timeout(Duration::from_millis(500)).await.unwrap_err();
    // The last response, rather than an error about the deadline.
    assert_eq!((error.status().map(|status| status.as_u16()), error.attempts()), (Some(503), 1), "{error}");
}

proptest! {
    /// A call ends by its deadline with any behavior of the server.
    #[test]
    fn no_call_outlives_its_timeout(pause in 0_u64..20_000, timeout in 0_u64..20_000, status in 200_u16..600) {
        let clock = TestClock::new();
        let seam = seam(&clock, Duration::from_millis(pause), status);
        let started = clock.now();
        let timeout = Duration::from_millis(timeout);
        let _ = seam.access_codes().get("26d6").with_timeout(timeout).block();
        // Only a pause of the transport may advance the clock past the deadline.
        prop_assert!(clock.now() - started <= timeout + Duration::from_millis(pause));
        if pause == 0 {
            prop_assert!(clock.now() - started <= timeout);
        }
    }
}
