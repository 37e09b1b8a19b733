//! Calls: building the HTTP request of an endpoint, sending it, and the methods of a call.

pub(crate) mod blocking;
#[expect(clippy::module_inception, reason = "the module of calls also contains their parts")]
pub(crate) mod call;
mod curl;
mod page;
mod pagination;
pub(crate) mod parameters;
pub mod query;
mod request;
mod until;
mod wait;
mod watch;

pub use blocking::BlockingIter;
pub use call::Call;
pub use page::Page;
pub use pagination::{Items, MAX_EMPTY_PAGES, Pages};
pub use parameters::ParameterError;
pub use until::{DEFAULT_UNTIL_POLL_INTERVAL, DEFAULT_UNTIL_TIMEOUT, Until};
pub use wait::{AndWait, DEFAULT_ACTION_TIMEOUT, DEFAULT_POLL_INTERVAL};
pub use watch::{DEFAULT_WATCH_OVERLAP, DEFAULT_WATCH_POLL_INTERVAL, Watch};
