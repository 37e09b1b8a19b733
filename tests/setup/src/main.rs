//! Counts the instructions to build a client with TLS: `Seam` over each transport, and bare reqwest with the same TLS. valgrind
//! counts, so the load of the machine does not matter.
//!
//! ```sh
//! cargo run --release -p setup-costs
//! ```
//!
//! The program runs itself twice for each client, with few and with many rounds. The difference is the cost of a client without the
//! start of the program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed measurement ends the program")]
#![allow(clippy::print_stdout, reason = "the program prints its results")]

use std::process::Command;

use seam_reqwest::Credentials;

/// The measured clients.
const SIDES: [&str; 3] = ["bare", "reqwest", "hyper"];

/// The rounds of the shorter and of the longer run.
const ROUNDS: [u64; 2] = [2, 12];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [side, rounds] = &arguments[..] {
        let _ = rustls::crypto::ring::default_provider().install_default();
        (0..rounds.parse().unwrap()).for_each(|_: u64| build(side));
        return;
    }
    let costs = SIDES.map(cost);
    let [bare, ..] = costs;
    println!("{:10}{:>14}{:>8}", "over", "instructions", "ratio");
    for (side, cost) in SIDES.into_iter().zip(costs) {
        let ratio = cost * 1000 / bare;
        println!("{side:10}{cost:>14}{:>4}.{:03}", ratio / 1000, ratio % 1000);
    }
}

fn build(side: &str) {
    let builder = match side {
        "bare" => return drop(reqwest::Client::builder().build().unwrap()),
        "reqwest" => seam_reqwest::builder(),
        _ => seam_hyper::builder(),
    };
    drop(builder.unwrap().credentials(Credentials::api_key("seam_costs_key").unwrap()).build().unwrap());
}

/// Returns the instructions to build one client.
fn cost(side: &str) -> u64 {
    let [few, many] = ROUNDS.map(|rounds| instructions(side, rounds));
    let [fewer, more] = ROUNDS;
    (many - few) / (more - fewer)
}

/// Returns the instructions of a run of this program.
fn instructions(side: &str, rounds: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args([side, &rounds.to_string()])
        .output()
        .unwrap_or_else(|error| panic!("cannot run valgrind, which must be installed: {error}"));
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "building a client failed:\n{report}");
    let count = report.lines().find_map(|line| line.split_once("Collected : "));
    count
        .and_then(|(_, count)| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("valgrind reported no count:\n{report}"))
}
