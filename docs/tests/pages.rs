//! Checks that every snippet of the guide runs, and that pages and the README show the programs that are tested.

use std::{fs, path::Path};

/// Pages with parts of programs: of private functions, and of the example that the tutorial shows piece by piece.
const FRAGMENTS: [&str; 2] = ["in-memory-seam.md", "hotel.md"];

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
                // Any other attribute, `no_run` and `should_panic` too, would keep the snippet from running as displayed.
                let is_fragment = line == "```rust,ignore" && FRAGMENTS.contains(&name);
                assert!(line == "```rust" || is_fragment || !line.contains("rust"), "{name}: {line}");
                is_rust = line == "```rust";
            }
            assert!(
                !is_rust || !is_hidden(line),
                "{name}: move `{line}` into a comment `<!-- test` behind the snippet"
            );
        }
    }
}

/// Whether rustdoc hides a line of a snippet. Code hosts display it.
fn is_hidden(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}

#[test]
fn the_tutorial_shows_the_whole_example() {
    let mut program = include_str!("../examples/hotel.rs").to_owned();
    // The differences between an example of this repository and a separate program.
    for (example, own) in [
        ("use seam_guide::example;\n", ""),
        ("example::seam()?", "seam_reqwest::from_env()?"),
        (
            r#"example::argument("ROOM", "Front Door", "this unlocks a real door")"#,
            r#"std::env::args().nth(1).ok_or("pass the name of a room")?"#,
        ),
    ] {
        assert!(program.contains(example), "{example}");
        program = program.replace(example, own);
    }
    let (header, code) = program.split_once("\n\n").unwrap();
    assert!(header.lines().all(|line| line.starts_with("//!") || line.starts_with("#![expect(")));

    let page = include_str!("../tutorial/hotel.md");
    let parts = page.split("```rust,ignore\n").skip(1).map(|part| part.split_once("\n```\n").unwrap().0);
    assert_eq!(parts.collect::<Vec<_>>().join("\n\n"), code.trim_end(), "copy docs/examples/hotel.rs into the page");
}

#[test]
fn the_page_on_writing_a_transport_shows_the_transport_that_is_tested() {
    let source = include_str!("../src/hyper_transport.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("Transport for HyperTransport"));
    assert!(
        include_str!("../how-to/write-a-transport.md").contains(code.trim()),
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
