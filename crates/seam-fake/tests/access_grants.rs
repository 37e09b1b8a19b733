//! Tests of access grants and access methods: what a grant creates, when, and what remains after its end.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Credentials, Seam,
    endpoints::access_grants::{Location, NewAccessMethod, NewUserIdentity},
    model::{AccessGrant, AccessMethod, ActionResult, Timestamp},
};
use seam_fake::{
    BACK_DOOR, BUILDING, ENCODER, FRONT_DOOR, FakeSeam, GUEST, GUEST_ROOMS, NewDevice, OFFICE_DOOR, ROOM_101, ROOM_102,
    WORKSPACE,
};
use serde_json::{Value, json};

mod access_support;
use access_support::{events, other_workspace};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn request(mode: &str) -> [NewAccessMethod; 1] {
    [NewAccessMethod::new(mode)]
}

/// Returns a time on the day on which the simulated clock starts, at 9:00.
fn at(hour: u8) -> Timestamp {
    format!("2026-11-24T{hour:02}:00:00Z").parse().unwrap()
}

/// Returns the access methods of a grant.
async fn methods(seam: &Seam, grant: &AccessGrant) -> Vec<AccessMethod> {
    seam.access_methods().list().access_grant_id(&grant.access_grant_id).await.unwrap().items
}

/// Returns the lock, the status and the PIN of each managed code on the front door and the back door.
fn codes(fake: &FakeSeam) -> Vec<(String, String, String)> {
    let database = fake.database();
    let codes = database.get("access_codes").and_then(Value::as_array).unwrap().iter();
    let field = |code: &Value, name: &str| code.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let managed = codes.filter(|code| code.get("is_managed") == Some(&json!(true)));
    managed.map(|code| (field(code, "device_id"), field(code, "status"), field(code, "code"))).collect()
}

/// Sets whether the front door is online.
async fn set_online(fake: &FakeSeam, is_online: bool) {
    let mut device = fake.database().get("devices").and_then(Value::as_array).unwrap().first().unwrap().clone();
    *device.pointer_mut("/properties/online").unwrap() = json!(is_online);
    fake.add("devices", device).unwrap();
}

// --- Creation.

#[tokio::test]
async fn a_code_is_set_on_each_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR, BACK_DOOR]).await.unwrap();
    assert_eq!((grant.display_status.as_deref(), grant.display_name.as_deref()), (Some("active"), Some("Ada Guest")));
    assert!(grant.access_method_ids.is_empty());

    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    let method = methods(&seam, &grant).await.remove(0);
    assert_eq!(grant.access_method_ids, std::slice::from_ref(&method.access_method_id));
    let requested = grant.requested_access_methods.first().unwrap();
    assert_eq!(requested.created_access_method_ids, grant.access_method_ids);
    assert_eq!(method.is_issued, Some(false));
    assert!(codes(&fake).iter().all(|(_, status, _)| status == "setting"));

    fake.advance(SECOND);
    let method = seam.access_methods().get(&method.access_method_id).await.unwrap();
    assert_eq!(method.is_issued, Some(true));
    assert!(method.issued_at.is_some());
    let pin = method.code.unwrap().expose_secret().to_owned();
    // One lock supports four to six digits, the other only six.
    assert_eq!(pin.len(), 6);
    let on = |device: &str| (device.to_owned(), "set".to_owned(), pin.clone());
    assert_eq!(codes(&fake), [on(FRONT_DOOR), on(BACK_DOOR)]);
    let happened = ["access_grant.created", "access_grant.access_granted_to_all_doors"];
    assert_eq!(events(&fake, "access_grant"), happened);
    assert_eq!(events(&fake, "access_method"), ["access_method.created", "access_method.issued"]);
    let created = ["access_code.created", "access_code.mutations_requested"];
    let of_codes = [created, created, ["access_code.set_on_device"; 2]].concat();
    assert_eq!(events(&fake, "access_code"), of_codes);
}

