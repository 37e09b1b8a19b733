//! The Seam API as requests and responses over a transport of your choice: endpoints, client, credentials, policies and errors,
//! without an HTTP stack or an async runtime.
//!
//! This program is complete. Its transport is a closure; in production, use `seam_reqwest::ReqwestTransport` or
//! implement [`Transport`]:
//!
//! ```
//! use seam_core::{Body, Credentials, Response, Seam, http::HeaderValue, transport_fn};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), seam_core::Error> {
//!     let transport = transport_fn(|request| async move {
//!         assert_eq!(request.uri().path(), "/devices/get");
//!         let body = r#"{"device":{"device_id":"front","display_name":"Front Door"}}"#;
//!         let mut response = Response::new(Body::from(body.as_bytes().to_vec()));
//!         response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
//!         Ok(response)
//!     });
//!     let credentials = Credentials::api_key("seam_example_key")?;
//!     let seam = Seam::builder(transport).credentials(credentials).build()?;
//!
//!     let device = seam.devices().get("front").await?;
//!     assert_eq!(device.display_name.as_deref(), Some("Front Door"));
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | call Seam over HTTP | the crate `seam-reqwest`, which re-exports everything here |
//! | find a route | [`endpoints`]: `/locks/unlock_door` is `seam.locks().unlock_door(device_id)` |
//! | send a request, with its own timeout, headers or parameters | [`Call`] |
//! | handle an error | [`Error`], and [`Outcome`] for what to do about it |
//! | write a transport | [`Transport`], and the guide on [transports](../seam_guide/transports/index.html) |
//! | add a middleware | [`Builder::wrap`] with [`transport_fn`] |
//! | test a program without Seam | the crates `seam-fake` and `seam-mock`, which accept the same calls |
//!
//! The [guide](../seam_guide/index.html) has a page on each topic. Begin with [getting
//! started](../seam_guide/getting_started/index.html).
//!
//! # Examples
//!
//! The examples `middleware` and `custom_transport` in `docs/examples` of the repository are complete programs with a
//! transport of their own. In a clone, `cargo run --example NAME` runs one.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `webhooks` | no | `WebhookVerifier`: verifies webhook deliveries and reads their events |
//! | `test-util` | no | `test_util`: utilities shared by the test doubles of seam-mock and seam-fake |
//! | `chrono`, `time`, `uuid` | no | conversions of timestamps and ids from the types of these crates, see [`model`] |
//!
//! # Concepts
//!
//! * **Endpoint.** A request is plain data, such as [`endpoints::locks::UnlockDoor`]. Its [`Spec`] describes the route:
//!   method, path, parameters, and whether the request may be repeated.
//! * **Call.** [`Call`] combines a request with a client. It sends nothing before it is awaited.
//! * **Transport.** A [`Transport`] carries one request and returns one response, or a [`TransportError`] that states
//!   whether the request may have been sent.
//! * **Policy.** Timeouts, retries, rate limits and tracing are applied between a call and the transport, so they
//!   behave the same over every transport.
//! * **Clock.** All waits use the [`Clock`] of the client: the system clock, the clock of an async runtime, or a clock
//!   that a test advances.
//!
//! The page on [architecture](../seam_guide/architecture/index.html) documents the modules and the decisions.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod client;
mod endpoint;
pub mod endpoints;
mod policy;
mod request_macro;
mod response;
#[cfg(feature = "test-util")]
pub mod test_util;
mod transport;
mod transport_fn;
#[cfg(feature = "webhooks")]
mod webhook;

pub use call::{
    AndWait, BlockingIter, Call, DEFAULT_ACTION_TIMEOUT, DEFAULT_POLL_INTERVAL, DEFAULT_UNTIL_POLL_INTERVAL,
    DEFAULT_UNTIL_TIMEOUT, DEFAULT_WATCH_OVERLAP, DEFAULT_WATCH_POLL_INTERVAL, Items, MAX_EMPTY_PAGES, Page, Pages,
    ParameterError, Until, Watch, query,
};
pub use client::{
    Builder, Clock, CredentialKind, Credentials, DEFAULT_TIMEOUT, Environment, Instant, Seam, Sleep, SystemClock,
    is_loopback,
};
pub use endpoint::{
    ActionAnswer, Endpoint, Idempotency, Output, Paged, Parameter, ParameterKind, ResponseKey, Servable,
    ServableOutput, Spec, StartsAction, to_response_object,
};
pub use endpoints::ENDPOINTS;
pub use policy::{DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_RESPONSE_LIMIT, RateLimits, RequestExt, RetryPolicy};
pub use response::{
    ERROR_BODY_LIMIT, Error, ErrorKind, FullResponse, MAX_VALIDATION_MESSAGES, Outcome, ValidationErrors,
};
pub use transport::{Body, Request, Response, Transport, TransportError, TransportErrorKind};
pub use transport_fn::{TransportFn, transport_fn};
#[cfg(feature = "webhooks")]
pub use webhook::{
    DEFAULT_WEBHOOK_TOLERANCE, MAX_WEBHOOK_SIGNATURES, MIN_WEBHOOK_SECRET_BYTES, WebhookDelivery, WebhookError,
    WebhookVerifier,
};

// Re-exports of the crates in the public API, so that users need not depend on matching versions.
#[doc(no_inline)]
pub use async_trait::async_trait;
#[doc(no_inline)]
pub use bytes::Bytes;
pub use http;
pub use seam_model as model;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
