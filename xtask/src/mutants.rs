//! `cargo xtask mutants`: applies dangerous changes to the code, each of which the tests of its crate must detect.
//!
//! `xtask/mutants.txt` lists the changes. A tool that generates mutants would run for hours, and generate few of these: they are
//! the changes that would send an action twice, print a secret or accept a forged webhook.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use xtask_programs::{Result, run};

/// The list of changes.
const LIST: &str = "xtask/mutants.txt";

/// The folder of the copy of the workspace that is changed, its builds, and the output of the tests.
const FOLDER: &str = "target/mutants";

/// The time limit of the tests of one change. A change that exceeds it, such as an endless loop, counts as detected.
const LIMIT: Duration = Duration::from_secs(600);

/// The interval between two checks of a running test.
const POLL: Duration = Duration::from_millis(50);

/// A dangerous change.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    /// The fault that the change introduces.
    name: String,
    file: String,
    /// The crate whose tests must detect the change.
    package: String,
    /// The arguments that select the tests to run first, which are faster than all tests of the crate.
    tests: Vec<String>,
    from: String,
    to: String,
}

/// The outcome of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Detected,
    TimedOut,
    Survived,
    DoesNotBuild,
}

/// Checks that each change of the list still applies: its text occurs once in its file.
pub(crate) fn check() -> Result {
    let mutants = read()?;
    let problems: Vec<String> = mutants.iter().filter_map(|mutant| apply(mutant, Path::new(".")).err()).collect();
    if !problems.is_empty() {
        return Err(format!("some changes of {LIST} do not apply to the code:\n{}", problems.join("\n")));
    }
    println!("{} changes apply", mutants.len());
    Ok(())
}

/// Applies each change to a copy of the workspace, and runs the tests of its crate. With `words`, only the changes whose names
/// or files contain one of them.
pub(crate) fn run(words: &[String]) -> Result {
    check()?;
    let is_chosen = |mutant: &Mutant| {
        words.is_empty() || words.iter().any(|word| mutant.name.contains(word) || mutant.file.contains(word))
    };
    let mutants: Vec<Mutant> = read()?.into_iter().filter(is_chosen).collect();
    if mutants.is_empty() {
        return Err(format!("no change in {LIST} has a name or file that contains: {}", words.join(", ")));
    }
    let workspace = Path::new(FOLDER).join("workspace");
    copy(&workspace)?;

    let mut survivors = Vec::new();
    let mut tested = BTreeSet::new();
    for (number, mutant) in (1..).zip(&mutants) {
        // All tests must pass without a change, or a failure with it would prove nothing.
        let package = &mutant.package;
        if tested.insert(package) && test(&workspace, package, &[], package)? != Outcome::Survived {
            return Err(format!("the tests of {package} fail without a change; see {}", log(package).display()));
        }
        let start = Instant::now();
        let outcome = try_mutant(mutant, &workspace)?;
        let detected_by = if outcome == Outcome::Detected { failed_test(&mutant.name) } else { String::new() };
        println!(
            "{number}/{} {outcome:?} in {:.0} s: {} {detected_by}",
            mutants.len(),
            start.elapsed().as_secs_f64(),
            mutant.name
        );
        if matches!(outcome, Outcome::Survived | Outcome::DoesNotBuild) {
            survivors.push(format!("{outcome:?}: {} ({})", mutant.name, mutant.file));
        }
    }
    println!("{} changes, {} detected", mutants.len(), mutants.len() - survivors.len());
    if survivors.is_empty() { Ok(()) } else { Err(format!("not detected:\n{}", survivors.join("\n"))) }
}

fn read() -> Result<Vec<Mutant>> {
    parse(&fs::read_to_string(LIST).map_err(|error| format!("cannot read {LIST}: {error}"))?)
}

