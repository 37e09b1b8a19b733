//! Verification of webhook deliveries.
//!
//! The checks run in a fixed order: the format of the headers, the signature, the timestamp, and only then the JSON. A
//! sender without the secret learns nothing about the local clock, and none of its documents is parsed.

use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    alphabet::STANDARD as ALPHABET,
    engine::{
        DecodePaddingMode::Indifferent,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as BASE64},
    },
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use seam_model::{Event, WebhookSecret};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    client::clock::{Clock, SystemClock},
    policy::trace,
    response::{
        decode,
        redact::{MAX_NAME, Redactor},
    },
};

/// The default tolerance between the time of a delivery and the clock: 300 s.
pub const DEFAULT_WEBHOOK_TOLERANCE: Duration = Duration::from_secs(300);

/// The maximum number of signatures of a delivery. Seam sends one for each secret in use, so one or two.
pub const MAX_WEBHOOK_SIGNATURES: usize = 32;

/// The minimum length of a decoded webhook secret, in bytes. Secrets of Seam have 24.
pub const MIN_WEBHOOK_SECRET_BYTES: usize = 16;

/// The names of a header: of Svix, which Seam uses for deliveries, and of Standard Webhooks.
type Names = [&'static str; 2];

const ID: Names = ["svix-id", "webhook-id"];
const TIMESTAMP: Names = ["svix-timestamp", "webhook-timestamp"];
const SIGNATURE: Names = ["svix-signature", "webhook-signature"];

const SVIX: [&str; 3] = [ID[0], TIMESTAMP[0], SIGNATURE[0]];
const STANDARD_WEBHOOKS: [&str; 3] = [ID[1], TIMESTAMP[1], SIGNATURE[1]];

/// The version of signatures by HMAC-SHA256.
const VERSION: &str = "v1";

/// Decodes copied secrets, which may lack the padding or have trailing bits.
const SECRETS: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent).with_decode_allow_trailing_bits(true),
);

/// A verifier of webhook deliveries.
///
/// ```
/// use std::time::SystemTime;
///
/// use seam_core::{WebhookError, WebhookVerifier};
///
/// let verifier = WebhookVerifier::new("whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==")?;
///
/// // Seam signs a delivery.
/// let body = br#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#;
/// let headers = verifier.sign("msg_1", SystemTime::now(), body)?;
///
/// // Your server verifies it.
/// let event = verifier.verify(&headers, body)?.event()?;
/// assert_eq!(event.event_id.as_str(), "e1");
///
/// let error = verifier.verify(&headers, b"{}").unwrap_err();
/// assert_eq!(error, WebhookError::WrongSignature);
/// # Ok::<(), WebhookError>(())
/// ```
///
/// A delivery has three headers: `svix-id`, `svix-timestamp` and `svix-signature`, or the same with `webhook-` instead
/// of `svix-`. All three must be of one kind. If a header is repeated, under names of either kind, ids and timestamps
/// must be equal, and the signatures are combined. The signed content is `id.timestamp.body`; one signature that
/// matches one of the secrets is sufficient.
///
/// `Debug` does not print the secrets. Only keys derived from them are kept, which are zeroed on drop.
#[derive(Clone)]
pub struct WebhookVerifier {
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
    clock: Arc<dyn Clock>,
}

impl WebhookVerifier {
    /// Creates a verifier for the webhook with this secret, which is base64 after `whsec_`. The prefix and the padding
    /// are optional.
    ///
    /// # Errors
    ///
    /// Returns [`WebhookError::EmptySecret`], [`WebhookError::InvalidSecret`] or [`WebhookError::ShortSecret`], none of
    /// which quotes the secret.
    pub fn new(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        Self::with_keys(Vec::new()).also(secret)
    }

    /// Creates a verifier for tests, with a secret that may be shorter than [`MIN_WEBHOOK_SECRET_BYTES`]. Signatures
    /// with such a secret can be forged. The secret is base64 after an optional `whsec_`, as for [`new`](Self::new), and
    /// [`also`](Self::also) rejects short secrets here too.
    ///
    /// # Errors
    ///
    /// Returns [`WebhookError::EmptySecret`] or [`WebhookError::InvalidSecret`].
    pub fn with_short_secret_for_tests(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        Ok(Self::with_keys(vec![key(&secret.into(), 1)?]))
    }

    fn with_keys(keys: Vec<Hmac<Sha256>>) -> Self {
        Self { keys, tolerance: DEFAULT_WEBHOOK_TOLERANCE, clock: Arc::new(SystemClock) }
    }

