//! `cargo xtask ci modules`: checks that no crate has an import cycle between its modules.
//!
//! A module imports another module if its code, except tests, names an item of it: in a `use`, or with a path such as
//! `crate::state::Table` or `child::function`, also in macro calls. A module is a file; the code of an inline module counts as
//! code of its file.
//!
//! Parents and children follow the same rule: a parent may use its child, or a child its parent, but both together are a cycle.
//! There is one exception: `mod child;` and `pub use child::Item` (with any visibility) are no imports, because they only add the
//! child's items to the parent's namespace. A path through such a re-export counts as an import of the module that defines the
//! item.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use xtask_programs::Result;

/// The limit of re-exports that are followed for one path. Only a `use` that resolves to itself exceeds it.
const DEPTH_LIMIT: usize = 16;

/// Checks all crates.
pub(crate) fn check() -> Result {
    let mut failures = Vec::new();
    let mut crates: Vec<String> = Vec::new();
    for entry in fs::read_dir("crates").map_err(|error| format!("cannot read crates: {error}"))? {
        let entry = entry.map_err(|error| format!("cannot read crates: {error}"))?;
        crates.push(entry.file_name().to_string_lossy().into_owned());
    }
    crates.sort();
    for name in crates {
        let imports = Crate::read(Path::new(&format!("crates/{name}/src/lib.rs")))?.imports();
        let cycles = cycles(&imports);
        if cycles.is_empty() {
            println!("{name}: {} modules without an import cycle", imports.len());
        }
        failures.extend(cycles.into_iter().map(|cycle| format!("{name}: {cycle}")));
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("import cycles between modules:\n{}", failures.join("\n"))) }
}

/// The names from the crate root to a module. The root has no name.
type Name = Vec<String>;

/// The imports of the module of each file.
type Imports = BTreeMap<Name, BTreeSet<Name>>;

/// The declarations of a module.
#[derive(Default)]
struct Module {
    /// The module of its file, which is the module itself unless it is inline.
    file: Name,
    children: BTreeSet<String>,
    /// The names of the items that the module defines.
    items: BTreeSet<String>,
    uses: Vec<Use>,
    /// The paths outside `use`.
    paths: Vec<Vec<String>>,
}

/// A name that a `use` imports.
struct Use {
    path: Vec<String>,
    /// The name in the importing module, or `None` for a glob.
    name: Option<String>,
    is_public: bool,
}

/// The modules of a crate.
#[derive(Default)]
struct Crate {
    modules: BTreeMap<Name, Module>,
}

/// A module whose file has not been read.
struct Pending {
    name: Name,
    file: PathBuf,
    /// The directory of the files of its children.
    directory: PathBuf,
}

impl Crate {
    /// Reads the modules of a crate, beginning with its root.
    fn read(root: &Path) -> Result<Self> {
        let directory = root.parent().unwrap_or(Path::new("")).to_owned();
        let mut pending = vec![Pending { name: Name::new(), file: root.to_owned(), directory }];
        let mut read = Self::default();
        while let Some(Pending { name, file, directory }) = pending.pop() {
            let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
            for child in read.add(&name, &text).map_err(|error| format!("{}: {error}", file.display()))? {
                // The children of an inline module are in a directory with its name.
                let below: PathBuf = child.get(name.len()..).unwrap_or_default().iter().collect();
                let directory = directory.join(below);
                let (beside, inside) = (directory.with_extension("rs"), directory.join("mod.rs"));
                let file = if beside.is_file() { beside } else { inside };
                pending.push(Pending { name: child, file, directory });
            }
        }
        Ok(read)
    }

