//! The policies between calls and transport: retries, rate limits, tracing and timeouts. Each wraps the next.

pub(crate) mod attempt;
pub(crate) mod context;
pub(crate) mod rate_limit;
pub(crate) mod retry;
mod retry_budget;
pub(crate) mod timeout;
pub(crate) mod trace;

pub use context::{DEFAULT_RESPONSE_LIMIT, RequestExt};
pub use rate_limit::RateLimits;
pub use retry::{DEFAULT_ATTEMPT_TIMEOUT, RetryPolicy};
