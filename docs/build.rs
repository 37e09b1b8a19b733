//! Converts each page of the guide to a documentation module, and each Rust snippet to a program that `cargo test` runs
//! against the in-memory Seam.
//!
//! A page contains only the code that its reader needs. The rest of a test is added here, in copies of the pages that
//! replace the pages in documentation tests:
//!
//! * A snippet without a `main` becomes the body of one: an async function with a client `seam` of an in-memory Seam
//!   `fake`, and ids of its resources.
//! * A snippet that reads the environment, with `from_env` or `Environment::read`, runs in a process whose environment
//!   variables point to an in-memory Seam on a loopback port.
//! * A comment that begins with the line `<!-- setup` before a snippet, or with `<!-- test` after it, contains the
//!   beginning or the end of its program: a scripted server, or assertions. Code hosts and browsers do not display it.
//! * `no_run` is removed. It is for a README that is also tested without this program.
//!
//! Lines keep their numbers.
//!
//! In other copies, for the documentation itself, links between pages become links between modules, and drawings are included.

use std::{collections::BTreeMap, env, error::Error, fmt::Write as _, fs, io, path::Path};

/// The variables that a snippet without a `main` may use. The page "Getting started" documents them.
const PREPARATION: &str = "\
    let fake = seam_fake::FakeSeam::new(); \
    let seam = fake.seam(); \
    let lock = seam_fake::FRONT_DOOR; \
    let thermostat = seam_fake::THERMOSTAT; \
    let person = seam_fake::GUEST; \
    let space = seam_fake::BUILDING; \
    let encoder = seam_fake::ENCODER; ";

const RESULT: &str = "Result<(), Box<dyn std::error::Error>>";

/// The table of contents of the book, which lists all pages.
const SUMMARY: &str = "SUMMARY.md";

/// Pages outside of the book, with the names of their modules.
const OTHERS: [(&str, &str); 3] = [
    ("../README.md", "readme"),
    ("../crates/seam-hyper/README.md", "seam_hyper"),
    ("../crates/seam-reqwest/README.md", "seam_reqwest"),
];

/// The first page of the book, which is the page of the crate and has no module of its own.
const FIRST_PAGE: &str = "README.md";
const FIRST_MODULE: &str = "introduction";

/// The first lines of comments with the beginning and the end of a snippet's program.
const SETUP: &str = "<!-- setup";
const TEST: &str = "<!-- test";

fn main() -> Result<(), Box<dyn Error>> {
    let mut pages = BTreeMap::from([(FIRST_PAGE.to_owned(), FIRST_MODULE.to_owned())]);
    for (file, module) in OTHERS {
        pages.insert(file.to_owned(), module.to_owned());
    }
    println!("cargo::rerun-if-changed={SUMMARY}");
    for line in fs::read_to_string(SUMMARY)?.lines() {
        let Some((_, link)) = line.split_once("](") else { continue };
        let file = link.trim_end_matches(')');
        let name = file.rsplit('/').next().unwrap_or(file);
        let module = name.trim_end_matches(".md").replace('-', "_");
        if file == FIRST_PAGE {
            continue;
        }
        if pages.values().any(|other| *other == module) {
            return Err(format!("two pages of the guide are called {name}").into());
        }
        pages.insert(file.to_owned(), module);
    }
    let out = env::var("OUT_DIR")?;
    let (programs, linked) = (Path::new(&out), Path::new(&out).join("linked"));
    fs::create_dir_all(&linked)?;
    let mut modules = String::new();
    for (file, module) in &pages {
        println!("cargo::rerun-if-changed={file}");
        let (page, copy) = (fs::read_to_string(file)?, format!("{module}.md"));
        fs::write(programs.join(&copy), with_programs(&page))?;
        fs::write(linked.join(&copy), with_links(&page, file, &pages)?)?;
        if module != FIRST_MODULE {
            writeln!(
                modules,
                "#[cfg_attr(not(doctest), doc = include_str!(concat!(env!(\"OUT_DIR\"), \"/linked/{copy}\")))]\n\
                 #[cfg_attr(doctest, doc = include_str!(concat!(env!(\"OUT_DIR\"), \"/{copy}\")))]\n\
                 pub mod {module} {{}}"
            )?;
        }
    }
    fs::write(programs.join("pages.rs"), modules)?;
    Ok(())
}

