//! The state: resources, the current time, and scheduled jobs.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, mem,
    time::Duration,
};

use jiff::Timestamp;
use seam_core::{Clock, test_util::TestClock};
use seam_spec::Kind;
use serde::{Deserialize, Serialize};

use crate::{
    action_plan::ActionPlan,
    counter::{self, Counter},
    device,
    faults::Faults,
    json::{Object, format_time, later, set, string, system_time},
    rate_limits::RateLimits,
    request_log::RequestLog,
    rows::{self, Rows},
    scheduler::{Job, Scheduler},
    shape,
    tables::{AccessCode, ActionAttempt, Device, Event, Id, Resource, TABLES, Table, Workspace},
    webhook_deliveries::Deliveries,
};

/// A row of a saved state, with its number.
#[derive(Debug, Serialize, Deserialize)]
struct SavedRow<O> {
    #[serde(deserialize_with = "counter::read")]
    number: u64,
    object: O,
}

/// A function that runs jobs. It belongs to a layer above this one and is passed to the constructor.
pub(crate) type JobRunner = fn(&mut State, Job);

/// The default maximum number of events and of action attempts.
const HISTORY_LIMIT: usize = 10_000;

/// The number of oldest action attempts among which a finished one is removed first.
const PENDING_LIMIT: usize = 100;

/// The base URL of links until the state is served.
const BASE_URL: &str = "https://connect.getseam.com";

/// The initial contents of a workspace.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Seed {
    Building,
    Default,
    /// The contents described by the seed file.
    File,
}

/// The whole state. It is saved and loaded as JSON; skipped fields belong to the process.
#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    /// The clock, shared with clients.
    #[serde(skip)]
    pub(crate) clock: TestClock,
    #[serde(with = "saved_tables")]
    tables: BTreeMap<&'static str, Rows>,
    /// The rows of a table without rows.
    #[serde(skip, default = "no_rows")]
    empty: Rows,
    rows: Counter,
    ids: BTreeMap<String, Counter>,
    scheduler: Scheduler,
    #[serde(skip, default = "no_runner")]
    run: JobRunner,
    now: Timestamp,
    /// The number of requests, for request ids.
    pub(crate) requests: Counter,
    /// The latest requests, for tests and for the console.
    #[serde(skip)]
    pub(crate) request_log: RequestLog,
    /// A number that increases whenever the state may have changed, except for the time and the number of requests.
    #[serde(skip)]
    pub(crate) revision: u64,
    /// The maximum number of events and of action attempts.
    history_limit: usize,
    /// The delay until a device has performed an action.
    pub(crate) action_delay: Duration,
    pub(crate) plans: VecDeque<ActionPlan>,
    pub(crate) faults: Faults,
    pub(crate) rate_limits: RateLimits,
    pub(crate) deliveries: Deliveries,
    /// The base URL of the fake's pages, for links.
    #[serde(skip)]
    pub(crate) base_url: String,
    /// The seed of each workspace, which a reset of its sandbox restores.
    pub(crate) seeds: BTreeMap<Id<Workspace>, Seed>,
    /// The contents of the seed file, which a reset restores.
    #[serde(default)]
    pub(crate) seed_file: Option<String>,
}

fn no_rows() -> Rows {
    Rows::new(Event::TABLE)
}

/// Returns a placeholder for the runner of a state that is being loaded.
fn no_runner() -> JobRunner {
    |_, _| ()
}

/// Serializes tables in a saved state: rows by the name of their table.
mod saved_tables {
    use crate::{json::string, tables::TABLES};
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{Object, Rows, SavedRow};

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
            let mut rows = Rows::new(table);
            for SavedRow { number, object } in saved {
                let id = string(&object, table.id).map(str::to_owned);
                let id = id.ok_or_else(|| D::Error::custom(format!("a row of {name} has no {}", table.id)))?;
                if number <= rows.last_number().unwrap_or_default() || rows.get(&id).is_some() {
                    return Err(D::Error::custom(format!("the rows of {name} are out of order")));
                }
                rows.put(id, number, object);
            }
            tables.insert(table.name, rows);
        }
        Ok(tables)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The contents may be secret.
        write!(f, "State({} requests)", self.requests.get())
    }
}

