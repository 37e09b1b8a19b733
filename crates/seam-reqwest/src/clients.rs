//! The clients of a transport, with one pool of connections each.

use std::sync::OnceLock;

use reqwest::Client;
use seam_core::Error;

type BuildClient = dyn Fn() -> Result<Client, Error> + Send + Sync;

/// Clients with one pool of connections each.
pub(crate) struct Clients {
    pub(crate) client: Client,
    /// For this machine: a proxy of the environment must not get what was not meant to leave the machine. Built when it is
    /// used, since most programs do not.
    loopback: OnceLock<Client>,
    build_loopback: Box<BuildClient>,
}

impl Clients {
    /// Creates clients of which the one for this machine is another one.
    pub(crate) fn new(
        client: Client,
        build_loopback: impl Fn() -> Result<Client, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { client, loopback: OnceLock::new(), build_loopback: Box::new(build_loopback) }
    }

    /// Creates clients that are one.
    pub(crate) fn of(client: Client) -> Self {
        let loopback = client.clone();
        Self::new(client, move || Ok(loopback.clone()))
    }

    /// Returns the client for this machine.
    pub(crate) fn loopback(&self) -> Result<&Client, Error> {
        if let Some(client) = self.loopback.get() {
            return Ok(client);
        }
        // Two threads may both build one, of which one is kept.
        let client = (self.build_loopback)()?;
        Ok(self.loopback.get_or_init(|| client))
    }
}
