//! `cargo xtask msrv`: builds the libraries with the minimum supported Rust version, `rust-version` in the workspace manifest.
//!
//! The toolchain comes from an environment variable, from rustup, or from the packages of Debian, in this order.

use std::{env, path::Path, process::Command};

use xtask_programs::{Result, run};

use crate::{debian_rust::Toolchain, layers};

/// The minimum supported Rust version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

/// The target directory. Two versions of Rust in one directory would rebuild everything each time.
const TARGET: &str = "target/msrv";

/// The environment variable with the path of a rustc outside rustup, with its cargo in the same folder.
pub(crate) const RUSTC_VARIABLE: &str = "SEAM_MSRV_RUSTC";

/// Builds the libraries, without their tests, against the versions in `Cargo.lock`.
pub(crate) fn check() -> Result {
    let (mut cargo, mut rustc) = toolchain().map_err(|error| {
        format!(
            "cannot find Rust {VERSION}; install it with `rustup toolchain install {VERSION}`, or set {RUSTC_VARIABLE} to \
             the path of a rustc with its cargo in the same folder\n{error}"
        )
    })?;
    let found = run::output(rustc.arg("--version"))?;
    if !is_msrv(&found) {
        return Err(format!("the minimum supported Rust version is {VERSION}, but this is {}", found.trim_end()));
    }
    cargo.args(["check", "--quiet", "--locked", "--target-dir", TARGET]);
    for crate_name in layers::PUBLISHED {
        cargo.args(["--package", crate_name]);
    }
    // All features that users can enable, except the TLS implementations, which need C headers.
    run::run(cargo.args([
        "--features",
        "seam-reqwest/webhooks,seam-reqwest/blocking,seam-reqwest/chrono,seam-reqwest/time,seam-reqwest/uuid,seam-hyper/blocking,seam-mock/record",
    ]))
}

/// Returns the cargo and the rustc of the minimum supported version.
fn toolchain() -> Result<(Command, Command)> {
    if let Some(rustc) = env::var_os(RUSTC_VARIABLE) {
        let mut cargo = run::outside_cargo(Path::new(&rustc).with_file_name("cargo"));
        cargo.env("RUSTC", &rustc);
        return Ok((cargo, Command::new(rustc)));
    }
    let toolchain = format!("+{VERSION}");
    let rustc = || {
        let mut rustc = Command::new("rustc");
        // Otherwise rustup may download the toolchain.
        rustc.arg(&toolchain).env("RUSTUP_AUTO_INSTALL", "0");
        rustc
    };
    if run::output(rustc().arg("--version")).is_ok() {
        return Ok((run::cargo([&toolchain]), rustc()));
    }
    let toolchain = Toolchain::get()?;
    Ok((toolchain.cargo(), Command::new(toolchain.rustc())))
}

/// Returns whether `found`, the output of `rustc --version`, is a patch release of [`VERSION`].
fn is_msrv(found: &str) -> bool {
    found
        .strip_prefix("rustc ")
        .and_then(|rest| rest.strip_prefix(VERSION))
        .is_some_and(|rest| rest.starts_with(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_releases_of_the_msrv_are_accepted() {
        assert!(is_msrv(&format!("rustc {VERSION}.0 (0123abc 2025-02-17)\n")));
        assert!(!is_msrv(&format!("rustc {VERSION}9.0 (0123abc 2025-02-17)\n")));
        assert!(!is_msrv("rustc 1.2.3 (0123abc 2015-01-01)\n"));
    }
}
