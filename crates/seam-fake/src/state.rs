//! The state: everything that there is, what time it is, and what is going to happen.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, mem, slice,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::{SignedDuration, Timestamp};
use seam_core::Clock;
use seam_spec::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub(crate) use crate::scheduler::ActionError;
use crate::{
    faults::Faults,
    rate_limits::RateLimits,
    request_log::RequestLog,
    rows::{self, Rows},
    scheduler::{Effect, Job, Scheduler},
    shape,
    webhook_deliveries::Deliveries,
};
use seam_core::test_util::{ApiFault, TestClock};

/// A thing in the state, or a part of one. Names that begin with `_` are the fake's own and are never answered.
pub(crate) type Object = Map<String, Value>;

/// A kind of things.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name, which is also its name in `/_fake/database`.
    pub(crate) name: &'static str,
    /// The resource that its things are.
    pub(crate) resource: &'static str,
    /// The field that holds their identifiers.
    pub(crate) id: &'static str,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $resource:literal, $id:literal;)*) => {
        $($(#[$doc])* pub(crate) const $constant: &Table =
            &Table { name: $name, resource: $resource, id: $id };)*
        /// All kinds of things.
        pub(crate) const TABLES: &[&Table] = &[$($constant),*];
    };
}

tables! {
    ACCESS_CODES = "access_codes", "access_code", "access_code_id";
    ACCESS_GRANTS = "access_grants", "access_grant", "access_grant_id";
    ACCESS_METHODS = "access_methods", "access_method", "access_method_id";
    /// Personal access tokens, with `token` and `user_id`.
    ACCESS_TOKENS = "access_tokens", "", "access_token_id";
    ACS_ACCESS_GROUPS = "acs_access_groups", "acs_access_group", "acs_access_group_id";
    ACS_CREDENTIALS = "acs_credentials", "acs_credential", "acs_credential_id";
    ACS_ENCODERS = "acs_encoders", "acs_encoder", "acs_encoder_id";
    ACS_ENTRANCES = "acs_entrances", "acs_entrance", "acs_entrance_id";
    ACS_SYSTEMS = "acs_systems", "acs_system", "acs_system_id";
    ACS_USERS = "acs_users", "acs_user", "acs_user_id";
    ACTION_ATTEMPTS = "action_attempts", "action_attempt", "action_attempt_id";
    /// API keys, with `token`.
    API_KEYS = "api_keys", "", "api_key_id";
    CLIENT_SESSIONS = "client_sessions", "client_session", "client_session_id";
    CONNECTED_ACCOUNTS = "connected_accounts", "connected_account", "connected_account_id";
    CONNECT_WEBVIEWS = "connect_webviews", "connect_webview", "connect_webview_id";
    /// What property systems have pushed, with `customer_key`.
    CUSTOMERS = "customers", "", "customer_id";
    DAILY_PROGRAMS = "thermostat_daily_programs", "thermostat_daily_program", "thermostat_daily_program_id";
    DEVICES = "devices", "device", "device_id";
    EVENTS_TABLE = "events", "event", "event_id";
    INSTANT_KEYS = "instant_keys", "instant_key", "instant_key_id";
    LIVE_VIEWS = "camera_live_view_sessions", "camera_live_view_session", "camera_live_view_session_id";
    MEDIA = "media", "media", "media_id";
    NOISE_THRESHOLDS = "noise_thresholds", "noise_threshold", "noise_threshold_id";
    PHONES = "phones", "phone", "device_id";
    SPACES = "spaces", "space", "space_id";
    THERMOSTAT_SCHEDULES = "thermostat_schedules", "thermostat_schedule", "thermostat_schedule_id";
    USER_IDENTITIES = "user_identities", "user_identity", "user_identity_id";
    /// Who is signed in to the console, with `user_id` and `key`.
    USER_SESSIONS = "user_sessions", "", "user_session_id";
    /// Which user belongs to which workspace.
    USER_WORKSPACES = "user_workspaces", "", "user_workspace_id";
    WEBHOOKS = "webhooks", "webhook", "webhook_id";
    WORKSPACES = "workspaces", "workspace", "workspace_id";
}

