//! Tests of user identities, phones and instant keys.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use seam_core::{
    Credentials, Seam,
    endpoints::{access_grants::NewAccessMethod, phones::simulate::PhoneMetadata},
};
use seam_fake::{BACK_DOOR, ENCODER, FRONT_DOOR, FakeSeam, GUEST, GUEST_ROOMS, OFFICES, ROOM_101, WORKSPACE};
use serde_json::json;

mod access_support;
use access_support::{events, other_workspace};

/// Creates a user identity with this key.
async fn user_identity(seam: &Seam, key: &str) -> String {
    seam.user_identities().create().user_identity_key(key).await.unwrap().user_identity_id.into()
}

#[tokio::test]
async fn a_user_identity_is_created_found_and_changed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let people = || seam.user_identities();
    let new = people().create().user_identity_key("grace").full_name("Grace").email_address("grace@example.com");
    let new = new.phone_number("+15551234567").acs_system_ids([OFFICES]).customer_key("hotel").await.unwrap();
    let id = new.user_identity_id.as_str();
    assert_eq!(new.display_name.as_deref(), Some("Grace"));
    // The access system already has a user with this email address.
    assert_eq!(new.acs_user_ids.len(), 1);
    assert_eq!(seam.acs().users().list().await.unwrap().items.len(), 1);
    assert_eq!(people().get(id).await.unwrap().user_identity_id, new.user_identity_id);
    assert_eq!(people().get_by_key("grace").await.unwrap().user_identity_id, new.user_identity_id);
    assert_eq!(people().get_by_key("other").await.unwrap_err().error_type(), Some("user_identity_not_found"));

    assert_eq!(people().list().await.unwrap().items.len(), 2);
    assert_eq!(people().list().search("grace").await.unwrap().items.len(), 1);
    assert_eq!(people().list().user_identity_ids([GUEST]).await.unwrap().items.len(), 1);
    assert!(people().list().limit(1).await.unwrap().next_cursor().is_some());

    people().update(id).clear_full_name().email_address("hopper@example.com").await.unwrap();
    let changed = people().get(id).await.unwrap();
    assert_eq!((changed.full_name, changed.display_name.as_deref()), (None, Some("hopper@example.com")));
    let user = seam.acs().users().get_by_user_identity(OFFICES, id).await.unwrap();
    assert_eq!(user.user_identity_email_address.as_deref(), Some("hopper@example.com"));
    assert_eq!(user.user_identity_phone_number.as_deref(), Some("+15551234567"));
}

#[tokio::test]
async fn keys_and_addresses_are_unique() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let people = || seam.user_identities();
    let id = user_identity(&seam, "grace").await;
    people().update(&id).phone_number("+15551234567").user_identity_key("grace").await.unwrap();
    let error = people().create().user_identity_key("grace").await.unwrap_err();
    assert!(error.is_invalid_input());
    assert_eq!(error.validation_errors().get("user_identity_key").count(), 1);
    assert!(people().create().email_address("guest@example.com").await.unwrap_err().is_invalid_input());
    assert!(people().update(GUEST).phone_number("+15551234567").await.unwrap_err().is_invalid_input());
    assert!(people().create().acs_system_ids(["other"]).await.unwrap_err().is_not_found());
    // Other workspaces may use the same key and address.
    let other = other_workspace(&fake);
    other.user_identities().create().user_identity_key("grace").await.unwrap();
    assert!(other.user_identities().get(&id).await.unwrap_err().is_not_found());
    assert_eq!(other.user_identities().list().await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_user_identity_has_users_in_access_systems() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let people = || seam.user_identities();
    let user = seam.acs().users().list().await.unwrap().items.remove(0).acs_user_id;
    people().add_acs_user_by_key("guest-1", &user).await.unwrap();
    people().add_acs_user(GUEST, &user).await.unwrap();
    assert_eq!(people().list_acs_users(GUEST).await.unwrap().len(), 1);
    assert_eq!(people().list_acs_systems(GUEST).await.unwrap().len(), 1);
    assert_eq!(people().list_accessible_entrances(GUEST).await.unwrap().len(), 1);
    let other = user_identity(&seam, "other").await;
    assert!(people().add_acs_user(&other, &user).await.unwrap_err().is_invalid_input());
    people().remove_acs_user(GUEST, &user).await.unwrap();
    assert_eq!(people().list_acs_users(GUEST).await.unwrap().len(), 0);
    assert_eq!(people().list_acs_systems(GUEST).await.unwrap().len(), 0);
    people().add_acs_user(&other, &user).await.unwrap();
    assert_eq!(people().get(&other).await.unwrap().acs_user_ids, [user]);
}

