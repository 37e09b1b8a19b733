//! The client: a transport with its policies, and the credentials of calls.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use seam_model::Timestamp;

use crate::{Clock, Credentials, Transport, client::base_url::BaseUrl};

/// A client of the Seam API.
///
/// Cloning is cheap, and all clones share the transport, the retry budget and the credentials: create one client and
/// pass it around. Its methods are the route groups of the API, such as `seam.access_codes()`.
#[derive(Clone)]
pub struct Seam {
    pub(crate) inner: Arc<Inner>,
    credentials: Arc<RwLock<Credentials>>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    /// The transport, wrapped in the policies.
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) base_url: BaseUrl,
    pub(crate) user_agent: HeaderValue,
    pub(crate) response_limit: usize,
    pub(crate) timeout: Duration,
    pub(crate) may_block: bool,
}

impl fmt::Debug for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seam").field("credentials", &self.credentials()).field("client", &self.inner).finish()
    }
}

impl Seam {
    pub(crate) fn new(inner: Inner, credentials: Credentials) -> Self {
        Self { inner: Arc::new(inner), credentials: Arc::new(RwLock::new(credentials)) }
    }

    /// Returns the current credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.current_credentials().clone()
    }

    pub(crate) fn current_credentials(&self) -> RwLockReadGuard<'_, Credentials> {
        // A poisoned lock is ignored: credentials are replaced as a whole, so they are never inconsistent.
        self.credentials.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the credentials of this client and its clones, such as after a token was renewed, and returns the old
    /// ones. Requests in flight keep the old credentials; the next page of a list, and the next poll of a call that
    /// waits, use the new ones.
    pub fn replace_credentials(&self, credentials: Credentials) -> Credentials {
        std::mem::replace(&mut *self.credentials.write().unwrap_or_else(PoisonError::into_inner), credentials)
    }

    /// Returns the current time of the client's [clock](crate::Builder::clock), in whole milliseconds as Seam writes times.
    ///
    /// In a test this is the time of the test's clock, so code that computes times from it needs no change:
    /// `seam.access_codes().create(lock).ends_at(seam.now() + hour)`.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.inner.clock.system_time();
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).ok();
        let milliseconds = since_epoch.and_then(|passed| u64::try_from(passed.as_millis()).ok());
        milliseconds.map_or(now, |passed| SystemTime::UNIX_EPOCH + Duration::from_millis(passed)).into()
    }

    /// Returns a client with other credentials, such as for another workspace or end user, that shares the transport,
    /// the retry budget and the rate limits with this one.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { inner: Arc::clone(&self.inner), credentials: Arc::new(RwLock::new(credentials)) }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Returns the timeout of calls that do not set one.
    pub(crate) fn timeout(&self) -> Duration {
        self.inner.timeout
    }

    pub(crate) fn may_block(&self) -> bool {
        self.inner.may_block
    }
}
