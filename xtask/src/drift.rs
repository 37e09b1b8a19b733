//! `cargo xtask drift [VERSION]`: how Seam's newest published description differs from the one in `seam-spec`.

use std::{fs, path::Path};

use seam_spec::{ApiDescription, Field, Kind, Route, Schema};

use crate::{Result, import, run};

/// The package that Seam publishes its description in.
const PACKAGE: &str = "@seamapi/types";

/// Writes the description as JSON to standard output.
const EXTRACT: &str = "import { openapi } from '@seamapi/types/connect'; process.stdout.write(JSON.stringify(openapi))";

/// Fetches the description and says how it differs.
pub(crate) fn run(version: Option<&str>) -> Result {
    let file = fetch(version.unwrap_or("latest"))?;
    let published = import::read(&file)?;
    let lines = differences(seam_spec::api(), &published);
    if lines.is_empty() {
        println!("nothing has changed");
    } else {
        println!("{}\n\nTo take it over: cargo xtask import {file}", lines.join("\n"));
    }
    Ok(())
}

/// Installs the package in a folder of its own, and writes its description there as JSON; the path of that.
fn fetch(version: &str) -> Result<String> {
    let folder = Path::new("target/drift");
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut npm = std::process::Command::new("npm");
    npm.current_dir(folder).args(["install", "--no-audit", "--no-fund", "--silent"]);
    run::run(npm.arg(format!("{PACKAGE}@{version}")))?;
    let mut node = std::process::Command::new("node");
    node.current_dir(folder).args(["--input-type=module", "--eval", EXTRACT]);
    let json = run::output(&mut node)?;
    let file = folder.join("openapi.json");
    fs::write(&file, json).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file.display().to_string())
}

/// What differs, one difference a line.
fn differences(ours: &ApiDescription, theirs: &ApiDescription) -> Vec<String> {
    let mut lines = Vec::new();
    for route in theirs.routes() {
        match ours.route(route.path) {
            None => lines.push(format!("new route: {} {}", route.method, route.path)),
            Some(known) => compare_routes(known, route, &mut lines),
        }
    }
    for route in ours.routes().iter().filter(|route| theirs.route(route.path).is_none()) {
        lines.push(format!("gone: {} {}", route.method, route.path));
    }
    for resource in theirs.resources() {
        match ours.resource(resource.name) {
            None => lines.push(format!("new resource: {}", resource.name)),
            Some(known) => compare_schemas(resource.name, &known.schema, &resource.schema, &mut lines),
        }
    }
    for resource in ours.resources().iter().filter(|resource| theirs.resource(resource.name).is_none()) {
        lines.push(format!("gone: resource {}", resource.name));
    }
    lines
}

fn compare_routes(ours: &Route, theirs: &Route, lines: &mut Vec<String>) {
    let path = theirs.path;
    let mut change = |what: &str, was: &str, is: &str| {
        if was != is {
            lines.push(format!("{path}: {what} was {}, is {}", named(was), named(is)));
        }
    };
    change("the method", ours.method, theirs.method);
    change("the answer", ours.response_key.unwrap_or_default(), theirs.response_key.unwrap_or_default());
    change("the action", ours.action_type.unwrap_or_default(), theirs.action_type.unwrap_or_default());
    change("the list of credentials", &ours.credentials.join(" "), &theirs.credentials.join(" "));
    change("in pages", &ours.paginated.to_string(), &theirs.paginated.to_string());
    change("deprecated", &ours.deprecated.to_string(), &theirs.deprecated.to_string());
    compare_schemas(path, &ours.parameters, &theirs.parameters, lines);
    compare_fields(&format!("{path} -> "), &ours.response, &theirs.response, lines);
}

/// For what there is none of, a word.
fn named(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn compare_schemas(place: &str, ours: &Schema, theirs: &Schema, lines: &mut Vec<String>) {
    if ours.nullable != theirs.nullable {
        lines.push(format!("{place}: {} be null", if theirs.nullable { "may now" } else { "may no longer" }));
    }
    if ours.limits != theirs.limits {
        let words =
            |schema: &Schema| schema.limits.iter().map(|limit| format!("{limit:?}")).collect::<Vec<_>>().join(", ");
        lines.push(format!("{place}: limits were {}, are {}", named(&words(ours)), named(&words(theirs))));
    }
    match (&ours.kind, &theirs.kind) {
        (ours, theirs) if ours == theirs => {}
        (Kind::Object(ours), Kind::Object(theirs)) => compare_fields(&format!("{place}."), ours, theirs, lines),
        (Kind::List(ours), Kind::List(theirs)) => compare_schemas(&format!("{place}[]"), ours, theirs, lines),
        (Kind::Map(ours), Kind::Map(theirs)) => compare_schemas(&format!("{place}.*"), ours, theirs, lines),
        (Kind::Enum(ours), Kind::Enum(theirs)) => {
            for value in theirs.iter().filter(|value| !ours.contains(value)) {
                lines.push(format!("{place}: new value `{value}`"));
            }
            for value in ours.iter().filter(|value| !theirs.contains(value)) {
                lines.push(format!("{place}: the value `{value}` is gone"));
            }
        }
        (Kind::Variants { .. }, Kind::Variants { .. }) => {
            let (ours, theirs) = (options(&ours.kind), options(&theirs.kind));
            for (value, fields) in &theirs {
                match ours.iter().find(|(known, _)| known == value) {
                    None => lines.push(format!("{place}: new variant `{value}`")),
                    Some((_, known)) => compare_fields(&format!("{place}({value})."), known, fields, lines),
                }
            }
            for (value, _) in ours.iter().filter(|(value, _)| theirs.iter().all(|(known, _)| known != value)) {
                lines.push(format!("{place}: the variant `{value}` is gone"));
            }
        }
        _ => lines.push(format!("{place}: another kind of value")),
    }
}

/// The variants of a union, each with all of its fields. Variants without a value are told by their places.
fn options(kind: &Kind) -> Vec<(String, Vec<Field>)> {
    let Kind::Variants { common, variants, .. } = kind else { return Vec::new() };
    let name = |place: usize, value: Option<&str>| value.map_or_else(|| format!("number {}", place + 1), str::to_owned);
    variants
        .iter()
        .enumerate()
        .map(|(place, variant)| (name(place, variant.value), common.iter().chain(&variant.fields).cloned().collect()))
        .collect()
}

fn compare_fields(place: &str, ours: &[Field], theirs: &[Field], lines: &mut Vec<String>) {
    for field in theirs {
        let name = format!("{place}{}", field.name);
        match ours.iter().find(|known| known.name == field.name) {
            None => lines.push(format!("{name}: new{}", if field.required { "" } else { ", optional" })),
            Some(known) => {
                if known.required != field.required {
                    lines.push(format!("{name}: {}", if field.required { "now required" } else { "now optional" }));
                }
                if known.deprecated != field.deprecated {
                    lines.push(format!(
                        "{name}: {}",
                        if field.deprecated { "now deprecated" } else { "no longer deprecated" }
                    ));
                }
                compare_schemas(&name, &known.schema, &field.schema, lines);
            }
        }
    }
    for field in ours.iter().filter(|field| theirs.iter().all(|known| known.name != field.name)) {
        lines.push(format!("{place}{}: gone", field.name));
    }
}
