//! `cargo xtask ci docs`: builds the documentation. That of the published crates is built as it is hosted, with their features
//! and a badge at each item that needs one.

use std::{fs, path::Path};

use xtask_programs::{Result, run};

use crate::layers;

/// The script that runs rustdoc with unstable options.
const RUSTDOC: &str = "xtask/rustdoc-unstable.sh";

/// The features that are not enabled explicitly: the default ones, and the TLS implementations, which need C headers and add no
/// item to the API.
const EXCLUDED: [&str; 4] = ["default", "native-tls", "rustls-aws-lc-rs", "rustls-ring"];

/// The features that add no item to the documentation of their crate.
const WITHOUT_ITEMS: [(&str, &[&str]); 4] = [
    ("seam-core", &["chrono", "time", "uuid"]),
    ("seam-reqwest", &["chrono", "time", "uuid", "http2", "system-proxy"]),
    ("seam-hyper", &["chrono", "time", "uuid", "system-proxy"]),
    ("seam-tokio", &["http2"]),
];

/// Builds the documentation of all crates, and checks that it has no warning and names each feature.
pub(crate) fn check() -> Result {
    published("-D warnings --cfg docsrs")?;
    let mut others = run::cargo(["doc", "--workspace", "--no-deps"]);
    for name in layers::PUBLISHED {
        others.args(["--exclude", name]);
    }
    run::run(others.env("RUSTDOCFLAGS", "-D warnings"))?;

    for name in layers::PUBLISHED {
        let without =
            WITHOUT_ITEMS.iter().find(|(crate_name, _)| *crate_name == name).map_or(&[][..], |(_, list)| list);
        let mut missing = features(name)?;
        missing.retain(|feature| !without.contains(&feature.as_str()));
        retain_missing(&mut missing, &Path::new("target/doc").join(name.replace('-', "_")))?;
        if let Some(feature) = missing.first() {
            return Err(format!(
                "the documentation of {name} has no item that needs the feature `{feature}`; if the feature adds no item, list it in {}",
                file!()
            ));
        }
    }
    Ok(())
}

/// Removes from `missing` the features that a page in `folder` names.
fn retain_missing(missing: &mut Vec<String>, folder: &Path) -> Result {
    let fail = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if missing.is_empty() {
            break;
        }
        if path.is_dir() {
            retain_missing(missing, &path)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            let page = fs::read_to_string(&path).map_err(fail)?;
            missing.retain(|feature| {
                // The first form is on the page of an item or beside an implementation, the second in the list of a module's items.
                let badges =
                    [format!("<code>{feature}</code></strong> only"), format!("crate feature `{feature}` only")];
                !badges.iter().any(|badge| page.contains(badge))
            });
        }
    }
    Ok(())
}

/// Runs rustdoc for the published crates, with the features that users can enable.
pub(crate) fn published(flags: &str) -> Result {
    let rustdoc = fs::canonicalize(RUSTDOC).map_err(|error| format!("cannot find {RUSTDOC}: {error}"))?;
    let mut doc = run::cargo(["doc", "--locked", "--no-deps", "--lib"]);
    for name in layers::PUBLISHED {
        doc.args(["--package", name]);
        for feature in features(name)? {
            doc.args(["--features", &format!("{name}/{feature}")]);
        }
    }
    run::run(doc.env("RUSTDOC", rustdoc).env("RUSTDOCFLAGS", flags))
}

/// Returns the features of a crate, except those in [`EXCLUDED`].
fn features(name: &str) -> Result<Vec<String>> {
    let manifest = Path::new("crates").join(name).join("Cargo.toml");
    let manifest =
        fs::read_to_string(&manifest).map_err(|error| format!("cannot read {}: {error}", manifest.display()))?;
    Ok(features_of(&manifest).filter(|feature| !EXCLUDED.contains(feature)).map(str::to_owned).collect())
}

/// Returns the names of the features in a manifest.
fn features_of(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    section.take_while(|line| !line.starts_with('[')).filter_map(|line| {
        let (name, list) = line.split_once('=')?;
        (list.trim_start().starts_with('[') && !name.starts_with('#')).then(|| name.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_from_the_manifest() {
        let manifest = "[package]\nx = [1]\n[features]\n# `a`: why = [\na = []\ndefault = [\n  \"a\",\n]\n\
            b = [\"dep:b\"]\n\n[x]\nc = []";
        assert_eq!(features_of(manifest).collect::<Vec<_>>(), ["a", "default", "b"]);
    }
}
