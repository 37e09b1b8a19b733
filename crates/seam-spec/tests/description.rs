//! Tests of the API description and its notation: written descriptions parse as the same data, and invalid notation is
//! rejected with its line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use proptest::prelude::*;
use seam_spec::{
    ApiDescription, Field, Kind, Limit, Location, Resource, Route, Schema, Variant, parse, print_resources,
    print_routes,
};

/// Parses the notation.
fn parsed(text: &str) -> Result<(Vec<Resource>, Vec<Route>), seam_spec::ParseError> {
    parse("test.txt", text.to_owned().leak())
}

#[test]
fn the_committed_description_is_what_would_be_written() {
    let api = ApiDescription::embedded().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("api");
    let (events, resources): (Vec<_>, Vec<_>) = api.resources().iter().partition(|resource| resource.name == "event");
    for (name, written) in [
        ("resources", print_resources(resources)),
        ("events", print_resources(events)),
        ("routes", print_routes(api.routes())),
    ] {
        let text = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
        let body: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(written.trim(), body.join("\n").trim(), "{name}");
    }
}

#[test]
fn everything_is_found_by_its_name() {
    let api = seam_spec::api();
    assert!(api.resources().len() > 30 && api.routes().len() > 200 && api.events().count() > 100);
    for resource in api.resources() {
        assert_eq!(api.resource(resource.name), Some(resource));
    }
    for route in api.routes() {
        assert_eq!(api.route(route.path), Some(route));
    }
    for event in api.events() {
        assert_eq!(api.event(event.event_type), Some(event));
        assert!(event.fields().any(|field| field.name == "event_id"), "{event:?}");
    }
    assert_eq!(api.resource("nothing"), None);
    assert_eq!(api.route("/nothing"), None);
    assert_eq!(api.event("nothing.happened"), None);
}

#[test]
fn locations_are_lines_of_the_files() {
    let route = seam_spec::api().route("/locks/unlock_door").unwrap();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(route.location.file)).unwrap();
    assert_eq!(text.lines().nth(route.location.line - 1), Some("POST /locks/unlock_door"));
    assert_eq!(route.location.to_string(), format!("api/routes.txt:{}", route.location.line));
}

#[test]
fn every_form_is_parsed_and_written() {
    let text = "\
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
      y?: list of nullable string @python deprecated {min-items 1; max-items 5}
  response: object
    a: ref a

a: variants by kind @python
  a_id: uuid optional@http
  | one deprecated
    n: number or null {min 1; above 0.5}
    s: string {min-length 1; pattern \"a; b\\\"{2} \\\\d\"; default x}
  | two @python deprecated
    choice: choice
      | string
      | map of any
    few: enum x | y z | =@http @python deprecated@http
    some: list of nullable @http object
      inner?: map of @http string @python optional@http deprecated@python {default {}}
    odd: enum
      = a | b@http
      = \"a@b\"@http
      = \"\"
    many: enum
      = 1
      = 2
      = 3
      = 4
      = 5
      = 6
      = seven and more
    nested: list of map of list of time
    uri?: uri
    email?: email
    i: integer
";
    let (resources, routes) = parsed(text).unwrap();
    let again = format!("{}{}", print_routes(&routes), print_resources(&resources));
    assert_eq!(again.trim(), text.trim());
    let pattern = resources[0].schema.fields().find(|field| field.name == "s").unwrap().schema.limits[1].clone();
    assert_eq!(pattern, Limit::Pattern("a; b\"{2} \\d"));
}

#[test]
fn errors_name_the_file_and_the_line() {
    for (text, line) in [
        ("a: object\n   b: string\n", 2),
        ("a: object\n    b: string\n", 2),
        ("a: nonsense\n", 1),
        ("a: object\n  b\n", 2),
        ("a: object\n  b: string\n  b?: string\n", 3),
        ("a: string\n\na: string\n", 3),
        ("a: string {min 1\n", 1),
        ("a: string {min x}\n", 1),
        ("a: string {max-length 1.5}\n", 1),
        ("a: string {colour red}\n", 1),
        ("a: string {pattern \"x}\n", 1),
        ("a: string {pattern \"\\x\"}\n", 1),
        ("a: enum\n  x\n", 2),
        ("GET /a\n  colour: red\n", 2),
    ] {
        let error = parsed(text).unwrap_err();
        assert_eq!((error.location.file, error.location.line), ("test.txt", line), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("test.txt:{line}: ")), "{error}");
    }
    let deep = format!("a: {}any\n", "list of ".repeat(100_000));
    assert_eq!(parsed(&deep).unwrap_err().location.line, 1);
    let deep: String = (0..2_000).map(|depth| format!("{}a: object\n", "  ".repeat(depth))).collect();
    assert!(parsed(&deep).is_err());
    assert_eq!(parsed("# nothing\n\n").unwrap(), (Vec::new(), Vec::new()));
}

#[test]
fn every_pattern_is_a_regular_expression() {
    fn check(schema: &Schema, seen: &mut usize) {
        for limit in &schema.limits {
            if let Limit::Pattern(pattern) = limit {
                assert!(regex_lite::Regex::new(pattern).is_ok(), "{pattern}");
                *seen += 1;
            }
        }
        match &schema.kind {
            Kind::List(item) | Kind::Map(item) => check(item, seen),
            Kind::Choice(options) => options.iter().for_each(|option| check(option, seen)),
            _ => schema.fields().for_each(|field| check(&field.schema, seen)),
        }
    }
    let mut seen = 0;
    let api = seam_spec::api();
    api.routes().iter().for_each(|route| check(&route.parameters, &mut seen));
    api.resources().iter().for_each(|resource| check(&resource.schema, &mut seen));
    assert!(seen >= 10, "{seen}");
}

