//! Sends calls to Seam's official fake, the npm package `@seamapi/fake-seam-connect`, and checks the responses.
//!
//! A table lists the known defects of that fake. Any other failure is an error, and so is a listed defect that no longer occurs.
//!
//! `cargo xtask conformance` installs the fake, starts it, and runs this program with the URL of the fake as its argument.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program prints to its terminal")]

use std::{error::Error, fmt::Debug, future::Future, process::ExitCode, time::Duration};

use seam_core::{Credentials, RetryPolicy, Seam, model::Timestamp};

type Problem = Box<dyn Error>;

/// A known defect of the official fake.
struct Defect {
    /// The case that fails because of the defect.
    case: &'static str,
    description: &'static str,
    /// A part of the failure message.
    symptom: &'static str,
}

const DEFECTS: [Defect; 9] = [
    Defect {
        case: "devices/list none",
        description: "rejects an empty list in a query, which Seam's own SDKs send",
        symptom: "500 internal_server_error",
    },
    Defect {
        case: "devices/update",
        description: "neither stores the metadata of a device nor filters by it",
        symptom: "expected 1, found 5",
    },
    Defect {
        case: "access_codes/create, get, list and delete",
        description: "ignores the parameters in the query of a DELETE",
        symptom: "404 access_code_not_found",
    },
    Defect { case: "access_codes/update", description: "rejects PATCH", symptom: "405 method_not_allowed" },
    Defect { case: "access_codes/create_multiple", description: "rejects PUT", symptom: "405 method_not_allowed" },
    Defect {
        case: "thermostats/list",
        description: "responds with `thermostats` where the API description has `devices`",
        symptom: "the response key devices",
    },
    Defect {
        case: "noise_thresholds/create, get, update and delete",
        description: "ignores the parameters in the query of a DELETE",
        symptom: "404 device_not_found",
    },
    Defect { case: "connected_accounts/update", description: "rejects PATCH", symptom: "405 method_not_allowed" },
    Defect {
        case: "client_sessions/create and get_or_create",
        description: "rejects API keys for get_or_create",
        symptom: "publishable_key_header_required",
    },
];

// The ids and tokens in the seed of the fake.
const LOCK: &str = "august_device_1";
const OTHER_LOCK: &str = "august_device_2";
const THERMOSTAT: &str = "ecobee_device_1";
const NOISE_SENSOR: &str = "minut_device_1";
const ACCOUNT: &str = "john_connected_account_id";
const SYSTEM: &str = "visionline_acs_system_1";
/// The time limit of an action.
const ACTION_TIMEOUT: Duration = Duration::from_secs(10);
/// An empty list of ids.
const NONE: [&str; 0] = [];
const WORKSPACE: &str = "seed_workspace_1";
const API_KEY: &str = "seam_apikey1_token";
const SESSION: &str = "seam_cst1_token";
const PERSONAL_ACCESS_TOKEN: &str = "seam_at1_longtoken";

#[tokio::main]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("error: the argument URL is missing\nusage: drive_official_fake URL");
        return ExitCode::FAILURE;
    };
    match run(&url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: &str) -> Result<(), Problem> {
    let client = |credentials| {
        seam_reqwest::builder()?.credentials(credentials).base_url(url).retry_policy(RetryPolicy::none()).build()
    };
    let seam = client(Credentials::api_key(API_KEY)?)?;
    let session = client(Credentials::client_session_token(SESSION)?)?;
    let member = client(Credentials::personal_access_token(PERSONAL_ACCESS_TOKEN, WORKSPACE)?)?;
    let without_workspace = client(Credentials::personal_access_token_without_workspace(PERSONAL_ACCESS_TOKEN)?)?;
    let unauthorized = client(Credentials::api_key("seam_apikey9_token")?)?;

    let mut report = Report::default();
    report.run("an API key", get_lock(&seam)).await;
    report.run("a client session", get_lock(&session)).await;
    report.run("a personal access token", get_lock(&member)).await;
    devices(&mut report, &seam).await;
    locks(&mut report, &seam).await;
    access_codes(&mut report, &seam).await;
    thermostats(&mut report, &seam).await;
    noise_thresholds(&mut report, &seam).await;
    accounts(&mut report, &seam).await;
    webhooks_and_events(&mut report, &seam).await;
    acs(&mut report, &seam).await;
    workspaces(&mut report, &seam, &without_workspace).await;
    errors(&mut report, &seam, &unauthorized).await;
    report.finish()
}

