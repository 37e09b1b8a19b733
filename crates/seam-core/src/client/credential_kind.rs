//! The kinds of credentials.

/// The kinds of [`Credentials`](crate::Credentials), as far as routes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An API key (`seam_...`), which belongs to one workspace.
    ApiKey,
    /// A personal access token (`seam_at...`) together with a workspace.
    PersonalAccessToken,
    /// A personal access token (`seam_at...`) alone.
    PersonalAccessTokenWithoutWorkspace,
    /// A session of the Seam Console (a JWT) together with a workspace.
    ConsoleSession,
    /// A session of the Seam Console (a JWT) alone.
    ConsoleSessionWithoutWorkspace,
    /// A client session token (`seam_cst...`), for what one end user may do.
    ClientSessionToken,
    /// A publishable key (`seam_pk...`), good only for getting a client session.
    PublishableKey,
}

impl CredentialKind {
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::ApiKey => "an API key",
            Self::PersonalAccessToken => "a personal access token with a workspace",
            Self::PersonalAccessTokenWithoutWorkspace => "a personal access token without a workspace",
            Self::ConsoleSession => "a console session token with a workspace",
            Self::ConsoleSessionWithoutWorkspace => "a console session token without a workspace",
            Self::ClientSessionToken => "a client session token",
            Self::PublishableKey => "a publishable key",
        }
    }
}
