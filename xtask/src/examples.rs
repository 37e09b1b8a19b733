//! `cargo xtask ci examples`: runs the examples of the guide, and compares their output with their documentation.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::Value;
use xtask_programs::{
    Result,
    process::{isolated, output_within},
    run,
};

use crate::readme;

const FOLDER: &str = "docs/examples";

/// The time limit of one run of an example. The slowest takes seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// The placeholder for any text within a line of expected output.
const ANY: &str = "[..]";

/// A command of a transcript, with its expected output.
#[derive(Debug, PartialEq, Eq)]
struct Session {
    command: String,
    output: Vec<String>,
}

/// Builds all examples, runs each command of their transcripts against the in-memory fake, and compares the output with the
/// documentation of the example. Then runs the README's first command without an account or an API key, as a new user does.
pub(crate) fn check() -> Result {
    let readme = readme::read("README.md")?;
    let first = readme::example_command(&readme)?;
    let programs = build()?;
    let mut is_first_documented = false;
    for name in names()? {
        let source = readme::read(&format!("{FOLDER}/{name}.rs"))?;
        let sessions = sessions(&name, &source)?;
        if !readme.contains(&format!("({FOLDER}/{name}.rs)")) {
            return Err(format!("README.md does not link {FOLDER}/{name}.rs"));
        }
        let program =
            programs.get(&name).ok_or_else(|| format!("cargo did not report the executable of example {name}"))?;
        for session in sessions {
            is_first_documented |= session.command == first;
            println!("$ {}", session.command);
            let arguments = session.command.split_once(" -- ").map_or("", |(_, arguments)| arguments);
            let mut command = Command::new(program);
            isolated(command.args(arguments.split_whitespace()));
            let printed = output_within(LIMIT, &mut command)?;
            compare(&session.output, &printed).map_err(|difference| {
                format!("the output of `{}` differs from {name}.rs\n{difference}", session.command)
            })?;
        }
    }
    if !is_first_documented {
        return Err(format!("no example documents the output of `{first}`, the first command of README.md"));
    }
    println!("$ {first}");
    let mut command = run::cargo(readme::arguments(first)?);
    output_within(LIMIT, isolated(&mut command)).map(drop)
}

/// Returns the names of the examples, in alphabetical order.
fn names() -> Result<Vec<String>> {
    let entries = fs::read_dir(FOLDER).map_err(|error| format!("cannot read {FOLDER}: {error}"))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let stem = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let mut names: Vec<_> = paths.filter_map(stem).collect();
    names.sort();
    Ok(names)
}

/// Builds the examples with the same features as `cargo run`, and returns the path of each executable by name.
fn build() -> Result<BTreeMap<String, String>> {
    let mut command = run::cargo(["build", "--examples", "--message-format", "json-render-diagnostics"]);
    println!("$ {}", run::line(&command));
    let messages = run::output(&mut command)?;
    let programs = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_example = message.pointer("/target/kind/0")?.as_str()? == "example";
        let program = message.get("executable")?.as_str()?.to_owned();
        let name = Path::new(message.pointer("/target/src_path")?.as_str()?).file_stem()?.to_str()?.to_owned();
        is_example.then_some((name, program))
    });
    Ok(programs.collect())
}

/// Reads the transcripts in the documentation of an example: code blocks of the language `console`, in which a command follows
/// each `$`.
fn sessions(name: &str, source: &str) -> Result<Vec<Session>> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut is_transcript = false;
    let documentation = source.lines().map_while(|line| line.strip_prefix("//!"));
    for line in documentation.map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        if line.starts_with("```") {
            is_transcript = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_transcript) {
            let expected = format!("cargo run --example {name}");
            if command != expected && !command.starts_with(&format!("{expected} -- ")) {
                return Err(format!("{name}.rs: `{command}` is neither `{expected}` nor `{expected} -- ...`"));
            }
            sessions.push(Session { command: command.to_owned(), output: Vec::new() });
        } else if let Some(session) = sessions.last_mut().filter(|_| is_transcript) {
            session.output.push(line.to_owned());
        }
    }
    if sessions.is_empty() {
        return Err(format!("{name}.rs has no code block of the language `console` with its output"));
    }
    Ok(sessions)
}

/// Compares line by line. The error contains the first difference and the whole output.
fn compare(expected: &[String], printed: &str) -> Result {
    let lines: Vec<&str> = printed.lines().collect();
    let length = expected.len().max(lines.len());
    for index in 0..length {
        let (expected, line) = (expected.get(index), lines.get(index));
        if !matches!((expected, line), (Some(expected), Some(line)) if matches_line(expected, line)) {
            let quote = |line: Option<&str>| line.map_or("no line".to_owned(), |line| format!("`{line}`"));
            return Err(format!(
                "line {}: expected {}, found {}; the output:\n{printed}",
                index.saturating_add(1),
                quote(expected.map(String::as_str)),
                quote(line.copied())
            ));
        }
    }
    Ok(())
}

/// Returns whether a line matches the expected line, in which `[..]` matches any text.
fn matches_line(expected: &str, line: &str) -> bool {
    let Some((start, rest)) = expected.split_once(ANY) else { return expected == line };
    let Some(mut line) = line.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split(ANY).collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = line.split_once(part) else { return false };
        line = after;
    }
    line.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! Prints.
//!
//! ```text
//! $ not a transcript
//! ```
//!
//! ```console
//! $ cargo run --example hello
//! Hello
//!
//!   there
//! $ cargo run --example hello -- you
//! ```
#![allow(unused)]
//! $ cargo run --example late
";

    #[test]
    fn transcripts_are_read_from_the_documentation() {
        let session = |command: &str, output: &[&str]| Session {
            command: command.to_owned(),
            output: output.iter().map(|&line| line.to_owned()).collect(),
        };
        assert_eq!(
            sessions("hello", SOURCE).unwrap(),
            [
                session("cargo run --example hello", &["Hello", "", "  there"]),
                session("cargo run --example hello -- you", &[])
            ]
        );
        assert!(sessions("hell", SOURCE).is_err(), "the command of another example");
        assert!(sessions("hello", "//! Prints.\n").is_err(), "no transcript");
    }

    #[test]
    fn output_is_compared_line_by_line() {
        let expected = ["a".to_owned(), "b [..] c".to_owned()];
        assert!(compare(&expected, "a\nb 17 c\n").is_ok());
        for printed in ["", "a\n", "a\nb 17 d\n", "a\nb 17 c\nmore\n", "b 17 c\na\n"] {
            assert!(compare(&expected, printed).is_err(), "{printed:?}");
        }
    }

    #[test]
    fn a_placeholder_matches_any_string() {
        assert!(matches_line("in [..] s, [..] ms", "in 0.6 s, 2 ms"));
        assert!(matches_line("[..]", ""));
        assert!(!matches_line("in [..] s, [..] ms", "in 0.6 s"));
        assert!(!matches_line("in [..] s", "in 0.6 s or so"));
        assert!(!matches_line("a", "a "));
    }
}
