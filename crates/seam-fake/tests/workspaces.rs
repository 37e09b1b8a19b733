//! Workspaces, cameras and media in the in-memory Seam.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "a test says what must hold by panicking")]

use std::time::Duration;

use seam_core::{
    Credentials, Seam,
    endpoints::workspaces::{ChangedConnectWebviewCustomization, NewConnectWebviewCustomization},
    model::Patch,
};
use seam_fake::{BUILDING, FRONT_DOOR, FakeSeam, NewDevice, WORKSPACE};
use serde_json::json;

/// The access token of the person to whom the workspace of every new world belongs.
const TOKEN: &str = "seam_at_fake_access_token";

fn with(fake: &FakeSeam, credentials: Credentials) -> Seam {
    fake.seam().with_credentials(credentials)
}

/// A client that acts for the person, in no workspace.
fn person(fake: &FakeSeam) -> Seam {
    with(fake, Credentials::personal_access_token_without_workspace(TOKEN).unwrap())
}

/// A client that acts for the person in a workspace.
fn person_in(fake: &FakeSeam, workspace: &str) -> Seam {
    with(fake, Credentials::personal_access_token(TOKEN, workspace).unwrap())
}

// --- Workspaces.

#[tokio::test]
async fn everybody_finds_their_workspace() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let workspace = seam.workspaces().get().await.unwrap();
    assert_eq!((workspace.workspace_id.as_str(), workspace.is_sandbox), (WORKSPACE, Some(true)));
    assert_eq!(seam.workspaces().list().await.unwrap().len(), 1);
    assert_eq!(person_in(&fake, WORKSPACE).workspaces().get().await.unwrap(), workspace);
}

#[tokio::test]
async fn a_person_makes_a_workspace_and_works_in_it() {
    let fake = FakeSeam::new();
    let look = NewConnectWebviewCustomization::new().primary_button_color("#123456");
    let made = person(&fake)
        .workspaces()
        .create("Second")
        .connect_partner_name("Partner")
        .is_sandbox(true)
        .connect_webview_customization(look)
        .webview_success_message("Done")
        .await
        .unwrap();
    assert_eq!((made.name.as_deref(), made.is_sandbox), (Some("Second"), Some(true)));
    assert_eq!(made.connect_partner_name.as_deref(), Some("Partner"));
    let look = made.connect_webview_customization.unwrap();
    assert_eq!(look.primary_button_color.as_deref(), Some("#123456"));
    assert_eq!(look.success_message.as_deref(), Some("Done"));
    assert!(made.publishable_key.is_some());
    assert_eq!(person(&fake).workspaces().list().await.unwrap().len(), 2);
    // An API key still knows only its own, and the new workspace is empty.
    assert_eq!(fake.seam().workspaces().list().await.unwrap().len(), 1);
    let seam = person_in(&fake, made.workspace_id.as_str());
    assert_eq!(seam.workspaces().get().await.unwrap().workspace_id, made.workspace_id);
    assert!(seam.devices().list().await.unwrap().items.is_empty());
    let made = person(&fake).workspaces().create("Third").await.unwrap();
    assert_eq!(made.is_sandbox, Some(false));
}

#[tokio::test]
async fn a_workspace_is_changed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let look = ChangedConnectWebviewCustomization::new().logo_shape("circle").success_message("Thanks");
    seam.workspaces()
        .update()
        .name("Renamed")
        .connect_partner_name("Partner")
        .is_publishable_key_auth_enabled(false)
        .is_suspended(true)
        .connect_webview_customization(look)
        .await
        .unwrap();
    let now = seam.workspaces().get().await.unwrap();
    assert_eq!((now.name.as_deref(), now.connect_partner_name.as_deref()), (Some("Renamed"), Some("Partner")));
    assert_eq!((now.is_suspended, now.is_publishable_key_auth_enabled), (Some(true), Some(false)));
    let mut look = ChangedConnectWebviewCustomization::new();
    look.success_message = Patch::Null;
    seam.workspaces().update().connect_webview_customization(look).await.unwrap();
    let look = seam.workspaces().get().await.unwrap().connect_webview_customization.unwrap();
    assert_eq!(look.logo_shape.unwrap().to_string(), "circle");
    assert_eq!(look.success_message, None);
}

#[tokio::test]
async fn a_sandbox_begins_again() {
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
    // Who may come in and who is told stays, and so does every other workspace.
    seam.webhooks().get(webhook).await.unwrap();
    assert_eq!(person(&fake).workspaces().list().await.unwrap().len(), 1);
    let devices = fake.database().get("devices").unwrap().clone();
    let has = |id: &str| devices.as_array().unwrap().iter().any(|device| device.get("device_id") == Some(&json!(id)));
    assert!(has(elsewhere.as_str()));
}

#[tokio::test]
async fn what_a_sandbox_begins_with_depends_on_the_world() {
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
    // The second workspace of this world is no sandbox.
    let seam = with(&fake, Credentials::api_key("seam_apikey2_token").unwrap());
    let refused = seam.workspaces().reset_sandbox().await.unwrap_err();
    assert_eq!(refused.error_type(), Some("workspace_not_sandbox"));
}

// --- Cameras.

const OFFER: &str = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=recvonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n";

#[tokio::test]
async fn a_camera_is_watched() {
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
async fn only_a_camera_that_is_there_can_be_watched() {
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
async fn a_recording_is_to_be_had_for_a_while() {
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
