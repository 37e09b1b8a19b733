//! Tests of spaces and customers.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use seam_core::{
    Credentials, Seam,
    endpoints::{
        customers::{
            CustomerData, CustomerGuest, CustomerReservation, CustomerRoom, CustomerSite, CustomerSpace,
            CustomerUserIdentity,
        },
        spaces::Stay,
    },
    model::{Space, Timestamp},
};
use seam_fake::{BACK_DOOR, BUILDING, FRONT_DOOR, FakeSeam, GARAGE, GUEST_ROOMS, ROOM_101, ROOM_102};
use serde_json::{Value, json};

/// Returns the rows of a table.
fn rows(fake: &FakeSeam, kind: &str) -> Vec<Value> {
    fake.database().get(kind).unwrap().as_array().unwrap().clone()
}

/// Returns the types of all events about spaces.
fn events(fake: &FakeSeam) -> Vec<String> {
    let types =
        rows(fake, "events").into_iter().map(|event| event.get("event_type").unwrap().as_str().unwrap().to_owned());
    types.filter(|event_type| event_type.starts_with("space.")).collect()
}

/// Returns the reported numbers of devices and entrances of a space.
#[expect(clippy::cast_possible_truncation, reason = "a count is small")]
fn counts(space: &Space) -> (i64, i64) {
    (space.device_count.unwrap() as i64, space.acs_entrance_count.unwrap() as i64)
}

async fn spaces_of(seam: &Seam, device: &str) -> Vec<String> {
    let spaces = seam.devices().get(device).await.unwrap().space_ids;
    spaces.into_iter().map(|space| space.as_str().to_owned()).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

// --- Spaces.

#[tokio::test]
async fn a_space_is_created_with_devices_and_entrances() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let account = seam.devices().get(FRONT_DOOR).await.unwrap().connected_account_id.unwrap();
    let space = seam
        .spaces()
        .create("Ground floor")
        .space_key("ground")
        .customer_key("example")
        .customer_data(Stay::new().address("1 Main Street"))
        .device_ids([FRONT_DOOR, BACK_DOOR])
        .acs_entrance_ids([ROOM_101])
        .connected_account_ids([account])
        .await
        .unwrap();
    assert_eq!((space.name.as_deref(), space.display_name.as_deref()), (Some("Ground floor"), Some("Ground floor")));
    assert_eq!(counts(&space), (2, 1));
    let id = space.space_id.as_str();
    assert_eq!(spaces_of(&seam, FRONT_DOOR).await, [BUILDING, id]);
    assert_eq!(seam.acs().entrances().get(ROOM_101).await.unwrap().space_ids.len(), 2);
    assert_eq!(events(&fake), ["space.created"]);
    assert_eq!(seam.spaces().get(id).await.unwrap(), space);
    assert_eq!(seam.spaces().get_by_key("ground").await.unwrap(), space);

    // Keys are unique, and unknown devices are rejected.
    let again = seam.spaces().create("Other").space_key("ground").await.unwrap_err();
    assert_eq!(again.error_type(), Some("space_key_in_use"));
    assert!(seam.spaces().create("Other").device_ids(["none"]).await.unwrap_err().is_not_found());
    assert!(seam.spaces().create("Other").acs_entrance_ids(["none"]).await.unwrap_err().is_not_found());
    assert_eq!(seam.spaces().list().await.unwrap().items.len(), 2);
    assert!(seam.spaces().get("none").await.unwrap_err().is_not_found());
    assert!(seam.spaces().get_by_key("none").await.unwrap_err().is_not_found());

    let listed = |found: Vec<Space>| found.iter().map(|space| space.space_id.to_string()).collect::<Vec<_>>();
    assert_eq!(listed(seam.spaces().list().space_key("ground").await.unwrap().items), [id]);
    assert_eq!(listed(seam.spaces().list().search("FLOOR").await.unwrap().items), [id]);
    assert_eq!(seam.spaces().list().customer_key("example").await.unwrap().items.len(), 2);
    assert!(seam.spaces().list().customer_key("other").await.unwrap().items.is_empty());
}

