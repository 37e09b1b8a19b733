//! Tests of access systems: users, groups, credentials, entrances and encoders.
#![expect(deprecated, reason = "Seam still sends and accepts deprecated fields")]
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::time::Duration;

use seam_core::{
    Seam,
    endpoints::acs::{
        systems::{HotekEncoder, HotekEntrance, ReportedEncoder, ReportedEntrance},
        users::{ChangedAccessSchedule, NewAccessSchedule},
    },
    model::{AcsCredential, AcsEntrance, ActionResult, ScanCredentialResult, Timestamp},
};
use seam_fake::{BUILDING, ENCODER, FakeSeam, GUEST, GUEST_ROOMS, OFFICE_DOOR, OFFICES, ROOM_101, ROOM_102};
use serde_json::json;

mod access_support;

use access_support::{events, other_workspace};

const SECOND: Duration = Duration::from_secs(1);

fn ids(entrances: &[AcsEntrance]) -> Vec<&str> {
    entrances.iter().map(|entrance| entrance.acs_entrance_id.as_str()).collect()
}

/// Creates a user of the guest rooms.
async fn user(seam: &Seam, name: &str) -> String {
    seam.acs().users().create(GUEST_ROOMS, name).await.unwrap().acs_user_id.into()
}

/// Returns the group of the seed and its only member, who has access to the office door.
async fn staff(seam: &Seam) -> (String, String) {
    let groups = seam.acs().access_groups().list().await.unwrap();
    let users = seam.acs().users().list().await.unwrap().items;
    (groups.first().unwrap().acs_access_group_id.to_string(), users.first().unwrap().acs_user_id.to_string())
}

async fn card(seam: &Seam, user: &str) -> AcsCredential {
    let card = seam.acs().credentials().create("card").acs_user_id(user).allowed_acs_entrance_ids([ROOM_101]);
    card.await.unwrap()
}

// --- Systems.

#[tokio::test]
async fn systems_count_their_users() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    user(&seam, "Ada").await;
    let system = seam.acs().systems().get(GUEST_ROOMS).await.unwrap();
    assert_eq!(system.acs_user_count.map(|count| count.to_string()), Some("1".to_owned()));
    assert_eq!(system.acs_access_group_count.map(|count| count.to_string()), Some("0".to_owned()));

    let account = system.connected_account_id.unwrap();
    assert_eq!(seam.acs().systems().list().await.unwrap().len(), 2);
    assert_eq!(seam.acs().systems().list().connected_account_id(account).await.unwrap().len(), 1);
    assert_eq!(seam.acs().systems().list().connected_account_id("other").await.unwrap().len(), 0);
    assert_eq!(seam.acs().systems().list().customer_key("example").await.unwrap().len(), 2);
    assert_eq!(seam.acs().systems().list().customer_key("other").await.unwrap().len(), 0);
    assert_eq!(seam.acs().systems().list().search("guest").await.unwrap().len(), 1);
    assert_eq!(seam.acs().systems().list().search("nothing").await.unwrap().len(), 0);
}

