//! Each transport of this package fulfils the obligations of the trait `Transport`. A failure prints the report of the kit.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use reqwest::redirect::Policy;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use seam_mock::transport_kit::{Obligation, Report, TransportKit, Verdict};
use transport_examples::{
    curl::CurlTransport, hyper::hyper_transport, isahc::IsahcTransport, reqwest_middleware::MiddlewareTransport,
    ureq::UreqTransport,
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Checks that all verdicts are `Held`, except the given ones.
fn assert_held_except(report: &Report, exceptions: &[(Obligation, Verdict)]) {
    report.assert_kept();
    for entry in report.entries() {
        let exception = exceptions.iter().find(|(obligation, _)| *obligation == entry.obligation());
        assert_eq!(entry.verdict(), exception.map_or(Verdict::Held, |(_, verdict)| *verdict), "{report}");
    }
}

fn trusting(authority: Option<&str>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    if let Some(authority) = authority {
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    }
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

#[tokio::test]
async fn hyper_with_tls() {
    let kit = TransportKit::new(|| hyper_transport(trusting(None)));
    let kit = kit.tls(|authority| hyper_transport(trusting(Some(authority)))).unwrap();
    assert_held_except(&kit.run().await, &[]);
}

#[tokio::test]
async fn reqwest_with_middleware() {
    let make = |authority: Option<&str>| {
        let mut tls = trusting(authority);
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy();
        MiddlewareTransport(client.build().unwrap().into())
    };
    let kit = TransportKit::new(move || make(None)).tls(move |authority| make(Some(authority))).unwrap();
    assert_held_except(&kit.run().await, &[]);
}

#[test]
fn ureq_on_threads() {
    let make = |authority: Option<&str>| {
        let roots: Vec<_> =
            authority.iter().map(|authority| Certificate::from_pem(authority.as_bytes()).unwrap()).collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots));
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        UreqTransport::new(tls.unversioned_rustls_crypto_provider(ring).build())
    };
    let kit = TransportKit::new(move || make(None)).tls(move |authority| make(Some(authority))).unwrap();
    let report = pollster::block_on(kit.run());
    assert_held_except(&report, &[(Obligation::Http2, Verdict::Skipped)]);
}

const WITHOUT_TLS: [(Obligation, Verdict); 2] =
    [(Obligation::Tls, Verdict::Skipped), (Obligation::Http2, Verdict::Skipped)];

/// The exception of libcurl, which is safe only without connection reuse.
const WITHOUT_REUSE: (Obligation, Verdict) = (Obligation::Reuse, Verdict::Weak);

#[test]
fn libcurl_on_threads() {
    let report = pollster::block_on(TransportKit::new(|| CurlTransport).run());
    assert_held_except(&report, &[&WITHOUT_TLS[..], &[WITHOUT_REUSE]].concat());
}

#[test]
fn isahc() {
    let report = pollster::block_on(TransportKit::new(|| IsahcTransport).run());
    // isahc returns a response as soon as the first bytes of its body arrive.
    let weak = [WITHOUT_REUSE, (Obligation::Truncation, Verdict::Weak)];
    assert_held_except(&report, &[&WITHOUT_TLS[..], &weak].concat());
}
