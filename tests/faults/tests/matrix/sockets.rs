//! Servers that are functions instead of scripts: for faults below HTTP, and for cases with several connections.

use std::{future::Future, time::Duration};

use seam_core::Error;
use seam_faults::{Case, Expected, KEY, Network, Run, Stack, TransportSettings};
use seam_mock::transport_kit::{Record, Server, Wire};

/// Starts a server that calls `serve` for each connection.
pub(crate) fn serve(serve: impl Fn(Wire) -> Option<()> + Send + Sync + 'static) -> Result<Server, String> {
    Server::serve(serve).map_err(|error| error.to_string())
}

/// Returns an HTTPS URL of a server without TLS.
pub(crate) fn https(server: &Server) -> String {
    format!("https://127.0.0.1:{}", server.port())
}

/// Waits until the server has received this number of requests.
pub(crate) async fn until_requests(server: &Server, requests: usize) {
    server.record().until(|record| record.request_count() >= requests).await;
}

/// Waits until clients have closed this number of connections.
pub(crate) async fn until_closed(server: &Server, connections: usize) {
    server.record().until(|record| record.closed_by_client() >= connections).await;
}

/// Returns the settings of a transport that ignores the proxies in the environment.
pub(crate) fn transport() -> TransportSettings {
    Stack::of_environment().transport().no_proxy()
}

/// Creates a client for the server at `url`.
pub(crate) fn client(transport: TransportSettings, url: &str) -> Result<Network, String> {
    Network::over(transport.build()?, url, None)
}

/// The kind of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    Read,
    Action,
}

impl CallKind {
    /// Both kinds, with the suffixes of their case names.
    pub(crate) const BOTH: [(Self, &'static str); 2] = [(Self::Read, "a read"), (Self::Action, "an action")];

    /// Sends a call of this kind.
    pub(crate) async fn send(self, network: &Network, timeout: Duration) -> Result<(), Error> {
        match self {
            Self::Read => network.read(timeout).await,
            Self::Action => network.act(timeout).await,
        }
    }
}

/// Creates a case with a read and a case with an action. `check` checks the record of the server that `connect` returns.
pub(crate) fn both<F>(
    name: &str,
    timeout: Duration,
    connect: impl Fn() -> F + Clone + Send + Sync + 'static,
    read: Expected,
    action: Expected,
    check: fn(&Record) -> Run,
) -> Vec<Case>
where
    F: Future<Output = Result<(Network, Server), String>> + Send + 'static,
{
    let expected = [read, action];
    let rows = CallKind::BOTH.into_iter().zip(expected);
    rows.map(|((call_kind, suffix), expected)| {
        let connect = connect.clone();
        Case::new(format!("{name}: {suffix}"), move || {
            let (connecting, expected) = (connect(), expected.clone());
            async move {
                let (network, peer) = connecting.await?;
                let started = std::time::Instant::now();
                let result = call_kind.send(&network, timeout).await;
                let took = started.elapsed();
                if took > timeout + Duration::from_secs(2) {
                    return Err(format!("the call took {took:?}"));
                }
                expected.check(result, peer.record().request_count())?;
                check(peer.record())
            }
        })
    })
    .collect()
}

/// Accepts any record.
pub(crate) fn any_record(_: &Record) -> Run {
    Ok(())
}

/// Checks that the server received no part of a request, in particular no API key.
pub(crate) fn no_request_data(record: &Record) -> Run {
    let found =
        [KEY, "authorization", "access_codes", "user-agent"].into_iter().find(|part| record.occurrences(part) > 0);
    match (found, record.request_count()) {
        (None, 0) => Ok(()),
        (found, requests) => Err(format!("{requests} requests and {found:?} reached the server")),
    }
}
