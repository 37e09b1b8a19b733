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

use seam_reqwest::Credentials;
use xtask_programs::valgrind;

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
    let count = |rounds: u64| valgrind::instructions(&[side, &rounds.to_string()]);
    let [few, many] = ROUNDS.map(|rounds| count(rounds).unwrap_or_else(|error| panic!("{error}")));
    let [fewer, more] = ROUNDS;
    (many - few) / (more - fewer)
}
