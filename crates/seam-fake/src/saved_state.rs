//! A state in a file: everything that exists, and what is pending.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{fake_seam::FakeSeam, state::State, timers};

/// The version of the format. A file of another one is rejected.
const VERSION: u32 = 1;

/// What a file holds.
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

/// Why a saved state cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the saved state cannot be read")]
    Read(#[source] io::Error),
    /// The content is not a saved state, or is damaged. The message quotes no value.
    #[error("not a saved state: line {line}, column {column}")]
    Invalid {
        /// The line of the problem, from 1.
        line: usize,
        /// The column of the problem, from 1.
        column: usize,
    },
    /// The state was saved by a version of this crate with another format.
    #[error("the saved state has format {found}, this version reads format {VERSION}")]
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
    /// Writes the whole state as JSON: resources, pending actions, scheduled changes, webhooks that are not delivered
    /// yet, faults and settings. It holds API keys, PINs and webhook secrets in plain text.
    ///
    /// # Errors
    ///
    /// When `to` cannot be written to.
    pub fn save(&self, to: impl Write) -> io::Result<()> {
        serde_json::to_writer(to, &Saved { fake_seam_state: VERSION, state: &*self.lock() }).map_err(io::Error::from)
    }

    /// Reads a state that [`save`](Self::save) wrote. It goes on where it was: its clock begins at the time at which
    /// the state was saved, and what was pending then happens at its time.
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
    /// When `from` cannot be read, or holds no state of this version's format.
    pub fn load(mut from: impl Read) -> Result<Self, LoadError> {
        let mut saved = Vec::new();
        from.read_to_end(&mut saved).map_err(LoadError::Read)?;
        let Version { fake_seam_state } = serde_json::from_slice(&saved)?;
        if fake_seam_state != VERSION {
            return Err(LoadError::Version { found: fake_seam_state });
        }
        let Saved::<State> { mut state, .. } = serde_json::from_slice(&saved)?;
        state.revive(timers::run);
        Ok(Self::with_state(state))
    }

    /// As [`save`](Self::save), to a file. The file is replaced in one step: after a crash it holds the old state or the
    /// new one, never a part of one.
    ///
    /// # Errors
    ///
    /// When the file, or a temporary file beside it, cannot be written.
    pub fn save_to_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let temporary = temporary(path);
        let written = self.write_file(&temporary).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            // The error of the write is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn write_file(&self, path: &Path) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        // The state holds keys and PINs.
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = BufWriter::new(options.open(path)?);
        self.save(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// As [`load`](Self::load), from a file.
    ///
    /// # Errors
    ///
    /// As those of [`load`](Self::load).
    pub fn load_from_file(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::load(BufReader::new(File::open(path).map_err(LoadError::Read)?))
    }
}

/// The file beside `path` that becomes it.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