async fn get_lock(seam: &Seam) -> Outcome {
    expect_equal(seam.devices().get(LOCK).await?.device_id.as_str(), LOCK)
}

async fn devices(report: &mut Report, seam: &Seam) {
    let devices = &seam.devices();
    let unmanaged = &devices.unmanaged();
    report.run("devices/list", async { expect_equal(devices.list().await?.items.len(), 5) }).await;
    report
        .run("devices/list ids", async { expect_equal(devices.list().device_ids([LOCK]).await?.items.len(), 1) })
        .await;
    report
        .run("devices/list none", async { expect_equal(devices.list().device_ids(NONE).await?.items.len(), 0) })
        .await;
    let pages = async {
        let mut pages = devices.list().limit(2_u32).pages();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await {
            sizes.push(page?.items.len());
        }
        expect_equal(sizes, vec![2, 2, 1])
    };
    report.run("devices/list pages", pages).await;
    let providers = async { expect_equal(devices.list_device_providers().await?.is_empty(), false) };
    report.run("devices/list_device_providers", providers).await;
    let update = async {
        devices.update(LOCK).custom_metadata([("floor", "2")]).await?;
        expect_equal(devices.list().custom_metadata_has([("floor", "2")]).await?.items.len(), 1)
    };
    report.run("devices/update", update).await;
    let manage = async {
        devices.update(OTHER_LOCK).is_managed(false).await?;
        expect_equal(unmanaged.list().await?.items.len(), 1)?;
        unmanaged.get(OTHER_LOCK).await?;
        unmanaged.update(OTHER_LOCK).is_managed(true).await?;
        expect_equal(unmanaged.list().await?.items.len(), 0)
    };
    report.run("devices/unmanaged", manage).await;
}

async fn locks(report: &mut Report, seam: &Seam) {
    let locks = &seam.locks();
    let is_locked =
        || async { Ok::<_, Problem>(seam.devices().get(LOCK).await?.properties.and_then(|now| now.locked)) };
    report.run("locks/list", async { expect_equal(locks.list().await?.len(), 3) }).await;
    let unlock = async {
        locks.unlock_door(LOCK).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(is_locked().await?, Some(false))
    };
    report.run("locks/unlock_door", unlock).await;
    let lock = async {
        let attempt = locks.lock_door(LOCK).await?;
        let id = attempt.action_attempt_id.as_str();
        seam.action_attempts().get(id).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(seam.action_attempts().list().action_attempt_ids([id]).await?.items.len(), 1)?;
        expect_equal(is_locked().await?, Some(true))
    };
    report.run("locks/lock_door", lock).await;
}

