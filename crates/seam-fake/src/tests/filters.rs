//! Tests of each documented filter of each list route: it returns all matching rows and no others.
//!
//! The state has two guests, `alpha` and `beta`, each with resources of every kind. The values of a filter for
//! one of them must list resources of that one only, and at least one.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::call;
use crate::{
    API_KEY, FakeSeam, NewDevice, control,
    json::{Object, object, string},
    routes::{ROUTES, find_route},
    tables::TABLES,
};

/// Parameters of lists that select a page, and `include_if`, which a test of access systems covers.
const NOT_FILTERS: [&str; 4] = ["limit", "page_cursor", "unstable_offset", "include_if"];

/// A state with two guests.
struct TwoGuests {
    fake: FakeSeam,
    /// The identifiers of the resources of each guest.
    ids: [BTreeSet<String>; 2],
    /// The filter values of each guest.
    values: [BTreeMap<String, Value>; 2],
}

impl TwoGuests {
    fn new() -> Self {
        let fake = FakeSeam::empty();
        fake.disable_rate_limits();
        let mut known = BTreeSet::new();
        let mut two =
            Self { fake, ids: [BTreeSet::new(), BTreeSet::new()], values: [BTreeMap::new(), BTreeMap::new()] };
        known.extend(two.all());
        for side in 0..2 {
            two.fake.advance(Duration::from_secs(3600));
            let began = two.now();
            two.values[side] = two.add_guest(["alpha", "beta"][side]);
            // The commands of the locks are carried out, and cards and codes are issued.
            two.fake.advance(Duration::from_secs(600));
            two.values[side].insert("between".to_owned(), json!([began, two.now()]));
            two.ids[side] = two.all().difference(&known).cloned().collect();
            known.extend(two.all());
        }
        // Resources created before this time belong to the first guest, later ones to the second.
        let middle = two.values[1]["between"][0].clone();
        two.values[0].insert("created_before".to_owned(), middle.clone());
        two.values[1].insert("since".to_owned(), middle);
        two
    }

    fn now(&self) -> String {
        self.fake.lock().now_string()
    }

    /// Returns the identifiers of all rows.
    fn all(&self) -> BTreeSet<String> {
        let state = self.fake.lock();
        let ids = TABLES.iter().flat_map(|table| state.table(table).iter().filter_map(|row| string(row, table.id)));
        ids.map(str::to_owned).collect()
    }

