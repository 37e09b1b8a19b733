//! Tests of the parameters of all routes: unknown parameters are ignored, and each encoding of a list is accepted.

use std::collections::BTreeMap;

use seam_core::http::Method;
use seam_spec::{Kind, Schema};
use serde_json::{Value, json};

use super::{Generator, call, send};
use crate::{
    API_KEY, BACK_DOOR, FRONT_DOOR, FakeSeam, GUEST_ROOMS, NewDevice, THERMOSTAT, WORKSPACE, control, exchange,
    json::{Object, object},
    routes::{ROUTES, Route},
    shape,
    state::State,
    tables::{ClientSession, ConnectedAccount, Id},
};

/// Returns parameters that this route does not document: fields of resources and internal fields of the fake.
fn unknown_to(route: &Route) -> Object {
    let known = shape::names(&route.described.parameters).unwrap_or_default();
    let resources = seam_spec::api().resources();
    let fields = resources.iter().flat_map(|resource| resource.schema.fields().map(|field| field.name));
    let own = ["y", "foo", "device_ids", "acs_entrance_ids", "_customer_key", "_is_hidden", "_revoked_at"];
    // Links to a next page call the cursor `next_page_cursor`, so paginated routes accept that name too.
    let unknown = own.into_iter().chain(fields).filter(|name| !known.contains(name) && *name != "next_page_cursor");
    unknown.map(|name| (name.to_owned(), json!("elsewhere"))).collect()
}

/// Adds an undocumented member to each documented object.
fn nest_unknown(schema: &'static Schema, value: &mut Value) {
    match (&schema.kind, value) {
        (Kind::Object(fields), Value::Object(object)) => {
            for field in fields {
                if let Some(value) = object.get_mut(field.name) {
                    nest_unknown(&field.schema, value);
                }
            }
            object.insert("no_such_member".to_owned(), json!("elsewhere"));
        }
        (Kind::List(item), Value::Array(values)) => values.iter_mut().for_each(|value| nest_unknown(item, value)),
        _ => {}
    }
}

/// Sends a request to a new state and returns the status, the body and the state afterwards.
fn outcome(route: &Route, parameters: &Value) -> (u16, Value, Object) {
    let fake = FakeSeam::new();
    fake.add_device(NewDevice::of_type("ring_camera"));
    let mut state = fake.lock();
    let (status, body) = call(&mut state, route, API_KEY, parameters);
    (status, body, control::database(&state))
}

#[test]
fn unknown_parameters_change_neither_the_response_nor_the_state() {
    let fake = FakeSeam::new();
    let mut generator = Generator { random: fastrand::Rng::with_seed(11), ids: BTreeMap::new() };
    generator.collect_all_ids(&fake);
    let mut succeeded = 0;
    for route in &*ROUTES {
        for _ in 0..4 {
            let plain = generator.value("", &route.described.parameters);
            let Value::Object(object) = &plain else { continue };
            let mut more = plain.clone();
            nest_unknown(&route.described.parameters, &mut more);
            if let Value::Object(more) = &mut more {
                more.extend(unknown_to(route));
                assert!(more.len() > object.len() + 10, "{}", route.spec.path());
            }
            let (status, response, state) = outcome(route, &plain);
            let (other_status, other_response, other_state) = outcome(route, &more);
            assert_eq!((status, &response), (other_status, &other_response), "{} {plain}", route.spec.path());
            assert!(state == other_state, "{} {plain} changes the state", route.spec.path());
            succeeded += u32::from(status == 200);
        }
    }
    assert!(succeeded > 150, "{succeeded} requests succeeded: too few to compare");
}

#[test]
fn strict_requests_accept_exactly_the_documented_parameters() {
    let fake = FakeSeam::new();
    // An API key may not create workspaces.
    for route in ROUTES.iter().filter(|route| route.spec.path() != "/workspaces/create") {
        let mut names = shape::names(&route.described.parameters).unwrap_or_default();
        let problems = |names: &[&str]| {
            let body = names.iter().map(|name| ((*name).to_owned(), json!("x"))).collect::<Object>();
            let uri = format!("{}?_strict=true", route.spec.path());
            let (_, body) = send(&mut fake.lock(), &Method::POST, &uri, Some(API_KEY), Value::Object(body).to_string());
            body.to_string().contains("Unrecognized key(s)")
        };
        assert!(!problems(&names), "{}", route.spec.path());
        names.push("no_such_parameter");
        assert!(problems(&names), "{}", route.spec.path());
    }
}

