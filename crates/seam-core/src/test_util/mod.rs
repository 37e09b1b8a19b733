//! What test doubles of Seam share: a clock that a test moves, responses and errors in Seam's form, and the parameters
//! of a request. `seam-mock` and `seam-fake` re-export what their users need.

mod clock;
mod request;
mod response;

pub use clock::TestClock;
pub use request::parameters;
pub use response::{ApiFault, json_response};

/// The API key that the test doubles use. It opens nothing.
pub const API_KEY: &str = "seam_fake_api_key";
