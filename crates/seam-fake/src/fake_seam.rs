//! [`FakeSeam`]: the in-memory Seam as a value that tests hold.

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
    json::{system_time, text},
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

/// When the state begins.
const START: &str = "2026-11-24T09:00:00Z";

/// A whole Seam in memory.
///
/// It has all documented routes and behaves like Seam: what is created is found, what is deleted is gone, parameters are
/// validated, devices take a moment to do what they are told, events happen and webhooks are sent. Every response has a
/// request id (`request-000001` and so on), and every route also accepts `POST`. The guide's page on it
/// (docs/reference/fake-seam.md) says how faithful it is, and where it is not.
///
/// [`new`](Self::new) begins with a small building, always the same one, at 9 o'clock (UTC) of 24 November 2026:
///
/// | | |
/// |---|---|
/// | [`FRONT_DOOR`](crate::FRONT_DOOR) | a lock with the unmanaged codes [`ONGOING_CODE`](crate::ONGOING_CODE) (PIN 1988), [`TIME_BOUND_CODE`](crate::TIME_BOUND_CODE) and [`CODE_WITHOUT_PIN`](crate::CODE_WITHOUT_PIN) |
/// | [`BACK_DOOR`](crate::BACK_DOOR) | a lock with [`UNMANAGEABLE_CODE`](crate::UNMANAGEABLE_CODE), which can be neither taken over nor deleted |
/// | [`GARAGE`](crate::GARAGE) | a lock that does not tell of codes which were not made through Seam |
/// | [`THERMOSTAT`](crate::THERMOSTAT), [`NOISE_SENSOR`](crate::NOISE_SENSOR) | what their names say |
/// | [`GUEST_ROOMS`](crate::GUEST_ROOMS) | an access system with [`ROOM_101`](crate::ROOM_101), [`ROOM_102`](crate::ROOM_102) and the card encoder [`ENCODER`](crate::ENCODER) |
/// | [`GUEST`](crate::GUEST) | somebody who may be given access |
/// | [`BUILDING`](crate::BUILDING) | the space that all of it is in |
///
/// The key is [`API_KEY`](crate::API_KEY). Clones share one state. Time passes only by [`advance`](Self::advance), and when a
/// client from [`seam`](Self::seam) waits.
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
    /// Starts to create a Seam whose clock starts at `start`: a [`SystemTime`], such as the present, or a
    /// [`Timestamp`](model::Timestamp). A time before 1970 becomes 1970. [`new`](Self::new) and the other
    /// constructors always start at the same time.
    pub fn starting_at(start: impl Into<model::Timestamp>) -> Start {
        Start(system_time(start.into().to_jiff()))
    }

    /// Creates a Seam with this state and its clock.
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

    /// The state that users of the official fake know: two workspaces, three accounts, five devices, under the
    /// identifiers and tokens that `/_fake/default_seed` answers, such as `seam_apikey1_token` and `august_device_1`.
    #[must_use]
    pub fn with_default_seed() -> Self {
        Start::default().default_seed()
    }

    /// Creates a Seam with the building that a TOML or JSON document describes; docs/reference/fake-seam.md documents the format.
    ///
    /// The state is the same for the same document: ids that it leaves out follow from names.
    ///
    /// # Errors
    ///
    /// All problems of the document at once, each with line and column.
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

    /// A client of this Seam, in memory, with this Seam's [clock](Self::clock) and the first of its API keys.
    #[must_use]
    pub fn seam(&self) -> Seam {
        let key = self.lock().rows::<ApiKey>().find_map(|key| text(key, "token").map(str::to_owned));
        let credentials = Credentials::api_key(key.unwrap_or_else(|| test_util::API_KEY.to_owned()));
        let client = credentials.and_then(|credentials| self.builder().credentials(credentials).build());
        // The state may have a key that is none: `add` accepts any.
        client.unwrap_or_else(|_| test_util::client(self.builder()))
    }

    /// Begins to build a client of this Seam, in memory, with this Seam's [clock](Self::clock). It may block.
    pub fn builder(&self) -> Builder {
        self.builder_through(|transport| transport)
    }

    /// The clock of this state. It moves when a test [advances](Self::advance) it, and when a client that has it too
    /// waits: one from [`seam`](Self::seam) that waits for a lock waits for no time at all.
    #[must_use]
    pub fn clock(&self) -> TestClock {
        self.clock.clone()
    }

    /// Lets time pass, and everything happen that happens in that time.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        self.change(|_| ());
    }

    /// Lets time pass until `time`, unless it is over: a [`SystemTime`], or a
    /// [`Timestamp`](model::Timestamp) such as the end of an access code.
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

    /// The API keys that this Seam accepts, each with the name of its workspace.
    #[must_use]
    pub fn api_keys(&self) -> Vec<(String, String)> {
        let state = self.lock();
        let keys = state.rows::<ApiKey>().filter_map(|key| {
            let workspace = state.get(&workspace_of(key))?;
            Some((text(workspace, "name")?.to_owned(), text(key, "token")?.to_owned()))
        });
        keys.collect()
    }

    /// Returns a number that grows with each change of the state, for programs that save it. Requests that only read, and time
    /// in which nothing happens, do not change it.
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
    /// seam.locks().unlock_door(FRONT_DOOR).and_wait().await?; // waits in the time of the fake, so not at all
    /// assert!(COUNT.load(Ordering::Relaxed) >= 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn seam_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Seam {
        test_util::client(self.builder_through(wrap))
    }

    /// Begins to build a client of this Seam through a middleware: [`seam_through`](Self::seam_through) for a client
    /// with settings of its own, such as credentials or a retry policy. It may block.
    pub fn builder_through<T: Transport>(&self, wrap: impl FnOnce(Self) -> T) -> Builder {
        Seam::builder(wrap(self.clone())).clock(self.clock.clone()).allow_blocking()
    }

    /// Returns the requests to Seam's routes, the oldest first: the last 1,000 of them, and no more than have 16 MB of
    /// bodies. Requests to `/_fake` and other routes of the fake's own are not among them.
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

    /// Returns the [requests](Self::requests) to the endpoint `E`, as its request type. A request that lacks a parameter
    /// which `E` requires is left out.
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

    /// Returns the number of requests so far, rejected ones included; `POST /_fake/reset` resets it.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().requests.get()
    }

    /// Injects a fault from now on, and returns its id, by which it can be [ended](Self::end_fault).
    #[expect(clippy::must_use_candidate, reason = "most tests let their faults end by themselves")]
    pub fn inject(&self, fault: Fault) -> FaultId {
        self.configure(|state| state.faults.add(fault))
    }

    /// Returns the faults that are injected now, the oldest first, with how many times each is left.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault)> {
        self.lock().faults.iter().map(|(id, fault)| (id, fault.clone())).collect()
    }

    /// Ends one fault; returns `false` if it had ended before.
    #[expect(clippy::must_use_candidate, reason = "a test that ends a fault rarely wonders whether there was one")]
    pub fn end_fault(&self, fault: FaultId) -> bool {
        self.configure(|state| state.faults.end(fault))
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.configure(|state| state.faults.clear());
    }

    /// Sets how long devices take to perform an action: 1 s by default.
    pub fn set_action_delay(&self, delay: Duration) {
        self.configure(|state| state.action_delay = delay);
    }

    /// Sets how many events and how many action attempts are kept: 10,000 of each by default, at least 1. When there are
    /// more, the oldest events and ended attempts are removed, at once; pending attempts stay.
    pub fn set_history_limit(&self, limit: usize) {
        self.configure(|state| state.set_history_limit(limit));
    }

    /// Disables Seam's rate limits for each device: no number of requests gets a 429.
    pub fn disable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = true);
    }

    /// Enables Seam's rate limits for each device, which is the default: requests over a limit get a 429.
    pub fn enable_rate_limits(&self) {
        self.configure(|state| state.rate_limits.is_off = false);
    }

    /// Fails the next action with an error of this type, without an effect.
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

    /// Adds an access code as if it had been created at the lock. A code with the same id is replaced.
    ///
    /// Required fields that `code` leaves out, such as its type and status, get defaults.
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

    /// Returns the due deliveries of webhooks, as the signed requests that Seam would send. They count as delivered.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<Request> {
        let mut state = self.lock();
        let taken = state.take_deliveries(None, usize::MAX).into_iter().map(|(delivery, request)| {
            state.delivered(delivery, Some(200));
            request
        });
        taken.collect()
    }

    /// Delivers webhooks to `receive` from now on, which returns the status of the response. Unless it is 2xx, the delivery
    /// is repeated when Seam would repeat it: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, in the time of the fake.
    pub fn on_webhook(&self, receive: impl FnMut(&Request) -> u16 + Send + 'static) {
        *self.receiver.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(receive));
        self.change(|_| ());
    }

    /// Returns all resources by kind, as `/_fake/database` does. Secrets are among them.
    #[must_use]
    pub fn database(&self) -> Value {
        Value::Object(control::database(&self.lock()))
    }

    /// Changes settings, faults or planned actions, and the revision with them.
    fn configure<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.revision += 1;
        change(&mut state)
    }

    /// Changes the current state, and delivers the webhooks that result.
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

    /// Runs the due jobs, and delivers the webhooks of each at its time, from which the delay of a repetition counts.
    fn run_due_jobs(&self) {
        loop {
            let mut state = self.state();
            let now = Timestamp::try_from(self.clock.system_time()).unwrap_or(Timestamp::MAX);
            let Some(next) = state.next_job().filter(|next| *next <= now) else {
                return state.catch_up(now);
            };
            state.catch_up(next);
            drop(state);
            self.deliver();
        }
    }

    /// Delivers webhooks to the receiver in this process, if there is one.
    fn deliver(&self) {
        // The receiver may send requests to this Seam, which deliver nothing further.
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

    /// Removes and returns at most `limit` due deliveries over HTTP: none if there is a receiver in this process.
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
            state.catch_up(now);
        }
        state
    }

    /// Locks the state as it is, also after a panic of another thread: no change is left incomplete.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time at which a state starts; its methods create the state. See [`FakeSeam::starting_at`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a state is created by the methods"]
