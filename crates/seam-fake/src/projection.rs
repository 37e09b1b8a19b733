//! The fields that responses have, indexed by name: a description has many more fields than most values.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use seam_spec::{Field, Kind};

/// The projections of fields, by name.
pub(crate) type Fields = HashMap<&'static str, Projection>;

/// The part of a value that responses have.
pub(crate) enum Projection {
    /// The whole value, without internal fields.
    Any,
    List(Box<Projection>),
    /// A resource, with its fields in the API description.
    Resource(&'static str),
    Object(Fields),
    /// The fields of these names, with any value.
    Union(HashSet<&'static str>),
}

impl Projection {
    pub(crate) fn of(kind: &'static Kind) -> Self {
        match kind {
            Kind::List(item) => Self::List(Box::new(Self::of(&item.kind))),
            Kind::Reference(name) => Self::Resource(name),
            Kind::Object(fields) => Self::Object(fields_of(fields)),
            Kind::Variants { by, common, variants } => {
                let fields = common.iter().chain(variants.iter().flat_map(|variant| &variant.fields));
                Self::Union(fields.map(|field| field.name).chain(*by).collect())
            }
            _ => Self::Any,
        }
    }

    /// Returns the projection of a resource; `None` if the API description does not have it.
    pub(crate) fn resource(name: &str) -> Option<&'static Self> {
        static RESOURCES: LazyLock<Fields> = LazyLock::new(|| {
            let resources = seam_spec::api().resources().iter();
            resources.map(|resource| (resource.name, Projection::of(&resource.schema.kind))).collect()
        });
        RESOURCES.get(name)
    }
}

/// Returns the projections of fields.
pub(crate) fn fields_of(fields: &'static [Field]) -> Fields {
    fields.iter().map(|field| (field.name, Projection::of(&field.schema.kind))).collect()
}