#[tokio::test]
async fn the_requested_code_is_used_if_the_lock_supports_it() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let create = |code: &str| {
        let request = [NewAccessMethod::new("code").code(code)];
        seam.access_grants().create(GUEST, request).device_ids([FRONT_DOOR])
    };
    let first = create("2468").await.unwrap();
    assert_eq!(methods(&seam, &first).await.remove(0).code, Some("2468".into()));
    let second = create("2468").await.unwrap();
    assert_ne!(methods(&seam, &second).await.remove(0).code, Some("2468".into()));
    let second = seam.access_grants().get(&second.access_grant_id).await.unwrap();
    assert_eq!(second.warnings.first().unwrap().warning_code, Some("requested_code_unavailable".into()));
    assert!(create("12").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn an_offline_lock_gets_its_code_later() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    set_online(&fake, false).await;
    let grant = seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]).await.unwrap();
    fake.advance(SECOND);
    let method = methods(&seam, &grant).await.remove(0);
    // The method was just created; its timer runs in a second.
    fake.advance(SECOND);
    let late = seam.access_methods().get(&method.access_method_id).await.unwrap();
    assert_eq!((late.is_issued, late.warnings.len()), (Some(false), 1));
    assert!(events(&fake, "access_method").contains(&"access_method.delay_in_issuing".to_owned()));
}

#[tokio::test]
async fn a_code_is_removed_from_an_offline_lock_when_it_is_online_again() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]).await.unwrap();
    methods(&seam, &grant).await;
    fake.advance(SECOND);
    seam.devices().simulate().disconnect(FRONT_DOOR).await.unwrap();
    seam.access_grants().delete(&grant.access_grant_id).await.unwrap();
    fake.advance(HOUR);
    assert_eq!(codes(&fake).first().unwrap().1, "removing");
    assert!(events(&fake, "access_code").contains(&"access_code.delay_in_removing_from_device".to_owned()));
    seam.devices().simulate().connect(FRONT_DOOR).await.unwrap();
    fake.advance(SECOND);
    assert!(codes(&fake).is_empty());
}

#[tokio::test]
async fn a_method_waits_for_capacity_on_the_lock() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let lock = fake.add_device(NewDevice::lock().property("max_active_codes_supported", 1));
    let other = seam.access_codes().create(&lock).code("1357").and_wait().await.unwrap();
    let grant = seam.access_grants().create(GUEST, request("code")).device_ids([&lock]).await.unwrap();
    let method = methods(&seam, &grant).await.remove(0).access_method_id;
    fake.advance(SECOND);
    assert_eq!(seam.access_methods().get(&method).await.unwrap().is_issued, Some(false));
    assert!(events(&fake, "access_code").contains(&"access_code.failed_to_set_on_device".to_owned()));
    seam.access_codes().delete(&other.access_code_id).and_wait().await.unwrap();
    fake.advance(10 * HOUR);
    assert_eq!(seam.access_methods().get(&method).await.unwrap().is_issued, Some(true));
}

#[tokio::test]
async fn a_mode_that_no_door_supports_is_an_error_of_the_grant() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, request("card")).device_ids([FRONT_DOOR]).await.unwrap();
    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    let error = grant.errors.first().unwrap();
    assert_eq!(error.error_code, Some("cannot_create_requested_access_methods".into()));
    assert_eq!(error.missing_device_ids, [FRONT_DOOR]);
    let error = "access_grant.could_not_create_requested_access_methods";
    assert_eq!(events(&fake, "access_grant"), ["access_grant.created", error]);
}

