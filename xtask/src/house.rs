//! The rules of the house, as far as a program can check them.

use crate::{output, read};

/// What no file of the project may say. In two parts each, so that this file does not say it either.
const UNWANTED: &[(&str, &str)] = &[
    ("crates", ".io"),
    ("docs", ".rs/"),
    ("npmjs", ".com"),
    ("pypi", ".org"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("TO", "DO"),
    ("FIX", "ME"),
];

/// Written by tools, which have their reasons.
const NOT_OURS: &[&str] = &["Cargo.lock", "LICENSE-APACHE"];

pub(crate) fn check() -> Result<(), String> {
    let files = output("git", "ls-files")?;
    for file in files.lines().filter(|file| !NOT_OURS.contains(file)) {
        let text = read(file)?;
        for (first, second) in UNWANTED {
            let word = format!("{first}{second}");
            if text.contains(&word) {
                return Err(format!("{file} says {word}"));
            }
        }
        if file.ends_with(".rs") && !text.starts_with("//!") {
            return Err(format!("{file} does not say in its first line what it is for"));
        }
        if file.ends_with("Cargo.toml") && file != "Cargo.toml" && !text.contains("[lints]\nworkspace = true") {
            return Err(format!("{file} does not use the lints of the workspace"));
        }
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        read(licence)?;
    }
    let version = rust_version()?;
    if !read("README.md")?.contains(&format!("Rust {version} ")) {
        return Err(format!("README.md does not say that Rust {version} is needed"));
    }
    Ok(())
}

/// The oldest toolchain that is supported.
pub(crate) fn rust_version() -> Result<String, String> {
    let manifest = read("Cargo.toml")?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    version.map(str::to_owned).ok_or_else(|| "Cargo.toml has no rust-version".to_owned())
}