/// A row of a saved state, with its number.
#[derive(Debug, Serialize, Deserialize)]
struct SavedRow<O> {
    number: u64,
    object: O,
}

/// The strings of a JSON array. One type, for the same reason.
struct Texts<'a>(slice::Iter<'a, Value>);

impl<'a> Iterator for Texts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(Value::as_str)
    }
}

/// Runs jobs. A function of a layer above this one, which is handed to the state when it begins.
pub(crate) type JobRunner = fn(&mut State, Job);

/// What happens to an action.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ActionPlan {
    /// How long the lock takes; `None` for as long as usual.
    pub(crate) delay: Option<Duration>,
    pub(crate) outcome: ActionOutcome,
    /// The device or other resource whose next action it applies to; `None` for the next action of any.
    pub(crate) subject: Option<String>,
}

impl ActionPlan {
    /// The action fails with this error, and nothing is done.
    pub(crate) fn failure(kind: &str, message: &str) -> Self {
        let outcome = ActionOutcome::Failure { kind: kind.to_owned(), message: message.to_owned() };
        Self { outcome, ..Self::default() }
    }

    /// The action never ends.
    pub(crate) fn pending() -> Self {
        Self { outcome: ActionOutcome::Pending, ..Self::default() }
    }

    /// The action takes this long.
    pub(crate) fn delayed(delay: Duration) -> Self {
        Self { delay: Some(delay), ..Self::default() }
    }
}

/// How an action ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum ActionOutcome {
    /// As it will.
    #[default]
    Natural,
    /// With this error, and nothing done.
    Failure { kind: String, message: String },
    /// Never.
    Pending,
}

/// How many events and how many action attempts are kept, unless a setting says otherwise.
const HISTORY_LIMIT: usize = 10_000;

/// The base URL of links until the state is served.
const BASE_URL: &str = "https://connect.getseam.com";

/// What a workspace begins with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seed {
    Building,
    Default,
    /// What a seed file describes.
    File,
}

/// Everything. Saved and loaded as JSON; what is skipped belongs to the process.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// What everybody has the time from.
    #[serde(skip)]
    pub(crate) clock: TestClock,
    #[serde(with = "saved_tables")]
    tables: BTreeMap<&'static str, Rows>,
    /// What a table is that has no rows.
    #[serde(skip)]
    empty: Rows,
    rows: u64,
    ids: BTreeMap<String, u64>,
    scheduler: Scheduler,
    #[serde(skip, default = "no_runner")]
    run: JobRunner,
    now: Timestamp,
    /// How many requests have been answered, for their ids.
    pub(crate) requests: u64,
    /// The latest requests, for tests and for the console.
    #[serde(skip)]
    pub(crate) request_log: RequestLog,
    /// A number that grows whenever the state may have changed.
    #[serde(skip)]
    pub(crate) revision: u64,
    /// How many events and how many action attempts are kept.
    pub(crate) history_limit: usize,
    /// How long a device takes to do what it is told.
    pub(crate) action_delay: Duration,
    pub(crate) plans: VecDeque<ActionPlan>,
    pub(crate) faults: Faults,
    pub(crate) rate_limits: RateLimits,
    pub(crate) deliveries: Deliveries,
    /// Where a page of this fake would be reached, for links.
    #[serde(skip)]
    pub(crate) base_url: String,
    /// What a workspace began with, by its identifier: what a reset of its sandbox brings back.
    pub(crate) seeds: BTreeMap<String, Seed>,
    /// The seed file that the state began with, as it was read: what a reset goes back to.
    #[serde(default)]
    pub(crate) seed_file: Option<String>,
}

/// Stands in for the runner of a state that is being loaded.
fn no_runner() -> JobRunner {
    |_, _| ()
}

/// Tables in a saved state: rows by the name of their table.
mod saved_tables {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{ACCESS_CODES, Object, Rows, SavedRow, TABLES, text};