    /// Accepts signatures with another secret too, such as during a rotation, or for several webhooks with one URL.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`new`](Self::new).
    pub fn also(mut self, secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        self.keys.push(key(&secret.into(), MIN_WEBHOOK_SECRET_BYTES)?);
        Ok(self)
    }

    /// Sets the tolerance between the time of a delivery and the clock, in both directions. Defaults to
    /// [`DEFAULT_WEBHOOK_TOLERANCE`]. A recorded delivery can be replayed for that long.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the clock whose system time is compared with the timestamps of deliveries. Defaults to [`SystemClock`].
    /// Tests pass the clock of their client.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies that a delivery is from Seam and recent. Pass the raw body, byte for byte: JSON that was parsed and
    /// serialized again has another signature.
    ///
    /// # Errors
    ///
    /// Returns any [`WebhookError`] except those of secrets and [`NotAnEvent`](WebhookError::NotAnEvent). Ignore the
    /// delivery and respond with status 401.
    pub fn verify<'a>(&self, headers: &'a HeaderMap, body: &'a [u8]) -> Result<WebhookDelivery<'a>, WebhookError> {
        self.verify_at(headers, body, self.clock.system_time())
    }

    /// Verifies a delivery like [`verify`](Self::verify), at the time `now`.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`verify`](Self::verify).
    pub fn verify_at<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &'a [u8],
        now: SystemTime,
    ) -> Result<WebhookDelivery<'a>, WebhookError> {
        let claim = Claim::read(headers)?;
        let is_signed = self.keys.iter().any(|key| {
            let mac = mac(key, claim.message_id, claim.timestamp, body);
            // Compared in constant time. Strings of another length were dropped before.
            claim.signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        });
        if !is_signed {
            return Err(WebhookError::WrongSignature);
        }

        let tolerance = self.tolerance;
        match now.duration_since(claim.sent_at) {
            Ok(age) if age > tolerance => return Err(WebhookError::TooOld { age, tolerance }),
            Err(ahead) if ahead.duration() > tolerance => {
                return Err(WebhookError::TooNew { ahead: ahead.duration(), tolerance });
            }
            _ => {}
        }
        Ok(WebhookDelivery { message_id: claim.message_id, sent_at: claim.sent_at, body })
    }

    /// Signs a body as Seam does, with each of the secrets, for tests of a webhook receiver. The time is truncated to
    /// whole seconds.
    ///
    /// # Errors
    ///
    /// Returns [`WebhookError::InvalidMessageId`], or [`WebhookError::InvalidTimestamp`] before 1970.
    pub fn sign(&self, message_id: &str, sent_at: SystemTime, body: &[u8]) -> Result<HeaderMap, WebhookError> {
        if !is_message_id(message_id) {
            return Err(WebhookError::InvalidMessageId);
        }
        let since = sent_at.duration_since(UNIX_EPOCH).map_err(|_| WebhookError::InvalidTimestamp)?;
        let timestamp = since.as_secs().to_string();
        let signatures: Vec<_> = self
            .keys
            .iter()
            .map(|key| mac(key, message_id, &timestamp, body).finalize())
            .map(|signature| format!("v1,{}", BASE64.encode(signature.as_bytes())))
            .collect();

        let mut headers = HeaderMap::new();
        for ([name, _], text) in [(ID, message_id), (TIMESTAMP, &timestamp), (SIGNATURE, &signatures.join(" "))] {
            let value = HeaderValue::from_str(text).map_err(|_| WebhookError::InvalidMessageId)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .finish()
    }
}

/// A [verified](WebhookVerifier::verify) webhook delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WebhookDelivery<'a> {
    message_id: &'a str,
    sent_at: SystemTime,
    body: &'a [u8],
}

impl<'a> WebhookDelivery<'a> {
    /// Returns the id of the message, for logs and for requests to Seam's support. It is the same for each delivery
    /// attempt. To detect duplicate events, use `event_id`, which is the same in the messages of several webhooks.
    #[must_use]
    pub fn message_id(&self) -> &'a str {
        self.message_id
    }

    /// Returns the time of this delivery attempt, in whole seconds. The time of the event itself is in the event.
    #[must_use]
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }

    /// Returns the signed body: the event as JSON.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Decodes the event. An unknown event type is not an error, see [`Event`]; nor is a value of an unexpected type,
    /// as in a response.
    ///
    /// # Errors
    ///
    /// Returns [`WebhookError::NotAnEvent`].
    pub fn event(&self) -> Result<Event, WebhookError> {
        let decoded = decode::read(self.body, |document| decode::parse(PhantomData::<Event>, document))
            .map_err(|failure| WebhookError::NotAnEvent { path: failure.path, reason: failure.reason })?;
        trace::mismatches(&Method::POST, "webhook", &decoded.mismatches);
        Ok(decoded.value)
    }
}

