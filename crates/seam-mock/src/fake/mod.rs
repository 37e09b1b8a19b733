//! The in-memory Seam: what happens to every request, whatever its route.

mod access_codes;
mod seed;
#[cfg(feature = "serve")]
mod server;
mod validation;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use seam_core::{
    Endpoint, Request, Response, Seam, Spec, Transport, TransportError, async_trait,
    endpoints::access_codes::unmanaged,
    http::{Method, header::AUTHORIZATION},
    model::UnmanagedAccessCode,
    to_response_object,
};
use serde_json::{Map, Value};

pub use seed::{BACK_DOOR, CODE_WITHOUT_PIN, FRONT_DOOR, ONGOING_CODE, TIME_BOUND_CODE, UNMANAGEABLE_CODE, WORKSPACE};
#[cfg(feature = "serve")]
pub use server::Server;

use crate::{API_KEY, ApiFault, json_response, reply::set_request_id, request};

/// An in-memory Seam.
///
/// It has the routes below `/access_codes/unmanaged` and behaves like Seam: what is deleted or taken over
/// is gone, parameters are validated, every response has a request id (`request-000001` and so on),
/// and every route also accepts `POST`. It differs where a real Seam takes time or has people: locks
/// answer at once, so an action attempt has succeeded when it is first seen, and `sync`,
/// `user_identifier_key` and who may change a managed code make no difference.
///
/// What it refuses, and how:
///
/// | Status | Error type | When |
/// |---|---|---|
/// | 400 | `invalid_input` | a parameter is missing or wrong, or unknown in a query with `_strict=true`; the body is not a JSON object |
/// | 400 | `mismatched_page_parameters` | a page cursor comes with other parameters than it was made for |
/// | 400 | `cannot_be_managed` | the code says so, and there is no `force` |
/// | 400 | `cannot_delete_unmanaged_access_code` | the code says so |
/// | 401 | `unauthorized` | the key is not [`API_KEY`] |
/// | 404 | `access_code_not_found` | there is no such code, or it is gone |
/// | 404 | `route_not_found` | there is no such route here |
/// | 405 | `method_not_allowed` | the verb is neither the route's own nor `POST` |
/// | 413 | `payload_too_large` | the body of a request over HTTP is larger than 1 MiB, or breaks off |
///
/// Clones share one world. Each `new` is a world of its own, always the same one:
///
/// | | |
/// |---|---|
/// | [`FRONT_DOOR`] | a lock with [`ONGOING_CODE`] (PIN 1988), [`TIME_BOUND_CODE`] and [`CODE_WITHOUT_PIN`] |
/// | [`BACK_DOOR`] | a lock with [`UNMANAGEABLE_CODE`], which can be neither taken over nor deleted |
///
/// ```
/// use seam_core::model::UnmanagedAccessCode;
/// use seam_mock::FakeSeam;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), seam_core::Error> {
/// let fake = FakeSeam::empty();
/// let mut code = UnmanagedAccessCode::new("cleaning");
/// code.device_id = Some("garden-gate".into());
/// fake.add_unmanaged_access_code(code);
///
/// let seam = fake.seam();
/// assert_eq!(seam.access_codes().unmanaged().list("garden-gate").await?.items.len(), 1);
/// seam.access_codes().unmanaged().delete("cleaning").await?;
/// assert!(fake.unmanaged_access_codes().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FakeSeam {
    state: Arc<Mutex<State>>,
}

/// The object that a response holds, or the error.
type Answer = Result<Map<String, Value>, ApiFault>;

/// The world.
#[derive(Debug, Default)]
pub(crate) struct State {
    unmanaged_access_codes: Vec<UnmanagedAccessCode>,
    /// How many requests have been answered, for their ids.
    requests: u64,
    /// How many action attempts there have been, for their ids.
    action_attempts: u64,
}

impl FakeSeam {
    /// A Seam with two locks and four codes.
    #[must_use]
    pub fn new() -> Self {
        let fake = Self::empty();
        seed::unmanaged_access_codes().for_each(|code| fake.add_unmanaged_access_code(code));
        fake
    }

