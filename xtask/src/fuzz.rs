//! `cargo xtask fuzz`: runs each fuzz target for a given time, and prints its executions, coverage and crashes.

use std::{
    fs,
    process::{Command, Stdio},
};

use xtask_programs::{Result, run};

/// The default time for each target, in seconds: enough for a smoke test.
pub(crate) const DEFAULT_SECONDS: &str = "60";

/// The environment variable that lets a stable compiler accept the flags for instrumentation, with its value.
const STABLE: (&str, &str) = ("RUSTC_BOOTSTRAP", "1");

/// The folder of the seed inputs, with a folder for each target.
const SEEDS: &str = "fuzz/seeds";
/// The folder of the output of the targets.
const LOGS: &str = "target/fuzz";

/// The limits for one input: seconds, MiB of memory, and bytes. libFuzzer reports an input above a limit as a finding.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=16384"];

/// The targets with a dictionary, and its name.
const DICTIONARIES: [(&str, &str); 6] = [
    ("errors", "json"),
    ("events", "json"),
    ("responses", "json"),
    ("retry_after", "headers"),
    ("timestamps", "timestamps"),
    ("webhooks", "headers"),
];

/// Builds all targets, and runs each for the given number of seconds. Inputs that reach new code are kept in `fuzz/corpus`.
pub(crate) fn run(seconds: &str) -> Result {
    let seconds: u32 = seconds.parse().map_err(|_| format!("`{seconds}` is not a number of seconds"))?;
    if run::output(&mut run::cargo(["fuzz", "--version"])).is_err() {
        return Err("cargo-fuzz is not installed; run: cargo install --locked cargo-fuzz".to_owned());
    }
    run::run(&mut cargo_fuzz(&["build"]))?;
    fs::create_dir_all(LOGS).map_err(|error| format!("cannot create {LOGS}: {error}"))?;

    let mut rows = vec![format!(
        "{:14}{:>14}{:>10}{:>8}{:>8}{:>9}",
        "target", "executions", "exec/s", "edges", "corpus", "crashes"
    )];
    let mut failures = Vec::new();
    for target in targets()? {
        let outcome = run_target(&target, seconds)?;
        rows.push(format!(
            "{target:14}{:>14}{:>10}{:>8}{:>8}{:>9}",
            outcome.executions,
            outcome.per_second,
            outcome.edges,
            outcome.corpus,
            outcome.artifacts.len()
        ));
        if !outcome.is_success && outcome.artifacts.is_empty() {
            failures.push(format!("{target} failed without an artifact; see {}", log(&target)));
        }
        failures.extend(outcome.artifacts.into_iter().map(|path| format!("{target}: {path}; see {}", log(&target))));
    }
    println!("\n{}", rows.join("\n"));
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Returns the names of the targets, which are the names of the seed folders.
fn targets() -> Result<Vec<String>> {
    let entries = fs::read_dir(SEEDS).map_err(|error| format!("cannot read {SEEDS}: {error}"))?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

fn cargo_fuzz(arguments: &[&str]) -> Command {
    let mut command = run::cargo(["fuzz"]);
    command.args(arguments).env(STABLE.0, STABLE.1);
    command
}

fn log(target: &str) -> String {
    format!("{LOGS}/{target}.log")
}

/// The result of a run of one target.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    is_success: bool,
    executions: u64,
    per_second: u64,
    edges: u64,
    corpus: u64,
    /// The paths of the inputs for which the target failed.
    artifacts: Vec<String>,
}

/// Runs one target.
fn run_target(target: &str, seconds: u32) -> Result<Outcome> {
    // libFuzzer writes to the first folder only, so the seeds stay unchanged.
    let corpus = format!("fuzz/corpus/{target}");
    fs::create_dir_all(&corpus).map_err(|error| format!("cannot create {corpus}: {error}"))?;
    let mut command = cargo_fuzz(&["run", target, &corpus, &format!("{SEEDS}/{target}"), "--"]);
    command.args(LIMITS).args([&*format!("-max_total_time={seconds}"), "-print_final_stats=1"]);
    if let Some((_, dictionary)) = DICTIONARIES.iter().find(|(name, _)| *name == target) {
        command.arg(format!("-dict=fuzz/dictionaries/{dictionary}.dict"));
    }
    println!("fuzzing {target} for {seconds} s");
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run cargo fuzz: {error}"))?;
    fs::write(log(target), &output.stderr).map_err(|error| format!("cannot write {}: {error}", log(target)))?;
    Ok(Outcome { is_success: output.status.success(), ..parse_log(&String::from_utf8_lossy(&output.stderr)) })
}

/// Parses the output of libFuzzer.
fn parse_log(log: &str) -> Outcome {
    let mut outcome = Outcome::default();
    for line in log.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number_after = |name: &str| -> Option<u64> {
            let digits = words.iter().skip_while(|word| **word != name).nth(1)?;
            digits.split('/').next()?.parse().ok()
        };
        if line.starts_with('#') {
            outcome.edges = number_after("cov:").unwrap_or(outcome.edges);
            outcome.corpus = number_after("corp:").unwrap_or(outcome.corpus);
        }
        outcome.executions = number_after("stat::number_of_executed_units:").unwrap_or(outcome.executions);
        outcome.per_second = number_after("stat::average_exec_per_sec:").unwrap_or(outcome.per_second);
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            outcome.artifacts.push(path.to_owned());
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
INFO: Loaded 1 modules   (23457 inline 8-bit counters)
#2	INITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb
#4096	pulse  cov: 1044 ft: 3301 corp: 217/53Kb lim: 4096 exec/s: 2048 rss: 61Mb
artifact_prefix='fuzz/artifacts/events/'; Test unit written to fuzz/artifacts/events/crash-0a
stat::number_of_executed_units: 5021
stat::average_exec_per_sec:     1673
";

    #[test]
    fn the_result_is_read_from_the_log() {
        let expected = Outcome {
            is_success: false,
            executions: 5021,
            per_second: 1673,
            edges: 1044,
            corpus: 217,
            artifacts: vec!["fuzz/artifacts/events/crash-0a".to_owned()],
        };
        assert_eq!(parse_log(LOG), expected);
        assert_eq!(parse_log(""), Outcome::default());
    }
}
