//! The recorder: a transport that wraps another one and writes a cassette.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use seam_core::{
    Request, Response, Transport, TransportError, TransportErrorKind, async_trait, http::HeaderMap,
    test_util::SecretMask,
};
use serde_json::Value;

use super::{
    document::{CassetteError, Content, Document, Exchange, Outcome, RecordedRequest, RecordedResponse, kept_headers},
    request,
    scrub::Scrubber,
};
use crate::lock::lock;

/// A recorder of the exchanges of a transport in a cassette.
///
/// ```
/// use seam_mock::recording::Recorder;
/// # use seam_core::model::UnmanagedAccessCode;
/// # use seam_core::endpoints::access_codes::unmanaged;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let path = std::env::temp_dir().join(format!("seam-recorder-{}.json", std::process::id()));
/// # let script = seam_mock::Script::new();
/// # script.expect::<unmanaged::Get>(|_| true).respond(UnmanagedAccessCode::new("26d6138c"));
/// # let live = seam_mock::builder(script.transport())
/// #     .credentials(seam_core::Credentials::api_key(seam_mock::API_KEY)?);
/// let recorder = Recorder::new(&path);
/// let seam = live.wrap(|transport| recorder.transport(transport)).build()?;
/// seam.access_codes().unmanaged().get("26d6138c").await?;
/// recorder.finish()?;
/// # assert!(std::fs::read_to_string(&path)?.contains("26d6138c"));
/// # std::fs::remove_file(&path)?;
/// # script.verify();
/// # Ok(())
/// # }
/// ```
///
/// The file is written after an exchange, unless it was written shortly before, and when the recorder is dropped, even
/// by a panic. Exchanges are in the order in which their requests began. The [module](super) documents which secrets
/// are replaced.
///
/// [`finish`](Self::finish) marks the cassette as complete, and so does dropping the recorder unless the thread panics. A
/// recorder that is dropped before the first request leaves the file as it is. Requests that end after the recorder are not
/// recorded: keep it until the last response.
#[must_use = "a recorder records what is sent through its transport"]
pub struct Recorder {
    state: Arc<Mutex<State>>,
}

impl Recorder {
    /// Creates a recorder that writes the file at `path`, and replaces an existing one.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let state = State {
            path: path.into(),
            scrubber: Scrubber::default(),
            exchanges: Vec::new(),
            is_finished: false,
            written: None,
            error: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Declares additional values secret, by the names of their parameters or fields, such as the names of users, which
    /// the API does not treat as secrets.
    pub fn scrub(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        lock(&self.state).scrubber.add_names(names);
        self
    }

    /// Returns a transport that sends requests through `inner` and records them. Several transports of one recorder write
    /// one cassette.
    #[must_use]
    pub fn transport<T: Transport>(&self, inner: T) -> impl Transport + use<T> {
        RecordingTransport { inner, state: Arc::clone(&self.state) }
    }

    /// Ends the recording, and writes the file.
    ///
    /// # Errors
    ///
    /// Returns an error when the file cannot be written, now or after an exchange.
    pub fn finish(self) -> Result<(), CassetteError> {
        lock(&self.state).finish()
    }
}

impl Drop for Recorder {
    #[expect(clippy::panic, reason = "a test double fails a test by panicking")]
    fn drop(&mut self) {
        if lock(&self.state).exchanges.is_empty() {
            // The test failed before its first request. The cassette that the file has is better than an empty one.
            return;
        }
        if std::thread::panicking() {
            // The recording is written, but not marked as complete. An error is ignored, because the panic is reported.
            return lock(&self.state).write();
        }
        let outcome = lock(&self.state).finish();
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.state).describe("Recorder", f)
    }
}

struct State {
    path: PathBuf,
    scrubber: Scrubber,
    /// The exchanges in the order in which their requests began; `None` while there is no result.
    exchanges: Vec<Option<Exchange>>,
    is_finished: bool,
    /// The time at which the file was last written, and the duration of the write.
    written: Option<(Instant, Duration)>,
    /// The error of the last write, if it failed.
    error: Option<CassetteError>,
}

