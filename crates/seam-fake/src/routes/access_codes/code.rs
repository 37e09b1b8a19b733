//! Rows of access codes: their properties, and steps that all changes share.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    json::{Object, collect_object, flag, object, set, string, time},
    providers, render,
    routes::generic::is_managed,
    scheduler::Job,
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};

/// The relation of the current time to a time frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    During,
    After,
}

pub(crate) fn phase(code: &Object, now: Timestamp) -> Phase {
    if time(code, "ends_at").is_some_and(|end| end <= now) {
        Phase::After
    } else if time(code, "starts_at").is_some_and(|start| start > now) {
        Phase::Before
    } else {
        Phase::During
    }
}

/// Whether the code is on its lock. Codes added by a seed or a test have only their status.
pub(crate) fn is_on_device(code: &Object) -> bool {
    code.get("_on_device").and_then(Value::as_bool).unwrap_or_else(|| string(code, "status") == Some("set"))
}

/// Whether the lock stores the code before its start and enforces its times.
pub(crate) fn is_scheduled_by_lock(state: &State, code: &Object) -> bool {
    let device = Id::<Device>::of(code).and_then(|id| state.get(&id));
    let provider = device.and_then(providers::of_device);
    flag(code, "is_offline_access_code")
        || (!flag(code, "_not_scheduled_natively") && provider.is_some_and(providers::Provider::schedules_codes))
}

/// Returns the managed codes of a device.
pub(crate) fn managed_codes_of(state: &State, device_id: &Id<Device>) -> Vec<Id<AccessCode>> {
    let codes = state.codes_of_device(device_id).filter(|code| is_managed(code));
    codes.filter_map(Id::of).collect()
}

/// Returns the code as the resource in responses.
pub(crate) fn project(state: &State, id: &Id<AccessCode>) -> Option<Value> {
    let code = state.get(id)?.clone();
    Some(render::project("access_code", &Value::Object(code)))
}

/// Returns the PIN of a code, including PINs that the lock does not report.
pub(crate) fn pin_of(code: &Object) -> Option<&str> {
    string(code, "code").or_else(|| string(code, "_pin"))
}

/// Whether both codes work at the same time.
fn overlaps(one: &Object, other: &Object) -> bool {
    let start = |code: &Object| time(code, "starts_at").unwrap_or(Timestamp::MIN);
    let end = |code: &Object| time(code, "ends_at").unwrap_or(Timestamp::MAX);
    start(one) < end(other) && start(other) < end(one)
}

/// Returns another code of the same lock with the same PIN at the same time, if it matches the predicate.
pub(crate) fn conflicting<'a>(
    state: &'a State,
    code: &Object,
    predicate: impl Fn(&Object) -> bool,
) -> Option<&'a Object> {
    let pin = pin_of(code)?;
    state.codes_of_device(&Id::of(code)?).find(|other| {
        string(other, "access_code_id") != string(code, "access_code_id")
            && pin_of(other) == Some(pin)
            && overlaps(code, other)
            && predicate(other)
    })
}

/// Schedules the jobs at the start and the end of the code.
pub(crate) fn schedule(state: &mut State, id: &Id<AccessCode>) {
    let Some(code) = state.get(id) else { return };
    let now = state.now();
    let times: Vec<(&str, Timestamp)> = ["starts_at", "ends_at"]
        .into_iter()
        .filter_map(|name| Some((name, time(code, name)?)))
        .filter(|(_, when)| *when > now)
        .collect();
    for (name, when) in times {
        let job = Job::AccessCodeTime { access_code_id: id.clone(), field: name.to_owned(), when };
        state.at(when, job);
    }
}

/// Schedules the reconciliation of the code with its lock, after the action delay.
pub(crate) fn reconcile_soon(state: &mut State, id: &Id<AccessCode>) {
    state.after(state.action_delay, Job::ReconcileAccessCode { access_code_id: id.clone() });
}

/// Returns the pending mutations of a code that is not on its lock.
pub(crate) fn pending_creation(state: &State, code: &Object) -> Value {
    let now = state.now_string();
    if phase(code, state.now()) == Phase::Before && !is_scheduled_by_lock(state, code) {
        json!([{
            "mutation_code": "deferring_creation", "message": "The code will be set at its start time", "created_at": now,
            "scheduled_at": code.get("starts_at"),
        }])
    } else {
        json!([{ "mutation_code": "creating", "message": "The code is being set", "created_at": now }])
    }
}

/// Sets the pending mutations of a code, and emits an event.
pub(crate) fn request_mutations(state: &mut State, id: &Id<AccessCode>, mutations: Vec<Value>) {
    let part = |mutation: &Value| {
        let names = ["mutation_code", "from", "to"];
        collect_object(&mut names.iter().filter_map(|name| Some(((*name).to_owned(), mutation.get(name)?.clone()))))
    };
    let requested: Vec<Object> = mutations.iter().map(part).collect();
    let Some(code) = state.get_mut(id) else { return };
    let workspace = workspace_of(code);
    set(code, "pending_mutations", mutations);
    let about = json!({ "access_code_id": id, "requested_mutations": requested });
    state.emit("access_code.mutations_requested", &workspace, object(about));
}

/// Emits an event about a code. Some events contain the PIN.
pub(crate) fn emit(state: &mut State, event: &str, id: &Id<AccessCode>) {
    let code = state.get(id).cloned().unwrap_or_default();
    let mut about = object(json!({ "access_code_id": id }));
    let has_pin =
        ["access_code.set_on_device", "access_code.scheduled_on_device", "access_code.deleted"].contains(&event);
    if has_pin {
        if let Some(pin) = string(&code, "code") {
            set(&mut about, "code", pin);
        }
    }
    state.emit(event, &workspace_of(&code), about);
}
