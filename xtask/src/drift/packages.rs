//! The packages from which the description is imported, installed with npm and pip.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xtask_programs::{Result, files, node, run};

/// The folder in which the packages are installed.
pub(super) const FOLDER: &str = "target/drift";

/// The JavaScript that writes the OpenAPI document to standard output.
const EXTRACT: &str = "import { openapi } from '@seamapi/types/connect'; process.stdout.write(JSON.stringify(openapi))";

/// An installed package.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// The OpenAPI document, or the source code.
    pub(super) text: String,
}

/// Installs the package with Seam's OpenAPI document.
pub(super) fn openapi(version: &str) -> Result<Package> {
    let name = "@seamapi/types";
    let installed = npm(name, version)?;
    let mut node = Command::new("node");
    let text = run::output(node.current_dir(FOLDER).args(["--input-type=module", "--eval", EXTRACT]))?;
    Ok(Package { name, version: installed, text })
}

/// Installs the newest JavaScript SDK.
pub(super) fn http() -> Result<Package> {
    let name = "@seamapi/http";
    let version = npm(name, "latest")?;
    let text = source_code(&Path::new(FOLDER).join("node_modules").join(name).join("lib"), ".d.ts")?;
    Ok(Package { name, version, text })
}

/// Installs a package with npm, and returns its version.
fn npm(name: &str, version: &str) -> Result<String> {
    fs::create_dir_all(FOLDER).map_err(|error| format!("cannot create {FOLDER}: {error}"))?;
    files::write(&format!("{FOLDER}/package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut npm = node::npm();
    npm.current_dir(FOLDER).args([
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ]);
    run::run(npm.arg(format!("{name}@{version}")))?;
    let manifest = files::read(&format!("{FOLDER}/node_modules/{name}/package.json"))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&manifest).map_err(|error| format!("cannot parse the package.json of {name}: {error}"))?;
    let version = manifest.get("version").and_then(serde_json::Value::as_str);
    version.map(str::to_owned).ok_or_else(|| format!("the package.json of {name} has no version"))
}

/// Installs the newest Python SDK.
pub(super) fn python() -> Result<Package> {
    let name = "seam";
    let folder = Path::new(FOLDER).join("python");
    if folder.exists() {
        // pip would keep the metadata of the older version beside that of the new one.
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot delete {}: {error}", folder.display()))?;
    }
    let mut pip = Command::new(if cfg!(windows) { "python" } else { "python3" });
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"]);
    run::run(pip.arg(&folder).arg(name).env("PIP_ROOT_USER_ACTION", "ignore"))?;
    let installed = files(&folder)?.into_iter().find_map(|path| {
        let version = path.file_name()?.to_str()?.strip_prefix("seam-")?.strip_suffix(".dist-info")?;
        Some(version.to_owned())
    });
    let version = installed.ok_or("pip did not write a seam-VERSION.dist-info folder")?;
    Ok(Package { name, version, text: source_code(&folder.join(name), ".py")? })
}

/// Concatenates all files below a folder whose names end with `suffix`.
fn source_code(folder: &Path, suffix: &str) -> Result<String> {
    let mut text = String::new();
    for path in files(folder)? {
        if path.is_dir() {
            text.push_str(&source_code(&path, suffix)?);
        } else if path.to_string_lossy().ends_with(suffix) {
            text.push_str(&files::read(&path.to_string_lossy())?);
        }
    }
    Ok(text)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| format!("cannot read {}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect()
}
