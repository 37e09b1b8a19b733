//! A transport that records requests and responds from a script, and a function that runs futures without a runtime.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of it, and tests assert by panicking"
)]

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use seam_core::{
    Body, Credentials, Error, Request, Response, RetryPolicy, Seam, Transport, TransportError, TransportErrorKind,
    async_trait, http,
};
use serde_json::Value;

pub(crate) const API_KEY: &str = "seam_test1_canary_8f2d";
pub(crate) const CODE_ID: &str = "26d6138c-6524-4f3c-ac96-43cc3bea0a8d";
pub(crate) const DEVICE_ID: &str = "c9cd621d-ef0c-45c8-b608-026ebdb74615";
pub(crate) const REQUEST_ID: &str = "bf6643a3-a102-4f3b-b4c3-bd8cd1119ba2";

/// Runs a future that is never pending: this transport responds at once.
#[track_caller]
pub(crate) fn run<F: IntoFuture>(future: F) -> F::Output {
    match pin!(future.into_future()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

/// One result of the script.
pub(crate) type Answer = Result<Response, TransportError>;

/// A [`Transport`] that records every request and responds from a script. Clones share both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    requests: Mutex<Vec<Request>>,
    answers: Mutex<VecDeque<Answer>>,
    /// The number of polls for which an exchange is pending before it responds.
    waits: AtomicUsize,
}

impl Recorder {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let recorder = Self::default();
        recorder.0.answers.lock().unwrap().extend(answers);
        recorder
    }

    /// Sets the number of polls for which each exchange is pending before it responds.
    pub(crate) fn waiting(self, times: usize) -> Self {
        self.0.waits.store(times, Ordering::Relaxed);
        self
    }

    /// Returns all requests, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.0.requests.lock().unwrap().clone()
    }

    /// Returns the single request that was sent.
    #[track_caller]
    pub(crate) fn only_request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "one request is sent");
        requests.into_iter().next().unwrap()
    }

    #[track_caller]
    pub(crate) fn assert_nothing_sent(&self) {
        assert!(self.requests().is_empty(), "nothing is sent");
    }

    /// Creates a client with an API key and this transport.
    pub(crate) fn client(&self) -> Seam {
        self.client_with(Credentials::api_key(API_KEY).unwrap())
    }

    pub(crate) fn client_with(&self, credentials: Credentials) -> Seam {
        // Each result of the script is for one call, without retries.
        Seam::builder(self.clone()).credentials(credentials).retry_policy(RetryPolicy::none()).build().unwrap()
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Answer {
        self.0.requests.lock().unwrap().push(request);
        for _ in 0..self.0.waits.load(Ordering::Relaxed) {
            let mut waited = false;
            std::future::poll_fn(
                |_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
        }
        self.0
            .answers
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or_else(|| panic!("a request that the script does not expect"))
    }
}

/// Creates a response with the headers of Seam and any body.
pub(crate) fn response(status: u16, body: impl Into<Vec<u8>>) -> Response {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .header("seam-request-id", REQUEST_ID)
        .body(Body::from(body.into()))
        .unwrap()
}

pub(crate) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Ok(response(status, body))
}

pub(crate) fn ok(body: &Value) -> Answer {
    answer(200, body.to_string())
}

pub(crate) fn failure(kind: TransportErrorKind) -> Answer {
    Err(kind.into())
}

/// Returns the body of a request as JSON.
#[track_caller]
pub(crate) fn sent_json(request: &Request) -> Value {
    serde_json::from_slice(request.body().as_ref()).unwrap()
}

/// Returns the decoded query of a request.
pub(crate) fn sent_query(request: &Request) -> Vec<(String, String)> {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Returns everything that an error and its sources print.
pub(crate) fn everything_printed(error: &Error) -> String {
    let mut printed = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        printed.push_str(&format!(" {inner} {inner:?} {inner:#?}"));
        source = inner.source();
    }
    printed
}
