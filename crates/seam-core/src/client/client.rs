//! The client: one transport with its policy, and the credentials that calls are made with.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use seam_model::Timestamp;

use crate::{Clock, Credentials, Transport, client::base_url::BaseUrl};

/// A client of the Seam API.
///
/// Cloning it is cheap, and all clones share one transport, one budget of retries and one set of
/// credentials: make one client and pass it around. Its methods are the groups of the API, such as
/// `seam.access_codes()`.
#[derive(Clone)]
pub struct Seam {
    pub(crate) inner: Arc<Inner>,
    credentials: Arc<RwLock<Credentials>>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    /// The transport with the policy around it.
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

    /// The credentials that calls are made with now.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        // Also after a panic elsewhere: credentials are replaced as a whole.
        self.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes all later calls with other credentials, those of the clones of this client too: a token that
    /// was renewed. Requests that are on their way keep theirs; the next page of a list, and the next poll of a call
    /// that waits, have the new ones. Gives back the old ones.
    pub fn replace_credentials(&self, credentials: Credentials) -> Credentials {
        std::mem::replace(&mut *self.credentials.write().unwrap_or_else(PoisonError::into_inner), credentials)
    }

    /// Returns the current time of the client's [clock](crate::Builder::clock), in whole milliseconds as Seam writes times.
    ///
    /// In a test it is the time of the test's clock, so code that computes times with it needs no change there:
    /// `seam.access_codes().create(lock).ends_at(seam.now() + hour)`.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.inner.clock.system_time();
        let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).ok();
        let milliseconds = since_epoch.and_then(|passed| u64::try_from(passed.as_millis()).ok());
        milliseconds.map_or(now, |passed| SystemTime::UNIX_EPOCH + Duration::from_millis(passed)).into()
    }

    /// A client with credentials of its own, over the same transport and with the same budget and limits: for
    /// another workspace, or another end user.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { inner: Arc::clone(&self.inner), credentials: Arc::new(RwLock::new(credentials)) }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// How long a call may take that says nothing itself.
    pub(crate) fn timeout(&self) -> Duration {
        self.inner.timeout
    }

    pub(crate) fn may_block(&self) -> bool {
        self.inner.may_block
    }
}
