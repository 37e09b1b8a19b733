//! Secrets are not printed: every string that the annotations mark as a secret is a canary, which must not appear in
//! the `Debug` output of any type.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_imports,
    clippy::indexing_slicing,
    reason = "tests assert by panicking"
)]

mod support;

use std::fmt::{Debug, Display};

use seam_model::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use support::{CANARY, Mode, Sampler, resources, variants};

/// Deserializes an object, and checks that it equals the sample and prints no canary.
fn quiet<T: Serialize + DeserializeOwned + Debug>(sample: &Value) {
    let value: T = serde_json::from_value(sample.clone()).unwrap();
    assert_eq!(serde_json::to_value(&value).unwrap(), *sample);
    quiet_debug(&value, CANARY);
}

fn quiet_debug(value: &impl Debug, secret: &str) {
    for printed in [
        format!("{value:?}"),
        format!("{value:#?}"),
        format!("{value:x?}"),
        format!("{value:500?}"),
        format!("{:?}", Some(vec![value])),
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

type Check = fn(&Value);

const TYPES: [(&str, Check); 36] = resources!(quiet);

#[test]
fn no_resource_prints_secrets_or_unknown_values() {
    assert_eq!(TYPES.len(), seam_spec::api().resources().len(), "a resource of the API description is not tested");
    let mut canaries = 0;
    for (name, check) in &TYPES {
        for round in 0..variants(&seam_spec::api().resource(name).unwrap().schema) {
            for mode in [Mode::Full, Mode::Unknown] {
                let mut sampler = Sampler::new(mode, 3);
                sampler.round = round;
                sampler.canaries = true;
                let sample = sampler.schema(name);
                if mode == Mode::Full {
                    canaries += sample.to_string().matches(CANARY).count();
                }
                check(&sample);
            }
        }
    }
    assert!(canaries > 50, "{canaries} canaries are too few for a meaningful test");
}

#[test]
fn results_of_actions_do_not_print_their_secrets() {
    for round in 0..63 {
        let mut sampler = Sampler::new(Mode::Full, 3);
        sampler.round = round;
        sampler.canaries = true;
        let attempt: ActionAttempt = serde_json::from_value(sampler.schema("action_attempt")).unwrap();
        quiet_debug(&attempt.typed_result(), CANARY);
    }
    quiet::<GeneratedCode>(&json!({ "code": CANARY, "new": CANARY }));
}

fn quiet_text<T: Serialize + DeserializeOwned + Debug + Display + Clone>() {
    for secret in [CANARY, "1988", "0", "\u{1f512}-lock"] {
        let value: T = serde_json::from_value(secret.into()).unwrap();
        assert_eq!(serde_json::to_value(value.clone()).unwrap(), secret);
        quiet_debug(&value, secret);
        for printed in [format!("{value}"), format!("{value:.1}"), format!("{value:#}"), value.to_string()] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
    let short: T = serde_json::from_value("1".into()).unwrap();
    let long: T = serde_json::from_value("12345678901234567890".into()).unwrap();
    assert_eq!(format!("{short} {short:?}"), format!("{long} {long:?}"), "the output depends on the length");
    assert_eq!(format!("{short:>5}"), "  ***");
}

#[test]
fn types_of_secrets_print_nothing_of_the_value() {
    quiet_text::<Pin>();
    quiet_text::<CardNumber>();
    quiet_text::<SecretUrl>();
    quiet_text::<Message>();
    quiet_text::<SearchText>();
    quiet_text::<SessionDescription>();
    quiet_text::<Token>();
    quiet_text::<UserIdentifierKey>();
    quiet_text::<WebhookSecret>();
    for value in [json!(CANARY), json!([CANARY]), json!({ "token": CANARY }), json!({ CANARY: CANARY })] {
        quiet::<Json>(&value);
    }
    quiet_debug(&MetadataValue::from(CANARY), CANARY);
}

#[test]
fn a_secret_is_read_by_an_explicit_call() {
    assert_eq!(Pin::from(CANARY).expose_secret(), CANARY);
    assert_eq!(Token::from(CANARY.to_owned()).expose_secret(), CANARY);
    assert_eq!(SecretUrl::from(&SecretUrl::from(CANARY)).expose_secret(), CANARY);
    assert_ne!(Pin::from("1"), Pin::from("2"));
}

/// The generator checks that the annotations classify every name of a possible secret. This test checks that known
/// secrets are classified as such.
#[test]
fn known_secrets_are_annotated() {
    for path in [
        "access_code.code",
        "access_method.instant_key_url",
        "connect_webview.url",
        "client_session.token",
        "webhook.secret",
        "workspace.publishable_key",
        "media.url",
        "event.lock_locked.code",
        "client_session.user_identifier_key",
        "/access_codes/list.user_identifier_key",
        "acs_credential.card_number",
        "acs_credential.visionline_metadata.card_id",
        "acs_credential.assa_abloy_vostio_metadata.key_id",
        "webhook.url",
        "/webhooks/create.url",
        "connect_webview.custom_redirect_url",
        "/cameras/live_views/offer.sdp_offer",
        "access_code.errors.message",
        "device.warnings.message",
        "action_attempt.error.message",
        "event.access_code_changed.description",
        "device.properties.keynest_metadata.key_notes",
    ] {
        let Some((_, decision)) = seam_spec::annotations().secrets.get(path) else { panic!("{path} is not annotated") };
        assert!(matches!(decision, seam_spec::SecretDecision::Secret(_)), "{path}");
    }
}