/// Prints only the length of the body, because an event can contain a PIN.
impl fmt::Debug for WebhookDelivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookDelivery")
            .field("message_id", &Redactor::default().print_within(MAX_NAME, self.message_id))
            .field("sent_at", &self.sent_at)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// The error of a webhook that is rejected. It quotes neither the secret nor a value of the headers or the body, only
/// JSON paths in a signed body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The secret is empty, or consists of `whsec_` only.
    #[error(
        "the webhook secret is empty; expected `whsec_` and base64, as Seam returns it when the webhook is created"
    )]
    EmptySecret,
    /// The secret is not base64.
    #[error(
        "the webhook secret is not base64 after an optional `whsec_`; it must not contain spaces, line breaks or \
         quotation marks"
    )]
    InvalidSecret,
    /// The secret is shorter than those of Seam. Signatures with it could be forged.
    #[error(
        "the webhook secret has {bytes} bytes, but at least {MIN_WEBHOOK_SECRET_BYTES} are required; it was probably \
         truncated, copy it again"
    )]
    ShortSecret {
        /// The length of the decoded secret in bytes.
        bytes: usize,
    },
    /// A header is missing.
    #[error(
        "the header {0} is missing; expected svix-id, svix-timestamp and svix-signature, or all three with \
         webhook- instead of svix-"
    )]
    MissingHeader(&'static str),
    /// A header is repeated, under one or both of these names, with different values.
    #[error("the headers {} and {} have different values", .0[0], .0[1])]
    ConflictingHeaders([&'static str; 2]),
    /// The message id is empty, or contains a dot or characters other than visible ASCII. A dot would make the end of
    /// the id in the signed content ambiguous.
    #[error("the message id must consist of visible ASCII characters other than a dot")]
    InvalidMessageId,
    /// The timestamp is not a number of seconds, or is out of range.
    #[error("the timestamp must be the seconds since 1970 in decimal digits")]
    InvalidTimestamp,
    /// There are more than [`MAX_WEBHOOK_SIGNATURES`] signatures of any version.
    #[error("there are more than {MAX_WEBHOOK_SIGNATURES} signatures")]
    TooManySignatures,
    /// There is no well-formed signature of the supported version.
    #[error("there is no signature of the form `v1,` and base64 of 32 bytes; other versions are not supported")]
    NoSignature,
    /// No signature matches. Check that the secret belongs to this webhook, and that the raw body is passed.
    #[error(
        "no signature matches: the delivery is not from Seam, the secret belongs to another webhook, or the body is not \
         the raw body"
    )]
    WrongSignature,
    /// Signed by Seam, but too long ago: a replay, unless the local clock is wrong.
    #[error(
        "the delivery was signed {} s ago, but may be at most {} s old; it is a replay, or the local clock is fast",
        age.as_secs(), tolerance.as_secs()
    )]
    TooOld {
        /// The time since the delivery was signed.
        age: Duration,
        /// The maximum time.
        tolerance: Duration,
    },
    /// Signed by Seam with a time in the future: the local clock is wrong.
    #[error(
        "the delivery was signed {} s in the future, but at most {} s are allowed; the local clock is slow",
        ahead.as_secs(), tolerance.as_secs()
    )]
    TooNew {
        /// The time until the timestamp of the delivery.
        ahead: Duration,
        /// The maximum time.
        tolerance: Duration,
    },
    /// Signed by Seam, but the body is not an event.
    #[error("the delivery is signed, but the body is not an event{}{path}: {reason}", if path.is_empty() { "" } else { ": " })]
    NotAnEvent {
        /// The JSON path; empty for the whole document.
        path: String,
        /// The reason.
        reason: String,
    },
}

