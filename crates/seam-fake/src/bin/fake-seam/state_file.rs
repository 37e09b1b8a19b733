//! `--state FILE`: loads the state from a file, and saves it to the file while the program runs and when it exits.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use seam_fake::{FakeSeam, LoadError};

/// The minimum interval between two saves.
const INTERVAL: Duration = Duration::from_secs(1);

/// The minimum pause between two saves, as a multiple of the duration of a save. Requests wait during a save, which takes half
/// a second with 100,000 devices.
const PAUSE: u32 = 10;

/// Loads the state in a file; `None` if there is no such file.
pub(crate) fn load(path: &Path) -> Result<Option<FakeSeam>, String> {
    // Reading a device or pipe may never end, and it cannot be replaced by renaming a file.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(format!("cannot use {}: it is not a regular file", path.display()));
    }
    match FakeSeam::load_from_file(path) {
        Ok(fake) => Ok(Some(fake)),
        Err(LoadError::Read(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(LoadError::Read(error)) => Err(format!("cannot read {}: {error}", path.display())),
        Err(error) => Err(format!("{}: {error}; remove the file to start with a new state", path.display())),
    }
}

/// A state and the file that it is saved to.
pub(crate) struct StateFile {
    path: PathBuf,
    fake: FakeSeam,
}

impl StateFile {
    /// Saves the state for the first time, so that an unwritable file is reported immediately.
    pub(crate) fn new(path: PathBuf, fake: FakeSeam) -> Result<Self, String> {
        let file = Self { path, fake };
        file.save()?;
        Ok(file)
    }

    pub(crate) fn save(&self) -> Result<(), String> {
        self.fake.save_to_file(&self.path).map_err(|error| format!("cannot save {}: {error}", self.path.display()))
    }

    /// Saves the state whenever it has changed. Never returns.
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
                // The next save may succeed.
                Err(problem) => super::warn(&problem),
            }
        }
    }
}
