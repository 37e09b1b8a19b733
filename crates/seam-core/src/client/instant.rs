//! The instants of a [`Clock`](crate::Clock): [`std::time::Instant`] or, on platforms where it panics, a type with the
//! same methods.

use std::time::Duration;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use std::time::Instant;

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use without_std::Instant;

/// A duration longer than any program waits, and short enough that adding it to an instant does not overflow.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod without_std {
    use std::{
        ops::{Add, Sub},
        time::Duration,
    };

    /// An instant of a [`Clock`](crate::Clock), for `wasm32-unknown-unknown`, where every use of `std::time::Instant` panics.
    ///
    /// On all other platforms `seam_core::Instant` is `std::time::Instant`. This type has the methods for computing
    /// deadlines, and [`from_origin`](Self::from_origin) to create an instant from a time of the host, such as
    /// `performance.now()`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Instant(Duration);

    impl Instant {
        /// Creates the instant `elapsed` after the origin, a fixed moment that the clock chooses.
        #[must_use]
        pub const fn from_origin(elapsed: Duration) -> Self {
            Self(elapsed)
        }

        /// Returns the time since `earlier`, or zero if that is later.
        #[must_use]
        pub fn duration_since(&self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }

        /// Returns the time since `earlier`, or zero if that is later.
        #[must_use]
        pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
            self.0.saturating_sub(earlier.0)
        }

        /// Returns the time since `earlier`, or `None` if that is later.
        #[must_use]
        pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
            self.0.checked_sub(earlier.0)
        }

        /// Returns the instant that is `duration` later, or `None` if it cannot be represented.
        #[must_use]
        pub fn checked_add(&self, duration: Duration) -> Option<Self> {
            self.0.checked_add(duration).map(Self)
        }

        /// Returns the instant that is `duration` earlier, or `None` if it cannot be represented.
        #[must_use]
        pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
            self.0.checked_sub(duration).map(Self)
        }
    }

    /// Saturates at the last instant that can be represented.
    impl Add<Duration> for Instant {
        type Output = Self;

        fn add(self, duration: Duration) -> Self {
            Self(self.0.saturating_add(duration))
        }
    }

    /// Saturates at the origin.
    impl Sub<Duration> for Instant {
        type Output = Self;

        fn sub(self, duration: Duration) -> Self {
            Self(self.0.saturating_sub(duration))
        }
    }

    /// Returns the time between both, or zero if `earlier` is later.
    impl Sub for Instant {
        type Output = Duration;

        fn sub(self, earlier: Self) -> Duration {
            self.duration_since(earlier)
        }
    }
}