/// The values of the headers: well-formed, but not verified.
struct Claim<'a> {
    message_id: &'a str,
    /// The raw timestamp, which is part of the signed content.
    timestamp: &'a str,
    sent_at: SystemTime,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Claim<'a> {
    fn read(headers: &'a HeaderMap) -> Result<Self, WebhookError> {
        check_complete(headers)?;
        let message_id = the_value(headers, ID)?
            .to_str()
            .ok()
            .filter(|text| is_message_id(text))
            .ok_or(WebhookError::InvalidMessageId)?;
        let timestamp = the_value(headers, TIMESTAMP)?.to_str().map_err(|_| WebhookError::InvalidTimestamp)?;
        let sent_at = sent_at(timestamp).ok_or(WebhookError::InvalidTimestamp)?;
        let signatures = signatures(headers)?;
        Ok(Self { message_id, timestamp, sent_at, signatures })
    }
}

/// Checks that all three headers are present under names of one kind.
fn check_complete(headers: &HeaderMap) -> Result<(), WebhookError> {
    let missing = |kind: [&'static str; 3]| kind.into_iter().find(|name| !headers.contains_key(*name));
    let has_some = |kind: [&'static str; 3]| kind.into_iter().any(|name| headers.contains_key(name));
    match (missing(SVIX), missing(STANDARD_WEBHOOKS)) {
        (Some(_), Some(name)) if has_some(STANDARD_WEBHOOKS) && !has_some(SVIX) => {
            Err(WebhookError::MissingHeader(name))
        }
        (Some(name), Some(_)) => Err(WebhookError::MissingHeader(name)),
        _ => Ok(()),
    }
}

fn values(headers: &HeaderMap, names: Names) -> impl Iterator<Item = &HeaderValue> {
    names.into_iter().flat_map(|name| headers.get_all(name))
}

/// Returns the value of a header. All its occurrences under both names must be equal, so that code that reads another
/// one gets the verified value.
fn the_value(headers: &HeaderMap, names: Names) -> Result<&HeaderValue, WebhookError> {
    let mut values = values(headers, names);
    let value = values.next().ok_or(WebhookError::MissingHeader(names[0]))?;
    if values.all(|other| other == value) { Ok(value) } else { Err(WebhookError::ConflictingHeaders(names)) }
}

/// Returns whether a message id is valid. Without a dot in the id, and with only digits in the timestamp,
/// `id.timestamp.body` can be split in one way only. Otherwise an attacker with a signed message could move bytes
/// between its parts, and obtain another message with a valid signature.
fn is_message_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}

fn sent_at(timestamp: &str) -> Option<SystemTime> {
    // `parse` would accept a plus sign.
    let digits = Some(timestamp).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    UNIX_EPOCH.checked_add(Duration::from_secs(digits.parse().ok()?))
}

/// Returns the signatures of the supported version in a list of `version,signature`, separated by spaces, or by commas
/// from a gateway that joined several headers. Malformed signatures and those of other versions are skipped, because
/// another one may match.
fn signatures(headers: &HeaderMap) -> Result<Vec<[u8; 32]>, WebhookError> {
    let lists = values(headers, SIGNATURE).map(|value| String::from_utf8_lossy(value.as_bytes()).replace(", ", " "));
    let mut signatures = Vec::new();
    let mut count = 0;
    for list in lists {
        for word in list.split_ascii_whitespace() {
            let parts: Vec<&str> = word.split(',').collect();
            for pair in parts.chunks(2) {
                count += 1;
                if count > MAX_WEBHOOK_SIGNATURES {
                    return Err(WebhookError::TooManySignatures);
                }
                let &[version, text] = pair else { continue };
                let mut signature = [0; 32];
                let is_whole = BASE64.decode_slice(text, &mut signature) == Ok(signature.len());
                // With an odd number of parts, the version of a signature is ambiguous.
                if version == VERSION && is_whole && parts.len() % 2 == 0 {
                    signatures.push(signature);
                }
            }
        }
    }
    if signatures.is_empty() { Err(WebhookError::NoSignature) } else { Ok(signatures) }
}

fn key(secret: &WebhookSecret, min_bytes: usize) -> Result<Hmac<Sha256>, WebhookError> {
    let text = secret.expose_secret();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    let bytes = Zeroizing::new(SECRETS.decode(text).map_err(|_| WebhookError::InvalidSecret)?);
    if bytes.is_empty() {
        return Err(WebhookError::EmptySecret);
    }
    if bytes.len() < min_bytes {
        return Err(WebhookError::ShortSecret { bytes: bytes.len() });
    }
    Hmac::new_from_slice(&bytes).map_err(|_| WebhookError::InvalidSecret)
}

fn mac(key: &Hmac<Sha256>, message_id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    key.clone().chain_update(message_id).chain_update(".").chain_update(timestamp).chain_update(".").chain_update(body)
}
