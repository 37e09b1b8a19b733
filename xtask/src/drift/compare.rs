//! The differences between two descriptions. Equal differences at several paths are reported as one line.

use std::collections::BTreeMap;

use seam_spec::{ApiDescription, Field, Kind, Route, Schema, Variant};

/// The number of paths that are listed for equal differences.
const LISTED_PATHS: usize = 3;

/// A list of differences, each with the paths at which it occurs.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<(String, Vec<String>)>);

impl Differences {
    /// Compares the local description with a published one.
    pub(super) fn between(local: &ApiDescription, published: &ApiDescription) -> Self {
        let mut differences = Self::default();
        for route in published.routes() {
            match local.route(route.path) {
                None => differences.add(route.path, format!("new route, {}", route.method)),
                Some(known) => differences.compare_routes(known, route),
            }
        }
        let is_removed = |route: &&Route| route.source.is_none() && published.route(route.path).is_none();
        for route in local.routes().iter().filter(is_removed) {
            differences.add(route.path, "the route was removed".to_owned());
        }
        for resource in published.resources() {
            match local.resource(resource.name) {
                None => differences.add(resource.name, "new resource".to_owned()),
                Some(known) => {
                    differences.add_published(resource.name, "the resource", known.schema.source);
                    differences.compare_schemas(resource.name, "", &known.schema, &resource.schema);
                }
            }
        }
        for resource in local.resources() {
            if resource.schema.source.is_none() && published.resource(resource.name).is_none() {
                differences.add(resource.name, "the resource was removed".to_owned());
            }
        }
        differences
    }

    pub(super) fn add(&mut self, path: &str, difference: String) {
        match self.0.iter_mut().find(|(known, _)| *known == difference) {
            Some((_, paths)) => paths.push(path.to_owned()),
            None => self.0.push((difference, vec![path.to_owned()])),
        }
    }