#[tokio::test]
async fn a_grant_can_create_a_user_identity_and_be_for_spaces() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grants = || seam.access_grants();
    let grace = NewUserIdentity::new().full_name("Grace").email_address("grace@example.com");
    let grant = grants().create_with_user_identity(grace, request("code")).space_keys(["building"]).await.unwrap();
    let person = grant.user_identity_id.clone().unwrap();
    assert_eq!(seam.user_identities().get(&person).await.unwrap().full_name.as_deref(), Some("Grace"));
    assert_eq!(grant.space_ids, [BUILDING]);
    assert_eq!(methods(&seam, &grant).await.len(), 1);
    // The space also has a thermostat and a sensor, which are not entry points.
    assert_eq!(codes(&fake).len(), 3);
    let known = NewUserIdentity::new().email_address("guest@example.com");
    assert!(grants().create_with_user_identity(known, request("code")).await.unwrap_err().is_invalid_input());

    let location = Location::new().name("Annex").device_ids([FRONT_DOOR]).acs_entrance_ids([ROOM_101]);
    let grant = grants().create(GUEST, request("code")).location(location).await.unwrap();
    let annex = grant.space_ids.first().unwrap();
    assert_eq!(grants().list().space_id(annex).await.unwrap().items.len(), 1);
    assert_eq!(grants().list().location_id(annex).await.unwrap().items.len(), 1);
    assert_eq!(seam.acs().entrances().list().space_id(annex).await.unwrap().items.len(), 1);
    assert_eq!(events(&fake, "space"), ["space.created"]);
    let by_location = grants().create(GUEST, request("code")).location_ids([BUILDING]).await.unwrap();
    assert_eq!(by_location.space_ids, [BUILDING]);
}

#[tokio::test]
async fn a_grant_refers_to_existing_resources() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let create = || seam.access_grants().create(GUEST, request("code"));
    let error_type = |error: &seam_core::Error| error.error_type().map(str::to_owned);
    let unknown = seam.access_grants().create("other", request("code")).await.unwrap_err();
    assert_eq!(error_type(&unknown).as_deref(), Some("user_identity_not_found"));
    let unknown = create().device_ids(["other"]).await.unwrap_err();
    assert_eq!(error_type(&unknown).as_deref(), Some("device_not_found"));
    assert!(create().acs_entrance_ids(["other"]).await.unwrap_err().is_not_found());
    assert!(create().space_ids(["other"]).await.unwrap_err().is_not_found());
    assert!(create().space_keys(["other"]).await.unwrap_err().is_not_found());
    assert!(create().starts_at(at(12)).ends_at(at(11)).await.unwrap_err().is_invalid_input());
    create().access_grant_key("stay").await.unwrap();
    assert!(create().access_grant_key("stay").await.unwrap_err().is_invalid_input());
    let other_workspace = other_workspace(&fake);
    assert!(other_workspace.access_grants().create(GUEST, request("code")).await.unwrap_err().is_not_found());
    assert!(other_workspace.access_grants().get_by_key("stay").await.unwrap_err().is_not_found());
    assert!(other_workspace.access_grants().list().await.unwrap().items.is_empty());
}

// --- Time.

#[tokio::test]
async fn a_grant_begins_and_ends_at_its_times() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let create = seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]);
    let grant = create.starts_at(at(10)).ends_at(at(12)).await.unwrap();
    assert_eq!(grant.display_status.as_deref(), Some("scheduled"));
    let method = methods(&seam, &grant).await.remove(0);
    fake.advance(SECOND);
    assert_eq!(codes(&fake).first().unwrap().1, "unset");
    fake.advance(HOUR);
    assert_eq!(codes(&fake).first().unwrap().1, "set");
    let get = || seam.access_grants().get(&grant.access_grant_id);
    assert_eq!(get().await.unwrap().display_status.as_deref(), Some("active"));
    fake.advance(2 * HOUR);
    assert!(codes(&fake).is_empty());
    assert_eq!(get().await.unwrap().display_status.as_deref(), Some("expired"));
    let method = seam.access_methods().get(&method.access_method_id).await.unwrap();
    assert_eq!((method.is_issued, method.display_status.as_deref()), (Some(false), Some("revoked")));
    let happened = ["access_method.created", "access_method.issued", "access_method.revoked"];
    assert_eq!(events(&fake, "access_method"), happened);

    // With a later end it is active again.
    seam.access_grants().update(&grant.access_grant_id).ends_at(at(20)).await.unwrap();
    let method = methods(&seam, &grant).await.remove(0);
    fake.advance(SECOND);
    assert_eq!(seam.access_methods().get(&method.access_method_id).await.unwrap().is_issued, Some(true));
    assert_eq!(codes(&fake).len(), 1);
}

