//! libcurl as a transport, on a thread for each exchange. It needs no async runtime.

use std::{mem::take, thread};

use curl::easy::{Easy2, Handler, HttpVersion, List, WriteError};
use futures_channel::oneshot::{self, Sender};
use httparse::EMPTY_HEADER;
use seam_core::{
    Body, Request, RequestExt, Response, Transport, TransportError,
    TransportErrorKind::{self, Interrupted, NotSent, TooLarge},
    async_trait, http,
    http::Method,
};

/// A transport over libcurl.
#[derive(Clone, Copy, Debug, Default)]
pub struct CurlTransport;

#[async_trait]
impl Transport for CurlTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (caller, result) = oneshot::channel();
        let received =
            Received { head: Vec::new(), body: Vec::new(), limit: request.response_limit(), caller: Some(caller) };
        let thread = thread::Builder::new().spawn(move || exchange(&request, received));
        thread.map_err(|error| TransportError::new(NotSent, error))?;
        result.await.unwrap_or_else(|_| Err(Interrupted.into()))
    }
}

/// Blocks until the response is received, or the caller has dropped the future.
fn exchange(request: &Request, received: Received) {
    let mut easy = Easy2::new(received);
    let result = match set_up(&mut easy, request) {
        // libcurl treats a truncated head as complete, so the head is parsed here.
        Ok(()) => match (easy.perform(), easy.get_mut().response()) {
            (Ok(()), Some(response)) => Ok(response),
            (Ok(()), None) => Err(Interrupted.into()),
            (Err(error), Some(head)) => {
                let kind = if error.is_write_error() { TooLarge } else { TransportErrorKind::Body };
                Err(TransportError::new(kind, error).with_response(head.status(), head.headers()))
            }
            (Err(error), None) => {
                let is_connect = error.is_couldnt_resolve_host() || error.is_couldnt_connect();
                let is_tls = error.is_ssl_connect_error() || error.is_peer_failed_verification();
                Err(TransportError::new(if is_connect || is_tls { NotSent } else { Interrupted }, error))
            }
        },
        Err(error) => Err(TransportError::new(NotSent, error)),
    };
    if let Some(caller) = easy.get_mut().caller.take() {
        drop(caller.send(result));
    }
}

fn set_up(easy: &mut Easy2<Received>, request: &Request) -> Result<(), curl::Error> {
    // libcurl sends a request again if a reused connection ends without a response, so no connection is reused.
    easy.fresh_connect(true)?;
    easy.forbid_reuse(true)?;
    easy.http_version(HttpVersion::V11)?;
    easy.path_as_is(true)?;
    easy.progress(true)?;
    easy.url(&request.uri().to_string())?;
    let mut headers = List::new();
    // Otherwise libcurl adds these two headers.
    headers.append("Expect:")?;
    headers.append("Content-Type:")?;
    for (name, value) in request.headers() {
        headers.append(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))?;
    }
    easy.http_headers(headers)?;
    if ![Method::GET, Method::DELETE].contains(request.method()) {
        easy.post(true)?;
        easy.post_fields_copy(request.body().as_ref())?;
    }
    easy.custom_request(request.method().as_str())
}

/// The received part of a response, and the sender of the result.
struct Received {
    head: Vec<u8>,
    body: Vec<u8>,
    limit: usize,
    caller: Option<Sender<Result<Response, TransportError>>>,
}

impl Received {
    /// Returns the response, if its head is complete.
    fn response(&mut self) -> Option<Response> {
        let mut headers = [EMPTY_HEADER; 128];
        let mut head = httparse::Response::new(&mut headers);
        head.parse(&self.head).ok().filter(httparse::Status::is_complete)?;
        let response = http::Response::builder().status(head.code?);
        let response = head.headers.iter().fold(response, |response, line| response.header(line.name, line.value));
        response.body(Body::from(take(&mut self.body))).ok()
    }
}

impl Handler for Received {
    fn header(&mut self, line: &[u8]) -> bool {
        // Another head follows the head of an informational response.
        if line.starts_with(b"HTTP/") {
            self.head.clear();
        }
        self.head.extend_from_slice(line);
        true
    }

    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        if data.len() > self.limit - self.body.len() {
            return Ok(0);
        }
        self.body.extend_from_slice(data);
        Ok(data.len())
    }

    /// Returns whether to continue. libcurl calls this every second, and when data arrives.
    fn progress(&mut self, _: f64, _: f64, _: f64, _: f64) -> bool {
        self.caller.as_ref().is_some_and(|caller| !caller.is_canceled())
    }
}
