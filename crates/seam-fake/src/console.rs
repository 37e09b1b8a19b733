//! The console: a page at `/` that displays the state of a served fake with live updates, and has a button for each
//! simulation.
//!
//! The page is static. Its data are server-sent events, each a full snapshot, so that a page can reconnect without earlier
//! data. A snapshot is created when the connection is ready for it: nothing is buffered for a slow reader. Lists in a
//! snapshot are bounded, and it contains no PINs; the page requests a PIN when the user displays it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::body::Frame;
use seam_core::{
    Body, Bytes, Response,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
        request::Parts,
    },
};
use serde_json::{Value, json};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Interval, MissedTickBehavior},
};

use crate::{
    FakeSeam, device, html,
    json::{Object, format_time, string, strings},
    log,
    providers::{self, DeviceKind},
    request_log::RequestRecord,
    routes::generic::is_managed,
    state::State,
    tables::{
        AccessCode, AccessGrant, AcsEntrance, ActionAttempt, ApiKey, ConnectWebview, Device, Event, Id, Resource,
        Space, Table, UserIdentity, Workspace,
    },
};

const PAGE: &str = include_str!("console/page.html");
const SCRIPT: &str = include_str!("console/script.js");

/// The maximum number of open consoles per fake.
const MAX_SUBSCRIBERS: usize = 16;

/// The maximum number of rows of each kind in a snapshot.
const MAX_ROWS: usize = 200;

/// The maximum number of events and of requests in a snapshot.
const MAX_RECENT: usize = 60;

/// The minimum interval between two snapshots.
const INTERVAL: Duration = Duration::from_millis(200);

/// The interval at which the time of the fake is sent without a change, which also detects lost connections.
const TIME_INTERVAL: Duration = Duration::from_secs(1);

/// The console of one fake.
#[derive(Debug)]
pub(crate) struct Console {
    subscribers: Arc<Semaphore>,
}

/// A response of the console.
pub(crate) enum Answer {
    Whole(Response),
    Stream(EventStream),
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { subscribers: Arc::new(Semaphore::new(MAX_SUBSCRIBERS)) }
    }

    /// Returns the response to a request of the console; `None` for other paths.
    pub(crate) fn answer(&self, fake: &FakeSeam, request: &Parts) -> Option<Answer> {
        if request.method != Method::GET {
            return None;
        }
        match request.uri.path() {
            "/" => Some(Answer::Whole(page())),
            "/_fake/console/events" => {
                let Ok(permit) = Arc::clone(&self.subscribers).try_acquire_owned() else {
                    let mut response = Response::new(Body::from("too many open consoles".to_owned()));
                    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                    return Some(Answer::Whole(response));
                };
                let query = request.uri.query().unwrap_or_default();
                let workspace = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "workspace_id");
                let workspace = workspace.map(|(_, value)| Id::new(value));
                Some(Answer::Stream(EventStream::new(fake.clone(), workspace, permit)))
            }
            _ => None,
        }
    }
}

/// Returns the page, which loads no resources and connects only to its own origin.
fn page() -> Response {
    let page = PAGE.replace("/*style*/", html::STYLE).replace("/*script*/", SCRIPT);
    let (style, script) = (html::source_of(html::STYLE), html::source_of(SCRIPT));
    let policy =
        format!("style-src {style}; script-src {script}; connect-src 'self'; img-src data:; form-action 'none'");
    html::response(page, &policy)
}

/// The revision of a state and its number of requests: a snapshot has both.
type Version = (u64, u64);

/// The body of the event stream.
pub(crate) struct EventStream {
    fake: FakeSeam,
    workspace: Option<Id<Workspace>>,
    interval: Interval,
    /// The version of the last snapshot, and the time at which it was sent.
    sent: Option<(Version, Instant)>,
    /// Counts this subscriber until the stream is dropped.
    _permit: OwnedSemaphorePermit,
}

impl EventStream {
    fn new(fake: FakeSeam, workspace: Option<Id<Workspace>>, permit: OwnedSemaphorePermit) -> Self {
        let mut interval = tokio::time::interval(INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { fake, workspace, interval, sent: None, _permit: permit }
    }

    /// Returns the headers of the response.
    pub(crate) fn respond(self) -> seam_core::http::Response<Self> {
        let mut response = seam_core::http::Response::new(self);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// Returns the next server-sent event, if there is one.
    fn next(&mut self) -> Option<String> {
        let state = self.fake.lock();
        let version = (state.revision, state.requests.get());
        match self.sent {
            Some((sent, _)) if sent != version => {}
            Some((_, at)) if at.elapsed() >= TIME_INTERVAL => {
                self.sent = Some((version, Instant::now()));
                return Some(format!("event: time\ndata: {}\n\n", json!({ "now": state.now_string() })));
            }
            Some(_) => return None,
            None => {}
        }
        self.sent = Some((version, Instant::now()));
        let snapshot = snapshot(&state, self.workspace.as_ref());
        // Compact JSON contains no line breaks.
        Some(format!("retry: 1000\nid: {}.{}\nevent: snapshot\ndata: {snapshot}\n\n", version.0, version.1))
    }
}

impl hyper::body::Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            std::task::ready!(self.interval.poll_tick(context));
            if let Some(text) = self.next() {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))));
            }
        }
    }
}

