//! The timeout of an attempt: a read without a response is sent again within its call. Uses tokio's paused time, which
//! advances to the earliest timer.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    io,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use seam_core::{
    Clock, Credentials, Error, Request, Response, RetryPolicy, Seam, Sleep, Transport, TransportError,
    TransportErrorKind, async_trait,
};
use seam_mock::{API_KEY, ApiFault, json_response};
use serde_json::json;
use tokio::time::{self, sleep};

/// The clock of tokio.
#[derive(Debug)]
struct TokioTime;

impl Clock for TokioTime {
    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(sleep(duration))
    }
}

/// A server that responds to each request with 404 after the next of these delays in seconds, and not at all after the
/// last.
#[derive(Clone, Debug)]
struct Server {
    seconds: Arc<[u64]>,
    /// The time of each request.
    requests: Arc<Mutex<Vec<time::Instant>>>,
}

impl Server {
    fn new(seconds: &[u64]) -> Self {
        Self { seconds: seconds.into(), requests: Arc::default() }
    }

    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn seam_with(&self, policy: RetryPolicy) -> Seam {
        let builder = Seam::builder(self.clone()).credentials(Credentials::api_key(API_KEY).unwrap());
        builder.clock(TokioTime).retry_policy(policy).build().unwrap()
    }

    fn seam(&self) -> Seam {
        self.seam_with(RetryPolicy::new())
    }
}

#[async_trait]
impl Transport for Server {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(time::Instant::now());
            requests.len() - 1
        };
        match self.seconds.get(number) {
            Some(seconds) => sleep(Duration::from_secs(*seconds)).await,
            None => std::future::pending().await,
        }
        Ok(ApiFault::new(404, "not_found", "Not here").to_response())
    }
}

const HANGS: u64 = 1_000;

async fn read(seam: &Seam) -> Error {
    seam.devices().get("front-door").await.unwrap_err()
}

/// Returns the elapsed seconds without the random waits between attempts.
fn took(started: time::Instant) -> u64 {
    started.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_read_that_hangs_once_succeeds_with_the_second_attempt() {
    for is_read in [true, false] {
        let server = Server::new(&[HANGS, 1]);
        let (seam, started) = (server.seam(), time::Instant::now());
        let error = if is_read { read(&seam).await } else { seam.access_codes().delete("26d6").await.unwrap_err() };
        assert!(error.is_not_found() && error.attempts() == 2, "{error}");
        assert_eq!((server.count(), took(started)), (2, 6));
        // The attempt that hung may have been carried out.
        assert_eq!(error.may_have_been_applied(), !is_read);
    }
}

/// The pages of a list, prefetched or not, are reads like any other.
#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_once_succeeds_with_the_second_attempt() {
    let server = Server::new(&[HANGS, 1]);
    let error = server.seam().devices().list().page().await.unwrap_err();
    assert!(error.is_not_found() && error.attempts() == 2, "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_action_may_use_all_the_time_of_its_call_and_is_sent_once() {
    let server = Server::new(&[29]);
    let started = time::Instant::now();
    let error = server.seam().locks().unlock_door("front-door").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!((server.count(), took(started)), (1, 29));

    let server = Server::new(&[HANGS]);
    let started = time::Instant::now();
    let error = server.seam().locks().unlock_door("front-door").await.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_timeout(), "{error}");
    assert_eq!((server.count(), took(started)), (1, 30));
}

/// A list of many pages may be slow for a good reason.
#[tokio::test(start_paused = true)]
async fn the_last_attempt_may_use_all_the_remaining_time() {
    let server = Server::new(&[18; 3]);
    let error = read(&server.seam()).await;
    assert!(error.is_not_found() && error.attempts() == 3, "{error}");

    let server = Server::new(&[]);
    let started = time::Instant::now();
    let error = read(&server.seam()).await;
    assert!(error.is_timeout() && error.attempts() == 3, "{error}");
    assert_eq!(took(started), 30);
}

