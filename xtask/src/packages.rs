//! `cargo xtask ci packages`: whether each publishable crate can be packaged, with its README and licences.

use std::{fs, path::Path};

use xtask_programs::{Result, run};

/// Files that every package contains.
const REQUIRED: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Packages all publishable crates.
///
/// Without a build of each package: cargo builds a package against unpacked copies of the others that it keeps by version,
/// so after a change without a new version it would build against old ones.
pub(crate) fn check() -> Result {
    let crates = publishable()?;
    for name in &crates {
        for file in REQUIRED {
            if !Path::new("crates").join(name).join(file).is_file() {
                return Err(format!("crates/{name} has no {file}"));
            }
        }
    }
    // Dirty: the check is run before a commit as well. The packages are thrown away.
    let mut command = run::cargo(["package", "--locked", "--allow-dirty", "--no-verify", "--quiet"]);
    for name in &crates {
        command.args(["--package", name]);
    }
    run::run(&mut command)
}

/// The crates that are not marked as unpublished.
fn publishable() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir("crates").map_err(|error| format!("crates cannot be read: {error}"))? {
        let entry = entry.map_err(|error| format!("crates cannot be read: {error}"))?;
        let manifest = entry.path().join("Cargo.toml");
        let manifest = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        if !manifest.contains("publish = false") {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
