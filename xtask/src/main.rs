//! `cargo xtask`: the checks that CI runs, as a program that runs the same on every machine.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program speaks on its terminal")]

mod build_cost;
mod ci;
mod console;
mod debian_rust;
mod docs;
mod drift;
mod examples;
mod fuzz;
mod generate;
mod house;
mod import;
mod layers;
mod minimal_versions;
mod modules;
mod msrv;
mod mutants;
mod openapi;
mod packages;
mod public_api;
mod readme;
mod soak;
mod wasm;
mod wrappers;

use std::{env, path::Path, process::ExitCode};

use xtask_programs::Result;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((command, rest)) = arguments.split_first() else {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    };
    if matches!(command.as_str(), "help" | "--help" | "-h") {
        println!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let result = enter_root().and_then(|()| match (command.as_str(), rest) {
        ("drift", []) => drift::run(None),
        ("drift", [version]) => drift::run(Some(version)),
        _ => execute(command, rest).map(|()| drift::Outcome::Same),
    });
    if let Err(message) = &result {
        eprintln!("error: {message}");
    }
    exit_code(command, &result).into()
}

/// Returns the exit code of a command. A scheduled job can tell drift from a source that could not be compared.
fn exit_code(command: &str, result: &Result<drift::Outcome>) -> u8 {
    match result {
        Ok(drift::Outcome::Same) => 0,
        Ok(drift::Outcome::Drift) => 1,
        Err(_) if command == "drift" => 2,
        Err(_) => 1,
    }
}

/// Runs a command that succeeds or fails.
fn execute(command: &str, rest: &[String]) -> Result {
    match (command, rest) {
        ("build-cost", []) => build_cost::run(),
        ("ci", steps) => ci::run(steps),
        ("conformance", []) => ci::conformance(&["check"]),
        ("console", []) => console::check(),
        ("console", [flag]) if flag == "--picture" => console::picture(),
        ("fuzz", []) => fuzz::run(fuzz::DEFAULT_SECONDS),
        ("fuzz", [flag, seconds]) if flag == "--seconds" => fuzz::run(seconds),
        ("generate", []) => generate::run(false),
        ("generate", [flag]) if flag == "--check" => generate::run(true),
        ("import", [file]) => import::run(file),
        ("minimal-versions", []) => minimal_versions::check(),
        ("msrv", []) => msrv::check(),
        ("mutants", words) => mutants::run(words),
        ("openapi", []) => openapi::run(None),
        ("public-api", []) => public_api::write(),
        ("openapi", [file]) => openapi::run(Some(file)),
        ("sdk-suites", rest) => ci::conformance(&[&["suites".to_owned()], rest].concat()),
        ("soak", rest) => soak::run(rest),
        _ => Err(format!("`cargo xtask {command} {}` is not a command\n\n{}", rest.join(" "), usage())),
    }
}

fn usage() -> String {
    let steps: Vec<String> = ci::STEPS.iter().map(|step| format!("    {:18}{}", step.name, step.about)).collect();
    format!(
        "\
cargo xtask ci             everything that CI checks, up to the first failure
cargo xtask ci STEP...     only these steps
cargo xtask conformance    compare the requests of this client with those of the Python SDK; drive fake-seam with the
                           Python and JavaScript SDKs, and Seam's own fake with this client; validate the OpenAPI
                           document with an independent validator; pip and npm install them
cargo xtask console        check the console of fake-seam in headless Chromium; with --picture, write
                           docs/images/console.png instead
cargo xtask sdk-suites [--python DIR] [--javascript DIR] [--ruby DIR]
                           run the test suites of the official SDKs, from checkouts, with fake-seam for Seam's own fake
cargo xtask import FILE    write the API description in crates/seam-spec/api from Seam's OpenAPI document
cargo xtask generate       write the generated files from crates/seam-spec; with --check, only report what would change
cargo xtask drift [VERSION]
                           how what Seam has published (with npm and pip) differs from crates/seam-spec/api; exits with
                           0 if nothing differs, 1 if something does, 2 if a source could not be compared. All other
                           commands exit with 1 when they fail
cargo xtask openapi [FILE]
                           write an OpenAPI document of crates/seam-spec to FILE, or to the standard output
cargo xtask public-api     write crates/*/public-api.txt, the public API of each published crate
cargo xtask fuzz [--seconds N]
                           run each fuzz target for N seconds, {seconds} unless told otherwise; needs cargo-fuzz
cargo xtask minimal-versions
                           build the libraries with the oldest versions that their manifests allow
cargo xtask build-cost     CPU seconds to compile seam-model and seam-core, and the size of a program
cargo xtask msrv           build the libraries with Rust {msrv}: the one that {variable} names
                           (a full path to rustc, with its cargo beside it), or `cargo +{msrv}`, or that of Debian

cargo xtask mutants [WORD...]
                           make each dangerous change of xtask/mutants.txt (or those whose name or file has a WORD) in
                           a copy, and see that the tests of its crate notice it

cargo xtask soak --minutes N [--seed S]
                           make calls of every kind under random faults, and count, for so long

Steps of ci:
{steps}",
        msrv = msrv::VERSION,
        seconds = fuzz::DEFAULT_SECONDS,
        variable = msrv::RUSTC_VARIABLE,
        steps = steps.join("\n")
    )
}

/// All paths in the checks are relative to the workspace, wherever in it the command was given.
fn enter_root() -> Result {
    // As cargo says it now, not as it was compiled in: clones that share a target directory share this program.
    let package = env::var_os("CARGO_MANIFEST_DIR").ok_or("run this as `cargo xtask`")?;
    let root = Path::new(&package).parent().ok_or("xtask has no directory above it")?;
    env::set_current_dir(root).map_err(|error| format!("cannot enter {}: {error}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_has_exit_codes_of_its_own() {
        assert_eq!(exit_code("drift", &Ok(drift::Outcome::Same)), 0);
        assert_eq!(exit_code("drift", &Ok(drift::Outcome::Drift)), 1);
        assert_eq!(exit_code("drift", &Err("no network".to_owned())), 2);
        assert_eq!(exit_code("ci", &Err("a test failed".to_owned())), 1);
    }
}
