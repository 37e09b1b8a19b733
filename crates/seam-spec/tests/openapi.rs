//! Tests that the OpenAPI document has all data of the description and the annotations at the standard paths.
//!
//! The tests of `xtask`'s import verify that it is read back as the same description; the conformance check validates it
//! with an independent validator.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use seam_spec::{annotations, api};
use serde_json::{Value, json};

/// Calls `visit` with each object of the document and the path to it.
fn walk(path: &str, value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(entries) => {
            visit(path, value);
            entries.iter().for_each(|(key, entry)| walk(&format!("{path}/{key}"), entry, visit));
        }
        Value::Array(items) => {
            (0..).zip(items).for_each(|(index, item): (usize, _)| walk(&format!("{path}/{index}"), item, visit));
        }
        _ => {}
    }
}

fn operation<'a>(document: &'a Value, path: &str, method: &str) -> &'a Value {
    &document["paths"][path][method]
}

fn body(operation: &Value) -> &Value {
    &operation["requestBody"]["content"]["application/json"]["schema"]
}

#[test]
fn every_route_accepts_its_method_and_post() {
    let document = seam_spec::openapi();
    assert_eq!(document["paths"].as_object().unwrap().len(), api().routes().len());
    let mut ids = BTreeSet::new();
    for route in api().routes() {
        let operations = document["paths"][route.path].as_object().unwrap();
        let methods: BTreeSet<String> = operations.keys().map(|method| method.to_uppercase()).collect();
        assert_eq!(methods, BTreeSet::from([route.method.to_owned(), "POST".to_owned()]), "{}", route.path);
        let names: BTreeSet<&str> = route.parameters.fields().map(|field| field.name).collect();
        for (method, operation) in operations {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{}", route.path);
            assert!(operation["summary"].is_string() && operation["description"].is_string(), "{}", route.path);
            assert_eq!(operation["x-semantic-method"], route.method);
            let is_query = matches!(method.as_str(), "get" | "delete");
            let query: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            assert_eq!(query, if is_query { names.clone() } else { BTreeSet::new() }, "{method} {}", route.path);
            assert_eq!(operation["requestBody"].is_object(), !is_query && !names.is_empty(), "{method} {}", route.path);
            let response = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            let keys: BTreeSet<&str> = response["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let described = route.response.iter().map(|field| field.name).chain(["ok"]).collect();
            assert_eq!(keys, described, "{}", route.path);
        }
    }
}

#[test]
fn references_lead_somewhere() {
    let document = seam_spec::openapi();
    let mut seen = 0;
    walk("", &document, &mut |path, value| {
        let mapped = value["discriminator"]["mapping"].as_object().into_iter().flat_map(|mapping| mapping.values());
        for reference in mapped.chain(value.get("$ref")) {
            let target = document.pointer(reference.as_str().unwrap().trim_start_matches('#'));
            assert!(target.is_some_and(Value::is_object), "{path}: {reference}");
            seen += 1;
        }
    });
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn secrets_are_marked() {
    let document = seam_spec::openapi();
    let create = body(operation(&document, "/access_codes/create", "post"));
    let code = &create["properties"]["code"];
    assert_eq!(
        (&code["format"], &code["x-secret"], &code["maxLength"]),
        (&json!("password"), &json!("Pin"), &json!(12))
    );
    let url = &document["components"]["schemas"]["connect_webview"]["properties"]["url"];
    assert_eq!((&url["format"], &url["x-secret"]), (&json!("password"), &json!("SecretUrl")));
    let search = &operation(&document, "/access_codes/list", "get")["parameters"];
    let search = search.as_array().unwrap().iter().find(|parameter| parameter["name"] == "search").unwrap();
    assert_eq!(search["schema"]["x-secret"], "SearchText");
    // The kinds of secrets, and the number of schemas of each.
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    walk("", &document, &mut |path, value| {
        if let Some(kind) = value["x-secret"].as_str() {
            assert_eq!(value["format"], "password", "{path}");
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
    });
    for key in annotations().secrets.keys() {
        if let Some((_, seam_spec::SecretDecision::Secret(kind))) = annotations().secrets.get(key) {
            assert!(kinds.contains_key(kind), "{key}: {kind}");
        }
    }
}

#[test]
fn fields_and_values_are_documented() {
    let document = seam_spec::openapi();
    let mut seen = 0;
    walk("", &document["components"]["schemas"], &mut |path, value| {
        // Skips maps of properties, which may have a property named `properties`.
        let properties = value["properties"].as_object().filter(|_| value["type"] == "object");
        for (name, field) in properties.into_iter().flatten() {
            let is_code = field["enum"].as_array().is_some_and(|values| values.len() == 1);
            assert!(is_code || field["description"].is_string(), "{path}: {name}");
            seen += 1;
        }
    });
    assert!(seen > 1_500, "{seen}");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["access_code"]["title"], "AccessCode");
    let locked = &schemas["event.lock.locked"];
    assert_eq!(locked["description"], annotations().events["lock.locked"]);
    assert_eq!(schemas["event"]["discriminator"]["mapping"]["lock.locked"], "#/components/schemas/event.lock.locked");
    let mut enums = 0;
    walk("", schemas, &mut |path, value| {
        let values = value["enum"].as_array().filter(|values| values.len() > 1);
        for value_of_enum in values.into_iter().flatten().filter_map(Value::as_str) {
            assert!(value["x-enum-descriptions"][value_of_enum].is_string(), "{path}: {value_of_enum}");
            enums += 1;
        }
    });
    assert!(enums > 300, "{enums}");
}

#[test]
fn deprecations_formats_and_defaults_are_kept() {
    let document = seam_spec::openapi();
    let create = &body(operation(&document, "/access_codes/create", "post"))["properties"];
    let deprecated = &create["use_offline_access_code"];
    assert_eq!(deprecated["deprecated"], true);
    assert!(deprecated["description"].as_str().unwrap().contains("Deprecated: "), "{deprecated}");
    assert_eq!(create["attempt_for_offline_device"]["default"], true);
    assert_eq!(
        (&create["starts_at"]["format"], &create["starts_at"]["x-described-as"]),
        (&json!("date-time"), &json!("string"))
    );
    assert_eq!(create["preferred_code_length"]["type"], "integer");
    let mut deprecated = 0;
    walk("", &document["paths"], &mut |_, value| deprecated += usize::from(value["deprecated"] == true));
    assert!(deprecated > 10, "{deprecated}");
}

#[test]
fn credentials_and_rate_limits_are_those_of_the_annotations() {
    let document = seam_spec::openapi();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["api_key"]["scheme"], "bearer");
    assert_eq!(schemes["publishable_key"]["name"], "seam-publishable-key");
    let unlock = operation(&document, "/locks/unlock_door", "post");
    assert_eq!(unlock["x-rate-limit"]["requests"], 15);
    assert_eq!(unlock["x-idempotency"], "non-idempotent");
    assert!(unlock["description"].as_str().unwrap().contains("Not idempotent, since "), "{unlock}");
    let with_workspace = json!({ "pat_with_workspace": [], "seam_workspace": [] });
    assert!(unlock["security"].as_array().unwrap().contains(&with_workspace), "{unlock}");
    walk("", &document, &mut |path, value| {
        for name in
            value["security"].as_array().into_iter().flatten().flat_map(|kinds| kinds.as_object().unwrap().keys())
        {
            assert!(schemes[name].is_object(), "{path}: {name}");
        }
    });
    let limited: BTreeSet<&str> =
        annotations().rate_limits.iter().flat_map(|limit| &limit.routes).map(String::as_str).collect();
    for route in api().routes() {
        let is_limited = operation(&document, route.path, "post")["x-rate-limit"].is_object();
        assert_eq!(is_limited, limited.contains(route.path), "{}", route.path);
    }
}

#[test]
fn marks_of_sources_name_their_version() {
    let document = seam_spec::openapi();
    let versions: BTreeSet<String> =
        seam_spec::sources().map(|(source, version)| format!("{source}-{version}")).collect();
    let mut seen = 0;
    walk("", &document, &mut |path, value| {
        for mark in ["x-source", "x-source-optional", "x-source-deprecated"] {
            if let Some(mark) = value[mark].as_str() {
                assert!(versions.contains(mark), "{path}: {mark}");
                seen += 1;
            }
        }
    });
    assert!(seen > 50, "{seen}");
}

/// Checks the requirements of Seam's tools on the document, like `@seamapi/blueprint`.
#[test]
fn the_published_form_is_one_that_tools_of_seam_read() {
    let document = seam_spec::published_openapi();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.len(), api().resources().len(), "variants are no schemas of their own");
    let schema_of = |value: &Value| -> Option<String> {
        let reference = value.get("$ref").or_else(|| value["items"].get("$ref"))?;
        let name = reference.as_str()?.strip_prefix("#/components/schemas/")?;
        schemas.contains_key(name).then(|| name.to_owned())
    };
    let groups: BTreeSet<&str> = api().routes().iter().map(|route| route.path.rsplit_once('/').unwrap().0).collect();
    let mut batches = 0;
    for route in api().routes() {
        for (method, operation) in document["paths"][route.path].as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].is_string(), "{method} {} {status}: a reference", route.path);
            }
            let properties = &operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
            let Some(key) = operation["x-response-key"].as_str() else {
                assert_eq!(operation.get("x-response-key"), Some(&Value::Null), "{method} {}", route.path);
                continue;
            };
            let result = &properties[key];
            match operation["x-batch-keys"].as_array() {
                Some(keys) => {
                    batches += 1;
                    assert_eq!(keys.len(), result["properties"].as_object().unwrap().len(), "{}", route.path);
                    for key in keys {
                        let list = &result["properties"][key.as_str().unwrap()];
                        assert!(schema_of(list).is_some(), "{}: {list}", route.path);
                    }
                }
                None => assert!(schema_of(result).is_some(), "{method} {}: {result}", route.path),
            }
        }
    }
    assert!(batches > 3, "{batches}");
    let events = schemas["event"]["oneOf"].as_array().unwrap();
    assert_eq!(events.len(), api().events().count());
    for schema in schemas.values().chain(events) {
        assert!(groups.contains(schema["x-route-path"].as_str().unwrap()), "{}", schema["x-route-path"]);
    }
    let group_of = |event: &str| {
        let is_meant = |schema: &&Value| schema["properties"]["event_type"]["enum"][0] == event;
        events.iter().find(is_meant).unwrap()["x-route-path"].as_str().unwrap()
    };
    assert_eq!(group_of("lock.unlocked"), "/locks");
    assert_eq!(group_of("access_code.unmanaged.created"), "/access_codes/unmanaged");
    assert_eq!(group_of("camera.activated"), "/devices");
    let mut errors = BTreeMap::new();
    walk("", &document, &mut |path, value| {
        assert!(value.get("anyOf").is_none() && value.get("x-null").is_none(), "{path}");
        assert!(!value["enum"].as_array().is_some_and(|values| values.contains(&Value::Null)), "{path}");
        assert!(value["discriminator"]["mapping"].is_null(), "{path}");
        let variants = value["oneOf"].as_array();
        assert!(variants.into_iter().flatten().all(|variant| variant.get("$ref").is_none()), "{path}");
        let code = value["properties"]["error_code"]["enum"][0].as_str();
        if let Some(code) = code.filter(|_| path.starts_with("/components")) {
            errors.insert(format!("{path} {code}"), value["x-resource-type"].as_str().unwrap().to_owned());
        }
    });
    let about = |schema: &str, code: &str| {
        let prefix = format!("/components/schemas/{schema}/");
        let found = errors.iter().find(|(error, _)| error.starts_with(&prefix) && error.ends_with(&format!(" {code}")));
        found.unwrap().1.as_str()
    };
    assert_eq!(about("access_code", "duplicate_code_on_device"), "access_code");
    assert_eq!(about("access_code", "device_offline"), "device");
    assert_eq!(about("device", "account_disconnected"), "connected_account");
    assert_eq!(about("acs_system", "account_disconnected"), "acs_system");
    assert_eq!(about("unmanaged_access_grant", "access_not_provisioned"), "access_grant");
}
