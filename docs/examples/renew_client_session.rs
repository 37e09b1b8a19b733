//! Replaces an expired client session by a new one, in a middleware.
//!
//! ```console
//! $ cargo run --example renew_client_session
//! the guest sees 5 devices
//! the session is revoked
//! 401 Unauthorized: a new session
//! the guest sees 5 devices
//! ```
//!
//! With `SEAM_API_KEY` it creates and revokes sessions of a real user, whose key it requires as an argument.
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::fmt;

use seam_guide::example;
use seam_reqwest::{
    Credentials, Error, Request, Response, Seam, Transport, TransportError, async_trait,
    http::{HeaderValue, StatusCode, header::AUTHORIZATION},
    model::{ClientSession, ConnectedAccountId, Token},
};
use tokio::sync::Mutex;

/// The permissions of a guest, and the client with an API key that creates sessions for it.
struct Guest {
    workspace: Seam,
    key: String,
    accounts: Vec<ConnectedAccountId>,
}

impl Guest {
    async fn session(&self) -> Result<ClientSession, Error> {
        let session = self.workspace.client_sessions().get_or_create().user_identifier_key(self.key.as_str());
        session.connected_account_ids(self.accounts.clone()).await
    }
}

/// A transport that sends requests with the token of the latest session of the guest.
struct Renewing<T> {
    inner: T,
    guest: Guest,
    /// Locked while a session is created, so that requests that are rejected together share the new one.
    token: Mutex<Option<Token>>,
}

#[async_trait]
impl<T: Transport> Transport for Renewing<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let used = self.token.lock().await.clone();
        let response = self.inner.send(with_token(request.clone(), used.as_ref())).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let mut token = self.token.lock().await;
        if *token == used {
            println!("{}: a new session", response.status());
            match self.guest.session().await {
                Ok(session) => *token = session.token,
                // The caller receives the rejection.
                Err(_) => return Ok(response),
            }
        }
        let new = token.clone();
        drop(token);
        // This is safe only because a request with the status 401 was not carried out, even if it is an action. After
        // any other status, and after an error, a middleware must not send a request again.
        self.inner.send(with_token(request, new.as_ref())).await
    }
}

/// Returns the request with another token than that of the client, if there is one.
fn with_token(mut request: Request, token: Option<&Token>) -> Request {
    for (name, prefix) in [(AUTHORIZATION.as_str(), "Bearer "), ("client-session-token", "")] {
        let value = token.and_then(|token| format!("{prefix}{}", token.expose_secret()).parse().ok());
        if let (Some(header), Some(mut value)) = (request.headers_mut().get_mut(name), value) {
            HeaderValue::set_sensitive(&mut value, true);
            *header = value;
        }
    }
    request
}

impl<T> fmt::Debug for Renewing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewing")
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = example::argument("USER_IDENTIFIER_KEY", "guest-7", "this creates and revokes sessions of a real user");
    let workspace = example::seam()?;
    let accounts = workspace.connected_accounts().list().limit(1).await?.items;
    let accounts = accounts.into_iter().map(|account| account.connected_account_id).collect();
    let guest = Guest { workspace: workspace.clone(), key, accounts };
    let session = guest.session().await?;
    let token = session.token.ok_or("the session has no token")?;
    let builder = example::builder()?.credentials(Credentials::client_session_token(token)?);
    let seam = builder.wrap(|inner| Renewing { inner, guest, token: Mutex::default() }).build()?;

    println!("the guest sees {} devices", seam.devices().list().await?.items.len());
    workspace.client_sessions().revoke(session.client_session_id).await?;
    println!("the session is revoked");
    println!("the guest sees {} devices", seam.devices().list().await?.items.len());
    Ok(())
}
