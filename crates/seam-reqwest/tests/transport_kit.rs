//! `ReqwestTransport` keeps every obligation of a transport: over a client of its own, and over one with other TLS
//! settings.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

use seam_mock::transport_kit::{TransportKit, Verdict};
use seam_reqwest::{ReqwestTransport, reqwest};

/// A client of a program's own that trusts this authority.
fn trusting(authority: &str) -> ReqwestTransport {
    let client = reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(authority.as_bytes()).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy();
    ReqwestTransport::from_client(client.build().unwrap())
}

#[tokio::test]
async fn it_keeps_every_obligation() {
    let make = || ReqwestTransport::builder().client(reqwest::ClientBuilder::no_proxy).build().unwrap();
    let report = TransportKit::new(make).tls(trusting).unwrap().run().await;
    for entry in report.entries() {
        assert_eq!(entry.verdict(), Verdict::Held, "{report}");
    }
}
