//! Cameras, a module for each of their route groups.

pub(crate) mod live_views;
