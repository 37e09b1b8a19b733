//! The clients of a transport, each with its own connection pool.

use std::sync::OnceLock;

use reqwest::Client;
use seam_core::Error;

type BuildClient = dyn Fn() -> Result<Client, Error> + Send + Sync;

/// The clients of a transport, each with its own connection pool.
pub(crate) struct Clients {
    pub(crate) client: Client,
    /// The client for loopback addresses, which ignores the proxy of the environment, because these requests must not
    /// leave the machine. Built on first use, because most programs do not need it.
    loopback: OnceLock<Client>,
    build_loopback: Box<BuildClient>,
}

impl Clients {
    /// Creates a client for remote servers, and a function that builds another one for loopback addresses.
    pub(crate) fn new(
        client: Client,
        build_loopback: impl Fn() -> Result<Client, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { client, loopback: OnceLock::new(), build_loopback: Box::new(build_loopback) }
    }

    /// Uses one client for all addresses.
    pub(crate) fn of(client: Client) -> Self {
        let loopback = client.clone();
        Self::new(client, move || Ok(loopback.clone()))
    }

    /// Returns the client for loopback addresses.
    pub(crate) fn loopback(&self) -> Result<&Client, Error> {
        if let Some(client) = self.loopback.get() {
            return Ok(client);
        }
        // If two threads build a client concurrently, one is dropped.
        let client = (self.build_loopback)()?;
        Ok(self.loopback.get_or_init(|| client))
    }
}
