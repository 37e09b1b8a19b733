//! Authentication: determines the caller and the workspace from the headers of a request.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use seam_core::{
    CredentialKind, Request,
    http::{HeaderMap, header::AUTHORIZATION},
};
use serde_json::Value;
use sha2::Sha256;

use crate::{
    json::{Object, string, time},
    state::State,
    tables::{AccessToken, ApiKey, ClientSession, Id, UserSession, UserWorkspace, Workspace, workspace_of},
};
use seam_core::test_util::ApiFault;

/// The key that the fake's console sessions are signed with.
const JWT_KEY: &[u8] = b"secret";

/// The caller of a route.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) kind: CredentialKind,
    pub(crate) workspace_id: Option<Id<Workspace>>,
    /// The client session, if it is one.
    pub(crate) client_session_id: Option<Id<ClientSession>>,
    /// The user, for personal access tokens and console sessions.
    pub(crate) user_id: Option<String>,
}

impl Caller {
    fn of_workspace(kind: CredentialKind, workspace_id: Id<Workspace>) -> Self {
        Self { kind, workspace_id: Some(workspace_id), client_session_id: None, user_id: None }
    }
}

/// Determines the caller; status 401 if the credentials are absent or unknown.
pub(crate) fn authenticate(state: &State, request: &Request) -> Result<Caller, ApiFault> {
    let headers = request.headers();
    let bearer = header(headers, AUTHORIZATION.as_str()).and_then(bearer_token);
    let session = header(headers, "client-session-token").or_else(|| header(headers, "seam-client-session-token"));
    match (session.or(bearer), header(headers, "seam-publishable-key")) {
        (Some(token), _) if token.starts_with("seam_cst") => client_session(state, token),
        (Some(_), _) if session.is_some() => {
            Err(ApiFault::new(400, "invalid_client_session_token", "This is not a client session token"))
        }
        (Some(token), _) if token.starts_with("seam_at") => access_token(state, token, headers),
        (Some(token), _) if token.starts_with("ey") => console_session(state, token, headers),
        (Some(token), _) => {
            let key = state.rows::<ApiKey>().find(|key| string(key, "token") == Some(token));
            let workspace = key.and_then(Id::of);
            workspace
                .map(|workspace| Caller::of_workspace(CredentialKind::ApiKey, workspace))
                .ok_or_else(ApiFault::unauthorized)
        }
        (None, Some(key)) => {
            let workspace =
                state.rows::<Workspace>().find(|workspace| string(workspace, "publishable_key") == Some(key));
            workspace
                .and_then(Id::of)
                .map(|workspace| Caller::of_workspace(CredentialKind::PublishableKey, workspace))
                .ok_or_else(|| unauthorized("No workspace has this publishable key"))
        }
        (None, None) => Err(ApiFault::unauthorized()),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the token of an `Authorization` header. The name of a scheme may be in any case.
fn bearer_token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

fn unauthorized(message: &str) -> ApiFault {
    ApiFault::new(401, "unauthorized", message)
}

fn client_session(state: &State, token: &str) -> Result<Caller, ApiFault> {
    let rejected = |error_type, message| Err(ApiFault::new(401, error_type, message));
    let Some(session) = state.rows::<ClientSession>().find(|session| string(session, "token") == Some(token)) else {
        return rejected("client_session_not_found", "There is no such client session");
    };
    if time(session, "revoked_at").or_else(|| time(session, "_revoked_at")).is_some_and(|end| end <= state.now()) {
        return rejected("client_session_revoked", "The client session is revoked");
    }
    if time(session, "expires_at").is_some_and(|end| end <= state.now()) {
        return rejected("client_session_expired", "The client session has expired");
    }
    Ok(Caller {
        client_session_id: Id::of(session),
        ..Caller::of_workspace(CredentialKind::ClientSessionToken, workspace_of(session))
    })
}

fn access_token(state: &State, token: &str, headers: &HeaderMap) -> Result<Caller, ApiFault> {
    let known = state.rows::<AccessToken>().find(|known| string(known, "token") == Some(token));
    let Some(user) = known.and_then(|known| string(known, "user_id")) else {
        return Err(unauthorized("There is no such access token"));
    };
    let kinds = (CredentialKind::PersonalAccessToken, CredentialKind::PersonalAccessTokenWithoutWorkspace);
    of_user(state, user, headers, kinds)
}

fn console_session(state: &State, token: &str, headers: &HeaderMap) -> Result<Caller, ApiFault> {
    let claims = claims(token).ok_or_else(|| unauthorized("There is no such session"))?;
    let is_claimed = |session: &&Object| {
        ["user_id", "key"]
            .iter()
            .all(|name| string(&claims, name).is_some() && string(session, name) == string(&claims, name))
    };
    let session = state.rows::<UserSession>().find(is_claimed);
    let Some(user) = session.and_then(|session| string(session, "user_id")) else {
        return Err(unauthorized("There is no such session"));
    };
    let kinds = (CredentialKind::ConsoleSession, CredentialKind::ConsoleSessionWithoutWorkspace);
    of_user(state, user, headers, kinds)
}

/// Returns the claims of a JWT, if it is signed with the key of this fake.
fn claims(token: &str) -> Option<Object> {
    let (signed, signature) = token.rsplit_once('.')?;
    let mut mac = Hmac::<Sha256>::new_from_slice(JWT_KEY).ok()?;
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    let (_, claims) = signed.split_once('.')?;
    match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()? {
        Value::Object(claims) => Some(claims),
        _ => None,
    }
}

/// Returns the caller for a user, in the workspace of the header or without one.
fn of_user(
    state: &State,
    user: &str,
    headers: &HeaderMap,
    (with, without): (CredentialKind, CredentialKind),
) -> Result<Caller, ApiFault> {
    let workspace = header(headers, "seam-workspace").filter(|workspace| !workspace.is_empty()).map(Id::new);
    let is_member = |workspace: &Id<Workspace>| {
        state.rows::<UserWorkspace>().any(|member| string(member, "user_id") == Some(user) && workspace.is_in(member))
    };
    let user_id = Some(user.to_owned());
    match workspace {
        None => Ok(Caller { kind: without, workspace_id: None, client_session_id: None, user_id }),
        Some(workspace) if is_member(&workspace) => Ok(Caller { user_id, ..Caller::of_workspace(with, workspace) }),
        Some(_) => Err(unauthorized("This person does not belong to the workspace")),
    }
}
