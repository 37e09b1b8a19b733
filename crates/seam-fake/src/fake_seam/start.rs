//! The constructors of a [`FakeSeam`], and its initial contents.

use std::time::SystemTime;

use jiff::Timestamp;
use seam_core::{model, test_util::TestClock};

#[cfg(feature = "seed-file")]
use crate::seeds::file::{self, SeedError};
use crate::{
    FakeSeam,
    json::system_time,
    seeds::{building, default_seed},
    state::State,
    timers,
};

/// The start time of the clock.
const START: &str = "2026-11-24T09:00:00Z";

impl FakeSeam {
    /// Returns a builder of a Seam whose clock starts at `start`: a [`SystemTime`] or a
    /// [`Timestamp`](model::Timestamp). A time before 1970 is replaced by the start of 1970. [`new`](Self::new) and the
    /// other constructors always start at the same time.
    pub fn starting_at(start: impl Into<model::Timestamp>) -> Start {
        Start(system_time(start.into().to_jiff()))
    }

    /// Creates a Seam with a small building, which [`FakeSeam`] documents.
    #[must_use]
    pub fn new() -> Self {
        Start::default().building()
    }

    /// Creates a Seam with one empty workspace.
    #[must_use]
    pub fn empty() -> Self {
        Start::default().empty()
    }

    /// Creates a Seam with the seed of the official fake: two workspaces, three accounts and five devices, with the
    /// identifiers and tokens that `/_fake/default_seed` returns, such as `seam_apikey1_token` and `august_device_1`.
    #[must_use]
    pub fn with_default_seed() -> Self {
        Start::default().default_seed()
    }

    /// Creates a Seam with the building that a TOML or JSON document describes; docs/reference/fake-seam.md documents the format.
    ///
    /// The same document always results in the same state: absent ids are derived from names.
    ///
    /// # Errors
    ///
    /// Returns all problems of the document, each with line and column.
    ///
    /// ```
    /// use seam_fake::FakeSeam;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fake = FakeSeam::from_seed("[[lock]]\nname = 'Gate'\ntype = 'yale_lock'\nbattery = 0.2")?;
    /// let locks = fake.seam().locks().list().await?;
    /// assert_eq!(locks[0].display_name.as_deref(), Some("Gate"));
    ///
    /// let error = FakeSeam::from_seed("[[lock]]\nname = 'Gate'\ntype = 'yale_lok'").unwrap_err();
    /// assert_eq!(error.to_string(), "3:8: unknown device type 'yale_lok'; did you mean 'yale_lock'?");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "seed-file")]
    pub fn from_seed(document: &str) -> Result<Self, SeedError> {
        Start::default().seed(document)
    }
}

impl Default for FakeSeam {
    fn default() -> Self {
        Self::new()
    }
}

/// A builder of a [`FakeSeam`] whose clock starts at a given time, from [`FakeSeam::starting_at`].
#[derive(Clone, Copy, Debug)]
#[must_use = "the methods create the state"]
pub struct Start(SystemTime);

impl Default for Start {
    fn default() -> Self {
        // The constant is a valid time.
        Self(system_time(START.parse().unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

impl Start {
    /// Creates a Seam with one empty workspace, like [`FakeSeam::empty`].
    #[must_use]
    pub fn empty(self) -> FakeSeam {
        let fake = FakeSeam::with_state(State::new(TestClock::at(self.0), timers::run));
        fake.change(building::add_workspace);
        fake
    }

    /// Creates a Seam with the small building, like [`FakeSeam::new`].
    #[must_use]
    pub fn building(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(building::build);
        fake
    }

    /// Creates a Seam with the seed of the official fake, like [`FakeSeam::with_default_seed`].
    #[must_use]
    pub fn default_seed(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(|state| {
            state.clear();
            default_seed::fill(state);
        });
        fake
    }

    /// Creates a Seam with the building that a TOML or JSON document describes, like [`FakeSeam::from_seed`].
    ///
    /// # Errors
    ///
    /// Returns all problems of the document, each with line and column.
    #[cfg(feature = "seed-file")]
    pub fn seed(self, document: &str) -> Result<FakeSeam, SeedError> {
        let fake = self.empty();
        fake.change(|state| file::begin(state, document.to_owned()))?;
        Ok(fake)
    }
}
