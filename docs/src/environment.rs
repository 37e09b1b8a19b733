//! Runs a snippet with environment variables that point to an in-memory Seam.

use std::{env, error::Error, process::Command};

use seam_fake::{API_KEY, FakeSeam};

/// The environment variable that marks the process of a snippet.
const MARK: &str = "SEAM_GUIDE_SNIPPET";

/// Runs `snippet` in a child process, whose variables `SEAM_API_KEY` and `SEAM_ENDPOINT` point to an in-memory Seam on
/// a loopback port. (A process cannot safely change its own environment.)
///
/// # Errors
///
/// Those of the snippet, and a failure of the child process.
pub fn run(snippet: fn() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    if env::var_os(MARK).is_some() {
        return snippet();
    }
    // The server needs another thread, because this one waits for the child process.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = runtime.block_on(FakeSeam::new().serve())?;
    let mut copy = Command::new(env::current_exe()?);
    copy.args(env::args_os().skip(1)).env(MARK, "1").env("SEAM_API_KEY", API_KEY).env("SEAM_ENDPOINT", server.url());
    for name in ["SEAM_API_URL", "SEAM_PERSONAL_ACCESS_TOKEN", "SEAM_WORKSPACE_ID"] {
        copy.env_remove(name);
    }
    match copy.status()? {
        status if status.success() => Ok(()),
        status => Err(format!("the snippet failed with {status}").into()),
    }
}
