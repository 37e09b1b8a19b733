//! Counts the instructions of decoding: `seam-model`, and plain `serde_json` with hand-written structs. callgrind counts, so
//! the load of the machine does not matter. The program runs itself under `valgrind` once for each side and once for neither,
//! and subtracts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed measurement ends the program")]
#![expect(clippy::print_stdout, reason = "the program prints its results")]

mod support;

use std::{hint::black_box, process::Command};

use seam_model::{ActionAttempt, Device, Event, UnmanagedAccessCode};
use serde::de::DeserializeOwned;
use support::{
    ACTION_ATTEMPT, DEVICE, EVENT, OBJECT, Plain, PlainActionAttempt, PlainDevice, PlainEvent, devices,
    with_unknown_field,
};

/// What is decoded, how often, and by the plain struct and the model.
struct Case {
    name: &'static str,
    rounds: u64,
    plain: fn(u64),
    model: fn(u64),
}

const CASES: [Case; 6] = [
    Case {
        name: "access code",
        rounds: 1000,
        plain: |rounds| repeat::<Plain>(rounds, OBJECT),
        model: |rounds| repeat::<UnmanagedAccessCode>(rounds, OBJECT),
    },
    Case {
        name: "with an unknown field",
        rounds: 1000,
        plain: |rounds| repeat::<Plain>(rounds, &with_unknown_field()),
        model: |rounds| repeat::<UnmanagedAccessCode>(rounds, &with_unknown_field()),
    },
    Case {
        name: "device",
        rounds: 1000,
        plain: |rounds| repeat::<PlainDevice>(rounds, DEVICE),
        model: |rounds| repeat::<Device>(rounds, DEVICE),
    },
    Case {
        name: "100 devices",
        rounds: 20,
        plain: |rounds| repeat::<Vec<PlainDevice>>(rounds, &devices()),
        model: |rounds| repeat::<Vec<Device>>(rounds, &devices()),
    },
    Case {
        name: "event",
        rounds: 1000,
        plain: |rounds| repeat::<PlainEvent>(rounds, EVENT),
        model: |rounds| repeat::<Event>(rounds, EVENT),
    },
    Case {
        name: "action attempt",
        rounds: 1000,
        plain: |rounds| repeat::<PlainActionAttempt>(rounds, ACTION_ATTEMPT),
        model: |rounds| repeat::<ActionAttempt>(rounds, ACTION_ATTEMPT),
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let case = CASES.iter().find(|case| Some(case.name) == arguments.first().map(String::as_str));
    match (case, arguments.get(1).map(String::as_str)) {
        (Some(case), Some("nothing")) => (case.plain)(0),
        (Some(case), Some("plain")) => (case.plain)(case.rounds),
        (Some(case), Some("model")) => (case.model)(case.rounds),
        _ => compare(),
    }
}

fn repeat<T: DeserializeOwned>(rounds: u64, json: &[u8]) {
    for _ in 0..rounds {
        assert!(black_box(serde_json::from_slice::<T>(black_box(json)).is_ok()), "cannot decode the input");
    }
}

fn compare() {
    println!("instructions to decode one     serde_json   seam-model   ratio");
    for Case { name, rounds, .. } in &CASES {
        let nothing = count(name, "nothing");
        let [plain, model] = ["plain", "model"].map(|side| (count(name, side) - nothing) / rounds);
        println!("{name:26} {plain:14} {model:12}    {}.{:02}", model / plain, model * 100 / plain % 100);
    }
}

/// Returns the instructions of one run of this program.
fn count(case: &str, side: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args([case, side])
        .output()
        .unwrap_or_else(|error| panic!("cannot run valgrind, which must be installed: {error}"));
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let Some((_, instructions)) = collected else { panic!("valgrind reported no count:\n{report}") };
    instructions.trim().parse().unwrap()
}
