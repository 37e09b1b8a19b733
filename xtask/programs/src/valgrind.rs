//! Counts the instructions and allocations of the running program in another run of it under valgrind, so that the load of
//! the machine does not matter.

use std::{env, process::Command};

use crate::Result;

/// Returns the instructions of a run of this program with these arguments.
pub fn instructions(arguments: &[&str]) -> Result<u64> {
    let report = report("callgrind", arguments)?;
    let count = report.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    count.and_then(|count| count.parse().ok()).ok_or_else(|| format!("callgrind reported no instructions:\n{report}"))
}

/// Returns the allocations of a run of this program with these arguments.
pub fn allocations(arguments: &[&str]) -> Result<u64> {
    let report = report("dhat", arguments)?;
    // dhat prints `Total:     1,234 bytes in 56 blocks`.
    let total = report.lines().find_map(|line| line.split_once("Total:")?.1.split_once(" bytes in "));
    total
        .and_then(|(_, blocks)| blocks.trim_end_matches(" blocks").replace(',', "").parse().ok())
        .ok_or_else(|| format!("dhat reported no allocations:\n{report}"))
}

/// Runs this program under a tool of valgrind, and returns the report of the tool.
fn report(tool: &str, arguments: &[&str]) -> Result<String> {
    let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let output = Command::new("valgrind")
        .args([format!("--tool={tool}"), format!("--{tool}-out-file=/dev/null")])
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| {
            format!("cannot run valgrind: {error}; .ci/run installs it, as does: apt-get install valgrind")
        })?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(report);
    }
    Err(format!("`{}` failed under valgrind with {}\n{report}", arguments.join(" "), output.status))
}
