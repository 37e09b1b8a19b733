//! Commands that run to their end, mostly those of cargo.

use std::{
    env,
    ffi::OsStr,
    process::{Command, Stdio},
};

use crate::Result;

/// Returns a command of cargo with these arguments.
pub fn cargo<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Command {
    let mut command = outside_cargo("cargo");
    command.args(arguments);
    command
}

/// Returns a command with the environment of the user's shell.
///
/// Cargo sets variables that name the package it runs. Build scripts that watch those variables would run again, and
/// their dependents would compile again, after each change between `cargo` and `cargo xtask`.
pub fn outside_cargo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Prints a command and runs it. Its output goes to the terminal.
pub fn run(command: &mut Command) -> Result {
    let line = line(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed with {status}")),
        Err(error) => Err(format!("cannot run `{line}`: {error}")),
    }
}

/// Runs a command and returns its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{line}` failed with {}\n{}", output.status, stderr.trim_end()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("the output of `{line}` is not UTF-8"))
}

/// Returns the command as a line for messages. Arguments are not quoted.
pub fn line(command: &Command) -> String {
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    words.join(" ")
}
