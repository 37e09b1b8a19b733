//! `cargo xtask drift [VERSION]`: how what Seam has published differs from `crates/seam-spec/api`.
//!
//! Each fact is compared with its source: the description that npm has as `@seamapi/types`, or, for facts with a mark, the
//! newest official SDK that has them.

mod compare;
mod marked;
mod packages;

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};
use xtask_programs::Result;

use crate::import;
use compare::Differences;
use packages::Package;

/// What a comparison with all sources found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Same,
    Drift,
}

/// Compares with all sources and prints what differs.
///
/// An error means that a source could not be compared; what the others have is printed all the same.
pub(crate) fn run(version: Option<&str>) -> Result<Outcome> {
    let recorded: BTreeMap<&str, &str> = seam_spec::sources().collect();
    let openapi = packages::openapi(version.unwrap_or("latest"));
    let comparisons = [
        compare_with("openapi", &recorded, openapi, |package| published(package, &recorded)),
        compare_with("python", &recorded, packages::python(), |package| Ok(marked::gone("python", package))),
        compare_with("http", &recorded, packages::http(), |package| Ok(marked::gone("http", package))),
    ];
    let mut outcome = Outcome::Same;
    let mut failures = Vec::new();
    for comparison in comparisons {
        match comparison {
            Ok(report) if report.lines.is_empty() => println!("{}: nothing has changed", report.versions),
            Ok(report) => {
                println!("{}:\n  {}", report.versions, report.lines.join("\n  "));
                outcome = Outcome::Drift;
            }
            Err(problem) => failures.push(problem),
        }
    }
    if failures.is_empty() { Ok(outcome) } else { Err(failures.join("\n")) }
}

/// What differs from one source.
#[derive(Debug, PartialEq)]
struct Report {
    /// The versions that are compared.
    versions: String,
    lines: Vec<String>,
}

/// Compares with one source, unless what it has published is older than what is recorded.
fn compare_with(
    source: &str,
    recorded: &BTreeMap<&str, &str>,
    package: Result<Package>,
    differences: impl FnOnce(&Package) -> Result<Vec<String>>,
) -> Result<Report> {
    let package = package.map_err(|problem| format!("could not compare with `{source}`: {problem}"))?;
    let ours = recorded.get(source).ok_or_else(|| format!("sources.txt has no version of `{source}`"))?;
    let (name, theirs) = (package.name, package.version.as_str());
    if version(theirs)? < version(ours)? {
        return Err(format!(
            "could not compare with {name} {theirs}: it is older than the recorded version {ours}, so that no \
             difference would be news"
        ));
    }
    let versions = format!("{name} {theirs}, recorded {ours}");
    Ok(Report { versions, lines: differences(&package)? })
}

/// Parses a version such as `1.1038.0`.
fn version(text: &str) -> Result<Vec<u64>> {
    let release = text.split(['-', '+']).next().unwrap_or_default();
    let parts = release.split('.').map(|part| part.parse().map_err(|_| format!("`{text}` is not a version")));
    parts.collect()
}

/// Returns how the published description differs, and how to import it.
fn published(package: &Package, recorded: &BTreeMap<&str, &str>) -> Result<Vec<String>> {
    let mut document: Value =
        serde_json::from_str(&package.text).map_err(|error| format!("{} is not JSON: {error}", package.name))?;
    // What is imported from this file then has its version.
    let mut sources = recorded.clone();
    sources.insert("openapi", &package.version);
    if let Value::Object(document) = &mut document {
        document.insert("x-sources".to_owned(), json!(sources));
    }
    let file = format!("{}/openapi.json", packages::FOLDER);
    fs::write(&file, document.to_string()).map_err(|error| format!("cannot write {file}: {error}"))?;
    let mut lines = Differences::between(seam_spec::api(), &import::read(&file)?).lines();
    if !lines.is_empty() {
        lines.push(format!("To import it: cargo xtask import {file}"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str) -> Result<Package> {
        Ok(Package { name: "types", version: version.to_owned(), text: String::new() })
    }

    fn compared(version: &str) -> Result<Report> {
        let recorded = BTreeMap::from([("openapi", "1.1038.0")]);
        compare_with("openapi", &recorded, package(version), |_| Ok(vec!["a: new".to_owned()]))
    }

    #[test]
    fn both_versions_are_named() {
        for published in ["1.1038.0", "1.1038.1", "1.1100.0", "2.0.0"] {
            let report = compared(published).unwrap();
            assert_eq!(report.versions, format!("types {published}, recorded 1.1038.0"));
            assert_eq!(report.lines, ["a: new"]);
        }
    }

    #[test]
    fn an_older_version_is_not_compared() {
        for published in ["1.977.0", "1.1037.9", "0.2000.0"] {
            let error = compared(published).unwrap_err();
            assert!(error.contains(published) && error.contains("1.1038.0") && error.contains("older"), "{error}");
        }
        assert!(compared("newest").unwrap_err().contains("`newest` is not a version"));
    }

    #[test]
    fn a_package_that_cannot_be_had_is_an_error() {
        let recorded = BTreeMap::from([("openapi", "1.0.0")]);
        let missing = compare_with("openapi", &recorded, Err("no network".to_owned()), |_| Ok(Vec::new()));
        assert_eq!(missing.unwrap_err(), "could not compare with `openapi`: no network");
        assert!(compare_with("ruby", &recorded, package("1.0.0"), |_| Ok(Vec::new())).is_err());
    }
}
