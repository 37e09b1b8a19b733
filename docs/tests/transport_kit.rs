//! The transport in the page on transports keeps every obligation, also over TLS.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use seam_core::Transport;
use seam_guide::hyper_transport::HyperTransport;
use seam_mock::transport_kit::{Obligation, TransportKit, Verdict};

fn trusting(authority: &str) -> impl Transport + use<> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let connector = HttpsConnectorBuilder::new().with_tls_config(config.with_no_client_auth());
    HyperTransport::new(connector.https_or_http().enable_http1().build())
}

#[tokio::test]
async fn the_transport_over_hyper_keeps_every_promise() {
    let kit = TransportKit::new(|| HyperTransport::new(HttpConnector::new())).tls(trusting).unwrap();
    let report = kit.run().await;
    for entry in report.entries() {
        // Its connector supports only HTTP/1.1.
        let expected = if entry.obligation() == Obligation::Http2 { Verdict::Skipped } else { Verdict::Held };
        assert_eq!(entry.verdict(), expected, "{report}");
    }
}
