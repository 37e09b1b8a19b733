//! The kit accepts a transport that keeps every obligation, and detects each one that breaks an obligation.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use seam_core::{
    Body, Bytes, Request, RequestExt, Response, Transport, TransportError,
    TransportErrorKind::{self, Interrupted, NotSent, TooLarge},
    async_trait,
    http::{StatusCode, header},
};
use seam_mock::{
    json_response,
    transport_kit::{Obligation, Report, TransportKit, Verdict},
};

/// A transport that keeps every obligation.
#[derive(Clone, Debug)]
struct Good(Client<HttpConnector, Full<Bytes>>);

impl Good {
    fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http())
    }
}

#[async_trait]
impl Transport for Good {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let limit = request.response_limit();
        let response = self
            .0
            .request(request.map(|body| Full::new(body.into_bytes())))
            .await
            .map_err(|error| TransportError::new(if error.is_connect() { NotSent } else { Interrupted }, error))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            let kind = if error.is::<LengthLimitError>() { TooLarge } else { TransportErrorKind::Body };
            TransportError::new(kind, error).with_response(head.status, &head.headers)
        })?;
        Ok(Response::from_parts(head, Body::from(body.to_bytes())))
    }
}

async fn run<T: Transport>(make: impl Fn() -> T + Send + Sync + 'static) -> Report {
    TransportKit::new(make).run().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_transport_keeps_every_obligation() {
    let report = run(Good::new).await;
    report.assert_kept();
    for entry in report.entries() {
        let expected = match entry.obligation() {
            Obligation::Tls | Obligation::Http2 => Verdict::Skipped,
            _ => Verdict::Held,
        };
        assert_eq!(entry.verdict(), expected, "{entry}");
    }
    assert!(report.to_string().contains("held     statuses"), "{report}");
}

/// A good transport with one fault.
struct Bad<F>(Good, F);

impl<F> fmt::Debug for Bad<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bad")
    }
}

#[async_trait]
impl<F, R> Transport for Bad<F>
where
    F: Fn(Good, Request) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response, TransportError>> + Send + 'static,
{
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (self.1)(self.0.clone(), request).await
    }
}

/// Runs the kit with such a transport.
async fn run_bad<F, R>(send: F) -> Report
where
    F: Fn(Good, Request) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = Result<Response, TransportError>> + Send + 'static,
{
    run(move || Bad(Good::new(), send)).await
}

