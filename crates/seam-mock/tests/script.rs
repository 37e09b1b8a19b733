//! Every kind of expectation and response of a script, and its error messages.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{
    Body, Credentials, Endpoint, Error, ErrorKind, Idempotency, Page, Parameter, ParameterKind, Request, ResponseKey,
    Seam, Spec, Transport, TransportErrorKind,
    endpoints::access_codes::unmanaged,
    http,
    model::{Pin, UnmanagedAccessCode},
};
use seam_mock::{ApiFault, Script, ScriptError, json_response};
use serde_json::json;

/// Returns the message of a panic.
fn panic_message(run: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    payload.downcast_ref::<String>().unwrap().clone()
}

fn code(id: &str) -> UnmanagedAccessCode {
    UnmanagedAccessCode::new(id)
}

async fn get(seam: &Seam, id: &str) -> Result<UnmanagedAccessCode, Error> {
    seam.access_codes().unmanaged().get(id).await
}

#[tokio::test]
async fn the_closure_sees_the_typed_request_of_a_query_and_of_a_body() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|get| *get == unmanaged::Get::new("26d6é+&=%")).respond(code("26d6é+&=%"));
    script.expect::<unmanaged::Get>(|get| *get == unmanaged::Get::by_code("door", "1988")).respond(code("by body"));
    script
        .expect::<unmanaged::List>(|list| {
            list.device_id.as_str() == "door" && list.limit == Some(7) && list.search == Some("a b".into())
        })
        .respond(Page::from(vec![code("first"), code("second")]));
    script.expect::<unmanaged::Update>(|update| update.is_managed && update.force == Some(false)).respond(());
    script.expect::<unmanaged::Delete>(|delete| delete.access_code_id == "26d6").respond(None);

    let seam = script.seam();
    let unmanaged = seam.access_codes().unmanaged();
    assert_eq!(get(&seam, "26d6é+&=%").await.unwrap(), code("26d6é+&=%"));
    assert_eq!(unmanaged.get_by_code("door", "1988").await.unwrap(), code("by body"));
    let page = unmanaged.list("door").limit(7_u32).search("a b").await.unwrap();
    assert_eq!(page.items, [code("first"), code("second")]);
    unmanaged.update("26d6", true).force(false).await.unwrap();
    assert_eq!(unmanaged.delete("26d6").await.unwrap(), None);
    script.verify();
}

#[tokio::test]
async fn a_typed_answer_arrives_whole() {
    let mut full = code("26d6");
    full.code = Some("1988".into());
    full.name = Some("Neighbours".into());
    full.status = Some("set".into());

    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).respond(full.clone());
    assert_eq!(get(&script.seam(), "26d6").await.unwrap(), full);
    script.verify();
}

#[tokio::test]
async fn an_api_error_has_all_its_parts() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).api_error(
        ApiFault::invalid_input("That will not do")
            .with_validation_error("", "One is enough")
            .with_validation_error("device_id", "Too long")
            .with_validation_error("device_id", "Not a UUID")
            .with_request_id("bf6643a3"),
    );
    script.expect::<unmanaged::Get>(|_| true).api_error(ApiFault::new(418, "teapot", "Short and stout"));
    script.expect::<unmanaged::Get>(|_| true).api_error(ApiFault::unauthorized());
    script.expect::<unmanaged::Get>(|_| true).api_error(ApiFault::not_found("access_code_not_found", "Gone"));
    let seam = script.seam();

    assert_eq!(
        get(&seam, "26d6").await.unwrap_err().to_string(),
        "GET /access_codes/unmanaged/get: 400 invalid_input: That will not do; One is enough; \
         device_id: Too long; device_id: Not a UUID (request bf6643a3)"
    );
    assert_eq!(
        get(&seam, "26d6").await.unwrap_err().to_string(),
        "GET /access_codes/unmanaged/get: 418 teapot: Short and stout (request request-000000)"
    );
    assert!(get(&seam, "26d6").await.unwrap_err().is_unauthorized());
    let gone = get(&seam, "26d6").await.unwrap_err();
    assert!(gone.is_not_found());
    assert_eq!(gone.error_type(), Some("access_code_not_found"));
    script.verify();
}

