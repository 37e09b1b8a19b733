//! What a state begins with.

pub(crate) mod building;
pub(crate) mod default_seed;
#[cfg(feature = "seed-file")]
pub(crate) mod file;