impl State {
    /// Adds a request without a result, and returns its index.
    fn begin(&mut self) -> usize {
        self.exchanges.push(None);
        self.exchanges.len() - 1
    }

    fn end(
        &mut self,
        index: usize,
        request: &RecordedRequest,
        own: &SecretMask,
        result: &Result<Response, TransportError>,
    ) {
        if self.is_finished {
            // The cassette is complete. Whether a later write adds the exchange would depend on the time.
            return;
        }
        let scrubber = &mut self.scrubber;
        let request = request::scrubbed(request, scrubber, own);
        let outcome = match result {
            Ok(response) => Outcome::Response(record_response(response, scrubber, own)),
            Err(error) => Outcome::Error {
                kind: error.kind(),
                status: error.status().map(|status| status.as_u16()),
                headers: record_headers(error.headers(), own),
                retry_after_ms: error.retry_after().and_then(|wait| u64::try_from(wait.as_millis()).ok()),
            },
        };
        if let Some(exchange) = self.exchanges.get_mut(index) {
            *exchange = Some(Exchange { request, outcome });
        }
        if let Some(mask) = self.scrubber.take_new() {
            for exchange in self.exchanges.iter_mut().flatten() {
                exchange.scrub_again(&mut self.scrubber, &mask);
            }
        }
        // The whole file is written each time, so a long recording is written less often: writes take at most a tenth of the time.
        if self.written.is_none_or(|(end, took)| end.elapsed() >= took * 9) {
            self.write();
        }
    }

    fn write(&mut self) {
        let start = Instant::now();
        let exchanges = self.exchanges.iter().flatten().cloned().collect();
        let document = Document { is_complete: self.is_finished, exchanges };
        self.error = document.write(&self.path, &self.scrubber).err();
        self.written = Some((Instant::now(), start.elapsed()));
    }

    fn finish(&mut self) -> Result<(), CassetteError> {
        if !self.is_finished {
            self.is_finished = true;
            self.write();
        }
        self.error.take().map_or(Ok(()), Err)
    }

    fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name).field("path", &self.path).field("exchanges", &self.exchanges.len()).finish()
    }
}

fn record_response(response: &Response, scrubber: &mut Scrubber, own: &SecretMask) -> RecordedResponse {
    let bytes = response.body().as_ref();
    let content = match (serde_json::from_slice::<Value>(bytes), std::str::from_utf8(bytes)) {
        _ if bytes.is_empty() => Content::Empty,
        (Ok(body), _) => Content::Json(scrubber.body(body, !response.status().is_success(), own)),
        (Err(_), Ok(text)) => Content::Text(scrubber.text(text, own)),
        (Err(_), Err(_)) => Content::Bytes(bytes.len()),
    };
    RecordedResponse { status: response.status().as_u16(), headers: record_headers(response.headers(), own), content }
}

fn record_headers(headers: &HeaderMap, own: &SecretMask) -> Value {
    kept_headers(headers, |value| own.mask_identifier(value))
}

struct RecordingTransport<T> {
    inner: T,
    state: Arc<Mutex<State>>,
}

#[async_trait]
impl<T: Transport> Transport for RecordingTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut pending = Pending {
            state: &self.state,
            index: lock(&self.state).begin(),
            request: request::read(&request),
            own: SecretMask::of(&request),
            is_over: false,
        };
        let result = self.inner.send(request).await;
        pending.end(&result);
        result
    }
}

impl<T: fmt::Debug> fmt::Debug for RecordingTransport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingTransport").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// A request that has no result yet.
struct Pending<'a> {
    state: &'a Mutex<State>,
    index: usize,
    /// The request, including secrets.
    request: RecordedRequest,
    own: SecretMask,
    is_over: bool,
}

impl Pending<'_> {
    fn end(&mut self, result: &Result<Response, TransportError>) {
        self.is_over = true;
        lock(self.state).end(self.index, &self.request, &self.own, result);
    }
}

impl Drop for Pending<'_> {
    /// Records a timeout: the policies of the client drop the future of a request that times out.
    fn drop(&mut self) {
        if !self.is_over && !std::thread::panicking() {
            self.end(&Err(TransportErrorKind::Timeout.into()));
        }
    }
}
