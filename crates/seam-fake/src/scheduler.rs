//! What is going to happen, as data: a state can be saved with it and loaded again.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    tables::{
        AccessCode, AccessGrant, AccessMethod, AcsCredential, AcsEncoder, AcsEntrance, AcsSystem, AcsUser,
        ActionAttempt, ConnectedAccount, DailyProgram, Device, Id, NoiseThreshold, ThermostatSchedule, Workspace,
    },
    webhook_deliveries::Delivery,
};

/// What happens at a time. Identifiers that no longer exist then are ignored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub(crate) enum Job {
    /// A code begins or ends, unless that time (`starts_at` or `ends_at`) has changed since.
    AccessCodeTime {
        access_code_id: Id<AccessCode>,
        field: String,
        when: Timestamp,
    },
    AccessGrantEnds {
        access_grant_id: Id<AccessGrant>,
    },
    AccessGrantStarts {
        access_grant_id: Id<AccessGrant>,
    },
    CredentialEnds {
        acs_credential_id: Id<AcsCredential>,
    },
    DeliverWebhook {
        delivery: Delivery,
    },
    /// A device gets to an action; `failure` is planned instead of the effect.
    FinishAction {
        action_attempt_id: Id<ActionAttempt>,
        effect: Effect,
        failure: Option<ActionError>,
    },
    /// A thermostat reads its schedules.
    FollowSchedule {
        device_id: Id<Device>,
    },
    /// A thermostat reads its weekly program, unless a later job of this kind exists.
    FollowWeeklyProgram {
        device_id: Id<Device>,
        number: u64,
    },
    /// An access method is issued: one of its credentials was issued just now.
    IssueAccessMethod {
        access_method_id: Id<AccessMethod>,
    },
    IssueCredential {
        acs_credential_id: Id<AcsCredential>,
    },
    /// The locks of an access method get it; one that cannot be reached is tried again after `retry`.
    IssueOnDevices {
        access_method_id: Id<AccessMethod>,
        retry: Duration,
    },
    /// A lock that was unlocked `delay` ago locks itself.
    LockItself {
        device_id: Id<Device>,
        delay: Duration,
    },
    NoiseEnds {
        device_id: Id<Device>,
        noise_threshold_id: Id<NoiseThreshold>,
    },
    OverrideEnds {
        device_id: Id<Device>,
        number: u64,
        thermostat_schedule_id: Option<Id<ThermostatSchedule>>,
    },
    ProvisionAccessGrant {
        access_grant_id: Id<AccessGrant>,
    },
    /// What a lock or access system did not know yet, it knows now.
    RemoveMutation {
        table: String,
        id: String,
        mutation: Value,
    },
    /// A lock gets what is due for a code.
    ReconcileAccessCode {
        access_code_id: Id<AccessCode>,
    },
    SyncConnectedAccount {
        connected_account_id: Id<ConnectedAccount>,
    },
}

/// What a device or access system does when it gets to an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub(crate) enum Effect {
    AssignCard {
        access_method_id: Id<AccessMethod>,
        card_number: String,
    },
    ChangeThermostat {
        device_id: Id<Device>,
        change: ThermostatChange,
    },
    ConfigureAutoLock {
        device_id: Id<Device>,
        enabled: bool,
        delay_seconds: Option<Value>,
    },
    CreateNoiseThreshold {
        device_id: Id<Device>,
        noise_threshold_id: Id<NoiseThreshold>,
    },
    DeleteAccessCode {
        device_id: Id<Device>,
        access_code_id: Id<AccessCode>,
    },
    DeleteNoiseThreshold {
        device_id: Id<Device>,
        noise_threshold_id: Id<NoiseThreshold>,
    },
    DeleteUnmanagedAccessCode {
        device_id: Id<Device>,
        access_code_id: Id<AccessCode>,
    },
    EncodeCredential {
        acs_encoder_id: Id<AcsEncoder>,
        acs_credential_id: Id<AcsCredential>,
    },
    EnterCode {
        device_id: Id<Device>,
        code: String,
    },
    /// A thermostat follows its weekly program, after the program has changed to this one if there is one.
    FollowWeeklyProgram {
        device_id: Id<Device>,
        program: Option<Map<String, Value>>,
    },
    /// A bolt moves, and an event names the method.
    MoveBolt {
        device_id: Id<Device>,
        locked: bool,
        method: String,
    },
    /// Nothing is left to do.
    Nothing {
        device_id: Id<Device>,
    },
    ReconcileAccessCode {
        device_id: Id<Device>,
        access_code_id: Id<AccessCode>,
    },
    ResetSandbox {
        workspace_id: Id<Workspace>,
    },
    ScanCredential {
        acs_encoder_id: Id<AcsEncoder>,
    },
    ScanToAssignCredential {
        acs_encoder_id: Id<AcsEncoder>,
        acs_system_id: Id<AcsSystem>,
        acs_user_id: Id<AcsUser>,
    },
    UnlockEntrance {
        acs_entrance_id: Id<AcsEntrance>,
        acs_credential_id: Id<AcsCredential>,
    },
    UpdateDailyProgram {
        device_id: Id<Device>,
        thermostat_daily_program_id: Id<DailyProgram>,
        name: Value,
        periods: Value,
    },
    UpdateNoiseThreshold {
        device_id: Id<Device>,
        noise_threshold_id: Id<NoiseThreshold>,
        fields: Map<String, Value>,
    },
}

