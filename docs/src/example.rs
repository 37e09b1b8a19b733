//! The Seam that the examples use: the real one if the environment has `SEAM_API_KEY` or a personal access token,
//! otherwise an in-memory one.

use std::{env, sync::LazyLock};

use seam_core::{Builder, Clock, Credentials, Environment, Error, Seam, model::Timestamp};
use seam_fake::{API_KEY, FakeSeam};

static FAKE: LazyLock<Option<FakeSeam>> = LazyLock::new(|| {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.to_string_lossy().trim().is_empty());
    let is_real = is_set("SEAM_API_KEY") || is_set("SEAM_PERSONAL_ACCESS_TOKEN");
    (!is_real).then(FakeSeam::new)
});

/// Returns the in-memory Seam of this process, or `None` if the environment has credentials for the real one.
#[must_use]
pub fn fake() -> Option<&'static FakeSeam> {
    FAKE.as_ref()
}

/// Creates a client. A program that always uses the real Seam calls `seam_reqwest::from_env()` instead.
///
/// # Errors
///
/// Those of [`seam_reqwest::from_env`].
pub fn seam() -> Result<Seam, Error> {
    builder()?.build()
}

/// Returns a builder of a client. A program that always uses the real Seam calls
/// `seam_reqwest::builder()?.environment(Environment::read()?)` instead.
///
/// # Errors
///
/// Those of [`seam_reqwest::builder`] and [`Environment::read`].
pub fn builder() -> Result<Builder, Error> {
    match fake() {
        Some(fake) => Ok(fake.builder().credentials(Credentials::api_key(API_KEY)?)),
        None => Ok(seam_reqwest::builder()?.environment(Environment::read()?)),
    }
}

/// Returns the current time of the Seam that is used: the in-memory one has its own clock, which always starts at the
/// same time.
#[must_use]
pub fn now() -> Timestamp {
    fake().map_or_else(Timestamp::now, |fake| fake.clock().system_time().into())
}

/// Returns the first argument of the program: the id of the resource that it changes.
///
/// Without an argument, it returns `in_memory` for the in-memory Seam. With the real one the program exits with a
/// message about its effect, so that it only changes a door or code that is named explicitly.
#[must_use]
#[expect(clippy::print_stderr, reason = "a program reports a missing argument on its standard error")]
pub fn argument(name: &str, in_memory: &str, effect: &str) -> String {
    match env::args().nth(1) {
        Some(argument) => argument,
        None if fake().is_some() => in_memory.to_owned(),
        None => {
            eprintln!("error: {effect}; pass its {name} as an argument");
            std::process::exit(2)
        }
    }
}
