//! Test doubles for the Seam API, so that the code that talks to doors can be tested without any.
//!
//! | Test double | What it is |
//! |---|---|
//! | [`Script`] | typed expectations: requests that must come, with their responses |
//! | `MockTransport` | mockall's mock of the trait `Transport`, with the feature `mockall`, which is on by default |
//!
//! For those who write a transport, the module `transport_kit` (feature `transport-kit`) checks that it keeps what the trait
//! promises.
//!
//! Each is a [`Transport`] or has one ([`Script::transport`]), so the code under test is the code that runs in
//! production. The crate `seam-fake` has a whole Seam in memory.
//!
//! ```
//! use seam_core::endpoints::access_codes::unmanaged;
//! use seam_mock::{Script, json_response};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), seam_core::Error> {
//! let script = Script::new();
//! let code = serde_json::json!({ "access_code": { "access_code_id": "26d6138c", "code": "1988" } });
//! script.expect::<unmanaged::Get>(|request| request.access_code_id.is_some()).raw(json_response(200, code));
//!
//! let code = script.seam().access_codes().unmanaged().get("26d6138c").await?;
//! assert_eq!(code.code, Some("1988".into()));
//! # Ok(())
//! # }
//! ```
//!
//! The example `test_doubles` in `docs/examples` of the repository tests one function with each test double.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "mockall")]
mod mock_transport;
mod script;
#[cfg(feature = "transport-kit")]
pub mod transport_kit;

use seam_core::{Builder, Seam, Transport, test_util};

#[cfg(feature = "mockall")]
pub use mock_transport::MockTransport;
pub use script::{Expectation, Script, ScriptError};
pub use seam_core::test_util::{API_KEY, ApiFault, TestClock, json_response};

/// A client over any transport, with [`API_KEY`] and the time of a [`TestClock`]: what it waits for takes no time. The rest is
/// as in production, retries too.
pub fn seam(transport: impl Transport) -> Seam {
    test_util::client(builder(transport))
}

/// Begins to build a client over any transport, with the time of a [`TestClock`]. It may block.
pub fn builder(transport: impl Transport) -> Builder {
    Seam::builder(transport).clock(TestClock::new()).allow_blocking()
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
