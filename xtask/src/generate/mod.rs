//! `cargo xtask generate`: writes the resources of `seam-model` and the endpoints of `seam-core` from `seam-spec`.

mod code;
mod core;
mod model;
mod names;
mod resolve;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use seam_spec::{Annotations, ApiDescription};

use self::{
    code::Links,
    names::{CallMethods, call_methods},
};
use xtask_programs::{Result, run};

/// Folders that contain only generated files.
const FOLDERS: [&str; 4] = [
    "crates/seam-model/src/resources",
    "crates/seam-model/src/events",
    "crates/seam-core/src/endpoints",
    "crates/seam-core/tests/every_request",
];

/// The folder in which the files are formatted.
const UNFORMATTED: &str = "target/generate";

/// A generated file.
struct File {
    path: String,
    code: String,
}

/// Writes all files, or with `--check` reports those that would change.
pub(crate) fn run(check_only: bool) -> Result {
    let api = ApiDescription::embedded().map_err(|error| format!("crates/seam-spec/{error}"))?;
    let (files, problems) = generate(&api)?;
    if !problems.is_empty() {
        return Err(format!("no files were generated:\n\n{}\n", problems.join("\n")));
    }
    let files = format(files)?;
    let mut stale = Vec::new();
    for file in &files {
        if fs::read_to_string(&file.path).is_ok_and(|code| code == file.code) {
            continue;
        }
        stale.push(file.path.clone());
        if !check_only {
            write(Path::new(&file.path), &file.code)?;
        }
    }
    for path in existing()? {
        if files.iter().all(|file| file.path != path) {
            if !check_only {
                fs::remove_file(&path).map_err(|error| format!("{path}: {error}"))?;
            }
            stale.push(path);
        }
    }
    match (check_only, stale.is_empty()) {
        (true, false) => Err(format!("`cargo xtask generate` would change these files:\n\n{}\n", stale.join("\n"))),
        (false, false) => {
            println!("{} files changed", stale.len());
            Ok(())
        }
        (_, true) => Ok(()),
    }
}

/// Returns the items of a description that the annotations do not cover, and its name collisions.
pub(crate) fn problems(api: &ApiDescription) -> Result<Vec<String>> {
    Ok(generate(api)?.1)
}

fn generate(api: &ApiDescription) -> Result<(Vec<File>, Vec<String>)> {
    let annotations = Annotations::embedded().map_err(|error| format!("crates/seam-spec/{error}"))?;
    Ok(generate_with(api, &annotations, &call_methods(Path::new("."))?))
}

fn generate_with(
    api: &ApiDescription,
    annotations: &Annotations,
    call_methods: &CallMethods,
) -> (Vec<File>, Vec<String>) {
    let mut resolver = resolve::Resolver::new(annotations);
    let types = annotations.types.iter().filter(|annotation| annotation.at.iter().all(|at| !at.starts_with('/')));
    let names: BTreeSet<&str> = types.chain(&annotations.enums).map(|annotation| annotation.name.as_str()).collect();
    let links = |module| Links { names: &names, module, imported: BTreeSet::new() };
    let mut files = model::files(api, annotations, &mut resolver, &links("crate"));
    files.extend(core::files(api, &mut resolver, &links("seam_model"), call_methods));
    let mut problems = resolver.problems;
    problems.sort();
    problems.dedup();
    (files, problems)
}

/// Returns the files that are currently in the generated folders.
fn existing() -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<String> = FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.map_err(|error| format!("{folder}: {error}"))?.path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() { open.push(name) } else { found.push(name) }
        }
    }
    Ok(found)
}

fn write(path: &Path, code: &str) -> Result {
    let error = |error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    fs::write(path, code).map_err(error)
}

/// Formats all files with one run of rustfmt, in a separate folder.
fn format(files: Vec<File>) -> Result<Vec<File>> {
    // rustfmt could pick up a file of an earlier run as a module.
    let _ = fs::remove_dir_all(UNFORMATTED);
    let unformatted: Vec<PathBuf> = files.iter().map(|file| Path::new(UNFORMATTED).join(&file.path)).collect();
    for (path, file) in unformatted.iter().zip(&files) {
        write(path, &file.code)?;
    }
    // rustfmt follows `mod` declarations, so only files that no other file declares are passed.
    let is_root = |path: &&PathBuf| {
        let folder = path.parent().filter(|_| !path.ends_with("mod.rs")).or(path.parent().and_then(Path::parent));
        folder.is_some_and(|folder| !folder.join("mod.rs").exists())
    };
    let roots = unformatted.iter().filter(is_root);
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config-path", "rustfmt.toml"]).args(roots);
    run::output(&mut rustfmt)?;
    let formatted = files.into_iter().zip(&unformatted).map(|(file, path)| {
        let code = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(File { code, ..file })
    });
    formatted.collect()
}

#[cfg(test)]
mod tests {
    use seam_spec::{Field, Kind, Location, Resource, Route, Schema};

