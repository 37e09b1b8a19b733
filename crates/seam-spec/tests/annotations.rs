//! Tests of the annotations against the API description: each annotation refers to an item, and each item that requires an
//! annotation has one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use seam_spec::{Annotations, Field, Format, Kind, Schema, annotations, api};

/// All fields, by path: `device.properties.battery`, `event.lock_locked.device_id`,
/// `/locks/get.device_id`.
fn fields() -> BTreeMap<String, Vec<&'static Schema>> {
    fn add(path: &str, field: &'static Field, all: &mut BTreeMap<String, Vec<&'static Schema>>) {
        let path = format!("{path}.{}", field.name);
        add_schema(&path, &field.schema, all);
        all.entry(path).or_default().push(&field.schema);
    }
    fn add_schema(path: &str, schema: &'static Schema, all: &mut BTreeMap<String, Vec<&'static Schema>>) {
        match &schema.kind {
            Kind::List(item) | Kind::Map(item) => add_schema(path, item, all),
            Kind::Choice(options) => options.iter().for_each(|option| add_schema(path, option, all)),
            _ => schema.fields().for_each(|field| add(path, field, all)),
        }
        if let Kind::Variants { by: Some(by), .. } = &schema.kind {
            all.entry(format!("{path}.{by}")).or_default();
        }
    }
    let mut all = BTreeMap::new();
    for resource in api().resources().iter().filter(|resource| resource.name != "event") {
        add_schema(resource.name, &resource.schema, &mut all);
    }
    for event in api().events() {
        let path = format!("event.{}", event.event_type.replace('.', "_"));
        event.fields().for_each(|field| add(&path, field, &mut all));
    }
    for route in api().routes() {
        add_schema(route.path, &route.parameters, &mut all);
        // The fields of objects that are not resources.
        let is_resource = |field: &Field| matches!(&field.schema.kind, Kind::Reference(_) | Kind::List(_));
        route.response.iter().filter(|field| !is_resource(field)).for_each(|field| {
            add_schema(field.name, &field.schema, &mut all);
            all.entry(format!("{}.{}", route.path, field.name)).or_default().push(&field.schema);
        });
    }
    all
}

/// Whether a key of a glossary is the end of a path.
fn is_end(key: &str, path: &str) -> bool {
    path.strip_suffix(key).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

fn unused<'k>(keys: impl Iterator<Item = &'k str>, paths: &BTreeMap<String, Vec<&Schema>>) -> BTreeSet<&'k str> {
    keys.filter(|key| !paths.keys().any(|path| is_end(key, path))).collect()
}

#[test]
fn the_files_are_those_in_the_folder() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("src/files.rs")).unwrap();
    let mut seen = 0;
    for folder in ["api", "annotations", "annotations/routes"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".txt") {
                assert!(list.contains(&format!("file!(\"{folder}/{name}\")")), "{folder}/{name}");
                seen += 1;
            }
        }
    }
    assert_eq!(list.matches("file!(\"").count(), seen);
}

#[test]
fn every_route_and_group_is_annotated_and_no_other() {
    let annotated: BTreeSet<&str> = annotations().routes.keys().copied().collect();
    let described: BTreeSet<&str> = api().routes().iter().map(|route| route.path).collect();
    assert_eq!(annotated, described);
    for group in annotations().groups.keys() {
        assert!(described.iter().any(|path| path.starts_with(&format!("{group}/"))), "{group}");
    }
    for (path, annotation) in &annotations().routes {
        let parameters: BTreeSet<&str> =
            api().route(path).unwrap().parameters.fields().map(|field| field.name).collect();
        let named = annotation.selectors.iter().flat_map(|selector| &selector.parameters).chain(&annotation.any_of);
        for name in named {
            assert!(parameters.contains(name.as_str()), "{path}: {name}");
        }
    }
}

