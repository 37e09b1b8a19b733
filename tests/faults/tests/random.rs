//! Calls of every kind under random faults, with two fixed seeds and a random one.
//!
//! A failure prints the seed, and the command that repeats the test with it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use seam_core::{
    Body, Credentials, Idempotency, Request, RequestExt, Response, Seam, Transport, TransportError, TransportErrorKind,
    async_trait,
};
use seam_faults::{Fault, Faults, KEY, Load, LoadResults, RandomServer, Stack, Tally};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// The environment variable with the seed to use instead.
const SEED_VARIABLE: &str = "SEAM_FAULTS_SEED";

const CALLS: u64 = 1000;

/// The time after its deadline at which a call counts as late. Other tests run at the same time, so it is generous.
const TOLERANCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_duplicated_mismatched_leaked_or_late() {
    let seeds = match std::env::var(SEED_VARIABLE) {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            vec![1, 2, u64::from(now.subsec_nanos()) + now.as_secs()]
        }
    };
    for seed in seeds {
        for stack in Stack::ALL {
            check(seed, stack).await;
        }
    }
}

/// Runs the calls over a stack, and checks their results.
async fn check(seed: u64, stack: Stack) {
    let (results, tally, wrongly_not_sent) = run(seed, stack).await;
    let counts = [
        ("duplicate actions", tally.duplicate_actions),
        ("excess requests", tally.excess_requests),
        ("mismatched responses", results.mismatched),
        ("leaked secrets", results.leaked_secrets),
        ("late calls", results.late),
    ];
    let failures: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    assert!(
        failures.is_empty() && wrongly_not_sent.is_empty(),
        "{}: {failures:?}, arrived although reported as not sent: {wrongly_not_sent:?}\n{:#?}\n{:#?}\n\
         to repeat the test: {SEED_VARIABLE}={seed} cargo test -p seam-faults --test random",
        stack.name(),
        results.examples,
        tally.examples
    );
    // The run covers most faults, and all kinds of results.
    assert!(tally.faults.len() > 25, "{:?}", tally.faults);
    for result in ["a value", "dropped", "OutcomeUnknown", "ActionFailed", "Transport"] {
        assert!(results.results.contains_key(result), "no {result} in {:?}", results.results);
    }
}

/// Runs the calls, 64 at a time. The last value is the actions that arrived although the client reported them as not sent.
async fn run(seed: u64, stack: Stack) -> (LoadResults, Tally, Vec<String>) {
    let server = RandomServer::start(Faults::Seeded(seed)).await.unwrap();
    let (load, seam) = (Load::new(seed, TOLERANCE), Load::client(stack, &server.url()).unwrap());
    let mut running = JoinSet::new();
    for number in 0..CALLS {
        if running.len() == 64 {
            running.join_next().await.unwrap().unwrap();
        }
        let (load, seam) = (load.clone(), seam.clone());
        running.spawn(async move { load.call(&seam, number).await });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    assert_eq!(load.results().calls, CALLS);
    let wrongly_not_sent = load.take_not_sent().into_iter().filter(|id| server.has_arrived(id)).collect();
    (load.results(), server.tally(), wrongly_not_sent)
}

#[tokio::test]
async fn an_action_that_arrives_twice_is_detected() {
    let server = RandomServer::start(Faults::Always(Fault::None)).await.unwrap();
    let request = "POST /locks/unlock_door HTTP/1.1\r\ncontent-length: 23\r\n\r\n{\"device_id\":\"call-17\"}";
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(stream.read(&mut [0; 1000]).await.unwrap() > 0);
    }
    let tally = server.tally();
    assert_eq!((tally.duplicate_actions, tally.requests), (1, 2));
    assert_eq!(tally.examples, ["call-17 arrived 2 times"]);
    assert_eq!(Tally::from_json(&tally.to_json()), Some(tally));
}

#[tokio::test]
async fn requests_are_remembered_for_the_retention_time() {
    let retention = Duration::from_millis(40);
    let server = RandomServer::start_with_retention(Faults::Always(Fault::None), retention).await.unwrap();
    let seam = Load::client(Stack::Reqwest, &server.url()).unwrap();
    for id in ["call-1", "call-2", "call-3"] {
        seam.locks().unlock_door(id).await.unwrap();
        tokio::time::sleep(retention).await;
    }
    assert!(
        !server.has_arrived("call-1") && server.has_arrived("call-2") && server.has_arrived("call-3"),
        "{:?}",
        server.arrived()
    );
    assert_eq!(server.request_count(), 3);
}

/// A transport that returns the response of another call for every action, and an error with a secret for every other call.
#[derive(Debug)]
struct FaultyTransport;

#[async_trait]
impl Transport for FaultyTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.spec().unwrap().idempotency() != Idempotency::NonIdempotent {
            let leak = std::io::Error::other(format!("the key is {KEY}"));
            return Err(TransportError::new(TransportErrorKind::Other, leak));
        }
        let body = r#"{"access_code":{"access_code_id":"code-call-x"},"action_attempt":
            {"action_attempt_id":"attempt-call-x","status":"error","action_type":"UNLOCK_DOOR"}}"#;
        Ok(seam_core::http::Response::builder().body(Body::from(body)).unwrap())
    }
}

#[tokio::test]
async fn mismatched_responses_and_leaked_secrets_are_detected() {
    // The client has another key, because it redacts its own key in errors.
    let seam =
        Seam::builder(FaultyTransport).credentials(Credentials::api_key("seam_another").unwrap()).build().unwrap();
    let load = Load::new(1, Duration::ZERO);
    for number in 0..100 {
        load.call(&seam, number).await;
    }
    let results = load.results();
    assert!(results.mismatched > 20 && results.leaked_secrets > 20, "{results:?}");
    assert_eq!(results.mismatched + results.leaked_secrets, 100, "{results:?}");
}