#[tokio::test]
async fn a_transport_failure_has_the_given_kind() {
    let script = Script::new();
    let kinds = [TransportErrorKind::NotSent, TransportErrorKind::Interrupted, TransportErrorKind::Timeout];
    for kind in kinds {
        // A delete has up to three attempts.
        script.expect::<unmanaged::Delete>(|_| true).times(3).fail(kind);
    }
    let seam = script.seam();
    for kind in kinds {
        let error = seam.access_codes().unmanaged().delete("26d6").await.unwrap_err();
        assert_eq!((error.kind(), error.transport_error_kind()), (ErrorKind::Transport, Some(kind)));
    }
    script.verify();
}

#[tokio::test]
async fn an_expectation_of_any_times_may_be_unused() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).any_times().fail(TransportErrorKind::Timeout);
    script.expect::<unmanaged::Delete>(|_| true).any_times().respond(None);
    let seam = script.seam();
    for _ in 0..5 {
        assert!(get(&seam, "26d6").await.unwrap_err().is_timeout());
    }
    script.verify();
}

#[tokio::test]
async fn a_raw_response_can_be_invalid_for_seam() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).raw(json_response(200, json!({ "access_code": null })));
    let mut html = http::Response::new(Body::from("<html>"));
    *html.status_mut() = http::StatusCode::BAD_GATEWAY;
    script.expect::<unmanaged::Get>(|_| true).times(3).raw(html);
    let seam = script.seam();
    assert_eq!(get(&seam, "26d6").await.unwrap_err().kind(), ErrorKind::InvalidResponse);
    assert_eq!(get(&seam, "26d6").await.unwrap_err().kind(), ErrorKind::UnexpectedStatus);
    script.verify();
}

#[tokio::test]
async fn a_computed_answer_sees_the_request() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).times(2).respond_with(|get| match &get.access_code_id {
        Some(id) if id.as_str() == "26d6" => Ok(UnmanagedAccessCode::new(id)),
        _ => Err(ApiFault::not_found("access_code_not_found", "Not here")),
    });
    let seam = script.seam();
    assert_eq!(get(&seam, "26d6").await.unwrap(), code("26d6"));
    assert!(get(&seam, "other").await.unwrap_err().is_not_found());
    script.verify();
}

#[tokio::test]
async fn the_first_that_accepts_and_is_not_used_up_answers() {
    let script = Script::new();
    let named = |name: &str| {
        let mut code = code("a");
        code.name = Some(name.into());
        code
    };
    script.expect::<unmanaged::Get>(|get| get.access_code_id == Some("a".into())).times(2).respond(named("first"));
    script.expect::<unmanaged::Get>(|_| true).times(2).respond(named("second"));
    let seam = script.seam();
    let mut answers = Vec::new();
    // Seam accepts ids in either case, but the first expectation only in one.
    for id in ["A", "a", "a", "a"] {
        answers.push(get(&seam, id).await.unwrap());
    }
    assert_eq!(answers, [named("second"), named("first"), named("first"), named("second")]);
    script.verify();
}

#[tokio::test]
async fn an_expectation_of_another_route_does_not_answer() {
    let script = Script::new();
    // Both have only an `access_code_id`, so only the path distinguishes them.
    script.expect::<unmanaged::Delete>(|_| true).respond(None);
    assert_eq!(get(&script.seam(), "26d6").await.unwrap_err().kind(), ErrorKind::Transport);
    assert!(script.try_verify().is_err());
}

#[test]
fn an_expectation_that_was_not_sent_is_listed_with_its_location() {
    let script = Script::new();
    let (first, expectation) = (line!(), script.expect::<unmanaged::Get>(|_| true));
    expectation.respond(code("26d6"));
    let (second, expectation) = (line!(), script.expect::<unmanaged::Delete>(|_| true));
    expectation.times(3).respond(None);
    script.expect::<unmanaged::List>(|_| true).times(0).respond(Page::from(Vec::new()));

    let file = file!();
    let expected = format!(
        "the requests differ from the script:\
         \n  expected but not sent: GET /access_codes/unmanaged/get from {file}:{first}\
         \n  expected but not sent: DELETE /access_codes/unmanaged/delete from {file}:{second} (sent 0 of 3 times)"
    );
    assert_eq!(panic_message(|| script.verify()), expected);
}

