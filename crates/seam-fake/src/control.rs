//! The routes that control the fake: `/health`, `/openapi.json` and the routes below `/_fake`, which need no credentials.

use std::{sync::LazyLock, time::Duration};

use seam_core::{
    Body, Bytes, Request, Response,
    http::{
        HeaderValue, Method,
        header::{ALLOW, CONTENT_TYPE},
    },
    test_util::ApiFault,
};
use serde_json::{Value, json};

#[cfg(feature = "seed-file")]
use crate::seeds::file;
use crate::{
    NewDevice,
    action_plan::ActionPlan,
    builders::{self, kinds},
    call::{Answer, not_found},
    control_paths::{is_control, is_health},
    dependent::battery_status,
    faults::{Fault, FaultId, FaultKind},
    json::{Object, collect_object, format_time, inner, later, object, set, string},
    recorded_request::RecordedRequest,
    render,
    request_log::RequestRecord,
    routes::{
        access_codes::code,
        access_grants,
        connect_webviews::{self, SignIn},
        find_route,
        generic::{done, is_managed},
        thermostats,
    },
    scheduler::ActionError,
    seeds::building,
    seeds::default_seed,
    state::State,
    tables,
    tables::{AccessCode, AccessGrant, ActionAttempt, Device, Id, Resource, TABLES, Table, Workspace, workspace_of},
    webhook_deliveries::{Attempt, Outcome},
};

/// A route that controls the fake.
struct ControlRoute {
    /// The methods that it accepts, the documented one first.
    methods: &'static [&'static str],
    path: &'static str,
    /// The members of its body, or the parameters of its query; `None` for any.
    members: Option<&'static [&'static str]>,
    summary: &'static str,
    handler: fn(&mut State, &Object) -> Answer,
}

const fn route(
    methods: &'static [&'static str],
    path: &'static str,
    members: &'static [&'static str],
    summary: &'static str,
    handler: fn(&mut State, &Object) -> Answer,
) -> ControlRoute {
    ControlRoute { methods, path, members: Some(members), summary, handler }
}

const DEVICE: &[&str] = &[
    "device_type",
    "device_id",
    "name",
    "workspace_id",
    "space_ids",
    "battery_level",
    "online",
    "locked",
    "is_managed",
    "properties",
];
const FAULT: &[&str] = &["kind", "route", "workspace_id", "times", "rate", "seconds", "status"];
const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];

/// All control routes, as `GET /_fake` lists them.
static ROUTES: &[ControlRoute] = &[
    route(GET, "/_fake", &[], "lists these routes", |_, _| Ok(list_routes())),
    route(
        &["GET", "POST"],
        "/_fake/default_seed",
        &[],
        "returns the identifiers and tokens of the default seed",
        |_, _| Ok(object(default_seed::names())),
    ),
    route(GET, "/_fake/database", &[], "returns all resources, including secrets", |state, _| Ok(database(state))),
    ControlRoute {
        methods: &["PUT", "POST"],
        path: "/_fake/database",
        members: None,
        summary: "replaces all resources with those of a response of GET",
        handler: restore,
    },
    route(POST, "/_fake/reset", &["seed"], "resets the state to the seed 'empty', 'building' or 'default'", reset),
    route(POST, "/_fake/advance_time", &["seconds"], "advances the clock", advance_time),
    route(GET, "/_fake/settings", &[], "returns the settings", |state, _| Ok(settings(state))),
    route(
        POST,
        "/_fake/settings",
        &["action_delay_seconds", "history_limit", "rate_limits"],
        "changes settings",
        change_settings,
    ),
    route(POST, "/_fake/add", &["kind", "resource"], "adds a resource of any kind", add),
    route(
        POST,
        "/_fake/add_device",
        DEVICE,
        "adds a device, and an account of its provider if there is none",
        add_device,
    ),
    route(POST, "/_fake/fail_next_action", &["error_type", "message"], "fails the next action", fail_next_action),
    route(POST, "/_fake/hang_next_action", &[], "keeps the next action pending forever", hang_next_action),
    route(POST, "/_fake/delay_next_action", &["seconds"], "delays the next action", delay_next_action),
    route(POST, "/_fake/jam_lock", &["device_id"], "fails the next action of a lock with 'lock_jammed'", jam_lock),
    route(
        POST,
        "/_fake/set_battery_level",
        &["device_id", "battery_level"],
        "sets the battery level of a device and emits its events",
        set_battery_level,
    ),
    route(
        &["POST", "PATCH"],
        "/_fake/update_action_attempt",
        &["action_attempt_id", "status", "result", "error"],
        "sets the status of an action attempt",
        update_action_attempt,
    ),
    route(
        POST,
        "/_fake/complete_connect_webview",
        &["connect_webview_id", "status"],
        "completes or fails the sign-in on a connect webview",
        complete_connect_webview,
    ),
    route(GET, "/_fake/faults", &[], "lists the faults", |state, _| Ok(list_faults(state))),
    route(POST, "/_fake/faults", FAULT, "injects a fault", inject_fault),
    route(&["DELETE"], "/_fake/faults", &["fault_id"], "ends one fault, or all of them", end_faults),
    route(
        POST,
        "/_fake/simulate_workspace_outage",
        &["workspace_id", "routes"],
        "responds with status 503 to these routes in a workspace",
        simulate_workspace_outage,
    ),
    route(GET, "/_fake/requests", &["show_secrets"], "lists the requests to Seam's routes", list_requests),
    route(
        GET,
        "/_fake/webhook_deliveries",
        &["show_secrets"],
        "lists the attempts to deliver webhooks",
        list_webhook_deliveries,
    ),
];