/// Reads the list: a line with a name, and the indented lines of the change below it.
fn parse(list: &str) -> Result<Vec<Mutant>> {
    let mut mutants: Vec<Mutant> = Vec::new();
    for (number, line) in (1..).zip(list.lines()) {
        let error = |problem: &str| format!("{LIST}:{number}: {problem}");
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let Some(attribute) = line.strip_prefix("  ") else {
            if mutants.iter().any(|mutant| mutant.name == line) {
                return Err(error("an earlier change has the same name"));
            }
            mutants.push(Mutant {
                name: line.to_owned(),
                file: String::new(),
                package: String::new(),
                tests: Vec::new(),
                from: String::new(),
                to: String::new(),
            });
            continue;
        };
        let mutant = mutants.last_mut().ok_or_else(|| error("a line of a change without a name above it"))?;
        if let Some(file) = attribute.strip_prefix("file: ") {
            file.clone_into(&mut mutant.file);
        } else if let Some(test) = attribute.strip_prefix("test: ") {
            let mut words = test.split_whitespace().map(str::to_owned);
            mutant.package = words.next().unwrap_or_default();
            mutant.tests = words.collect();
        } else if let Some(text) = attribute.strip_prefix('-') {
            add_line(&mut mutant.from, text);
        } else if let Some(text) = attribute.strip_prefix('+') {
            add_line(&mut mutant.to, text);
        } else {
            return Err(error("expected `file:`, `test:`, `-` or `+`"));
        }
    }
    for mutant in &mutants {
        if mutant.file.is_empty() || mutant.package.is_empty() || mutant.from.is_empty() || mutant.from == mutant.to {
            return Err(format!(
                "{LIST}: {}: needs `file:`, `test:`, and `-` lines that differ from its `+` lines",
                mutant.name
            ));
        }
    }
    Ok(mutants)
}

/// Appends a line to a text.
fn add_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line.strip_prefix(' ').unwrap_or(line));
}

/// Returns the changed text of a file below `root`.
fn apply(mutant: &Mutant, root: &Path) -> Result<String> {
    let path = root.join(&mutant.file);
    let text =
        fs::read_to_string(&path).map_err(|error| format!("{}: cannot read {}: {error}", mutant.name, mutant.file))?;
    match text.matches(&mutant.from).count() {
        1 => Ok(text.replacen(&mutant.from, &mutant.to, 1)),
        times => Err(format!("{}: its text occurs {times} times in {}, not once", mutant.name, mutant.file)),
    }
}

/// Copies all files that git tracks or would track.
fn copy(workspace: &Path) -> Result {
    let listing =
        run::output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let paths: BTreeSet<PathBuf> =
        listing.split_terminator('\0').map(PathBuf::from).filter(|path| path.is_file()).collect();
    for path in &paths {
        let text = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let target = workspace.join(path);
        // An unchanged file keeps its modification time, so that cargo builds only the changes since the last run.
        if fs::read(&target).is_ok_and(|copied| copied == text) {
            continue;
        }
        let folder = target.parent().unwrap_or(workspace);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&target, text))
            .map_err(|error| format!("cannot write {}: {error}", target.display()))?;
    }
    remove_others(workspace, workspace, &paths)
}

/// Removes files that were deleted or renamed since the last run.
fn remove_others(root: &Path, folder: &Path, paths: &BTreeSet<PathBuf>) -> Result {
    let fail = |error: std::io::Error| format!("cannot clean {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            remove_others(root, &path, paths)?;
        } else if path.strip_prefix(root).is_ok_and(|path| !paths.contains(path)) {
            fs::remove_file(&path).map_err(fail)?;
        }
    }
    Ok(())
}

/// Applies a change, runs the tests, and reverts the change.
fn try_mutant(mutant: &Mutant, workspace: &Path) -> Result<Outcome> {
    let path = workspace.join(&mutant.file);
    let write =
        |text: &str| fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()));
    let original = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    write(&apply(mutant, workspace)?)?;
    let mut outcome = test(workspace, &mutant.package, &mutant.tests, &mutant.name);
    if !mutant.tests.is_empty() && matches!(outcome, Ok(Outcome::Survived)) {
        outcome = test(workspace, &mutant.package, &[], &mutant.name);
    }
    write(&original)?;
    outcome
}

