//! Virtual environments of Python, and what pip installs in them.

use std::{path::Path, process::Command};

use crate::{Result, run};

/// Python, as it is installed on the machine.
pub(crate) fn program() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Creates a virtual environment unless it is there already, and returns the path of its Python.
pub(crate) fn venv(directory: &str) -> Result<String> {
    let python = format!("{directory}/{}", if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !Path::new(&python).is_file() {
        run::run(Command::new(program()).args(["-m", "venv", directory]))?;
    }
    Ok(python)
}

/// Returns the command by which a Python installs packages, which are its further arguments.
pub(crate) fn pip_install(python: &str) -> Command {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip
}
