//! House rules that no compiler knows: what files say, how they begin, what must be there.

use std::{fs, path::Path, process::Command};

use crate::{Result, run};

/// Texts that belong in no file, with why. Each is in two halves, so that this file may be checked as well.
const UNWANTED: [(&str, &str); 11] = [
    (concat!("crates", ".io"), REGISTRY),
    (concat!("docs", ".rs"), REGISTRY),
    (concat!("npm", "js"), REGISTRY),
    (concat!("pypi", ".org"), REGISTRY),
    (concat!("rubygems", ".org"), REGISTRY),
    (concat!("packagist", ".org"), REGISTRY),
    (concat!("/wo", "rk/"), PATH),
    (concat!("/ro", "ot/"), PATH),
    (concat!("/ho", "me/"), PATH),
    (concat!("TO", "DO"), UNFINISHED),
    (concat!("FIX", "ME"), UNFINISHED),
];
const REGISTRY: &str = "names the host of a package registry; name the package";
const PATH: &str = "names a path that exists on one machine only";
const UNFINISHED: &str = "says that something is unfinished; finish it, or write it down where plans are kept";

/// Cargo writes the one, and the other may have to name a registry.
const EXEMPT: [&str; 2] = ["Cargo.lock", "deny.toml"];

const LICENCES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Applies the house rules to every file that is committed or could be.
pub(crate) fn check() -> Result {
    let listing =
        run::output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    // A file that was deleted stays in the list until the deletion is committed.
    let paths: Vec<&str> = listing.split_terminator('\0').filter(|path| Path::new(path).is_file()).collect();

    let mut complaints = Vec::new();
    for licence in LICENCES {
        if !paths.contains(&licence) {
            complaints.push(format!("{licence} is missing"));
        }
    }
    for path in &paths {
        let bytes = fs::read(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        complaints.extend(complaints_about(path, &String::from_utf8_lossy(&bytes)));
    }
    if complaints.is_empty() {
        println!("{} files keep the house rules", paths.len());
        Ok(())
    } else {
        Err(format!("the house rules are broken:\n{}", complaints.join("\n")))
    }
}

fn complaints_about(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if path.contains("/src/") && path.ends_with(".rs") && !text.starts_with("//!") {
        complaints.push(format!("{path}:1: does not begin with `//!`, what the file is for"));
    }
    if path.ends_with("/Cargo.toml") && !has_workspace_lints(text) {
        complaints.push(format!("{path}: lacks `[lints]` with `workspace = true`"));
    }
    if !EXEMPT.contains(&path) {
        for (number, line) in (1..).zip(text.lines()) {
            for (unwanted, why) in UNWANTED {
                if contains_whole(line, unwanted) {
                    complaints.push(format!("{path}:{number}: `{unwanted}` {why}"));
                }
            }
        }
    }
    complaints
}

fn has_workspace_lints(manifest: &str) -> bool {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .any(|line| line == "workspace = true")
}

/// Whether `text` stands in `line` by itself and not inside a longer word, or behind a host in a URL.
fn contains_whole(line: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(text).any(|(start, _)| {
        let (before, from) = line.split_at(start);
        let after = from.strip_prefix(text).unwrap_or_default();
        let goes_on = text.ends_with(is_word) && after.starts_with(is_word);
        !before.ends_with(is_word) && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_texts_are_found() {
        assert!(contains_whole("see https://crate.example/x", "crate.example"));
        assert!(contains_whole("index.crate.example-1949", "crate.example"));
        assert!(contains_whole("cd /here/main", "/here/"));
        assert!(contains_whole("// LATER: tidy", "LATER"));
        assert!(contains_whole("LATERAL, LATER", "LATER"));
    }

    #[test]
    fn parts_of_longer_words_are_not() {
        assert!(!contains_whole("LATERAL", "LATER"));
        assert!(!contains_whole("COLLATER", "LATER"));
        assert!(!contains_whole("https://seam.example/here/main", "/here/"));
    }

    #[test]
    fn a_complaint_says_where_and_why() {
        let (unwanted, why) = UNWANTED[0];
        let text = format!("# Title\nFrom {unwanted}.\n");
        assert_eq!(complaints_about("README.md", &text), [format!("README.md:2: `{unwanted}` {why}")]);
        assert_eq!(complaints_about("Cargo.lock", &text), [""; 0]);
    }

    #[test]
    fn sources_begin_with_what_they_are_for() {
        assert_eq!(complaints_about("crates/a/src/b/c.rs", "//! Why.\n"), [""; 0]);
        assert_eq!(complaints_about("crates/a/src/b/c.rs", "use std::fs;\n").len(), 1);
        assert_eq!(complaints_about("crates/a/tests/c.rs", "use std::fs;\n"), [""; 0]);
    }

    #[test]
    fn crates_take_the_lints_of_the_workspace() {
        assert!(has_workspace_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
        assert!(!has_workspace_lints("[package]\nname = \"a\"\n"));
        assert!(!has_workspace_lints("[lints]\n\n[dependencies.x]\nworkspace = true\n"));
        assert_eq!(complaints_about("crates/a/Cargo.toml", "").len(), 1);
        assert_eq!(complaints_about("Cargo.toml", ""), [""; 0]);
    }
}
