//! Connections that do not come about.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use seam_core::{Error, ErrorKind, TransportErrorKind};
use seam_faults::{Case, Expected, Network, Run, TransportSettings};
use seam_mock::transport_kit::Server;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::matrix::{
    sockets::{Ask, anything, both, client, nothing, serve, transport},
    support::{FOUND, failed, json, not_sent, unknown},
};

/// Shorter than the calls have, so that an attempt to connect ends first.
const CONNECT: Duration = Duration::from_millis(100);

/// Longer than three attempts to connect.
const LONG: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (ask, what) in Ask::BOTH {
        cases.push(Case::new(format!("nobody listens: {what}"), move || refused(ask)));
        cases.push(Case::new(format!("a listener that is full: {what}"), move || full(ask, LONG, CONNECT, not_sent())));
        // That no connection came about is known to the HTTP stack alone: to the deadline an exchange had begun.
        let expected =
            if ask == Ask::Read { failed(TransportErrorKind::Timeout) } else { unknown(TransportErrorKind::Timeout) };
        let name = format!("a listener that is full, for longer than the deadline: {what}");
        cases.push(Case::new(name, move || full(ask, CONNECT, LONG, expected.clone().requests(0))));
        cases.push(Case::new(format!("the first address swallows what it gets: {what}"), move || swallowed(ask)));
    }
    cases.extend(names());
    cases.extend(dead());
    cases
}

/// What becomes of a name.
#[derive(Clone, Debug)]
enum Names {
    Fail,
    Hang,
    Are(Vec<[u8; 4]>),
}

impl Names {
    async fn look_up(self) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::Fail => Err(io::Error::other("no such host")),
            Self::Hang => std::future::pending().await,
            Self::Are(addresses) => Ok(addresses.into_iter().map(IpAddr::from).collect()),
        }
    }
}

fn resolving(names: Names, timeout: Duration) -> TransportSettings {
    transport().resolver(move |_| names.clone().look_up()).connect_timeout(timeout)
}

/// A server that answers, and a client that resolves so.
async fn resolved(names: Names, scheme: &'static str, timeout: Duration) -> Result<(Network, Server), String> {
    let peer = serve(|mut wire| {
        loop {
            wire.request()?;
            wire.write(json(200, FOUND))?;
        }
    })?;
    Ok((client(resolving(names, timeout), &format!("{scheme}://door.example:{}", peer.port()))?, peer))
}

fn names() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, names) in [
        ("a name that cannot be resolved", Names::Fail),
        ("a name without an address", Names::Are(Vec::new())),
        ("a name that takes for ever to resolve", Names::Hang),
        ("a name whose only address is dead", Names::Are(vec![[127, 0, 0, 2]])),
        ("a name with many addresses that are all dead", Names::Are((2..30).map(|last| [127, 0, 0, last]).collect())),
    ] {
        for scheme in ["http", "https"] {
            let names = names.clone();
            let connect = move || resolved(names.clone(), scheme, CONNECT);
            cases.extend(both(&format!("{what}, over {scheme}"), LONG, connect, not_sent(), not_sent(), nothing));
        }
    }
    for (what, addresses) in [
        ("the first address is dead", vec![[127, 0, 0, 2], [127, 0, 0, 1]]),
        (
            "twenty addresses are dead and the last is not",
            (2..22).map(|last| [127, 0, 0, last]).chain([[127, 0, 0, 1]]).collect(),
        ),
    ] {
        let connect = move || resolved(Names::Are(addresses.clone()), "http", LONG);
        cases.extend(both(what, LONG, connect, Expected::ok(), Expected::ok(), anything));
    }
    cases
}

/// Connections that a server breaks before it has read anything. Whether hyper has written by then is for the scheduler
/// to say: either it knows that it has not, and the call is tried again, or there is no telling.
fn dead() -> Vec<Case> {
    let mut cases = Vec::new();
    for (how, resets) in [("closed", false), ("reset", true)] {
        for (ask, what) in Ask::BOTH {
            cases.push(Case::new(format!("each connection is {how} on accept: {what}"), move || async move {
                let peer = serve(move |wire| if resets { wire.reset() } else { None })?;
                let network = client(transport(), &peer.url())?;
                let error = match ask.of(&network, LONG).await {
                    Ok(()) => return Err("a value came".to_owned()),
                    Err(error) => error,
                };
                broken_on_accept(ask, &error, peer.record().connections())?;
                nothing(peer.record())
            }));
        }
    }
    cases
}

pub(crate) fn broken_on_accept(ask: Ask, error: &Error, connections: usize) -> Run {
    let kind = error.transport_error_kind();
    let is_right = match (ask, error.kind()) {
        (_, ErrorKind::Transport) if error.is_not_sent() => connections == 3,
        (Ask::Read, ErrorKind::Transport) => connections == 3,
        // Attempts before the last one may have been known not to be sent.
        (Ask::Act, ErrorKind::OutcomeUnknown) => kind == Some(TransportErrorKind::Interrupted) && connections <= 3,
        _ => false,
    };
    if is_right { Ok(()) } else { Err(format!("after {connections} connections: {error:?}")) }
}

/// A port that was free a moment ago.
async fn refused(ask: Ask) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    drop(listener);
    let network = client(transport(), &format!("http://127.0.0.1:{port}"))?;
    not_sent().judge(ask.of(&network, LONG).await, 0)
}

/// A listener that accepts nothing, and has no room for another connection: attempts to connect go unanswered.
struct Full {
    address: SocketAddr,
    // Held open.
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Full {
    async fn listen(address: SocketAddr) -> Result<Self, String> {
        let socket = TcpSocket::new_v4().map_err(|error| error.to_string())?;
        socket.bind(address).map_err(|error| error.to_string())?;
        let listener = socket.listen(1).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let mut waiting = Vec::new();
        while let Ok(stream) = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            waiting.push(stream.map_err(|error| error.to_string())?);
        }
        Ok(Self { address, _listener: listener, _waiting: waiting })
    }
}

async fn full(ask: Ask, call_timeout: Duration, timeout: Duration, expected: Expected) -> Run {
    let full = Full::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let network = client(transport().connect_timeout(timeout), &format!("http://{}", full.address))?;
    expected.judge(ask.of(&network, call_timeout).await, 0)
}

/// Each address gets its share of the time to connect.
async fn swallowed(ask: Ask) -> Run {
    let names = Names::Are(vec![[127, 0, 0, 2], [127, 0, 0, 1]]);
    let (_, peer) = resolved(names.clone(), "http", LONG).await?;
    let full = Full::listen(SocketAddr::from(([127, 0, 0, 2], peer.port()))).await?;
    let network = client(resolving(names, CONNECT * 6), &format!("http://door.example:{}", full.address.port()))?;
    Expected::ok().judge(ask.of(&network, LONG).await, peer.record().request_count())
}
