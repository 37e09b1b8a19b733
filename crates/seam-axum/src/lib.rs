//! Webhooks of Seam with axum: the extractor [`SeamEvent`].
//!
//! ```
//! use axum::{Router, extract::FromRef, http::StatusCode, response::Response, routing::post};
//! use seam_axum::{SeamEvent, WebhookReceiver};
//! use seam_core::{WebhookVerifier, model::{Event, EventPayload}};
//!
//! /// The state of the program.
//! #[derive(Clone)]
//! struct App {
//!     receiver: WebhookReceiver,
//! }
//!
//! impl FromRef<App> for WebhookReceiver {
//!     fn from_ref(app: &App) -> Self {
//!         app.receiver.clone()
//!     }
//! }
//!
//! async fn receive(event: SeamEvent) -> Response {
//!     event.process(act_on).await
//! }
//!
//! async fn act_on(event: Event) -> Result<(), StatusCode> {
//!     match event.payload {
//!         EventPayload::LockUnlocked(unlocked) => println!("{} is unlocked", unlocked.device_id),
//!         _ => println!("{}", event.event_type),
//!     }
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), seam_core::WebhookError> {
//! let verifier = WebhookVerifier::new("whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==")?;
//! let app = App { receiver: WebhookReceiver::new(verifier) };
//! let router: Router = Router::new().route("/seam", post(receive)).with_state(app);
//! # drop(router);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | receive events | [`SeamEvent`], and [`SeamEvent::process`] |
//! | accept several secrets, or another clock | [`WebhookVerifier`](seam_core::WebhookVerifier) |
//! | store processed events in a database | [`ReplayGuard`], and the example `webhooks_in_sqlite` in `docs/examples` of the repository |
//! | change the responses | [`WebhookRejection`] |
//! | test a receiver | [`WebhookVerifier::sign`](seam_core::WebhookVerifier::sign), and the deliveries of the crate `seam-fake` |
//!
//! The guide has a page on [webhooks](../seam_guide/webhooks/index.html).
//!
//! # Responses
//!
//! Seam repeats a delivery, at growing intervals and for about a day, until it gets a 2xx.
//!
//! | Status | Reason | Does Seam repeat the delivery? |
//! |---|---|---|
//! | 204 | the event was processed, now or before | no |
//! | 400 | the headers are not those of a webhook, or the body was truncated | yes, if it is from Seam |
//! | 401 | the signature matches no secret, or its time is outside of the tolerance | yes, if it is from Seam |
//! | 409 | the event is being processed for another delivery | yes, until that is done |
//! | 413 | the body is larger than [`WebhookReceiver::body_limit`] | yes |
//! | 422 | the delivery is signed, but is not an event | yes |
//! | 503 | the [`ReplayGuard`] failed | yes |
//! | any other | the handler failed | yes |
//!
//! No status stops the repetition of an event that cannot be processed, and a 2xx would lose it. Never respond with
//! 410, which requests that the webhook is removed. The responses have no body, which could help an attacker. The
//! reasons are recorded as `tracing` events.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod event;
mod receiver;
mod rejection;
mod replay_guard;

pub use event::SeamEvent;
pub use receiver::{DEFAULT_BODY_LIMIT, WebhookReceiver};
pub use rejection::WebhookRejection;
pub use replay_guard::{BoxError, Claim, DEFAULT_CAPACITY, MemoryReplayGuard, ReplayGuard};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