/// Returns the response to a control request or health check; `None` for other paths.
pub(crate) fn answer(state: &mut State, request: &Request) -> Option<Answer> {
    let path = request.uri().path();
    if is_health(path) {
        return Some(Ok(health(state)));
    }
    if !is_control(path) {
        return None;
    }
    Some(answer_control(state, request))
}

/// Answers a request to a control route.
fn answer_control(state: &mut State, request: &Request) -> Answer {
    let path = request.uri().path().trim_end_matches('/');
    let method = request.method().as_str();
    let at_path = || ROUTES.iter().filter(|route| route.path == path);
    if at_path().next().is_none() {
        let message = "unknown control route; GET /_fake lists the control routes";
        return Err(ApiFault::not_found("route_not_found", message));
    }
    let Some(route) = at_path().find(|route| route.methods.contains(&method)) else {
        let allowed: Vec<&str> = at_path().flat_map(|route| route.methods).copied().collect();
        let message = format!("{path} accepts {}", allowed.join(", "));
        let fault = ApiFault::new(405, "method_not_allowed", message);
        return Err(match HeaderValue::from_str(&allowed.join(", ")) {
            Ok(allowed) => fault.with_header(ALLOW, allowed),
            Err(_) => fault,
        });
    };
    let members = read_members(route, request)?;
    if request.method() != Method::GET {
        state.revision += 1;
    }
    (route.handler)(state, &members)
}

/// Reads the members of the body and the parameters of the query.
fn read_members(route: &ControlRoute, request: &Request) -> Result<Object, ApiFault> {
    let known = route.members.map(|members| members.join(", "));
    let expected = match known.as_deref() {
        Some("") => "no members".to_owned(),
        Some(known) => format!("the members {known}"),
        None => format!("the members {}", kinds()),
    };
    let mut members = match request.body().as_ref() {
        b"" => Object::new(),
        // The error of serde_json would quote the body.
        body => match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => body,
            Ok(_) => return Err(invalid("", &format!("the body is not a JSON object; expected one with {expected}"))),
            Err(_) => return Err(invalid("", &format!("the body is not JSON; expected an object with {expected}"))),
        },
    };
    for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        let value = match &*value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            value => Value::from(value),
        };
        members.insert(name.into_owned(), value);
    }
    members.retain(|_, value| !value.is_null());
    if let Some(known) = route.members {
        if let Some(unknown) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let unknown: String = unknown.chars().take(60).collect();
            return Err(invalid("", &format!("unknown member {unknown:?}; expected {expected}")));
        }
    }
    Ok(members)
}