#[tokio::test]
async fn systems_of_another_workspace_are_not_found() {
    let fake = FakeSeam::new();
    let other_workspace = other_workspace(&fake);
    assert_eq!(other_workspace.acs().systems().list().await.unwrap().len(), 0);
    let unknown = other_workspace.acs().systems().get(GUEST_ROOMS).await.unwrap_err();
    assert_eq!(unknown.error_type(), Some("acs_system_not_found"));
    assert!(other_workspace.acs().users().create(GUEST_ROOMS, "Eve").await.unwrap_err().is_not_found());
    assert!(other_workspace.acs().encoders().scan_credential(ENCODER).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn credential_managers_are_compatible_with_known_systems() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let compatible = || seam.acs().systems().list_compatible_credential_manager_acs_systems(GUEST_ROOMS);
    assert_eq!(compatible().await.unwrap().len(), 0);
    let workspace = seam.acs().systems().get(GUEST_ROOMS).await.unwrap().workspace_id.unwrap();
    for (id, external_type) in
        [("keys", "assa_abloy_credential_service"), ("legic", "legic_connect_credential_service")]
    {
        let system = json!({
            "acs_system_id": id, "workspace_id": workspace.as_str(), "is_credential_manager": true,
            "external_type": external_type, "name": "Keys",
        });
        fake.add("acs_systems", system).unwrap();
    }
    let systems = compatible().await.unwrap();
    assert_eq!(systems.iter().map(|system| system.acs_system_id.as_str()).collect::<Vec<_>>(), ["keys"]);

    let key = || seam.acs().credentials().create("mobile_key").user_identity_id(GUEST).acs_system_id(GUEST_ROOMS);
    key().credential_manager_acs_system_id("keys").is_multi_phone_sync_credential(true).await.unwrap();
    let people = seam.user_identities().list().credential_manager_acs_system_id("keys").await.unwrap().items;
    assert_eq!(people.first().unwrap().user_identity_id, GUEST);
    assert_eq!(seam.acs().credentials().list().is_multi_phone_sync_credential(true).await.unwrap().items.len(), 1);
    assert!(key().credential_manager_acs_system_id(GUEST_ROOMS).await.unwrap_err().is_invalid_input());
    assert!(key().credential_manager_acs_system_id("other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_system_reports_added_and_removed_resources() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let report = || seam.acs().systems().report_devices(GUEST_ROOMS);
    let room = || ReportedEntrance::new(HotekEntrance::new().room_number("7"));
    let pool = |name: &str| ReportedEntrance::new(HotekEntrance::new().common_area_number("1").common_area_name(name));
    for _ in 0..2 {
        let devices = report().acs_encoders([ReportedEncoder::new(HotekEncoder::new("3"))]);
        devices.acs_entrances([room(), pool("Pool")]).await.unwrap();
    }
    report().acs_entrances([pool("Spa")]).await.unwrap();
    let encoders = seam.acs().encoders().list().acs_system_ids([GUEST_ROOMS]).await.unwrap().items;
    assert_eq!(encoders.len(), 2);
    let names: Vec<String> = seam
        .acs()
        .entrances()
        .list()
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|entrance| entrance.display_name)
        .collect();
    assert_eq!(names, ["Room 101", "Room 102", "Office door", "Room 7", "Spa"]);

    report().acs_entrances([room().is_removed(true)]).await.unwrap();
    report().acs_encoders([ReportedEncoder::new(HotekEncoder::new("3")).is_removed(true)]).await.unwrap();
    assert_eq!(seam.acs().encoders().list().acs_system_id(GUEST_ROOMS).await.unwrap().items.len(), 1);
    assert_eq!(seam.acs().entrances().list().await.unwrap().items.len(), 4);
    assert_eq!(events(&fake, "acs_encoder"), ["acs_encoder.added", "acs_encoder.removed"]);
    let of_entrances = ["acs_entrance.added", "acs_entrance.added", "acs_entrance.removed"];
    assert_eq!(events(&fake, "acs_entrance"), of_entrances);
}

// --- Users.

#[tokio::test]
async fn a_user_is_created_changed_and_deleted_with_its_credentials() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let users = || seam.acs().users();
    let (group, _) = staff(&seam).await;
    let new = users().create(OFFICES, "Ada").user_identity_id(GUEST).email_address("ada@example.com");
    let new = new.access_schedule(NewAccessSchedule::new()).acs_access_group_ids([group.as_str()]).await.unwrap();
    assert_eq!(new.user_identity_full_name.as_deref(), Some("Ada Guest"));
    assert_eq!(new.email.as_deref(), Some("ada@example.com"));
    assert!(new.access_schedule.is_some());
    // The access system receives the user and its group within a second.
    assert_eq!(new.pending_mutations.len(), 2);
    fake.advance(SECOND);
    let id = new.acs_user_id.as_str();
    let by_person = users().get_by_user_identity(OFFICES, GUEST).await.unwrap();
    assert_eq!((by_person.acs_user_id.as_str(), by_person.pending_mutations.len()), (id, 0));

    let times = ("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z");
    let schedule =
        ChangedAccessSchedule::new(times.0.parse::<Timestamp>().unwrap(), times.1.parse::<Timestamp>().unwrap());
    users().update(id).full_name("Ada L.").access_schedule(schedule).await.unwrap();
    users().update_by_user_identity(OFFICES, GUEST).phone_number("+15551234567").await.unwrap();
    let changed = users().get(id).await.unwrap();
    assert_eq!((changed.full_name.as_deref(), changed.display_name.as_deref()), (Some("Ada L."), Some("Ada L.")));
    assert_eq!(changed.phone_number.as_deref(), Some("+15551234567"));
    assert_eq!(changed.pending_mutations.len(), 3);
    assert!(changed.access_schedule.unwrap().ends_at.is_some());
    users().update(id).clear_access_schedule().await.unwrap();
    assert!(users().get(id).await.unwrap().access_schedule.is_none());

    let card = seam.acs().credentials().create("card").acs_user_id(id).allowed_acs_entrance_ids([OFFICE_DOOR]);
    card.await.unwrap();
    users().delete_by_user_identity(OFFICES, GUEST).await.unwrap();
    assert_eq!(users().get(id).await.unwrap_err().error_type(), Some("acs_user_not_found"));
    assert!(seam.acs().credentials().list().acs_user_id(id).await.unwrap().items.is_empty());
    assert!(seam.user_identities().get(GUEST).await.unwrap().acs_user_ids.is_empty());
    assert_eq!(seam.acs().access_groups().list_users(group).await.unwrap().len(), 1);
    let happened = events(&fake, "acs_");
    assert_eq!(happened, ["acs_user.created", "acs_credential.deleted", "acs_user.deleted"]);
}

#[tokio::test]
async fn users_are_found_by_their_attributes() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let users = || seam.acs().users().list();
    seam.user_identities().update(GUEST).phone_number("+15550001111").await.unwrap();
    seam.acs().users().create(GUEST_ROOMS, "Grace Hopper").user_identity_id(GUEST).await.unwrap();
    assert_eq!(users().acs_system_id(GUEST_ROOMS).await.unwrap().items.len(), 1);
    assert_eq!(users().search("grace hopper").await.unwrap().items.len(), 1);
    assert_eq!(users().user_identity_id(GUEST).await.unwrap().items.len(), 1);
    assert_eq!(users().user_identity_email_address("guest@example.com").await.unwrap().items.len(), 1);
    assert_eq!(users().user_identity_phone_number("+15550001111").await.unwrap().items.len(), 1);
    assert_eq!(users().user_identity_phone_number("+15550002222").await.unwrap().items.len(), 0);
    let first = users().limit(1).await.unwrap();
    let second = users().limit(1).page_cursor(first.next_cursor().unwrap()).await.unwrap();
    assert_ne!(first.items.first().unwrap().acs_user_id, second.items.first().unwrap().acs_user_id);
}

