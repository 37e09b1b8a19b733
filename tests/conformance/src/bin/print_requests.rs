//! Prints the request that the client would send for a call of every route, with most optional parameters: one JSON object on each
//! line. No request is sent.
//!
//! `cargo xtask conformance` compares them with the requests of the Python SDK in the cases of the same names in
//! `drivers/requests.py`.
#![expect(deprecated, reason = "deprecated routes and parameters are compared too")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

use std::{
    collections::HashSet,
    error::Error,
    pin::Pin,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use seam_core::{
    Body, Call, Credentials, ENDPOINTS, Endpoint, Request, Response, Seam, Transport, TransportError, async_trait,
    endpoints::{
        access_grants::{Location, NewAccessMethod, NewUserIdentity},
        acs::{
            credentials::{AssaAbloyVostioMetadata, SaltoSpaceMetadata, VisionlineMetadata},
            encoders::SaltoKsMetadata,
            systems::{HotekEncoder, HotekEntrance, ReportedEncoder, ReportedEntrance},
            users::{ChangedAccessSchedule, NewAccessSchedule},
        },
        customers, devices, phones,
        spaces::Stay,
        thermostats::{EcobeePreset, daily_programs::DailyProgramPeriod},
        workspaces::{ChangedConnectWebviewCustomization, NewConnectWebviewCustomization},
    },
    model::{Json, TimeOfDay, Timestamp},
};
use serde_json::{Value, json};

/// A string of characters that are encoded differently in a query, in JSON, or by different programs.
const SPECIAL: &str = "Zoë ~ a+b & c=d / 100% *-._!'()\"\\ 🔑";
const START: &str = "2026-01-01T12:00:00.000Z";
const END: &str = "2026-01-02T11:30:15.250Z";
const PARIS: &str = "2026-01-01T13:00:00.5+01:00";
/// An empty list.
const NONE: [&str; 0] = [];

#[tokio::main]
async fn main() -> ExitCode {
    match print_requests().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the requests of all calls. A call without a request is an error, and so is a route without a call.
async fn print_requests() -> Result<(), Box<dyn Error>> {
    let recorder = Recorder::default();
    let client = |credentials| Seam::builder(recorder.clone()).credentials(credentials).build();
    let workspace = client(Credentials::api_key("seam_test1_conformance")?)?;
    let without_workspace = client(Credentials::personal_access_token_without_workspace("seam_at_conformance")?)?;

    let mut paths = HashSet::new();
    for case in all(&workspace, &without_workspace) {
        let refusal = case.sent.await.err();
        let request = match (recorder.take().as_mut_slice(), refusal) {
            ([request], _) => describe(case.name, request)?,
            ([], Some(error)) => return Err(format!("{}: {error}", case.name).into()),
            (requests, _) => return Err(format!("{}: {} requests, expected 1", case.name, requests.len()).into()),
        };
        paths.extend(request.get("path").and_then(Value::as_str).map(ToOwned::to_owned));
        println!("{request}");
    }
    match ENDPOINTS.iter().find(|spec| !paths.contains(spec.path())) {
        Some(spec) => Err(format!("no case calls {}", spec.path()).into()),
        None => Ok(()),
    }
}

fn describe(name: &str, request: &Request) -> Result<Value, serde_json::Error> {
    let body: &[u8] = request.body().as_ref();
    Ok(json!({
        "name": name,
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": request.uri().query().unwrap_or_default(),
        "body": if body.is_empty() { Value::Null } else { serde_json::from_slice(body)? },
    }))
}

/// A [`Transport`] that records the requests and responds to each with an empty object.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Request>>>);

impl Recorder {
    fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Ok(Response::new(Body::from(b"{}".to_vec())))
    }
}

/// A call, with the name that it has here and in `drivers/requests.py`: the path of the route, and the tested variant.
struct Case {
    name: &'static str,
    sent: Pin<Box<dyn Future<Output = Result<(), seam_core::Error>>>>,
}

fn case<E: Endpoint>(name: &'static str, call: Call<E>) -> Case {
    Case { name, sent: Box::pin(async { call.await.map(drop) }) }
}

#[expect(clippy::expect_used, reason = "all arguments are constants of this program")]
fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

#[expect(clippy::expect_used, reason = "all arguments are constants of this program")]
fn time(text: &str) -> TimeOfDay {
    text.parse().expect("a time of day")
}

fn all(seam: &Seam, without_workspace: &Seam) -> Vec<Case> {
    [
        access_codes(seam),
        access_grants(seam),
        access_methods(seam),
        acs_access_groups(seam),
        acs_credentials(seam),
        acs_encoders(seam),
        acs_entrances(seam),
        acs_systems(seam),
        acs_users(seam),
        action_attempts(seam),
        cameras(seam),
        client_sessions(seam),
        connect_webviews(seam),
        connected_accounts(seam),
        customers(seam),
        devices(seam),
        events(seam),
        instant_keys(seam),
        locks(seam),
        media(seam),
        noise_sensors(seam),
        phones(seam),
        spaces(seam),
        thermostats(seam),
        thermostat_programs(seam),
        user_identities(seam),
        webhooks(seam),
        workspaces(seam, without_workspace),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn access_codes(seam: &Seam) -> Vec<Case> {
    let codes = seam.access_codes();
    let unmanaged = codes.unmanaged();
    vec![
        case("access_codes/create", codes.create("d1")),
        case("access_codes/create named", codes.create("d1").name(SPECIAL).code("0042")),
        case("access_codes/create times", codes.create("d1").starts_at(at(START)).ends_at(at(END))),
        case("access_codes/create offset", codes.create("d1").starts_at(at(PARIS)).is_one_time_use(true)),
        case(
            "access_codes/create all",
            codes
                .create("d1")
                .allow_external_modification(true)
                .attempt_for_offline_device(false)
                .common_code_key("key 1")
                .is_external_modification_allowed(false)
                .is_offline_access_code(true)
                .max_time_rounding("1day")
                .prefer_native_scheduling(true)
                .preferred_code_length(6)
                .use_backup_access_code_pool(true)
                .use_offline_access_code(false),
        ),
        case("access_codes/create_multiple", codes.create_multiple(["d1", "d2"])),
        case("access_codes/create_multiple one", codes.create_multiple(["d1"]).code("1234").name("")),
        case("access_codes/create_multiple none", codes.create_multiple(NONE).ends_at(at(END))),
        case(
            "access_codes/create_multiple all",
            codes
                .create_multiple(["d1", "d2"])
                .behavior_when_code_cannot_be_shared("create_random_code")
                .prefer_native_scheduling(false)
                .preferred_code_length(4)
                .use_backup_access_code_pool(false),
        ),
        case("access_codes/delete", codes.delete("c1")),
        case("access_codes/delete on device", codes.delete("c1").device_id("d1")),
        case("access_codes/generate_code", codes.generate_code("d1")),
        case("access_codes/get", codes.get("c1")),
        case("access_codes/get by code", codes.get_by_code("d1", "0042")),
        case("access_codes/list ids", codes.list().access_code_ids(["c2", "c1"])),
        case("access_codes/list one id", codes.list().access_code_ids(["c1"])),
        case("access_codes/list no ids", codes.list().access_code_ids(NONE)),
        case("access_codes/list keys", codes.list().access_grant_key(SPECIAL).customer_key("a+b").limit(20)),
        case(
            "access_codes/list page",
            codes.list().device_id("d1").page_cursor("eyJ4Ijox/w==").user_identifier_key("u~1"),
        ),
        case("access_codes/list null", codes.list().access_grant_id("g1").access_method_id("m1").clear_page_cursor()),
        case("access_codes/list search", codes.list().device_id("d1").limit(5).search(SPECIAL)),
        case("access_codes/pull_backup_access_code", codes.pull_backup_access_code("c1")),
        case("access_codes/report_device_constraints", codes.report_device_constraints("d1")),
        case(
            "access_codes/report_device_constraints all",
            codes
                .report_device_constraints("d1")
                .min_code_length(4)
                .max_code_length(8)
                .supported_code_lengths([4_u32, 6]),
        ),
        case(
            "access_codes/simulate/create_unmanaged_access_code",
            codes.simulate().create_unmanaged_access_code("d1", SPECIAL, "0042"),
        ),
        case("access_codes/unmanaged/convert_to_managed", unmanaged.convert_to_managed("c1")),
        case("access_codes/unmanaged/convert_to_managed all", unmanaged.convert_to_managed("c1").force(true)),
        case("access_codes/unmanaged/delete", unmanaged.delete("c1")),
        case("access_codes/unmanaged/get", unmanaged.get("c1")),
        case("access_codes/unmanaged/get by code", unmanaged.get_by_code("d1", "00 42+")),
        case("access_codes/unmanaged/list", unmanaged.list("d1")),
        case(
            "access_codes/unmanaged/list all",
            unmanaged.list("d1").limit(1).page_cursor("p&q").user_identifier_key(SPECIAL),
        ),
        case("access_codes/unmanaged/list search", unmanaged.list("d1").search("12")),
        case("access_codes/unmanaged/update", unmanaged.update("c1", true)),
        case(
            "access_codes/unmanaged/update all",
            unmanaged.update("c1", false).allow_external_modification(true).is_external_modification_allowed(true),
        ),
        case("access_codes/update", codes.update("c1")),
        case(
            "access_codes/update all",
            codes.update("c1").code("9").device_id("d1").is_managed(false).r#type("time_bound"),
        ),
        case("access_codes/update times", codes.update("c1").name(SPECIAL).starts_at(at(START)).ends_at(at(END))),
        case("access_codes/update_multiple", codes.update_multiple("key 1")),
        case("access_codes/update_multiple all", codes.update_multiple("key 1").name("x").ends_at(at(END))),
    ]
}

fn access_grants(seam: &Seam) -> Vec<Case> {
    let grants = seam.access_grants();
    let unmanaged = grants.unmanaged();
    let code = || NewAccessMethod::new("code").code("0042");
    let key = || NewAccessMethod::new("mobile_key").instant_key_max_use_count(2);
    vec![
        case("access_grants/create", grants.create("u1", [code()])),
        case(
            "access_grants/create two",
            grants.create("u1", [code(), key()]).device_ids(["d1", "d2"]).space_ids(["s1"]),
        ),
        case(
            "access_grants/create for a new user",
            grants.create_with_user_identity(
                NewUserIdentity::new().full_name(SPECIAL).email_address("zoe+1@a.example"),
                [key()],
            ),
        ),
        case("access_grants/create nulls", grants.create("u1", [key()]).clear_ends_at().clear_name().device_ids(NONE)),
        case(
            "access_grants/create all",
            grants
                .create("u1", [key()])
                .access_grant_key("g~1")
                .acs_entrance_ids(["e1"])
                .customization_profile_id("p1")
                .ends_at(at(END))
                .location(Location::new().name("Häuser").acs_entrance_ids(["e1"]).device_ids(NONE))
                .location_ids(["s1"])
                .name(SPECIAL)
                .reservation_key("r1")
                .space_keys(["k1", "k2"])
                .starts_at(at(START)),
        ),
        case("access_grants/delete", grants.delete("g1")),
        case("access_grants/get", grants.get("g1")),
        case("access_grants/get by key", grants.get_by_key(SPECIAL)),
        case(
            "access_grants/get_related",
            grants.get_related().access_grant_ids(["g1", "g2"]).include(["spaces", "devices"]),
        ),
        case(
            "access_grants/get_related keys",
            grants.get_related().access_grant_keys(["k~1", "k 2"]).exclude(["access_methods"]).include(NONE),
        ),
        case("access_grants/list", grants.list()),
        case("access_grants/list ids", grants.list().access_grant_ids(["g1", "g2"]).limit(3)),
        case("access_grants/list nulls", grants.list().clear_access_grant_key().clear_page_cursor()),
        case("access_grants/list search", grants.list().search("Zoë 42").space_id("s1")),
        case(
            "access_grants/list all",
            grants
                .list()
                .access_code_id("c1")
                .access_grant_key("k1")
                .acs_entrance_id("e1")
                .acs_system_id("y1")
                .customer_key(SPECIAL)
                .device_id("d1")
                .location_id("s1")
                .page_cursor("p1")
                .reservation_key("r 1")
                .user_identity_id("u1"),
        ),
        case("access_grants/request_access_methods", grants.request_access_methods("g1", [code(), key()])),
        case("access_grants/unmanaged/get", unmanaged.get("g1")),
        case("access_grants/unmanaged/list", unmanaged.list()),
        case(
            "access_grants/unmanaged/list all",
            unmanaged.list().acs_entrance_id("e1").limit(2).reservation_key("r+1"),
        ),
        case("access_grants/unmanaged/update", unmanaged.update("g1", true)),
        case("access_grants/unmanaged/update key", unmanaged.update("g1", true).access_grant_key("k1")),
        case("access_grants/update", grants.update("g1")),
        case(
            "access_grants/update by key",
            grants.update_by_key("k1").name(SPECIAL).starts_at(at(START)).ends_at(at(END)),
        ),
        case("access_grants/update nulls", grants.update("g1").clear_ends_at().clear_name()),
    ]
}

fn access_methods(seam: &Seam) -> Vec<Case> {
    let methods = seam.access_methods();
    vec![
        case("access_methods/assign_card", methods.assign_card("m1", "card 1")),
        case("access_methods/delete", methods.delete("m1")),
        case("access_methods/delete of grant", methods.delete_by_access_grant("g1")),
        case("access_methods/delete of reservation", methods.delete_by_reservation(SPECIAL)),
        case("access_methods/encode", methods.encode("n1", "m1")),
        case("access_methods/get", methods.get("m1")),
        case("access_methods/get_related", methods.get_related(["m1"])),
        case("access_methods/get_related all", methods.get_related(["m1", "m2"]).include(["devices"]).exclude(NONE)),
        case("access_methods/list", methods.list().access_grant_id("g1")),
        case("access_methods/list all", methods.list().access_grant_key("k1").device_id("d1").limit(9).space_id("s1")),
        case("access_methods/unlock_door", methods.unlock_door("m1", "e1")),
        case("access_methods/unmanaged/get", methods.unmanaged().get("m1")),
        case("access_methods/unmanaged/list", methods.unmanaged().list("g1")),
        case("access_methods/unmanaged/list all", methods.unmanaged().list("g1").acs_entrance_id("e1").device_id("d1")),
    ]
}

fn acs_access_groups(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let groups = acs.access_groups();
    vec![
        case("acs/access_groups/add_user", groups.add_user("a1", "u1")),
        case("acs/access_groups/add_user identity", groups.add_user_by_user_identity("a1", "i1")),
        case("acs/access_groups/delete", groups.delete("a1")),
        case("acs/access_groups/get", groups.get("a1")),
        case("acs/access_groups/list", groups.list()),
        case("acs/access_groups/list all", groups.list().acs_system_id("y1").acs_user_id("u1").search(SPECIAL)),
        case("acs/access_groups/list_accessible_entrances", groups.list_accessible_entrances("a1")),
        case("acs/access_groups/list_users", groups.list_users("a1")),
        case("acs/access_groups/remove_user", groups.remove_user("a1", "u1")),
        case("acs/access_groups/remove_user identity", groups.remove_user_by_user_identity("a1", "i1")),
    ]
}

fn acs_credentials(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let credentials = acs.credentials();
    vec![
        case("acs/credentials/assign", credentials.assign("c1", "u1")),
        case("acs/credentials/assign identity", credentials.assign_by_user_identity("c1", "i1")),
        case("acs/credentials/create", credentials.create("code").acs_user_id("u1").code("0042")),
        case(
            "acs/credentials/create all",
            credentials
                .create("mobile_key")
                .acs_system_id("y1")
                .allowed_acs_entrance_ids(["e1", "e2"])
                .credential_manager_acs_system_id("y2")
                .ends_at(at(END))
                .is_multi_phone_sync_credential(true)
                .starts_at(at(START))
                .user_identity_id("i1"),
        ),
        case(
            "acs/credentials/create metadata",
            credentials
                .create("card")
                .acs_user_id("u1")
                .allowed_acs_entrance_ids(NONE)
                .assa_abloy_vostio_metadata(
                    AssaAbloyVostioMetadata::new().auto_join(true).override_guest_acs_entrance_ids(["e1"]),
                )
                .salto_space_metadata(SaltoSpaceMetadata::new().assign_new_key(false))
                .visionline_metadata(
                    VisionlineMetadata::new().card_format("rfid48").joiner_acs_credential_ids(["c1", "c2"]),
                ),
        ),
        case("acs/credentials/delete", credentials.delete("c1")),
        case("acs/credentials/get", credentials.get("c1")),
        case("acs/credentials/list", credentials.list().acs_user_id("u1")),
        case(
            "acs/credentials/list all",
            credentials
                .list()
                .acs_system_id("y1")
                .created_before(at(PARIS))
                .is_multi_phone_sync_credential(false)
                .limit(100)
                .clear_page_cursor(),
        ),
        case(
            "acs/credentials/list search",
            credentials.list().user_identity_id("i1").created_before(at(END)).search(SPECIAL),
        ),
        case("acs/credentials/list_accessible_entrances", credentials.list_accessible_entrances("c1")),
        case("acs/credentials/unassign", credentials.unassign("c1").acs_user_id("u1")),
        case("acs/credentials/unassign identity", credentials.unassign("c1").user_identity_id("i1")),
        case("acs/credentials/update", credentials.update("c1").code("77").ends_at(at(END))),
    ]
}

fn acs_encoders(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let encoders = acs.encoders();
    let simulate = encoders.simulate();
    let salto = || SaltoKsMetadata::new().detect_new_tags(true);
    vec![
        case("acs/encoders/encode_credential", encoders.encode_credential("n1", "c1")),
        case("acs/encoders/encode_credential method", encoders.encode_credential_by_access_method("n1", "m1")),
        case("acs/encoders/get", encoders.get("n1")),
        case("acs/encoders/list", encoders.list()),
        case("acs/encoders/list ids", encoders.list().acs_encoder_ids(["n2", "n1"]).acs_system_ids(["y1"]).limit(7)),
        case("acs/encoders/list null", encoders.list().acs_system_id("y1").acs_encoder_ids(NONE).clear_page_cursor()),
        case("acs/encoders/scan_credential", encoders.scan_credential("n1")),
        case("acs/encoders/scan_credential all", encoders.scan_credential("n1").salto_ks_metadata(salto())),
        case("acs/encoders/scan_to_assign_credential", encoders.scan_to_assign_credential("n1", "u1")),
        case(
            "acs/encoders/scan_to_assign_credential identity",
            encoders.scan_to_assign_credential_by_user_identity("n1", "i1").salto_ks_metadata(salto()),
        ),
        case(
            "acs/encoders/simulate/next_credential_encode_will_fail",
            simulate.next_credential_encode_will_fail("n1").error_code("encoding_interrupted").acs_credential_id("c1"),
        ),
        case(
            "acs/encoders/simulate/next_credential_encode_will_succeed",
            simulate.next_credential_encode_will_succeed("n1").scenario("credential_is_issued"),
        ),
        case(
            "acs/encoders/simulate/next_credential_scan_will_fail",
            simulate.next_credential_scan_will_fail("n1").acs_credential_id_on_seam("c1"),
        ),
        case(
            "acs/encoders/simulate/next_credential_scan_will_succeed",
            simulate.next_credential_scan_will_succeed("n1").scenario("credential_exists_on_seam"),
        ),
    ]
}

fn acs_entrances(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let entrances = acs.entrances();
    vec![
        case("acs/entrances/get", entrances.get("e1")),
        case("acs/entrances/grant_access", entrances.grant_access("e1", "u1")),
        case("acs/entrances/grant_access identity", entrances.grant_access_by_user_identity("e1", "i1")),
        case("acs/entrances/list", entrances.list()),
        case("acs/entrances/list ids", entrances.list().acs_entrance_ids(["e1", "e2"]).search(SPECIAL).space_id("s1")),
        case("acs/entrances/list nulls", entrances.list().clear_location_id().clear_page_cursor().limit(50)),
        case(
            "acs/entrances/list all",
            entrances
                .list()
                .access_method_id("m1")
                .acs_credential_id("c1")
                .acs_system_id("y1")
                .connected_account_id("a1")
                .customer_key("k1")
                .location_id("s1")
                .page_cursor("p1"),
        ),
        case("acs/entrances/list_credentials_with_access", entrances.list_credentials_with_access("e1")),
        case(
            "acs/entrances/list_credentials_with_access valid",
            entrances.list_credentials_with_access("e1").include_if(["visionline_metadata.is_valid"]),
        ),
        case("acs/entrances/unlock", entrances.unlock("e1", "c1")),
    ]
}

fn acs_systems(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let systems = acs.systems();
    let room = || HotekEntrance::new().room_number("10 ü").common_area_name(SPECIAL);
    vec![
        case("acs/systems/get", systems.get("y1")),
        case("acs/systems/list", systems.list()),
        case("acs/systems/list all", systems.list().connected_account_id("a1").customer_key("k 1").search("~")),
        case(
            "acs/systems/list_compatible_credential_manager_acs_systems",
            systems.list_compatible_credential_manager_acs_systems("y1"),
        ),
        case("acs/systems/report_devices", systems.report_devices("y1")),
        case(
            "acs/systems/report_devices all",
            systems
                .report_devices("y1")
                .acs_encoders([ReportedEncoder::new(HotekEncoder::new("1")).is_removed(true)])
                .acs_entrances([ReportedEntrance::new(room()), ReportedEntrance::new(HotekEntrance::new())]),
        ),
    ]
}

fn acs_users(seam: &Seam) -> Vec<Case> {
    let acs = seam.acs();
    let users = acs.users();
    vec![
        case("acs/users/add_to_access_group", users.add_to_access_group("u1", "a1")),
        case("acs/users/create", users.create("y1", SPECIAL)),
        case(
            "acs/users/create all",
            users
                .create("y1", "Zoë")
                .access_schedule(NewAccessSchedule::new().starts_at(at(START)).ends_at(at(END)))
                .acs_access_group_ids(["a1", "a2"])
                .email("a@a.example")
                .email_address("b@a.example")
                .phone_number("+15551234567")
                .user_identity_id("i1"),
        ),
        case("acs/users/delete", users.delete("u1")),
        case("acs/users/delete identity", users.delete_by_user_identity("y1", "i1")),
        case("acs/users/get", users.get("u1")),
        case("acs/users/get identity", users.get_by_user_identity("y1", "i1")),
        case("acs/users/list", users.list()),
        case(
            "acs/users/list all",
            users
                .list()
                .acs_system_id("y1")
                .created_before(at(START))
                .limit(10)
                .page_cursor("p1")
                .search(SPECIAL)
                .user_identity_email_address("zoë+1@a.example")
                .user_identity_phone_number("+15551234567"),
        ),
        case(
            "acs/users/list nulls",
            users.list().clear_page_cursor().clear_user_identity_email_address().clear_user_identity_phone_number(),
        ),
        case("acs/users/list_accessible_entrances", users.list_accessible_entrances("u1")),
        case(
            "acs/users/list_accessible_entrances identity",
            users.list_accessible_entrances_by_user_identity("y1", "i1"),
        ),
        case("acs/users/remove_from_access_group", users.remove_from_access_group("u1", "a1")),
        case(
            "acs/users/remove_from_access_group identity",
            users.remove_from_access_group_by_user_identity("i1", "a1"),
        ),
        case("acs/users/revoke_access_to_all_entrances", users.revoke_access_to_all_entrances("u1")),
        case(
            "acs/users/revoke_access_to_all_entrances identity",
            users.revoke_access_to_all_entrances_by_user_identity("y1", "i1"),
        ),
        case("acs/users/suspend", users.suspend("u1")),
        case("acs/users/suspend identity", users.suspend_by_user_identity("y1", "i1")),
        case("acs/users/unsuspend", users.unsuspend("u1")),
        case("acs/users/unsuspend identity", users.unsuspend_by_user_identity("y1", "i1")),
        case("acs/users/update", users.update("u1").clear_access_schedule().full_name(SPECIAL)),
        case(
            "acs/users/update identity",
            users
                .update_by_user_identity("y1", "i1")
                .access_schedule(ChangedAccessSchedule::new(at(START), at(END)))
                .email_address("b@a.example")
                .hid_acs_system_id("y2")
                .phone_number("+15551234567"),
        ),
    ]
}

fn action_attempts(seam: &Seam) -> Vec<Case> {
    let attempts = seam.action_attempts();
    vec![
        case("action_attempts/get", attempts.get("t1")),
        case("action_attempts/list", attempts.list().action_attempt_ids(["t1", "t2"])),
        case("action_attempts/list all", attempts.list().device_id("d1").limit(4).page_cursor("p1")),
        case("action_attempts/list none", attempts.list().action_attempt_ids(NONE).clear_page_cursor()),
    ]
}

fn cameras(seam: &Seam) -> Vec<Case> {
    let cameras = seam.cameras();
    let views = cameras.live_views();
    vec![
        case("cameras/live_views/create", views.create("d1")),
        case("cameras/live_views/create all", views.create("d1").duration_seconds(60).include_audio(false)),
        case("cameras/live_views/offer", views.offer("v1", "v=0\r\no=- 1\r\n", "secret token")),
        case("cameras/live_views/stop", views.stop("v1", "secret token")),
    ]
}

fn client_sessions(seam: &Seam) -> Vec<Case> {
    let sessions = seam.client_sessions();
    vec![
        case("client_sessions/create", sessions.create()),
        case(
            "client_sessions/create all",
            sessions
                .create()
                .connect_webview_ids(["w1"])
                .connected_account_ids(["a1", "a2"])
                .customer_id("k1")
                .customer_key("k 1")
                .expires_at(at(END))
                .user_identifier_key(SPECIAL)
                .user_identity_id("i1")
                .user_identity_ids(NONE),
        ),
        case("client_sessions/delete", sessions.delete("s1")),
        case("client_sessions/get", sessions.get()),
        case("client_sessions/get all", sessions.get().client_session_id("s1").user_identifier_key("u~1 +")),
        case("client_sessions/get_or_create", sessions.get_or_create()),
        case(
            "client_sessions/get_or_create all",
            sessions.get_or_create().expires_at(at(END)).user_identity_ids(["i1"]),
        ),
        case("client_sessions/grant_access", sessions.grant_access("s1").connect_webview_ids(["w1", "w2"])),
        case("client_sessions/grant_access key", sessions.grant_access_by_user_identifier("u1").user_identity_id("i1")),
        case("client_sessions/list", sessions.list()),
        case("client_sessions/list all", sessions.list().client_session_id("s1").without_user_identifier_key(true)),
        case("client_sessions/list nulls", sessions.list().clear_connect_webview_id().clear_user_identity_id()),
        case("client_sessions/list ids", sessions.list().connect_webview_id("w1").user_identity_id("i1")),
        case("client_sessions/revoke", sessions.revoke("s1")),
    ]
}

fn connect_webviews(seam: &Seam) -> Vec<Case> {
    let webviews = seam.connect_webviews();
    vec![
        case("connect_webviews/create", webviews.create()),
        case(
            "connect_webviews/create all",
            webviews
                .create()
                .accepted_capabilities(["lock", "thermostat"])
                .accepted_providers(["yale"])
                .automatically_manage_new_devices(true)
                .custom_redirect_failure_url("https://a.example/?x=1&y=ü")
                .custom_redirect_url("https://a.example/b c")
                .customer_key("k1")
                .excluded_providers(NONE)
                .provider_category("stable")
                .wait_for_device_creation(false),
        ),
        case("connect_webviews/create metadata", webviews.create().custom_metadata([("floor", "2 ü"), ("room", "")])),
        case("connect_webviews/create metadata bool", webviews.create().custom_metadata([("vip", true)])),
        case("connect_webviews/delete", webviews.delete("w1")),
        case("connect_webviews/get", webviews.get("w1")),
        case("connect_webviews/list", webviews.list()),
        case(
            "connect_webviews/list all",
            webviews.list().customer_key("k1").limit(2).search("x ü").user_identifier_key("u"),
        ),
        case("connect_webviews/list metadata", webviews.list().custom_metadata_has([("floor", "2 ü"), ("a b", "c+d")])),
        case("connect_webviews/list metadata bool", webviews.list().custom_metadata_has([("vip", false)])),
    ]
}

fn connected_accounts(seam: &Seam) -> Vec<Case> {
    let accounts = seam.connected_accounts();
    vec![
        case("connected_accounts/delete", accounts.delete("a1")),
        case("connected_accounts/get", accounts.get("a1")),
        case("connected_accounts/get by email", accounts.get_by_email("zoë+1@a.example")),
        case("connected_accounts/list", accounts.list()),
        case("connected_accounts/list all", accounts.list().customer_key("k1").limit(2).search(SPECIAL).space_id("s1")),
        case(
            "connected_accounts/list metadata",
            accounts.list().custom_metadata_has([("id", "1")]).clear_page_cursor(),
        ),
        case("connected_accounts/list no metadata", accounts.list().custom_metadata_has([("", ""); 0])),
        case("connected_accounts/simulate/disconnect", accounts.simulate().disconnect("a1")),
        case("connected_accounts/sync", accounts.sync("a1")),
        case("connected_accounts/update", accounts.update("a1")),
        case(
            "connected_accounts/update all",
            accounts
                .update("a1")
                .accepted_capabilities(["lock"])
                .automatically_manage_new_devices(false)
                .custom_metadata([("internal id", "1")])
                .customer_key("k1")
                .display_name(SPECIAL),
        ),
        case("connected_accounts/update no metadata", accounts.update("a1").custom_metadata([("", ""); 0])),
    ]
}

fn customers(seam: &Seam) -> Vec<Case> {
    use customers::{
        ConfigureFeature, Confirmation, ConnectFeature, CustomerAccessGrant, CustomerBuilding, CustomerData,
        CustomerGuest, CustomerReservation, CustomerSite, CustomerSpace, CustomerStaffMember, Geolocation, LandingPage,
        ManageEvents, ManageFeature, ManageLandingPage, PlainFeature, PortalFeatures, ResourceFilter,
    };

    let customers = seam.customers();
    let features = || {
        PortalFeatures::new()
            .configure(ConfigureFeature::new().exclude(true))
            .connect(ConnectFeature::new().accepted_providers(["yale"]).excluded_providers(NONE))
            .manage(
                ManageFeature::new()
                    .device_management_confirmation(Confirmation::new().title(SPECIAL))
                    .events(ManageEvents::new().allowed_events(["lock.locked"]))
                    .exclude_staff_management(false),
            )
            .organize(PlainFeature::new().exclude(false))
    };
    vec![
        case("customers/create_portal", customers.create_portal()),
        case(
            "customers/create_portal all",
            customers
                .create_portal()
                .customer_resources_filters([
                    ResourceFilter::new("custom_metadata.a", "=", Json::from(json!("x"))),
                    ResourceFilter::new("custom_metadata.b", "=", Json::from(json!(true))),
                ])
                .customization_profile_id("p1")
                .exclude_locale_picker(true)
                .features(features())
                .is_embedded(false)
                .landing_page(LandingPage::new().manage(ManageLandingPage::new().space_key("s 1")))
                .locale("de-DE")
                .navigation_mode("restricted")
                .read_only(true),
        ),
        case(
            "customers/create_portal data",
            customers.create_portal().customer_data(
                CustomerData::new("k1")
                    .buildings([CustomerBuilding::new(SPECIAL, "b1")])
                    .guests([CustomerGuest::new("Zoë", "g1").phone_number("+15551234567")])
                    .access_grants([CustomerAccessGrant::new("g1")
                        .preferred_code("0042")
                        .starts_at(at(START))
                        .ends_at(at(END))
                        .space_keys(["s1"])]),
            ),
        ),
        case("customers/delete_data", customers.delete_data().customer_keys(["k~1"])),
        case("customers/delete_data two", customers.delete_data().space_keys(["b", "a"]).guest_keys([SPECIAL])),
        case("customers/delete_data none", customers.delete_data().user_keys(NONE).room_keys(["r1"])),
        case("customers/push_data", customers.push_data("k1")),
        case(
            "customers/push_data nulls",
            customers.push_data("k1").clear_customization_profile_id().clear_low_battery_alert_threshold(),
        ),
        case(
            "customers/push_data all",
            customers
                .push_data(SPECIAL)
                .low_battery_alert_threshold(0.25)
                .reservations([CustomerReservation::new("r1")
                    .custom_metadata([("paid", true)])
                    .starts_at(at(START))
                    .ends_at(at(END))
                    .guest_key("g1")])
                .sites([CustomerSite::new("Site", "t1")])
                .spaces([CustomerSpace::new("Space", "s1").geolocation(Geolocation::new(52.5, -13.404))])
                .staff_members([CustomerStaffMember::new("Zoë", "m1").site_keys(["t1"])])
                .tenants(Vec::<customers::CustomerTenant>::new()),
        ),
    ]
}

fn devices(seam: &Seam) -> Vec<Case> {
    use devices::{DeviceSettings, ReportedDevice, TimeZoneMetadata};

    let devices = seam.devices();
    let simulate = devices.simulate();
    let unmanaged = devices.unmanaged();
    vec![
        case("devices/get", devices.get("d1")),
        case("devices/get by name", devices.get_by_name(SPECIAL)),
        case("devices/list", devices.list()),
        case("devices/list ids", devices.list().device_ids(["d2", "d1"]).connected_account_ids(["a1"])),
        case("devices/list none", devices.list().device_ids(NONE).clear_unstable_location_id().clear_page_cursor()),
        case("devices/list metadata", devices.list().custom_metadata_has([("floor", "2 ü"), ("a~b", "c+d")])),
        case(
            "devices/list all",
            devices
                .list()
                .connect_webview_id("w1")
                .connected_account_id("a1")
                .created_before(at(END))
                .customer_key("k1")
                .device_type("yale_lock")
                .device_types(["yale_lock", "august_lock"])
                .limit(500)
                .manufacturer("yale")
                .page_cursor("eyJ4Ijox/w==")
                .search(SPECIAL)
                .space_id("s1")
                .unstable_location_id("s1")
                .user_identifier_key("u1"),
        ),
        case("devices/list_device_providers", devices.list_device_providers()),
        case("devices/list_device_providers stable", devices.list_device_providers().provider_category("stable")),
        case(
            "devices/report_provider_metadata",
            devices.report_provider_metadata([
                ReportedDevice::new("d1").schlage_metadata(TimeZoneMetadata::new("Europe/Berlin")),
                ReportedDevice::new("d2").ultraloq_metadata(TimeZoneMetadata::new("Etc/GMT+5")),
            ]),
        ),
        case("devices/simulate/connect", simulate.connect("d1")),
        case("devices/simulate/connect_to_hub", simulate.connect_to_hub("d1")),
        case("devices/simulate/disconnect", simulate.disconnect("d1")),
        case("devices/simulate/disconnect_from_hub", simulate.disconnect_from_hub("d1")),
        case("devices/simulate/paid_subscription", simulate.paid_subscription("d1", true)),
        case("devices/simulate/remove", simulate.remove("d1")),
        case("devices/unmanaged/get", unmanaged.get("d1")),
        case("devices/unmanaged/get by name", unmanaged.get_by_name("Front door")),
        case("devices/unmanaged/list", unmanaged.list()),
        case(
            "devices/unmanaged/list all",
            unmanaged
                .list()
                .created_before(at(PARIS))
                .device_types(["yale_lock"])
                .limit(1)
                .manufacturer("yale")
                .search("x"),
        ),
        case("devices/unmanaged/update", unmanaged.update("d1").is_managed(true)),
        case("devices/unmanaged/update all", unmanaged.update("d1").custom_metadata([("a", true), ("b", false)])),
        case("devices/update", devices.update("d1")),
        case("devices/update null", devices.update("d1").clear_name()),
        case(
            "devices/update all",
            devices
                .update("d1")
                .backup_access_code_pool_enabled(true)
                .custom_metadata([("ü", "~")])
                .is_managed(false)
                .name(SPECIAL)
                .properties(DeviceSettings::new().name("Front door")),
        ),
    ]
}

fn events(seam: &Seam) -> Vec<Case> {
    let events = seam.events();
    vec![
        case("events/get", events.get("v1")),
        case("events/get of device", events.get_by_device("d1")),
        case("events/get of type", events.get_by_type("lock.locked")),
        case("events/get of both", events.get_by_device_and_type("d1", "lock.locked")),
        case("events/list since", events.list().since(at(START))),
        case("events/list between", events.list().between([at(START), at(END)]).limit(100).unstable_offset(200)),
        case("events/list types", events.list().since(at(PARIS)).event_types(["lock.locked", "lock.unlocked"])),
        case("events/list ids", events.list().event_ids(["v1"]).device_ids(["d1", "d2"]).space_ids(NONE)),
        case(
            "events/list all",
            events
                .list()
                .access_code_id("c1")
                .access_code_ids(["c1", "c2"])
                .access_grant_id("g1")
                .access_method_id("m1")
                .acs_access_group_id("a1")
                .acs_credential_id("c1")
                .acs_encoder_id("n1")
                .acs_entrance_id("e1")
                .acs_system_id("y1")
                .acs_user_id("u1")
                .connect_webview_id("w1")
                .connected_account_id("a1")
                .customer_key(SPECIAL)
                .device_id("d1")
                .event_type("device.connected")
                .since(at(START))
                .space_id("s1")
                .user_identity_id("i1"),
        ),
    ]
}

fn instant_keys(seam: &Seam) -> Vec<Case> {
    let keys = seam.instant_keys();
    vec![
        case("instant_keys/delete", keys.delete("k1")),
        case("instant_keys/get", keys.get("k1")),
        case("instant_keys/get by url", keys.get_by_url("https://ik.a.example/ABC?x=1")),
        case("instant_keys/list", keys.list()),
        case("instant_keys/list of identity", keys.list().user_identity_id("i1")),
    ]
}

fn locks(seam: &Seam) -> Vec<Case> {
    let locks = seam.locks();
    vec![
        case("locks/configure_auto_lock", locks.configure_auto_lock("d1", false)),
        case("locks/configure_auto_lock all", locks.configure_auto_lock("d1", true).auto_lock_delay_seconds(30)),
        case("locks/get", locks.get("d1")),
        case("locks/get by name", locks.get_by_name("Haustür 2+")),
        case("locks/list", locks.list()),
        case(
            "locks/list all",
            locks.list().connected_account_id("a1").device_types(["yale_lock"]).manufacturer("yale"),
        ),
        case("locks/lock_door", locks.lock_door("d1")),
        case("locks/simulate/keypad_code_entry", locks.simulate().keypad_code_entry("d1", "0042")),
        case("locks/simulate/manual_lock_via_keypad", locks.simulate().manual_lock_via_keypad("d1")),
        case("locks/unlock_door", locks.unlock_door("d1")),
    ]
}

fn media(seam: &Seam) -> Vec<Case> {
    let media = seam.media();
    vec![case("media/get", media.get("m1")), case("media/get json", media.get("m1").format("json"))]
}

fn noise_sensors(seam: &Seam) -> Vec<Case> {
    let sensors = seam.noise_sensors();
    let thresholds = sensors.noise_thresholds();
    vec![
        case("noise_sensors/list", sensors.list()),
        case("noise_sensors/list all", sensors.list().device_types(["minut_sensor"]).device_type("minut_sensor")),
        case("noise_sensors/noise_thresholds/create", thresholds.create("d1", "22:00:00[UTC]", "07:00:00[UTC]")),
        case(
            "noise_sensors/noise_thresholds/create all",
            thresholds
                .create("d1", "22:00", "07:00")
                .name(SPECIAL)
                .noise_threshold_decibels(60.5)
                .noise_threshold_nrs(45.0),
        ),
        case("noise_sensors/noise_thresholds/delete", thresholds.delete("h1", "d1")),
        case("noise_sensors/noise_thresholds/get", thresholds.get("h1")),
        case("noise_sensors/noise_thresholds/list", thresholds.list("d1")),
        case("noise_sensors/noise_thresholds/update", thresholds.update("h1", "d1")),
        case(
            "noise_sensors/noise_thresholds/update all",
            thresholds
                .update("h1", "d1")
                .starts_daily_at("21:00")
                .ends_daily_at("06:00")
                .name("x")
                .noise_threshold_nrs(0.1),
        ),
        case("noise_sensors/simulate/trigger_noise_threshold", sensors.simulate().trigger_noise_threshold("d1")),
    ]
}

fn phones(seam: &Seam) -> Vec<Case> {
    use phones::simulate::{AssaAbloyMetadata, PhoneMetadata};

    let phones = seam.phones();
    vec![
        case("phones/deactivate", phones.deactivate("d1")),
        case("phones/get", phones.get("d1")),
        case("phones/list", phones.list()),
        case("phones/list all", phones.list().acs_credential_id("c1").owner_user_identity_id("i1")),
        case("phones/simulate/create_sandbox_phone", phones.simulate().create_sandbox_phone("i1")),
        case(
            "phones/simulate/create_sandbox_phone all",
            phones
                .simulate()
                .create_sandbox_phone("i1")
                .assa_abloy_metadata(AssaAbloyMetadata::new().ble_capability(true).seos_tsm_endpoint_id(1))
                .custom_sdk_installation_id("x1")
                .phone_metadata(PhoneMetadata::new().device_model(SPECIAL).operating_system("ios")),
        ),
    ]
}

fn spaces(seam: &Seam) -> Vec<Case> {
    let spaces = seam.spaces();
    let stay = || Stay::new().address(SPECIAL).default_checkin_time(time("15:00")).time_zone("Europe/Berlin");
    vec![
        case("spaces/add_acs_entrances", spaces.add_acs_entrances("s1", ["e1", "e2"])),
        case("spaces/add_connected_account", spaces.add_connected_account("s1", "a1")),
        case("spaces/add_devices", spaces.add_devices("s1", ["d1"])),
        case("spaces/create", spaces.create(SPECIAL)),
        case(
            "spaces/create all",
            spaces
                .create("Häuser")
                .acs_entrance_ids(NONE)
                .connected_account_ids(["a1"])
                .customer_data(stay())
                .customer_key("k1")
                .device_ids(["d1", "d2"])
                .space_key("s~1"),
        ),
        case("spaces/delete", spaces.delete("s1")),
        case("spaces/get", spaces.get("s1")),
        case("spaces/get by key", spaces.get_by_key("s 1/2")),
        case("spaces/get_related", spaces.get_related().space_ids(["s1", "s2"]).include(["devices"])),
        case("spaces/get_related keys", spaces.get_related().space_keys(["k1"]).exclude(["acs_systems", "devices"])),
        case("spaces/list", spaces.list()),
        case(
            "spaces/list all",
            spaces.list().customer_key("k1").limit(3).page_cursor("p1").search(SPECIAL).space_key("s1"),
        ),
        case("spaces/remove_acs_entrances", spaces.remove_acs_entrances("s1", ["e2", "e1"])),
        case("spaces/remove_connected_account", spaces.remove_connected_account("s1", "a1")),
        case("spaces/remove_devices", spaces.remove_devices("s1", ["d1"])),
        case("spaces/remove_devices none", spaces.remove_devices("s1", NONE)),
        case("spaces/update", spaces.update("s1").name("x").device_ids(NONE)),
        case("spaces/update by key", spaces.update_by_key("s1").customer_data(stay()).acs_entrance_ids(["e1"])),
    ]
}

fn thermostats(seam: &Seam) -> Vec<Case> {
    let thermostats = seam.thermostats();
    let simulate = thermostats.simulate();
    vec![
        case("thermostats/activate_climate_preset", thermostats.activate_climate_preset("d1", "Eco ü")),
        case("thermostats/activate_weekly_program", thermostats.activate_weekly_program("d1")),
        case("thermostats/cool", thermostats.cool("d1")),
        case("thermostats/cool all", thermostats.cool("d1").cooling_set_point_celsius(22.5)),
        case("thermostats/create_climate_preset", thermostats.create_climate_preset("d1", "eco")),
        case(
            "thermostats/create_climate_preset all",
            thermostats
                .create_climate_preset("d1", "eco")
                .climate_preset_mode("away")
                .cooling_set_point_celsius(25.0)
                .ecobee_metadata(EcobeePreset::new().climate_ref("r1").is_optimized(true).owner("user"))
                .fan_mode_setting("auto")
                .heating_set_point_celsius(16.5)
                .hvac_mode_setting("heat_cool")
                .manual_override_allowed(false)
                .name(SPECIAL),
        ),
        case("thermostats/delete_climate_preset", thermostats.delete_climate_preset("d1", "Eco ü")),
        case("thermostats/heat", thermostats.heat("d1").heating_set_point_fahrenheit(68.0)),
        case(
            "thermostats/heat_cool",
            thermostats.heat_cool("d1").heating_set_point_celsius(19.5).cooling_set_point_celsius(24.0),
        ),
        case("thermostats/list", thermostats.list()),
        case("thermostats/list all", thermostats.list().device_types(["ecobee_thermostat"]).customer_key("k1")),
        case("thermostats/off", thermostats.off("d1")),
        case("thermostats/set_fallback_climate_preset", thermostats.set_fallback_climate_preset("d1", "eco")),
        case("thermostats/set_fan_mode", thermostats.set_fan_mode("d1").fan_mode("on").fan_mode_setting("circulate")),
        case("thermostats/set_hvac_mode", thermostats.set_hvac_mode("d1", "cool").cooling_set_point_fahrenheit(75.5)),
        case(
            "thermostats/set_temperature_threshold",
            thermostats.set_temperature_threshold("d1").lower_limit_celsius(-5.5).upper_limit_celsius(30.0),
        ),
        case(
            "thermostats/set_temperature_threshold nulls",
            thermostats.set_temperature_threshold("d1").clear_lower_limit_celsius().clear_upper_limit_fahrenheit(),
        ),
        case("thermostats/simulate/hvac_mode_adjusted", simulate.hvac_mode_adjusted("d1", "off")),
        case(
            "thermostats/simulate/hvac_mode_adjusted all",
            simulate.hvac_mode_adjusted("d1", "heat").heating_set_point_celsius(20.0),
        ),
        case("thermostats/simulate/temperature_reached", simulate.temperature_reached("d1").temperature_celsius(1e-7)),
        case("thermostats/update_climate_preset", thermostats.update_climate_preset("d1", "eco").clear_name()),
        case(
            "thermostats/update_climate_preset all",
            thermostats
                .update_climate_preset("d1", "eco")
                .name("x")
                .hvac_mode_setting("off")
                .manual_override_allowed(true),
        ),
        case("thermostats/update_weekly_program", thermostats.update_weekly_program("d1").monday_program_id("p1")),
        case(
            "thermostats/update_weekly_program nulls",
            thermostats.update_weekly_program("d1").clear_saturday_program_id().clear_sunday_program_id(),
        ),
    ]
}

fn thermostat_programs(seam: &Seam) -> Vec<Case> {
    let thermostats = seam.thermostats();
    let programs = thermostats.daily_programs();
    let schedules = thermostats.schedules();
    let day = || DailyProgramPeriod::new(time("07:00:00"), "day");
    let night = || DailyProgramPeriod::new(time("22:00:00"), "night");
    vec![
        case("thermostats/daily_programs/create", programs.create("d1", SPECIAL, [day(), night()])),
        case("thermostats/daily_programs/delete", programs.delete("p1")),
        case("thermostats/daily_programs/update", programs.update("p1", "x", [day()])),
        case("thermostats/schedules/create", schedules.create("d1", "eco", at(START), at(END))),
        case(
            "thermostats/schedules/create all",
            schedules
                .create("d1", "eco", at(START), at(END))
                .is_override_allowed(true)
                .max_override_period_minutes(90)
                .name(SPECIAL),
        ),
        case(
            "thermostats/schedules/create null",
            schedules.create("d1", "eco", at(PARIS), at(END)).clear_max_override_period_minutes(),
        ),
        case("thermostats/schedules/delete", schedules.delete("h1")),
        case("thermostats/schedules/get", schedules.get("h1")),
        case("thermostats/schedules/list", schedules.list("d1")),
        case("thermostats/schedules/list of user", schedules.list("d1").user_identifier_key("u~1")),
        case("thermostats/schedules/update", schedules.update("h1").clear_max_override_period_minutes()),
        case(
            "thermostats/schedules/update all",
            schedules
                .update("h1")
                .climate_preset_key("eco")
                .starts_at(at(START))
                .ends_at(at(END))
                .is_override_allowed(false),
        ),
    ]
}

fn user_identities(seam: &Seam) -> Vec<Case> {
    let identities = seam.user_identities();
    let unmanaged = identities.unmanaged();
    vec![
        case("user_identities/add_acs_user", identities.add_acs_user("i1", "u1")),
        case("user_identities/add_acs_user by key", identities.add_acs_user_by_key("k 1", "u1")),
        case("user_identities/create", identities.create()),
        case(
            "user_identities/create all",
            identities
                .create()
                .acs_system_ids(["y1", "y2"])
                .customer_key("k1")
                .email_address("zoë+1@a.example")
                .full_name(SPECIAL)
                .phone_number("+15551234567")
                .user_identity_key("i~1"),
        ),
        case(
            "user_identities/create nulls",
            identities.create().clear_email_address().clear_full_name().clear_phone_number().clear_user_identity_key(),
        ),
        case("user_identities/delete", identities.delete("i1")),
        case("user_identities/generate_instant_key", identities.generate_instant_key("i1")),
        case(
            "user_identities/generate_instant_key all",
            identities.generate_instant_key("i1").max_use_count(3).customization_profile_id("p1"),
        ),
        case("user_identities/get", identities.get("i1")),
        case("user_identities/get by key", identities.get_by_key(SPECIAL)),
        case("user_identities/grant_access_to_device", identities.grant_access_to_device("i1", "d1")),
        case("user_identities/list", identities.list()),
        case(
            "user_identities/list all",
            identities
                .list()
                .created_before(at(END))
                .credential_manager_acs_system_id("y1")
                .limit(10)
                .search(SPECIAL)
                .user_identity_ids(["i1", "i2"]),
        ),
        case("user_identities/list null", identities.list().clear_page_cursor().user_identity_ids(["i1"])),
        case("user_identities/list_accessible_devices", identities.list_accessible_devices("i1")),
        case("user_identities/list_accessible_entrances", identities.list_accessible_entrances("i1")),
        case("user_identities/list_acs_systems", identities.list_acs_systems("i1")),
        case("user_identities/list_acs_users", identities.list_acs_users("i1")),
        case("user_identities/merge", identities.merge("i1", ["i2", "i3"])),
        case("user_identities/merge by key", identities.merge_by_key("k1", ["k 2"])),
        case("user_identities/remove_acs_user", identities.remove_acs_user("i1", "u1")),
        case("user_identities/revoke_access_to_device", identities.revoke_access_to_device("i1", "d1")),
        case("user_identities/unmanaged/get", unmanaged.get("i1")),
        case("user_identities/unmanaged/list", unmanaged.list()),
        case("user_identities/unmanaged/list all", unmanaged.list().created_before(at(START)).limit(5).search("a b")),
        case("user_identities/unmanaged/update", unmanaged.update("i1", true)),
        case("user_identities/unmanaged/update key", unmanaged.update("i1", true).user_identity_key("k1")),
        case("user_identities/update", identities.update("i1").full_name(SPECIAL).phone_number("+15551234567")),
        case("user_identities/update nulls", identities.update("i1").clear_email_address().clear_user_identity_key()),
    ]
}

fn webhooks(seam: &Seam) -> Vec<Case> {
    let webhooks = seam.webhooks();
    vec![
        case("webhooks/create", webhooks.create("https://a.example/hook?x=ü")),
        case("webhooks/create types", webhooks.create("https://a.example/").event_types(["lock.locked", "*"])),
        case("webhooks/delete", webhooks.delete("h1")),
        case("webhooks/get", webhooks.get("h1")),
        case("webhooks/list", webhooks.list()),
        case("webhooks/update", webhooks.update("h1", ["lock.locked"])),
        case("webhooks/update none", webhooks.update("h1", NONE)),
    ]
}

/// Returns the calls of the routes for workspaces. `without_workspace` has credentials that select no workspace.
fn workspaces(seam: &Seam, without_workspace: &Seam) -> Vec<Case> {
    let workspaces = seam.workspaces();
    let without_workspace = without_workspace.workspaces();
    vec![
        case("workspaces/create", without_workspace.create(SPECIAL)),
        case(
            "workspaces/create all",
            without_workspace
                .create("x")
                .company_name("Häuser & Co")
                .connect_partner_name("y")
                .connect_webview_customization(
                    NewConnectWebviewCustomization::new().logo_shape("circle").success_message(SPECIAL),
                )
                .is_sandbox(true)
                .organization_id("o1")
                .webview_logo_shape("square")
                .webview_primary_button_color("#ff0000"),
        ),
        case("workspaces/create null", without_workspace.create("x").clear_connect_partner_name()),
        case("workspaces/get", workspaces.get()),
        case("workspaces/list", without_workspace.list()),
        case("workspaces/reset_sandbox", workspaces.reset_sandbox()),
        case("workspaces/update", workspaces.update()),
        case(
            "workspaces/update all",
            workspaces
                .update()
                .connect_partner_name("y")
                .connect_webview_customization(
                    ChangedConnectWebviewCustomization::new().primary_button_color("#00ff00"),
                )
                .is_publishable_key_auth_enabled(true)
                .is_suspended(false)
                .name(SPECIAL),
        ),
    ]
}