/// Builds the tests of a crate and runs them.
fn test(workspace: &Path, package: &str, tests: &[String], name: &str) -> Result<Outcome> {
    let command = |extra: &str| {
        let mut command = run::cargo(["test", "--locked", "--package", package]);
        // A separate target directory: cargo would confuse a crate of the copy with the original.
        command.current_dir(workspace).env("CARGO_TARGET_DIR", "../build").env("RUST_BACKTRACE", "0");
        if tests.is_empty() {
            command.args(["--lib", "--tests"]);
        }
        command.args(tests).args([extra]);
        command
    };
    match run_logged(&mut command("--no-run"), &log(name))? {
        Outcome::Survived => run_logged(&mut command("--no-fail-fast"), &log(name)),
        Outcome::Detected => Ok(Outcome::DoesNotBuild),
        other => Ok(other),
    }
}

/// Returns the path of the output of a change's tests.
fn log(name: &str) -> PathBuf {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Path::new(FOLDER).join("logs").join(format!("{name}.txt"))
}

/// Returns the name of a test that failed, in parentheses.
fn failed_test(name: &str) -> String {
    let output = fs::read_to_string(log(name)).unwrap_or_default();
    let failed = output.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    failed.map(|test| format!("(detected by {test})")).unwrap_or_default()
}

/// Runs a command within the time limit. The outcome is [`Outcome::Detected`] if the command fails.
fn run_logged(command: &mut Command, log: &Path) -> Result<Outcome> {
    let fail = |error: std::io::Error| format!("cannot write {}: {error}", log.display());
    fs::create_dir_all(log.parent().unwrap_or(log)).map_err(fail)?;
    let file = File::create(log).map_err(fail)?;
    command.stdin(Stdio::null()).stdout(file.try_clone().map_err(fail)?).stderr(file);
    // A process group, so that the programs that cargo has started can be killed with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let line = run::line(command);
    let mut child = command.spawn().map_err(|error| format!("cannot run `{line}`: {error}"))?;
    let start = Instant::now();
    loop {
        match child.try_wait().map_err(|error| format!("cannot wait for `{line}`: {error}"))? {
            Some(status) => return Ok(if status.success() { Outcome::Survived } else { Outcome::Detected }),
            None if start.elapsed() < LIMIT => thread::sleep(POLL),
            None => {
                kill(&mut child);
                return Ok(Outcome::TimedOut);
            }
        }
    }
}

/// Kills a program and its descendants.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: &str = "\
# A comment.
an action is sent twice
  file: xtask/src/mutants.rs
  test: xtask --bin xtask
  - const LIMIT: Duration =
  -     Duration::MAX;
  + const LIMIT: Duration = ZERO;
";

    #[test]
    fn a_change_is_read() {
        let expected = Mutant {
            name: "an action is sent twice".to_owned(),
            file: "xtask/src/mutants.rs".to_owned(),
            package: "xtask".to_owned(),
            tests: vec!["--bin".to_owned(), "xtask".to_owned()],
            from: "const LIMIT: Duration =\n    Duration::MAX;".to_owned(),
            to: "const LIMIT: Duration = ZERO;".to_owned(),
        };
        assert_eq!(parse(CHANGE), Ok(vec![expected]));
    }

    #[test]
    fn an_invalid_list_is_rejected() {
        for (list, problem) in [
            (CHANGE.repeat(2), "the same name"),
            (CHANGE.replace("  file: xtask/src/mutants.rs\n", ""), "needs `file:`"),
            (CHANGE.replace("  + const LIMIT: Duration = ZERO;\n", "").replace("  -", "  *"), "expected `file:`"),
            ("  - text\n".to_owned(), "without a name"),
        ] {
            assert!(parse(&list).unwrap_err().contains(problem), "{list}");
        }
    }

    #[test]
    fn a_string_that_does_not_occur_exactly_once_is_rejected() {
        let mut mutants = parse(CHANGE).unwrap();
        mutants[0].file = "src/mutants.rs".to_owned();
        mutants[0].from = "fn a_string_that_does_not_occur_exactly_once".to_owned();
        assert!(apply(&mutants[0], Path::new(".")).unwrap_err().contains("2 times"));
        mutants[0].from = "LIMIT: Duration = ".to_owned() + "Duration::from_secs(600)";
        assert!(apply(&mutants[0], Path::new(".")).unwrap().contains("const LIMIT: Duration = ZERO;\n"));
    }

    #[test]
    fn every_change_of_the_list_is_complete() {
        let list = fs::read_to_string("mutants.txt").unwrap();
        assert!(parse(&list).unwrap().len() >= 45);
    }
}
