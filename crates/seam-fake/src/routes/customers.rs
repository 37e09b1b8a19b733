//! Customers: their portal, and the records that property systems push about them.
//!
//! Pushed records are stored unchanged, in one row for each customer. In addition, each record creates a resource with the
//! same key: a space, a user identity, or, for stays, an access grant.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, format_time, inner, later, object, set, string, strings, time},
    routes::{access_grants::lifecycle as access_grants, generic, spaces, user_identities},
    state::State,
    tables::{Customer, Id, Resource, Space, UserIdentity, Workspace},
};
use seam_core::test_util::ApiFault;

/// The lifetime of the link to a portal.
const PORTAL_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/customers/create_portal" => create_portal,
        "/customers/delete_data" => delete_data,
        "/customers/push_data" => push_data,
        _ => return None,
    })
}

/// The type of resource that a kind of pushed records creates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResourceType {
    Space,
    UserIdentity,
    AccessGrant,
}

impl ResourceType {
    /// Returns the field of the resource that stores the key of the record.
    const fn key_field(self) -> &'static str {
        match self {
            Self::Space => "space_key",
            Self::UserIdentity => "user_identity_key",
            Self::AccessGrant => "access_grant_key",
        }
    }
}

/// A kind of pushed records: the name of the list, the name of the key, and the type of resource that they create.
struct RecordKind {
    list: &'static str,
    key: &'static str,
    resource_type: ResourceType,
}

const fn kind(list: &'static str, key: &'static str, resource_type: ResourceType) -> RecordKind {
    RecordKind { list, key, resource_type }
}

/// All kinds, in the order in which they are applied: stays refer to spaces and user identities.
const KINDS: [RecordKind; 19] = {
    use ResourceType::{AccessGrant, Space, UserIdentity};
    [
        kind("sites", "site_key", Space),
        kind("buildings", "building_key", Space),
        kind("common_areas", "common_area_key", Space),
        kind("facilities", "facility_key", Space),
        kind("listings", "listing_key", Space),
        kind("properties", "property_key", Space),
        kind("property_listings", "property_listing_key", Space),
        kind("rooms", "room_key", Space),
        kind("spaces", "space_key", Space),
        kind("units", "unit_key", Space),
        kind("guests", "guest_key", UserIdentity),
        kind("residents", "resident_key", UserIdentity),
        kind("staff_members", "staff_member_key", UserIdentity),
        kind("tenants", "tenant_key", UserIdentity),
        kind("user_identities", "user_identity_key", UserIdentity),
        kind("users", "user_key", UserIdentity),
        kind("access_grants", "access_grant_key", AccessGrant),
        kind("bookings", "booking_key", AccessGrant),
        kind("reservations", "reservation_key", AccessGrant),
    ]
};

// --- Pushed records.

fn push_data(state: &mut State, call: &Call) -> Answer {
    push(state, &call.workspace(), &call.parameters)?;
    generic::done()
}

/// Stores and applies the pushed records of one customer.
///
/// A record may be pushed before the records that it refers to: a stay is linked to its guest and rooms once they exist.
fn push(state: &mut State, workspace_id: &Id<Workspace>, data: &Object) -> Result<(), ApiFault> {
    check_times(data)?;
    let customer_key = string(data, "customer_key").unwrap_or_default();
    let id = find_or_add_customer(state, workspace_id, customer_key);
    for kind in &KINDS {
        for record in items(data, kind.list) {
            store(state, &id, kind, record);
        }
    }
    if let Some(customer) = state.get_mut(&id) {
        for name in ["customization_profile_id", "low_battery_alert_threshold"] {
            if let Some(value) = data.get(name) {
                set(customer, name, value.clone());
            }
        }
    }
    let known = state.get(&id).cloned().unwrap_or_default();
    for kind in &KINDS {
        // All stays are linked again, since this request may add the records that they refer to.
        let source = if kind.resource_type == ResourceType::AccessGrant { &known } else { data };
        for record in items(source, kind.list) {
            apply(state, workspace_id, customer_key, kind, record);
        }
    }
    Ok(())
}

/// Returns the pushed records of a list.
fn items<'a>(data: &'a Object, list: &str) -> impl Iterator<Item = &'a Object> {
    data.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Rejects stays that end before they start.
fn check_times(data: &Object) -> Result<(), ApiFault> {
    for kind in KINDS.iter().filter(|kind| kind.resource_type == ResourceType::AccessGrant) {
        for stay in items(data, kind.list) {
            let [starts_at, ends_at] = ["starts_at", "ends_at"].map(|name| time(stay, name));
            if starts_at.zip(ends_at).is_some_and(|(starts_at, ends_at)| starts_at >= ends_at) {
                return Err(invalid(kind.list, "A stay must end after it starts"));
            }
        }
    }
    Ok(())
}

