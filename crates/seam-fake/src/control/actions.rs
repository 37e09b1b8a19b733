//! Routes that determine the outcomes of actions: of the next one, or of a pending action attempt.

use serde_json::{Value, json};

use super::{
    devices::device_of,
    members::{duration, id, invalid, member, required, string_member},
};
use crate::{
    action_plan::ActionPlan,
    call::{Answer, not_found},
    json::{Object, set},
    routes::generic::done,
    scheduler::ActionError,
    state::State,
    tables::{ActionAttempt, Resource},
};

/// The maximum number of planned actions.
const MAX_PLANS: usize = 10_000;

pub(super) fn fail_next_action(state: &mut State, members: &Object) -> Answer {
    let error_type = required("error_type", string_member(members, "error_type")?)?;
    let message = string_member(members, "message")?.unwrap_or("the action failed because of /_fake/fail_next_action");
    plan(state, ActionPlan::failure(error_type, message))
}

pub(super) fn hang_next_action(state: &mut State, _: &Object) -> Answer {
    plan(state, ActionPlan::pending())
}

pub(super) fn delay_next_action(state: &mut State, members: &Object) -> Answer {
    plan(state, ActionPlan::delayed(required("seconds", duration(members, "seconds")?)?))
}

/// Makes the next action of a lock fail because its bolt is jammed.
pub(super) fn jam_lock(state: &mut State, members: &Object) -> Answer {
    let (id, _) = device_of(state, members)?;
    let jammed = ActionPlan::failure("lock_jammed", "The bolt does not move");
    plan(state, ActionPlan { subject: Some(id.to_string()), ..jammed })
}

/// Plans the outcome of the next action.
fn plan(state: &mut State, plan: ActionPlan) -> Answer {
    if state.plans.len() >= MAX_PLANS {
        return Err(invalid("", &format!("the maximum of {MAX_PLANS} planned actions is reached")));
    }
    state.plans.push_back(plan);
    done()
}

/// Sets the status of an action attempt. An attempt that is set to pending stays pending until the next such request.
pub(super) fn update_action_attempt(state: &mut State, members: &Object) -> Answer {
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
