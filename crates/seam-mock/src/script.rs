//! Scripts: expected requests and their responses.

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

/// A script of typed expectations of requests, each with a response.
///
/// ```
/// use seam_core::{TransportErrorKind, endpoints::access_codes::unmanaged, model::UnmanagedAccessCode};
/// use seam_mock::{ApiFault, Script};
///
/// # #[tokio::main]
/// # async fn main() {
/// let script = Script::new();
/// script.expect::<unmanaged::Get>(|get| get.code.is_some()).respond(UnmanagedAccessCode::new("26d6138c"));
/// // A delete is retried after a timeout, and again after a 429.
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
/// The client retries as in production, without real waits: a permanent failure needs
/// [`any_times`](Expectation::any_times), or a call with [`without_retries`](seam_core::Call::without_retries).
///
/// A request is matched with the first expectation, in the order in which they were added, that has its endpoint,
/// accepts it, and is not used up. A request that matches none fails with a [`TransportError`] that lists the remaining
/// expectations of that endpoint.
///
/// [`verify`](Self::verify) panics if an expected request was not sent, or an unexpected one was. So does dropping the
/// script, so that a test cannot forget it, unless the thread already panics. [`try_verify`](Self::try_verify) returns
/// an error instead.
#[derive(Debug, Default)]
#[must_use = "dropping a script panics if expected requests were not sent"]
pub struct Script {
    state: Arc<Mutex<State>>,
}

