//! Cassettes, which are recorded or replayed.

use std::path::PathBuf;

use seam_core::{Builder, Error, Seam, Transport};

use super::{document::CassetteError, recorder::Recorder, replay::Replay};

/// The environment variable that enables recording.
pub const RECORD_VARIABLE: &str = "SEAM_RECORD";

/// A cassette that a test replays, or records when the environment variable `SEAM_RECORD` is `1`.
///
/// ```
/// use seam_mock::recording::Cassette;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::env::temp_dir().join(format!("seam-cassette-{}.json", std::process::id()));
/// # std::fs::write(&path, r#"{ "format": "seam-cassette", "version": 1, "complete": true, "exchanges": [ {
/// #     "request": { "method": "GET", "path": "/access_codes/unmanaged/get",
/// #         "parameters": { "access_code_id": "26d6138c" } },
/// #     "response": { "status": 200, "headers": { "content-type": "application/json" },
/// #         "body": { "access_code": { "access_code_id": "26d6138c" }, "ok": true } } } ] }"#)?;
/// # fn live() -> Result<seam_core::Builder, seam_core::Error> { Ok(seam_mock::builder(seam_mock::Script::new().transport())) }
/// let cassette = Cassette::open(&path)?; // such as "tests/cassettes/get.json"
/// let seam = cassette.seam(live)?; // `live` returns the builder of a client for a real workspace
/// seam.access_codes().unmanaged().get("26d6138c").await?;
/// cassette.verify();
/// # std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropping a cassette panics if exchanges were not requested"]
pub struct Cassette(Mode);

#[derive(Debug)]
enum Mode {
    Record(Recorder),
    Replay(Replay),
}

impl Cassette {
    /// Reads the cassette at `path`, or begins to record it if the environment variable `SEAM_RECORD` is `1` or `true`.
    /// A relative path is resolved from the folder of the package, in which cargo runs tests.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Replay::open`], and an error when the variable is set to another value than `1`, `true`,
    /// `0`, `false` or an empty string.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, CassetteError> {
        let path = path.into();
        match std::env::var(RECORD_VARIABLE).unwrap_or_default().as_str() {
            "1" | "true" => Ok(Self(Mode::Record(Recorder::new(path)))),
            "" | "0" | "false" => Ok(Self(Mode::Replay(Replay::open(path)?))),
            _ => {
                let problem = format!("{RECORD_VARIABLE} must be 1 to record, or 0 or absent to replay");
                Err(CassetteError::new(&path, problem))
            }
        }
    }

    /// Returns whether the cassette is being recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        matches!(self.0, Mode::Record(_))
    }

    /// Accepts requests in any order, see [`Replay::matching`]. Has no effect on a recording.
    pub fn matching(self) -> Self {
        match self.0 {
            Mode::Replay(replay) => Self(Mode::Replay(replay.matching())),
            recording => Self(recording),
        }
    }

    /// Ignores parameters when requests are compared, see [`Replay::ignore`]. Has no effect on a recording.
    pub fn ignore(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        match self.0 {
            Mode::Replay(replay) => Self(Mode::Replay(replay.ignore(names))),
            recording => Self(recording),
        }
    }

    /// Declares additional values secret, see [`Recorder::scrub`].
    pub fn scrub(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        match self.0 {
            Mode::Record(recorder) => Self(Mode::Record(recorder.scrub(names))),
            Mode::Replay(replay) => Self(Mode::Replay(replay.scrub(names))),
        }
    }

    /// Returns a client over the cassette. `live` returns the builder of a client for a real workspace, with its
    /// credentials, and is called only to record. A replay has a [`TestClock`](crate::TestClock) and needs no credentials.
    ///
    /// # Errors
    ///
    /// Returns the errors of `live`, and of [`Builder::build`].
    pub fn seam(&self, live: impl FnOnce() -> Result<Builder, Error>) -> Result<Seam, Error> {
        match &self.0 {
            Mode::Record(recorder) => live()?.wrap(|transport| recorder.transport(transport)).build(),
            Mode::Replay(replay) => Ok(replay.seam()),
        }
    }

    /// Returns a transport over the cassette, for a client with other settings. `live` returns the transport to record,
    /// and is called only to record.
    #[must_use]
    pub fn transport<T: Transport>(&self, live: impl FnOnce() -> T) -> Box<dyn Transport> {
        match &self.0 {
            Mode::Record(recorder) => Box::new(recorder.transport(live())),
            Mode::Replay(replay) => Box::new(replay.transport()),
        }
    }

    /// Ends the recording or the replay.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Recorder::finish`] and [`Replay::try_verify`].
    pub fn try_verify(self) -> Result<(), CassetteError> {
        match self.0 {
            Mode::Record(recorder) => recorder.finish(),
            Mode::Replay(replay) => replay.try_verify(),
        }
    }

    /// Ends the recording or the replay.
    ///
    /// # Panics
    ///
    /// Panics if a recording could not be written, if a recorded exchange was not requested, or a request not recorded.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test double fails a test by panicking")]
    pub fn verify(self) {
        if let Err(error) = self.try_verify() {
            panic!("{error}");
        }
    }
}