#[tokio::test]
async fn a_suspended_user_has_no_access() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let (_, user) = staff(&seam).await;
    let users = || seam.acs().users();
    assert_eq!(ids(&users().list_accessible_entrances(&user).await.unwrap()), [OFFICE_DOOR]);
    users().suspend(&user).await.unwrap();
    assert_eq!(users().get(&user).await.unwrap().is_suspended, Some(true));
    assert!(users().list_accessible_entrances(&user).await.unwrap().is_empty());
    users().unsuspend(&user).await.unwrap();
    assert_eq!(users().list_accessible_entrances(&user).await.unwrap().len(), 1);

    let person = || users().list_accessible_entrances_by_user_identity(OFFICES, GUEST);
    assert!(person().await.unwrap_err().is_not_found());
    seam.user_identities().add_acs_user(GUEST, &user).await.unwrap();
    assert_eq!(person().await.unwrap().len(), 1);
    users().suspend_by_user_identity(OFFICES, GUEST).await.unwrap();
    assert_eq!(person().await.unwrap().len(), 0);
    users().unsuspend_by_user_identity(OFFICES, GUEST).await.unwrap();
    assert_eq!(person().await.unwrap().len(), 1);
    users().revoke_access_to_all_entrances_by_user_identity(OFFICES, GUEST).await.unwrap();
    assert_eq!(person().await.unwrap().len(), 0);
}

