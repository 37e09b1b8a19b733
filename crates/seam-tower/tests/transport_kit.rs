//! The conformance kit accepts tower services that keep the contract of a transport, with and without layers, and
//! detects each layer that breaks it.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::{error::Error, future::Ready, io, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use seam_core::{
    Bytes, Transport, TransportErrorKind,
    http::{HeaderValue, Request, Response, header::HeaderName},
};
use seam_mock::transport_kit::{Obligation, Report, TransportKit, Verdict};
use seam_tower::{TowerTransport, TransportService};
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    limit::RateLimitLayer,
    retry::{Policy, RetryLayer},
    timeout::error::Elapsed,
    util::BoxService,
};
use tower_http::{follow_redirect::FollowRedirectLayer, set_header::SetRequestHeaderLayer, trace::TraceLayer};

fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http()
}

fn tls_client(authority: &str) -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().enable_http2().build();
    Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build(connector)
}

/// Classifies the errors of these stacks.
fn classify(error: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    if error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect) {
        return Some(TransportErrorKind::NotSent);
    }
    if let Some(error) = error.downcast_ref::<h2::Error>().filter(|error| error.is_remote()) {
        let is_refused = error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM);
        return is_refused.then_some(TransportErrorKind::NotSent);
    }
    error.is::<Elapsed>().then_some(TransportErrorKind::Timeout)
}

/// Four layers around a service.
fn layered<S, R>(service: S) -> impl Transport
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + std::fmt::Display + 'static,
    S::Future: Send + 'static,
    R: http_body::Body<Data = Bytes, Error: Into<BoxError> + std::fmt::Display + 'static> + Send + 'static,
{
    let team = HeaderName::from_static("x-team");
    let stack = ServiceBuilder::new()
        .timeout(Duration::from_secs(60))
        .concurrency_limit(32)
        .layer(TraceLayer::new_for_http())
        .layer(SetRequestHeaderLayer::overriding(team, HeaderValue::from_static("front-desk")))
        .service(service);
    TowerTransport::new(stack).classify_errors(classify)
}

fn assert_held(report: &Report) {
    for entry in report.entries() {
        assert_eq!(entry.verdict(), Verdict::Held, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_hyper_util_keeps_every_obligation() {
    let kit = TransportKit::new(|| TowerTransport::new(client()).classify_errors(classify))
        .tls(|authority| TowerTransport::new(tls_client(authority)).classify_errors(classify));
    assert_held(&kit.unwrap().run().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_of_four_layers_keeps_every_obligation() {
    let kit = TransportKit::new(|| layered(client())).tls(|authority| layered(tls_client(authority)));
    assert_held(&kit.unwrap().run().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_around_a_transport_keep_every_obligation() {
    let inner = || TransportService::new(TowerTransport::new(client()).classify_errors(classify));
    let inner_tls =
        |authority: &str| TransportService::new(TowerTransport::new(tls_client(authority)).classify_errors(classify));
    let kit = TransportKit::new(move || layered(inner())).tls(move |authority| layered(inner_tls(authority)));
    assert_held(&kit.unwrap().run().await);
}

/// A service that is neither `Clone` nor `Sync`, and not always ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_cannot_be_cloned_keeps_every_obligation() {
    let make = || {
        let limited = ServiceBuilder::new().layer(RateLimitLayer::new(4, Duration::from_millis(20))).service(client());
        TowerTransport::new(BoxService::new(limited)).classify_errors(classify)
    };
    TransportKit::new(make).run().await.assert_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_behind_a_queue_keeps_every_obligation() {
    let make = || TowerTransport::new(ServiceBuilder::new().buffer(16).service(client())).classify_errors(classify);
    TransportKit::new(make).run().await.assert_kept();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_errors_are_unknown_is_weak_and_not_unsafe() {
    let report = TransportKit::new(|| TowerTransport::new(client())).run().await;
    report.assert_kept();
    assert_eq!(report.verdict(Obligation::NotSent), Verdict::Weak, "{report}");
}

async fn broken_by<T: Transport>(make: impl Fn() -> T + Send + Sync + 'static) -> Vec<Obligation> {
    TransportKit::new(make).run().await.broken().collect()
}

/// Sends a request again once.
#[derive(Clone)]
struct Once<F>(F, bool);

impl<F, R, E> Policy<Request<Full<Bytes>>, Response<R>, E> for Once<F>
where
    F: Fn(&Result<Response<R>, E>) -> bool,
{
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<Full<Bytes>>, result: &mut Result<Response<R>, E>) -> Option<Ready<()>> {
        (!std::mem::replace(&mut self.1, true) && self.0(result)).then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, request: &Request<Full<Bytes>>) -> Option<Request<Full<Bytes>>> {
        Some(request.clone())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_retries_after_errors_is_detected() {
    let broken = broken_by(|| {
        let policy = Once(|result: &Result<_, legacy::Error>| result.is_err(), false);
        let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(client());
        TowerTransport::new(service).classify_errors(classify)
    });
    assert_eq!(broken.await, [Obligation::BrokenConnections, Obligation::PooledConnections]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_retries_after_statuses_is_detected() {
    let broken = broken_by(|| {
        let is_unavailable = |response: &Response<_>| response.status() == 503;
        let policy = Once(move |result: &Result<_, legacy::Error>| result.as_ref().is_ok_and(is_unavailable), false);
        let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(client());
        TowerTransport::new(service).classify_errors(classify)
    });
    assert_eq!(broken.await, [Obligation::RetryStatuses]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_follows_redirects_is_detected() {
    let broken = broken_by(|| {
        let service = ServiceBuilder::new().layer(FollowRedirectLayer::new()).service(client());
        TowerTransport::new(service).classify_errors(classify)
    });
    assert_eq!(broken.await, [Obligation::Redirects]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_one_request_at_a_time_is_detected() {
    let broken = broken_by(|| {
        TowerTransport::new(ServiceBuilder::new().concurrency_limit(1).service(client())).classify_errors(classify)
    });
    assert_eq!(broken.await, [Obligation::Concurrency]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_spawns_its_exchanges_is_detected() {
    let broken = broken_by(|| {
        let service = tower::service_fn(move |request: Request<Full<Bytes>>| {
            let exchange = tokio::spawn(client().oneshot(request));
            async { exchange.await.map_err(io::Error::other)?.map_err(io::Error::other) }
        });
        TowerTransport::new(service).classify_errors(classify)
    });
    assert!(broken.await.contains(&Obligation::Cancellation));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_classification_that_returns_not_sent_too_often_is_detected() {
    let broken = broken_by(|| TowerTransport::new(client()).classify_errors(|_| Some(TransportErrorKind::NotSent)));
    assert_eq!(broken.await, [Obligation::BrokenConnections, Obligation::PooledConnections]);
}
