//! A script: which requests come, and what each gets.

use std::{
    fmt,
    marker::PhantomData,
    ops::RangeInclusive,
    panic::Location,
    sync::{Arc, Mutex},
};

use seam_core::{
    Request, RequestExt, Response, Seam, Servable, Spec, Transport, TransportError, TransportErrorKind, async_trait,
    test_util, to_response_object,
};
use serde_json::{Map, Value};

use crate::{ApiFault, json_response, lock::lock};

/// Typed expectations about the requests that come, with an answer for each.
///
/// ```
/// use seam_core::{TransportErrorKind, endpoints::access_codes::unmanaged, model::UnmanagedAccessCode};
/// use seam_mock::{ApiFault, Script};
///
/// # #[tokio::main]
/// # async fn main() {
/// let script = Script::new();
/// script.expect::<unmanaged::Get>(|get| get.code.is_some()).respond(UnmanagedAccessCode::new("26d6138c"));
/// // A delete is tried again after a timeout, and a third time after a refusal for too many requests.
/// script.expect::<unmanaged::Delete>(|_| true).fail(TransportErrorKind::Timeout);
/// script.expect::<unmanaged::Delete>(|_| true).api_error(ApiFault::rate_limited());
/// script.expect::<unmanaged::Delete>(|_| true).respond(None);
///
/// let seam = script.seam();
/// let unmanaged = seam.access_codes().unmanaged();
/// let code = unmanaged.get_by_code("front-door", "1988").await.unwrap();
/// unmanaged.delete(&code.access_code_id).await.unwrap();
/// script.verify();
/// # }
/// ```
///
/// The client retries as it does in production, without the waits: a failure that is to last needs
/// [`any_times`](Expectation::any_times), or a call with [`without_retries`](seam_core::Call::without_retries).
///
/// A request is answered by the first expectation, in the order in which they were made, that is
/// about its endpoint, accepts it, and is not used up. A request that none accepts gets a
/// [`TransportError`] that says so, and what is still expected of that endpoint.
///
/// [`verify`](Self::verify) panics if something was expected and not called, or called and not
/// expected. So does dropping the script, so that a test cannot forget it, unless the test is
/// failing already. [`try_verify`](Self::try_verify) returns an error instead.
#[derive(Debug, Default)]
#[must_use = "a script that is dropped complains of what was not called"]
pub struct Script {
    state: Arc<Mutex<State>>,
}

impl Script {
    /// A script that expects nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects a request to the endpoint `E` that `accepts` says yes to, once unless
    /// [`times`](Expectation::times) says otherwise.
    ///
    /// For an endpoint of your own, the `Spec` has to list those parameters that are booleans or
    /// whole numbers: in a query they look like texts. `accepts` must not use the script itself.
    #[track_caller]
    pub fn expect<E: Servable>(&self, accepts: impl Fn(&E) -> bool + Send + 'static) -> Expectation<'_, E> {
        let place = Location::caller();
        Expectation { script: self, accepts: Box::new(accepts), times: 1..=1, place, endpoint: PhantomData }
    }

    /// A client whose requests this script answers.
    #[must_use]
    pub fn seam(&self) -> Seam {
        crate::seam(self.transport())
    }

    /// A transport that this script answers, for a client with settings of its own.
    #[must_use]
    pub fn transport(&self) -> impl Transport + use<> {
        ScriptTransport { state: Arc::clone(&self.state) }
    }

    /// Ends the script: compares what was expected with what was called.
    ///
    /// # Errors
    ///
    /// A [`ScriptError`] that lists what was expected and not called, and called and not expected.
    pub fn try_verify(self) -> Result<(), ScriptError> {
        lock(&self.state).end()
    }

    /// Ends the script.
    ///
    /// # Panics
    ///
    /// If something was expected and not called, or called and not expected.
    #[track_caller]
    #[expect(clippy::panic, reason = "this is how a test double fails a test")]
    pub fn verify(self) {
        if let Err(error) = self.try_verify() {
            panic!("{error}");
        }
    }
}

impl Drop for Script {
    #[expect(clippy::panic, reason = "this is how a test double fails a test")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let outcome = lock(&self.state).end();
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }
}

/// An expectation that has no response yet.
#[must_use = "an expectation needs a response"]
pub struct Expectation<'a, E> {
    script: &'a Script,
    accepts: Box<dyn Fn(&E) -> bool + Send>,
    times: RangeInclusive<usize>,
    place: &'static Location<'static>,
    endpoint: PhantomData<E>,
}

