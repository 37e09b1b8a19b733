//! `cargo xtask build-cost`: measures the CPU time to compile the large crates, and the size of programs.

use std::{fs, path::Path};

use xtask_programs::{Result, run};

/// The crates whose build cost is limited.
const CRATES: [&str; 2] = ["seam-model", "seam-core"];
/// The builds, with their arguments and the limit of the CPU seconds for both crates.
const LIMITS: [(&str, &[&str], f64); 2] = [("cargo build", &[], 15.0), ("cargo build --release", &["--release"], 30.0)];

/// The target directory, which no other command uses.
const TARGET: &str = "target/build-cost";

/// Measures the build cost and the size, prints them, and fails if one is above its limit.
pub(crate) fn run() -> Result {
    let mut failures = Vec::new();
    for (name, arguments, limit) in LIMITS {
        let _ = fs::remove_dir_all(TARGET);
        let total = build(arguments)?;
        clean(arguments, "seam-core")?;
        let core = build(arguments)?;
        clean(arguments, "seam-core")?;
        clean(arguments, "seam-model")?;
        let own = build(arguments)?;
        println!("{name:24} {:12} {:6.1} CPU seconds", "seam-model", own - core);
        println!("{name:24} {:12} {core:6.1} CPU seconds", "seam-core");
        println!("{name:24} {:12} {own:6.1} CPU seconds, limit {limit}", "both");
        println!("{name:24} {:12} {:6.1} CPU seconds", "third party", total - own);
        if own > limit {
            failures.push(format!("{name}: {own:.1} CPU seconds, above the limit of {limit}"));
        }
    }
    failures.extend(sizes()?);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Builds both crates with their dependencies, and returns the CPU seconds of the build.
///
/// Each build selects both crates, since the selection determines the features of the dependencies: a build of seam-model alone would
/// compile some of them again.
fn build(arguments: &[&str]) -> Result<f64> {
    let mut cargo = run::cargo(["build", "--quiet", "--locked", "--jobs", "1", "--target-dir", TARGET]);
    let before = child_cpu_seconds()?;
    run::run(cargo.args(arguments).args(CRATES.iter().flat_map(|name| ["--package", name])))?;
    Ok(child_cpu_seconds()? - before)
}

/// Removes the artifacts of a package, so that the next build compiles it.
fn clean(arguments: &[&str], package: &str) -> Result {
    let mut cargo = run::cargo(["clean", "--quiet", "--target-dir", TARGET, "--package", package]);
    run::run(cargo.args(arguments))
}

/// Returns the CPU seconds of all finished descendants of this process.
pub(crate) fn child_cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("cannot read /proc/self/stat: {error}; this command needs Linux"))?;
    // The name of the program may contain spaces, so the fields are counted from its end: utime, stime, cutime and cstime are
    // fields 14 to 17.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| {
        fields.get(index).and_then(|ticks| ticks.parse::<f64>().ok()).ok_or("cannot parse the times in /proc/self/stat")
    };
    // A tick is a hundredth of a second on every Linux.
    Ok((ticks(13)? + ticks(14)?) / 100.0)
}

/// The programs with a size limit: each has its counterpart over reqwest alone, and the largest allowed ratio.
const SIZES: [(&str, &str, &str, f64); 2] = [
    ("one endpoint", "one_with_seam", "one_with_reqwest", 1.1),
    ("five endpoints", "five_with_seam", "five_with_reqwest", 1.2),
];

/// Measures the stripped programs. Returns a message for each that is too large.
fn sizes() -> Result<Vec<String>> {
    let folder = Path::new(TARGET).join("size");
    write_programs(&folder)?;
    run::run(run::cargo(["build", "--quiet", "--release"]).current_dir(&folder))?;
    let bytes = |name: &str| size(&folder.join("target/release").join(name));
    let mut failures = Vec::new();
    for (name, with_seam, with_reqwest, limit) in SIZES {
        let (seam, reqwest) = (bytes(with_seam)?, bytes(with_reqwest)?);
        let ratio = seam / reqwest;
        println!(
            "stripped program, {name}: {:.2} MB, over reqwest alone {:.2} MB: {ratio:.3}, limit {limit}",
            seam / 1e6,
            reqwest / 1e6
        );
        if ratio > limit {
            failures.push(format!("the program with {name} is {ratio:.3} times as large, more than {limit}"));
        }
    }
    Ok(failures)
}

/// Writes a package with the programs of [`SIZES`]. The folder is two levels below the target directory.
pub(crate) fn write_programs(folder: &Path) -> Result {
    write(folder, "Cargo.toml", include_str!("build_cost/Cargo.toml.txt"))?;
    write(folder, "src/bin/one_with_seam.rs", include_str!("build_cost/one_with_seam.rs.txt"))?;
    write(folder, "src/bin/one_with_reqwest.rs", include_str!("build_cost/one_with_reqwest.rs.txt"))?;
    write(folder, "src/bin/five_with_seam.rs", include_str!("build_cost/five_with_seam.rs.txt"))?;
    write(folder, "src/bin/five_with_reqwest.rs", include_str!("build_cost/five_with_reqwest.rs.txt"))?;
    fs::copy("Cargo.lock", folder.join("Cargo.lock")).map_err(|error| format!("cannot copy Cargo.lock: {error}"))?;
    Ok(())
}

/// Writes a file of a package, and creates its folder.
pub(crate) fn write(package: &Path, name: &str, text: &str) -> Result {
    let path = package.join(name);
    let folder = path.parent().unwrap_or(package);
    fs::create_dir_all(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    fs::write(&path, text).map_err(|error| format!("cannot write to {}: {error}", path.display()))
}

/// Returns the size of a file in bytes.
pub(crate) fn size(path: &Path) -> Result<f64> {
    let metadata = fs::metadata(path);
    let size = metadata.map_err(|error| format!("cannot read the size of {}: {error}", path.display()))?.len();
    Ok(f64::from(u32::try_from(size).map_err(|_| format!("{} is larger than 4 GiB", path.display()))?))
}
