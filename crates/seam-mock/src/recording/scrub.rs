//! Replacement of secrets by placeholders.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use seam_core::test_util::SecretMask;
use serde_json::{Map, Number, Value};

use super::secrets::{Secrecy, name, secrecy};

/// The types of secrets that are replaced wherever they occur. The others are messages or search strings.
const SEARCHED: [&str; 5] = ["Pin", "CardNumber", "Token", "UserIdentifierKey", "WebhookSecret"];

/// The prefixes by which programs distinguish credentials.
const PREFIXES: [&str; 5] = ["seam_at", "seam_cst", "seam_pk", "seam", "ey"];

/// The minimum length of a part of a URL that may be a credential.
const LONG_PART: usize = 16;

/// The minimum length of digits, and of possible secrets, that are replaced in other strings. Shorter ones occur by
/// chance.
const SHORTEST: usize = 4;

/// The format of a placeholder. Programs parse some secrets, so they must be able to parse the placeholder too.
#[derive(Clone, Debug)]
enum Form {
    /// `scrubbed-pin-1`, named after the type of the secret.
    Plain(String),
    /// `seam_cst_scrubbed_1`, which [`Credentials`](seam_core::Credentials) accepts.
    Credential(&'static str),
    /// `whsec_` and base64, which a webhook verifier accepts.
    WebhookSecret,
    /// `https://scrubbed.invalid/1`.
    Url,
}

impl Form {
    fn of(kind: &str, secret: &str) -> Self {
        let is_url = ["https://", "http://"].iter().any(|scheme| secret.starts_with(scheme));
        match kind {
            "WebhookSecret" => Self::WebhookSecret,
            "Token" => {
                let prefix = PREFIXES.iter().find(|prefix| secret.starts_with(**prefix));
                prefix.map_or_else(|| Self::Plain("token".to_owned()), |prefix| Self::Credential(prefix))
            }
            _ if is_url => Self::Url,
            _ => Self::Plain(kebab_case(kind)),
        }
    }

    fn numbered(&self, number: usize) -> String {
        match self {
            Self::Plain(kind) => format!("scrubbed-{kind}-{number}"),
            Self::Credential(prefix) => format!("{prefix}_scrubbed_{number}"),
            Self::WebhookSecret => format!("whsec_scrubbed/webhook/secret/{number:04}"),
            Self::Url => format!("https://scrubbed.invalid/{number}"),
        }
    }
}

/// Converts `CardNumber` to `card-number`.
fn kebab_case(kind: &str) -> String {
    let mut text = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// Returns whether a string is a placeholder.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let starts = ["scrubbed-", "https://scrubbed.invalid/", "whsec_scrubbed/webhook/secret/"];
    starts.iter().any(|start| text.starts_with(start))
        || PREFIXES.iter().any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("_scrubbed_")))
}

/// The placeholders of one cassette. The same secret always has the same placeholder.
#[derive(Default)]
pub(crate) struct Scrubber {
    /// Names that the user declared secret.
    names: BTreeSet<String>,
    /// The placeholders, by secret.
    placeholders: BTreeMap<String, String>,
    forms: BTreeMap<String, Form>,
    /// The secrets that are replaced in all strings.
    known: SecretMask,
    /// The secrets that were added since [`take_new`](Self::take_new) was called.
    new: Vec<String>,
}

impl fmt::Debug for Scrubber {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber").field("names", &self.names).field("secrets", &self.placeholders.len()).finish()
    }
}

/// The scope of replacements in one request or response.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// The secrets of the request, which a response may repeat.
    own: &'a SecretMask,
    /// Whether the document is a Seam error, which can only quote secrets of the request.
    is_error: bool,
}

impl Scrubber {
    /// Declares values with these names secret.
    pub(crate) fn add_names(&mut self, names: impl IntoIterator<Item = impl Into<String>>) {
        self.names.extend(names.into_iter().map(Into::into));
    }

