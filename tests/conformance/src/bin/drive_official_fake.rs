//! Makes calls over HTTP to Seam's official fake, the npm package `@seamapi/fake-seam-connect`, and checks the responses.
//!
//! A table lists the known defects of that fake. Any other failure is an error, as is a listed defect that no longer occurs.
//!
//! `cargo xtask conformance` installs the fake, starts it, and runs this program with the URL of the fake as its argument.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for the terminal")]

use std::{error::Error, fmt::Debug, future::Future, process::ExitCode, time::Duration};

use seam_core::{Credentials, RetryPolicy, Seam, model::Timestamp};

type Problem = Box<dyn Error>;

/// Something that the official fake does wrong: what fails for it, what is wrong, and a part of what the failure says.
struct Defect {
    case: &'static str,
    wrong: &'static str,
    sign: &'static str,
}

const DEFECTS: [Defect; 9] = [
    Defect {
        case: "devices/list none",
        wrong: "refuses a list of nothing in a query, which Seam's own SDKs send",
        sign: "500 internal_server_error",
    },
    Defect {
        case: "devices/update",
        wrong: "neither keeps the metadata of a device nor looks for it",
        sign: "expected 1, but 5 came",
    },
    Defect {
        case: "access_codes/create, get, list and delete",
        wrong: "sees no parameters in the query of a DELETE",
        sign: "404 access_code_not_found",
    },
    Defect { case: "access_codes/update", wrong: "takes no PATCH", sign: "405 method_not_allowed" },
    Defect { case: "access_codes/create_multiple", wrong: "takes no PUT", sign: "405 method_not_allowed" },
    Defect {
        case: "thermostats/list",
        wrong: "answers `thermostats` where the description of the API says `devices`",
        sign: "the response key devices is not there",
    },
    Defect {
        case: "noise_thresholds/create, get, update and delete",
        wrong: "sees no parameters in the query of a DELETE",
        sign: "404 device_not_found",
    },
    Defect { case: "connected_accounts/update", wrong: "takes no PATCH", sign: "405 method_not_allowed" },
    Defect {
        case: "client_sessions/create and get_or_create",
        wrong: "takes no API key for get_or_create",
        sign: "publishable_key_header_required",
    },
];

// What is in the fake's seed.
const LOCK: &str = "august_device_1";
const OTHER_LOCK: &str = "august_device_2";
const THERMOSTAT: &str = "ecobee_device_1";
const NOISE_SENSOR: &str = "minut_device_1";
const ACCOUNT: &str = "john_connected_account_id";
const SYSTEM: &str = "visionline_acs_system_1";
/// How long an action may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// No identifiers.
const NONE: [&str; 0] = [];
const WORKSPACE: &str = "seed_workspace_1";
const API_KEY: &str = "seam_apikey1_token";
const SESSION: &str = "seam_cst1_token";
const PERSON: &str = "seam_at1_longtoken";

#[tokio::main]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("error: give the address of the fake");
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
    let member = client(Credentials::personal_access_token(PERSON, WORKSPACE)?)?;
    let person = client(Credentials::personal_access_token_without_workspace(PERSON)?)?;
    let stranger = client(Credentials::api_key("seam_apikey9_token")?)?;

    let mut report = Report::default();
    report.note("an API key", shows_the_lock(&seam)).await;
    report.note("a client session", shows_the_lock(&session)).await;
    report.note("a personal access token", shows_the_lock(&member)).await;
    devices(&mut report, &seam).await;
    locks(&mut report, &seam).await;
    access_codes(&mut report, &seam).await;
    thermostats(&mut report, &seam).await;
    noise_thresholds(&mut report, &seam).await;
    accounts(&mut report, &seam).await;
    webhooks_and_events(&mut report, &seam).await;
    acs(&mut report, &seam).await;
    workspaces(&mut report, &seam, &person).await;
    errors(&mut report, &seam, &stranger).await;
    report.finish()
}

async fn shows_the_lock(seam: &Seam) -> Outcome {
    same(seam.devices().get(LOCK).await?.device_id.as_str(), LOCK)
}

