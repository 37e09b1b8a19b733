//! What steers the fake from outside: `/health`, `/openapi.json` and the routes below `/_fake`, which need no credentials.

use std::time::Duration;

use seam_core::{Request, http::Method};
use serde_json::{Value, json};

use crate::{
    call::{Answer, invalid},
    faults::Fault,
    routes::{
        access_codes::life,
        access_grants, accounts,
        common::{done, is_managed},
        thermostats,
    },
    seeds::building,
    seeds::default_seed,
    state::{
        ACCESS_CODES, ACCESS_GRANTS, ACTION_ATTEMPTS, ActionError, Object, State, TABLES, WORKSPACES, collect_object,
        flag, not_found, object, set, text, texts,
    },
};
use seam_core::test_util::ApiFault;

/// The answer, if the path is one of these.
pub(crate) fn answer(state: &mut State, request: &Request) -> Option<Answer> {
    let path = request.uri().path();
    if path == "/health" || path == "/health/get_health" {
        return Some(Ok(health(state)));
    }
    if path == "/openapi.json" && request.method() == Method::GET {
        return Some(Ok(openapi()));
    }
    let name = path.strip_prefix("/_fake/")?;
    let body = match request.body().as_ref() {
        b"" => Object::new(),
        // The error of serde_json would quote the body.
        body => match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(_) => return Some(Err(invalid("", "The body is not a JSON object"))),
        },
    };
    let is_read = request.method() == Method::GET;
    Some(match name {
        "default_seed" => Ok(object(default_seed::names())),
        "database" if is_read => Ok(database(state)),
        "database" => restore(state, body),
        "update_action_attempt" => update_action_attempt(state, &body),
        "simulate_workspace_outage" => simulate_workspace_outage(state, &body),
        "complete_connect_webview" => complete_connect_webview(state, &body),
        "faults" if request.method() == Method::DELETE => {
            state.faults.clear();
            done()
        }
        "faults" => Fault::read(&body).map(|fault| {
            state.faults.add(fault);
            Object::new()
        }),
        "advance_time" => advance_time(state, &body),
        "reset" => reset(state, &body),
        "settings" => settings(state, &body),
        _ => return None,
    })
}

/// The page for people, if the path is one of a page.
pub(crate) fn page(state: &State, request: &Request) -> Option<String> {
    if request.uri().path() != "/connect_webviews/view" {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    let id = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "connect_webview_id")?.1;
    accounts::webview_page(state, &id)
}

fn health(state: &State) -> Object {
    object(json!({
        "ok": true, "msg": "ok", "last_service_evaluation_at": state.now_text(),
        "service_health_statuses": [{
            "service": "august.sandbox.login", "status": "healthy", "description": "August login in sandbox workspaces",
        }],
    }))
}

/// The OpenAPI document, with this fake as its server.
fn openapi() -> Object {
    let mut document = object(seam_spec::openapi());
    set(&mut document, "servers", json!([{ "url": "/" }]));
    document
}

/// Everything that there is, by kind.
pub(crate) fn database(state: &State) -> Object {
    let rows = |table| Value::Array(state.rows(table).cloned().map(Value::Object).collect());
    collect_object(&mut TABLES.iter().map(|table| (table.name.to_owned(), rows(table))))
}

/// Puts everything into the state that `database` has once said, and nothing else.
fn restore(state: &mut State, mut body: Object) -> Answer {
    let mut things = Vec::new();
    for table in TABLES {
        let rows = match body.remove(table.name) {
            None => continue,
            Some(Value::Array(rows)) => rows,
            Some(_) => return Err(invalid(table.name, "Expected array")),
        };
        for row in rows {
            let Value::Object(row) = row else { return Err(invalid(table.name, "Expected objects")) };
            let id = text(&row, table.id).ok_or_else(|| invalid(table.name, "An object has no id"))?.to_owned();
            things.push((*table, id, row));
        }
    }
    state.clear();
    for (table, id, row) in things {
        state.put(table, id, row);
    }
    resume(state);
    Ok(database(state))
}

/// Has happen what is going to, as far as the things of a state that was put back tell.
///
/// What an action was about to do they do not tell, so it stays pending until somebody decides it.
fn resume(state: &mut State) {
    for attempt in state.rows_mut(ACTION_ATTEMPTS).filter(|attempt| text(attempt, "status") == Some("pending")) {
        set(attempt, "_held", true);
    }
    for code in state.ids_where(ACCESS_CODES, is_managed) {
        life::schedule(state, &code);
        life::settle_soon(state, &code);
    }
    for grant in state.ids_where(ACCESS_GRANTS, is_managed) {
        access_grants::follow_times(state, &grant);
    }
    thermostats::resume(state);
}

