//! tower services as transports of Seam, and transports as tower services.
//!
//! | Type | Direction |
//! |---|---|
//! | [`TowerTransport`] | a `tower_service::Service` that sends HTTP requests, as a [`Transport`](seam_core::Transport) |
//! | [`TransportService`] | a [`Transport`](seam_core::Transport), as a `tower_service::Service` |
//!
//! Together they wrap any transport in tower layers. [`Builder::wrap`](seam_core::Builder::wrap) does this for the
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
//! # Unsuitable layers
//!
//! A layer must keep the contract of [`Transport`](seam_core::Transport). The conformance kit (`transport_kit` of the
//! crate `seam-mock`) detects layers that break it:
//!
//! | Layer | Problem | Instead |
//! |---|---|---|
//! | `tower::retry`, `tower::hedge` | may unlock a door twice | rely on the retries of the client |
//! | `tower_http::follow_redirect` | sends an action to another URL | omit it |
//! | `tower_http::decompression` | responses exceed the limit after decompression | omit it |
//! | `tower_http::timeout` | returns a response 408 that no server sent | use the timeout of the client, or `tower::timeout` |
//! | `tower_http::trace` with `include_headers(true)` | logs the API key | wrap it in `SetSensitiveRequestHeadersLayer` |
//! | `tower::limit::concurrency` with few permits | a call that times out while it waits for a permit has an unknown outcome | `Builder::rate_limits` |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod service;
mod transport;

pub use service::TransportService;
pub use transport::TowerTransport;

/// The error type of services.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