    /// Adds the module of a file, and returns the modules that it declares in other files.
    fn add(&mut self, name: &Name, text: &str) -> Result<Vec<Name>> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("cannot parse the code: {error}"))?;
        let mut in_files = Vec::new();
        self.add_module(name, name, tokens, &mut in_files);
        Ok(in_files)
    }

    fn add_module(&mut self, name: &Name, file: &Name, tokens: TokenStream, in_files: &mut Vec<Name>) {
        let mut module = Module { file: file.clone(), ..Module::default() };
        let mut inline = Vec::new();
        scan(tokens, &mut module, &mut inline);
        for (child, body) in inline {
            let mut path = name.clone();
            path.push(child);
            match body {
                Some(body) => self.add_module(&path, file, body, in_files),
                None => in_files.push(path),
            }
        }
        self.modules.insert(name.clone(), module);
    }

    /// Returns the imports of each file from other files.
    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (name, module) in &self.modules {
            let found = imports.entry(module.file.clone()).or_default();
            let used = module.uses.iter().filter_map(|one| {
                let target = self.resolve(name, &one.path, 0)?;
                let is_facade = one.is_public && target != module.file && target.starts_with(&module.file);
                (!is_facade).then_some(target)
            });
            let named = module.paths.iter().filter_map(|path| self.resolve(name, path, 0));
            let files = used.chain(named).filter_map(|target| Some(&self.modules.get(&target)?.file));
            found.extend(files.filter(|file| **file != module.file).cloned());
        }
        imports
    }

    /// Returns the module that defines the item at a path in module `from`, or `None` if another crate defines it.
    fn resolve(&self, from: &Name, path: &[String], depth: usize) -> Option<Name> {
        let mut at = from.clone();
        let mut is_inside = false;
        for (index, part) in path.iter().enumerate() {
            match part.as_str() {
                "crate" => at = Name::new(),
                "self" => {}
                "super" => drop(at.pop()),
                _ => {
                    let module = self.modules.get(&at)?;
                    let rest = path.get(index + 1..).unwrap_or_default();
                    if module.children.contains(part) {
                        at.push(part.clone());
                    } else if module.items.contains(part) {
                        return Some(at);
                    } else if let Some(target) = self.resolve_use(&at, module, part, rest, depth) {
                        return target;
                    } else {
                        // The name of a crate, a local name, or a name that a macro defines.
                        return is_inside.then_some(at);
                    }
                }
            }
            is_inside = true;
        }
        self.modules.contains_key(&at).then_some(at)
    }

    /// Follows the `use` of a module that imports `name`, or returns `None` if there is no such `use`.
    fn resolve_use(
        &self,
        at: &Name,
        module: &Module,
        name: &str,
        rest: &[String],
        depth: usize,
    ) -> Option<Option<Name>> {
        if depth == DEPTH_LIMIT {
            return None;
        }
        let follow = |path: &[String]| self.resolve(at, path, depth + 1);
        if let Some(found) = module.uses.iter().find(|one| one.name.as_deref() == Some(name)) {
            // `use serde;` resolves to itself.
            let is_itself = found.path.first().is_some_and(|first| first == name);
            return Some(if is_itself { None } else { follow(&[&found.path, rest].concat()) });
        }
        module.uses.iter().filter(|one| one.name.is_none()).find_map(|glob| {
            let target = follow(&glob.path)?;
            let defines = self.modules.get(&target).is_some_and(|target| {
                target.items.contains(name)
                    || target.children.contains(name)
                    || target.uses.iter().any(|one| one.is_public && one.name.as_deref() == Some(name))
            });
            let within = [&[name.to_owned()], rest].concat();
            (defines && target != *at).then(|| self.resolve(&target, &within, depth + 1))
        })
    }
}

/// The keywords that precede the name of an item.
const ITEMS: [&str; 9] = ["const", "enum", "fn", "macro_rules", "static", "struct", "trait", "type", "union"];

/// The modules that a module declares, each with its body if it is inline.
type Declared = Vec<(String, Option<TokenStream>)>;

