//! What the crates depend on: the arrows of the architecture, and the licences and sources of everything else.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::output;

/// What model and core must not pull in, by the beginning of the name: a runtime, an HTTP stack, TLS.
const FORBIDDEN_BELOW_CORE: &[&str] = &[
    "async-std",
    "aws-lc",
    "curl",
    "h2",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "reqwest",
    "ring",
    "rustls",
    "serde_derive",
    "smol",
    "tokio",
    "ureq",
];

/// The arrows of the architecture: a crate, and the crates of ours that it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("seam-model", &[]),
    ("seam-core", &["seam-model"]),
    ("seam-reqwest", &["seam-core", "seam-model"]),
    ("seam-mock", &["seam-core", "seam-model"]),
];

/// The licences that a dependency may have.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(crate) fn check() -> Result<(), String> {
    for (name, allowed) in ARROWS {
        let tree = output("cargo", &format!("tree --locked -e normal,build --prefix none -f {{p}} -p {name}"))?;
        let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        check_tree(name, allowed, &names)?;
    }
    let metadata = output("cargo", "metadata --locked --format-version 1")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata names no packages")?;
    packages.iter().try_for_each(check_package)
}

fn check_tree(name: &str, allowed: &[&str], below: &BTreeSet<&str>) -> Result<(), String> {
    if !below.contains(name) {
        return Err(format!("cargo tree says nothing of {name}"));
    }
    for dependency in below.iter().filter(|dependency| **dependency != name) {
        if dependency.starts_with("seam-") && !allowed.contains(dependency) {
            return Err(format!("{name} depends on {dependency}, which the architecture does not allow"));
        }
        let is_forbidden = FORBIDDEN_BELOW_CORE.iter().any(|forbidden| dependency.starts_with(forbidden));
        if is_forbidden && (name == "seam-model" || name == "seam-core") {
            return Err(format!("{name} depends on {dependency}, and so would every transport"));
        }
    }
    Ok(())
}

/// A package of the default registry, or of this workspace, with a licence that is allowed.
fn check_package(package: &Value) -> Result<(), String> {
    let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
    let source = package.get("source").and_then(Value::as_str);
    if source.is_some_and(|source| !source.starts_with("registry+")) {
        return Err(format!("{name} is not from the registry"));
    }
    let licence = package.get("license").and_then(Value::as_str).unwrap_or_default();
    if is_allowed(licence) {
        Ok(())
    } else {
        Err(format!("{name} has the licence {licence:?}, which is not allowed yet"))
    }
}

/// Whether an SPDX expression can be satisfied with [`LICENCES`]. Parentheses occur only around alternatives.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " AND ").iter().all(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.split(" OR ").any(|licence| LICENCES.contains(&licence.trim()))
    })
}

/// Splits where `separator` is outside of parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find(separator)).map(|at| from + at) {
        let (head, tail) = rest.split_at(at);
        if head.matches('(').count() == head.matches(')').count() {
            parts.push(head);
            rest = tail.strip_prefix(separator).unwrap_or_default();
            from = 0;
        } else {
            from = at + separator.len();
        }
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::{check_tree, is_allowed};

    #[test]
    fn an_expression_is_allowed_if_it_can_be_satisfied() {
        for good in
            ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "ISC AND (MIT OR X)"]
        {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT AND GPL-3.0) OR GPL-2.0", "MIT WITH odd-exception"] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn an_arrow_the_wrong_way_and_a_runtime_below_core_are_refused() {
        let tree = |names: &[&'static str]| names.iter().copied().collect();
        assert!(check_tree("seam-core", &["seam-model"], &tree(&["seam-core", "seam-model", "serde"])).is_ok());
        assert!(check_tree("seam-core", &["seam-model"], &tree(&["seam-core", "tokio-util"])).is_err());
        assert!(check_tree("seam-model", &[], &tree(&["seam-model", "seam-core"])).is_err());
        assert!(check_tree("seam-reqwest", &["seam-core"], &tree(&["seam-reqwest", "tokio"])).is_ok());
        assert!(check_tree("seam-reqwest", &["seam-core"], &tree(&[])).is_err());
    }
}
