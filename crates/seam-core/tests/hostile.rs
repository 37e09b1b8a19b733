//! Strings from a server are bounded, escaped and redacted wherever they are printed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests assert by panicking"
)]

mod support;

use seam_core::{
    Error, ErrorKind, MAX_VALIDATION_MESSAGES, Response, TransportError, TransportErrorKind,
    http::{HeaderValue, StatusCode},
    model::CustomMetadata,
};
use serde_json::{Value, json};
use support::{API_KEY, CODE_ID, DEVICE_ID, Recorder, answer, everything_printed, response, run};

const PIN: &str = "84219";

/// Returns the error of a call with a PIN.
#[track_caller]
fn error_of(answer: Result<Response, TransportError>) -> Error {
    let recorder = Recorder::new([answer]);
    run(recorder.client().access_codes().unmanaged().get_by_code(DEVICE_ID, PIN)).unwrap_err()
}

fn seams(status: u16, message: &str) -> Error {
    error_of(answer(status, json!({ "error": { "type": "a_type", "message": message } }).to_string()))
}

const FORGED: &str = "no\n2026-11-27 INFO door unlocked\r\u{1b}[2K\u{202e}\u{2066}\u{2028}\u{85}\0";
const ESCAPED: &str = r"no\n2026-11-27 INFO door unlocked\r\u{1b}[2K\u{202e}\u{2066}\u{2028}\u{85}\u{0}";

