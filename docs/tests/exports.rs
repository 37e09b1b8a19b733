//! `seam_reqwest` exports the same names as `seam_core`.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{collections::BTreeSet, fs, path::Path};

/// Exports for test doubles only.
const LEFT_OUT: [&str; 2] = ["test_util", "to_response_object"];

/// Returns the names that the root of a crate exports from paths that begin with one of `sources`, or from any.
fn exports(name: &str, source: Option<&str>) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name).join("src/lib.rs");
    let text = fs::read_to_string(root).unwrap();
    let mut names = BTreeSet::new();
    for (keyword, end) in [("\npub use ", ';'), ("\npub mod ", ';')] {
        for item in text.split(keyword).skip(1).filter_map(|rest| rest.split(end).next()) {
            if source.is_some_and(|source| !item.starts_with(source)) {
                continue;
            }
            let list = item.rsplit_once("::").map_or(item, |(_, last)| last);
            for entry in list.trim_matches(['{', '}', '\n', ' ']).split(',') {
                let name = entry.rsplit(" as ").next().unwrap_or_default().trim();
                if !name.is_empty() {
                    names.insert(name.to_owned());
                }
            }
        }
    }
    names
}

#[test]
fn seam_reqwest_exports_the_names_of_seam_core() {
    let mut core = exports("seam-core", None);
    assert!(core.contains("Seam") && core.contains("WebhookVerifier") && core.contains("model"), "{core:?}");
    for name in LEFT_OUT {
        assert!(core.remove(name), "{name}");
    }
    assert_eq!(exports("seam-reqwest", Some("seam_core::")), core);
}