async fn access_codes(report: &mut Report, seam: &Seam) {
    let codes = &seam.access_codes();
    let unmanaged = &codes.unmanaged();
    let create = async {
        let code = codes.create(LOCK).name("Guest").code("4711").await?;
        let id = code.access_code_id.as_str();
        expect_equal(code.code.as_ref().map(|pin| pin.expose_secret().to_owned()), Some("4711".to_owned()))?;
        expect_equal(codes.get(id).await?.name.as_deref(), Some("Guest"))?;
        expect_equal(codes.list().device_id(LOCK).await?.items.len(), 1)?;
        codes.delete(id).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(codes.list().device_id(LOCK).await?.items.len(), 0)
    };
    report.run("access_codes/create, get, list and delete", create).await;
    let update = async {
        let code = codes.create(LOCK).name("Guest").await?;
        let id = code.access_code_id.as_str();
        codes.update(id).name("Friend").and_wait().timeout(ACTION_TIMEOUT).await?;
        let name = codes.get(id).await?.name;
        codes.delete(id).await?;
        expect_equal(name.as_deref(), Some("Friend"))
    };
    report.run("access_codes/update", update).await;
    let several = async {
        let made = codes.create_multiple([LOCK, OTHER_LOCK]).name("Crew").await?;
        expect_equal(made.len(), 2)
    };
    report.run("access_codes/create_multiple", several).await;
    let generate = async {
        expect_equal(codes.generate_code(LOCK).await?.code.is_some_and(|code| !code.expose_secret().is_empty()), true)
    };
    report.run("access_codes/generate_code", generate).await;
    let simulate = async {
        let code = codes.simulate().create_unmanaged_access_code(LOCK, "Painter", "1234").await?;
        expect_equal(code.name.as_deref(), Some("Painter"))?;
        expect_equal(unmanaged.list(LOCK).await?.items.len(), 1)
    };
    report.run("access_codes/unmanaged/list", simulate).await;
    let convert = async {
        let codes = unmanaged.list(LOCK).await?;
        let code = codes.items.first().ok_or("the list has no unmanaged code")?;
        unmanaged.update(code.access_code_id.as_str(), true).await?;
        expect_equal(unmanaged.list(LOCK).await?.items.len(), 0)
    };
    report.run("access_codes/unmanaged/update", convert).await;
}

async fn thermostats(report: &mut Report, seam: &Seam) {
    let thermostats = &seam.thermostats();
    let mode = || async {
        let device = seam.devices().get(THERMOSTAT).await?;
        let setting = device.properties.and_then(|properties| properties.current_climate_setting);
        Ok::<_, Problem>(setting.and_then(|setting| setting.hvac_mode_setting).map(|mode| mode.to_string()))
    };
    report.run("thermostats/list", async { expect_equal(thermostats.list().await?.len(), 1) }).await;
    let heat = async {
        thermostats.heat(THERMOSTAT).heating_set_point_celsius(20.0).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(mode().await?.as_deref(), Some("heat"))
    };
    report.run("thermostats/heat", heat).await;
    let cool = async {
        thermostats.cool(THERMOSTAT).cooling_set_point_celsius(25.0).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(mode().await?.as_deref(), Some("cool"))
    };
    report.run("thermostats/cool", cool).await;
    let off = async {
        thermostats.off(THERMOSTAT).and_wait().timeout(ACTION_TIMEOUT).await?;
        expect_equal(mode().await?.as_deref(), Some("off"))
    };
    report.run("thermostats/off", off).await;
    let fan = async {
        thermostats.set_fan_mode(THERMOSTAT).fan_mode_setting("on").and_wait().timeout(ACTION_TIMEOUT).await?;
        Ok(())
    };
    report.run("thermostats/set_fan_mode", fan).await;
}

async fn noise_thresholds(report: &mut Report, seam: &Seam) {
    let thresholds = &seam.noise_sensors().noise_thresholds();
    report.run("noise_thresholds/list", async { expect_equal(thresholds.list(NOISE_SENSOR).await?.len(), 1) }).await;
    let create = async {
        let create = thresholds.create(NOISE_SENSOR, "22:00:00[Europe/Berlin]", "06:00:00[Europe/Berlin]");
        let made = create.name("Night").noise_threshold_decibels(50.0).await?;
        let id = made.noise_threshold_id.as_str();
        expect_equal(thresholds.get(id).await?.name.as_deref(), Some("Night"))?;
        thresholds.update(id, NOISE_SENSOR).noise_threshold_decibels(45.0).await?;
        thresholds.delete(id, NOISE_SENSOR).await?;
        expect_equal(thresholds.list(NOISE_SENSOR).await?.len(), 1)
    };
    report.run("noise_thresholds/create, get, update and delete", create).await;
}