    /// Calls a route that must succeed and returns the value of the only key of the response.
    fn call(&self, path: &str, parameters: Value) -> Value {
        let (status, body) = call(&mut self.fake.lock(), find_route(path).unwrap(), API_KEY, &parameters);
        assert_eq!(status, 200, "{path} {parameters} {body}");
        let found = body.as_object().unwrap().iter().find(|(name, _)| !["ok", "pagination"].contains(&name.as_str()));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Adds a resource of a table, with the name of its guest.
    fn add(&self, table: &str, fields: Value) -> String {
        self.fake.add(table, fields).unwrap()
    }

    /// Adds resources of every kind for a guest and returns the filter values that match them.
    fn add_guest(&self, name: &str) -> BTreeMap<String, Value> {
        let is_first = name == "alpha";
        let either = |first: &str, second: &str| if is_first { first.to_owned() } else { second.to_owned() };
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        let mut set_filter = |filter: &str, value: Value| {
            if let Value::String(id) = &value {
                if filter.ends_with("_id") {
                    values.insert(format!("{filter}s"), json!([id]));
                }
            }
            values.insert(filter.to_owned(), value);
        };
        let id = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap().to_owned();
        let (key, email) = (format!("{name}-key"), format!("{name}@example.com"));
        let phone = either("+15550000001", "+15550000002");
        set_filter("customer_key", json!(key));
        set_filter("search", json!(name));
        set_filter("user_identifier_key", json!(key));
        set_filter("custom_metadata_has", json!({ "guest": name }));

        // Accounts, spaces and devices.
        let metadata = json!({ "guest": name });
        let webview = self.add(
            "connect_webviews",
            json!({
                "customer_key": key, "custom_metadata": metadata, "user_identifier_key": key, "status": "authorized",
                "custom_redirect_url": format!("https://example.com/{name}"), "_user_identifier_key": key,
            }),
        );
        set_filter("connect_webview_id", json!(webview));
        let space = self.call("/spaces/create", json!({ "name": name, "space_key": key, "customer_key": key }));
        let space = id(&space, "space_id");
        set_filter("space_id", json!(space));
        set_filter("space_key", json!(key));
        set_filter("location_id", json!(space));
        set_filter("unstable_location_id", json!(space));
        let account = self.add(
            "connected_accounts",
            json!({
                "account_type": either("august", "salto_ks"), "_provider": either("august", "salto_ks"),
                "display_name": name, "customer_key": key, "custom_metadata": metadata, "space_ids": [space],
                "user_identifier": { "email": email }, "connect_webview_id": webview, "_user_identifier_key": key,
            }),
        );
        set_filter("connected_account_id", json!(account));
        let device = |device_type: &str, label: &str| {
            let device = NewDevice::of_type(device_type)
                .name(format!("{name} {label}"))
                .field("connected_account_id", json!(account))
                .field("custom_metadata", metadata.clone())
                .field("space_ids", json!([space]));
            String::from(self.fake.add_device(device))
        };
        let lock = device(&either("august_lock", "salto_lock"), "lock");
        let thermostat = device(&either("ecobee_thermostat", "nest_thermostat"), "thermostat");
        let sensor = device(&either("minut_sensor", "noiseaware_activity_zone"), "sensor");
        let stranger = String::from(
            self.fake.add_device(
                NewDevice::of_type(either("august_lock", "salto_lock"))
                    .unmanaged()
                    .name(format!("{name} stranger"))
                    .field("connected_account_id", json!(account)),
            ),
        );
        set_filter("device_id", json!(lock));
        set_filter("device_type", json!(either("august_lock", "salto_lock")));
        set_filter("device_types", json!([either("august_lock", "salto_lock")]));
        set_filter("manufacturer", json!(either("august", "salto")));
        for (group, device, kind, manufacturer) in [
            (
                "/thermostats/list",
                &thermostat,
                either("ecobee_thermostat", "nest_thermostat"),
                either("ecobee", "nest"),
            ),
            (
                "/noise_sensors/list",
                &sensor,
                either("minut_sensor", "noiseaware_activity_zone"),
                either("minut", "noiseaware"),
            ),
        ] {
            set_filter(&format!("{group} device_type"), json!(kind));
            set_filter(&format!("{group} device_types"), json!([kind]));
            set_filter(&format!("{group} manufacturer"), json!(manufacturer));
            set_filter(&format!("{group} device_id"), json!(device));
        }
        set_filter("/devices/unmanaged/list device_ids", json!([stranger]));
        set_filter("/noise_sensors/noise_thresholds/list device_id", json!(sensor));
        set_filter("/thermostats/schedules/list device_id", json!(thermostat));
        set_filter("provider_category", json!(either("thermostats", "cameras")));
        self.add("noise_thresholds", json!({ "device_id": sensor, "name": name }));
        self.call(
            "/thermostats/schedules/create",
            json!({
                "device_id": thermostat, "climate_preset_key": "home", "starts_at": "2027-01-01T00:00:00Z",
                "ends_at": "2027-01-02T00:00:00Z", "name": name,
            }),
        );

        // A user identity with a user in an access system.
        let person = self.add(
            "user_identities",
            json!({
                "full_name": name, "display_name": name, "email_address": email, "phone_number": phone,
                "user_identity_key": key, "is_managed": true, "acs_user_ids": [], "_customer_key": key,
            }),
        );
        self.add("user_identities", json!({ "is_managed": false, "display_name": name }));
        set_filter("user_identity_id", json!(person));
        set_filter("owner_user_identity_id", json!(person));
        set_filter("user_identity_email_address", json!(email));
        set_filter("user_identity_phone_number", json!(phone));
        let system = self.add("acs_systems", json!({
            "name": name, "connected_account_id": account, "connected_account_ids": [account],
            "external_type": either("visionline_system", "assa_abloy_vostio"), "location": { "time_zone": "Europe/Berlin" },
        }));
        let manager = self.add("acs_systems", json!({
            "name": name, "connected_account_id": account, "connected_account_ids": [account],
            "external_type": format!("{}_credential_service", either("assa_abloy", "assa_abloy_vostio")), "is_credential_manager": true,
        }));
        set_filter("acs_system_id", json!(system));
        set_filter("credential_manager_acs_system_id", json!(manager));
        let entrance = self.add(
            "acs_entrances",
            json!({
                "acs_system_id": system, "connected_account_id": account, "display_name": name, "space_ids": [space],
                "can_unlock_with_card": true, "can_unlock_with_mobile_key": true,
            }),
        );
        let encoder = self.add(
            "acs_encoders",
            json!({
                "acs_system_id": system, "connected_account_id": account, "display_name": name,
            }),
        );
        let group = self.add(
            "acs_access_groups",
            json!({
                "acs_system_id": system, "connected_account_id": account, "name": name, "display_name": name,
                "_acs_entrance_ids": [entrance],
            }),
        );
        let user = self.call(
            "/acs/users/create",
            json!({
                "acs_system_id": system, "full_name": name, "user_identity_id": person, "acs_access_group_ids": [group],
            }),
        );
        let user = id(&user, "acs_user_id");
        let credential = self.call(
            "/acs/credentials/create",
            json!({
                "acs_user_id": user, "access_method": "mobile_key", "allowed_acs_entrance_ids": [entrance],
                "credential_manager_acs_system_id": manager, "is_multi_phone_sync_credential": is_first,
            }),
        );
        let credential = id(&credential, "acs_credential_id");
        if is_first {
            set_filter("is_multi_phone_sync_credential", json!(true));
        }
        // Credentials have no names.
        set_filter("/acs/credentials/list search", json!(user));
        for (filter, value) in [
            ("acs_entrance_id", &entrance),
            ("acs_encoder_id", &encoder),
            ("acs_access_group_id", &group),
            ("acs_user_id", &user),
            ("acs_credential_id", &credential),
        ] {
            set_filter(filter, json!(value));
        }
        self.call("/phones/simulate/create_sandbox_phone", json!({ "user_identity_id": person }));
        self.call("/user_identities/add_acs_user", json!({ "user_identity_id": person, "acs_user_id": user }));
        self.call("/user_identities/grant_access_to_device", json!({ "user_identity_id": person, "device_id": lock }));
        self.add("instant_keys", json!({ "user_identity_id": person }));

        // Access grants and their access methods.
        let grant = self.call(
            "/access_grants/create",
            json!({
                "user_identity_id": person, "device_ids": [lock], "acs_entrance_ids": [entrance], "space_ids": [space],
                "requested_access_methods": [{ "mode": "code" }, { "mode": "card" }],
                "access_grant_key": key, "reservation_key": key, "name": name,
            }),
        );
        let grant = id(&grant, "access_grant_id");
        set_filter("access_grant_id", json!(grant));
        set_filter("access_grant_key", json!(key));
        set_filter("reservation_key", json!(key));
        let old_grant = self.add("access_grants", json!({
            "is_managed": false, "user_identity_id": person, "reservation_key": key, "_acs_entrance_ids": [entrance],
            "_acs_system_ids": [system],
        }));
        set_filter("/access_methods/unmanaged/list access_grant_id", json!(old_grant));
        self.add(
            "access_methods",
            json!({
                "is_managed": false, "_access_grant_ids": [old_grant], "_acs_entrance_ids": [entrance],
                "_device_ids": [lock], "_space_ids": [space],
            }),
        );
        let code = self.call("/access_codes/create", json!({ "device_id": lock, "name": name }));
        set_filter("/access_codes/list access_code_id", json!(code.get("access_code_id").unwrap()));
        self.add("access_codes", json!({ "is_managed": false, "device_id": lock, "name": name, "code": "1234" }));
        let attempt = self.call("/locks/lock_door", json!({ "device_id": lock }));
        set_filter("action_attempt_id", json!(id(&attempt, "action_attempt_id")));
        let session = self.add(
            "client_sessions",
            json!({
                "user_identifier_key": key, "connect_webview_ids": [webview], "user_identity_ids": [person],
                "user_identity_id": person, "connected_account_ids": [account], "token": format!("seam_cst_{name}"),
            }),
        );
        set_filter("client_session_id", json!(session));
        if is_first {
            self.add("client_sessions", json!({ "user_identity_id": person, "token": "seam_cst_keyless" }));
            set_filter("without_user_identifier_key", json!(true));
        }

        // The resources that the grant has created.
        let state = self.fake.lock();
        let database = control::database(&state);
        drop(state);
        let of_grant = |mode: &str, field: &str| {
            let rows = database.get("access_methods").and_then(Value::as_array).unwrap();
            let row = rows.iter().rev().find(|row| {
                row.get("_access_grant_ids").and_then(Value::as_array).is_some_and(|ids| ids.contains(&json!(grant)))
                    && row.get("mode") == Some(&json!(mode))
            });
            row.and_then(|row| row.get(field)).cloned().unwrap()
        };
        set_filter("access_method_id", of_grant("code", "access_method_id"));
        set_filter("/acs/entrances/list access_method_id", of_grant("card", "access_method_id"));
        set_filter("access_code_id", of_grant("code", "_access_code_ids")[0].clone());

        // An event about all resources, and one of a type that no other event has.
        let now = self.now();
        set_filter("event_type", json!(either("camera.activated", "device.doorbell_rang")));
        set_filter("event_types", json!([either("camera.activated", "device.doorbell_rang")]));
        let mut event = object(json!({
            "event_type": "space.created", "occurred_at": now, "device_id": lock, "space_id": space, "user_identity_id": person, "customer_key": key,
        }));
        for name in [
            "access_code_id",
            "access_grant_id",
            "access_method_id",
            "acs_access_group_id",
            "acs_credential_id",
            "acs_encoder_id",
            "acs_entrance_id",
            "acs_system_id",
            "acs_user_id",
            "connect_webview_id",
            "connected_account_id",
        ] {
            event.insert(name.to_owned(), values[name].clone());
        }
        self.add("events", Value::Object(event));
        let kind = either("camera.activated", "device.doorbell_rang");
        let event = self.add("events", json!({ "event_type": kind, "occurred_at": now, "device_id": lock }));
        values.insert("event_ids".to_owned(), json!([event]));
        values.insert("event_id".to_owned(), json!(event));
        values
    }

    /// Returns the value of a filter of a route for a guest.
    fn value(&self, side: usize, path: &str, filter: &str) -> Option<&Value> {
        let values = &self.values[side];
        values.get(&format!("{path} {filter}")).or_else(|| values.get(filter))
    }
}

#[test]
fn every_list_filter_returns_all_matching_rows_and_no_others() {
    let two = TwoGuests::new();
    let mut failures = Vec::new();
    let mut checked = 0;
    for route in ROUTES.iter().filter(|route| route.spec.path().contains("/list")) {
        let path = route.spec.path();
        let fields: Vec<_> = route.described.parameters.fields().collect();
        for field in fields.iter().filter(|field| !NOT_FILTERS.contains(&field.name)) {
            let mut responses = Vec::new();
            for side in 0..2 {
                // One guest may have no value, such as a time before the first resource.
                let Some(value) = two.value(side, path, field.name) else {
                    if two.value(1 - side, path, field.name).is_none() {
                        failures.push(format!("{path} {}: the test has no value", field.name));
                    }
                    continue;
                };
                let mut parameters = Object::new();
                for required in fields.iter().filter(|field| field.required) {
                    parameters.extend(
                        two.value(side, path, required.name).map(|value| (required.name.to_owned(), value.clone())),
                    );
                }
                parameters.insert(field.name.to_owned(), value.clone());
                // A selector may require further parameters, such as an access system with a user identity.
                let selectors = route.spec.selectors();
                if !selectors.iter().any(|names| names.iter().all(|name| parameters.contains_key(*name))) {
                    let names = selectors.iter().find(|names| names.contains(&field.name)).copied().unwrap_or_default();
                    parameters.extend(
                        names.iter().map(|name| ((*name).to_owned(), two.value(side, path, name).unwrap().clone())),
                    );
                }
                let parameters = Value::Object(parameters);
                let (status, body) = call(&mut two.fake.lock(), route, API_KEY, &parameters);
                let rows = body.get(route.described.response_key.unwrap_or_default()).and_then(Value::as_array);
                let rows = rows.cloned().unwrap_or_default();
                let is_of = |row: &Value, side: usize| {
                    let ids = row.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_id"));
                    ids.filter_map(|(_, id)| id.as_str()).any(|id| two.ids[side].contains(id))
                };
                let others = rows.iter().filter(|row| is_of(row, 1 - side)).count();
                checked += 1;
                responses.push(rows.clone());
                if status != 200 || rows.is_empty() || others > 0 {
                    failures.push(format!("{path} {parameters}: {status}, {} rows, {others} of the other", rows.len()));
                }
            }
            if let [first, second] = responses.as_slice() {
                if first == second {
                    failures.push(format!("{path} {}: the same rows for both guests", field.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(checked > 200, "{checked} filters were checked");
}
