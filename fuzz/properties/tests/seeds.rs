//! Every seed of every fuzz target, and every beginning of it, without a fuzzer.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

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
fn all_seeds_hold() {
    let mut broken = Vec::new();
    for (name, property) in seam_properties::ALL {
        let folder = folder().join("seeds").join(name);
        let seeds = names(&folder);
        assert!(seeds.len() > 3, "{name} has few seeds");
        for seed in seeds {
            let bytes = fs::read(folder.join(&seed)).unwrap();
            // The whole of it first, which says more than its beginnings. Not each of those, since this is run often.
            let holds = |length: &usize| catch_unwind(AssertUnwindSafe(|| property(&bytes[..*length]))).is_ok();
            if let Some(length) = (0..=bytes.len()).rev().step_by(5).find(|length| !holds(length)) {
                broken.push(format!("the first {length} bytes of fuzz/seeds/{name}/{seed}"));
            }
        }
    }
    assert!(broken.is_empty(), "these do not hold, for the reasons above: {broken:#?}");
}
