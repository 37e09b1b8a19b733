//! The budget of retries, which all clones of a client share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// The retries that are left, in tenths.
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

    /// Whether there is a retry.
    pub(crate) fn has_some(&self) -> bool {
        self.tenths.load(Ordering::Relaxed) >= Self::RETRY
    }

    /// Takes a retry, if there is one.
    pub(crate) fn take(&self) -> bool {
        let taken =
            self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(Self::RETRY));
        taken.is_ok()
    }

    /// Puts back a retry that was taken and not made.
    fn put_back(&self) {
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_add(Self::RETRY).min(self.capacity))
        });
    }

    /// An answer came: puts a tenth of a retry back.
    pub(crate) fn refill(&self) {
        // It fails when the budget is full, which is fine.
        let _ = self.tenths.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < self.capacity).then(|| left.saturating_add(1))
        });
    }
}

/// A retry that was taken out of the budget. It is put back when the last clone is dropped, unless it was spent.
#[derive(Clone, Debug)]
pub(crate) struct ReservedRetry(Arc<Reservation>);

#[derive(Debug)]
struct Reservation {
    budget: Arc<RetryBudget>,
    is_spent: AtomicBool,
}

impl ReservedRetry {
    /// Takes a retry out of the budget, if there is one.
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

    /// Through a client, two threads meet here too rarely for a test to see it.
    #[test]
    fn no_retry_is_taken_twice_by_two_threads() {
        const RETRIES: u32 = 200_000;
        // Several times, since a thread may be done before the others have begun.
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
