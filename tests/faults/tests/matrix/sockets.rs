//! Servers that are code and not a script: for what is below HTTP, beside it, or about two connections at once.

use std::{future::Future, time::Duration};

use seam_core::Error;
use seam_faults::{Case, Expected, KEY, Network, Run, Stack, TransportSettings};
use seam_mock::transport_kit::{Record, Server, Wire};

/// Starts a server that calls `serve` for each connection.
pub(crate) fn serve(serve: impl Fn(Wire) -> Option<()> + Send + Sync + 'static) -> Result<Server, String> {
    Server::serve(serve).map_err(|error| error.to_string())
}

/// The URL by which a client takes a plain server for one that speaks TLS.
pub(crate) fn https(server: &Server) -> String {
    format!("https://127.0.0.1:{}", server.port())
}

/// Waits until so many requests have come.
pub(crate) async fn until_requests(server: &Server, requests: usize) {
    server.record().until(|record| record.request_count() >= requests).await;
}

/// Waits until so many clients have hung up.
pub(crate) async fn until_hung_up(server: &Server, clients: usize) {
    server.record().until(|record| record.hung_up() >= clients).await;
}

/// A transport that a user would build, without what the environment says about proxies.
pub(crate) fn transport() -> TransportSettings {
    Stack::of_environment().transport().no_proxy()
}

/// A client that talks to `url`.
pub(crate) fn client(transport: TransportSettings, url: &str) -> Result<Network, String> {
    Network::over(transport.build()?, url, None)
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Read,
    Act,
}

impl Ask {
    /// Both, with the ends of their names.
    pub(crate) const BOTH: [(Self, &'static str); 2] = [(Self::Read, "a read"), (Self::Act, "an action")];

    pub(crate) async fn of(self, network: &Network, timeout: Duration) -> Result<(), Error> {
        match self {
            Self::Read => network.read(timeout).await,
            Self::Act => network.act(timeout).await,
        }
    }
}

/// A read and an action, judged by the count of the server that `connect` makes, and then by `check`.
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
    let rows = Ask::BOTH.into_iter().zip(expected);
    rows.map(|((ask, what), expected)| {
        let connect = connect.clone();
        Case::new(format!("{name}: {what}"), move || {
            let (connecting, expected) = (connect(), expected.clone());
            async move {
                let (network, peer) = connecting.await?;
                let started = std::time::Instant::now();
                let result = ask.of(&network, timeout).await;
                let took = started.elapsed();
                if took > timeout + Duration::from_secs(2) {
                    return Err(format!("it took {took:?}"));
                }
                expected.judge(result, peer.record().request_count())?;
                check(peer.record())
            }
        })
    })
    .collect()
}

/// Nothing to check.
pub(crate) fn anything(_: &Record) -> Run {
    Ok(())
}

/// Nothing of a request came, above all no key.
pub(crate) fn nothing(record: &Record) -> Run {
    let found =
        [KEY, "authorization", "access_codes", "user-agent"].into_iter().find(|part| record.occurrences(part) > 0);
    match (found, record.request_count()) {
        (None, 0) => Ok(()),
        (found, requests) => Err(format!("{requests} requests and {found:?} reached the server")),
    }
}
