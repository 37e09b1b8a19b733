//! Tests of properties of all routes, with generated requests.

mod filters;
mod parameters;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use seam_core::{Body, CredentialKind, ENDPOINTS, Idempotency, http};
use seam_spec::{Field, Kind, Schema};
use serde_json::{Map, Value, json};

use crate::{
    API_KEY, FRONT_DOOR, FakeSeam, NewDevice, WORKSPACE, control, exchange,
    json::{Object, object, string},
    routes::ROUTES,
    routes::{Route, find_route},
    shape::{self, Problems},
    state::State,
    tables::{Device, Event, Id, TABLES, Table},
};

#[test]
fn every_endpoint_has_a_route() {
    let missing: Vec<&str> =
        ENDPOINTS.iter().map(|spec| spec.path()).filter(|path| find_route(path).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert_eq!(ROUTES.len(), ENDPOINTS.len());
}

/// Sends a request and returns the status and the body of the response.
fn send(state: &mut State, method: &http::Method, uri: &str, key: Option<&str>, body: String) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body)).unwrap();
    let exchange::Ending::Response(response) = exchange::exchange(state, &request).ending else {
        panic!("no response")
    };
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

/// `fake-seam` relies on this: it saves the state only after changes.
#[test]
fn reading_changes_nothing() {
    let fake = FakeSeam::new();
    let mut state = fake.lock();
    let mut generator = Generator { random: fastrand::Rng::with_seed(11), ids: BTreeMap::new() };
    generator.collect_ids(&state, |_| true);
    let mut seen = BTreeSet::new();
    let reads = ROUTES.iter().filter(|route| route.spec.idempotency() == Idempotency::ReadOnly);
    for route in reads {
        for _ in 0..20 {
            let parameters = generator.value("", &route.described.parameters);
            let (before, requests) = (state.revision, state.requests);
            let body = parameters.to_string();
            let (status, _) = send(&mut state, &http::Method::POST, route.spec.path(), Some(API_KEY), body);
            assert_eq!(
                (state.revision, state.requests.get()),
                (before, requests.get() + 1),
                "{} {parameters}",
                route.spec.path()
            );
            if status == 200 {
                seen.insert(route.spec.path());
            }
        }
    }
    assert!(seen.len() > 40, "{seen:?}");
    for path in ["/health", "/openapi.json", "/_fake", "/_fake/database", "/_fake/requests", "/nowhere"] {
        let before = state.revision;
        send(&mut state, &http::Method::GET, path, None, String::new());
        assert_eq!(state.revision, before, "{path}");
    }
    let before = state.revision;
    let unlock = json!({ "device_id": FRONT_DOOR }).to_string();
    send(&mut state, &http::Method::POST, "/locks/unlock_door", Some(API_KEY), unlock);
    assert!(state.revision > before);
}

#[test]
fn every_route_validates_its_method_credentials_and_parameters() {
    let fake = FakeSeam::new();
    let call = |method: &http::Method, uri: &str, key| send(&mut fake.lock(), method, uri, key, String::new());
    for spec in ENDPOINTS {
        for method in
            [http::Method::GET, http::Method::POST, http::Method::PUT, http::Method::PATCH, http::Method::DELETE]
        {
            let (status, body) = call(&method, spec.path(), None);
            let expected = if method == spec.method() || method == http::Method::POST { 401 } else { 405 };
            assert_eq!(status, expected, "{method} {} {body}", spec.path());
        }
        assert_eq!(call(spec.method(), spec.path(), Some("seam_wrong")).0, 401, "{}", spec.path());
        // Routes with query parameters support `_strict`, which rejects unknown parameters.
        if spec.method() == http::Method::GET || spec.method() == http::Method::DELETE {
            let strict = format!("{}?no_such_parameter=1&_strict=true", spec.path());
            let (status, body) = call(spec.method(), &strict, Some(API_KEY));
            assert_eq!(status, 400, "{strict} {body}");
            let problems = body.pointer("/error/validation_errors/_errors").unwrap().to_string();
            assert!(problems.contains("no_such_parameter"), "{strict} {body}");
        }
        let required = match &find_route(spec.path()).unwrap().described.parameters.kind {
            Kind::Object(fields) => fields.iter().filter(|field| field.required).map(|field| field.name).collect(),
            _ => Vec::new(),
        };
        let (_, body) = call(&http::Method::POST, spec.path(), Some(API_KEY));
        for name in required.iter().filter(|_| spec.path() != "/workspaces/create") {
            let message = body.pointer(&format!("/error/validation_errors/{name}/_errors/0"));
            assert_eq!(message, Some(&json!("Required")), "{} {name} {body}", spec.path());
        }
    }
    assert_eq!(call(&http::Method::GET, "/no/such/route", Some(API_KEY)).0, 404);
}