/// Returns the snapshot of a workspace, by default of the first one.
fn snapshot(state: &State, workspace: Option<&Id<Workspace>>) -> Value {
    let workspaces: Vec<Value> = state
        .rows::<Workspace>()
        .take(MAX_ROWS)
        .map(|workspace| {
            let id = string(workspace, "workspace_id");
            let key = state.rows::<ApiKey>().find(|key| string(key, "workspace_id") == id);
            json!({
                "workspace_id": id, "name": string(workspace, "name"),
                // The buttons send it. Keys of the fake are not secret.
                "api_key": key.and_then(|key| string(key, "token")),
            })
        })
        .collect();
    let first = || state.rows::<Workspace>().next().and_then(Id::of);
    let id = &workspace.filter(|id| state.get(id).is_some()).cloned().or_else(first).unwrap_or_default();

    let (mut devices, mut counts) = (BTreeMap::<&str, Vec<Value>>::new(), BTreeMap::<&str, usize>::new());
    let pending = pending_actions(state, id);
    for device in in_workspace(state, Device::TABLE, id) {
        let kind = kind_of(device);
        *counts.entry(kind).or_default() += 1;
        let listed = devices.entry(kind).or_default();
        if listed.len() < MAX_ROWS {
            listed.push(project_device(state, device, &pending));
        }
    }
    let mut list = |name: &'static str, table, project: fn(&State, &Object) -> Value| {
        let mut rows = in_workspace(state, table, id);
        let listed: Vec<Value> = rows.by_ref().take(MAX_ROWS).map(|row| project(state, row)).collect();
        counts.insert(name, listed.len() + rows.count());
        listed
    };
    let access_codes = list("access_codes", AccessCode::TABLE, project_code);
    let access_grants = list("access_grants", AccessGrant::TABLE, project_grant);
    let entrances =
        list("entrances", AcsEntrance::TABLE, |_, entrance| json!({ "name": string(entrance, "display_name") }));
    let webviews: Vec<Value> = state
        .newest_rows::<ConnectWebview>()
        .filter(|row| id.is_in(row) && string(row, "status") == Some("pending"))
        .take(5)
        .map(
            |webview| json!({ "connect_webview_id": string(webview, "connect_webview_id"), "url": string(webview, "url") }),
        )
        .collect();
    let events: Vec<Value> = state
        .newest_rows::<Event>()
        .filter(|event| id.is_in(event))
        .take(MAX_RECENT)
        .map(|event| project_event(state, event))
        .collect();
    let requests: Vec<Value> = state.request_log.iter().rev().take(MAX_RECENT).map(project_request).collect();
    json!({
        "now": state.now_string(), "workspace_id": id, "workspaces": workspaces, "devices": devices, "counts": counts,
        "access_codes": access_codes, "access_grants": access_grants, "entrances": entrances, "webviews": webviews,
        "events": events, "requests": requests, "is_faulty": !state.faults.is_empty(),
    })
}

fn in_workspace<'a>(
    state: &'a State,
    table: &Table,
    workspace: &'a Id<Workspace>,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    state.table(table).iter().filter(|row| workspace.is_in(row))
}

fn kind_of(device: &Object) -> &'static str {
    match providers::of_device(device).map(|provider| provider.kind) {
        Some(DeviceKind::Lock | DeviceKind::CodeOnlyLock | DeviceKind::OfflineLock) => "locks",
        Some(DeviceKind::Thermostat) => "thermostats",
        Some(DeviceKind::NoiseSensor) => "noise_sensors",
        _ => "others",
    }
}

/// Returns the type of the latest pending action of each device, among the latest attempts.
fn pending_actions<'a>(state: &'a State, workspace: &Id<Workspace>) -> BTreeMap<&'a str, &'a str> {
    let mut actions = BTreeMap::new();
    for attempt in state.newest_rows::<ActionAttempt>().take(MAX_ROWS) {
        let is_pending = workspace.is_in(attempt) && string(attempt, "status") == Some("pending");
        if let Some((subject, action)) =
            string(attempt, "_subject").zip(string(attempt, "action_type")).filter(|_| is_pending)
        {
            actions.entry(subject).or_insert(action);
        }
    }
    actions
}