    use super::*;

    /// Returns the files and the problems of the embedded description with a change.
    fn generated(
        change: impl FnOnce(&mut Vec<Resource>, &mut Vec<Route>, &mut Annotations),
    ) -> (Vec<File>, Vec<String>) {
        let mut annotations = seam_spec::annotations().clone();
        let (mut resources, mut routes) = (seam_spec::api().resources().to_vec(), seam_spec::api().routes().to_vec());
        change(&mut resources, &mut routes, &mut annotations);
        let methods = call_methods(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()).unwrap();
        for option in ["and_wait", "block", "into_future", "items", "page", "pages", "to_curl"] {
            assert!(methods.contains_key(option), "{option}");
        }
        generate_with(&ApiDescription::new(resources, routes), &annotations, &methods)
    }

    fn route<'a>(routes: &'a mut [Route], path: &str) -> &'a mut Route {
        routes.iter_mut().find(|route| route.path == path).unwrap()
    }

    fn optional(name: &'static str, kind: Kind) -> Field {
        let location = Location { file: "api/routes.txt", line: 7 };
        Field {
            name,
            required: false,
            deprecated: false,
            optional_source: None,
            deprecated_source: None,
            schema: Schema::of(kind),
            location,
        }
    }

    #[test]
    fn the_committed_description_has_no_problems() {
        let (files, problems) = generated(|_, _, _| ());
        assert_eq!(problems, [""; 0]);
        assert!(files.len() > 100);
    }

    #[test]
    fn parameters_that_collide_are_reported_with_their_place() {
        for (name, expected) in [
            ("block", "/locks/list.block: `block` in the methods of `Call<List>` is taken by an option of every call"),
            ("a-b", "`a-b` is not a valid Rust identifier"),
            ("self", "`self` is not a valid Rust identifier"),
        ] {
            let (_, problems) = generated(|_, routes, _| {
                let Kind::Object(fields) = &mut route(routes, "/locks/list").parameters.kind else { panic!("fields") };
                fields.push(optional(name, Kind::Boolean));
            });
            let is_expected = |problem: &&String| {
                problem.starts_with("crates/seam-spec/api/routes.txt:7: ") && problem.contains(expected)
            };
            assert!(problems.iter().any(|problem| is_expected(&problem)), "{name}: {problems:#?}");
        }
    }

    #[test]
    fn types_and_methods_that_collide_are_reported() {
        let (_, problems) = generated(|_, routes, annotations| {
            let mut other = route(routes, "/locks/lock_door").clone();
            other.path = "/locks/lock__door";
            routes.push(other);
            let annotation = annotations.routes["/locks/lock_door"].clone();
            annotations.routes.insert("/locks/lock__door", annotation);
            // The group `/locks/simulate` has a method of that name.
            let mut other = route(routes, "/locks/unlock_door").clone();
            other.path = "/locks/simulate";
            routes.push(other);
            let annotation = annotations.routes["/locks/unlock_door"].clone();
            annotations.routes.insert("/locks/simulate", annotation);
        });
        let has = |text: &str| problems.iter().any(|problem| problem.contains(text));
        assert!(has("`LockDoor` in the module of /locks is taken by /locks/lock"), "{problems:#?}");
        assert!(has("`simulate` in the methods of `Locks` is taken by the group /locks/simulate"), "{problems:#?}");
    }

    #[test]
    fn strings_are_escaped_in_generated_code() {
        const HOSTILE: &str =
            "ends */ a comment \" and \\ {} \n#[attribute] \u{2028} // x\n\n```\nlet x = \"*/\";\n```";
        let (files, problems) = generated(|resources, _, annotations| {
            let annotation = annotations.types.iter_mut().find(|annotation| annotation.name == "Device").unwrap();
            annotation.doc = HOSTILE.to_owned();
            let annotation = annotations.enums.iter_mut().find(|known| known.name == "AccessCodeStatus").unwrap();
            annotation.values.push(("quote\"\\{}".to_owned(), HOSTILE.to_owned()));
            let code = resources.iter_mut().find(|resource| resource.name == "access_code").unwrap();
            let Kind::Object(fields) = &mut code.schema.kind else { panic!("fields") };
            let status = fields.iter_mut().find(|field| field.name == "status").unwrap();
            let Kind::Enum(values) = &mut status.schema.kind else { panic!("values") };
            values.push("quote\"\\{}");
        });
        assert_eq!(problems, [""; 0]);
        let code = |path: &str| &files.iter().find(|file| file.path.ends_with(path)).unwrap().code;
        assert!(code("resources/access_code.rs").contains("        Quote = \"quote\\\"\\\\{}\",\n"));
        for file in files.iter().filter(|file| file.code.contains("*/")) {
            for line in file.code.lines().filter(|line| ["*/", "#[attribute]"].iter().any(|text| line.contains(text))) {
                assert!(line.trim_start().starts_with("//"), "{}: {line}", file.path);
            }
        }
    }
}
