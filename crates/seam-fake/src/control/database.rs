//! Routes that return, replace and reset all resources.

use serde_json::Value;

use super::members::{invalid, string_member};
#[cfg(feature = "seed-file")]
use crate::seeds::file;
use crate::{
    builders::kinds,
    call::Answer,
    json::{Object, collect_object, set, string},
    render,
    routes::{
        access_codes::code,
        access_grants,
        generic::{done, is_managed},
        thermostats,
    },
    seeds::{building, default_seed},
    state::State,
    tables::{self, AccessCode, AccessGrant, ActionAttempt, TABLES},
};

/// Returns all resources by kind.
pub(crate) fn database(state: &State) -> Object {
    let rows = |table| Value::Array(state.table(table).iter().map(render::row).collect());
    collect_object(&mut TABLES.iter().map(|table| (table.name.to_owned(), rows(table))))
}

/// Replaces all resources by those of a `database` response.
pub(super) fn restore(state: &mut State, members: &Object) -> Answer {
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

/// Resets the state to a seed: by default the seed file, or an empty workspace without one.
pub(super) fn reset(state: &mut State, members: &Object) -> Answer {
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
