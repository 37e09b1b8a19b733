//! A conformance kit for transports: tests an implementation against the contract of the trait [`Transport`].
//!
//! The kit starts misbehaving servers on loopback sockets, sends requests through the transport, and checks the
//! requests that the servers received. A transport that sends an action twice is detected by the count of the server,
//! not by the result of the transport.
//!
//! ```no_run
//! # type MyTransport = seam_mock::MockTransport;
//! use seam_mock::transport_kit::TransportKit;
//!
//! # async fn example() {
//! // A closure, because each check uses its own transport.
//! let report = TransportKit::new(|| MyTransport::new()).run().await;
//! println!("{report}");
//! report.assert_kept();
//! # }
//! ```
//!
//! The kit needs no async runtime: run it in a `#[tokio::test]`, or with `pollster::block_on` in a plain `#[test]`. It
//! uses only the loopback interface, and takes a few seconds.
//!
//! With the feature `transport-kit-tls`, [`TransportKit::tls`] adds the checks over TLS and HTTP/2.
//!
//! [`Server`], [`Script`] and [`Frames`] are the servers of the kit, for your own tests with sockets.

mod checks;
mod exchanges;
mod http2;
mod obligation;
mod probe;
mod received;
mod report;
mod server;
mod stream;
#[cfg(feature = "transport-kit-tls")]
mod tls;

use std::{future::Future, pin::Pin, sync::Arc};

use seam_core::Transport;

pub use exchanges::{BODY, BrokenExchange, broken_exchanges, json_response, with_headers};
pub use http2::{Frame, Frames, OK_HEAD, flag, frame, kind, reason};
pub use obligation::Obligation;
use probe::{Factory, Probe};
pub use received::Received;
use report::Findings;
pub use report::{Entry, Report, Verdict};
pub use server::{Connection, Gate, Record, Script, Server, Step, Wire};
#[cfg(feature = "transport-kit-tls")]
pub use tls::{Authority, Certificate, CertificateError};

type Checking = Pin<Box<dyn Future<Output = Findings> + Send>>;

/// The checks of a transport. See the [module](self).
#[must_use = "the checks run when `run` is awaited"]
pub struct TransportKit {
    plain: Factory,
    #[cfg(feature = "transport-kit-tls")]
    tls: Option<(Factory, Arc<Authority>)>,
}

impl std::fmt::Debug for TransportKit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TransportKit").finish_non_exhaustive()
    }
}

impl TransportKit {
    /// Creates the checks of the transport that `make` returns. Each check uses its own transports, so that they share
    /// no connection pool.
    pub fn new<T: Transport>(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            plain: Arc::new(move || Arc::new(make())),
            #[cfg(feature = "transport-kit-tls")]
            tls: None,
        }
    }

    /// Adds the checks over TLS and HTTP/2. `make` returns a transport that trusts the given certificate authority, in
    /// PEM.
    ///
    /// # Errors
    ///
    /// Returns an error when no certificate can be created.
    #[cfg(feature = "transport-kit-tls")]
    pub fn tls<T: Transport>(
        mut self,
        make: impl Fn(&str) -> T + Send + Sync + 'static,
    ) -> Result<Self, CertificateError> {
        let authority = Arc::new(Authority::new()?);
        let trusted = Arc::clone(&authority);
        self.tls = Some((Arc::new(move || Arc::new(make(trusted.certificate()))), authority));
        Ok(self)
    }

    /// Runs all checks, one after another.
    pub async fn run(self) -> Report {
        let probe = Probe::new(self.plain.clone());
        let mut entries = Vec::new();
        for obligation in Obligation::ALL {
            entries.push(Entry::new(*obligation, self.check(*obligation, probe.clone()).await));
        }
        Report::new(entries)
    }

    fn check(&self, obligation: Obligation, probe: Probe) -> Checking {
        use checks::{bounds, delivery, once, own};

        match obligation {
            Obligation::Request => Box::pin(delivery::request(probe)),
            Obligation::Statuses => Box::pin(delivery::statuses(probe)),
            Obligation::Framing => Box::pin(delivery::framing(probe)),
            Obligation::Redirects => Box::pin(delivery::redirects(probe)),
            Obligation::Cookies => Box::pin(delivery::cookies(probe)),
            Obligation::Compression => Box::pin(delivery::compression(probe)),
            Obligation::BrokenConnections => Box::pin(once::broken_connections(probe)),
            Obligation::PooledConnections => Box::pin(once::pooled_connections(probe)),
            Obligation::RetryStatuses => Box::pin(once::retry_statuses(probe)),
            Obligation::SlowResponses => Box::pin(once::slow_responses(probe)),
            Obligation::NotSent => Box::pin(once::not_sent(probe)),
            Obligation::Truncation => Box::pin(bounds::truncation(probe)),
            Obligation::ResponseLimit => Box::pin(bounds::response_limit(probe)),
            Obligation::Correlation => Box::pin(once::correlation(probe)),
            Obligation::Concurrency => Box::pin(once::concurrency(probe)),
            Obligation::Reuse => Box::pin(once::reuse(probe)),
            Obligation::Cancellation => Box::pin(bounds::cancellation(probe)),
            Obligation::Tls | Obligation::Http2 => self.check_tls(obligation, probe),
            Obligation::Secrets => Box::pin(own::secrets(probe)),
        }
    }

    #[cfg(feature = "transport-kit-tls")]
    fn check_tls(&self, obligation: Obligation, probe: Probe) -> Checking {
        let Some((factory, authority)) = &self.tls else { return Self::without_tls() };
        let (probe, authority) = (probe.with(Arc::clone(factory)), Arc::clone(authority));
        if obligation == Obligation::Http2 {
            Box::pin(checks::tls::http2(probe, authority))
        } else {
            Box::pin(checks::tls::handshakes(probe, authority))
        }
    }

    #[cfg(not(feature = "transport-kit-tls"))]
    fn check_tls(&self, _: Obligation, _: Probe) -> Checking {
        Self::without_tls()
    }

    fn without_tls() -> Checking {
        Box::pin(async { Findings::skipped("no transport for TLS is set; call `TransportKit::tls`") })
    }
}
