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
    assert!(code.contains("event.process("));
    assert!(include_str!("../webhooks.md").contains(code.trim()), "copy docs/src/webhook_receiver.rs into the page");
}

/// The output in the example is what it prints: `cargo xtask ci examples` checks that.
#[test]
fn the_readme_shows_the_example_that_lists_devices_and_its_output() {
    let readme = include_str!("../../README.md");
    let (documentation, program) = include_str!("../examples/list_devices.rs").split_once("#[tokio::main]").unwrap();
    let program = program.replace("example::seam()", "seam_reqwest::from_env()");
    assert!(readme.contains(&format!("```rust\n#[tokio::main]{program}```\n")), "copy docs/examples/list_devices.rs");

    let (_, output) = documentation.split_once("$ cargo run --example list_devices\n").unwrap();
    let (output, _) = output.split_once("//! ```").unwrap();
    let output = output.replace("//! ", "");
    assert_eq!(output.lines().count(), 5);
    assert!(
        readme.contains(&format!("```text\n{output}```\n")),
        "copy the output that docs/examples/list_devices.rs shows"
    );
}