async fn devices(report: &mut Report, seam: &Seam) {
    let devices = &seam.devices();
    let unmanaged = &devices.unmanaged();
    report.note("devices/list", async { same(devices.list().await?.items.len(), 5) }).await;
    report.note("devices/list ids", async { same(devices.list().device_ids([LOCK]).await?.items.len(), 1) }).await;
    report.note("devices/list none", async { same(devices.list().device_ids(NONE).await?.items.len(), 0) }).await;
    let pages = async {
        let mut pages = devices.list().limit(2_u32).pages();
        let mut sizes = Vec::new();
        while let Some(page) = pages.next().await {
            sizes.push(page?.items.len());
        }
        same(sizes, vec![2, 2, 1])
    };
    report.note("devices/list pages", pages).await;
    let providers = async { same(devices.list_device_providers().await?.is_empty(), false) };
    report.note("devices/list_device_providers", providers).await;
    let update = async {
        devices.update(LOCK).custom_metadata([("floor", "2")]).await?;
        same(devices.list().custom_metadata_has([("floor", "2")]).await?.items.len(), 1)
    };
    report.note("devices/update", update).await;
    let manage = async {
        devices.update(OTHER_LOCK).is_managed(false).await?;
        same(unmanaged.list().await?.items.len(), 1)?;
        unmanaged.get(OTHER_LOCK).await?;
        unmanaged.update(OTHER_LOCK).is_managed(true).await?;
        same(unmanaged.list().await?.items.len(), 0)
    };
    report.note("devices/unmanaged", manage).await;
}

async fn locks(report: &mut Report, seam: &Seam) {
    let locks = &seam.locks();
    let is_locked =
        || async { Ok::<_, Problem>(seam.devices().get(LOCK).await?.properties.and_then(|now| now.locked)) };
    report.note("locks/list", async { same(locks.list().await?.len(), 3) }).await;
    let unlock = async {
        locks.unlock_door(LOCK).and_wait().timeout(PATIENCE).await?;
        same(is_locked().await?, Some(false))
    };
    report.note("locks/unlock_door", unlock).await;
    let lock = async {
        let attempt = locks.lock_door(LOCK).await?;
        let id = attempt.action_attempt_id.as_str();
        seam.action_attempts().get(id).and_wait().timeout(PATIENCE).await?;
        same(seam.action_attempts().list().action_attempt_ids([id]).await?.items.len(), 1)?;
        same(is_locked().await?, Some(true))
    };
    report.note("locks/lock_door", lock).await;
}

async fn access_codes(report: &mut Report, seam: &Seam) {
    let codes = &seam.access_codes();
    let unmanaged = &codes.unmanaged();
    let create = async {
        let code = codes.create(LOCK).name("Guest").code("4711").await?;
        let id = code.access_code_id.as_str();
        same(code.code.as_ref().map(|pin| pin.expose_secret().to_owned()), Some("4711".to_owned()))?;
        same(codes.get(id).await?.name.as_deref(), Some("Guest"))?;
        same(codes.list().device_id(LOCK).await?.items.len(), 1)?;
        codes.delete(id).and_wait().timeout(PATIENCE).await?;
        same(codes.list().device_id(LOCK).await?.items.len(), 0)
    };
    report.note("access_codes/create, get, list and delete", create).await;
    let update = async {
        let code = codes.create(LOCK).name("Guest").await?;
        let id = code.access_code_id.as_str();
        codes.update(id).name("Friend").and_wait().timeout(PATIENCE).await?;
        let name = codes.get(id).await?.name;
        codes.delete(id).await?;
        same(name.as_deref(), Some("Friend"))
    };
    report.note("access_codes/update", update).await;
    let several = async {
        let made = codes.create_multiple([LOCK, OTHER_LOCK]).name("Crew").await?;
        same(made.len(), 2)
    };
    report.note("access_codes/create_multiple", several).await;
    let generate = async {
        same(codes.generate_code(LOCK).await?.code.is_some_and(|code| !code.expose_secret().is_empty()), true)
    };
    report.note("access_codes/generate_code", generate).await;
    let simulate = async {
        let code = codes.simulate().create_unmanaged_access_code(LOCK, "Painter", "1234").await?;
        same(code.name.as_deref(), Some("Painter"))?;
        same(unmanaged.list(LOCK).await?.items.len(), 1)
    };
    report.note("access_codes/unmanaged/list", simulate).await;
    let take_over = async {
        let codes = unmanaged.list(LOCK).await?;
        let code = codes.items.first().ok_or("there is no unmanaged code")?;
        unmanaged.update(code.access_code_id.as_str(), true).await?;
        same(unmanaged.list(LOCK).await?.items.len(), 0)
    };
    report.note("access_codes/unmanaged/update", take_over).await;
}

