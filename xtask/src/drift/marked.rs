//! The facts of the description that have another source than the published OpenAPI document.
//!
//! Such a fact is there as long as its name occurs in the source code of its source's newest version.

use seam_spec::{ApiDescription, Field, Kind, Schema};

use super::{compare::Differences, packages::Package};

/// A fact with a mark.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    source: &'static str,
    place: String,
    /// What occurs in the source: a path, a name, or a value.
    name: &'static str,
}

/// Returns which facts of a source its package no longer has.
pub(super) fn gone(source: &str, package: &Package) -> Vec<String> {
    let facts = facts(seam_spec::api());
    missing(facts.iter().filter(|fact| fact.source == source), package)
}

fn missing<'a>(facts: impl Iterator<Item = &'a Fact>, package: &Package) -> Vec<String> {
    let mut differences = Differences::default();
    for fact in facts.filter(|fact| !contains_word(&package.text, fact.name)) {
        differences.add(&fact.place, format!("`{}` is gone", fact.name));
    }
    differences.lines()
}

/// Whether a text contains a word, and not only as a part of a longer one.
fn contains_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(start, _)| {
        let (before, from) = text.split_at(start);
        let after = from.strip_prefix(word).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

fn facts(api: &ApiDescription) -> Vec<Fact> {
    let mut facts = Vec::new();
    for resource in api.resources() {
        add_schema(resource.name, resource.name, &resource.schema, &mut facts);
    }
    for route in api.routes() {
        add(route.source, route.path, route.path, &mut facts);
        add_schema(route.path, route.path, &route.parameters, &mut facts);
        add_fields(&format!("response of {}", route.path), &route.response, &mut facts);
    }
    facts
}

fn add(source: Option<&'static str>, place: &str, name: &'static str, facts: &mut Vec<Fact>) {
    facts.extend(source.map(|source| Fact { source, place: place.to_owned(), name }));
}

fn add_fields(place: &str, fields: &[Field], facts: &mut Vec<Fact>) {
    for field in fields {
        add(field.optional_source.or(field.deprecated_source), place, field.name, facts);
        add_schema(&format!("{place}.{}", field.name), field.name, &field.schema, facts);
    }
}

/// Adds the facts of a value that is called `name`.
fn add_schema(place: &str, name: &'static str, schema: &Schema, facts: &mut Vec<Fact>) {
    add(schema.source, place, name, facts);
    for (value, source) in &schema.value_sources {
        add(Some(source), place, value, facts);
    }
    match &schema.kind {
        Kind::Object(fields) => add_fields(place, fields, facts),
        Kind::List(item) | Kind::Map(item) => add_schema(place, name, item, facts),
        Kind::Choice(options) => options.iter().for_each(|option| add_schema(place, name, option, facts)),
        Kind::Variants { common, variants, .. } => {
            add_fields(place, common, facts);
            for variant in variants {
                add(variant.source, place, variant.value.unwrap_or(name), facts);
                add_fields(place, &variant.fields, facts);
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
    fn facts_are_compared_with_the_source_that_their_mark_names() {
        let facts = facts(&api("\
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
            missing(facts.iter().filter(|fact| fact.source == source), &package(text))
        };
        assert_eq!(of("python", "'/a/get', search: Optional[str], two"), [""; 0]);
        assert_eq!(
            of("python", "'/a/get', search_more, two"),
            ["`search` is gone, at 2 places: /a/get.search, /b/get.search"]
        );
        assert_eq!(of("python", "search"), ["a.codes: `two` is gone", "/a/get: `/a/get` is gone"]);
        assert_eq!(of("http", "search"), ["/b/get.kind: `speaker` is gone"]);
        assert_eq!(of("http", "'speaker'"), [""; 0]);
    }

    #[test]
    fn the_description_has_facts_of_all_sources() {
        let facts = facts(seam_spec::api());
        for source in ["python", "http"] {
            let of_source = facts.iter().filter(|fact| fact.source == source);
            let count = of_source.clone().count();
            assert!(count > 3, "{source}: {count}");
            let missing = missing(of_source, &package(""));
            assert!(!missing.is_empty() && missing.len() <= count);
        }
    }
}
