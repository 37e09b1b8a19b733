//! What the pages of the guide show twice is the same both times.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The page with parts of private functions.
const FRAGMENTS: &str = "in-memory-seam.md";

#[test]
fn every_snippet_of_every_page_runs() {
    let modules = include_str!("../src/lib.rs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.to_owned(), root.join("contributing")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    for path in files.filter(is_page).chain([root.join("../README.md")]) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(modules.contains(&format!("/{name}\"")), "list {name} in docs/src/lib.rs");
        for line in fs::read_to_string(&path).unwrap().lines().filter(|line| line.contains("```rust")) {
            // Whatever else stands there, `no_run` and `should_panic` too, would keep it from running as it is.
            let is_fragment = line == "```rust,ignore" && name == FRAGMENTS;
            assert!(line == "```rust" || is_fragment, "{name}: {line}");
        }
    }
}

#[test]
fn the_page_on_transports_shows_the_transport_that_is_tested() {
    let source = include_str!("../src/hyper_transport.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("Transport for HyperTransport"));
    assert!(include_str!("../transports.md").contains(code.trim()), "copy docs/src/hyper_transport.rs into the page");
}

#[test]
fn the_page_on_webhooks_shows_the_receiver_that_is_tested() {
    let source = include_str!("../src/webhook_receiver.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("verifier.verify(&headers, &body)"));
    assert!(include_str!("../webhooks.md").contains(code.trim()), "copy docs/src/webhook_receiver.rs into the page");
}
