//! `cargo xtask compare-builds`: measures the build of a small program over this crate beside the same over other API clients, and the
//! incremental build of a program beside the same over bare reqwest.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use xtask_programs::{
    Result,
    run::{self, cargo},
};

use crate::build_cost::{child_cpu_seconds, size, write, write_programs};

/// The packages of the measured programs, which no other command uses.
const FOLDER: &str = "target/compare-builds";

/// The manifest of each program, without the dependencies that differ.
const MANIFEST: &str = include_str!("compare_builds/Cargo.toml.txt");

/// A client of an API, and a program with two calls over it.
struct Client {
    name: &'static str,
    dependencies: &'static str,
    program: &'static str,
    /// The beginnings of the names of the client's own packages, including those that its API is generated into.
    own: &'static [&'static str],
}

/// The clients. All use rustls with ring, so that their TLS costs the same.
const CLIENTS: [Client; 6] = [
    Client {
        name: "seam",
        dependencies: include_str!("compare_builds/seam.toml.txt"),
        program: include_str!("compare_builds/seam.rs.txt"),
        own: &["seam-"],
    },
    Client {
        name: "twilight",
        dependencies: include_str!("compare_builds/twilight.toml.txt"),
        program: include_str!("compare_builds/twilight.rs.txt"),
        own: &["twilight-"],
    },
    Client {
        name: "octocrab",
        dependencies: include_str!("compare_builds/octocrab.toml.txt"),
        program: include_str!("compare_builds/octocrab.rs.txt"),
        own: &["octocrab"],
    },
    Client {
        name: "stripe",
        dependencies: include_str!("compare_builds/stripe.toml.txt"),
        program: include_str!("compare_builds/stripe.rs.txt"),
        own: &["async-stripe"],
    },
    Client {
        name: "aws",
        dependencies: include_str!("compare_builds/aws.toml.txt"),
        program: include_str!("compare_builds/aws.rs.txt"),
        own: &[
            "aws-config",
            "aws-credential-types",
            "aws-runtime",
            "aws-sdk-",
            "aws-sigv4",
            "aws-smithy-",
            "aws-types",
        ],
    },
    Client {
        name: "kube",
        dependencies: include_str!("compare_builds/kube.toml.txt"),
        program: include_str!("compare_builds/kube.rs.txt"),
        own: &["kube", "k8s-openapi"],
    },
];

/// The name of the comparison of incremental builds, beside the names of the clients.
const INCREMENTAL: &str = "incremental";

const PROFILES: [(&str, &[&str]); 2] = [("debug", &[]), ("release", &["--release"])];

/// Measures the builds whose names are `selected`, or all of them. Debug builds come first, since release builds take many minutes.
pub(crate) fn run(selected: &[String]) -> Result {
    let names: Vec<&str> = CLIENTS.iter().map(|client| client.name).chain([INCREMENTAL]).collect();
    if let Some(unknown) = selected.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("unknown build `{unknown}`; the builds are {}", names.join(", ")));
    }
    let is_selected = |name: &str| selected.is_empty() || selected.iter().any(|other| other == name);
    if is_selected(INCREMENTAL) {
        incremental()?;
    }
    for (profile, arguments) in PROFILES {
        for client in CLIENTS.iter().filter(|client| is_selected(client.name)) {
            measure(client, profile, arguments)?;
        }
    }
    Ok(())
}