fn project_device(state: &State, device: &Object, pending: &BTreeMap<&str, &str>) -> Value {
    let id = string(device, "device_id");
    let jammed = state.plans.iter().any(|plan| plan.subject.is_some() && plan.subject.as_deref() == id);
    let property = |name: &str| device::property(device, name);
    let model = property("model").and_then(|model| model.get("display_name"));
    let triggered = property("currently_triggering_noise_threshold_ids").and_then(Value::as_array);
    json!({
        "device_id": id, "name": string(device, "display_name"), "model": model,
        "online": property("online"), "locked": property("locked"), "battery_level": property("battery_level"),
        "can_unlock": device::field(device, "can_remotely_unlock"), "can_lock": device::field(device, "can_remotely_lock"),
        "has_keypad": device::field(device, "can_unlock_with_code"), "is_managed": is_managed(device), "is_jammed": jammed,
        "pending_action": id.and_then(|id| pending.get(id)),
        "temperature_celsius": property("temperature_celsius"), "humidity": property("relative_humidity"),
        "is_heating": property("is_heating"), "is_cooling": property("is_cooling"),
        "climate": property("current_climate_setting"),
        "noise_level_decibels": property("noise_level_decibels"),
        "is_noisy": triggered.is_some_and(|triggered| !triggered.is_empty()),
    })
}

fn project_code(state: &State, code: &Object) -> Value {
    json!({
        "access_code_id": string(code, "access_code_id"), "device_id": string(code, "device_id"),
        "name": string(code, "name"), "device_name": name_of(state, Device::TABLE, string(code, "device_id")),
        "type": string(code, "type"), "status": string(code, "status"), "starts_at": string(code, "starts_at"),
        "ends_at": string(code, "ends_at"), "is_managed": is_managed(code), "has_pin": string(code, "code").is_some(),
    })
}

fn project_grant(state: &State, grant: &Object) -> Value {
    let names = |ids: &str, table: &Table| -> Vec<Value> {
        strings(grant, ids).take(MAX_ROWS).map(|id| Value::from(name_of(state, table, Some(id)))).collect()
    };
    let mut doors = names("_device_ids", Device::TABLE);
    doors.extend(names("_acs_entrance_ids", AcsEntrance::TABLE));
    json!({
        "access_grant_id": string(grant, "access_grant_id"), "name": string(grant, "name"),
        "user": name_of(state, UserIdentity::TABLE, string(grant, "user_identity_id")),
        "spaces": names("space_ids", Space::TABLE), "doors": doors,
        "starts_at": string(grant, "starts_at"), "ends_at": string(grant, "ends_at"),
        "methods": strings(grant, "access_method_ids").count(),
    })
}

/// Returns the fields of an event that cannot be secret. Events of a keypad contain the PIN.
fn project_event(state: &State, event: &Object) -> Value {
    let about = name_of(state, Device::TABLE, string(event, "device_id"))
        .or_else(|| name_of(state, AcsEntrance::TABLE, string(event, "acs_entrance_id")))
        .or_else(|| name_of(state, Space::TABLE, string(event, "space_id")));
    let code = Id::<AccessCode>::of(event).and_then(|id| state.get(&id)).and_then(|row| string(row, "name"));
    let reason = event.get("reason").and_then(|reason| reason.get("reason_code"));
    let error = Id::<ActionAttempt>::of(event).and_then(|id| state.get(&id)?.get("error")?.get("type"));
    json!({
        "event_id": string(event, "event_id"), "event_type": string(event, "event_type"),
        "time": string(event, "occurred_at"), "about": about, "code": code,
        "detail": reason.or(error).and_then(Value::as_str).or_else(|| string(event, "method")),
    })
}

fn project_request(record: &RequestRecord) -> Value {
    let path: String = record.request.uri().path().chars().take(200).collect();
    json!({
        "number": record.number, "time": format_time(record.time), "method": record.request.method().as_str(),
        "path": path, "status": record.status,
        "milliseconds": u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX),
        "parameters": log::masked_parameters(&record.request),
    })
}

/// Returns the name of the resource with this identifier, if it exists.
fn name_of<'a>(state: &'a State, table: &Table, id: Option<&str>) -> Option<&'a str> {
    let row = state.table(table).get(id?)?;
    string(row, "display_name").or_else(|| string(row, "name"))
}
