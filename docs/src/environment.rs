//! Runs a snippet in an environment that names an in-memory Seam.

use std::{env, error::Error, process::Command};

use seam_fake::{API_KEY, FakeSeam};

/// Set in the process that runs the snippet.
const MARK: &str = "SEAM_GUIDE_SNIPPET";

/// Runs `snippet` in a copy of this process, in whose environment `SEAM_API_KEY` and `SEAM_ENDPOINT` name an in-memory Seam on a
/// loopback port. (A process cannot safely change its own environment.)
///
/// # Errors
///
/// The snippet's own, and a failure of the copy.
pub fn run(snippet: fn() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    if env::var_os(MARK).is_some() {
        return snippet();
    }
    // With a thread of its own for the server, since this one waits for the copy.
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
