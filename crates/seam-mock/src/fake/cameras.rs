//! Cameras and their recordings.

use super::Handler;

pub(super) fn handler(_: &str) -> Option<Handler> {
    None
}
