//! The programs in other languages below `tests/conformance/drivers`: their packages, and a check of their syntax.
//!
//! Some of these files run only with the suites of the SDKs, which need checkouts and are not part of CI.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xtask_programs::{Result, node, python, run};

/// The folder of the files.
pub(crate) const FOLDER: &str = "tests/conformance/drivers";

/// The folder into which npm installs their packages.
pub(crate) const NPM: &str = "target/conformance/npm";

/// Gems that the suite of the Ruby SDK loads but does not use, or only to measure itself. `gems` below [`FOLDER`] has a
/// file for each, which stands in where the gem is not installed.
pub(crate) const GEMS: [&str; 4] = ["simplecov", "simplecov-console", "svix/webhook", "svix/errors"];

/// The folder of Python's compiled files.
const PYTHON_CACHE: &str = "target/conformance/pycache";

/// Installs the npm packages of the drivers, and returns the path of the Node among them.
pub(crate) fn install() -> Result<String> {
    node::install(FOLDER, NPM, "drive.mjs")
}

/// Checks the syntax of each file with the program of its language, and loads the Ruby gems in the order of the specs.
pub(crate) fn check() -> Result {
    let node = install()?;
    let files = files(Path::new(FOLDER))?;
    for file in &files {
        run::output(&mut checker(file, &node)?).map_err(hint)?;
    }
    let mut load = Command::new("ruby");
    load.args(["-I", &format!("{FOLDER}/gems")]).args(GEMS.map(|gem| format!("-r{gem}")));
    run::output(load.args(["-e", ""])).map_err(hint)?;
    println!("the syntax of {} files of {FOLDER} is valid", files.len());
    Ok(())
}

fn hint(error: String) -> String {
    if error.contains("cannot run") { format!("{error}; .ci/run installs Ruby and Python") } else { error }
}

/// Returns the command that checks a file. A file of another language is an error, so that no file is skipped.
fn checker(file: &Path, node: &str) -> Result<Command> {
    let mut command = match file.extension().and_then(|extension| extension.to_str()) {
        Some("rb") => {
            let mut command = Command::new("ruby");
            command.arg("-wc");
            command
        }
        Some("mjs") => {
            let mut command = Command::new(node);
            command.arg("--check");
            command
        }
        Some("json") => {
            let mut command = Command::new(node);
            command.args(["--eval", "JSON.parse(fs.readFileSync(process.argv[1], 'utf8'))"]);
            command
        }
        Some("py") => {
            let mut command = Command::new(python::program());
            command.args(["-m", "py_compile"]).env("PYTHONPYCACHEPREFIX", PYTHON_CACHE);
            command
        }
        _ => return Err(format!("no syntax check is known for {}; add one in {}", file.display(), file!())),
    };
    command.arg(file);
    Ok(command)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let problem = |error| format!("cannot read {}: {error}", directory.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_language_is_an_error() {
        assert!(checker(Path::new("a/b.rb"), "node").is_ok());
        assert!(checker(Path::new("a/b.php"), "node").unwrap_err().contains("a/b.php"));
    }

    #[test]
    fn files_are_listed_recursively() {
        let root = std::env::temp_dir().join(format!("seam-drivers-{}", std::process::id()));
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c.rb"), "").unwrap();
        assert_eq!(files(&root).unwrap(), [root.join("a/b/c.rb")]);
        fs::remove_dir_all(root).unwrap();
    }
}
