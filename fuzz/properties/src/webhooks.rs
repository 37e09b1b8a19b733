//! Verification of webhooks: arbitrary input, and signed messages that were changed.

use std::time::{Duration, UNIX_EPOCH};

use arbitrary::{Result, Unstructured};
use seam_core::{
    WebhookError, WebhookVerifier,
    http::{HeaderMap, HeaderName, HeaderValue},
};

use crate::exchange::{NOON, choice, noon, split_once};

const SECRET: &str = "whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==";
/// A part of the secret that no error may contain.
const CANARY: &str = "c2VhbS1yc";
const NAMES: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// Verifies a delivery. An input is a letter and its argument: for `a` headers, an empty line and a body; for `b` a secret; for
/// other letters, bytes from which a signed message and a change of it are generated.
///
/// An unsigned message is rejected, a signed one is accepted, and a signed message that was changed is rejected.
pub fn webhooks(input: &[u8]) {
    let (letter, rest) = choice(input);
    match letter % 3 {
        0 => arbitrary_delivery(rest),
        1 => secret(rest),
        // The input may be too short for a message.
        _ => drop(changed_delivery(Unstructured::new(rest))),
    }
}

fn verifier() -> WebhookVerifier {
    match WebhookVerifier::new(SECRET) {
        Ok(verifier) => verifier,
        Err(error) => panic!("{error}"),
    }
}

fn check_error(error: &WebhookError) {
    let printed = format!("{error} {error:?}");
    assert!(!printed.contains(CANARY), "{printed}");
}

fn arbitrary_delivery(input: &[u8]) {
    let (head, body) = split_once(input, b"\n\n").unwrap_or((input, b""));
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let Some((name, value)) = split_once(line, b":") else { continue };
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value.trim_ascii_start()))
        {
            headers.append(name, value);
        }
    }
    let verifier = verifier();
    match verifier.verify_at(&headers, body, noon()) {
        // A seed may be signed. The delivery then contains the signature that `sign` computes.
        Ok(delivery) => {
            let Ok(signed) = verifier.sign(delivery.message_id(), delivery.sent_at(), body) else {
                panic!("an accepted delivery cannot be signed")
            };
            let signature = signed.get(NAMES[2]).map(HeaderValue::as_bytes).unwrap_or_default();
            let is_among = |value: &HeaderValue| {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
                // White space separates signatures, and commas separate the headers of a joined list.
                value.as_bytes().windows(signature.len()).enumerate().any(|(position, part)| {
                    let ends = [position.checked_sub(1), position.checked_add(signature.len())];
                    part == signature && ends.iter().flatten().all(|end| value.as_bytes().get(*end).is_none_or(is_end))
                })
            };
            let all = headers.get_all("svix-signature").iter().chain(headers.get_all("webhook-signature"));
            assert!(all.into_iter().any(is_among), "an unsigned delivery is accepted");
            let age = noon().duration_since(delivery.sent_at()).unwrap_or_else(|error| error.duration());
            assert!(age <= Duration::from_secs(300), "a delivery with an age of {age:?} is accepted");
            if let Err(error) = delivery.event() {
                check_error(&error);
            }
            let _ = format!("{delivery:?}");
        }
        Err(error) => check_error(&error),
    }
}

fn secret(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match WebhookVerifier::new(&*text) {
        Ok(verifier) => {
            let Ok(headers) = verifier.sign("msg_1", noon(), b"{}") else { panic!("a valid message id is rejected") };
            assert!(verifier.verify_at(&headers, b"{}", noon()).is_ok(), "a secret does not verify its own signature");
            // Another secret has another key, unless it is another encoding of the same key.
            if text != SECRET && !text.contains(CANARY) {
                assert!(
                    self::verifier().verify_at(&headers, b"{}", noon()).is_err(),
                    "a signature of another secret is accepted"
                );
            }
        }
        Err(error) => {
            assert!(
                matches!(
                    error,
                    WebhookError::EmptySecret | WebhookError::InvalidSecret | WebhookError::ShortSecret { .. }
                ),
                "{error}"
            );
            assert!(text.len() < 8 || !format!("{error} {error:?}").contains(&*text));
        }
    }
}

