//! Connections that go silent without an error: a server that acknowledges and never answers, a route that loses what
//! is sent after the first answer, and HTTP/2 connections whose pings find out.

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
    support::{FOUND, json},
};

const LONG: Duration = Duration::from_secs(10);

/// How long an attempt or an action may take here: longer than a handshake, and than the half second after which a
/// connection counts as silent.
const ATTEMPT: Duration = Duration::from_millis(1_500);

/// How a connection falls silent, if it is the first one. All later ones answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    /// Requests arrive, and are never answered.
    AtOnce,
    /// One request is answered. What comes after it gets lost on the way.
    AfterAnAnswer,
    /// The head of an answer comes, and no body.
    WithinAnAnswer,
}

impl Silence {
    const ALL: [(Self, &'static str); 3] = [
        (Self::AtOnce, "a server that acknowledges and never answers"),
        (Self::AfterAnAnswer, "a route that loses all after the first answer"),
        (Self::WithinAnAnswer, "a server that answers with a head and no body"),
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
}

impl Version {
    const BOTH: [(Self, &'static str); 2] = [(Self::Http1, "HTTP/1.1"), (Self::Http2, "HTTP/2")];

    fn peer(self, silence: Silence) -> Result<Server, String> {
        match self {
            Self::Http1 => serve(move |wire| http1(wire, silence)),
            Self::Http2 => http2::peer(Vec::new(), move |frames| http2(frames, silence)),
        }
    }
}

fn http1(mut wire: Wire, silence: Silence) -> Option<()> {
    let is_silent = wire.number() == 0;
    loop {
        wire.request()?;
        match silence {
            Silence::AtOnce if is_silent => wire.wait_for_close()?,
            Silence::WithinAnAnswer if is_silent => {
                wire.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n")?;
                wire.wait_for_close()?;
            }
            _ => wire.write(json(200, FOUND))?,
        }
        if is_silent {
            // Open, and not read.
            Gate::new().wait();
        }
    }
}

fn http2(mut frames: Frames, silence: Silence) -> Option<()> {
    if frames.wire().number() > 0 {
        return frames.answer_all(FOUND);
    }
    let stream = frames.request()?;
    match silence {
        Silence::AtOnce => {}
        Silence::AfterAnAnswer => frames.answer(stream, FOUND)?,
        Silence::WithinAnAnswer => frames.write(kind::HEADERS, flag::END_HEADERS, stream, OK_HEAD)?,
    }
    Gate::new().wait();
    None
}

/// A builder with the timeout of attempts that these cases have.
fn policy(builder: Builder) -> Builder {
    builder.retry_policy(RetryPolicy::new().attempt_timeout(ATTEMPT))
}

fn over(transport: impl Transport, url: &str) -> Result<Network, String> {
    Network::build(policy(Seam::builder(transport)), url, None)
}

fn built() -> Result<Arc<dyn Transport>, String> {
    transport().build()
}

/// Uses the first connection up to where it falls silent. It gets to see one request, now or later.
async fn warm(network: &Network, silence: Silence) -> Run {
    if silence != Silence::AfterAnAnswer {
        return Ok(());
    }
    network.read(LONG).await.map_err(|error| format!("the first call: {error}"))
}

fn count(peer: &Server, requests: usize, connections: usize) -> Run {
    match (peer.record().request_count(), peer.record().connections()) {
        found if found == (requests, connections) => Ok(()),
        found => Err(format!("{found:?} requests and connections, and not {:?}", (requests, connections))),
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (version, protocol) in Version::BOTH {
        for (silence, what) in Silence::ALL {
            cases.push(Case::new(format!("silence, {protocol}: {what}: a read comes through"), move || async move {
                let peer = version.peer(silence)?;
                read(over(built()?, &peer.url())?, &peer, silence).await
            }));
            cases.push(Case::new(format!("silence, {protocol}: {what}: one action is unknown"), move || async move {
                let peer = version.peer(silence)?;
                act(over(built()?, &peer.url())?, &peer, silence).await
            }));
            cases.push(Case::new(
                format!("silence, {protocol}: {what}: a read from the background"),
                move || async move {
                    let peer = version.peer(silence)?;
                    let transport = BackgroundTransport::new(built()?).map_err(|error| error.to_string())?;
                    let network = Network::build(policy(Seam::builder(transport)), &peer.url(), None)?;
                    read(network, &peer, silence).await
                },
            ));
        }
    }
    cases.extend(cancelled());
    cases.extend(pings());
    cases
}

/// The second attempt of a read uses another connection, and is answered within the call.
async fn read(network: Network, peer: &Server, silence: Silence) -> Run {
    warm(&network, silence).await?;
    let started = Instant::now();
    let call = network.seam.access_codes().get("26d6138c").with_timeout(LONG).full_response();
    let response = call.await.map_err(|error| error.to_string())?;
    if response.attempts() != 2 || started.elapsed() >= LONG {
        return Err(format!("{} attempts in {:?}", response.attempts(), started.elapsed()));
    }
    count(peer, 2, 2)
}

/// The action that meets a silent connection is unknown. The next one uses another connection.
async fn act(network: Network, peer: &Server, silence: Silence) -> Run {
    warm(&network, silence).await?;
    match network.act(ATTEMPT).await {
        Err(error) if error.is_outcome_unknown() && error.is_timeout() => {}
        other => return Err(format!("the first action: {other:?}")),
    }
    network.act(LONG).await.map_err(|error| format!("the second action: {error}"))?;
    count(peer, 2, 2)
}

/// Calls that a program drops.
fn cancelled() -> Vec<Case> {
    let drop_after = |wait: Duration, connections: usize| {
        move || async move {
            let peer = http2::peer(Vec::new(), move |mut frames| {
                let first = frames.request()?;
                frames.answer(first, FOUND)?;
                if frames.wire().number() == 0 {
                    // This one is never answered.
                    frames.request()?;
                }
                frames.answer_all(FOUND)
            })?;
            let network = over(built()?, &peer.url())?;
            network.read(LONG).await.map_err(|error| error.to_string())?;
            let call = network.act(LONG);
            let dropped = async {
                until_requests(&peer, 2).await;
                tokio::time::sleep(wait).await;
            };
            tokio::select! {
                result = call => return Err(format!("the call ended: {result:?}")),
                () = dropped => {}
            }
            network.read(LONG).await.map_err(|error| error.to_string())?;
            count(&peer, 3, connections)
        }
    };
    vec![
        Case::new("silence, HTTP/2: a call that is dropped soon leaves its connection", drop_after(Duration::ZERO, 1)),
        Case::new(
            "silence, HTTP/2: a call that is dropped after a while takes its connection with it",
            drop_after(Duration::from_millis(600), 2),
        ),
    ]
}

/// Waits for a ping and answers it.
fn ping(frames: &mut Frames) -> Option<()> {
    while frames.read()?.kind != kind::PING {}
    // Whatever answers it is as good: its payload is not compared.
    frames.write(kind::PING, flag::ACK, 0, &[0x3b, 0x7c, 0xdb, 0x7a, 0x0b, 0x87, 0x16, 0xb4])
}

fn pings() -> Vec<Case> {
    let pinged = |interval, timeout| {
        transport().http2_keep_alive(Duration::from_millis(interval), Duration::from_millis(timeout)).build()
    };
    vec![
        // An action has no timeout of its attempt, so it is the ping that ends it.
        Case::new("silence, HTTP/2: a ping that is not answered ends the connection", move || async move {
            let peer = Version::Http2.peer(Silence::AtOnce)?;
            let network = over(pinged(200, 300)?, &peer.url())?;
            let started = Instant::now();
            match network.act(LONG).await {
                Err(error) if error.is_outcome_unknown() && started.elapsed() < LONG / 2 => {}
                other => return Err(format!("after {:?}: {other:?}", started.elapsed())),
            }
            network.act(LONG).await.map_err(|error: Error| error.to_string())?;
            count(&peer, 2, 2)
        }),
        // 5 s is what is promised, and this is the only case that waits for it.
        Case::new("silence, HTTP/2: a connection with a request is pinged by default", || async {
            let peer = http2::peer(Vec::new(), |mut frames| {
                let stream = frames.request()?;
                ping(&mut frames)?;
                frames.answer(stream, FOUND)?;
                frames.wait_for_close()
            })?;
            let network = over(built()?, &peer.url())?;
            network.act(LONG).await.map_err(|error| error.to_string())?;
            count(&peer, 1, 1)
        }),
    ]
}
