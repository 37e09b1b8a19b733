//! What you ask of Seam: its endpoints as plain data, and the way from a request to a value.
//!
//! ```text
//! seam.access_codes().unmanaged().get(id)     a Call<Get>: plain data, nothing sent yet
//!        .await                               data -> http::Request -> Transport
//!                                             http::Response -> UnmanagedAccessCode, or one Error
//! ```
//!
//! This crate has no HTTP stack and no async runtime. It hands each request to a [`Transport`],
//! which may be `seam-reqwest`, a test double of `seam-mock` or `seam-fake`, or your own.
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
//! | `test-util` | no | `test_util`: what the test doubles of seam-mock and seam-fake share |
//! | `chrono`, `time`, `uuid` | no | timestamps and ids from the types of these crates, see [`model`] |
//!
//! # Modules
//!
//! The modules follow the way of a request, and import downward only:
//!
//! | Module | Content |
//! |---|---|
//! | `client/` | [`Seam`], its builder, base URL, credentials and clock |
//! | `endpoints/` | the routes as data, generated from the API description |
//! | `call/` | [`Call`]: from parameters to an HTTP request; pages, waiting for actions and states, watching events, blocking |
//! | `policy/` | retries, rate limits, timeouts and tracing, each a transport around the next |
//! | `transport.rs` | the trait [`Transport`], a request and a response |
//! | `response/` | from the bytes of a response to a value, or to one [`Error`] |
//! | `request_macro.rs` | the macro that defines requests |
//! | `endpoint.rs` | what an endpoint is: [`Endpoint`] and its [`Spec`] |
//! | `webhook.rs` | the verifier of webhook deliveries |

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

// What the signatures of this crate are made of, so that nobody has to match versions by hand.
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
