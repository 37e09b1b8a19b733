//! A client for [Seam](https://www.seam.co), the API for smart locks, access codes, thermostats, noise sensors, cameras and
//! access control systems, over HTTP with `hyper`.
//!
//! This program lists the devices of a workspace. It reads the API key from the environment variable `SEAM_API_KEY`:
//!
//! ```no_run
//! #[tokio::main]
//! async fn main() -> Result<(), seam_hyper::Error> {
//!     let seam = seam_hyper::from_env()?;
//!     let mut devices = seam.devices().list().items();
//!     while let Some(device) = devices.next().await {
//!         let device = device?;
//!         println!("{}  {}", device.device_id, device.display_name.unwrap_or_default());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! ```text
//! a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10  Front Door
//! c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21  Back Door
//! ```
//!
//! The client is the same as that of `seam-reqwest`, with fewer layers between the call and the socket. The guide
//! [compares the transports](../seam_guide/transports/index.html#comparison-of-transports).
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | create a client | [`from_env`], [`with_api_key`], [`builder`] |
//! | find a route | [`endpoints`]: `/locks/unlock_door` is `seam.locks().unlock_door(device_id)` |
//! | send a request, with its own timeout, headers or parameters | [`Call`] |
//! | wait until a lock has moved | [`Call::and_wait`], [`Call::until`] |
//! | read long lists | [`Call::items`], [`Call::pages`] |
//! | handle an error | [`Error`], and [`Outcome`] for what to do about it |
//! | follow events | [`Seam::events`] and its `watch`; `WebhookVerifier` with the feature `webhooks` |
//! | call Seam without async | the module `blocking` with the feature of this name |
//! | test a program without Seam | the crates `seam-fake` and `seam-mock`, which accept the same calls |
//!
//! The [guide](../seam_guide/index.html) has a page on each topic. Begin with [getting
//! started](../seam_guide/getting_started/index.html).
//!
//! # Examples
//!
//! The repository has a complete program for each common task in `docs/examples`: `list_devices`, `unlock_and_wait`,
//! `grant_access`, `export_access_codes`, `watch_events`, `receive_webhooks`, `blocking` and others. In a clone,
//! `cargo run --example NAME` runs one against an in-memory Seam, or against the real one if `SEAM_API_KEY` is set.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `rustls-aws-lc-rs` | yes | TLS by rustls with aws-lc-rs, unless the next feature is enabled |
//! | `rustls-ring` | no | TLS by rustls with ring |
//! | `http2` | yes | HTTP/2 if the server supports it |
//! | `system-proxy` | yes | the proxy in the settings of macOS or Windows; the environment is always read |
//! | `blocking` | no | `blocking`: clients for programs without async |
//! | `webhooks` | no | `WebhookVerifier`: verifies webhook deliveries and reads their events |
//! | `chrono`, `time`, `uuid` | no | conversions of timestamps and ids from the types of these crates, see [`model`] |
//!
//! # Concepts
//!
//! * **Client.** [`Seam`] is cheap to clone; clones share connections, rate limits and the retry budget.
//! * **Call.** The method of a route returns a [`Call`], which sends nothing before it is awaited.
//! * **Policy.** Timeouts, retries and rate limits belong to the client, not to the HTTP stack: [`Builder::timeout`],
//!   [`RetryPolicy`], [`RateLimits`]. An action is never sent twice when it may have been carried out.
//! * **Model.** Responses are types of [`model`]. Fields that a server may omit are `Option`, unknown fields and enum
//!   values are kept, and secrets are not printed.
//! * **Runtime.** Futures need a tokio runtime with IO and time enabled, such as that of `#[tokio::main]`.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
mod connector;
mod transport;

pub use seam_core::{
    ActionAnswer, AndWait, BlockingIter, Body, Builder, Call, Clock, CredentialKind, Credentials,
    DEFAULT_ACTION_TIMEOUT, DEFAULT_ATTEMPT_TIMEOUT, DEFAULT_POLL_INTERVAL, DEFAULT_RESPONSE_LIMIT, DEFAULT_TIMEOUT,
    DEFAULT_UNTIL_POLL_INTERVAL, DEFAULT_UNTIL_TIMEOUT, DEFAULT_WATCH_OVERLAP, DEFAULT_WATCH_POLL_INTERVAL, ENDPOINTS,
    ERROR_BODY_LIMIT, Endpoint, Environment, Error, ErrorKind, FullResponse, Idempotency, Instant, Items,
    MAX_EMPTY_PAGES, MAX_VALIDATION_MESSAGES, Outcome, Output, Page, Paged, Pages, Parameter, ParameterError,
    ParameterKind, RateLimits, Request, RequestExt, Response, ResponseKey, RetryPolicy, Seam, Servable, ServableOutput,
    Sleep, Spec, StartsAction, SystemClock, Transport, TransportError, TransportErrorKind, TransportFn, Until,
    ValidationErrors, Watch, endpoints, http, is_loopback, model, query, transport_fn,
};
#[doc(no_inline)]
pub use seam_core::{Bytes, async_trait};
#[cfg(feature = "webhooks")]
pub use seam_core::{
    DEFAULT_WEBHOOK_TOLERANCE, MAX_WEBHOOK_SIGNATURES, MIN_WEBHOOK_SECRET_BYTES, WebhookDelivery, WebhookError,
    WebhookVerifier,
};
#[cfg(any(feature = "rustls-ring", feature = "rustls-aws-lc-rs"))]
pub use seam_tokio::rustls;
pub use seam_tokio::{DEFAULT_CONNECT_TIMEOUT, TokioClock};
pub use transport::{HyperTransport, HyperTransportBuilder};

/// Creates a client with the credentials and the base URL of the environment.
///
/// See [`Environment`] for the variables.
///
/// # Errors
///
/// Returns [`ErrorKind::InvalidCredentials`] or [`ErrorKind::InvalidConfiguration`], see [`Environment::read`] and
/// [`Builder::build`].
pub fn from_env() -> Result<Seam, Error> {
    builder()?.environment(Environment::read()?).build()
}

/// Creates a client with an API key, which belongs to one workspace, and the base URL of the environment
/// (`SEAM_ENDPOINT`) if it is set.
///
/// # Errors
///
/// Returns [`ErrorKind::InvalidCredentials`] when `key` is not an API key. The message does not quote it. Returns
/// [`ErrorKind::InvalidConfiguration`] when the base URL is invalid.
pub fn with_api_key(key: impl Into<model::Token>) -> Result<Seam, Error> {
    build_with_api_key(builder()?, key)
}

fn build_with_api_key(builder: Builder, key: impl Into<model::Token>) -> Result<Seam, Error> {
    let builder = builder.credentials(Credentials::api_key(key)?);
    match Environment::read_base_url()? {
        Some(url) => builder.base_url(url).build(),
        None => builder.build(),
    }
}

/// Returns a builder of a client over a [`HyperTransport`] with default settings and the clock of tokio.
///
/// # Errors
///
/// Returns [`ErrorKind::InvalidConfiguration`] when TLS cannot be configured.
pub fn builder() -> Result<Builder, Error> {
    Ok(Seam::builder(HyperTransport::builder().build()?).clock(TokioClock))
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
