//! `cargo xtask`: the commands for contributors. CI runs the same commands.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints to its terminal")]

mod book;
mod build_cost;
mod ci;
mod compare_builds;
mod console;
mod debian_rust;
mod docs;
mod drift;
mod examples;
mod fuzz;
mod generate;
mod import;
mod layers;
mod lints;
mod minimal_versions;
mod modules;
mod msrv;
mod mutants;
mod node_packages;
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
    if let Some(log) = compare_builds::compiler_log() {
        return compare_builds::compile(&log);
    }
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

/// Returns the exit code of a command. `drift` has a code of its own for errors, so that a scheduled job can distinguish drift
/// from a source that could not be compared.
fn exit_code(command: &str, result: &Result<drift::Outcome>) -> u8 {
    match result {
        Ok(drift::Outcome::Same) => 0,
        Ok(drift::Outcome::Drift) => 1,
        Err(_) if command == "drift" => 2,
        Err(_) => 1,
    }
}

/// Runs a command other than `drift`.
fn execute(command: &str, rest: &[String]) -> Result {
    match (command, rest) {
        ("book", []) => book::build(),
        ("build-cost", []) => build_cost::run(),
        ("ci", steps) => ci::run(steps),
        ("compare-builds", names) => compare_builds::run(names),
        ("conformance", []) => ci::conformance(&["check"]),
        ("console", []) => console::check(),
        ("console", [flag]) if flag == "--picture" => console::picture(),
        ("fuzz", []) => fuzz::run(fuzz::DEFAULT_SECONDS),
        ("fuzz", [flag, seconds]) if flag == "--seconds" => fuzz::run(seconds),
        ("growth", words) => ci::growth(words),
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
        _ => Err(format!(
            "unknown command `{}`; run `cargo xtask` for a list",
            [&[command.to_owned()], rest].concat().join(" ")
        )),
    }
}

fn usage() -> String {
    let list = |steps: &[ci::Step]| {
        let lines: Vec<String> = steps.iter().map(|step| format!("  {:18}{}", step.name, step.about)).collect();
        lines.join("\n")
    };
    format!(
        "\
Usage: cargo xtask COMMAND

Checks
  ci [STEP...]        run all steps of CI, or only the named ones, and stop at the first failure
  fuzz [--seconds N]  run each fuzz target for N seconds (default: {seconds}); needs cargo-fuzz
  mutants [WORD...]   apply each dangerous change of xtask/mutants.txt to a copy, and check that a test of its crate fails;
                      with WORDs, only changes whose name or file contains one of them
  soak --minutes N [--seed S]
                      send calls of all kinds under random faults for N minutes, and count how often each took effect
  growth [WORD...]    check by instruction counts that costs grow linearly with the size of the input, or not at all;
                      needs valgrind; with words, only cases whose name has one of them
  build-cost          measure the CPU seconds to compile seam-model and seam-core, and the size of programs
  compare-builds [NAME...]
                      measure the CPU seconds and the size of a program with two calls over seam, twilight, octocrab,
                      stripe, aws and kube, and the incremental builds of a program; with names, only these
  msrv                build the libraries with Rust {msrv}: the rustc at the path in {variable}, `cargo +{msrv}`, or
                      the packages of Debian
  minimal-versions    build the libraries with the oldest dependencies that their manifests allow

Generated files
  generate [--check]  write the generated files from crates/seam-spec; with --check, only report differences
  book                build the guide as a book in target/book; needs mdbook
  public-api          write crates/*/public-api.txt, the public API of each published crate
  openapi [FILE]      write the OpenAPI document of crates/seam-spec to FILE (default: standard output)
  import FILE         update the API description in crates/seam-spec/api from Seam's OpenAPI document
  drift [VERSION]     compare crates/seam-spec/api with the packages that Seam publishes on npm and PyPI; exits with 0
                      if they agree, 1 if they differ, 2 if a package could not be compared

Official SDKs and browsers
  conformance         compare the requests of this client with those of the Python SDK, drive fake-seam with the Python
                      and JavaScript SDKs and Seam's own fake with this client, and validate the OpenAPI document
  sdk-suites [--python DIR] [--javascript DIR] [--ruby DIR]
                      run the test suites of the official SDKs, from checkouts, against fake-seam
  console [--picture] check the console of fake-seam in headless Chromium; with --picture, write docs/images/console.png

Steps of ci
{steps}

Steps that ci runs only by name
{separate}",
        msrv = msrv::VERSION,
        seconds = fuzz::DEFAULT_SECONDS,
        variable = msrv::RUSTC_VARIABLE,
        steps = list(&ci::STEPS),
        separate = list(&ci::SEPARATE)
    )
}

/// Enters the root of the workspace, to which all paths of the commands are relative.
fn enter_root() -> Result {
    // Read at run time, not at compile time: clones that share a target directory share this program.
    let package =
        env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set; run this as `cargo xtask`")?;
    let root = Path::new(&package).parent().ok_or("xtask has no parent folder")?;
    env::set_current_dir(root).map_err(|error| format!("cannot enter {}: {error}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_has_its_own_exit_codes() {
        assert_eq!(exit_code("drift", &Ok(drift::Outcome::Same)), 0);
        assert_eq!(exit_code("drift", &Ok(drift::Outcome::Drift)), 1);
        assert_eq!(exit_code("drift", &Err("no network".to_owned())), 2);
        assert_eq!(exit_code("ci", &Err("a test failed".to_owned())), 1);
    }
}
