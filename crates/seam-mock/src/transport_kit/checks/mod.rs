//! The checks of each obligation. Each starts its own servers, sends requests through its own transport, and compares
//! the requests that the server received with the results of the transport.

pub(crate) mod bounds;
pub(crate) mod delivery;
pub(crate) mod once;
pub(crate) mod own;
#[cfg(feature = "transport-kit-tls")]
pub(crate) mod tls;

use std::io;

use super::report::Findings;

/// Returns the finding of a check that could not start its server, because no port or no thread is available.
pub(crate) fn no_server(error: &io::Error) -> Findings {
    let mut findings = Findings::default();
    findings.broken(format!("cannot start a server of the kit: {error}"));
    findings
}

/// Starts a server, or ends the check.
macro_rules! server {
    ($server:expr) => {
        match $server {
            Ok(server) => server,
            Err(error) => return $crate::transport_kit::checks::no_server(&error),
        }
    };
}
pub(crate) use server;