#[tokio::test]
async fn a_user_identity_has_access_to_devices() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let people = || seam.user_identities();
    people().grant_access_to_device(GUEST, FRONT_DOOR).await.unwrap();
    people().grant_access_to_device(GUEST, FRONT_DOOR).await.unwrap();
    assert_eq!(people().list_accessible_devices(GUEST).await.unwrap().len(), 1);
    let code = || [NewAccessMethod::new("code")];
    seam.access_grants().create(GUEST, code()).device_ids([BACK_DOOR]).await.unwrap();
    assert_eq!(people().list_accessible_devices(GUEST).await.unwrap().len(), 2);
    people().revoke_access_to_device(GUEST, FRONT_DOOR).await.unwrap();
    let devices = people().list_accessible_devices(GUEST).await.unwrap();
    assert_eq!(devices.iter().map(|device| device.device_id.as_str()).collect::<Vec<_>>(), [BACK_DOOR]);
    assert!(people().grant_access_to_device(GUEST, "other").await.unwrap_err().is_not_found());
    assert!(people().revoke_access_to_device("other", FRONT_DOOR).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_deleted_user_identity_leaves_nothing() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    seam.acs().users().create(GUEST_ROOMS, "Ada").user_identity_id(GUEST).await.unwrap();
    seam.user_identities().generate_instant_key(GUEST).await.unwrap();
    seam.phones().simulate().create_sandbox_phone(GUEST).await.unwrap();
    let code = [NewAccessMethod::new("code")];
    seam.access_grants().create(GUEST, code).device_ids([FRONT_DOOR]).await.unwrap();
    seam.user_identities().delete(GUEST).await.unwrap();
    assert!(seam.user_identities().get(GUEST).await.unwrap_err().is_not_found());
    assert_eq!(seam.acs().users().list().user_identity_id(GUEST).await.unwrap().items.len(), 0);
    assert_eq!(seam.access_grants().list().await.unwrap().items.len(), 0);
    assert_eq!(seam.instant_keys().list().await.unwrap().len(), 0);
    assert_eq!(seam.phones().list().await.unwrap().len(), 0);
    assert_eq!(events(&fake, "client_session"), ["client_session.deleted"]);
    assert_eq!(events(&fake, "phone"), ["phone.deactivated"]);
    assert_eq!(events(&fake, "acs_user"), ["acs_user.created", "acs_user.deleted"]);
}

#[tokio::test]
async fn user_identities_are_merged() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let people = || seam.user_identities();
    let (first, second) = (user_identity(&seam, "first").await, user_identity(&seam, "second").await);
    people().grant_access_to_device(&second, FRONT_DOOR).await.unwrap();
    seam.acs().users().create(GUEST_ROOMS, "Second").user_identity_id(&second).await.unwrap();
    seam.phones().simulate().create_sandbox_phone(&second).await.unwrap();
    people().merge(GUEST, [&second]).await.unwrap();
    people().merge_by_key("guest-1", ["first"]).await.unwrap();
    let merged = people().get(GUEST).await.unwrap();
    assert_eq!(merged.merged_user_identity_ids, [second.as_str(), first.as_str()]);
    assert_eq!(merged.merged_user_identity_keys, ["second", "first"]);
    assert_eq!(merged.acs_user_ids.len(), 1);
    assert_eq!(people().list().await.unwrap().items.len(), 1);
    assert_eq!(people().list_accessible_devices(GUEST).await.unwrap().len(), 1);
    assert_eq!(seam.phones().list().owner_user_identity_id(GUEST).await.unwrap().len(), 1);
    assert_eq!(
        seam.acs().users().get_by_user_identity(GUEST_ROOMS, GUEST).await.unwrap().full_name.as_deref(),
        Some("Second")
    );
    assert!(people().get(&second).await.unwrap_err().is_not_found());
    assert!(people().merge(GUEST, [GUEST]).await.unwrap_err().is_invalid_input());
    assert!(people().merge(GUEST, ["other"]).await.unwrap_err().is_not_found());
    assert!(people().merge_by_key("guest-1", ["other"]).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_unmanaged_user_identity_can_be_converted() {
    let fake = FakeSeam::new();
    let unmanaged = json!({
        "user_identity_id": "walter", "workspace_id": WORKSPACE, "is_managed": false, "display_name": "Walter",
        "created_at": "2026-11-01T00:00:00.000Z", "acs_user_ids": [], "errors": [], "warnings": [],
    });
    fake.add("user_identities", unmanaged).unwrap();
    let seam = fake.seam();
    let people = || seam.user_identities();
    assert!(people().get("walter").await.unwrap_err().is_not_found());
    assert_eq!(people().unmanaged().get("walter").await.unwrap().display_name.as_deref(), Some("Walter"));
    assert_eq!(people().unmanaged().list().search("walter").await.unwrap().items.len(), 1);
    assert!(people().unmanaged().get(GUEST).await.unwrap_err().is_not_found());
    assert!(people().unmanaged().update("walter", false).await.unwrap_err().is_invalid_input());
    let duplicate = people().unmanaged().update("walter", true).user_identity_key("guest-1").await;
    assert!(duplicate.unwrap_err().is_invalid_input());
    people().unmanaged().update("walter", true).user_identity_key("walter").await.unwrap();
    assert_eq!(people().get_by_key("walter").await.unwrap().user_identity_id.as_str(), "walter");
    assert!(people().unmanaged().list().await.unwrap().items.is_empty());
    assert!(people().unmanaged().update("walter", true).await.unwrap_err().is_not_found());
}

// --- Instant keys.

#[tokio::test]
async fn an_instant_key_is_a_link_to_a_client_session() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let key = seam.user_identities().generate_instant_key(GUEST).max_use_count(2).await.unwrap();
    let other = user_identity(&seam, "other").await;
    seam.user_identities().generate_instant_key(&other).await.unwrap();
    let id = key.instant_key_id.as_str();
    assert_eq!(seam.instant_keys().get(id).await.unwrap().instant_key_id, key.instant_key_id);
    let link = key.instant_key_url.clone().unwrap();
    assert_eq!(seam.instant_keys().get_by_url(link).await.unwrap().instant_key_id, key.instant_key_id);
    assert_eq!(seam.instant_keys().list().await.unwrap().len(), 2);
    assert_eq!(seam.instant_keys().list().user_identity_id(GUEST).await.unwrap().len(), 1);

    // The link returns a session with access to this user identity only.
    let database = fake.database();
    let sessions = database.get("client_sessions").and_then(|sessions| sessions.as_array()).unwrap();
    let token = sessions.first().unwrap().get("token").and_then(|token| token.as_str()).unwrap();
    let credentials = Credentials::client_session_token(token).unwrap();
    let phone = fake.seam().with_credentials(credentials);
    let seen = phone.user_identities().list().await.unwrap().items;
    assert_eq!(seen.iter().map(|person| person.user_identity_id.as_str()).collect::<Vec<_>>(), [GUEST]);

    seam.instant_keys().delete(id).await.unwrap();
    assert!(seam.instant_keys().get(id).await.unwrap_err().is_not_found());
    assert!(phone.user_identities().list().await.unwrap_err().is_unauthorized());
    assert_eq!(events(&fake, "client_session"), ["client_session.deleted"]);
    assert!(seam.user_identities().generate_instant_key("other").await.unwrap_err().is_not_found());
}