#[tokio::test]
async fn an_unexpected_request_is_listed_with_its_data() {
    let script = Script::new();
    let (line, expectation) = (line!(), script.expect::<unmanaged::Get>(|get| get.code.is_none()));
    expectation.times(2).respond(code("26d6"));
    let seam = script.seam();
    get(&seam, "26d6").await.unwrap();

    let error = seam.access_codes().unmanaged().get_by_code("door", "197338").await.unwrap_err();
    let call = format!(
        "POST /access_codes/unmanaged/get Get {{ code: ***, device_id: \"door\" }}; remaining expectations of this route: \
         GET /access_codes/unmanaged/get from {}:{line} (sent 1 of 2 times)",
        file!()
    );
    assert_eq!(
        error.to_string(),
        format!("POST /access_codes/unmanaged/get: the exchange failed: the script does not expect {call}")
    );

    get(&seam, "26d6").await.unwrap();
    get(&seam, "one-too-many").await.unwrap_err();
    seam.access_codes().unmanaged().update("26d6", true).await.unwrap_err();
    let complaint = script.try_verify().unwrap_err().to_string();
    assert_eq!(
        complaint,
        format!(
            "the requests differ from the script:\
             \n  sent but not expected: {call}\
             \n  sent but not expected: GET /access_codes/unmanaged/get Get {{ \
             access_code_id: \"one-too-many\" }}; \
             remaining expectations of this route: nothing\
             \n  sent but not expected: PATCH /access_codes/unmanaged/update with access_code_id, is_managed; \
             remaining expectations of this route: nothing"
        )
    );
    assert!(!complaint.contains("197338"));
}

#[tokio::test]
async fn zero_times_forbids_a_call() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).times(0).respond(code("26d6"));
    get(&script.seam(), "26d6").await.unwrap_err();
    let error: ScriptError = script.try_verify().unwrap_err();
    assert!(error.to_string().contains("sent but not expected: GET /access_codes/unmanaged/get"));
}

#[tokio::test]
async fn a_pin_is_not_shown_when_no_expectation_knows_the_request() {
    let script = Script::new();
    let error = script.seam().access_codes().unmanaged().get_by_code("door", "197338").await.unwrap_err();
    let debug = format!("{script:?} {error:?} {error}");
    let complaint = script.try_verify().unwrap_err();
    assert!(complaint.to_string().contains("get with code, device_id; remaining"), "{complaint}");
    assert!(!format!("{debug} {complaint:?} {complaint}").contains("197338"));
}

#[tokio::test]
async fn a_parameter_that_the_request_type_does_not_know_is_named() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).times(0).respond(code("26d6"));
    script.expect::<unmanaged::Get>(|_| true).any_times().respond(code("26d6"));
    let call = script.seam().access_codes().unmanaged().get("26d6").with_parameter("floor", "canary");
    let error = call.await.unwrap_err().to_string();
    assert!(error.contains("with access_code_id, floor (not parameters of its Spec: floor)"), "{error}");
    assert!(!error.contains("canary"), "{error}");
    script.try_verify().unwrap_err();
}

#[test]
fn dropping_a_script_checks_it_too() {
    let message = panic_message(|| {
        let script = Script::new();
        script.expect::<unmanaged::Get>(|_| true).respond(code("26d6"));
    });
    assert!(message.starts_with("the requests differ from the script:\n  expected but not sent: GET"), "{message}");
}

#[tokio::test]
async fn dropping_a_script_that_was_followed_does_not_panic() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).respond(code("26d6"));
    get(&script.seam(), "26d6").await.unwrap();
    drop(script);
    drop(Script::new());
}

#[test]
fn dropping_a_script_while_a_test_fails_does_not_panic_again() {
    // A second panic would abort the process of the test.
    let message = panic_message(|| {
        let script = Script::new();
        script.expect::<unmanaged::Get>(|_| true).respond(code("26d6"));
        panic!("{}", "the test's own failure");
    });
    assert_eq!(message, "the test's own failure");
}

