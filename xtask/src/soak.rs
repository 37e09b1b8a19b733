//! `cargo xtask soak`: calls of every kind under random faults, for as long as one likes, with a report in the end.

use crate::{Result, run};

/// Runs the program that does it, as fast as it can be built.
pub(crate) fn run(arguments: &[String]) -> Result {
    let program = ["run", "--release", "--locked", "--package", "seam-faults", "--bin", "soak", "--"];
    run::run(run::cargo(program).args(arguments))
}
