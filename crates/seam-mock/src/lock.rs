//! The state of a test double, shared by its user and its transports.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the state and ignores poisoning: if a closure of the test panicked, the test fails because of that panic.
pub(crate) fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