// --- Groups.

#[tokio::test]
async fn members_of_a_group_have_access() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let groups = || seam.acs().access_groups();
    let (group, _) = staff(&seam).await;
    let user = String::from(seam.acs().users().create(OFFICES, "Ada").await.unwrap().acs_user_id);
    assert_eq!(groups().get(&group).await.unwrap().name.as_deref(), Some("Staff"));
    assert_eq!(ids(&groups().list_accessible_entrances(&group).await.unwrap()), [OFFICE_DOOR]);

    let entrances = || seam.acs().users().list_accessible_entrances(&user);
    groups().add_user(&group, &user).await.unwrap();
    groups().add_user(&group, &user).await.unwrap();
    assert_eq!(groups().get(&group).await.unwrap().pending_mutations.len(), 1);
    assert_eq!(groups().list_users(&group).await.unwrap().len(), 2);
    assert_eq!(groups().list().acs_user_id(&user).await.unwrap().len(), 1);
    assert_eq!(entrances().await.unwrap().len(), 1);
    groups().remove_user(&group, &user).await.unwrap();
    assert_eq!(groups().list().acs_user_id(&user).await.unwrap().len(), 0);
    assert_eq!(entrances().await.unwrap().len(), 0);

    // A user identity without a user in the system gets one.
    groups().add_user_by_user_identity(&group, GUEST).await.unwrap();
    assert_eq!(groups().list().user_identity_id(GUEST).await.unwrap().len(), 1);
    groups().remove_user_by_user_identity(&group, GUEST).await.unwrap();
    assert_eq!(groups().list().user_identity_id(GUEST).await.unwrap().len(), 0);

    seam.acs().users().add_to_access_group(&user, &group).await.unwrap();
    assert_eq!(entrances().await.unwrap().len(), 1);
    seam.acs().users().remove_from_access_group(&user, &group).await.unwrap();
    seam.acs().users().remove_from_access_group_by_user_identity(GUEST, &group).await.unwrap();
    assert_eq!(groups().list_users(&group).await.unwrap().len(), 1);
    seam.acs().users().add_to_access_group(&user, &group).await.unwrap();
    groups().delete(&group).await.unwrap();
    assert_eq!(entrances().await.unwrap().len(), 0);
    assert_eq!(groups().get(&group).await.unwrap_err().error_type(), Some("acs_access_group_not_found"));
    assert_eq!(events(&fake, "acs_access_group"), ["acs_access_group.deleted"]);
    assert!(seam.acs().users().add_to_access_group(&user, &group).await.unwrap_err().is_not_found());
}

// --- Credentials.

#[tokio::test]
async fn a_code_is_issued_later() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let credentials = || seam.acs().credentials();
    let code = credentials().create("code").acs_user_id(&user).code("1234").await.unwrap();
    let id = code.acs_credential_id.as_str();
    assert_eq!((code.is_issued, code.warnings.len()), (Some(false), 1));
    fake.advance(SECOND);
    let issued = credentials().get(id).await.unwrap();
    assert_eq!((issued.is_issued, issued.warnings.len()), (Some(true), 0));
    assert_eq!(issued.code, Some("1234".into()));

    // The code is unique.
    let other = credentials().create("code").acs_user_id(&user).code("1234").await.unwrap();
    assert_ne!(other.code, Some("1234".into()));
    assert_eq!(other.warnings.len(), 2);
    assert!(credentials().update(&other.acs_credential_id).code("1234").await.unwrap_err().is_invalid_input());
    credentials().update(id).code("5678").await.unwrap();
    assert_eq!(credentials().get(id).await.unwrap().is_latest_desired_state_synced_with_provider, Some(false));
    fake.advance(SECOND);
    assert_eq!(credentials().get(id).await.unwrap().code, Some("5678".into()));
    assert_eq!(credentials().list().acs_user_id(&user).await.unwrap().items.len(), 2);
    assert_eq!(credentials().list().acs_system_id(GUEST_ROOMS).await.unwrap().items.len(), 2);
    credentials().delete(id).await.unwrap();
    assert!(credentials().get(id).await.unwrap_err().is_not_found());
    let happened =
        ["acs_credential.issued", "acs_credential.issued", "acs_credential.reissued", "acs_credential.deleted"];
    assert_eq!(events(&fake, "acs_credential"), happened);
}

