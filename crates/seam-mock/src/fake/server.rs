//! The in-memory Seam on a loopback port, over the same code as in memory.

use std::{convert::Infallible, io};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use seam_core::{Body, Bytes, Response, http};
use tokio::{net::TcpListener, task::JoinHandle};

use super::FakeSeam;
use crate::ApiFault;

/// The most bytes that a request may have. Nothing that Seam takes comes near it.
const REQUEST_LIMIT: usize = 1024 * 1024;

impl FakeSeam {
    /// Serves this Seam over HTTP on a free port of `127.0.0.1`, until the [`Server`] is dropped.
    ///
    /// It runs on the tokio runtime that this is called from.
    ///
    /// # Errors
    ///
    /// When no port can be opened.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn serve(&self) -> io::Result<Server> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let fake = self.clone();
        let task = tokio::spawn(async move {
            // The connections end with the set that they are in, which ends with this task.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    // One that gave up before it was accepted.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    Err(_) => break,
                };
                let fake = fake.clone();
                connections.spawn(async move {
                    let service = service_fn(|request| respond(&fake, request));
                    // A client that hangs up ends its connection with an error, which is its own affair.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Server { url, task })
    }
}

async fn respond(fake: &FakeSeam, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let response: Response = match Limited::new(body, REQUEST_LIMIT).collect().await {
        Ok(body) => fake.handle(&http::Request::from_parts(head, Body::from(body.to_bytes()))),
        Err(_) => fake.respond(|_| Err(ApiFault::new(413, "payload_too_large", "The body is too large, or broke off"))),
    };
    Ok(response.map(|body| Full::new(body.into_bytes())))
}

/// An in-memory Seam that is being served. Dropping it closes its port and its connections.
#[derive(Debug)]
#[must_use = "the server stops when this is dropped"]
pub struct Server {
    url: String,
    task: JoinHandle<()>,
}

impl Server {
    /// The base URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