    /// Returns one line per difference.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(difference, paths): &(String, Vec<String>)| match &paths[..] {
            [path] => format!("{path}: {difference}"),
            paths => {
                let is_route = |path: &String| path.starts_with('/') && !path.contains(['.', '(', '[']);
                let (preposition, unit) = if paths.iter().all(is_route) { ("on", "routes") } else { ("at", "paths") };
                let listed = paths.iter().take(LISTED_PATHS).cloned().collect::<Vec<_>>().join(", ");
                let more = match paths.len().saturating_sub(LISTED_PATHS) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{difference}, {preposition} {} {unit}: {listed}{more}", paths.len())
            }
        };
        self.0.iter().map(line).collect()
    }

    /// Adds that Seam now publishes an item that only another source had.
    fn add_published(&mut self, path: &str, what: &str, source: Option<&str>) {
        if let Some(source) = source {
            self.add(path, format!("{what} is published by Seam now, not only by `{source}`"));
        }
    }

    fn compare_routes(&mut self, local: &Route, published: &Route) {
        let path = published.path;
        self.add_published(path, "the route", local.source);
        let mut change = |what: &str, was: &str, is: &str| {
            if was != is {
                self.add(path, format!("{what}: was {}, is {}", or_none(was), or_none(is)));
            }
        };
        change("method", local.method, published.method);
        change("response key", local.response_key.unwrap_or_default(), published.response_key.unwrap_or_default());
        change("action type", local.action_type.unwrap_or_default(), published.action_type.unwrap_or_default());
        change("credentials", &local.credentials.join(" "), &published.credentials.join(" "));
        change("at least one of", &local.at_least_one_of.join(" "), &published.at_least_one_of.join(" "));
        change("paginated", &local.paginated.to_string(), &published.paginated.to_string());
        change("deprecated", &local.deprecated.to_string(), &published.deprecated.to_string());
        self.compare_schemas(path, "the parameters", &local.parameters, &published.parameters);
        self.compare_fields(&format!("response of {path}"), &local.response, &published.response);
    }

    /// Compares the values of the field `name` at `path`, whose parts have paths that begin with `inside`.
    fn compare_values(&mut self, path: &str, name: &str, inside: &str, local: &Schema, published: &Schema) {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
        if local.nullable != published.nullable {
            let change = if published.nullable { "may be null now" } else { "may no longer be null" };
            self.add(path, format!("{prefix}{change}"));
        }
        let limits = |schema: &Schema| schema.limits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (was, is) = (limits(local), limits(published));
        if was != is {
            self.add(path, format!("{prefix}limits: were {}, are {}", or_none(&was), or_none(&is)));
        }
        match (&local.kind, &published.kind) {
            (Kind::Object(local), Kind::Object(published)) => self.compare_fields(inside, local, published),
            (Kind::List(local), Kind::List(published)) => {
                self.compare_items(path, &format!("the items of {name}"), &format!("{inside}[]"), local, published);
            }
            (Kind::Map(local), Kind::Map(published)) => {
                self.compare_items(path, &format!("the values of {name}"), &format!("{inside}.*"), local, published);
            }
            (Kind::Enum(known), Kind::Enum(values)) => {
                self.compare_enums(path, &prefix, (known, &local.value_sources), values);
            }
            // All values come from another source.
            (Kind::Enum(known), Kind::String) if known.iter().all(|value| local.value_sources.contains_key(value)) => {}
            (
                Kind::Variants { by, common, variants },
                Kind::Variants { by: published_by, common: published_common, variants: published },
            ) => {
                if by != published_by {
                    let (was, is) = (by.unwrap_or_default(), published_by.unwrap_or_default());
                    self.add(path, format!("{prefix}discriminator: was {}, is {}", or_none(was), or_none(is)));
                }
                let (local, published) =
                    (options(*by, common, variants), options(*published_by, published_common, published));
                self.compare_variants(path, &prefix, inside, &local, &published);
            }
            (local, published) if local == published => {}
            (Kind::Variants { by, common, variants }, _) if variants.iter().any(|variant| variant.source.is_some()) => {
                // The other source has made a union of the object.
                let reduced = without_marked(*by, common, variants);
                let reduced = Schema { nullable: published.nullable, limits: published.limits.clone(), ..reduced };
                self.compare_values(path, name, inside, &reduced, published);
            }
            _ => {
                let (was, is) = (local.kind_name(), published.kind_name());
                if was == is {
                    self.add(path, format!("{prefix}other options of `{is}`"));
                } else {
                    self.add(path, format!("{prefix}was `{was}`, is `{is}`"));
                }
            }
        }
    }

    /// Compares the values of an enum. Values that have a source in the local description come from another document.
    fn compare_enums(
        &mut self,
        path: &str,
        prefix: &str,
        (known, sources): (&[&str], &BTreeMap<&str, &str>),
        published: &[&'static str],
    ) {
        let list = |values: &[&str]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        let new: Vec<&str> = published.iter().filter(|value| !known.contains(value)).copied().collect();
        let is_removed = |value: &&&str| !published.contains(value) && !sources.contains_key(**value);
        let removed: Vec<&str> = known.iter().filter(is_removed).copied().collect();
        for (change, values) in [("new values", new), ("removed values", removed)] {
            if !values.is_empty() {
                self.add(path, format!("{prefix}{change}: {}", list(&values)));
            }
        }
        for value in published {
            self.add_published(path, &format!("{prefix}the value `{value}`"), sources.get(value).copied());
        }
    }

    fn compare_schemas(&mut self, path: &str, name: &str, local: &Schema, published: &Schema) {
        self.compare_values(path, name, path, local, published);
    }

    /// Compares the items of lists or maps.
    fn compare_items(&mut self, path: &str, name: &str, inside: &str, local: &Schema, published: &Schema) {
        match (local.source, &published.kind) {
            // The kind of the items comes from the other source.
            (Some(_), Kind::Any) => return,
            (source, _) => self.add_published(path, name, source),
        }
        self.compare_values(path, name, inside, local, published);
    }

    fn compare_variants(
        &mut self,
        path: &str,
        prefix: &str,
        inside: &str,
        local: &[(String, &Variant, Vec<Field>)],
        published: &[(String, &Variant, Vec<Field>)],
    ) {
        for (name, variant, fields) in published {
            match local.iter().find(|(known, ..)| known == name) {
                None => self.add(path, format!("{prefix}new variant {name}")),
                Some((_, known, known_fields)) => {
                    self.add_published(path, &format!("{prefix}the variant {name}"), known.source);
                    if known.deprecated != variant.deprecated {
                        let is = if variant.deprecated { "deprecated now" } else { "no longer deprecated" };
                        self.add(path, format!("{prefix}the variant {name} is {is}"));
                    }
                    self.compare_fields(&format!("{inside}({name})"), known_fields, fields);
                }
            }
        }
        for (name, variant, _) in local {
            if variant.source.is_none() && published.iter().all(|(known, ..)| known != name) {
                self.add(path, format!("{prefix}the variant {name} was removed"));
            }
        }
    }

    fn compare_fields(&mut self, path: &str, local: &[Field], published: &[Field]) {
        for field in published {
            let name = format!("`{}`", field.name);
            let Some(known) = local.iter().find(|known| known.name == field.name) else {
                let optional = if field.required { "" } else { "optional " };
                self.add(path, format!("new {optional}{name}, `{}`", field.schema.kind_name()));
                continue;
            };
            self.add_published(path, &name, known.schema.source);
            // A mark that a field is optional or deprecated takes precedence over the published document.
            let is_marked_optional = known.optional_source.is_some() && field.required;
            if known.required != field.required && !is_marked_optional {
                self.add(path, format!("{name}: {} now", if field.required { "required" } else { "optional" }));
            }
            let is_marked_deprecated = known.deprecated_source.is_some() && !field.deprecated;
            if known.deprecated != field.deprecated && !is_marked_deprecated {
                let is = if field.deprecated { "deprecated now" } else { "no longer deprecated" };
                self.add(path, format!("{name}: {is}"));
            }
            self.compare_values(path, &name, &format!("{path}.{}", field.name), &known.schema, &field.schema);
        }
        for field in local.iter().filter(|field| field.schema.source.is_none()) {
            if published.iter().all(|known| known.name != field.name) {
                self.add(path, format!("`{}` was removed", field.name));
            }
        }
    }
}