#[tokio::test]
async fn a_credential_ends_at_its_time() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let start: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let end: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let later: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let key = || seam.acs().credentials().create("mobile_key").acs_user_id(&user);
    assert!(key().starts_at(end.clone()).ends_at(start).await.unwrap_err().is_invalid_input());
    let id = key().ends_at(end).await.unwrap().acs_credential_id;
    seam.acs().credentials().update(&id).ends_at(later).await.unwrap();
    fake.advance(Duration::from_secs(2 * 60 * 60));
    assert!(!events(&fake, "acs_credential").contains(&"acs_credential.invalidated".to_owned()));
    let is_valid = |credential: AcsCredential| credential.visionline_metadata.and_then(|metadata| metadata.is_valid);
    assert_eq!(is_valid(seam.acs().credentials().get(&id).await.unwrap()), Some(true));
    fake.advance(Duration::from_secs(60 * 60));
    assert!(events(&fake, "acs_credential").contains(&"acs_credential.invalidated".to_owned()));
    assert_eq!(is_valid(seam.acs().credentials().get(&id).await.unwrap()), Some(false));
}

#[tokio::test]
async fn a_credential_is_assigned_to_another_user() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let credentials = || seam.acs().credentials();
    let (first, second) = (user(&seam, "Ada").await, user(&seam, "Grace").await);
    let id = card(&seam, &first).await.acs_credential_id;
    credentials().assign(&id, &second).await.unwrap();
    assert_eq!(credentials().get(&id).await.unwrap().acs_user_id.unwrap(), second.as_str());
    assert!(credentials().unassign(&id).acs_user_id(&first).await.unwrap_err().is_invalid_input());
    credentials().unassign(&id).await.unwrap();
    assert!(credentials().get(&id).await.unwrap().acs_user_id.is_none());
    credentials().assign_by_user_identity(&id, GUEST).await.unwrap();
    assert_eq!(credentials().list().user_identity_id(GUEST).await.unwrap().items.len(), 1);
    assert!(credentials().assign(&id, "other").await.unwrap_err().is_not_found());
    assert!(credentials().create("card").await.unwrap_err().is_invalid_input());
    let unknown = credentials().create("card").acs_user_id(&first).allowed_acs_entrance_ids(["other"]).await;
    assert_eq!(unknown.unwrap_err().error_type(), Some("acs_entrance_not_found"));
}

// --- Entrances.

