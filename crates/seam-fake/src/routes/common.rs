//! What most routes do: get one thing, list those that match, change one, delete one. Which things a route is about
//! follows from its path.

use std::hash::{DefaultHasher, Hash, Hasher};

use seam_core::{CredentialKind, query};
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, no_such_route},
    state::{
        ACCESS_CODES, ACCESS_GRANTS, ACCESS_METHODS, ACS_ACCESS_GROUPS, ACS_CREDENTIALS, ACS_ENCODERS, ACS_ENTRANCES,
        ACS_SYSTEMS, ACS_USERS, ACTION_ATTEMPTS, CLIENT_SESSIONS, CONNECT_WEBVIEWS, CONNECTED_ACCOUNTS, DAILY_PROGRAMS,
        DEVICES, EVENTS_TABLE, INSTANT_KEYS, MEDIA, NOISE_THRESHOLDS, Object, PHONES, SPACES, State, TABLES,
        THERMOSTAT_SCHEDULES, Table, USER_IDENTITIES, WEBHOOKS, WORKSPACES, flag, has_text, not_found, set, text,
    },
};
use seam_core::test_util::ApiFault;

/// The things that the routes of a group are about.
pub(crate) struct Group {
    path: &'static str,
    pub(crate) table: &'static Table,
    /// Which of the table's things are meant.
    keep: fn(&Object) -> bool,
}

const GROUPS: &[Group] = &[
    Group { path: "/access_codes", table: ACCESS_CODES, keep: is_managed },
    Group { path: "/access_codes/unmanaged", table: ACCESS_CODES, keep: is_unmanaged },
    Group { path: "/access_grants", table: ACCESS_GRANTS, keep: is_managed },
    Group { path: "/access_grants/unmanaged", table: ACCESS_GRANTS, keep: is_unmanaged },
    Group { path: "/access_methods", table: ACCESS_METHODS, keep: is_managed },
    Group { path: "/access_methods/unmanaged", table: ACCESS_METHODS, keep: is_unmanaged },
    Group { path: "/acs/access_groups", table: ACS_ACCESS_GROUPS, keep: any },
    Group { path: "/acs/credentials", table: ACS_CREDENTIALS, keep: any },
    Group { path: "/acs/encoders", table: ACS_ENCODERS, keep: any },
    Group { path: "/acs/entrances", table: ACS_ENTRANCES, keep: any },
    Group { path: "/acs/systems", table: ACS_SYSTEMS, keep: any },
    Group { path: "/acs/users", table: ACS_USERS, keep: any },
    Group { path: "/action_attempts", table: ACTION_ATTEMPTS, keep: any },
    Group { path: "/client_sessions", table: CLIENT_SESSIONS, keep: any },
    Group { path: "/connect_webviews", table: CONNECT_WEBVIEWS, keep: any },
    Group { path: "/connected_accounts", table: CONNECTED_ACCOUNTS, keep: any },
    Group { path: "/devices", table: DEVICES, keep: is_managed },
    Group { path: "/devices/unmanaged", table: DEVICES, keep: is_unmanaged },
    Group { path: "/events", table: EVENTS_TABLE, keep: any },
    Group { path: "/instant_keys", table: INSTANT_KEYS, keep: any },
    Group { path: "/locks", table: DEVICES, keep: is_lock },
    Group { path: "/media", table: MEDIA, keep: any },
    Group { path: "/noise_sensors", table: DEVICES, keep: is_noise_sensor },
    Group { path: "/noise_sensors/noise_thresholds", table: NOISE_THRESHOLDS, keep: any },
    Group { path: "/phones", table: PHONES, keep: any },
    Group { path: "/spaces", table: SPACES, keep: any },
    Group { path: "/thermostats", table: DEVICES, keep: is_thermostat },
    Group { path: "/thermostats/daily_programs", table: DAILY_PROGRAMS, keep: any },
    Group { path: "/thermostats/schedules", table: THERMOSTAT_SCHEDULES, keep: any },
    Group { path: "/user_identities", table: USER_IDENTITIES, keep: is_managed },
    Group { path: "/user_identities/unmanaged", table: USER_IDENTITIES, keep: is_unmanaged },
    Group { path: "/webhooks", table: WEBHOOKS, keep: any },
    Group { path: "/workspaces", table: WORKSPACES, keep: any },
];

const fn any(_: &Object) -> bool {
    true
}

/// Things are managed unless they say otherwise; many kinds never do.
pub(crate) fn is_managed(object: &Object) -> bool {
    object.get("is_managed").and_then(Value::as_bool) != Some(false)
}

/// Of some codes nobody is told, since their locks do not tell Seam.
fn is_unmanaged(object: &Object) -> bool {
    !is_managed(object) && !flag(object, "_is_hidden")
}

