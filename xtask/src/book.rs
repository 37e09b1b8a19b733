//! `cargo xtask book`: builds the guide as a book, and checks the links of all Markdown pages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
    process::Command,
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use xtask_programs::{Result, run};

/// The folder of the book. Its pages cannot link to files outside it, because the published book does not contain them.
const BOOK: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";

/// The version of mdBook that `.ci/run` installs.
const VERSION: &str = "0.5.4";

/// Builds the book in `target/book`.
pub(crate) fn build() -> Result {
    let installed = run::output(Command::new("mdbook").arg("--version"));
    let hint = format!("cargo install --locked mdbook@{VERSION} --no-default-features --features search");
    match installed {
        Ok(version) if version.trim() == format!("mdbook v{VERSION}") => {}
        Ok(version) => return Err(format!("{} is installed instead of mdbook v{VERSION}: {hint}", version.trim())),
        Err(_) => return Err(format!("mdbook is not installed; .ci/run installs it, or run: {hint}")),
    }
    run::run(Command::new("mdbook").args(["build", BOOK]))
}

/// Checks all Markdown files, and builds the book.
pub(crate) fn check() -> Result {
    let listing =
        run::output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    // git lists a deleted file until the deletion is staged.
    let files: BTreeSet<&str> = listing.split_terminator('\0').filter(|path| Path::new(path).is_file()).collect();
    let mut pages = BTreeMap::new();
    for path in files.iter().copied().filter(|path| path.ends_with(".md")) {
        let text = fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        pages.insert(path.to_owned(), Page::parse(&text));
    }

    let mut problems = Vec::new();
    for (path, page) in &pages {
        for link in &page.links {
            if let Err(problem) = check_link(path, &link.target, &files, &pages) {
                problems.push(format!("{path}:{}: {problem}", link.line));
            }
        }
        problems.extend(page.hidden_lines.iter().map(|line| {
            format!(
                "{path}:{line}: a code host displays the hidden line of a snippet; move it into a comment `<!-- test`"
            )
        }));
    }
    problems.extend(unlisted(&pages));
    if !problems.is_empty() {
        return Err(format!("problems in Markdown files:\n{}", problems.join("\n")));
    }
    let links: usize = pages.values().map(|page| page.links.len()).sum();
    println!("{links} links of {} Markdown files resolve", pages.len());
    build()
}

/// A relative link or an image.
struct Link {
    target: String,
    line: usize,
}

/// The anchors and the links of a page.
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<Link>,
    hidden_lines: Vec<usize>,
}

impl Page {
    fn parse(text: &str) -> Self {
        let mut page = Self { anchors: BTreeSet::new(), links: Vec::new(), hidden_lines: Vec::new() };
        let mut heading: Option<String> = None;
        let mut is_rust = false;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = line_of(text, range.start);
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) if is_relative(&dest_url) => {
                    page.links.push(Link { target: dest_url.into_string(), line });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    // Code hosts and mdBook number equal headings.
                    let numbered = (1_usize..).map(|number| format!("{anchor}-{number}"));
                    let mut candidates = [anchor.clone()].into_iter().chain(numbered);
                    page.anchors.extend(candidates.find(|candidate| !page.anchors.contains(candidate)));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => is_rust = language.starts_with("rust"),
                Event::End(TagEnd::CodeBlock) => is_rust = false,
                Event::Text(code) if is_rust => {
                    let lines = code.lines().zip(line..);
                    let hidden = lines.filter(|(code, _)| *code == "#" || code.starts_with("# "));
                    page.hidden_lines.extend(hidden.map(|(_, line)| line));
                }
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        page
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Returns whether a link names a file of this repository, and is not a URL with a scheme.
fn is_relative(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    !scheme.is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Returns the anchor of a heading, which is the same on code hosts, in mdBook and in rustdoc.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Checks that the file and the heading that a link names exist, and that the book has a page for it.
fn check_link(path: &str, target: &str, files: &BTreeSet<&str>, pages: &BTreeMap<String, Page>) -> Result {
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let file = if file.is_empty() { PathBuf::from(path) } else { normalize(&folder.join(file))? };
    let name = file.to_string_lossy();
    let is_file = files.contains(name.as_ref());
    if !is_file && !files.iter().any(|path| Path::new(path).starts_with(&file)) {
        return Err(format!("the file of the link {target} does not exist"));
    }
    if Path::new(path).starts_with(BOOK) {
        if !file.starts_with(BOOK) {
            return Err(format!("the link {target} is outside the book; write the path of the file as code"));
        }
        // mdBook writes README.md as index.html, and does not change links to it.
        if !is_file || (file.ends_with("README.md") && path != SUMMARY) {
            return Err(format!("the link {target} is not a page of the book"));
        }
    }
    let Some(anchor) = anchor else { return Ok(()) };
    match pages.get(name.as_ref()) {
        Some(page) if page.anchors.contains(anchor) => Ok(()),
        _ => Err(format!("the heading of the link {target} does not exist")),
    }
}

/// Resolves `..` in a path below the root of the repository.
fn normalize(path: &Path) -> Result<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => normal.push(part),
            Component::CurDir => {}
            Component::ParentDir if normal.pop() => {}
            _ => return Err(format!("{} is outside of the repository", path.display())),
        }
    }
    Ok(normal)
}

