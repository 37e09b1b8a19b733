//! Seed files: TOML or JSON descriptions of a building, validated with the position of each problem.
//!
//! `Description::parse` reports all problems of a file. Its result can always be created.

mod access_systems;
mod build;
mod description;
mod devices;
mod document;
mod documented;
mod error;
mod identity;
mod sections;
mod validator;

pub(crate) use self::build::{begin, fill_workspace};
pub use self::error::{SeedError, SeedProblem};
