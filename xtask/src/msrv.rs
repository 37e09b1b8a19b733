//! The oldest Rust that the libraries promise to build with: `rust-version` in the workspace's manifest.
//!
//! CI does not run this, because not every machine can get an old toolchain. There, clippy's
//! `incompatible_msrv` keeps our own code to what that Rust has.

use std::{env, path::Path, process::Command};

use crate::{Result, layers, run};

pub(crate) const VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

/// The environment variable that names a rustc outside rustup, with its cargo beside it.
pub(crate) const RUSTC_VARIABLE: &str = "SEAM_MSRV_RUSTC";

/// Builds the libraries, without their tests, against the versions in `Cargo.lock`.
pub(crate) fn check() -> Result {
    let (mut cargo, mut rustc) = toolchain();
    let found = run::output(rustc.arg("--version")).map_err(|error| {
        format!(
            "no Rust {VERSION} found. Install it with `rustup toolchain install {VERSION}`, or name a rustc, with its \
             cargo beside it, in {RUSTC_VARIABLE}.\n{error}"
        )
    })?;
    if !is_promised(&found) {
        return Err(format!("the libraries promise Rust {VERSION}, but this is {}", found.trim_end()));
    }
    cargo.args(["check", "--locked"]);
    for crate_name in layers::PUBLISHED {
        cargo.args(["--package", crate_name]);
    }
    // With what users may turn on, but for the TLS implementations, which need headers of C.
    run::run(cargo.args([
        "--features",
        "seam-reqwest/webhooks,seam-reqwest/blocking,seam-reqwest/chrono,seam-reqwest/time,seam-reqwest/uuid",
    ]))
}

/// The old cargo and its rustc.
fn toolchain() -> (Command, Command) {
    match env::var_os(RUSTC_VARIABLE) {
        Some(rustc) => {
            let mut cargo = run::outside_cargo(Path::new(&rustc).with_file_name("cargo"));
            cargo.env("RUSTC", &rustc);
            (cargo, Command::new(rustc))
        }
        None => {
            let toolchain = format!("+{VERSION}");
            let mut rustc = Command::new("rustc");
            rustc.arg(&toolchain);
            (run::cargo([toolchain]), rustc)
        }
    }
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