/// Returns an error of status 400 for a member, or for the whole request if `member` is empty.
fn invalid(member: &str, message: &str) -> ApiFault {
    let whole = if member.is_empty() { message.to_owned() } else { format!("{member}: {message}") };
    ApiFault::invalid_input(whole).with_validation_error(member, message)
}

/// Reads a member of one type; `None` if it is absent.
fn member<'a, T>(
    members: &'a Object,
    name: &str,
    expected: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, ApiFault> {
    match members.get(name) {
        None => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| invalid(name, &format!("expected {expected}"))),
    }
}

fn id<K>(members: &Object, name: &str) -> Result<Option<Id<K>>, ApiFault> {
    Ok(string_member(members, name)?.map(Id::new))
}

fn string_member<'a>(members: &'a Object, name: &str) -> Result<Option<&'a str>, ApiFault> {
    member(members, name, "a string", Value::as_str)
}

fn boolean(members: &Object, name: &str) -> Result<Option<bool>, ApiFault> {
    member(members, name, "true or false", Value::as_bool)
}

/// Reads a number of seconds. The limit bounds how many jobs one request runs.
fn duration(members: &Object, name: &str) -> Result<Option<Duration>, ApiFault> {
    let longest = Duration::from_secs(MAX_SECONDS);
    let read = |value: &Value| Duration::try_from_secs_f64(value.as_f64()?).ok().filter(|seconds| *seconds <= longest);
    member(members, name, &format!("a number of seconds from 0 to {MAX_SECONDS}"), read)
}

/// The longest duration that a control route accepts, in seconds: 366 days.
const MAX_SECONDS: u64 = 366 * 24 * 60 * 60;

/// The maximum number of planned actions.
const MAX_PLANS: usize = 10_000;

/// Plans the outcome of the next action.
fn plan(state: &mut State, plan: ActionPlan) -> Answer {
    if state.plans.len() >= MAX_PLANS {
        return Err(invalid("", &format!("the maximum of {MAX_PLANS} planned actions is reached")));
    }
    state.plans.push_back(plan);
    done()
}

fn strings(members: &Object, name: &str) -> Result<Vec<String>, ApiFault> {
    let read = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    Ok(member(members, name, "an array of strings", read)?.unwrap_or_default())
}

/// Returns the error for an absent required member.
fn required<T>(name: &str, value: Option<T>) -> Result<T, ApiFault> {
    value.ok_or_else(|| invalid(name, "required"))
}

fn list_routes() -> Object {
    let describe = |route: &ControlRoute| {
        json!({
            "methods": route.methods, "path": route.path, "members": route.members, "summary": route.summary,
        })
    };
    object(json!({ "routes": ROUTES.iter().map(describe).collect::<Vec<_>>() }))
}

fn health(state: &State) -> Object {
    object(json!({
        "ok": true, "msg": "ok", "last_service_evaluation_at": state.now_string(),
        "service_health_statuses": [{
            "service": "august.sandbox.login", "status": "healthy", "description": "August login in sandbox workspaces",
        }],
    }))
}

