//! `cargo xtask drift [VERSION]`: compares `crates/seam-spec/api` with the packages that Seam has published.
//!
//! Each item of the description is compared with its source: the OpenAPI document in the npm package `@seamapi/types`, or, for
//! items with a mark, the newest version of the official SDK that the mark names.

mod compare;
mod marked;
mod packages;

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};
use xtask_programs::Result;

use crate::import;
use compare::Differences;
use packages::Package;

/// The outcome of a comparison with all sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Same,
    Drift,
}

/// Compares the description with all sources, and prints the differences.
///
/// An error means that a source could not be compared. The differences from the other sources are printed all the same.
pub(crate) fn run(version: Option<&str>) -> Result<Outcome> {
    let recorded: BTreeMap<&str, &str> = seam_spec::sources().collect();
    let openapi = packages::openapi(version.unwrap_or("latest"));
    let comparisons = [
        compare_with("openapi", &recorded, openapi, |package| published(package, &recorded)),
        compare_with("python", &recorded, packages::python(), |package| Ok(marked::removed("python", package))),
        compare_with("http", &recorded, packages::http(), |package| Ok(marked::removed("http", package))),
    ];
    let mut outcome = Outcome::Same;
    let mut failures = Vec::new();
    for comparison in comparisons {
        match comparison {
            Ok(report) if report.lines.is_empty() => println!("{}: no difference", report.versions),
            Ok(report) => {
                println!("{}:\n  {}", report.versions, report.lines.join("\n  "));
                outcome = Outcome::Drift;
            }
            Err(problem) => failures.push(problem),
        }
    }
    if failures.is_empty() { Ok(outcome) } else { Err(failures.join("\n")) }
}

/// The differences from one source.
#[derive(Debug, PartialEq)]
struct Report {
    /// The compared versions.
    versions: String,
    lines: Vec<String>,
}

/// Compares the description with one source, unless the published version is older than the recorded one.
fn compare_with(
    source: &str,
    recorded: &BTreeMap<&str, &str>,
    package: Result<Package>,
    differences: impl FnOnce(&Package) -> Result<Vec<String>>,
) -> Result<Report> {
    let package = package.map_err(|problem| format!("cannot compare with `{source}`: {problem}"))?;
    let recorded = recorded.get(source).ok_or_else(|| format!("sources.txt has no version of `{source}`"))?;
    let (name, published) = (package.name, package.version.as_str());
    if version(published)? < version(recorded)? {
        return Err(format!(
            "cannot compare with {name} {published}: it is older than the recorded version {recorded}; pass a newer VERSION"
        ));
    }
    let versions = format!("{name} {published}, recorded {recorded}");
    Ok(Report { versions, lines: differences(&package)? })
}

/// Parses a version such as `1.1038.0`.
fn version(text: &str) -> Result<Vec<u64>> {
    let release = text.split(['-', '+']).next().unwrap_or_default();
    let parts = release.split('.').map(|part| part.parse().map_err(|_| format!("`{text}` is not a version")));
    parts.collect()
}

/// Returns the differences from the published OpenAPI document, and the command that imports it.
fn published(package: &Package, recorded: &BTreeMap<&str, &str>) -> Result<Vec<String>> {
    let mut document: Value = serde_json::from_str(&package.text)
        .map_err(|error| format!("cannot parse {} as JSON: {error}", package.name))?;
    // An import of this file then records the version.
    let mut sources = recorded.clone();
    sources.insert("openapi", &package.version);
    if let Value::Object(document) = &mut document {
        document.insert("x-sources".to_owned(), json!(sources));
    }
    let file = format!("{}/openapi.json", packages::FOLDER);
    fs::write(&file, document.to_string()).map_err(|error| format!("cannot write {file}: {error}"))?;
    let mut lines = Differences::between(seam_spec::api(), &import::read(&file)?).lines();
    if !lines.is_empty() {
        lines.push(format!("to import the document, run: cargo xtask import {file}"));
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
    fn a_missing_package_is_an_error() {
        let recorded = BTreeMap::from([("openapi", "1.0.0")]);
        let missing = compare_with("openapi", &recorded, Err("no network".to_owned()), |_| Ok(Vec::new()));
        assert_eq!(missing.unwrap_err(), "cannot compare with `openapi`: no network");
        assert!(compare_with("ruby", &recorded, package("1.0.0"), |_| Ok(Vec::new())).is_err());
    }
}