#[track_caller]
fn assert_visible(error: &Error) {
    // `{:#?}` prints line breaks of its own.
    let printed = everything_printed(error);
    let is_own = |c: char| c == '\n' || !(c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || c == '\u{2066}');
    assert!(printed.chars().all(is_own), "{printed:?}");
    assert!(!printed.lines().any(|line| line.starts_with("2026-11-27")), "{printed}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn a_message_cannot_forge_a_log_line() {
    for status in [400, 404, 500] {
        let error = seams(status, FORGED);
        assert_eq!(error.message(), ESCAPED);
        assert!(error.to_string().contains(ESCAPED), "{error}");
        assert_visible(&error);
    }
}

#[test]
fn every_string_from_a_server_is_escaped() {
    let error = json!({ "error": {
        "type": FORGED, "message": FORGED, "request_id": FORGED,
        "validation_errors": { "_errors": [FORGED], FORGED: { FORGED: { "_errors": [FORGED, 1, null] } } },
    } });
    let mut forged = response(400, error.to_string());
    forged.headers_mut().remove("seam-request-id");
    let error = error_of(Ok(forged));
    assert_eq!((error.error_type(), error.request_id()), (Some(ESCAPED), Some(ESCAPED)));
    let parameter = format!("{ESCAPED}.{ESCAPED}");
    assert_eq!(error.validation_errors().iter().collect::<Vec<_>>(), [("", ESCAPED), (&*parameter, ESCAPED)]);
    assert_visible(&error);

    // The tab is the only control character that HTTP allows in headers, and non-ASCII values are not decoded.
    let mut forged = response(502, "<html>");
    let forge = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
    forged.headers_mut().insert("content-type", forge("text/\thtml"));
    forged.headers_mut().insert("seam-request-id", forge("a\tb"));
    let error = error_of(Ok(forged));
    assert_eq!(error.request_id(), Some(r"a\tb"));
    assert!(error.message().ends_with(r"(6 bytes of text/\thtml)"), "{error}");

    let source = TransportError::new(TransportErrorKind::Interrupted, FORGED.repeat(2));
    let error = error_of(Err(source));
    assert!(error.message().ends_with(ESCAPED), "{error}");
    assert_visible(&error);
}

#[test]
fn printed_errors_are_bounded() {
    for filler in [r"\u{", r"\ud83d", "%", "%e2%80", "x", "\u{202e}", "\n", "c2VhbV90ZXN0", "seam_test1", PIN, "+"] {
        let long = |length: usize| filler.chars().cycle().take(length).collect::<String>();
        let message = long(200_000);
        let error = seams(400, &message);
        assert!(error.message().len() <= 2048, "{filler}: {}", error.message().len());
        assert!(error.message().contains("... ("), "{filler}: the message reports the truncation");
        assert!(everything_printed(&error).len() < 15_000, "{filler}");

        let name = long(5_000);
        let parameters: serde_json::Map<String, Value> =
            (0..500).map(|n| (format!("{n}{name}"), json!({ "_errors": [long(300), long(3000)] }))).collect();
        let body = json!({ "error": {
            "type": name, "message": name, "request_id": name, "validation_errors": parameters,
        } });
        let body = body.to_string();
        let mut response = response(400, body.get(..body.len().min(1 << 20)).unwrap_or(&body).to_owned());
        response.headers_mut().remove("seam-request-id");
        let error = error_of(Ok(response));
        assert!(error.to_string().len() < 6_000, "{filler}: {}", error.to_string().len());

        let source = TransportError::new(TransportErrorKind::Interrupted, long(3 << 20));
        let error = error_of(Err(source));
        assert!(everything_printed(&error).len() < 30_000, "{filler}: {}", everything_printed(&error).len());
    }
}

#[test]
fn a_long_header_is_truncated() {
    for status in [200, 400, 503] {
        let mut response = response(status, "{}");
        let long = "\\u{".repeat(30_000);
        response.headers_mut().insert("seam-request-id", long.parse().unwrap());
        response.headers_mut().insert("content-type", format!("text/{long}").parse().unwrap());
        let error = error_of(Ok(response));
        assert_eq!(error.request_id().unwrap().len(), 200);
        assert!(error.to_string().len() < 1000, "{error}");
    }
}

#[test]
fn the_number_of_validation_messages_is_bounded() {
    let parameters: serde_json::Map<String, Value> =
        (0..100).map(|n| (format!("parameter_{n}"), json!({ "_errors": ["is wrong"] }))).collect();
    let body = json!({ "error": { "type": "invalid_input", "message": "no", "validation_errors": parameters } });
    let error = error_of(answer(400, body.to_string()));
    assert_eq!(error.validation_errors().iter().count(), MAX_VALIDATION_MESSAGES);
    assert_eq!(error.validation_errors().omitted(), 100 - MAX_VALIDATION_MESSAGES);
    assert!(error.to_string().contains(&format!("; and {} more", 100 - MAX_VALIDATION_MESSAGES)), "{error}");
    assert!(error.is_invalid_input());
}

/// The names of parents must not be copied for each child, which would need more than 6 GiB here.
#[test]
fn a_long_name_is_not_kept_for_each_of_its_children() {
    let children: Vec<String> = (0..20_000).map(|n| format!(r#""{n}":{{"_errors":["x"]}}"#)).collect();
    let name = "a".repeat(400_000);
    let body = format!(
        r#"{{"error":{{"type":"t","message":"m","validation_errors":{{"{name}":{{{}}}}}}}}}"#,
        children.join(",")
    );
    let error = error_of(answer(400, body));
    assert_eq!(error.validation_errors().iter().count() + error.validation_errors().omitted(), 20_000);
    assert!(error.validation_errors().iter().all(|(name, _)| name.len() < 600));
    assert_eq!(error.message(), "m");
}

#[test]
fn an_error_of_more_than_a_mebibyte_is_not_read() {
    let message = "x".repeat(1 << 20);
    for status in [400, 401, 503] {
        let error = seams(status, &message);
        assert_eq!(error.status(), StatusCode::from_u16(status).ok());
        assert_eq!(error.request_id(), Some(support::REQUEST_ID));
        assert!(error.body().is_none() && error.error_type().is_none() && error.data().is_none());
        assert_eq!(error.is_unauthorized(), status == 401);
        assert!(error.is_unauthorized() || error.message().contains("more than the limit of 1048576 bytes"), "{error}");
    }
    // A body just below the limit is read.
    let body = json!({ "error": { "type": "a", "message": "b", "data": "x".repeat((1 << 20) - 100) } }).to_string();
    assert!(body.len() <= 1 << 20);
    let error = error_of(answer(400, body));
    assert_eq!((error.error_type(), error.message()), (Some("a"), "b"));
    assert_eq!(error.data().unwrap().as_str().unwrap().len(), (1 << 20) - 100);
}

/// Damage elsewhere in the body affects neither the type nor the message.
#[test]
fn a_damaged_error_is_still_a_seam_error() {
    for body in [
        r#"{"error":{"type":"a","message":"cut \ud83d"}}"#,
        "\u{feff}{\"error\":{\"type\":\"a\",\"message\":\"cut \u{fffd}\"}}",
        r#"{"error":{"type":"a","message":"cut \udc00","data":1e999}}"#,
        r#"{"error":{"type":"a","message":"cut \ud83d","validation_errors":[],"request_id":7},"ok":-1e-999}"#,
        r#"{"x":"\ud83d","error":null,"error":{"message":"cut \ufffd","type":"a"}}"#,
    ] {
        let error = error_of(answer(400, body));
        assert_eq!((error.kind(), error.error_type()), (ErrorKind::Api, Some("a")), "{body}");
        assert_eq!(error.message(), "cut \u{fffd}", "{body}");
    }
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let body = format!(r#"{{"error":{{"type":"a","message":"b","data":{deep},"validation_errors":{{"x":{deep}}}}}}}"#);
    assert_eq!(error_of(answer(400, body)).error_type(), Some("a"));
}

#[test]
fn data_is_parsed_on_demand() {
    let body = json!({ "error": { "type": "a", "message": "b", "data": { "n": [1, "x"] } } });
    assert_eq!(error_of(answer(400, body.to_string())).data(), Some(json!({ "n": [1, "x"] })));
    for body in [r#"{"error":{"type":"a","message":"b"}}"#, r#"{"error":{"data":1}}"#, "[]", ""] {
        assert_eq!(error_of(answer(400, body)).data(), None, "{body}");
    }
}

/// A piece of the key is a secret too, and so is a piece with another letter case.
#[test]
fn a_piece_of_the_key_is_hidden() {
    let (head, tail) = (&API_KEY[..8], &API_KEY[API_KEY.len() - 8..]);
    for quoted in [
        API_KEY.to_owned(),
        API_KEY.to_uppercase(),
        head.to_owned(),
        tail.to_owned(),
        format!("{}...", &API_KEY[..12]),
        format!("...{}", &API_KEY[10..]),
        head.to_uppercase(),
        tail.to_uppercase(),
        tail.replace('_', "%5F"),
        format!("seam_\u{202e}{}", &API_KEY[5..]),
        format!("seam_\\u{{202e}}{}", &API_KEY[5..]),
    ] {
        let error = seams(400, &format!("the key {quoted} is wrong"));
        let printed = everything_printed(&error).to_lowercase();
        for piece in [head, tail, &API_KEY[10..]] {
            assert!(!printed.contains(piece), "{quoted}: {error}");
        }
        assert!(error.message().contains("***"), "{error}");
        assert!(error.message().starts_with("the key ") && error.message().ends_with(" is wrong"), "{error}");
    }
    // The common prefix of all keys is not secret.
    assert_eq!(seams(400, "a key begins with seam_").message(), "a key begins with seam_");
}

/// A secret across the truncation limit of a message is not printed in part.
#[test]
fn a_secret_at_the_truncation_limit_is_hidden() {
    let escaped: String = API_KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (quoted, secret) in [(API_KEY, API_KEY), (PIN, PIN), (&*escaped, &escaped[..30])] {
        for before in (2048 - quoted.len() - 30)..=2050 {
            let error = seams(400, &format!("{}{quoted}{}", " ".repeat(before), "-".repeat(3000)));
            let printed = error.message().trim_start();
            assert!(!printed.contains(&secret[..2.min(secret.len())]), "{before}: {printed}");
        }
    }
}

#[test]
fn each_string_is_printed_once_by_debug() {
    let count = |error: &Error, text: &str| {
        let counts = [format!("{error:?}"), format!("{error:#?}")].map(|printed| printed.matches(text).count());
        assert_eq!(counts[0], counts[1], "{text} in {error:?} {error:#?}");
        counts[0]
    };
    let body = json!({ "error": {
        "type": "the_type", "message": "the message", "validation_errors": { "the_name": { "_errors": ["is wrong"] } },
    } });
    let recorder = Recorder::new([answer(503, body.to_string()), answer(400, body.to_string())]);
    let unknown = run(recorder.client().locks().unlock_door(DEVICE_ID)).unwrap_err();
    assert!(unknown.is_outcome_unknown());
    let refused = run(recorder.client().locks().unlock_door(DEVICE_ID)).unwrap_err();
    for text in ["the_type", "the message", support::REQUEST_ID, "/locks/unlock_door"] {
        assert_eq!((count(&unknown, text), count(&refused, text)), (1, 1), "{unknown:?} {refused:?}");
    }
    assert_eq!(count(&refused, "is wrong"), 1, "{refused:?}");

    let source = std::io::Error::other(std::io::Error::other("reset by the peer"));
    let recorder = Recorder::new([Err(TransportError::new(TransportErrorKind::Interrupted, source))]);
    let lost = run(recorder.client().locks().unlock_door(DEVICE_ID)).unwrap_err();
    assert_eq!(count(&lost, "reset by the peer"), 1, "{lost:?}");
    assert_eq!(count(&lost, "the connection was lost"), 1, "{lost:?}");
    assert!(format!("{lost:#?}").contains("transport_error_kind: Interrupted"), "{lost:#?}");
    assert_eq!(
        format!("{lost:?}"),
        "POST /locks/unlock_door: the action may or may not have been carried out: the connection was lost before a response was received: \
         reset by the peer [kind: OutcomeUnknown, transport_error_kind: Interrupted, outcome: Unknown]"
    );

    let recorder = Recorder::new([answer(200, r#"{"access_code":{"access_code_id":1}}"#)]);
    let invalid = run(recorder.client().access_codes().get(CODE_ID)).unwrap_err();
    assert_eq!(count(&invalid, "invalid response"), 1, "{invalid:?}");
}

#[test]
fn the_error_for_a_compressed_body_names_the_compression() {
    let gzip: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0];
    let zstd: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 4, 0, 0x11, 0, 0];
    for status in [200, 503] {
        for (encoding, body, expected) in [
            (Some("gzip"), gzip, "the body is compressed (content-encoding: gzip), which was not requested"),
            (Some("br"), b"\x0b\x02\x80".as_slice(), "(content-encoding: br)"),
            (None, gzip, "the body is compressed (it begins like gzip), which was not requested"),
            (None, zstd, "(it begins like zstd)"),
            (None, b"\x78\x9c\x03".as_slice(), "(it begins like deflate)"),
            (Some("g\tzip84219"), gzip, r"(content-encoding: g\tzip***)"),
        ] {
            let mut response = response(status, body);
            encoding.iter().for_each(|encoding| {
                drop(response.headers_mut().insert("content-encoding", encoding.parse().unwrap()));
            });
            let error = error_of(Ok(response));
            assert!(error.message().contains(expected), "{error}");
            assert!(!error.message().contains("expected value"), "{error}");
        }
    }
    // A header alone is ignored.
    let body = json!({ "access_code": { "access_code_id": CODE_ID } }).to_string();
    let mut response = response(200, body);
    response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    let recorder = Recorder::new([Ok(response)]);
    run(recorder.client().access_codes().get(CODE_ID)).unwrap();
    assert!(!error_of(answer(200, "nonsense")).message().contains("compressed"));
}

#[test]
fn a_curl_command_masks_by_content() {
    let recorder = Recorder::new([]);
    let seam = recorder.client();
    let call = seam.access_codes().create(DEVICE_ID).code(PIN).name(format!("Jane's {PIN}, {API_KEY}"));
    let line = call.with_header("x-note", format!("pin {PIN}")).to_curl().unwrap();
    for secret in [PIN, API_KEY] {
        assert!(!line.contains(secret), "{line}");
    }
    assert!(line.contains("\"name\":\"Jane'\\''s ***, ***\""), "{line}");
    assert!(line.contains("\"code\":\"***\""), "{line}");
    assert!(line.contains("x-note: ***"), "{line}");

    // Also in the query.
    let line = seam.devices().list().search(format!("lock of {}", API_KEY.to_uppercase())).to_curl().unwrap();
    assert!(!line.to_lowercase().contains(API_KEY), "{line}");
    assert!(line.contains("search=lock+of+***&"), "{line}");

    // Also in names that a program chose.
    let metadata = CustomMetadata::from([(format!("pin {PIN}"), "x".into()), ("a".to_owned(), PIN.into())]);
    let call = seam.devices().update(DEVICE_ID).custom_metadata(metadata).with_header("x-pin", PIN);
    let line = call.to_curl().unwrap();
    assert!(!line.contains(PIN), "{line}");
}
