//! Routes that inject, list and end faults.

use seam_core::test_util::ApiFault;
use serde_json::{Value, json};

use super::members::{duration, id, invalid, member, required, string_member, strings};
use crate::{
    call::{Answer, not_found},
    faults::{Fault, FaultId, FaultKind},
    json::{Object, object, set},
    routes::{find_route, generic::done},
    state::State,
    tables::{Resource, Workspace},
};

/// Responds with status 503 to these routes in a workspace.
pub(super) fn simulate_workspace_outage(state: &mut State, members: &Object) -> Answer {
    let workspace = required("workspace_id", id::<Workspace>(members, "workspace_id")?)?;
    if state.get(&workspace).is_none() {
        return Err(not_found(Workspace::TABLE));
    }
    let outage = |route| Fault::status(503).on(route).in_workspace(workspace.as_str());
    let ids = strings(members, "routes")?.into_iter().map(|route| state.faults.add(outage(route)).to_string());
    Ok(object(json!({ "fault_ids": ids.collect::<Vec<_>>() })))
}

pub(super) fn inject_fault(state: &mut State, members: &Object) -> Answer {
    let id = state.faults.add(Fault::read(members)?);
    Ok(object(json!({ "fault_id": id.to_string() })))
}

pub(super) fn list_faults(state: &State) -> Object {
    let describe = |(id, fault): (FaultId, &Fault)| {
        let mut described = fault.describe();
        set(&mut described, "fault_id", id.to_string());
        Value::Object(described)
    };
    object(json!({ "faults": state.faults.iter().map(describe).collect::<Vec<_>>() }))
}

pub(super) fn end_faults(state: &mut State, members: &Object) -> Answer {
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
        let mut fault = Self::read_kind(members)?;
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

    /// Reads the kind, with the member that belongs to it.
    fn read_kind(members: &Object) -> Result<Self, ApiFault> {
        let seconds = duration(members, "seconds")?;
        let status = |value: &Value| u16::try_from(value.as_u64()?).ok().filter(|status| (200..600).contains(status));
        let status = member(members, "status", "a number from 200 to 599", status)?;
        let (fault, supported) = match string_member(members, "kind")? {
            Some("latency") => (Self::latency(required("seconds", seconds)?), "seconds"),
            Some("status") => (Self::status(required("status", status)?), "status"),
            Some("rate_limited") => (Self::rate_limited(seconds.unwrap_or_default()), "seconds"),
            Some("unreachable") => (Self::unreachable(), ""),
            Some("lost_response") => (Self::lost_response(), ""),
            Some("malformed") => (Self::malformed(), ""),
            Some("truncated") => (Self::truncated(), ""),
            _ => {
                let kinds =
                    "'latency', 'status', 'rate_limited', 'unreachable', 'lost_response', 'malformed', 'truncated'";
                return Err(invalid("kind", &format!("expected one of {kinds}")));
            }
        };
        match ["seconds", "status"].into_iter().find(|name| members.contains_key(*name) && *name != supported) {
            Some(name) => Err(invalid(name, "not supported by this kind of fault")),
            None => Ok(fault),
        }
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
