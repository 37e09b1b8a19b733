//! Connections that stop responding without an error: a server that never responds, a network that loses all packets after the
//! first response, and HTTP/2 connections that pings detect as dead.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use seam_core::{Builder, Error, RetryPolicy, Seam, Transport};
use seam_faults::{Case, Network, Run};
use seam_mock::transport_kit::{Frames, Gate, OK_HEAD, Server, Wire, flag, kind};
use seam_tokio::BackgroundTransport;

use crate::matrix::{
    http2,
    sockets::{serve, transport, until_requests},
    support::{BODY, json_response},
};

const LONG_TIMEOUT: Duration = Duration::from_secs(10);

/// The timeout of an attempt or an action: longer than a handshake, and than the half second after which a connection counts as
/// silent.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The way in which the first connection stops responding. All later connections respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// The server receives requests, and never responds.
    AtOnce,
    /// The server responds to one request. All later requests are lost.
    AfterResponse,
    /// The server sends the head of a response, and no body.
    AfterHead,
}

impl Silence {
    const ALL: [(Self, &'static str); 3] = [
        (Self::AtOnce, "a server that never responds"),
        (Self::AfterResponse, "a network that loses all packets after the first response"),
        (Self::AfterHead, "a server that sends a head and no body"),
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl Version {
    const BOTH: [(Self, &'static str); 2] = [(Self::Http1, "HTTP/1.1"), (Self::Http2, "HTTP/2")];

    fn server(self, silence: Silence) -> Result<Server, String> {
        match self {
            Self::Http1 => serve(move |wire| http1(wire, silence)),
            Self::Http2 => http2::server(Vec::new(), move |frames| http2(frames, silence)),
        }
    }
}

fn http1(mut wire: Wire, silence: Silence) -> Option<()> {
    let is_silent = wire.number() == 0;
    loop {
        wire.request()?;
        match silence {
            Silence::AtOnce if is_silent => wire.wait_for_close()?,
            Silence::AfterHead if is_silent => {
                wire.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n")?;
                wire.wait_for_close()?;
            }
            _ => wire.write(json_response(200, BODY))?,
        }
        if is_silent {
            // Keeps the connection open without reading from it.
            Gate::new().wait();
        }
    }
}

fn http2(mut frames: Frames, silence: Silence) -> Option<()> {
    if frames.wire().number() > 0 {
        return frames.answer_all(BODY);
    }
    let stream = frames.request()?;
    match silence {
        Silence::AtOnce => {}
        Silence::AfterResponse => frames.answer(stream, BODY)?,
        Silence::AfterHead => frames.write(kind::HEADERS, flag::END_HEADERS, stream, OK_HEAD)?,
    }
    Gate::new().wait();
    None
}

/// Sets the attempt timeout of these cases.
fn with_attempt_timeout(builder: Builder) -> Builder {
    builder.retry_policy(RetryPolicy::new().attempt_timeout(ATTEMPT_TIMEOUT))
}

fn over(transport: impl Transport, url: &str) -> Result<Network, String> {
    Network::build(with_attempt_timeout(Seam::builder(transport)), url, None)
}

fn built() -> Result<Arc<dyn Transport>, String> {
    transport().build()
}

/// Uses the first connection until it stops responding. The server receives one request on it, here or in the case.
async fn use_first_connection(network: &Network, silence: Silence) -> Run {
    if silence != Silence::AfterResponse {
        return Ok(());
    }
    network.read(LONG_TIMEOUT).await.map_err(|error| format!("the first call: {error}"))
}

fn count(server: &Server, requests: usize, connections: usize) -> Run {
    match (server.record().request_count(), server.record().connections()) {
        found if found == (requests, connections) => Ok(()),
        found => Err(format!("{found:?} requests and connections, expected {:?}", (requests, connections))),
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (version, protocol) in Version::BOTH {
        for (silence, what) in Silence::ALL {
            cases.push(Case::new(format!("silence, {protocol}: {what}: a read succeeds"), move || async move {
                let server = version.server(silence)?;
                read(over(built()?, &server.url())?, &server, silence).await
            }));
            cases.push(Case::new(
                format!("silence, {protocol}: {what}: the outcome of one action is unknown"),
                move || async move {
                    let server = version.server(silence)?;
                    act(over(built()?, &server.url())?, &server, silence).await
                },
            ));
            cases.push(Case::new(
                format!("silence, {protocol}: {what}: a read on a background thread"),
                move || async move {
                    let server = version.server(silence)?;
                    let transport = BackgroundTransport::new(built()?).map_err(|error| error.to_string())?;
                    let network = Network::build(with_attempt_timeout(Seam::builder(transport)), &server.url(), None)?;
                    read(network, &server, silence).await
                },
            ));
        }
    }
    cases.extend(dropped_calls());
    cases.extend(pings());
    cases
}

/// The second attempt of a read uses another connection, and succeeds within the timeout of the call.
async fn read(network: Network, server: &Server, silence: Silence) -> Run {
    use_first_connection(&network, silence).await?;
    let started = Instant::now();
    let call = network.seam.access_codes().get("26d6138c").with_timeout(LONG_TIMEOUT).full_response();
    let response = call.await.map_err(|error| error.to_string())?;
    if response.attempts() != 2 || started.elapsed() >= LONG_TIMEOUT {
        return Err(format!("{} attempts in {:?}", response.attempts(), started.elapsed()));
    }
    count(server, 2, 2)
}

/// The outcome of the action on the silent connection is unknown. The next action uses another connection.
async fn act(network: Network, server: &Server, silence: Silence) -> Run {
    use_first_connection(&network, silence).await?;
    match network.act(ATTEMPT_TIMEOUT).await {
        Err(error) if error.is_outcome_unknown() && error.is_timeout() => {}
        other => return Err(format!("the first action: {other:?}")),
    }
    network.act(LONG_TIMEOUT).await.map_err(|error| format!("the second action: {error}"))?;
    count(server, 2, 2)
}

/// Dropped calls.
fn dropped_calls() -> Vec<Case> {
    let drop_after = |wait: Duration, connections: usize| {
        move || async move {
            let server = http2::server(Vec::new(), move |mut frames| {
                let first = frames.request()?;
                frames.answer(first, BODY)?;
                if frames.wire().number() == 0 {
                    // The server never responds to this request.
                    frames.request()?;
                }
                frames.answer_all(BODY)
            })?;
            let network = over(built()?, &server.url())?;
            network.read(LONG_TIMEOUT).await.map_err(|error| error.to_string())?;
            let call = network.act(LONG_TIMEOUT);
            let dropped = async {
                until_requests(&server, 2).await;
                tokio::time::sleep(wait).await;
            };
            tokio::select! {
                result = call => return Err(format!("the call ended: {result:?}")),
                () = dropped => {}
            }
            network.read(LONG_TIMEOUT).await.map_err(|error| error.to_string())?;
            count(&server, 3, connections)
        }
    };
    vec![
        Case::new("silence, HTTP/2: a call that is dropped early keeps its connection", drop_after(Duration::ZERO, 1)),
        Case::new(
            "silence, HTTP/2: a call that is dropped late closes its connection",
            drop_after(Duration::from_millis(600), 2),
        ),
    ]
}

/// Waits for a ping and acknowledges it.
fn acknowledge_ping(frames: &mut Frames) -> Option<()> {
    while frames.read()?.kind != kind::PING {}
    // The client does not compare the payload.
    frames.write(kind::PING, flag::ACK, 0, &[0x3b, 0x7c, 0xdb, 0x7a, 0x0b, 0x87, 0x16, 0xb4])
}

fn pings() -> Vec<Case> {
    let with_pings = |interval, timeout| {
        transport().http2_keep_alive(Duration::from_millis(interval), Duration::from_millis(timeout)).build()
    };
    vec![
        // An action has no attempt timeout, so the ping ends it.
        Case::new("silence, HTTP/2: a ping without a response ends the connection", move || async move {
            let server = Version::Http2.server(Silence::AtOnce)?;
            let network = over(with_pings(200, 300)?, &server.url())?;
            let started = Instant::now();
            match network.act(LONG_TIMEOUT).await {
                Err(error) if error.is_outcome_unknown() && started.elapsed() < LONG_TIMEOUT / 2 => {}
                other => return Err(format!("after {:?}: {other:?}", started.elapsed())),
            }
            network.act(LONG_TIMEOUT).await.map_err(|error: Error| error.to_string())?;
            count(&server, 2, 2)
        }),
        // The documented interval is 5 s, and this is the only case that waits for it.
        Case::new("silence, HTTP/2: a connection with a request is pinged by default", || async {
            let server = http2::server(Vec::new(), |mut frames| {
                let stream = frames.request()?;
                acknowledge_ping(&mut frames)?;
                frames.answer(stream, BODY)?;
                frames.wait_for_close()
            })?;
            let network = over(built()?, &server.url())?;
            network.act(LONG_TIMEOUT).await.map_err(|error| error.to_string())?;
            count(&server, 1, 1)
        }),
    ]
}
