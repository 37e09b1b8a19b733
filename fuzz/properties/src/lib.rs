//! Properties that hold for every input. Each function takes an input, and panics if the property does not hold.
//!
//! The fuzz targets in `fuzz/fuzz_targets` pass the inputs that libFuzzer generates, and the test of this crate those in
//! `fuzz/seeds`. The properties use the public API of the libraries, a test clock, so that they never wait, and a seeded random
//! number generator, so that an input always has the same result.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a fuzzer detects a failed property by its panic")]

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

/// A function that panics if a property does not hold for the input.
pub type Property = fn(&[u8]);

/// The properties, with the names of their fuzz targets and seed folders.
pub const ALL: [(&str, Property); 7] = [
    ("errors", errors),
    ("events", events),
    ("query", query),
    ("responses", responses),
    ("retry_after", retry_after),
    ("timestamps", timestamps),
    ("webhooks", webhooks),
];
