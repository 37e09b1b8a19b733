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
//! A reader who wants to follow one request needs six files: `endpoints/` (the data), `call.rs` (the
//! future), `client.rs` (data to request), `transport.rs` (the exchange), `answer.rs` (response to outcome) and
//! `response.rs` (bytes to value). Between client and transport stands the policy, which `builder.rs` puts
//! together: `retry.rs`, `rate_limit.rs`, `trace.rs` and `deadline.rs`, each a transport around the next.

mod action_attempt;
mod answer;
mod base_url;
mod blocking;
mod builder;
mod call;
mod client;
mod clock;
mod credentials;
mod curl;
mod deadline;
mod echo;
mod endpoint;
pub mod endpoints;
mod environment;
mod error;
mod error_body;
mod json_list;
mod json_path;
mod memory;
mod pagination;
mod parameters;
pub mod query;
mod rate_limit;
mod redact;
mod repair;
mod response;
mod retry;
mod skim;
#[cfg(feature = "test-util")]
pub mod test_util;
mod timer;
mod trace;
mod transport;
#[cfg(feature = "webhooks")]
mod webhook;

pub use action_attempt::{ActionAnswer, AndWait, DEFAULT_ACTION_DEADLINE, DEFAULT_POLL_INTERVAL, StartsAction};
pub use answer::FullResponse;
pub use base_url::is_loopback;
pub use blocking::BlockingIter;
pub use builder::{Builder, DEFAULT_DEADLINE, DEFAULT_RESPONSE_LIMIT};
pub use call::Call;
pub use client::Seam;
pub use clock::{Clock, Sleep, SystemClock};
pub use credentials::{CredentialKind, Credentials};
pub use endpoint::{Endpoint, Output, Paged, Parameter, ParameterKind, ResponseKey, Safety, Spec, to_response_object};
pub use endpoints::ENDPOINTS;
pub use environment::Environment;
pub use error::{Error, ErrorKind, ValidationErrors};
pub use error_body::{ERROR_BODY_LIMIT, MAX_VALIDATION_MESSAGES};
pub use pagination::{Items, MAX_EMPTY_PAGES, Page, Pages};
pub use parameters::ParameterError;
pub use rate_limit::RateLimits;
pub use retry::{DEFAULT_ATTEMPT_TIMEOUT, RetryPolicy};
pub use transport::{Body, Request, Response, Transport, TransportError, TransportErrorKind, deadline, response_limit};
#[cfg(feature = "webhooks")]
pub use webhook::{
    DEFAULT_WEBHOOK_TOLERANCE, MAX_WEBHOOK_SIGNATURES, MIN_WEBHOOK_SECRET_BYTES, WebhookDelivery, WebhookError,
    WebhookVerifier,
};

// What the signatures of this crate are made of, so that nobody has to match versions by hand.
pub use async_trait::async_trait;
pub use bytes::Bytes;
pub use http;
pub use seam_model as model;
