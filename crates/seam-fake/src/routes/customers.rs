//! Customers: the portal that they look after things in, and what property systems push about them.
//!
//! What is pushed is kept as it came, in one row for each customer. Besides, places become spaces, people become user
//! identities, and stays become access grants, under the keys that they were pushed with.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid},
    json::{Object, inner, later, object, set, text, texts, time, time_text},
    routes::{access_grants::lifecycle as access_grants, generic, spaces, user_identities},
    state::State,
    tables::{Customer, Id, Resource, Space, UserIdentity, Workspace},
};
use seam_core::test_util::ApiFault;

/// How long the link to a portal works.
const PORTAL_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub(crate) fn handler(path: &str) -> Option<Handler> {
    Some(match path {
        "/customers/create_portal" => create_portal,
        "/customers/delete_data" => delete_data,
        "/customers/push_data" => push_data,
        _ => return None,
    })
}

/// What a kind of pushed things becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Becomes {
    Space,
    UserIdentity,
    AccessGrant,
}

impl Becomes {
    /// The field in which it has the key that it was pushed with.
    const fn key(self) -> &'static str {
        match self {
            Self::Space => "space_key",
            Self::UserIdentity => "user_identity_key",
            Self::AccessGrant => "access_grant_key",
        }
    }
}

/// A kind of things that are pushed: the name of the list, that of the key, and what they become.
struct Kind {
    list: &'static str,
    key: &'static str,
    becomes: Becomes,
}

const fn kind(list: &'static str, key: &'static str, becomes: Becomes) -> Kind {
    Kind { list, key, becomes }
}

