//! `HyperTransport` keeps every obligation of a transport.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::sync::Arc;

use seam_hyper::{
    HyperTransport,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs::default_provider,
        pki_types::{CertificateDer, pem::PemObject},
    },
};
use seam_mock::transport_kit::{TransportKit, Verdict};

/// Returns TLS settings that trust this authority.
fn trusting(authority: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth()
}

#[tokio::test]
async fn it_keeps_every_obligation() {
    let make = || HyperTransport::builder().no_proxy();
    let kit = TransportKit::new(move || make().build().unwrap());
    let kit = kit.tls(move |authority| make().tls(trusting(authority)).build().unwrap());
    let report = kit.unwrap().run().await;
    for entry in report.entries() {
        assert_eq!(entry.verdict(), Verdict::Held, "{report}");
    }
}
