//! Checks that costs grow linearly with the size of the input, or not at all: pages, errors, retries, webhooks, and the state
//! of the in-memory Seam. Each size is doubled four times.
//!
//! Costs are instruction counts of callgrind, which do not depend on the load of the machine. The program runs itself under
//! `valgrind` for each case and size, once with the operation and once without, and subtracts. `cargo xtask growth` runs it.
//! `cargo run --release -p growth -- --figures` prints the instructions and the allocations of requests to the in-memory Seam.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints to its terminal")]
#![expect(clippy::unwrap_used, reason = "the input is fixed; a failure is a defect of this program")]

mod client;
mod fake;

use std::{env, process::ExitCode};

use xtask_programs::valgrind;

/// The number of doublings.
const DOUBLINGS: usize = 4;

/// The number of times that an operation runs. Maps with random seeds vary the cost of the preparation, so a single operation would
/// be lost in it.
const ROUNDS: u32 = 32;

/// The rounds before those whose costs are printed.
const WARM_UP: u32 = 4;

/// The largest factor by which the cost of an operation may grow when the size doubles. Linear growth is a factor of 2, and
/// quadratic growth 4. The rest is for reallocations, and for the check of memory that only large responses need.
const LINEAR: f64 = 2.5;

/// The largest factor by which a cost that does not depend on the size may grow over all doublings. B-trees become deeper.
const FLAT: f64 = 1.25;

/// The growth of a cost with the size of the input.
#[derive(Clone, Copy)]
enum Growth {
    Linear,
    Flat,
}

/// An operation whose cost is measured.
struct Case {
    name: &'static str,
    growth: Growth,
    /// The smallest size.
    size: usize,
    /// Prepares the input of a size, and returns the operation.
    prepare: fn(usize) -> Operation,
}

/// An operation. The argument is the number of the round.
type Operation = Box<dyn FnMut(u32)>;

fn cases() -> impl Iterator<Item = &'static Case> {
    client::CASES.iter().chain(&fake::CASES)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--measured", name, size, rounds] = *arguments {
        let case = cases().find(|case| case.name == name).unwrap();
        let mut operation = (case.prepare)(size.parse().unwrap());
        (0..rounds.parse().unwrap()).for_each(&mut operation);
        return ExitCode::SUCCESS;
    }
    let outcome = if arguments == ["--figures"] { figures() } else { check(&arguments) };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Checks the cases whose name contains one of the words, or all cases if there is no word.
fn check(words: &[&str]) -> Result<(), String> {
    let mut failures = Vec::new();
    let is_selected = |case: &&Case| words.is_empty() || words.iter().any(|word| case.name.contains(word));
    for case in cases().filter(is_selected) {
        let step = match case.growth {
            Growth::Linear => 1,
            Growth::Flat => DOUBLINGS,
        };
        let sizes = (0..=DOUBLINGS).step_by(step).map(|doublings| case.size << doublings);
        let costs = sizes.map(|size| cost(case, size)).collect::<Result<Vec<_>, _>>()?;
        let (limit, growth) = match case.growth {
            Growth::Linear => (LINEAR, largest_step(&costs)),
            Growth::Flat => (FLAT, ratio(*costs.last().unwrap(), *costs.first().unwrap())),
        };
        let outcome = if growth <= limit { "ok" } else { "FAILED" };
        println!("{outcome:6} {:42} grows by {growth:.2} of {limit} at most: {costs:?}", case.name);
        if growth > limit {
            failures.push(case.name);
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("costs grow too fast: {}", failures.join(", "))) }
}

/// Prints the costs of a request to the in-memory Seam.
fn figures() -> Result<(), String> {
    for (name, size) in fake::FIGURES {
        let of_one = |count: fn(&str, usize, u32) -> Result<u64, String>| {
            let (few, many) = (count(name, size, WARM_UP)?, count(name, size, WARM_UP + ROUNDS)?);
            Ok::<u64, String>(many.saturating_sub(few) / u64::from(ROUNDS))
        };
        let (instructions, allocations) = (of_one(instructions)?, of_one(allocations)?);
        println!("{name:50} size {size:6}: {instructions:>10} instructions {allocations:>6} allocations");
    }
    Ok(())
}

/// Returns the largest ratio of a cost to the one before it.
fn largest_step(costs: &[u64]) -> f64 {
    costs.windows(2).map(|pair| ratio(*pair.last().unwrap(), *pair.first().unwrap())).fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of two decimals")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b.max(1) as f64
}

/// Returns the instructions of one operation.
fn cost(case: &Case, size: usize) -> Result<u64, String> {
    let with = instructions(case.name, size, ROUNDS)?;
    let without = instructions(case.name, size, 0)?;
    match with.checked_sub(without) {
        Some(cost) if cost > 0 => Ok(cost / u64::from(ROUNDS)),
        _ => Err(format!("case {}, size {size}: no cost beside that of the preparation", case.name)),
    }
}

/// Returns the instructions of a run of this program.
fn instructions(name: &str, size: usize, rounds: u32) -> Result<u64, String> {
    valgrind::instructions(&["--measured", name, &size.to_string(), &rounds.to_string()])
}

/// Returns the allocations of a run of this program.
fn allocations(name: &str, size: usize, rounds: u32) -> Result<u64, String> {
    valgrind::allocations(&["--measured", name, &size.to_string(), &rounds.to_string()])
}
