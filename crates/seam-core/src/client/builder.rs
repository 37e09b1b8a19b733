//! The builder of a client: its settings, and the policies between its calls and its transport.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;

use crate::{
    Clock, Credentials, DEFAULT_RESPONSE_LIMIT, Environment, Error, ErrorKind, RateLimits, RetryPolicy, Seam,
    SystemClock, Transport,
    client::{
        base_url::{self, BaseUrl},
        client::Inner,
    },
    policy::{rate_limit::RateLimit, retry::Retry, timeout::Timeout, trace::Trace},
};

/// The default timeout of a call: 30 s.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The product name of the header `user-agent`.
const USER_AGENT: &str = concat!("seam-rs/", env!("CARGO_PKG_VERSION"));

/// A builder of a [`Seam`] client.
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    credentials: Option<Credentials>,
    base_url: Option<String>,
    allow_plain_http: bool,
    response_limit: usize,
    timeout: Duration,
    retry_policy: RetryPolicy,
    rate_limits: RateLimits,
    user_agent_suffix: Option<String>,
    may_block: bool,
}

impl fmt::Debug for Builder {
    /// Omits the base URL: it may contain a password until `build` validates it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("transport", &self.transport)
            .field("credentials", &self.credentials)
            .field("allow_plain_http", &self.allow_plain_http)
            .field("response_limit", &self.response_limit)
            .field("timeout", &self.timeout)
            .field("retry_policy", &self.retry_policy)
            .field("rate_limits", &self.rate_limits)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl Seam {
    /// Returns a builder of a client that sends its requests through `transport`.
    pub fn builder(transport: impl Transport) -> Builder {
        Builder::new(transport)
    }
}

impl Builder {
    fn new(transport: impl Transport) -> Self {
        Self {
            transport: Arc::new(transport),
            clock: Arc::new(SystemClock),
            credentials: None,
            base_url: None,
            allow_plain_http: false,
            response_limit: DEFAULT_RESPONSE_LIMIT,
            timeout: DEFAULT_TIMEOUT,
            retry_policy: RetryPolicy::new(),
            rate_limits: RateLimits::none(),
            user_agent_suffix: None,
            may_block: false,
        }
    }

    /// Sets the credentials. [`build`](Self::build) fails without them.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets the credentials and base URL of the environment. Values that other methods of the builder set, before or
    /// after, take precedence.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.credentials = self.credentials.or(Some(environment.credentials));
        self.base_url = self.base_url.or(environment.base_url);
        self
    }

    /// Sets the base URL. Defaults to `https://connect.getseam.com`. Its path is kept, and a trailing slash is ignored.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Allows a base URL with the scheme `http` on another machine. The credentials and every PIN are then sent
    /// unencrypted. Loopback addresses may always use `http`.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Sets the maximum size of a response in bytes. Defaults to [`DEFAULT_RESPONSE_LIMIT`].
    pub fn response_limit(mut self, bytes: usize) -> Self {
        self.response_limit = bytes;
        self
    }

    /// Sets the timeout of a call, from its start to the last byte of its response, including all attempts and waits.
    /// Defaults to [`DEFAULT_TIMEOUT`]. [`Call::with_timeout`](crate::Call::with_timeout) overrides it for one call.
    /// [`Duration::MAX`] disables it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the retry policy. Defaults to [`RetryPolicy::new`].
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Sets the rate limits per device. A call over a limit waits for capacity. Without limits no call waits, and Seam
    /// rejects requests over its own limits.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// Wraps the transport of the client in another one: a middleware that sees each request and response.
    ///
    /// `wrap` receives the transport below all policies of the client. The transport that it returns therefore sees
    /// each attempt of a call, after the wait for rate limits, in the span of its request and under its timeout. If the
    /// transport is wrapped several times, the last wrapper sees a request first and its response last.
    ///
    /// A middleware must not send a request again, see [`Transport`]. [`transport_fn`](crate::transport_fn) creates one
    /// from a closure.
    pub fn wrap<T: Transport>(mut self, wrap: impl FnOnce(Arc<dyn Transport>) -> T) -> Self {
        self.transport = Arc::new(wrap(self.transport));
        self
    }

    /// Appends the name of your program, such as `front-desk/2.1`, to the `user-agent` of all requests: `seam-rs/0.1.0
    /// front-desk/2.1`. An empty suffix adds nothing.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Sets the clock of the client. Defaults to [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Allows [`Call::block`](crate::Call::block). Call this only with a transport and a clock that need no async
    /// runtime on the blocked thread: otherwise the call and the runtime deadlock.
    pub fn allow_blocking(mut self) -> Self {
        self.may_block = true;
        self
    }

    /// Builds the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`] without credentials, [`ErrorKind::InvalidConfiguration`] when the base
    /// URL cannot be used, when HTTP does not allow the [suffix](Self::user_agent_suffix) of the user agent, or when
    /// [`RetryPolicy::attempt_timeout`] or [`RateLimits::per_minute`] is zero. The message names the setting.
    pub fn build(self) -> Result<Seam, Error> {
        let credentials = self.credentials.ok_or_else(|| {
            Error::of_kind(
                ErrorKind::InvalidCredentials,
                "credentials are not set; pass some to `Builder::credentials`, such as `Credentials::api_key`",
            )
        })?;
        let base_url = BaseUrl::parse(self.base_url.as_deref().unwrap_or(base_url::DEFAULT), self.allow_plain_http)?;
        let invalid = |message: String| Err(Error::of_kind(ErrorKind::InvalidConfiguration, message));
        if self.retry_policy.get_attempt_timeout().is_zero() {
            return invalid("`RetryPolicy::attempt_timeout` must not be zero".to_owned());
        }
        if let Some((routes, _)) = self.rate_limits.0.iter().find(|(_, requests)| *requests == 0) {
            return invalid(format!("`RateLimits::per_minute` must not be zero (for {})", routes.join(", ")));
        }
        let suffix = self.user_agent_suffix.filter(|suffix| !suffix.is_empty());
        let user_agent = suffix.map_or(USER_AGENT.to_owned(), |suffix| format!("{USER_AGENT} {suffix}"));
        let Some(user_agent) = HeaderValue::try_from(user_agent).ok().filter(|value| value.to_str().is_ok()) else {
            return invalid(
                "`Builder::user_agent_suffix` has characters that are invalid in an HTTP header".to_owned(),
            );
        };
        let clock = self.clock;
        // From the innermost layer up: each attempt ends at its deadline, is traced, and waits for the rate limits.
        let transport = Timeout { clock: Arc::clone(&clock), inner: self.transport };
        let transport = RateLimit::new(self.rate_limits, Arc::clone(&clock), Trace { inner: transport });
        let transport = Arc::new(Retry::new(self.retry_policy, Arc::clone(&clock), transport));
        let inner = Inner {
            transport,
            clock,
            base_url,
            user_agent,
            response_limit: self.response_limit,
            timeout: self.timeout,
            may_block: self.may_block,
        };
        Ok(Seam::new(inner, credentials))
    }
}