fn has_capability(device: &Object, capability: &str) -> bool {
    is_managed(device) && has_text(device, "capabilities_supported", capability)
}

fn is_lock(device: &Object) -> bool {
    has_capability(device, "lock") || (is_managed(device) && flag(device, "_is_lock"))
}

fn is_noise_sensor(device: &Object) -> bool {
    has_capability(device, "noise_detection")
}

pub(crate) fn is_thermostat(device: &Object) -> bool {
    has_capability(device, "thermostat")
}

/// What a route does unless its group knows better.
pub(crate) fn handler(path: &str) -> Option<Handler> {
    group(path)?;
    Some(match path.rsplit_once('/')?.1 {
        "get" => get,
        "list" => list,
        "update" => update,
        "delete" => delete,
        _ => return None,
    })
}

pub(crate) fn group(path: &str) -> Option<&'static Group> {
    let (group, _) = path.rsplit_once('/')?;
    GROUPS.iter().find(|other| other.path == group)
}

/// What the call is about. Only routes of a group are handled here, so that there is one.
fn group_of(call: &Call) -> Result<&'static Group, ApiFault> {
    group(call.spec.path).ok_or_else(no_such_route)
}

/// Whether the caller may know of this thing.
///
/// Things of other workspaces do not exist. A client session sees what belongs to its accounts, webviews and user
/// identities, and what belongs to nobody in particular.
pub(crate) fn is_visible(state: &State, caller: &crate::auth::Caller, row: &Object) -> bool {
    let workspace = text(row, "workspace_id");
    if workspace.is_some() && workspace != caller.workspace_id.as_deref() {
        return false;
    }
    let session = caller.client_session_id.as_deref().and_then(|id| state.get(CLIENT_SESSIONS, id));
    let (CredentialKind::ClientSessionToken, Some(session)) = (caller.kind, session) else { return true };
    // An action attempt tells what has become of its device, or of whatever else it is about.
    if let Some(subject) = text(row, "_subject") {
        let subject = TABLES.iter().find_map(|table| state.get(table, subject));
        return subject.is_some_and(|subject| is_visible(state, caller, subject));
    }
    let device = text(row, "device_id").and_then(|id| state.get(DEVICES, id));
    [
        ("connected_account_id", "connected_account_ids"),
        ("connect_webview_id", "connect_webview_ids"),
        ("user_identity_id", "user_identity_ids"),
    ]
    .into_iter()
    .all(|(name, names)| {
        let id = text(row, name).or_else(|| device.and_then(|device| text(device, name)));
        id.is_none_or(|id| has_text(session, names, id))
    })
}

/// The thing of this kind with this identifier, as far as the caller may know of it.
pub(crate) fn find<'a>(state: &'a State, call: &Call, table: &'static Table, id: &str) -> Result<&'a Object, ApiFault> {
    state.get(table, id).filter(|row| is_visible(state, &call.caller, row)).ok_or_else(|| not_found(table))
}

/// The thing that the parameters name: by its identifier, or by whatever else they say.
pub(crate) fn find_one<'a>(state: &'a State, call: &Call, group: &Group) -> Result<&'a Object, ApiFault> {
    let is_meant = |row: &&Object| (group.keep)(row) && is_visible(state, &call.caller, row);
    let found = match call.text(group.table.id) {
        Some(id) => state.get(group.table, id).filter(is_meant).filter(|row| {
            // What is named besides has to fit too: the device of an access code.
            call.text("device_id").is_none_or(|device| text(row, "device_id").is_none_or(|of| of == device))
        }),
        None => state.rows(group.table).filter(is_meant).find(|row| is_match(state, row, &call.parameters, &[])),
    };
    found.ok_or_else(|| not_found(group.table))
}

/// The identifier of the thing that the parameters name.
pub(crate) fn find_id(state: &State, call: &Call) -> Result<String, ApiFault> {
    let group = group_of(call)?;
    let id = text(find_one(state, call, group)?, group.table.id).unwrap_or_default();
    Ok(id.to_owned())
}

pub(crate) fn get(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let row = find_one(state, call, group)?.clone();
    Ok(call.answer_fields(|_| Value::Object(row.clone())))
}

fn list(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    page(state, call, group.table, |row| (group.keep)(row))
}

fn update(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let id = find_id(state, call)?;
    if let Some(row) = state.get_mut(group.table, &id) {
        change(row, &call.parameters, group.table);
    }
    let row = state.get(group.table, &id).cloned().unwrap_or_default();
    Ok(call.answer_fields(|_| Value::Object(row.clone())))
}

