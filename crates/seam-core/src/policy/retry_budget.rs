//! The retry budget, which all clones of a client share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// A retry budget, counted in tenths of a retry.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    tenths: AtomicU32,
    capacity: u32,
}

impl RetryBudget {
    const RETRY: u32 = 10;

    pub(crate) fn new(retries: u32) -> Self {
        let capacity = retries.saturating_mul(Self::RETRY);
        Self { tenths: AtomicU32::new(capacity), capacity }
    }

    /// Returns whether the budget has a retry.
    pub(crate) fn has_some(&self) -> bool {
        self.tenths.load(Ordering::Relaxed) >= Self::RETRY
    }

    /// Takes a retry, if the budget has one.
    pub(crate) fn take(&self) -> bool {
        let taken =
            self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(Self::RETRY));
        taken.is_ok()
    }

    /// Returns an unused retry to the budget.
    fn put_back(&self) {
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(Self::RETRY).min(self.capacity))
        });
    }

    /// Adds a tenth of a retry, after a response that needs no retry.
    pub(crate) fn refill(&self) {
        // Fails if the budget is full, which needs no handling.
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < self.capacity).then(|| left.saturating_add(1))
        });
    }
}

/// A retry that was taken from the budget. It is returned when the last clone is dropped, unless it was spent.
#[derive(Clone, Debug)]
pub(crate) struct ReservedRetry(Arc<Reservation>);

#[derive(Debug)]
struct Reservation {
    budget: Arc<RetryBudget>,
    is_spent: AtomicBool,
}

impl ReservedRetry {
    /// Takes a retry from the budget, if it has one.
    pub(crate) fn take_from(budget: &Arc<RetryBudget>) -> Option<Self> {
        let reservation = || Reservation { budget: Arc::clone(budget), is_spent: AtomicBool::new(false) };
        budget.take().then(|| Self(Arc::new(reservation())))
    }

    pub(crate) fn spend(&self) {
        self.0.is_spent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !*self.is_spent.get_mut() {
            self.budget.put_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Barrier, thread};

    use super::*;

    /// A unit test, because calls of a client race here too rarely.
    #[test]
    fn no_retry_is_taken_twice_by_two_threads() {
        const RETRIES: u32 = 200_000;
        // Repeated, because a thread may finish before the others have started.
        for _ in 0..20 {
            let (budget, start) = (RetryBudget::new(RETRIES), Barrier::new(4));
            let take_all = || {
                start.wait();
                (0..).take_while(|_| budget.take()).count()
            };
            let taken: usize = thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(take_all)).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
            });
            assert_eq!(u32::try_from(taken), Ok(RETRIES));
        }
    }
}
