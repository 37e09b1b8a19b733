//! An access code as a row: what it says, and the steps that every change of it takes.

use jiff::Timestamp;
use seam_spec::Kind;
use serde_json::{Value, json};

use crate::{
    json::{Object, collect_object, flag, object, set, text, time},
    providers, render,
    routes::generic::is_managed,
    scheduler::Job,
    state::State,
    tables::{AccessCode, Device, Id, workspace_of},
};

/// How a time frame lies to the present.
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

/// Whether the lock has the code. What a seed or a test has put into the state says it with its status alone.
pub(crate) fn is_on_device(code: &Object) -> bool {
    code.get("_on_device").and_then(Value::as_bool).unwrap_or_else(|| text(code, "status") == Some("set"))
}

/// Whether the lock can have the code before its time, and goes by the times itself.
pub(crate) fn is_kept_to_times(state: &State, code: &Object) -> bool {
    let device = Id::<Device>::of(code).and_then(|id| state.get(&id));
    let provider = device.and_then(providers::of_device);
    flag(code, "is_offline_access_code")
        || (!flag(code, "_not_scheduled_natively") && provider.is_some_and(providers::Provider::schedules_codes))
}

/// The managed codes of a device.
pub(crate) fn managed_codes_of(state: &State, device_id: &Id<Device>) -> Vec<Id<AccessCode>> {
    let codes = state.codes_of_device(device_id).filter(|code| is_managed(code));
    codes.filter_map(Id::of).collect()
}

/// The code as Seam answers it.
pub(crate) fn project(state: &State, id: &Id<AccessCode>) -> Option<Value> {
    let code = state.get(id)?.clone();
    Some(render::project(&Kind::Reference("access_code"), Value::Object(code)))
}

/// The PIN of a code, which not every lock tells.
pub(crate) fn pin_of(code: &Object) -> Option<&str> {
    text(code, "code").or_else(|| text(code, "_pin"))
}

/// Whether there is a time at which both codes work.
fn overlaps(one: &Object, other: &Object) -> bool {
    let start = |code: &Object| time(code, "starts_at").unwrap_or(Timestamp::MIN);
    let end = |code: &Object| time(code, "ends_at").unwrap_or(Timestamp::MAX);
    start(one) < end(other) && start(other) < end(one)
}

/// Another code of the same lock that has the same PIN at the same time.
pub(crate) fn conflicting<'a>(state: &'a State, code: &Object, counts: impl Fn(&Object) -> bool) -> Option<&'a Object> {
    let pin = pin_of(code)?;
    state.codes_of_device(&Id::of(code)?).find(|other| {
        text(other, "access_code_id") != text(code, "access_code_id")
            && pin_of(other) == Some(pin)
            && overlaps(code, other)
            && counts(other)
    })
}

/// Has something happen when the code begins and when it ends.
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

/// Has the lock do what is due for the code, which takes it a while.
pub(crate) fn reconcile_soon(state: &mut State, id: &Id<AccessCode>) {
    state.after(state.action_delay, Job::ReconcileAccessCode { access_code_id: id.clone() });
}

/// What is still to happen to a code that is not on its lock.
pub(crate) fn pending_creation(state: &State, code: &Object) -> Value {
    let now = state.now_text();
    if phase(code, state.now()) == Phase::Before && !is_kept_to_times(state, code) {
        json!([{
            "mutation_code": "deferring_creation", "message": "The code is set when its time comes", "created_at": now,
            "scheduled_at": code.get("starts_at"),
        }])
    } else {
        json!([{ "mutation_code": "creating", "message": "The code is being set", "created_at": now }])
    }
}

/// Notes what is to happen to a code, and lets it be known.
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

/// Lets it be known that something has happened to a code; events that tell the PIN tell it.
pub(crate) fn emit(state: &mut State, event: &str, id: &Id<AccessCode>) {
    let code = state.get(id).cloned().unwrap_or_default();
    let mut about = object(json!({ "access_code_id": id }));
    let tells_pin =
        ["access_code.set_on_device", "access_code.scheduled_on_device", "access_code.deleted"].contains(&event);
    if tells_pin {
        if let Some(pin) = text(&code, "code") {
            set(&mut about, "code", pin);
        }
    }
    state.emit(event, &workspace_of(&code), about);
}