/// Takes over what the parameters say. Objects are merged, and `null` in them removes.
pub(crate) fn change(row: &mut Object, parameters: &Object, table: &Table) {
    for (name, value) in parameters.iter().filter(|(name, _)| *name != table.id && !name.starts_with('_')) {
        match (row.get_mut(name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                for (name, value) in new {
                    if value.is_null() {
                        old.remove(name);
                    } else {
                        old.insert(name.clone(), value.clone());
                    }
                }
            }
            _ => set(row, name, value.clone()),
        }
    }
}

fn delete(state: &mut State, call: &Call) -> Answer {
    let group = group_of(call)?;
    let id = find_id(state, call)?;
    state.remove(group.table, &id);
    done()
}

// --- Lists.

/// Parameters of lists that are no filters.
const NOT_FILTERS: [&str; 4] = ["limit", "page_cursor", "search", "_strict"];

/// Whether a thing is what the parameters ask for, all but those in `ignored`.
///
/// A parameter is compared with the field of its name; one with a list, with the field in the singular; and a field
/// that is a list has to hold what is asked for.
pub(crate) fn is_match(state: &State, row: &Object, parameters: &Object, ignored: &[&str]) -> bool {
    parameters
        .iter()
        .filter(|(name, value)| {
            !value.is_null() && !NOT_FILTERS.contains(&name.as_str()) && !ignored.contains(&name.as_str())
        })
        .all(|(name, wanted)| match (name.as_str(), wanted) {
            ("created_before", Value::String(wanted)) => {
                let limit = wanted.parse::<jiff::Timestamp>();
                limit.is_ok_and(|limit| crate::state::time(row, "created_at").is_some_and(|time| time < limit))
            }
            ("custom_metadata_has", Value::Object(wanted)) => {
                let metadata = row.get("custom_metadata").and_then(Value::as_object);
                wanted.iter().all(|(name, value)| metadata.and_then(|metadata| metadata.get(name)) == Some(value))
            }
            ("event_type", wanted) => row.get("event_type") == Some(wanted),
            (_, Value::Array(wanted)) => {
                let name = name.strip_suffix('s').unwrap_or(name);
                wanted.iter().any(|wanted| says(state, row, name, wanted))
            }
            _ => says(state, row, name, wanted),
        })
}

/// Whether a thing has this value in this field, or in the list that is named after it, or belongs to what has.
fn says(state: &State, row: &Object, name: &str, wanted: &Value) -> bool {
    if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
        return value == wanted;
    }
    for names in [format!("{name}s"), format!("_{name}s")] {
        if let Some(Value::Array(values)) = row.get(&names) {
            return values.contains(wanted);
        }
    }
    if let Some(value) = row.get(&format!("_{name}")) {
        return value == wanted;
    }
    // Locations are what spaces were called before.
    if name == "location_id" || name == "unstable_location_id" {
        return says(state, row, "space_id", wanted);
    }
    if name == "manufacturer" || (name == "name" && row.contains_key("properties")) {
        return row.get("properties").and_then(|properties| properties.get(name)) == Some(wanted);
    }
    // An action attempt is of the device that it is about.
    if name == DEVICES.id && row.contains_key(ACTION_ATTEMPTS.id) {
        return row.get("_subject") == Some(wanted);
    }
    // A device belongs to the customer of its account, a code to that of its device.
    for table in [DEVICES, CONNECTED_ACCOUNTS, ACS_SYSTEMS] {
        let owner = text(row, table.id).and_then(|id| state.get(table, id));
        if let Some(owner) = owner.filter(|owner| !std::ptr::eq(*owner, row)) {
            if says(state, owner, name, wanted) {
                return true;
            }
        }
    }
    false
}

/// What links to a next page call the cursor: so does the official fake, and a test suite of Seam's looks for it.
const NEXT_PAGE: &str = "next_page_cursor";

/// Has the cursor of a link to a next page be what the routes take.
pub(crate) fn follow_link(parameters: &mut Object) {
    if let Some(cursor) = parameters.remove(NEXT_PAGE) {
        parameters.entry("page_cursor").or_insert(cursor);
    }
}

/// How many things are on a page unless the request or the API description says otherwise.
const DEFAULT_LIMIT: usize = 500;

/// The page that the parameters ask for, of the things of a kind that are to be kept and that match.
pub(crate) fn page(state: &State, call: &Call, table: &'static Table, keep: impl Fn(&Object) -> bool) -> Answer {
    page_ignoring(state, call, table, &[], keep)
}

/// Like [`page`], with parameters that are not compared.
pub(crate) fn page_ignoring(
    state: &State,
    call: &Call,
    table: &'static Table,
    ignored: &[&str],
    keep: impl Fn(&Object) -> bool,
) -> Answer {
    page_dyn(state, call, table, ignored, &keep)
}

