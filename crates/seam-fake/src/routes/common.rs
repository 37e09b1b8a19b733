//! What most routes do: get one thing, list those that match, change one, delete one. Which things a route is about
//! follows from its path.

use std::hash::{DefaultHasher, Hash, Hasher};

use seam_core::query;
use serde_json::{Value, json};

use crate::{
    call::{Answer, Call, Handler, invalid, no_such_route, not_found},
    device,
    json::{Object, flag, set, text, time},
    state::State,
    tables::{
        AccessCode, AccessGrant, AccessMethod, AcsAccessGroup, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem,
        AcsUser, ActionAttempt, ClientSession, ConnectWebview, ConnectedAccount, DailyProgram, Device, Event, Id,
        InstantKey, Media, NoiseThreshold, Phone, Resource, Space, Table, ThermostatSchedule, UserIdentity, Webhook,
        Workspace,
    },
    visibility::is_visible,
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
    Group { path: "/access_codes", table: AccessCode::TABLE, keep: is_managed },
    Group { path: "/access_codes/unmanaged", table: AccessCode::TABLE, keep: is_unmanaged },
    Group { path: "/access_grants", table: AccessGrant::TABLE, keep: is_managed },
    Group { path: "/access_grants/unmanaged", table: AccessGrant::TABLE, keep: is_unmanaged },
    Group { path: "/access_methods", table: AccessMethod::TABLE, keep: is_managed },
    Group { path: "/access_methods/unmanaged", table: AccessMethod::TABLE, keep: is_unmanaged },
    Group { path: "/acs/access_groups", table: AcsAccessGroup::TABLE, keep: any },
    Group { path: "/acs/credentials", table: AcsCredential::TABLE, keep: any },
    Group { path: "/acs/encoders", table: AcsEncoder::TABLE, keep: any },
    Group { path: "/acs/entrances", table: AcsEntrance::TABLE, keep: any },
    Group { path: "/acs/systems", table: AcsSystem::TABLE, keep: any },
    Group { path: "/acs/users", table: AcsUser::TABLE, keep: any },
    Group { path: "/action_attempts", table: ActionAttempt::TABLE, keep: any },
    Group { path: "/client_sessions", table: ClientSession::TABLE, keep: any },
    Group { path: "/connect_webviews", table: ConnectWebview::TABLE, keep: any },
    Group { path: "/connected_accounts", table: ConnectedAccount::TABLE, keep: any },
    Group { path: "/devices", table: Device::TABLE, keep: is_managed },
    Group { path: "/devices/unmanaged", table: Device::TABLE, keep: is_unmanaged },
    Group { path: "/events", table: Event::TABLE, keep: any },
    Group { path: "/instant_keys", table: InstantKey::TABLE, keep: any },
    Group { path: "/locks", table: Device::TABLE, keep: is_lock },
    Group { path: "/media", table: Media::TABLE, keep: any },
    Group { path: "/noise_sensors", table: Device::TABLE, keep: is_noise_sensor },
    Group { path: "/noise_sensors/noise_thresholds", table: NoiseThreshold::TABLE, keep: any },
    Group { path: "/phones", table: Phone::TABLE, keep: any },
    Group { path: "/spaces", table: Space::TABLE, keep: any },
    Group { path: "/thermostats", table: Device::TABLE, keep: is_thermostat },
    Group { path: "/thermostats/daily_programs", table: DailyProgram::TABLE, keep: any },
    Group { path: "/thermostats/schedules", table: ThermostatSchedule::TABLE, keep: any },
    Group { path: "/user_identities", table: UserIdentity::TABLE, keep: is_managed },
    Group { path: "/user_identities/unmanaged", table: UserIdentity::TABLE, keep: is_unmanaged },
    Group { path: "/webhooks", table: Webhook::TABLE, keep: any },
    Group { path: "/workspaces", table: Workspace::TABLE, keep: any },
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
    is_managed(device) && device::has_capability(device, capability)
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

/// The thing that the parameters name: by its identifier, or by whatever else they say.
pub(crate) fn find_one<'a>(state: &'a State, call: &Call, group: &Group) -> Result<&'a Object, ApiFault> {
    let is_meant = |row: &&Object| (group.keep)(row) && is_visible(state, &call.caller, row);
    let found = match call.text(group.table.id) {
        Some(id) => state.table(group.table).get(id).filter(is_meant).filter(|row| {
            // What is named besides has to fit too: the device of an access code.
            call.text("device_id").is_none_or(|device| text(row, "device_id").is_none_or(|of| of == device))
        }),
        None => {
            state.table(group.table).iter().filter(is_meant).find(|row| is_match(state, row, &call.parameters, &[]))
        }
    };
    found.ok_or_else(|| not_found(group.table))
}

/// The identifier of the row that the parameters name, for a route of a group whose rows are of this kind.
pub(crate) fn find_id<K: Resource>(state: &State, call: &Call) -> Result<Id<K>, ApiFault> {
    let group = group_of(call).ok().filter(|group| group.table == K::TABLE).ok_or_else(no_such_route)?;
    find_row_id(state, call, group).map(Id::new)
}

/// The text of the identifier of the row that the parameters name.
fn find_row_id(state: &State, call: &Call, group: &Group) -> Result<String, ApiFault> {
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
    let id = find_row_id(state, call, group)?;
    if let Some(row) = state.table_mut(group.table).get_mut(&id) {
        change(row, &call.parameters, group.table);
    }
    let row = state.table(group.table).get(&id).cloned().unwrap_or_default();
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
    let id = find_row_id(state, call, group)?;
    state.table_mut(group.table).remove(&id);
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
                limit.is_ok_and(|limit| time(row, "created_at").is_some_and(|time| time < limit))
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
    if let Some(value) = device::field(row, name).filter(|value| !value.is_null()) {
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
        return device::property(row, name) == Some(wanted);
    }
    // An action attempt is of the device that it is about.
    if name == Device::TABLE.id && row.contains_key(ActionAttempt::TABLE.id) {
        return row.get("_subject") == Some(wanted);
    }
    // A device belongs to the customer of its account, a code to that of its device.
    for table in [Device::TABLE, ConnectedAccount::TABLE, AcsSystem::TABLE] {
        let owner = text(row, table.id).and_then(|id| state.table(table).get(id));
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
        Some(search) if !ignored.contains(&"search") => Box::new(state.table(table).search(after, search)),
        _ => Box::new(state.table(table).after(after)),
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
    let rows = state.table(table).iter().filter(|row| keep(row) && is_visible(state, &call.caller, row));
    let rows: Vec<Value> = rows.cloned().map(Value::Object).collect();
    Ok(call.answer_fields(|_| Value::Array(rows.clone())))
}

/// 400 in a workspace in which nothing can be simulated.
pub(crate) fn only_in_sandbox(state: &State, call: &Call) -> Result<(), ApiFault> {
    if state.get(&call.workspace()).is_some_and(|workspace| flag(workspace, "is_sandbox")) {
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
