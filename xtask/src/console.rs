//! `cargo xtask console`: tests the console of fake-seam in a browser, and writes its screenshot for the documentation.

use std::{env, path::Path, process::Command, time::Duration};

use xtask_programs::{
    Result,
    process::{self, Server},
};

use crate::node_packages::{self, INSTALLED};

/// The program that drives the browser.
const SCRIPT: &str = "console.mjs";
/// The time limit of the browser test, which takes a few seconds.
const LIMIT: Duration = Duration::from_secs(180);
/// The screenshot of the console in the documentation.
const PICTURE: &str = "docs/images/console.png";

/// The usual paths of Chromium. The environment variable `CHROMIUM` takes precedence.
const CHROMIUMS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Drives the console in headless Chromium.
pub(crate) fn check() -> Result {
    drive(None)
}

/// Writes the screenshot of the console.
pub(crate) fn picture() -> Result {
    drive(Some(PICTURE))
}

fn drive(picture: Option<&str>) -> Result {
    let chromium = chromium()?;
    let node = node_packages::install(SCRIPT)?;
    let fake = process::build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let server = Server::with_printed_url(Command::new(&fake).args(["--seed", "building", "--quiet", "--port", "0"]))?;
    let mut driver = Command::new(&node);
    driver.args([&format!("{INSTALLED}/{SCRIPT}"), &server.url, &chromium]).args(picture);
    process::run_within(LIMIT, process::isolated(&mut driver))
}

/// Returns the path of Chromium.
fn chromium() -> Result<String> {
    let named = env::var("CHROMIUM").ok();
    let mut known = named.as_deref().into_iter().chain(CHROMIUMS);
    let found = known.find(|path| Path::new(path).is_file()).map(ToOwned::to_owned);
    found.ok_or_else(|| "Chromium is not installed; .ci/run installs it, or set CHROMIUM to its path".to_owned())
}
