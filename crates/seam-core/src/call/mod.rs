//! Calls: from the data of a request to an HTTP request, and what a program does with a call.

pub(crate) mod blocking;
#[expect(clippy::module_inception, reason = "the call is a part of what belongs to it")]
pub(crate) mod call;
mod curl;
mod pagination;
pub(crate) mod parameters;
pub mod query;
mod wait;

pub use blocking::BlockingIter;
pub use call::Call;
pub use pagination::{Items, MAX_EMPTY_PAGES, Page, Pages};
pub use parameters::ParameterError;
pub use wait::{ActionAnswer, AndWait, DEFAULT_ACTION_DEADLINE, DEFAULT_POLL_INTERVAL, StartsAction};