/// As [`page_ignoring`], compiled once.
fn page_dyn(
    state: &State,
    call: &Call,
    table: &'static Table,
    ignored: &[&str],
    keep: &dyn Fn(&Object) -> bool,
) -> Answer {
    let fingerprint = fingerprint(&call.parameters);
    let after = match call.text("page_cursor") {
        Some(cursor) => read_cursor(cursor, fingerprint)?,
        None => 0,
    };
    let limit = limit(call)?;
    let candidates: Box<dyn Iterator<Item = (u64, &Object)>> = match call.text("search") {
        Some(search) if !ignored.contains(&"search") => Box::new(state.search(table, after, search)),
        _ => Box::new(state.rows_after(table, after)),
    };
    let matching = candidates.filter(|(_, row)| {
        keep(row) && is_visible(state, &call.caller, row) && is_match(state, row, &call.parameters, ignored)
    });
    let mut rows: Vec<(u64, &Object)> = matching.take(limit.saturating_add(1)).collect();
    let has_next_page = rows.len() > limit;
    rows.truncate(limit);
    let cursor = rows.last().filter(|_| has_next_page).map(|(number, _)| format!("page-{fingerprint:016x}-{number}"));
    let url = cursor.as_ref().and_then(|cursor| {
        let mut parameters = call.parameters.clone();
        parameters.remove("page_cursor");
        set(&mut parameters, NEXT_PAGE, cursor.as_str());
        let query = query::to_string(&parameters).ok()?;
        Some(format!("{}{}?{query}", state.base_url, call.spec.path))
    });
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| Value::Object(row.clone())).collect();
    let pagination = json!({ "has_next_page": has_next_page, "next_page_cursor": cursor, "next_page_url": url });
    Ok(call.answer_fields(|name| if name == "pagination" { pagination.clone() } else { Value::Array(rows.clone()) }))
}

/// How many things are to be on a page.
fn limit(call: &Call) -> Result<usize, ApiFault> {
    match call.number("limit") {
        Some(limit) if limit <= 0.0 => return Err(invalid("limit", "Number must be greater than 0")),
        Some(limit) if limit.fract() != 0.0 => return Err(invalid("limit", "Expected integer, received float")),
        _ => {}
    }
    if let Some(limit) = call.parameters.get("limit").and_then(Value::as_u64) {
        return Ok(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if !call.spec.paginated {
        return Ok(usize::MAX);
    }
    let described = call.described.parameters.fields().find(|field| field.name == "limit");
    let default = described.and_then(|field| field.schema.default_value()).and_then(|value| value.parse().ok());
    Ok(default.unwrap_or(DEFAULT_LIMIT))
}

/// What tells the parameters of one list from those of another.
fn fingerprint(parameters: &Object) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, value) in parameters.iter().filter(|(name, value)| *name != "page_cursor" && !value.is_null()) {
        (name, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}

fn read_cursor(cursor: &str, fingerprint: u64) -> Result<u64, ApiFault> {
    let parts = cursor.strip_prefix("page-").and_then(|rest| rest.split_once('-'));
    let read = |(fingerprint, number): (&str, &str)| {
        Some((u64::from_str_radix(fingerprint, 16).ok()?, number.parse::<u64>().ok()?))
    };
    match parts.and_then(read) {
        Some((made_for, number)) if made_for == fingerprint => Ok(number),
        Some(_) => Err(ApiFault::new(
            400,
            "mismatched_page_parameters",
            "The parameters are not those that the page cursor was made for",
        )),
        None => Err(invalid("page_cursor", "Not a cursor of this list")),
    }
}

/// All things of a kind that are to be kept and visible, as a list under the route's key.
pub(crate) fn all(state: &State, call: &Call, table: &'static Table, keep: impl Fn(&Object) -> bool) -> Answer {
    all_dyn(state, call, table, &keep)
}

/// As [`all`], compiled once.
fn all_dyn(state: &State, call: &Call, table: &'static Table, keep: &dyn Fn(&Object) -> bool) -> Answer {
    let rows = state.rows(table).filter(|row| keep(row) && is_visible(state, &call.caller, row));
    let rows: Vec<Value> = rows.cloned().map(Value::Object).collect();
    Ok(call.answer_fields(|_| Value::Array(rows.clone())))
}

/// 400 in a workspace in which nothing can be simulated.
pub(crate) fn only_in_sandbox(state: &State, call: &Call) -> Result<(), ApiFault> {
    if state.get(WORKSPACES, call.workspace()).is_some_and(|workspace| flag(workspace, "is_sandbox")) {
        return Ok(());
    }
    Err(ApiFault::new(
        400,
        "workspace_not_sandbox",
        "Only a sandbox can be reset, and only in a sandbox is anything simulated",
    ))
}

/// An empty answer.
#[expect(clippy::unnecessary_wraps, reason = "it is an answer like the others")]
pub(crate) fn done() -> Answer {
    Ok(Object::new())
}
