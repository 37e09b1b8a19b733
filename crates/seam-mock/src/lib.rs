//! Test doubles for programs that call Seam: the code under test runs unchanged, over a transport whose responses the
//! test defines.
//!
//! ```
//! use seam_core::{Error, Seam, endpoints::locks};
//! use seam_mock::Script;
//!
//! /// The code under test.
//! async fn open(seam: &Seam) -> Result<(), Error> {
//!     seam.locks().unlock_door("front").and_wait().await.map(drop)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let script = Script::new();
//!     let done = seam_core::model::ActionAttempt::new("attempt", "success");
//!     script.expect::<locks::UnlockDoor>(|request| request.device_id == "front").respond(done);
//!
//!     open(&script.seam()).await?;
//!     // Panics if an expected request was not sent.
//!     script.verify();
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//!
//! | To | See |
//! |---|---|
//! | expect requests and respond to them | [`Script`] |
//! | let an expected request fail | [`Expectation::api_error`], [`Expectation::fail`] |
//! | skip real waits | [`TestClock`], which clients of a script use |
//! | mock the trait `Transport` | `MockTransport` with the feature `mockall` |
//! | record and replay the responses of a real workspace | `recording::Cassette` with the feature `record` |
//! | test your own transport | the module `transport_kit` with the feature `transport-kit` |
//! | test a workflow with state | the crate `seam-fake`, an in-memory Seam |
//!
//! The guide has a page on [testing](../seam_guide/testing/index.html), and one on
//! [recording and replaying](../seam_guide/recording/index.html).
//!
//! # Examples
//!
//! The example `test_doubles` in `docs/examples` of the repository tests one function with each test double.
//!
//! # Features
//!
//! | Feature | Default | Adds |
//! |---|---|---|
//! | `mockall` | yes | `MockTransport`, mockall's mock of the trait `Transport` |
//! | `record` | no | `recording`: cassettes that record exchanges and replay them |
//! | `transport-kit` | no | `transport_kit`: tests a transport against the contract of the trait, over loopback sockets |
//! | `transport-kit-tls` | no | the checks of the kit over TLS and HTTP/2 |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod lock;
#[cfg(feature = "mockall")]
mod mock_transport;
#[cfg(feature = "record")]
pub mod recording;
mod script;
#[cfg(feature = "transport-kit")]
pub mod transport_kit;

use seam_core::{Builder, Seam, Transport, test_util};

#[cfg(feature = "mockall")]
pub use mock_transport::MockTransport;
pub use script::{Expectation, Script, ScriptError};
pub use seam_core::test_util::{API_KEY, ApiFault, TestClock, json_response};

/// Creates a client over any transport, with [`API_KEY`] and a [`TestClock`], so that waits take no real time.
/// Everything else, including retries, is as in production.
pub fn seam(transport: impl Transport) -> Seam {
    test_util::client(builder(transport))
}

/// Returns a builder of a client over any transport, with a [`TestClock`]. The client allows blocking.
pub fn builder(transport: impl Transport) -> Builder {
    Seam::builder(transport).clock(TestClock::new()).allow_blocking()
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
