//! What differs between two descriptions. Equal differences at several places are one line.

use seam_spec::{ApiDescription, Field, Kind, Route, Schema, Variant};

/// How many places of equal differences are named.
const NAMED_PLACES: usize = 3;

/// Differences, each with the places where it occurs.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<(String, Vec<String>)>);

impl Differences {
    /// Compares the committed description with a published one.
    pub(super) fn between(ours: &ApiDescription, theirs: &ApiDescription) -> Self {
        let mut differences = Self::default();
        for route in theirs.routes() {
            match ours.route(route.path) {
                None => differences.add(route.path, format!("new route, {}", route.method)),
                Some(known) => differences.compare_routes(known, route),
            }
        }
        let is_gone = |route: &&Route| route.source.is_none() && theirs.route(route.path).is_none();
        for route in ours.routes().iter().filter(is_gone) {
            differences.add(route.path, "the route is gone".to_owned());
        }
        for resource in theirs.resources() {
            match ours.resource(resource.name) {
                None => differences.add(resource.name, "new resource".to_owned()),
                Some(known) => {
                    differences.described_now(resource.name, "the resource", known.schema.source);
                    differences.compare_schemas(resource.name, "", &known.schema, &resource.schema);
                }
            }
        }
        for resource in ours.resources() {
            if resource.schema.source.is_none() && theirs.resource(resource.name).is_none() {
                differences.add(resource.name, "the resource is gone".to_owned());
            }
        }
        differences
    }

    pub(super) fn add(&mut self, place: &str, difference: String) {
        match self.0.iter_mut().find(|(known, _)| *known == difference) {
            Some((_, places)) => places.push(place.to_owned()),
            None => self.0.push((difference, vec![place.to_owned()])),
        }
    }

