//! Connections that go silent without an error: a server that acknowledges and never answers, a route that loses what
//! is sent after the first answer, and HTTP/2 connections whose pings find out.

use std::time::{Duration, Instant};

use seam_core::{Builder, Error, RetryPolicy, Seam};
use seam_faults::{Case, Network, Run};
use seam_reqwest::{ReqwestTransport, blocking::BackgroundTransport};

use crate::matrix::{
    http2,
    sockets::{Peer, Wire, transport},
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

    async fn peer(self, silence: Silence) -> Result<Peer, String> {
        match self {
            Self::Http1 => Peer::start(move |wire| http1(wire, silence)).await,
            Self::Http2 => http2::peer(Vec::new(), move |frames| http2(frames, silence)).await,
        }
    }

    fn url(self, peer: &Peer) -> String {
        match self {
            Self::Http1 => peer.http(),
            Self::Http2 => peer.https(),
        }
    }
}

async fn http1(mut wire: Wire, silence: Silence) -> Option<()> {
    let is_silent = wire.number == 0;
    loop {
        wire.request().await?;
        match silence {
            Silence::AtOnce if is_silent => wire.rest().await,
            Silence::WithinAnAnswer if is_silent => {
                wire.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n").await?;
                wire.rest().await;
            }
            _ => wire.write(json(200, FOUND)).await?,
        }
        if is_silent {
            // Open, and not read.
            std::future::pending::<()>().await;
        }
    }
}

async fn http2(mut frames: http2::Frames, silence: Silence) -> Option<()> {
    if frames.number > 0 {
        return frames.answer_all().await;
    }
    let stream = frames.request().await?;
    match silence {
        Silence::AtOnce => {}
        Silence::AfterAnAnswer => frames.answer(stream, FOUND).await?,
        Silence::WithinAnAnswer => frames.answer_head(stream).await?,
    }
    std::future::pending().await
}

/// A builder with the timeout of attempts that these cases have.
fn policy(builder: Builder) -> Builder {
    builder.retry_policy(RetryPolicy::new().attempt_timeout(ATTEMPT))
}

fn over(transport: ReqwestTransport, url: &str) -> Result<Network, String> {
    Network::build(policy(Seam::builder(transport)), url, None)
}

fn built() -> Result<ReqwestTransport, String> {
    transport(|client| client).build().map_err(|error| error.to_string())
}

/// Uses the first connection up to where it falls silent. It gets to see one request, now or later.
async fn warm(network: &Network, silence: Silence) -> Run {
    if silence != Silence::AfterAnAnswer {
        return Ok(());
    }
    network.read(LONG).await.map_err(|error| format!("the first call: {error}"))
}

fn count(peer: &Peer, requests: usize, connections: usize) -> Run {
    match (peer.seen.requests(), peer.seen.connections()) {
        found if found == (requests, connections) => Ok(()),
        found => Err(format!("{found:?} requests and connections, and not {:?}", (requests, connections))),
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (version, protocol) in Version::BOTH {
        for (silence, what) in Silence::ALL {
            cases.push(Case::new(format!("silence, {protocol}: {what}: a read comes through"), move || async move {
                let peer = version.peer(silence).await?;
                read(over(built()?, &version.url(&peer))?, &peer, silence).await
            }));
            cases.push(Case::new(format!("silence, {protocol}: {what}: one action is unknown"), move || async move {
                let peer = version.peer(silence).await?;
                act(over(built()?, &version.url(&peer))?, &peer, silence).await
            }));
            cases.push(Case::new(
                format!("silence, {protocol}: {what}: a read from the background"),
                move || async move {
                    let peer = version.peer(silence).await?;
                    let transport = BackgroundTransport::new(built()?).map_err(|error| error.to_string())?;
                    let network = Network::build(policy(Seam::builder(transport)), &version.url(&peer), None)?;
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
async fn read(network: Network, peer: &Peer, silence: Silence) -> Run {
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
async fn act(network: Network, peer: &Peer, silence: Silence) -> Run {
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
            let peer = http2::peer(Vec::new(), move |mut frames| async move {
                let first = frames.request().await?;
                frames.answer(first, FOUND).await?;
                if frames.number == 0 {
                    // This one is never answered.
                    frames.request().await?;
                }
                frames.answer_all().await
            });
            let peer = peer.await?;
            let network = over(built()?, &peer.https())?;
            network.read(LONG).await.map_err(|error| error.to_string())?;
            let call = network.act(LONG);
            let dropped = async {
                peer.seen.until_requests(2).await;
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

fn pings() -> Vec<Case> {
    let pinged = |interval, timeout| {
        let transport = transport(move |client| {
            client
                .http2_keep_alive_interval(Duration::from_millis(interval))
                .http2_keep_alive_timeout(Duration::from_millis(timeout))
        });
        transport.build().map_err(|error| error.to_string())
    };
    vec![
        // An action has no timeout of its attempt, so it is the ping that ends it.
        Case::new("silence, HTTP/2: a ping that is not answered ends the connection", move || async move {
            let peer = Version::Http2.peer(Silence::AtOnce).await?;
            let network = over(pinged(200, 300)?, &peer.https())?;
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
            let peer = http2::peer(Vec::new(), |mut frames| async move {
                let stream = frames.request().await?;
                frames.ping().await?;
                frames.answer(stream, FOUND).await?;
                frames.rest().await
            });
            let peer = peer.await?;
            let network = over(built()?, &peer.https())?;
            network.act(LONG).await.map_err(|error| error.to_string())?;
            count(&peer, 1, 1)
        }),
    ]
}
