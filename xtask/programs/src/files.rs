//! Whole files as strings, and copies of folders, with errors that name the path.

use std::{fs, path::Path};

use crate::Result;

/// Files and folders of a checkout that are not copied: they are large, and their tools create them again.
const NOT_COPIED: [&str; 5] = [".git", ".venv", "coverage", "node_modules", "package"];

/// Reads a file.
pub fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
}

/// Writes a file.
pub fn write(path: &str, text: &str) -> Result {
    fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))
}

/// Copies a checkout without its installed packages, and replaces an older copy.
pub fn replace_copy(from: &Path, to: &Path) -> Result {
    if to.exists() {
        fs::remove_dir_all(to).map_err(|error| format!("cannot remove {}: {error}", to.display()))?;
    }
    copy_folder(from, to)
}

fn copy_folder(from: &Path, to: &Path) -> Result {
    let failed = |error| format!("cannot copy {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if NOT_COPIED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(failed)?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_packages_are_not_copied() {
        let root = std::env::temp_dir().join(format!("xtask-programs-{}", std::process::id()));
        fs::create_dir_all(root.join("from/node_modules")).unwrap();
        fs::create_dir_all(root.join("from/a")).unwrap();
        fs::write(root.join("from/a/b"), "b").unwrap();
        replace_copy(&root.join("from"), &root.join("to")).unwrap();
        assert!(root.join("to/a/b").is_file());
        assert!(!root.join("to/node_modules").exists());
        fs::remove_dir_all(root).unwrap();
    }
}
