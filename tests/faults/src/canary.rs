//! Canary secrets, and a search for them in all encodings.

use std::error::Error as StdError;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::Error;

/// The API key of all clients in the tests.
pub const KEY: &str = "seam_canary.key~7391/x";

/// The PIN in all requests with a PIN.
pub const PIN: &str = "PIN\"canary/é 4711";

/// The characters that `encodeURIComponent` encodes.
pub const URI_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Returns the string percent-encoded with lower-case digits.
#[must_use]
pub fn lower_case_percent(secret: &str) -> String {
    let pieces = secret.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    pieces.collect()
}

/// The secrets to search for, in all encodings.
#[derive(Clone, Debug)]
pub struct Canaries(Vec<String>);

impl Canaries {
    /// Returns a search for [`KEY`] and [`PIN`].
    #[must_use]
    pub fn new() -> Self {
        Self::of([KEY, PIN])
    }

    /// Returns a search for the given secrets: raw, percent-encoded, in base64, and escaped as in JSON or Rust.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            forms.push(secret.to_owned());
            forms.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
            forms.push(lower_case_percent(secret));
            forms.push(secret.replace(' ', "+"));
            forms.push(utf8_percent_encode(secret, URI_COMPONENT).to_string());
            forms.push(utf8_percent_encode(secret, URI_COMPONENT).to_string().replace("%20", "+"));
            // The base64 of a string depends on its offset. Only the characters that do not depend on its neighbours are kept.
            for before in 0..3 {
                let padded = STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
                let from = if before == 0 { 0 } else { 4 };
                forms.extend(padded.get(from..padded.len().saturating_sub(4)).map(str::to_owned));
            }
            let json = serde_json::Value::from(secret).to_string();
            // Removes only one quote at each end, because a secret may end with a quote.
            let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
            forms.push(json.to_owned());
            forms.push(json.replace('/', "\\/"));
            forms.push(json.replace('é', "\\u00e9"));
            forms.push(secret.escape_default().to_string());
            forms.push(secret.escape_debug().to_string());
        }
        // Forms of a short secret may be too short to be significant.
        forms.retain(|form| form.len() >= 4);
        Self(forms)
    }

    /// Returns the form of a secret that `text` contains, if any.
    #[must_use]
    pub fn find_in(&self, text: &str) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|form| text.contains(form))
    }

    /// Returns a description of a secret that an error or its sources print, if any.
    #[must_use]
    pub fn find_in_error(&self, error: &Error) -> Option<String> {
        let mut printed = format!("{error}\n{error:?}\n{error:#?}");
        let mut source = error.source();
        while let Some(inner) = source {
            printed.push_str(&format!("\n{inner}\n{inner:?}"));
            source = inner.source();
        }
        self.find_in(&printed).map(|form| format!("{form:?} in {printed}"))
    }
}

impl Default for Canaries {
    fn default() -> Self {
        Self::new()
    }
}
