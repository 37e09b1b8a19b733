//! Counts the bytes of a client that serves many calls: calls in flight, tenants, rate limits and streams. An allocator counts the
//! bytes that the program requests, which are the same in every run.
//!
//! ```sh
//! cargo run --release -p memory-costs             # prints the bytes
//! cargo run --release -p memory-costs -- check    # also fails if there are more than allowed, as CI does
//! ```
#![allow(clippy::unwrap_used, reason = "a failed measurement ends the program")]
#![allow(clippy::print_stdout, reason = "the program prints its results")]

use std::{
    pin::pin,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use peak_alloc::PeakAlloc;
use seam_core::{
    Body, Builder, Clock, Credentials, RateLimits, Response, RetryPolicy, Seam, SystemClock, TransportError, http,
    transport_fn,
};
use seam_tokio::TokioClock;
use tokio::sync::Semaphore;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The number of calls, tenants and devices.
const COUNT: usize = 10_000;

/// The number of waiters of one device.
const WAITERS: usize = 1_000;

/// The number of items of a page.
const PAGE: usize = 100;

const DEVICE: &str = r#"{"device":{"device_id":"26d6138c-6524-4f3c-ac96-43cc3bea0a8d"}}"#;

const ATTEMPT: &str = r#"{"action_attempt":{"action_attempt_id":"a1","action_type":"UNLOCK_DOOR","status":"success"}}"#;

/// A result: bytes, and the largest allowed number.
struct Cost {
    name: &'static str,
    bytes: usize,
    limit: usize,
}

fn main() -> ExitCode {
    let is_check = std::env::args().nth(1).is_some_and(|mode| mode == "check");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let mut costs = Vec::new();
    costs.extend(calls(
        ["a call in flight, clock of tokio", "the same, after all calls ended"],
        Seam::builder(transport_fn(|_| wait())).clock(TokioClock),
    ));
    costs.extend(calls(
        ["a call in flight, default clock", "the same, after all calls ended"],
        Seam::builder(transport_fn(|_| wait())).clock(SystemClock),
    ));
    costs.extend(calls(
        ["a call in flight without retries", "the same, after all calls ended"],
        Seam::builder(transport_fn(|_| wait())).clock(TokioClock).retry_policy(RetryPolicy::none()),
    ));
    costs.push(tenants());
    costs.push(devices());
    costs.extend(waiters());
    costs.extend(stream());

    let mut code = ExitCode::SUCCESS;
    println!("{:44}{:>12}{:>12}", "", "bytes", "limit");
    for Cost { name, bytes, limit } in costs {
        println!("{name:44}{bytes:>12}{limit:>12}");
        if is_check && bytes > limit {
            println!("{name}: {bytes} bytes, more than {limit}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn build(builder: Builder) -> Seam {
    builder.credentials(Credentials::api_key("seam_costs_key").unwrap()).build().unwrap()
}

fn response(body: impl Into<Body>) -> Result<Response, TransportError> {
    Ok(http::Response::new(body.into()))
}

/// Responses wait here until the calls in flight were counted.
static OPEN: Semaphore = Semaphore::const_new(0);

async fn wait() -> Result<Response, TransportError> {
    drop(OPEN.acquire().await.unwrap());
    response(DEVICE.as_bytes())
}

/// Returns the bytes that a value keeps.
fn kept<T>(make: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATOR.current_usage();
    let value = make();
    (ALLOCATOR.current_usage().saturating_sub(before), value)
}

/// Counts calls in flight, each polled once, and what remains after they ended.
fn calls(names: [&'static str; 2], builder: Builder) -> [Cost; 2] {
    let seam = build(builder);
    let mut context = Context::from_waker(Waker::noop());
    let id = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
    let before = ALLOCATOR.current_usage();
    let mut calls: Vec<_> = (0..COUNT).map(|_| seam.devices().get(id).into_future()).collect();
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    let in_flight = ALLOCATOR.current_usage().saturating_sub(before);
    OPEN.add_permits(COUNT);
    for call in &mut calls {
        while call.as_mut().poll(&mut context).is_pending() {}
    }
    OPEN.forget_permits(COUNT);
    drop(calls);
    let rest = ALLOCATOR.current_usage().saturating_sub(before);
    let [name, after] = names;
    [Cost { name, bytes: in_flight / COUNT, limit: 4_000 }, Cost { name: after, bytes: rest / COUNT, limit: 1 }]
}

/// Counts a tenant: a client with credentials of its own.
fn tenants() -> Cost {
    let seam = build(Seam::builder(transport_fn(|_| wait())));
    let tenant = |number| seam.with_credentials(Credentials::api_key(format!("seam_tenant_{number:05}")).unwrap());
    let (bytes, tenants) = kept(|| (0..COUNT).map(tenant).collect::<Vec<_>>());
    Cost { name: "a tenant", bytes: bytes / tenants.len(), limit: 341 }
}

/// A clock whose pauses never end.
#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn sleep(&self, _: Duration) -> seam_core::Sleep {
        Box::pin(std::future::pending())
    }
}

fn limited() -> Seam {
    let attempt = transport_fn(|_| async { response(ATTEMPT.as_bytes()) });
    build(
        Seam::builder(attempt)
            .clock(Stopped)
            .rate_limits(RateLimits::documented())
            .timeout(Duration::from_secs(100_000)),
    )
}

/// Counts a device with a recent request.
fn devices() -> Cost {
    let seam = limited();
    let mut context = Context::from_waker(Waker::noop());
    let mut unlock = |number: usize| {
        let call = seam.locks().unlock_door(format!("26d6138c-6524-4f3c-ac96-{number:012}"));
        assert!(call.into_future().as_mut().poll(&mut context).is_ready());
    };
    unlock(COUNT);
    let (bytes, ()) = kept(|| (0..COUNT).for_each(&mut unlock));
    Cost { name: "a device with a rate limit", bytes: bytes / COUNT, limit: 100 }
}

/// Counts a call that waits for the limit of its device, and by how much that grows with the number of waiters.
fn waiters() -> [Cost; 2] {
    let bytes_of_each = |waiters: usize| {
        let seam = limited();
        let mut context = Context::from_waker(Waker::noop());
        let unlock = || seam.locks().unlock_door("front-door").into_future();
        while unlock().as_mut().poll(&mut context).is_ready() {}
        let mut calls = Vec::with_capacity(waiters);
        let (bytes, ()) = kept(|| {
            for _ in 0..waiters {
                let mut call = unlock();
                assert!(call.as_mut().poll(&mut context).is_pending());
                calls.push(call);
            }
        });
        bytes / waiters
    };
    let (few, many) = (bytes_of_each(10), bytes_of_each(WAITERS));
    [
        Cost { name: "one of 1,000 calls that wait for a device", bytes: many, limit: 4_000 },
        Cost { name: "the same beyond one of 10 such calls", bytes: many.saturating_sub(few), limit: 16 },
    ]
}

/// Counts the peak of a stream of pages of 100 devices.
fn stream() -> [Cost; 2] {
    let peak = |pages: usize| {
        let sent = AtomicUsize::new(0);
        let page = transport_fn(move |_| {
            let number = sent.fetch_add(1, Ordering::Relaxed) + 1;
            let device = r#"{"device_id":"26d6138c-6524-4f3c-ac96-43cc3bea0a8d"}"#;
            let devices = vec![device; PAGE].join(",");
            let cursor = if number < pages { format!(r#""cursor-{number}""#) } else { "null".to_owned() };
            let pagination =
                format!(r#"{{"has_next_page":{},"next_page_cursor":{cursor},"next_page_url":null}}"#, number < pages);
            async move { response(format!(r#"{{"devices":[{devices}],"pagination":{pagination}}}"#).into_bytes()) }
        });
        let seam = build(Seam::builder(page).clock(TokioClock));
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let mut items = seam.devices().list().items();
        let mut count = 0;
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(device)) = pin!(items.next()).poll(&mut context) {
            device.unwrap();
            count += 1;
        }
        assert_eq!(count, pages * PAGE);
        ALLOCATOR.peak_usage().saturating_sub(before)
    };
    let (short, long) = (peak(10), peak(10_000));
    [
        Cost { name: "a stream of 1,000 items, at its peak", bytes: short, limit: 500_000 },
        Cost {
            name: "growth from there to 1,000,000 items, per page",
            bytes: long.saturating_sub(short) / 10_000,
            limit: 32,
        },
    ]
}
