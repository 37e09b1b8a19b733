//! Routes that read and change the settings and the clock.

use serde_json::json;

use super::members::{boolean, duration, member, required};
use crate::{
    call::Answer,
    json::{Object, format_time, later, object},
    state::State,
};

pub(super) fn describe(state: &State) -> Object {
    object(json!({
        "action_delay_seconds": state.action_delay.as_secs_f64(),
        "rate_limits": !state.rate_limits.is_off,
        "history_limit": state.history_limit(),
        "planned_actions": state.plans.len(),
    }))
}

pub(super) fn change_settings(state: &mut State, members: &Object) -> Answer {
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
    Ok(describe(state))
}

/// Advances the clock, which is shared with clients. The next access to the state runs the due jobs.
pub(super) fn advance_time(state: &mut State, members: &Object) -> Answer {
    let duration = required("seconds", duration(members, "seconds")?)?;
    state.clock.advance(duration);
    Ok(object(json!({ "now": format_time(later(state.now(), duration)) })))
}
