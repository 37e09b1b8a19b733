//! Secrets that must not be found anywhere, in any of the forms that they may take.

use std::error::Error as StdError;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use seam_core::Error;

/// The API key of all clients here.
pub const KEY: &str = "seam_canary.key~7391/x";

/// The PIN in all requests that have one.
pub const PIN: &str = "PIN\"canary/é 4711";

/// What `encodeURIComponent` encodes.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Percent-encoded with its digits in lower case.
#[must_use]
pub fn lower_case_percent(secret: &str) -> String {
    let pieces = secret.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    pieces.collect()
}

/// Finds secrets in what was printed.
#[derive(Clone, Debug)]
pub struct Canaries(Vec<String>);

impl Canaries {
    /// The key and the PIN.
    #[must_use]
    pub fn new() -> Self {
        Self::of([KEY, PIN])
    }

    /// Secrets: raw, percent-encoded, in base64, and as in a JSON text.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            forms.push(secret.to_owned());
            forms.push(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
            forms.push(lower_case_percent(secret));
            forms.push(secret.replace(' ', "+"));
            forms.push(utf8_percent_encode(secret, COMPONENT).to_string());
            forms.push(utf8_percent_encode(secret, COMPONENT).to_string().replace("%20", "+"));
            // In base64 a text looks different by where it begins; what is certain is left.
            for before in 0..3 {
                let padded = STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
                let from = if before == 0 { 0 } else { 4 };
                forms.extend(padded.get(from..padded.len().saturating_sub(4)).map(str::to_owned));
            }
            let json = serde_json::Value::from(secret).to_string();
            // One quote at each end, since the last character of a secret may be one too.
            let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
            forms.push(json.to_owned());
            forms.push(json.replace('/', "\\/"));
            forms.push(json.replace('é', "\\u00e9"));
            forms.push(secret.escape_default().to_string());
            forms.push(secret.escape_debug().to_string());
        }
        // Of a short secret, one that begins within a unit of base64 leaves next to nothing.
        forms.retain(|form| form.len() >= 4);
        Self(forms)
    }

    /// The form in which a secret is in `text`, if one is.
    #[must_use]
    pub fn find_in(&self, text: &str) -> Option<&str> {
        self.0.iter().map(String::as_str).find(|form| text.contains(form))
    }

    /// The form in which a secret is in what an error prints, or its sources do.
    #[must_use]
    pub fn find_in_error(&self, error: &Error) -> Option<String> {
        let mut printed = format!("{error}\n{error:?}\n{error:#?}");
        let mut source = error.source();
        while let Some(inner) = source {
            printed.push_str(&format!("\n{inner}\n{inner:?}"));
            source = inner.source();
        }
        self.find_in(&printed).map(|form| format!("{form:?} is in {printed}"))
    }
}

impl Default for Canaries {
    fn default() -> Self {
        Self::new()
    }
}