fn changed_delivery(mut input: Unstructured<'_>) -> Result<()> {
    let change = input.arbitrary::<u8>()? % 9;
    let position = usize::from(input.arbitrary::<u16>()?);
    let byte = input.arbitrary::<u8>()?;
    let sent = u64::from(input.arbitrary::<u32>()?);
    let id_length = usize::from(input.arbitrary::<u8>()? % 40) + 1;
    let id: String = input
        .bytes(id_length.min(input.len()))?
        .iter()
        .map(|byte| char::from(b'!' + byte % 94))
        .filter(|letter| *letter != '.')
        .collect();
    let body = input.take_rest();

    let verifier = verifier().tolerance(Duration::MAX);
    let Some(sent_at) = UNIX_EPOCH.checked_add(Duration::from_secs(sent)) else { return Ok(()) };
    let headers = match verifier.sign(&id, sent_at, body) {
        Ok(headers) => headers,
        Err(error) => {
            assert!(id.is_empty() && error == WebhookError::InvalidMessageId, "{id}: {error}");
            return Ok(());
        }
    };
    match verifier.verify_at(&headers, body, noon()) {
        Ok(delivery) => {
            assert_eq!((delivery.message_id(), delivery.sent_at(), delivery.body()), (&*id, sent_at, body));
        }
        Err(error) => panic!("a signed delivery is rejected: {error}"),
    }
    let is_recent = sent.abs_diff(NOON) <= 300;
    assert_eq!(self::verifier().verify_at(&headers, body, noon()).is_ok(), is_recent, "{sent}");

    let mut other_headers = headers.clone();
    let mut other_body = body.to_vec();
    match change {
        // Changes, removes or inserts a byte of the body.
        0 => flip(&mut other_body, position, byte),
        1 if !other_body.is_empty() => drop(other_body.remove(position % body.len())),
        2 => other_body.insert(position % (body.len() + 1), byte),
        // Changes, removes or inserts a byte of a header.
        3..=5 => {
            let name = NAMES.get(usize::from(byte) % 3).copied().unwrap_or_default();
            let mut value = headers.get(name).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
            let at = position % value.len().max(1);
            match change {
                3 => flip(&mut value, position, byte / 3),
                4 if !value.is_empty() => drop(value.remove(at)),
                _ => value.insert(at, byte),
            }
            let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
            other_headers.insert(HeaderName::from_static(name), value);
        }
        // Removes a header.
        6 => drop(other_headers.remove(NAMES.get(position % 3).copied().unwrap_or_default())),
        // Moves the end of one part to the beginning of the next.
        7 => {
            let time = format!("{sent}.{}", char::from(byte));
            let Ok(value) = HeaderValue::from_str(&time) else { return Ok(()) };
            other_headers.insert(NAMES[1], value);
            other_body = body.get(1..).unwrap_or_default().to_vec();
        }
        // It is signed with another secret.
        _ => {
            let Ok(other) = WebhookVerifier::new("whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==") else { return Ok(()) };
            let Ok(signed) = other.sign(&id, sent_at, body) else { return Ok(()) };
            other_headers = signed;
        }
    }
    if other_body != body || !is_same(&other_headers, &headers) {
        let result = verifier.verify_at(&other_headers, &other_body, noon());
        assert!(result.is_err(), "a changed delivery is accepted");
    }
    Ok(())
}

fn flip(bytes: &mut [u8], position: usize, bit: u8) {
    let length = bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(position % length) {
        *byte ^= 1 << (bit % 8);
    }
}

/// Returns whether the headers are equal, except for white space around the signatures.
fn is_same(one: &HeaderMap, other: &HeaderMap) -> bool {
    let read = |headers: &HeaderMap| NAMES.map(|name| headers.get(name).map(|value| value.as_bytes().to_vec()));
    let ([id, time, signature], [other_id, other_time, other_signature]) = (read(one), read(other));
    let entries = |value: &Option<Vec<u8>>| -> Vec<Vec<u8>> {
        let entries = value.as_deref().unwrap_or_default().split(u8::is_ascii_whitespace);
        entries.filter(|entry| !entry.is_empty()).map(<[u8]>::to_vec).collect()
    };
    (id, time) == (other_id, other_time) && entries(&signature) == entries(&other_signature)
}
