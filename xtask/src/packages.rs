//! `cargo xtask ci packages`: packages each publishable crate, and checks that it has a README and licences.

use std::{fs, path::Path};

use xtask_programs::{Result, run};

/// Files that every package contains.
const REQUIRED: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Packages all publishable crates.
///
/// The packages are not built: cargo builds a package against unpacked copies of the others, which it caches by version. After a
/// change without a new version it would use outdated copies.
pub(crate) fn check() -> Result {
    let crates = publishable()?;
    for name in &crates {
        for file in REQUIRED {
            if !Path::new("crates").join(name).join(file).is_file() {
                return Err(format!("crates/{name} has no {file}"));
            }
        }
    }
    // `--allow-dirty`, because contributors run the check before they commit. The packages are not kept.
    let mut command = run::cargo(["package", "--locked", "--allow-dirty", "--no-verify", "--quiet"]);
    for name in &crates {
        command.args(["--package", name]);
    }
    run::run(&mut command)
}

/// Returns the names of the crates whose manifests allow publication.
fn publishable() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir("crates").map_err(|error| format!("cannot read crates: {error}"))? {
        let entry = entry.map_err(|error| format!("cannot read crates: {error}"))?;
        let manifest = entry.path().join("Cargo.toml");
        let manifest =
            fs::read_to_string(&manifest).map_err(|error| format!("cannot read {}: {error}", manifest.display()))?;
        if !manifest.contains("publish = false") {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