/// A generator of plausible parameters.
struct Generator {
    random: fastrand::Rng,
    /// The existing identifiers by field name.
    ids: BTreeMap<String, Vec<String>>,
}

impl Generator {
    fn value(&mut self, name: &str, schema: &'static Schema) -> Value {
        if self.random.u8(..) < 3 {
            return [json!(null), json!(7), json!("x"), json!([]), json!({}), json!(true)][self.random.usize(..6)]
                .clone();
        }
        match &schema.kind {
            Kind::Any => json!("anything"),
            Kind::Boolean => json!(self.random.bool()),
            Kind::Integer => json!(self.random.u32(1..5)),
            Kind::Number if name.ends_with("_celsius") => json!(f64::from(self.random.u32(19..25))),
            Kind::Number if name.ends_with("_fahrenheit") => json!(f64::from(self.random.u32(66..76))),
            Kind::Number => json!(f64::from(self.random.u32(1..80))),
            Kind::Uuid => self.id(name),
            Kind::String if name == "code" || name.ends_with("_code") => json!(self.random.u32(1000..9999).to_string()),
            Kind::String if name.ends_with("_daily_at") => json!("22:00:00[Europe/Berlin]"),
            Kind::String if name == "climate_preset_key" => json!(["home", "away"][self.random.usize(..2)]),
            Kind::String if name == "starts_at_time" => json!("08:00:00"),
            Kind::String if name.ends_with("_at") => self.time(),
            Kind::String if name.ends_with("_time") => json!("22:00:00"),
            Kind::String if name.ends_with("_id") || name.ends_with("_key") => self.id(name),
            Kind::String => json!(["a", "Front Door", "x-1", "Gäste"][self.random.usize(..4)]),
            Kind::Time => self.time(),
            Kind::Uri => json!("https://example.com/x"),
            Kind::Email => json!(format!("{}@example.com", self.random.u8(..4))),
            Kind::Enum(values) => json!(values[self.random.usize(..values.len())]),
            Kind::Object(fields) => Value::Object(self.object(fields)),
            Kind::List(item) => {
                let singular = name.strip_suffix('s').unwrap_or(name).to_owned();
                (0..self.random.usize(..3)).map(|_| self.value(&singular, item)).collect()
            }
            Kind::Map(item) => json!({ "note": self.value("note", item) }),
            Kind::Choice(choices) => {
                let choice = &choices[self.random.usize(..choices.len())];
                self.value(name, choice)
            }
            Kind::Variants { common, variants, by } => {
                let variant = &variants[self.random.usize(..variants.len())];
                let mut object = self.object(common);
                object.extend(self.object(&variant.fields));
                if let Some(by) = by {
                    object.insert((*by).to_owned(), json!(variant.value));
                }
                Value::Object(object)
            }
            Kind::Reference(_) => json!({}),
        }
    }

    fn object(&mut self, fields: &'static [Field]) -> Map<String, Value> {
        let mut object = Map::new();
        for field in fields {
            if field.required || self.random.u8(..) < 64 {
                object.insert(field.name.to_owned(), self.value(field.name, &field.schema));
            }
        }
        object
    }

    fn id(&mut self, name: &str) -> Value {
        let known = self.ids.get(name).filter(|ids| !ids.is_empty());
        match known {
            Some(ids) if self.random.u8(..) < 240 => json!(ids[self.random.usize(..ids.len())]),
            _ => json!(format!("unknown-{}", self.random.u8(..4))),
        }
    }