/// Returns the row of a customer. Adds one if there is none.
fn find_or_add_customer(state: &mut State, workspace_id: &Id<Workspace>, customer_key: &str) -> Id<Customer> {
    let has_key =
        |customer: &Object| workspace_id.is_in(customer) && string(customer, "customer_key") == Some(customer_key);
    let known = state.ids_where::<Customer>(has_key).into_iter().next();
    known.unwrap_or_else(|| {
        let customer = json!({
            "workspace_id": workspace_id, "customer_key": customer_key, "created_at": state.now_string(),
        });
        state.insert::<Customer>(object(customer))
    })
}

/// Stores a record in the row of its customer. It replaces a record with the same key.
fn store(state: &mut State, customer_id: &Id<Customer>, kind: &RecordKind, record: &Object) {
    let Some(customer) = state.get_mut(customer_id) else { return };
    let list = customer.entry(kind.list).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    match list.iter_mut().find(|old| old.get(kind.key) == record.get(kind.key)) {
        Some(old) => *old = Value::Object(record.clone()),
        None => list.push(Value::Object(record.clone())),
    }
}

/// Returns the resource with this key; `key_field` is the field that stores the key.
fn resource_id<K: Resource>(state: &State, workspace_id: &Id<Workspace>, key_field: &str, key: &str) -> Option<Id<K>> {
    let has_key = |row: &&Object| workspace_id.is_in(row) && string(row, key_field) == Some(key);
    state.rows::<K>().find(has_key).and_then(Id::of)
}

/// Adds a resource, or updates the one with the same key. Returns its id, and whether it is new.
fn upsert<K: Resource>(
    state: &mut State,
    workspace_id: &Id<Workspace>,
    key_field: &str,
    mut fields: Object,
) -> (Id<K>, bool) {
    let key = string(&fields, key_field).unwrap_or_default();
    if let Some(id) = resource_id(state, workspace_id, key_field, key) {
        if let Some(known) = state.get_mut(&id) {
            known.extend(fields);
        }
        return (id, false);
    }
    set(&mut fields, "workspace_id", workspace_id);
    set(&mut fields, "created_at", state.now_string());
    (state.insert(fields), true)
}

/// Adds or updates the resource of a pushed record.
fn apply(state: &mut State, workspace_id: &Id<Workspace>, customer_key: &str, kind: &RecordKind, record: &Object) {
    let key = string(record, kind.key).unwrap_or_default();
    let name = string(record, "name").unwrap_or(key);
    let mut fields = object(json!({ "customer_key": customer_key, "_pushed_as": kind.list }));
    set(&mut fields, kind.resource_type.key_field(), key);
    match kind.resource_type {
        ResourceType::Space => {
            fields.extend(object(json!({ "name": name, "display_name": name })));
            for name in ["customer_data", "geolocation"] {
                if let Some(value) = record.get(name) {
                    set(&mut fields, name, value.clone());
                }
            }
        }
        ResourceType::UserIdentity => {
            fields.extend(object(json!({
                "full_name": name, "display_name": if name.is_empty() { key } else { name }, "is_managed": true,
            })));
            for name in ["email_address", "phone_number"] {
                if let Some(value) = record.get(name) {
                    set(&mut fields, name, value.clone());
                }
            }
        }
        ResourceType::AccessGrant => {
            let Some(grant) = grant_fields(state, workspace_id, kind, record) else { return };
            fields.extend(grant);
        }
    }
    let key_field = kind.resource_type.key_field();
    match kind.resource_type {
        ResourceType::Space => {
            let (id, is_new) = upsert(state, workspace_id, key_field, fields);
            if is_new {
                spaces::emit_created(state, &id);
            }
        }
        ResourceType::UserIdentity => {
            upsert::<UserIdentity>(state, workspace_id, key_field, fields);
        }
        ResourceType::AccessGrant => {
            let (id, is_new) = upsert(state, workspace_id, key_field, fields);
            if is_new {
                state.emit("access_grant.created", workspace_id, object(json!({ "access_grant_id": id })));
            }
            access_grants::follow_times(state, &id);
        }
    }
}

