//! Tracing events for values of an unexpected type.
//!
//! A separate file: if a thread without a subscriber registers an event first, `tracing` may miss the subscriber of
//! another thread and disable the event permanently. Each test here sets a subscriber.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use seam_core::{Call, Endpoint, FullResponse, Seam};
use support::{Recorder, answer, run};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

fn answered<E: Endpoint>(body: impl Into<Vec<u8>>, make: impl FnOnce(&Seam) -> Call<E>) -> FullResponse<E::Output> {
    run(make(&Recorder::new([answer(200, body)]).client()).full_response()).unwrap()
}

/// Records the fields of events with the target `seam::mismatch`.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "seam::mismatch" {
            let mut fields = Fields(format!("{} ", event.metadata().level()));
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn traced(act: impl FnOnce()) -> Vec<String> {
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), act);
    let events = events.0.lock().unwrap();
    events.clone()
}

#[test]
fn each_mismatch_is_traced_without_its_value() {
    const CODE: &str = r#"{"access_code":{"access_code_id":"x","code":7391,"name":["canary"]}}"#;
    let events = traced(|| drop(answered(CODE, |seam| seam.access_codes().unmanaged().get("x"))));
    let [code, name] = &events[..] else { panic!("{events:?}") };
    for part in [
        "WARN ",
        "message=a value is not of the expected type ",
        r#"http.request.method="GET" "#,
        r#"url.template="/access_codes/unmanaged/get" "#,
        r#"json.path="access_code.code" "#,
        r#"expected="a string" "#,
    ] {
        assert!(code.contains(part), "{part} is not in {code}");
    }
    assert!(name.contains(r#"json.path="access_code.name""#), "{name}");
    assert!(!format!("{events:?}").contains("canary") && !format!("{events:?}").contains("7391"));

    assert!(
        traced(|| drop(answered(r#"{"access_code":{"access_code_id":"x"}}"#, |seam| seam
            .access_codes()
            .unmanaged()
            .get("x"))))
        .is_empty()
    );

    let many = format!(r#"{{"devices":[{{"device_id":"a","errors":[{}null]}}]}}"#, "null,".repeat(99));
    let events = traced(|| drop(answered(many, |seam| seam.devices().list())));
    assert_eq!(events.len(), 21);
    assert!(events[20].contains("message=more values") && events[20].contains("count=80"), "{}", events[20]);
}

#[test]
fn a_secret_in_a_path_is_redacted() {
    let body = r#"{"access_code":{"access_code_id":"x","canary-7391":"\ud83d"}}"#;
    let events = traced(|| {
        let make = |seam: &Seam| seam.access_codes().unmanaged().get_by_code("d1", "canary-7391");
        let response = answered(body, make);
        assert_eq!(response.mismatches()[0].to_string(), "access_code.***: expected valid Unicode");
    });
    assert!(events.len() == 1 && !events[0].contains("7391"), "{events:?}");
}
