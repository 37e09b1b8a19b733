//! Keeps the facts of other sources when a document of Seam's own is imported, which lacks them.

use seam_spec::{ApiDescription, Field, Kind, Schema, Variant};

use super::sort_fields;

/// Adds what `ours` has with marks and `theirs` lacks.
pub(super) fn keep_marked(ours: &ApiDescription, theirs: &ApiDescription) -> ApiDescription {
    let (mut resources, mut routes) = (theirs.resources().to_vec(), theirs.routes().to_vec());
    for resource in ours.resources() {
        match resources.iter_mut().find(|known| known.name == resource.name) {
            Some(known) => keep_in_schema(&resource.schema, &mut known.schema),
            None if resource.schema.source.is_some() => resources.push(resource.clone()),
            None => {}
        }
    }
    for route in ours.routes() {
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

fn keep_in_schema(ours: &Schema, theirs: &mut Schema) {
    match (&ours.kind, &mut theirs.kind) {
        (Kind::Object(ours), Kind::Object(theirs)) => keep_in_fields(ours, theirs),
        (Kind::List(ours), Kind::List(theirs)) | (Kind::Map(ours), Kind::Map(theirs)) => {
            if ours.source.is_some() && theirs.kind == Kind::Any {
                theirs.clone_from(ours);
            } else {
                keep_in_schema(ours, theirs);
            }
        }
        (Kind::Enum(values), Kind::Enum(known)) => {
            for value in values {
                if let (Some(source), false) = (ours.value_sources.get(value), known.contains(value)) {
                    known.push(value);
                    theirs.value_sources.insert(value, source);
                }
            }
        }
        // All values are known from another source only.
        (Kind::Enum(values), Kind::String) if values.iter().all(|value| ours.value_sources.contains_key(value)) => {
            theirs.kind = ours.kind.clone();
            theirs.value_sources = ours.value_sources.clone();
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
        // The other source has made a union of it.
        (Kind::Variants { variants, .. }, Kind::Object(_))
            if variants.iter().filter(|variant| variant.source.is_none()).count() == 1 =>
        {
            theirs.kind = ours.kind.clone();
        }
        _ => {}
    }
}

fn has(fields: &[Field], field: &Field) -> bool {
    fields.iter().any(|known| known.name == field.name)
}

fn keep_in_fields(ours: &[Field], theirs: &mut Vec<Field>) {
    for field in ours {
        let Some(known) = theirs.iter_mut().find(|known| known.name == field.name) else {
            theirs.extend(field.schema.source.map(|_| field.clone()));
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
    sort_fields(theirs);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(text: &str) -> ApiDescription {
        let (resources, routes) = seam_spec::parse("test.txt", text.to_owned().leak()).unwrap();
        ApiDescription::new(resources, routes)
    }

    const OURS: &str = "\
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

    const THEIRS: &str = "\
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
    fn facts_of_other_sources_stay() {
        assert_eq!(keep_marked(&api(OURS), &api(THEIRS)), api(OURS));
    }

    #[test]
    fn facts_of_the_document_are_not_changed() {
        let theirs = THEIRS.replace("a?: string", "a: uuid").replace("enum x", "enum z").replace("    y: string\n", "");
        let kept = keep_marked(&api(OURS), &api(&theirs));
        let parameters = &kept.route("/n/get").unwrap().parameters;
        assert_eq!(parameters.fields().map(|field| field.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(parameters.fields().next().unwrap().schema.kind, Kind::Uuid);
        let code = kept.resource("a").unwrap().schema.fields().find(|field| field.name == "code").unwrap();
        // Seam has the value itself now, so that it loses its mark.
        assert_eq!((code.schema.kind.clone(), code.schema.value_sources.len()), (Kind::Enum(vec!["z"]), 0));
        assert_eq!(keep_marked(&api("a: object\n  b: string\n"), &api("a: object\n")), api("a: object\n"));
        assert_eq!(keep_marked(seam_spec::api(), seam_spec::api()), *seam_spec::api());
    }
}
