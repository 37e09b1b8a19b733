//! The facts as data.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Everything known of the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The resources, by name.
    pub schemas: Vec<Schema>,
    /// The routes, by path.
    pub routes: Vec<Route>,
    /// The versions of the documents that the description was imported from, by name: `openapi` is the OpenAPI document
    /// that Seam publishes, the others are official SDKs that know more than that.
    pub sources: BTreeMap<String, String>,
}

impl Facts {
    /// Reads the files in `folder`.
    ///
    /// # Errors
    ///
    /// Says which file, and what in it, cannot be read.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let mut facts = Self::default();
        for name in ["sources.txt", "resources.txt", "events.txt", "routes.txt"] {
            let text = fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
            let mut part = crate::parse(&text).map_err(|error| format!("{name}: {error}"))?;
            facts.schemas.append(&mut part.schemas);
            facts.routes.append(&mut part.routes);
            facts.sources.append(&mut part.sources);
        }
        facts.schemas.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(facts)
    }

    /// The resource with this name.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Schema> {
        self.schemas.iter().find(|schema| schema.name == name)
    }

    /// The places of all that is deprecated: fields such as `device.properties.name`, values such as
    /// `device.errors.error_code.device_offline`, parameters such as `/devices/list.unstable_location_id`, and routes.
    #[must_use]
    pub fn deprecated(&self) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        for schema in &self.schemas {
            add_deprecated(&schema.name, &schema.shape, &mut places);
        }
        for route in &self.routes {
            places.extend(route.deprecated.then(|| route.path.clone()));
            add_deprecated(&route.path, &route.parameters, &mut places);
        }
        places
    }

    /// The route with this path.
    #[must_use]
    pub fn route(&self, path: &str) -> Option<&Route> {
        self.routes.iter().find(|route| route.path == path)
    }
}

/// Adds the places of what is deprecated in a value.
fn add_deprecated(place: &str, shape: &Type, places: &mut BTreeSet<String>) {
    let mut add_fields = |fields: &[Field]| {
        for field in fields {
            let place = format!("{place}.{}", field.name);
            add_deprecated(&place, &field.shape, places);
            places.extend(field.deprecated.then_some(place));
        }
    };
    match &shape.kind {
        Kind::Object(fields) => add_fields(fields),
        Kind::List(item) | Kind::Map(item) => add_deprecated(place, item, places),
        Kind::Choice(options) => options.iter().for_each(|option| add_deprecated(place, option, places)),
        Kind::Variants { by, common, variants } => {
            add_fields(common);
            for variant in variants {
                add_fields(&variant.fields);
            }
            for variant in variants.iter().filter(|variant| variant.deprecated) {
                if let (Some(by), Some(value)) = (by, &variant.value) {
                    places.insert(format!("{place}.{by}.{value}"));
                }
            }
        }
        _ => {}
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its name, such as `access_code`.
    pub name: String,
    /// What it looks like.
    pub shape: Type,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The verb that its meaning asks for: `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub verb: String,
    /// Its path, such as `/access_codes/get`.
    pub path: String,
    /// The source that describes it, if the OpenAPI document does not.
    pub source: Option<String>,
    /// Whether Seam advises against using it.
    pub deprecated: bool,
    /// Whether it answers in pages.
    pub paginated: bool,
    /// The kinds of credentials that it accepts; none means that nobody said.
    pub credentials: Vec<String>,
    /// What kind of action attempt it starts.
    pub action: Option<String>,
    /// Where in the response the answer is.
    pub response_key: Option<String>,
    /// Parameters of which at least one has to be given.
    pub at_least_one_of: Vec<String>,
    /// Its parameters: an object, or one of several.
    pub parameters: Type,
    /// The fields of its response, without `ok`.
    pub response: Vec<Field>,
}

/// A value, with whether it may be `null` and the limits it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// What kind of value.
    pub kind: Kind,
    /// Whether it may be `null`.
    pub nullable: bool,
    /// Limits and the default, such as `("min", "1")`.
    pub limits: Vec<(String, String)>,
    /// The source that describes it, if the OpenAPI document does not.
    pub source: Option<String>,
    /// The values of an enum that the OpenAPI document does not list, each with the source that does.
    pub value_sources: BTreeMap<String, String>,
}

impl Type {
    /// A value of this kind, without limits.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self { kind, nullable: false, limits: Vec::new(), source: None, value_sources: BTreeMap::new() }
    }

    /// The value of a limit.
    #[must_use]
    pub fn limit(&self, name: &str) -> Option<&str> {
        self.limits.iter().find(|(limit, _)| limit == name).map(|(_, value)| value.as_str())
    }
}

/// The kinds of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything, or nobody said what.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    String,
    /// An identifier of Seam's.
    Uuid,
    /// A date and time.
    Time,
    /// An address.
    Uri,
    /// An email address.
    Email,
    /// One of these texts.
    Enum(Vec<String>),
    /// An object with these fields.
    Object(Vec<Field>),
    /// A list.
    List(Box<Type>),
    /// An object with any names.
    Map(Box<Type>),
    /// One of several values.
    Choice(Vec<Type>),
    /// One of several objects.
    Variants {
        /// The field that tells them apart, if there is one.
        by: Option<String>,
        /// The fields that all of them have.
        common: Vec<Field>,
        /// The objects.
        variants: Vec<Variant>,
    },
    /// A resource.
    Reference(String),
}

/// One of several objects: the fields that it has besides the common ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The value of the field that tells it apart.
    pub value: Option<String>,
    /// Whether Seam advises against using it.
    pub deprecated: bool,
    /// The source that describes it, if the OpenAPI document does not.
    pub source: Option<String>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// A field of an object, or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether the description says that it is always there.
    pub required: bool,
    /// Whether Seam advises against using it.
    pub deprecated: bool,
    /// The source that calls it optional, if the OpenAPI document does not.
    pub optional_source: Option<String>,
    /// The source that calls it deprecated, if the OpenAPI document does not.
    pub deprecated_source: Option<String>,
    /// Its value.
    pub shape: Type,
}