/// Builds the program of a client and prints the CPU seconds.
fn measure(client: &Client, profile: &str, arguments: &[&str]) -> Result {
    let folder = Path::new(FOLDER).join(client.name);
    let remove_artifacts = || {
        let _ = fs::remove_dir_all(folder.join("target"));
    };
    write(&folder, "Cargo.toml", &format!("{MANIFEST}{}", client.dependencies))?;
    write(&folder, "src/main.rs", client.program)?;
    write(&folder, "crates.txt", "")?;
    run::run(cargo(["fetch", "--quiet"]).current_dir(&folder))?;
    remove_artifacts();

    let log = fs::canonicalize(folder.join("crates.txt"))
        .map_err(|error| format!("cannot find the log of the compiler: {error}"))?;
    let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut cargo = cargo(["build", "--quiet", "--offline", "--jobs", "1"]);
    // Without incremental compilation, which cargo uses for this crate, at a path, but not for packages of the registry.
    cargo.args(arguments).current_dir(&folder).env("CARGO_INCREMENTAL", "0");
    let before = child_cpu_seconds()?;
    run::run(cargo.env("RUSTC_WRAPPER", program).env(LOG, &log))?;
    let total = child_cpu_seconds()? - before;

    let crates = crates(&log)?;
    let seconds = |is_wanted: &dyn Fn(&str) -> bool| -> f64 {
        crates.iter().filter(|(name, _)| is_wanted(name)).map(|(_, seconds)| seconds).sum()
    };
    let own = seconds(&|name| client.own.iter().any(|start| name.starts_with(start)));
    let program = seconds(&|name| name == "program");
    let size = match profile {
        "release" => format!(", stripped {:.2} MB", size(&folder.join("target/release/program"))? / 1e6),
        _ => String::new(),
    };
    println!(
        "{} {profile}: {total:.1} CPU seconds, of them {own:.1} for its own crates, {program:.1} for the program{size}",
        client.name
    );
    // The artifacts of all clients together need several gigabytes.
    remove_artifacts();
    Ok(())
}

/// The environment variable with the file to which the wrapper of the compiler writes.
const LOG: &str = "SEAM_XTASK_COMPILER_LOG";

/// Returns the packages of the log and the CPU seconds of their compilation.
fn crates(log: &Path) -> Result<Vec<(String, f64)>> {
    let text = fs::read_to_string(log).map_err(|error| format!("cannot read {}: {error}", log.display()))?;
    let line = |line: &str| -> Option<(String, f64)> {
        let (name, seconds) = line.split_once(' ')?;
        Some((name.to_owned(), seconds.parse().ok()?))
    };
    text.lines().map(|text| line(text).ok_or_else(|| format!("{} has an invalid line", log.display()))).collect()
}

/// Returns the log if this process runs in the place of the compiler.
pub(crate) fn compiler_log() -> Option<PathBuf> {
    env::var_os(LOG).map(PathBuf::from)
}

/// Runs the compiler, which is the first argument, and appends the package and the CPU seconds to the log.
pub(crate) fn compile(log: &Path) -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let Some((compiler, arguments)) = arguments.split_first() else { return ExitCode::FAILURE };
    let is_success = Command::new(compiler).args(arguments).status().is_ok_and(|status| status.success());
    // Cargo also asks the compiler for its version, without a package.
    if let (Ok(package), Ok(seconds)) = (env::var("CARGO_PKG_NAME"), child_cpu_seconds()) {
        let file = OpenOptions::new().append(true).open(log);
        if file.and_then(|mut file| writeln!(file, "{package} {seconds}")).is_err() {
            return ExitCode::FAILURE;
        }
    }
    if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The programs whose incremental builds are compared.
const EDITED: [&str; 2] = ["five_with_seam", "five_with_reqwest"];

/// The number of incremental builds of each program, of which the median counts.
const ROUNDS: usize = 9;

/// Compares the incremental builds of a program with five endpoints and the same over bare reqwest, after its file was touched, and
/// after a string in it was changed.
fn incremental() -> Result {
    let folder = Path::new(FOLDER).join(INCREMENTAL);
    write_programs(&folder)?;
    for name in EDITED {
        incremental_build(&folder, name)?;
    }
    for change in ["touched", "edited"] {
        let mut seconds = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            for (name, seconds) in EDITED.into_iter().zip(&mut seconds) {
                let file = format!("src/bin/{name}.rs");
                let path = folder.join(&file);
                let program =
                    fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                let program = match change {
                    "touched" => program,
                    _ => program.replacen("\"Guest", &format!("\"Guest{round}"), 1),
                };
                write(&folder, &file, &program)?;
                seconds.push(incremental_build(&folder, name)?);
            }
        }
        let [seam, reqwest] = seconds.map(median);
        println!(
            "incremental build, main.rs {change}: {seam:.2} CPU seconds, over reqwest alone {reqwest:.2}: {:.2}, goal 1.5",
            seam / reqwest
        );
    }
    Ok(())
}

fn incremental_build(folder: &Path, program: &str) -> Result<f64> {
    let before = child_cpu_seconds()?;
    let mut cargo = cargo(["build", "--quiet", "--bin", program]);
    run::run(cargo.current_dir(folder).env("CARGO_INCREMENTAL", "1"))?;
    Ok(child_cpu_seconds()? - before)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or_default()
}