#[tokio::test]
async fn devices_and_entrances_are_added_and_removed() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let spaces = seam.spaces();
    let id = spaces.create("Yard").await.unwrap().space_id;
    spaces.add_devices(id.clone(), [GARAGE, FRONT_DOOR]).await.unwrap();
    spaces.add_devices(id.clone(), [GARAGE]).await.unwrap();
    spaces.add_acs_entrances(id.clone(), [ROOM_101, ROOM_102]).await.unwrap();
    assert_eq!(counts(&spaces.get(id.clone()).await.unwrap()), (2, 2));
    spaces.remove_devices(id.clone(), [GARAGE]).await.unwrap();
    spaces.remove_devices(id.clone(), [GARAGE]).await.unwrap();
    spaces.remove_acs_entrances(id.clone(), [ROOM_101]).await.unwrap();
    assert_eq!(counts(&spaces.get(id.clone()).await.unwrap()), (1, 1));
    assert_eq!(spaces_of(&seam, GARAGE).await, [BUILDING]);
    // Requests that change nothing emit no event.
    let changed = "space.device_membership_changed";
    assert_eq!(events(&fake), ["space.created", changed, changed, changed, changed]);
    let last = rows(&fake, "events").pop().unwrap();
    assert_eq!(last.get("device_ids"), Some(&json!([FRONT_DOOR])));
    assert_eq!(last.get("acs_entrance_ids"), Some(&json!([ROOM_102])));

    assert!(spaces.add_devices(id.clone(), [BACK_DOOR, "none"]).await.unwrap_err().is_not_found());
    assert_eq!(counts(&spaces.get(id.clone()).await.unwrap()), (1, 1));
    assert!(spaces.add_devices("none", [GARAGE]).await.unwrap_err().is_not_found());
    assert!(spaces.add_acs_entrances(id.clone(), ["none"]).await.unwrap_err().is_not_found());

    let account = seam.devices().get(GARAGE).await.unwrap().connected_account_id.unwrap();
    // A space without devices has only explicitly added accounts.
    let id = spaces.create("Roof").await.unwrap().space_id;
    let accounts = async || spaces.get_related().space_ids([id.clone()]).await.unwrap().connected_accounts.len();
    spaces.add_connected_account(id.clone(), account.clone()).await.unwrap();
    assert_eq!(accounts().await, 1);
    spaces.remove_connected_account(id.clone(), account).await.unwrap();
    assert_eq!(accounts().await, 0);
    assert!(spaces.add_connected_account(id.clone(), "none").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_space_is_changed_and_deleted() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let spaces = seam.spaces();
    let id = spaces.create("Yard").space_key("yard").device_ids([GARAGE]).await.unwrap().space_id;
    spaces.update(id.clone()).customer_data(Stay::new().address("1 Main Street")).await.unwrap();
    let space = spaces
        .update_by_key("yard")
        .name("Court")
        .device_ids([FRONT_DOOR, BACK_DOOR])
        .acs_entrance_ids([ROOM_101])
        .customer_data(Stay::new().time_zone("Europe/Berlin"))
        .await
        .unwrap();
    assert_eq!((space.name.as_deref(), counts(&space)), (Some("Court"), (2, 1)));
    let data = space.customer_data.unwrap();
    assert_eq!((data.address.as_deref(), data.time_zone.as_deref()), (Some("1 Main Street"), Some("Europe/Berlin")));
    assert_eq!(spaces_of(&seam, GARAGE).await, [BUILDING]);
    assert!(spaces.update(id.clone()).device_ids(["none"]).await.unwrap_err().is_not_found());
    assert!(spaces.update_by_key("none").await.unwrap_err().is_not_found());

    spaces.delete(id.clone()).await.unwrap();
    assert_eq!(spaces_of(&seam, FRONT_DOOR).await, [BUILDING]);
    assert!(spaces.get(id.clone()).await.unwrap_err().is_not_found());
    assert!(spaces.delete(id).await.unwrap_err().is_not_found());
    assert_eq!(events(&fake), ["space.created", "space.device_membership_changed", "space.deleted"]);
}