    fn time(&mut self) -> Value {
        let hours = self.random.u32(..48);
        json!(format!("2026-11-{:02}T{:02}:00:00.000Z", 24 + hours / 24, hours % 24))
    }

    /// Collects the identifiers of all rows.
    fn collect_all_ids(&mut self, fake: &FakeSeam) {
        self.collect_ids(&fake.lock(), |_| true);
    }

    /// Collects the identifiers of the rows for which `predicate` is true.
    fn collect_ids(&mut self, state: &State, predicate: impl Fn(&Object) -> bool) {
        self.ids.clear();
        for table in TABLES {
            // Phones are devices too.
            let rows = state.table(table).iter().filter(|row| predicate(row));
            let ids = rows.filter_map(|row| string(row, table.id)).map(str::to_owned);
            self.ids.entry(table.id.to_owned()).or_default().extend(ids);
            if table.name == "access_codes" {
                self.ids.insert("common_code_key".to_owned(), vec!["auto_set_by_create_multiple".to_owned()]);
            }
        }
    }
}

/// Calls a route and returns the status and the body of the response.
fn call(state: &mut State, route: &Route, token: &str, parameters: &Value) -> (u16, Value) {
    send(state, &http::Method::POST, route.spec.path(), Some(token), parameters.to_string())
}

/// Formats each problem as one line.
fn lines(problems: &Problems) -> Vec<String> {
    problems.iter().map(|(path, messages)| format!("{}: {}", path.join("."), messages.join(", "))).collect()
}

