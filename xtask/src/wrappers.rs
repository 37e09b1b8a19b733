//! `cargo xtask ci wrappers`: runs the tests of the npm and `PyPI` packages, which start `fake-seam`.

use std::{fs, path::Path, process::Command, time::Duration};

use xtask_programs::{Result, files, node, process, python, run};

use crate::{lints, node_packages};

/// The folder of the npm package.
const NPM: &str = "packages/npm";
/// The folder of the `PyPI` package.
const PYPI: &str = "packages/pypi";

/// The folder of the tools and of the copies that are tested.
const TARGET: &str = "target/wrappers";

/// The npm packages that check the types of the npm package.
const TYPE_CHECKER: [&str; 2] = ["typescript@5.9.3", "@types/node@22.20.5"];

/// The Python packages that build and test the `PyPI` package.
const PYTHON_TOOLS: [&str; 2] = ["pytest==9.2.0", "setuptools==84.2.1"];

/// The time limit of the tests of one package, which take a few seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Tests both packages with the `fake-seam` of this workspace.
pub(crate) fn check() -> Result {
    for package in [NPM, PYPI] {
        for licence in lints::LICENCES {
            if files::read(&format!("{package}/{licence}"))? != files::read(licence)? {
                return Err(format!("{package}/{licence} differs from {licence}; replace it with a copy"));
            }
        }
    }
    let fake = process::build(&["--package", "seam-fake", "--bin", "fake-seam"])?;
    npm(&fake)?;
    pypi(&fake)
}

/// Tests the npm package. The test is a TypeScript file: Node runs it, and the compiler checks it against the declarations of the
/// package.
fn npm(fake: &str) -> Result {
    let node = node_packages::install("workflows.mjs")?;
    let copy = format!("{TARGET}/npm");
    let tools = format!("{copy}/node_modules/.tools");
    // The copy is beside `node_modules`, in which the compiler finds the types of Node.
    for directory in ["", "/test"] {
        let target = format!("{copy}{directory}");
        create(&target)?;
        for file in fs::read_dir(format!("{NPM}{directory}")).map_err(|error| format!("cannot read {NPM}: {error}"))? {
            let path = file.map_err(|error| format!("cannot read {NPM}: {error}"))?.path();
            if let (true, Some(name)) = (path.is_file(), path.file_name()) {
                files::write(&format!("{target}/{}", name.to_string_lossy()), &files::read(&path.to_string_lossy())?)?;
            }
        }
    }
    if fs::read_to_string(&tools).ok() != Some(TYPE_CHECKER.join(" ")) {
        let install = ["install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
        run::run(node::npm().args(install).args(["--loglevel", "error"]).args(TYPE_CHECKER).current_dir(&copy))?;
        files::write(&tools, &TYPE_CHECKER.join(" "))?;
    }
    let test = format!("{copy}/test/fake.test.ts");
    let mut types = Command::new(&node);
    types.arg(format!("{copy}/node_modules/typescript/bin/tsc"));
    types.args(["--noEmit", "--strict", "--module", "nodenext", "--target", "esnext", "--types", "node", &test]);
    types.args(["--typeRoots", &format!("{copy}/node_modules/@types")]);
    process::run_within(LIMIT, &mut types)?;
    let mut tests = Command::new(&node);
    tests.args(["--disable-warning=ExperimentalWarning", "--test", &test]).env("FAKE_SEAM", fake);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

/// Tests the `PyPI` package after installing it, so that its metadata and its pytest plugin are tested as well.
fn pypi(fake: &str) -> Result {
    let python = python::venv(&format!("{TARGET}/venv"))?;
    run::run(python::pip_install(&python).args(PYTHON_TOOLS))?;
    // A build leaves files beside the sources, so the package is built from a copy.
    let copy = format!("{TARGET}/pypi");
    files::replace_copy(Path::new(PYPI), Path::new(&copy))?;
    let reinstall = ["--no-build-isolation", "--no-deps", "--force-reinstall", &copy];
    run::run(python::pip_install(&python).args(reinstall))?;
    let mut tests = Command::new(&python);
    tests.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", &format!("{copy}/tests")]).env("FAKE_SEAM", fake);
    process::run_within(LIMIT, process::isolated(&mut tests))
}

fn create(directory: &str) -> Result {
    fs::create_dir_all(directory).map_err(|error| format!("cannot create {directory}: {error}"))
}
