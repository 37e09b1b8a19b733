//! Saving and loading a state.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{fake_seam::FakeSeam, state::State, timers};

/// The version of the format. Files with another version are rejected.
const VERSION: u32 = 1;

/// The contents of a file.
#[derive(Serialize, Deserialize)]
struct Saved<S> {
    fake_seam_state: u32,
    state: S,
}

/// The version alone, which is read first.
#[derive(Deserialize)]
struct Version {
    fake_seam_state: u32,
}

/// The error when a saved state cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the saved state")]
    Read(#[source] io::Error),
    /// The contents are not a valid saved state. The message quotes no value.
    #[error("invalid saved state at line {line}, column {column}")]
    Invalid {
        /// The line of the problem, from 1.
        line: usize,
        /// The column of the problem, from 1.
        column: usize,
    },
    /// The state was saved by a version of this crate with another format.
    #[error("unsupported format {found} of the saved state; this version supports format {VERSION}")]
    Version {
        /// The format of the file.
        found: u32,
    },
}

impl From<serde_json::Error> for LoadError {
    fn from(error: serde_json::Error) -> Self {
        Self::Invalid { line: error.line(), column: error.column() }
    }
}

impl FakeSeam {
    /// Writes the whole state as JSON: resources, pending actions, scheduled changes, undelivered webhooks, faults and
    /// settings. It contains API keys, PINs and webhook secrets in plain text.
    ///
    /// # Errors
    ///
    /// Fails if `to` cannot be written to.
    pub fn save(&self, to: impl Write) -> io::Result<()> {
        serde_json::to_writer(to, &Saved { fake_seam_state: VERSION, state: &*self.lock() }).map_err(io::Error::from)
    }

    /// Reads a state written by [`save`](Self::save). Its clock starts at the time at which the state was saved, and pending
    /// changes are applied at their times.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use seam_core::model::ActionAttemptStatus;
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fake = FakeSeam::new();
    /// let attempt = fake.seam().locks().unlock_door(FRONT_DOOR).await?;
    /// let mut saved = Vec::new();
    /// fake.save(&mut saved)?;
    ///
    /// let fake = FakeSeam::load(&*saved)?;
    /// fake.advance(Duration::from_secs(1));
    /// let attempt = fake.seam().action_attempts().get(&attempt.action_attempt_id).await?;
    /// assert_eq!(attempt.status, ActionAttemptStatus::Success);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if `from` cannot be read, or does not contain a state in the format of this version.
    pub fn load(mut from: impl Read) -> Result<Self, LoadError> {
        let mut saved = Vec::new();
        from.read_to_end(&mut saved).map_err(LoadError::Read)?;
        let Version { fake_seam_state } = serde_json::from_slice(&saved)?;
        if fake_seam_state != VERSION {
            return Err(LoadError::Version { found: fake_seam_state });
        }
        let Saved::<State> { mut state, .. } = serde_json::from_slice(&saved)?;
        state.resume(timers::run);
        Ok(Self::with_state(state))
    }

    /// Saves the state to a file, like [`save`](Self::save). The file is replaced atomically: after a crash it contains either
    /// the old state or the new one.
    ///
    /// # Errors
    ///
    /// Fails if the file, or a temporary file beside it, cannot be written.
    pub fn save_to_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let temporary = temporary(path);
        let written = self.write_file(&temporary).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // The error of the write is reported, not that of the cleanup.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn write_file(&self, path: &Path) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        // The state contains keys and PINs.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = BufWriter::new(options.open(path)?);
        self.save(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// Loads a state from a file, like [`load`](Self::load).
    ///
    /// # Errors
    ///
    /// Fails like [`load`](Self::load).
    pub fn load_from_file(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load(BufReader::new(File::open(path).map_err(LoadError::Read)?))
    }
}

/// Returns the path of the temporary file beside `path`.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
