//! Tests of connect webviews, connected accounts and client sessions.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{Body, Credentials, Seam, Transport, http};
use seam_fake::{FRONT_DOOR, FakeSeam, NewDevice};
use serde_json::{Value, json};

/// Calls a control route and returns the status.
async fn control(fake: &FakeSeam, path: &str, body: Value) -> u16 {
    let request = http::Request::post(path).body(Body::from(body.to_string())).unwrap();
    fake.send(request).await.unwrap().status().as_u16()
}

fn with(fake: &FakeSeam, credentials: Credentials) -> Seam {
    fake.seam().with_credentials(credentials)
}

/// Returns the types of all events so far.
async fn events(seam: &Seam) -> Vec<String> {
    let events = seam
        .events()
        .list()
        .since("2000-01-01T00:00:00Z".parse::<seam_core::model::Timestamp>().unwrap())
        .await
        .unwrap();
    events.iter().map(|event| event.event_type.to_string()).collect()
}

#[tokio::test]
async fn an_account_is_connected() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    let webview =
        seam.connect_webviews().create().accepted_providers(["schlage"]).customer_key("customer").await.unwrap();
    assert_eq!(webview.status.as_ref().map(ToString::to_string).as_deref(), Some("pending"));
    let id = webview.connect_webview_id.clone();
    let url = webview.url.unwrap().expose_secret().to_owned();
    assert!(url.contains(id.as_str()), "{url}");
    assert!(seam.connected_accounts().list().await.unwrap().items.is_empty());

    assert_eq!(
        control(&fake, "/_fake/complete_connect_webview", json!({ "connect_webview_id": id.as_str() })).await,
        200
    );
    let webview = seam.connect_webviews().get(id.clone()).await.unwrap();
    assert_eq!(webview.login_successful, Some(true));
    let account = seam.connected_accounts().get(webview.connected_account_id.unwrap()).await.unwrap();
    assert_eq!(account.account_type.as_deref(), Some("schlage"));
    assert_eq!(account.customer_key.as_deref(), Some("customer"));
    let devices = seam.devices().list().connected_account_id(account.connected_account_id).await.unwrap().items;
    assert_eq!(devices.len(), 2);
    assert_eq!(seam.devices().list().connect_webview_id(id.clone()).await.unwrap().items.len(), 2);
    assert_eq!(seam.devices().list().customer_key("customer").await.unwrap().items.len(), 2);
    assert!(seam.devices().list().customer_key("other").await.unwrap().items.is_empty());
    let happened = events(&seam).await;
    for event in ["connected_account.connected", "connect_webview.login_succeeded", "device.connected"] {
        assert!(happened.iter().any(|other| other == event), "{event}: {happened:?}");
    }

    // A second sign-in is rejected, and a deleted webview is not found.
    assert_eq!(
        control(&fake, "/_fake/complete_connect_webview", json!({ "connect_webview_id": id.as_str() })).await,
        400
    );
    seam.connect_webviews().delete(id.clone()).await.unwrap();
    assert!(seam.connect_webviews().get(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_sign_in_fails() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    let id = seam.connect_webviews().create().await.unwrap().connect_webview_id;
    let body = json!({ "connect_webview_id": id.as_str(), "status": "failed" });
    assert_eq!(control(&fake, "/_fake/complete_connect_webview", body).await, 200);
    let webview = seam.connect_webviews().get(id).await.unwrap();
    assert_eq!(webview.status.unwrap().to_string(), "failed");
    assert_eq!(events(&seam).await, ["connect_webview.login_failed"]);
    assert_eq!(control(&fake, "/_fake/complete_connect_webview", json!({ "connect_webview_id": "none" })).await, 404);
}

#[tokio::test]
async fn the_page_of_a_webview_is_html() {
    let fake = FakeSeam::empty();
    let webview = fake.seam().connect_webviews().create().await.unwrap();
    let url: http::Uri = webview.url.unwrap().expose_secret().parse().unwrap();
    let send = |method: &str, form: &str| {
        let request = http::Request::builder().method(method).uri(url.path_and_query().unwrap().as_str());
        fake.send(request.body(Body::from(form.to_owned())).unwrap())
    };
    let response = send("GET", "").await.unwrap();
    assert_eq!(response.headers().get("content-type").unwrap(), "text/html; charset=utf-8");
    let page = String::from_utf8(response.body().as_ref().to_vec()).unwrap();
    assert!(page.contains("<form method=\"post\">") && !page.contains("<script"), "{page}");

    assert_eq!(send("POST", "status=authorized").await.unwrap().status(), 200);
    let webview = fake.seam().connect_webviews().get(webview.connect_webview_id).await.unwrap();
    assert_eq!(webview.login_successful, Some(true));
}

#[tokio::test]
async fn accounts_are_found_changed_and_deleted_with_their_devices() {
    let fake = FakeSeam::with_default_seed();
    let seam = with(&fake, Credentials::api_key("seam_apikey1_token").unwrap());
    let accounts = seam.connected_accounts().list().await.unwrap().items;
    assert_eq!(accounts.len(), 3);
    let jane = seam.connected_accounts().get_by_email("jane@example.com").await.unwrap();
    assert_eq!(jane.connected_account_id.as_str(), "jane_connected_account_id");
    assert_eq!(seam.connected_accounts().list().search("JANE@").await.unwrap().items.len(), 1);

    seam.connected_accounts()
        .update("jane_connected_account_id")
        .custom_metadata([("floor", "2")])
        .display_name("Jane")
        .await
        .unwrap();
    let found = seam.connected_accounts().list().custom_metadata_has([("floor", "2")]).await.unwrap().items;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].display_name.as_deref(), Some("Jane"));

    seam.connected_accounts().delete("jane_connected_account_id").await.unwrap();
    assert!(seam.connected_accounts().get("jane_connected_account_id").await.unwrap_err().is_not_found());
    assert!(seam.devices().get("schlage_device_id").await.unwrap_err().is_not_found());
    assert_eq!(seam.devices().list().await.unwrap().items.len(), 4);

    // The other workspace does not see the account.
    let other = with(&fake, Credentials::api_key("seam_apikey2_token").unwrap());
    assert!(other.connected_accounts().list().await.unwrap().items.is_empty());
    assert!(other.connected_accounts().delete("john_connected_account_id").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_account_is_disconnected_and_reconnected() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let account = seam.devices().get(FRONT_DOOR).await.unwrap().connected_account_id.unwrap();
    seam.connected_accounts().simulate().disconnect(account.clone()).await.unwrap();
    let errors = seam.devices().get(FRONT_DOOR).await.unwrap().errors;
    assert_eq!(errors.len(), 1);
    assert_eq!(seam.connected_accounts().get(account.clone()).await.unwrap().errors.len(), 1);

    seam.connected_accounts().sync(account.clone()).await.unwrap();
    assert_eq!(seam.connected_accounts().get(account.clone()).await.unwrap().errors.len(), 1);
    fake.advance(Duration::from_secs(1));
    assert!(seam.connected_accounts().get(account).await.unwrap().errors.is_empty());
    assert!(seam.devices().get(FRONT_DOOR).await.unwrap().errors.is_empty());
    assert_eq!(
        events(&seam).await,
        ["connected_account.disconnected", "connected_account.completed_first_sync_after_reconnection"]
    );
}

