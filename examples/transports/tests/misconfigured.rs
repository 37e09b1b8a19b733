//! The transport kit detects the violations of the same HTTP stacks with default settings, or with a retry middleware.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use curl::easy::{Easy, List};
use futures_util::AsyncReadExt;
use reqwest::redirect::Policy;
use reqwest_middleware::ClientBuilder;
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use seam_core::{
    Body, Request, Response, Transport, TransportError,
    TransportErrorKind::{Interrupted, NotSent},
    http::{self, HeaderName, HeaderValue, Method, StatusCode},
    transport_fn,
};
use seam_mock::transport_kit::{
    Obligation::{
        self, BrokenConnections, Cancellation, Compression, PooledConnections, Redirects, ResponseLimit, RetryStatuses,
        Secrets, Statuses, Truncation,
    },
    Report, TransportKit,
};
use transport_examples::reqwest_middleware::MiddlewareTransport;
use ureq::Agent;

async fn run<T: Transport>(make: impl Fn() -> T + Send + Sync + 'static) -> Report {
    TransportKit::new(make).run().await
}

fn assert_breaks(report: &Report, expected: &[Obligation]) {
    assert_eq!(report.broken().collect::<Vec<_>>(), expected, "{report}");
}

/// Runs a blocking exchange on a thread of the runtime.
async fn blocking<F>(exchange: F) -> Result<Response, TransportError>
where
    F: FnOnce() -> Result<Response, TransportError> + Send + 'static,
{
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn failed(is_connect: bool, error: impl std::error::Error + Send + Sync + 'static) -> TransportError {
    TransportError::new(if is_connect { NotSent } else { Interrupted }, error)
}

/// Returns a transport over libcurl that reuses handles and their connections, as its documentation recommends.
fn curl_with_defaults() -> impl Transport {
    let handles = Arc::new(Mutex::new(Vec::new()));
    transport_fn(move |request: Request| {
        let handles = Arc::clone(&handles);
        blocking(move || {
            let idle = handles.lock().unwrap().pop();
            let mut easy = idle.unwrap_or_else(Easy::new);
            let (mut head, mut body) = (Vec::new(), Vec::new());
            easy.url(&request.uri().to_string()).unwrap();
            let mut list = List::new();
            for (name, value) in request.headers() {
                list.append(&format!("{name}: {}", value.to_str().unwrap())).unwrap();
            }
            easy.http_headers(list).unwrap();
            if request.method() != Method::GET {
                easy.post(true).unwrap();
                easy.post_fields_copy(request.body().as_ref()).unwrap();
            }
            easy.custom_request(request.method().as_str()).unwrap();
            {
                let mut transfer = easy.transfer();
                transfer
                    .header_function(|line| {
                        head.push(line.to_vec());
                        true
                    })
                    .unwrap();
                transfer
                    .write_function(|data| {
                        body.extend_from_slice(data);
                        Ok(data.len())
                    })
                    .unwrap();
                transfer.perform().map_err(|error| failed(error.is_couldnt_connect(), error))?;
            }
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(easy.response_code().unwrap().try_into().unwrap()).unwrap();
            for line in head {
                let line = String::from_utf8_lossy(&line);
                let Some((name, value)) = line.split_once(':') else { continue };
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value.trim())) {
                    response.headers_mut().append(name, value);
                }
            }
            handles.lock().unwrap().push(easy);
            Ok(response)
        })
    })
}

#[tokio::test]
async fn libcurl_with_defaults() {
    let report = run(curl_with_defaults).await;
    assert_breaks(&report, &[PooledConnections, Truncation, ResponseLimit, Cancellation]);
}

#[tokio::test]
async fn isahc_with_defaults() {
    let report = run(|| {
        let client = isahc::HttpClient::new().unwrap();
        transport_fn(move |request: Request| {
            let client = client.clone();
            async move {
                let sent = client.send_async(request.map(|body| body.into_bytes().to_vec())).await;
                let is_connect = |error: &isahc::Error| *error.kind() == isahc::error::ErrorKind::ConnectionFailed;
                let (head, mut body) = sent.map_err(|error| failed(is_connect(&error), error))?.into_parts();
                let mut read = Vec::new();
                body.read_to_end(&mut read).await.map_err(|error| failed(false, error))?;
                Ok(Response::from_parts(head, Body::from(read)))
            }
        })
    });
    let report = report.await;
    assert_breaks(
        &report,
        &[Obligation::Request, Compression, PooledConnections, Truncation, ResponseLimit, Cancellation],
    );
}

#[tokio::test]
async fn ureq_with_defaults() {
    let report = run(|| {
        let agent = Agent::new_with_defaults();
        transport_fn(move |request: Request| {
            let agent = agent.clone();
            blocking(move || {
                let sent = match *request.method() {
                    Method::GET | Method::DELETE => agent.run(request.map(drop)),
                    _ => agent.run(request.map(|body| body.into_bytes().to_vec())),
                };
                let is_connect = |error: &ureq::Error| matches!(error, ureq::Error::ConnectionFailed);
                let (head, mut body) = sent.map_err(|error| failed(is_connect(&error), error))?.into_parts();
                let read = body.read_to_vec().map_err(|error| failed(false, error))?;
                Ok(http::Response::from_parts(head, Body::from(read)))
            })
        })
    });
    let report = report.await;
    assert_breaks(&report, &[Statuses, Redirects, ResponseLimit, Cancellation]);
}

fn reqwest_client() -> reqwest::ClientBuilder {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    // A proxy of the environment could not reach the servers of the kit.
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy()
}

#[tokio::test]
async fn reqwest_with_default_redirects() {
    let report = run(|| MiddlewareTransport(reqwest_client().build().unwrap().into())).await;
    assert_breaks(&report, &[Redirects]);
}

#[tokio::test]
async fn reqwest_with_a_retry_middleware() {
    let report = run(|| {
        let (shortest, longest) = (Duration::from_millis(1), Duration::from_millis(2));
        let policy = ExponentialBackoff::builder().retry_bounds(shortest, longest).build_with_max_retries(2);
        let client = ClientBuilder::new(reqwest_client().redirect(Policy::none()).build().unwrap());
        MiddlewareTransport(client.with(RetryTransientMiddleware::new_with_policy(policy)).build())
    });
    let report = report.await;
    assert_breaks(&report, &[BrokenConnections, PooledConnections, RetryStatuses, Secrets]);
}
