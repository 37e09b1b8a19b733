//! Scheduled jobs, as data that is saved with the state.

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

/// A scheduled job. Jobs ignore identifiers that no longer exist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub(crate) enum Job {
    /// Starts or ends a code, unless its time (`starts_at` or `ends_at`) has changed since.
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
    /// Finishes an action with its effect, or with the planned `failure`.
    FinishAction {
        action_attempt_id: Id<ActionAttempt>,
        effect: Effect,
        failure: Option<ActionError>,
    },
    /// Applies the schedules of a thermostat.
    FollowSchedule {
        device_id: Id<Device>,
    },
    /// Applies the weekly program of a thermostat, unless a later job of this kind exists.
    FollowWeeklyProgram {
        device_id: Id<Device>,
        number: u64,
    },
    /// Issues an access method after one of its credentials was issued.
    IssueAccessMethod {
        access_method_id: Id<AccessMethod>,
    },
    IssueCredential {
        acs_credential_id: Id<AcsCredential>,
    },
    /// Sets an access method on its locks; retries unreachable locks after `retry`.
    IssueOnDevices {
        access_method_id: Id<AccessMethod>,
        retry: Duration,
    },
    /// Locks a lock that was unlocked `delay` ago.
    AutoLock {
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
    /// Removes a pending mutation, which its lock or access system has applied.
    RemoveMutation {
        table: String,
        id: String,
        mutation: Value,
    },
    /// Applies the due changes of a code to its lock.
    ReconcileAccessCode {
        access_code_id: Id<AccessCode>,
    },
    SyncConnectedAccount {
        connected_account_id: Id<ConnectedAccount>,
    },
}

/// The effect of an action on a device or access system.
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
    /// Applies the weekly program of a thermostat, after replacing it with `program` if that is set.
    FollowWeeklyProgram {
        device_id: Id<Device>,
        program: Option<Map<String, Value>>,
    },
    /// Moves a bolt, and emits an event with the method.
    MoveBolt {
        device_id: Id<Device>,
        locked: bool,
        method: String,
    },
    /// No effect.
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

/// A change of a thermostat's settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ThermostatChange {
    Adjust(Map<String, Value>),
    ApplyPreset(String),
}

/// The error of a failed action.
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

/// The scheduled jobs, sorted by time; jobs with equal times are in insertion order.
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

    /// Returns the time of the next job.
    pub(crate) fn next_time(&self) -> Option<Timestamp> {
        self.jobs.keys().next().map(|(when, _)| *when)
    }

    /// Removes the first job that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Job)> {
        let entry = self.jobs.first_entry().filter(|job| job.key().0 <= now)?;
        let ((when, _), job) = entry.remove_entry();
        Some((when, job))
    }

    /// Returns the number of scheduled webhook deliveries.
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
