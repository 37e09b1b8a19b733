//! Values of another type are reported to `tracing` by their path, never with the value.
//!
//! These tests are a program of their own: they share one subscriber for the whole process, so no other thread can
//! decide that nothing listens to an event.
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

mod support;

use std::{cell::RefCell, fmt, sync::Once};

use seam_core::{Call, Endpoint, Seam};
use support::{Recorder, answer, run};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

thread_local! {
    /// The fields of the events that this thread emitted.
    static EVENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the events with the target `seam::mismatch`.
struct Events;

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
            EVENTS.with_borrow_mut(|events| events.push(fields.0));
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Makes a call that is answered with `body`, and returns the mismatches of the response and the events.
fn traced<E: Endpoint>(body: &str, make: impl FnOnce(&Seam) -> Call<E>) -> (Vec<String>, Vec<String>) {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| tracing::subscriber::set_global_default(Events).unwrap());
    EVENTS.with_borrow_mut(Vec::clear);
    let response = run(make(&Recorder::new([answer(200, body)]).client()).full_response()).unwrap();
    (response.mismatches().iter().map(ToString::to_string).collect(), EVENTS.with_borrow_mut(std::mem::take))
}

fn traced_get(body: &str) -> Vec<String> {
    traced(body, |seam| seam.access_codes().unmanaged().get("x")).1
}

#[test]
fn each_mismatch_is_traced_without_its_value() {
    let events = traced_get(r#"{"access_code":{"access_code_id":"x","code":7391,"name":["canary"]}}"#);
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
    assert!(traced_get(r#"{"access_code":{"access_code_id":"x"}}"#).is_empty());
}

#[test]
fn the_events_of_one_response_are_bounded() {
    let many = format!(r#"{{"devices":[{{"device_id":"a","errors":[{}null]}}]}}"#, "null,".repeat(99));
    let (_, events) = traced(&many, |seam| seam.devices().list());
    assert_eq!(events.len(), 21);
    assert!(events[20].contains("message=more values") && events[20].contains("count=80"), "{}", events[20]);
}

#[test]
fn a_secret_in_a_path_is_not_shown() {
    let body = r#"{"access_code":{"access_code_id":"x","canary-7391":"\ud83d"}}"#;
    let make = |seam: &Seam| seam.access_codes().unmanaged().get_by_code("d1", "canary-7391");
    let (mismatches, events) = traced(body, make);
    assert_eq!(mismatches, ["access_code.***: expected valid Unicode"]);
    assert!(events.len() == 1 && !events[0].contains("7391"), "{events:?}");
}
