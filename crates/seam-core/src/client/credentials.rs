//! Who is asking: the kinds of credentials that Seam has, and the headers that carry them.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use seam_model::{Token, WorkspaceId};

use crate::{CredentialKind, Error, ErrorKind};

/// Proof of who is asking.
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

/// What a token looks like.
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
        // From the most to the least special prefix: they all begin like an API key.
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
    /// An API key, which the Seam Console makes for a workspace.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`] when it is another kind of token, or cannot be sent in a
    /// header. The message says which, and does not show the token. So do all constructors here.
    pub fn api_key(key: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ApiKey, Form::ApiKey, key.into())
    }

    /// A personal access token, used in one workspace.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn personal_access_token(token: impl Into<Token>, workspace_id: impl Into<WorkspaceId>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::PersonalAccessToken, Form::AccessToken, token.into())?.in_workspace(workspace_id)
    }

    /// A personal access token for the routes that need no workspace: listing and creating them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn personal_access_token_without_workspace(token: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::PersonalAccessTokenWithoutWorkspace, Form::AccessToken, token.into())
    }

    /// A session of the Seam Console, used in one workspace.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn console_session(token: impl Into<Token>, workspace_id: impl Into<WorkspaceId>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ConsoleSession, Form::Jwt, token.into())?.in_workspace(workspace_id)
    }

    /// A session of the Seam Console for the routes that need no workspace.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn console_session_without_workspace(token: impl Into<Token>) -> Result<Self, Error> {
        Self::bearer(CredentialKind::ConsoleSessionWithoutWorkspace, Form::Jwt, token.into())
    }

    /// A client session token: what one end user may do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn client_session_token(token: impl Into<Token>) -> Result<Self, Error> {
        let mut credentials = Self::bearer(CredentialKind::ClientSessionToken, Form::ClientSessionToken, token.into())?;
        let value = header_value(&credentials.token, "")?;
        credentials.headers.insert(HeaderName::from_static("client-session-token"), value);
        Ok(credentials)
    }

    /// A publishable key, which is good only for getting a client session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidCredentials`], see [`api_key`](Self::api_key).
    pub fn publishable_key(key: impl Into<Token>) -> Result<Self, Error> {
        let token = key.into();
        check(&token, Form::PublishableKey)?;
        let name = HeaderName::from_static("seam-publishable-key");
        let headers = HeaderMap::from_iter([(name, header_value(&token, "")?)]);
        Ok(Self { kind: CredentialKind::PublishableKey, token, headers })
    }

    /// What kind they are.
    #[must_use]
    pub fn kind(&self) -> CredentialKind {
        self.kind
    }

    /// The headers that carry them.
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
                "a workspace id must not be empty or hold blanks or control characters{}",
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

/// Whether a text can be a token or an id: it has no blanks, and no control or foreign characters.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What is wrong with a setting that begins or ends with a quotation mark.
pub(crate) const QUOTED: &str =
    "has quotation marks around it, which `docker --env-file` and others leave in place: remove them";

/// Whether a setting begins or ends with a quotation mark. None may.
pub(crate) fn is_quoted(text: &str) -> bool {
    const MARKS: [char; 2] = ['"', '\''];
    text.starts_with(MARKS) || text.ends_with(MARKS)
}

fn hint_at_whitespace(text: &str) -> &'static str {
    if is_plain(text.trim()) { " at its beginning or end (was it read from a file?)" } else { "" }
}

fn check(token: &Token, wanted: Form) -> Result<(), Error> {
    let text = token.expose_secret();
    let wanted_is = wanted.description();
    if text.trim().is_empty() {
        return Err(invalid(format!("{wanted_is} is needed, but the text given for it is empty")));
    }
    if is_quoted(text.trim()) {
        return Err(invalid(format!("{wanted_is} is needed, but the text given for it {QUOTED}")));
    }
    if !is_plain(text) {
        let hint = hint_at_whitespace(text);
        return Err(invalid(format!("{wanted_is} holds blanks, line breaks or characters other than ASCII{hint}")));
    }
    match Form::of(text) {
        Some(form) if form == wanted => Ok(()),
        Some(form) => Err(invalid(format!("{wanted_is} is needed, but this is {}", form.description()))),
        None => {
            Err(invalid(format!("{wanted_is} is needed, which begins with {}, but this does not", wanted.prefix())))
        }
    }
}

fn header_value(token: &Token, scheme: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(&format!("{scheme}{}", token.expose_secret()))
        .map_err(|_| invalid("the token cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}
