//! The settings of the extractor.

use std::{fmt, sync::Arc};

use seam_core::WebhookVerifier;

use crate::{MemoryReplayGuard, ReplayGuard};

/// The default maximum size of a body: 256 KiB, many times the size of an event.
pub const DEFAULT_BODY_LIMIT: usize = 256 * 1024;

/// The settings of the extractor [`SeamEvent`](crate::SeamEvent): the verifier with its secrets, the replay protection
/// and the maximum size of a body. It is a part of the state of the router, see
/// [`FromRef`](axum_core::extract::FromRef). Clones share the replay protection.
#[derive(Clone)]
pub struct WebhookReceiver {
    pub(crate) verifier: Arc<WebhookVerifier>,
    pub(crate) guard: Arc<dyn ReplayGuard>,
    pub(crate) body_limit: usize,
}

impl WebhookReceiver {
    /// Creates a receiver with a [`MemoryReplayGuard`] and [`DEFAULT_BODY_LIMIT`]. A verifier can have several secrets, see
    /// [`WebhookVerifier::also`].
    #[must_use]
    pub fn new(verifier: WebhookVerifier) -> Self {
        Self { verifier: Arc::new(verifier), guard: Arc::new(MemoryReplayGuard::new()), body_limit: DEFAULT_BODY_LIMIT }
    }

    /// Sets the replay protection. Use a database if processed events must survive a restart, or if several processes
    /// receive events.
    #[must_use]
    pub fn replay_guard(mut self, guard: impl ReplayGuard) -> Self {
        self.guard = Arc::new(guard);
        self
    }

    /// Sets the maximum size of a body in bytes. Defaults to [`DEFAULT_BODY_LIMIT`]. `DefaultBodyLimit` of axum has no
    /// effect. A request whose `content-length` is larger is rejected before its body is read.
    ///
    /// The extractor has no timeout: a sender that sends its body slowly keeps a connection open, as on any other route. Set a
    /// timeout in the server, for example with `tower_http::timeout`.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }
}

impl fmt::Debug for WebhookReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookReceiver")
            .field("verifier", &self.verifier)
            .field("guard", &self.guard)
            .field("body_limit", &self.body_limit)
            .finish()
    }
}
