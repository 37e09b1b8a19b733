//! The routes that control the fake: `/health`, `/openapi.json` and the routes below `/_fake`, which need no credentials.

mod actions;
mod database;
mod devices;
mod faults;
mod members;
mod openapi;
mod records;
mod settings;

use seam_core::{
    Request,
    http::{HeaderValue, Method, header::ALLOW},
    test_util::ApiFault,
};
use serde_json::json;

use self::members::read_members;
pub(crate) use self::{database::database, openapi::openapi};
use crate::{
    call::Answer,
    control_paths::{is_control, is_health},
    json::{Object, object},
    seeds::default_seed,
    state::State,
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
        handler: database::restore,
    },
    route(
        POST,
        "/_fake/reset",
        &["seed"],
        "resets the state to the seed 'empty', 'building' or 'default'",
        database::reset,
    ),
    route(POST, "/_fake/advance_time", &["seconds"], "advances the clock", settings::advance_time),
    route(GET, "/_fake/settings", &[], "returns the settings", |state, _| Ok(settings::describe(state))),
    route(
        POST,
        "/_fake/settings",
        &["action_delay_seconds", "history_limit", "rate_limits"],
        "changes settings",
        settings::change_settings,
    ),
    route(POST, "/_fake/add", &["kind", "resource"], "adds a resource of any kind", devices::add),
    route(
        POST,
        "/_fake/add_device",
        DEVICE,
        "adds a device, and an account of its provider if there is none",
        devices::add_device,
    ),
    route(
        POST,
        "/_fake/fail_next_action",
        &["error_type", "message"],
        "fails the next action",
        actions::fail_next_action,
    ),
    route(POST, "/_fake/hang_next_action", &[], "keeps the next action pending forever", actions::hang_next_action),
    route(POST, "/_fake/delay_next_action", &["seconds"], "delays the next action", actions::delay_next_action),
    route(
        POST,
        "/_fake/jam_lock",
        &["device_id"],
        "fails the next action of a lock with 'lock_jammed'",
        actions::jam_lock,
    ),
    route(
        POST,
        "/_fake/set_battery_level",
        &["device_id", "battery_level"],
        "sets the battery level of a device and emits its events",
        devices::set_battery_level,
    ),
    route(
        &["POST", "PATCH"],
        "/_fake/update_action_attempt",
        &["action_attempt_id", "status", "result", "error"],
        "sets the status of an action attempt",
        actions::update_action_attempt,
    ),
    route(
        POST,
        "/_fake/complete_connect_webview",
        &["connect_webview_id", "status"],
        "completes or fails the sign-in on a connect webview",
        devices::complete_connect_webview,
    ),
    route(GET, "/_fake/faults", &[], "lists the faults", |state, _| Ok(faults::list_faults(state))),
    route(POST, "/_fake/faults", FAULT, "injects a fault", faults::inject_fault),
    route(&["DELETE"], "/_fake/faults", &["fault_id"], "ends one fault, or all of them", faults::end_faults),
    route(
        POST,
        "/_fake/simulate_workspace_outage",
        &["workspace_id", "routes"],
        "responds with status 503 to these routes in a workspace",
        faults::simulate_workspace_outage,
    ),
    route(GET, "/_fake/requests", &["show_secrets"], "lists the requests to Seam's routes", records::list_requests),
    route(
        GET,
        "/_fake/webhook_deliveries",
        &["show_secrets"],
        "lists the attempts to deliver webhooks",
        records::list_webhook_deliveries,
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
    let members = read_members(route.members, request)?;
    if request.method() != Method::GET {
        state.revision += 1;
    }
    (route.handler)(state, &members)
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