#[tokio::test]
async fn entrances_are_found_by_user_and_credential() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let entrances = || seam.acs().entrances();
    let user = user(&seam, "Ada").await;
    let id = card(&seam, &user).await.acs_credential_id;
    assert_eq!(entrances().get(ROOM_101).await.unwrap().display_name.as_deref(), Some("Room 101"));
    assert_eq!(ids(&entrances().list().acs_credential_id(&id).await.unwrap().items), [ROOM_101]);
    assert_eq!(ids(&entrances().list().acs_entrance_ids([ROOM_102]).await.unwrap().items), [ROOM_102]);
    assert_eq!(entrances().list().space_id(BUILDING).await.unwrap().items.len(), 2);
    assert_eq!(entrances().list().location_id(BUILDING).await.unwrap().items.len(), 2);
    assert_eq!(entrances().list().customer_key("example").await.unwrap().items.len(), 3);
    assert_eq!(entrances().list().search("102").acs_system_id(GUEST_ROOMS).await.unwrap().items.len(), 1);

    entrances().grant_access(ROOM_102, &user).await.unwrap();
    assert_eq!(ids(&seam.acs().users().list_accessible_entrances(&user).await.unwrap()), [ROOM_101, ROOM_102]);
    assert_eq!(ids(&seam.acs().credentials().list_accessible_entrances(&id).await.unwrap()), [ROOM_101, ROOM_102]);
    entrances().grant_access_by_user_identity(ROOM_102, GUEST).await.unwrap();
    assert_eq!(ids(&seam.user_identities().list_accessible_entrances(GUEST).await.unwrap()), [ROOM_102]);
    let with_access = || entrances().list_credentials_with_access(ROOM_102);
    assert_eq!(with_access().await.unwrap().len(), 1);
    assert_eq!(with_access().include_if(["visionline_metadata.is_valid"]).await.unwrap().len(), 1);
    seam.acs().users().revoke_access_to_all_entrances(&user).await.unwrap();
    assert!(seam.acs().users().list_accessible_entrances(&user).await.unwrap().is_empty());
    assert_eq!(with_access().await.unwrap().len(), 0);
    assert!(entrances().grant_access("other", &user).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_cloud_key_unlocks_remotely() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let key = seam.acs().credentials().create("cloud_key").acs_user_id(&user).allowed_acs_entrance_ids([ROOM_101]);
    let id = key.await.unwrap().acs_credential_id;
    let unlock = |entrance: &str| seam.acs().entrances().unlock(entrance, &id);
    assert!(unlock(ROOM_101).await.unwrap_err().is_invalid_input());
    fake.advance(SECOND);
    let done = unlock(ROOM_101).and_wait().await.unwrap();
    assert!(matches!(done.typed_result(), Some(ActionResult::UnlockDoor(_))));
    assert!(unlock(ROOM_102).await.unwrap_err().is_invalid_input());
    assert!(unlock("other").await.unwrap_err().is_not_found());
    let card = card(&seam, &user).await.acs_credential_id;
    assert!(seam.acs().entrances().unlock(ROOM_101, &card).await.unwrap_err().is_invalid_input());
    assert!(seam.acs().entrances().unlock(ROOM_101, "other").await.unwrap_err().is_not_found());
}

// --- Encoders.

/// Returns the result of a scan.
async fn scan(seam: &Seam) -> ScanCredentialResult {
    let attempt = seam.acs().encoders().scan_credential(ENCODER).and_wait().await.unwrap();
    let result = attempt.typed_result().and_then(|result| match result {
        ActionResult::ScanCredential(result) => Some(*result),
        _ => None,
    });
    result.unwrap()
}