impl State {
    pub(crate) fn new(clock: TestClock, run: JobRunner) -> Self {
        let now = Timestamp::try_from(clock.system_time()).unwrap_or_default();
        Self {
            clock,
            tables: BTreeMap::new(),
            empty: no_rows(),
            rows: Counter::default(),
            ids: BTreeMap::new(),
            scheduler: Scheduler::default(),
            run,
            now,
            requests: Counter::default(),
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

    /// Replaces the state with a new one, without any resource, setting, fault, planned action, count or record of a test.
    /// Only the clock, the base URL and the seed file are kept, which belong to the program that serves the fake. The revision
    /// increases, so that the console detects the change.
    pub(crate) fn reset(&mut self) {
        let (base_url, seed_file) = (mem::take(&mut self.base_url), self.seed_file.take());
        let revision = self.revision + 1;
        *self = Self { base_url, seed_file, revision, ..Self::new(self.clock.clone(), self.run) };
    }

    /// Initializes a loaded state in this process. Its clock starts at the time of the state.
    pub(crate) fn resume(&mut self, run: JobRunner) {
        self.clock = TestClock::at(system_time(self.now));
        self.run = run;
        let numbers = self.tables.values().filter_map(Rows::last_number);
        self.rows.skip_to(numbers.max().unwrap_or_default());
        BASE_URL.clone_into(&mut self.base_url);
        self.deliveries.redeliver(self.scheduler.retries());
    }

    /// Runs a job now.
    pub(crate) fn run(&mut self, job: Job) {
        (self.run)(self, job);
    }

    // --- Time.

    /// Returns the current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the current time in Seam's format.
    pub(crate) fn now_string(&self) -> String {
        format_time(self.now)
    }

    /// Advances the time to `now`, and runs each due job at its time.
    pub(crate) fn run_jobs_until(&mut self, now: Timestamp) {
        while let Some((when, job)) = self.scheduler.take_due(now) {
            self.now = self.now.max(when);
            self.revision += 1;
            (self.run)(self, job);
            self.index();
        }
        self.now = self.now.max(now);
    }

    /// Returns the time of the next job.
    pub(crate) fn next_job(&self) -> Option<Timestamp> {
        self.scheduler.next_time()
    }

    /// Schedules a job at a time; immediately, if the time is in the past.
    pub(crate) fn at(&mut self, when: Timestamp, job: Job) {
        self.revision += 1;
        self.scheduler.add(when.max(self.now), job);
    }

    /// Schedules a job after a delay; never, if the time cannot be represented.
    pub(crate) fn after(&mut self, delay: Duration, job: Job) {
        let when = later(self.now, delay);
        if when < Timestamp::MAX {
            self.at(when, job);
        }
    }

    // --- Identifiers, tokens and PINs: the same in every run.

    /// Returns a new identifier in Seam's format.
    pub(crate) fn new_id<K: Resource>(&mut self) -> Id<K> {
        Id::new(self.new_row_id(K::TABLE))
    }

    fn new_row_id(&mut self, table: &Table) -> String {
        let kind = TABLES.iter().position(|other| *other == table).unwrap_or_default();
        let number = self.next_number(table.name);
        format!(
            "{:08x}-0000-4000-8000-{number:012x}",
            0xfa4e_0000_u32.saturating_add(u32::try_from(kind).unwrap_or_default())
        )
    }

    /// Returns the next number of a series.
    pub(crate) fn next_number(&mut self, series: &'static str) -> u64 {
        self.ids.entry(series.to_owned()).or_default().next()
    }

    /// Returns a new token, which differs clearly from the previous one.
    pub(crate) fn new_token(&mut self, prefix: &str) -> String {
        let number = self.next_number("tokens");
        let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{prefix}{number:04x}_{scrambled:016x}")
    }

    /// Returns pseudo-random digits, for a PIN or a card number.
    pub(crate) fn new_digits(&mut self, length: usize) -> String {
        let scrambled = self.next_number("digits").wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The first two of the twenty digits are almost always 0 and 1.
        format!("{scrambled:020}").chars().skip(2).take(length).collect()
    }

    // --- Rows. The type of an identifier selects the table.

    /// Returns the row with this identifier, in any workspace.
    pub(crate) fn get<K: Resource>(&self, id: &Id<K>) -> Option<&Object> {
        self.table(K::TABLE).get(id)
    }

    /// Returns the row with this identifier for a change.
    pub(crate) fn get_mut<K: Resource>(&mut self, id: &Id<K>) -> Option<&mut Object> {
        self.table_mut(K::TABLE).get_mut(id)
    }

    /// Adds a row, or replaces the one with the same identifier. Absent required fields get defaults.
    pub(crate) fn insert<K: Resource>(&mut self, row: Object) -> Id<K> {
        Id::new(self.insert_row(K::TABLE, row))
    }

    /// Adds a row without defaults, or replaces the one with this identifier.
    pub(crate) fn put<K: Resource>(&mut self, id: &Id<K>, row: Object) {
        self.put_row(K::TABLE, id.to_string(), row);
    }

    /// Removes a row.
    pub(crate) fn remove<K: Resource>(&mut self, id: &Id<K>) -> Option<Object> {
        self.table_mut(K::TABLE).remove(id)
    }

    /// Removes all rows that match the predicate.
    #[cfg(feature = "seed-file")]
    pub(crate) fn remove_where<K: Resource>(&mut self, predicate: impl Fn(&Object) -> bool) {
        self.remove_rows_where(K::TABLE, &predicate);
    }

    /// Returns the rows of a table, in the order in which they were added.
    pub(crate) fn rows<K: Resource>(&self) -> rows::Iter<'_> {
        self.table(K::TABLE).iter()
    }

    /// Returns the rows of a table, the newest first.
    #[cfg(feature = "serve")]
    pub(crate) fn newest_rows<K: Resource>(&self) -> impl Iterator<Item = &Object> + use<'_, K> {
        self.rows::<K>().rev()
    }

