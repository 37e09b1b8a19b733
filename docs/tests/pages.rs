//! Checks that repeated parts of the guide are identical.

use std::{fs, path::Path};

/// The page with excerpts of private functions.
const FRAGMENTS: &str = "in-memory-seam.md";

#[test]
fn every_snippet_of_every_page_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let summary = include_str!("../SUMMARY.md");
    let mut files = vec![root.join("../README.md")];
    for folder in ["", "tutorial", "how-to", "reference", "explanation", "verification", "contributing"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Only pages that the summary lists are tested.
        assert!(name == "SUMMARY.md" || summary.contains(&format!("{name})")), "list {name} in docs/SUMMARY.md");
        let mut is_rust = false;
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with("```") {
                // Any other attribute, such as `no_run` and `should_panic`, would prevent the snippet from running as displayed.
                let is_fragment = line == "```rust,ignore" && name == FRAGMENTS;
                assert!(line == "```rust" || is_fragment || !line.contains("rust"), "{name}: {line}");
                is_rust = line == "```rust";
            }
            assert!(!is_rust || !is_hidden(line), "{name}: move `{line}` into a comment `<!-- test` after the snippet");
        }
    }
}

/// Returns whether rustdoc hides a line of a snippet, which code hosts display.
fn is_hidden(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

#[test]
fn the_page_on_transports_shows_the_transport_that_is_tested() {
    let source = include_str!("../src/hyper_transport.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("Transport for HyperTransport"));
    assert!(
        include_str!("../how-to/transports.md").contains(code.trim()),
        "copy docs/src/hyper_transport.rs into the page"
    );
}

#[test]
fn the_page_on_webhooks_shows_the_receiver_that_is_tested() {
    let source = include_str!("../src/webhook_receiver.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("event.process("));
    assert!(
        include_str!("../how-to/webhooks.md").contains(code.trim()),
        "copy docs/src/webhook_receiver.rs into the page"
    );
}

/// `cargo xtask ci examples` checks that the output in the example is correct.
#[test]
fn the_readme_has_the_example_list_devices_and_its_output() {
    let readme = include_str!("../../README.md");
    let (documentation, program) = include_str!("../examples/list_devices.rs").split_once("#[tokio::main]").unwrap();
    let program = program.replace("example::seam()", "seam_reqwest::from_env()");
    assert!(readme.contains(&format!("```rust\n#[tokio::main]{program}```\n")), "copy docs/examples/list_devices.rs");

    let (_, output) = documentation.split_once("$ cargo run --example list_devices\n").unwrap();
    let (output, _) = output.split_once("//! ```").unwrap();
    let output = output.replace("//! ", "");
    assert_eq!(output.lines().count(), 5);
    assert!(readme.contains(&format!("```text\n{output}```\n")), "copy the output in docs/examples/list_devices.rs");
}