// --- Phones.

#[tokio::test]
async fn a_phone_has_the_keys_of_its_user_identity() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let make = || seam.phones().simulate().create_sandbox_phone(GUEST);
    let android = make().await.unwrap();
    let metadata = PhoneMetadata::new().operating_system("ios").device_model("iPhone 20");
    let iphone = make().phone_metadata(metadata).await.unwrap();
    assert_eq!(iphone.display_name.as_deref(), Some("iPhone 20"));
    assert_eq!(iphone.device_type.unwrap().as_str(), "ios_phone");
    let (android, iphone) = (android.device_id.unwrap(), iphone.device_id.unwrap());
    assert_eq!(seam.phones().get(&android).await.unwrap().device_id, Some(android));
    assert_eq!(seam.phones().list().owner_user_identity_id(GUEST).await.unwrap().len(), 2);
    assert_eq!(seam.phones().list().owner_user_identity_id("other").await.unwrap().len(), 0);

    let key = seam.acs().credentials().create("mobile_key").user_identity_id(GUEST).acs_system_id(GUEST_ROOMS);
    let key = key.allowed_acs_entrance_ids([ROOM_101]).await.unwrap().acs_credential_id;
    assert_eq!(seam.phones().list().acs_credential_id(&key).await.unwrap().len(), 0);
    fake.advance(std::time::Duration::from_secs(1));
    assert_eq!(seam.phones().list().acs_credential_id(&key).await.unwrap().len(), 2);

    seam.phones().deactivate(&iphone).await.unwrap();
    assert_eq!(seam.phones().get(&iphone).await.unwrap_err().error_type(), Some("phone_not_found"));
    assert_eq!(events(&fake, "phone"), ["phone.deactivated"]);
    assert!(seam.phones().list().acs_credential_id("other").await.unwrap_err().is_not_found());
    assert!(seam.phones().deactivate(ENCODER).await.unwrap_err().is_not_found());
    let other = other_workspace(&fake);
    let error = other.phones().simulate().create_sandbox_phone(GUEST).await.unwrap_err();
    assert_eq!(error.error_type(), Some("workspace_not_sandbox"));
}

#[tokio::test]
async fn a_user_identity_has_one_user_in_an_access_system() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let users = || seam.acs().users();
    let first = users().create(GUEST_ROOMS, "Ada Guest").user_identity_id(GUEST).await.unwrap().acs_user_id;
    let error = users().create(GUEST_ROOMS, "Ada Guest").user_identity_id(GUEST).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("user_identity_id"), "{error}");
    let other = users().create(GUEST_ROOMS, "Ada Guest").await.unwrap().acs_user_id;
    assert!(seam.user_identities().add_acs_user(GUEST, &other).await.unwrap_err().is_invalid_input());
    // The same user may be added again, and another system may have another user.
    seam.user_identities().add_acs_user(GUEST, &first).await.unwrap();
    users().create(OFFICES, "Ada Guest").user_identity_id(GUEST).await.unwrap();
    assert_eq!(seam.user_identities().list_acs_users(GUEST).await.unwrap().len(), 2);
    users().delete(&first).await.unwrap();
    seam.user_identities().add_acs_user(GUEST, &other).await.unwrap();
}
