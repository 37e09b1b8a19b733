//! The exchange of a publishable key for the client session of one end user.

use seam_model::{ClientSession, UserIdentifierKey};

use crate::{CredentialKind, Credentials, Endpoint, Error, ErrorKind, Seam, endpoints::client_sessions::GetOrCreate};

impl Seam {
    /// Exchanges a [publishable key](Credentials::publishable_key) for the client session of one end user, with `POST
    /// /client_sessions/get_or_create`. Returns a client with the token of the session, and the session. This client
    /// keeps its key.
    ///
    /// `user_identifier_key` is your identifier of the end user. Anyone who knows it can act as that user, so use a
    /// value that cannot be guessed, never an email address.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidRequest`] when `user_identifier_key` is empty, [`ErrorKind::InvalidCredentials`]
    /// when this client's credentials are not a publishable key, [`ErrorKind::InvalidResponse`] when the response has
    /// no usable token, [`ErrorKind::OutcomeUnknown`] when it has the session of another `user_identifier_key`.
    pub async fn start_client_session(
        &self,
        user_identifier_key: impl Into<UserIdentifierKey>,
    ) -> Result<(Self, ClientSession), Error> {
        let call = self.client_sessions().get_or_create().user_identifier_key(user_identifier_key);
        let reject = |kind, problem: String| {
            let message = format!("{problem} (nothing was sent)");
            Error::of_kind(kind, message).of_operation(GetOrCreate::SPEC.method().clone(), GetOrCreate::SPEC)
        };
        if call.request().user_identifier_key.as_ref().is_none_or(|key| key.expose_secret().trim().is_empty()) {
            return Err(reject(ErrorKind::InvalidRequest, "user_identifier_key must not be empty".to_owned()));
        }
        let kind = self.credentials().kind();
        if kind != CredentialKind::PublishableKey {
            let problem =
                format!("only a publishable key can be exchanged for a client session, not {}", kind.description());
            return Err(reject(ErrorKind::InvalidCredentials, problem));
        }
        let response = call.full_response().await?;
        let session = response.value;
        let invalid =
            |problem: &str| response.origin.error(ErrorKind::InvalidResponse, &format!("invalid response: {problem}"));
        let Some(token) = session.token.clone() else { return Err(invalid("the client session has no token")) };
        let credentials = Credentials::client_session_token(token).map_err(|error| invalid(error.message()))?;
        Ok((self.with_credentials(credentials), session))
    }
}
