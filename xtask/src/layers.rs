//! `cargo xtask ci layers`: checks the dependencies between the crates, and the third-party dependencies of the light ones.

use std::{collections::BTreeSet, fs};

use xtask_programs::{Result, run};

/// The crates of the workspace that each crate may depend on, directly or not.
const DEPENDENCIES: [(&str, &[&str]); 10] = [
    ("seam-spec", &[]),
    ("seam-model", &[]),
    ("seam-core", &["seam-model"]),
    ("seam-tokio", &["seam-core", "seam-model"]),
    ("seam-reqwest", &["seam-tokio", "seam-core", "seam-model"]),
    ("seam-hyper", &["seam-tokio", "seam-core", "seam-model"]),
    ("seam-mock", &["seam-core", "seam-model", "seam-spec"]),
    ("seam-fake", &["seam-core", "seam-model", "seam-spec"]),
    ("seam-tower", &["seam-core", "seam-model"]),
    ("seam-axum", &["seam-core", "seam-model"]),
];

/// The crates of the workspace that the tests of each crate may depend on.
///
/// Cargo allows development dependencies on crates that depend on the tested library. The tests of the policies in seam-core
/// use the test clock of seam-mock, so that each guarantee is tested in the crate that implements it.
const TEST_DEPENDENCIES: [(&str, &[&str]); 6] = [
    ("seam-model", &["seam-spec"]),
    ("seam-core", &["seam-mock", "seam-spec"]),
    ("seam-reqwest", &["seam-fake", "seam-mock"]),
    ("seam-hyper", &["seam-fake", "seam-mock"]),
    ("seam-tower", &["seam-fake", "seam-mock"]),
    ("seam-axum", &["seam-fake", "seam-mock"]),
];

/// The crates that are published.
pub(crate) const PUBLISHED: [&str; 10] = [
    "seam-spec",
    "seam-model",
    "seam-core",
    "seam-tokio",
    "seam-reqwest",
    "seam-hyper",
    "seam-mock",
    "seam-fake",
    "seam-tower",
    "seam-axum",
];

/// The crates that depend on no async runtime, HTTP stack or TLS implementation.
const LIGHT: [&str; 3] = ["seam-spec", "seam-model", "seam-core"];

/// Async runtimes, HTTP stacks and TLS implementations. Each includes the crates with its name as a prefix, such as `tokio-util`.
const HEAVY: [&str; 8] = ["tokio", "reqwest", "hyper", "rustls", "native-tls", "openssl", "ring", "aws-lc"];

/// The kinds of dependencies that a user of a crate compiles.
const EDGES: &str = "normal,build";

/// The arguments that select the dependencies of all platforms and features.
const EVERYTHING: [&str; 3] = ["--all-features", "--target", "all"];

/// The arguments that select the dependencies of this platform. serde depends on `serde_derive` for a platform that does not
/// exist, to keep both at the same version, so `--target all` would always list it.
const HERE: [&str; 1] = ["--all-features"];

/// Checks the dependencies that cargo would compile.
pub(crate) fn check() -> Result {
    for entry in fs::read_dir("crates").map_err(|error| format!("cannot read crates: {error}"))? {
        let name = entry.map_err(|error| format!("cannot read crates: {error}"))?.file_name();
        if !DEPENDENCIES.iter().any(|(crate_name, _)| name == **crate_name) {
            return Err(format!(
                "crates/{} has no layer; add it to DEPENDENCIES in {}",
                name.to_string_lossy(),
                file!()
            ));
        }
    }
    for (crate_name, allowed) in DEPENDENCIES {
        let tree = tree(crate_name, EDGES, &EVERYTHING)?;
        let is_local = |name: &str| name.starts_with("seam-") && name != crate_name;
        reject(crate_name, &tree, EDGES, &EVERYTHING, |name| is_local(name) && !allowed.contains(&name))?;
        let of_tests =
            TEST_DEPENDENCIES.iter().find(|(tested, _)| *tested == crate_name).map_or(&[][..], |(_, uses)| uses);
        let scope = ["--depth", "1"];
        reject(crate_name, &self::tree(crate_name, "dev", &scope)?, "dev", &scope, |name| {
            is_local(name) && !of_tests.contains(&name)
        })?;
        if LIGHT.contains(&crate_name) {
            reject(crate_name, &tree, EDGES, &EVERYTHING, is_heavy)?;
        }
        println!("{crate_name}: {} dependencies with all features, all allowed", tree.len().saturating_sub(1));
    }
    for crate_name in LIGHT {
        // Without serde_derive, users do not compile a procedural macro. The generator writes the implementations.
        reject(crate_name, &tree(crate_name, EDGES, &HERE)?, EDGES, &HERE, |name| name == "serde_derive")?;
    }
    Ok(())
}

fn tree(crate_name: &str, edges: &str, scope: &[&str]) -> Result<BTreeSet<String>> {
    let arguments = ["tree", "--locked", "--edges", edges, "--prefix", "none", "--format", "{p}"];
    let listing = run::output(run::cargo(arguments).args(["--package", crate_name]).args(scope))?;
    let names = names(&listing);
    if !names.contains(crate_name) {
        return Err(format!("cannot check {crate_name}: `cargo tree` does not list it"));
    }
    Ok(names)
}

/// Returns the package names in the output of `cargo tree`, whose lines have the form `name v1.0.0 (path) (*)`.
fn names(listing: &str) -> BTreeSet<String> {
    listing.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Returns an error if a dependency tree contains an unwanted crate.
fn reject(
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
            "{crate_name} must not depend on {}; to see why it does, run: cargo tree --edges {edges} --package \
             {crate_name} {} --invert {first}",
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
    fn names_are_read_without_duplicates() {
        let names: Vec<_> = names(LISTING).into_iter().collect();
        assert_eq!(names, ["async-trait", "seam-core", "serde", "tokio-util"]);
    }

    #[test]
    fn heavy_crates_include_those_with_their_prefix() {
        for name in ["tokio", "tokio-util", "openssl-sys", "aws-lc-rs", "aws-lc-sys", "ring", "hyper-rustls"] {
            assert!(is_heavy(name), "{name}");
        }
        for name in ["http", "bytes", "stringprep", "ringbuffer", "async-trait"] {
            assert!(!is_heavy(name), "{name}");
        }
    }

    #[test]
    fn the_error_names_the_rejected_crate() {
        let error = reject("seam-core", &names(LISTING), EDGES, &HERE, is_heavy).unwrap_err();
        assert!(error.starts_with("seam-core must not depend on tokio-util; "), "{error}");
        assert!(error.ends_with("--package seam-core --all-features --invert tokio-util"), "{error}");
        assert_eq!(reject("seam-core", &names(LISTING), EDGES, &HERE, |name| name == "reqwest"), Ok(()));
    }
}
