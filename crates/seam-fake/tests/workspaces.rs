//! Tests of workspaces, cameras and media.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Credentials, Seam,
    endpoints::workspaces::{ChangedConnectWebviewCustomization, NewConnectWebviewCustomization},
    model::Patch,
};
use seam_fake::{BUILDING, FRONT_DOOR, FakeSeam, NewDevice, WORKSPACE};
use serde_json::json;

/// The access token of the owner of the workspace of each new state.
const TOKEN: &str = "seam_at_fake_access_token";

fn with(fake: &FakeSeam, credentials: Credentials) -> Seam {
    fake.seam().with_credentials(credentials)
}

/// Returns a client of the owner without a workspace.
fn owner(fake: &FakeSeam) -> Seam {
    with(fake, Credentials::personal_access_token_without_workspace(TOKEN).unwrap())
}

/// Returns a client of the owner in a workspace.
fn owner_in(fake: &FakeSeam, workspace: &str) -> Seam {
    with(fake, Credentials::personal_access_token(TOKEN, workspace).unwrap())
}

// --- Workspaces.

#[tokio::test]
async fn workspaces_are_found_by_their_credentials() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let workspace = seam.workspaces().get().await.unwrap();
    assert_eq!((workspace.workspace_id.as_str(), workspace.is_sandbox), (WORKSPACE, Some(true)));
    assert_eq!(seam.workspaces().list().await.unwrap().len(), 1);
    assert_eq!(owner_in(&fake, WORKSPACE).workspaces().get().await.unwrap(), workspace);
}

#[tokio::test]
async fn an_owner_creates_a_workspace_and_uses_it() {
    let fake = FakeSeam::new();
    let customization = NewConnectWebviewCustomization::new().primary_button_color("#123456");
    let new = owner(&fake)
        .workspaces()
        .create("Second")
        .connect_partner_name("Partner")
        .is_sandbox(true)
        .connect_webview_customization(customization)
        .webview_success_message("Done")
        .await
        .unwrap();
    assert_eq!((new.name.as_deref(), new.is_sandbox), (Some("Second"), Some(true)));
    assert_eq!(new.connect_partner_name.as_deref(), Some("Partner"));
    let customization = new.connect_webview_customization.unwrap();
    assert_eq!(customization.primary_button_color.as_deref(), Some("#123456"));
    assert_eq!(customization.success_message.as_deref(), Some("Done"));
    assert!(new.publishable_key.is_some());
    assert_eq!(owner(&fake).workspaces().list().await.unwrap().len(), 2);
    // An API key still has access only to its own workspace, and the new workspace is empty.
    assert_eq!(fake.seam().workspaces().list().await.unwrap().len(), 1);
    let seam = owner_in(&fake, new.workspace_id.as_str());
    assert_eq!(seam.workspaces().get().await.unwrap().workspace_id, new.workspace_id);
    assert!(seam.devices().list().await.unwrap().items.is_empty());
    let new = owner(&fake).workspaces().create("Third").await.unwrap();
    assert_eq!(new.is_sandbox, Some(false));
}

#[tokio::test]
async fn a_workspace_is_changed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let customization = ChangedConnectWebviewCustomization::new().logo_shape("circle").success_message("Thanks");
    seam.workspaces()
        .update()
        .name("Renamed")
        .connect_partner_name("Partner")
        .is_publishable_key_auth_enabled(false)
        .is_suspended(true)
        .connect_webview_customization(customization)
        .await
        .unwrap();
    let now = seam.workspaces().get().await.unwrap();
    assert_eq!((now.name.as_deref(), now.connect_partner_name.as_deref()), (Some("Renamed"), Some("Partner")));
    assert_eq!((now.is_suspended, now.is_publishable_key_auth_enabled), (Some(true), Some(false)));
    let mut customization = ChangedConnectWebviewCustomization::new();
    customization.success_message = Patch::Null;
    seam.workspaces().update().connect_webview_customization(customization).await.unwrap();
    let customization = seam.workspaces().get().await.unwrap().connect_webview_customization.unwrap();
    assert_eq!(customization.logo_shape.unwrap().to_string(), "circle");
    assert_eq!(customization.success_message, None);
}

#[tokio::test]
async fn a_sandbox_is_reset() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let gate = fake.add_device(NewDevice::of_type("schlage_lock"));
    let space = seam.spaces().create("Yard").device_ids([FRONT_DOOR]).await.unwrap().space_id;
    seam.spaces().delete(BUILDING).await.unwrap();
    let webhook = seam.webhooks().create("https://example.com/hook").await.unwrap().webhook_id;
    fake.add("workspaces", json!({ "workspace_id": "other", "name": "Other", "is_sandbox": false })).unwrap();
    let elsewhere = fake.add_device(NewDevice::of_type("schlage_lock").workspace("other"));

    seam.workspaces().reset_sandbox().and_wait().await.unwrap();
    assert!(seam.devices().get(gate).await.unwrap_err().is_not_found());
    assert!(seam.spaces().get(space).await.unwrap_err().is_not_found());
    assert_eq!(seam.spaces().get(BUILDING).await.unwrap().name.as_deref(), Some("Building"));
    assert_eq!(seam.devices().get(FRONT_DOOR).await.unwrap().space_ids.len(), 1);
    assert_eq!(seam.devices().list().await.unwrap().items.len(), 5);
    assert!(fake.database().get("events").unwrap().as_array().unwrap().is_empty());
    // API keys, webhooks and other workspaces remain.
    seam.webhooks().get(webhook).await.unwrap();
    assert_eq!(owner(&fake).workspaces().list().await.unwrap().len(), 1);
    let devices = fake.database().get("devices").unwrap().clone();
    let has = |id: &str| devices.as_array().unwrap().iter().any(|device| device.get("device_id") == Some(&json!(id)));
    assert!(has(elsewhere.as_str()));
}

