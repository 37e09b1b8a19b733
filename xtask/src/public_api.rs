//! `cargo xtask public-api`: writes the public API of each published crate to a file, so that each change of it appears in a diff.
//!
//! rustdoc writes the API as JSON, which the crate `public-api` converts to one line for each item. The file has these lines
//! grouped by type. It omits the paths of the standard library, the methods of trait implementations, and the hidden traits that
//! only the macros of this project implement.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use public_api::PublicItem;
use xtask_programs::{Result, run};

use crate::{docs, layers};

/// The folder into which rustdoc writes.
const JSON: &str = "target/doc";

/// The folder into which the current API is written if it differs from the file.
const CHANGED: &str = "target/public-api";

/// The version of rustdoc's JSON format that the version of `public-api` in `xtask/Cargo.toml` reads.
const FORMAT: u32 = 57;

/// The traits that are not listed: auto traits, the negations of those that do not matter to users, and compiler internals.
/// `!Send` and `!Sync` are listed.
const AUTOMATIC: [&str; 12] = [
    "Send",
    "Sync",
    "Unpin",
    "!Unpin",
    "UnwindSafe",
    "!UnwindSafe",
    "RefUnwindSafe",
    "!RefUnwindSafe",
    "Freeze",
    "!Freeze",
    "UnsafeUnpin",
    "StructuralPartialEq",
];

/// The prefix of the traits that are hidden in the documentation.
const HIDDEN: &str = "seam_model::object::";

/// The crates whose paths are shortened to the last name.
const STANDARD: [&str; 4] = ["alloc", "core", "std", "serde_core"];

/// Writes the files of all published crates.
pub(crate) fn write() -> Result {
    docs::published("-Z unstable-options --output-format json")?;
    for name in layers::PUBLISHED {
        let (path, text) = (path(name), describe(name)?);
        fs::write(&path, &text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("{}: {} lines, {} kB", path.display(), text.lines().count(), text.len() / 1000);
    }
    Ok(())
}

/// Compares the files with the sources, and prints the differences.
pub(crate) fn check() -> Result {
    docs::published("-Z unstable-options --output-format json")?;
    let mut changed = Vec::new();
    for name in layers::PUBLISHED {
        let (path, text) = (path(name), describe(name)?);
        if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
            continue;
        }
        let current = Path::new(CHANGED).join(format!("{name}.txt"));
        fs::create_dir_all(CHANGED)
            .and_then(|()| fs::write(&current, &text))
            .map_err(|error| format!("cannot write {}: {error}", current.display()))?;
        // git exits with 1, because the files differ.
        let mut diff = Command::new("git");
        diff.args(["--no-pager", "diff", "--no-index", "--unified=1", "--"]).args([&path, &current]);
        diff.status().map_err(|error| format!("cannot run `{}`: {error}", run::line(&diff)))?;
        changed.push(path.display().to_string());
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the public API differs from {}; if the change is intended, run `cargo xtask public-api`, commit the files, and \
         describe the change in CHANGELOG.md",
        changed.join(" and ")
    ))
}

/// Returns the path of the file with the API of a crate.
fn path(name: &str) -> PathBuf {
    Path::new("crates").join(name).join("public-api.txt")
}

/// Renders the API of a crate from its JSON.
fn describe(name: &str) -> Result<String> {
    let library = name.replace('-', "_");
    let json = Path::new(JSON).join(format!("{library}.json"));
    let text = fs::read_to_string(&json).map_err(|error| format!("cannot read {}: {error}", json.display()))?;
    if !text.ends_with(&format!("\"format_version\":{FORMAT}}}")) {
        return Err(format!(
            "the JSON of this rustdoc does not have format version {FORMAT}; set the version of `public-api` in \
             xtask/Cargo.toml to one for this Rust, and FORMAT in {} to the version of its `rustdoc-types`",
            file!()
        ));
    }
    let api = public_api::Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .build()
        .map_err(|error| format!("cannot parse {}: {error}", json.display()))?;
    let head = format!("# The public API of {name}. Written by `cargo xtask public-api`.\n");
    Ok(head + &render(&library, &api.items().map(Item::from).collect::<Vec<_>>()))
}

/// An item of the API.
struct Item {
    id: u32,
    parent: Option<u32>,
    line: String,
}

impl From<&PublicItem> for Item {
    fn from(item: &PublicItem) -> Self {
        Self { id: item.id().0, parent: item.parent_id().map(|id| id.0), line: item.to_string() }
    }
}

/// The type or trait whose items are being rendered.
#[derive(Default)]
struct Owner {
    /// The path inside the crate, without generics. Empty outside a type.
    path: String,
    is_trait: bool,
    /// The heading of the current `impl` block.
    implementation: String,
    /// The traits that the type implements without conditions.
    traits: BTreeSet<String>,
    /// The implementations with conditions, and those of a trait for other types.
    others: BTreeSet<String>,
}

