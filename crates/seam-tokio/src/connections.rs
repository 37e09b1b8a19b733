//! The connections of a transport, which are replaced when one of them becomes unresponsive.

use std::{
    fmt,
    ops::Deref,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use seam_core::{Error, Request, RequestExt, TransportError, TransportErrorKind};

use crate::runtime::{self, Process};

/// The default timeout for connecting: 3 s.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The time for which an idle connection is kept, less than the 60 s after which common load balancers drop it.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// The time without data after which an HTTP/2 connection with requests is pinged.
pub const PING_INTERVAL: Duration = Duration::from_secs(5);

/// The timeout of a ping, after which the connection and all its requests fail.
pub const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The minimum duration of a dropped exchange after which its connection counts as unresponsive. A program that cancels
/// calls sooner keeps its connections.
const SILENCE: Duration = Duration::from_millis(500);

type Build<C> = dyn Fn() -> Result<C, Error> + Send + Sync;

/// The client of an HTTP stack with its connection pool, and the function that builds another one.
///
/// After an exchange was dropped without a response, at its deadline or at least half a second after it began, later
/// exchanges use a new client: HTTP/2 sends all requests over one connection, and the cause has probably affected all
/// connections of the pool. Exchanges in flight keep their client.
pub struct Connections<C> {
    current: RwLock<Arc<Generation<C>>>,
    /// `None` for a client that cannot be replaced.
    build: Option<Box<Build<C>>>,
    process: Process,
}

struct Generation<C> {
    client: C,
    went_silent: AtomicBool,
}

impl<C> Generation<C> {
    fn new(client: C) -> Arc<Self> {
        Arc::new(Self { client, went_silent: AtomicBool::new(false) })
    }
}

impl<C> Connections<C> {
    /// Builds the first client.
    ///
    /// # Errors
    ///
    /// Returns the errors of `build`.
    pub fn new(build: impl Fn() -> Result<C, Error> + Send + Sync + 'static) -> Result<Self, Error> {
        let mut connections = Self::fixed(build()?);
        connections.build = Some(Box::new(build));
        Ok(connections)
    }

    /// Creates connections that are never replaced.
    #[must_use]
    pub fn fixed(client: C) -> Self {
        Self { current: RwLock::new(Generation::new(client)), build: None, process: Process::current() }
    }

    /// Begins an exchange.
    ///
    /// # Errors
    ///
    /// Returns [`TransportErrorKind::NotSent`] in a process that was forked after the connections were created, and on
    /// a thread without a tokio runtime that has IO and time enabled.
    pub fn begin(&self, request: &Request) -> Result<Exchange<C>, TransportError> {
        let not_sent = |problem: &'static str| TransportError::new(TransportErrorKind::NotSent, problem);
        self.process.check().map_err(not_sent)?;
        runtime::check().map_err(not_sent)?;
        Ok(Exchange {
            generation: self.generation(),
            started: Instant::now(),
            deadline: request.deadline(),
            is_over: false,
        })
    }

    /// Returns the current client, or a new one if a connection became unresponsive.
    fn generation(&self) -> Arc<Generation<C>> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let Some(build) = self.build.as_ref().filter(|_| current.went_silent.load(Ordering::Relaxed)) else {
            return current;
        };
        let mut current_generation = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current_generation, &current) {
            match build() {
                Ok(client) => *current_generation = Generation::new(client),
                // The current clients are kept, and the next exchange tries again.
                Err(_) => return current,
            }
        }
        Arc::clone(&current_generation)
    }
}

impl<C> fmt::Debug for Connections<C> {
    /// Omits the client, because it may print headers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

/// An exchange in flight, and the client for its request. If it is dropped after some time without a result, its
/// connection counts as unresponsive.
pub struct Exchange<C> {
    generation: Arc<Generation<C>>,
    started: Instant,
    deadline: Option<Instant>,
    is_over: bool,
}

impl<C> Exchange<C> {
    /// Ends the exchange: the server responded, or the exchange failed with an error.
    pub fn end(mut self) {
        self.is_over = true;
    }
}

impl<C> Deref for Exchange<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.generation.client
    }
}

impl<C> fmt::Debug for Exchange<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl<C> Drop for Exchange<C> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if is_late || self.started.elapsed() >= SILENCE {
            self.generation.went_silent.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use seam_core::{Body, http};

    use super::*;

    fn request() -> Request {
        http::Request::new(Body::default())
    }

    /// Forking requires unsafe code, so the test creates connections with the id of another process.
    #[tokio::test]
    async fn connections_of_another_process_send_nothing() {
        let mut connections = Connections::fixed(());
        assert!(connections.begin(&request()).is_ok());
        connections.process = Process::another();
        let error = connections.begin(&request()).unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::NotSent);
        assert!(format!("{error:?}").contains("build a client in the child"), "{error:?}");
    }

    #[tokio::test]
    async fn a_client_is_replaced_after_an_exchange_was_dropped_late() {
        let built = AtomicUsize::new(0);
        let connections = Connections::new(move || Ok(built.fetch_add(1, Ordering::SeqCst))).unwrap();
        let begin = |age| {
            let mut exchange = connections.begin(&request()).unwrap();
            exchange.started = exchange.started.checked_sub(age).unwrap();
            exchange
        };
        drop(begin(SILENCE / 2));
        begin(SILENCE).end();
        assert_eq!(*begin(Duration::ZERO), 0);
        let (given_up, other) = (begin(SILENCE), begin(SILENCE));
        drop(given_up);
        assert_eq!((*other, *begin(Duration::ZERO)), (0, 1));
        // The exchange began on a client that was already replaced.
        drop(other);
        assert_eq!(*begin(Duration::ZERO), 1);
    }

    #[tokio::test]
    async fn the_old_client_is_used_where_no_other_can_be_built() {
        let built = AtomicUsize::new(0);
        let connections = Connections::new(move || match built.fetch_add(1, Ordering::SeqCst) {
            1 => Err(Error::invalid_configuration("no more", "")),
            number => Ok(number),
        });
        let connections = connections.unwrap();
        let mut exchange = connections.begin(&request()).unwrap();
        exchange.deadline = Some(exchange.started);
        drop(exchange);
        assert_eq!(*connections.begin(&request()).unwrap(), 0);
        assert_eq!(*connections.begin(&request()).unwrap(), 2);
    }
}