#[tokio::test]
async fn a_reset_sandbox_has_the_seed_of_its_state() {
    let fake = FakeSeam::empty();
    fake.add_device(NewDevice::of_type("schlage_lock"));
    fake.seam().workspaces().reset_sandbox().and_wait().await.unwrap();
    assert!(fake.seam().devices().list().await.unwrap().items.is_empty());

    let fake = FakeSeam::with_default_seed();
    let seam = with(&fake, Credentials::api_key("seam_apikey1_token").unwrap());
    let before = seam.devices().list().await.unwrap().items;
    seam.workspaces().reset_sandbox().and_wait().await.unwrap();
    let after = seam.devices().list().await.unwrap().items;
    let ids = |devices: &[seam_core::model::Device]| {
        devices.iter().map(|device| device.device_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&before), ids(&after));
    // The second workspace of this state is not a sandbox.
    let seam = with(&fake, Credentials::api_key("seam_apikey2_token").unwrap());
    let error = seam.workspaces().reset_sandbox().await.unwrap_err();
    assert_eq!(error.error_type(), Some("workspace_not_sandbox"));
}

// --- Cameras.

const OFFER: &str = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=recvonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n";

#[tokio::test]
async fn a_live_view_is_created_and_stopped() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    let camera = fake.add_device(NewDevice::of_type("ring_camera"));
    let views = seam.cameras().live_views();
    let view = views.create(camera.clone()).duration_seconds(60).await.unwrap();
    assert_eq!(view.device_id, Some(camera.clone()));
    let (id, token) = (view.camera_live_view_session_id, view.token.unwrap());
    let answer = views.offer(id.clone(), OFFER, token.clone()).await.unwrap().sdp_answer.unwrap();
    assert_eq!(
        answer.expose_secret(),
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=inactive\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n"
    );
    assert!(views.offer(id.clone(), "hello", token.clone()).await.unwrap_err().is_invalid_input());
    assert!(views.offer(id.clone(), OFFER, "wrong").await.unwrap_err().is_unauthorized());
    assert!(views.stop(id.clone(), "wrong").await.unwrap_err().is_unauthorized());
    assert!(views.offer("none", OFFER, token.clone()).await.unwrap_err().is_not_found());

    fake.advance(Duration::from_secs(60));
    let expired = views.offer(id.clone(), OFFER, token.clone()).await.unwrap_err();
    assert_eq!(expired.error_type(), Some("camera_live_view_session_expired"));
    views.stop(id, token).await.unwrap();

    let with_sound = views.create(camera).include_audio(true).await.unwrap();
    let (id, token) = (with_sound.camera_live_view_session_id, with_sound.token.unwrap());
    let answer = views.offer(id.clone(), OFFER, token.clone()).await.unwrap().sdp_answer.unwrap();
    assert!(!answer.expose_secret().contains("inactive"), "{answer}");
    views.stop(id.clone(), token.clone()).await.unwrap();
    views.stop(id.clone(), token.clone()).await.unwrap();
    assert!(views.offer(id, OFFER, token).await.is_err());
}

#[tokio::test]
async fn live_views_require_an_online_camera() {
    let fake = FakeSeam::new();
    let views_of = fake.seam();
    let views = views_of.cameras().live_views();
    assert!(views.create(FRONT_DOOR).await.unwrap_err().is_invalid_input());
    assert!(views.create("none").await.unwrap_err().is_not_found());
    let offline = fake.add_device(NewDevice::of_type("ring_camera").offline());
    assert_eq!(views.create(offline).await.unwrap_err().error_type(), Some("device_offline"));
    let camera = fake.add_device(NewDevice::of_type("ring_camera"));
    assert!(views.create(camera).duration_seconds(0).await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn the_url_of_a_recording_expires() {
    let fake = FakeSeam::empty();
    let seam = fake.seam();
    let media =
        json!({ "media_id": "clip", "media_type": "video", "status": "available", "content_type": "video/mp4" });
    fake.add("media", media).unwrap();
    fake.add("media", json!({ "media_id": "later", "media_type": "image", "status": "pending" })).unwrap();
    let url = async || seam.media().get("clip").await.unwrap().url.unwrap().expose_secret().to_owned();
    let first = url().await;
    assert_eq!(url().await, first);
    fake.advance(Duration::from_secs(60 * 60));
    assert_ne!(url().await, first);
    assert!(seam.media().get("later").format("json").await.unwrap().url.is_none());
    assert!(seam.media().get("none").await.unwrap_err().is_not_found());
}
