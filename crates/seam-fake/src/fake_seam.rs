//! [`FakeSeam`], the in-memory Seam.

mod add;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use seam_core::{
    Builder, Clock, Credentials, Request, Response, Seam, Servable, Transport, TransportError, TransportErrorKind,
    async_trait,
    model::{self, UnmanagedAccessCode},
    test_util::{self, TestClock},
};
use seam_spec::Kind;
use serde_json::Value;

#[cfg(feature = "seed-file")]
use crate::seeds::file::{self, SeedError};
#[cfg(feature = "serve")]
use crate::webhook_deliveries::Delivery;
use crate::{
    Fault, FaultId,
    action_plan::ActionPlan,
    control,
    exchange::{self, Ending, Exchange},
    json::{string, system_time},
    recorded_request::RecordedRequest,
    render,
    routes::generic,
    seeds::{building, default_seed},
    state::State,
    tables::{AccessCode, ApiKey, workspace_of},
    timers,
};
#[cfg(feature = "serve")]
use seam_core::test_util::ApiFault;

/// The start time of the clock.
const START: &str = "2026-11-24T09:00:00Z";

/// An in-memory Seam.
///
/// It has all documented routes and behaves like Seam: resources are stored, parameters are validated, actions on devices are
/// asynchronous, events are emitted and webhooks are sent. Every response has a request id (`request-000001` and so on), and
/// every route also accepts `POST`. The guide (docs/reference/fake-seam.md) documents its fidelity and its limitations.
///
/// [`new`](Self::new) starts with a small building, which is always the same, on 24 November 2026 at 09:00 UTC:
///
/// | | |
/// |---|---|
/// | [`FRONT_DOOR`](crate::FRONT_DOOR) | a lock with the unmanaged codes [`ONGOING_CODE`](crate::ONGOING_CODE) (PIN 1988), [`TIME_BOUND_CODE`](crate::TIME_BOUND_CODE) and [`CODE_WITHOUT_PIN`](crate::CODE_WITHOUT_PIN) |
/// | [`BACK_DOOR`](crate::BACK_DOOR) | a lock with [`UNMANAGEABLE_CODE`](crate::UNMANAGEABLE_CODE), which can be neither converted to a managed code nor deleted |
/// | [`GARAGE`](crate::GARAGE) | a lock that does not report codes that were not created through Seam |
/// | [`THERMOSTAT`](crate::THERMOSTAT), [`NOISE_SENSOR`](crate::NOISE_SENSOR) | a thermostat and a noise sensor |
/// | [`GUEST_ROOMS`](crate::GUEST_ROOMS) | an access system with [`ROOM_101`](crate::ROOM_101), [`ROOM_102`](crate::ROOM_102) and the card encoder [`ENCODER`](crate::ENCODER) |
/// | [`GUEST`](crate::GUEST) | a user identity |
/// | [`BUILDING`](crate::BUILDING) | the space that contains all of these |
///
/// The API key is [`API_KEY`](crate::API_KEY). Clones share one state. The clock advances only with
/// [`advance`](Self::advance), and while a client from [`seam`](Self::seam) waits.
///
/// ```
/// use seam_fake::{FRONT_DOOR, FakeSeam};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::new();
/// let seam = fake.seam();
/// let code = seam.access_codes().create(FRONT_DOOR).name("Guest").code("482913").await?;
/// assert_eq!(seam.access_codes().list().device_id(FRONT_DOOR).await?.items.len(), 1);
///
/// seam.access_codes().delete(&code.access_code_id).and_wait().await?;
/// assert!(seam.access_codes().get(&code.access_code_id).await.unwrap_err().is_not_found());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeSeam {
    state: Arc<Mutex<State>>,
    clock: TestClock,
    receiver: Arc<Mutex<Option<Receiver>>>,
}

/// Receives webhooks in the process of the test, and returns the status of the response.
type Receiver = Box<dyn FnMut(&Request) -> u16 + Send>;

