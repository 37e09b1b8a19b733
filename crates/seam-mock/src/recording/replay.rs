//! The replay: a transport that responds from a cassette.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use seam_core::{
    Request, Response, Seam, Transport, TransportError, TransportErrorKind, async_trait, test_util::SecretMask,
};

use super::{
    compare::{Bindings, Comparison, compare, restore},
    document::{CassetteError, Content, Document, Exchange, Outcome, RecordedRequest, to_error},
    request,
    scrub::Scrubber,
};
use crate::lock::lock;

/// A replay of a cassette.
///
/// Each recorded exchange responds to one request. Requests must be in the recorded order, or in any order with
/// [`matching`](Self::matching). A request that does not match the next exchange fails with a [`TransportError`] that
/// lists the differences.
///
/// [`verify`](Self::verify) panics if an exchange was not requested, or a request was not recorded. So does dropping
/// the replay, unless the thread already panics. [`try_verify`](Self::try_verify) returns an error instead.
#[must_use = "dropping a replay panics if exchanges were not requested"]
pub struct Replay {
    state: Arc<Mutex<State>>,
}

impl Replay {
    /// Reads the cassette at `path`.
    ///
    /// # Errors
    ///
    /// Returns an error when the file does not exist, is damaged, or was written by a newer version of this crate.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref();
        let Document { is_complete, exchanges } = Document::read(path)?;
        let exchanges = exchanges.into_iter().map(|exchange| (exchange, false)).collect();
        let state = State {
            path: path.to_owned(),
            is_complete,
            exchanges,
            is_matching: false,
            ignored: BTreeSet::new(),
            names: BTreeSet::new(),
            bindings: Bindings::new(),
            unexpected: Vec::new(),
        };
        Ok(Self { state: Arc::new(Mutex::new(state)) })
    }

    /// Accepts requests in any order, for programs that send requests concurrently. Each request is matched with the
    /// first unused exchange that has the same endpoint and parameters.
    pub fn matching(self) -> Self {
        lock(&self.state).is_matching = true;
        self
    }

    /// Ignores parameters when requests are compared, such as the current time, which differs in each run. `names` are
    /// names of parameters, or paths such as `filter.from`.
    pub fn ignore(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        lock(&self.state).ignored.extend(names.into_iter().map(Into::into));
        self
    }

    /// Declares additional values secret, for the differences in errors. See
    /// [`Recorder::scrub`](super::Recorder::scrub).
    pub fn scrub(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        lock(&self.state).names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Returns a client over the cassette. It uses a [`TestClock`](crate::TestClock), so that waits take no real time.
    #[must_use]
    pub fn seam(&self) -> Seam {
        crate::seam(self.transport())
    }

    /// Returns a transport over the cassette, for a client with other settings.
    #[must_use]
    pub fn transport(&self) -> impl Transport + use<> {
        ReplayTransport { state: Arc::clone(&self.state) }
    }

    /// Ends the replay and compares the recorded exchanges with the requests.
    ///
    /// # Errors
    ///
    /// Returns an error that lists the exchanges that were not requested, and the requests that were not recorded.
    pub fn try_verify(self) -> Result<(), CassetteError> {
        lock(&self.state).end()
    }

    /// Ends the replay.
    ///
    /// # Panics
    ///
    /// Panics if an exchange was not requested, or a request not recorded.
    #[track_caller]
    #[expect(clippy::panic, reason = "a test double fails a test by panicking")]
    pub fn verify(self) {
        if let Err(error) = self.try_verify() {
            panic!("{error}");
        }
    }
}

impl Drop for Replay {
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

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("Replay").field("path", &state.path).field("exchanges", &state.exchanges.len()).finish()
    }
}

struct State {
    path: PathBuf,
    is_complete: bool,
    /// The exchanges, and whether each was used.
    exchanges: Vec<(Exchange, bool)>,
    is_matching: bool,
    ignored: BTreeSet<String>,
    /// The names that the user declared secret.
    names: BTreeSet<String>,
    bindings: Bindings,
    unexpected: Vec<String>,
}

impl State {
    fn end(&mut self) -> Result<(), CassetteError> {
        let unused = (1..).zip(std::mem::take(&mut self.exchanges)).filter(|(_, (_, is_used))| !is_used);
        let mut lines: Vec<String> = unused
            .map(|(number, (exchange, _))| {
                let request = &exchange.request;
                format!("recorded but not requested: exchange {number}, {request} {}", request.parameters)
            })
            .collect();
        let unexpected = std::mem::take(&mut self.unexpected);
        lines.extend(unexpected.into_iter().map(|request| format!("requested but not recorded: {request}")));
        if lines.is_empty() {
            return Ok(());
        }
        let lines: String = lines.iter().map(|line| format!("\n  {line}")).collect();
        Err(CassetteError::new(&self.path, format!("the replay differs from the recording:{lines}")))
    }

