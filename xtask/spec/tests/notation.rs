//! The notation loses nothing: what is written is read back the same, for the facts that are committed and for made-up
//! ones; and what is not of the notation is refused with the line it is on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what must hold by panicking")]

use std::{collections::BTreeSet, fs, path::Path};

use seam_spec::{Facts, Field, Kind, Type, Words, parse, print_routes, print_schemas, print_sources};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[test]
fn the_committed_facts_are_read_and_written_back() {
    for name in ["sources", "resources", "events", "routes"] {
        let text = fs::read_to_string(folder().join(format!("facts/{name}.txt"))).unwrap();
        let facts = parse(&text).unwrap();
        let (routes, schemas) = (print_routes(&facts.routes), print_schemas(&facts.schemas));
        let written = format!("{}{routes}{schemas}", print_sources(&facts.sources));
        let body: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(written.trim(), body.join("\n").trim(), "{name}");
    }
}

#[test]
fn every_form_of_a_fact_is_read_and_written_back() {
    let text = "\
source http: 2.32.0
source python: 3.18.0

GET /a/get
  source: python
  deprecated: yes
  paginated: yes
  credentials: api_key publishable_key
  action: DO_IT
  answer: a
  at least one of: x y
  parameters: variants
    z: boolean
    | -
      x: uuid
    | - @http
      y?: list of string (or null) @python deprecated {min-items 1; max-items 5}
  response: object
    a: ref a

a: variants by kind @python
  a_id: uuid optional@http
  | one deprecated
    n: number or null {min 1}
  | two @python deprecated
    choice: choice
      | string
      | map of any
    few: enum x | y z | =@http @python deprecated@http
    some: list of object (or null) (@http)
      inner?: map of string (@http) @python optional@http deprecated@python {default {}}
    many: enum
      = 1
      = 2
      = 3
      = 4
      = 5
      = 6
      = seven and more@python
    times: list of time
    uri?: uri
    email?: email
    i: integer
";
    let facts = parse(text).unwrap();
    let (routes, schemas) = (print_routes(&facts.routes), print_schemas(&facts.schemas));
    let again = format!("{}\n{routes}{schemas}", print_sources(&facts.sources));
    assert_eq!(again.trim(), text.trim());
    assert_eq!(parse(&again).unwrap(), facts);
}

#[test]
fn what_is_not_of_the_notation_is_refused_with_its_line() {
    for (text, line) in [
        ("a: object\n   b: string\n", 2),
        ("a: object\n    b: string\n", 2),
        ("a: nonsense\n", 1),
        ("a: object\n  b\n", 2),
        ("a: string {min 1\n", 1),
        ("a: enum\n  x\n", 2),
        ("GET /a\n  colour: red\n", 2),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
    }
    assert_eq!(parse("# nothing\n\n").unwrap(), Facts::default());
}

#[test]
fn the_longest_end_of_a_place_says_what_a_field_means() {
    let words = Words::read(&folder().join("words")).unwrap();
    let key = |place: &str| words.glossary.get(place).map(|(key, _)| key.to_owned());
    assert_eq!(key("device.brand_new_field"), None);
    assert_eq!(key("anything.access_code_id").as_deref(), Some("access_code_id"));
    // What is said of one place only is not said of others.
    let specific = words.glossary.keys().find(|key| key.starts_with("access_code.")).unwrap();
    assert_eq!(key(specific).as_deref(), Some(specific));
}

#[test]
fn everything_deprecated_has_a_note_and_every_note_is_used() {
    let facts = Facts::read(&folder().join("facts")).unwrap();
    let words = Words::read(&folder().join("words")).unwrap();
    let places = facts.deprecated();
    for place in ["/locks/get", "/devices/list.unstable_location_id", "device.errors.error_code.device_offline"] {
        assert!(places.contains(place), "{place}");
    }
    assert!(places.len() > 60);
    let note =
        |place: &String| words.deprecated.get(place).unwrap_or_else(|| panic!("{place} has no note")).0.to_owned();
    let used: BTreeSet<String> = places.iter().map(note).collect();
    assert_eq!(words.deprecated.keys().collect::<BTreeSet<_>>(), used.iter().map(String::as_str).collect());
}

/// Calls `check` with every parameter and its place.
fn each_parameter(facts: &Facts, check: &mut dyn FnMut(&str, &Field)) {
    fn walk(place: &str, shape: &Type, check: &mut dyn FnMut(&str, &Field)) {
        let mut fields = |list: &[Field]| {
            for field in list {
                let place = format!("{place}.{}", field.name);
                check(&place, field);
                walk(&place, &field.shape, check);
            }
        };
        match &shape.kind {
            Kind::Object(list) => fields(list),
            Kind::List(item) => walk(place, item, check),
            Kind::Variants { common, variants, .. } => {
                fields(common);
                variants.iter().for_each(|variant| fields(&variant.fields));
            }
            _ => {}
        }
    }
    facts.routes.iter().for_each(|route| walk(&route.path, &route.parameters, check));
}

#[test]
fn limits_and_defaults_are_not_repeated_in_prose() {
    let facts = Facts::read(&folder().join("facts")).unwrap();
    let words = Words::read(&folder().join("words")).unwrap();
    let mut seen = 0;
    each_parameter(&facts, &mut |place, field| {
        let Some((_, text)) = words.glossary.get(place) else { return };
        // A default that the description lacks is no limit.
        let (before_default, _) = text.split_once("Default: ").unwrap_or((text, ""));
        let numbers: Vec<&str> = before_default.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        for (name, value) in &field.shape.limits {
            seen += 1;
            let is_repeated = match name.as_str() {
                "default" => text.contains("Default") || text.contains("eft out"),
                // That a list is not empty goes without numbers.
                "min-length" | "min-items" if value == "1" => text.contains("at least one"),
                _ => numbers.contains(&value.as_str()),
            };
            assert!(!is_repeated, "{place}: {name} {value} is in the description and in `{text}`");
        }
    });
    assert!(seen > 200, "{seen} limits");
}
