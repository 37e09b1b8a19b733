//! The policy between the calls and the transport: retries, rate limits, timeouts and tracing, each a transport around the
//! next.

pub(crate) mod rate_limit;
pub(crate) mod retry;
pub(crate) mod timeout;
pub(crate) mod trace;

pub use rate_limit::RateLimits;
pub use retry::{DEFAULT_ATTEMPT_TIMEOUT, RetryPolicy};