    fn answer(&mut self, request: &Request) -> Result<Response, TransportError> {
        let own = SecretMask::of(request);
        let request = request::read(request);
        let mut scrubber = Scrubber::default();
        scrubber.add_names(self.names.iter().cloned());
        let shown = request::scrubbed(&request, &mut scrubber, &own);
        let compare = |recorded: &RecordedRequest| compare(recorded, &request, &shown, &self.bindings, &self.ignored);

        let unused = self.exchanges.iter().enumerate().filter(|(_, (_, is_used))| !is_used);
        let candidates = unused.take(if self.is_matching { usize::MAX } else { 1 });
        let of_route = candidates.filter(|(_, (exchange, _))| exchange.request.path == request.path);
        let mut compared: Vec<(usize, Comparison)> =
            of_route.map(|(index, (exchange, _))| (index, compare(&exchange.request))).collect();
        // The first exchange with the fewest differences.
        compared.sort_by_key(|(_, comparison)| comparison.differences.len());
        match compared.into_iter().next() {
            Some((index, comparison)) if comparison.differences.is_empty() => {
                self.bindings.extend(comparison.bindings);
                Ok(self.play(index))
            }
            nearest => {
                let used = self.exchanges.iter().position(|(exchange, is_used)| {
                    *is_used
                        && exchange.request.path == request.path
                        && compare(&exchange.request).differences.is_empty()
                });
                Err(self.reject(&shown, nearest, used))
            }
        }?
    }

    /// Returns the result of an exchange.
    fn play(&mut self, index: usize) -> Result<Response, TransportError> {
        let source = format!("recorded in {}, exchange {}", self.path.display(), index + 1);
        let Some((Exchange { outcome, .. }, is_used)) = self.exchanges.get_mut(index) else {
            return Err(TransportError::new(TransportErrorKind::Other, source));
        };
        *is_used = true;
        match outcome {
            Outcome::Response(response) => {
                let mut response = response.clone();
                if let Content::Json(body) = &mut response.content {
                    restore(&self.bindings, body);
                }
                Ok(response.to_response())
            }
            Outcome::Error { kind, status, headers, retry_after_ms } => {
                Err(to_error(*kind, *status, headers, *retry_after_ms, source))
            }
        }
    }

    /// Returns the error for a request that matches no exchange.
    fn reject(
        &mut self,
        shown: &RecordedRequest,
        nearest: Option<(usize, Comparison)>,
        used: Option<usize>,
    ) -> TransportError {
        let mut lines = vec![format!("{shown} {}", shown.parameters)];
        let next = self.exchanges.iter().position(|(_, is_used)| !is_used);
        if let Some((index, comparison)) = nearest {
            let which = if self.is_matching { "nearest" } else { "next" };
            lines.push(format!("the {which} is exchange {}, with other parameters", index + 1));
            lines.extend(comparison.differences);
        } else if let Some(next) = next.filter(|_| !self.is_matching) {
            let recorded = self.exchanges.get(next).map(|(exchange, _)| exchange.request.to_string());
            lines.push(format!("the next is exchange {}, {}", next + 1, recorded.unwrap_or_default()));
        } else {
            lines.push("the endpoint has no unused exchange".to_owned());
        }
        if let Some(used) = used {
            lines.push(format!("exchange {} matches, but was already used", used + 1));
        }
        if !self.is_complete {
            lines.push("the recording was interrupted".to_owned());
        }
        // A single line, because errors escape line breaks.
        let error = format!(
            "cassette {}: no unused exchange matches {}; to record again, run the test with SEAM_RECORD=1",
            self.path.display(),
            lines.join("; ")
        );
        self.unexpected.push(lines.join("\n    "));
        TransportError::new(TransportErrorKind::Other, error)
    }
}

struct ReplayTransport {
    state: Arc<Mutex<State>>,
}

#[async_trait]
impl Transport for ReplayTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        lock(&self.state).answer(&request)
    }
}

impl fmt::Debug for ReplayTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayTransport").field("path", &lock(&self.state).path).finish_non_exhaustive()
    }
}