#[tokio::test]
async fn get_related_returns_the_resources_of_a_space() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let method = fake.add("access_methods", json!({ "access_method_id": "method", "mode": "code" })).unwrap();
    let grant = json!({ "space_ids": [BUILDING], "access_method_ids": [method] });
    fake.add("access_grants", grant).unwrap();
    let yard = seam.spaces().create("Yard").space_key("yard").device_ids([GARAGE]).await.unwrap().space_id;

    let all = seam.spaces().get_related().space_ids([BUILDING]).await.unwrap();
    assert_eq!((all.spaces.len(), all.devices.len(), all.acs_entrances.len()), (1, 5, 2));
    assert_eq!((all.connected_accounts.len(), all.acs_systems.len(), all.access_methods.len()), (2, 1, 1));
    assert_eq!(all.acs_systems.first().unwrap().acs_system_id.as_str(), GUEST_ROOMS);
    let some = seam.spaces().get_related().space_keys(["yard"]).await.unwrap();
    assert_eq!(some.spaces.iter().map(|space| &space.space_id).collect::<Vec<_>>(), [&yard]);
    assert_eq!((some.devices.len(), some.acs_entrances.len(), some.access_methods.len()), (1, 0, 0));
    let both = seam.spaces().get_related().space_ids([yard]).space_keys(["building"]).await.unwrap();
    assert_eq!((both.spaces.len(), both.devices.len()), (2, 5));

    let only = seam.spaces().get_related().space_ids([BUILDING]).include(["devices"]).await.unwrap();
    assert_eq!((only.devices.len(), only.spaces.len(), only.acs_entrances.len()), (5, 0, 0));
    let without = seam.spaces().get_related().space_ids([BUILDING]).exclude(["devices"]).await.unwrap();
    assert_eq!((without.devices.len(), without.spaces.len()), (0, 1));
    assert!(seam.spaces().get_related().space_ids(["none"]).await.unwrap_err().is_not_found());
    assert!(seam.spaces().get_related().space_keys(["none"]).await.unwrap_err().is_not_found());
}

// --- Customers.

fn reservation() -> CustomerReservation {
    CustomerReservation::new("stay-1")
        .name("Two nights")
        .guest_key("guest-7")
        .room_keys(["room-1"])
        .starts_at(at("2026-11-25T15:00:00Z"))
        .ends_at(at("2026-11-27T11:00:00Z"))
}