impl Owner {
    /// Appends the implemented traits, which end the lines of a type.
    fn finish(&mut self, out: &mut String) {
        if !self.traits.is_empty() {
            let traits: Vec<&str> = self.traits.iter().map(String::as_str).collect();
            *out += &format!("  impl {}\n", traits.join(" + "));
        }
        for other in &self.others {
            *out += &format!("  {other}\n");
        }
        *self = Self::default();
    }
}

/// Renders the items, which `public-api` sorts so that a type precedes its items.
fn render(library: &str, items: &[Item]) -> String {
    let mut out = String::new();
    let mut owner = Owner::default();
    let mut trait_implementations = BTreeSet::new();
    for item in items {
        let line = short(library, &item.line);
        if let Some((name, target)) = trait_implementation(&line) {
            trait_implementations.insert(item.id);
            let is_hidden = item.line.contains(HIDDEN) || AUTOMATIC.contains(&name);
            let is_own = !owner.is_trait && without_generics(target) == owner.path;
            let has_conditions = line.contains(": ") || line.contains(" where ");
            // The lines of a local type list the trait.
            let is_elsewhere = owner.is_trait && item.line.contains(&format!(" for {library}::"));
            if is_own && !has_conditions && !is_hidden {
                owner.traits.insert(name.to_owned());
            } else if !is_elsewhere && !is_hidden {
                owner.others.insert(line);
            }
        } else if item.parent.is_some_and(|parent| trait_implementations.contains(&parent)) {
            // Functions have the signatures of the trait, so only associated types are listed.
            if line.starts_with("pub type ") && !owner.is_trait {
                if let Some(member) = member(&line, &owner.path) {
                    out += &format!("    {member}\n");
                }
            }
        } else if line.starts_with("impl") {
            let is_plain = line.strip_prefix("impl ") == Some(&owner.path);
            if !(is_plain && owner.implementation.is_empty()) && line != owner.implementation {
                out += &format!("  {line}\n");
                owner.implementation = line;
            }
        } else if let Some(member) = member(&line, &owner.path) {
            out += &format!("    {member}\n");
        } else {
            owner.finish(&mut out);
            out += &line.replacen("pub ", "", 1);
            out.push('\n');
            if let Some(path) = type_path(&line) {
                owner.path = path.to_owned();
                owner.is_trait = line.contains("pub trait ");
            }
        }
    }
    owner.finish(&mut out);
    out
}

/// Returns the trait and the type of `impl<..> Trait for Type`.
fn trait_implementation(line: &str) -> Option<(&str, &str)> {
    let rest = after_generics(line.strip_prefix("impl")?).trim_start();
    let (name, target) = rest.split_once(" for ")?;
    Some((name, target.split(" where ").next().unwrap_or(target)))
}

/// Returns the path of the type or trait that a line declares.
fn type_path(line: &str) -> Option<&str> {
    let line = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
    let (kind, rest) = line.strip_prefix("pub ")?.split_once(' ')?;
    ["struct", "enum", "trait", "union"].contains(&kind).then(|| without_generics(rest))
}

/// Returns the line of an item without the path of its type, if its type is `owner`.
fn member(line: &str, owner: &str) -> Option<String> {
    const QUALIFIERS: [&str; 5] = ["const ", "async ", "unsafe ", "fn ", "type "];
    if owner.is_empty() {
        return None;
    }
    let mut path = line.strip_prefix("pub ").unwrap_or(line);
    let mut qualifiers = String::new();
    while let Some(qualifier) = QUALIFIERS.iter().find(|qualifier| path.starts_with(**qualifier)) {
        path = path.strip_prefix(qualifier)?;
        qualifiers += qualifier;
    }
    let name = after_generics(path.strip_prefix(owner)?).strip_prefix("::")?;
    Some(qualifiers + name)
}

/// Returns the path at the start of a string, without generics or other characters that follow it.
fn without_generics(path: &str) -> &str {
    let end = path.find(|c: char| !is_path(c)).unwrap_or(path.len());
    path.get(..end).unwrap_or(path).trim_end_matches(':')
}

/// Returns a string without the generics at its start, if there are any.
fn after_generics(text: &str) -> &str {
    let mut depth = 0;
    let mut previous = ' ';
    for (index, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if previous != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if c == '>' { text.get(index + 1..).unwrap_or_default() } else { text };
        }
        previous = c;
    }
    text
}

fn is_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Shortens all paths in a line.
fn short(library: &str, line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| is_path(c) != is_path(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(length);
        // `name: Type` is no path, and neither is the part after `<T as Trait>`.
        let end = part.trim_end_matches(':').len();
        let (path, colons) = part.split_at(end);
        if path.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out += &short_path(library, path);
        } else {
            out += path;
        }
        out += colons;
        rest = after;
    }
    out
}

