//! The clients of a transport, which are replaced together with their connections when one of these becomes unresponsive.

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use seam_core::Error;

/// The minimum duration of a dropped exchange after which its connection counts as unresponsive. A program that cancels
/// calls sooner keeps its connections.
const SILENCE: Duration = Duration::from_millis(500);

/// The clients of a transport, each with its own connection pool.
pub(crate) struct Clients {
    pub(crate) client: Client,
    /// The client for loopback addresses, which ignores the proxy of the environment, because these requests must not
    /// leave the machine. Built on first use, because most programs do not need it.
    loopback: OnceLock<Client>,
    build_loopback: Box<BuildClient>,
    went_silent: AtomicBool,
}

impl Clients {
    /// Creates a client for remote servers, and another one for loopback addresses.
    pub(crate) fn new(
        client: Client,
        build_loopback: impl Fn() -> Result<Client, Error> + Send + Sync + 'static,
    ) -> Self {
        let (loopback, build_loopback) = (OnceLock::new(), Box::new(build_loopback));
        Self { client, loopback, build_loopback, went_silent: AtomicBool::new(false) }
    }

    /// Creates one client for all addresses.
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

type BuildClient = dyn Fn() -> Result<Client, Error> + Send + Sync;

type Build = dyn Fn() -> Result<Clients, Error> + Send + Sync;

/// The current clients, and the function that builds new ones.
pub(crate) struct Pool {
    current: RwLock<Arc<Clients>>,
    /// `None` for a client of the user, which is never replaced.
    build: Option<Box<Build>>,
}

impl Pool {
    /// Builds the first clients.
    pub(crate) fn new(build: impl Fn() -> Result<Clients, Error> + Send + Sync + 'static) -> Result<Self, Error> {
        Ok(Self { current: RwLock::new(Arc::new(build()?)), build: Some(Box::new(build)) })
    }

    /// Creates a pool whose clients are never replaced.
    pub(crate) fn of(clients: Clients) -> Self {
        Self { current: RwLock::new(Arc::new(clients)), build: None }
    }

    /// Returns the clients for a new exchange. They are new if a connection became unresponsive: HTTP/2 sends all
    /// requests over one connection, and the cause has probably affected all connections of the pool. Exchanges in
    /// flight keep their clients.
    pub(crate) fn clients(&self) -> Arc<Clients> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let Some(build) = self.build.as_ref().filter(|_| current.went_silent.load(Ordering::Relaxed)) else {
            return current;
        };
        let mut place = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&place, &current) {
            match build() {
                Ok(clients) => *place = Arc::new(clients),
                // The current clients are kept, and the next exchange tries again.
                Err(_) => return current,
            }
        }
        Arc::clone(&place)
    }
}

/// An exchange in flight. If it is dropped after some time without a result, its connection counts as unresponsive.
pub(crate) struct Exchange {
    pub(crate) clients: Arc<Clients>,
    started: Instant,
    deadline: Option<Instant>,
    is_over: bool,
}

impl Exchange {
    pub(crate) fn new(clients: Arc<Clients>, deadline: Option<Instant>) -> Self {
        Self { clients, started: Instant::now(), deadline, is_over: false }
    }

    /// Records that the server responded, or that the exchange failed with an error.
    pub(crate) fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if !self.is_over && (is_late || self.started.elapsed() >= SILENCE) {
            self.clients.went_silent.store(true, Ordering::Relaxed);
        }
    }
}