/// All kinds; sites come before what is on them, and stays after where and whose they are.
const KINDS: [Kind; 19] = {
    use Becomes::{AccessGrant, Space, UserIdentity};
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

// --- Pushing.

fn push_data(state: &mut State, call: &Call) -> Answer {
    push(state, &call.workspace(), &call.parameters)?;
    generic::done()
}

/// Takes in what is pushed for one customer.
///
/// Things may be pushed before what they refer to: a stay is linked to its guest and rooms as soon as these are there.
fn push(state: &mut State, workspace_id: &Id<Workspace>, data: &Object) -> Result<(), ApiFault> {
    check_times(data)?;
    let customer_key = text(data, "customer_key").unwrap_or_default();
    let id = customer(state, workspace_id, customer_key);
    for kind in &KINDS {
        for thing in items(data, kind.list) {
            keep(state, &id, kind, thing);
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
        // Stays are linked anew, since what they refer to may have come just now.
        let source = if kind.becomes == Becomes::AccessGrant { &known } else { data };
        for thing in items(source, kind.list) {
            realize(state, workspace_id, customer_key, kind, thing);
        }
    }
    Ok(())
}

/// The pushed things of a list.
fn items<'a>(data: &'a Object, list: &str) -> impl Iterator<Item = &'a Object> {
    data.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// Refuses stays that end before they start.
fn check_times(data: &Object) -> Result<(), ApiFault> {
    for kind in KINDS.iter().filter(|kind| kind.becomes == Becomes::AccessGrant) {
        for stay in items(data, kind.list) {
            let [starts_at, ends_at] = ["starts_at", "ends_at"].map(|name| time(stay, name));
            if starts_at.zip(ends_at).is_some_and(|(starts_at, ends_at)| starts_at >= ends_at) {
                return Err(invalid(kind.list, "A stay has to end after it starts"));
            }
        }
    }
    Ok(())
}

/// The row of a customer, which is made if there is none; its id.
fn customer(state: &mut State, workspace_id: &Id<Workspace>, customer_key: &str) -> Id<Customer> {
    let is_meant =
        |customer: &Object| workspace_id.is_in(customer) && text(customer, "customer_key") == Some(customer_key);
    let known = state.ids_where::<Customer>(is_meant).into_iter().next();
    known.unwrap_or_else(|| {
        let customer = json!({
            "workspace_id": workspace_id, "customer_key": customer_key, "created_at": state.now_text(),
        });
        state.insert::<Customer>(object(customer))
    })
}

/// Keeps a thing with its customer, in the place of the one that had its key.
fn keep(state: &mut State, customer_id: &Id<Customer>, kind: &Kind, thing: &Object) {
    let Some(customer) = state.get_mut(customer_id) else { return };
    let list = customer.entry(kind.list).or_insert_with(|| json!([]));
    let Some(list) = list.as_array_mut() else { return };
    match list.iter_mut().find(|old| old.get(kind.key) == thing.get(kind.key)) {
        Some(old) => *old = Value::Object(thing.clone()),
        None => list.push(Value::Object(thing.clone())),
    }
}

/// The resource that a pushed record has become, if it has; `key_field` is where the resource has its key.
fn real_id<K: Resource>(state: &State, workspace_id: &Id<Workspace>, key_field: &str, key: &str) -> Option<Id<K>> {
    let is_meant = |row: &&Object| workspace_id.is_in(row) && text(row, key_field) == Some(key);
    state.rows::<K>().find(is_meant).and_then(Id::of)
}

/// Adds a resource that was pushed, or changes the one with the same key; also whether it is new.
fn upsert<K: Resource>(
    state: &mut State,
    workspace_id: &Id<Workspace>,
    key_field: &str,
    mut fields: Object,
) -> (Id<K>, bool) {
    let key = text(&fields, key_field).unwrap_or_default();
    if let Some(id) = real_id(state, workspace_id, key_field, key) {
        if let Some(known) = state.get_mut(&id) {
            known.extend(fields);
        }
        return (id, false);
    }
    set(&mut fields, "workspace_id", workspace_id);
    set(&mut fields, "created_at", state.now_text());
    (state.insert(fields), true)
}

/// Makes a pushed thing into a real one, or brings the real one up to date.
fn realize(state: &mut State, workspace_id: &Id<Workspace>, customer_key: &str, kind: &Kind, thing: &Object) {
    let key = text(thing, kind.key).unwrap_or_default();
    let name = text(thing, "name").unwrap_or(key);
    let mut fields = object(json!({ "customer_key": customer_key, "_pushed_as": kind.list }));
    set(&mut fields, kind.becomes.key(), key);
    match kind.becomes {
        Becomes::Space => {
            fields.extend(object(json!({ "name": name, "display_name": name })));
            for name in ["customer_data", "geolocation"] {
                if let Some(value) = thing.get(name) {
                    set(&mut fields, name, value.clone());
                }
            }
        }
        Becomes::UserIdentity => {
            fields.extend(object(json!({
                "full_name": name, "display_name": if name.is_empty() { key } else { name }, "is_managed": true,
            })));
            for name in ["email_address", "phone_number"] {
                if let Some(value) = thing.get(name) {
                    set(&mut fields, name, value.clone());
                }
            }
        }
        Becomes::AccessGrant => {
            let Some(stay) = stay(state, workspace_id, kind, thing) else { return };
            fields.extend(stay);
        }
    }
    let key_field = kind.becomes.key();
    match kind.becomes {
        Becomes::Space => {
            let (id, is_new) = upsert(state, workspace_id, key_field, fields);
            if is_new {
                spaces::tell_of_new(state, &id);
            }
        }
        Becomes::UserIdentity => {
            upsert::<UserIdentity>(state, workspace_id, key_field, fields);
        }
        Becomes::AccessGrant => {
            let (id, is_new) = upsert(state, workspace_id, key_field, fields);
            if is_new {
                state.emit("access_grant.created", workspace_id, object(json!({ "access_grant_id": id })));
            }
            access_grants::follow_times(state, &id);
        }
    }
}

/// What a stay says of its access grant; nothing as long as nobody knows whose it is.
fn stay(state: &State, workspace_id: &Id<Workspace>, kind: &Kind, thing: &Object) -> Option<Object> {
    let mut people = KINDS.iter().filter(|kind| kind.becomes == Becomes::UserIdentity);
    let person = people
        .find_map(|kind| real_id::<UserIdentity>(state, workspace_id, kind.becomes.key(), text(thing, kind.key)?))?;
    let mut places: Vec<Id<Space>> = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.becomes == Becomes::Space) {
        let keys = format!("{}s", kind.key);
        places.extend(texts(thing, &keys).filter_map(|key| real_id(state, workspace_id, kind.becomes.key(), key)));
    }
    let name = text(thing, "name");
    let mut grant = object(json!({
        "user_identity_id": person, "space_ids": places, "location_ids": places, "name": name,
        "display_name": name.or_else(|| text(thing, kind.key)), "ends_at": thing.get("ends_at"), "is_managed": true,
    }));
    if let Some(starts_at) = text(thing, "starts_at") {
        set(&mut grant, "starts_at", starts_at);
    }
    if kind.list == "reservations" {
        set(&mut grant, "reservation_key", text(thing, kind.key));
    }
    Some(grant)
}