impl Effect {
    /// Returns the identifier of the device or other resource that performs the action.
    pub(crate) fn subject(&self) -> &str {
        match self {
            Self::ChangeThermostat { device_id, .. }
            | Self::ConfigureAutoLock { device_id, .. }
            | Self::CreateNoiseThreshold { device_id, .. }
            | Self::DeleteAccessCode { device_id, .. }
            | Self::DeleteNoiseThreshold { device_id, .. }
            | Self::DeleteUnmanagedAccessCode { device_id, .. }
            | Self::EnterCode { device_id, .. }
            | Self::FollowWeeklyProgram { device_id, .. }
            | Self::MoveBolt { device_id, .. }
            | Self::Nothing { device_id }
            | Self::ReconcileAccessCode { device_id, .. }
            | Self::UpdateDailyProgram { device_id, .. }
            | Self::UpdateNoiseThreshold { device_id, .. } => device_id,
            Self::AssignCard { access_method_id, .. } => access_method_id,
            Self::EncodeCredential { acs_encoder_id, .. }
            | Self::ScanCredential { acs_encoder_id }
            | Self::ScanToAssignCredential { acs_encoder_id, .. } => acs_encoder_id,
            Self::ResetSandbox { workspace_id } => workspace_id,
            Self::UnlockEntrance { acs_entrance_id, .. } => acs_entrance_id,
        }
    }
}

/// What a person changes at a thermostat.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThermostatChange {
    Adjust(Map<String, Value>),
    ApplyPreset(String),
}

/// Why an action failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ActionError {
    pub(crate) kind: String,
    pub(crate) message: String,
}

impl ActionError {
    pub(crate) fn new(kind: &str, message: &str) -> Self {
        Self { kind: kind.to_owned(), message: message.to_owned() }
    }
}

/// The jobs that wait for their time, in the order of their times; of equal times, in the order in which they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Vec<(Timestamp, Job)>", from = "Vec<(Timestamp, Job)>")]
pub(crate) struct Scheduler {
    jobs: BTreeMap<(Timestamp, u64), Job>,
    next_number: u64,
}

impl Scheduler {
    pub(crate) fn add(&mut self, when: Timestamp, job: Job) {
        self.next_number += 1;
        self.jobs.insert((when, self.next_number), job);
    }

    /// When the next job is due.
    pub(crate) fn next_time(&self) -> Option<Timestamp> {
        self.jobs.keys().next().map(|(when, _)| *when)
    }

    /// Removes the first job that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Job)> {
        let entry = self.jobs.first_entry().filter(|job| job.key().0 <= now)?;
        let ((when, _), job) = entry.remove_entry();
        Some((when, job))
    }

    /// Returns how many deliveries of webhooks are scheduled.
    pub(crate) fn retries(&self) -> usize {
        self.jobs.values().filter(|job| matches!(job, Job::DeliverWebhook { .. })).count()
    }

    pub(crate) fn clear(&mut self) {
        self.jobs.clear();
    }
}

impl From<Scheduler> for Vec<(Timestamp, Job)> {
    fn from(scheduler: Scheduler) -> Self {
        scheduler.jobs.into_iter().map(|((when, _), job)| (when, job)).collect()
    }
}

impl From<Vec<(Timestamp, Job)>> for Scheduler {
    fn from(jobs: Vec<(Timestamp, Job)>) -> Self {
        let mut scheduler = Self::default();
        for (when, job) in jobs {
            scheduler.add(when, job);
        }
        scheduler
    }
}