/// Returns a page with each snippet converted to a program.
fn with_programs(page: &str) -> String {
    let mut copy = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let mut snippet = Vec::new();
        if line == SETUP {
            snippet.extend(lines.by_ref().take_while(|line| *line != "-->"));
            // Replaces the end of the comment, the blank line and the fence, which `lines` must skip.
            snippet.extend(lines.by_ref().take(2).map(|_| ""));
            snippet.push("");
        } else if line != "```rust" && line != "```rust,no_run" {
            copy.push_str(line);
            copy.push('\n');
            continue;
        }
        snippet.extend(lines.by_ref().take_while(|line| *line != "```"));
        let has_blank = lines.next_if(|line| line.is_empty()).is_some();
        if has_blank && lines.next_if(|line| *line == TEST).is_some() {
            // Replaces the fence, the blank line and the beginning of the comment.
            snippet.extend(["", "", ""]);
            snippet.extend(lines.by_ref().take_while(|line| *line != "-->"));
            copy.push_str(&fenced(&snippet));
        } else {
            copy.push_str(&fenced(&snippet));
            copy.push('\n');
        }
    }
    copy
}

fn fenced(snippet: &[&str]) -> String {
    format!("```rust\n{}\n```\n", program(&snippet.join("\n")))
}

/// Returns the program of a snippet.
fn program(snippet: &str) -> String {
    let is_program = snippet.contains("fn main()");
    let reads_environment = snippet.contains("from_env()") || snippet.contains("Environment::read()");
    // A comment at the end of the snippet would hide the rest of the line.
    let end = if snippet.lines().last().is_some_and(|line| line.contains("//")) { "\n" } else { "" };
    match (is_program, reads_environment) {
        (true, false) => snippet.to_owned(),
        (true, true) => format!(
            "fn main() -> {RESULT} {{ seam_guide::environment::run(snippet::run) }} mod snippet {{ {snippet}{end} \
             pub fn run() -> {RESULT} {{ Ok(main()?) }} }}"
        ),
        (false, false) => {
            format!("#[tokio::main] async fn main() -> {RESULT} {{ {PREPARATION} {snippet}{end}; Ok(()) }}")
        }
        (false, true) => format!(
            "fn main() -> {RESULT} {{ seam_guide::environment::run(run) }} \
             #[tokio::main] async fn run() -> {RESULT} {{ {PREPARATION} {snippet}{end}; Ok(()) }}"
        ),
    }
}

/// Returns a page with its links to other pages as links to their modules, and with its drawings in place of links to them.
fn with_links(text: &str, file: &str, pages: &BTreeMap<String, String>) -> io::Result<String> {
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
                match (file, page.as_str()) {
                    (FIRST_PAGE, page) => out += &format!("{page}/index.html"),
                    (_, FIRST_MODULE) => out += "../index.html",
                    (_, page) => out += &format!("../{page}/index.html"),
                }
                if !anchor.is_empty() {
                    out += "#";
                    out += anchor;
                }
            }
            _ if path.ends_with(".svg") => {
                let drawing = resolve(file, path);
                println!("cargo::rerun-if-changed={drawing}");
                out.truncate(out.rfind("![").unwrap_or(out.len()));
                out += &fs::read_to_string(drawing)?;
                rest = after;
                continue;
            }
            _ => out += target,
        }
        out += ")";
        rest = after;
    }
    Ok(out + rest)
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
        // The README is above this folder, and its links begin there.
        ["..", "docs", page @ ..] => page.join("/"),
        parts => parts.join("/"),
    }
}
