//! The clients of a transport, and with them its connections, which are replaced when one of them went silent.

use std::{
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Client;
use seam_core::Error;

/// How long an exchange that is given up must have lasted for its connection to count as silent. A program that cancels
/// calls sooner than that does not lose its connections by it.
const SILENCE: Duration = Duration::from_millis(500);

/// Clients with one pool of connections each.
pub(crate) struct Clients {
    pub(crate) client: Client,
    /// For this machine: a proxy of the environment must not get what was not meant to leave the machine. Built when it is
    /// used, since most programs do not.
    loopback: OnceLock<Client>,
    build_loopback: Box<BuildClient>,
    went_silent: AtomicBool,
}

impl Clients {
    /// Creates clients of which the one for this machine is another one.
    pub(crate) fn new(
        client: Client,
        build_loopback: impl Fn() -> Result<Client, Error> + Send + Sync + 'static,
    ) -> Self {
        let (loopback, build_loopback) = (OnceLock::new(), Box::new(build_loopback));
        Self { client, loopback, build_loopback, went_silent: AtomicBool::new(false) }
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

type BuildClient = dyn Fn() -> Result<Client, Error> + Send + Sync;

type Build = dyn Fn() -> Result<Clients, Error> + Send + Sync;

/// The clients to use now, and how to build others.
pub(crate) struct Pool {
    current: RwLock<Arc<Clients>>,
    /// `None` for the client of a user, which is the only one.
    build: Option<Box<Build>>,
}

impl Pool {
    /// Builds the first clients.
    pub(crate) fn new(build: impl Fn() -> Result<Clients, Error> + Send + Sync + 'static) -> Result<Self, Error> {
        Ok(Self { current: RwLock::new(Arc::new(build()?)), build: Some(Box::new(build)) })
    }

    /// A pool that stays as it is.
    pub(crate) fn of(clients: Clients) -> Self {
        Self { current: RwLock::new(Arc::new(clients)), build: None }
    }

    /// The clients for a new exchange. If a connection went silent, they are new ones: HTTP/2 sends all requests over one
    /// connection, and whatever silenced one of several has probably silenced the others. Exchanges that are under way
    /// keep theirs.
    pub(crate) fn clients(&self) -> Arc<Clients> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let Some(build) = self.build.as_ref().filter(|_| current.went_silent.load(Ordering::Relaxed)) else {
            return current;
        };
        let mut place = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&place, &current) {
            match build() {
                Ok(clients) => *place = Arc::new(clients),
                // As good as before, and tried again for the next exchange.
                Err(_) => return current,
            }
        }
        Arc::clone(&place)
    }
}

/// An exchange under way. If it is dropped unfinished after some time, its connection went silent.
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

    /// The server answered, or the connection failed in a way that is known.
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