/// Returns the string, or `none` if it is empty.
fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// Returns variants, each with a name and all of its fields.
///
/// The name contains the value of the discriminator. Without a discriminator, it contains the fields with only one value, such as
/// `status` and `action_type` of an action attempt, or else the required fields besides the common ones.
fn options<'a>(by: Option<&str>, common: &[Field], variants: &'a [Variant]) -> Vec<(String, &'a Variant, Vec<Field>)> {
    let mut options: Vec<(String, &Variant, Vec<Field>)> = Vec::new();
    for variant in variants {
        let constants = variant.fields.iter().filter_map(|field| match &field.schema.kind {
            Kind::Enum(values) => match &values[..] {
                [value] => Some(format!("{}={value}", field.name)),
                _ => None,
            },
            _ => None,
        });
        let constants = constants.collect::<Vec<_>>().join(" ");
        let required = variant.fields.iter().filter(|field| field.required).map(|field| field.name);
        let name = match (by, variant.value) {
            (Some(by), Some(value)) => format!("{by}={value}"),
            _ if !constants.is_empty() => constants,
            _ => format!("with {}", or_none(&required.collect::<Vec<_>>().join(" and "))),
        };
        let repeated = options.iter().filter(|(known, ..)| known.split(" #").next() == Some(&name)).count();
        let name = if repeated == 0 { name } else { format!("{name} #{}", repeated + 1) };
        options.push((name, variant, common.iter().chain(&variant.fields).cloned().collect()));
    }
    options
}

