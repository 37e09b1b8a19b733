//! `cargo xtask ci wasm`: runs a client in WebAssembly under Node, with the clock and the transport of its host.

use std::{fs, path::Path, process::Command};

use xtask_programs::{Result, run};

use crate::debian_rust::{Toolchain, WASM};

/// The folder in which the program is built.
const FOLDER: &str = "target/wasm";

/// Builds the program and runs it.
pub(crate) fn check() -> Result {
    let folder = Path::new(FOLDER);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        let is_same = fs::read_to_string(&path).is_ok_and(|written| written == text);
        // cargo recompiles a file that has been rewritten, even if its content is the same.
        if is_same {
            Ok(())
        } else {
            fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
        }
    };
    fs::create_dir_all(folder.join("src")).map_err(|error| format!("cannot create {FOLDER}: {error}"))?;
    write("Cargo.toml", include_str!("wasm/Cargo.toml.txt"))?;
    write("src/lib.rs", include_str!("wasm/lib.rs.txt"))?;
    fs::copy("Cargo.lock", folder.join("Cargo.lock")).map_err(|error| format!("cannot copy Cargo.lock: {error}"))?;

    let mut cargo = if has_target()? { run::cargo::<[&str; 0]>([]) } else { Toolchain::get()?.cargo() };
    run::run(cargo.args(["build", "--quiet", "--target", WASM, "--target-dir", "build"]).current_dir(folder))?;
    let program = folder.join("build").join(WASM).join("debug/seam_wasm.wasm");
    run::run(Command::new("node").arg("xtask/src/wasm/host.mjs").arg(program))
}

/// Returns whether the toolchain of this workspace can build for WebAssembly.
fn has_target() -> Result<bool> {
    let libraries = run::output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]))?;
    Ok(Path::new(libraries.trim_end()).is_dir())
}