#[tokio::test]
async fn new_times_and_names_are_set_on_the_locks() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grants = || seam.access_grants();
    let create = grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]).access_grant_key("stay");
    let grant = create.ends_at(at(10)).await.unwrap();
    let id = grant.access_grant_id.as_str();
    methods(&seam, &grant).await;
    grants().update_by_key("stay").ends_at(at(12)).name("Room for Ada").await.unwrap();
    let changed = grants().get_by_key("stay").await.unwrap();
    assert_eq!((changed.ends_at.as_ref(), changed.name.as_deref()), (Some(&at(12)), Some("Room for Ada")));
    assert_eq!(changed.pending_mutations.len(), 1);
    assert_eq!(methods(&seam, &grant).await.remove(0).pending_mutations.len(), 1);
    fake.advance(SECOND);
    assert!(grants().get(id).await.unwrap().pending_mutations.is_empty());
    fake.advance(2 * HOUR);
    assert_eq!(codes(&fake).len(), 1);
    grants().update(id).clear_ends_at().await.unwrap();
    fake.advance(10 * HOUR);
    assert_eq!(codes(&fake).len(), 1);
    assert_eq!(grants().get(id).await.unwrap().ends_at, None);
    assert!(grants().update(id).ends_at(at(1)).await.unwrap_err().is_invalid_input());
    assert!(grants().update("other").name("x").await.unwrap_err().is_not_found());
    assert!(grants().update_by_key("other").name("x").await.unwrap_err().is_not_found());
    let times = events(&fake, "access_grant.access_times_changed");
    assert_eq!(times.len(), 2);
}

#[tokio::test]
async fn a_deleted_grant_leaves_nothing() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let modes = ["code", "mobile_key"].map(NewAccessMethod::new);
    let doors = seam.access_grants().create(GUEST, modes).device_ids([FRONT_DOOR]).acs_entrance_ids([ROOM_101]);
    let grant = doors.await.unwrap();
    assert_eq!(methods(&seam, &grant).await.len(), 3);
    fake.advance(SECOND);
    seam.access_grants().delete(&grant.access_grant_id).await.unwrap();
    assert!(codes(&fake).iter().all(|(_, status, _)| status == "removing"));
    fake.advance(SECOND);
    assert!(codes(&fake).is_empty());
    assert!(methods(&seam, &grant).await.is_empty());
    assert!(seam.acs().credentials().list().await.unwrap().items.is_empty());
    assert!(seam.instant_keys().list().await.unwrap().is_empty());
    let unknown = seam.access_grants().get(&grant.access_grant_id).await.unwrap_err();
    assert_eq!(unknown.error_type(), Some("access_grant_not_found"));
    let happened = events(&fake, "access_grant");
    assert_eq!(happened.last().unwrap(), "access_grant.deleted");
    assert!(happened.contains(&"access_grant.access_to_door_lost".to_owned()));
    assert_eq!(events(&fake, "access_method.deleted").len(), 3);
    assert!(seam.access_grants().delete(&grant.access_grant_id).await.unwrap_err().is_not_found());
}

// --- Modes.