async fn thermostats(report: &mut Report, seam: &Seam) {
    let thermostats = &seam.thermostats();
    let mode = || async {
        let device = seam.devices().get(THERMOSTAT).await?;
        let setting = device.properties.and_then(|properties| properties.current_climate_setting);
        Ok::<_, Problem>(setting.and_then(|setting| setting.hvac_mode_setting).map(|mode| mode.to_string()))
    };
    report.note("thermostats/list", async { same(thermostats.list().await?.len(), 1) }).await;
    let heat = async {
        thermostats.heat(THERMOSTAT).heating_set_point_celsius(20.0).and_wait().timeout(PATIENCE).await?;
        same(mode().await?.as_deref(), Some("heat"))
    };
    report.note("thermostats/heat", heat).await;
    let cool = async {
        thermostats.cool(THERMOSTAT).cooling_set_point_celsius(25.0).and_wait().timeout(PATIENCE).await?;
        same(mode().await?.as_deref(), Some("cool"))
    };
    report.note("thermostats/cool", cool).await;
    let off = async {
        thermostats.off(THERMOSTAT).and_wait().timeout(PATIENCE).await?;
        same(mode().await?.as_deref(), Some("off"))
    };
    report.note("thermostats/off", off).await;
    let fan = async {
        thermostats.set_fan_mode(THERMOSTAT).fan_mode_setting("on").and_wait().timeout(PATIENCE).await?;
        Ok(())
    };
    report.note("thermostats/set_fan_mode", fan).await;
}

async fn noise_thresholds(report: &mut Report, seam: &Seam) {
    let thresholds = &seam.noise_sensors().noise_thresholds();
    report.note("noise_thresholds/list", async { same(thresholds.list(NOISE_SENSOR).await?.len(), 1) }).await;
    let create = async {
        let create = thresholds.create(NOISE_SENSOR, "22:00:00[Europe/Berlin]", "06:00:00[Europe/Berlin]");
        let made = create.name("Night").noise_threshold_decibels(50.0).await?;
        let id = made.noise_threshold_id.as_str();
        same(thresholds.get(id).await?.name.as_deref(), Some("Night"))?;
        thresholds.update(id, NOISE_SENSOR).noise_threshold_decibels(45.0).await?;
        thresholds.delete(id, NOISE_SENSOR).await?;
        same(thresholds.list(NOISE_SENSOR).await?.len(), 1)
    };
    report.note("noise_thresholds/create, get, update and delete", create).await;
}

async fn accounts(report: &mut Report, seam: &Seam) {
    let webviews = &seam.connect_webviews();
    let accounts = &seam.connected_accounts();
    let sessions = &seam.client_sessions();
    let webview = async {
        let made = webviews.create().accepted_providers(["yale"]).await?;
        let id = made.connect_webview_id.as_str();
        same(webviews.get(id).await?.login_successful, Some(false))?;
        same(webviews.list().await?.items.iter().any(|one| one.connect_webview_id.as_str() == id), true)
    };
    report.note("connect_webviews/create, get and list", webview).await;
    report.note("connected_accounts/list", async { same(accounts.list().await?.items.len(), 3) }).await;
    let get = async { same(accounts.get(ACCOUNT).await?.connected_account_id.as_str(), ACCOUNT) };
    report.note("connected_accounts/get", get).await;
    let update = async {
        accounts.update(ACCOUNT).custom_metadata([("user", "1")]).await?;
        same(accounts.list().custom_metadata_has([("user", "1")]).await?.items.len(), 1)
    };
    report.note("connected_accounts/update", update).await;
    let session = async {
        let made = sessions.create().user_identifier_key("user-1").connected_account_ids([ACCOUNT]).await?;
        same(made.token.is_some(), true)?;
        let again = sessions.get_or_create().user_identifier_key("user-1").await?;
        same(again.client_session_id, made.client_session_id)
    };
    report.note("client_sessions/create and get_or_create", session).await;
    let get = async {
        let made = sessions.create().user_identifier_key("user-2").await?;
        let same_one = sessions.get().client_session_id(made.client_session_id.as_str()).await?;
        same(same_one.client_session_id, made.client_session_id)
    };
    report.note("client_sessions/get", get).await;
}

async fn webhooks_and_events(report: &mut Report, seam: &Seam) {
    let webhooks = &seam.webhooks();
    let events = &seam.events();
    let create = async {
        let made = webhooks.create("https://hooks.example/seam").event_types(["lock.locked"]).await?;
        let id = made.webhook_id.as_str();
        same(webhooks.get(id).await?.url, Some("https://hooks.example/seam".into()))?;
        same(webhooks.list().await?.len(), 1)?;
        webhooks.delete(id).await?;
        same(webhooks.list().await?.len(), 0)
    };
    report.note("webhooks/create, get, list and delete", create).await;
    let list = async {
        let since: Timestamp = "2000-01-01T00:00:00Z".parse()?;
        let found = events.list().event_type("device.connected").since(since).await?;
        let event = found.first().ok_or("there is no event")?;
        events.get(event.event_id.as_str()).await?;
        Ok(())
    };
    report.note("events/list and get", list).await;
}

