//! Action attempts, which are pending until the action delay has passed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    action_plan::{ActionOutcome, ActionPlan},
    json::{Object, flag, object, set, string},
    scheduler::{ActionError, Effect, Job},
    state::State,
    tables::{ActionAttempt, Id, Workspace, workspace_of},
};

impl State {
    /// Starts an action, whose `effect` is applied after the action delay.
    pub(crate) fn start_action(&mut self, workspace_id: &Id<Workspace>, action_type: &str, effect: Effect) -> Object {
        let subject = effect.subject();
        let applies = |plan: &ActionPlan| plan.subject.as_deref().is_none_or(|planned| planned == subject);
        let plan = self.plans.iter().position(applies).and_then(|index| self.plans.remove(index)).unwrap_or_default();
        let attempt = object(json!({
            "action_type": action_type, "status": "pending", "result": null, "error": null,
            "workspace_id": workspace_id, "created_at": self.now_string(), "_subject": subject,
        }));
        let id = self.insert::<ActionAttempt>(attempt);
        let failure = match plan.outcome {
            ActionOutcome::Pending => None,
            ActionOutcome::Natural => Some(None),
            ActionOutcome::Failure { kind, message } => Some(Some(ActionError { kind, message })),
        };
        if let Some(failure) = failure {
            let job = Job::FinishAction { action_attempt_id: id.clone(), effect, failure };
            match plan.delay.unwrap_or(self.action_delay) {
                Duration::ZERO => self.run(job),
                delay => self.after(delay, job),
            }
        }
        self.get(&id).cloned().unwrap_or_default()
    }

    /// Whether an action is pending, and not held pending by a test.
    pub(crate) fn is_open_action(&self, id: &Id<ActionAttempt>) -> bool {
        let attempt = self.get(id);
        attempt.is_some_and(|attempt| string(attempt, "status") == Some("pending") && !flag(attempt, "_held"))
    }

    /// Finishes an action.
    pub(crate) fn finish_action(&mut self, id: &Id<ActionAttempt>, outcome: Result<Value, ActionError>) {
        let Some(attempt) = self.get_mut(id) else { return };
        let (status, result, error) = match outcome {
            Ok(result) => ("success", result, Value::Null),
            Err(error) => ("error", Value::Null, json!({ "type": error.kind, "message": error.message })),
        };
        set(attempt, "status", status);
        set(attempt, "result", result);
        set(attempt, "error", error);
        let attempt = attempt.clone();
        self.emit_outcome(&attempt);
    }

    /// Emits the event about the outcome, which exists for some types of actions.
    fn emit_outcome(&mut self, attempt: &Object) {
        let outcome = if string(attempt, "status") == Some("success") { "succeeded" } else { "failed" };
        let action = string(attempt, "action_type").unwrap_or_default().to_lowercase();
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
        self.emit(&event_type, &workspace_of(attempt), about);
    }
}