impl FakeSeam {
    /// Returns a builder of a Seam whose clock starts at `start`: a [`SystemTime`] or a
    /// [`Timestamp`](model::Timestamp). A time before 1970 is replaced by the start of 1970. [`new`](Self::new) and the
    /// other constructors always start at the same time.
    pub fn starting_at(start: impl Into<model::Timestamp>) -> Start {
        Start(system_time(start.into().to_jiff()))
    }

    /// Creates a Seam with a state and its clock.
    pub(crate) fn with_state(state: State) -> Self {
        let clock = state.clock.clone();
        Self { state: Arc::new(Mutex::new(state)), clock, receiver: Arc::default() }
    }

    /// Creates a Seam with a small building, which [`FakeSeam`] documents.
    #[must_use]
    pub fn new() -> Self {
        Start::default().building()
    }

    /// Creates a Seam with one empty workspace.
    #[must_use]
    pub fn empty() -> Self {
        Start::default().empty()
    }

    /// Creates a Seam with the seed of the official fake: two workspaces, three accounts and five devices, with the
    /// identifiers and tokens that `/_fake/default_seed` returns, such as `seam_apikey1_token` and `august_device_1`.
    #[must_use]
    pub fn with_default_seed() -> Self {
        Start::default().default_seed()
    }

    /// Creates a Seam with the building that a TOML or JSON document describes; docs/reference/fake-seam.md documents the format.
    ///
    /// The same document always results in the same state: absent ids are derived from names.
    ///
    /// # Errors
    ///
    /// Returns all problems of the document, each with line and column.
    ///
    /// ```
    /// use seam_fake::FakeSeam;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fake = FakeSeam::from_seed("[[lock]]\nname = 'Gate'\ntype = 'yale_lock'\nbattery = 0.2")?;
    /// let locks = fake.seam().locks().list().await?;
    /// assert_eq!(locks[0].display_name.as_deref(), Some("Gate"));
    ///
    /// let error = FakeSeam::from_seed("[[lock]]\nname = 'Gate'\ntype = 'yale_lok'").unwrap_err();
    /// assert_eq!(error.to_string(), "3:8: unknown device type 'yale_lok'; did you mean 'yale_lock'?");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "seed-file")]
    pub fn from_seed(document: &str) -> Result<Self, SeedError> {
        Start::default().seed(document)
    }

    /// Returns an in-memory client of this Seam, with its [clock](Self::clock) and the first of its API keys.
    #[must_use]
    pub fn seam(&self) -> Seam {
        let key = self.lock().rows::<ApiKey>().find_map(|key| string(key, "token").map(str::to_owned));
        let credentials = Credentials::api_key(key.unwrap_or_else(|| test_util::API_KEY.to_owned()));
        let client = credentials.and_then(|credentials| self.builder().credentials(credentials).build());
        // `add` accepts any string as a key, so it may not be a valid one.
        client.unwrap_or_else(|_| test_util::client(self.builder()))
    }

    /// Returns a builder of an in-memory client of this Seam, with its [clock](Self::clock). Blocking calls are allowed.
    pub fn builder(&self) -> Builder {
        self.builder_through(|transport| transport)
    }

    /// Returns the clock of this state. It advances when a test [advances](Self::advance) it, and when a client with this clock
    /// waits: a client from [`seam`](Self::seam) waits for a lock without real delay.
    #[must_use]
    pub fn clock(&self) -> TestClock {
        self.clock.clone()
    }