async fn acs(report: &mut Report, seam: &Seam) {
    let acs = &seam.acs();
    let users = &acs.users();
    report.note("acs/systems/list", async { same(acs.systems().list().await?.len(), 1) }).await;
    let get = async { same(acs.systems().get(SYSTEM).await?.acs_system_id.as_str(), SYSTEM) };
    report.note("acs/systems/get", get).await;
    report.note("acs/entrances/list", async { same(acs.entrances().list().await?.items.len(), 0) }).await;
    let create = async {
        let made = users.create(SYSTEM, "Linus").await?;
        let id = made.acs_user_id.as_str();
        users.update(id).full_name("Linus B.").await?;
        same(users.get(id).await?.full_name.as_deref(), Some("Linus B."))?;
        same(users.list().await?.items.len(), 1)?;
        users.suspend(id).await?;
        same(users.get(id).await?.is_suspended, Some(true))?;
        users.unsuspend(id).await?;
        users.delete(id).await?;
        same(users.list().await?.items.len(), 0)
    };
    report.note("acs/users/create, get, list, update, suspend, unsuspend and delete", create).await;
}

async fn workspaces(report: &mut Report, seam: &Seam, person: &Seam) {
    let get = async { same(seam.workspaces().get().await?.workspace_id.as_str(), WORKSPACE) };
    report.note("workspaces/get", get).await;
    report.note("workspaces/list", async { same(person.workspaces().list().await?.len(), 1) }).await;
    let create = async {
        let made = person.workspaces().create("Second").connect_partner_name("Example").is_sandbox(true).await?;
        same(made.name.as_deref(), Some("Second"))
    };
    report.note("workspaces/create", create).await;
}

async fn errors(report: &mut Report, seam: &Seam, stranger: &Seam) {
    let missing = async {
        let error = failure(seam.devices().get("nobody").await)?;
        same((error.is_not_found(), error.error_type()), (true, Some("device_not_found")))?;
        same(error.request_id().is_some(), true)
    };
    report.note("404", missing).await;
    let unauthorized = async { same(failure(stranger.devices().list().await)?.is_unauthorized(), true) };
    report.note("401", unauthorized).await;
    let invalid = async {
        let error = failure(seam.action_attempts().list().await)?;
        same(error.is_invalid_input(), true)
    };
    report.note("400", invalid).await;
    let mismatched = async {
        let mut pages = seam.connected_accounts().list().limit(1_u32).pages();
        let first = pages.next().await.ok_or("there is no page")??;
        let cursor = first.next_cursor().ok_or("there is no next page")?.to_owned();
        let error = failure(seam.connected_accounts().list().limit(2_u32).page_cursor(cursor).await)?;
        same(error.error_type(), Some("mismatched_page_parameters"))
    };
    report.note("mismatched_page_parameters", mismatched).await;
}

type Outcome = Result<(), Problem>;

/// Fails unless what came is what was expected.
fn same<T: PartialEq + Debug>(came: T, expected: T) -> Outcome {
    if came == expected { Ok(()) } else { Err(format!("expected {expected:?}, but {came:?} came").into()) }
}

/// The error of a call that has to fail.
fn failure<T>(outcome: Result<T, seam_core::Error>) -> Result<seam_core::Error, Problem> {
    outcome.err().ok_or_else(|| "expected an error, but an answer came".into())
}

/// What became of the cases.
#[derive(Default)]
struct Report {
    cases: Vec<&'static str>,
    right: usize,
    complaints: Vec<String>,
}

impl Report {
    /// Runs a case, and compares what becomes of it with the table of defects.
    async fn note(&mut self, case: &'static str, outcome: impl Future<Output = Outcome>) {
        self.cases.push(case);
        let failure = outcome.await.err().map(|error| describe(&*error));
        match (DEFECTS.iter().find(|defect| defect.case == case), failure) {
            (None, None) => {
                self.right += 1;
                println!("ok {case}");
            }
            (Some(defect), Some(failure)) if failure.contains(defect.sign) => {
                println!("known {case}: {}", defect.wrong);
            }
            (Some(defect), None) => {
                self.complaints.push(format!("{case}: works now, but is in the table of defects: {}", defect.wrong));
            }
            (_, Some(failure)) => self.complaints.push(format!("{case}: {failure}")),
        }
    }

    fn finish(mut self) -> Result<(), Problem> {
        for defect in DEFECTS.iter().filter(|defect| !self.cases.contains(&defect.case)) {
            self.complaints.push(format!("{}: is in the table of defects, but not a case", defect.case));
        }
        if !self.complaints.is_empty() {
            return Err(format!("not as expected:\n{}", self.complaints.join("\n")).into());
        }
        println!("{} cases right, {} wrong as listed", self.right, DEFECTS.len());
        Ok(())
    }
}

/// An error with what it came from.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
