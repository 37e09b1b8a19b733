//! Connect webviews and connected accounts.

use super::Handler;

pub(super) fn handler(_: &str) -> Option<Handler> {
    None
}

/// Somebody signs in to the webview.
pub(super) fn complete_connect_webview(_: &mut super::World, _: &str) -> Result<(), crate::ApiFault> {
    Ok(())
}
