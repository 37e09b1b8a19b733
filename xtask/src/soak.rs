//! `cargo xtask soak`: calls of every kind under random faults, for as long as one likes, with a report in the end.

use xtask_programs::{Result, run};

/// Runs the program that does it, as fast as it can be built.
pub(crate) fn run(arguments: &[String]) -> Result {
    let program = ["run", "--release", "--locked", "--package", "seam-faults", "--bin", "soak", "--"];
    let mut soak = run::cargo(program);
    // Where the C library is GNU's: one heap, and what is free at its end goes back. Otherwise the memory that is measured
    // is more a matter of which thread freed what than of what is in use.
    soak.env("MALLOC_ARENA_MAX", "1").env("MALLOC_TRIM_THRESHOLD_", "65536");
    run::run(soak.args(arguments))
}