/// Shortens a path. A local path loses its crate. A path of the standard library becomes its last name. A path of another crate
/// becomes the name of the crate and of the item, because the defining module is not part of the API.
fn short_path(library: &str, path: &str) -> String {
    let parts: Vec<&str> = path.split("::").collect();
    let [first, modules @ .., last] = parts.as_slice() else { return path.to_owned() };
    if *first == library {
        return path.strip_prefix(first).and_then(|path| path.strip_prefix("::")).unwrap_or(path).to_owned();
    }
    let is_type = |part: &&&str| part.starts_with(|c: char| c.is_ascii_uppercase());
    if STANDARD.contains(first) {
        // `io::Result` and `fmt::Result` keep their module, to distinguish them from `Result`.
        let is_common = ["Error", "Result"].contains(last);
        let mut modules = modules.iter().filter(|module| !(is_common && ["error", "result"].contains(module)));
        return match modules.next_back() {
            Some(owner) if is_common || is_type(&owner) => format!("{owner}::{last}"),
            _ => (*last).to_owned(),
        };
    }
    let names = parts.iter().skip(1).skip_while(|part| !is_type(part));
    let name = names.copied().collect::<Vec<_>>().join("::");
    if name.is_empty() { path.to_owned() } else { format!("{first}::{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(lines: &[(u32, Option<u32>, &str)]) -> String {
        let items: Vec<Item> = lines
            .iter()
            .map(|(id, parent, line)| Item { id: *id, parent: *parent, line: (*line).to_owned() })
            .collect();
        render("own", &items)
    }

    #[test]
    fn a_type_lists_its_items_and_then_its_traits() {
        let items = [
            (1, None, "pub mod own"),
            (2, Some(1), "#[non_exhaustive] pub struct own::a::Lock"),
            (3, Some(2), "pub own::a::Lock::name: core::option::Option<alloc::string::String>"),
            (4, Some(2), "impl own::a::Lock"),
            (5, Some(4), "pub fn own::a::Lock::new(impl core::convert::Into<other::ids::LockId>) -> Self"),
            (6, Some(2), "impl core::clone::Clone for own::a::Lock"),
            (7, Some(6), "pub fn own::a::Lock::clone(&self) -> own::a::Lock"),
            (13, Some(2), "impl core::marker::Send for own::a::Lock"),
            (14, Some(2), "impl !core::marker::Sync for own::a::Lock"),
            (8, Some(2), "impl core::str::traits::FromStr for own::a::Lock"),
            (9, Some(8), "pub type own::a::Lock::Err = core::convert::Infallible"),
            (10, Some(2), "impl core::cmp::PartialEq<own::a::Lock> for str"),
            (11, Some(1), "pub fn own::open(&own::a::Lock) -> core::fmt::Result"),
            (12, Some(1), "pub fn own::read() -> core::result::Result<(), std::io::error::Error>"),
        ];
        let expected = "\
mod own
#[non_exhaustive] struct a::Lock
    name: Option<String>
    fn new(impl Into<other::LockId>) -> Self
    type Err = Infallible
  impl !Sync + Clone + FromStr
  impl PartialEq<a::Lock> for str
fn open(&a::Lock) -> fmt::Result
fn read() -> Result<(), io::Error>
";
        assert_eq!(rendered(&items), expected);
    }

    #[test]
    fn implementations_with_generics_have_a_heading() {
        let items = [
            (1, None, "pub struct own::Call<E>"),
            (2, Some(1), "impl<E: own::Endpoint> own::Call<E>"),
            (
                3,
                Some(2),
                "pub async fn own::Call<E>::send(self) -> core::result::Result<<E as own::Endpoint>::Output, own::Error>",
            ),
            (4, Some(1), "impl own::Call<own::locks::Unlock>"),
            (5, Some(4), "pub fn own::Call<own::locks::Unlock>::force(self, bool) -> Self"),
            (6, Some(1), "impl<E: core::fmt::Debug> core::fmt::Debug for own::Call<E>"),
        ];
        let expected = "\
struct Call<E>
  impl<E: Endpoint> Call<E>
    async fn send(self) -> Result<<E as Endpoint>::Output, Error>
  impl Call<locks::Unlock>
    fn force(self, bool) -> Self
  impl<E: Debug> Debug for Call<E>
";
        assert_eq!(rendered(&items), expected);
    }

    #[test]
    fn a_trait_lists_the_types_of_other_crates_that_implement_it() {
        let items = [
            (1, None, "pub trait own::Transport: core::marker::Send"),
            (2, Some(1), "pub fn own::Transport::send(&self)"),
            (3, Some(1), "impl own::Transport for own::Http"),
            (4, Some(1), "impl<T: own::Transport> own::Transport for alloc::boxed::Box<T>"),
            (5, Some(4), "pub fn alloc::boxed::Box<T>::send(&self)"),
            (6, None, "pub use own::Bytes"),
        ];
        let expected = "\
trait Transport: Send
    fn send(&self)
  impl<T: Transport> Transport for Box<T>
use Bytes
";
        assert_eq!(rendered(&items), expected);
    }

    #[test]
    fn hidden_traits_are_omitted() {
        let items = [(1, None, "pub struct own::Lock"), (2, Some(1), "impl seam_model::object::Value for own::Lock")];
        assert_eq!(rendered(&items), "struct Lock\n");
    }
}