#[tokio::test]
async fn a_card_is_encoded() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, request("card")).acs_entrance_ids([ROOM_101]).await.unwrap();
    fake.advance(HOUR);
    let card = methods(&seam, &grant).await.remove(0);
    assert_eq!((card.is_issued, card.is_encoding_required), (Some(false), Some(true)));
    assert_eq!(card.is_ready_for_encoding, Some(true));
    let id = card.access_method_id.as_str();
    let assigned = seam.access_methods().assign_card(id, "1").await.unwrap_err();
    assert!(assigned.is_invalid_input());

    let attempt = seam.access_methods().encode(ENCODER, id).and_wait().await.unwrap();
    let Some(ActionResult::EncodeCredential(written)) = attempt.typed_result() else { panic!("{attempt:?}") };
    assert_eq!(written.user_identity_id, Some(GUEST.into()));
    let card = seam.access_methods().get(id).await.unwrap();
    assert_eq!((card.is_issued, card.is_ready_for_encoding), (Some(true), Some(false)));
    assert!(seam.access_methods().encode(ENCODER, id).await.unwrap_err().is_invalid_input());
    assert!(seam.access_methods().encode(ENCODER, "other").await.unwrap_err().is_not_found());

    // After a change of its times, the card must be encoded again.
    seam.access_grants().update(&grant.access_grant_id).ends_at(at(23)).await.unwrap();
    assert_eq!(seam.access_methods().get(id).await.unwrap().is_ready_for_encoding, Some(true));
    seam.acs().encoders().encode_credential_by_access_method(ENCODER, id).and_wait().await.unwrap();
    let happened = events(&fake, "access_method");
    let cards = ["created", "card_encoding_required", "issued", "card_encoding_required", "reissued"];
    assert_eq!(happened, cards.map(|what| format!("access_method.{what}")));
    assert_eq!(seam.user_identities().list_accessible_entrances(GUEST).await.unwrap().len(), 1);
    assert_eq!(seam.acs().entrances().list().access_method_id(id).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_card_is_assigned_by_its_number() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let system = json!({
        "acs_system_id": "office", "workspace_id": WORKSPACE, "external_type": "salto_ks_site", "name": "Office",
        "connected_account_id": "account",
    });
    fake.add("acs_systems", system).unwrap();
    let entrance = json!({
        "acs_entrance_id": "door", "acs_system_id": "office", "workspace_id": WORKSPACE, "can_unlock_with_card": true,
        "display_name": "Door", "connected_account_id": "account", "space_ids": [], "errors": [], "warnings": [],
        "created_at": "2026-11-01T00:00:00.000Z",
    });
    fake.add("acs_entrances", entrance).unwrap();
    let owner = seam.acs().users().create("office", "Desk").await.unwrap().acs_user_id;
    let tag = json!({
        "acs_credential_id": "tag", "acs_system_id": "office", "workspace_id": WORKSPACE, "access_method": "card",
        "card_number": "4711", "acs_user_id": owner.as_str(), "display_name": "Tag", "errors": [], "warnings": [],
        "is_issued": true, "is_managed": true, "connected_account_id": "account",
        "created_at": "2026-11-01T00:00:00.000Z",
    });
    fake.add("acs_credentials", tag).unwrap();
    let grant = seam.access_grants().create(GUEST, request("card")).acs_entrance_ids(["door"]).await.unwrap();
    let card = methods(&seam, &grant).await.remove(0);
    assert_eq!((card.is_assignment_required, card.is_ready_for_assignment), (Some(true), Some(true)));
    let assign = |number: &str| seam.access_methods().assign_card(&card.access_method_id, number);
    assert_eq!(assign("1").and_wait().await.unwrap_err().error_type(), Some("credential_not_found"));
    let attempt = assign("4711").and_wait().await.unwrap();
    let Some(ActionResult::AssignCredential(method)) = attempt.typed_result() else { panic!("{attempt:?}") };
    assert_eq!((method.is_issued, method.is_ready_for_assignment), (Some(true), Some(false)));
    assert_eq!(seam.acs().credentials().get("tag").await.unwrap().user_identity_id, Some(GUEST.into()));
    assert!(assign("4711").await.unwrap_err().is_invalid_input());
    // This system grants access through groups.
    let error = seam.acs().entrances().grant_access("door", &owner).await.unwrap_err();
    assert_eq!(error.error_type(), Some("not_supported"));
}

