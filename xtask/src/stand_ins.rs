//! `cargo xtask ci stand-ins`: whether the languages of `xtask/conformance` accept the files in it.
//!
//! Some of these files run only in `cargo xtask sdk-suites`, which needs checkouts and is no step of CI.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result, fakes, python, run,
    sdk_suites::{GEMS, STAND_INS},
};

/// Where Python writes what it compiled.
const PYTHON_CACHE: &str = "target/conformance/pycache";

/// Checks every file by the program for its language, and loads the Ruby gems in the order of the specs.
pub(crate) fn check() -> Result {
    let node = fakes::install()?;
    let files = files(Path::new(STAND_INS))?;
    for file in &files {
        run::output(&mut checker(file, &node)?).map_err(hint)?;
    }
    let mut load = Command::new("ruby");
    load.args(["-I", &format!("{STAND_INS}/gems")]).args(GEMS.map(|gem| format!("-r{gem}")));
    run::output(load.args(["-e", ""])).map_err(hint)?;
    println!("{} files of {STAND_INS} are accepted by their languages", files.len());
    Ok(())
}

fn hint(error: String) -> String {
    if error.contains("cannot be run") { format!("{error}; .ci/run installs Ruby and Python") } else { error }
}

/// Returns the command that checks a file. A kind of file without a checker is an error, so that none goes unchecked.
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
        _ => return Err(format!("no checker is known for {}; add one in {}", file.display(), file!())),
    };
    command.arg(file);
    Ok(command)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let problem = |error| format!("{} cannot be read: {error}", directory.display());
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
    fn a_kind_of_file_without_a_checker_is_an_error() {
        assert!(checker(Path::new("a/b.rb"), "node").is_ok());
        assert!(checker(Path::new("a/b.php"), "node").unwrap_err().contains("a/b.php"));
    }

    #[test]
    fn files_of_directories_below_are_found() {
        let root = std::env::temp_dir().join(format!("seam-stand-ins-{}", std::process::id()));
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/c.rb"), "").unwrap();
        assert_eq!(files(&root).unwrap(), [root.join("a/b/c.rb")]);
        fs::remove_dir_all(root).unwrap();
    }
}