    type Tables = BTreeMap<&'static str, Rows>;

    pub(super) fn serialize<S: Serializer>(tables: &Tables, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(tables.iter().map(|(name, rows)| {
            let rows = rows.after(0).map(|(number, object)| SavedRow { number, object });
            (name, rows.collect::<Vec<_>>())
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tables, D::Error> {
        let saved = BTreeMap::<String, Vec<SavedRow<Object>>>::deserialize(deserializer)?;
        let mut tables = Tables::new();
        for (name, saved) in saved {
            let table = TABLES.iter().find(|table| table.name == name);
            let table = table.ok_or_else(|| D::Error::custom(format!("unknown table {name:?}")))?;
            let mut rows = Rows::default();
            for SavedRow { number, object } in saved {
                let id = text(&object, table.id).map(str::to_owned);
                let id = id.ok_or_else(|| D::Error::custom(format!("a row of {name} has no {}", table.id)))?;
                rows.put(id, number, object, *table == ACCESS_CODES);
            }
            tables.insert(table.name, rows);
        }
        Ok(tables)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is in it may be secret.
        write!(f, "State({} requests)", self.requests)
    }
}

impl State {
    pub(crate) fn new(clock: TestClock, run: JobRunner) -> Self {
        let now = Timestamp::try_from(clock.time_of_day()).unwrap_or_default();
        Self {
            clock,
            tables: BTreeMap::new(),
            empty: Rows::default(),
            rows: 0,
            ids: BTreeMap::new(),
            scheduler: Scheduler::default(),
            run,
            now,
            requests: 0,
            request_log: RequestLog::default(),
            revision: 0,
            history_limit: HISTORY_LIMIT,
            action_delay: Duration::from_secs(1),
            plans: VecDeque::new(),
            faults: Faults::default(),
            rate_limits: RateLimits::default(),
            deliveries: Deliveries::default(),
            base_url: BASE_URL.to_owned(),
            seeds: BTreeMap::new(),
            seed_file: None,
        }
    }

    /// Replaces the state with a new one, in which nothing that a test has set is left: no resource, setting, fault,
    /// planned action, count or record. Only what the program that serves the fake decides stays: the clock, the
    /// base URL and the seed file. The revision grows, so that the console sees the change.
    pub(crate) fn reset(&mut self) {
        let (base_url, seed_file) = (mem::take(&mut self.base_url), self.seed_file.take());
        let revision = self.revision + 1;
        *self = Self { base_url, seed_file, revision, ..Self::new(self.clock.clone(), self.run) };
    }

    /// Makes a state that was saved work in this process. Its clock begins at the time of the state.
    pub(crate) fn revive(&mut self, run: JobRunner) {
        self.clock = TestClock::at(system_time(self.now));
        self.run = run;
        self.base_url = BASE_URL.to_owned();
        self.redeliver();
    }

    // --- Time.

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// What time it is, as Seam writes it.
    pub(crate) fn now_text(&self) -> String {
        time_text(self.now)
    }

    /// Moves time on, and runs each job at its time.
    pub(crate) fn catch_up(&mut self, now: Timestamp) {
        while let Some((when, job)) = self.scheduler.take_due(now) {
            self.now = self.now.max(when);
            self.revision += 1;
            (self.run)(self, job);
        }
        self.now = self.now.max(now);
    }

    /// When the next job is due.
    pub(crate) fn next_job(&self) -> Option<Timestamp> {
        self.scheduler.next_time()
    }

    /// Schedules a job at a time; now, if that is over.
    pub(crate) fn at(&mut self, when: Timestamp, job: Job) {
        self.scheduler.add(when.max(self.now), job);
    }

    /// Schedules a job after a delay; never, if that is after the last time that can be represented.
    pub(crate) fn after(&mut self, delay: Duration, job: Job) {
        let when = later(self.now, delay);
        if when < Timestamp::MAX {
            self.at(when, job);
        }
    }

    // --- Things.

    /// A new identifier: of the form that Seam's have, and the same in every run.
    pub(crate) fn new_id(&mut self, table: &'static Table) -> String {
        let kind = TABLES.iter().position(|other| *other == table).unwrap_or_default();
        let number = self.ids.entry(table.name.to_owned()).or_default();
        *number += 1;
        format!(
            "{:08x}-0000-4000-8000-{number:012x}",
            0xfa4e_0000_u32.saturating_add(u32::try_from(kind).unwrap_or_default())
        )
    }

    /// The next number of a series, which is the same in every run.
    pub(crate) fn next_number(&mut self, series: &'static str) -> u64 {
        let number = self.ids.entry(series.to_owned()).or_default();
        *number += 1;
        *number
    }

    /// Text that nobody can guess from other such texts at a glance, and the same in every run.
    pub(crate) fn new_token(&mut self, prefix: &str) -> String {
        let number = self.next_number("tokens");
        let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{prefix}{number:04x}_{scrambled:016x}")
    }

    /// Digits that look like any others, and are the same in every run: a PIN, or the number of a card.
    pub(crate) fn new_digits(&mut self, length: usize) -> String {
        let number = self.ids.entry("digits".to_owned()).or_default();
        *number += 1;
        let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The first two of the twenty digits are hardly ever others than 0 and 1.
        format!("{scrambled:020}").chars().skip(2).take(length).collect()
    }

    /// Puts a thing into the state, in the place of one with the same identifier; its identifier.
    ///
    /// What every thing of its kind has, and it leaves out, is filled in.
    pub(crate) fn insert(&mut self, table: &'static Table, mut object: Object) -> String {
        let id = match text(&object, table.id) {
            Some(id) => id.to_owned(),
            None => self.new_id(table),
        };
        object.insert(table.id.to_owned(), Value::from(id.as_str()));
        if let Some(Kind::Object(fields)) = shape::resource(table.resource).map(|schema| &schema.kind) {
            shape::fill(fields, &mut object, &time_text(self.now));
        }
        self.put(table, id.clone(), object);
        id
    }

    /// Adds a resource as it is, or replaces the one with this identifier.
    pub(crate) fn put(&mut self, table: &'static Table, id: String, object: Object) {
        self.rows += 1;
        self.revision += 1;
        let rows = self.tables.entry(table.name).or_default();
        rows.put(id, self.rows, object, table == ACCESS_CODES);
        self.evict(table);
    }

    /// Removes the oldest event or ended action attempt of a state that has more than its limit.
    fn evict(&mut self, table: &Table) {
        let is_bounded = table == EVENTS_TABLE || table == ACTION_ATTEMPTS;
        let Some(rows) = self.tables.get_mut(table.name).filter(|rows| is_bounded && rows.len() > self.history_limit)
        else {
            return;
        };
        let oldest = rows.iter().find(|row| text(row, "status") != Some("pending"));
        let oldest = oldest.and_then(|row| text(row, table.id)).map(str::to_owned);
        if let Some(id) = oldest {
            rows.remove(&id);
        }
    }

    /// The resource with this identifier, in whatever workspace.
    pub(crate) fn get(&self, table: &Table, id: &str) -> Option<&Object> {
        self.tables.get(table.name)?.get(id)
    }

    /// The resource with this identifier, to change it.
    pub(crate) fn get_mut(&mut self, table: &Table, id: &str) -> Option<&mut Object> {
        self.tables.get_mut(table.name)?.get_mut(id)
    }

    /// Removes a resource.
    pub(crate) fn remove(&mut self, table: &Table, id: &str) -> Option<Object> {
        self.revision += 1;
        self.tables.get_mut(table.name)?.remove(id)
    }

    /// Removes all resources of a table that are `wanted`.
    pub(crate) fn remove_where(&mut self, table: &'static Table, wanted: impl Fn(&Object) -> bool) {
        for id in self.ids_where(table, wanted) {
            self.remove(table, &id);
        }
    }

    /// The resources of a table, in the order in which they appeared.
    pub(crate) fn rows(&self, table: &Table) -> rows::Iter<'_> {
        self.table(table).iter()
    }

    fn table(&self, table: &Table) -> &Rows {
        self.tables.get(table.name).unwrap_or(&self.empty)
    }

    /// The resources of a table, the newest first.
    #[cfg(feature = "serve")]
    pub(crate) fn newest_rows(&self, table: &Table) -> impl Iterator<Item = &Object> {
        self.rows(table).rev()
    }

    /// The resources of a table after a number, each with its number, which only ever grows.
    pub(crate) fn rows_after(&self, table: &Table, number: u64) -> impl Iterator<Item = (u64, &Object)> {
        self.table(table).after(number)
    }

    /// The things of a kind after a number, each with its own, of which a text holds `wanted`, in whatever case.
    pub(crate) fn search<'a>(
        &'a self,
        table: &Table,
        number: u64,
        wanted: &str,
    ) -> impl Iterator<Item = (u64, &'a Object)> + use<'a> {
        self.table(table).search(number, wanted)
    }

    /// All access codes of a device, managed or not.
    pub(crate) fn codes_of_device(&self, device_id: &str) -> impl Iterator<Item = &Object> {
        self.table(ACCESS_CODES).of_device(device_id)
    }

    /// The resources of a table, to change them.
    pub(crate) fn rows_mut(&mut self, table: &Table) -> impl Iterator<Item = &mut Object> {
        self.tables.entry(table.name).or_default().iter_mut()
    }

    /// The identifiers of the things that are `wanted`.
    pub(crate) fn ids_where(&self, table: &'static Table, wanted: impl Fn(&Object) -> bool) -> Vec<String> {
        self.ids_where_dyn(table, &wanted)
    }

    /// As [`ids_where`](Self::ids_where), compiled once.
    fn ids_where_dyn(&self, table: &'static Table, wanted: &dyn Fn(&Object) -> bool) -> Vec<String> {
        let found = self.rows(table).filter(|object| wanted(object));
        found.filter_map(|object| text(object, table.id)).map(str::to_owned).collect()
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) {
        self.revision += 1;
        self.tables.clear();
        self.scheduler.clear();
        self.seeds.clear();
    }

    /// Notes among a thing's pending mutations what its lock or access system does not know yet, until it does.
    pub(crate) fn note_mutation(&mut self, table: &'static Table, id: &str, code: &str, message: &str, more: Value) {
        let mut mutation = object(more);
        set(&mut mutation, "mutation_code", code);
        set(&mut mutation, "message", message);
        set(&mut mutation, "created_at", self.now_text());
        let mutation = Value::Object(mutation);
        let Some(thing) = self.get_mut(table, id) else { return };
        push(thing, "pending_mutations", mutation.clone());
        let job = Job::RemoveMutation { table: table.name.to_owned(), id: id.to_owned(), mutation };
        self.after(self.action_delay, job);
    }

    /// Removes a pending mutation.
    pub(crate) fn remove_mutation(&mut self, table: &str, id: &str, mutation: &Value) {
        let Some(table) = TABLES.iter().find(|other| other.name == table) else { return };
        let row = self.get_mut(table, id).and_then(|row| row.get_mut("pending_mutations"));
        let Some(Value::Array(pending)) = row else { return };
        if let Some(position) = pending.iter().position(|other| other == mutation) {
            pending.remove(position);
        }
    }

    // --- Events.

    /// Lets something be known: an event in the list, and a delivery to every webhook that wants it.
    ///
    /// What the event always says is filled in: from `fields`, else from the device or other thing that they name.
    pub(crate) fn emit(&mut self, event_type: &str, workspace_id: &str, fields: Object) {
        let now = self.now_text();
        let mut event = fields;
        let id = self.new_id(EVENTS_TABLE);
        event.insert("event_id".to_owned(), Value::from(id.as_str()));
        for (name, value) in [("event_type", event_type), ("workspace_id", workspace_id)] {
            event.insert(name.to_owned(), Value::from(value));
        }
        for name in ["created_at", "occurred_at"] {
            event.entry(name).or_insert_with(|| Value::from(now.as_str()));
        }
        event.entry("event_description").or_insert_with(|| Value::from(shape::in_words(event_type)));
        self.say_whose(&mut event);
        if let Some(described) = seam_spec::api().event(event_type) {
            for field in described.fields().filter(|field| field.required) {
                event.entry(field.name).or_insert_with(|| shape::neutral(&field.schema, &now));
            }
        }
        self.put(EVENTS_TABLE, id, event.clone());
        self.deliver(&event);
    }

    /// An event about a device says which account the device is of, and one about a code on which device that is.
    fn say_whose(&self, event: &mut Object) {
        for (table, known) in [
            (ACCESS_CODES, ["device_id", "connected_account_id"]),
            (ACS_USERS, ["acs_system_id", "connected_account_id"]),
            (ACS_CREDENTIALS, ["acs_system_id", "connected_account_id"]),
            (ACS_ENTRANCES, ["acs_system_id", "connected_account_id"]),
            (ACS_ENCODERS, ["acs_system_id", "connected_account_id"]),
            (ACS_ACCESS_GROUPS, ["acs_system_id", "connected_account_id"]),
            (ACS_SYSTEMS, ["acs_system_id", "connected_account_id"]),
            (DEVICES, ["device_id", "connected_account_id"]),
        ] {
            let Some(object) = text(event, table.id).and_then(|id| self.get(table, id)) else { continue };
            for name in known {
                if let Some(value) = object.get(name).filter(|value| !value.is_null()) {
                    event.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
    }

    // --- Action attempts.

    /// Begins an action, whose `effect` happens when the device gets to it.
    ///
    /// `subject` is the identifier of the device or other resource that it is about.
    pub(crate) fn start_action(
        &mut self,
        workspace_id: &str,
        action_type: &str,
        subject: &str,
        effect: Effect,
    ) -> Object {
        let applies = |plan: &ActionPlan| plan.subject.as_deref().is_none_or(|planned| planned == subject);
        let plan = self.plans.iter().position(applies).and_then(|index| self.plans.remove(index)).unwrap_or_default();
        let attempt = object(json!({
            "action_type": action_type, "status": "pending", "result": null, "error": null,
            "workspace_id": workspace_id, "created_at": self.now_text(), "_subject": subject,
        }));
        let id = self.insert(ACTION_ATTEMPTS, attempt);
        let failure = match plan.outcome {
            ActionOutcome::Pending => None,
            ActionOutcome::Natural => Some(None),
            ActionOutcome::Failure { kind, message } => Some(Some(ActionError { kind, message })),
        };
        if let Some(failure) = failure {
            let job = Job::FinishAction { action_attempt_id: id.clone(), effect, failure };
            match plan.delay.unwrap_or(self.action_delay) {
                Duration::ZERO => (self.run)(self, job),
                delay => self.after(delay, job),
            }
        }
        self.get(ACTION_ATTEMPTS, &id).cloned().unwrap_or_default()
    }

    /// Whether an action has not ended yet. A test may have ended it, or have requested that it stays pending.
    pub(crate) fn is_open_action(&self, id: &str) -> bool {
        let attempt = self.get(ACTION_ATTEMPTS, id);
        attempt.is_some_and(|attempt| text(attempt, "status") == Some("pending") && !flag(attempt, "_held"))
    }

    /// Says how an action went.
    pub(crate) fn finish_action(&mut self, id: &str, outcome: Result<Value, ActionError>) {
        let Some(attempt) = self.get_mut(ACTION_ATTEMPTS, id) else { return };
        let (status, result, error) = match outcome {
            Ok(result) => ("success", result, Value::Null),
            Err(error) => ("error", Value::Null, json!({ "type": error.kind, "message": error.message })),
        };
        set(attempt, "status", status);
        set(attempt, "result", result);
        set(attempt, "error", error);
        let attempt = attempt.clone();
        self.tell_of_action(&attempt);
    }

    /// Of some actions an event tells how they went.
    fn tell_of_action(&mut self, attempt: &Object) {
        let outcome = if text(attempt, "status") == Some("success") { "succeeded" } else { "failed" };
        let action = text(attempt, "action_type").unwrap_or_default().to_lowercase();
        let event_type = format!("action_attempt.{action}.{outcome}");
        if seam_spec::api().event(&event_type).is_none() {
            return;
        }
        let mut about = Object::new();
        for name in ["action_attempt_id", "action_type", "status"] {
            about.insert(name.to_owned(), attempt.get(name).cloned().unwrap_or_default());
        }
        if let Some(device) = attempt.get("_subject") {
            about.insert("device_id".to_owned(), device.clone());
        }
        self.emit(&event_type, text(attempt, "workspace_id").unwrap_or_default(), about);
    }
}

// --- Small tools for objects.

/// The object that `json!` made.
pub(crate) fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// Collects fields into an object. `collect` would compile a sort for each kind of iterator.
pub(crate) fn collect_object(fields: &mut dyn Iterator<Item = (String, Value)>) -> Object {
    let mut object = Object::new();
    for (name, value) in fields {
        object.insert(name, value);
    }
    object
}

/// A text in an object; `None` if it is missing, or something else.
pub(crate) fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// Whether a field is there and `true`.
pub(crate) fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The texts of a list in an object.
pub(crate) fn texts<'a>(object: &'a Object, name: &str) -> impl Iterator<Item = &'a str> {
    Texts(object.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice).iter())
}

/// Whether a list in an object has this string.
pub(crate) fn has_text(object: &Object, name: &str, wanted: &str) -> bool {
    texts(object, name).any(|text| text == wanted)
}

/// Sets a field.
pub(crate) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

/// What is shown of a thing where it is not an answer of its own: what its resource has, and no more.
pub(crate) fn shown(table: &Table, thing: &Object) -> Value {
    let thing = Value::Object(thing.clone());
    match shape::resource(table.resource) {
        Some(schema) => crate::exchange::shown(&schema.kind, thing),
        None => thing,
    }
}

/// An object within an object, which is made if it is not there; `None` if something else is there.
pub(crate) fn inner<'a>(object: &'a mut Object, name: &str) -> Option<&'a mut Object> {
    object.entry(name).or_insert_with(|| Value::Object(Object::new())).as_object_mut()
}

/// Adds a text to a list in an object, once.
pub(crate) fn add_text(object: &mut Object, name: &str, text: &str) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => {
            if !values.iter().any(|value| value == text) {
                values.push(Value::from(text));
            }
        }
        _ => set(object, name, vec![text]),
    }
}

