//! `cargo xtask console`: whether the console of fake-seam works in a browser, and the picture of it in the documentation.

use std::{env, path::Path, process::Command, time::Duration};

use xtask_programs::{
    Result, node,
    process::{self, Server},
};

/// The files that say what npm installs, and the program that uses it.
const FILES: &str = "xtask/console";
/// Where npm installs it.
const NPM: &str = "target/console/npm";
/// How long the browser may take. It takes a few seconds.
const LIMIT: Duration = Duration::from_secs(180);
/// The picture of the console.
const PICTURE: &str = "docs/images/console.png";

/// Where Chromium is, unless the environment's `CHROMIUM` names it: the Debian package, then the usual places elsewhere.
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

/// Writes the picture of the console.
pub(crate) fn picture() -> Result {
    drive(Some(PICTURE))
}

fn drive(picture: Option<&str>) -> Result {
    let chromium = chromium()?;
    let node = install()?;
    let fake = process::build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let server = Server::with_printed_url(Command::new(&fake).args(["--seed", "building", "--quiet", "--port", "0"]))?;
    let mut driver = Command::new(&node);
    driver.args([&format!("{NPM}/drive.mjs"), &server.url, &chromium]).args(picture);
    process::run_within(LIMIT, process::isolated(&mut driver))
}

/// Installs the npm packages of the driver, and returns the path of the Node among them.
pub(crate) fn install() -> Result<String> {
    node::install(FILES, NPM, "drive.mjs")
}

/// Returns the path of Chromium.
fn chromium() -> Result<String> {
    let named = env::var("CHROMIUM").ok();
    let mut known = named.as_deref().into_iter().chain(CHROMIUMS);
    let found = known.find(|path| Path::new(path).is_file()).map(ToOwned::to_owned);
    found.ok_or_else(|| "Chromium is not installed; .ci/run installs it, or set CHROMIUM to its path".to_owned())
}
