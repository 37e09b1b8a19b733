//! Writes what `seam-mock` knows of the API: the shapes of resources, parameters and answers, as data.

use seam_spec::{Facts, Field, Kind, Route, Type, Variant};

use super::{File, text::HEADER};

const SRC: &str = "crates/seam-mock/src/fake/facts";

/// The events are one schema among the others.
const EVENT: &str = "event";

pub(super) fn files(facts: &Facts) -> Vec<File> {
    let is_event = |name: &str| name == EVENT;
    let schemas = |wanted: fn(bool) -> bool| {
        let chosen = facts.schemas.iter().filter(|schema| wanted(is_event(&schema.name)));
        chosen.map(|schema| format!("({:?}, {})", schema.name, shape(&schema.shape))).collect::<Vec<_>>().join(",\n")
    };
    let mut routes: Vec<&Route> = facts.routes.iter().collect();
    routes.sort_by(|a, b| a.path.cmp(&b.path));
    let routes = routes.into_iter().map(route).collect::<Vec<_>>().join(",\n");
    vec![
        file(
            "mod.rs",
            "//! What the API is like, as data: generated from the facts in xtask/spec.\n\
             pub(in crate::fake) mod events;\n\
             pub(in crate::fake) mod resources;\n\
             pub(in crate::fake) mod routes;\n"
                .to_owned(),
        ),
        file(
            "resources.rs",
            format!(
                "//! The resources, by name.\n{SHAPES}\npub(in crate::fake) static RESOURCES: &[(&str, Shape)] = &[{}];\n",
                schemas(|is_event| !is_event)
            ),
        ),
        file(
            "events.rs",
            format!(
                "//! The events.\n{SHAPES}\npub(in crate::fake) static EVENTS: &[(&str, Shape)] = &[{}];\n",
                schemas(|is_event| is_event)
            ),
        ),
        file(
            "routes.rs",
            format!(
                "//! The parameters and answers of the routes, by path.\n{ROUTE_SHAPES}\n\
                 pub(in crate::fake) static ROUTES: &[RouteFacts] = &[{routes}];\n"
            ),
        ),
    ]
}

const ROUTE_SHAPES: &str = "use crate::fake::shape::{Field, Kind, Limit, RouteFacts, Shape, Variant};\n";
const SHAPES: &str = "use crate::fake::shape::{Field, Kind, Limit, Shape, Variant};\n";

fn file(name: &str, code: String) -> File {
    File { path: format!("{SRC}/{name}"), code: format!("{HEADER}\n{code}") }
}

fn route(route: &Route) -> String {
    format!(
        "RouteFacts {{ path: {:?}, action: {:?}, parameters: {}, response: {} }}",
        route.path,
        route.action,
        shape(&route.parameters),
        fields(&route.response),
    )
}

fn shape(shape: &Type) -> String {
    let constructor = if shape.nullable { "nullable" } else { "new" };
    let plain = format!("Shape::{constructor}({})", kind(&shape.kind));
    if shape.limits.is_empty() {
        return plain;
    }
    let limits = shape.limits.iter().map(|(name, value)| limit(name, value)).collect::<Vec<_>>().join(", ");
    format!("{plain}.limits(&[{limits}])")
}

fn limit(name: &str, value: &str) -> String {
    let number = || value.parse::<f64>().map_or_else(|_| format!("{value:?}"), |number| format!("{number:?}"));
    match name {
        "min" => format!("Limit::Min({})", number()),
        "max" => format!("Limit::Max({})", number()),
        "above" => format!("Limit::Above({})", number()),
        "min-length" => format!("Limit::MinLength({value})"),
        "max-length" => format!("Limit::MaxLength({value})"),
        "min-items" => format!("Limit::MinItems({value})"),
        "max-items" => format!("Limit::MaxItems({value})"),
        "pattern" => format!("Limit::Pattern(r\"{value}\")"),
        _ => format!("Limit::Default({value:?})"),
    }
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Any => "Kind::Any".to_owned(),
        Kind::Boolean => "Kind::Boolean".to_owned(),
        Kind::Integer => "Kind::Integer".to_owned(),
        Kind::Number => "Kind::Number".to_owned(),
        Kind::String => "Kind::Text".to_owned(),
        Kind::Uuid => "Kind::Id".to_owned(),
        Kind::Time => "Kind::Time".to_owned(),
        Kind::Uri => "Kind::Uri".to_owned(),
        Kind::Email => "Kind::Email".to_owned(),
        Kind::Enum(values) => format!("Kind::Enum(&{values:?})"),
        Kind::Object(parts) => format!("Kind::Object({})", fields(parts)),
        Kind::List(item) => format!("Kind::List(&{})", shape(item)),
        Kind::Map(item) => format!("Kind::Map(&{})", shape(item)),
        Kind::Choice(choices) => {
            format!("Kind::Choice(&[{}])", choices.iter().map(shape).collect::<Vec<_>>().join(", "))
        }
        Kind::Variants { by, common, variants } => {
            let variants = variants.iter().map(variant).collect::<Vec<_>>().join(", ");
            format!("Kind::Variants {{ by: {by:?}, common: {}, variants: &[{variants}] }}", fields(common))
        }
        Kind::Reference(name) => format!("Kind::Reference({name:?})"),
    }
}

fn fields(list: &[Field]) -> String {
    let list = list.iter().map(|field| {
        let constructor = if field.required { "required" } else { "optional" };
        format!("Field::{constructor}({:?}, {})", field.name, shape(&field.shape))
    });
    format!("&[{}]", list.collect::<Vec<_>>().join(", "))
}

fn variant(variant: &Variant) -> String {
    format!("Variant {{ value: {:?}, fields: {} }}", variant.value, fields(&variant.fields))
}
