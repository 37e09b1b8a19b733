//! The oldest Rust that the libraries promise to build with: `rust-version` in the workspace's manifest.
//!
//! The toolchain is the one that a variable names, or that rustup has, or else that of Debian.

use std::{env, path::Path, process::Command};

use xtask_programs::{Result, run};

use crate::{debian_rust::Toolchain, layers};

pub(crate) const VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

/// Where it builds. Two versions of Rust in one folder would build everything again and again.
const TARGET: &str = "target/msrv";

/// The environment variable that names a rustc outside rustup, with its cargo beside it.
pub(crate) const RUSTC_VARIABLE: &str = "SEAM_MSRV_RUSTC";

/// Builds the libraries, without their tests, against the versions in `Cargo.lock`.
pub(crate) fn check() -> Result {
    let (mut cargo, mut rustc) = toolchain().map_err(|error| {
        format!(
            "no Rust {VERSION} found. Install it with `rustup toolchain install {VERSION}`, or name a rustc, with its \
             cargo beside it, in {RUSTC_VARIABLE}.\n{error}"
        )
    })?;
    let found = run::output(rustc.arg("--version"))?;
    if !is_promised(&found) {
        return Err(format!("the libraries promise Rust {VERSION}, but this is {}", found.trim_end()));
    }
    cargo.args(["check", "--quiet", "--locked", "--target-dir", TARGET]);
    for crate_name in layers::PUBLISHED {
        cargo.args(["--package", crate_name]);
    }
    // With what users may turn on, but for the TLS implementations, which need headers of C.
    run::run(cargo.args([
        "--features",
        "seam-reqwest/webhooks,seam-reqwest/blocking,seam-reqwest/chrono,seam-reqwest/time,seam-reqwest/uuid,seam-mock/record",
    ]))
}

/// Returns the old cargo and its rustc.
fn toolchain() -> Result<(Command, Command)> {
    if let Some(rustc) = env::var_os(RUSTC_VARIABLE) {
        let mut cargo = run::outside_cargo(Path::new(&rustc).with_file_name("cargo"));
        cargo.env("RUSTC", &rustc);
        return Ok((cargo, Command::new(rustc)));
    }
    let toolchain = format!("+{VERSION}");
    let rustc = || {
        let mut rustc = Command::new("rustc");
        // Without it, rustup may download the toolchain.
        rustc.arg(&toolchain).env("RUSTUP_AUTO_INSTALL", "0");
        rustc
    };
    if run::output(rustc().arg("--version")).is_ok() {
        return Ok((run::cargo([&toolchain]), rustc()));
    }
    let toolchain = Toolchain::get()?;
    Ok((toolchain.cargo(), Command::new(toolchain.rustc())))
}

/// Whether `rustc --version` says that it is the promised one, in any of its patch releases.
fn is_promised(found: &str) -> bool {
    found
        .strip_prefix("rustc ")
        .and_then(|rest| rest.strip_prefix(VERSION))
        .is_some_and(|rest| rest.starts_with(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_releases_of_the_promised_version_are_it() {
        assert!(is_promised(&format!("rustc {VERSION}.0 (0123abc 2025-02-17)\n")));
        assert!(!is_promised(&format!("rustc {VERSION}9.0 (0123abc 2025-02-17)\n")));
        assert!(!is_promised("rustc 1.2.3 (0123abc 2015-01-01)\n"));
    }
}