async fn accounts(report: &mut Report, seam: &Seam) {
    let webviews = &seam.connect_webviews();
    let accounts = &seam.connected_accounts();
    let sessions = &seam.client_sessions();
    let webview = async {
        let made = webviews.create().accepted_providers(["yale"]).await?;
        let id = made.connect_webview_id.as_str();
        expect_equal(webviews.get(id).await?.login_successful, Some(false))?;
        expect_equal(webviews.list().await?.items.iter().any(|one| one.connect_webview_id.as_str() == id), true)
    };
    report.run("connect_webviews/create, get and list", webview).await;
    report.run("connected_accounts/list", async { expect_equal(accounts.list().await?.items.len(), 3) }).await;
    let get = async { expect_equal(accounts.get(ACCOUNT).await?.connected_account_id.as_str(), ACCOUNT) };
    report.run("connected_accounts/get", get).await;
    let update = async {
        accounts.update(ACCOUNT).custom_metadata([("user", "1")]).await?;
        expect_equal(accounts.list().custom_metadata_has([("user", "1")]).await?.items.len(), 1)
    };
    report.run("connected_accounts/update", update).await;
    let session = async {
        let made = sessions.create().user_identifier_key("user-1").connected_account_ids([ACCOUNT]).await?;
        expect_equal(made.token.is_some(), true)?;
        let again = sessions.get_or_create().user_identifier_key("user-1").await?;
        expect_equal(again.client_session_id, made.client_session_id)
    };
    report.run("client_sessions/create and get_or_create", session).await;
    let get = async {
        let made = sessions.create().user_identifier_key("user-2").await?;
        let same_one = sessions.get().client_session_id(made.client_session_id.as_str()).await?;
        expect_equal(same_one.client_session_id, made.client_session_id)
    };
    report.run("client_sessions/get", get).await;
}

async fn webhooks_and_events(report: &mut Report, seam: &Seam) {
    let webhooks = &seam.webhooks();
    let events = &seam.events();
    let create = async {
        let made = webhooks.create("https://hooks.example/seam").event_types(["lock.locked"]).await?;
        let id = made.webhook_id.as_str();
        expect_equal(webhooks.get(id).await?.url, Some("https://hooks.example/seam".into()))?;
        expect_equal(webhooks.list().await?.len(), 1)?;
        webhooks.delete(id).await?;
        expect_equal(webhooks.list().await?.len(), 0)
    };
    report.run("webhooks/create, get, list and delete", create).await;
    let list = async {
        let since: Timestamp = "2000-01-01T00:00:00Z".parse()?;
        let found = events.list().event_type("device.connected").since(since).await?;
        let event = found.first().ok_or("the list has no event")?;
        events.get(event.event_id.as_str()).await?;
        Ok(())
    };
    report.run("events/list and get", list).await;
}

async fn acs(report: &mut Report, seam: &Seam) {
    let acs = &seam.acs();
    let users = &acs.users();
    report.run("acs/systems/list", async { expect_equal(acs.systems().list().await?.len(), 1) }).await;
    let get = async { expect_equal(acs.systems().get(SYSTEM).await?.acs_system_id.as_str(), SYSTEM) };
    report.run("acs/systems/get", get).await;
    report.run("acs/entrances/list", async { expect_equal(acs.entrances().list().await?.items.len(), 0) }).await;
    let create = async {
        let made = users.create(SYSTEM, "Linus").await?;
        let id = made.acs_user_id.as_str();
        users.update(id).full_name("Linus B.").await?;
        expect_equal(users.get(id).await?.full_name.as_deref(), Some("Linus B."))?;
        expect_equal(users.list().await?.items.len(), 1)?;
        users.suspend(id).await?;
        expect_equal(users.get(id).await?.is_suspended, Some(true))?;
        users.unsuspend(id).await?;
        users.delete(id).await?;
        expect_equal(users.list().await?.items.len(), 0)
    };
    report.run("acs/users/create, get, list, update, suspend, unsuspend and delete", create).await;
}