    /// Returns one line per difference.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |(difference, places): &(String, Vec<String>)| match &places[..] {
            [place] => format!("{place}: {difference}"),
            places => {
                let is_route = |place: &String| place.starts_with('/') && !place.contains(['.', '(', '[']);
                let what = if places.iter().all(is_route) { "on" } else { "at" };
                let unit = if what == "on" { "routes" } else { "places" };
                let named = places.iter().take(NAMED_PLACES).cloned().collect::<Vec<_>>().join(", ");
                let more = match places.len().saturating_sub(NAMED_PLACES) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("{difference}, {what} {} {unit}: {named}{more}", places.len())
            }
        };
        self.0.iter().map(line).collect()
    }

    /// Adds that the description now has what another source had alone.
    fn described_now(&mut self, place: &str, what: &str, source: Option<&str>) {
        if let Some(source) = source {
            self.add(place, format!("{what} is described by Seam now, not by `{source}` only"));
        }
    }

    fn compare_routes(&mut self, ours: &Route, theirs: &Route) {
        let path = theirs.path;
        self.described_now(path, "the route", ours.source);
        let mut change = |what: &str, was: &str, is: &str| {
            if was != is {
                self.add(path, format!("{what}: was {}, is {}", named(was), named(is)));
            }
        };
        change("method", ours.method, theirs.method);
        change("response key", ours.response_key.unwrap_or_default(), theirs.response_key.unwrap_or_default());
        change("action type", ours.action_type.unwrap_or_default(), theirs.action_type.unwrap_or_default());
        change("credentials", &ours.credentials.join(" "), &theirs.credentials.join(" "));
        change("at least one of", &ours.at_least_one_of.join(" "), &theirs.at_least_one_of.join(" "));
        change("paginated", &ours.paginated.to_string(), &theirs.paginated.to_string());
        change("deprecated", &ours.deprecated.to_string(), &theirs.deprecated.to_string());
        self.compare_schemas(path, "the parameters", &ours.parameters, &theirs.parameters);
        self.compare_fields(&format!("response of {path}"), &ours.response, &theirs.response);
    }

    /// Compares values: what the difference is about is `name`, at `place`; its parts are at `inside`.
    fn compare_values(&mut self, place: &str, name: &str, inside: &str, ours: &Schema, theirs: &Schema) {
        let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
        if ours.nullable != theirs.nullable {
            let change = if theirs.nullable { "may be null now" } else { "may no longer be null" };
            self.add(place, format!("{prefix}{change}"));
        }
        let limits = |schema: &Schema| schema.limits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (was, is) = (limits(ours), limits(theirs));
        if was != is {
            self.add(place, format!("{prefix}limits: were {}, are {}", named(&was), named(&is)));
        }
        match (&ours.kind, &theirs.kind) {
            (Kind::Object(ours), Kind::Object(theirs)) => self.compare_fields(inside, ours, theirs),
            (Kind::List(ours), Kind::List(theirs)) => {
                self.compare_items(place, &format!("the items of {name}"), &format!("{inside}[]"), ours, theirs);
            }
            (Kind::Map(ours), Kind::Map(theirs)) => {
                self.compare_items(place, &format!("the values of {name}"), &format!("{inside}.*"), ours, theirs);
            }
            (Kind::Enum(known), Kind::Enum(values)) => {
                let list =
                    |values: &[&str]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
                let new: Vec<&str> = values.iter().filter(|value| !known.contains(value)).copied().collect();
                let is_gone = |value: &&&str| !values.contains(value) && !ours.value_sources.contains_key(**value);
                let gone: Vec<&str> = known.iter().filter(is_gone).copied().collect();
                for (change, values) in [("new values", new), ("values that are gone", gone)] {
                    if !values.is_empty() {
                        self.add(place, format!("{prefix}{change}: {}", list(&values)));
                    }
                }
                for value in values {
                    let source = ours.value_sources.get(value).copied();
                    self.described_now(place, &format!("{prefix}the value `{value}`"), source);
                }
            }
            // All values are known from another source only.
            (Kind::Enum(known), Kind::String) if known.iter().all(|value| ours.value_sources.contains_key(value)) => {}
            (
                Kind::Variants { by, common, variants },
                Kind::Variants { by: their_by, common: their_common, variants: theirs },
            ) => {
                if by != their_by {
                    let (was, is) = (by.unwrap_or_default(), their_by.unwrap_or_default());
                    self.add(place, format!("{prefix}discriminator: was {}, is {}", named(was), named(is)));
                }
                let ours = options(*by, common, variants);
                self.compare_variants(place, &prefix, inside, &ours, &options(*their_by, their_common, theirs));
            }
            (ours, theirs) if ours == theirs => {}
            (Kind::Variants { by, common, variants }, _) if variants.iter().any(|variant| variant.source.is_some()) => {
                // The other source has made a union of it.
                let reduced = described(*by, common, variants);
                let reduced = Schema { nullable: theirs.nullable, limits: theirs.limits.clone(), ..reduced };
                self.compare_values(place, name, inside, &reduced, theirs);
            }
            _ => {
                let (was, is) = (ours.kind_name(), theirs.kind_name());
                if was == is {
                    self.add(place, format!("{prefix}other options of `{is}`"));
                } else {
                    self.add(place, format!("{prefix}was `{was}`, is `{is}`"));
                }
            }
        }
    }

    fn compare_schemas(&mut self, place: &str, name: &str, ours: &Schema, theirs: &Schema) {
        self.compare_values(place, name, place, ours, theirs);
    }

    /// Compares the items of lists or maps.
    fn compare_items(&mut self, place: &str, name: &str, inside: &str, ours: &Schema, theirs: &Schema) {
        match (ours.source, &theirs.kind) {
            // What the items are is known from the other source only.
            (Some(_), Kind::Any) => return,
            (source, _) => self.described_now(place, name, source),
        }
        self.compare_values(place, name, inside, ours, theirs);
    }

    fn compare_variants(
        &mut self,
        place: &str,
        prefix: &str,
        inside: &str,
        ours: &[(String, &Variant, Vec<Field>)],
        theirs: &[(String, &Variant, Vec<Field>)],
    ) {
        for (name, variant, fields) in theirs {
            match ours.iter().find(|(known, ..)| known == name) {
                None => self.add(place, format!("{prefix}new variant {name}")),
                Some((_, known, known_fields)) => {
                    self.described_now(place, &format!("{prefix}the variant {name}"), known.source);
                    if known.deprecated != variant.deprecated {
                        let is = if variant.deprecated { "deprecated now" } else { "no longer deprecated" };
                        self.add(place, format!("{prefix}the variant {name} is {is}"));
                    }
                    self.compare_fields(&format!("{inside}({name})"), known_fields, fields);
                }
            }
        }
        for (name, variant, _) in ours {
            if variant.source.is_none() && theirs.iter().all(|(known, ..)| known != name) {
                self.add(place, format!("{prefix}the variant {name} is gone"));
            }
        }
    }

    fn compare_fields(&mut self, place: &str, ours: &[Field], theirs: &[Field]) {
        for field in theirs {
            let name = format!("`{}`", field.name);
            let Some(known) = ours.iter().find(|known| known.name == field.name) else {
                let optional = if field.required { "" } else { "optional " };
                self.add(place, format!("new {optional}{name}, `{}`", field.schema.kind_name()));
                continue;
            };
            self.described_now(place, &name, known.schema.source);
            // A source that calls a field optional or deprecated is not contradicted by the description.
            let is_marked_optional = known.optional_source.is_some() && field.required;
            if known.required != field.required && !is_marked_optional {
                self.add(place, format!("{name}: {} now", if field.required { "required" } else { "optional" }));
            }
            let is_marked_deprecated = known.deprecated_source.is_some() && !field.deprecated;
            if known.deprecated != field.deprecated && !is_marked_deprecated {
                let is = if field.deprecated { "deprecated now" } else { "no longer deprecated" };
                self.add(place, format!("{name}: {is}"));
            }
            self.compare_values(place, &name, &format!("{place}.{}", field.name), &known.schema, &field.schema);
        }
        for field in ours.iter().filter(|field| field.schema.source.is_none()) {
            if theirs.iter().all(|known| known.name != field.name) {
                self.add(place, format!("`{}` is gone", field.name));
            }
        }
    }
}