#[tokio::test]
async fn pushed_data_is_stored() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    // The reservation is pushed before its room.
    seam.customers()
        .push_data("hotel")
        .sites([CustomerSite::new("Hotel", "site-1")])
        .guests([CustomerGuest::new("Grace", "guest-7").email_address("grace@example.com")])
        .reservations([reservation()])
        .await
        .unwrap();
    let rooms = [CustomerRoom::new("Room 1", "room-1").parent_site_key("site-1")];
    seam.customers().push_data("hotel").rooms(rooms).await.unwrap();

    let room = seam.spaces().get_by_key("room-1").await.unwrap();
    assert_eq!((room.name.as_deref(), room.customer_key.as_deref()), (Some("Room 1"), Some("hotel")));
    assert_eq!(seam.spaces().get_by_key("site-1").await.unwrap().name.as_deref(), Some("Hotel"));
    assert_eq!(events(&fake), ["space.created", "space.created"]);

    let guest = rows(&fake, "user_identities").pop().unwrap();
    assert_eq!(guest.get("user_identity_key"), Some(&json!("guest-7")));
    assert_eq!(guest.get("email_address"), Some(&json!("grace@example.com")));
    let grant = rows(&fake, "access_grants").pop().unwrap();
    assert_eq!(grant.get("user_identity_id"), guest.get("user_identity_id"));
    assert_eq!(grant.get("space_ids"), Some(&json!([room.space_id.as_str()])));
    assert_eq!(grant.get("reservation_key"), Some(&json!("stay-1")));
    assert_eq!(grant.get("display_status"), Some(&json!("scheduled")));

    // Data that is pushed again changes the existing resource.
    let rooms = [CustomerRoom::new("Suite", "room-1")];
    let guests = [CustomerGuest::new("Grace H.", "guest-7")];
    seam.customers().push_data("hotel").rooms(rooms).guests(guests).await.unwrap();
    let suite = seam.spaces().get_by_key("room-1").await.unwrap();
    assert_eq!((suite.space_id, suite.name.as_deref()), (room.space_id, Some("Suite")));
    assert_eq!(rows(&fake, "user_identities").len(), 2);
    assert_eq!(rows(&fake, "access_grants").len(), 1);
    let customer = rows(&fake, "customers").pop().unwrap();
    assert_eq!(customer.pointer("/guests/0/name"), Some(&json!("Grace H.")));

    let backwards = reservation().ends_at(at("2026-11-20T11:00:00Z"));
    let error = seam.customers().push_data("hotel").reservations([backwards]).await;
    assert!(error.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn pushed_data_can_be_deleted() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    seam.customers()
        .push_data("hotel")
        .rooms([CustomerRoom::new("Room 1", "room-1"), CustomerRoom::new("Room 2", "room-2")])
        .spaces([CustomerSpace::new("Lobby", "lobby")])
        .guests([CustomerGuest::new("Grace", "guest-7")])
        .reservations([reservation()])
        .await
        .unwrap();
    seam.customers().delete_data().room_keys(["room-2", "none"]).await.unwrap();
    assert!(seam.spaces().get_by_key("room-2").await.unwrap_err().is_not_found());
    // Keys are distinct for each kind, and resources that were not pushed remain.
    seam.customers().delete_data().room_keys(["lobby"]).space_keys(["building"]).await.unwrap();
    seam.spaces().get_by_key("lobby").await.unwrap();
    seam.spaces().get_by_key("building").await.unwrap();
    seam.customers().delete_data().reservation_keys(["stay-1"]).await.unwrap();
    assert!(rows(&fake, "access_grants").is_empty());

    seam.customers().delete_data().customer_keys(["hotel"]).await.unwrap();
    assert!(seam.spaces().get_by_key("room-1").await.unwrap_err().is_not_found());
    assert!(seam.spaces().get_by_key("lobby").await.unwrap_err().is_not_found());
    assert_eq!(rows(&fake, "user_identities").len(), 1);
    assert!(rows(&fake, "customers").is_empty());
}

#[tokio::test]
async fn a_customer_gets_a_portal() {
    let fake = FakeSeam::new();
    let seam = fake.seam();
    let data = CustomerData::new("hotel").user_identities([CustomerUserIdentity::new("Grace", "grace")]);
    let portal = seam.customers().create_portal().customer_data(data).await.unwrap();
    assert_eq!(portal.customer_key.as_deref(), Some("hotel"));
    assert_eq!(portal.expires_at, Some(at("2026-12-01T09:00:00Z")));
    let other = seam.customers().create_portal().customer_data(CustomerData::new("hotel")).await.unwrap();
    let [url, other] = [portal, other].map(|portal| portal.url.unwrap().expose_secret().to_owned());
    assert_ne!(url, other, "each link is a secret of its own");
    let people = rows(&fake, "user_identities");
    assert_eq!(people.last().unwrap().get("user_identity_key"), Some(&json!("grace")));
    assert!(seam.customers().create_portal().await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn spaces_and_customers_are_isolated_between_workspaces() {
    let fake = FakeSeam::new();
    fake.add("workspaces", json!({ "workspace_id": "other", "name": "Other", "is_sandbox": true })).unwrap();
    fake.add("api_keys", json!({ "token": "seam_other", "workspace_id": "other" })).unwrap();
    let other = fake.seam().with_credentials(Credentials::api_key("seam_other").unwrap());
    assert!(other.spaces().list().await.unwrap().items.is_empty());
    assert!(other.spaces().get_by_key("building").await.unwrap_err().is_not_found());
    assert!(other.spaces().delete(BUILDING).await.unwrap_err().is_not_found());
    assert!(other.spaces().create("Mine").device_ids([GARAGE]).await.unwrap_err().is_not_found());
    // The same key is available in the other workspace.
    other.spaces().create("Mine").space_key("building").await.unwrap();
    other.customers().push_data("hotel").rooms([CustomerRoom::new("Room 1", "room-1")]).await.unwrap();
    fake.seam().customers().delete_data().customer_keys(["hotel"]).room_keys(["room-1"]).await.unwrap();
    other.spaces().get_by_key("room-1").await.unwrap();
}
