//! Virtual environments of Python, and pip.

use std::{path::Path, process::Command};

use crate::{Result, run};

/// Returns the name of the machine's Python.
pub fn program() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Creates a virtual environment unless it exists, and returns the path of its Python.
pub fn venv(directory: &str) -> Result<String> {
    let python = format!("{directory}/{}", if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !Path::new(&python).is_file() {
        run::run(Command::new(program()).args(["-m", "venv", directory]))?;
    }
    Ok(python)
}

/// Returns the command that installs packages. Add the packages as arguments.
pub fn pip_install(python: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}
