//! Connections that do not come about, or not with whom they should.

use std::sync::Arc;

use seam_core::{ErrorKind, TransportErrorKind};
use seam_faults::{Case, Certificate, Connection, Network, Script, Step, expect};
use seam_reqwest::ReqwestTransport;
use tokio::net::{TcpListener, TcpSocket};

use crate::matrix::support::{FOUND, SHORT, authority, failed, json, not_sent, unknown};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::read("nobody listens", refused, SHORT, not_sent()),
        Case::action("nobody listens", refused, SHORT, not_sent()),
    ];
    cases.extend(Case::both(
        "the connection is closed once it is there",
        Script::always(Connection::new()),
        failed(TransportErrorKind::Interrupted).requests(0),
        unknown(TransportErrorKind::Interrupted).requests(0),
    ));
    let untrusted = [
        ("expired", Certificate::Expired),
        ("not valid yet", Certificate::NotYetValid),
        ("for another host", Certificate::WrongHost),
        ("its own authority", Certificate::SelfSigned),
        ("of an unknown authority", Certificate::Untrusted),
    ];
    for (what, certificate) in untrusted {
        let name = format!("a certificate that is {what}");
        let connect = move || secured(certificate);
        cases.push(Case::read(&name, connect, SHORT, not_sent()));
        cases.push(Case::action(&name, connect, SHORT, not_sent()));
    }
    cases.push(Case::read(
        "a certificate that is good",
        || secured(Certificate::Good),
        SHORT,
        seam_faults::Expected::ok(),
    ));
    cases
}

/// A port that was free a moment ago.
async fn refused() -> Result<Network, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    drop(listener);
    let transport = ReqwestTransport::builder().build().map_err(|error| error.to_string())?;
    Network::over(transport, &format!("http://127.0.0.1:{port}"), None)
}

async fn secured(certificate: Certificate) -> Result<Network, String> {
    let config = authority()?.server(certificate, &[]).map_err(|error| error.to_string())?;
    Network::https(Script::answer(json(200, FOUND)), config).await
}