/// Returns the OpenAPI document in the form that Seam publishes, with this fake as its server, if the request is for it.
pub(crate) fn openapi(request: &Request) -> Option<Response> {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
        let mut document = object(seam_spec::published_openapi());
        set(&mut document, "servers", json!([{ "url": "/" }]));
        // Serializing it for each request would be the most expensive unauthenticated request.
        Value::Object(document).to_string().into()
    });
    if request.uri().path() != "/openapi.json" || request.method() != Method::GET {
        return None;
    }
    let mut response = Response::new(Body::from(DOCUMENT.clone()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(response)
}

/// Returns all resources by kind.
pub(crate) fn database(state: &State) -> Object {
    let rows = |table| Value::Array(state.table(table).iter().map(render::row).collect());
    collect_object(&mut TABLES.iter().map(|table| (table.name.to_owned(), rows(table))))
}

/// Replaces all resources by those of a `database` response.
fn restore(state: &mut State, members: &Object) -> Answer {
    let mut restored = Vec::new();
    for (name, rows) in members {
        let Some(table) = tables::by_name(name) else {
            let name: String = name.chars().take(60).collect();
            return Err(invalid("", &format!("unknown member {name:?}; expected the members {}", kinds())));
        };
        let rows = rows.as_array().ok_or_else(|| invalid(table.name, "expected an array"))?;
        for row in rows {
            let row = row.as_object().ok_or_else(|| invalid(table.name, "expected an array of objects"))?;
            let id = string(row, table.id);
            let id = id.ok_or_else(|| invalid(table.name, &format!("an object has no {}", table.id)))?;
            restored.push((table, id.to_owned(), row.clone()));
        }
    }
    state.clear();
    for (table, id, row) in restored {
        state.put_row(table, id, row);
    }
    resume(state);
    Ok(database(state))
}

/// Schedules the jobs that result from the resources of a restored state.
///
/// The effects of pending actions are not known, so these stay pending until a control request finishes them.
fn resume(state: &mut State) {
    for attempt in state.rows_mut::<ActionAttempt>(|attempt| string(attempt, "status") == Some("pending")) {
        set(attempt, "_held", true);
    }
    for code in state.ids_where::<AccessCode>(is_managed) {
        code::schedule(state, &code);
        code::reconcile_soon(state, &code);
    }
    for grant in state.ids_where::<AccessGrant>(is_managed) {
        access_grants::lifecycle::follow_times(state, &grant);
    }
    thermostats::resume(state);
}

/// Sets the status of an action attempt. An attempt that is set to pending stays pending until the next such request.
fn update_action_attempt(state: &mut State, members: &Object) -> Answer {
    let id = &required("action_attempt_id", id::<ActionAttempt>(members, "action_attempt_id")?)?;
    if state.get(id).is_none() {
        return Err(not_found(ActionAttempt::TABLE));
    }
    match string_member(members, "status")? {
        Some("success") => {
            let result = members.get("result").cloned().unwrap_or_else(|| json!({}));
            state.finish_action(id, Ok(result));
        }
        Some("error") => {
            let error = required("error", member(members, "error", "an object", Value::as_object)?)?;
            let field = |name: &str| required(name, string_member(error, name)?);
            let error = ActionError::new(field("type")?, field("message")?);
            state.finish_action(id, Err(error));
        }
        Some("pending") => {
            if let Some(attempt) = state.get_mut(id) {
                set(attempt, "status", "pending");
                set(attempt, "result", Value::Null);
                set(attempt, "error", Value::Null);
                set(attempt, "_held", true);
            }
        }
        _ => return Err(invalid("status", "expected 'success', 'error' or 'pending'")),
    }
    done()
}

/// Completes the sign-in on a connect webview, or fails it.
fn complete_connect_webview(state: &mut State, members: &Object) -> Answer {
    let id = &required("connect_webview_id", id(members, "connect_webview_id")?)?;
    match string_member(members, "status")? {
        None | Some("authorized") => connect_webviews::complete(state, id, &SignIn::default())?,
        Some("failed") => connect_webviews::fail(state, id)?,
        Some(_) => return Err(invalid("status", "expected 'authorized' or 'failed'")),
    }
    done()
}

/// Makes the next action of a lock fail because its bolt is jammed.
fn jam_lock(state: &mut State, members: &Object) -> Answer {
    let (id, _) = device_of(state, members)?;
    let jammed = ActionPlan::failure("lock_jammed", "The bolt does not move");
    plan(state, ActionPlan { subject: Some(id.to_string()), ..jammed })
}

/// Sets the battery level of a device, from 0 to 1, and emits the resulting events.
fn set_battery_level(state: &mut State, members: &Object) -> Answer {
    let (id, workspace) = device_of(state, members)?;
    let level = required("battery_level", battery_level(members)?)?;
    let status = battery_status(level);
    let Some(properties) = state.get_mut(&id).and_then(|device| inner(device, "properties")) else {
        return Err(not_found(Device::TABLE));
    };
    set(properties, "battery_level", level);
    set(properties, "battery", json!({ "level": level, "status": status }));
    let about = json!({ "device_id": id, "battery_level": level });
    if matches!(status, "critical" | "low") {
        state.emit("device.low_battery", &workspace, object(about.clone()));
    }
    let mut about = object(about);
    set(&mut about, "battery_status", status);
    state.emit("device.battery_status_changed", &workspace, about);
    done()
}

fn battery_level(members: &Object) -> Result<Option<f64>, ApiFault> {
    let level = |value: &Value| value.as_f64().filter(|level| (0.0..=1.0).contains(level));
    member(members, "battery_level", "a number from 0 to 1", level)
}

/// Returns the device of a control request, and its workspace.
fn device_of(state: &State, members: &Object) -> Result<(Id<Device>, Id<Workspace>), ApiFault> {
    let id = required("device_id", id(members, "device_id")?)?;
    let device = state.get(&id).ok_or_else(|| not_found(Device::TABLE))?;
    let workspace = workspace_of(device);
    Ok((id, workspace))
}

/// Advances the clock, which is shared with clients. The next access to the state runs the due jobs.
fn advance_time(state: &mut State, members: &Object) -> Answer {
    let duration = required("seconds", duration(members, "seconds")?)?;
    state.clock.advance(duration);
    Ok(object(json!({ "now": format_time(later(state.now(), duration)) })))
}

/// Resets the state to a seed: by default the seed file, or an empty workspace without one.
fn reset(state: &mut State, members: &Object) -> Answer {
    let seed = string_member(members, "seed")?;
    #[cfg(feature = "seed-file")]
    if let (None, Some(document)) = (seed, state.seed_file.clone()) {
        state.reset();
        building::add_workspace(state);
        return file::begin(state, document).map_or_else(|error| Err(invalid("seed", &error.to_string())), |()| done());
    }
    let fill: fn(&mut State) = match seed {
        None | Some("empty") => |_| (),
        Some("building") => building::build,
        Some("default") => default_seed::fill,
        Some(_) => return Err(invalid("seed", "expected 'empty', 'building' or 'default'")),
    };
    state.reset();
    building::add_workspace(state);
    fill(state);
    done()
}

// --- Settings and planned actions.

fn settings(state: &State) -> Object {
    object(json!({
        "action_delay_seconds": state.action_delay.as_secs_f64(),
        "rate_limits": !state.rate_limits.is_off,
        "history_limit": state.history_limit(),
        "planned_actions": state.plans.len(),
    }))
}

fn change_settings(state: &mut State, members: &Object) -> Answer {
    let (delay, limits) = (duration(members, "action_delay_seconds")?, boolean(members, "rate_limits")?);
    let history = member(members, "history_limit", "a whole number, at least 1", |value| {
        usize::try_from(value.as_u64()?).ok().filter(|limit| *limit > 0)
    })?;
    if let Some(limit) = history {
        state.set_history_limit(limit);
    }
    if let Some(delay) = delay {
        state.action_delay = delay;
    }
    if let Some(are_on) = limits {
        state.rate_limits.is_off = !are_on;
    }
    Ok(settings(state))
}

fn fail_next_action(state: &mut State, members: &Object) -> Answer {
    let error_type = required("error_type", string_member(members, "error_type")?)?;
    let message = string_member(members, "message")?.unwrap_or("the action failed because of /_fake/fail_next_action");
    plan(state, ActionPlan::failure(error_type, message))
}

fn hang_next_action(state: &mut State, _: &Object) -> Answer {
    plan(state, ActionPlan::pending())
}

fn delay_next_action(state: &mut State, members: &Object) -> Answer {
    plan(state, ActionPlan::delayed(required("seconds", duration(members, "seconds")?)?))
}

// --- Resources.

/// Adds a resource of any kind as JSON.
fn add(state: &mut State, members: &Object) -> Answer {
    let kind = required("kind", string_member(members, "kind")?)?;
    let table = tables::by_name(kind);
    let table = table.ok_or_else(|| invalid("kind", &format!("expected one of {}", kinds())))?;
    let resource = required("resource", member(members, "resource", "an object", Value::as_object)?)?;
    for (name, value) in resource.iter().filter(|(name, _)| *name == table.id || *name == "workspace_id") {
        if !value.is_string() {
            return Err(invalid("resource", &format!("expected a string as {name}")));
        }
    }
    let id = builders::add_resource(state, table, resource.clone());
    added(state, table, &id)
}

/// Adds a device of a type, with its dependent fields.
fn add_device(state: &mut State, members: &Object) -> Answer {
    let mut device = NewDevice::of_type(required("device_type", string_member(members, "device_type")?)?);
    if let Some(id) = string_member(members, "device_id")? {
        device = device.id(id);
    }
    if let Some(name) = string_member(members, "name")? {
        device = device.name(name);
    }
    if let Some(workspace) = id::<Workspace>(members, "workspace_id")? {
        if state.get(&workspace).is_none() {
            return Err(not_found(Workspace::TABLE));
        }
        device = device.workspace(workspace.as_str());
    }
    for space in strings(members, "space_ids")? {
        device = device.in_space(space);
    }
    if let Some(level) = battery_level(members)? {
        device = device.battery(level);
    }
    if boolean(members, "online")? == Some(false) {
        device = device.offline();
    }
    device = match boolean(members, "locked")? {
        Some(true) => device.locked(),
        Some(false) => device.unlocked(),
        None => device,
    };
    if boolean(members, "is_managed")? == Some(false) {
        device = device.unmanaged();
    }
    for (name, value) in member(members, "properties", "an object", Value::as_object)?.into_iter().flatten() {
        device = device.property(name, value.clone());
    }
    let id = device.add_to(state);
    added(state, Device::TABLE, &id)
}

/// Returns the response with an added resource.
fn added(state: &State, table: &'static Table, id: &str) -> Answer {
    let resource = state.table(table).get(id).map(|row| render::resource(table, row));
    Ok(object(json!({ "id": id, "resource": resource })))
}

// --- Faults.

/// Responds with status 503 to these routes in a workspace.
fn simulate_workspace_outage(state: &mut State, members: &Object) -> Answer {
    let workspace = required("workspace_id", id::<Workspace>(members, "workspace_id")?)?;
    if state.get(&workspace).is_none() {
        return Err(not_found(Workspace::TABLE));
    }
    let outage = |route| Fault::status(503).on(route).in_workspace(workspace.as_str());
    let ids = strings(members, "routes")?.into_iter().map(|route| state.faults.add(outage(route)).to_string());
    Ok(object(json!({ "fault_ids": ids.collect::<Vec<_>>() })))
}

fn inject_fault(state: &mut State, members: &Object) -> Answer {
    let id = state.faults.add(Fault::read(members)?);
    Ok(object(json!({ "fault_id": id.to_string() })))
}

fn list_faults(state: &State) -> Object {
    let describe = |(id, fault): (FaultId, &Fault)| {
        let mut described = fault.describe();
        set(&mut described, "fault_id", id.to_string());
        Value::Object(described)
    };
    object(json!({ "faults": state.faults.iter().map(describe).collect::<Vec<_>>() }))
}

fn end_faults(state: &mut State, members: &Object) -> Answer {
    let Some(id) = string_member(members, "fault_id")? else {
        state.faults.clear();
        return done();
    };
    let found = state.faults.iter().map(|(id, _)| id).find(|fault| fault.to_string() == id);
    let not_found = || ApiFault::not_found("fault_not_found", "unknown fault; it may have ended already");
    state.faults.end(found.ok_or_else(not_found)?);
    done()
}

impl Fault {
    /// Reads a fault from a request.
    fn read(members: &Object) -> Result<Self, ApiFault> {
        let seconds = duration(members, "seconds")?;
        let status = |value: &Value| u16::try_from(value.as_u64()?).ok().filter(|status| (200..600).contains(status));
        let status = member(members, "status", "a number from 200 to 599", status)?;
        let kind = string_member(members, "kind")?;
        let is_supported = |name: &str| match name {
            "seconds" => matches!(kind, Some("latency" | "rate_limited")),
            _ => kind == Some("status"),
        };
        let mut fault = match kind {
            Some("latency") => Self::latency(required("seconds", seconds)?),
            Some("status") => Self::status(required("status", status)?),
            Some("rate_limited") => Self::rate_limited(seconds.unwrap_or_default()),
            Some("unreachable") => Self::unreachable(),
            Some("lost_response") => Self::lost_response(),
            Some("malformed") => Self::malformed(),
            Some("truncated") => Self::truncated(),
            _ => {
                let kinds =
                    "'latency', 'status', 'rate_limited', 'unreachable', 'lost_response', 'malformed', 'truncated'";
                return Err(invalid("kind", &format!("expected one of {kinds}")));
            }
        };
        if let Some(name) =
            ["seconds", "status"].into_iter().find(|name| members.contains_key(*name) && !is_supported(name))
        {
            return Err(invalid(name, "not supported by this kind of fault"));
        }
        if let Some(route) = string_member(members, "route")? {
            if find_route(route).is_none() {
                return Err(invalid("route", "expected the path of a Seam route, such as /locks/unlock_door"));
            }
            fault = fault.on(route);
        }
        if let Some(workspace) = string_member(members, "workspace_id")? {
            fault = fault.in_workspace(workspace);
        }
        let times = |value: &Value| u32::try_from(value.as_u64()?).ok().filter(|times| *times > 0);
        if let Some(times) = member(members, "times", "a whole number, 1 or more", times)? {
            fault = fault.times(times);
        }
        let rate = |value: &Value| value.as_f64().filter(|rate| (0.0..=1.0).contains(rate));
        if let Some(rate) = member(members, "rate", "a number from 0 to 1", rate)? {
            fault = fault.rate(rate);
        }
        Ok(fault)
    }

    /// Returns the fault in the form of a request, with the remaining number of times.
    fn describe(&self) -> Object {
        let (kind, status, seconds) = match &self.kind {
            None => ("latency", None, Some(self.delay)),
            Some(FaultKind::Status(status)) => ("status", Some(*status), None),
            Some(FaultKind::RateLimited(wait)) => ("rate_limited", None, Some(*wait)),
            Some(FaultKind::Unreachable) => ("unreachable", None, None),
            Some(FaultKind::LostResponse) => ("lost_response", None, None),
            Some(FaultKind::Malformed) => ("malformed", None, None),
            Some(FaultKind::Truncated) => ("truncated", None, None),
        };
        let mut described = object(json!({
            "kind": kind, "status": status, "seconds": seconds.map(|seconds| seconds.as_secs_f64()),
            "route": self.route, "workspace_id": self.workspace_id, "times": self.times, "rate": self.rate,
        }));
        described.retain(|_, value| !value.is_null());
        described
    }
}

// --- Records.

fn list_requests(state: &mut State, members: &Object) -> Answer {
    let show_secrets = boolean(members, "show_secrets")?.unwrap_or_default();
    let describe = |record: &RequestRecord| {
        let request = RecordedRequest::new(record);
        let parameters = if show_secrets { request.parameters().clone() } else { request.masked_parameters() };
        json!({
            "number": request.number(), "time": format_time(record.time),
            "method": request.method().as_str(), "path": request.path(), "status": request.status(),
            "duration_seconds": request.duration().as_secs_f64(), "parameters": parameters,
        })
    };
    Ok(object(json!({ "requests": state.request_log.iter().map(describe).collect::<Vec<_>>() })))
}

fn list_webhook_deliveries(state: &mut State, members: &Object) -> Answer {
    let show_secrets = boolean(members, "show_secrets")?.unwrap_or_default();
    let describe = |attempt: Attempt| {
        let delivery = &attempt.delivery;
        let event: Value = serde_json::from_str(&delivery.body).unwrap_or_default();
        let (outcome, status) = match attempt.outcome {
            Outcome::Pending => ("pending", None),
            Outcome::Sent => ("sent", None),
            Outcome::Answered(status) if (200..300).contains(&status) => ("accepted", Some(status)),
            Outcome::Answered(status) => ("rejected", Some(status)),
            Outcome::NoAnswer => ("no_answer", None),
        };
        let mut described = object(json!({
            "message_id": delivery.message_id, "webhook_id": delivery.webhook_id, "attempt": delivery.tried.saturating_add(1),
            "time": format_time(attempt.time), "event_id": event.get("event_id"), "event_type": event.get("event_type"),
            "outcome": outcome, "status": status,
        }));
        if show_secrets {
            set(&mut described, "event", event);
        }
        Value::Object(described)
    };
    let attempts = state.deliveries.attempts(state.now());
    Ok(object(json!({ "webhook_deliveries": attempts.map(describe).collect::<Vec<_>>() })))
}