    /// Returns the parameters of a request without secrets.
    pub(crate) fn parameters(&mut self, path: &str, parameters: Map<String, Value>, own: &SecretMask) -> Value {
        self.value(Scope { own, is_error: false }, path, None, Value::Object(parameters))
    }

    /// Returns the JSON body of a response without secrets.
    pub(crate) fn body(&mut self, body: Value, is_error: bool, own: &SecretMask) -> Value {
        self.value(Scope { own, is_error }, "", None, body)
    }

    /// Returns a string that is not JSON without secrets.
    pub(crate) fn text(&mut self, text: &str, own: &SecretMask) -> String {
        let is_json = has_members(text) || text.trim_start().starts_with(['{', '[']);
        let text = if is_json { without_literals(text) } else { text.to_owned() };
        self.known.mask(&own.mask(&text))
    }

    fn value(&mut self, scope: Scope<'_>, path: &str, secret: Option<&str>, value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    let (secret, is_possible) = match secret {
                        Some(kind) => (Some(kind), false),
                        None => self.secret(scope, &path, &name),
                    };
                    // The names of the members of an object are more specific than that of the object.
                    let is_object =
                        value.is_object() || value.as_array().is_some_and(|items| items.iter().any(Value::is_object));
                    let secret = secret.filter(|_| !(is_possible && is_object));
                    let value = self.value(scope, &path, secret, value);
                    (self.masked(scope.own, "", &name), value)
                })
                .collect(),
            Value::Array(items) => items.into_iter().map(|item| self.value(scope, path, secret, item)).collect(),
            Value::String(text) if text.is_empty() => Value::String(text),
            Value::String(text) => match secret {
                Some(kind) => self.placeholder(kind, text).into(),
                None => self.string(scope.own, name(path), text).into(),
            },
            // A program that expects a number could not read a string.
            Value::Number(number) if secret.is_some() || self.is_secret_number(scope.own, name(path), &number) => {
                0.into()
            }
            other => other,
        }
    }

    /// Returns the type of the secret at `path`, and whether it is only a possible secret.
    fn secret(&self, scope: Scope<'_>, path: &str, name: &str) -> (Option<&'static str>, bool) {
        if self.names.contains(name) {
            return (Some("Value"), false);
        }
        // The client prints these too, and secrets in them can only come from the request.
        if scope.is_error && (path == "error.message" || path.starts_with("error.validation_errors")) {
            return (None, false);
        }
        match secrecy(path) {
            Secrecy::Secret(kind) => (Some(kind), false),
            Secrecy::Possible => (Some("Possible"), true),
            Secrecy::Public => (None, false),
        }
    }

    fn placeholder(&mut self, kind: &str, secret: String) -> String {
        if is_placeholder(&secret) {
            return secret;
        }
        if let Some(placeholder) = self.placeholders.get(&secret) {
            return placeholder.clone();
        }
        let form = Form::of(kind, &secret);
        let placeholder = form.numbered(self.placeholders.len() + 1);
        self.forms.insert(placeholder.clone(), form);
        if SEARCHED.contains(&kind) || (kind == "Possible" && is_distinctive(&secret)) {
            self.search_for(&secret);
        }
        if kind == "SecretUrl" {
            // The common parts of the URLs of a server are not secret.
            let parts = secret.split(['/', '?', '&', '=', '#']).filter(|part| part.len() >= LONG_PART);
            parts.filter(|part| !is_identifier("", part)).for_each(|part| self.search_for(part));
        }
        self.placeholders.insert(secret, placeholder.clone());
        placeholder
    }

    fn search_for(&mut self, secret: &str) {
        self.known.add(secret);
        self.new.push(secret.to_owned());
    }

    /// Replaces the secrets in a string that is not a secret itself.
    fn string(&mut self, own: &SecretMask, name: &str, text: String) -> String {
        let masked = self.masked(own, name, &text);
        // A string without spaces is a token, such as a cursor. Two different tokens must stay different.
        let is_token = masked != text && !text.contains(char::is_whitespace);
        if is_token || has_members(&text) { self.placeholder("Text", text) } else { masked }
    }

    fn masked(&self, own: &SecretMask, name: &str, text: &str) -> String {
        if is_placeholder(text) {
            text.to_owned()
        } else if is_identifier(name, text) {
            self.known.mask_identifier(&own.mask_identifier(text))
        } else {
            self.known.mask(&own.mask(text))
        }
    }

    /// Whether a number has exactly the digits of a secret, such as a PIN that another field has as a string.
    fn is_secret_number(&self, own: &SecretMask, name: &str, number: &Number) -> bool {
        let digits = number.to_string();
        digits.len() >= SHORTEST && self.masked(own, name, &digits) == "***"
    }

    /// Returns a mask of the secrets that were found since the last call, if any.
    pub(crate) fn take_new(&mut self) -> Option<SecretMask> {
        let mut mask = SecretMask::new();
        self.new.iter().for_each(|secret| mask.add(secret));
        (!std::mem::take(&mut self.new).is_empty()).then_some(mask)
    }

    /// Replaces secrets that were found after the value was recorded.
    pub(crate) fn again(&mut self, mask: &SecretMask, name: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.string(mask, name, std::mem::take(text)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.again(mask, name, item)),
            Value::Object(members) => {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.again(mask, &name, &mut value);
                        (self.masked(mask, "", &name), value)
                    })
                    .collect();
            }
            Value::Number(number) if self.is_secret_number(mask, name, number) => *value = 0.into(),
            _ => {}
        }
    }

    /// Numbers the placeholders in the order in which they occur in a document, so that the numbers do not depend on which of
    /// several responses arrived first.
    pub(crate) fn renumber(&self, document: &mut Value) {
        self.renumber_from(&mut BTreeMap::new(), document);
    }

    fn renumber_from(&self, numbered: &mut BTreeMap<String, String>, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(form) = self.forms.get(text.as_str()) {
                    let next = numbered.len() + 1;
                    *text = numbered.entry(text.clone()).or_insert_with(|| form.numbered(next)).clone();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.renumber_from(numbered, item)),
            Value::Object(members) => members.values_mut().for_each(|value| self.renumber_from(numbered, value)),
            _ => {}
        }
    }
}

