//! hyper-util's client with rustls as a transport: HTTP/1.1, and HTTP/2 where the server offers it.

use std::error::Error;

use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;
use seam_core::{Bytes, Transport, TransportErrorKind};
use seam_tower::TowerTransport;

/// Returns a transport that trusts the authorities of `tls`.
pub fn hyper_transport(tls: ClientConfig) -> impl Transport {
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().enable_http2().build();
    let client: Client<HttpsConnector<HttpConnector>, Full<Bytes>> = Client::builder(TokioExecutor::new())
        // Otherwise hyper-util sends a request again if a pooled connection closes before the request is written.
        .retry_canceled_requests(false)
        .timer(TokioTimer::new())
        .build(connector);
    TowerTransport::new(client).classify_errors(classify)
}

/// Returns `NotSent` if it is certain that the server did not receive the request, or did not process it.
fn classify(error: &(dyn Error + 'static)) -> Option<TransportErrorKind> {
    let is_not_sent = if let Some(error) = error.downcast_ref::<legacy::Error>() {
        error.is_connect()
    } else if let Some(error) = error.downcast_ref::<h2::Error>() {
        // By RFC 9113, section 8.7, the server has not processed a refused stream, or a stream after the last one in a GOAWAY.
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    } else {
        false
    };
    is_not_sent.then_some(TransportErrorKind::NotSent)
}
