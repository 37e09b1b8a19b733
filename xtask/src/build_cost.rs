//! `cargo xtask build-cost`: the CPU seconds that it takes to compile each crate, and the size of a program.

use std::{fs, path::Path};

use xtask_programs::{Result, run};

/// The crates whose cost is a promise, with its limits in CPU seconds: `cargo build` and `--release`.
const OURS: [&str; 2] = ["seam-model", "seam-core"];
const LIMITS: [(&str, &[&str], f64); 2] = [("cargo build", &[], 15.0), ("cargo build --release", &["--release"], 30.0)];

/// Where it is built, apart from everything else.
const TARGET: &str = "target/build-cost";

/// Measures, prints and judges.
pub(crate) fn run() -> Result {
    let mut failures = Vec::new();
    for (name, arguments, limit) in LIMITS {
        let _ = fs::remove_dir_all(TARGET);
        let everything = build(arguments, "seam-core")?;
        let mut ours = 0.0;
        for package in OURS {
            // Only this one is gone, so that only it is built again.
            let mut clean = run::cargo(["clean", "--quiet", "--target-dir", TARGET, "--package", package]);
            run::run(clean.args(arguments))?;
            let cost = build(arguments, package)?;
            println!("{name:24} {package:12} {cost:6.1} CPU seconds");
            ours += cost;
        }
        println!("{name:24} {:12} {:6.1} CPU seconds", "third party", everything - ours);
        println!("{name:24} {:12} {ours:6.1} CPU seconds, of {limit} at most", "both");
        if ours > limit {
            failures.push(format!("{name}: {ours:.1} CPU seconds, more than {limit}"));
        }
    }
    size()?;
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Builds a package, and what it needs that is not built yet; the CPU seconds that it took.
fn build(arguments: &[&str], package: &str) -> Result<f64> {
    let mut cargo = run::cargo(["build", "--quiet", "--locked", "--jobs", "1", "--target-dir", TARGET]);
    let before = children()?;
    run::run(cargo.args(arguments).args(["--package", package]))?;
    Ok(children()? - before)
}

/// The CPU seconds of all finished child processes of this one, theirs included.
fn children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(|error| format!("this needs Linux: {error}"))?;
    // The name of the program may hold blanks, so count from behind it: utime stime cutime cstime are 14 to 17.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse::<f64>().ok()).ok_or("cannot read times");
    // A tick is a hundredth of a second on every Linux.
    Ok((ticks(13)? + ticks(14)?) / 100.0)
}

/// The size of a program that calls one endpoint, beside one that does the same with reqwest alone.
fn size() -> Result {
    let folder = Path::new(TARGET).join("size");
    fs::create_dir_all(folder.join("src/bin")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).map_err(|error| format!("{}: {error}", folder.display()))
    };
    write("Cargo.toml", include_str!("build_cost/Cargo.toml.txt"))?;
    write("src/bin/with_seam.rs", include_str!("build_cost/with_seam.rs.txt"))?;
    write("src/bin/with_reqwest.rs", include_str!("build_cost/with_reqwest.rs.txt"))?;
    fs::copy("Cargo.lock", folder.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    run::run(run::cargo(["build", "--quiet", "--release"]).current_dir(&folder))?;
    let bytes = |name: &str| -> Result<f64> {
        let path = folder.join("target/release").join(name);
        let size = fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?.len();
        Ok(f64::from(u32::try_from(size).map_err(|_| "a program of more than 4 GiB")?))
    };
    let (seam, reqwest) = (bytes("with_seam")?, bytes("with_reqwest")?);
    println!(
        "a stripped program that calls one endpoint: {:.2} MB, over reqwest alone {:.2} MB",
        seam / 1e6,
        reqwest / 1e6
    );
    println!("that is {:+.1} %, of 10 % at most", (seam / reqwest - 1.0) * 100.0);
    if seam > reqwest * 1.1 { Err("the program is more than 10 % larger".to_owned()) } else { Ok(()) }
}