/// Returns a problem for each page of the book's folder that its table of contents does not list.
fn unlisted(pages: &BTreeMap<String, Page>) -> Vec<String> {
    let listed: BTreeSet<String> = pages.get(SUMMARY).map_or_else(BTreeSet::new, |summary| {
        summary.links.iter().map(|link| format!("{BOOK}/{}", link.target)).collect()
    });
    let in_book = pages.keys().filter(|path| path.starts_with("docs/") && *path != SUMMARY);
    in_book.filter(|path| !listed.contains(*path)).map(|path| format!("{SUMMARY} does not list {path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(files: &[(&str, &str)]) -> BTreeMap<String, Page> {
        files.iter().map(|(path, text)| ((*path).to_owned(), Page::parse(text))).collect()
    }

    #[test]
    fn anchors_are_those_of_code_hosts() {
        assert_eq!(anchor("Coming from `@seamapi/fake-seam-connect`"), "coming-from-seamapifake-seam-connect");
        assert_eq!(anchor("What it accepts, and its limits"), "what-it-accepts-and-its-limits");
        let page = Page::parse("# Twice\n\n## `Twice`\n");
        assert_eq!(page.anchors.iter().collect::<Vec<_>>(), ["twice", "twice-1"]);
    }

    #[test]
    fn links_are_checked_with_their_headings() {
        let pages = pages(&[("README.md", "# One"), ("docs/a.md", "# Two")]);
        let files = BTreeSet::from(["README.md", "docs/README.md", "docs/a.md", "docs/examples/a.rs"]);
        let check = |path: &str, target: &str| check_link(path, target, &files, &pages);
        assert_eq!(check("README.md", "docs/a.md#two"), Ok(()));
        assert_eq!(check("README.md", "#one"), Ok(()));
        assert_eq!(check("docs/a.md", "examples/a.rs"), Ok(()));
        assert_eq!(check("README.md", "docs/examples"), Ok(()));
        assert_eq!(check("README.md", "#two"), Err("the heading of the link #two does not exist".to_owned()));
        assert_eq!(check("README.md", "absent.md"), Err("the file of the link absent.md does not exist".to_owned()));
        assert!(check("README.md", "../README.md").unwrap_err().contains("outside of the repository"));
        assert!(check("docs/a.md", "../README.md").unwrap_err().contains("outside the book"));
        assert!(check("docs/a.md", "README.md").unwrap_err().contains("not a page of the book"));
        assert!(check("docs/a.md", "examples").unwrap_err().contains("not a page of the book"));
    }

    #[test]
    fn links_are_found_wherever_markdown_has_them() {
        let page =
            Page::parse("![a](a.svg) [b][r] [c](https://c.example)\n\n| t |\n|---|\n| [d](d.md) |\n\n[r]: b.md\n");
        let targets: Vec<_> = page.links.iter().map(|link| (link.target.as_str(), link.line)).collect();
        assert_eq!(targets, [("a.svg", 1), ("b.md", 1), ("d.md", 5)]);
        assert!(Page::parse("```rust\nlet x = y[0](z.md);\n```\n`[a](b.md)`").links.is_empty());
    }

    #[test]
    fn hidden_lines_of_snippets_are_found() {
        let text = "# Title\n\n```rust\n#[test]\n# hidden();\n```\n\n```sh\n# a comment\n```\n";
        assert_eq!(Page::parse(text).hidden_lines, [5]);
    }

    #[test]
    fn pages_that_are_not_listed_are_found() {
        let pages = pages(&[("docs/SUMMARY.md", "[A](a.md)"), ("docs/a.md", ""), ("docs/b.md", ""), ("c.md", "")]);
        assert_eq!(unlisted(&pages), ["docs/SUMMARY.md does not list docs/b.md"]);
    }
}
