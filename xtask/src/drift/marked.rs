//! The items of the description that have another source than the published OpenAPI document, as their mark records.
//!
//! Such an item is up to date as long as its name occurs in the source code of the newest version of its source.

use seam_spec::{ApiDescription, Field, Kind, Schema};

use super::{compare::Differences, packages::Package};

/// An item of the description with a mark.
#[derive(Debug, PartialEq, Eq)]
struct MarkedItem {
    source: &'static str,
    /// The path of the item in the description.
    path: String,
    /// The string that occurs in the source: the path of a route, a name, or a value.
    name: &'static str,
}

/// Returns the marked items of a source that its package no longer contains.
pub(super) fn removed(source: &str, package: &Package) -> Vec<String> {
    let items = items(seam_spec::api());
    missing(items.iter().filter(|item| item.source == source), package)
}

fn missing<'a>(items: impl Iterator<Item = &'a MarkedItem>, package: &Package) -> Vec<String> {
    let mut differences = Differences::default();
    for item in items.filter(|item| !contains_word(&package.text, item.name)) {
        differences.add(&item.path, format!("`{}` was removed", item.name));
    }
    differences.lines()
}

/// Returns whether a string contains a word, and not only as a part of a longer word.
fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        let (before, from) = text.split_at(start);
        let after = from.strip_prefix(word).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn items(api: &ApiDescription) -> Vec<MarkedItem> {
    let mut items = Vec::new();
    for resource in api.resources() {
        add_schema(resource.name, resource.name, &resource.schema, &mut items);
    }
    for route in api.routes() {
        add(route.source, route.path, route.path, &mut items);
        add_schema(route.path, route.path, &route.parameters, &mut items);
        add_fields(&format!("response of {}", route.path), &route.response, &mut items);
    }
    items
}

fn add(source: Option<&'static str>, path: &str, name: &'static str, items: &mut Vec<MarkedItem>) {
    items.extend(source.map(|source| MarkedItem { source, path: path.to_owned(), name }));
}

fn add_fields(path: &str, fields: &[Field], items: &mut Vec<MarkedItem>) {
    for field in fields {
        add(field.optional_source.or(field.deprecated_source), path, field.name, items);
        add_schema(&format!("{path}.{}", field.name), field.name, &field.schema, items);
    }
}

/// Adds the items of a value named `name`.
fn add_schema(path: &str, name: &'static str, schema: &Schema, items: &mut Vec<MarkedItem>) {
    add(schema.source, path, name, items);
    for (value, source) in &schema.value_sources {
        add(Some(source), path, value, items);
    }
    match &schema.kind {
        Kind::Object(fields) => add_fields(path, fields, items),
        Kind::List(item) | Kind::Map(item) => add_schema(path, name, item, items),
        Kind::Choice(options) => options.iter().for_each(|option| add_schema(path, name, option, items)),
        Kind::Variants { common, variants, .. } => {
            add_fields(path, common, items);
            for variant in variants {
                add(variant.source, path, variant.value.unwrap_or(name), items);
                add_fields(path, &variant.fields, items);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::compare::tests::api;

    fn package(text: &str) -> Package {
        Package { name: "seam", version: "4.0.0".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn items_are_compared_with_the_source_in_their_mark() {
        let items = items(&api("\
GET /a/get
  source: python
  parameters: object
    search?: string @python

GET /b/get
  parameters: object
    search?: string @python
    kind?: enum lock | speaker@http

a: object
  codes: list of variants by code
    | one
    | two @python
"));
        let of = |source: &'static str, text: &str| {
            missing(items.iter().filter(|item| item.source == source), &package(text))
        };
        assert_eq!(of("python", "'/a/get', search: Optional[str], two"), [""; 0]);
        assert_eq!(
            of("python", "'/a/get', search_more, two"),
            ["`search` was removed, at 2 paths: /a/get.search, /b/get.search"]
        );
        assert_eq!(of("python", "search"), ["a.codes: `two` was removed", "/a/get: `/a/get` was removed"]);
        assert_eq!(of("http", "search"), ["/b/get.kind: `speaker` was removed"]);
        assert_eq!(of("http", "'speaker'"), [""; 0]);
    }

    #[test]
    fn the_description_has_items_of_all_sources() {
        let items = items(seam_spec::api());
        for source in ["python", "http"] {
            let of_source = items.iter().filter(|item| item.source == source);
            let count = of_source.clone().count();
            assert!(count > 3, "{source}: {count}");
            let missing = missing(of_source, &package(""));
            assert!(!missing.is_empty() && missing.len() <= count);
        }
    }
}
