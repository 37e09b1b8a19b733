//! Access grants and access methods.

use super::Handler;

pub(super) fn handler(_: &str) -> Option<Handler> {
    None
}
