//! Webhooks: whether a delivery is from Seam, and the event in it.
//!
//! Everything is checked in one order: the form of the headers, the signature, the time, and only then the JSON.
//! Nobody without the secret learns what this machine's clock says, or has a document of theirs parsed.

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

/// How far the time of a delivery may be from the clock's, unless set otherwise.
pub const DEFAULT_WEBHOOK_TOLERANCE: Duration = Duration::from_secs(300);

/// How many signatures a delivery may have. Seam sends one for each secret that is in use, so one or two.
pub const MAX_WEBHOOK_SIGNATURES: usize = 32;

/// The fewest bytes that a webhook secret may have, decoded. Seam's have 24.
pub const MIN_WEBHOOK_SECRET_BYTES: usize = 16;

/// The names that a header may have: Svix's, which Seam delivers with, and those of Standard Webhooks.
type Names = [&'static str; 2];

const ID: Names = ["svix-id", "webhook-id"];
const TIMESTAMP: Names = ["svix-timestamp", "webhook-timestamp"];
const SIGNATURE: Names = ["svix-signature", "webhook-signature"];

const SVIX: [&str; 3] = [ID[0], TIMESTAMP[0], SIGNATURE[0]];
const STANDARD_WEBHOOKS: [&str; 3] = [ID[1], TIMESTAMP[1], SIGNATURE[1]];

/// What is before a signature by HMAC-SHA256.
const VERSION: &str = "v1";

/// People copy secrets. One that lacks its padding, or has stray bits behind its last byte, is that secret still.
const SECRETS: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(Indifferent).with_decode_allow_trailing_bits(true),
);

/// Finds out whether a webhook is from Seam.
///
/// ```
/// use std::time::SystemTime;
///
/// use seam_core::{WebhookError, WebhookVerifier};
///
/// let verifier = WebhookVerifier::new("whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==")?;
///
/// // What Seam does.
/// let body = br#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#;
/// let headers = verifier.sign("msg_1", SystemTime::now(), body)?;
///
/// // What you do.
/// let event = verifier.verify(&headers, body)?.event()?;
/// assert_eq!(event.event_id.as_str(), "e1");
///
/// let error = verifier.verify(&headers, b"{}").unwrap_err();
/// assert_eq!(error, WebhookError::WrongSignature);
/// # Ok::<(), WebhookError>(())
/// ```
///
/// A delivery has three headers: `svix-id`, `svix-timestamp` and `svix-signature`, or the same with `webhook-` in the
/// place of `svix-`. All three must be of one kind. Where there are several of one header, of either kind, their ids
/// and their times must be the same, and their signatures count as one list. What is signed is
/// `id.timestamp.body`; of the signatures, one that fits one of the secrets is enough.
///
/// `Debug` does not show the secrets, of which only the keys are kept, and they are overwritten when this is dropped.
#[derive(Clone)]
pub struct WebhookVerifier {
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
    clock: Arc<dyn Clock>,
}

impl WebhookVerifier {
    /// A verifier for the webhook with this secret, which is base64 after `whsec_`; either may lack: the prefix, and
    /// the padding.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`], [`WebhookError::InvalidSecret`] or [`WebhookError::ShortSecret`], none of which
    /// shows it.
    pub fn new(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        Self::with_keys(Vec::new()).also(secret)
    }

    /// Creates a verifier for tests, with a secret that may be shorter than [`MIN_WEBHOOK_SECRET_BYTES`]. Signatures
    /// with such a secret can be forged. The secret is base64 after an optional `whsec_`, as for [`new`](Self::new), and
    /// [`also`](Self::also) rejects short secrets here too.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`] or [`WebhookError::InvalidSecret`].
    pub fn with_short_secret_for_tests(secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        Ok(Self::with_keys(vec![key(&secret.into(), 1)?]))
    }

    fn with_keys(keys: Vec<Hmac<Sha256>>) -> Self {
        Self { keys, tolerance: DEFAULT_WEBHOOK_TOLERANCE, clock: Arc::new(SystemClock) }
    }

