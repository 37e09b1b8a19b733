//! `--state FILE`: the state is loaded from a file and saved to it while the program runs, and when it ends.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use seam_fake::{FakeSeam, LoadError};

/// How often a state that has changed is saved at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many times as long as it takes to save the state the program waits before it saves it again: requests wait for a
/// save, which takes half a second with 100,000 devices.
const PAUSE: u32 = 10;

/// Loads the state in a file; `None` if there is no such file.
pub(crate) fn load(path: &Path) -> Result<Option<FakeSeam>, String> {
    // A device or pipe may never end, and cannot be replaced by a file that was written beside it.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("cannot use {}: it is not a regular file", path.display()));
    }
    match FakeSeam::load_from_file(path) {
        Ok(fake) => Ok(Some(fake)),
        Err(LoadError::Read(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(LoadError::Read(error)) => Err(format!("cannot read {}: {error}", path.display())),
        Err(error) => Err(format!("{}: {error}; remove the file to begin with a new state", path.display())),
    }
}

/// A state and the file that it is saved to.
pub(crate) struct StateFile {
    path: PathBuf,
    fake: FakeSeam,
}

impl StateFile {
    /// Saves the state for the first time, so that a file that cannot be written is reported at once.
    pub(crate) fn new(path: PathBuf, fake: FakeSeam) -> Result<Self, String> {
        let file = Self { path, fake };
        file.save()?;
        Ok(file)
    }

    pub(crate) fn save(&self) -> Result<(), String> {
        self.fake.save_to_file(&self.path).map_err(|error| format!("cannot save {}: {error}", self.path.display()))
    }

    /// Saves the state whenever it has changed. Ends only with the program.
    pub(crate) async fn keep_saved(&self) {
        let (mut saved, mut took) = (self.fake.revision(), Duration::ZERO);
        loop {
            tokio::time::sleep(INTERVAL.max(took.saturating_mul(PAUSE))).await;
            let revision = self.fake.revision();
            if revision == saved {
                continue;
            }
            let began = Instant::now();
            let outcome = self.save();
            took = began.elapsed();
            match outcome {
                Ok(()) => saved = revision,
                // The disk may have space again in a second.
                Err(problem) => super::warn(&problem),
            }
        }
    }
}