/// Returns the number of devices in the response.
fn count(state: &mut State, method: &Method, uri: &str, body: &str) -> usize {
    let (status, body) = send(state, method, uri, Some(API_KEY), body.to_owned());
    assert_eq!(status, 200, "{uri} {body}");
    body.get("devices").and_then(Value::as_array).unwrap().len()
}

#[test]
fn additional_parameters_of_sdks_are_ignored() {
    let fake = FakeSeam::new();
    let state = &mut *fake.lock();
    assert_eq!(count(state, &Method::POST, "/devices/list", r#"{"y":true}"#), 5);
    assert_eq!(count(state, &Method::GET, "/devices/list?foo=bar&foo.bar=1&a.b.c.d.e.f.g.h.i.j=1", ""), 5);
    assert_eq!(count(state, &Method::GET, &format!("/locks/list?device_ids={FRONT_DOOR}"), ""), 3);

    let account = state.rows::<ConnectedAccount>().next().unwrap().clone();
    let id = Id::<ConnectedAccount>::of(&account).unwrap();
    let update = json!({ "connected_account_id": id, "workspace_id": "elsewhere", "errors": "boom" });
    let (status, _) = send(state, &Method::POST, "/connected_accounts/update", Some(API_KEY), update.to_string());
    assert_eq!((status, state.get(&id)), (200, Some(&account)));
}

#[test]
fn every_encoding_of_a_list_is_accepted() {
    let fake = FakeSeam::new();
    let state = &mut *fake.lock();
    for (query, expected) in [
        (format!("device_ids={FRONT_DOOR}&device_ids={BACK_DOOR}"), 2),
        (format!("device_ids[]={FRONT_DOOR}&device_ids[]={BACK_DOOR}"), 2),
        (format!("device_ids%5B%5D={FRONT_DOOR}&device_ids%5B%5D={BACK_DOOR}"), 2),
        (format!("device_ids[0]={FRONT_DOOR}&device_ids[1]={BACK_DOOR}"), 2),
        (format!("device_ids={FRONT_DOOR},{BACK_DOOR}"), 2),
        (format!("device_ids[]={FRONT_DOOR}"), 1),
        (format!("device_ids={FRONT_DOOR}"), 1),
        ("device_ids[]=unknown".to_owned(), 0),
        ("device_ids=".to_owned(), 0),
        ("custom_metadata_has[paid]=x".to_owned(), 0),
        ("custom_metadata_has.paid=x".to_owned(), 0),
    ] {
        assert_eq!(count(state, &Method::GET, &format!("/devices/list?{query}"), ""), expected, "{query}");
    }
}

#[test]
fn the_body_of_a_get_or_delete_is_read() {
    let fake = FakeSeam::new();
    let state = &mut *fake.lock();
    let body = json!({ "device_ids": [FRONT_DOOR] }).to_string();
    assert_eq!(count(state, &Method::GET, "/devices/list", &body), 1);
    let webhook = json!({ "url": "https://example.com/hook" }).to_string();
    let (_, webhook) = send(state, &Method::POST, "/webhooks/create", Some(API_KEY), webhook);
    let body = json!({ "webhook_id": webhook.pointer("/webhook/webhook_id").unwrap() }).to_string();
    assert_eq!(send(state, &Method::DELETE, "/webhooks/delete", Some(API_KEY), body.clone()).0, 200);
    assert_eq!(send(state, &Method::DELETE, "/webhooks/delete", Some(API_KEY), body).0, 404);
}

#[test]
fn the_authorization_scheme_is_case_insensitive() {
    let fake = FakeSeam::new();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = seam_core::http::Request::get("/devices/list")
            .header("authorization", format!("{scheme} {API_KEY}"))
            .body(seam_core::Body::from(String::new()))
            .unwrap();
        let exchange::Ending::Response(response) = exchange::exchange(&mut fake.lock(), &request).ending else {
            panic!("no response")
        };
        assert_eq!(response.status(), 200, "{scheme}");
    }
}

/// Returns the status and the type of the error of a response.
fn error(state: &mut State, method: &Method, path: &str, token: &str, body: &Value) -> (u16, String) {
    let (status, body) = send(state, method, path, Some(token), body.to_string());
    (status, body.pointer("/error/type").and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[test]
fn errors_have_the_types_of_the_official_fake() {
    let fake = FakeSeam::new();
    let state = &mut *fake.lock();
    let session = state.insert::<ClientSession>(object(
        json!({ "token": "seam_cst1_x", "workspace_id": WORKSPACE, "expires_at": "2099-01-01T00:00:00Z" }),
    ));
    assert!(!session.is_empty());
    let close = json!({
        "device_id": THERMOSTAT, "heating_set_point_celsius": 21.0, "cooling_set_point_celsius": 22.0,
    });
    let user = json!({ "acs_system_id": GUEST_ROOMS, "full_name": "" });
    let hook = json!({ "url": "https://example.com", "event_types": ["door.opened"] });
    let post = &Method::POST;
    for (path, token, body, expected) in [
        ("/thermostats/heat_cool", API_KEY, close, (400, "invalid_heating_cooling_delta")),
        ("/acs/users/create", API_KEY, user, (400, "full_name_required")),
        ("/webhooks/create", API_KEY, hook, (400, "invalid_event_types")),
        ("/webhooks/list", "seam_cst1_x", json!({}), (401, "unauthorized")),
        ("/webhooks/list", "seam_at_fake_access_token", json!({}), (401, "unauthorized")),
        ("/workspaces/create", API_KEY, json!({ "name": "New" }), (401, "unauthorized")),
    ] {
        assert_eq!(error(state, post, path, token, &body), (expected.0, expected.1.to_owned()), "{path}");
    }
    let request = seam_core::http::Request::post("/devices/list")
        .header("authorization", format!("Bearer {API_KEY}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(seam_core::Body::from("limit=1".to_owned()))
        .unwrap();
    let exchange::Ending::Response(response) = exchange::exchange(state, &request).ending else {
        panic!("no response")
    };
    assert_eq!(response.status(), 400);
    assert!(String::from_utf8_lossy(response.body().as_ref()).contains("invalid_content_type"));
}

#[test]
fn a_page_cursor_requires_the_same_parameters() {
    let fake = FakeSeam::new();
    let list = |body: Value| send(&mut fake.lock(), &Method::POST, "/devices/list", Some(API_KEY), body.to_string());
    let (_, page) = list(json!({ "limit": 2 }));
    let cursor = page.pointer("/pagination/next_page_cursor").unwrap();
    assert_eq!(list(json!({ "limit": 2, "page_cursor": cursor })).0, 200);
    for changed in [json!({ "limit": 3, "page_cursor": cursor }), json!({ "page_cursor": cursor })] {
        let (status, body) = list(changed);
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap();
        assert!(status == 400 && message.contains("parameters identical"), "{status} {message}");
    }
}

#[test]
fn a_405_names_each_method_once() {
    let fake = FakeSeam::new();
    for route in &*ROUTES {
        let (status, body) = send(&mut fake.lock(), &Method::OPTIONS, route.spec.path(), None, String::new());
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap();
        let expected = match route.spec.method() {
            &Method::POST => "only POST accepted".to_owned(),
            method => format!("only {method},POST accepted"),
        };
        assert_eq!((status, message), (405, &*expected), "{}", route.spec.path());
    }
}

#[test]
fn health_lists_services() {
    let fake = FakeSeam::new();
    let (status, body) = send(&mut fake.lock(), &Method::GET, "/health", None, String::new());
    assert_eq!((status, body.pointer("/service_health_statuses/0/status")), (200, Some(&json!("healthy"))));
}

#[test]
fn the_length_of_an_error_response_is_limited() {
    let fake = FakeSeam::new();
    let list = |values: Value| send(&mut fake.lock(), &Method::POST, "/events/list", Some(API_KEY), values.to_string());
    let (status, body) = list(json!({ "event_types": vec!["x"; 20_000] }));
    assert_eq!(status, 400);
    assert!(body.to_string().len() < 1_000_000, "{}", body.to_string().len());
    // The response has the first problems.
    let problem =
        |index: &str| body.pointer(&format!("/error/validation_errors/event_types/{index}/_errors/0")).is_some();
    assert!(problem("0") && problem("99") && !problem("100"));
}
