//! Dispatches jobs and effects to the functions that perform them.

use serde_json::{Value, json};

use crate::{
    routes::{
        access_codes, access_grants, access_methods, acs, connected_accounts, locks, noise_sensors, thermostats,
        workspaces,
    },
    scheduler::{ActionError, Effect, Job},
    seeds,
    state::State,
    tables::{ActionAttempt, Id},
};

/// Runs a due job.
pub(crate) fn run(state: &mut State, job: Job) {
    match job {
        Job::AccessCodeTime { access_code_id, field, when } => {
            access_codes::lifecycle::time_reached(state, &access_code_id, &field, when);
        }
        Job::AccessGrantEnds { access_grant_id } => access_grants::lifecycle::end(state, &access_grant_id),
        Job::AccessGrantStarts { access_grant_id } => access_grants::lifecycle::refresh_status(state, &access_grant_id),
        Job::CredentialEnds { acs_credential_id } => acs::end_credential(state, &acs_credential_id),
        Job::DeliverWebhook { delivery } => state.deliveries.add_retry(delivery),
        Job::FinishAction { action_attempt_id, effect, failure } => {
            if state.is_open_action(&action_attempt_id) {
                let outcome = match failure {
                    Some(failure) => Err(failure),
                    None => perform(state, effect, &action_attempt_id),
                };
                state.finish_action(&action_attempt_id, outcome);
            }
        }
        Job::FollowSchedule { device_id } => thermostats::follow_schedule(state, &device_id),
        Job::FollowWeeklyProgram { device_id, number } => {
            thermostats::follow_weekly_program(state, &device_id, number);
        }
        Job::IssueAccessMethod { access_method_id } => access_methods::lifecycle::issue(state, &access_method_id),
        Job::IssueCredential { acs_credential_id } => acs::issue(state, &acs_credential_id),
        Job::IssueOnDevices { access_method_id, retry } => {
            access_methods::lifecycle::issue_on_devices(state, &access_method_id, retry);
        }
        Job::AutoLock { device_id, delay } => locks::auto_lock(state, &device_id, delay),
        Job::NoiseEnds { device_id, noise_threshold_id } => {
            noise_sensors::end_noise(state, &device_id, &noise_threshold_id);
        }
        Job::OverrideEnds { device_id, number, thermostat_schedule_id } => {
            thermostats::end_override(state, &device_id, number, thermostat_schedule_id);
        }
        Job::ProvisionAccessGrant { access_grant_id } => access_grants::provision::provision(state, &access_grant_id),
        Job::RemoveMutation { table, id, mutation } => state.remove_mutation(&table, &id, &mutation),
        Job::ReconcileAccessCode { access_code_id } => {
            // There is no action attempt to fail: the errors of the code have the reason.
            let _ = access_codes::lifecycle::reconcile(state, &access_code_id);
        }
        Job::SyncConnectedAccount { connected_account_id } => {
            connected_accounts::finish_sync(state, &connected_account_id);
        }
    }
}

/// Performs the effect of an action, and returns the result of the action attempt.
fn perform(state: &mut State, effect: Effect, action_attempt_id: &Id<ActionAttempt>) -> Result<Value, ActionError> {
    match effect {
        Effect::AssignCard { access_method_id, card_number } => {
            access_methods::finish_assigning(state, &access_method_id, &card_number)
        }
        Effect::ChangeThermostat { device_id, change } => thermostats::finish_changing(state, &device_id, change),
        Effect::ConfigureAutoLock { device_id, enabled, delay_seconds } => {
            locks::finish_configuring(state, &device_id, enabled, delay_seconds)
        }
        Effect::CreateNoiseThreshold { device_id, noise_threshold_id } => {
            noise_sensors::finish_creating(state, &device_id, &noise_threshold_id)
        }
        Effect::DeleteAccessCode { access_code_id, .. } => {
            access_codes::lifecycle::reconcile(state, &access_code_id)?;
            Ok(json!({}))
        }
        Effect::DeleteNoiseThreshold { device_id, noise_threshold_id } => {
            noise_sensors::finish_deleting(state, &device_id, &noise_threshold_id)
        }
        Effect::DeleteUnmanagedAccessCode { device_id, access_code_id } => {
            access_codes::unmanaged::finish_deleting(state, &device_id, &access_code_id)
        }
        Effect::EncodeCredential { acs_encoder_id, acs_credential_id } => {
            acs::write_card(state, &acs_encoder_id, &acs_credential_id)
        }
        Effect::EnterCode { device_id, code } => locks::finish_entering(state, &device_id, &code),
        Effect::FollowWeeklyProgram { device_id, program } => {
            thermostats::finish_changing_week(state, &device_id, program)
        }
        Effect::MoveBolt { device_id, locked, method } => {
            locks::finish_moving(state, &device_id, locked, &method, action_attempt_id)
        }
        Effect::Nothing { .. } => Ok(json!({})),
        Effect::ReconcileAccessCode { access_code_id, .. } => {
            access_codes::lifecycle::reconciled(state, &access_code_id)
        }
        Effect::ResetSandbox { workspace_id } => {
            workspaces::clear(state, &workspace_id);
            seeds::fill_workspace(state, &workspace_id);
            Ok(json!({}))
        }
        Effect::ScanCredential { acs_encoder_id } => acs::finish_scanning(state, &acs_encoder_id),
        Effect::ScanToAssignCredential { acs_encoder_id, acs_system_id, acs_user_id } => {
            acs::finish_scanning_to_assign(state, &acs_encoder_id, &acs_system_id, &acs_user_id)
        }
        Effect::UnlockEntrance { acs_entrance_id, acs_credential_id } => {
            acs::finish_unlocking(state, &acs_entrance_id, &acs_credential_id)
        }
        Effect::UpdateDailyProgram { device_id, thermostat_daily_program_id, name, periods } => {
            thermostats::finish_updating_program(state, &device_id, &thermostat_daily_program_id, name, periods)
        }
        Effect::UpdateNoiseThreshold { device_id, noise_threshold_id, fields } => {
            noise_sensors::finish_updating(state, &device_id, &noise_threshold_id, fields)
        }
    }
}