/// Decides how an action goes. One that is told to be pending stays so until it is told otherwise.
fn update_action_attempt(state: &mut State, body: &Object) -> Answer {
    let id = text(body, "action_attempt_id").ok_or_else(|| invalid("action_attempt_id", "Required"))?;
    if state.get(ACTION_ATTEMPTS, id).is_none() {
        return Err(not_found(ACTION_ATTEMPTS));
    }
    match text(body, "status") {
        Some("success") => {
            let result = body.get("result").cloned().unwrap_or_else(|| json!({}));
            state.finish_action(id, Ok(result));
        }
        Some("error") => {
            let error = body.get("error").and_then(Value::as_object).ok_or_else(|| invalid("error", "Required"))?;
            let said = |name: &str| text(error, name).ok_or_else(|| invalid(name, "Required"));
            let error = ActionError::new(said("type")?, said("message")?);
            state.finish_action(id, Err(error));
        }
        Some("pending") => {
            if let Some(attempt) = state.get_mut(ACTION_ATTEMPTS, id) {
                set(attempt, "status", "pending");
                set(attempt, "result", Value::Null);
                set(attempt, "error", Value::Null);
                set(attempt, "_held", true);
            }
        }
        _ => return Err(invalid("status", "Expected 'success' | 'error' | 'pending'")),
    }
    done()
}

/// Has these routes answer 503 in a workspace.
fn simulate_workspace_outage(state: &mut State, body: &Object) -> Answer {
    let workspace = text(body, "workspace_id").ok_or_else(|| invalid("workspace_id", "Required"))?;
    if state.get(WORKSPACES, workspace).is_none() {
        return Err(not_found(WORKSPACES));
    }
    for route in texts(body, "routes") {
        state.faults.add(Fault::status(503).on(route).in_workspace(workspace));
    }
    done()
}

/// Somebody signs in to the webview, or fails to.
fn complete_connect_webview(state: &mut State, body: &Object) -> Answer {
    let id = text(body, "connect_webview_id").ok_or_else(|| invalid("connect_webview_id", "Required"))?;
    match text(body, "status") {
        None | Some("authorized") => accounts::complete_connect_webview(state, id)?,
        Some("failed") => accounts::fail_connect_webview(state, id)?,
        Some(_) => return Err(invalid("status", "Expected 'authorized' | 'failed'")),
    }
    done()
}

/// Lets time pass. The clock that the others have moves with it, since the fake asks for the time of its own.
fn advance_time(state: &mut State, body: &Object) -> Answer {
    let seconds = body.get("seconds").and_then(Value::as_f64).ok_or_else(|| invalid("seconds", "Required"))?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| invalid("seconds", "Expected a duration"))?;
    state.clock.advance(duration);
    Ok(object(json!({ "now": crate::state::time_text(crate::state::later(state.now(), duration)) })))
}

/// Begins again: with nothing, with the building, or with the official fake's seed.
fn reset(state: &mut State, body: &Object) -> Answer {
    let plant: fn(&mut State) = match text(body, "seed") {
        None | Some("empty") => |_| (),
        Some("building") => building::build,
        Some("default") => default_seed::plant,
        Some(_) => return Err(invalid("seed", "Expected 'empty' | 'building' | 'default'")),
    };
    state.clear();
    building::ground(state);
    plant(state);
    done()
}

/// How the fake behaves.
fn settings(state: &mut State, body: &Object) -> Answer {
    if let Some(seconds) = body.get("action_delay_seconds") {
        let seconds = seconds.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        state.action_delay = seconds.ok_or_else(|| invalid("action_delay_seconds", "Expected a duration"))?;
    }
    if body.contains_key("rate_limits") {
        state.rate_limits.is_off = !flag(body, "rate_limits");
    }
    done()
}

impl Fault {
    /// The fault that a request describes.
    fn read(body: &Object) -> Result<Self, ApiFault> {
        let seconds = || {
            let seconds = body.get("seconds").and_then(Value::as_f64).unwrap_or_default();
            Duration::try_from_secs_f64(seconds).map_err(|_| invalid("seconds", "Expected a duration"))
        };
        let status = body.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let mut fault = match text(body, "kind") {
            Some("latency") => Self::latency(seconds()?),
            Some("status") => Self::status(status.ok_or_else(|| invalid("status", "Expected a number"))?),
            Some("rate_limited") => Self::rate_limited(seconds()?),
            Some("unreachable") => Self::unreachable(),
            Some("lost_response") => Self::lost_response(),
            Some("malformed") => Self::malformed(),
            Some("truncated") => Self::truncated(),
            _ => {
                let kinds = "'latency' | 'status' | 'rate_limited' | 'unreachable' | 'lost_response' | 'malformed' | 'truncated'";
                return Err(invalid("kind", &format!("Expected {kinds}")));
            }
        };
        if let Some(route) = text(body, "route") {
            fault = fault.on(route);
        }
        if let Some(workspace) = text(body, "workspace_id") {
            fault = fault.in_workspace(workspace);
        }
        if let Some(times) = body.get("times").and_then(Value::as_u64) {
            fault = fault.times(u32::try_from(times).unwrap_or(u32::MAX));
        }
        if let Some(rate) = body.get("rate").and_then(Value::as_f64) {
            fault = fault.rate(rate);
        }
        Ok(fault)
    }
}
