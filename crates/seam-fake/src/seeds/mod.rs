//! What a state begins with.

use crate::{
    state::{Seed, State},
    tables::{Id, Workspace},
};

pub(crate) mod building;
pub(crate) mod default_seed;
#[cfg(feature = "seed-file")]
pub(crate) mod file;

/// Puts back what a workspace began with, after it was cleared.
pub(crate) fn furnish(state: &mut State, workspace_id: &Id<Workspace>) {
    match state.seeds.get(workspace_id) {
        Some(Seed::Building) => building::build(state),
        Some(Seed::Default) => default_seed::furnish(state),
        #[cfg(feature = "seed-file")]
        Some(Seed::File) => file::furnish(state),
        #[cfg(not(feature = "seed-file"))]
        Some(Seed::File) => {}
        None => {}
    }
}
