//! The in-memory Seam: what happens to every request, whatever its route.

mod access_codes;
mod access_grants;
mod accounts;
mod acs;
mod auth;
mod builders;
mod building;
mod cameras;
mod common;
mod control;
mod counts;
mod customers;
mod default_seed;
mod devices;
mod faults;
mod instant_keys;
mod locks;
#[cfg(feature = "serve")]
mod log;
mod noise_sensors;
mod phones;
mod providers;
mod rate_limits;
#[cfg(feature = "serve")]
mod server;
mod sessions;
mod shape;
mod spaces;
#[cfg(test)]
mod tests;
mod thermostats;
mod user_identities;
mod webhooks;
mod workspaces;
mod world;

use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use seam_core::{
    Builder, Clock, Credentials, ENDPOINTS, Request, Response, Seam, Spec, Transport, TransportError, TransportErrorKind, async_trait,
    http::{
        HeaderValue, Method,
        header::{ALLOW, RETRY_AFTER},
    },
    model::UnmanagedAccessCode,
    test_util::{ApiFault, json_response, parameters as request_parameters},
};
use seam_spec::{Field, Kind};
use serde_json::Value;

pub use seam_core::test_util::{API_KEY, TestClock};

pub use builders::{NewDevice, UnknownKind};
pub use building::{
    BACK_DOOR, BUILDING, CODE_WITHOUT_PIN, ENCODER, FRONT_DOOR, GARAGE, GUEST, GUEST_ROOMS, NOISE_SENSOR, ONGOING_CODE,
    ROOM_101, ROOM_102, THERMOSTAT, TIME_BOUND_CODE, UNMANAGEABLE_CODE, WORKSPACE,
};
pub use faults::Fault;
#[cfg(feature = "serve")]
pub use server::{Serve, Server};

use self::{
    auth::Caller,
    faults::FaultKind,
    world::{ActionOutcome, ActionPlan, Object, Table, World},
};

/// What a route answers, before what is the fake's own is taken out; or the error.
type Answer = Result<Object, ApiFault>;

/// What a route does.
type Handler = fn(&mut World, &Call) -> Answer;

/// When the world begins.
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
/// The key is [`API_KEY`]. Clones share one world. Time passes only by [`advance`](Self::advance), and when a
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
    world: Arc<Mutex<World>>,
    clock: TestClock,
    receiver: Arc<Mutex<Option<Receiver>>>,
}

/// What takes webhooks in the test's own process, and says with which status.
type Receiver = Box<dyn FnMut(&Request) -> u16 + Send>;

/// One call of a route, by somebody who may make it.
struct Call {
    spec: &'static Spec,
    described: &'static seam_spec::Route,
    caller: Caller,
    parameters: Object,
}

impl Call {
    /// The workspace that the caller works in. Only routes that take callers without one see an empty text.
    fn workspace(&self) -> &str {
        self.caller.workspace_id.as_deref().unwrap_or_default()
    }

    /// A parameter that is a text.
    fn text(&self, name: &str) -> Option<&str> {
        world::text(&self.parameters, name)
    }

    /// A parameter that is a time.
    fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiFault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| invalid(name, "Invalid datetime"))
    }

    /// A parameter that is a number.
    fn number(&self, name: &str) -> Option<f64> {
        self.parameters.get(name)?.as_f64()
    }

    /// The answer that says the same under each of the route's keys. Keys that only newer or older servers have say it
    /// too.
    fn answer_fields(&self, value: impl Fn(&str) -> Value) -> Object {
        self.answer_fields_dyn(&value)
    }

    /// As [`answer_fields`](Self::answer_fields), compiled once.
    fn answer_fields_dyn(&self, value: &dyn Fn(&str) -> Value) -> Object {
        let fields = self.described.response.iter();
        world::collect_object(&mut fields.map(|field| (field.name.to_owned(), value(field.name))))
    }

    /// The answer that is one thing.
    fn answer_with(&self, world: &World, key: &str, table: &'static Table, id: &str) -> Answer {
        let thing = common::find(world, self, table, id)?.clone();
        Ok(Object::from_iter([(key.to_owned(), Value::Object(thing))]))
    }

    /// Begins something that takes a while, of the type that the description of the route names; the answer that holds
    /// it.
    fn start(
        &self,
        world: &mut World,
        subject: &str,
        effect: impl FnOnce(&mut World) -> Result<Value, world::ActionError> + Send + 'static,
    ) -> Object {
        let attempt =
            world.start_action(self.workspace(), self.described.action_type.unwrap_or_default(), subject, effect);
        Object::from_iter([("action_attempt".to_owned(), Value::Object(attempt))])
    }
}

/// Puts a request id where Seam puts it. Request ids of this crate are always valid header values.
fn set_request_id(response: &mut Response, request_id: &str) {
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("seam-request-id", request_id);
    }
}

