//! Calls of every kind under random faults: with some seeds that are always the same, and one that is not.
//!
//! A seed that fails is printed, with the command that repeats it.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

use std::time::{Duration, SystemTime};

use seam_core::{
    Body, Credentials, Idempotency, Request, RequestExt, Response, Seam, Transport, TransportError, TransportErrorKind,
    async_trait,
};
use seam_faults::{Fault, Faults, KEY, Load, Outcome, RandomServer, Stack, Tally};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// A seed to be used alone.
const SEED: &str = "SEAM_FAULTS_SEED";

const CALLS: u64 = 1000;

/// Calls end by their deadline to the millisecond when the time is the test's own. Here other tests want the machine too.
const TOLERANCE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_mixed_up_shown_or_late() {
    let seeds = match std::env::var(SEED) {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            vec![1, 2, u64::from(now.subsec_nanos()) + now.as_secs()]
        }
    };
    for seed in seeds {
        for stack in Stack::ALL {
            judge(seed, stack).await;
        }
    }
}

/// Makes the calls over a stack, and judges what came of them.
async fn judge(seed: u64, stack: Stack) {
    let (outcome, tally, liars) = run(seed, stack).await;
    let broken = [
        ("duplicates", tally.duplicates),
        ("requests that arrived too often", tally.too_often),
        ("mixed-up answers", outcome.mixed_up),
        ("secrets shown", outcome.secrets),
        ("late calls", outcome.late),
    ];
    let broken: Vec<_> = broken.iter().filter(|(_, count)| *count > 0).collect();
    assert!(
        broken.is_empty() && liars.is_empty(),
        "{}: {broken:?}, said not to be sent and arrived: {liars:?}\n{:#?}\n{:#?}\nAgain: {SEED}={seed} cargo test -p seam-faults --test random",
        stack.name(),
        outcome.examples,
        tally.examples
    );
    // The faults were there, and calls of all ends.
    assert!(tally.faults.len() > 25, "{:?}", tally.faults);
    for end in ["a value", "dropped", "OutcomeUnknown", "ActionFailed", "Transport"] {
        assert!(outcome.ends.contains_key(end), "{end} is not among {:?}", outcome.ends);
    }
}

/// Makes the calls, 64 at a time. Also gives the actions that arrived and are said not to have been sent.
async fn run(seed: u64, stack: Stack) -> (Outcome, Tally, Vec<String>) {
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
    assert_eq!(load.outcome().calls, CALLS);
    let liars = load.take_not_sent().into_iter().filter(|id| server.has(id)).collect();
    (load.outcome(), server.tally(), liars)
}

/// A judge who finds nothing must be one who could.
#[tokio::test]
async fn an_action_that_arrives_twice_is_found() {
    let server = RandomServer::start(Faults::Always(Fault::None)).await.unwrap();
    let request = "POST /locks/unlock_door HTTP/1.1\r\ncontent-length: 23\r\n\r\n{\"device_id\":\"call-17\"}";
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(stream.read(&mut [0; 1000]).await.unwrap() > 0);
    }
    let tally = server.tally();
    assert_eq!((tally.duplicates, tally.requests), (1, 2));
    assert_eq!(tally.examples, ["call-17 arrived 2 times"]);
    assert_eq!(Tally::from_json(&tally.to_json()), Some(tally));
}

#[tokio::test]
async fn what_was_forgotten_was_so_for_long_enough() {
    let keep = Duration::from_millis(40);
    let server = RandomServer::start_and_forget(Faults::Always(Fault::None), keep).await.unwrap();
    let seam = Load::client(Stack::Reqwest, &server.url()).unwrap();
    for id in ["call-1", "call-2", "call-3"] {
        seam.locks().unlock_door(id).await.unwrap();
        tokio::time::sleep(keep).await;
    }
    assert!(!server.has("call-1") && server.has("call-2") && server.has("call-3"), "{:?}", server.arrived());
    assert_eq!(server.count(), 3);
}

/// Answers every action with what belongs to another one, and every other call with an error that shows a secret.
#[derive(Debug)]
struct Confused;

#[async_trait]
impl Transport for Confused {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if request.spec().unwrap().idempotency() != Idempotency::NonIdempotent {
            let shown = std::io::Error::other(format!("the key is {KEY}"));
            return Err(TransportError::new(TransportErrorKind::Other, shown));
        }
        let body = r#"{"access_code":{"access_code_id":"code-call-x"},"action_attempt":
            {"action_attempt_id":"attempt-call-x","status":"error","action_type":"UNLOCK_DOOR"}}"#;
        Ok(seam_core::http::Response::builder().body(Body::from(body)).unwrap())
    }
}

#[tokio::test]
async fn answers_of_other_calls_and_secrets_are_found() {
    // With a key of its own, since a client takes the key that it knows out of its errors.
    let seam = Seam::builder(Confused).credentials(Credentials::api_key("seam_another").unwrap()).build().unwrap();
    let load = Load::new(1, Duration::ZERO);
    for number in 0..100 {
        load.call(&seam, number).await;
    }
    let outcome = load.outcome();
    assert!(outcome.mixed_up > 20 && outcome.secrets > 20, "{outcome:?}");
    assert_eq!(outcome.mixed_up + outcome.secrets, 100, "{outcome:?}");
}
