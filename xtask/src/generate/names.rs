//! Conversion of names of the API to Rust identifiers, and detection of collisions.

use std::{collections::BTreeMap, fs, path::Path};

use seam_spec::Location;

use super::resolve::Resolver;
use xtask_programs::Result;

/// All strict and reserved keywords of Rust 2024.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "crate", "self", "super",
];

/// The keywords that are not valid as raw identifiers.
const NEVER: [&str; 5] = ["Self", "_", "crate", "self", "super"];

/// Returns a name as a Rust identifier; `None` if it is not valid.
pub(super) fn identifier(name: &str) -> Option<String> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !begins || !is_word || NEVER.contains(&name) {
        return None;
    }
    Some(if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() })
}

/// Returns a name in Pascal case: `AccessCodeSet` for `access_code.set`.
pub(super) fn pascal(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            let rest = letters.as_str();
            // Constants are written in capitals.
            let rest = if word.len() > 1 && name.chars().all(|c| !c.is_ascii_lowercase()) {
                rest.to_ascii_lowercase()
            } else {
                rest.to_owned()
            };
            first.into_iter().collect::<String>() + &rest
        })
        .collect()
}

/// Names that must differ, such as the methods of a type.
pub(super) struct Scope {
    /// The items with these names, such as `the methods of Call<GetDevice>`.
    about: String,
    taken: BTreeMap<String, String>,
}

impl Scope {
    pub(super) fn new(about: impl Into<String>) -> Self {
        Self { about: about.into(), taken: BTreeMap::new() }
    }

    /// Adds the name of a hand-written item.
    pub(super) fn reserve(&mut self, name: impl Into<String>, what: impl Into<String>) {
        self.taken.insert(name.into(), what.into());
    }

    /// Adds a name. Reports names that are not valid identifiers or already taken.
    pub(super) fn add(&mut self, name: &str, location: Location, what: &str, resolver: &mut Resolver<'_>) {
        if identifier(name.strip_prefix("r#").unwrap_or(name)).is_none() {
            resolver.problem(location, format!("{what}: `{name}` is not a valid Rust identifier"));
        } else if let Some(other) = self.taken.get(name) {
            resolver.problem(location, format!("{what}: `{name}` in {} is taken by {other}", self.about));
        } else {
            self.taken.insert(name.to_owned(), format!("{what} (crates/seam-spec/{location})"));
        }
    }
}

/// The methods of every call, each with its file and line.
pub(super) type CallMethods = BTreeMap<String, String>;

/// Reads the methods of `Call` in the hand-written sources of `seam-core`.
pub(super) fn call_methods(root: &Path) -> Result<CallMethods> {
    let folder = root.join("crates/seam-core/src");
    let mut methods = CallMethods::from([("into_future".to_owned(), "IntoFuture".to_owned())]);
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        let error = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            if path.is_dir() {
                if !path.ends_with("endpoints") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let file = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                methods.extend(methods_of_call(&file, &text));
            }
        }
    }
    Ok(methods)
}

/// Adds the functions in the inherent impls of `Call`. The sources are formatted, so an impl begins and ends without
/// indentation.
fn methods_of_call(file: &str, text: &str) -> CallMethods {
    let mut methods = CallMethods::new();
    let mut is_inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("impl") {
            is_inside = line.contains(" Call<") && !line.contains(" for ");
        } else if line.starts_with('}') {
            is_inside = false;
        } else if let Some((_, after)) = line.split_once("fn ").filter(|_| is_inside) {
            let is_item = line.strip_prefix("    ").is_some_and(|line| !line.starts_with([' ', '/']));
            let name = after.split(['(', '<']).next().unwrap_or_default();
            if is_item {
                methods.insert(name.to_owned(), format!("{file}:{number}"));
            }
        }
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_become_raw_identifiers() {
        assert_eq!(identifier("device_id").as_deref(), Some("device_id"));
        for keyword in ["type", "gen", "try", "dyn", "await", "yield", "macro", "box", "override"] {
            assert_eq!(identifier(keyword), Some(format!("r#{keyword}")));
        }
        for name in ["self", "super", "crate", "Self", "_", "", "2n", "a-b", "a b", "é", "a\"", "a//"] {
            assert_eq!(identifier(name), None, "{name}");
        }
    }

    #[test]
    fn methods_of_calls_are_found() {
        let text = "\
impl<E: Endpoint> Call<E> {
    /// A fn that is not one.
    pub fn timeout(mut self) -> Self {
        let fn inner() {}
    }

    pub(crate) async fn send<T>(&self) {}
}

impl<E> fmt::Debug for Call<E> {
    fn fmt(&self) {}
}

impl Other {
    fn other() {}
}
";
        let methods = methods_of_call("call.rs", text);
        let expected = [("send", "call.rs:7"), ("timeout", "call.rs:3")];
        assert_eq!(methods, expected.map(|(name, at)| (name.to_owned(), at.to_owned())).into());
    }
}
