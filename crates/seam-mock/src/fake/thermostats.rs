//! Thermostats.

use super::Handler;

pub(super) fn handler(_: &str) -> Option<Handler> {
    None
}
