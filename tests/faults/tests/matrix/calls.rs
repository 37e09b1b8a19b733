//! Calls that are given up, calls by the thousand, and clients that several runtimes share.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, Network, PIN, Run};
use seam_mock::transport_kit::{Certificate, Gate, Server};
use tokio::{runtime::Runtime, sync::Notify, task::JoinSet};

use crate::matrix::{
    http2,
    sockets::{Ask, client, https, serve, transport, until_hung_up, until_requests},
    support::{FOUND, SHORT, authority, json},
};

const LONG: Duration = Duration::from_secs(10);

/// How the names of cases begin that are about very many calls.
pub(crate) const CROWD: &str = "1,000 at once";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (ask, what) in Ask::BOTH {
        cases.push(Case::new(format!("dropped before it is polled: {what}"), move || unpolled(ask)));
        cases.push(Case::new(format!("dropped while it connects: {what}"), move || connecting(ask)));
        cases.push(Case::new(format!("dropped after the request: {what}"), move || sent(ask)));
        cases.push(Case::new(format!("dropped within the answer's head: {what}"), move || {
            answered(ask, "HTTP/1.1 200 OK\r\ncontent-")
        }));
        cases.push(Case::new(format!("dropped within the answer's body: {what}"), move || {
            answered(ask, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{")
        }));
        cases.push(Case::new(format!("HTTP/2: dropped after the request: {what}"), move || http2::dropped(ask)));
        cases.push(Case::new(format!("{CROWD} on a slow server: {what}"), move || thousand(ask, true)));
        cases.push(Case::new(format!("{CROWD} on a server that never answers: {what}"), move || thousand(ask, false)));
        cases.push(Case::new(format!("100 at once that are all dropped: {what}"), move || dropped(ask)));
        cases.push(Case::new(format!("after a runtime has ended, on another one: {what}"), move || ended(ask)));
        cases.push(Case::new(format!("on two runtimes by turns: {what}"), move || by_turns(ask)));
        cases.push(Case::new(format!("its runtime ends while it waits: {what}"), move || cut_off(ask)));
        cases.push(Case::new(format!("the client is dropped while it waits: {what}"), move || orphaned(ask)));
        cases.push(Case::new(format!("a clone is dropped while it waits: {what}"), move || cloned(ask)));
        cases.push(Case::new(format!("without a runtime: {what}"), move || homeless(ask)));
        cases.push(Case::new(format!("two clients share a transport: {what}"), move || shared(ask)));
        cases.push(Case::new(format!("with no time at all: {what}"), move || timeless(ask)));
    }
    cases
}

/// A server that answers at once.
fn prompt() -> Result<Server, String> {
    serve(|mut wire| {
        loop {
            wire.request()?;
            wire.write(json(200, FOUND))?;
        }
    })
}

/// A server that reads a request, writes this, and waits until the client hangs up.
fn silent(bytes: &'static str) -> Result<Server, String> {
    serve(move |mut wire| {
        wire.request()?;
        wire.write(bytes)?;
        wire.wait_for_close()
    })
}

fn network(peer: &Server) -> Result<Network, String> {
    client(transport(), &peer.url())
}

/// The call, as a future of its own.
async fn call(seam: seam_core::Seam, ask: Ask, timeout: Duration) -> Result<(), Error> {
    match ask {
        Ask::Read => {
            seam.access_codes().unmanaged().get_by_code("front-door", PIN).with_timeout(timeout).await.map(drop)
        }
        Ask::Act => seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await.map(drop),
    }
}

fn count(peer: &Server, requests: usize) -> Run {
    match peer.record().request_count() {
        found if found == requests => Ok(()),
        found => Err(format!("{found} requests reached the server, not {requests}")),
    }
}

async fn turns() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn unpolled(ask: Ask) -> Run {
    let peer = prompt()?;
    let network = network(&peer)?;
    drop(call(network.seam.clone(), ask, LONG));
    turns().await;
    match peer.record().connections() {
        0 => count(&peer, 0),
        connections => Err(format!("{connections} connections")),
    }
}

/// The server does not get to its hello: what was to be sent never is, also if the connection comes about later.
async fn connecting(ask: Ask) -> Run {
    let config = authority()?.server(Certificate::Good, &[]).map_err(|error| error.to_string())?;
    let (begun, go_on) = (Arc::new(Notify::new()), Gate::new());
    let (begins, gate) = (Arc::clone(&begun), go_on.clone());
    let peer = serve(move |wire| {
        begins.notify_one();
        gate.wait();
        let record = wire.record().clone();
        if let Some(mut wire) = wire.secure(&config) {
            if wire.receive().is_some() {
                record.count_request();
            }
        } else {
            record.count_hang_up();
        }
        Some(())
    })?;
    let network = client(transport(), &https(&peer))?;
    let calling = tokio::spawn(call(network.seam.clone(), ask, LONG));
    begun.notified().await;
    calling.abort();
    // Nobody is interested in what an aborted task has to say.
    let _ = calling.await;
    go_on.open();
    drop(network);
    until_hung_up(&peer, 1).await;
    count(&peer, 0)
}

async fn sent(ask: Ask) -> Run {
    answered(ask, "").await
}

/// The call is dropped once its request has come and some of the answer has gone: the connection is closed, and nothing
/// comes again.
async fn answered(ask: Ask, bytes: &'static str) -> Run {
    let peer = silent(bytes)?;
    let network = network(&peer)?;
    let calling = tokio::spawn(call(network.seam.clone(), ask, LONG));
    until_requests(&peer, 1).await;
    turns().await;
    calling.abort();
    until_hung_up(&peer, 1).await;
    turns().await;
    count(&peer, 1)
}

/// Every call is answered, or ends at the deadline, and each action comes once at most.
async fn thousand(ask: Ask, answers: bool) -> Run {
    const CALLS: usize = 1000;

    let peer = serve(move |mut wire| {
        loop {
            wire.request()?;
            // One in ten of them is slow.
            if !answers || wire.number() % 10 == 0 {
                return wire.wait_for_close();
            }
            wire.write(json(200, FOUND))?;
        }
    })?;
    let network = network(&peer)?;
    // Long enough for a busy machine to send a thousand requests, where answers are expected.
    let timeout = if answers { Duration::from_millis(1500) } else { SHORT };
    let started = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        calls.spawn(call(network.seam.clone(), ask, timeout));
    }
    let (mut values, mut late) = (0, 0);
    while let Some(result) = calls.join_next().await {
        match result.map_err(|error| error.to_string())? {
            Ok(()) => values += 1,
            // A machine that is this busy may not even come to connect, and know that it did not.
            Err(error) if error.is_timeout() || error.is_not_sent() => late += 1,
            Err(error) => return Err(format!("{error:?}")),
        }
    }
    let (took, requests) = (started.elapsed(), peer.record().request_count());
    // The thread has more to do than it has time for, and beside it there are other cases.
    let in_time = took < timeout + LONG;
    if in_time && values + late == CALLS && (answers || values == 0) && requests <= CALLS {
        Ok(())
    } else {
        Err(format!("{values} values and {late} timeouts after {took:?} and {requests} requests"))
    }
}

