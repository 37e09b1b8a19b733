//! `cargo xtask soak`: sends calls of every kind under random faults for a given time, and prints a report.

use xtask_programs::{Result, run};

/// Runs the program `soak` of `tests/faults`, built with optimizations.
pub(crate) fn run(arguments: &[String]) -> Result {
    let program = ["run", "--release", "--locked", "--package", "seam-faults", "--bin", "soak", "--"];
    let mut soak = run::cargo(program);
    // Settings of the GNU C library: a single heap, whose free end is returned to the system. With a heap for each thread, the
    // measured memory would depend on which thread freed it more than on how much is in use.
    soak.env("MALLOC_ARENA_MAX", "1").env("MALLOC_TRIM_THRESHOLD_", "65536");
    run::run(soak.args(arguments))
}
