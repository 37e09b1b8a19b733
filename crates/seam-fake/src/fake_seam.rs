//! The in-memory Seam as tests hold it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use seam_core::{
    Builder, Clock, Request, Response, Seam, Transport, TransportError, TransportErrorKind, async_trait,
    model::UnmanagedAccessCode,
    test_util::{self, ApiFault, TestClock},
};
use seam_spec::Kind;
use serde_json::Value;

use crate::{
    Fault, control,
    exchange::{self, Ending, Exchange, shown},
    routes::common,
    seeds::{building, default_seed},
    state::{self, ActionOutcome, ActionPlan, JobRunner, State},
    timers, webhook_deliveries,
};

/// When the state begins.
const START: &str = "2026-11-24T09:00:00Z";

/// A whole Seam in memory.
///
/// It has all documented routes and behaves like Seam: what is created is found, what is deleted is gone, parameters are
/// validated, devices take a moment to do what they are told, events happen and webhooks are sent. Every response has a
/// request id (`request-000001` and so on), and every route also accepts `POST`. The guide's page on it
/// (docs/fake-seam.md) says how faithful it is, and where it is not.
///
/// [`new`](Self::new) begins with a small building, always the same one, at 9 o'clock (UTC) of 24 November 2026:
///
/// | | |
/// |---|---|
/// | [`FRONT_DOOR`] | a lock with the unmanaged codes [`ONGOING_CODE`] (PIN 1988), [`TIME_BOUND_CODE`] and [`CODE_WITHOUT_PIN`] |
/// | [`BACK_DOOR`] | a lock with [`UNMANAGEABLE_CODE`], which can be neither taken over nor deleted |
/// | [`GARAGE`] | a lock that does not tell of codes which were not made through Seam |
/// | [`THERMOSTAT`], [`NOISE_SENSOR`] | what their names say |
/// | [`GUEST_ROOMS`] | an access system with [`ROOM_101`], [`ROOM_102`] and the card encoder [`ENCODER`] |
/// | [`GUEST`] | somebody who may be given access |
/// | [`BUILDING`] | the space that all of it is in |
///
/// The key is [`API_KEY`]. Clones share one state. Time passes only by [`advance`](Self::advance), and when a
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

/// What takes webhooks in the test's own process, and says with which status.
type Receiver = Box<dyn FnMut(&Request) -> u16 + Send>;

impl FakeSeam {
    fn at(start: SystemTime) -> Self {
        let clock = TestClock::at(start);
        Self { state: Arc::new(Mutex::new(State::new(clock.clone(), timers::run))), clock, receiver: Arc::default() }
    }

    /// A state that was saved, in this process.
    pub(crate) fn with_state(mut state: State, clock: TestClock, run: JobRunner) -> Self {
        state.revive(clock.clone(), run);
        Self { state: Arc::new(Mutex::new(state)), clock, receiver: Arc::default() }
    }

    /// A small building, which is told about at [`FakeSeam`].
    #[must_use]
    pub fn new() -> Self {
        let fake = Self::empty();
        fake.change(building::build);
        fake
    }

    /// A Seam with one workspace and nothing in it.
    #[must_use]
    pub fn empty() -> Self {
        // The constant is a time, as every test sees.
        let start: Timestamp = START.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let fake = Self::at(state::system_time(start));
        fake.change(building::ground);
        fake
    }

    /// The state that users of the official fake know: two workspaces, three accounts, five devices, under the
    /// identifiers and tokens that `/_fake/default_seed` answers, such as `seam_apikey1_token` and `august_device_1`.
    #[must_use]
    pub fn with_default_seed() -> Self {
        let fake = Self::empty();
        fake.change(|state| {
            state.clear();
            default_seed::plant(state);
        });
        fake
    }

    /// A client of this Seam, in memory, with this Seam's [clock](Self::clock).
    #[must_use]
    pub fn seam(&self) -> Seam {
        test_util::client(self.builder())
    }

    /// Begins to build a client of this Seam, in memory, with this Seam's [clock](Self::clock). It may block.
    pub fn builder(&self) -> Builder {
        Seam::builder(self.clone()).clock(self.clock.clone()).allow_blocking()
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

    /// Lets time pass until `time`, unless it is over.
    pub fn advance_to(&self, time: SystemTime) {
        if let Ok(left) = time.duration_since(self.clock.time_of_day()) {
            self.advance(left);
        }
    }

    /// How many requests have been answered so far, refused ones too.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().requests
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.add(fault);
    }

    /// Lets everything go well again.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// How long devices take to do what they are told: a second, unless this is called.
    pub fn set_action_delay(&self, delay: Duration) {
        self.lock().action_delay = delay;
    }

    /// Whether Seam's limits for each device hold, as they do unless this is called: more requests in a minute are 429.
    pub fn set_rate_limits(&self, hold: bool) {
        self.lock().rate_limits.is_off = !hold;
    }

