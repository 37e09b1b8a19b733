//! Utilities for test doubles of Seam: a clock that a test advances, responses and errors in Seam's format, access to
//! the parameters and the response limit of a request, and masking of its secrets. `seam-mock` and `seam-fake`
//! re-export what their users need.

mod clock;
mod request;
mod response;
mod secret_mask;

use crate::{Builder, Credentials, Seam};

pub use clock::TestClock;
pub use request::{parameters, set_response_limit};
pub use response::{ApiFault, json_response};
pub use secret_mask::SecretMask;

/// The API key of the test doubles. Seam does not accept it.
pub const API_KEY: &str = "seam_fake_api_key";

/// Builds a client with [`API_KEY`] as its credentials.
///
/// # Panics
///
/// Panics if the builder has an invalid setting.
#[must_use]
pub fn client(builder: Builder) -> Seam {
    let client = Credentials::api_key(API_KEY).and_then(|credentials| builder.credentials(credentials).build());
    #[expect(clippy::expect_used, reason = "the documented panic of a function for tests")]
    client.expect("the settings of the test client are valid")
}
