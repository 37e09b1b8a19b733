//! The Rust toolchain from the packages of Debian, for machines without access to rustup: it has the minimum supported Rust
//! version, and a standard library for WebAssembly.
//!
//! apt downloads and verifies the packages, and they are unpacked into a folder of `target`. No package is installed. The
//! programs run with the unpacked C library, and so on every release of Debian.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xtask_programs::{Result, run};

/// The release of Debian that has the minimum supported Rust version.
const RELEASE: &str = "trixie";

/// The packages. apt adds their dependencies.
const PACKAGES: [&str; 4] = ["rustc", "cargo", "libstd-rust-dev-wasm32", "lld-19"];

/// The prefixes of the dependencies that are not unpacked: rustc links with the C compiler of this machine.
const UNNEEDED: [&str; 5] = ["binutils", "cpp", "gcc", "libc6-dev", "linux-libc-dev"];

/// The folder into which the packages are unpacked.
const FOLDER: &str = "target/debian-rust";

/// The target of WebAssembly without an operating system.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// An unpacked toolchain.
pub(crate) struct Toolchain {
    bin: PathBuf,
}

impl Toolchain {
    /// Returns the toolchain, and downloads it first if necessary.
    pub(crate) fn get() -> Result<Self> {
        let folder = std::path::absolute(FOLDER).map_err(|error| format!("cannot find {FOLDER}: {error}"))?;
        let bin = folder.join("bin");
        if !bin.is_dir() {
            // Removes the files of an interrupted run.
            let _ = fs::remove_dir_all(&folder);
            unpack(&folder)?;
            write_programs(&folder)?;
        }
        Ok(Self { bin })
    }

    /// Returns the path of rustc.
    pub(crate) fn rustc(&self) -> PathBuf {
        self.bin.join("rustc")
    }

    /// Returns a command for cargo, which uses the rustc and the linker of the toolchain.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = run::outside_cargo(self.bin.join("cargo"));
        cargo.env("RUSTC", self.rustc());
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", self.bin.join("wasm-ld"));
        cargo
    }
}

/// Downloads and unpacks the packages.
fn unpack(folder: &Path) -> Result {
    let apt = folder.join("apt");
    let fail = |error: std::io::Error| format!("cannot prepare {}: {error}", folder.display());
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(part)).map_err(fail)?;
    }
    let mirror = mirror()?;
    let sources = format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {RELEASE} main\n");
    fs::write(apt.join("sources.list"), sources).map_err(fail)?;
    // An empty status: apt then downloads all dependencies, including those that are installed on this machine.
    fs::write(apt.join("status"), "").map_err(fail)?;
    let path = |name: &str| apt.join(name).display().to_string();
    let settings = format!(
        "Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n\
         Dir::State::lists \"{}\";\nDir::State::status \"{}\";\nDir::Cache \"{}\";\nAPT::Sandbox::User \"root\";\n\
         Debug::NoLocking \"true\";\n",
        path("sources.list"),
        path("lists"),
        path("status"),
        path("cache"),
    );
    fs::write(apt.join("apt.conf"), settings).map_err(fail)?;
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", apt.join("apt.conf")).arg("--quiet");
        command
    };
    run::output(apt_get().arg("update"))?;
    println!("downloading {} of Debian {RELEASE}", PACKAGES.join(", "));
    run::output(apt_get().args(["install", "--yes", "--no-install-recommends", "--download-only"]).args(PACKAGES))?;

    let root = folder.join("root");
    for entry in fs::read_dir(apt.join("cache/archives")).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".deb") && !UNNEEDED.iter().any(|unneeded| name.starts_with(unneeded)) {
            run::output(Command::new("dpkg-deb").arg("--extract").args([&path, &root]))?;
        }
    }
    fs::remove_dir_all(&apt).map_err(fail)
}

/// Returns the address of the Debian mirror of this machine.
fn mirror() -> Result<String> {
    let sites =
        run::output(Command::new("apt-get").args(["indextargets", "--format", "$(SITE)", "Identifier: Packages"]))
            .map_err(|error| format!("cannot run apt-get, which only Debian has: {error}"))?;
    mirror_among(&sites).ok_or_else(|| "the sources of apt have no Debian mirror".to_owned())
}

fn mirror_among(sites: &str) -> Option<String> {
    sites.lines().find(|site| site.trim_end_matches('/').ends_with("/debian")).map(str::to_owned)
}

/// Writes scripts that start the unpacked programs with the unpacked libraries.
///
/// They are written last, so that a toolchain with these scripts is complete.
fn write_programs(folder: &Path) -> Result {
    let usr = folder.join("root/usr");
    let libraries = usr.join("lib/x86_64-linux-gnu");
    let llvm = usr.join("lib/llvm-19");
    let start = format!(
        "exec '{}' --library-path '{}:{}'",
        libraries.join("ld-linux-x86-64.so.2").display(),
        libraries.display(),
        llvm.join("lib").display()
    );
    let usr = usr.display();
    let new = folder.join("new");
    let programs = [
        ("cargo", format!("--argv0 cargo '{usr}/bin/cargo'")),
        ("rustc", format!("--argv0 rustc '{usr}/bin/rustc' --sysroot '{usr}'")),
        ("wasm-ld", format!("--argv0 wasm-ld '{}'", llvm.join("bin/lld").display())),
    ];
    let fail = |error: std::io::Error| format!("cannot prepare {}: {error}", new.display());
    fs::create_dir_all(&new).map_err(fail)?;
    for (name, program) in programs {
        let path = new.join(name);
        fs::write(&path, format!("#!/bin/sh\n{start} {program} \"$@\"\n")).map_err(fail)?;
        run::output(Command::new("chmod").arg("755").arg(&path))?;
    }
    fs::rename(&new, folder.join("bin")).map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debian_mirror_is_found_among_other_sources() {
        let sites =
            "http://mirror.example/debian-security\nhttp://packages.example/apt\nhttp://mirror.example/debian/\n";
        assert_eq!(mirror_among(sites).as_deref(), Some("http://mirror.example/debian/"));
        assert_eq!(mirror_among("http://mirror.example/ubuntu\n"), None);
    }
}
