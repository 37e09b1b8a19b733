//! What must hold for every input, whoever made it: each function takes bytes and panics when something does not hold.
//!
//! The fuzz targets in `fuzz/fuzz_targets` hand them the inputs that libFuzzer makes up, and the test of this crate
//! those in `fuzz/seeds`. Everything goes through the public interface of the libraries. Time is that of a test
//! clock, so nothing waits, and chance is seeded, so an input does the same each time.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a property that does not hold panics: that is how a fuzzer learns of it"
)]

mod errors;
mod events;
mod exchange;
mod json;
mod query;
mod responses;
mod retry_after;
mod timestamps;
mod webhooks;

pub use errors::errors;
pub use events::events;
pub use query::query;
pub use responses::responses;
pub use retry_after::retry_after;
pub use timestamps::timestamps;
pub use webhooks::webhooks;

/// Panics when something does not hold for the input.
pub type Property = fn(&[u8]);

/// The properties by the names of their fuzz targets and of the folders with their seeds.
pub const ALL: [(&str, Property); 7] = [
    ("errors", errors),
    ("events", events),
    ("query", query),
    ("responses", responses),
    ("retry_after", retry_after),
    ("timestamps", timestamps),
    ("webhooks", webhooks),
];