pub struct Start(SystemTime);

impl Default for Start {
    fn default() -> Self {
        // The constant is a time, as every test sees.
        Self(system_time(START.parse().unwrap_or(Timestamp::UNIX_EPOCH)))
    }
}

impl Start {
    /// One workspace and nothing in it, as [`FakeSeam::empty`].
    #[must_use]
    pub fn empty(self) -> FakeSeam {
        let fake = FakeSeam::with_state(State::new(TestClock::at(self.0), timers::run));
        fake.change(building::ground);
        fake
    }

    /// The small building, as [`FakeSeam::new`].
    #[must_use]
    pub fn building(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(building::build);
        fake
    }

    /// The state of the official fake, as [`FakeSeam::with_default_seed`].
    #[must_use]
    pub fn default_seed(self) -> FakeSeam {
        let fake = self.empty();
        fake.change(|state| {
            state.clear();
            default_seed::plant(state);
        });
        fake
    }

    /// What a TOML or JSON document describes, as [`FakeSeam::from_seed`].
    ///
    /// # Errors
    ///
    /// All problems of the document at once, each with line and column.
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
            Ending::Lost(kind) => Err(TransportError::new(kind, "the fake was told to fail")),
            Ending::Truncated(response) => {
                let error = TransportError::new(TransportErrorKind::Body, "the fake was told to fail");
                Err(error.with_response(response.status(), response.headers()))
            }
        }
    }
}