#[test]
fn responses_match_the_api_description() {
    let mut generator = Generator { random: fastrand::Rng::with_seed(7), ids: BTreeMap::new() };
    let mut succeeded: BTreeMap<&str, u32> = BTreeMap::new();
    // Each failure with its first request.
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..6 {
        let fake = FakeSeam::new();
        fake.disable_rate_limits();
        fake.add_device(NewDevice::of_type("ring_camera"));
        let unmanaged = json!({ "is_managed": false, "user_identity_id": "stranger", "access_grant_id": "old" });
        for table in ["user_identities", "access_grants", "access_methods"] {
            fake.add(table, unmanaged.clone()).unwrap();
        }
        for number in 0..5_000 {
            if number % 20 == 0 {
                generator.collect_all_ids(&fake);
                fake.advance(Duration::from_secs(generator.random.u64(..1_800)));
            }
            let route = &ROUTES[generator.random.usize(..ROUTES.len())];
            // Routes that delete everything are called less often.
            let deletes_all = ["/workspaces/reset_sandbox", "/connected_accounts/delete", "/devices/simulate/remove"];
            if deletes_all.contains(&route.spec.path()) && generator.random.u8(..) < 200 {
                continue;
            }
            let parameters = generator.value("", &route.described.parameters);
            let (status, body) = call(&mut fake.lock(), route, API_KEY, &parameters);
            let about = || format!("{} {parameters}\n{body}", route.spec.path());
            if status == 200 {
                *succeeded.entry(route.spec.path()).or_default() += 1;
                for field in &route.described.response {
                    let Some(value) = body.get(field.name) else {
                        if field.required {
                            failures
                                .entry(format!("{} {} is missing", route.spec.path(), field.name))
                                .or_insert_with(about);
                        }
                        continue;
                    };
                    // A generated code has only a PIN, contrary to the API description.
                    if field.name != "generated_code" {
                        for problem in lines(&shape::check(&field.schema, value)) {
                            failures
                                .entry(format!("{} {} {problem}", route.spec.path(), field.name))
                                .or_insert_with(about);
                        }
                    }
                }
            } else {
                assert!((400..500).contains(&status), "{}", about());
                assert!(body.pointer("/error/type").is_some_and(Value::is_string), "{}", about());
                assert!(body.pointer("/error/message").is_some_and(Value::is_string), "{}", about());
            }
        }
        let state = fake.lock();
        for event in state.rows::<Event>() {
            let event_type = event.get("event_type").and_then(Value::as_str).unwrap();
            assert!(seam_spec::api().event(event_type).is_some(), "unknown event {event_type}");
            let schema = shape::resource("event").unwrap();
            for problem in lines(&shape::check(schema, &Value::Object(event.clone()))) {
                failures.entry(format!("{event_type} {problem}")).or_insert_with(|| format!("{event:?}"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    let never = |path: &&str| !succeeded.contains_key(path) && !RARE.contains(path);
    let without_success: Vec<&str> = ROUTES.iter().map(|route| route.spec.path()).filter(never).collect();
    assert_eq!(without_success, Vec::<&str>::new(), "these never succeeded");
}

/// Routes that generated requests seldom call successfully, because they require e.g. a token or an encoded card. Separate
/// tests call them.
const RARE: [&str; 29] = [
    "/access_codes/pull_backup_access_code",
    "/access_codes/update_multiple",
    "/access_grants/unmanaged/update",
    "/access_methods/assign_card",
    "/access_methods/encode",
    "/access_methods/unlock_door",
    "/acs/encoders/encode_credential",
    "/acs/entrances/unlock",
    "/acs/users/remove_from_access_group",
    "/cameras/live_views/create",
    "/cameras/live_views/offer",
    "/cameras/live_views/stop",
    "/devices/unmanaged/get",
    "/devices/unmanaged/update",
    "/media/get",
    "/thermostats/activate_weekly_program",
    "/thermostats/create_climate_preset",
    "/thermostats/daily_programs/create",
    "/thermostats/daily_programs/delete",
    "/thermostats/daily_programs/update",
    "/thermostats/delete_climate_preset",
    "/thermostats/schedules/create",
    "/thermostats/schedules/delete",
    "/thermostats/schedules/get",
    "/thermostats/schedules/update",
    "/thermostats/update_weekly_program",
    "/user_identities/unmanaged/get",
    "/user_identities/unmanaged/update",
    // Requires credentials without a workspace.
    "/workspaces/create",
];

/// Returns a fake with resources of each kind, after many requests.
fn populated_fake(generator: &mut Generator) -> FakeSeam {
    let fake = FakeSeam::new();
    fake.disable_rate_limits();
    fake.add_device(NewDevice::of_type("ring_camera"));
    for table in TABLES.iter().filter(|table| table.name != "workspaces") {
        fake.add(table.name, json!({ "display_name": "Something" })).unwrap();
    }
    let is_not_destructive = |route: &&Route| {
        let path = route.spec.path();
        !path.contains("delete") && !path.contains("remove") && !path.contains("disconnect") && !path.contains("reset")
    };
    let routes: Vec<&Route> = ROUTES.iter().filter(is_not_destructive).collect();
    for number in 0..3_000 {
        if number % 20 == 0 {
            generator.collect_all_ids(&fake);
            fake.advance(Duration::from_secs(10));
        }
        let route = routes[generator.random.usize(..routes.len())];
        let parameters = generator.value("", &route.described.parameters);
        call(&mut fake.lock(), route, API_KEY, &parameters);
    }
    fake
}

#[test]
fn rejected_requests_change_nothing() {
    let mut generator = Generator { random: fastrand::Rng::with_seed(3), ids: BTreeMap::new() };
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    let fake = populated_fake(&mut generator);
    for number in 0..4_000 {
        if number % 20 == 0 {
            generator.collect_all_ids(&fake);
            fake.advance(Duration::from_secs(generator.random.u64(..600)));
        }
        let route = &ROUTES[generator.random.usize(..ROUTES.len())];
        let mut parameters = generator.value("", &route.described.parameters);
        // An invalid last item of a list is detected last.
        for list in parameters.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_array_mut) {
            if list.iter().any(Value::is_string) && generator.random.u8(..) < 64 {
                list.push(json!("unknown"));
            }
        }
        let mut state = fake.lock();
        let mut before = control::database(&state);
        let (status, body) = call(&mut state, route, API_KEY, &parameters);
        if status == 200 {
            continue;
        }
        let mut after = control::database(&state);
        // A code that cannot be managed also emits an event.
        if body["error"]["type"] == "cannot_be_managed" {
            before.remove("events");
            after.remove("events");
        }
        if after != before {
            failures.entry(route.spec.path()).or_insert_with(|| format!("{parameters}\n{body}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

// --- Isolation.

/// The suffix of the identifiers of the mirrored rows.
const MIRRORED: &str = "-mirrored";

/// Returns all rows for which `predicate` is true, each with its table.
fn rows(state: &State, predicate: impl Fn(&Object) -> bool + Copy) -> impl Iterator<Item = (&'static Table, &Object)> {
    TABLES.iter().flat_map(move |table| {
        state.table(table).iter().filter(move |row| predicate(row)).map(move |row| (*table, row))
    })
}

/// Appends `suffix` to each string that is one of `ids`.
fn rename(value: &mut Value, ids: &BTreeSet<String>, suffix: &str) {
    match value {
        Value::String(text) if ids.contains(text) => text.push_str(suffix),
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, ids, suffix)),
        Value::Object(object) => object.values_mut().for_each(|value| rename(value, ids, suffix)),
        _ => {}
    }
}

/// Returns whether any string in a value is one of `ids`.
fn names_any(value: &Value, ids: &BTreeSet<String>) -> bool {
    match value {
        Value::String(text) => ids.contains(text),
        Value::Array(values) => values.iter().any(|value| names_any(value, ids)),
        Value::Object(object) => object.values().any(|value| names_any(value, ids)),
        _ => false,
    }
}

/// Returns a copy of the parameters for each identifier in them, with that one replaced by the original identifier.
fn with_one_foreign_id(parameters: &Value) -> Vec<Value> {
    fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.ends_with(MIRRORED) => found.push(path.to_owned()),
            Value::Array(values) => {
                values.iter().enumerate().for_each(|(index, value)| paths(value, &format!("{path}/{index}"), found));
            }
            Value::Object(object) => {
                object.iter().for_each(|(name, value)| paths(value, &format!("{path}/{name}"), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    paths(parameters, "", &mut found);
    let replaced = found.iter().map(|path| {
        let mut parameters = parameters.clone();
        let id = parameters.pointer_mut(path).unwrap();
        *id = json!(id.as_str().unwrap().strip_suffix(MIRRORED).unwrap());
        parameters
    });
    replaced.collect()
}

/// Calls each route with an API key of another workspace that has copies of all rows, and with one identifier of this
/// workspace.
#[test]
fn workspaces_are_isolated() {
    let mut generator = Generator { random: fastrand::Rng::with_seed(5), ids: BTreeMap::new() };
    let fake = populated_fake(&mut generator);
    fake.set_action_delay(Duration::ZERO);
    fake.advance(Duration::from_secs(600));
    let mut state = fake.lock();
    let ids: BTreeSet<String> =
        rows(&state, |_| true).filter_map(|(table, row)| string(row, table.id)).map(str::to_owned).collect();
    for table in TABLES {
        let rows: Vec<Object> = state.table(table).iter().cloned().collect();
        for row in rows {
            let mut mirrored = Value::Object(row);
            rename(&mut mirrored, &ids, MIRRORED);
            if table.name == "api_keys" {
                mirrored["token"] = json!("stranger");
            }
            let mirrored = object(mirrored);
            let id = string(&mirrored, table.id).unwrap().to_owned();
            state.put_row(table, id, mirrored);
        }
    }
    let is_in_workspace = |row: &Object| string(row, "workspace_id") == Some(WORKSPACE);
    let before: Vec<(&Table, Object)> =
        rows(&state, is_in_workspace).map(|(table, row)| (table, row.clone())).collect();
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    let mut requests: BTreeMap<&str, u32> = BTreeMap::new();
    for route in ROUTES.iter() {
        if route.spec.path() == "/workspaces/reset_sandbox" {
            continue;
        }
        generator.collect_ids(&state, |row| string(row, "workspace_id").is_some_and(|of| of.ends_with(MIRRORED)));
        for _ in 0..40 {
            let parameters = generator.value("", &route.described.parameters);
            for parameters in with_one_foreign_id(&parameters) {
                *requests.entry(route.spec.path()).or_default() += 1;
                let (status, mut body) = call(&mut state, route, "stranger", &parameters);
                let now = state.now();
                state.run_jobs_until(now);
                // Another test checks that rejected requests change nothing.
                if status != 200 {
                    continue;
                }
                body.as_object_mut().unwrap().remove("pagination");
                let is_leak = names_any(&body, &ids);
                let is_changed = rows(&state, is_in_workspace).ne(before.iter().map(|(table, row)| (*table, row)));
                let references: Vec<String> =
                    rows(&state, |row| !is_in_workspace(row) && string(row, "workspace_id").is_some())
                        .filter(|(_, row)| row.values().any(|value| names_any(value, &ids)))
                        .map(|(table, row)| format!("{}: {row:?}", table.name))
                        .collect();
                if is_leak || is_changed || !references.is_empty() {
                    failures.entry(route.spec.path()).or_insert_with(|| {
                        format!(
                            "{parameters}\n{body}\nleaks: {is_leak}, changes: {is_changed}, references: {references:?}"
                        )
                    });
                }
            }
        }
    }
    drop(state);
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(requests.values().filter(|times| **times > 10).count() > 150, "{requests:?}");
}

/// Calls each route that accepts a client session, with a session that has no access to resources with an owner.
#[test]
fn client_sessions_are_isolated() {
    let mut generator = Generator { random: fastrand::Rng::with_seed(9), ids: BTreeMap::new() };
    let fake = populated_fake(&mut generator);
    fake.set_action_delay(Duration::ZERO);
    let session = json!({ "token": "seam_cst_stranger", "expires_at": "2099-01-01T00:00:00.000Z" });
    fake.add("client_sessions", session).unwrap();
    let mut state = fake.lock();
    let owner = |row: &Object| string(row, "connected_account_id").or(string(row, "user_identity_id")).is_some();
    let owned: BTreeSet<String> = rows(&state, |_| true)
        .filter(|(_, row)| owner(row) || Id::<Device>::of(row).and_then(|id| state.get(&id)).is_some_and(owner))
        .filter_map(|(table, row)| string(row, table.id))
        .map(str::to_owned)
        .collect();
    let is_hidden = |table: &Table, row: &Object| string(row, table.id).is_some_and(|id| owned.contains(id));
    let mut before: Vec<(&Table, Object)> = rows(&state, |_| true)
        .filter(|(table, row)| is_hidden(table, row))
        .map(|(table, row)| (table, row.clone()))
        .collect();
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    let mut succeeded = BTreeSet::new();
    let is_known = |path| ["/events/get", "/events/list", "/spaces/delete"].contains(&path);
    let accepts_sessions = |route: &&Route| route.spec.credentials().contains(&CredentialKind::ClientSessionToken);
    // Spaces and pushed data have no owner: a session may read and delete them, and read their events.
    for route in ROUTES.iter().filter(accepts_sessions).filter(|route| !is_known(route.spec.path())) {
        generator.collect_ids(&state, |_| true);
        for _ in 0..40 {
            let parameters = generator.value("", &route.described.parameters);
            let (status, mut body) = call(&mut state, route, "seam_cst_stranger", &parameters);
            let now = state.now();
            state.run_jobs_until(now);
            if status != 200 {
                continue;
            }
            succeeded.insert(route.spec.path());
            body.as_object_mut().unwrap().remove("pagination");
            let is_leak = names_any(&body, &owned);
            let mut changed = BTreeSet::new();
            for (table, row) in &mut before {
                let now = string(row, table.id).and_then(|id| state.table(table).get(id));
                let now = now.cloned().unwrap_or_default();
                if *row != now {
                    changed.insert(table.name);
                    *row = now;
                }
            }
            if is_leak || !changed.is_empty() {
                failures
                    .entry(route.spec.path())
                    .or_insert_with(|| format!("{parameters}\n{body}\nleaks: {is_leak}, changes: {changed:?}"));
            }
        }
    }
    drop(state);
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(succeeded.len() > 30, "{succeeded:?}");
}
