//! The types of the API description.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::Location;

/// The name of the resource whose variants are the events.
pub(crate) const EVENT: &str = "event";

/// Routes, resources and events.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiDescription {
    resources: Vec<Resource>,
    routes: Vec<Route>,
    resources_by_name: HashMap<&'static str, usize>,
    routes_by_path: HashMap<&'static str, usize>,
    events_by_type: HashMap<&'static str, usize>,
}

impl ApiDescription {
    /// Creates a description. Resources are sorted by name, routes by path.
    #[must_use]
    pub fn new(mut resources: Vec<Resource>, mut routes: Vec<Route>) -> Self {
        resources.sort_by_key(|resource| resource.name);
        routes.sort_by_key(|route| route.path);
        let resources_by_name = (0..).zip(&resources).map(|(index, resource)| (resource.name, index)).collect();
        let routes_by_path = (0..).zip(&routes).map(|(index, route)| (route.path, index)).collect();
        let mut api = Self { resources, routes, resources_by_name, routes_by_path, events_by_type: HashMap::new() };
        let (_, events) = api.event_variants();
        api.events_by_type = (0..).zip(events).filter_map(|(index, event)| Some((event.value?, index))).collect();
        api
    }

    /// Returns the resources, sorted by name. The events are the variants of the resource `event`.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Returns the routes, sorted by path.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Returns the resource with a name, such as `access_code`.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.get(*self.resources_by_name.get(name)?)
    }

    /// Returns the route with a path, such as `/access_codes/get`.
    #[must_use]
    pub fn route(&self, path: &str) -> Option<&Route> {
        self.routes.get(*self.routes_by_path.get(path)?)
    }

    /// Returns the paths of all deprecated items: fields such as `device.properties.name`, values such as
    /// `device.errors.error_code.device_offline`, parameters such as `/devices/list.unstable_location_id`, and routes.
    #[must_use]
    pub fn deprecated(&self) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for resource in &self.resources {
            add_deprecated(resource.name, &resource.schema, &mut paths);
        }
        for route in &self.routes {
            paths.extend(route.deprecated.then(|| route.path.to_owned()));
            add_deprecated(route.path, &route.parameters, &mut paths);
        }
        paths
    }

    /// Returns the events.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let (common, variants) = self.event_variants();
        variants.iter().filter_map(|variant| Some(Event { event_type: variant.value?, common, variant }))
    }

    /// Returns the event with a type, such as `lock.locked`.
    #[must_use]
    pub fn event(&self, event_type: &str) -> Option<Event<'_>> {
        let index = *self.events_by_type.get(event_type)?;
        let (common, variants) = self.event_variants();
        let variant = variants.get(index)?;
        Some(Event { event_type: variant.value?, common, variant })
    }

    fn event_variants(&self) -> (&[Field], &[Variant]) {
        match self.resource(EVENT).map(|event| &event.schema.kind) {
            Some(Kind::Variants { common, variants, .. }) => (common, variants),
            _ => (&[], &[]),
        }
    }
}

/// Adds the paths of deprecated items in a value.
fn add_deprecated(path: &str, schema: &Schema, paths: &mut BTreeSet<String>) {
    let mut add_fields = |fields: &[Field]| {
        for field in fields {
            let path = format!("{path}.{}", field.name);
            add_deprecated(&path, &field.schema, paths);
            paths.extend(field.deprecated.then_some(path));
        }
    };
    match &schema.kind {
        Kind::Object(fields) => add_fields(fields),
        Kind::List(item) | Kind::Map(item) => add_deprecated(path, item, paths),
        Kind::Choice(options) => options.iter().for_each(|option| add_deprecated(path, option, paths)),
        Kind::Variants { by, common, variants } => {
            add_fields(common);
            for variant in variants {
                add_fields(&variant.fields);
            }
            for variant in variants.iter().filter(|variant| variant.deprecated) {
                if let (Some(by), Some(value)) = (by, &variant.value) {
                    paths.insert(format!("{path}.{by}.{value}"));
                }
            }
        }
        _ => {}
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// The name, such as `access_code`.
    pub name: &'static str,
    /// The schema of its JSON.
    pub schema: Schema,
    /// The line that describes it.
    pub location: Location,
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<'a> {
    /// The type, such as `lock.locked`.
    pub event_type: &'static str,
    /// The fields that all events have.
    pub common: &'a [Field],
    /// The fields that only this event has.
    pub variant: &'a Variant,
}

impl<'a> Event<'a> {
    /// Returns all fields except `event_type`.
    pub fn fields(self) -> impl Iterator<Item = &'a Field> {
        self.common.iter().chain(&self.variant.fields)
    }
}

