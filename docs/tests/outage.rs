//! The guarantees of retries over real sockets: a loopback server counts the requests that it receives.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{sync::Arc, time::Duration};

use hyper_util::client::legacy::connect::HttpConnector;
use seam_core::{Credentials, RetryPolicy, Seam, Transport};
use seam_faults::{Fault, Faults, ImmediateClock, RandomServer};
use seam_guide::hyper_transport::HyperTransport;
use seam_reqwest::ReqwestTransport;
use tokio::task::JoinSet;

/// Returns a client whose pauses take no real time, for the maximum load on the server.
fn seam(transport: impl Transport, server: &RandomServer) -> Seam {
    let builder = Seam::builder(transport).credentials(Credentials::api_key(seam_mock::API_KEY).unwrap());
    builder.base_url(server.url()).clock(ImmediateClock::default()).build().unwrap()
}

/// Makes `calls` calls, 32 at a time: `call` receives the client and a number.
async fn many<F: Future<Output = ()> + Send + 'static>(calls: usize, seam: &Seam, call: fn(Seam, usize) -> F) {
    let mut running = JoinSet::new();
    for number in 0..calls {
        if running.len() == 32 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(call(seam.clone(), number));
    }
    running.join_all().await;
}

async fn read(seam: Seam, number: usize) {
    seam.access_codes().get(format!("call-{number}")).await.unwrap_err();
}

async fn act(seam: Seam, number: usize) {
    let error = seam.locks().unlock_door(format!("call-{number}")).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
}

async fn an_outage_is_not_amplified(transport: fn() -> Arc<dyn Transport>, fault: Fault) {
    let server = RandomServer::start(Faults::Always(fault)).await.unwrap();
    many(1000, &seam(transport(), &server), read).await;
    assert_eq!(server.request_count(), 1020, "reads");

    let server = RandomServer::start(Faults::Always(fault)).await.unwrap();
    many(1000, &seam(transport(), &server), act).await;
    assert_eq!(server.request_count(), 1000, "actions");
    assert!(server.arrived().values().all(|count| *count == 1));
}

fn reqwest() -> Arc<dyn Transport> {
    Arc::new(ReqwestTransport::builder().build().unwrap())
}

fn hyper() -> Arc<dyn Transport> {
    Arc::new(HyperTransport::new(HttpConnector::new()))
}

#[tokio::test]
async fn a_failing_server_receives_no_more_requests_than_the_budget() {
    an_outage_is_not_amplified(reqwest, Fault::Status(503)).await;
    an_outage_is_not_amplified(hyper, Fault::Status(503)).await;
}

#[tokio::test]
async fn a_server_that_hangs_up_gets_no_more_than_its_share() {
    an_outage_is_not_amplified(reqwest, Fault::CloseWithoutResponse).await;
    an_outage_is_not_amplified(hyper, Fault::Reset).await;
}

/// Under random faults of every kind, no action is received twice, and no read more than three times.
async fn no_request_is_received_too_often(transport: Arc<dyn Transport>, calls: usize) {
    let server = RandomServer::start(Faults::Seeded(7)).await.unwrap();
    let builder = Seam::builder(transport).credentials(Credentials::api_key(seam_mock::API_KEY).unwrap());
    let builder = builder.base_url(server.url()).clock(ImmediateClock::default()).timeout(Duration::from_millis(300));
    // With an unlimited budget, so that every permitted retry happens.
    let seam = builder.retry_policy(RetryPolicy::new().retry_budget(u32::MAX / 10)).build().unwrap();
    many(calls, &seam, |seam, number| async move {
        let id = format!("call-{number}");
        // Every third call is a read. The results are ignored.
        if number % 3 == 0 {
            let _ = seam.access_codes().get(id).await;
        } else {
            let _ = seam.locks().unlock_door(id).await;
        }
    })
    .await;
    let arrived = server.arrived();
    for (id, count) in &arrived {
        let number: usize = id.strip_prefix("call-").unwrap().parse().unwrap();
        let most = if number % 3 == 0 { 3 } else { 1 };
        assert!(*count <= most, "{id} arrived {count} times");
    }
    // Faults and retries did occur.
    assert!(arrived.len() > calls * 8 / 10 && arrived.values().any(|count| *count == 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_action_arrives_twice_by_reqwest() {
    no_request_is_received_too_often(reqwest(), 5_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_action_arrives_twice_by_a_custom_transport() {
    no_request_is_received_too_often(hyper(), 5_000).await;
}