// --- Client sessions.

#[tokio::test]
async fn a_client_session_sees_only_its_own_resources() {
    let fake = FakeSeam::with_default_seed();
    let seam = with(&fake, Credentials::api_key("seam_apikey1_token").unwrap());
    let session = seam
        .client_sessions()
        .create()
        .connected_account_ids(["jane_connected_account_id"])
        .user_identifier_key("jane")
        .await
        .unwrap();
    assert_eq!(session.device_count, Some(1.0));
    let token = session.token.unwrap().expose_secret().to_owned();
    let own = with(&fake, Credentials::client_session_token(token).unwrap());
    let devices = own.devices().list().await.unwrap().items;
    assert_eq!(devices.iter().map(|device| device.device_id.as_str()).collect::<Vec<_>>(), ["schlage_device_id"]);
    assert!(own.devices().get("august_device_1").await.unwrap_err().is_not_found());
    assert_eq!(own.client_sessions().get().await.unwrap().client_session_id, session.client_session_id);

    // A user has one session: `get_or_create` finds it, `grant_access` extends it.
    assert!(seam.client_sessions().create().user_identifier_key("jane").await.is_err());
    let again = seam.client_sessions().get_or_create().user_identifier_key("jane").await.unwrap();
    assert_eq!(again.client_session_id, session.client_session_id);
    seam.client_sessions()
        .grant_access(session.client_session_id.clone())
        .connected_account_ids(["john_connected_account_id"])
        .await
        .unwrap();
    assert_eq!(own.devices().list().await.unwrap().items.len(), 5);

    seam.client_sessions().revoke(session.client_session_id.clone()).await.unwrap();
    assert!(own.devices().list().await.unwrap_err().is_unauthorized());
    seam.client_sessions().delete(session.client_session_id).await.unwrap();
    assert_eq!(seam.client_sessions().list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_publishable_key_can_only_create_a_session() {
    let fake = FakeSeam::with_default_seed();
    let front_end = with(&fake, Credentials::publishable_key("seam_pk1_token").unwrap());
    let (own, session) = front_end.start_client_session("john_user_identifier_key").await.unwrap();
    assert_eq!(session.connected_account_ids.len(), 1);
    assert_eq!(own.devices().get("august_device_1").await.unwrap().device_id.as_str(), "august_device_1");

    let (stranger, session) = front_end.start_client_session("another user").await.unwrap();
    assert!(session.connected_account_ids.is_empty());
    assert!(stranger.devices().list().await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_session_expires() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let session = seam
        .client_sessions()
        .create()
        .expires_at("2026-11-24T10:00:00Z".parse::<seam_core::model::Timestamp>().unwrap())
        .await
        .unwrap();
    let own = with(&fake, Credentials::client_session_token(session.token.unwrap().expose_secret()).unwrap());
    assert!(own.devices().list().await.is_ok());
    fake.advance(Duration::from_secs(60 * 60));
    assert!(own.devices().list().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn users_have_access_to_their_workspaces() {
    let fake = FakeSeam::with_default_seed();
    let person =
        |workspace: &str| with(&fake, Credentials::personal_access_token("seam_at1_longtoken", workspace).unwrap());
    assert_eq!(person("seed_workspace_1").devices().list().await.unwrap().items.len(), 5);
    assert!(person("seed_workspace_2").devices().list().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn a_client_session_with_an_account_sees_the_devices_from_any_webview() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    let webview = seam.connect_webviews().create().accepted_providers(["schlage"]).await.unwrap();
    let body = json!({ "connect_webview_id": webview.connect_webview_id.as_str() });
    assert_eq!(control(&fake, "/_fake/complete_connect_webview", body).await, 200);
    let webview = seam.connect_webviews().get(&webview.connect_webview_id).await.unwrap();
    let account = webview.connected_account_id.unwrap();
    let other = fake.add_device(NewDevice::lock());

    for (accounts, expected) in [(vec![account], 2), (vec![], 0)] {
        let session = seam.client_sessions().create().connected_account_ids(accounts).await.unwrap();
        let own = with(&fake, Credentials::client_session_token(session.token.unwrap().expose_secret()).unwrap());
        assert_eq!(own.devices().list().await.unwrap().items.len(), expected);
        assert!(own.devices().get(&other).await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn an_account_without_devices_has_an_access_system_of_a_documented_type() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    for (provider, system_type) in [
        ("visionline", "visionline_system"),
        ("pti", "pti_site"),
        ("latch", "latch_building"),
        ("assa_abloy_credential_service", "assa_abloy_credential_service"),
    ] {
        let id = seam.connect_webviews().create().accepted_providers([provider]).await.unwrap().connect_webview_id;
        let body = json!({ "connect_webview_id": id.as_str() });
        assert_eq!(control(&fake, "/_fake/complete_connect_webview", body).await, 200);
        let account = seam.connect_webviews().get(id).await.unwrap().connected_account_id.unwrap();
        let systems = seam.acs().systems().list().connected_account_id(account).await.unwrap();
        let types: Vec<String> =
            systems.iter().filter_map(|system| system.external_type.as_ref()).map(ToString::to_string).collect();
        assert_eq!(types, [system_type]);
    }
}
