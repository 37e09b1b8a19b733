//! `cargo xtask sdk-suites`: the test suites that Seam has for its SDKs, with `fake-seam` in the place of Seam's own
//! fake.
//!
//! They run in copies below `target`, so that the checkouts stay as they are. No test is changed, and none is left out.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::{Map, Value};

use crate::{
    Result, fakes,
    process::{self, build},
    python, run,
};

/// The files that replace packages which the suites load.
pub(crate) const STAND_INS: &str = "xtask/conformance";
/// Where the copies are.
const COPIES: &str = "target/sdk-suites";
/// How long a suite may take. The slowest takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);
/// What of a checkout is not copied.
const NOT_COPIED: [&str; 5] = [".git", ".venv", "coverage", "node_modules", "package"];

/// Takes the arguments `--python DIR`, `--javascript DIR` and `--ruby DIR`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let mut suites: Vec<(&str, Suite, &str)> = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(flag) = rest.next() {
        let suite: (&str, Suite) = match flag {
            "--python" => ("python", python),
            "--javascript" => ("javascript", javascript),
            "--ruby" => ("ruby", ruby),
            _ => return Err(format!("there is no argument {flag}; there are --python, --javascript and --ruby")),
        };
        suites.push((suite.0, suite.1, rest.next().ok_or_else(|| format!("{flag} needs a directory"))?));
    }
    if suites.is_empty() {
        return Err("give a checkout at least: --python DIR, --javascript DIR or --ruby DIR".to_owned());
    }
    let fake = build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let mut failures = Vec::new();
    for (name, suite, checkout) in suites {
        println!("\n== {name}");
        let copy = format!("{COPIES}/{name}");
        let outcome = copy_anew(Path::new(checkout), Path::new(&copy)).and_then(|()| suite(&copy, &fake));
        failures.extend(outcome.err().map(|error| format!("{name}: {error}")));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Runs a suite in a copy of its checkout, with a program for the fake.
type Suite = fn(copy: &str, fake: &str) -> Result;

fn python(copy: &str, fake: &str) -> Result {
    link(copy, fake)?;
    let python = absolute(&python::venv(&format!("{COPIES}/venv"))?)?;
    // Of what its developers use only what runs tests.
    let list = absolute(&format!("{STAND_INS}/test_packages.py"))?;
    let tools = run::output(Command::new(&python).args(["-I", &list, "pyproject.toml"]).current_dir(copy))?;
    // Editable: the tests are to import the copy, and the SDK wants to know which version it is.
    run::run(python::pip_install(&python).args(["--editable", "."]).args(tools.lines()).current_dir(copy))?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// The packages that the tests in JavaScript need, besides those that the SDK does.
const TOOLS: [&str; 5] = ["ava", "jsonwebtoken", "nock", "node-fetch", "tsx"];

fn javascript(copy: &str, fake: &str) -> Result {
    let node = absolute(&fakes::install()?)?;
    let parse = |name: &str| -> Result<Value> {
        serde_json::from_str(&fakes::read(&format!("{copy}/{name}"))?).map_err(|error| format!("{name}: {error}"))
    };
    let (manifest, lock) = (parse("package.json")?, parse("package-lock.json")?);
    let needed = manifest.get("dependencies").and_then(Value::as_object).ok_or("package.json lists no dependencies")?;
    let mut packages = Map::new();
    for name in needed.keys().map(String::as_str).chain(TOOLS) {
        let version = lock.pointer(&format!("/packages/node_modules~1{}/version", name.replace('/', "~1")));
        packages.insert(name.to_owned(), version.ok_or_else(|| format!("package-lock.json has no {name}"))?.clone());
    }
    // Not every release of it can be had; the one test that needs it only passes it through.
    packages.insert("@seamapi/types".to_owned(), Value::from("*"));
    let stand_in = absolute(&format!("{STAND_INS}/fake-seam-connect"))?;
    packages.insert("@seamapi/fake-seam-connect".to_owned(), Value::from(format!("file:{stand_in}")));
    let manifest = serde_json::json!({ "private": true, "type": "module", "dependencies": packages });
    fakes::write(&format!("{copy}/package.json"), &manifest.to_string())?;
    let lock = format!("{copy}/package-lock.json");
    fs::remove_file(&lock).map_err(|error| format!("{lock} cannot be removed: {error}"))?;
    let install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
    run::run(fakes::npm().args(install).current_dir(copy))?;
    let mut tests = Command::new(node);
    tests.arg("node_modules/ava/entrypoints/cli.js").env("FAKE_SEAM", fake).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// Gems that the suite loads but does not use, or only to measure itself. Those that are not installed are replaced by
/// the files of these names in `xtask/conformance/gems`.
pub(crate) const GEMS: [&str; 4] = ["simplecov", "simplecov-console", "svix/webhook", "svix/errors"];

/// What the SDK says in a way that Ruby understands only since 3.2, and how older ones have it said. It is not in tests.
const OLD_RUBY: [(&str, &str, &str); 2] = [
    ("lib/seam/http_without_workspace.rb", "(**)", "(**forwarded)"),
    (
        "lib/seam/paginator.rb",
        ":next_page_cursor, :next_page_url) do",
        ":next_page_cursor, :next_page_url, keyword_init: true) do",
    ),
];

fn ruby(copy: &str, fake: &str) -> Result {
    link(copy, fake)?;
    if run::output(Command::new("ruby").args(["-e", "exit RUBY_VERSION.to_f >= 3.2"])).is_err() {
        for (path, new, old) in OLD_RUBY {
            println!("For a Ruby older than 3.2: `{new}` becomes `{old}` in {path}");
            let path = format!("{copy}/{path}");
            fakes::write(&path, &fakes::read(&path)?.replace(new, old))?;
        }
    }
    let stand_ins = absolute(COPIES)? + "/gems";
    let mut tests = Command::new("rspec");
    for gem in GEMS {
        let path = format!("{stand_ins}/{gem}.rb");
        let _ = fs::remove_file(&path);
        // Each gem is loaded after those before it, since simplecov-console is an extension of simplecov.
        let mut load = Command::new("ruby");
        load.args(["-I", &stand_ins])
            .args(GEMS.iter().take_while(|earlier| **earlier != gem).map(|gem| format!("-r{gem}")));
        if run::output(load.args([&format!("-r{gem}"), "-e", ""])).is_err() {
            println!("The gem of `{gem}` is not installed; an empty one stands in for it");
            let parent = Path::new(&path).parent().ok_or("a file without a directory")?;
            fs::create_dir_all(parent).map_err(|error| format!("{} cannot be created: {error}", parent.display()))?;
            fakes::write(&path, &fakes::read(&format!("{STAND_INS}/gems/{gem}.rb"))?)?;
        }
    }
    tests.args(["-I", &stand_ins, "--format", "progress"]).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// Puts our program where a checkout looks for Seam's own.
fn link(copy: &str, fake: &str) -> Result {
    let bin = format!("{copy}/node_modules/.bin");
    let place = format!("{bin}/fake-seam-connect");
    let outcome = fs::create_dir_all(bin).and_then(|()| {
        #[cfg(unix)]
        return std::os::unix::fs::symlink(fake, &place);
        #[cfg(not(unix))]
        return fs::copy(fake, &place).map(drop);
    });
    outcome.map_err(|error| format!("{place} cannot be made: {error}"))
}

fn absolute(path: &str) -> Result<String> {
    let found = fs::canonicalize(Path::new(path).parent().ok_or("a path without a directory")?);
    let found = found.map_err(|error| format!("{path} is not there: {error}"))?;
    // The last part as it is: the Python of a virtual environment is a link, and means something else when followed.
    Ok(found.join(Path::new(path).file_name().unwrap_or_default()).display().to_string())
}

/// Copies a checkout, in the place of an older copy.
pub(crate) fn copy_anew(from: &Path, to: &Path) -> Result {
    if to.exists() {
        fs::remove_dir_all(to).map_err(|error| format!("{} cannot be removed: {error}", to.display()))?;
    }
    copy_directory(from, to)
}

fn copy_directory(from: &Path, to: &Path) -> Result {
    let problem = |error| format!("{} cannot be copied: {error}", from.display());
    fs::create_dir_all(to).map_err(problem)?;
    for entry in fs::read_dir(from).map_err(problem)? {
        let entry = entry.map_err(problem)?;
        if NOT_COPIED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(problem)?.is_dir() {
            copy_directory(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(problem)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_has_to_be_named() {
        let of = |arguments: &[&str]| run(&arguments.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert!(of(&[]).unwrap_err().contains("give a checkout"));
        assert!(of(&["--python"]).unwrap_err().contains("needs a directory"));
        assert!(of(&["--perl", "x"]).unwrap_err().contains("--perl"));
    }

    #[test]
    fn a_copy_leaves_out_what_is_large_and_made_anew() {
        let root = std::env::temp_dir().join(format!("seam-sdk-suites-{}", std::process::id()));
        fs::create_dir_all(root.join("from/node_modules")).unwrap();
        fs::create_dir_all(root.join("from/a")).unwrap();
        fs::write(root.join("from/a/b"), "b").unwrap();
        copy_anew(&root.join("from"), &root.join("to")).unwrap();
        assert!(root.join("to/a/b").is_file());
        assert!(!root.join("to/node_modules").exists());
        fs::remove_dir_all(root).unwrap();
    }
}