    /// Advances the clock, and runs everything that is due in that time.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        self.change(|_| ());
    }

    /// Advances the clock to `time`, unless it is in the past: a [`SystemTime`], or a [`Timestamp`](model::Timestamp) such as
    /// the end of an access code.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fake = FakeSeam::new();
    /// let seam = fake.seam();
    /// let check_out = seam.now() + Duration::from_secs(3 * 24 * 60 * 60);
    /// let code = seam.access_codes().create(FRONT_DOOR).name("Guest").ends_at(&check_out).await?;
    ///
    /// fake.advance_to(check_out + Duration::from_secs(60));
    /// assert!(seam.access_codes().get(code.access_code_id).await.unwrap_err().is_not_found());
    /// # Ok(())
    /// # }
    /// ```
    pub fn advance_to(&self, time: impl Into<model::Timestamp>) {
        if let Ok(left) = Duration::try_from(time.into().duration_since(self.clock.system_time())) {
            self.advance(left);
        }
    }

    /// Returns the API keys that this Seam accepts, each with the name of its workspace.
    #[must_use]
    pub fn api_keys(&self) -> Vec<(String, String)> {
        let state = self.lock();
        let keys = state.rows::<ApiKey>().filter_map(|key| {
            let workspace = state.get(&workspace_of(key))?;
            Some((string(workspace, "name")?.to_owned(), string(key, "token")?.to_owned()))
        });
        keys.collect()
    }

    /// Returns a number that increases with each change of the state, for programs that save it. Read requests, and time in
    /// which nothing is due, do not change it.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// Creates a client of this Seam through a middleware, with this Seam's [clock](Self::clock).
    ///
    /// `wrap` receives the fake as a [`Transport`] and returns the transport that the client uses.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use seam_core::{Request, Response, Transport, TransportError, async_trait};
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// /// Counts requests.
    /// #[derive(Debug)]
    /// struct Counted<T>(T);
    ///
    /// static COUNT: AtomicU32 = AtomicU32::new(0);
    ///
    /// #[async_trait]
    /// impl<T: Transport> Transport for Counted<T> {
    ///     async fn send(&self, request: Request) -> Result<Response, TransportError> {
    ///         COUNT.fetch_add(1, Ordering::Relaxed);
    ///         self.0.send(request).await
    ///     }
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), seam_core::Error> {
    /// let fake = FakeSeam::new();
    /// let seam = fake.seam_through(Counted);
    /// seam.locks().unlock_door(FRONT_DOOR).and_wait().await?; // waits on the clock of the fake, without real delay
    /// assert!(COUNT.load(Ordering::Relaxed) >= 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn seam_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Seam {
        test_util::client(self.builder_through(wrap))
    }

    /// Returns a builder of a client of this Seam through a middleware: [`seam_through`](Self::seam_through) for a client
    /// with other settings, such as credentials or a retry policy. Blocking calls are allowed.
    pub fn builder_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Builder {
        Seam::builder(wrap(self.clone())).clock(self.clock.clone()).allow_blocking()
    }

    /// Returns the requests to Seam's routes, the oldest first: the last 1,000 of them, with at most 16 MiB of bodies and
    /// URIs. Requests to `/_fake` and health checks are not recorded.
    ///
    /// ```
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), seam_core::Error> {
    /// let fake = FakeSeam::new();
    /// fake.seam().locks().unlock_door(FRONT_DOOR).await?;
    ///
    /// let requests = fake.requests();
    /// assert_eq!((requests[0].path(), requests[0].status()), ("/locks/unlock_door", Some(200)));
    /// assert_eq!(requests[0].parameters()["device_id"], FRONT_DOOR);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().request_log.iter().map(RecordedRequest::new).collect()
    }

    /// Returns the [requests](Self::requests) to the endpoint `E`, as its request type, except those that lack a required
    /// parameter.
    ///
    /// ```
    /// use seam_core::endpoints::locks::UnlockDoor;
    /// use seam_fake::{FRONT_DOOR, FakeSeam};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), seam_core::Error> {
    /// let fake = FakeSeam::new();
    /// fake.seam().locks().unlock_door(FRONT_DOOR).await?;
    ///
    /// let unlocked = fake.requests_of::<UnlockDoor>();
    /// assert_eq!(unlocked[0].device_id.as_str(), FRONT_DOOR);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn requests_of<E: Servable>(&self) -> Vec<E> {
        self.requests().iter().filter_map(RecordedRequest::read).collect()
    }

    /// Returns the number of requests so far, including rejected ones; `POST /_fake/reset` resets it.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().requests.get()
    }

    /// Injects a fault, and returns its id, with which it can be [ended](Self::end_fault).
    #[expect(clippy::must_use_candidate, reason = "most faults end after a number of requests")]
    pub fn inject(&self, fault: Fault) -> FaultId {
        self.configure(|state| state.faults.add(fault))
    }

    /// Returns the active faults, the oldest first, each with its remaining number of times.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault)> {
        self.lock().faults.iter().map(|(id, fault)| (id, fault.clone())).collect()
    }

    /// Ends one fault; returns `false` if it has already ended.
    #[expect(clippy::must_use_candidate, reason = "most tests do not need to know whether the fault was active")]
    pub fn end_fault(&self, fault: FaultId) -> bool {
        self.configure(|state| state.faults.end(fault))
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.configure(|state| state.faults.clear());
    }

    /// Sets the delay until devices have performed an action: 1 s by default.
    pub fn set_action_delay(&self, delay: Duration) {
        self.configure(|state| state.action_delay = delay);
    }

    /// Sets the maximum number of events and of action attempts: 10,000 of each by default, at least 1. Over the limit, the
    /// oldest events and finished attempts are removed immediately; pending attempts are kept.
    pub fn set_history_limit(&self, limit: usize) {
        self.configure(|state| state.set_history_limit(limit));
    }

    /// Disables Seam's rate limits per device.
    pub fn disable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = true);
    }

    /// Enables Seam's rate limits per device, which is the default: requests over a limit get status 429.
    pub fn enable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = false);
    }

    /// Makes the next action fail with an error of this type, without an effect.
    pub fn fail_next_action(&self, error_type: impl Into<String>, message: impl Into<String>) {
        let plan = ActionPlan::failure(&error_type.into(), &message.into());
        self.configure(|state| state.plans.push_back(plan));
    }

    /// Keeps the next action pending.
    pub fn hang_next_action(&self) {
        self.configure(|state| state.plans.push_back(ActionPlan::pending()));
    }

    /// Delays the next action by this duration, instead of the action delay.
    pub fn delay_next_action(&self, delay: Duration) {
        self.configure(|state| state.plans.push_back(ActionPlan::delayed(delay)));
    }

    /// Adds an unmanaged access code, as if it had been created at the lock. A code with the same id is replaced.
    ///
    /// Absent required fields, such as the type and the status, get defaults.
    pub fn add_unmanaged_access_code(&self, code: UnmanagedAccessCode) {
        if let Ok(Value::Object(code)) = serde_json::to_value(&code) {
            self.change(|state| state.insert::<AccessCode>(building::unmanaged_code(code)));
        }
    }

    /// Returns the unmanaged access codes, in the order in which they were added.
    #[must_use]
    pub fn unmanaged_access_codes(&self) -> Vec<UnmanagedAccessCode> {
        let state = self.lock();
        let codes = state.rows::<AccessCode>().filter(|code| !generic::is_managed(code));
        let kind = Kind::Reference("unmanaged_access_code");
        codes
            .filter_map(|code| serde_json::from_value(render::project(&kind, Value::Object(code.clone()))).ok())
            .collect()
    }

    /// Removes and returns the due webhook deliveries, as the signed requests that Seam would send. They count as delivered.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<Request> {
        let mut state = self.lock();
        let taken = state.take_deliveries(None, usize::MAX).into_iter().map(|(delivery, request)| {
            state.delivered(delivery, Some(200));
            request
        });
        taken.collect()
    }

    /// Delivers webhooks to `receive`, which returns the status of the response. Unless it is 2xx, the delivery is retried on
    /// Seam's schedule: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h on the clock of the fake.
    pub fn on_webhook(&self, receive: impl FnMut(&Request) -> u16 + Send + 'static) {
        *self.receiver.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(receive));
        self.change(|_| ());
    }

    /// Returns all resources by kind, like `/_fake/database`, including secrets.
    #[must_use]
    pub fn database(&self) -> Value {
        Value::Object(control::database(&self.lock()))
    }

    /// Changes settings, faults or planned actions, and increments the revision.
    fn configure<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.revision += 1;
        change(&mut state)
    }

    /// Changes the current state, and delivers the resulting webhooks.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.run_due_jobs();
        let outcome = {
            let mut state = self.lock();
            let outcome = change(&mut state);
            state.index();
            outcome
        };
        self.deliver();
        outcome
    }

    /// Runs the due jobs, and delivers the webhooks of each job at its time, which is the start of the retry delay.
    fn run_due_jobs(&self) {
        loop {
            let mut state = self.state();
            let now = Timestamp::try_from(self.clock.system_time()).unwrap_or(Timestamp::MAX);
            let Some(next) = state.next_job().filter(|next| *next <= now) else {
                return state.run_jobs_until(now);
            };
            state.run_jobs_until(next);
            drop(state);
            self.deliver();
        }
    }

    /// Delivers webhooks to the receiver in this process, if there is one.
    fn deliver(&self) {
        // The receiver may send requests to this Seam. These do not deliver webhooks recursively.
        let Ok(mut receiver) = self.receiver.try_lock() else { return };
        let Some(receive) = receiver.as_mut() else { return };
        loop {
            let due = self.state().take_deliveries(None, usize::MAX);
            if due.is_empty() {
                return;
            }
            for (delivery, request) in due {
                let status = receive(&request);
                self.state().delivered(delivery, Some(status));
            }
        }
    }

    /// Removes and returns at most `limit` due deliveries for HTTP: none if there is a receiver in this process.
    #[cfg(feature = "serve")]
    pub(crate) fn take_deliveries_for_http(&self, signed_at: SystemTime, limit: usize) -> Vec<(Delivery, Request)> {
        match self.receiver.try_lock() {
            Ok(receiver) if receiver.is_none() => self.lock().take_deliveries(Some(signed_at), limit),
            _ => Vec::new(),
        }
    }

    /// Counts and rejects a request that could not be read.
    #[cfg(feature = "serve")]
    pub(crate) fn reject(&self, request: &Request, fault: ApiFault) -> Exchange {
        exchange::reject(&mut self.lock(), request, fault)
    }

    /// Answers one request.
    pub(crate) fn exchange(&self, request: &Request) -> Exchange {
        self.change(|state| exchange::exchange(state, request))
    }

    /// Locks the state, after running the due jobs.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if let Ok(now) = Timestamp::try_from(self.clock.system_time()) {
            state.run_jobs_until(now);
        }
        state
    }

    /// Locks the state without running due jobs. Ignores poisoning: changes are never left incomplete.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A builder of a [`FakeSeam`] whose clock starts at a given time, from [`FakeSeam::starting_at`].
