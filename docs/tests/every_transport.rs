//! The same function over every transport.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

use hyper_util::client::legacy::connect::HttpConnector;
use seam_core::{
    Credentials, Error, Seam, Transport,
    endpoints::access_codes::unmanaged,
    model::{Pin, UnmanagedAccessCode},
};
use seam_fake::{FakeSeam, ONGOING_CODE};
use seam_guide::hyper_transport::HyperTransport;
use seam_mock::{MockTransport, Script, json_response};
use seam_reqwest::ReqwestTransport;

/// A function of a program, which does not depend on the transport.
async fn find(seam: &Seam, id: &str) -> Result<Option<UnmanagedAccessCode>, Error> {
    match seam.access_codes().unmanaged().get(id).await {
        Ok(code) => Ok(Some(code)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn finds_the_code_and_nothing_else(seam: &Seam) {
    let code = find(seam, ONGOING_CODE).await.unwrap().unwrap();
    assert_eq!(code.access_code_id.as_str(), ONGOING_CODE);
    assert_eq!(code.code, Some(Pin::from("1988")));
    assert_eq!(find(seam, "no-such-code").await.unwrap(), None);
}

/// Runs the function over `transport`, with a real server.
async fn over_http(transport: impl Transport) {
    let fake = FakeSeam::new();
    let server = fake.serve().await.unwrap();
    let credentials = Credentials::api_key(seam_mock::API_KEY).unwrap();
    let seam = Seam::builder(transport).credentials(credentials).base_url(server.url()).build().unwrap();
    finds_the_code_and_nothing_else(&seam).await;
}

fn the_code() -> UnmanagedAccessCode {
    let mut code = UnmanagedAccessCode::new(ONGOING_CODE);
    code.code = Some("1988".into());
    code
}

#[tokio::test]
async fn over_reqwest_and_http() {
    over_http(ReqwestTransport::builder().build().unwrap()).await;
}

#[tokio::test]
async fn over_a_custom_transport_and_http() {
    over_http(HyperTransport::new(HttpConnector::new())).await;
}

#[tokio::test]
async fn over_the_fake_in_memory() {
    finds_the_code_and_nothing_else(&FakeSeam::new().seam()).await;
}

#[tokio::test]
async fn over_mockall() {
    let mut mock = MockTransport::new();
    mock.expect_send().times(2).returning(|request| {
        let found = request.uri().query().is_some_and(|query| query.contains(ONGOING_CODE));
        let body = if found {
            format!(r#"{{"access_code":{{"access_code_id":"{ONGOING_CODE}","code":"1988"}}}}"#)
        } else {
            r#"{"error":{"type":"access_code_not_found","message":"Not here"}}"#.to_owned()
        };
        Ok(json_response(if found { 200 } else { 404 }, serde_json::from_str(&body).unwrap()))
    });
    finds_the_code_and_nothing_else(&seam_mock::seam(mock)).await;
}

#[tokio::test]
async fn over_a_script() {
    let script = Script::new();
    script.expect::<unmanaged::Get>(|get| get.access_code_id == Some(ONGOING_CODE.into())).respond(the_code());
    script
        .expect::<unmanaged::Get>(|get| get.access_code_id == Some("no-such-code".into()))
        .api_error(seam_mock::ApiFault::not_found("access_code_not_found", "Not here"));
    finds_the_code_and_nothing_else(&script.seam()).await;
    script.verify();
}
