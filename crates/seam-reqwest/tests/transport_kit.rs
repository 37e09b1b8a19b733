//! `ReqwestTransport` keeps every obligation of a transport, with its own client and with a client with other TLS
//! settings.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use seam_mock::transport_kit::{Obligation, TransportKit, Verdict};
use seam_reqwest::{ReqwestTransport, reqwest};

/// Returns a builder of a client that trusts this authority.
fn trusting(authority: &str) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_certs_merge([reqwest::Certificate::from_pem(authority.as_bytes()).unwrap()])
        .no_proxy()
}

/// Returns a transport over such a client that sends each request at most once.
fn once(authority: &str) -> ReqwestTransport {
    let client = trusting(authority).redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    ReqwestTransport::from_client(client.build().unwrap())
}

#[tokio::test]
async fn it_keeps_every_obligation() {
    let make = || ReqwestTransport::builder().client(reqwest::ClientBuilder::no_proxy).build().unwrap();
    let report = TransportKit::new(make).tls(once).unwrap().run().await;
    for entry in report.entries() {
        assert_eq!(entry.verdict(), Verdict::Held, "{report}");
    }
}

#[tokio::test]
async fn the_defaults_of_reqwest_are_found() {
    let make = |builder: reqwest::ClientBuilder| ReqwestTransport::from_client(builder.build().unwrap());
    let kit = TransportKit::new(move || make(reqwest::Client::builder().no_proxy()));
    let report = kit.tls(move |authority| make(trusting(authority))).unwrap().run().await;
    assert_eq!(report.broken().collect::<Vec<_>>(), [Obligation::Redirects], "{report}");
    // The client sends a request again that the server refused over HTTP/2.
    assert_eq!(report.verdict(Obligation::Http2), Verdict::Weak, "{report}");
}