async fn dropped(ask: Ask) -> Run {
    let peer = silent("")?;
    let network = network(&peer)?;
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        calls.spawn(call(network.seam.clone(), ask, LONG));
    }
    until_requests(&peer, 100).await;
    calls.shutdown().await;
    until_hung_up(&peer, 100).await;
    turns().await;
    count(&peer, 100)
}

/// Runs something on a thread with a runtime of its own, which has ended by the time that this returns.
async fn elsewhere<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        let result = runtime().map(|runtime| runtime.block_on(future));
        // The receiver waits.
        let _ = sender.send(result);
    });
    let result = receiver.await.map_err(|error| error.to_string())?;
    // The thread has nothing left to do.
    let _ = thread.join();
    result
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

/// The connection that the first call left in the pool belongs to a runtime that is gone.
async fn ended(ask: Ask) -> Run {
    let peer = prompt()?;
    let network = network(&peer)?;
    for calls in 1..4 {
        let result = elsewhere(call(network.seam.clone(), ask, LONG)).await?;
        Expected::ok().requests(calls).judge(result, peer.record().request_count())?;
    }
    Expected::ok().requests(4).judge(ask.of(&network, LONG).await, peer.record().request_count())
}

/// A connection is driven by the runtime that opened it, which stands still while the other one works.
async fn by_turns(ask: Ask) -> Run {
    let peer = prompt()?;
    let network = network(&peer)?;
    let (ask_for, asked) = mpsc::channel::<tokio::sync::oneshot::Sender<Result<(), Error>>>();
    let seam = network.seam.clone();
    let thread = std::thread::spawn(move || -> Result<(), String> {
        let runtime = runtime()?;
        for answer in asked {
            // The receiver waits.
            let _ = answer.send(runtime.block_on(call(seam.clone(), ask, SHORT)));
        }
        Ok(())
    });
    let (mut values, mut tries) = (0, 0);
    for _ in 0..3 {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        ask_for.send(sender).map_err(|error| error.to_string())?;
        let there = receiver.await.map_err(|error| error.to_string())?;
        let here = ask.of(&network, SHORT).await;
        for result in [there, here] {
            tries += 1;
            match result {
                Ok(()) => values += 1,
                Err(error) if error.is_timeout() => {}
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    }
    drop(ask_for);
    // It has ended its loop.
    let _ = thread.join();
    let requests = peer.record().request_count();
    if values >= 3 && requests <= tries { Ok(()) } else { Err(format!("{values} values, {requests} requests")) }
}

/// The runtime that drives a connection ends while a call on another one waits for an answer over it.
async fn cut_off(ask: Ask) -> Run {
    let peer = serve(|mut wire| {
        wire.request()?;
        wire.write(json(200, FOUND))?;
        wire.request()?;
        wire.wait_for_close()
    })?;
    let network = network(&peer)?;
    let home =
        std::thread::spawn(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build());
    let home = home.join().map_err(|_| "no runtime".to_owned())?.map_err(|error| error.to_string())?;
    let first = home.spawn(call(network.seam.clone(), ask, LONG)).await.map_err(|error| error.to_string())?;
    Expected::ok().judge(first, peer.record().request_count())?;
    let second = call(network.seam.clone(), ask, SHORT);
    let (result, ()) = tokio::join!(second, async {
        until_requests(&peer, 2).await;
        home.shutdown_background();
    });
    let requests = peer.record().request_count();
    let Err(error) = result else {
        // A read is sent again, over a connection whose first answer comes.
        return if ask == Ask::Read && requests == 3 { Ok(()) } else { Err(format!("a value, {requests} requests")) };
    };
    let is_right = ask == Ask::Act && error.kind() == ErrorKind::OutcomeUnknown && requests == 2;
    if is_right { Ok(()) } else { Err(format!("{requests} requests: {error:?}")) }
}

async fn orphaned(ask: Ask) -> Run {
    let gate = Gate::new();
    let peer = gated(gate.clone())?;
    let network = network(&peer)?;
    let calling = tokio::spawn(call(network.seam.clone(), ask, LONG));
    until_requests(&peer, 1).await;
    drop(network);
    gate.open();
    let result = calling.await.map_err(|error| error.to_string())?;
    Expected::ok().judge(result, peer.record().request_count())
}

async fn cloned(ask: Ask) -> Run {
    let gate = Gate::new();
    let peer = gated(gate.clone())?;
    let network = network(&peer)?;
    let clone = network.seam.clone();
    let calling = tokio::spawn(call(network.seam.clone(), ask, LONG));
    let given_up = tokio::spawn(call(clone, ask, LONG));
    until_requests(&peer, 2).await;
    given_up.abort();
    until_hung_up(&peer, 1).await;
    gate.open();
    let result = calling.await.map_err(|error| error.to_string())?;
    Expected::ok().requests(2).judge(result, peer.record().request_count())
}

/// A server that answers once the gate is open, or sees that the client hangs up before that.
fn gated(gate: Gate) -> Result<Server, String> {
    serve(move |mut wire| {
        wire.request()?;
        wire.wait_for(&gate)?;
        wire.finish(json(200, FOUND))
    })
}

/// A thread of no runtime.
async fn homeless(ask: Ask) -> Run {
    let peer = prompt()?;
    let network = network(&peer)?;
    let seam = network.seam.clone();
    let thread = std::thread::spawn(move || {
        let mut call = std::pin::pin!(call(seam, ask, LONG));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        // It has nothing to wait for, since it does not come to an exchange.
        loop {
            if let std::task::Poll::Ready(result) = call.as_mut().poll(&mut context) {
                return result;
            }
            std::thread::yield_now();
        }
    });
    let result = thread.join().map_err(|_| "it panicked".to_owned())?;
    crate::matrix::support::not_sent().judge(result, peer.record().request_count())
}

async fn shared(ask: Ask) -> Run {
    let peer = prompt()?;
    let transport = transport().build()?;
    let first = Network::over(transport.clone(), &peer.url(), None)?;
    let second = Network::over(transport, &peer.url(), None)?;
    Expected::ok().judge(ask.of(&first, LONG).await, peer.record().request_count())?;
    drop(first);
    Expected::ok().requests(2).judge(ask.of(&second, LONG).await, peer.record().request_count())?;
    match peer.record().connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}

async fn timeless(ask: Ask) -> Run {
    let peer = prompt()?;
    let network = network(&peer)?;
    let expected = seam_faults::expect(ErrorKind::Transport).transport(TransportErrorKind::NotSentInTime).requests(0);
    expected.judge(ask.of(&network, Duration::ZERO).await, peer.record().request_count())
}
