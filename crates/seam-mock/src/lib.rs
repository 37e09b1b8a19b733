//! Test doubles for the Seam API, so that the code that talks to doors can be tested without any.
//!
//! | Test double | What it is |
//! |---|---|
//! | `FakeSeam` | an in-memory Seam that behaves like one, in process or on a loopback port |
//! | [`Script`] | typed expectations: this request comes, that answer goes |
//! | `MockTransport` | what mockall makes of the trait `Transport` |
//!
//! `FakeSeam` comes with the feature `fake`, its port with `serve`, `MockTransport` with `mockall`; all are on unless
//! default features are off. Each is a [`Transport`] or has one ([`Script::transport`]), so the code under test is the code that
//! runs in production:
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), seam_core::Error> {
//! let seam = seam_mock::FakeSeam::new().seam();
//! let code = seam.access_codes().unmanaged().get(seam_mock::ONGOING_CODE).await?;
//! assert_eq!(code.code, Some("1988".into()));
//! # Ok(())
//! # }
//! ```

mod clock;
#[cfg(feature = "fake")]
mod fake;
#[cfg(feature = "mockall")]
mod mock_transport;
mod reply;
mod request;
mod script;

use seam_core::{Builder, Credentials, Seam, Transport};

pub use clock::TestClock;
#[cfg(feature = "fake")]
pub use fake::{
    BACK_DOOR, BUILDING, CODE_WITHOUT_PIN, ENCODER, FRONT_DOOR, FakeSeam, Fault, GARAGE, GUEST, GUEST_ROOMS,
    NOISE_SENSOR, NewDevice, ONGOING_CODE, ROOM_101, ROOM_102, THERMOSTAT, TIME_BOUND_CODE, UNMANAGEABLE_CODE,
    UnknownKind, WORKSPACE,
};
#[cfg(feature = "serve")]
pub use fake::{Serve, Server};
#[cfg(feature = "mockall")]
pub use mock_transport::MockTransport;
pub use reply::{ApiFault, json_response};
pub use script::{On, Script, ScriptError};

/// The API key that `FakeSeam` accepts and that [`seam`] uses. It opens nothing.
pub const API_KEY: &str = "seam_fake_api_key";

/// A client over any transport, with [`API_KEY`] and the time of a [`TestClock`]: what it waits for takes no time. The rest is
/// as in production, retries too.
pub fn seam(transport: impl Transport) -> Seam {
    seam_at(transport, TestClock::new())
}

/// A client over any transport, with [`API_KEY`] and the time of this clock.
fn seam_at(transport: impl Transport, clock: TestClock) -> Seam {
    let credentials = Credentials::api_key(API_KEY);
    #[expect(
        clippy::expect_used,
        reason = "the key and the base URL are constants that tests have built a client from"
    )]
    credentials
        .and_then(|credentials| builder(transport).clock(clock).credentials(credentials).build())
        .expect("constants")
}

/// Begins to build a client over any transport, with the time of a [`TestClock`]. It may block.
pub fn builder(transport: impl Transport) -> Builder {
    Seam::builder(transport).clock(TestClock::new()).allow_blocking()
}