/// 400 for one parameter.
fn invalid(parameter: &str, message: &str) -> ApiFault {
    ApiFault::invalid_input("Invalid parameters").with_validation_error(parameter, message)
}

/// 404 for a path that is no route's.
fn no_such_route() -> ApiFault {
    ApiFault::not_found("route_not_found", "There is no such route")
}

/// A route: what is known about it, and what it does.
struct Route {
    spec: &'static Spec,
    described: &'static seam_spec::Route,
    handler: Handler,
}

/// All routes, by path.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut routes: Vec<Route> = ENDPOINTS.iter().copied().filter_map(route).collect();
    routes.sort_by_key(|route| route.spec.path);
    routes
});

fn route(spec: &'static Spec) -> Option<Route> {
    let described = seam_spec::api().route(spec.path)?;
    let special: &[fn(&str) -> Option<Handler>] = &[
        access_codes::handler,
        access_grants::handler,
        accounts::handler,
        acs::handler,
        cameras::handler,
        customers::handler,
        devices::handler,
        instant_keys::handler,
        locks::handler,
        noise_sensors::handler,
        phones::handler,
        sessions::handler,
        spaces::handler,
        thermostats::handler,
        user_identities::handler,
        webhooks::handler,
        workspaces::handler,
        common::handler,
    ];
    let handler = special.iter().find_map(|handler| handler(spec.path))?;
    Some(Route { spec, described, handler })
}

fn find_route(path: &str) -> Option<&'static Route> {
    let place = ROUTES.binary_search_by_key(&path, |route| route.spec.path).ok()?;
    ROUTES.get(place)
}

/// What comes of a request.
struct Exchange {
    /// How long it takes.
    delay: Duration,
    ending: Ending,
}

/// How an exchange ends.
enum Ending {
    Response(Response),
    /// The connection is gone; whether the request was carried out is told by the kind.
    Lost(TransportErrorKind),
    /// The head of the response comes, and half of its body.
    Truncated(Response),
}

/// Answers one request in a world.
fn exchange(world: &mut World, request: &Request) -> Exchange {
    world.requests += 1;
    let request_id = format!("request-{:06}", world.requests);
    let (delay, fault) = strike(world, request);
    let mut respond = || respond(world, request, &request_id);
    let ending = match fault {
        None => Ending::Response(respond()),
        Some(FaultKind::Status(status)) => {
            let mut response = json_response(status, Value::Null).map(|_| seam_core::Body::from(String::new()));
            response.headers_mut().remove(seam_core::http::header::CONTENT_TYPE);
            set_request_id(&mut response, &request_id);
            Ending::Response(response)
        }
        Some(FaultKind::RateLimited(wait)) => {
            let mut response = ApiFault::rate_limited().with_request_id(&request_id).to_response();
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
            Ending::Response(response)
        }
        Some(FaultKind::Unreachable) => Ending::Lost(TransportErrorKind::NotSent),
        Some(FaultKind::LostResponse) => {
            respond();
            Ending::Lost(TransportErrorKind::Interrupted)
        }
        Some(FaultKind::Malformed) => {
            Ending::Response(respond().map(|_| seam_core::Body::from("{\"ok\": tru".to_owned())))
        }
        Some(FaultKind::Truncated) => Ending::Truncated(respond()),
    };
    Exchange { delay, ending }
}

/// What a world without faults answers.
fn respond(world: &mut World, request: &Request, request_id: &str) -> Response {
    let mut response = match control::page(world, request) {
        Some(page) => html_response(page),
        None => match answer(world, request) {
            Ok(object) => json_response(200, Value::Object(object)),
            Err(refused) => refused.with_request_id(request_id).to_response(),
        },
    };
    // It is made of letters, digits and a dash, which a header can hold.
    set_request_id(&mut response, request_id);
    response
}