impl Script {
    /// Creates a script without expectations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects a request to the endpoint `E` for which `accepts` returns true: once, unless
    /// [`times`](Expectation::times) is set.
    ///
    /// For an endpoint of your own, the `Spec` must list the parameters that are booleans or whole numbers, because a
    /// query has only strings. `accepts` must not use the script itself.
    #[track_caller]
    pub fn expect<E: Servable>(&self, accepts: impl Fn(&E) -> bool + Send + 'static) -> Expectation<'_, E> {
        let location = Location::caller();
        Expectation { script: self, accepts: Box::new(accepts), times: 1..=1, location, endpoint: PhantomData }
    }

    /// Returns a client over this script.
    #[must_use]
    pub fn seam(&self) -> Seam {
        crate::seam(self.transport())
    }

    /// Returns a transport over this script, for a client with other settings.
    #[must_use]
    pub fn transport(&self) -> impl Transport + use<> {
        ScriptTransport { state: Arc::clone(&self.state) }
    }

    /// Ends the script and compares the expectations with the requests.
    ///
    /// # Errors
    ///
    /// Returns a [`ScriptError`] that lists the expected requests that were not sent, and the unexpected ones that
    /// were.
    pub fn try_verify(self) -> Result<(), ScriptError> {
        lock(&self.state).end()
    }

    /// Ends the script.
    ///
    /// # Panics
    ///
    /// Panics if an expected request was not sent, or an unexpected one was.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test double fails a test by panicking")]
    pub fn verify(self) {
        if let Err(error) = self.try_verify() {
            panic!("{error}");
        }
    }
}

impl Drop for Script {
    #[expect(clippy::panic, reason = "a test double fails a test by panicking")]
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

/// An expectation without a response.
#[must_use = "an expectation needs a response"]
pub struct Expectation<'a, E> {
    script: &'a Script,
    accepts: Box<dyn Fn(&E) -> bool + Send>,
    times: RangeInclusive<usize>,
    location: &'static Location<'static>,
    endpoint: PhantomData<E>,
}

impl<E: Servable> Expectation<'_, E> {
    /// Sets the number of times that the request must be sent. Zero means that it must not be sent.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times..=times;
        self
    }

    /// Allows any number of such requests, including none: for requests that are irrelevant to a test, and for
    /// permanent failures, regardless of retries.
    pub fn any_times(mut self) -> Self {
        self.times = 0..=usize::MAX;
        self
    }

    /// Responds with `output`.
    ///
    /// # Panics
    ///
    /// Panics if `output` cannot be serialized to JSON.
    #[expect(clippy::needless_pass_by_value, reason = "tests pass temporary values")]
    pub fn respond(self, output: E::Output) {
        let object = to_response_object(E::SPEC, &output);
        #[expect(clippy::expect_used, reason = "a test double fails a test by panicking")]
        let body = Value::Object(object.expect("the output cannot be serialized to JSON"));
        self.add(move |_| Ok(json_response(200, body.clone())));
    }

    /// Responds with the result of `respond` for the request. It must not use the script itself.
    pub fn respond_with(self, respond: impl Fn(&E) -> Result<E::Output, ApiFault> + Send + 'static) {
        self.add(move |request| match respond(request) {
            Ok(output) => to_response_object(E::SPEC, &output)
                .map(|object| json_response(200, Value::Object(object)))
                .map_err(|error| TransportError::new(TransportErrorKind::Other, error)),
            Err(fault) => Ok(fault.to_response()),
        });
    }

    /// Responds with an error of Seam.
    pub fn api_error(self, fault: ApiFault) {
        self.add(move |_| Ok(fault.to_response()));
    }

    /// Responds with a raw response, such as the HTML of a proxy.
    pub fn raw(self, response: Response) {
        self.add(move |_| Ok(response.clone()));
    }

    /// Fails with a transport error of this kind.
    pub fn fail(self, kind: TransportErrorKind) {
        self.add(move |_| Err(kind.into()));
    }

    fn add(self, reply: impl Fn(&E) -> Result<Response, TransportError> + Send + 'static) {
        let accepts = self.accepts;
        lock(&self.script.state).expectations.push(Entry {
            spec: E::SPEC,
            times: self.times,
            calls: 0,
            location: self.location,
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

/// Returns a message with the parameters that the `Spec` does not list.
fn unknown(spec: &Spec, parameters: &Map<String, Value>) -> String {
    let is_known = |name: &&String| spec.parameters().iter().any(|parameter| parameter.name == **name);
    let names: Vec<&str> = parameters.keys().filter(|name| !is_known(name)).map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" (not parameters of its Spec: {})", names.join(", ")) }
}

/// Returns the request, if the parameters are those of `E`.
fn read<E: Servable>(parameters: &Map<String, Value>) -> Option<E> {
    serde_json::from_value(Value::Object(parameters.clone())).ok()
}

/// The error of a script whose expectations differ from the requests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the requests differ from the script:{}", .lines.iter().map(|line| format!("\n  {line}")).collect::<String>())]
pub struct ScriptError {
    lines: Vec<String>,
}

#[derive(Debug, Default)]
struct State {
    expectations: Vec<Entry>,
    unexpected: Vec<String>,
}

impl State {
    /// Compares the expectations with the requests, and clears both, so that differences are reported once.
    fn end(&mut self) -> Result<(), ScriptError> {
        let Self { expectations, unexpected } = std::mem::take(self);
        let missed = expectations.iter().filter(|expectation| expectation.calls < *expectation.times.start());
        let mut lines: Vec<String> =
            missed.map(|expectation| format!("expected but not sent: {expectation}")).collect();
        lines.extend(unexpected.iter().map(|call| format!("sent but not expected: {call}")));
        if lines.is_empty() { Ok(()) } else { Err(ScriptError { lines }) }
    }

    fn answer(&mut self, request: &Request) -> Result<Response, TransportError> {
        let route = format!("{} {}", request.method(), request.uri().path());
        let Some(spec) = request.spec() else {
            return Err(self.reject(format!("{route}, which is not a request of an endpoint")));
        };
        let parameters = match test_util::parameters(spec, request) {
            Ok(parameters) => parameters,
            Err(problem) => return Err(self.reject(format!("{route}: {problem}"))),
        };
        let mut of_route: Vec<&mut Entry> =
            self.expectations.iter_mut().filter(|expectation| expectation.spec.path() == spec.path()).collect();
        for expectation in of_route.iter_mut().filter(|expectation| expectation.is_open()) {
            if let Some(reply) = (expectation.reply)(&parameters) {
                expectation.calls += 1;
                return reply;
            }
        }
        // Without the type of the request only the names are safe to print: a value may be a PIN.
        let names = || parameters.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let data = of_route.iter().find_map(|expectation| (expectation.describe)(&parameters));
        let data = data.unwrap_or_else(|| format!("with {}{}", names(), unknown(spec, &parameters)));
        let open: Vec<String> =
            of_route.iter().filter(|expectation| expectation.is_open()).map(ToString::to_string).collect();
        let rest = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
        Err(self.reject(format!("{route} {data}; remaining expectations of this route: {rest}")))
    }

    fn reject(&mut self, call: String) -> TransportError {
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
    /// The location in the test, because a closure cannot be printed.
    location: &'static Location<'static>,
    /// Formats the request with some parameters, if they are those of the endpoint.
    describe: fn(&Map<String, Value>) -> Option<String>,
    /// Returns the response to some parameters, if they are accepted.
    reply: Reply,
}

impl Entry {
    fn is_open(&self) -> bool {
        self.calls < *self.times.end()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} from {}:{}",
            self.spec.method(),
            self.spec.path(),
            self.location.file(),
            self.location.line()
        )?;
        match *self.times.start() {
            times if times > 1 => write!(f, " (sent {} of {times} times)", self.calls),
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