#[tokio::test]
async fn a_cloud_key_unlocks_remotely() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, request("cloud_key")).acs_entrance_ids([ROOM_101]).await.unwrap();
    let id = methods(&seam, &grant).await.remove(0).access_method_id;
    let unlock = |entrance: &str| seam.access_methods().unlock_door(&id, entrance);
    assert!(unlock(ROOM_101).await.unwrap_err().is_invalid_input());
    fake.advance(SECOND);
    unlock(ROOM_101).and_wait().await.unwrap();
    assert!(unlock(ROOM_102).await.unwrap_err().is_invalid_input());
    assert!(unlock("other").await.unwrap_err().is_not_found());
    assert!(seam.access_methods().unlock_door("other", ROOM_101).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_mobile_key_has_an_instant_key() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let request = [NewAccessMethod::new("mobile_key").instant_key_max_use_count(3)];
    let grant = seam.access_grants().create(GUEST, request).acs_entrance_ids([ROOM_101, ROOM_102]).await.unwrap();
    let method = methods(&seam, &grant).await.remove(0);
    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    assert_eq!(grant.instant_key_url, method.instant_key_url);
    assert!(grant.client_session_token.is_some() && method.client_session_token.is_some());
    let key = seam.instant_keys().get_by_url(method.instant_key_url.unwrap()).await.unwrap();
    assert_eq!(key.user_identity_id, Some(GUEST.into()));
    let related = seam.access_methods().get_related([&method.access_method_id]).await.unwrap();
    assert_eq!((related.instant_keys.len(), related.client_sessions.len()), (1, 1));
    assert_eq!((related.acs_entrances.len(), related.acs_credentials.len()), (2, 1));
    assert_eq!((related.access_grants.len(), related.access_methods.len()), (1, 1));
    let only = seam.access_methods().get_related([&method.access_method_id]).include(["instant_keys"]).await.unwrap();
    assert_eq!((only.instant_keys.len(), only.access_methods.len()), (1, 0));
    seam.access_methods().delete(&method.access_method_id).await.unwrap();
    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    assert!(grant.instant_key_url.is_none() && grant.client_session_token.is_none());
    assert!(seam.instant_keys().list().await.unwrap().is_empty());
    let unknown = seam.access_methods().get_related(["other"]).await.unwrap_err();
    assert_eq!(unknown.error_type(), Some("access_method_not_found"));
}

#[tokio::test]
async fn an_instant_key_gives_access_to_its_user_identity_only() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let own = seam.access_grants().create(GUEST, request("mobile_key")).acs_entrance_ids([ROOM_101]).await.unwrap();
    let grace = NewUserIdentity::new().full_name("Grace");
    let grant = seam.access_grants().create_with_user_identity(grace, request("code")).device_ids([FRONT_DOOR]);
    let others = grant.await.unwrap();
    let token = seam.access_grants().get(&own.access_grant_id).await.unwrap().client_session_token.unwrap();
    let credentials = Credentials::client_session_token(token.expose_secret()).unwrap();
    let phone = fake.seam().with_credentials(credentials);
    assert_eq!(phone.access_grants().list().await.unwrap().items.len(), 1);
    assert_eq!(methods(&phone, &own).await.len(), 1);
    assert!(methods(&phone, &others).await.is_empty());
    let other_method = methods(&seam, &others).await.remove(0).access_method_id;
    assert!(phone.access_methods().get_related([&other_method]).await.unwrap_err().is_not_found());
    assert!(phone.access_methods().delete(&other_method).await.unwrap_err().is_not_found());
    assert!(phone.access_grants().delete(&others.access_grant_id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn methods_can_be_added_and_removed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let create =
        seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]).acs_entrance_ids([ROOM_101]);
    let grant = create.reservation_key("booking").await.unwrap();
    let id = grant.access_grant_id.as_str();
    assert_eq!(methods(&seam, &grant).await.len(), 1);
    let more = || seam.access_grants().request_access_methods(id, ["card", "cloud_key"].map(NewAccessMethod::new));
    assert_eq!(more().await.unwrap().requested_access_methods.len(), 3);
    // A cloud key also unlocks the front door, which is not part of the access system.
    let all = methods(&seam, &grant).await;
    assert_eq!(all.len(), 4);
    let first = all.first().unwrap().access_method_id.as_str();
    seam.access_methods().delete(first).await.unwrap();
    fake.advance(SECOND);
    assert!(codes(&fake).is_empty());
    let left = seam.access_grants().get(id).await.unwrap();
    assert_eq!(left.access_method_ids.len(), 3);
    assert!(left.requested_access_methods.first().unwrap().created_access_method_ids.is_empty());
    seam.access_methods().delete_by_access_grant(id).await.unwrap();
    assert!(methods(&seam, &grant).await.is_empty());
    more().await.unwrap();
    assert_eq!(methods(&seam, &grant).await.len(), 3);
    seam.access_methods().delete_by_reservation("booking").await.unwrap();
    assert!(methods(&seam, &grant).await.is_empty());
    assert!(seam.access_methods().delete_by_reservation("other").await.unwrap_err().is_not_found());
    assert!(seam.access_methods().delete_by_access_grant("other").await.unwrap_err().is_not_found());
    assert!(seam.access_methods().delete(first).await.unwrap_err().is_not_found());
    assert!(seam.access_grants().request_access_methods("other", request("code")).await.unwrap_err().is_not_found());
}

