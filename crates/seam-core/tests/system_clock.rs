//! The default clock of a client, with and without threads.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use seam_core::{
    Clock, Credentials, Request, Response, Seam, SystemClock, Transport, TransportError, TransportErrorKind,
    async_trait,
};
use seam_mock::API_KEY;

/// A transport that counts requests and never responds.
#[derive(Clone, Debug, Default)]
struct Silent(Arc<AtomicUsize>);

#[async_trait]
impl Transport for Silent {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

fn seam(transport: Silent) -> Seam {
    let builder = Seam::builder(transport).credentials(Credentials::api_key(API_KEY).unwrap());
    builder.allow_blocking().build().unwrap()
}

#[test]
fn pauses_end_in_the_order_of_their_times() {
    let started = Instant::now();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        // Far enough apart that a thread that starts late on a busy machine does not change the order.
        for milliseconds in [900, 300, 600, 0] {
            let sender = sender.clone();
            scope.spawn(move || {
                let seam = seam(Silent::default());
                let pause = async {
                    SystemClock.sleep(Duration::from_millis(milliseconds)).await;
                    Ok(())
                };
                seam.block(pause).unwrap();
                sender.send((milliseconds, started.elapsed())).unwrap();
            });
        }
    });
    drop(sender);
    let ended: Vec<_> = receiver.iter().collect();
    assert_eq!(ended.iter().map(|(milliseconds, _)| *milliseconds).collect::<Vec<_>>(), [0, 300, 600, 900]);
    assert!(ended.iter().all(|(milliseconds, took)| *took >= Duration::from_millis(*milliseconds)), "{ended:?}");
}

#[test]
fn a_dropped_pause_does_not_affect_others() {
    let seam = seam(Silent::default());
    let pauses = async {
        for _ in 0..100 {
            let mut pause = SystemClock.sleep(Duration::from_millis(5));
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(pause.as_mut().poll(context))).await;
            assert!(polled.is_pending());
        }
        SystemClock.sleep(Duration::from_millis(20)).await;
        SystemClock.sleep(Duration::ZERO).await;
        Ok(())
    };
    seam.block(pauses).unwrap();
}

#[test]
fn a_pause_ends_before_a_longer_one_that_began_earlier() {
    let seam = seam(Silent::default());
    let started = Instant::now();
    let pauses = async {
        let mut long = SystemClock.sleep(Duration::from_secs(20));
        for milliseconds in [20, 10, 5] {
            let polled = std::future::poll_fn(|context| std::task::Poll::Ready(long.as_mut().poll(context))).await;
            assert!(polled.is_pending());
            // The thread of the timer falls asleep until the end of the long pause.
            std::thread::sleep(Duration::from_millis(50));
            SystemClock.sleep(Duration::from_millis(milliseconds)).await;
        }
        Ok(())
    };
    seam.block(pauses).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn the_deadline_of_a_call_is_enforced() {
    let transport = Silent::default();
    let error = seam(transport).locks().unlock_door("front-door").with_timeout(Duration::from_millis(50)).block();
    let error = error.unwrap_err();
    assert!(error.is_outcome_unknown() && error.is_timeout(), "{error}");
}

/// The environment variable that marks the child process, which cannot start threads.
const NO_THREADS: &str = "SEAM_TEST_NO_THREADS";

/// Runs the next test in a process whose threads would need larger stacks than the available memory.
#[test]
fn without_a_thread_for_the_timer_nothing_is_sent() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_without_threads", "--test-threads", "1", "--nocapture"])
        .env(NO_THREADS, "1")
        .env("RUST_MIN_STACK", (1_u64 << 46).to_string())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn in_a_process_without_threads() {
    if std::env::var_os(NO_THREADS).is_none() {
        return;
    }
    assert!(
        std::thread::Builder::new().spawn(|| ()).is_err(),
        "the process can start threads, so the test proves nothing"
    );
    let transport = Silent::default();
    let seam = seam(transport.clone());
    let error = seam.locks().unlock_door("front-door").block().unwrap_err();
    assert_eq!(error.transport_error_kind(), Some(TransportErrorKind::NotSent), "{error}");
    assert!(error.to_string().contains("cannot enforce the timeout"), "{error}");
    assert_eq!(transport.0.load(Ordering::SeqCst), 0);
    // A pause ends at once, and neither panics nor hangs.
    let pause = async {
        SystemClock.sleep(Duration::from_secs(60)).await;
        Ok(())
    };
    seam.block(pause).unwrap();
}