/// Adds something to a list in an object.
pub(crate) fn push(object: &mut Object, name: &str, value: Value) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        _ => set(object, name, vec![value]),
    }
}

/// Removes a text from a list in an object.
pub(crate) fn remove_text(object: &mut Object, name: &str, text: &str) {
    if let Some(Value::Array(values)) = object.get_mut(name) {
        values.retain(|value| value != text);
    }
}

/// A time as Seam writes it: UTC, with milliseconds.
pub(crate) fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The time in a field.
pub(crate) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    text(object, name)?.parse().ok()
}

/// A time as the standard library has it; one before 1970 becomes 1970.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::try_from(time.as_duration()).unwrap_or_default()
}

/// `time` and a while.
pub(crate) fn later(time: Timestamp, delay: Duration) -> Timestamp {
    SignedDuration::try_from(delay).ok().and_then(|delay| time.checked_add(delay).ok()).unwrap_or(Timestamp::MAX)
}

/// 404 for a thing of this kind, in the words that Seam has for it.
pub(crate) fn not_found(table: &Table) -> ApiFault {
    let name = table.resource;
    if table == ACCESS_CODES {
        return ApiFault::not_found(
            "access_code_not_found",
            "Could not find an access_code with device_id or access_code_id",
        );
    }
    ApiFault::not_found(format!("{name}_not_found"), format!("{} not found", shape::in_words(name)))
}
