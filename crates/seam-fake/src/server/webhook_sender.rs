//! Sends webhooks over plain HTTP, to loopback addresses unless others are allowed.

use std::{io, net::SocketAddr, time::Duration};

use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use seam_core::{
    Request,
    http::{
        self, Method, header,
        uri::{Authority, PathAndQuery, Scheme},
    },
};
use tokio::{net::TcpStream, time::timeout};

/// The timeout of a webhook request, in real time.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The error when a webhook is not delivered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("not sent: the fake supports only http URLs of webhooks")]
    Scheme,
    #[error("not sent: the host is not a loopback address; start with --allow-remote-webhooks to allow others")]
    Remote,
    #[error("not delivered: no response within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("not delivered: {0}")]
    Connection(#[from] io::Error),
    #[error("not delivered: {0}")]
    Http(#[from] hyper::Error),
    #[error("not delivered: {0}")]
    Request(#[from] http::Error),
}

/// Sends a webhook, and returns the status of the response.
pub(super) async fn send(request: &Request, allows_remote: bool) -> Result<u16, SendError> {
    timeout(TIMEOUT, exchange(request, allows_remote)).await.map_err(|_| SendError::Timeout)?
}

async fn exchange(request: &Request, allows_remote: bool) -> Result<u16, SendError> {
    let uri = request.uri();
    let authority = uri.authority().filter(|_| uri.scheme() == Some(&Scheme::HTTP)).ok_or(SendError::Scheme)?;
    let stream = TcpStream::connect(&*addresses(authority, allows_remote).await?).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let mut outgoing = http::Request::builder()
        .method(Method::POST)
        .uri(uri.path_and_query().map_or("/", PathAndQuery::as_str))
        .header(header::HOST, authority.as_str())
        .body(Full::new(request.body().clone().into_bytes()))?;
    outgoing.headers_mut().extend(request.headers().clone());
    let status = sender.send_request(outgoing).await.map(|response| response.status().as_u16());
    connection.abort();
    Ok(status?)
}

/// Returns the allowed addresses of a host, after name resolution.
async fn addresses(authority: &Authority, allows_remote: bool) -> Result<Vec<SocketAddr>, SendError> {
    let host = authority.host().trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((host, authority.port_u16().unwrap_or(80))).await?;
    let allowed: Vec<SocketAddr> =
        found.filter(|address| allows_remote || address.ip().to_canonical().is_loopback()).collect();
    if allowed.is_empty() { Err(SendError::Remote) } else { Ok(allowed) }
}