#[tokio::test(start_paused = true)]
async fn a_call_with_little_time_is_not_divided() {
    for (timeout, requests) in [(10, 1), (11, 2)] {
        let server = Server::new(&[9; 3]);
        let call = server.seam().devices().get("front-door").with_timeout(Duration::from_secs(timeout));
        call.await.unwrap_err();
        assert_eq!(server.count(), requests, "{timeout} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_a_successor_has_no_timeout() {
    let server = Server::new(&[29]);
    assert!(server.seam().devices().get("front-door").without_retries().await.unwrap_err().is_not_found());
    for policy in
        [RetryPolicy::none(), RetryPolicy::new().retry_budget(0), RetryPolicy::new().attempt_timeout(Duration::MAX)]
    {
        let server = Server::new(&[29]);
        assert!(read(&server.seam_with(policy)).await.is_not_found());
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_timeout_can_be_set() {
    let server = Server::new(&[HANGS, HANGS, HANGS, 0]);
    let policy = RetryPolicy::new().max_attempts(NonZeroU32::new(4).unwrap()).attempt_timeout(Duration::from_secs(2));
    let started = time::Instant::now();
    assert!(read(&server.seam_with(policy)).await.is_not_found());
    assert!((6..8).contains(&took(started)), "{:?}", started.elapsed());

    // A timeout of `Duration::MAX` disables it.
    let server = Server::new(&[HANGS, HANGS, 60]);
    let error = server.seam().devices().get("front-door").with_timeout(Duration::MAX).await.unwrap_err();
    assert!(error.is_not_found() && error.attempts() == 3, "{error}");
}

/// A slow server receives no more requests than the budget allows, and every call gets a response.
#[tokio::test(start_paused = true)]
async fn no_more_slow_reads_end_early_than_the_budget_has_retries() {
    let server = Server::new(&[12; 2_000]);
    let seam = server.seam();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let seam = seam.clone();
            tokio::spawn(async move { read(&seam).await })
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap().is_not_found());
    }
    assert_eq!(answered, 1_000);
    assert!((1_001..=1_040).contains(&server.count()), "{}", server.count());
}

/// A call that is dropped in the pause before the second attempt does not consume its retry.
#[tokio::test(start_paused = true)]
async fn an_unused_retry_returns_to_the_budget() {
    let server = Server::new(&[]);
    let seam = server.seam_with(RetryPolicy::new().retry_budget(1).initial_backoff(Duration::from_secs(20)));
    let call = || seam.devices().get("front-door").with_timeout(Duration::from_secs(100)).into_future();
    // The wait is random, up to 20 s.
    assert!(time::timeout(Duration::from_millis(5_001), call()).await.is_err());
    assert_eq!(server.count(), 1);
    call().await.unwrap_err();
    assert_eq!(server.count(), 3, "one retry was left");
}

/// A server with a pending action, whose first poll gets no response.
#[derive(Debug, Default)]
struct HangingPoll(AtomicUsize);

#[async_trait]
impl Transport for HangingPoll {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        let status = match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => "pending",
            1 => std::future::pending().await,
            _ => "success",
        };
        let attempt = json!({ "action_attempt_id": "a1", "action_type": "UNLOCK_DOOR", "status": status });
        Ok(json_response(200, json!({ "action_attempt": attempt })))
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_hangs_leaves_time_for_another() {
    let builder = Seam::builder(HangingPoll::default()).credentials(Credentials::api_key(API_KEY).unwrap());
    let seam = builder.clock(TokioTime).build().unwrap();
    let started = time::Instant::now();
    seam.locks().unlock_door("front-door").and_wait().await.unwrap();
    assert_eq!(took(started), 6);
}

/// A clock whose pauses do not work.
#[derive(Debug)]
struct Broken;

impl Clock for Broken {
    fn prepare(&self) -> io::Result<()> {
        Err(io::Error::other("no thread left"))
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_the_clock_does_not_work() {
    for timeout in [Duration::from_secs(30), Duration::MAX] {
        let server = Server::new(&[]);
        let builder = Seam::builder(server.clone()).credentials(Credentials::api_key(API_KEY).unwrap());
        let seam = builder.clock(Broken).build().unwrap();
        let error = seam.locks().unlock_door("front-door").with_timeout(timeout).await.unwrap_err();
        assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
        assert!(error.to_string().contains("no thread left"), "{error}");
        assert_eq!(server.count(), 0);
    }
}
