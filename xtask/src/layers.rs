//! The layers: which crate may depend on which, and what must stay out of the light ones.

use std::{collections::BTreeSet, fs};

use xtask_programs::{Result, run};

/// Each crate with those of ours that may be below it. There are no other arrows.
const ARROWS: [(&str, &[&str]); 9] = [
    ("seam-spec", &[]),
    ("seam-model", &[]),
    ("seam-core", &["seam-model"]),
    ("seam-tokio", &["seam-core", "seam-model"]),
    ("seam-reqwest", &["seam-tokio", "seam-core", "seam-model"]),
    ("seam-mock", &["seam-core", "seam-model", "seam-spec"]),
    ("seam-fake", &["seam-core", "seam-model", "seam-spec"]),
    ("seam-tower", &["seam-core", "seam-model"]),
    ("seam-axum", &["seam-core", "seam-model"]),
];

/// What the tests of a crate use of ours, which may lie above it: cargo leaves the library that is tested out of the
/// circle. The tests of the policies in seam-core use the test clock of seam-mock, so that each promise is tested in the
/// crate that keeps it.
const TEST_ARROWS: [(&str, &[&str]); 5] = [
    ("seam-model", &["seam-spec"]),
    ("seam-core", &["seam-mock", "seam-spec"]),
    ("seam-reqwest", &["seam-fake", "seam-mock"]),
    ("seam-tower", &["seam-fake", "seam-mock"]),
    ("seam-axum", &["seam-fake", "seam-mock"]),
];

/// The crates that are for users.
pub(crate) const PUBLISHED: [&str; 9] = [
    "seam-spec",
    "seam-model",
    "seam-core",
    "seam-tokio",
    "seam-reqwest",
    "seam-mock",
    "seam-fake",
    "seam-tower",
    "seam-axum",
];

/// The crates that know neither an async runtime nor an HTTP stack nor TLS.
const LIGHT: [&str; 3] = ["seam-spec", "seam-model", "seam-core"];

/// Runtimes, HTTP stacks and TLS, each with the crates whose names go on with a dash, as in `tokio-util`.
const HEAVY: [&str; 8] = ["tokio", "reqwest", "hyper", "rustls", "native-tls", "openssl", "ring", "aws-lc"];

/// What a user of a crate compiles.
const EDGES: &str = "normal,build";

/// Whatever is on for some platform or with some feature.
const EVERYTHING: [&str; 3] = ["--all-features", "--target", "all"];

/// What is compiled on this machine. Not for all platforms, because serde names `serde_derive` for a platform
/// that does not exist, to keep the two at the same version.
const HERE: [&str; 1] = ["--all-features"];

/// Proves the layers by what cargo would compile.
pub(crate) fn check() -> Result {
    for entry in fs::read_dir("crates").map_err(|error| format!("crates cannot be read: {error}"))? {
        let name = entry.map_err(|error| format!("crates cannot be read: {error}"))?.file_name();
        if !ARROWS.iter().any(|(crate_name, _)| name == **crate_name) {
            return Err(format!(
                "crates/{} has no place in the layers yet: give it one in {}",
                name.to_string_lossy(),
                file!()
            ));
        }
    }
    for (crate_name, allowed) in ARROWS {
        let tree = tree(crate_name, EDGES, &EVERYTHING)?;
        let ours = |name: &str| name.starts_with("seam-") && name != crate_name;
        refuse(crate_name, &tree, EDGES, &EVERYTHING, |name| ours(name) && !allowed.contains(&name))?;
        let of_tests = TEST_ARROWS.iter().find(|(tested, _)| *tested == crate_name).map_or(&[][..], |(_, uses)| uses);
        let scope = ["--depth", "1"];
        refuse(crate_name, &self::tree(crate_name, "dev", &scope)?, "dev", &scope, |name| {
            ours(name) && !of_tests.contains(&name)
        })?;
        if LIGHT.contains(&crate_name) {
            refuse(crate_name, &tree, EDGES, &EVERYTHING, is_heavy)?;
        }
        println!("{crate_name}: {} crates below it at most, all of them allowed", tree.len().saturating_sub(1));
    }
    for crate_name in LIGHT {
        // Implementations written once, by hand or by our generator, cost users no build time.
        refuse(crate_name, &tree(crate_name, EDGES, &HERE)?, EDGES, &HERE, |name| name == "serde_derive")?;
    }
    Ok(())
}

fn tree(crate_name: &str, edges: &str, scope: &[&str]) -> Result<BTreeSet<String>> {
    let arguments = ["tree", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p}"];
    let listing = run::output(run::cargo(arguments).args(["--package", crate_name]).args(scope))?;
    let names = names(&listing);
    if !names.contains(crate_name) {
        return Err(format!("`cargo tree` does not list {crate_name} itself, so it proves nothing about it"));
    }
    Ok(names)
}

/// The package names in what `cargo tree` prints: `name v1.0.0 (path) (*)`.
fn names(listing: &str) -> BTreeSet<String> {
    listing.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn refuse(
    crate_name: &str,
    tree: &BTreeSet<String>,
    edges: &str,
    scope: &[&str],
    unwanted: impl Fn(&str) -> bool,
) -> Result {
    let found: Vec<&str> = tree.iter().map(String::as_str).filter(|name| unwanted(name)).collect();
    match found.first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{crate_name} must not depend on {}. How it does: cargo tree --edges {edges} --package {crate_name} {} \
             --invert {first}",
            found.join(", "),
            scope.join(" ")
        )),
    }
}

fn is_heavy(name: &str) -> bool {
    HEAVY.iter().any(|heavy| name.strip_prefix(heavy).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
seam-core v0.1.0 (/somewhere/seam-rs/crates/seam-core)
async-trait v0.1.89 (proc-macro)
serde v1.0.228
serde v1.0.228 (*)
tokio-util v0.7.0

";

    #[test]
    fn names_are_read_once_each() {
        let names: Vec<_> = names(LISTING).into_iter().collect();
        assert_eq!(names, ["async-trait", "seam-core", "serde", "tokio-util"]);
    }

    #[test]
    fn heavy_crates_are_known_with_their_families() {
        for name in ["tokio", "tokio-util", "openssl-sys", "aws-lc-rs", "aws-lc-sys", "ring", "hyper-rustls"] {
            assert!(is_heavy(name), "{name}");
        }
        for name in ["http", "bytes", "stringprep", "ringbuffer", "async-trait"] {
            assert!(!is_heavy(name), "{name}");
        }
    }

    #[test]
    fn what_is_refused_is_named() {
        let error = refuse("seam-core", &names(LISTING), EDGES, &HERE, is_heavy).unwrap_err();
        assert!(error.starts_with("seam-core must not depend on tokio-util. "), "{error}");
        assert!(error.ends_with("--package seam-core --all-features --invert tokio-util"), "{error}");
        assert_eq!(refuse("seam-core", &names(LISTING), EDGES, &HERE, |name| name == "reqwest"), Ok(()));
    }
}