/// For what there is none of, a word.
fn named(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// Returns variants, each with a name and all of its fields.
///
/// The name has the value of the discriminator. Without one, it has the fields with only one value, such as `status` and
/// `action_type` of an action attempt, or else the fields that the variant requires besides the common ones.
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
            _ => format!("with {}", named(&required.collect::<Vec<_>>().join(" and "))),
        };
        let repeated = options.iter().filter(|(known, ..)| known.split(" #").next() == Some(&name)).count();
        let name = if repeated == 0 { name } else { format!("{name} #{}", repeated + 1) };
        options.push((name, variant, common.iter().chain(&variant.fields).cloned().collect()));
    }
    options
}

/// Returns a union without the variants of other sources, as an object if one is left.
fn described(by: Option<&'static str>, common: &[Field], variants: &[Variant]) -> Schema {
    let left: Vec<Variant> = variants.iter().filter(|variant| variant.source.is_none()).cloned().collect();
    let kind = match &left[..] {
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
        _ => Kind::Variants { by, common: common.to_vec(), variants: left },
    };
    Schema::of(kind)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Parses a description of a test.
    pub(in crate::drift) fn api(text: &str) -> ApiDescription {
        let (resources, routes) = seam_spec::parse("test.txt", text.to_owned().leak()).unwrap();
        ApiDescription::new(resources, routes)
    }

    fn differences(ours: &str, theirs: &str) -> Vec<String> {
        Differences::between(&api(ours), &api(theirs)).lines()
    }

    #[test]
    fn equal_descriptions_do_not_differ() {
        assert_eq!(
            Differences::between(seam_spec::api(), seam_spec::api())
                .lines()
                .iter()
                .filter(|line| !line.contains("described by Seam now"))
                .count(),
            0
        );
        assert_eq!(differences("a: object\n  b: string\n", "a: object\n  b: string\n"), [""; 0]);
    }

    #[test]
    fn routes_and_resources_come_and_go() {
        let ours = "GET /a/get\n\nGET /b/get\n\na: object\n\nb: object\n";
        let theirs = "POST /a/get\n  paginated: yes\n  action: DO\n\nGET /c/get\n\na: object\n\nc: object\n";
        assert_eq!(
            differences(ours, theirs),
            [
                "/a/get: method: was GET, is POST",
                "/a/get: action type: was none, is DO",
                "/a/get: paginated: was false, is true",
                "/c/get: new route, GET",
                "/b/get: the route is gone",
                "c: new resource",
                "b: the resource is gone",
            ]
        );
    }

    #[test]
    fn fields_differ_in_kind_limits_and_flags() {
        let ours = "a: object\n  one: string\n  two: string\n  three: list of string\n  four: enum x | y\n  five: integer {min 1}\n  six: string\n";
        let theirs = "a: object\n  one?: string or null\n  two: string deprecated\n  three: list of uuid\n  four: enum x | z\n  five: integer {min 1; max 9}\n  seven?: map of any\n";
        assert_eq!(
            differences(ours, theirs),
            [
                "a: `one`: optional now",
                "a: `one`: may be null now",
                "a: `two`: deprecated now",
                "a: the items of `three`: was `string`, is `uuid`",
                "a: `four`: new values: `z`",
                "a: `four`: values that are gone: `y`",
                "a: `five`: limits: were min 1, are min 1; max 9",
                "a: new optional `seven`, `map of any`",
                "a: `six` is gone",
            ]
        );
    }

    #[test]
    fn another_kind_says_which_kinds() {
        assert_eq!(
            differences("a: object\n  b: list of string\n", "a: object\n  b: variants by c\n    | x\n    | y\n"),
            ["a: `b`: was `list of string`, is `variants by c`"]
        );
    }

    #[test]
    fn variants_are_named_by_their_discriminator() {
        let ours = "a: object\n  errors: list of variants by code\n    | one\n      x: string\n    | two\n    | old\n";
        let theirs = "a: object\n  errors: list of variants by code\n    | one\n      x: uuid\n    | two deprecated\n    | new\n";
        assert_eq!(
            differences(ours, theirs),
            [
                "a.errors[](code=one): `x`: was `string`, is `uuid`",
                "a: the items of `errors`: the variant code=two is deprecated now",
                "a: the items of `errors`: new variant code=new",
                "a: the items of `errors`: the variant code=old is gone",
            ]
        );
        // Without a discriminator, by all fields that have one value.
        let ours = "a: variants\n  | -\n    status: enum done\n    kind: enum x\n    r: string\n  | -\n    status: enum failed\n    kind: enum x\n";
        let theirs = ours.replace("r: string", "r: uri");
        assert_eq!(differences(ours, &theirs), ["a(status=done kind=x): `r`: was `string`, is `uri`"]);
        // Without such fields, by what they require; whatever their order.
        let ours = "GET /a/get\n  parameters: variants\n    | -\n      x: uuid\n    | -\n      y: uuid\n";
        let theirs = "GET /a/get\n  parameters: variants\n    | -\n      y: string\n    | -\n      x: uuid\n    | -\n      z: uuid\n";
        assert_eq!(
            differences(ours, theirs),
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
            ["`sync` is gone, on 5 routes: /a/get, /b/get, /c/get and 2 more", "a: new resource"]
        );
        assert_eq!(
            differences("a: object\n  x: string\n\nb: object\n  x: string\n", "a: object\n\nb: object\n"),
            ["`x` is gone, at 2 places: a, b"]
        );
    }

    #[test]
    fn facts_of_other_sources_are_not_gone() {
        let described = "a: object\n  code: enum x\n  items: list of any\n  kind: string\n  name: string\n  status: string\n  union: object\n    kind: enum one\n    y: string\n";
        let ours = "\
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
        assert_eq!(differences(ours, described), [""; 0]);
    }

    #[test]
    fn facts_that_seam_describes_now_are_news() {
        let ours = "GET /m/get\n  source: python\n\na: object\n  code: enum x | z@http\n  more?: string @python\n  errors: list of variants by code\n    | one\n    | two @python\n";
        let theirs = "GET /m/get\n\na: object\n  code: enum x | z\n  more?: string\n  errors: list of variants by code\n    | one\n    | two\n";
        assert_eq!(
            differences(ours, theirs),
            [
                "/m/get: the route is described by Seam now, not by `python` only",
                "a: `code`: the value `z` is described by Seam now, not by `http` only",
                "a: `more` is described by Seam now, not by `python` only",
                "a: the items of `errors`: the variant code=two is described by Seam now, not by `python` only",
            ]
        );
    }
}
