//! Dropped calls, thousands of concurrent calls, and clients that several runtimes share.

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
    sockets::{CallKind, client, https, serve, transport, until_closed, until_requests},
    support::{BODY, SHORT_TIMEOUT, authority, json_response},
};

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The prefix of the names of cases with a thousand concurrent calls.
pub(crate) const MANY_CALLS: &str = "1,000 concurrent calls";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (call_kind, suffix) in CallKind::BOTH {
        cases.push(Case::new(format!("dropped before its first poll: {suffix}"), move || dropped_unpolled(call_kind)));
        cases.push(Case::new(format!("dropped while the client connects: {suffix}"), move || {
            dropped_connecting(call_kind)
        }));
        cases.push(Case::new(format!("dropped after the request: {suffix}"), move || dropped_after_request(call_kind)));
        cases.push(Case::new(format!("dropped within the head of the response: {suffix}"), move || {
            dropped_within_response(call_kind, "HTTP/1.1 200 OK\r\ncontent-")
        }));
        cases.push(Case::new(format!("dropped within the body of the response: {suffix}"), move || {
            dropped_within_response(
                call_kind,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{",
            )
        }));
        cases
            .push(Case::new(format!("HTTP/2: dropped after the request: {suffix}"), move || http2::dropped(call_kind)));
        cases.push(Case::new(format!("{MANY_CALLS} to a slow server: {suffix}"), move || many_calls(call_kind, true)));
        cases.push(Case::new(format!("{MANY_CALLS} to a server that never responds: {suffix}"), move || {
            many_calls(call_kind, false)
        }));
        cases.push(Case::new(format!("100 concurrent calls that are all dropped: {suffix}"), move || {
            all_dropped(call_kind)
        }));
        cases.push(Case::new(format!("on another runtime after the first has ended: {suffix}"), move || {
            other_runtime(call_kind)
        }));
        cases.push(Case::new(format!("alternating between two runtimes: {suffix}"), move || alternating(call_kind)));
        cases.push(Case::new(format!("the runtime of the connection ends during the call: {suffix}"), move || {
            runtime_ended(call_kind)
        }));
        cases.push(Case::new(format!("the client is dropped during the call: {suffix}"), move || {
            client_dropped(call_kind)
        }));
        cases.push(Case::new(
            format!("another call of a cloned client is dropped during the call: {suffix}"),
            move || clone_dropped(call_kind),
        ));
        cases.push(Case::new(format!("without a runtime: {suffix}"), move || without_runtime(call_kind)));
        cases.push(Case::new(format!("two clients share a transport: {suffix}"), move || shared_transport(call_kind)));
        cases.push(Case::new(format!("with a timeout of zero: {suffix}"), move || zero_timeout(call_kind)));
    }
    cases
}

/// Starts a server that responds at once.
fn responding() -> Result<Server, String> {
    serve(|mut wire| {
        loop {
            wire.request()?;
            wire.write(json_response(200, BODY))?;
        }
    })
}

/// Starts a server that reads a request, writes `bytes`, and waits until the client closes the connection.
fn silent(bytes: &'static str) -> Result<Server, String> {
    serve(move |mut wire| {
        wire.request()?;
        wire.write(bytes)?;
        wire.wait_for_close()
    })
}

fn network(server: &Server) -> Result<Network, String> {
    client(transport(), &server.url())
}

/// Sends a call over a client that the future owns.
async fn call(seam: seam_core::Seam, call_kind: CallKind, timeout: Duration) -> Result<(), Error> {
    match call_kind {
        CallKind::Read => {
            seam.access_codes().unmanaged().get_by_code("front-door", PIN).with_timeout(timeout).await.map(drop)
        }
        CallKind::Action => seam.access_codes().create("front-door").code(PIN).with_timeout(timeout).await.map(drop),
    }
}

fn count(server: &Server, requests: usize) -> Run {
    match server.record().request_count() {
        found if found == requests => Ok(()),
        found => Err(format!("{found} requests reached the server, not {requests}")),
    }
}

