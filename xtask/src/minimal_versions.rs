//! `cargo xtask minimal-versions`: the libraries build with the oldest versions that their manifests allow.
//!
//! A manifest that asks for `1.0` of something, in code that needs its `1.3`, is a promise that nobody notices here,
//! where Cargo.lock has newer ones, but a user whose own lock file is old.

use std::{
    fs,
    path::{Path, PathBuf},
};

use xtask_programs::{Result, run};

use crate::layers;

/// Where the copies of the manifests and of the sources are. It is the same each time, so that cargo builds only what
/// has changed.
const FOLDER: &str = "target/minimal-versions";

/// Each of these is built apart: cargo joins the features of what it builds at once.
const SELECTIONS: [&[&str]; 2] = [
    &[],
    &[
        "--features",
        "seam-reqwest/webhooks,seam-reqwest/blocking,seam-reqwest/chrono,seam-reqwest/time,seam-reqwest/uuid,seam-mock/record",
    ],
];

/// Asks cargo for such versions, which takes seconds, where building them takes a minute or more.
///
/// They are the oldest that our own manifests allow; of what those crates need in turn, they are the newest, since how
/// low they may go is not ours to say.
pub(crate) fn resolve() -> Result {
    let folder = Path::new(FOLDER);
    copy(folder)?;
    let mut update = run::cargo(["update", "--quiet", "-Z", "direct-minimal-versions"]);
    run::run(update.env("RUSTC_BOOTSTRAP", "1").current_dir(folder))
}

/// Asks for the versions, and builds the libraries with them.
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

/// Copies the libraries without what only their tests and benchmarks need, so that those do not count.
fn copy(folder: &Path) -> Result {
    let crates = folder.join("crates");
    // What was deleted or renamed since the last time must not be built.
    let _ = fs::remove_dir_all(&crates);
    let manifest = read(Path::new("Cargo.toml"))?;
    write(&folder.join("Cargo.toml"), &with_members(&manifest))?;
    // What is fetched for the lock file is what is there already, as far as it fits.
    write(&folder.join("Cargo.lock"), &read(Path::new("Cargo.lock"))?)?;
    for name in layers::PUBLISHED {
        let from = Path::new("crates").join(name);
        let manifest = read(&from.join("Cargo.toml"))?;
        write(&crates.join(name).join("Cargo.toml"), &without_tests(&manifest))?;
        // seam-spec compiles text files in.
        for sources in ["src", "api", "annotations"] {
            if from.join(sources).exists() {
                copy_sources(&from.join(sources), &crates.join(name).join(sources))?;
            }
        }
    }
    Ok(())
}

/// The manifest of a workspace of the libraries alone.
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

/// The manifest of a crate without the sections about its tests and benchmarks.
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
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(fail)? {
        let path: PathBuf = entry.map_err(fail)?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            copy_sources(&path, &target)?;
        } else {
            write(&target, &read(&path)?)?;
            // As old as the original, so that cargo sees that nothing has changed.
            let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).map_err(fail)?;
            fs::File::options().write(true).open(&target).and_then(|file| file.set_modified(time)).map_err(fail)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_of_the_libraries_alone() {
        let manifest =
            "# Why.\n[workspace]\nresolver = \"3\"\nmembers = [\"a\"]\nexclude = [\"b\"]\n\n[workspace.package]\n";
        let expected = "# Why.\n[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n\n[workspace.package]";
        assert_eq!(with_members(manifest), expected);
    }

    #[test]
    fn what_only_tests_need_is_left_out() {
        let manifest = "[package]\n[dev-dependencies]\nx = \"1\"\n[[test]]\nname = \"t\"\n[lints]\nworkspace = true";
        assert_eq!(without_tests(manifest), "[package]\n[lints]\nworkspace = true");
    }
}
