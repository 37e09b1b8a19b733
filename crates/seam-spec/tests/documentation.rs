//! Tests of the annotations against the API description: replacements of deprecated items, and limits.
#![allow(clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use seam_spec::{Field, Kind, Limit, Schema, annotations, api};

#[test]
fn every_deprecated_item_has_a_replacement_note_and_no_note_is_unused() {
    let paths = api().deprecated();
    for path in ["/locks/get", "/devices/list.unstable_location_id", "device.errors.error_code.device_offline"] {
        assert!(paths.contains(path), "{path}");
    }
    assert!(paths.len() > 60);
    let note =
        |path: &String| annotations().deprecated.get(path).unwrap_or_else(|| panic!("{path} has no note")).0.to_owned();
    let used: BTreeSet<String> = paths.iter().map(note).collect();
    assert_eq!(annotations().deprecated.keys().collect::<BTreeSet<_>>(), used.iter().map(String::as_str).collect());
}

/// Calls `check` with every parameter and its path.
fn each_parameter(check: &mut dyn FnMut(&str, &Field)) {
    fn walk(path: &str, schema: &Schema, check: &mut dyn FnMut(&str, &Field)) {
        if let Kind::List(item) = &schema.kind {
            walk(path, item, check);
        }
        for field in schema.fields() {
            let path = format!("{path}.{}", field.name);
            check(&path, field);
            walk(&path, &field.schema, check);
        }
    }
    api().routes().iter().for_each(|route| walk(route.path, &route.parameters, check));
}

#[test]
fn limits_and_defaults_are_not_repeated_in_prose() {
    let mut seen = 0;
    each_parameter(&mut |path, field| {
        let Some((_, text)) = annotations().glossary.get(path) else { return };
        // A default that the description lacks is not a limit.
        let (before_default, _) = text.split_once("Default: ").unwrap_or((text, ""));
        let numbers = before_default.split(|c: char| !c.is_ascii_alphanumeric());
        for limit in &field.schema.limits {
            seen += 1;
            let number = match limit {
                Limit::Default(_) | Limit::Pattern(_) => None,
                // The limit "not empty" is written without a number.
                Limit::MinItems(1) | Limit::MinLength(1) => None,
                Limit::Min(value) | Limit::Max(value) | Limit::Above(value) => Some(value.to_string()),
                Limit::MinLength(count) | Limit::MaxLength(count) | Limit::MinItems(count) | Limit::MaxItems(count) => {
                    Some(count.to_string())
                }
            };
            let is_repeated = match limit {
                Limit::Default(_) => text.contains("Default") || text.contains("f absent"),
                Limit::MinItems(1) | Limit::MinLength(1) => text.contains("at least one"),
                _ => number.is_some_and(|number| numbers.clone().any(|word| word == number)),
            };
            assert!(!is_repeated, "{path}: {limit:?} is in the description and in `{text}`");
        }
    });
    assert!(seen > 200, "{seen} limits");
}