#[test]
fn references_name_resources() {
    fn check(at: &str, schema: &Schema, unknown: &mut BTreeSet<String>) {
        match &schema.kind {
            Kind::Reference(name) if seam_spec::api().resource(name).is_none() => {
                unknown.insert(format!("{at}: {name}"));
            }
            Kind::List(item) | Kind::Map(item) => check(at, item, unknown),
            Kind::Choice(options) => options.iter().for_each(|option| check(at, option, unknown)),
            _ => schema.fields().for_each(|field| check(&format!("{at}.{}", field.name), &field.schema, unknown)),
        }
    }
    let mut unknown = BTreeSet::new();
    for resource in seam_spec::api().resources() {
        check(resource.name, &resource.schema, &mut unknown);
    }
    for route in seam_spec::api().routes() {
        route.response.iter().for_each(|field| check(route.path, &field.schema, &mut unknown));
    }
    assert_eq!(unknown, BTreeSet::new());
}

/// Strings with the characters that the notation uses itself.
fn string() -> impl Strategy<Value = &'static str> {
    "([ -~é\n\r|;{}\"\\\\=#@-]| deprecated| @a|@b){0,12}".prop_map(|text| &*text.leak())
}

fn name() -> impl Strategy<Value = &'static str> {
    "[a-z_]{1,8}".prop_map(|text| &*text.leak())
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Limit::Min),
        any::<i32>().prop_map(|number| Limit::Max(number.into())),
        any::<usize>().prop_map(Limit::MaxItems),
        string().prop_map(Limit::Pattern),
        string().prop_map(Limit::Default),
    ]
}

fn fields(schema: impl Strategy<Value = Schema> + Clone) -> impl Strategy<Value = Vec<Field>> {
    prop::collection::btree_map(name(), (any::<bool>(), any::<bool>(), schema), 0..4).prop_map(|fields| {
        let field = |(name, (required, deprecated, schema))| Field {
            name,
            required,
            deprecated,
            optional_source: None,
            deprecated_source: if deprecated { required.then_some("http") } else { None },
            schema,
            location: Location::default(),
        };
        fields.into_iter().map(field).collect()
    })
}

fn schema() -> impl Strategy<Value = Schema> {
    let leaf = prop_oneof![
        Just(Kind::Any),
        Just(Kind::Time),
        prop::collection::vec(string(), 0..8).prop_map(Kind::Enum),
        name().prop_map(Kind::Reference),
    ];
    let leaf = (leaf, any::<bool>(), prop::collection::vec(limit(), 0..3), prop::option::of(name()), any::<bool>())
        .prop_map(|(kind, nullable, limits, source, has_sources)| {
            let value_sources = match &kind {
                Kind::Enum(values) if has_sources => values.iter().step_by(2).map(|value| (*value, "http")).collect(),
                _ => BTreeMap::new(),
            };
            Schema { kind, nullable, limits, source, value_sources }
        });
    leaf.prop_recursive(4, 32, 4, |inner| {
        // Items of lists and maps have no limits in the notation.
        let item = inner.clone().prop_map(|schema| Box::new(Schema { limits: Vec::new(), ..schema }));
        let variant = (prop::option::of(string()), any::<bool>(), prop::option::of(name()), fields(inner.clone()))
            .prop_map(|(value, deprecated, source, fields)| Variant { value, deprecated, source, fields });
        let kind = prop_oneof![
            item.clone().prop_map(Kind::List),
            item.prop_map(Kind::Map),
            fields(inner.clone()).prop_map(Kind::Object),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Kind::Choice),
            (prop::option::of(name()), fields(inner), prop::collection::vec(variant, 0..3))
                .prop_map(|(by, common, variants)| Kind::Variants { by, common, variants }),
        ];
        (kind, any::<bool>()).prop_map(|(kind, nullable)| Schema { nullable, ..Schema::of(kind) })
    })
}

proptest! {
    // A failure prints its input. Add a separate test for it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_parsed_as_the_same(schema in schema()) {
        let resource = Resource { name: "a", schema, location: Location::default() };
        let text = print_resources([&resource]);
        let (resources, _) = parsed(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&resources, &[resource], "{}", text);
    }

    #[test]
    fn no_input_makes_the_parser_panic(text in "([ \n:?|=\"{};#-]|[ \n]  |a|/a|GET |list of |enum |variants by |object|choice|min 1| or null){0,60}") {
        let lines = text.lines().count();
        if let Err(error) = parsed(&text) {
            prop_assert!(error.location.line >= 1 && error.location.line <= lines);
        }
    }
}

#[test]
fn every_mark_names_a_source_with_a_version() {
    let versions: BTreeMap<&str, &str> = seam_spec::sources().collect();
    assert!(["openapi", "python", "http"].iter().all(|source| versions.contains_key(source)), "{versions:?}");
    let mut marks = BTreeMap::new();
    for file in ["resources", "events", "routes"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("api/{file}.txt"))).unwrap();
        for line in text.lines() {
            let marked = line.split('@').skip(1).chain(line.strip_prefix("  source: "));
            for source in marked.filter_map(|mark| mark.split(|c: char| !c.is_ascii_alphanumeric()).next()) {
                assert!(versions.contains_key(source), "{line}");
                *marks.entry(source.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(marks["python"] > 150 && marks["http"] > 3, "{marks:?}");
    let access_code = seam_spec::api().resource("access_code").unwrap();
    let status = access_code.schema.fields().find(|field| field.name == "status").unwrap();
    assert_eq!((status.deprecated, status.deprecated_source), (true, Some("python")));
}
