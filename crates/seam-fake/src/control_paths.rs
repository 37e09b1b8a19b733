//! The paths of control routes, the console and health checks.

/// The prefix of all control routes except their list, which is at `/_fake`.
const PREFIX: &str = "/_fake/";

/// Whether a path is a control route or their list.
pub(crate) fn is_control(path: &str) -> bool {
    path == "/_fake" || is_below_control(path)
}

/// Whether a path is below `/_fake`. Only these routes accept a large body.
pub(crate) fn is_below_control(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Whether a path is the console or a control route, which reject pages of other origins.
#[cfg(feature = "serve")]
pub(crate) fn is_same_origin_only(path: &str) -> bool {
    path == "/" || is_control(path)
}

/// Whether a path is a health check.
pub(crate) fn is_health(path: &str) -> bool {
    path == "/health" || path == "/health/get_health"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_paths_are_recognised_by_whole_segments() {
        for path in ["/_fake", "/_fake/", "/_fake/reset", "/_fake/console/events"] {
            assert!(is_control(path), "{path}");
        }
        for path in ["/", "/_fakes", "/_fake_reset", "/devices/list", "/health"] {
            assert!(!is_control(path), "{path}");
        }
        // The list of the routes accepts no body.
        assert!(!is_below_control("/_fake"));
    }
}