#[tokio::test]
async fn a_card_is_issued_when_it_is_encoded() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let id = card(&seam, &user).await.acs_credential_id;
    fake.advance(Duration::from_secs(60));
    assert_eq!(seam.acs().credentials().get(&id).await.unwrap().is_issued, Some(false));
    assert_eq!(seam.acs().encoders().get(ENCODER).await.unwrap().display_name.as_deref(), Some("Desk"));

    let encode = || seam.acs().encoders().encode_credential(ENCODER, &id).and_wait();
    let attempt = encode().await.unwrap();
    let Some(ActionResult::EncodeCredential(written)) = attempt.typed_result() else { panic!("{attempt:?}") };
    assert_eq!((written.is_issued, written.acs_credential_id), (Some(true), id.clone()));
    assert!(written.card_number.is_some());
    let read = scan(&seam).await;
    assert_eq!(read.acs_credential_on_seam.unwrap().acs_credential_id, id);
    assert_eq!(read.acs_credential_on_encoder.unwrap().card_number, written.card_number);

    seam.acs().credentials().update(&id).ends_at("2026-12-24T00:00:00Z".parse::<Timestamp>().unwrap()).await.unwrap();
    assert_eq!(seam.acs().credentials().get(&id).await.unwrap().warnings.len(), 1);
    encode().await.unwrap();
    assert_eq!(seam.acs().credentials().get(&id).await.unwrap().warnings.len(), 0);
    assert_eq!(events(&fake, "acs_credential"), ["acs_credential.issued", "acs_credential.reissued"]);

    let code = seam.acs().credentials().create("code").acs_user_id(&user).await.unwrap().acs_credential_id;
    assert!(seam.acs().encoders().encode_credential(ENCODER, &code).await.unwrap_err().is_invalid_input());
    assert!(seam.acs().encoders().encode_credential(ENCODER, "other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_simulated_encoding_applies_once() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let (id, other) = (card(&seam, &user).await.acs_credential_id, card(&seam, &user).await.acs_credential_id);
    let simulate = || seam.acs().encoders().simulate();
    let encode = |id| seam.acs().encoders().encode_credential(ENCODER, id).and_wait();
    let fail = || simulate().next_credential_encode_will_fail(ENCODER);
    fail().await.unwrap();
    assert_eq!(encode(&id).await.unwrap_err().error_type(), Some("no_credential_on_encoder"));
    encode(&id).await.unwrap();
    fail().error_code("encoding_interrupted").await.unwrap();
    simulate().next_credential_encode_will_succeed(ENCODER).await.unwrap();
    encode(&id).await.unwrap();
    fail().error_code("uncategorized_error").acs_credential_id(&other).await.unwrap();
    encode(&id).await.unwrap();
    assert_eq!(encode(&other).await.unwrap_err().error_type(), Some("uncategorized_error"));
    assert!(simulate().next_credential_encode_will_fail("other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_simulated_scan_applies_once() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let id = card(&seam, &user).await.acs_credential_id;
    let simulate = || seam.acs().encoders().simulate();
    let succeed = || simulate().next_credential_scan_will_succeed(ENCODER);

    let unknown = scan(&seam).await;
    assert!(unknown.acs_credential_on_seam.is_none());
    assert_eq!(unknown.warnings.first().unwrap().warning_code, Some("acs_credential_on_seam_not_found".into()));
    simulate().next_credential_scan_will_fail(ENCODER).await.unwrap();
    let failure = seam.acs().encoders().scan_credential(ENCODER).and_wait().await.unwrap_err();
    assert_eq!(failure.error_type(), Some("no_credential_on_encoder"));
    succeed().await.unwrap();
    assert_eq!(scan(&seam).await.acs_credential_on_seam.unwrap().acs_credential_id, id);
    succeed().scenario("credential_on_encoder_needs_update").acs_credential_id_on_seam(&id).await.unwrap();
    let outdated = scan(&seam).await;
    assert_eq!(outdated.warnings.first().unwrap().warning_code, Some("acs_credential_on_encoder_out_of_sync".into()));
    succeed().scenario("credential_on_encoder_is_empty").await.unwrap();
    let empty = scan(&seam).await;
    assert!(empty.acs_credential_on_encoder.is_none() && empty.warnings.is_empty());
    succeed().scenario("credential_does_not_exist_on_seam").await.unwrap();
    assert!(scan(&seam).await.acs_credential_on_seam.is_none());
}

#[tokio::test]
async fn a_scanned_card_can_be_assigned() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let user = user(&seam, "Ada").await;
    let encoders = || seam.acs().encoders();
    let attempt = encoders().scan_to_assign_credential(ENCODER, &user).and_wait().await.unwrap();
    let Some(ActionResult::ScanToAssignCredential(new)) = attempt.typed_result() else { panic!("{attempt:?}") };
    assert_eq!(new.acs_user_id.unwrap(), user.as_str());
    assert_eq!(seam.acs().credentials().get(&new.acs_credential_id).await.unwrap().is_issued, Some(true));

    let simulate = || encoders().simulate().next_credential_scan_will_succeed(ENCODER);
    simulate().acs_credential_id_on_seam(&new.acs_credential_id).await.unwrap();
    encoders().scan_to_assign_credential_by_user_identity(ENCODER, GUEST).and_wait().await.unwrap();
    let moved = seam.acs().credentials().get(&new.acs_credential_id).await.unwrap();
    assert_eq!(moved.user_identity_id.unwrap(), GUEST);
    simulate().scenario("credential_on_encoder_is_empty").await.unwrap();
    let failure = encoders().scan_to_assign_credential(ENCODER, &user).and_wait().await.unwrap_err();
    assert_eq!(failure.error_type(), Some("no_credential_on_encoder"));
    assert!(encoders().scan_to_assign_credential(ENCODER, "other").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn simulations_require_a_sandbox() {
    let fake = FakeSeam::new();
    let other_workspace = other_workspace(&fake);
    let error =
        other_workspace.acs().encoders().simulate().next_credential_encode_will_fail(ENCODER).await.unwrap_err();
    assert_eq!(error.error_type(), Some("workspace_not_sandbox"));
}
