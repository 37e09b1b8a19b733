//! Tests of calls over a faulty network. The servers are those of the transport kit in `seam-mock`, so that this client and
//! custom transports are tested in the same way.
//!
//! Each [`Case`] declares the behaviour of the server, the expected result, and the expected number of requests, for a read or an
//! action. `tests/matrix.rs` runs all cases. The server counts the requests.
//!
//! Random faults cover combinations that no case declares: a [`RandomServer`] chooses the fault of each request by a seed, and a
//! [`Load`] sends calls of every kind to it. `tests/random.rs` runs for seconds, and `cargo xtask soak` for a given time.

mod canary;
mod case;
mod clock;
mod load;
mod random;
mod random_server;
mod stack;

pub use canary::{Canaries, KEY, PIN, URI_COMPONENT, lower_case_percent};
pub use case::{Case, Expected, Network, Run, expect};
pub use clock::ImmediateClock;
pub use load::{Load, LoadResults};
pub use random::{Fault, Faults};
pub use random_server::{RandomServer, Tally};
pub use stack::{Stack, TransportSettings};
