//! The attempts to send a request: their number, their early end, and their history.

use std::{sync::Arc, time::Duration};

use crate::{
    Instant,
    policy::retry_budget::{ReservedRetry, RetryBudget},
};

/// The history of attempts before a response or the last error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AttemptHistory {
    /// The number of attempts to send the request.
    pub(crate) attempts: u32,
    /// Whether an attempt before the last one was or may have been sent.
    pub(crate) earlier_was_sent: bool,
    /// Whether an attempt before the last one may have been carried out.
    pub(crate) earlier_may_have_been_applied: bool,
}

impl AttemptHistory {
    /// The history of a response to the first attempt.
    pub(crate) const FIRST: Self = Self { attempts: 1, earlier_was_sent: false, earlier_may_have_been_applied: false };
}

/// The attempt of a request, as an extension of the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    /// The number of the attempt, counted from one.
    pub(crate) number: u32,
    /// Whether another attempt may follow.
    pub(crate) may_repeat: bool,
    /// The early end of the attempt; `None` if no other attempt may follow it.
    pub(crate) cut: Option<Cut>,
}

/// The early end of an attempt over an unresponsive connection, at the cost of a retry.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) timeout: Duration,
    /// The maximum wait before the next attempt.
    pub(crate) delay: Duration,
    pub(crate) budget: Arc<RetryBudget>,
}

impl Cut {
    /// Returns the end of an attempt that begins now; `None` if the next one would have less time than this one.
    pub(crate) fn end(&self, now: Instant, deadline: Option<Instant>) -> Option<Instant> {
        let end = now.checked_add(self.timeout)?;
        let next = self.delay.saturating_add(self.timeout);
        deadline.is_none_or(|deadline| deadline.saturating_duration_since(end) >= next).then_some(end)
    }

    /// Reserves the retry for which the attempt is ended, so that no more attempts at a slow server end early than can
    /// be repeated.
    pub(crate) fn reserve(&self) -> Option<ReservedRetry> {
        ReservedRetry::take_from(&self.budget)
    }
}
