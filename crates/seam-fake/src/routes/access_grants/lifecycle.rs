//! The lifecycle of access grants: starts and ends grants at their times, with their access methods.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    json::{Object, flag, object, set, time},
    routes::access_methods::lifecycle as access_methods,
    scheduler::Job,
    state::State,
    tables::{AccessGrant, Id, UserIdentity, workspace_of},
};

/// Updates the status of a grant that was added or changed outside this module, and schedules its start and end.
pub(crate) fn follow_times(state: &mut State, grant: &Id<AccessGrant>) {
    refresh_status(state, grant);
    watch_times(state, grant);
}

/// Sets the display status of a grant.
pub(crate) fn refresh_status(state: &mut State, grant: &Id<AccessGrant>) {
    let now = state.now();
    let Some(row) = state.get_mut(grant) else { return };
    let status = if flag(row, "_is_over") {
        "expired"
    } else if time(row, "starts_at").is_some_and(|start| start > now) {
        "scheduled"
    } else {
        "active"
    };
    set(row, "display_status", status);
}

/// Schedules the start and the end of a grant. The jobs ignore times that have changed.
pub(crate) fn watch_times(state: &mut State, grant: &Id<AccessGrant>) {
    let Some(row) = state.get(grant) else { return };
    let (start, end) = (time(row, "starts_at"), time(row, "ends_at"));
    if let Some(start) = start {
        state.at(start, Job::AccessGrantStarts { access_grant_id: grant.clone() });
    }
    if let Some(end) = end {
        state.at(end, Job::AccessGrantEnds { access_grant_id: grant.clone() });
    }
}

/// Ends a grant, unless it has a later end now.
pub(crate) fn end(state: &mut State, id: &Id<AccessGrant>) {
    let now = state.now();
    let Some(row) = state.get_mut(id) else { return };
    if flag(row, "_is_over") || time(row, "ends_at").is_none_or(|end| end > now) {
        return;
    }
    set(row, "_is_over", true);
    refresh_status(state, id);
    for method in access_methods::of_grant(state, id) {
        access_methods::revoke(state, &method);
    }
}

/// Applies new times of a grant to its access methods.
pub(crate) fn change_times(state: &mut State, id: &Id<AccessGrant>, old: &Object) {
    let Some(row) = state.get(id).cloned() else { return };
    let times = |row: &Object| json!({ "starts_at": row.get("starts_at"), "ends_at": row.get("ends_at") });
    let mut event = object(json!({ "access_grant_id": id }));
    for name in ["access_grant_key", "starts_at", "ends_at"] {
        if let Some(value) = row.get(name).filter(|value| value.is_string()) {
            event.insert(name.to_owned(), value.clone());
        }
    }
    let workspace = workspace_of(&row);
    state.emit("access_grant.access_times_changed", &workspace, event);
    let now = state.now();
    let is_over = flag(&row, "_is_over");
    if is_over && time(&row, "ends_at").is_none_or(|end| end > now) {
        reactivate(state, id);
    } else if !is_over {
        let methods = access_methods::of_grant(state, id);
        let message = "The locks and access systems do not have the new times yet";
        let change = json!({ "from": times(old), "to": times(&row) });
        for method in &methods {
            access_methods::change_times(state, method, &row);
            state.add_mutation(method, "updating_access_times", message, change.clone());
        }
        let mut change = object(change);
        set(&mut change, "access_method_ids", methods);
        state.add_mutation(id, "updating_access_times", message, Value::Object(change));
    }
    refresh_status(state, id);
    watch_times(state, id);
}

/// Reactivates an ended grant, with new access methods.
fn reactivate(state: &mut State, id: &Id<AccessGrant>) {
    for method in access_methods::of_grant(state, id) {
        access_methods::delete(state, &method);
    }
    let Some(row) = state.get_mut(id) else { return };
    row.remove("_is_over");
    if let Some(Value::Array(requested)) = row.get_mut("requested_access_methods") {
        for request in requested.iter_mut().filter_map(Value::as_object_mut) {
            request.remove("_is_provisioned");
        }
    }
    state.after(Duration::ZERO, Job::ProvisionAccessGrant { access_grant_id: id.clone() });
}

/// Deletes a grant and its access methods.
pub(crate) fn delete(state: &mut State, id: &Id<AccessGrant>) {
    for method in access_methods::of_grant(state, id) {
        access_methods::delete(state, &method);
    }
    let Some(row) = state.remove(id) else { return };
    let workspace = workspace_of(&row);
    state.emit("access_grant.deleted", &workspace, object(json!({ "access_grant_id": id })));
}

/// Returns the active grants of a user identity.
pub(crate) fn active_for<'a>(state: &'a State, identity: &'a Id<UserIdentity>) -> impl Iterator<Item = &'a Object> {
    let now = state.now();
    state.rows::<AccessGrant>().filter(move |grant| {
        identity.is_in(grant)
            && time(grant, "starts_at").is_none_or(|start| start <= now)
            && time(grant, "ends_at").is_none_or(|end| end > now)
    })
}