impl<E: Servable> Expectation<'_, E> {
    /// How often the request comes. Zero means that it must not come.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times..=times;
        self
    }

    /// The request may come as often as it likes, or not at all: for what a test is not about, and for failures that
    /// last, whatever the client's retries are.
    pub fn any_times(mut self) -> Self {
        self.times = 0..=usize::MAX;
        self
    }

    /// Responds with `output`.
    ///
    /// # Panics
    ///
    /// If `output` cannot be written as JSON.
    #[expect(clippy::needless_pass_by_value, reason = "a test reads better without &")]
    pub fn respond(self, output: E::Output) {
        let object = to_response_object(E::SPEC, &output);
        #[expect(clippy::expect_used, reason = "this is how a test double fails a test")]
        let body = Value::Object(object.expect("the answer cannot be written as JSON"));
        self.add(move |_| Ok(json_response(200, body.clone())));
    }

    /// Responds with what `respond` returns for the request. It must not use the script itself.
    pub fn respond_with(self, respond: impl Fn(&E) -> Result<E::Output, ApiFault> + Send + 'static) {
        self.add(move |request| match respond(request) {
            Ok(output) => to_response_object(E::SPEC, &output)
                .map(|object| json_response(200, Value::Object(object)))
                .map_err(|error| TransportError::new(TransportErrorKind::Other, error)),
            Err(fault) => Ok(fault.to_response()),
        });
    }

    /// The request is refused by Seam.
    pub fn api_error(self, fault: ApiFault) {
        self.add(move |_| Ok(fault.to_response()));
    }

    /// The request gets any response that can be made, such as the HTML of a proxy.
    pub fn raw(self, response: Response) {
        self.add(move |_| Ok(response.clone()));
    }

    /// The network fails.
    pub fn fail(self, kind: TransportErrorKind) {
        self.add(move |_| Err(kind.into()));
    }

    fn add(self, reply: impl Fn(&E) -> Result<Response, TransportError> + Send + 'static) {
        let accepts = self.accepts;
        lock(&self.script.state).expectations.push(Entry {
            spec: E::SPEC,
            times: self.times,
            calls: 0,
            place: self.place,
            describe: |parameters| read::<E>(parameters).map(|request| format!("{request:?}")),
            reply: Box::new(move |parameters| {
                let request = read::<E>(parameters)?;
                accepts(&request).then(|| reply(&request))
            }),
        });
    }
}

impl<E> fmt::Debug for Expectation<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expectation").field("times", &self.times).finish_non_exhaustive()
    }
}

/// The parameters that the `Spec` does not list, for a message.
fn unknown(spec: &Spec, parameters: &Map<String, Value>) -> String {
    let is_known = |name: &&String| spec.parameters().iter().any(|parameter| parameter.name == **name);
    let names: Vec<&str> = parameters.keys().filter(|name| !is_known(name)).map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" (not parameters of its Spec: {})", names.join(", ")) }
}

/// The request data, if the parameters are those of `E`.
fn read<E: Servable>(parameters: &Map<String, Value>) -> Option<E> {
    serde_json::from_value(Value::Object(parameters.clone())).ok()
}

/// What was expected and not called, and what was called and not expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the script was not followed:{}", .lines.iter().map(|line| format!("\n  {line}")).collect::<String>())]
pub struct ScriptError {
    lines: Vec<String>,
}

#[derive(Debug, Default)]
struct State {
    expectations: Vec<Entry>,
    unexpected: Vec<String>,
}

impl State {
    /// Compares what was expected with what was called, and forgets both: complaining once is enough.
    fn end(&mut self) -> Result<(), ScriptError> {
        let Self { expectations, unexpected } = std::mem::take(self);
        let missed = expectations.iter().filter(|expectation| expectation.calls < *expectation.times.start());
        let mut lines: Vec<String> =
            missed.map(|expectation| format!("expected and not called: {expectation}")).collect();
        lines.extend(unexpected.iter().map(|call| format!("called and not expected: {call}")));
        if lines.is_empty() { Ok(()) } else { Err(ScriptError { lines }) }
    }

    fn answer(&mut self, request: &Request) -> Result<Response, TransportError> {
        let route = format!("{} {}", request.method(), request.uri().path());
        let Some(spec) = request.spec() else {
            return Err(self.refuse(format!("{route}, which is no request of an endpoint")));
        };
        let parameters = match test_util::parameters(spec, request) {
            Ok(parameters) => parameters,
            Err(problem) => return Err(self.refuse(format!("{route}: {problem}"))),
        };
        let mut of_route: Vec<&mut Entry> =
            self.expectations.iter_mut().filter(|expectation| expectation.spec.path() == spec.path()).collect();
        for expectation in of_route.iter_mut().filter(|expectation| expectation.is_open()) {
            if let Some(reply) = (expectation.reply)(&parameters) {
                expectation.calls += 1;
                return reply;
            }
        }
        // Without the request's type only the names can be told: a value may be a PIN.
        let names = || parameters.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let data = of_route.iter().find_map(|expectation| (expectation.describe)(&parameters));
        let data = data.unwrap_or_else(|| format!("with {}{}", names(), unknown(spec, &parameters)));
        let open: Vec<String> =
            of_route.iter().filter(|expectation| expectation.is_open()).map(ToString::to_string).collect();
        let rest = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
        Err(self.refuse(format!("{route} {data}; still expected of this route: {rest}")))
    }

    fn refuse(&mut self, call: String) -> TransportError {
        let error = format!("the script does not expect {call}");
        self.unexpected.push(call);
        TransportError::new(TransportErrorKind::Other, error)
    }
}

type Reply = Box<dyn Fn(&Map<String, Value>) -> Option<Result<Response, TransportError>> + Send>;

struct Entry {
    spec: &'static Spec,
    times: RangeInclusive<usize>,
    calls: usize,
    /// Where in the test it was made, since closures have no text to show.
    place: &'static Location<'static>,
    /// The text of the request data that some parameters are, if they are this endpoint's.
    describe: fn(&Map<String, Value>) -> Option<String>,
    /// The answer to some parameters, if they are accepted.
    reply: Reply,
}

impl Entry {
    fn is_open(&self) -> bool {
        self.calls < *self.times.end()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} from {}:{}", self.spec.method(), self.spec.path(), self.place.file(), self.place.line())?;
        match *self.times.start() {
            times if times > 1 => write!(f, " (called {} of {times} times)", self.calls),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expectation({self})")
    }
}

#[derive(Debug)]
struct ScriptTransport {
    state: Arc<Mutex<State>>,
}

#[async_trait]
impl Transport for ScriptTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        lock(&self.state).answer(&request)
    }
}
