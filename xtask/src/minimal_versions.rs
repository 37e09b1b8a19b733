//! `cargo xtask minimal-versions`: builds the libraries with the oldest dependencies that their manifests allow.
//!
//! If a manifest requires `1.0` of a dependency but the code needs `1.3`, the build of this workspace does not fail, because
//! `Cargo.lock` has a newer version. The build of a user with an older lock file does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use xtask_programs::{Result, run};

use crate::layers;

/// The folder of the copies of the manifests and sources. It is kept between runs, so that cargo builds only the changed crates.
const FOLDER: &str = "target/minimal-versions";

/// The features of each build. The builds are separate because cargo unifies the features of the crates that it builds together.
const SELECTIONS: [&[&str]; 2] = [
    &[],
    &[
        "--features",
        "seam-reqwest/webhooks,seam-reqwest/blocking,seam-reqwest/chrono,seam-reqwest/time,seam-reqwest/uuid,seam-hyper/blocking,seam-mock/record",
    ],
];

/// Resolves the oldest versions, without a build. This takes seconds, and a build takes a minute or more.
///
/// Direct dependencies have the oldest versions that the manifests of this workspace allow. Transitive dependencies have the
/// newest versions, because their minimum is declared by other projects.
pub(crate) fn resolve() -> Result {
    let folder = Path::new(FOLDER);
    copy(folder)?;
    let mut update = run::cargo(["update", "--quiet", "-Z", "direct-minimal-versions"]);
    run::run(update.env("RUSTC_BOOTSTRAP", "1").current_dir(folder))
}

/// Resolves the oldest versions, and builds the libraries with them.
pub(crate) fn check() -> Result {
    resolve()?;
    let folder = Path::new(FOLDER);
    for selection in SELECTIONS {
        let mut cargo = run::cargo(["check", "--quiet", "--locked", "--target-dir", "build"]);
        for name in layers::PUBLISHED {
            cargo.args(["--package", name]);
        }
        run::run(cargo.args(selection).current_dir(folder))?;
    }
    Ok(())
}

/// Copies the libraries without their tests, benchmarks and development dependencies, which have no minimum version.
fn copy(folder: &Path) -> Result {
    let crates = folder.join("crates");
    // Removed first, so that files that were deleted or renamed since the last run are not built.
    let _ = fs::remove_dir_all(&crates);
    let manifest = read(Path::new("Cargo.toml"))?;
    write(&folder.join("Cargo.toml"), &with_members(&manifest))?;
    // With the lock file, cargo keeps the versions that are already downloaded where the manifests allow them.
    write(&folder.join("Cargo.lock"), &read(Path::new("Cargo.lock"))?)?;
    for name in layers::PUBLISHED {
        let from = Path::new("crates").join(name);
        let manifest = read(&from.join("Cargo.toml"))?;
        write(&crates.join(name).join("Cargo.toml"), &without_tests(&manifest))?;
        // seam-spec includes text files at compile time.
        for sources in ["src", "api", "annotations"] {
            if from.join(sources).exists() {
                copy_sources(&from.join(sources), &crates.join(name).join(sources))?;
            }
        }
    }
    Ok(())
}

/// Returns the workspace manifest with the libraries as its only members.
fn with_members(manifest: &str) -> String {
    let is_list = |line: &&str| ["members", "default-members", "exclude"].iter().any(|name| line.starts_with(name));
    let mut lines = Vec::new();
    for line in manifest.lines().filter(|line| !is_list(line)) {
        lines.push(line);
        if line == "[workspace]" {
            lines.push("members = [\"crates/*\"]");
        }
    }
    lines.join("\n")
}

/// Returns the manifest of a crate without the sections for its tests and benchmarks.
fn without_tests(manifest: &str) -> String {
    const SECTIONS: [&str; 3] = ["[dev-dependencies]", "[[test]]", "[[bench]]"];
    let mut is_kept = true;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            is_kept = !SECTIONS.contains(line);
        }
        is_kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn copy_sources(from: &Path, to: &Path) -> Result {
    let fail = |error: std::io::Error| format!("cannot copy {}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(fail)? {
        let path: PathBuf = entry.map_err(fail)?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            copy_sources(&path, &target)?;
        } else {
            write(&target, &read(&path)?)?;
            // The copy has the modification time of the original, so that cargo detects that it has not changed.
            let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).map_err(fail)?;
            fs::File::options().write(true).open(&target).and_then(|file| file.set_modified(time)).map_err(fail)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_are_the_only_members_of_the_workspace() {
        let manifest =
            "# Why.\n[workspace]\nresolver = \"3\"\nmembers = [\"a\"]\nexclude = [\"b\"]\n\n[workspace.package]\n";
        let expected = "# Why.\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n\n[workspace.package]";
        assert_eq!(with_members(manifest), expected);
    }

    #[test]
    fn sections_for_tests_are_removed() {
        let manifest = "[package]\n[dev-dependencies]\nx = \"1\"\n[[test]]\nname = \"t\"\n[lints]\nworkspace = true";
        assert_eq!(without_tests(manifest), "[package]\n[lints]\nworkspace = true");
    }
}
