//! Keeps the items of other sources on an import of Seam's own document, which lacks them.

use seam_spec::{ApiDescription, Field, Kind, Schema, Variant};

use super::sort_fields;

/// Returns `imported` with the marked items of `local` that it lacks.
pub(super) fn keep_marked(local: &ApiDescription, imported: &ApiDescription) -> ApiDescription {
    let (mut resources, mut routes) = (imported.resources().to_vec(), imported.routes().to_vec());
    for resource in local.resources() {
        match resources.iter_mut().find(|known| known.name == resource.name) {
            Some(known) => keep_in_schema(&resource.schema, &mut known.schema),
            None if resource.schema.source.is_some() => resources.push(resource.clone()),
            None => {}
        }
    }
    for route in local.routes() {
        match routes.iter_mut().find(|known| known.path == route.path) {
            Some(known) => {
                keep_in_schema(&route.parameters, &mut known.parameters);
                keep_in_fields(&route.response, &mut known.response);
            }
            None if route.source.is_some() => routes.push(route.clone()),
            None => {}
        }
    }
    ApiDescription::new(resources, routes)
}

fn keep_in_schema(local: &Schema, imported: &mut Schema) {
    match (&local.kind, &mut imported.kind) {
        (Kind::Object(local), Kind::Object(imported)) => keep_in_fields(local, imported),
        (Kind::List(local), Kind::List(imported)) | (Kind::Map(local), Kind::Map(imported)) => {
            if local.source.is_some() && imported.kind == Kind::Any {
                imported.clone_from(local);
            } else {
                keep_in_schema(local, imported);
            }
        }
        (Kind::Enum(values), Kind::Enum(known)) => {
            for value in values {
                if let (Some(source), false) = (local.value_sources.get(value), known.contains(value)) {
                    known.push(value);
                    imported.value_sources.insert(value, source);
                }
            }
        }
        // All values come from another source.
        (Kind::Enum(values), Kind::String) if values.iter().all(|value| local.value_sources.contains_key(value)) => {
            imported.kind = local.kind.clone();
            imported.value_sources = local.value_sources.clone();
        }
        (Kind::Variants { common, variants, .. }, Kind::Variants { common: known_common, variants: known, .. }) => {
            keep_in_fields(common, known_common);
            for variant in variants {
                match known.iter_mut().find(|known| known.value == variant.value) {
                    Some(known) => {
                        let own = variant.fields.iter().filter(|field| !has(known_common, field));
                        keep_in_fields(&own.cloned().collect::<Vec<_>>(), &mut known.fields);
                    }
                    None if variant.source.is_some() => {
                        let all = common.iter().chain(&variant.fields);
                        let fields = all.filter(|field| !has(known_common, field)).cloned().collect();
                        known.push(Variant { fields, ..variant.clone() });
                    }
                    None => {}
                }
            }
        }
        // The other source has made a union of the object.
        (Kind::Variants { variants, .. }, Kind::Object(_))
            if variants.iter().filter(|variant| variant.source.is_none()).count() == 1 =>
        {
            imported.kind = local.kind.clone();
        }
        _ => {}
    }
}

fn has(fields: &[Field], field: &Field) -> bool {
    fields.iter().any(|known| known.name == field.name)
}

fn keep_in_fields(local: &[Field], imported: &mut Vec<Field>) {
    for field in local {
        let Some(known) = imported.iter_mut().find(|known| known.name == field.name) else {
            imported.extend(field.schema.source.map(|_| field.clone()));
            continue;
        };
        if field.optional_source.is_some() && known.required {
            (known.required, known.optional_source) = (false, field.optional_source);
        }
        if field.deprecated_source.is_some() && !known.deprecated {
            (known.deprecated, known.deprecated_source) = (true, field.deprecated_source);
        }
        keep_in_schema(&field.schema, &mut known.schema);
    }
    sort_fields(imported);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(text: &str) -> ApiDescription {
        let (resources, routes) = seam_spec::parse("test.txt", text.to_owned().leak()).unwrap();
        ApiDescription::new(resources, routes)
    }

    const LOCAL: &str = "\
GET /m/get
  source: python

GET /n/get
  parameters: object
    a?: string
    b?: string @http
  response: object
    ok?: boolean @python

a: object
  status: string deprecated@python
  closed: enum x@python | y@python
  code: enum x | z@http
  errors: list of variants by code
    message: string
    detail?: string @http
    | one
      y: string
      z?: string @python
    | two @python
      w: string
  items: list of @python object
    b: string
  union: variants by kind
    | one
      y: string
    | two @python
  more?: string @python
  name?: string optional@http

extra: object @python
";

    const IMPORTED: &str = "\
GET /n/get
  parameters: object
    a?: string

a: object
  status: string
  closed: string
  code: enum x
  errors: list of variants by code
    message: string
    | one
      y: string
  items: list of any
  name: string
  union: object
    kind: enum one
    y: string
";

    #[test]
    fn items_of_other_sources_are_kept() {
        assert_eq!(keep_marked(&api(LOCAL), &api(IMPORTED)), api(LOCAL));
    }

    #[test]
    fn items_of_the_document_are_not_changed() {
        let imported =
            IMPORTED.replace("a?: string", "a: uuid").replace("enum x", "enum z").replace("    y: string\n", "");
        let kept = keep_marked(&api(LOCAL), &api(&imported));
        let parameters = &kept.route("/n/get").unwrap().parameters;
        assert_eq!(parameters.fields().map(|field| field.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(parameters.fields().next().unwrap().schema.kind, Kind::Uuid);
        let code = kept.resource("a").unwrap().schema.fields().find(|field| field.name == "code").unwrap();
        // The document contains the value now, so the value loses its mark.
        assert_eq!((code.schema.kind.clone(), code.schema.value_sources.len()), (Kind::Enum(vec!["z"]), 0));
        assert_eq!(keep_marked(&api("a: object\n  b: string\n"), &api("a: object\n")), api("a: object\n"));
        assert_eq!(keep_marked(seam_spec::api(), seam_spec::api()), *seam_spec::api());
    }
}