    /// Lets the next action fail with an error of this type, and nothing be done.
    pub fn fail_next_action(&self, error_type: impl Into<String>, message: impl Into<String>) {
        let outcome = ActionOutcome::Failure { kind: error_type.into(), message: message.into() };
        self.lock().plans.push_back(ActionPlan { outcome, ..ActionPlan::default() });
    }

    /// Lets the next action never come to an end.
    pub fn hang_next_action(&self) {
        self.lock().plans.push_back(ActionPlan { outcome: ActionOutcome::Pending, ..ActionPlan::default() });
    }

    /// Lets the next action take this long.
    pub fn delay_next_action(&self, delay: Duration) {
        self.lock().plans.push_back(ActionPlan { delay: Some(delay), ..ActionPlan::default() });
    }

    /// Puts a code on a lock, as if somebody had typed it in there. One with the same id is replaced.
    ///
    /// What Seam says about every code, such as its type and status, is filled in where `code` leaves it out.
    pub fn add_unmanaged_access_code(&self, code: UnmanagedAccessCode) {
        if let Ok(Value::Object(code)) = serde_json::to_value(&code) {
            self.change(|state| state.insert(state::ACCESS_CODES, building::unmanaged_code(code)));
        }
    }

    /// The unmanaged codes there are now, in the order in which they appeared.
    #[must_use]
    pub fn unmanaged_access_codes(&self) -> Vec<UnmanagedAccessCode> {
        let state = self.lock();
        let codes = state.rows(state::ACCESS_CODES).filter(|code| !common::is_managed(code));
        let kind = Kind::Reference("unmanaged_access_code");
        codes.filter_map(|code| serde_json::from_value(shown(&kind, Value::Object(code.clone()))).ok()).collect()
    }

    /// The webhooks that are to be delivered now, signed, as the requests that Seam would make. They count as
    /// delivered.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<Request> {
        let mut state = self.lock();
        let taken = state.take_deliveries().into_iter().map(|(delivery, request)| {
            state.delivered(delivery, Some(200));
            request
        });
        taken.collect()
    }

    /// Delivers webhooks to `receive` from now on, which says with which status it answers. What is not answered with
    /// 2xx comes again when Seam would send it again: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, in the time of
    /// the fake.
    pub fn on_webhook(&self, receive: impl FnMut(&Request) -> u16 + Send + 'static) {
        *self.receiver.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(receive));
        self.change(|_| ());
    }

    /// Everything that there is, by kind: what `/_fake/database` answers. Secrets are in it.
    #[must_use]
    pub fn database(&self) -> Value {
        Value::Object(control::database(&self.lock()))
    }

    /// Changes the state as it is now, and delivers what comes of it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.keep_up();
        let outcome = change(&mut self.lock());
        self.deliver();
        outcome
    }

    /// Lets everything happen that is to have happened by now, and delivers it at its time: what is refused comes again so
    /// much later than that.
    fn keep_up(&self) {
        loop {
            let mut state = self.state();
            let now = Timestamp::try_from(self.clock.time_of_day()).unwrap_or(Timestamp::MAX);
            let Some(next) = state.next_job().filter(|next| *next <= now) else {
                return state.catch_up(now);
            };
            state.catch_up(next);
            drop(state);
            self.deliver();
        }
    }

    /// Delivers webhooks in the test's own process, if it takes any.
    fn deliver(&self) {
        // While the receiver works it may itself ask this Seam for something, which delivers nothing further.
        let Ok(mut receiver) = self.receiver.try_lock() else { return };
        let Some(receive) = receiver.as_mut() else { return };
        loop {
            let due = self.state().take_deliveries();
            if due.is_empty() {
                return;
            }
            for (delivery, request) in due {
                let status = receive(&request);
                self.state().delivered(delivery, Some(status));
            }
        }
    }

    /// What is to be delivered over HTTP: nothing, where the test takes the webhooks itself.
    #[cfg(feature = "serve")]
    pub(crate) fn take_deliveries_for_http(&self) -> Vec<(webhook_deliveries::Delivery, Request)> {
        match self.receiver.try_lock() {
            Ok(receiver) if receiver.is_none() => self.lock().take_deliveries(),
            _ => Vec::new(),
        }
    }

    /// Counts a request that could not even be read, and refuses it.
    #[cfg(feature = "serve")]
    pub(crate) fn refuse(&self, fault: ApiFault) -> Exchange {
        let mut state = self.lock();
        state.requests += 1;
        let fault = fault.with_request_id(format!("request-{:06}", state.requests));
        Exchange { delay: Duration::ZERO, ending: Ending::Response(fault.to_response()) }
    }

    /// Answers one request.
    pub(crate) fn exchange(&self, request: &Request) -> Exchange {
        self.change(|state| exchange::exchange(state, request))
    }

    /// The state as it is now.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state();
        if let Ok(now) = Timestamp::try_from(self.clock.time_of_day()) {
            state.catch_up(now);
        }
        state
    }

    /// The state as it was when somebody last looked, also after a panic elsewhere: it is never left half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