// --- Deleting.

/// Deletes whole customers, or single things of whatever customer. What is not there is not missed.
fn delete_data(state: &mut State, call: &Call) -> Answer {
    let workspace_id = &call.workspace();
    // A client session deletes what is of its own customer, and nothing else.
    let session = call.caller.client_session_id.as_ref().and_then(|id| state.get(id));
    let own = session.map(|session| text(session, "customer_key").unwrap_or_default().to_owned());
    let is_own = |customer: &str| own.as_deref().is_none_or(|own| own == customer);
    for key in texts(&call.parameters, "customer_keys").filter(|key| is_own(key)) {
        let is_meant = |customer: &Object| workspace_id.is_in(customer) && text(customer, "customer_key") == Some(key);
        for id in state.ids_where::<Customer>(is_meant) {
            let Some(customer) = state.remove(&id) else { continue };
            // Stays go before those whose they are.
            for kind in KINDS.iter().rev() {
                for key in items(&customer, kind.list).filter_map(|thing| text(thing, kind.key)) {
                    remove(state, workspace_id, kind, key);
                }
            }
        }
    }
    for kind in KINDS.iter().rev() {
        for key in texts(&call.parameters, &format!("{}s", kind.key)) {
            let mut is_allowed = own.is_none();
            for customer in state.rows_mut::<Customer>().filter(|customer| {
                workspace_id.is_in(customer) && is_own(text(customer, "customer_key").unwrap_or_default())
            }) {
                if let Some(Value::Array(list)) = customer.get_mut(kind.list) {
                    let before = list.len();
                    list.retain(|thing| thing.get(kind.key).and_then(Value::as_str) != Some(key));
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

/// Removes what a pushed thing has become. What was made otherwise under the same key stays.
fn remove(state: &mut State, workspace_id: &Id<Workspace>, kind: &Kind, key: &str) {
    match kind.becomes {
        Becomes::Space => remove_pushed(state, workspace_id, kind, key, spaces::remove),
        Becomes::UserIdentity => remove_pushed(state, workspace_id, kind, key, user_identities::remove),
        Becomes::AccessGrant => remove_pushed(state, workspace_id, kind, key, access_grants::delete),
    }
}

fn remove_pushed<K: Resource>(
    state: &mut State,
    workspace_id: &Id<Workspace>,
    kind: &Kind,
    key: &str,
    remove: fn(&mut State, &Id<K>),
) {
    let Some(id) = real_id(state, workspace_id, kind.becomes.key(), key) else { return };
    if state.get(&id).and_then(|row| text(row, "_pushed_as")) == Some(kind.list) {
        remove(state, &id);
    }
}

// --- The portal.

/// Makes a link to the portal of a customer, whose data may come along.
fn create_portal(state: &mut State, call: &Call) -> Answer {
    let data = call.parameters.get("customer_data").and_then(Value::as_object);
    let data = data.ok_or_else(|| invalid("customer_data", "Required"))?;
    push(state, &call.workspace(), data)?;
    let customer_key = text(data, "customer_key").unwrap_or_default();
    let token = state.new_token("portal_");
    let url = format!("{}/customer_portal/{token}", state.base_url);
    let portal = json!({
        "url": url, "customer_key": customer_key, "workspace_id": &call.workspace(), "created_at": state.now_text(),
        "expires_at": time_text(later(state.now(), PORTAL_LIFE)),
    });
    let id = customer(state, &call.workspace(), customer_key);
    // The portal is kept as it was asked for, so that a test can look it up.
    let mut asked = call.parameters.clone();
    asked.remove("customer_data");
    if let Some(known) = state.get_mut(&id).and_then(|customer| inner(customer, "_portals")) {
        set(known, &url, asked);
    }
    Ok(call.answer_fields(|_| portal.clone()))
}
