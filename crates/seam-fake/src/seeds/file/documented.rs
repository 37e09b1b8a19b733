//! The values that the API description documents.

use seam_spec::Kind;

/// Returns the documented values of a resource's field.
pub(super) fn enum_values(resource: &str, field: &str) -> &'static [&'static str] {
    let resource = seam_spec::api().resource(resource);
    let field = resource.and_then(|resource| resource.schema.fields().find(|other| other.name == field));
    match field.map(|field| &field.schema.kind) {
        Some(Kind::Enum(values)) => values,
        _ => &[],
    }
}