/// Finds the declarations, imports and paths of a module. Items below `#[cfg(test)]` are ignored.
fn scan(tokens: TokenStream, module: &mut Module, declared: &mut Declared) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut is_public = false;
    while let Some((token, after)) = rest.split_first() {
        let next = after.first();
        rest = after;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if matches!(next, Some(TokenTree::Group(attribute)) if is_for_tests(attribute)) {
                    rest = after_item(after);
                }
            }
            TokenTree::Group(group) => {
                // `pub(crate)` is public as well.
                if !is_public || group.delimiter() != Delimiter::Parenthesis {
                    is_public = false;
                    scan(group.stream(), module, declared);
                }
                continue;
            }
            TokenTree::Ident(word) => {
                let word = word.to_string();
                if word == "pub" {
                    is_public = true;
                    continue;
                }
                rest = scan_word(word, after, is_public, module, declared);
            }
            _ => {}
        }
        is_public = false;
    }
}

/// Reads the declaration or path that begins with a word, and returns the remaining tokens.
fn scan_word<'a>(
    word: String,
    after: &'a [TokenTree],
    is_public: bool,
    module: &mut Module,
    declared: &mut Declared,
) -> &'a [TokenTree] {
    match (word.as_str(), after.first()) {
        ("use", _) => {
            let end = after.iter().position(|token| is_punct(token, ';')).unwrap_or(after.len());
            let (tree, remaining) = after.split_at(end);
            read_use(tree, &[], is_public, &mut module.uses);
            return remaining;
        }
        ("mod", Some(TokenTree::Ident(child))) => match after.get(1) {
            Some(TokenTree::Group(body)) => {
                module.children.insert(child.to_string());
                declared.push((child.to_string(), Some(body.stream())));
                return after.get(2..).unwrap_or_default();
            }
            Some(token) if is_punct(token, ';') => {
                module.children.insert(child.to_string());
                declared.push((child.to_string(), None));
            }
            _ => {}
        },
        ("macro_rules", Some(_)) => {
            if let Some(TokenTree::Ident(name)) = after.get(1) {
                module.items.insert(name.to_string());
            }
        }
        (keyword, Some(TokenTree::Ident(name))) if ITEMS.contains(&keyword) => {
            module.items.insert(name.to_string());
        }
        _ => {
            let (path, remaining) = path(vec![word], after);
            if path.len() > 1 || remaining.len() < after.len() {
                module.paths.push(path);
            }
            return remaining;
        }
    }
    after
}

/// Reads the rest of a path whose first part is known, and returns it with the remaining tokens.
fn path(mut path: Vec<String>, mut rest: &[TokenTree]) -> (Vec<String>, &[TokenTree]) {
    while let Some(after) = after_colons(rest) {
        rest = after;
        match after.split_first() {
            Some((TokenTree::Ident(part), remaining)) => {
                path.push(part.to_string());
                rest = remaining;
            }
            _ => break,
        }
    }
    (path, rest)
}

/// Reads the tree of a `use`, whose paths begin with `prefix`.
fn read_use(tree: &[TokenTree], prefix: &[String], is_public: bool, uses: &mut Vec<Use>) {
    for branch in tree.split(|token| is_punct(token, ',')) {
        // A path that begins with `::` names another crate.
        let Some((TokenTree::Ident(first), rest)) = branch.split_first() else {
            if branch.first().is_some_and(|token| is_punct(token, '*')) {
                uses.push(Use { path: prefix.to_vec(), name: None, is_public });
            }
            continue;
        };
        let (part, rest) = path(vec![first.to_string()], rest);
        let mut path = prefix.to_vec();
        path.extend(part);
        match rest.first() {
            Some(TokenTree::Group(group)) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                read_use(&inner, &path, is_public, uses);
            }
            Some(token) if is_punct(token, '*') => uses.push(Use { path, name: None, is_public }),
            _ => {
                // `use a::b::{self}` imports `b`.
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let renamed = rest.get(1).filter(|_| matches!(rest.first(), Some(TokenTree::Ident(_))));
                let name = renamed.map(ToString::to_string).or_else(|| path.last().cloned());
                uses.push(Use { path, name, is_public });
            }
        }
    }
}

