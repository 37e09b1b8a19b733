//! Transports that wrap other transports or closures, and the requests that they see.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use std::sync::{Arc, Mutex};

use seam_core::{
    Builder, Credentials, ErrorKind, Request, RetryPolicy, Seam, Transport, TransportErrorKind, http::header,
    transport_fn,
};
use seam_mock::{API_KEY, TestClock};
use serde_json::json;
use support::{Recorder, failure, ok};

fn device() -> serde_json::Value {
    json!({ "device": { "device_id": "d1" }, "ok": true })
}

fn build(builder: Builder) -> Seam {
    builder.credentials(Credentials::api_key(API_KEY).unwrap()).build().unwrap()
}

/// Logs each request and each response.
fn log(builder: Builder, name: &'static str, log: &Arc<Mutex<Vec<String>>>) -> Builder {
    let log = Arc::clone(log);
    builder.wrap(move |inner| {
        transport_fn(move |request| {
            let (inner, log) = (Arc::clone(&inner), Arc::clone(&log));
            async move {
                log.lock().unwrap().push(format!("{name} sends"));
                let result = inner.send(request).await;
                log.lock().unwrap().push(format!("{name} got {}", if result.is_ok() { "a response" } else { "none" }));
                result
            }
        })
    })
}

#[tokio::test]
async fn a_middleware_sees_each_attempt_and_the_last_one_is_the_outermost() {
    let recorder = Recorder::new([failure(TransportErrorKind::Interrupted), ok(&device())]);
    let lines = Arc::default();
    let builder = Seam::builder(recorder).clock(TestClock::new()).retry_policy(RetryPolicy::new());
    let seam = build(log(log(builder, "inner", &lines), "outer", &lines));
    seam.devices().get("d1").await.unwrap();
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "outer sends",
            "inner sends",
            "inner got none",
            "outer got none",
            "outer sends",
            "inner sends",
            "inner got a response",
            "outer got a response",
        ]
    );
}

#[tokio::test]
async fn a_box_or_an_arc_of_a_transport_is_one() {
    let recorder = Recorder::new([ok(&device()), ok(&device())]);
    let transports: [Box<dyn Transport>; 2] = [Box::new(recorder.clone()), Box::new(Arc::new(recorder.clone()))];
    for transport in transports {
        build(Seam::builder(transport)).devices().get("d1").await.unwrap();
    }
    assert_eq!(recorder.requests().len(), 2);
}

#[tokio::test]
async fn a_closure_is_a_transport() {
    let transport = transport_fn(|_: Request| async { ok(&device()) });
    assert!(format!("{transport:?}").starts_with("TransportFn(middleware::a_closure"), "{transport:?}");
    assert_eq!(build(Seam::builder(transport)).devices().get("d1").await.unwrap().device_id, "d1");
}

#[tokio::test]
async fn a_suffix_is_added_to_the_user_agent() {
    let agent = |suffix: &str| {
        let builder = Seam::builder(Recorder::default()).user_agent_suffix(suffix);
        let seam = builder.credentials(Credentials::api_key(API_KEY).unwrap()).build()?;
        let request = seam.devices().list().to_request()?;
        Ok::<_, seam_core::Error>(request.headers()[header::USER_AGENT].to_str().unwrap().to_owned())
    };
    let own = concat!("seam-rs/", env!("CARGO_PKG_VERSION"));
    assert_eq!(agent("front-desk/2.1 (kiosk)").unwrap(), format!("{own} front-desk/2.1 (kiosk)"));
    assert_eq!(agent("").unwrap(), own);
    for suffix in ["two\r\nlines: 1", "caf\u{e9}", "\u{0}"] {
        let error = agent(suffix).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{suffix:?}");
    }
}
