//! Masking of secrets in recordings of requests and responses.

use std::fmt;

use crate::{Request, policy::context::RequestContext, response::redact::Patterns};

/// The maximum length of a secret that may occur in an identifier by chance, in bytes.
const LONG: usize = 12;

/// A set of secrets that are replaced in strings by `***`, in the same encodings as in errors and logs: verbatim, in
/// another letter case, escaped as in URLs and JSON, and in base64. A long secret is also found by its first or last
/// characters.
#[derive(Default)]
pub struct SecretMask {
    all: Patterns,
    long: Patterns,
}

impl SecretMask {
    /// Creates a mask without secrets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a mask of the secrets of a request: its credentials, the parameters whose types are secrets, and the
    /// headers that the call adds. A request that no client created has none.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let mut mask = Self::new();
        if let Some(context) = RequestContext::of(request) {
            context.redactor.secrets().for_each(|secret| mask.add(secret));
        }
        mask
    }

    /// Adds a secret.
    pub fn add(&mut self, secret: &str) {
        self.all.add(secret);
        if secret.len() > LONG {
            self.long.add(secret);
        }
    }

    /// Returns `text` with all secrets replaced.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.all.mask(text)
    }

    /// Returns `text`, an identifier or a timestamp, with all secrets of more than 12 bytes replaced. The digits of a
    /// PIN may occur in an identifier by chance.
    #[must_use]
    pub fn mask_identifier(&self, text: &str) -> String {
        self.long.mask(text)
    }
}

impl fmt::Debug for SecretMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretMask").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_may_contain_a_short_secret() {
        let mut mask = SecretMask::new();
        mask.add("1988");
        mask.add("seam_at_0123456789");
        let id = "bf661988-0c47-4f3c-ac96-43cc3bea0a8d";
        assert_eq!(mask.mask(id), "bf66***-0c47-4f3c-ac96-43cc3bea0a8d");
        assert_eq!(mask.mask_identifier(id), id);
        assert_eq!(mask.mask_identifier("x seam_at_0123456789 1988"), "x *** 1988");
        assert_eq!(format!("{mask:?}"), "SecretMask { .. }");
    }
}
