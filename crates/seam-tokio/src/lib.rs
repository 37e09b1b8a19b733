//! Common parts of transports that run on tokio. `seam-reqwest` and `seam-hyper` are built on it.
//!
//! | Item | Purpose |
//! |---|---|
//! | [`TokioClock`] | the clock of tokio, for [`Builder::clock`](seam_core::Builder::clock) |
//! | [`BackgroundTransport`] | runs a transport on a background thread, for programs without async |
//! | [`Connections`] | replaces the connections of a transport when one of them becomes unresponsive |
//! | [`BodyBuffer`] | collects the parts of a response body, up to a limit |
//! | [`resolve`] | resolves a host name with the resolver of the operating system |
//! | [`was_not_processed`] | recognizes errors by which an HTTP/2 server states that it did not process a request |
//! | `SystemTls` | settings of rustls with the root certificates of the operating system |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `http2` | no | [`was_not_processed`] recognizes errors of h2 |
//! | `rustls-aws-lc-rs` | no | `SystemTls`, with aws-lc-rs unless the next feature is enabled |
//! | `rustls-ring` | no | `SystemTls`, with ring |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod background;
mod body;
mod clock;
mod connections;
mod resolver;
mod runtime;
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
mod tls;
mod unprocessed;

pub use background::BackgroundTransport;
pub use body::BodyBuffer;
pub use clock::TokioClock;
pub use connections::{Connections, DEFAULT_CONNECT_TIMEOUT, Exchange, IDLE_TIMEOUT, PING_INTERVAL, PING_TIMEOUT};
pub use resolver::{Lookups, resolve};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
pub use rustls;
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
pub use tls::SystemTls;
pub use unprocessed::was_not_processed;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