/// Returns the tokens after `::`, if the tokens begin with it.
fn after_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let [TokenTree::Punct(first), second, rest @ ..] = tokens else { return None };
    (first.as_char() == ':' && first.spacing() == Spacing::Joint && is_punct(second, ':')).then_some(rest)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// Returns whether an attribute is `cfg(test)` or `cfg(all(test, ..))`.
fn is_for_tests(attribute: &Group) -> bool {
    let tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let [TokenTree::Ident(name), TokenTree::Group(condition)] = tokens.as_slice() else { return false };
    let condition = condition.stream().to_string();
    name == "cfg" && (condition == "test" || condition.starts_with("all") && condition.contains("(test"))
}

/// Returns the tokens after an item, which ends with a semicolon or a body in braces.
fn after_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    };
    let end = tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1);
    tokens.get(end..).unwrap_or_default()
}

/// Returns the shortest cycle through each group of modules that import each other, the shortest first.
fn cycles(imports: &Imports) -> Vec<String> {
    let mut seen: BTreeSet<&Name> = BTreeSet::new();
    let mut cycles: Vec<Vec<&Name>> = imports.keys().filter_map(|name| shortest_cycle(imports, name)).collect();
    cycles.sort_by_key(Vec::len);
    cycles.retain(|cycle| {
        let is_new = cycle.iter().all(|name| !seen.contains(name));
        seen.extend(cycle);
        is_new
    });
    cycles.iter().map(|cycle| cycle.iter().map(|name| display(name)).collect::<Vec<_>>().join(" -> ")).collect()
}

/// Returns the shortest cycle through a module.
fn shortest_cycle<'a>(imports: &'a Imports, start: &'a Name) -> Option<Vec<&'a Name>> {
    let mut predecessors: BTreeMap<&Name, &Name> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in imports.get(at).into_iter().flatten() {
            if predecessors.contains_key(next) {
                continue;
            }
            predecessors.insert(next, at);
            queue.push_back(next);
            if next == start {
                let mut cycle = vec![start];
                let mut back = at;
                while back != start {
                    cycle.push(back);
                    back = predecessors.get(back)?;
                }
                cycle.push(start);
                cycle.reverse();
                return Some(cycle);
            }
        }
    }
    None
}