    /// Returns the rows of a table that match the predicate, for a change.
    pub(crate) fn rows_mut<K: Resource>(
        &mut self,
        predicate: impl Fn(&Object) -> bool,
    ) -> impl Iterator<Item = &mut Object> {
        self.table_mut(K::TABLE).iter_mut(predicate)
    }

    /// Returns the identifiers of the rows that match the predicate.
    pub(crate) fn ids_where<K: Resource>(&self, predicate: impl Fn(&Object) -> bool) -> Vec<Id<K>> {
        self.row_ids_where(K::TABLE, &predicate).into_iter().map(Id::new).collect()
    }

    /// Returns all access codes of a device, managed and unmanaged.
    pub(crate) fn codes_of_device<'a>(&'a self, device_id: &Id<Device>) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.table(AccessCode::TABLE).of_device(device_id)
    }

    // --- Rows of a table that is determined at run time, by the string of their identifier.

    /// Returns the rows of a table.
    pub(crate) fn table(&self, table: &Table) -> &Rows {
        self.tables.get(table.name).unwrap_or(&self.empty)
    }

    /// Returns the rows of a table for a change.
    pub(crate) fn table_mut(&mut self, table: &'static Table) -> &mut Rows {
        self.revision += 1;
        self.tables.entry(table.name).or_insert_with(|| Rows::new(table))
    }

    /// Updates the indexes of all tables, after a request or a job.
    pub(crate) fn index(&mut self) {
        self.tables.values_mut().for_each(Rows::index);
    }

    /// Like [`insert`](Self::insert).
    pub(crate) fn insert_row(&mut self, table: &'static Table, mut row: Object) -> String {
        let id = match string(&row, table.id) {
            Some(id) => id.to_owned(),
            None => self.new_row_id(table),
        };
        set(&mut row, table.id, id.as_str());
        if let Some(Kind::Object(fields)) = shape::resource(table.resource).map(|schema| &schema.kind) {
            shape::fill(fields, &mut row, &format_time(self.now));
        }
        self.put_row(table, id.clone(), row);
        id
    }

    /// Like [`put`](Self::put).
    pub(crate) fn put_row(&mut self, table: &'static Table, id: String, mut row: Object) {
        if table == Device::TABLE {
            device::compact(&mut row);
        }
        let number = self.rows.next();
        self.table_mut(table).put(id, number, row);
        self.evict(table);
    }

    /// Returns the maximum number of events and of action attempts.
    pub(crate) fn history_limit(&self) -> usize {
        self.history_limit
    }

    /// Sets the maximum number of events and of action attempts, at least 1, and removes those over the limit.
    pub(crate) fn set_history_limit(&mut self, limit: usize) {
        self.history_limit = limit.max(1);
        for table in [Event::TABLE, ActionAttempt::TABLE] {
            self.evict(table);
        }
    }

    /// Removes the oldest events or action attempts over the limit. A finished attempt is removed before a pending one, unless
    /// the [`PENDING_LIMIT`] oldest attempts are all pending.
    fn evict(&mut self, table: &Table) {
        let is_bounded = table == Event::TABLE || table == ActionAttempt::TABLE;
        let Some(rows) = self.tables.get_mut(table.name).filter(|_| is_bounded) else { return };
        while rows.len() > self.history_limit {
            let ended = rows.iter().take(PENDING_LIMIT).find(|row| string(row, "status") != Some("pending"));
            let oldest = ended.or_else(|| rows.iter().next()).and_then(|row| string(row, table.id)).map(str::to_owned);
            // Rows are stored under their identifiers, so this does not occur; it avoids an endless loop.
            if oldest.and_then(|id| rows.remove(&id)).is_none() {
                return;
            }
        }
    }

    /// Like [`remove_where`](Self::remove_where).
    pub(crate) fn remove_rows_where(&mut self, table: &'static Table, predicate: &dyn Fn(&Object) -> bool) {
        for id in self.row_ids_where(table, predicate) {
            self.table_mut(table).remove(&id);
        }
    }

    /// Like [`ids_where`](Self::ids_where).
    pub(crate) fn row_ids_where(&self, table: &Table, predicate: &dyn Fn(&Object) -> bool) -> Vec<String> {
        let found = self.table(table).iter().filter(|row| predicate(row));
        found.filter_map(|row| string(row, table.id)).map(str::to_owned).collect()
    }

    /// Removes all resources and scheduled jobs.
    pub(crate) fn clear(&mut self) {
        self.revision += 1;
        self.tables.clear();
        self.scheduler.clear();
        self.deliveries.forget_retries();
        self.seeds.clear();
    }
}
