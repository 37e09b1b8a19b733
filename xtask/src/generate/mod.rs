//! `cargo xtask generate`: writes the resources of `seam-model`, the endpoints of `seam-core` and what `seam-mock` knows
//! of both, from the facts and the words in `xtask/spec`.

mod core;
mod mock;
mod model;
mod resolve;
mod text;

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use seam_spec::{Facts, Words};

use self::text::Links;
use crate::{Result, import::FACTS};

/// Where the words are.
const WORDS: &str = "xtask/spec/words";

/// Folders in which everything is generated.
const FOLDERS: [&str; 5] = [
    "crates/seam-model/src/resources",
    "crates/seam-model/src/events",
    "crates/seam-core/src/endpoints",
    "crates/seam-core/tests/every_request",
    "crates/seam-mock/src/fake/facts",
];

/// A file as it should be.
struct File {
    path: String,
    code: String,
}

/// Writes all files, or with `--check` says which are not as they should be.
pub(crate) fn run(check_only: bool) -> Result {
    let facts = Facts::read(Path::new(FACTS))?;
    let (files, undecided) = generate(&facts)?;
    if !undecided.is_empty() {
        return Err(format!("the words in {WORDS} do not decide this yet:\n\n{}\n", undecided.join("\n")));
    }
    let files = files.into_iter().map(|file| Ok(File { code: format(&file)?, ..file })).collect::<Result<Vec<_>>>()?;
    let mut stale = Vec::new();
    for file in &files {
        if fs::read_to_string(&file.path).is_ok_and(|code| code == file.code) {
            continue;
        }
        stale.push(file.path.clone());
        if !check_only {
            if let Some(folder) = Path::new(&file.path).parent() {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            fs::write(&file.path, &file.code).map_err(|error| format!("{}: {error}", file.path))?;
        }
    }
    for path in existing()? {
        if files.iter().all(|file| file.path != path) {
            if !check_only {
                fs::remove_file(&path).map_err(|error| format!("{path}: {error}"))?;
            }
            stale.push(path);
        }
    }
    match (check_only, stale.is_empty()) {
        (true, false) => Err(format!("`cargo xtask generate` would change these files:\n\n{}\n", stale.join("\n"))),
        (false, false) => {
            println!("{} files changed", stale.len());
            Ok(())
        }
        (_, true) => Ok(()),
    }
}

/// What the words do not say of these facts.
pub(crate) fn undecided(facts: &Facts) -> Result<Vec<String>> {
    Ok(generate(facts)?.1)
}

fn generate(facts: &Facts) -> Result<(Vec<File>, Vec<String>)> {
    let words = Words::read(Path::new(WORDS))?;
    let mut resolver = resolve::Resolver::new(&words);
    let types = words.types.iter().filter(|words| words.at.iter().all(|at| !at.starts_with('/')));
    let names: BTreeSet<&str> = types.chain(&words.enums).map(|words| words.name.as_str()).collect();
    let mut files = model::files(facts, &words, &mut resolver, &Links { names: names.clone(), module: "crate" });
    files.extend(core::files(facts, &words, &mut resolver, &Links { names, module: "seam_model" }));
    files.extend(mock::files(facts));
    let mut undecided = resolver.undecided;
    undecided.sort();
    undecided.dedup();
    Ok((files, undecided))
}

/// The files that are in the generated folders now.
fn existing() -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<String> = FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.map_err(|error| format!("{folder}: {error}"))?.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() { open.push(name) } else { found.push(name) }
        }
    }
    Ok(found)
}

/// The code as rustfmt writes it.
fn format(file: &File) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path", "rustfmt.toml"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start rustfmt: {error}"))?;
    let mut input = rustfmt.stdin.take().ok_or("rustfmt has no input")?;
    input.write_all(file.code.as_bytes()).map_err(|error| format!("cannot write to rustfmt: {error}"))?;
    drop(input);
    let output = rustfmt.wait_with_output().map_err(|error| format!("rustfmt: {error}"))?;
    if !output.status.success() {
        return Err(format!("rustfmt refuses {}", file.path));
    }
    String::from_utf8(output.stdout).map_err(|_| "rustfmt writes something that is not text".to_owned())
}