#[test]
fn every_event_is_annotated() {
    for event in api().events() {
        assert!(annotations().events.contains_key(event.event_type), "{}", event.event_type);
    }
    // Some events are described only as values of an enum.
    let values: BTreeSet<&str> = fields()
        .values()
        .flatten()
        .chain(
            api()
                .routes()
                .iter()
                .flat_map(|route| route.parameters.fields().map(|field| &field.schema))
                .collect::<Vec<_>>()
                .iter(),
        )
        .flat_map(|schema| match &schema.kind {
            Kind::Enum(values) => values.clone(),
            Kind::List(item) => match &item.kind {
                Kind::Enum(values) => values.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        })
        .collect();
    for event_type in annotations().events.keys() {
        assert!(api().event(event_type).is_some() || values.contains(event_type), "{event_type}");
    }
}

#[test]
fn every_annotation_of_a_field_refers_to_one() {
    let fields = fields();
    let none = BTreeSet::new();
    assert_eq!(unused(annotations().glossary.keys(), &fields), none, "glossary.txt");
    assert_eq!(unused(annotations().secrets.keys(), &fields), none, "secrets.txt");
    assert_eq!(unused(annotations().formats.keys(), &fields), none, "formats.txt");
    let ids = annotations().ids.iter().flat_map(|id| &id.names);
    let is_used = |name: &str| fields.keys().any(|path| is_end(name, path) || is_end(&format!("{name}s"), path));
    assert_eq!(ids.filter(|name| !is_used(name)).collect::<Vec<_>>(), [""; 0], "ids.txt");
    for annotation in annotations().types.iter().chain(&annotations().enums) {
        for at in &annotation.at {
            let is_used = api().resource(at).is_some() || fields.keys().any(|path| is_end(at, path));
            assert!(is_used, "{}: at {at} ({})", annotation.name, annotation.location);
        }
    }
    for path in seam_spec::observed_absent() {
        assert!(fields.contains_key(path), "observed-absent.txt: {path}");
    }
}

#[test]
fn formats_are_of_parameters_that_can_have_them() {
    for (path, schemas) in fields().iter().filter(|(path, _)| path.starts_with('/')) {
        let Some((_, format)) = annotations().formats.get(path) else { continue };
        for schema in schemas {
            let kind = match &schema.kind {
                Kind::List(item) => &item.kind,
                kind => kind,
            };
            let fits = match format {
                Format::WholeNumber => matches!(kind, Kind::Number | Kind::Integer),
                Format::Time => matches!(kind, Kind::String | Kind::Time | Kind::Choice(_)),
                Format::TimeOfDay | Format::Duration => matches!(kind, Kind::String),
            };
            assert!(fits, "{path}: {format:?} {kind:?}");
        }
    }
}

#[test]
fn every_possible_secret_is_decided() {
    let mut seen = 0;
    for (path, schemas) in fields() {
        let name = path.rsplit('.').next().unwrap();
        let is_possible = name.split('_').any(|word| annotations().possible_secrets.contains(&word));
        let is_text = schemas.iter().any(|schema| matches!(schema.kind, Kind::String | Kind::Uri));
        if is_possible && is_text {
            let is_id = annotations().ids.iter().any(|id| id.names.iter().any(|id| id == name));
            let is_enum = annotations().enums.iter().any(|annotation| annotation.at.contains(&path));
            assert!(is_id || is_enum || annotations().secrets.get(&path).is_some(), "{path}");
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn rate_limits_and_credentials_refer_to_the_description() {
    let Annotations { credentials, credential_sets, rate_limits, .. } = annotations();
    assert!(!rate_limits.is_empty());
    assert_eq!(rate_limits, seam_spec::rate_limits());
    let mut limited = BTreeSet::new();
    for limit in rate_limits {
        assert!(limit.requests > 0);
        for path in &limit.routes {
            assert!(api().route(path).is_some(), "{path}");
            assert!(limited.insert(path), "{path} has two limits");
        }
    }
    let used: BTreeSet<&str> = api().routes().iter().flat_map(|route| route.credentials.iter().copied()).collect();
    assert_eq!(used, credentials.keys().copied().collect());
    let kinds: BTreeSet<&String> = credentials.values().filter_map(|credential| credential.kind.as_ref()).collect();
    for set in credential_sets {
        assert!(set.kinds.iter().all(|kind| kinds.contains(kind)), "{}", set.name);
    }
}

#[test]
fn no_two_types_have_the_same_name() {
    let mut seen = BTreeSet::new();
    let Annotations { types, enums, ids, .. } = annotations();
    let names =
        types.iter().chain(enums).map(|annotation| annotation.name.as_str()).chain(ids.iter().map(|id| id.name));
    for name in names {
        assert!(seen.insert(name), "{name}");
    }
}
