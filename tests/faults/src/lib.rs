//! A network that does its worst: cases that say what a call over it comes to. The servers are those of the transport kit
//! in `seam-mock`, so that what this client is checked with is what a transport is checked with.
//!
//! Each [`Case`] declares what the server does, what the caller must get, and how many requests may reach the server,
//! for a read and for an action. `tests/matrix.rs` runs all that are declared; what is judged is the server's own
//! count.
//!
//! What no case thinks of, chance may: a [`RandomServer`] does to each request what a seed decides, and a [`Load`] makes calls
//! of every kind to it. `tests/random.rs` does so for seconds, `cargo xtask soak` for as long as one likes.

mod canary;
mod case;
mod clock;
mod load;
mod random;
mod random_server;
mod stack;

pub use canary::{COMPONENT, Canaries, KEY, PIN, lower_case_percent};
pub use case::{Case, Expected, Network, Run, expect};
pub use clock::Impatient;
pub use load::{Load, Outcome};
pub use random::{Fault, Faults};
pub use random_server::{RandomServer, Tally};
pub use stack::{Stack, TransportSettings};
