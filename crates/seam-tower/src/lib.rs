//! tower services as transports of Seam, and transports as tower services.
//!
//! | Type | Direction |
//! |---|---|
//! | [`TowerTransport`] | a `tower_service::Service` that sends HTTP requests, as a [`Transport`](seam_core::Transport) |
//! | [`TransportService`] | a [`Transport`](seam_core::Transport), as a `tower_service::Service` |
//!
//! Together they put tower layers around any transport. [`Builder::wrap`](seam_core::Builder::wrap) does that for the
//! transport of a builder:
//!
//! ```
//! use seam_core::{Builder, http::{HeaderValue, header::HeaderName}};
//! use seam_tower::{TowerTransport, TransportService};
//! use tower::ServiceBuilder;
//! use tower_http::{set_header::SetRequestHeaderLayer, trace::TraceLayer};
//!
//! /// Limits, traces and labels the requests of a client.
//! fn layered(builder: Builder) -> Builder {
//!     builder.wrap(|transport| {
//!         let label = (HeaderName::from_static("x-team"), HeaderValue::from_static("front-desk"));
//!         let stack = ServiceBuilder::new()
//!             .concurrency_limit(32)
//!             .layer(TraceLayer::new_for_http())
//!             .layer(SetRequestHeaderLayer::overriding(label.0, label.1))
//!             .service(TransportService::new(transport));
//!         TowerTransport::new(stack)
//!     })
//! }
//! # let fake = seam_fake::FakeSeam::new();
//! # let builder = layered(seam_core::Seam::builder(fake).allow_blocking());
//! # builder.credentials(seam_core::Credentials::api_key("seam_example_key").unwrap()).build().unwrap();
//! ```
//!
//! # Layers that do not fit
//!
//! A layer must keep what [`Transport`](seam_core::Transport) promises. The conformance kit (`transport_kit` of the crate
//! `seam-mock`) finds those that do not:
//!
//! | Layer | Problem | Instead |
//! |---|---|---|
//! | `tower::retry`, `tower::hedge` | may unlock a door twice | the client retries what may be retried |
//! | `tower_http::follow_redirect` | sends an action to another address | leave it out |
//! | `tower_http::decompression` | responses that are larger than they are on the wire | leave it out |
//! | `tower_http::timeout` | a response 408 that no server sent | the client's timeout, or `tower::timeout` |
//! | `tower_http::trace` with `include_headers(true)` | logs the API key | `SetSensitiveRequestHeadersLayer` around it |
//! | `tower::limit::concurrency` with few permits | a call that times out while it waits for a permit has an unknown outcome | `Builder::rate_limits` |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod service;
mod transport;

pub use service::TransportService;
pub use transport::TowerTransport;

/// What errors of services are turned into.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
