//! What transports that run on tokio have in common. `seam-reqwest` and `seam-hyper` are built on it.
//!
//! | Item | What it does |
//! |---|---|
//! | [`TokioClock`] | the time of tokio, for [`Builder::clock`](seam_core::Builder::clock) |
//! | [`BackgroundTransport`] | runs a transport on a thread of its own, for programs without async |
//! | [`Connections`] | replaces the connections of a transport when one of them went silent |
//! | [`resolve`] | looks up a host name by the operating system |
//! | `SystemTls` | settings of rustls that trust what the operating system trusts |
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `rustls-aws-lc-rs` | no | `SystemTls`, with aws-lc-rs unless the next one is on |
//! | `rustls-ring` | no | `SystemTls`, with ring |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod background;
mod clock;
mod connections;
mod resolver;
mod runtime;
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
mod tls;

pub use background::BackgroundTransport;
pub use clock::TokioClock;
pub use connections::{Connections, DEFAULT_CONNECT_TIMEOUT, Exchange, IDLE_TIMEOUT, PING_INTERVAL, PING_TIMEOUT};
pub use resolver::{Lookups, resolve};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
pub use rustls;
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
pub use tls::SystemTls;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