// --- Filters.

#[tokio::test]
async fn grants_and_methods_are_found_by_related_resources() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let create = seam.access_grants().create(GUEST, request("code")).device_ids([FRONT_DOOR]).access_grant_key("stay");
    let first = create.reservation_key("booking").name("Suite").await.unwrap();
    let create = seam.access_grants().create(GUEST, request("mobile_key")).acs_entrance_ids([ROOM_101]);
    let second = create.space_ids([BUILDING]).await.unwrap();
    let grants = || seam.access_grants().list();
    let (first, second) = (first.access_grant_id.as_str(), second.access_grant_id.as_str());
    assert_eq!(grants().await.unwrap().items.len(), 2);
    let database = fake.database();
    let code = database.get("access_codes").and_then(Value::as_array).unwrap().last().unwrap().clone();
    let code = code.get("access_code_id").and_then(Value::as_str).unwrap();
    for (found, expected) in [
        (grants().access_grant_key("stay"), vec![first]),
        (grants().reservation_key("booking"), vec![first]),
        (grants().access_code_id(code), vec![first]),
        (grants().search("suite"), vec![first]),
        (grants().access_grant_ids([second]), vec![second]),
        (grants().acs_entrance_id(ROOM_101), vec![second]),
        (grants().acs_system_id(GUEST_ROOMS), vec![second]),
        (grants().space_id(BUILDING), vec![second]),
        (grants().customer_key("example"), vec![second]),
        (grants().device_id(FRONT_DOOR), vec![first, second]),
        (grants().user_identity_id(GUEST), vec![first, second]),
        (grants().user_identity_id("other"), vec![]),
    ] {
        let found = found.await.unwrap().items;
        let found: Vec<&str> = found.iter().map(|grant| grant.access_grant_id.as_str()).collect();
        assert_eq!(found, expected);
    }
    assert!(grants().limit(1).await.unwrap().next_cursor().is_some());

    let methods = || seam.access_methods().list();
    for (found, count) in [
        (methods().access_grant_id(first), 1),
        (methods().access_grant_key("stay"), 1),
        (methods().access_code_id(code), 1),
        (methods().acs_entrance_id(ROOM_102), 1),
        (methods().space_id(BUILDING), 2),
        (methods().device_id(FRONT_DOOR), 2),
        (methods().device_id(FRONT_DOOR).space_id(BUILDING), 1),
    ] {
        assert_eq!(found.await.unwrap().items.len(), count);
    }
    let codes = seam.access_codes().list().access_grant_id(first).await.unwrap().items;
    assert_eq!(codes.len(), 1);
    assert_eq!(codes.first().unwrap().access_code_id.as_str(), code);
    assert_eq!(seam.access_codes().list().access_grant_key("stay").await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn get_related_returns_the_resources_of_a_grant() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let group = seam.acs().access_groups().list().await.unwrap().remove(0).acs_access_group_id;
    seam.acs().access_groups().add_user_by_user_identity(&group, GUEST).await.unwrap();
    let create = seam.access_grants().create(GUEST, request("code")).space_ids([BUILDING]).access_grant_key("stay");
    let create = create.acs_entrance_ids([OFFICE_DOOR]);
    let grant = create.await.unwrap();
    let related = || seam.access_grants().get_related();
    let batch = related().access_grant_ids([&grant.access_grant_id]).await.unwrap();
    assert_eq!((batch.spaces.len(), batch.devices.len(), batch.acs_entrances.len()), (1, 3, 3));
    assert_eq!((batch.connected_accounts.len(), batch.acs_systems.len()), (3, 2));
    assert_eq!((batch.user_identities.len(), batch.access_methods.len()), (1, 2));
    assert_eq!(batch.acs_access_groups.len(), 1);
    let batch = related().access_grant_keys(["stay"]).include(["devices", "spaces"]).exclude(["spaces"]).await.unwrap();
    assert_eq!((batch.spaces.len(), batch.devices.len(), batch.acs_entrances.len()), (0, 3, 0));
    assert!(related().access_grant_keys(["other"]).await.unwrap_err().is_not_found());
    assert!(related().access_grant_ids(["other"]).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_unmanaged_grant_can_be_converted() {
    let fake = FakeSeam::new();
    let grant = json!({
        "access_grant_id": "outside", "workspace_id": WORKSPACE, "is_managed": false, "display_name": "Outside",
        "name": null, "created_at": "2026-11-01T00:00:00.000Z", "starts_at": "2026-11-01T00:00:00.000Z", "ends_at": null,
        "space_ids": [], "location_ids": [], "requested_access_methods": [], "access_method_ids": ["key"],
        "errors": [], "warnings": [], "pending_mutations": [], "user_identity_id": GUEST,
        "_acs_entrance_ids": [ROOM_101], "_acs_system_ids": [GUEST_ROOMS], "reservation_key": "booking",
    });
    fake.add("access_grants", grant).unwrap();
    let method = json!({
        "access_method_id": "key", "workspace_id": WORKSPACE, "is_managed": false, "display_name": "Key", "mode": "card",
        "created_at": "2026-11-01T00:00:00.000Z", "issued_at": null, "is_issued": false, "display_status": "pending",
        "errors": [], "warnings": [], "pending_mutations": [], "_access_grant_ids": ["outside"],
        "_acs_entrance_ids": [ROOM_101],
    });
    fake.add("access_methods", method).unwrap();
    let seam = fake.seam();
    let grants = || seam.access_grants();
    assert!(grants().get("outside").await.unwrap_err().is_not_found());
    assert_eq!(grants().unmanaged().get("outside").await.unwrap().access_grant_id.as_str(), "outside");
    let list = || grants().unmanaged().list();
    assert_eq!(list().acs_entrance_id(ROOM_101).reservation_key("booking").await.unwrap().items.len(), 1);
    assert_eq!(list().acs_system_id(GUEST_ROOMS).user_identity_id(GUEST).await.unwrap().items.len(), 1);
    assert_eq!(list().acs_entrance_id(ROOM_102).await.unwrap().items.len(), 0);
    let unmanaged = || seam.access_methods().unmanaged();
    assert_eq!(unmanaged().get("key").await.unwrap().access_method_id.as_str(), "key");
    assert_eq!(unmanaged().list("outside").acs_entrance_id(ROOM_101).await.unwrap().len(), 1);
    assert!(seam.access_methods().get("key").await.unwrap_err().is_not_found());

    assert!(grants().unmanaged().update("outside", false).await.unwrap_err().is_invalid_input());
    grants().unmanaged().update("outside", true).access_grant_key("mine").await.unwrap();
    assert_eq!(grants().get_by_key("mine").await.unwrap().access_grant_id.as_str(), "outside");
    assert!(list().await.unwrap().items.is_empty());
    assert!(unmanaged().list("outside").await.unwrap().is_empty());
    assert!(seam.access_methods().get("key").await.is_ok());
}

#[tokio::test]
async fn a_grant_without_a_door_has_an_error() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let grant = seam.access_grants().create(GUEST, [NewAccessMethod::new("code")]).await.unwrap();
    fake.advance(Duration::from_secs(60));
    let grant = seam.access_grants().get(&grant.access_grant_id).await.unwrap();
    assert!(grant.access_method_ids.is_empty());
    let error = serde_json::to_value(&grant.errors).unwrap();
    assert_eq!(error[0]["error_code"], "cannot_create_requested_access_methods");
}