/// Panics with the report if the transport breaks other obligations than these.
#[track_caller]
fn assert_broken(report: &Report, expected: &[Obligation]) {
    let broken: Vec<_> = report.broken().collect();
    assert_eq!(broken, expected, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_retries_is_detected() {
    let report = run_bad(|good, request| async move {
        let again = request.clone();
        match good.send(request).await {
            Err(error) if error.kind() == Interrupted => good.send(again).await,
            result => result,
        }
    });
    assert_broken(&report.await, &[Obligation::BrokenConnections, Obligation::PooledConnections]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_retries_only_on_pooled_connections_is_detected() {
    // Like libcurl, which assumes that a pooled connection that ends without a response was already dead.
    let report = run(|| {
        let used = Arc::new(Mutex::new(false));
        Bad(Good::new(), move |good: Good, request: Request| {
            let used = Arc::clone(&used);
            async move {
                let was_used = std::mem::replace(&mut *used.lock().unwrap(), true);
                let again = request.clone();
                match good.send(request).await {
                    Err(error) if error.kind() == Interrupted && was_used => Good::new().send(again).await,
                    result => result,
                }
            }
        })
    });
    assert_broken(&report.await, &[Obligation::PooledConnections]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_honors_retry_after_is_detected() {
    let report = run_bad(|good, request| async move {
        let again = request.clone();
        match good.send(request).await {
            Ok(response) if response.headers().contains_key(header::RETRY_AFTER) => good.send(again).await,
            result => result,
        }
    });
    assert_broken(&report.await, &[Obligation::RetryStatuses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_repeats_slow_requests_is_detected() {
    let report = run_bad(|good, request| async move {
        let again = request.clone();
        match tokio::time::timeout(Duration::from_secs(1), good.send(request)).await {
            Ok(result) => result,
            Err(_) => good.send(again).await,
        }
    });
    assert_broken(&report.await, &[Obligation::SlowResponses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_invents_a_response_is_detected() {
    let report = run_bad(|good, request| async move {
        match tokio::time::timeout(Duration::from_secs(1), good.send(request)).await {
            Ok(result) => result,
            Err(_) => Ok(json_response(504, serde_json::json!({}))),
        }
    });
    assert_broken(&report.await, &[Obligation::SlowResponses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_of_the_transport_is_weak() {
    let report = run(|| {
        Bad(Good::new(), |good: Good, request: Request| async move {
            let sending = tokio::time::timeout(Duration::from_secs(1), good.send(request));
            sending.await.unwrap_or_else(|_| Err(TransportErrorKind::Timeout.into()))
        })
    });
    let report = report.await;
    report.assert_kept();
    assert_eq!(report.verdict(Obligation::SlowResponses), Verdict::Weak, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_accepts_a_truncated_head_is_detected() {
    let report = run_bad(|good, request| async move {
        match good.send(request).await {
            Err(error) if error.kind() == Interrupted => Ok(Response::new(Body::default())),
            result => result,
        }
    });
    assert_broken(&report.await, &[Obligation::Truncation]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_for_a_status_is_not_taken_for_a_retry() {
    let report = run_bad(|good, request| async move {
        let response = good.send(request).await?;
        if response.status().is_success() { Ok(response) } else { Err(Interrupted.into()) }
    });
    assert_broken(&report.await, &[Obligation::Statuses, Obligation::Redirects]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_follows_redirects_is_detected() {
    let report = run_bad(|good, request| async move {
        let mut again = request.clone();
        let response = good.send(request).await?;
        let Some(location) = response.headers().get(header::LOCATION) else { return Ok(response) };
        let host = again.uri().authority().unwrap();
        *again.uri_mut() = format!("http://{host}{}", location.to_str().unwrap()).parse().unwrap();
        good.send(again).await
    });
    assert_broken(&report.await, &[Obligation::Redirects]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_returns_not_sent_too_often_is_detected() {
    let report = run_bad(|good, request| async move {
        good.send(request).await.map_err(|error| match error.kind() {
            Interrupted => NotSent.into(),
            _ => error,
        })
    });
    assert_broken(&report.await, &[Obligation::BrokenConnections, Obligation::PooledConnections]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_never_returns_not_sent_is_weak() {
    let report = run(|| {
        Bad(Good::new(), |good: Good, request: Request| async move {
            good.send(request).await.map_err(|error| if error.kind() == NotSent { Interrupted.into() } else { error })
        })
    });
    let report = report.await;
    report.assert_kept();
    assert_eq!(report.verdict(Obligation::NotSent), Verdict::Weak);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_returns_statuses_as_errors_is_detected() {
    let report = run_bad(|good, request| async move {
        let response = good.send(request).await?;
        if response.status() == StatusCode::NOT_FOUND { Err(Interrupted.into()) } else { Ok(response) }
    });
    assert_broken(&report.await, &[Obligation::Statuses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_reads_without_a_limit_is_detected() {
    let report = run_bad(|good, request| async move {
        let request = request.map(|body| Full::new(body.into_bytes()));
        let response = good
            .0
            .request(request)
            .await
            .map_err(|error| TransportError::new(if error.is_connect() { NotSent } else { Interrupted }, error))?;
        let (head, mut body) = response.into_parts();
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            // A truncated body is returned as complete.
            let Ok(frame) = frame else { break };
            read.extend(frame.into_data().unwrap_or_default());
            if read.len() > 1 << 20 {
                break;
            }
        }
        Ok(Response::from_parts(head, Body::from(read)))
    });
    assert_broken(&report.await, &[Obligation::Truncation, Obligation::ResponseLimit]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_spawns_the_exchange_is_detected() {
    let report =
        run_bad(|good, request| async move { tokio::spawn(async move { good.send(request).await }).await.unwrap() });
    assert_broken(&report.await, &[Obligation::Cancellation]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_sends_one_request_at_a_time_is_detected() {
    let report = run(|| {
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        Bad(Good::new(), move |good: Good, request: Request| {
            let turn = Arc::clone(&turn);
            async move {
                let _turn = turn.lock().await;
                good.send(request).await
            }
        })
    });
    assert_broken(&report.await, &[Obligation::Concurrency]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_requests_compression_is_detected() {
    let report = run_bad(|good, mut request| async move {
        request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());
        good.send(request).await
    });
    assert_broken(&report.await, &[Obligation::Request]);

    let report = run(|| {
        Bad(Good::new(), |good: Good, mut request: Request| async move {
            request.headers_mut().insert(header::ACCEPT_ENCODING, "identity".parse().unwrap());
            good.send(request).await
        })
    });
    assert_eq!(report.await.verdict(Obligation::Request), Verdict::Weak);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_prints_its_request_is_detected() {
    let report = run_bad(|good, request| async move {
        let uri = request.uri().clone();
        good.send(request).await.map_err(|error| TransportError::new(error.kind(), format!("{uri} failed")))
    });
    assert_broken(&report.await, &[Obligation::Secrets]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_that_opens_a_connection_for_each_request_is_weak() {
    let report = run(|| Bad(Good::new(), |_: Good, request: Request| async move { Good::new().send(request).await }));
    let report = report.await;
    report.assert_kept();
    assert_eq!(report.verdict(Obligation::Reuse), Verdict::Weak);
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "the transport keeps")]
async fn an_unnecessary_exception_is_detected() {
    run(Good::new).await.assert_kept_except(&[Obligation::Cancellation]);
}