    /// Takes what is signed with another secret as well: while secrets are changed, or for several webhooks at one
    /// address.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn also(mut self, secret: impl Into<WebhookSecret>) -> Result<Self, WebhookError> {
        self.keys.push(key(&secret.into(), MIN_WEBHOOK_SECRET_BYTES)?);
        Ok(self)
    }

    /// How far the time of a delivery may be from the clock's, before or after: unless set,
    /// [`DEFAULT_WEBHOOK_TOLERANCE`]. A delivery that is recorded can be sent again for as long.
    #[must_use]
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Sets the clock whose system time deliveries are compared with: [`SystemClock`] unless set. Tests pass the clock of
    /// their client.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks that a delivery is from Seam, and of now. The body is what came, byte for byte: JSON that was parsed and
    /// written again has another signature.
    ///
    /// # Errors
    ///
    /// All of [`WebhookError`] but those about secrets and [`NotAnEvent`](WebhookError::NotAnEvent). Do as if the
    /// delivery had not come, and answer 401.
    pub fn verify<'a>(&self, headers: &'a HeaderMap, body: &'a [u8]) -> Result<WebhookDelivery<'a>, WebhookError> {
        self.verify_at(headers, body, self.clock.system_time())
    }

    /// Like [`verify`](Self::verify), at a time of yours.
    ///
    /// # Errors
    ///
    /// Those of [`verify`](Self::verify).
    pub fn verify_at<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &'a [u8],
        now: SystemTime,
    ) -> Result<WebhookDelivery<'a>, WebhookError> {
        let claim = Claim::read(headers)?;
        let is_signed = self.keys.iter().any(|key| {
            let mac = mac(key, claim.message_id, claim.timestamp, body);
            // In constant time, for what is as long as a signature; all else was left out before.
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

    /// Signs a body as Seam does, with each of the secrets: for tests of what you do with a delivery. The time is cut
    /// to whole seconds.
    ///
    /// # Errors
    ///
    /// [`WebhookError::InvalidMessageId`], or [`WebhookError::InvalidTimestamp`] before 1970.
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

/// A webhook that is from Seam, and of now: there is none that was not [verified](WebhookVerifier::verify).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WebhookDelivery<'a> {
    message_id: &'a str,
    sent_at: SystemTime,
    body: &'a [u8],
}

impl<'a> WebhookDelivery<'a> {
    /// Identifies the message, for logs: the same each time that Seam tries to deliver it, and what Seam's support can
    /// look up. To know an event again take its `event_id`, which is the same in the messages of several webhooks.
    #[must_use]
    pub fn message_id(&self) -> &'a str {
        self.message_id
    }

    /// When it was sent this time, in whole seconds. When the thing happened is in the event.
    #[must_use]
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }

    /// What was signed: the event as JSON.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The event. One of a type that this version does not know is no error, see [`Event`]; nor is a value of another
    /// type than expected, as in a response.
    ///
    /// # Errors
    ///
    /// [`WebhookError::NotAnEvent`].
    pub fn event(&self) -> Result<Event, WebhookError> {
        let decoded = decode::read(self.body, |document| decode::parse(PhantomData::<Event>, document))
            .map_err(|failure| WebhookError::NotAnEvent { path: failure.path, reason: failure.reason })?;
        trace::mismatches(&Method::POST, "webhook", &decoded.mismatches);
        Ok(decoded.value)
    }
}

/// Shows the body's length only, since an event can hold a PIN.
impl fmt::Debug for WebhookDelivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookDelivery")
            .field("message_id", &Redactor::default().print_within(MAX_NAME, self.message_id))
            .field("sent_at", &self.sent_at)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// Why a webhook is not taken. Shows neither the secret nor a value of the headers or the body; of a body that is
