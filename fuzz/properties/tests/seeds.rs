//! Runs each fuzz target with its seeds, and with prefixes of them, without a fuzzer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_property_has_a_target_and_seeds() {
    let properties: Vec<&str> = seam_properties::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(&folder().join("seeds")), properties);
    let targets: Vec<String> = properties.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names(&folder().join("fuzz_targets")), targets);
}

#[test]
fn properties_hold_for_all_seeds() {
    let mut failures = Vec::new();
    for (name, property) in seam_properties::ALL {
        let folder = folder().join("seeds").join(name);
        let seeds = names(&folder);
        assert!(seeds.len() > 3, "{name} has few seeds");
        for seed in seeds {
            let bytes = fs::read(folder.join(&seed)).unwrap();
            // The whole seed first, and then every fifth prefix, to keep the test fast.
            let holds = |length: &usize| catch_unwind(AssertUnwindSafe(|| property(&bytes[..*length]))).is_ok();
            if let Some(length) = (0..=bytes.len()).rev().step_by(5).find(|length| !holds(length)) {
                failures.push(format!("the first {length} bytes of fuzz/seeds/{name}/{seed}"));
            }
        }
    }
    assert!(failures.is_empty(), "the properties do not hold for: {failures:#?}");
}
