//! Applies faults to the responses of the rng server.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::request::ParsedRequest;
use crate::{Fault, KEY};

/// Responds to a request with a fault. Returns `None` to close the connection.
pub(super) async fn respond(
    stream: &mut TcpStream,
    fault: Fault,
    request: &ParsedRequest,
    body: &str,
    rng: &mut fastrand::Rng,
) -> Option<()> {
    let response = request.response(200, "", body);
    let (truncated_head, _) = response.split_at_checked(rng.usize(1..40))?;
    let (truncated_body, _) = response.split_at_checked(response.len().checked_sub(rng.usize(1..body.len()))?)?;
    let random_millis = |rng: &mut fastrand::Rng, max| Duration::from_millis(rng.u64(1..=max));
    match fault {
        Fault::None | Fault::CloseNextConnection | Fault::RefuseConnections => write(stream, &response).await,
        Fault::Delay => {
            tokio::time::sleep(random_millis(rng, 60)).await;
            write(stream, &response).await
        }
        Fault::SlowResponse => {
            for part in response.as_bytes().chunks(response.len().div_ceil(8)) {
                stream.write_all(part).await.ok()?;
                tokio::time::sleep(random_millis(rng, 5)).await;
            }
            Some(())
        }
        Fault::InformationalResponse => write(stream, &format!("HTTP/1.1 100 Continue\r\n\r\n{response}")).await,
        Fault::Chunked => {
            let head = request.head(200, "transfer-encoding: chunked\r\n");
            write(stream, &format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len())).await
        }
        Fault::CloseDelimited => {
            write(stream, &(request.head(200, "") + body)).await?;
            None
        }
        Fault::ConnectionClose => {
            write(stream, &request.response(200, "connection: close\r\n", body)).await?;
            None
        }
        Fault::CloseAfterResponse => {
            write(stream, &response).await?;
            tokio::time::sleep(random_millis(rng, 4)).await;
            None
        }
        Fault::ExtraResponse => {
            let other = ParsedRequest::unrequested(request.kind);
            let unrequested = other.response(200, "", &other.body(0, usize::MAX).to_string());
            write(stream, &(response + &unrequested)).await
        }
        Fault::CloseWithoutResponse => None,
        Fault::Reset => {
            // With a linger time of zero, closing the connection resets it.
            stream.set_zero_linger().ok()?;
            None
        }
        Fault::TruncatedHead => {
            write(stream, truncated_head).await?;
            None
        }
        Fault::TruncatedBody => {
            write(stream, truncated_body).await?;
            None
        }
        Fault::StalledBody => {
            write(stream, truncated_body).await?;
            wait_for_close(stream).await
        }
        Fault::Status(204) => write(stream, &request.head(204, "")).await,
        Fault::Status(302) => write(stream, &request.response(302, "location: /elsewhere?call-0\r\n", "")).await,
        Fault::Status(status @ (407 | 502)) => write(stream, &html_page(request, status)).await,
        Fault::Status(status) => write(stream, &request.response(status, "", &request.error(status))).await,
        Fault::RetryAfter(seconds) => {
            write(stream, &request.response(429, &format!("retry-after: {seconds}\r\n"), &request.error(429))).await
        }
        Fault::HtmlPage => write(stream, &html_page(request, 200)).await,
        Fault::UnexpectedJson => {
            let pin = request.pin;
            let unexpected = json!({
                "access_code": {"access_code_id": [KEY, pin], "code": {"is": pin}},
                "action_attempt": {"action_attempt_id": {"is": pin}, "status": [KEY]},
                "devices": {"device_id": pin},
            });
            write(stream, &request.response(200, "", &unexpected.to_string())).await
        }
        Fault::NotHttp => {
            let bytes: Vec<u8> = (0..rng.usize(1..200)).map(|_| rng.u8(..)).collect();
            stream.write_all(&bytes).await.ok()?;
            None
        }
        Fault::EndlessHead => {
            write(stream, "HTTP/1.1 200 OK\r\n").await?;
            loop {
                write(stream, "x-more: and more and more and more and more and more and more and more\r\n").await?;
            }
        }
        Fault::LengthTooLong => {
            let length = body.len().saturating_add(rng.usize(1..100));
            write(stream, &(request.head(200, &format!("content-length: {length}\r\n")) + body)).await?;
            None
        }
        Fault::LengthTooShort => {
            let length = body.len().saturating_sub(rng.usize(1..body.len()));
            write(stream, &(request.head(200, &format!("content-length: {length}\r\n")) + body)).await
        }
        Fault::InvalidChunk => {
            write(stream, &(request.head(200, "transfer-encoding: chunked\r\n") + "zz\r\n" + body)).await?;
            None
        }
        Fault::ConflictingLengths => {
            let lengths = format!("content-length: {}\r\ncontent-length: 3\r\n", body.len());
            write(stream, &(request.head(200, &lengths) + body)).await
        }
        Fault::NoResponse => wait_for_close(stream).await,
        Fault::EndlessBody => {
            write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await?;
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                write(stream, " ").await?;
            }
        }
    }
}

/// Returns a response with an HTML page that quotes the secrets of the request.
fn html_page(request: &ParsedRequest, status: u16) -> String {
    let body = format!("<html><pre>authorization: Bearer {KEY}\n\n{}</pre></html>", request.pin);
    let key = &request.key;
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: text/html\r\nseam-request-id: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn write(stream: &mut TcpStream, text: &str) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

/// Reads until the client closes the connection.
async fn wait_for_close(stream: &mut TcpStream) -> Option<()> {
    let mut bytes = [0; 1024];
    while stream.read(&mut bytes).await.ok()? > 0 {}
    None
}