/// Lets other tasks of the runtime run.
async fn yield_to_tasks() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn dropped_unpolled(call_kind: CallKind) -> Run {
    let server = responding()?;
    let network = network(&server)?;
    drop(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    yield_to_tasks().await;
    match server.record().connections() {
        0 => count(&server, 0),
        connections => Err(format!("{connections} connections")),
    }
}

/// The call is dropped before the TLS handshake. Its request is not sent, even if the handshake completes later.
async fn dropped_connecting(call_kind: CallKind) -> Run {
    let config = authority()?.server(Certificate::Good, &[]).map_err(|error| error.to_string())?;
    let (accepted, handshake) = (Arc::new(Notify::new()), Gate::new());
    let (accepts, gate) = (Arc::clone(&accepted), handshake.clone());
    let server = serve(move |wire| {
        accepts.notify_one();
        gate.wait();
        let record = wire.record().clone();
        if let Some(mut wire) = wire.secure(&config) {
            if wire.receive().is_some() {
                record.count_request();
            }
        } else {
            record.count_closed_by_client();
        }
        Some(())
    })?;
    let network = client(transport(), &https(&server))?;
    let calling = tokio::spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    accepted.notified().await;
    calling.abort();
    // The task was aborted, so its result does not matter.
    let _ = calling.await;
    handshake.open();
    drop(network);
    until_closed(&server, 1).await;
    count(&server, 0)
}

async fn dropped_after_request(call_kind: CallKind) -> Run {
    dropped_within_response(call_kind, "").await
}

/// The call is dropped after its request has arrived and a part of the response was sent. The client closes the connection, and
/// does not send the request again.
async fn dropped_within_response(call_kind: CallKind, bytes: &'static str) -> Run {
    let server = silent(bytes)?;
    let network = network(&server)?;
    let calling = tokio::spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    until_requests(&server, 1).await;
    yield_to_tasks().await;
    calling.abort();
    until_closed(&server, 1).await;
    yield_to_tasks().await;
    count(&server, 1)
}

/// Every call gets a response or ends at its deadline, and each action arrives at most once.
async fn many_calls(call_kind: CallKind, responds: bool) -> Run {
    const CALLS: usize = 1000;

    let server = serve(move |mut wire| {
        loop {
            wire.request()?;
            // One connection in ten is slow.
            if !responds || wire.number() % 10 == 0 {
                return wire.wait_for_close();
            }
            wire.write(json_response(200, BODY))?;
        }
    })?;
    let network = network(&server)?;
    // With responses, the timeout must suffice for a busy machine to send a thousand requests.
    let timeout = if responds { Duration::from_millis(1500) } else { SHORT_TIMEOUT };
    let started = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        calls.spawn(call(network.seam.clone(), call_kind, timeout));
    }
    let (mut values, mut timeouts) = (0, 0);
    while let Some(result) = calls.join_next().await {
        match result.map_err(|error| error.to_string())? {
            Ok(()) => values += 1,
            // On a busy machine, the timeout may end before the connection is established, which the client reports as not sent.
            Err(error) if error.is_timeout() || error.is_not_sent() => timeouts += 1,
            Err(error) => return Err(format!("{error:?}")),
        }
    }
    let (took, requests) = (started.elapsed(), server.record().request_count());
    // Generous, because the machine is busy with these calls and other cases.
    let in_time = took < timeout + LONG_TIMEOUT;
    if in_time && values + timeouts == CALLS && (responds || values == 0) && requests <= CALLS {
        Ok(())
    } else {
        Err(format!("{values} values and {timeouts} timeouts after {took:?} and {requests} requests"))
    }
}

async fn all_dropped(call_kind: CallKind) -> Run {
    let server = silent("")?;
    let network = network(&server)?;
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        calls.spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    }
    until_requests(&server, 100).await;
    calls.shutdown().await;
    until_closed(&server, 100).await;
    yield_to_tasks().await;
    count(&server, 100)
}

/// Runs a future on another thread with its own runtime, which has ended when this function returns.
async fn on_other_runtime<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        let result = runtime().map(|runtime| runtime.block_on(future));
        // The receiver is not dropped before it has a value.
        let _ = sender.send(result);
    });
    let result = receiver.await.map_err(|error| error.to_string())?;
    // The thread has sent its result, so it ends at once.
    let _ = thread.join();
    result
}

fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())
}

/// The connection of the previous call in the pool belongs to a runtime that has ended.
async fn other_runtime(call_kind: CallKind) -> Run {
    let server = responding()?;
    let network = network(&server)?;
    for calls in 1..4 {
        let result = on_other_runtime(call(network.seam.clone(), call_kind, LONG_TIMEOUT)).await?;
        Expected::ok().requests(calls).check(result, server.record().request_count())?;
    }
    Expected::ok().requests(4).check(call_kind.send(&network, LONG_TIMEOUT).await, server.record().request_count())
}

