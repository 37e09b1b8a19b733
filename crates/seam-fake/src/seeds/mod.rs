//! The initial contents of a state.

use crate::{
    state::{Seed, State},
    tables::{Id, Workspace},
};

pub(crate) mod building;
pub(crate) mod default_seed;
#[cfg(feature = "seed-file")]
pub(crate) mod file;

/// Restores the initial contents of a workspace after it was cleared.
pub(crate) fn fill_workspace(state: &mut State, workspace_id: &Id<Workspace>) {
    match state.seeds.get(workspace_id) {
        Some(Seed::Building) => building::build(state),
        Some(Seed::Default) => default_seed::fill_workspace(state),
        #[cfg(feature = "seed-file")]
        Some(Seed::File) => file::fill_workspace(state),
        #[cfg(not(feature = "seed-file"))]
        Some(Seed::File) => {}
        None => {}
    }
}