fn display(name: &Name) -> String {
    if name.is_empty() { "crate".to_owned() } else { name.join("::") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the cycles of a crate with these files, each with the path of its module.
    fn cycles_of(files: &[(&str, &str)]) -> Vec<String> {
        let mut read = Crate::default();
        for (name, text) in files {
            let name: Name = name.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            read.add(&name, text).unwrap();
        }
        cycles(&read.imports())
    }

    #[test]
    fn imports_in_one_direction_are_no_cycle() {
        let files = [("", "mod a; mod b;"), ("a", "use crate::b::B;"), ("b", "pub struct B;")];
        assert_eq!(cycles_of(&files), [""; 0]);
    }

    #[test]
    fn the_shortest_cycle_of_a_group_is_found() {
        let files = [
            ("", "mod a; mod b; mod c; mod d;"),
            ("a", "use crate::b::B; struct A;"),
            ("b", "use crate::{c::{self, C}, d::D}; struct B;"),
            ("c", "use super::a::A; struct C;"),
            ("d", "use super::b::B; struct D;"),
        ];
        assert_eq!(cycles_of(&files), ["b -> d -> b"]);
    }

    #[test]
    fn a_path_in_code_or_in_a_macro_call_is_an_import() {
        let b = "pub fn b() { crate::a::a() }";
        for a in ["pub fn a() { crate::b::b() }", "pub fn a() { println!(\"{}\", super::b::b()) }"] {
            assert_eq!(cycles_of(&[("", "mod a; mod b;"), ("a", a), ("b", b)]), ["a -> b -> a"], "{a}");
        }
    }

    #[test]
    fn an_imported_module_is_followed() {
        let files = [
            ("", "mod a; mod b;"),
            ("a", "use crate::b; fn a() { b::c::f() }"),
            ("b", "pub mod c;"),
            ("b::c", "use crate::a; fn f() { a::a() }"),
        ];
        assert_eq!(cycles_of(&files), ["a -> b::c -> a"]);
    }

    #[test]
    fn parent_and_child_are_a_cycle_only_if_each_uses_the_other() {
        let child = ("a::b", "use super::A; pub struct B;");
        assert_eq!(cycles_of(&[("", "mod a;"), ("a", "mod b; pub struct A;"), child]), [""; 0]);
        assert_eq!(cycles_of(&[("", "mod a;"), ("a", "mod b; pub use b::B; pub struct A;"), child]), [""; 0]);
        assert_eq!(cycles_of(&[("", "mod a;"), ("a", "mod b; pub struct A(b::B);"), child]), ["a -> a::b -> a"]);
        assert_eq!(
            cycles_of(&[("", "mod a;"), ("a", "mod b; use self::b::B; pub struct A(B);"), child]),
            ["a -> a::b -> a"]
        );
        assert_eq!(
            cycles_of(&[("", "mod a;"), ("a", "mod b; pub struct A(b::B);"), ("a::b", "pub struct B;")]),
            [""; 0]
        );
    }

    #[test]
    fn a_re_export_resolves_to_the_defining_module() {
        for root in ["mod a; mod b; pub use a::A;", "mod a; mod b; pub use a::*;", "mod a; mod b; pub(crate) use a::A;"]
        {
            let cycle = [("", root), ("a", "use crate::b::B; pub struct A;"), ("b", "use crate::A; pub struct B;")];
            assert_eq!(cycles_of(&cycle), ["a -> b -> a"], "{root}");
            assert_eq!(cycles_of(&[("", root), ("a", "pub struct A;"), ("b", "use crate::A;")]), [""; 0], "{root}");
        }
    }

    #[test]
    fn tests_comments_and_strings_are_ignored() {
        let a = "//! [`crate::b::B`]\n fn a() { let _ = \"crate::b::B\"; } // crate::b::B\n\
            #[cfg(test)] use crate::b::B; #[cfg(test)] mod tests { use crate::b::B; }";
        assert_eq!(cycles_of(&[("", "mod a; mod b;"), ("a", a), ("b", "use crate::a::a; struct B;")]), [""; 0]);
        let a = "#[cfg(not(test))] use crate::b::B; fn a() {}";
        assert_eq!(cycles_of(&[("", "mod a; mod b;"), ("a", a), ("b", "use crate::a::a; struct B;")]), ["a -> b -> a"]);
    }

    #[test]
    fn an_inline_module_counts_as_its_file() {
        let a = "mod inner { use super::super::b::B; pub struct A; }";
        assert_eq!(
            cycles_of(&[("", "mod a; mod b;"), ("a", a), ("b", "use crate::a::inner::A; struct B;")]),
            ["a -> b -> a"]
        );
        assert_eq!(cycles_of(&[("", "mod a;"), ("a", "mod inner { use super::A; } use inner::X; struct A;")]), [""; 0]);
    }

    #[test]
    fn an_inline_module_may_re_export_items_below_its_file() {
        let root = "mod a; pub mod public { pub use crate::a::A; } pub struct B;";
        assert_eq!(cycles_of(&[("", root), ("a", "use crate::B; pub struct A;")]), [""; 0]);
    }

    #[test]
    fn other_crates_are_no_imports() {
        let files = [
            ("", "mod a; mod json;"),
            ("a", "use serde; use ::json::J; fn f() { serde::x() }"),
            ("json", "use crate::a::f;"),
        ];
        assert_eq!(cycles_of(&files), [""; 0]);
    }
}
