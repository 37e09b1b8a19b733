//! The state of a test double, which its user and its transports share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the state, also after a closure of the test's own panicked with it: the test fails by that panic.
pub(crate) fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
