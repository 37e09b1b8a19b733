//! Settings from environment variables, with the names that all Seam SDKs use.

use std::fmt;

use crate::{
    Credentials, Error, ErrorKind,
    client::credentials::{QUOTED, is_quoted},
};

/// Credentials and base URL from environment variables.
///
/// | Variable | Meaning |
/// |---|---|
/// | `SEAM_API_KEY` | an API key |
/// | `SEAM_PERSONAL_ACCESS_TOKEN` | a personal access token, instead of an API key |
/// | `SEAM_WORKSPACE_ID` | the workspace that the personal access token is used in |
/// | `SEAM_ENDPOINT` | the base URL; defaults to `https://connect.getseam.com` |
/// | `SEAM_API_URL` | the deprecated name of `SEAM_ENDPOINT`, read when that is not set |
///
/// A variable that is empty, or consists of whitespace, counts as not set.
#[derive(Clone)]
#[non_exhaustive]
pub struct Environment {
    /// The credentials.
    pub credentials: Credentials,
    /// The base URL, if one is set.
    pub base_url: Option<String>,
}

impl fmt::Debug for Environment {
    /// Omits the base URL: it may contain a password until a client is built, which validates it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

impl Environment {
    /// Reads the variables of this process.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidCredentials`] when no credentials are set, both kinds are, a token is of the wrong
    /// kind or in quotation marks, or the workspace of a personal access token is missing, and
    /// [`ErrorKind::InvalidConfiguration`] when a variable is not valid UTF-8, or the base URL is in quotation marks.
    pub fn read() -> Result<Self, Error> {
        Self::read_from(variable)
    }

    /// Reads only the base URL, for a client with credentials from another source.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::InvalidConfiguration`] when the variable is not valid UTF-8, or is in quotation marks.
    pub fn read_base_url() -> Result<Option<String>, Error> {
        base_url(&variable)
    }

    /// Reads the variables through `lookup`, such as from a configuration file or the table of a test.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`read`](Self::read) and of `lookup`.
    pub fn read_from(lookup: impl Fn(&str) -> Result<Option<String>, Error>) -> Result<Self, Error> {
        let get = |name| value(&lookup, name, ErrorKind::InvalidCredentials);
        let missing = |message: &str| Err(Error::of_kind(ErrorKind::InvalidCredentials, message));
        let credentials = match (get("SEAM_API_KEY")?, get("SEAM_PERSONAL_ACCESS_TOKEN")?) {
            (Some(key), None) => Credentials::api_key(key)?,
            (None, Some(token)) => match get("SEAM_WORKSPACE_ID")? {
                Some(workspace_id) => Credentials::personal_access_token(token, workspace_id)?,
                None => return missing("SEAM_PERSONAL_ACCESS_TOKEN is set, but SEAM_WORKSPACE_ID is not; set both"),
            },
            (Some(_), Some(_)) => {
                return missing("SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set; unset one of them");
            }
            (None, None) => {
                return missing(
                    "no credentials found; set SEAM_API_KEY, or SEAM_PERSONAL_ACCESS_TOKEN and SEAM_WORKSPACE_ID",
                );
            }
        };
        Ok(Self { credentials, base_url: base_url(&lookup)? })
    }
}

/// Returns a variable of this process.
fn variable(name: &str) -> Result<Option<String>, Error> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::of_kind(ErrorKind::InvalidConfiguration, format!("{name} is not valid UTF-8")))
        }
    }
}

/// Returns a variable that is set and not empty. Quotation marks around the value are an error of kind `kind`.
fn value(
    lookup: &impl Fn(&str) -> Result<Option<String>, Error>,
    name: &str,
    kind: ErrorKind,
) -> Result<Option<String>, Error> {
    match lookup(name)?.filter(|value| !value.trim().is_empty()) {
        Some(value) if is_quoted(value.trim()) => Err(Error::of_kind(kind, format!("{name} {QUOTED}"))),
        value => Ok(value),
    }
}

fn base_url(lookup: &impl Fn(&str) -> Result<Option<String>, Error>) -> Result<Option<String>, Error> {
    match value(lookup, "SEAM_ENDPOINT", ErrorKind::InvalidConfiguration)? {
        None => value(lookup, "SEAM_API_URL", ErrorKind::InvalidConfiguration),
        endpoint => Ok(endpoint),
    }
}