async fn workspaces(report: &mut Report, seam: &Seam, without_workspace: &Seam) {
    let get = async { expect_equal(seam.workspaces().get().await?.workspace_id.as_str(), WORKSPACE) };
    report.run("workspaces/get", get).await;
    report.run("workspaces/list", async { expect_equal(without_workspace.workspaces().list().await?.len(), 1) }).await;
    let create = async {
        let made =
            without_workspace.workspaces().create("Second").connect_partner_name("Example").is_sandbox(true).await?;
        expect_equal(made.name.as_deref(), Some("Second"))
    };
    report.run("workspaces/create", create).await;
}

async fn errors(report: &mut Report, seam: &Seam, unauthorized: &Seam) {
    let missing = async {
        let error = failure(seam.devices().get("unknown_device").await)?;
        expect_equal((error.is_not_found(), error.error_type()), (true, Some("device_not_found")))?;
        expect_equal(error.request_id().is_some(), true)
    };
    report.run("404", missing).await;
    let invalid_key = async { expect_equal(failure(unauthorized.devices().list().await)?.is_unauthorized(), true) };
    report.run("401", invalid_key).await;
    let invalid = async {
        let error = failure(seam.action_attempts().list().await)?;
        expect_equal(error.is_invalid_input(), true)
    };
    report.run("400", invalid).await;
    let mismatched = async {
        let mut pages = seam.connected_accounts().list().limit(1_u32).pages();
        let first = pages.next().await.ok_or("the list has no page")??;
        let cursor = first.next_cursor().ok_or("the list has no second page")?.to_owned();
        let error = failure(seam.connected_accounts().list().limit(2_u32).page_cursor(cursor).await)?;
        expect_equal(error.error_type(), Some("mismatched_page_parameters"))
    };
    report.run("mismatched_page_parameters", mismatched).await;
}

/// The result of a case.
type Outcome = Result<(), Problem>;

/// Returns an error unless both values are equal.
fn expect_equal<T: PartialEq + Debug>(found: T, expected: T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}").into()) }
}

/// Returns the error of a call that must fail.
fn failure<T>(result: Result<T, seam_core::Error>) -> Result<seam_core::Error, Problem> {
    result.err().ok_or_else(|| "expected an error, found a value".into())
}

/// The results of all cases.
#[derive(Default)]
struct Report {
    cases: Vec<&'static str>,
    passed: usize,
    failures: Vec<String>,
}

impl Report {
    /// Runs a case, and compares its result with the table of defects.
    async fn run(&mut self, case: &'static str, outcome: impl Future<Output = Outcome>) {
        self.cases.push(case);
        let failure = outcome.await.err().map(|error| describe(&*error));
        match (DEFECTS.iter().find(|defect| defect.case == case), failure) {
            (None, None) => {
                self.passed += 1;
                println!("ok {case}");
            }
            (Some(defect), Some(failure)) if failure.contains(defect.symptom) => {
                println!("known {case}: {}", defect.description);
            }
            (Some(defect), None) => {
                self.failures.push(format!(
                    "{case}: passed, but the table of defects lists it: {}; remove the entry",
                    defect.description
                ));
            }
            (_, Some(failure)) => self.failures.push(format!("{case}: {failure}")),
        }
    }

    fn finish(mut self) -> Result<(), Problem> {
        for defect in DEFECTS.iter().filter(|defect| !self.cases.contains(&defect.case)) {
            self.failures.push(format!("{}: in the table of defects, but not among the cases", defect.case));
        }
        if !self.failures.is_empty() {
            return Err(format!("unexpected results:\n{}", self.failures.join("\n")).into());
        }
        println!("{} cases passed, {} failed because of known defects", self.passed, DEFECTS.len());
        Ok(())
    }
}

/// Returns the message of an error and of its sources.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
