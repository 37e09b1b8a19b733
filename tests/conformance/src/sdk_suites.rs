//! The test suites of the official SDKs, with `fake-seam` instead of Seam's own fake.
//!
//! They run in copies below `target`, so that the checkouts do not change. All tests run, unmodified.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::{Map, Value};
use xtask_programs::{
    Result, files, node,
    process::{self, build},
    python, run,
};

use crate::drivers::{self, FOLDER, GEMS};

/// The folder of the copies.
const COPIES: &str = "target/sdk-suites";
/// The time limit of a suite. The slowest takes half a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// Runs the suites that these arguments name: `--python DIR`, `--javascript DIR` and `--ruby DIR`.
pub(crate) fn run(arguments: &[String]) -> Result {
    let mut suites: Vec<(&str, Suite, &str)> = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(flag) = rest.next() {
        let suite: (&str, Suite) = match flag {
            "--python" => ("python", python),
            "--javascript" => ("javascript", javascript),
            "--ruby" => ("ruby", ruby),
            _ => return Err(format!("unknown argument '{flag}'; expected --python, --javascript or --ruby")),
        };
        suites.push((suite.0, suite.1, rest.next().ok_or_else(|| format!("{flag} needs a directory"))?));
    }
    if suites.is_empty() {
        return Err("no checkout given; pass --python DIR, --javascript DIR or --ruby DIR".to_owned());
    }
    let fake = build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let mut failures = Vec::new();
    for (name, suite, checkout) in suites {
        println!("\n== {name}");
        let copy = format!("{COPIES}/{name}");
        let outcome = files::replace_copy(Path::new(checkout), Path::new(&copy)).and_then(|()| suite(&copy, &fake));
        failures.extend(outcome.err().map(|error| format!("{name}: {error}")));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Runs a suite in a copy of its checkout, with the path of `fake-seam`.
type Suite = fn(copy: &str, fake: &str) -> Result;

fn python(copy: &str, fake: &str) -> Result {
    link(copy, fake)?;
    let python = absolute(&python::venv(&format!("{COPIES}/venv"))?)?;
    // Only the development packages that run tests.
    let list = absolute(&format!("{FOLDER}/test_packages.py"))?;
    let tools = run::output(Command::new(&python).args(["-I", &list, "pyproject.toml"]).current_dir(copy))?;
    // Editable, so that the tests import the copy, and the SDK finds its own version.
    run::run(python::pip_install(&python).args(["--editable", "."]).args(tools.lines()).current_dir(copy))?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// The packages that the JavaScript tests need in addition to those of the SDK.
const TOOLS: [&str; 5] = ["ava", "jsonwebtoken", "nock", "node-fetch", "tsx"];

fn javascript(copy: &str, fake: &str) -> Result {
    let node = absolute(&drivers::install()?)?;
    let parse = |name: &str| -> Result<Value> {
        serde_json::from_str(&files::read(&format!("{copy}/{name}"))?).map_err(|error| format!("{name}: {error}"))
    };
    let (manifest, lock) = (parse("package.json")?, parse("package-lock.json")?);
    let needed = manifest.get("dependencies").and_then(Value::as_object).ok_or("package.json lists no dependencies")?;
    let mut packages = Map::new();
    for name in needed.keys().map(String::as_str).chain(TOOLS) {
        let version = lock.pointer(&format!("/packages/node_modules~1{}/version", name.replace('/', "~1")));
        packages.insert(name.to_owned(), version.ok_or_else(|| format!("package-lock.json has no {name}"))?.clone());
    }
    // Not every release is published; the only test that needs the package passes its values through.
    packages.insert("@seamapi/types".to_owned(), Value::from("*"));
    let stand_in = absolute(&format!("{FOLDER}/fake-seam-connect"))?;
    packages.insert("@seamapi/fake-seam-connect".to_owned(), Value::from(format!("file:{stand_in}")));
    let manifest = serde_json::json!({ "private": true, "type": "module", "dependencies": packages });
    files::write(&format!("{copy}/package.json"), &manifest.to_string())?;
    let lock = format!("{copy}/package-lock.json");
    fs::remove_file(&lock).map_err(|error| format!("cannot remove {lock}: {error}"))?;
    let install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
    run::run(node::npm().args(install).current_dir(copy))?;
    let mut tests = Command::new(node);
    tests.arg("node_modules/ava/entrypoints/cli.js").env("FAKE_SEAM", fake).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// Syntax of the SDK that needs Ruby 3.2, and its equivalent for older versions: the file, the code, the replacement. No test
/// has such syntax.
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
            println!("Ruby is older than 3.2: replacing `{new}` by `{old}` in {path}");
            let path = format!("{copy}/{path}");
            files::write(&path, &files::read(&path)?.replace(new, old))?;
        }
    }
    let stand_ins = absolute(COPIES)? + "/gems";
    let mut tests = Command::new("rspec");
    for gem in GEMS {
        let path = format!("{stand_ins}/{gem}.rb");
        let _ = fs::remove_file(&path);
        // simplecov-console extends simplecov, so each gem is loaded after those before it.
        let mut load = Command::new("ruby");
        load.args(["-I", &stand_ins])
            .args(GEMS.iter().take_while(|earlier| **earlier != gem).map(|gem| format!("-r{gem}")));
        if run::output(load.args([&format!("-r{gem}"), "-e", ""])).is_err() {
            println!("The gem of `{gem}` is not installed; using an empty stand-in");
            let parent = Path::new(&path).parent().ok_or("a file without a directory")?;
            fs::create_dir_all(parent).map_err(|error| format!("cannot create {}: {error}", parent.display()))?;
            files::write(&path, &files::read(&format!("{FOLDER}/gems/{gem}.rb"))?)?;
        }
    }
    tests.args(["-I", &stand_ins, "--format", "progress"]).current_dir(copy);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// Links `fake-seam` to the path at which a checkout expects Seam's own fake.
fn link(copy: &str, fake: &str) -> Result {
    let bin = format!("{copy}/node_modules/.bin");
    let path = format!("{bin}/fake-seam-connect");
    let outcome = fs::create_dir_all(bin).and_then(|()| {
        #[cfg(unix)]
        return std::os::unix::fs::symlink(fake, &path);
        #[cfg(not(unix))]
        return fs::copy(fake, &path).map(drop);
    });
    outcome.map_err(|error| format!("cannot create {path}: {error}"))
}

fn absolute(path: &str) -> Result<String> {
    let found = fs::canonicalize(Path::new(path).parent().ok_or("a path without a directory")?);
    let found = found.map_err(|error| format!("cannot find {path}: {error}"))?;
    // The last component stays a link: the Python of a virtual environment finds its packages by the path of the link.
    Ok(found.join(Path::new(path).file_name().unwrap_or_default()).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        let of = |arguments: &[&str]| run(&arguments.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert!(of(&[]).unwrap_err().contains("no checkout given"));
        assert!(of(&["--python"]).unwrap_err().contains("needs a directory"));
        assert!(of(&["--perl", "x"]).unwrap_err().contains("--perl"));
    }
}
