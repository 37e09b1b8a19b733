//! Verification of webhook deliveries, through the public API and with a test clock.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::{collection::vec, prelude::*};
use seam_core::{
    DEFAULT_WEBHOOK_TOLERANCE, MAX_WEBHOOK_SIGNATURES, WebhookError, WebhookVerifier,
    http::{HeaderMap, HeaderName, HeaderValue},
    model::{EventPayload, EventType, WebhookSecret},
};

const SECRET: &str = "whsec_c2VhbS1ycyBleGFtcGxlIHNlY3JldA==";
const OTHER_SECRET: &str = "whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==";
const ID: &str = "msg_31rLpgVQ3";
const SENT: u64 = 1_767_268_800;
const BODY: &[u8] = br#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1"}"#;
/// The signature of the constants above, created with Python's `hmac`.
const SIGNATURE: &str = "v1,CKV9W1QLSMdKX1MR5aiRZp6/nEdr6bjEoOPUt7bdNA0=";
/// The signature of a body that is not UTF-8.
const BINARY_BODY: &[u8] = b"\xff\x00\xfe";
const SIGNATURE_OF_BINARY: &str = "v1,Jz7gApQQZVj5kw22HZYih6bI3Sth49mQNB0/Cf8WnyQ=";

fn verifier() -> WebhookVerifier {
    WebhookVerifier::new(SECRET).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn svix(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
    headers(&[("svix-id", id), ("svix-timestamp", timestamp), ("svix-signature", signature)])
}

/// Returns valid headers.
fn good() -> HeaderMap {
    svix(ID, &SENT.to_string(), SIGNATURE)
}

/// Verifies a delivery of [`BODY`] with these headers, at the time at which it was sent.
fn judge(headers: &HeaderMap) -> Result<(), WebhookError> {
    verifier().verify_at(headers, BODY, at(SENT)).map(|_| ())
}

fn judge_signature(signature: &str) -> Result<(), WebhookError> {
    judge(&svix(ID, &SENT.to_string(), signature))
}

fn judge_timestamp(timestamp: &str) -> Result<(), WebhookError> {
    judge(&svix(ID, timestamp, SIGNATURE))
}

mod signatures {
    use super::*;

    #[test]
    fn a_signature_of_another_implementation_is_valid() {
        let headers = good();
        let delivery = verifier().verify_at(&headers, BODY, at(SENT)).unwrap();
        assert_eq!(delivery.message_id(), ID);
        assert_eq!(delivery.sent_at(), at(SENT));
        assert_eq!(delivery.body(), BODY);
    }

    #[test]
    fn the_published_example_of_svix_is_valid() {
        let verifier = WebhookVerifier::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers =
            svix("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        verifier.verify_at(&headers, br#"{"test": 2432232314}"#, at(1_614_265_330)).unwrap();
    }

    #[test]
    fn a_body_is_compared_as_bytes() {
        let headers = svix(ID, &SENT.to_string(), SIGNATURE_OF_BINARY);
        verifier().verify_at(&headers, BINARY_BODY, at(SENT)).unwrap();
        // The body after a lossy conversion to a string.
        let replaced = String::from_utf8_lossy(BINARY_BODY);
        let error = verifier().verify_at(&headers, replaced.as_bytes(), at(SENT)).unwrap_err();
        assert_eq!(error, WebhookError::WrongSignature);
    }

    #[test]
    fn one_matching_signature_at_any_position_is_sufficient() {
        let wrong = format!("v1,{}=", "A".repeat(43));
        for list in [
            format!("{SIGNATURE} {wrong}"),
            format!("{wrong} {SIGNATURE}"),
            format!("{wrong} {SIGNATURE} {wrong}"),
            format!("v1a,{wrong} {SIGNATURE}"),
            format!("v2,{wrong} v1 v1, , x {SIGNATURE}"),
            format!("v1,not-base64! {SIGNATURE}"),
            format!("v1,a,b,c {SIGNATURE}"),
            format!("v1,c2hvcnQ= {SIGNATURE}"),
            format!("v1,{} {SIGNATURE}", "A".repeat(4000)),
            format!("\u{e9}\u{20ac} {SIGNATURE}"),
            format!("  {SIGNATURE}   {wrong}  "),
        ] {
            assert_eq!(judge_signature(&list), Ok(()), "{list}");
        }
        assert_eq!(judge_signature(&format!("{wrong} {wrong}")), Err(WebhookError::WrongSignature));
    }

    /// A gateway may join repeated headers with commas, as HTTP allows.
    #[test]
    fn a_list_joined_with_commas_is_accepted() {
        let wrong = format!("v1,{}=", "A".repeat(43));
        let other = format!("v1a,{}=", "A".repeat(43));
        for list in [
            format!("{SIGNATURE}, {wrong}"),
            format!("{wrong}, {SIGNATURE}"),
            format!("{wrong},{SIGNATURE}"),
            format!("{SIGNATURE},{wrong}"),
            format!("{other},{wrong},{SIGNATURE}"),
            format!("{other} {wrong}, {other},{SIGNATURE} {wrong}"),
            format!("v2,x, {SIGNATURE}"),
        ] {
            assert_eq!(judge_signature(&list), Ok(()), "{list}");
        }
        let bare = SIGNATURE.strip_prefix("v1,").unwrap();
        for list in [
            format!("{other},v0,{bare}"),
            format!("v0,{bare}, v2,{bare}"),
            format!("v0,v1,{bare}"),
            format!("v1,v0,{bare}"),
            format!("v1,v1,v0,{bare}"),
            format!("v1, {bare}"),
            format!(",{SIGNATURE}"),
        ] {
            assert_eq!(judge_signature(&list), Err(WebhookError::NoSignature), "{list}");
        }
        assert_eq!(judge_signature(&format!("{wrong}, {wrong}")), Err(WebhookError::WrongSignature));
        let many = vec![wrong; MAX_WEBHOOK_SIGNATURES].join(",");
        assert_eq!(judge_signature(&many), Err(WebhookError::WrongSignature));
        assert_eq!(judge_signature(&format!("{many},{SIGNATURE}")), Err(WebhookError::TooManySignatures));
    }

    #[test]
    fn signatures_of_other_versions_are_ignored() {
        let bare = SIGNATURE.strip_prefix("v1,").unwrap();
        for list in [
            String::new(),
            " ".to_owned(),
            bare.to_owned(),
            format!("v0,{bare}"),
            format!("v,{bare}"),
            format!(",{bare}"),
            format!("v11,{bare}"),
            format!("v01,{bare}"),
            format!("1,{bare}"),
            format!("v2,{bare}"),
            format!("v1a,{bare}"),
            format!("V1,{bare}"),
            format!("v1 {bare}"),
            format!("v1,{bare},"),
            "v1,".to_owned(),
            "v1,c2hvcnQ=".to_owned(),
            // Without padding.
            format!("v1,{}", bare.trim_end_matches('=')),
            // The valid bytes and one more.
            format!("v1,{}A", bare.trim_end_matches('=')),
            format!("v1,{bare}{bare}"),
        ] {
            assert_eq!(judge_signature(&list), Err(WebhookError::NoSignature), "{list}");
        }
    }

    #[test]
    fn a_part_of_a_signature_does_not_match() {
        // The first bytes of the valid signature, padded with zeros.
        let half = SIGNATURE.strip_prefix("v1,").unwrap().get(..20).unwrap();
        let padded = format!("v1,{half}{}=", "A".repeat(23));
        assert_eq!(judge_signature(&padded), Err(WebhookError::WrongSignature));
    }

    #[test]
    fn the_number_of_signatures_is_limited() {
        let wrong = format!("v1,{}= ", "A".repeat(43));
        let list = wrong.repeat(MAX_WEBHOOK_SIGNATURES - 1) + SIGNATURE;
        assert_eq!(judge_signature(&list), Ok(()));
        let list = wrong.repeat(MAX_WEBHOOK_SIGNATURES) + SIGNATURE;
        assert_eq!(judge_signature(&list), Err(WebhookError::TooManySignatures));
        let list = "x ".repeat(MAX_WEBHOOK_SIGNATURES) + SIGNATURE;
        assert_eq!(judge_signature(&list), Err(WebhookError::TooManySignatures));

        // Also across several headers.
        let mut many = good();
        for _ in 0..MAX_WEBHOOK_SIGNATURES {
            many.append("svix-signature", HeaderValue::from_static(SIGNATURE));
        }
        assert_eq!(judge(&many), Err(WebhookError::TooManySignatures));
    }
}

mod secrets {
    use super::*;

    #[test]
    fn prefix_and_padding_are_optional() {
        let bare = SECRET.strip_prefix("whsec_").unwrap();
        let secrets = [SECRET, bare, SECRET.trim_end_matches('='), bare.trim_end_matches('=')];
        for secret in secrets {
            let verifier = WebhookVerifier::new(secret).unwrap();
            verifier.verify_at(&good(), BODY, at(SENT)).unwrap();
        }
        WebhookVerifier::new(WebhookSecret::from(SECRET)).unwrap();
    }

    #[test]
    fn an_invalid_secret_is_rejected() {
        for secret in ["", "whsec_"] {
            assert_eq!(WebhookVerifier::new(secret).unwrap_err(), WebhookError::EmptySecret, "{secret}");
        }
        // Another alphabet, the prefix twice, a line break, spaces, an impossible length, padding only.
        for secret in [
            "whsec_canary-7391",
            "whsec_whsec_YQ==",
            "whsec_YQ==\n",
            " whsec_YQ==",
            "whsec_ YQ==",
            "YQ=a",
            "A",
            "====",
            "\u{e9}",
        ] {
            let error = WebhookVerifier::new(secret).unwrap_err();
            assert_eq!(error, WebhookError::InvalidSecret, "{secret}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
            assert_eq!(verifier().also(secret).unwrap_err(), error);
        }
    }

    /// A truncated or invented secret can be guessed from one delivery.
    #[test]
    fn a_short_secret_is_rejected_except_in_tests() {
        for (secret, bytes) in [("whsec_YQ==", 1), ("c2VhbQ", 4), ("whsec_MTIzNDU2Nzg5MDEyMzQ1", 15)] {
            let error = WebhookVerifier::new(secret).unwrap_err();
            assert_eq!(error, WebhookError::ShortSecret { bytes });
            assert!(error.to_string().contains("at least 16 are required"), "{error}");
            assert_eq!(verifier().also(secret).unwrap_err(), error);
            let verifier = WebhookVerifier::with_short_secret_for_tests(secret).unwrap();
            verifier.verify_at(&verifier.sign(ID, at(SENT), BODY).unwrap(), BODY, at(SENT)).unwrap();
        }
        WebhookVerifier::new("whsec_MTIzNDU2Nzg5MDEyMzQ1Ng==").unwrap();
        for (secret, error) in [("whsec_", WebhookError::EmptySecret), ("whsec_!", WebhookError::InvalidSecret)] {
            assert_eq!(WebhookVerifier::with_short_secret_for_tests(secret).unwrap_err(), error);
        }
    }

    #[test]
    fn both_secrets_are_accepted_during_a_rotation() {
        let old = verifier();
        let new = WebhookVerifier::new(OTHER_SECRET).unwrap();
        let both = WebhookVerifier::new(OTHER_SECRET).unwrap().also(SECRET).unwrap();

        for sender in [&old, &new, &both] {
            let headers = sender.sign(ID, at(SENT), BODY).unwrap();
            both.verify_at(&headers, BODY, at(SENT)).unwrap();
        }
        // A receiver with one of two secrets accepts a delivery signed with both.
        let headers = both.sign(ID, at(SENT), BODY).unwrap();
        assert_eq!(headers["svix-signature"].to_str().unwrap().split(' ').count(), 2);
        old.verify_at(&headers, BODY, at(SENT)).unwrap();
        new.verify_at(&headers, BODY, at(SENT)).unwrap();

        let headers = new.sign(ID, at(SENT), BODY).unwrap();
        assert_eq!(old.verify_at(&headers, BODY, at(SENT)).unwrap_err(), WebhookError::WrongSignature);
    }

    #[test]
    fn secrets_are_not_printed() {
        let verifier = verifier().also(OTHER_SECRET).unwrap();
        assert_eq!(format!("{verifier:?}"), "WebhookVerifier { secrets: 2, tolerance: 300s }");
    }
}

mod names_of_headers {
    use super::*;

    fn standard() -> HeaderMap {
        headers(&[("webhook-id", ID), ("webhook-timestamp", &SENT.to_string()), ("webhook-signature", SIGNATURE)])
    }

    #[test]
    fn headers_of_either_kind_in_any_case_are_accepted() {
        assert_eq!(judge(&standard()), Ok(()));
        let mut headers = HeaderMap::new();
        for (name, value) in [("SVIX-ID", ID), ("Svix-Timestamp", &SENT.to_string()), ("sViX-sIgNaTuRe", SIGNATURE)] {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        assert_eq!(judge(&headers), Ok(()));
    }

    #[test]
    fn the_error_names_the_missing_header() {
        assert_eq!(judge(&HeaderMap::new()), Err(WebhookError::MissingHeader("svix-id")));
        for complete in [good(), standard()] {
            for name in complete.keys() {
                let mut headers = complete.clone();
                headers.remove(name);
                let error = judge(&headers).unwrap_err();
                assert!(matches!(error, WebhookError::MissingHeader(missing) if missing == name.as_str()), "{error}");
            }
        }
    }

    #[test]
    fn headers_of_mixed_kinds_are_incomplete() {
        let mut mixed = standard();
        mixed.insert("svix-id", ID.parse().unwrap());
        mixed.remove("webhook-id");
        assert_eq!(judge(&mixed), Err(WebhookError::MissingHeader("svix-timestamp")));
    }

    #[test]
    fn headers_of_both_kinds_must_agree() {
        let mut both = good();
        both.extend(standard());
        assert_eq!(judge(&both), Ok(()));

        // The signature may be under one name only.
        both.insert("svix-signature", HeaderValue::from_static("v2,x"));
        assert_eq!(judge(&both), Ok(()));

        for (name, other) in [("webhook-id", "msg_other"), ("webhook-timestamp", "1767268801"), ("webhook-id", "")] {
            for mut headers in [good(), both.clone()] {
                headers.insert(name, HeaderValue::from_static(other));
                let error = judge(&headers).unwrap_err();
                assert!(matches!(error, WebhookError::ConflictingHeaders(names) if names.contains(&name)), "{error}");
            }
        }
    }

    #[test]
    fn repeated_headers_must_be_equal() {
        for (name, value) in [("svix-id", ID), ("svix-timestamp", &SENT.to_string())] {
            let mut twice = good();
            twice.append(name, value.parse().unwrap());
            assert_eq!(judge(&twice), Ok(()));
            // Before or after the valid one.
            for index in 0..2 {
                let mut values = [value, "17"];
                values.rotate_left(index);
                let mut twice = good();
                twice.remove(name);
                for value in values {
                    twice.append(name, value.parse().unwrap());
                }
                let error = judge(&twice).unwrap_err();
                assert!(matches!(error, WebhookError::ConflictingHeaders(names) if names[0] == name), "{error}");
            }
        }
    }

    #[test]
    fn signatures_of_several_headers_are_combined() {
        for index in 0..2 {
            let mut signatures = [SIGNATURE, "v1,c2hvcnQ="];
            signatures.rotate_left(index);
            let mut headers = good();
            headers.remove("svix-signature");
            for signature in signatures {
                headers.append("svix-signature", HeaderValue::from_static(signature));
            }
            assert_eq!(judge(&headers), Ok(()));
        }
    }
}

mod message_ids {
    use super::*;

    #[test]
    fn an_invalid_message_id_is_rejected() {
        for id in ["", " ", "a b", "a\tb", "\u{e9}", "a.b", ".", "a."] {
            assert_eq!(judge(&svix(id, &SENT.to_string(), SIGNATURE)), Err(WebhookError::InvalidMessageId), "{id}");
            assert_eq!(verifier().sign(id, at(SENT), BODY).unwrap_err(), WebhookError::InvalidMessageId, "{id}");
        }
        for id in ["1", "msg_1", "~!@#$%^&*()-+=,:;'\"<>?/|\\[]{}`", "a:1767268800"] {
            let headers = verifier().sign(id, at(SENT), BODY).unwrap();
            assert_eq!(verifier().verify_at(&headers, BODY, at(SENT)).unwrap().message_id(), id);
        }
    }

    #[test]
    fn bytes_cannot_be_moved_between_the_signed_parts() {
        // The signed content `m.1767268800.1767268900.{}`, split in two ways.
        let recorded = verifier().sign("m", at(SENT), b"1767268900.{}").unwrap();
        verifier().verify_at(&recorded, b"1767268900.{}", at(SENT)).unwrap();
        let mut moved = recorded.clone();
        moved.insert("svix-id", HeaderValue::from_static("m.1767268800"));
        moved.insert("svix-timestamp", HeaderValue::from_static("1767268900"));
        let error = verifier().verify_at(&moved, b"{}", at(SENT)).unwrap_err();
        assert_eq!(error, WebhookError::InvalidMessageId);
        moved.insert("svix-id", HeaderValue::from_static("m"));
        moved.insert("svix-timestamp", HeaderValue::from_static("1767268800.1767268900"));
        let error = verifier().verify_at(&moved, b"{}", at(SENT)).unwrap_err();
        assert_eq!(error, WebhookError::InvalidTimestamp);
    }
}

mod time {
    use super::*;

    const MINUTES: Duration = DEFAULT_WEBHOOK_TOLERANCE;
    const MOMENT: Duration = Duration::from_nanos(1);

    #[test]
    fn the_timestamp_may_differ_by_the_tolerance_and_no_more() {
        let headers = good();
        let judge = |now| verifier().verify_at(&headers, BODY, now).map(|_| ());
        let sent = at(SENT);
        for now in [sent, sent - MINUTES, sent + MINUTES, sent + MOMENT, sent - MOMENT] {
            assert_eq!(judge(now), Ok(()));
        }
        let off = MINUTES + MOMENT;
        assert_eq!(judge(sent + off), Err(WebhookError::TooOld { age: off, tolerance: MINUTES }));
        assert_eq!(judge(sent - off), Err(WebhookError::TooNew { ahead: off, tolerance: MINUTES }));
    }

    #[test]
    fn the_tolerance_can_be_set() {
        let headers = good();
        let judge = |tolerance, now| verifier().tolerance(tolerance).verify_at(&headers, BODY, now).map(|_| ());
        let hour = Duration::from_secs(3600);
        assert_eq!(judge(hour, at(SENT) + hour), Ok(()));
        assert_eq!(judge(Duration::ZERO, at(SENT)), Ok(()));
        assert!(judge(Duration::ZERO, at(SENT) + MOMENT).is_err());
        assert_eq!(judge(Duration::MAX, UNIX_EPOCH), Ok(()));
        // A clock before 1970.
        assert!(judge(hour, UNIX_EPOCH - hour).is_err());
    }

    #[test]
    fn an_invalid_timestamp_is_rejected() {
        for timestamp in [
            "",
            " ",
            "+1767268800",
            "-1767268800",
            "-1",
            "-9223372036854775808",
            " 1767268800",
            "1767268800 ",
            "1767268800.0",
            "1.767268800e9",
            "1e3",
            "0x10",
            "1_000",
            "1,000",
            "\u{0661}",
            "\u{ff11}",
            "now",
            "NaN",
            "inf",
            "2026-01-01T12:00:00Z",
            // u64::MAX, one more, and much more.
            "18446744073709551615",
            "18446744073709551616",
            &"9".repeat(4000),
        ] {
            assert_eq!(judge_timestamp(timestamp), Err(WebhookError::InvalidTimestamp), "{timestamp}");
        }
    }

    #[test]
    fn extreme_times_are_compared_and_do_not_overflow() {
        // With another timestamp the signature is wrong, which is reported first.
        for timestamp in ["0", "1", "01767268800", "1767268800000"] {
            assert_eq!(judge_timestamp(timestamp), Err(WebhookError::WrongSignature), "{timestamp}");
        }
        // The last second that the system clock can represent, or the last of the year 9999.
        let last = UNIX_EPOCH.checked_add(Duration::from_secs(i64::MAX.unsigned_abs())).unwrap_or(at(253_402_300_799));
        let times = [UNIX_EPOCH, at(SENT), last];
        for sent in times {
            let headers = verifier().sign(ID, sent, BODY).unwrap();
            for now in times {
                let result = verifier().verify_at(&headers, BODY, now).map(|_| ());
                assert_eq!(result.is_ok(), now == sent, "{sent:?} {now:?} {result:?}");
            }
        }
    }

    #[test]
    fn a_sender_without_the_secret_learns_nothing_about_the_clock() {
        let headers = svix(ID, "1", SIGNATURE);
        let error = verifier().verify_at(&headers, BODY, at(SENT)).unwrap_err();
        assert_eq!(error, WebhookError::WrongSignature);
    }

    #[test]
    fn the_system_clock_is_used_unless_there_is_another() {
        let headers = verifier().sign(ID, SystemTime::now(), BODY).unwrap();
        verifier().verify(&headers, BODY).unwrap();
        assert!(matches!(verifier().verify(&good(), BODY), Err(WebhookError::TooOld { .. })));
    }

    #[test]
    fn signing_truncates_to_seconds_and_begins_in_1970() {
        let headers = verifier().sign(ID, at(SENT) + Duration::from_millis(999), BODY).unwrap();
        assert_eq!(headers, good());
        let error = verifier().sign(ID, UNIX_EPOCH - MOMENT, BODY).unwrap_err();
        assert_eq!(error, WebhookError::InvalidTimestamp);
    }
}

mod events {
    use super::*;

    fn event_of(body: &[u8]) -> Result<seam_core::model::Event, WebhookError> {
        let headers = verifier().sign(ID, at(SENT), body).unwrap();
        verifier().verify_at(&headers, body, at(SENT)).unwrap().event()
    }

    #[test]
    fn a_delivery_has_its_event() {
        let event = event_of(BODY).unwrap();
        assert_eq!(event.event_id.as_str(), "e1");
        assert_eq!(event.event_type, EventType::LockUnlocked);
        assert!(matches!(&event.payload, EventPayload::LockUnlocked(unlocked) if unlocked.device_id.as_str() == "d1"));
    }

    #[test]
    fn an_event_of_an_unknown_type_is_valid() {
        let event = event_of(br#"{"event_id":"e1","event_type":"lock.jammed","how":"badly"}"#).unwrap();
        assert_eq!(event.event_type.as_str(), "lock.jammed");
        assert!(matches!(event.payload, EventPayload::Unknown(_)));
    }

    #[test]
    fn the_error_for_an_invalid_event_has_its_path_and_reason() {
        for (body, text) in [
            (&b""[..], "the delivery is signed, but the body is not an event: the body is empty"),
            (b"hello", "the delivery is signed, but the body is not an event: invalid JSON: expected value"),
            (
                br#"{"event_id":"canary"#,
                "the delivery is signed, but the body is not an event: event_id: unexpected end of JSON",
            ),
            (
                br#"{"event_type":"canary"}"#,
                "the delivery is signed, but the body is not an event: missing field `event_id`",
            ),
            (br#"["canary"]"#, "the delivery is signed, but the body is not an event: expected an object"),
            (
                br#"{"event_id":{"canary":1},"event_type":"x"}"#,
                "the delivery is signed, but the body is not an event: event_id: expected a string",
            ),
        ] {
            let error = event_of(body).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn json_is_not_parsed_before_the_signature_is_verified() {
        let error = verifier().verify_at(&good(), b"not JSON", at(SENT)).unwrap_err();
        assert_eq!(error, WebhookError::WrongSignature);
    }

    #[test]
    fn a_delivery_does_not_print_its_body() {
        let headers = good();
        let delivery = verifier().verify_at(&headers, BODY, at(SENT)).unwrap();
        let printed = format!("{delivery:?}");
        assert!(printed.contains("msg_31rLpgVQ3") && printed.contains("63 bytes"), "{printed}");
        assert!(!printed.contains("e1\""), "{printed}");
    }
}

#[test]
fn errors_have_the_problem_and_a_hint() {
    let tolerance = DEFAULT_WEBHOOK_TOLERANCE;
    let age = Duration::from_secs(3600);
    for (error, messages) in [
        (WebhookError::EmptySecret, ["empty", "whsec_"]),
        (WebhookError::InvalidSecret, ["base64", "line break"]),
        (WebhookError::MissingHeader("svix-id"), ["header svix-id is missing", "webhook-"]),
        (WebhookError::ConflictingHeaders(["svix-id", "webhook-id"]), ["svix-id and webhook-id", "different"]),
        (WebhookError::InvalidMessageId, ["message id", "dot"]),
        (WebhookError::InvalidTimestamp, ["seconds since 1970", "digits"]),
        (WebhookError::TooManySignatures, ["more than 32", "signatures"]),
        (WebhookError::NoSignature, ["no signature", "v1,"]),
        (WebhookError::WrongSignature, ["secret", "raw body"]),
        (WebhookError::TooOld { age, tolerance }, ["3600 s ago", "300 s"]),
        (WebhookError::TooNew { ahead: age, tolerance }, ["3600 s in the future", "300 s"]),
    ] {
        for text in messages {
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}

#[test]
fn errors_quote_no_value() {
    let canaries = [("svix-id", "canary."), ("svix-timestamp", "canary"), ("svix-signature", "canary")];
    let mut wrong = vec![headers(&canaries)];
    for (name, value) in canaries {
        let mut one = good();
        one.insert(name, value.parse().unwrap());
        wrong.push(one.clone());
        one.append(name, SIGNATURE.parse().unwrap());
        wrong.push(one);
    }
    for headers in wrong {
        if let Err(error) = judge(&headers) {
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}

/// Generates any valid value of a header.
fn any_value() -> impl Strategy<Value = HeaderValue> {
    vec(any::<u8>(), 0..80).prop_filter_map("not a header value", |bytes| HeaderValue::from_bytes(&bytes).ok())
}

/// Generates values that resemble valid ones.
fn likely_value() -> impl Strategy<Value = HeaderValue> {
    prop_oneof![
        any_value(),
        "[0-9]{0,25}".prop_map(|text| text.parse().unwrap()),
        "msg_[a-z.]{0,5}".prop_map(|text| text.parse().unwrap()),
        "(v1a?,[A-Za-z0-9+/]{0,50}={0,2} ?){0,40}".prop_map(|text| text.parse().unwrap()),
        Just(HeaderValue::from_static(SIGNATURE)),
    ]
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let names = proptest::sample::select(
        &["svix-id", "svix-timestamp", "svix-signature", "webhook-id", "webhook-timestamp", "webhook-signature"][..],
    );
    vec((names, likely_value()), 0..12).prop_map(|fields| {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value);
        }
        headers
    })
}

proptest! {
    #[test]
    fn a_signed_delivery_is_accepted(
        body in vec(any::<u8>(), 0..300),
        secret in "(whsec_)?([A-Za-z0-9+/]{4}){6,30}",
        id in "[!-\\-/-~]{1,40}",
        sent in 0..4_000_000_000_u64,
        off in 0..=600_u64,
    ) {
        let verifier = WebhookVerifier::new(secret).unwrap();
        let headers = verifier.sign(&id, at(sent), &body).unwrap();
        let now = at(sent + off) - Duration::from_secs(300);
        let delivery = verifier.verify_at(&headers, &body, now).unwrap();
        prop_assert_eq!(delivery.message_id(), id);
        prop_assert_eq!(delivery.sent_at(), at(sent));
        prop_assert_eq!(delivery.body(), &body);
    }

    #[test]
    fn a_delivery_with_a_changed_bit_is_rejected(body in vec(any::<u8>(), 1..100), index in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let headers = verifier().sign(ID, at(SENT), &body).unwrap();
        let mut changed = body.clone();
        *index.get_mut(&mut changed) ^= 1 << bit;
        prop_assert!(verifier().verify_at(&headers, &changed, at(SENT)).is_err());

        for name in ["svix-id", "svix-timestamp", "svix-signature"] {
            let mut value = headers[name].as_bytes().to_vec();
            *index.get_mut(&mut value) ^= 1 << bit;
            // Most control characters are invalid in a header.
            let Ok(value) = HeaderValue::from_bytes(&value) else { continue };
            let mut changed = headers.clone();
            changed.insert(name, value);
            let verifier = verifier().tolerance(Duration::MAX);
            prop_assert!(verifier.verify_at(&changed, &body, at(SENT)).is_err(), "{name}");
        }
    }

    #[test]
    fn a_body_with_a_byte_added_or_removed_is_rejected(body in vec(any::<u8>(), 1..100), more in any::<u8>()) {
        let headers = verifier().sign(ID, at(SENT), &body).unwrap();
        let longer = [&body[..], &[more]].concat();
        for changed in [&longer[..], &body[1..], &body[..body.len() - 1], &[&[more], &body[..]].concat()] {
            prop_assert!(verifier().verify_at(&headers, changed, at(SENT)).is_err());
        }
    }

    #[test]
    fn no_delivery_causes_a_panic(headers in any_headers(), body in vec(any::<u8>(), 0..50), now in 0..253_402_300_799_u64) {
        prop_assert!(verifier().verify_at(&headers, &body, at(now)).is_err());
    }
}

#[test]
fn a_signed_event_with_mismatches_is_decoded() {
    let body = [
        &b"\xef\xbb\xbf"[..],
        br#"{"event_id":"e1","event_type":"lock.unlocked","device_id":"d1","method":5,"created_at":1,"note":"\ud83d"}"#,
    ]
    .concat();
    let headers = verifier().sign(ID, at(SENT), &body).unwrap();
    let event = verifier().verify_at(&headers, &body, at(SENT)).unwrap().event().unwrap();
    assert_eq!((event.event_id.as_str(), event.created_at), ("e1", None));
    let EventPayload::LockUnlocked(unlocked) = event.payload else { panic!("{:?}", event.payload) };
    assert_eq!((unlocked.device_id.as_str(), unlocked.method), ("d1", None));

    let unsigned = [&body[..], b" "].concat();
    assert_eq!(verifier().verify_at(&headers, &unsigned, at(SENT)).unwrap_err(), WebhookError::WrongSignature);
    let without_id = br#"{"event_type":"lock.unlocked","device_id":"d1"}"#;
    let headers = verifier().sign(ID, at(SENT), without_id).unwrap();
    let error = verifier().verify_at(&headers, without_id, at(SENT)).unwrap().event().unwrap_err();
    assert!(matches!(error, WebhookError::NotAnEvent { .. }), "{error}");
}

#[test]
fn a_verifier_uses_its_clock() {
    let clock = seam_mock::TestClock::at(at(SENT));
    let verifier = verifier().clock(clock.clone());
    let headers = verifier.sign(ID, at(SENT), BODY).unwrap();
    clock.advance(DEFAULT_WEBHOOK_TOLERANCE);
    verifier.verify(&headers, BODY).unwrap();
    clock.advance(Duration::from_secs(1));
    assert!(matches!(verifier.verify(&headers, BODY), Err(WebhookError::TooOld { .. })));
}
