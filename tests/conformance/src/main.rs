//! Compares this client and `fake-seam` with Seam's official SDKs and fake. `cargo xtask` has a command for each check.
//!
//! The checks need Python, npm and Ruby. The packages that they install are pinned.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints to its terminal")]

mod drivers;
mod fakes;
mod requests;
mod sdk_suites;

use std::{env, path::Path, process::ExitCode};

use xtask_programs::Result;

const USAGE: &str = "\
usage: seam-conformance COMMAND

check      compare the requests of this client with those of the Python SDK, drive fake-seam with the Python and
           JavaScript SDKs and Seam's own fake with this client, and validate the OpenAPI document
drivers    check the syntax of all files in tests/conformance/drivers
suites [--python DIR] [--javascript DIR] [--ruby DIR]
           run the test suites of the official SDKs, from checkouts, against fake-seam";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match enter_root().and_then(|()| execute(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: &[String]) -> Result {
    match arguments.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("check", [])) => fakes::check(&requests::check()?),
        Some(("drivers", [])) => drivers::check(),
        Some(("suites", rest)) => sdk_suites::run(rest),
        _ => Err(USAGE.to_owned()),
    }
}

/// Enters the root of the workspace, to which all paths of this program are relative.
fn enter_root() -> Result {
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("run this by `cargo run --package seam-conformance`")?;
    let root = Path::new(&package).ancestors().nth(2).ok_or("the package is not in tests/conformance")?;
    env::set_current_dir(root).map_err(|error| format!("cannot enter {}: {error}", root.display()))
}