/// Returns whether the characters of a PIN may occur in a string by chance: in an identifier, a timestamp or an enum
/// value.
fn is_identifier(name: &str, text: &str) -> bool {
    let is_uuid = text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let is_name = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'.');
    let is_time = text.len() >= 10
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte))
        && text.get(4..5) == Some("-");
    ["_id", "_ids"].iter().any(|suffix| name.ends_with(suffix)) || is_uuid || is_name || is_time
}

/// Returns whether a possible secret can be replaced in other strings: it is neither an identifier nor a word, which
/// occur by chance.
fn is_distinctive(secret: &str) -> bool {
    secret.len() >= SHORTEST
        && secret.bytes().any(|byte| byte.is_ascii_digit())
        && !secret.contains(char::is_whitespace)
        && !is_identifier("", secret)
}

/// Returns whether a string contains members of a JSON object.
fn has_members(text: &str) -> bool {
    text.split('"').skip(1).any(|after| after.trim_start().starts_with(':'))
}

/// Replaces strings in quotation marks and the digits of numbers in invalid JSON, whose secrets cannot be located. The
/// result has the same structure.
fn without_literals(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, literal)) = rest.split_once('"') {
        result.extend(before.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }));
        let mut end = literal.len();
        let mut is_escaped = false;
        for (at, c) in literal.char_indices() {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let (inside, after) = literal.split_at(end);
        let is_name = after.strip_prefix('"').is_some_and(|after| after.trim_start().starts_with(':'));
        let is_harmless = inside.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        result.push('"');
        result.push_str(if is_name && is_harmless { inside } else { "***" });
        result.extend(after.strip_prefix('"').map(|_| '"'));
        rest = after.strip_prefix('"').unwrap_or_default();
    }
    result.extend(rest.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }));
    result
}
