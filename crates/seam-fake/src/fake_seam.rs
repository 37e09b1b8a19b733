//! [`FakeSeam`], the in-memory Seam.

mod add;
mod client;
mod faults;
mod settings;
mod start;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use seam_core::{
    Clock, Request, Response, Servable, Transport, TransportError, TransportErrorKind, async_trait,
    model::{self, UnmanagedAccessCode},
    test_util::TestClock,
};
use serde_json::Value;

pub use self::start::Start;

#[cfg(feature = "serve")]
use crate::webhook_deliveries::Delivery;
use crate::{
    control,
    exchange::{self, Ending, Exchange},
    json::string,
    recorded_request::RecordedRequest,
    render,
    routes::generic,
    state::State,
    tables::{AccessCode, ApiKey, workspace_of},
};
#[cfg(feature = "serve")]
use {seam_core::test_util::ApiFault, std::time::SystemTime};

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
    /// Creates a Seam with a state and its clock.
    pub(crate) fn with_state(state: State) -> Self {
        let clock = state.clock.clone();
        Self { state: Arc::new(Mutex::new(state)), clock, receiver: Arc::default() }
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

    /// Advances the clock to `time`, unless it is in the past: a [`SystemTime`](std::time::SystemTime), or a
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

    /// Returns the unmanaged access codes, in the order in which they were added.
    #[must_use]
    pub fn unmanaged_access_codes(&self) -> Vec<UnmanagedAccessCode> {
        let state = self.lock();
        let codes = state.rows::<AccessCode>().filter(|code| !generic::is_managed(code));
        codes
            .filter_map(|code| {
                serde_json::from_value(render::project("unmanaged_access_code", &Value::Object(code.clone()))).ok()
            })
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