/// signed, the names that lead to what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// There is no secret: the text is empty, or is `whsec_` only.
    #[error("the webhook secret is empty; it is `whsec_` and base64, and Seam says it when the webhook is made")]
    EmptySecret,
    /// The secret is not base64.
    #[error(
        "the webhook secret is not base64 after an optional `whsec_`: letters, digits, `+` and `/`, and no blank, line \
         break or quotation mark around it"
    )]
    InvalidSecret,
    /// The secret is too short to be one of Seam's: signatures with it could be forged.
    #[error(
        "the webhook secret is {bytes} bytes of base64, and at least {MIN_WEBHOOK_SECRET_BYTES} are required: it was \
         probably cut; copy it again"
    )]
    ShortSecret {
        /// How many bytes it has, decoded.
        bytes: usize,
    },
    /// This header is not there.
    #[error(
        "the header {0} is missing; a webhook has svix-id, svix-timestamp and svix-signature, or all three with \
         webhook- in the place of svix-"
    )]
    MissingHeader(&'static str),
    /// A header is there more than once, under one name or both of these, and the values differ.
    #[error("the headers {} and {} have different values; a webhook has one", .0[0], .0[1])]
    ConflictingHeaders([&'static str; 2]),
    /// The message id is empty, has a dot, or has something other than visible ASCII characters. With a dot it could
    /// not be told where the id ends in what is signed.
    #[error("the message id is not one or more visible ASCII characters other than the dot")]
    InvalidMessageId,
    /// The timestamp is not a number of seconds, or no time that this machine's clock can show.
    #[error("the timestamp is not the seconds since 1970 in digits, without sign, blank or fraction")]
    InvalidTimestamp,
    /// There are more than [`MAX_WEBHOOK_SIGNATURES`], of any version.
    #[error("there are more than {MAX_WEBHOOK_SIGNATURES} signatures; a webhook has one for each secret")]
    TooManySignatures,
    /// There is no signature of the version that is known, or none that is well-formed.
    #[error("there is no signature `v1,` with the base64 of 32 bytes; those of other versions do not count")]
    NoSignature,
    /// No signature fits. Look first whether the secret is the one of this webhook, and the body as it came.
    #[error(
        "no signature fits: it is not from Seam, the secret is that of another webhook, or the body is not what was \
         sent, byte for byte"
    )]
    WrongSignature,
    /// Signed by Seam, but too long ago: a recording, unless the clock is wrong.
    #[error(
        "it was signed {} s ago, and may be {} s old at most: it is a recording, or this machine's clock is fast",
        age.as_secs(), tolerance.as_secs()
    )]
    TooOld {
        /// How long ago.
        age: Duration,
        /// How long ago it may be.
        tolerance: Duration,
    },
    /// Signed by Seam for a time to come: the clock is wrong.
    #[error(
        "it was signed for {} s from now, and {} s are allowed: this machine's clock is slow",
        ahead.as_secs(), tolerance.as_secs()
    )]
    TooNew {
        /// How far ahead.
        ahead: Duration,
        /// How far ahead it may be.
        tolerance: Duration,
    },
    /// Signed by Seam, but the body is not an event.
    #[error("it is signed, but not an event{}{path}: {reason}", if path.is_empty() { "" } else { ": " })]
    NotAnEvent {
        /// Where in the JSON; empty for the document as a whole.
        path: String,
        /// What is wrong there.
        reason: String,
    },
}

/// What the headers say: well-formed, and not yet to be believed.
struct Claim<'a> {
    message_id: &'a str,
    /// As it came, since that is what is signed.
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

/// All three headers must be there under names of one kind.
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

/// The one value of a header. It is the same under all of its names, so that nobody who looks at another of them sees
/// something that was not checked.
fn the_value(headers: &HeaderMap, names: Names) -> Result<&HeaderValue, WebhookError> {
    let mut values = values(headers, names);
    let value = values.next().ok_or(WebhookError::MissingHeader(names[0]))?;
    if values.all(|other| other == value) { Ok(value) } else { Err(WebhookError::ConflictingHeaders(names)) }
}

/// Without a dot in it, and with digits for a timestamp, there is one way only to take `id.timestamp.body` apart. Else
/// who has a signed message could move bytes from one part to the next, and have another one that is signed too.
fn is_message_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}

fn sent_at(timestamp: &str) -> Option<SystemTime> {
    // `parse` takes a plus sign too.
    let digits = Some(timestamp).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    UNIX_EPOCH.checked_add(Duration::from_secs(digits.parse().ok()?))
}

/// The signatures of the version that is known, in a list of `version,signature` with blanks between them, or commas
/// from a gateway that joined several headers. What is not well-formed is left out, as is what has another version:
/// another one may fit.
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
                // In a word with a part too many it is not certain which version a signature has.
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
