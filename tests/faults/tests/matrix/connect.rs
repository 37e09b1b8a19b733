//! Faults while a connection is established.

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
    sockets::{CallKind, any_record, both, client, no_request_data, serve, transport},
    support::{BODY, failed, json_response, not_sent, unknown},
};

/// A connect timeout shorter than the timeout of a call, so that it ends first.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(100);

/// A timeout longer than three attempts to connect.
const LONG_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (call_kind, suffix) in CallKind::BOTH {
        cases.push(Case::new(format!("no listener: {suffix}"), move || refused(call_kind)));
        cases.push(Case::new(format!("a full backlog: {suffix}"), move || {
            full(call_kind, LONG_TIMEOUT, CONNECT_TIMEOUT, not_sent())
        }));
        // Only the HTTP stack can detect that there was no connection. When the deadline ends first, the exchange counts as begun.
        let expected = if call_kind == CallKind::Read {
            failed(TransportErrorKind::Timeout)
        } else {
            unknown(TransportErrorKind::Timeout)
        };
        let name = format!("a full backlog until the deadline: {suffix}");
        cases.push(Case::new(name, move || {
            full(call_kind, CONNECT_TIMEOUT, LONG_TIMEOUT, expected.clone().requests(0))
        }));
        cases.push(Case::new(format!("the first address does not respond: {suffix}"), move || unresponsive(call_kind)));
    }
    cases.extend(names());
    cases.extend(ended_on_accept());
    cases
}

/// The result of a name resolution.
#[derive(Clone, Debug)]
enum Resolution {
    Fail,
    Hang,
    Addresses(Vec<[u8; 4]>),
}

impl Resolution {
    async fn resolve(self) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::Fail => Err(io::Error::other("no such host")),
            Self::Hang => std::future::pending().await,
            Self::Addresses(addresses) => Ok(addresses.into_iter().map(IpAddr::from).collect()),
        }
    }
}

fn resolving(names: Resolution, timeout: Duration) -> TransportSettings {
    transport().resolver(move |_| names.clone().resolve()).connect_timeout(timeout)
}

/// Starts a server that responds, and creates a client with this name resolution.
async fn resolved(names: Resolution, scheme: &'static str, timeout: Duration) -> Result<(Network, Server), String> {
    let server = serve(|mut wire| {
        loop {
            wire.request()?;
            wire.write(json_response(200, BODY))?;
        }
    })?;
    Ok((client(resolving(names, timeout), &format!("{scheme}://door.example:{}", server.port()))?, server))
}

fn names() -> Vec<Case> {
    let mut cases = Vec::new();
    for (suffix, names) in [
        ("a name that cannot be resolved", Resolution::Fail),
        ("a name without an address", Resolution::Addresses(Vec::new())),
        ("a name whose resolution never ends", Resolution::Hang),
        ("a name with one unreachable address", Resolution::Addresses(vec![[127, 0, 0, 2]])),
        (
            "a name with many unreachable addresses",
            Resolution::Addresses((2..30).map(|last| [127, 0, 0, last]).collect()),
        ),
    ] {
        for scheme in ["http", "https"] {
            let names = names.clone();
            let connect = move || resolved(names.clone(), scheme, CONNECT_TIMEOUT);
            cases.extend(both(
                &format!("{suffix}, over {scheme}"),
                LONG_TIMEOUT,
                connect,
                not_sent(),
                not_sent(),
                no_request_data,
            ));
        }
    }
    for (suffix, addresses) in [
        ("the first address is unreachable", vec![[127, 0, 0, 2], [127, 0, 0, 1]]),
        (
            "twenty addresses are unreachable, and the last is not",
            (2..22).map(|last| [127, 0, 0, last]).chain([[127, 0, 0, 1]]).collect(),
        ),
    ] {
        let connect = move || resolved(Resolution::Addresses(addresses.clone()), "http", LONG_TIMEOUT);
        cases.extend(both(suffix, LONG_TIMEOUT, connect, Expected::ok(), Expected::ok(), any_record));
    }
    cases
}

/// Connections that the server ends before it has read a request. It depends on the scheduler whether hyper has written the
/// request by then: either hyper reports that it has not, and the client retries the call, or the outcome is unknown.
fn ended_on_accept() -> Vec<Case> {
    let mut cases = Vec::new();
    for (how, resets) in [("closed", false), ("reset", true)] {
        for (call_kind, suffix) in CallKind::BOTH {
            cases.push(Case::new(format!("each connection is {how} on accept: {suffix}"), move || async move {
                let server = serve(move |wire| if resets { wire.reset() } else { None })?;
                let network = client(transport(), &server.url())?;
                let error = match call_kind.send(&network, LONG_TIMEOUT).await {
                    Ok(()) => return Err("the call returned a value".to_owned()),
                    Err(error) => error,
                };
                check_ended_on_accept(call_kind, &error, server.record().connections())?;
                no_request_data(server.record())
            }));
        }
    }
    cases
}

/// Checks the error of a call whose connections all end on accept.
pub(crate) fn check_ended_on_accept(call_kind: CallKind, error: &Error, connections: usize) -> Run {
    let kind = error.transport_error_kind();
    let is_right = match (call_kind, error.kind()) {
        (_, ErrorKind::Transport) if error.is_not_sent() => connections == 3,
        (CallKind::Read, ErrorKind::Transport) => connections == 3,
        // Earlier attempts may have been reported as not sent.
        (CallKind::Action, ErrorKind::OutcomeUnknown) => {
            kind == Some(TransportErrorKind::Interrupted) && connections <= 3
        }
        _ => false,
    };
    if is_right { Ok(()) } else { Err(format!("after {connections} connections: {error:?}")) }
}

/// Connects to a port that has just been closed.
async fn refused(call_kind: CallKind) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    drop(listener);
    let network = client(transport(), &format!("http://127.0.0.1:{port}"))?;
    not_sent().check(call_kind.send(&network, LONG_TIMEOUT).await, 0)
}

/// A listener with a full backlog, which does not respond to attempts to connect.
struct FullBacklog {
    address: SocketAddr,
    // Kept open.
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl FullBacklog {
    async fn listen(address: SocketAddr) -> Result<Self, String> {
        let socket = TcpSocket::new_v4().map_err(|error| error.to_string())?;
        socket.bind(address).map_err(|error| error.to_string())?;
        let listener = socket.listen(1).map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let mut waiting = Vec::new();
        while let Ok(stream) = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            waiting.push(stream.map_err(|error| error.to_string())?);
        }
        Ok(Self { address, _listener: listener, _waiting: waiting })
    }
}

async fn full(call_kind: CallKind, call_timeout: Duration, timeout: Duration, expected: Expected) -> Run {
    let full = FullBacklog::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let network = client(transport().connect_timeout(timeout), &format!("http://{}", full.address))?;
    expected.check(call_kind.send(&network, call_timeout).await, 0)
}

/// The connect timeout is divided among the addresses.
async fn unresponsive(call_kind: CallKind) -> Run {
    let names = Resolution::Addresses(vec![[127, 0, 0, 2], [127, 0, 0, 1]]);
    let (_, server) = resolved(names.clone(), "http", LONG_TIMEOUT).await?;
    let full = FullBacklog::listen(SocketAddr::from(([127, 0, 0, 2], server.port()))).await?;
    let network =
        client(resolving(names, CONNECT_TIMEOUT * 6), &format!("http://door.example:{}", full.address.port()))?;
    Expected::ok().check(call_kind.send(&network, LONG_TIMEOUT).await, server.record().request_count())
}
