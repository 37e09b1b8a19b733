//! What a state begins with.

pub(crate) mod building;
pub(crate) mod default_seed;

use crate::state::{Seed, State};

/// Puts back what a workspace began with, after it was cleared.
pub(crate) fn furnish(state: &mut State, workspace_id: &str) {
    match state.seeds.get(workspace_id) {
        Some(Seed::Building) => building::build(state),
        Some(Seed::Default) => default_seed::furnish(state),
        None => {}
    }
}