#[test]
fn finish_and_verify_complain_once() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).respond(code("26d6"));
    // Dropping the script at the end of `verify` would panic if differences were reported again.
    assert!(script.try_verify().is_err());
}

#[tokio::test]
async fn a_client_outlives_its_script_without_an_answer() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).respond(code("26d6"));
    let seam = script.seam();
    get(&seam, "26d6").await.unwrap();
    script.verify();
    assert!(get(&seam, "26d6").await.unwrap_err().to_string().contains("the script does not expect GET"));
}

#[tokio::test]
async fn a_panic_in_a_closure_does_not_hide_the_rest() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| panic!("{}", "in the closure")).respond(code("26d6"));
    script.expect::<unmanaged::Delete>(|_| true).respond(None);
    let seam = script.seam();
    let task = tokio::spawn(async move { get(&seam, "26d6").await });
    assert!(task.await.unwrap_err().is_panic());

    script.seam().access_codes().unmanaged().delete("26d6").await.unwrap();
    let complaint = script.try_verify().unwrap_err().to_string();
    assert_eq!(complaint.lines().count(), 2, "{complaint}");
    assert!(complaint.contains("expected but not sent: GET /access_codes/unmanaged/get"), "{complaint}");
}

#[tokio::test]
async fn a_client_with_settings_of_its_own_uses_the_same_script() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|_| true).times(2).respond(code("26d6"));
    let credentials = Credentials::personal_access_token("seam_at_made_up", "my-workspace").unwrap();
    let seam = Seam::builder(script.transport())
        .credentials(credentials)
        .base_url("https://example.com/below/here")
        .build()
        .unwrap();
    get(&seam, "26d6").await.unwrap();
    get(&script.seam(), "26d6").await.unwrap();
    script.verify();
}

#[tokio::test]
async fn a_request_that_seam_core_did_not_create_is_rejected() {
    let script = Script::new();
    let error = script.transport().send(Request::default()).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the script does not expect GET /, which is not a request of an endpoint");
    assert!(script.try_verify().is_err());
}

/// A route that `seam-core` does not have, with every kind of parameter in a query.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Readings {
    flags: Flags,
    is_recent: bool,
    names: Vec<String>,
    none: Option<String>,
    steps: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Flags {
    colour: String,
    inner: Inner,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Inner {
    shape: String,
}

impl Endpoint for Readings {
    type Output = Vec<u32>;
    const SPEC: &'static Spec = &Spec::new(http::Method::GET, "/readings", Idempotency::ReadOnly)
        .with_response_key(ResponseKey::Required("readings"))
        .with_parameters(&[
            Parameter::required("is_recent", ParameterKind::Boolean),
            Parameter::required("steps", ParameterKind::Integer),
        ]);
}

#[tokio::test]
async fn the_parameters_of_a_custom_endpoint_survive_its_query() {
    let sent = Readings {
        flags: Flags { colour: "true".to_owned(), inner: Inner { shape: "1".to_owned() } },
        is_recent: true,
        names: vec!["a=b".to_owned(), "c&d".to_owned(), "e".to_owned()],
        none: None,
        steps: vec![-1, 2],
    };
    let wanted = sent.clone();
    let script = Script::new();
    script.expect::<Readings>(move |readings| *readings == wanted).respond(vec![1, 2, 3]);
    assert_eq!(script.seam().call(sent).await.unwrap(), [1, 2, 3]);
    script.verify();
}

#[test]
fn nothing_of_a_script_shows_a_pin() {
    let mut with_pin = code("26d6");
    with_pin.code = Some(Pin::from("197338"));
    let script = Script::new();
    let expectation = script.expect::<unmanaged::Get>(|_| true);
    assert_eq!(format!("{expectation:?}"), "Expectation { times: 1..=1, .. }");
    expectation.respond(with_pin);
    let debug = format!("{script:?} {:?}", script.transport());
    assert!(!debug.contains("197338"), "{debug}");
    assert!(script.try_verify().is_err());
}