/// A route.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The HTTP method: `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// The path, such as `/access_codes/get`.
    pub path: &'static str,
    /// The source that describes it, if the OpenAPI document does not: a name from [`sources`](crate::sources).
    pub source: Option<&'static str>,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Whether it is paginated.
    pub paginated: bool,
    /// The kinds of credentials that it accepts, by Seam's names; empty if the description does not restrict them.
    pub credentials: Vec<&'static str>,
    /// The type of the action attempt that it starts, such as `UNLOCK_DOOR`.
    pub action_type: Option<&'static str>,
    /// The key of the response that holds the result.
    pub response_key: Option<&'static str>,
    /// Parameters of which at least one is required.
    pub at_least_one_of: Vec<&'static str>,
    /// The parameters: an object, or one of several.
    pub parameters: Schema,
    /// The fields of the response, without `ok`.
    pub response: Vec<Field>,
    /// The line that describes it.
    pub location: Location,
}

/// The schema of a JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The kind of value.
    pub kind: Kind,
    /// Whether it may be `null`.
    pub nullable: bool,
    /// The limits of the value, and its default.
    pub limits: Vec<Limit>,
    /// The source that describes it, if the OpenAPI document does not.
    pub source: Option<&'static str>,
    /// The values of an enum that the OpenAPI document does not list, each with the source that does.
    pub value_sources: BTreeMap<&'static str, &'static str>,
}

impl Schema {
    /// Creates the schema of values of a kind, without limits.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self { kind, nullable: false, limits: Vec::new(), source: None, value_sources: BTreeMap::new() }
    }

    /// Returns the default, as Seam writes it.
    #[must_use]
    pub fn default_value(&self) -> Option<&'static str> {
        self.limits.iter().find_map(|limit| match limit {
            Limit::Default(value) => Some(*value),
            _ => None,
        })
    }

    /// Returns the fields of an object, or of all its variants, without the discriminator.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        let (common, variants): (&[Field], &[Variant]) = match &self.kind {
            Kind::Object(fields) => (fields, &[]),
            Kind::Variants { common, variants, .. } => (common, variants),
            _ => (&[], &[]),
        };
        common.iter().chain(variants.iter().flat_map(|variant| &variant.fields))
    }
}

/// The kinds of JSON values.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Any value, or a value that is not described.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A string.
    String,
    /// A UUID, which identifies a record in Seam.
    Uuid,
    /// A date and time.
    Time,
    /// A URI.
    Uri,
    /// An email address.
    Email,
    /// One of these strings.
    Enum(Vec<&'static str>),
    /// An object with these fields.
    Object(Vec<Field>),
    /// An array.
    List(Box<Schema>),
    /// An object with arbitrary keys.
    Map(Box<Schema>),
    /// One of several values.
    Choice(Vec<Schema>),
    /// One of several objects.
    Variants {
        /// The discriminator: the field that identifies the variant, if there is one.
        by: Option<&'static str>,
        /// The fields of all variants.
        common: Vec<Field>,
        /// The variants.
        variants: Vec<Variant>,
    },
    /// A resource, by name.
    Reference(&'static str),
}

/// A limit of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// The smallest number.
    Min(f64),
    /// The largest number.
    Max(f64),
    /// The number is greater than this one.
    Above(f64),
    /// The smallest number of characters.
    MinLength(usize),
    /// The largest number of characters.
    MaxLength(usize),
    /// The smallest number of items.
    MinItems(usize),
    /// The largest number of items.
    MaxItems(usize),
    /// A regular expression that matches the string.
    Pattern(&'static str),
    /// The value that Seam uses when it is absent, as JSON, strings without quotes.
    Default(&'static str),
}

/// A variant of an object: the fields that it has in addition to the common ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The value of the discriminator.
    pub value: Option<&'static str>,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// The source that describes it, if the OpenAPI document does not.
    pub source: Option<&'static str>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of an object, or a parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// Whether it is required according to the description.
    pub required: bool,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// The source that marks it as optional, if the OpenAPI document does not.
    pub optional_source: Option<&'static str>,
    /// The source that marks it as deprecated, if the OpenAPI document does not.
    pub deprecated_source: Option<&'static str>,
    /// The schema of its value.
    pub schema: Schema,
    /// The line that describes it.
    pub location: Location,
}
