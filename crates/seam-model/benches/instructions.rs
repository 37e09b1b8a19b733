//! Counts instructions for the same comparison as `decode.rs` with callgrind, whose counts do not depend on the load of
//! the machine. The program runs itself under `valgrind` once for each side and once for neither, and subtracts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot run is useless")]
#![expect(clippy::print_stdout, reason = "the benchmark prints its results")]

mod support;

use std::{hint::black_box, process::Command};

use seam_model::{Device, UnmanagedAccessCode};
use support::{DEVICE, OBJECT, Plain, devices};

const ROUNDS: u64 = 1000;
const PAGES: u64 = 20;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("nothing") => {}
        Some("plain") => repeat(ROUNDS, || serde_json::from_slice::<Plain>(black_box(OBJECT)).is_ok()),
        Some("model") => repeat(ROUNDS, || serde_json::from_slice::<UnmanagedAccessCode>(black_box(OBJECT)).is_ok()),
        Some("device") => repeat(ROUNDS, || serde_json::from_slice::<Device>(black_box(DEVICE)).is_ok()),
        Some("page") => {
            let page = devices();
            repeat(PAGES, || serde_json::from_slice::<Vec<Device>>(black_box(&page)).is_ok());
        }
        _ => compare(),
    }
}

fn repeat(rounds: u64, decode: impl Fn() -> bool) {
    for _ in 0..rounds {
        assert!(black_box(decode()), "cannot decode the input");
    }
}

fn compare() {
    let nothing = count("nothing");
    let [plain, model] = ["plain", "model"].map(|side| (count(side) - nothing) / ROUNDS);
    println!("decode an unmanaged access code, instructions each");
    println!("  plain serde_json  {plain}");
    println!("  seam-model        {model}  ({}.{:02} times)", model / plain, model * 100 / plain % 100);
    println!("decode a device           {}", (count("device") - nothing) / ROUNDS);
    println!("decode 100 devices        {}", (count("page") - nothing) / PAGES);
}

/// Returns the instructions of one run of this program.
fn count(side: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .arg(side)
        .output()
        .unwrap_or_else(|error| panic!("cannot run valgrind, which must be installed: {error}"));
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let Some((_, instructions)) = collected else { panic!("valgrind reported no count:\n{report}") };
    instructions.trim().parse().unwrap()
}