#[derive(Clone, Copy, Debug)]
#[must_use = "the methods create the state"]
pub struct Start(SystemTime);

impl Default for Start {
    fn default() -> Self {
        // The constant is a valid time.
        Self(system_time(START.parse().unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

impl Start {
    /// Creates a Seam with one empty workspace, like [`FakeSeam::empty`].
    #[must_use]
    pub fn empty(self) -> FakeSeam {
        let fake = FakeSeam::with_state(State::new(TestClock::at(self.0), timers::run));
        fake.change(building::add_workspace);
        fake
    }

    /// Creates a Seam with the small building, like [`FakeSeam::new`].
    #[must_use]
    pub fn building(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(building::build);
        fake
    }

    /// Creates a Seam with the seed of the official fake, like [`FakeSeam::with_default_seed`].
    #[must_use]
    pub fn default_seed(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(|state| {
            state.clear();
            default_seed::fill(state);
        });
        fake
    }

    /// Creates a Seam with the building that a TOML or JSON document describes, like [`FakeSeam::from_seed`].
    ///
    /// # Errors
    ///
    /// Returns all problems of the document, each with line and column.
    #[cfg(feature = "seed-file")]
    pub fn seed(self, document: &str) -> Result<FakeSeam, SeedError> {
        let fake = self.empty();
        fake.change(|state| file::begin(state, document.to_owned()))?;
        Ok(fake)
    }
}

impl Default for FakeSeam {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for FakeSeam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FakeSeam({} requests)", self.request_count())
    }
}

#[async_trait]
impl Transport for FakeSeam {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let exchange = self.exchange(&request);
        if exchange.delay > Duration::ZERO {
            self.clock.sleep(exchange.delay).await;
        }
        match exchange.ending {
            Ending::Response(response) => Ok(response),
            Ending::Lost(kind) => Err(TransportError::new(kind, "a fault is injected")),
            Ending::Truncated(response) => {
                let error = TransportError::new(TransportErrorKind::Body, "a fault is injected");
                Err(error.with_response(response.status(), response.headers()))
            }
        }
    }
}
