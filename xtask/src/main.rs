//! The project's own commands: `cargo xtask ci` runs what CI runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

mod dependencies;
mod house;
mod readme;

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

type Outcome = Result<(), String>;

/// A check and its name.
type Step = (&'static str, fn() -> Outcome);

const USAGE: &str = "\
cargo xtask ci            run every check that CI runs, in its order, up to the first that fails
cargo xtask ci <step>     run one of them: run, test, format, clippy, docs, dependencies, house
cargo xtask instructions  count the instructions of decoding under callgrind (needs valgrind)
cargo xtask msrv          build the libraries with the oldest supported toolchain, which rustup has to have";

/// The checks, in the order in which they are run.
const STEPS: &[Step] = &[
    ("test", test),
    ("run", run),
    ("format", format),
    ("clippy", clippy),
    ("docs", docs),
    ("dependencies", dependencies::check),
    ("house", house::check),
];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    if let Err(error) = std::env::set_current_dir(root) {
        eprintln!("{}: {error}", root.display());
        return ExitCode::FAILURE;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["ci"] => ci(STEPS),
        ["ci", step] => match STEPS.iter().find(|(name, _)| name == step) {
            Some(step) => ci(&[*step]),
            None => Err(format!("there is no step {step}\n\n{USAGE}")),
        },
        ["instructions"] => cargo("bench -p seam-model --bench instructions"),
        ["msrv"] => msrv(),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn ci(steps: &[Step]) -> Outcome {
    let mut summary = Vec::new();
    for (name, step) in steps {
        println!("\n=== {name}");
        let begin = Instant::now();
        step().map_err(|message| format!("\n=== {name} failed: {message}"))?;
        summary.push(format!("{name:<14} ok, {} s", begin.elapsed().as_secs()));
    }
    println!("\n=== all checks passed\n{}", summary.join("\n"));
    Ok(())
}

/// The README's second command, as the README has it.
fn test() -> Outcome {
    execute(&readme::command("cargo test")?)
}

/// The README's first command, as a newcomer would run it: with nothing of Seam's in the environment.
fn run() -> Outcome {
    execute(&readme::command("cargo run")?)
}

fn format() -> Outcome {
    cargo("fmt --all --check")
}

fn clippy() -> Outcome {
    cargo("clippy --workspace --all-targets -- -D warnings")?;
    // Fewer features than the defaults have to build too. Other TLS implementations only add to what
    // is built here, and one of them needs headers that not every machine has.
    cargo("clippy -p seam-reqwest -p seam-mock --no-default-features -- -D warnings")
}

fn docs() -> Outcome {
    let arguments = "doc --workspace --no-deps";
    succeed(command("cargo", arguments).env("RUSTDOCFLAGS", "-D warnings"), arguments)
}

fn msrv() -> Outcome {
    let version = house::rust_version()?;
    execute(&format!("cargo +{version} check --locked -p seam-model -p seam-core -p seam-reqwest -p seam-mock"))
}

fn cargo(arguments: &str) -> Outcome {
    succeed(&mut command("cargo", arguments), arguments)
}

/// Runs a whole command line, whose words have no blanks in them.
fn execute(line: &str) -> Outcome {
    let (program, arguments) = line.split_once(' ').unwrap_or((line, ""));
    succeed(&mut command(program, arguments), line)
}

fn command(program: &str, arguments: &str) -> Command {
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace());
    for (name, _) in std::env::vars_os() {
        // No test may depend on, or reach, the account of whoever runs it.
        if name.to_string_lossy().starts_with("SEAM_") {
            command.env_remove(name);
        }
    }
    command
}

fn succeed(command: &mut Command, what: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{what}` ended with {status}")),
        Err(error) => Err(format!("`{what}` cannot be run: {error}")),
    }
}

/// What a command prints, if it succeeds.
fn output(program: &str, arguments: &str) -> Result<String, String> {
    let output = command(program, arguments)
        .output()
        .map_err(|error| format!("`{program} {arguments}` cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("`{program} {arguments}`:\n{}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}