/// Returns a union without the variants of other sources, or an object if only one variant remains.
fn without_marked(by: Option<&'static str>, common: &[Field], variants: &[Variant]) -> Schema {
    let remaining: Vec<Variant> = variants.iter().filter(|variant| variant.source.is_none()).cloned().collect();
    let kind = match &remaining[..] {
        [] => Kind::Any,
        [only] => {
            let mut fields: Vec<Field> = common.iter().chain(&only.fields).cloned().collect();
            if let (Some(name), Some(value)) = (by, only.value) {
                fields.push(Field {
                    name,
                    required: true,
                    deprecated: false,
                    optional_source: None,
                    deprecated_source: None,
                    schema: Schema::of(Kind::Enum(vec![value])),
                    location: seam_spec::Location::default(),
                });
            }
            Kind::Object(fields)
        }
        _ => Kind::Variants { by, common: common.to_vec(), variants: remaining },
    };
    Schema::of(kind)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Parses the description in a test.
    pub(in crate::drift) fn api(text: &str) -> ApiDescription {
        let (resources, routes) = seam_spec::parse("test.txt", text.to_owned().leak()).unwrap();
        ApiDescription::new(resources, routes)
    }

    fn differences(local: &str, published: &str) -> Vec<String> {
        Differences::between(&api(local), &api(published)).lines()
    }

    #[test]
    fn equal_descriptions_do_not_differ() {
        assert_eq!(
            Differences::between(seam_spec::api(), seam_spec::api())
                .lines()
                .iter()
                .filter(|line| !line.contains("published by Seam now"))
                .count(),
            0
        );
        assert_eq!(differences("a: object\n  b: string\n", "a: object\n  b: string\n"), [""; 0]);
    }

    #[test]
    fn routes_and_resources_are_added_and_removed() {
        let local = "GET /a/get\n\nGET /b/get\n\na: object\n\nb: object\n";
        let published = "POST /a/get\n  paginated: yes\n  action: DO\n\nGET /c/get\n\na: object\n\nc: object\n";
        assert_eq!(
            differences(local, published),
            [
                "/a/get: method: was GET, is POST",
                "/a/get: action type: was none, is DO",
                "/a/get: paginated: was false, is true",
                "/c/get: new route, GET",
                "/b/get: the route was removed",
                "c: new resource",
                "b: the resource was removed",
            ]
        );
    }

    #[test]
    fn fields_differ_in_kind_limits_and_flags() {
        let local = "a: object\n  one: string\n  two: string\n  three: list of string\n  four: enum x | y\n  five: integer {min 1}\n  six: string\n";
        let published = "a: object\n  one?: string or null\n  two: string deprecated\n  three: list of uuid\n  four: enum x | z\n  five: integer {min 1; max 9}\n  seven?: map of any\n";
        assert_eq!(
            differences(local, published),
            [
                "a: `one`: optional now",
                "a: `one`: may be null now",
                "a: `two`: deprecated now",
                "a: the items of `three`: was `string`, is `uuid`",
                "a: `four`: new values: `z`",
                "a: `four`: removed values: `y`",
                "a: `five`: limits: were min 1, are min 1; max 9",
                "a: new optional `seven`, `map of any`",
                "a: `six` was removed",
            ]
        );
    }

    #[test]
    fn another_kind_is_reported_with_both_kinds() {
        assert_eq!(
            differences("a: object\n  b: list of string\n", "a: object\n  b: variants by c\n    | x\n    | y\n"),
            ["a: `b`: was `list of string`, is `variants by c`"]
        );
    }

    #[test]
    fn variants_are_named_after_their_discriminator() {
        let local = "a: object\n  errors: list of variants by code\n    | one\n      x: string\n    | two\n    | old\n";
        let published = "a: object\n  errors: list of variants by code\n    | one\n      x: uuid\n    | two deprecated\n    | new\n";
        assert_eq!(
            differences(local, published),
            [
                "a.errors[](code=one): `x`: was `string`, is `uuid`",
                "a: the items of `errors`: the variant code=two is deprecated now",
                "a: the items of `errors`: new variant code=new",
                "a: the items of `errors`: the variant code=old was removed",
            ]
        );
        // Without a discriminator, variants are named after all fields with one value.
        let local = "a: variants\n  | -\n    status: enum done\n    kind: enum x\n    r: string\n  | -\n    status: enum failed\n    kind: enum x\n";
        let published = local.replace("r: string", "r: uri");
        assert_eq!(differences(local, &published), ["a(status=done kind=x): `r`: was `string`, is `uri`"]);
        // Without such fields, variants are named after their required fields, in any order.
        let local = "GET /a/get\n  parameters: variants\n    | -\n      x: uuid\n    | -\n      y: uuid\n";
        let published = "GET /a/get\n  parameters: variants\n    | -\n      y: string\n    | -\n      x: uuid\n    | -\n      z: uuid\n";
        assert_eq!(
            differences(local, published),
            ["/a/get(with y): `y`: was `uuid`, is `string`", "/a/get: the parameters: new variant with z"]
        );
    }

    #[test]
    fn equal_differences_are_one_line() {
        let route = |name: &str, parameters: &str| {
            format!("GET /{name}/get\n  parameters: object\n    id: uuid\n{parameters}\n")
        };
        let all = |parameters: &str| ["a", "b", "c", "d", "e"].map(|name| route(name, parameters)).concat();
        assert_eq!(
            differences(&all(""), &all("    sync?: boolean\n")),
            ["new optional `sync`, `boolean`, on 5 routes: /a/get, /b/get, /c/get and 2 more"]
        );
        assert_eq!(
            differences(&all("    sync?: boolean\n"), &(all("") + "\na: object\n")),
            ["`sync` was removed, on 5 routes: /a/get, /b/get, /c/get and 2 more", "a: new resource"]
        );
        assert_eq!(
            differences("a: object\n  x: string\n\nb: object\n  x: string\n", "a: object\n\nb: object\n"),
            ["`x` was removed, at 2 paths: a, b"]
        );
    }

    #[test]
    fn items_of_other_sources_are_not_reported_as_removed() {
        let published = "a: object\n  code: enum x\n  items: list of any\n  kind: string\n  name: string\n  status: string\n  union: object\n    kind: enum one\n    y: string\n";
        let local = "\
GET /m/get
  source: python

a: object
  code: enum x | z@http
  items: list of @python object
    b: string
  kind: enum x@python | y@python
  more?: string @python
  name?: string optional@http
  status: string deprecated@python
  union: variants by kind
    | one
      y: string
    | two @python

extra: object @python
";
        assert_eq!(differences(local, published), [""; 0]);
    }

    #[test]
    fn items_that_seam_publishes_now_are_reported() {
        let local = "GET /m/get\n  source: python\n\na: object\n  code: enum x | z@http\n  more?: string @python\n  errors: list of variants by code\n    | one\n    | two @python\n";
        let published = "GET /m/get\n\na: object\n  code: enum x | z\n  more?: string\n  errors: list of variants by code\n    | one\n    | two\n";
        assert_eq!(
            differences(local, published),
            [
                "/m/get: the route is published by Seam now, not only by `python`",
                "a: `code`: the value `z` is published by Seam now, not only by `http`",
                "a: `more` is published by Seam now, not only by `python`",
                "a: the items of `errors`: the variant code=two is published by Seam now, not only by `python`",
            ]
        );
    }
}
