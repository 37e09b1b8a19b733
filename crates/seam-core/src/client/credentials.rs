//! Credentials, and the headers that carry them.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use seam_model::{Token, WorkspaceId};

use crate::{CredentialKind, Error, ErrorKind};

/// The credentials of a client. `Debug` prints their kind and never their value.
///
/// ```
/// use seam_core::Credentials;
///
/// let credentials = Credentials::api_key("seam_example_key")?;
/// assert_eq!(format!("{credentials:?}"), "Credentials(an API key)");
///
/// let error = Credentials::api_key("seam_cst_example").unwrap_err();
/// assert!(error.to_string().contains("client session token"));
/// # Ok::<(), seam_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    kind: CredentialKind,
    token: Token,
    headers: HeaderMap,
}

/// The format of a token, by its prefix.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    ApiKey,
    AccessToken,
    ClientSessionToken,
    PublishableKey,
    Jwt,
}

impl Form {
    fn of(token: &str) -> Option<Self> {
        // The prefix of an API key is a prefix of the others, so it is last.
        [Self::AccessToken, Self::ClientSessionToken, Self::PublishableKey, Self::Jwt, Self::ApiKey]
            .into_iter()
            .find(|form| token.starts_with(form.prefix()))
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::ApiKey => "seam_",
            Self::AccessToken => "seam_at",
            Self::ClientSessionToken => "seam_cst",
            Self::PublishableKey => "seam_pk",
            Self::Jwt => "ey",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::ApiKey => "an API key",
            Self::AccessToken => "a personal access token",
            Self::ClientSessionToken => "a client session token",
            Self::PublishableKey => "a publishable key",
            Self::Jwt => "a console session token (a JWT)",
        }
    }
}

impl Credentials {
    /// Creates credentials from an API key, which belongs to one workspace.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`] when `key` is another kind of token, or is not valid in an HTTP
    /// header. The message names the kind and never quotes the token. This applies to all constructors.
    pub fn api_key(key: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ApiKey, Form::ApiKey, key.into())
    }

    /// Creates credentials from a personal access token, for one workspace.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn personal_access_token(token: impl Into<Token>, workspace_id: impl Into<WorkspaceId>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::PersonalAccessToken, Form::AccessToken, token.into())?.in_workspace(workspace_id)
    }

    /// Creates credentials from a personal access token, for the routes without a workspace: listing and creating
    /// workspaces.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn personal_access_token_without_workspace(token: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::PersonalAccessTokenWithoutWorkspace, Form::AccessToken, token.into())
    }

    /// Creates credentials from a session token of the Seam Console, for one workspace.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn console_session(token: impl Into<Token>, workspace_id: impl Into<WorkspaceId>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ConsoleSession, Form::Jwt, token.into())?.in_workspace(workspace_id)
    }

    /// Creates credentials from a session token of the Seam Console, for the routes without a workspace.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn console_session_without_workspace(token: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ConsoleSessionWithoutWorkspace, Form::Jwt, token.into())
    }

    /// Creates credentials from a client session token, which has the permissions of one end user.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn client_session_token(token: impl Into<Token>) -> Result<Self, Error> {
        let mut credentials = Self::bearer(CredentialKind::ClientSessionToken, Form::ClientSessionToken, token.into())?;
        let value = header_value(&credentials.token, "")?;
        credentials.headers.insert(HeaderName::from_static("client-session-token"), value);
        Ok(credentials)
    }

    /// Creates credentials from a publishable key, which is accepted only for creating a client session.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn publishable_key(key: impl Into<Token>) -> Result<Self, Error> {
        let token = key.into();
        check(&token, Form::PublishableKey)?;
        let name = HeaderName::from_static("seam-publishable-key");
        let headers = HeaderMap::from_iter([(name, header_value(&token, "")?)]);
        Ok(Self { kind: CredentialKind::PublishableKey, token, headers })
    }

    /// Returns the kind of credentials.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// Returns the headers that carry the credentials.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    fn bearer(kind: CredentialKind, form: Form, token: Token) -> Result<Self, Error> {
        check(&token, form)?;
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header_value(&token, "Bearer ")?)]);
        Ok(Self { kind, token, headers })
    }

    fn in_workspace(mut self, workspace_id: impl Into<WorkspaceId>) -> Result<Self, Error> {
        let workspace_id = workspace_id.into();
        let text = workspace_id.as_str();
        if is_quoted(text) {
            return Err(invalid(format!("the workspace id {QUOTED}")));
        }
        let value = HeaderValue::from_str(text).ok().filter(|_| is_plain(text));
        let value = value.ok_or_else(|| {
            invalid(format!(
                "a workspace id must not be empty or contain spaces or control characters{}",
                hint_at_whitespace(text)
            ))
        })?;
        self.headers.insert(HeaderName::from_static("seam-workspace"), value);
        Ok(self)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.kind.description())
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::of_kind(ErrorKind::InvalidCredentials, message)
}

/// Returns whether a string can be a token or an id: it consists of visible ASCII characters.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The problem of a setting that begins or ends with a quotation mark.
pub(crate) const QUOTED: &str = "is in quotation marks, which `docker --env-file` and others do not strip; remove them";

/// Returns whether a setting begins or ends with a quotation mark, which no setting may.
pub(crate) fn is_quoted(text: &str) -> bool {
    const MARKS: [char; 2] = ['"', '\''];
    text.starts_with(MARKS) || text.ends_with(MARKS)
}

fn hint_at_whitespace(text: &str) -> &'static str {
    if is_plain(text.trim()) { " at the beginning or end (was it read from a file?)" } else { "" }
}

fn check(token: &Token, wanted: Form) -> Result<(), Error> {
    let text = token.expose_secret();
    let description = wanted.description();
    if text.trim().is_empty() {
        return Err(invalid(format!("expected {description}, but the string is empty")));
    }
    if is_quoted(text.trim()) {
        return Err(invalid(format!("expected {description}, but the string {QUOTED}")));
    }
    if !is_plain(text) {
        let hint = hint_at_whitespace(text);
        return Err(invalid(format!(
            "{description} must not contain spaces, line breaks or non-ASCII characters{hint}"
        )));
    }
    match Form::of(text) {
        Some(form) if form == wanted => Ok(()),
        Some(form) => Err(invalid(format!("expected {description}, but this is {}", form.description()))),
        None => Err(invalid(format!("expected {description}, which begins with {}", wanted.prefix()))),
    }
}

fn header_value(token: &Token, scheme: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("{scheme}{}", token.expose_secret()))
        .map_err(|_| invalid("the token is not valid in an HTTP header"))?;
    value.set_sensitive(true);
    Ok(value)
}