/// A page for people.
fn html_response(page: String) -> Response {
    let mut response = seam_core::http::Response::new(seam_core::Body::from(page));
    response
        .headers_mut()
        .insert(seam_core::http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// What goes wrong with this request. What steers the fake always works.
fn strike(world: &mut World, request: &Request) -> (Duration, Option<FaultKind>) {
    let path = request.uri().path();
    if world.faults.is_empty() || find_route(path).is_none() {
        return (Duration::ZERO, None);
    }
    let workspace = auth::authenticate(world, request).ok().and_then(|caller| caller.workspace_id);
    world.faults.strike(path, workspace.as_deref())
}

fn answer(world: &mut World, request: &Request) -> Answer {
    let path = request.uri().path();
    if let Some(answer) = control::answer(world, request) {
        return answer;
    }
    let Some(route) = find_route(path) else {
        return Err(no_such_route());
    };
    let method = request.method();
    if method != Method::POST && method != route.spec.method {
        let message = format!("This route accepts {} and POST", route.spec.method);
        let allowed = HeaderValue::from_str(&format!("{}, POST", route.spec.method));
        let fault = ApiFault::new(405, "method_not_allowed", message);
        return Err(allowed.map_or(fault.clone(), |allowed| fault.with_header(ALLOW, allowed)));
    }
    let caller = auth::authenticate(world, request)?;
    if !route.spec.credentials.is_empty() && !route.spec.credentials.contains(&caller.kind) {
        return Err(ApiFault::new(401, "unauthorized", "This route does not take such credentials"));
    }
    let mut parameters = request_parameters(route.spec, request).map_err(|message| invalid("", &message))?;
    if route.spec.paginated {
        common::follow_link(&mut parameters);
    }
    validate(route, &parameters, is_strict(request))?;
    shape::drop_nulls(&route.described.parameters, &mut parameters);
    let call = Call { spec: route.spec, described: route.described, caller, parameters };
    limit_rate(world, &call)?;
    let mut answer = (route.handler)(world, &call)?;
    present(world, &route.described.response, &mut answer);
    answer.insert("ok".to_owned(), Value::Bool(true));
    Ok(answer)
}

/// Whether the sender of `request` wants parameters to be refused which the route does not know.
fn is_strict(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "_strict" && value == "true")
}

/// Refuses parameters that are missing or wrong, with a message for each.
fn validate(route: &Route, parameters: &Object, is_strict: bool) -> Result<(), ApiFault> {
    let mut problems = shape::check(&route.described.parameters, &Value::Object(parameters.clone()));
    let given = |name: &str| parameters.get(name).is_some_and(|value| !value.is_null());
    if is_strict {
        if let Some(known) = shape::names(&route.described.parameters) {
            let mut unknown = parameters.keys().filter(|name| !known.contains(&name.as_str())).peekable();
            if unknown.peek().is_some() {
                let names = unknown.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
                problems.entry(Vec::new()).or_default().push(format!("Unrecognized key(s) in object: {names}"));
            }
        }
    }
    let is_selected = route.spec.selectors.iter().any(|names| names.iter().all(|name| given(name)));
    if !route.spec.selectors.is_empty() && !is_selected && problems.is_empty() {
        let choices: Vec<String> = route.spec.selectors.iter().map(|names| names.join(" and ")).collect();
        problems.entry(Vec::new()).or_default().push(format!("Expected {}", choices.join(", or ")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(ApiFault::invalid_input("Invalid parameters").with_validation_errors(problems))
}

/// 429 when a device is asked more often than Seam allows.
fn limit_rate(world: &mut World, call: &Call) -> Result<(), ApiFault> {
    let mut devices: Vec<String> = world::texts(&call.parameters, "device_ids").map(str::to_owned).collect();
    let code = call.text("access_code_id").and_then(|id| world.get(world::ACCESS_CODES, id));
    let of_code = code.and_then(|code| world::text(code, "device_id"));
    devices.extend(call.text("device_id").or(of_code).map(str::to_owned));
    let now = world.now();
    for device in devices {
        if let Some(seconds) = world.rate_limits.count(call.spec.path, &device, now) {
            return Err(ApiFault::rate_limited().with_header(RETRY_AFTER, HeaderValue::from(seconds)));
        }
    }
    Ok(())
}

/// Makes an answer what goes out: with its counts, without what is the fake's own, and with what its resources have and
/// no more.
fn present(world: &World, fields: &[Field], answer: &mut Object) {
    for field in fields {
        if let Some(value) = answer.get_mut(field.name) {
            counts::fill(world, &field.schema.kind, value);
            *value = shown(&field.schema.kind, value.take());
        }
    }
}

fn shown(kind: &Kind, value: Value) -> Value {
    match (kind, value) {
        (Kind::List(item), Value::Array(values)) => {
            Value::Array(values.into_iter().map(|value| shown(&item.kind, value)).collect())
        }
        (Kind::Reference(name), value) => match shape::resource(name) {
            Some(schema) => shown(&schema.kind, value),
            None => value,
        },
        (Kind::Object(fields), Value::Object(mut object)) => {
            let mut shown_object = Object::new();
            for field in fields {
                if let Some(value) = object.remove(field.name) {
                    shown_object.insert(field.name.to_owned(), shown(&field.schema.kind, value));
                }
            }
            Value::Object(shown_object)
        }
        (Kind::Variants { by, common, variants }, Value::Object(mut object)) => {
            let fields = || common.iter().chain(variants.iter().flat_map(|variant| &variant.fields));
            let is_known = |name: &str| *by == Some(name) || fields().any(|field| field.name == name);
            object.retain(|name, _| is_known(name));
            Value::Object(object)
        }
        (_, Value::Object(mut object)) => {
            object.retain(|name, _| !name.starts_with('_'));
            Value::Object(object)
        }
        (_, value) => value,
    }
}

impl FakeSeam {
    fn at(start: SystemTime) -> Self {
        let clock = TestClock::at(start);
        Self { world: Arc::new(Mutex::new(World::new(clock.clone()))), clock, receiver: Arc::default() }
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
        let fake = Self::at(world::system_time(start));
        fake.change(building::ground);
        fake
    }

    /// The world that users of the official fake know: two workspaces, three accounts, five devices, under the
    /// identifiers and tokens that `/_fake/default_seed` answers, such as `seam_apikey1_token` and `august_device_1`.
    #[must_use]
    pub fn with_default_seed() -> Self {
        let fake = Self::empty();
        fake.change(|world| {
            world.clear();
            default_seed::plant(world);
        });
        fake
    }

    /// A client of this Seam, in memory, with this Seam's [clock](Self::clock).
    #[must_use]
    pub fn seam(&self) -> Seam {
        #[expect(
            clippy::expect_used,
            reason = "the key and the base URL are constants that tests have built a client from"
        )]
        Credentials::api_key(API_KEY)
            .and_then(|credentials| self.builder().credentials(credentials).build())
            .expect("constants")
    }

    /// Begins to build a client of this Seam, in memory, with this Seam's [clock](Self::clock). It may block.
    pub fn builder(&self) -> Builder {
        Seam::builder(self.clone()).clock(self.clock.clone()).allow_blocking()
    }

    /// The clock of this world. It moves when a test [advances](Self::advance) it, and when a client that has it too
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
            self.change(|world| world.insert(world::ACCESS_CODES, building::unmanaged_code(code)));
        }
    }

    /// The unmanaged codes there are now, in the order in which they appeared.
    #[must_use]
    pub fn unmanaged_access_codes(&self) -> Vec<UnmanagedAccessCode> {
        let world = self.lock();
        let codes = world.rows(world::ACCESS_CODES).filter(|code| !common::is_managed(code));
        let kind = Kind::Reference("unmanaged_access_code");
        codes.filter_map(|code| serde_json::from_value(shown(&kind, Value::Object(code.clone()))).ok()).collect()
    }

    /// The webhooks that are to be delivered now, signed, as the requests that Seam would make. They count as
    /// delivered.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<Request> {
        self.lock().take_deliveries().into_iter().map(|(_, request)| request).collect()
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

    /// Changes the world as it is now, and delivers what comes of it.
    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.keep_up();
        let outcome = change(&mut self.lock());
        self.deliver();
        outcome
    }

    /// Lets everything happen that is to have happened by now, and delivers it at its time: what is refused comes again so
    /// much later than that.
    fn keep_up(&self) {
        loop {
            let mut world = self.world();
            let now = Timestamp::try_from(self.clock.time_of_day()).unwrap_or(Timestamp::MAX);
            let Some(next) = world.next_job().filter(|next| *next <= now) else {
                return world.catch_up(now);
            };
            world.catch_up(next);
            drop(world);
            self.deliver();
        }
    }

    /// Delivers webhooks in the test's own process, if it takes any.
    fn deliver(&self) {
        // While the receiver works it may itself ask this Seam for something, which delivers nothing further.
        let Ok(mut receiver) = self.receiver.try_lock() else { return };
        let Some(receive) = receiver.as_mut() else { return };
        loop {
            let due = self.world().take_deliveries();
            if due.is_empty() {
                return;
            }
            for (delivery, request) in due {
                let status = receive(&request);
                self.world().delivered(delivery, Some(status));
            }
        }
    }

    /// What is to be delivered over HTTP: nothing, where the test takes the webhooks itself.
    #[cfg(feature = "serve")]
    fn take_deliveries_for_http(&self) -> Vec<(webhooks::Delivery, Request)> {
        match self.receiver.try_lock() {
            Ok(receiver) if receiver.is_none() => self.lock().take_deliveries(),
            _ => Vec::new(),
        }
    }

    /// Counts a request that could not even be read, and refuses it.
    #[cfg(feature = "serve")]
    fn refuse(&self, fault: ApiFault) -> Exchange {
        let mut world = self.lock();
        world.requests += 1;
        let fault = fault.with_request_id(format!("request-{:06}", world.requests));
        Exchange { delay: Duration::ZERO, ending: Ending::Response(fault.to_response()) }
    }

    /// Answers one request.
    fn exchange(&self, request: &Request) -> Exchange {
        self.change(|world| exchange(world, request))
    }

    /// The world as it is now.
    fn lock(&self) -> MutexGuard<'_, World> {
        let mut world = self.world();
        if let Ok(now) = Timestamp::try_from(self.clock.time_of_day()) {
            world.catch_up(now);
        }
        world
    }

    /// The world as it was when somebody last looked, also after a panic elsewhere: it is never left half changed.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
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
