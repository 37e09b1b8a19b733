//! The kinds of credentials.

/// The kinds of [`Credentials`](crate::Credentials) that routes distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An API key (`seam_...`), which belongs to one workspace.
    ApiKey,
    /// A personal access token (`seam_at...`) with a workspace.
    PersonalAccessToken,
    /// A personal access token (`seam_at...`) without a workspace.
    PersonalAccessTokenWithoutWorkspace,
    /// A session token of the Seam Console (a JWT) with a workspace.
    ConsoleSession,
    /// A session token of the Seam Console (a JWT) without a workspace.
    ConsoleSessionWithoutWorkspace,
    /// A client session token (`seam_cst...`), which has the permissions of one end user.
    ClientSessionToken,
    /// A publishable key (`seam_pk...`), accepted only for creating a client session.
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