    /// A Seam without anything.
    #[must_use]
    pub fn empty() -> Self {
        Self { state: Arc::default() }
    }

    /// A client of this Seam, in memory.
    #[must_use]
    pub fn seam(&self) -> Seam {
        crate::seam(self.clone())
    }

    /// Puts a code on a lock, as if somebody had typed it in there. One with the same id is replaced.
    ///
    /// What Seam says about every code, such as its type and status, is filled in where `code` leaves it out.
    pub fn add_unmanaged_access_code(&self, code: UnmanagedAccessCode) {
        let code = seed::complete(code);
        let codes = &mut self.lock().unmanaged_access_codes;
        codes.retain(|other| other.access_code_id != code.access_code_id);
        codes.push(code);
    }

    /// The unmanaged codes there are now, in the order in which they appeared.
    #[must_use]
    pub fn unmanaged_access_codes(&self) -> Vec<UnmanagedAccessCode> {
        self.lock().unmanaged_access_codes.clone()
    }

    /// How many requests have been answered so far, refused ones too.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.lock().requests
    }

    /// Answers one request.
    fn handle(&self, request: &Request) -> Response {
        self.respond(|state| answer(state, request))
    }

    /// Makes the response, and counts it.
    fn respond(&self, answer: impl FnOnce(&mut State) -> Answer) -> Response {
        let mut state = self.lock();
        state.requests += 1;
        let request_id = format!("request-{:06}", state.requests);
        let mut response = match answer(&mut state) {
            Ok(object) => json_response(200, Value::Object(object)),
            Err(fault) => fault.with_request_id(&request_id).to_response(),
        };
        // It is made of letters, digits and a dash, which a header can hold.
        let _ = set_request_id(&mut response, &request_id);
        response
    }

    /// The world, also after a panic elsewhere: it is never left half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
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
        Ok(self.handle(&request))
    }
}

/// What a route does in this world.
trait Handle: Endpoint {
    fn handle(self, state: &mut State) -> Result<Self::Output, ApiFault>;
}

/// A route: what is known about it, and how its parameters become a response object.
struct Route {
    spec: &'static Spec,
    run: fn(&mut State, Map<String, Value>) -> Answer,
}

impl Route {
    const fn of<E: Handle>() -> Self {
        Self { spec: E::SPEC, run: run::<E> }
    }
}

const ROUTES: &[Route] = &[
    Route::of::<unmanaged::ConvertToManaged>(),
    Route::of::<unmanaged::Delete>(),
    Route::of::<unmanaged::Get>(),
    Route::of::<unmanaged::List>(),
    Route::of::<unmanaged::Update>(),
];

fn answer(state: &mut State, request: &Request) -> Answer {
    let path = request.uri().path();
    let Some(route) = ROUTES.iter().find(|route| route.spec.path == path) else {
        return Err(ApiFault::not_found("route_not_found", "There is no such route"));
    };
    if request.method() != Method::POST && request.method() != route.spec.method {
        let message = format!("This route accepts {} and POST", route.spec.method);
        return Err(ApiFault::new(405, "method_not_allowed", message));
    }
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorization.and_then(|value| value.strip_prefix("Bearer ")) != Some(API_KEY) {
        return Err(ApiFault::unauthorized());
    }
    let parameters = request::parameters(route.spec, request)
        .map_err(|message| ApiFault::invalid_input("Invalid parameters").with_validation_error("", message))?;
    validation::check(route.spec, &parameters, request::is_strict(request))?;
    (route.run)(state, parameters)
}

fn run<E: Handle>(state: &mut State, parameters: Map<String, Value>) -> Answer {
    // What validation lets through fits the type; if ever it does not, the client hears of it.
    let request: E = serde_json::from_value(Value::Object(parameters))
        .map_err(|_| ApiFault::invalid_input("The parameters do not fit this route"))?;
    let output = request.handle(state)?;
    to_response_object(E::SPEC, &output)
        .map_err(|_| ApiFault::new(500, "internal_server_error", "The answer cannot be written"))
}
