//! The checks of each obligation. Each starts servers of its own, sends requests through a transport of its own, and
//! compares what the server received with what the transport returned.

pub(crate) mod bounds;
pub(crate) mod delivery;
pub(crate) mod once;
pub(crate) mod own;
#[cfg(feature = "transport-kit-tls")]
pub(crate) mod tls;

use std::io;

use super::report::Findings;

/// Ends a check that could not start its server: the machine has no free port or no threads left.
pub(crate) fn no_server(error: &io::Error) -> Findings {
    let mut findings = Findings::default();
    findings.broken(format!("the kit cannot start a server: {error}"));
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