/// Returns the fields of the access grant of a stay; `None` as long as the user identity of the stay does not exist.
fn grant_fields(state: &State, workspace_id: &Id<Workspace>, kind: &RecordKind, record: &Object) -> Option<Object> {
    let mut kinds = KINDS.iter().filter(|kind| kind.resource_type == ResourceType::UserIdentity);
    let identity = kinds.find_map(|kind| {
        resource_id::<UserIdentity>(state, workspace_id, kind.resource_type.key_field(), string(record, kind.key)?)
    })?;
    let mut space_ids: Vec<Id<Space>> = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.resource_type == ResourceType::Space) {
        let keys = format!("{}s", kind.key);
        space_ids.extend(
            strings(record, &keys)
                .filter_map(|key| resource_id(state, workspace_id, kind.resource_type.key_field(), key)),
        );
    }
    let name = string(record, "name");
    let mut grant = object(json!({
        "user_identity_id": identity, "space_ids": space_ids, "location_ids": space_ids, "name": name,
        "display_name": name.or_else(|| string(record, kind.key)), "ends_at": record.get("ends_at"), "is_managed": true,
    }));
    if let Some(starts_at) = string(record, "starts_at") {
        set(&mut grant, "starts_at", starts_at);
    }
    if kind.list == "reservations" {
        set(&mut grant, "reservation_key", string(record, kind.key));
    }
    Some(grant)
}

// --- Deletion.

/// Deletes customers with all of their records, or individual records of any customer. Unknown keys are ignored.
fn delete_data(state: &mut State, call: &Call) -> Answer {
    let workspace_id = &call.workspace();
    // A client session can delete only the records of its own customer.
    let session = call.caller.client_session_id.as_ref().and_then(|id| state.get(id));
    let own = session.map(|session| string(session, "customer_key").unwrap_or_default().to_owned());
    let is_own = |customer: &str| own.as_deref().is_none_or(|own| own == customer);
    for key in strings(&call.parameters, "customer_keys").filter(|key| is_own(key)) {
        let has_key = |customer: &Object| workspace_id.is_in(customer) && string(customer, "customer_key") == Some(key);
        for id in state.ids_where::<Customer>(has_key) {
            let Some(customer) = state.remove(&id) else { continue };
            // Stays are deleted before the resources that they refer to.
            for kind in KINDS.iter().rev() {
                for key in items(&customer, kind.list).filter_map(|record| string(record, kind.key)) {
                    remove(state, workspace_id, kind, key);
                }
            }
        }
    }
    for kind in KINDS.iter().rev() {
        for key in strings(&call.parameters, &format!("{}s", kind.key)) {
            let mut is_allowed = own.is_none();
            for customer in state.rows_mut::<Customer>(|customer| {
                workspace_id.is_in(customer) && is_own(string(customer, "customer_key").unwrap_or_default())
            }) {
                if let Some(Value::Array(list)) = customer.get_mut(kind.list) {
                    let before = list.len();
                    list.retain(|record| record.get(kind.key).and_then(Value::as_str) != Some(key));
                    is_allowed |= list.len() < before;
                }
            }
            if is_allowed {
                remove(state, workspace_id, kind, key);
            }
        }
    }
    generic::done()
}

/// Removes the resource of a pushed record. A resource with the same key that was not pushed is kept.
fn remove(state: &mut State, workspace_id: &Id<Workspace>, kind: &RecordKind, key: &str) {
    match kind.resource_type {
        ResourceType::Space => remove_pushed(state, workspace_id, kind, key, spaces::remove),
        ResourceType::UserIdentity => remove_pushed(state, workspace_id, kind, key, user_identities::remove),
        ResourceType::AccessGrant => remove_pushed(state, workspace_id, kind, key, access_grants::delete),
    }
}

/// Like [`remove`], for one table.
fn remove_pushed<K: Resource>(
    state: &mut State,
    workspace_id: &Id<Workspace>,
    kind: &RecordKind,
    key: &str,
    remove: fn(&mut State, &Id<K>),
) {
    let Some(id) = resource_id(state, workspace_id, kind.resource_type.key_field(), key) else { return };
    if state.get(&id).and_then(|row| string(row, "_pushed_as")) == Some(kind.list) {
        remove(state, &id);
    }
}

// --- The portal.

/// Creates a link to the portal of a customer, after applying the pushed records in the request.
fn create_portal(state: &mut State, call: &Call) -> Answer {
    let data = call.parameters.get("customer_data").and_then(Value::as_object);
    let data = data.ok_or_else(|| invalid("customer_data", "Required"))?;
    push(state, &call.workspace(), data)?;
    let customer_key = string(data, "customer_key").unwrap_or_default();
    let token = state.new_token("portal_");
    let url = format!("{}/customer_portal/{token}", state.base_url);
    let portal = json!({
        "url": url, "customer_key": customer_key, "workspace_id": &call.workspace(), "created_at": state.now_string(),
        "expires_at": format_time(later(state.now(), PORTAL_LIFETIME)),
    });
    let id = find_or_add_customer(state, &call.workspace(), customer_key);
    // The parameters of the portal are stored so that a test can read them.
    let mut requested = call.parameters.clone();
    requested.remove("customer_data");
    if let Some(known) = state.get_mut(&id).and_then(|customer| inner(customer, "_portals")) {
        set(known, &url, requested);
    }
    Ok(call.answer_fields(|_| portal.clone()))
}
