//! Makes each Rust snippet of the guide a program that runs on the in-memory Seam, for `cargo test`.
//!
//! A page shows only what its reader needs. What a test needs beside that is added here, in copies of the pages that the
//! documentation tests of `src/lib.rs` have in place of the pages themselves:
//!
//! * A snippet without a `main` is the body of one: an async function with a client `seam` of an in-memory Seam `fake`, and ids of
//!   the building in it.
//! * A snippet that reads the environment, with `from_env` or `Environment::read`, runs in a process whose environment names an
//!   in-memory Seam on a loopback port.
//! * `no_run` is removed. On a page it is for a README that is tested without this program, too.
//!
//! Lines keep their numbers.
//!
//! In other copies, for the documentation itself, links between pages are links between modules.

use std::{collections::HashMap, env, error::Error, fs, path::Path};

/// What a snippet without a `main` may use. The page "Getting started" documents it.
const PREPARATION: &str = "\
    let fake = seam_fake::FakeSeam::new(); \
    let seam = fake.seam(); \
    let lock = seam_fake::FRONT_DOOR; \
    let thermostat = seam_fake::THERMOSTAT; \
    let person = seam_fake::GUEST; \
    let space = seam_fake::BUILDING; \
    let encoder = seam_fake::ENCODER; ";

const RESULT: &str = "Result<(), Box<dyn std::error::Error>>";

/// Pages outside of this folder, with the names of their modules.
const OTHERS: [(&str, &str); 3] = [
    ("../README.md", "readme"),
    ("../crates/seam-hyper/README.md", "seam_hyper"),
    ("../crates/seam-reqwest/README.md", "seam_reqwest"),
];

fn main() -> Result<(), Box<dyn Error>> {
    // A new page is listed there.
    println!("cargo::rerun-if-changed=src/lib.rs");
    let mut pages: HashMap<String, String> = HashMap::new();
    for (file, module) in OTHERS {
        pages.insert(file.to_owned(), module.to_owned());
    }
    for folder in ["", "contributing/"] {
        for entry in fs::read_dir(Path::new(".").join(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let Some(stem) = name.strip_suffix(".md") {
                pages.insert(format!("{folder}{name}"), stem.replace('-', "_"));
            }
        }
    }
    let out = env::var("OUT_DIR")?;
    let (programs, linked) = (Path::new(&out), Path::new(&out).join("linked"));
    fs::create_dir_all(&linked)?;
    for (file, module) in &pages {
        println!("cargo::rerun-if-changed={file}");
        let (page, copy) = (fs::read_to_string(file)?, format!("{module}.md"));
        fs::write(programs.join(&copy), with_programs(&page))?;
        fs::write(linked.join(&copy), with_links(&page, file, &pages))?;
    }
    Ok(())
}

/// Returns a page with each snippet made a program.
fn with_programs(page: &str) -> String {
    let mut copy = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        copy.push_str(if line == "```rust,no_run" { "```rust" } else { line });
        copy.push('\n');
        if line == "```rust" || line == "```rust,no_run" {
            let snippet: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            copy.push_str(&program(&snippet.join("\n")));
            copy.push_str("\n```\n");
        }
    }
    copy
}

/// Returns a program that does what a snippet does.
fn program(snippet: &str) -> String {
    let is_program = snippet.contains("fn main()");
    let reads_environment = snippet.contains("from_env()") || snippet.contains("Environment::read()");
    // rustdoc removes the mark of a hidden line only where a line begins.
    let code = snippet.strip_prefix("# ").unwrap_or(snippet);
    // A comment at the end would hide what follows.
    let end = if code.lines().last().is_some_and(|line| line.contains("//")) { "\n" } else { "" };
    match (is_program, reads_environment) {
        (true, false) => snippet.to_owned(),
        (true, true) => format!(
            "fn main() -> {RESULT} {{ seam_guide::environment::run(snippet::run) }} mod snippet {{ {code}{end} \
             pub fn run() -> {RESULT} {{ Ok(main()?) }} }}"
        ),
        (false, false) => format!("#[tokio::main] async fn main() -> {RESULT} {{ {PREPARATION} {code}{end}; Ok(()) }}"),
        (false, true) => format!(
            "fn main() -> {RESULT} {{ seam_guide::environment::run(run) }} \
             #[tokio::main] async fn run() -> {RESULT} {{ {PREPARATION} {code}{end}; Ok(()) }}"
        ),
    }
}

/// Returns a page with its links to other pages as links to their modules.
fn with_links(text: &str, file: &str, pages: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("](") {
        out += before;
        out += "](";
        let Some((target, after)) = behind.split_once(')') else {
            rest = behind;
            continue;
        };
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        match pages.get(&resolve(file, path)) {
            Some(page) if !path.is_empty() => {
                out += &format!("../{page}/index.html");
                if !anchor.is_empty() {
                    out += "#";
                    out += anchor;
                }
            }
            _ => out += target,
        }
        out += ")";
        rest = after;
    }
    out + rest
}

/// Returns a link of a file as a path below this folder.
fn resolve(file: &str, link: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in link.split('/') {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    match parts.as_slice() {
        // The README stands above this folder, and its links begin there.
        ["..", "docs", page @ ..] => page.join("/"),
        parts => parts.join("/"),
    }
}
