//! The attempts to send a request: which one it is, how it may end early, and what came before it.

use std::{sync::Arc, time::Duration};

use crate::{
    Instant,
    policy::retry_budget::{ReservedRetry, RetryBudget},
};

/// What came before an answer, or before the last error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AttemptHistory {
    /// How often it was tried to send the request.
    pub(crate) attempts: u32,
    /// Whether an attempt before the last one reached the server, or may have.
    pub(crate) earlier_was_sent: bool,
    /// Whether an attempt before the last one may have been carried out.
    pub(crate) earlier_may_have_been_applied: bool,
}

/// The attempt that a request belongs to: an extension of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    /// Counted from one.
    pub(crate) number: u32,
    /// How it may end early; `None` if no other attempt may follow it.
    pub(crate) cut: Option<Cut>,
}

/// The end of an attempt whose connection may have gone silent, at the cost of a retry.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) timeout: Duration,
    /// The longest wait before the next attempt.
    pub(crate) delay: Duration,
    pub(crate) budget: Arc<RetryBudget>,
}

impl Cut {
    /// When an attempt that begins now ends; `None` where the next one would have less time than this one.
    pub(crate) fn end(&self, now: Instant, deadline: Option<Instant>) -> Option<Instant> {
        let end = now.checked_add(self.timeout)?;
        let next = self.delay.saturating_add(self.timeout);
        deadline.is_none_or(|deadline| deadline.saturating_duration_since(end) >= next).then_some(end)
    }

    /// Takes the retry that the attempt is ended for, so that of many attempts at a slow server only as many end early
    /// as can be sent again.
    pub(crate) fn reserve(&self) -> Option<ReservedRetry> {
        ReservedRetry::take_from(&self.budget)
    }
}