/// The runtime that opened a connection drives it, and is idle while the other runtime sends a call.
async fn alternating(call_kind: CallKind) -> Run {
    let server = responding()?;
    let network = network(&server)?;
    let (requests, receiver) = mpsc::channel::<tokio::sync::oneshot::Sender<Result<(), Error>>>();
    let seam = network.seam.clone();
    let thread = std::thread::spawn(move || -> Result<(), String> {
        let runtime = runtime()?;
        for reply in receiver {
            // The receiver is not dropped before it has a value.
            let _ = reply.send(runtime.block_on(call(seam.clone(), call_kind, SHORT_TIMEOUT)));
        }
        Ok(())
    });
    let (mut values, mut tries) = (0, 0);
    // On a machine with other load, more calls end with their timeouts.
    while values < 3 && tries < 20 {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        requests.send(sender).map_err(|error| error.to_string())?;
        let other = receiver.await.map_err(|error| error.to_string())?;
        let own = call_kind.send(&network, SHORT_TIMEOUT).await;
        for result in [other, own] {
            tries += 1;
            match result {
                Ok(()) => values += 1,
                Err(error) if error.is_timeout() => {}
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    }
    drop(requests);
    // The loop of the thread has ended.
    let _ = thread.join();
    let requests = server.record().request_count();
    if values >= 3 && requests <= tries { Ok(()) } else { Err(format!("{values} values, {requests} requests")) }
}

/// The runtime that drives a connection ends while a call on another runtime waits for a response over it.
async fn runtime_ended(call_kind: CallKind) -> Run {
    let server = serve(|mut wire| {
        wire.request()?;
        wire.write(json_response(200, BODY))?;
        wire.request()?;
        wire.wait_for_close()
    })?;
    let network = network(&server)?;
    let builder =
        std::thread::spawn(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build());
    let first_runtime = builder.join().map_err(|_| "no runtime".to_owned())?.map_err(|error| error.to_string())?;
    let first = first_runtime
        .spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT))
        .await
        .map_err(|error| error.to_string())?;
    Expected::ok().check(first, server.record().request_count())?;
    let second = call(network.seam.clone(), call_kind, SHORT_TIMEOUT);
    let (result, ()) = tokio::join!(second, async {
        until_requests(&server, 2).await;
        first_runtime.shutdown_background();
    });
    let requests = server.record().request_count();
    let Err(error) = result else {
        // A read is sent again over a new connection, which gets a response.
        return if call_kind == CallKind::Read && requests == 3 {
            Ok(())
        } else {
            Err(format!("a value after {requests} requests"))
        };
    };
    let is_right = call_kind == CallKind::Action && error.kind() == ErrorKind::OutcomeUnknown && requests == 2;
    if is_right { Ok(()) } else { Err(format!("{requests} requests: {error:?}")) }
}

async fn client_dropped(call_kind: CallKind) -> Run {
    let gate = Gate::new();
    let server = gated(gate.clone())?;
    let network = network(&server)?;
    let calling = tokio::spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    until_requests(&server, 1).await;
    drop(network);
    gate.open();
    let result = calling.await.map_err(|error| error.to_string())?;
    Expected::ok().check(result, server.record().request_count())
}

async fn clone_dropped(call_kind: CallKind) -> Run {
    let gate = Gate::new();
    let server = gated(gate.clone())?;
    let network = network(&server)?;
    let clone = network.seam.clone();
    let calling = tokio::spawn(call(network.seam.clone(), call_kind, LONG_TIMEOUT));
    let dropped = tokio::spawn(call(clone, call_kind, LONG_TIMEOUT));
    until_requests(&server, 2).await;
    dropped.abort();
    until_closed(&server, 1).await;
    gate.open();
    let result = calling.await.map_err(|error| error.to_string())?;
    Expected::ok().requests(2).check(result, server.record().request_count())
}

/// Starts a server that responds when the gate opens, or stops when the client closes the connection before.
fn gated(gate: Gate) -> Result<Server, String> {
    serve(move |mut wire| {
        wire.request()?;
        wire.wait_for(&gate)?;
        wire.finish(json_response(200, BODY))
    })
}

/// The call is polled on a thread without a runtime.
async fn without_runtime(call_kind: CallKind) -> Run {
    let server = responding()?;
    let network = network(&server)?;
    let seam = network.seam.clone();
    let thread = std::thread::spawn(move || {
        let mut call = std::pin::pin!(call(seam, call_kind, LONG_TIMEOUT));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        // The call does not begin an exchange, so it never waits.
        loop {
            if let std::task::Poll::Ready(result) = call.as_mut().poll(&mut context) {
                return result;
            }
            std::thread::yield_now();
        }
    });
    let result = thread.join().map_err(|_| "the call panicked".to_owned())?;
    crate::matrix::support::not_sent().check(result, server.record().request_count())
}

async fn shared_transport(call_kind: CallKind) -> Run {
    let server = responding()?;
    let transport = transport().build()?;
    let first = Network::over(transport.clone(), &server.url(), None)?;
    let second = Network::over(transport, &server.url(), None)?;
    Expected::ok().check(call_kind.send(&first, LONG_TIMEOUT).await, server.record().request_count())?;
    drop(first);
    Expected::ok().requests(2).check(call_kind.send(&second, LONG_TIMEOUT).await, server.record().request_count())?;
    match server.record().connections() {
        1 => Ok(()),
        connections => Err(format!("{connections} connections")),
    }
}

async fn zero_timeout(call_kind: CallKind) -> Run {
    let server = responding()?;
    let network = network(&server)?;
    let expected = seam_faults::expect(ErrorKind::Transport).transport(TransportErrorKind::NotSentInTime).requests(0);
    expected.check(call_kind.send(&network, Duration::ZERO).await, server.record().request_count())
}
